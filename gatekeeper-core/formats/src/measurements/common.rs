//! What the formats of measurements share: a report in the making, and figures as JSON writes them.

use crate::format::Parsed;
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Failure, Figure, Labels, Measurements, Samples, Series, Statistic};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::canonical;
use gatekeeper_evidence::{Data, Note};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

/// Most series of a file: each takes memory that is many times its text.
const SERIES: usize = 250_000;
/// Most failures that are told one by one; the rest are counted.
const FAILURES: usize = 10_000;

/// Labels of a few pairs; those without a value are none.
pub(super) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

/// A report in the making.
#[derive(Default)]
pub(super) struct Report {
    pub(super) data: Measurements,
    pub(super) notes: Vec<Note>,
    index: HashMap<String, usize>,
    key: String,
}

impl Report {
    /// The series of this name, made where it is not there yet.
    pub(super) fn series(
        &mut self,
        metric: &str,
        labels: &Labels,
        unit: &str,
        better: Option<Better>,
    ) -> Result<&mut Series, ParseError> {
        self.key.clear();
        for part in
            [metric, canonical(unit).as_ref()].into_iter().chain(labels.iter().flat_map(|(k, v)| [k.as_str(), v]))
        {
            self.key.push_str(part);
            self.key.push('\u{0}');
        }
        let at = match self.index.get(&self.key) {
            Some(at) => *at,
            None => {
                let at = self.data.series.len();
                if at >= SERIES {
                    return Err(ParseError::limit(format!("more than {SERIES} series")));
                }
                self.data.series.push(Series::new(metric, labels.clone(), unit, better));
                self.index.insert(self.key.clone(), at);
                at
            }
        };
        self.data.series.get_mut(at).ok_or_else(|| ParseError::limit("more series than can be counted"))
    }

    /// Adds a sample; what is no figure is a failure.
    pub(super) fn sample(
        &mut self,
        metric: &str,
        labels: &Labels,
        unit: &str,
        better: Option<Better>,
        figure: Option<Figure>,
    ) -> Result<(), ParseError> {
        match figure {
            Some(figure) => self.series(metric, labels, unit, better)?.samples.push(figure),
            None => self.failed(metric, labels, 1, "no figure"),
        }
        Ok(())
    }

    /// Adds samples; those that were no figures are failures.
    pub(super) fn samples(
        &mut self,
        metric: &str,
        labels: &Labels,
        unit: &str,
        better: Option<Better>,
        figures: Figures,
    ) -> Result<(), ParseError> {
        if figures.lost > 0 {
            self.failed(metric, labels, figures.lost, "no figure");
        }
        if figures.samples.is_empty() {
            return Ok(());
        }
        let series = self.series(metric, labels, unit, better)?;
        if series.samples.is_empty() {
            series.samples = figures.samples;
        } else {
            series.samples.extend(&figures.samples);
        }
        Ok(())
    }

    /// Adds samples, and what is stated of all that there are of their series.
    pub(super) fn samples_with(&mut self, stated: Series, figures: Figures) -> Result<(), ParseError> {
        let (metric, labels, unit, better) = (&stated.metric, &stated.labels, &stated.unit, stated.better);
        let more = figures.samples.len();
        self.samples(metric, labels, unit, better, figures)?;
        let series = self.series(metric, labels, unit, better)?;
        let all = more == 0 || more == series.samples.len();
        series.stated = if all && !series.samples.is_empty() { stated.stated } else { BTreeMap::new() };
        Ok(())
    }

    /// Keeps what is stated of a series whose samples are not listed; without its mean it was not measured. A series that is stated twice has no one answer.
    pub(super) fn stated(&mut self, series: Series) -> Result<(), ParseError> {
        if !series.has_figures() {
            self.failed(&series.metric, &series.labels, 1, "no figure");
            return Ok(());
        }
        let name = series.name();
        let at = self.series(&series.metric, &series.labels, &series.unit, series.better)?;
        if at.has_figures() {
            return Err(ParseError::malformed("each series once").at(0).found_words(format!("{name} twice")));
        }
        *at = series;
        Ok(())
    }

