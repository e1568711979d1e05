use super::*;

fn file(hit: u32, missed: u32) -> FileCoverage {
    let lines = (1..=hit + missed).map(|number| Line { number, hits: u32::from(number <= hit) }).collect();
    FileCoverage { lines, ..FileCoverage::default() }
}

fn stated(covered: u64, total: u64) -> Stated {
    Stated { lines: Some(Ratio { covered, total }), ..Stated::default() }
}

fn lines(c: &Coverage) -> (u64, u64) {
    let r = c.figures().lines.unwrap();
    (r.covered, r.total)
}

fn coverage(files: &[(&str, FileCoverage)]) -> Coverage {
    let mut c = Coverage::default();
    for (name, file) in files {
        c.add(*name, file.clone());
    }
    c.note_metrics();
    c
}

#[test]
fn counters_that_promise_less_are_a_second_reading() {
    let mut one = file(9, 1);
    one.hold_against(&stated(20, 60));
    let c = coverage(&[("a", one), ("b", file(5, 5))]);
    assert_eq!(lines(&c), (14, 20));
    assert_eq!(lines(&c.by_totals().unwrap()), (25, 70));
    assert_eq!(c.disagreement().unwrap(), "20/60 lines stated, 9/10 listed in a");
}

#[test]
fn counters_that_promise_more_or_the_same_are_none() {
    for (covered, total) in [(9, 10), (10, 10), (99, 100)] {
        let mut one = file(9, 1);
        one.hold_against(&stated(covered, total));
        let c = coverage(&[("a", one)]);
        assert_eq!(c.by_totals(), None, "{covered}/{total}");
    }
}

#[test]
fn the_whole_counts_no_difference_twice() {
    let mut one = file(9, 1);
    one.hold_against(&stated(20, 60));
    let mut c = coverage(&[("a", one), ("b", file(5, 5))]);
    c.hold_against(&stated(25, 70));
    assert_eq!(lines(&c.by_totals().unwrap()), (25, 70));
    c.hold_against(&stated(10, 100));
    assert_eq!(lines(&c.by_totals().unwrap()), (10, 100));
}

#[test]
fn what_counters_of_the_whole_miss_may_be_missing_in_any_part() {
    let mut c = coverage(&[("a", file(10, 0)), ("b", file(10, 0))]);
    c.hold_against(&stated(17, 20));
    c.files.remove("b");
    assert_eq!(lines(&c.by_totals().unwrap()), (7, 10));
    // What the file itself says to miss is no part of that.
    let mut one = file(10, 0);
    one.hold_against(&stated(8, 10));
    let mut c = coverage(&[("a", one), ("b", file(10, 0))]);
    c.hold_against(&stated(15, 20));
    c.files.remove("b");
    assert_eq!(lines(&c.by_totals().unwrap()), (5, 10));
}

#[test]
fn records_of_a_file_add_their_disagreements_up() {
    let mut one = file(9, 1);
    one.hold_against(&stated(9, 20));
    let mut c = coverage(&[("a", one.clone())]);
    c.add_up("a", one);
    assert_eq!(lines(&c), (9, 10));
    assert_eq!(lines(&c.by_totals().unwrap()), (9, 30));
}

#[test]
fn what_another_report_covers_stays() {
    let mut one = file(9, 1);
    one.hold_against(&stated(0, 10));
    let mut c = coverage(&[("a", one)]);
    c.merge(coverage(&[("b", file(10, 0))]));
    assert_eq!(lines(&c.by_totals().unwrap()), (10, 20));
}

#[test]
fn what_is_not_listed_has_no_second_reading() {
    let mut one = FileCoverage { stated: stated(1, 2), ..FileCoverage::default() };
    one.hold_against(&stated(1, 2));
    assert_eq!(one.claim, None);
}

#[test]
fn of_a_file_the_whole_may_miss_as_much_as_it_has() {
    let of = |covered: u64, total: u64, hit: u32, missed: u32| {
        let mut c = coverage(&[("a", file(hit, missed)), ("b", file(10, 0))]);
        c.hold_against(&stated(covered, total));
        let by_list = c.figures_of(&c.files["a"]).lines.unwrap();
        assert_eq!(
            by_list,
            Ratio { covered: u64::from(hit), total: u64::from(hit + missed) },
            "by the list nothing moves"
        );
        c.by_totals().map(|c| {
            let r = c.figures_of(&c.files["a"]).lines.unwrap();
            (r.covered, r.total)
        })
    };
    assert_eq!((of(18, 20, 9, 1), of(17, 20, 10, 0), of(19, 22, 10, 0)), (Some((8, 10)), Some((7, 10)), Some((9, 12))));
    // More than it has: nothing of it is covered, and it does not vanish.
    assert_eq!((of(5, 20, 10, 0), of(1, 3, 3, 0)), (Some((0, 10)), Some((0, 3))));
    // What has no line has none to miss, and what is not worse is no second reading.
    assert_eq!((of(5, 10, 0, 0), of(20, 20, 10, 0), of(20, 20, 9, 1)), (Some((0, 0)), None, None));
}

#[test]
fn of_some_lines_of_a_file_its_own_counters_may_miss_as_many() {
    let part = |covered: u64, total: u64| Figures { lines: Some(Ratio { covered, total }), ..Figures::default() };
    let mut one = file(10, 0);
    one.hold_against(&stated(7, 10));
    let c = coverage(&[("a", one)]);
    assert_eq!(c.files["a"].told_of_part(part(4, 4)), part(4, 4), "by the list");
    let told = c.by_totals().unwrap();
    let of = |covered, total| told.files["a"].told_of_part(part(covered, total));
    assert_eq!((of(4, 4), of(2, 4), of(0, 0)), (part(1, 4), part(0, 4), part(0, 0)));
}
