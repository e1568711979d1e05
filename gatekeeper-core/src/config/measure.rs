//! Quantities with units, as policies write limits on measurements: `"500ms"`, `"0.5 s"`, `"1%"`, `"1000/s"`, `0.05`.

use super::node::{Table, Value};
use super::problem::{ProblemCode, Span};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::Unit;
use std::fmt;

/// A number with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The number, exactly as it is written.
    pub value: Number,
    /// Its unit.
    pub unit: Unit,
}

impl Measure {
    /// Reads one; `None` where there is no number in front.
    pub(crate) fn read(value: &Value) -> Option<Measure> {
        let text = match value {
            Value::Number(n) => n.replace('_', ""),
            Value::Text(t) => t.trim().to_owned(),
            _ => return None,
        };
        let end = text.char_indices().find(|(at, c)| !number_goes_on(&text, *at, *c)).map_or(text.len(), |(at, _)| at);
        let (number, unit) = text.split_at_checked(end)?;
        Some(Measure { value: Number::parse(number)?, unit: Unit::of(unit) })
    }

    /// In base units of its kind.
    pub fn base(&self) -> Number {
        self.unit.base(&self.value)
    }
}

/// Whether a character still belongs to the number: `1e3` does, the `e` of `5 elements` does not.
fn number_goes_on(text: &str, at: usize, c: char) -> bool {
    let next = |n: usize| text.get(at + n..).and_then(|r| r.chars().next());
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    match c {
        '0'..='9' | '.' => true,
        '-' | '+' => at == 0 || text.get(..at).is_some_and(|b| b.ends_with(['e', 'E'])),
        'e' | 'E' => digit(next(1)) || (matches!(next(1), Some('-' | '+')) && digit(next(2))),
        _ => false,
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.value, if self.unit.name.is_empty() { "" } else { " " }, self.unit.name)
    }
}

impl Table<'_> {
    /// A number with a unit, with its place; a problem where it is something else.
    pub fn measure(&mut self, key: &'static str) -> Option<(Measure, Span)> {
        let node = self.get(key)?;
        let read = Measure::read(&node.value);
        if read.is_none() {
            let words = format!("`{key}` takes a number with its unit, such as \"500ms\", \"1%\" or 0.05");
            self.problem_of(ProblemCode::WrongType, node.span.clone(), words);
        }
        read.map(|m| (m, node.span.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_and_a_unit() {
        let of = |text: &str| Measure::read(&Value::Text(text.to_owned())).map(|m| (m.value.to_string(), m.unit.name));
        for (text, value, unit) in [
            ("500ms", "500", "ms"),
            ("0.5 s", "0.5", "s"),
            ("1%", "1", "%"),
            ("1pp", "1", "pp"),
            ("1000/s", "1000", "1/s"),
            ("1e3 B", "1000", "B"),
            ("5 elements", "5", "elements"),
            ("5elements", "5", "elements"),
            ("5es1", "5", "es1"),
            ("5e-x", "5", "e-x"),
            ("2E+1s", "20", "s"),
            ("1.5e-3s", "0.0015", "s"),
            ("-2", "-2", ""),
            ("1KiB", "1", "KiB"),
            ("500 parsecs", "500", "parsecs"),
        ] {
            assert_eq!(of(text), Some((value.to_owned(), unit.to_owned())), "{text}");
        }
        for bad in ["ms", "", "x5", "--5ms", "%", "e3", "e3s", "."] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(Measure::read(&Value::Number("0.05".to_owned())).unwrap().to_string(), "0.05");
        assert_eq!(Measure::read(&Value::Text("500ms".to_owned())).unwrap().to_string(), "500 ms");
        assert_eq!(Measure::read(&Value::Flag(true)), None);
    }
}
