use super::*;
use crate::config::from_toml;

fn told(base: &str, now: &str) -> Vec<String> {
    let tree = |gate: &str| from_toml(&format!("[gates.g]\n{gate}")).unwrap();
    loosened(&tree(base), &tree(now))
}

#[test]
fn a_warning_that_the_limit_has_overtaken_is_no_loss() {
    assert!(told("lines = { min = 80, warn = 90 }", "lines = { min = 90 }").is_empty());
    assert!(told("lines = { min = 80, warn = 90 }", "lines = { min = 95 }").is_empty());
    assert_eq!(told("lines = { min = 80, warn = 90 }", "lines = { min = 89 }"), ["g: lines.warn 90 → none"]);
}

#[test]
fn a_gate_that_was_switched_off_demanded_nothing() {
    assert!(told("lines = 90\nenabled = false", "lines = 10").is_empty());
    assert_eq!(told("lines = 90\nenabled = true", "lines = 10"), ["g: lines 90 → 10"]);
    let gone = |base: &str| loosened(&from_toml(base).unwrap(), &from_toml("[gates.other]").unwrap());
    assert!(gone("[gates.g]\nlines = 90\nenabled = false").is_empty());
    assert_eq!(gone("[gates.g]\nlines = 90"), ["g: the gate is gone"]);
}

#[test]
fn what_a_gate_demands_less_is_not_told_of_its_components_again() {
    let tree = |gate: &str, own: &str| {
        from_toml(&format!(
            "[gates.g]\nrule = \"coverage\"\n{gate}\n[components.c]\npaths = [\"c/**\"]\n[components.c.gates.g]\n{own}"
        ))
        .unwrap()
    };
    let base = tree("lines = 80\nbranches = 70", "lines = 90");
    assert_eq!(loosened(&base, &tree("lines = 80\nbranches = 60", "lines = 91")), ["g: branches 70 → 60"]);
    assert_eq!(loosened(&base, &tree("lines = 80\nbranches = 70", "lines = 85")), ["components.c: g: lines 90 → 85"]);
}

#[test]
fn what_demands_less_is_told_and_what_demands_more_is_not() {
    let looser = [
        ("lines = { min = 80 }", "lines = { min = 79.9 }"),
        ("lines = { min = 80 }", ""),
        ("lines = 80", "lines = 70"),
        ("max = { critical = 0, high = 5 }", "max = { critical = 0, high = 6 }"),
        ("max = { critical = 0, high = 5 }", "max = { critical = 0 }"),
        ("max-failed = 0", "max-failed = 1"),
        ("min-cases = 300", "min-cases = 299"),
        ("max-duration = \"5m\"", "max-duration = \"301s\""),
        ("", "action = \"warn\""),
        ("action = \"warn\"", "action = \"inform\""),
        ("", "enabled = false"),
        ("deny = [\"GPL\", \"AGPL\"]", "deny = [\"GPL\"]"),
        ("allow = [\"MIT\"]", "allow = [\"MIT\", \"BSD\"]"),
        ("", "tools = [\"bandit\"]"),
        ("tools = [\"a\", \"b\"]", "tools = [\"a\"]"),
        ("require = { otp = [\"27\", \"28\"] }", "require = { otp = [\"27\"] }"),
        ("fail-on = \"high\"", "fail-on = \"critical\""),
        ("fail-on = \"high\"", ""),
        ("unknown = \"fail\"", "unknown = \"warn\""),
        ("flaky = \"fail\"", "flaky = \"warn\""),
        ("flaky = \"warn\"", "flaky = \"pass\""),
        ("", "fixable-only = true"),
        ("each = \"os\"", ""),
    ];
    for (base, now) in looser {
        assert_eq!(told(base, now).len(), 1, "{base} → {now}: {:?}", told(base, now));
        assert_eq!(told(base, base), Vec::<String>::new(), "{base}");
    }
    let stricter = looser.into_iter().filter(|(b, n)| !b.is_empty() && !n.is_empty());
    for (base, now) in stricter {
        assert_eq!(told(now, base), Vec::<String>::new(), "{now} → {base}");
    }
}

