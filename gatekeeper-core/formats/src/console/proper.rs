//! Console of the rebar3 plugin for PropEr (`rebar3 proper`, and its `--retry` and `--regressions`).
//!
//! Form: `rebar3_proper_prv.erl` (rebar3_proper 0.12, <https://github.com/ferd/rebar3_proper>): `===> Testing mod:prop()` per property; then
//! `===> ` and on the next line `N/M properties passed` or `N/M properties passed, K failed`; then `===> Failed test cases:` with one
//! `mod:prop() -> RESULT` each. Re-run counterexamples: `===> Retrying mod:prop()` and `N/M counterexamples passed`.
//!
//! Known deviations: a property whose process crashes leaves its dots on the line of the next step (`..===> Testing mod:prop()`). A property that raises may print no `Failed:` line, so the totals line counts. Properties can print any text: the last
//! totals line behind a `===> ` line counts, and as many properties must have been started as it speaks of. `0/0` is a run of no cases;
//! `proper:module/2` prints no totals line at all and is refused.

use super::common::{self, KEPT_MOST, Reader, Step, Task, add_line, classify, note, number, property, step};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "rebar3-proper",
    title: "rebar3 proper: property tests",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["proper.log", "rebar3-proper.log", "rebar3_proper.log", "logs/proper.log", "_build/proper.log"],
    spec: "rebar3_proper 0.12, rebar3_proper_prv: https://github.com/ferd/rebar3_proper",
    producers: &["proper"],
    recorded_as: Some("proper"),
    content: Content::Text,
    sniff: |head: &Head<'_>| -> Confidence { common::confidence(head, Task::Proper) },
    parse,
};

/// The totals line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Totals {
    passed: u64,
    total: u64,
    failed: u64,
    retried: bool,
}

/// What a property said of itself.
#[derive(Default)]
struct Own {
    /// `OK: Passed 100 test(s).`, `Failed: After 7 test(s).`
    words: Box<str>,
    /// What stands below a failure: an exception, or the values that made it fail.
    below: Vec<u8>,
    /// The same after shrinking.
    shrunk: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    Below,
    Shrunk,
}

/// Module and property.
type Key = (Box<str>, Box<str>);

#[derive(Default)]
struct State {
    start: Option<usize>,
    started: u64,
    /// (module, property) → what it said of itself.
    properties: BTreeMap<Key, Own>,
    /// Which of a failed property's lines come next.
    within: Within,
    order: Vec<Key>,
    totals: Option<(usize, Totals)>,
    failed: Vec<(Key, Vec<u8>)>,
    trouble: Option<(usize, Vec<u8>)>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut s = State::default();
    let (mut after_blank_step, mut listing, mut later, mut next_task) = (false, false, false, false);
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        let Some(text) = step_behind_dots(row.text) else {
            let behind = std::mem::take(&mut after_blank_step);
            if listing {
                list(row.text, &mut s.failed);
            } else if behind && let Some(totals) = totals(row.text.trim_ascii_end()) {
                s.start.get_or_insert(row.offset);
                s.totals = Some((row.offset, totals));
                s.failed.clear();
            } else if s.start.is_some() {
                said(row.text, &mut s);
                if s.trouble.is_none() && common::is_crash(row.text) {
                    s.trouble = Some((row.offset, row.text.to_vec()));
                }
            }
            continue;
        };
        after_blank_step = text.trim_ascii().is_empty();
        listing = false;
        s.within = Within::Nothing;
        match classify(text) {
            Step::Start(Task::Proper) => {
                let Some((module, prop)) = property(text, b"Testing ").or_else(|| property(text, b"Retrying ")) else {
                    continue;
                };
                if s.totals.is_some() && next_task {
                    return Err(ParseError::malformed("one run of properties")
                        .at(row.offset)
                        .found_words("a second one in the same log"));
                }
                s.start.get_or_insert(row.offset);
                s.started = s.started.saturating_add(1);
                let key = (common::text(module), common::text(prop));
                if s.order.len() < KEPT_MOST && s.properties.insert(key.clone(), Own::default()).is_none() {
                    s.order.push(key);
                }
            }
            Step::Begin => {
                next_task = s.start.is_some();
                later |= next_task;
            }
            Step::Start(_) => later |= s.start.is_some(),
            _ if text.starts_with(b"Failed test cases:") => listing = true,
            _ if s.start.is_some() && !next_task && s.trouble.is_none() && common::is_failure(text) => {
                s.trouble = Some((row.offset, text.to_vec()));
            }
            _ => {}
        }
    }
    finish(input, s, later)
}

