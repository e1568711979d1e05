//! Every key of a policy, once: what documents it (`gatekeeper rules policy`) and what editors complete and check (`gatekeeper schema policy`) are
//! made of these tables and of the rules' own documentation. A test holds them against what the reader takes.

use crate::rule::{Rule, Rules};
use crate::verdict::suspicion::{CHECKS, FAR_KEY, Level, Named};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// A percentage: a number, or a text such as `"80%"`.
    Percent,
    /// A number of seconds, or a text such as `"1h30m"`.
    Duration,
    /// A day: `2026-12-31`, as a date or a text.
    Date,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Texts by name; a value may be a list of them.
    NamedTexts,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// Tables by name, each with these keys.
    Named(&'static [Key]),
    /// What is said in words only.
    Any,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// What it means; Markdown.
    pub(crate) says: &'static str,
    /// What holds without it, in words.
    pub(crate) default: &'static str,
}

const fn key(name: &'static str, shape: Shape, says: &'static str, default: &'static str) -> Key {
    Key { name, shape, says, default }
}

/// The top of a policy.
pub(crate) const TOP: &[Key] = &[
    key("version", Shape::Count, "the version of this language: 1", "must be there"),
    key("extends", Shape::Any, "a policy that this one is laid over: a file, relative to this one", "none"),
    key("evidence", Shape::Tables(EVIDENCE), "what must have been measured; see below", "the formats' usual places"),
    key("gates", Shape::Named(GATE), "the gates, by name; see below", "must be there"),
    key("components", Shape::Any, "parts of a repository that are judged where they changed; see below", "none"),
    key("baseline", Shape::Table(BASELINE), "the earlier run that this one is compared with; see below", "as below"),
    key(
        "weakening",
        Shape::Any,
        "what a change that weakens its own tests comes to: `\"fail\"`, `\"warn\"`, `\"allow\"`",
        "each gate's own keys",
    ),
    key(
        "policies",
        Shape::Any,
        "rules in Rego: `rego = \"policy/\"` makes the gate `rego`, which has the keys of the rule of that name",
        "none",
    ),
    key("rollout", Shape::Table(ROLLOUT), "the steps of a rollout", "none"),
    key("defaults", Shape::Table(DEFAULTS), "keys that all gates share; a gate's own key wins", "none"),
    key(
        "suppressions",
        Shape::Texts,
        "patterns of files below the root that may take findings out: `.trivyignore`, `.trivyignore.yaml`, VEX documents in their usual places; what no pattern names takes nothing out",
        "none, but for VEX documents that an `[[evidence]]` entry brings; one that it does not name (its file, `*.vex.json`, `vex/**`, `format`) makes the verdict a warning",
    ),
    key(
        "suspicion",
        Shape::Table(SUSPICION),
        "what is suspected of evidence that is in order by itself; see below",
        "as below",
    ),
    key("waivers", Shape::Tables(WAIVER), "exceptions that end; see below", "none"),
    key("waivers-policy", Shape::Table(WAIVERS_POLICY), "what exceptions must keep to", "none"),
    key(
        "profiles",
        Shape::Named(PROFILE),
        "levels of the policy, chosen with `--profile`; their tables merge into the policy's",
        "none",
    ),
    key("profile", Shape::Word(&["required", "optional"]), "whether a run must name a profile", "`\"optional\"`"),
];

