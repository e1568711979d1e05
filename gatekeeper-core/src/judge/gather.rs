//! Candidates → evidence: what is read, what could not be, what is too old, and what need not be evidence.

use super::recorded;
pub(crate) use super::unread::Unread;
use crate::collect::{Candidate, Content, Together, too_many};
use crate::context::Context;
use crate::policy::{EvidenceEntry, Policy};
use crate::relate::twins::{ct_run, no_results, run_time};
use crate::relate::{inside, pages};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Data, Evidence, Kind};
use gatekeeper_formats::read::ReadOptions;
use gatekeeper_formats::{Format, Formats};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of all candidates.
pub(crate) struct ReadAll {
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) unread: Vec<Unread>,
    /// Files that need not be evidence and are none.
    pub(crate) ignored: Vec<String>,
    /// Which of the policy's entries brought a path.
    pub(crate) entries: BTreeMap<String, usize>,
}

/// Reads candidates, several at a time.
pub(crate) fn read_all(policy: &Policy, candidates: Vec<Candidate>, formats: &Formats, context: &Context) -> ReadAll {
    enum Read {
        Evidence(Box<Evidence>),
        Unread(Box<Unread>),
        Ignored(String),
    }
    let entry_of = |n: Option<usize>| n.and_then(|n| policy.evidence.get(n));
    let entries: BTreeMap<String, usize> = candidates.iter().filter_map(|c| Some((c.path.clone(), c.entry?))).collect();
    let recorded = Arc::new(recorded::reported(&candidates));
    let bringers: Vec<Vec<Arc<str>>> = candidates.iter().map(|c| c.brought_by.clone()).collect();
    let progress = context.progress.as_deref();
    if let Some(progress) = progress {
        progress.found(candidates.len());
    }
    let meant: Vec<Meant> = candidates.iter().map(|c| Meant::of(c, entry_of(c.entry))).collect();
    let refused = |error: ParseError| ReadAll {
        evidence: Vec::new(),
        unread: vec![Unread::of_run(error)],
        ignored: Vec::new(),
        entries: BTreeMap::clone(&entries),
    };
    let files = candidates.iter().filter(|c| !matches!(c.content, Content::Nowhere(_))).count();
    if let Some(error) = too_many(files, &context.limits) {
        return refused(error);
    }
    let together = Together::new(&context.limits);
    let results: Vec<Read> = candidates
        .into_par_iter()
        .zip(&meant)
        .map(|(c, meant)| {
            let entry: Option<&EvidenceEntry> = entry_of(c.entry);
            let read_options = ReadOptions {
                limits: context.limits.clone(),
                format: c.format,
                exit_status: entry.and_then(|e| e.exit_status),
                skip_validation: false,
                extract: entry.and_then(|e| e.measured.extract.clone()),
                recorded: Arc::clone(&recorded),
            };
            let (expected, modified) = (c.expected, c.modified);
            // Nothing that was read counts then.
            let full = || Read::Ignored(String::new());
            if together.is_full() {
                return full();
            }
            let result = c.read(formats, &read_options);
            if let Some(progress) = progress {
                progress.one();
            }
            match result {
                Ok(mut e) => {
                    if let (Data::Measurements(m), Some(name)) =
                        (&mut e.data, entry.and_then(|e| e.measured.metric.as_ref()))
                    {
                        m.name_the_nameless(name);
                    }
                    e.source.labels = meant.labels.clone();
                    e.source.name = meant.name.clone();
                    e.source.modified = written(e.source.modified, modified, context.now);
                    together.take(e).map_or_else(full, |e| Read::Evidence(Box::new(e)))
                }
                Err(error) => {
                    // What lies in a folder of anything and is of no format need not be evidence. An empty report is no such thing.
                    let path = &meant.path;
                    let report_like = formats.iter().any(|f| f.extensions().iter().any(|x| has_extension(path, x)));
                    let nothing = match error.code() {
                        ErrorCode::Unrecognised => true,
                        ErrorCode::Empty => !report_like,
                        _ => false,
                    };
                    // Nor is one that bears a report's name: a shard's results that are garbage must not be passed over.
                    if !expected && nothing && formats.named_like(path).is_none() {
                        return Read::Ignored(path.clone());
                    }
                    Read::Unread(Box::new(meant.clone().unread(formats, error)))
                }
            }
        })
        .collect();
    if together.is_full() {
        return refused(together.error(meant.len()));
    }
    let (mut evidence, mut unread, mut ignored) = (Vec::new(), Vec::new(), Vec::new());
    let mut brought: BTreeMap<&str, (bool, usize)> = BTreeMap::new();
    for (r, by) in results.iter().zip(&bringers) {
        for by in by {
            let at = brought.entry(by).or_default();
            match r {
                Read::Ignored(_) => at.1 += 1,
                Read::Evidence(_) | Read::Unread(_) => at.0 = true,
            }
        }
    }
    for (by, (_, files)) in brought.into_iter().filter(|(_, (any, _))| !any) {
        let words =
            format!("{files} file{} and none of them a report that is known", if files == 1 { "" } else { "s" });
        unread.push(Unread {
            file: by.to_owned(),
            error: ParseError::new(ErrorCode::Unrecognised, words).finish(by, "", None),
            kind: None,
            format: None,
            tool: None,
            name: None,
            labels: BTreeMap::new(),
            of_run: false,
        });
    }
    for r in results {
        match r {
            Read::Evidence(e) => evidence.push(*e),
            Read::Unread(u) => unread.push(*u),
            Read::Ignored(path) => ignored.push(path),
        }
    }
    unread.extend(barren_runs(formats, &evidence, &unread, &ignored));
    recorded::tie(formats, &mut evidence, &mut unread, &ignored);
    unread.sort_by(|a, b| a.file.cmp(&b.file));
    ignored.sort();
    ReadAll { evidence: pages::unite(inside::split(evidence)), unread, ignored, entries }
}