fn finish(input: &Input<'_>, s: State, later: bool) -> Result<Parsed, ParseError> {
    let Some(start) = s.start else {
        if let Some(at) = nothing_ran(input.bytes) {
            return Err(at);
        }
        return Err(common::no_result(input.bytes, 0, "line `===> Testing module:property()`"));
    };
    let Some((offset, totals)) = s.totals else {
        return Err(common::no_result(input.bytes, start, "totals line `N/M properties passed`"));
    };
    if totals.passed.saturating_add(totals.failed) != totals.total {
        return Err(ParseError::malformed("passed and failed properties that make up the total")
            .at(offset)
            .found_words(format!("{} and {} of {}", totals.passed, totals.failed, totals.total)));
    }
    if totals.total > s.started {
        return Err(ParseError::malformed(format!("{} properties started above this line", totals.total))
            .at(offset)
            .found_words(s.started.to_string()));
    }
    let mut notes = Vec::new();
    let mut complete = true;
    if totals.total == 0 {
        notes.push(note("no property was run", offset));
    }
    if totals.retried {
        notes.push(note("counterexamples of an earlier run were tried again; no properties were searched", offset));
    }
    if s.started > totals.total {
        notes.push(note(format!("{} properties were started, {} are counted", s.started, totals.total), offset));
        complete = false;
    }
    if let Some((at, said)) = s.trouble.filter(|(at, _)| *at > offset && !common::ended_well(input)) {
        notes.push(note(format!("the log says {} after the properties", common::quote(&said)), at));
        complete = false;
    }
    let mut tests = TestRun::default();
    let named = u64::try_from(s.order.len()).ok() == Some(totals.total)
        && u64::try_from(s.failed.len()).ok() == Some(totals.failed)
        && s.failed.iter().all(|(key, _)| s.properties.contains_key(key));
    if named {
        let failed: BTreeMap<_, _> = s.failed.iter().map(|(key, result)| (key, result)).collect();
        for key in &s.order {
            let own = s.properties.get(key);
            let words = own.map(|o| o.words.clone()).unwrap_or_default();
            let (status, message) = match failed.get(key) {
                Some(result) => (Outcome::Failed, own.map(|o| o.failure(result)).unwrap_or_default()),
                None => (Outcome::Passed, words.clone()),
            };
            if tests.suites.last().is_none_or(|suite| suite.name != key.0) {
                tests.suites.push(Suite::named(key.0.clone()));
            }
            let case = Case {
                name: key.1.clone(),
                class: Some(key.0.as_ref().into()),
                status,
                detail: Some(Box::new(Detail { attempts: runs(&words), message, ..Detail::default() })),
                ..Case::default()
            };
            if let Some(suite) = tests.suites.last_mut() {
                suite.cases.push(case);
            }
        }
    } else {
        let mut suite = Suite::named("proper");
        suite.unlisted = Counts { passed: totals.passed, failed: totals.failed, ..Counts::default() };
        tests.suites.push(suite);
    }
    if totals.failed == 0 && complete {
        complete = common::good_run(input, later, &mut notes);
    }
    let mut parsed = Parsed::new(Data::Tests(tests), Some(complete));
    parsed.tool = Some("proper".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

/// How many times a property was tried: `OK: Passed 100 test(s).`, `Failed: After 7 test(s).`
fn runs(words: &str) -> Option<u32> {
    let rest = words.strip_prefix("OK: Passed ").or_else(|| words.strip_prefix("Failed: After "))?;
    let (n, rest) = number(rest.as_bytes())?;
    rest.starts_with(b" test").then(|| u32::try_from(n).ok()).flatten()
}

/// rebar3's word that there was nothing to run, where no property was started.
fn nothing_ran(bytes: &[u8]) -> Option<ParseError> {
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        let text = step(row.text).unwrap_or(row.text);
        if totals(text.trim_ascii_end()).is_some()
            || text.starts_with(b"no counterexamples to run")
            || text.starts_with(b"no regression tests to run")
        {
            return Some(
                ParseError::new(ErrorCode::ToolFailed, "no property was run; the log says")
                    .at(row.offset)
                    .found_words(common::quote(text)),
            );
        }
    }
    None
}

/// `N/M properties passed[, K failed]`, and the same of counterexamples.
fn totals(text: &[u8]) -> Option<Totals> {
    let (passed, rest) = number(text)?;
    let (total, rest) = number(rest.strip_prefix(b"/")?)?;
    let (retried, rest) = match rest.strip_prefix(b" properties passed") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(b" counterexamples passed")?),
    };
    let failed = if rest.is_empty() {
        0
    } else {
        let (n, rest) = number(rest.strip_prefix(b", ")?)?;
        (rest == b" failed").then_some(n)?
    };
    Some(Totals { passed, total, failed, retried })
}

