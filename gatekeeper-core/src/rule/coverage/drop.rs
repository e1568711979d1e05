//! Coverage against an earlier run: how far it may drop, of the whole and of each file.

use super::{METRICS, Metric, item, keep, place, sourced};
use crate::against;
use crate::config::{Table, Value};
use crate::diff::Diff;
use crate::rule::api::{Judgement, Scope};
use crate::rule::condition::{Bound, Condition, Quantity};
use crate::rule::remedy::Remedy;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::coverage::{FileCoverage, Metrics};
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::{Coverage, Data, Ratio};
use std::collections::BTreeMap;

/// How far coverage may drop.
#[derive(Debug, Default)]
pub(super) struct Drop {
    /// Of the whole, percentage points.
    whole: Option<Decimal>,
    /// Of each file; `files` and `modules` ask for the same, and the stricter holds.
    each: Option<Decimal>,
}

impl Drop {
    /// Reads `max-drop` and `ratchet`.
    pub(super) fn read(t: &mut Table<'_>) -> Drop {
        let whole = points(t, "max-drop");
        let ratchet = t.flag("ratchet").unwrap_or(false);
        if ratchet && whole.is_some_and(|w| w > Decimal::whole(0)) {
            t.problem(t.span(), "`ratchet` allows no drop, and `max-drop` allows one: keep one of them");
        }
        Drop { whole: if ratchet { Some(Decimal::whole(0)) } else { whole }, each: None }
    }

    /// Reads `max-drop` of `files` or `modules`; whether it is there.
    pub(super) fn read_each(&mut self, t: &mut Table<'_>) -> bool {
        let max = points(t, "max-drop");
        self.each = self.each.into_iter().chain(max).min();
        max.is_some()
    }

    /// Whether anything is compared.
    pub(super) fn is_any(&self) -> bool {
        self.whole.is_some() || self.each.is_some()
    }