/// What is known of a file before it is read.
#[derive(Clone)]
struct Meant {
    path: String,
    labels: BTreeMap<String, String>,
    /// The name of the policy's entry that brought it.
    name: Option<String>,
    place_of: Option<&'static Format>,
    /// Whether figures are taken out of it, whatever it is.
    extracts: bool,
}

impl Meant {
    fn of(c: &Candidate, entry: Option<&EvidenceEntry>) -> Meant {
        Meant {
            path: c.path.clone(),
            labels: c.labels.clone(),
            name: entry.and_then(|e| e.name.clone()),
            place_of: c.place_of,
            extracts: entry.is_some_and(|e| e.measured.extract.is_some()),
        }
    }

    /// The file as one that could not be read.
    fn unread(self, formats: &Formats, error: ParseError) -> Unread {
        let Meant { path, labels, name, place_of, extracts } = self;
        // A recording may hold anything.
        let format = formats.by_id(error.format()).or(place_of).or_else(|| formats.named_like(&path));
        let format = format.filter(|f| f.kind() != Kind::Command);
        // In a folder of packages the error names the file in it.
        let error = error.finish(&path, "", None);
        let kind = format.map(Format::kind).or_else(|| kind_by_extension(formats, &path));
        Unread {
            kind: if extracts { Some(Kind::Measurements) } else { kind },
            format: format.map(Format::id),
            tool: format.and_then(own_tool),
            file: error.file().to_owned(),
            error,
            name,
            labels,
            of_run: false,
        }
    }
}

/// When evidence was written, by what it says of itself and by its file. A file that is older than what it claims to tell of was not written then;
/// times that archives put in the place of unknown ones (1970 to 1980) say nothing. What says that it is from the future goes on saying so.
fn written(says: Option<i64>, file: Option<i64>, now: Option<i64>) -> Option<i64> {
    const DAY: i64 = 86_400;
    const END_OF_1980: i64 = 347_155_200;
    match (says, file) {
        (Some(says), _) if now.is_some_and(|now| says > now) => Some(says),
        (Some(says), Some(file)) if file > END_OF_1980 && file.saturating_add(DAY) < says => Some(file),
        (says, file) => says.or(file),
    }
}

/// Common Test's newest runs that hold files and no result: those of the runs before would be taken for theirs.
fn barren_runs(formats: &Formats, evidence: &[Evidence], unread: &[Unread], ignored: &[String]) -> Vec<Unread> {
    let told =
        evidence.iter().map(|e| (e.source.path.as_str(), true)).chain(unread.iter().map(|u| (u.file.as_str(), true)));
    let mut newest: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
    for (path, telling) in told.chain(ignored.iter().map(|i| (i.as_str(), false))) {
        let Some((folder, run)) = ct_run(path) else { continue };
        let at = newest.entry(folder).or_default();
        let [all, useful] = at;
        for slot in [Some(all), telling.then_some(useful)].into_iter().flatten() {
            if slot.is_none_or(|known| run_time(run) > run_time(known)) {
                *slot = Some(run);
            }
        }
    }
    newest
        .into_iter()
        .filter_map(|(folder, [all, useful])| Some((folder, all?, useful?)))
        .filter(|(_, all, useful)| run_time(all) > run_time(useful))
        .map(|(folder, run, older)| {
            let file = format!("{folder}{run}");
            let error = no_results(older).finish(&file, "", None);
            let format = formats.by_id("ct-suite-log");
            Unread {
                error,
                kind: format.map(Format::kind),
                format: None,
                tool: format.and_then(own_tool),
                name: None,
                labels: BTreeMap::new(),
                of_run: false,
                file,
            }
        })
        .collect()
}

