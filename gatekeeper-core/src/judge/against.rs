//! The run as a whole against the baseline: what shrank, what the policy demands less, what weakens the tests. Told as two gates of their own,
//! `baseline` and `weakening`, so that every output shows them as it shows the others.

use super::baseline::Baseline;
use super::components::{self, Touched};
use super::figures::figures;
use super::words::{self, Held};
use crate::against::{Cases, Files, Packages, cases, files, packages};
use crate::config::{Loosened, Looser, PathRules, compared};
use crate::context::Context;
use crate::policy::{Against, Policy, Severity, Weaker};
use crate::relate::paths::{Tree, reconcile};
use crate::rule::{Bound, Condition, Quantity, counted};
use crate::snapshot::Snapshot;
use crate::verdict::{Action, BaselineRef, Changes, GateStatus, GateVerdict, Violation};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::order::natural;
use gatekeeper_evidence::{Coverage, Data, Evidence, Inventory, Measurements, Ratio, TestRun};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The label of attempts.
pub(super) const ATTEMPT: &str = "attempt";

/// Names that a reason lists; the verdict's `baseline` has all of them.
const TOLD: usize = 8;

/// What the run is against its baseline.
pub(crate) struct WholeRun {
    /// The gates `baseline` and `weakening`, as far as there is something to say.
    pub(crate) gates: Vec<GateVerdict>,
    /// What the policy demands less than the baseline's.
    pub(crate) loosened: Vec<String>,
    /// The baseline, for the verdict.
    pub(crate) baseline: Option<BaselineRef>,
}

/// What stands around a run that is held against its baseline.
pub(crate) struct Around<'r> {
    /// The working tree's files, where they are known: what was deleted is no loss of coverage.
    pub(crate) tree: Option<&'r Tree>,
    /// Which components changed.
    pub(crate) touched: Option<&'r Touched>,
    /// What else the run knows.
    pub(crate) context: &'r Context,
}

/// Holds the whole run against the baseline; of components that did not change neither side counts.
pub(crate) fn against(
    policy: &Policy,
    baseline: &Baseline<'_>,
    evidence: &[Evidence],
    around: &Around<'_>,
) -> WholeRun {
    let own = &policy.against;
    let mut out = WholeRun { gates: Vec::new(), loosened: Vec::new(), baseline: None };
    let Baseline::Usable(snapshot, notes) = baseline else {
        out.gates.extend(without(own, baseline));
        return out;
    };
    let (before, now) = (snapshot.evidence(), evidence);
    let own_part = |all| components::judged(policy, around.touched, all);
    let owned = |all: Vec<Cow<'_, Evidence>>| all.into_iter().map(Cow::into_owned).collect::<Vec<Evidence>>();
    let narrowed = own_part(before).zip(own_part(now)).map(|(before, now)| (owned(before), owned(now)));
    let (before, now) = narrowed.as_ref().map_or((before, now), |(before, now)| (before, now));
    let renames = around.context.diff.as_deref().map(|c| c.diff.renames()).unwrap_or_default();
    let seen = Seen::of(before, now, &renames);
    let looser = own.tree.as_ref().map(|now| compared(snapshot.limits(), now)).unwrap_or_default();
    out.loosened = looser.iter().map(|l| l.words.clone()).collect();
    let theirs = Against::of(snapshot.limits());
    let loosening = own.loosening.unwrap_or(Severity::Warn).min(theirs.loosening.unwrap_or(Severity::Warn));
    let mut whole = shrunk(own, notes, &seen, &looser, loosening);
    if narrowed.is_some() {
        whole.reason.push_str("; of components that did not change nothing is compared");
    }
    out.gates.push(whole);
    let severity = |sort| own.weakening_of(sort).into_iter().chain(theirs.weakening_of(sort)).min();
    if Weaker::ALL.iter().any(|(_, sort)| severity(*sort).is_some()) {
        out.gates.push(weakened(own, &seen, &looser, around.tree, severity));
    }
    out.baseline = Some(document(snapshot, &seen, before, now));
    out
}

/// Evidence then and now, of each kind.
struct Seen<'r> {
    cases: Cases<'r>,
    files: Files<'r>,
    packages: Packages,
    samples: (u64, Vec<String>, u64),
}

