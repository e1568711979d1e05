//! Elvis (`elvis rock`, `rebar3 lint`): Erlang style, a block per file.
//!
//! Form: `elvis_result.erl` of elvis_core 1-4 (<https://github.com/inaka/elvis_core/blob/main/src/elvis_result.erl>): `# path [OK]` or `# path [FAIL]`, below
//! it `  - rule` and `    - message`; with `output_format = parsable` `path:line:rule:message`.
//!
//! - Elvis states no severity. A file that failed without a rule below it is a finding all the same.
//! - There is no end line: a log without findings needs its exit status; so does one of the parsable form, which says nothing of good files.

use super::common::{self, Reader, number};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "elvis",
    title: "Elvis: Erlang style",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["elvis.log", "rebar3-lint.log", "logs/elvis.log"],
    spec: "elvis_core 4, elvis_result: https://github.com/inaka/elvis_core/blob/main/src/elvis_result.erl",
    producers: &["elvis"],
    recorded_as: Some("elvis"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    if head.lines().find(|l| !l.is_empty()).is_some_and(|l| parsable(l).is_some()) {
        return Confidence::Likely;
    }
    let marks = [&b" [OK]"[..], b" [FAIL]"];
    if !marks.iter().any(|m| memmem::find(head.bytes(), m).is_some()) {
        return Confidence::No;
    }
    let mut rows = Reader::new(head.bytes());
    while let Some(row) = rows.next() {
        if heading(row.text).is_some() {
            return Confidence::Certain;
        }
    }
    Confidence::No
}

/// `# src/a.erl [FAIL]` → path, and whether it failed.
fn heading(text: &[u8]) -> Option<(&[u8], bool)> {
    let rest = text.strip_prefix(b"# ")?.trim_ascii_end();
    let (path, failed) = match rest.strip_suffix(b" [OK]") {
        Some(path) => (path, false),
        None => (rest.strip_suffix(b" [FAIL]")?, true),
    };
    let source =
        [&b".erl"[..], b".hrl", b".config", b".src", b"Makefile", b".gitignore"].iter().any(|e| path.ends_with(e));
    (source || memchr::memchr(b'/', path).is_some()).then_some((path, failed))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    found.tool("elvis");
    let (mut files, mut path, mut rule): (u64, Vec<u8>, Option<Box<str>>) = (0, Vec::new(), None);
    // A file that failed, and nothing of it was listed yet.
    let mut bare = false;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        if let Some((name, failed)) = heading(row.text) {
            close(&mut found, &path, std::mem::replace(&mut bare, failed), rule.take());
            files += 1;
            path = if failed { name.to_vec() } else { Vec::new() };
        } else if let Some(message) = row.text.strip_prefix(b"    - ").filter(|_| !path.is_empty()) {
            bare = false;
            found.items.push(Finding {
                rule: rule.clone().unwrap_or_else(|| "elvis".into()),
                message: common::text(message),
                place: common::place(&path, line_in(message), None),
                ..Finding::default()
            });
        } else if let Some(name) = row.text.strip_prefix(b"  - ").filter(|_| !path.is_empty()) {
            // Newer ones put the address of the rule's page behind its name.
            let name = name.split(|b| *b == b' ').next().unwrap_or_default();
            rule = Some(common::text(name));
        } else if let Some(finding) = parsable(row.text) {
            files += 1;
            found.items.push(finding);
        }
    }
    close(&mut found, &path, bare, rule);
    if files == 0 && input.exit_status != Some(0) {
        return Err(common::no_result(input.bytes, 0, "line of Elvis, `# path [OK]` or `# path [FAIL]`"));
    }
    let complete = if found.items.is_empty() {
        common::clean(input, false)?
    } else {
        // Exit status 1 is that of findings; without one nobody knows whether there were more.
        input.exit_status.map(|status| matches!(status, 0 | 1))
    };
    Ok(Parsed { tool: Some("elvis".to_owned()), ..Parsed::new(Data::Findings(found), complete) })
}

fn close(found: &mut Findings, path: &[u8], bare: bool, rule: Option<Box<str>>) {
    if bare {
        found.items.push(Finding {
            rule: rule.unwrap_or_else(|| "elvis".into()),
            message: "the file failed".into(),
            place: common::place(path, None, None),
            ..Finding::default()
        });
    }
}

/// The line in a message: `At line 3, …`, `… on line 12 …`.
fn line_in(message: &[u8]) -> Option<u32> {
    memmem::find_iter(message, b"ine ").find_map(|at| number(message.get(at + 4..)?)).map(|(n, _)| common::small(n))
}

/// `src/a.erl:12:no_tabs:text`.
fn parsable(text: &[u8]) -> Option<Finding> {
    let colon =
        memmem::find(text, b".erl:").map(|at| at + 4).or_else(|| memmem::find(text, b".hrl:").map(|at| at + 4))?;
    let path = text.get(..colon).filter(|p| memchr::memchr(b' ', p).is_none())?;
    let (line, rest) = number(text.get(colon + 1..)?)?;
    let rest = rest.strip_prefix(b":")?;
    let end = memchr::memchr(b':', rest)?;
    let rule = rest.get(..end)?;
    let plain = !rule.is_empty() && rule.iter().all(|b| b.is_ascii_lowercase() || *b == b'_' || b.is_ascii_digit());
    let named = plain && rule.iter().any(u8::is_ascii_lowercase);
    named.then(|| Finding {
        rule: common::text(rule),
        message: common::text(rest.get(end + 1..).unwrap_or_default()),
        place: common::place(path, Some(common::small(line)), None),
        ..Finding::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(log: &str, exit_status: Option<i32>) -> Result<(Findings, Option<bool>), ParseError> {
        testing::findings(parse, log, exit_status)
    }

    #[test]
    fn blocks_and_parsable_lines_are_findings() {
        let log = "Loading files...\n# src/a.erl [FAIL]\n  - no_tabs (https://x/no_tabs.md)\n    - Line 12 has a tab at column 0.\n    - Line 14 has a tab at column 3.\n# src/b.erl [OK]\n# src/c.erl [FAIL]\n";
        let (f, complete) = read(log, Some(1)).unwrap();
        assert_eq!((f.items.len(), complete), (3, Some(true)));
        assert_eq!((&*f.items[0].rule, f.items[0].place.as_ref().unwrap().line), ("no_tabs", Some(12)));
        assert_eq!(&*f.items[2].message, "the file failed");
        let (f, complete) = read("src/a.erl:12:line_length:Line 12 is too long\n", None).unwrap();
        assert_eq!((&*f.items[0].rule, complete), ("line_length", None));
    }

    #[test]
    fn a_clean_log_needs_its_exit_status() {
        let clean = "# src/b.erl [OK]\n";
        assert_eq!(read(clean, None).unwrap().1, None);
        assert_eq!(read(clean, Some(0)).unwrap().1, Some(true));
        assert!(read(clean, Some(1)).is_err());
        assert!(read("Loading files...\n", None).is_err());
    }
}
