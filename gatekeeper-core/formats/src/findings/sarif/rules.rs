//! Which rule a result speaks of (3.27.5 to 3.27.7, 3.52), and what follows from the rule.

use super::common::{is_advisory, note};
use super::document::{Component, Override, Rule};
use super::references::RuleRef;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::findings::{Category, Severity};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

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
            "clair",
            "black duck",
            "blackduck",
        ]) {
            Dialect::Packages
        } else if starts(&["gitleaks", "detect-secrets", "trufflehog", "ggshield", "secretlint"]) {
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
    /// Its message strings, where they are too many to look through.
    messages: HashMap<&'a str, &'a str>,
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
            messages: match rule.message_strings.0.as_slice() {
                few if few.len() < 8 => HashMap::new(),
                many => many.iter().rev().map(|(key, text)| (key.as_ref(), text.text.text())).collect(),
            },
        }
    }

    /// The message string of a name.
    pub(super) fn message(&self, id: &str) -> Option<&'a str> {
        if !self.messages.is_empty() {
            return self.messages.get(id).copied();
        }
        self.rule.message_strings.0.iter().find(|(key, _)| **key == *id).map(|(_, text)| text.text.text())
    }
}

/// The rules of a run: the driver's (component 0) and the extensions'. Whatever a result asks is looked up, as results, extensions and overrides may
/// each be many.
pub(super) struct Rules<'a> {
    components: Vec<&'a Component<'a>>,
    known: Vec<Vec<Known<'a>>>,
    ids: Vec<HashMap<&'a str, usize>>,
    /// Rules of extensions by id; none where several extensions have it.
    extended: HashMap<&'a str, Option<(usize, usize)>>,
    /// Rules and components by guid, in small letters (3.5.3).
    guids: HashMap<String, (usize, usize)>,
    component_guids: HashMap<String, usize>,
    component_names: HashMap<&'a str, usize>,
    pub(super) dialect: Dialect,
}

impl<'a> Rules<'a> {
    pub(super) fn new(driver: &'a Component<'a>, extensions: &'a [Component<'a>], dialect: Dialect) -> Self {
        let mut out = Rules {
            components: std::iter::once(driver).chain(extensions).collect(),
            known: Vec::new(),
            ids: Vec::new(),
            extended: HashMap::new(),
            guids: HashMap::new(),
            component_guids: HashMap::new(),
            component_names: HashMap::new(),
            dialect,
        };
        for (c, component) in out.components.iter().enumerate() {
            out.component_names.entry(component.name.text()).or_insert(c);
            out.component_guids.entry(component.guid.text().to_ascii_lowercase()).or_insert(c);
            let mut map = HashMap::with_capacity(component.rules.0.len());
            for (r, rule) in component.rules.0.iter().enumerate() {
                if let Some(id) = rule.id.get()
                    && let Entry::Vacant(slot) = map.entry(id)
                {
                    slot.insert(r);
                    if c > 0 {
                        out.extended.entry(id).and_modify(|at| *at = None).or_insert(Some((c, r)));
                    }
                }
                if let Some(guid) = rule.guid.get() {
                    out.guids.entry(guid.to_ascii_lowercase()).or_insert((c, r));
                }
            }
            out.ids.push(map);
            out.known.push(component.rules.0.iter().map(|rule| Known::new(rule, dialect)).collect());
        }
        out
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
            return self.component_guids.get(&guid.to_ascii_lowercase()).copied();
        }
        match c.name.get() {
            Some(name) => self.component_names.get(name).copied(),
            None => Some(0),
        }
    }

    /// Where the rule of a result or of a reference stands.
    pub(super) fn peek(&self, id: &str, index: Option<u32>, reference: Option<&RuleRef<'_>>) -> Option<(usize, usize)> {
        if let Some(guid) = reference.and_then(|r| r.guid.get())
            && let Some(at) = self.guids.get(&guid.to_ascii_lowercase())
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
        let own = by_id(id, |id| self.ids.get(component)?.get(id).map(|r| (component, *r)));
        // A result that names no component is of the driver; where the driver has no such rule and one extension does, of that.
        let explicit = reference.is_some_and(|r| r.component.is_some());
        own.or_else(|| by_id(id, |id| self.extended.get(id).copied()).flatten().filter(|_| !explicit))
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
}

/// Looks up an id, then its parents (`A/b/c`, `A/b`, `A`).
fn by_id<T>(id: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut id = id;
    // Deeper than any tool writes; a bound, so that a hostile id costs little.
    for _ in 0..16 {
        if id.is_empty() {
            return None;
        }
        if let Some(found) = find(id) {
            return Some(found);
        }
        id = id.rsplit_once('/')?.0;
    }
    None
}

/// Whether a result's rule id is that rule's or below it.
fn belongs(id: &str, rule: &str) -> bool {
    id == rule || id.strip_prefix(rule).is_some_and(|rest| rest.starts_with('/'))
}

/// The levels that an invocation sets for rules (3.20.5); of several for one rule the last.
#[derive(Default)]
pub(super) struct Overrides<'a> {
    by_rule: HashMap<(usize, usize), &'a str>,
    /// For rules that no component defines.
    by_id: HashMap<&'a str, &'a str>,
}

impl<'a> Overrides<'a> {
    pub(super) fn new(stated: &'a [Override<'a>], rules: &Rules<'_>) -> Self {
        let mut out = Overrides::default();
        for o in stated {
            let Some(level) = o.configuration.level.get() else { continue };
            let index = o.descriptor.index.0.and_then(|n| u32::try_from(n).ok());
            match rules.peek(o.descriptor.id.text(), index, Some(&o.descriptor)) {
                Some(at) => out.by_rule.insert(at, level),
                None => out.by_id.insert(o.descriptor.id.text(), level),
            };
        }
        out
    }

    /// The level for a rule that was found, or, where none is defined, for an id.
    pub(super) fn level(&self, found: Option<(usize, usize)>, id: &str) -> Option<&'a str> {
        match found {
            Some(at) => self.by_rule.get(&at).copied(),
            None => self.by_id.get(id).copied().filter(|_| !id.is_empty()),
        }
    }
}
