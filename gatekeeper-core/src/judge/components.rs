//! Components: which of them changed, which part of the evidence speaks of which, and which of them a gate judges.
//!
//! What concerns no component in particular concerns all of them; evidence that cannot be told to be a component's is judged whatever changed.

use crate::context::Context;
use crate::policy::{Components, Gate, Owner, Policy};
use crate::rule::Judge;
use crate::verdict::{CellVerdict, ComponentVerdict};
use gatekeeper_evidence::coverage::Coverage;
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::{Data, Evidence, Source};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The name of what belongs to no component. No component may have it.
pub(super) const OUTSIDE: &str = "root";

/// Which components a change touches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Why all of them are, where they are.
    all: Option<String>,
    /// By a component's number, why it is.
    because: BTreeMap<usize, String>,
}

impl Touched {
    /// What the changed files touch; `None` where nobody says which files changed.
    pub(crate) fn of(policy: &Policy, context: &Context) -> Option<Touched> {
        let mut names: BTreeSet<&str> = context.changed.iter().flatten().map(String::as_str).collect();
        let diff = context.diff.as_deref();
        names.extend(diff.into_iter().flat_map(|change| change.diff.names()));
        (context.changed.is_some() || diff.is_some()).then(|| Touched::by(policy, names))
    }

    fn by<'n>(policy: &Policy, names: impl IntoIterator<Item = &'n str>) -> Touched {
        let components = &policy.components;
        let mut out = Touched::default();
        for name in names {
            let mut own = policy.own_files.iter().map(String::as_str).chain(policy.file.as_deref());
            if own.any(|own| own == name) {
                out.all.get_or_insert_with(|| format!("the policy {name} changed"));
            } else if components.root.iter().any(|p| p.is_match(name)) {
                out.all.get_or_insert_with(|| format!("{name} changed, which concerns all components"));
            } else if let Some(owner) = components.owner(name) {
                out.because.entry(owner.component).or_insert_with(|| format!("{name} changed"));
            } else {
                out.all.get_or_insert_with(|| format!("{name} changed, which is in no component"));
            }
        }
        // What is made from something that changed has changed; the more so what is made from that.
        let mut open: Vec<usize> = out.because.keys().copied().collect();
        let mut users: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (n, c) in components.list.iter().enumerate() {
            for on in &c.depends {
                users.entry(on).or_default().push(n);
            }
        }
        while let Some(at) = open.pop() {
            let Some(changed) = components.list.get(at) else { continue };
            for user in users.get(changed.name.as_str()).into_iter().flatten() {
                if let std::collections::btree_map::Entry::Vacant(e) = out.because.entry(*user) {
                    e.insert(format!("it depends on {}, which changed", changed.name));
                    open.push(*user);
                }
            }
        }
        out
    }

    /// Why a component is judged; `None` where it did not change.
    fn why(&self, component: usize) -> Option<&str> {
        self.because.get(&component).or(self.all.as_ref()).map(String::as_str)
    }
}

/// The components as the verdict shows them; none where no gate is judged by them.
pub(crate) fn shown(policy: &Policy, touched: Option<&Touched>) -> Vec<ComponentVerdict> {
    if !policy.gates.iter().any(|g| g.per_component) {
        return Vec::new();
    }
    let of = |(n, c): (usize, &crate::policy::Component)| {
        let (changed, because) = match touched.map(|t| t.why(n)) {
            None => (None, "nobody says which files changed, so every component is judged"),
            Some(Some(why)) => (Some(true), why),
            Some(None) => (Some(false), UNCHANGED),
        };
        ComponentVerdict { name: c.name.clone(), changed, because: because.to_owned() }
    };
    policy.components.list.iter().enumerate().map(of).collect()
}

const UNCHANGED: &str = "it did not change";
const OFF: &str = "it is switched off for this component";

/// Whether a part is known to have nothing to judge: it did not change. One that the policy switches off would have, for all that is known.
pub(super) fn is_unchanged(cell: &CellVerdict) -> bool {
    cell.component.is_some() && cell.reason != OFF
}

