//! Console of `rebar3 xref`.
//!
//! Form: `rebar_prv_xref.erl`, <https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_prv_xref.erl>: the first finding behind
//! `===> `, each `[path:[line:] ]Warning: TEXT (Xref)`; then answers of `xref_queries` that differ: `Query Q`, ` answer A`,
//! ` did not match V`. When nothing is found nothing is printed.
//!
//! Known deviations: undefined functions may have no place; line 0 is a generated function. `===> Behaviour X is used but cannot be found.` is
//! rebar3's remark, no finding. A clean run cannot be told from a killed one but by its exit status.
//!
//! A recorded `make xref` of erlang.mk (plugins/xref.mk) has lines of its own (`Undefined function m:f/1 called by n:g/0`) and says nothing when all is well.

use super::common::{self, Reader, Step, Task, classify, located, step};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Place, Severity};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "xref",
    title: "rebar3 xref: undefined, unused and deprecated functions",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["xref.log", "rebar3-xref.log", "rebar3_xref.log", "logs/xref.log", "_build/xref.log"],
    spec: "rebar3 3.24, rebar_prv_xref: https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_prv_xref.erl",
    producers: &["xref"],
    recorded_as: Some("xref"),
    content: Content::Text,
    sniff: |head: &Head<'_>| -> Confidence { common::confidence(head, Task::Xref) },
    parse,
};

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    found.tool("xref");
    let mut start = None;
    // Whether the lines read now are xref's: from its start line to the next task.
    let mut inside = false;
    let mut later = false;
    let mut trouble: Option<(usize, Vec<u8>)> = None;
    let mut last = None;
    let mut went_on = false;
    let mut cut = None;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        let own = step(row.text);
        let text = own.unwrap_or(row.text);
        // From the first start line on every finding counts, whatever stands between: nothing printed later can take one back.
        if start.is_some() && text.ends_with(b"(Xref)") {
            found.items.push(finding(text));
            last = Some(row.number);
            went_on = false;
            continue;
        }
        went_on |= last.is_some() && (own.is_some() || text.is_empty());
        if let Some(text) = own {
            match classify(text) {
                Step::Start(Task::Xref) => {
                    start.get_or_insert(row.offset);
                    (inside, later) = (true, false);
                }
                Step::Begin | Step::Start(_) => {
                    later |= start.is_some();
                    inside = false;
                }
                _ if inside && text.starts_with(b"Query ") => {
                    found.items.push(query(text));
                    (last, went_on) = (Some(row.number), false);
                }
                _ if inside && !row.ended && memmem::find(text, b"Warning: ").is_some() => cut = Some(row.offset),
                _ if inside && trouble.is_none() && common::is_failure(text) => {
                    trouble = Some((row.offset, text.to_vec()));
                }
                _ => {}
            }
        } else if inside {
            if text.starts_with(b"Query ") {
                found.items.push(query(text));
                (last, went_on) = (Some(row.number), false);
            } else if trouble.is_none() && common::is_crash(text) {
                trouble = Some((row.offset, text.to_vec()));
            } else if !row.ended && memmem::find(text, b"Warning: ").is_some() {
                cut = Some(row.offset);
            }
        }
    }
    if start.is_none() && input.exit_status.is_some() && !common::has_steps(input.bytes) {
        return of_make(input);
    }
    let Some(start) = start else {
        return Err(common::no_result(input.bytes, 0, "line `===> Running cross reference analysis...`"));
    };
    if let Some(offset) = cut {
        return Err(ParseError::malformed("a finding that ends in `(Xref)`")
            .at(offset)
            .found_words("the end of the log"));
    }
    if let Some((offset, said)) = trouble.filter(|_| !common::ended_well(input)) {
        return Err(ParseError::new(ErrorCode::ToolFailed, "xref did not come to its end; the log says")
            .at(offset.max(start))
            .found_words(common::quote(&said)));
    }
    // The block of findings is followed by a blank line; without one nobody knows whether there were more.
    let complete = if found.items.is_empty() { common::clean(input, later)? } else { went_on.then_some(true) };
    let mut parsed = Parsed::new(Data::Findings(found), complete);
    parsed.tool = Some("xref".to_owned());
    Ok(parsed)
}

/// What erlang.mk's xref prints, a line each; it exits with 1 where it found something, and make then with 2.
fn of_make(input: &Input<'_>) -> Result<Parsed, ParseError> {
    const RULES: &[(&[u8], &str, &str)] = &[
        (b"Undefined function ", "undefined-function", "undefined-function-call"),
        (b"Unused local function ", "unused-local-function", "unused-local-function"),
        (b"Unused exported function ", "unused-export", "unused-export"),
        (b"Deprecated function ", "deprecated-function", "deprecated-function-call"),
    ];
    let mut found = Findings::default();
    found.tool("xref");
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        let Some((_, one, call)) = RULES.iter().find(|(start, ..)| row.text.starts_with(start)) else { continue };
        let called = memmem::find(row.text, b" called by ").is_some();
        found.items.push(Finding {
            rule: (if called { *call } else { *one }).into(),
            message: common::text(row.text),
            severity: Severity::Medium,
            severity_from: "level",
            ..Finding::default()
        });
    }
    // What another check than these found is printed as a term, and ends the command as well.
    if found.items.is_empty() && input.exit_status != Some(0) {
        return Err(ParseError::new(
            ErrorCode::ToolFailed,
            "xref found something or did not come to its end, and no line says what",
        )
        .at(input.bytes.len()));
    }
    let mut parsed = Parsed::new(Data::Findings(found), Some(true));
    parsed.tool = Some("xref".to_owned());
    Ok(parsed)
}