    /// Judges. `named`: the metrics that the gate has limits on; lines where it has none.
    pub(super) fn judge(
        &self,
        named: &[&'static str],
        scope: &Scope<'_>,
        now: &Coverage,
        source: Option<&str>,
        out: &mut Judgement,
    ) {
        let Some(before) = scope.baseline.filter(|_| self.is_any()) else { return };
        let before = united(before, scope);
        let renames = scope.diff().map(Diff::renames).unwrap_or_default();
        let moved = against::files(&[&before], &[now], &renames);
        let metrics = METRICS.iter().filter(|(name, ..)| match named {
            [] => *name == "lines",
            named => named.contains(name),
        });
        for (name, unit, metric) in metrics {
            if let Some(max) = self.whole {
                whole(name, unit, *metric, max, (&before, now), source, out);
            }
            if let Some(max) = self.each {
                each(name, *metric, max, (&before, now), &moved.moved, source, out);
            }
        }
        if !moved.gone.is_empty() {
            let some: Vec<&str> = moved.gone.iter().take(5).copied().collect();
            let more = if moved.gone.len() > some.len() { ", …" } else { "" };
            out.notes.push(format!(
                "{} of {} files of the baseline are not measured: {}{more}",
                moved.gone.len(),
                moved.before,
                some.join(", ")
            ));
        }
    }

    /// The same for reports that state percentages only.
    pub(super) fn judge_printed(&self, scope: &Scope<'_>, total: &str, source: &str, out: &mut Judgement) {
        let Some((before, max)) = scope.baseline.zip(self.whole) else { return };
        let printed = before.iter().find_map(|e| match &e.data {
            Data::Coverage(c) => c.percent.as_ref().and_then(|p| Decimal::parse(&p.total)),
            _ => None,
        });
        let less = Decimal::parse(&format!("-{max}")).and_then(|less| printed?.plus(less));
        match less {
            Some(limit) => {
                let value = Quantity::Printed(total.into());
                let limit = Quantity::Percent(limit.max(Decimal::whole(0)));
                out.conditions.push(Condition::new(
                    "lines since the baseline",
                    value,
                    Bound::AtLeast,
                    limit,
                    GateStatus::Fail,
                ));
            }
            None => out.violations.push(sourced(without("lines", "states no percentage"), Some(source))),
        }
    }
}

/// Percentage points: `0.5`, or `"0.5pp"`.
fn points(t: &mut Table<'_>, key: &'static str) -> Option<Decimal> {
    let node = t.get(key)?;
    let number = match &node.value {
        Value::Number(n) => Decimal::parse(n),
        Value::Text(text) => {
            let text = text.trim();
            text.strip_suffix("pp").or(text.strip_suffix('%')).and_then(|n| Decimal::parse(n.trim_end()))
        }
        _ => None,
    };
    let fits = number.filter(|n| *n >= Decimal::whole(0) && *n <= Decimal::whole(100));
    if fits.is_none() {
        let message = format!("`{key}` takes percentage points from 0 to 100, such as 0.5 or \"0.5pp\"");
        t.problem(node.span.clone(), message);
    }
    fits
}

/// The coverage of the earlier run, narrowed as the gate's own is.
fn united(before: &[&gatekeeper_evidence::Evidence], scope: &Scope<'_>) -> Coverage {
    let mut out = Coverage::default();
    for e in before {
        if let Data::Coverage(c) = &e.data {
            out.merge(c.clone());
        }
    }
    let paths = &scope.select.paths;
    if !paths.is_empty() {
        keep(&mut out, |name| paths.iter().any(|p| p.speaks_of(name)));
    }
    if out.files.keys().any(|name| scope.would_waive(&item(name))) {
        keep(&mut out, |name| !scope.would_waive(&item(name)));
    }
    out
}

fn without(name: &str, why: &str) -> Violation {
    let message = format!("the baseline {why}, so {name} cannot be compared with it");
    Violation::new("coverage-no-baseline", GateStatus::Missing, message)
        .with_help("take a new one where the comparison begins: gatekeeper snapshot -o FILE")
}

fn whole(
    name: &'static str,
    unit: &'static str,
    metric: Metric,
    max: Decimal,
    (before, now): (&Coverage, &Coverage),
    source: Option<&str>,
    out: &mut Judgement,
) {
    // What today's report does not say is told by the limits, or here where there are none.
    let Some(is) = metric.of(&now.figures()).filter(|r| r.total > 0) else {
        if !out.violations.iter().any(|v| v.code == "coverage-no-figure" || v.code == "coverage-empty") {
            out.violations.push(super::without(name, source));
        }
        return;
    };
    let Some(was) = metric.of(&before.figures()).filter(|r| r.total > 0) else {
        out.violations.push(without(name, &format!("has no figure for {name}")));
        return;
    };
    let c = since(format!("{name} since the baseline"), unit, is, was, max);
    if c.status == GateStatus::Fail {
        fallen((name, unit), metric, (before, now), source, out);
        out.to_pass.push(Remedy::Cover { more: short(is, was, max), noun: unit, now: is });
    }
    out.conditions.push(c);
}

fn since(metric: String, unit: &'static str, is: Ratio, was: Ratio, max: Decimal) -> Condition {
    let limit = Quantity::Before { of: was, less: max };
    Condition { noun: unit, ..Condition::new(metric, Quantity::Share(is), Bound::AtLeast, limit, GateStatus::Fail) }
}

/// How many more must be covered until the drop is allowed.
fn short(is: Ratio, was: Ratio, max: Decimal) -> u64 {
    let enough = |covered: u64| max.allows_drop(was, Ratio::new(covered, is.total)).unwrap_or(true);
    let (mut low, mut high) = (is.covered, is.total);
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    low - is.covered
}

/// The files whose share fell, the one that lost most first.
fn fallen(
    (name, unit): (&str, &str),
    metric: Metric,
    (before, now): (&Coverage, &Coverage),
    source: Option<&str>,
    out: &mut Judgement,
) {
    let mut files: Vec<(u64, &str, Ratio, Option<Ratio>, &FileCoverage)> = Vec::new();
    for (path, file) in &now.files {
        let figure = |f: &FileCoverage, m: Metrics| metric.of(&f.figures(m)).filter(|r| r.total > 0);
        let Some(is) = figure(file, now.metrics) else { continue };
        let was = before.files.get(path).and_then(|f| figure(f, before.metrics));
        let open = is.total - is.covered;
        let opened = open.saturating_sub(was.map_or(0, |w| w.total - w.covered));
        if opened > 0 {
            files.push((opened, path, is, was, file));
        }
    }
    files.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    for (opened, path, is, was, file) in files {
        let was = was.map_or_else(|| "it is new".to_owned(), |w| format!("it was {}", percent(w)));
        let noun = if opened == 1 { unit } else { name };
        let message = format!(
            "{path}: {opened} more {noun} not covered: {} of {} ({}), {was}",
            is.covered,
            is.total,
            percent(is)
        );
        let mut v = sourced(Violation::new("coverage-dropped", GateStatus::Fail, message), source);
        v.id = Some(path.to_owned());
        v.place = Some(place(path, file));
        out.violations.push(v);
    }
}

fn each(
    name: &'static str,
    metric: Metric,
    max: Decimal,
    (before, now): (&Coverage, &Coverage),
    moved: &BTreeMap<&str, &str>,
    source: Option<&str>,
    out: &mut Judgement,
) {
    let mut dropped = 0_u64;
    let mut compared = 0_u64;
    for (path, old) in &before.files {
        let path = moved.get(path.as_ref()).copied().unwrap_or(path);
        let Some(new) = now.files.get(path) else { continue };
        let (Some(was), Some(is)) = (metric.of(&old.figures(before.metrics)), metric.of(&now.figures_of(new))) else {
            continue;
        };
        let Some(allowed) = max.allows_drop(was, is) else { continue };
        compared = compared.saturating_add(1);
        if allowed {
            continue;
        }
        dropped = dropped.saturating_add(1);
        let message = format!(
            "{path}: {name} {} ({} of {}), {} before ({} of {})",
            percent(is),
            is.covered,
            is.total,
            percent(was),
            was.covered,
            was.total
        );
        let mut v = sourced(Violation::new("coverage-dropped", GateStatus::Fail, message), source);
        v.id = Some(path.to_owned());
        v.place = Some(place(path, new));
        out.violations.push(v);
    }
    if compared == 0 {
        out.violations.push(without(name, &format!("has no file with a figure for {name} that is measured now")));
        return;
    }
    out.conditions.push(Condition::at_most(
        format!("files whose {name} drop by more than {max}"),
        dropped,
        0,
        GateStatus::Fail,
    ));
    if dropped > 0 {
        out.to_pass.push(Remedy::RaiseEach { count: dropped, what: "file", metric: name });
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::api::{Compares, Judgement};
    use crate::rule::testing::{Case, conditions, evidence, gate, violations};
    use crate::verdict::GateStatus;
    use GateStatus::{Fail, Missing, Pass};
    use gatekeeper_evidence::coverage::{Branch, FileCoverage, Line, Percentages};
    use gatekeeper_evidence::{Coverage, Data, Evidence};

    use super::super::RULE;
    use super::{Decimal, Ratio, Remedy, short};
    use gatekeeper_evidence::glob::Pattern;

    fn covered(files: &[(&str, u32, u32)]) -> Evidence {
        let mut c = Coverage::default();
        for (name, hit, all) in files {
            let lines = (1..=*all).map(|number| Line { number, hits: u32::from(number <= *hit) }).collect();
            c.add(*name, FileCoverage { lines, ..FileCoverage::default() });
        }
        c.note_metrics();
        evidence("lcov.info", Data::Coverage(c))
    }

    fn judged(keys: &str, before: &[(&str, u32, u32)], now: &[(&str, u32, u32)]) -> Judgement {
        let mut case = Case::new(&RULE, keys, vec![covered(now)]);
        case.baseline = Some(vec![covered(before)]);
        case.judged()
    }

    #[test]
    fn a_ratchet_holds_at_what_was_and_a_drop_at_its_limit() {
        let status = |keys: &str, was: u32, is: u32| judged(keys, &[("a", was, 200)], &[("a", is, 200)]).status();
        for (keys, was, is, want) in [
            ("ratchet = true", 160, 160, Pass),
            ("ratchet = true", 160, 159, Fail),
            ("ratchet = true", 160, 170, Pass),
            ("max-drop = 0.5", 180, 179, Pass),
            ("max-drop = 0.5", 180, 178, Fail),
            ("max-drop = \"0.5pp\"", 180, 178, Fail),
            ("max-drop = 1", 180, 178, Pass),
            ("max-drop = 0", 180, 179, Fail),
            ("ratchet = false\nlines = { min = 1 }", 180, 2, Pass),
        ] {
            assert_eq!(status(keys, was, is), want, "{keys}: {was} → {is}");
        }
        let j = judged("ratchet = true", &[("a", 5, 10), ("b", 9, 10)], &[("a", 5, 10), ("b", 7, 10)]);
        assert_eq!(
            (conditions(&j), violations(&j)),
            (vec![("lines since the baseline", Fail)], vec![("coverage-dropped", Fail)])
        );
        assert!(
            j.violations[0].message.starts_with("b: 2 more lines not covered: 7 of 10"),
            "{}",
            j.violations[0].message
        );
        assert_eq!(j.to_pass, [Remedy::Cover { more: 2, noun: "line", now: Ratio::new(12, 20) }]);
        assert_eq!(j.conditions[0].noun, "line", "how many are short can be said");
    }

    #[test]
    fn what_is_to_be_covered_again_is_counted_to_the_line() {
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        for (covered, total, was, max, more) in [
            (0, 10, (5, 10), "0", 5),
            (1, 10, (5, 10), "0", 4),
            (0, 7, (1, 3), "0", 3),
            (0, 1_000, (900, 1_000), "0.1", 899),
            (890, 1_000, (900, 1_000), "0.1", 9),
            (5, 10, (5, 10), "0", 0),
            (3, 10, (5, 10), "20", 0),
        ] {
            let got = short(Ratio::new(covered, total), Ratio::new(was.0, was.1), decimal(max));
            assert_eq!(got, more, "{covered} of {total}, after {was:?}, less {max}");
        }
    }

    #[test]
    fn the_baseline_is_narrowed_as_the_gate_is() {
        // Today's gate looks at src alone, and old.c is waived: what they had before is no part of what may drop.
        let now = [("src/a.c", 8, 10), ("src/old.c", 0, 10), ("lib/b.c", 0, 10)];
        let before = [("src/a.c", 8, 10), ("src/old.c", 10, 10), ("lib/b.c", 10, 10)];
        let of = |narrowed: bool, waived: bool| {
            let mut case = Case::new(&RULE, "ratchet = true", vec![covered(&now)]);
            case.baseline = Some(vec![covered(&before)]);
            if narrowed {
                case.select.paths = vec![Pattern::new("src/**").unwrap()];
            }
            case.judged_waiving(&|i| waived && i.path == Some("src/old.c")).status()
        };
        assert_eq!([of(true, true), of(true, false), of(false, true), of(false, false)], [Pass, Fail, Fail, Fail]);
    }

    #[test]
    fn counters_of_the_whole_are_compared_where_nothing_is_taken_out() {
        let stated = |covered: u64| {
            let mut c = Coverage::default();
            c.add("src/a.c", FileCoverage::default());
            c.add("src/old.c", FileCoverage::default());
            c.stated.lines = Some(Ratio::new(covered, 10));
            c.note_metrics();
            evidence("summary.xml", Data::Coverage(c))
        };
        let of = |now: Evidence, paths: &[&str], waived: &str| {
            let mut case = Case::new(&RULE, "ratchet = true", vec![now]);
            case.baseline = Some(vec![stated(8)]);
            case.select.paths = paths.iter().map(|p| Pattern::new(p).unwrap()).collect();
            violations(&case.judged_waiving(&|i| i.path == Some(waived)))
                .into_iter()
                .map(|(code, _)| code.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(stated(8), &[], ""), Vec::<String>::new());
        assert_eq!(of(stated(7), &[], ""), Vec::<String>::new(), "the condition says it: no file can be named");
        // Of a part they tell nothing, before as now.
        let part = covered(&[("src/a.c", 9, 10)]);
        assert_eq!(of(part.clone(), &["src/**"], ""), ["coverage-no-baseline"]);
        assert_eq!(of(part, &[], "src/old.c"), ["coverage-no-baseline"]);
    }

    #[test]
    fn a_share_of_nothing_is_compared_with_nothing() {
        let none = || covered(&[("a", 0, 0), ("b", 0, 1)]);
        let emptied = |mut e: Evidence| {
            if let Data::Coverage(c) = &mut e.data {
                c.files.remove("b");
            }
            e
        };
        let of = |keys: &str, before: Evidence, now: Evidence| {
            let mut case = Case::new(&RULE, keys, vec![now]);
            case.baseline = Some(vec![before]);
            let j = case.judged();
            let codes = violations(&j).into_iter().map(|(code, status)| (code.to_owned(), status)).collect::<Vec<_>>();
            (codes, j.conditions.len())
        };
        let error = |code: &str| vec![(code.to_owned(), GateStatus::Error)];
        let measured = || covered(&[("a", 9, 10)]);
        assert_eq!(of("ratchet = true", measured(), emptied(none())), (error("coverage-no-figure"), 0));
        // Its own limit has said so already.
        assert_eq!(of("lines = 2\nratchet = true", measured(), emptied(none())), (error("coverage-empty"), 0));
        let missing = vec![("coverage-no-baseline".to_owned(), Missing)];
        assert_eq!(of("ratchet = true", emptied(none()), measured()), (missing, 0));
    }

    #[test]
    fn lines_of_a_file_that_had_none_are_told_as_new() {
        let j = judged("ratchet = true", &[("a", 9, 10), ("b", 0, 0)], &[("a", 9, 10), ("b", 0, 2)]);
        let said: Vec<&str> = j.violations.iter().map(|v| v.message.as_str()).collect();
        assert_eq!(said, ["b: 2 more lines not covered: 0 of 2 (0 %), it is new"]);
    }

    #[test]
    fn files_that_are_gone_are_named_up_to_five() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let notes = |gone: usize| {
            let mut before: Vec<(&str, u32, u32)> = names.iter().take(gone).map(|n| (*n, 9, 10)).collect();
            before.push(("here", 9, 10));
            judged("ratchet = true", &before, &[("here", 9, 10)]).notes
        };
        assert_eq!(notes(0), Vec::<String>::new());
        assert_eq!(notes(5), ["5 of 6 files of the baseline are not measured: a, b, c, d, e"]);
        assert_eq!(notes(6), ["6 of 7 files of the baseline are not measured: a, b, c, d, e, …"]);
    }

    #[test]
    fn the_stricter_of_files_and_modules_holds() {
        let of = |keys: &str| judged(keys, &[("a", 90, 100)], &[("a", 87, 100)]);
        for (keys, want) in [
            ("files = { max-drop = 3 }", Pass),
            ("files = { max-drop = 2 }", Fail),
            ("modules = { max-drop = 2 }", Fail),
            ("files = { max-drop = 3 }\nmodules = { max-drop = 2 }", Fail),
            ("files = { max-drop = 2 }\nmodules = { max-drop = 3 }", Fail),
            ("files = { max-drop = 3 }\nmodules = { max-drop = 3 }", Pass),
        ] {
            assert_eq!(of(keys).status(), want, "{keys}");
        }
        let (holds, drops) = (of("files = { max-drop = 3 }"), of("files = { max-drop = 2 }"));
        assert_eq!(holds.to_pass, []);
        assert_eq!(drops.to_pass, [Remedy::RaiseEach { count: 1, what: "file", metric: "lines" }]);
    }

    #[test]
    fn a_file_that_drops_is_named_and_one_that_moved_is_found() {
        let before = [("src/a.py", 90, 100), ("src/b.py", 50, 100)];
        let keys = "files = { max-drop = 2 }";
        assert_eq!(judged(keys, &before, &[("src/a.py", 88, 100), ("src/b.py", 99, 100)]).status(), Pass);
        let j = judged(keys, &before, &[("src/a.py", 87, 100), ("src/b.py", 99, 100)]);
        assert_eq!(
            (violations(&j), j.violations[0].id.as_deref()),
            (vec![("coverage-dropped", Fail)], Some("src/a.py"))
        );
        let j = judged(keys, &before, &[("lib/a.py", 87, 100), ("src/b.py", 99, 100)]);
        assert_eq!((j.status(), j.violations[0].id.as_deref()), (Fail, Some("lib/a.py")));
        // A file that is gone is told; one that is new has nothing to drop from.
        let j = judged(keys, &before, &[("src/b.py", 50, 100), ("src/new.py", 0, 7)]);
        assert_eq!((j.status(), j.notes.len()), (Pass, 1));
        assert!(j.notes[0].contains("src/a.py"), "{:?}", j.notes);
        assert_eq!(violations(&judged(keys, &before, &[("x", 1, 2)])), [("coverage-no-baseline", Missing)]);
    }

    #[test]
    fn each_metric_that_the_gate_names_is_held_and_no_other_stands_in() {
        let with = |lines: u32, branches: u32| {
            let mut e = covered(&[("a", lines, 10)]);
            if let Data::Coverage(c) = &mut e.data {
                let file = c.files.values_mut().next().unwrap();
                file.branches =
                    (0..4).map(|arm| Branch { line: 1, block: 0, arm, hits: u32::from(arm < branches) }).collect();
                c.note_metrics();
            }
            e
        };
        let of = |keys: &str, before: Evidence, now: Evidence| {
            let mut case = Case::new(&RULE, keys, vec![now]);
            case.baseline = Some(vec![before]);
            case.judged()
        };
        let keys = "lines = { min = 1 }\nbranches = { min = 1 }\nratchet = true";
        assert_eq!(of(keys, with(8, 3), with(8, 3)).status(), Pass);
        assert_eq!(of(keys, with(8, 3), with(9, 2)).status(), Fail);
        assert_eq!(of("lines = { min = 1 }\nratchet = true", with(8, 3), with(8, 2)).status(), Pass);
        assert_eq!(violations(&of(keys, covered(&[("a", 8, 10)]), with(8, 3))), [("coverage-no-baseline", Missing)]);
    }

    #[test]
    fn percentages_as_printed_are_compared_as_printed() {
        let printed = |total: &str| {
            let percent = Some(Percentages { total: total.into(), ..Percentages::default() });
            evidence("cover.txt", Data::Coverage(Coverage { percent, ..Coverage::default() }))
        };
        let of = |keys: &str, before: Evidence, now: &str| {
            let mut case = Case::new(&RULE, keys, vec![printed(now)]);
            case.baseline = Some(vec![before]);
            case.judged().status()
        };
        assert_eq!(of("ratchet = true", printed("85"), "85"), Pass);
        assert_eq!(of("ratchet = true", printed("85"), "84"), Fail);
        assert_eq!(of("max-drop = 1", printed("85"), "84"), Pass);
        assert_eq!(of("ratchet = true", covered(&[("a", 8, 10)]), "85"), Missing);
    }

    #[test]
    fn a_gate_that_only_compares_is_nothing_without_a_baseline() {
        let compares = |keys: &str| gate(&RULE, keys).unwrap().compares();
        assert_eq!(compares("ratchet = true"), Compares::Wholly);
        assert_eq!(compares("files = { max-drop = 1 }"), Compares::Wholly);
        assert_eq!(compares("lines = 80\nratchet = true"), Compares::Also);
        assert_eq!(compares("lines = 80"), Compares::Not);
        assert!(gate(&RULE, "max-drop = 0\nratchet = true").is_ok(), "they say the same");
        for (bad, words) in [
            ("max-drop = -1", "from 0 to 100"),
            ("max-drop = 101", "from 0 to 100"),
            ("max-drop = \"x\"", "from 0 to 100"),
            ("max-drop = 1\nratchet = true", "keep one of them"),
            ("ratchet = false", "nothing can ever fail it"),
            ("files = { only = [\"a\"], max-drop = 1 }", "knows no `only`"),
        ] {
            let said = gate(&RULE, bad).unwrap_err().join("\n");
            assert!(said.contains(words), "{bad}: {said}");
        }
    }

    #[test]
    fn what_todays_report_does_not_say_is_told_once() {
        let codes = |keys: &str, now: Evidence| {
            let mut case = Case::new(&RULE, keys, vec![now]);
            case.baseline = Some(vec![covered(&[("a", 9, 10)])]);
            case.judged().violations.iter().map(|v| v.code.to_string()).collect::<Vec<_>>()
        };
        // It measures branches alone.
        let mut c = Coverage::default();
        let branches = vec![Branch { line: 1, block: 0, arm: 0, hits: 1 }];
        c.add("a", FileCoverage { branches, ..FileCoverage::default() });
        c.note_metrics();
        let branches = evidence("lcov.info", Data::Coverage(c));
        for keys in ["ratchet = true", "max-drop = 1", "max-drop = 1\nlines = { min = 1 }"] {
            let codes = codes(keys, branches.clone());
            assert_eq!(codes.iter().filter(|c| *c == "coverage-no-figure").count(), 1, "{keys}: {codes:?}");
        }
    }
}
