//! The policy's keys: one table, by which they are documented (`gatekeeper rules policy`). A rule's own keys are in its documentation.
//!
//! A test holds the table against what is read: a key that is read and stands neither here nor in its rule's documentation turns it red.

use serde::Serialize;
use std::fmt::Write;

/// A key of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The table that it stands in, as it is written: `[[evidence]]`, `[gates.NAME]`; empty for the top of the file.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What is so without it.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The tables with what each is, in the order of the documentation.
pub static TABLES: &[(&str, &str)] = &[
    ("", "The policy itself: TOML, or the same in YAML or JSON."),
    (
        "[[evidence]]",
        "Which files are evidence, and what is demanded of them. Without any entry the usual places of all formats are looked at.",
    ),
    ("extract", "An element of `extract`: a series that is taken out of a file of any format."),
    ("[gates.NAME]", "A gate: a rule (`gatekeeper rules`) with its own keys, and those that every gate takes."),
    (
        "allow-fail",
        "An element of `allow-fail`: a cell that may fall short for a while. The labels that say which stand beside these keys.",
    ),
    ("cells", "The table form of `cells`."),
    (
        "[defaults]",
        "Values of keys that every gate has unless it says otherwise: action, then, evidence, labels, each, require, exclude-cells, allow-fail, cells, per-component.",
    ),
    ("[[waivers]]", "An accepted exception. At least one of id, test, package and path says to what."),
    ("[waivers-policy]", "What is demanded of every waiver."),
    ("[profiles.NAME]", "What is different under `--profile NAME`: its tables are laid over the policy's."),
];

const fn key(
    table: &'static str,
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { table, name, takes, default, meaning }
}

const EVIDENCE: &str = "[[evidence]]";
const EXTRACT: &str = "extract";
const GATE: &str = "[gates.NAME]";
const ALLOW_FAIL: &str = "allow-fail";
const WAIVER: &str = "[[waivers]]";
const PROFILE: &str = "[profiles.NAME]";

