//! The shape of a JSON document's beginning: which member paths occur, for detection. Tolerant of a cut-off end.
//!
//! `{"runs":[{"tool":{"driver":{"name":"x"}}}]}` has the paths `runs`, `runs[]`, `runs[].tool`, `runs[].tool.driver`,
//! `runs[].tool.driver.name`. A root array's members are `[]`, `[].name`; several documents in one file (JSON lines, streams)
//! share the root.

//!
//! How much a report holds must not decide what it is: objects are also used as maps with a member per file or id. So the members of the two
//! upper levels are all read (up to a bound of each kind), what is below them only up to a bound per member of the root and per object.

use std::collections::{BTreeMap, HashMap};

/// Deepest member path that is kept.
const DEPTH: usize = 12;
/// Most members of the root that are kept, and of one of these.
const MOST: usize = 4_000;
/// Most paths that are kept of what is deeper, for one member of the root.
const DEEP: usize = 2_000;
/// Most members of one object that are kept there.
const FEW: usize = 100;
/// Most paths that are kept in all.
const ALL: usize = 16_000;

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
    fits.then(|| {
        let (members, deep) = (HashMap::new(), HashMap::new());
        let (shape, path, top) = (Shape::default(), Vec::new(), String::new());
        Scan { bytes: start, at: 0, shape, path, deeper: 0, members, deep, top }.run()
    })
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    shape: Shape,
    /// Open containers: the path of each, where it is kept, and whether it is an array.
    path: Vec<(Option<String>, bool)>,
    /// How many more are open within the last of these.
    deeper: usize,
    /// How many members are kept, by their object's path.
    members: HashMap<String, usize>,
    /// How many paths are kept of what is deeper than a member of the root's own members, by the root's member.
    deep: HashMap<String, usize>,
    /// The member of the root that is being read.
    top: String,
}

impl<'a> Scan<'a> {
    fn run(mut self) -> Shape {
        let mut key: Option<&'a [u8]> = None;
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'{' | b'[' => {
                    if self.path.is_empty() {
                        self.shape.documents += 1;
                        if self.shape.documents == 1 {
                            self.shape.root_is_array = b == b'[';
                        }
                    }
                    let path = self.keep(key.take(), || if b == b'[' { Value::Array } else { Value::Object });
                    // Of what is too deep to be kept only the depth counts: a run of brackets may be as long as the file.
                    if self.path.len() > DEPTH {
                        self.deeper += 1;
                    } else {
                        self.path.push((path, b == b'['));
                    }
                    self.at += 1;
                }
                b'}' | b']' => {
                    if self.deeper > 0 {
                        self.deeper -= 1;
                    } else {
                        self.path.pop();
                    }
                    key = None;
                    self.at += 1;
                }
                b'"' => {
                    let Some(text) = self.string() else { break };
                    let is_key = self.deeper == 0
                        && matches!(self.path.last(), Some((_, false)))
                        && self.bytes.get(self.at..).unwrap_or_default().trim_ascii_start().first() == Some(&b':');
                    if is_key {
                        key = Some(text);
                    } else {
                        self.keep(key.take(), || Value::Text(lossy(text)));
                    }
                }
                b'0'..=b'9' | b'-' | b't' | b'f' | b'n' => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let len = rest
                        .iter()
                        .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
                        .unwrap_or(rest.len());
                    let word = rest.get(..len.min(40)).unwrap_or_default();
                    self.keep(key.take(), || Value::Other(lossy(word)));
                    self.at += len.max(1);
                }
                _ => self.at += 1,
            }
        }
        self.shape
    }

    /// Keeps a value with this key in the innermost container, the first at its path. The path, where it is kept: what is too deep, or one of
    /// too many, is not, nor is anything in it.
    fn keep(&mut self, key: Option<&[u8]>, value: impl FnOnce() -> Value) -> Option<String> {
        let (parent, is_array) = match self.path.last() {
            None => ("", false),
            Some((parent, is_array)) => (parent.as_deref()?, *is_array),
        };
        let depth = self.path.len();
        if depth > DEPTH || self.deeper > 0 {
            return None;
        }
        let path = match (is_array, key) {
            _ if depth == 0 => String::new(),
            (true, _) => format!("{parent}[]"),
            (false, Some(key)) if parent.is_empty() => lossy(key),
            (false, Some(key)) => format!("{parent}.{}", String::from_utf8_lossy(key)),
            (false, None) => return None,
        };
        if depth == 1 && self.top != path {
            self.top.clone_from(&path);
        }
        if self.shape.paths.contains_key(&path) {
            return Some(path);
        }
        if depth > 1 && self.shape.paths.len() >= ALL {
            return None;
        }
        if depth > 0 {
            let members = self.members.entry(parent.to_owned()).or_default();
            if *members >= if depth > 2 { FEW } else { MOST } {
                return None;
            }
            *members += 1;
        }
        if depth > 2 {
            let deep = self.deep.entry(self.top.clone()).or_default();
            if *deep >= DEEP {
                return None;
            }
            *deep += 1;
        }
        self.shape.paths.insert(path.clone(), value());
        Some(path)
    }

    /// Reads a string from its opening quote; gives at most 200 bytes of it. `None` where it is cut off.
    fn string(&mut self) -> Option<&'a [u8]> {
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
        text.get(..text.len().min(200))
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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
    fn a_map_of_many_members_hides_nothing_behind_it() {
        let member =
            |n: usize| format!("\"./{n}.py\": {{\"loc\": 1, \"S.H\": 0, \"in\": {{\"x\": [1, {{\"y\": 2}}]}}}}");
        for count in [3, 400, 20_000] {
            let all: Vec<String> = (0..count).map(member).collect();
            let map = all.join(",");
            let shape = of(format!(
                "{{\"errors\": [], \"metrics\": {{{map}}}, \"results\": [{{\"id\": \"a\", \"of\": {{{map}}}, \"last\": 1}}]}}"
            )
            .as_bytes())
            .unwrap();
            assert!(shape.has_all(&["errors", "metrics../0.py.loc", "results[].id", "results[].last"]), "{count}");
            assert!(shape.paths().count() <= ALL + MOST, "{count}");
        }
    }

    #[test]
    fn what_is_deep_is_passed_over() {
        let deep = format!("{{\"a\": {}{}, \"b\": {{\"c\": 1}}}}", "[{\"x\":".repeat(1_000), "}]".repeat(1_000));
        let shape = of(deep.as_bytes()).unwrap();
        assert!(shape.has_all(&["a[].x[].x", "b.c"]) && shape.paths().count() < 30);
    }

    #[test]
    fn what_is_no_json_has_no_shape() {
        assert!(of(b"[{<<\"a\">>,1}].").is_some_and(|s| !s.has("a")));
        assert!(of(b"{file, \"x\"}.").is_none());
        assert!(of(b"===> x").is_none());
    }
}
