//! New code: the added lines of a diff, as far as they are code by the reports.
//!
//! A line is owed where a report lists it, or where it lies within a statement whose span a report tells: then by the innermost one. Blank lines are
//! never owed. What a report should speak of and does not is an error, never a smaller sum.

use super::python::first_lines;
use super::text::is_no_code;
use super::{Limit, METRICS, empty, limits_of, no_floor, sourced, without};
use crate::config::Table;
use crate::diff::{AddedLine, Diff, FileDiff, Shown};
use crate::project::ProjectFiles;
use crate::rule::api::{Judgement, Scope, no_diff};
use crate::rule::condition::{Condition, counted, plural};
use crate::rule::remedy::Remedy;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::coverage::{Figures, FileCoverage, Statement};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::hash::md5;
use gatekeeper_evidence::{Coverage, Ratio};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Most line ranges that one message names.
const RANGES: usize = 8;

/// `patch = { … }`.
#[derive(Debug)]
pub(super) struct Patch {
    limits: Vec<Limit>,
    /// Fewer owed lines than this are too few to fail for.
    min_lines: u64,
    unmeasured: Unmeasured,
}

/// What a changed source file in no report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unmeasured {
    Error,
    Uncovered,
}

/// Reads it out of a gate's table.
pub(super) fn build(t: &mut Table<'_>) -> Option<Patch> {
    let mut inner = t.table("patch")?;
    let limits = limits_of(&mut inner, METRICS.get(..3).unwrap_or_default());
    let min_lines = inner.count("min-lines").unwrap_or(1);
    let unmeasured = inner
        .choice("unmeasured", &[("error", Unmeasured::Error), ("uncovered", Unmeasured::Uncovered)])
        .unwrap_or(Unmeasured::Error);
    if !["lines", "branches", "functions"].iter().any(|key| inner.get(key).is_some()) {
        inner.problem(inner.span(), "`patch` demands nothing: give it lines = { min = … }");
    }
    no_floor(&mut inner, &limits);
    inner.finish("`patch`");
    Some(Patch { limits, min_lines, unmeasured })
}

/// What the added lines come to.
#[derive(Default)]
struct Owed {
    lines: Ratio,
    branches: Ratio,
    functions: Ratio,
    /// Lines that are owed and not covered, by file.
    uncovered: BTreeMap<String, Vec<u32>>,
    /// Added lines that are no code by the reports.
    no_code: u64,
    /// Of these, lines that no report speaks of although they look like code, by file.
    outside: BTreeMap<String, Vec<u32>>,
}

impl Patch {
    /// Judges the added lines. `kept` is what the gate counts, `waived` what the policy takes out of it, `kinds` what all of it measures.
    pub(super) fn judge(
        &self,
        coverage: &Coverage,
        waived: &BTreeSet<Box<str>>,
        scope: &Scope<'_>,
        source: Option<&str>,
        out: &mut Judgement,
    ) {
        let Some(diff) = scope.diff() else {
            out.violations.push(no_diff("`patch` judges the lines that a change adds"));
            return;
        };
        let ground = Ground { diff, coverage, files: scope.files };
        let measured = Measured::of(coverage);
        let paths = &scope.select.paths;
        let mut owed = Owed::default();
        for file in diff.files() {
            let Some(name) = file.new.as_deref().filter(|name| scope.is_own(name)) else { continue };
            if !paths.is_empty() && !paths.iter().any(|p| p.speaks_of(name)) {
                continue;
            }
            match (file.shown, measured.find(name)) {
                (Shown::Submodule | Shown::Link, _) => {}
                (_, Some((report, _))) if waived.contains(report) => {}
                (Shown::Binary, found) if found.is_some() || measured.is_kind_of(name) => {
                    let message = format!(
                        "{name} is a source file, and the diff shows it as binary, so nobody knows which of its lines are new"
                    );
                    let v = Violation::new("patch-not-shown", GateStatus::Error, message);
                    out.violations.push(at(v, name, None).with_help("write the diff with --text, as --base does"));
                }
                (Shown::Binary, _) => {}
                (Shown::Lines, Some((_, covered))) => {
                    let mut own = Owed::default();
                    own.add(ground, file, name, covered, out);
                    own.tell(|part| covered.told_of_part(part));
                    owed.unite(own);
                }
                (Shown::Lines, None) if measured.is_kind_of(name) => self.unmeasured(diff, file, name, &mut owed, out),
                (Shown::Lines, None) => {}
            }
        }
        owed.tell(|part| coverage.told_of_part(part));
        self.hold(&owed, coverage, source, out);
    }