/// All keys, by table.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("", "version", "1", "must be given", "the version of the policy's language"),
    key("", "extends", "a file", "none", "a policy that this one is laid over, relative to this file; tables merge, later wins, waivers add up"),
    key("", "evidence", "a list of tables", "the usual places", "which files are evidence"),
    key("", "gates", "a table of tables", "must be given", "what is judged, in this order"),
    key("", "defaults", "a table", "none", "values of keys for all gates"),
    key("", "waivers", "a list of tables", "none", "accepted exceptions"),
    key("", "waivers-policy", "a table", "none", "what is demanded of waivers"),
    key("", "profiles", "a table of tables", "none", "what is different under `--profile NAME`"),
    key("", "profile", "`required` or `optional`", "`optional`", "whether a run must name a profile"),
    key(EVIDENCE, "name", "a text", "none", "the name by which gates refer to it (`evidence = [\"…\"]`)"),
    key(EVIDENCE, "paths", "patterns", "`paths` or `packages` must be given", "files below the root; `{label}` captures a part of the path as a label; a pattern that matches nothing is an error"),
    key(EVIDENCE, "packages", "patterns of folders", "none", "folders of installed packages"),
    key(EVIDENCE, "exclude", "patterns", "none", "files and packages that are left out"),
    key(EVIDENCE, "ignore", "patterns", "none", "files that need not be evidence: read where a format knows them, passed over where none does"),
    key(EVIDENCE, "format", "a format (`gatekeeper formats`)", "recognised by content", "the format that the files must be of"),
    key(EVIDENCE, "labels", "a table of texts", "none", "labels for all of these files"),
    key(EVIDENCE, "exit-status", "a whole number", "recorded, or not known", "the exit status of the command that wrote them"),
    key(EVIDENCE, "max-age", "a time", "none", "older is stale, an error"),
    key(EVIDENCE, "strip", "a text or texts", "none", "prefixes taken off the file names in coverage reports"),
    key(EVIDENCE, "prefix", "a text", "none", "what is put before those names"),
    key(EVIDENCE, "min-matched", "a percentage", "90", "least share of those names that must be files of the tree"),
    key(EVIDENCE, "same-commit", "true or false", "false", "what a report says of its commit must be ours"),
    key(EVIDENCE, "extract", "a list of tables", "none", "measurements taken out of JSON or text of any format"),
    key(EVIDENCE, "metric", "a text", "the format's own", "the name of the metric that the files measure, where they do not say"),
    key(EXTRACT, "metric", "a text", "must be given", "the name of the series"),
    key(EXTRACT, "json", "a JSON pointer (RFC 6901)", "`json` or `pattern` must be given", "where its value stands; `*` is every element"),
    key(EXTRACT, "pattern", "a regular expression", "none", "its group `value` is the value; each match is a sample"),
    key(EXTRACT, "unit", "a unit", "none", "the unit of the values"),
    key(EXTRACT, "better", "`lower` or `higher`", "none", "which way is better"),
    key(EXTRACT, "labels", "a table of texts", "none", "labels of the series"),
    key(GATE, "rule", "a rule (`gatekeeper rules`)", "must be given", "what is demanded"),
    key(GATE, "action", "`block`, `warn` or `inform`", "`block`", "what falling short does: fails the verdict, warns, or is only told"),
    key(GATE, "enabled", "true or false", "true", "false: the gate is skipped, and that is told"),
    key(GATE, "then", "a word", "none", "put into the verdict's `triggers` when the gate is fail, missing or error"),
    key(GATE, "tools", "a text or texts", "all", "tools whose evidence is taken; each of them must have some"),
    key(GATE, "except-tools", "a text or texts", "none", "tools whose evidence is not taken"),
    key(GATE, "formats", "formats", "all", "formats that are taken"),
    key(GATE, "categories", "`vulnerability`, `secret`, `misconfiguration`, `license`, `code`", "all", "categories of findings that count"),
    key(GATE, "labels", "a table of texts", "all", "label values whose evidence is taken; each of them must have some"),
    key(GATE, "paths", "patterns", "all", "source files that are judged (coverage, findings)"),
    key(GATE, "evidence", "names", "all", "entries of `[[evidence]]` by name"),
    key(GATE, "each", "a label or labels", "none", "judged cell by cell, once for each value of the label or combination of values"),
    key(GATE, "require", "a table of texts", "none", "values of those labels that must be there: their product"),
    key(GATE, "exclude-cells", "a list of tables", "none", "cells of that product that need not be there"),
    key(GATE, "allow-fail", "a list of tables", "none", "cells that may fall short until a day"),
    key(GATE, "cells", "`all`, `any` or `{ at-least = N }`", "`all`", "how many cells have to hold"),
    key(GATE, "per-component", "true or false", "false", "judged for each component that changed"),
    key(ALLOW_FAIL, "reason", "a text", "must be given", "why"),
    key(ALLOW_FAIL, "expires", "a date", "must be given", "the last day on which it counts"),
    key(ALLOW_FAIL, "owner", "a text", "none", "who looks after it"),
    key("cells", "at-least", "a whole number", "must be given", "how many cells have to hold"),
    key(WAIVER, "gate", "the name of a gate", "must be given", "the gate that it is for"),
    key(WAIVER, "id", "a text", "none", "the rule, advisory, licence, file or case"),
    key(WAIVER, "test", "a text", "none", "the case: its own name, or `class: name`"),
    key(WAIVER, "package", "a text", "none", "the package: a purl (without a version: all versions) or a name"),
    key(WAIVER, "path", "a pattern", "none", "the file"),
    key(WAIVER, "reason", "a text", "must be given", "why"),
    key(WAIVER, "expires", "a date", "must be given", "the last day on which it holds"),
    key(WAIVER, "starts", "a date", "from ever", "the first day on which it holds"),
    key(WAIVER, "owner", "a text", "none", "who sees to it that it is no longer needed"),
    key(WAIVER, "ticket", "a text", "none", "where that is tracked"),
    key("[waivers-policy]", "max-days", "a whole number", "none", "most days between today and a waiver's end"),
    key(PROFILE, "from", "the name of a profile", "none", "the profile that this one is laid over"),
    key(PROFILE, "gates", "a table of tables, or names", "all gates as they are", "keys of gates that are different; a list of names judges those alone"),
];

