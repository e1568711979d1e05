use super::*;
use crate::config::from_toml;
use crate::policy::{Known, Policy, load};
use crate::rule::Rules;
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_formats::Formats;

fn read(file: &str, files: &[(&str, &str)]) -> Result<Policy, PolicyError> {
    read_with(file, files, None)
}

fn read_with(file: &str, files: &[(&str, &str)], profile: Option<&str>) -> Result<Policy, PolicyError> {
    let of = |name: &str| {
        let found = files.iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_bytes().to_vec());
        found.ok_or_else(|| ParseError::new(ErrorCode::Io, "there is no such file"))
    };
    let known = (Formats::default(), Rules::default());
    load(file, &of(file).unwrap(), profile, Known { formats: &known.0, rules: &known.1 }, &of)
}

fn refused(file: &str, files: &[(&str, &str)]) -> String {
    read(file, files).unwrap_err().to_string()
}

const GATE: &str = "version = 1\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 83 }\n";

#[test]
fn a_base_that_is_no_text_is_told_where_it_is_named() {
    let known = (Formats::default(), Rules::default());
    let own = "version = 1\nextends = \"org.toml\"\n";
    let of = |name: &str| match name {
        "org.toml" => Ok(b"version = \xff".to_vec()),
        _ => Err(ParseError::new(ErrorCode::Io, "there is no such file")),
    };
    let known = Known { formats: &known.0, rules: &known.1 };
    let e = load("own.toml", own.as_bytes(), None, known, &of).map(|_| ()).unwrap_err();
    assert_eq!((e.problems.len(), e.problems[0].message.as_str()), (1, "org.toml: not UTF-8 text from byte 10"));
    let at = e.problems[0].span.start;
    assert_eq!((e.file_of(at), e.line_column(at)), ("own.toml", (2, 11)));
}

#[test]
fn a_stricter_limit_leaves_a_warning_of_the_base_behind() {
    let org = "version = 1\n[gates.coverage]\nlines = { min = 80, warn = 90 }\n[gates.speed]\nrule = \"measurements\"\nlimits = { p99 = { max = \"1s\", warn = \"500ms\" } }\n";
    let of = |own: &str| {
        let own = format!("version = 1\nextends = \"org.toml\"\n{own}");
        read("own.toml", &[("own.toml", &own), ("org.toml", org)]).map(|p| (p.loosened, p.normal["gates"].clone()))
    };
    for own in ["[gates.coverage]\nlines = { min = 95 }\n", "[gates.coverage]\nlines = 90\n"] {
        let (loosened, gates) = of(own).unwrap();
        assert!(loosened.is_empty() && gates["coverage"]["lines"].get("warn").is_none(), "{own}: {loosened:?} {gates}");
    }
    let (loosened, gates) = of("[gates.speed]\nlimits = { p99 = { max = \"400ms\" } }\n").unwrap();
    assert!(loosened.is_empty() && gates["speed"]["limits"]["p99"].get("warn").is_none(), "{loosened:?} {gates}");
    // Below it the warning goes on.
    assert_eq!(of("[gates.coverage]\nlines = { min = 85 }\n").unwrap().1["coverage"]["lines"]["warn"], 90);
    let component = "[components.a]\npaths = [\"a/**\"]\n[components.a.gates.coverage]\nlines = { min = 95 }\n";
    assert!(of(&format!("[gates.coverage]\nper-component = true\n{component}")).is_ok());
    // One that is written below the limit is a mistake, where it is written.
    let e = of("[gates.coverage]\nlines = { warn = 70 }\n").unwrap_err();
    let told = (e.file_of(e.problems[0].span.start), e.line_column(e.problems[0].span.start).0);
    assert_eq!(told, ("own.toml", 4), "{e}");
}

