//! Figures that a policy takes out of any JSON (by pointer) or text (by regular expression): `extract` of an `[[evidence]]` entry.
//!
//! A pointer is one of RFC 6901; `*` as a whole token stands for every element of an array or member of an object, in their order. A regular expression has a group `value`; each match is a sample. What leads nowhere or to
//! no number is an error of that metric, never nothing: so is an element below a `*` that lacks what the others have.

use super::common::{Fig, Report, foreign};
use crate::format::{Confidence, Format, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels};
use regex::Regex;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// What such evidence is called where other evidence names its format.
pub(crate) static FORMAT: Format = Format::new(
    "extract",
    Kind::Measurements,
    |_| Confidence::No,
    |_| Err(foreign("a policy that says what to extract")),
);

/// Figures of one metric, and where they stand.
#[derive(Debug, Clone)]
pub struct Extract {
    /// The metric.
    pub metric: String,
    /// Its labels.
    pub labels: Labels,
    /// Its unit; empty for none.
    pub unit: String,
    /// Which direction is better.
    pub better: Option<Better>,
    /// Where its figures stand.
    pub from: From,
}

/// Where figures stand.
#[derive(Debug, Clone)]
pub enum From {
    /// In JSON, by the tokens of a pointer.
    Json(Pointer),
    /// In text, by the group `value` of a regular expression.
    Text(Regex),
}

/// A JSON pointer (RFC 6901) in which `*` stands for every element.
#[derive(Debug, Clone)]
pub struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Pointer, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!("a JSON pointer starts with `/`: did you mean \"/{text}\"?"));
        }
        let mut tokens = Vec::new();
        for token in text.split('/').skip(1) {
            let mut rest = token;
            while let Some((_, after)) = rest.split_once('~') {
                if !after.starts_with(['0', '1']) {
                    return Err("in a JSON pointer `~` is written `~0`, and `/` in a name `~1`".to_owned());
                }
                rest = after;
            }
            tokens.push(token.replace("~1", "/").replace("~0", "~"));
        }
        Ok(Pointer { text: text.to_owned(), tokens })
    }
}

/// A regular expression with the group `value`.
///
/// # Errors
/// Says what is wrong with it.
pub fn pattern(text: &str) -> Result<Regex, String> {
    // Line by line, as logs are read.
    let compiled = regex::RegexBuilder::new(text).multi_line(true).size_limit(1 << 20).build();
    let regex = compiled
        .map_err(|e| format!("not a regular expression that can be used: {}", e.to_string().replace('\n', " ")))?;
    if !regex.capture_names().flatten().any(|name| name == "value") {
        return Err("the pattern needs the group `value` around the figure: (?<value>[0-9.]+)".to_owned());
    }
    Ok(regex)
}

/// Reads what is to be extracted.
pub(crate) fn parse(input: &Input<'_>, extracts: &[Extract]) -> Result<Parsed, ParseError> {
    let mut report = Report::default();
    let whole: Option<()> = extracts
        .iter()
        .any(|e| matches!(e.from, From::Json(_)))
        .then(|| json::from_input::<IgnoredAny>(input))
        .transpose()?
        .map(drop);
    for e in extracts {
        let mut found = 0_u64;
        let mut add = |report: &mut Report, figure: Option<Figure>| {
            found = found.saturating_add(1);
            report.sample(&e.metric, &e.labels, &e.unit, e.better, figure)
        };
        match &e.from {
            From::Json(pointer) => {
                let mut out: Vec<Option<Figure>> = Vec::new();
                let seed = Step { tokens: &pointer.tokens, each: false, out: &mut out };
                let read = seed.deserialize(&mut serde_json::Deserializer::from_slice(input.bytes));
                read.map_err(|e| json::located(e, input.bytes, 0, None))?;
                out.into_iter().try_for_each(|figure| add(&mut report, figure))?;
                if found == 0 {
                    report.failed(&e.metric, &e.labels, 1, &format!("nothing stands at {}", pointer.text));
                }
            }
            From::Text(regex) => {
                for captures in regex.captures_iter(input.text()?) {
                    add(&mut report, captures.name("value").and_then(|m| Figure::parse(m.as_str())))?;
                }
                if found == 0 {
                    report.failed(&e.metric, &e.labels, 1, "nothing fits its pattern");
                }
            }
        }
    }
    Ok(report.finish("", if whole.is_some() { Some(true) } else { None }))
}

/// The value at the rest of a pointer. What is passed over is never kept.
struct Step<'p, 'o> {
    tokens: &'p [String],
    /// Whether a `*` led here: then each element owes a figure.
    each: bool,
    out: &'o mut Vec<Option<Figure>>,
}

