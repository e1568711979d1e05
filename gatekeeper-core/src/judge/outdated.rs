//! Results that are older than the sources that they speak of: a cache brought them, or somebody changed the sources since. What they tell is of
//! another version of the code.
//!
//! In a build folder that is an error. Elsewhere a check-out may have written the sources after the reports (git gives all files the time at which it
//! writes them, and a job that judges what another job brought checks out anew), so that reports older than every source say nothing: only where
//! some of the sources are older than a report and others newer was something changed after it. That is a suspicion.

use super::suspicion::{Suspected, named_files};
use super::unread::Unread;
use crate::project::ProjectFiles;
use crate::relate::paths::{Tree, reconcile};
use crate::verdict::suspicion::Check;
use gatekeeper_evidence::{Data, Evidence};
use std::collections::{BTreeMap, BTreeSet};

/// The folder that keeps results between runs, beside what is built.
const BUILT: &str = "_build";

/// What counts as a source of a project that builds there.
const SOURCES: [&str; 9] = ["erl", "hrl", "xrl", "yrl", "ex", "exs", "eex", "gleam", "src"];

/// How much older a result may be, seconds: a check-out writes files in any order, and file systems tell times by the second or two.
pub(super) const SLACK: i64 = 60;

/// Sources that are looked at, at most.
const MOST: usize = 100_000;

/// Whether evidence lies where old results stay.
pub(crate) fn is_kept_between_runs(e: &Evidence) -> bool {
    e.source.modified.is_some()
        && matches!(e.data, Data::Tests(_) | Data::Coverage(_) | Data::Findings(_))
        && e.source.path.split('/').any(|part| part == BUILT)
}

/// Turns evidence that is older than the sources beside it into inputs that cannot be used.
pub(crate) fn outdated(evidence: &mut Vec<Evidence>, unread: &mut Vec<Unread>, tree: &Tree, files: &dyn ProjectFiles) {
    let mut newest: Vec<(&str, i64)> = Vec::new();
    let sources = tree.files().filter(|f| {
        let extension = f.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, e)| e);
        SOURCES.contains(&extension)
    });
    for file in sources.take(MOST) {
        newest.extend(files.modified(file).map(|m| (file, m)));
    }
    newest.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut kept = Vec::new();
    for e in evidence.drain(..) {
        let later = match (is_kept_between_runs(&e), e.source.modified) {
            (true, Some(written)) => newest
                .iter()
                .find(|(file, _)| speaks_of(&e, file))
                .filter(|(_, changed)| changed.saturating_sub(written) > SLACK)
                .map(|(file, changed)| (*file, changed.saturating_sub(written))),
            _ => None,
        };
        let Some((file, by)) = later else {
            kept.push(e);
            continue;
        };
        let words = format!(
            "is stale: {file} was changed {} after it was written, so it is of an older version: run it again",
            long(by)
        );
        unread.push(Unread::stale(e, words));
    }
    *evidence = kept;
}

/// Whether a result hangs on a source: coverage on the modules that it names, tests and findings on all of them.
fn speaks_of(e: &Evidence, file: &str) -> bool {
    let Data::Coverage(c) = &e.data else { return true };
    let stem = file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or(file);
    let named = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        name == file || last == stem || last.split_once('.').is_some_and(|(s, e)| s == stem && SOURCES.contains(&e))
    };
    c.files.keys().any(|name| named(name)) || c.percent.iter().any(|p| p.files.keys().any(|name| named(name)))
}

fn extension(file: &str) -> &str {
    file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, e)| e)
}

