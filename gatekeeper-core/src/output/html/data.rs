//! The long lists of the page, each a block of its own: rows without keys, as what repeats costs least that way.

use super::super::text;
use super::trend::NAME;
use crate::verdict::details::{CoverageDetails, Details, Excerpt, FindingDetails, PackageDetails};
use crate::verdict::{GateVerdict, InputProblem, Verdict, Violation};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::test_run::Outcome;
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

/// Characters of a text; what is longer is in the JSON.
const WORDS: usize = 4_000;

/// A block: name, number of rows, deflated JSON.
type Block = (&'static str, usize, Vec<u8>);

/// The kinds, in the page's order.
const KINDS: [&str; 7] = ["findings", "tests", "coverage", "sources", "packages", "series", "history"];

/// The blocks of the kinds that there is something of.
pub(super) fn blocks(v: &Verdict) -> io::Result<Vec<Block>> {
    let block = |kind: &'static str| {
        let (rows, document) = of(kind, v).filter(|(rows, _)| *rows > 0)?;
        Some(document().map(|document| (kind, rows, document)))
    };
    KINDS.into_par_iter().filter_map(block).collect()
}

/// A block that is still to be made.
type Later<'v> = Box<dyn FnOnce() -> io::Result<Vec<u8>> + 'v>;

/// How many rows there are of a kind, and what packs them.
fn of<'v>(kind: &str, v: &'v Verdict) -> Option<(usize, Later<'v>)> {
    fn later<'v, T: Serialize + 'v>(document: impl FnOnce() -> T + 'v) -> Later<'v> {
        Box::new(|| packed(&document()))
    }
    let d = v.details.as_deref();
    Some(match kind {
        "findings" => {
            let items = Items::of(v);
            (items.rows.len(), later(|| items))
        }
        "history" => (super::trend::runs(v), later(|| super::trend::trend(v))),
        "tests" => {
            let tests = tests(d?);
            (tests.rows.len(), later(|| tests))
        }
        "coverage" => {
            let all = &d?.coverage;
            let files = all.iter().map(|c| c.files.len()).max().unwrap_or(0);
            (files, later(|| all.iter().map(coverage).collect::<Vec<_>>()))
        }
        "sources" => {
            let sources = &d?.sources;
            (sources.len(), later(|| self::sources(sources)))
        }
        "packages" => {
            let packages = &d?.packages;
            (packages.len(), later(|| packages.iter().map(package).collect::<Vec<_>>()))
        }
        "series" => {
            let series = &d?.series;
            (series.len(), later(move || series))
        }
        _ => return None,
    })
}

fn packed<T: Serialize + ?Sized>(document: &T) -> io::Result<Vec<u8>> {
    // The serialiser writes a few bytes at a time, and each write to the encoder costs it a whole buffer.
    let encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut buffered = io::BufWriter::with_capacity(1 << 16, encoder);
    serde_json::to_writer(&mut buffered, document)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}

/// The rows of the findings, each made only while it is written.
#[derive(Serialize)]
struct Items<'v> {
    gates: Vec<Cow<'v, str>>,
    rows: Rows<'v>,
}

struct Rows<'v> {
    all: Vec<Row<'v>>,
    tools: BTreeMap<&'v str, &'v str>,
}

/// What a row is made of.
enum Row<'v> {
    Violation(usize, &'v GateVerdict, &'v Violation),
    Problem(&'v InputProblem),
    Finding(&'v FindingDetails),
}

impl Rows<'_> {
    fn len(&self) -> usize {
        self.all.len()
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all.iter().map(|row| match row {
            Row::Violation(gate, g, v) => item(*gate, g, v, &self.tools),
            Row::Problem(p) => problem(p),
            Row::Finding(f) => finding(f),
        }))
    }
}

/// A violation, or a finding that no gate held against the run. In this order the script reads them.
#[derive(Serialize)]
struct Item<'v>(
    // 0: index of the gate, -1 for none
    i64,
    // 1: status; for findings of no gate `none`, or `suppressed`
    &'static str,
    // 2: severity
    Option<&'static str>,
    // 3: code
    Cow<'v, str>,
    // 4: id
    Cow<'v, str>,
    // 5: message
    Cow<'v, str>,
    // 6: package
    Cow<'v, str>,
    // 7: version that mends it
    Cow<'v, str>,
    // 8: path in the code
    Cow<'v, str>,
    // 9, 10: line, column
    Option<u32>,
    Option<u32>,
    // 11: evidence with the place in it
    Cow<'v, str>,
    // 12: tool or format
    Cow<'v, str>,
    // 13: address; 14: whether it may be a link
    &'v str,
    bool,
    // 15: help
    Cow<'v, str>,
    // 16: labels
    String,
);

