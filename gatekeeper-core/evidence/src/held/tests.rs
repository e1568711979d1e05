use super::*;
use crate::approvals::{Approvals, Review};
use crate::checklist::{Checklist, Item};
use crate::checksums::{Checksums, Sum};
use crate::command::{Recording, Report};
use crate::commits::Commits;
use crate::coverage::{Branch, Function, Line, LineBranches, LineSum, Percentages, Statement as Counted};
use crate::findings::{Gap, GraphNode, Package, Place, Suppression};
use crate::inventory::{License, SpecProblem};
use crate::location::Location;
use crate::measurements::{Failure, Figure, Series};
use crate::test_run::{Detail, Problem};
use crate::vex::Vex;

/// What a change adds to what is held.
type Changes<'c, T> = &'c [(&'c str, u64, &'c dyn Fn(&mut T))];

/// Each part adds its own, whatever else is there.
fn each_adds<T: Clone>(of: fn(T) -> Data, there: &T, changes: Changes<'_, T>) {
    let before = of(there.clone()).held_bytes();
    for (what, adds, change) in changes {
        let mut more = there.clone();
        change(&mut more);
        let after = of(more).held_bytes();
        assert_eq!(i128::from(after) - i128::from(before), i128::from(*adds), "{what}");
    }
}

fn longer(text: &mut Box<str>) {
    *text = format!("{text}more").into();
}

fn said(text: &mut Option<Box<str>>) {
    *text = Some("seven!!".into());
}

#[test]
fn coverage_holds_its_files_and_all_that_they_list() {
    let file = FileCoverage {
        lines: vec![Line { number: 1, hits: 1 }; 3],
        branches: vec![Branch { line: 1, block: 0, arm: 0, hits: 1 }; 3],
        line_branches: vec![LineBranches { line: 1, covered: 1, total: 2 }; 3],
        functions: vec![Function { line: 1, name: "name".into(), hits: 1 }; 3],
        statements: vec![Counted { place: (1, 1, 1, 1), count: 1, hits: 1 }; 3],
        sums: vec![LineSum { line: 1, md5: [0; 16] }; 3],
        left_out: vec![1; 3],
        digests: vec![[0; 16]; 3],
        ..FileCoverage::default()
    };
    let files = [("a/b.rs".into(), file.clone()), ("c.rs".into(), file)];
    let percent = Percentages { total: "5".into(), files: [("m".into(), "5".into())].into() };
    let (roots, not_counted) = (vec!["/".into()], vec!["x".into()]);
    let there = Coverage { files: files.into(), percent: Some(percent), roots, not_counted, ..Coverage::default() };
    fn first(c: &mut Coverage) -> &mut FileCoverage {
        c.files.values_mut().next().unwrap()
    }
    each_adds(
        Data::Coverage,
        &there,
        &[
            ("a file", 256 + 4, &|c| drop(c.files.insert("d.rs".into(), FileCoverage::default()))),
            ("a line", 10, &|c| first(c).lines.push(Line { number: 9, hits: 0 })),
            ("an arm", 16, &|c| first(c).branches.push(Branch { line: 9, block: 0, arm: 0, hits: 0 })),
            ("arms of a line", 12, &|c| first(c).line_branches.push(LineBranches { line: 9, covered: 0, total: 1 })),
            ("a function", 40 + 2, &|c| first(c).functions.push(Function { line: 9, name: "fn".into(), hits: 0 })),
            ("a statement", 24, &|c| first(c).statements.push(Counted { place: (9, 9, 9, 9), count: 1, hits: 0 })),
            ("a line's sum", 48, &|c| first(c).sums.push(LineSum { line: 9, md5: [0; 16] })),
            ("a line left out", 4, &|c| first(c).left_out.push(9)),
            ("a root", 48 + 4, &|c| c.roots.push("/src".into())),
            ("a file left out", 48 + 4, &|c| c.not_counted.push("a.rs".into())),
            ("a percentage", 2 * 48 + 6 + 4, &|c| {
                c.percent.as_mut().map(|p| p.files.insert("module".into(), "12.5".into()));
            }),
            ("a file's sum", 16, &|c| first(c).digests.push([0; 16])),
        ],
    );
    assert_eq!(Data::Coverage(Coverage::default()).held_bytes(), 0);
}

