//! The rule `licenses`: SPDX expressions against allow, deny and review lists, by family or id, with exceptions per package.

mod packages;

use self::packages::{Row, same_document};
use super::api::{Builder, Judge, Judgement, Rule, Scope};
use super::condition::at_most;
use crate::config::{Table, Value};
use crate::policy::PolicyProblem;
use crate::verdict::{Status, Violation};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::inventory::{Component, LicenseForm};
use gatekeeper_evidence::{Data, Evidence, Kind};
use gatekeeper_license as license;
use gatekeeper_license::{Entry, Family, Judgement as Licence, LicenseStatement, Policy};
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
never give way to each other. A violation's id, by which it is waived, is what is at fault: `GPL-3.0-only`, not a permitted licence beside it.

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
No inventory: `missing`. An inventory without packages: `error`. A package without a licence is unknown, never a pass by guess.
",
    ),
    build: Builder::Fixed(build),
};

/// The scopes that a package may be left unjudged by.
const SCOPES: [&str; 3] = ["dev", "optional", "excluded"];

#[derive(Debug)]
struct Licenses {
    lists: Policy,
    exceptions: Vec<(Pattern, String)>,
    unknown: Option<Status>,
    ignore_scopes: Vec<String>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let lists = Policy { allow: entries(t, "allow"), deny: entries(t, "deny"), review: entries(t, "review") };
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
    if !any {
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
    let unknown = t.choice("unknown", &[("fail", Some(Status::Fail)), ("warn", Some(Status::Warn)), ("allow", None)]);
    let mut ignore_scopes = Vec::new();
    for (scope, span) in t.texts("ignore-scopes").unwrap_or_default() {
        if !SCOPES.contains(&scope.as_str()) {
            let problem = PolicyProblem::new(span, format!("there is no scope `{scope}`"));
            let problem = problem.code(crate::config::ProblemCode::UnknownWord);
            t.problems().add(problem.nearest(&scope, SCOPES));
        }
        ignore_scopes.push(scope);
    }
    Some(Box::new(Licenses { lists, exceptions, unknown: unknown.unwrap_or(Some(Status::Fail)), ignore_scopes }))
}

fn entries(t: &mut Table<'_>, key: &'static str) -> Vec<Entry> {
    let texts = t.texts(key).unwrap_or_default();
    texts
        .into_iter()
        .filter_map(|(text, span)| text.parse().map_err(|e: license::EntryError| t.problem(span, e.to_string())).ok())
        .collect()
}

impl Judge for Licenses {
    fn judge(&self, scope: &Scope<'_>) -> Judgement {
        let judged = |c: &Component| {
            !c.scope.as_ref().is_some_and(|s| self.ignore_scopes.iter().any(|ignored| ignored == s.as_ref()))
        };
        let packages = packages::packages(scope.evidence, judged);
        if packages.is_empty() {
            let first = scope.evidence.first().map_or("", |e| e.source.path.as_str());
            return Judgement::of(
                Violation::new("inventory-empty", Status::Error, "it names no package, so no licence was seen")
                    .from_source(first),
            );
        }
        let mut out = Judgement::default();
        for e in scope.evidence {
            // An SBOM that names nothing is no lock file of a project without dependencies.
            if matches!(&e.data, Data::Inventory(i) if i.spec.is_some() && i.components.is_empty()) {
                let message = "it names no package, so it says nothing of licences";
                out.violations
                    .push(Violation::new("inventory-empty", Status::Warn, message).from_source(&e.source.path));
            }
        }
        let (mut denied, mut unclear, mut differing) = (0_u64, 0_u64, 0_u64);
        for rows in packages.values() {
            let Some(Settled { evidence, component: c, status, code, said, id }) = self.settle(rows) else { continue };
            match code {
                "license-unknown" => unclear += 1,
                "license-disagreement" => differing += 1,
                _ => denied += 1,
            }
            let version = c.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
            let path = evidence.source.path.as_str();
            let mut v = Violation::new(code, status, format!("{}{version}: {said}", c.name)).from_source(path);
            v.package = Some(c.purl.as_deref().map_or_else(|| format!("{}{version}", c.name), str::to_owned));
            v.id = Some(id);
            v.place = c.line.and_then(|l| u32::try_from(l).ok()).map(|line| Place {
                path: path.into(),
                line: Some(line),
                column: None,
            });
            v.help = Some(
                match code {
                    "license-unknown" => "find out its licence, then name it under exceptions with the reason",
                    "license-disagreement" => {
                        "find out which of them is right, then name the package under exceptions with the reason"
                    }
                    _ => "replace the package, or accept it under exceptions with a reason",
                }
                .to_owned(),
            );
            out.violations.push(v);
        }
        out.violations.sort_by_key(|v| std::cmp::Reverse(v.status));
        out.conditions.push(at_most("not allowed", denied, 0, Status::Fail));
        if let Some(status) = self.unknown {
            out.conditions.push(at_most("unknown", unclear, 0, status));
        }
        if differing > 0 {
            out.conditions.push(at_most("documents disagree", differing, 0, Status::Warn));
        }
        // A review alone does not fail: the condition is as bad as its worst package.
        if let Some(c) = out.conditions.first_mut()
            && c.status == Status::Fail
            && !out.violations.iter().any(|v| v.code != "license-unknown" && v.status == Status::Fail)
        {
            c.status = Status::Warn;
        }
        if denied + unclear > 0 {
            out.to_pass.push(format!("replace or except {} packages", denied + unclear));
        }
        out
    }
}

/// What a package's rows come to.
struct Settled<'e> {
    evidence: &'e Evidence,
    component: &'e Component,
    status: Status,
    code: &'static str,
    said: String,
    /// All that is at fault: who waives the violation has to name it.
    id: String,
}

