//! Checkov's JSON (<https://www.checkov.io/8.Outputs/JSON.html>): an object per framework, an array where there are several. `failed_checks` are findings,
//! `skipped_checks` are suppressed ones. Without a platform key no severity is stated: unknown. A file in `parsing_errors` was not checked: not complete.
//! Where no framework found anything to look at, Checkov writes the bare counts: not complete. What was looked for is told by `check_type`.

use super::common::{
    Count, List, Num, Scalar, Str, foreign, message, note, one_or_many, or_default, package, parsed, place, severity,
};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Gap, Severity, Suppression};
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "checkov-json",
    title: "Checkov JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["checkov.json", "checkov-report.json", "results_json.json"],
    spec: "checkov -o json, https://www.checkov.io/8.Outputs/JSON.html",
    producers: &["checkov"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let lists = ["results.failed_checks", "results.passed_checks", "results.skipped_checks"];
    let own = |at: &str| shape.has(&format!("{at}check_type")) && lists.iter().any(|l| shape.has(&format!("{at}{l}")));
    let counts = shape.has_all(&["checkov_version", "passed", "failed"]);
    Confidence::when(own("") || own("[].") || counts, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, rename = "check_type")]
    kind: Str<'a>,
    #[serde(borrow)]
    results: Option<Results<'a>>,
    #[serde(deserialize_with = "or_default")]
    summary: Summary,
    #[serde(borrow, rename = "checkov_version")]
    version: Scalar<'a>,
    failed: Count,
    parsing_errors: Count,
}

/// The counts: `--quiet` lists the failed checks alone, and then only these tell of files that could not be parsed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    passed: Count,
    skipped: Count,
    failed: Count,
    parsing_errors: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Results<'a> {
    #[serde(borrow, rename = "failed_checks")]
    failed: Option<List<Check<'a>>>,
    #[serde(borrow, rename = "skipped_checks")]
    skipped: List<Check<'a>>,
    #[serde(borrow, rename = "parsing_errors")]
    errors: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow, rename = "check_id")]
    id: Str<'a>,
    #[serde(borrow, rename = "check_name")]
    name: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default", rename = "check_result")]
    result: Outcome<'a>,
    #[serde(borrow, rename = "file_path")]
    path: Str<'a>,
    #[serde(rename = "file_line_range")]
    lines: List<Num>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    guideline: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default", rename = "vulnerability_details")]
    details: Details<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow, rename = "suppress_comment")]
    comment: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow, rename = "package_name")]
    name: Scalar<'a>,
    #[serde(borrow, rename = "package_version")]
    version: Scalar<'a>,
    #[serde(borrow, rename = "lowest_fixed_version")]
    fixed: Scalar<'a>,
    #[serde(borrow)]
    severity: Scalar<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    let mut looked_for = Vec::new();
    let number = |n: Count| n.0;
    // How many failed checks all frameworks count, and whether any of them looked at something.
    let (mut counted, mut anything) = (0_u64, false);
    for report in one_or_many::<Report<'_>>(input)? {
        if report.summary.parsing_errors.0.or(report.parsing_errors.0).is_some_and(|n| n > 0) {
            complete = false;
            note(&mut notes, "files were not checked, as they could not be parsed");
        }
        let Some(results) = &report.results else {
            if report.version.get().is_some() && report.failed.0 == Some(0) {
                complete = false;
                note(&mut notes, "no framework of Checkov found anything to check");
                continue;
            }
            return Err(foreign("a report of Checkov (check_type and results)"));
        };
        let Some(failed) = &results.failed else { return Err(foreign("a report of Checkov (results.failed_checks)")) };
        let listed = u64::try_from(failed.0.len()).unwrap_or(u64::MAX);
        counted = counted.saturating_add(number(report.summary.failed).unwrap_or(0).max(listed));
        // A framework that looked at something has passed, failed or skipped checks.
        let of_summary = [report.summary.passed, report.summary.failed, report.summary.skipped].map(number);
        anything |= of_summary.iter().any(|n| n.is_none_or(|n| n > 0)) || listed > 0;
        let (category, looked): (_, &[Category]) = match report.kind.text() {
            "secrets" => (Category::Secret, &[Category::Secret]),
            "sca_package" | "sca_image" => (Category::Vulnerability, &[Category::Vulnerability, Category::License]),
            kind if kind.starts_with("sast") => (Category::Code, &[Category::Code]),
            _ => (Category::Misconfiguration, &[Category::Misconfiguration]),
        };
        looked_for.extend_from_slice(looked);
        for (check, out) in failed.0.iter().map(|c| (c, false)).chain(results.skipped.0.iter().map(|c| (c, true))) {
            let d = &check.details;
            let word = check.severity.get().or(d.severity.get()).unwrap_or_default();
            let (severity, severity_from) = severity(word, "severity", &mut notes);
            let id = check.id.text();
            items.push(Finding {
                rule: message(d.id.get().unwrap_or(id)),
                message: message(check.name.text()),
                severity,
                severity_from,
                category: if id.starts_with("BC_LIC_") { Category::License } else { category },
                place: place(check.path.text(), check.lines.0.first().and_then(|n| n.line()), None),
                last_line: check.lines.0.get(1).and_then(|n| n.line()),
                package: package(d.name.text(), d.version.text(), d.fixed.text(), None),
                suppressed: out.then(|| {
                    Box::new(Suppression { by: "checkov:skip".into(), reason: message(check.result.comment.text()) })
                }),
                url: check.guideline.get().map(message),
                ..Finding::default()
            });
        }
        for path in &results.errors.0 {
            complete = false;
            note(&mut notes, format!("not checked, as it could not be parsed: {}", message(path.text())));
        }
    }
    looked_for.sort_unstable();
    looked_for.dedup();
    let looked_for_first = looked_for.first().copied();
    let looked_for = (!looked_for.is_empty()).then_some(looked_for);
    let data = Data::Findings(Findings { items, looked_for, ..Findings::default() });
    let category = looked_for_first.unwrap_or(Category::Misconfiguration);
    let nothing = (!anything).then(|| Gap::whole("no check passed, failed or was skipped: nothing was looked at"));
    Ok(Parsed { data, ..parsed(Vec::new(), Some(complete), "checkov", notes) }
        .with_counts(&[(Severity::Unknown, counted)], category)
        .with_gaps(nothing))
}
