//! What .NET's formats of test results share: places in stack traces, durations, NUnit's messages.

use super::common;
use crate::scan::xml::{Token, Xml};
use gatekeeper_evidence::error::ParseError;

/// The first `in PATH:line N` of a .NET stack trace.
pub(super) fn frame(trace: &str) -> Option<(String, u32)> {
    trace.lines().take(200).find_map(|line| {
        let (_, rest) = line.split_once(" in ")?;
        let (path, number) = rest.rsplit_once(":line ")?;
        Some((path.to_owned(), number.trim().parse().ok()?))
    })
}

/// A `TimeSpan`: `00:00:01.1234567`, `1.02:03:04`. `None` where it is none.
pub(super) fn time_span(text: &str) -> Option<f64> {
    let text = text.trim();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    let mut parts = text.split(':');
    let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let whole = |t: &str| t.parse::<u32>().ok().map(f64::from);
    if !seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let seconds: f64 = seconds.parse().ok()?;
    let total = whole(days)? * 86_400.0 + whole(hours)? * 3_600.0 + whole(minutes)? * 60.0 + seconds;
    Some(if negative { -total } else { total })
}

/// The next token while the element at this depth is open.
pub(super) fn inside<'a>(xml: &mut Xml<'a>, depth: usize) -> Result<Option<Token<'a>>, ParseError> {
    if xml.depth() <= depth { Ok(None) } else { xml.next().map(Some) }
}

/// The text of `<message>` in the element that was just opened (`<failure>`, `<reason>`).
pub(super) fn message(xml: &mut Xml<'_>) -> Result<String, ParseError> {
    let until = xml.depth().saturating_sub(1);
    let mut out = String::new();
    while let Some(token) = inside(xml, until)? {
        if let Token::Start(e) = token {
            if e.name() == "message" { out = common::message_of(xml)? } else { xml.skip()? }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_time_spans() {
        assert_eq!(frame("  at A.B() in C:\\x\\T.cs:line 12\n"), Some(("C:\\x\\T.cs".into(), 12)));
        assert_eq!(frame("  at A.B()"), None);
        assert_eq!(time_span("00:00:01.5000000"), Some(1.5));
        assert_eq!(time_span("1.01:00:00"), Some(90_000.0));
        assert_eq!(time_span("1:2"), None);
        assert_eq!(time_span("a:b:c"), None);
    }
}
