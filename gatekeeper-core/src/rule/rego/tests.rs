use super::super::testing::{Case, evidence, gate, violations};
use super::RULE;
use crate::verdict::GateStatus::{self, Error, Fail, Missing, Pass, Warn};
use gatekeeper_evidence::Data;
use gatekeeper_evidence::findings::{Finding, Findings, Severity};
use gatekeeper_evidence::test_run::{Case as One, Outcome, Suite, TestRun};

fn run(outcomes: &[Outcome]) -> Data {
    let case = |(n, status): (usize, &Outcome)| One { name: format!("t{n}").into(), status: *status, ..One::default() };
    let cases = outcomes.iter().enumerate().map(case).collect();
    Data::Tests(TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() })
}

fn found(severities: &[Severity]) -> Data {
    let items = severities.iter().map(|s| Finding { severity: *s, rule: "R".into(), ..Finding::default() }).collect();
    Data::Findings(Findings { items, ..Findings::default() })
}

const PASSED: &[Outcome] = &[Outcome::Passed, Outcome::Passed];
const FAILED: &[Outcome] = &[Outcome::Passed, Outcome::Failed];

/// A gate's keys with these rules in the package `main`.
fn keys(rules: &str) -> String {
    format!("modules.\"p.rego\" = '''package main\n{rules}'''")
}

fn of(rules: &str, data: Data) -> GateStatus {
    Case::new(&RULE, &keys(rules), vec![evidence("e", data)]).judged().status()
}

const NO_FAILURE: &str = "deny contains msg if {\n input.tests.counts.failed > 0\n msg := sprintf(\"%d failed\", [input.tests.counts.failed])\n}\n";

#[test]
fn what_is_denied_fails() {
    assert_eq!(of(NO_FAILURE, run(PASSED)), Pass);
    assert_eq!(of(NO_FAILURE, run(FAILED)), Fail);
    let case = Case::new(
        &RULE,
        "modules.\"p.rego\" = '''package main\ndeny contains \"x\" if input.tests.counts.failed > 0\nwarn_w contains {\"msg\": \"w\", \"id\": \"W1\", \"path\": \"a.c\"} if input.tests.counts.failed > 0'''",
        vec![evidence("e", run(FAILED))],
    );
    let judged = case.judged();
    assert_eq!(violations(&judged), [("rego-deny", Fail), ("rego-warn", Warn)]);
    let shown: Vec<_> = judged.violations.iter().map(|v| (v.message.as_str(), v.id.as_deref())).collect();
    assert_eq!(shown, [("x", Some("main.deny")), ("w", Some("W1"))]);
    assert_eq!(of("warn contains \"w\" if input.tests.counts.failed > 0", run(FAILED)), Warn);
    assert_eq!(of("violation contains {\"msg\": \"v\"} if input.tests.counts.failed > 0", run(FAILED)), Fail);
}

#[test]
fn version_0_is_read_too() {
    let old = "deny[msg] {\n input.tests.counts.failed > 0\n msg := \"failed\"\n}\n";
    assert_eq!([of(old, run(PASSED)), of(old, run(FAILED))], [Pass, Fail]);
    let ported = format!("import rego.v1\n{NO_FAILURE}");
    assert_eq!([of(&ported, run(PASSED)), of(&ported, run(FAILED))], [Pass, Fail]);
}

#[test]
fn a_rule_that_is_no_set_denies_as_well() {
    // Conftest takes each of these for a pass.
    assert_eq!(of("deny := \"x\" if input.tests.counts.failed > 0", run(FAILED)), Fail);
    assert_eq!(of("deny if input.tests.counts.failed > 0", run(FAILED)), Fail);
    assert_eq!(of("default deny := false\ndeny if input.tests.counts.failed > 0", run(PASSED)), Pass);
    assert_eq!(of("deny := {\"message\": \"x\"} if input.tests.counts.failed > 0", run(FAILED)), Error);
    assert_eq!(of("deny contains 3 if input.tests.counts.failed > 0", run(FAILED)), Error);
}