/// What a property says of itself: kept for the reader, never counted.
fn said(text: &[u8], s: &mut State) {
    let words = text.trim_ascii();
    let Some(own) = s.order.last().and_then(|key| s.properties.get_mut(key)) else { return };
    if words.starts_with(b"OK: Passed ") || words.starts_with(b"Failed: ") || words.starts_with(b"Error: ") {
        own.words = common::text(words);
        s.within = if words.starts_with(b"Failed: ") { Within::Below } else { Within::Nothing };
        if let Within::Below = s.within {
            (own.below, own.shrunk) = (Vec::new(), Vec::new());
        }
    } else if s.within == Within::Below && words.starts_with(b"Shrinking ") {
        s.within = Within::Shrunk;
    } else if !words.is_empty() {
        match s.within {
            Within::Below => add_line(&mut own.below, words, b' '),
            Within::Shrunk => add_line(&mut own.shrunk, words, b' '),
            Within::Nothing => {}
        }
    }
}

impl Own {
    /// The message of a failed property: how many tests it took, the smallest counterexample, what it gave.
    fn failure(&self, result: &[u8]) -> Box<str> {
        let result = common::text(result);
        let mut out = String::from(&*self.words);
        let (exception, below) = match self.below.strip_prefix(b"An exception was raised: ") {
            Some(rest) => {
                let end = memchr::memmem::find(rest, b"Stacktrace: ").unwrap_or(rest.len());
                (rest.get(..end).unwrap_or_default().trim_ascii(), rest.get(end..).unwrap_or_default())
            }
            None => (&b""[..], self.below.as_slice()),
        };
        let example = if self.shrunk.is_empty() { below } else { &self.shrunk };
        for (title, text) in [("exception ", exception), ("counterexample ", example)] {
            if !text.is_empty() {
                push_part(&mut out, title, &common::text(text));
            }
        }
        let title = if out.is_empty() { "" } else { "result " };
        push_part(&mut out, title, &result);
        out.into()
    }
}

fn push_part(out: &mut String, title: &str, text: &str) {
    if !out.is_empty() {
        out.push_str("; ");
    }
    out.push_str(title);
    out.push_str(text);
}

/// A step of rebar3, behind the dots of a property that did not end its line.
fn step_behind_dots(text: &[u8]) -> Option<&[u8]> {
    let dots = text.iter().take_while(|b| matches!(b, b'.' | b'!' | b'x')).count();
    step(text.get(dots..)?)
}

