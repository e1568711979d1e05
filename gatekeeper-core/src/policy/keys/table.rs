//! The tables: each key with what it takes, what it means, and what holds without it.

use crate::verdict::suspicion::{CHECKS, FAR_KEY, Level, Named};

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

pub(super) const EVIDENCE: &[Key] = &[
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

pub(super) const EXTRACT: &[Key] = &[
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

pub(super) const GATE: &[Key] = &[
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

pub(super) const DEFAULTS: &[Key] = &[];

pub(super) const COMPONENT: &[Key] = &[
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

pub(super) const BASELINE: &[Key] = &[
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

pub(super) const SUSPICION: &[Key] = &[
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

pub(super) const ROLLOUT: &[Key] = &[key("steps", Shape::Any, "percentages, rising to 100", "must be there")];

pub(super) const WAIVER: &[Key] = &[
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

pub(super) const WAIVERS_POLICY: &[Key] =
    &[key("max-days", Shape::Count, "the longest that a waiver may hold, days from today", "none")];

pub(super) const PROFILE: &[Key] = &[
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
pub(super) const SECTIONS: &[(&str, &str, &[Key])] = &[
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
