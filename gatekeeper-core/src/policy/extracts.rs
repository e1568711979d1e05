//! `extract` and `metric` of an `[[evidence]]` entry: measurements out of any JSON or text, and a name for series that have none.

use super::EvidenceEntry;
use crate::config::{Entry, Measure, Node, PolicyProblem, ProblemCode, Problems, Table, Value};
use gatekeeper_evidence::measurements::Better;
use gatekeeper_evidence::unit::{Unit, canonical};
use gatekeeper_formats::extract::{Extract, From, Pointer, pattern};
use std::sync::Arc;

/// What an entry says of measurements.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Figures to take out of the files, whatever their format.
    pub extract: Option<Arc<[Extract]>>,
    /// The name of series that have none (Prometheus' functions drop it).
    pub metric: Option<String>,
}

/// Reads the keys of an entry.
pub(super) fn measured(t: &mut Table<'_>, has_format: bool) -> Measured {
    let metric = t.text("metric").map(|(m, _)| m);
    let Some(span) = t.get("extract").map(|n| n.span.clone()) else { return Measured { extract: None, metric } };
    if has_format {
        let words = "`extract` takes figures out of files of any form, so `format` has no place beside it";
        t.problem(span.clone(), words);
    }
    let tables = t.tables("extract");
    if tables.is_empty() {
        t.problem(span, "`extract` lists at least one figure: { metric = \"…\", json = \"/pointer\", unit = \"ms\" }");
    }
    let mut all: Vec<Extract> = Vec::new();
    for table in tables {
        let span = table.span();
        let Some(extract) = one(table) else { continue };
        if all.iter().any(|e| e.metric == extract.metric && e.labels == extract.labels && e.unit != extract.unit) {
            t.problem(span, format!("`{}` is extracted twice, in different units", extract.metric));
        }
        all.push(extract);
    }
    Measured { extract: Some(all.into()), metric }
}

fn one(mut t: Table<'_>) -> Option<Extract> {
    let span = t.span();
    let metric = t.text("metric");
    let json = t.text("json");
    let text = t.text("pattern");
    let unit = t.text("unit").map(|(u, _)| u).unwrap_or_default();
    let better = t.choice("better", &[("lower", Better::Lower), ("higher", Better::Higher)]);
    let mut labels = std::collections::BTreeMap::new();
    for (label, values) in t.named_texts("labels") {
        match <[String; 1]>::try_from(values) {
            Ok([value]) => drop(labels.insert(label, value)),
            Err(_) => t.problem(span.clone(), format!("the label `{label}` has one value")),
        }
    }
    if metric.as_ref().is_none_or(|(m, _)| m.trim().is_empty()) && t.get("metric").is_none_or(|_| metric.is_some()) {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "an `extract` names its `metric`");
    }
    let from = match (json, text) {
        (Some((pointer, at)), None) => Pointer::parse(&pointer).map(From::Json).map_err(|words| (at, words)),
        (None, Some((text, at))) => pattern(&text).map(From::Text).map_err(|words| (at, words)),
        _ => {
            let words = "an `extract` has either `json`, a JSON pointer, or `pattern`, a regular expression with the group `value`";
            Err((span, words.to_owned()))
        }
    };
    if let Err((at, words)) = &from {
        t.problem(at.clone(), words.clone());
    }
    t.finish("an `extract`");
    Some(Extract { metric: metric?.0, labels, unit: canonical(&unit).into_owned(), better, from: from.ok()? })
}

