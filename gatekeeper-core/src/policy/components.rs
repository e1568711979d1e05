//! `[components.NAME]`: the parts of a repository, which of its files are theirs, and what depends on what. `root` lists the files that concern
//! all of them.

use super::cells::Labels;
use super::entry::{EvidenceEntry, known_label};
use super::gate::{Gate, Own};
use crate::config::{Entry, Node, PolicyProblem, ProblemCode, Problems, Span, Table, Value, merge};
use gatekeeper_evidence::glob::{Part, Pattern};
use std::collections::{BTreeMap, BTreeSet};

/// What concerns every component where the policy does not say otherwise: lock files at the root, and what tells the CI what to run.
const ROOT: [&str; 37] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "Cargo.lock",
    "rebar.lock",
    "mix.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "composer.lock",
    "go.sum",
    "go.work.sum",
    "gradle.lockfile",
    "packages.lock.json",
    "pubspec.lock",
    "Package.resolved",
    "flake.lock",
    ".github/workflows/**",
    ".github/actions/**",
    ".forgejo/workflows/**",
    ".gitea/workflows/**",
    ".gitlab-ci.yml",
    ".gitlab/**",
    ".circleci/**",
    ".buildkite/**",
    "azure-pipelines.yml",
    ".azure-pipelines/**",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
    ".travis.yml",
    ".drone.yml",
];

/// Most components of a policy.
const MOST: usize = 2_000;

/// The components of a policy.
#[derive(Debug, Default)]
pub struct Components {
    /// The components in the file's order.
    pub list: Vec<Component>,
    /// Files that concern all of them.
    pub(crate) root: Vec<Pattern>,
}

/// A part of the repository.
#[derive(Debug)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Patterns of its files, and of evidence that lies below it.
    pub(crate) paths: Vec<Pattern>,
    /// Evidence with these labels is its own, wherever it lies.
    pub labels: Labels,
    /// The components that it is made from: where they change, it does.
    pub depends: Vec<String>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// The component of a path, and whether the pattern that says so names a folder of its own: one that begins with a wildcard takes what
/// nobody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub component: usize,
    pub named: bool,
}

impl Components {
    /// Whose a path is: of all patterns that match, the longest decides. Reports may name it by an absolute path.
    pub(crate) fn owner(&self, path: &str) -> Option<Owner> {
        let mut best: Option<((usize, usize), Owner)> = None;
        for (n, component) in self.list.iter().enumerate() {
            for pattern in component.paths.iter().filter(|p| p.speaks_of(path)) {
                let length = (literal(pattern), pattern.as_str().len());
                if best.is_none_or(|(known, _)| length > known) {
                    best = Some((length, Owner { component: n, named: length.0 > 0 }));
                }
            }
        }
        best.map(|(_, owner)| owner)
    }

    /// Whose evidence is, by its labels, or else by where it lies.
    pub(crate) fn home(&self, path: &str, labels: &Labels) -> Option<Owner> {
        let fits = |c: &Component| !c.labels.is_empty() && c.labels.iter().all(|(l, v)| labels.get(l) == Some(v));
        let fitting = self.list.iter().enumerate().filter(|(_, c)| fits(c));
        let labelled = fitting.max_by_key(|(n, c)| (c.labels.len(), std::cmp::Reverse(*n)));
        labelled.map(|(n, _)| Owner { component: n, named: true }).or_else(|| self.owner(path))
    }

    /// The component of a name.
    pub(crate) fn by_name(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|c| c.name == name)
    }
}

/// Letters of a pattern before its first wildcard.
fn literal(pattern: &Pattern) -> usize {
    let fixed = pattern.parts.iter().map_while(|p| match p {
        Part::Literal(name) => Some(name.len()),
        Part::Wild(_) | Part::Deep => None,
    });
    fixed.sum()
}