    /// Counts what was to be measured and was not.
    pub(super) fn failed(&mut self, metric: &str, labels: &Labels, count: u64, why: &str) {
        let full = self.data.failures.len() >= FAILURES;
        let same = self.data.failures.last_mut().filter(|f| f.metric == metric && f.labels == *labels);
        match same {
            Some(last) => last.count = last.count.saturating_add(count),
            None if full => {
                if let Some(last) = self.data.failures.last_mut() {
                    // Nobody can tell any more which they were, so they are of everything.
                    last.metric.clear();
                    last.labels.clear();
                    last.count = last.count.saturating_add(count);
                }
            }
            None => self.data.failures.push(Failure {
                metric: metric.to_owned(),
                labels: labels.clone(),
                count,
                why: why.chars().take(200).collect(),
            }),
        }
    }

    /// A note.
    pub(super) fn note(&mut self, words: impl Into<String>) {
        if self.notes.len() < 20 {
            self.notes.push(Note::new(words));
        }
    }

    /// The evidence.
    pub(super) fn finish(mut self, tool: &str, complete: Option<bool>) -> Parsed {
        self.data.series.retain(Series::has_figures);
        let tool = (!tool.is_empty()).then(|| tool.to_owned());
        let commit = self.data.commit.clone();
        Parsed { tool, notes: self.notes, ..Parsed::new(Data::Measurements(self.data), complete) }
            .of_commits(commit.as_deref())
    }

    /// The evidence of a report that cannot have measured nothing at all.
    pub(super) fn finish_some(self, tool: &str, complete: Option<bool>, what: &str) -> Result<Parsed, ParseError> {
        if self.data.failures.is_empty() && !self.data.series.iter().any(Series::has_figures) {
            return Err(ParseError::malformed(what.to_owned()).at(0).found_words("none"));
        }
        Ok(self.finish(tool, complete))
    }
}

/// A document that is another tool's, or none of this format's.
pub(super) fn foreign(what: &str) -> ParseError {
    ParseError::malformed(what.to_owned()).at(0).found_words("another document")
}

/// The text without terminal colours, and without the time that CI's logs put before each line.
pub(super) fn plain<'a>(input: &Input<'a>) -> Result<std::borrow::Cow<'a, str>, ParseError> {
    let text = without_colours(input)?;
    if stamp(&text).is_none() {
        return Ok(text);
    }
    let lines = text.split_inclusive('\n').map(|line| stamp(line).unwrap_or(line));
    Ok(lines.collect::<String>().into())
}

/// What stands behind a time such as `2026-05-31T10:00:00.1234567Z `.
fn stamp(line: &str) -> Option<&str> {
    let (time, rest) = line.split_once('Z')?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let (seconds, fraction) = time.split_at_checked(19)?;
    let shape = seconds.bytes().zip("0000-00-00T00:00:00".bytes());
    let fits = shape.fold(true, |fits, (b, want)| fits && if want == b'0' { b.is_ascii_digit() } else { b == want });
    let digits = fraction.is_empty() || fraction.starts_with('.');
    (fits && digits && fraction.bytes().skip(1).all(|b| b.is_ascii_digit())).then_some(rest)
}

fn without_colours<'a>(input: &Input<'a>) -> Result<std::borrow::Cow<'a, str>, ParseError> {
    let text = input.text()?;
    Ok(match crate::scan::lines::strip_ansi(text.as_bytes()) {
        std::borrow::Cow::Borrowed(_) => text.into(),
        std::borrow::Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    })
}

/// Where a part of that text stands in the input: its first byte, or that of its line where colours were taken out.
pub(super) fn place(input: &Input<'_>, text: &str, part: &str) -> usize {
    let at = part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len());
    if text.len() == input.bytes.len() {
        return at;
    }
    let lines = memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or_default()).count();
    let before = lines.checked_sub(1).and_then(|n| memchr::memchr_iter(b'\n', input.bytes).nth(n));
    before.map_or(0, |end| end + 1)
}

