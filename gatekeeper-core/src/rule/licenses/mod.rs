//! The rule `licenses`: SPDX expressions against allow, deny and review lists, by family or id, with exceptions per package.

mod packages;

use self::packages::{Row, same_document};
use super::api::{Builder, Compares, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Condition, counted};
use super::remedy::Remedy;
use crate::against;
use crate::config::{PolicyProblem, Table, Value};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::inventory::{Component, LicenseForm};
use gatekeeper_evidence::{Data, Evidence, Inventory, Kind, Source};
use gatekeeper_license as license;
use gatekeeper_license::{Entry, Family, LicenseLists, LicenseStatement, Ruling};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("licenses"),
    title: Cow::Borrowed("licence expressions against allow, deny and review lists"),
    kind: Kind::Inventory,
    docs: Cow::Borrowed(
        "## What it requires
That every package's licence is allowed, or at least not denied. Expressions are read wholly: one branch of an OR suffices, all parts of an AND must hold.
Several licences stated side by side all hold (AND): only an expression can say OR. Where documents disagree on a package's licence, the worst
counts and the disagreement is shown; one that states no licence, or not which, gives way to another document that does. Rows of one document
never give way to each other. A waiver names packages by `package`, or by the `id` of what is at fault: `GPL-3.0-only`, not a permitted licence
beside it; they are taken out before anything is counted.

## Why
A search for the letters GPL rejects LGPL and misses \"GNU Affero General Public License\".

## Configuration
| key | meaning | default |
|---|---|---|
| `allow` | SPDX ids, ids WITH an exception, or families (`BSD`) that are accepted | all that is not denied |
| `deny` | the same, refused. `GPL` is not LGPL and not AGPL | none |
| `review` | the same: somebody must look, so the gate warns | none |
| `exceptions` | table of package = reason: packages that are accepted whatever their licence | none |
| `unknown` | what an unknown or unclear licence does: `\"fail\"`, `\"warn\"`, `\"allow\"` | `\"fail\"` |
| `ignore-scopes` | scopes that are not judged, where the input tells them: `dev`, `optional` | none |
| `new-only` | judge only packages that the baseline (`--baseline FILE`) does not have, or that state another licence than there; added, removed and changed ones are listed | false |

## Example
```toml
[gates.licenses]
rule = \"licenses\"
deny = [\"GPL\", \"AGPL\"]
allow = [\"Apache-2.0\", \"MIT\", \"BSD\"]
unknown = \"warn\"
exceptions = { \"pkg:npm/left-pad\" = \"bought a licence\" }
```

## When evidence is missing
No inventory: `missing`. An inventory without packages: `error`. A package without a licence is unknown, never a pass by guess. With `new-only` and no
baseline: `missing`; with `[baseline] required = false` the gate is skipped.
",
    ),
    build: Builder::Fixed(build),
};

/// The scopes that a package may be left unjudged by.
const SCOPES: [&str; 3] = ["dev", "optional", "excluded"];

