//! What the formats of this family check alike: places, problems, ids and references, licence expressions, times.

use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::{ParseError, quote};
use gatekeeper_evidence::inventory::{Inventory, SpecProblem};
use gatekeeper_evidence::location::Location;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Most problems and most notes that are kept.
const MOST: usize = 20;
/// Broken rules beyond which nobody looks for more: counting millions of them is work without an end in view.
const ENOUGH: usize = 10_000;

/// A place in a document, built while descending and written out only where there is something to say.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    up: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    pub(super) const ROOT: At<'static> = At { up: None, step: Step::Root };

    pub(super) fn name(&'p self, name: &'p str) -> At<'p> {
        At { up: Some(self), step: Step::Name(name) }
    }

    pub(super) fn index(&'p self, index: usize) -> At<'p> {
        At { up: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            up.fmt(f)?;
        }
        match self.step {
            Step::Root => f.write_str("$"),
            Step::Index(i) => write!(f, "[{i}]"),
            Step::Name(n) if n.len() <= 60 && n.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-$@:".contains(&b)) => {
                write!(f, ".{n}")
            }
            Step::Name(n) => write!(f, "[{}]", quote(n.as_bytes())),
        }
    }
}

/// The rules that a document breaks: the first ones in words, all in number.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<SpecProblem>,
    count: usize,
}

impl Problems {
    pub(super) fn add(&mut self, location: impl FnOnce() -> Location, message: impl FnOnce() -> String) {
        self.count += 1;
        if self.list.len() < MOST {
            self.list.push(SpecProblem { message: message(), location: location() });
        }
    }

    /// A problem at a place in the document.
    pub(super) fn at(&mut self, at: &At<'_>, message: impl FnOnce() -> String) {
        self.add(|| Location::path(at.to_string()), message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first one.
    pub(super) fn first(self) -> Option<(Location, String)> {
        self.list.into_iter().next().map(|p| (p.location, p.message))
    }

    #[cfg(test)]
    pub(super) fn words(&self) -> Vec<String> {
        self.list.iter().map(|p| format!("{} {}", p.location, p.message)).collect()
    }

    /// Whether more of them would only be counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Whether there are so many that looking for more is not worth the time.
    pub(super) fn are_enough(&self) -> bool {
        self.count >= ENOUGH
    }

    /// Puts the answer into the inventory.
    pub(super) fn settle(self, inventory: &mut Inventory, notes: &mut Vec<Note>) {
        inventory.valid = Some(self.is_empty());
        if self.count > self.list.len() {
            let least = if self.are_enough() { "at least " } else { "" };
            let more = self.count - self.list.len();
            notes.push(Note::new(format!("{least}{more} more broken rules of the specification")));
        }
        inventory.problems = self.list;
    }
}

/// Most packages of one document: what none of them says takes memory too, a multiple of three bytes `{},`.
const MOST_COMPONENTS: usize = 2_000_000;

/// An error where no more packages are taken.
pub(super) fn too_many(inventory: &Inventory) -> Option<ParseError> {
    (inventory.components.len() >= MOST_COMPONENTS)
        .then(|| ParseError::limit(format!("more than {MOST_COMPONENTS} packages in one document")))
}

/// Adds a note, at most a few; returns whether it fitted.
pub(super) fn note(notes: &mut Vec<Note>, message: impl FnOnce() -> String, at: &At<'_>) {
    if notes.len() < MOST {
        notes.push(Note::at(message(), Location::path(at.to_string())));
    }
}

/// The ids of a document, and the references that are not known to lead to one of them yet.
#[derive(Debug, Default)]
pub(super) struct References<'a> {
    ids: HashSet<Cow<'a, str>>,
    open: Vec<Reference<'a>>,
    /// How many were left when only one reference to each target was kept.
    kept: usize,
}

/// So many open references more, and only one to each target is kept.
const OPEN: usize = 1 << 17;

#[derive(Debug)]
struct Reference<'a> {
    to: Cow<'a, str>,
    from: From,
}

#[derive(Debug)]
enum From {
    /// `$.list[index].field`, or an element of that.
    Member {
        list: &'static str,
        index: usize,
        field: &'static str,
        position: Option<usize>,
    },
    Line(Option<u64>),
    Path(String),
}

