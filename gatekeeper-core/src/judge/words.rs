//! What is said of gates and of the whole. All that was judged is typed; it becomes words here and nowhere else.

use crate::policy::Gate;
use crate::rule::{Bound, Condition, Quantity, Remedy, counted, plural};
use crate::verdict::{self, GateStatus, GateVerdict, Violation};
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::{Evidence, Kind};
use gatekeeper_formats::{Format, Formats};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A condition with the labels of the part that it was judged for.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub labels: BTreeMap<String, String>,
    pub condition: Condition,
}

/// A stretch of time that people count in days, hours or minutes: from two days, hours and minutes on.
pub(super) fn long(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let fits = units.into_iter().find(|(_, length)| seconds >= length * 2);
    let (unit, n) = fits.map_or(("second", seconds), |(unit, length)| (unit, seconds / length));
    counted(u64::try_from(n).unwrap_or(0), unit)
}

/// Where a gate's evidence would come from.
pub(super) fn wanted(gate: &Gate, formats: &Formats) -> String {
    let s = &gate.select;
    if gate.judge.by_exit_status() {
        let tool = s.tools.first().map_or("NAME", String::as_str);
        return format!("record it: gatekeeper record --tool {tool} -- COMMAND");
    }
    let recorded = s.tools.iter().find(|t| formats.iter().any(|f| f.recorded_as() == Some(t.as_str())));
    if let Some(tool) = recorded {
        return format!("bring its evidence: gatekeeper record --tool {tool} -- rebar3 {tool}");
    }
    let mut ids: Vec<&str> = formats.iter().filter(|f| gate.rule.takes_kind(f.kind())).map(Format::id).collect();
    if !s.formats.is_empty() {
        ids = s.formats.iter().map(String::as_str).collect();
    }
    let more = if ids.len() > 4 { ", …" } else { "" };
    let some: Vec<&str> = ids.into_iter().take(4).collect();
    let says = gate.rule.kind().map_or(String::new(), |kind| format!(" that says {kind}"));
    format!("bring a report{says} ({}{more}; `gatekeeper formats` lists them all)", some.join(", "))
}

/// Why a gate has its status, in a sentence.
pub(super) fn reason(
    gate: &Gate,
    status: GateStatus,
    conditions: &[Held],
    violations: &[Violation],
    taken: &[&Evidence],
    kindred: usize,
) -> String {
    if status == GateStatus::Missing && violations.is_empty() {
        let of = if gate.select.tools.is_empty() { "" } else { " of " };
        let what = match gate.rule.kind() {
            Some(Kind::Coverage) => "coverage report",
            Some(Kind::Tests) => "test results",
            Some(Kind::Findings) => "report of findings",
            Some(Kind::Inventory) if gate.rule.id() == "sbom" => "SBOM",
            Some(Kind::Inventory) => "SBOM, lock file or licence list",
            Some(Kind::Measurements) => "measurements",
            Some(Kind::Vex) => "statements",
            Some(Kind::Approvals) => "reviews",
            Some(Kind::Commits) => "commits",
            Some(Kind::Checksums) => "checksums",
            Some(Kind::Checklist) => "checklist",
            Some(Kind::Command) => "recording",
            None if gate.rule.id() == "command" => "recording",
            None => "evidence",
        };
        // What lies there and is of another tool, category or label is not "nothing".
        return match kindred {
            0 => format!("no {what}{of}{} found", gate.select.tools.join(", ")),
            1 => "the 1 report of its kind is not one that this gate takes".to_owned(),
            n => format!("none of the {n} reports of its kind is one that this gate takes"),
        };
    }
    // An error or a missing part says why; figures say the rest.
    let first = violations.iter().find(|v| v.status == status);
    let figures = || {
        let worst: Vec<&Held> = conditions.iter().filter(|h| h.condition.status == status).collect();
        let shown = if worst.is_empty() || status == GateStatus::Pass { conditions.iter().collect() } else { worst };
        shown.into_iter().take(4).map(condition_words).collect::<Vec<_>>().join("; ")
    };
    if matches!(status, GateStatus::Error | GateStatus::Missing) {
        return first.map_or_else(figures, |v| match (&v.source, &v.location) {
            (Some(source), Some(at)) if at.line.is_some() => format!("{source}:{at}: {}", v.message),
            (Some(source), Some(at)) if at.offset.is_some() => format!("{source} {at}: {}", v.message),
            (Some(source), _) => format!("{source}: {}", v.message),
            (None, _) => v.message.clone(),
        });
    }
    match first {
        Some(v) if conditions.iter().all(|h| h.condition.status != status) => v.message.clone(),
        None if conditions.is_empty() => match taken.len() {
            1 => "1 piece of evidence".to_owned(),
            n => format!("{n} pieces of evidence"),
        },
        _ => figures(),
    }
}

