//! Coverage: per file, lines with hits, branches, functions and statements; or counters alone, where a format has only those.

mod claim;

pub use claim::{Claim, Disagreement};

use super::Ratio;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Coverage of a set of files.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// By the file's (or module's) name as the report gives it.
    pub files: BTreeMap<Box<str>, FileCoverage>,
    /// Percentages, where a format states nothing else.
    pub percent: Option<Percentages>,
    /// Roots that relative names may stand under (Cobertura's `<source>`).
    pub roots: Vec<String>,
    /// Files or modules that the tool names as left out of its figures.
    pub not_counted: Vec<String>,
    /// Which figures the format speaks of at all: a format without branches has no branch figure, not 0 of 0.
    pub metrics: Metrics,
    /// Counters of the whole, for what no file lists or states.
    pub stated: Stated,
    /// Where the document's counters of the whole disagree with what its files come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Box<Claim>>,
}

/// Which figures a report speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Lines.
    pub lines: bool,
    /// Branches.
    pub branches: bool,
    /// Functions.
    pub functions: bool,
    /// Statements.
    pub statements: bool,
}

/// Percentages as stated (`rebar3 cover`'s console table): cut to the digits that the tool printed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Percentages {
    /// The whole, as printed: "12", "85.3".
    pub total: Box<str>,
    /// By file or module, as printed.
    pub files: BTreeMap<Box<str>, Box<str>>,
}

/// Coverage of one file. Lists are sorted by line; a figure is either listed or, where the report only states it, a counter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCoverage {
    /// Executable lines, each once, sorted.
    pub lines: Vec<Line>,
    /// Branches with an identity of their own, sorted.
    pub branches: Vec<Branch>,
    /// Branches that the report only counts per line, sorted by line, each line once.
    pub line_branches: Vec<LineBranches>,
    /// Functions, each once, sorted by (line, name).
    pub functions: Vec<Function>,
    /// Whether the line alone says which function is meant: names of one line are then aliases of one function (LCOV).
    pub functions_by_line: bool,
    /// Statements that have a place, sorted, each once.
    pub statements: Vec<Statement>,
    /// Counters for what the report states and does not list, each on its own.
    pub stated: Stated,
    /// Where the report's counters of this file disagree with what it lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Box<Claim>>,
    /// What the report records of the text of lines, sorted: by it a report of another version of the file is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<LineSum>,
    /// Lines of which the report says that they are no code or are left out, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<u32>,
    /// How many lines the file has, where the report has an entry for each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// MD5 of the whole file, as reports record it, sorted; several where reports differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<[u8; 16]>,
    /// Whether a listed line stands for the statement that begins there, however many lines that has (coverage.py with branches).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_first_line: bool,
}

/// The MD5 of a line's text, as LCOV (`--checksum`) and gcovr record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSum {
    /// The line.
    pub line: u32,
    /// MD5 of its text without the end of the line.
    pub md5: [u8; 16],
}

/// Counters of a file for what the report does not list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Lines.
    pub lines: Option<Ratio>,
    /// Branches.
    pub branches: Option<Ratio>,
    /// Functions.
    pub functions: Option<Ratio>,
    /// Statements.
    pub statements: Option<Ratio>,
}

/// An executable line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number (from 1; some producers list generated code on line 0).
    pub number: u32,
    /// How often it ran. Counts above `u32::MAX` are kept as that.
    pub hits: u32,
}

/// One arm of a branch. (line, block, arm) is its identity within the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// The line it stands on.
    pub line: u32,
    /// The block or decision on that line.
    pub block: u32,
    /// The arm of that decision.
    pub arm: u32,
    /// How often it was taken; `u32::MAX` stands for that and more.
    pub hits: u32,
}

/// Branches of a line, counted only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineBranches {
    /// The line.
    pub line: u32,
    /// Arms taken.
    pub covered: u32,
    /// Arms there are.
    pub total: u32,
}

/// A function or method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// First line, 0 where not known.
    pub line: u32,
    /// Its name; with signature or arity where the format gives one.
    pub name: Box<str>,
    /// How often it was called; `u32::MAX` stands for that and more.
    pub hits: u32,
}

