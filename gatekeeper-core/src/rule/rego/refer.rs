//! What a Rego file refers to: its package, its rules, the parts of `input` and `data`, the functions that it calls. Read from the syntax tree as JSON.

use super::super::document::schema::{DOCUMENT, Shape, member};
use super::stand::{File, Names, Path, Scope, Step, dotted, imported, name_of, path, start};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A call of a function.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub name: String,
    pub arguments: usize,
    /// Where, bytes of the file.
    pub at: usize,
}

/// A mistake in a reference to `input`.
#[derive(Debug)]
pub(super) struct Mistake {
    pub word: String,
    pub message: String,
    pub known: Vec<&'static str>,
    pub at: usize,
}

/// What a file refers to.
#[derive(Debug, Default)]
pub(super) struct Refers {
    /// Its package: `main`, `lib.checks`.
    pub package: String,
    /// The names of its rules.
    pub rules: BTreeSet<String>,
    /// Packages and data that it speaks of, as dotted names.
    pub data: BTreeSet<String>,
    /// What it speaks of below `data`, name by name with where each is written.
    pub data_names: Vec<Vec<(String, usize)>>,
    /// Parts of `input`, as dotted names; the empty one is all of it.
    pub inputs: BTreeSet<String>,
    /// Those that must be there: no step of theirs is any element.
    pub fixed: BTreeMap<String, usize>,
    pub calls: Vec<Call>,
    pub mistakes: Vec<Mistake>,
}

/// Reads a file, knowing what the names of all files stand for.
pub(super) fn refers(file: &File<'_>, names: &Names) -> Refers {
    let mut out = Refers { package: file.package.clone(), ..Refers::default() };
    let nothing = Value::Null;
    let scope = Scope::of(&nothing, file, names);
    for (_, p) in imported(file.tree) {
        Seer { scope: &scope, out: &mut out }.path(&p);
    }
    for rule in &file.rules {
        out.rules.insert(name_of(rule));
        let scope = Scope::of(rule, file, names);
        Seer { scope: &scope, out: &mut out }.see(rule);
    }
    out
}

struct Seer<'s> {
    scope: &'s Scope<'s>,
    out: &'s mut Refers,
}

impl Seer<'_> {
    fn see(&mut self, node: &Value) {
        if let Some(items) = node.as_array() {
            items.iter().for_each(|n| self.see(n));
            return;
        }
        let Some(map) = node.as_object() else { return };
        if let Some(call) = map.get("Call") {
            let name = call.get("fcn").and_then(path);
            let arguments = call.get("params").and_then(Value::as_array).map_or(0, Vec::len);
            if let Some(p) = name {
                let p = self.scope.called(&p);
                let at = call.pointer("/fcn").and_then(span_of).map_or(0, start);
                if p.root == "data" {
                    self.out.data.insert(dotted(&p, false));
                }
                self.out.calls.push(Call { name: dotted(&p, true), arguments, at });
            }
            // `object.get` asks by a text for what may be absent, and not for what cannot be there.
            if let Some(asked) = self.scope.stands(node) {
                self.hold_all(&asked);
            }
            call.get("params").into_iter().for_each(|p| self.see(p));
            return;
        }
        if let Some(p) = path(node) {
            self.path(&p);
            self.indexes(node);
            return;
        }
        map.values().for_each(|n| self.see(n));
    }

    /// What stands in the brackets of a reference.
    fn indexes(&mut self, node: &Value) {
        let inner = node.get("RefDot").or_else(|| node.get("RefBrack"));
        let Some(inner) = inner else { return };
        if let Some(index) = inner.get("index") {
            self.see(index);
        }
        inner.get("refr").into_iter().for_each(|r| self.indexes(r));
    }

    fn path(&mut self, p: &Path) {
        let written = self.scope.called(p);
        if written.root == "data" {
            self.out.data.insert(dotted(&written, false));
            self.out.data_names.push(names_of(&written));
        }
        let Some(all) = self.scope.resolved(p) else { return };
        if all.iter().any(|p| p.root != "input") {
            return;
        }
        self.hold_all(&all);
        let one = all.len() == 1;
        for p in all.into_iter().filter(|p| !p.optional) {
            let name = dotted(&p, false);
            let at = p.steps.iter().rev().find_map(|s| match s {
                Step::Name(_, at) => Some(*at),
                Step::Any => None,
            });
            if one && !p.steps.is_empty() && !p.steps.contains(&Step::Any) {
                self.out.fixed.entry(name.clone()).or_insert(at.unwrap_or(0));
            }
            self.out.inputs.insert(name);
        }
    }

    /// Holds what a reference may stand for against the document: a mistake is what none of it is there.
    fn hold_all(&mut self, all: &[Path]) {
        let mut mistakes: Vec<Mistake> = Vec::new();
        for p in all {
            match hold(p) {
                Some(mistake) => mistakes.push(mistake),
                None => return,
            }
        }
        let Some(first) = mistakes.into_iter().next() else { return };
        if !self.out.mistakes.iter().any(|m| m.at == first.at && m.word == first.word) {
            self.out.mistakes.push(first);
        }
    }
}

/// The names that a reference begins with, each with where it is written.
fn names_of(p: &Path) -> Vec<(String, usize)> {
    let names = p.steps.iter().map_while(|s| match s {
        Step::Name(name, at) => Some((name.clone(), *at)),
        Step::Any => None,
    });
    names.collect()
}

/// Holds a reference against the document.
fn hold(p: &Path) -> Option<Mistake> {
    let mut shape: Option<&'static Shape> = None;
    for (n, step) in p.steps.iter().enumerate() {
        let members: Vec<&'static str> = match shape {
            None if n == 0 => DOCUMENT.iter().map(|(n, _)| *n).collect(),
            Some(Shape::Table(all)) => all.iter().map(|(n, _)| *n).collect(),
            _ => Vec::new(),
        };
        let next = match (shape, step) {
            (None, Step::Name(name, _)) if n == 0 => member(DOCUMENT, name),
            (Some(Shape::Table(all)), Step::Name(name, _)) => member(all, name),
            (Some(Shape::List(inner)), Step::Any) => Some(*inner),
            (Some(Shape::Texts), _) => Some(&Shape::Text),
            // Which member is asked for is not written.
            (None | Some(Shape::Table(_)), Step::Any) => return None,
            _ => None,
        };
        if next.is_none() {
            let (word, at) = match step {
                Step::Name(name, at) => (name.clone(), *at),
                Step::Any => return None,
            };
            let message = match shape {
                Some(Shape::List(_)) => format!("`{word}` is asked of a list: write [_] or `some` before it"),
                Some(Shape::Int | Shape::Text | Shape::Flag) => {
                    format!("`{word}` is asked of a plain value, which has no members")
                }
                _ => format!("there is no `{word}` here in the document that rules speak of"),
            };
            return Some(Mistake { word, message, known: members, at });
        }
        shape = next;
    }
    None
}

fn span_of(node: &Value) -> Option<&Value> {
    node.as_object()?.values().next()?.get("span")
}