/// Reads the whole input as one JSON document. Python's and C++'s writers put bare `NaN` and `Infinity` where JSON has no number: each is read as an empty text, which stands for none.
pub(super) fn read_json<T: de::DeserializeOwned>(input: &Input<'_>) -> Result<T, ParseError> {
    json::from_input(input).or_else(|error| match without_nans(input.bytes) {
        Some(bytes) => json::from_bytes(&bytes),
        None => Err(error),
    })
}

/// The bytes with an empty text in the place of each bare `NaN`, `-NaN`, `nan`, `inf`, `Infinity`; every other byte stays in its place. `None` where there is none.
fn without_nans(bytes: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 10] =
        [b"-Infinity", b"+Infinity", b"Infinity", b"-NaN", b"NaN", b"-nan", b"nan", b"-inf", b"+inf", b"inf"];
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'"' {
            at += 1;
            loop {
                at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)? + 1;
                if bytes.get(at - 1) == Some(&b'"') {
                    break;
                }
                at += 1;
            }
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let word = matches!(byte, b'-' | b'+' | b'N' | b'n' | b'I' | b'i')
            .then(|| WORDS.iter().find(|w| rest.starts_with(w)))
            .flatten();
        let Some(word) = word else {
            at += 1;
            continue;
        };
        let out = out.get_or_insert_with(|| bytes.to_vec());
        for (place, new) in out.get_mut(at..at + word.len()).unwrap_or_default().iter_mut().zip(b"\"\"       ") {
            *place = *new;
        }
        at += word.len();
    }
    out
}

/// A figure in JSON: a number; a text that is one; `None` for null and for texts that stand for no number (`NaN`, `+Inf`, `-`, `N/A`).
#[derive(Debug, Default, Clone)]
pub(super) struct Fig(pub(super) Option<Figure>);

impl Fig {
    pub(super) fn number(&self) -> Option<Number> {
        self.0.as_ref().map(Figure::number)
    }

    /// The float of it.
    pub(super) fn value(&self) -> Option<f64> {
        self.0.as_ref().map(Figure::value)
    }
}

impl<'de> Deserialize<'de> for Fig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let known = |text: &str| {
            matches!(
                text,
                "NaN" | "nan" | "+Inf" | "-Inf" | "Inf" | "inf" | "Infinity" | "-Infinity" | "-" | "N/A" | ""
            )
        };
        match raw.as_bytes().first() {
            Some(b'n') => Ok(Fig(None)),
            Some(b'"') => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                match Figure::parse(inner) {
                    Some(figure) => Ok(Fig(Some(figure))),
                    None if known(inner.trim()) => Ok(Fig(None)),
                    None => Err(de::Error::invalid_value(de::Unexpected::Str(inner), &"a number")),
                }
            }
            Some(b'-' | b'0'..=b'9') => Ok(Fig(Figure::parse(raw))),
            _ => Err(de::Error::custom("invalid type: no number, expected a number")),
        }
    }
}

/// An array of numbers. Nulls and NaNs are lost ones; texts are none.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) samples: Samples,
    pub(super) lost: u64,
}

impl Figures {
    pub(super) fn push(&mut self, figure: Fig) {
        match figure.0 {
            Some(figure) => self.samples.push(figure),
            None => self.lost = self.lost.saturating_add(1),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.lost == 0
    }

    pub(super) fn append(&mut self, other: &Figures) {
        self.samples.extend(&other.samples);
        self.lost = self.lost.saturating_add(other.lost);
    }
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Each::<Fig, Figures>::deserialize(deserializer)?.0)
    }
}

impl Extend<Fig> for Figures {
    fn extend<I: IntoIterator<Item = Fig>>(&mut self, figures: I) {
        figures.into_iter().for_each(|f| self.push(f));
    }
}

/// An array whose elements are gathered as they are read.
pub(super) struct Each<T, G>(pub(super) G, PhantomData<T>);