#[derive(Debug)]
struct Licenses {
    lists: LicenseLists,
    exceptions: Vec<(Pattern, String)>,
    unknown: Option<GateStatus>,
    ignore_scopes: Vec<String>,
    new_only: bool,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let lists = LicenseLists { allow: entries(t, "allow"), deny: entries(t, "deny"), review: entries(t, "review") };
    let mut any = false;
    for key in ["allow", "deny", "review"] {
        let Some(node) = t.get(key) else { continue };
        any = true;
        if node.value == Value::List(Vec::new()) {
            t.problem(
                node.span.clone(),
                format!("`{key}` is empty, which says nothing: name licences, or leave it out"),
            );
        }
    }
    if !any && t.is_sound() {
        t.problem(t.span(), "this licence gate neither allows nor denies anything, so nothing can ever fail it: give it deny = [\"GPL\"]");
    }
    let exceptions = t
        .named_texts("exceptions")
        .into_iter()
        .filter_map(|(package, reason)| {
            let reason = reason.join(" ");
            let span = t.get("exceptions").map_or(0..0, |n| n.span.clone());
            if reason.trim().is_empty() {
                t.problem(span.clone(), format!("the exception of `{package}` has no reason"));
            }
            match Pattern::new(&package.replace('/', "\u{1}")) {
                Ok(pattern) => Some((pattern, reason)),
                Err(e) => {
                    t.problem(span, format!("the exception of `{package}`: {e}"));
                    None
                }
            }
        })
        .collect();
    let unknown =
        t.choice("unknown", &[("fail", Some(GateStatus::Fail)), ("warn", Some(GateStatus::Warn)), ("allow", None)]);
    let mut ignore_scopes = Vec::new();
    for (scope, span) in t.texts("ignore-scopes").unwrap_or_default() {
        if !SCOPES.contains(&scope.as_str()) {
            let problem = PolicyProblem::new(span, format!("there is no scope `{scope}`"));
            let problem = problem.code(crate::config::ProblemCode::UnknownWord);
            t.problems().add(problem.nearest(&scope, SCOPES));
        }
        ignore_scopes.push(scope);
    }
    let new_only = t.flag("new-only").unwrap_or(false);
    let unknown = unknown.unwrap_or(Some(GateStatus::Fail));
    Some(Box::new(Licenses { lists, exceptions, unknown, ignore_scopes, new_only }))
}

fn entries(t: &mut Table<'_>, key: &'static str) -> Vec<Entry> {
    let texts = t.texts(key).unwrap_or_default();
    texts
        .into_iter()
        .filter_map(|(text, span)| text.parse().map_err(|e: license::EntryError| t.problem(span, e.to_string())).ok())
        .collect()
}

impl Judge for Licenses {
    fn compares(&self) -> Compares {
        if self.new_only { Compares::Wholly } else { Compares::Not }
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let judged = |c: &Component| {
            !c.scope.as_ref().is_some_and(|s| self.ignore_scopes.iter().any(|ignored| ignored == s.as_ref()))
        };
        let packages = packages::packages(scope.evidence, judged);
        if packages.is_empty() {
            let first = scope.evidence.first().map_or("", |e| e.source.path.as_str());
            let message = "it names no package, so no licence was seen";
            let v = Violation::new("inventory-empty", GateStatus::Error, message).from_source(first);
            return Ok(Judgement::of(v));
        }
        let mut out = Judgement::default();
        for e in scope.evidence {
            // An SBOM that names nothing is no lock file of a project without dependencies.
            if matches!(&e.data, Data::Inventory(i) if i.spec.is_some() && i.components.is_empty()) {
                let message = "it names no package, so it says nothing of licences";
                out.violations
                    .push(Violation::new("inventory-empty", GateStatus::Warn, message).from_source(&e.source.path));
            }
        }
        let new = scope.baseline.filter(|_| self.new_only).map(|before| new(before, scope.evidence, &mut out));
        let is_new = |rows: &[Row<'_>]| {
            new.as_ref().is_none_or(|new| rows.iter().any(|(_, c)| new.contains(&against::identity(c))))
        };
        let (mut refused, mut reviewed, mut unclear, mut differing) = (0_u64, 0_u64, 0_u64, 0_u64);
        for rows in packages.values().filter(|rows| is_new(rows)) {
            let Some(settled) = self.settle(rows) else { continue };
            let v = settled.violation();
            let sources: Vec<&Source> = rows.iter().map(|(e, _)| &e.source).collect();
            let item = Item {
                id: v.id.as_deref(),
                package: v.package.as_deref(),
                path: v.place.as_ref().map(|p| p.path.as_ref()),
                sources: &sources,
                ..Item::default()
            };
            if scope.waived(&item) {
                continue;
            }
            let n = match settled.fault {
                Fault::Unknown => &mut unclear,
                Fault::Disagreement => &mut differing,
                Fault::Review => &mut reviewed,
                Fault::NotAllowed | Fault::Denied => &mut refused,
            };
            *n = n.saturating_add(1);
            out.violations.push(v);
        }
        out.violations.sort_by_key(|v| std::cmp::Reverse(v.status));
        // A review alone does not fail: the condition is as bad as its worst package.
        let short = if refused > 0 { GateStatus::Fail } else { GateStatus::Warn };
        let not_allowed = refused.saturating_add(reviewed);
        out.conditions.push(Condition::at_most("not allowed", not_allowed, 0, short));
        if let Some(status) = self.unknown {
            out.conditions.push(Condition::at_most("unknown", unclear, 0, status));
        }
        if differing > 0 {
            out.conditions.push(Condition::at_most("documents disagree", differing, 0, GateStatus::Warn));
        }
        let open = not_allowed.saturating_add(unclear);
        if open > 0 {
            out.to_pass.push(Remedy::SettleLicenses(open));
        }
        Ok(out)
    }
}

