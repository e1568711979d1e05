//! Files that coverage was measured of, then and now. A file that only moved is matched: as the change itself renames it, or by the same name with as
//! many lines, or by the same lines.

use gatekeeper_evidence::Coverage;
use gatekeeper_evidence::coverage::FileCoverage;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Fewest lines that are a mark of a file whose name changed.
const MARK: usize = 5;

/// What became of the files of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Files<'e> {
    /// How many there were.
    pub before: u64,
    /// Those that nothing is measured of any more.
    pub gone: Vec<&'e str>,
    /// Those that are measured under another path: then, now.
    pub moved: BTreeMap<&'e str, &'e str>,
}

fn names(coverage: &Coverage) -> impl Iterator<Item = &str> {
    let printed = coverage.percent.iter().flat_map(|p| p.files.keys());
    coverage.files.keys().chain(printed).map(AsRef::as_ref)
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Holds the files of reports against those of earlier ones. `renames`: what the change calls otherwise, the name before and the name after.
pub(crate) fn files<'e>(before: &[&'e Coverage], now: &[&'e Coverage], renames: &BTreeMap<&str, &str>) -> Files<'e> {
    let there: BTreeSet<&str> = now.iter().flat_map(|c| names(c)).collect();
    let known: BTreeSet<&str> = before.iter().flat_map(|c| names(c)).collect();
    let of = |all: &[&'e Coverage], name: &str| all.iter().find_map(|c| c.files.get(name));
    let new: Vec<&'e str> = there.difference(&known).copied().collect();
    let mut by_base: HashMap<&str, Vec<&'e str>> = HashMap::new();
    let mut by_lines: HashMap<Vec<u32>, Vec<&'e str>> = HashMap::new();
    for name in new.iter().rev() {
        by_base.entry(base(name)).or_default().push(name);
        let lines = of(now, name).map(numbers).unwrap_or_default();
        if lines.len() >= MARK {
            by_lines.entry(lines).or_default().push(name);
        }
    }
    let mut out = Files { before: u64::try_from(known.len()).unwrap_or(u64::MAX), ..Files::default() };
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let renamed = |name: &str| renames.get(name).and_then(|now| there.get(*now)).copied();
    for (name, moved) in known.difference(&there).filter_map(|name| Some((*name, renamed(name)?))) {
        if !known.contains(moved) && used.insert(moved) {
            out.moved.insert(name, moved);
        }
    }
    for name in known.difference(&there).copied() {
        if out.moved.contains_key(name) {
            continue;
        }
        let own = of(before, name);
        let lines = own.map(numbers).unwrap_or_default();
        let as_many = |other: &&'e str| of(now, other).map(numbers).unwrap_or_default().len() == lines.len();
        let same_name = by_base.get(base(name)).into_iter().flatten().rev().filter(|n| as_many(n));
        let same_lines = by_lines.get(&lines).into_iter().flatten().rev();
        match same_name.chain(same_lines).copied().find(|n| !used.contains(n)) {
            Some(moved) => {
                used.insert(moved);
                out.moved.insert(name, moved);
            }
            None => out.gone.push(name),
        }
    }
    out
}

fn numbers(file: &FileCoverage) -> Vec<u32> {
    file.lines.iter().map(|l| l.number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::coverage::Line;

    fn coverage(files: &[(&str, u32, u32)]) -> Coverage {
        let mut out = Coverage::default();
        for (name, first, n) in files {
            let lines = (*first..first + n).map(|number| Line { number, hits: 1 }).collect();
            out.add(*name, FileCoverage { lines, ..FileCoverage::default() });
        }
        out
    }

    fn told(before: &[(&str, u32, u32)], now: &[(&str, u32, u32)]) -> (Vec<String>, Vec<(String, String)>) {
        let (before, now) = (coverage(before), coverage(now));
        let f = files(&[&before], &[&now], &BTreeMap::new());
        let moved = f.moved.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        (f.gone.iter().map(|g| (*g).to_owned()).collect(), moved)
    }

    #[test]
    fn what_the_change_renames_has_moved() {
        let of = |renames: &[(&str, &str)]| {
            let (before, now) =
                (coverage(&[("a.py", 1, 3), ("c.py", 1, 3)]), coverage(&[("b.py", 7, 9), ("c.py", 1, 3)]));
            let f = files(&[&before], &[&now], &renames.iter().copied().collect());
            (f.gone.len(), f.moved.get("a.py").map(|s| (*s).to_owned()))
        };
        assert_eq!(of(&[]), (1, None));
        assert_eq!(of(&[("a.py", "b.py")]), (0, Some("b.py".to_owned())));
        // What is not measured, or was there before, is no new name.
        assert_eq!((of(&[("a.py", "x.py")]), of(&[("a.py", "c.py")])), ((1, None), (1, None)));
    }

    #[test]
    fn files_are_gone_or_have_moved() {
        let moved = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(told(&[("a/x.py", 1, 3)], &[("b/x.py", 2, 3)]), (vec![], moved("a/x.py", "b/x.py")));
        assert_eq!(told(&[("a/x.py", 1, 3)], &[("b/x.py", 1, 4)]).0, ["a/x.py"]);
        assert_eq!(told(&[("a/x.py", 1, 5)], &[("a/y.py", 1, 5)]), (vec![], moved("a/x.py", "a/y.py")));
        assert_eq!(told(&[("a/x.py", 1, 4)], &[("a/y.py", 1, 4)]).0, ["a/x.py"]);
        assert_eq!(told(&[("a/x.py", 1, 5)], &[("a/y.py", 2, 5)]).0, ["a/x.py"]);
        assert_eq!(told(&[("a", 1, 5)], &[("a", 2, 9)]), (vec![], vec![]));
        // One file stands for one.
        assert_eq!(told(&[("a/x", 1, 5), ("b/x", 1, 5)], &[("c/x", 1, 5)]), (vec!["b/x".into()], moved("a/x", "c/x")));
    }
}
