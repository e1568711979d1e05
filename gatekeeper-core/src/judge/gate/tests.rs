use super::*;
use crate::policy::{Known, Policy, parse};
use crate::rule::{Condition, Judge, Remedy, Rule, RuleError, Rules};
use GateStatus::{Error, Fail, Missing, Pass, Warn};
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Line, Metrics};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Kind, Note, Source};

/// Says of each test case that it is bad, and lets the policy waive it or not.
#[derive(Debug)]
struct Toy(fn(&Scope<'_>) -> Result<Judgement, RuleError>);

impl Judge for Toy {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        (self.0)(scope)
    }
}

fn policy_with(text: &str, judge: fn(&Scope<'_>) -> Result<Judgement, RuleError>) -> Policy {
    let rule = Rule::new("toy", Kind::Tests, move |_| Some(Box::new(Toy(judge)) as Box<dyn Judge>));
    let known = (Formats::default(), Rules::default().with(rule));
    parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).unwrap()
}

fn policy(text: &str) -> Policy {
    policy_with(&format!("version = 1\n{text}"), |_| Ok(Judgement::default()))
}

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), format: "junit", ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn tests(path: &str, names: &[(&str, Outcome)]) -> Evidence {
    let cases = names.iter().map(|(n, status)| Case { name: (*n).into(), status: *status, ..Case::default() });
    let suites = vec![Suite { cases: cases.collect(), ..Suite::default() }];
    evidence(path, Data::Tests(TestRun { suites, problems: Vec::new(), ..TestRun::default() }))
}

fn covered(path: &str, covered: u32, total: u32) -> Evidence {
    let lines = (1..=total).map(|n| Line { number: n, hits: u32::from(n <= covered) }).collect();
    let files = [("a.c".into(), FileCoverage { lines, ..FileCoverage::default() })].into();
    let metrics = Metrics { lines: true, ..Metrics::default() };
    evidence(path, Data::Coverage(Coverage { files, metrics, ..Coverage::default() }))
}

fn unread(kind: Option<Kind>) -> Unread {
    Unread {
        file: "bad.xml".to_owned(),
        error: ParseError::new(ErrorCode::Malformed, "broken").finish("bad.xml", "junit", None),
        kind,
        format: None,
        tool: None,
        name: None,
        labels: BTreeMap::new(),
        of_run: false,
    }
}

struct Given {
    policy: Policy,
    evidence: Vec<Evidence>,
    unread: Vec<Unread>,
    contradictions: Vec<Contradiction>,
    strangers: BTreeMap<String, String>,
}

fn given(policy: Policy, evidence: Vec<Evidence>) -> Given {
    Given { policy, evidence, unread: Vec::new(), contradictions: Vec::new(), strangers: BTreeMap::new() }
}

impl Given {
    fn judged(&self) -> GateVerdict {
        let formats = Formats::default();
        let context = Context::without_clock();
        let ground = Ground {
            suspected: &[],
            formats: &formats,
            evidence: &self.evidence,
            recordings: &[],
            unread: &self.unread,
            contradictions: &self.contradictions,
            strangers: &self.strangers,
            context: &context,
            files: None,
            baseline: &Baseline::Missing("no baseline was given".to_owned()),
            absent: &[],
            policy: &self.policy,
            touched: None,
        };
        let waivers = Waivers::new(&self.policy, jiff::civil::date(2026, 6, 1));
        judge(&self.policy.gates[0], ground, &waivers)
    }
}

fn codes(g: &GateVerdict) -> Vec<(&str, GateStatus)> {
    g.violations.iter().map(|v| (v.code.as_ref(), v.status)).collect()
}

const UNIT: &str = "[gates.g]\nrule = \"tests\"\n";
const LINES: &str = "[gates.g]\nrule = \"coverage\"\nlines = 80\n";

#[test]
fn no_evidence_is_missing_and_says_what_to_bring() {
    let g = given(policy(UNIT), vec![covered("c", 1, 1)]).judged();
    assert_eq!((g.status, g.blocking, g.reason.as_str()), (Missing, true, "no test results found"));
    assert!(g.to_pass[0].starts_with("bring a report that says tests"), "{:?}", g.to_pass);
    let informs = given(policy("[gates.g]\nrule = \"tests\"\naction = \"inform\"\n"), Vec::new()).judged();
    assert!(!informs.blocking);
}