impl<'r> Seen<'r> {
    fn of(before: &'r [Evidence], evidence: &'r [Evidence], renames: &BTreeMap<&str, &str>) -> Self {
        let mut out = Seen {
            cases: Cases::default(),
            files: files(&coverage(before), &coverage(evidence), renames),
            packages: packages(&inventories(before), &inventories(evidence)),
            samples: samples(before, evidence),
        };
        // A case under other labels is another one: it ran elsewhere.
        let places: BTreeSet<_> = before.iter().chain(evidence).map(place).collect();
        for at in places {
            let one = cases(&first_attempt(before, &at), &first_attempt(evidence, &at));
            out.cases.ran = out.cases.ran.saturating_add(one.ran);
            out.cases.uncounted = out.cases.uncounted.saturating_add(one.uncounted);
            out.cases.lost.extend(one.lost);
            out.cases.moved.extend(one.moved);
            out.cases.skipped.extend(one.skipped);
            out.cases.gone.extend(one.gone);
        }
        out
    }

    /// Each kind: what it is called, how many there were, how many are gone, and their names.
    fn losses(&self) -> [(&'static str, u64, u64, Vec<String>); 4] {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (before, gone, lost) = &self.samples;
        [
            ("case", self.cases.ran, self.cases.lost_in_all(), self.cases.lost.iter().map(|c| c.full()).collect()),
            (
                "file",
                self.files.before,
                count(self.files.gone.len()),
                self.files.gone.iter().map(|f| (*f).to_owned()).collect(),
            ),
            (
                "package",
                self.packages.before,
                count(self.packages.removed.len()),
                self.packages.removed.values().cloned().collect(),
            ),
            ("sample", *before, *lost, gone.clone()),
        ]
    }
}

/// The labels of evidence but for that of attempts.
fn place(e: &Evidence) -> BTreeMap<&str, &str> {
    let labels = e.source.labels.iter().filter(|(k, _)| k.as_str() != ATTEMPT);
    labels.map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

/// The tests under these labels; of attempts those of the first, as later ones may be re-runs of what failed.
fn first_attempt<'e>(all: &'e [Evidence], at: &BTreeMap<&str, &str>) -> Vec<&'e TestRun> {
    let here = || all.iter().filter(|e| matches!(e.data, Data::Tests(_)) && place(e) == *at);
    let attempt = |e: &Evidence| e.source.labels.get(ATTEMPT).cloned().unwrap_or_default();
    let first = here().map(attempt).min_by(|a, b| natural(a, b));
    here().filter(|e| Some(attempt(e)) == first).filter_map(tests).collect()
}

/// All tests, each place's first attempt.
fn first_attempts(all: &[Evidence]) -> Vec<&TestRun> {
    let places: BTreeSet<_> = all.iter().filter(|e| matches!(e.data, Data::Tests(_))).map(place).collect();
    places.iter().flat_map(|at| first_attempt(all, at)).collect()
}

fn tests(e: &Evidence) -> Option<&TestRun> {
    match &e.data {
        Data::Tests(t) => Some(t),
        _ => None,
    }
}

fn coverage(evidence: &[Evidence]) -> Vec<&Coverage> {
    evidence.iter().filter_map(|e| if let Data::Coverage(c) = &e.data { Some(c) } else { None }).collect()
}

fn inventories(evidence: &[Evidence]) -> Vec<&Inventory> {
    evidence.iter().filter_map(|e| if let Data::Inventory(i) = &e.data { Some(i) } else { None }).collect()
}

/// How many samples there were, the series that have fewer, and how many samples are gone.
fn samples(before: &[Evidence], now: &[Evidence]) -> (u64, Vec<String>, u64) {
    let measured = |all: &[Evidence]| {
        let mut out: BTreeMap<String, u64> = BTreeMap::new();
        for e in all {
            let Data::Measurements(m) = &e.data else { continue };
            for (name, n) in series(m, &e.source.labels) {
                let at = out.entry(name).or_default();
                *at = at.saturating_add(n);
            }
        }
        out
    };
    let (before, now) = (measured(before), measured(now));
    let (mut all, mut lost, mut names) = (0_u64, 0_u64, Vec::new());
    for (name, n) in before {
        all = all.saturating_add(n);
        let fewer = n.saturating_sub(now.get(&name).copied().unwrap_or_default());
        lost = lost.saturating_add(fewer);
        if fewer > 0 {
            names.push(name);
        }
    }
    (all, names, lost)
}

fn series<'m>(m: &'m Measurements, of: &'m BTreeMap<String, String>) -> impl Iterator<Item = (String, u64)> + 'm {
    m.series.iter().map(move |s| {
        let labels: Vec<String> = of.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let name = if labels.is_empty() { s.name() } else { format!("{} ({})", s.name(), labels.join(", ")) };
        (name, u64::try_from(s.samples.len()).unwrap_or(u64::MAX))
    })
}

