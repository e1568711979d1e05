//! The shape of a JSON document's beginning: which member paths occur, for detection. Tolerant of a cut-off end.
//!
//! `{"runs":[{"tool":{"driver":{"name":"x"}}}]}` has the paths `runs`, `runs[]`, `runs[].tool`, `runs[].tool.driver`,
//! `runs[].tool.driver.name`. A root array's members are `[]`, `[].name`; several documents in one file (JSON lines, streams)
//! share the root.

use std::collections::BTreeMap;

/// Deepest member path that is kept.
const DEPTH: usize = 6;
/// Most paths that are kept.
const MOST: usize = 4_000;

/// What stands at a path: the first of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Object,
    Array,
    Text(String),
    /// A number, `true`, `false` or `null`, as written.
    Other(String),
}

/// The paths of a document's beginning.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    paths: BTreeMap<String, Value>,
    /// How many documents stand one behind the other (JSON lines or a stream), as far as was looked.
    pub documents: usize,
    /// Whether the root is an array.
    pub root_is_array: bool,
}

impl Shape {
    /// Whether a path occurs.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.contains_key(path)
    }

    /// Whether all of some paths occur.
    pub(crate) fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|p| self.has(p))
    }

    /// The first text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        match self.paths.get(path) {
            Some(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    /// What stands first at a path.
    pub(crate) fn value(&self, path: &str) -> Option<&Value> {
        self.paths.get(path)
    }

    /// All paths, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.paths.iter().map(|(p, v)| (p.as_str(), v))
    }
}

/// The shape of some bytes; `None` where they do not begin as a JSON object or array does.
pub(crate) fn of(bytes: &[u8]) -> Option<Shape> {
    let start = bytes.trim_ascii_start();
    if !matches!(start.first(), Some(b'{' | b'[')) {
        return None;
    }
    // An Erlang list or an INI section begins with `[` too: the next character tells.
    let second = start.get(1..).unwrap_or_default().trim_ascii_start().first();
    let fits = match start.first() {
        Some(b'{') => matches!(second, Some(b'"' | b'}') | None),
        _ => matches!(second, Some(b'{' | b'[' | b']' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') | None),
    };
    fits.then(|| Scan { bytes: start, at: 0, shape: Shape::default(), path: Vec::new() }.run())
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    shape: Shape,
    /// Open containers: the path of each, and whether it is an array.
    path: Vec<(Option<String>, bool)>,
}

impl Scan<'_> {
    fn run(mut self) -> Shape {
        let mut key: Option<String> = None;
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'{' | b'[' => {
                    if self.path.is_empty() {
                        self.shape.documents += 1;
                        if self.shape.documents == 1 {
                            self.shape.root_is_array = b == b'[';
                        }
                    }
                    let path = self.place(key.take());
                    self.note(path.as_deref(), || if b == b'[' { Value::Array } else { Value::Object });
                    self.path.push((path, b == b'['));
                    self.at += 1;
                }
                b'}' | b']' => {
                    self.path.pop();
                    key = None;
                    self.at += 1;
                }
                b'"' => {
                    let Some(text) = self.string() else { break };
                    let is_key = matches!(self.path.last(), Some((_, false)))
                        && self.bytes.get(self.at..).unwrap_or_default().trim_ascii_start().first() == Some(&b':');
                    if is_key {
                        key = Some(text);
                    } else {
                        let path = self.place(key.take());
                        self.note(path.as_deref(), || Value::Text(text));
                    }
                }
                b'0'..=b'9' | b'-' | b't' | b'f' | b'n' => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let len = rest
                        .iter()
                        .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
                        .unwrap_or(rest.len());
                    let word = String::from_utf8_lossy(rest.get(..len.min(40)).unwrap_or_default()).into_owned();
                    let path = self.place(key.take());
                    self.note(path.as_deref(), || Value::Other(word));
                    self.at += len.max(1);
                }
                _ => self.at += 1,
            }
            if self.shape.paths.len() >= MOST {
                break;
            }
        }
        self.shape
    }

    /// The path of a value with this key in the innermost container; `None` too deep.
    fn place(&self, key: Option<String>) -> Option<String> {
        let Some((parent, is_array)) = self.path.last() else { return Some(String::new()) };
        if self.path.len() > DEPTH {
            return None;
        }
        let parent = parent.as_deref()?;
        Some(match (is_array, key) {
            (true, _) => format!("{parent}[]"),
            (false, Some(key)) if parent.is_empty() => key,
            (false, Some(key)) => format!("{parent}.{key}"),
            (false, None) => return None,
        })
    }

    fn note(&mut self, path: Option<&str>, value: impl FnOnce() -> Value) {
        if let Some(path) = path
            && !self.shape.paths.contains_key(path)
        {
            self.shape.paths.insert(path.to_owned(), value());
        }
    }

    /// Reads a string from its opening quote; keeps at most 200 bytes of it. `None` where it is cut off.
    fn string(&mut self) -> Option<String> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            let rest = self.bytes.get(at..)?;
            at += memchr::memchr2(b'"', b'\\', rest)?;
            match self.bytes.get(at)? {
                b'"' => break,
                _ => at += 2,
            }
        }
        let text = self.bytes.get(start..at)?;
        self.at = at + 1;
        Some(String::from_utf8_lossy(text.get(..text.len().min(200))?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_cut_document() {
        let shape =
            of(br#" {"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"ruleId":"a"},{"le"#)
                .unwrap();
        assert!(shape.has_all(&["version", "runs[].tool.driver.name", "runs[].results[].ruleId"]));
        assert_eq!(shape.text("version"), Some("2.1.0"));
        assert_eq!(shape.documents, 1);
    }

    #[test]
    fn lines_of_json_are_documents() {
        let shape = of(b"{\"a\":1}\n{\"b\":[true]}\n").unwrap();
        assert_eq!(shape.documents, 2);
        assert_eq!(shape.value("b[]"), Some(&Value::Other("true".into())));
    }

    #[test]
    fn what_is_no_json_has_no_shape() {
        assert!(of(b"[{<<\"a\">>,1}].").is_some_and(|s| !s.has("a")));
        assert!(of(b"{file, \"x\"}.").is_none());
        assert!(of(b"===> x").is_none());
    }
}
