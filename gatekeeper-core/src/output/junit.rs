//! The output `junit`: each gate a suite, the gate itself and its violations its cases, for everything that shows JUnit XML.
//!
//! What blocks fails: a gate that fails is a failure, one that could not be judged an error. What falls short without blocking is a skipped case
//! with its words, so that nothing that reads this fails where the verdict does not.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, InputProblem, Verdict};
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

/// A case, in words that are harmless already: made only while it is written.
struct Case<'v> {
    name: Cow<'v, str>,
    class: &'v str,
    end: End,
    kind: Cow<'v, str>,
    message: Cow<'v, str>,
    place: Option<(Cow<'v, str>, Option<u32>)>,
}

/// How many cases there are, and how they end.
#[derive(Default, Clone, Copy)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(ends: impl Iterator<Item = End>) -> Counts {
        let mut out = Counts::default();
        for end in ends {
            out.tests += 1;
            match end {
                End::Passed => {}
                End::Skipped => out.skipped += 1,
                End::Failure => out.failures += 1,
                End::Error => out.errors += 1,
            }
        }
        out
    }

    fn and(self, other: Counts) -> Counts {
        Counts {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }

    fn put(self, element: &mut BytesStart<'_>) {
        let all =
            [("tests", self.tests), ("failures", self.failures), ("errors", self.errors), ("skipped", self.skipped)];
        for (name, n) in all {
            element.push_attribute((name, n.to_string().as_str()));
        }
    }
}

type Xml<'o> = quick_xml::Writer<io::BufWriter<&'o mut dyn Write>>;

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let gates: Vec<(&GateVerdict, Counts)> = v.gates.iter().map(|g| (g, Counts::of(ends(g)))).collect();
    let strays: Vec<&InputProblem> = v.problems.iter().filter(|p| p.concerns.is_empty()).collect();
    let unread = Counts::of(strays.iter().map(|_| End::Error));
    // A document without a case would be taken for a pass by some.
    let nothing = gates.is_empty() && strays.is_empty();
    let whole = if v.exit_code == 0 { End::Passed } else { End::Error };
    let alone = Counts::of(nothing.then_some(whole).into_iter());
    let all = gates.iter().fold(unread.and(alone), |all, (_, counts)| all.and(*counts));

    let buffered = io::BufWriter::with_capacity(1 << 16, out);
    let mut xml = quick_xml::Writer::new_with_indent(buffered, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "gatekeeper"));
    all.put(&mut root);
    xml.write_event(Event::Start(root))?;
    for (gate, counts) in &gates {
        suite(v, &words(&gate.name), *counts, &mut xml)?;
        gate_cases(gate, &mut xml)?;
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    if !strays.is_empty() {
        suite(v, "evidence that could not be read", unread, &mut xml)?;
        for p in strays {
            let case = Case {
                name: words(&p.file),
                class: "gatekeeper.evidence",
                end: End::Error,
                kind: Cow::Borrowed(p.error.code.as_str()),
                message: words(&p.error.message),
                place: None,
            };
            write_case(&case, &mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    if nothing {
        suite(v, "verdict", alone, &mut xml)?;
        let case = Case {
            name: Cow::Borrowed("verdict"),
            class: "gatekeeper",
            end: whole,
            kind: Cow::Borrowed(v.status.as_str()),
            message: words(&v.summary),
            place: None,
        };
        write_case(&case, &mut xml)?;
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut out = xml.into_inner();
    out.write_all(b"\n")?;
    out.flush()
}

fn suite(v: &Verdict, name: &str, counts: Counts, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut suite = BytesStart::new("testsuite");
    suite.push_attribute(("name", name));
    counts.put(&mut suite);
    if let Some(now) = v.now.as_deref() {
        suite.push_attribute(("timestamp", &*words(now)));
    }
    xml.write_event(Event::Start(suite))
}

/// How the cases of a gate end: its own, and one for each violation.
fn ends(gate: &GateVerdict) -> impl Iterator<Item = End> {
    let own = End::of(gate.status, gate.blocking);
    std::iter::once(own).chain(gate.violations.iter().map(|v| End::of(v.status, gate.blocking)))
}

fn gate_cases(gate: &GateVerdict, xml: &mut Xml<'_>) -> io::Result<()> {
    let class = format!("gatekeeper.{}", gate.rule);
    let case = Case {
        name: words(&gate.name),
        class: &words(&class),
        end: End::of(gate.status, gate.blocking),
        kind: Cow::Borrowed(gate.status.as_str()),
        message: words(&gate.reason),
        place: None,
    };
    write_case(&case, xml)?;
    let class = format!("gatekeeper.{}.{}", gate.rule, gate.name);
    let class = words(&class);
    for v in &gate.violations {
        let named = v.id.as_deref().map(|id| format!("{id}: {}", v.message));
        let case = Case {
            name: words(named.as_deref().unwrap_or(&v.message)),
            class: &class,
            end: End::of(v.status, gate.blocking),
            kind: words(&v.code),
            message: words(&v.message),
            place: v.place.as_ref().map(|p| (words(&p.path), p.line)),
        };
        write_case(&case, xml)?;
    }
    Ok(())
}

fn write_case(case: &Case<'_>, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut element = BytesStart::new("testcase");
    element.push_attribute(("classname", case.class));
    element.push_attribute(("name", &*case.name));
    if let Some((file, line)) = &case.place {
        element.push_attribute(("file", &**file));
        if let Some(line) = line {
            element.push_attribute(("line", line.to_string().as_str()));
        }
    }
    let Some(end) = case.end.element() else {
        return xml.write_event(Event::Empty(element));
    };
    xml.write_event(Event::Start(element))?;
    let mut why = BytesStart::new(end);
    why.push_attribute(("message", &*case.message));
    if case.end == End::Skipped {
        xml.write_event(Event::Empty(why))?;
    } else {
        why.push_attribute(("type", &*case.kind));
        xml.write_event(Event::Start(why))?;
        xml.write_event(Event::Text(BytesText::new(&case.message)))?;
        xml.write_event(Event::End(BytesEnd::new(end)))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// Harmless text, in characters that XML may hold.
fn words(text: &str) -> Cow<'_, str> {
    let short = text::shown(text, WORDS);
    if let (Cow::Borrowed(short), Cow::Borrowed(_)) = (&short, text::inert(&short))
        && !short.contains(['\u{fffe}', '\u{ffff}'])
    {
        return Cow::Borrowed(short);
    }
    let allowed = |c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c };
    Cow::Owned(text::inert(&short).chars().map(allowed).collect())
}
