//! Reads a policy file.

use super::loosened::loosened;
use super::profile;
use super::{Action, EvidenceEntry, Gate, Policy, Waiver};
use crate::config::{
    Entry, Node, PathRules, PolicyError, PolicyProblem, ProblemCode, Problems, Selector, Span, Table, Value, from_json,
    from_toml, from_yaml, line_column, nearest,
};
use crate::rule::{Rule, Rules};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::findings::Category;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::{Format, Formats};
use std::collections::BTreeMap;

/// What a policy may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    pub formats: &'k Formats,
    pub rules: &'k Rules,
}

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
    profiles(&mut top, &gates, problems);
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

/// Most profiles of a policy.
const MOST_PROFILES: usize = 100;

/// Reads the profiles, also those that are not applied: a mistake in one must not wait for the day it is needed.
fn profiles(top: &mut Table<'_>, gates: &[Gate], problems: &Problems) {
    let all = top.named("profiles");
    // The whole policy is read once with each.
    if let Some(e) = all.get(MOST_PROFILES) {
        let words = format!("a policy has at most {MOST_PROFILES} profiles, and this one has {}", all.len());
        problems.add(PolicyProblem::new(e.key_span.clone(), words));
        return;
    }
    for e in all {
        let Some(mut t) = Table::of(&e.node, "a profile", problems) else { continue };
        t.text("from");
        if let Some(Node { value: Value::List(_), .. }) = t.get("gates") {
            if t.texts("gates").is_some_and(|chosen| chosen.is_empty()) {
                t.problem(e.key_span.clone(), "this profile chooses no gate, so it would judge nothing");
            }
        } else {
            for g in t.named("gates") {
                // Not a table: nothing would be changed, without a sound.
                Table::of(&g.node, "what a profile changes of a gate", problems);
                if !gates.iter().any(|gate| gate.name == g.key) {
                    problems.add(
                        PolicyProblem::new(g.key_span.clone(), format!("there is no gate `{}` to change", g.key))
                            .code(ProblemCode::UnknownGate)
                            .nearest(&g.key, gates.iter().map(|g| g.name.as_str())),
                    );
                }
            }
        }
        t.finish("a profile");
    }
}

fn entry(mut t: Table<'_>, formats: &Formats, line: &impl Fn(&Span) -> u64) -> Option<EvidenceEntry> {
    let span = t.span();
    let name = t.text("name").map(|(n, _)| n);
    let patterns = patterns(&mut t, "paths");
    let packages = folders(&mut t, "packages");
    let mut without = |key| t.get(key).is_none_or(|n| n.value == Value::List(Vec::new()));
    if without("paths") && without("packages") {
        t.problem_of(
            ProblemCode::MissingKey,
            span.clone(),
            "this [[evidence]] entry has neither `paths` nor `packages` (folders of installed packages)",
        );
    }
    let exclude = patterns_of(&mut t, "exclude");
    let ignore = patterns_of(&mut t, "ignore");
    let format = t.text("format").and_then(|(id, span)| {
        let found = formats.by_id(&id);
        match found {
            None => t.problems().add(
                PolicyProblem::new(span, format!("there is no format `{id}`"))
                    .code(ProblemCode::UnknownFormat)
                    .nearest(&id, formats.iter().map(Format::id)),
            ),
            Some(f) if f.is_of_folders() => t.problems().add(
                PolicyProblem::new(span, format!("`{id}` is not a format of files"))
                    .code(ProblemCode::UnknownFormat)
                    .help("give the folders as packages = [\"…\"], without `format`"),
            ),
            Some(_) => {}
        }
        found
    });
    let mut labels = BTreeMap::new();
    for (label, values) in t.named_texts("labels") {
        match <[String; 1]>::try_from(values) {
            Ok([value]) => {
                labels.insert(label, value);
            }
            Err(values) => {
                let span = t.get("labels").map_or_else(|| span.clone(), |n| n.span.clone());
                t.problem(span, format!("a label has one value for each file, but `{label}` has {}", values.len()));
            }
        }
    }
    let exit_status = t.number("exit-status").and_then(|(n, span)| {
        let status = n.to_string().parse().ok();
        if status.is_none() {
            t.problem(span, format!("`exit-status` takes a whole number, not {n}"));
        }
        status
    });
    let max_age = t.seconds("max-age");
    let path_rules = PathRules {
        strip: t.texts("strip").unwrap_or_default().into_iter().map(|(s, _)| s).collect(),
        prefix: t.text("prefix").map(|(s, _)| s),
    };
    let min_matched = t.percent("min-matched");
    t.finish("an [[evidence]] entry");
    Some(EvidenceEntry {
        name,
        patterns,
        packages,
        exclude,
        ignore,
        format,
        labels,
        max_age,
        path_rules,
        min_matched,
        exit_status,
        line: line(&span),
    })
}

