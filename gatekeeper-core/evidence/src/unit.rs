//! Units of measured figures: what they are called, and how one becomes another of its kind, exactly.

use crate::number::Number;
use std::borrow::Cow;

/// What a unit measures. Figures compare only within a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Times.
    Time,
    /// Shares: a bare number, percent, percentage points. 1 = 100 %.
    Share,
    /// Sizes, bytes.
    Size,
    /// So many a second.
    Rate,
    /// A word that we do not know: comparable only with itself.
    Other(String),
}

impl Dimension {
    /// What figures of it are called.
    pub fn noun(&self) -> Cow<'static, str> {
        match self {
            Dimension::Time => "a time".into(),
            Dimension::Share => "a share or a bare number".into(),
            Dimension::Size => "a size".into(),
            Dimension::Rate => "a rate per second".into(),
            Dimension::Other(word) => format!("in {word}").into(),
        }
    }
}

/// A unit with its kind and its size in the kind's base unit (s, 1, B, 1/s).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// How many base units one of it is.
    pub factor: Number,
    /// Its name, as it is shown.
    pub name: String,
}

/// The units that limits may be written in.
pub const KNOWN: [&str; 12] = ["ns", "us", "ms", "s", "%", "pp", "B", "KiB", "MiB", "1/s", "/s", ""];

impl Unit {
    /// The unit of a name, as reports and policies write it.
    ///
    /// ```
    /// use gatekeeper_evidence::unit::Unit;
    ///
    /// assert_eq!(Unit::of("µs").dimension, Unit::of("s").dimension);
    /// assert_ne!(Unit::of("MB/s").dimension, Unit::of("1/s").dimension);
    /// ```
    pub fn of(name: &str) -> Unit {
        let name = canonical(name);
        let (dimension, factor) = match name.as_ref() {
            "ns" => (Dimension::Time, "1e-9"),
            "us" => (Dimension::Time, "1e-6"),
            "ms" => (Dimension::Time, "1e-3"),
            "s" => (Dimension::Time, "1"),
            "" => (Dimension::Share, "1"),
            "%" | "pp" => (Dimension::Share, "1e-2"),
            "B" => (Dimension::Size, "1"),
            "KiB" => (Dimension::Size, "1024"),
            "MiB" => (Dimension::Size, "1048576"),
            "1/s" => (Dimension::Rate, "1"),
            other => (Dimension::Other(other.to_owned()), "1"),
        };
        Unit { dimension, factor: Number::parse(factor).unwrap_or_else(|| Number::whole(1)), name: name.into_owned() }
    }

    /// Whether it is one of those that we know how to convert.
    pub fn is_known(&self) -> bool {
        !matches!(self.dimension, Dimension::Other(_))
    }

    /// A figure of this unit in base units of its kind.
    pub fn base(&self, value: &Number) -> Number {
        value.times(&self.factor)
    }
}

/// A unit's name as it is kept: synonyms made one, anything else as it is stated.
pub fn canonical(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    Cow::Borrowed(match name {
        "ns" | "ns/op" | "ns/iter" | "nsec" | "nanosecond" | "nanoseconds" => "ns",
        "us" | "us/op" | "us/iter" | "usec" | "µs" | "μs" | "µs/op" | "μs/op" | "microsecond" | "microseconds" => {
            "us"
        }
        "ms" | "ms/op" | "ms/iter" | "msec" | "millisecond" | "milliseconds" => "ms",
        "s" | "s/op" | "s/iter" | "sec" | "sec/op" | "second" | "seconds" => "s",
        "1/s" | "/s" | "ops/s" | "op/s" | "ops/sec" | "req/s" | "reqs/s" | "requests/s" | "requests/sec" => "1/s",
        "B" | "B/op" | "byte" | "bytes" => "B",
        "1" | "unitless" | "none" => "",
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_are_one_and_strangers_stay() {
        for (from, to) in [
            ("ns/op", "ns"),
            ("µs", "us"),
            ("μs", "us"),
            ("sec/op", "s"),
            ("ops/s", "1/s"),
            ("req/s", "1/s"),
            ("B/op", "B"),
            ("bytes", "B"),
            ("/s", "1/s"),
            (" ms ", "ms"),
            ("MB/s", "MB/s"),
            ("allocs/op", "allocs/op"),
            ("Percent", "Percent"),
            ("%", "%"),
            ("unitless", ""),
        ] {
            assert_eq!(canonical(from), to, "{from}");
        }
    }

    #[test]
    fn figures_of_a_kind_are_converted_exactly() {
        let base = |value: &str, unit: &str| Unit::of(unit).base(&Number::parse(value).unwrap());
        assert_eq!(base("500", "ms"), base("0.5", "s"));
        assert_eq!(base("1000000", "ns"), base("1", "ms"));
        assert_eq!(base("1", "us"), base("1000", "ns"));
        assert_eq!(base("1", "KiB"), base("1024", "B"));
        assert_eq!(base("1", "MiB"), base("1024", "KiB"));
        assert_eq!(base("1", "%"), base("0.01", ""));
        assert_eq!(base("1", "pp"), base("1", "%"));
    }

    #[test]
    fn kinds_do_not_mix() {
        let kinds = ["ms", "%", "B", "1/s", "MB/s", "GiB"].map(|u| Unit::of(u).dimension);
        for (n, a) in kinds.iter().enumerate() {
            assert_eq!(kinds.iter().filter(|b| *b == a).count(), 1, "{n}");
        }
        assert!(Unit::of("ms").is_known() && !Unit::of("min").is_known());
        assert_eq!(Unit::of("x").dimension.noun(), "in x");
    }
}