/// A condition as the verdict's document shows it.
pub(super) fn shown(held: &Held) -> verdict::Condition {
    let c = &held.condition;
    verdict::Condition {
        metric: c.metric.to_string(),
        value: value(c),
        comparator: Cow::Borrowed(match c.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
            Bound::Is => "=",
        }),
        limit: quantity(&c.limit),
        sample: match c.value {
            Quantity::Share(ratio) => Some(ratio),
            _ => None,
        },
        distance: distance(c),
        status: c.status,
        labels: held.labels.clone(),
    }
}

/// A condition in words: `lines 79.99 % < 80 %: 1 line short`.
fn condition_words(held: &Held) -> String {
    let c = &held.condition;
    let labels: Vec<String> = held.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let at = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let sign = match (c.bound, c.status) {
        (Bound::Is, _) => return format!("{}{at}", value(c)),
        (_, GateStatus::Inconclusive) => "against",
        (Bound::AtLeast, GateStatus::Pass) => "≥",
        (Bound::AtLeast, _) => "<",
        (Bound::AtMost, GateStatus::Pass) => "≤",
        (Bound::AtMost, _) => ">",
    };
    let sample = match c.value {
        Quantity::Share(r) => format!(" ({} of {})", r.covered, r.total),
        _ => String::new(),
    };
    let distance = distance(c).map(|d| format!(": {d}")).unwrap_or_default();
    format!("{} {}{sample} {sign} {}{at}{distance}", c.metric, value(c), quantity(&c.limit))
}

/// A condition's value. What is printed never contradicts what was judged: where three digits of a time hide that it is too long, all are shown.
fn value(c: &Condition) -> String {
    match (&c.value, &c.limit) {
        (Quantity::Seconds(v), Quantity::Seconds(limit)) => {
            let short = format!("{v:.3}");
            let hides = v > limit && short.parse::<f64>().is_ok_and(|s| s <= *limit);
            if hides { format!("{v} s") } else { format!("{short} s") }
        }
        (value, _) => quantity(value),
    }
}

fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Count(n) => n.to_string(),
        Quantity::Share(ratio) if ratio.total == 0 => "0 of 0".to_owned(),
        Quantity::Share(ratio) => percent(*ratio),
        Quantity::Percent(limit) => format!("{limit} %"),
        Quantity::Before { of, less } if *less == Decimal::whole(0) => {
            format!("{} ({} of {})", percent(*of), of.covered, of.total)
        }
        Quantity::Before { of, less } => {
            format!("{} ({} of {}) less {less} points", percent(*of), of.covered, of.total)
        }
        Quantity::Printed(text) => format!("{text} %"),
        Quantity::Seconds(seconds) => format!("{seconds} s"),
        Quantity::Severity(severity) => severity.as_str().to_owned(),
        Quantity::Measure { value, unit } if unit.is_empty() => value.to_string(),
        Quantity::Measure { value, unit } => format!("{value} {unit}"),
        Quantity::Word(word) => word.to_string(),
    }
}

