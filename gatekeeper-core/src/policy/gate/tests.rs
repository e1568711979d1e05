use super::super::{Known, Policy, parse};
use crate::rule::Rules;
use gatekeeper_formats::Formats;

fn read(gates: &str) -> Result<Policy, Vec<String>> {
    let text = format!(
        "version = 1\n[[evidence]]\nname = \"unit\"\npaths = [\"{{os}}/*.xml\"]\nlabels = {{ arch = \"arm\" }}\n{gates}\n"
    );
    let known = (Formats::default(), Rules::default());
    parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).map_err(|e| {
        e.problems.into_iter().map(|p| format!("{} ({})", p.message, p.help.unwrap_or_default())).collect()
    })
}

/// The only mistake in a gate of a rule.
fn mistake(rule: &str, keys: &str) -> String {
    let told = read(&format!("[gates.g]\nrule = \"{rule}\"\n{keys}")).map(|_| ()).unwrap_err();
    assert_eq!(told.len(), 1, "{keys}: {told:?}");
    told.into_iter().next().unwrap()
}

#[test]
fn a_trigger_is_a_word() {
    let most = "x".repeat(100);
    for word in ["rollback", "page the owner", most.as_str()] {
        let policy = read(&format!("[gates.g]\nrule = \"tests\"\nthen = \"{word}\"")).unwrap();
        assert_eq!(policy.gates[0].then.as_deref(), Some(word));
    }
    for word in ["", " x", "x ", "a,b", "a\\nb", &"x".repeat(101)] {
        let said = mistake("tests", &format!("then = \"{word}\""));
        assert!(said.starts_with("`then` takes a word of at most 100 characters"), "{word:?}: {said}");
    }
    assert_eq!(read("[gates.g]\nrule = \"tests\"").unwrap().gates[0].then, None);
}

#[test]
fn a_rule_that_goes_by_another_name_is_told_by_its_own() {
    for (words, rule) in [
        (
            &[
                "lint",
                "linter",
                "sarif",
                "Security",
                "vulnerability",
                "vulnerabilities",
                "audit",
                "scan",
                "secrets",
                "sast",
            ][..],
            "findings",
        ),
        (&["unit", "junit", "eunit", "ct", "pass-rate"], "tests"),
        (&["benchmark", "benchmarks", "performance", "latency", "metrics"], "measurements"),
        (&["cel"], "expression"),
        (&["opa"], "rego"),
        (&["checksums"], "integrity"),
    ] {
        for word in words {
            assert_eq!(mistake(word, ""), format!("there is no rule `{word}` (did you mean `{rule}`?)"));
        }
    }
}

#[test]
fn a_selector_names_what_there_is() {
    let fine = [
        ("tests", "formats = [\"junit\", \"trx\"]"),
        ("tests", "labels = { os = \"linux\", arch = \"arm\" }"),
        ("tests", "evidence = \"unit\""),
        ("findings", "max = { total = 0 }\ncategories = [\"secret\"]\npaths = [\"src/**\"]"),
        ("coverage", "lines = 80\npaths = [\"src/**\"]"),
    ];
    for (rule, keys) in fine {
        assert!(read(&format!("[gates.g]\nrule = \"{rule}\"\n{keys}")).is_ok(), "{keys}");
    }
    for (rule, keys, said) in [
        ("tests", "formats = [\"jnuit\"]", "there is no format `jnuit` (did you mean `junit`?)"),
        ("tests", "formats = [\"lcov\"]", "the format `lcov` says coverage, and this gate judges tests ()"),
        ("tests", "labels = { so = \"linux\" }", "no [[evidence]] entry gives a label `so` (did you mean `os`?)"),
        (
            "tests",
            "labels = { flavour = \"x\" }",
            "no [[evidence]] entry gives a label `flavour` (write {flavour} in a pattern, or labels = { flavour = \"…\" })",
        ),
        ("tests", "evidence = [\"unti\"]", "no [[evidence]] entry is named `unti` (did you mean `unit`?)"),
        (
            "findings",
            "max = { total = 0 }\ncategories = [\"secrte\"]",
            "there is no category `secrte` (did you mean `secret`?)",
        ),
    ] {
        assert_eq!(mistake(rule, keys), said, "{keys}");
    }
    // A kind of evidence that does not speak of categories or sources has no such key.
    assert!(mistake("tests", "categories = [\"secret\"]").contains("`categories`"));
    assert!(mistake("tests", "paths = [\"src/**\"]").contains("`paths`"));
    let policy =
        read("[gates.g]\nrule = \"findings\"\nmax = { total = 0 }\ncategories = [\"secret\"]\nexcept-tools = \"x\"")
            .unwrap();
    let select = &policy.gates[0].select;
    assert_eq!((select.categories.len(), select.except_tools.as_slice()), (1, &["x".to_owned()][..]));
}

#[test]
fn a_gate_without_a_rule_has_the_rule_of_its_name() {
    assert_eq!(read("[gates.tests]").unwrap().gates[0].rule.id(), "tests");
    let told = read("[gates.mine]\nmax-failed = 0").unwrap_err();
    assert!(told.len() == 1 && told[0].starts_with("the gate `mine` has no rule (give it rule = "), "{told:?}");
    // Something else than a text has been told.
    let told = read("[gates.mine]\nrule = 5").unwrap_err();
    assert!(told.len() == 1 && told[0].contains("`rule`"), "{told:?}");
}
