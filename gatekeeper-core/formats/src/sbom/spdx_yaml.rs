//! SPDX 2 in YAML: the JSON serialisation's members, written as YAML.
//!
//! Specification: SPDX v2.3, <https://spdx.github.io/spdx-spec/v2.3/>; YAML 1.2. Producers: the specification's own tools, spdx-tools,
//! ORT, Zephyr's west, tern.
//!
//! Held against the JSON schema, as the specification says that the serialisations have the same members. The format has no end mark.
//!
//! Deviations: a version written without quotes (`1.10`) is a number to YAML: the package then has no version, and the document is not
//! valid. `y`, `on` and `no` are texts, as in YAML 1.2. The outermost mapping may be indented, its keys quoted. Aliases are followed within a budget; one document per file.

use super::schema;
use super::spdx2::{Spdx, feed};
use super::tree;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;

pub(super) static FORMAT: Format = Format {
    id: "spdx-yaml",
    title: "SPDX 2 SBOM (YAML)",
    kind: Kind::Inventory,
    extensions: &["yaml", "yml", "spdx"],
    places: &["*.spdx.yaml", "*.spdx.yml"],
    spec: "SPDX 2.2 and 2.3, YAML, https://spdx.github.io/spdx-spec/v2.3/",
    producers: &["spdx-tools", "ort", "tern"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if head.json().is_some() {
        return Confidence::No;
    }
    let unquoted = |text: &'_ [u8]| -> usize { usize::from(matches!(text.first(), Some(b'"' | b'\''))) };
    let is_version = |line: &[u8]| {
        // The key may be quoted, as the value may.
        let line = line.get(unquoted(line)..).unwrap_or_default();
        let Some(rest) = line.strip_prefix(b"spdxVersion") else { return false };
        let rest = rest.get(unquoted(rest)..).unwrap_or_default().trim_ascii_start();
        let value = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        value.get(unquoted(value)..).unwrap_or_default().starts_with(b"SPDX-")
    };
    // The outermost mapping may be indented as a whole.
    let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let says = |line: &&[u8]| {
        let line = line.trim_ascii();
        !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"---") && !line.starts_with(b"%")
    };
    let outermost = head.lines().find(says).map_or(0, indent);
    let has = head.lines().any(|l| indent(l) == outermost && is_version(l.get(outermost..).unwrap_or_default()));
    Confidence::when(has, Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let mut budget = serde_saphyr::Budget::default();
    // Every node takes a few bytes of its own, unless it came through an alias.
    budget.max_nodes = budget.max_nodes.max(text.len() / 2);
    budget.max_events = budget.max_events.max(text.len());
    budget.max_total_scalar_bytes = budget.max_total_scalar_bytes.max(text.len());
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    // YAML 1.2 knows `true` and `false`; `y`, `on` and `no` are texts, and names of packages.
    options.strict_booleans = true;
    let tree: tree::Tree<'_> = serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let message = e.to_string();
        let message = message.lines().next().unwrap_or_default().to_owned();
        let error = if message.contains("budget breached") {
            ParseError::limit("more nodes, aliases or nesting than an SBOM has use for")
        } else {
            ParseError::malformed("YAML").found_words(message)
        };
        match e.location() {
            Some(l) => error.on(l.line(), l.column()).because(e),
            None => error.because(e),
        }
    })?;
    if !tree.root().is_object() {
        return Err(ParseError::malformed("a YAML mapping with spdxVersion").at(0));
    }
    let mut spdx = Spdx::new(text, input.validate);
    let version = tree.root().text_of("spdxVersion").unwrap_or_default();
    let mut document = input.validate.then(|| schema::spdx_json(version)).flatten().map(schema::Document::new);
    if document.is_none() {
        spdx.check = None;
    }
    feed(tree.root(), &mut |piece| {
        if let (Some(document), Some(check)) = (&mut document, &mut spdx.check) {
            document.piece(piece, &mut check.problems);
        }
        spdx.take(piece);
    });
    if let (Some(document), Some(check)) = (document, &mut spdx.check) {
        document.end(&mut check.problems);
    }
    let mut parsed = spdx.finish()?;
    parsed.complete = None;
    Ok(parsed)
}
