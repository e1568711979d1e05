//! What names stand for: variables, parameters, rules and imports that are a part of `input`, so that a reference through them is held against the document as well. What Rego does
//! not find is undefined, and what is undefined denies nothing.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most things that one name may stand for before nothing more is said of it.
const MOST: usize = 16;
/// Most steps of a reference that is followed.
const STEPS: usize = 64;
/// How often names are looked through: a name may stand for another that is told of later.
const ROUNDS: usize = 12;

/// A step of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A name that is written, with where.
    Name(String, usize),
    /// Any element.
    Any,
}

/// A reference: what it begins with, and its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub root: String,
    pub steps: Vec<Step>,
    /// Asked for with `object.get`: it need not be there.
    pub optional: bool,
}

/// What a name stands for; `None` where that cannot be told.
pub(super) type Stands = Option<Vec<Path>>;

/// What all files of a gate say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Rules, by package and name.
    rules: BTreeMap<(String, String), Stands>,
    /// Parameters of functions, by package, name and number.
    parameters: BTreeMap<(String, String, usize), Stands>,
}

/// A file that is looked through.
pub(super) struct File<'f> {
    pub tree: &'f Value,
    pub text: &'f str,
    pub package: String,
    pub imports: BTreeMap<String, Path>,
    /// Its rules, its tests aside.
    pub rules: Vec<&'f Value>,
}

impl<'f> File<'f> {
    pub(super) fn of(tree: &'f Value, text: &'f str) -> File<'f> {
        let package = tree.pointer("/package/refr").and_then(path);
        let package = package.map(|p| dotted(&p, true)).unwrap_or_default();
        let mut imports = BTreeMap::new();
        for (import, p) in imported(tree) {
            let last = p.steps.iter().rev().find_map(|s| match s {
                Step::Name(name, _) => Some(name.clone()),
                Step::Any => None,
            });
            let alias = import.get("as").and_then(|span| slice(span, text)).map(str::to_owned).or(last);
            if let Some(alias) = alias {
                imports.insert(alias, p);
            }
        }
        File { tree, text, package, imports, rules: judged_by(tree) }
    }
}

/// The rules of a file that are judged by: tests bring an `input` of their own, and are not run unless another rule speaks of them.
fn judged_by(tree: &Value) -> Vec<&Value> {
    let all: Vec<&Value> = tree.get("rules").and_then(Value::as_array).into_iter().flatten().collect();
    let (mut rest, mut used): (Vec<&Value>, Vec<&Value>) = all.into_iter().partition(|rule| is_test(&name_of(rule)));
    let (mut spoken_of, mut seen) = (BTreeSet::new(), 0);
    loop {
        used.iter().skip(seen).for_each(|rule| variables_in(rule, &mut spoken_of));
        seen = used.len();
        let (more, left): (Vec<&Value>, Vec<&Value>) =
            rest.into_iter().partition(|rule| spoken_of.contains(name_of(rule).as_str()));
        rest = left;
        if more.is_empty() {
            return used;
        }
        used.extend(more);
    }
}

/// All variables that are spoken of.
fn variables_in<'v>(node: &'v Value, out: &mut BTreeSet<&'v str>) {
    match node {
        Value::Array(items) => items.iter().for_each(|n| variables_in(n, out)),
        Value::Object(map) => {
            out.extend(map.get("Var").and_then(|v| v.get("value")).and_then(Value::as_str));
            map.values().for_each(|n| variables_in(n, out));
        }
        _ => {}
    }
}

/// What a file imports, with the nodes.
pub(super) fn imported(tree: &Value) -> impl Iterator<Item = (&Value, Path)> {
    let all = tree.get("imports").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|import| Some((import, import.get("refr").and_then(path)?)))
}

fn is_test(name: &str) -> bool {
    name.starts_with("test_") || name.starts_with("todo_test_")
}

/// The head of a rule: its sort, and what stands there.
fn head(rule: &Value) -> Option<(&str, &Value)> {
    let head = rule.pointer("/Spec/head")?.as_object()?.iter().next()?;
    Some((head.0.as_str(), head.1))
}

/// The name of a rule.
pub(super) fn name_of(rule: &Value) -> String {
    let refr = head(rule).and_then(|(_, h)| h.get("refr")).or_else(|| rule.pointer("/Default/refr"));
    refr.and_then(path).map(|p| p.root).unwrap_or_default()
}

