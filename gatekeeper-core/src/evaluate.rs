//! The whole flow: candidates → evidence → gates → verdict.

mod gather;

use crate::collect::Candidate;
use crate::evidence::{Data, Evidence, Kind};
use crate::format::{self, Format};
use crate::input::Limits;
use crate::inspect::{ErrorDocument, summary};
use crate::paths::Tree;
use crate::policy::{Action, Gate, Policy, Selector};
use crate::reconcile;
use crate::rule::{Judgement, Scope};
use crate::suppress::{self, IgnoreFile};
use crate::twins::{self, Contradiction};
use crate::verdict::{
    EvidenceRef, GateVerdict, InputProblem, Overall, PolicyRef, SCHEMA_VERSION, SetAside, Status, Used, Verdict,
    Violation, WaiverUsed,
};
use crate::waive;
use gather::{ReadAll, Unread, read_all, stale};
use std::collections::{BTreeMap, BTreeSet};

/// What judging depends on beside evidence and policy.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The clock, seconds since 1970-01-01 UTC; `None` is 1970 itself, under which nothing is stale.
    pub now: Option<i64>,
    /// The limits on inputs.
    pub limits: Limits,
    /// Warnings make the verdict fail.
    pub fail_on_warn: bool,
    /// Ignore files whose entries take findings out.
    pub ignores: Vec<IgnoreFile>,
}

/// Code of the violation that stands for an input that could not be read.
const UNREADABLE: &str = "unreadable";

/// Judges candidates by a policy.
pub fn evaluate(policy: &Policy, candidates: Vec<Candidate>, options: &CheckOptions) -> Verdict {
    evaluate_in(policy, candidates, options, &|| None)
}

/// Judges candidates by a policy; `tree` looks up the working tree's files, and is asked only where coverage is to be told of them.
pub(crate) fn evaluate_in(
    policy: &Policy,
    candidates: Vec<Candidate>,
    options: &CheckOptions,
    tree: &dyn Fn() -> Option<Tree>,
) -> Verdict {
    let now = options.now.unwrap_or(0);
    let ReadAll { mut evidence, mut unread, ignored, entries } = read_all(policy, candidates, options);
    stale(policy, &entries, &mut evidence, &mut unread, options.now);
    let mut sorted = twins::sort(evidence);
    let covers = sorted.kept.iter().any(|e| e.kind() == Kind::Coverage);
    let strangers = match covers.then(tree).flatten() {
        Some(tree) => reconcile::apply(policy, &entries, &mut sorted.kept, &tree),
        None => BTreeMap::new(),
    };
    let (mut said, statements_used) = suppress::apply(&mut sorted.kept, &options.ignores, now);
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut concerned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut waivers = waive::Waivers::new(policy, now);
    let gates: Vec<GateVerdict> = policy
        .gates
        .iter()
        .map(|gate| {
            let mut verdict =
                judge_gate(gate, &sorted.kept, &unread, &sorted.contradictions, &strangers, now, &mut waivers);
            for used in &verdict.evidence {
                users.entry(used.path.clone()).or_default().insert(gate.name.clone());
            }
            for v in verdict.violations.iter().filter(|v| v.code == UNREADABLE) {
                concerned.entry(v.source.clone().unwrap_or_default()).or_default().push(gate.name.clone());
            }
            verdict.blocking = blocks(gate, verdict.status);
            verdict
        })
        .collect();
    let findings_gates: Vec<String> = gates.iter().filter(|g| g.rule == "findings").map(|g| g.name.clone()).collect();
    let unread_by_nobody = unread.iter().any(|u| !concerned.contains_key(&u.file));
    let nothing = sorted.kept.is_empty() && unread.is_empty();
    let status = overall(&gates, unread_by_nobody, nothing, options.fail_on_warn);
    let mut evidence: Vec<EvidenceRef> = sorted
        .kept
        .iter()
        .map(|e| EvidenceRef {
            path: e.source.path.clone(),
            format: e.source.format,
            kind: e.kind(),
            tool: e.source.tool.clone(),
            sha256: e.source.sha256.clone(),
            size: e.source.size,
            labels: e.source.labels.clone(),
            complete: e.complete,
            summary: summary(e),
            used_by: match users.get(&e.source.path) {
                Some(gates) => gates.iter().cloned().collect(),
                // A statement is used by whatever judged the findings that it took out.
                None if statements_used.contains(&e.source.path) => findings_gates.clone(),
                None => Vec::new(),
            },
            notes: e.notes.clone(),
        })
        .collect();
    evidence.sort_by(|a, b| a.path.cmp(&b.path));
    let mut set_aside: Vec<SetAside> = sorted.aside.into_iter().map(SetAside::from).collect();
    set_aside.sort_by(|a, b| a.path.cmp(&b.path));
    let problems: Vec<InputProblem> = unread
        .into_iter()
        .map(|u| InputProblem {
            error: ErrorDocument::from(&u.error),
            concerns: concerned.get(&u.file).cloned().unwrap_or_default(),
            file: u.file,
        })
        .collect();
    Verdict {
        schema_version: SCHEMA_VERSION,
        status,
        exit_code: status.exit_code(),
        summary: sentence(&gates, nothing, problems.iter().filter(|p| p.concerns.is_empty()).count()),
        policy: PolicyRef { file: policy.file.clone(), sha256: policy.sha256.clone(), profile: policy.profile.clone() },
        root: ".".to_owned(),
        now: jiff::Timestamp::from_second(now).map(|t| t.to_string()).unwrap_or_default(),
        gates,
        evidence,
        set_aside,
        problems,
        ignored,
        warnings: {
            said.extend(waivers.warnings());
            said
        },
    }
}

