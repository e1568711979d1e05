//! `rebar.lock`: the dependencies that rebar3 resolved, with their versions or commits.
//!
//! Specification: the code is the specification: `rebar_config.erl` (`consult_lock_file/1`, `write_lock_file/2`) of rebar3,
//! <https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_config.erl>.
//!
//! Without packages of Hex `[{Name, Source, Level}].` alone; else `{"1.2.0", [...]}.` and `[{pkg_hash, …}, {pkg_hash_ext, …}].` behind it.
//! Sources: `{pkg, HexName, Version[, Hash…]}` (`HexName` may differ from the application's name), `{git, Url, {ref, Commit}}`,
//! `{git_subdir, …}`, `{hg, …}` and those of plug-ins. Licences are not in it. `[].` is a project without dependencies.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::consult::{self, Value};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, Inventory};
use gatekeeper_evidence::purl;
use gatekeeper_evidence::{Data, Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "rebar-lock",
    title: "rebar.lock",
    kind: Kind::Inventory,
    extensions: &["lock"],
    places: &["rebar.lock"],
    spec: "rebar3, lock files, https://rebar3.org/docs/configuration/dependencies/#lock-files",
    producers: &["rebar3"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let text = head.trimmed();
    let has = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    // {"1.2.0", [ … or the list alone.
    let list = match text.strip_prefix(b"{\"") {
        Some(rest) => {
            let version = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
            match rest.get(version..).and_then(|r| r.strip_prefix(b"\"")).map(<[u8]>::trim_ascii_start) {
                Some(rest) if version > 0 => rest.strip_prefix(b",").map(<[u8]>::trim_ascii_start),
                _ => None,
            }
        }
        None => Some(text),
    };
    let Some(items) = list.and_then(|l| l.strip_prefix(b"[")).map(<[u8]>::trim_ascii_start) else {
        return Confidence::No;
    };
    if items.starts_with(b"{<<\"") && [&b"{pkg,"[..], b"{git,", b"{git_subdir,", b"{hg,"].into_iter().any(has) {
        return Confidence::Certain;
    }
    // Without dependencies there is nothing in it but the name to tell by.
    let named = head.has_extension("lock");
    let empty = items.starts_with(b"]");
    Confidence::when(named && (empty || items.starts_with(b"{<<\"")) || empty && has(b"{pkg_hash,"), Confidence::Likely)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let terms = consult::read(input.bytes, input.limits)?;
    let mut notes = Vec::new();
    let mut complete = true;
    let (at, locks) = match terms.as_slice() {
        [(at, term @ Value::List(_))] => (*at, term),
        [(at, Value::Tuple(parts)), rest @ ..] => {
            let [Value::Text(version), locks] = parts.as_slice() else {
                return Err(ParseError::malformed("{Version, Locks}").at(*at).found_words("another tuple"));
            };
            if !version.starts_with("1.") {
                notes.push(Note::new(format!("version {version} of the lock file is read as 1.2.0")));
            }
            match rest {
                // rebar3 always writes them: the file was cut between its two terms.
                [] => {
                    complete = false;
                    notes.push(Note::new("no hashes behind the locks"));
                }
                [(_, Value::List(_))] => {}
                [(at, other)] | [(at, other), _, ..] => {
                    return Err(ParseError::malformed("one list of hashes").at(*at).found_words(other.sort()));
                }
            }
            (*at, locks)
        }
        [(at, other), ..] => {
            return Err(ParseError::malformed("a list of locks or {Version, Locks}").at(*at).found_words(other.sort()));
        }
        [] => {
            return Err(ParseError::malformed("a list of locks")
                .at(input.bytes.len())
                .found_words("the end of the file"));
        }
    };
    let locks =
        locks.list().ok_or_else(|| ParseError::malformed("a list of locks").at(at).found_words(locks.sort()))?;
    let mut lines = Places { bytes: input.bytes, at, line: 1, counted: 0 };
    let mut components = Vec::with_capacity(locks.len());
    for (n, lock) in locks.iter().enumerate() {
        let mut component = component(lock).ok_or_else(|| {
            ParseError::malformed("{Name, Source, Level}")
                .at(lines.at)
                .in_path(format!("lock {}", n + 1))
                .found_words(lock.sort())
        })?;
        component.line = lines.next(&component.name);
        components.push(component);
    }
    let inventory = Inventory { components, lock: true, ..Inventory::default() };
    Ok(Parsed { notes, ..Parsed::new(Data::Inventory(inventory), Some(complete)) })
}

fn component(lock: &Value) -> Option<Component> {
    let [name, source, level] = lock.tuple()? else { return None };
    level.int()?;
    let name: Box<str> = match name {
        Value::Binary(_) | Value::Atom(_) => name.text()?.into(),
        _ => return None,
    };
    let (version, purl) = match source.tuple()? {
        [kind, hex, version, ..] if kind.atom() == Some("pkg") => {
            let (hex, version) = (hex.text()?, version.text()?);
            (Some(version.to_string()), Some(purl::write("hex", &hex.to_lowercase(), Some(&version))))
        }
        [kind, url, reference, ..] if kind.atom().is_some() => {
            // {ref, Commit}, {tag, …}, {branch, …}
            let commit = match reference.tuple() {
                Some([_, commit]) => commit.text(),
                _ => reference.text(),
            };
            let purl = url.text().zip(commit.as_deref()).and_then(|(url, commit)| forge(&url, commit));
            (commit.map(|c| c.to_string()), purl)
        }
        [kind, ..] if kind.atom().is_some_and(|k| k != "pkg") => (None, None),
        _ => return None,
    };
    Some(Component {
        name,
        version: version.map(Into::into),
        has_id: purl.is_some(),
        purl: purl.map(Into::into),
        ..Component::default()
    })
}

/// The purl of a repository on a forge that has a purl type of its own.
fn forge(url: &str, commit: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    for (host, kind) in [("github.com", "github"), ("bitbucket.org", "bitbucket")] {
        if let Some(path) = rest.strip_prefix(host) {
            let path = path.trim_start_matches(['/', ':']).trim_end_matches('/');
            let path = path.strip_suffix(".git").unwrap_or(path);
            let (owner, name) = path.split_once('/')?;
            let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            return (plain(owner) && plain(name)).then(|| purl::write(kind, &path.to_lowercase(), Some(commit)));
        }
    }
    None
}

/// Finds the lines that locks stand on: each behind the one before.
struct Places<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    counted: usize,
}

