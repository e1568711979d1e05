//! Waivers: accepted exceptions, each with a reason and, mostly, an end. A rule asks before it counts; what is waived is counted here and shown,
//! never lost.

use crate::policy::{Components, Cover, Labels, Policy, Waiver, within};
use crate::rule::Item;
use crate::verdict::{CellVerdict, Due, GateStatus, GateVerdict, Violation, WaiverUsed};
use gatekeeper_evidence::{Source, purl};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// Days before its end from which a waiver is warned of.
pub(super) const SOON: i32 = 14;

/// The policy's waivers, and how often each was used.
pub(crate) struct Waivers<'p> {
    waivers: Vec<Used<'p>>,
    components: Option<&'p Components>,
    today: jiff::civil::Date,
}

struct Used<'p> {
    waiver: &'p Waiver,
    times: Cell<u64>,
}

impl<'p> Waivers<'p> {
    pub(crate) fn new(policy: &'p Policy, today: jiff::civil::Date) -> Self {
        let waivers = policy.waivers.iter().map(|waiver| Used { waiver, times: Cell::new(0) }).collect();
        Waivers { waivers, components: Some(&policy.components), today }
    }

    /// The day by which ends are judged.
    pub(super) fn today(&self) -> jiff::civil::Date {
        self.today
    }

    /// Those that hold today for a gate. The last day of one is its last.
    pub(super) fn of(&self, gate: &str) -> GateWaivers<'_> {
        let mut all = Vec::new();
        for used in &self.waivers {
            let w = used.waiver;
            if w.gate == gate && term(w, self.today) == Term::Holds {
                all.push(Active { used, here: Cell::new(0) });
            }
        }
        // There may be many that name an id: they are looked up, the others are tried one by one.
        let (mut by_id, mut others) = (HashMap::<String, Vec<usize>>::new(), Vec::new());
        for (n, active) in all.iter().enumerate() {
            match &active.used.waiver.id {
                Some(id) => by_id.entry(id.to_ascii_lowercase()).or_default().push(n),
                None => others.push(n),
            }
        }
        GateWaivers { all, by_id, others, components: self.components }
    }

    /// Waivers that matched nothing of what was judged, do not hold today or end soon.
    pub(crate) fn warnings(&self, gates: &[GateVerdict]) -> Vec<String> {
        let skipped = |w: &Waiver| {
            let gate = gates.iter().find(|g| g.name == w.gate);
            let cell = |g: &GateVerdict| {
                let own = |c: &&CellVerdict| w.component.is_some() && c.component == w.component;
                g.cells.iter().find(own).is_some_and(|c| c.status == GateStatus::Skip)
            };
            // Where there is no evidence there is nothing to match.
            let unseen = |g: &GateVerdict| matches!(g.status, GateStatus::Skip | GateStatus::Missing);
            gate.is_some_and(|g| unseen(g) && g.evidence.is_empty() || cell(g))
        };
        self.waivers
            .iter()
            .filter_map(|u| {
                let w = u.waiver;
                let file = w.file.as_ref().map(|f| format!(" of {f}")).unwrap_or_default();
                let of = format!("the waiver of {} (policy line {}{file})", describe(w), w.line);
                match term(w, self.today) {
                    Term::Ended => Some(format!("{of} ended on {} and does not count", w.expires)),
                    Term::NotYet(from) => Some(format!("{of} starts on {from} and does not count yet")),
                    Term::TooLong(most) => Some(format!(
                        "{of} ends on {}, more than {most} days from now, which [waivers-policy] does not allow: it does not count",
                        w.expires
                    )),
                    Term::Holds if u.times.get() == 0 && skipped(w) => None,
                    Term::Holds if u.times.get() == 0 => Some(format!("{of} matched nothing")),
                    Term::Holds => (self.left(w) <= SOON).then(|| format!("{of} ends on {}", w.expires)),
                }
            })
            .collect()
    }

    /// Those that hold today and end soon, the first to end first.
    pub(crate) fn due(&self) -> Vec<Due> {
        let soon = |w: &&Waiver| term(w, self.today) == Term::Holds && self.left(w) <= SOON;
        let due = |w: &Waiver| Due {
            what: describe(w),
            gate: w.gate.clone(),
            expires: w.expires.to_string(),
            days: u32::try_from(self.left(w)).unwrap_or(0),
            reason: w.reason.clone(),
            owner: w.owner.clone(),
            ticket: w.ticket.clone(),
            policy_line: w.line,
        };
        let mut all: Vec<Due> = self.waivers.iter().map(|u| u.waiver).filter(soon).map(due).collect();
        all.sort_by(|a, b| a.expires.cmp(&b.expires));
        all
    }

    /// Days until a waiver ends.
    fn left(&self, w: &Waiver) -> i32 {
        self.today.until(w.expires).map(|s| s.get_days()).unwrap_or(i32::MAX)
    }
}

