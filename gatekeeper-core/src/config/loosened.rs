//! What one policy demands less than another: limits that are weaker, gates that are gone, lists that let more through. Which value of a key is the
//! weaker one stands in `stricter`.

use super::measure::Measure;
use super::merge::{merge, overtaken};
use super::node::{Entry, Node, Value, duration};
use super::stricter::{Place, Stricter, is_metric, leaves_out, stricter};
use gatekeeper_evidence::decimal::Decimal;
use std::cmp::Ordering;
use std::collections::BTreeSet;

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
    let after = entries(now.get("gates"));
    // What is switched off demands nothing.
    let is_on = |gate: &&Entry| gate.node.get("enabled").is_none_or(|n| n.value != Value::Flag(false));
    for gate in entries(base.get("gates")).iter().filter(is_on) {
        match after.iter().find(|g| g.key == gate.key) {
            None => out.push(policy(format!("{}: the gate is gone", gate.key))),
            Some(new) => {
                Comparison { place: Place::Gate, of: gate.key.clone(), out: &mut out }.gates(&gate.node, &new.node);
            }
        }
    }
    evidence(base, now, &mut out);
    waivers(base, now, &mut out);
    components(base, now, &mut out);
    // Everything else that a policy says at its top: `[baseline]`, `weakening`.
    const APART: [&str; 9] =
        ["gates", "evidence", "waivers", "components", "profiles", "profile", "version", "extends", "defaults"];
    let (old, new) = (entries(Some(base)), entries(Some(now)));
    let keys = old.iter().chain(new.iter().filter(|n| old.iter().all(|o| o.key != n.key)));
    let mut at = Comparison { place: Place::Top, of: String::new(), out: &mut out };
    for key in keys.map(|e| e.key.as_str()).filter(|k| !APART.contains(k)) {
        let (was, is) = (base.get(key), now.get(key));
        match [was, is].into_iter().flatten().any(|n| key == "weakening" && n.entries().is_some()) {
            true => at.compare(&mut vec![key], was.map(sorts).as_ref(), is.map(sorts).as_ref()),
            false => at.compare(&mut vec![key], was, is),
        }
    }
    at.compare(
        &mut vec!["components", "root"],
        base.get("components").and_then(|c| c.get("root")),
        now.get("components").and_then(|c| c.get("root")),
    );
    out
}

fn policy(words: String) -> Loosened {
    Loosened { sort: Looser::Policy, words }
}

fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(Node::entries).unwrap_or_default()
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

/// A gate with what holds because another key is not there: one approval, where no groups are named.
fn whole_gate(gate: &Node) -> Node {
    let mut out = gate.clone();
    let Value::Table(keys) = &mut out.value else { return out };
    let of = |keys: &[Entry], key: &str| keys.iter().find(|k| k.key == key).map(|k| number(&k.node.value));
    let implied = |keys: &mut Vec<Entry>, key: &str, value: Value| {
        if of(keys, key).is_none() {
            keys.push(Entry { key: key.to_owned(), key_span: 0..0, node: Node { span: 0..0, value } });
        }
    };
    if of(keys, "groups").is_none() {
        implied(keys, "min", Value::Number("1".to_owned()));
    }
    out
}

/// `weakening`, for each sort: a word speaks of all, and what a table does not name fails.
fn sorts(node: &Node) -> Node {
    const SORTS: [&str; 6] = ["lost", "skipped", "files", "excludes", "policy", "waivers"];
    let fail = || Node { span: 0..0, value: Value::Text("fail".to_owned()) };
    let of = |key: &str| match &node.value {
        Value::Table(_) => node.get(key).cloned().unwrap_or_else(fail),
        _ => node.clone(),
    };
    let entry = |key: &str| Entry { key: key.to_owned(), key_span: 0..0, node: of(key) };
    Node { span: node.span.clone(), value: Value::Table(SORTS.map(entry).to_vec()) }
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
            Some(n) => {
                let mut at = Comparison { place: Place::Evidence, of: format!("evidence {name}"), out };
                at.compare(&mut Vec::new(), Some(old), Some(n));
            }
        }
    }
}

