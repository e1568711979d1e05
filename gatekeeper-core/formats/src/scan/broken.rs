//! What is of no known format and yet no stranger either: a document that breaks off, an error page in a report's place. Among files that
//! need not be evidence such a one must not be passed over, as it may be the report that did not arrive whole.

use super::xml;
use gatekeeper_evidence::error::ParseError;

/// Why an unrecognised content cannot be anything whole; `None` where it may be something that is not our business.
pub(crate) fn broken(name: &str, bytes: &[u8]) -> Option<ParseError> {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let file = file.strip_suffix(".gz").unwrap_or(&file);
    let extension = file.rsplit_once('.').map_or("", |(_, e)| e);
    let text = bytes.trim_ascii_start();
    let begins = |word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    let document = matches!(extension, "xml" | "json" | "jsonl" | "ndjson" | "sarif" | "trx");
    if document && (begins("<!doctype html") || begins("<html")) {
        return Some(
            ParseError::malformed(format!("a report, as the name {file} promises")).found_words("an HTML page"),
        );
    }
    if document && bytes.contains(&0) && bytes.iter().all(|b| *b == 0) {
        return Some(ParseError::malformed("a document").at(0).found_words("zero bytes alone"));
    }
    // No document of its sort begins so, whatever it may be of: `{` is a template's, `/` and `#` are comments.
    let (sort, first): (&str, &[u8]) = match extension {
        "xml" | "trx" => ("XML", b"<{"),
        "json" | "jsonl" | "ndjson" | "sarif" => ("JSON", b"{[\"/#-0123456789tfn"),
        _ => ("", b""),
    };
    if document && text.first().is_some_and(|b| !first.contains(b)) {
        let expected = format!("{sort}, as the name {file} promises");
        let found = text.get(..64).unwrap_or(text);
        return Some(ParseError::malformed(expected).at(bytes.len() - text.len()).found(found));
    }
    if begins("{") || begins("[") {
        return json(text).then(|| ends("JSON", bytes));
    }
    let of_xml = matches!(extension, "xml" | "trx") && text.starts_with(b"<");
    if (of_xml || begins("<?xml")) && xml::breaks_off(&String::from_utf8_lossy(text)) {
        let inside = xml::path_at(&String::from_utf8_lossy(text), text.len());
        return Some(ends("XML", bytes).in_path(inside));
    }
    None
}

/// A document that ends too early.
fn ends(what: &str, bytes: &[u8]) -> ParseError {
    let expected = format!("the end of this {what} document");
    ParseError::malformed(expected).at(bytes.len()).found_words("the end of the file")
}

/// Whether JSON ends before it is closed. What has faults elsewhere may be one of its many dialects.
fn json(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|e| e.is_eof())
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn what_breaks_off_is_told_from_what_is_something_else() {
        let yes = [
            ("a.xml", "<?xm"),
            ("a.xml", "<"),
            ("a.xml", "<?xml version=\"1.0\"?><!DOC"),
            ("a.xml", "<?xml version=\"1.0\"?>\n"),
            ("a.xml", "<?xml version=\"1.0\"?><a><b>x</b>"),
            ("a.xml", "<a b=\"c"),
            ("a.xml", "<!-- x"),
            ("a.xml", "<html><body>404</body></html>"),
            ("a.json", "<!DOCTYPE html><p>"),
            ("a.txt", "{\"runs\":[{\"re"),
            ("a.json", "["),
            ("a.json", "\0\0\0\0"),
            ("a.xml", "garbage"),
            ("a.json", "Error: no such file"),
            ("a.sarif", "  \n}"),
        ];
        let no = [
            ("pom.xml", "<project><a/></project>"),
            ("index.html", "<html><br></html>"),
            ("x.svg", "<svg><g></g></svg>"),
            ("a.json", "{\"a\":1}"),
            ("a.json", "{\"a\":1}\n{\"a\":2}\n"),
            ("tsconfig.json", "{ // a comment\n \"a\": 1, }"),
            ("a.log", "[2026-11-21 10:00:00] started"),
            ("a.txt", "<not xml"),
            ("a.png", "\0\0\0"),
            ("a.txt", ""),
        ];
        assert_eq!(yes.map(|(name, text)| broken(name, text.as_bytes()).is_some()), [true; 15]);
        assert_eq!(no.map(|(name, text)| broken(name, text.as_bytes()).is_some()), [false; 10]);
    }
}
