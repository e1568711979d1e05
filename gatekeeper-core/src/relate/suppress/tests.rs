use super::*;
use gatekeeper_evidence::Source;
use gatekeeper_evidence::findings::{Category, Package};
use gatekeeper_evidence::inventory::Inventory;
use gatekeeper_evidence::vex::{Product, Vex, VexStatus};
use jiff::civil::date;

const NOW: i64 = 1_000_000_000;

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.into(), ..Source::default() };
    Evidence { source, complete: None, notes: Vec::new(), data }
}

fn findings(ids: &[&str]) -> Evidence {
    let items = ids.iter().map(|id| Finding {
        rule: (*id).into(),
        category: Category::Vulnerability,
        package: Some(Box::new(Package {
            name: "x".into(),
            purl: Some("pkg:npm/x@1".into()),
            installed: Some("1".into()),
            fixed: None,
        })),
        ..Finding::default()
    });
    evidence("scan.json", Data::Findings(Findings { items: items.collect(), ..Findings::default() }))
}

fn statement(id: &str, status: VexStatus, stated: Option<i64>) -> Statement {
    Statement {
        vulnerability: id.into(),
        products: vec![Product::new("pkg:npm/x")],
        status,
        reason: "unreachable".into(),
        stated,
        ..Statement::default()
    }
}

fn vex(path: &str, statements: Vec<Statement>) -> Evidence {
    evidence(path, Data::Vex(Vex { statements }))
}

struct Answer {
    taken_out: usize,
    warnings: Vec<String>,
    used: Vec<String>,
    notes: Vec<String>,
}

fn apply_to(mut all: Vec<Evidence>, ignores: &[IgnoreFile], now: Option<i64>) -> Answer {
    let Applied { warnings, used, .. } = apply(&mut all, ignores, &|_| true, now, date(2026, 6, 1));
    let Data::Findings(f) = &all[0].data else { panic!("findings first") };
    Answer {
        taken_out: f.items.iter().filter(|i| i.suppressed.is_some()).count(),
        warnings,
        used,
        notes: all[0].notes.iter().map(|n| n.message.clone()).collect(),
    }
}

#[test]
fn a_document_that_nobody_named_takes_nothing_out() {
    let mut all = vec![findings(&["CVE-1"]), vex("v.json", vec![statement("CVE-1", VexStatus::NotAffected, None)])];
    let got = apply(&mut all, &[], &|e| e.source.path != "v.json", Some(NOW), date(2026, 6, 1));
    assert!(!got.any && got.used.is_empty());
    assert_eq!(
        got.warnings,
        [
            "the policy does not name v.json, so its 1 statement takes nothing out: write `suppressions = [\"v.json\"]` where it may"
        ]
    );
    assert!(apply(&mut all, &[], &|_| true, Some(NOW), date(2026, 6, 1)).any);
}

#[test]
fn a_document_that_is_merely_taken_is_told_with_what_to_write() {
    assert_eq!(
        merely_taken("v.json"),
        "v.json takes findings out, and the policy does not name it: write `suppressions = [\"v.json\"]` where it may, or leave it out with `exclude`"
    );
    assert!(
        unnamed("v", 2, ("entry", "entries"))
            .starts_with("the policy does not name v, so its 2 entries take nothing out")
    );
}

#[test]
fn a_statement_takes_out_what_it_names_and_is_told() {
    let got = apply_to(
        vec![findings(&["CVE-1", "CVE-2"]), vex("v.json", vec![statement("CVE-1", VexStatus::NotAffected, None)])],
        &[],
        Some(NOW),
    );
    assert_eq!((got.taken_out, got.used), (1, vec!["v.json".to_owned()]));
    assert_eq!(got.notes, ["CVE-1 in x is suppressed by v.json: not_affected: unreachable"]);
    assert_eq!(got.warnings.len(), 1);
    assert!(got.warnings[0].starts_with("1 finding of scan.json does not count"), "{:?}", got.warnings);
}

#[test]
fn statements_beside_an_inventorys_components_count_too() {
    let inventory = Inventory { statements: vec![statement("CVE-1", VexStatus::Fixed, None)], ..Inventory::default() };
    let got = apply_to(vec![findings(&["CVE-1"]), evidence("bom.json", Data::Inventory(inventory))], &[], Some(NOW));
    assert_eq!((got.taken_out, got.used), (1, vec!["bom.json".to_owned()]));
}

#[test]
fn a_later_statement_stands_for_an_earlier_one_of_its_own_document_only() {
    let earlier = || statement("CVE-1", VexStatus::Affected, Some(NOW - 20));
    let later = || statement("CVE-1", VexStatus::NotAffected, Some(NOW - 10));
    assert_eq!(apply_to(vec![findings(&["CVE-1"]), vex("v", vec![earlier(), later()])], &[], Some(NOW)).taken_out, 1);
    // Between two documents a person has to say which is right.
    let got = apply_to(vec![findings(&["CVE-1"]), vex("a", vec![earlier()]), vex("b", vec![later()])], &[], Some(NOW));
    assert_eq!(got.taken_out, 0);
    assert!(
        got.warnings.iter().any(|w| w == "statements on CVE-1 in x disagree, so it counts (a, b)"),
        "{:?}",
        got.warnings
    );
    // A document without times does not make the times of the other worth more.
    let untimed = Statement { stated: None, ..earlier() };
    let got = apply_to(vec![findings(&["CVE-1"]), vex("a", vec![untimed]), vex("b", vec![later()])], &[], Some(NOW));
    assert_eq!(got.taken_out, 0);
}

