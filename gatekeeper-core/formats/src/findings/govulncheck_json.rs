//! `govulncheck -format json` (<https://pkg.go.dev/golang.org/x/vuln/internal/govulncheck>): a stream of messages. One finding is one OSV id at its deepest level, as
//! govulncheck's own SARIF gives it: called → high, imported → medium, required → low. The stream has no end mark: its completeness is not known.
//!
//! Before protocol v1 (2023) a message `vulnerability` said where an id was found; in 2022 there was one document of `Calls`, `Imports`, `Requires` and
//! `Vulns`. Messages gathered in an array are read as a stream.

use super::common::{List, Num, Scalar, Str, aliases, foreign, message, or_default, package, parsed, purl};
use super::rows::{self, present};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Category, Finding, Severity};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "govulncheck-json",
    title: "govulncheck JSON stream",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["govulncheck.json"],
    spec: "govulncheck -format json, protocol v1, https://pkg.go.dev/golang.org/x/vuln/internal/govulncheck",
    producers: &["govulncheck"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = ["", "[]."].iter().any(|at| {
        let has = |p: &str| shape.has(&format!("{at}{p}"));
        let config = has("config.protocol_version") && (has("config.scanner_name") || has("config.db"));
        let before = has("config.version") && has("config.go_version") && (has("progress") || has("vulnerability"));
        config || before || (has("finding.osv") && has("finding.trace"))
    });
    let old = shape.has_all(&["Vulns", "Calls", "Imports", "Requires"]);
    Confidence::when(own || old, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Talk<'a> {
    #[serde(borrow)]
    config: Option<Config<'a>>,
    #[serde(borrow)]
    osv: Option<Osv<'a>>,
    #[serde(borrow)]
    finding: Option<Found<'a>>,
    /// Before protocol v1.
    #[serde(borrow)]
    vulnerability: Option<Vulnerability<'a>>,
    /// The one document of 2022.
    #[serde(borrow, rename = "Vulns", deserialize_with = "present")]
    old: Option<List<Old<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    osv: Osv<'a>,
    #[serde(borrow)]
    modules: List<Module<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Module<'a> {
    #[serde(borrow)]
    path: Str<'a>,
    #[serde(borrow, rename = "found_version")]
    version: Str<'a>,
    #[serde(borrow, rename = "fixed_version")]
    fixed: Str<'a>,
    #[serde(borrow)]
    packages: List<Used<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used<'a> {
    #[serde(borrow, rename = "callstacks")]
    stacks: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Old<'a> {
    #[serde(borrow, deserialize_with = "or_default", rename = "OSV")]
    osv: Osv<'a>,
    #[serde(borrow, rename = "ModPath")]
    module: Str<'a>,
    #[serde(rename = "CallSink")]
    call: Num,
    #[serde(rename = "ImportSink")]
    import: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config<'a> {
    #[serde(borrow, rename = "protocol_version")]
    protocol: Str<'a>,
    /// Both before there was a protocol.
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow, rename = "go_version")]
    go: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Osv<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    summary: Str<'a>,
    #[serde(borrow)]
    details: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    osv: Str<'a>,
    #[serde(borrow, rename = "fixed_version")]
    fixed: Str<'a>,
    #[serde(borrow)]
    trace: List<Frame<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    module: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    package: Scalar<'a>,
    #[serde(borrow)]
    function: Scalar<'a>,
}

/// One message, or an array of them.
enum Talks<'a> {
    One(Box<Talk<'a>>),
    Many(Vec<Talk<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Talks<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Talks<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message of govulncheck")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(talk) = seq.next_element()? {
                    super::room::take::<Talk<'de>, _>(1)?;
                    out.push(talk);
                }
                Ok(Talks::Many(out))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Talk::deserialize(MapAccessDeserializer::new(map)).map(|t| Talks::One(Box::new(t)))
            }
        }
        d.deserialize_any(V)
    }
}

/// What an id's entry says.
struct Text {
    message: Box<str>,
    aliases: Vec<Box<str>>,
}

