//! The lines of a snapshot as a table: which sections there are, in the file's order, and which keys their lines have. Reader and writer tell lines
//! apart by it, and the JSON schema is made from it.

use serde_json::{Map, Value as Json, json};

/// The lines of a section.
pub(super) struct Line {
    /// The section's name.
    pub(super) section: &'static str,
    what: &'static str,
    /// The keys. The first one tells the line's section, and the writer puts it first.
    keys: &'static [Key],
}

/// A key of a line.
struct Key {
    name: &'static str,
    of: Of,
    needed: bool,
    what: &'static str,
}

/// What a key holds.
#[derive(Clone, Copy)]
enum Of {
    Text,
    Texts,
    /// Two texts.
    Pair,
    Map,
    Count,
    Number,
    Flag,
    Any,
    Word(&'static [&'static str]),
    Counts,
    Metrics,
    Stated,
}

const fn needed(name: &'static str, of: Of, what: &'static str) -> Key {
    Key { name, of, needed: true, what }
}

const fn maybe(name: &'static str, of: Of, what: &'static str) -> Key {
    Key { name, of, needed: false, what }
}

const IN: Key = needed("in", Of::Text, "The id of the evidence that it comes from.");
const N: Key = maybe("n", Of::Count, "How many share all of this line; 1 where it is not said.");
const BETTER: &[&str] = &["lower", "higher"];
const KINDS: &[&str] = &[
    "coverage",
    "tests",
    "findings",
    "inventory",
    "measurements",
    "vex",
    "approvals",
    "commits",
    "checksums",
    "checklist",
    "command",
];
const OUTCOMES: &[&str] = &["passed", "skipped", "errored", "failed"];
const SEVERITIES: &[&str] = &["unknown", "info", "low", "medium", "high", "critical"];

/// The sections, in the file's order.
pub(super) static LINES: [Line; 8] = [
    Line {
        section: "run",
        what: "Something that is said of the run as a whole.",
        keys: &[
            needed("run", Of::Word(&["commit", "tree", "now", "policy", "status", "complete"]), "What is said."),
            needed("is", Of::Any, "Its value."),
        ],
    },
    Line {
        section: "limits",
        what: "A key of the policy that judged; of a list of tables, one of them.",
        keys: &[
            needed("limit", Of::Texts, "The key, part by part."),
            maybe("is", Of::Any, "Its value."),
            maybe("has", Of::Any, "One table of the list."),
        ],
    },
    Line {
        section: "evidence",
        what: "Where entries come from: what a gate's selectors ask of evidence.",
        keys: &[
            needed("evidence", Of::Text, "Its id, which the entries name."),
            needed("kind", Of::Word(KINDS), "The kind."),
            needed("format", Of::Text, "The format."),
            maybe("tool", Of::Text, "The tool."),
            maybe("tools", Of::Texts, "Tools of findings."),
            maybe("name", Of::Text, "The name that the policy gives it."),
            maybe("labels", Of::Map, "Labels."),
            maybe("component", Of::Text, "The policy's component that it lies in."),
            needed("files", Of::Count, "Files of evidence."),
            maybe("looked_for", Of::Texts, "What findings' tools looked for, where they say so."),
            maybe("unlisted", Of::Counts, "Cases that are counted and not listed."),
            maybe("metrics", Of::Metrics, "What coverage measured."),
            maybe("stated", Of::Stated, "Counters of the whole, for what no file has."),
            maybe("percent", Of::Text, "The percentage of the whole as printed, where coverage is only percentages."),
        ],
    },
    Line {
        section: "cases",
        what: "A test case.",
        keys: &[
            needed("case", Of::Pair, "Class or suite, and name."),
            IN,
            needed("outcome", Of::Word(OUTCOMES), "How it ended."),
            maybe("time", Of::Number, "Seconds, of all of them."),
            N,
        ],
    },
    Line {
        section: "files",
        what: "Coverage of a file. Lists are ranges of lines; those that were not covered stand behind `!`.",
        keys: &[
            needed("file", Of::Text, "Its path."),
            IN,
            maybe("lines", Of::Text, "Lines."),
            maybe("branches", Of::Text, "Branches."),
            maybe("line_branches", Of::Text, "Branches that are counted by line."),
            maybe("functions", Of::Text, "Functions."),
            maybe("functions_by_line", Of::Flag, "Whether functions are told apart by their line."),
            maybe("statements", Of::Text, "Statements."),
            maybe("stated", Of::Stated, "Counters for what is not listed."),
            maybe("percent", Of::Text, "As printed, where that is all."),
        ],
    },
    Line {
        section: "findings",
        what: "A finding; neither its message nor what it found.",
        keys: &[
            needed("finding", Of::Text, "Its fingerprint."),
            IN,
            N,
            maybe("rule", Of::Text, "The tool's rule."),
            needed("severity", Of::Word(SEVERITIES), "The severity."),
            needed("category", Of::Text, "The category."),
            maybe("security", Of::Flag, "Whether the severity is a security severity."),
            maybe("path", Of::Text, "The file."),
            maybe("package", Of::Text, "The package."),
            maybe("tool", Of::Text, "The tool."),
        ],
    },
    Line {
        section: "packages",
        what: "A package with its licences.",
        keys: &[
            needed("package", Of::Pair, "Name and version; without one, empty."),
            IN,
            maybe("purl", Of::Text, "Package URL."),
            maybe("expressions", Of::Texts, "SPDX expressions."),
            maybe("names", Of::Texts, "Names of licences."),
            maybe("scope", Of::Text, "The scope."),
        ],
    },
    Line {
        section: "series",
        what: "A measurement with its samples.",
        keys: &[
            needed("series", Of::Text, "The metric."),
            IN,
            maybe("labels", Of::Map, "Labels."),
            maybe("unit", Of::Text, "The unit."),
            maybe("better", Of::Word(BETTER), "Which direction is better."),
            maybe("samples", Of::Texts, "The samples, exactly and in order."),
            maybe("stated", Of::Map, "What the report states of samples that it does not list: statistic and number."),
            maybe("exact", Of::Flag, "Whether the figures are exact."),
            maybe("counter", Of::Flag, "Whether it counts up."),
        ],
    },
];

