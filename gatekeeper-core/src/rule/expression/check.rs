//! What is looked at before an expression is evaluated: references, functions, cost.

use super::super::document::schema::{DOCUMENT, Member, Shape, member};
use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use std::collections::BTreeSet;

/// A mistake: what was written, what is wrong, what there is instead.
#[derive(Debug)]
pub(super) struct Mistake {
    pub word: String,
    pub message: String,
    pub known: Vec<&'static str>,
}

/// What is known of a value.
#[derive(Clone)]
enum Seen {
    Known(&'static Shape),
    ListOf(Box<Seen>),
    Any,
}

/// Functions of the language, those with operators as names aside.
const FUNCTIONS: [&str; 13] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "type",
    "dyn",
];
/// Types, which stand as names too.
const TYPES: [&str; 10] = ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"];

/// What an expression speaks of, and what is wrong with it.
#[derive(Default)]
pub(super) struct Checked {
    pub mistakes: Vec<Mistake>,
    /// The names that it refers to: `tests.counts.failed`.
    pub names: BTreeSet<String>,
}

/// Holds an expression against the document.
pub(super) fn check(expr: &IdedExpr) -> Checked {
    let mut out = Checked::default();
    out.see(expr, &mut Vec::new());
    out
}

type Scope = Vec<(String, Seen)>;

/// The name that an expression spells, where it begins with one of the document's: `a.b["c"]` is `a.b.c`.
pub(super) fn name_of(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(s) => Some(format!("{}.{}", name_of(&s.operand)?, s.field)),
        Expr::Call(c) if c.func_name == operators::INDEX => match c.args.as_slice() {
            [operand, key] => Some(format!("{}.{}", name_of(operand)?, literal(key)?)),
            _ => None,
        },
        _ => None,
    }
}

fn literal(expr: &IdedExpr) -> Option<&str> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(s)) => Some(s.inner()),
        _ => None,
    }
}

impl Checked {
    fn mistake(&mut self, word: &str, message: String, known: Vec<&'static str>) -> Seen {
        self.mistakes.push(Mistake { word: word.to_owned(), message, known });
        Seen::Any
    }