    /// A source file of a measured kind that is in no report.
    fn unmeasured(&self, diff: &Diff, file: &FileDiff, name: &str, owed: &mut Owed, out: &mut Judgement) {
        let lines: Vec<u32> = diff.added(file).filter(|l| !l.is_blank()).map(|l| l.number).collect();
        let n = number(lines.len());
        if n == 0 {
            return;
        }
        if self.unmeasured == Unmeasured::Uncovered {
            owed.lines = owed.lines.plus(Ratio { covered: 0, total: n });
            owed.uncovered.insert(name.to_owned(), lines);
            return;
        }
        let message = format!("{name} is in no report, and the change adds {} to it", counted(n, "line"));
        let v = at(Violation::new("patch-unmeasured", GateStatus::Error, message), name, lines.first().copied());
        out.violations.push(v.with_help(
            "measure it, name what the gate is to judge with `paths`, or count its lines as uncovered with unmeasured = \"uncovered\"",
        ));
    }

    /// Holds what is owed against the limits.
    fn hold(&self, owed: &Owed, coverage: &Coverage, source: Option<&str>, out: &mut Judgement) {
        if owed.lines.total == 0 && !owed.outside.is_empty() {
            let n = owed.outside.values().map(Vec::len).fold(0, usize::saturating_add);
            let files: Vec<String> =
                owed.outside.iter().take(5).map(|(f, lines)| format!("{f} {}", ranges(lines))).collect();
            let message = format!(
                "the change adds {} to measured files, and the reports speak of none of them: {}",
                counted(number(n), "line"),
                files.join("; ")
            );
            let v = sourced(Violation::new("patch-outside", GateStatus::Error, message), source);
            out.violations.push(v.with_help("run the tests on the sources that the diff leads to"));
            return;
        }
        if owed.no_code > 0 {
            let are = if owed.no_code == 1 { "is" } else { "are" };
            out.notes.push(format!("{} {are} no code by the reports", counted(owed.no_code, "added line")));
        }
        let few = owed.lines.total > 0 && owed.lines.total < self.min_lines;
        if few {
            let Ratio { covered, total } = owed.lines;
            let message = format!(
                "{covered} of {total} added lines covered: fewer than {} added {} are too few to judge by",
                self.min_lines,
                plural(self.min_lines, "line")
            );
            out.violations.push(Violation::new("patch-few-lines", GateStatus::Warn, message));
        }
        let mut nothing = true;
        for limit in &self.limits {
            let (ratio, speaks, noun) = match limit.name {
                "lines" => (owed.lines, true, "added line"),
                "branches" => (owed.branches, coverage.metrics.branches, "added branch"),
                _ => (owed.functions, coverage.metrics.functions, "added function"),
            };
            if !speaks {
                out.violations.push(without(limit.name, source));
                continue;
            }
            if ratio.total == 0 {
                continue;
            }
            nothing = false;
            let metric = || format!("new {}", limit.name);
            let (condition, wanted) = limit.decide(|wanted, short| {
                let short = if few { GateStatus::Warn } else { short };
                Condition::share(metric(), ratio, wanted, noun, short)
            });
            if !condition.holds() {
                out.to_pass.push(Remedy::Cover { more: wanted.shortfall(ratio), noun, now: ratio });
                if limit.name == "lines" {
                    owed.name_uncovered(condition.status, source, out);
                }
            }
            out.conditions.push(condition);
        }
        // Beside what could not be judged it would sound like a pass.
        if nothing && !out.violations.iter().any(|v| v.status == GateStatus::Error) {
            let why = if owed.no_code > 0 {
                "the change adds no code"
            } else {
                "the change adds no line of what is measured"
            };
            out.notes.push(format!("nothing to judge: {why}"));
        }
    }
}