const EVIDENCE: &[Key] = &[
    key("name", Shape::Text, "the name by which gates refer to it", "none"),
    key(
        "paths",
        Shape::Texts,
        "patterns of files: `**` any folders, `*` within a name, `{label}` captures a label; one that matches nothing is an error",
        "`paths` or `packages` must be there",
    ),
    key("packages", Shape::Texts, "patterns of folders of installed packages", "none"),
    key("exclude", Shape::Texts, "patterns of files and packages that are left out", "none"),
    key("ignore", Shape::Texts, "patterns of files that need not be evidence", "none"),
    key("format", Shape::Text, "the format that the files must be of (`gatekeeper formats`)", "recognised"),
    key("labels", Shape::NamedTexts, "labels of all of its files", "none"),
    key(
        "required",
        Shape::Flag,
        "whether it must be there; a gate left with nothing but absent optional evidence is `skip`, said",
        "`true`",
    ),
    key("min-files", Shape::Count, "fewest files that are read as evidence; copies of one result count once", "none"),
    key("min-cases", Shape::Count, "fewest test cases that ran", "none"),
    key("min-lines", Shape::Count, "fewest measured lines of coverage", "none"),
    key("min-sources", Shape::Count, "fewest source files of coverage", "none"),
    key("min-packages", Shape::Count, "fewest different packages of an inventory", "none"),
    key("min-samples", Shape::Count, "fewest samples of measurements", "none"),
    key("min-series", Shape::Count, "fewest series of measurements", "none"),
    key("max-age", Shape::Duration, "evidence that is older, or older than the commit, is stale", "none"),
    key("exit-status", Shape::Count, "the exit status of the command that wrote the files", "not known"),
    key("same-commit", Shape::Flag, "what a report says of its commit must be the commit that is judged", "`false`"),
    key("strip", Shape::Texts, "prefixes to take off the file names in coverage reports", "none"),
    key("prefix", Shape::Text, "what to put before them", "none"),
    key(
        "min-matched",
        Shape::Percent,
        "least share of the names in coverage reports that must be files of the tree",
        "90",
    ),
    key("extract", Shape::Tables(EXTRACT), "figures to take out of JSON or text", "none"),
    key("metric", Shape::Text, "the name of series that have none", "none"),
];

const EXTRACT: &[Key] = &[
    key("metric", Shape::Text, "the name of the series", "must be there"),
    key(
        "json",
        Shape::Text,
        "a JSON pointer (RFC 6901); `*` as a whole token stands for every element",
        "`json` or `pattern` must be there",
    ),
    key("pattern", Shape::Text, "a regular expression with the group `value`; each match is a sample", "none"),
    key(
        "unit",
        Shape::Text,
        "the unit: `ns`, `us`, `ms`, `s`, `%`, `pp`, `B`, `KiB`, `MiB`, `1/s`, or another word",
        "none",
    ),
    key("better", Shape::Word(&["lower", "higher"]), "which way is better", "not known"),
    key("labels", Shape::NamedTexts, "labels of the series", "none"),
];

const GATE: &[Key] = &[
    key("rule", Shape::Text, "the rule (`gatekeeper rules`)", "the gate's name, where it is a rule's"),
    key("action", Shape::Word(&["block", "warn", "inform"]), "what falling short does to the verdict", "`\"block\"`"),
    key("enabled", Shape::Flag, "whether it is judged at all", "`true`"),
    key("then", Shape::Text, "a word for the verdict's `triggers` where it fails, or cannot be judged", "none"),
    key("tools", Shape::Texts, "tools whose evidence it takes; each must have some", "all"),
    key("except-tools", Shape::Texts, "tools whose evidence it leaves to others", "none"),
    key("formats", Shape::Texts, "formats that it takes", "all"),
    key("labels", Shape::NamedTexts, "labels that its evidence has; each value must have some", "all"),
    key("evidence", Shape::Texts, "names of the `[[evidence]]` entries that it takes", "all"),
    key(
        "categories",
        Shape::Texts,
        "`vulnerability`, `secret`, `misconfiguration`, `license`, `code` (findings)",
        "all",
    ),
    key("paths", Shape::Texts, "patterns of source files that count (findings, coverage)", "all"),
    key("each", Shape::Any, "judged cell by cell: a label, or several", "as a whole"),
    key(
        "require",
        Shape::NamedTexts,
        "values of the labels in `each`; each cell of their product must be there",
        "none",
    ),
    key(
        "exclude-cells",
        Shape::Tables(&[]),
        "cells of that product that need not be: `{ otp = \"27\", os = \"macos\" }`",
        "none",
    ),
    key("allow-fail", Shape::Tables(&[]), "cells that only warn for a time: the labels, `reason`, `expires`", "none"),
    key("per-component", Shape::Flag, "judged for each component that changed", "`false`"),
    key("cells", Shape::Any, "how many cells must hold: `\"all\"`, `\"any\"`, `{ at-least = 2 }`", "`\"all\"`"),
];