#[test]
fn tests_hold_their_cases_and_what_these_say() {
    let detail = Detail { message: "message".into(), kind: "kind".into(), ..Detail::default() };
    let case = Case { name: "name".into(), detail: Some(Box::new(detail)), ..Case::default() };
    let suite = Suite { name: "suite".into(), cases: vec![case.clone(), case], ..Suite::default() };
    let problem = Problem { name: "init".into(), message: "crashed".into(), line: None };
    let there = TestRun { suites: vec![suite.clone(), suite], problems: vec![problem.clone()], ..TestRun::default() };
    fn first(t: &mut TestRun) -> &mut Case {
        t.suites[0].cases.first_mut().unwrap()
    }
    each_adds(
        Data::Tests,
        &there,
        &[
            ("a suite", 128 + 3, &|t| t.suites.push(Suite::named("one"))),
            ("a case", 112 + 3, &|t| t.suites[1].cases.push(Case { name: "one".into(), ..Case::default() })),
            ("a longer name", 4, &|t| longer(&mut first(t).name)),
            ("a case with a message", 112 + 640, &|t| {
                t.suites[0].cases.push(Case { detail: Some(Box::default()), ..Case::default() });
            }),
            ("a longer message", 4, &|t| longer(&mut first(t).detail.as_mut().unwrap().message)),
            ("a longer kind", 4, &|t| longer(&mut first(t).detail.as_mut().unwrap().kind)),
            ("a file", 16 + 7, &|t| said(&mut first(t).detail.as_mut().unwrap().file)),
            ("a problem", 2 * 48 + 4 + 7, &|t| t.problems.push(problem.clone())),
            ("a problem's longer name", 4, &|t| t.problems[0].name.push_str("more")),
            ("a problem's longer message", 4, &|t| t.problems[0].message.push_str("more")),
        ],
    );
    assert_eq!(Data::Tests(TestRun::default()).held_bytes(), 0);
}

#[test]
fn findings_hold_what_they_say_and_who_brought_whom() {
    let package = Package { name: "name".into(), ..Package::default() };
    let finding = Finding {
        rule: "rule".into(),
        message: "message".into(),
        place: Some(Place { path: "a/b.rs".into(), ..Place::default() }),
        package: Some(Box::new(package)),
        aliases: vec!["alias".into(); 2],
        suppressed: Some(Box::new(Suppression { by: "by".into(), reason: "reason".into() })),
        ..Finding::default()
    };
    let node = GraphNode { purl: "pkg:x/y".into(), parents: vec![0; 3], top: false };
    let there = Findings {
        tools: vec!["tool".into()],
        items: vec![finding.clone(), finding],
        target: vec!["image".into()],
        gaps: vec![Gap::part("gap"); 2],
        graph: Some(Box::new(Graph { nodes: vec![node.clone(); 2] })),
        ..Findings::default()
    };
    fn first(f: &mut Findings) -> &mut Finding {
        f.items.first_mut().unwrap()
    }
    fn package_of(f: &mut Findings) -> &mut Package {
        first(f).package.as_mut().unwrap()
    }
    each_adds(
        Data::Findings,
        &there,
        &[
            ("a finding", 640, &|f| f.items.push(Finding::default())),
            ("one of a package", 640 + 96, &|f| {
                f.items.push(Finding { package: Some(Box::default()), ..Finding::default() });
            }),
            ("one that is suppressed", 640 + 48, &|f| {
                f.items.push(Finding { suppressed: Some(Box::default()), ..Finding::default() });
            }),
            ("a longer rule", 4, &|f| longer(&mut first(f).rule)),
            ("a longer message", 4, &|f| longer(&mut first(f).message)),
            ("a longer path", 4, &|f| longer(&mut first(f).place.as_mut().unwrap().path)),
            ("a package's longer name", 4, &|f| longer(&mut package_of(f).name)),
            ("its purl", 16 + 7, &|f| said(&mut package_of(f).purl)),
            ("its version", 16 + 7, &|f| said(&mut package_of(f).installed)),
            ("a mended version", 16 + 7, &|f| said(&mut package_of(f).fixed)),
            ("an alias", 48 + 2, &|f| first(f).aliases.push("id".into())),
            ("who suppressed it", 4, &|f| longer(&mut first(f).suppressed.as_mut().unwrap().by)),
            ("why", 4, &|f| longer(&mut first(f).suppressed.as_mut().unwrap().reason)),
            ("an address", 16 + 7, &|f| said(&mut first(f).url)),
            ("a fingerprint", 16 + 7, &|f| said(&mut first(f).fingerprint)),
            ("a gap", 256, &|f| f.gaps.push(Gap::default())),
            ("a tool", 48 + 2, &|f| f.tools.push("ab".into())),
            ("a reference", 48 + 2, &|f| f.target.push("ab".into())),
            ("a package that brings others", 48 + 7 + 3 * 4, &|f| f.graph.as_mut().unwrap().nodes.push(node.clone())),
            ("a parent", 4, &|f| f.graph.as_mut().unwrap().nodes[0].parents.push(1)),
        ],
    );
    assert_eq!(Data::Findings(Findings::default()).held_bytes(), 0);
}

