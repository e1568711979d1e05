//! Reading in the formats' tests: a text through a reader, and the kind of evidence that it gives.

use crate::format::Parsed;
use crate::input::{Input, Limits};
use gatekeeper_evidence::Data;
use gatekeeper_evidence::approvals::Approvals;
use gatekeeper_evidence::coverage::Coverage;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::Findings;
use gatekeeper_evidence::inventory::Inventory;
use gatekeeper_evidence::test_run::TestRun;

/// A format's reader.
type Parse = fn(&Input<'_>) -> Result<Parsed, ParseError>;

fn read(parse: Parse, text: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    parse(&Input { name: "report", bytes: text.as_bytes(), limits: &limits, exit_status, validate: false })
}

pub(crate) fn coverage(parse: Parse, text: &str) -> Result<Coverage, ParseError> {
    let Data::Coverage(c) = read(parse, text, None)?.data else { panic!("no coverage") };
    Ok(c)
}

/// The run, and whether it is complete.
pub(crate) fn tests(parse: Parse, text: &str, exit_status: Option<i32>) -> Result<(TestRun, Option<bool>), ParseError> {
    let parsed = read(parse, text, exit_status)?;
    let Data::Tests(run) = parsed.data else { panic!("no tests") };
    Ok((run, parsed.complete))
}

/// The findings, and whether they are complete.
pub(crate) fn findings(
    parse: Parse,
    text: &str,
    exit_status: Option<i32>,
) -> Result<(Findings, Option<bool>), ParseError> {
    let parsed = read(parse, text, exit_status)?;
    let Data::Findings(found) = parsed.data else { panic!("no findings") };
    Ok((found, parsed.complete))
}

pub(crate) fn inventory(parse: Parse, text: &str) -> Result<Inventory, ParseError> {
    let Data::Inventory(i) = read(parse, text, None)?.data else { panic!("no inventory") };
    Ok(i)
}

pub(crate) fn approvals(parse: Parse, text: &str) -> Result<Approvals, ParseError> {
    let Data::Approvals(a) = read(parse, text, None)?.data else { panic!("no approvals") };
    Ok(a)
}
