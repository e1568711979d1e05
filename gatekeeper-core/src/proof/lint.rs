//! What makes a policy demand nothing: limits that no report can reach, waivers and exclusions that name everything, gates that cannot block.

use crate::config::duration;
use crate::policy::{Gate, Policy};
use crate::verdict::Action;
use gatekeeper_evidence::decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

/// Something in a policy that is no mistake and lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// A stable code: `unreachable-limit`, `waives-everything`, …
    pub code: &'static str,
    /// What it is, in words.
    pub message: String,
    /// The file, where it is one that the policy extends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// A count that no report's items reach.
const BEYOND_COUNTS: u64 = 100_000;

/// Days that no evidence is fresh for.
const YEARS: i64 = 2 * 366;

/// Looks through a policy.
pub fn lint(policy: &Policy) -> Vec<Lint> {
    let mut out = Vec::new();
    for gate in &policy.gates {
        let own = policy.normalised().get("gates").and_then(|g| g.get(&gate.name));
        if !gate.cells.each.is_empty() && gate.cells.required.is_empty() {
            let labels = gate.cells.each.join(", ");
            let message = format!(
                "{labels}: a value that is gone is noticed against a baseline alone: name those that must be there under `require`"
            );
            out.push(at_gate(gate, "cells-not-required", format!("gate {}: {message}", gate.name)));
        }
        for (code, message) in own.map(of_gate).unwrap_or_default() {
            out.push(at_gate(gate, code, format!("gate {}: {message}", gate.name)));
        }
    }
    let soft: Vec<&Gate> = policy.gates.iter().filter(|g| g.action != Action::Block).collect();
    let names: Vec<&str> = soft.iter().map(|g| g.name.as_str()).collect();
    if !soft.is_empty() {
        let message = match soft.len() == policy.gates.len() {
            true => "no gate can block: whatever they come to, the verdict is a pass or a warning".to_owned(),
            false => format!("{} of {} gates cannot block: {}", soft.len(), policy.gates.len(), names.join(", ")),
        };
        out.push(Lint { code: "cannot-block", message, file: None, line: soft.first().and_then(|g| g.line) });
    }
    for (n, entry) in policy.evidence.iter().enumerate() {
        let own = policy.normalised().get("evidence").and_then(|e| e.get(n));
        let called =
            entry.name.as_ref().map_or_else(|| "an [[evidence]] entry".to_owned(), |n| format!("evidence {n}"));
        for (code, message) in own.map(of_entry).unwrap_or_default() {
            out.push(Lint { code, message: format!("{called}: {message}"), file: None, line: Some(entry.line) });
        }
    }
    for w in &policy.waivers {
        let mut say = |code, message: String| {
            out.push(Lint {
                code,
                message: format!("a waiver of {}: {message}", w.gate),
                file: w.file.clone(),
                line: Some(w.line),
            });
        };
        let narrow = w.id.is_some() || w.test.is_some() || w.package.is_some();
        if let Some(path) = w.path.as_ref().filter(|p| everything(p.as_str()) && !narrow) {
            say("waives-everything", format!("path = {:?} waives everything that has a path", path.as_str()));
        }
        for (key, text) in [("id", &w.id), ("test", &w.test), ("package", &w.package)] {
            if let Some(text) = text.as_ref().filter(|t| t.contains('*')) {
                say("no-pattern", format!("{key} = {text:?} is a name, not a pattern, so its star means a star"));
            }
        }
    }
    out
}

fn at_gate(gate: &Gate, code: &'static str, message: String) -> Lint {
    Lint { code, message, file: gate.file.clone(), line: gate.line }
}

/// Whether a pattern matches every path.
fn everything(pattern: &str) -> bool {
    pattern.split('/').all(|part| part == "**" || part == "*") && (pattern.contains("**") || pattern == "*")
}

fn texts<'v>(of: &'v Value, key: &str) -> Vec<&'v str> {
    match of.get(key) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