impl Owed {
    /// Adds the lines of a file that a report speaks of.
    fn add(&mut self, ground: Ground<'_>, file: &FileDiff, name: &str, covered: &FileCoverage, out: &mut Judgement) {
        let Ground { diff, coverage, files } = ground;
        let added: Vec<AddedLine<'_>> = diff.added(file).filter(|l| !l.is_blank()).collect();
        if let Some(stale) = stale(name, covered, &added, files) {
            out.violations.push(stale.with_help("run the tests on the sources that the diff leads to"));
            return;
        }
        let lists = !covered.lines.is_empty() || !covered.statements.is_empty();
        let states = covered.figures(coverage.metrics).lines.is_some_and(|r| r.total > 0);
        if !added.is_empty() && !lists && states {
            let message = format!("of {name} the reports state counters alone, so nothing is known of its new lines");
            out.violations.push(at(Violation::new("patch-not-listed", GateStatus::Error, message), name, None));
            return;
        }
        let extension = extension(name);
        let mut within = Vec::new();
        let mut missed = Vec::new();
        for line in &added {
            match covered.lines.binary_search_by_key(&line.number, |l| l.number) {
                Ok(at) => {
                    let hit = covered.lines.get(at).is_some_and(|l| l.hits > 0);
                    self.owe(line.number, hit, &mut missed);
                }
                Err(_) if is_no_code(extension, line.text) => self.no_code = self.no_code.saturating_add(1),
                Err(_) => within.push(line.number),
            }
        }
        let mut outside = Vec::new();
        let python = (covered.by_first_line && matches!(extension, "py" | "pyi") && !within.is_empty())
            .then(|| Statements::of(files, name));
        let by_span = owners(&covered.statements, &within);
        for (number, owner) in within.iter().zip(by_span) {
            let by_first = || python.as_ref()?.ran(covered, *number, &added);
            match owner.or_else(by_first) {
                Some(hit) => self.owe(*number, hit, &mut missed),
                None => {
                    self.no_code = self.no_code.saturating_add(1);
                    if !covered.says_no_code(*number) {
                        outside.push(*number);
                    }
                }
            }
        }
        missed.sort_unstable();
        for (lines, into) in [(missed, &mut self.uncovered), (outside, &mut self.outside)] {
            if !lines.is_empty() {
                into.insert(name.to_owned(), lines);
            }
        }
        let is_added = |line: u32| added.binary_search_by_key(&line, |l| l.number).is_ok();
        for b in covered.branches.iter().filter(|b| is_added(b.line)) {
            self.branches = self.branches.plus(Ratio { covered: u64::from(b.hits > 0), total: 1 });
        }
        // A line's own arms are known better than its count.
        let counted = |line: u32| covered.branches.binary_search_by_key(&line, |b| b.line).is_err();
        for b in covered.line_branches.iter().filter(|b| is_added(b.line) && counted(b.line)) {
            self.branches = self.branches.plus(Ratio::new(u64::from(b.covered), u64::from(b.total)));
        }
        for f in covered.functions.iter().filter(|f| is_added(f.line)) {
            self.functions = self.functions.plus(Ratio { covered: u64::from(f.hits > 0), total: 1 });
        }
    }

    fn owe(&mut self, line: u32, hit: bool, missed: &mut Vec<u32>) {
        self.lines = self.lines.plus(Ratio { covered: u64::from(hit), total: 1 });
        if !hit {
            missed.push(line);
        }
    }

    /// Where the document's counters miss more than it lists, that may be missing among what is owed.
    fn tell(&mut self, told: impl Fn(Figures) -> Figures) {
        // No more can be owed than the change adds: a line that is counted and not listed may be one that looks like no code.
        let of = |part: Ratio, told: Option<Ratio>, spare: u64| {
            let told = told.unwrap_or(part);
            let more = told.total.saturating_sub(part.total).min(spare);
            Ratio::new(told.covered.min(part.covered), part.total.saturating_add(more))
        };
        let Owed { lines, branches, functions, .. } = *self;
        let all = told(Figures {
            lines: Some(lines),
            branches: Some(branches),
            functions: Some(functions),
            statements: None,
        });
        self.lines = of(lines, all.lines, self.no_code);
        self.branches = of(branches, all.branches, u64::MAX);
        self.functions = of(functions, all.functions, u64::MAX);
    }

    /// Adds what is owed of another file.
    fn unite(&mut self, other: Owed) {
        self.lines = self.lines.plus(other.lines);
        self.branches = self.branches.plus(other.branches);
        self.functions = self.functions.plus(other.functions);
        self.uncovered.extend(other.uncovered);
        self.no_code = self.no_code.saturating_add(other.no_code);
        self.outside.extend(other.outside);
    }

