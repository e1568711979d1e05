//! Whether a verdict holds: for a commit, a tree, a policy and evidence, and by itself. Its status is derived again from its gates, and one whose
//! parts disagree is refused. A verdict bears no signature: whoever may write it may write anything, so it is kept where only the gate writes.

use super::figure;
use crate::context::Revision;
use crate::judge;
use crate::policy;
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a verdict is asked to hold for. What is not given is not asked.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The commit, 7 digits at least.
    pub commit: Option<String>,
    /// The tree, 7 digits at least.
    pub tree: Option<String>,
    /// The digest of the policy ([`crate::Policy::digest`]) with the file that it is of.
    pub policy: Option<(String, String)>,
    /// The SHA-256 of each of the verdict's evidence as it lies there now, or why there is none.
    pub evidence: Option<BTreeMap<String, Result<String, String>>>,
}

/// Whether a verdict holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// It passed, its parts agree, and so does all that was asked.
    pub holds: bool,
    /// Its status.
    pub status: Overall,
    /// What does not agree, and what else keeps it from holding.
    pub disagreements: Vec<String>,
    /// What is to be known beside that.
    pub notes: Vec<String>,
}

/// Holds a verdict against what is claimed of it, and its parts against each other.
pub fn verify(v: &Verdict, claims: &Claims) -> Verification {
    let mut wrong = disagreements(v, claims);
    if !matches!(v.status, Overall::Pass | Overall::Warn) {
        wrong.insert(0, format!("it did not pass: its status is `{}`", v.status.as_str()));
    }
    Verification { holds: wrong.is_empty(), status: v.status, disagreements: wrong, notes: notes(v) }
}

/// What does not agree, of a verdict's parts with each other and with what is claimed of it; whether it passed is not asked.
pub fn disagreements(v: &Verdict, claims: &Claims) -> Vec<String> {
    let mut wrong = parts(v);
    for (what, wanted, known) in
        [("commit", &claims.commit, &v.context.commit), ("tree", &claims.tree, &v.context.tree)]
    {
        match (wanted, known) {
            (None, _) => {}
            (Some(wanted), None) => wrong.push(format!("it does not know its {what}, so it is none for {wanted}")),
            (Some(wanted), Some(known)) if Revision::same(wanted, known) => {}
            (Some(wanted), Some(known)) => wrong.push(format!("it is for the {what} {known}, not {wanted}")),
        }
    }
    if let Some((file, digest)) = &claims.policy
        && *digest != v.policy.digest
    {
        let by = v.policy.file.as_deref().unwrap_or("the built-in default");
        wrong.push(format!("it was judged by another policy than {file} ({by} as it was then)"));
    }
    for (path, now) in claims.evidence.iter().flatten() {
        let known =
            v.evidence.iter().map(|e| (&e.path, &e.sha256)).chain(v.set_aside.iter().map(|a| (&a.path, &a.sha256)));
        for (_, sha256) in known.filter(|(p, _)| *p == path) {
            match now {
                Ok(now) if now == sha256 => {}
                Ok(_) => wrong.push(format!("{path} is no longer what was judged")),
                Err(why) => wrong.push(format!("{path}: {why}")),
            }
        }
    }
    wrong.dedup();
    wrong
}

/// What of a verdict disagrees with itself.
fn parts(v: &Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    if v.exit_code != v.status.exit_code() {
        wrong.push(format!("its status is `{}` and its exit code {}", v.status.as_str(), v.exit_code));
    }
    let unread = v.problems.iter().any(|p| p.concerns.is_empty());
    let nothing = v.problems.is_empty() && v.evidence.is_empty() && v.gates.iter().all(|g| by_evidence(&g.rule));
    let derived = judge::overall(&v.gates, unread, nothing, false);
    if rank(v.status) < rank(derived) {
        let words = format!("its status is `{}`, and its gates come to `{}`", v.status.as_str(), derived.as_str());
        wrong.push(words);
    }
    for g in &v.gates {
        wrong.extend(gate(g, v).into_iter().map(|words| format!("gate {}: {words}", g.name)));
    }
    wrong.extend(by_policy(v));
    wrong
}

/// How good a status is, the best first.
fn rank(status: Overall) -> u8 {
    match status {
        Overall::Pass => 0,
        Overall::Warn => 1,
        Overall::Unknown => 2,
        Overall::Fail => 3,
    }
}

/// The rules that judge reports and nothing else.
fn by_evidence(rule: &str) -> bool {
    matches!(rule, "coverage" | "findings" | "licenses" | "sbom" | "tests" | "measurements" | "regression" | "canary")
}