/// Components, and what each makes of the gates: a limit of its own that is lower than the gate's demands less, and so does one that is gone.
fn components(base: &Node, now: &Node, out: &mut Vec<Loosened>) {
    let of = |tree: &Node, name: &str| tree.get("components").and_then(|c| c.get(name)).cloned();
    let own = |component: Option<&Node>, gate: &str| component.and_then(|c| c.get("gates")?.get(gate)).cloned();
    let both = |gate: Option<&Node>, own: Option<&Node>| {
        let mut whole = gate.cloned()?;
        if let Some(own) = own {
            merge(&mut whole, own);
        }
        Some(whole)
    };
    let names: BTreeSet<&str> = [base, now]
        .into_iter()
        .flat_map(|tree| entries(tree.get("components")))
        .filter(|c| c.node.entries().is_some())
        .map(|c| c.key.as_str())
        .collect();
    for name in names {
        let (was, is) = (of(base, name), of(now, name));
        if let (Some(_), None) = (&was, &is) {
            out.push(policy(format!("components.{name}: the component is gone")));
            continue;
        }
        let place = format!("components.{name}");
        if let (Some(was), Some(is)) = (&was, &is) {
            let mut at = Comparison { place: Place::Component, of: place.clone(), out };
            at.compare(&mut Vec::new(), Some(was), Some(is));
        }
        let gates = entries(base.get("gates")).iter().map(|g| g.key.as_str());
        for gate in gates {
            let (old, new) = (own(was.as_ref(), gate), own(is.as_ref(), gate));
            if old.as_ref().map(canonical) == new.as_ref().map(canonical) {
                continue;
            }
            let gate_of = |tree: &'_ Node| tree.get("gates").and_then(|g| g.get(gate)).cloned();
            let (Some(old), Some(new)) =
                (both(gate_of(base).as_ref(), old.as_ref()), both(gate_of(now).as_ref(), new.as_ref()))
            else {
                continue;
            };
            // What the gate itself demands less is told of the gate.
            let mut of_gate = Vec::new();
            if let (Some(old), Some(new)) = (gate_of(base), gate_of(now)) {
                Comparison { place: Place::Gate, of: String::new(), out: &mut of_gate }.gates(&old, &new);
            }
            let mut own = Vec::new();
            Comparison { place: Place::Gate, of: String::new(), out: &mut own }.gates(&old, &new);
            own.retain(|l| !of_gate.contains(l));
            out.extend(own.into_iter().map(|l| Loosened { words: format!("{place}: {gate}: {}", l.words), ..l }));
        }
    }
}

/// Waivers that are new, or that hold longer than they did. One for a gate that the base does not have takes nothing from it.
fn waivers(base: &Node, now: &Node, out: &mut Vec<Loosened>) {
    const WHAT: [&str; 6] = ["id", "test", "package", "path", "component", "labels"];
    let keys = || WHAT.into_iter().chain(["gate", "covers"]);
    let of = |waiver: &Node, key: &str| waiver.get(key).map(canonical);
    let same = |a: &Node, b: &Node| keys().all(|key| of(a, key) == of(b, key));
    let date = |waiver: &Node, key: &str| waiver.get(key).and_then(words);
    let gate = |waiver: &Node| waiver.get("gate").and_then(words);
    let known = |gate: &str| base.get("gates").is_some_and(|gates| gates.get(gate).is_some());
    let old = tables(base, "waivers");
    for waiver in tables(now, "waivers").iter().filter(|w| gate(w).is_none_or(|g| known(&g))) {
        let shown: Vec<String> =
            WHAT.iter().filter_map(|k| waiver.get(k)).map(|n| words(n).unwrap_or_else(|| n.to_string())).collect();
        let (of, what) = (gate(waiver).unwrap_or_else(|| "all gates".to_owned()), shown.join(" in "));
        let those: Vec<&Node> = old.iter().filter(|o| same(o, waiver)).collect();
        // No end is later than any, and no beginning is earlier.
        let longer =
            |o: &&Node| date(o, "expires").is_some_and(|was| date(waiver, "expires").is_none_or(|is| is > was));
        let sooner = |o: &&Node| date(o, "starts").is_some_and(|was| date(waiver, "starts").is_none_or(|is| is < was));
        let change = |first: &Node, key: &str, verb: &str| {
            let day = |w: &Node| date(w, key).unwrap_or_else(|| "none".to_owned());
            format!("{of}: the waiver of {what} {verb} {} → {}", day(first), day(waiver))
        };
        let words = match those.first() {
            None => format!("{of}: a waiver of {what} is added"),
            Some(first) if those.iter().all(longer) => change(first, "expires", "expires"),
            Some(first) if those.iter().all(sooner) => change(first, "starts", "starts"),
            Some(_) => continue,
        };
        out.push(Loosened { sort: Looser::Waiver, words });
    }
}

/// The keys that say how many cases may fail.
const FAILURES: [&str; 2] = ["min-pass-rate", "max-failed"];