fn vex() -> Statement {
    let product =
        Product { id: "product".into(), subcomponents: vec!["part".into(); 2], versions: Some(vec!["1.0".into(); 2]) };
    Statement {
        vulnerability: "CVE-1".into(),
        aliases: vec!["alias".into(); 2],
        products: vec![product; 2],
        reason: "reason".into(),
        ..Statement::default()
    }
}

#[test]
fn inventories_hold_their_packages_and_statements() {
    let component = Component { name: "name".into(), licenses: vec![License::name("MIT"); 2], ..Component::default() };
    let problem = SpecProblem { message: "wrong".into(), location: Location::default() };
    let there = Inventory {
        components: vec![component.clone(), component],
        problems: vec![problem.clone(); 2],
        statements: vec![vex(), vex()],
        findings: Some(Box::new(Findings { gaps: vec![Gap::default(); 2], ..Findings::default() })),
        left_out: vec!["files".into(); 2],
        ..Inventory::default()
    };
    fn first(i: &mut Inventory) -> &mut Component {
        i.components.first_mut().unwrap()
    }
    each_adds(
        Data::Inventory,
        &there,
        &[
            ("a package", 256, &|i| i.components.push(Component::default())),
            ("a longer name", 4, &|i| longer(&mut first(i).name)),
            ("a version", 16 + 7, &|i| said(&mut first(i).version)),
            ("a purl", 16 + 7, &|i| said(&mut first(i).purl)),
            ("a licence", 48 + 4, &|i| first(i).licenses.push(License::name("Zlib"))),
            ("a supplier", 16 + 7, &|i| said(&mut first(i).supplier)),
            ("a scope", 16 + 7, &|i| said(&mut first(i).scope)),
            ("a problem", 128 + 5, &|i| i.problems.push(problem.clone())),
            ("a statement", 160, &|i| i.statements.push(Statement::default())),
            ("a gap of its findings", 256, &|i| i.findings.as_mut().unwrap().gaps.push(Gap::default())),
            ("what it leaves out", 48 + 2, &|i| i.left_out.push("ab".into())),
        ],
    );
    assert_eq!(Data::Inventory(Inventory::default()).held_bytes(), 0);
}

#[test]
fn statements_hold_their_products() {
    fn first(v: &mut Vex) -> &mut Statement {
        v.statements.first_mut().unwrap()
    }
    each_adds(
        Data::Vex,
        &Vex { statements: vec![vex(), vex()] },
        &[
            ("a statement", 160, &|v| v.statements.push(Statement::default())),
            ("a longer id", 4, &|v| first(v).vulnerability.push_str("more")),
            ("an alias", 48 + 2, &|v| first(v).aliases.push("ab".into())),
            ("a product", 96 + 1, &|v| first(v).products.push(Product::new("p"))),
            ("a part", 48 + 2, &|v| first(v).products[1].subcomponents.push("ab".into())),
            ("a version", 48 + 3, &|v| first(v).products[1].versions.as_mut().unwrap().push("2.0".into())),
            ("a longer reason", 4, &|v| first(v).reason.push_str("more")),
        ],
    );
}

