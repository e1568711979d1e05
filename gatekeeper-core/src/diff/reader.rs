//! The lines of a diff, from header to header.

use super::names;
use super::{FileDiff, Piece, Shown};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use std::collections::BTreeSet;

/// Where the reader stands in the text.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    number: u64,
}

/// A line without its end.
#[derive(Clone, Copy)]
struct Line<'t> {
    bytes: &'t [u8],
    start: usize,
    number: u64,
}

impl<'t> Cursor<'t> {
    fn next(&mut self) -> Option<Line<'t>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = Line { bytes: rest.get(..end)?, start: self.at, number: self.number };
        self.at = self.at.saturating_add(end).saturating_add(1);
        self.number = self.number.saturating_add(1);
        Some(line)
    }

    fn peek(mut self) -> Option<Line<'t>> {
        self.next()
    }

    /// The line after the next.
    fn peek_second(mut self) -> Option<Line<'t>> {
        self.next();
        self.next()
    }
}

impl<'t> Line<'t> {
    /// A header: git quotes a name that ends in CR, so that one is the end of the line.
    fn header(&self) -> &'t [u8] {
        self.bytes.strip_suffix(b"\r").unwrap_or(self.bytes)
    }

    fn behind(&self, start: &[u8]) -> Option<&'t [u8]> {
        self.header().strip_prefix(start)
    }

    fn expected(&self, what: impl Into<String>) -> ParseError {
        ParseError::malformed(what).on_line(self.number).found(self.header())
    }

    fn refused(&self, why: &str) -> ParseError {
        ParseError::new(ErrorCode::Unrecognised, why).on_line(self.number).found(self.header())
    }
}

/// The names of the old and the new side; `None` stands for `/dev/null`.
type Sides = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Reads all files of a diff.
pub(super) fn files(text: &[u8]) -> Result<Vec<FileDiff>, ParseError> {
    let mut reader = Reader {
        lines: Cursor { text, at: 0, number: 1 },
        crlf: false,
        files: Vec::new(),
        seen: BTreeSet::new(),
        properties: false,
        log: false,
    };
    reader.read()?;
    if reader.files.is_empty() {
        let mut lines = Cursor { text, at: 0, number: 1 };
        let first = std::iter::from_fn(|| lines.next()).find(|l| !l.bytes.iter().all(u8::is_ascii_whitespace));
        let said =
            if memchr::memmem::find(text, b"\x1b[").is_some_and(|_| memchr::memmem::find(text, b"@@ -").is_some()) {
                "is coloured: write the diff with --no-color"
            } else {
                "is no unified diff: none of its lines begins a file (`diff --git`, or `--- ` and `+++ `)"
            };
        return Err(first.map_or_else(|| ParseError::new(ErrorCode::Empty, said), |line| line.refused(said)));
    }
    Ok(reader.files)
}

struct Reader<'t> {
    lines: Cursor<'t>,
    /// Whether the diff itself was written with CR LF.
    crlf: bool,
    files: Vec<FileDiff>,
    /// The new names that stood already.
    seen: BTreeSet<String>,
    /// Within what Subversion says of a file's properties.
    properties: bool,
    /// Within the list of a submodule's commits (`diff.submodule=log`).
    log: bool,
}

impl<'t> Reader<'t> {
    fn read(&mut self) -> Result<(), ParseError> {
        while let Some(line) = self.lines.peek() {
            let header = line.header();
            if let Some(rest) = line.behind(b"diff --git ") {
                self.git(line, rest)?;
            } else if is_mail(header) {
                return Err(line.refused(
                    "is a patch by mail, whose message could pose as a part of it: give the diff alone (git diff BASE...HEAD)",
                ));
            } else if header.starts_with(b"diff --cc ")
                || header.starts_with(b"diff --combined ")
                || header.starts_with(b"@@@")
            {
                return Err(line.refused(
                    "is a combined diff of a merge, which leaves out what is the same in one of its parents: give the diff of two commits (git diff BASE...HEAD)",
                ));
            } else if header.starts_with(b"--- ")
                && self.lines.peek_second().is_some_and(|l| l.bytes.starts_with(b"+++ "))
            {
                self.plain(line)?;
            } else if header.starts_with(b"* Unmerged path ") {
                return Err(line.refused("shows a merge that is not done: resolve its conflicts first"));
            } else if header.starts_with(b"Only in ") && !self.files.is_empty() {
                return Err(line.refused("does not show what is in a new file: write the diff with -N"));
            } else if let Some((old, new)) = binary_files(header) {
                self.lines.next();
                let name = names::without_prefixes(&old, &new).unwrap_or(new);
                self.push(FileDiff { shown: Shown::Binary, ..file(line.number, Some(name.clone()), Some(name)) })?;
            } else if let Some(path) = submodule(header) {
                self.lines.next();
                self.log = true;
                let name = Some(path.to_vec());
                self.push(FileDiff { shown: Shown::Submodule, ..file(line.number, name.clone(), name) })?;
            } else {
                self.between(line)?;
            }
        }
        Ok(())
    }

