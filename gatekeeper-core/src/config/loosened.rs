//! What one policy demands less than another: limits that are weaker, gates that are gone, lists that let more through.

use super::node::{Entry, Node, Value, duration};
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
    /// The stricter of these words is the earlier one; the number says which holds where none is written.
    Words(&'static [&'static str], usize),
    /// Which is stricter nobody can tell: any other value is told.
    Same,
}

const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const METRICS: [&str; 4] = ["lines", "branches", "functions", "statements"];
const ON: &[&str] = &["true", "false"];
const OFF: &[&str] = &["false", "true"];

/// Keys whose lists leave something out.
const LEAVES_OUT: [&str; 10] = [
    "exclude",
    "ignore",
    "except-tools",
    "exceptions",
    "ignore-scopes",
    "exclude-cells",
    "quarantine",
    "allow-fail",
    "root",
    "suppressions",
];

/// How a key is stricter, by its path below the gate or table; `None` where that cannot be told of it.
fn direction(path: &[&str]) -> Option<Stricter> {
    let last = path.last()?;
    let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).copied();
    match (*last, parent) {
        (_, Some("exceptions")) => Some(Stricter::Fewer),
        ("rule" | "evidence" | "each" | "format" | "exit-status", None) => Some(Stricter::Same),
        ("action", _) => Some(Stricter::Words(&["block", "warn", "inform"], 0)),
        ("enabled" | "valid" | "ntia" | "required" | "ancestor", _) => Some(Stricter::Words(ON, 0)),
        ("ratchet" | "same-commit", _) => Some(Stricter::Words(ON, 1)),
        ("fixable-only" | "new-only" | "on-diff", _) => Some(Stricter::Words(OFF, 0)),
        ("unknown", None) => Some(Stricter::Words(&["fail", "warn", "allow"], 0)),
        ("loosening", _) => Some(Stricter::Words(&["fail", "warn", "allow"], 1)),
        ("weakening", None) | (_, Some("weakening")) => Some(Stricter::Words(&["fail", "warn", "allow"], 2)),
        ("degraded", _) => Some(Stricter::Words(&["fail", "warn", "allow"], 0)),
        ("unmeasured", _) => Some(Stricter::Words(&["error", "uncovered"], 0)),
        ("stale" | "bots" | "committers", _) => Some(Stricter::Words(&["deny", "allow"], 0)),
        ("attempts", _) => Some(Stricter::Words(&["full", "failed-only"], 0)),
        ("fail-on", _) => Some(Stricter::Words(SEVERITIES, SEVERITIES.len())),
        ("flaky", _) => Some(Stricter::Words(&["fail", "warn", "pass"], 0)),
        ("allow", _) => Some(Stricter::Fewer),
        (key, _) if LEAVES_OUT.contains(&key) => Some(Stricter::Fewer),
        (
            "deny" | "review" | "tools" | "categories" | "rules" | "formats" | "specs" | "only" | "paths" | "packages"
            | "evidence" | "metrics",
            _,
        ) => Some(Stricter::More),
        (_, Some("require" | "labels")) => Some(Stricter::More),
        (_, Some("max" | "warn")) => Some(Stricter::Lower),
        (metric, _) if METRICS.contains(&metric) => Some(Stricter::Higher),
        ("min" | "warn", Some(metric)) if METRICS.contains(&metric) => Some(Stricter::Higher),
        ("slower", _) => Some(Stricter::Lower),
        (key, _) if key == "min" || key.starts_with("min-") => Some(Stricter::Higher),
        (key, _) if key == "max" || key.starts_with("max-") => Some(Stricter::Lower),
        _ => None,
    }
}

/// What sort of thing demands less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looser {
    /// A limit, a gate or evidence.
    Policy,
    /// A list that leaves something out.
    Exclude,
    /// A waiver.
    Waiver,
}

/// Something that a policy demands less than another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loosened {
    /// What sort of thing.
    pub sort: Looser,
    /// In words: `coverage: lines.min 80 → 70`.
    pub words: String,
}

