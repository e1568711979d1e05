//! Lists of checksums: `sha256sum` and its like (GNU coreutils), BSD's `SHA256 (name) = …` (`sha256sum --tag`, `shasum`, openssl), a bare sum in a file
//! that is named after what it is of (`app.tar.gz.sha256`), each also in OpenPGP's clear-signed text.
//!
//! Specification: GNU coreutils manual, "cksum output modes", <https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html>; BSD
//! digest(1); RFC 9580, cleartext signature framework.
//!
//! - A name with a backslash or a line break in it is escaped, and its line begins with a backslash.
//! - `sha256sum -c` warns of damaged lines and goes on. Here a line that is none is refused: what it named would not be checked.
//! - A file has several sums where several algorithms are used: what only weak ones (MD5, SHA-1) vouch for is refused, as is a file with two different
//!   sums of one algorithm.
//! - Signatures are not checked, which is said.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::checksums::{Algorithm, Checksums, Sum};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "sha256sums",
    title: "checksums of files (SHA-256, SHA-512)",
    kind: Kind::Checksums,
    extensions: &["sha256", "sha512", "sha256sum", "sha512sum", "txt"],
    places: &[],
    spec: "GNU coreutils, https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html; BSD digest(1)",
    producers: &["sha256sum", "shasum"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

const SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

fn sniff(head: &Head<'_>) -> Confidence {
    let mut lines = head.printed().filter(|l| !l.trim_ascii().is_empty() && !l.starts_with(b"#"));
    let Some(first) = lines.next() else { return Confidence::No };
    if first == SIGNED {
        let sums = lines.find(|l| !l.starts_with(b"Hash:"));
        return Confidence::when(sums.is_some_and(|l| line(l).is_ok()), Confidence::Certain);
    }
    match line(first) {
        Ok(Line { algorithm: Some(_), name: Some(_), tagged, .. }) => {
            if tagged {
                Confidence::Certain
            } else {
                Confidence::Likely
            }
        }
        Ok(Line { algorithm: Some(_), name: None, .. }) => {
            Confidence::when(named_after(head.file_name()).is_some(), Confidence::Likely)
        }
        _ => Confidence::No,
    }
}

/// A line that was read.
struct Line {
    /// `None` for an algorithm that proves nothing.
    algorithm: Option<Algorithm>,
    sum: String,
    /// `None` where the line is a bare sum.
    name: Option<String>,
    tagged: bool,
}

/// Reads a line; `Err` says what should have stood there.
fn line(bytes: &[u8]) -> Result<Line, &'static str> {
    const WANTED: &str = "a checksum in hexadecimal digits and a file's name";
    let text = std::str::from_utf8(bytes).map_err(|_| "UTF-8 text")?;
    let (escaped, text) = text.strip_prefix('\\').map_or((false, text), |t| (true, t));
    let name =
        |text: &str| -> Result<String, &'static str> { if escaped { unescape(text) } else { Ok(text.to_owned()) } };
    // `SHA256 (name) = sum`, openssl's `SHA2-256(name)= sum`.
    if let Some((tag, rest)) = text.split_once('(')
        && let Some((inner, sum)) =
            rest.rsplit_once(')').and_then(|(n, s)| Some((n, s.trim_start().strip_prefix('=')?.trim())))
        && !tag.is_empty()
        && tag.trim_end().bytes().all(|b| b.is_ascii_alphanumeric() || b"-/_".contains(&b))
    {
        let algorithm = Algorithm::named(tag.trim_end());
        let digits = algorithm.is_none_or(|a| a.digits() == sum.len());
        if !is_hex(sum) || !digits {
            return Err("a checksum of as many hexadecimal digits as its algorithm has");
        }
        return Ok(Line { algorithm, sum: sum.to_ascii_lowercase(), name: Some(name(inner)?), tagged: true });
    }
    let end = text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len());
    let (sum, rest) = text.split_at_checked(end).ok_or(WANTED)?;
    let algorithm = match sum.len() {
        64 => Some(Algorithm::Sha256),
        128 => Some(Algorithm::Sha512),
        // MD5, SHA-1, SHA-224, SHA-384.
        32 | 40 | 56 | 96 => None,
        _ => return Err(WANTED),
    };
    let sum = sum.to_ascii_lowercase();
    if rest.trim().is_empty() {
        return Ok(Line { algorithm, sum, name: None, tagged: false });
    }
    // A blank, and one that says text or a star that says binary.
    let marked = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *")).or_else(|| rest.strip_prefix('\t'));
    let plain = marked.or_else(|| rest.strip_prefix(' ')).ok_or(WANTED)?;
    if plain.is_empty() {
        return Err(WANTED);
    }
    Ok(Line { algorithm, sum, name: Some(name(plain)?), tagged: false })
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn unescape(text: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                _ => return Err("an escaped name (\\\\, \\n, \\r)"),
            },
            c => c,
        });
    }
    Ok(out)
}