/// A reference where this is one.
pub(super) fn path(node: &Value) -> Option<Path> {
    if let Some(var) = node.get("Var") {
        return Some(Path { root: var.get("value")?.as_str()?.to_owned(), steps: Vec::new(), optional: false });
    }
    if let Some(dot) = node.get("RefDot") {
        let mut p = path(dot.get("refr")?)?;
        let field = dot.get("field")?;
        p.steps.push(Step::Name(field.get(1)?.as_str()?.to_owned(), start(field.get(0)?)));
        return Some(p);
    }
    let brack = node.get("RefBrack")?;
    let mut p = path(brack.get("refr")?)?;
    p.steps.push(brack.get("index").and_then(literal).unwrap_or(Step::Any));
    Some(p)
}

/// A text that is written.
fn literal(node: &Value) -> Option<Step> {
    let text = node.get("String").or_else(|| node.get("RawString"))?;
    Some(Step::Name(text.get("value")?.as_str()?.to_owned(), start(text.get("span")?)))
}

pub(super) fn start(span: &Value) -> usize {
    span.get("start").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn slice<'t>(span: &Value, text: &'t str) -> Option<&'t str> {
    let end = span.get("end").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())?;
    span.get("start")?;
    text.get(start(span)..end)
}

/// Its steps up to the first that is any element.
pub(super) fn dotted(p: &Path, with_root: bool) -> String {
    let names = p.steps.iter().map_while(|s| match s {
        Step::Name(name, _) => Some(name.as_str()),
        Step::Any => None,
    });
    with_root.then_some(p.root.as_str()).into_iter().chain(names).collect::<Vec<_>>().join(".")
}

/// What the names of a rule stand for.
pub(super) struct Scope<'s> {
    names: &'s Names,
    file: &'s File<'s>,
    own: BTreeMap<String, Stands>,
}

/// A name that a rule binds: to what, and whether to an element of it.
type Binding<'v> = (String, Option<&'v Value>, bool);

