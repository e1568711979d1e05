//! pip-licenses, CSV (`pip-licenses --format=csv`). Columns and their meaning: `pip_licenses.rs`.
//!
//! Fields are quoted and hold line breaks. The format has no end mark: whether the last rows are missing cannot be told, so `complete` is not known.

use super::{common, pip_licenses};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;

pub(super) static FORMAT: Format = Format {
    id: "pip-licenses-csv",
    title: "pip-licenses CSV",
    kind: Kind::Inventory,
    extensions: &["csv"],
    places: &["pip-licenses.csv", "**/pip-licenses*.csv"],
    spec: "pip-licenses, https://github.com/raimon49/pip-licenses",
    producers: &["pip-licenses"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let columns = common::header(head.header());
    let has = |c: &str| columns.iter().any(|n| n == c);
    // Its columns are in capitals; "name" and "license" are anybody's.
    let line = head.header();
    let own = line.get(..line.len().min(2_000)).unwrap_or_default().windows(4).any(|w| w == b"Name");
    Confidence::when(own && has("name") && pip_licenses::LICENSES.iter().any(|c| has(c)), Confidence::Likely)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut components = Vec::new();
    common::rows(
        input,
        |columns| {
            if columns.find(&["name"]).is_none() || columns.find(&pip_licenses::LICENSES).is_none() {
                return Err(ParseError::malformed("the columns Name and License").found_words("others"));
            }
            Ok(())
        },
        |columns, fields, line| {
            let get = |name: &str| columns.find(&[name]).and_then(|at| fields.get(at)).map(AsRef::as_ref);
            let stated = pip_licenses::LICENSES.map(get);
            components.push(pip_licenses::component(
                get("name").unwrap_or_default(),
                get("version"),
                stated,
                Some(line),
            ));
            Ok(())
        },
    )?;
    Ok(common::inventory("pip-licenses", components, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::inventory::Inventory;

    fn read(text: &str) -> Result<Inventory, ParseError> {
        testing::inventory(parse, text)
    }

    #[test]
    fn rows_with_line_breaks() {
        let i = read("\"Name\",\"Version\",\"License\"\n\"A_b\",\"1\",\"MIT License; BSD License\"\n\"c\",\"2\",\"A text;\nof two; lines\"\n\"d\",\"3\",\"UNKNOWN\"\n")
            .unwrap();
        assert_eq!(i.components.len(), 3);
        assert_eq!(i.components[0].purl.as_deref(), Some("pkg:pypi/a-b@1"));
        assert_eq!((i.components[0].licenses.len(), i.components[1].licenses.len()), (2, 1));
        assert_eq!((i.components[1].line, i.components[2].line), (Some(3), Some(5)));
        assert!(!i.components[2].is_licensed());
    }

    #[test]
    fn what_breaks_off_is_refused() {
        for bad in [
            "\"Name\",\"Version\",\"License\"\n\"a\",\"1\"\n",
            "\"Name\",\"Version\",\"License\"\n\"a\",\"1\",\"MI",
            "a,b\n1,2\n",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
