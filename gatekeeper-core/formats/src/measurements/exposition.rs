//! The text that Prometheus scrapes, in both of its forms: `prometheus-text` 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>) and OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! Each line of a sample is a series. OpenMetrics ends with `# EOF`, without which it is cut off; the older form has no end mark. The number behind the figure is a time (milliseconds
//! in the older form, seconds in OpenMetrics), ` # {…}` an exemplar. A histogram without its bucket `+Inf` and a series that stands twice are refused.

use super::common::Report;
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::lines::{Line, Lines};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Figure, Labels, named};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static PROMETHEUS: Format =
    Format::new("prometheus-text", Kind::Measurements, |h| sniff(h, false), |i| parse(i, false))
        .with_title("Prometheus text exposition")
        .with_rows()
        .with_extensions(&["prom", "txt"])
        .with_places(&["metrics.prom", "metrics/*.prom"])
        .with_spec("Prometheus text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/")
        .with_producers(&["prometheus"]);

pub(super) static OPENMETRICS: Format =
    Format::new("openmetrics", Kind::Measurements, |h| sniff(h, true), |i| parse(i, true))
        .with_title("OpenMetrics text exposition")
        .with_rows()
        .with_extensions(&["om", "txt", "prom"])
        .with_places(&["metrics.om", "metrics/*.om"])
        .with_spec("OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/")
        .with_producers(&["openmetrics"]);

fn sniff(head: &Head<'_>, open: bool) -> Confidence {
    let kinds =
        ["counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset", "gaugehistogram"];
    let mut described = false;
    for line in head.printed().take(2_000) {
        let Ok(line) = std::str::from_utf8(line) else { return Confidence::No };
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("TYPE"), Some(_), Some(kind)) => described |= kinds.contains(&kind),
            (Some("#"), Some("HELP"), Some(_), _) => described = true,
            (Some("#"), Some("UNIT"), Some(_), _) => described = true,
            _ => {}
        }
    }
    if described {
        return Confidence::when(is_open(head.all()) == open, Confidence::Certain);
    }
    // Without any description, samples in every line are all there is to go by.
    let mut lines = head.printed().filter(|l| !l.trim_ascii().is_empty() && !l.starts_with(b"#")).take(50).peekable();
    let some = lines.peek().is_some();
    let fits = |l: &[u8]| {
        std::str::from_utf8(l).ok().and_then(sample).is_some_and(|s| s.braces && Figure::parse(s.value).is_some())
    };
    Confidence::when(some && lines.all(fits) && is_open(head.all()) == open, Confidence::Weak)
}

/// Whether a text is OpenMetrics: by its end mark, or by words that only it has.
fn is_open(text: &[u8]) -> bool {
    let own = |l: Line<'_>| {
        let mut words = l.bytes.split(|b| *b == b' ').filter(|w| !w.is_empty());
        let first: [Option<&[u8]>; 4] = [words.next(), words.next(), words.next(), words.next()];
        match first {
            [Some(b"#"), Some(b"UNIT"), ..] => true,
            [Some(b"#"), Some(b"TYPE"), _, Some(kind)] => {
                matches!(kind, b"unknown" | b"info" | b"stateset" | b"gaugehistogram")
            }
            _ => false,
        }
    };
    text.trim_ascii_end().ends_with(b"# EOF") || Lines::new(text).filter(|l| l.bytes.starts_with(b"#")).any(own)
}

struct Sample<'t> {
    metric: String,
    labels: Labels,
    value: &'t str,
    time: Option<&'t str>,
    braces: bool,
}

/// A line of a sample: `name{label="value"} 1.5 1700000000 # {exemplar} 1`.
fn sample(line: &str) -> Option<Sample<'_>> {
    let line = line.trim();
    let end = line.find(|c: char| c == '{' || c.is_ascii_whitespace())?;
    let (name, mut rest) = line.split_at_checked(end)?;
    let (mut metric, mut labels) = (name.to_owned(), Labels::new());
    let braces = rest.starts_with('{');
    if braces {
        rest = rest.get(1..)?.trim_start();
        while !rest.starts_with('}') {
            let first = rest.find(['=', '"'])?;
            // A quoted name on its own is the metric's, where that is not one of the old names (Prometheus 3).
            let quoted = rest.get(first..)?.starts_with('"');
            let (key, after) = if quoted {
                quoted_text(rest.get(first..)?)?
            } else {
                (rest.get(..first)?.trim().to_owned(), rest.get(first..)?)
            };
            match after.trim_start().strip_prefix('=') {
                Some(after) => {
                    let (value, after) = quoted_text(after.trim_start())?;
                    if labels.insert(key, value).is_some() {
                        return None;
                    }
                    rest = after;
                }
                None if metric.is_empty() => {
                    metric = key;
                    rest = after;
                }
                None => return None,
            }
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            if rest.is_empty() {
                return None;
            }
        }
        rest = rest.get(1..)?;
    }
    let own = rest.split_once(" # ").map_or(rest, |(own, _)| own);
    let mut words = own.split_ascii_whitespace();
    let (value, time) = (words.next()?, words.next());
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':') || braces;
    (words.next().is_none() && !metric.is_empty() && metric.chars().all(legal)).then_some(Sample {
        metric,
        labels,
        value,
        time,
        braces,
    })
}

