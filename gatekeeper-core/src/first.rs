//! The first policy of a project: gates for the evidence that lies there, each with the limit that holds now.
//!
//! It is written strict, judged, and loosened to what was found; so whoever takes it starts with a verdict that passes where it can and gets worse
//! only when the project does. What fell short is said beside each limit.

use crate::check::{CheckRequest, of_project};
use crate::collect::RECORDS;
use crate::config::PolicyError;
use crate::context::Context;
use crate::policy::{self, Known};
use crate::verdict::{Condition, EvidenceRef, GateStatus, GateVerdict, Overall, Verdict};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::findings::{Category, looks_for};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::Format;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// A policy that was written for a project.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FirstPolicy {
    /// The policy: TOML, with comments.
    pub text: String,
    /// What it gives with the evidence that lies there.
    pub verdict: Verdict,
    /// What evidence is still missing for what a project of this kind mostly gates, and how it is made: a line each.
    pub missing: Vec<String>,
}

/// A gate as it will be written.
#[derive(Debug, Clone)]
struct Draft {
    name: String,
    comment: String,
    head: Vec<String>,
    limits: Vec<Limit>,
    warn: bool,
}

/// A limit with the words that the policy has for it.
#[derive(Debug, Clone)]
struct Limit {
    /// What the condition is called.
    metric: &'static str,
    /// The key.
    key: &'static str,
    value: u64,
    note: String,
}

impl Limit {
    fn strict(metric: &'static str, key: &'static str, value: u64) -> Self {
        Limit { metric, key, value, note: String::new() }
    }
}

/// Finds evidence, drafts, judges, loosens.
pub(crate) fn first_policy(known: Known<'_>, root: &Path, context: &Context) -> Result<FirstPolicy, PolicyError> {
    if !root.is_dir() {
        return Err(PolicyError::whole(root.display().to_string(), "the root is not a folder that can be read"));
    }
    let request = CheckRequest { root: Some(root.to_owned()), ..CheckRequest::new(root, context.clone()) };
    let seen = of_project(known, root.to_owned(), None, &request)?;
    let mut entries = entries(known, &seen);
    let mut drafts = drafts(&seen.evidence, &unread_kinds(known, &seen));
    // Each round loosens what the one before it showed; what a rule cannot be brought to pass ends as a warning.
    const ROUNDS: usize = 4;
    let judge = |entries: &Entries, drafts: &[Draft]| {
        let text = written(entries, drafts, &[]);
        let policy = policy::parse("gatekeeper.toml", text.as_bytes(), None, known)?;
        of_project(known, root.to_owned(), Some(policy), &request)
    };
    let mut judged = seen.clone();
    for round in 0..ROUNDS {
        if drafts.is_empty() {
            break;
        }
        judged = judge(&entries, &drafts)?;
        // Floors count what reports state; where the gates count otherwise, as of copies of one run, they are not kept.
        if round == 0 && judged.status == Overall::Unknown {
            let bare = entries.without_floors();
            let without = judge(&bare, &drafts)?;
            if without.status != Overall::Unknown {
                (entries, judged) = (bare, without);
            }
        }
        let mut changed = false;
        for (draft, gate) in drafts.iter_mut().zip(&judged.gates) {
            let unread = judged.problems.iter().any(|p| p.concerns.contains(&gate.name));
            changed |= loosen(draft, gate, unread);
        }
        changed |= cover_all_findings(&mut drafts, &judged);
        if !changed {
            break;
        }
    }
    let missing = missing(root, &seen.evidence);
    let text = written(&entries, &drafts, &missing);
    Ok(FirstPolicy { text, verdict: judged, missing })
}

/// Where evidence lies, by the name of the entry.
#[derive(Debug, Clone, Default)]
struct Entries(BTreeMap<String, Entry>);

/// An entry as it will be written.
#[derive(Debug, Clone, Default)]
struct Entry {
    patterns: BTreeSet<String>,
    /// Digests of what they match.
    files: BTreeSet<String>,
    /// The format, where the files' content does not tell it.
    format: Option<String>,
    /// Test cases that ran.
    cases: u64,
    /// Source files with coverage.
    sources: u64,
}

impl Entries {
    fn without_floors(&self) -> Entries {
        let bare = |e: &Entry| Entry { files: BTreeSet::new(), cases: 0, sources: 0, ..e.clone() };
        Entries(self.0.iter().map(|(name, e)| (name.clone(), bare(e))).collect())
    }
}

/// Whether a path fits a pattern.
fn fits(pattern: &str, path: &str) -> bool {
    Pattern::new(pattern).is_ok_and(|p| p.matches(path).is_some())
}

