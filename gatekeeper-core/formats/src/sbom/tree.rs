//! A compact JSON tree for pieces of a document, and the reader that hands a document over piece by piece.
//!
//! SBOMs are one object with a few long arrays. Only one element of those is in memory at a time: it is read into a [`Tree`] that
//! borrows from the input, looked at, and forgotten. A tree is one run of nodes in document order, 32 bytes each, without
//! allocations of its own for texts without escapes.

use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

/// A value or a member's name. Containers say where they end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    /// Elements follow; the index behind the last one.
    Array(usize),
    /// Name, value, name, value, … follow; the index behind the last one.
    Object(usize),
}

/// A JSON value with everything in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

/// A value in a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'t, 'a> {
    nodes: &'t [Node<'a>],
    at: usize,
}

impl<'a> Tree<'a> {
    /// The outermost value; nothing where the tree is empty.
    pub(super) fn root(&self) -> Value<'_, 'a> {
        Value { nodes: &self.nodes, at: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.nodes.clear();
    }

    /// Adds a value or a name. For trees that are made from something else than JSON.
    pub(super) fn push(&mut self, node: Node<'a>) {
        self.nodes.push(node);
    }

    /// Adds a whole tree as a value.
    pub(super) fn append(&mut self, other: Tree<'a>) {
        let base = self.nodes.len();
        self.nodes.extend(other.nodes.into_iter().map(|node| match node {
            Node::Array(end) => Node::Array(end + base),
            Node::Object(end) => Node::Object(end + base),
            node => node,
        }));
    }

    /// Opens a container; give the answer to [`Tree::close`].
    pub(super) fn open(&mut self) -> usize {
        self.nodes.push(Node::Null);
        self.nodes.len() - 1
    }

    /// Closes an array or an object.
    pub(super) fn close(&mut self, at: usize, object: bool) {
        let end = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(at) {
            *node = if object { Node::Object(end) } else { Node::Array(end) };
        }
    }
}

impl<'t, 'a> Value<'t, 'a> {
    pub(super) fn node(self) -> &'t Node<'a> {
        self.nodes.get(self.at).unwrap_or(&Node::Null)
    }

    /// The index of what follows this value.
    fn end(self) -> usize {
        match self.node() {
            Node::Array(end) | Node::Object(end) => *end,
            _ => self.at + 1,
        }
    }

    /// This value by itself.
    pub(super) fn to_tree(self) -> Tree<'a> {
        let base = self.at;
        let nodes = self.nodes.get(base..self.end()).unwrap_or_default();
        let nodes = nodes.iter().map(|node| match node {
            Node::Array(end) => Node::Array(end - base),
            Node::Object(end) => Node::Object(end - base),
            node => node.clone(),
        });
        Tree { nodes: nodes.collect() }
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.node(), Node::Null)
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self.node(), Node::Object(_))
    }

    pub(super) fn is_array(self) -> bool {
        matches!(self.node(), Node::Array(_))
    }

    /// The text; nothing where it is none.
    pub(super) fn text(self) -> Option<&'t str> {
        match self.node() {
            Node::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number; nothing where it is none.
    pub(super) fn number(self) -> Option<f64> {
        match self.node() {
            Node::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, as long-lived as it can be.
    pub(super) fn cow(self) -> Option<Cow<'a, str>> {
        match self.node() {
            Node::Text(t) => Some(t.clone()),
            _ => None,
        }
    }

    /// The elements of an array; none where it is no array.
    pub(super) fn items(self) -> impl Iterator<Item = Value<'t, 'a>> {
        let end = if self.is_array() { self.end() } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let value = Value { nodes: self.nodes, at };
                at = value.end();
                value
            })
        })
    }

    /// The members of an object in their order; none where it is no object.
    pub(super) fn members(self) -> impl Iterator<Item = (&'t str, Value<'t, 'a>)> {
        let end = if self.is_object() { self.end() } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let name = Value { nodes: self.nodes, at }.text().unwrap_or_default();
                let value = Value { nodes: self.nodes, at: at + 1 };
                at = value.end();
                (name, value)
            })
        })
    }

    /// A member of an object; nothing where there is none or it is `null`.
    pub(super) fn get(self, name: &str) -> Option<Value<'t, 'a>> {
        self.members().find(|(n, _)| *n == name).map(|(_, v)| v).filter(|v| !v.is_null())
    }

    /// The text of a member.
    pub(super) fn text_of(self, name: &str) -> Option<&'t str> {
        self.get(name).and_then(Value::text)
    }

    /// The elements of a member.
    pub(super) fn items_of(self, name: &str) -> impl Iterator<Item = Value<'t, 'a>> {
        self.get(name).into_iter().flat_map(Value::items)
    }

    /// A number that is equal for values that say the same.
    pub(super) fn digest(self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut h = DefaultHasher::new();
        match self.node() {
            Node::Null => 0_u8.hash(&mut h),
            Node::Bool(b) => (1_u8, b).hash(&mut h),
            Node::Number(n) => (2_u8, (n + 0.0).to_bits()).hash(&mut h),
            Node::Text(t) => (3_u8, t).hash(&mut h),
            Node::Array(_) => {
                4_u8.hash(&mut h);
                self.items().for_each(|v| v.digest().hash(&mut h));
            }
            Node::Object(_) => {
                // Members in any order are the same: a sum does not know the order.
                let sum = self.members().fold(0_u64, |sum, (n, v)| {
                    let mut one = DefaultHasher::new();
                    (n, v.digest()).hash(&mut one);
                    sum.wrapping_add(one.finish())
                });
                (5_u8, sum).hash(&mut h);
            }
        }
        h.finish()
    }
}

