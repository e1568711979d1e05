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
//! - External properties inside the log (3.13.5) are read as if they stood in the run (`sarif_inline`). External property files (3.15.2) are not
//!   followed: named in a note, and the run is not complete, as results or rules may stand there.
//! - Breaches of the schema that change no figure (no message, unknown members) are accepted.

use super::common::{self, is_advisory, note, package};
use super::sarif_document::{
    Component, Invocation, Level, Log, More, Override, Pending, Rule, RuleRef, Run, Versioned, path_of,
};
use super::sarif_inline;
use super::sarif_words::{self, field};
use crate::error::{ErrorCode, ParseError};
use crate::evidence::findings::{Category, Finding, Findings, Place, Severity};
use crate::evidence::{Data, Kind, Note};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::shape::Value;
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "sarif",
    title: "SARIF 2.1.0 results",
    kind: Kind::Findings,
    extensions: &["sarif", "json"],
    places: &["*.sarif", "*.sarif.json", "reports/**/*.sarif", "build/reports/**/*.sarif", "target/**/*.sarif"],
    spec: "OASIS SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html",
    producers: &[
        "codeql", "semgrep", "trivy", "grype", "snyk", "checkov", "bandit", "eslint", "ruff", "gitleaks", "hadolint",
    ],
    recorded_as: None,
    binary: false,
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
    let log: Log<'_> = match json::from_input(input) {
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
    let runs = sarif_inline::settle(runs.0, log.inline.0, &mut out.notes);
    out.findings.runs = u64::try_from(runs.len()).ok();
    for run in runs {
        out.run(run);
    }
    let created = out.created;
    let mut tools = out.findings.tools.iter().map(|t| canonical(t));
    let tool = tools.next().filter(|first| tools.all(|t| t == *first));
    Ok(Parsed { tool, created, notes: out.notes, ..Parsed::new(Data::Findings(out.findings), Some(out.complete)) })
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
}

impl Default for Out {
    fn default() -> Self {
        Out { findings: Findings::default(), notes: Vec::new(), complete: true, created: None }
    }
}