/// The section of a line, by its first key; `None` where it is of none.
pub(super) fn section(line: &str) -> Option<&'static str> {
    let rest = line.strip_prefix("{\"")?;
    let begins = |l: &&Line| l.keys.first().is_some_and(|k| is_key(rest, k.name));
    LINES.iter().find(begins).map(|l| l.section)
}

fn is_key(rest: &str, name: &str) -> bool {
    rest.strip_prefix(name).is_some_and(|rest| rest.starts_with("\":"))
}

impl Of {
    fn schema(self) -> Json {
        let object = |names: &[&str], of: Json| {
            let properties: Map<String, Json> = names.iter().map(|n| ((*n).to_owned(), of.clone())).collect();
            json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
        };
        let text = json!({ "type": "string" });
        match self {
            Of::Text => text,
            Of::Texts => json!({ "type": "array", "items": text }),
            Of::Pair => json!({ "type": "array", "items": text, "minItems": 2, "maxItems": 2 }),
            Of::Map => json!({ "type": "object", "additionalProperties": text }),
            Of::Count => json!({ "type": "integer", "minimum": 0 }),
            Of::Number => json!({ "type": "number" }),
            Of::Flag => json!({ "type": "boolean" }),
            Of::Any => json!({}),
            Of::Word(words) => json!({ "enum": words }),
            Of::Counts => object(&["passed", "failed", "errored", "skipped", "flaky"], Of::Count.schema()),
            Of::Metrics => object(&["lines", "branches", "functions", "statements"], Of::Flag.schema()),
            Of::Stated => {
                let ratio = object(&["covered", "total"], Of::Count.schema());
                let counter = json!({ "anyOf": [ratio, { "type": "null" }] });
                object(&["lines", "branches", "functions", "statements"], counter)
            }
        }
    }
}

