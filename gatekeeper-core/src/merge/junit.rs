//! Test results as JUnit XML.
//!
//! A problem (what failed without being a case) is a suite that states a failure and lists no case, as broken files are in reports of others.
//! Every case has a class, so that no reader takes its name for another tool's.

use super::xml_text::{attribute, escape};
use super::{MergeError, Target, Written, shown};
use gatekeeper_evidence::test_run::{Case, Counts, Status, TestRun};

/// Most attempts of a case that are written one by one.
const ATTEMPTS: u32 = 50;

pub(super) fn write(run: &TestRun) -> Result<Written, MergeError> {
    for suite in &run.suites {
        if suite.unlisted.total() > 0 || suite.unlisted.flaky > 0 {
            let what = format!("cases that are only counted, as those of {}; json can", shown(&suite.name));
            return Err(MergeError::CannotHold(Target::Junit, what));
        }
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    let counts = run.counts();
    totals(&mut out, counts, run.duration(), run.problems.len());
    out.push_str(">\n");
    for suite in &run.suites {
        out.push_str("<testsuite");
        attribute(&mut out, "name", &suite_name(&suite.name, counts));
        let time = suite.cases.iter().filter_map(|c| c.time).fold(0.0, |sum, t| sum + t);
        totals(&mut out, suite.counts(), time, 0);
        out.push_str(">\n");
        for c in &suite.cases {
            case(&mut out, c, &suite.name);
        }
        out.push_str("</testsuite>\n");
    }
    for p in &run.problems {
        out.push_str("<testsuite");
        attribute(&mut out, "name", &suite_name(&p.name, counts));
        out.push_str(" tests=\"0\" failures=\"1\" errors=\"0\" skipped=\"0\"><system-err>");
        escape(&mut out, &p.message);
        out.push_str("</system-err></testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    Ok(Written { bytes: out.into_bytes(), lost: Vec::new() })
}

/// EUnit's titles make readers take every skipped case for a cancelled one: where there are any, the title is told apart.
fn suite_name(name: &str, counts: Counts) -> String {
    let title = ["module ", "file ", "application ", "directory "].iter().any(|w| name.starts_with(w));
    if title && counts.skipped > 0 { format!("eunit: {name}") } else { name.to_owned() }
}

fn totals(out: &mut String, c: Counts, time: f64, problems: usize) {
    let failures = c.failed.saturating_add(u64::try_from(problems).unwrap_or(u64::MAX));
    for (key, n) in [("tests", c.total()), ("failures", failures), ("errors", c.errored), ("skipped", c.skipped)] {
        attribute(out, key, &n.to_string());
    }
    if time.is_finite() && time >= 0.0 {
        attribute(out, "time", &time.to_string());
    }
}

fn case(out: &mut String, c: &Case, suite: &str) {
    out.push_str("<testcase");
    attribute(out, "name", &c.name);
    attribute(out, "classname", c.class.as_deref().unwrap_or(suite));
    if let Some(time) = c.time.filter(|t| t.is_finite() && *t >= 0.0) {
        attribute(out, "time", &time.to_string());
    }
    let detail = c.detail.as_deref();
    if let Some(file) = detail.and_then(|d| d.file.as_deref()) {
        attribute(out, "file", file);
    }
    if let Some(line) = detail.and_then(|d| d.line) {
        attribute(out, "line", &line.to_string());
    }
    let element = match c.status {
        Status::Passed => None,
        Status::Failed => Some("failure"),
        Status::Errored => Some("error"),
        Status::Skipped => Some("skipped"),
    };
    let before = detail.and_then(|d| d.attempts).unwrap_or(0).saturating_sub(1).min(ATTEMPTS);
    let flaky = c.flaky && element.is_none();
    if element.is_none() && !flaky {
        out.push_str("/>\n");
        return;
    }
    out.push('>');
    let mut put = |name: &str| {
        out.push('<');
        out.push_str(name);
        if let Some(d) = detail {
            attribute(out, "message", &d.message);
            if !d.kind.is_empty() {
                attribute(out, "type", &d.kind);
            }
        }
        out.push_str("/>");
    };
    match element {
        Some(name) => {
            put(name);
            if c.status != Status::Skipped {
                (0..before).for_each(|_| put("rerunFailure"));
            }
        }
        None => (0..before.max(1)).for_each(|_| put("flakyFailure")),
    }
    out.push_str("</testcase>\n");
}