/// How far a condition is from its limit, where it falls short.
fn distance(c: &Condition) -> Option<String> {
    match (&c.value, &c.limit, c.status) {
        (_, _, GateStatus::Pass | GateStatus::Error) => None,
        (Quantity::Printed(_), _, GateStatus::Inconclusive) => {
            Some("the report cuts its percentages, so this cannot be told".to_owned())
        }
        (Quantity::Printed(_), ..) => Some("the report states percentages only".to_owned()),
        (Quantity::Count(n), Quantity::Count(limit), _) => match c.bound {
            Bound::AtMost => Some(format!("{} too many", n.saturating_sub(*limit))),
            Bound::AtLeast => Some(format!("{} short", limit.saturating_sub(*n))),
            Bound::Is => None,
        },
        (Quantity::Share(ratio), Quantity::Percent(limit), _) if !c.noun.is_empty() => {
            Some(format!("{} short", counted(limit.shortfall(*ratio), c.noun)))
        }
        (Quantity::Seconds(n), Quantity::Seconds(limit), _) if c.bound == Bound::AtMost => {
            Some(format!("{:.3} s too long", n - limit))
        }
        _ => None,
    }
}

/// A remedy in words.
pub(super) fn remedy(remedy: &Remedy) -> String {
    match remedy {
        Remedy::RunTests => "run the tests and keep their results".to_owned(),
        Remedy::FixTests(n) => format!("fix {n} failing {}", plural(*n, "test")),
        Remedy::Cover { more, noun, now } => {
            format!("cover {more} more {} ({} of {} are covered)", plural(*more, noun), now.covered, now.total)
        }
        Remedy::RaiseEach { count, what, metric } => {
            let their = if *count == 1 { "its" } else { "their" };
            format!("bring {} up to {their} limit of {metric}", counted(*count, what))
        }
        Remedy::ReduceFindings { severity, limit } => {
            let severity = severity.map(|s| format!("{} ", s.as_str())).unwrap_or_default();
            format!(
                "fix or waive {severity}findings until at most {limit} {} left",
                if *limit == 1 { "is" } else { "are" }
            )
        }
        Remedy::SettleLicenses(1) => "replace 1 package or add it to `exceptions`".to_owned(),
        Remedy::SettleLicenses(n) => format!("replace {n} packages or add them to `exceptions`"),
        Remedy::MakeValid { path, spec } => format!("make {path} valid {spec}"),
        Remedy::StateElements { count, path } => {
            format!("state {} in {path}", counted(*count, "minimum element"))
        }
        Remedy::Other(words) => words.clone(),
    }
}

