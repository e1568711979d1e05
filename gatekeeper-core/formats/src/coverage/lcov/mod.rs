//! LCOV tracefiles, 1.x and 2.x.
//!
//! Specification: geninfo(1), "TRACEFILE FORMAT", LCOV 2.3, <https://github.com/linux-test-project/lcov/blob/master/man/geninfo.1>.
//! Producers: lcov, gcovr, llvm-cov, grcov, Istanbul (nyc, jest, c8, vitest), coverage.py, SimpleCov, cargo-llvm-cov, Dart, Bazel, …
//!
//! Deviations and what we do:
//! - `FN:start,end,name` (LCOV 2, coverage.py) and `FN:start,name`: a second field of digits alone is the end line where a third follows.
//! - Functions are distinct places: names of one line are aliases (C++ templates, constructors). `FNL`/`FNA` carry an index of their own;
//!   several indices of one line are several functions.
//! - `BRDA` blocks may carry a letter (`e0`: an exception's arm); arms may be texts (coverage.py's `jump to line 11`).
//! - Counts below zero, in scientific notation, beyond 32 bits; `FNDA` without `FN` and the other way round; empty lines; CRLF; no `TN`.
//! - `LF`, `LH` and their like count only where nothing is listed. `MCDC` is no part of any figure: noted.
//! - One `SF` in several records: the counts add up.

use self::plain::{block_number, checksum, cut, hash, plain_brda, plain_da, whole_number};
use super::common::{NEGATIVE, Notes, Written, hits, offset_in};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Function, Line, LineSum, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

mod plain;

