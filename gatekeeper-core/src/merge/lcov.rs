//! Coverage as an LCOV tracefile.
//!
//! Functions that share a line are written as `FNL`/`FNA` (LCOV 2.2), which tell them apart; otherwise as `FN`/`FNDA`, which every reader knows.
//! Branches that are only counted become arms of block 0. Statements have no record.

use super::{MergeError, Target, Written, shown};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage};
use std::fmt::Write;

pub(super) fn write(c: &Coverage) -> Result<Written, MergeError> {
    let cannot = |what: &str| Err(MergeError::CannotHold(Target::Lcov, what.to_owned()));
    if c.percent.is_some() {
        return cannot("percentages without lines");
    }
    if c.files.is_empty() {
        return cannot("coverage that names no file");
    }
    let mut out = String::new();
    for (name, file) in &c.files {
        if name.is_empty() || name.trim_ascii() != name.as_ref() || name.chars().any(char::is_control) {
            return Err(MergeError::CannotHold(Target::Lcov, format!("the file name {}", shown(name))));
        }
        record(&mut out, name, file);
    }
    Ok(Written { bytes: out.into_bytes(), lost: Vec::new() })
}

// Writing to a String cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}

fn record(out: &mut String, name: &str, file: &FileCoverage) {
    put!(out, "TN:\nSF:{name}");
    functions(out, file);
    branches(out, file);
    for l in &file.lines {
        put!(out, "DA:{},{}", l.number, l.hits);
    }
    if !file.lines.is_empty() {
        put!(out, "LF:{}\nLH:{}", file.lines.len(), file.lines.iter().filter(|l| l.hits > 0).count());
    } else if let Some(Ratio { covered, total }) = file.stated.lines {
        put!(out, "LF:{total}\nLH:{covered}");
    }
    put!(out, "end_of_record");
}

fn functions(out: &mut String, file: &FileCoverage) {
    let f = &file.functions;
    if f.is_empty() {
        if let Some(Ratio { covered, total }) = file.stated.functions {
            put!(out, "FNF:{total}\nFNH:{covered}");
        }
        return;
    }
    let shared = f.windows(2).any(|w| matches!(w, [a, b] if a.line == b.line));
    if shared {
        for (i, f) in f.iter().enumerate() {
            put!(out, "FNL:{i},{}\nFNA:{i},{},{}", f.line, f.hits, plain(&f.name));
        }
    } else {
        for f in f {
            let name = plain(&f.name);
            // A name like `41,parse` would be read as an end line and a name.
            let digits =
                name.split_once(',').is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
            if digits {
                put!(out, "FN:{0},{0},{name}", f.line);
            } else {
                put!(out, "FN:{},{name}", f.line);
            }
        }
        for f in f {
            put!(out, "FNDA:{},{}", f.hits, plain(&f.name));
        }
    }
    put!(out, "FNF:{}\nFNH:{}", f.len(), f.iter().filter(|f| f.hits > 0).count());
}

/// A function's name without what would end its record or be trimmed from it.
fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

fn branches(out: &mut String, file: &FileCoverage) {
    let mut all: Vec<Branch> = file.branches.clone();
    for l in &file.line_branches {
        // A line's own arms are known better than its count.
        if file.branches.binary_search_by(|b| b.line.cmp(&l.line)).is_err() {
            let arm = |arm| Branch { line: l.line, block: 0, arm, hits: u32::from(arm < l.covered) };
            all.extend((0..l.total).map(arm));
        }
    }
    all.sort_unstable();
    if all.is_empty() {
        if let Some(Ratio { covered, total }) = file.stated.branches {
            put!(out, "BRF:{total}\nBRH:{covered}");
        }
        return;
    }
    for b in &all {
        put!(out, "BRDA:{},{},{},{}", b.line, block(b.block), b.arm, b.hits);
    }
    put!(out, "BRF:{}\nBRH:{}", all.len(), all.iter().filter(|b| b.hits > 0).count());
}

/// A block as it is read: the numbers from 2^24 to 27 * 2^24 stand for blocks with a letter.
fn block(n: u32) -> String {
    match u8::try_from(n >> 24) {
        Ok(letter @ 1..=26) => format!("{}{}", char::from(b'a' + letter - 1), n & 0x00FF_FFFF),
        _ => n.to_string(),
    }
}
