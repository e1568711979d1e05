//! The first policy of a project: gates for the evidence that lies there, each with the limit that holds now.
//!
//! It is written strict, judged, and loosened to what was found; so whoever takes it starts with a verdict that passes where it can and gets worse
//! only when the project does. What fell short is said beside each limit.

use crate::check::{CheckRequest, of_project};
use crate::collect::RECORDS;
use crate::config::PolicyError;
use crate::context::Context;
use crate::policy::{self, Known};
use crate::verdict::{Condition, EvidenceRef, GateStatus, GateVerdict, Verdict};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::findings::{Category, looks_for};
use gatekeeper_evidence::glob::Pattern;
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
    let entries = entries(known, &seen.evidence);
    let mut drafts = drafts(&seen.evidence);
    // Each round loosens what the one before it showed; what a rule cannot be brought to pass ends as a warning.
    const ROUNDS: usize = 3;
    let mut judged = seen.clone();
    for _ in 0..ROUNDS {
        if drafts.is_empty() {
            break;
        }
        let text = written(&entries, &drafts, &[]);
        let policy = policy::parse("gatekeeper.toml", text.as_bytes(), None, known)?;
        judged = of_project(known, root.to_owned(), Some(policy), &request)?;
        let mut changed = false;
        for (draft, gate) in drafts.iter_mut().zip(&judged.gates) {
            changed |= loosen(draft, gate);
        }
        if !changed {
            break;
        }
    }
    let missing = missing(root, &seen.evidence);
    let text = written(&entries, &drafts, &missing);
    Ok(FirstPolicy { text, verdict: judged, missing })
}

/// Where evidence of a kind lies: patterns, and the digests of what they match.
type Entries = BTreeMap<&'static str, (BTreeSet<String>, BTreeSet<String>)>;

/// Where the evidence lies, by kind: the pattern of the usual place that it was found in, or the file itself.
fn entries(known: Known<'_>, evidence: &[EvidenceRef]) -> Entries {
    let mut out = Entries::new();
    let fits = |pattern: &str, path: &str| Pattern::new(pattern).is_ok_and(|p| p.matches(path).is_some());
    for e in evidence {
        let name = match e.kind {
            Kind::Tests => "tests",
            Kind::Coverage => "coverage",
            Kind::Findings => "findings",
            Kind::Inventory => "packages",
            Kind::Vex => "vex",
            _ => "other",
        };
        let places = known.formats.by_id(&e.format).map(|f| f.places()).unwrap_or_default();
        let place = [RECORDS, ".gatekeeper/records/*.record"].into_iter().chain(places.iter().copied());
        let pattern = place.into_iter().find(|p| fits(p, &e.path)).map_or_else(|| literal(&e.path), str::to_owned);
        let name = if pattern.ends_with(".record") { "records" } else { name };
        let (patterns, files) = out.entry(name).or_default();
        patterns.insert(pattern);
        files.insert(e.sha256.clone());
    }
    out
}

/// A path as a pattern that matches it alone: what means something in patterns becomes a class or any character.
fn literal(path: &str) -> String {
    path.chars().map(|c| if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\') { '?' } else { c }).collect()
}

fn drafts(evidence: &[EvidenceRef]) -> Vec<Draft> {
    let mut out = Vec::new();
    let has = |kind: Kind| evidence.iter().any(|e| e.kind == kind);
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
    if evidence.iter().any(|e| scans(&e)) {
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

/// Takes a draft's limits to what was found. Answers whether anything changed.
fn loosen(draft: &mut Draft, gate: &GateVerdict) -> bool {
    if matches!(gate.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Skip) {
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
    for (name, (patterns, files)) in entries {
        let all: Vec<String> = patterns.iter().map(|p| quoted(p)).collect();
        let _ = write!(
            out,
            "\n[[evidence]]    # a pattern that matches nothing is an error\nname = \"{name}\"\npaths = [{}]\n",
            all.join(", ")
        );
        // A pattern that several files match does not tell that one of them is gone.
        if files.len() > patterns.len() {
            let _ = writeln!(
                out,
                "min-files = {}    # as many as now: with fewer, a part of the run is missing",
                files.len()
            );
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
