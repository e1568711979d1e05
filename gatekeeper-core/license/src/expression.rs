//! SPDX licence expressions: read, normalised, evaluated.
//!
//! Specification: SPDX 3.0.1, annex "SPDX license expressions", and SPDX 2.3, Annex D,
//! <https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>.
//!
//! - Ids and exceptions must be on the licence list, in any letter case; deprecated ids are valid and are normalised to
//!   what they stand for. `LicenseRef-`, `DocumentRef-` and `AdditionRef-` are case-sensitive, as the grammar has them.
//! - Operators are all upper case or all lower case (3.0.1; 2.3 has upper case alone).
//! - `GPL-2.0-only+` contradicts itself and is refused; `GPL-2.0-or-later+` says the same twice and is accepted.
//! - `NOASSERTION` and `NONE` are values of fields, not expressions.
//!
//! Expressions come from strangers: there is no recursion on the input, and every step is linear in its length.

use std::fmt::{self, Write as _};

use super::list;

/// Longer text is refused unread.
const MAX_LENGTH: usize = 8 << 20;

/// Why a text is not an SPDX licence expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {}: expected {expected}, found {found}", .offset.saturating_add(1))]
pub struct ExpressionError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What could have stood there.
    pub expected: &'static str,
    /// What stands there, cut at 40 characters.
    pub found: String,
}

/// The licence of a term.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum License {
    /// A licence of the SPDX list, as it is called today.
    Listed {
        /// The id in the list's spelling.
        id: &'static str,
        /// A `+`, which only ids without an `-or-later` form keep.
        or_later: bool,
    },
    /// A licence that a document defines for itself.
    Ref {
        /// What follows `DocumentRef-`.
        document: Option<Box<str>>,
        /// What follows `LicenseRef-`.
        name: Box<str>,
    },
}

/// What follows `WITH`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Addition {
    /// An exception of the SPDX list.
    Listed(&'static str),
    /// An addition that a document defines for itself.
    Ref {
        /// What follows `DocumentRef-`.
        document: Option<Box<str>>,
        /// What follows `AdditionRef-`.
        name: Box<str>,
    },
}

/// One licence in an expression, with its exception.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The licence.
    pub license: License,
    /// Its exception.
    pub addition: Option<Addition>,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.license {
            License::Listed { id, or_later } => write!(f, "{id}{}", if *or_later { "+" } else { "" })?,
            License::Ref { document: Some(document), name } => write!(f, "DocumentRef-{document}:LicenseRef-{name}")?,
            License::Ref { document: None, name } => write!(f, "LicenseRef-{name}")?,
        }
        match &self.addition {
            None => Ok(()),
            Some(Addition::Listed(id)) => write!(f, " WITH {id}"),
            Some(Addition::Ref { document: Some(document), name }) => {
                write!(f, " WITH DocumentRef-{document}:AdditionRef-{name}")
            }
            Some(Addition::Ref { document: None, name }) => write!(f, " WITH AdditionRef-{name}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    /// An index into the terms.
    Term(usize),
    /// An operator over two earlier nodes.
    Op(Operator, usize, usize),
}

/// A licence expression that keeps the specification.
#[derive(Debug, Clone)]
pub struct Expression {
    terms: Vec<Term>,
    /// Every node after those that it refers to; the last is the whole.
    nodes: Vec<Node>,
    deprecated: Vec<&'static str>,
}

/// Reads an SPDX licence expression.
pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError {
            offset: MAX_LENGTH,
            expected: "an expression of at most 8 MiB",
            found: format!("{} bytes", text.len()),
        });
    }
    Parser::default().run(text)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Open(usize),
    Op(Operator),
}

#[derive(Default)]
struct Parser {
    terms: Vec<Term>,
    nodes: Vec<Node>,
    operands: Vec<usize>,
    pending: Vec<Pending>,
    deprecated: Vec<&'static str>,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    License,
    Addition,
    /// An operator; `WITH` only directly after a licence.
    Operator {
        with: bool,
    },
}