/// What a file was meant to say, where all formats of its extension say the same (`.coverdata`, `.sarif`, `.trx`).
fn kind_by_extension(formats: &Formats, path: &str) -> Option<Kind> {
    let mut kinds = formats.iter().filter(|f| f.extensions().iter().any(|x| has_extension(path, x))).map(Format::kind);
    let first = kinds.next()?;
    kinds.all(|k| k == first).then_some(first)
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, e)| e.eq_ignore_ascii_case(extension))
}

/// The tool of a format that only one tool writes.
fn own_tool(format: &Format) -> Option<String> {
    let console = format.recorded_as().map(|t| if t == "ct_run" { "ct" } else { t });
    match (console, format.producers()) {
        (Some(tool), _) => Some(tool.to_owned()),
        (None, [one]) => Some((*one).to_owned()),
        _ => None,
    }
}

/// Turns evidence that is too old into inputs that cannot be used.
pub(crate) fn stale(
    policy: &Policy,
    entries: &BTreeMap<String, usize>,
    evidence: &mut Vec<Evidence>,
    unread: &mut Vec<Unread>,
    now: Option<i64>,
) {
    let Some(strictest) = policy.evidence.iter().filter_map(|e| e.max_age).min() else { return };
    // What no entry speaks of was given by path: the policy wants fresh evidence, so it is held to the strictest.
    let limit = |e: &Evidence| entry_of(policy, entries, e).map_or(Some(strictest), |entry| entry.max_age);
    let mut kept = Vec::new();
    for e in evidence.drain(..) {
        let Some(max) = limit(&e) else {
            kept.push(e);
            continue;
        };
        let age = e.source.modified.and_then(|m| Some(now?.saturating_sub(m)));
        let fresh = age.is_some_and(|a| max.is_age(a));
        if fresh {
            kept.push(e);
            continue;
        }
        let words = match age {
            Some(age) if age < 0 => format!("says that it was written {} s from now, so its age cannot be told", -age),
            Some(age) => format!("is stale: {age} s old, at most {max} s are allowed"),
            None if now.is_none() => {
                "may be stale: its age is limited, and no clock was given to tell it by".to_owned()
            }
            None => "is stale as far as can be told: nothing says when it was written".to_owned(),
        };
        unread.push(Unread::stale(e, words));
    }
    *evidence = kept;
}

