//! The output `jsonl`: a line of JSON for each violation (<https://jsonlines.org>), and one for each input that could not be read and that no gate
//! asked for. A verdict without any is an empty document.

use super::document::one_line;
use super::{Output, Style, Writer};
use crate::verdict::{GateStatus, InputProblem, Verdict, Violation};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("jsonl"),
    title: Cow::Borrowed("a line of JSON for each violation"),
    write: Writer::Fixed(write),
};

/// A violation with what it belongs to.
#[derive(Serialize)]
struct Row<'a> {
    gate: &'a str,
    rule: &'a str,
    gate_status: GateStatus,
    blocking: bool,
    #[serde(flatten)]
    violation: &'a Violation,
}

/// An input that could not be read and that no gate asked for.
#[derive(Serialize)]
struct Stray<'a> {
    gate: Option<&'a str>,
    status: GateStatus,
    blocking: bool,
    #[serde(flatten)]
    problem: &'a InputProblem,
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    for gate in &v.gates {
        for violation in &gate.violations {
            let (name, rule) = (gate.name.as_str(), gate.rule.as_str());
            one_line(&Row { gate: name, rule, gate_status: gate.status, blocking: gate.blocking, violation }, out)?;
        }
    }
    for problem in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        one_line(&Stray { gate: None, status: GateStatus::Error, blocking: true, problem }, out)?;
    }
    Ok(())
}
