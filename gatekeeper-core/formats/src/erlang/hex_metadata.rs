//! Hex package metadata: `hex_metadata.config`, which every package of hex.pm has and its unpacked folder keeps.
//!
//! Specification: Hex, "Package metadata", <https://github.com/hexpm/specifications/blob/main/package_metadata.md>.
//! Producers: hex_core (rebar3), mix, gleam.
//!
//! Erlang terms `{<<"key">>, Value}.`; values are binaries, which a writer may print as text, as text with `/utf8` or as a list of
//! bytes. The inventory is the package itself, with its licences as stated (SPDX ids by today's rules, anything in old packages); its
//! requirements have version ranges, not versions, and are no components. Keys are sorted by hex_core and not by mix, so a file that
//! was cut between two terms shows in that a key is missing that every package has: name and version.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::consult::{self, Value};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, Inventory, License};
use gatekeeper_evidence::purl;
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashSet;

pub(super) static FORMAT: Format = Format {
    id: "hex-metadata",
    title: "Hex package metadata",
    kind: Kind::Inventory,
    extensions: &["config"],
    places: &[
        "_build/default/lib/*/hex_metadata.config",
        "_build/default/plugins/*/hex_metadata.config",
        "deps/*/hex_metadata.config",
    ],
    spec: "Hex package metadata, https://github.com/hexpm/specifications/blob/main/package_metadata.md",
    producers: &["rebar3", "mix", "gleam"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// Keys that say what kind of file it is.
const KEYS: &[&str] = &[
    "app",
    "build_tools",
    "description",
    "elixir",
    "extra",
    "files",
    "licenses",
    "links",
    "name",
    "requirements",
    "version",
];

fn sniff(head: &Head<'_>) -> Confidence {
    let mut found = 0;
    for line in head.printed() {
        let Some(rest) = line.strip_prefix(b"{<<\"") else { continue };
        let key = rest.split(|b| *b == b'"').next().unwrap_or_default();
        let behind = rest.get(key.len()..).unwrap_or_default();
        if behind.starts_with(b"\">>,") && KEYS.iter().any(|k| k.as_bytes() == key) {
            found += 1;
        }
    }
    match found {
        0 => Confidence::No,
        1 => Confidence::Likely,
        _ => Confidence::Certain,
    }
}

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut component = Component::default();
    let mut app = None;
    let mut notes = Vec::new();
    let mut seen = HashSet::new();
    for (at, term) in consult::read(input.bytes, input.limits)? {
        let Some([key, value]) = term.tuple() else {
            return Err(ParseError::malformed("{<<\"key\">>, Value}").at(at).found_words(term.sort()));
        };
        let Value::Binary(_) = key else {
            return Err(ParseError::malformed("a binary as key").at(at).found_words(key.sort()));
        };
        let key = key.text().unwrap_or_default().into_owned();
        if seen.contains(&key) {
            return Err(ParseError::malformed("each key once").at(at).found(&key));
        }
        let wrong = |expected: &str| {
            let error = ParseError::malformed(expected).at(at).in_path(key.as_str());
            error.found_words(value.sort())
        };
        match key.as_str() {
            "app" => app = Some(text(value).ok_or_else(|| wrong("a name"))?),
            "name" => component.name = text(value).ok_or_else(|| wrong("a name"))?,
            "version" => component.version = Some(text(value).ok_or_else(|| wrong("a version"))?),
            "licenses" => {
                for license in value.list().ok_or_else(|| wrong("a list of licences"))? {
                    let license = text(license).ok_or_else(|| wrong("licences as binaries"))?;
                    component.licenses.push(License::name(license));
                }
            }
            "requirements" if value.list().is_none() && !matches!(value, Value::Map(_)) => {
                return Err(wrong("a list of requirements"));
            }
            _ => {}
        }
        seen.insert(key);
    }
    if component.name.is_empty() {
        component.name = app.filter(|a| !a.is_empty()).ok_or_else(|| missing(input, "name"))?;
        notes.push(Note::new("no name: the application's is taken"));
    }
    let version = component.version.as_deref().ok_or_else(|| missing(input, "version"))?;
    component.purl = Some(purl::write("hex", &component.name.to_lowercase(), Some(version)).into());
    component.has_id = true;
    component.line = Some(1);
    let inventory = Inventory { components: vec![component], ..Inventory::default() };
    Ok(Parsed { notes, ..Parsed::new(Data::Inventory(inventory), Some(true)) })
}

fn missing(input: &Input<'_>, key: &str) -> ParseError {
    ParseError::malformed(format!("{{<<\"{key}\">>, …}}")).at(input.bytes.len()).found_words("the end of the file")
}

fn text(value: &Value) -> Option<Box<str>> {
    matches!(value, Value::Binary(_) | Value::Text(_)).then(|| value.text().unwrap_or_default().trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Component, ParseError> {
        let limits = Limits::default();
        let input = Input { name: "x", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Inventory(mut i) => i.components.remove(0),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn names_and_licences_in_all_spellings() {
        let c = read("{<<\"name\">>,<<\"My_lib\">>}.\n{<<\"licenses\">>,[<<\"MIT\">>,<<\"Licen\u{e7}a\"/utf8>>,\n <<65,112,97,99,104,101>>]}.\n{<<\"requirements\">>,#{}}.\n{<<\"version\">>,<<\"1.0.0-rc.1\">>}.\n").unwrap();
        assert_eq!(c.purl.as_deref(), Some("pkg:hex/my_lib@1.0.0-rc.1"));
        let licenses: Vec<_> = c.licenses.iter().map(|l| l.text.as_ref()).collect();
        assert_eq!(licenses, ["MIT", "Licença", "Apache"]);
        assert!(read("{<<\"app\">>,<<\"a\">>}. {<<\"version\">>,<<\"1\">>}.").is_ok());
        assert!(
            !read("{<<\"name\">>,<<\"a\">>}. {<<\"licenses\">>,[]}. {<<\"version\">>,<<\"1\">>}.")
                .unwrap()
                .is_licensed()
        );
    }

    #[test]
    fn cut_repeated_or_wrong_terms_are_refused() {
        for text in [
            "{<<\"name\">>,<<\"a\">>}.",
            "{<<\"version\">>,<<\"1\">>}.",
            "{<<\"name\">>,<<\"a\">>}. {<<\"version\">>,<<\"1\">>}",
            "{<<\"name\">>,<<\"a\">>}. {<<\"name\">>,<<\"b\">>}. {<<\"version\">>,<<\"1\">>}.",
            "{<<\"name\">>,<<\"a\">>}. {<<\"licenses\">>,<<\"MIT\">>}. {<<\"version\">>,<<\"1\">>}.",
            "{name,<<\"a\">>}. {<<\"version\">>,<<\"1\">>}.",
            "[a].",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