fn gate(g: &GateVerdict, v: &Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    let good = matches!(g.status, GateStatus::Pass | GateStatus::Warn);
    let blocks = g.action == Action::Block && !good && g.status != GateStatus::Skip;
    // The built-in default gates report what is missing.
    if blocks != g.blocking && !(g.policy_line.is_none() && g.status == GateStatus::Missing) {
        let does = if g.blocking { "blocks" } else { "does not block" };
        wrong.push(format!("it is `{}` and {does}", g.status.as_str()));
    }
    let below = g.conditions.iter().map(|c| c.status).chain(g.violations.iter().map(|v| v.status)).max();
    let cells = g.cells.iter().map(|c| c.status).max();
    // Cells may be let fail, so that what is beneath them says nothing of the whole; the cells themselves do, unless only some are needed.
    let worst = match cells {
        None => below,
        Some(worst) if needs_all(g, v) => Some(worst),
        Some(_) => None,
    };
    if let Some(worst) = worst.filter(|w| good && *w > g.status) {
        wrong.push(format!("it is `{}`, and holds what is `{}`", g.status.as_str(), worst.as_str()));
    }
    for c in g.conditions.iter().filter(|c| c.status == GateStatus::Pass) {
        if let Some(held) = figure::held(c, &c.limit).filter(|s| *s != GateStatus::Pass) {
            wrong.push(format!(
                "{} {} {} {} is said to hold, and is `{}`",
                c.metric,
                c.value,
                c.comparator,
                c.limit,
                held.as_str()
            ));
        }
    }
    if good && g.evidence.is_empty() && by_evidence(&g.rule) {
        wrong.push(format!("it is `{}` without any evidence", g.status.as_str()));
    }
    for used in &g.evidence {
        if !v.evidence.iter().any(|e| e.path == used.path && e.sha256 == used.sha256) {
            wrong.push(format!("it was judged by {}, which is not among the evidence", used.path));
        }
    }
    wrong
}

/// Whether every cell of a gate has to hold.
fn needs_all(g: &GateVerdict, v: &Verdict) -> bool {
    let said = v.policy.normalised.get("gates").and_then(|gates| gates.get(&g.name)?.get("cells"));
    said.is_none_or(|cells| cells == "all")
}

/// What the policy in the verdict says of its gates.
fn by_policy(v: &Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    if v.policy.digest.is_empty() && v.policy.normalised.is_null() {
        return vec!["it does not say by which policy it was judged: it is of an engine that did not yet".to_owned()];
    }
    if policy::digest(&v.policy.normalised) != v.policy.digest {
        wrong.push("the policy in it is not the one that its digest is of".to_owned());
    }
    // The built-in default leaves out what there is no evidence for.
    let Some(gates) = v.policy.normalised.get("gates").and_then(|g| g.as_object()).filter(|_| v.policy.file.is_some())
    else {
        return wrong;
    };
    for (name, said) in gates {
        let Some(gate) = v.gates.iter().find(|g| g.name == *name) else {
            wrong.push(format!("the gate {name} of its policy is not among those that were judged"));
            continue;
        };
        let action = said.get("action").and_then(|a| a.as_str()).unwrap_or("block");
        let is = match gate.action {
            Action::Block => "block",
            Action::Warn => "warn",
            Action::Inform => "inform",
        };
        if action != is {
            wrong.push(format!("gate {name}: its policy says action = \"{action}\", and it was judged as \"{is}\""));
        }
        let rule = said.get("rule").and_then(|r| r.as_str()).unwrap_or(name);
        if rule != gate.rule {
            wrong.push(format!(
                "gate {name}: its policy says rule = \"{rule}\", and it was judged as \"{}\"",
                gate.rule
            ));
        }
    }
    // What compares with the baseline is a gate of its own that no policy lists.
    let own = |g: &GateVerdict| g.name == g.rule && ["baseline", "weakening"].contains(&g.rule.as_str());
    for gate in v.gates.iter().filter(|g| !gates.contains_key(&g.name) && !own(g)) {
        wrong.push(format!("its policy has no gate {}", gate.name));
    }
    wrong
}