#[test]
fn an_input_that_could_not_be_read_is_an_error_beside_what_could() {
    let mut g = given(policy(UNIT), vec![tests("a", &[("t", Outcome::Passed)])]);
    assert_eq!(g.judged().status, Pass);
    g.unread = vec![unread(Some(Kind::Tests))];
    assert_eq!(codes(&g.judged()), [(UNREADABLE, Error)]);
    g.unread = vec![unread(Some(Kind::Coverage))];
    assert_eq!(g.judged().status, Pass);
    // What nobody knows what it is may be what a gate lacks, and nothing else.
    g.unread = vec![unread(None)];
    assert_eq!(g.judged().status, Pass);
    g.evidence.clear();
    assert_eq!(codes(&g.judged()), [(UNREADABLE, Error)]);
}

#[test]
fn a_failure_stays_one_unless_what_was_not_read_might_mend_it() {
    let mut g = given(policy(LINES), vec![covered("c", 7, 10)]);
    assert_eq!(g.judged().status, Fail);
    g.unread = vec![unread(Some(Kind::Coverage))];
    assert_eq!(g.judged().status, Error);
    let mut g = given(policy(UNIT), vec![tests("a", &[("t", Outcome::Failed)])]);
    g.unread = vec![unread(Some(Kind::Tests))];
    assert_eq!(g.judged().status, Fail);
}

#[test]
fn incomplete_contradicting_and_strange_evidence_is_an_error() {
    let passed = || tests("a", &[("t", Outcome::Passed)]);
    let mut g =
        given(policy(UNIT), vec![Evidence { complete: Some(false), notes: vec![Note::new("killed")], ..passed() }]);
    assert_eq!(codes(&g.judged()), [("incomplete", Error)]);
    assert!(g.judged().reason.ends_with("it proves nothing: killed"));
    g = given(policy(UNIT), vec![passed()]);
    let against =
        |kept: &str| Contradiction { kept: kept.to_owned(), aside: "b".to_owned(), message: "two".to_owned() };
    g.contradictions = vec![against("a")];
    assert_eq!(codes(&g.judged()), [("contradiction", Error)]);
    g.contradictions = vec![against("elsewhere")];
    assert_eq!(g.judged().status, Pass);
    g = given(policy(LINES), vec![covered("c", 9, 10)]);
    g.strangers = BTreeMap::from([("c".to_owned(), "not of this tree".to_owned())]);
    assert_eq!(codes(&g.judged()), [("paths-unmatched", Error)]);
}

#[test]
fn an_exit_status_that_the_report_does_not_explain_is_an_error() {
    let with = |mut e: Evidence, status| {
        e.source.exit_status = Some(status);
        unexplained(&e)
    };
    let passed = || tests("a", &[("t", Outcome::Passed)]);
    let findings = |items| evidence("x", Data::Findings(Findings { items, ..Findings::default() }));
    assert_eq!([with(passed(), 0), with(passed(), 1)], [None, Some(1)]);
    for bad in [Outcome::Failed, Outcome::Errored] {
        assert_eq!(with(tests("a", &[("t", bad)]), 1), None);
    }
    assert_eq!(with(findings(Vec::new()), 2), Some(2));
    assert_eq!(with(findings(vec![Finding::default()]), 2), None);
    assert_eq!(with(covered("c", 1, 1), 2), None, "it is measured by commands that fail for other reasons");
    assert_eq!(with(Evidence { complete: Some(false), ..passed() }, 1), None, "said already");
    let mut e = passed();
    e.source.exit_status = Some(3);
    let g = given(policy(UNIT), vec![e]).judged();
    assert_eq!(codes(&g), [("exit-status", Error)]);
    assert!(g.reason.contains("exit status 3, and the report shows no reason for it"), "{}", g.reason);
}

fn labelled(mut e: Evidence, otp: &str) -> Evidence {
    e.source.labels.insert("otp".to_owned(), otp.to_owned());
    e
}

const EACH: &str = "[[evidence]]\npaths = [\"{otp}/x\"]\n[gates.g]\nrule = \"tests\"\neach = \"otp\"\nrequire = { otp = [\"27\", \"28\"] }\n";

