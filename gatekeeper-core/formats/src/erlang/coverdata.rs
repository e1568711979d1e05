//! Erlang coverdata: what `cover:export/1` writes, and with it `rebar3 … --cover`, Common Test's cover specification and `erlang.mk`.
//!
//! Specification: the code is the specification: `lib/tools/src/cover.erl` (`write_module_data/2`, `get_term/1`) of Erlang/OTP,
//! <https://github.com/erlang/otp/blob/maint/lib/tools/src/cover.erl>. Read: releases R11 to 28.
//!
//! A sequence of frames to the end of the file, without header, checksum or end mark: a byte with a length, then so many bytes of an
//! external term (`term_to_binary(Term, [compressed])`: plain or zlib). `{'$size', N}` announces a term of N bytes without a length.
//!
//! - `{file, Module, Path}` begins a module; one without lines of its own is a file all the same.
//! - `{Module, [{Module, Function, Arity, Clause, Lines}]}` only up to OTP 26. It tells which clauses have counters, so that a file
//!   that was cut between two frames is mostly found out: clauses of its last module have none. (`Lines` itself is not exact: `cover`
//!   counts some lines of a clause twice.) Of other releases' files nobody can tell.
//! - `{{bump, Module, Function, Arity, Clause, Line}, Hits}`: a counter. The module is the one named here, not the last `file`.
//!   Counters of one line (several clauses, several exports in one file) add up, as `cover`'s own page has it.
//!
//! Line 0 (what parse transforms and macros add) is no line of the source: it is left out, as rebar3 and mix leave it out. Atoms are Latin-1
//! up to OTP 25 and UTF-8 later: the same module in both is one. `Elixir.Jason.Decoder` is `Jason.Decoder`, as Elixir writes it.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::{Input, Limits};
use crate::scan::term::{COMPRESSED, Cursor, Unpacker, VERSION, atom_text};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Function, Line, Metrics};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Note};
use std::collections::{HashMap, HashSet};

pub(super) static FORMAT: Format = Format {
    id: "erlang-coverdata",
    title: "Erlang cover data",
    kind: Kind::Coverage,
    extensions: &["coverdata"],
    places: &[
        "_build/test/cover/*.coverdata",
        "_build/*+test/cover/*.coverdata",
        "cover/*.coverdata",
        "apps/*/cover/*.coverdata",
        "**/ct_run.*/**/all.coverdata",
    ],
    spec: "Erlang/OTP, cover:export/1 (lib/tools/src/cover.erl), https://www.erlang.org/doc/apps/tools/cover.html",
    producers: &["cover", "rebar3", "erlang.mk"],
    recorded_as: None,
    content: Content::Binary,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let [length, VERSION, tag, ..] = head.bytes() else { return Confidence::No };
    if *length < 3 || !matches!(*tag, 104 | COMPRESSED) {
        return Confidence::No;
    }
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let mut frames = Frames::new(head.all(), &limits);
    let first =
        frames.next().and_then(|frame| frame.map_or(Ok(false), |_| Modules::default().term(&mut frames.cursor())));
    match first {
        Ok(true) => Confidence::Certain,
        // Cut in its first frame, or damaged there: the parser says where.
        _ => Confidence::when(head.has_extension("coverdata"), Confidence::Likely),
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut frames = Frames::new(input.bytes, input.limits);
    let mut modules = Modules::default();
    while frames.next()?.is_some() {
        let mut cursor = frames.cursor();
        if !modules.term(&mut cursor)? {
            return Err(cursor.error("{file, Module, Path}, {Module, Clauses} or {{bump, M, F, A, C, Line}, Hits}"));
        }
        cursor.end()?;
    }
    if !modules.awaited.is_empty() {
        return Err(ParseError::malformed(format!(
            "counters of {} more clauses of the last module",
            modules.awaited.len()
        ))
        .at(input.bytes.len())
        .found_words("the end of the file"));
    }
    let mut notes = Vec::new();
    if modules.short > 0 {
        notes.push(Note::new(format!("{} modules lack the counters of clauses that they announce", modules.short)));
    }
    Ok(Parsed { notes, ..Parsed::new(Data::Coverage(modules.coverage()), None) })
}

/// Most modules and functions of one file: far above any system, and a bound on what a file can make us keep.
const MOST_MODULES: usize = 200_000;
const MOST_FUNCTIONS: usize = 5_000_000;

/// Where the bytes of the present term are.
enum Term {
    /// In the file.
    Plain { start: usize, end: usize },
    /// In the buffer, unpacked from this place.
    Unpacked { from: usize },
}

/// The frames of a file: one external term after the other.
struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
    unpacker: Unpacker,
    buffer: Vec<u8>,
    term: Term,
}