/// A statement, identified by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// (start line, start column, end line, end column); what a format does not give is 0.
    pub place: (u32, u32, u32, u32),
    /// How many statements the place stands for (Go's blocks hold several).
    pub count: u32,
    /// How often it ran; `u32::MAX` stands for that and more.
    pub hits: u32,
}

/// The figures of a file or of the whole. `None`: the report does not speak of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Lines.
    pub lines: Option<Ratio>,
    /// Branches.
    pub branches: Option<Ratio>,
    /// Functions.
    pub functions: Option<Ratio>,
    /// Statements.
    pub statements: Option<Ratio>,
}

fn count<T>(items: &[T], covered: impl Fn(&T) -> bool) -> Ratio {
    let n = items.iter().filter(|i| covered(i)).count();
    Ratio { covered: u64::try_from(n).unwrap_or(u64::MAX), total: u64::try_from(items.len()).unwrap_or(u64::MAX) }
}

impl FileCoverage {
    /// Sorts and unites what a parser pushed in reading order: repeated lines, branches, functions and statements become one each,
    /// with the highest count. Parsers that add up repeated records do so themselves before.
    pub fn normalise(&mut self) {
        unite(&mut self.lines, |a| a.number, |a, b| a.hits = a.hits.max(b.hits));
        unite(&mut self.branches, |a| (a.line, a.block, a.arm), |a, b| a.hits = a.hits.max(b.hits));
        unite(
            &mut self.line_branches,
            |a| a.line,
            |a, b| {
                a.covered = a.covered.max(b.covered);
                a.total = a.total.max(b.total);
            },
        );
        self.unite_functions(u32::max);
        unite(
            &mut self.statements,
            |a| a.place,
            |a, b| {
                a.hits = a.hits.max(b.hits);
                a.count = a.count.max(b.count);
            },
        );
        self.normalise_texts();
        self.lines.shrink_to_fit();
        self.branches.shrink_to_fit();
        self.line_branches.shrink_to_fit();
        self.functions.shrink_to_fit();
        self.statements.shrink_to_fit();
    }

    /// What is recorded of texts, sorted and each once; of one line several may be there, where reports differ.
    fn normalise_texts(&mut self) {
        self.sums.sort_unstable();
        self.sums.dedup();
        self.left_out.sort_unstable();
        self.left_out.dedup();
        self.digests.sort_unstable();
        self.digests.dedup();
    }

    /// Takes over what another record says of texts; of two lengths the shorter one, which sooner tells that it is out of date.
    fn add_texts(&mut self, sums: Vec<LineSum>, left_out: Vec<u32>, length: Option<u32>) {
        self.sums.extend(sums);
        self.left_out.extend(left_out);
        self.length = match (self.length, length) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.normalise_texts();
    }

    /// Whether the report says of this line that it is no code: it has an entry for it, or for every line of the file.
    pub fn says_no_code(&self, line: u32) -> bool {
        self.length.is_some_and(|length| line <= length) || self.left_out.binary_search(&line).is_ok()
    }

    /// Each function once: by line and name; by the line alone where that is what identifies it (a line that is not known, 0, never does).
    fn unite_functions(&mut self, join: impl Fn(u32, u32) -> u32) {
        let by_line = self.functions_by_line;
        let order = |a: &Function, b: &Function| (a.line, &a.name).cmp(&(b.line, &b.name));
        if !self.functions.is_sorted_by(|a, b| order(a, b).is_le()) {
            self.functions.sort_by(order);
        }
        self.functions.dedup_by(|next, kept| {
            let same = next.line == kept.line && (next.name == kept.name || (by_line && next.line > 0));
            if same {
                kept.hits = join(kept.hits, next.hits);
            }
            same
        });
    }