impl Want {
    fn words(self) -> &'static str {
        match self {
            Self::License => "an SPDX licence id",
            Self::Addition => "an SPDX exception id",
            Self::Operator { with: true } => "AND, OR, WITH or the end",
            Self::Operator { with: false } => "AND, OR or the end",
        }
    }
}

impl Parser {
    fn run(mut self, text: &str) -> Result<Expression, ExpressionError> {
        let mut want = Want::License;
        let mut raw = None;
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
            let offset = text.len().saturating_sub(rest.len());
            let (token, after) = next_token(rest);
            rest = after;
            let fail = |expected: &'static str| Err(ExpressionError { offset, expected, found: found(token) });
            match (want, token) {
                (Want::Operator { .. }, "") => break,
                (Want::License, "(") => self.pending.push(Pending::Open(offset)),
                (Want::Operator { .. }, ")") => {
                    if !self.close() {
                        return fail("AND, OR or the end: there is no open parenthesis here");
                    }
                    want = Want::Operator { with: false };
                }
                (Want::Operator { .. }, "AND" | "and") => {
                    self.operator(Operator::And);
                    want = Want::License;
                }
                (Want::Operator { .. }, "OR" | "or") => {
                    self.operator(Operator::Or);
                    want = Want::License;
                }
                (Want::Operator { with: true }, "WITH" | "with") => want = Want::Addition,
                (Want::License, "" | ")") | (Want::Addition, "" | "(" | ")") | (Want::Operator { .. }, _) => {
                    return fail(want.words());
                }
                (Want::License, word) => {
                    match self.license(word) {
                        Ok(id) => raw = id,
                        Err(expected) => return fail(expected),
                    }
                    want = Want::Operator { with: true };
                }
                (Want::Addition, word) => {
                    let Some(addition) = addition(word) else { return fail(want.words()) };
                    if let Some(term) = self.terms.last_mut() {
                        // A deprecated id that has an exception in its name takes no second one: it stays as it was written.
                        if let (Some(_), Some((id, or_later))) = (&term.addition, raw) {
                            term.license = License::Listed { id, or_later };
                        }
                        term.addition = Some(addition);
                    }
                    want = Want::Operator { with: false };
                }
            }
        }
        while let Some(top) = self.pending.pop() {
            match top {
                Pending::Op(operator) => self.apply(operator),
                Pending::Open(offset) => {
                    return Err(ExpressionError {
                        offset,
                        expected: "a closing parenthesis for this one",
                        found: "the end".into(),
                    });
                }
            }
        }
        self.deprecated.sort_unstable();
        self.deprecated.dedup();
        Ok(Expression { terms: self.terms, nodes: self.nodes, deprecated: self.deprecated })
    }

    /// Adds the licence that a word names, and gives the listed id as it was written.
    fn license(&mut self, word: &str) -> Result<Option<(&'static str, bool)>, &'static str> {
        let (license, addition, raw) = if let Some((document, name)) = reference(word, "LicenseRef-") {
            (License::Ref { document, name }, None, None)
        } else {
            // "GPL-2.0+" is an id of its own in the list; elsewhere the + is the operator.
            let (id, plus) = match (list::license_id(word), word.strip_suffix('+')) {
                (Some(id), _) => (id, false),
                (None, Some(base)) => (list::license_id(base).ok_or("an SPDX licence id before the +")?, true),
                (None, None) => return Err("an SPDX licence id"),
            };
            let modern = list::modern(id, plus).ok_or("no + after an id that ends in -only")?;
            if list::is_deprecated(id) && !self.deprecated.contains(&id) {
                self.deprecated.push(id);
            }
            let license = License::Listed { id: modern.id, or_later: modern.or_later };
            (license, modern.exception.map(Addition::Listed), Some((id, plus)))
        };
        self.push(Node::Term(self.terms.len()));
        self.terms.push(Term { license, addition });
        Ok(raw)
    }

    fn push(&mut self, node: Node) {
        self.operands.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn operator(&mut self, operator: Operator) {
        // AND binds tighter than OR; both group from the left.
        while let Some(&Pending::Op(top)) = self.pending.last() {
            if top == Operator::Or && operator == Operator::And {
                break;
            }
            self.pending.pop();
            self.apply(top);
        }
        self.pending.push(Pending::Op(operator));
    }

    fn close(&mut self) -> bool {
        while let Some(top) = self.pending.pop() {
            match top {
                Pending::Open(_) => return true,
                Pending::Op(operator) => self.apply(operator),
            }
        }
        false
    }

    fn apply(&mut self, operator: Operator) {
        // The order of tokens has been checked, so both operands are there.
        if let (Some(right), Some(left)) = (self.operands.pop(), self.operands.pop()) {
            self.push(Node::Op(operator, left, right));
        }
    }
}

fn next_token(rest: &str) -> (&str, &str) {
    let length = match rest.bytes().next() {
        None => 0,
        Some(b'(' | b')') => 1,
        Some(_) => rest.find(|c: char| c.is_ascii_whitespace() || c == '(' || c == ')').unwrap_or(rest.len()),
    };
    rest.split_at_checked(length).unwrap_or((rest, ""))
}

fn found(token: &str) -> String {
    if token.is_empty() {
        return "the end".into();
    }
    let cut: String = token.chars().take(40).flat_map(char::escape_debug).collect();
    format!("\"{cut}{}\"", if token.chars().nth(40).is_some() { "…" } else { "" })
}

fn reference(word: &str, prefix: &str) -> Option<(Option<Box<str>>, Box<str>)> {
    let (document, rest) = match word.strip_prefix("DocumentRef-") {
        Some(rest) => {
            let (document, rest) = rest.split_once(':')?;
            (Some(id_string(document)?), rest)
        }
        None => (None, word),
    };
    Some((document, id_string(rest.strip_prefix(prefix)?)?))
}

fn id_string(text: &str) -> Option<Box<str>> {
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    good.then(|| text.into())
}

fn addition(word: &str) -> Option<Addition> {
    match list::exception_id(word) {
        Some(id) => Some(Addition::Listed(id)),
        None => reference(word, "AdditionRef-").map(|(document, name)| Addition::Ref { document, name }),
    }
}

impl Expression {
    /// An expression of one licence.
    pub fn of(term: Term) -> Self {
        Self { terms: vec![term], nodes: vec![Node::Term(0)], deprecated: Vec::new() }
    }

    /// The licences in it, in the order written.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The deprecated ids that it was written with, sorted.
    pub fn deprecated(&self) -> &[&'static str] {
        &self.deprecated
    }

    /// The expression in one spelling: ids as the list spells them today, operators in upper case, no needless
    /// parentheses or space.
    pub fn normalized(&self) -> String {
        enum Step {
            Node(usize, Operator),
            Text(&'static str),
        }
        let mut out = String::new();
        let mut steps = vec![Step::Node(self.nodes.len().saturating_sub(1), Operator::Or)];
        while let Some(step) = steps.pop() {
            let (at, parent) = match step {
                Step::Node(at, parent) => (at, parent),
                Step::Text(text) => {
                    out.push_str(text);
                    continue;
                }
            };
            match self.nodes.get(at) {
                Some(&Node::Term(term)) => {
                    if let Some(term) = self.terms.get(term) {
                        // Writing to a String does not fail.
                        let _ = write!(out, "{term}");
                    }
                }
                Some(&Node::Op(operator, left, right)) => {
                    let group = parent == Operator::And && operator == Operator::Or;
                    if group {
                        out.push('(');
                        steps.push(Step::Text(")"));
                    }
                    steps.push(Step::Node(right, operator));
                    steps.push(Step::Text(if operator == Operator::And { " AND " } else { " OR " }));
                    steps.push(Step::Node(left, operator));
                }
                None => {}
            }
        }
        out
    }

    /// Ranks the expression: an AND is as good as its worst part, an OR as its best.
    pub fn rank<R: Ord + Copy>(&self, rank_of: impl FnMut(&Term) -> R) -> Ranked<'_, R> {
        let terms: Vec<R> = self.terms.iter().map(rank_of).collect();
        let mut nodes: Vec<R> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let rank = match *node {
                Node::Term(term) => terms.get(term).copied(),
                Node::Op(operator, left, right) => match (nodes.get(left), nodes.get(right)) {
                    (Some(left), Some(right)) if operator == Operator::And => Some(*left.min(right)),
                    (Some(left), Some(right)) => Some(*left.max(right)),
                    _ => None,
                },
            };
            // Every node comes after those that it refers to, so each has a rank.
            nodes.extend(rank);
        }
        Ranked { expression: self, nodes }
    }
}