impl From {
    fn location(&self) -> Location {
        match self {
            From::Line(line) => Location { line: *line, ..Location::default() },
            From::Path(path) => Location::path(path.clone()),
            From::Member { list, index, field, position } => {
                let position = position.map_or(String::new(), |p| format!("[{p}]"));
                let dot = if field.is_empty() { "" } else { "." };
                Location::path(format!("$.{list}[{index}]{dot}{field}{position}"))
            }
        }
    }
}

impl<'a> References<'a> {
    /// Adds an id; whether it is a new one.
    pub(super) fn define(&mut self, id: Cow<'a, str>) -> bool {
        self.ids.insert(id)
    }

    /// A reference in `$.list[index].field` or `….field[position]`.
    pub(super) fn refer(
        &mut self,
        to: Cow<'a, str>,
        list: &'static str,
        index: usize,
        field: &'static str,
        position: Option<usize>,
    ) {
        if !self.ids.contains(&to) {
            self.add(Reference { to, from: From::Member { list, index, field, position } });
        }
    }

    /// A reference on a line.
    pub(super) fn refer_on(&mut self, to: Cow<'a, str>, line: Option<u64>) {
        if !self.ids.contains(&to) {
            self.add(Reference { to, from: From::Line(line) });
        }
    }

    /// A reference at a place in the document.
    pub(super) fn refer_at(&mut self, to: Cow<'a, str>, at: impl FnOnce() -> String) {
        if !self.ids.contains(&to) {
            self.add(Reference { to, from: From::Path(at()) });
        }
    }

    fn add(&mut self, reference: Reference<'a>) {
        if self.open.len() >= self.kept + OPEN {
            let mut seen = HashSet::new();
            self.open.retain(|r| !self.ids.contains(&r.to) && seen.insert(r.to.clone()));
            self.kept = self.open.len();
        }
        self.open.push(reference);
    }

    /// Every reference that leads nowhere.
    pub(super) fn settle(self, problems: &mut Problems) {
        for r in self.open.iter().filter(|r| !self.ids.contains(&r.to)) {
            problems.add(
                || r.from.location(),
                || format!("a reference to {}, which nothing in the document is", quote(r.to.as_bytes())),
            );
        }
    }
}

/// Longest text that is taken for a licence expression, bytes: a hundred thousand terms.
const LONGEST: usize = 1 << 20;

/// Whether licence expressions parse; each text is looked at once.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    known: HashMap<Box<str>, bool>,
}

impl Expressions {
    /// Whether a licence field's text keeps the rules: an expression, or one of the words for none.
    pub(super) fn hold(&mut self, text: &str) -> bool {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let holds = says_none(text) || (text.len() <= LONGEST && expression_parses(text));
        if self.known.len() < 10_000 && text.len() <= 1_000 {
            self.known.insert(text.into(), holds);
        }
        holds
    }
}

/// `NOASSERTION`, `NONE`, `UNKNOWN` in any letter case.
pub(super) fn says_none(text: &str) -> bool {
    ["NOASSERTION", "NONE", "UNKNOWN"].iter().any(|w| text.trim().eq_ignore_ascii_case(w))
}

/// Whether a text is an SPDX licence expression. Deprecated ids (`GPL-2.0+`) are ids.
fn expression_parses(text: &str) -> bool {
    gatekeeper_license::parse(text).is_ok()
}

/// The line on which a text stands that borrows from the input. Cheapest when asked in the order of the document.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lines { text, at: 0, line: 1 }
    }

    pub(super) fn of(&mut self, part: &str) -> Option<u64> {
        let offset = part.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        if offset >= self.text.len() || offset < self.at {
            return None;
        }
        let between = self.text.as_bytes().get(self.at..offset)?;
        self.line += u64::try_from(memchr::memchr_iter(b'\n', between).count()).ok()?;
        self.at = offset;
        Some(self.line)
    }
}

/// Seconds since 1970 of an RFC 3339 time.
pub(super) fn seconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

/// A text that says something.
pub(super) fn stated(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|t| !t.is_empty() && !says_none(t))
}
