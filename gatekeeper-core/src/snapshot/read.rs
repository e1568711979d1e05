//! The lines of a snapshot → what it says. Strict: what is not as the writer writes it is no baseline.

use super::entry::{End, Entry, Group, RunLine};
use super::shape::{LINES, section};
use super::write::{Run, end};
use super::{VERSION, coverage, limits};
use crate::config::Node;
use crate::verdict::Overall;
use gatekeeper_evidence::coverage::{Percentages, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Package, Place};
use gatekeeper_evidence::inventory::{Component, License};
use gatekeeper_evidence::test_run::{Case, Suite};
use gatekeeper_evidence::{Coverage, Data, Evidence, Findings, Inventory, Kind, Measurements, Source, TestRun};
use gatekeeper_formats::{Format, Formats};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashSet};

/// Most of anything that one entry may stand for.
const MOST: usize = 10_000_000;

/// What to do about a file that was merged or edited.
const FIX: &str = "after a merge, gatekeeper snapshot --fix writes counts and digests again";

/// A line with its number.
pub(super) type Numbered<'t> = (u64, &'t str);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    snapshot: u32,
    engine: String,
}

/// Reads the first line: the engine's version.
pub(super) fn engine(text: &str) -> Result<String, ParseError> {
    let line = text.lines().next().unwrap_or_default();
    let wrong = |expected: String| ParseError::malformed(expected).on_line(1).found(line.as_bytes());
    let expected = format!("a snapshot, whose first line is {{\"snapshot\":{VERSION},\"engine\":\"…\"}}");
    let first: First = serde_json::from_str(line).map_err(|e| wrong(expected).because(e))?;
    match first.snapshot {
        VERSION => Ok(first.engine),
        _ => Err(wrong(format!("version {VERSION} of a snapshot, which this program reads"))),
    }
}

/// A document that is text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        ParseError::malformed("UTF-8 text").at(at).found(bytes.get(at..).unwrap_or_default()).because(e)
    })
}

/// An entry of a line.
pub(super) fn entry(section: &str, (number, line): Numbered<'_>) -> Result<Entry, ParseError> {
    Entry::read(section, line)
        .map_err(|e| ParseError::malformed("an entry of a snapshot").on_line(number).found(line.as_bytes()).because(e))
}

/// Run, policy and evidence.
pub(super) fn read(formats: &Formats, name: &str, bytes: &[u8]) -> Result<(Run, Node, Vec<Evidence>), ParseError> {
    let text = text(bytes)?;
    let engine = engine(text)?;
    let mut sections: BTreeMap<&str, Vec<Numbered<'_>>> = BTreeMap::new();
    let mut ends: BTreeMap<String, End> = BTreeMap::new();
    for (number, line) in (1_u64..).zip(text.lines()).skip(1) {
        if let Some(section) = section(line).filter(|_| ends.is_empty()) {
            sections.entry(section).or_default().push((number, line));
            continue;
        }
        let wrong = || {
            let expected = if line.starts_with("<<<<<<<") || line.starts_with("=======") || line.starts_with(">>>>>>>")
            {
                "no mark of a merge: gatekeeper snapshot --fix takes both sides together"
            } else {
                "an entry of a snapshot, or the end of a section"
            };
            ParseError::malformed(expected).on_line(number).found(line.as_bytes())
        };
        let end: End = serde_json::from_str(line).map_err(|e| wrong().because(e))?;
        if !LINES.iter().any(|l| l.section == end.end) || ends.contains_key(&end.end) {
            return Err(wrong());
        }
        ends.insert(end.end.clone(), end);
    }
    for section in LINES.each_ref().map(|l| l.section) {
        let lines = sections.get(section).map(Vec::as_slice).unwrap_or_default();
        let Some(stated) = ends.get(section) else {
            let message = format!("the end of the section `{section}`: the file breaks off");
            return Err(ParseError::malformed(message).at(bytes.len()));
        };
        let mut sorted: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
        sorted.sort_unstable();
        let counted = end(section, &sorted);
        if counted.count != stated.count {
            return Err(ParseError::malformed(format!(
                "{} entries of the section `{section}`, as its end states ({FIX})",
                stated.count
            ))
            .found_words(counted.count.to_string()));
        }
        if counted.sha256 != stated.sha256 {
            return Err(ParseError::malformed(format!(
                "the entries of the section `{section}` that its digest was made of ({FIX})"
            ))
            .found_words("others"));
        }
    }
    let read: Vec<(u64, Entry)> = sections
        .into_iter()
        .flat_map(|(section, lines)| lines.into_iter().map(move |line| (section, line)))
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(section, line)| Ok((line.0, entry(section, line)?)))
        .collect::<Result<_, ParseError>>()?;
    let names: Vec<String> = read.par_iter().map(|(_, e)| format!("{}\u{0}{}", e.section(), e.identity())).collect();
    let mut known = HashSet::with_capacity(read.len());
    for ((number, _), name) in read.iter().zip(&names) {
        if !known.insert(name.as_str()) {
            return Err(ParseError::malformed(format!("each thing once ({FIX})"))
                .on_line(*number)
                .found_words("an entry that is there twice"));
        }
    }
    assemble(formats, name, engine, read)
}

