//! What coverage says that the working tree does not bear out: lines beyond a file's end, files that are not there, and sources that no report
//! speaks of. Each may have a harmless reason (generated code, a file that no test loads), so that it is a suspicion.

use super::suspicion::Suspected;
use crate::project::ProjectFiles;
use crate::relate::paths::Tree;
use crate::verdict::suspicion::Check;
use gatekeeper_evidence::coverage::FileCoverage;
use gatekeeper_evidence::{Coverage, Data, Evidence, Kind, Ratio};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Files whose ends are looked for, at most.
const LOOKED_AT: usize = 20_000;

/// Each sort of doubt that there is about a report, and one for what no report speaks of.
pub(crate) fn doubts(evidence: &[Evidence], tree: &Tree, files: Option<&dyn ProjectFiles>) -> Vec<Suspected> {
    let reports: Vec<(&Evidence, &Coverage)> = evidence
        .iter()
        .filter_map(|e| match &e.data {
            Data::Coverage(c) => Some((e, c)),
            _ => None,
        })
        .collect();
    let mut out = Vec::new();
    for (e, coverage) in &reports {
        let of = |check, words: Option<String>| words.map(|words| Suspected::of(check, e, words));
        out.extend(of(Check::FilesNotThere, ghosts(coverage, tree)));
        out.extend(of(Check::BeyondTheEnd, files.and_then(|f| beyond(coverage, tree, f))));
    }
    let covered: Vec<&Coverage> = reports.iter().map(|(_, c)| *c).collect();
    let of_all = |words| Suspected { check: Check::UnreportedSources, path: None, kind: Kind::Coverage, words };
    out.extend(unreported(&covered, tree).map(of_all));
    out
}

fn lines(file: &FileCoverage) -> Ratio {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    match file.stated.lines {
        Some(stated) if file.lines.is_empty() => stated,
        _ => Ratio::new(count(file.lines.iter().filter(|l| l.hits > 0).count()), count(file.lines.len())),
    }
}

/// Files that the tree does not have, where the share of covered lines is higher with them.
fn ghosts(coverage: &Coverage, tree: &Tree) -> Option<String> {
    let sum = |of: &mut dyn Iterator<Item = &FileCoverage>| {
        of.map(lines).fold(Ratio::default(), |sum: Ratio, file| sum.plus(file))
    };
    let of = |there: bool| coverage.files.iter().filter(move |(name, _)| tree.has(name) == there).map(|(_, file)| file);
    let (own, ghosts) = (sum(&mut of(true)), sum(&mut of(false)));
    // covered / total of the ghosts above that of the tree's own.
    let raised =
        u128::from(ghosts.covered) * u128::from(own.total) > u128::from(own.covered) * u128::from(ghosts.total);
    if !raised {
        return None;
    }
    let mut names = coverage.files.keys().filter(|name| !tree.has(name));
    let first = names.next()?;
    let more = names.count();
    let what = match more {
        0 => format!("{first} is no file of this tree, and its"),
        n => format!("{first} and {n} more are no files of this tree, and their"),
    };
    Some(format!("{what} {} covered lines of {} raise the share", ghosts.covered, ghosts.total))
}

/// Covered lines that a file does not have. What follows the last line's end is one more for some tools.
fn beyond(coverage: &Coverage, tree: &Tree, files: &dyn ProjectFiles) -> Option<String> {
    let last = |f: &FileCoverage| f.lines.iter().filter(|l| l.hits > 0).map(|l| l.number).max();
    let some: Vec<(&str, u32)> = coverage
        .files
        .iter()
        .filter(|(name, _)| tree.has(name))
        .filter_map(|(name, file)| Some((name.as_ref(), last(file)?)))
        .take(LOOKED_AT)
        .collect();
    let too_far: Vec<(&str, u32, usize)> = some
        .par_iter()
        .filter_map(|(name, last)| {
            let text = files.read(name).ok().flatten()?;
            let there = length(&text);
            // An empty file holds the place of one that was not checked out.
            (there > 0 && usize::try_from(*last).unwrap_or(usize::MAX) > there + 1).then_some((*name, *last, there))
        })
        .collect();
    let (name, last, there) = too_far.first()?;
    let more = match too_far.len() - 1 {
        0 => String::new(),
        1 => ", and of 1 more file".to_owned(),
        n => format!(", and of {n} more files"),
    };
    Some(format!("covers line {last} of {name}, which has {there}{more}: it is of another version of the sources"))
}

