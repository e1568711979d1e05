//! Lists of rows that may be long or null: folded as they are read, so that rows and findings do not lie in memory side by side, and bounded by the
//! report's size.

use super::members::List;
use super::room::{bounded, refill, take};
use super::wording::{cut, note};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{BySeverity, Finding, Place};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::fmt;
use std::hash::BuildHasher;
use std::marker::PhantomData;

/// [`json::from_input`] with rows that are bounded.
pub(super) fn read<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<T, ParseError> {
    bounded(input, || json::from_input(input))
}

/// The same for an array.
pub(super) fn read_list<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<Vec<T>, ParseError> {
    match input.bytes.trim_ascii_start().first() {
        Some(b'[') => read::<List<T>>(input).map(|list| list.0),
        // A null is a list where it stands for a member, and nothing where it is all.
        _ => json::from_input(input),
    }
}

/// [`json::documents`] with rows that are bounded in each.
pub(super) fn documents<'a, T: Deserialize<'a>>(
    input: &Input<'a>,
    mut each: impl FnMut(T) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    bounded(input, || {
        json::documents(input, |document| {
            refill(input);
            each(document)
        })
    })
}

/// A member that is there: null is an empty one (Go writes a list of nothing so), an absent one is none.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// A row of a report: made into findings as soon as it is read.
pub(super) trait Row<'de>: Deserialize<'de> {
    /// Adds what the row says. An error says what a row must have.
    fn fold(self, into: &mut Folded) -> Result<(), &'static str>;
}

/// The findings of a list of rows, and what is to be noted of them.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub items: Vec<Finding>,
    pub notes: Vec<Note>,
    /// How many rows were read.
    pub rows: usize,
    /// How many rows tell of something that was not looked at.
    pub unread: usize,
    /// What rows tell of that was left out, in words.
    pub left_out: Vec<String>,
    /// How many findings rows count beyond those that they list.
    pub beyond: BySeverity,
    /// Where findings that must not repeat stand in `items`, by a hash of what they are told by.
    seen: HashMap<u64, usize>,
    state: RandomState,
}

impl Folded {
    /// Adds a finding, unless one of the same id, package and version is there: `key` is these three, as they stand in the report.
    pub(super) fn add_once(&mut self, key: (&str, &str, &str), item: impl FnOnce(&mut Vec<Note>) -> Finding) {
        let hash = self.state.hash_one(key);
        let item = match self.seen.entry(hash) {
            Entry::Vacant(slot) => {
                slot.insert(self.items.len());
                item(&mut self.notes)
            }
            Entry::Occupied(at) => {
                let new = item(&mut self.notes);
                let told = |f: &Finding| {
                    let package = f.package.as_ref().map(|p| (p.name.clone(), p.installed.clone()));
                    (f.rule.clone(), package)
                };
                if self.items.get(*at.get()).is_some_and(|known| told(known) == told(&new)) {
                    return;
                }
                new
            }
        };
        self.items.push(item);
    }

    /// Takes what another list gave.
    pub(super) fn add(&mut self, other: Folded) {
        if self.items.is_empty() {
            self.items = other.items;
        } else {
            self.items.extend(other.items);
        }
        for n in other.notes {
            note(&mut self.notes, n.message);
        }
        self.unread += other.unread;
    }

    /// The same findings in this file.
    pub(super) fn in_file(mut self, path: &str) -> Folded {
        let path = cut(path, 1000);
        for item in &mut self.items {
            match &mut item.place {
                _ if path.is_empty() => item.place = None,
                Some(place) => place.path.clone_from(&path),
                none => *none = Some(Place { path: path.clone(), ..Place::default() }),
            }
        }
        self
    }
}

/// A list of rows.
#[derive(Debug)]
pub(super) struct Rows<R>(pub Folded, pub PhantomData<R>);

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Rows(Folded::default(), PhantomData)
    }
}

struct RowsVisitor<R>(PhantomData<R>);

impl<'de, R: Row<'de>> Visitor<'de> for RowsVisitor<R> {
    type Value = Rows<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Rows::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Folded::default();
        while let Some(row) = seq.next_element::<R>()? {
            let before = out.items.len();
            out.rows += 1;
            row.fold(&mut out)
                .map_err(|what| A::Error::custom(format_args!("content of another kind, expected {what}")))?;
            take::<Finding, _>(out.items.len() - before)?;
        }
        // A list's spare room would stay for as long as the evidence does.
        out.items.shrink_to_fit();
        Ok(Rows(out, PhantomData))
    }
}

impl<'de, R: Row<'de>> Deserialize<'de> for Rows<R> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(RowsVisitor(PhantomData))
    }
}