impl<'a> Frames<'a> {
    fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Frames {
            bytes,
            at: 0,
            unpacker: Unpacker::new(limits),
            buffer: Vec::new(),
            term: Term::Plain { start: 0, end: 0 },
        }
    }

    /// Goes to the next term; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<()>, ParseError> {
        let Some(length) = self.bytes.get(self.at) else { return Ok(None) };
        self.at += 1;
        self.open(usize::from(*length))?;
        if let Some(size) = announced(&mut self.cursor())? {
            self.open(size)?;
        }
        Ok(Some(()))
    }

    /// Takes so many bytes as a term, unpacked where it is compressed.
    fn open(&mut self, length: usize) -> Result<(), ParseError> {
        let start = self.at;
        let end = start.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or_else(|| {
            ParseError::malformed(format!("a term of {length} bytes"))
                .at(start)
                .found_words(format!("{} and the end of the file", self.bytes.len() - start))
        })?;
        let bytes = self.bytes.get(start..end).unwrap_or_default();
        self.at = end;
        Cursor::new(bytes, start).version()?;
        self.term = if bytes.get(1) == Some(&COMPRESSED) {
            self.unpacker.unpack(bytes.get(2..).unwrap_or_default(), start + 2, &mut self.buffer)?;
            Term::Unpacked { from: start + 2 }
        } else {
            Term::Plain { start: start + 1, end }
        };
        Ok(())
    }

    /// A cursor at the beginning of the present term.
    fn cursor(&self) -> Cursor<'_> {
        match self.term {
            Term::Plain { start, end } => Cursor::new(self.bytes.get(start..end).unwrap_or_default(), start),
            Term::Unpacked { from } => Cursor::new(&self.buffer, from),
        }
    }
}

/// N of `{'$size', N}`.
fn announced(cursor: &mut Cursor<'_>) -> Result<Option<usize>, ParseError> {
    if cursor.left() > 24 || cursor.tuple()? != Some(2) || cursor.raw_atom()?.is_none_or(|(name, _)| name != b"$size") {
        return Ok(None);
    }
    let size = cursor.int()?.and_then(|n| usize::try_from(n).ok());
    size.map(Some).ok_or_else(|| cursor.error("the size of a term"))
}

/// What has been read of all modules.
#[derive(Default)]
struct Modules {
    all: Vec<Module>,
    by_name: HashMap<Box<str>, usize>,
    /// By the atom as it is written: no text is made of the many that repeat.
    by_atom: HashMap<Box<[u8]>, usize>,
    /// The module of the last counter, with its atom: counters of one module stand together.
    last: Option<(Box<[u8]>, usize)>,
    /// Functions of all modules.
    functions: usize,
    /// Clauses (function, arity and number as they are written) that the present module announces with lines, and no counter of
    /// which has come yet.
    awaited: HashSet<Box<[u8]>>,
    /// Modules, the last one apart, with such clauses.
    short: u64,
}

#[derive(Default)]
struct Module {
    name: Box<str>,
    lines: Vec<Line>,
    functions: Vec<Function>,
    /// By function and arity as they are written.
    by_key: HashMap<Box<[u8]>, usize>,
}

