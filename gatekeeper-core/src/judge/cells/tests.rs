use super::*;
use crate::policy::AllowFail;
use crate::rule::Condition;
use GateStatus::{Error, Fail, Inconclusive, Missing, Pass, Warn};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 6, 1);

fn labels(otp: &str) -> Labels {
    Labels::from([("otp".to_owned(), otp.to_owned())])
}

fn cell(otp: &str, status: GateStatus) -> Judged {
    let condition = Condition::at_most("failed", 1, 0, status);
    Judged {
        component: None,
        labels: labels(otp),
        status,
        own: status,
        reason: "r".to_owned(),
        held: vec![Held { labels: labels(otp), condition }],
        violations: vec![Violation::new("v", status, "m")],
        to_pass: vec![Remedy::RunTests],
        notes: Vec::new(),
    }
}

fn cells(quorum: Quorum) -> Cells {
    Cells { each: vec!["otp".to_owned()], quorum, ..Cells::default() }
}

fn weighed(cells: &Cells, statuses: &[GateStatus]) -> (GateStatus, Vec<Judged>, Vec<Violation>) {
    let mut judged: Vec<Judged> = statuses.iter().enumerate().map(|(n, s)| cell(&n.to_string(), *s)).collect();
    let (status, more) = weigh(cells, &mut judged, TODAY, &GateWaivers::default());
    (status, judged, more)
}

#[test]
fn the_worst_cell_decides_where_all_must_hold() {
    let of = |statuses: &[GateStatus]| weighed(&cells(Quorum::All), statuses).0;
    assert_eq!(of(&[Pass, Pass]), Pass);
    assert_eq!(of(&[Pass, Warn]), Warn);
    assert_eq!(of(&[Pass, Missing, Inconclusive]), Missing);
    assert_eq!(of(&[Error, Missing]), Error);
    assert_eq!(of(&[Pass, Error, Fail]), Fail);
    assert_eq!(of(&[]), Pass);
}

#[test]
fn some_cells_suffice_where_the_policy_says_so() {
    let of = |least, statuses: &[GateStatus]| weighed(&cells(Quorum::AtLeast(least)), statuses).0;
    assert_eq!(of(1, &[Pass, Pass]), Pass);
    assert_eq!(of(1, &[Pass, Fail, Error]), Warn);
    assert_eq!(of(2, &[Pass, Warn, Missing]), Warn);
    // What is not known may still hold; where it could not, the gate has failed.
    assert_eq!(of(2, &[Pass, Missing, Fail]), Missing);
    assert_eq!(of(2, &[Pass, Inconclusive, Error, Fail]), Error);
    assert_eq!(of(2, &[Pass, Fail, Fail]), Fail);
    assert_eq!(of(3, &[Pass, Missing, Fail]), Fail);
    // Nothing failed, and there are too few.
    assert_eq!(of(2, &[Pass]), Missing);
    assert_eq!(of(1, &[]), Missing);
    let (_, judged, more) = weighed(&cells(Quorum::AtLeast(1)), &[Pass, Fail]);
    assert_eq!((judged[1].status, judged[1].own, more.len()), (Warn, Fail, 0));
    assert_eq!(judged[1].violations[0].message, "otp = 1 fails; 1 of 2 cells hold, and 1 must");
    assert!(judged[1].violations.iter().all(|v| v.status == Warn) && judged[1].to_pass.is_empty());
    assert_eq!(judged[1].held[0].condition.status, Warn);
    let (_, _, more) = weighed(&cells(Quorum::AtLeast(2)), &[Pass, Fail]);
    assert_eq!(more[0].message, "1 of 2 cells hold, and at least 2 must");
}

/// A cell that is lost never makes more of the whole, whatever has to hold.
#[test]
fn a_missing_cell_never_improves() {
    let all = [Pass, Warn, Inconclusive, Missing, Error, Fail];
    // How far the whole is from a pass; what could not be judged blocks as a failure does.
    let rank = |s: GateStatus| match s {
        Pass => 0,
        Warn => 1,
        _ => 2,
    };
    for quorum in [Quorum::All, Quorum::AtLeast(1), Quorum::AtLeast(2), Quorum::AtLeast(3)] {
        for n in 0..6_usize.pow(4) {
            let statuses: Vec<GateStatus> = (0..4).map(|i| all[n / 6_usize.pow(i) % 6]).collect();
            let before = weighed(&cells(quorum), &statuses).0;
            for lost in 0..4 {
                let mut less = statuses.clone();
                less[lost] = Missing;
                let after = weighed(&cells(quorum), &less).0;
                assert!(rank(after) >= rank(before), "{quorum:?} {statuses:?} without {lost}: {before:?} → {after:?}");
            }
        }
    }
}

fn allowing(expires: Date, quorum: Quorum) -> Cells {
    let cell = labels("1");
    let owner = Some("ops".to_owned());
    Cells {
        allow_fail: vec![AllowFail { cell, reason: "no clock".to_owned(), expires, owner, line: 1 }],
        ..cells(quorum)
    }
}

