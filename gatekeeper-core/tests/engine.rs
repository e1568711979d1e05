//! The engine with a rule, a format and an output from outside: they are named in a policy, documented and judged like the built-in ones.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::evidence::findings::{Finding, Severity};
use gatekeeper_core::evidence::{Data, Findings, Kind};
use gatekeeper_core::format::{Confidence, Head, Parsed};
use gatekeeper_core::input::Input;
use gatekeeper_core::output::{Output, Style};
use gatekeeper_core::rule::{Condition, Item, Judge, Judgement, Remedy, RuleError, Scope};
use gatekeeper_core::verdict::{GateStatus, Violation};
use gatekeeper_core::{Candidate, Context, Engine, Format, ParseError, PolicyError, Rule, Verdict};

/// No more than so many marks, each of which may be waived by its name.
#[derive(Debug)]
struct Marks {
    most: u64,
    mood: Mood,
}

#[derive(Debug, Clone, Copy)]
enum Mood {
    Calm,
    Unsure,
    Panics,
}

impl Judge for Marks {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        match self.mood {
            Mood::Calm => {}
            Mood::Unsure => return Err(RuleError::new("the marks are unclear").caused_by("no light")),
            Mood::Panics => panic!("too many marks"),
        }
        let mut out = Judgement::default();
        for e in scope.evidence {
            let Data::Findings(findings) = &e.data else { continue };
            for f in findings.active() {
                if !scope.waived(&Item { id: Some(&f.rule), ..Item::default() }) {
                    let v = Violation::new("mark", GateStatus::Fail, f.message.to_string()).from_source(&e.source.path);
                    out.violations.push(Violation { id: Some(f.rule.to_string()), ..v });
                }
            }
        }
        let n = u64::try_from(out.violations.len()).unwrap();
        out.conditions.push(Condition::at_most("marks", n, self.most, GateStatus::Fail));
        if n <= self.most {
            out.violations.clear();
        } else {
            out.to_pass.push(Remedy::Other("wipe them off".to_owned()));
        }
        Ok(out)
    }
}

fn marks() -> Rule {
    Rule::new("marks", Kind::Findings, |t| {
        let mood = t.choice("mood", &[("calm", Mood::Calm), ("unsure", Mood::Unsure), ("panics", Mood::Panics)]);
        let most = t.count("most");
        if let Some((shade, span)) = t.text("shade").filter(|(shade, _)| shade != "grey") {
            t.problem(span, format!("marks are grey, not {shade}"));
        }
        Some(Box::new(Marks { most: most?, mood: mood.unwrap_or(Mood::Calm) }) as Box<dyn Judge>)
    })
    .with_title("most marks")
    .with_docs("## What it requires\nFew marks.\n")
}

/// A line `mark NAME WORDS` each; `end` at the end.
static MARKS: Format = Format::new("marks-log", Kind::Findings, sniff, parse)
    .with_title("marks, a line each")
    .with_extensions(&["marks"])
    .with_places(&["out/*.marks"])
    .with_spec("this file")
    .with_producers(&["marker"]);

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.bytes().starts_with(b"mark "), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut items = Vec::new();
    let text = input.text()?;
    for line in text.lines().filter_map(|l| l.strip_prefix("mark ")) {
        let (name, words) = line.split_once(' ').unwrap_or((line, ""));
        items.push(Finding { rule: name.into(), message: words.into(), severity: Severity::Low, ..Finding::default() });
    }
    let ended = text.lines().last() == Some("end");
    Ok(Parsed::new(Data::Findings(Findings { items, ..Findings::default() }), Some(ended)))
}

fn engine() -> Engine {
    let lines = Output::new("lines", "a gate a line", |v, _, out| {
        for g in &v.gates {
            writeln!(out, "{} {}: {}", g.name, g.status.as_str(), g.reason)?;
        }
        Ok(())
    });
    Engine::builder().rule(marks()).format(&MARKS).output(lines).build()
}

fn judged(keys: &str, files: &[(&str, &str)]) -> Result<Verdict, PolicyError> {
    let policy = format!("version = 1\n[gates.clean]\nrule = \"marks\"\n{keys}");
    let policy = engine().parse_policy("gatekeeper.toml", policy.as_bytes(), None)?;
    let files = files.iter().map(|(name, text)| Candidate::in_memory(*name, text.as_bytes().to_vec())).collect();
    Ok(engine().evaluate(&policy, files, &Context::at(1_780_272_000)))
}

const LOG: (&str, &str) = ("a.marks", "mark m1 on the wall\nmark m2 on the floor\nend\n");