/// `mod:prop() -> RESULT`, further lines of the result indented.
fn list(text: &[u8], failed: &mut Vec<(Key, Vec<u8>)>) {
    if text.first() == Some(&b' ') {
        if let Some((_, result)) = failed.last_mut() {
            add_line(result, text.trim_ascii(), b' ');
        }
        return;
    }
    let Some(at) = memchr::memmem::find(text, b"() -> ") else { return };
    let name = text.get(..at).unwrap_or_default();
    let Some(colon) = memchr::memchr(b':', name) else { return };
    if failed.len() < KEPT_MOST {
        let key = (
            common::text(name.get(..colon).unwrap_or_default()),
            common::text(name.get(colon + 1..).unwrap_or_default()),
        );
        let mut result = Vec::new();
        add_line(&mut result, text.get(at + 6..).unwrap_or_default(), b' ');
        failed.push((key, result));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(rest: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        let log = format!("===> Compiling a\n{rest}");
        parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
    }

    const TWO: &str = "===> Testing prop_a:prop_x()\n...\n\x1b[1;32mOK: Passed 60 test(s).\n\x1b[0m===> Testing prop_a:prop_y()\n..!\nFailed: After 3 test(s).\nwhen failing: OK, passed 100 tests\n";

    #[test]
    fn properties_are_listed_by_name() {
        let p = read(&format!("{TWO}===> \n1/2 properties passed, 1 failed\n===> Failed test cases:\nprop_a:prop_y() -> {{'EXIT',\n   x}}\n"), Some(1)).unwrap();
        let Data::Tests(t) = &p.data else { panic!() };
        assert_eq!((t.counts().passed, t.counts().failed, p.complete), (1, 1, Some(true)));
        let case = &t.suites[0].cases[1];
        assert_eq!((&*case.name, case.status), ("prop_y", Outcome::Failed));
        assert_eq!(
            &*case.detail.as_ref().unwrap().message,
            "Failed: After 3 test(s).; counterexample when failing: OK, passed 100 tests; result {'EXIT', x}"
        );
    }

    #[test]
    fn a_step_may_stand_behind_the_dots_of_a_crash() {
        let log = "===> Testing p:prop_a()\n..===> Testing p:prop_b()\n..!\nFailed: After 3 test(s).\n[1,4,\n 1]\n\nShrinking ..(2 time(s))\n[1,1]\n===> \n0/2 properties passed, 2 failed\n===> Failed test cases:\np:prop_a() -> {'EXIT',killed}\np:prop_b() -> false\n";
        let p = read(log, Some(1)).unwrap();
        let Data::Tests(t) = &p.data else { panic!() };
        assert_eq!((t.counts().failed, p.complete), (2, Some(true)));
        let message = |n: usize| t.suites[0].cases[n].detail.as_ref().unwrap().message.to_string();
        assert_eq!(message(0), "{'EXIT',killed}");
        assert_eq!(message(1), "Failed: After 3 test(s).; counterexample [1,1]; result false");
        let p = read("===> Testing p:prop_a()\n..===> \n0/1 properties passed, 1 failed\n", Some(1)).unwrap();
        assert_eq!(p.complete, Some(true));
    }

    #[test]
    fn totals_must_fit_what_was_started() {
        assert!(read(&format!("{TWO}===> \n5/5 properties passed\n"), None).is_err());
        assert!(read(&format!("{TWO}===> \n2/2 properties passed, 1 failed\n"), None).is_err());
        assert!(read(&format!("{TWO}2/2 properties passed\n"), None).is_err());
        let Data::Tests(none) = read("===> \n0/0 properties passed\n", Some(0)).unwrap().data else { panic!() };
        assert_eq!(none.counts().total(), 0);
        assert!(read("===> \n3/3 properties passed\n", Some(0)).is_err());
        assert!(read(TWO, Some(1)).is_err());
    }

    #[test]
    fn the_exit_status_must_fit() {
        let good = format!("{TWO}===> \n2/2 properties passed\n");
        assert_eq!(read(&good, None).unwrap().complete, Some(true));
        assert_eq!(read(&good, Some(1)).unwrap().complete, Some(false));
    }
}