/// What an entry of a kind is called.
fn entry_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Tests => "tests",
        Kind::Coverage => "coverage",
        Kind::Findings => "findings",
        Kind::Inventory => "packages",
        Kind::Vex => "vex",
        _ => "other",
    }
}

/// Where the evidence lies, by kind: the pattern of the usual place that it was found in, or the file itself. A report that cannot be read has its
/// entry too: it is one of the project's.
fn entries(known: Known<'_>, seen: &Verdict) -> Entries {
    let mut out = Entries::default();
    for e in &seen.evidence {
        let places = known.formats.by_id(&e.format).map(|f| f.places()).unwrap_or_default();
        let place = [RECORDS, ".gatekeeper/records/*.record"].into_iter().chain(places.iter().copied());
        let pattern = place.into_iter().find(|p| fits(p, &e.path)).map_or_else(|| literal(&e.path), str::to_owned);
        let name = if pattern.ends_with(".record") { "records" } else { entry_name(e.kind) };
        let entry = out.0.entry(name.to_owned()).or_default();
        entry.patterns.insert(pattern);
        if entry.files.insert(e.sha256.clone()) {
            let count = |key: &str| e.summary.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
            if e.kind == Kind::Tests {
                entry.cases = entry.cases.saturating_add(count("total").saturating_sub(count("skipped")));
            }
            if e.kind == Kind::Coverage {
                entry.sources = entry.sources.max(count("files"));
            }
        }
    }
    for (file, format, place) in unread(known, seen) {
        // A name that one format alone has tells it, where the content does not (`[]`).
        let (name, format) = match place {
            _ if place == file => (format.id(), Some(format.id().to_owned())),
            _ => (entry_name(format.kind()), None),
        };
        let entry = out.0.entry(name.to_owned()).or_default();
        entry.patterns.insert(place.to_owned());
        entry.format = entry.format.take().or(format);
    }
    out
}

/// Reports in usual places that cannot be read, with the format that has this place and no other has.
fn unread<'s>(known: Known<'s>, seen: &'s Verdict) -> Vec<(&'s str, &'static Format, &'static str)> {
    let of = |file: &'s str| {
        let mut all = known.formats.iter().filter_map(|f| Some((file, f, *f.places().iter().find(|p| fits(p, file))?)));
        let first = all.next()?;
        all.all(|(_, f, _)| f.kind() == first.1.kind()).then_some(first)
    };
    seen.problems.iter().filter_map(|p| of(&p.file)).collect()
}

fn unread_kinds(known: Known<'_>, seen: &Verdict) -> BTreeSet<Kind> {
    unread(known, seen).into_iter().map(|(_, format, _)| format.kind()).collect()
}

