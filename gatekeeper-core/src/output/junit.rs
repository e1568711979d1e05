//! The output `junit`: each gate a suite, the gate itself and its violations its cases, for everything that shows JUnit XML.
//!
//! What blocks fails: a gate that fails is a failure, one that could not be judged an error. What falls short without blocking is a skipped case
//! with its words, so that nothing that reads this fails where the verdict does not.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("junit"),
    title: Cow::Borrowed("gates and violations as JUnit XML"),
    write: Writer::Fixed(write),
};

/// Characters of a name or message.
const WORDS: usize = 2_000;

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Skipped,
    Failure,
    Error,
}

impl End {
    fn of(status: GateStatus, blocking: bool) -> End {
        match status {
            GateStatus::Pass => End::Passed,
            GateStatus::Skip => End::Skipped,
            _ if !blocking => End::Skipped,
            GateStatus::Fail => End::Failure,
            GateStatus::Warn => End::Skipped,
            GateStatus::Error | GateStatus::Missing | GateStatus::Inconclusive => End::Error,
        }
    }

    fn element(self) -> Option<&'static str> {
        match self {
            End::Passed => None,
            End::Skipped => Some("skipped"),
            End::Failure => Some("failure"),
            End::Error => Some("error"),
        }
    }
}

/// A case, in words that are harmless already.
struct Case {
    name: String,
    class: String,
    end: End,
    kind: String,
    message: String,
    place: Option<(String, Option<u32>)>,
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<(String, Vec<Case>)> = v.gates.iter().map(|g| (words(&g.name), cases(g))).collect();
    let strays: Vec<Case> = v
        .problems
        .iter()
        .filter(|p| p.concerns.is_empty())
        .map(|p| Case {
            name: words(&p.file),
            class: "gatekeeper.evidence".to_owned(),
            end: End::Error,
            kind: p.error.code.as_str().to_owned(),
            message: words(&p.error.message),
            place: None,
        })
        .collect();
    if !strays.is_empty() {
        suites.push(("evidence that could not be read".to_owned(), strays));
    }
    if suites.is_empty() {
        // A document without a case would be taken for a pass by some.
        let end = if v.exit_code == 0 { End::Passed } else { End::Error };
        let case = Case {
            name: "verdict".to_owned(),
            class: "gatekeeper".to_owned(),
            end,
            kind: v.status.as_str().to_owned(),
            message: words(&v.summary),
            place: None,
        };
        suites.push(("verdict".to_owned(), vec![case]));
    }
    let mut xml = quick_xml::Writer::new_with_indent(&mut *out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all: Vec<&Case> = suites.iter().flat_map(|(_, cases)| cases).collect();
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "gatekeeper"));
    counts(&mut root, &all);
    xml.write_event(Event::Start(root))?;
    for (name, cases) in &suites {
        let mut suite = BytesStart::new("testsuite");
        suite.push_attribute(("name", name.as_str()));
        counts(&mut suite, &cases.iter().collect::<Vec<_>>());
        if let Some(now) = v.now.as_deref() {
            suite.push_attribute(("timestamp", words(now).as_str()));
        }
        xml.write_event(Event::Start(suite))?;
        for case in cases {
            write_case(case, &mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writeln!(out)
}

fn counts(element: &mut BytesStart<'_>, cases: &[&Case]) {
    let of = |end: End| cases.iter().filter(|c| c.end == end).count().to_string();
    element.push_attribute(("tests", cases.len().to_string().as_str()));
    element.push_attribute(("failures", of(End::Failure).as_str()));
    element.push_attribute(("errors", of(End::Error).as_str()));
    element.push_attribute(("skipped", of(End::Skipped).as_str()));
}

fn cases(gate: &GateVerdict) -> Vec<Case> {
    let class = words(&format!("gatekeeper.{}", gate.rule));
    let mut out = vec![Case {
        name: words(&gate.name),
        class: class.clone(),
        end: End::of(gate.status, gate.blocking),
        kind: gate.status.as_str().to_owned(),
        message: words(&gate.reason),
        place: None,
    }];
    for v in &gate.violations {
        let id = v.id.as_deref().map(|id| format!("{id}: ")).unwrap_or_default();
        out.push(Case {
            name: words(&format!("{id}{}", v.message)),
            class: words(&format!("gatekeeper.{}.{}", gate.rule, gate.name)),
            end: End::of(v.status, gate.blocking),
            kind: words(&v.code),
            message: words(&v.message),
            place: v.place.as_ref().map(|p| (words(&p.path), p.line)),
        });
    }
    out
}

fn write_case<W: Write>(case: &Case, xml: &mut quick_xml::Writer<W>) -> io::Result<()> {
    let mut element = BytesStart::new("testcase");
    element.push_attribute(("classname", case.class.as_str()));
    element.push_attribute(("name", case.name.as_str()));
    if let Some((file, line)) = &case.place {
        element.push_attribute(("file", file.as_str()));
        if let Some(line) = line {
            element.push_attribute(("line", line.to_string().as_str()));
        }
    }
    let Some(end) = case.end.element() else {
        return xml.write_event(Event::Empty(element));
    };
    xml.write_event(Event::Start(element))?;
    let mut why = BytesStart::new(end);
    why.push_attribute(("message", case.message.as_str()));
    if case.end == End::Skipped {
        xml.write_event(Event::Empty(why))?;
    } else {
        why.push_attribute(("type", case.kind.as_str()));
        xml.write_event(Event::Start(why))?;
        xml.write_event(Event::Text(BytesText::new(&case.message)))?;
        xml.write_event(Event::End(BytesEnd::new(end)))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// Harmless text, in characters that XML may hold.
fn words(text: &str) -> String {
    let short = text::short(text, WORDS);
    text::inert(&short).chars().map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }).collect()
}
