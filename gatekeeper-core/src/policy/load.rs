//! Reads a policy file.

use super::entry::entry;
use super::gate::gate;
use super::known::Known;
use super::loosened::loosened;
use super::waiver::waiver;
use super::{EvidenceEntry, Gate, Policy};
use super::{defaults, profile};
use crate::config::{
    Node, PolicyError, PolicyProblem, ProblemCode, Problems, Span, Table, Value, from_json, from_toml, from_yaml,
    line_column,
};
use gatekeeper_evidence::hash::sha256_hex;

/// Reads a policy. The name's extension says what it is written in: `.yaml`, `.yml`, `.json`, else TOML.
///
/// # Errors
/// Every mistake in it, each with its place and, where there is one, the nearest right word.
pub(crate) fn parse(file: &str, bytes: &[u8], profile: Option<&str>, known: Known<'_>) -> Result<Policy, PolicyError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let problem = PolicyProblem::new(0..0, format!("not UTF-8 text from byte {}", e.valid_up_to()));
        PolicyError::about(file, problem.code(ProblemCode::Unreadable).because(e))
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let fail = |problems: Vec<PolicyProblem>| PolicyError::new(file, text, problems);
    let is = |ends: &[&str]| ends.iter().any(|e| file.to_ascii_lowercase().ends_with(e));
    let tree = if is(&[".json"]) {
        from_json(text)
    } else if is(&[".yaml", ".yml"]) {
        from_yaml(text)
    } else {
        from_toml(text)
    };
    let mut tree = tree.map_err(|p| fail(vec![p]))?;
    defaults::fill(&mut tree);
    let problems = Problems::default();
    let base = profile.map(|_| tree.clone());
    if let Some(name) = profile
        && let Err(p) = profile::apply(&mut tree, name)
    {
        return Err(fail(vec![p]));
    }
    let loosened = base.map(|base| loosened(&base, &tree)).unwrap_or_default();
    let policy = read(&tree, text, known, profile, &problems);
    let mut problems = problems.into_inner();
    // A mistake in a profile that is not applied must not wait for the day it is needed.
    if problems.is_empty() && profile.is_none() {
        for name in profile::names(&tree) {
            let (mut other, found) = (tree.clone(), Problems::default());
            match profile::apply(&mut other, &name) {
                Ok(()) => drop(read(&other, text, known, Some(&name), &found)),
                Err(p) => found.add(p),
            }
            for p in found.into_inner() {
                if !problems.contains(&p) {
                    problems.push(p);
                }
            }
        }
    }
    problems.sort_by_key(|p| p.span.start);
    // What is wrong with a default is wrong in every gate that has it.
    problems.dedup();
    match policy {
        Some(policy) if problems.is_empty() => Ok(Policy {
            file: Some(file.to_owned()),
            sha256: Some(sha256_hex(bytes)),
            profile: profile.map(str::to_owned),
            loosened,
            ..policy
        }),
        _ => Err(fail(problems)),
    }
}