impl<'de, T: Deserialize<'de>, G: Extend<T> + Default> Deserialize<'de> for Each<T, G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Gather<T, G>(PhantomData<(T, G)>);
        impl<'de, T: Deserialize<'de>, G: Extend<T> + Default> Visitor<'de> for Gather<T, G> {
            type Value = G;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<G, A::Error> {
                let mut out = G::default();
                while let Some(item) = seq.next_element::<T>()? {
                    out.extend([item]);
                }
                Ok(out)
            }
        }
        Ok(Each(deserializer.deserialize_seq(Gather::<T, G>(PhantomData))?, PhantomData))
    }
}

/// An object's members in their order. A name that stands twice is an error: nobody can tell which one is meant.
#[derive(Debug)]
pub(super) struct Members<V>(pub(super) Vec<(String, V)>);

impl<V> Default for Members<V> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
                let (mut out, mut seen) = (Vec::new(), std::collections::HashSet::new());
                while let Some(name) = map.next_key::<String>()? {
                    if !seen.insert(name.clone()) {
                        return Err(de::Error::custom(format!(
                            "invalid value: a second member {name}, expected each once"
                        )));
                    }
                    out.push((name, map.next_value()?));
                }
                Ok(Members(out))
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

/// A plain JSON value as a label shows it.
#[derive(Debug, Default)]
pub(super) struct Shown(pub(super) String);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Shown(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }
}

/// The labels of an object's members.
pub(super) fn labels_of(members: &Members<Shown>) -> Labels {
    members.0.iter().map(|(k, v)| (k.clone(), v.0.clone())).collect()
}

/// The summary figures that most reports state.
#[derive(Default)]
pub(super) struct Summary<'f> {
    pub(super) mean: Option<&'f Fig>,
    pub(super) median: Option<&'f Fig>,
    pub(super) min: Option<&'f Fig>,
    pub(super) max: Option<&'f Fig>,
}

impl Summary<'_> {
    /// A series of which this is stated.
    pub(super) fn of(&self, metric: &str, labels: &Labels, unit: &str, better: Option<Better>) -> Series {
        let number = |fig: Option<&Fig>| fig.and_then(Fig::number);
        Series::new(metric, labels.clone(), unit, better)
            .with(Statistic::Mean, number(self.mean))
            .with(Statistic::Median, number(self.median))
            .with(Statistic::Min, number(self.min))
            .with(Statistic::Max, number(self.max))
    }
}

/// A figure with a unit behind it, together (`65.13ms`) or apart: `(figure, rest)`.
pub(super) fn figure_and_rest(text: &str) -> Option<(Number, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'))).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((Number::parse(&number.replace(',', ""))?, rest.trim_start()))
}

