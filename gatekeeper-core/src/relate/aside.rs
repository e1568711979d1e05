//! What is left aside as a twin of something else, and where the two contradict each other.

use crate::verdict::SetAside;
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::test_run::Counts;
use gatekeeper_evidence::{Coverage, Data, Evidence, Ratio};

/// What was left aside, and why.
#[derive(Debug)]
pub(crate) struct Aside {
    pub evidence: Evidence,
    pub because: String,
    pub instead: Option<String>,
}

impl From<Aside> for SetAside {
    fn from(a: Aside) -> Self {
        SetAside {
            path: a.evidence.source.path,
            format: a.evidence.source.format.to_owned(),
            sha256: a.evidence.source.sha256,
            because: a.because,
            instead: a.instead,
        }
    }
}

/// A contradiction between twins.
#[derive(Debug)]
pub(crate) struct Contradiction {
    /// The evidence that is kept.
    pub kept: String,
    /// What contradicts it.
    pub aside: String,
    pub message: String,
}

/// The kept evidence, what was left aside, and where the two contradict each other.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub kept: Vec<Evidence>,
    pub aside: Vec<Aside>,
    pub contradictions: Vec<Contradiction>,
}

/// Where a twin that is left aside tells of something worse than what is kept.
pub(super) fn contradiction(kept: &[&Evidence], aside: &Evidence) -> Option<String> {
    if let Data::Coverage(other) = &aside.data {
        return less_covered(kept, other, &aside.source.path);
    }
    let Data::Tests(other) = &aside.data else { return None };
    let runs: Vec<_> = kept
        .iter()
        .filter_map(|k| match &k.data {
            Data::Tests(t) => Some(t),
            _ => None,
        })
        .collect();
    let mine = runs.iter().fold(Counts::default(), |sum, t| sum.plus(t.counts()));
    let theirs = other.counts();
    // A run that did not finish is an error by itself.
    if kept.iter().any(|k| k.complete == Some(false)) {
        return None;
    }
    let failing = |c: &Counts| c.failed.saturating_add(c.errored);
    let problems = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mine_beside = problems(runs.iter().map(|t| t.problems.len()).sum());
    let path = &aside.source.path;
    // What failed is told as a case by some formats, and by others as something beside the cases. A few failures may be allowed or waived, so
    // that one more counts even where there are some.
    let mine_bad = failing(&mine).saturating_add(mine_beside);
    if failing(&theirs).saturating_add(problems(other.problems.len())) > mine_bad {
        return Some(match (failing(&theirs), failing(&mine), other.problems.first()) {
            (n, m, Some(p)) if n <= m => format!("{path} reports that {} failed: {}", p.name, p.message),
            (1, ..) => format!("{path} reports 1 failing test of the same run"),
            (n, 0, _) => format!("{path} reports {n} failing tests of the same run"),
            (n, m, _) => format!(
                "{path} reports {n} failing tests of the same run, here {} {m}",
                if m == 1 { "is" } else { "are" }
            ),
        });
    }
    if aside.complete == Some(false) {
        return Some(format!("{path} reports that the run did not finish"));
    }
    // Where something failed beside the cases, formats differ in which they count.
    if mine_beside == 0 && theirs.total() > mine.total() {
        return Some(format!("{path} counts {} cases, here are {}", theirs.total(), mine.total()));
    }
    None
}

/// Whether a twin's percentages (a console's table, a page) are lower than what the kept data comes to, or name modules that it has not.
fn less_covered(kept: &[&Evidence], other: &Coverage, path: &str) -> Option<String> {
    /// Percentage points: tools cut or round, and count lines that clauses share once or more often.
    const SLACK: f64 = 2.0;
    let printed = other.percent.as_ref()?;
    let mut mine = Coverage::default();
    for e in kept {
        if let Data::Coverage(c) = &e.data {
            mine.merge(c.clone());
        }
    }
    let all_lost: Vec<&str> =
        printed.files.keys().map(AsRef::as_ref).filter(|m: &&str| !mine.files.contains_key(*m)).collect();
    // Pages may name modules in another way than the data does: then they say nothing of each other.
    let lost = if all_lost.len() < printed.files.len() { all_lost.as_slice() } else { &[] };
    if let Some(first) = lost.first() {
        let more = match lost.len() {
            1 => String::new(),
            n => format!(" and {} more modules", n - 1),
        };
        return Some(format!("{path} names {first}{more} of the same run, of which the data holds nothing"));
    }
    if !printed.files.is_empty() && all_lost.is_empty() {
        mine.files.retain(|name, _| printed.files.contains_key(name));
    }
    // Of no line at all the share is no number, which is above nothing.
    let Ratio { covered, total } = mine.figures().lines?;
    let said = printed.total.trim_end_matches('%').trim();
    let theirs: f64 = said.parse().ok()?;
    let share = Decimal::whole(covered).as_f64() * 100.0 / Decimal::whole(total).as_f64();
    (share > theirs + SLACK).then(|| {
        format!("{path} says {said} % of the same run, and the data comes to {}", percent(Ratio::new(covered, total)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::coverage::{FileCoverage, Line, Percentages};

    fn data(modules: &[(&str, u32, u32)]) -> Evidence {
        let mut coverage = Coverage::default();
        for (module, covered, total) in modules {
            let lines = (1..=*total).map(|number| Line { number, hits: u32::from(number <= *covered) }).collect();
            coverage.add(*module, FileCoverage { lines, ..FileCoverage::default() });
        }
        coverage.metrics.lines = true;
        let source = Source { path: "all.coverdata".to_owned(), ..Source::default() };
        Evidence { source, complete: None, notes: Vec::new(), data: Data::Coverage(coverage) }
    }

    fn told(modules: &[(&str, u32, u32)], total: &str, printed: &[&str]) -> Option<String> {
        let files = printed.iter().map(|m| ((*m).into(), "0".into())).collect();
        let percent = Some(Percentages { total: total.into(), files });
        let coverage = Coverage { percent, ..Coverage::default() };
        let mut e = data(&[]);
        e.source.path = "cover.log".to_owned();
        e.data = Data::Coverage(coverage);
        contradiction(&[&data(modules)], &e)
    }

    #[test]
    fn a_console_that_tells_of_less_contradicts_the_data() {
        let modules = [("a", 9, 10), ("b", 9, 10)];
        assert_eq!(told(&modules, "88", &["a", "b"]), None, "within what tools count differently");
        assert_eq!(told(&modules, "95", &["a", "b"]), None, "better is no contradiction");
        let less = told(&modules, "87", &["a", "b"]).unwrap();
        assert!(less.contains("cover.log says 87 %") && less.contains("90"), "{less}");
        assert!(told(&modules, "79", &[]).is_some());
        // Only what both speak of is compared.
        assert_eq!(told(&[("a", 5, 10), ("b", 10, 10)], "50", &["a"]), None);
    }

    #[test]
    fn a_module_that_the_data_leaves_out_is_told() {
        let lost = told(&[("a", 9, 10)], "90", &["a", "b", "c"]).unwrap();
        assert!(lost.contains("names b and 1 more modules"), "{lost}");
        assert_eq!(told(&[("a", 9, 10)], "90", &["Elixir.A", "Elixir.B"]), None, "names of another sort");
    }
}