#[test]
fn evidence_and_waivers_are_compared_too() {
    let of = |base: &str, now: &str| {
        let tree = |text: &str| from_toml(&format!("[gates.g]\n{text}")).unwrap();
        loosened(&tree(base), &tree(now))
    };
    let entry = |keys: &str| format!("[[evidence]]\nname = \"u\"\n{keys}");
    for (base, now, said) in [
        ("min-cases = 5", "min-cases = 4", "evidence u: min-cases 5 → 4"),
        ("max-age = \"1h\"", "max-age = \"2h\"", "evidence u: max-age \"1h\" → \"2h\""),
        ("max-age = \"1h\"", "", "evidence u: max-age \"1h\" → none"),
        ("", "required = false", "evidence u: required none → false"),
        ("", "exclude = [\"a\"]", "evidence u: exclude none → [\"a\"]"),
        ("paths = [\"a\", \"b\"]", "paths = [\"a\"]", "evidence u: paths [\"a\", \"b\"] → [\"a\"]"),
    ] {
        assert_eq!(of(&entry(base), &entry(now)), [said]);
        assert_eq!(of(&entry(base), &entry(base)), Vec::<String>::new());
    }
    assert_eq!(of(&entry("min-cases = 4"), &entry("min-cases = 5")), Vec::<String>::new());
    assert_eq!(of(&entry(""), ""), ["evidence u: the entry is gone"]);
    let waiver = |gate: &str| format!("[[waivers]]\ngate = \"{gate}\"\nid = \"A\"\npath = \"x\"\n");
    assert_eq!(of("", &waiver("g")), ["g: a waiver of A in x is added"]);
    assert_eq!(of(&waiver("g"), &waiver("g")), Vec::<String>::new());
    assert_eq!(of(&waiver("g"), ""), Vec::<String>::new());
    // A gate that the base does not have demands nothing there.
    assert_eq!(of("", &waiver("new")), Vec::<String>::new());
}

#[test]
fn a_gate_that_is_gone_is_told() {
    let tree = |text: &str| from_toml(text).unwrap();
    assert_eq!(loosened(&tree("[gates.a]\n[gates.b]"), &tree("[gates.b]")), ["a: the gate is gone"]);
    assert_eq!(told("lines = { min = 80 }", "lines = { min = 70 }"), ["g: lines.min 80 → 70"]);
}

