//! Findings then and now, by fingerprint and as a multiset: of two that were there, two may be there, and the third is new.

use crate::relate::findings::fingerprint;
use gatekeeper_evidence::Findings;
use gatekeeper_evidence::findings::{Finding, Place, Severity};
use std::collections::BTreeMap;
use std::iter;

/// Which findings were there before.
#[derive(Debug, Default)]
pub(crate) struct Known<'e> {
    /// Of each finding whether it was there.
    pub there: Vec<bool>,
    /// What was there and is not any more: nobody may spend it on another finding.
    pub slack: Vec<&'e Finding>,
    /// What was there and is more severe now, with its severity of today: it is known, and told of.
    pub risen: Vec<(&'e Finding, Severity)>,
}

/// A finding of today: as each tool tells it, under the tool's name.
pub(crate) struct Told<'n> {
    /// What counts of it.
    pub by: Vec<(&'n str, &'n Finding)>,
    /// Whether the change is held to account for it: of several that are alike such are the last to be known.
    pub on_change: bool,
}

/// The findings of the earlier run of one fingerprint, by severity and tool.
type Alike<'e> = BTreeMap<(Severity, &'e str), Vec<&'e Finding>>;

/// Which of them one of today may stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Of its severity.
    Equal,
    /// Of any.
    Any,
}

/// Holds findings against those of an earlier run, whose items bear their fingerprint. `renames`: what the change calls otherwise, the name before and
/// the name after. Where there are more of a fingerprint than there were, the most severe and those on new lines are the new ones.
pub(crate) fn known<'e>(
    before: &[&'e Findings],
    now: &[Told<'e>],
    renames: &BTreeMap<&str, &str>,
    counted_before: impl Fn(&Finding) -> bool,
) -> Known<'e> {
    let mut left: BTreeMap<&str, Alike<'e>> = BTreeMap::new();
    for set in before {
        for item in set.active().filter(|i| counted_before(i)) {
            let alike = left.entry(item.fingerprint.as_deref().unwrap_or_default()).or_default();
            alike.entry((item.severity, tool_of(set, item))).or_default().push(item);
        }
    }
    let earlier: BTreeMap<&str, &str> = renames.iter().map(|(old, new)| (*new, *old)).collect();
    let names: Vec<Vec<Vec<String>>> = now
        .iter()
        .map(|told| {
            let of = |i: &Finding| iter::once(fingerprint(i)).chain(before_renames(i, &earlier)).collect();
            told.by.iter().map(|(_, i)| of(i)).collect()
        })
        .collect();
    let severity = |n: usize| now.get(n).and_then(|told| told.by.iter().map(|(_, i)| i.severity).max());
    // What states no severity may be of any: it is known before those that do.
    let mut order: Vec<usize> = (0..now.len()).collect();
    order.sort_by_key(|n| severity(*n).map(|s| (s != Severity::Unknown, s)));
    let mut out = Known { there: vec![false; now.len()], ..Known::default() };
    for (on_change, fit) in [(false, Fit::Equal), (false, Fit::Any), (true, Fit::Equal), (true, Fit::Any)] {
        for n in &order {
            let (Some(told), Some(names), Some(there)) = (now.get(*n), names.get(*n), out.there.get_mut(*n)) else {
                continue;
            };
            if *there || told.on_change != on_change {
                continue;
            }
            // What a tool told of before it may tell again; what another one told of is known as well, whoever tells of it now.
            for own in [true, false] {
                for ((tool, item), names) in told.by.iter().zip(names) {
                    let tool = own.then_some(*tool);
                    let old =
                        names.iter().find_map(|name| take(left.get_mut(name.as_str())?, tool, item.severity, fit));
                    let rated = |s: Severity| s != Severity::Unknown;
                    *there |= old.is_some();
                    out.risen.extend(
                        old.filter(|old| rated(old.severity) && rated(item.severity) && item.severity > old.severity)
                            .map(|old| (old, item.severity)),
                    );
                    if *there && !own {
                        break;
                    }
                }
                if *there {
                    break;
                }
            }
        }
    }
    out.slack = left.into_values().flat_map(BTreeMap::into_values).flatten().collect();
    out
}

/// The name of the tool that found something, in the report that tells of it.
pub(crate) fn tool_of<'f>(set: &'f Findings, item: &Finding) -> &'f str {
    set.tools.get(usize::from(item.tool)).map_or("", String::as_str)
}