/// How today stands to a waiver's days.
#[derive(Debug, PartialEq, Eq)]
enum Term {
    Holds,
    Ended,
    NotYet(jiff::civil::Date),
    /// It ends later than the policy lets one.
    TooLong(u64),
}

fn term(w: &Waiver, today: jiff::civil::Date) -> Term {
    if w.expires < today {
        return Term::Ended;
    }
    if let Some(from) = w.starts.filter(|from| *from > today) {
        return Term::NotYet(from);
    }
    let left = today.until(w.expires).map_or(u64::MAX, |s| u64::try_from(s.get_days()).unwrap_or(0));
    // With a first day its length was seen to when the policy was read.
    match w.max_days.filter(|most| w.starts.is_none() && left > *most) {
        Some(most) => Term::TooLong(most),
        None => Term::Holds,
    }
}

/// The waivers that hold for one gate, and how often each was used there.
#[derive(Default)]
pub(super) struct GateWaivers<'w> {
    all: Vec<Active<'w>>,
    by_id: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
    components: Option<&'w Components>,
}

/// The part of a gate's evidence in which something was found.
#[derive(Default)]
pub(super) struct At<'a> {
    pub component: Option<&'a str>,
    pub labels: Labels,
}

struct Active<'w> {
    used: &'w Used<'w>,
    here: Cell<u64>,
}

impl Active<'_> {
    fn count(&self) {
        self.here.set(self.here.get().saturating_add(1));
        self.used.times.set(self.used.times.get().saturating_add(1));
    }
}

impl GateWaivers<'_> {
    /// Whether one of them means an item; the first that does is used.
    pub(super) fn waives(&self, item: &Item<'_>, at: &At<'_>) -> bool {
        let Some(active) = self.meaning(item, at) else { return false };
        active.count();
        true
    }

    /// Whether one of them means an item, which is none that counts.
    pub(super) fn would_waive(&self, item: &Item<'_>, at: &At<'_>) -> bool {
        self.meaning(item, at).is_some()
    }

    /// Whether one of them excuses a cell that could not be judged, and why. `waived`: only because all that is in it is waived.
    pub(super) fn excuses(
        &self,
        labels: &Labels,
        component: Option<&str>,
        status: GateStatus,
        waived: bool,
    ) -> Option<String> {
        let covered = match status {
            GateStatus::Missing => Cover::Missing,
            GateStatus::Error => Cover::Error,
            _ => return None,
        };
        let single = |w: &Waiver| w.id.is_some() || w.test.is_some() || w.package.is_some() || w.path.is_some();
        let whole = |w: &Waiver| {
            (w.covers.contains(&covered) || waived && !single(w))
                && within(&w.labels, labels)
                && w.component.as_deref().is_none_or(|name| Some(name) == component)
        };
        let active = self.all.iter().find(|active| whole(active.used.waiver))?;
        active.count();
        let w = active.used.waiver;
        Some(format!("{} (until {})", w.reason, w.expires))
    }

    fn meaning(&self, item: &Item<'_>, at: &At<'_>) -> Option<&Active<'_>> {
        if self.all.is_empty() {
            return None;
        }
        let named = item.id.and_then(|id| self.by_id.get(&id.to_ascii_lowercase()));
        let fitting = named.into_iter().flatten().chain(&self.others).filter_map(|n| Some((n, self.all.get(*n)?)));
        let first =
            fitting.filter(|(_, active)| means(active.used.waiver, item, at, self.components)).min_by_key(|(n, _)| **n);
        first.map(|(_, active)| active)
    }

    /// Those that were used.
    pub(super) fn used(&self) -> Vec<WaiverUsed> {
        let used = self.all.iter().filter(|active| active.here.get() > 0);
        used.map(|active| {
            let w = active.used.waiver;
            WaiverUsed {
                what: describe(w),
                reason: w.reason.clone(),
                expires: Some(w.expires.to_string()),
                owner: w.owner.clone(),
                ticket: w.ticket.clone(),
                waived: active.here.get(),
                policy_line: w.line,
            }
        })
        .collect()
    }
}