#[test]
fn what_is_said_beside_the_gates_counts_too() {
    let tree = |text: &str| from_toml(text).unwrap();
    let told = |base: &str, now: &str| loosened(&tree(base), &tree(now));
    for (base, now, words) in [
        ("[[evidence]]\nname = \"a\"\npaths = [\"x\"]", "", "evidence a: the entry is gone"),
        ("[[evidence]]\npaths = [\"x\"]", "[[evidence]]\npaths = [\"y\"]", "evidence [\"x\"]: the entry is gone"),
        (
            "[[evidence]]\nname = \"a\"\npaths = [\"x\"]",
            "[[evidence]]\nname = \"a\"\npaths = [\"x\"]\nexclude = [\"z\"]",
            "evidence a: exclude none → [\"z\"]",
        ),
        (
            "[[evidence]]\nname = \"a\"\nmax-age = \"2h\"",
            "[[evidence]]\nname = \"a\"\nmax-age = \"3h\"",
            "evidence a: max-age \"2h\" → \"3h\"",
        ),
        ("", "[[waivers]]\nid = \"B1\"", "all gates: a waiver of B1 is added"),
        (
            "[[waivers]]\nid = \"B1\"\nexpires = \"2026-01-01\"",
            "[[waivers]]\nid = \"B1\"\nexpires = 2026-02-01",
            "all gates: the waiver of B1 expires 2026-01-01 → 2026-02-01",
        ),
        ("[baseline]\nmax-shrink = 5", "[baseline]\nmax-shrink = 6", "baseline.max-shrink 5 → 6"),
        ("[baseline]", "[baseline]\nrequired = false", "baseline.required none → false"),
        ("weakening = \"fail\"", "", "weakening \"fail\" → none"),
        ("[weakening]\nlost = \"fail\"", "[weakening]\nlost = \"warn\"", "weakening.lost \"fail\" → \"warn\""),
        ("[components.a]\npaths = [\"a\"]", "", "components.a: the component is gone"),
        ("[gates.g]\nrule = \"tests\"", "[gates.g]\nrule = \"sbom\"", "g: rule \"tests\" → \"sbom\""),
        ("[gates.g]\nratchet = true", "[gates.g]", "g: ratchet true → none"),
        ("[gates.g]", "[gates.g]\nexceptions = { p = \"x\" }", "g: exceptions.p none → \"x\""),
        ("[gates.g]\nslower = \"50%\"", "[gates.g]\nslower = \"60%\"", "g: slower \"50%\" → \"60%\""),
        ("[gates.g]\nlines = 80", "[gates.g]\nlines = { min = 70 }", "g: lines.min 80 → 70"),
        ("[gates.g]\nlines = { min = 80 }", "[gates.g]\nlines = 70", "g: lines.min 80 → 70"),
    ] {
        assert!(told(base, now).contains(&words.to_owned()), "{base} → {now}: {:?}", told(base, now));
        assert_eq!(told(base, base), Vec::<String>::new(), "{base}");
    }
    for (base, now) in [
        ("[[waivers]]\nid = \"B1\"\nexpires = \"2026-02-01\"", "[[waivers]]\nid = \"B1\"\nexpires = \"2026-01-01\""),
        ("[[waivers]]\nid = \"B1\"", "[[waivers]]\nid = \"B1\"\nexpires = \"2026-01-01\""),
        ("", "[[evidence]]\npaths = [\"x\"]"),
        ("", "weakening = \"fail\""),
        ("", "[baseline]\nancestor = true"),
        ("[gates.g]\nlines = 80", "[gates.g]\nlines = { min = 80 }"),
    ] {
        assert_eq!(told(base, now), Vec::<String>::new(), "{base} → {now}");
    }
}

/// Pairs of which the second demands less, and not the first.
fn one_way(wrap: &dyn Fn(&str) -> String, pairs: &[(&str, &str)]) {
    let tree = |text: &str| from_toml(&wrap(text)).unwrap_or_else(|e| panic!("{}: {}", wrap(text), e.message));
    for (base, now) in pairs {
        let said = loosened(&tree(base), &tree(now));
        assert_eq!(said.len(), 1, "{base} → {now}: {said:?}");
        assert_eq!(loosened(&tree(now), &tree(base)), Vec::<String>::new(), "{now} → {base}");
        for same in [base, now] {
            assert_eq!(loosened(&tree(same), &tree(&format!("\n{same}"))), Vec::<String>::new(), "{same}");
        }
    }
}