    /// Unites with a repeated record of the same report, whose counts add up (LCOV's several `SF` of one file).
    pub fn add_up(&mut self, other: FileCoverage) {
        self.lines.extend(other.lines);
        unite(&mut self.lines, |a| a.number, |a, b| a.hits = a.hits.saturating_add(b.hits));
        self.branches.extend(other.branches);
        unite(&mut self.branches, |a| (a.line, a.block, a.arm), |a, b| a.hits = a.hits.saturating_add(b.hits));
        self.functions.extend(other.functions);
        self.functions_by_line |= other.functions_by_line;
        self.unite_functions(u32::saturating_add);
        self.merge(FileCoverage {
            line_branches: other.line_branches,
            statements: other.statements,
            stated: other.stated,
            sums: other.sums,
            left_out: other.left_out,
            length: other.length,
            digests: other.digests,
            by_first_line: other.by_first_line,
            ..FileCoverage::default()
        });
        self.claim = Claim::add_up(self.claim.take(), other.claim);
    }

    /// The figures of this file, of the metrics that the report speaks of.
    pub fn figures(&self, metrics: Metrics) -> Figures {
        let listed_or = |on: bool, listed: Ratio, stated: Option<Ratio>| {
            on.then(|| if listed.total > 0 { listed } else { stated.unwrap_or(listed) })
        };
        // A line's own arms are known better than its count.
        let counted =
            self.line_branches.iter().filter(|l| self.branches.binary_search_by(|b| b.line.cmp(&l.line)).is_err());
        let by_line =
            counted.fold(Ratio::default(), |sum, l| sum.plus(Ratio::new(u64::from(l.covered), u64::from(l.total))));
        let statements = self.statements.iter().fold(Ratio::default(), |sum, s| {
            let n = u64::from(s.count);
            sum.plus(Ratio { covered: if s.hits > 0 { n } else { 0 }, total: n })
        });
        let figures = Figures {
            lines: listed_or(metrics.lines, count(&self.lines, |l| l.hits > 0), self.stated.lines),
            branches: listed_or(
                metrics.branches,
                count(&self.branches, |b| b.hits > 0).plus(by_line),
                self.stated.branches,
            ),
            functions: listed_or(metrics.functions, count(&self.functions, |f| f.hits > 0), self.stated.functions),
            statements: listed_or(metrics.statements, statements, self.stated.statements),
        };
        Claim::apply(self.claim.as_deref(), figures)
    }

    /// The figures of some of this file's items, where its counters tell it (see [`Coverage::by_totals`]): what they miss may be missing there.
    pub fn told_of_part(&self, part: Figures) -> Figures {
        Claim::apply_to_part(self.claim.as_deref(), part)
    }

    /// Keeps what the report's counters of this file say otherwise than its list; of figures that it does not list the counters count.
    pub fn hold_against(&mut self, stated: &Stated) {
        self.claim = Claim::of(stated, &self.figures(Metrics::ALL));
    }

    /// Unites with another report's view of the same file: lines, branches, functions and statements by identity, the highest count of
    /// each. Commutative, associative and idempotent on what [`FileCoverage::normalise`] gives.
    pub fn merge(&mut self, other: FileCoverage) {
        self.lines.extend(other.lines);
        self.branches.extend(other.branches);
        self.line_branches.extend(other.line_branches);
        self.functions.extend(other.functions);
        self.functions_by_line |= other.functions_by_line;
        self.statements.extend(other.statements);
        self.stated.merge(other.stated);
        self.claim = Claim::merge(self.claim.take(), other.claim);
        self.digests.extend(other.digests);
        self.by_first_line |= other.by_first_line;
        self.add_texts(other.sums, other.left_out, other.length);
        self.normalise();
    }
}

impl Stated {
    /// The higher of each counter: counters do not say which lines they mean, so they cannot be united further.
    pub fn merge(&mut self, other: Stated) {
        let higher = |a: &mut Option<Ratio>, b: Option<Ratio>| {
            *a = match (*a, b) {
                (Some(x), Some(y)) => Some(Ratio { covered: x.covered.max(y.covered), total: x.total.max(y.total) }),
                (x, y) => x.or(y),
            };
        };
        higher(&mut self.lines, other.lines);
        higher(&mut self.branches, other.branches);
        higher(&mut self.functions, other.functions);
        higher(&mut self.statements, other.statements);
    }
}