    /// A line that belongs to no file: words before the first one, and what some tools write between and behind.
    fn between(&mut self, line: Line<'t>) -> Result<(), ParseError> {
        let header = line.header();
        let starts = |what: &[u8]| header.starts_with(what);
        self.lines.next();
        if starts(b"Index: ") || starts(b"diff -") {
            (self.properties, self.log) = (false, false);
        } else if starts(b"Property changes on: ") {
            self.properties = true;
        }
        let known = self.files.is_empty()
            || self.properties
            || header.iter().all(u8::is_ascii_whitespace)
            || starts(b"Index: ")
            || starts(b"diff -")
            || header.iter().all(|b| *b == b'=')
            || self.log && (starts(b"  > ") || starts(b"  < "))
            // What `git format-patch` ends with: "-- " and git's version.
            || header == b"-- "
            || header.first().is_some_and(u8::is_ascii_digit) && header.iter().all(|b| b.is_ascii_graphic());
        if known {
            return Ok(());
        }
        if starts(b"commit ") {
            return Err(line.refused(
                "is a series of patches, whose line numbers speak of states in between: give one diff (git diff BASE...HEAD)",
            ));
        }
        Err(line.expected("the next file of the diff"))
    }

    /// A file as git shows it.
    fn git(&mut self, first: Line<'t>, rest: &'t [u8]) -> Result<(), ParseError> {
        self.crlf |= first.bytes.ends_with(b"\r");
        (self.properties, self.log) = (false, false);
        self.lines.next();
        let mut head = Head::default();
        let mut out = file(first.number, None, None);
        while let Some(line) = self.lines.peek() {
            if line.bytes.starts_with(b"--- ") {
                (head.minus, head.plus) = self.sides()?;
                self.hunks(&mut out)?;
                head.shows = true;
                break;
            }
            if line.bytes.starts_with(b"Binary files ") {
                self.lines.next();
                out.shown = Shown::Binary;
                head.shows = true;
                break;
            }
            if line.header() == b"GIT binary patch" {
                self.lines.next();
                self.binary_patch(line)?;
                out.shown = Shown::Binary;
                head.shows = true;
                break;
            }
            if !head.takes(line.header()) {
                break;
            }
            self.lines.next();
        }
        let (old, new) = head.names(rest).ok_or_else(|| first.expected("a header with the names of both sides"))?;
        out.old = (!head.created).then(|| names::text(&old));
        out.new = (!head.deleted).then(|| names::text(&new));
        out.copied = head.copied;
        if head.is_mode(b"160000") {
            out.shown = Shown::Submodule;
        } else if head.is_mode(b"120000") {
            out.shown = Shown::Link;
        }
        if !head.shows && !head.needs_no_lines() {
            return Err(match self.lines.peek() {
                Some(line) => line.expected("the hunks of the file that begins above"),
                None => ParseError::malformed("the hunks of the last file").found_words("the end of the diff"),
            });
        }
        self.push(out)
    }