/// Reads the components, and gives the gates the limits that components have of their own.
pub(super) fn components(
    top: &mut Table<'_>,
    tree: &Node,
    gates: &mut [Gate],
    evidence: &[EvidenceEntry],
    line: &impl Fn(&Span) -> u64,
) -> Components {
    let problems = top.problems();
    let entries = top.named("components");
    let mut out = Components { list: Vec::new(), root: defaults() };
    if entries.len() > MOST {
        let message = format!("a policy has at most {MOST} components, and this one has {}", entries.len());
        let span = entries.first().map(|e| e.key_span.clone()).unwrap_or_default();
        problems.add(PolicyProblem::new(span, message).code(ProblemCode::OutOfRange));
        return out;
    }
    // What was read of each: the whole of it, where nothing is wrong.
    let mut own: Vec<(&Entry, &Node)> = Vec::new();
    for e in entries {
        if e.key == "root" {
            if let Some(root) = root(e, problems) {
                out.root = root;
            }
            continue;
        }
        let Some(mut t) = Table::of(&e.node, &format!("the component `{}`", e.key), problems) else { continue };
        let component = component(&mut t, e, evidence, line);
        if let Some(node) = t.get("gates") {
            own.push((e, node));
        }
        t.finish("a component");
        out.list.extend(component);
    }
    depends(&out, entries, problems);
    distinct(&out, entries, problems);
    for (e, node) in own {
        own_limits(e, node, tree, gates, problems);
    }
    if out.list.is_empty() && entries.iter().all(|e| e.key == "root" && e.node.entries().is_none()) {
        let first = gates.iter().find(|g| g.per_component);
        let place = first.and_then(|g| tree.get("gates")?.get(&g.name)?.get("per-component"));
        if let Some(node) = place {
            problems.add(
                PolicyProblem::new(node.span.clone(), "`per-component` needs components, and this policy names none")
                    .code(ProblemCode::MissingKey)
                    .help("write [components.NAME] with paths = [\"NAME/**\"]"),
            );
        }
    }
    out
}

fn defaults() -> Vec<Pattern> {
    ROOT.iter().filter_map(|p| Pattern::new(p).ok()).collect()
}

