use super::super::RULE;
use super::*;
use crate::rule::testing::{Case, conditions, evidence, gate, violations};
use GateStatus::{Error, Fail, Missing, Pass, Warn};
use gatekeeper_evidence::Data;
use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::coverage::{Branch, Function, Line, LineBranches, LineSum, Metrics, Percentages, Stated};
use gatekeeper_evidence::glob::Pattern;

/// A diff that adds these lines behind line 10 of a file.
fn adding(name: &str, lines: &[&str]) -> String {
    let mut out = format!("diff --git a/{name} b/{name}\nindex 1111111..2222222 100644\n--- a/{name}\n+++ b/{name}\n");
    out.push_str(&format!("@@ -10,0 +11,{} @@\n", lines.len()));
    for line in lines {
        out.push_str(&format!("+{line}\n"));
    }
    out
}

fn code(n: usize) -> Vec<&'static str> {
    vec!["x = f(1)"; n]
}

/// A file whose lines from 1 on are all covered but those from 11 on, of which so many are.
fn file(covered: u32, uncovered: u32) -> FileCoverage {
    let lines =
        (1..=10 + covered + uncovered).map(|n| Line { number: n, hits: u32::from(n <= 10 + covered) }).collect();
    FileCoverage { lines, ..FileCoverage::default() }
}

fn report(files: &[(&str, FileCoverage)]) -> Coverage {
    let files = files.iter().map(|(n, f)| ((*n).into(), f.clone())).collect();
    Coverage { files, metrics: Metrics { lines: true, ..Metrics::default() }, ..Coverage::default() }
}

fn case<'k>(keys: &'k str, report: Coverage, diff: &str) -> Case<'k> {
    Case::new(&RULE, keys, vec![evidence("lcov.info", Data::Coverage(report))]).with_diff(diff)
}

const EIGHTY: &str = "patch = { lines = 80 }";

fn judged(keys: &str, report: Coverage, diff: &str) -> Judgement {
    case(keys, report, diff).judged()
}

#[test]
fn new_lines_are_held_to_their_limit_exactly() {
    let of = |covered| {
        let j = judged(EIGHTY, report(&[("a.py", file(covered, 10 - covered))]), &adding("a.py", &code(10)));
        j.status()
    };
    assert_eq!([7, 8, 9].map(of), [Fail, Pass, Pass]);
    let warns = "patch = { lines = { min = 50, warn = 80 } }";
    let of =
        |covered| judged(warns, report(&[("a.py", file(covered, 10 - covered))]), &adding("a.py", &code(10))).status();
    assert_eq!([4, 5, 7, 8].map(of), [Fail, Warn, Warn, Pass]);
}

#[test]
fn the_whole_and_new_code_are_judged_apart() {
    let diff = adding("a.py", &code(2));
    let j = judged("lines = 80\npatch = { lines = 80 }", report(&[("a.py", file(0, 2))]), &diff);
    assert_eq!(conditions(&j), [("new lines", Fail), ("lines", Pass)]);
    let below = j.violations.iter().find(|v| v.code == "patch-below").unwrap();
    assert_eq!(below.message, "a.py: new lines 11-12 are not covered");
    assert_eq!(below.place.as_ref().and_then(|p| p.line), Some(11));
    assert!(j.to_pass.contains(&Remedy::Cover { more: 2, noun: "added line", now: Ratio { covered: 0, total: 2 } }));
}

#[test]
fn without_a_diff_the_gate_is_missing() {
    let mut case = case(EIGHTY, report(&[("a.py", file(9, 0))]), &adding("a.py", &code(1)));
    case.context.diff = None;
    assert_eq!(violations(&case.judged()), [("diff-missing", Missing)]);
}

#[test]
fn too_few_new_lines_warn_and_never_fail() {
    let few = "patch = { lines = 80, min-lines = 5 }";
    let of = |n: usize, covered: u32| {
        let uncovered = u32::try_from(n).unwrap() - covered;
        judged(few, report(&[("a.py", file(covered, uncovered))]), &adding("a.py", &code(n))).status()
    };
    assert_eq!([of(4, 4), of(4, 0), of(5, 5), of(5, 0)], [Warn, Warn, Pass, Fail]);
    let j = judged(few, report(&[("a.py", file(3, 1))]), &adding("a.py", &code(4)));
    assert_eq!(
        j.violations.iter().find(|v| v.code == "patch-few-lines").unwrap().message,
        "3 of 4 added lines covered: fewer than 5 added lines are too few to judge by"
    );
}

