//! Profiles: levels of a policy. A profile's tables merge into the policy's, key by key, so that a limit that it does not name stays. A gate that only a
//! profile has is there without it too, and switched off: waivers and components may name it, and the verdict says that it was not judged.

use crate::config::{Entry, Node, PolicyProblem, ProblemCode, Problems, Table, Value, merge, nearest};

/// The names of a policy's profiles.
pub(super) fn names(tree: &Node) -> Vec<String> {
    let profiles = tree.get("profiles").and_then(Node::entries).unwrap_or_default();
    profiles.iter().map(|p| p.key.clone()).collect()
}

/// Whether a profile's table of a gate says all of it, so that it may be one that the policy does not have. A name alone may be misspelt.
fn is_whole(change: &Entry) -> bool {
    change.node.get("rule").is_some()
}

/// The policy's gates.
fn gates_of(tree: &mut Node) -> Option<&mut Vec<Entry>> {
    if let Value::Table(top) = &mut tree.value
        && !top.iter().any(|e| e.key == "gates")
    {
        let node = Node { span: 0..0, value: Value::Table(Vec::new()) };
        top.push(Entry { key: "gates".to_owned(), key_span: 0..0, node });
    }
    match tree.get_mut("gates").map(|n| &mut n.value) {
        Some(Value::Table(gates)) => Some(gates),
        _ => None,
    }
}

/// Lays a profile over the policy, those that it is made `from` first. Gates of other profiles stand by.
pub(super) fn apply(tree: &mut Node, name: &str) -> Result<(), PolicyProblem> {
    for profile in chain(tree, name)? {
        match profile.get("gates").map(|n| n.value.clone()) {
            Some(Value::Table(changes)) => {
                if let Some(gates) = changes.iter().any(is_whole).then(|| gates_of(tree)).flatten() {
                    let names: Vec<String> = gates.iter().map(|g| g.key.clone()).collect();
                    gates.extend(changes.iter().filter(|c| is_whole(c) && !names.contains(&c.key)).cloned());
                }
                if let Some(Value::Table(gates)) = tree.get_mut("gates").map(|n| &mut n.value) {
                    for gate in gates.iter_mut() {
                        if let Some(change) = changes.iter().find(|c| c.key == gate.key) {
                            merge(&mut gate.node, &change.node);
                        }
                    }
                }
            }
            Some(Value::List(chosen)) => only(tree, &chosen)?,
            _ => {}
        }
        for change in profile.get("components").and_then(Node::entries).unwrap_or_default() {
            if let Some(component) = tree.get_mut("components").and_then(|all| all.get_mut(&change.key)) {
                merge(component, &change.node);
            }
        }
    }
    stand_by(tree);
    Ok(())
}

/// Adds the gates that only profiles have, switched off.
pub(super) fn stand_by(tree: &mut Node) {
    let profiles = tree.get("profiles").and_then(Node::entries).unwrap_or_default();
    let tables = profiles.iter().filter_map(|p| p.node.get("gates")?.entries()).flatten();
    let whole: Vec<Entry> = tables.filter(|c| is_whole(c)).cloned().collect();
    if whole.is_empty() {
        return;
    }
    let Some(gates) = gates_of(tree) else { return };
    for mut gate in whole {
        if !gates.iter().any(|g| g.key == gate.key) {
            switch_off(&mut gate);
            gates.push(gate);
        }
    }
}

fn switch_off(gate: &mut Entry) {
    let span = gate.key_span.clone();
    if let Value::Table(keys) = &mut gate.node.value {
        keys.retain(|k| k.key != "enabled");
        let node = Node { span: span.clone(), value: Value::Flag(false) };
        keys.push(Entry { key: "enabled".to_owned(), key_span: span, node });
    }
}

/// A profile and those that it is made from, the first of them first.
fn chain(tree: &Node, name: &str) -> Result<Vec<Node>, PolicyProblem> {
    let all = names(tree);
    let profiles = tree.get("profiles");
    let mut out: Vec<Node> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some((name.to_owned(), 0..0));
    while let Some((name, span)) = next {
        let Some(profile) = profiles.and_then(|p| p.get(&name)) else {
            let none = if all.is_empty() { ": this policy has none" } else { "" };
            return Err(PolicyProblem::new(span, format!("there is no profile `{name}`{none}"))
                .code(ProblemCode::UnknownProfile)
                .nearest(&name, all.iter().map(String::as_str)));
        };
        if seen.contains(&name) {
            return Err(PolicyProblem::new(span, format!("the profile `{name}` is made from itself")));
        }
        next = profile.get("from").and_then(|n| match &n.value {
            Value::Text(from) => Some((from.clone(), n.span.clone())),
            _ => None,
        });
        seen.push(name);
        out.push(profile.clone());
    }
    out.reverse();
    Ok(out)
}