fn finding(text: &[u8]) -> Finding {
    let text = text.strip_suffix(b"(Xref)").unwrap_or(text).trim_ascii_end();
    let (place, message) = match memmem::find(text, b"Warning: ") {
        Some(at) => (place(text.get(..at).unwrap_or_default()), text.get(at + 9..).unwrap_or_default()),
        None => (None, text),
    };
    const RULES: &[(&[u8], &str)] = &[
        (b" calls undefined function ", "undefined-function-call"),
        (b" is undefined function", "undefined-function"),
        (b" is unused local function", "unused-local-function"),
        (b" is unused export", "unused-export"),
        (b" calls deprecated function ", "deprecated-function-call"),
        (b" is deprecated function", "deprecated-function"),
    ];
    let rule =
        RULES.iter().find(|(words, _)| memmem::find(message, words).is_some()).map_or("xref-warning", |(_, r)| r);
    Finding {
        rule: rule.into(),
        message: common::text(message),
        severity: Severity::Medium,
        severity_from: "level",
        place,
        ..Finding::default()
    }
}

fn query(text: &[u8]) -> Finding {
    let mut message = common::text(text).into_string();
    message.push_str(" has another answer than the one expected");
    Finding {
        rule: "xref-query".into(),
        message: message.into(),
        severity: Severity::Medium,
        severity_from: "level",
        ..Finding::default()
    }
}

/// `path:line: ` or `path: ` or nothing.
fn place(text: &[u8]) -> Option<Place> {
    if let Some(l) = located(text) {
        return l.place();
    }
    let path = text.trim_ascii_end();
    common::place(path.strip_suffix(b":").unwrap_or(path), None, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    #[test]
    fn a_recorded_make_is_read() {
        let limits = Limits::default();
        let read = |log: &str, exit_status| {
            parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
        };
        let rules = |p: Parsed| match p.data {
            Data::Findings(f) => f.items.iter().map(|i| i.rule.to_string()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let clean = read(" DEPEND a.d\n ERLC   a.erl\n", Some(0)).unwrap();
        assert_eq!((clean.complete, rules(clean)), (Some(true), Vec::new()));
        let log = "Undefined function b:x/0 called by a:f/0\nUndefined function b:x/0\nUnused local function a:g/0\nmake: *** [erlang.mk:1: xref] Error 1\n";
        let bad = read(log, Some(2)).unwrap();
        assert_eq!(
            (bad.complete, rules(bad)),
            (
                Some(true),
                ["undefined-function-call", "undefined-function", "unused-local-function"].map(str::to_owned).to_vec()
            )
        );
        // A status that nothing explains, no status, and rebar3's log without its start prove nothing.
        for (log, status) in
            [("make: *** No rule to make target 'xref'.\n", Some(2)), (log, None), ("===> Compiling a\n", Some(0))]
        {
            assert!(read(log, status).is_err(), "{log} {status:?}");
        }
    }

    const START: &str = "===> Compiling a\n===> Running cross reference analysis...\n";

    fn read(rest: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        let log = format!("{START}{rest}");
        parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
    }

    #[test]
    fn findings_have_rule_and_place() {
        let p = read(
            "===> src/a.erl:5: Warning: a:f/0 calls undefined function b:g/1 (Xref)\nb.erl: Warning: b:g/1 is undefined function (Xref)\nWarning: c:h/0 is undefined function (Xref)\n\n",
            Some(1),
        )
        .unwrap();
        let Data::Findings(f) = &p.data else { panic!() };
        let rules: Vec<_> = f.items.iter().map(|i| &*i.rule).collect();
        assert_eq!(rules, ["undefined-function-call", "undefined-function", "undefined-function"]);
        assert_eq!(f.items[0].place.as_ref().unwrap().line, Some(5));
        assert_eq!(&*f.items[1].place.as_ref().unwrap().path, "b.erl");
        assert_eq!(f.items[2].place, None);
        assert_eq!(p.complete, Some(true));
    }

    #[test]
    fn clean_needs_its_exit_status() {
        assert_eq!(read("", None).unwrap().complete, None);
        assert_eq!(read("", Some(0)).unwrap().complete, Some(true));
        assert!(read("", Some(1)).is_err());
        let next = "===> Verifying dependencies...\n===> Performing EUnit tests...\n";
        assert_eq!(read(next, Some(1)).unwrap().complete, None);
    }

    #[test]
    fn a_crash_is_refused() {
        assert_eq!(read("===> Uncaught error in rebar_core\n", None).unwrap_err().code(), ErrorCode::ToolFailed);
        assert!(read("===> src/a.erl:5: Warning: a:f/0 is unu", None).is_err());
    }

    #[test]
    fn a_start_line_in_the_text_of_a_test_hides_nothing() {
        let p = read(
            "===> Warning: a:f/0 is undefined function (Xref)\n\n===> Verifying dependencies...\n===> Running cross reference analysis...\n",
            None,
        );
        let Data::Findings(f) = p.unwrap().data else { panic!() };
        assert_eq!(f.items.len(), 1);
    }
}