/// Two values of one key, all the way down.
struct Comparison<'o> {
    place: Place,
    /// What they belong to, in words.
    of: String,
    out: &'o mut Vec<Loosened>,
}

impl Comparison<'_> {
    fn gates(&mut self, base: &Node, now: &Node) {
        let (was, is) = (whole_gate(base), whole_gate(now));
        self.failures(&was, &is);
        let rest = |gate: Node| match gate.value {
            Value::Table(mut keys) => {
                keys.retain(|k| !FAILURES.contains(&k.key.as_str()));
                Node { span: gate.span, value: Value::Table(keys) }
            }
            value => Node { span: gate.span, value },
        };
        self.compare(&mut Vec::new(), Some(&rest(was)), Some(&rest(is)));
    }

    /// How many cases may fail: a share of 100 % and no failure at all are the same, and hold where neither is written.
    fn failures(&mut self, base: &Node, now: &Node) {
        let of = |gate: &Node| FAILURES.map(|key| gate.get(key).cloned());
        let is = |node: &Option<Node>, n| node.as_ref().is_some_and(|v| number(&v.value) == Some(Decimal::whole(n)));
        let none_may =
            |[rate, failed]: &[Option<Node>; 2]| rate.is_none() && failed.is_none() || is(rate, 100) || is(failed, 0);
        let (was, now) = (of(base), of(now));
        if none_may(&now) {
            return;
        }
        let strict = none_may(&was);
        for (n, key) in FAILURES.into_iter().enumerate() {
            let (Some(was), Some(now)) = (was.get(n), now.get(n)) else { continue };
            let shown = |node: &Option<Node>| node.as_ref().map_or_else(|| "none".to_owned(), Node::to_string);
            if strict && now.is_some() {
                return self.say(&[key], &shown(was), &shown(now));
            }
            let how = if n == 0 { Stricter::Higher(None) } else { Stricter::Lower(None) };
            if !strict && weaker(how, was.as_ref().map(|n| &n.value), now.as_ref().map(|n| &n.value)) {
                self.say(&[key], &shown(was), &shown(now));
            }
        }
    }

    fn compare<'n>(&mut self, path: &mut Vec<&'n str>, base: Option<&'n Node>, now: Option<&'n Node>) {
        if base.map(canonical) == now.map(canonical) {
            return;
        }
        let decided = stricter(self.place, path);
        let table = |node: Option<&'n Node>| node.and_then(Node::entries);
        let shown = |node: Option<&Node>| node.map_or_else(|| "none".to_owned(), Node::to_string);
        if decided == Some(Stricter::Cells) {
            // Those that must hold: all of them, where nothing is said.
            if must_hold(now) < must_hold(base) {
                self.say(path, &shown(base), &shown(now));
            }
            return;
        }
        let (was, is) = (table(base), table(now));
        if decided == Some(Stricter::Severities) && was.is_some() && is.is_some() {
            return self.severities(path, base, now);
        }
        if was.is_some() || is.is_some() {
            // A limit that is written as a mere number is its `min`.
            if let (Some(number), None, Some(inner)) | (None, Some(number), Some(inner)) =
                (plain(base), plain(now), was.or(is))
                && path.last().is_some_and(|key| is_metric(key))
            {
                let min = inner.iter().find(|e| e.key == "min").map(|e| &e.node);
                let (old, new) = if plain(base).is_some() { (Some(number), min) } else { (min, Some(number)) };
                path.push("min");
                self.compare(path, old, new);
                path.pop();
                return;
            }
            // What was no table and is one, or the other way round, cannot be compared.
            let torn = base.is_some() && now.is_some() && was.is_some() != is.is_some();
            if torn && decided != Some(Stricter::Nothing) {
                self.say(path, &shown(base), &shown(now));
                return;
            }
            // Labels that select narrow as soon as one is named; other tables are compared key by key.
            let (old, new) = (was.unwrap_or_default(), is.unwrap_or_default());
            let keys = old.iter().chain(new.iter().filter(|n| find(old, &n.key).is_none()));
            for entry in keys {
                // A warning that the limit has overtaken demanded less than the limit does.
                let gone = entry.key == "warn" && find(new, "warn").is_none();
                if gone && overtaken(&entry.node, find(new, "min"), find(new, "max")) {
                    continue;
                }
                path.push(&entry.key);
                self.compare(path, find(old, &entry.key), find(new, &entry.key));
                path.pop();
            }
            return;
        }
        if let Some((was, is)) = by_name(path, base, now) {
            let names: BTreeSet<&str> = was.iter().chain(&is).map(|(name, _)| name.as_str()).collect();
            for name in names {
                let of = |all: &[(String, &'n Node)]| all.iter().find(|(n, _)| n == name).map(|(_, node)| *node);
                let mut below: Vec<&str> = path.iter().copied().chain([name]).collect();
                match (of(&was), of(&is)) {
                    (Some(_), None) => self.say(&below, "there", "gone"),
                    (was, is) => self.entries_of(&mut below, was, is),
                }
            }
            return;
        }
        // What nobody decided on is told: a key of a rule from outside.
        let decided = match decided.unwrap_or(Stricter::Same) {
            Stricter::Severities => Stricter::Lower(None),
            decided => decided,
        };
        if weaker(decided, base.map(|n| &n.value), now.map(|n| &n.value)) {
            self.say(path, &shown(base), &shown(now));
        }
    }

    /// The keys of an entry of a list of tables.
    fn entries_of(&mut self, path: &mut Vec<&str>, base: Option<&Node>, now: Option<&Node>) {
        let (old, new) = (entries(base), entries(now));
        for entry in old.iter().chain(new.iter().filter(|n| find(old, &n.key).is_none())) {
            let mut below: Vec<&str> = path.iter().copied().chain([entry.key.as_str()]).collect();
            // One that is added demands more.
            if base.is_some() {
                self.compare(&mut below, find(old, &entry.key), find(new, &entry.key));
            }
        }
    }

    /// Most findings by severity: a limit holds for its severity and for those above it that have none of their own.
    fn severities(&mut self, path: &[&str], base: Option<&Node>, now: Option<&Node>) {
        const RISING: [&str; 5] = ["info", "low", "medium", "high", "critical"];
        let own = |node: Option<&Node>, key: &str| node.and_then(|n| n.get(key)).cloned();
        let cover = |node: Option<&Node>, at: usize| RISING.iter().take(at).rev().find_map(|s| own(node, s));
        let keys = RISING.iter().copied().enumerate().map(|(at, key)| (key, Some(at)));
        for (key, at) in keys.chain([("unknown", None), ("total", None)]) {
            let (was, is) = (own(base, key), own(now, key));
            let covered = |node: Option<&Node>| {
                at.and_then(|at| cover(node, at)).or_else(|| match key {
                    "unknown" => own(node, "total"),
                    _ => None,
                })
            };
            let looser = match (&was, &is) {
                (Some(was), Some(is)) => weaker(Stricter::Lower(None), Some(&was.value), Some(&is.value)),
                (Some(was), None) => {
                    let still = covered(now);
                    weaker(Stricter::Lower(None), Some(&was.value), still.as_ref().map(|n| &n.value))
                }
                // It was counted with those below it, and now has room of its own.
                (None, Some(is)) => {
                    let room = number(&is.value).is_none_or(|n| n > Decimal::whole(0));
                    room && (covered(base).is_some() || key == "unknown" && base.is_some())
                }
                (None, None) => false,
            };
            if looser {
                let shown = |node: &Option<Node>| node.as_ref().map_or_else(|| "none".to_owned(), Node::to_string);
                let mut below = path.to_owned();
                below.push(key);
                self.say(&below, &shown(&was), &shown(&is));
            }
        }
    }

    fn say(&mut self, path: &[&str], was: &str, is: &str) {
        let place = if self.of.is_empty() { String::new() } else { format!("{}: ", self.of) };
        let sort = if leaves_out(path) { Looser::Exclude } else { Looser::Policy };
        self.out.push(Loosened { sort, words: format!("{place}{} {was} → {is}", path.join(".")) });
    }
}

/// How many cells must hold.
fn must_hold(cells: Option<&Node>) -> Option<Decimal> {
    let all = Decimal::parse("1e9");
    match cells.map(|n| &n.value) {
        Some(Value::Text(t)) if t == "any" => Some(Decimal::whole(1)),
        Some(Value::Table(_)) => cells.and_then(|n| n.get("at-least")).and_then(|n| number(&n.value)),
        _ => all,
    }
}

fn find<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|e| e.key == key).map(|e| &e.node)
}