/// Switches off the gates that a profile does not list.
fn only(tree: &mut Node, chosen: &[Node]) -> Result<(), PolicyProblem> {
    let Some(Value::Table(gates)) = tree.get_mut("gates").map(|n| &mut n.value) else { return Ok(()) };
    let names: Vec<String> = gates.iter().map(|g| g.key.clone()).collect();
    let mut wanted = Vec::new();
    for node in chosen {
        match &node.value {
            Value::Text(name) if names.contains(name) => wanted.push(name.clone()),
            Value::Text(name) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let problem = PolicyProblem::new(node.span.clone(), format!("there is no gate `{name}` to choose"))
                    .code(ProblemCode::UnknownGate);
                return Err(match nearest(name, &names) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem,
                });
            }
            _ => {
                return Err(PolicyProblem::new(node.span.clone(), "`gates` of a profile lists names of gates")
                    .code(ProblemCode::WrongType));
            }
        }
    }
    gates.iter_mut().filter(|g| !wanted.contains(&g.key)).for_each(switch_off);
    Ok(())
}

/// Reports gates that profiles change and that nobody has: neither the policy, nor the profile or one that it is made from. `tree` is as it was read.
pub(super) fn check(tree: &Node, problems: &Problems) {
    let changes = |p: &Node| p.get("gates").and_then(Node::entries).unwrap_or_default().to_vec();
    let own: Vec<String> =
        tree.get("gates").and_then(Node::entries).unwrap_or_default().iter().map(|g| g.key.clone()).collect();
    for e in tree.get("profiles").and_then(Node::entries).unwrap_or_default().iter().take(MOST_PROFILES) {
        let below = chain(tree, &e.key).unwrap_or_default();
        let added = below.iter().flat_map(changes).filter(is_whole).map(|c| c.key);
        let known: Vec<String> = own.iter().cloned().chain(added).collect();
        for change in changes(&e.node).iter().filter(|c| !is_whole(c) && !known.contains(&c.key)) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let add = "a gate that only a profile has says its `rule`";
            let help = match nearest(&change.key, &names) {
                Some(near) => format!("did you mean `{near}`? If not, {add}"),
                None => add.to_owned(),
            };
            let words = format!("there is no gate `{}` to change", change.key);
            problems.add(PolicyProblem::new(change.key_span.clone(), words).code(ProblemCode::UnknownGate).help(help));
        }
    }
}

/// Most profiles of a policy.
const MOST_PROFILES: usize = 100;

