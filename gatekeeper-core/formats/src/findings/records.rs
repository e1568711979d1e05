//! Arrays and objects of records, each of which must say something. An object that has nothing of what makes it a record is written in three
//! bytes and kept in hundreds: millions of them would take a hundred times the file's size. No tool writes one.

use super::common::Key;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What stands in such an array.
pub(super) trait Record {
    /// What is expected there ("a vulnerability with an id"); none where one that says nothing is no finding lost, and is left out.
    const WHAT: Option<&'static str>;

    /// Whether there is anything of what makes it one.
    fn says_something(&self) -> bool;
}

/// Whether to keep a record.
fn keeps<T: Record, E: Error>(record: &T) -> Result<bool, E> {
    match (record.says_something(), T::WHAT) {
        (true, _) => Ok(true),
        (false, None) => Ok(false),
        (false, Some(what)) => Err(E::invalid_value(Unexpected::Other("an object that says nothing"), &what)),
    }
}

/// An array of records; null is an empty one.
#[derive(Debug, Clone)]
pub(super) struct Records<T>(pub Vec<T>);

impl<T> Default for Records<T> {
    fn default() -> Self {
        Records(Vec::new())
    }
}

/// An object's members that are records, in order; null is an empty one.
#[derive(Debug, Clone)]
pub(super) struct NamedRecords<'a, T>(pub Vec<(Cow<'a, str>, T)>);

impl<T> Default for NamedRecords<'_, T> {
    fn default() -> Self {
        NamedRecords(Vec::new())
    }
}

struct RecordsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Record> Visitor<'de> for RecordsVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = seq.next_element::<T>()? {
            if keeps::<T, A::Error>(&item)? {
                out.push(item);
            }
        }
        Ok(out)
    }
}

impl<'de, T: Deserialize<'de> + Record> Deserialize<'de> for Records<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(RecordsVisitor(PhantomData)).map(Records)
    }
}

struct NamedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Record> Visitor<'de> for NamedVisitor<T> {
    type Value = Vec<(Cow<'de, str>, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            if keeps::<T, A::Error>(&value)? {
                out.push((key, value));
            }
        }
        Ok(out)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de> + Record> Deserialize<'de> for NamedRecords<'a, T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(NamedVisitor(PhantomData)).map(NamedRecords)
    }
}