#[test]
fn a_source_file_in_no_report_is_an_error_or_counts_as_uncovered() {
    let c = || report(&[("a.py", file(8, 0))]);
    let diff = format!("{}{}", adding("a.py", &code(8)), adding("new.py", &["x = 1", "", "y = 2"]));
    let j = judged(EIGHTY, c(), &diff);
    assert_eq!(violations(&j), [("patch-unmeasured", Error)]);
    assert_eq!(j.violations[0].message, "new.py is in no report, and the change adds 2 lines to it");
    let j = judged("patch = { lines = 80, unmeasured = \"uncovered\" }", c(), &diff);
    assert_eq!(j.conditions[0].value, crate::rule::condition::Quantity::Share(Ratio { covered: 8, total: 10 }));
    // Other kinds of files, and new files of blank lines alone, are none of the reports' business.
    for other in [adding("README.md", &code(3)), adding("new.py", &["", "  "])] {
        assert_eq!(judged(EIGHTY, c(), &format!("{}{other}", adding("a.py", &code(8)))).status(), Pass);
    }
    assert_eq!(judged(EIGHTY, c(), &adding("NEW.PY", &code(1))).status(), Error);
}

#[test]
fn nothing_to_judge_is_a_pass_that_says_so() {
    let c = || report(&[("a.py", file(1, 0))]);
    for diff in [
        adding("README.md", &code(1)),
        "diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n".to_owned(),
        "diff --git a/b.py b/a.py\nsimilarity index 100%\nrename from b.py\nrename to a.py\n".to_owned(),
        "--- a/a.py\n+++ b/a.py\n@@ -3,2 +2,0 @@\n-x\n-y\n".to_owned(),
        adding("a.py", &["# why"]).replace("+11,", "+21,").replace("-10,", "-20,"),
    ] {
        let j = judged(EIGHTY, c(), &diff);
        assert_eq!((j.status(), j.conditions.len()), (Pass, 0), "{diff}");
        assert!(j.notes.iter().any(|n| n.starts_with("nothing to judge")), "{diff}");
    }
    // Whether there was a line of code at all is said.
    let notes = |diff: &str| judged(EIGHTY, c(), diff).notes;
    let comment = adding("a.py", &["# why"]).replace("+11,", "+21,").replace("-10,", "-20,");
    assert_eq!(
        notes(&comment),
        ["1 added line is no code by the reports", "nothing to judge: the change adds no code"]
    );
    assert_eq!(
        notes(&adding("README.md", &code(1))),
        ["nothing to judge: the change adds no line of what is measured"]
    );
    // A file of types has no line to list, and states none.
    let types = report(&[("a.py", FileCoverage::default()), ("b.py", file(1, 0))]);
    assert_eq!(judged(EIGHTY, types, &adding("a.py", &["# why"])).status(), Pass);
}

#[test]
fn where_all_that_was_added_is_code_nothing_is_said_of_the_rest() {
    let j = judged(EIGHTY, report(&[("a.py", file(2, 0))]), &adding("a.py", &code(2)));
    assert_eq!((j.status(), j.notes), (Pass, Vec::<String>::new()));
}

#[test]
fn new_code_of_which_no_report_speaks_is_an_error() {
    let outside = adding("a.py", &["x = 1", "# why"]).replace("+11,", "+40,").replace("-10,", "-39,");
    let j = judged(EIGHTY, report(&[("a.py", file(0, 0))]), &outside);
    assert_eq!(violations(&j), [("patch-outside", Error)]);
    assert!(j.violations[0].message.contains("a.py 40"), "{}", j.violations[0].message);
    // Beside lines that are owed it is told, and no more.
    let both = format!("{outside}{}", adding("b.py", &code(1)));
    let j = judged(EIGHTY, report(&[("a.py", file(0, 0)), ("b.py", file(1, 0))]), &both);
    assert_eq!((j.status(), j.notes), (Pass, vec!["2 added lines are no code by the reports".to_owned()]));
    // What a report leaves out by name is no code.
    let left_out = FileCoverage { left_out: vec![40], ..file(0, 0) };
    assert_eq!(judged(EIGHTY, report(&[("a.py", left_out)]), &outside).status(), Pass);
    let every_line = |length| FileCoverage { length: Some(length), ..file(0, 0) };
    assert_eq!(judged(EIGHTY, report(&[("a.py", every_line(41))]), &outside).status(), Pass);
}