/// Reads the profiles, also those that are not applied: a mistake in one must not wait for the day it is needed.
pub(super) fn read(top: &mut Table<'_>, problems: &Problems) {
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
            }
        }
        let known: Vec<&str> =
            top.named("components").iter().map(|c| c.key.as_str()).filter(|c| *c != "root").collect();
        for c in t.named("components") {
            Table::of(&c.node, "what a profile changes of a component", problems);
            if !known.contains(&c.key.as_str()) {
                problems.add(
                    PolicyProblem::new(c.key_span.clone(), format!("there is no component `{}` to change", c.key))
                        .nearest(&c.key, known.iter().copied()),
                );
            }
        }
        t.finish("a profile");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_toml;

    fn applied(text: &str, profile: &str) -> Result<String, String> {
        let mut tree = from_toml(text).unwrap();
        apply(&mut tree, profile).map_err(|p| format!("{} {}", p.message, p.help.unwrap_or_default()))?;
        Ok(tree.get("gates").unwrap().to_string())
    }

    #[test]
    fn tables_merge_and_the_rest_is_replaced() {
        let text = "[gates.a]\nmax = { critical = 0, high = 5 }\ntools = [\"x\", \"y\"]\n[profiles.p.gates.a]\nmax = { high = 0, medium = 3 }\ntools = [\"z\"]";
        assert_eq!(
            applied(text, "p").unwrap(),
            r#"{"a": {"max": {"critical": 0, "high": 0, "medium": 3}, "tools": ["z"]}}"#
        );
    }

    #[test]
    fn a_profile_may_say_a_gate_s_rule_again() {
        let text = "[gates.a]\nrule = \"tests\"\nmax-failed = 0\n[profiles.p.gates.a]\nrule = \"tests\"\nmax-failed = 3\n[profiles.p.gates.b]\nrule = \"health\"";
        let gates = applied(text, "p").unwrap();
        assert_eq!(gates, r#"{"a": {"rule": "tests", "max-failed": 3}, "b": {"rule": "health"}}"#);
    }

    #[test]
    fn a_profile_changes_components() {
        let mut tree = from_toml(
            "[gates.a]\n[components.c]\npaths = [\"c/**\"]\n[components.c.gates.a]\nlines = { min = 80 }\n[profiles.p.components.c.gates.a]\nlines = 70",
        )
        .unwrap();
        apply(&mut tree, "p").unwrap();
        let own = tree.get("components").unwrap().to_string();
        assert_eq!(own, r#"{"c": {"paths": ["c/**"], "gates": {"a": {"lines": {"min": 70}}}}}"#);
    }

    #[test]
    fn a_limit_in_a_number_keeps_what_the_table_says_beside_it() {
        let text = "[gates.a]\nlines = { min = 80, warn = 85 }\nbranches = 50\n[profiles.p.gates.a]\nlines = 70\nbranches = { warn = 60 }";
        assert_eq!(
            applied(text, "p").unwrap(),
            r#"{"a": {"lines": {"warn": 85, "min": 70}, "branches": {"warn": 60, "min": 50}}}"#
        );
    }

    #[test]
    fn a_profile_is_made_from_another_and_chooses_gates() {
        let text = "[gates.a]\nm = 1\n[gates.b]\nm = 1\n[profiles.base.gates.a]\nm = 2\n[profiles.p]\nfrom = \"base\"\ngates = [\"a\"]";
        assert_eq!(applied(text, "p").unwrap(), r#"{"a": {"m": 2}, "b": {"m": 1, "enabled": false}}"#);
    }

    #[test]
    fn a_profile_adds_a_gate_that_says_its_rule() {
        let text = "[gates.a]\nm = 1\n[profiles.p.gates.b]\nrule = \"tests\"\nn = 2\n[profiles.q]\nfrom = \"p\"\n[profiles.q.gates.b]\nn = 3\n[profiles.r.gates.b]\nrule = \"sbom\"\n[profiles.s]\nfrom = \"p\"\ngates = [\"b\"]";
        let b = |keys: &str| format!(r#"{{"a": {{"m": 1}}, "b": {{{keys}}}}}"#);
        assert_eq!(applied(text, "p").unwrap(), b(r#""rule": "tests", "n": 2"#));
        assert_eq!(applied(text, "q").unwrap(), b(r#""rule": "tests", "n": 3"#));
        // Nothing of another profile's gate of the same name.
        assert_eq!(applied(text, "r").unwrap(), b(r#""rule": "sbom""#));
        let chosen = applied(text, "s").unwrap();
        assert_eq!(chosen, r#"{"a": {"m": 1, "enabled": false}, "b": {"rule": "tests", "n": 2}}"#);
        // Without the profile it stands by.
        let mut tree = from_toml(text).unwrap();
        stand_by(&mut tree);
        assert_eq!(tree.get("gates").unwrap().to_string(), b(r#""rule": "tests", "n": 2, "enabled": false"#));
        let alone = "[profiles.p.gates.b]\nrule = \"tests\"\n[profiles.q]";
        assert_eq!(applied(alone, "p").unwrap(), r#"{"b": {"rule": "tests"}}"#);
        assert_eq!(applied(alone, "q").unwrap(), r#"{"b": {"rule": "tests", "enabled": false}}"#);
    }

    #[test]
    fn a_gate_that_nobody_has_is_no_gate_to_change() {
        let told = |text: &str| {
            let problems = Problems::default();
            check(&from_toml(text).unwrap(), &problems);
            let of = |p: PolicyProblem| format!("{}: {}", p.message, p.help.unwrap_or_default());
            problems.into_inner().into_iter().map(of).collect::<Vec<_>>()
        };
        let gates = "[gates.alpha]\n[profiles.p.gates.beta]\nrule = \"tests\"\n";
        assert_eq!(told(&format!("{gates}[profiles.q]\nfrom = \"p\"\n[profiles.q.gates.beta]\nn = 1\n")).len(), 0);
        let stranger = told(&format!("{gates}[profiles.q.gates.beta]\nn = 1\n"));
        assert!(stranger.len() == 1 && stranger[0].starts_with("there is no gate `beta` to change: a gate that"));
        let near = told(&format!("{gates}[profiles.q.gates.alpah]\nn = 1\n"));
        assert!(near.len() == 1 && near[0].contains("did you mean `alpha`? If not, a gate"), "{near:?}");
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let text = "[gates.alpha]\n[profiles.one]\nfrom = \"two\"\n[profiles.two]\nfrom = \"one\"\n[profiles.three]\ngates = [\"alpah\"]\n[profiles.four]\nfrom = \"thre\"";
        assert!(applied(text, "one").unwrap_err().contains("made from itself"));
        assert!(applied(text, "three").unwrap_err().contains("did you mean `alpha`?"));
        assert!(applied(text, "four").unwrap_err().contains("did you mean `three`?"));
        assert!(applied(text, "tow").unwrap_err().contains("did you mean `two`?"));
    }
}