fn unite<T: Copy, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K, join: impl Fn(&mut T, &T)) {
    if !items.windows(2).all(|w| matches!(w, [a, b] if key(a) < key(b))) {
        items.sort_by_key(&key);
        items.dedup_by(|next, kept| {
            let same = key(next) == key(kept);
            if same {
                join(kept, next);
            }
            same
        });
    }
}

impl Coverage {
    /// Adds what a report says of a file, united with what is there already.
    pub fn add(&mut self, name: impl Into<Box<str>>, mut file: FileCoverage) {
        use std::collections::btree_map::Entry;
        match self.files.entry(name.into()) {
            Entry::Vacant(e) => {
                file.normalise();
                e.insert(file);
            }
            Entry::Occupied(mut e) => e.get_mut().merge(file),
        }
    }

    /// Adds a further record of the same report, whose counts add up with those of earlier ones; it is as
    /// [`FileCoverage::normalise`] leaves it.
    pub fn add_up(&mut self, name: &str, file: FileCoverage) {
        match self.files.get_mut(name) {
            Some(there) => there.add_up(file),
            None => {
                self.files.insert(name.into(), file);
            }
        }
    }

    /// Says that the report speaks of whatever it has figures for.
    pub fn note_metrics(&mut self) {
        let m = &mut self.metrics;
        let some = |r: Option<Ratio>| r.is_some_and(|r| r.total > 0);
        for (file, stated) in self.files.values().map(|f| (Some(f), &f.stated)).chain([(None, &self.stated)]) {
            let listed = |is: fn(&FileCoverage) -> bool| file.is_some_and(is);
            m.lines = m.lines || listed(|f| !f.lines.is_empty()) || some(stated.lines);
            m.branches = m.branches
                || listed(|f| !f.branches.is_empty() || !f.line_branches.is_empty())
                || some(stated.branches);
            m.functions = m.functions || listed(|f| !f.functions.is_empty()) || some(stated.functions);
            m.statements = m.statements || listed(|f| !f.statements.is_empty()) || some(stated.statements);
        }
    }

    /// The figures of the whole.
    pub fn figures(&self) -> Figures {
        let zero = |on: bool| on.then(Ratio::default);
        let m = self.metrics;
        let start = Figures {
            lines: zero(m.lines),
            branches: zero(m.branches),
            functions: zero(m.functions),
            statements: zero(m.statements),
        };
        let add = |a: Option<Ratio>, b: Option<Ratio>| match (a, b) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
        let sum = self.files.values().fold(start, |sum, file| {
            let f = file.figures(m);
            Figures {
                lines: add(sum.lines, f.lines),
                branches: add(sum.branches, f.branches),
                functions: add(sum.functions, f.functions),
                statements: add(sum.statements, f.statements),
            }
        });
        // What no file has, the whole may state.
        let or_stated = |a: Option<Ratio>, stated: Option<Ratio>| match a {
            Some(r) if r.total == 0 => stated.or(a),
            a => a,
        };
        let figures = Figures {
            lines: or_stated(sum.lines, self.stated.lines),
            branches: or_stated(sum.branches, self.stated.branches),
            functions: or_stated(sum.functions, self.stated.functions),
            statements: or_stated(sum.statements, self.stated.statements),
        };
        Claim::apply(self.claim.as_deref(), figures)
    }

    /// The figures of one of its files. Where its counters tell it (see [`Coverage::by_totals`]), what those of the whole miss may be missing there.
    pub fn figures_of(&self, file: &FileCoverage) -> Figures {
        self.told_of_part(file.figures(self.metrics))
    }

    /// The same for the figures of some of its items.
    pub fn told_of_part(&self, part: Figures) -> Figures {
        Claim::apply_to_part(self.claim.as_deref(), part)
    }

    /// Keeps what counters of the whole say otherwise than the files come to.
    pub fn hold_against(&mut self, stated: &Stated) {
        self.claim = Claim::of(stated, &self.figures());
    }