const DEFAULTS: &[Key] = &[];

const COMPONENT: &[Key] = &[
    key(
        "paths",
        Shape::Texts,
        "patterns of its files, and of evidence that lies below it; the longest pattern decides",
        "must be there",
    ),
    key("labels", Shape::NamedTexts, "evidence with these labels is its own, wherever it lies", "none"),
    key("depends", Shape::Texts, "components that it is made from: where they change, it does", "none"),
    key(
        "gates",
        Shape::Named(&[]),
        "limits of its own for a gate with `per-component`, or `enabled = false`",
        "the gate's",
    ),
];

const BASELINE: &[Key] = &[
    key("required", Shape::Flag, "whether what needs a baseline is `missing` without one, or `skip`, said", "`true`"),
    key("max-age", Shape::Duration, "an older baseline is an error", "none"),
    key("ancestor", Shape::Flag, "its commit must be ours or an ancestor of it", "`true`"),
    key(
        "max-shrink",
        Shape::Percent,
        "most of what was there and is not: cases, files, components, samples",
        "none: any loss is shown",
    ),
    key(
        "loosening",
        Shape::Word(&["fail", "warn", "allow"]),
        "what a policy comes to that demands less than the baseline's",
        "`\"warn\"`",
    ),
];

const fn suspicion(c: &Named) -> Key {
    let default = match c.default {
        Level::Off => "`\"off\"`",
        Level::Warn => "`\"warn\"`",
        Level::Error => "`\"error\"`",
    };
    key(c.name, Shape::Word(&["error", "warn", "off"]), c.says, default)
}

const SUSPICION: &[Key] = &[
    suspicion(&CHECKS[0]),
    suspicion(&CHECKS[1]),
    suspicion(&CHECKS[2]),
    suspicion(&CHECKS[3]),
    suspicion(&CHECKS[4]),
    suspicion(&CHECKS[5]),
    suspicion(&CHECKS[6]),
    key(
        FAR_KEY,
        Shape::Percent,
        "the smaller of two totals must be this share of the other, and less than ten between them are never far",
        "50: less than half, or more than double",
    ),
    suspicion(&CHECKS[7]),
    suspicion(&CHECKS[8]),
    suspicion(&CHECKS[9]),
];

const ROLLOUT: &[Key] = &[key("steps", Shape::Any, "percentages, rising to 100", "must be there")];

const WAIVER: &[Key] = &[
    key("gate", Shape::Text, "the gate that it is for", "must be there"),
    key("id", Shape::Text, "the rule, advisory, licence or file", "one of the five must be there"),
    key("package", Shape::Text, "the package: a package URL, or a name", ""),
    key("path", Shape::Text, "a pattern of files", ""),
    key("test", Shape::Text, "the case: its own name, or `class: name`", ""),
    key("component", Shape::Text, "only in this component; by itself, all that falls short there", "none"),
    key(
        "labels",
        Shape::NamedTexts,
        "only in evidence with these labels; by themselves, all that falls short there",
        "none",
    ),
    key("covers", Shape::Texts, "`missing`, `error`: a whole cell or component that is so is a warning", "neither"),
    key("reason", Shape::Text, "why", "must be there"),
    key("expires", Shape::Date, "the last day on which it holds", "must be there"),
    key("starts", Shape::Date, "the first day on which it holds", "at once"),
    key("owner", Shape::Text, "who answers for it", "none"),
    key("ticket", Shape::Text, "where it is worked on", "none"),
];

const WAIVERS_POLICY: &[Key] =
    &[key("max-days", Shape::Count, "the longest that a waiver may hold, days from today", "none")];