    /// A file as diff, Subversion or Mercurial show it.
    fn plain(&mut self, first: Line<'t>) -> Result<(), ParseError> {
        self.crlf |= first.bytes.ends_with(b"\r");
        (self.properties, self.log) = (false, false);
        let (old, new) = self.sides()?;
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => {
                let name = names::without_prefixes(&old, &new).unwrap_or(new);
                (Some(name.clone()), Some(name))
            }
            (old, new) => {
                let usual =
                    |name: Vec<u8>, prefix: &[u8]| name.strip_prefix(prefix).map(<[u8]>::to_vec).unwrap_or(name);
                (old.map(|n| usual(n, b"a/")), new.map(|n| usual(n, b"b/")))
            }
        };
        let mut out = file(first.number, old, new);
        self.hunks(&mut out)?;
        self.push(out)
    }

    fn push(&mut self, file: FileDiff) -> Result<(), ParseError> {
        if let Some(name) = &file.new
            && !self.seen.insert(name.clone())
        {
            let why = "shows a file twice, so it is a series of patches, whose line numbers speak of states in between: give one diff (git diff BASE...HEAD)";
            return Err(ParseError::new(ErrorCode::Unrecognised, why).on_line(file.line).found(name.as_bytes()));
        }
        self.files.push(file);
        Ok(())
    }

    /// `--- OLD` and `+++ NEW`; `None` stands for `/dev/null`.
    fn sides(&mut self) -> Result<Sides, ParseError> {
        let mut side = |start: &[u8], what: &str| {
            let line = self.lines.next();
            let name = line.and_then(|l| l.behind(start)).map(names::token);
            match (name, line) {
                (Some(name), Some(line)) if name.is_empty() => Err(line.expected(what)),
                (Some(name), _) => Ok(Some(name).filter(|n| n != b"/dev/null")),
                (None, Some(line)) => Err(line.expected(what)),
                (None, None) => Err(ParseError::malformed(what).found_words("the end of the diff")),
            }
        };
        Ok((side(b"--- ", "`--- ` and a file's name")?, side(b"+++ ", "`+++ ` and a file's name")?))
    }

    /// The hunks of a file: one at least.
    fn hunks(&mut self, file: &mut FileDiff) -> Result<(), ParseError> {
        let mut last: Option<Hunk> = None;
        while let Some(line) = self.lines.peek().filter(|l| l.bytes.starts_with(b"@@ ")) {
            self.lines.next();
            let hunk =
                Hunk::parse(line.bytes).ok_or_else(|| line.expected("a hunk's ranges, as in @@ -1,2 +3,4 @@"))?;
            if last.is_some_and(|last| !hunk.is_behind(last)) {
                return Err(line.expected("a hunk behind the one before"));
            }
            self.hunk(line.number, hunk, file)?;
            last = Some(hunk);
        }
        match self.lines.peek() {
            Some(line) if line.bytes.starts_with(b"@@@") => Err(line.expected("a hunk of two sides")),
            _ if last.is_some() => Ok(()),
            Some(line) => Err(line.expected("a hunk (@@ -… +… @@)")),
            None => Err(ParseError::malformed("a hunk (@@ -… +… @@)").found_words("the end of the diff")),
        }
    }

    /// The lines of one hunk, as many as its header says.
    fn hunk(&mut self, header: u64, hunk: Hunk, file: &mut FileDiff) -> Result<(), ParseError> {
        let Hunk { old: (_, mut old), new: (mut number, mut new) } = hunk;
        while old > 0 || new > 0 {
            let Some(line) = self.lines.next() else {
                let left = format!("{old} old and {new} new lines more of the hunk of line {header}");
                return Err(ParseError::malformed(left).found_words("the end of the diff"));
            };
            let text = if self.crlf { line.header() } else { line.bytes };
            let (old_ones, new_ones) = match text.first() {
                // `diff.suppressBlankEmpty` leaves an empty line of the context without its blank.
                Some(b' ') | None => (1, 1),
                Some(b'+') => (0, 1),
                Some(b'-') => (1, 0),
                Some(b'\\') => (0, 0),
                Some(_) => return Err(line.expected("a line of the hunk, which begins with ' ', '+', '-' or '\\'")),
            };
            let (Some(old_left), Some(new_left)) = (old.checked_sub(old_ones), new.checked_sub(new_ones)) else {
                return Err(line.expected(format!("{old} old and {new} new lines more of the hunk of line {header}")));
            };
            (old, new) = (old_left, new_left);
            if (old_ones, new_ones) == (0, 1) {
                let place = u32::try_from(line.start.saturating_add(1)).ok();
                let len = u32::try_from(text.len().saturating_sub(1)).ok();
                if file.added.last().is_some_and(|last| last.number >= number) {
                    return Err(line.expected("a line that was not added before"));
                }
                if let (Some(start), Some(len)) = (place, len) {
                    file.added.push(Piece { number, start, len });
                }
            } else if old_ones == 1 && new_ones == 0 {
                file.removed = file.removed.saturating_add(1);
            }
            number = number.saturating_add(new_ones);
        }
        while self.lines.peek().is_some_and(|l| l.bytes.starts_with(b"\\ ")) {
            self.lines.next();
        }
        Ok(())
    }

    /// What `git diff --binary` writes: one or two blocks, each of which ends with an empty line.
    fn binary_patch(&mut self, first: Line<'t>) -> Result<(), ParseError> {
        let is_block = |l: &Line<'_>| l.bytes.starts_with(b"literal ") || l.bytes.starts_with(b"delta ");
        let mut any = false;
        while self.lines.peek().as_ref().is_some_and(is_block) {
            any = true;
            loop {
                match self.lines.next() {
                    Some(line) if line.header().is_empty() => break,
                    Some(_) => {}
                    None => {
                        return Err(ParseError::malformed(format!(
                            "the end of the binary patch of line {}",
                            first.number
                        ))
                        .found_words("the end of the diff"));
                    }
                }
            }
        }
        if any { Ok(()) } else { Err(first.expected("a binary patch (literal or delta)")) }
    }
}