/// The documentation of all keys, in Markdown.
pub fn docs() -> String {
    let mut out = String::new();
    for (table, what) in TABLES {
        let title = if table.is_empty() { "The top of the file".to_owned() } else { format!("`{table}`") };
        let _ = writeln!(out, "## {title}\n{what}\n\n| key | takes | without it | meaning |\n|---|---|---|---|");
        for k in KEYS.iter().filter(|k| k.table == *table) {
            let _ = writeln!(out, "| `{}` | {} | {} | {} |", k.name, k.takes, k.default, k.meaning);
        }
        out.push('\n');
    }
    out.push_str("Times: seconds, or \"90s\", \"15m\", \"1h30m\", \"7d\". Percentages: 80 or \"80%\". Sizes: bytes, or \"10MB\". Dates: 2026-12-31.\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::asked;
    use crate::policy::{Known, parse};
    use crate::rule::{Rule, Rules};
    use gatekeeper_formats::Formats;
    use std::collections::BTreeSet;

    /// A policy in which every table is read, with a gate of every rule.
    fn everything(rules: &Rules) -> String {
        let mut text = "version = 1\n[[evidence]]\nname = \"a\"\npaths = [\"{os}/x.json\"]\nextract = [{ metric = \"m\", json = \"/x\" }]\n\
                        [defaults]\naction = \"warn\"\n[waivers-policy]\nmax-days = 9\n[profiles.p]\nfrom = \"q\"\n[profiles.q]\n\
                        [[waivers]]\ngate = \"tests\"\n"
            .to_owned();
        for rule in rules.iter().map(Rule::id) {
            let _ = writeln!(text, "[gates.{rule}]\nrule = \"{rule}\"\neach = \"os\"\ncells = {{ at-least = 1 }}");
        }
        text
    }

    #[test]
    fn every_key_that_is_read_is_documented() {
        let (formats, rules) = (Formats::default(), Rules::default());
        asked::clear();
        // Whether it is a good policy does not matter: all of it is read.
        drop(parse("p.toml", everything(&rules).as_bytes(), None, Known { formats: &formats, rules: &rules }));
        let asked = asked::taken();
        let table_of = |what: &str| match what {
            "a policy" => Some(""),
            "an [[evidence]] entry" => Some(EVIDENCE),
            "an `extract`" => Some(EXTRACT),
            "a [[waivers]] entry" => Some(WAIVER),
            "[waivers-policy]" => Some("[waivers-policy]"),
            "a profile" => Some(PROFILE),
            "`cells`" => Some("cells"),
            _ => None,
        };
        let has = |table: &str, key: &str| KEYS.iter().any(|k| k.table == table && k.name == key);
        let mut missing: BTreeSet<String> = BTreeSet::new();
        for (what, key) in &asked {
            let told = match (table_of(what), what.strip_prefix("a gate of rule `").and_then(|r| r.strip_suffix('`'))) {
                (Some(table), _) => has(table, key),
                (None, Some(rule)) => {
                    has(GATE, key) || rules.by_id(rule).is_some_and(|r| r.docs().contains(&format!("`{key}`")))
                }
                (None, None) => true,
            };
            if !told {
                missing.insert(format!("{what}: {key}"));
            }
        }
        assert!(missing.is_empty(), "not documented:\n{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
        // And what is documented is read.
        for table in ["", EVIDENCE, WAIVER, PROFILE] {
            for k in KEYS.iter().filter(|k| k.table == table) {
                assert!(
                    asked.iter().any(|(what, key)| table_of(what) == Some(table) && *key == k.name),
                    "{table} {}",
                    k.name
                );
            }
        }
    }

    #[test]
    fn every_key_stands_in_a_table_that_is_told() {
        for k in KEYS {
            assert!(TABLES.iter().any(|(t, _)| *t == k.table), "{}", k.table);
        }
        let docs = docs();
        assert!(docs.contains("## `[[evidence]]`") && docs.contains("| `max-age` | a time | none |"), "{docs}");
    }
}