#[test]
fn a_report_of_another_version_is_stale() {
    let diff = adding("a.py", &code(2));
    let of =
        |f: FileCoverage| violations(&judged(EIGHTY, report(&[("a.py", f)]), &diff)).first().map(|v| v.0.to_owned());
    let long = |length| FileCoverage { length: Some(length), ..file(2, 0) };
    assert_eq!([of(long(11)), of(long(12))], [Some("patch-stale".to_owned()), None]);
    let sums = |text: &str| FileCoverage { sums: vec![LineSum { line: 12, md5: md5(text.as_bytes()) }], ..file(2, 0) };
    assert_eq!([of(sums("x = f(2)")), of(sums("x = f(1)"))], [Some("patch-stale".to_owned()), None]);
    // Each added line has its own text.
    let three = adding("a.py", &["a = f(1)", "b = f(1)", "c = f(1)"]);
    for (texts, stale) in [
        (["a = f(1)", "b = f(1)", "c = f(1)"], false),
        (["a = f(2)", "b = f(1)", "c = f(1)"], true),
        (["a = f(1)", "b = f(2)", "c = f(1)"], true),
        (["a = f(1)", "b = f(1)", "c = f(2)"], true),
        (["b = f(1)", "a = f(1)", "c = f(1)"], true),
    ] {
        let sums = (11..).zip(texts).map(|(line, text)| LineSum { line, md5: md5(text.as_bytes()) }).collect();
        let j = judged(EIGHTY, report(&[("a.py", FileCoverage { sums, ..file(3, 0) })]), &three);
        assert_eq!(violations(&j).first().is_some_and(|v| v.0 == "patch-stale"), stale, "{texts:?}");
    }
    // Of two reports one that is stale is enough.
    let mut both = sums("x = f(1)");
    both.merge(sums("x = f(2)"));
    assert_eq!(of(both), Some("patch-stale".to_owned()));
    // Texts of lines that did not change say nothing.
    let other = FileCoverage { sums: vec![LineSum { line: 3, md5: md5(b"?") }], ..file(2, 0) };
    assert_eq!(of(other), None);
    let crlf = diff.replace("+x = f(1)\n", "+x = f(1)\r\n");
    let j = judged(EIGHTY, report(&[("a.py", sums("x = f(1)"))]), &crlf);
    assert_eq!(j.status(), Pass);
}

fn statement(from: u32, to: u32, hits: u32) -> Statement {
    Statement { place: (from, 0, to, 9), count: 1, hits }
}

#[test]
fn a_line_within_a_statement_is_owed_by_the_innermost_one() {
    let own = |statements: &[Statement], lines: &[u32]| owners(statements, lines);
    let nested = [statement(1, 20, 1), statement(5, 9, 0), statement(7, 7, 1)];
    assert_eq!(
        own(&nested, &[4, 5, 6, 7, 9, 10, 20, 21]),
        [Some(true), Some(false), Some(false), Some(true), Some(false), Some(true), Some(true), None]
    );
    // Of two of one place the one that did not run.
    assert_eq!(own(&[statement(1, 3, 1), statement(1, 3, 0)], &[2]), [Some(false)]);
    // An end or a beginning that is not known is no span.
    assert_eq!(own(&[statement(4, 0, 0)], &[4]), [None]);
    assert_eq!(own(&[statement(0, 9, 0)], &[4]), [None]);
    // What is innermost is told by how long it is, and not by where it stands.
    assert_eq!(
        own(&[statement(1, 20, 1), statement(15, 16, 0)], &[14, 15, 16, 17]).as_slice(),
        [Some(true), Some(false), Some(false), Some(true)]
    );
    assert_eq!(own(&[statement(10, 19, 0), statement(10, 12, 1)], &[11, 13]), [Some(true), Some(false)]);
    let f = FileCoverage {
        lines: vec![Line { number: 10, hits: 0 }],
        statements: vec![statement(10, 13, 0)],
        ..FileCoverage::default()
    };
    let j = judged(EIGHTY, report(&[("a.js", f)]), &adding("a.js", &["fee * 2,", "// why", "tax", ")"]));
    assert_eq!(j.conditions[0].value, crate::rule::condition::Quantity::Share(Ratio { covered: 0, total: 2 }));
}