#[test]
fn measurements_hold_their_samples_and_labels() {
    let labels = Labels::from([("role".to_owned(), "canary".to_owned()), ("a".to_owned(), "b".to_owned())]);
    let mut series = Series { metric: "metric".into(), labels: labels.clone(), ..Series::default() };
    for value in [1.0, 2.0, 3.0] {
        series.samples.push(Figure::of(value).unwrap());
    }
    let failure = Failure { metric: "metric".into(), labels, why: "NaN".into(), ..Failure::default() };
    let there = Measurements {
        series: vec![series.clone(), series],
        failures: vec![failure.clone(), failure],
        ..Measurements::default()
    };
    let label = |labels: &mut Labels| drop(labels.insert("key".to_owned(), "value".to_owned()));
    each_adds(
        Data::Measurements,
        &there,
        &[
            ("a series", 256 + 600, &|m| m.series.push(Series::default())),
            ("a longer metric", 4, &|m| m.series[0].metric.push_str("more")),
            ("a label", 48 + 3 + 5, &|m| label(&mut m.series[0].labels)),
            ("a sample", 16, &|m| m.series[0].samples.push(Figure::of(4.0).unwrap())),
            ("a stated mean", 8 * 16, &|m| {
                m.series[0].stated.insert(crate::measurements::Statistic::Mean, crate::number::Number::whole(1));
            }),
            ("a figure that was lost", 128 + 600, &|m| m.failures.push(Failure::default())),
            ("its longer metric", 4, &|m| m.failures[0].metric.push_str("more")),
            ("its label", 48 + 3 + 5, &|m| label(&mut m.failures[0].labels)),
            ("a longer why", 4, &|m| m.failures[0].why.push_str("more")),
        ],
    );
    assert_eq!(Data::Measurements(Measurements::default()).held_bytes(), 0);
}

#[test]
fn the_rest_holds_its_entries() {
    let commit = Commit {
        message: "message".into(),
        parents: vec!["parent".into(); 2],
        tags: vec!["tag".into(); 2],
        branches: vec!["main".into(); 2],
        ..Commit::default()
    };
    each_adds(
        Data::Commits,
        &Commits { commits: vec![commit.clone(), commit], decorated: true },
        &[
            ("a commit", 512, &|c: &mut Commits| c.commits.push(Commit::default())),
            ("a longer message", 4, &|c| longer(&mut c.commits[0].message)),
            ("a parent", 48 + 2, &|c| c.commits[0].parents.push("ab".into())),
            ("a tag", 48 + 2, &|c| c.commits[0].tags.push("ab".into())),
            ("a branch", 48 + 2, &|c| c.commits[0].branches.push("ab".into())),
        ],
    );
    each_adds(
        Data::Approvals,
        &Approvals { reviews: vec![Review::default(); 2], ..Approvals::default() },
        &[("a review", 256, &|a| a.reviews.push(Review::default()))],
    );
    let sum = Sum { name: "name".into(), ..Sum::default() };
    each_adds(
        Data::Checksums,
        &Checksums { files: vec![sum.clone(), sum], ..Checksums::default() },
        &[("a file", 256, &|c| c.files.push(Sum::default())), ("a longer name", 4, &|c| longer(&mut c.files[0].name))],
    );
    let item = Item { text: "text".into(), ..Item::default() };
    each_adds(
        Data::Checklist,
        &Checklist { items: vec![item.clone(), item] },
        &[("a box", 96, &|c| c.items.push(Item::default())), ("a longer text", 4, &|c| longer(&mut c.items[0].text))],
    );
    let recording =
        Recording { command: vec!["make".into(); 2], reports: vec![Report::default(); 2], ..Recording::default() };
    each_adds(
        Data::Command,
        &recording,
        &[
            ("a word", 48 + 3, &|c| c.command.push("all".into())),
            ("a report", 256, &|c| c.reports.push(Report::default())),
        ],
    );
}