fn assemble(
    formats: &Formats,
    name: &str,
    engine: String,
    read: Vec<(u64, Entry)>,
) -> Result<(Run, Node, Vec<Evidence>), ParseError> {
    let mut run = Head { engine, ..Head::default() };
    let mut stated = Vec::new();
    let mut groups: BTreeMap<Box<str>, (Group, Evidence)> = BTreeMap::new();
    let mut rest = Vec::new();
    let mut room = MOST;
    for (number, entry) in read {
        match entry {
            Entry::Run(line) => run.add(number, line)?,
            Entry::Limit(limit) => stated.push(limit),
            Entry::Evidence(group) => {
                let evidence = begun(formats, name, &group).ok_or_else(|| {
                    ParseError::malformed("a kind of evidence that snapshots hold")
                        .on_line(number)
                        .found_words(group.kind.as_str())
                })?;
                groups.insert(group.evidence.as_str().into(), (group, evidence));
            }
            other => rest.push((number, other)),
        }
    }
    for (number, entry) in rest {
        let wrong = |expected: &str| ParseError::malformed(expected.to_owned()).on_line(number);
        let of: &str = match &entry {
            Entry::Case(e) => &e.of,
            Entry::File(e) => &e.of,
            Entry::Finding(e) => &e.of,
            Entry::Package(e) => &e.of,
            Entry::Series(e) => &e.of,
            Entry::Run(_) | Entry::Limit(_) | Entry::Evidence(_) => continue,
        };
        let Some((_, evidence)) = groups.get_mut(of) else {
            return Err(wrong("an `in` that an evidence entry bears"));
        };
        add(entry, &mut evidence.data, &mut room)
            .ok_or_else(|| wrong("an entry of its evidence's kind, as written by gatekeeper"))?;
    }
    let limits =
        limits::tree(&stated).ok_or_else(|| ParseError::malformed(format!("limits that make one policy ({FIX})")))?;
    let evidence = groups.into_values().map(|(_, e)| e).collect();
    Ok((run.finish()?, limits, evidence))
}

/// What was said of the run, until it is known that all of it was.
#[derive(Default)]
struct Head {
    engine: String,
    commits: Vec<String>,
    tree: Option<String>,
    now: Option<i64>,
    policy: Option<String>,
    status: Option<Overall>,
    complete: Option<bool>,
}