/// Whether what a rule answers without having asked is waived. What could not be seen cannot be.
pub(super) fn waives_violation(v: &Violation, waive: &dyn Fn(&Item<'_>) -> bool) -> bool {
    let item = Item {
        id: v.id.as_deref(),
        package: v.package.as_deref(),
        path: v.place.as_ref().map(|p| p.path.as_ref()),
        ..Item::default()
    };
    matches!(v.status, GateStatus::Fail | GateStatus::Warn) && waive(&item)
}

fn describe(w: &Waiver) -> String {
    let path = w.path.as_ref().map(|p| p.as_str());
    let labels = w.labels.iter().map(|(label, value)| format!("{label} = {value}")).collect::<Vec<_>>().join(", ");
    let labels = (!labels.is_empty()).then_some(labels.as_str());
    let single = [w.id.as_deref(), w.test.as_deref(), w.package.as_deref(), path];
    let parts: Vec<&str> = single.into_iter().chain([w.component.as_deref(), labels]).flatten().collect();
    parts.join(" in ")
}

/// Whether a waiver means an item: everything that it names must fit.
fn means(w: &Waiver, item: &Item<'_>, at: &At<'_>, components: Option<&Components>) -> bool {
    let id = w.id.as_ref().is_none_or(|id| item.id.is_some_and(|i| i.eq_ignore_ascii_case(id)));
    let test = w.test.as_ref().is_none_or(|t| item.is_test(t));
    let package = w.package.as_ref().is_none_or(|p| item.package.is_some_and(|i| package_fits(p, i)));
    let path = w.path.as_ref().is_none_or(|p| item.path.is_some_and(|i| p.matches(i).is_some()));
    id && test && package && path && labelled(w, item, at) && placed(w, item, at, components)
}

/// Whether all that tells of an item has a waiver's labels.
fn labelled(w: &Waiver, item: &Item<'_>, at: &At<'_>) -> bool {
    let all_sources = || !item.sources.is_empty() && item.sources.iter().all(|s| within(&w.labels, &s.labels));
    within(&w.labels, &at.labels) || all_sources()
}

/// Whether an item lies in a waiver's component: by the component that is judged, else by the file that it is about, else by where it was found.
fn placed(w: &Waiver, item: &Item<'_>, at: &At<'_>, components: Option<&Components>) -> bool {
    let Some(wanted) = &w.component else { return true };
    if let Some(judged) = at.component {
        return judged == wanted;
    }
    let Some(components) = components else { return false };
    let is_it = |n: usize| components.list.get(n).is_some_and(|c| c.name == *wanted);
    if let Some(owner) = item.path.and_then(|p| components.owner(p)) {
        return is_it(owner.component);
    }
    let home = |s: &&Source| components.home(&s.path, &s.labels).is_some_and(|o| is_it(o.component));
    !item.sources.is_empty() && item.sources.iter().all(home)
}

/// `pkg:hex/cowlib` fits `pkg:hex/cowlib@2.1.0` and `pkg:hex/cowlib@2.1.0 2.1.0`; `cowlib` fits `cowlib 2.1.0`. Never a mere prefix.
fn package_fits(wanted: &str, found: &str) -> bool {
    let rest = match found.get(..wanted.len()) {
        Some(head) if head.eq_ignore_ascii_case(wanted) => found.get(wanted.len()..).unwrap_or_default(),
        _ => {
            // A bare name means the package of that name in any ecosystem, but not that of somebody's npm scope.
            let inner = purl::split(found).map_or(Cow::Borrowed(found), |p| p.name());
            let scope = if inner.starts_with('@') { inner.find('/').map_or(0, |at| at + 1) } else { 0 };
            let rest = inner.get(scope..).unwrap_or_default();
            let end = scope + rest.find([' ', '@', '?']).unwrap_or(rest.len());
            let whole = inner.get(..end).unwrap_or(&inner);
            let last = if scope > 0 { whole } else { whole.rsplit('/').next().unwrap_or(whole) };
            return [whole, last].iter().any(|name| name.eq_ignore_ascii_case(wanted));
        }
    };
    rest.is_empty() || rest.starts_with(['@', ' ', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::Place;
    use gatekeeper_evidence::glob::Pattern;
    use jiff::civil::date;

    const TODAY: jiff::civil::Date = date(2026, 6, 1);

    fn waiver(id: Option<&str>) -> Waiver {
        Waiver {
            gate: "g".to_owned(),
            id: id.map(str::to_owned),
            test: None,
            package: None,
            path: None,
            component: None,
            labels: Labels::new(),
            covers: Vec::new(),
            reason: "known".to_owned(),
            starts: None,
            expires: date(2027, 1, 31),
            owner: None,
            ticket: None,
            max_days: None,
            line: 7,
            file: None,
        }
    }

    fn policy(waivers: Vec<Waiver>) -> Policy {
        Policy { waivers, ..Policy::default() }
    }

    fn named(id: &str) -> Item<'_> {
        Item { id: Some(id), ..Item::default() }
    }

    #[test]
    fn a_waiver_holds_on_its_last_day_and_not_after() {
        let ends = |expires| Waiver { expires, ..waiver(Some("A")) };
        let holds = |w| {
            let policy = policy(vec![w]);
            Waivers::new(&policy, TODAY).of("g").waives(&named("a"), &At::default())
        };
        assert_eq!([date(2026, 5, 31), TODAY, date(2026, 6, 2)].map(|d| holds(ends(d))), [false, true, true]);
        assert!(holds(waiver(Some("A"))));
    }

    #[test]
    fn what_ended_ends_soon_or_matched_nothing_is_warned_of() {
        let said = |expires: Option<jiff::civil::Date>, used: bool| {
            let expires = expires.unwrap_or(date(2027, 1, 31));
            let policy = policy(vec![Waiver { expires, ..waiver(Some("A")) }]);
            let waivers = Waivers::new(&policy, TODAY);
            if used {
                waivers.of("g").waives(&named("A"), &At::default());
            }
            waivers.warnings(&[]).join("")
        };
        let what = "the waiver of A (policy line 7)";
        assert_eq!(said(Some(date(2026, 5, 31)), true), format!("{what} ended on 2026-05-31 and does not count"));
        assert_eq!(said(Some(date(2026, 6, 15)), true), format!("{what} ends on 2026-06-15"));
        assert_eq!(said(Some(TODAY), true), format!("{what} ends on 2026-06-01"));
        assert_eq!(said(Some(date(2026, 6, 16)), true), "");
        assert_eq!(said(None, true), "");
        assert_eq!(said(None, false), format!("{what} matched nothing"));
        assert_eq!(said(Some(date(2026, 6, 15)), false), format!("{what} matched nothing"));
    }

    #[test]
    fn a_waiver_holds_from_its_first_day_and_no_longer_than_the_policy_lets_it() {
        let on = |starts, expires, max_days| term(&Waiver { starts, expires, max_days, ..waiver(Some("A")) }, TODAY);
        let end = date(2026, 7, 1);
        assert_eq!(on(Some(date(2026, 6, 2)), end, None), Term::NotYet(date(2026, 6, 2)));
        assert_eq!(on(Some(TODAY), end, None), Term::Holds);
        assert_eq!([29, 30].map(|most| on(None, end, Some(most))), [Term::TooLong(29), Term::Holds]);
        assert_eq!(on(Some(TODAY), end, Some(29)), Term::Holds, "that was seen to when the policy was read");
        let long = policy(vec![Waiver { max_days: Some(29), expires: end, ..waiver(Some("A")) }]);
        let said = Waivers::new(&long, TODAY).warnings(&[]).join("");
        assert!(said.contains("ends on 2026-07-01, more than 29 days from now"), "{said}");
        let later = policy(vec![Waiver { starts: Some(end), file: Some("org.toml".to_owned()), ..waiver(Some("A")) }]);
        let said = Waivers::new(&later, TODAY).warnings(&[]).join("");
        assert_eq!(said, "the waiver of A (policy line 7 of org.toml) starts on 2026-07-01 and does not count yet");
        assert!(!Waivers::new(&later, TODAY).of("g").waives(&named("A"), &At::default()));
    }

    #[test]
    fn what_ends_within_two_weeks_is_due_with_its_owner() {
        let ends = |day, owner: &str| Waiver {
            expires: day,
            owner: Some(owner.to_owned()),
            ticket: Some("T-1".to_owned()),
            ..waiver(Some(owner))
        };
        let policy = policy(vec![
            ends(date(2026, 6, 15), "later"),
            ends(TODAY, "today"),
            ends(date(2026, 6, 16), "not yet"),
            ends(date(2026, 5, 31), "over"),
            Waiver { starts: Some(date(2026, 6, 2)), ..ends(date(2026, 6, 3), "not begun") },
        ]);
        let due = Waivers::new(&policy, TODAY).due();
        let told: Vec<_> = due.iter().map(|d| (d.owner.as_deref(), d.days, d.ticket.as_deref())).collect();
        assert_eq!(told, [(Some("today"), 0, Some("T-1")), (Some("later"), 14, Some("T-1"))]);
        assert_eq!((due[0].gate.as_str(), due[0].what.as_str(), due[0].policy_line), ("g", "today", 7));
    }

    #[test]
    fn a_waiver_holds_for_its_gate_and_is_counted_once_an_item() {
        let policy = policy(vec![
            Waiver { gate: "other".to_owned(), ..waiver(Some("A")) },
            waiver(Some("a")),
            Waiver { line: 9, ..waiver(Some("A")) },
        ]);
        let waivers = Waivers::new(&policy, TODAY);
        let gate = waivers.of("g");
        assert!(
            gate.waives(&named("A"), &At::default())
                && gate.waives(&named("a"), &At::default())
                && !gate.waives(&named("B"), &At::default())
        );
        let used = gate.used();
        assert_eq!(used.iter().map(|u| (u.what.as_str(), u.waived, u.policy_line)).collect::<Vec<_>>(), [("a", 2, 7)]);
        assert_eq!(waivers.warnings(&[]).len(), 2, "the first and the last were not needed");
        assert!(waivers.of("other").used().is_empty());
    }

    #[test]
    fn all_that_a_waiver_names_must_fit() {
        let w = Waiver {
            package: Some("cowlib".to_owned()),
            path: Some(Pattern::new("src/**").unwrap()),
            test: Some("adds".to_owned()),
            ..waiver(Some("A"))
        };
        let whole = Item {
            id: Some("A"),
            package: Some("cowlib 1"),
            path: Some("src/x.erl"),
            test: Some("adds"),
            ..Item::default()
        };
        assert!(means(&w, &whole, &At::default(), None));
        for less in [
            Item { id: Some("B"), ..whole },
            Item { id: None, ..whole },
            Item { package: Some("cowboy 1"), ..whole },
            Item { package: None, ..whole },
            Item { path: Some("lib/x.erl"), ..whole },
            Item { path: None, ..whole },
            Item { test: Some("takes"), ..whole },
            Item { test: None, ..whole },
        ] {
            assert!(!means(&w, &less, &At::default(), None), "{less:?}");
        }
        assert_eq!(describe(&w), "A in adds in cowlib in src/**");
    }

    #[test]
    fn what_could_not_be_seen_cannot_be_waived() {
        let w = Waiver { path: Some(Pattern::new("a.erl").unwrap()), ..waiver(None) };
        let policy = policy(vec![w]);
        let waivers = Waivers::new(&policy, TODAY);
        let gate = waivers.of("g");
        let violation = |status| Violation {
            place: Some(Place { path: "a.erl".into(), ..Place::default() }),
            ..Violation::new("x", status, "x")
        };
        use GateStatus::{Error, Fail, Inconclusive, Missing, Warn};
        let waived = [Error, Missing, Inconclusive, Fail, Warn]
            .map(|s| waives_violation(&violation(s), &|i| gate.waives(i, &At::default())));
        assert_eq!(waived, [false, false, false, true, true]);
    }

    #[test]
    fn a_package_is_named_whole() {
        let yes = [
            ("pkg:hex/cowlib", "pkg:hex/cowlib@2.1.0"),
            ("pkg:hex/cowlib", "pkg:hex/cowlib@2.1.0 2.1.0"),
            ("cowlib", "cowlib 2.1.0"),
            ("cowlib", "pkg:hex/cowlib@2.1.0"),
            ("log4j-core", "pkg:maven/org.apache.logging.log4j/log4j-core@2.0"),
            ("@acme/pad", "pkg:npm/%40acme/pad@1"),
            ("@acme/pad", "@acme/pad 1"),
            ("pkg:npm/%40acme/pad", "pkg:npm/%40acme/pad@1"),
            ("github.com/a/b", "pkg:golang/github.com/a/b@v1"),
        ];
        let no = [
            ("cowlib", "cowlib2 2.1.0"),
            ("pad", "pkg:npm/%40acme/pad@1"),
            ("pad", "@acme/pad 1"),
            ("pkg:hex/cow", "pkg:hex/cowlib@2.1.0"),
            ("@evil/pad", "pkg:npm/%40acme/pad@1"),
        ];
        assert_eq!(yes.map(|(wanted, found)| package_fits(wanted, found)), [true; 9]);
        assert_eq!(no.map(|(wanted, found)| package_fits(wanted, found)), [false; 5]);
    }

    fn parts() -> Policy {
        let text = "version = 1\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n[gates.tests]\n";
        let known = (gatekeeper_formats::Formats::default(), crate::rule::Rules::default());
        crate::policy::parse("p", text.as_bytes(), None, crate::policy::Known { formats: &known.0, rules: &known.1 })
            .unwrap()
    }

    fn os(name: &str) -> Labels {
        Labels::from([("os".to_owned(), name.to_owned())])
    }

    #[test]
    fn labels_fit_where_all_that_tells_of_an_item_has_them() {
        let w = Waiver { labels: os("macos"), ..waiver(None) };
        let source = |name: &str| Source { labels: os(name), ..Source::default() };
        let (mac, linux) = (source("macos"), source("linux"));
        let fits = |sources: &[&Source], labels: Labels| {
            means(&w, &Item { sources, ..Item::default() }, &At { labels, component: None }, None)
        };
        assert!(fits(&[&mac], Labels::new()) && fits(&[&mac, &mac], Labels::new()) && fits(&[], os("macos")));
        assert!(!fits(&[&linux], Labels::new()) && !fits(&[&mac, &linux], Labels::new()));
        assert!(!fits(&[], Labels::new()) && !fits(&[], os("linux")));
        assert_eq!(describe(&w), "os = macos");
    }

    #[test]
    fn a_component_is_told_by_what_is_judged_by_the_file_or_by_where_it_was_found() {
        let policy = parts();
        let w = Waiver { component: Some("web".to_owned()), ..waiver(None) };
        let fits = |path: Option<&str>, found: &str, component: Option<&str>| {
            let source = Source { path: found.to_owned(), ..Source::default() };
            let item = Item { path, sources: &[&source], ..Item::default() };
            means(&w, &item, &At { labels: Labels::new(), component }, Some(&policy.components))
        };
        assert!(fits(None, "out/x", Some("web")) && !fits(Some("web/a"), "web/x", Some("api")));
        assert!(fits(Some("web/a"), "api/x", None) && !fits(Some("api/a"), "web/x", None));
        assert!(fits(Some("a"), "web/x", None) && fits(None, "web/x", None) && !fits(None, "out/x", None));
        assert!(!means(&w, &Item::default(), &At::default(), Some(&policy.components)));
    }

    #[test]
    fn a_whole_cell_is_excused_only_where_the_waiver_covers_it() {
        let excused = |covers: Vec<Cover>, labels: Labels, component: Option<&str>, status| {
            let w = Waiver { labels: os("macos"), component: component.map(str::to_owned), covers, ..waiver(None) };
            let policy = policy(vec![w]);
            let waivers = Waivers::new(&policy, TODAY);
            let gate = waivers.of("g");
            let said = gate.excuses(&labels, Some("web"), status, false);
            assert_eq!(said.is_some(), gate.used().iter().any(|u| u.waived == 1));
            said
        };
        use GateStatus::{Error, Fail, Missing};
        let mac = || os("macos");
        assert_eq!(excused(vec![Cover::Missing], mac(), None, Missing).as_deref(), Some("known (until 2027-01-31)"));
        assert!(excused(vec![Cover::Missing], mac(), Some("web"), Missing).is_some());
        assert!(excused(vec![Cover::Error], mac(), None, Error).is_some());
        for (covers, labels, component, status) in [
            (vec![], mac(), None, Missing),
            (vec![Cover::Missing], mac(), None, Error),
            (vec![Cover::Error], mac(), None, Missing),
            (vec![Cover::Missing, Cover::Error], mac(), None, Fail),
            (vec![Cover::Missing], os("linux"), None, Missing),
            (vec![Cover::Missing], Labels::new(), None, Missing),
            (vec![Cover::Missing], mac(), Some("api"), Missing),
        ] {
            assert_eq!(excused(covers, labels, component, status), None);
        }
    }

    #[test]
    fn a_waiver_that_matched_nothing_is_warned_of_where_there_was_something_to_match() {
        let engine = crate::Engine::default();
        let of = |waiver: &str, files: &[&str], changed: Option<&str>| {
            let text = format!(
                "version = 1\n[[evidence]]\npaths = [\"*/r.xml\"]\nrequired = false\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n\
                 [gates.unit]\nrule = \"tests\"\nmax-failed = 0\nper-component = true\n[gates.cover]\nrule = \"coverage\"\nlines = 80\n\
                 [[waivers]]\n{waiver}\nreason = \"r\"\nexpires = \"2026-12-31\"\n"
            );
            let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap_or_else(|e| panic!("{e}"));
            let report = b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
            let all = files.iter().map(|name| crate::Candidate::in_memory((*name).to_owned(), report.to_vec()));
            let mut context = crate::Context::at(1_780_272_000);
            context.changed = changed.map(|name| [name.to_owned()].into());
            let v = engine.evaluate(&policy, all.collect(), &context);
            v.warnings.iter().any(|w| w.contains("matched nothing"))
        };
        let both = ["web/r.xml", "api/r.xml"];
        let (whole, of_api) = ("gate = \"unit\"\ntest = \"x\"", "gate = \"unit\"\ntest = \"x\"\ncomponent = \"api\"");
        assert_eq!([of(whole, &both, None), of(of_api, &both, None)], [true, true]);
        // Of a component that did not change nothing was there to match; of the others it was.
        assert_eq!([of(of_api, &both, Some("web/a.js")), of(of_api, &both, Some("api/a.js"))], [false, true]);
        assert!(of(whole, &both, Some("web/a.js")));
        // Nor where a gate has no evidence.
        assert!(!of("gate = \"cover\"\npath = \"a.c\"", &both, None));
    }
}