impl Step<'_, '_> {
    /// The pointer goes on, and nothing stands there.
    fn nothing(self) {
        if self.each {
            self.out.push(None);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Step<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.tokens.is_empty() {
            return deserializer.deserialize_any(self);
        }
        // What is no figure is a lost one: an object, a text, null.
        let raw = <&RawValue>::deserialize(deserializer)?;
        self.out.push(serde_json::from_str::<Fig>(raw.get()).ok().and_then(|f| f.0));
        Ok(())
    }
}

impl<'de> Visitor<'de> for Step<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return Ok(()) };
        let (all, mut met) = (token == "*", false);
        let each = self.each || all;
        while let Some(key) = map.next_key::<String>()? {
            if all || key == *token {
                // Of a name that stands twice nobody can tell which is meant.
                if std::mem::replace(&mut met, true) && !all {
                    self.out.push(None);
                }
                map.next_value_seed(Step { tokens: rest, each, out: self.out })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if !met {
            self.nothing();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return Ok(()) };
        // `01` is no index (RFC 6901 section 4).
        let wanted = token.parse::<usize>().ok().filter(|n| n.to_string() == *token);
        let all = token == "*";
        let each = self.each || all;
        let mut at = 0_usize;
        loop {
            let more = if all || wanted == Some(at) {
                seq.next_element_seed(Step { tokens: rest, each, out: self.out })?.is_some()
            } else {
                seq.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                break;
            }
            at = at.saturating_add(1);
        }
        let met = if all { at > 0 } else { wanted.is_some_and(|wanted| wanted < at) };
        if !met {
            self.nothing();
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.nothing();
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.nothing();
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.nothing();
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.nothing();
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.nothing();
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.nothing();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::Data;
    use gatekeeper_evidence::measurements::Measurements;

    fn read(from: From, text: &str) -> Result<Measurements, ParseError> {
        let extract = Extract { metric: "m".into(), labels: Labels::new(), unit: "ms".into(), better: None, from };
        let limits = Limits::default();
        let input = Input { name: "f", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        match parse(&input, &[extract])?.data {
            Data::Measurements(m) => Ok(m),
            _ => panic!("no measurements"),
        }
    }

    fn at(pointer: &str, text: &str) -> (Vec<String>, u64) {
        let m = read(From::Json(Pointer::parse(pointer).unwrap()), text).unwrap();
        let samples = m
            .series
            .iter()
            .flat_map(|s| (0..s.samples.len()).map(|n| s.samples.number(n).unwrap().to_string()))
            .collect();
        (samples, m.errors())
    }

    #[test]
    fn pointers_lead_where_rfc_6901_says() {
        let of = |v: &[&str], lost| (v.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), lost);
        assert_eq!(at("/a~1b/m~0n/1", r#"{"a/b": {"m~n": [1, 501]}, "a~1b": 3}"#), of(&["501"], 0));
        assert_eq!(at("/r/*/ms", r#"{"r": [{"ms": 1}, {"ms": "2.50"}]}"#), of(&["1", "2.5"], 0));
        assert_eq!(at("/r/*", r#"{"r": {"b": 1, "a": null}}"#), of(&["1"], 1));
        assert_eq!(at("/r/*", r#"{"r": []}"#), of(&[], 1));
        assert_eq!(at("/r/01", r#"{"r": [1, 2]}"#), of(&[], 1));
        assert_eq!(at("/r/x", r#"{"r": 5}"#), of(&[], 1));
        assert_eq!(at("", "7"), of(&["7"], 0));
        assert_eq!(at("/a", r#"{"a": {"b": 1}}"#), of(&[], 1));
        assert_eq!(at("/a", r#"{"a": 1, "a": 2}"#).1, 1);
    }

    #[test]
    fn every_element_of_a_star_owes_a_figure() {
        let lost = |pointer: &str, text: &str| at(pointer, text).1;
        assert_eq!(lost("/*/ms", r#"[{"ms": 1}, {"ms": 2}]"#), 0);
        for other in [r#"{"x": 3}"#, "{}", "3", "null", r#""timeout""#, "[]", "true", "-1", "1.5"] {
            assert_eq!(lost("/*/ms", &format!(r#"[{{"ms": 1}}, {other}]"#)), 1, "{other}");
            assert_eq!(lost("/*/ms", &format!(r#"{{"a": {{"ms": 1}}, "b": {other}}}"#)), 1, "{other}");
        }
        assert_eq!(lost("/*/1", "[[1, 2], [3]]"), 1);
        assert_eq!(lost("/*/s/*", r#"[{"s": [1]}, {"s": []}, {"s": {}}]"#), 2);
        // Without a star there is nothing that other elements have.
        assert_eq!(at("/a/b", r#"{"a": {"c": 1}}"#).1, 1);
    }

    #[test]
    fn a_pointer_that_is_none_is_told() {
        assert!(Pointer::parse("a/b").unwrap_err().contains("did you mean \"/a/b\""));
        assert!(Pointer::parse("/a~2").is_err() && Pointer::parse("/a~").is_err() && Pointer::parse("/~01").is_ok());
    }

    #[test]
    fn each_match_of_a_pattern_is_a_sample() {
        let m =
            read(From::Text(pattern(r"^took (?<value>\S+) ms").unwrap()), "took 1.5 ms\nx took 9 ms\ntook n/a ms\n")
                .unwrap();
        assert_eq!((m.samples(), m.errors()), (1, 1));
        assert_eq!(read(From::Text(pattern("(?<value>[0-9]+)").unwrap()), "none").unwrap().errors(), 1);
        assert!(pattern("([0-9]+)").unwrap_err().contains("`value`") && pattern("(").is_err());
    }

    #[test]
    fn a_document_that_breaks_off_is_refused() {
        for text in ["{\"a\": [1, 2", "{\"a\": 1} x", ""] {
            assert!(read(From::Json(Pointer::parse("/a").unwrap()), text).is_err(), "{text}");
        }
    }
}