/// What `now` demands less than `base`, a line each: `coverage: lines.min 80 → 70`. Both are policies' trees.
pub(crate) fn loosened(base: &Node, now: &Node) -> Vec<String> {
    compared(base, now).into_iter().map(|l| l.words).collect()
}

/// Whether `now` demands less than `base` in anything.
pub(crate) fn is_looser(base: &Node, now: &Node) -> bool {
    !compared(base, now).is_empty()
}

/// What `now` demands less than `base`.
pub(crate) fn compared(base: &Node, now: &Node) -> Vec<Loosened> {
    let mut out = Vec::new();
    let entries = |tree: &Node, key: &str| tree.get(key).and_then(Node::entries).unwrap_or_default().to_vec();
    let after = entries(now, "gates");
    for gate in entries(base, "gates") {
        match after.iter().find(|g| g.key == gate.key) {
            None => out.push(policy(format!("{}: the gate is gone", gate.key))),
            Some(new) => compare(&gate.key, &mut Vec::new(), Some(&gate.node), Some(&new.node), &mut out),
        }
    }
    evidence(base, now, &mut out);
    waivers(base, now, &mut out);
    for component in entries(base, "components").iter().filter(|c| c.node.entries().is_some()) {
        if now.get("components").and_then(|c| c.get(&component.key)).is_none() {
            out.push(policy(format!("components.{}: the component is gone", component.key)));
        }
    }
    // Everything else that a policy says at its top: `[baseline]`, `[components]`, `weakening`.
    let apart = ["gates", "evidence", "waivers", "profiles", "profile", "version", "extends", "defaults"];
    let (old, new) = (base.entries().unwrap_or_default(), now.entries().unwrap_or_default());
    let keys = old.iter().chain(new.iter().filter(|n| old.iter().all(|o| o.key != n.key)));
    for key in keys.map(|e| e.key.as_str()).filter(|k| !apart.contains(k)) {
        compare("", &mut vec![key], base.get(key), now.get(key), &mut out);
    }
    out
}

fn policy(words: String) -> Loosened {
    Loosened { sort: Looser::Policy, words }
}

fn tables<'n>(tree: &'n Node, key: &str) -> &'n [Node] {
    match tree.get(key).map(|n| &n.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// A text, bare.
fn words(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Date(text) => Some(text.clone()),
        _ => None,
    }
}

/// Evidence entries by name, or, without one, by their patterns.
fn evidence(base: &Node, now: &Node, out: &mut Vec<Loosened>) {
    let key = |entry: &Node| {
        let of = |key: &str| entry.get(key).map(|n| words(n).unwrap_or_else(|| n.to_string()));
        of("name").or_else(|| of("paths")).or_else(|| of("packages")).unwrap_or_default()
    };
    let new = tables(now, "evidence");
    for old in tables(base, "evidence") {
        let name = key(old);
        match new.iter().find(|n| key(n) == name) {
            None => out.push(policy(format!("evidence {name}: the entry is gone"))),
            Some(n) => compare(&format!("evidence {name}"), &mut Vec::new(), Some(old), Some(n), out),
        }
    }
}

/// Waivers that are new, or that hold longer than they did. One for a gate that the base does not have takes nothing from it.
fn waivers(base: &Node, now: &Node, out: &mut Vec<Loosened>) {
    const WHAT: [&str; 6] = ["id", "test", "package", "path", "component", "labels"];
    let keys = || WHAT.into_iter().chain(["gate", "covers"]);
    let same = |a: &Node, b: &Node| keys().all(|key| a.get(key).map(|n| &n.value) == b.get(key).map(|n| &n.value));
    let end = |waiver: &Node| waiver.get("expires").and_then(words);
    let gate = |waiver: &Node| waiver.get("gate").and_then(words);
    let known = |gate: &str| base.get("gates").is_some_and(|gates| gates.get(gate).is_some());
    let old = tables(base, "waivers");
    for waiver in tables(now, "waivers").iter().filter(|w| gate(w).is_none_or(|g| known(&g))) {
        let shown: Vec<String> =
            WHAT.iter().filter_map(|k| waiver.get(k)).map(|n| words(n).unwrap_or_else(|| n.to_string())).collect();
        let (of, what) = (gate(waiver).unwrap_or_else(|| "all gates".to_owned()), shown.join(" in "));
        let those: Vec<&Node> = old.iter().filter(|o| same(o, waiver)).collect();
        // No end is later than any.
        let longer = |o: &&Node| end(o).is_some_and(|was| end(waiver).is_none_or(|is| is > was));
        let words = match those.first() {
            None => format!("{of}: a waiver of {what} is added"),
            Some(first) if those.iter().all(longer) => {
                let date = |w: &Node| end(w).unwrap_or_else(|| "none".to_owned());
                format!("{of}: the waiver of {what} expires {} → {}", date(first), date(waiver))
            }
            Some(_) => continue,
        };
        out.push(Loosened { sort: Looser::Waiver, words });
    }
}

