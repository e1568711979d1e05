//! secretlint's JSON formatter (<https://github.com/secretlint/secretlint/tree/master/packages/%40secretlint/formatter>): ESLint's shape, told
//! by `sourceContentType`, with severities in words. Every file that was looked at is listed, also one without a secret.
//!
//! - A message is a secret. What stands behind its last colon is the secret itself, masked only where that was asked for: it is never kept.
//! - Messages that a comment took out are left out by secretlint and not to be seen here.

use super::common::{Scalar, Str, message, note, or_default, parsed, place, severity};
use super::rows::{self, Folded, Row, Rows};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "secretlint-json",
    title: "secretlint JSON results",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["secretlint.json", "secretlint-report.json", "reports/secretlint.json"],
    spec: "secretlint --format json, https://github.com/secretlint/secretlint",
    producers: &["secretlint"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    Confidence::when(shape.has_all(&["[].filePath", "[].messages", "[].sourceContentType"]), Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow, rename = "filePath")]
    path: Option<Str<'a>>,
    #[serde(borrow)]
    messages: Option<Rows<Message<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, rename = "ruleId")]
    rule: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    severity: Scalar<'a>,
    #[serde(borrow, rename = "docsUrl")]
    url: Str<'a>,
    #[serde(deserialize_with = "or_default")]
    loc: Span,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Span {
    #[serde(deserialize_with = "or_default")]
    start: Position,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    line: super::common::Num,
    /// From 0.
    column: super::common::Num,
}

impl<'de: 'a, 'a> Row<'de> for Message<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        if self.rule.get().is_none() {
            return Err("a message of secretlint with its ruleId");
        }
        let (severity, severity_from) = severity(self.severity.text(), "severity", &mut into.notes);
        let text = self.message.text();
        let told = text.rsplit_once(": ").map_or(text, |(told, _)| told);
        let column = self.loc.start.column.0.and_then(|c| u32::try_from(c).ok()).and_then(|c| c.checked_add(1));
        into.items.push(Finding {
            rule: message(self.rule.text()),
            message: message(told),
            severity,
            severity_from,
            category: Category::Secret,
            // The file is told by what the message stands in.
            place: place("?", self.loc.start.line.line(), column),
            url: self.url.boxed(),
            ..Finding::default()
        });
        Ok(())
    }
}

impl<'de: 'a, 'a> Row<'de> for File<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        let (Some(path), Some(Rows(messages, _))) = (self.path, self.messages) else {
            return Err("a file of secretlint's with filePath and messages");
        };
        into.add(messages.in_file(path.text()));
        Ok(())
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let Rows(Folded { items, mut notes, rows, .. }, _) = rows::read::<Rows<File<'_>>>(input)?;
    if rows == 0 {
        note(&mut notes, "no file is named");
    }
    let nothing = (rows == 0).then(|| Gap::whole("it names no file: nothing was looked at"));
    Ok(parsed(items, Some(true), "secretlint", notes).with_gaps(nothing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::Data;
    use gatekeeper_evidence::findings::{Findings, Severity};

    fn read(text: &str) -> Result<Findings, ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "t.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        let Data::Findings(f) = parse(&input)?.data else { panic!("no findings") };
        Ok(f)
    }

    #[test]
    fn messages_are_secrets_that_are_not_kept() {
        let f = read(
            r#"[{"filePath":"/a/.env","sourceContentType":"text","messages":[{"message":"found AWS Secret Access Key: wJalr","ruleId":"aws",
            "loc":{"start":{"line":3,"column":0}},"severity":"error"},{"message":"m","ruleId":"x","severity":"warning"}]},
            {"filePath":"/a/b","sourceContentType":"text","messages":[]}]"#,
        )
        .unwrap();
        let one = &f.items[0];
        assert_eq!(
            (&*one.message, one.severity, one.category),
            ("found AWS Secret Access Key", Severity::High, Category::Secret)
        );
        let at = one.place.as_ref().unwrap();
        assert_eq!((&*at.path, at.line, at.column), ("/a/.env", Some(3), Some(1)));
        assert_eq!(f.items[1].severity, Severity::Medium);
        assert!(f.gaps.is_empty());
    }

    #[test]
    fn no_file_is_nothing_looked_at() {
        assert!(read("[]").unwrap().gaps[0].whole);
    }

    #[test]
    fn other_content_is_refused() {
        for bad in ["{}", r#"[{"filePath":"a"}]"#, r#"[{"filePath":"a","messages":[{"severity":"error"}]}]"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