const PROFILE: &[Key] = &[
    key("from", Shape::Text, "the profile that it is made from", "none"),
    key(
        "gates",
        Shape::Any,
        "a list of the gates that it judges, or tables that merge into the gates'; one that only this profile has says its `rule`",
        "all, as they are",
    ),
    key(
        "components",
        Shape::Any,
        "tables that merge into the components', by name: their own limits, say",
        "as they are",
    ),
];

/// The sections of the documentation, with their headings.
const SECTIONS: &[(&str, &str, &[Key])] = &[
    ("The policy", "", TOP),
    ("[[evidence]]", "What must have been measured. Without any entry, the formats' usual places are read.", EVIDENCE),
    ("extract", "Entries of `extract` in `[[evidence]]`: they make measurements of any file.", EXTRACT),
    ("[gates.NAME]", "Keys that the gates of every rule have. Each rule adds its own: `gatekeeper rules RULE`.", GATE),
    (
        "[defaults]",
        "Every gate has `action`, `then`, `evidence`, `labels`, `each`, `require`, `exclude-cells`, `allow-fail`, `cells` and `per-component` from here, unless it names them itself.",
        DEFAULTS,
    ),
    (
        "[components.NAME]",
        "The parts of a repository. `[components] root = [...]` lists files that concern all of them; by default lock files at the root and what tells the CI what to run. The policy and every file of no component concern all. `--changed FILE` or a diff says what changed; an empty list must be meant (`--allow-empty`).",
        COMPONENT,
    ),
    ("[baseline]", "A snapshot of an earlier run (`gatekeeper snapshot`), given with `--baseline`.", BASELINE),
    ("[rollout]", "", ROLLOUT),
    (
        "[suspicion]",
        "Each is `\"off\"`, `\"warn\"` (it is said, and decides nothing) or `\"error\"` (gates that take what it is about cannot be judged, which is no pass). `gatekeeper explain suspicion` lists them with what they found.",
        SUSPICION,
    ),
    (
        "[[waivers]]",
        "An exception takes its item out before a gate counts. It never covers what is missing or could not be read.",
        WAIVER,
    ),
    ("[waivers-policy]", "", WAIVERS_POLICY),
    ("[profiles.NAME]", "", PROFILE),
];

impl Shape {
    /// What a key takes, in a few words.
    fn words(self) -> String {
        match self {
            Shape::Text => "text".to_owned(),
            Shape::Texts => "texts".to_owned(),
            Shape::Flag => "true, false".to_owned(),
            Shape::Count => "number".to_owned(),
            Shape::Percent => "percent".to_owned(),
            Shape::Duration => "time".to_owned(),
            Shape::Date => "day".to_owned(),
            Shape::Word(words) => words.iter().map(|w| format!("`\"{w}\"`")).collect::<Vec<_>>().join(", "),
            Shape::NamedTexts => "texts by name".to_owned(),
            Shape::Table(_) => "table".to_owned(),
            Shape::Tables(_) => "tables".to_owned(),
            Shape::Named(_) => "tables by name".to_owned(),
            Shape::Any => "see there".to_owned(),
        }
    }