/// Patterns of folders: an ending `/` says nothing more, and `**` alone names no folder.
fn folders(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    let mut out = patterns_of_with(t, key, |text| text.trim_end_matches('/'));
    let node = t.get(key).map(|n| n.span.clone());
    if let (Some(span), true) = (node, out.iter().any(|p| p.as_str().ends_with("**"))) {
        t.problem(span, "`packages` needs the name of a folder: `**` at the end matches every folder");
        out.clear();
    }
    out
}

fn patterns(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    patterns_of(t, key)
}

fn patterns_of(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    patterns_of_with(t, key, |text| text)
}

fn patterns_of_with(t: &mut Table<'_>, key: &'static str, plain: fn(&str) -> &str) -> Vec<Pattern> {
    t.patterns(key, |text| {
        let leaves = text.split('/').any(|p| p == "..");
        if leaves {
            return Err("a pattern stays below the root: `..` is not followed (use --root)".to_owned());
        }
        Pattern::new(plain(text))
    })
}

fn gate(
    entry: &Entry,
    evidence: &[EvidenceEntry],
    known: Known<'_>,
    problems: &Problems,
    line: &impl Fn(&Span) -> u64,
) -> Option<Gate> {
    let Entry { key: name, key_span, node } = entry;
    let what = format!("the gate `{name}`");
    let mut t = Table::of(node, &what, problems)?;
    let Some((id, span)) = t.text("rule") else {
        if t.get("rule").is_none() {
            let ids: Vec<&str> = known.rules.iter().map(Rule::id).collect();
            problems.add(
                PolicyProblem::new(key_span.clone(), format!("{what} has no rule"))
                    .code(ProblemCode::MissingKey)
                    .help(format!("give it rule = \"…\": {}", ids.join(", "))),
            );
        }
        return None;
    };
    let Some(rule) = known.rules.by_id(&id) else {
        problems.add(
            PolicyProblem::new(span, format!("there is no rule `{id}`"))
                .code(ProblemCode::UnknownRule)
                .nearest(&id, known.rules.iter().map(Rule::id)),
        );
        return None;
    };
    let action = t
        .choice("action", &[("block", Action::Block), ("warn", Action::Warn), ("inform", Action::Inform)])
        .unwrap_or_default();
    let enabled = t.flag("enabled").unwrap_or(true);
    let select = selector(&mut t, rule, evidence, known.formats);
    let each = t.text("each").map(|(e, span)| {
        known_label(&e, &span, evidence, problems);
        e
    });
    let require = t.named_texts("require");
    if let (Some(node), true) = (t.get("require"), !require.is_empty()) {
        for label in require.keys() {
            known_label(label, &node.span, evidence, problems);
        }
    }
    let judge = rule.build(&mut t);
    t.finish(&format!("a gate of rule `{}`", rule.id));
    Some(Gate {
        name: name.to_owned(),
        rule: rule.clone(),
        action,
        select,
        each,
        require,
        missing_blocks: true,
        enabled,
        line: Some(line(key_span)),
        judge: judge?,
    })
}

fn known_label(label: &str, span: &Span, evidence: &[EvidenceEntry], problems: &Problems) {
    let known: Vec<&str> = evidence
        .iter()
        .flat_map(|e| e.labels.keys().chain(e.patterns.iter().chain(&e.packages).flat_map(|p| p.labels())))
        .map(String::as_str)
        .collect();
    if !known.contains(&label) {
        let problem = PolicyProblem::new(span.clone(), format!("no [[evidence]] entry gives a label `{label}`"));
        let problem = problem.code(ProblemCode::UnknownLabel);
        problems.add(match nearest(label, &known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("write {{{label}}} in a pattern, or labels = {{ {label} = \"…\" }}")),
        });
    }
}