/// Whether evidence is among what a gate's selector names.
fn selected(e: &Evidence, gate: &Gate) -> bool {
    let s = &gate.select;
    let tools = || {
        let findings = match &e.data {
            Data::Findings(f) => f.tools.as_slice(),
            _ => &[],
        };
        findings.iter().map(String::as_str).chain(e.source.tool.as_deref())
    };
    e.kind() == gate.rule.kind()
        && (s.tools.is_empty() || tools().any(|t| s.names_tool(t)))
        && (s.formats.is_empty() || s.formats.iter().any(|f| f == e.source.format))
        && (s.evidence.is_empty() || e.source.name.as_ref().is_some_and(|n| s.evidence.contains(n)))
        && s.labels.iter().all(|(k, v)| e.source.labels.get(k).is_some_and(|l| v.contains(l)))
        && gate.judge.takes(e, s)
}

/// Whether an input that could not be read is one that the gate needs.
fn concerns(u: &Unread, gate: &Gate) -> bool {
    let s: &Selector = &gate.select;
    if !s.evidence.is_empty() {
        return u.name.as_ref().is_some_and(|n| s.evidence.contains(n));
    }
    if !s.labels.iter().all(|(k, v)| u.labels.get(k).is_none_or(|l| v.contains(l))) {
        return false;
    }
    match u.kind {
        None => false,
        Some(kind) if kind != gate.rule.kind() => false,
        Some(_) => {
            let by_tool = match &u.tool {
                Some(tool) if !s.tools.is_empty() => s.names_tool(tool),
                Some(tool) if !s.categories.is_empty() => {
                    let looks = crate::evidence::findings::looks_for(tool);
                    looks.is_empty() || looks.iter().any(|c| s.categories.contains(c))
                }
                _ => true,
            };
            let by_format = s.formats.is_empty() || u.format.is_none_or(|u| s.formats.iter().any(|f| f == u));
            by_tool && by_format
        }
    }
}