/// Takes one of the earlier run: of a tool, or of any; the most severe where several severities fit.
fn take<'e>(alike: &mut Alike<'e>, tool: Option<&'e str>, severity: Severity, fit: Fit) -> Option<&'e Finding> {
    let fits = |(s, _): &&(Severity, &'e str)| fit == Fit::Any || *s == severity;
    let key = match tool {
        None if fit == Fit::Any => *alike.last_key_value()?.0,
        None => *alike.range((severity, "")..).next().map(|(key, _)| key).filter(fits)?,
        Some(tool) => {
            let of = |s: Severity| alike.get_key_value(&(s, tool)).map(|(key, _)| key).filter(fits);
            *Severity::ALL.into_iter().find_map(of)?
        }
    };
    let some = alike.get_mut(&key)?;
    let one = some.pop();
    if some.is_empty() {
        alike.remove(&key);
    }
    one
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

    /// Each by itself, of one tool; none of those that are suppressed counts.
    fn each(now: &[Finding]) -> Vec<Told<'_>> {
        let by = |i| Some(("", i)).filter(|(_, i): &(_, &Finding)| i.suppressed.is_none()).into_iter().collect();
        now.iter().map(|i| Told { by: by(i), on_change: false }).collect()
    }

    fn told(before: &Findings, now: &[Finding]) -> (Vec<bool>, usize) {
        let k = known(&[before], &each(now), &BTreeMap::new(), |_| true);
        (k.there, k.slack.len())
    }

    #[test]
    fn findings_follow_the_files_that_the_change_renames() {
        let base = before(&[finding("A", 1)]);
        let of = |path: &str, renames: &[(&str, &str)]| {
            let place = Some(Place { path: path.into(), line: Some(3), column: None });
            let items = vec![Finding { place: place.clone(), ..finding("A", 1) }, Finding { place, ..finding("A", 1) }];
            known(&[&base], &each(&items), &renames.iter().copied().collect(), |_| true).there
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
            let now = [Finding { severity: is, ..finding("A", 1) }];
            let k = known(&[&base], &each(&now), &BTreeMap::new(), |_| true);
            (k.there[0], k.risen.iter().map(|(old, now)| (old.severity, *now)).collect::<Vec<_>>())
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

    #[test]
    fn of_those_that_are_alike_the_most_severe_and_those_on_new_lines_are_new() {
        use Severity::{High, Low, Medium};
        let rated = |s: Severity, line| Finding { severity: s, ..finding("A", line) };
        let base = before(&[rated(Low, 1), rated(Medium, 2)]);
        let of = |now: &[(Severity, bool)]| {
            let items: Vec<Finding> = now.iter().map(|(s, _)| rated(*s, 5)).collect();
            let all: Vec<Told<'_>> =
                items.iter().zip(now).map(|(i, (_, new))| Told { by: vec![("", i)], on_change: *new }).collect();
            let k = known(&[&base], &all, &BTreeMap::new(), |_| true);
            (k.there, k.risen.iter().map(|(old, now)| (old.severity, *now)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[(High, false), (Low, false), (Medium, false)]), (vec![false, true, true], vec![]));
        assert_eq!(of(&[(High, false), (Low, false)]), (vec![true, true], vec![(Medium, High)]));
        assert_eq!(of(&[(High, false), (Medium, false), (High, false)]).1, [(Low, High)]);
        // Of three of one severity that on a new line is new, whichever comes first.
        assert_eq!(of(&[(Low, true), (Low, false), (Low, false)]).0, [false, true, true]);
        assert_eq!(of(&[(Low, true), (High, false), (High, false)]).0, [false, true, true]);
        assert_eq!(of(&[(Low, true)]).0, [true], "it only moved there");
        assert_eq!(of(&[(High, false), (High, false), (Severity::Unknown, false)]).0, [true, false, true]);
    }

    #[test]
    fn what_several_tools_tell_of_is_counted_by_each() {
        let of = |tools: &[&str], items: &[Finding]| {
            let items =
                items.iter().map(|i| Finding { fingerprint: Some(fingerprint(i).into()), ..i.clone() }).collect();
            Findings { tools: tools.iter().map(|t| (*t).to_owned()).collect(), items, ..Findings::default() }
        };
        let (a, b) = (of(&["a"], &[finding("A", 1)]), of(&["b"], &[finding("A", 1)]));
        let (one, two) = (finding("A", 1), finding("A", 9));
        let both = |i| Told { by: vec![("a", i), ("b", i)], on_change: false };
        let there = |before: &[&Findings], now: &[Told<'_>]| known(before, now, &BTreeMap::new(), |_| true).there;
        assert_eq!(there(&[&a, &b], &[both(&one)]), [true]);
        assert_eq!(there(&[&a, &b], &[both(&one), both(&two)]), [true, false], "each told of one");
        assert_eq!(there(&[&a], &[both(&one), both(&two)]), [true, false]);
        // Who did not tell of it before may tell of it now.
        assert_eq!(there(&[&a], &[Told { by: vec![("b", &one)], on_change: false }]), [true]);
        assert_eq!(
            there(
                &[&a, &b],
                &[Told { by: vec![("a", &one)], on_change: false }, Told { by: vec![("b", &two)], on_change: false }]
            ),
            [true, true]
        );
    }
}