/// A quoted text with its escapes, and what stands behind it.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let (mut out, mut chars) = (String::new(), inner.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, inner.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

fn parse(input: &Input<'_>, open: bool) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let mut report = Report::default();
    let (mut counters, mut histograms, mut infinite) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut times: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut ended = false;
    for line in Lines::new(text.as_bytes()) {
        let at = line.offset;
        let line = text.get(at..at.saturating_add(line.bytes.len())).unwrap_or_default().trim();
        if ended && !line.is_empty() {
            return Err(ParseError::malformed("nothing behind # EOF").at(at).found(line));
        }
        if line == "# EOF" {
            ended = true;
        } else if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.split_ascii_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some("TYPE"), Some(name), Some("counter")) => _ = counters.insert(name.to_owned()),
                (Some("TYPE"), Some(name), Some("histogram" | "gaugehistogram")) => {
                    _ = histograms.insert(name.to_owned())
                }
                _ => {}
            }
        } else if !line.is_empty() {
            let Some(s) = sample(line) else {
                return Err(ParseError::malformed("a sample: name{label=\"value\"} figure").at(at).found(line));
            };
            let figure = Figure::parse(s.value);
            let word = s.value.trim_start_matches(['+', '-']).to_ascii_lowercase();
            if figure.is_none() && !matches!(word.as_str(), "nan" | "inf" | "infinity") {
                return Err(ParseError::malformed("a figure").at(at).found(s.value));
            }
            if let Some(base) = s.metric.strip_suffix("_bucket").filter(|b| histograms.contains(*b))
                && s.labels.get("le").is_some_and(|le| le == "+Inf")
            {
                infinite.insert(base.to_owned());
            }
            let name = named(&s.metric, &s.labels);
            let time = s.time.map(str::to_owned);
            match times.get(&name) {
                Some(before) if before.is_none() || *before == time => {
                    return Err(ParseError::malformed("each series once").at(at).found_words(format!("{name} twice")));
                }
                _ => drop(times.insert(name, time)),
            }
            let counter =
                counters.contains(&s.metric) || s.metric.strip_suffix("_total").is_some_and(|b| counters.contains(b));
            match figure {
                Some(figure) => {
                    let series = report.series(&s.metric, &s.labels, "", None)?;
                    series.counter = counter;
                    series.samples.push(figure);
                }
                None => report.failed(&s.metric, &s.labels, 1, &format!("its figure is {}", s.value)),
            }
        }
    }
    if open && !ended {
        return Err(ParseError::malformed("# EOF").at(text.len()).found_words("the end of the file"));
    }
    let bucketed =
        |h: &&String| report.data.series.iter().any(|s| s.metric.strip_suffix("_bucket") == Some(h.as_str()));
    if let Some(cut) = histograms.iter().filter(bucketed).find(|h| !infinite.contains(*h)) {
        return Err(ParseError::malformed(format!("a bucket le=\"+Inf\" of the histogram {cut}"))
            .at(text.len())
            .found_words("none"));
    }
    Ok(report.finish("", if open { Some(true) } else { None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_samples_are_read_with_their_escapes() {
        let s = sample(r#"x_total{a="b\"\\\n}", c="d",} 1e3 17 # {t="}"} 3 4"#).unwrap();
        assert_eq!(
            (s.metric.as_str(), s.value, s.time, s.labels["a"].as_str(), s.labels.len()),
            ("x_total", "1e3", Some("17"), "b\"\\\n}", 2)
        );
        assert_eq!(sample(r#"{"my.name", a="b"} 2"#).unwrap().metric, "my.name");
        assert_eq!(sample("up 1").unwrap().labels.len(), 0);
        for bad in ["up", "up 1 2 3", r#"up{a="b" 1"#, r#"up{a=b} 1"#, r#"up{a="1",a="2"} 1"#, "a-b 1", r#"{a="b"} 1"#]
        {
            assert!(sample(bad).is_none(), "{bad}");
        }
    }
}