/// A path as a pattern that matches it alone: what means something in patterns becomes a class or any character.
fn literal(path: &str) -> String {
    path.chars().map(|c| if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\') { '?' } else { c }).collect()
}

fn drafts(evidence: &[EvidenceRef], unread: &BTreeSet<Kind>) -> Vec<Draft> {
    let mut out = Vec::new();
    let has = |kind: Kind| unread.contains(&kind) || evidence.iter().any(|e| e.kind == kind);
    let gate = |name: &str, comment: &str, head: &[String], limits: &[Limit]| Draft {
        name: name.to_owned(),
        comment: comment.to_owned(),
        head: head.to_vec(),
        limits: limits.to_vec(),
        warn: false,
    };
    if has(Kind::Tests) {
        let limits = [Limit::strict("failed", "max-failed", 0), Limit::strict("skipped", "max-skipped", 0)];
        out.push(gate("tests", "Every test counts, whatever ran it.", &[], &limits));
    }
    if has(Kind::Coverage) {
        out.push(gate("coverage", "Percent of all lines.", &[], &[Limit::strict("lines", "lines.min", 100)]));
    }
    let scans = |e: &&EvidenceRef| {
        let categories = e.tool.as_deref().map(looks_for).unwrap_or_default();
        e.kind == Kind::Findings && categories != [Category::Code]
    };
    if unread.contains(&Kind::Findings) || evidence.iter().any(|e| scans(&e)) {
        let head = ["categories = [\"vulnerability\", \"secret\", \"misconfiguration\"]".to_owned()];
        let limits = [Limit::strict("critical", "max.critical", 0), Limit::strict("high", "max.high", 0)];
        out.push(
            gate("security", "A limit holds for its severity; lower ones are free.", &head, &limits)
                .with_rule("findings"),
        );
    }
    let tools: BTreeSet<&str> =
        evidence.iter().filter(|e| e.kind == Kind::Findings && !scans(e)).filter_map(|e| e.tool.as_deref()).collect();
    for tool in tools {
        let head = [format!("tools = [{}]", quoted(tool))];
        let limits = [Limit::strict("total", "max.total", 0)];
        let name = slug(tool);
        if !name.is_empty() && !out.iter().any(|d| d.name == name) {
            out.push(gate(&name, "", &head, &limits).with_rule("findings"));
        }
    }
    if has(Kind::Inventory) {
        let head = ["deny = [\"GPL\", \"AGPL\"]".to_owned(), "unknown = \"warn\"".to_owned()];
        out.push(gate("licenses", "Licences by family; LGPL is not GPL.", &head, &[]));
        let lists = ["cyclonedx", "spdx"];
        if evidence.iter().any(|e| lists.iter().any(|l| e.format.starts_with(l))) {
            out.push(gate("sbom", "A valid bill of materials of all packages.", &[], &[]));
        }
    }
    out
}

impl Draft {
    fn with_rule(mut self, rule: &str) -> Self {
        self.head.insert(0, format!("rule = {}", quoted(rule)));
        self
    }
}

/// Gives a gate of its own to each tool whose findings no gate takes, and takes out the one for scanners where there are none. Answers whether
/// anything changed.
fn cover_all_findings(drafts: &mut Vec<Draft>, judged: &Verdict) -> bool {
    let before = drafts.len();
    let idle = |d: &Draft| {
        let gate = judged.gates.iter().find(|g| g.name == d.name);
        d.name == "security" && gate.is_some_and(|g| g.status == GateStatus::Missing)
    };
    drafts.retain(|d| !idle(d));
    let mut changed = drafts.len() != before;
    for e in judged.evidence.iter().filter(|e| e.kind == Kind::Findings && e.used_by.is_empty()) {
        let (name, of) = match &e.tool {
            Some(tool) => (slug(tool), format!("tools = [{}]", quoted(tool))),
            None => (slug(&e.format), format!("formats = [{}]", quoted(&e.format))),
        };
        if !name.is_empty() && !drafts.iter().any(|d| d.name == name) {
            let limits = vec![Limit::strict("total", "max.total", 0)];
            let draft = Draft { name, comment: String::new(), head: vec![of], limits, warn: false };
            drafts.push(draft.with_rule("findings"));
            changed = true;
        }
    }
    changed
}

/// Takes a draft's limits to what was found. Answers whether anything changed. What could not be read stays required.
fn loosen(draft: &mut Draft, gate: &GateVerdict, unread: bool) -> bool {
    if unread || matches!(gate.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Skip) {
        return false;
    }
    let mut changed = false;
    for limit in &mut draft.limits {
        let short = |c: &&Condition| c.metric == limit.metric && c.status == GateStatus::Fail;
        let Some(condition) = gate.conditions.iter().find(short) else { continue };
        let Some(now) = now(condition) else { continue };
        // Below 2 a percentage is no limit; what is below it ends as a warning.
        let now = if limit.key.ends_with(".min") { now.max(2) } else { now };
        if now != limit.value {
            limit.note = match limit.key.ends_with(".min") {
                true => format!("is {}: raise it", condition.value),
                false => format!("{now} now: bring it down"),
            };
            limit.value = now;
            changed = true;
        }
    }
    if !changed && !draft.warn {
        draft.warn = true;
        draft.comment = format!("{} Warns until this is mended: {}", draft.comment, gate.reason).trim().to_owned();
        changed = true;
    }
    changed
}

/// What a condition measured, as a whole number that a limit can be.
fn now(condition: &Condition) -> Option<u64> {
    if let Some(sample) = &condition.sample {
        return sample.covered.checked_mul(100)?.checked_div(sample.total);
    }
    condition.value.trim_end_matches([' ', '%']).split('.').next()?.parse().ok()
}

fn written(entries: &Entries, drafts: &[Draft], missing: &[String]) -> String {
    let mut out = String::from(
        "# What must have been measured, and what it must come to: `gatekeeper check` judges by this file,\n# `gatekeeper rules` documents each rule.\nversion = 1\n",
    );
    for (name, entry) in &entries.0 {
        let all: Vec<String> = entry.patterns.iter().map(|p| quoted(p)).collect();
        let _ = write!(
            out,
            "\n[[evidence]]    # a pattern that matches nothing is an error\nname = \"{name}\"\npaths = [{}]\n",
            all.join(", ")
        );
        if let Some(format) = &entry.format {
            let _ = writeln!(out, "format = {}", quoted(format));
        }
        // A pattern that several files match does not tell that one of them is gone, nor a report that its end is.
        let files = if entry.files.len() > entry.patterns.len() { entry.files.len() as u64 } else { 0 };
        for (key, floor) in [("min-files", files), ("min-cases", entry.cases), ("min-sources", entry.sources)] {
            if floor > 0 {
                let _ = writeln!(out, "{key} = {floor}    # as many as now: with fewer, a part of the run is missing");
            }
        }
    }
    for draft in drafts {
        let comment =
            if draft.comment.is_empty() { String::new() } else { format!("# {}\n", one_line(&draft.comment)) };
        let _ = write!(out, "\n{comment}[gates.{}]\n", draft.name);
        let named = ["tests", "coverage", "licenses", "sbom"].contains(&draft.name.as_str());
        if named && !draft.head.iter().any(|h| h.starts_with("rule")) {
            let _ = writeln!(out, "rule = {}", quoted(&draft.name));
        }
        for line in &draft.head {
            let _ = writeln!(out, "{line}");
        }
        for limit in &draft.limits {
            let note = if limit.note.is_empty() { String::new() } else { format!("    # {}", one_line(&limit.note)) };
            let _ = writeln!(out, "{} = {}{note}", limit.key, limit.value);
        }
        if draft.warn {
            out.push_str("action = \"warn\"\n");
        }
    }
    if !missing.is_empty() {
        out.push_str("\n# Not there yet:\n");
        for line in missing {
            let _ = writeln!(out, "# - {}", one_line(line));
        }
    }
    out
}

/// Names of reports stand in comments: on one line, and nothing that steers a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A tool's name as a gate's.
fn slug(tool: &str) -> String {
    let lower = tool.to_ascii_lowercase();
    let plain: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

/// What a project of this kind mostly leaves, by the files that say what it is: kind of evidence, and the command that makes it.
type Build = (&'static [&'static str], &'static [(Kind, &'static str)]);