#[test]
fn each_key_of_a_gate_has_its_direction() {
    one_way(
        &|keys| format!("[gates.g]\n{keys}"),
        &[
            // What every gate has.
            ("", "cells = \"any\""),
            ("cells = \"all\"", "cells = { at-least = 5 }"),
            ("cells = { at-least = 3 }", "cells = { at-least = 2 }"),
            ("cells = { at-least = 2 }", "cells = \"any\""),
            ("then = \"rollback\"", ""),
            ("require = { otp = [\"27\"] }", ""),
            ("require = [\"db\", \"vm\"]", "require = [\"db\"]"),
            ("", "exclude-cells = [{ os = \"linux\" }]"),
            ("", "allow-fail = [{ os = \"mac\", reason = \"r\", expires = \"2026-01-01\" }]"),
            (
                "allow-fail = [{ os = \"mac\", reason = \"r\", expires = \"2026-01-01\" }]",
                "allow-fail = [{ os = \"mac\", reason = \"another\", expires = \"2026-01-02\" }]",
            ),
            ("", "labels = { os = [\"linux\"] }"),
            ("labels = { os = [\"linux\", \"mac\"] }", "labels = { os = [\"linux\"] }"),
            ("", "except-tools = [\"x\"]"),
            ("", "formats = [\"junit\"]"),
            // Tests: none may fail where nothing is said, and counting flaky cases lets them pass.
            ("", "max-failed = 1"),
            ("max-failed = 0", "max-failed = 1"),
            ("", "min-pass-rate = 99"),
            ("min-pass-rate = 100", "max-failed = 3"),
            ("", "flaky = \"warn\""),
            ("", "max-flaky = 3"),
            ("attempts = \"full\"", "attempts = \"failed-only\""),
            ("", "quarantine = [{ test = \"a\", reason = \"r\", expires = \"2026-01-01\" }]"),
            ("min-cases = 1", "min-cases = 0"),
            ("", "min-cases = 0"),
            ("min-pass-rate = 95", "min-pass-rate = 94.9"),
            ("min-pass-rate = 100", "min-pass-rate = 99.9"),
            ("max-failed = 3", "max-failed = 4"),
            ("max-skipped = 3", "max-skipped = 4"),
            ("max-lost = 0", ""),
            ("max-newly-skipped = 0", "max-newly-skipped = 1"),
            // Coverage: too few new lines are not failed for.
            ("patch = { lines = 80, min-lines = 5 }", "patch = { lines = 80, min-lines = 6 }"),
            ("patch = { lines = 80 }", "patch = { lines = 80, min-lines = 2 }"),
            ("patch = { lines = 80 }", "patch = { lines = 80, unmeasured = \"uncovered\" }"),
            ("patch = { lines = { min = 80 } }", "patch = { lines = { min = 79 } }"),
            ("patch = { lines = 80 }", "patch = { lines = 79 }"),
            ("files = { lines = { warn = 80 } }", "files = { lines = { warn = 79 } }"),
            ("modules = { lines = 80 }", "modules = { only = [\"a\"], lines = 80 }"),
            ("files = { max-drop = 1 }", "files = { max-drop = 2 }"),
            ("max-drop = \"1pp\"", "max-drop = 2"),
            // Findings: a severity without a limit of its own counts with the one below it.
            ("max = { medium = 0 }", "max = { medium = 0, high = 5 }"),
            ("max = { medium = 3, high = 0 }", "max = { medium = 3 }"),
            ("max = { total = 5 }", "max = { total = 5, unknown = 9 }"),
            ("", "on-diff = true"),
            ("", "new-only = true"),
            ("max-suppressed = 5", "max-suppressed = 6"),
            // Licences, inventories.
            ("", "min-components = 0"),
            ("max-age = \"1h\"", "max-age = \"2h\""),
            ("allow = [\"MIT\"]", ""),
            ("review = [\"MPL\"]", ""),
            ("", "exceptions = { p = \"x\" }"),
            ("", "ignore-scopes = [\"dev\"]"),
            ("ntia = true", ""),
            ("", "valid = false"),
            ("specs = [\"SPDX\"]", "specs = [\"SPDX\", \"CycloneDX\"]"),
            ("specs = [\"SPDX\"]", ""),
            ("subject = { name = \"x\" }", ""),
            // Measurements.
            ("limits = { p99 = { max = \"500ms\" } }", "limits = { p99 = { max = \"1s\" } }"),
            ("limits = { size = { max = \"10 KiB\" } }", "limits = { size = { max = \"1 MiB\" } }"),
            ("limits = { rate = { min = \"100 1/s\" } }", "limits = { rate = { min = \"99 1/s\" } }"),
            ("limits = { a = { max = 1 }, b = { max = 1 } }", "limits = { a = { max = 1 } }"),
            ("max = \"5%\"", "max = \"10%\""),
            ("regression = { max = \"5%\" }", "regression = { max = \"6%\" }"),
            ("", "confidence = 90"),
            ("", "min-samples = 49"),
            (
                "metrics = [{ name = \"a\", max-increase = \"5%\" }]",
                "metrics = [{ name = \"a\", max-increase = \"6%\" }]",
            ),
            ("metrics = [{ name = \"a\" }, { name = \"b\" }]", "metrics = [{ name = \"a\" }]"),
            ("metrics = [{ name = \"a\" }]", "metrics = [{ name = \"a\", critical = false }]"),
            ("", "metrics = [\"bench/*\"]"),
            // Release, approvals, the rest.
            ("", "tag = false"),
            ("prerelease = [\"rc\"]", "prerelease = [\"rc\", \"beta\"]"),
            ("types = [\"fix\"]", ""),
            ("changelog = \"C.md\"", ""),
            ("commits = \"conventional\"", ""),
            ("min = 2", "min = 1"),
            ("from = [\"a\"]", "from = [\"a\", \"b\"]"),
            ("groups = { s = { of = [\"a\", \"b\"], min = 2 } }", "groups = { s = { of = [\"a\", \"b\"] } }"),
            ("groups = { s = { of = [\"a\"], min = 3 } }", "groups = { s = { of = [\"a\"], min = 2 } }"),
            ("groups = { s = { of = [\"a\"] } }", "groups = { s = { of = [\"a\", \"b\"] } }"),
            ("committers = \"deny\"", ""),
            ("", "bots = \"allow\""),
            ("deadline = \"48h\"", "deadline = \"72h\""),
            ("", "max-open = 1"),
            ("", "degraded = \"warn\""),
            ("files = [\"dist/**\"]", ""),
            ("", "except = [\"*.asc\"]"),
            ("", "unread = true"),
            ("", "allow-empty = true"),
        ],
    );
    // Which of these is weaker nobody can tell: both ways are told.
    let tree = |keys: &str| from_toml(&format!("[gates.g]\n{keys}")).unwrap();
    for (a, b) in [
        ("each = \"os\"", "each = [\"os\", \"otp\"]"),
        ("expr = \"a\"", "expr = \"b\""),
        ("xyz = 1", "xyz = 2"),
        ("max-failed = 3", "min-pass-rate = 95"),
        // Two sorts of quantities, of values, of keys.
        ("limits = { a = { max = \"5 KiB\" } }", "limits = { a = { max = \"9 s\" } }"),
        ("min-cases = 5", "min-cases = true"),
        ("max-held = 5", "max-held = { low = 3 }"),
        ("max = 5", "max = { low = 3 }"),
        ("require = [\"db\"]", "require = { os = [\"mac\"] }"),
        ("changelog = \"A.md\"", "changelog = \"B.md\""),
        ("limits = { a = { min = 1, warn = 2 } }", "limits = { a = { min = 1, warn = 3 } }"),
    ] {
        assert_eq!([loosened(&tree(a), &tree(b)).len(), loosened(&tree(b), &tree(a)).len()], [1, 1], "{a} {b}");
    }
    // Nothing comes to nothing: these are two ways to say one thing.
    for (a, b) in [
        ("cells = \"any\"", "cells = { at-least = 1 }"),
        ("", "cells = \"all\""),
        ("max-failed = 0", "min-pass-rate = 100"),
        ("lines = 80", "lines = { min = \"80%\" }"),
        ("max-duration = \"60s\"", "max-duration = \"1m\""),
        ("limits = { a = { max = \"1s\" } }", "limits = { a = { max = \"1000 ms\" } }"),
        ("", "max = { low = 0 }"),
    ] {
        assert_eq!(loosened(&tree(a), &tree(b)), Vec::<String>::new(), "{a} {b}");
    }
    assert!(is_looser(&tree("min-cases = 2"), &tree("min-cases = 1")));
    assert!(!is_looser(&tree("min-cases = 2"), &tree("min-cases = 3")));
    // Why something is excepted is no limit.
    let reason = |r: &str| tree(&format!("exceptions = {{ p = \"{r}\" }}\nmessage = \"{r}\""));
    assert_eq!(loosened(&reason("a"), &reason("b")), Vec::<String>::new());
}

