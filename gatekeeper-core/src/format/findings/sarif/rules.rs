//! Which rule a result speaks of (3.27.5 to 3.27.7, 3.52), and what follows from the rule.

use super::common::{is_advisory, note};
use super::document::{Component, Override, Rule, RuleRef};
use crate::evidence::Note;
use crate::evidence::findings::{Category, Severity};
use std::collections::HashMap;

/// Whose SARIF it is, as far as that changes its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Trivy,
    /// Scanners whose results are vulnerabilities of packages.
    Packages,
    Secrets,
    Misconfigurations,
    Other,
}

impl Dialect {
    pub(super) fn of(name: &str) -> Self {
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

    pub(super) fn category(self) -> Category {
        match self {
            Dialect::Trivy | Dialect::Packages => Category::Vulnerability,
            Dialect::Secrets => Category::Secret,
            Dialect::Misconfigurations => Category::Misconfiguration,
            Dialect::Other => Category::Code,
        }
    }
}

/// A rule with what follows from it, worked out once.
pub(super) struct Known<'a> {
    pub(super) rule: &'a Rule<'a>,
    /// Trivy's severity, in its tags.
    pub(super) tag: Option<Severity>,
    pub(super) category: Option<Category>,
    pub(super) url: Option<&'a str>,
    /// Published ids of what it speaks of: osv-scanner's deprecated ids, govulncheck's tags.
    pub(super) ids: Vec<&'a str>,
}

impl<'a> Known<'a> {
    pub(super) fn new(rule: &'a Rule<'a>, dialect: Dialect) -> Self {
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
pub(super) struct Rules<'a> {
    components: Vec<&'a Component<'a>>,
    known: Vec<Vec<Known<'a>>>,
    ids: Vec<HashMap<&'a str, usize>>,
    guids: HashMap<&'a str, (usize, usize)>,
    pub(super) dialect: Dialect,
}

impl<'a> Rules<'a> {
    pub(super) fn new(driver: &'a Component<'a>, extensions: &'a [Component<'a>], dialect: Dialect) -> Self {
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

    pub(super) fn get(&self, (component, rule): (usize, usize)) -> Option<&Known<'a>> {
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
    pub(super) fn peek(&self, id: &str, index: Option<u32>, reference: Option<&RuleRef<'_>>) -> Option<(usize, usize)> {
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
    pub(super) fn find(
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

/// Whether an override speaks of the rule that was found (or, where no rule is defined, of its id).
pub(super) fn overrides(o: &Override<'_>, found: Option<(usize, usize)>, rule_id: &str, rules: &Rules<'_>) -> bool {
    let index = o.descriptor.index.0.and_then(|n| u32::try_from(n).ok());
    match (found, rules.peek(o.descriptor.id.text(), index, Some(&o.descriptor))) {
        (Some(at), Some(descriptor)) => at == descriptor,
        (None, None) => !rule_id.is_empty() && o.descriptor.id.text() == rule_id,
        _ => false,
    }
}