/// What a gate judges by itself: a component, what belongs to none, or, of a gate that is not judged by components, everything.
pub(super) struct Unit<'u> {
    /// The component's name; `None` where the gate is judged as a whole.
    pub name: Option<&'u str>,
    pub judge: &'u dyn Judge,
    pub evidence: Vec<Cow<'u, Evidence>>,
    /// Paths of scans of another component's folder: what they found here counts, and they do not show that anybody looked for more.
    pub strays: BTreeSet<&'u str>,
    /// Why it is not judged.
    pub skip: Option<&'static str>,
}

/// To whom a part of evidence belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Component(usize),
    /// Sources of no component.
    Outside,
    /// It cannot be told.
    Nobody,
}

/// Takes a gate's evidence apart.
pub(super) fn units<'u>(
    gate: &'u Gate,
    components: &'u Components,
    touched: Option<&Touched>,
    taken: &[&'u Evidence],
) -> Vec<Unit<'u>> {
    if !gate.per_component {
        let evidence = taken.iter().map(|e| Cow::Borrowed(*e)).collect();
        return vec![Unit { name: None, judge: &*gate.judge, evidence, strays: BTreeSet::new(), skip: None }];
    }
    let mut parts: BTreeMap<Whose, Vec<Cow<'u, Evidence>>> = BTreeMap::new();
    let mut strays: BTreeMap<Whose, BTreeSet<&str>> = BTreeMap::new();
    for e in taken {
        for (whose, part) in divide(e, components) {
            if strays_into(e, whose, components) {
                strays.entry(whose).or_default().insert(&e.source.path);
            }
            parts.entry(whose).or_default().push(part);
        }
    }
    let mut out = Vec::new();
    for (n, c) in components.list.iter().enumerate() {
        let own = gate.own.get(&c.name);
        let skip = match own {
            Some(own) if !own.enabled => Some(OFF),
            _ => touched.is_some_and(|t| t.why(n).is_none()).then_some(UNCHANGED),
        };
        let evidence = parts.remove(&Whose::Component(n)).unwrap_or_default();
        let strays = strays.remove(&Whose::Component(n)).unwrap_or_default();
        let judge = own.map_or(&*gate.judge, |own| &*own.judge);
        out.push(Unit { name: Some(&c.name), judge, evidence, strays, skip });
    }
    let outside = parts.remove(&Whose::Outside).unwrap_or_default();
    let nobody = parts.remove(&Whose::Nobody).unwrap_or_default();
    let judged_outside = touched.is_none_or(|t| t.all.is_some());
    let skip = (!judged_outside && nobody.is_empty()).then_some("nothing outside of the components changed");
    if !outside.is_empty() || !nobody.is_empty() {
        let evidence = nobody.into_iter().chain(outside.into_iter().filter(|_| judged_outside)).collect();
        out.push(Unit { name: Some(OUTSIDE), judge: &*gate.judge, evidence, strays: BTreeSet::new(), skip });
    }
    out
}

/// Whether findings of a component are of a scan of another one's folder.
fn strays_into(e: &Evidence, whose: Whose, components: &Components) -> bool {
    let home = || home_of(components, &e.source).filter(|o| o.named);
    matches!((&e.data, whose), (Data::Findings(_), Whose::Component(n)) if home().is_some_and(|o| o.component != n))
}

/// That nothing of a gate was judged, and why.
pub(super) fn none_changed(units: &[Unit<'_>]) -> String {
    let of = |off: bool| units.iter().filter(|u| (u.skip == Some(OFF)) == off).filter_map(|u| u.name).collect();
    let (unchanged, off): (Vec<&str>, Vec<&str>) = (of(false), of(true));
    let (why, names) = match unchanged.is_empty() {
        true => ("it is switched off for all of its components", off),
        false => ("none of its components changed", unchanged),
    };
    format!("{why}: {}", some(names.into_iter()))
}

/// Some names; that there are more.
pub(super) fn some<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 8;
    let names: Vec<&str> = names.take(NAMED + 1).collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", names.get(..NAMED).unwrap_or(&names).join(", "))
}

