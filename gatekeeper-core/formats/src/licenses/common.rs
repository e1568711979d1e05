//! What licence lists share: package URLs, licences from fields that hold ids, expressions and free words alike, rows of CSV.

use crate::format::Parsed;
use crate::input::Input;
use crate::scan::csv::Csv;
use gatekeeper_evidence::Data;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, Inventory, License, LicenseForm};
use gatekeeper_evidence::purl;
use gatekeeper_license as license;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// A licence from a field that holds SPDX expressions and free names alike: what parses as an expression is one.
pub(crate) fn license(text: &str) -> License {
    let text = text.trim();
    // An expression is short; a whole licence's text is none.
    if text.len() <= 1_000 && license::parse(text).is_ok() { License::expression(text) } else { License::name(text) }
}

/// What one package states in several places: all of it holds. Left out is what another place says too, or more exactly: `BSD License`
/// beside `BSD-3-Clause`, a part of `MIT OR Apache-2.0`, and words that name no licence beside one that is named, unless they restrict it.
pub(crate) fn together(places: Vec<Vec<License>>) -> Vec<License> {
    enum Said {
        Ids(BTreeSet<String>),
        Family(&'static str),
        Restricts,
        Nothing,
    }
    let said = |l: &License| {
        let spdx = match l.form {
            LicenseForm::Expression => Some(l.text.to_string()),
            LicenseForm::Name => license::name(&l.text),
        };
        if let Some(expression) = spdx.and_then(|text| license::parse(&text).ok()) {
            return Said::Ids(expression.terms().iter().map(ToString::to_string).collect());
        }
        if let Some(family) = license::family_named(&l.text) {
            return Said::Family(family.name());
        }
        let lower = l.text.to_lowercase();
        let restricts = license::no_license(&l.text).is_some() || RESTRICT.iter().any(|w| lower.contains(w));
        if restricts { Said::Restricts } else { Said::Nothing }
    };
    let mut places = places.into_iter().filter(|p| !p.iter().all(License::is_none)).peekable();
    let Some(first) = places.next() else { return Vec::new() };
    if places.peek().is_none() {
        return first;
    }
    let places: Vec<Vec<License>> = std::iter::once(first).chain(places).collect();
    // Each is held against each other: so many that no package states them are all kept.
    if places.iter().map(Vec::len).sum::<usize>() > TOGETHER {
        return places.into_iter().flatten().collect();
    }
    let all: Vec<(usize, License, Said)> = places
        .into_iter()
        .enumerate()
        .flat_map(|(place, list)| list.into_iter().map(move |l| (place, l)))
        .map(|(place, l)| {
            let says = said(&l);
            (place, l, says)
        })
        .collect();
    let kept = |(place, l, says): &(usize, License, Said)| {
        let mut others = all.iter().filter(|o| o.0 != *place);
        let in_family = |name: &str, ids: &BTreeSet<String>| {
            license::family(name).is_some_and(|family| ids.iter().any(|id| family.contains(id)))
        };
        match says {
            Said::Ids(own) => {
                let mut before = BTreeSet::new();
                for (_, _, says) in others.filter(|o| o.0 < *place) {
                    if let Said::Ids(ids) = says {
                        before.extend(ids);
                    }
                }
                !own.iter().all(|id| before.contains(id))
            }
            Said::Family(name) => !others.any(|(at, _, says)| match says {
                Said::Ids(ids) => in_family(name, ids),
                Said::Family(other) => other == name && at < place,
                _ => false,
            }),
            Said::Restricts => !others.any(|(at, o, _)| at < place && o.text == l.text),
            Said::Nothing => {
                !others.any(|(at, o, says)| matches!(says, Said::Ids(_)) || at < place && o.text == l.text)
            }
        }
    };
    let kept: Vec<bool> = all.iter().map(kept).collect();
    all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|((_, l, _), _)| l).collect()
}

/// Most licences of one package that are told from each other.
const TOGETHER: usize = 200;

/// Words that take something away from a licence that stands elsewhere.
const RESTRICT: [&str; 13] = [
    "commercial",
    "proprietary",
    "evaluation",
    "academic",
    "personal",
    "education",
    "internal",
    "restrict",
    "prohibit",
    "confidential",
    "closed",
    "not ",
    "only",
];

/// npm's `license`: a text, `{"type": …}`, or an array of either.
#[derive(Clone)]
pub(crate) struct Licenses(pub(crate) Vec<License>);

