//! Evidence of another commit: what reports say of theirs (`same-commit`) must be the one that is judged.

use super::gather::{Unread, entry_of};
use crate::context::Revision;
use crate::policy::Policy;
use gatekeeper_evidence::Evidence;
use std::collections::BTreeMap;

/// Takes out evidence that says it is of another commit, where its entry wants ours. Answers what is to be said where ours is not known.
pub(crate) fn of_others(
    policy: &Policy,
    entries: &BTreeMap<String, usize>,
    evidence: &mut Vec<Evidence>,
    unread: &mut Vec<Unread>,
    revision: &Revision,
) -> Option<String> {
    let asked = policy.evidence.iter().any(|e| e.same_commit);
    if !asked {
        return None;
    }
    let Some(ours) = revision.commit.as_deref() else {
        return Some(
            "the commit that is judged is not known, so nobody checked that the reports are of it (`same-commit`): give it --commit".to_owned(),
        );
    };
    let mut kept = Vec::new();
    for e in evidence.drain(..) {
        // What no entry speaks of was given by path: the policy wants ours, so it is held to that.
        let wanted = entry_of(policy, entries, &e).is_none_or(|entry| entry.same_commit);
        let other = e.source.commits.iter().find(|theirs| !Revision::same(theirs, ours));
        let Some(other) = other.filter(|_| wanted) else {
            kept.push(e);
            continue;
        };
        let words = match other.len() {
            0..7 => format!(
                "is of no commit that can be told: it says {other}, which is shorter than 7 digits, and {ours} is judged"
            ),
            _ => format!("is of another commit: it says {other}, and {ours} is judged"),
        };
        unread.push(Unread::stale(e, words));
    }
    *evidence = kept;
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Known, parse};
    use crate::rule::Rules;
    use gatekeeper_evidence::test_run::TestRun;
    use gatekeeper_evidence::{Data, Source};
    use gatekeeper_formats::Formats;

    /// Why evidence of these commits is taken out, where ours is this.
    fn said(entry: &str, commits: &[&str], ours: Option<&str>) -> (Option<String>, Option<String>) {
        let (formats, rules) = (Formats::default(), Rules::default());
        let known = Known { formats: &formats, rules: &rules };
        let text = format!("version = 1\n[[evidence]]\npaths = [\"*.xml\"]\n{entry}\n[gates.g]\nrule = \"tests\"\n");
        let policy = parse("p.toml", text.as_bytes(), None, known).unwrap();
        let commits = commits.iter().map(|c| (*c).to_owned()).collect();
        let source = Source { path: "a.xml".to_owned(), format: "junit", commits, ..Source::default() };
        let mut all =
            vec![Evidence { source, complete: None, notes: Vec::new(), data: Data::Tests(TestRun::default()) }];
        let mut unread = Vec::new();
        let revision = Revision { commit: ours.map(str::to_owned), ..Revision::default() };
        let warning = of_others(&policy, &BTreeMap::new(), &mut all, &mut unread, &revision);
        assert_eq!(all.len() + unread.len(), 1);
        (unread.first().map(|u| u.error.words()), warning)
    }

    #[test]
    fn another_commit_is_no_evidence_for_ours() {
        let same = "same-commit = true";
        let ours = Some("a1b2c3d4e5");
        assert_eq!(said(same, &["a1b2c3d4e5"], ours), (None, None));
        assert_eq!(said(same, &["A1B2C3D"], ours), (None, None));
        assert_eq!(said(same, &[], ours), (None, None));
        let (why, _) = said(same, &["b2b2b2b2"], ours);
        assert!(why.unwrap().contains("it says b2b2b2b2, and a1b2c3d4e5 is judged"));
        // Six digits are too few, seven are enough.
        let (why, _) = said(same, &["a1b2c3"], ours);
        assert!(why.unwrap().contains("it says a1b2c3, which is shorter than 7 digits"));
        // One of another is enough.
        assert!(said(same, &["a1b2c3d4e5", "b2b2b2b2"], ours).0.is_some());
        for entry in ["", "same-commit = false"] {
            assert_eq!(said(entry, &["b2b2b2b2"], ours), (None, None));
        }
    }

    #[test]
    fn without_a_commit_of_ours_it_is_said() {
        let (why, warning) = said("same-commit = true", &["b2b2b2b2"], None);
        assert!(why.is_none() && warning.unwrap().contains("--commit"));
        assert_eq!(said("", &["b2b2b2b2"], None), (None, None));
    }
}
