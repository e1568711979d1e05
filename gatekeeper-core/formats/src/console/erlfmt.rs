//! erlfmt's check (`erlfmt --check`, `rebar3 fmt --check`): the files that are not formatted.
//!
//! Form: `erlfmt_cli.erl` (erlfmt 1, <https://github.com/WhatsApp/erlfmt/blob/main/src/erlfmt_cli.erl>): `Checking formatting...`, `[warn] path` per file,
//! and as the last line `[warn] Code style issues found in the above file(s). Forgot to run erlfmt?` or `All matched files use erlfmt code style!`.
//!
//! - A file that cannot be parsed is an error (`path:line:column: text`); erlfmt then ends with status 4 and without a last line.
//! - Without its last line a log breaks off: refused, unless errors are listed; then the run is not complete.

use super::common::{self, Reader, located, step};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Severity};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "erlfmt",
    title: "erlfmt --check: files that are not formatted",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["erlfmt.log", "rebar3-fmt.log", "logs/erlfmt.log"],
    spec: "erlfmt 1.7, erlfmt_cli: https://github.com/WhatsApp/erlfmt/blob/main/src/erlfmt_cli.erl",
    producers: &["erlfmt"],
    recorded_as: Some("erlfmt"),
    content: Content::Text,
    sniff,
    parse,
};

const GOOD: &[u8] = b"All matched files use erlfmt code style!";
const BAD: &[u8] = b"[warn] Code style issues found in the above file(s).";

fn sniff(head: &Head<'_>) -> Confidence {
    let own = [GOOD, BAD].iter().any(|m| memmem::find(head.log(), m).is_some());
    Confidence::when(own && head.xml().is_none() && head.json().is_none(), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    found.tool("erlfmt");
    let (mut end, mut errors, mut files) = (None, false, 0_u64);
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        if row.text.starts_with(GOOD) {
            end = Some((row.offset, true));
        } else if row.text.starts_with(BAD) {
            end = Some((row.offset, false));
        } else if let Some(path) = row.text.strip_prefix(b"[warn] ") {
            files += 1;
            found.items.push(Finding {
                rule: "erlfmt".into(),
                message: "is not formatted".into(),
                place: common::place(path, None, None),
                ..Finding::default()
            });
        } else if step(row.text).is_none()
            && let Some(l) = located(row.text)
            && [&b".erl"[..], b".hrl", b".config", b".src", b".escript"].iter().any(|e| l.path.ends_with(e))
        {
            errors = true;
            found.items.push(Finding {
                rule: "cannot-format".into(),
                message: common::text(l.rest),
                severity: Severity::High,
                severity_from: "level",
                place: l.place(),
                ..Finding::default()
            });
        }
    }
    let complete = match end {
        Some((offset, good)) => {
            if good != (files == 0) {
                return Err(ParseError::malformed("a last line that fits the files above it")
                    .at(offset)
                    .found_words(format!("{files} files that are not formatted")));
            }
            // With nothing to complain of the exit status is 0.
            !errors && (!good || input.exit_status.is_none_or(|s| s == 0))
        }
        None if errors => false,
        None => {
            return Err(common::no_result(
                input.bytes,
                0,
                "last line of erlfmt, `All matched files use erlfmt code style!`",
            ));
        }
    };
    Ok(Parsed { tool: Some("erlfmt".to_owned()), ..Parsed::new(Data::Findings(found), Some(complete)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(log: &str, exit_status: Option<i32>) -> Result<(Findings, Option<bool>), ParseError> {
        testing::findings(parse, log, exit_status)
    }

    #[test]
    fn the_last_line_must_fit() {
        let bad = "Checking formatting...\n[warn] src/a.erl\n[warn] src/b.erl\n[warn] Code style issues found in the above file(s). Forgot to run erlfmt?\n";
        let (f, complete) = read(bad, Some(1)).unwrap();
        assert_eq!((f.items.len(), complete), (2, Some(true)));
        let good = "Checking formatting...\nAll matched files use erlfmt code style!\n";
        assert_eq!(read(good, None).unwrap().1, Some(true));
        assert_eq!(read(good, Some(4)).unwrap().1, Some(false));
        assert!(read("Checking formatting...\n[warn] src/a.erl\n", None).is_err());
        assert!(read("[warn] src/a.erl\nAll matched files use erlfmt code style!\n", None).is_err());
        let (f, complete) = read("Checking formatting...\nsrc/a.erl:3:1: syntax error before: '}'\n", Some(4)).unwrap();
        assert_eq!((f.by_severity().high, complete), (1, Some(false)));
    }
}
