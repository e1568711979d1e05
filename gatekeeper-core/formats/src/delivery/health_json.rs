//! How a service says that it is: Spring Boot's actuator (`components`, before 2.2 `details`), MicroProfile Health (`checks`, a list), ASP.NET Core
//! (`entries`, `results`), the draft of `application/health+json` (`checks`, lists by name), NestJS Terminus (`details`), or the whole alone.
//!
//! Specification: Spring Boot 3 actuator, <https://docs.spring.io/spring-boot/api/rest/actuator/health.html>; MicroProfile Health 4.0; ASP.NET Core health
//! checks; draft-inadarei-api-health-check-06.
//!
//! Each subsystem is a case with its own word; parts of a part are named `db/primary`. Words: up, healthy, pass, passing, ok, success, green; degraded, warn,
//! warning, yellow; down, unhealthy, fail, failed, failing, error, critical, red, out_of_service, unavailable, offline. Any other word is refused: it is no
//! health. An answer that was saved with its headers and has a status of 400 and above is down, whatever its body says.

use super::http;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Detail, Health, HealthState, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "health-json",
    title: "health of a service and its subsystems",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &[],
    spec: "Spring Boot actuator, MicroProfile Health 4.0, ASP.NET Core health checks, draft-inadarei-api-health-check-06",
    producers: &["health"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// Members that hold subsystems.
const PARTS: [&str; 8] =
    ["components", "checks", "entries", "results", "details", "services", "dependencies", "subsystems"];
/// Members that documents of health have beside their status.
const BESIDE: [&str; 14] = [
    "status",
    "version",
    "releaseId",
    "notes",
    "output",
    "serviceId",
    "description",
    "links",
    "timestamp",
    "uptime",
    "totalDuration",
    "duration",
    "groups",
    "name",
];

fn state(word: &str) -> Option<HealthState> {
    const WORDS: [(&str, HealthState); 22] = [
        ("up", HealthState::Up),
        ("healthy", HealthState::Up),
        ("pass", HealthState::Up),
        ("passing", HealthState::Up),
        ("ok", HealthState::Up),
        ("success", HealthState::Up),
        ("green", HealthState::Up),
        ("degraded", HealthState::Degraded),
        ("warn", HealthState::Degraded),
        ("warning", HealthState::Degraded),
        ("yellow", HealthState::Degraded),
        ("down", HealthState::Down),
        ("unhealthy", HealthState::Down),
        ("fail", HealthState::Down),
        ("failed", HealthState::Down),
        ("failing", HealthState::Down),
        ("error", HealthState::Down),
        ("critical", HealthState::Down),
        ("red", HealthState::Down),
        ("outofservice", HealthState::Down),
        ("unavailable", HealthState::Down),
        ("offline", HealthState::Down),
    ];
    let plain: String = word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect::<String>().to_ascii_lowercase();
    WORDS.iter().find(|(w, _)| *w == plain).map(|(_, s)| *s)
}

fn sniff(head: &Head<'_>) -> Confidence {
    if http::is_answer(head.bytes()) {
        let body = http::head(head.bytes()).ok().flatten().and_then(|(_, at)| head.bytes().get(at..));
        return body.map_or(Confidence::No, |body| sniff(&Head::new(head.file_name(), body, body.len())));
    }
    let Some(shape) = head.json().filter(|s| !s.root_is_array && s.documents <= 1) else { return Confidence::No };
    let whole = shape.text("status");
    let part = PARTS.iter().any(|p| {
        let below = format!("{p}.");
        let told =
            |path: &str| path.starts_with(&below) && path.ends_with(".status") || path == format!("{p}[].status");
        shape.paths().any(|(path, value)| {
            told(path) && matches!(value, crate::scan::shape::Value::Text(w) if state(w).is_some())
        })
    });
    match whole {
        Some(word) if part => Confidence::when(state(word).is_some(), Confidence::Likely),
        // A single word is little to go by: it is a health where nothing else stands beside it.
        Some(word) => {
            let alone = shape
                .paths()
                .filter(|(p, _)| !p.contains(['.', '[']))
                .all(|(p, _)| p.is_empty() || BESIDE.contains(&p) || PARTS.contains(&p));
            Confidence::when(alone && state(word).is_some(), Confidence::Weak)
        }
        None => Confidence::No,
    }
}

/// A document, a subsystem, a word.
#[derive(Default)]
struct Node<'a> {
    word: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    parts: Vec<(Option<Cow<'a, str>>, Node<'a>)>,
    /// A word that cannot be one: a number, a list.
    wrong: Option<&'static str>,
    /// Whether it has a list of subsystems with nothing in it.
    hollow: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a health with its `status`")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Node { word: Some(Cow::Borrowed(v)), ..Node::default() })
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Node { word: Some(Cow::Owned(v.to_owned())), ..Node::default() })
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Node { word: Some(Cow::Borrowed(if v { "up" } else { "down" })), ..Node::default() })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Node { wrong: Some("a number"), ..Node::default() })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Node { wrong: Some("a number"), ..Node::default() })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Node { wrong: Some("a number"), ..Node::default() })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node { wrong: Some("null"), ..Node::default() })
    }

    /// Several measurements of one subsystem, each a health.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Node::default();
        while let Some(node) = seq.next_element::<Node<'de>>()? {
            out.parts.push((node.name.clone(), node));
        }
        Ok(out)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut out = Node::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "status" | "state" | "health" | "healthy" if out.word.is_none() => {
                    let node: Node<'de> = map.next_value()?;
                    (out.word, out.wrong) = (node.word, node.wrong.or(out.wrong));
                }
                "name" | "CheckID" => out.name = map.next_value::<Node<'de>>()?.word,
                // Beside subsystems, `details` and `dependencies` may hold anything: only what says how it is counts.
                key if PARTS.contains(&key) => {
                    let free = matches!(key, "details" | "results" | "dependencies" | "services");
                    let group = map.next_value::<Group<'de>>()?.0;
                    out.hollow |= group.is_empty() && !free;
                    for (name, part) in group {
                        if !free
                            || part.tells()
                                && !matches!(part.word.as_deref(), Some(w) if part.parts.is_empty() && part.bare() && state(w).is_none())
                        {
                            out.parts.push((name, part));
                        }
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(out)
    }
}