const BUILDS: &[Build] = &[
    (
        &["rebar.config", "rebar.lock", "erlang.mk"],
        &[
            (Kind::Tests, "tests: gatekeeper record --tool eunit -- rebar3 eunit --cover"),
            (Kind::Coverage, "coverage: rebar3 eunit --cover leaves _build/test/cover/eunit.coverdata"),
            (Kind::Findings, "findings: gatekeeper record --tool dialyzer -- rebar3 dialyzer"),
        ],
    ),
    (
        &["mix.exs"],
        &[
            (Kind::Tests, "tests: gatekeeper record --tool exunit -- mix test"),
            (Kind::Coverage, "coverage: mix test --cover"),
            (Kind::Findings, "findings: mix credo --format json > credo.json"),
        ],
    ),
    (
        &["Gemfile"],
        &[
            (Kind::Tests, "tests: rspec --format RspecJunitFormatter --out rspec.xml"),
            (Kind::Coverage, "coverage: SimpleCov leaves coverage/.resultset.json"),
        ],
    ),
    (
        &["composer.json"],
        &[
            (Kind::Tests, "tests: phpunit --log-junit build/logs/junit.xml"),
            (Kind::Coverage, "coverage: phpunit --coverage-clover build/logs/clover.xml"),
        ],
    ),
    (
        &["pubspec.yaml"],
        &[
            (Kind::Tests, "tests: flutter test --machine > flutter-test.json"),
            (Kind::Coverage, "coverage: flutter test --coverage"),
        ],
    ),
    (&["gleam.toml"], &[(Kind::Tests, "tests: gatekeeper record --tool gleam -- gleam test")]),
    (
        &["Cargo.toml"],
        &[
            (
                Kind::Tests,
                "tests: cargo nextest run --profile ci, with junit = { path = \"junit.xml\" } in .config/nextest.toml",
            ),
            (Kind::Coverage, "coverage: cargo llvm-cov --lcov --output-path lcov.info"),
            (Kind::Findings, "findings: cargo audit --json > cargo-audit.json"),
        ],
    ),
    (
        &["package.json"],
        &[
            (Kind::Tests, "tests: npx vitest run --reporter=junit --outputFile=junit.xml"),
            (Kind::Coverage, "coverage: npx vitest run --coverage.enabled --coverage.reporter=lcov"),
            (Kind::Findings, "findings: npm audit --json > npm-audit.json"),
        ],
    ),
    (
        &["pyproject.toml", "setup.py", "requirements.txt"],
        &[
            (Kind::Tests, "tests: pytest --junitxml=junit.xml"),
            (Kind::Coverage, "coverage: pytest --cov --cov-report=xml"),
            (Kind::Findings, "findings: pip-audit -f json -o pip-audit.json"),
        ],
    ),
    (
        &["go.mod"],
        &[
            (Kind::Tests, "tests: go test -json ./... > go-test.json"),
            (Kind::Coverage, "coverage: go test -coverprofile=coverage.out ./..."),
            (Kind::Findings, "findings: govulncheck -json ./... > govulncheck.json"),
        ],
    ),
    (
        &["pom.xml", "build.gradle", "build.gradle.kts"],
        &[
            (Kind::Tests, "tests: mvn verify leaves target/surefire-reports, gradle test build/test-results"),
            (Kind::Coverage, "coverage: JaCoCo's XML report"),
        ],
    ),
];