impl<'s> Scope<'s> {
    /// The scope of a rule.
    pub(super) fn of(rule: &'s Value, file: &'s File<'s>, names: &'s Names) -> Scope<'s> {
        let mut bindings: Vec<Binding<'s>> = Vec::new();
        bind(rule, file.text, &mut bindings);
        let declared: BTreeSet<&str> = bindings.iter().map(|(n, ..)| n.as_str()).collect();
        let mut parameters: BTreeMap<String, Stands> = BTreeMap::new();
        let function = name_of(rule);
        for (n, arg) in arguments(rule).into_iter().enumerate() {
            let stands = names.parameters.get(&(file.package.clone(), function.clone(), n));
            match path(arg).filter(|p| p.steps.is_empty()) {
                Some(p) => {
                    parameters.insert(p.root, stands.cloned().flatten());
                }
                None => variables(arg).into_iter().for_each(|v| {
                    parameters.insert(v, None);
                }),
            }
        }
        let mut own: BTreeMap<String, Stands> =
            declared.iter().map(|n| ((*n).to_owned(), Some(Vec::new()))).chain(parameters.clone()).collect();
        for _ in 0..ROUNDS {
            let scope = Scope { names, file, own: own.clone() };
            let mut next: BTreeMap<String, Stands> = parameters.clone();
            for (name, of, element) in bindings.iter().filter(|(n, ..)| !parameters.contains_key(n)) {
                let stands = of.and_then(|of| scope.stands(of)).map(|mut all| {
                    if *element {
                        all.iter_mut().for_each(|p| p.steps.push(Step::Any));
                    }
                    all
                });
                add(next.entry(name.clone()).or_insert_with(|| Some(Vec::new())), stands);
            }
            if next == own {
                break;
            }
            own = next;
        }
        // What was bound to nothing that is known may be anything.
        own.values_mut().filter(|s| s.as_ref().is_some_and(Vec::is_empty)).for_each(|s| *s = None);
        Scope { names, file, own }
    }

    /// What a reference comes to: itself, or what it stands for; `None` where that cannot be told.
    pub(super) fn resolved(&self, p: &Path) -> Stands {
        let on = |all: &Stands, from: usize| -> Stands {
            let rest = p.steps.get(from..).unwrap_or_default();
            let all = all.as_ref()?.iter().map(|of| {
                let steps = of.steps.iter().chain(rest).cloned().collect();
                Path { root: of.root.clone(), steps, optional: of.optional || p.optional }
            });
            Some(all.filter(|p: &Path| p.steps.len() <= STEPS).collect())
        };
        if let Some(own) = self.own.get(&p.root) {
            return on(own, 0);
        }
        if let Some(rule) = self.names.rules.get(&(self.file.package.clone(), p.root.clone())) {
            return on(rule, 0);
        }
        if let Some(import) = self.file.imports.get(&p.root) {
            let steps = import.steps.iter().chain(&p.steps).cloned().collect();
            return self.of_data(&Path { root: import.root.clone(), steps, optional: p.optional });
        }
        self.of_data(p)
    }

    /// A rule of a package by its whole name.
    fn of_data(&self, p: &Path) -> Stands {
        if p.root == "data" {
            let mut package: Vec<&str> = Vec::new();
            for (n, step) in p.steps.iter().enumerate() {
                let Step::Name(name, _) = step else { break };
                if let Some(rule) = self.names.rules.get(&(package.join("."), name.clone())) {
                    let rest = p.steps.get(n + 1..).unwrap_or_default();
                    let all = rule.as_ref()?.iter().map(|of| Path {
                        root: of.root.clone(),
                        steps: of.steps.iter().chain(rest).cloned().collect(),
                        optional: of.optional || p.optional,
                    });
                    return Some(all.collect());
                }
                package.push(name);
            }
        }
        Some(vec![p.clone()])
    }

    /// What an expression stands for where it is a part of `input`.
    pub(super) fn stands(&self, node: &Value) -> Stands {
        if let Some(p) = path(node) {
            return self.resolved(&p).filter(|all| all.iter().all(|p| p.root == "input"));
        }
        if let Some(call) = node.get("Call") {
            let name = call.get("fcn").and_then(path).map(|p| dotted(&p, true))?;
            let of = |n: usize| call.pointer(&format!("/params/{n}"));
            return match name.as_str() {
                "sort" | "array.slice" | "array.reverse" => self.stands(of(0)?),
                "object.get" => {
                    let steps = match of(1)?.get("Array") {
                        Some(array) => {
                            array.get("items")?.as_array()?.iter().map(literal).collect::<Option<Vec<_>>>()?
                        }
                        None => vec![literal(of(1)?)?],
                    };
                    let mut all = self.stands(of(0)?)?;
                    for p in &mut all {
                        p.steps.extend(steps.iter().cloned());
                        p.optional = true;
                    }
                    Some(all)
                }
                _ => None,
            };
        }
        let gathered = node.get("ArrayCompr").or_else(|| node.get("SetCompr"))?;
        self.gathered(gathered.get("term")?)
    }

    /// A list of what a term stands for: elements of a list are a list again.
    fn gathered(&self, term: &Value) -> Stands {
        let mut all = self.stands(term)?;
        for p in &mut all {
            if p.steps.pop() != Some(Step::Any) {
                return None;
            }
        }
        Some(all)
    }
}

fn add(to: &mut Stands, more: Stands) {
    let (Some(all), Some(more)) = (to.as_mut(), more) else {
        *to = None;
        return;
    };
    for p in more {
        if !all.contains(&p) {
            all.push(p);
        }
    }
    if all.len() > MOST {
        *to = None;
    }
}

fn arguments(rule: &Value) -> Vec<&Value> {
    let of_head = head(rule).and_then(|(_, h)| h.get("args")).or_else(|| rule.pointer("/Default/args"));
    of_head.and_then(Value::as_array).into_iter().flatten().collect()
}

/// All variables of a pattern.
fn variables(node: &Value) -> Vec<String> {
    match node {
        Value::Array(items) => items.iter().flat_map(variables).collect(),
        Value::Object(map) => {
            let own = map.get("Var").and_then(|v| v.get("value")).and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.iter().filter(|(k, _)| *k != "Var").flat_map(|(_, n)| variables(n))).collect()
        }
        _ => Vec::new(),
    }
}