#[test]
fn a_time_from_the_future_is_none() {
    let earlier = || statement("CVE-1", VexStatus::Affected, Some(NOW - 20));
    let said = |at: i64, now: Option<i64>| {
        let later = statement("CVE-1", VexStatus::NotAffected, Some(at));
        apply_to(vec![findings(&["CVE-1"]), vex("v", vec![earlier(), later])], &[], now).taken_out
    };
    // Clocks may differ by a day.
    assert_eq!((said(NOW + DAY, Some(NOW)), said(NOW + DAY + 1, Some(NOW))), (1, 0));
    // Without a clock, which time is of the future is not known.
    assert_eq!(said(NOW - 10, None), 0);
}

fn ignore(id: &str, expires: Option<jiff::civil::Date>, statement: &str) -> Ignore {
    Ignore { id: id.into(), expires, statement: statement.into(), ..Ignore::default() }
}

#[test]
fn an_ignore_file_takes_out_what_it_names_until_it_ends() {
    let file = |entries| IgnoreFile { path: ".trivyignore".into(), entries };
    let got = apply_to(vec![findings(&["CVE-1", "CVE-2"])], &[file(vec![ignore("CVE-1", None, "")])], Some(NOW));
    assert_eq!(got.taken_out, 1);
    assert_eq!(got.notes, ["CVE-1 in x is ignored by .trivyignore: no reason is stated"]);
    let reason = apply_to(vec![findings(&["CVE-1"])], &[file(vec![ignore("CVE-1", None, "no fix")])], Some(NOW));
    assert_eq!(reason.notes, ["CVE-1 in x is ignored by .trivyignore: no fix"]);
    let ended = file(vec![ignore("CVE-1", Some(date(2026, 5, 1)), "")]);
    let got = apply_to(vec![findings(&["CVE-1"])], &[ended], Some(NOW));
    assert_eq!(got.taken_out, 0);
    assert!(got.warnings.iter().any(|w| w.contains("the entry has ended, so it counts")), "{:?}", got.warnings);
}

#[test]
fn what_matches_nothing_is_told_where_something_was_looked_at() {
    let file = IgnoreFile { path: "i".into(), entries: vec![ignore("CVE-9", None, ""), ignore("CVE-8", None, "")] };
    let documents = || vex("v", vec![statement("CVE-9", VexStatus::Fixed, None)]);
    let got = apply_to(vec![findings(&["CVE-1"]), documents()], std::slice::from_ref(&file), Some(NOW));
    assert_eq!(
        got.warnings,
        ["none of the 2 entries of i matches a finding", "none of the 1 statements of v matches a finding"]
    );
    assert!(got.used.is_empty());
    // A clean scan says nothing of what is misspelt.
    assert!(apply_to(vec![findings(&[]), documents()], std::slice::from_ref(&file), Some(NOW)).warnings.is_empty());
    // One entry of a file in use: the others are everyday.
    let used = IgnoreFile { path: "i".into(), entries: vec![ignore("CVE-1", None, ""), ignore("CVE-8", None, "")] };
    let got = apply_to(vec![findings(&["CVE-1"])], &[used], Some(NOW));
    assert!(!got.warnings.iter().any(|w| w.contains("matches a finding")), "{:?}", got.warnings);
}

#[test]
fn no_reason_takes_nothing_out() {
    let silent = Statement { reason: String::new(), ..statement("CVE-1", VexStatus::NotAffected, None) };
    let got = apply_to(vec![findings(&["CVE-1"]), vex("v", vec![silent])], &[], Some(NOW));
    assert_eq!(got.taken_out, 0);
    assert!(got.warnings.iter().any(|w| w.contains("does not say why, so it counts")), "{:?}", got.warnings);
}

#[test]
fn a_statement_on_another_product_is_told_and_takes_nothing_out() {
    let of = |product: &str| Statement {
        products: vec![Product { subcomponents: vec!["pkg:npm/x@1".into()], ..Product::new(product) }],
        ..statement("CVE-1", VexStatus::NotAffected, None)
    };
    let scan = |ids: &[&str]| {
        let mut e = findings(ids);
        if let Data::Findings(f) = &mut e.data {
            f.target = vec!["example.org/app:1".into()];
        }
        e
    };
    let got = apply_to(
        vec![scan(&["CVE-1"]), vex("v", vec![of("pkg:oci/other?repository_url=example.org/other")])],
        &[],
        Some(NOW),
    );
    assert_eq!(got.taken_out, 0);
    assert_eq!(got.warnings, ["v is about another product than example.org/app:1, so CVE-1 in x counts all the same"]);
    let got = apply_to(
        vec![scan(&["CVE-1", "CVE-1"]), vex("v", vec![of("pkg:oci/other?repository_url=example.org/other")])],
        &[],
        Some(NOW),
    );
    assert!(got.warnings[0].contains("CVE-1 in x and 1 more count all the same"), "{:?}", got.warnings);
}

#[test]
fn many_notes_are_cut_and_counted() {
    let ids: Vec<String> = (0..NOTES + 2).map(|n| format!("CVE-{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let statements = ids.iter().map(|id| statement(id, VexStatus::Fixed, None)).collect();
    let got = apply_to(vec![findings(&ids), vex("v", statements)], &[], Some(NOW));
    assert_eq!((got.taken_out, got.notes.len()), (NOTES + 2, NOTES + 1));
    assert_eq!(got.notes[NOTES], "and 2 more are suppressed");
    assert!(got.warnings[0].starts_with("52 findings of scan.json do not count"), "{:?}", got.warnings);
}
