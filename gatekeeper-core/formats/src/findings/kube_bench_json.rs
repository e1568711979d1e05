//! kube-bench's JSON (<https://github.com/aquasecurity/kube-bench>): an object with `Controls`, an array of controls, or
//! (up to 0.2) one of them after the other. A compliance check is a test case: FAIL failed,
//! PASS passed, WARN and INFO skipped (a person has to look). One suite is one section.
//! Controls one after the other have no end mark: whether they are all is not known.

use super::common::{Count, List, Str, foreign, message, parsed};
use super::rows::{self, present};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Data;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Beyond, Case, Detail, Outcome, Suite, TestRun, Totals};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "kube-bench-json",
    title: "kube-bench JSON report",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["kube-bench.json", "kube-bench-report.json"],
    spec: "kube-bench --json, https://github.com/aquasecurity/kube-bench",
    producers: &["kube-bench"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = |at: &str| {
        let has = |p: &str| shape.has(&format!("{at}{p}"));
        has("tests[].results[].test_number")
            || (has("node_type") && has("tests[].section"))
            || (has("node_type") && has("total_fail"))
    };
    let totals = shape.has("Controls") && shape.has("Totals.total_pass");
    Confidence::when(own("Controls[].") || own("[].") || own("") || totals, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, rename = "Controls", deserialize_with = "present")]
    controls: Option<List<Control<'a>>>,
    #[serde(borrow, deserialize_with = "present")]
    tests: Option<List<Group<'a>>>,
    #[serde(borrow)]
    text: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Control<'a> {
    #[serde(borrow, deserialize_with = "present")]
    tests: Option<List<Group<'a>>>,
    #[serde(borrow)]
    text: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow)]
    section: Str<'a>,
    #[serde(borrow)]
    desc: Str<'a>,
    #[serde(borrow)]
    results: List<Row<'a>>,
    pass: Count,
    fail: Count,
    warn: Count,
    info: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, rename = "test_number")]
    number: Str<'a>,
    #[serde(borrow, rename = "test_desc")]
    desc: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    remediation: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut run = TestRun::default();
    // One of the controls may be the last that was written, or only the last that is left.
    let mut complete = Some(true);
    if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        for c in rows::read_list::<Control<'_>>(input)? {
            fold(c.tests.as_ref(), c.text.text(), &mut run)?;
        }
    } else {
        rows::documents(input, |report: Report<'_>| match &report.controls {
            Some(controls) => controls.0.iter().try_for_each(|c| fold(c.tests.as_ref(), c.text.text(), &mut run)),
            None => {
                complete = None;
                fold(report.tests.as_ref(), report.text.text(), &mut run)
            }
        })?;
    }
    let mut out = parsed(Vec::new(), complete, "kube-bench", Vec::new());
    out.data = Data::Tests(run);
    Ok(out)
}

fn fold(groups: Option<&List<Group<'_>>>, text: &str, run: &mut TestRun) -> Result<(), ParseError> {
    let Some(groups) = groups else { return Err(foreign("controls of kube-bench (tests)")) };
    for g in &groups.0 {
        let name = [g.section.text(), g.desc.get().unwrap_or(text)].join(" ");
        let mut suite = Suite { name: message(name.trim()), ..Suite::default() };
        for r in &g.results.0 {
            let status = match r.status.text() {
                "PASS" => Outcome::Passed,
                "FAIL" => Outcome::Failed,
                "WARN" | "INFO" => Outcome::Skipped,
                other => {
                    return Err(ParseError::malformed("a status PASS, FAIL, WARN or INFO")
                        .at(0)
                        .found(other)
                        .in_path("$..results[].status"));
                }
            };
            let detail = (status != Outcome::Passed).then(|| {
                let text = r.reason.get().or(r.remediation.get()).unwrap_or_default();
                Box::new(Detail { message: message(text), kind: r.status.text().into(), ..Detail::default() })
            });
            let name = [r.number.text(), r.desc.text()].join(" ");
            suite.cases.push(Case { name: message(name.trim()), status, detail, ..Case::default() });
        }
        let number = |n: Count| n.0;
        let all = [g.pass, g.fail, g.warn, g.info].map(number);
        let stated = Totals {
            // Only all four of them are a total.
            total: all.into_iter().try_fold(0_u64, |sum, n| sum.checked_add(n?)),
            bad: number(g.fail),
            skipped: number(g.warn).zip(number(g.info)).map(|(w, i)| w.saturating_add(i)),
        };
        let beyond = stated.against(suite.counts(), 0).without_fewer();
        run.beyond = run.beyond.take().map_or_else(Beyond::default, |b| *b).plus(&beyond).boxed();
        run.suites.push(suite);
    }
    Ok(())
}
