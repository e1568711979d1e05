//! Inventories made worse.

use super::Hints;
use gatekeeper_evidence::inventory::{Component, Inventory, License, LicenseForm};
use gatekeeper_evidence::{Data, Evidence};

fn inventory(e: &mut Evidence) -> Option<&mut Inventory> {
    match &mut e.data {
        Data::Inventory(i) => Some(i),
        _ => None,
    }
}

pub(super) fn license(e: &mut Evidence, hints: &Hints) -> bool {
    let Some(i) = inventory(e) else { return false };
    let some = ["AGPL-3.0-only", "GPL-3.0-only", "LicenseRef-prove"].map(str::to_owned);
    let names = hints.words.iter().cloned().chain((0..).map(|n| format!("prove-{n}")));
    let least = hints.words.len().max(1);
    // A licence for each name that the policy speaks of, and a package for each licence.
    let licenses: Vec<&String> = hints.licenses.iter().chain(&some).collect();
    for (text, name) in licenses.iter().cycle().take(licenses.len().max(least)).zip(names) {
        i.components.push(Component {
            name: name.as_str().into(),
            version: Some("1".into()),
            licenses: vec![License { text: text.as_str().into(), form: LicenseForm::Expression }],
            ..Component::default()
        });
    }
    true
}

pub(super) fn unlicensed(e: &mut Evidence, _: &Hints) -> bool {
    let Some(i) = inventory(e) else { return false };
    i.components.iter_mut().for_each(|c| c.licenses.clear());
    true
}

pub(super) fn invalid(e: &mut Evidence, _: &Hints) -> bool {
    let Some(i) = inventory(e) else { return false };
    i.valid = Some(false);
    i.document = Default::default();
    for c in &mut i.components {
        (c.version, c.supplier, c.has_id) = (None, None, false);
    }
    true
}

pub(super) fn old(e: &mut Evidence, _: &Hints) -> bool {
    inventory(e).map(|i| i.created = Some("1970-01-01T00:00:00Z".to_owned())).is_some()
}

pub(super) fn foreign(e: &mut Evidence, _: &Hints) -> bool {
    let Some(subject) = inventory(e).and_then(|i| i.subject.as_mut()) else { return false };
    subject.name = "made-by-policy-prove".into();
    (subject.version, subject.purl) = (Some("0".into()), None);
    subject.digests = vec![format!("sha256:{}", "0".repeat(64)).as_str().into()];
    true
}

pub(super) fn respecified(e: &mut Evidence, _: &Hints) -> bool {
    let Some(i) = inventory(e) else { return false };
    let Some(spec) = i.spec else { return false };
    i.spec = Some(if spec == "SPDX" { "CycloneDX" } else { "SPDX" });
    i.spec_version = Some("0.1".to_owned());
    true
}

pub(super) fn shrink(e: &mut Evidence, _: &Hints) -> bool {
    let Some(i) = inventory(e).filter(|i| i.components.len() > 1) else { return false };
    i.components.truncate(1);
    true
}

pub(super) fn empty(e: &mut Evidence, _: &Hints) -> bool {
    inventory(e).map(|i| i.components.clear()).is_some()
}