#[test]
fn parts_are_judged_one_by_one() {
    let (good, bad) = ([("t", Outcome::Passed)], [("t", Outcome::Failed)]);
    let both = vec![labelled(tests("27/x", &good), "27"), labelled(tests("28/x", &bad), "28")];
    let g = given(policy(EACH), both).judged();
    let parts: Vec<_> = g.conditions.iter().map(|c| (c.labels["otp"].as_str(), c.status)).collect();
    assert_eq!((g.status, parts), (Fail, vec![("27", Pass), ("28", Fail)]));
    let one = given(policy(EACH), vec![labelled(tests("27/x", &good), "27")]).judged();
    assert_eq!((one.status, codes(&one)), (Missing, vec![("label-missing", Missing)]));
    let none = vec![labelled(tests("27/x", &good), "27"), labelled(tests("28/x", &good), "28"), tests("y", &good)];
    assert_eq!(codes(&given(policy(EACH), none).judged()), [("label-absent", Error)]);
}

#[test]
fn waivers_count_part_by_part() {
    let bad = [("t", Outcome::Passed), ("u", Outcome::Failed)];
    let text = format!("{EACH}[[waivers]]\ngate = \"g\"\ntest = \"u\"\nreason = \"r\"\nexpires = \"2099-12-31\"\n");
    let both = vec![labelled(tests("27/x", &bad), "27"), labelled(tests("28/x", &bad), "28")];
    let g = given(policy(&text), both).judged();
    assert_eq!((g.status, g.waivers[0].waived, g.waivers[0].what.as_str()), (Pass, 2, "u"));
    assert!(g.violations.is_empty() && g.to_pass.is_empty());
    let missing = given(policy(&text), vec![labelled(tests("27/x", &bad), "27")]).judged();
    assert_eq!(missing.status, Missing);
}

#[test]
fn rules_from_outside_are_waived_for_even_where_they_did_not_ask() {
    let text = "version = 1\n[gates.g]\nrule = \"toy\"\n[[waivers]]\ngate = \"g\"\nid = \"x\"\nreason = \"r\"\nexpires = \"2099-12-31\"\n";
    let of = |judge: fn(&Scope<'_>) -> Result<Judgement, RuleError>| {
        given(policy_with(text, judge), vec![tests("a", &[("t", Outcome::Passed)])]).judged()
    };
    let violation = |id: &str, status| Violation { id: Some(id.to_owned()), ..Violation::new("toy", status, "m") };
    let g = of(|_| Ok(Judgement::of(Violation { id: Some("X".to_owned()), ..Violation::new("toy", Fail, "m") })));
    assert_eq!((g.status, g.waivers[0].waived), (Pass, 1));
    let g = of(|_| Ok(Judgement::of(Violation { id: Some("x".to_owned()), ..Violation::new("toy", Error, "m") })));
    assert_eq!((g.status, g.waivers.len(), g.violations), (Error, 0, vec![violation("x", Error)]));
    let g = of(|scope| {
        assert!(scope.waived(&Item { id: Some("x"), ..Item::default() }));
        assert!(!scope.waived(&Item { id: Some("y"), ..Item::default() }));
        Ok(Judgement::default())
    });
    assert_eq!((g.status, g.waivers[0].waived), (Pass, 1));
}

#[test]
fn a_rule_that_fails_or_panics_has_judged_nothing() {
    let of = |judge| {
        let policy = policy_with("version = 1\n[gates.g]\nrule = \"toy\"\n", judge);
        given(policy, vec![tests("a", &[("t", Outcome::Passed)])]).judged()
    };
    let g = of(|_| Err(RuleError::new("no oracle").caused_by("the line is dead")));
    assert_eq!(codes(&g), [("rule-failed", Error)]);
    assert_eq!(g.reason, "the rule `toy` could not judge: no oracle: the line is dead");
    let g = of(|_| Err(RuleError::new("no oracle")));
    assert_eq!((g.status, g.reason.as_str()), (Error, "the rule `toy` could not judge: no oracle"));
    let g = of(|_| panic!("oh"));
    assert_eq!((g.status, codes(&g), g.blocking), (Error, vec![("rule-panicked", Error)], true));
}

