//! The long lists of the page, each a block of its own: rows without keys, as what repeats costs least that way.

use super::super::text;
use super::trend::NAME;
use crate::verdict::details::{CoverageDetails, Details, FileDetails, FindingDetails};
use crate::verdict::{GateVerdict, Verdict, Violation};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::test_run::Outcome;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::io;

/// Characters of a text; what is longer is in the JSON.
const WORDS: usize = 4_000;

/// A block: name, number of rows, deflated JSON.
type Block = (&'static str, usize, Vec<u8>);

/// The blocks of the kinds that there is something of.
pub(super) fn blocks(v: &Verdict) -> io::Result<Vec<Block>> {
    let mut out = Vec::new();
    let mut add = |name: &'static str, rows: usize, document: io::Result<Vec<u8>>| -> io::Result<()> {
        if rows > 0 {
            out.push((name, rows, document?));
        }
        Ok(())
    };
    let items = items(v);
    let gates: Vec<String> = v.gates.iter().map(|g| text::short(&g.name, NAME)).collect();
    add("findings", items.len(), packed(&json_of(&gates, &items)))?;
    if let Some(d) = v.details.as_deref() {
        let (tests, rows) = tests(d);
        add("tests", rows, packed(&tests))?;
        let files = d.coverage.iter().map(|c| c.files.len()).max().unwrap_or(0);
        add("coverage", files, packed(&d.coverage.iter().map(coverage).collect::<Vec<_>>()))?;
        add("sources", d.sources.len(), packed(&sources(d)))?;
        add("packages", d.packages.len(), packed(&packages(d)))?;
        add("series", d.series.len(), packed(&d.series))?;
        add("history", super::trend::runs(v), packed(&super::trend::trend(v)))?;
    }
    Ok(out)
}

fn packed<T: Serialize + ?Sized>(document: &T) -> io::Result<Vec<u8>> {
    // The serialiser writes a few bytes at a time, and each write to the encoder costs it a whole buffer.
    let encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut buffered = io::BufWriter::with_capacity(1 << 16, encoder);
    serde_json::to_writer(&mut buffered, document)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}

#[derive(Serialize)]
struct Items<'a> {
    gates: &'a [String],
    rows: &'a [Item],
}

fn json_of<'a>(gates: &'a [String], rows: &'a [Item]) -> Items<'a> {
    Items { gates, rows }
}

/// A violation, or a finding that no gate held against the run. In this order the script reads them.
#[derive(Serialize)]
struct Item(
    // 0: index of the gate, -1 for none
    i64,
    // 1: status; for findings of no gate `none`, or `suppressed`
    &'static str,
    // 2: severity
    Option<&'static str>,
    // 3: code
    String,
    // 4: id
    String,
    // 5: message
    String,
    // 6: package
    String,
    // 7: version that mends it
    String,
    // 8: path in the code
    String,
    // 9, 10: line, column
    Option<u32>,
    Option<u32>,
    // 11: evidence with the place in it
    String,
    // 12: tool or format
    String,
    // 13: address; 14: whether it may be a link
    String,
    bool,
    // 15: help
    String,
    // 16: labels
    String,
);

fn words(text: Option<&str>, most: usize) -> String {
    text.map(|t| text::short(t, most)).unwrap_or_default()
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    text::short(&pairs.join(" "), NAME)
}

/// Violations gate by gate, then what no gate could be blamed for, then findings that no gate held against the run.
fn items(v: &Verdict) -> Vec<Item> {
    let tools: BTreeMap<&str, &str> =
        v.evidence.iter().map(|e| (e.path.as_str(), e.tool.as_deref().unwrap_or(&e.format))).collect();
    let mut seen: HashSet<(&str, &str, &str, Option<u32>, &str)> = HashSet::new();
    let mut out = Vec::new();
    for (n, g) in v.gates.iter().enumerate() {
        for violation in &g.violations {
            seen.insert(key(violation));
            out.push(item(i64::try_from(n).unwrap_or(-1), g, violation, &tools));
        }
    }
    for p in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        out.push(Item(
            -1,
            "error",
            None,
            p.error.code.as_str().to_owned(),
            String::new(),
            text::short(&p.error.message, WORDS),
            String::new(),
            String::new(),
            String::new(),
            None,
            None,
            text::short(&p.file, NAME),
            text::short(&p.error.format, NAME),
            String::new(),
            false,
            String::new(),
            String::new(),
        ));
    }
    let details = v.details.iter().flat_map(|d| &d.findings);
    out.extend(details.filter(|f| !seen.contains(&same(f))).map(finding));
    out
}

/// What a violation and the finding that it is about have in common.
fn key(v: &Violation) -> (&str, &str, &str, Option<u32>, &str) {
    (
        v.source.as_deref().unwrap_or_default(),
        v.id.as_deref().unwrap_or_default(),
        v.place.as_ref().map_or("", |p| p.path.as_ref()),
        v.place.as_ref().and_then(|p| p.line),
        v.package.as_deref().unwrap_or_default(),
    )
}

fn same(f: &FindingDetails) -> (&str, &str, &str, Option<u32>, &str) {
    (
        f.report.as_str(),
        f.id.as_str(),
        f.place.as_ref().map_or("", |p| p.path.as_ref()),
        f.place.as_ref().and_then(|p| p.line),
        f.package.as_deref().unwrap_or_default(),
    )
}