fn selector(t: &mut Table<'_>, rule: &Rule, evidence: &[EvidenceEntry], formats: &Formats) -> Selector {
    let tools = t.texts("tools").unwrap_or_default().into_iter().map(|(s, _)| s).collect();
    let except_tools = t.texts("except-tools").unwrap_or_default().into_iter().map(|(s, _)| s).collect();
    let chosen_formats: Vec<String> = t
        .texts("formats")
        .unwrap_or_default()
        .into_iter()
        .map(|(id, span)| {
            match formats.by_id(&id) {
                None => t.problems().add(
                    PolicyProblem::new(span, format!("there is no format `{id}`"))
                        .code(ProblemCode::UnknownFormat)
                        .nearest(&id, formats.iter().map(Format::id)),
                ),
                Some(f) if !rule.takes_kind(f.kind()) => {
                    let judges = rule.kind().map_or("evidence of a run", Kind::as_str);
                    t.problem(span, format!("the format `{id}` says {}, and this gate judges {judges}", f.kind()))
                }
                Some(_) => {}
            }
            id
        })
        .collect();
    // What a kind of evidence does not speak of cannot narrow it: then the key is unknown, not without effect.
    let categories = if rule.kind() == Some(Kind::Findings) { t.texts("categories") } else { None };
    let categories = categories
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(word, span)| {
            let found = Category::named(&word);
            if found.is_none() {
                let words = Category::ALL.map(|c| c.as_str());
                t.problems().add(
                    PolicyProblem::new(span, format!("there is no category `{word}`"))
                        .code(ProblemCode::UnknownWord)
                        .nearest(&word, words),
                );
            }
            found
        })
        .collect();
    let labels = t.named_texts("labels");
    if let (Some(node), true) = (t.get("labels"), !labels.is_empty()) {
        for label in labels.keys() {
            known_label(label, &node.span, evidence, t.problems());
        }
    }
    let paths =
        if matches!(rule.kind(), Some(Kind::Findings | Kind::Coverage)) { patterns_of(t, "paths") } else { Vec::new() };
    let names: Vec<&str> = evidence.iter().filter_map(|e| e.name.as_deref()).collect();
    let chosen = t
        .texts("evidence")
        .unwrap_or_default()
        .into_iter()
        .map(|(name, span)| {
            if !names.contains(&name.as_str()) {
                t.problems().add(
                    PolicyProblem::new(span, format!("no [[evidence]] entry is named `{name}`"))
                        .code(ProblemCode::UnknownEvidence)
                        .nearest(&name, names.iter().copied()),
                );
            }
            name
        })
        .collect();
    Selector { tools, except_tools, formats: chosen_formats, categories, labels, paths, evidence: chosen }
}

fn waiver(mut t: Table<'_>, gates: &[Gate], line: &impl Fn(&Span) -> u64) -> Option<Waiver> {
    let span = t.span();
    let gate = t.text("gate").map(|(name, span)| {
        if !gates.iter().any(|g| g.name == name) {
            t.problems().add(
                PolicyProblem::new(span, format!("there is no gate `{name}`"))
                    .code(ProblemCode::UnknownGate)
                    .nearest(&name, gates.iter().map(|g| g.name.as_str())),
            );
        }
        name
    });
    let id = t.text("id").map(|(s, _)| s);
    let test = t.text("test").map(|(s, _)| s);
    let package = t.text("package").map(|(s, _)| s);
    let path = t.text("path").and_then(|(text, span)| Pattern::new(&text).map_err(|e| t.problem(span, e)).ok());
    for (key, text) in [("id", &id), ("test", &test), ("package", &package)] {
        if text.as_ref().is_some_and(|t| t.trim().is_empty()) {
            t.problem(span.clone(), format!("the waiver's `{key}` is empty"));
        }
    }
    if id.is_none() && test.is_none() && package.is_none() && path.is_none() {
        t.problem_of(
            ProblemCode::MissingKey,
            span.clone(),
            "this waiver does not say what it waives: give it `id`, `test`, `package` or `path`",
        );
    }
    let reason = t.text("reason").map(|(s, _)| s).unwrap_or_default();
    if reason.trim().is_empty() {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "this waiver has no `reason`");
    }
    let expires = t.date("expires");
    t.finish("a [[waivers]] entry");
    Some(Waiver { gate, id, test, package, path, reason, expires, line: line(&span) })
}

#[cfg(test)]
mod tests {
    use super::*;

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