/// Marks evidence with the component that it belongs to by where it lies: a snapshot keeps that, and no paths.
pub(crate) fn mark(policy: &Policy, evidence: &mut [Evidence]) {
    let components = &policy.components;
    if components.list.is_empty() {
        return;
    }
    for e in evidence {
        // What speaks of sources belongs to those where no folder of a component's own holds it.
        let of_sources = matches!(e.data, Data::Coverage(_) | Data::Findings(_));
        let home = components.home(&e.source.path, &e.source.labels).filter(|o| o.named || !of_sources);
        e.source.component = home.and_then(|o| components.list.get(o.component)).map(|c| c.name.clone());
    }
}

/// Whose evidence is, by its mark, or else by its labels and where it lies.
fn home_of(components: &Components, source: &Source) -> Option<Owner> {
    let marked = source.component.as_deref().and_then(|name| components.by_name(name));
    let marked = marked.map(|component| Owner { component, named: true });
    marked.or_else(|| components.home(&source.path, &source.labels))
}

/// What of evidence is judged where only some components changed, and what those are called; `None` where all of it is.
pub(super) fn judged<'e>(
    policy: &Policy,
    touched: Option<&Touched>,
    evidence: &'e [Evidence],
) -> Option<Vec<Cow<'e, Evidence>>> {
    let touched = touched.filter(|t| t.all.is_none())?;
    policy.gates.iter().find(|g| g.per_component)?;
    let changed = |whose: Whose| match whose {
        Whose::Component(n) => touched.why(n).is_some(),
        Whose::Outside | Whose::Nobody => true,
    };
    let parts = evidence.iter().flat_map(|e| divide(e, &policy.components));
    Some(parts.filter(|(whose, _)| changed(*whose)).map(|(_, part)| part).collect())
}

/// The component in which all of some evidence, or an input that could not be read, lies; `None` where it may speak of several.
pub(super) fn home<'c>(components: &'c Components, path: &str, labels: &BTreeMap<String, String>) -> Option<&'c str> {
    let owner = components.home(path, labels).filter(|o| o.named)?;
    components.list.get(owner.component).map(|c| c.name.as_str())
}

/// Whether an input that could not be read lies in a component that the gate does not judge in this run.
pub(crate) fn excused(
    gate: &Gate,
    policy: &Policy,
    touched: Option<&Touched>,
    path: &str,
    labels: &BTreeMap<String, String>,
) -> bool {
    let home = || home(&policy.components, path, labels).and_then(|name| policy.components.by_name(name));
    gate.per_component && touched.is_some_and(|t| home().is_some_and(|n| t.why(n).is_none()))
}

/// What of evidence is a component's, or, by the name of what belongs to none, what is no component's.
pub(super) fn own<'e>(name: &str, components: &Components, evidence: &[&'e Evidence]) -> Vec<Cow<'e, Evidence>> {
    let is_it = |whose: Whose| match whose {
        Whose::Component(n) => components.by_name(name) == Some(n),
        Whose::Outside | Whose::Nobody => name == OUTSIDE,
    };
    let parts = evidence.iter().flat_map(|e| divide(e, components));
    parts.filter(|(whose, _)| is_it(*whose)).map(|(_, part)| part).collect()
}

/// Whether a source is judged with a part: with a component its own, and with each what is no component's. With the whole all of it is.
pub(super) fn judges(name: Option<&str>, components: &Components, path: &str) -> bool {
    let owner = || components.owner(path).and_then(|o| components.list.get(o.component));
    name.is_none_or(|name| owner().is_none_or(|c| c.name == name))
}

/// Evidence that speaks of a component whatever it found there: its own, and what is nobody's in particular. All of it without a component.
pub(super) fn scans_of<'e>(
    name: Option<&str>,
    components: &Components,
    evidence: &[&'e Evidence],
) -> Vec<&'e Evidence> {
    let own = |e: &&&Evidence| match (name, home_of(components, &e.source).filter(|o| o.named)) {
        (None, _) | (_, None) => true,
        (Some(name), Some(home)) => components.by_name(name) == Some(home.component),
    };
    evidence.iter().filter(own).copied().collect()
}