type Said = Vec<(&'static str, String)>;

fn of_gate(gate: &Value) -> Said {
    let mut out = Vec::new();
    limits(gate, &mut Vec::new(), &mut out);
    if gate.get("flaky").is_some_and(|f| f == "pass") && gate.get("max-flaky").is_none() {
        out.push(("no-limit", "flaky = \"pass\" lets any number of flaky cases pass: give it max-flaky".to_owned()));
    }
    if every_cell_may_fail(gate) {
        out.push(("every-cell-may-fail", "every cell that it requires is in `allow-fail`".to_owned()));
    }
    out
}

/// Limits that nothing can miss.
fn limits(node: &Value, path: &mut Vec<String>, out: &mut Said) {
    if let Value::Object(keys) = node {
        for (key, value) in keys {
            path.push(key.clone());
            limits(value, path, out);
            path.pop();
        }
        return;
    }
    let (Some(last), parent) = (path.last(), path.len().checked_sub(2).and_then(|n| path.get(n))) else { return };
    let number = match node {
        Value::Number(n) => Decimal::parse(&n.to_string()),
        Value::String(s) => Decimal::parse(s.trim().trim_end_matches('%').trim_end()),
        _ => None,
    };
    let Some(number) = number else { return };
    let metric = |k: &str| matches!(k, "lines" | "branches" | "functions" | "statements");
    let floor = last == "min" || last.starts_with("min-") || metric(last);
    let ceiling = last == "max" || last.starts_with("max-") || parent.is_some_and(|p| p == "max");
    let shown = path.join(".");
    if floor && number == Decimal::whole(0) && last != "min-lines" {
        out.push(("unreachable-limit", format!("{shown} = 0 is a floor that nothing can fall below")));
    } else if ceiling && number >= Decimal::whole(BEYOND_COUNTS) {
        out.push(("unreachable-limit", format!("{shown} = {number} is a ceiling that no report reaches")));
    }
}

/// Whether each of the cells that a gate requires may fail.
fn every_cell_may_fail(gate: &Value) -> bool {
    let Some(allowed) = gate.get("allow-fail").and_then(Value::as_array).filter(|a| !a.is_empty()) else {
        return false;
    };
    let Some(require) = gate.get("require").and_then(Value::as_object) else { return false };
    let mut cells: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    for (label, _) in require {
        let values = texts(gate.get("require").unwrap_or(&Value::Null), label);
        cells = cells
            .iter()
            .flat_map(|c| values.iter().map(|v| [c.as_slice(), &[(label.as_str(), *v)]].concat()))
            .collect();
        // More cells than that, and nobody lists each.
        if cells.len() > 10_000 {
            return false;
        }
    }
    let fits = |cell: &[(&str, &str)], entry: &Value| cell.iter().all(|(k, v)| entry.get(*k).is_none_or(|w| w == *v));
    !cells.is_empty() && cells.iter().all(|cell| allowed.iter().any(|entry| fits(cell, entry)))
}

fn of_entry(entry: &Value) -> Said {
    let mut out = Vec::new();
    for key in ["exclude", "ignore"] {
        if let Some(all) = texts(entry, key).into_iter().find(|p| everything(p)) {
            out.push(("leaves-nothing", format!("{key} = [{all:?}] names everything")));
        }
    }
    let number = |key: &str| entry.get(key).and_then(|v| Decimal::parse(&v.to_string()));
    for key in ["min-matched", "min-files", "min-cases", "min-lines", "min-sources", "min-packages", "min-samples"] {
        if number(key) == Some(Decimal::whole(0)) {
            out.push(("unreachable-limit", format!("{key} = 0 demands nothing")));
        }
    }
    let age = match entry.get("max-age") {
        Some(Value::String(text)) => duration(text.trim()),
        Some(Value::Number(n)) => Decimal::parse(&n.to_string()),
        _ => None,
    };
    if age.is_some_and(|a| a > Decimal::whole(u64::try_from(YEARS).unwrap_or(0).saturating_mul(86_400))) {
        out.push(("unreachable-limit", "max-age is years: nothing is ever stale".to_owned()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;

    fn told(policy: &str) -> Vec<(&'static str, Option<u64>)> {
        let text = format!("version = 1\n{policy}");
        let policy = Engine::default().parse_policy("p.toml", text.as_bytes(), None).unwrap_or_else(|e| panic!("{e}"));
        lint(&policy).into_iter().map(|l| (l.code, l.line)).collect()
    }

    const TESTS: &str = "[gates.unit]\nrule = \"tests\"\n";

    #[test]
    fn a_policy_that_demands_something_is_left_alone() {
        assert_eq!(told(TESTS), []);
        assert_eq!(told("[gates.f]\nrule = \"findings\"\nmax = { total = 99999 }\n"), []);
        assert_eq!(
            told(&format!(
                "{TESTS}max-failed = 0\n[[evidence]]\npaths = [\"**\"]\nmax-age = \"732d\"\nmin-matched = 2\n"
            )),
            []
        );
    }

    #[test]
    fn what_nothing_can_miss_is_told() {
        assert_eq!(
            told("[gates.f]\nrule = \"findings\"\nmax = { total = 100000 }\n"),
            [("unreachable-limit", Some(2))]
        );
        assert_eq!(told(&format!("{TESTS}min-cases = 0\n")), [("unreachable-limit", Some(2))]);
        let entry = |keys: &str| told(&format!("{TESTS}[[evidence]]\npaths = [\"**\"]\n{keys}\n"));
        for keys in ["min-matched = 0", "max-age = \"733d\""] {
            assert_eq!(entry(keys), [("unreachable-limit", Some(4))], "{keys}");
        }
        assert_eq!(entry("exclude = [\"**/*\"]"), [("leaves-nothing", Some(4))]);
        assert_eq!(entry("ignore = [\"a/**\"]"), []);
        assert_eq!(told(&format!("{TESTS}flaky = \"pass\"\n")), [("no-limit", Some(2))]);
        assert_eq!(told(&format!("{TESTS}flaky = \"pass\"\nmax-flaky = 1\n")), []);
    }

    #[test]
    fn gates_that_cannot_block_and_waivers_of_everything_are_told() {
        assert_eq!(told(&format!("{TESTS}action = \"warn\"\n")), [("cannot-block", Some(2))]);
        let waiver = |keys: &str| {
            told(&format!("{TESTS}[[waivers]]\ngate = \"unit\"\nreason = \"r\"\nexpires = \"2026-12-31\"\n{keys}\n"))
        };
        assert_eq!(waiver("path = \"**\""), [("waives-everything", Some(4))]);
        assert_eq!(waiver("path = \"*/**\"\nid = \"A\""), []);
        assert_eq!(waiver("id = \"*\""), [("no-pattern", Some(4))]);
        assert_eq!(waiver("id = \"A\""), []);
    }

    #[test]
    fn cells_that_may_all_fail_are_told() {
        let cells = |allowed: &str| {
            told(&format!(
                "[[evidence]]\npaths = [\"{{os}}/*.xml\"]\n{TESTS}each = [\"os\"]\nrequire = {{ os = [\"a\", \"b\"] }}\nallow-fail = [{allowed}]\n"
            ))
        };
        let one = |os: &str| format!("{{ os = \"{os}\", reason = \"r\", expires = \"2026-12-31\" }}");
        assert_eq!(cells(&one("a")), []);
        assert_eq!(cells(&format!("{}, {}", one("a"), one("b"))), [("every-cell-may-fail", Some(4))]);
    }
}