/// The policy's entry that brought evidence, or that speaks of its path (`entries`: which entry brought a path).
pub(crate) fn entry_of<'p>(
    policy: &'p Policy,
    entries: &BTreeMap<String, usize>,
    e: &Evidence,
) -> Option<&'p EvidenceEntry> {
    let brought = entries.get(&e.source.path).and_then(|n| policy.evidence.get(*n));
    let speaks = |p: &&EvidenceEntry| p.patterns.iter().chain(&p.packages).any(|p| p.matches(&e.source.path).is_some());
    brought.or_else(|| policy.evidence.iter().find(speaks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Known, parse};
    use crate::rule::Rules;
    use gatekeeper_evidence::test_run::TestRun;
    use gatekeeper_evidence::{Data, Source};

    fn evidence(path: &str, modified: Option<i64>) -> Evidence {
        let source = Source { path: path.to_owned(), format: "junit", modified, ..Source::default() };
        Evidence { source, complete: None, notes: Vec::new(), data: Data::Tests(TestRun::default()) }
    }

    #[test]
    fn a_newest_run_that_left_nothing_is_told() {
        const OLD: &str = "logs/ct_run.a@b.2026-11-19_09.00.00/suite.log";
        const NEW: &str = "logs/ct_run.a@b.2026-11-20_08.00.00/index.html";
        let formats = Formats::default();
        let told = |read: &[&str], ignored: &[&str]| {
            let read: Vec<Evidence> = read.iter().map(|p| evidence(p, None)).collect();
            let ignored: Vec<String> = ignored.iter().map(|p| (*p).to_owned()).collect();
            barren_runs(&formats, &read, &[], &ignored).into_iter().map(|u| u.file).collect::<Vec<_>>()
        };
        assert_eq!(told(&[OLD], &[NEW]), ["logs/ct_run.a@b.2026-11-20_08.00.00"]);
        assert_eq!(told(&[NEW], &[OLD]), Vec::<String>::new());
        // A run that left results beside other files is none.
        assert_eq!(told(&[OLD], &[OLD]), Vec::<String>::new());
        assert_eq!(told(&[OLD, NEW], &[NEW, OLD]), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_older_than_what_it_claims_is_as_old_as_it_is() {
        let (y2017, now) = (1_500_000_000, 1_800_000_000);
        assert_eq!(written(Some(now), Some(y2017), Some(now)), Some(y2017));
        assert_eq!(written(Some(now), Some(now - 86_400), Some(now)), Some(now), "clocks and zones differ");
        assert_eq!(written(Some(now), Some(now - 86_401), Some(now)), Some(now - 86_401));
        assert_eq!(written(Some(now), Some(315_532_800), Some(now)), Some(now), "an archive without times");
        assert_eq!(written(Some(y2017), Some(now), Some(now)), Some(y2017), "a copy is newer than its content");
        assert_eq!(
            [written(None, Some(now), Some(now)), written(Some(now), None, Some(now)), written(None, None, Some(now))],
            [Some(now), Some(now), None]
        );
        // What is still to come stays so, whatever its file says.
        assert_eq!(written(Some(now + 1), Some(y2017), Some(now)), Some(now + 1));
    }

    #[test]
    fn an_extension_is_what_stands_behind_the_last_dot() {
        assert!(
            has_extension("a/b.XML", "xml") && !has_extension("a/b.xml.txt", "xml") && !has_extension("xml", "xml")
        );
    }

    #[test]
    fn what_is_too_old_from_the_future_or_without_a_time_is_said_to_be() {
        let text = "version = 1\n[[evidence]]\npaths = [\"*.xml\"]\nmax-age = \"1h\"\n[gates.t]\nrule = \"tests\"\n";
        let known = (Formats::default(), Rules::default());
        let policy = parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).unwrap();
        let said = |modified, now| {
            let (mut all, mut unread) = (vec![evidence("a.xml", modified)], Vec::new());
            stale(&policy, &BTreeMap::new(), &mut all, &mut unread, now);
            assert_eq!(all.len() + unread.len(), 1);
            unread.first().map(|u| u.error.words())
        };
        let now = 1_000_000;
        let age = |seconds: i64| said(Some(now - seconds), Some(now));
        assert_eq!([age(0), age(3600), age(-300)], [None, None, None]);
        assert!(age(3601).unwrap().contains("is stale: 3601 s old, at most 3600 s"), "{:?}", age(3601));
        assert!(age(-301).unwrap().contains("written 301 s from now"), "{:?}", age(-301));
        assert!(said(Some(now), None).unwrap().contains("no clock was given"));
        assert!(said(None, Some(now)).unwrap().contains("nothing says when"));
    }

    #[test]
    fn an_entry_speaks_of_a_file_that_was_given_by_its_path_too() {
        let text = "version = 1\n[[evidence]]\nname = \"a\"\npaths = [\"a/*.xml\"]\n[[evidence]]\nname = \"b\"\npaths = [\"**/x.xml\"]\n[gates.t]\nrule = \"tests\"\n";
        let known = (Formats::default(), Rules::default());
        let policy = parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).unwrap();
        let of = |path: &str, brought: &[(&str, usize)]| {
            let brought = brought.iter().map(|(path, n)| ((*path).to_owned(), *n)).collect();
            entry_of(&policy, &brought, &evidence(path, None)).and_then(|e| e.name.clone())
        };
        // The first whose pattern takes it; the one that brought it, where one did; none of no pattern.
        assert_eq!(of("a/x.xml", &[]).as_deref(), Some("a"));
        assert_eq!(of("b/x.xml", &[]).as_deref(), Some("b"));
        assert_eq!(of("a/x.xml", &[("a/x.xml", 1)]).as_deref(), Some("b"));
        assert_eq!(of("b/y.xml", &[("a/x.xml", 1)]), None);
    }

    #[test]
    fn what_a_file_was_to_be_is_told_by_its_extension_where_all_formats_of_it_say_the_same() {
        let of = |path: &str| kind_by_extension(&Formats::default(), path);
        assert_eq!(
            [of("a.coverdata"), of("a.trx"), of("a.sarif")],
            [Some(Kind::Coverage), Some(Kind::Tests), Some(Kind::Findings)]
        );
        assert_eq!([of("a.xml"), of("a.json"), of("a.nope"), of("coverdata")], [None; 4]);
    }

    #[test]
    fn a_format_that_one_tool_writes_has_that_tool() {
        let of = |id: &str| Formats::default().by_id(id).and_then(own_tool);
        let some = |name: &str| Some(name.to_owned());
        assert_eq!([of("rebar3-eunit"), of("rebar3-ct")], [some("eunit"), some("ct")]);
        assert_eq!(
            [of("mix-cover"), of("prettier"), of("junit"), of("lcov")],
            [some("mix-cover"), some("prettier"), None, None]
        );
    }
}