/// The parts of evidence, by whose they are.
fn divide<'e>(e: &'e Evidence, components: &Components) -> BTreeMap<Whose, Cow<'e, Evidence>> {
    let home = home_of(components, &e.source);
    let at_home = home.map_or(Whose::Nobody, |o| Whose::Component(o.component));
    match &e.data {
        Data::Coverage(c) if c.percent.is_none() && !c.files.is_empty() => coverage(e, c, components, home),
        Data::Findings(f) => findings(e, f, components, home.filter(|o| o.named)),
        _ => BTreeMap::from([(at_home, Cow::Borrowed(e))]),
    }
}

/// Whose a source file is that evidence speaks of. Where no folder of a component's own names it, it is of where the evidence lies.
fn of_source(path: &str, components: &Components, home: Option<Owner>) -> Option<usize> {
    let owner = components.owner(path);
    let named = |o: Option<Owner>| o.filter(|o| o.named);
    named(owner).or(named(home)).or(owner).map(|o| o.component)
}

fn coverage<'e>(
    e: &'e Evidence,
    c: &Coverage,
    components: &Components,
    home: Option<Owner>,
) -> BTreeMap<Whose, Cow<'e, Evidence>> {
    let whose = |name: &str| of_source(name, components, home).map_or(Whose::Outside, Whose::Component);
    let mut names: BTreeMap<Whose, Vec<&str>> = BTreeMap::new();
    for name in c.files.keys() {
        names.entry(whose(name)).or_default().push(name);
    }
    if names.len() == 1 {
        return names.into_keys().map(|whose| (whose, Cow::Borrowed(e))).collect();
    }
    let part = |names: Vec<&str>| {
        let files = names.into_iter().filter_map(|n| Some((n.into(), c.files.get(n)?.clone()))).collect();
        // Counters of the whole say nothing of a part; what they say otherwise than the files may be missing in any.
        let part = Coverage {
            files,
            roots: c.roots.clone(),
            // Nobody knows whose these are: whatever is judged is told of them.
            not_counted: c.not_counted.clone(),
            metrics: c.metrics,
            claim: c.claim.clone(),
            ..Coverage::default()
        };
        Cow::Owned(with(e, Data::Coverage(part)))
    };
    names.into_iter().map(|(whose, names)| (whose, part(names))).collect()
}

fn findings<'e>(
    e: &'e Evidence,
    f: &Findings,
    components: &Components,
    home: Option<Owner>,
) -> BTreeMap<Whose, Cow<'e, Evidence>> {
    let whose = |i: &Finding| match &i.place {
        Some(place) => of_source(&place.path, components, home).map_or(Whose::Outside, Whose::Component),
        None => home.map_or(Whose::Nobody, |o| Whose::Component(o.component)),
    };
    let mut items: BTreeMap<Whose, Vec<&Finding>> = BTreeMap::new();
    // A scan of everything speaks of each component, also where it found nothing.
    match home {
        Some(home) => drop(items.insert(Whose::Component(home.component), Vec::new())),
        None => items.extend((0..components.list.len()).map(|n| (Whose::Component(n), Vec::new()))),
    }
    for item in &f.items {
        items.entry(whose(item)).or_default().push(item);
    }
    if f.counted.is_some() {
        // What is counted and not listed may be anybody's.
        let nobody = home.map_or(Whose::Nobody, |o| Whose::Component(o.component));
        items.entry(nobody).or_default();
    }
    let of = |whose: Whose, items: Vec<&Finding>| {
        let bears_counts = home.map_or(Whose::Nobody, |o| Whose::Component(o.component)) == whose;
        let part = Findings {
            tools: f.tools.clone(),
            items: items.into_iter().cloned().collect(),
            runs: f.runs,
            target: f.target.clone(),
            looked_for: f.looked_for.clone(),
            gaps: f.gaps.clone(),
            counted: f.counted.clone().filter(|_| bears_counts),
            ..Findings::default()
        };
        Cow::Owned(with(e, Data::Findings(part)))
    };
    items.into_iter().map(|(whose, items)| (whose, of(whose, items))).collect()
}

fn with(e: &Evidence, data: Data) -> Evidence {
    Evidence { source: e.source.clone(), complete: e.complete, notes: e.notes.clone(), data }
}

#[cfg(test)]
mod tests;