impl Modules {
    /// Reads one term; false where it is none that belongs here.
    fn term(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ParseError> {
        match cursor.tuple()? {
            Some(2) if matches!(cursor.peek(), Some(104)) => self.bump(cursor),
            Some(2) => self.clauses(cursor),
            Some(3) => {
                if cursor.raw_atom()?.is_none_or(|(name, _)| name != b"file") {
                    return Ok(false);
                }
                if !self.awaited.is_empty() {
                    self.short += 1;
                    self.awaited.clear();
                }
                if self.module(cursor)?.is_none() {
                    return Err(cursor.error("a module's name"));
                }
                // The path: a string, or a list where it has characters beyond Latin-1.
                if !matches!(cursor.peek(), Some(106..=109)) {
                    return Err(cursor.error("a path"));
                }
                cursor.skip()?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    #[inline]
    fn bump(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ParseError> {
        if cursor.tuple()? != Some(6) || cursor.raw_atom()?.is_none_or(|(name, _)| name != b"bump") {
            return Ok(false);
        }
        let module = self.module(cursor)?.ok_or_else(|| cursor.error("a module's name"))?;
        let start = cursor.position();
        let (name, latin1) = cursor.raw_atom()?.ok_or_else(|| cursor.error("a function's name"))?;
        let arity = natural(cursor, "an arity")?;
        let key = cursor.since(start);
        cursor.int()?.ok_or_else(|| cursor.error("a clause's number"))?;
        if !self.awaited.is_empty() {
            self.awaited.remove(cursor.since(start));
        }
        let number = u32::try_from(natural(cursor, "a line's number")?)
            .map_err(|_| cursor.error("a line's number below 2^32"))?;
        let hits = u32::try_from(natural(cursor, "a hit count")?).unwrap_or(u32::MAX);
        let Some(module) = self.all.get_mut(module) else { return Ok(false) };
        if number > 0 {
            module.lines.push(Line { number, hits });
        }
        match module.by_key.get(key).and_then(|at| module.functions.get_mut(*at)) {
            Some(function) => function.hits = function.hits.max(hits),
            None => {
                let name = atom_text(name, latin1).ok_or_else(|| cursor.error("a function's name in UTF-8"))?;
                self.functions += 1;
                if self.functions > MOST_FUNCTIONS {
                    return Err(ParseError::limit(format!("more than {MOST_FUNCTIONS} functions")).at(cursor.place()));
                }
                module.by_key.insert(key.into(), module.functions.len());
                // The first executable line is not the function's own, so its line is not known.
                module.functions.push(Function { line: 0, name: format!("{name}/{arity}").into(), hits });
            }
        }
        Ok(true)
    }

    /// `{Module, [{Module, Function, Arity, Clause, Lines}]}`.
    fn clauses(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ParseError> {
        if self.module(cursor)?.is_none() {
            return Ok(false);
        }
        let Some(count) = cursor.list()? else { return Ok(false) };
        for _ in 0..count {
            if cursor.tuple()? != Some(5) {
                return Err(cursor.error("{Module, Function, Arity, Clause, Lines}"));
            }
            cursor.skip()?;
            let start = cursor.position();
            for _ in 0..3 {
                cursor.skip()?;
            }
            let clause = cursor.since(start);
            if natural(cursor, "a number of lines")? > 0 {
                self.awaited.insert(clause.into());
            }
        }
        if count > 0 {
            cursor.skip()?;
        }
        Ok(true)
    }

    /// The module whose atom stands here; `None` where something else does.
    fn module(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<usize>, ParseError> {
        let start = cursor.position();
        let Some((name, latin1)) = cursor.raw_atom()? else { return Ok(None) };
        let atom = cursor.since(start);
        if let Some((last, at)) = &self.last
            && last.as_ref() == atom
        {
            return Ok(Some(*at));
        }
        let at = match self.by_atom.get(atom) {
            Some(at) => *at,
            None => {
                let name = atom_text(name, latin1).ok_or_else(|| cursor.error("a module's name in UTF-8"))?;
                let name = super::common::module(&name);
                let at = match self.by_name.get(name) {
                    Some(at) => *at,
                    None => {
                        let at = self.all.len();
                        if at >= MOST_MODULES {
                            return Err(
                                ParseError::limit(format!("more than {MOST_MODULES} modules")).at(cursor.place())
                            );
                        }
                        let name: Box<str> = name.into();
                        self.by_name.insert(name.clone(), at);
                        self.all.push(Module { name, ..Module::default() });
                        at
                    }
                };
                self.by_atom.insert(atom.into(), at);
                at
            }
        };
        self.last = Some((atom.into(), at));
        Ok(Some(at))
    }

    fn coverage(self) -> Coverage {
        let metrics = Metrics { lines: true, functions: true, ..Metrics::default() };
        let mut coverage = Coverage { metrics, ..Coverage::default() };
        for module in self.all {
            let mut lines = module.lines;
            lines.sort_unstable();
            lines.dedup_by(|next, kept| {
                let same = next.number == kept.number;
                if same {
                    kept.hits = kept.hits.saturating_add(next.hits);
                }
                same
            });
            coverage.add(module.name, FileCoverage { lines, functions: module.functions, ..FileCoverage::default() });
        }
        coverage
    }
}

/// An integer of 0 or more.
#[inline]
fn natural(cursor: &mut Cursor<'_>, what: &str) -> Result<u64, ParseError> {
    let before = cursor.clone();
    cursor.int()?.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| before.error(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Ratio;

    fn atom(text: &str) -> Vec<u8> {
        let mut out = vec![119, u8::try_from(text.len()).unwrap()];
        out.extend(text.as_bytes());
        out
    }

    fn old_atom(latin1: &[u8]) -> Vec<u8> {
        let mut out = vec![100, 0, u8::try_from(latin1.len()).unwrap()];
        out.extend(latin1);
        out
    }

    fn frame(term: &[u8]) -> Vec<u8> {
        let mut body = vec![131];
        body.extend(term);
        match u8::try_from(body.len()) {
            Ok(n) => [vec![n], body].concat(),
            Err(_) => {
                let n = u32::try_from(body.len()).unwrap().to_be_bytes();
                let size = [vec![131, 104, 2], atom("$size"), vec![98], n.to_vec()].concat();
                [vec![u8::try_from(size.len()).unwrap()], size, body].concat()
            }
        }
    }

    fn file(module: &str) -> Vec<u8> {
        frame(&[vec![104, 3], atom("file"), atom(module), vec![107, 0, 1, b'x']].concat())
    }

    fn bump(module: &[u8], function: &str, clause: u8, line: u8, hits: &[u8]) -> Vec<u8> {
        let key = [atom("bump"), module.to_vec(), atom(function), vec![97, 1, 97, clause, 97, line]].concat();
        frame(&[vec![104, 2, 104, 6], key, hits.to_vec()].concat())
    }

    fn clauses(module: &str, lines: &[u8]) -> Vec<u8> {
        let n = u8::try_from(lines.len()).unwrap();
        let mut term = [vec![104, 2], atom(module), vec![108, 0, 0, 0, n]].concat();
        for (clause, lines) in (1..).zip(lines) {
            term.extend([vec![104, 5], atom(module), atom("f"), vec![97, 1, 97, clause, 97, *lines]].concat());
        }
        term.push(106);
        frame(&term)
    }

    fn read(bytes: &[u8]) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        let input = Input { name: "a.coverdata", bytes, limits: &limits, exit_status: None, validate: true };
        parse(&input)
    }

    fn coverage(bytes: &[u8]) -> Coverage {
        match read(bytes).unwrap().data {
            Data::Coverage(c) => c,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn counters_of_a_line_add_up_and_an_empty_module_is_a_file() {
        let bytes = [
            file("m"),
            bump(&atom("m"), "f", 1, 4, &[97, 0]),
            bump(&atom("m"), "f", 2, 4, &[97, 3]),
            bump(&atom("m"), "f", 1, 4, &[97, 2]),
            bump(&atom("m"), "g", 1, 0, &[97, 0]),
            file("empty"),
        ]
        .concat();
        let c = coverage(&bytes);
        let f = c.figures();
        assert_eq!((f.lines, f.functions), (Some(Ratio::new(1, 1)), Some(Ratio::new(1, 2))));
        assert_eq!((f.branches, f.statements), (None, None));
        assert_eq!(c.files.len(), 2);
        let m = &c.files["m"];
        assert_eq!(m.lines, [Line { number: 4, hits: 5 }]);
        assert_eq!(m.functions.iter().map(|f| f.name.as_ref()).collect::<Vec<_>>(), ["f/1", "g/1"]);
    }

    #[test]
    fn the_module_is_the_counters_own_and_old_atoms_are_the_same_module() {
        let bytes = [
            file("b"),
            bump(&atom("a"), "f", 1, 1, &[97, 1]),
            bump(&old_atom(b"\xE9t\xE9"), "f", 1, 1, &[97, 1]),
            bump(&atom("été"), "f", 1, 2, &[97, 1]),
        ]
        .concat();
        let c = coverage(&bytes);
        assert_eq!(c.files.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["a", "b", "été"]);
        assert_eq!(c.files["été"].lines.len(), 2);
    }

    #[test]
    fn modules_of_elixir_have_their_own_names() {
        let c = coverage(&[file("Elixir.Jason.Decoder"), bump(&atom("Elixir.Jason"), "f", 1, 1, &[97, 1])].concat());
        assert_eq!(c.files.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["Jason", "Jason.Decoder"]);
    }

    #[test]
    fn counts_beyond_the_model_saturate_and_negative_ones_are_refused() {
        let big = [110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        let c = coverage(&[bump(&atom("m"), "f", 1, 1, &big), bump(&atom("m"), "f", 1, 1, &[97, 9])].concat());
        assert_eq!(c.files["m"].lines, [Line { number: 1, hits: u32::MAX }]);
        let e = read(&bump(&atom("m"), "f", 1, 1, &[98, 255, 255, 255, 255])).unwrap_err();
        assert!(e.message().contains("a hit count"), "{e}");
    }

    #[test]
    fn long_and_compressed_terms_are_read() {
        use std::io::Write;
        let long = "x".repeat(300);
        let term = [vec![104, 3], atom("file"), atom("m"), vec![107, 1, 44], long.into_bytes()].concat();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&term).unwrap();
        let zlib = zlib.finish().unwrap();
        let size = u32::try_from(term.len()).unwrap().to_be_bytes();
        let body = [vec![131, 80], size.to_vec(), zlib].concat();
        let packed = [vec![u8::try_from(body.len()).unwrap()], body].concat();
        let c = coverage(&[frame(&term), packed].concat());
        assert_eq!(c.files.len(), 1);
    }

    #[test]
    fn a_file_cut_between_counters_is_found_out_where_they_are_announced() {
        let whole = [
            file("m"),
            clauses("m", &[3, 1, 0]),
            bump(&atom("m"), "f", 1, 1, &[97, 1]),
            bump(&atom("m"), "f", 1, 2, &[97, 1]),
            bump(&atom("m"), "f", 2, 3, &[97, 1]),
        ];
        assert!(read(&whole.concat()).is_ok());
        let e = read(&whole[..4].concat()).unwrap_err();
        assert!(e.message().contains("counters of 1 more clauses of the last module"), "{e}");
    }

    #[test]
    fn cut_in_a_frame_or_something_else_is_refused_with_its_place() {
        let bytes = [file("m"), bump(&atom("m"), "f", 1, 1, &[97, 1])].concat();
        for cut in 1..bytes.len() {
            let whole = cut == file("m").len();
            assert_eq!(read(&bytes[..cut]).is_ok(), whole, "{cut}");
        }
        assert_eq!(read(b"<html>").unwrap_err().location().offset, Some(1));
        assert!(read(&frame(&[97, 1])).is_err());
        assert!(read(&[0]).is_err());
    }
}
