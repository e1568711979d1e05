//! The output `html`: one page for people, whole without a network.
//!
//! Verdict, gates and what they fell short by are plain HTML written here, which shows without a script. Beside it lie the long lists (findings,
//! tests, coverage by file, packages, series) as data: JSON, deflated (RFC 1951) and in base64, one block of each kind, which the page's script
//! unpacks when somebody looks at them. Script and stylesheet are built from `gatekeeper-core/report` and checked in; a content security policy
//! (CSP level 3) allows these two by their hashes and nothing else, so that the page asks for nothing and runs nothing that a report brings.

mod data;
mod gate;
mod page;
mod since;
mod trend;

use super::{Output, Style, Writer};
use crate::verdict::{Overall, Verdict};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("html"),
    title: Cow::Borrowed("a page for people: one file, no network"),
    write: Writer::Detailed(write),
};

const SCRIPT: &str = include_str!("report.js");
const STYLE: &str = include_str!("report.css");

fn write(v: &Verdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut body = String::new();
    page::body(v, style, &mut body);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\" data-status=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<link rel=\"icon\" href=\"{}\">\n<style>{STYLE}</style>\n</head>\n<body>\n{body}",
        v.status.as_str(),
        policy(),
        page::title(v),
        icon(v.status),
    )?;
    for (name, rows, bytes) in data::blocks(v)? {
        let text = BASE64_STANDARD.encode(bytes);
        writeln!(
            out,
            "<script type=\"application/octet-stream\" id=\"data-{name}\" data-rows=\"{rows}\">{text}</script>"
        )?;
    }
    write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

/// What the page may do: run its script, use its stylesheet, show its own icon.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// A dot in the verdict's colour for the browser's tab.
fn icon(status: Overall) -> String {
    let color = match status {
        Overall::Pass => "1a7f37",
        Overall::Warn => "bf8700",
        Overall::Fail => "cf222e",
        Overall::Unknown => "8250df",
    };
    format!(
        "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E\
         %3Ccircle cx=%228%22 cy=%228%22 r=%227%22 fill=%22%23{color}%22/%3E%3C/svg%3E"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_script_and_style_ends_them() {
        // What would end the element, or begin a comment in which its end is not seen (HTML, "Restrictions for contents of script elements").
        for text in [SCRIPT, STYLE] {
            let lower = text.to_ascii_lowercase();
            assert!(!lower.contains("</script") && !lower.contains("</style") && !lower.contains("<!--"));
            assert!(!lower.contains("<script") && text.len() > 1_000);
            assert!(!text.contains('\r') && text.is_ascii(), "hashes are over bytes as they are, lines as they are");
        }
    }

    #[test]
    fn the_page_may_run_its_own_script_alone() {
        let policy = policy();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
}