#[test]
fn what_is_not_there_is_no_pass() {
    assert_eq!(of(NO_FAILURE, found(&[])), Missing);
    assert_eq!(of(NO_FAILURE, run(&[])), Error, "no case");
    assert_eq!(of("deny if input.tests.counts.failed > 0", run(PASSED)), Error, "nothing is defined");
    assert_eq!(of("deny contains \"x\" if input.run.tag != \"v1\"", run(PASSED)), Error, "no tag is given");
    assert_eq!(of("deny contains \"x\" if object.get(input.run, \"tag\", \"none\") == \"none\"", run(PASSED)), Fail);
    assert_eq!(
        of(
            "deny contains \"x\" if to_number(\"a\") > 1\nwarn contains \"y\" if input.tests.counts.failed > 9",
            run(PASSED)
        ),
        Error
    );
}

#[test]
fn exceptions_are_noted() {
    let rules = "deny_a contains \"a\" if input.tests.counts.failed > 0\ndeny_b contains \"b\" if input.tests.counts.failed > 0\nexception contains rules if rules := [\"a\"]";
    let keys = keys(rules);
    let judged = Case::new(&RULE, &keys, vec![evidence("e", run(FAILED))]).judged();
    assert_eq!(judged.violations.iter().map(|v| v.message.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(judged.notes, ["main.exception excuses main.deny_a: 1 not counted"]);
}

#[test]
fn packages_and_data() {
    let two = "namespaces = [\"main\", \"release\"]\ndocuments = { limits = { most = 1 } }\nmodules.\"a.rego\" = '''package main\nimport data.lib\ndeny contains \"a\" if lib.failed > data.limits.most'''\nmodules.\"b.rego\" = '''package lib\nfailed := input.tests.counts.failed'''\nmodules.\"c.rego\" = '''package release\nwarn contains \"c\" if input.tests.counts.failed > 0'''";
    let judged = |outcomes| Case::new(&RULE, two, vec![evidence("e", run(outcomes))]).judged().status();
    assert_eq!(judged(FAILED), Warn);
    assert_eq!(judged(&[Outcome::Passed, Outcome::Failed, Outcome::Failed]), Fail);
    let all = two.replace("namespaces = [\"main\", \"release\"]", "all-namespaces = true");
    assert_eq!(Case::new(&RULE, &all, vec![evidence("e", run(FAILED))]).judged().status(), Warn);
    let main = two.replace("namespaces = [\"main\", \"release\"]", "");
    assert_eq!(Case::new(&RULE, &main, vec![evidence("e", run(FAILED))]).judged().status(), Pass);
}

#[test]
fn mistakes_are_told_when_the_policy_is_read() {
    for (rules, said) in [
        ("deny contains \"x\" if input.covrage.lines.covered < 3", "no `covrage`"),
        ("deny contains \"x\" if not input[\"covrage\"]", "no `covrage`"),
        ("deny contains \"x\" if input.tests.counts.faild > 0", "no `faild`"),
        ("deny contains \"x\" if input.tests.cases.name == \"a\"", "asked of a list"),
        ("deny contains \"x\" if input.tests.counts.failed.n == 1", "plain value"),
        ("deny contains \"x\" if input.tests.cases[_].nam == \"a\"", "no `nam`"),
        ("deny contains \"x\" if { some c in input.tests.cases\n c.nam == \"a\" }", "no `nam`"),
        ("deny contains \"x\" if { c := input.tests.cases[_]\n c.nam == \"a\" }", "no `nam`"),
        ("deny contains \"x\" if every c in input.tests.cases { c.nam == \"a\" }", "no `nam`"),
        ("import input.tests as t\ndeny contains \"x\" if t.count.failed > 0", "no `count`"),
        ("deny contains \"x\" if { input.tests.counts.failed > nope(1) }", "no function `nope`"),
        (
            "deny contains http.send({\"method\": \"get\", \"url\": \"x\"}) if input.tests.counts.failed > 0",
            "`http.send` is not there",
        ),
        (
            "deny contains \"x\" if { some n in numbers.range(1, 1000000000000)\n input.tests.counts.failed > n }",
            "without bound",
        ),
        ("deny contains \"x\" if input.tests.counts.failed > bits.lsh(1, 4000000000)", "without bound"),
        ("deny contains rand.intn(\"x\", 3) if input.tests.counts.failed > 0", "by chance"),
        ("deny contains \"x\" if {", "not valid Rego"),
        ("deny contains \"x\" if { input.tests.counts.failed > 0\n n > 3 }", "`n` is unsafe"),
        ("allow if input.tests.counts.failed == 0", "has no rule `deny`"),
    ] {
        let problems = gate(&RULE, &keys(rules)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{rules}: {problems:?}");
    }
    assert_eq!(gate(&RULE, "").unwrap_err(), ["this gate has no `rego`"]);
    let other = keys(NO_FAILURE) + "\nnamespaces = [\"mian\"]";
    assert_eq!(gate(&RULE, &other).unwrap_err(), ["none of the Rego files is of the package `mian`"]);
    let both = keys(NO_FAILURE) + "\nnamespaces = [\"main\"]\nall-namespaces = true";
    assert!(gate(&RULE, &both).unwrap_err()[0].contains("keep one"));
    // What is not asked may speak of anything, and tests bring what they speak of.
    let others =
        keys(NO_FAILURE) + "\nmodules.\"k.rego\" = '''package k8s\ndeny contains \"x\" if input.kind == \"Pod\"'''";
    assert!(gate(&RULE, &others).is_ok());
    let tests = keys(&format!("{NO_FAILURE}test_it if {{ deny with input as parse_config(\"json\", \"x\") }}"));
    assert!(gate(&RULE, &tests).is_ok());
}

#[test]
fn what_names_stand_for_is_held_against_the_document() {
    let cases = "cases := input.tests.cases\n";
    for (rules, said) in [
        // By a rule.
        ("counts := input.tests.counts\ndeny contains \"x\" if counts.faild > 0", "no `faild`"),
        (&format!("{cases}deny contains \"x\" if {{ some c in cases\n c.nam == \"a\" }}"), "no `nam`"),
        (&format!("{cases}deny contains \"x\" if cases[_].nam == \"a\""), "no `nam`"),
        (
            "bad contains c if { some c in input.tests.cases\n c.status == \"failed\" }\ndeny contains b.nam if some b in bad",
            "no `nam`",
        ),
        (
            "bad := [c | some c in input.tests.cases\n c.name != \"\"]\ndeny contains bad[0].nam if count(bad) > 0",
            "no `nam`",
        ),
        ("a := b\nb := c\nc := input.tests\ndeny contains \"x\" if a.count.failed > 0", "no `count`"),
        // By a parameter.
        ("many(t) if t.counts.faild > 0\ndeny contains \"x\" if many(input.tests)", "no `faild`"),
        ("nam(c) := c.nam\ndeny contains \"x\" if { some c in input.tests.cases\n nam(c) == \"a\" }", "no `nam`"),
        // By a variable that stands on the other side, or is told of later.
        ("deny contains \"x\" if { input.tests.cases[_] = c\n c.nam == \"a\" }", "no `nam`"),
        ("deny contains d if { a := input.tests\n b := a.cases\n c := b[_]\n d := c.nam }", "no `nam`"),
        // By a text.
        ("deny contains \"x\" if object.get(input.tests.counts, \"faild\", 0) > 0", "no `faild`"),
        ("deny contains \"x\" if object.get(input, [\"tests\", \"count\"], {}) == {}", "no `count`"),
        ("t := object.get(input, \"tests\", {})\ndeny contains \"x\" if t.counts.faild > 0", "no `faild`"),
        // A rule with the name of a test that others speak of.
        ("test_failed if input.tests.counts.faild > 0\ndeny contains \"x\" if test_failed", "no `faild`"),
        // Data that nobody has.
        ("deny contains \"x\" if input.tests.counts.failed > data.limits.most", "no `limits` in `data`"),
        ("deny contains \"x\" if input.tests.counts.failed > data.main.mots\nmost := 3", "no `mots` in `data.main`"),
    ] {
        let problems = gate(&RULE, &keys(rules)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{rules}: {problems:?}");
    }
    let data = "documents = { limits = { most = 1, each = [{ n = 1 }] } }\n".to_owned();
    let of = |rules: &str| gate(&RULE, &(data.clone() + &keys(rules))).map(|_| ());
    let misspelt = of("deny contains \"x\" if input.tests.counts.failed > data.limits.mots").unwrap_err();
    assert_eq!(
        misspelt,
        ["there is no `mots` in `data.limits`: did you mean `most`?"].map(|s| s.split(": did").next().unwrap())
    );
    for fine in [
        "deny contains \"x\" if input.tests.counts.failed > data.limits.each[0].n",
        "deny contains \"x\" if { some l in data.limits.each\n input.tests.counts.failed > l.n }",
        // A name may stand for several things, or for what cannot be told.
        "deny contains \"x\" if { some c in input.tests.cases\n c.status == \"failed\" }\nwarn contains \"y\" if { some c in input.findings.items\n c.severity == \"high\" }",
        "deny contains \"x\" if { a := [c | some c in input.tests.cases\n c.status == \"failed\"]\n b := [c | some c in input.findings.items\n c.severity == \"high\"]\n count(a) + count(b) > 0 }",
        "n(of) := of.name\ndeny contains \"x\" if { some c in input.tests.cases\n n(c) == n({\"name\": \"a\"}) }",
        "cases := input.tests.cases\nn(cases) := cases.any\ndeny contains \"x\" if n({\"any\": input.tests.counts.failed}) > 0",
        "deny contains \"x\" if { some k, v in input.tests.counts\n k == \"failed\"\n v > 0 }",
        "deny contains \"x\" if { c := json.unmarshal(\"{}\")\n c.nam == input.tests.counts.failed }",
        "x = y\ny = x1\nx1 := 3\ndeny contains \"x\" if input.tests.counts.failed > x",
    ] {
        assert_eq!(of(fine), Ok(()), "{fine}");
    }
    // What is asked for through a name has to be there.
    assert_eq!(of_run("run := input.run\ndeny contains \"x\" if run.tag != \"v1\""), Error);
    assert_eq!(of_run("t(r) := r.tag\ndeny contains \"x\" if t(input.run) != \"v1\""), Error);
    assert_eq!(
        of_run(
            "run := object.get(input, \"run\", {})\ndeny contains \"x\" if object.get(run, \"tag\", \"\") == \"v1\""
        ),
        Pass
    );
}

/// A gate on tests that passed, with these rules beside one on them.
fn of_run(rules: &str) -> GateStatus {
    of(&format!("{NO_FAILURE}{rules}"), run(PASSED))
}

#[test]
fn a_bomb_stops_at_its_limit() {
    let many: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let rules = format!(
        "n := [{}]\ndeny contains \"x\" if {{\n input.tests.counts.failed >= 0\n a := n[_]\n b := n[_]\n c := n[_]\n d := n[_]\n a + b + c + d < 0\n}}",
        many.join(", ")
    );
    let began = std::time::Instant::now();
    assert_eq!(of(&rules, run(PASSED)), Error);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn a_bomb_of_shared_values_or_of_text_stops_at_its_limit() {
    // Each value twice the one before: compared in a single step, of which the timer sees nothing.
    let shared = |name: &str| {
        let doubled: Vec<String> =
            (1..40).map(|n| format!("{name}{n} := [{name}{}, {name}{}]", n - 1, n - 1)).collect();
        format!("{name}0 := [1]\n{}\n", doubled.join("\n"))
    };
    let compared = format!(
        "{}{}deny contains \"x\" if {{ input.tests.counts.failed >= 0\n a39 != b39 }}",
        shared("a"),
        shared("b")
    );
    let doubled: Vec<String> = (1..26).map(|n| format!(" t{n} := concat(\"\", [t{}, t{}])", n - 1, n - 1)).collect();
    let text = format!(
        "deny contains \"x\" if {{\n input.tests.counts.failed >= 0\n t0 := \"0123456789abcdef\"\n{}\n contains(t25, \"y\")\n}}",
        doubled.join("\n")
    );
    let wide = "deny contains sprintf(\"%900000000d\", [1]) if input.tests.counts.failed >= 0".to_owned();
    for rules in [compared, text, wide] {
        let began = std::time::Instant::now();
        assert_eq!(of(&rules, run(PASSED)), Error, "{rules}");
        assert!(began.elapsed().as_secs() < 10, "{rules}: {:?}", began.elapsed());
    }
}

#[test]
fn the_clock_is_the_runs() {
    let keys = keys("deny contains \"x\" if { input.tests.counts.failed >= 0\n time.now_ns() > 1500000000 }");
    let mut case = Case::new(&RULE, &keys, vec![evidence("e", run(PASSED))]);
    assert_eq!(case.judged().status(), Error, "it has none");
    case.now = Some(1);
    assert_eq!(case.judged().status(), Pass);
    case.now = Some(2);
    assert_eq!(case.judged().status(), Fail);
}

#[test]
fn a_gate_takes_the_kinds_that_its_rules_speak_of() {
    for (rules, takes, needs) in [
        (NO_FAILURE, [true, false], true),
        ("deny contains \"x\" if input.findings.total > 0", [false, true], true),
        ("deny contains \"x\" if count(input.evidence) < 1", [true, true], true),
        ("deny contains \"x\" if input.run.tag == \"v1\"", [true, true], false),
    ] {
        let gate = gate(&RULE, &keys(rules)).unwrap();
        let all = [run(PASSED), found(&[])].map(|d| evidence("e", d));
        assert_eq!(all.each_ref().map(|e| gate.takes(e, &crate::config::Selector::default())), takes, "{rules}");
        assert_eq!(gate.needs_evidence(), needs, "{rules}");
    }
}

#[test]
fn rules_see_texts_and_lists_as_they_are() {
    let fails = |rules: &str| of(rules, run(FAILED)) == Fail;
    assert!(fails(
        "deny contains c.name if { some c in input.tests.cases\n c.status == \"failed\"\n c.name == \"t1\" }"
    ));
    assert!(!fails(
        "deny contains c.name if { some c in input.tests.cases\n c.status == \"failed\"\n c.name == \"t0\" }"
    ));
    assert!(fails("deny contains \"x\" if count(input.tests.cases) == 2"));
    assert!(!fails("deny contains \"x\" if count(input.tests.cases) == 3"));
}

#[test]
fn a_function_of_the_rules_own_is_known_and_one_that_is_not_is_told() {
    let own = "bad(n) if n > 0\ndeny contains \"x\" if bad(input.tests.counts.failed)";
    assert_eq!([of(own, run(PASSED)), of(own, run(FAILED))], [Pass, Fail]);
    let lib = |name: &str| {
        format!(
            "modules.\"a.rego\" = '''package main\ndeny contains \"x\" if data.lib.{name}(input.tests.counts.failed)'''\nmodules.\"b.rego\" = '''package lib\nbad(n) if n > 0'''"
        )
    };
    let judged = |outcomes| Case::new(&RULE, &lib("bad"), vec![evidence("e", run(outcomes))]).judged().status();
    assert_eq!([judged(PASSED), judged(FAILED)], [Pass, Fail]);
    assert_eq!(gate(&RULE, &lib("worse")).unwrap_err(), ["there is no function `data.lib.worse`"]);
}

#[test]
fn a_gate_without_rules_is_told_what_it_lacks() {
    for (keys, said) in [
        ("", "this gate has no `rego`"),
        ("rego = \"policy/\"", "`rego` names no file"),
        ("rego = 5", "`rego`"),
        ("modules = { \"p.rego\" = 5 }", "Rego is a text"),
    ] {
        let problems = gate(&RULE, keys).unwrap_err();
        assert!(problems.iter().any(|p| p.contains(said)), "{keys}: {problems:?}");
        assert!(problems.len() == 1 || keys.starts_with("modules"), "{keys}: {problems:?}");
    }
    assert!(!gate(&RULE, "rego = 5").unwrap_err()[0].contains("this gate has no"));
}

#[test]
fn all_packages_or_some_of_them_are_asked() {
    let of = |more: &str| gate(&RULE, &format!("{more}\n{}", keys(NO_FAILURE)));
    assert!(of("all-namespaces = true").is_ok() && of("namespaces = [\"main\"]").is_ok());
    assert!(of("all-namespaces = true\nnamespaces = []").is_ok(), "it names none");
    let both = of("all-namespaces = true\nnamespaces = [\"main\"]").unwrap_err();
    assert!(both.len() == 1 && both[0].contains("keep one of the two"), "{both:?}");
}

#[test]
fn a_waiver_takes_a_message_out_by_its_id_or_its_path() {
    use crate::rule::condition::Quantity;
    let rules = "deny contains {\"msg\": \"a\", \"id\": \"A1\", \"path\": \"src/a.c\"} if input.tests.counts.failed > 0\ndeny contains \"b\" if input.tests.counts.failed > 0";
    let keys = keys(rules);
    let case = || Case::new(&RULE, &keys, vec![evidence("e", run(FAILED))]);
    let all = case().judged();
    assert_eq!((all.conditions[0].metric.as_ref(), &all.conditions[0].value), ("main: denied", &Quantity::Count(2)));
    let placed = all.violations.iter().find(|v| v.id.as_deref() == Some("A1")).unwrap();
    assert_eq!(placed.place.as_ref().map(|p| &*p.path), Some("src/a.c"));
    for fits in ["A1", "main.deny", "src/a.c"] {
        let left = case().judged_waiving(&|i| i.id == Some(fits) || i.path == Some(fits));
        assert_eq!((left.status(), &left.conditions[0].value), (Fail, &Quantity::Count(1)), "{fits}");
    }
    assert_eq!(case().judged_waiving(&|_| true).status(), Pass);
}

#[test]
fn an_exception_that_excuses_nothing_is_not_noted() {
    let rules = "deny_a contains \"a\" if input.tests.counts.failed > 0\nexception contains rules if rules := [\"a\"]";
    let keys = keys(rules);
    let notes = |outcomes| Case::new(&RULE, &keys, vec![evidence("e", run(outcomes))]).judged().notes.len();
    assert_eq!((notes(PASSED), notes(FAILED)), (0, 1));
}

#[test]
fn what_has_to_be_there_is_told_with_the_line_that_says_so() {
    let keys =
        keys("\nwarn contains \"w\" if input.tests.counts.failed > 0\ndeny contains \"x\" if input.run.tag != \"v1\"");
    let judged = Case::new(&RULE, &keys, vec![evidence("e", run(PASSED))]).judged();
    assert_eq!(violations(&judged), [("rego-undefined", Error)]);
    let said = &judged.violations[0].message;
    assert!(said.starts_with("p.rego:4 speaks of input.run.tag"), "{said}");
}

#[test]
fn so_many_messages_are_told_and_no_more() {
    let of = |n: usize| {
        let names: Vec<String> = (0..n).map(|n| format!("\"{n}\"")).collect();
        let keys = format!(
            "documents = {{ limits = {{ names = [{}] }} }}\n{}",
            names.join(","),
            keys("deny := data.limits.names if input.tests.counts.failed >= 0")
        );
        let judged = Case::new(&RULE, &keys, vec![evidence("e", run(PASSED))]).judged();
        (judged.status(), judged.violations.len())
    };
    assert_eq!([of(10_000), of(10_001)], [(Fail, 10_000), (Error, 1)]);
}