/// `root = [...]`: the files that concern every component.
fn root(e: &Entry, problems: &Problems) -> Option<Vec<Pattern>> {
    let texts: Option<Vec<(&String, &Span)>> = match &e.node.value {
        Value::Text(text) => Some(vec![(text, &e.node.span)]),
        Value::List(items) => items
            .iter()
            .map(|n| match &n.value {
                Value::Text(text) => Some((text, &n.span)),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    let Some(texts) = texts else {
        problems.add(
            PolicyProblem::new(
                e.key_span.clone(),
                "no component can be named `root`: `root` lists the files that concern all of them",
            )
            .code(ProblemCode::WrongType)
            .help("give the component another name, or write root = [\"Cargo.lock\", \".github/**\"]"),
        );
        return None;
    };
    let made = texts.into_iter().map(|(text, span)| {
        let pattern = below_root(text);
        pattern.map_err(|message| problems.add(PolicyProblem::new(span.clone(), message))).ok()
    });
    made.collect()
}

/// A pattern of files below the root. One without wildcards may be a folder.
fn below_root(text: &str) -> Result<Pattern, String> {
    if text.split('/').any(|p| p == "..") {
        return Err("a pattern stays below the root: `..` is not followed".to_owned());
    }
    let pattern = Pattern::new(text)?;
    match pattern.labels().first() {
        Some(label) => Err(format!("a pattern here gives no labels, so {{{label}}} must be a name or `*`")),
        None => Ok(pattern),
    }
}

fn component(
    t: &mut Table<'_>,
    e: &Entry,
    evidence: &[EvidenceEntry],
    line: &impl Fn(&Span) -> u64,
) -> Option<Component> {
    let sound = t.get("paths").is_some_and(|n| n.value != Value::List(Vec::new()));
    if !sound {
        t.problem_of(
            ProblemCode::MissingKey,
            e.key_span.clone(),
            format!("the component `{}` has no `paths`, so nothing says which files are its own", e.key),
        );
    }
    let given = t.patterns("paths", below_root);
    // A folder's name stands for all that is below it.
    let below = given.iter().filter(|p| p.parts.iter().all(|part| matches!(part, Part::Literal(_))));
    let below: Vec<Pattern> = below.filter_map(|p| Pattern::new(&format!("{}/**", p.as_str())).ok()).collect();
    let mut labels = Labels::new();
    for (label, values) in t.named_texts("labels") {
        let span = t.get("labels").map(|n| n.span.clone()).unwrap_or_default();
        if !known_label(&label, &span, evidence, t.problems()) {
            continue;
        }
        match <[String; 1]>::try_from(values) {
            Ok([value]) => drop(labels.insert(label, value)),
            Err(values) => {
                t.problem(span, format!("a component has one value of a label, but `{label}` has {}", values.len()))
            }
        }
    }
    let depends = t.texts("depends").unwrap_or_default().into_iter().map(|(d, _)| d).collect();
    let paths = given.into_iter().chain(below).collect();
    Some(Component { name: e.key.clone(), paths, labels, depends, line: line(&e.key_span) })
}

/// Whether every component that another depends on is there, and none depends on itself.
fn depends(components: &Components, entries: &[Entry], problems: &Problems) {
    let names: Vec<&str> = entries.iter().map(|e| e.key.as_str()).filter(|k| *k != "root").collect();
    let place = |of: &str, on: &str| {
        let node = entries.iter().find(|e| e.key == of).and_then(|e| e.node.get("depends"));
        let item = node.and_then(|n| match &n.value {
            Value::List(items) => items.iter().find(|i| i.value == Value::Text(on.to_owned())),
            _ => None,
        });
        item.or(node).map(|n| n.span.clone()).unwrap_or_default()
    };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for c in &components.list {
        for on in c.depends.iter().filter(|on| !names.contains(&on.as_str())) {
            let problem = PolicyProblem::new(place(&c.name, on), format!("there is no component `{on}`"));
            problems.add(problem.code(ProblemCode::UnknownWord).nearest(on, names.iter().copied()));
        }
    }
    for c in &components.list {
        if told.contains(c.name.as_str()) {
            continue;
        }
        if let Some(circle) = circle(components, c) {
            told.extend(circle.iter().copied());
            let message = format!("these components depend on each other in a circle: {}", circle.join(" → "));
            let on = circle.get(1).copied().unwrap_or_default();
            problems.add(PolicyProblem::new(place(&c.name, on), message));
        }
    }
}

/// The way along `depends` from a component back to itself.
fn circle<'c>(components: &'c Components, from: &'c Component) -> Option<Vec<&'c str>> {
    let of = |name: &str| components.list.iter().find(|c| c.name == name);
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = vec![from];
    while let Some(c) = open.pop() {
        for on in &c.depends {
            if *on == from.name {
                // Back to where the search began, which nothing was reached from.
                let back = std::iter::successors(Some(c.name.as_str()), |at| came.get(at).copied());
                let mut way: Vec<&str> = std::iter::once(from.name.as_str()).chain(back).collect();
                way.reverse();
                return Some(way);
            }
            if let Some(next) = of(on).filter(|n| !came.contains_key(n.name.as_str())) {
                came.insert(&next.name, &c.name);
                open.push(next);
            }
        }
    }
    None
}

/// Whether no two components say the same of their files or evidence.
fn distinct(components: &Components, entries: &[Entry], problems: &Problems) {
    let plain = |p: &Pattern| {
        let text = p.as_str().trim_start_matches("./").trim_end_matches('/');
        text.strip_suffix("/**").unwrap_or(text).to_owned()
    };
    let mut paths: BTreeMap<String, &str> = BTreeMap::new();
    let mut labels: BTreeMap<&Labels, &str> = BTreeMap::new();
    for c in &components.list {
        let at = |key: &str| {
            let node = entries.iter().find(|e| e.key == c.name).and_then(|e| e.node.get(key));
            node.map(|n| n.span.clone()).unwrap_or_default()
        };
        for p in &c.paths {
            match paths.insert(plain(p), &c.name) {
                Some(other) if other != c.name => {
                    let message =
                        format!("the components `{other}` and `{}` both have the files of `{}`", c.name, p.as_str());
                    problems.add(PolicyProblem::new(at("paths"), message).help("leave the pattern out of one of them"));
                    break;
                }
                _ => {}
            }
        }
        if !c.labels.is_empty()
            && let Some(other) = labels.insert(&c.labels, &c.name)
        {
            let message = format!("the components `{other}` and `{}` have the same labels", c.name);
            problems.add(PolicyProblem::new(at("labels"), message));
        }
    }
}

/// `[components.NAME.gates.GATE]`: limits that a component has of its own.
fn own_limits(e: &Entry, node: &Node, tree: &Node, gates: &mut [Gate], problems: &Problems) {
    let Some(overrides) = node.entries() else {
        problems.add(
            PolicyProblem::new(node.span.clone(), "`gates` of a component must be a table of gates")
                .code(ProblemCode::WrongType),
        );
        return;
    };
    for change in overrides {
        let names: Vec<String> = gates.iter().map(|g| g.name.clone()).collect();
        let Some(gate) = gates.iter_mut().find(|g| g.name == change.key) else {
            // A gate that could not be read has been told of.
            if tree.get("gates").and_then(|g| g.get(&change.key)).is_none() {
                problems.add(
                    PolicyProblem::new(change.key_span.clone(), format!("there is no gate `{}` to change", change.key))
                        .code(ProblemCode::UnknownGate)
                        .nearest(&change.key, names.iter().map(String::as_str)),
                );
            }
            continue;
        };
        if Table::of(&change.node, "what a component changes of a gate", problems).is_none() {
            continue;
        }
        if !gate.per_component {
            let message =
                format!("the gate `{}` is not judged for each component, so this would change nothing", gate.name);
            let help = "give the gate per-component = true";
            problems.add(PolicyProblem::new(change.key_span.clone(), message).code(ProblemCode::MissingKey).help(help));
            continue;
        }
        let common = change.node.entries().unwrap_or_default().iter().find(|k| is_common(k));
        if let Some(common) = common {
            let message = format!("`{}` holds for the whole gate: a component has limits of its own", common.key);
            problems.add(PolicyProblem::new(common.key_span.clone(), message).code(ProblemCode::UnknownKey));
            continue;
        }
        let mut whole =
            tree.get("gates").and_then(|g| g.get(&gate.name)).cloned().unwrap_or_else(|| change.node.clone());
        merge(&mut whole, &change.node);
        let enabled = !matches!(whole.get("enabled"), Some(Node { value: Value::Flag(false), .. }));
        if let Value::Table(keys) = &mut whole.value {
            keys.retain(|k| !is_common(k) && k.key != "enabled");
        }
        let Some(mut t) = Table::of(&whole, "a gate", problems) else { continue };
        let judge = gate.rule.build(&mut t);
        t.finish(&format!("a gate of rule `{}`", gate.rule.id));
        if let Some(judge) = judge {
            gate.own.insert(e.key.clone(), Own { enabled, judge });
        }
    }
}

/// Whether a key is one that gates of every rule have.
fn is_common(e: &Entry) -> bool {
    const COMMON: [&str; 16] = [
        "rule",
        "action",
        "then",
        "tools",
        "except-tools",
        "formats",
        "categories",
        "labels",
        "paths",
        "evidence",
        "each",
        "require",
        "exclude-cells",
        "allow-fail",
        "cells",
        "per-component",
    ];
    // A list of what must be there is the rule's own key.
    COMMON.contains(&e.key.as_str()) && !(e.key == "require" && matches!(e.node.value, Value::List(_)))
}

#[cfg(test)]
mod tests;