fn read(tree: &Node, text: &str, known: Known<'_>, applied: Option<&str>, problems: &Problems) -> Option<Policy> {
    let mut top = Table::of(tree, "a policy", problems)?;
    let line = |span: &Span| line_column(text, span.start).0;
    match top.number("version") {
        Some((v, _)) if v.as_count() == Some(1) => {}
        Some((v, span)) => top.problem_of(
            ProblemCode::UnsupportedVersion,
            span,
            format!("version {v} is not known: this program reads version 1"),
        ),
        None if top.get("version").is_some() => {}
        None => problems.add(
            PolicyProblem::new(0..0, "`version = 1` is missing")
                .code(ProblemCode::MissingKey)
                .help("write it on the first line"),
        ),
    }
    let evidence: Vec<EvidenceEntry> =
        top.tables("evidence").into_iter().filter_map(|t| entry(t, known.formats, &line)).collect();
    let gates: Vec<Gate> =
        top.named("gates").iter().filter_map(|e| gate(e, &evidence, known, problems, &line)).collect();
    if top.get("gates").is_none_or(|n| n.value == Value::Table(Vec::new())) {
        problems.add(
            PolicyProblem::new(0..0, "this policy has no gates, so nothing would be judged")
                .code(ProblemCode::MissingKey)
                .help("write [gates.NAME] with rule = \"…\""),
        );
    }
    let waivers = top.tables("waivers").into_iter().filter_map(|t| waiver(t, &gates, &line)).collect();
    defaults::read(&mut top, problems);
    profile::read(&mut top, &gates, problems);
    if top.choice("profile", &[("required", true), ("optional", false)]) == Some(true) && applied.is_none() {
        let names = profile::names(tree).join(", ");
        let span = top.get("profile").map_or(0..0, |n| n.span.clone());
        problems.add(
            PolicyProblem::new(span, "this policy is judged with a profile, and none was named")
                .help(format!("run it with --profile NAME: {names}")),
        );
    }
    top.finish("a policy");
    Some(Policy { file: None, sha256: None, evidence, gates, waivers, profile: None, loosened: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use gatekeeper_formats::Formats;

    const GATES: &str = "version = 1\n[gates.t]\nrule = \"tests\"\nmax-failed = 0\n";

    fn read(text: &str, profile: Option<&str>) -> Result<Policy, Vec<String>> {
        let known = (Formats::default(), Rules::default());
        parse("p.toml", text.as_bytes(), profile, Known { formats: &known.0, rules: &known.1 })
            .map_err(|e| e.problems.iter().map(|p| p.message.clone()).collect())
    }

    #[test]
    fn a_policy_says_what_its_profile_loosened() {
        let text = format!("{GATES}[profiles.p.gates.t]\nmax-failed = 3\n");
        assert_eq!(read(&text, Some("p")).unwrap().loosened, ["t: max-failed 0 → 3"]);
        assert_eq!(read(&text, None).unwrap().loosened, Vec::<String>::new());
    }

    #[test]
    fn a_version_is_there_and_is_known() {
        let of = |version: &str| read(&GATES.replace("version = 1", version), None).map(|_| ()).unwrap_err();
        assert_eq!(of(""), ["`version = 1` is missing"]);
        assert_eq!(of("version = 2"), ["version 2 is not known: this program reads version 1"]);
        let word = of("version = \"x\"");
        assert!(word.len() == 1 && word[0].contains("`version`") && !word[0].contains("missing"), "{word:?}");
    }

    #[test]
    fn a_mistake_in_a_profile_is_told_once() {
        let twice = format!("{GATES}nope = 1\n[profiles.p]\n[profiles.q]\n");
        assert_eq!(read(&twice, None).unwrap_err().len(), 1);
        // Also one in a profile that is not applied, and each of two.
        let two =
            format!("{GATES}[profiles.p.gates.t]\nmax-failed = \"x\"\n[profiles.q.gates.t]\nmax-failed = \"y\"\n");
        assert_eq!(read(&two, None).unwrap_err().len(), 2);
        let stranger = format!("{GATES}[profiles.p.gates.u]\nmax-failed = 1\n");
        assert!(read(&stranger, None).unwrap_err()[0].contains("no gate `u`"));
    }

    #[test]
    fn labels_that_no_entry_gives_are_told() {
        let evidence = "[[evidence]]\npaths = [\"otp-{otp}/*.xml\"]\nlabels = { os = \"linux\" }\n";
        let of = |keys: &str| read(&format!("{GATES}{keys}\n{evidence}"), None).map(|_| ());
        assert_eq!(of("each = \"otp\""), Ok(()));
        assert_eq!(of("each = \"os\""), Ok(()));
        assert_eq!(of("each = \"arch\""), Err(vec!["no [[evidence]] entry gives a label `arch`".to_owned()]));
    }
}