/// The packages that the baseline does not have or that state another licence, by identity; what is different is said.
fn new(before: &[&Evidence], now: &[&Evidence], out: &mut Judgement) -> BTreeSet<String> {
    const TOLD: usize = 8;
    fn of<'e>(all: &[&'e Evidence]) -> Vec<&'e Inventory> {
        all.iter().filter_map(|e| if let Data::Inventory(i) = &e.data { Some(i) } else { None }).collect()
    }
    let found = against::packages(&of(before), &of(now));
    for (what, names) in
        [("added", &found.added), ("removed", &found.removed), ("under another licence", &found.changed)]
    {
        if names.is_empty() {
            continue;
        }
        let some: Vec<&str> = names.values().take(TOLD).map(String::as_str).collect();
        let more = if names.len() > some.len() { ", …" } else { "" };
        let n = counted(u64::try_from(names.len()).unwrap_or(u64::MAX), "package");
        out.notes.push(format!("{n} {what}: {}{more}", some.join(", ")));
    }
    found.added.into_keys().chain(found.changed.into_keys()).collect()
}

/// What is at fault with a package's licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Unknown,
    Disagreement,
    Review,
    NotAllowed,
    Denied,
}

impl Fault {
    /// The violation's code.
    fn code(self) -> &'static str {
        match self {
            Fault::Unknown => "license-unknown",
            Fault::Disagreement => "license-disagreement",
            Fault::Review => "license-review",
            Fault::NotAllowed => "license-not-allowed",
            Fault::Denied => "license-denied",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Fault::Unknown => "find out its licence, then name it under exceptions with the reason",
            Fault::Disagreement => {
                "find out which of them is right, then name the package under exceptions with the reason"
            }
            Fault::Review | Fault::NotAllowed | Fault::Denied => {
                "replace the package, or accept it under exceptions with a reason"
            }
        }
    }
}

/// What a package's rows come to.
struct Settled<'e> {
    evidence: &'e Evidence,
    component: &'e Component,
    status: GateStatus,
    fault: Fault,
    said: String,
    /// All that is at fault: who waives the violation has to name it.
    id: String,
}

impl Settled<'_> {
    fn violation(&self) -> Violation {
        let (c, path) = (self.component, self.evidence.source.path.as_str());
        let version = c.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
        let message = format!("{}{version}: {}", c.name, self.said);
        let mut v =
            Violation::new(self.fault.code(), self.status, message).from_source(path).with_help(self.fault.help());
        v.package = Some(c.purl.as_deref().map_or_else(|| format!("{}{version}", c.name), str::to_owned));
        v.id = Some(self.id.clone());
        v.place = c.line.and_then(|l| u32::try_from(l).ok()).map(|line| Place {
            path: path.into(),
            line: Some(line),
            column: None,
        });
        v
    }
}

/// What one row states of a package's licence.
struct Stated<'e> {
    evidence: &'e Evidence,
    component: &'e Component,
    status: Option<GateStatus>,
    /// What is at fault, whether or not the policy minds it.
    fault: Option<Fault>,
    said: String,
    culprits: Vec<String>,
}

