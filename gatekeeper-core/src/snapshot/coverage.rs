//! A file's coverage in a line: what is covered and, behind `!`, what is not, by place. Whole enough to be united with other reports' coverage of
//! the same file as it was in its own run.

use gatekeeper_evidence::coverage::{Branch, FileCoverage, Function, Line, LineBranches, Statement};
use gatekeeper_evidence::hash::sha256_hex;
use std::fmt::Write;

/// Characters of a function's name that is kept as its digest: names may be long, and hold anything.
const NAME: usize = 12;

/// Lines: `1-3,!4,6`.
pub(super) fn lines(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut run: Option<(u32, u32, bool)> = None;
    for line in lines {
        let covered = line.hits > 0;
        run = match run {
            Some((first, last, was)) if was == covered && last.checked_add(1) == Some(line.number) => {
                Some((first, line.number, was))
            }
            other => {
                flush(other, &mut out);
                Some((line.number, line.number, covered))
            }
        };
    }
    flush(run, &mut out);
    out
}

fn flush(run: Option<(u32, u32, bool)>, out: &mut String) {
    let Some((first, last, covered)) = run else { return };
    mark(covered, out);
    let _ = if first == last { write!(out, "{first}") } else { write!(out, "{first}-{last}") };
}

fn mark(covered: bool, out: &mut String) {
    if !out.is_empty() {
        out.push(',');
    }
    if !covered {
        out.push('!');
    }
}

/// Arms of branches: `12:0.1`, line, block and arm.
pub(super) fn branches(branches: &[Branch]) -> String {
    let mut out = String::new();
    for b in branches {
        mark(b.hits > 0, &mut out);
        let _ = write!(out, "{}:{}.{}", b.line, b.block, b.arm);
    }
    out
}

/// Arms that are only counted: `12:1.2`, covered and all of a line.
pub(super) fn line_branches(branches: &[LineBranches]) -> String {
    let mut out = String::new();
    for b in branches {
        mark(true, &mut out);
        let _ = write!(out, "{}:{}.{}", b.line, b.covered, b.total);
    }
    out
}

/// Functions: `12:0123456789ab`, line and digest of the name.
pub(super) fn functions(functions: &[Function]) -> String {
    let mut out = String::new();
    for f in functions {
        mark(f.hits > 0, &mut out);
        let mut name = sha256_hex(f.name.as_bytes());
        name.truncate(NAME);
        let _ = write!(out, "{}:{name}", f.line);
    }
    out
}

/// Statements: `12.1.14.2*3`, from line and column to line and column, and how many.
pub(super) fn statements(statements: &[Statement]) -> String {
    let mut out = String::new();
    for s in statements {
        mark(s.hits > 0, &mut out);
        let (a, b, c, d) = s.place;
        let _ = write!(out, "{a}.{b}.{c}.{d}*{}", s.count);
    }
    out
}

/// Each piece of a list, with its hits.
fn pieces(text: &str) -> impl Iterator<Item = (&str, u32)> {
    text.split(',').filter(|p| !p.is_empty()).map(|p| match p.strip_prefix('!') {
        Some(rest) => (rest, 0),
        None => (p, 1),
    })
}

/// The coverage that these lists tell; `None` where one of them is not written as above. `most` is how many lines there may be.
pub(super) fn read(lists: [&str; 5], most: usize) -> Option<FileCoverage> {
    let [lines, branches, line_branches, functions, statements] = lists;
    let mut out = FileCoverage::default();
    for (piece, hits) in pieces(lines) {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let room = most.checked_sub(out.lines.len())?;
        if last < first || usize::try_from(last - first).ok()? >= room {
            return None;
        }
        out.lines.extend((first..=last).map(|number| Line { number, hits }));
    }
    let three = |piece: &str| -> Option<(u32, u32, u32)> {
        let (line, rest) = piece.split_once(':')?;
        let (a, b) = rest.split_once('.')?;
        Some((line.parse().ok()?, a.parse().ok()?, b.parse().ok()?))
    };
    for (piece, hits) in pieces(branches) {
        let (line, block, arm) = three(piece)?;
        out.branches.push(Branch { line, block, arm, hits });
    }
    for (piece, _) in pieces(line_branches) {
        let (line, covered, total) = three(piece)?;
        out.line_branches.push(LineBranches { line, covered, total });
    }
    for (piece, hits) in pieces(functions) {
        let (line, name) = piece.split_once(':')?;
        out.functions.push(Function { line: line.parse().ok()?, name: name.into(), hits });
    }
    for (piece, hits) in pieces(statements) {
        let (place, count) = piece.split_once('*')?;
        let mut at = place.split('.').map(|n| n.parse::<u32>().ok());
        let place = (at.next()??, at.next()??, at.next()??, at.next()??);
        out.statements.push(Statement { place, count: count.parse().ok()?, hits });
    }
    out.normalise();
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let line = |number, hits| Line { number, hits };
        let file = FileCoverage {
            lines: vec![line(1, 5), line(2, 1), line(3, 0), line(5, 0), line(6, 0), line(9, 1)],
            branches: vec![
                Branch { line: 2, block: 0, arm: 0, hits: 1 },
                Branch { line: 2, block: 0, arm: 1, hits: 0 },
            ],
            line_branches: vec![LineBranches { line: 3, covered: 1, total: 2 }],
            functions: vec![
                Function { line: 1, name: "a,b".into(), hits: 0 },
                Function { line: 1, name: "c".into(), hits: 3 },
            ],
            statements: vec![Statement { place: (1, 2, 3, 4), count: 2, hits: 7 }],
            ..FileCoverage::default()
        };
        assert_eq!(lines(&file.lines), "1-2,!3,!5-6,9");
        let texts = [
            lines(&file.lines),
            branches(&file.branches),
            line_branches(&file.line_branches),
            functions(&file.functions),
            statements(&file.statements),
        ];
        let again = read(texts.each_ref().map(String::as_str), 100).unwrap();
        let all = gatekeeper_evidence::coverage::Metrics::ALL;
        assert_eq!(again.figures(all), file.figures(all));
        let lists = |f: &FileCoverage| (lines(&f.lines), branches(&f.branches), statements(&f.statements));
        assert_eq!(lists(&again), lists(&file));
    }

    #[test]
    fn what_is_written_otherwise_is_refused() {
        for bad in ["x", "3-1", "1-", "-1", "!", "1-99"] {
            assert!(read([bad, "", "", "", ""], 10).is_none(), "{bad}");
        }
        for (n, bad) in [(1, "1"), (1, "1:2"), (2, "1:a.b"), (3, "1"), (4, "1.2.3*1"), (4, "1.2.3.4")] {
            let mut lists = [""; 5];
            lists[n] = bad;
            assert!(read(lists, 10).is_none(), "{bad}");
        }
        assert!(read(["1-10", "", "", "", ""], 10).is_some() && read(["1-11", "", "", "", ""], 10).is_none());
    }
}