#[test]
fn many_statements_and_lines_take_no_time() {
    let statements: Vec<Statement> = (1..20_000).map(|n| statement(n, 40_000 - n, n % 2)).collect();
    let lines: Vec<u32> = (1..40_000).collect();
    assert_eq!(owners(&statements, &lines).iter().flatten().count(), 39_999);
}

#[test]
fn branches_and_functions_of_new_lines_are_held_to_theirs() {
    let arm = |line, arm, hits| Branch { line, block: 0, arm, hits };
    let mut f = file(2, 0);
    f.branches = vec![arm(1, 0, 0), arm(11, 0, 1), arm(11, 1, 0), arm(11, 2, 0)];
    f.line_branches =
        vec![LineBranches { line: 11, covered: 9, total: 9 }, LineBranches { line: 12, covered: 1, total: 2 }];
    f.functions = [(1, 0), (11, 1), (12, 0), (12, 0), (12, 0)]
        .map(|(line, hits)| Function { line, name: format!("f{line}").into(), hits })
        .to_vec();
    let c = || Coverage { metrics: Metrics::ALL, ..report(&[("a.py", f.clone())]) };
    let diff = adding("a.py", &code(2));
    for (keys, right) in [
        ("patch = { branches = 40 }", Pass),
        ("patch = { branches = 41 }", Fail),
        ("patch = { functions = 25 }", Pass),
        ("patch = { functions = 26 }", Fail),
    ] {
        assert_eq!(judged(keys, c(), &diff).status(), right, "{keys}");
    }
    // A report that counts none cannot tell.
    let j = judged("patch = { branches = 50 }", report(&[("a.py", file(2, 0))]), &diff);
    assert_eq!(violations(&j), [("coverage-no-figure", Error)]);
}

#[test]
fn what_the_diff_hides_is_an_error() {
    let binary = "diff --git a/a.py b/a.py\nindex 1..2 100644\nBinary files a/a.py and b/a.py differ\n";
    assert_eq!(violations(&judged(EIGHTY, report(&[("a.py", file(1, 0))]), binary)), [("patch-not-shown", Error)]);
    assert_eq!(violations(&judged(EIGHTY, report(&[("b.py", file(1, 0))]), binary)), [("patch-not-shown", Error)]);
    assert_eq!(judged(EIGHTY, report(&[("b.js", file(1, 0))]), binary).status(), Pass);
    let link = adding("a.py", &["to.py"]).replace(" 100644\n", " 120000\n");
    assert_eq!(judged(EIGHTY, report(&[("b.py", file(1, 0))]), &link).status(), Pass);
}

#[test]
fn paths_and_waivers_take_files_out() {
    let diff = format!("{}{}", adding("src/a.py", &code(2)), adding("test/new.py", &code(2)));
    let mut narrowed = case(EIGHTY, report(&[("src/a.py", file(2, 0)), ("lib/b.py", file(0, 9))]), &diff);
    assert_eq!(narrowed.judged().status(), Error);
    narrowed.select.paths = vec![Pattern::new("src/**").unwrap()];
    assert_eq!(narrowed.judged().status(), Pass);
    let uncovered =
        case(EIGHTY, report(&[("src/a.py", file(0, 2)), ("b.py", file(1, 0))]), &adding("src/a.py", &code(2)));
    assert_eq!(uncovered.judged().status(), Fail);
    assert_eq!(uncovered.judged_waiving(&|item| item.path == Some("src/a.py")).status(), Pass);
}

#[test]
fn reports_name_files_in_their_own_ways() {
    let c = |name: &str| report(&[(name, file(0, 1))]);
    let diff = adding("src/cart.erl", &code(1));
    for name in ["src/cart.erl", "/home/ci/repo/src/cart.erl", "C:\\ci\\src\\cart.erl", "cart"] {
        assert_eq!(judged(EIGHTY, c(name), &diff).status(), Fail, "{name}");
    }
    // Another file of that name is not it.
    for name in ["lib/src/cart.erl", "/ci/xsrc/cart.erl", "cart.erl"] {
        assert_eq!(judged(EIGHTY, c(name), &diff).status(), Error, "{name}");
    }
    let two = report(&[("/a/src/cart.erl", file(0, 1)), ("/b/src/cart.erl", file(1, 0))]);
    assert_eq!(judged(EIGHTY, two, &diff).status(), Error);
}

