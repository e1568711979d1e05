//! Reports and the recorded commands that wrote them: a report has its command's exit status, and one that the command did not write, that was
//! changed since, or that is not there any more is no evidence of that run.

use super::unread::Unread;
use crate::collect::Candidate;
use gatekeeper_evidence::command::Report;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Data, Evidence, Note, Recording};
use gatekeeper_formats::record::Reported;
use gatekeeper_formats::{Format, Formats};
use std::collections::{BTreeMap, BTreeSet};

/// The reports that the recordings among the candidates speak of. What is wrong with a recording is told when it is read.
pub(super) fn reported(candidates: &[Candidate]) -> Reported {
    let mut out = Reported::default();
    for c in candidates {
        if let Some(header) = c.recording() {
            out.add(&c.path, &header);
        }
    }
    out
}

/// Whether evidence itself tells that something is wrong.
pub(super) fn tells(e: &Evidence) -> bool {
    e.complete == Some(false)
        || match &e.data {
            Data::Tests(t) => {
                let counts = t.counts();
                counts.failed.saturating_add(counts.errored) > 0 || !t.problems.is_empty()
            }
            Data::Findings(f) => f.active().next().is_some(),
            _ => false,
        }
}

/// Holds recordings against the reports that they speak of.
pub(super) fn tie(formats: &Formats, evidence: &mut [Evidence], unread: &mut Vec<Unread>, ignored: &[String]) {
    let recordings: Vec<(String, Recording)> = evidence
        .iter()
        .filter_map(|e| Some((e.source.path.clone(), e.source.record.as_deref()?.clone())))
        .filter(|(_, r)| !r.reports.is_empty())
        .collect();
    if recordings.is_empty() {
        return;
    }
    let by_path: BTreeMap<&str, &str> =
        evidence.iter().map(|e| (e.source.path.as_str(), e.source.sha256.as_str())).collect();
    let digests: BTreeSet<&str> = evidence.iter().map(|e| e.source.sha256.as_str()).collect();
    let there: BTreeSet<&str> =
        unread.iter().map(|u| u.file.as_str()).chain(ignored.iter().map(String::as_str)).collect();
    let mut wrong: Vec<Unread> = Vec::new();
    for (path, recording) in &recordings {
        for report in &recording.reports {
            let at = report.beside(path);
            let here = at.as_deref().and_then(|at| by_path.get(at));
            let words = match (&report.sha256, here) {
                (None, _) => format!("was not written by the recorded command of {} ({path})", recording.tool),
                (Some(sha), Some(here)) if here == sha => continue,
                (Some(_), Some(_)) => {
                    format!(
                        "is not the file that the recorded command of {} wrote ({path}): it was changed since",
                        recording.tool
                    )
                }
                (Some(sha), None) if digests.contains(sha.as_str()) => continue,
                (Some(_), None) if at.as_deref().is_some_and(|at| there.contains(at)) => continue,
                (Some(_), None) => format!(
                    "was written by the recorded command of {} ({path}), and is not among the evidence: name it in an [[evidence]] entry, or \
                     record the command without it",
                    recording.tool
                ),
            };
            let file = at.unwrap_or_else(|| report.path.clone());
            wrong.push(unusable(formats, file, words, report, recording));
        }
    }
    unread.extend(wrong);
    explain(evidence, &recordings);
}

fn unusable(formats: &Formats, file: String, words: String, report: &Report, recording: &Recording) -> Unread {
    let format = report.format.as_deref().and_then(|f| formats.by_id(f)).or_else(|| formats.named_like(&file));
    Unread {
        kind: format.map(Format::kind),
        format: None,
        tool: Some(recording.tool.clone()),
        name: None,
        labels: BTreeMap::new(),
        error: ParseError::new(ErrorCode::Io, words).finish(&file, "", None),
        file,
        of_run: false,
    }
}

/// Where one of a command's reports tells why it failed, the others need not.
fn explain(evidence: &mut [Evidence], recordings: &[(String, Recording)]) {
    let failed: BTreeMap<&str, &Recording> =
        recordings.iter().filter(|(_, r)| !r.ended_with(0)).map(|(path, r)| (path.as_str(), r)).collect();
    let explained: BTreeSet<String> = evidence
        .iter()
        .filter(|e| tells(e))
        .filter_map(|e| e.source.recorded_in.clone().filter(|r| failed.contains_key(r.as_str())))
        .collect();
    for e in evidence.iter_mut() {
        let Some(path) = e.source.recorded_in.clone() else { continue };
        let Some(recording) = failed.get(path.as_str()) else { continue };
        if explained.contains(&path) && !tells(e) {
            e.source.exit_status = None;
        }
        e.notes.push(Note::new(format!("its command {} ({path})", recording.ending())));
    }
}