#[test]
fn the_worst_stands_first_and_decides() {
    let policy = policy_with("version = 1\n[gates.g]\nrule = \"toy\"\naction = \"warn\"\n", |_| {
        Ok(Judgement {
            conditions: vec![Condition::at_most("n", 1, 0, Warn)],
            violations: vec![Violation::new("a", Warn, "m"), Violation::new("b", Fail, "m")],
            to_pass: vec![Remedy::Other("rest".to_owned())],
            ..Judgement::default()
        })
    });
    let g = given(policy, vec![tests("a", &[])]).judged();
    assert_eq!((codes(&g), g.status, g.blocking), (vec![("b", Fail), ("a", Warn)], Fail, false));
    assert_eq!((g.to_pass, g.evidence[0].path.as_str()), (vec!["rest".to_owned()], "a"));
    let policy = policy_with("version = 1\n[gates.g]\nrule = \"toy\"\n", |_| {
        Ok(Judgement { conditions: vec![Condition::at_most("n", 1, 0, Fail)], ..Judgement::default() })
    });
    let g = given(policy, vec![tests("a", &[])]).judged();
    assert_eq!((g.status, g.reason.as_str()), (Fail, "n 1 > 0: 1 too many"));
}

#[test]
fn a_gate_takes_what_its_selector_names() {
    let takes = |keys: &str, change: fn(&mut Evidence)| {
        let mut e = labelled(tests("a", &[("t", Outcome::Passed)]), "27");
        change(&mut e);
        let policy = policy(&format!("[[evidence]]\nname = \"unit\"\npaths = [\"{{otp}}/x\"]\n{UNIT}{keys}"));
        given(policy, vec![e]).judged().status == Pass
    };
    assert!(takes("tools = [\"eunit\"]", |e| e.source.tool = Some("EUnit".to_owned())));
    assert!(!takes("tools = [\"eunit\"]", |e| e.source.tool = Some("ct".to_owned())));
    assert!(!takes("tools = [\"eunit\"]", |_| {}));
    assert!(takes("formats = [\"junit\"]", |_| {}));
    assert!(!takes("formats = [\"tap\"]", |_| {}));
    assert!(takes("evidence = [\"unit\"]", |e| e.source.name = Some("unit".to_owned())));
    assert!(!takes("evidence = [\"unit\"]", |_| {}));
    assert!(takes("labels = { otp = \"27\" }", |_| {}));
    assert!(takes("except-tools = [\"ct\"]", |e| e.source.tool = Some("eunit".to_owned())));
    assert!(!takes("except-tools = [\"ct\"]", |e| e.source.tool = Some("Common Test".to_owned())));
    assert!(!takes("labels = { otp = \"28\" }", |_| {}));
}

#[test]
fn each_tool_and_label_that_a_gate_names_demands_evidence() {
    let judged = |keys: &str, tools: &[&str]| {
        let of = |t: &&str| {
            let mut e = labelled(tests(t, &[("t", Outcome::Passed)]), "27");
            e.source.tool = Some((*t).to_owned());
            e
        };
        let policy = policy(&format!("[[evidence]]\npaths = [\"{{otp}}/x\"]\n{UNIT}{keys}"));
        given(policy, tools.iter().map(of).collect()).judged()
    };
    let two = "tools = [\"eunit\", \"ct\"]";
    assert_eq!(judged(two, &["eunit", "ct"]).status, Pass);
    let one = judged(two, &["eunit"]);
    assert_eq!((one.status, codes(&one)), (Missing, vec![("evidence-missing", Missing)]));
    assert!(one.reason.contains("no evidence of ct"), "{}", one.reason);
    let near = judged("tools = [\"eunit\", \"eunti\"]", &["eunit"]);
    assert!(near.reason.contains("did you mean eunit?"), "{}", near.reason);
    let other = judged("tools = [\"proper\"]", &["eunit", "ct"]);
    assert!(other.status == Missing && other.reason.contains("there is evidence of ct, eunit"), "{}", other.reason);
    let labels = judged("labels = { otp = [\"27\", \"29\"] }", &["eunit"]);
    assert!(labels.status == Missing && labels.reason.contains("otp = 29"), "{}", labels.reason);
}