#[test]
fn counters_and_percentages_say_nothing_of_new_lines() {
    let stated = FileCoverage {
        stated: Stated { lines: Some(Ratio::new(9, 10)), ..Stated::default() },
        ..FileCoverage::default()
    };
    let diff = adding("a.py", &code(1));
    assert_eq!(violations(&judged(EIGHTY, report(&[("a.py", stated)]), &diff)), [("patch-not-listed", Error)]);
    let percent = Percentages { total: "90".into(), files: BTreeMap::new() };
    let c = Coverage { percent: Some(percent), ..Coverage::default() };
    assert_eq!(violations(&judged(EIGHTY, c, &diff)), [("coverage-empty", Error)]);
}

#[test]
fn mistakes_in_the_policy_are_named() {
    let wrong = |keys: &str| gate(&RULE, keys).unwrap_err().join("; ");
    assert!(wrong("patch = {}").contains("`patch` demands nothing"));
    assert!(wrong("patch = { statements = 80 }").contains("statements"));
    assert!(wrong("patch = { lines = 80, unmeasured = \"ignore\" }").contains("ignore"));
    assert!(wrong("patch = { lines = { min = 0.8 } }").contains("0.8"));
    for one in ["patch = { lines = { min = 0.8 } }", "patch = { branches = 101 }", "patch = { functions = \"x\" }"] {
        let problems = gate(&RULE, one).unwrap_err();
        assert!(problems.len() == 1 && !problems[0].contains("demands nothing"), "{problems:?}");
    }
    assert!(gate(&RULE, EIGHTY).is_ok());
}

#[test]
fn numbers_are_told_in_ranges() {
    assert_eq!(ranges(&[3, 5, 6, 7, 9]), "3, 5-7, 9");
    assert_eq!(ranges(&[1, 3, 5, 7, 9, 11, 13, 15]), "1, 3, 5, 7, 9, 11, 13, 15");
    assert_eq!(ranges(&[1, 3, 5, 7, 9, 11, 13, 15, 17]), "1, 3, 5, 7, 9, 11, 13, 15, …");
}

/// A working tree of one file.
#[derive(Debug)]
struct One(&'static str, &'static str);

impl ProjectFiles for One {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok((path == self.0).then(|| self.1.as_bytes().to_vec()))
    }

    fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }

    fn matching(&self, _: &[&Pattern]) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

#[test]
fn a_statement_of_python_goes_on_where_its_source_says() {
    const SOURCE: &str = "def f():\n    \"\"\"What\n    it does.\"\"\"\n    return g(\n        1,\n        2,\n    )\n";
    let of = |by_first_line, hits, files: Option<One>, line: u32, text: &str| {
        let lines = [(1, 1), (4, hits)].map(|(number, hits)| Line { number, hits }).to_vec();
        let f = FileCoverage { lines, by_first_line, ..FileCoverage::default() };
        let diff = format!("--- a/a.py\n+++ b/a.py\n@@ -{},0 +{line} @@\n+{text}\n", line - 1);
        let mut case = case(EIGHTY, report(&[("a.py", f)]), &diff);
        case.files = files.map(|f| Box::new(f) as Box<dyn ProjectFiles>);
        case.judged().status()
    };
    let tree = || Some(One("a.py", SOURCE));
    assert_eq!(of(true, 0, tree(), 5, "        1,"), Fail);
    assert_eq!(of(true, 1, tree(), 5, "        1,"), Pass);
    // A docstring is no code, though the line before it is.
    assert_eq!(of(true, 1, tree(), 3, "    it does.\"\"\""), Error);
    // Without the source, or with another one, only what did not run is held against the change.
    assert_eq!([of(true, 0, None, 5, "        1,"), of(true, 1, None, 5, "        1,")], [Fail, Error]);
    assert_eq!([of(true, 0, tree(), 5, "        3,"), of(true, 1, tree(), 5, "        3,")], [Fail, Error]);
    // What the report leaves out is a statement of its own, and ends the one before.
    let left_out = |left_out: Vec<u32>| {
        let lines = [(1, 1), (4, 0), (9, 0)].map(|(number, hits)| Line { number, hits }).to_vec();
        let f = FileCoverage { lines, left_out, by_first_line: true, ..FileCoverage::default() };
        let diff = "--- a/a.py\n+++ b/a.py\n@@ -6,0 +7 @@\n+        1,\n";
        case(EIGHTY, report(&[("a.py", f)]), diff).judged().status()
    };
    assert_eq!([vec![], vec![2], vec![3], vec![8]].map(left_out), [Fail; 4]);
    assert_eq!([vec![5], vec![6], vec![2, 6]].map(left_out), [Error; 3]);
    assert_eq!(left_out(vec![7]), Pass, "it is named as no code");
    // Where lines stand for themselves, nothing of the sort is known.
    assert_eq!(of(false, 0, tree(), 5, "        1,"), Error);
}