/// The whole, in a sentence.
pub(crate) fn sentence(gates: &[GateVerdict], nothing: bool, unread: usize) -> String {
    if nothing {
        return "no evidence was found, so nothing was judged".to_owned();
    }
    let count =
        |s: GateStatus, blocking: bool| gates.iter().filter(|g| g.status == s && g.blocking == blocking).count();
    let parts: Vec<String> = [
        (GateStatus::Fail, true, "failed"),
        (GateStatus::Error, true, "could not be judged"),
        (GateStatus::Inconclusive, true, "inconclusive"),
        (GateStatus::Missing, true, "without evidence"),
        (GateStatus::Fail, false, "failed without blocking"),
        (GateStatus::Error, false, "could not be judged, without blocking"),
        (GateStatus::Inconclusive, false, "inconclusive without blocking"),
        (GateStatus::Missing, false, "without evidence, not blocking"),
        (GateStatus::Warn, false, "with warnings"),
        (GateStatus::Pass, false, "passed"),
        (GateStatus::Skip, false, "skipped"),
    ]
    .into_iter()
    .filter(|(s, blocking, _)| count(*s, *blocking) > 0)
    .map(|(s, blocking, words)| format!("{} {words}", count(s, blocking)))
    .collect();
    let unread = match unread {
        0 => String::new(),
        1 => "; 1 input could not be read, so this is no pass".to_owned(),
        n => format!("; {n} inputs could not be read, so this is no pass"),
    };
    let plural = if gates.len() == 1 { "" } else { "s" };
    format!("{} gate{plural}: {}{unread}", gates.len(), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Known, parse};
    use crate::rule::Rules;
    use GateStatus::{Error, Fail, Inconclusive, Warn};
    use gatekeeper_evidence::Ratio;
    use gatekeeper_evidence::findings::Severity;
    use gatekeeper_evidence::location::Location;

    #[test]
    fn long_times_are_counted_in_their_unit() {
        let said = [0, 1, 119, 120, 7_199, 7_200, 172_799, 172_800, 2_678_400].map(long);
        let wanted = [
            "0 seconds",
            "1 second",
            "119 seconds",
            "2 minutes",
            "119 minutes",
            "2 hours",
            "47 hours",
            "2 days",
            "31 days",
        ];
        assert_eq!(said, wanted);
    }

    fn held(condition: Condition) -> Held {
        Held { labels: BTreeMap::new(), condition }
    }

    fn lines(covered: u64, total: u64) -> Condition {
        Condition::share("lines", Ratio::new(covered, total), Decimal::whole(80), "line", Fail)
    }

    fn printed(text: &str, limit: &str) -> Condition {
        let limit = Quantity::Percent(Decimal::parse(limit).unwrap());
        Condition::new("lines", Quantity::Printed(text.into()), Bound::AtLeast, limit, Fail)
    }

    fn seconds(value: f64) -> Condition {
        Condition::new("duration", Quantity::Seconds(value), Bound::AtMost, Quantity::Seconds(1.5), Fail)
    }

    #[test]
    fn conditions_are_said_with_their_distance() {
        let valid = Condition::new(
            "valid",
            Quantity::Word("valid X".into()),
            Bound::Is,
            Quantity::Word("valid X".into()),
            Fail,
        );
        let severity = Condition::new(
            "worst",
            Quantity::Severity(Severity::High),
            Bound::AtMost,
            Quantity::Severity(Severity::Low),
            Warn,
        );
        for (condition, words) in [
            (lines(7999, 10_000), "lines 79.99 % (7999 of 10000) < 80 %: 1 line short"),
            (lines(7, 10), "lines 70 % (7 of 10) < 80 %: 1 line short"),
            (lines(6, 10), "lines 60 % (6 of 10) < 80 %: 2 lines short"),
            (lines(8, 10), "lines 80 % (8 of 10) ≥ 80 %"),
            (lines(0, 0), "lines 0 of 0 (0 of 0) < 80 %"),
            (Condition::at_most("failed", 3, 1, Fail), "failed 3 > 1: 2 too many"),
            (Condition::at_most("failed", 1, 1, Fail), "failed 1 ≤ 1"),
            (Condition::at_least("cases", 3, 5, Fail), "cases 3 < 5: 2 short"),
            (printed("79", "80"), "lines 79 % < 80 %: the report states percentages only"),
            (
                printed("79", "79.5"),
                "lines 79 % against 79.5 %: the report cuts its percentages, so this cannot be told",
            ),
            (seconds(2.0), "duration 2.000 s > 1.5 s: 0.500 s too long"),
            (seconds(1.50004), "duration 1.50004 s > 1.5 s: 0.000 s too long"),
            (seconds(1.5), "duration 1.500 s ≤ 1.5 s"),
            (seconds(1.0), "duration 1.000 s ≤ 1.5 s"),
            (severity, "worst high > low"),
            (valid, "valid X"),
        ] {
            assert_eq!(condition_words(&held(condition)), words);
        }
        let labels = BTreeMap::from([("os".to_owned(), "linux".to_owned())]);
        let of_part = Held { labels, condition: lines(7, 10) };
        assert_eq!(condition_words(&of_part), "lines 70 % (7 of 10) < 80 % (os=linux): 1 line short");
    }

    #[test]
    fn the_document_shows_what_was_judged() {
        let labels = BTreeMap::from([("os".to_owned(), "linux".to_owned())]);
        let c = shown(&Held { labels: labels.clone(), condition: lines(7, 10) });
        assert_eq!((c.metric.as_str(), c.value.as_str(), c.comparator.as_ref()), ("lines", "70 %", ">="));
        assert_eq!((c.limit.as_str(), c.distance.as_deref()), ("80 %", Some("1 line short")));
        assert_eq!((c.sample, c.status, c.labels), (Some(Ratio::new(7, 10)), Fail, labels));
        let c = shown(&held(Condition::at_most("failed", 0, 0, Fail)));
        assert_eq!((c.comparator.as_ref(), c.sample, c.distance), ("<=", None, None));
    }

    #[test]
    fn a_reason_is_an_error_s_words_or_the_worst_figures() {
        let known = (Formats::default(), Rules::default());
        let text = b"version = 1\n[gates.g]\nrule = \"sbom\"\ntools = [\"syft\"]\n";
        let policy = parse("p.toml", text, None, Known { formats: &known.0, rules: &known.1 }).unwrap();
        let said = |status, conditions: &[Held], violations: &[Violation]| {
            reason(&policy.gates[0], status, conditions, violations, &[], 0)
        };
        let violation = |status, message: &str| Violation::new("x", status, message).from_source("a.json");
        let figures = [held(lines(8, 10)), held(Condition::at_most("failed", 3, 1, Fail))];
        assert_eq!(said(GateStatus::Missing, &[], &[]), "no SBOM of syft found");
        assert_eq!(said(Fail, &figures, &[violation(Fail, "bad")]), "failed 3 > 1: 2 too many");
        assert_eq!(said(GateStatus::Pass, &figures[..1], &[]), "lines 80 % (8 of 10) ≥ 80 %");
        assert_eq!(said(Warn, &figures[..1], &[violation(Warn, "odd")]), "odd");
        assert_eq!(said(Fail, &[], &[violation(Fail, "bad")]), "bad");
        assert_eq!(said(GateStatus::Pass, &[], &[]), "0 pieces of evidence");
        assert_eq!(said(Error, &figures, &[violation(Fail, "bad"), violation(Error, "cut")]), "a.json: cut");
        let placed = Violation { location: Some(Location::line(3)), ..violation(Error, "cut") };
        assert_eq!(said(Error, &[], &[placed]), "a.json:3: cut");
        let either = [held(printed("79", "79.5"))];
        assert!(said(Inconclusive, &either, &[]).starts_with("lines 79 % against 79.5 %"));
    }

    #[test]
    fn remedies_count_in_words() {
        let cover = |more| Remedy::Cover { more, noun: "line", now: Ratio::new(7, 10) };
        let each = |count| Remedy::RaiseEach { count, what: "module", metric: "lines" };
        let reduce = |severity, limit| Remedy::ReduceFindings { severity, limit };
        let path = || "bom.json".to_owned();
        for (remedy, words) in [
            (Remedy::RunTests, "run the tests and keep their results"),
            (Remedy::FixTests(1), "fix 1 failing test"),
            (Remedy::FixTests(2), "fix 2 failing tests"),
            (cover(1), "cover 1 more line (7 of 10 are covered)"),
            (cover(2), "cover 2 more lines (7 of 10 are covered)"),
            (each(1), "bring 1 module up to its limit of lines"),
            (each(2), "bring 2 modules up to their limit of lines"),
            (reduce(Some(Severity::High), 0), "fix or waive high findings until at most 0 are left"),
            (reduce(None, 1), "fix or waive findings until at most 1 is left"),
            (Remedy::SettleLicenses(1), "replace 1 package or add it to `exceptions`"),
            (Remedy::SettleLicenses(2), "replace 2 packages or add them to `exceptions`"),
            (Remedy::MakeValid { path: path(), spec: "SPDX 2.3".to_owned() }, "make bom.json valid SPDX 2.3"),
            (Remedy::StateElements { count: 1, path: path() }, "state 1 minimum element in bom.json"),
            (Remedy::Other("sleep".to_owned()), "sleep"),
        ] {
            assert_eq!(super::remedy(&remedy), words);
        }
    }

    #[test]
    fn the_whole_is_said_in_a_sentence() {
        use super::super::tests::gate;
        use crate::verdict::Action;
        let gates = [gate(Fail, Action::Block), gate(GateStatus::Pass, Action::Block), gate(Error, Action::Warn)];
        assert_eq!(sentence(&gates, false, 0), "3 gates: 1 failed, 1 could not be judged, without blocking, 1 passed");
        assert_eq!(sentence(&gates[1..2], false, 1), "1 gate: 1 passed; 1 input could not be read, so this is no pass");
        assert_eq!(sentence(&gates, true, 0), "no evidence was found, so nothing was judged");
    }

    #[test]
    fn a_tool_without_a_report_is_to_be_recorded() {
        let known = (Formats::default(), Rules::default());
        let said = |tools: &str| {
            let text =
                format!("version = 1\n[gates.g]\nrule = \"findings\"\nmax = {{ high = 0, unknown = 0 }}\n{tools}\n");
            let policy = parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).unwrap();
            wanted(&policy.gates[0], &known.0)
        };
        let recorded = "bring its evidence: gatekeeper record --tool dialyzer -- rebar3 dialyzer";
        assert_eq!(said("tools = [\"dialyzer\"]"), recorded);
        assert!(said("tools = [\"trivy\"]").starts_with("bring a report that says findings ("));
        assert!(said("").contains(", …; `gatekeeper formats`"));
    }

    fn gate(text: &str) -> Gate {
        let (formats, rules) = (Formats::default(), Rules::default());
        let text = format!("version = 1\n[gates.g]\n{text}\n");
        let policy = parse("p.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules });
        policy.unwrap_or_else(|e| panic!("{text} {e:?}")).gates.remove(0)
    }

    #[test]
    fn what_is_missing_is_named_by_what_the_rule_judges() {
        let of = |text: &str, kindred: usize| reason(&gate(text), GateStatus::Missing, &[], &[], &[], kindred);
        for (text, words) in [
            ("rule = \"sbom\"", "no SBOM found"),
            ("rule = \"licenses\"\nallow = [\"MIT\"]", "no SBOM, lock file or licence list found"),
            ("rule = \"command\"\ntools = [\"make\"]", "no recording of make found"),
            ("rule = \"expression\"\nexpr = \"tests.counts.failed == 0\"", "no test results found"),
            ("rule = \"tests\"", "no test results found"),
            ("rule = \"findings\"\nmax = { high = 0 }\ntools = [\"a\", \"b\"]", "no report of findings of a, b found"),
        ] {
            let got = of(text, 0);
            assert!(got == words || text.contains("expression") && got.starts_with("no "), "{text}: {got}");
        }
        assert_eq!(of("rule = \"tests\"", 1), "the 1 report of its kind is not one that this gate takes");
        assert_eq!(of("rule = \"tests\"", 2), "none of the 2 reports of its kind is one that this gate takes");
    }

    #[test]
    fn formats_are_named_as_far_as_there_is_room() {
        let of =
            |formats: &str| wanted(&gate(&format!("rule = \"tests\"\nformats = [{formats}]")), &Formats::default());
        let four = of("\"junit\", \"trx\", \"tap\", \"ctrf\"");
        assert!(four.contains("(junit, trx, tap, ctrf; "), "{four}");
        let five = of("\"junit\", \"trx\", \"tap\", \"ctrf\", \"nunit3\"");
        assert!(five.contains("(junit, trx, tap, ctrf, …; "), "{five}");
    }

    #[test]
    fn an_error_is_told_with_its_place() {
        let of = |location: Option<Location>, source: Option<&str>| {
            let mut v = Violation::new("c", Error, "broken");
            (v.location, v.source) = (location, source.map(str::to_owned));
            reason(&gate("rule = \"tests\""), Error, &[], &[v], &[], 0)
        };
        let line = Location { line: Some(3), column: Some(7), ..Location::default() };
        let byte = Location { offset: Some(9), ..Location::default() };
        assert_eq!(of(Some(line), Some("a.xml")), "a.xml:3:7: broken");
        let told = of(Some(byte), Some("a.bin"));
        assert!(told.starts_with("a.bin ") && told.contains('9') && told.ends_with(": broken"), "{told}");
        assert_eq!(of(Some(Location::default()), Some("a.xml")), "a.xml: broken");
        assert_eq!([of(None, Some("a.xml")), of(None, None)], ["a.xml: broken", "broken"]);
    }

    #[test]
    fn quantities_are_told_with_what_they_are_of() {
        let before = |less: u64| quantity(&Quantity::Before { of: Ratio::new(1, 2), less: Decimal::whole(less) });
        assert_eq!([before(0), before(2)], ["50 % (1 of 2)", "50 % (1 of 2) less 2 points"]);
        let measure = |unit: &str| {
            let value = gatekeeper_evidence::number::Number::whole(5);
            quantity(&Quantity::Measure { value, unit: unit.into() })
        };
        assert_eq!([measure(""), measure("ms")], ["5", "5 ms"]);
        assert_eq!(quantity(&Quantity::Share(Ratio::new(0, 0))), "0 of 0");
    }
}
