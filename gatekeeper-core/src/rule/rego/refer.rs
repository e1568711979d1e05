//! What a Rego file refers to: its package, its rules, the parts of `input` and `data`, the functions that it calls. Read from the syntax tree as JSON.

use super::super::document::schema::{DOCUMENT, Shape, member};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A step of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A name that is written, with where.
    Name(String, usize),
    /// Any element.
    Any,
}

/// A reference: what it begins with, and its steps.
#[derive(Debug, Clone)]
struct Path {
    root: String,
    steps: Vec<Step>,
}

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
    /// Parts of `input`, as dotted names; the empty one is all of it.
    pub inputs: BTreeSet<String>,
    /// Those that must be there: no step of theirs is any element.
    pub fixed: BTreeMap<String, usize>,
    pub calls: Vec<Call>,
    pub mistakes: Vec<Mistake>,
}

/// Reads the tree of a file.
pub(super) fn refers(tree: &Value, text: &str) -> Refers {
    let mut out = Refers::default();
    let package = tree.pointer("/package/refr").and_then(path);
    out.package = package.map(|p| dotted(&p, true)).unwrap_or_default();
    let mut aliases: BTreeMap<String, Path> = BTreeMap::new();
    for import in tree.get("imports").and_then(Value::as_array).into_iter().flatten() {
        let Some(p) = import.get("refr").and_then(path) else { continue };
        let last = p.steps.iter().rev().find_map(|s| match s {
            Step::Name(name, _) => Some(name.clone()),
            Step::Any => None,
        });
        let alias = import.get("as").and_then(|span| slice(span, text)).map(str::to_owned).or(last);
        if let Some(alias) = alias {
            aliases.insert(alias, p.clone());
        }
        Seer { aliases: &aliases, out: &mut out }.path(&p);
    }
    let rules: Vec<&Value> = tree.get("rules").and_then(Value::as_array).into_iter().flatten().collect();
    for rule in rules {
        let head = rule.pointer("/Spec/head").and_then(Value::as_object).and_then(|h| h.values().next());
        let refr = head.and_then(|h| h.get("refr")).or_else(|| rule.pointer("/Default/refr"));
        let name = refr.and_then(path).map(|p| p.root).unwrap_or_default();
        // Tests bring an `input` of their own, and are not run.
        if name.starts_with("test_") || name.starts_with("todo_test_") {
            continue;
        }
        out.rules.insert(name);
        let mut own = aliases.clone();
        // What a variable stands for may be said behind where it is used.
        for _ in 0..3 {
            let before = own.len();
            stand_for(rule, text, &mut own);
            if own.len() == before {
                break;
            }
        }
        Seer { aliases: &own, out: &mut out }.see(rule);
    }
    out
}

/// Variables that stand for a part of `input`: `x := input.…`, `some x in input.…`, `every x in input.…`.
fn stand_for(node: &Value, text: &str, aliases: &mut BTreeMap<String, Path>) {
    let Some(map) = node.as_object() else {
        node.as_array().into_iter().flatten().for_each(|n| stand_for(n, text, aliases));
        return;
    };
    for (key, inner) in map {
        let said = match key.as_str() {
            "AssignExpr" => Some((inner.get("lhs"), inner.get("rhs"), false)),
            "SomeIn" => Some((inner.get("value"), inner.get("collection"), true)),
            "Every" => Some((inner.get("value"), inner.get("domain"), true)),
            _ => None,
        };
        if let Some((Some(var), Some(of), element)) = said {
            let name = path(var).filter(|p| p.steps.is_empty()).map(|p| p.root);
            let name = name.or_else(|| slice(var, text).map(str::to_owned));
            let of = path(of).map(|p| resolved(&p, aliases)).filter(|p| p.root == "input");
            if let (Some(name), Some(mut of)) = (name, of)
                && name != "input"
                && !aliases.contains_key(&name)
            {
                if element {
                    of.steps.push(Step::Any);
                }
                aliases.insert(name, of);
            }
        }
        stand_for(inner, text, aliases);
    }
}