#[derive(Default)]
struct Reading {
    config: bool,
    /// The document of 2022 or an array: it has an end.
    whole: bool,
    items: Vec<Finding>,
    at: HashMap<Box<str>, usize>,
    texts: HashMap<Box<str>, Text>,
}

impl Reading {
    fn talk(&mut self, talk: &Talk<'_>) -> Result<(), ParseError> {
        if let Some(c) = &talk.config {
            self.config |= c.protocol.get().is_some() || (c.version.get().is_some() && c.go.get().is_some());
            let major = c.protocol.text().trim_start_matches('v').split('.').next().unwrap_or_default();
            if !matches!(major, "" | "0" | "1") {
                return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a protocol version other than v0 and v1")
                    .at(0)
                    .found(c.protocol.text())
                    .in_path("$.config.protocol_version"));
            }
        }
        if let Some(osv) = &talk.osv {
            self.text(osv);
        }
        if let Some(v) = &talk.vulnerability {
            self.text(&v.osv);
            for m in &v.modules.0 {
                let called = m.packages.0.iter().any(|p| !p.stacks.0.is_empty());
                let severity = match (called, m.packages.0.is_empty()) {
                    (true, _) => Severity::High,
                    (false, false) => Severity::Medium,
                    (false, true) => Severity::Low,
                };
                self.found(v.osv.id.text(), severity, [m.path.text(), m.version.text(), m.fixed.text()]);
            }
        }
        if let Some(vulnerabilities) = &talk.old {
            (self.config, self.whole) = (true, true);
            for v in &vulnerabilities.0 {
                self.text(&v.osv);
                let reached = |n: Num| n.0.is_some_and(|n| n > 0);
                let severity = match (reached(v.call), reached(v.import)) {
                    (true, _) => Severity::High,
                    (false, true) => Severity::Medium,
                    (false, false) => Severity::Low,
                };
                self.found(v.osv.id.text(), severity, [v.module.text(), "", ""]);
            }
        }
        let Some(f) = &talk.finding else { return Ok(()) };
        let Some(frame) = f.trace.0.first() else { return Err(ParseError::malformed("a trace in a finding").at(0)) };
        let severity = match (frame.function.get(), frame.package.get()) {
            (Some(_), _) => Severity::High,
            (None, Some(_)) => Severity::Medium,
            (None, None) => Severity::Low,
        };
        self.found(f.osv.text(), severity, [frame.module.text(), frame.version.text(), f.fixed.text()]);
        Ok(())
    }

    fn text(&mut self, osv: &Osv<'_>) {
        let message = message(osv.summary.get().unwrap_or(osv.details.text()));
        let aliases = aliases(osv.id.text(), osv.aliases.0.iter().map(Str::text));
        self.texts.insert(osv.id.text().into(), Text { message, aliases });
    }

    /// An id at one of its levels; module, its version, the fixed one.
    fn found(&mut self, id: &str, severity: Severity, [name, version, fixed]: [&str; 3]) {
        let index = *self.at.entry(id.into()).or_insert_with(|| {
            self.items.push(Finding {
                rule: message(id),
                severity_from: "trace",
                category: Category::Vulnerability,
                url: Some(message(&format!("https://pkg.go.dev/vuln/{id}"))),
                ..Finding::default()
            });
            self.items.len() - 1
        });
        if let Some(item) = self.items.get_mut(index) {
            item.severity = item.severity.max(severity);
            if item.package.is_none() {
                item.package = package(name, version, fixed, purl("golang", name, Some(version)));
            }
        }
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut out = Reading::default();
    rows::documents(input, |talks: Talks<'_>| match talks {
        Talks::One(talk) => out.talk(&talk),
        Talks::Many(talks) => {
            out.whole = true;
            talks.iter().try_for_each(|t| out.talk(t))
        }
    })?;
    if !out.config {
        return Err(foreign("a stream of govulncheck with its config message"));
    }
    for item in &mut out.items {
        if let Some(text) = out.texts.remove(&item.rule) {
            item.message = text.message;
            item.aliases = text.aliases;
        }
    }
    Ok(parsed(out.items, out.whole.then_some(true), "govulncheck", Vec::new()))
}
