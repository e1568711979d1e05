//! The rule `licenses`: SPDX expressions against allow, deny and review lists, by family or id, with exceptions per package.

use super::{Judge, Judgement, Rule, Scope, at_most};
use crate::evidence::findings::Place;
use crate::evidence::inventory::{Component, LicenseForm};
use crate::evidence::{Data, Evidence, Kind};
use crate::glob::Pattern;
use crate::license::{Entry, Judgement as Licence, LicenseStatement, Policy};
use crate::policy::PolicyProblem;
use crate::policy::node::{Table, Value};
use crate::verdict::{Status, Violation};
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    id: "licenses",
    title: "licence expressions against allow, deny and review lists",
    kind: Kind::Inventory,
    docs: "## What it requires
That every package's licence is allowed, or at least not denied. Expressions are read wholly: one branch of an OR suffices, all parts of an AND must hold.
Several licences stated side by side all hold (AND): only an expression can say OR.

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
    build,
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
        .filter_map(|(text, span)| {
            text.parse().map_err(|e: crate::license::EntryError| t.problem(span, e.to_string())).ok()
        })
        .collect()
}

impl Judge for Licenses {
    fn judge(&self, scope: &Scope<'_>) -> Judgement {
        // One package may stand in several documents: a lock file that states no licence and an SBOM that does. What is stated decides.
        let mut packages: BTreeMap<String, (&Evidence, &Component)> = BTreeMap::new();
        for e in scope.evidence {
            let Data::Inventory(i) = &e.data else { continue };
            for c in &i.components {
                if c.scope.as_ref().is_some_and(|s| self.ignore_scopes.iter().any(|i| i == s.as_ref())) {
                    continue;
                }
                let key = format!("{}\u{0}{}", c.name, c.version.as_deref().unwrap_or_default());
                let at = packages.entry(key).or_insert((e, c));
                if !at.1.is_licensed() && c.is_licensed() {
                    *at = (e, c);
                }
            }
        }
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
        let (mut denied, mut unclear) = (0_u64, 0_u64);
        for (e, c) in packages.values() {
            if self.exception(c).is_some() {
                continue;
            }
            let (status, code, said) = self.judge_one(c);
            let Some(status) = status else { continue };
            if code == "license-unknown" {
                unclear += 1
            } else {
                denied += 1
            }
            let version = c.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
            let mut v =
                Violation::new(code, status, format!("{}{version}: {said}", c.name)).from_source(&e.source.path);
            v.package = Some(c.purl.as_deref().map_or_else(|| format!("{}{version}", c.name), str::to_owned));
            v.id = c.licenses.first().map(|l| l.text.to_string());
            v.place = c.line.and_then(|l| u32::try_from(l).ok()).map(|line| Place {
                path: e.source.path.as_str().into(),
                line: Some(line),
                column: None,
            });
            v.help = Some(
                if code == "license-unknown" {
                    "find out its licence, then name it under exceptions with the reason"
                } else {
                    "replace the package, or accept it under exceptions with a reason"
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

impl Licenses {
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
        let statements: Vec<LicenseStatement> = c
            .licenses
            .iter()
            .filter(|l| !l.is_none())
            .map(|l| match l.form {
                LicenseForm::Expression => LicenseStatement::Expression(l.text.to_string()),
                LicenseForm::Name => LicenseStatement::Name(l.text.to_string()),
            })
            .collect();
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