    fn see(&mut self, expr: &IdedExpr, scope: &mut Scope) -> Seen {
        if let Some(name) = name_of(expr)
            && let Some(root) = name.split('.').next()
            && !scope.iter().any(|(n, _)| n == root)
            && member(DOCUMENT, root).is_some()
        {
            self.names.insert(name);
        }
        match &expr.expr {
            Expr::Ident(name) => self.ident(name, scope),
            Expr::Select(select) => {
                let operand = self.see(&select.operand, scope);
                self.select(operand, &select.field)
            }
            Expr::Call(call) => self.call(call, scope),
            Expr::List(list) => {
                let seen: Vec<Seen> = list.elements.iter().map(|e| self.see(e, scope)).collect();
                Seen::ListOf(Box::new(seen.into_iter().next().unwrap_or(Seen::Any)))
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(e) = &entry.expr {
                        self.see(&e.key, scope);
                        self.see(&e.value, scope);
                    }
                }
                Seen::Any
            }
            Expr::Comprehension(c) => self.comprehension(c, scope),
            Expr::Struct(s) => {
                let name = s.type_name.clone();
                self.mistake(&name, format!("there is no type `{name}`"), Vec::new())
            }
            Expr::Literal(_) | Expr::Unspecified => Seen::Any,
        }
    }

    fn ident(&mut self, name: &str, scope: &Scope) -> Seen {
        if name.starts_with('@') {
            return Seen::Any;
        }
        if let Some((_, seen)) = scope.iter().rev().find(|(n, _)| n == name) {
            return seen.clone();
        }
        if let Some(shape) = member(DOCUMENT, name) {
            return Seen::Known(shape);
        }
        if TYPES.contains(&name) {
            return Seen::Any;
        }
        let known = DOCUMENT.iter().map(|(n, _)| *n).collect();
        self.mistake(name, format!("there is no `{name}` in the document that expressions speak of"), known)
    }

    fn select(&mut self, operand: Seen, field: &str) -> Seen {
        let members = |members: &'static [Member]| members.iter().map(|(n, _)| *n).collect::<Vec<_>>();
        match operand {
            Seen::Any => Seen::Any,
            Seen::Known(Shape::Table(all)) => match member(all, field) {
                Some(shape) => Seen::Known(shape),
                None => self.mistake(
                    field,
                    format!("there is no `{field}` here: there is {}", members(all).join(", ")),
                    members(all),
                ),
            },
            Seen::Known(Shape::Texts) => Seen::Known(&Shape::Text),
            Seen::Known(Shape::List(_)) | Seen::ListOf(_) => {
                let words = format!("`{field}` is asked of a list: use all, exists, filter or map, or an index");
                self.mistake(field, words, Vec::new())
            }
            Seen::Known(Shape::Int | Shape::Text | Shape::Flag) => {
                self.mistake(field, format!("`{field}` is asked of a plain value, which has no members"), Vec::new())
            }
        }
    }

    fn call(&mut self, call: &CallExpr, scope: &mut Scope) -> Seen {
        let name = call.func_name.as_str();
        let operator = name.starts_with(['_', '!', '-', '@']);
        if !operator && !FUNCTIONS.contains(&name) {
            let mut known = FUNCTIONS.to_vec();
            known.extend(["has", "all", "exists", "exists_one", "map", "filter"]);
            self.mistake(name, format!("there is no function `{name}`, or it takes other arguments"), known);
        }
        let target = call.target.as_ref().map(|t| self.see(t, scope));
        let seen: Vec<Seen> = call.args.iter().map(|a| self.see(a, scope)).collect();
        match (name, seen.as_slice(), call.args.as_slice()) {
            (operators::INDEX, [operand, _], [_, key]) => match (operand, literal(key)) {
                (Seen::Known(Shape::List(inner)), _) => Seen::Known(inner),
                (Seen::ListOf(inner), _) => (**inner).clone(),
                (Seen::Known(_), Some(field)) => self.select(operand.clone(), field),
                _ => Seen::Any,
            },
            (operators::CONDITIONAL, [_, a, _], _) => a.clone(),
            (
                operators::EQUALS
                | operators::NOT_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [a, b],
                [left, right],
            ) => {
                if let (Some(one), Some(other)) = (sort(a, left), sort(b, right))
                    && one != other
                {
                    let word =
                        [left, right].into_iter().find_map(|e| literal(e).map(str::to_owned).or_else(|| name_of(e)));
                    let words = format!("{one} is never {other}, so that the two cannot be compared");
                    return self.mistake(&word.unwrap_or_default(), words, Vec::new());
                }
                Seen::Any
            }
            (operators::ADD, [a, _], _) => a.clone(),
            _ => {
                drop(target);
                Seen::Any
            }
        }
    }

    fn comprehension(&mut self, c: &ComprehensionExpr, scope: &mut Scope) -> Seen {
        let range = self.see(&c.iter_range, scope);
        let element = match range {
            Seen::Known(Shape::List(inner)) => Seen::Known(inner),
            Seen::ListOf(inner) => *inner,
            Seen::Known(Shape::Int | Shape::Text | Shape::Flag) => {
                let word = name_of(&c.iter_range).unwrap_or_default();
                let word = word.rsplit('.').next().unwrap_or_default().to_owned();
                self.mistake(&word, "this is no list whose elements could be looked at".to_owned(), Vec::new())
            }
            _ => Seen::Any,
        };
        let before = scope.len();
        scope.push((c.iter_var.clone(), element));
        scope.extend(c.iter_var2.iter().map(|v| (v.clone(), Seen::Any)));
        self.see(&c.accu_init, scope);
        self.see(&c.loop_cond, scope);
        self.see(&c.loop_step, scope);
        let added = added(&c.loop_step).map(|e| self.see(e, scope));
        scope.truncate(before);
        self.see(&c.result, scope);
        // Each of what was seen twice is told once.
        let mut told = BTreeSet::new();
        self.mistakes.retain(|m| told.insert((m.word.clone(), m.message.clone())));
        match (&c.accu_init.expr, added) {
            (Expr::List(_), Some(inner)) => Seen::ListOf(Box::new(inner)),
            _ => Seen::Any,
        }
    }
}

/// What sort of value something is, where that is known.
fn sort(seen: &Seen, expr: &IdedExpr) -> Option<&'static str> {
    match (&expr.expr, seen) {
        (Expr::Literal(LiteralValue::String(_)), _) | (_, Seen::Known(Shape::Text)) => Some("a text"),
        (Expr::Literal(LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_)), _)
        | (_, Seen::Known(Shape::Int)) => Some("a number"),
        (Expr::Literal(LiteralValue::Boolean(_)), _) | (_, Seen::Known(Shape::Flag)) => Some("true or false"),
        (_, Seen::Known(Shape::List(_) | Shape::Table(_) | Shape::Texts) | Seen::ListOf(_)) => {
            Some("what holds others")
        }
        _ => None,
    }
}

