//! Reads the Rego of a gate when the policy is read: every mistake in it is one of the policy.

use super::super::api::Judge;
use super::super::document;
use super::refer::{Call, Refers, refers};
use super::run::Rego;
use super::stand::{File, Names};
use super::words::{file_in, is_asked, place_in, words_of};
use super::{Keys, Module};
use crate::config::{PolicyProblem, ProblemCode, Span, Table};
use regorus::{Engine, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Reads a gate's files; what is wrong is told.
pub(super) fn read(t: &Table<'_>, keys: Keys) -> Option<Box<dyn Judge>> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    let mut whole = true;
    for module in &keys.modules {
        if let Err(problem) = add(&mut engine, module) {
            t.problems().add(problem);
            whole = false;
        }
    }
    if !whole {
        return None;
    }
    if let Some(data) = &keys.data
        && let Err(e) = Value::from_json_str(data).and_then(|data| engine.add_data(data))
    {
        t.problem(keys.span, format!("`data` cannot be used: {}", words_of(&e.to_string())));
        return None;
    }
    // Variables that nothing binds, rules that contradict each other: told of all files together.
    if let Err(e) = engine.clone().eval_query("true".to_owned(), false) {
        let said = e.to_string();
        let at = keys.modules.iter().find(|m| file_in(&said) == Some(&m.name));
        let place = at.zip(place_in(&said)).map(|(m, (line, column))| span(m, offset(&m.text, line, column), 1));
        let words = format!("not valid Rego: {}", words_of(&said));
        t.problem_of(ProblemCode::Syntax, place.unwrap_or(keys.span), words);
        return None;
    }
    let trees = engine.get_ast_as_json().ok().and_then(|json| serde_json::from_str::<serde_json::Value>(&json).ok());
    let trees = trees.as_ref().and_then(serde_json::Value::as_array).filter(|all| all.len() == keys.modules.len());
    let Some(trees) = trees else {
        t.problem(keys.span, "the Rego files cannot be looked into");
        return None;
    };
    let of_module = keys.modules.iter().zip(trees);
    let files: Vec<File<'_>> = of_module.map(|(m, tree)| File::of(tree.get("ast").unwrap_or(tree), &m.text)).collect();
    let stand = Names::of(&files);
    let all: Vec<(&Module, Refers)> =
        keys.modules.iter().zip(&files).map(|(module, file)| (module, refers(file, &stand))).collect();
    let data = keys.data.as_ref().and_then(|d| serde_json::from_str::<serde_json::Value>(d).ok());
    let asked = asked(t, &keys, &all)?;
    let reached = reached(&all, asked.keys());
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut fixed: BTreeMap<String, String> = BTreeMap::new();
    for (module, refers) in all.iter().filter(|(_, r)| reached.contains(&r.package)) {
        names.extend(refers.inputs.iter().cloned());
        for (name, at) in &refers.fixed {
            let line = module.text.get(..*at).unwrap_or_default().matches('\n').count() + 1;
            fixed.entry(name.clone()).or_insert_with(|| format!("{}:{line}", module.name));
        }
        for m in &refers.mistakes {
            let span = span(module, m.at, m.word.len());
            let problem = PolicyProblem::new(span, m.message.clone()).code(ProblemCode::UnknownWord);
            t.problems().add(problem.nearest(&m.word, m.known.iter().copied()));
            whole = false;
        }
        for of in &refers.data_names {
            if let Some(mistake) = no_data(of, &all, data.as_ref()) {
                let span = span(module, mistake.at, mistake.word.len());
                let problem = PolicyProblem::new(span, mistake.message).code(ProblemCode::UnknownWord);
                t.problems().add(problem.nearest(&mistake.word, mistake.known.iter().map(String::as_str)));
                whole = false;
            }
        }
        for call in &refers.calls {
            if let Some(words) = unknown(call, refers, &all) {
                t.problem_of(ProblemCode::UnknownWord, span(module, call.at, call.name.len()), words);
                whole = false;
            }
        }
    }
    if !whole {
        return None;
    }
    // Rules that ask nothing of `input` can come to one thing only; but they may speak of `data`, which a policy may change.
    let names = if names.is_empty() { [document::WHOLE.to_owned()].into() } else { names };
    let kinds = document::kinds(&names);
    Some(Box::new(Rego { engine: engine.into(), asked, names, fixed, kinds }))
}

/// Adds a file: as version 1 of the language, else as version 0, which Conftest read for years.
fn add(engine: &mut Engine, module: &Module) -> Result<(), PolicyProblem> {
    engine.set_rego_v0(false);
    let Err(first) = engine.add_policy(module.name.clone(), module.text.clone()) else { return Ok(()) };
    engine.set_rego_v0(true);
    let Err(second) = engine.add_policy(module.name.clone(), module.text.clone()) else { return Ok(()) };
    engine.set_rego_v0(false);
    // Which of the two it was meant to be shows in how far its reader came.
    let (first, second) = (first.to_string(), second.to_string());
    let said = if place_in(&second) > place_in(&first) { second } else { first };
    let at = place_in(&said).map_or(0, |(line, column)| offset(&module.text, line, column));
    let problem = PolicyProblem::new(span(module, at, 1), format!("not valid Rego: {}", words_of(&said)));
    Err(problem.code(ProblemCode::Syntax))
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.trim_end().len(), |(n, _)| n)
}

