//! Results that were written before the commit whose sources they are to speak of: a cache kept them from an earlier one.

use super::gather::{Unread, entry_of};
use super::outdated::{SLACK, is_kept_between_runs, long};
use crate::context::Context;
use crate::policy::Policy;
use crate::project::ProjectFiles;
use gatekeeper_evidence::Evidence;
use std::collections::BTreeMap;

/// Turns evidence that is older than the commit into inputs that cannot be used: what lies in a build folder, and what the policy wants to be fresh
/// (`max-age`). A report may state the time of another zone, so its file has to be older as well.
pub(crate) fn before_the_commit(
    policy: &Policy,
    entries: &BTreeMap<String, usize>,
    evidence: &mut Vec<Evidence>,
    unread: &mut Vec<Unread>,
    context: &Context,
    files: Option<&dyn ProjectFiles>,
) {
    let Some(committed) = context.revision.committed else { return };
    // A commit from the future tells nothing of what was written since.
    if context.now.is_none_or(|now| committed > now.saturating_add(SLACK)) {
        return;
    }
    let fresh = policy.evidence.iter().any(|e| e.max_age.is_some());
    let wanted = |e: &Evidence| {
        is_kept_between_runs(e) || fresh && entry_of(policy, entries, e).is_none_or(|entry| entry.max_age.is_some())
    };
    let mut kept = Vec::new();
    for e in evidence.drain(..) {
        let written = e
            .source
            .modified
            .map(|says| files.and_then(|files| files.modified(&e.source.path)).map_or(says, |file| file.max(says)));
        let by = written.map_or(0, |written| committed.saturating_sub(written));
        if by <= SLACK || !wanted(&e) {
            kept.push(e);
            continue;
        }
        let commit = context.our_commit().map(|c| c.get(..12).unwrap_or(c)).unwrap_or_default();
        let words = format!(
            "is stale: it was written {} before the commit {commit}, so it is of an older version: run it again",
            long(by)
        );
        unread.push(Unread::stale(e, words));
    }
    *evidence = kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Known, parse};
    use crate::rule::Rules;
    use gatekeeper_evidence::test_run::TestRun;
    use gatekeeper_evidence::{Data, Source};
    use gatekeeper_formats::Formats;

    /// Why a result of a path, written at second 1,000, is refused where the commit is of this second.
    fn refused(path: &str, entry: &str, committed: Option<i64>) -> Option<String> {
        let own: &[(&str, usize)] = if path.ends_with(".xml") { &[(path, 0)] } else { &[] };
        entered(path, entry, committed, own)
    }

    /// The same where entries brought these files.
    fn entered(path: &str, entry: &str, committed: Option<i64>, brought: &[(&str, usize)]) -> Option<String> {
        let (formats, rules) = (Formats::default(), Rules::default());
        let known = Known { formats: &formats, rules: &rules };
        let text = format!("version = 1\n[[evidence]]\npaths = [\"*.xml\"]\n{entry}\n[gates.g]\nrule = \"tests\"\n");
        let policy = parse("p.toml", text.as_bytes(), None, known).unwrap();
        let source = Source { path: path.to_owned(), modified: Some(1_000), ..Source::default() };
        let mut all =
            vec![Evidence { source, complete: None, notes: Vec::new(), data: Data::Tests(TestRun::default()) }];
        let (mut unread, mut context) = (Vec::new(), Context::at(9_000));
        (context.revision.committed, context.revision.commit) = (committed, Some("0123456789abcdef".to_owned()));
        let entries = brought.iter().map(|(path, n)| ((*path).to_owned(), *n)).collect();
        before_the_commit(&policy, &entries, &mut all, &mut unread, &context, None);
        assert_eq!(all.len() + unread.len(), 1);
        unread.pop().map(|u| u.error.message().to_owned())
    }

    #[test]
    fn what_a_build_folder_kept_from_before_the_commit_is_stale() {
        let log = "_build/test/logs/ct_run.a/x.logs/run.1/suite.log";
        assert_eq!((refused(log, "", Some(1_060)), refused(log, "", None)), (None, None));
        let words = refused(log, "", Some(1_061)).unwrap();
        assert!(words.contains("written 61 s before the commit 0123456789ab,"), "{words}");
        // A commit from the future tells nothing.
        assert_eq!((refused(log, "", Some(9_060)).is_some(), refused(log, "", Some(9_061))), (true, None));
    }

    #[test]
    fn elsewhere_only_what_is_to_be_fresh_is_held_against_the_commit() {
        assert_eq!(refused("a.xml", "", Some(5_000)), None);
        assert!(refused("a.xml", "max-age = \"9d\"", Some(5_000)).unwrap().contains("66 minutes before"));
        assert_eq!(refused("a.xml", "max-age = \"9d\"", Some(1_060)), None);
        // The age of one is no matter of another.
        let other = "[[evidence]]\npaths = [\"other/*\"]\nmax-age = \"9d\"";
        assert_eq!(entered("a.xml", other, Some(5_000), &[("a.xml", 0)]), None);
        assert!(entered("other/a.xml", other, Some(5_000), &[("other/a.xml", 1)]).is_some());
        assert_eq!(refused("given.log", "", Some(5_000)), None, "nothing of this policy has to be fresh");
        // What was given by path is held to what the policy wants.
        assert!(refused("given.log", "max-age = \"9d\"", Some(5_000)).is_some());
    }
}