#[test]
fn where_a_policy_stands_in_its_file_makes_no_difference() {
    let text = "[gates.g]\nevidence = [\"a\"]\neach = [\"os\"]\n[[waivers]]\ngate = \"g\"\nlabels = { os = [\"x\"] }\nid = \"A\"\n";
    let (a, b) = (from_toml(text).unwrap(), from_toml(&format!("\n\n{text}")).unwrap());
    assert_eq!(loosened(&a, &b), Vec::<String>::new());
    let extract = |of: &str| from_toml(&format!("[[evidence]]\nname = \"u\"\nextract = [{{ {of} }}]")).unwrap();
    let (a, b) = (extract("metric = \"a\", json = \"/a\""), extract("json = \"/a\", metric = \"a\""));
    assert_eq!(loosened(&a, &b), Vec::<String>::new());
    assert_eq!(loosened(&a, &extract("metric = \"a\", json = \"/b\"")), ["evidence u: extract.a.json \"/a\" → \"/b\""]);
}

#[test]
fn each_key_beside_the_gates_has_its_direction() {
    one_way(
        &|keys| format!("[gates.g]\n[[evidence]]\nname = \"u\"\n{keys}"),
        &[
            ("min-samples = 5", "min-samples = 4"),
            ("min-series = 5", ""),
            ("", "min-matched = 89"),
            ("same-commit = true", ""),
            ("format = \"junit\"", ""),
            ("", "ignore = [\"*.log\"]"),
            ("packages = [\"a/*\"]", "packages = []"),
            ("extract = [{ metric = \"a\", json = \"/a\" }]", ""),
        ],
    );
    one_way(
        &|keys| format!("[gates.g]\n{keys}"),
        &[
            ("[baseline]\nmax-shrink = 20", "[baseline]"),
            ("[baseline]\nmax-shrink = 20", "[baseline]\nmax-shrink = 30"),
            ("[baseline]\nmax-age = \"1d\"", "[baseline]\nmax-age = \"2d\""),
            ("", "[baseline]\nancestor = false"),
            ("", "[baseline]\nloosening = \"allow\""),
            ("[baseline]\nloosening = \"fail\"", "[baseline]\nloosening = \"warn\""),
            ("[weakening]\nlost = \"fail\"", "[weakening]\nlost = \"warn\""),
            ("[waivers-policy]\nmax-days = 30", "[waivers-policy]\nmax-days = 31"),
            ("[waivers-policy]\nmax-days = 30", ""),
            ("[suspicion]\ntotals-far-share = 60", "[suspicion]\ntotals-far-share = 59"),
            ("", "[suspicion]\ntotals-far-share = 49"),
            ("[suspicion]\ntotals-far = \"error\"", ""),
            ("", "[suspicion]\ntotals-far = \"off\""),
            (
                "[[waivers]]\ngate = \"g\"\nid = \"A\"\nstarts = \"2026-02-01\"",
                "[[waivers]]\ngate = \"g\"\nid = \"A\"\nstarts = \"2026-01-01\"",
            ),
            (
                "[[waivers]]\ngate = \"g\"\nid = \"A\"\nexpires = \"2026-02-01\"",
                "[[waivers]]\ngate = \"g\"\nid = \"A\"",
            ),
        ],
    );
    let tree = |text: &str| from_toml(&format!("[gates.g]\n{text}")).unwrap();
    let waiver = "[[waivers]]\ngate = \"g\"\nid = \"A\"\n";
    for (base, now) in [
        (waiver.to_owned(), format!("{waiver}covers = [\"missing\"]")),
        (format!("{waiver}path = \"a/*\""), format!("{waiver}path = \"a/**\"")),
        ("[rollout]\nsteps = [5, 100]".to_owned(), "[rollout]\nsteps = [50, 100]".to_owned()),
        ("[components]\nroot = [\"a\"]".to_owned(), "[components]\nroot = [\"a\", \"b\"]".to_owned()),
        ("[components]\nroot = [\"a\", \"b\"]".to_owned(), "[components]\nroot = [\"a\"]".to_owned()),
        (
            "[[evidence]]\npaths = [\"x\"]\nformat = \"junit\"".to_owned(),
            "[[evidence]]\npaths = [\"x\"]\nformat = \"tap\"".to_owned(),
        ),
    ] {
        assert_eq!(loosened(&tree(&base), &tree(&now)).len(), 1, "{base} → {now}");
    }
}

