//! go-licenses, CSV (`go-licenses csv`, `go-licenses report`).
//!
//! <https://github.com/google/go-licenses>. No header: import path, address of the licence's text, SPDX id of what was recognised in it; `Unknown` for the last two where nothing was.
//! No versions; no end mark, so `complete` is not known.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::csv::Csv;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::Component;

pub(super) static FORMAT: Format = Format {
    id: "go-licenses-csv",
    title: "go-licenses CSV",
    kind: Kind::Inventory,
    extensions: &["csv"],
    places: &["go-licenses.csv", "**/go-licenses*.csv"],
    spec: "go-licenses, https://github.com/google/go-licenses",
    producers: &["go-licenses"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Ok(text) = std::str::from_utf8(head.bytes()) else { return Confidence::No };
    let whole = head.bytes().len() == head.all().len();
    let (mut rows, mut hosts) = (0, 0);
    for line in text.lines().filter(|l| !l.trim().is_empty()).take(5) {
        let fields: Vec<&str> = line.split(',').take(4).collect();
        match fields.as_slice() {
            [path, address, license] if is_path(path) && is_address(address) && !license.contains(' ') => {
                rows += 1;
                hosts += usize::from(has_host(path) || *address != "Unknown");
            }
            // The look, or the file, may end in a line's middle, behind rows that fit.
            _ if rows > 0 && text.ends_with(line) && (!whole || is_path(line)) => {}
            _ => return Confidence::No,
        }
    }
    Confidence::when(hosts > 0, Confidence::Likely)
}

/// An import path. The main module's, and the standard library's, need not begin with a host.
fn is_path(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"./_-~+!".contains(&b);
    !text.is_empty() && text.bytes().all(plain)
}

fn has_host(path: &str) -> bool {
    path.split('/').next().is_some_and(|host| host.contains('.'))
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text == "Unknown"
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let mut csv = Csv::new(text);
    let (mut fields, mut components) = (Vec::new(), Vec::new());
    while let Some(start) = csv.next(&mut fields)? {
        let [path, address, license] = fields.as_slice() else {
            return Err(ParseError::malformed("an import path, an address and a licence")
                .at(start)
                .found_words(format!("{} fields", fields.len())));
        };
        if path.is_empty() || path.contains(' ') || license.is_empty() || !is_address(address) {
            return Err(ParseError::malformed("an import path, an address and a licence")
                .at(start)
                .found(text.get(start..).unwrap_or_default()));
        }
        let line = u64::try_from(components.len()).unwrap_or(u64::MAX).saturating_add(1);
        components.push(Component {
            name: path.as_ref().into(),
            purl: Some(common::purl("golang", &path.to_lowercase(), None)),
            has_id: true,
            licenses: vec![common::license(license)],
            line: Some(line),
            ..Component::default()
        });
    }
    if components.is_empty() {
        return Err(ParseError::malformed("a row").at(0).found_words("none"));
    }
    // The last row's end tells a whole line from one that breaks off.
    if !text.ends_with('\n') {
        return Err(ParseError::malformed("a line end").at(text.len()).found_words("the end of the file"));
    }
    Ok(common::inventory("go-licenses", components, None))
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
    fn rows() {
        let i =
            read("github.com/A/b,https://github.com/A/b/blob/v1/LICENSE,MIT\nexample.org/c,Unknown,Unknown\n").unwrap();
        assert_eq!(i.components[0].purl.as_deref(), Some("pkg:golang/github.com/a/b"));
        assert!(i.components[0].is_licensed() && !i.components[1].is_licensed());
    }

    #[test]
    fn the_main_module_needs_no_host() {
        let of = |text: &str| sniff(&Head::new("x.csv", text.as_bytes(), text.len()));
        let local = "mymodule/pkg,Unknown,MIT\n";
        let other = "github.com/a/b,https://github.com/a/b/blob/HEAD/LICENSE,MIT\n";
        for text in [format!("{local}{other}"), format!("{other}{local}"), "std,https://x.org/LICENSE,MIT\n".to_owned()]
        {
            assert_eq!(of(&text), Confidence::Likely, "{text}");
            assert!(read(&text).is_ok(), "{text}");
        }
        assert_eq!(of(local), Confidence::No);
    }

    #[test]
    fn other_content_is_refused() {
        for bad in ["", "a,b\n", "name,version,license\n", "github.com/a/b,https://x,MI"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