impl Head {
    fn add(&mut self, number: u64, line: RunLine) -> Result<(), ParseError> {
        let wrong = |expected: &str| {
            ParseError::malformed(expected.to_owned()).on_line(number).found(line.is.to_string().as_bytes())
        };
        match (line.run.as_str(), &line.is) {
            ("commit", Json::String(commit)) => self.commits.push(commit.clone()),
            ("tree", Json::String(tree)) => self.tree = Some(tree.clone()),
            ("policy", Json::String(policy)) => self.policy = Some(policy.clone()),
            ("complete", Json::Bool(complete)) => self.complete = Some(*complete),
            ("now", Json::String(now)) => {
                let now: jiff::Timestamp = now.parse().map_err(|e| wrong("a time (RFC 3339)").because(e))?;
                self.now = Some(now.as_second());
            }
            ("status", status) => {
                let status = Overall::deserialize(status);
                self.status = Some(status.map_err(|e| wrong("pass, warn, fail or unknown").because(e))?);
            }
            _ => return Err(wrong("commit, tree, now, policy, status or complete")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Run, ParseError> {
        let (Some(status), Some(complete)) = (self.status, self.complete) else {
            return Err(ParseError::malformed("a line for `status` and one for `complete`").found_words("none"));
        };
        Ok(Run {
            engine: self.engine,
            commits: self.commits,
            tree: self.tree,
            now: self.now,
            policy: self.policy,
            status,
            complete,
        })
    }
}

/// Evidence of a group before its entries; `None` where it is of no kind that snapshots hold.
fn begun(formats: &Formats, file: &str, group: &Group) -> Option<Evidence> {
    let data = match group.kind {
        Kind::Tests => {
            let unlisted = group.unlisted.map(|unlisted| Suite { unlisted, ..Suite::default() });
            Data::Tests(TestRun { suites: unlisted.into_iter().collect(), ..TestRun::default() })
        }
        Kind::Coverage => Data::Coverage(Coverage {
            metrics: group.metrics.unwrap_or_default(),
            stated: group.stated.unwrap_or_default(),
            percent: group
                .percent
                .as_ref()
                .map(|total| Percentages { total: total.as_str().into(), files: BTreeMap::new() }),
            ..Coverage::default()
        }),
        Kind::Inventory => Data::Inventory(Inventory::default()),
        Kind::Measurements => Data::Measurements(Measurements::default()),
        Kind::Findings => Data::Findings(Findings {
            tools: group.tools.clone(),
            looked_for: group.looked_for.as_ref().map(|l| l.iter().filter_map(|c| Category::named(c)).collect()),
            ..Findings::default()
        }),
        _ => return None,
    };
    let source = Source {
        path: file.to_owned(),
        // A format that this program does not know is one that no selector of its policy can name.
        format: formats.by_id(&group.format).map_or("", Format::id),
        tool: group.tool.clone(),
        name: group.name.clone(),
        labels: group.labels.clone(),
        component: group.component.clone(),
        ..Source::default()
    };
    Some(Evidence { source, complete: Some(true), notes: Vec::new(), data })
}

/// Adds an entry; `None` where it is not of this kind, or stands for too much.
fn add(entry: Entry, data: &mut Data, room: &mut usize) -> Option<()> {
    let most = *room;
    let mut take = |n: usize| -> Option<()> {
        *room = room.checked_sub(n)?;
        Some(())
    };
    match (entry, data) {
        (Entry::Case(e), Data::Tests(run)) => {
            take(usize::try_from(e.n).ok()?)?;
            let [within, name] = e.case;
            let each = e.time.map(|t| t / f64::from(e.n.max(1)));
            let case = Case { name, status: e.outcome, time: each, ..Case::default() };
            // Entries are sorted, so that those of a suite follow each other.
            if run.suites.last().is_none_or(|s| s.name != within) {
                run.suites.push(Suite::named(within));
            }
            let suite = run.suites.last_mut()?;
            for _ in 1..e.n {
                suite.cases.push(case.clone());
            }
            suite.cases.push(case);
        }
        (Entry::File(e), Data::Coverage(c)) => {
            let lists = [&e.lines, &e.branches, &e.line_branches, &e.functions, &e.statements].map(String::as_str);
            let mut file = coverage::read(lists, most)?;
            take(file.lines.len())?;
            file.functions_by_line = e.functions_by_line;
            file.stated = e.stated;
            let bare = e.percent.is_some() && lists.iter().all(|l| l.is_empty()) && file.stated == Stated::default();
            if let Some(percent) = e.percent {
                c.percent.as_mut()?.files.insert(e.file.clone(), percent.into());
            }
            if !bare {
                c.files.insert(e.file, file);
            }
        }
        (Entry::Finding(e), Data::Findings(f)) => {
            take(usize::try_from(e.n).ok()?)?;
            let tool = e.tool.and_then(|t| f.tools.iter().position(|known| **known == *t));
            let finding = Finding {
                rule: e.rule,
                severity: e.severity,
                severity_from: if e.security { "security-severity" } else { "" },
                category: Category::named(&e.category)?,
                place: e.path.map(|path| Place { path, ..Place::default() }),
                package: e.package.map(|name| Box::new(Package { name, ..Package::default() })),
                fingerprint: Some(e.finding),
                tool: tool.and_then(|t| u16::try_from(t).ok()).unwrap_or_default(),
                ..Finding::default()
            };
            for _ in 1..e.n {
                f.items.push(finding.clone());
            }
            f.items.push(finding);
        }
        (Entry::Package(e), Data::Inventory(i)) => {
            let [name, version] = e.package;
            i.components.push(Component {
                name,
                version: Some(version).filter(|v| !v.is_empty()),
                purl: e.purl,
                licenses: e
                    .expressions
                    .into_iter()
                    .map(License::expression)
                    .chain(e.names.into_iter().map(License::name))
                    .collect(),
                scope: e.scope,
                ..Component::default()
            });
        }
        (Entry::Series(e), Data::Measurements(m)) => {
            take(e.samples.len())?;
            m.series.push(e.read()?);
        }
        _ => return None,
    }
    Some(())
}