/// The schema (JSON Schema draft-07) of a line of a snapshot: a snapshot is a JSON object a line.
pub fn schema() -> Json {
    let object = |what: &str, keys: &[(&str, Json, bool)]| {
        let properties: Map<String, Json> = keys.iter().map(|(name, of, _)| ((*name).to_owned(), of.clone())).collect();
        let needed: Vec<&str> = keys.iter().filter(|(_, _, needed)| *needed).map(|(name, _, _)| *name).collect();
        json!({ "description": what, "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
    };
    let sections = LINES.each_ref().map(|l| l.section);
    let mut lines = vec![object(
        "The first line.",
        &[
            ("snapshot", json!({ "const": super::VERSION, "description": "Version of this document's shape." }), true),
            ("engine", json!({ "type": "string", "description": "Version of the engine that wrote it." }), true),
        ],
    )];
    for line in &LINES {
        let keys: Vec<(&str, Json, bool)> = line
            .keys
            .iter()
            .map(|k| {
                let mut schema = k.of.schema();
                if let Some(schema) = schema.as_object_mut() {
                    schema.insert("description".to_owned(), Json::from(k.what));
                }
                (k.name, schema, k.needed)
            })
            .collect();
        lines.push(object(&format!("{} Section `{}`.", line.what, line.section), &keys));
    }
    let digest =
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of its sorted lines." });
    lines.push(object(
        "The end of a section.",
        &[
            ("end", json!({ "enum": sections, "description": "The section." }), true),
            ("count", json!({ "type": "integer", "minimum": 0, "description": "How many lines it has." }), true),
            ("sha256", digest, true),
        ],
    ));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A line of a snapshot of gatekeeper",
        "description": "A snapshot is JSON Lines: the first line, the sections' lines, and a line for the end of each section.",
        "oneOf": lines,
    })
}

#[cfg(test)]
mod tests {
    use super::super::entry;
    use super::*;
    use serde::Deserialize;
    use serde::de::value::Error;
    use serde::de::{Deserializer, Error as _, Visitor};

    /// Answers the keys, or the words, that a type reads.
    struct Keys<'k>(&'k mut Vec<&'static str>);

    impl<'de> Deserializer<'de> for Keys<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("only its keys are asked for"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(fields);
            Err(Error::custom("only its keys are asked for"))
        }

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _: &'static str,
            words: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(words);
            Err(Error::custom("only its words are asked for"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map identifier ignored_any
        }
    }

    fn keys<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
        let mut out = Vec::new();
        let _ = T::deserialize(Keys(&mut out));
        out
    }

    fn sample(of: Of) -> Json {
        match of {
            Of::Text => json!("1"),
            Of::Texts => json!(["1"]),
            Of::Pair => json!(["a", "b"]),
            Of::Map => json!({ "median": "1" }),
            Of::Count | Of::Number => json!(1),
            Of::Flag => json!(true),
            Of::Any => json!("x"),
            Of::Word(words) => json!(words.first().unwrap()),
            Of::Counts => json!({ "passed": 1, "failed": 0, "errored": 0, "skipped": 0, "flaky": 0 }),
            Of::Metrics => json!({ "lines": true, "branches": false, "functions": false, "statements": false }),
            Of::Stated => {
                json!({ "lines": { "covered": 1, "total": 2 }, "branches": null, "functions": null, "statements": null })
            }
        }
    }

    #[test]
    fn the_words_are_those_that_are_read() {
        use gatekeeper_evidence::{Kind, findings::Severity, measurements::Better, test_run::Outcome};
        assert_eq!(
            [keys::<Kind>(), keys::<Severity>(), keys::<Outcome>(), keys::<Better>()],
            [KINDS, SEVERITIES, OUTCOMES, BETTER]
        );
    }

    #[test]
    fn the_table_says_what_is_read_and_written() {
        let read = [
            keys::<entry::RunLine>(),
            keys::<entry::Limit>(),
            keys::<entry::Group>(),
            keys::<entry::Case>(),
            keys::<entry::File>(),
            keys::<entry::Finding>(),
            keys::<entry::Package>(),
            keys::<entry::Measured>(),
        ];
        for (line, keys) in LINES.iter().zip(read) {
            assert_eq!(line.keys.iter().map(|k| k.name).collect::<Vec<_>>(), keys, "{}", line.section);
            let first = line.keys[0].name;
            // The first key stands first, which a map of `serde_json` would not keep.
            let text = |without: Option<&str>| {
                let parts = line.keys.iter().filter(|k| Some(k.name) != without);
                let parts: Vec<String> = parts.map(|k| format!("\"{}\":{}", k.name, sample(k.of))).collect();
                format!("{{{}}}", parts.join(","))
            };
            assert_eq!(section(&text(None)), Some(line.section));
            let whole = entry::Entry::read(line.section, &text(None)).unwrap();
            assert_eq!(whole.section(), line.section);
            assert!(whole.line().unwrap().starts_with(&format!("{{\"{first}\":")));
            for key in line.keys {
                let read = entry::Entry::read(line.section, &text(Some(key.name)));
                assert_eq!(read.is_err(), key.needed, "{}: {}", line.section, key.name);
            }
        }
        assert_eq!(section("{\"casein\":1}"), None);
    }
}