/// Entries of two lists of tables by what names them, where the lists have such: the metrics of a canary.
type ByName<'n> = Vec<(String, &'n Node)>;

fn by_name<'n>(path: &[&str], base: Option<&'n Node>, now: Option<&'n Node>) -> Option<(ByName<'n>, ByName<'n>)> {
    let key = match path {
        ["metrics"] => "name",
        ["extract"] => "metric",
        _ => return None,
    };
    let named = |node: Option<&'n Node>| -> Option<ByName<'n>> {
        match node.map(|n| &n.value) {
            None => Some(Vec::new()),
            Some(Value::List(items)) => items.iter().map(|i| Some((i.get(key).and_then(words)?, i))).collect(),
            Some(_) => None,
        }
    };
    Some((named(base)?, named(now)?))
}

/// A limit that is written without a table.
fn plain(node: Option<&Node>) -> Option<&Node> {
    node.filter(|n| matches!(n.value, Value::Number(_) | Value::Text(_)))
}

/// Whether a value demands less than another. What cannot be compared is called weaker: it is told.
fn weaker(stricter: Stricter, base: Option<&Value>, now: Option<&Value>) -> bool {
    let shown = |v: &Value| canonical(&Node { span: 0..0, value: v.clone() });
    match stricter {
        Stricter::Higher(default) | Stricter::Lower(default) => {
            let default = default.map(|d| Value::Number(d.to_owned()));
            let (Some(base), Some(now)) = (base.or(default.as_ref()), now.or(default.as_ref())) else {
                return base.is_some();
            };
            let wrong = if matches!(stricter, Stricter::Higher(_)) { Ordering::Less } else { Ordering::Greater };
            match (number(base), number(now)) {
                (Some(base), Some(now)) => now.cmp(&base) == wrong,
                _ => match (Measure::read(base), Measure::read(now)) {
                    (Some(base), Some(now)) if base.unit.dimension == now.unit.dimension => {
                        now.base().cmp(&base.base()) == wrong
                    }
                    _ => true,
                },
            }
        }
        Stricter::Demand => match (base, now) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(base), Some(now)) => match base {
                Value::List(_) => items(base).iter().any(|i| !items(now).contains(i)),
                _ => !items(now).contains(&shown(base)),
            },
        },
        Stricter::Narrow => match (base, now) {
            (None, now) => now.is_some(),
            // All of it is looked at again.
            (Some(_), None) => false,
            (Some(base), Some(now)) => items(base).iter().any(|i| !items(now).contains(i)),
        },
        Stricter::Accept => match (base, now) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(base), Some(now)) => items(now).iter().any(|i| !items(base).contains(i)),
        },
        Stricter::Except => now.is_some_and(|now| excepts_more(base, now)),
        Stricter::Absent => base.is_none() && now.is_some(),
        Stricter::Same => true,
        Stricter::Nothing | Stricter::Severities | Stricter::Cells => false,
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