impl Places<'_> {
    fn next(&mut self, name: &str) -> Option<u64> {
        let mark = format!("<<\"{name}\">>");
        let Some(found) = memchr::memmem::find(self.bytes.get(self.at..)?, mark.as_bytes()) else {
            // Spelled in another way: nothing is looked for again, as that could go through the whole file each time.
            self.at = self.bytes.len();
            return None;
        };
        let found = self.at + found;
        let between = memchr::memchr_iter(b'\n', self.bytes.get(self.counted..found)?).count();
        self.line = self.line.saturating_add(u64::try_from(between).ok()?);
        (self.counted, self.at) = (found, found + mark.len());
        Some(self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Vec<Component>, ParseError> {
        let limits = Limits::default();
        let input = Input { name: "x", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Inventory(i) => i.components,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn sources_of_all_kinds() {
        let c = read("{\"1.2.0\",\n[{<<\"a\">>,{pkg,<<\"hex_A\">>,<<\"1.0.0\">>},0},\n {<<\"b\">>,\n  {git,\"git@github.com:Own/b.git\",\n       {ref,\"abc\"}},\n  1},\n {<<\"c\">>,{git_subdir,\"https://github.com/own/c\",{ref,\"d\"},\"sub\"},0},\n {<<\"d\">>,{hg,\"https://example.org/d\",{ref,\"e\"}},0},\n {<<\"e\">>,{own_kind,x},0}]}.\n[{pkg_hash,[]}].\n").unwrap();
        let got: Vec<_> = c.iter().map(|c| (c.version.as_deref(), c.purl.as_deref(), c.line)).collect();
        assert_eq!(
            got,
            [
                (Some("1.0.0"), Some("pkg:hex/hex_a@1.0.0"), Some(2)),
                (Some("abc"), Some("pkg:github/own/b@abc"), Some(3)),
                (Some("d"), Some("pkg:github/own/c@d"), Some(7)),
                (Some("e"), None, Some(8)),
                (None, None, Some(9)),
            ]
        );
    }

    #[test]
    fn no_dependencies_is_an_answer() {
        assert!(read("[].\n").unwrap().is_empty());
        assert!(read("{\"1.2.0\",[]}.\n[{pkg_hash,[]}].").unwrap().is_empty());
    }

    #[test]
    fn cut_or_other_terms_are_refused() {
        for text in [
            "[{<<\"a\">>,{pkg,<<\"a\">>,<<\"1\">>},0}]",
            "[{<<\"a\">>,{pkg,<<\"a\">>,<<\"1\">>}}].",
            "[{<<\"a\">>,{pkg,<<\"a\">>},0}].",
            "[a].",
            "{\"1.2.0\",x}. [].",
            "{\"1.2.0\",[]}. [x]. [].",
            "{\"1.2.0\",[]}. x.",
            "% nothing",
            "a.",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