#[test]
fn a_file_is_laid_over_the_one_that_it_extends() {
    let org = format!(
        "{GATE}[[evidence]]\nname = \"unit\"\npaths = [\"a/*\"]\nmax-age = \"1h\"\n[[evidence]]\npaths = [\"b/*\"]\n[[waivers]]\ngate = \"coverage\"\npath = \"x.c\"\nreason = \"r\"\nexpires = \"2026-12-31\"\n"
    );
    let own = "version = 1\nextends = \"org.toml\"\n[gates.coverage]\nbranches = { min = 50 }\n[gates.tests]\nrule = \"tests\"\n[[evidence]]\nname = \"unit\"\npaths = [\"c/*\"]\n[[evidence]]\npaths = [\"d/*\"]\n[[waivers]]\ngate = \"tests\"\ntest = \"t\"\nreason = \"r\"\nexpires = \"2026-12-31\"\n";
    let policy = read("own.toml", &[("own.toml", own), ("org.toml", &org)]).unwrap();
    let entries: Vec<_> = policy.evidence.iter().map(|e| (e.patterns[0].as_str(), e.max_age.is_some())).collect();
    assert_eq!(entries, [("c/*", true), ("b/*", false), ("d/*", false)]);
    let gates: Vec<_> = policy.gates.iter().map(|g| (g.name.as_str(), g.file.as_deref(), g.line)).collect();
    assert_eq!(gates, [("coverage", Some("org.toml"), Some(2)), ("tests", None, Some(5))]);
    let waivers: Vec<_> = policy.waivers.iter().map(|w| (w.gate.as_str(), w.file.as_deref(), w.line)).collect();
    assert_eq!(waivers, [("coverage", Some("org.toml"), 11), ("tests", None, 12)]);
    assert_eq!(
        policy.extends.iter().map(|f| (f.file.as_str(), f.sha256.len())).collect::<Vec<_>>(),
        [("org.toml", 64)]
    );
    assert_eq!(policy.normal["gates"]["coverage"]["lines"]["min"], 83);
    assert_eq!(policy.normal.get("extends"), None);
}

#[test]
fn what_a_file_makes_looser_is_told_along_the_whole_chain() {
    let files = [
        ("own.toml", "version = 1\nextends = \"team.toml\"\n[gates.coverage]\nlines = { min = 61 }\n"),
        ("team.toml", "version = 1\nextends = \"org.toml\"\n[gates.coverage]\nlines = { min = 70 }\n"),
        ("org.toml", GATE),
    ];
    let policy = read("own.toml", &files).unwrap();
    assert_eq!(policy.loosened, ["coverage: lines.min 83 → 70", "coverage: lines.min 70 → 61"]);
}

#[test]
fn what_a_file_makes_looser_in_the_profile_that_is_applied_is_told() {
    let org = format!("{GATE}[profiles.release.gates.coverage]\nlines = {{ min = 90 }}\n");
    let read = |own: &str, profile: Option<&str>| {
        let own = format!("version = 1\nextends = \"org.toml\"\n{own}");
        let files: [(&str, &str); 2] = [("own.toml", &own), ("org.toml", &org)];
        read_with("own.toml", &files, profile).unwrap().loosened
    };
    let looser = "[profiles.release.gates.coverage]\nlines = { min = 85 }\n";
    assert_eq!(read(looser, Some("release")), ["coverage: lines.min 90 → 85"]);
    assert!(read(looser, None).is_empty());
    assert!(read("[profiles.release.gates.coverage]\nlines = { min = 95 }\n", Some("release")).is_empty());
    // The profile holds what the file above makes looser below it.
    assert!(read("[gates.coverage]\nlines = { min = 10 }\n", Some("release")).is_empty());
}

#[test]
fn a_default_that_loosens_the_gates_below_is_told() {
    let own = "version = 1\nextends = \"org.toml\"\n[defaults]\naction = \"warn\"\n";
    let policy = read("own.toml", &[("own.toml", own), ("org.toml", GATE)]).unwrap();
    assert_eq!(policy.loosened, ["coverage: action none → \"warn\""]);
    assert_eq!(policy.normal["gates"]["coverage"]["action"], "warn");
}

#[test]
fn names_are_relative_to_the_file_that_names_them() {
    let files = [
        ("a/b/own.toml", "version = 1\nextends = \"../org/one.toml\"\n"),
        ("a/org/one.toml", "version = 1\nextends = \"./two.toml\"\n"),
        ("a/org/two.toml", GATE),
    ];
    let policy = read("a/b/own.toml", &files).unwrap();
    assert_eq!(
        policy.extends.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(),
        ["a/org/one.toml", "a/org/two.toml"]
    );
    assert_eq!(
        [normal("./a/./b/../c"), normal("../a"), normal("a/../../b"), normal("/x/../y")],
        ["a/c", "../a", "../b", "/y"]
    );
}