fn file(line: u64, old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> FileDiff {
    FileDiff {
        old: old.map(|n| names::text(&n)),
        new: new.map(|n| names::text(&n)),
        shown: Shown::Lines,
        copied: false,
        removed: 0,
        line,
        added: Vec::new(),
    }
}

/// `From SHA Mon Sep 17 00:00:00 2001`: what `git format-patch` begins each mail with.
fn is_mail(header: &[u8]) -> bool {
    header.starts_with(b"From ") && header.ends_with(b" Mon Sep 17 00:00:00 2001")
}

/// `Binary files OLD and NEW differ`, as GNU diff writes it.
fn binary_files(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let both = header.strip_prefix(b"Binary files ")?.strip_suffix(b" differ")?;
    let at = memchr::memmem::find(both, b" and ")?;
    Some((names::token(both.get(..at)?), names::token(both.get(at + 5..)?)))
}

/// `Submodule PATH 1234567..89abcde:`, as git writes it with `diff.submodule=log`.
fn submodule(header: &[u8]) -> Option<&[u8]> {
    let rest = header.strip_prefix(b"Submodule ")?;
    let mut words = rest.rsplitn(2, |b| *b == b' ');
    let (last, path) = (words.next()?, words.next()?);
    let range = last.strip_suffix(b":").unwrap_or(last);
    let dots = memchr::memmem::find(range, b"..")?;
    let hex = |part: &[u8]| part.len() >= 7 && part.iter().all(u8::is_ascii_hexdigit);
    let behind = range.get(dots..)?;
    let behind = behind.strip_prefix(b"...").or_else(|| behind.strip_prefix(b".."))?;
    (hex(range.get(..dots)?) && hex(behind)).then_some(path)
}

/// What the headers of a file say.
#[derive(Default)]
struct Head<'t> {
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
    minus: Option<Vec<u8>>,
    plus: Option<Vec<u8>>,
    created: bool,
    deleted: bool,
    copied: bool,
    modes: [Option<&'t [u8]>; 2],
    index: Option<&'t [u8]>,
    /// Whether hunks, or that it is binary, were shown.
    shows: bool,
}

impl<'t> Head<'t> {
    /// Takes a header; `false` where it is none.
    fn takes(&mut self, line: &'t [u8]) -> bool {
        let behind = |start: &[u8]| line.strip_prefix(start);
        if let Some(mode) = behind(b"old mode ") {
            self.modes[0] = Some(mode);
        } else if let Some(mode) = behind(b"new mode ") {
            self.modes[1] = Some(mode);
        } else if let Some(mode) = behind(b"new file mode ") {
            self.created = true;
            self.modes[1] = Some(mode);
        } else if let Some(mode) = behind(b"deleted file mode ") {
            self.deleted = true;
            self.modes[0] = Some(mode);
        } else if let Some(name) = behind(b"rename from ").or_else(|| behind(b"rename old ")) {
            self.from = Some(names::token(name));
        } else if let Some(name) = behind(b"rename to ").or_else(|| behind(b"rename new ")) {
            self.to = Some(names::token(name));
        } else if let Some(name) = behind(b"copy from ") {
            (self.from, self.copied) = (Some(names::token(name)), true);
        } else if let Some(name) = behind(b"copy to ") {
            (self.to, self.copied) = (Some(names::token(name)), true);
        } else if let Some(index) = behind(b"index ") {
            self.index = Some(index);
            if let Some(at) = index.iter().position(|b| *b == b' ') {
                self.modes[1] = index.get(at + 1..);
            }
        } else {
            return behind(b"similarity index ").or_else(|| behind(b"dissimilarity index ")).is_some();
        }
        true
    }

    fn is_mode(&self, mode: &[u8]) -> bool {
        self.modes.iter().flatten().any(|m| *m == mode)
    }

    /// Whether the headers alone are the whole change: another name or mode, an empty file, a deletion that is not shown.
    fn needs_no_lines(&self) -> bool {
        /// What an empty file's name begins with, in SHA-1 and in SHA-256.
        const EMPTY: [&[u8]; 2] = [b"e69de29", b"473a0f4"];
        let moved = self.from.is_some() && self.to.is_some();
        let mode = self.modes[0].is_some() && self.modes[1].is_some();
        let to = self.index.and_then(|i| memchr::memmem::find(i, b"..").and_then(|at| i.get(at + 2..)));
        let empty = to.is_some_and(|to| EMPTY.iter().any(|e| to.starts_with(e)));
        self.deleted || moved || mode || self.created && empty
    }

    /// The names of both sides, without prefixes.
    fn names(&self, rest: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return Some((from.clone(), to.clone()));
        }
        let twice = |name: Vec<u8>| (name.clone(), name);
        let by_sides = match (&self.minus, &self.plus) {
            (Some(old), Some(new)) => names::without_prefixes(old, new),
            // The header names both sides also where one of them is not there.
            (old, new) => of_one_side(rest, old.as_deref(), new.as_deref()),
        };
        let by_header = || {
            let (old, new) = names::of_header(rest)?;
            names::without_prefixes(&old, &new)
        };
        by_sides.or_else(by_header).map(twice)
    }
}

