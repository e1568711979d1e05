//! Findings then and now, by fingerprint and as a multiset: of two that were there, two may be there, and the third is new.

use crate::relate::findings::fingerprint;
use gatekeeper_evidence::Findings;
use gatekeeper_evidence::findings::Finding;
use std::collections::BTreeMap;

/// Which findings were there before.
#[derive(Debug, Default)]
pub(crate) struct Known<'e> {
    /// Of each set, of each of its items whether it was there.
    pub sets: Vec<Vec<bool>>,
    /// What was there and is not any more: nobody may spend it on another finding.
    pub slack: Vec<&'e Finding>,
}

/// Holds the findings that `count` against those of an earlier run, whose items bear their fingerprint.
pub(crate) fn known<'e>(
    before: &[&'e Findings],
    now: &[&Findings],
    count: impl Fn(&Finding) -> bool,
    counted_before: impl Fn(&Finding) -> bool,
) -> Known<'e> {
    let mut left: BTreeMap<&str, Vec<&'e Finding>> = BTreeMap::new();
    for item in before.iter().flat_map(|f| f.active()).filter(|i| counted_before(i)) {
        left.entry(item.fingerprint.as_deref().unwrap_or_default()).or_default().push(item);
    }
    let mut sets = Vec::new();
    for set in now {
        let mut known = |item: &Finding| {
            let there = item.suppressed.is_none() && count(item);
            there && left.get_mut(fingerprint(item).as_str()).is_some_and(|l| l.pop().is_some())
        };
        sets.push(set.items.iter().map(&mut known).collect());
    }
    Known { sets, slack: left.into_values().flatten().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::{Place, Suppression};

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
        let k = known(&[before], &[&now], |_| true, |_| true);
        (k.sets[0].clone(), k.slack.len())
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