impl Stated<'_> {
    fn is_clear(&self) -> bool {
        self.fault != Some(Fault::Unknown)
    }
}

/// What one document states of it, with all its rows.
struct Document<'e> {
    evidence: &'e Evidence,
    /// The SPDX ids in it; empty where no text says which.
    ids: BTreeSet<String>,
    family: Option<&'static Family>,
    status: Option<GateStatus>,
    texts: Vec<&'e str>,
}

impl Document<'_> {
    fn text(&self) -> String {
        let texts: Vec<&str> = self.texts.iter().map(|t| t.trim()).take(4).collect();
        format!("{} ({})", texts.join(" and "), self.evidence.source.path)
    }

    /// Whether two documents say the same, as far as both say which licence it is: "BSD" beside `BSD-3-Clause` only says less.
    fn agrees(&self, other: &Document<'_>) -> bool {
        if self.ids.is_empty() || other.ids.is_empty() {
            let of = |family: Option<&Family>, ids: &BTreeSet<String>| {
                family.is_some_and(|f| ids.iter().any(|id| f.contains(id)))
            };
            return self.texts == other.texts || of(self.family, &other.ids) || of(other.family, &self.ids);
        }
        self.ids == other.ids && self.status == other.status
    }
}

impl Licenses {
    /// Judges a package by all its rows. A document that states no licence, or not which, gives way to another that does; rows of one
    /// document do not. The worst counts, and that documents disagree is said. `None` where nothing is to be said.
    fn settle<'e>(&self, rows: &[Row<'e>]) -> Option<Settled<'e>> {
        if rows.iter().any(|(_, c)| self.exception(c).is_some()) {
            return None;
        }
        let mut stated: Vec<Stated<'e>> = Vec::new();
        let mut seen: BTreeSet<(&str, Vec<&str>)> = BTreeSet::new();
        for (evidence, component) in rows {
            let texts = component.licenses.iter().map(|l| l.text.as_ref()).collect();
            if seen.insert((&evidence.source.path, texts)) {
                stated.push(self.stated(evidence, component));
            }
        }
        let gives_way = |s: &Stated<'_>| {
            !s.is_clear() && stated.iter().any(|o| o.is_clear() && !same_document(o.evidence, s.evidence))
        };
        let counted: Vec<&Stated<'e>> = stated.iter().filter(|s| !gives_way(s)).collect();
        let worst = counted.iter().rev().max_by_key(|s| (s.status, s.is_clear()))?;
        let mut culprits: Vec<&str> = Vec::new();
        for culprit in counted.iter().filter(|s| s.status.is_some()).flat_map(|s| &s.culprits) {
            if !culprits.contains(&culprit.as_str()) {
                culprits.push(culprit);
            }
        }
        let documents = documents(&stated);
        let own = documents.iter().find(|d| same_document(d.evidence, worst.evidence));
        let others: Vec<String> = match own {
            Some(own) => documents.iter().filter(|d| !d.agrees(own)).map(Document::text).take(3).collect(),
            None => documents.iter().map(Document::text).take(3).collect(),
        };
        let (evidence, component) = (worst.evidence, worst.component);
        let id = culprits.join(" AND ");
        match worst.status.zip(worst.fault) {
            Some((status, fault)) if others.is_empty() => {
                Some(Settled { evidence, component, status, fault, said: worst.said.clone(), id })
            }
            Some((status, fault)) => {
                let said = format!("{}; elsewhere it is {}", worst.said, others.join(", "));
                Some(Settled { evidence, component, status, fault, said, id })
            }
            None if others.is_empty() => None,
            None => {
                let own = own.map(Document::text).unwrap_or_default();
                let said = format!("documents disagree on its licence: {own}, {}", others.join(", "));
                let mut texts: Vec<&str> = documents.iter().flat_map(|d| d.texts.iter().map(|t| t.trim())).collect();
                texts.sort_unstable();
                texts.dedup();
                let id = texts.join(" / ");
                let (status, fault) = (GateStatus::Warn, Fault::Disagreement);
                Some(Settled { evidence, component, status, fault, said, id })
            }
        }
    }

    fn stated<'e>(&self, evidence: &'e Evidence, component: &'e Component) -> Stated<'e> {
        let (status, fault, said) = self.judge_one(component);
        let mut culprits: Vec<String> = statements(component).iter().flat_map(|s| self.lists.culprit(s)).collect();
        if culprits.is_empty() {
            culprits.push("no licence".to_owned());
        }
        Stated { evidence, component, status, fault, said, culprits }
    }

    fn exception(&self, c: &Component) -> Option<&str> {
        let names = [
            c.purl.as_deref().map(str::to_owned),
            c.purl.as_deref().and_then(|p| p.rsplit_once('@')).map(|(p, _)| p.to_owned()),
            Some(c.name.to_string()),
            c.version.as_deref().map(|v| format!("{}@{v}", c.name)),
        ];
        // Patterns were compiled with the slashes of purls taken for ordinary characters.
        let fits = |p: &Pattern| names.iter().flatten().any(|n| p.matches(&n.replace('/', "\u{1}")).is_some());
        self.exceptions.iter().find(|(p, _)| fits(p)).map(|(_, reason)| reason.as_str())
    }

    fn judge_one(&self, c: &Component) -> (Option<GateStatus>, Option<Fault>, String) {
        let statements = statements(c);
        if statements.is_empty() {
            return (self.unknown, Some(Fault::Unknown), "no licence is stated".to_owned());
        }
        let judged = self.lists.judge_all(&statements);
        let said = judged.to_string();
        match judged {
            Ruling::Allowed { .. } => (None, None, String::new()),
            Ruling::Review { .. } => (Some(GateStatus::Warn), Some(Fault::Review), said),
            Ruling::Unknown { .. } => (self.unknown, Some(Fault::Unknown), said),
            Ruling::Unlisted { .. } => (Some(GateStatus::Fail), Some(Fault::NotAllowed), said),
            Ruling::Denied { .. } => (Some(GateStatus::Fail), Some(Fault::Denied), said),
        }
    }
}