#[test]
fn what_a_component_makes_of_a_gate_is_held_as_the_gate_that_it_comes_to() {
    let wrap = |keys: &str| format!("[gates.g]\nlines = {{ min = 90 }}\n[components.a]\npaths = [\"a/**\"]\n{keys}");
    one_way(
        &wrap,
        &[
            ("", "[components.a.gates.g]\nlines = { min = 89 }"),
            ("[components.a.gates.g]\nlines = { min = 95 }", ""),
            ("[components.a.gates.g]\nlines = { min = 95 }", "[components.a.gates.g]\nlines = { min = 94 }"),
            ("", "[components.a.gates.g]\nenabled = false"),
            ("depends = [\"b\"]", ""),
        ],
    );
    let tree = |keys: &str| from_toml(&wrap(keys)).unwrap();
    let said = loosened(&tree(""), &tree("[components.a.gates.g]\nlines = 80"));
    assert_eq!(said, ["components.a: g: lines.min 90 → 80"]);
    // The gate's own loosening is told once, for the gate.
    let of = |min: u8| {
        from_toml(&format!(
            "[gates.g]\nlines = {min}\n[components.a]\npaths = [\"a\"]\n[components.a.gates.g]\nbranches = 5"
        ))
        .unwrap()
    };
    assert_eq!(loosened(&of(90), &of(80)), ["g: lines 90 → 80"]);
}