fn compare<'n>(
    of: &str,
    path: &mut Vec<&'n str>,
    base: Option<&'n Node>,
    now: Option<&'n Node>,
    out: &mut Vec<Loosened>,
) {
    let tables = |node: Option<&'n Node>| node.and_then(Node::entries);
    if let (Some(_), _) | (_, Some(_)) = (tables(base), tables(now)) {
        // A limit that is written as a mere number is its `min`.
        if let (Some(number), None, Some(inner)) | (None, Some(number), Some(inner)) =
            (plain(base), plain(now), tables(base).or(tables(now)))
            && path.last().is_some_and(|key| METRICS.contains(key))
        {
            let min = inner.iter().find(|e| e.key == "min").map(|e| &e.node);
            let (old, new) = if plain(base).is_some() { (Some(number), min) } else { (min, Some(number)) };
            path.push("min");
            compare(of, path, old, new, out);
            path.pop();
            return;
        }
        let (old, new) = (tables(base).unwrap_or_default(), tables(now).unwrap_or_default());
        let find = |entries: &'n [Entry], key: &str| entries.iter().find(|e| e.key == key).map(|e| &e.node);
        let keys = old.iter().chain(new.iter().filter(|n| find(old, &n.key).is_none()));
        for entry in keys {
            path.push(&entry.key);
            compare(of, path, find(old, &entry.key), find(new, &entry.key), out);
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
        let place = if of.is_empty() { String::new() } else { format!("{of}: ") };
        let sort = match path.iter().any(|key| LEAVES_OUT.contains(key)) {
            true => Looser::Exclude,
            false => Looser::Policy,
        };
        out.push(Loosened { sort, words: format!("{place}{} {} → {}", path.join("."), shown(base), shown(now)) });
    }
}

/// A limit that is written without a table.
fn plain(node: Option<&Node>) -> Option<&Node> {
    node.filter(|n| matches!(n.value, Value::Number(_) | Value::Text(_)))
}

/// Whether a value demands less than another. What cannot be compared is called weaker: it is told.
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
        Stricter::Words(words, unsaid) => {
            let rank = |v: Option<&Value>| match v {
                Some(Value::Text(t)) => words.iter().position(|w| w == t),
                Some(Value::Flag(b)) => words.iter().position(|w| *w == if *b { "true" } else { "false" }),
                _ => Some(unsaid),
            };
            rank(now) > rank(base)
        }
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(n) => Decimal::parse(n),
        Value::Text(t) => {
            let bare = t.trim().trim_end_matches("pp").trim_end_matches('%').trim_end();
            Decimal::parse(bare).or_else(|| duration(t.trim()))
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
            (
                "[[waivers]]\nid = \"B1\"\nexpires = \"2026-02-01\"",
                "[[waivers]]\nid = \"B1\"\nexpires = \"2026-01-01\"",
            ),
            ("[[waivers]]\nid = \"B1\"", "[[waivers]]\nid = \"B1\"\nexpires = \"2026-01-01\""),
            ("", "[[evidence]]\npaths = [\"x\"]"),
            ("", "weakening = \"fail\""),
            ("", "[baseline]\nancestor = true"),
            ("[gates.g]\nlines = 80", "[gates.g]\nlines = { min = 80 }"),
        ] {
            assert_eq!(told(base, now), Vec::<String>::new(), "{base} → {now}");
        }
    }
}