/// The name of a file of which one side is known, and both stand in the header.
fn of_one_side(rest: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) -> Option<Vec<u8>> {
    if rest.starts_with(b"\"") || rest.ends_with(b"\"") {
        return None;
    }
    let (old, new) = match (old, new) {
        (None, Some(new)) => (rest.strip_suffix(new)?.strip_suffix(b" ")?, new),
        (Some(old), None) => (old, rest.strip_prefix(old)?.strip_prefix(b" ")?),
        _ => return None,
    };
    names::without_prefixes(old, new)
}

/// The ranges of a hunk: first line and count of each side.
#[derive(Clone, Copy)]
struct Hunk {
    old: (u32, u32),
    new: (u32, u32),
}

impl Hunk {
    fn parse(line: &[u8]) -> Option<Hunk> {
        let rest = line.strip_prefix(b"@@ -")?;
        let end = memchr::memmem::find(rest, b" @@")?;
        let ranges = std::str::from_utf8(rest.get(..end)?).ok()?;
        let (old, new) = ranges.split_once(" +")?;
        let number = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            // The last line of a file is one that a number can name.
            text.parse().ok().filter(|n| digits && *n < u32::MAX / 2)
        };
        let range = |text: &str| match text.split_once(',') {
            Some((start, count)) => Some((number(start)?, number(count)?)),
            None => Some((number(text)?, 1)),
        };
        Some(Hunk { old: range(old)?, new: range(new)? })
    }

    /// Whether it begins behind the one before, on both sides. Their contexts may overlap: git's `-W` writes such hunks.
    fn is_behind(self, before: Hunk) -> bool {
        self.old.0 > before.old.0 && self.new.0 > before.new.0
    }
}