#[test]
fn a_value_is_the_same_in_whatever_order_and_quotes() {
    let value = |text: &str| canonical(from_toml(&format!("k = {text}")).unwrap().get("k").unwrap());
    for (a, b, same) in [
        ("{ a = 1, b = 2 }", "{ b = 2, a = 1 }", true),
        ("[{ a = 1, b = 2 }]", "[{ b = 2, a = 1 }]", true),
        ("{ k = [{ a = 1, b = { c = 2, d = 3 } }] }", "{ k = [{ b = { d = 3, c = 2 }, a = 1 }] }", true),
        ("2026-01-01", "\"2026-01-01\"", true),
        ("[2026-01-01]", "[\"2026-01-01\"]", true),
        ("{ a = 1, b = 2 }", "{ a = 2, b = 1 }", false),
        ("{ a = 1 }", "{ a = 1, b = 2 }", false),
        ("[1, 2]", "[2, 1]", false),
        ("1", "\"1\"", false),
        ("[\"a, b\"]", "[\"a\", \"b\"]", false),
    ] {
        assert_eq!(value(a) == value(b), same, "{a} and {b}");
    }
}

#[test]
fn what_leaves_more_out_is_of_its_own_sort() {
    let tree = |text: &str| from_toml(text).unwrap();
    let sorts =
        |base: &str, now: &str| compared(&tree(base), &tree(now)).into_iter().map(|l| l.sort).collect::<Vec<_>>();
    let gate = |keys: &str| format!("[gates.g]\n{keys}");
    let entry = |keys: &str| format!("[[evidence]]\nname = \"u\"\n{keys}");
    for (base, now, sort) in [
        (gate(""), gate("ignore-scopes = [\"dev\"]"), Looser::Exclude),
        (gate(""), gate("exceptions = { p = \"x\" }"), Looser::Exclude),
        (gate(""), gate("quarantine = [{ test = \"a\" }]"), Looser::Exclude),
        (entry(""), entry("exclude = [\"a\"]"), Looser::Exclude),
        (String::new(), "suppressions = [\"v.json\"]".to_owned(), Looser::Exclude),
        (gate(""), gate("min-cases = 0"), Looser::Policy),
        (gate("lines = 80"), gate("lines = 70"), Looser::Policy),
        (entry(""), String::new(), Looser::Policy),
        (gate(""), format!("{}\n[[waivers]]\ngate = \"g\"\nid = \"A\"", gate("")), Looser::Waiver),
    ] {
        assert_eq!(sorts(&base, &now), [sort], "{base} → {now}");
    }
}