fn words(text: Option<&str>, most: usize) -> Cow<'_, str> {
    text.map(|t| text::shown(t, most)).unwrap_or_default()
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    text::short(&pairs.join(" "), NAME)
}

impl<'v> Items<'v> {
    /// Violations gate by gate, then what no gate could be blamed for, then findings that no gate held against the run.
    fn of(v: &'v Verdict) -> Self {
        let tools = v.evidence.iter().map(|e| (e.path.as_str(), e.tool.as_deref().unwrap_or(&e.format))).collect();
        let details = v.details.as_deref().map(|d| d.findings.as_slice()).unwrap_or_default();
        let mut seen: HashSet<Key<'_>> = HashSet::new();
        let mut all = Vec::new();
        for (n, g) in v.gates.iter().enumerate() {
            all.reserve(g.violations.len());
            for violation in &g.violations {
                if !details.is_empty() {
                    seen.insert(key(violation));
                }
                all.push(Row::Violation(n, g, violation));
            }
        }
        all.extend(v.problems.iter().filter(|p| p.concerns.is_empty()).map(Row::Problem));
        all.extend(details.iter().filter(|f| !seen.contains(&same(f))).map(Row::Finding));
        Items { gates: v.gates.iter().map(|g| text::shown(&g.name, NAME)).collect(), rows: Rows { all, tools } }
    }
}

/// Evidence, id, path, line, package.
type Key<'v> = (&'v str, &'v str, &'v str, Option<u32>, &'v str);

/// What a violation and the finding that it is about have in common.
fn key(v: &Violation) -> Key<'_> {
    (
        v.source.as_deref().unwrap_or_default(),
        v.id.as_deref().unwrap_or_default(),
        v.place.as_ref().map_or("", |p| p.path.as_ref()),
        v.place.as_ref().and_then(|p| p.line),
        v.package.as_deref().unwrap_or_default(),
    )
}

fn same(f: &FindingDetails) -> Key<'_> {
    (
        f.report.as_str(),
        f.id.as_str(),
        f.place.as_ref().map_or("", |p| p.path.as_ref()),
        f.place.as_ref().and_then(|p| p.line),
        f.package.as_deref().unwrap_or_default(),
    )
}

fn item<'v>(gate: usize, g: &'v GateVerdict, v: &'v Violation, tools: &BTreeMap<&str, &'v str>) -> Item<'v> {
    let tool = v.source.as_deref().and_then(|s| tools.get(s)).copied().unwrap_or(&g.rule);
    let url = text::address(v).unwrap_or_default();
    Item(
        i64::try_from(gate).unwrap_or(-1),
        v.status.as_str(),
        v.severity.map(gatekeeper_evidence::findings::Severity::as_str),
        text::shown(&v.code, NAME),
        words(v.id.as_deref(), NAME),
        text::shown(&v.message, WORDS),
        words(v.package.as_deref(), NAME),
        words(v.fixed.as_deref(), NAME),
        words(v.place.as_ref().map(|p| p.path.as_ref()), NAME),
        v.place.as_ref().and_then(|p| p.line),
        v.place.as_ref().and_then(|p| p.column),
        Cow::Owned(text::source(v).unwrap_or_default()),
        text::shown(tool, NAME),
        url,
        text::is_advisory(url),
        words(v.help.as_deref(), WORDS),
        labels(&v.labels),
    )
}

fn problem(p: &InputProblem) -> Item<'_> {
    Item(
        -1,
        "error",
        None,
        Cow::Borrowed(p.error.code.as_str()),
        Cow::default(),
        text::shown(&p.error.message, WORDS),
        Cow::default(),
        Cow::default(),
        Cow::default(),
        None,
        None,
        text::shown(&p.file, NAME),
        text::shown(&p.error.format, NAME),
        "",
        false,
        Cow::default(),
        String::new(),
    )
}

fn finding(f: &FindingDetails) -> Item<'_> {
    let web = |url: &&str| {
        let web = url.starts_with("https://") || url.starts_with("http://");
        web && url.len() <= 300 && url.bytes().all(|b| b.is_ascii_graphic())
    };
    let url = f.url.as_deref().filter(web).unwrap_or_default();
    Item(
        -1,
        if f.suppressed.is_some() { "suppressed" } else { "none" },
        Some(f.severity.as_str()),
        Cow::Borrowed(f.category.as_str()),
        text::shown(&f.id, NAME),
        text::shown(&f.message, WORDS),
        words(f.package.as_deref(), NAME),
        words(f.fixed.as_deref(), NAME),
        words(f.place.as_ref().map(|p| p.path.as_ref()), NAME),
        f.place.as_ref().and_then(|p| p.line),
        f.place.as_ref().and_then(|p| p.column),
        text::shown(&f.report, NAME),
        words(f.tool.as_deref(), NAME),
        url,
        text::is_advisory(url),
        words(f.suppressed.as_deref(), WORDS),
        String::new(),
    )
}

