//! What one policy demands less than another: limits that are weaker, gates that are gone, lists that let more through.

use crate::config::{Entry, Node, Value};
use gatekeeper_evidence::decimal::Decimal;
use std::cmp::Ordering;

/// How a key's value is stricter.
#[derive(Clone, Copy, PartialEq)]
enum Stricter {
    /// The higher, the stricter.
    Higher,
    /// The lower, the stricter.
    Lower,
    /// The more entries, the stricter.
    More,
    /// The fewer entries, the stricter. No list at all narrows nothing.
    Fewer,
    /// The stricter of these words is the earlier one.
    Words(&'static [&'static str]),
    /// Which is stricter nobody can tell: any other value is told.
    Same,
}

const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const METRICS: [&str; 4] = ["lines", "branches", "functions", "statements"];

/// How a gate's key is stricter, by its path below the gate; `None` where that cannot be told of it.
fn direction(path: &[&str]) -> Option<Stricter> {
    let last = path.last()?;
    let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).copied();
    match (*last, parent) {
        ("action", _) => Some(Stricter::Words(&["block", "warn", "inform"])),
        ("enabled" | "valid" | "ntia", _) => Some(Stricter::Words(&["true", "false"])),
        ("rule" | "evidence" | "each" | "format" | "exit-status", None) => Some(Stricter::Same),
        ("required" | "same-commit", None) => Some(Stricter::Words(&["true", "false"])),
        ("exclude" | "ignore", None) => Some(Stricter::Fewer),
        ("paths" | "packages", None) => Some(Stricter::More),
        ("fixable-only" | "new-only" | "on-diff", _) => Some(Stricter::Words(&["false", "true"])),
        ("unknown", None) => Some(Stricter::Words(&["fail", "warn", "allow"])),
        ("fail-on", _) => Some(Stricter::Words(SEVERITIES)),
        ("flaky", _) => Some(Stricter::Words(&["fail", "warn", "pass"])),
        ("allow" | "exceptions" | "quarantine" | "allow-fail" | "exclude-cells", _) => Some(Stricter::Fewer),
        ("deny" | "review" | "tools" | "categories" | "rules" | "formats" | "specs" | "only", _) => {
            Some(Stricter::More)
        }
        (_, Some("require" | "labels")) => Some(Stricter::More),
        (_, Some("max" | "warn")) => Some(Stricter::Lower),
        (metric, _) if METRICS.contains(&metric) => Some(Stricter::Higher),
        ("min" | "warn", Some(metric)) if METRICS.contains(&metric) => Some(Stricter::Higher),
        (key, _) if key == "min" || key.starts_with("min-") => Some(Stricter::Higher),
        (key, _) if key == "max" || key.starts_with("max-") => Some(Stricter::Lower),
        _ => None,
    }
}

/// What `now` demands less than `base`, a line each: `coverage: lines.min 80 → 70`. Both are policies' trees.
pub(super) fn loosened(base: &Node, now: &Node) -> Vec<String> {
    let gates = |tree: &Node| tree.get("gates").and_then(Node::entries).unwrap_or_default().to_vec();
    let mut out = Vec::new();
    let after = gates(now);
    for gate in gates(base) {
        match after.iter().find(|g| g.key == gate.key) {
            None => out.push(format!("{}: the gate is gone", gate.key)),
            Some(new) => compare(&gate.key, &mut Vec::new(), Some(&gate.node), Some(&new.node), &mut out),
        }
    }
    let entries = |tree| list(tree, "evidence");
    let name = |entry: &Node| entry.get("name").and_then(words);
    for (old, called) in entries(base).iter().filter_map(|e| Some((e, name(e)?))) {
        match entries(now).iter().find(|e| name(e).as_ref() == Some(&called)) {
            None => out.push(format!("evidence {called}: the entry is gone")),
            Some(new) => compare(&format!("evidence {called}"), &mut Vec::new(), Some(old), Some(new), &mut out),
        }
    }
    // A waiver for a gate that the base does not have takes nothing from it.
    let known = |gate: &str| gates(base).iter().any(|g| g.key == gate);
    let old: Vec<Node> = list(base, "waivers");
    for waiver in list(now, "waivers").iter().filter(|w| !old.iter().any(|o| o.value == w.value)) {
        let Some(gate) = waiver.get("gate").and_then(words).filter(|g| known(g)) else { continue };
        let what =
            ["id", "test", "package", "path", "component"].iter().filter_map(|key| waiver.get(key).and_then(words));
        let what: Vec<String> = what.collect();
        out.push(format!("{gate}: a waiver of {} is added", what.join(" in ")));
    }
    out
}

