use super::*;
use gatekeeper_evidence::coverage::{FileCoverage, Percentages};
use gatekeeper_evidence::{Source, findings::Findings};

fn coverage(names: &[&str]) -> Coverage {
    Coverage { files: names.iter().map(|n| ((*n).into(), FileCoverage::default())).collect(), ..Coverage::default() }
}

fn evidence(data: Data) -> Evidence {
    let source = Source { path: "lcov.info".into(), ..Source::default() };
    Evidence { source, complete: None, notes: Vec::new(), data }
}

/// Why the evidence cannot be used, what is noted on it, and the names that it has then.
fn applied(
    names: &[&str],
    tree: &[&str],
    rules: PathRules,
    least: Option<&str>,
) -> (Option<String>, Vec<String>, Vec<String>) {
    let least = least.map(|l| Decimal::parse(l).unwrap());
    let mut all = [evidence(Data::Coverage(coverage(names)))];
    let tree = Tree::new(tree.iter().copied());
    let mut wrong = apply(|_| (rules.clone(), least), &mut all, &tree);
    let Data::Coverage(c) = &all[0].data else { unreachable!() };
    let named = c.files.keys().map(|k| k.to_string()).collect();
    (wrong.remove("lcov.info"), all[0].notes.iter().map(|n| n.message.clone()).collect(), named)
}

fn none() -> PathRules {
    PathRules::default()
}

#[test]
fn a_report_takes_the_trees_names() {
    let (wrong, notes, names) = applied(&["/ci/w/src/a.py", "/ci/w/src/b.py"], &["src/a.py", "src/b.py"], none(), None);
    assert_eq!((wrong, notes), (None, vec![]));
    assert_eq!(names, ["src/a.py", "src/b.py"]);
    let rules = PathRules { strip: vec!["gen/".into()], prefix: Some("src".into()) };
    assert_eq!(applied(&["gen/a.py"], &["src/a.py"], rules, None).2, ["src/a.py"]);
}

#[test]
fn nine_in_ten_names_are_the_trees_unless_the_policy_says_otherwise() {
    let tree: Vec<String> = (0..10).map(|n| format!("src/f{n}.py")).collect();
    let tree: Vec<&str> = tree.iter().map(String::as_str).collect();
    let strangers = |n: usize| {
        let mut names = tree[..10 - n].to_vec();
        names.extend(&["gone/x.py", "gone/y.py"][..n]);
        names
    };
    let (wrong, notes, _) = applied(&strangers(1), &tree, none(), None);
    assert_eq!((wrong, notes), (None, vec!["gone/x.py is not a file in the tree".to_owned()]));
    let (wrong, ..) = applied(&strangers(2), &tree, none(), None);
    let wrong = wrong.unwrap();
    assert!(
        wrong.starts_with("8 of 10 paths (80 %) are files of this tree, at least 90 % must be; gone/x.py is not"),
        "{wrong}"
    );
    // The entry's own least share stands for the usual one, both ways.
    assert_eq!(applied(&strangers(2), &tree, none(), Some("80")).0, None);
    assert!(applied(&strangers(2), &tree, none(), Some("80.1")).0.unwrap().contains("at least 80.1 % must be"));
    assert!(applied(&strangers(1), &tree, none(), Some("95")).0.is_some());
    assert_eq!(applied(&["gone/x.py"], &tree, none(), Some("0")).0, None);
}

#[test]
fn what_could_be_several_files_is_not_guessed() {
    let (wrong, notes, names) = applied(&["x/m.py"], &["a/x/m.py", "b/x/m.py"], none(), None);
    assert!(wrong.unwrap().contains("; x/m.py is not."));
    assert_eq!(notes, ["x/m.py could be a/x/m.py or b/x/m.py"]);
    assert_eq!(names, ["x/m.py"]);
}

#[test]
fn reports_on_sources_of_other_sorts_are_left_as_they_are() {
    let (wrong, notes, names) = applied(&["/ci/Main.java"], &["src/a.py"], none(), None);
    assert_eq!((wrong, names), (None, vec!["/ci/Main.java".to_owned()]));
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("holds no source file of the sort"), "{notes:?}");
    // Modules without an extension and compiled ones are Erlang's.
    for name in ["calc", "ebin/calc.beam"] {
        assert!(applied(&[name], &["src/other.erl"], none(), None).0.is_some(), "{name}");
        assert_eq!(applied(&[name], &["src/a.py"], none(), None).0, None, "{name}");
        assert_eq!(applied(&[name], &["src/calc.erl"], none(), None).2, ["src/calc.erl"]);
    }
    assert!(applied(&[r"C:\x\gone.py"], &["src/a.py"], none(), None).0.is_some());
}

#[test]
fn what_names_no_files_is_passed_over() {
    let tree = Tree::new(["src/a.py"]);
    let percent = Coverage { percent: Some(Percentages::default()), ..coverage(&["a.py"]) };
    for mut c in [Coverage::default(), percent] {
        assert!(rename(&mut c, &tree, &none()).is_none());
    }
    let mut all = [evidence(Data::Findings(Findings::default())), evidence(Data::Coverage(coverage(&["gone.py"])))];
    assert_eq!(apply(|_| (none(), None), &mut all, &tree).len(), 1);
}

#[test]
fn many_strangers_are_counted_and_not_all_named() {
    for (n, more) in [(NAMED, None), (NAMED + 3, Some("3 more paths are not files in the tree"))] {
        let names: Vec<String> = (0..n).map(|i| format!("gone/{i:02}.py")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (_, notes, _) = applied(&names, &["src/a.py"], none(), None);
        assert_eq!(notes.len(), NAMED + usize::from(more.is_some()));
        assert_eq!(notes.get(NAMED).map(String::as_str), more);
    }
    let names: Vec<String> = (0..NAMED + 2).map(|i| format!("x/{i:02}.py")).collect();
    let tree: Vec<String> = ["a", "b"].iter().flat_map(|f| names.iter().map(move |n| format!("{f}/{n}"))).collect();
    let (names, tree): (Vec<&str>, Vec<&str>) =
        (names.iter().map(String::as_str).collect(), tree.iter().map(String::as_str).collect());
    let (_, notes, _) = applied(&names, &tree, none(), None);
    assert_eq!(notes.len(), NAMED + 1);
    assert_eq!(notes[NAMED], "2 more paths could be several files");
}