/// Tests: reports, suites, and rows `[suite, class, name, outcome, flaky, seconds, message, file, line]`; a suite knows its report, and classes
/// are numbers, 0 for none.
#[derive(Serialize)]
struct Tests<'v> {
    reports: Vec<(Cow<'v, str>, String)>,
    suites: Vec<(usize, Cow<'v, str>)>,
    classes: Vec<Cow<'v, str>>,
    rows: Vec<Test<'v>>,
}

#[derive(Serialize)]
struct Test<'v>(usize, usize, Cow<'v, str>, u8, u8, Option<f64>, Cow<'v, str>, Cow<'v, str>, Option<u32>);

fn tests(d: &Details) -> Tests<'_> {
    let mut out = Tests {
        reports: d.tests.iter().map(|t| (text::shown(&t.report, NAME), labels(&t.labels))).collect(),
        suites: Vec::new(),
        classes: vec![Cow::default()],
        rows: Vec::new(),
    };
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (report, t) in d.tests.iter().enumerate() {
        for suite in &t.suites {
            out.rows.reserve(suite.cases.len());
            for c in &suite.cases {
                let class = c.class.as_deref().map_or(0, |class| {
                    *known.entry(class).or_insert_with(|| {
                        out.classes.push(text::shown(class, NAME));
                        out.classes.len() - 1
                    })
                });
                let outcome = match c.outcome {
                    Outcome::Passed => 0,
                    Outcome::Skipped => 1,
                    Outcome::Errored => 2,
                    Outcome::Failed => 3,
                };
                let (message, file) = (words(c.message.as_deref(), WORDS), words(c.file.as_deref(), NAME));
                let name = text::shown(&c.name, NAME);
                let flaky = u8::from(c.flaky);
                out.rows.push(Test(out.suites.len(), class, name, outcome, flaky, c.seconds, message, file, c.line));
            }
            out.suites.push((report, text::shown(&suite.name, NAME)));
        }
    }
    out
}

type Share = Option<(u64, u64)>;

/// Path; lines, branches, functions, statements; the percentage that the report states; stretches of lines that did not run; lines that ran in
/// part.
type Measured<'v> = (Cow<'v, str>, (Share, Share, Share, Share), Option<&'v str>, &'v [(u32, u32)], &'v [u32]);

/// Coverage of a report: its name, and rows of files.
#[derive(Serialize)]
struct Covered<'v> {
    files: Vec<Measured<'v>>,
    name: String,
}

fn coverage(c: &CoverageDetails) -> Covered<'_> {
    let name = match (c.reports.as_slice(), c.labels.is_empty()) {
        ([one], true) => text::short(one, NAME),
        ([one], false) => text::short(&format!("{one} ({})", labels(&c.labels)), NAME),
        (many, _) => format!("all {} reports together", many.len()),
    };
    let ratio = |r: Option<Ratio>| r.map(|r| (r.covered, r.total));
    let files = c.files.iter().map(|f| {
        let figures = (ratio(f.lines), ratio(f.branches), ratio(f.functions), ratio(f.statements));
        let percent = f.percent.as_deref();
        (text::shown(&f.path, NAME), figures, percent, f.uncovered.as_slice(), f.partial.as_slice())
    });
    Covered { files: files.collect(), name }
}

/// By path, pieces of its source: the number of the first line, and the lines.
type Sources<'v> = BTreeMap<Cow<'v, str>, Vec<(u32, Vec<String>)>>;

fn sources(sources: &BTreeMap<String, Vec<Excerpt>>) -> Sources<'_> {
    let lines = |e: &Excerpt| {
        // Indentation is what makes code readable: tabs stay, as blanks.
        let shown = |l: &String| text::line(&l.replace('\t', "    "));
        (e.first, e.lines.iter().map(shown).collect())
    };
    sources.iter().map(|(path, all)| (text::shown(path, NAME), all.iter().map(lines).collect())).collect()
}

/// Name, version, licences, scope, purl, report.
type Packed<'v> = (Cow<'v, str>, Cow<'v, str>, Vec<Cow<'v, str>>, Cow<'v, str>, Cow<'v, str>, Cow<'v, str>);

fn package(p: &PackageDetails) -> Packed<'_> {
    (
        text::shown(&p.name, NAME),
        words(p.version.as_deref(), NAME),
        p.licenses.iter().map(|l| text::shown(l, NAME)).collect(),
        words(p.scope.as_deref(), NAME),
        words(p.purl.as_deref(), NAME),
        text::shown(&p.report, NAME),
    )
}