/// A recording is used by whatever uses the reports that its command wrote.
pub(crate) fn used_through<'e>(evidence: &'e [Evidence], users: &mut BTreeMap<&'e str, BTreeSet<&'e str>>) {
    for e in evidence {
        let Some(recording) = e.source.recorded_in.as_deref() else { continue };
        let gates: BTreeSet<&str> = users.get(e.source.path.as_str()).cloned().unwrap_or_default();
        if !gates.is_empty() {
            users.entry(recording).or_default().extend(gates);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};

    fn junit(path: &str, sha256: &str, failed: bool) -> Evidence {
        let status = if failed { Outcome::Failed } else { Outcome::Passed };
        let cases = vec![Case { name: "a".into(), status, ..Case::default() }];
        let run = TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() };
        let source = Source {
            path: path.to_owned(),
            format: "junit",
            sha256: sha256.to_owned(),
            exit_status: Some(1),
            recorded_in: Some(RECORD.to_owned()),
            ..Source::default()
        };
        Evidence { source, complete: Some(true), notes: Vec::new(), data: Data::Tests(run) }
    }

    const RECORD: &str = "gatekeeper-records/vitest.record";

    fn recording(exit_status: i32, reports: &[(&str, Option<&str>)]) -> Evidence {
        let report = |(path, sha): &(&str, Option<&str>)| Report {
            path: format!("../{path}"),
            sha256: sha.map(str::to_owned),
            ..Report::default()
        };
        let r = Recording {
            tool: "vitest".to_owned(),
            exit_status: Some(exit_status),
            reports: reports.iter().map(report).collect(),
            ..Recording::default()
        };
        let source = Source { path: RECORD.to_owned(), record: Some(Box::new(r.clone())), ..Source::default() };
        Evidence { source, complete: Some(true), notes: Vec::new(), data: Data::Command(r) }
    }

    fn tied(evidence: &mut [Evidence], ignored: &[&str]) -> Vec<(String, String)> {
        let mut unread = Vec::new();
        let ignored: Vec<String> = ignored.iter().map(|i| (*i).to_owned()).collect();
        tie(&Formats::default(), evidence, &mut unread, &ignored);
        unread.into_iter().map(|u| (u.file.clone(), u.error.words())).collect()
    }

    #[test]
    fn a_report_is_the_one_that_its_command_wrote() {
        let told = |here: &[(&str, &str)], reports: &[(&str, Option<&str>)], ignored: &[&str]| {
            let mut all: Vec<Evidence> = here.iter().map(|(path, sha)| junit(path, sha, false)).collect();
            all.push(recording(0, reports));
            tied(&mut all, ignored)
        };
        assert!(told(&[("junit.xml", "a")], &[("junit.xml", Some("a"))], &[]).is_empty());
        assert!(told(&[("other/j.xml", "a")], &[("junit.xml", Some("a"))], &[]).is_empty(), "it was moved");
        assert!(told(&[], &[("out.html", Some("a"))], &["out.html"]).is_empty(), "it is there, and of no format");
        let changed = told(&[("junit.xml", "b")], &[("junit.xml", Some("a"))], &[]);
        assert!(changed.len() == 1 && changed[0].1.contains("changed since"), "{changed:?}");
        let gone = told(&[], &[("junit.xml", Some("a"))], &[]);
        assert!(gone.len() == 1 && gone[0].1.contains("not among the evidence"), "{gone:?}");
        // It lies there, and is an older run's.
        let old = told(&[("junit.xml", "a")], &[("junit.xml", None)], &[]);
        assert!(old.len() == 1 && old[0].0 == "junit.xml" && old[0].1.contains("was not written by"), "{old:?}");
    }

    #[test]
    fn one_report_that_tells_why_is_enough() {
        let statuses = |second: bool, status: i32| {
            let reports = [("a.xml", Some("a")), ("b.xml", Some("b"))];
            let mut all = vec![junit("a.xml", "a", false), junit("b.xml", "b", second), recording(status, &reports)];
            assert!(tied(&mut all, &[]).is_empty());
            assert_eq!(all[0].notes.len(), usize::from(status != 0));
            [all[0].source.exit_status, all[1].source.exit_status]
        };
        assert_eq!(statuses(true, 1), [None, Some(1)]);
        assert_eq!(statuses(false, 1), [Some(1), Some(1)], "none of them tells why");
        assert_eq!(statuses(true, 0), [Some(1), Some(1)], "not touched");
    }

    #[test]
    fn a_recording_is_used_where_its_reports_are() {
        let all = [junit("a.xml", "a", false), recording(0, &[("a.xml", Some("a"))])];
        let mut users = BTreeMap::from([("a.xml", BTreeSet::from(["unit"]))]);
        used_through(&all, &mut users);
        assert_eq!(users.get(RECORD), Some(&BTreeSet::from(["unit"])));
        let mut nobody = BTreeMap::new();
        used_through(&all, &mut nobody);
        assert!(nobody.is_empty());
    }
}
