//! Checkstyle's XML (<https://checkstyle.org>), which many linters write: ESLint, PHP_CodeSniffer, ktlint, detekt, golangci-lint, hadolint, SwiftLint.
//!
//! - Severities error, warning, info; Checkstyle's default is error, and other writers leave the attribute out at will: then unknown.
//! - An `exception` element is a file that was not checked: not complete; so is an error by which a linter says that it could not
//!   parse a file or failed on it (ESLint's "Parsing error" of no rule, PHP_CodeSniffer's `Internal.Exception`, stylelint's `CssSyntaxError`, …).

use super::common::{cut, foreign, message, note, parsed, place, severity};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Token, Xml};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};

pub(super) static FORMAT: Format = Format {
    id: "checkstyle",
    title: "Checkstyle XML report",
    kind: Kind::Findings,
    extensions: &["xml"],
    places: &[
        "checkstyle-result.xml",
        "target/checkstyle-result.xml",
        "build/reports/checkstyle/*.xml",
        "checkstyle.xml",
        "**/build/reports/detekt/detekt.xml",
        "**/build/reports/ktlint/**/*.xml",
    ],
    spec: "Checkstyle XML, https://checkstyle.org",
    producers: &["checkstyle"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.xml().is_some_and(|r| r.name == "checkstyle"), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(input, xml))
}

fn document(input: &Input<'_>, mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    let mut file: Box<str> = "".into();
    let mut tool = None;
    let bound = super::room::allowance(input);
    loop {
        match xml.next()? {
            Token::Start(e) => match (xml.depth(), e.name()) {
                (1, "checkstyle") => {}
                (1, _) => return Err(foreign("the root element checkstyle")),
                (_, "file") => file = cut(&e.attribute("name")?.unwrap_or_default(), 1000),
                (_, "error") => {
                    let (mut line, mut column, mut rule, mut word, mut said) = (None, None, None, None, None);
                    for a in e.attributes() {
                        let a = a?;
                        match a.key {
                            // Some writers leave the number empty or write 0 where there is no place.
                            "line" => line = a.raw.trim().parse::<u32>().ok().filter(|n| *n > 0),
                            "column" => column = a.raw.trim().parse::<u32>().ok().filter(|n| *n > 0),
                            "severity" => word = Some(a.text()?),
                            "message" => said = Some(a.text()?),
                            "source" => rule = Some(a.text()?),
                            _ => {}
                        }
                    }
                    let source = rule.unwrap_or_default();
                    if tool.is_none() {
                        tool = writer(&source);
                    }
                    let said = said.unwrap_or_default();
                    if source.is_empty() && said.is_empty() && word.is_none() {
                        return Err(foreign("an error with a severity, message or source"));
                    }
                    if is_unseen(&source, &said) {
                        complete = false;
                        note(&mut notes, format!("not linted as a whole, as it could not be read: {file}"));
                    }
                    let (severity, severity_from) = severity(&word.unwrap_or_default(), "severity", &mut notes);
                    if items.len().saturating_mul(size_of::<Finding>()) > bound {
                        return Err(ParseError::malformed("errors that say something")
                            .at(0)
                            .found_words("more errors than a file of this size tells of"));
                    }
                    items.push(Finding {
                        rule: message(&source),
                        message: message(&said),
                        severity,
                        severity_from,
                        category: Category::Code,
                        place: place(&file, line, column),
                        ..Finding::default()
                    });
                    xml.skip()?;
                }
                (_, "exception") => {
                    complete = false;
                    note(&mut notes, format!("not checked: {file}: {}", cut(&xml.text_of(300)?, 200)));
                }
                _ => xml.skip()?,
            },
            Token::Eof => break,
            _ => {}
        }
    }
    notes.extend(xml.take_notes());
    Ok(Parsed { tool: tool.map(str::to_owned), ..parsed(items, Some(complete), "", notes) })
}

/// Whether an error says that its file, or the rest of it, was not looked at: it could not be parsed, or the linter failed on it.
fn is_unseen(source: &str, message: &str) -> bool {
    match source {
        // ESLint's parser belongs to no rule; ktlint's neither.
        "" | "eslint.rules.null" if message.starts_with("Parsing error: ") => true,
        // PHP_CodeSniffer; golangci-lint (what needs types was not run); hadolint; ShellCheck ("Fix to allow more checks").
        "Internal.Exception" | "typecheck" | "DL1000" | "ShellCheck.SC1072" | "ShellCheck.SC1073" => true,
        "com.puppycrawl.tools.checkstyle.TreeWalker" => message.starts_with("Got an exception"),
        _ => source.ends_with(".CssSyntaxError") || message.starts_with("Not a valid Kotlin file"),
    }
}

/// The tool that a rule's source names.
fn writer(source: &str) -> Option<&'static str> {
    [
        ("com.puppycrawl", "checkstyle"),
        ("eslint.", "eslint"),
        ("detekt", "detekt"),
        ("ktlint", "ktlint"),
        ("PHPCompatibility", "phpcs"),
    ]
    .iter()
    .find(|(start, _)| source.starts_with(start))
    .map(|(_, tool)| *tool)
}
