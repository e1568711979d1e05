//! What audits and scanners of packages say beside their figures, and what hostile ones must not cost.

use crate::{Formats, ReadOptions, read};
use gatekeeper_evidence::findings::{Category, Finding};
use gatekeeper_evidence::{Data, Evidence};
use serde_json::{Value, json};

fn read_as(id: &str, content: &str) -> (Vec<Finding>, Evidence) {
    let options = ReadOptions { format: Formats::default().by_id(id), ..ReadOptions::default() };
    let e = read(&Formats::default(), "f", content.as_bytes(), &options).unwrap_or_else(|e| panic!("{e}"));
    let Data::Findings(f) = &e.data else { panic!("no findings") };
    (f.items.clone(), e)
}

fn fixed(f: &Finding) -> Option<&str> {
    f.package.as_ref()?.fixed.as_deref()
}

#[test]
fn old_grype_names_one_fixed_version() {
    let text = r#"{"matches": [{"vulnerability": {"id": "CVE-2020-1", "fixedInVersion": "1.2.3"}, "artifact": {"name": "a"}},
        {"vulnerability": {"id": "CVE-2020-2", "fixedInVersion": ""}, "artifact": {"name": "a"}}]}"#;
    let (items, _) = read_as("grype-json", text);
    assert_eq!(items.iter().map(fixed).collect::<Vec<_>>(), [Some("1.2.3"), None]);
}

#[test]
fn what_osv_scanner_s_detectors_find_counts() {
    let text = r#"{"results": [{"source": {"path": "p"}, "packages": [{"package": {"name": "a", "version": "1"},
        "license_violations": ["GPL-3.0-only"]}]}], "experimental_generic_findings": [
        {"Adv": {"ID": {"Publisher": "SCALIBR", "Reference": "weak"}, "Title": "t", "Sev": 5}, "Target": {"Extra": "/etc/shadow"}},
        {"Adv": {"ID": {"Publisher": "CVE", "Reference": "CVE-2023-38408"}, "Title": "t", "Sev": 1}}]}"#;
    let (items, _) = read_as("osv-scanner-json", text);
    let found: Vec<_> = items.iter().map(|f| (&*f.rule, f.severity.as_str(), f.category)).collect();
    assert_eq!(
        found,
        [
            ("GPL-3.0-only", "high", Category::License),
            ("weak", "critical", Category::Misconfiguration),
            ("CVE-2023-38408", "info", Category::Vulnerability),
        ]
    );
    assert_eq!(&*items[1].message, "t: /etc/shadow");
}

#[test]
fn a_group_takes_what_all_its_records_say() {
    let record = |id: &str, fixed: &str, more: Value| {
        let mut record = json!({"id": id, "affected": [{"package": {"name": "a"}, "ranges": [
            {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}, {"type": "GIT", "events": [{"fixed": "c0ffee"}]}]}]});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let text = json!({"results": [{"packages": [{"package": {"name": "a", "ecosystem": "npm"}, "vulnerabilities": [
        record("OSV-1", "1.1", json!({"details": "d", "aliases": ["CVE-1"]})),
        record("OSV-2", "2.1", json!({"summary": "s", "database_specific": {"severity": "MODERATE"}})),
        record("OSV-3", "3.1", json!({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]})),
    ], "groups": [{"ids": ["OSV-2", "OSV-1"]}]}]}]});
    let (items, _) = read_as("osv-scanner-json", &text.to_string());
    let said: Vec<_> = items.iter().map(|f| (&*f.rule, &*f.message, f.severity.as_str(), fixed(f).unwrap())).collect();
    assert_eq!(said, [("OSV-2", "s", "medium", "1.1, 2.1"), ("OSV-3", "", "critical", "3.1")]);
    assert_eq!(items[0].aliases, [Box::from("OSV-1"), Box::from("CVE-1")]);
}

#[test]
fn an_advisory_that_may_not_be_the_only_one_is_no_rule() {
    // More packages behind one than are looked at: what is behind the last is not known.
    let mut all = json!({"top": {"via": (0..70).map(|i| format!("p{i}")).collect::<Vec<_>>()}});
    for i in 0..70 {
        all[format!("p{i}")] = json!({"via": [{"source": 1 + i / 69, "title": "t"}]});
    }
    let (items, _) = read_as("npm-audit-json", &json!({"auditReportVersion": 2, "vulnerabilities": all}).to_string());
    assert_eq!(&*items.iter().find(|f| f.package.as_ref().unwrap().name.as_ref() == "top").unwrap().rule, "top");
    assert_eq!(&*items.iter().find(|f| f.package.as_ref().unwrap().name.as_ref() == "p3").unwrap().rule, "1");
}