fn item(gate: i64, g: &GateVerdict, v: &Violation, tools: &BTreeMap<&str, &str>) -> Item {
    let tool = v.source.as_deref().and_then(|s| tools.get(s)).copied().unwrap_or(&g.rule);
    let url = text::address(v).unwrap_or_default();
    Item(
        gate,
        v.status.as_str(),
        v.severity.map(gatekeeper_evidence::findings::Severity::as_str),
        text::short(&v.code, NAME),
        words(v.id.as_deref(), NAME),
        text::short(&v.message, WORDS),
        words(v.package.as_deref(), NAME),
        words(v.fixed.as_deref(), NAME),
        words(v.place.as_ref().map(|p| p.path.as_ref()), NAME),
        v.place.as_ref().and_then(|p| p.line),
        v.place.as_ref().and_then(|p| p.column),
        text::source(v).unwrap_or_default(),
        text::short(tool, NAME),
        url.to_owned(),
        text::is_advisory(url),
        words(v.help.as_deref(), WORDS),
        labels(&v.labels),
    )
}

fn finding(f: &FindingDetails) -> Item {
    let web = |url: &&str| {
        let web = url.starts_with("https://") || url.starts_with("http://");
        web && url.len() <= 300 && url.bytes().all(|b| b.is_ascii_graphic())
    };
    let url = f.url.as_deref().filter(web).unwrap_or_default();
    Item(
        -1,
        if f.suppressed.is_some() { "suppressed" } else { "none" },
        Some(f.severity.as_str()),
        f.category.as_str().to_owned(),
        text::short(&f.id, NAME),
        text::short(&f.message, WORDS),
        words(f.package.as_deref(), NAME),
        words(f.fixed.as_deref(), NAME),
        words(f.place.as_ref().map(|p| p.path.as_ref()), NAME),
        f.place.as_ref().and_then(|p| p.line),
        f.place.as_ref().and_then(|p| p.column),
        text::short(&f.report, NAME),
        words(f.tool.as_deref(), NAME),
        url.to_owned(),
        text::is_advisory(url),
        words(f.suppressed.as_deref(), WORDS),
        String::new(),
    )
}

/// Tests: reports, suites, and rows `[suite, class, name, outcome, flaky, seconds, message, file, line]`; a suite knows its report, and classes
/// are numbers, 0 for none.
fn tests(d: &Details) -> (serde_json::Value, usize) {
    let mut suites = Vec::new();
    let mut classes: Vec<String> = vec![String::new()];
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (report, t) in d.tests.iter().enumerate() {
        for suite in &t.suites {
            for c in &suite.cases {
                let class = c.class.as_deref().map_or(0, |class| {
                    *known.entry(class).or_insert_with(|| {
                        classes.push(text::short(class, NAME));
                        classes.len() - 1
                    })
                });
                let outcome = match c.outcome {
                    Outcome::Passed => 0,
                    Outcome::Skipped => 1,
                    Outcome::Errored => 2,
                    Outcome::Failed => 3,
                };
                let (message, file) = (words(c.message.as_deref(), WORDS), words(c.file.as_deref(), NAME));
                let head = (suites.len(), class, text::short(&c.name, NAME), outcome, u8::from(c.flaky));
                rows.push(json!([head.0, head.1, head.2, head.3, head.4, c.seconds, message, file, c.line]));
            }
            suites.push(json!([report, text::short(&suite.name, NAME)]));
        }
    }
    let reports: Vec<_> = d.tests.iter().map(|t| json!([text::short(&t.report, NAME), labels(&t.labels)])).collect();
    let n = rows.len();
    (json!({ "reports": reports, "suites": suites, "classes": classes, "rows": rows }), n)
}

/// Coverage of a report: its name, and rows of files.
fn coverage(c: &CoverageDetails) -> serde_json::Value {
    let name = match (c.reports.as_slice(), c.labels.is_empty()) {
        ([one], true) => text::short(one, NAME),
        ([one], false) => text::short(&format!("{one} ({})", labels(&c.labels)), NAME),
        (many, _) => format!("all {} reports together", many.len()),
    };
    let ratio = |r: Option<Ratio>| r.map(|r| (r.covered, r.total));
    let row = |f: &FileDetails| {
        let figures = (ratio(f.lines), ratio(f.branches), ratio(f.functions), ratio(f.statements));
        json!([text::short(&f.path, NAME), figures, f.percent, f.uncovered, f.partial])
    };
    json!({ "name": name, "files": c.files.iter().map(row).collect::<Vec<_>>() })
}

fn sources(d: &Details) -> serde_json::Value {
    let excerpts = |(path, excerpts): (&String, &Vec<crate::verdict::details::Excerpt>)| {
        let lines = |e: &crate::verdict::details::Excerpt| {
            // Indentation is what makes code readable: tabs stay, as blanks.
            let shown = |l: &String| text::line(&l.replace('\t', "    "));
            json!([e.first, e.lines.iter().map(shown).collect::<Vec<_>>()])
        };
        (text::short(path, NAME), excerpts.iter().map(lines).collect())
    };
    serde_json::Value::Object(d.sources.iter().map(excerpts).collect())
}

fn packages(d: &Details) -> serde_json::Value {
    let row = |p: &crate::verdict::details::PackageDetails| {
        let licenses: Vec<String> = p.licenses.iter().map(|l| text::short(l, NAME)).collect();
        let purl = words(p.purl.as_deref(), NAME);
        let (version, scope) = (words(p.version.as_deref(), NAME), words(p.scope.as_deref(), NAME));
        json!([text::short(&p.name, NAME), version, licenses, scope, purl, text::short(&p.report, NAME)])
    };
    json!(d.packages.iter().map(row).collect::<Vec<_>>())
}