/// Reports elsewhere that were written before one of the sources that they name was changed, where that can be told from a check-out. Coverage has the
/// tree's names by now. A report that was copied after it was written is as young as its file: it may have been written then.
pub(crate) fn older(evidence: &[Evidence], tree: &Tree, files: &dyn ProjectFiles) -> Vec<Suspected> {
    let mut named: Vec<(&Evidence, Vec<String>)> = Vec::new();
    for e in evidence.iter().filter(|e| !is_kept_between_runs(e)) {
        let own = named_files(e).into_iter().filter(|name| tree.has(name)).map(str::to_owned);
        let own: Vec<String> = match &e.data {
            Data::Coverage(_) => own.take(MOST).collect(),
            _ => reconcile(named_files(e), &[], tree, &Default::default()).matched.into_values().collect(),
        };
        if !own.is_empty() {
            named.push((e, own));
        }
    }
    let sorts: BTreeSet<&str> = named.iter().flat_map(|(_, own)| own).map(|f| extension(f)).collect();
    // A report is no source, whatever its extension.
    let reports: BTreeSet<&str> = evidence.iter().map(|e| e.source.path.as_str()).collect();
    let sources = tree.files().filter(|f| sorts.contains(extension(f)) && !reports.contains(f)).take(MOST);
    let changed: BTreeMap<&str, i64> = sources.filter_map(|f| Some((f, files.modified(f)?))).collect();
    let Some(oldest) = changed.values().min().copied() else { return Vec::new() };
    let mut out = Vec::new();
    for (e, own) in named {
        let Some(written) = e.source.modified.max(files.modified(&e.source.path)) else { continue };
        let of = |f: &String| changed.get_key_value(f.as_str()).map(|(f, at)| (*at, *f));
        let Some((at, file)) = own.iter().filter_map(of).max() else { continue };
        let by = at.saturating_sub(written);
        if by > SLACK && oldest <= written {
            let words = format!("was written {} before {file} was changed, so it is of an older version", long(by));
            out.push(Suspected::of(Check::OlderThanSources, e, words));
        }
    }
    out
}