#[test]
fn what_grows_with_the_square_of_a_report_is_bounded() {
    const MANY: usize = 20_000;
    let long = "x".repeat(100_000);
    let mut all = json!({"a": {"via": (0..MANY).map(|i| json!({"source": format!("{i}{long}")})).take(20).collect::<Vec<_>>()},
        "b": {"via": (0..MANY).map(|i| json!({"source": i})).collect::<Vec<_>>()}});
    for i in 0..MANY {
        all[format!("p{i}")] = json!({"via": ["a", "b"]});
    }
    let (items, _) = read_as("npm-audit-json", &json!({"auditReportVersion": 2, "vulnerabilities": all}).to_string());
    assert_eq!(items.len(), MANY + 2);

    let records: Vec<Value> = (0..MANY).map(|i| json!({"id": format!("CVE-{i}")})).collect();
    let mut groups: Vec<Value> = (0..MANY).map(|i| json!({"ids": [format!("GHSA-{i}")]})).collect();
    groups.extend((0..MANY).map(|_| json!({"ids": ["C"]})));
    let events: Vec<Value> = (0..MANY).map(|i| json!({"fixed": i.to_string()})).collect();
    let mut records = records;
    records.push(
        json!({"id": "C", "affected": [{"package": {"name": "x"}, "ranges": [{"type": "SEMVER", "events": events}]}]}),
    );
    let text =
        json!({"results": [{"packages": [{"package": {"name": "x"}, "vulnerabilities": records, "groups": groups}]}]});
    let (items, _) = read_as("osv-scanner-json", &text.to_string());
    assert_eq!(items.len(), 3 * MANY);

    let rows: Vec<Value> = (0..MANY).map(|i| json!({"VulnerabilityID": format!("CVE-{i}")})).collect();
    let target = " ".repeat(1_000_000);
    let text = json!({"SchemaVersion": 2, "Results": [{"Target": target, "Vulnerabilities": rows}]});
    let (items, _) = read_as("trivy-json", &text.to_string());
    assert_eq!(items.len(), MANY);
}

#[test]
fn halves_of_surrogate_pairs_are_read_with_a_note() {
    let text =
        r#"[{"filePath": "a.js", "messages": [{"ruleId": "r", "severity": 2, "message": "cut \ud83d", "line": 1}]}]"#;
    let (items, e) = read_as("eslint-json", text);
    assert_eq!(&*items[0].message, "cut \u{FFFD}");
    assert!(e.notes.iter().any(|n| n.message.contains("surrogate")));
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "\udc00 \ud83d\ude00"}}]}]}"#;
    let (items, _) = read_as("sarif", text);
    assert_eq!(&*items[0].message, "\u{FFFD} \u{1F600}");
}

#[test]
fn millions_of_blank_objects_are_refused_at_the_first() {
    for (id, start, end) in [
        ("npm-audit-json", r#"{"auditReportVersion": 2, "vulnerabilities": {"a": {"name": "a", "via": ["#, "]}}}"),
        ("trivy-json", r#"{"SchemaVersion": 2, "Results": [{"Target": "t", "Vulnerabilities": ["#, "]}]}"),
        ("trivy-json", r#"{"SchemaVersion": 2, "Results": ["#, "]}"),
        ("grype-json", r#"{"matches": ["#, "]}"),
        ("osv-scanner-json", r#"{"results": [{"packages": [{"package": {"name": "a"}, "groups": ["#, "]}]}]}"),
        ("pip-audit-json", r#"{"dependencies": [{"name": "a", "vulns": ["#, "]}]}"),
        ("cargo-audit-json", r#"{"vulnerabilities": {"list": ["#, "]}}"),
    ] {
        let text = format!("{start}{{}},{{}}{end}");
        let options = ReadOptions { format: Formats::default().by_id(id), ..ReadOptions::default() };
        let e = read(&Formats::default(), "f", text.as_bytes(), &options).unwrap_err();
        assert!(e.message().contains("says nothing"), "{id}: {e}");
    }
}