impl Out {
    fn run(&mut self, run: Run<'_>) {
        let Run { tool, invocations, artifacts, results, external, .. } = run;
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
            note(&mut self.notes, format!("external property files with {} are not followed", cut_key(key)));
        }
        for invocation in &invocations.0 {
            self.invocation(invocation);
        }
        let mut rules = Rules::new(&tool.driver, &tool.extensions.0, dialect);
        let artifacts: Vec<&str> = artifacts.0.iter().map(|a| a.location.uri.text()).collect();
        self.findings.items.reserve_exact(results.items.len());
        for (mut finding, pending) in results.items {
            finding.tool = tool_index;
            self.settle(&mut finding, &pending, &mut rules, &invocations.0, &artifacts);
            self.findings.items.push(finding);
        }
    }

    fn invocation(&mut self, invocation: &Invocation<'_>) {
        if invocation.execution_successful == Some(false) {
            self.complete = false;
            note(&mut self.notes, "executionSuccessful is false: the tool did not do all its work");
        }
        for n in invocation.execution.0.iter().chain(&invocation.configuration.0) {
            if n.level.text() == "error" {
                self.complete = false;
                note(
                    &mut self.notes,
                    format!("the tool reports an error of its own: {}", common::cut(n.message.text.text(), 200)),
                );
            }
        }
        self.created = self.created.max(invocation.end.get().and_then(common::seconds));
    }

    fn settle(
        &mut self,
        finding: &mut Finding,
        pending: &Pending,
        rules: &mut Rules<'_>,
        invocations: &[Invocation<'_>],
        artifacts: &[&str],
    ) {
        let more = pending.more.as_deref();
        let reference = more.and_then(|m| m.rule.as_ref());
        let found = rules.find(&finding.rule, pending.rule_index, reference, &mut self.notes);
        let known = found.and_then(|at| rules.get(at));
        if let Some(known) = known {
            if finding.rule.is_empty() {
                finding.rule = common::cut(known.rule.id.text(), 300);
            }
            finding.url = known.url.map(Into::into);
        }
        finding.category = known.and_then(|k| k.category).unwrap_or(rules.dialect.category());
        if finding.severity_from.is_empty() {
            let (severity, from) = self.severity(pending, known, found, &finding.rule, rules, invocations);
            finding.severity = severity;
            finding.severity_from = from;
        }
        if let Some(more) = more {
            if finding.message.is_empty()
                && let Some(id) = &more.message_id
                && let Some(rule) = known.map(|k| k.rule)
                && let Some((_, text)) = rule.message_strings.0.iter().find(|(key, _)| **key == **id)
            {
                finding.message = fill(text.text.text(), &more.arguments);
            }
            if finding.place.is_none()
                && let Some(uri) = more.artifact.and_then(|i| artifacts.get(i)).filter(|u| !u.is_empty())
            {
                finding.place = Some(Place { path: path_of(uri), line: more.line, column: None });
            }
        }
        if finding.message.is_empty()
            && let Some(text) = known.and_then(|k| k.rule.short_description.text.get())
        {
            finding.message = common::message(text);
        }
        describe(finding, known, more, rules.dialect);
        sarif_words::of_trivy(finding, known.map(|k| k.rule));
    }

    fn severity(
        &mut self,
        pending: &Pending,
        known: Option<&Known<'_>>,
        found: Option<(usize, usize)>,
        rule_id: &str,
        rules: &Rules<'_>,
        invocations: &[Invocation<'_>],
    ) -> (Severity, &'static str) {
        if let Some(s) = known.and_then(|k| k.tag) {
            return (s, "rule.properties.tags");
        }
        let own = pending.more.as_deref().and_then(|m| m.security_severity.as_deref());
        let scores = [
            (own, "properties.security-severity"),
            (known.and_then(|k| k.rule.properties.security_severity.get()), "rule.properties.security-severity"),
        ];
        for (score, from) in scores {
            if let Some(score) = score {
                match of_score(score) {
                    Some(s) => return (s, from),
                    None => note(
                        &mut self.notes,
                        format!(
                            "a security-severity that is neither score nor word: {}",
                            crate::error::quote(score.as_bytes())
                        ),
                    ),
                }
            }
        }
        match &pending.level {
            Level::Known(severity) => return (*severity, "level"),
            Level::Unknown(word) => return (self.level(word), "level"),
            Level::Absent => {}
        }
        if !pending.fails {
            return (Severity::Info, "kind");
        }
        let invocation = match pending.invocation.and_then(|i| usize::try_from(i).ok()) {
            Some(i) => invocations.get(i),
            // With a single invocation there is no other that it could be of.
            None if invocations.len() == 1 => invocations.first(),
            None => None,
        };
        let overridden = invocation
            .and_then(|i| i.overrides.0.iter().rev().find(|o| overrides(o, found, rule_id, rules)))
            .and_then(|o| o.configuration.level.get());
        if let Some(level) = overridden {
            return (self.level(level), "ruleConfigurationOverrides");
        }
        if let Some(level) = known.and_then(|k| k.rule.default_configuration.level.get()) {
            return (self.level(level), "rule.defaultConfiguration.level");
        }
        (Severity::Medium, "default")
    }

    fn level(&mut self, level: &str) -> Severity {
        if let Some(s) = Severity::from_word(level) {
            return s;
        }
        note(
            &mut self.notes,
            format!("a level that SARIF does not know, read as warning: {}", crate::error::quote(level.as_bytes())),
        );
        Severity::Medium
    }
}

fn cut_key(key: &str) -> Box<str> {
    common::cut(key, 60)
}

/// Whether an override speaks of the rule that was found (or, where no rule is defined, of its id).
fn overrides(o: &Override<'_>, found: Option<(usize, usize)>, rule_id: &str, rules: &Rules<'_>) -> bool {
    let index = o.descriptor.index.0.and_then(|n| u32::try_from(n).ok());
    match (found, rules.peek(o.descriptor.id.text(), index, Some(&o.descriptor))) {
        (Some(at), Some(descriptor)) => at == descriptor,
        (None, None) => !rule_id.is_empty() && o.descriptor.id.text() == rule_id,
        _ => false,
    }
}

/// The severity in a `security-severity`: a score, or the tool's own word.
fn of_score(text: &str) -> Option<Severity> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(score) => (score.is_finite() && score >= 0.0).then(|| Severity::from_score(score)),
        Err(_) => Severity::from_word(text),
    }
}

