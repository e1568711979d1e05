//! The rule `expression`: a condition in a small standard language, for what no other rule says.

mod check;

#[cfg(test)]
mod tests;

use super::api::{Builder, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity};
use super::document;
use crate::config::{PolicyProblem, ProblemCode, Selector, Span, Table};
use crate::verdict::{GateStatus, Violation};
use cel::common::ast::{CallExpr, Expr, operators};
use cel::parser::PrattParser;
use cel::{Context, ExecutionError, IdedExpr, Value};
use gatekeeper_evidence::{Evidence, Kind};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("expression"),
    title: Cow::Borrowed("a condition in CEL over the evidence, for what no other rule says"),
    kind: Kind::Tests,
    docs: Cow::Borrowed(
        "## What it requires
That an expression in CEL (Common Expression Language, <https://cel.dev>) is true of the evidence. It speaks of this document; what a report does not tell is not there, which `has(…)` asks:

- `tests`: `counts` (`total passed failed errored skipped flaky`), `problems` (setups that failed), `milliseconds` (of all; not there where a case that ran states no time), `cases` (`name suite status milliseconds tool`)
- `coverage`: `lines`, `branches`, `functions`, `statements`, each `covered` and `total`; `files` (`path` and the same)
- `findings`: `total`, `suppressed`, `counts` (`critical high medium low info unknown`), `items` (`id severity category message path line package installed fixed tool`)
- `inventory`: `components`, `licensed`, `packages` (`name version purl scope licenses`)
- `approvals.reviews` (`user state commit bot`), `commits.items` (`id subject email merge`), `checksums.files` (`name`), `checklist.items` (`text ticked`)
- `evidence` (`path format kind tool labels`), `run` (`commit tree tag branch author`)

All numbers are whole and signed: write a share as `covered * 100 >= total * 80`, which is exact.
The functions are CEL's own: `size contains startsWith endsWith matches int double string`, and `has all exists exists_one map filter`. Every name is held against this document when the policy is read, also within `has(…)`; so is the number of steps that lists in lists take (1,000,000 at lists of 100; 5,000,000 at the lists that are there).
`||` and `&&` are evaluated from left to right: a part that comes before the one that decides and cannot be evaluated is an error, which CEL lets the other hide.

## Why
`0 failures == 0` also holds where nothing ran. Here evidence that is spoken of and not there is missing, a share of nothing cannot be compared, `all` over an empty list is an error, and an error is never a pass.

## Configuration
| key | meaning | default |
|---|---|---|
| `expr` | the expression; its value is true or false | required |
| `message` | what to say where it does not hold: a text, or an expression that makes one | the expression and its figures |
| `allow-empty` | `true`: `all` over an empty list holds | false |

## Example
```toml
[gates.rule]
rule = \"expression\"
expr = \"tests.counts.failed == 0 && coverage.lines.covered * 100 >= coverage.lines.total * 80\"
message = \"'only ' + string(coverage.lines.covered) + ' lines are covered'\"
```

## When evidence is missing
A kind of evidence that the expression names and that is not there: `missing`. No test case that ran, a list of no package, a figure that is not there, an evaluation that fails, a value that is not true or false: `error`.
",
    ),
    build: Builder::Any(build),
};

/// Longest expression, in bytes.
const LONGEST: usize = 10_000;
/// Most brackets, signs and conditions that are open at once; those of one after the other count too, so it is no small number.
const DEEPEST: usize = 200;
/// How long lists are taken to be when the policy is read.
const USUAL: u64 = 100;
/// Most steps at lists of that length.
const STEPS_AT_LOAD: u64 = 1_000_000;
/// Most steps at the lists that are there: a few seconds.
const STEPS: u64 = 5_000_000;
/// What a list goes through where `all` is asked of it.
const LISTED: &str = "__listed";

#[derive(Debug)]
struct Expression {
    text: String,
    expr: IdedExpr,
    message: Option<Message>,
    names: BTreeSet<String>,
    kinds: Vec<Kind>,
    allow_empty: bool,
}