#[test]
fn an_input_that_could_not_be_read_concerns_whom_its_tool_and_labels_concern() {
    let concerned = |keys: &str, tool: Option<&str>| {
        let mut u = unread(Some(Kind::Findings));
        u.tool = tool.map(str::to_owned);
        let policy = policy(&format!("[gates.g]\nrule = \"findings\"\nmax = {{ high = 0, unknown = 0 }}\n{keys}\n"));
        concerns(&u, &policy.gates[0])
    };
    assert!(concerned("", None) && concerned("", Some("gitleaks")));
    let tools = "tools = [\"gitleaks\"]";
    assert_eq!(
        [concerned(tools, Some("gitleaks")), concerned(tools, Some("trivy")), concerned(tools, None)],
        [true, false, true]
    );
    let secrets = "categories = [\"secret\"]";
    assert!(concerned(secrets, Some("gitleaks")) && concerned(secrets, None));
    // Nobody knows what a stranger looks for; a linter looks for no secrets.
    assert!(concerned(secrets, Some("somebodys-own")) && !concerned(secrets, Some("eslint")));
    let code = "categories = [\"code\"]";
    assert!(concerned(code, Some("eslint")) && !concerned(code, Some("gitleaks")));
}

#[test]
fn a_demanded_label_value_is_there_only_where_evidence_has_it() {
    let labelled = |value: &str| {
        let mut e = tests(value, &[("t", Outcome::Passed)]);
        e.source.labels = BTreeMap::from([("otp".to_owned(), value.to_owned())]);
        e
    };
    let text = "[[evidence]]\npaths = [\"{otp}/*.xml\"]\n[gates.g]\nrule = \"tests\"\neach = \"otp\"\n\
                    require = { otp = [\"27\", \"28\"] }\n";
    let of = |all: &[&str]| given(policy(text), all.iter().map(|v| labelled(v)).collect()).judged();
    assert_eq!(codes(&of(&["27", "28"])), []);
    let g = of(&["27", "29"]);
    assert_eq!(codes(&g), [("label-missing", Missing)]);
    assert!(g.reason.contains("otp = 28"), "{}", g.reason);
}

#[test]
fn what_could_not_be_read_says_what_to_do() {
    use ErrorCode::{BelowFloor, Empty, Io, LimitExceeded, Malformed, Stale, Unrecognised};
    let said = |code| {
        let mut u = unread(Some(Kind::Tests));
        u.error = ParseError::new(code, "broken").finish("bad.xml", "junit", None);
        way_out(&u)
    };
    for (code, words) in [
        (Io, "correct the path"),
        (Empty, "again, to its end"),
        (Malformed, "again, to its end"),
        (Unrecognised, "`exclude` or `ignore`"),
        (Stale, "anew in this run"),
        (BelowFloor, "bring all that bad.xml is to hold"),
        (LimitExceeded, "replace bad.xml"),
    ] {
        assert!(said(code).contains(words), "{code:?}: {}", said(code));
    }
}

#[test]
fn an_unreadable_recording_concerns_gates_of_exit_statuses_by_its_tool() {
    let concerned = |keys: &str, file: &str, tool: Option<&str>| {
        let mut u = unread(None);
        (u.file, u.tool) = (file.to_owned(), tool.map(str::to_owned));
        concerns(&u, &policy(&format!("[gates.g]\nrule = \"command\"\n{keys}\n")).gates[0])
    };
    let make = "tools = [\"make\"]";
    assert_eq!([concerned("", "a.record", Some("make")), concerned("", "a.record", None)], [true, true]);
    assert_eq!([concerned(make, "a.record", Some("make")), concerned(make, "a.record", None)], [true, true]);
    assert_eq!([concerned(make, "a.record", Some("mix")), concerned("", "a.xml", Some("make"))], [false, false]);
}

