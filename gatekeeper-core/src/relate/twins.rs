//! Twins and old runs: one run often leaves its result several times. Each is counted once; the richest and newest wins; and where
//! what is left aside tells of something worse than what is kept, the evidence contradicts itself.

use super::aside::contradiction;
use super::twice::written_twice;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::test_run::{Case, Counts, Outcome, Suite};
use gatekeeper_evidence::{Data, Evidence, Note};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use super::aside::{Aside, Contradiction, Sorted};

/// The formats in which a tool leaves one run's result, the richest first. Evidence of one step is united, never left aside for its own kind.
struct Twins {
    tool: &'static str,
    steps: &'static [&'static [&'static str]],
}

static TWINS: &[Twins] = &[
    Twins {
        tool: "ct",
        steps: &[
            &["ct-suite-log"],
            &["junit"],
            &["ct-suite-summary"],
            &["ct-totals"],
            &["rebar3-ct", "ct-run"],
            &["ct-index-html"],
        ],
    },
    Twins { tool: "eunit", steps: &[&["junit"], &["rebar3-eunit"]] },
    Twins { tool: "cover", steps: &[&["erlang-coverdata"], &["erlang-cover-html"], &["rebar3-cover"]] },
];

/// Sorts twins and old runs out.
pub(crate) fn sort(evidence: Vec<Evidence>) -> Sorted {
    let mut out = Sorted::default();
    let evidence = old_runs(evidence, &mut out);
    let evidence = same_bytes(evidence, &mut out);
    let evidence = written_twice(evidence, &mut out);
    let evidence = one_tool(evidence, &mut out);
    let evidence = same_findings(evidence, &mut out);
    out.kept = same_cases(evidence, &mut out);
    out.contradictions.extend(printed_coverage(&out.kept));
    out
}

/// The folder that holds Common Test's runs, and the run, of a path: `…/logs/` and `ct_run.node@host.2026-11-20_16.05.21`.
pub(crate) fn ct_run(path: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    for part in path.split('/') {
        if part.starts_with("ct_run.") && start + part.len() < path.len() {
            return Some((path.get(..start)?, part));
        }
        start += part.len() + 1;
    }
    None
}

/// The time in a run's name, `2026-11-20_16.05.21`; it sorts as text.
pub(crate) fn run_time(run: &str) -> Option<&str> {
    const FORM: &[u8] = b"0000-00-00_00.00.00";
    let time = run.get(run.len().checked_sub(FORM.len())?..)?;
    let fits = |(b, f): (u8, &u8)| if *f == b'0' { b.is_ascii_digit() } else { b == *f };
    time.bytes().zip(FORM).all(fits).then_some(time)
}

/// Why a newest run without results cannot be passed over.
pub(crate) fn no_results(older: &str) -> ParseError {
    ParseError::new(ErrorCode::Io, format!("the newest run left no results; those of {older} are of an older one"))
}

/// Of Common Test's runs in one folder the newest of each suite counts: `--suite a_SUITE`, then `--suite b_SUITE` leaves two, and neither stands for the
/// other. What names no suite (totals, an overview) counts for the newest run alone.
fn old_runs(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for e in &evidence {
        if let Some((folder, run)) = ct_run(&e.source.path) {
            let at = newest.entry(folder.to_owned()).or_insert_with(|| run.to_owned());
            if run_time(run) > run_time(at) {
                run.clone_into(at);
            }
        }
    }
    let (mut kept, mut older) = (Vec::new(), Vec::new());
    // The suites that a folder's runs from the newest on tell of; nothing where the newest names none.
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for e in evidence {
        let of = ct_run(&e.source.path).map(|(folder, run)| (folder.to_owned(), run.to_owned()));
        match of {
            Some((folder, run)) if newest.get(&folder).is_some_and(|n| *n != run) => older.push((run, folder, e)),
            Some((folder, _)) => {
                told.entry(folder).or_default().extend(suites_of(&e));
                kept.push(e);
            }
            None => kept.push(e),
        }
    }
    // The newest of the older ones first, and of one run its own logs before what its hooks wrote.
    let by_hook = |e: &Evidence| e.source.format != "ct-suite-log";
    older.sort_by(|a, b| {
        run_time(&b.0)
            .cmp(&run_time(&a.0))
            .then(by_hook(&a.2).cmp(&by_hook(&b.2)))
            .then(a.2.source.path.cmp(&b.2.source.path))
    });
    let mut at = (String::new(), String::new(), BTreeSet::new());
    for (run, folder, mut e) in older {
        if (&at.0, &at.1) != (&folder, &run) {
            // Files of one run do not stand for each other.
            let (before, _, seen) = std::mem::replace(&mut at, (folder.clone(), run.clone(), BTreeSet::new()));
            told.entry(before).or_default().extend(seen);
        }
        let known = told.get(&folder).filter(|t| !t.is_empty());
        let own = suites_of(&e);
        let (log, left) = (!by_hook(&e), own.iter().filter(|s| known.is_some_and(|k| !k.contains(*s))).count());
        let new = newest.get(&folder).cloned().unwrap_or_default();
        // Where a run has logs, these are what is read of it.
        if left == 0 || (!log && own.iter().all(|s| at.2.contains(s))) {
            out.aside.push(Aside { because: format!("an older run: the newest is {new}"), instead: None, evidence: e });
            continue;
        }
        if let (Data::Tests(t), Some(known)) = (&mut e.data, known) {
            let keep = |name: &str| !known.contains(&suite_name(name));
            t.suites.retain(|s| keep(&s.name));
            t.problems.retain(|p| keep(p.name.split(':').next().unwrap_or_default()));
            let words = format!(
                "of an older run than {new}, which did not run {}",
                t.suites.iter().map(|s| &*s.name).collect::<Vec<_>>().join(", ")
            );
            e.notes.push(Note::new(words));
        }
        at.2.extend(own);
        kept.push(e);
    }
    kept
}

/// A suite's name in whatever form: Common Test's hook for JUnit puts folders in front.
fn suite_name(name: &str) -> String {
    name.rsplit(['.', '/']).next().unwrap_or(name).to_owned()
}

fn suites_of(e: &Evidence) -> BTreeSet<String> {
    match &e.data {
        Data::Tests(t) if matches!(e.source.format, "ct-suite-log" | "junit") => {
            let problems = t.problems.iter().filter_map(|p| p.name.split_once(':')).map(|(suite, _)| suite);
            t.suites.iter().map(|s| &*s.name).chain(problems).map(suite_name).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn same_bytes(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let mut kept: Vec<Evidence> = Vec::new();
    for e in evidence {
        // An empty file equals every other; two shards without a label may rightly write equal bytes only if they are of one path's making.
        let twin = kept.iter().find(|k| {
            k.source.size > 0
                && k.source.sha256 == e.source.sha256
                && k.source.labels == e.source.labels
                && k.source.path.rsplit('/').next() == e.source.path.rsplit('/').next()
                && matches!(k.data, Data::Tests(_))
        });
        match twin {
            Some(k) => {
                let instead = Some(k.source.path.clone());
                out.aside.push(Aside { because: "a copy, byte for byte".to_owned(), instead, evidence: e });
            }
            None => kept.push(e),
        }
    }
    kept
}

/// What evidence of one run has in common: tool, labels, name of the policy's entry.
type Run<'t> = (&'t str, BTreeMap<String, String>, Option<String>);

fn one_tool(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let rank = |e: &Evidence| {
        let tool = e.source.tool.as_deref()?;
        let twins = TWINS.iter().find(|t| t.tool == tool)?;
        let step = twins.steps.iter().position(|s| s.contains(&e.source.format))?;
        Some((twins.tool, step))
    };
    let mut best: BTreeMap<Run<'_>, usize> = BTreeMap::new();
    let key = |tool, e: &Evidence| (tool, e.source.labels.clone(), e.source.name.clone());
    for e in &evidence {
        if let Some((tool, step)) = rank(e) {
            // Evidence that is counted must count something, where a poorer twin does.
            if says_something(e) {
                best.entry(key(tool, e)).and_modify(|b| *b = (*b).min(step)).or_insert(step);
            }
        }
    }
    let mut kept: Vec<Evidence> = Vec::new();
    let mut aside: Vec<(Evidence, &str)> = Vec::new();
    for e in evidence {
        match rank(&e) {
            Some((tool, step)) if best.get(&key(tool, &e)).is_some_and(|b| step > *b) => aside.push((e, tool)),
            _ => kept.push(e),
        }
    }
    for (e, tool) in aside {
        let twins: Vec<&Evidence> = kept
            .iter()
            .filter(|k| {
                k.source.tool.as_deref() == Some(tool)
                    && k.source.labels == e.source.labels
                    && k.source.name == e.source.name
                    && k.kind() == e.kind()
            })
            .collect();
        let Some(first) = twins.first() else {
            kept.push(e);
            continue;
        };
        if let Some(message) = contradiction(&twins, &e) {
            out.contradictions.push(Contradiction {
                kept: first.source.path.clone(),
                aside: e.source.path.clone(),
                message,
            });
        }
        let because = format!("{} of the same run says more", first.source.format);
        out.aside.push(Aside { because, instead: Some(first.source.path.clone()), evidence: e });
    }
    kept
}

/// Erlang's cover leaves its data, pages and a table on the console: where the tables tell of less than the data of the same run, that is of another
/// run, or cut. Of several tables of one sort (one after each step) the fullest is that of the whole run.
fn printed_coverage(kept: &[Evidence]) -> Vec<Contradiction> {
    let total = |e: &Evidence| match &e.data {
        Data::Coverage(c) => c.percent.as_ref().and_then(|p| p.total.trim_end_matches('%').trim().parse::<f64>().ok()),
        _ => None,
    };
    let mut out = Vec::new();
    for format in ["erlang-cover-html", "rebar3-cover"] {
        let tables = kept.iter().filter(|e| e.source.format == format).filter_map(|e| Some((total(e)?, e)));
        let Some((_, table)) = tables.max_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
        let of_run = |k: &&Evidence| {
            k.source.format == "erlang-coverdata"
                && k.source.labels == table.source.labels
                && k.source.name == table.source.name
        };
        let data: Vec<&Evidence> = kept.iter().filter(of_run).collect();
        let Some(first) = data.first() else { continue };
        if let Some(message) = contradiction(&data, table) {
            let aside = table.source.path.clone();
            out.push(Contradiction { kept: first.source.path.clone(), aside, message });
        }
    }
    out
}

fn says_something(e: &Evidence) -> bool {
    match &e.data {
        Data::Tests(t) => t.counts().total() > 0 || !t.problems.is_empty() || e.complete == Some(false),
        Data::Coverage(c) => !c.files.is_empty() || c.percent.is_some(),
        _ => true,
    }
}

/// The same tool's findings, once as its log and once as its file: what came with an exit status is kept.
fn same_findings(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let mut kept: Vec<Evidence> = Vec::new();
    let mut rest: Vec<Evidence> = Vec::new();
    let proven = |e: &Evidence| e.source.exit_status.is_some();
    for e in evidence {
        let console = e.source.tool.as_deref().is_some_and(|t| matches!(t, "dialyzer" | "xref" | "compile"));
        if console && matches!(e.data, Data::Findings(_)) { rest.push(e) } else { kept.push(e) }
    }
    // What is proven first; then what was written last.
    rest.sort_by_key(|e| (std::cmp::Reverse(proven(e)), std::cmp::Reverse(e.source.modified), e.source.path.clone()));
    for e in rest {
        let twin = kept.iter().find(|k| {
            k.source.tool == e.source.tool
                && k.source.labels == e.source.labels
                && k.source.name == e.source.name
                && k.source.format == e.source.format
                && matches!(k.data, Data::Findings(_))
                // Two recordings are of two commands, unless they tell the very same.
                && (proven(k) && !proven(&e)
                    || places(k) == places(&e) && k.source.exit_status == e.source.exit_status
                    || places(k) == places(&e) && !proven(k))
        });
        match twin {
            Some(k) => {
                let known = places(k);
                let other = places(&e).into_iter().filter(|p| !known.contains(p)).count();
                if other > 0 {
                    out.contradictions.push(Contradiction {
                        kept: k.source.path.clone(),
                        aside: e.source.path.clone(),
                        message: format!(
                            "{} holds {other} findings that the recorded run did not find",
                            e.source.path,
                        ),
                    });
                }
                let instead = Some(k.source.path.clone());
                let because = if proven(k) { "the same tool's recorded run tells more" } else { "the same findings" };
                out.aside.push(Aside { because: because.to_owned(), instead, evidence: e });
            }
            None => kept.push(e),
        }
    }
    kept.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    kept
}

/// Where a log's findings are, sorted: the file's own name (the message where there is none), the line, the rule. Two logs of one run agree in these.
fn places(e: &Evidence) -> Vec<(String, Option<u32>, &str)> {
    let Data::Findings(f) = &e.data else { return Vec::new() };
    let mut out: Vec<_> = f
        .active()
        .map(|i| {
            let place = i.place.as_ref();
            let file = place.map_or(&*i.message, |p| p.path.rsplit(['/', '\\']).next().unwrap_or_default());
            (file.to_owned(), place.and_then(|p| p.line), i.rule.as_ref())
        })
        .collect();
    out.sort_unstable();
    out
}

/// How a case ended, as far as formats agree on it: some have no errors, some list what is yet to be written as passed.
type Ended = bool;

/// A run's cases by their names' last parts, by the words of their names, and by those with their class's before; each list sorted.
struct Results {
    last: Vec<(String, Ended)>,
    name: Vec<(String, Ended)>,
    full: Vec<(String, Ended)>,
}

/// Two formats of one run of any tool: the same cases with the same results; that which tells the most of what is wrong is kept.
/// Files of one format are shards, and count each.
fn same_cases(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let mut formats: Vec<&str> =
        evidence.iter().filter(|e| matches!(e.data, Data::Tests(_))).map(|e| e.source.format).collect();
    formats.dedup();
    if formats.len() < 2 {
        return evidence;
    }
    // With the formats that it stands for: of several files of one format only one is its twin.
    let mut kept: Vec<(Evidence, Option<Results>, Vec<&str>)> = Vec::new();
    for mut e in evidence {
        let mut results = results(&e);
        let format = e.source.format;
        let twin = kept.iter_mut().find(|(k, theirs, formats)| {
            !formats.contains(&format)
                && k.source.labels == e.source.labels
                && k.source.name == e.source.name
                && matches!((theirs, &results), (Some(a), Some(b)) if same(a, b))
        });
        match twin {
            Some((k, theirs, formats)) => {
                formats.push(format);
                if told(&e) > told(k) {
                    std::mem::swap(k, &mut e);
                    std::mem::swap(theirs, &mut results);
                }
                let because = format!("the same cases with the same results as in {} form", k.source.format);
                let instead = Some(k.source.path.clone());
                out.aside.push(Aside { because, instead, evidence: e });
            }
            None => kept.push((e, results, vec![format])),
        }
    }
    kept.into_iter().map(|(e, ..)| e).collect()
}

/// The cases of evidence that lists them all.
fn results(e: &Evidence) -> Option<Results> {
    let Data::Tests(t) = &e.data else { return None };
    if t.counts().total() == 0 || t.suites.iter().any(|s| s.unlisted != Counts::default()) {
        return None;
    }
    let list = |of: &dyn Fn(&Suite, &Case) -> String| {
        let mut all: Vec<_> = t.cases().map(|(s, c)| (of(s, c), c.status > Outcome::Skipped)).collect();
        all.sort_unstable();
        all
    };
    Some(Results {
        last: list(&|_, c| last_name(&c.name).to_lowercase()),
        name: list(&|_, c| words(&[&c.name])),
        full: list(&|s, c| words(&[c.class.as_deref().unwrap_or(&s.name), &c.name])),
    })
}

fn same(a: &Results, b: &Results) -> bool {
    a.last == b.last || a.name == b.name || a.full == b.name || a.name == b.full || a.full == b.full
}

/// How much evidence tells of what is wrong with its run.
fn told(e: &Evidence) -> (bool, usize, u64, u64, u64, u64) {
    let Data::Tests(t) = &e.data else { return (false, 0, 0, 0, 0, 0) };
    let n = t.counts();
    (e.complete == Some(false), t.problems.len(), n.failed.saturating_add(n.errored), n.skipped, n.flaky, n.errored)
}

/// A case's own name: formats differ in how much of its surroundings they put before it.
fn last_name(name: &str) -> &str {
    let name = name.rsplit(" > ").next().unwrap_or(name);
    let name = name.rsplit(" › ").next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name).trim()
}

/// The words of a name, in whichever way they are joined.
fn words(parts: &[&str]) -> String {
    let words = parts.iter().flat_map(|p| p.split(|c: char| !c.is_alphanumeric())).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