/// Puts arguments into a message's `{0}` (3.11.5).
fn fill(text: &str, arguments: &[Box<str>]) -> Box<str> {
    let mut out = String::new();
    let mut rest = text.get(..text.len().min(4 * common::MESSAGE)).unwrap_or(text);
    while let Some(open) = rest.find('{') {
        let (before, after) = (rest.get(..open).unwrap_or_default(), rest.get(open + 1..).unwrap_or_default());
        out.push_str(before);
        let argument = after
            .find('}')
            .and_then(|close| Some((after.get(..close)?.parse::<usize>().ok()?, after.get(close + 1..)?)))
            .and_then(|(n, tail)| Some((arguments.get(n)?, tail)));
        match argument {
            Some((argument, tail)) => {
                out.push_str(argument);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    common::message(&out)
}

/// Whose SARIF it is, as far as that changes its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Trivy,
    /// Scanners whose results are vulnerabilities of packages.
    Packages,
    Secrets,
    Misconfigurations,
    Other,
}

impl Dialect {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let starts = |names: &[&str]| names.iter().any(|n| name.starts_with(n));
        if name.contains("trivy") {
            Dialect::Trivy
        } else if starts(&[
            "grype",
            "osv-scanner",
            "govulncheck",
            "snyk open source",
            "snyk container",
            "pip-audit",
            "cargo-audit",
            "dependency-check",
            "npm audit",
            "docker scout",
            "xray",
            "jfrog xray",
        ]) {
            Dialect::Packages
        } else if starts(&["gitleaks", "detect-secrets", "trufflehog", "ggshield"]) {
            Dialect::Secrets
        } else if starts(&[
            "checkov",
            "tfsec",
            "kics",
            "terrascan",
            "dockle",
            "kube-linter",
            "kubescape",
            "snyk iac",
            "cfn-lint",
            "zizmor",
            "conftest",
        ]) {
            Dialect::Misconfigurations
        } else {
            Dialect::Other
        }
    }

    fn category(self) -> Category {
        match self {
            Dialect::Trivy | Dialect::Packages => Category::Vulnerability,
            Dialect::Secrets => Category::Secret,
            Dialect::Misconfigurations => Category::Misconfiguration,
            Dialect::Other => Category::Code,
        }
    }
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

/// A rule with what follows from it, worked out once.
struct Known<'a> {
    rule: &'a Rule<'a>,
    /// Trivy's severity, in its tags.
    tag: Option<Severity>,
    category: Option<Category>,
    url: Option<&'a str>,
    /// Published ids of what it speaks of: osv-scanner's deprecated ids, govulncheck's tags.
    ids: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn new(rule: &'a Rule<'a>, dialect: Dialect) -> Self {
        let tags = || rule.properties.tags.iter().filter_map(|t| t.get());
        let class = tags().next().and_then(|t| match t {
            "vulnerability" => Some(Category::Vulnerability),
            "misconfiguration" => Some(Category::Misconfiguration),
            "secret" => Some(Category::Secret),
            "license" => Some(Category::License),
            _ => None,
        });
        // The class, "security" and the severity: Trivy's own three, under whatever name the driver goes.
        let trivy = dialect == Dialect::Trivy || (class.is_some() && tags().nth(1) == Some("security"));
        let tag = || {
            tags().find_map(|t| {
                matches!(t, "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | "UNKNOWN")
                    .then(|| Severity::from_word(t))
                    .flatten()
            })
        };
        let by_id = |k: Category| is_advisory(rule.id.text()).then_some(k);
        Known {
            rule,
            tag: if trivy { tag() } else { None },
            category: if trivy {
                class
            } else if dialect == Dialect::Other {
                by_id(Category::Vulnerability)
            } else {
                None
            },
            // Grype's helpUri is its own home page for every rule.
            url: rule.help.link.as_deref().or(rule.help_uri.get()),
            ids: rule.deprecated_ids.0.iter().map(|s| s.text()).chain(tags()).filter(|t| is_advisory(t)).collect(),
        }
    }
}

/// The rules of a run: the driver's (component 0) and the extensions'.
struct Rules<'a> {
    components: Vec<&'a Component<'a>>,
    known: Vec<Vec<Known<'a>>>,
    ids: Vec<HashMap<&'a str, usize>>,
    guids: HashMap<&'a str, (usize, usize)>,
    dialect: Dialect,
}

impl<'a> Rules<'a> {
    fn new(driver: &'a Component<'a>, extensions: &'a [Component<'a>], dialect: Dialect) -> Self {
        let components: Vec<&Component<'_>> = std::iter::once(driver).chain(extensions).collect();
        let mut ids = Vec::with_capacity(components.len());
        let mut guids = HashMap::new();
        let mut known = Vec::with_capacity(components.len());
        for (c, component) in components.iter().enumerate() {
            let mut map = HashMap::with_capacity(component.rules.0.len());
            for (r, rule) in component.rules.0.iter().enumerate() {
                if let Some(id) = rule.id.get() {
                    map.entry(id).or_insert(r);
                }
                if let Some(guid) = rule.guid.get() {
                    guids.entry(guid).or_insert((c, r));
                }
            }
            ids.push(map);
            known.push(component.rules.0.iter().map(|rule| Known::new(rule, dialect)).collect());
        }
        Rules { components, known, ids, guids, dialect }
    }

    fn get(&self, (component, rule): (usize, usize)) -> Option<&Known<'a>> {
        self.known.get(component)?.get(rule)
    }

    /// The component that a reference names: by index among the extensions, by guid, by name; else the driver.
    fn component(&self, reference: Option<&RuleRef<'_>>) -> Option<usize> {
        let Some(c) = reference.and_then(|r| r.component.as_ref()) else { return Some(0) };
        if let Some(index) = c.index.index() {
            let at = index.checked_add(1)?;
            return (at < self.components.len()).then_some(at);
        }
        if let Some(guid) = c.guid.get() {
            return self.components.iter().position(|k| k.guid.text().eq_ignore_ascii_case(guid));
        }
        match c.name.get() {
            Some(name) => self.components.iter().position(|k| k.name.text() == name),
            None => Some(0),
        }
    }

    /// Where the rule of a result or of a reference stands.
    fn peek(&self, id: &str, index: Option<u32>, reference: Option<&RuleRef<'_>>) -> Option<(usize, usize)> {
        if let Some(guid) = reference.and_then(|r| r.guid.get())
            && let Some(at) = self.guids.get(guid)
        {
            return Some(*at);
        }
        let component = self.component(reference)?;
        let index = reference.and_then(|r| r.index.index()).or_else(|| index.and_then(|i| usize::try_from(i).ok()));
        let id = reference.and_then(|r| r.id.get()).unwrap_or(id);
        if let Some(index) = index
            && let Some(rule) = self.components.get(component).and_then(|c| c.rules.0.get(index))
            && (id.is_empty() || rule.id.text().is_empty() || belongs(id, rule.id.text()))
        {
            return Some((component, index));
        }
        self.by_id(component, id).map(|r| (component, r)).or_else(|| {
            // A result that names no component is of the driver; where the driver has no such rule and one extension does, of that.
            let explicit = reference.is_some_and(|r| r.component.is_some());
            let mut others = (1..self.components.len()).filter_map(|c| self.by_id(c, id).map(|r| (c, r)));
            let first = others.next().filter(|_| !explicit)?;
            others.next().is_none().then_some(first)
        })
    }

    /// As [`Self::peek`], with a note where a stated index leads nowhere.
    fn find(
        &self,
        id: &str,
        index: Option<u32>,
        reference: Option<&RuleRef<'_>>,
        notes: &mut Vec<Note>,
    ) -> Option<(usize, usize)> {
        let at = self.peek(id, index, reference);
        let stated = reference.and_then(|r| r.index.index()).or_else(|| index.and_then(|i| usize::try_from(i).ok()));
        if let Some(stated) = stated
            && at.is_none_or(|(_, rule)| rule != stated)
        {
            note(notes, "a rule index that is out of range or names a rule with another id");
        }
        at
    }

    /// By id or the longest of its parents (`A/b/c`, `A/b`, `A`).
    fn by_id(&self, component: usize, id: &str) -> Option<usize> {
        let ids = self.ids.get(component)?;
        let mut id = id;
        // Deeper than any tool writes; a bound, so that a hostile id costs little.
        for _ in 0..16 {
            if id.is_empty() {
                return None;
            }
            if let Some(at) = ids.get(id) {
                return Some(*at);
            }
            id = id.rsplit_once('/')?.0;
        }
        None
    }
}