    /// Keeps what a rate of the lines, from 0 to 1, says otherwise than the files come to by more than its rounding, a hundredth.
    pub fn hold_against_rate(&mut self, rate: f64) {
        let Some(listed) = self.figures().lines else { return };
        let Ok(per_mille) = format!("{:.0}", rate * 1000.0).parse::<u64>() else { return };
        let covered = per_mille.min(1000).saturating_mul(listed.total) / 1000;
        let apart = covered.abs_diff(listed.covered);
        if apart > 1 && apart > listed.total / 100 {
            self.hold_against(&Stated { lines: Some(Ratio::new(covered, listed.total)), ..Stated::default() });
        }
    }

    /// Whether counters of the document promise less than its lists.
    pub fn disagrees(&self) -> bool {
        let claims = self.files.values().map(|f| &f.claim).chain([&self.claim]);
        claims.flatten().any(|c| c.is_worse())
    }

    /// Both numbers in words, where counters disagree with lists: of the whole, else of the first files.
    pub fn disagreement(&self) -> Option<String> {
        if let Some(claim) = &self.claim {
            return Some(claim.words());
        }
        let mut files = self.files.iter().filter_map(|(name, f)| Some((name, f.claim.as_ref()?)));
        let (name, first) = files.next()?;
        let more = match files.count() {
            0 => String::new(),
            n => format!(", and {n} more files"),
        };
        Some(format!("{} in {name}{more}", first.words()))
    }

    /// The coverage as its counters tell it, where they promise less than the lists. `None` where they do not.
    pub fn by_totals(&self) -> Option<Coverage> {
        self.disagrees().then(|| {
            let mut out = self.clone();
            for claim in out.files.values_mut().filter_map(|f| f.claim.as_mut()) {
                claim.applied = true;
            }
            // The whole is held against what the files come to by their own counters: no difference counts twice.
            out.claim = None;
            out.claim = self.claim.as_deref().and_then(|c| c.moved(&self.figures(), &out.figures()));
            out
        })
    }

    /// Unites with another report: files by name, lines by number, branches by identity. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: Coverage) {
        for (name, file) in other.files {
            self.add(name, file);
        }
        self.roots.extend(other.roots);
        self.roots.sort();
        self.roots.dedup();
        self.not_counted.extend(other.not_counted);
        self.not_counted.sort();
        self.not_counted.dedup();
        self.metrics.lines |= other.metrics.lines;
        self.metrics.branches |= other.metrics.branches;
        self.metrics.functions |= other.metrics.functions;
        self.metrics.statements |= other.metrics.statements;
        self.stated.merge(other.stated);
        self.claim = Claim::merge(self.claim.take(), other.claim);
        self.percent = match (self.percent.take(), other.percent) {
            (Some(mut a), Some(b)) => {
                a.merge(b);
                Some(a)
            }
            (a, b) => a.or(b),
        };
    }
}

impl Metrics {
    /// All figures.
    pub const ALL: Metrics = Metrics { lines: true, branches: true, functions: true, statements: true };
}

impl From<Stated> for Figures {
    fn from(s: Stated) -> Self {
        Figures { lines: s.lines, branches: s.branches, functions: s.functions, statements: s.statements }
    }
}

impl Percentages {
    /// Percentages cannot be united; the lower of each is what both reports grant.
    pub fn merge(&mut self, other: Percentages) {
        fn lower(a: &mut Box<str>, b: Box<str>) {
            let key = |t: &str| t.parse::<f64>().unwrap_or(f64::NEG_INFINITY);
            if key(&b).total_cmp(&key(a)).then_with(|| b.cmp(a)).is_lt() {
                *a = b;
            }
        }
        lower(&mut self.total, other.total);
        for (name, value) in other.files {
            match self.files.entry(name) {
                std::collections::btree_map::Entry::Vacant(e) => {
                    e.insert(value);
                }
                std::collections::btree_map::Entry::Occupied(mut e) => lower(e.get_mut(), value),
            }
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod readings;