/// Holds the limits of gates against the units that the policy's own extracts have: where the two are of different kinds, or a limit's unit is a word that
/// nothing has, the policy alone shows the mistake.
pub(super) fn agree(gates: &[Entry], evidence: &[EvidenceEntry], problems: &Problems) {
    let texts = |node: &Node, key: &str| match node.get(key).map(|n| &n.value) {
        Some(Value::List(items)) => items.iter().filter_map(text_of).map(str::to_owned).collect(),
        Some(Value::Text(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    // A gate that bears the name of the rule need not say it.
    let rule = |g: &Entry| g.node.get("rule").map_or(Some(g.key.clone()), |n| text_of(n).map(str::to_owned));
    for gate in gates.iter().filter(|g| rule(g).as_deref() == Some("measurements")) {
        let names: Vec<String> = texts(&gate.node, "evidence");
        let taken = |e: &&EvidenceEntry| names.is_empty() || e.name.as_ref().is_some_and(|n| names.contains(n));
        let entries: Vec<&EvidenceEntry> = evidence.iter().filter(taken).collect();
        let extracts = || entries.iter().filter_map(|e| e.measured.extract.as_deref()).flatten();
        let only_extracts = !entries.is_empty() && entries.iter().all(|e| e.measured.extract.is_some());
        for limit in gate.node.get("limits").and_then(Node::entries).unwrap_or_default() {
            for bound in ["max", "min", "warn"] {
                let Some(node) = limit.node.get(bound) else { continue };
                let Some(measure) = Measure::read(&node.value) else { continue };
                let declared = extracts().any(|e| e.unit == measure.unit.name);
                if !measure.unit.is_known() && !declared && (only_extracts || is_plain_word(&measure.unit.name)) {
                    let words = format!("`{}` is not a unit that is known", measure.unit.name);
                    problems.add(PolicyProblem::new(node.span.clone(), words).code(ProblemCode::UnknownWord).help(
                        "known are ns, us, ms, s, %, pp, B, KiB, MiB, 1/s; another unit has to be the evidence's own",
                    ));
                    continue;
                }
                let of_it = extracts().filter(|e| e.metric == limit.key);
                for e in of_it.filter(|e| Unit::of(&e.unit).dimension != measure.unit.dimension).take(1) {
                    let (own, other) = (Unit::of(&e.unit).dimension.noun(), measure.unit.dimension.noun());
                    let words =
                        format!("`{}` is {own}, and `{bound}` is {other}, so the two cannot be compared", limit.key);
                    problems.add(PolicyProblem::new(node.span.clone(), words).code(ProblemCode::InvalidValue));
                }
            }
        }
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a unit is a bare word that none of the formats has as its own: mostly a slip.
fn is_plain_word(unit: &str) -> bool {
    const OWN: [&str; 16] = [
        "KB",
        "kB",
        "MB",
        "GB",
        "TB",
        "GiB",
        "TiB",
        "KiloBytes",
        "Megabytes",
        "Gigabytes",
        "Percent",
        "percent",
        "min",
        "m",
        "h",
        "element",
    ];
    unit.chars().all(char::is_alphabetic) && !OWN.contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::super::{Known, Policy, parse};
    use super::{Better, From};
    use crate::rule::Rules;
    use gatekeeper_formats::Formats;

    fn problems(extract: &str, limit: &str) -> Vec<String> {
        let text = format!(
            "version = 1\n[[evidence]]\nname = \"e\"\npaths = [\"a\"]\nextract = [{extract}]\n[gates.g]\nrule = \"measurements\"\nlimits = {{ p99 = {limit} }}\n"
        );
        let known = (Formats::default(), Rules::default());
        let read = parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 });
        read.map_or_else(|e| e.problems.iter().map(|p| p.message.clone()).collect(), |_| Vec::new())
    }

    #[test]
    fn an_extract_says_what_and_where() {
        let limit = "{ max = \"5ms\" }";
        let of = |extract: &str| problems(extract, limit).len();
        assert_eq!(of("{ metric = \"p99\", json = \"/a\", unit = \"ms\" }"), 0);
        assert_eq!(
            of(
                "{ metric = \"p99\", pattern = '(?<value>.)', unit = \"ms\", better = \"lower\", labels = { a = \"b\" } }"
            ),
            0
        );
        for bad in [
            "{ json = \"/a\", unit = \"ms\" }",
            "{ metric = \"p99\", unit = \"ms\" }",
            "{ metric = \"p99\", json = \"/a\", pattern = '(?<value>.)', unit = \"ms\" }",
            "{ metric = \"p99\", json = \"a\", unit = \"ms\" }",
            "{ metric = \"p99\", pattern = '(.)', unit = \"ms\" }",
            "{ metric = \"p99\", json = \"/a\", unit = \"ms\", x = 1 }",
            "{ metric = \"p99\", json = \"/a\", unit = \"ms\", better = \"up\" }",
            "{ metric = 5, json = \"/a\", unit = \"ms\" }",
            "{ metric = \" \", json = \"/a\", unit = \"ms\" }",
            "{ metric = \"p99\", json = \"/a\", unit = \"ms\", labels = { a = [\"b\", \"c\"] } }",
            "",
        ] {
            assert_eq!(of(bad), 1, "{bad}: {:?}", problems(bad, limit));
        }
    }

    fn policy(text: &str) -> Result<Policy, Vec<String>> {
        let known = (Formats::default(), Rules::default());
        parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 })
            .map_err(|e| e.problems.iter().map(|p| p.message.clone()).collect())
    }

    #[test]
    fn an_extract_is_read_as_it_is_written() {
        let text = "version = 1\n[[evidence]]\npaths = [\"a\"]\nmetric = \"m\"\nextract = [{ metric = \"p99\", json = \"/a/*\", unit = \"milliseconds\", \
                    better = \"lower\", labels = { route = \"/x\" } }, { metric = \"n\", pattern = 'n=(?<value>.)' }]\n[gates.measurements]\n\
                    limits = { p99 = { max = \"5ms\" } }\n";
        let measured = policy(text).unwrap().evidence.remove(0).measured;
        let all = measured.extract.unwrap();
        assert_eq!((all.len(), measured.metric.as_deref()), (2, Some("m")));
        let [first, second] = &all[..] else { panic!("{all:?}") };
        assert!(matches!((&first.from, &second.from), (From::Json(_), From::Text(_))), "{all:?}");
        assert_eq!(
            (first.metric.as_str(), first.better, first.labels["route"].as_str()),
            ("p99", Some(Better::Lower), "/x")
        );
        assert_eq!((first.unit.as_str(), second.unit.as_str()), ("ms", ""), "synonyms are one");
        assert!(
            policy("version = 1\n[[evidence]]\npaths = [\"a\"]\n[gates.tests]").unwrap().evidence[0]
                .measured
                .extract
                .is_none()
        );
    }

    #[test]
    fn one_series_has_one_unit_and_no_other_format() {
        let two = |second: &str| {
            problems(
                &format!("{{ metric = \"p99\", json = \"/a\", unit = \"ms\" }}, {{ {second} }}"),
                "{ max = \"5ms\" }",
            )
        };
        for fine in [
            "metric = \"p99\", json = \"/b\", unit = \"ms\"",
            "metric = \"p50\", json = \"/b\", unit = \"B\"",
            "metric = \"p99\", json = \"/b\", unit = \"s\", labels = { a = \"b\" }",
        ] {
            assert_eq!(two(fine), Vec::<String>::new(), "{fine}");
        }
        assert_eq!(
            two("metric = \"p99\", json = \"/b\", unit = \"s\""),
            ["`p99` is extracted twice, in different units"]
        );
        let text = "version = 1\n[[evidence]]\npaths = [\"a\"]\nformat = \"junit\"\nextract = [{ metric = \"m\", json = \"/a\" }]\n[gates.tests]\n";
        let told = policy(text).unwrap_err();
        assert!(told.len() == 1 && told[0].contains("`format` has no place beside it"), "{told:?}");
    }

    /// What is wrong with a limit on `p99` of a gate: `e` extracts a time, `f` a size, and `k6` is a report that has its own units.
    fn limited(rule: &str, evidence: &str, limit: &str) -> Vec<String> {
        let extract = |unit: &str| format!("extract = [{{ metric = \"p99\", json = \"/a\", unit = \"{unit}\" }}]");
        policy(&format!(
            "version = 1\n[[evidence]]\nname = \"e\"\npaths = [\"a\"]\n{}\n[[evidence]]\nname = \"f\"\npaths = [\"b\"]\n{}\n[[evidence]]\n\
             name = \"k6\"\npaths = [\"c\"]\n[gates.{rule}\nevidence = {evidence}\nlimits = {{ p99 = {limit} }}\n",
            extract("ms"),
            extract("B")
        ))
        .map_or_else(|told| told, |_| Vec::new())
    }

    #[test]
    fn a_limit_is_held_against_the_evidence_that_its_gate_takes() {
        let (said, own) = ("g]\nrule = \"measurements\"", "measurements]");
        for rule in [said, own] {
            assert_eq!(limited(rule, "\"e\"", "{ max = \"5ms\" }"), Vec::<String>::new(), "{rule}");
            assert_eq!(limited(rule, "[\"f\"]", "{ max = \"5MiB\" }"), Vec::<String>::new(), "{rule}");
            let apart = "`p99` is a size, and `max` is a time, so the two cannot be compared";
            assert_eq!(limited(rule, "[\"f\"]", "{ max = \"5ms\" }"), [apart], "{rule}");
        }
        for bound in ["min = \"1B\"", "max = \"1B\""] {
            assert_eq!(limited(said, "\"e\"", &format!("{{ {bound} }}")).len(), 1, "{bound}");
        }
        // A report may have units of its own; what only extracts bring has those that they say.
        let unknown = |unit: &str| vec![format!("`{unit}` is not a unit that is known")];
        assert_eq!(limited(said, "\"e\"", "{ max = \"5 frames/s2\" }"), unknown("frames/s2"));
        assert_eq!(limited(said, "\"k6\"", "{ max = \"5 frames/s2\" }"), Vec::<String>::new());
        assert_eq!(
            limited(said, "[\"k6\", \"e\"]", "{ max = \"5 frames/s2\" }").len(),
            1,
            "another kind than the extract's"
        );
        assert_eq!(limited(said, "\"k6\"", "{ max = \"5 parsecs\" }"), unknown("parsecs"));
        assert_eq!(limited(said, "\"k6\"", "{ max = \"5 element\" }"), Vec::<String>::new());
    }

    #[test]
    fn a_limit_in_a_unit_of_another_kind_is_a_mistake_of_the_policy() {
        let of = |unit: &str, limit: &str| {
            problems(&format!("{{ metric = \"p99\", json = \"/a\", unit = \"{unit}\" }}"), limit)
        };
        assert_eq!(of("ms", "{ max = \"0.5s\" }"), Vec::<String>::new());
        assert!(of("ms", "{ max = \"1%\" }")[0].contains("`p99` is a time, and `max` is a share"));
        assert!(of("ms", "{ max = \"5 parsecs\" }")[0].contains("`parsecs` is not a unit"));
        assert_eq!(of("parsecs", "{ max = \"5 parsecs\" }"), Vec::<String>::new());
        assert_eq!(of("MB/s", "{ min = \"5MB/s\" }"), Vec::<String>::new());
        assert_eq!(of("", "{ max = \"1%\" }"), Vec::<String>::new());
    }
}