/// Whether a result's rule id is that rule's or below it.
fn belongs(id: &str, rule: &str) -> bool {
    id == rule || id.strip_prefix(rule).is_some_and(|rest| rest.starts_with('/'))
}

/// Package, versions and aliases, where the producer writes them into texts.
fn describe(finding: &mut Finding, known: Option<&Known<'_>>, more: Option<&More>, dialect: Dialect) {
    if finding.category != Category::Vulnerability && finding.category != Category::License {
        return;
    }
    let text = &finding.message;
    let purl = || {
        let mut purls = known?.rule.properties.purls.iter().filter_map(|p| p.get());
        // Several purls: which one this result means is not said.
        purls.next().filter(|_| purls.next().is_none()).map(Into::into)
    };
    // Trivy: "Package: x\nInstalled Version: 1\nVulnerability CVE-…\nFixed Version: 2\nLink: …".
    if let Some(name) = field(text, "Package: ") {
        let installed = field(text, "Installed Version: ").unwrap_or_default();
        finding.package = package(name, installed, field(text, "Fixed Version: ").unwrap_or_default(), None);
    } else if let Some((name, version)) = grype(text).or_else(|| osv(text)) {
        let fixed = known.map(|k| k.rule.help.fixed(name)).unwrap_or_default();
        finding.package = package(name, version, &fixed, purl());
    } else if dialect == Dialect::Packages
        && let Some((name, version)) = more.and_then(|m| m.logical.as_deref()).and_then(|l| l.rsplit_once('@'))
        && !name.contains(['/', ':'])
    {
        // Snyk's logical location is "name@version".
        finding.package = package(name, version, "", purl());
    }
    if finding.category == Category::License && finding.package.is_none() {
        finding.package = package(field(text, "PkgName: ").unwrap_or_default(), "", "", None);
    }
    let said = field(text, "Vulnerability ");
    // Grype's rule is the advisory and the package: "CVE-2024-1-openssl".
    let own = finding.package.as_ref().and_then(|p| finding.rule.strip_suffix(&*p.name)?.strip_suffix('-'));
    let new = |id: &&str| *id != &*finding.rule && is_advisory(id);
    let ids = known.into_iter().flat_map(|k| k.ids.iter().copied());
    finding.aliases = common::aliases(&finding.rule, own.into_iter().chain(said).filter(new).chain(ids));
}

/// "A high vulnerability in deb package: x, version 1 was found …" and "The path … reports x at version 1  which is …".
fn grype(text: &str) -> Option<(&str, &str)> {
    if let Some((_, rest)) = text.split_once(" package: ") {
        let (name, rest) = rest.split_once(", version ")?;
        return Some((name, rest.split_once(" was found")?.0.trim()));
    }
    let (name, rest) = text.strip_prefix("The path ")?.split_once(" reports ")?.1.split_once(" at version ")?;
    Some((name, rest.split_once(" which is")?.0.trim()))
}

/// "Package 'x@1' is vulnerable to 'CVE-…' (also known as …)."
fn osv(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("Package '")?.split_once('\'')?.0.rsplit_once('@')
}
