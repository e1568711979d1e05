use super::super::{Known, Policy, parse};
use super::*;
use crate::rule::Rules;
use gatekeeper_formats::Formats;

fn policy(text: &str) -> Result<Policy, Vec<String>> {
    let text = format!(
        "version = 1\n[[evidence]]\npaths = [\"{{service}}/*.xml\"]\n[gates.coverage]\nlines = 80\nper-component = true\n\
         [gates.tests]\n{text}\n"
    );
    let (formats, rules) = (Formats::default(), Rules::default());
    parse("p.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules }).map_err(|e| {
        let help = |p: &PolicyProblem| p.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        e.problems.iter().map(|p| format!("{}{}", p.message, help(p))).collect()
    })
}

fn owners(text: &str, paths: &[&str]) -> Vec<String> {
    let policy = policy(text).unwrap();
    let of = |path: &&str| {
        policy.components.owner(path).map_or("-".to_owned(), |o| policy.components.list[o.component].name.clone())
    };
    paths.iter().map(of).collect()
}

#[test]
fn the_longest_match_owns_a_file() {
    let text = "[components.web]\npaths = [\"web/**\"]\n[components.admin]\npaths = [\"web/admin/**\"]\n[components.rest]\npaths = [\"**\"]";
    assert_eq!(owners(text, &["web/cart.py", "web/admin/users.py", "x.py"]), ["web", "admin", "rest"]);
    assert_eq!(owners(text, &["/build/1/web/admin/a.py", "./web/a.py", "web\\a.py"]), ["admin", "web", "web"]);
    let plain = "[components.a]\npaths = [\"svc/a\", \"lib/*.c\"]\n[components.b]\npaths = [\"svc/b/\"]";
    assert_eq!(
        owners(plain, &["svc/a/x.c", "svc/a", "svc/ab", "svc/b/x", "lib/x.c", "lib/y/x.c"]),
        ["a", "a", "-", "b", "a", "-"]
    );
}

#[test]
fn of_two_patterns_of_one_length_the_first_owns() {
    let of = |first: &str, second: &str| {
        owners(
            &format!("[components.x]\npaths = [\"{first}\"]\n[components.y]\npaths = [\"{second}\"]"),
            &["a/b.c", "a/b.h", "a/z.c"],
        )
    };
    assert_eq!(of("a/*.c", "a/b.*"), ["x", "y", "x"]);
    assert_eq!(of("a/b.*", "a/*.c"), ["x", "x", "y"]);
}

#[test]
fn a_policy_has_as_many_components_as_it_may() {
    let of =
        |n: usize| policy(&(0..n).map(|n| format!("[components.c{n}]\npaths = [\"c{n}/**\"]\n")).collect::<String>());
    assert_eq!(of(MOST).unwrap().components.list.len(), MOST);
    assert_eq!(of(MOST + 1).map(|_| ()).unwrap_err(), ["a policy has at most 2000 components, and this one has 2001"]);
}

#[test]
fn evidence_is_placed_by_its_labels_or_by_where_it_lies() {
    let text = "[components.a]\npaths = [\"a/**\"]\nlabels = { service = \"one\" }\n[components.b]\npaths = [\"b/**\", \"**/deep.xml\"]";
    let components = policy(text).unwrap().components;
    let home = |path: &str, service: &str| {
        let owner = components.home(path, &Labels::from([("service".to_owned(), service.to_owned())]))?;
        Some((components.list[owner.component].name.as_str(), owner.named))
    };
    assert_eq!(home("b/x.xml", "one"), Some(("a", true)));
    assert_eq!(home("b/x.xml", "two"), Some(("b", true)));
    assert_eq!(home("out/deep.xml", "two"), Some(("b", false)));
    assert_eq!(home("out/x.xml", "two"), None);
}