pub(super) static FORMAT: Format = Format {
    id: "lcov",
    title: "LCOV tracefile",
    kind: Kind::Coverage,
    extensions: &["info", "lcov"],
    places: &[
        "coverage/lcov.info",
        "lcov.info",
        "coverage.lcov",
        "coverage.info",
        "**/coverage/lcov.info",
        "cover/lcov.info",
        "apps/*/cover/lcov.info",
        "target/lcov.info",
        "target/llvm-cov/lcov.info",
        "coverage/lcov/*.lcov",
        "coverage/*/lcov.info",
        "reports/lcov.info",
        "bazel-out/_coverage/_coverage_report.dat",
    ],
    spec: "geninfo(1), TRACEFILE FORMAT, LCOV 2.3: https://github.com/linux-test-project/lcov/blob/master/man/geninfo.1",
    producers: &[
        "lcov",
        "gcovr",
        "llvm-cov",
        "grcov",
        "istanbul",
        "coverage.py",
        "simplecov",
        "cargo-llvm-cov",
        "bazel",
    ],
    recorded_as: None,
    content: Content::Rows,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let mut lines = head.printed().map(<[u8]>::trim_ascii).filter(|l| !l.is_empty() && !l.starts_with(b"#"));
    let begins = |l: &[u8]| l.starts_with(b"SF:") || l.starts_with(b"TN:");
    let Some(first) = lines.next().filter(|l| begins(l)) else { return Confidence::No };
    let named = first.starts_with(b"SF:") || lines.by_ref().take(50).any(|l| l.starts_with(b"SF:"));
    let listed = lines.next().is_some_and(|l| {
        l == b"end_of_record"
            || [&b"FN"[..], b"DA:", b"BR", b"LF:", b"LH:", b"VER:", b"MC"].iter().any(|k| l.starts_with(k))
    });
    match (named, listed) {
        (true, true) => Confidence::Certain,
        (true, false) => Confidence::Likely,
        _ => Confidence::No,
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    // Records say nothing of each other, so that a large file is read in pieces, side by side.
    let mut reader = Reader::new(input.bytes, 0);
    let pieces = pieces(input.bytes, PIECE);
    let begun = Begun::at_most(input.limits.sources);
    let read = |&(start, end): &(usize, usize)| Reader::read(input.bytes, start, end, &begun);
    let parts: Vec<Result<Reader<'_>, ParseError>> = pieces.par_iter().map(read).collect();
    if !begun.too_many() {
        for part in parts {
            reader.append(part?);
        }
    } else {
        // These may be more files than there is memory for, or a few files many times: piece by piece.
        drop(parts);
        for (start, end) in pieces {
            reader.append(Reader::read(input.bytes, start, end, &Begun::at_most(usize::MAX))?);
            input.limits.has_room_for_sources(reader.out.files.len())?;
        }
    }
    if reader.records == 0 {
        return Err(ParseError::malformed("a record, SF:<file>")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    }
    reader.out.metrics.lines = true;
    reader.out.note_metrics();
    let mut parsed = Parsed::new(Data::Coverage(reader.out), None);
    parsed.notes = reader.notes.finish();
    Ok(parsed)
}

/// Longest name of a file, bytes: no system has longer paths.
const NAME: usize = 64 << 10;

/// Least size of a piece that is read by itself, bytes.
const PIECE: usize = 8 << 20;

/// Where a file may be cut: behind an `end_of_record`. (start, end) of each piece, in order, together the whole.
fn pieces(bytes: &[u8], least: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = 0;
    while bytes.len() - start > least.saturating_mul(2) {
        let from = start + least;
        let Some(found) = memchr::memmem::find(bytes.get(from..).unwrap_or_default(), b"\nend_of_record\n") else {
            break;
        };
        let end = from + found + b"\nend_of_record\n".len();
        out.push((start, end));
        start = end;
    }
    out.push((start, bytes.len()));
    out
}

/// How many records were begun, by all pieces that are read side by side.
struct Begun {
    records: AtomicUsize,
    most: usize,
}

impl Begun {
    fn at_most(most: usize) -> Self {
        Begun { records: AtomicUsize::new(0), most }
    }

    fn too_many(&self) -> bool {
        self.records.load(Ordering::Relaxed) > self.most
    }

    /// Counts one; false where it is one too many.
    fn one(&self) -> bool {
        self.records.fetch_add(1, Ordering::Relaxed) < self.most
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    out: Coverage,
    notes: Notes,
    records: u64,
}

/// What an `SF` record has said so far. One is reused, so that its lists grow once.
#[derive(Default)]
struct Record<'a> {
    name: Option<(&'a [u8], usize)>,
    lines: Vec<Line>,
    sums: Vec<LineSum>,
    branches: Vec<Branch>,
    functions: Vec<Named<'a>>,
    /// The function after the last one that an `FNDA` named: they usually come in the same order.
    next: usize,
    /// Functions by name, made when the order did not hold.
    by_name: HashMap<&'a [u8], Vec<usize>>,
    /// `FNL`: index → (line, highest count of its names, first name).
    indexed: Vec<(u64, u32, Option<u32>, &'a [u8])>,
    /// Arms that are texts, by (line, block, number given to them).
    texts: HashMap<(u32, u32, u32), &'a [u8]>,
    counters: [Option<u64>; 6],
}

#[derive(Clone, Copy)]
struct Named<'a> {
    line: u32,
    name: &'a [u8],
    hits: Option<u32>,
}

const LF: usize = 0;
const LH: usize = 1;
const FNF: usize = 2;
const FNH: usize = 3;
const BRF: usize = 4;
const BRH: usize = 5;

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Self {
        Reader { bytes, at, out: Coverage::default(), notes: Notes::default(), records: 0 }
    }

    /// Reads a piece; offsets stay those of the whole.
    fn read(bytes: &'a [u8], start: usize, end: usize, begun: &Begun) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes.get(..end).unwrap_or(bytes), start);
        reader.run(&mut Record::default(), begun)?;
        Ok(reader)
    }

    /// Adds what the piece behind this one said.
    fn append(&mut self, other: Reader<'a>) {
        if self.out.files.is_empty() {
            self.out.files = other.out.files;
        } else {
            for (name, file) in other.out.files {
                self.out.add_up(&name, file);
            }
        }
        self.notes.append(other.notes);
        self.records = self.records.saturating_add(other.records);
    }

    fn run(&mut self, record: &mut Record<'a>, begun: &Begun) -> Result<(), ParseError> {
        let mut records = self.records;
        loop {
            if record.name.is_some() {
                let mut rest = self.bytes.get(self.at..).unwrap_or_default();
                loop {
                    if let Some((line, tail)) = plain_da(rest) {
                        record.lines.push(line);
                        rest = tail;
                    } else if let Some((branch, tail)) = plain_brda(rest) {
                        record.branches.push(branch);
                        rest = tail;
                    } else {
                        break;
                    }
                }
                self.at = self.bytes.len() - rest.len();
            }
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default().trim_ascii();
            if !line.is_empty() && line.first() != Some(&b'#') {
                self.line(line, record)?;
                if self.records > records {
                    records = self.records;
                    if !begun.one() {
                        return Err(ParseError::limit("more files than the limit").at(self.at));
                    }
                }
            }
            self.at = self.at.saturating_add(end).saturating_add(1);
        }
        match record.name {
            Some(_) => {
                Err(ParseError::malformed("end_of_record").at(self.bytes.len()).found_words("the end of the file"))
            }
            None => Ok(()),
        }
    }

    fn wrong(&self, expected: &str, line: &[u8]) -> ParseError {
        ParseError::malformed(expected).at(offset_in(self.bytes, line).unwrap_or(self.at)).found(line)
    }

    fn line(&mut self, line: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        if line == b"end_of_record" {
            return self.end(line, record);
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return Err(self.wrong("a record of a tracefile, KEY:value or end_of_record", line));
        };
        let (key, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default();
        if !matches!(key, b"SF" | b"TN") && record.name.is_none() {
            return Err(self.wrong("SF:<file> before what is said of it", line));
        }
        match key {
            b"SF" => {
                if record.name.is_some() {
                    return Err(self.wrong("end_of_record before the next SF", line));
                }
                if value.is_empty() {
                    return Err(self.wrong("a file's name after SF:", line));
                }
                if value.len() > NAME {
                    return Err(ParseError::limit(format!("a file's name of more than {NAME} bytes")).at(self.at));
                }
                record.name = Some((value, self.at));
                self.records += 1;
            }
            b"TN" | b"VER" => {}
            b"DA" => self.da(value, record)?,
            b"FN" => self.function(value, record)?,
            b"FNDA" => self.called(value, record)?,
            b"FNL" => self.indexed(value, record)?,
            b"FNA" => self.alias(value, record)?,
            b"BRDA" => self.branch(value, record)?,
            b"LF" | b"LH" | b"FNF" | b"FNH" | b"BRF" | b"BRH" => {
                let slot = match key {
                    b"LF" => LF,
                    b"LH" => LH,
                    b"FNF" => FNF,
                    b"FNH" => FNH,
                    b"BRF" => BRF,
                    _ => BRH,
                };
                let text = std::str::from_utf8(value).unwrap_or_default();
                let n = match text.parse() {
                    Ok(n) => n,
                    Err(_) => u64::from(self.count(value, "a count")?),
                };
                if let Some(slot) = record.counters.get_mut(slot) {
                    *slot = Some(n);
                }
            }
            b"MCDC" | b"MCF" | b"MCH" => {
                self.notes.at("condition coverage (MC/DC) is no part of any figure", self.at, String::new);
            }
            _ if !key.is_empty() && key.iter().all(u8::is_ascii_uppercase) => {
                let at = self.at;
                self.notes.at("an unknown record, read over", at, || String::from_utf8_lossy(key).into_owned());
            }
            _ => return Err(self.wrong("a record of a tracefile, KEY:value or end_of_record", line)),
        }
        Ok(())
    }

    fn number(&self, field: &[u8], what: &str) -> Result<u32, ParseError> {
        if field.is_empty() || !field.iter().all(u8::is_ascii_digit) {
            return Err(self.wrong(what, field));
        }
        let n = std::str::from_utf8(field).ok().and_then(|t| t.parse().ok());
        n.ok_or_else(|| self.wrong(what, field))
    }

    fn count(&mut self, field: &[u8], what: &str) -> Result<u32, ParseError> {
        match hits(field) {
            Some(Written::Count(n)) => Ok(n),
            Some(Written::Negative) => {
                self.notes.at(NEGATIVE, self.at, || String::from_utf8_lossy(field).into_owned());
                Ok(0)
            }
            None => Err(self.wrong(what, field)),
        }
    }

    /// `DA:<line>,<count>[,<checksum>]`
    fn da(&mut self, value: &[u8], record: &mut Record<'_>) -> Result<(), ParseError> {
        let mut fields = value.splitn(3, |b| *b == b',');
        let number = self.number(fields.next().unwrap_or_default(), "a line number in DA")?;
        let hits = self.count(fields.next().unwrap_or_default(), "a hit count after ',' in DA")?;
        record.lines.push(Line { number, hits });
        if let Some(md5) = fields.next().and_then(checksum) {
            record.sums.push(LineSum { line: number, md5 });
        }
        Ok(())
    }

    /// `FN:<line>[,<end line>],<name>`; names may hold commas.
    fn function(&mut self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let (line, rest) = cut(value).ok_or_else(|| self.wrong("FN:<line>,<name>", value))?;
        let line = self.number(line, "a line number in FN")?;
        let name = match cut(rest) {
            Some((end, name)) if !end.is_empty() && end.iter().all(u8::is_ascii_digit) => name,
            _ => rest,
        };
        let at = record.functions.len();
        record.functions.push(Named { line, name, hits: None });
        if !record.by_name.is_empty() {
            record.by_name.entry(name).or_default().push(at);
        }
        Ok(())
    }

    /// `FNDA:<count>,<name>`
    fn called(&mut self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let (count, name) = cut(value).ok_or_else(|| self.wrong("FNDA:<count>,<name>", value))?;
        let count = self.count(count, "a call count in FNDA")?;
        let at = match record.functions.get(record.next) {
            Some(f) if f.name == name && f.hits.is_none() => Some(record.next),
            _ => {
                if record.by_name.is_empty() {
                    for (i, f) in record.functions.iter().enumerate() {
                        record.by_name.entry(f.name).or_default().push(i);
                    }
                }
                // Of several functions of one name, those that have no count yet come first.
                let there = record.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
                let free = there.iter().find(|i| record.functions.get(**i).is_some_and(|f| f.hits.is_none()));
                free.or(there.last()).copied()
            }
        };
        if let Some(at) = at
            && let Some(f) = record.functions.get_mut(at)
        {
            f.hits = Some(f.hits.unwrap_or(0).saturating_add(count));
            record.next = at + 1;
        } else {
            self.notes.at("a call count (FNDA) of a function without a place (FN)", self.at, || {
                String::from_utf8_lossy(name).into_owned()
            });
            let at = record.functions.len();
            record.functions.push(Named { line: 0, name, hits: Some(count) });
            record.by_name.entry(name).or_default().push(at);
        }
        Ok(())
    }

    /// `FNL:<index>,<line>[,<end line>]`
    fn indexed(&mut self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let mut fields = value.splitn(3, |b| *b == b',');
        let index = u64::from(self.number(fields.next().unwrap_or_default(), "an index in FNL")?);
        let line = self.number(fields.next().unwrap_or_default(), "a line number in FNL")?;
        if record.indexed.last().is_some_and(|l| l.0 >= index) && record.indexed.iter().any(|l| l.0 == index) {
            return Err(self.wrong("an index that no FNL before has", value));
        }
        record.indexed.push((index, line, None, b""));
        Ok(())
    }

    /// `FNA:<index>,<count>,<name>`
    fn alias(&mut self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let (index, rest) = cut(value).ok_or_else(|| self.wrong("FNA:<index>,<count>,<name>", value))?;
        let index = u64::from(self.number(index, "an index in FNA")?);
        let (count, name) = cut(rest).ok_or_else(|| self.wrong("FNA:<index>,<count>,<name>", value))?;
        let count = self.count(count, "a call count in FNA")?;
        // The last function that was placed is usually the one that is named.
        let Some(f) = record.indexed.iter_mut().rev().find(|f| f.0 == index) else {
            return Err(self.wrong("an index that an FNL before has", value));
        };
        if f.2.is_none() || name < f.3 {
            f.3 = name;
        }
        f.2 = Some(f.2.unwrap_or(0).saturating_add(count));
        Ok(())
    }

    /// `BRDA:<line>,<block>,<arm>,<taken>`; the arm may be a text, with commas too.
    fn branch(&mut self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let wrong = |s: &Self| s.wrong("BRDA:<line>,<block>,<arm>,<taken>", value);
        let (line, rest) = cut(value).ok_or_else(|| wrong(self))?;
        let line = self.number(line, "a line number in BRDA")?;
        let (block, rest) = cut(rest).ok_or_else(|| wrong(self))?;
        let comma = memchr::memrchr(b',', rest).ok_or_else(|| wrong(self))?;
        let (arm, taken) = rest.split_at_checked(comma).unwrap_or_default();
        let taken = taken.get(1..).unwrap_or_default().trim_ascii();
        let hits = if taken == b"-" { 0 } else { self.count(taken, "a count or '-' at the end of BRDA")? };
        if arm.is_empty() {
            return Err(wrong(self));
        }
        let block = block_number(block).ok_or_else(|| self.wrong("a block's number in BRDA", block))?;
        let arm = match whole_number(arm) {
            Some(n) => n,
            None => {
                // A text: a number of its own, the same in every report; the next one where another text has it.
                let mut n = hash(arm) | 1 << 31;
                while record.texts.get(&(line, block, n)).is_some_and(|t| *t != arm) {
                    n = n.wrapping_add(1) | 1 << 31;
                }
                record.texts.insert((line, block, n), arm);
                n
            }
        };
        record.branches.push(Branch { line, block, arm, hits });
        Ok(())
    }

    fn end(&mut self, line: &[u8], record: &mut Record<'a>) -> Result<(), ParseError> {
        let Some((name, at)) = record.name.take() else {
            return Err(self.wrong("SF:<file> before end_of_record", line));
        };
        let name = self.text(name, at);
        let mut file = FileCoverage {
            lines: record.lines.as_slice().into(),
            sums: record.sums.as_slice().into(),
            branches: record.branches.as_slice().into(),
            functions: Vec::with_capacity(record.functions.len() + record.indexed.len()),
            ..FileCoverage::default()
        };
        for f in &record.functions {
            let name = self.text(f.name, at).into();
            file.functions.push(Function { line: f.line, name, hits: f.hits.unwrap_or(0) });
        }
        // Several indices of one line are several functions; names alone are aliases.
        let mut places: Vec<u32> = record.indexed.iter().map(|f| f.1).collect();
        places.sort_unstable();
        let shared = places.windows(2).any(|w| matches!(w, [a, b] if a == b && *a > 0));
        for (index, line, hits, name) in &record.indexed {
            let name = self.text(name, at);
            let name = if name.is_empty() { format!("function {index}").into() } else { name };
            file.functions.push(Function { line: *line, name: name.into(), hits: hits.unwrap_or(0) });
        }
        file.functions_by_line = !shared && !file.functions.is_empty();
        if shared {
            super::common::tell_apart_functions(&mut file.functions);
        }
        self.unite(&mut file, record, at);
        self.out.add_up(&name, file);
        record.lines.clear();
        record.sums.clear();
        record.branches.clear();
        record.functions.clear();
        record.next = 0;
        record.by_name.clear();
        record.indexed.clear();
        record.texts.clear();
        record.counters = [None; 6];
        Ok(())
    }

    /// Repeated lines of one record add up; counters count where nothing is listed, and are noted where they disagree.
    fn unite(&mut self, file: &mut FileCoverage, record: &Record<'_>, at: usize) {
        if !file.lines.is_sorted_by(|a, b| a.number < b.number) {
            let lines = std::mem::take(&mut file.lines);
            file.add_up(FileCoverage { lines, ..FileCoverage::default() });
        }
        file.normalise();
        let counter = |i: usize| record.counters.get(i).copied().flatten();
        let stated = |found: usize, hit: usize| Some(Ratio::new(counter(hit).unwrap_or(0), counter(found)?));
        let lines = stated(LF, LH);
        if file.lines.is_empty() {
            file.stated.lines = lines;
        } else if let Some(stated) = lines {
            let listed = Ratio {
                covered: file.lines.iter().filter(|l| l.hits > 0).count().try_into().unwrap_or(u64::MAX),
                total: file.lines.len().try_into().unwrap_or(u64::MAX),
            };
            if listed != stated {
                self.notes.at("the counters LH and LF disagree with the lines, which count", at, || {
                    format!("{}/{} stated, {}/{} listed", stated.covered, stated.total, listed.covered, listed.total)
                });
            }
        }
        if file.functions.is_empty() {
            file.stated.functions = stated(FNF, FNH);
        }
        if file.branches.is_empty() {
            file.stated.branches = stated(BRF, BRH);
        }
        // Functions are counted by name, and listed by place: aliases make no contradiction.
        file.hold_against(&Stated { lines, branches: stated(BRF, BRH), ..Stated::default() });
    }

    /// A name as text; what is not UTF-8 is replaced and noted.
    fn text(&mut self, name: &'a [u8], at: usize) -> Cow<'a, str> {
        match std::str::from_utf8(name) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                self.notes.at("a name that is not UTF-8", at, String::new);
                Cow::Owned(name.escape_ascii().to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests;
