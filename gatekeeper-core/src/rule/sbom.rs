//! The rule `sbom`: validity by the document's own specification, NTIA minimum elements, number of components, age.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity};
use super::remedy::Remedy;
use crate::config::{Selector, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::inventory::{Inventory, distinct, ntia};
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
    };
    if !gate.valid && !gate.ntia && gate.min_components == 0 && gate.specs.is_empty() && gate.max_age.is_none() {
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