#[test]
fn a_cell_may_fall_short_until_its_last_day() {
    for short in [Fail, Error, Missing, Inconclusive] {
        let of = |expires| weighed(&allowing(expires, Quorum::All), &[Pass, short]);
        assert_eq!(of(date(2026, 5, 31)).0, short);
        let (status, judged, _) = of(TODAY);
        assert_eq!((status, judged[1].own), (Warn, short));
        let said = &judged[1].violations[0].message;
        assert!(said.contains("allowed until 2026-06-01 (its last day): no clock (ops)"), "{said}");
    }
    let said = |days| weighed(&allowing(TODAY + jiff::Span::new().days(days), Quorum::All), &[Pass, Fail]).1;
    assert!(said(1)[1].violations[0].message.contains("(1 day is left)"));
    assert!(said(2)[1].violations[0].message.contains("(2 days are left)"));
    assert!(said(14)[1].violations[0].message.contains("(14 days are left)"));
    assert!(!said(15)[1].violations[0].message.contains("days are left"));
    let over = weighed(&allowing(date(2026, 5, 31), Quorum::All), &[Pass, Fail]).1;
    assert_eq!(over[1].notes, ["otp = 1 might fail until 2026-05-31, which is over"]);
    // Another cell's failure is not excused, and an allowance that is not needed is said.
    let (status, judged, _) = weighed(&allowing(TODAY, Quorum::All), &[Fail, Pass]);
    assert_eq!(
        (status, judged[1].notes.as_slice()),
        (Fail, &["otp = 1 holds: its `allow-fail` is not needed".to_owned()][..])
    );
}

#[test]
fn an_excused_cell_is_called_what_it_is() {
    for (short, said) in [
        (Fail, "otp = 1 fails, which is allowed"),
        (Error, "otp = 1 could not be judged, which is allowed"),
        (Missing, "otp = 1 is missing, which is allowed"),
        (Inconclusive, "otp = 1 is inconclusive, which is allowed"),
    ] {
        let words = weighed(&allowing(TODAY, Quorum::All), &[Pass, short]).1[1].violations[0].message.clone();
        assert!(words.starts_with(said), "{words}");
    }
}

#[test]
fn a_cell_that_may_fail_does_not_count_among_those_that_hold() {
    assert_eq!(weighed(&allowing(TODAY, Quorum::AtLeast(2)), &[Pass, Fail]).0, Fail);
    assert_eq!(weighed(&allowing(TODAY, Quorum::AtLeast(2)), &[Pass, Fail, Pass]).0, Warn);
}

#[test]
fn how_cells_differ_is_said_in_a_line() {
    let said = |statuses: &[GateStatus]| contrast(&cells(Quorum::All), &weighed(&cells(Quorum::All), statuses).1);
    assert_eq!(said(&[Pass, Fail]).as_deref(), Some("passes on 0, fails on 1"));
    assert_eq!(said(&[Pass, Fail, Pass, Missing]).as_deref(), Some("passes on 0, 2; fails on 1; has no evidence on 3"));
    assert_eq!(said(&[Fail, Fail]), None);
    assert_eq!(said(&[]), None);
    assert_eq!(said(&[Pass, Pass, Pass, Pass, Pass, Fail]).as_deref(), Some("passes on 0, 1, 2, 3, 4; fails on 5"));
    let seven = said(&[Pass, Pass, Pass, Pass, Pass, Pass, Pass, Fail]);
    assert_eq!(seven.as_deref(), Some("passes on 0, 1, 2, 3, 4 and 2 more; fails on 7"));
    let two = Cells { each: vec!["otp".to_owned(), "os".to_owned()], ..Cells::default() };
    let mut one = cell("27", Pass);
    one.labels.insert("os".to_owned(), "linux".to_owned());
    assert_eq!(one.short_name(&two), "27/linux");
    one.component = Some("web".to_owned());
    assert_eq!((one.short_name(&two).as_str(), one.place().as_str()), ("web/27/linux", "web, os = linux, otp = 27"));
}

#[test]
fn cells_stand_in_the_order_of_numbers() {
    let cells = Cells { each: vec!["otp".to_owned(), "os".to_owned()], ..Cells::default() };
    let of = |otp: &str, os: &str| Labels::from([("otp".to_owned(), otp.to_owned()), ("os".to_owned(), os.to_owned())]);
    assert_eq!(by_labels(&cells, &of("9", "z"), &of("10", "a")), Ordering::Less);
    assert_eq!(by_labels(&cells, &of("9", "b"), &of("9", "a")), Ordering::Greater);
    assert_eq!(by_labels(&cells, &of("9", "a"), &of("9", "a")), Ordering::Equal);
}

#[test]
fn who_accepts_a_cell_accepts_what_falls_short_there_and_not_that_it_cannot_be_judged() {
    let engine = crate::Engine::default();
    let text = b"version = 1\n[[evidence]]\npaths = [\"otp-{otp}.xml\"]\n[gates.unit]\nrule = \"tests\"\nmax-failed = 0\neach = [\"otp\"]\n\
        require = { otp = [\"27\", \"28\"] }\n[[waivers]]\ngate = \"unit\"\nlabels = { otp = \"28\" }\nreason = \"r\"\nexpires = \"2026-12-31\"\n";
    let policy = engine.parse_policy("p.toml", text, None).unwrap();
    let of = |case: &str| {
        let report = |inside: &str| format!("<testsuite name=\"s\">{inside}</testsuite>").into_bytes();
        let passed = report("<testcase name=\"a\"/>");
        let all = vec![
            crate::Candidate::in_memory("otp-27.xml".to_owned(), passed),
            crate::Candidate::in_memory("otp-28.xml".to_owned(), report(case)),
        ];
        let gate = engine.evaluate(&policy, all, &crate::Context::at(1_780_272_000)).gates.remove(0);
        (
            gate.status,
            gate.violations.iter().any(|v| v.message.contains("all that otp = 28 falls short by is waived: r")),
        )
    };
    assert_eq!(of("<testcase name=\"a\"><failure message=\"no\"/></testcase>"), (Warn, true));
    assert_eq!(of("<testcase name=\"a\"><skipped/></testcase>"), (Error, false));
    assert_eq!(of("<testcase name=\"a\"/>"), (Pass, false));
}