/// What an expression comes to whatever the evidence says.
pub(super) fn decided(expr: &IdedExpr) -> Option<bool> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Boolean(b)) => Some(*b.inner()),
        Expr::Call(call) => {
            let mut of = call.args.iter().map(decided);
            match call.func_name.as_str() {
                operators::LOGICAL_NOT => of.next()?.map(|b| !b),
                operators::LOGICAL_OR => of.any(|d| d == Some(true)).then_some(true),
                operators::LOGICAL_AND => of.any(|d| d == Some(false)).then_some(false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The element that a step of `map` or `filter` adds.
fn added(step: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Call(call) = &step.expr else { return None };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::ADD, [_, last]) => match &last.expr {
            Expr::List(l) => l.elements.first(),
            _ => None,
        },
        (operators::CONDITIONAL, [_, then, _]) => added(then),
        _ => None,
    }
}

/// Whether a comprehension is an `all`.
pub(super) fn is_all(c: &ComprehensionExpr) -> bool {
    matches!(&c.loop_step.expr, Expr::Call(call) if call.func_name == operators::LOGICAL_AND)
}

/// Whether a name may be that of a list: by its last part, as a name within a list says no more.
pub(super) fn may_be_list(name: &str) -> bool {
    fn within(shape: &Shape, name: &str) -> bool {
        match shape {
            Shape::Table(all) => {
                all.iter().any(|(n, s)| *n == name && matches!(s, Shape::List(_) | Shape::Texts) || within(s, name))
            }
            Shape::List(inner) => within(inner, name),
            _ => false,
        }
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    DOCUMENT.iter().any(|(n, s)| *n == last && matches!(s, Shape::List(_)) || within(s, last))
}

/// How many steps an expression takes at most, and how many elements its value has. `of` says how long a list of the document is, by its name; what has
/// no name there is as long as the longest (the empty name).
pub(super) fn cost(expr: &IdedExpr, of: &dyn Fn(&str) -> u64) -> (u64, u64) {
    let sum = |costs: &mut dyn Iterator<Item = (u64, u64)>| {
        costs.fold((0_u64, 0_u64), |(steps, size), (s, n)| (steps.saturating_add(s), size.saturating_add(n)))
    };
    match &expr.expr {
        Expr::Ident(name) if name.starts_with('@') => (1, 0),
        Expr::Ident(_) | Expr::Select(_) => {
            let (steps, _) = match &expr.expr {
                Expr::Select(s) if name_of(expr).is_none() => cost(&s.operand, of),
                _ => (1, 1),
            };
            (steps.saturating_add(1), of(&name_of(expr).unwrap_or_default()).max(1))
        }
        Expr::List(list) => {
            let (steps, _) = sum(&mut list.elements.iter().map(|e| cost(e, of)));
            (steps.saturating_add(1), u64::try_from(list.elements.len()).unwrap_or(u64::MAX))
        }
        Expr::Map(map) => {
            let entries = map.entries.iter().filter_map(|e| match &e.expr {
                EntryExpr::MapEntry(e) => Some([cost(&e.key, of), cost(&e.value, of)]),
                EntryExpr::StructField(_) => None,
            });
            let (steps, _) = sum(&mut entries.flatten());
            (steps.saturating_add(1), u64::try_from(map.entries.len()).unwrap_or(u64::MAX))
        }
        Expr::Call(call) => {
            let all = call.target.as_deref().into_iter().chain(&call.args).map(|a| cost(a, of));
            let each: Vec<(u64, u64)> = all.collect();
            let (steps, size) = sum(&mut each.iter().copied());
            let longest = each.iter().map(|e| e.1).max().unwrap_or(1);
            let size_of = match call.func_name.as_str() {
                operators::ADD => size,
                operators::CONDITIONAL | operators::INDEX => longest,
                name if name.starts_with(['_', '!', '-', '@']) && !name.starts_with("__") => 1,
                name if FUNCTIONS.contains(&name) && name != "dyn" => 1,
                // What gives back what it was given.
                _ => longest,
            };
            (steps.saturating_add(size).saturating_add(1), size_of)
        }
        Expr::Comprehension(c) => {
            let (range, n) = match &c.iter_range.expr {
                // A variable of another comprehension may itself be a list of any length.
                Expr::Ident(name) if member(DOCUMENT, name).is_none() => (1, of("")),
                _ => cost(&c.iter_range, of),
            };
            let n = match &c.iter_range.expr {
                Expr::Call(call) if matches!(call.args.first(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if member(DOCUMENT, name).is_none()) => {
                    n.max(of(""))
                }
                _ => n,
            };
            let (cond, step) = (cost(&c.loop_cond, of).0, cost(&c.loop_step, of));
            let each = cond.saturating_add(step.0).saturating_add(1);
            let ends = cost(&c.accu_init, of).0.saturating_add(cost(&c.result, of).0);
            let size = if matches!(c.accu_init.expr, Expr::List(_)) { n.saturating_mul(step.1.max(1)) } else { 1 };
            (range.saturating_add(n.saturating_mul(each)).saturating_add(ends).saturating_add(1), size)
        }
        Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => (1, 1),
    }
}