/// Some names and how many more there are.
fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// The gates where there is nothing to compare with.
fn without(own: &Against, baseline: &Baseline<'_>) -> Vec<GateVerdict> {
    let weakening = own.weakening.iter().any(|(_, s)| *s != Severity::Allow);
    let (status, code, why, needed) = match baseline {
        Baseline::Usable(..) => return Vec::new(),
        Baseline::NotNeeded(why) => (GateStatus::Skip, "", why, false),
        // Where nobody demands one, only the gates that compare lack it.
        Baseline::Missing(why) => {
            let demanded = own.required == Some(true) || own.max_shrink.is_some();
            (GateStatus::Missing, "baseline-missing", why, demanded)
        }
        Baseline::Unusable(why) => (GateStatus::Error, "baseline-unusable", why, true),
    };
    let gate = |name: &str, line: Option<u64>| {
        let violations = match status {
            GateStatus::Skip => Vec::new(),
            status => vec![Violation::new(code, status, why.clone())],
        };
        built(name, line, status, why.clone(), Vec::new(), violations)
    };
    let skipped = status == GateStatus::Skip;
    let mut out = Vec::new();
    if needed || skipped && own.line.is_some() {
        out.push(gate("baseline", own.line));
    }
    if weakening {
        out.push(gate("weakening", own.weakening_line));
    }
    out
}

fn built(
    name: &str,
    line: Option<u64>,
    status: GateStatus,
    reason: String,
    conditions: Vec<Condition>,
    violations: Vec<Violation>,
) -> GateVerdict {
    let short = matches!(status, GateStatus::Fail | GateStatus::Error | GateStatus::Missing | GateStatus::Inconclusive);
    let held: Vec<Held> = conditions.into_iter().map(|condition| Held { labels: BTreeMap::new(), condition }).collect();
    let to_pass = match status {
        GateStatus::Missing => vec!["give the snapshot of an earlier run: --baseline FILE".to_owned()],
        GateStatus::Error | GateStatus::Fail if name == "baseline" => {
            vec!["bring back what is gone, or take a new baseline: gatekeeper snapshot -o FILE".to_owned()]
        }
        _ => Vec::new(),
    };
    GateVerdict {
        name: name.to_owned(),
        rule: name.to_owned(),
        status,
        action: Action::Block,
        decision: None,
        blocking: short,
        reason,
        policy_line: line,
        conditions: held.iter().map(words::shown).collect(),
        violations,
        evidence: Vec::new(),
        waivers: Vec::new(),
        to_pass,
        cells: Vec::new(),
        policy_file: None,
    }
}

fn status_of(severity: Severity) -> GateStatus {
    match severity {
        Severity::Fail => GateStatus::Fail,
        Severity::Warn => GateStatus::Warn,
        Severity::Allow => GateStatus::Pass,
    }
}

