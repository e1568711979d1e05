//! The policy file as a tree whose every part knows where it stands, whatever it was written in.

mod rest;

use super::problem::{PolicyProblem, ProblemCode, Span};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::glob::Pattern;
pub use rest::KeyKind;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub span: Span,
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Entries in the file's order.
    Table(Vec<Entry>),
    List(Vec<Node>),
    Text(String),
    /// As written, so that limits stay exact.
    Number(String),
    Flag(bool),
    /// A date or time of TOML, as written.
    Date(String),
    /// Something that no key takes.
    Other(&'static str),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Value {
    fn what(&self) -> &'static str {
        match self {
            Value::Table(_) => "a table",
            Value::List(_) => "a list",
            Value::Text(_) => "a text",
            Value::Number(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Date(_) => "a date",
            Value::Other(what) => what,
        }
    }
}

impl Node {
    /// The entries of a table.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a table's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// The value of a table's key, to be changed.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Table(entries) => entries.iter_mut().find(|e| e.key == key).map(|e| &mut e.node),
            _ => None,
        }
    }
}

/// As it might stand in a policy, on one line.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Table(entries) => {
                for (n, e) in entries.iter().enumerate() {
                    write!(f, "{}{:?}: {}", if n == 0 { "{" } else { ", " }, e.key, e.node)?;
                }
                f.write_str(if entries.is_empty() { "{}" } else { "}" })
            }
            Value::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if n == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Text(t) => write!(f, "{t:?}"),
            Value::Number(n) | Value::Date(n) => f.write_str(n),
            Value::Flag(b) => write!(f, "{b}"),
            Value::Other(what) => f.write_str(what),
        }
    }
}

/// Reads TOML.
pub(crate) fn from_toml(text: &str) -> Result<Node, PolicyProblem> {
    let table = toml::de::DeTable::parse(text).map_err(|e| {
        let message = format!("not valid TOML: {}", e.message().replace('\n', ", "));
        let span = e.span().unwrap_or(0..0);
        let help = super::habits::hint(text, &span, e.message());
        PolicyProblem { help, ..PolicyProblem::new(span, message) }.code(ProblemCode::Syntax).because(e)
    })?;
    let span = table.span();
    Ok(Node { span, value: toml_table(table.into_inner()) })
}

fn toml_table(table: toml::de::DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| {
            let span = value.span();
            Entry {
                key_span: key.span(),
                key: key.into_inner().into_owned(),
                node: Node { span, value: toml_value(value.into_inner()) },
            }
        })
        .collect();
    entries.sort_by_key(|e| e.key_span.start);
    Value::Table(entries)
}

fn toml_value(value: toml::de::DeValue<'_>) -> Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(s) => Value::Text(s.into_owned()),
        DeValue::Integer(i) if i.radix() == 10 => Value::Number(i.as_str().to_owned()),
        DeValue::Integer(i) => i128::from_str_radix(i.as_str(), i.radix())
            .map_or(Value::Other("a number out of range"), |n| Value::Number(n.to_string())),
        DeValue::Float(f) => Value::Number(f.as_str().to_owned()),
        DeValue::Boolean(b) => Value::Flag(b),
        DeValue::Datetime(d) => Value::Date(d.to_string()),
        DeValue::Array(a) => {
            Value::List(a.into_iter().map(|n| Node { span: n.span(), value: toml_value(n.into_inner()) }).collect())
        }
        DeValue::Table(t) => toml_table(t),
    }
}

/// Where problems are gathered: all of a file are shown, not the first alone.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<PolicyProblem>>);

impl Problems {
    pub(crate) fn add(&self, problem: PolicyProblem) {
        self.0.borrow_mut().push(problem);
    }

    pub(crate) fn into_inner(self) -> Vec<PolicyProblem> {
        self.0.into_inner()
    }
}

/// Reads a table key by key; what nobody asked for is an unknown key.
pub struct Table<'n> {
    entries: &'n [Entry],
    span: Span,
    asked: Vec<&'static str>,
    /// Names of further keys that it may have, which whoever declared them reads all at once.
    declared: Vec<String>,
    /// Whether every key has been asked for.
    all: bool,
    /// How many problems there were before it was read.
    before: usize,
    problems: &'n Problems,
}

