//! CSV: records of fields, quoted ones with line breaks among them.
//!
//! RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>. A quote that is never closed, or text behind a closing quote, is an error; a line end may be CRLF, LF
//! or CR; empty lines are no records. Bounded: a record has at most 1,000 fields.
//!
//! By hand and not by the crate `csv`: that reads an unclosed quote to the end of the file and takes text behind a closing one, so that a
//! report that was cut off would look whole. What ours accepts, that reads alike: tests hold the two against each other.

use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;

/// Most fields of a record.
const FIELDS: usize = 1_000;

/// Reader of records.
pub(crate) struct Csv<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Csv<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Csv { text, at: 0 }
    }

    /// The next record: where it begins, and its fields in `fields`. `None` at the end.
    pub(crate) fn next(&mut self, fields: &mut Vec<Cow<'a, str>>) -> Result<Option<usize>, ParseError> {
        fields.clear();
        while matches!(self.text.as_bytes().get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let start = self.at;
        loop {
            if fields.len() >= FIELDS {
                return Err(ParseError::limit(format!("more than {FIELDS} fields in a record")).at(self.at));
            }
            fields.push(self.field()?);
            match self.text.as_bytes().get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'\r') => {
                    self.at += if self.text.as_bytes().get(self.at + 1) == Some(&b'\n') { 2 } else { 1 };
                    return Ok(Some(start));
                }
                Some(b'\n') => {
                    self.at += 1;
                    return Ok(Some(start));
                }
                None => return Ok(Some(start)),
                Some(_) => {
                    let found = self.text.get(self.at..).unwrap_or_default();
                    return Err(ParseError::malformed("a comma or a line end behind a quoted field")
                        .at(self.at)
                        .found(found));
                }
            }
        }
    }

    /// The next record below a header of so many fields.
    ///
    /// # Errors
    /// As for [`Csv::next`]; the record has more fields or fewer.
    pub(crate) fn row(&mut self, fields: &mut Vec<Cow<'a, str>>, width: usize) -> Result<Option<usize>, ParseError> {
        let Some(at) = self.next(fields)? else { return Ok(None) };
        if fields.len() != width {
            let expected = format!("{width} fields, as in the header");
            return Err(ParseError::malformed(expected).at(at).found_words(fields.len().to_string()));
        }
        Ok(Some(at))
    }

    fn field(&mut self) -> Result<Cow<'a, str>, ParseError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = memchr::memchr3(b',', b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
            self.at += end;
            return Ok(Cow::Borrowed(rest.get(..end).unwrap_or_default()));
        };
        let mut from = 0;
        let mut doubled = false;
        loop {
            let Some(quote) = quoted.as_bytes().get(from..).and_then(|r| memchr::memchr(b'"', r)).map(|i| from + i)
            else {
                return Err(ParseError::malformed("a closing quote")
                    .at(self.text.len())
                    .found_words("the end of the file"));
            };
            if quoted.as_bytes().get(quote + 1) == Some(&b'"') {
                doubled = true;
                from = quote + 2;
                continue;
            }
            self.at += quote + 2;
            let inner = quoted.get(..quote).unwrap_or_default();
            return Ok(if doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Vec<String>>, ParseError> {
        let mut csv = Csv::new(text);
        let (mut fields, mut out) = (Vec::new(), Vec::new());
        while csv.next(&mut fields)?.is_some() {
            out.push(fields.iter().map(|f| f.to_string()).collect());
        }
        Ok(out)
    }

    #[test]
    fn quoted_fields_hold_anything() {
        let got = all("a,\"b \"\"c\"\", d\ne\",\r\n\n1,,\"\"\n").unwrap();
        assert_eq!(got, [vec!["a", "b \"c\", d\ne", ""], vec!["1", "", ""]]);
    }

    #[test]
    fn the_last_line_may_lack_its_end() {
        assert_eq!(all("a,b").unwrap(), [["a", "b"]]);
        assert!(all("").unwrap().is_empty());
    }

    #[test]
    fn rows_have_the_headers_width() {
        let mut fields = Vec::new();
        let mut of = |text: &'static str| Csv::new(text).row(&mut fields, 2).map_err(|e| e.to_string());
        assert_eq!(of("\na,b"), Ok(Some(1)));
        assert_eq!(of(""), Ok(None));
        for uneven in ["a", "a,b,c"] {
            assert!(of(uneven).unwrap_err().contains("2 fields, as in the header"));
        }
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        assert!(all("a,\"b\nc").is_err());
        assert!(all("\"a\"b,c").is_err());
        assert!(all(&",".repeat(2_000)).is_err());
    }

    /// The records by the crate `csv`, which refuses nothing.
    fn by_another(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// Whether ours accepts the text, or how the two differ in what they read.
    fn compare(text: &str) -> Result<bool, String> {
        let Ok(ours) = all(text) else { return Ok(false) };
        let theirs = by_another(text);
        if ours == theirs { Ok(true) } else { Err(format!("{text:?}: ours {ours:?}, csv {theirs:?}")) }
    }

    #[test]
    fn fixtures_read_as_another_reader_reads_them() {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
        let mut read = 0;
        for folder in std::fs::read_dir(fixtures).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
            for file in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
                if file.extension().is_some_and(|e| e == "csv")
                    && let Ok(text) = std::fs::read_to_string(&file)
                    && compare(text.trim_start_matches('\u{feff}')).unwrap()
                {
                    read += 1;
                }
            }
        }
        assert!(read >= 6, "{read}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]

        /// Whatever ours accepts, another reader reads so too.
        #[test]
        fn what_is_accepted_is_what_another_reader_reads(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "a", "é", " ", ",", ",", "\n", "\r\n", "\r", "\"", "\"\"", "\"b,c\"", "\"d\ne\"", "\"f\"\"g\"",
            ]), 0..12)
        ) {
            if let Err(differs) = compare(&pieces.concat()) {
                proptest::prop_assert!(false, "{differs}");
            }
        }

        /// What another writer writes, ours reads as it was.
        #[test]
        fn what_another_writer_writes_reads_back(
            records in proptest::collection::vec(proptest::collection::vec("[a\", \r\né]{0,5}", 1..4), 0..4)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for record in &records {
                writer.write_record(record).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            proptest::prop_assert_eq!(all(&text).unwrap(), records);
        }
    }
}
