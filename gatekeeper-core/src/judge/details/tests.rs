use super::*;
use crate::project::ProjectFiles;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::coverage::{Line, LineBranches};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Ratio, Source};

#[derive(Debug)]
struct Disk;

impl ProjectFiles for Disk {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(Some((1..=40).map(|n| format!("line {n}\n")).collect::<String>().into_bytes()))
    }

    fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }

    fn matching(&self, _: &[&Pattern]) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

/// No baseline.
static NONE: std::sync::LazyLock<Baseline<'static>> =
    std::sync::LazyLock::new(|| Baseline::NotNeeded("this is a test".to_owned()));
/// No earlier verdicts.
static NO_HISTORY: std::sync::LazyLock<History> = std::sync::LazyLock::new(History::default);

fn beside<'b>(tree: Option<&'b Tree>, files: Option<&'b dyn ProjectFiles>) -> Beside<'b> {
    Beside { tree, files, policy: None, gates: &[], baseline: &NONE, history: &NO_HISTORY, now: None }
}

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), format: "f", ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn covered(path: &str, file: &str, hits: &[(u32, u32)]) -> Evidence {
    let lines = hits.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect();
    let mut c = Coverage::default();
    c.add(file, FileCoverage { lines, ..FileCoverage::default() });
    c.note_metrics();
    evidence(path, Data::Coverage(c))
}

#[test]
fn stretches_span_what_is_not_executable_and_end_at_what_ran() {
    let file = |hits: &[(u32, u32)]| FileCoverage {
        lines: hits.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect(),
        ..FileCoverage::default()
    };
    assert_eq!(uncovered(&file(&[(3, 0), (5, 0), (6, 1), (9, 0)])), [(3, 5), (9, 9)]);
    assert_eq!(uncovered(&file(&[(1, 2), (2, 1)])), []);
    let mut with_arms = file(&[(1, 1), (2, 0), (3, 1)]);
    let arms = |line, covered| LineBranches { line, covered, total: 2 };
    with_arms.line_branches = vec![arms(1, 1), arms(2, 0), arms(3, 2)];
    assert_eq!(partial(&with_arms), [1]);
}

#[test]
fn several_reports_are_united_and_each_is_shown_by_itself() {
    let reports = [covered("a", "f.c", &[(1, 1), (2, 0)]), covered("b", "f.c", &[(1, 0), (2, 1)])];
    let d = details(&reports, &beside(None, None));
    let lines: Vec<_> = d.coverage.iter().map(|c| c.files[0].lines).collect();
    assert_eq!(lines, [Some(Ratio::new(2, 2)), Some(Ratio::new(1, 2)), Some(Ratio::new(1, 2))]);
    assert_eq!(d.coverage[0].reports, ["a", "b"]);
    assert_eq!(details(&reports[..1], &beside(None, None)).coverage.len(), 1);
}

#[test]
fn only_code_of_the_tree_is_shown() {
    let tree = Tree::new(["src/a.c", ".env.c", "secrets.toml", ".git/config.c"]);
    for (name, shown) in [
        ("src/a.c", true),
        ("src/b.c", false),
        (".env.c", false),
        ("secrets.toml", false),
        (".git/config.c", false),
        ("../src/a.c", false),
        ("/etc/passwd.c", false),
    ] {
        let d = details(&[covered("lcov", name, &[(10, 0)])], &beside(Some(&tree), Some(&Disk)));
        assert_eq!(d.sources.contains_key(name), shown, "{name}");
    }
}

#[test]
fn source_lines_stand_around_what_is_not_covered() {
    let tree = Tree::new(["a.c"]);
    let e = covered("lcov", "a.c", &[(2, 0), (9, 1), (20, 0), (30, 1), (4_000_000_000, 0)]);
    let d = details(&[e], &beside(Some(&tree), Some(&Disk)));
    let shown: Vec<(u32, usize)> = d.sources["a.c"].iter().map(|x| (x.first, x.lines.len())).collect();
    assert_eq!(shown, [(1, 5), (17, 7)]);
    assert_eq!(d.sources["a.c"][1].lines[3], "line 20");
}

#[test]
fn what_is_too_much_is_counted() {
    let case = Case { name: "t".into(), status: Outcome::Passed, ..Case::default() };
    let run = |n: usize| {
        let suite = Suite { name: "s".into(), cases: vec![case.clone(); n], ..Suite::default() };
        Data::Tests(TestRun { suites: vec![suite], ..TestRun::default() })
    };
    let d = details(&[evidence("a", run(TESTS - 1)), evidence("b", run(3))], &beside(None, None));
    assert_eq!(d.tests[1].suites[0].cases.len(), 1);
    assert_eq!(d.left_out["tests"], 2);
}

fn gate_at(places: &[(&str, Option<u32>)]) -> GateVerdict {
    let mut gate = crate::judge::tests::gate(GateStatus::Fail, crate::verdict::Action::Block);
    gate.policy_line = Some(7);
    for (path, line) in places {
        let mut v = Violation::new("finding", GateStatus::Fail, "x");
        v.place = Some(gatekeeper_evidence::findings::Place { path: (*path).into(), line: *line, column: None });
        gate.violations.push(v);
    }
    gate
}

#[test]
fn lines_of_violations_have_fingerprints_where_the_file_is_no_secret() {
    let tree = Tree::new(["src/a.c", "Dockerfile", ".env", "secrets.yml", ".hidden/a.c", "key"]);
    let gates = [gate_at(&[
        ("src/a.c", Some(2)),
        ("src/a.c", Some(9)),
        ("src/a.c", Some(4_000)),
        ("Dockerfile", None),
        (".env", Some(1)),
        ("secrets.yml", Some(1)),
        (".hidden/a.c", Some(1)),
        ("key", Some(1)),
        ("src/not-there.c", Some(1)),
        ("../src/a.c", Some(1)),
    ])];
    let with = |policy| {
        let beside = Beside { gates: &gates, policy, ..beside(Some(&tree), Some(&Disk)) };
        let hashes = details(&[], &beside).line_hashes;
        let lines = |(path, lines): (String, BTreeMap<u32, String>)| (path, lines.into_keys().collect::<Vec<_>>());
        hashes.into_iter().map(lines).collect::<Vec<_>>()
    };
    let of = |path: &str, lines: &[u32]| (path.to_owned(), lines.to_vec());
    assert_eq!(with(None), [of("Dockerfile", &[1]), of("src/a.c", &[2, 9])]);
    let by_policy = [of("Dockerfile", &[1]), of("gatekeeper.toml", &[7]), of("src/a.c", &[2, 9])];
    assert_eq!(with(Some("gatekeeper.toml")), by_policy);
}