#[derive(Debug)]
enum Message {
    Text(String),
    Made(IdedExpr),
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let allow_empty = t.flag("allow-empty").unwrap_or(false);
    let message = t.text("message");
    let Some((text, span)) = t.text("expr") else {
        if t.get("expr").is_none() {
            let problem = PolicyProblem::new(t.span(), "this gate has no `expr`").code(ProblemCode::MissingKey);
            t.problems().add(problem.help("write expr = \"tests.counts.failed == 0\""));
        }
        return None;
    };
    let (mut expr, checked) = read(t, &text, &span)?;
    if checked.names.is_empty() {
        t.problem(span, "`expr` speaks of no evidence, so nothing can ever change what it comes to");
        return None;
    }
    if let Some(always) = check::decided(&expr) {
        t.problem(
            span,
            format!("`expr` is {always} whatever the evidence says: a word beside `||` or `&&` decides it"),
        );
        return None;
    }
    let mut names = checked.names;
    if !allow_empty {
        demand_elements(&mut expr);
    }
    let (steps, _) = check::cost(&expr, &usual);
    if exceeds(steps, STEPS_AT_LOAD) {
        let words = format!(
            "`expr` takes {steps} steps where lists have {USUAL} elements, and may take {STEPS_AT_LOAD}: nest fewer lists"
        );
        t.problem(span, words);
        return None;
    }
    let message = match message {
        None => None,
        Some((text, span)) => Some(made(t, text, &span, &mut names)?),
    };
    let kinds = document::kinds(&names);
    Some(Box::new(Expression { text, expr, message, names, kinds, allow_empty }))
}

/// Whether so many are more than there may be.
fn exceeds(n: u64, most: u64) -> bool {
    n > most
}

/// How long a list of this name is taken to be when the policy is read.
fn usual(name: &str) -> u64 {
    if name.is_empty() || check::may_be_list(name) { USUAL } else { 1 }
}

/// Reads and checks an expression; what is wrong is told.
fn read(t: &Table<'_>, text: &str, span: &Span) -> Option<(IdedExpr, check::Checked)> {
    if text.len() > LONGEST {
        t.problem(
            span.clone(),
            format!("an expression of {} bytes is longer than the {LONGEST} that one may have", text.len()),
        );
        return None;
    }
    let expr = match parse(text) {
        Ok(expr) => expr,
        Err(why) => {
            t.problem_of(ProblemCode::Syntax, span.clone(), format!("this expression cannot be read: {why}"));
            return None;
        }
    };
    let checked = check::check(&expr);
    for mistake in &checked.mistakes {
        let problem = PolicyProblem::new(place(text, span, &mistake.word), mistake.message.clone())
            .code(ProblemCode::UnknownWord);
        t.problems().add(problem.nearest(&mistake.word, mistake.known.iter().copied()));
    }
    checked.mistakes.is_empty().then_some((expr, checked))
}

fn parse(text: &str) -> Result<IdedExpr, String> {
    // Whatever its grammar makes of it: no reader of nested things is asked to go deeper than people write.
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '?' | '!' | '-' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > DEEPEST {
        return Err(format!("more than {DEEPEST} brackets and signs within one another"));
    }
    let parsed = std::panic::catch_unwind(|| PrattParser::new().max_recursion_depth(48).parse(text));
    match parsed {
        Ok(Ok(expr)) => Ok(expr),
        Ok(Err(errors)) => {
            let first = errors.errors.first();
            Err(first.map_or_else(String::new, |e| match e.pos {
                (line @ 1.., column @ 1..) => format!("{} (line {line}, column {column} of it)", e.msg),
                _ => e.msg.clone(),
            }))
        }
        Err(_) => Err("its reader gave up on it".to_owned()),
    }
}

