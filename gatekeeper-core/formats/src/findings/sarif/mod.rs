//! SARIF: Static Analysis Results Interchange Format (OASIS Standard, Version 2.1.0 with Errata 01,
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>). Every other version is refused: 2.0 drafts moved rules and suppressions.
//!
//! Producers: CodeQL, Semgrep, Trivy, Grype, Snyk, Checkov, Bandit, ESLint, ruff, Gitleaks, hadolint, osv-scanner, govulncheck, and most others.
//!
//! - Rule lookup (3.27.5 to 3.27.7, 3.52): the component that `rule.toolComponent` names, else the driver; there by guid, by index where
//!   the rule's id fits, by id, and by the id's parents (`A/sub` belongs to `A`). An index that leads nowhere or to another rule is noted.
//! - Level (3.27.10): the result's own; else `none` where the kind is not `fail`; else the override of the result's own invocation; else
//!   the rule's default; else `warning`.
//! - Severity: the tool's own word (Trivy's tag, `issue_severity`, a word in `security-severity`), else the score in `security-severity`, else the level.
//!   Trivy writes a CVSS score of another source beside its own severity; the tag is what its user sees.
//! - A run without results describes no scan; `executionSuccessful: false` and an error-level notification (3.58.6: the analysis was
//!   halted or its results are not complete) say that work is missing: not complete.
//! - External properties inside the log (3.13.5) are read as if they stood in the run (`inline`). External property files (3.15.2) are not
//!   followed: named in a note, and the run is not complete, as results or rules may stand there.
//! - Breaches of the schema that change no figure (no message, unknown members) are accepted.

mod document;
mod folding;
mod help;
mod inline;
mod references;
mod results;
mod rules;
mod words;

use super::common::{self, Scalar, note};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::shape::Value;
use document::{Component, Invocation, Log, Notification, Run, Versioned};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Findings, Gap};
use gatekeeper_evidence::{Data, Kind, Note};
use results::Settler;
use rules::{Dialect, Overrides, Rules};

pub(super) static FORMAT: Format = Format {
    id: "sarif",
    title: "SARIF 2.1.0 results",
    kind: Kind::Findings,
    extensions: &["sarif", "json"],
    places: &[
        "*.sarif",
        "*.sarif.json",
        "reports/**/*.sarif",
        "build/reports/**/*.sarif",
        "target/**/*.sarif",
        "codeql-results/*.sarif",
        "sarif-results/*.sarif",
        "kics-results/*.sarif",
        "**/build/reports/lint-results*.sarif",
    ],
    spec: "OASIS SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html",
    producers: &[
        "codeql", "semgrep", "trivy", "grype", "snyk", "checkov", "bandit", "eslint", "ruff", "gitleaks", "hadolint",
    ],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let schema = shape.text("$schema").is_some_and(|s| s.to_ascii_lowercase().contains("sarif"));
    let runs = matches!(shape.value("runs"), Some(Value::Array));
    let version = shape.text("version").is_some_and(|v| v.starts_with("2.") || v.starts_with("1.0"));
    // `runs` is null where a producer could not make any (3.13.4).
    let own = schema || (version && shape.has("runs")) || (runs && shape.has("runs[].tool.driver"));
    Confidence::when(own, Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let log = match Log::read(input.bytes) {
        Ok(log) => log,
        // Other versions have other shapes: then their version is what to say.
        Err(e) => {
            return Err(match json::from_input::<Versioned<'_>>(input) {
                Ok(v) => check_version(v.version.get()).err().unwrap_or(e),
                Err(_) => e,
            });
        }
    };
    check_version(log.version.get())?;
    let Some(runs) = log.runs else {
        return Err(ParseError::malformed("the member runs").at(0).in_path("$"));
    };
    let mut out = Out::default();
    let runs = inline::settle(runs, log.inline.0, &mut out.notes);
    out.findings.runs = u64::try_from(runs.len()).ok();
    let names: Vec<String> = runs.iter().map(|r| r.tool.driver.name.text().trim().to_owned()).collect();
    for run in runs {
        out.run(run, &names);
    }
    for invocation in &log.invocations.0 {
        out.invocation(invocation, &Component::default());
    }
    let created = out.created;
    let mut tools = out.findings.tools.iter().map(|t| canonical(t));
    let tool = tools.next().filter(|first| tools.all(|t| t == *first));
    let commits = out.commits;
    let parsed =
        Parsed { tool, created, notes: out.notes, ..Parsed::new(Data::Findings(out.findings), Some(out.complete)) };
    Ok(parsed.of_commits(commits.iter().map(String::as_str)))
}

fn check_version(version: Option<&str>) -> Result<(), ParseError> {
    match version {
        Some("2.1.0") => Ok(()),
        Some(other) => Err(ParseError::new(ErrorCode::UnsupportedVersion, "SARIF 2.1.0 is read, not")
            .found(other)
            .at(0)
            .in_path("$.version")),
        None => Err(ParseError::malformed("the member version").at(0).in_path("$")),
    }
}

struct Out {
    findings: Findings,
    notes: Vec<Note>,
    complete: bool,
    created: Option<i64>,
    /// The commits that were looked at.
    commits: Vec<String>,
}