impl<'de> Deserialize<'de> for Licenses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Licenses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a licence")
            }

            fn visit_str<E>(self, v: &str) -> Result<Licenses, E> {
                Ok(Licenses(if v.trim().is_empty() { Vec::new() } else { vec![license(v)] }))
            }

            // npm publishes what people write: `true`, `1`. It names no licence.
            fn visit_bool<E>(self, v: bool) -> Result<Licenses, E> {
                Ok(Licenses(vec![License::name(v.to_string())]))
            }

            fn visit_u64<E>(self, v: u64) -> Result<Licenses, E> {
                Ok(Licenses(vec![License::name(v.to_string())]))
            }

            fn visit_i64<E>(self, v: i64) -> Result<Licenses, E> {
                Ok(Licenses(vec![License::name(v.to_string())]))
            }

            fn visit_f64<E>(self, v: f64) -> Result<Licenses, E> {
                Ok(Licenses(vec![License::name(v.to_string())]))
            }

            fn visit_unit<E>(self) -> Result<Licenses, E> {
                Ok(Licenses(Vec::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Licenses, A::Error> {
                let mut found = [const { Vec::new() }; 3];
                while let Some(key) = map.next_key::<Box<str>>()? {
                    let slot = match key.as_ref() {
                        "type" => 0,
                        "name" => 1,
                        "url" => 2,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    let Licenses(stated) = map.next_value()?;
                    if let Some(slot) = found.get_mut(slot) {
                        slot.extend(stated);
                    }
                }
                Ok(Licenses(found.into_iter().find(|stated| !stated.is_empty()).unwrap_or_default()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Licenses, A::Error> {
                let mut out = Vec::new();
                while let Some(Licenses(inner)) = seq.next_element::<Licenses>()? {
                    out.extend(inner);
                }
                Ok(Licenses(out))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// The package URL of a package, as components hold it.
pub(crate) fn purl(kind: &str, name: &str, version: Option<&str>) -> Box<str> {
    purl::write(kind, name, version).into()
}

/// An npm package in the notation `name@version`; the name may begin with `@scope/`.
pub(super) fn npm_key(key: &str) -> Option<(&str, &str)> {
    let at = key.rfind('@').filter(|at| *at > 0)?;
    Some((key.get(..at)?, key.get(at + 1..)?))
}

/// A list as evidence. Such lists have no specification to be held against; `complete` is known where the format has an end mark.
pub(super) fn inventory(tool: &str, components: Vec<Component>, complete: Option<bool>) -> Parsed {
    let inventory = Inventory { components, ..Inventory::default() };
    Parsed { tool: Some(tool.to_owned()), ..Parsed::new(Data::Inventory(inventory), complete) }
}

/// The columns of a CSV's header, in any letter case.
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|n| self.names.iter().position(|c| c == n))
    }
}

/// Reads a CSV with a header; `row` gets the columns, each record's fields and its line. A record with another number of fields is an error: the file breaks off.
pub(super) fn rows<'a>(
    input: &Input<'a>,
    header: impl FnOnce(&Columns) -> Result<(), ParseError>,
    mut row: impl FnMut(&Columns, &[Cow<'a, str>], u64) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let text = input.text()?;
    let mut csv = Csv::new(text);
    let mut fields = Vec::new();
    if csv.next(&mut fields)?.is_none() {
        return Err(ParseError::malformed("a header").at(0).found_words("an empty file"));
    }
    let columns = Columns { names: fields.iter().map(|f| f.trim().to_lowercase()).collect() };
    header(&columns).map_err(|e| e.at(0))?;
    let (mut line, mut counted) = (1_u64, 0);
    while let Some(start) = csv.row(&mut fields, columns.names.len())? {
        line +=
            u64::try_from(memchr::memchr_iter(b'\n', text.as_bytes().get(counted..start).unwrap_or_default()).count())
                .unwrap_or(0);
        counted = start;
        row(&columns, &fields, line)?;
    }
    Ok(())
}

/// The header of a CSV, for detection: lower case, quotes taken off.
pub(super) fn header(bytes: &[u8]) -> Vec<String> {
    let line = bytes.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let text = String::from_utf8_lossy(line.get(..line.len().min(2_000)).unwrap_or_default());
    let mut fields = Vec::new();
    match Csv::new(&text).next(&mut fields) {
        Ok(Some(_)) => fields.iter().map(|f| f.trim().to_lowercase()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::inventory::LicenseForm;

    #[test]
    fn package_urls() {}

    #[test]
    fn expressions_and_names() {
        assert_eq!(license("MIT OR Apache-2.0").form, LicenseForm::Expression);
        assert_eq!(license("(MIT AND Zlib)").form, LicenseForm::Expression);
        assert_eq!(license("BSD License").form, LicenseForm::Name);
        assert_eq!(license("MIT*").form, LicenseForm::Name);
    }

    #[test]
    fn what_several_places_state_all_holds() {
        let of = |places: &[&[&str]]| {
            let places = places.iter().map(|p| p.iter().map(|t| license(t)).collect()).collect();
            together(places).iter().map(|l| l.text.to_string()).collect::<Vec<_>>().join(" & ")
        };
        assert_eq!(of(&[&["MIT"], &["GPL-3.0-only"]]), "MIT & GPL-3.0-only");
        assert_eq!(of(&[&["MIT OR Apache-2.0"], &["Apache Software License", "MIT License"]]), "MIT OR Apache-2.0");
        assert_eq!(of(&[&["BSD License"], &["BSD-3-Clause"]]), "BSD-3-Clause");
        assert_eq!(of(&[&["MIT"], &["BSD License"]]), "MIT & BSD License");
        assert_eq!(of(&[&["as you like"], &["MIT License"]]), "MIT License");
        assert_eq!(of(&[&["MIT License"], &["Proprietary"]]), "MIT License & Proprietary");
        assert_eq!(of(&[&["UNKNOWN"], &["MIT"]]), "MIT");
        assert_eq!(of(&[&["UNKNOWN"]]), "");
    }

    #[test]
    fn npm_keys() {
        assert_eq!(npm_key("@a/b@1.0.0"), Some(("@a/b", "1.0.0")));
        assert_eq!(npm_key("a@1"), Some(("a", "1")));
        assert_eq!(npm_key("@a/b"), None);
    }
}
