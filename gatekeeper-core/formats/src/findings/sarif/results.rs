//! Results, settled once all of their run is known: rule, severity, message, package.

use super::common::{self, is_advisory, note, package};
use super::folding::{Level, More, Pending, Results, path_of};
use super::help::field;
use super::rules::{Dialect, Known, Overrides, Rules};
use super::words::of_trivy;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::findings::{Category, Finding, Place, Severity};
use rayon::prelude::*;

/// What results need of their run.
pub(super) struct Settler<'a> {
    pub rules: Rules<'a>,
    pub invocations: Vec<Overrides<'a>>,
    /// The URIs of the run's artifacts.
    pub artifacts: Vec<&'a str>,
    /// Which of the tools it was.
    pub tool: u16,
}

impl Settler<'_> {
    /// Settles a run's results, pieces of them side by side, as they say nothing of each other; puts them behind `into`.
    pub(super) fn settle_all(&self, mut results: Results, into: &mut Vec<Finding>, notes: &mut Vec<Note>) {
        let said: Vec<Vec<Note>> = results
            .pieces
            .par_iter_mut()
            .map(|piece| {
                let mut notes = Vec::new();
                for (finding, pending) in piece.found.iter_mut().zip(&piece.pending) {
                    self.settle(finding, pending, &mut notes);
                }
                piece.pending = Vec::new();
                notes
            })
            .collect();
        for n in said.into_iter().flatten() {
            note(notes, n.message);
        }
        into.reserve(results.pieces.iter().map(|p| p.found.len()).sum());
        for piece in results.pieces {
            into.extend(piece.found);
        }
    }

    /// Settles a finding.
    fn settle(&self, finding: &mut Finding, pending: &Pending, notes: &mut Vec<Note>) {
        finding.tool = self.tool;
        let rules = &self.rules;
        let more = pending.more.as_deref();
        let reference = more.and_then(|m| m.rule.as_ref());
        let found = rules.find(&finding.rule, pending.rule_index, reference, notes);
        let known = found.and_then(|at| rules.get(at));
        if let Some(known) = known {
            if finding.rule.is_empty() {
                finding.rule = common::cut(known.rule.id.text(), 300);
            }
            finding.url = known.url.map(Into::into);
        }
        finding.category = match known.and_then(|k| k.category) {
            Some(category) => category,
            None if finding.rule.starts_with("snyk:lic:") => Category::License,
            // Rules are optional (3.19.23): then the result's own id tells.
            None if rules.dialect == Dialect::Other && is_advisory(&finding.rule) => Category::Vulnerability,
            None => rules.dialect.category(),
        };
        if finding.severity_from.is_empty() {
            let (severity, from) = self.severity(pending, known, found, &finding.rule, notes);
            finding.severity = severity;
            finding.severity_from = from;
        }
        if let Some(more) = more {
            if finding.message.is_empty()
                && let Some(id) = &more.message_id
                && let Some(text) = known.and_then(|k| k.message(id))
            {
                finding.message = fill(text, &more.arguments);
            }
            if finding.place.is_none()
                && let Some(uri) = more.artifact.and_then(|i| self.artifacts.get(i)).filter(|u| !u.is_empty())
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
        of_trivy(finding, known.map(|k| k.rule));
    }

    fn severity(
        &self,
        pending: &Pending,
        known: Option<&Known<'_>>,
        found: Option<(usize, usize)>,
        rule_id: &str,
        notes: &mut Vec<Note>,
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
                        notes,
                        format!(
                            "a security-severity that is neither score nor word: {}",
                            gatekeeper_evidence::error::quote(score.as_bytes())
                        ),
                    ),
                }
            }
        }
        match &pending.level {
            Level::Known(severity) => return (*severity, "level"),
            Level::Unknown(word) => return (level_of(word, notes), "level"),
            Level::Absent => {}
        }
        if !pending.fails {
            return (Severity::Info, "kind");
        }
        let invocation = match pending.invocation.and_then(|i| usize::try_from(i).ok()) {
            Some(i) => self.invocations.get(i),
            // With a single invocation there is no other that it could be of.
            None if self.invocations.len() == 1 => self.invocations.first(),
            None => None,
        };
        if let Some(level) = invocation.and_then(|i| i.level(found, rule_id)) {
            return (level_of(level, notes), "ruleConfigurationOverrides");
        }
        if let Some(level) = known.and_then(|k| k.rule.default_configuration.level.get()) {
            return (level_of(level, notes), "rule.defaultConfiguration.level");
        }
        (Severity::Medium, "default")
    }
}