/// A piece of a document.
pub(super) enum Piece<'t, 'a> {
    /// A member of the root that is not handed over by elements.
    Member(&'t str, Value<'t, 'a>),
    /// An element of a root member that is: the member's name, the element's index.
    Item(&'t str, usize, Value<'t, 'a>),
    /// Such a member is over: its name, the number of its elements.
    End(&'t str, usize),
}

/// How a document is handed over.
pub(super) struct Plan<'p> {
    /// Root members whose arrays are handed over element by element.
    pub by_element: fn(&str) -> bool,
    /// Members that are read at all, at any depth; all where there is none. What is not read is skipped, however deep.
    pub only: Option<&'p dyn Fn(&str) -> bool>,
    /// A root member that is the document itself (`{"sbom": {…}}`).
    pub envelope: Option<&'static str>,
}

/// Reads a JSON object and hands it over in document order.
pub(super) fn read<'a>(text: &'a str, plan: &Plan<'_>, take: &mut dyn FnMut(Piece<'_, 'a>)) -> Result<(), ParseError> {
    let place = RefCell::new(String::from("$"));
    let mut reader = serde_json::Deserializer::from_str(text);
    let root = Root { plan, take, place: &place, tree: &mut Tree::default(), outermost: true };
    root.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|e| json::located(e, text.as_bytes(), 0, Some(place.borrow().clone()).filter(|p| p != "$")))
}

impl<'a> serde::Deserialize<'a> for Tree<'a> {
    fn deserialize<D: Deserializer<'a>>(reader: D) -> Result<Self, D::Error> {
        let mut tree = Tree::default();
        Into { tree: &mut tree, only: None }.deserialize(reader)?;
        Ok(tree)
    }
}

struct Root<'s, 'p, 'a> {
    plan: &'s Plan<'p>,
    take: &'s mut dyn FnMut(Piece<'_, 'a>),
    place: &'s RefCell<String>,
    tree: &'s mut Tree<'a>,
    outermost: bool,
}

impl<'a> DeserializeSeed<'a> for Root<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Root<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: HashSet<Cow<'a, str>> = HashSet::new();
        while let Some(Name(name)) = map.next_key()? {
            {
                let mut place = self.place.borrow_mut();
                place.clear();
                place.push_str("$.");
                place.push_str(name.get(..name.len().min(60)).unwrap_or("…"));
            }
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("the member {name:?} twice")));
            }
            if self.outermost && self.plan.envelope == Some(&*name) {
                map.next_value_seed(Root {
                    plan: self.plan,
                    take: self.take,
                    place: self.place,
                    tree: self.tree,
                    outermost: false,
                })?;
            } else if (self.plan.by_element)(&name) {
                map.next_value_seed(Elements {
                    name: &name,
                    plan: self.plan,
                    take: self.take,
                    place: self.place,
                    tree: self.tree,
                })?;
            } else if self.plan.only.is_some_and(|only| !only(&name)) {
                map.next_value::<IgnoredAny>()?;
            } else {
                self.tree.clear();
                map.next_value_seed(Into { tree: self.tree, only: self.plan.only })?;
                (self.take)(Piece::Member(&name, self.tree.root()));
            }
        }
        Ok(())
    }
}

/// The value of a root member that is handed over by elements, should it be an array.
struct Elements<'s, 'p, 'a> {
    name: &'s str,
    plan: &'s Plan<'p>,
    take: &'s mut dyn FnMut(Piece<'_, 'a>),
    place: &'s RefCell<String>,
    tree: &'s mut Tree<'a>,
}

impl<'a> DeserializeSeed<'a> for Elements<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'a> Elements<'_, '_, 'a> {
    fn other(self, node: Node<'a>) {
        self.tree.clear();
        self.tree.push(node);
        (self.take)(Piece::Member(self.name, self.tree.root()));
    }
}