/// What a gate says: a text, or an expression that makes one. A text that happens to be an expression, and speaks of nothing, is a text.
fn made(t: &Table<'_>, text: String, span: &Span, names: &mut BTreeSet<String>) -> Option<Message> {
    let Ok(expr) = parse(&text) else { return Some(Message::Text(text)) };
    let speaks = !check::check(&expr).names.is_empty();
    let quoted = text.trim_start().starts_with(['\'', '"']);
    if !speaks && !quoted {
        return Some(Message::Text(text));
    }
    let (expr, checked) = read(t, &text, span)?;
    if exceeds(check::cost(&expr, &usual).0, STEPS_AT_LOAD) {
        t.problem(span.clone(), "`message` takes too many steps");
        return None;
    }
    names.extend(checked.names);
    Some(Message::Made(expr))
}

/// Where a word of an expression stands in the policy; the whole of it where that cannot be told.
fn place(text: &str, span: &Span, word: &str) -> Span {
    let quotes = match span.len().checked_sub(text.len()) {
        Some(2) => 1,
        Some(6) => 3,
        _ => return span.clone(),
    };
    let plain = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    let at = text.match_indices(word).find(|(at, _)| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back());
        plain(before) && plain(text.get(at + word.len()..).and_then(|t| t.chars().next()))
    });
    match at.filter(|_| !word.is_empty()) {
        Some((at, _)) => span.start + quotes + at..span.start + quotes + at + word.len(),
        None => span.clone(),
    }
}

/// Has each list of an `all` looked at first: over nothing it would hold.
fn demand_elements(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Expr::Call(c) => {
            c.target.as_deref_mut().into_iter().chain(c.args.iter_mut()).for_each(demand_elements);
        }
        Expr::Select(s) => demand_elements(&mut s.operand),
        Expr::List(l) => l.elements.iter_mut().for_each(demand_elements),
        Expr::Map(m) => {
            for entry in &mut m.entries {
                if let cel::common::ast::EntryExpr::MapEntry(e) = &mut entry.expr {
                    demand_elements(&mut e.key);
                    demand_elements(&mut e.value);
                }
            }
        }
        Expr::Comprehension(c) => {
            for part in [&mut c.iter_range, &mut c.accu_init, &mut c.loop_cond, &mut c.loop_step, &mut c.result] {
                demand_elements(part);
            }
            if check::is_all(c) {
                let range = std::mem::take(&mut c.iter_range);
                let id = range.id;
                let call = CallExpr { func_name: LISTED.to_owned(), target: None, args: vec![range] };
                c.iter_range = IdedExpr { id, expr: Expr::Call(call) };
            }
        }
        _ => {}
    }
}

/// A list with something in it.
fn listed(value: Value) -> Result<Value, ExecutionError> {
    let empty = match &value {
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.map.is_empty(),
        _ => false,
    };
    if empty {
        let message = "it is asked of all of an empty list, which would hold whatever is asked (allow-empty = true where that is meant)";
        return Err(ExecutionError::FunctionError { function: "all".to_owned(), message: message.to_owned() });
    }
    Ok(value)
}

/// Evaluates from left to right: of two parts the language lets the one that holds hide that the other cannot be evaluated.
fn strictly(context: &Context<'_, '_>, expr: &IdedExpr) -> Result<Value, ExecutionError> {
    let Expr::Call(call) = &expr.expr else { return context.resolve(expr) };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_OR | operators::LOGICAL_AND, parts) => {
            let ends = call.func_name == operators::LOGICAL_OR;
            for part in parts {
                match strictly(context, part)? {
                    Value::Bool(b) if b == ends => return Ok(Value::Bool(ends)),
                    Value::Bool(_) => {}
                    // What is neither true nor false answers nothing, whatever stands beside it.
                    other => return Ok(other),
                }
            }
            Ok(Value::Bool(!ends))
        }
        (operators::LOGICAL_NOT, [part]) => match strictly(context, part)? {
            Value::Bool(b) => Ok(Value::Bool(!b)),
            other => Ok(other),
        },
        _ => context.resolve(expr),
    }
}