/// How many `to` one `from` is, for two units of a kind.
pub(super) fn converted(value: &Number, from: &str, to: &str) -> Option<Number> {
    let unit = |name: &str| {
        let (name, times) = match name {
            "m" | "min" => ("s", 60),
            "h" => ("s", 3600),
            other => (other, 1),
        };
        let unit = gatekeeper_evidence::unit::Unit::of(name);
        (unit.dimension, unit.factor.times(&Number::whole(times)))
    };
    let ((kind, factor), (wanted, target)) = (unit(from), unit(to));
    if kind != wanted {
        return None;
    }
    // Of times, the smaller is a power of ten of the larger: multiplying by its inverse stays exact.
    let exact = Number::parse("1")?.over(&target)?;
    Some(value.times(&factor).times(&exact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    #[test]
    fn places_are_those_of_the_input_where_colours_were_taken_out() {
        let limits = Limits::default();
        for (bytes, want) in [("a\nb c\n", 4), ("\x1b[1ma\x1b[0m\nb c\n", 10), ("\x1b[1mc\n", 0)] {
            let input =
                Input { name: "t", bytes: bytes.as_bytes(), limits: &limits, exit_status: None, validate: false };
            let text = plain(&input).unwrap();
            let part = text.get(text.find('c').unwrap()..).unwrap();
            assert_eq!(place(&input, &text, part), want, "{bytes:?}");
        }
    }

    #[test]
    fn times_of_a_log_are_taken_from_its_lines() {
        let limits = Limits::default();
        let of = |text: &'static str| {
            let input =
                Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
            plain(&input).unwrap().into_owned()
        };
        assert_eq!(
            of("2026-05-31T10:00:00.1234567Z a\n2026-05-31T10:00:01Z  b\n\n2026-05-31T10:00:01Z\n"),
            "a\n b\n\n\n"
        );
        for other in ["a\n2026-05-31T10:00:00Z b\n", "2026-05-31T10:00:00+Z b", "2026-05-31 10:00:00Z b", "2026Z"] {
            assert_eq!(of(other), other);
        }
    }

    #[test]
    fn bare_words_for_no_number_are_read_where_no_text_holds_them() {
        let text = br#"{"NaN":[NaN,-Infinity,inf,1,null],"a\\":"x\" NaN",  "b":-NaN}"#;
        let got = String::from_utf8(without_nans(text).unwrap()).unwrap();
        assert_eq!(got, r#"{"NaN":["" ,""       ,"" ,1,null],"a\\":"x\" NaN",  "b":""  }"#);
        assert_eq!(got.len(), text.len());
        assert_eq!(without_nans(br#"{"a":[1,-2,"inf","nan\\"]}"#), None);
        assert_eq!(without_nans(br#"["NaN"#), None);
    }

    #[test]
    fn figures_in_json_are_numbers_or_stand_for_none() {
        let read = |text: &str| serde_json::from_str::<Fig>(text).map(|f| f.number().map(|n| n.to_string()));
        for (text, want) in [
            ("1.50", Some("1.5")),
            ("\"0.07\"", Some("0.07")),
            ("null", None),
            ("\"NaN\"", None),
            ("\"+Inf\"", None),
            ("\"-\"", None),
        ] {
            assert_eq!(read(text).unwrap().as_deref(), want, "{text}");
        }
        for bad in ["true", "\"x\"", "[1]", "{}", "\"1 ms\""] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let figures: Figures = serde_json::from_str("[1, null, \"2\"]").unwrap();
        assert_eq!((figures.samples.len(), figures.lost), (2, 1));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused() {
        assert!(serde_json::from_str::<Members<u8>>(r#"{"a":1,"a":2}"#).is_err());
        assert_eq!(
            serde_json::from_str::<Members<u8>>(r#"{"b":1,"a":2}"#).unwrap().0,
            [("b".to_owned(), 1), ("a".to_owned(), 2)]
        );
    }

    #[test]
    fn a_series_is_its_metric_labels_and_unit() {
        let mut r = Report::default();
        let one = labels([("a", "1")]);
        r.sample("m", &one, "ns/op", None, Figure::of(1.0)).unwrap();
        r.sample("m", &one, "ns", None, Figure::of(2.0)).unwrap();
        r.sample("m", &one, "ms", None, Figure::of(3.0)).unwrap();
        r.sample("m", &Labels::new(), "ns", None, None).unwrap();
        assert_eq!((r.data.series.len(), r.data.samples(), r.data.errors()), (2, 3, 1));
        let twice = || Series::new("s", Labels::new(), "", None).with(Statistic::Mean, Number::parse("1"));
        r.stated(twice()).unwrap();
        assert!(r.stated(twice()).is_err());
        r.stated(Series::new("t", Labels::new(), "", None)).unwrap();
        assert_eq!(r.data.errors(), 2);
    }

    #[test]
    fn units_of_a_console_are_made_one_exactly() {
        let n = |t: &str| Number::parse(t).unwrap();
        assert_eq!(converted(&n("41.731"), "us", "ns"), Some(n("41731")));
        assert_eq!(converted(&n("1.5"), "m", "s"), Some(n("90")));
        assert_eq!(converted(&n("1"), "us", "ms"), Some(n("0.001")));
        assert_eq!(converted(&n("1"), "ns", "B"), None);
        assert_eq!(figure_and_rest("1,234.5 ns").unwrap(), (n("1234.5"), "ns"));
        assert!(figure_and_rest("x").is_none());
        let limits = Limits::default();
        let input = Input { name: "x", bytes: b"\x1b[1mx\x1b[0m", limits: &limits, exit_status: None, validate: false };
        assert_eq!(plain(&input).unwrap(), "x");
    }
}
