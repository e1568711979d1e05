//! The outputs `badge` (an SVG image) and `badge-json` (the endpoint of shields.io, <https://shields.io/badges/endpoint-badge>). Both say the status
//! and how many gates stand in the way: nothing that a report wrote.

use super::document::document;
use super::{Output, Style, Writer};
use crate::verdict::{GateStatus, Overall, Verdict};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static SVG: Output =
    Output { id: Cow::Borrowed("badge"), title: Cow::Borrowed("a badge as an SVG image"), write: Writer::Fixed(svg) };

pub(super) static ENDPOINT: Output = Output {
    id: Cow::Borrowed("badge-json"),
    title: Cow::Borrowed("a badge as shields.io's endpoint reads it"),
    write: Writer::Fixed(endpoint),
};

const LABEL: &str = "quality gates";

/// Shields.io's `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    schema_version: u8,
    label: &'static str,
    message: String,
    color: &'static str,
    is_error: bool,
}

fn message(v: &Verdict) -> String {
    let blocking = v.gates.iter().filter(|g| g.blocking).count();
    let judged = v.gates.iter().filter(|g| g.status != GateStatus::Skip).count();
    match v.status {
        Overall::Pass | Overall::Warn => format!("{} ({judged})", v.status.as_str()),
        Overall::Fail | Overall::Unknown if blocking == 0 => v.status.as_str().to_owned(),
        Overall::Fail | Overall::Unknown => format!("{} ({blocking} of {judged})", v.status.as_str()),
    }
}

/// Colours with a contrast of at least 4.5 to white.
fn color(status: Overall) -> &'static str {
    match status {
        Overall::Pass => "#1a7f37",
        Overall::Warn => "#9a6700",
        Overall::Fail => "#cf222e",
        Overall::Unknown => "#57606a",
    }
}

fn endpoint(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let is_error = matches!(v.status, Overall::Fail | Overall::Unknown);
    let badge = Endpoint { schema_version: 1, label: LABEL, message: message(v), color: color(v.status), is_error };
    document(&badge, out)
}

fn svg(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let message = message(v);
    let (left, right) = (width(LABEL), width(&message));
    let (whole, color) = (left.saturating_add(right), color(v.status));
    // `textLength` holds whatever font the reader has.
    let text = |x: usize, of: usize, words: &str| {
        let (middle, long) = (x.saturating_add(of / 2), of.saturating_sub(PAD));
        format!("<text x=\"{middle}\" y=\"14\" textLength=\"{long}\">{words}</text>")
    };
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{LABEL}: {message}\">\
         <title>{LABEL}: {message}</title>\
         <clipPath id=\"r\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#444\"/><rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{color}\"/></g>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\">{}{}</g></svg>",
        text(0, left, LABEL),
        text(left, right, &message)
    )
}

/// Pixels around a text.
const PAD: usize = 10;

/// Pixels of a text of this badge in 11-pixel Verdana, about.
fn width(text: &str) -> usize {
    let tenths: usize = text
        .chars()
        .map(|c| match c {
            'i' | 'l' | ' ' | '(' | ')' | 't' | 'f' => 42,
            'w' | 'm' => 92,
            _ => 69,
        })
        .sum();
    tenths / 10 + PAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_can_be_read_on_white_text() {
        let linear = |c: u32| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        for status in [Overall::Pass, Overall::Warn, Overall::Fail, Overall::Unknown] {
            let rgb = u32::from_str_radix(color(status).trim_start_matches('#'), 16).unwrap();
            let light = 0.2126 * linear(rgb >> 16) + 0.7152 * linear((rgb >> 8) & 255) + 0.0722 * linear(rgb & 255);
            assert!(1.05 / (light + 0.05) >= 4.5, "{status:?}");
        }
    }
}