#[test]
fn a_mistake_is_told_in_the_file_where_it_is() {
    let org = "version = 1\n[gates.coverage]\nrule = \"coverage\"\nlines = 83\nlnes = 1\n";
    let own = "version = 1\nextends = \"org.toml\"\n[gates.tests]\nrule = \"test\"\n";
    let e = read("own.toml", &[("own.toml", own), ("org.toml", org)]).unwrap_err();
    let lines: Vec<String> = e.to_string().lines().map(str::to_owned).collect();
    assert!(lines.len() == 2 && lines[0].starts_with("own.toml:4:8: there is no rule `test`"), "{lines:?}");
    assert!(lines[1].starts_with("org.toml:5:1: ") && lines[1].ends_with("did you mean `lines`?"), "{lines:?}");
    let shown = e.rendered(false);
    assert!(
        shown.contains("org.toml:5:1") && shown.contains("5 | lnes = 1") && shown.contains("4 | rule = \"test\""),
        "{shown}"
    );
    let broken = refused("own.toml", &[("own.toml", own), ("org.toml", "version = 1\n[gates\n")]);
    assert!(broken.starts_with("org.toml:2:"), "{broken}");
    let old = refused("own.toml", &[("own.toml", own), ("org.toml", "[gates.c]\nrule = \"coverage\"\nlines = 1\n")]);
    assert!(old.contains("org.toml:1:1: `version = 1` is missing"), "{old}");
}

#[test]
fn what_cannot_be_extended_is_refused_at_the_name() {
    let own = |extends: &str| GATE.replacen('\n', &format!("\nextends = {extends}\n"), 1);
    let of = |extends: &str, org: &str| refused("own.toml", &[("own.toml", &own(extends)), ("org.toml", org)]);
    for (extends, org, said) in [
        ("\"orgs.toml\"", GATE, "own.toml:2:11: orgs.toml, which it extends, cannot be read"),
        ("\"own.toml\"", GATE, "extends itself"),
        (
            "\"org.toml\"",
            "version = 1\nextends = \"own.toml\"\n",
            "org.toml:2:11: own.toml extends itself, by way of org.toml",
        ),
        ("[\"org.toml\"]", GATE, "takes the name of one file"),
        ("\"\"", GATE, "names no file"),
        ("\"/etc/org.toml\"", GATE, "relative to the one that names it"),
        ("\"C:/org.toml\"", GATE, "relative to the one that names it"),
        ("\"https://example.org/p.toml\"", GATE, "is an address"),
    ] {
        let e = of(extends, org);
        assert!(e.contains(said), "{extends}: {e}");
    }
}

#[test]
fn eight_files_are_laid_over_each_other_and_no_more() {
    let chain = |n: usize| {
        let file = |i: usize| match i + 1 == n {
            true => GATE.to_owned(),
            false => format!("version = 1\nextends = \"p{}.toml\"\n", i + 1),
        };
        let files: Vec<(String, String)> = (0..n).map(|i| (format!("p{i}.toml"), file(i))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        read("p0.toml", &files).map(|p| p.extends.len()).map_err(|e| e.to_string())
    };
    assert_eq!(chain(8), Ok(7));
    assert!(chain(9).unwrap_err().contains("p7.toml:2:11: a policy is made of at most 8 files"), "{:?}", chain(9));
}

#[test]
fn a_tree_is_moved_with_everything_in_it() {
    let text = "a = [1, { b = 2 }]\n";
    let (plain, mut moved) = (from_toml(text).unwrap(), from_toml(text).unwrap());
    shift(&mut moved, 100);
    let spans = |n: &Node| {
        let list = match &n.get("a").unwrap().value {
            Value::List(items) => items.clone(),
            _ => Vec::new(),
        };
        let inner = list[1].entries().unwrap()[0].clone();
        [n.span.start, list[0].span.start, inner.key_span.start, inner.node.span.end]
    };
    assert_eq!(spans(&moved), spans(&plain).map(|n| n + 100));
}

#[test]
fn single_files_have_no_folders() {
    let read = |_: &str| -> Result<Vec<u8>, ParseError> { Ok(Vec::new()) };
    assert_eq!(Files::list(&read, "policy"), Ok(None));
}