/// The gate's status, those of its parts, and the verdict's: of files, where these are broken and this changed.
fn parts(keys: &str, files: &[&str], broken: &[&str], changed: Option<&str>) -> (GateStatus, Vec<String>, bool) {
    let text = format!(
        "version = 1\n[[evidence]]\npaths = [\"{{app}}/{{os}}.xml\"]\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n\
         [gates.unit]\nrule = \"tests\"\nmax-failed = 0\n{keys}"
    );
    let engine = crate::Engine::default();
    let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
    let all = files.iter().map(|name| {
        let text = "<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
        let end = if broken.contains(name) { 20 } else { text.len() };
        crate::Candidate::in_memory((*name).to_owned(), text.as_bytes()[..end].to_vec())
    });
    let mut context = Context::at(1_780_272_000);
    context.changed = changed.map(|name| [name.to_owned()].into());
    let mut v = engine.evaluate(&policy, all.collect(), &context);
    let gate = v.gates.remove(0);
    let cells = gate.cells.iter().map(|c| {
        let labels: Vec<&str> = c.labels.values().map(String::as_str).collect();
        format!("{} {}: {}", c.component.as_deref().unwrap_or("-"), labels.join(" "), c.status.as_str())
    });
    (gate.status, cells.collect(), v.status == crate::verdict::Overall::Unknown)
}

#[test]
fn a_broken_report_stands_in_the_way_of_its_own_part() {
    use GateStatus::{Error, Pass};
    let cells = "per-component = true\neach = [\"os\"]\n";
    let files = ["web/linux.xml", "api/linux.xml", "api/mac.xml"];
    let of = |broken: &[&str], changed| parts(cells, &files, broken, changed);
    let all = |web: &str, linux: &str, mac: &str| {
        vec![format!("web linux: {web}"), format!("api linux: {linux}"), format!("api mac: {mac}")]
    };
    assert_eq!(of(&[], None), (Pass, all("pass", "pass", "pass"), false));
    assert_eq!(of(&["api/mac.xml"], None), (Error, all("pass", "pass", "error"), true));
    assert_eq!(of(&["web/linux.xml"], None), (Error, all("error", "pass", "pass"), true));
    // Of a component that did not change nothing is judged, and what is broken there is no matter of this gate.
    let (status, seen, _) = of(&["api/mac.xml"], Some("web/a.js"));
    assert_eq!((status, seen[0].as_str()), (Pass, "web linux: pass"));
    let (status, seen, _) = of(&["web/linux.xml"], Some("web/a.js"));
    assert_eq!((status, seen[0].as_str()), (Error, "web linux: error"));
    // Without components each cell has its own.
    let (status, seen, _) = parts("each = [\"os\"]\n", &files, &["api/mac.xml"], None);
    assert_eq!((status, seen), (Error, vec!["- linux: pass".to_owned(), "- mac: error".to_owned()]));
}

#[test]
fn a_gate_without_any_evidence_is_missing_unless_the_policy_lets_it_be_absent() {
    let of = |required: &str, files: &[&str]| {
        let text = format!(
            "version = 1\n[[evidence]]\nname = \"e2e\"\npaths = [\"e/*.xml\"]\n{required}[[evidence]]\npaths = [\"l/*.info\"]\n\
             [gates.unit]\nrule = \"tests\"\nmax-failed = 0\nevidence = [\"e2e\"]\n[gates.canary]\nrule = \"canary\"\n\
             baseline = {{ labels = {{ role = \"a\" }} }}\ncanary = {{ labels = {{ role = \"b\" }} }}\nmetrics = [{{ name = \"m\", max-increase = \"1%\" }}]\n"
        );
        let engine = crate::Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None);
        let policy = policy.unwrap_or_else(|e| panic!("{e}"));
        let all = files.iter().map(|name| {
            let text: &[u8] = match name.ends_with(".xml") {
                true => b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>",
                false => b"TN:\nSF:a.c\nDA:1,1\nend_of_record\n",
            };
            crate::Candidate::in_memory((*name).to_owned(), text.to_vec())
        });
        let v = engine.evaluate(&policy, all.collect(), &Context::at(1_780_272_000));
        (v.gates[0].status, v.gates[0].decision.is_some(), v.gates[1].decision.is_some())
    };
    let optional = "required = false\n";
    assert_eq!(of(optional, &["l/a.info"]), (GateStatus::Skip, false, true));
    assert_eq!(of(optional, &["e/a.xml", "l/a.info"]), (Pass, false, true));
    assert_ne!(of("", &["l/a.info"]).0, GateStatus::Skip);
}
