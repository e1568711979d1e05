//! Entries of policy lists, and which licences they speak of; the rules are [`super::policy`]'s.

use std::fmt;

use super::expression::{Addition, License, Term, parse};
use super::family::{Family, families, family};
use super::{list, name};

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// One licence, with its exception.
    License(Term),
    /// A family of licences.
    Family(&'static Family),
}

/// Why a text is no entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct EntryError {
    /// What was written.
    pub text: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl EntryError {
    fn words(&self) -> String {
        let cut: String = self.text.chars().take(40).flat_map(char::escape_debug).collect();
        let hint = match &self.nearest {
            Some(nearest) if [" OR ", " AND "].iter().any(|operator| nearest.contains(operator)) => {
                "; a list holds single licences: name each of them".to_owned()
            }
            Some(nearest) => format!("; did you mean {nearest}?"),
            None => String::new(),
        };
        format!("expected an SPDX licence id or a family such as GPL, found \"{cut}\"{hint}")
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::License(term) => term.fmt(f),
            Self::Family(family) => f.write_str(family.name()),
        }
    }
}

impl std::str::FromStr for Entry {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        if let Some(family) = family(text.trim()) {
            return Ok(Self::Family(family));
        }
        if let Ok(expression) = parse(text)
            && let [term] = expression.terms()
        {
            return Ok(Self::License(term.clone()));
        }
        Err(EntryError { text: text.into(), nearest: name(text).or_else(|| nearest(text.trim())) })
    }
}

/// Which way a list leans where an entry and a licence are not the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Allow lists.
    Narrow,
    /// Deny and review lists.
    Wide,
}

/// How close a licence is to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// It is what the entry says.
    Same,
    /// It falls under the entry.
    Under,
    /// It is of the entry's family.
    Family,
}

impl Entry {
    /// How close a licence is to the entry; none where the entry does not speak of it.
    pub(super) fn meets(&self, term: &Term, reading: Reading) -> Option<Closeness> {
        match self {
            Self::License(entry) if entry == term => Some(Closeness::Same),
            Self::License(entry) => {
                let addition =
                    entry.addition == term.addition || (reading == Reading::Wide && entry.addition.is_none());
                (addition && covers(&entry.license, &term.license, reading)).then_some(Closeness::Under)
            }
            Self::Family(family) => {
                let License::Listed { id, .. } = &term.license else { return None };
                let inside = match reading {
                    // What a document adds under a name of its own may be anything.
                    Reading::Narrow => family.allows(id) && !matches!(term.addition, Some(Addition::Ref { .. })),
                    Reading::Wide => family.contains(id),
                };
                inside.then_some(Closeness::Family)
            }
        }
    }
}

fn covers(entry: &License, license: &License, reading: Reading) -> bool {
    if entry == license {
        return true;
    }
    let (License::Listed { id: entry, or_later: entry_plus }, License::Listed { id, or_later: plus }) =
        (entry, license)
    else {
        return false;
    };
    // Most pairs have nothing in common; their versions need not be read.
    if entry.split('-').next() != id.split('-').next() {
        return false;
    }
    let later = *plus || id.ends_with("-or-later");
    let entry_later = *entry_plus || entry.ends_with("-or-later");
    let order = match (list::version(entry), list::version(id)) {
        (Some((entry_base, entry)), Some((base, version))) if entry_base == base => entry.cmp(&version),
        _ if entry == id => std::cmp::Ordering::Equal,
        _ => return false,
    };
    match reading {
        Reading::Narrow => (later && order.is_ge()) || (*entry_plus && order.is_le()),
        Reading::Wide => (later && order.is_eq()) || (entry_later && order.is_le()),
    }
}

/// The id or family at the least edit distance, if it is near.
fn nearest(text: &str) -> Option<String> {
    if text.len() > 60 {
        return None;
    }
    let text = text.to_ascii_lowercase();
    // Boost's and the Business Source Licence are both called so.
    if text == "bsl" {
        return Some("BSL-1.0 or BUSL-1.1".into());
    }
    let ids = list::licenses().map(|(id, _)| id).chain(families());
    let (distance, id) = ids.map(|id| (distance(&text, &id.to_ascii_lowercase()), id)).min()?;
    (distance <= 2 && distance < text.len()).then(|| id.to_string())
}

fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (y, &up) in b.bytes().zip(row.iter().skip(1)) {
            let cost = if x == y { diagonal } else { diagonal.min(up).min(left).saturating_add(1) };
            diagonal = up;
            left = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