impl Node<'_> {
    /// Whether it says how it is.
    fn tells(&self) -> bool {
        self.word.is_some() || self.parts.iter().any(|(_, p)| p.tells())
    }

    /// Whether it is a mere word or number, not an object.
    fn bare(&self) -> bool {
        self.name.is_none()
    }
}

/// Subsystems: by name, or in a list.
struct Group<'a>(Vec<(Option<Cow<'a, str>>, Node<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Group<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Group<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("subsystems by name, or a list of them")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Group(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(node) = seq.next_element::<Node<'de>>()? {
                    out.push((node.name.clone(), node));
                }
                Ok(Group(out))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some((name, node)) = map.next_entry()? {
                    out.push((Some(name), node));
                }
                Ok(Group(out))
            }
        }
        d.deserialize_any(V)
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (status, start) =
        http::head(input.bytes)?.map_or((None, 0), |(answered, start)| (Some(answered.status), start));
    let root: Node<'_> = json::from_bytes(input.bytes.get(start..).unwrap_or_default())?;
    let mut health = Health { state: HealthState::Up, ..Health::default() };
    let mut cases = Vec::new();
    for (n, (name, part)) in root.parts.iter().enumerate() {
        let name = name.as_deref().map_or_else(|| format!("{}", n + 1), str::to_owned);
        part_of(&name, part, &mut cases, &mut health)?;
    }
    let parts = health.clone();
    match (&root.word, root.wrong) {
        (_, Some(wrong)) => {
            return Err(ParseError::malformed("a word for `status`").at(0).in_path("$.status").found_words(wrong));
        }
        (Some(word), None) => {
            health.status = word.as_ref().into();
            health.state = known(word, "$")?;
            health.lists_none = root.parts.is_empty() && root.hollow;
            if cases.is_empty() {
                cases.push(case("service", word, health.state, &mut health));
            }
        }
        (None, None) if cases.is_empty() => {
            return Err(ParseError::malformed("a health with its `status`").at(0).found_words("none"));
        }
        (None, None) => health.state = worst(&cases, &parts),
    }
    let mut notes = Vec::new();
    if let Some(status) = status.filter(|s| *s >= 400) {
        if health.state != HealthState::Down {
            notes.push(Note::new(format!("it says {} with HTTP status {status}", health.status)));
        }
        health.state = HealthState::Down;
        if cases.len() == 1 && root.parts.is_empty() {
            health.degraded.clear();
            cases = vec![case("service", root.word.as_deref().unwrap_or_default(), HealthState::Down, &mut health)];
        }
    }
    let suites = vec![Suite { name: "health".into(), cases, ..Suite::default() }];
    let run = TestRun { suites, health: Some(Box::new(health)), ..TestRun::default() };
    Ok(Parsed { tool: Some("health".to_owned()), notes, ..Parsed::new(Data::Tests(run), Some(true)) })
}

/// The worst of what subsystems say.
fn worst(cases: &[Case], health: &Health) -> HealthState {
    let failed = cases.iter().filter(|c| c.status == Outcome::Failed);
    match failed.clone().count() {
        0 => HealthState::Up,
        _ if failed.into_iter().all(|c| health.degraded.contains(&c.name)) => HealthState::Degraded,
        _ => HealthState::Down,
    }
}

fn known(word: &str, path: &str) -> Result<HealthState, ParseError> {
    let wanted = "a word such as UP, DEGRADED or DOWN";
    state(word)
        .ok_or_else(|| ParseError::malformed(wanted).at(0).in_path(format!("{path}.status")).found(word.as_bytes()))
}