/// Whether a list lets anything be that another does not, or for longer. Why, and who looks after it, make no difference.
fn excepts_more(base: Option<&Value>, now: &Value) -> bool {
    const BESIDE: [&str; 4] = ["reason", "owner", "ticket", "expires"];
    let identity = |node: &Node| match &node.value {
        Value::Table(keys) => {
            let mut own: Vec<String> = keys
                .iter()
                .filter(|k| !BESIDE.contains(&k.key.as_str()))
                .map(|k| format!("{} {}", k.key, canonical(&k.node)))
                .collect();
            own.sort();
            own.join(", ")
        }
        _ => canonical(node),
    };
    let of = |value: &Value| -> Vec<(String, Option<String>)> {
        let nodes = match value {
            Value::List(items) => items.clone(),
            other => vec![Node { span: 0..0, value: other.clone() }],
        };
        nodes.iter().map(|n| (identity(n), n.get("expires").and_then(words))).collect()
    };
    let known = base.map(of).unwrap_or_default();
    of(now).iter().any(|(id, end)| {
        let as_long = |(was, was_end): &(String, Option<String>)| {
            was == id && (was_end.is_none() || end.as_ref().is_some_and(|e| Some(e) <= was_end.as_ref()))
        };
        !known.iter().any(as_long)
    })
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

/// A value in words, wherever it stands and in whatever order its keys do.
fn canonical(node: &Node) -> String {
    match &node.value {
        Value::Table(entries) => {
            let mut keys: Vec<String> =
                entries.iter().map(|e| format!("{:?}: {}", e.key, canonical(&e.node))).collect();
            keys.sort();
            format!("{{{}}}", keys.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(", ")),
        // A day is one, with quotes or without.
        Value::Date(day) => format!("{day:?}"),
        _ => node.to_string(),
    }
}

fn items(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().map(canonical).collect(),
        other => vec![canonical(&Node { span: 0..0, value: other.clone() })],
    }
}

#[cfg(test)]
mod tests;