impl Default for Out {
    fn default() -> Self {
        Out { findings: Findings::default(), notes: Vec::new(), complete: true, created: None, commits: Vec::new() }
    }
}

impl Out {
    /// Reads a run; `names` are all runs' tools.
    fn run(&mut self, run: Run<'_>, names: &[String]) {
        let Run { tool, invocations, artifacts, results, external, properties, conversion, provenance, .. } = run;
        // Of several repositories the one at the root is judged.
        let alone = provenance.0.len() == 1;
        let ours = provenance.0.iter().filter(|origin| alone || origin.is_root());
        self.commits.extend(ours.filter_map(|origin| origin.revision.get()).map(str::to_owned));
        // Findings of several images are of none in particular.
        if self.findings.runs == Some(1) {
            let references = properties.tags.0.iter().chain(&properties.digests.0).map(Scalar::text);
            self.findings.target = common::image("", references);
        }
        let name = tool.driver.name.text().trim();
        let tool_index = if name.is_empty() { 0 } else { self.findings.tool(name) };
        let dialect = Dialect::of(name);
        if !results.present {
            self.complete = false;
            note(&mut self.notes, "a run without results: it describes no scan");
        }
        for (key, _) in &external.0 {
            let weighs = matches!(key.as_ref(), "results" | "driver" | "extensions" | "invocations" | "policies");
            self.complete &= !weighs;
            note(&mut self.notes, format!("external property files with {} are not followed", common::cut(key, 60)));
        }
        for invocation in invocations.0.iter().chain(&conversion.invocation) {
            self.invocation(invocation, &tool.driver);
        }
        let rules = Rules::new(&tool.driver, &tool.extensions.0, dialect);
        let settler = Settler {
            invocations: invocations.0.iter().map(|i| Overrides::new(&i.overrides.0, &rules)).collect(),
            rules,
            artifacts: artifacts.0.iter().map(|a| a.location.uri.text()).collect(),
            tool: tool_index,
        };
        let before = self.findings.items.len();
        settler.settle_all(results, &mut self.findings.items, &mut self.notes);
        // tflint writes what failed in itself as the results of a tool of its own.
        if let Some(tool) = name.strip_suffix("-errors")
            && names.iter().any(|n| n == tool)
            && let Some(first) = self.findings.items.get(before)
        {
            self.complete = false;
            note(&mut self.notes, format!("{tool} failed: {}", common::cut(&first.message, 200)));
        }
    }

    fn invocation(&mut self, invocation: &Invocation<'_>, driver: &Component<'_>) {
        if invocation.execution_successful == Some(false) {
            self.complete = false;
            note(&mut self.notes, "executionSuccessful is false: the tool did not do all its work");
        }
        let ended = [
            ("did not start", &invocation.start_failure),
            ("was ended by a signal", &invocation.signal_name),
            ("was ended by a signal", &invocation.signal_number),
        ];
        if let Some((how, said)) = ended.iter().find_map(|(how, said)| Some((how, said.get()?))) {
            self.complete = false;
            note(&mut self.notes, format!("the tool {how}: {}", common::cut(said, 200)));
        }
        for n in invocation.execution.0.iter().chain(&invocation.configuration.0) {
            if level_of(n, driver) == "error" {
                self.complete = false;
                note(
                    &mut self.notes,
                    format!("the tool reports an error of its own: {}", common::cut(n.message.text.text(), 200)),
                );
            } else if level_of(n, driver) == "warning" && self.findings.gaps.len() < 20 {
                let words = format!("the tool warns: {}", common::cut(n.message.text.text(), 200));
                self.findings.gaps.push(Gap::part(words));
            }
        }
        self.created = self.created.max(invocation.end.get().and_then(common::seconds));
    }
}

/// A notification's level: its own, else its descriptor's default (3.58.6, 3.50.3).
fn level_of<'a>(n: &'a Notification<'_>, driver: &'a Component<'_>) -> &'a str {
    let default = || {
        let stated = n.descriptor.as_ref()?;
        let kinds = &driver.notifications.0;
        let by_index = stated.index.index().and_then(|i| kinds.get(i));
        // Few kinds are told by id alone; a bound, so that many notifications of many kinds cost little.
        let by_id = || kinds.iter().take(1_000).find(|k| k.id.get().is_some_and(|id| id == stated.id.text()));
        by_index.or_else(by_id)?.default_configuration.level.get()
    };
    n.level.get().or_else(default).unwrap_or_default()
}

/// The name of a driver as policies write it.
fn canonical(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    const FIRST_WORDS: &[&str] = &[
        "trivy",
        "semgrep",
        "codeql",
        "bandit",
        "eslint",
        "checkov",
        "grype",
        "snyk",
        "gitleaks",
        "ruff",
        "hadolint",
        "osv-scanner",
        "govulncheck",
        "dockle",
        "gosec",
        "tfsec",
        "kics",
    ];
    match FIRST_WORDS.iter().find(|w| lower.starts_with(**w)) {
        Some(word) => (*word).to_owned(),
        None => common::cut(&lower.split_whitespace().collect::<Vec<_>>().join("-"), 60).into(),
    }
}