fn judge_gate(
    gate: &Gate,
    evidence: &[Evidence],
    unread: &[Unread],
    contradictions: &[Contradiction],
    strangers: &BTreeMap<String, String>,
    now: i64,
    waivers: &mut waive::Waivers<'_>,
) -> GateVerdict {
    let taken: Vec<&Evidence> = evidence.iter().filter(|e| selected(e, gate)).collect();
    let mut unreadable: Vec<&Unread> = unread.iter().filter(|u| concerns(u, gate)).collect();
    if taken.is_empty() && unreadable.is_empty() && gate.missing_blocks {
        // Nothing is known of an unrecognised file; where a gate lacks evidence, that file may be what it lacks.
        unreadable = unread.iter().filter(|u| u.kind.is_none()).collect();
    }
    let mut judgement = Judgement::default();
    for u in &unreadable {
        let mut v = Violation::new(UNREADABLE, Status::Error, u.error.words()).from_source(&u.file);
        v.location = Some(u.error.location().clone());
        judgement.violations.push(v);
    }
    for e in taken.iter().filter(|e| e.complete == Some(false)) {
        let why = e.notes.first().map(|n| format!(": {}", n.message)).unwrap_or_default();
        let message = format!("its tool did not do all its work, so it proves nothing{why}");
        judgement.violations.push(Violation::new("incomplete", Status::Error, message).from_source(&e.source.path));
    }
    for (e, status) in taken.iter().filter_map(|e| Some((e, unexplained(e)?))) {
        let message =
            format!("its command ended with exit status {status}, and it tells of nothing that explains this");
        judgement.violations.push(Violation::new("exit-status", Status::Error, message).from_source(&e.source.path));
    }
    for c in contradictions.iter().filter(|c| taken.iter().any(|e| e.source.path == c.kept)) {
        let mut v = Violation::new("contradiction", Status::Error, c.message.clone()).from_source(&c.kept);
        v.help =
            Some(format!("make {} and {} tell of the same run, or name one of them in the policy", c.kept, c.aside));
        judgement.violations.push(v);
    }
    for (e, why) in taken.iter().filter_map(|e| strangers.get(&e.source.path).map(|why| (e, why))) {
        judgement
            .violations
            .push(Violation::new("paths-unmatched", Status::Error, why.clone()).from_source(&e.source.path));
    }
    let parts = parts(gate, &taken, &mut judgement);
    let mut used_waivers: Vec<WaiverUsed> = Vec::new();
    for (labels, part) in parts {
        let scope = Scope { evidence: &part, select: &gate.select, all: evidence, now };
        let mut one = gate.judge.judge(&scope);
        // Part by part: what is waived in one is no smaller number in another. What stands beside the parts cannot be waived.
        for used in waivers.apply(gate, &mut one) {
            match used_waivers.iter_mut().find(|u| u.policy_line == used.policy_line) {
                Some(known) => known.waived += used.waived,
                None => used_waivers.push(used),
            }
        }
        for c in &mut one.conditions {
            c.labels.clone_from(&labels);
        }
        judgement.conditions.extend(one.conditions);
        judgement.violations.extend(one.violations);
        judgement.to_pass.extend(one.to_pass);
    }
    let missing = taken.is_empty() && judgement.violations.is_empty();
    let unsure = gate.judge.more_may_mend() && judgement.violations.iter().any(|v| v.status == Status::Error);
    let status = match judgement.status() {
        _ if missing => Status::Missing,
        Status::Fail if unsure => Status::Error,
        status => status,
    };
    // The worst first; what stands equal keeps its order.
    judgement.violations.sort_by_key(|v| (std::cmp::Reverse(v.status), std::cmp::Reverse(v.severity)));
    let mut used: Vec<Used> =
        taken.iter().map(|e| Used { path: e.source.path.clone(), sha256: e.source.sha256.clone() }).collect();
    used.sort();
    if missing {
        judgement.to_pass.push(wanted(gate));
    }
    GateVerdict {
        name: gate.name.clone(),
        rule: gate.rule.id(),
        status,
        action: gate.action,
        blocking: false,
        reason: reason(gate, status, &judgement, &taken),
        policy_line: gate.line,
        conditions: judgement.conditions,
        violations: judgement.violations,
        evidence: used,
        waivers: used_waivers,
        to_pass: judgement.to_pass,
    }
}

