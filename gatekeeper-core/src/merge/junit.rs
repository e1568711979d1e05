//! Test results as JUnit XML.
//!
//! A problem (what failed without being a case) is a suite that states a failure and lists no case, as broken files are in reports of others.
//! Every case has a class, so that no reader takes its name for another tool's.

use super::xml::{Document, Tag};
use super::{MergeError, Target, Written, shown};
use gatekeeper_evidence::test_run::{Case, Counts, Outcome, TestRun};

/// Most attempts of a case that are written one by one.
const ATTEMPTS: u32 = 50;

pub(super) fn write(run: &TestRun) -> Result<Written, MergeError> {
    for suite in &run.suites {
        if suite.unlisted.total() > 0 || suite.unlisted.flaky > 0 {
            let what = format!("cases that are only counted, as those of {}; json can", shown(&suite.name));
            return Err(MergeError::CannotHold(Target::Junit, what));
        }
    }
    let mut out = Document::new();
    let mut root = Tag::new("testsuites");
    let counts = run.counts();
    totals(&mut root, counts, run.duration(), run.problems.len());
    out.open(root);
    out.line_end();
    for suite in &run.suites {
        let mut tag = Tag::new("testsuite").with("name", &suite_name(&suite.name, counts));
        let time = suite.cases.iter().filter_map(|c| c.time).fold(0.0, |sum, t| sum + t);
        totals(&mut tag, suite.counts(), time, 0);
        out.open(tag);
        out.line_end();
        for c in &suite.cases {
            case(&mut out, c, &suite.name);
        }
        out.close("testsuite");
        out.line_end();
    }
    for p in &run.problems {
        let tag = Tag::new("testsuite").with("name", &suite_name(&p.name, counts));
        out.open(tag.with("tests", "0").with("failures", "1").with("errors", "0").with("skipped", "0"));
        out.open(Tag::new("system-err"));
        out.text(&p.message);
        out.close("system-err");
        out.close("testsuite");
        out.line_end();
    }
    out.close("testsuites");
    Ok(Written { bytes: out.done(), lost: Vec::new() })
}

/// EUnit's titles make readers take every skipped case for a cancelled one: where there are any, the title is told apart.
fn suite_name(name: &str, counts: Counts) -> String {
    let title = ["module ", "file ", "application ", "directory "].iter().any(|w| name.starts_with(w));
    if title && counts.skipped > 0 { format!("eunit: {name}") } else { name.to_owned() }
}

fn totals(tag: &mut Tag, c: Counts, time: f64, problems: usize) {
    let failures = c.failed.saturating_add(u64::try_from(problems).unwrap_or(u64::MAX));
    for (key, n) in [("tests", c.total()), ("failures", failures), ("errors", c.errored), ("skipped", c.skipped)] {
        tag.attribute(key, &n.to_string());
    }
    if time.is_finite() && time >= 0.0 {
        tag.attribute("time", &time.to_string());
    }
}

fn case(out: &mut Document, c: &Case, suite: &str) {
    let mut tag = Tag::new("testcase").with("name", &c.name).with("classname", c.class.as_deref().unwrap_or(suite));
    if let Some(time) = c.time.filter(|t| t.is_finite() && *t >= 0.0) {
        tag.attribute("time", &time.to_string());
    }
    let detail = c.detail.as_deref();
    if let Some(file) = detail.and_then(|d| d.file.as_deref()) {
        tag.attribute("file", file);
    }
    if let Some(line) = detail.and_then(|d| d.line) {
        tag.attribute("line", &line.to_string());
    }
    let element = match c.status {
        Outcome::Passed => None,
        Outcome::Failed => Some("failure"),
        Outcome::Errored => Some("error"),
        Outcome::Skipped => Some("skipped"),
    };
    let before = detail.and_then(|d| d.attempts).unwrap_or(0).saturating_sub(1).min(ATTEMPTS);
    let flaky = c.flaky && element.is_none();
    if element.is_none() && !flaky {
        out.empty(tag);
        out.line_end();
        return;
    }
    out.open(tag);
    let mut put = |name: &'static str| {
        let mut tag = Tag::new(name);
        if let Some(d) = detail {
            tag.attribute("message", &d.message);
            if !d.kind.is_empty() {
                tag.attribute("type", &d.kind);
            }
        }
        out.empty(tag);
    };
    match element {
        Some(name) => {
            put(name);
            if c.status != Outcome::Skipped {
                (0..before).for_each(|_| put("rerunFailure"));
            }
        }
        None => (0..before.max(1)).for_each(|_| put("flakyFailure")),
    }
    out.close("testcase");
    out.line_end();
}