/// The gate `baseline`: what shrank, and a policy that demands less.
fn shrunk(own: &Against, notes: &[String], seen: &Seen<'_>, looser: &[Loosened], loosening: Severity) -> GateVerdict {
    let (mut conditions, mut violations, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for note in notes {
        violations.push(Violation::new("baseline-untold", GateStatus::Warn, note.clone()));
    }
    for (what, before, lost, names) in seen.losses() {
        if before == 0 {
            continue;
        }
        let share = Ratio::new(lost, before);
        let is = if lost == 1 { "is" } else { "are" };
        let words = format!("{lost} of {} {is} gone", counted(before, what));
        let words = if names.is_empty() { words } else { format!("{words}: {}", some(&names)) };
        if let Some(max) = own.max_shrink {
            let metric = format!("{what}s gone");
            let c = Condition::new(
                metric,
                Quantity::Share(share),
                Bound::AtMost,
                Quantity::Percent(max),
                GateStatus::Error,
            );
            if !c.holds() {
                violations.push(Violation::new("shrunk", GateStatus::Error, words.clone()));
            }
            conditions.push(c);
        }
        if lost > 0 {
            said.push(words);
        }
    }
    let status = status_of(loosening);
    for l in looser.iter().filter(|_| status != GateStatus::Pass) {
        let help = "say in the review why, then take a new baseline: gatekeeper snapshot -o FILE";
        violations.push(Violation::new("policy-loosened", status, format!("loosened: {}", l.words)).with_help(help));
    }
    if !looser.is_empty() {
        let words: Vec<String> = looser.iter().map(|l| l.words.clone()).collect();
        said.push(format!("loosened: {}", some(&words)));
    }
    violations.sort_by_key(|v| std::cmp::Reverse(v.status));
    let status = violations.iter().map(|v| v.status).max().unwrap_or(GateStatus::Pass);
    if let Some(v) = violations.iter().find(|v| v.code == "baseline-untold") {
        said.push(v.message.clone());
    }
    let reason = if said.is_empty() { "nothing of the baseline is gone".to_owned() } else { said.join("; ") };
    built("baseline", own.line, status, reason, conditions, violations)
}

/// The gate `weakening`: each test that is lost or skipped, each file that is not measured any more, each list that leaves more out, each limit
/// that demands less, each waiver that is new.
fn weakened(
    own: &Against,
    seen: &Seen<'_>,
    looser: &[Loosened],
    tree: Option<&Tree>,
    severity: impl Fn(Weaker) -> Option<Severity>,
) -> GateVerdict {
    let mut violations = Vec::new();
    let mut told = |sort: Weaker, code: &'static str, message: String, id: Option<String>, path: Option<&str>| {
        let Some(severity) = severity(sort).filter(|s| *s != Severity::Allow) else { return };
        let mut v = Violation::new(code, status_of(severity), message);
        v.id = id;
        v.place = path.map(|path| Place { path: path.into(), ..Place::default() });
        violations.push(v);
    };
    for case in &seen.cases.lost {
        let name = case.full();
        told(Weaker::Lost, "case-lost", format!("{name} ran in the baseline and did not run"), Some(name), None);
    }
    if seen.cases.uncounted > 0 {
        let n = counted(seen.cases.uncounted, "case");
        told(Weaker::Lost, "case-lost", format!("{n} that the baseline counts did not run"), None, None);
    }
    for (then, now) in &seen.cases.skipped {
        let name = now.full();
        let was = if then.full() == name { String::new() } else { format!(" as {}", then.full()) };
        told(
            Weaker::Skipped,
            "newly-skipped",
            format!("{name} ran in the baseline{was} and is skipped"),
            Some(name),
            None,
        );
    }
    for file in seen.files.gone.iter().filter(|f| tree.is_none_or(|t| is_there(f, t))) {
        told(
            Weaker::Files,
            "file-unmeasured",
            format!("{file} was measured in the baseline and is not"),
            None,
            Some(file),
        );
    }
    for l in looser {
        let (sort, code) = match l.sort {
            Looser::Exclude => (Weaker::Excludes, "exclude-grown"),
            Looser::Policy => (Weaker::Policy, "policy-loosened"),
            Looser::Waiver => (Weaker::Waivers, "waiver-added"),
        };
        told(sort, code, l.words.clone(), None, None);
    }
    violations.sort_by_key(|v| std::cmp::Reverse(v.status));
    let status = violations.iter().map(|v| v.status).max().unwrap_or(GateStatus::Pass);
    let reason = match violations.as_slice() {
        [] => "no test and no limit is weaker than in the baseline".to_owned(),
        all => some(&all.iter().map(|v| v.message.clone()).collect::<Vec<_>>()),
    };
    let mut gate = built("weakening", own.weakening_line, status, reason, Vec::new(), violations);
    if gate.blocking {
        gate.to_pass.push("bring it back; where it is meant, take a new baseline in a change of its own".to_owned());
    }
    gate
}

/// Whether what coverage was measured of is still there: the file, or the source of a module that is named without a path.
fn is_there(name: &str, tree: &Tree) -> bool {
    let module =
        || !name.contains(['/', '.']) && reconcile([name], &[], tree, &PathRules::default()).unmatched.is_empty();
    tree.has(name) || module()
}

/// The baseline as the verdict shows it.
fn document(snapshot: &Snapshot, seen: &Seen<'_>, before: &[Evidence], evidence: &[Evidence]) -> BaselineRef {
    let c = &seen.cases;
    let pair = |a: String, b: String| format!("{a} → {b}");
    let all = |evidence| (evidence, first_attempts(evidence));
    BaselineRef {
        file: snapshot.file().to_owned(),
        commits: snapshot.commits().to_vec(),
        taken: snapshot.taken().and_then(|t| jiff::Timestamp::from_second(t).ok()).map(|t| t.to_string()),
        status: snapshot.status(),
        engine: snapshot.engine().to_owned(),
        policy: snapshot.policy().map(str::to_owned),
        figures: figures(&all(before), &all(evidence)),
        changes: Changes {
            lost_cases: c.lost.iter().map(|n| n.full()).collect(),
            uncounted_cases: c.uncounted,
            moved_cases: c.moved.iter().map(|(a, b)| pair(a.full(), b.full())).collect(),
            skipped_cases: c.skipped.iter().map(|(_, now)| now.full()).collect(),
            gone_files: seen.files.gone.iter().map(|f| (*f).to_owned()).collect(),
            moved_files: seen.files.moved.iter().map(|(a, b)| pair((*a).to_owned(), (*b).to_owned())).collect(),
            added_packages: seen.packages.added.values().cloned().collect(),
            removed_packages: seen.packages.removed.values().cloned().collect(),
            changed_packages: seen.packages.changed.values().cloned().collect(),
            shorter_series: seen.samples.1.clone(),
        },
    }
}

#[cfg(test)]
mod tests;