/// The exit status of the command that wrote evidence, where it is not 0 and the evidence tells of nothing wrong. Coverage is measured by
/// commands that fail for other reasons.
fn unexplained(e: &Evidence) -> Option<i32> {
    let status = e.source.exit_status.filter(|s| *s != 0)?;
    let told = match &e.data {
        Data::Tests(t) => {
            let counts = t.counts();
            counts.failed.saturating_add(counts.errored) > 0 || !t.problems.is_empty()
        }
        Data::Findings(f) => f.active().next().is_some(),
        Data::Coverage(_) => true,
        Data::Inventory(_) | Data::Vex(_) | Data::Measurements(_) => false,
    };
    (!told && e.complete != Some(false)).then_some(status)
}

/// A part of a gate's evidence, with the labels that it stands for.
type Part<'e> = (BTreeMap<String, String>, Vec<&'e Evidence>);

/// The evidence in the parts that are judged one by one (`each`), with the demanded label values that are not there as violations.
fn parts<'e>(gate: &Gate, taken: &[&'e Evidence], judgement: &mut Judgement) -> Vec<Part<'e>> {
    for (label, values) in &gate.require {
        for value in values {
            if !taken.iter().any(|e| e.source.labels.get(label) == Some(value)) {
                let message = format!("no evidence for {label} = {value}, which the policy requires");
                judgement.violations.push(Violation::new("label-missing", Status::Missing, message));
            }
        }
    }
    match &gate.each {
        Some(label) => {
            let mut groups: BTreeMap<String, Vec<&Evidence>> = BTreeMap::new();
            for e in taken {
                match e.source.labels.get(label) {
                    Some(value) => groups.entry(value.clone()).or_default().push(e),
                    None => judgement.violations.push(
                        Violation::new("label-absent", Status::Error, format!("it has no label {label}"))
                            .from_source(&e.source.path),
                    ),
                }
            }
            groups.into_iter().map(|(v, e)| (BTreeMap::from([(label.clone(), v)]), e)).collect()
        }
        None if taken.is_empty() => Vec::new(),
        None => vec![(BTreeMap::new(), taken.to_vec())],
    }
}

/// Where a gate's evidence would come from.
fn wanted(gate: &Gate) -> String {
    let s = &gate.select;
    let recorded = s.tools.iter().find(|t| format::formats().any(|f| f.recorded_as() == Some(t.as_str())));
    if let Some(tool) = recorded {
        return format!("bring its evidence: gatekeeper record --tool {tool} -- rebar3 {tool}");
    }
    let mut ids: Vec<&str> = format::formats().filter(|f| f.kind() == gate.rule.kind()).map(Format::id).collect();
    if !s.formats.is_empty() {
        ids = s.formats.iter().map(String::as_str).collect();
    }
    let more = if ids.len() > 4 { ", …" } else { "" };
    let some: Vec<&str> = ids.into_iter().take(4).collect();
    format!(
        "bring a report that says {} ({}{more}; `gatekeeper formats` lists them all)",
        gate.rule.kind(),
        some.join(", ")
    )
}

fn reason(gate: &Gate, status: Status, judgement: &Judgement, taken: &[&Evidence]) -> String {
    if status == Status::Missing && judgement.violations.is_empty() {
        let of = if gate.select.tools.is_empty() { "" } else { " of " };
        let what = match gate.rule.kind() {
            Kind::Coverage => "coverage report",
            Kind::Tests => "test results",
            Kind::Findings => "report of findings",
            Kind::Inventory if gate.rule.id() == "sbom" => "SBOM",
            Kind::Inventory => "SBOM, lock file or licence list",
            Kind::Measurements => "measurements",
            Kind::Vex => "statements",
        };
        return format!("no {what}{of}{} found", gate.select.tools.join(", "));
    }
    // An error or a missing part says why; figures say the rest.
    let first = judgement.violations.iter().find(|v| v.status == status);
    let figures = || {
        let worst = judgement.conditions.iter().filter(|c| c.status == status).collect::<Vec<_>>();
        let shown =
            if worst.is_empty() || status == Status::Pass { judgement.conditions.iter().collect() } else { worst };
        shown.into_iter().take(4).map(condition_words).collect::<Vec<_>>().join("; ")
    };
    match status {
        Status::Error | Status::Missing => first.map_or_else(figures, |v| match (&v.source, &v.location) {
            (Some(source), Some(at)) if at.line.is_some() => format!("{source}:{at}: {}", v.message),
            (Some(source), Some(at)) if at.offset.is_some() => format!("{source} {at}: {}", v.message),
            (Some(source), _) => format!("{source}: {}", v.message),
            (None, _) => v.message.clone(),
        }),
        _ => {
            let figures = figures();
            match (figures.is_empty(), first) {
                (true, Some(v)) => v.message.clone(),
                (false, Some(v)) if judgement.conditions.iter().all(|c| c.status != status) => v.message.clone(),
                (true, None) => format!("{} pieces of evidence", taken.len()),
                _ => figures,
            }
        }
    }
}