/// A place of a file among the policy's texts.
fn span(module: &Module, at: usize, length: usize) -> Span {
    if module.span.len() != module.text.len() {
        return module.span.clone();
    }
    let start = module.span.start + at.min(module.text.len());
    start..(start + length).min(module.span.end)
}

/// The rules of each package that are asked.
fn asked(t: &Table<'_>, keys: &Keys, all: &[(&Module, Refers)]) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let mut rules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, refers) in all {
        let of = rules.entry(refers.package.clone()).or_default();
        of.extend(refers.rules.iter().filter(|name| is_asked(name)).cloned());
    }
    let there: Vec<String> = rules.iter().filter(|(_, r)| !r.is_empty()).map(|(p, _)| p.clone()).collect();
    let Some(wanted) = &keys.namespaces else {
        rules.retain(|_, r| !r.is_empty());
        if rules.is_empty() {
            t.problem(
                keys.span.clone(),
                "none of the Rego files has a rule `deny`, `violation` or `warn`, so nothing would be judged",
            );
            return None;
        }
        return Some(rules);
    };
    if wanted.is_empty() {
        t.problem(keys.span.clone(), "`namespaces` names no package, so nothing would be judged");
        return None;
    }
    let mut whole = true;
    for (name, span) in wanted {
        if there.contains(name) {
            continue;
        }
        whole = false;
        let words = match rules.contains_key(name) {
            true => {
                format!("the package `{name}` has no rule `deny`, `violation` or `warn`, so nothing would be judged")
            }
            false => format!("none of the Rego files is of the package `{name}`"),
        };
        let problem = PolicyProblem::new(span.clone(), words).code(ProblemCode::UnknownWord);
        let problem = problem.nearest(name, there.iter().map(String::as_str));
        let help = problem.help.clone();
        let write = || {
            format!("write namespaces = [{:?}], or all-namespaces = true", there.first().map_or("main", String::as_str))
        };
        t.problems().add(problem.help(help.filter(|h| h.starts_with("did")).unwrap_or_else(write)));
    }
    rules.retain(|package, _| wanted.iter().any(|(name, _)| name == package));
    whole.then_some(rules)
}

/// The packages that the asked ones are made of: themselves, and those that they speak of.
fn reached<'a>(all: &[(&Module, Refers)], asked: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let mut out: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<String> = asked.cloned().collect();
    let within = |long: &str, short: &str| {
        short.is_empty() || long == short || long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
    };
    while let Some(package) = next.pop() {
        if !out.insert(package.clone()) {
            continue;
        }
        for (_, refers) in all.iter().filter(|(_, r)| r.package == package) {
            for name in &refers.data {
                let of = all.iter().map(|(_, r)| &r.package).filter(|p| within(name, p) || within(p, name));
                next.extend(of.cloned());
            }
        }
    }
    out
}

/// A name below `data` that nothing has.
struct NoData {
    word: String,
    message: String,
    known: Vec<String>,
    at: usize,
}