fn length(text: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', text).count();
    ends + usize::from(text.last().is_some_and(|b| *b != b'\n'))
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, e)| e)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a file's name says that it is none that coverage is asked of: a test, a declaration, a setting.
fn is_beside(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let folders =
        ["test", "tests", "__tests__", "spec", "specs", "e2e", "fixtures", "examples", "mocks", "__mocks__", "stories"];
    folder(&lower).split('/').any(|part| folders.contains(&part))
        || ["test", "spec", ".d.ts", ".config.", ".stories.", "conftest", "setup.", "mock"]
            .iter()
            .any(|w| name.contains(w))
        || ["__init__.py", "mod.rs", "build.rs", "package-info.java", "module-info.java"].contains(&name)
}

/// Source files of the same sorts, beside or below those that reports speak of, that no report speaks of.
fn unreported(reports: &[&Coverage], tree: &Tree) -> Option<String> {
    let named: BTreeSet<&str> =
        reports.iter().flat_map(|c| c.files.keys()).map(AsRef::as_ref).filter(|f| tree.has(f)).collect();
    let left_out: BTreeSet<&str> = reports.iter().flat_map(|c| &c.not_counted).map(String::as_str).collect();
    let sorts: BTreeSet<&str> = named.iter().filter_map(|f| extension(f)).collect();
    let folders: BTreeSet<&str> = named.iter().map(|f| folder(f)).collect();
    let below = |path: &str| {
        let mut at = folder(path);
        loop {
            if folders.contains(at) {
                // Below the root lies everything.
                return !at.is_empty() || folder(path).is_empty();
            }
            match at.rsplit_once('/') {
                Some((up, _)) => at = up,
                None => return false,
            }
        }
    };
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
    };
    let all: Vec<&str> = tree
        .files()
        .filter(|f| extension(f).is_some_and(|e| sorts.contains(e)))
        .filter(|f| !named.contains(f) && !is_beside(f) && below(f))
        .filter(|f| !left_out.contains(f) && !left_out.contains(stem(f).as_str()))
        .collect();
    let first = all.first()?;
    Some(match all.len() - 1 {
        0 => format!("{first} is in no coverage report: nothing says whether anything runs it"),
        n => format!(
            "{first} and {n} more source files are in no coverage report: nothing says whether anything runs them"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::checksums::Algorithm;
    use gatekeeper_evidence::coverage::{Line, Stated};
    use gatekeeper_evidence::glob::Pattern;
    use std::collections::BTreeMap;

    #[derive(Debug)]
    struct Sources(BTreeMap<&'static str, String>);

    impl ProjectFiles for Sources {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(self.0.get(path).map(|t| t.clone().into_bytes()))
        }

        fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
            Ok(None)
        }

        fn matching(&self, _: &[&Pattern]) -> Result<Vec<String>, String> {
            Ok(Vec::new())
        }
    }

    /// Lines 1 to `total` of each file, the first of them covered.
    fn told(report: &[(&str, u32, u32)], sources: &[(&'static str, usize)]) -> Vec<String> {
        let mut coverage = Coverage::default();
        for (name, covered, total) in report {
            let lines = (1..=*total).map(|number| Line { number, hits: u32::from(number <= *covered) }).collect();
            coverage.add(*name, FileCoverage { lines, ..FileCoverage::default() });
        }
        let source = Source { path: "lcov.info".to_owned(), ..Source::default() };
        let e = Evidence { source, complete: None, notes: Vec::new(), data: Data::Coverage(coverage) };
        let tree = Tree::new(sources.iter().map(|(name, _)| *name));
        let files = Sources(sources.iter().map(|(name, n)| (*name, "x\n".repeat(*n))).collect());
        doubts(&[e], &tree, Some(&files)).into_iter().map(|s| s.words).collect()
    }

    #[test]
    fn lines_beyond_a_files_end_are_told() {
        assert_eq!(told(&[("a.c", 5, 11)], &[("a.c", 10)]), Vec::<String>::new());
        assert!(told(&[("a.c", 11, 11)], &[("a.c", 10)]).is_empty(), "one more is what some tools write");
        let beyond = told(&[("a.c", 12, 12)], &[("a.c", 10)]);
        assert!(beyond.len() == 1 && beyond[0].contains("line 12 of a.c, which has 10"), "{beyond:?}");
        assert!(told(&[("a.c", 12, 12)], &[("a.c", 0)]).is_empty());
        assert!(told(&[("a.c", 5, 12)], &[("a.c", 10)]).is_empty(), "nothing ran there");
        let many = [("a.c", 12, 12), ("b.c", 12, 12), ("c.c", 12, 12)];
        let of = |n: usize| told(&many[..n], &[("a.c", 10), ("b.c", 10), ("c.c", 10)]).remove(0);
        assert!(of(1).contains("which has 10: it"), "{}", of(1));
        assert!(of(2).contains("which has 10, and of 1 more file: it"), "{}", of(2));
        assert!(of(3).contains("which has 10, and of 2 more files: it"), "{}", of(3));
    }

    #[test]
    fn the_last_line_may_lack_its_end() {
        assert_eq!([length(b""), length(b"a\n"), length(b"a\nb"), length(b"\n\n")], [0, 1, 2, 2]);
    }

    #[test]
    fn figures_that_are_stated_count_where_no_line_is_listed() {
        let stated = Stated { lines: Some(Ratio::new(7, 9)), ..Stated::default() };
        let listed = vec![Line { number: 1, hits: 3 }, Line { number: 2, hits: 0 }];
        let of = |lines: Vec<Line>| lines_of(FileCoverage { lines, stated, ..FileCoverage::default() });
        let lines_only = lines_of(FileCoverage { lines: listed.clone(), ..FileCoverage::default() });
        assert_eq!((of(Vec::new()), of(listed), lines_only), (Ratio::new(7, 9), Ratio::new(1, 2), Ratio::new(1, 2)));
    }

    fn lines_of(file: FileCoverage) -> Ratio {
        lines(&file)
    }

    #[test]
    fn files_that_are_not_there_are_told_where_they_help() {
        let sources = [("a.c", 100)];
        let ghost = |covered| told(&[("a.c", 50, 100), ("ghost.c", covered, 10)], &sources);
        assert!(ghost(6).len() == 1 && ghost(6)[0].contains("ghost.c is no file of this tree"), "{:?}", ghost(6));
        assert!(ghost(5).is_empty() && ghost(0).is_empty());
    }

    #[test]
    fn sources_that_no_report_speaks_of_are_told() {
        let with = |name: &'static str, n| told(&[("src/a.c", 1, 1)], &[("src/a.c", 1), (name, n)]);
        assert_eq!(with("src/bad.c", 1), ["src/bad.c is in no coverage report: nothing says whether anything runs it"]);
        assert_eq!(with("src/deep/bad.c", 1).len(), 1);
        for other in ["src/bad.h", "lib/bad.c", "bad.c", "src/a_test.c", "src/tests/x.c"] {
            assert!(with(other, 1).is_empty(), "{other}");
        }
        let two = told(&[("src/a.c", 1, 1)], &[("src/a.c", 1), ("src/b.c", 1), ("src/c.c", 1)]);
        assert!(two.len() == 1 && two[0].contains("src/b.c and 1 more"), "{two:?}");
        assert!(told(&[("a.c", 1, 1)], &[("a.c", 1), ("other/b.c", 1)]).is_empty(), "below the root lies everything");
        // What a tool says that it left out is told of elsewhere, by its path or as a module.
        let left_out = |names: &[&str]| {
            let mut coverage =
                Coverage { not_counted: names.iter().map(|n| (*n).to_owned()).collect(), ..Coverage::default() };
            coverage.add("src/a.erl", FileCoverage::default());
            unreported(&[&coverage], &Tree::new(["src/a.erl", "src/b.erl"])).is_none()
        };
        assert_eq!(
            [left_out(&[]), left_out(&["src/b.erl"]), left_out(&["b"]), left_out(&["c"])],
            [false, true, true, false]
        );
    }
}