/// What a file of a bare sum is of, by its own name.
fn named_after(file: &str) -> Option<&str> {
    [".sha256", ".sha512", ".sha256sum", ".sha512sum"]
        .iter()
        .find_map(|e| file.strip_suffix(e))
        .filter(|n| !n.is_empty())
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut out = Checksums::default();
    let mut notes = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut weak: HashMap<String, u64> = HashMap::new();
    let signed = input.bytes.trim_ascii_start().starts_with(SIGNED);
    let mut armour = signed;
    let mut ended = !signed;
    let mut number = 0_u64;
    for text in input.bytes.split(|b| *b == b'\n') {
        number = number.saturating_add(1);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let wrong = |wanted: &str| ParseError::malformed(wanted).on_line(number).found(text);
        if armour {
            // Up to the empty line that ends the headers.
            armour = !text.is_empty();
            continue;
        }
        if signed && text.starts_with(b"-----BEGIN PGP SIGNATURE-----") {
            ended = true;
            break;
        }
        // A dash at a line's beginning is escaped there.
        let text = if signed { text.strip_prefix(b"- ").unwrap_or(text) } else { text };
        if text.trim_ascii().is_empty() || text.starts_with(b"#") {
            continue;
        }
        let read = line(text).map_err(wrong)?;
        let name = match read.name.as_deref().or_else(|| named_after(input.file_name())) {
            Some("-") => return Err(wrong("the name of a file, not that of standard input")),
            Some(name) => name.to_owned(),
            None => return Err(wrong("a file's name behind the checksum")),
        };
        let Some(algorithm) = read.algorithm else {
            weak.entry(name).or_insert(number);
            continue;
        };
        let slot = *at.entry(name.clone()).or_insert_with(|| {
            out.files.push(Sum { name: name.as_str().into(), digests: Vec::new(), line: Some(number) });
            out.files.len() - 1
        });
        let Some(file) = out.files.get_mut(slot) else { continue };
        match file.digests.iter().find(|(a, _)| *a == algorithm) {
            Some((_, known)) if **known != *read.sum => {
                return Err(wrong("one checksum for each file: this one has another above"));
            }
            Some(_) => notes.push(Note::at("the same line stands twice", Location::line(number))),
            None => file.digests.push((algorithm, read.sum.into())),
        }
    }
    if let Some(number) = weak.iter().filter(|(name, _)| !at.contains_key(*name)).map(|(_, n)| *n).min() {
        let why = "a checksum of SHA-256 or SHA-512: weaker ones prove nothing";
        return Err(ParseError::malformed(why).on_line(number).found_words("another alone"));
    }
    if !ended {
        return Err(ParseError::malformed("the signature that ends a signed text")
            .on_line(number)
            .found_words("the end of the file"));
    }
    if out.files.is_empty() {
        return Err(ParseError::malformed("checksums").at(0).found_words("none"));
    }
    if signed {
        notes.insert(0, Note::new("signed, and the signature was not checked"));
    }
    notes.truncate(20);
    Ok(Parsed { notes, ..Parsed::new(Data::Checksums(out), None) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn named(name: &str, text: &str) -> Result<Checksums, ParseError> {
        let limits = Limits::default();
        parse(&Input { name, bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true }).map(|p| {
            match p.data {
                Data::Checksums(c) => c,
                other => panic!("{other:?}"),
            }
        })
    }

    fn names(text: &str) -> Vec<String> {
        named("SHA256SUMS", text)
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .files
            .iter()
            .map(|f| f.name.to_string())
            .collect()
    }

    #[test]
    fn each_way_to_write_a_line_is_read() {
        let (a, b) = ("a".repeat(64), "B".repeat(128));
        assert_eq!(names(&format!("{a}  x y\n{a} *z\n{a}\tt\n{a} one\n")), ["x y", "z", "t", "one"]);
        assert_eq!(names(&format!("# c\n\nSHA256 (d/x (1)) = {a}\r\nSHA2-512(y)= {b}\n")), ["d/x (1)", "y"]);
        assert_eq!(names(&format!("\\{a}  a\\\\b\\nc\n")), ["a\\b\nc"]);
        let c = named("SHA256SUMS", &format!("{a}  x\n{b}  x\n{a}  x\nMD5 (x) = {}\n", "c".repeat(32))).unwrap();
        assert_eq!((c.files.len(), c.files[0].digests.len(), c.algorithms().len()), (1, 2, 2));
        assert_eq!(&*c.files[0].digests[1].1, "b".repeat(128));
        assert_eq!(&*named("d/app.tar.gz.sha256", &format!("{a}\n")).unwrap().files[0].name, "app.tar.gz");
        let signed = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{a}  x\n- {a}  y\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n"
        );
        assert_eq!(names(&signed), ["x", "y"]);
        assert!(named("S", signed.split("-----BEGIN PGP SIGNATURE").next().unwrap()).is_err());
    }

    #[test]
    fn what_would_not_be_checked_is_refused() {
        let a = "a".repeat(64);
        for text in [
            format!("{}  x\n", "a".repeat(63)),
            format!("{a}  x\nwhat is this\n"),
            format!("{a}  x\n{}  x\n", "b".repeat(64)),
            format!("{a}  x\n{}  y\n", "b".repeat(32)),
            format!("{a}\n"),
            format!("{a}  -\n"),
            format!("{a}  \n"),
            format!("\\{a}  a\\x\n"),
            format!("SHA512 (x) = {a}\n"),
            format!("SHA256 (x) = {}g\n", "a".repeat(63)),
            "# nothing\n".to_owned(),
        ] {
            assert!(named("SHA256SUMS", &text).is_err(), "{text}");
        }
    }
}