/// A subsystem and its own parts.
fn part_of(name: &str, node: &Node<'_>, cases: &mut Vec<Case>, health: &mut Health) -> Result<(), ParseError> {
    if let Some(wrong) = node.wrong {
        return Err(ParseError::malformed("a word for `status`").at(0).in_path(format!("$.{name}")).found_words(wrong));
    }
    for (n, (inner, part)) in node.parts.iter().enumerate() {
        let inner = inner.as_deref().map_or_else(|| format!("{}", n + 1), str::to_owned);
        let inner = if node.word.is_none() && node.parts.len() == 1 && node.parts.iter().all(|p| p.0.is_none()) {
            name.to_owned()
        } else {
            format!("{name}/{inner}")
        };
        part_of(&inner, part, cases, health)?;
    }
    match &node.word {
        Some(word) => {
            let state = known(word, &format!("$.{name}"))?;
            // What its parts say already need not be said of it twice, unless it is worse.
            cases.push(case(name, word, state, health));
            Ok(())
        }
        None if node.parts.is_empty() => {
            let wanted = "a subsystem with its `status`";
            Err(ParseError::malformed(wanted).at(0).in_path(format!("$.{name}")).found_words("none"))
        }
        None => Ok(()),
    }
}

fn case(name: &str, word: &str, state: HealthState, health: &mut Health) -> Case {
    if state == HealthState::Degraded {
        health.degraded.push(name.into());
    }
    let status = if state == HealthState::Up { Outcome::Passed } else { Outcome::Failed };
    let detail = Detail {
        kind: word.into(),
        message: if state == HealthState::Up { "" } else { word }.into(),
        ..Detail::default()
    };
    Case { name: name.into(), status, detail: Some(Box::new(detail)), ..Case::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<(Vec<(String, Outcome)>, Health), ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "h.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Tests(t) => {
                let cases = t.suites[0].cases.iter().map(|c| (c.name.to_string(), c.status)).collect();
                (cases, *t.health.unwrap())
            }
            other => panic!("{other:?}"),
        })
    }

    fn named(text: &str) -> String {
        let (cases, health) = read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let cases: Vec<String> =
            cases.iter().map(|(n, s)| format!("{n}{}", if *s == Outcome::Passed { "+" } else { "-" })).collect();
        format!("{} {:?} {}", cases.join(" "), health.state, health.degraded.len())
    }

    #[test]
    fn each_shape_names_its_subsystems() {
        for (text, said) in [
            (
                r#"{"status":"UP","components":{"db":{"status":"UP","details":{"database":"x","status":7}},"redis":{"status":"DOWN"}}}"#,
                "db+ redis- Up 0",
            ),
            (r#"{"status":"UP","details":{"db":{"status":"UP"},"disk":{"status":"DEGRADED"}}}"#, "db+ disk- Up 1"),
            (
                r#"{"status":"DOWN","checks":[{"name":"disk","status":"UP"},{"name":"x","status":"DOWN","data":{}}]}"#,
                "disk+ x- Down 0",
            ),
            (
                r#"{"status":"Degraded","totalDuration":"1","entries":{"a":{"data":{},"status":"Healthy"},"b":{"status":"Degraded"}}}"#,
                "a+ b- Degraded 1",
            ),
            (
                r#"{"status":"warn","checks":{"db:time":[{"status":"pass"}],"cpu":[{"status":"warn"},{"status":"pass"}]}}"#,
                "db:time+ cpu/1- cpu/2+ Degraded 1",
            ),
            (
                r#"{"status":"ok","info":{"db":{"status":"up"}},"error":{},"details":{"db":{"status":"up"}}}"#,
                "db+ Up 0",
            ),
            (
                r#"{"status":"UP","components":{"db":{"status":"UP","components":{"a":{"status":"UP"},"b":{"status":"OUT_OF_SERVICE"}}}}}"#,
                "db/a+ db/b- db+ Up 0",
            ),
            (r#"{"checks":{"db":"ok","redis":"failed"}}"#, "db+ redis- Down 0"),
            (r#"{"healthy":false}"#, "service- Down 0"),
            (r#"{"status":"UP","components":{}}"#, "service+ Up 0"),
            (r#"{"status":"degraded"}"#, "service- Degraded 1"),
            ("HTTP/1.1 503 x\r\n\r\n{\"status\":\"UP\"}", "service- Down 0"),
            ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"unhealthy\"}", "service- Down 0"),
        ] {
            assert_eq!(named(text), said, "{text}");
        }
    }

    #[test]
    fn words_that_are_not_known_are_no_health() {
        for text in [
            r#"{"status":"UP","components":{"db":{"status":"SIDEWAYS"}}}"#,
            r#"{"status":"UNKNOWN"}"#,
            r#"{"status":1}"#,
            r#"{"status":null,"components":{"db":{"status":"UP"}}}"#,
            r#"{"status":"UP","components":{"db":{}}}"#,
            r#"{"status":"UP","checks":[{"name":"a"}]}"#,
            "{}",
            "[]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