    /// The files with owed lines that are not covered, the one with the most first.
    fn name_uncovered(&self, status: GateStatus, source: Option<&str>, out: &mut Judgement) {
        let mut files: Vec<(&String, &Vec<u32>)> = self.uncovered.iter().collect();
        files.sort_by_key(|(_, lines)| Reverse(lines.len()));
        for (name, lines) in files {
            let (s, are) = if lines.len() == 1 { ("", "is") } else { ("s", "are") };
            let message = format!("{name}: new line{s} {} {are} not covered", ranges(lines));
            let v = sourced(Violation::new("patch-below", status, message), source);
            let mut v = at(v, name, lines.first().copied());
            v.id = Some(name.clone());
            out.violations.push(v);
        }
    }
}

/// What new lines are judged upon.
#[derive(Clone, Copy)]
struct Ground<'g> {
    diff: &'g Diff,
    coverage: &'g Coverage,
    files: Option<&'g dyn ProjectFiles>,
}

/// Where the statements of a Python source begin, where it can be read.
struct Statements {
    source: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    first: Vec<u32>,
}

impl Statements {
    fn of(files: Option<&dyn ProjectFiles>, name: &str) -> Self {
        let source = files.and_then(|f| f.read(name).ok().flatten()).unwrap_or_default();
        let ends = memchr::memchr_iter(b'\n', &source).chain([source.len()]).collect();
        Statements { first: first_lines(&source), ends, source }
    }

    /// Whether the statement that goes on in a line ran; `None` where it is none that the report lists. Without the source only one that did not
    /// run is taken for it: a docstring would look the same.
    fn ran(&self, covered: &FileCoverage, number: u32, added: &[AddedLine<'_>]) -> Option<bool> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| end + 1));
        let text = start.zip(self.ends.get(at)).and_then(|(start, end)| self.source.get(start..*end));
        let text = text.map(<[u8]>::trim_ascii_end);
        let new = added.binary_search_by_key(&number, |l| l.number).ok().and_then(|n| added.get(n));
        if text.is_some() && text == new.map(|l| l.text.trim_ascii_end()) {
            let first = self.first.get(at)?;
            let line = covered.lines.binary_search_by_key(first, |l| l.number).ok()?;
            return covered.lines.get(line).map(|l| l.hits > 0);
        }
        // It is not listed itself.
        let before = covered.lines.binary_search_by_key(&number, |l| l.number).err()?.checked_sub(1)?;
        let line = covered.lines.get(before)?;
        // What is left out from there on, up to this line, is another statement.
        let next = covered.left_out.binary_search(&line.number).unwrap_or_else(|next| next);
        let left_out = covered.left_out.get(next).is_some_and(|n| *n <= number);
        (line.hits == 0 && !left_out).then_some(false)
    }
}

/// The files that reports measure, to be found by a diff's names.
struct Measured<'c> {
    coverage: &'c Coverage,
    /// Names that are not below the root: absolute ones, and Erlang's modules, by their last component.
    others: BTreeMap<&'c str, Vec<&'c str>>,
    kinds: BTreeSet<String>,
}

impl<'c> Measured<'c> {
    fn of(coverage: &'c Coverage) -> Self {
        let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut kinds = BTreeSet::new();
        for name in coverage.files.keys().map(AsRef::as_ref) {
            let last = last(name);
            if name.starts_with('/') || name.contains(['\\', ':']) || is_module(name) {
                others.entry(last).or_default().push(name);
            }
            kinds.insert(if is_module(name) { "erl".to_owned() } else { extension(last).to_ascii_lowercase() });
        }
        Measured { coverage, others, kinds }
    }

    /// Whether the file is of a kind that the reports measure.
    fn is_kind_of(&self, name: &str) -> bool {
        self.kinds.contains(&extension(name).to_ascii_lowercase())
    }

    /// The one file of the reports that is meant.
    fn find(&self, name: &str) -> Option<(&'c str, &'c FileCoverage)> {
        if let Some((key, file)) = self.coverage.files.get_key_value(name) {
            return Some((key.as_ref(), file));
        }
        let base = last(name);
        let fits = |report: &&str| {
            let report = report.replace('\\', "/");
            report.strip_suffix(name).is_some_and(|front| front.ends_with('/'))
        };
        let whole = self.others.get(base).into_iter().flatten().copied().filter(fits);
        let module = base.strip_suffix(".erl").and_then(|m| self.others.get(m));
        let mut all = whole.chain(module.into_iter().flatten().copied());
        let (first, second) = (all.next()?, all.next());
        if second.is_some() {
            return None;
        }
        self.coverage.files.get_key_value(first).map(|(key, file)| (key.as_ref(), file))
    }
}