impl<'n> Table<'n> {
    /// The node as a table; a problem where it is none.
    pub(crate) fn of(node: &'n Node, what: &str, problems: &'n Problems) -> Option<Self> {
        match &node.value {
            Value::Table(entries) => Some(Table {
                entries,
                span: node.span.clone(),
                asked: Vec::new(),
                declared: Vec::new(),
                all: false,
                before: problems.0.borrow().len(),
                problems,
            }),
            other => {
                let message = format!("{what} must be a table, not {}", other.what());
                problems.add(PolicyProblem::new(node.span.clone(), message).code(ProblemCode::WrongType));
                None
            }
        }
    }

    /// Where the table stands in the file.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn problems(&self) -> &'n Problems {
        self.problems
    }

    /// Reports a value that cannot be used, with the bytes that it is about.
    pub fn problem(&self, span: Span, message: impl Into<String>) {
        self.problem_of(ProblemCode::InvalidValue, span, message);
    }

    /// Reports a mistake of this kind.
    pub fn problem_of(&self, code: ProblemCode, span: Span, message: impl Into<String>) {
        self.problems.add(PolicyProblem::new(span, message).code(code));
    }

    /// The value of a key.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// Whether nothing was found to be wrong since it is read: what is missing may be what was wrong, and need not be told again.
    pub fn is_sound(&self) -> bool {
        self.problems.0.borrow().len() == self.before
    }

    /// The value of a key that may be another reader's: it does not count as asked for.
    pub(crate) fn peek(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    fn wrong<T>(&self, key: &str, node: &Node, wanted: &str) -> Option<T> {
        let message = format!("`{key}` takes {wanted}, not {}", shown(&node.value));
        self.problem_of(ProblemCode::WrongType, node.span.clone(), message);
        None
    }

    /// A text, with its place; a problem where it is something else.
    pub fn text(&mut self, key: &'static str) -> Option<(String, Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(t) => Some((t.clone(), node.span.clone())),
            _ => self.wrong(key, node, "a text"),
        }
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<(String, Span)>> {
        let node = self.get(key)?;
        let items = match &node.value {
            Value::Text(t) => return Some(vec![(t.clone(), node.span.clone())]),
            Value::List(items) => items,
            _ => return self.wrong(key, node, "a list of texts"),
        };
        let mut out = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(t) => out.push((t.clone(), item.span.clone())),
                _ => return self.wrong(key, item, "texts"),
            }
        }
        Some(out)
    }

    /// Patterns, made from what stands there. Each is held against each finding, file or module: there are not too many.
    pub(crate) fn patterns(
        &mut self,
        key: &'static str,
        made: impl Fn(&str) -> Result<Pattern, String>,
    ) -> Vec<Pattern> {
        const MOST: usize = 1_000;
        let texts = self.texts(key).unwrap_or_default();
        if let Some((_, span)) = texts.get(MOST) {
            self.problem(
                span.clone(),
                format!("`{key}` lists {} patterns, and may list {MOST}: use wildcards", texts.len()),
            );
            return Vec::new();
        }
        texts.into_iter().filter_map(|(text, span)| made(&text).map_err(|e| self.problem(span, e)).ok()).collect()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        match node.value {
            Value::Flag(b) => Some(b),
            _ => self.wrong(key, node, "true or false"),
        }
    }

    /// A number, exactly as it is written, with its place.
    pub fn number(&mut self, key: &'static str) -> Option<(Decimal, Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Number(n) => match Decimal::parse(n) {
                Some(d) => Some((d, node.span.clone())),
                None => self.wrong(key, node, "a number with at most nine digits behind the point"),
            },
            _ => self.wrong(key, node, "a number"),
        }
    }

    /// A number or a list of numbers, with their places; `Some(None)` where the key is not there, `None` where it holds something else.
    pub(crate) fn numbers(&mut self, key: &'static str) -> Option<Option<Vec<(Decimal, Span)>>> {
        let Some(node) = self.get(key) else { return Some(None) };
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut out = Vec::new();
        for item in items {
            match &item.value {
                Value::Number(n) => match Decimal::parse(n) {
                    Some(number) => out.push((number, item.span.clone())),
                    None => return self.wrong(key, item, "numbers with at most nine digits behind the point"),
                },
                _ => return self.wrong(key, item, "a number"),
            }
        }
        Some(Some(out))
    }

    /// A whole number from 0.
    pub fn count(&mut self, key: &'static str) -> Option<u64> {
        let (number, span) = self.number(key)?;
        let count = number.as_count();
        if count.is_none() {
            self.problem_of(
                ProblemCode::OutOfRange,
                span,
                format!("`{key}` takes a whole number from 0, not {number}"),
            );
        }
        count
    }

    /// A percentage: 0, or above 1 and at most 100, as a number or as `"80%"`. A share between (0.98) is a mistake for one: written as a number it
    /// is asked about; `"0.5%"` says what it means.
    pub fn percent(&mut self, key: &'static str) -> Option<Decimal> {
        self.percentage(key, false)
    }

    /// The same where one percent is a limit that somebody may mean, so that `1` is none of the mistakes.
    pub fn percent_from_one(&mut self, key: &'static str) -> Option<Decimal> {
        self.percentage(key, true)
    }

    fn percentage(&mut self, key: &'static str, ones: bool) -> Option<Decimal> {
        let node = self.get(key)?;
        let span = node.span.clone();
        let (number, in_words) = match &node.value {
            Value::Number(n) => (Decimal::parse(n), false),
            Value::Text(t) => (t.trim().strip_suffix('%').and_then(|n| Decimal::parse(n.trim_end())), true),
            _ => (None, true),
        };
        let Some(number) = number else { return self.wrong(key, node, "a percentage such as 80 or \"80%\"") };
        if number < Decimal::whole(0) || number > Decimal::whole(100) {
            let message = format!("`{key}` is a percentage from 0 to 100, not {number}");
            self.problem_of(ProblemCode::OutOfRange, span, message);
            return None;
        }
        if !in_words
            && number > Decimal::whole(0)
            && number <= Decimal::whole(1)
            && !(ones && number == Decimal::whole(1))
        {
            let meant = Decimal::parse(&format!("{number}e2")).unwrap_or(number);
            self.problems.add(
                PolicyProblem::new(span, format!("`{key}` is a percentage, and {number} % is next to nothing"))
                    .code(ProblemCode::OutOfRange)
                    .help(format!("did you mean {meant}? Where {number} % is meant, write \"{number}%\"")),
            );
            return None;
        }
        Some(number)
    }

    /// A time in seconds: a number of seconds, or `"90s"`, `"15m"`, `"1h30m"`, `"7d"`, `"250ms"`.
    pub fn seconds(&mut self, key: &'static str) -> Option<Decimal> {
        const WANTED: &str = "a time such as \"90s\", \"15m\", \"1h30m\" or \"7d\"";
        let node = self.get(key)?;
        let seconds = match &node.value {
            Value::Number(n) => Decimal::parse(n),
            Value::Text(t) => duration(t.trim()),
            _ => None,
        };
        match seconds {
            Some(s) if s >= Decimal::whole(0) => Some(s),
            _ => self.wrong(key, node, WANTED),
        }
    }

    /// A day: a date of TOML, or `"2026-12-31"`.
    pub fn date(&mut self, key: &'static str) -> Option<jiff::civil::Date> {
        let node = self.get(key)?;
        let date = match &node.value {
            Value::Text(t) | Value::Date(t) => t.parse().ok(),
            _ => None,
        };
        if let (None, Value::Date(_)) = (date, &node.value) {
            let message = format!("`{key}` takes a day such as \"2026-12-31\", without a time");
            self.problem_of(ProblemCode::WrongType, node.span.clone(), message);
            return None;
        }
        date.or_else(|| self.wrong(key, node, "a date such as \"2026-12-31\""))
    }

    /// One word of several.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let (text, span) = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(w, _)| *w).collect();
            let message = format!("`{key}` takes {}, not \"{text}\"", words.join(", "));
            let help = super::problem::nearest(&text, &words).map(|near| format!("did you mean `{near}`?"));
            let problem = PolicyProblem { help, ..PolicyProblem::new(span, message) };
            self.problems.add(problem.code(ProblemCode::UnknownWord));
        }
        found
    }

    /// A table under this key.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'n>> {
        let node = self.get(key)?;
        Table::of(node, &format!("`{key}`"), self.problems)
    }

    /// A table as plain values, whatever its keys are.
    pub(crate) fn plain_table(&mut self, key: &'static str) -> Option<serde_json::Value> {
        let node = self.get(key)?;
        node.entries().map_or_else(|| self.wrong(key, node, "a table"), |_| self.plain(key, node))
    }

    /// A list of tables (`[[key]]`).
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'n>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        match &node.value {
            Value::List(items) => {
                items.iter().filter_map(|n| Table::of(n, &format!("[[{key}]]"), self.problems)).collect()
            }
            _ => {
                let message = format!("`{key}` is a list of tables: write [[{key}]]");
                self.problem_of(ProblemCode::WrongType, node.span.clone(), message);
                Vec::new()
            }
        }
    }

    /// A table whose keys are names of the user's own.
    pub(crate) fn named(&mut self, key: &'static str) -> &'n [Entry] {
        let Some(node) = self.get(key) else { return &[] };
        match &node.value {
            Value::Table(entries) => entries,
            other => {
                let message = format!("`{key}` must be a table, not {}", other.what());
                let mut problem = PolicyProblem::new(node.span.clone(), message).code(ProblemCode::WrongType);
                if matches!(other, Value::List(items) if items.iter().any(|n| n.entries().is_some())) {
                    problem = problem.help(format!("give each a name of its own: [{key}.NAME]"));
                }
                self.problems.add(problem);
                &[]
            }
        }
    }

    /// A table of lists of texts under names of the user's own.
    pub fn named_texts(&mut self, key: &'static str) -> BTreeMap<String, Vec<String>> {
        let problems = self.problems;
        let mut out = BTreeMap::new();
        for entry in self.named(key) {
            let texts: Option<Vec<String>> = match &entry.node.value {
                Value::Text(t) => Some(vec![t.clone()]),
                Value::List(items) => items
                    .iter()
                    .map(|n| match &n.value {
                        Value::Text(t) => Some(t.clone()),
                        _ => None,
                    })
                    .collect(),
                _ => None,
            };
            match texts {
                Some(texts) => {
                    out.insert(entry.key.clone(), texts);
                }
                None => {
                    let message = format!("`{key}.{}` takes a text or a list of texts", entry.key);
                    problems.add(PolicyProblem::new(entry.node.span.clone(), message).code(ProblemCode::WrongType));
                }
            }
        }
        out
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self, what: &str) {
        let known = |key: &str| self.asked.contains(&key) || self.declared.iter().any(|k| k == key);
        let unknown = |e: &&Entry| !self.all && !known(&e.key);
        let strangers: Vec<&Entry> = self.entries.iter().filter(unknown).collect();
        // What the table as a whole lacks is what the unknown key was to say: that is one mistake.
        if !strangers.is_empty() {
            let mut n = 0_usize;
            self.problems.0.borrow_mut().retain(|p| {
                n = n.saturating_add(1);
                n <= self.before || p.span != self.span
            });
        }
        for entry in strangers {
            self.problems.add(
                PolicyProblem::new(entry.key_span.clone(), format!("{what} has no key `{}`", entry.key))
                    .code(ProblemCode::UnknownKey)
                    .nearest(&entry.key, self.asked.iter().copied().chain(self.declared.iter().map(String::as_str))),
            );
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(t) => format!("the text {}", gatekeeper_evidence::error::quote(t.as_bytes())),
        Value::Number(n) => format!("the number {n}"),
        Value::Flag(b) => b.to_string(),
        other => other.what().to_owned(),
    }
}

/// The seconds of `90`, `1.5h`, `1h30m`: numbers with units, each unit once and the largest first.
pub(crate) fn duration(text: &str) -> Option<Decimal> {
    const UNITS: [(&str, &str); 7] =
        [("d", "864e2"), ("h", "36e2"), ("min", "6e1"), ("m", "6e1"), ("sec", "1e0"), ("s", "1e0"), ("ms", "1e-3")];
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Decimal::parse(text);
    }
    let mut rest = text;
    let mut sum = Decimal::whole(0);
    let mut last = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at_checked(digits)?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let at = UNITS.iter().position(|(name, _)| *name == unit)?;
        if number.is_empty() || at < last {
            return None;
        }
        sum = sum.plus(times(Decimal::parse(number)?, UNITS.get(at)?.1)?)?;
        last = at + 1;
        rest = after.trim_start();
    }
    Some(sum)
}

/// A decimal times another in its scientific form, exactly.
fn times(n: Decimal, factor: &str) -> Option<Decimal> {
    let (mantissa, exponent) = factor.split_once('e')?;
    let mantissa: u32 = mantissa.parse().ok()?;
    let mut sum = Decimal::whole(0);
    // Factors are at most 864: repeated addition stays exact and needs no second arithmetic.
    for _ in 0..mantissa {
        sum = sum.plus(n)?;
    }
    Decimal::parse(&format!("{sum}e{exponent}"))
}

#[cfg(test)]
mod tests;