fn notes(v: &Verdict) -> Vec<String> {
    let mut out = Vec::new();
    if v.status == Overall::Warn {
        out.push("it passed with warnings".to_owned());
    }
    let skipped: Vec<&str> = v.gates.iter().filter(|g| g.status == GateStatus::Skip).map(|g| g.name.as_str()).collect();
    if !skipped.is_empty() {
        out.push(format!("not judged: {}", skipped.join(", ")));
    }
    let soft: Vec<&str> = v.gates.iter().filter(|g| g.action != Action::Block).map(|g| g.name.as_str()).collect();
    if !soft.is_empty() {
        out.push(format!("{} of {} gates cannot block: {}", soft.len(), v.gates.len(), soft.join(", ")));
    }
    if v.engine != env!("CARGO_PKG_VERSION") {
        out.push(format!("it was judged by version {:?}, this is {}", v.engine, env!("CARGO_PKG_VERSION")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Violation;
    use crate::{Candidate, Context, Engine};

    const POLICY: &str = "version = 1\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100\n[gates.size]\nrule = \"tests\"\nmin-cases = 2\naction = \"warn\"\n";
    const REPORT: &str = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>";

    fn verdict() -> Verdict {
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", POLICY.as_bytes(), None).unwrap();
        let files = vec![Candidate::in_memory("junit.xml", REPORT.as_bytes().to_vec())];
        let mut v = engine.evaluate(&policy, files, &Context::at(1_780_272_000));
        v.context.commit = Some("a1".repeat(20));
        v.context.tree = Some("c3".repeat(20));
        v
    }

    fn said(v: &Verdict, claims: &Claims) -> Vec<String> {
        let answer = verify(v, claims);
        assert_eq!(answer.holds, answer.disagreements.is_empty());
        answer.disagreements
    }

    #[test]
    fn a_verdict_holds_for_what_it_was_given_for() {
        let v = verdict();
        assert_eq!(said(&v, &Claims::default()), Vec::<String>::new());
        let of = |commit: &str, tree: &str| Claims {
            commit: Some(commit.to_owned()),
            tree: Some(tree.to_owned()),
            ..Claims::default()
        };
        assert_eq!(said(&v, &of("a1a1a1a", &"C3".repeat(20))), Vec::<String>::new());
        assert_eq!(said(&v, &of("a1a1a1b", "c3c3c3d")).len(), 2);
        let mut unknown = v.clone();
        unknown.context.tree = None;
        assert!(said(&unknown, &of("a1a1a1a", "c3c3c3c")).concat().contains("does not know its tree"));
        let policy =
            |digest: &str| Claims { policy: Some(("p.toml".to_owned(), digest.to_owned())), ..Claims::default() };
        assert_eq!(said(&v, &policy(&v.policy.digest)), Vec::<String>::new());
        assert!(said(&v, &policy("0")).concat().contains("another policy than p.toml"));
        let evidence = |now: Result<&str, &str>| Claims {
            evidence: Some([("junit.xml".to_owned(), now.map(str::to_owned).map_err(str::to_owned))].into()),
            ..Claims::default()
        };
        assert_eq!(said(&v, &evidence(Ok(&v.evidence[0].sha256))), Vec::<String>::new());
        assert!(said(&v, &evidence(Ok("0"))).concat().contains("no longer what was judged"));
        assert_eq!(said(&v, &evidence(Err("is not there"))), ["junit.xml: is not there"]);
    }

    #[test]
    fn a_verdict_whose_parts_disagree_is_refused() {
        let changed = |change: &dyn Fn(&mut Verdict)| {
            let mut v = verdict();
            change(&mut v);
            said(&v, &Claims::default()).join("; ")
        };
        for (change, words) in [
            (&(|v: &mut Verdict| v.exit_code = 1) as &dyn Fn(&mut Verdict), "its exit code 1"),
            (&|v| v.gates[0].status = GateStatus::Fail, "its gates come to"),
            (&|v| v.gates[0].blocking = true, "it is `pass` and blocks"),
            (&|v| v.gates[1].status = GateStatus::Fail, "its gates come to `warn`"),
            (&|v| v.gates[0].conditions[0].status = GateStatus::Fail, "holds what is `fail`"),
            (&|v| v.gates[0].violations.push(Violation::new("x", GateStatus::Error, "x")), "holds what is `error`"),
            (&|v| v.gates[1].conditions[1].limit = "3".to_owned(), "is said to hold, and is `fail`"),
            (&|v| v.gates[0].evidence.clear(), "without any evidence"),
            (&|v| v.gates[0].evidence[0].sha256 = "0".to_owned(), "not among the evidence"),
            (
                &|v| v.policy.normalised["gates"]["unit"]["min-pass-rate"] = 50.into(),
                "not the one that its digest is of",
            ),
            (&|v| drop(v.gates.remove(0)), "the gate unit of its policy is not among"),
            (&|v| v.gates[0].action = Action::Inform, "its policy says action = \"block\""),
            (&|v| v.gates[0].rule = "sbom".to_owned(), "its policy says rule = \"tests\""),
            (&|v| v.gates[0].name = "other".to_owned(), "its policy has no gate other"),
            (&|v| v.policy = crate::verdict::PolicyRef::default(), "by which policy"),
        ] {
            let told = changed(change);
            assert!(told.contains(words), "{words}: {told}");
        }
        for name in ["baseline", "weakening", "other"] {
            let told = changed(&|v| {
                let mut gate = v.gates[0].clone();
                (gate.name, gate.rule) = (name.to_owned(), name.to_owned());
                v.gates.push(gate);
            });
            assert_eq!(told.contains("its policy has no gate"), name == "other", "{name}: {told}");
        }
        let failed = changed(&|v| {
            v.status = Overall::Fail;
            v.exit_code = 1;
        });
        assert_eq!(failed, "it did not pass: its status is `fail`");
    }

    #[test]
    fn what_is_good_with_a_word_is_said() {
        let mut v = verdict();
        v.status = Overall::Warn;
        v.engine = "9".to_owned();
        let answer = verify(&v, &Claims::default());
        assert!(answer.holds, "{:?}", answer.disagreements);
        let notes = answer.notes.join("; ");
        for words in ["it passed with warnings", "1 of 2 gates cannot block: size", "version \"9\""] {
            assert!(notes.contains(words), "{notes}");
        }
    }
}