/// The names that a rule binds: `x := …`, `x = …`, `some x in …`, `every x in …`, `some x`.
fn bind<'v>(node: &'v Value, text: &str, out: &mut Vec<Binding<'v>>) {
    let Some(map) = node.as_object() else {
        node.as_array().into_iter().flatten().for_each(|n| bind(n, text, out));
        return;
    };
    let bare = |n: &Value| n.get("Var").and_then(|v| v.get("value")).and_then(Value::as_str).map(str::to_owned);
    for (key, inner) in map {
        let part = |name: &str| inner.get(name).filter(|n| !n.is_null());
        match key.as_str() {
            "AssignExpr" => {
                if let (Some(lhs), Some(rhs)) = (part("lhs"), part("rhs")) {
                    let declares = inner.get("op").and_then(Value::as_str) == Some("ColEq");
                    match (bare(lhs), bare(rhs)) {
                        (Some(name), _) => out.push((name, Some(rhs), false)),
                        (None, Some(name)) if !declares => out.push((name, Some(lhs), false)),
                        _ if declares => out.extend(variables(lhs).into_iter().map(|v| (v, None, false))),
                        _ => {}
                    }
                }
            }
            "SomeIn" => {
                out.extend(part("key").map(variables).unwrap_or_default().into_iter().map(|v| (v, None, false)));
                match part("value").map(|v| (bare(v), v)) {
                    Some((Some(name), _)) => out.push((name, part("collection"), true)),
                    Some((None, pattern)) => out.extend(variables(pattern).into_iter().map(|v| (v, None, false))),
                    None => {}
                }
            }
            "Every" => {
                let named = |span: &Value| slice(span, text).map(str::to_owned);
                out.extend(part("key").and_then(named).map(|k| (k, None, false)));
                out.extend(part("value").and_then(named).map(|v| (v, part("domain"), true)));
            }
            _ => {}
        }
        bind(inner, text, out);
    }
}

/// Everything that calls name, with what their arguments stand for.
fn calls(node: &Value, scope: &Scope<'_>, out: &mut Vec<(Path, Vec<Stands>)>) {
    match node {
        Value::Array(items) => items.iter().for_each(|n| calls(n, scope, out)),
        Value::Object(map) => {
            if let Some(call) = map.get("Call")
                && let Some(name) = call.get("fcn").and_then(path)
            {
                let given = call.get("params").and_then(Value::as_array).into_iter().flatten();
                out.push((name, given.map(|p| scope.stands(p)).collect()));
            }
            map.values().for_each(|n| calls(n, scope, out));
        }
        _ => {}
    }
}

impl Names {
    /// What the rules of all files stand for, and the parameters of their functions.
    pub(super) fn of(files: &[File<'_>]) -> Names {
        let mut names = Names::default();
        for _ in 0..ROUNDS {
            let next = names.next(files);
            if next == names {
                break;
            }
            names = next;
        }
        names
    }

    fn next(&self, files: &[File<'_>]) -> Names {
        let mut next = Names::default();
        for file in files {
            for rule in &file.rules {
                let scope = Scope::of(rule, file, self);
                let stands = match head(rule) {
                    Some(("Set", h)) => h.get("key").and_then(|key| scope.gathered(key)),
                    Some(("Compr", h)) => {
                        let bodies = rule.pointer("/Spec/bodies").and_then(Value::as_array).into_iter().flatten();
                        let more = bodies.filter_map(|b| b.pointer("/assign/value"));
                        let mut all = Some(Vec::new());
                        for value in h.pointer("/assign/value").into_iter().chain(more) {
                            add(&mut all, scope.stands(value));
                        }
                        all.filter(|all| !all.is_empty())
                    }
                    _ => None,
                };
                let key = (file.package.clone(), name_of(rule));
                match next.rules.get_mut(&key) {
                    Some(known) => add(known, stands),
                    None => drop(next.rules.insert(key, stands)),
                }
                let mut called = Vec::new();
                calls(rule, &scope, &mut called);
                for (name, given) in called {
                    let Some(full) = scope.of_function(&name) else { continue };
                    for (n, stands) in given.into_iter().enumerate() {
                        let known = next.parameters.entry((full.0.clone(), full.1.clone(), n));
                        add(known.or_insert_with(|| Some(Vec::new())), stands);
                    }
                }
            }
        }
        next
    }
}

impl Scope<'_> {
    /// A name as it is called: with what its file imports in place of the import's name.
    pub(super) fn called(&self, p: &Path) -> Path {
        match self.file.imports.get(&p.root).filter(|_| !self.own.contains_key(&p.root)) {
            Some(import) => Path {
                root: import.root.clone(),
                steps: import.steps.iter().chain(&p.steps).cloned().collect(),
                optional: false,
            },
            None => p.clone(),
        }
    }

    /// The package and name of a function that is called.
    fn of_function(&self, p: &Path) -> Option<(String, String)> {
        let whole = self.called(p);
        if whole.root != "data" {
            return whole.steps.is_empty().then(|| (self.file.package.clone(), whole.root));
        }
        let name = dotted(&whole, false);
        let (package, name) = name.rsplit_once('.')?;
        Some((package.to_owned(), name.to_owned()))
    }
}