/// What a row states; that it states none is no statement. A name among several that says "unknown" is one: that licence may be any.
fn statements(c: &Component) -> Vec<LicenseStatement> {
    let licensed = c.is_licensed();
    c.licenses
        .iter()
        .filter(|l| !l.is_none() || licensed && l.form == LicenseForm::Name && !l.text.trim().is_empty())
        .map(|l| match l.form {
            LicenseForm::Expression => LicenseStatement::Expression(l.text.to_string()),
            LicenseForm::Name => LicenseStatement::Name(l.text.to_string()),
        })
        .collect()
}

/// What each document states, in their order; those that state nothing are left out.
fn documents<'e>(stated: &[Stated<'e>]) -> Vec<Document<'e>> {
    let mut out: Vec<Document<'e>> = Vec::new();
    for s in stated.iter().filter(|s| s.component.is_licensed()) {
        let at = out.iter().position(|d| same_document(d.evidence, s.evidence)).unwrap_or_else(|| {
            out.push(Document {
                evidence: s.evidence,
                ids: BTreeSet::new(),
                family: None,
                status: None,
                texts: Vec::new(),
            });
            out.len().saturating_sub(1)
        });
        let Some(document) = out.get_mut(at) else { continue };
        document.status = document.status.max(s.status);
        for l in s.component.licenses.iter().filter(|l| !l.is_none()) {
            if !document.texts.contains(&l.text.as_ref()) {
                document.texts.push(&l.text);
            }
            let spdx = match l.form {
                LicenseForm::Expression => Some(l.text.to_string()),
                LicenseForm::Name => license::name(&l.text),
            };
            match spdx.and_then(|text| license::parse(&text).ok()) {
                Some(expression) => document.ids.extend(expression.terms().iter().map(ToString::to_string)),
                None => document.family = document.family.or_else(|| license::family_named(&l.text)),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
