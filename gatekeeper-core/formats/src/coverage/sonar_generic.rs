//! SonarQube's generic coverage.
//!
//! Specification: Generic test data, <https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/test-coverage/generic-test-data/>. Producers:
//! gcovr, istanbul's and other tools' converters.
//!
//! Deviations: none. A line says only whether it ran, and how many of its branches did. A line that stands twice is one; the higher counts.

use super::common::line_number;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Line, LineBranches};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};

pub(super) static FORMAT: Format = Format {
    id: "sonar-generic",
    title: "SonarQube generic coverage",
    kind: Kind::Coverage,
    extensions: &["xml"],
    places: &[
        "sonarqube.xml",
        "coverage/sonarqube.xml",
        "**/sonar-coverage.xml",
        "cover/excoveralls.xml",
        "apps/*/cover/excoveralls.xml",
    ],
    spec: "Generic test data, https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/test-coverage/generic-test-data/",
    producers: &["gcovr", "excoveralls"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml().filter(|r| r.name == "coverage" && r.attribute("version") == Some("1")) else {
        return Confidence::No;
    };
    // Cobertura's root has more attributes, Clover's another child.
    let own = root.attribute("line-rate").is_none() && root.attribute("clover").is_none() && !root.holds("project");
    Confidence::when(own && (root.holds("lineToCover") || root.holds("file")), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let mut out = Coverage::default();
    let mut file: Option<(String, FileCoverage)> = None;
    loop {
        match xml.next()? {
            Token::Start(e) => match (e.name(), xml.depth(), &mut file) {
                ("coverage", 1, _) => {}
                ("file", 2, _) => {
                    let path = e.attribute("path")?.filter(|p| !p.is_empty());
                    let path = path.ok_or_else(|| ParseError::malformed("a path of the file").at(e.offset))?;
                    file = Some((path.into_owned(), FileCoverage::default()));
                }
                ("lineToCover", 3, Some((_, file))) => line(&e, file)?,
                (name, ..) => {
                    let expected = "coverage with files, and these with lineToCover";
                    return Err(ParseError::malformed(expected).at(e.offset).found(name));
                }
            },
            Token::End if xml.depth() == 1 => {
                if let Some((path, file)) = file.take() {
                    out.add(path, file);
                }
            }
            Token::End | Token::Text(_) => {}
            Token::Eof => break,
        }
    }
    out.metrics.lines = true;
    out.note_metrics();
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.notes = xml.take_notes();
    Ok(parsed)
}

fn line(e: &Element<'_>, file: &mut FileCoverage) -> Result<(), ParseError> {
    let (mut number, mut ran, mut total, mut taken) = (None, None, 0, 0);
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    for a in e.attributes() {
        let a = a?;
        match a.key {
            "lineNumber" => number = Some(line_number(&a)?),
            "covered" => {
                ran = Some(match a.raw {
                    "true" => true,
                    "false" => false,
                    _ => return Err(a.wrong("true or false")),
                });
            }
            "branchesToCover" => total = count(a.count()?),
            "coveredBranches" => taken = count(a.count()?),
            _ => {}
        }
    }
    let (Some(number), Some(ran)) = (number, ran) else {
        return Err(ParseError::malformed("lineNumber and covered of a line").at(e.offset));
    };
    if taken > total {
        return Err(ParseError::malformed("no more branches covered than there are")
            .at(e.offset)
            .found_words(format!("{taken} of {total}")));
    }
    file.lines.push(Line { number, hits: u32::from(ran) });
    if total > 0 {
        file.line_branches.push(LineBranches { line: number, covered: taken, total });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::Ratio;

    fn read(inside: &str) -> Result<Coverage, ParseError> {
        let text = format!("<coverage version='1'>{inside}</coverage>");
        testing::coverage(parse, &text)
    }

    #[test]
    fn a_line_that_stands_twice_is_one() {
        let c = read(
            "<file path='a.c'><lineToCover lineNumber='1' covered='false' branchesToCover='2' coveredBranches='0'/>\
             <lineToCover lineNumber='1' covered='true' branchesToCover='2' coveredBranches='1'/></file>",
        )
        .unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.branches), (Some(Ratio { covered: 1, total: 1 }), Some(Ratio { covered: 1, total: 2 })));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "<file/>",
            "<lineToCover lineNumber='1' covered='true'/>",
            "<file path='a'><lineToCover lineNumber='1' covered='yes'/></file>",
            "<file path='a'><lineToCover covered='true'/></file>",
            "<file path='a'><lineToCover lineNumber='1' covered='true' coveredBranches='1'/></file>",
            "<package/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