fn is_module(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '.', '\\'])
}

fn last(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// What follows a name's last dot; empty where there is none.
fn extension(name: &str) -> &str {
    last(name).rsplit_once('.').map_or("", |(_, e)| e)
}

/// Why a report speaks of other sources than the diff leads to.
fn stale(
    name: &str,
    covered: &FileCoverage,
    added: &[AddedLine<'_>],
    files: Option<&dyn ProjectFiles>,
) -> Option<Violation> {
    let error =
        |code, message: String, line| Some(at(Violation::new(code, GateStatus::Error, message), name, Some(line)));
    if let (Some(length), Some(beyond)) = (covered.length, added.last())
        && beyond.number > length
    {
        let message = format!(
            "{name} has {} in its report, and the change adds line {}",
            counted(u64::from(length), "line"),
            beyond.number
        );
        return error("patch-stale", message, beyond.number);
    }
    let first = added.first().map_or(1, |l| l.number);
    if !added.is_empty() && !covered.digests.is_empty() {
        let source = files.and_then(|f| f.read(name).ok().flatten());
        if source.is_some_and(|source| !covered.digests.iter().all(|d| is_digest_of(d, &source))) {
            let message = format!("{name} has another text in its report than it has here");
            return error("patch-stale", message, first);
        }
    }
    for line in added {
        let from = covered.sums.partition_point(|s| s.line < line.number);
        let sums = covered.sums.get(from..).unwrap_or_default().iter().take_while(|s| s.line == line.number);
        let text = line.text.strip_suffix(b"\r").unwrap_or(line.text);
        let is_text = |sum: &[u8; 16]| [line.text, text].iter().any(|t| md5(t) == *sum);
        if sums.into_iter().any(|s| !is_text(&s.md5)) {
            let message =
                format!("line {} of {name} has another text in its report than the change gives it", line.number);
            return error("patch-stale", message, line.number);
        }
    }
    None
}

/// Whether a digest is that of a file, however its lines end: git may have changed that on the way.
fn is_digest_of(digest: &[u8; 16], source: &[u8]) -> bool {
    if md5(source) == *digest {
        return true;
    }
    let lines = || source.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    [b"\n".as_slice(), b"\r\n"].iter().any(|end| md5(&lines().collect::<Vec<_>>().join(*end)) == *digest)
}

/// For each line, in order, whether the innermost statement around it ran; `None` where none is around it.
fn owners(statements: &[Statement], lines: &[u32]) -> Vec<Option<bool>> {
    let mut own = vec![None; lines.len()];
    // Those that have no owner yet.
    let mut free: BTreeSet<usize> = (0..lines.len()).collect();
    let mut order: Vec<&Statement> = statements.iter().filter(|s| s.place.0 > 0 && s.place.2 >= s.place.0).collect();
    // The shortest first; of equals the one that starts last, and one that did not run.
    order.sort_by_key(|s| (s.place.2 - s.place.0, Reverse((s.place.0, s.place.1)), s.hits > 0));
    for s in order {
        let start = lines.partition_point(|l| *l < s.place.0);
        let within = free.range(start..).copied().take_while(|at| lines.get(*at).is_some_and(|l| *l <= s.place.2));
        for at in within.collect::<Vec<_>>() {
            free.remove(&at);
            if let Some(slot) = own.get_mut(at) {
                *slot = Some(s.hits > 0);
            }
        }
    }
    own
}

fn at(mut v: Violation, name: &str, line: Option<u32>) -> Violation {
    v.place = Some(Place { path: name.into(), line, column: None });
    v
}

/// Numbers in words: `3, 5-9`.
fn ranges(lines: &[u32]) -> String {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for n in lines {
        match out.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*n) => *end = *n,
            _ => out.push((*n, *n)),
        }
    }
    let more = if out.len() > RANGES { ", …" } else { "" };
    let shown: Vec<String> = out
        .iter()
        .take(RANGES)
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    format!("{}{more}", shown.join(", "))
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Percentages alone say nothing of single lines.
pub(super) fn of_percentages(source: &str) -> Violation {
    empty("it states percentages alone, so nothing is known of new lines", Some(source))
}

#[cfg(test)]
mod tests;
