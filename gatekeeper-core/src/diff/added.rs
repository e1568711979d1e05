//! Which findings lie on lines that a change adds.

use super::{Diff, FileDiff, Shown};
use gatekeeper_evidence::findings::Finding;
use std::collections::HashMap;

/// The files of a diff, to be found by the names that tools give them.
#[derive(Debug)]
pub(crate) struct Added<'d> {
    by_last: HashMap<&'d str, Vec<&'d FileDiff>>,
}

/// Why a change is held to account for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// It lies on this added line.
    Line(u32),
    /// It names a file of which lines were added, and no line; or the diff does not show which.
    File,
    /// It names no file.
    Nowhere,
}

impl<'d> Added<'d> {
    pub(crate) fn of(diff: &'d Diff) -> Self {
        let mut by_last: HashMap<&str, Vec<&FileDiff>> = HashMap::new();
        for file in diff.files() {
            if let Some(name) = file.new.as_deref() {
                by_last.entry(last(name)).or_default().push(file);
            }
        }
        Added { by_last }
    }

    /// Why the change is held to account for a finding; `None` where it is not.
    pub(crate) fn line_of(&self, finding: &Finding) -> Option<On> {
        let Some(place) = finding.place.as_ref().filter(|p| !p.path.is_empty()) else { return Some(On::Nowhere) };
        let path = place.path.replace('\\', "/");
        let path = path.strip_prefix("./").unwrap_or(&path);
        // A tool may name a file from another folder than git does: what one name ends in whole is the other.
        let ends = |a: &str, b: &str| a.strip_suffix(b).is_some_and(|front| front.is_empty() || front.ends_with('/'));
        let is_it = |file: &&&FileDiff| {
            let name = file.new.as_deref().unwrap_or_default();
            ends(path, name) || ends(name, path)
        };
        let mut files = self.by_last.get(last(path)).into_iter().flatten().filter(is_it);
        files.find_map(|file| {
            if file.shown == Shown::Binary {
                return Some(On::File);
            }
            let Some(first) = place.line else { return (!file.added.is_empty()).then_some(On::File) };
            let end = finding.last_line.unwrap_or(first).max(first);
            let at = file.added.partition_point(|piece| piece.number < first);
            file.added.get(at).map(|piece| piece.number).filter(|number| *number <= end).map(On::Line)
        })
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::Place;

    fn at(path: &str, line: Option<u32>, last_line: Option<u32>) -> Finding {
        Finding { place: Some(Place { path: path.into(), line, column: None }), last_line, ..Finding::default() }
    }

    fn on(finding: &Finding) -> Option<On> {
        let text = b"--- a/src/a.py\n+++ b/src/a.py\n@@ -5,0 +6,2 @@\n+x\n+y\n--- a/src/b.py\n+++ b/src/b.py\n@@ -1 +0,0 @@\n-x\n";
        let diff = Diff::read("d", text.to_vec()).unwrap();
        Added::of(&diff).line_of(finding)
    }

    #[test]
    fn a_finding_counts_on_an_added_line_alone() {
        let of = |line| on(&at("src/a.py", Some(line), None));
        assert_eq!([of(5), of(6), of(7), of(8)], [None, Some(On::Line(6)), Some(On::Line(7)), None]);
    }

    #[test]
    fn a_range_counts_where_any_of_its_lines_was_added() {
        let of = |from, to| on(&at("src/a.py", Some(from), Some(to)));
        assert_eq!([of(1, 5), of(1, 6), of(7, 9), of(8, 9)], [None, Some(On::Line(6)), Some(On::Line(7)), None]);
        // A range that ends before it begins is its first line.
        assert_eq!(of(6, 2), Some(On::Line(6)));
    }

    #[test]
    fn without_a_line_the_file_decides_and_without_a_file_it_counts() {
        assert_eq!(on(&at("src/a.py", None, None)), Some(On::File));
        assert_eq!(on(&at("src/b.py", None, None)), None);
        assert_eq!(on(&at("src/c.py", None, None)), None);
        assert_eq!(on(&Finding::default()), Some(On::Nowhere));
    }

    #[test]
    fn names_may_begin_in_other_folders() {
        for path in ["/home/ci/repo/src/a.py", "./src/a.py", "src\\a.py", "a.py"] {
            assert_eq!(on(&at(path, Some(6), None)), Some(On::Line(6)), "{path}");
        }
        assert_eq!(on(&at("lib/a.py", Some(6), None)), None);
        assert_eq!(on(&at("xsrc/a.py", Some(6), None)), None);
    }
}