#[test]
fn each_mistake_about_components_is_told_once() {
    let one = |text: &str, said: &str| {
        let all = policy(text).map(|_| ()).unwrap_err();
        assert!(all.len() == 1 && all[0].contains(said), "{text}: {all:?}");
    };
    let a = "[components.a]\npaths = [\"a/**\"]\n";
    one("", "`per-component` needs components");
    one("[components]\nroot = [\"x\"]", "`per-component` needs components");
    one("[components.root]\npaths = [\"a/**\"]", "no component can be named `root`");
    one("[components.a]\ndepends = []", "has no `paths`");
    one("[components.a]\npaths = []", "has no `paths`");
    one("[components.a]\npaths = [\"../a\"]", "`..` is not followed");
    one("[components.a]\npaths = [\"{x}/**\"]", "gives no labels");
    one("[components.a]\npaths = [\"a/**\"]\npats = 1", "(did you mean `paths`?)");
    one(
        "[components.a]\npaths = [\"a/**\"]\nlabels = { servise = \"x\" }",
        "no [[evidence]] entry gives a label `servise`",
    );
    one("[components.a]\npaths = [\"a/**\"]\nlabels = { service = [\"x\", \"y\"] }", "one value of a label");
    one(&format!("{a}depends = [\"bb\"]\n[components.b]\npaths = [\"b/**\"]"), "no component `bb` (did you mean `b`?)");
    one(&format!("{a}depends = [\"a\"]"), "in a circle: a → a");
    one(
        &format!(
            "{a}depends = [\"b\"]\n[components.b]\npaths = [\"b/**\"]\ndepends = [\"c\"]\n[components.c]\npaths = [\"c/**\"]\ndepends = [\"a\"]"
        ),
        "in a circle: a → b → c → a",
    );
    for same in ["a/**", "./a/**", "a/", "a"] {
        one(&format!("{a}[components.b]\npaths = [\"{same}\"]"), "`a` and `b` both have the files of");
    }
    let labelled = "labels = { service = \"x\" }\n";
    one(&format!("{a}{labelled}[components.b]\npaths = [\"b/**\"]\n{labelled}"), "have the same labels");
    one(
        &format!("{a}[components.a.gates.coverge]\nlines = 1"),
        "no gate `coverge` to change (did you mean `coverage`?)",
    );
    one(&format!("{a}[components.a.gates.tests]\nmax-failed = 1"), "is not judged for each component");
    one(&format!("{a}[components.a.gates.coverage]\naction = \"warn\""), "`action` holds for the whole gate");
    one(&format!("{a}[components.a.gates.coverage]\ntools = [\"x\"]"), "`tools` holds for the whole gate");
    one(
        &format!("{a}[components.a.gates.coverage]\nrequire = {{ x = [\"1\"] }}"),
        "`require` holds for the whole gate",
    );
    one(&format!("{a}[components.a.gates.coverage]\nlinse = 90"), "(did you mean `lines`?)");
    one(&format!("{a}[components.a.gates.coverage]\nlines = 101"), "percentage from 0 to 100");
    one(&format!("{a}[components.a.gates]\ncoverage = 5"), "must be a table");
    one(&format!("{a}[components]\nroot = 5"), "no component can be named `root`");
}

#[test]
fn what_depends_on_each_other_without_a_circle_is_fine() {
    let text = "[components.a]\npaths = [\"a/**\"]\ndepends = [\"b\", \"c\"]\n[components.b]\npaths = [\"b/**\"]\ndepends = [\"d\"]\n\
                [components.c]\npaths = [\"c/**\"]\ndepends = [\"d\"]\n[components.d]\npaths = [\"d/**\"]";
    assert!(policy(text).is_ok());
}

#[test]
fn limits_of_a_component_lie_above_the_gate_s() {
    let text = "[components.a]\npaths = [\"a/**\"]\n[components.a.gates.coverage]\nlines = { min = 95 }\n\
                [components.b]\npaths = [\"b/**\"]\n[components.b.gates.coverage]\nenabled = false";
    let policy = policy(text).unwrap();
    let gate = &policy.gates[0];
    assert_eq!(
        gate.own.iter().map(|(name, own)| (name.as_str(), own.enabled)).collect::<Vec<_>>(),
        [("a", true), ("b", false)]
    );
    assert!(format!("{:?}", gate.own["a"].judge).contains("95"));
}

#[test]
fn what_must_be_there_is_a_rule_s_own_key_where_it_is_a_list() {
    let text = "[gates.health]\nper-component = true\nrequire = [\"db\"]\n[components.a]\npaths = [\"a/**\"]\n[components.a.gates.health]\nrequire = [\"cache\"]";
    let own = format!("{:?}", policy(text).unwrap().gates.iter().find(|g| g.name == "health").unwrap().own["a"].judge);
    assert!(own.contains("cache") && !own.contains("db"), "{own}");
}

#[test]
fn the_files_that_concern_all_can_be_said() {
    let of = |text: &str, path: &str| {
        let policy = policy(&format!("{text}\n[components.a]\npaths = [\"a/**\"]")).unwrap();
        policy.components.root.iter().any(|p| p.is_match(path))
    };
    for path in ["package-lock.json", "Cargo.lock", ".github/workflows/ci.yml", ".gitlab-ci.yml"] {
        assert!(of("", path), "{path}");
        assert!(!of("[components]\nroot = [\"Makefile\"]", path), "{path}");
    }
    assert!(!of("", "a/package-lock.json") && !of("", "README.md"));
    assert!(of("[components]\nroot = \"Makefile\"", "Makefile"));
}