impl<'a> Visitor<'a> for Elements<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        use std::fmt::Write;
        let mut index = 0;
        let base = self.place.borrow().len();
        loop {
            {
                let mut place = self.place.borrow_mut();
                place.truncate(base);
                let _ = write!(place, "[{index}]");
            }
            self.tree.clear();
            if seq.next_element_seed(Into { tree: self.tree, only: self.plan.only })?.is_none() {
                break;
            }
            (self.take)(Piece::Item(self.name, index, self.tree.root()));
            index += 1;
        }
        self.place.borrow_mut().truncate(base);
        (self.take)(Piece::End(self.name, index));
        Ok(())
    }

    // Another type than an array: not by elements, and for the one who takes it to judge.
    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<(), A::Error> {
        self.tree.clear();
        Into { tree: self.tree, only: self.plan.only }.visit_map(map)?;
        (self.take)(Piece::Member(self.name, self.tree.root()));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.other(Node::Null);
        Ok(())
    }

    fn visit_bool<E>(self, v: bool) -> Result<(), E> {
        self.other(Node::Bool(v));
        Ok(())
    }

    fn visit_u64<E>(self, v: u64) -> Result<(), E> {
        self.other(Node::Number(from_u64(v)));
        Ok(())
    }

    fn visit_i64<E>(self, v: i64) -> Result<(), E> {
        self.other(Node::Number(from_i64(v)));
        Ok(())
    }

    fn visit_f64<E>(self, v: f64) -> Result<(), E> {
        self.other(Node::Number(v));
        Ok(())
    }

    fn visit_str<E>(self, v: &str) -> Result<(), E> {
        self.other(Node::Text(Cow::Owned(v.to_owned())));
        Ok(())
    }
}

/// Adds a value to a tree.
struct Into<'s, 'p, 'a> {
    tree: &'s mut Tree<'a>,
    only: Option<&'p dyn Fn(&str) -> bool>,
}

impl<'a> DeserializeSeed<'a> for Into<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

#[expect(clippy::cast_precision_loss, reason = "schemas compare numbers only with small limits")]
fn from_u64(v: u64) -> f64 {
    v as f64
}

#[expect(clippy::cast_precision_loss, reason = "schemas compare numbers only with small limits")]
fn from_i64(v: i64) -> f64 {
    v as f64
}

impl<'a> Visitor<'a> for Into<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.tree.push(Node::Null);
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.tree.push(Node::Null);
        Ok(())
    }

    fn visit_bool<E>(self, v: bool) -> Result<(), E> {
        self.tree.push(Node::Bool(v));
        Ok(())
    }

    fn visit_u64<E>(self, v: u64) -> Result<(), E> {
        self.tree.push(Node::Number(from_u64(v)));
        Ok(())
    }

    fn visit_i64<E>(self, v: i64) -> Result<(), E> {
        self.tree.push(Node::Number(from_i64(v)));
        Ok(())
    }

    fn visit_f64<E>(self, v: f64) -> Result<(), E> {
        self.tree.push(Node::Number(v));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, v: &'a str) -> Result<(), E> {
        self.tree.push(Node::Text(Cow::Borrowed(v)));
        Ok(())
    }

    fn visit_str<E>(self, v: &str) -> Result<(), E> {
        self.tree.push(Node::Text(Cow::Owned(v.to_owned())));
        Ok(())
    }

    fn visit_string<E>(self, v: String) -> Result<(), E> {
        self.tree.push(Node::Text(Cow::Owned(v)));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let at = self.tree.open();
        while seq.next_element_seed(Into { tree: self.tree, only: self.only })?.is_some() {}
        self.tree.close(at, false);
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let at = self.tree.open();
        let mut count = 0_usize;
        while let Some(Name(name)) = map.next_key()? {
            if self.only.is_some_and(|only| !only(&name)) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            self.tree.push(Node::Text(name));
            map.next_value_seed(Into { tree: self.tree, only: self.only })?;
            count += 1;
        }
        self.tree.close(at, true);
        if let Some(name) = repeated(Value { nodes: &self.tree.nodes, at }, count) {
            return Err(A::Error::custom(format_args!("the member {name:?} twice")));
        }
        Ok(())
    }
}

/// A member that an object has twice.
fn repeated<'t>(object: Value<'t, '_>, count: usize) -> Option<&'t str> {
    if count <= 24 {
        let mut names: [&str; 24] = [""; 24];
        for (n, (name, _)) in object.members().enumerate() {
            if names.iter().take(n).any(|other| *other == name) {
                return Some(name);
            }
            if let Some(slot) = names.get_mut(n) {
                *slot = name;
            }
        }
        return None;
    }
    let mut names = HashSet::with_capacity(count);
    object.members().map(|(name, _)| name).find(|name| !names.insert(*name))
}

/// A member's name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'a> serde::Deserialize<'a> for Name<'a> {
    fn deserialize<D: Deserializer<'a>>(reader: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'a> Visitor<'a> for Text {
            type Value = Name<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, v: &'a str) -> Result<Name<'a>, E> {
                Ok(Name(Cow::Borrowed(v)))
            }

            fn visit_str<E>(self, v: &str) -> Result<Name<'a>, E> {
                Ok(Name(Cow::Owned(v.to_owned())))
            }
        }
        reader.deserialize_str(Text)
    }
}