/// What is wrong with a reference to `data`: a name that neither the files' packages nor their data have is undefined, and denies nothing.
fn no_data(of: &[(String, usize)], all: &[(&Module, Refers)], data: Option<&serde_json::Value>) -> Option<NoData> {
    let mut package = String::new();
    let mut at = data;
    for (n, (name, place)) in of.iter().enumerate() {
        let next = match (package.as_str(), n) {
            (_, 0) => name.clone(),
            (before, _) => format!("{before}.{name}"),
        };
        let is_package = |p: &str| p == next || p.strip_prefix(next.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let rule = |r: &Refers| n > 0 && r.package == package && r.rules.contains(name);
        if all.iter().any(|(_, r)| rule(r)) {
            return None;
        }
        let of_data = at.and_then(|at| at.get(name));
        if of_data.is_none() && !all.iter().any(|(_, r)| is_package(&r.package)) {
            // Elements of a list, or of what only the evaluation knows.
            if at.is_some_and(serde_json::Value::is_array) {
                return None;
            }
            let members = at.and_then(serde_json::Value::as_object).into_iter().flat_map(|o| o.keys().cloned());
            let rules =
                all.iter().filter(|(_, r)| n > 0 && r.package == package).flat_map(|(_, r)| r.rules.iter().cloned());
            let packages = all.iter().filter(|_| n == 0).map(|(_, r)| r.package.clone());
            let message = match n {
                0 => format!("there is no `{name}` in `data`: neither a package nor a data file has it"),
                _ => format!("there is no `{name}` in `data.{package}`"),
            };
            let known = members.chain(rules).chain(packages).collect();
            return Some(NoData { word: name.clone(), message, known, at: *place });
        }
        at = of_data;
        package = next;
    }
    None
}

/// What is wrong with a call: a function that there is not.
fn unknown(call: &Call, refers: &Refers, all: &[(&Module, Refers)]) -> Option<String> {
    let (root, rest) = call.name.split_once('.').unwrap_or((&call.name, ""));
    let own = |package: &str, name: &str| all.iter().any(|(_, r)| r.package == package && r.rules.contains(name));
    if rest.is_empty() && own(&refers.package, root) {
        return None;
    }
    if root == "data" {
        let known = rest.rsplit_once('.').is_some_and(|(package, name)| own(package, name));
        return (!known).then(|| format!("there is no function `{}`", call.name));
    }
    if call.name == "rand.intn" {
        return Some("`rand.intn` is another number in each run: a verdict would be by chance".to_owned());
    }
    if matches!(call.name.as_str(), "numbers.range" | "numbers.range_step" | "bits.lsh") {
        return Some(format!("`{}` builds without bound in one step: write down what it comes to", call.name));
    }
    let arguments = vec!["null"; call.arguments].join(", ");
    let mut probe = Engine::new();
    probe.set_strict_builtin_errors(false);
    super::run::clock(&mut probe, Some(0));
    let text = format!("package probe\nx := {}({arguments})\n", call.name);
    let said = match probe.add_policy("probe".to_owned(), text) {
        Ok(_) => probe.eval_rule("data.probe.x".to_owned()).err(),
        Err(e) => Some(e),
    };
    let said = words_of(&said?.to_string());
    said.contains("could not find function").then(|| match call.name.as_str() {
        "http.send" | "opa.runtime" | "net.lookup_ip_addr" => {
            format!("`{}` is not there: a policy is judged by its evidence alone", call.name)
        }
        name => format!("there is no function `{name}`"),
    })
}

#[cfg(test)]
mod unit {
    use super::{Module, offset, span};

    #[test]
    fn a_place_of_a_file_is_one_of_the_policy_where_the_two_can_be_compared() {
        let of = |text: &str, from: usize, to: usize| Module {
            name: "p.rego".to_owned(),
            text: text.to_owned(),
            span: from..to,
        };
        let file = of("package main\n", 100, 113);
        assert_eq!([span(&file, 8, 4), span(&file, 0, 1), span(&file, 12, 9)], [108..112, 100..101, 112..113]);
        assert_eq!(span(&file, 90, 5), 113..113, "behind its end");
        // With quotes around it, or escapes in it, only the whole is known.
        assert_eq!(span(&of("package main\n", 100, 119), 8, 4), 100..119);
    }

    #[test]
    fn a_line_and_a_column_are_a_place() {
        assert_eq!([offset("ab\ncdé f", 2, 5), offset("ab\n", 1, 9), offset("", 3, 3)], [8, 2, 0]);
    }
}