#[test]
fn a_digest_of_another_text_is_stale() {
    let of = |text: &str, tree: Option<One>| {
        let f = FileCoverage { digests: vec![md5(text.as_bytes())], ..file(1, 0) };
        let mut case = case(EIGHTY, report(&[("a.py", f)]), &adding("a.py", &code(1)));
        case.files = tree.map(|f| Box::new(f) as Box<dyn ProjectFiles>);
        case.judged().status()
    };
    let tree = || Some(One("a.py", "a\nb\n"));
    assert_eq!([of("a\nb\n", tree()), of("a\r\nb\r\n", tree()), of("a\nc\n", tree())], [Pass, Pass, Error]);
    // Where nothing is added nothing is owed, whatever the text was.
    let f = FileCoverage { digests: vec![md5(b"other")], ..file(1, 0) };
    let mut gone = case(EIGHTY, report(&[("a.py", f)]), "--- a/a.py\n+++ b/a.py\n@@ -3,2 +2,0 @@\n-x\n-y\n");
    gone.files = Some(Box::new(One("a.py", "a\n")));
    assert_eq!(gone.judged().status(), Pass);
    // What cannot be looked up says nothing.
    assert_eq!([of("c", None), of("c", Some(One("b.py", "")))], [Pass, Pass]);
}

#[test]
fn what_a_document_states_to_be_missing_may_be_missing_in_the_new_lines() {
    // Of the file 10 old lines and 10 new ones, all covered by the list; counters say that some of the 20 did not run.
    let whole = |covered: u64, total: u64| {
        let mut c = report(&[("a.py", file(10, 0))]);
        c.hold_against(&Stated { lines: Some(Ratio::new(covered, total)), ..Stated::default() });
        c
    };
    let own = |covered: u64, total: u64| {
        let mut one = file(10, 0);
        one.hold_against(&Stated { lines: Some(Ratio::new(covered, total)), ..Stated::default() });
        report(&[("a.py", one)])
    };
    let status = |c: Coverage, keys: &str, lines: &[&str]| judged(keys, c, &adding("a.py", lines)).status();
    for of in [whole as fn(u64, u64) -> Coverage, own] {
        let told = |covered, total| status(of(covered, total).by_totals().unwrap(), EIGHTY, &code(10));
        assert_eq!([told(18, 20), told(17, 20), told(1, 20), told(2, 3)], [Pass, Fail, Fail, Fail]);
        assert_eq!(status(of(1, 20), EIGHTY, &code(10)), Pass, "by the list all are covered");
        // A change that owes nothing owes nothing by any reading.
        assert_eq!(status(of(1, 20).by_totals().unwrap(), EIGHTY, &[""]), Pass);
    }
    // Lines that are counted and not listed: as many as the change adds beside those that are.
    let beside = |total: u64, comments: usize| {
        let lines = [code(10), vec!["# what"; comments]].concat();
        status(whole(20, total).by_totals().unwrap(), EIGHTY, &lines)
    };
    assert_eq!([beside(23, 0), beside(23, 2), beside(23, 3), beside(22, 3)], [Pass, Pass, Fail, Pass]);
}

#[test]
fn what_is_owed_of_several_files_adds_up() {
    let diff = adding("a.py", &code(4)) + &adding("b.py", &code(6)) + &adding("c.py", &["# a"]);
    let of = |a: u32, b: u32| report(&[("a.py", file(a, 4 - a)), ("b.py", file(b, 6 - b)), ("c.py", file(0, 0))]);
    assert_eq!([(3, 5), (2, 5), (3, 4)].map(|(a, b)| judged(EIGHTY, of(a, b), &diff).status()), [Pass, Fail, Fail]);
    let j = judged(EIGHTY, of(0, 0), &diff);
    let named: Vec<&str> = j.violations.iter().map(|v| v.message.as_str()).collect();
    assert_eq!(named, ["b.py: new lines 11-16 are not covered", "a.py: new lines 11-14 are not covered"]);
    assert_eq!(j.notes, ["1 added line is no code by the reports"]);
}