/// What one row states of a package's licence.
struct Stated<'e> {
    evidence: &'e Evidence,
    component: &'e Component,
    status: Option<Status>,
    code: &'static str,
    said: String,
    culprits: Vec<String>,
}

impl Stated<'_> {
    fn is_clear(&self) -> bool {
        self.code != "license-unknown"
    }
}

/// What one document states of it, with all its rows.
struct Document<'e> {
    evidence: &'e Evidence,
    /// The SPDX ids in it; empty where no text says which.
    ids: BTreeSet<String>,
    family: Option<&'static Family>,
    status: Option<Status>,
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
        match worst.status {
            Some(status) if others.is_empty() => {
                Some(Settled { evidence, component, status, code: worst.code, said: worst.said.clone(), id })
            }
            Some(status) => {
                let said = format!("{}; elsewhere it is {}", worst.said, others.join(", "));
                Some(Settled { evidence, component, status, code: worst.code, said, id })
            }
            None if others.is_empty() => None,
            None => {
                let own = own.map(Document::text).unwrap_or_default();
                let said = format!("documents disagree on its licence: {own}, {}", others.join(", "));
                let mut texts: Vec<&str> = documents.iter().flat_map(|d| d.texts.iter().map(|t| t.trim())).collect();
                texts.sort_unstable();
                texts.dedup();
                let id = texts.join(" / ");
                Some(Settled { evidence, component, status: Status::Warn, code: "license-disagreement", said, id })
            }
        }
    }

    fn stated<'e>(&self, evidence: &'e Evidence, component: &'e Component) -> Stated<'e> {
        let (status, code, said) = self.judge_one(component);
        let mut culprits: Vec<String> = statements(component).iter().flat_map(|s| self.lists.culprit(s)).collect();
        if culprits.is_empty() {
            culprits.push("no licence".to_owned());
        }
        Stated { evidence, component, status, code, said, culprits }
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

    fn judge_one(&self, c: &Component) -> (Option<Status>, &'static str, String) {
        let statements = statements(c);
        if statements.is_empty() {
            return (self.unknown, "license-unknown", "no licence is stated".to_owned());
        }
        let judged = self.lists.judge_all(&statements);
        let said = judged.to_string();
        match judged {
            Licence::Allowed { .. } => (None, "", String::new()),
            Licence::Review { .. } => (Some(Status::Warn), "license-review", said),
            Licence::Unknown { .. } => (self.unknown, "license-unknown", said),
            Licence::Unlisted { .. } => (Some(Status::Fail), "license-not-allowed", said),
            Licence::Denied { .. } => (Some(Status::Fail), "license-denied", said),
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
