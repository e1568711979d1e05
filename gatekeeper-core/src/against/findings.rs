//! Findings then and now, by fingerprint and as a multiset: of two that were there, two may be there, and the third is new.

use crate::relate::findings::fingerprint;
use gatekeeper_evidence::Findings;
use gatekeeper_evidence::findings::{Finding, Place, Severity};
use std::collections::BTreeMap;
use std::iter;

/// Which findings were there before.
#[derive(Debug, Default)]
pub(crate) struct Known<'e> {
    /// Of each set, of each of its items whether it was there.
    pub sets: Vec<Vec<bool>>,
    /// What was there and is not any more: nobody may spend it on another finding.
    pub slack: Vec<&'e Finding>,
    /// What was there and is more severe now, with its severity of today: it is known, and told of.
    pub risen: Vec<(&'e Finding, Severity)>,
}

/// Holds the findings that `count` against those of an earlier run, whose items bear their fingerprint. `renames`: what the change calls otherwise, the
/// name before and the name after.
pub(crate) fn known<'e>(
    before: &[&'e Findings],
    now: &[&Findings],
    renames: &BTreeMap<&str, &str>,
    count: impl Fn(&Finding) -> bool,
    counted_before: impl Fn(&Finding) -> bool,
) -> Known<'e> {
    let mut left: BTreeMap<&str, Vec<&'e Finding>> = BTreeMap::new();
    for item in before.iter().flat_map(|f| f.active()).filter(|i| counted_before(i)) {
        left.entry(item.fingerprint.as_deref().unwrap_or_default()).or_default().push(item);
    }
    let earlier: BTreeMap<&str, &str> = renames.iter().map(|(old, new)| (*new, *old)).collect();
    let mut sets = Vec::new();
    let mut risen = Vec::new();
    for set in now {
        let mut known = |item: &Finding| {
            let there = item.suppressed.is_none() && count(item);
            let mut names = iter::once(fingerprint(item)).chain(before_renames(item, &earlier)).filter(|_| there);
            let old = names.find_map(|name| left.get_mut(name.as_str())?.pop());
            let rated = |s: Severity| s != Severity::Unknown;
            risen.extend(
                old.filter(|old| rated(old.severity) && rated(item.severity) && item.severity > old.severity)
                    .map(|old| (old, item.severity)),
            );
            old.is_some()
        };
        sets.push(set.items.iter().map(&mut known).collect());
    }
    Known { sets, slack: left.into_values().flatten().collect(), risen }
}

/// The fingerprint that a finding would have under the name that its file had before: tools may name it from another folder than the change does.
fn before_renames(item: &Finding, earlier: &BTreeMap<&str, &str>) -> Option<String> {
    let place = item.place.as_ref().filter(|_| !earlier.is_empty())?;
    let path = place.path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    let mut folders = path.match_indices('/').map(|(at, _)| at + 1);
    let at =
        iter::once(0).chain(folders.by_ref()).find(|at| path.get(*at..).is_some_and(|p| earlier.contains_key(p)))?;
    let (front, name) = path.split_at_checked(at)?;
    let old = format!("{front}{}", earlier.get(name)?);
    let place = Some(Place { path: old.as_str().into(), ..place.clone() });
    Some(fingerprint(&Finding { place, ..item.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::Suppression;

    fn finding(rule: &str, line: u32) -> Finding {
        let place = Some(Place { path: "a.py".into(), line: Some(line), column: None });
        Finding { rule: rule.into(), message: "m".into(), place, ..Finding::default() }
    }

    fn before(items: &[Finding]) -> Findings {
        let items = items.iter().map(|i| Finding { fingerprint: Some(fingerprint(i).into()), ..i.clone() });
        Findings { items: items.collect(), ..Findings::default() }
    }

    fn told(before: &Findings, now: &[Finding]) -> (Vec<bool>, usize) {
        let now = Findings { items: now.to_vec(), ..Findings::default() };
        let k = known(&[before], &[&now], &BTreeMap::new(), |_| true, |_| true);
        (k.sets[0].clone(), k.slack.len())
    }

    #[test]
    fn findings_follow_the_files_that_the_change_renames() {
        let base = before(&[finding("A", 1)]);
        let of = |path: &str, renames: &[(&str, &str)]| {
            let place = Some(Place { path: path.into(), line: Some(3), column: None });
            let items = vec![Finding { place: place.clone(), ..finding("A", 1) }, Finding { place, ..finding("A", 1) }];
            let now = Findings { items, ..Findings::default() };
            known(&[&base], &[&now], &renames.iter().copied().collect(), |_| true, |_| true).sets[0].clone()
        };
        assert_eq!(of("b.py", &[]), [false, false]);
        assert_eq!(of("b.py", &[("a.py", "b.py")]), [true, false], "one was there");
        assert_eq!(of("./b.py", &[("a.py", "b.py")]), [true, false]);
        assert_eq!(of("xb.py", &[("a.py", "b.py")]), [false, false]);
        assert_eq!(of("b.py", &[("c.py", "b.py")]), [false, false]);
    }

    #[test]
    fn what_became_more_severe_is_known_and_told_of() {
        use Severity::{Critical, High, Low, Unknown};
        let of = |was: Severity, is: Severity| {
            let base = before(&[Finding { severity: was, ..finding("A", 1) }]);
            let now = Findings { items: vec![Finding { severity: is, ..finding("A", 1) }], ..Findings::default() };
            let k = known(&[&base], &[&now], &BTreeMap::new(), |_| true, |_| true);
            (k.sets[0][0], k.risen.iter().map(|(old, now)| (old.severity, *now)).collect::<Vec<_>>())
        };
        assert_eq!(of(Low, Critical), (true, vec![(Low, Critical)]));
        assert_eq!(
            [of(High, High), of(High, Low), of(Unknown, Low), of(Low, Unknown)],
            [const { (true, Vec::new()) }; 4]
        );
    }

    #[test]
    fn more_than_there_were_are_new() {
        let (a, b) = (finding("A", 1), finding("B", 1));
        let base = before(&[a.clone(), a.clone()]);
        assert_eq!(told(&base, &[finding("A", 7), finding("A", 9)]), (vec![true, true], 0));
        assert_eq!(told(&base, &[a.clone(), a.clone(), a.clone()]), (vec![true, true, false], 0));
        // One mended, one made: slack is not spent.
        assert_eq!(told(&base, &[a.clone(), b]), (vec![true, false], 1));
        let hidden = Finding { suppressed: Some(Box::new(Suppression::default())), ..a.clone() };
        assert_eq!(told(&base, &[hidden, a]), (vec![false, true], 1));
    }
}
