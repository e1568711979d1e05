//! `[defaults]`: keys that every gate has unless it says otherwise. A gate's own value takes the place of the whole default.

use crate::config::{Node, PolicyProblem, ProblemCode, Problems, Table, Value};

/// The keys that gates of every rule take.
const KEYS: [&str; 10] = [
    "action",
    "then",
    "evidence",
    "labels",
    "each",
    "require",
    "exclude-cells",
    "allow-fail",
    "cells",
    "per-component",
];

/// Gives the gates what they do not say themselves.
pub(super) fn fill(tree: &mut Node) {
    let Some(defaults) = tree.get("defaults").and_then(Node::entries).map(<[_]>::to_vec) else { return };
    let Some(Value::Table(gates)) = tree.get_mut("gates").map(|n| &mut n.value) else { return };
    for gate in gates {
        let Value::Table(keys) = &mut gate.node.value else { continue };
        for default in defaults.iter().filter(|d| KEYS.contains(&d.key.as_str())) {
            if !keys.iter().any(|k| k.key == default.key) {
                keys.push(default.clone());
            }
        }
    }
}

/// Reports what cannot be a default; what is wrong with a value is told of the gates that have it.
pub(super) fn read(top: &mut Table<'_>, problems: &Problems) {
    for e in top.named("defaults").iter().filter(|e| !KEYS.contains(&e.key.as_str())) {
        let message = format!("`{}` cannot be a default for all gates", e.key);
        problems
            .add(PolicyProblem::new(e.key_span.clone(), message).code(ProblemCode::UnknownKey).nearest(&e.key, KEYS));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Known, Policy, parse};
    use crate::rule::Rules;
    use crate::verdict::Action;
    use gatekeeper_formats::Formats;

    fn read(text: &str, profile: Option<&str>) -> Result<Policy, Vec<String>> {
        let text = format!("version = 1\n[[evidence]]\nname = \"u\"\npaths = [\"{{os}}/*.xml\"]\n{text}");
        let (formats, rules) = (Formats::default(), Rules::default());
        parse("p.toml", text.as_bytes(), profile, Known { formats: &formats, rules: &rules })
            .map_err(|e| e.problems.iter().map(|p| p.message.clone() + p.help.as_deref().unwrap_or("")).collect())
    }

    const TWO: &str = "[gates.tests]\n[gates.more]\nrule = \"tests\"\naction = \"block\"\n";

    #[test]
    fn gates_have_what_they_do_not_say_themselves() {
        let policy =
            read(&format!("[defaults]\naction = \"warn\"\nthen = \"tell\"\neach = \"os\"\n{TWO}"), None).unwrap();
        let said: Vec<_> =
            policy.gates.iter().map(|g| (g.name.as_str(), g.action, g.then.as_deref(), g.cells.each.len())).collect();
        assert_eq!(said, [("tests", Action::Warn, Some("tell"), 1), ("more", Action::Block, Some("tell"), 1)]);
        assert_eq!(policy.gates[0].rule.id(), "tests", "the rule is the gate's name");
    }

    #[test]
    fn a_profile_lies_above_the_defaults() {
        let text = format!("[defaults]\naction = \"block\"\n{TWO}[profiles.p.gates.tests]\naction = \"inform\"\n");
        let policy = read(&text, Some("p")).unwrap();
        assert_eq!((policy.gates[0].action, policy.loosened.len()), (Action::Inform, 1));
    }

    #[test]
    fn a_mistake_in_a_default_is_told_once() {
        let of = |defaults: &str| read(&format!("[defaults]\n{defaults}\n{TWO}"), None).map(|_| ()).unwrap_err();
        assert_eq!(of("actoin = \"warn\""), ["`actoin` cannot be a default for all gatesdid you mean `action`?"]);
        assert_eq!(of("min-pass-rate = 90").len(), 1);
        assert_eq!(of("each = \"so\"").len(), 1);
        assert_eq!(of("then = \"\"").len(), 1);
    }
}