/// The severity of a stated level.
fn level_of(level: &str, notes: &mut Vec<Note>) -> Severity {
    if let Some(s) = Severity::from_word(level) {
        return s;
    }
    note(
        notes,
        format!(
            "a level that SARIF does not know, read as warning: {}",
            gatekeeper_evidence::error::quote(level.as_bytes())
        ),
    );
    Severity::Medium
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

/// Package, versions and aliases, where the producer writes them into texts.
fn describe(finding: &mut Finding, known: Option<&Known<'_>>, more: Option<&More>, dialect: Dialect) {
    if let Some(hex) = Hex::of(&finding.message) {
        let purl = format!("pkg:hex/{}@{}", hex.package.to_lowercase(), hex.version);
        let aliases = common::aliases(&finding.rule, hex.ids.iter().copied());
        finding.package = package(hex.package, hex.version, "", Some(purl.into()));
        finding.aliases = aliases;
        return;
    }
    if finding.category != Category::Vulnerability && finding.category != Category::License {
        return;
    }
    let text = &finding.message;
    let table = Table::of(text);
    let purl = || {
        let mut purls = known?.rule.properties.purls.iter().filter_map(|p| p.get());
        // Several purls: which one this result means is not said.
        purls.next().filter(|_| purls.next().is_none()).map(Into::into)
    };
    if let Some(name) = table.package {
        finding.package = package(name, table.installed.unwrap_or_default(), table.fixed.unwrap_or_default(), None);
    } else if let Some((name, version)) = grype(text).or_else(|| osv(text)) {
        let fixed = known.map(|k| k.rule.help.fixed(name)).unwrap_or_default();
        finding.package = package(name, version, &fixed, purl());
    } else if dialect == Dialect::Packages
        && let Some((name, version)) = more.and_then(|m| m.logical.as_deref()).and_then(|l| l.rsplit_once('@'))
        && version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(['/', ':'])
        && !name.contains("://")
    {
        // Snyk's logical location is "name@version"; an image's has a digest there.
        finding.package = package(name, version, "", purl());
    } else if let Some(purl) = scout(text).map(Into::into).or_else(purl) {
        let (name, version) = common::purl_parts(Some(&purl), "");
        let fixed = known.map(|k| k.rule.properties.fixed_version.text()).unwrap_or_default();
        let fixed = if fixed.starts_with(|c: char| c.is_ascii_digit()) { fixed } else { "" };
        finding.package = package(&name, &version, fixed, Some(purl));
    }
    if finding.category == Category::License && finding.package.is_none() {
        finding.package = package(field(text, "PkgName: ").unwrap_or_default(), "", "", None);
    }
    let said = table.vulnerability;
    // Grype's rule is the advisory and the package: "CVE-2024-1-openssl".
    let own = finding.package.as_ref().and_then(|p| finding.rule.strip_suffix(&*p.name)?.strip_suffix('-'));
    // Trivy's template once wrote "[HIGH] CVE-…".
    let own = own.or_else(|| finding.rule.strip_prefix('[')?.split_once("] ").map(|(_, id)| id));
    let new = |id: &&str| *id != &*finding.rule && is_advisory(id);
    let ids = known.into_iter().flat_map(|k| k.ids.iter().copied());
    finding.aliases = common::aliases(&finding.rule, own.into_iter().chain(said).filter(new).chain(ids));
}

/// Trivy's message: "Package: x\nInstalled Version: 1\nVulnerability CVE-…\nFixed Version: 2\nLink: …". Of a line that stands twice the first counts.
#[derive(Default)]
struct Table<'t> {
    package: Option<&'t str>,
    installed: Option<&'t str>,
    fixed: Option<&'t str>,
    vulnerability: Option<&'t str>,
}

impl<'t> Table<'t> {
    fn of(text: &'t str) -> Self {
        let mut out = Table::default();
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default().trim_start();
            rest = rest.get(end + 1..).unwrap_or_default();
            let (slot, mark) = match line.as_bytes().first() {
                Some(b'P') => (&mut out.package, "Package: "),
                Some(b'I') => (&mut out.installed, "Installed Version: "),
                Some(b'F') => (&mut out.fixed, "Fixed Version: "),
                Some(b'V') => (&mut out.vulnerability, "Vulnerability "),
                _ => continue,
            };
            if slot.is_none() {
                *slot = line.strip_prefix(mark).map(str::trim);
            }
        }
        let said = |value: Option<&'t str>| value.filter(|v| !v.is_empty());
        Table {
            package: said(out.package),
            installed: said(out.installed),
            fixed: said(out.fixed),
            vulnerability: said(out.vulnerability),
        }
    }
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

/// Docker Scout's message, a table: "  Package         : pkg:apk/alpine/openssl@3.0.8-r4?…".
fn scout(text: &str) -> Option<&str> {
    let line = text.lines().take(16).map(str::trim_start).find_map(|l| l.strip_prefix("Package "))?;
    line.trim_start().strip_prefix(": ").map(str::trim).filter(|p| gatekeeper_evidence::purl::is_purl(p))
}

/// What `mix hex.audit` says: "Dependency 'x' '1.0' is affected by security advisory 'ID (aka A, B)': '…'. See '…'." and "Dependency 'x' '1.0' is
/// retired: '…'."
struct Hex<'t> {
    package: &'t str,
    version: &'t str,
    ids: Vec<&'t str>,
}

impl<'t> Hex<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let (package, rest) = text.strip_prefix("Dependency '")?.split_once("' '")?;
        let (version, rest) = rest.split_once("' is ")?;
        let mut ids = Vec::new();
        if let Some(rest) = rest.strip_prefix("affected by security advisory '") {
            let (named, _) = rest.split_once('\'')?;
            let (id, others) = named.split_once(" (aka ").unwrap_or((named, ""));
            ids.push(id);
            ids.extend(others.trim_end_matches(')').split(", ").filter(|o| !o.is_empty()));
        } else if !rest.starts_with("retired: '") {
            return None;
        }
        Some(Hex { package, version, ids })
    }
}

/// "Package 'x@1' is vulnerable to 'CVE-…' (also known as …)."
fn osv(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("Package '")?.split_once('\'')?.0.rsplit_once('@')
}