/// The items of a list at a policy's top.
fn list(tree: &Node, key: &str) -> Vec<Node> {
    match tree.get(key).map(|n| &n.value) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    }
}

fn words(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn compare<'n>(
    gate: &str,
    path: &mut Vec<&'n str>,
    base: Option<&'n Node>,
    now: Option<&'n Node>,
    out: &mut Vec<String>,
) {
    let tables = |node: Option<&'n Node>| node.and_then(Node::entries);
    if let (Some(_), _) | (_, Some(_)) = (tables(base), tables(now)) {
        let (old, new) = (tables(base).unwrap_or_default(), tables(now).unwrap_or_default());
        let find = |entries: &'n [Entry], key: &str| entries.iter().find(|e| e.key == key).map(|e| &e.node);
        let keys = old.iter().chain(new.iter().filter(|n| find(old, &n.key).is_none()));
        for entry in keys {
            path.push(&entry.key);
            compare(gate, path, find(old, &entry.key), find(new, &entry.key), out);
            path.pop();
        }
        return;
    }
    if base.map(|n| &n.value) == now.map(|n| &n.value) {
        return;
    }
    let Some(stricter) = direction(path) else { return };
    if weaker(stricter, base.map(|n| &n.value), now.map(|n| &n.value)) {
        let shown = |node: Option<&Node>| node.map_or_else(|| "none".to_owned(), Node::to_string);
        out.push(format!("{gate}: {} {} → {}", path.join("."), shown(base), shown(now)));
    }
}

/// Whether a value demands less than another. What cannot be compared is called weaker: it is told, and decides nothing.
fn weaker(stricter: Stricter, base: Option<&Value>, now: Option<&Value>) -> bool {
    match stricter {
        Stricter::Higher | Stricter::Lower => {
            let (Some(base), Some(now)) = (base, now) else { return base.is_some() };
            match (number(base), number(now)) {
                (Some(base), Some(now)) => {
                    now.cmp(&base) == if stricter == Stricter::Higher { Ordering::Less } else { Ordering::Greater }
                }
                _ => true,
            }
        }
        Stricter::More => {
            let (Some(base), Some(now)) = (base, now) else {
                // Without a list everything is taken: a list that appears narrows it, one that goes widens it.
                return now.is_some();
            };
            items(base).iter().any(|i| !items(now).contains(i))
        }
        Stricter::Same => true,
        Stricter::Fewer => now.is_some_and(|now| {
            let known = base.map(items).unwrap_or_default();
            items(now).iter().any(|i| !known.contains(i))
        }),
        Stricter::Words(words) => {
            let rank = |v: Option<&Value>| match v {
                Some(Value::Text(t)) => words.iter().position(|w| w == t),
                Some(Value::Flag(b)) => words.iter().position(|w| *w == if *b { "true" } else { "false" }),
                // What is not said is the strictest, or, of a severity to fail on, none at all.
                _ => Some(if words == SEVERITIES { words.len() } else { 0 }),
            };
            rank(now) > rank(base)
        }
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(n) => Decimal::parse(n),
        Value::Text(t) => {
            Decimal::parse(t.trim().trim_end_matches('%').trim_end()).or_else(|| crate::config::duration(t.trim()))
        }
        _ => None,
    }
}

fn items(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().map(Node::to_string).collect(),
        other => vec![Node { span: 0..0, value: other.clone() }.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_toml;

    fn told(base: &str, now: &str) -> Vec<String> {
        let tree = |gate: &str| from_toml(&format!("[gates.g]\n{gate}")).unwrap();
        loosened(&tree(base), &tree(now))
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
        assert_eq!(told("rule = \"tests\"", "rule = \"sbom\""), ["g: rule \"tests\" → \"sbom\""]);
    }
}
