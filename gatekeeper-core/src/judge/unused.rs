//! Evidence that no gate used: what is worst in it is told, for a gate that takes it may have been forgotten.

use crate::verdict::Overall;
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::{Data, Evidence};

/// What is worst in a piece of evidence, in words; `None` where nothing in it falls short by itself.
fn worst(e: &Evidence) -> Option<String> {
    let counted = |n: u64, one: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }));
    match &e.data {
        Data::Tests(t) => {
            let counts = t.counts();
            counted(counts.failed.saturating_add(counts.errored), "failed test", "failed tests")
        }
        Data::Findings(f) => {
            let worst = f.active().map(|i| i.severity).max()?;
            let n = u64::try_from(f.active().filter(|i| i.severity == worst).count()).unwrap_or(u64::MAX);
            Some(match worst {
                Severity::Unknown => counted(n, "finding", "findings")?,
                worst => format!("{n} {} finding{}", worst.as_str(), if n == 1 { "" } else { "s" }),
            })
        }
        Data::Command(c) => (!c.ended_with(0)).then(|| format!("a command that {}", c.ending())),
        _ => None,
    }
}

/// A line for each piece of evidence that falls short and that no gate used.
pub(crate) fn unused<'e>(evidence: impl Iterator<Item = &'e Evidence>) -> Vec<String> {
    let told = evidence.filter_map(|e| {
        let tool = match &e.data {
            Data::Findings(f) => f.tools.first().map(String::as_str).or(e.source.tool.as_deref()),
            _ => e.source.tool.as_deref(),
        };
        let by = tool.map(|t| format!(" ({t})")).unwrap_or_default();
        Some(format!("{}{by}: no gate uses it, and it reports {}", e.source.path, worst(e)?))
    });
    told.collect()
}

/// The built-in gates were nobody's choice: what falls short and is in none of them is no plain pass.
pub(crate) fn heeding(status: Overall, unused: bool, fail_on_warn: bool) -> Overall {
    match status {
        Overall::Pass if unused && fail_on_warn => Overall::Fail,
        Overall::Pass if unused => Overall::Warn,
        status => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::findings::{Finding, Findings, Suppression};
    use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};

    fn of(data: Data) -> Evidence {
        Evidence {
            source: Source { path: "r".to_owned(), ..Source::default() },
            complete: Some(true),
            notes: Vec::new(),
            data,
        }
    }

    fn found(items: &[Severity]) -> Findings {
        let items = items.iter().map(|s| Finding { severity: *s, ..Finding::default() }).collect();
        Findings { items, tools: vec!["CodeQL".to_owned()], ..Findings::default() }
    }

    #[test]
    fn what_falls_short_is_told_with_its_worst() {
        let told = |data| unused([&of(data)].into_iter());
        use Severity::{Critical, High, Unknown};
        assert_eq!(
            told(Data::Findings(found(&[High, Critical, Critical]))),
            ["r (CodeQL): no gate uses it, and it reports 2 critical findings"]
        );
        assert_eq!(told(Data::Findings(found(&[Unknown]))), ["r (CodeQL): no gate uses it, and it reports 1 finding"]);
        assert!(told(Data::Findings(found(&[]))).is_empty());
        let mut suppressed = found(&[Critical]);
        suppressed.items[0].suppressed = Some(Box::new(Suppression::default()));
        assert!(told(Data::Findings(suppressed)).is_empty());
        let run = |status| {
            let cases = vec![Case { name: "a".into(), status, ..Case::default() }];
            Data::Tests(TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() })
        };
        assert_eq!(told(run(Outcome::Failed)), ["r: no gate uses it, and it reports 1 failed test"]);
        assert_eq!(told(run(Outcome::Errored)).len(), 1);
        assert!(told(run(Outcome::Passed)).is_empty() && told(run(Outcome::Skipped)).is_empty());
    }

    #[test]
    fn only_a_plain_pass_becomes_less() {
        assert_eq!(heeding(Overall::Pass, true, false), Overall::Warn);
        assert_eq!(heeding(Overall::Pass, true, true), Overall::Fail);
        assert_eq!(heeding(Overall::Pass, false, true), Overall::Pass);
        assert_eq!(heeding(Overall::Unknown, true, true), Overall::Unknown);
    }
}