/// A reference where this is one.
fn path(node: &Value) -> Option<Path> {
    if let Some(var) = node.get("Var") {
        return Some(Path { root: var.get("value")?.as_str()?.to_owned(), steps: Vec::new() });
    }
    if let Some(dot) = node.get("RefDot") {
        let mut p = path(dot.get("refr")?)?;
        let field = dot.get("field")?;
        p.steps.push(Step::Name(field.get(1)?.as_str()?.to_owned(), start(field.get(0)?)));
        return Some(p);
    }
    let brack = node.get("RefBrack")?;
    let mut p = path(brack.get("refr")?)?;
    let index = brack.get("index")?;
    let name = index.get("String").or_else(|| index.get("RawString"));
    p.steps.push(match name {
        Some(s) => Step::Name(s.get("value")?.as_str()?.to_owned(), start(s.get("span")?)),
        None => Step::Any,
    });
    Some(p)
}

fn start(span: &Value) -> usize {
    span.get("start").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn slice<'t>(span: &Value, text: &'t str) -> Option<&'t str> {
    let end = span.get("end").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())?;
    span.get("start")?;
    text.get(start(span)..end)
}

/// A reference with the variable that it begins with replaced by what that stands for.
fn resolved(p: &Path, aliases: &BTreeMap<String, Path>) -> Path {
    match aliases.get(&p.root) {
        Some(of) => Path { root: of.root.clone(), steps: of.steps.iter().chain(&p.steps).cloned().collect() },
        None => p.clone(),
    }
}

/// Its steps up to the first that is any element.
fn dotted(p: &Path, with_root: bool) -> String {
    let names = p.steps.iter().map_while(|s| match s {
        Step::Name(name, _) => Some(name.as_str()),
        Step::Any => None,
    });
    with_root.then_some(p.root.as_str()).into_iter().chain(names).collect::<Vec<_>>().join(".")
}

struct Seer<'s> {
    aliases: &'s BTreeMap<String, Path>,
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
                let p = resolved(&p, self.aliases);
                let at = call.pointer("/fcn").and_then(span_of).map_or(0, start);
                if p.root == "data" {
                    self.out.data.insert(dotted(&p, false));
                }
                self.out.calls.push(Call { name: dotted(&p, true), arguments, at });
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
        let p = resolved(p, self.aliases);
        match p.root.as_str() {
            "data" => {
                self.out.data.insert(dotted(&p, false));
            }
            "input" => {
                let name = dotted(&p, false);
                self.hold(&p);
                let at = p.steps.iter().rev().find_map(|s| match s {
                    Step::Name(_, at) => Some(*at),
                    Step::Any => None,
                });
                if !p.steps.is_empty() && !p.steps.contains(&Step::Any) {
                    self.out.fixed.entry(name.clone()).or_insert(at.unwrap_or(0));
                }
                self.out.inputs.insert(name);
            }
            _ => {}
        }
    }

    /// Holds a reference against the document.
    fn hold(&mut self, p: &Path) {
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
                (None | Some(Shape::Table(_)), Step::Any) => return,
                _ => None,
            };
            if next.is_none() {
                let (word, at) = match step {
                    Step::Name(name, at) => (name.clone(), *at),
                    Step::Any => return,
                };
                let message = match shape {
                    Some(Shape::List(_)) => format!("`{word}` is asked of a list: write [_] or `some` before it"),
                    Some(Shape::Int | Shape::Text | Shape::Flag) => {
                        format!("`{word}` is asked of a plain value, which has no members")
                    }
                    _ => format!("there is no `{word}` here in the document that rules speak of"),
                };
                let told = self.out.mistakes.iter().any(|m| m.at == at && m.word == word);
                if !told {
                    self.out.mistakes.push(Mistake { word, message, known: members, at });
                }
                return;
            }
            shape = next;
        }
    }
}

fn span_of(node: &Value) -> Option<&Value> {
    node.as_object()?.values().next()?.get("span")
}
