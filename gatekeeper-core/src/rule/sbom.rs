//! The rule `sbom`: validity by the document's own specification, NTIA minimum elements, number of components, age.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity};
use super::remedy::Remedy;
use crate::config::{Selector, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::inventory::{Inventory, Subject, distinct, ntia};
use gatekeeper_evidence::{Data, Evidence, Kind};
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("sbom"),
    title: Cow::Borrowed("valid by its specification, minimum elements, number of components, age"),
    kind: Kind::Inventory,
    docs: Cow::Borrowed(
        "## What it requires
That there is a software bill of materials, and that it is what its specification says: the official schema of its own version, unique ids, references that lead
somewhere, licence expressions that parse. Valid and complete (NTIA's minimum elements) are two questions.
A waiver takes out missing elements, by `package` or by `id` (`supplier`); what is not valid cannot be waived.

## Why
An SBOM that no tool can read, or that names no component, exists only for the checkbox.

## Configuration
| key | meaning | default |
|---|---|---|
| `valid` | the document keeps its specification's rules | true |
| `ntia` | NTIA's minimum elements: supplier, name, version, another identifier of each package; relationships, author and timestamp of the document | false |
| `min-components` | fewest components, each counted once; fewer than a lock file of the run names is warned of in any case | 1 |
| `specs` | specifications that are accepted: `CycloneDX`, `SPDX`, or one with its version: `SPDX-2.3` | all |
| `max-age` | oldest by its own timestamp: `\"24h\"` | none |
| `subject` | what it must be of: `{ name, version }` or `{ name, digest = \"sha256:…\" }`, against the document's root component (CycloneDX `metadata.component`, SPDX's described package, an in-toto statement's subject) | none |

## Example
```toml
[gates.sbom]
rule = \"sbom\"
valid = true
min-components = 10
```

## When evidence is missing
No SBOM: `missing`. One that cannot be read, or whose validity was not looked at: `error`.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Sbom {
    valid: bool,
    ntia: bool,
    min_components: u64,
    specs: Vec<String>,
    max_age: Option<Decimal>,
    subject: Option<Wanted>,
}

/// What the document must be of.
#[derive(Debug)]
struct Wanted {
    name: Option<String>,
    version: Option<String>,
    digest: Option<String>,
}

impl Wanted {
    fn read(t: &mut Table<'_>) -> Option<Wanted> {
        let mut inner = t.table("subject")?;
        let text = |inner: &mut Table<'_>, key| inner.text(key).map(|(text, _)| text);
        let wanted = Wanted {
            name: text(&mut inner, "name"),
            version: text(&mut inner, "version"),
            digest: text(&mut inner, "digest").map(|d| d.to_ascii_lowercase()),
        };
        let (span, nothing) =
            (inner.span(), wanted.name.is_none() && wanted.version.is_none() && wanted.digest.is_none());
        inner.finish("`subject`");
        if nothing {
            t.problem(span, "`subject` names nothing: give it name, version or digest");
            return None;
        }
        Some(wanted)
    }

    /// What the document says otherwise (`Fail`), or does not say (`Error`).
    fn against(&self, subject: Option<&Subject>) -> Vec<(GateStatus, String)> {
        let Some(s) = subject else {
            return vec![(GateStatus::Error, "it does not say what it is of".to_owned())];
        };
        let mut out = Vec::new();
        let named = [Some(s.name.as_ref()), s.name.rsplit('/').next(), s.purl.as_deref()];
        match &self.name {
            Some(name) if s.name.is_empty() && s.purl.is_none() => {
                out.push((GateStatus::Error, format!("it does not name what it is of, wanted {name}")));
            }
            Some(name) if !named.contains(&Some(name.as_str())) => {
                let found = if s.name.is_empty() { s.purl.as_deref().unwrap_or_default() } else { &s.name };
                out.push((GateStatus::Fail, format!("it is of {found}, wanted {name}")));
            }
            _ => {}
        }
        let bare =
            |v: &str| v.strip_prefix('v').filter(|r| r.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned);
        match (&self.version, s.version.as_deref()) {
            (Some(wanted), Some(found)) => {
                let plain = |v: &str| bare(v).unwrap_or_else(|| v.to_owned());
                if plain(wanted) != plain(found) {
                    out.push((GateStatus::Fail, format!("it is of version {found}, wanted {wanted}")));
                }
            }
            (Some(wanted), None) => {
                out.push((GateStatus::Error, format!("it does not say of which version it is, wanted {wanted}")));
            }
            (None, _) => {}
        }
        if let Some(wanted) = &self.digest {
            let algorithm = wanted.split(':').next().unwrap_or_default();
            let same_kind = || s.digests.iter().filter(|d| d.split(':').next() == Some(algorithm));
            if !s.digests.iter().any(|d| **d == **wanted) {
                out.push(match same_kind().next() {
                    Some(found) => (GateStatus::Fail, format!("it is of {found}, wanted {wanted}")),
                    None => (GateStatus::Error, format!("it states no {algorithm} of what it is of, wanted {wanted}")),
                });
            }
        }
        out
    }
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let specs: Vec<String> = t
        .texts("specs")
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(text, span)| {
            let name = text.split('-').next().unwrap_or_default();
            let known = ["CycloneDX", "SPDX"].iter().any(|s| s.eq_ignore_ascii_case(name));
            if !known {
                t.problem(span, format!("`specs` takes CycloneDX or SPDX, with or without a version, not \"{text}\""));
            }
            known.then_some(text)
        })
        .collect();
    let gate = Sbom {
        valid: t.flag("valid").unwrap_or(true),
        ntia: t.flag("ntia").unwrap_or(false),
        min_components: t.count("min-components").unwrap_or(1),
        specs,
        max_age: t.seconds("max-age"),
        subject: Wanted::read(t),
    };
    let nothing = !gate.valid && !gate.ntia && gate.min_components == 0 && gate.specs.is_empty();
    if nothing && gate.max_age.is_none() && gate.subject.is_none() && t.is_sound() {
        t.problem(t.span(), "this SBOM gate asks for nothing, so nothing can ever fail it: give it valid = true");
        return None;
    }
    Some(Box::new(gate))
}

impl Judge for Sbom {
    fn takes(&self, evidence: &Evidence, _: &Selector) -> bool {
        matches!(&evidence.data, Data::Inventory(i) if i.spec.is_some())
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        for e in scope.evidence {
            let Data::Inventory(i) = &e.data else { continue };
            self.judge_one(e, i, scope, &mut out);
        }
        let inventories = scope.evidence.iter().filter_map(|e| match &e.data {
            Data::Inventory(i) => Some(i),
            _ => None,
        });
        let named = distinct(inventories.flat_map(|i| &i.components));
        for e in scope.all {
            let Data::Inventory(lock) = &e.data else { continue };
            // What is only there for developing need not be in an SBOM of what is delivered.
            if !lock.lock {
                continue;
            }
            let locked =
                distinct(lock.components.iter().filter(|c| !matches!(c.scope.as_deref(), Some("dev" | "optional"))));
            if locked > named {
                let message =
                    format!("{named} components, and {} names {locked}: the SBOM leaves packages out", e.source.path);
                out.violations.push(Violation::new("sbom-below-lock", GateStatus::Warn, message));
            }
        }
        Ok(out)
    }
}

impl Sbom {
    fn judge_one(&self, e: &Evidence, i: &Inventory, scope: &Scope<'_>, out: &mut Judgement) {
        let path = e.source.path.as_str();
        let name = format!("{} {}", i.spec.unwrap_or_default(), i.spec_version.as_deref().unwrap_or("?"));
        if self.valid {
            let (status, said) = match i.valid {
                Some(true) => (GateStatus::Pass, Cow::Owned(format!("valid {name}"))),
                Some(false) => (GateStatus::Fail, Cow::Owned(format!("not valid {name}"))),
                None => (GateStatus::Error, Cow::Borrowed("not looked at")),
            };
            out.conditions.push(Condition {
                metric: Cow::Borrowed("valid"),
                value: Quantity::Word(said),
                bound: Bound::Is,
                limit: Quantity::Word(Cow::Borrowed("valid")),
                noun: "",
                status,
            });
            if i.valid == Some(false) {
                for p in &i.problems {
                    let mut v = Violation::new("sbom-invalid", GateStatus::Fail, p.message.clone()).from_source(path);
                    v.location = Some(p.location.clone());
                    out.violations.push(v);
                }
                out.to_pass.push(Remedy::MakeValid { path: path.to_owned(), spec: name.clone() });
            }
        }
        if self.ntia {
            let mut missing = ntia(i);
            missing.retain(|m| {
                let item = Item { id: Some(m.element.as_str()), package: m.package.as_deref(), ..Item::default() };
                !scope.waived(&item)
            });
            let n = u64::try_from(missing.len()).unwrap_or(u64::MAX);
            out.conditions.push(Condition::at_most("missing minimum elements", n, 0, GateStatus::Fail));
            if n > 0 {
                out.to_pass.push(Remedy::StateElements { count: n, path: path.to_owned() });
            }
            for m in missing {
                let of = m.package.as_deref().map_or_else(|| "the document".to_owned(), str::to_owned);
                let message = format!("{of}: no {}", m.element.as_str());
                let mut v = Violation::new("sbom-element-missing", GateStatus::Fail, message).from_source(path);
                v.id = Some(m.element.as_str().to_owned());
                v.package = m.package;
                out.violations.push(v);
            }
        }
        for (status, message) in self.subject.iter().flat_map(|w| w.against(i.subject.as_deref())) {
            out.violations.push(Violation::new("sbom-subject", status, message).from_source(path));
        }
        // One package listed many times fills no floor.
        let n = u64::try_from(distinct(i.components.iter())).unwrap_or(u64::MAX);
        let condition = Condition::at_least("components", n, self.min_components, GateStatus::Fail);
        if !condition.holds() {
            let message = format!("{n} components, wanted at least {}", self.min_components);
            out.violations.push(Violation::new("sbom-too-small", GateStatus::Fail, message).from_source(path));
        }
        out.conditions.push(condition);
        let versioned = name.replace(' ', "-");
        let accepted =
            |s: &String| s.eq_ignore_ascii_case(&versioned) || i.spec.is_some_and(|spec| s.eq_ignore_ascii_case(spec));
        if !self.specs.is_empty() && !self.specs.iter().any(accepted) {
            let message = format!("it is {name}, accepted are {}", self.specs.join(", "));
            out.violations.push(Violation::new("sbom-spec", GateStatus::Fail, message).from_source(path));
        }
        if let Some(max) = self.max_age {
            let made = i.created.as_deref().and_then(|c| c.parse::<jiff::Timestamp>().ok());
            match made {
                None => {
                    let message = "it does not say when it was made, so its age cannot be judged";
                    out.violations.push(Violation::new("sbom-age", GateStatus::Error, message).from_source(path));
                }
                Some(_) if scope.now.is_none() => {
                    let message = "no clock was given, so its age cannot be judged";
                    out.violations.push(Violation::new("sbom-age", GateStatus::Error, message).from_source(path));
                }
                Some(made) => {
                    let age = scope.now.unwrap_or_default().saturating_sub(made.as_second());
                    if !max.is_age(age) {
                        let message = if age < 0 {
                            format!(
                                "it says that it was made at {made}, which is still to come, so its age cannot be judged"
                            )
                        } else {
                            format!("it was made at {made}, {age} s ago; at most {max} s are allowed")
                        };
                        out.violations.push(Violation::new("sbom-age", GateStatus::Error, message).from_source(path));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, conditions, evidence, gate, violations};
    use super::*;
    use GateStatus::{Error, Fail, Pass, Warn};
    use gatekeeper_evidence::inventory::{Component, DocumentElements, SpecProblem};
    use gatekeeper_evidence::location::Location;

    fn component(name: &str) -> Component {
        Component {
            name: name.into(),
            version: Some("1".into()),
            supplier: Some("s".into()),
            has_id: true,
            ..Component::default()
        }
    }

    fn bom(names: &[&str]) -> Inventory {
        Inventory {
            spec: Some("CycloneDX"),
            spec_version: Some("1.5".to_owned()),
            valid: Some(true),
            components: names.iter().map(|n| component(n)).collect(),
            created: Some("2026-06-01T00:00:00Z".to_owned()),
            document: DocumentElements { author: true, timestamp: true, relationships: true },
            ..Inventory::default()
        }
    }

    /// 2026-06-01T00:00:00Z.
    const MADE: i64 = 1_780_272_000;

    fn of(keys: &str, bom: Inventory) -> Case<'_> {
        Case { now: Some(MADE), ..Case::new(&RULE, keys, vec![evidence("bom.json", Data::Inventory(bom))]) }
    }

    #[test]
    fn a_document_is_valid_or_not_or_was_not_looked_at() {
        let valid = |valid| {
            let problem = SpecProblem { message: "no".to_owned(), location: Location::line(3) };
            let problems = if valid == Some(false) { vec![problem] } else { Vec::new() };
            of("", Inventory { valid, problems, ..bom(&["a"]) }).judged()
        };
        let condition = |j: &Judgement| (j.conditions[0].status, j.conditions[0].value.clone());
        let word = |w: &'static str| Quantity::Word(w.into());
        assert_eq!(condition(&valid(Some(true))), (Pass, word("valid CycloneDX 1.5")));
        assert_eq!(condition(&valid(None)), (Error, word("not looked at")));
        let j = valid(Some(false));
        assert_eq!(
            (condition(&j), violations(&j)),
            ((Fail, word("not valid CycloneDX 1.5")), vec![("sbom-invalid", Fail)])
        );
        assert_eq!(j.violations[0].location, Some(Location::line(3)));
        assert_eq!(j.to_pass, [Remedy::MakeValid { path: "bom.json".to_owned(), spec: "CycloneDX 1.5".to_owned() }]);
        let unasked = of("valid = false", Inventory { valid: None, ..bom(&["a"]) }).judged();
        assert_eq!(conditions(&unasked), [("components", Pass)]);
    }

    #[test]
    fn minimum_elements_are_asked_for_where_wanted() {
        let mut lacking = bom(&["a", "b"]);
        lacking.components[1].supplier = None;
        lacking.document.author = false;
        assert_eq!(of("", lacking.clone()).judged().status(), Pass);
        let j = of("ntia = true", lacking.clone()).judged();
        assert_eq!(violations(&j), [("sbom-element-missing", Fail); 2]);
        assert_eq!(j.violations[1].message, "b@1: no supplier");
        assert_eq!(j.to_pass, [Remedy::StateElements { count: 2, path: "bom.json".to_owned() }]);
        assert_eq!(of("ntia = true", bom(&["a"])).judged().status(), Pass);
        let j = of("ntia = true", lacking.clone()).judged_waiving(&|i| i.package == Some("b@1"));
        assert_eq!(violations(&j), [("sbom-element-missing", Fail)]);
        let j = of("ntia = true", lacking).judged_waiving(&|i| i.id.is_some());
        assert_eq!((j.status(), violations(&j)), (Pass, vec![]));
    }

    #[test]
    fn components_fill_a_floor_once_each() {
        let floor = |names: &[&str]| violations(&of("min-components = 2", bom(names)).judged()).len();
        assert_eq!([floor(&["a"]), floor(&["a", "a"]), floor(&["a", "b"]), floor(&["a", "b", "c"])], [1, 1, 0, 0]);
        let j = of("", bom(&[])).judged();
        assert_eq!(violations(&j), [("sbom-too-small", Fail)]);
        assert_eq!(j.violations[0].message, "0 components, wanted at least 1");
    }

    #[test]
    fn a_lock_file_of_the_run_that_names_more_is_told() {
        let lock = |names: &[&str]| {
            let mut lock = Inventory { spec: None, lock: true, ..bom(names) };
            if let Some(last) = lock.components.last_mut().filter(|c| c.name.starts_with("dev")) {
                last.scope = Some("dev".into());
            }
            lock
        };
        let beside = |inventory| {
            let others = vec![evidence("lock", Data::Inventory(inventory))];
            let j = Case { others, ..of("", bom(&["a"])) }.judged();
            j.violations.into_iter().map(|v| (v.code.into_owned(), v.status)).collect::<Vec<_>>()
        };
        assert_eq!(beside(lock(&["a", "b"])), [("sbom-below-lock".to_owned(), Warn)]);
        assert_eq!(beside(lock(&["a"])), []);
        assert_eq!(beside(lock(&["a", "dev-only"])), []);
        assert_eq!(beside(Inventory { lock: false, ..lock(&["a", "b"]) }), []);
    }

    #[test]
    fn a_document_is_not_older_than_it_may_be() {
        let aged = |age: i64| Case { now: Some(MADE + age), ..of("max-age = \"1h\"", bom(&["a"])) };
        let of_age = |age| violations(&aged(age).judged()).into_iter().map(|(_, s)| s).collect::<Vec<_>>();
        assert_eq!(
            [of_age(3599), of_age(3600), of_age(3601), of_age(-3600)],
            [vec![], vec![], vec![Error], vec![Error]]
        );
        assert!(aged(-3600).judged().violations[0].message.contains("still to come"));
        let clockless = Case { now: None, ..aged(0) }.judged();
        assert_eq!(violations(&clockless), [("sbom-age", Error)]);
        assert!(clockless.violations[0].message.contains("no clock was given"));
        for created in [None, Some("yesterday".to_owned())] {
            let j = of("max-age = \"1h\"", Inventory { created, ..bom(&["a"]) }).judged();
            assert_eq!(violations(&j), [("sbom-age", Error)]);
        }
        assert_eq!(Case { now: None, ..of("", bom(&["a"])) }.judged().status(), Pass);
    }

    #[test]
    fn only_accepted_specifications_pass() {
        let of = |spec: &str| of(&format!("specs = [\"{spec}\"]"), bom(&["a"])).judged().status();
        assert_eq!(["CycloneDX", "cyclonedx-1.5", "SPDX", "CycloneDX-1.6"].map(of), [Pass, Pass, Fail, Fail]);
    }

    #[test]
    fn a_lock_file_is_no_sbom() {
        let takes = |i| gate(&RULE, "").unwrap().takes(&evidence("x", Data::Inventory(i)), &Selector::default());
        assert_eq!([takes(bom(&[])), takes(Inventory { spec: None, ..bom(&["a"]) })], [true, false]);
    }

    #[test]
    fn a_gate_that_nothing_can_fail_is_refused() {
        assert!(gate(&RULE, "valid = false\nmin-components = 0").is_err());
        for fine in [
            "valid = false",
            "valid = false\nmin-components = 0\nntia = true",
            "valid = false\nmin-components = 0\nspecs = [\"SPDX\"]",
        ] {
            assert!(gate(&RULE, fine).is_ok(), "{fine}");
        }
        assert!(gate(&RULE, "specs = [\"SWID\"]").is_err());
    }

    #[test]
    fn a_document_of_something_else_fails_and_one_that_does_not_say_is_an_error() {
        let subject = |name: &str, version: Option<&str>, purl: Option<&str>, digests: &[&str]| Subject {
            name: name.into(),
            version: version.map(Into::into),
            purl: purl.map(Into::into),
            digests: digests.iter().map(|d| (*d).into()).collect(),
        };
        let app = || subject("ghcr.io/me/app", Some("v1.2.0"), Some("pkg:oci/app"), &["sha256:aa", "sha512:cc"]);
        let said = |name: &str, version: &str, digest: &str, s: Option<&Subject>| {
            let some = |t: &str| (!t.is_empty()).then(|| t.to_owned());
            let wanted = Wanted { name: some(name), version: some(version), digest: some(digest) };
            wanted.against(s).into_iter().map(|(status, _)| status).collect::<Vec<_>>()
        };
        let of = |name, version, digest| said(name, version, digest, Some(&app()));
        for name in ["ghcr.io/me/app", "app", "pkg:oci/app"] {
            assert_eq!(of(name, "", ""), [], "{name}");
        }
        assert_eq!((of("ap", "", ""), of("me/app", "", "")), (vec![Fail], vec![Fail]));
        assert_eq!((of("", "v1.2.0", ""), of("", "1.2.0", ""), of("", "1.2.1", "")), (vec![], vec![], vec![Fail]));
        assert_eq!((of("", "", "sha256:aa"), of("", "", "sha512:cc")), (vec![], vec![]));
        assert_eq!((of("", "", "sha256:ab"), of("", "", "md5:aa")), (vec![Fail], vec![Error]));
        assert_eq!(of("x", "2", "sha256:ab"), [Fail, Fail, Fail]);
        // What it does not say.
        assert_eq!(said("app", "1", "", None), [Error]);
        let nameless = subject("", None, None, &[]);
        assert_eq!(said("app", "1", "sha256:aa", Some(&nameless)), [Error, Error, Error]);
        let by_purl = subject("", None, Some("pkg:oci/app"), &[]);
        assert_eq!(
            (said("app", "", "", Some(&by_purl)), said("pkg:oci/app", "", "", Some(&by_purl))),
            (vec![Fail], vec![])
        );
        // A `v` before a word is none of a version.
        let word = subject("app", Some("vital"), None, &[]);
        assert_eq!((said("", "ital", "", Some(&word)), said("", "vital", "", Some(&word))), (vec![Fail], vec![]));
        let problems = |keys: &str| gate(&RULE, keys).unwrap_err().join("; ");
        assert!(problems("subject = {}").contains("names nothing"));
        for keys in ["name = \"a\"", "version = \"1\"", "digest = \"sha256:aa\""] {
            assert!(gate(&RULE, &format!("subject = {{ {keys} }}")).is_ok(), "{keys}");
        }
    }
}
