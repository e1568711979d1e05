//! gleeunit's console (`gleam test`): dots, failures, and `N tests, no failures` or `N tests, F failures[, S skipped]`.
//!
//! Form: `gleeunit/internal/reporting.gleam` (gleeunit 1.4 and later) and `gleeunit_progress.erl` (before), <https://github.com/lpil/gleeunit>.
//!
//! - Since 1.4 `N` is what passed; before, all of them. The dots tell which: there is one for each test that passed.
//! - A run with failures and nothing skipped ended with exit status 0 in 1.4: its words count.
//! - `No tests found!` is a run of no tests.

use super::common::{self, KEPT_MOST, Reader, number};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "gleam-test",
    title: "gleam test: gleeunit's console",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["gleam-test.log", "gleam_test.log", "logs/gleam-test.log"],
    spec: "gleeunit 1.9, gleeunit/internal/reporting.gleam: https://github.com/lpil/gleeunit",
    producers: &["gleeunit"],
    recorded_as: Some("gleam-test"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let marks = [&b"_test.main"[..], b" tests, no failures", b" tests, "];
    if head.xml().is_some() || head.json().is_some() || !marks.iter().any(|m| memmem::find(head.log(), m).is_some()) {
        return Confidence::No;
    }
    let (mut start, mut good, mut any, mut timed) = (false, false, false, false);
    let mut rows = Reader::new(head.all());
    while let Some(row) = rows.next() {
        start |= common::is_gleam_start(row.text);
        timed |= row.text.starts_with(b"Finished in ");
        any |= summary(row.text).is_some();
        good |= row.text.ends_with(b" tests, no failures");
    }
    if start && any {
        return Confidence::Certain;
    }
    // Begun is enough: the parser says what is missing.
    Confidence::when(start || any && good && !timed, Confidence::Likely)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut last = None;
    let (mut dots, mut begun) = (0_u64, None);
    let mut cases: Vec<Case> = Vec::new();
    let mut place: Option<(Box<str>, u32)> = None;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        let text = row.text;
        if common::is_gleam_start(text) {
            begun = Some(row.offset);
            (last, dots) = (None, 0);
            cases.clear();
        } else if row.ended
            && let Some(said) = summary(text)
        {
            last = Some((row.offset, said));
        } else if !text.is_empty() && text.iter().all(|b| matches!(b, b'.' | b'F' | b'S')) {
            dots = dots.saturating_add(u64::try_from(memchr::memchr_iter(b'.', text).count()).unwrap_or(0));
        } else if let Some(at) = title(text) {
            dots = dots.saturating_add(u64::try_from(text.iter().take_while(|b| **b == b'.').count()).unwrap_or(0));
            place = Some(at);
        } else if let Some(name) = text.strip_prefix(b" test: ") {
            if cases.len() < KEPT_MOST {
                let (file, line) = place.take().map_or((None, None), |(f, l)| (Some(f), Some(l)));
                cases.push(Case {
                    name: common::text(name),
                    status: Outcome::Failed,
                    detail: Some(Box::new(Detail { file, line, ..Detail::default() })),
                    ..Case::default()
                });
            }
        } else if let Some(detail) = cases.last_mut().and_then(|c| c.detail.as_mut())
            && [&b" left: "[..], b"right: ", b"value: ", b" info: ", b" code: "].iter().any(|k| text.starts_with(k))
            && detail.message.len() < 2_000
        {
            let line = common::text(text);
            detail.message =
                if detail.message.is_empty() { line } else { format!("{}\n{line}", detail.message).into() };
        }
    }
    let Some((offset, said)) = last else {
        return Err(common::no_result(input.bytes, begun.unwrap_or(0), "summary of gleeunit (`N tests, no failures`)"));
    };
    // Before 1.4 the number is of all tests.
    let passed = if dots == said.tests {
        said.tests
    } else {
        said.tests.saturating_sub(said.failed).saturating_sub(said.skipped)
    };
    if passed > dots {
        return Err(ParseError::malformed(format!("{passed} dots above this line"))
            .at(offset)
            .found_words(dots.to_string()));
    }
    let mut notes = Vec::new();
    let listed = u64::try_from(cases.len()).unwrap_or(u64::MAX);
    let mut complete = true;
    if listed > said.failed {
        notes.push(common::note(format!("{listed} failures are listed, {} are counted", said.failed), offset));
        complete = false;
        cases.truncate(usize::try_from(said.failed).unwrap_or(usize::MAX));
    }
    let mut suite = Suite::named("gleeunit");
    suite.unlisted =
        Counts { passed, failed: said.failed.saturating_sub(listed), skipped: said.skipped, ..Counts::default() };
    suite.cases = cases;
    if said.failed == 0 && passed.saturating_add(said.skipped) > 0 {
        complete = complete && common::good_run(input, false, &mut notes);
    }
    let run = TestRun { suites: vec![suite], ..TestRun::default() };
    Ok(Parsed { tool: Some("gleeunit".to_owned()), notes, ..Parsed::new(Data::Tests(run), Some(complete)) })
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Said {
    tests: u64,
    failed: u64,
    skipped: u64,
}