    fn schema(self) -> Value {
        let text = json!({ "type": "string" });
        match self {
            Shape::Text => text,
            Shape::Texts => json!({ "type": "array", "items": text }),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Count => json!({ "type": "integer" }),
            Shape::Percent => json!({ "type": ["number", "string"] }),
            Shape::Duration => json!({ "type": ["number", "string"] }),
            // A date of TOML is no text to some checkers of schemas.
            Shape::Date => json!({}),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::NamedTexts => {
                json!({ "type": "object", "additionalProperties": { "type": ["string", "array"], "items": text } })
            }
            Shape::Table(keys) => table(keys),
            Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
            Shape::Named(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
            Shape::Any => json!({}),
        }
    }
}

/// A table as a schema. One without keys of its own takes any.
fn table(keys: &[Key]) -> Value {
    if keys.is_empty() {
        return json!({ "type": "object" });
    }
    json!({ "type": "object", "properties": properties(keys), "additionalProperties": false })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    let mut out = Map::new();
    for k in keys {
        let mut schema = k.shape.schema();
        if let Some(schema) = schema.as_object_mut() {
            let without = if k.default.is_empty() { String::new() } else { format!(" (without it: {})", k.default) };
            schema.insert("description".to_owned(), Value::from(format!("{}{without}", k.says)));
        }
        out.insert(k.name.to_owned(), schema);
    }
    out
}

/// The documentation of all keys, in Markdown.
pub fn documentation() -> String {
    let mut out = String::from(
        "A policy is TOML (`gatekeeper.toml`), or the same in YAML or JSON. An unknown key is an error with its place and the nearest key.\n",
    );
    for (heading, says, keys) in SECTIONS {
        let _ = write!(out, "\n## {heading}\n");
        if !says.is_empty() {
            let _ = write!(out, "{says}\n\n");
        }
        if keys.is_empty() {
            continue;
        }
        out.push_str("| key | takes | meaning | without it |\n|---|---|---|---|\n");
        for k in *keys {
            let _ = writeln!(out, "| `{}` | {} | {} | {} |", k.name, k.shape.words(), k.says, k.default);
        }
    }
    out
}

/// The keys that a rule's documentation names in its table of configuration, with their meaning. What stands behind a dot belongs to a key's table.
fn documented(rule: &Rule) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let docs = rule.docs();
    let table = docs.split("## Configuration").nth(1).unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or_default();
    for row in table.lines().filter_map(|l| l.strip_prefix("| `")) {
        let Some((names, meaning)) = row.split_once(" | ") else { continue };
        let meaning = meaning.rsplit_once(" | ").map_or(meaning, |(says, _)| says);
        for name in names.split(',').map(|n| n.trim().trim_matches('`')) {
            if !name.contains(['.', ' ']) && !name.is_empty() && !out.iter().any(|(n, _)| n == name) {
                out.push((name.to_owned(), meaning.to_owned()));
            }
        }
    }
    out
}