/// A time span in words, rounded down.
pub(super) fn long(seconds: i64) -> String {
    let (n, unit) = match seconds {
        s if s >= 172_800 => (s / 86_400, "days"),
        s if s >= 7_200 => (s / 3_600, "hours"),
        s if s >= 120 => (s / 60, "minutes"),
        s => (s, "s"),
    };
    format!("{n} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::checksums::Algorithm;
    use gatekeeper_evidence::coverage::{Coverage, FileCoverage};
    use gatekeeper_evidence::glob::Pattern;
    use gatekeeper_evidence::test_run::TestRun;

    #[derive(Debug)]
    struct Times(Vec<(&'static str, i64)>);

    impl ProjectFiles for Times {
        fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(None)
        }

        fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
            Ok(None)
        }

        fn matching(&self, _: &[&Pattern]) -> Result<Vec<String>, String> {
            Ok(Vec::new())
        }

        fn modified(&self, path: &str) -> Option<i64> {
            self.0.iter().find(|(name, _)| *name == path).map(|(_, at)| *at)
        }
    }

    /// Why evidence of a path, written at second 1,000, is refused.
    fn refused(path: &str, data: Data, sources: &[(&'static str, i64)]) -> Option<String> {
        let source = Source { path: path.to_owned(), modified: Some(1_000), ..Source::default() };
        let mut all = vec![Evidence { source, complete: None, notes: Vec::new(), data }];
        let mut unread = Vec::new();
        let tree = Tree::new(sources.iter().map(|(name, _)| *name));
        outdated(&mut all, &mut unread, &tree, &Times(sources.to_vec()));
        assert_eq!(all.len() + unread.len(), 1);
        unread.pop().map(|u| u.error.message().to_owned())
    }

    #[test]
    fn a_result_that_is_older_than_a_source_is_stale() {
        let of = |path: &str, file, changed| refused(path, Data::Tests(TestRun::default()), &[(file, changed)]);
        let log = "_build/test/logs/ct_run.a/x.logs/run.1/suite.log";
        assert_eq!(of(log, "src/a.erl", 1_060), None);
        assert!(of(log, "src/a.erl", 1_061).unwrap().contains("src/a.erl was changed 61 s after"));
        assert!(of(log, "apps/x/test/x_SUITE.erl", 9_000).unwrap().contains("2 hours"));
        // What is no source, and what lies elsewhere, is not compared.
        assert_eq!((of(log, "README.md", 9_000), of("junit.xml", "src/a.erl", 9_000)), (None, None));
    }

    #[test]
    fn elsewhere_a_report_is_suspected_where_only_some_sources_are_newer() {
        let told = |report: i64, sources: &[(&'static str, i64)]| {
            let mut c = Coverage::default();
            c.add("src/a.c", FileCoverage::default());
            let source = Source { path: "lcov.info".to_owned(), modified: Some(500), ..Source::default() };
            let e = Evidence { source, complete: None, notes: Vec::new(), data: Data::Coverage(c) };
            let tree = Tree::new(sources.iter().map(|(name, _)| *name));
            let times = sources.iter().copied().chain([("lcov.info", report)]).collect();
            older(&[e], &tree, &Times(times)).into_iter().map(|s| s.words).collect::<Vec<_>>()
        };
        assert!(told(1_000, &[("src/a.c", 1_060), ("src/b.c", 900)]).is_empty());
        let one = told(1_000, &[("src/a.c", 1_061), ("src/b.c", 1_000)]);
        assert_eq!(one, ["was written 61 s before src/a.c was changed, so it is of an older version"]);
        // A check-out wrote all of them.
        assert!(told(1_000, &[("src/a.c", 9_000), ("src/b.c", 1_001)]).is_empty());
        // What it does not name may change.
        assert!(told(1_000, &[("src/a.c", 900), ("src/b.c", 9_000)]).is_empty());
        // Other sorts of files tell nothing of the check-out.
        assert!(told(1_000, &[("src/a.c", 9_000), ("README.md", 10)]).is_empty());
    }

    #[test]
    fn coverage_hangs_on_the_modules_that_it_names() {
        let of = |name: &str, file| {
            let mut c = Coverage::default();
            c.add(name, FileCoverage::default());
            refused("_build/test/cover/eunit.coverdata", Data::Coverage(c), &[(file, 9_000)])
        };
        assert!(of("a", "src/a.erl").is_some() && of("lib/a.ex", "lib/a.ex").is_some());
        assert!(of("a", "src/b.erl").is_none() && of("ab", "src/a.erl").is_none());
    }

    #[test]
    fn spans_of_time_are_told_in_the_largest_unit_of_which_there_are_two() {
        let all = [119, 120, 7_199, 7_200, 172_799, 172_800].map(long);
        assert_eq!(all, ["119 s", "2 minutes", "119 minutes", "2 hours", "47 hours", "2 days"]);
    }

    #[test]
    fn a_source_is_named_by_its_module_or_its_path() {
        let of = |name: &str| {
            let mut c = Coverage::default();
            c.add(name, FileCoverage::default());
            let e = Evidence { source: Source::default(), complete: None, notes: Vec::new(), data: Data::Coverage(c) };
            speaks_of(&e, "apps/web/src/shop.erl")
        };
        for (name, want) in [
            ("shop", true),
            ("apps/web/src/shop.erl", true),
            ("src/shop.erl", true),
            ("src/shop.c", false),
            ("src/shop.erl.html", false),
            ("store", false),
            ("src/store.erl", false),
        ] {
            assert_eq!(of(name), want, "{name}");
        }
        let tests = Data::Tests(TestRun::default());
        let e = Evidence { source: Source::default(), complete: None, notes: Vec::new(), data: tests };
        assert!(speaks_of(&e, "any.erl"), "tests hang on all of them");
    }

    #[test]
    fn what_lies_in_a_build_folder_and_has_a_time_is_kept_between_runs() {
        let of = |path: &str, modified: Option<i64>, data: Data| {
            let source = Source { path: path.to_owned(), modified, ..Source::default() };
            is_kept_between_runs(&Evidence { source, complete: None, notes: Vec::new(), data })
        };
        let tests = || Data::Tests(TestRun::default());
        assert!(of("_build/test/a.xml", Some(1), tests()) && of("a/_build/b.xml", Some(1), tests()));
        assert!(!of("_build/test/a.xml", None, tests()) && !of("my_build/a.xml", Some(1), tests()));
        assert!(!of("_build/a", Some(1), Data::Inventory(Default::default())));
    }
}