/// A condition in words: `lines 79.99 % < 80 %: 1 line short`.
fn condition_words(c: &crate::verdict::Condition) -> String {
    let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let at = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let sign = match (c.comparator, c.status) {
        ("=", _) => return format!("{}{at}", c.value),
        (">=", Status::Pass) => "≥",
        (">=", Status::Inconclusive) => "against",
        (">=", _) => "<",
        ("<=", Status::Pass) => "≤",
        (_, _) => ">",
    };
    let sample = c.sample.map(|r| format!(" ({} of {})", r.covered, r.total)).unwrap_or_default();
    let distance = c.distance.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
    format!("{} {}{sample} {sign} {}{at}{distance}", c.metric, c.value, c.limit)
}

fn blocks(gate: &Gate, status: Status) -> bool {
    gate.action == Action::Block
        && match status {
            Status::Fail | Status::Error | Status::Inconclusive => true,
            Status::Missing => gate.missing_blocks,
            Status::Pass | Status::Warn | Status::Skip => false,
        }
}

fn overall(gates: &[GateVerdict], unread_by_nobody: bool, nothing: bool, fail_on_warn: bool) -> Overall {
    let any = |f: &dyn Fn(&GateVerdict) -> bool| gates.iter().any(f);
    if any(&|g| g.blocking && g.status == Status::Fail) {
        return Overall::Fail;
    }
    // Nothing judged is nothing passed.
    let judged = any(&|g| matches!(g.status, Status::Pass | Status::Warn | Status::Fail));
    if any(&|g| g.blocking) || unread_by_nobody || nothing || !judged {
        return Overall::Unknown;
    }
    let short = any(&|g| match g.status {
        Status::Pass | Status::Skip => false,
        // A default gate whose evidence is not there is reported, and does not spoil what is there.
        Status::Missing => g.policy_line.is_some() && g.action != Action::Inform,
        _ => g.action != Action::Inform,
    });
    match (short, fail_on_warn) {
        (true, true) => Overall::Fail,
        (true, false) => Overall::Warn,
        (false, _) => Overall::Pass,
    }
}

fn sentence(gates: &[GateVerdict], nothing: bool, unread: usize) -> String {
    if nothing {
        return "no evidence was found, so nothing was judged".to_owned();
    }
    let count = |s: Status, blocking: bool| gates.iter().filter(|g| g.status == s && g.blocking == blocking).count();
    let parts: Vec<String> = [
        (Status::Fail, true, "failed"),
        (Status::Error, true, "could not be judged"),
        (Status::Inconclusive, true, "inconclusive"),
        (Status::Missing, true, "without evidence"),
        (Status::Fail, false, "failed without blocking"),
        (Status::Error, false, "could not be judged, without blocking"),
        (Status::Inconclusive, false, "inconclusive without blocking"),
        (Status::Missing, false, "without evidence, not blocking"),
        (Status::Warn, false, "with warnings"),
        (Status::Pass, false, "passed"),
        (Status::Skip, false, "skipped"),
    ]
    .into_iter()
    .filter(|(s, blocking, _)| count(*s, *blocking) > 0)
    .map(|(s, blocking, words)| format!("{} {words}", count(s, blocking)))
    .collect();
    let unread = match unread {
        0 => String::new(),
        1 => "; 1 input could not be read, so this is no pass".to_owned(),
        n => format!("; {n} inputs could not be read, so this is no pass"),
    };
    let plural = if gates.len() == 1 { "" } else { "s" };
    format!("{} gate{plural}: {}{unread}", gates.len(), parts.join(", "))
}