/// An expression whose every part has a rank.
pub struct Ranked<'a, R> {
    expression: &'a Expression,
    nodes: Vec<R>,
}

impl<'a, R: Ord + Copy> Ranked<'a, R> {
    /// The rank of the whole.
    pub fn whole(&self) -> Option<R> {
        self.nodes.last().copied()
    }

    /// The terms of the best branch, the first of equals; each licence once.
    pub fn chosen(&self) -> Vec<&'a Term> {
        self.walk(|operator, _, left, right| match operator {
            Operator::And => (true, true),
            Operator::Or => (left >= right, left < right),
        })
    }

    /// The terms that keep the whole from a better rank; each licence once.
    pub fn blamed(&self) -> Vec<&'a Term> {
        self.walk(|operator, whole, left, right| match operator {
            Operator::And => (left == whole, right == whole),
            Operator::Or => (true, true),
        })
    }

    fn walk(&self, follow: impl Fn(Operator, R, R, R) -> (bool, bool)) -> Vec<&'a Term> {
        let mut terms = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut left_to_do = vec![self.nodes.len().saturating_sub(1)];
        while let Some(at) = left_to_do.pop() {
            match self.expression.nodes.get(at) {
                Some(&Node::Term(term)) => {
                    terms.extend(self.expression.terms.get(term).filter(|term| seen.insert(*term)));
                }
                Some(&Node::Op(operator, left, right)) => {
                    let (Some(&whole), Some(&l), Some(&r)) =
                        (self.nodes.get(at), self.nodes.get(left), self.nodes.get(right))
                    else {
                        continue;
                    };
                    let (go_left, go_right) = follow(operator, whole, l, r);
                    left_to_do.extend(go_right.then_some(right));
                    left_to_do.extend(go_left.then_some(left));
                }
                None => {}
            }
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        parse(text).unwrap().normalized()
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(normal("MIT OR Apache-2.0 AND ISC"), "MIT OR Apache-2.0 AND ISC");
        assert_eq!(normal("(MIT OR Apache-2.0) AND ISC"), "(MIT OR Apache-2.0) AND ISC");
        assert_eq!(normal("ISC AND (MIT OR (Zlib AND (ISC OR X11)))"), "ISC AND (MIT OR Zlib AND (ISC OR X11))");
        assert_eq!(normal("((MIT) OR (ISC))OR(Zlib)"), "MIT OR ISC OR Zlib");
    }

    #[test]
    fn spelling_is_normalised() {
        assert_eq!(normal("  apache-2.0\tor\nmit "), "Apache-2.0 OR MIT");
        assert_eq!(normal("GPL-2.0+ and LGPL-2.1"), "GPL-2.0-or-later AND LGPL-2.1-only");
        assert_eq!(normal("GPL-2.0-with-classpath-exception"), "GPL-2.0-only WITH Classpath-exception-2.0");
        assert_eq!(normal("Apache-1.0+"), "Apache-1.0+");
        assert_eq!(
            normal("gpl-2.0-or-later+ with CLASSPATH-exception-2.0"),
            "GPL-2.0-or-later WITH Classpath-exception-2.0"
        );
        assert_eq!(
            normal("DocumentRef-a:LicenseRef-B WITH DocumentRef-c:AdditionRef-D"),
            "DocumentRef-a:LicenseRef-B WITH DocumentRef-c:AdditionRef-D"
        );
        // Two exceptions on one licence: nothing is invented for it.
        assert_eq!(
            normal("GPL-2.0-with-classpath-exception WITH LLVM-exception"),
            "GPL-2.0-with-classpath-exception WITH LLVM-exception"
        );
        assert_eq!(parse("GPL-2.0 OR GPL-2.0+ OR MIT OR GPL-2.0").unwrap().deprecated(), ["GPL-2.0", "GPL-2.0+"]);
    }

    #[test]
    fn what_is_no_expression_is_refused_where_it_breaks() {
        for (text, offset) in [
            ("", 0),
            ("  ", 2),
            ("MIT OR", 6),
            ("MIT Apache-2.0", 4),
            ("MIT)", 3),
            ("()", 1),
            ("(MIT", 0),
            ("MIT AND AND ISC", 8),
            ("MIT WITH Apache-2.0", 9),
            ("MIT WITH", 8),
            ("LLVM-exception", 0),
            ("(MIT OR ISC) WITH LLVM-exception", 13),
            ("GPL-2.0-only WITH Classpath-exception-2.0 WITH LLVM-exception", 42),
            ("MIT And ISC", 4),
            ("MIT/ISC", 0),
            ("MIT +", 4),
            ("MIT++", 0),
            ("LicenseRef-", 0),
            ("LicenseRef-a+", 0),
            ("licenseref-a", 0),
            ("DocumentRef-x", 0),
            ("DocumentRef-:LicenseRef-x", 0),
            ("AdditionRef-x", 0),
            ("MIT\u{a0}OR ISC", 0),
            ("GPL-2.0-only+", 0),
            ("NOASSERTION", 0),
            ("NONE", 0),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.offset, offset, "{text}: {error}");
        }
        assert_eq!(
            parse("MIT OR MTI").unwrap_err().to_string(),
            "column 8: expected an SPDX licence id, found \"MTI\""
        );
    }

    #[test]
    fn long_and_deep_input_is_read_without_recursion() {
        let long = vec!["MIT"; 60_000].join(" OR ");
        assert_eq!(parse(&long).unwrap().normalized(), long);
        let deep = format!("{}MIT{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(parse(&deep).unwrap().normalized(), "MIT");
        let right = format!("{}MIT{}", "MIT OR (ISC AND (".repeat(30_000), "))".repeat(30_000));
        let nested = parse(&right).unwrap();
        assert_eq!(nested.terms().len(), 60_001);
        assert_eq!(parse(&nested.normalized()).unwrap().normalized(), nested.normalized());
        assert!(parse(&"(".repeat(1_000_000)).is_err());
    }

    #[test]
    fn ranks_name_the_branch_and_the_blame() {
        let expression = parse("(GPL-3.0-only OR MIT) AND (ISC OR Zlib)").unwrap();
        let names = |terms: Vec<&Term>| terms.iter().map(ToString::to_string).collect::<Vec<_>>();
        let ranked = expression.rank(|term| term.to_string() != "GPL-3.0-only");
        assert_eq!(ranked.whole(), Some(true));
        assert_eq!(names(ranked.chosen()), ["MIT", "ISC"]);
        let ranked = expression.rank(|term| term.to_string() == "MIT");
        assert_eq!(ranked.whole(), Some(false));
        assert_eq!(names(ranked.blamed()), ["ISC", "Zlib"]);
    }
}