/// The schema of a policy (JSON Schema draft-07), for editors: every key of the tables above, and of each rule.
pub fn schema(rules: &Rules) -> Value {
    let mut definitions = Map::new();
    let mut by_rule = Vec::new();
    let mut by_name = Map::new();
    for rule in rules.iter() {
        let mut keys = properties(GATE);
        for (name, meaning) in documented(rule) {
            keys.insert(name, json!({ "description": meaning }));
        }
        let of = format!("gate-{}", rule.id());
        let at = json!({ "$ref": format!("#/definitions/{of}") });
        definitions.insert(
            of,
            json!({ "type": "object", "description": rule.title(), "properties": keys, "additionalProperties": false }),
        );
        by_rule.push(json!({
            "if": { "properties": { "rule": { "const": rule.id() } }, "required": ["rule"] },
            "then": at,
        }));
        // A gate whose name is a rule's may leave it out.
        by_name.insert(
            rule.id().to_owned(),
            json!({ "allOf": [{ "$ref": "#/definitions/gate" }], "if": { "not": { "required": ["rule"] } }, "then": at }),
        );
    }
    definitions
        .insert("gate".to_owned(), json!({ "type": "object", "properties": properties(GATE), "allOf": by_rule }));
    let mut top = properties(TOP);
    if let Some(gates) = top.get_mut("gates").and_then(Value::as_object_mut) {
        gates.insert("properties".to_owned(), Value::Object(by_name));
        gates.insert("additionalProperties".to_owned(), json!({ "$ref": "#/definitions/gate" }));
        gates.insert("minProperties".to_owned(), json!(1));
    }
    if let Some(version) = top.get_mut("version").and_then(Value::as_object_mut) {
        version.insert("const".to_owned(), json!(1));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A policy of gatekeeper",
        "type": "object",
        "properties": top,
        "required": ["version"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Place, stricter};
    use crate::policy::{Known, parse};
    use gatekeeper_formats::Formats;
    use std::collections::BTreeSet;

    /// The keys that the reader names where it meets one that it does not know, in the table that a policy writes last.
    fn taken(policy: &str) -> BTreeSet<String> {
        let known = (Formats::default(), Rules::default());
        let known = Known { formats: &known.0, rules: &known.1 };
        let e = parse("p.toml", policy.as_bytes(), None, known).unwrap_err();
        let mut helps = e.problems.iter().filter(|p| p.message.contains("`qqqqqq`")).filter_map(|p| p.help.clone());
        let help = helps.next().unwrap_or_else(|| panic!("{policy}: {:?}", e.problems));
        help.trim_start_matches("there are ").split(", ").map(str::to_owned).collect()
    }

    fn named(keys: &[Key]) -> BTreeSet<String> {
        keys.iter().map(|k| k.name.to_owned()).collect()
    }

    const GATES: &str = "version = 1\n[gates.g]\nrule = \"tests\"\nmax-failed = 0\n";

    #[test]
    fn the_tables_are_what_the_reader_takes() {
        for (table, text) in [
            (TOP, format!("qqqqqq = 1\n{GATES}")),
            (EVIDENCE, format!("{GATES}[[evidence]]\npaths = [\"x\"]\nqqqqqq = 1\n")),
            (
                EXTRACT,
                format!(
                    "{GATES}[[evidence]]\npaths = [\"x\"]\nextract = [{{ metric = \"a\", json = \"/a\", qqqqqq = 1 }}]\n"
                ),
            ),
            (
                WAIVER,
                format!(
                    "{GATES}[[waivers]]\ngate = \"g\"\nid = \"x\"\nreason = \"r\"\nexpires = 2030-01-01\nqqqqqq = 1\n"
                ),
            ),
            (COMPONENT, format!("{GATES}[components.a]\npaths = [\"x/**\"]\nqqqqqq = 1\n")),
            (BASELINE, format!("{GATES}[baseline]\nqqqqqq = 1\n")),
            (SUSPICION, format!("{GATES}[suspicion]\nqqqqqq = 1\n")),
            (ROLLOUT, format!("{GATES}[rollout]\nsteps = [50, 100]\nqqqqqq = 1\n")),
            (WAIVERS_POLICY, format!("{GATES}[waivers-policy]\nqqqqqq = 1\n")),
            (PROFILE, format!("{GATES}[profiles.p]\nqqqqqq = 1\n")),
        ] {
            assert_eq!(named(table), taken(&text), "{text}");
        }
    }

    #[test]
    fn every_rule_documents_each_of_its_keys() {
        // These two narrow evidence that some kinds do not have.
        let some: BTreeSet<String> = ["categories".to_owned(), "paths".to_owned()].into();
        for rule in Rules::default().iter() {
            let text = format!("version = 1\n[gates.g]\nrule = \"{}\"\nqqqqqq = 1\n", rule.id());
            let taken = taken(&text);
            let common = named(GATE);
            let missing: Vec<_> = common.difference(&taken).filter(|k| !some.contains(*k)).collect();
            assert!(missing.is_empty(), "{}: {missing:?} are no longer keys of every gate", rule.id());
            let documented: BTreeSet<String> = documented(rule).into_iter().map(|(name, _)| name).collect();
            let own: Vec<&String> = taken.difference(&common).filter(|k| !documented.contains(*k)).collect();
            assert!(own.is_empty(), "{}: {own:?} are not in its documentation", rule.id());
            let stale: Vec<&String> = documented.iter().filter(|k| !taken.contains(*k)).collect();
            assert!(stale.is_empty(), "{}: {stale:?} are documented and no keys", rule.id());
        }
    }

    /// Keys whose value is a table of other keys, as the rules' documentation writes them.
    fn paths_of(rule: &Rule) -> Vec<Vec<String>> {
        let table = rule.docs().split("## Configuration").nth(1).unwrap_or_default();
        let table = table.split("\n## ").next().unwrap_or_default();
        let mut out: Vec<Vec<String>> = documented(rule).into_iter().map(|(name, _)| vec![name]).collect();
        for row in table.lines().filter_map(|l| l.strip_prefix("| `")) {
            let names = row.split_once(" | ").map_or("", |(names, _)| names);
            for name in names.split(',').map(|n| n.trim().trim_matches('`')).filter(|n| n.contains('.')) {
                out.push(name.split('.').map(str::to_owned).collect());
            }
        }
        out
    }

    /// A key that nobody said of which of its values is the weaker one would be loosened without a sound.
    #[test]
    fn of_every_key_it_is_decided_which_value_demands_less() {
        let named = |keys: &[Key]| keys.iter().map(|k| vec![k.name.to_owned()]).collect::<Vec<_>>();
        let below = |key: &str, keys: &[Key]| keys.iter().map(|k| vec![key.to_owned(), k.name.to_owned()]).collect();
        let mut all = vec![
            (Place::Top, named(TOP)),
            (Place::Top, below("baseline", BASELINE)),
            (Place::Top, below("suspicion", SUSPICION)),
            (Place::Top, below("rollout", ROLLOUT)),
            (Place::Top, below("waivers-policy", WAIVERS_POLICY)),
            (Place::Evidence, named(EVIDENCE)),
            (Place::Evidence, below("extract", EXTRACT)),
            (Place::Component, named(COMPONENT)),
            (Place::Gate, named(GATE)),
        ];
        all.extend(Rules::default().iter().map(|rule| (Place::Gate, paths_of(rule))));
        let mut undecided = Vec::new();
        for (place, paths) in all {
            for path in paths {
                let keys: Vec<&str> = path.iter().map(String::as_str).collect();
                if stricter(place, &keys).is_none() {
                    undecided.push(format!("{place:?} {}", path.join(".")));
                }
            }
        }
        assert!(
            undecided.is_empty(),
            "config/stricter.rs does not say which value of these demands less: {undecided:?}"
        );
        assert!(stricter(Place::Gate, &["qqqqqq"]).is_none() && stricter(Place::Top, &["qqqqqq"]).is_none());
    }

    #[test]
    fn the_schema_names_every_rule() {
        let rules = Rules::default();
        let schema = schema(&rules);
        for rule in rules.iter() {
            let at = format!("/definitions/gate-{}/properties/rule", rule.id());
            assert!(schema.pointer(&at).is_some(), "{at}");
        }
        assert!(documentation().contains("| `min-matched` | percent |"));
        for (heading, says, _) in SECTIONS.iter().filter(|(_, says, _)| !says.is_empty()) {
            assert!(documentation().contains(&format!("\n## {heading}\n{says}\n\n")), "{heading}");
        }
    }

    #[test]
    fn the_schema_says_what_each_key_takes() {
        for (shape, schema) in [
            (Shape::Text, json!({ "type": "string" })),
            (Shape::Texts, json!({ "type": "array", "items": { "type": "string" } })),
            (Shape::Flag, json!({ "type": "boolean" })),
            (Shape::Count, json!({ "type": "integer" })),
            (Shape::Percent, json!({ "type": ["number", "string"] })),
            (Shape::Word(&["a", "b"]), json!({ "enum": ["a", "b"] })),
            (Shape::Table(&[]), json!({ "type": "object" })),
            (Shape::Named(&[]), json!({ "type": "object", "additionalProperties": { "type": "object" } })),
        ] {
            assert_eq!(shape.schema(), schema, "{}", shape.words());
        }
        let schema = schema(&Rules::default());
        let at = |at: &str| schema.pointer(at).unwrap_or(&Value::Null).clone();
        let entry = "/properties/evidence/items";
        assert_eq!(at(&format!("{entry}/additionalProperties")), json!(false));
        assert_eq!(at(&format!("{entry}/properties/min-cases/type")), json!("integer"));
    }
}
