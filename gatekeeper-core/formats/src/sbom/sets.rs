//! Licence expressions that are made out of nodes which name each other: the licence sets and operators of SPDX's RDF model, 2 and 3.
//!
//! A set may name another one many times, and that one the next: written out, a few kilobytes are more than any memory holds. Each node is
//! written out once, and what all of them come to is bounded; beyond that the document is refused.

use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// Longest expression that is made, bytes: a hundred thousand terms.
const LONGEST: usize = 1 << 20;
/// Deepest nesting that is followed; what lies deeper is unclear.
const DEEPEST: usize = 64;

/// What a licence node is.
pub(super) enum Part<'g, K> {
    /// An expression as it stands.
    Text(Cow<'g, str>),
    /// Members, and the operator between them.
    Set(Vec<Member<'g, K>>, &'static str),
    /// A licence, and what stands behind it: `+`, or ` WITH ` and an exception.
    With(Member<'g, K>, Cow<'g, str>),
    /// None that can be made out.
    Unclear,
}

/// A member of a set: another node, or a text in its place.
#[derive(Clone)]
pub(super) enum Member<'g, K> {
    Node(K),
    Text(Cow<'g, str>),
}

/// The expressions of a document's licence nodes.
pub(super) struct Sets<K> {
    known: HashMap<K, Option<Rc<str>>>,
    left: usize,
    over: bool,
}

impl<K: Copy + Eq + Hash> Sets<K> {
    /// For a document of so many bytes.
    pub(super) fn new(size: usize) -> Self {
        Sets { known: HashMap::new(), left: size.saturating_mul(4).saturating_add(16 << 20), over: false }
    }

    /// The expression that a node stands for; nothing where it cannot be made out.
    pub(super) fn expression<'g>(&mut self, key: K, part: &impl Fn(K) -> Part<'g, K>) -> Option<Rc<str>> {
        let made = self.make(key, 0, part)?;
        self.spend(made.len()).then_some(made)
    }

    /// An error where the document's sets came to more than is written out.
    pub(super) fn settle(&self) -> Result<(), ParseError> {
        if self.over {
            return Err(ParseError::limit("licence sets that come to more text than an SBOM has use for"));
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) if !self.over => self.left = left,
            _ => self.over = true,
        }
        !self.over
    }

    fn make<'g>(&mut self, key: K, depth: usize, part: &impl Fn(K) -> Part<'g, K>) -> Option<Rc<str>> {
        if self.over || depth > DEEPEST {
            return None;
        }
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        // A set that holds itself meets this.
        self.known.insert(key, None);
        let made = match part(key) {
            Part::Unclear => None,
            Part::Text(text) => self.text(&text),
            Part::Set(members, operator) => self.set(members, operator, depth, part),
            Part::With(license, behind) => {
                self.member(license, depth, part).and_then(|license| self.text(&format!("{license}{behind}")))
            }
        };
        self.known.insert(key, made.clone());
        made
    }

    fn member<'g>(&mut self, member: Member<'g, K>, depth: usize, part: &impl Fn(K) -> Part<'g, K>) -> Option<Rc<str>> {
        match member {
            Member::Node(key) => self.make(key, depth + 1, part),
            Member::Text(text) => self.text(&text),
        }
    }

    fn set<'g>(
        &mut self,
        members: Vec<Member<'g, K>>,
        operator: &str,
        depth: usize,
        part: &impl Fn(K) -> Part<'g, K>,
    ) -> Option<Rc<str>> {
        let mut out = String::from("(");
        for (n, member) in members.into_iter().enumerate() {
            let license = self.member(member, depth, part)?;
            if n > 0 {
                out.push_str(operator);
            }
            if out.len() + license.len() > LONGEST {
                self.over = true;
                return None;
            }
            out.push_str(&license);
        }
        if out.len() == 1 {
            return None;
        }
        out.push(')');
        self.text(&out)
    }

    fn text(&mut self, text: &str) -> Option<Rc<str>> {
        (text.len() <= LONGEST && self.spend(text.len())).then(|| text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets of the next set, so many times; the last is a licence.
    fn nested(times: usize, levels: usize) -> impl Fn(usize) -> Part<'static, usize> {
        move |n| match n {
            _ if n == levels => Part::Text("MIT".into()),
            _ => Part::Set(vec![Member::Node(n + 1); times], " OR "),
        }
    }

    #[test]
    fn sets_are_written_out_once_and_within_bounds() {
        let mut sets = Sets::new(0);
        assert_eq!(sets.expression(0, &nested(2, 2)).as_deref(), Some("((MIT OR MIT) OR (MIT OR MIT))"));
        assert!(sets.settle().is_ok());
        let mut sets = Sets::new(0);
        assert_eq!(sets.expression(0, &nested(12, 12)), None);
        assert!(sets.settle().is_err());
        // One member each: deeper than is followed, and small.
        let mut sets = Sets::new(0);
        assert_eq!(sets.expression(0, &nested(1, 1_000_000)), None);
        assert!(sets.settle().is_ok());
        // Many packages may not name one long set without end either.
        let mut sets = Sets::new(0);
        let long = nested(1_000, 2);
        let short = |n| if n == 0 { Part::Set(vec![Member::Node(1); 30], " AND ") } else { long(n) };
        while sets.expression(0, &short).is_some() {}
        assert!(sets.settle().is_err());
    }

    #[test]
    fn all_members_count_and_circles_are_unclear() {
        let mut sets = Sets::new(0);
        let many = |n| {
            if n == 0 {
                Part::Set((1..=1_500).map(Member::Node).collect(), " AND ")
            } else {
                Part::Text(format!("x{n}").into())
            }
        };
        assert!(sets.expression(0, &many).is_some_and(|e| e.ends_with(" AND x1500)")));
        let mut sets = Sets::new(0);
        let circle = |n: usize| Part::Set(vec![Member::Node(1 - n), Member::Text("MIT".into())], " OR ");
        assert_eq!((sets.expression(0, &circle), sets.settle().is_ok()), (None, true));
        let later =
            |n: usize| if n == 0 { Part::With(Member::Node(1), "+".into()) } else { Part::Text("MPL-2.0".into()) };
        assert_eq!(Sets::new(0).expression(0, &later).as_deref(), Some("MPL-2.0+"));
    }
}