fn missing(root: &Path, evidence: &[EvidenceRef]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (files, wanted) in BUILDS {
        if !files.iter().any(|f| root.join(f).is_file()) {
            continue;
        }
        for (kind, how) in *wanted {
            if !evidence.iter().any(|e| e.kind == *kind) {
                out.push((*how).to_owned());
            }
        }
    }
    if !evidence.iter().any(|e| e.kind == Kind::Inventory) {
        out.push("packages: syft . -o cyclonedx-json=bom.json".to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use gatekeeper_formats::Formats;
    use std::fs;
    use std::path::PathBuf;

    const NOW: i64 = 1_780_272_000;

    fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("gatekeeper-first-{}-{name}", std::process::id()));
        for (path, text) in files {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    fn first(root: &Path) -> FirstPolicy {
        let known = (Formats::default(), Rules::default());
        first_policy(Known { formats: &known.0, rules: &known.1 }, root, &Context::at(NOW)).unwrap()
    }

    #[test]
    fn what_is_there_now_holds_and_one_more_does_not() {
        let junit = |failing: usize| {
            let bad = "<testcase name=\"b\"><failure/></testcase>".repeat(failing).replacen("\"b\"", "\"b0\"", 1);
            format!("<testsuite name=\"s\" tests=\"{}\"><testcase name=\"a\"/>{bad}</testsuite>", failing + 1)
        };
        let lcov = "SF:src/a.c\nDA:1,1\nDA:2,1\nDA:3,0\nend_of_record\n";
        let sarif = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[{"id":"CVE-1","properties":{"security-severity":"8.1"}}]}},"results":[{"ruleId":"CVE-1","message":{"text":"x"}}]}]}"#;
        let files = [
            ("junit.xml", junit(1)),
            ("lcov.info", lcov.to_owned()),
            ("src/a.c", "\n\n\n".to_owned()),
            ("trivy.sarif", sarif.to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let root = project("holds", &files);
        let first = first(&root);
        for line in ["max-failed = 1", "lines.min = 66", "max.critical = 0\n", "max.high = 1"] {
            assert!(first.text.contains(line), "{line}: {}", first.text);
        }
        assert_eq!(first.verdict.exit_code, 0, "{}\n{:?}", first.text, first.verdict.summary);
        let known = (Formats::default(), Rules::default());
        let known = Known { formats: &known.0, rules: &known.1 };
        let policy = |text: &str| policy::parse("gatekeeper.toml", text.as_bytes(), None, known).unwrap();
        let request = CheckRequest { root: Some(root.clone()), ..CheckRequest::new(&root, Context::at(NOW)) };
        fs::write(root.join("junit.xml"), junit(2)).unwrap();
        let worse = of_project(known, root.clone(), Some(policy(&first.text)), &request).unwrap();
        assert_eq!(worse.exit_code, 1, "{}", worse.summary);
        fs::remove_file(root.join("lcov.info")).unwrap();
        let lost = of_project(known, root.clone(), Some(policy(&first.text)), &request).unwrap();
        assert!(lost.gates.iter().any(|g| g.name == "coverage" && g.blocking));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn an_empty_project_is_told_what_to_make() {
        let root = project("empty", &[("Cargo.toml", "[package]\n")]);
        let first = first(&root);
        assert!(first.missing.iter().any(|m| m.contains("llvm-cov")) && first.verdict.exit_code == 3, "{first:?}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn names_are_patterns_and_texts_as_they_are() {
        assert_eq!(literal("a[1]/{b}*.xml"), "a?1?/?b??.xml");
        assert_eq!(slug("Semgrep OSS "), "semgrep-oss");
        assert_eq!(quoted("a\"b"), "'a\"b'");
    }
}