#[test]
fn all_three_are_used_like_the_built_in_ones() {
    let verdict = judged("most = 1", &[LOG]).unwrap();
    let gate = &verdict.gates[0];
    assert_eq!((gate.status, gate.rule.as_str(), verdict.exit_code), (GateStatus::Fail, "marks", 1));
    assert_eq!(gate.reason, "marks 2 > 1: 1 too many");
    assert_eq!(gate.violations.iter().map(|v| v.message.as_str()).collect::<Vec<_>>(), ["on the wall", "on the floor"]);
    assert_eq!(gate.to_pass, ["wipe them off"]);
    assert_eq!(
        (verdict.evidence[0].format.as_str(), &verdict.evidence[0].used_by),
        ("marks-log", &vec!["clean".to_owned()])
    );
    let mut text = Vec::new();
    engine().outputs().by_id("lines").unwrap().write(&verdict, &Style::default(), &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "clean fail: marks 2 > 1: 1 too many\n");
    assert_eq!(judged("most = 2", &[LOG]).unwrap().gates[0].status, GateStatus::Pass);
}

#[test]
fn nothing_seen_is_no_pass_of_theirs_either() {
    assert_eq!(judged("most = 1", &[]).unwrap().gates[0].status, GateStatus::Missing);
    let cut = ("a.marks", "mark m1 on the wall\n");
    assert_eq!(judged("most = 9", &[cut]).unwrap().gates[0].status, GateStatus::Error);
}

#[test]
fn a_rule_that_fails_or_panics_makes_its_gate_an_error_and_no_other() {
    let other = "[gates.other]\nrule = \"findings\"\nmax = { total = 9 }\n";
    for (mood, words) in [
        ("unsure", "the rule `marks` could not judge: the marks are unclear: no light"),
        ("panics", "the rule `marks` panicked, so nothing was judged"),
    ] {
        let verdict = judged(&format!("most = 9\nmood = \"{mood}\"\n{other}"), &[LOG]).unwrap();
        let gate = &verdict.gates[0];
        assert_eq!((gate.status, gate.reason.as_str(), verdict.exit_code), (GateStatus::Error, words, 3));
        assert_eq!(verdict.gates[1].status, GateStatus::Pass);
    }
}

#[test]
fn waivers_take_items_out_before_a_rule_from_outside_counts() {
    let waiver = "most = 1\n[[waivers]]\ngate = \"clean\"\nid = \"M1\"\nreason = \"old\"\nexpires = \"2099-12-31\"\n";
    let verdict = judged(waiver, &[LOG]).unwrap();
    let gate = &verdict.gates[0];
    assert_eq!((gate.status, gate.reason.as_str(), gate.waivers[0].waived), (GateStatus::Pass, "marks 1 ≤ 1", 1));
}

#[test]
fn its_keys_are_read_with_their_places() {
    let said = |keys: &str| judged(keys, &[]).unwrap_err().to_string();
    let unknown = said("most = 1\nmots = 2");
    assert_eq!(unknown, "gatekeeper.toml:5:1: a gate of rule `marks` has no key `mots`; did you mean `most`?");
    assert_eq!(said("most = 1\nshade = \"red\""), "gatekeeper.toml:5:9: marks are grey, not red");
    assert!(said("most = \"x\"").starts_with("gatekeeper.toml:4:8: `most` takes a number"), "{}", said("most = \"x\""));
    assert!(said("most = 1\nmood = \"clam\"").contains("did you mean `calm`?"));
    let misnamed = engine().parse_policy("p.toml", b"version = 1\n[gates.g]\nrule = \"mark\"\n", None).unwrap_err();
    assert_eq!(misnamed.to_string(), "p.toml:3:8: there is no rule `mark`; did you mean `marks`?");
}

#[test]
fn they_document_themselves() {
    let engine = engine();
    let rule = engine.rules().by_id("marks").unwrap();
    assert_eq!(
        (rule.title(), rule.kind(), rule.docs()),
        ("most marks", Some(Kind::Findings), "## What it requires\nFew marks.\n")
    );
    assert_eq!(engine.rules().iter().count(), Engine::default().rules().iter().count() + 1);
    let json = serde_json::to_value(rule).unwrap();
    assert_eq!((json["id"].as_str(), json["kind"].as_str()), (Some("marks"), Some("findings")));
    let format = engine.formats().by_id("marks-log").unwrap();
    assert_eq!(
        (format.title(), format.extensions(), format.spec()),
        ("marks, a line each", &["marks"][..], "this file")
    );
    assert_eq!(
        (format.places(), format.producers(), format.is_of_folders()),
        (&["out/*.marks"][..], &["marker"][..], false)
    );
    assert_eq!(engine.outputs().by_id("lines").unwrap().title(), "a gate a line");
    assert!(Engine::default().rules().by_id("marks").is_none());
}

#[test]
fn one_of_the_same_id_replaces_a_built_in_one() {
    let lenient =
        Rule::new("tests", Kind::Findings, |_| Some(Box::new(Marks { most: 9, mood: Mood::Calm }) as Box<dyn Judge>));
    let engine = Engine::builder().rule(lenient).build();
    assert_eq!(engine.rules().by_id("tests").unwrap().kind(), Some(Kind::Findings));
    assert_eq!(engine.rules().iter().count(), Engine::default().rules().iter().count());
}