fn error(code: &'static str, words: String) -> Violation {
    Violation::new(code, GateStatus::Error, words)
}

impl Judge for Expression {
    fn takes(&self, evidence: &Evidence, _: &Selector) -> bool {
        self.kinds.is_empty()
            || self.kinds.contains(&evidence.kind())
            || self.names.iter().any(|n| n.starts_with("evidence"))
    }

    fn needs_evidence(&self) -> bool {
        // The run alone can be asked too.
        self.names.iter().any(|n| !n.starts_with("run"))
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let document = document::make(scope, &self.names);
        let mut out = Judgement { violations: document.violations("the expression"), ..Judgement::default() };
        if document.is_void() {
            return Ok(out);
        }
        let longest = document.lengths.values().copied().max().unwrap_or(1);
        // What is no list of the document by its name may be an element's own, or be made of them.
        let of = |name: &str| match document.lengths.get(name) {
            Some(n) => *n,
            None if name.is_empty() || check::may_be_list(name) => longest,
            None => 1,
        };
        let (steps, _) = check::cost(&self.expr, &of);
        if exceeds(steps, STEPS) {
            let words = format!("it would take {steps} steps over this evidence, and may take {STEPS}");
            out.violations.push(error("expression-cost", words));
            return Ok(out);
        }
        let mut context = Context::default();
        for (name, value) in document.roots {
            context.add_variable_from_value(name, value);
        }
        if !self.allow_empty && context.add_function(LISTED, listed).is_err() {
            return Err(RuleError::new("the language has a function of that name"));
        }
        match strictly(&context, &self.expr) {
            Ok(Value::Bool(holds)) => {
                let status = if holds { GateStatus::Pass } else { GateStatus::Fail };
                let words = self.words(&context, holds);
                if !holds {
                    out.violations.push(Violation::new("expression-false", GateStatus::Fail, words.clone()));
                }
                let value = Quantity::Word(words.into());
                let limit = Quantity::Word("true".into());
                out.conditions.push(Condition {
                    metric: "expression".into(),
                    value,
                    bound: Bound::Is,
                    limit,
                    noun: "",
                    status,
                });
            }
            Ok(other) => {
                let words = format!("its value is {}, not true or false", other.type_of());
                out.violations.push(error("expression-value", words));
            }
            Err(e) => out.violations.push(error("expression-error", format!("it cannot be evaluated: {}", said(&e)))),
        }
        Ok(out)
    }
}

/// An error of the language in words, cut: values in it may be whole lists.
fn said(e: &ExecutionError) -> String {
    let words = match e {
        ExecutionError::NoSuchKey(key) => format!("the evidence has no `{key}` here (ask with has(…))"),
        ExecutionError::DivisionByZero(_) => "a division by zero".to_owned(),
        ExecutionError::FunctionError { message, .. } => message.clone(),
        e => e.to_string(),
    };
    words.chars().take(300).collect()
}

impl Expression {
    /// What is to be said of it.
    fn words(&self, context: &Context<'_, '_>, holds: bool) -> String {
        if holds {
            return "it holds".to_owned();
        }
        match &self.message {
            Some(Message::Text(text)) => return text.clone(),
            Some(Message::Made(expr)) => {
                if let Ok(Value::String(text)) = context.resolve(expr) {
                    return text.chars().take(1_000).collect();
                }
            }
            None => {}
        }
        let figures: Vec<String> = self
            .names
            .iter()
            .filter_map(|name| match context.resolve(&parse(name).ok()?) {
                Ok(Value::Int(n)) => Some(format!("{name} = {n}")),
                _ => None,
            })
            .take(8)
            .collect();
        let figures = if figures.is_empty() { String::new() } else { format!(": {}", figures.join(", ")) };
        let text: String = self.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
        format!("{text} does not hold{figures}")
    }
}