fn summary(text: &[u8]) -> Option<Said> {
    let text = text.trim_ascii_end();
    if text == b"No tests found!" {
        return Some(Said::default());
    }
    let (tests, rest) = number(text)?;
    let rest = rest.strip_prefix(b" tests, ").or_else(|| rest.strip_prefix(b" test, "))?;
    if rest == b"no failures" {
        return Some(Said { tests, ..Said::default() });
    }
    let (failed, rest) = number(rest)?;
    let rest = rest.strip_prefix(b" failures").or_else(|| rest.strip_prefix(b" failure"))?;
    let skipped = match rest.strip_prefix(b", ") {
        None if rest.is_empty() => 0,
        None => return None,
        Some(rest) => {
            // 1.4 forgets the number where something failed, too.
            let (n, rest) = number(rest).unwrap_or((1, rest));
            (rest.trim_ascii_start() == b"skipped").then_some(n)?
        }
    };
    Some(Said { tests, failed, skipped })
}

/// `assert test/shop_test.gleam:12`.
fn title(text: &[u8]) -> Option<(Box<str>, u32)> {
    let text = text.get(text.iter().take_while(|b| **b == b'.').count()..)?;
    let rest = [&b"let assert "[..], b"assert ", b"panic ", b"todo "].iter().find_map(|k| text.strip_prefix(*k))?;
    let colon = memchr::memrchr(b':', rest)?;
    let (path, line) = (rest.get(..colon)?, common::digits(rest.get(colon + 1..)?)?);
    path.ends_with(b".gleam").then(|| (common::text(path), common::small(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(log: &str, exit_status: Option<i32>) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, log, exit_status)
    }

    const START: &str = "  Compiling shop\n   Compiled in 0.41s\n    Running shop_test.main\n";

    #[test]
    fn failures_are_listed_and_the_dots_tell_what_passed() {
        let log = format!(
            "{START}..\nassert test/shop_test.gleam:12\n test: shop_test.adds_test\n code: add(1, 1) == 3\n left: 2\nright: literal\n info: Assertion failed.\n.\n3 tests, 1 failures\n"
        );
        let (t, complete) = read(&log, Some(0)).unwrap();
        assert_eq!((t.counts().passed, t.counts().failed, complete), (3, 1, Some(true)));
        let detail = t.suites[0].cases[0].detail.as_ref().unwrap();
        assert_eq!((detail.file.as_deref(), detail.line), (Some("test/shop_test.gleam"), Some(12)));
        let old = format!("{START}..F\nFinished in 0.01 seconds\n3 tests, 1 failures\n");
        let (t, _) = read(&old, Some(1)).unwrap();
        assert_eq!((t.counts().passed, t.counts().failed), (2, 1));
    }

    #[test]
    fn what_ran_nothing_or_broke_off_is_no_good_run() {
        let (t, _) = read(&format!("{START}\nNo tests found!\n"), Some(1)).unwrap();
        assert_eq!(t.counts().total(), 0);
        assert!(read(&format!("{START}...\n"), None).is_err());
        assert!(read(&format!("{START}...\n30 tests, no failures\n"), None).is_err());
        assert_eq!(read(&format!("{START}...\n3 tests, no failures\n"), Some(1)).unwrap().1, Some(false));
    }
}
