//! Common Test's `totals.info`: the counts of a whole `ct_run`.
//!
//! Specification: the code is the specification: `lib/common_test/src/ct_logs.erl` (`write_totals_file/4`, `read_totals_file/1`) of
//! Erlang/OTP, <https://github.com/erlang/otp/blob/maint/lib/common_test/src/ct_logs.erl>.
//!
//! One external term: `{Node, Label, LogDirs, {Ok, Failed, UserSkipped, AutoSkipped, NotBuilt}}`; before R14 without the label, or with
//! all skipped cases as one number. `NotBuilt` counts suites that could not be compiled or found: no case of theirs is in the other
//! counts, so the run is then not complete.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::{Input, Limits};
use crate::scan::term::{self, Term, VERSION};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Counts, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind};

pub(super) static FORMAT: Format = Format {
    id: "ct-totals",
    title: "Common Test totals.info",
    kind: Kind::Tests,
    extensions: &["info"],
    places: &["_build/test/logs/ct_run.*/totals.info", "**/ct_run.*/totals.info"],
    spec: "Erlang/OTP, ct_logs.erl, https://www.erlang.org/doc/apps/common_test/run_test_chapter.html#log-files",
    producers: &["ct"],
    recorded_as: None,
    content: Content::Binary,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if !matches!(head.bytes(), [VERSION, ..]) {
        return Confidence::No;
    }
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let mut scratch = Vec::new();
    let named = Confidence::when(head.file_name() == "totals.info", Confidence::Likely);
    match term::decode(head.bytes(), &limits, &mut scratch) {
        Ok(term) => totals(&term).map_or(named, |_| Confidence::Certain),
        Err(_) => named,
    }
}

struct Totals {
    logs: Vec<String>,
    /// Passed, failed, skipped, not built.
    counts: [u64; 4],
}

fn totals(term: &Term<'_>) -> Option<Totals> {
    let Term::Tuple(parts) = term else { return None };
    let (node, logs, counts) = match parts.as_slice() {
        [node, _, logs, counts] | [node, logs, counts] => (node, logs, counts),
        _ => return None,
    };
    node.text()?;
    let logs = match logs {
        Term::List(logs) => logs.iter().map(Term::text).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    let Term::Tuple(counts) = counts else { return None };
    let number = |t: &Term<'_>| if let Term::Int(n) = t { u64::try_from(*n).ok() } else { None };
    let counts = match counts.as_slice() {
        [ok, failed, user, Term::Atom(_), not_built] => {
            [number(ok)?, number(failed)?, number(user)?, number(not_built)?]
        }
        [ok, failed, user, auto, not_built] => {
            [number(ok)?, number(failed)?, number(user)?.saturating_add(number(auto)?), number(not_built)?]
        }
        [ok, failed, skipped, not_built] => [number(ok)?, number(failed)?, number(skipped)?, number(not_built)?],
        _ => return None,
    };
    Some(Totals { logs, counts })
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut scratch = Vec::new();
    let term = term::decode(input.bytes, input.limits, &mut scratch)?;
    let Some(Totals { logs, counts: [passed, failed, skipped, not_built] }) = totals(&term) else {
        return Err(ParseError::malformed("{Node, Label, LogDirs, {Ok, Failed, UserSkipped, AutoSkipped, NotBuilt}}")
            .at(1)
            .found_words("another term"));
    };
    let name = match logs.as_slice() {
        [one] => one.strip_suffix(".logs").unwrap_or(one),
        _ => "ct_run",
    };
    let suite = Suite { unlisted: Counts { passed, failed, skipped, ..Counts::default() }, ..Suite::named(name) };
    let mut run = TestRun { suites: vec![suite], problems: Vec::new(), ..TestRun::default() };
    if not_built > 0 {
        run.problems.push(Problem {
            name: "suites that were not built".to_owned(),
            message: format!("{not_built} suites could not be compiled or found"),
            line: None,
        });
    }
    Ok(Parsed { tool: Some("ct".to_owned()), ..Parsed::new(Data::Tests(run), Some(not_built == 0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {"n@h", undefined, ["a.logs"], {…}}
    fn bytes(counts: &[u8]) -> Vec<u8> {
        let mut out = vec![131, 104, 4, 107, 0, 3, b'n', b'@', b'h', 119, 9];
        out.extend(b"undefined");
        out.extend([108, 0, 0, 0, 1, 107, 0, 6]);
        out.extend(b"a.logs");
        out.extend([106, 104, u8::try_from(counts.len()).unwrap()]);
        for n in counts {
            out.extend([97, *n]);
        }
        out
    }

    fn read(bytes: &[u8]) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        parse(&Input { name: "totals.info", bytes, limits: &limits, exit_status: None, validate: true })
    }

    #[test]
    fn suites_that_were_not_built_make_the_run_incomplete() {
        for (counts, complete) in [([5, 1, 2, 3, 0], true), ([5, 1, 2, 3, 2], false)] {
            let parsed = read(&bytes(&counts)).unwrap();
            assert_eq!(parsed.complete, Some(complete));
            let Data::Tests(t) = &parsed.data else { panic!() };
            let n = t.counts();
            assert_eq!((n.passed, n.failed, n.skipped), (5, 1, 5));
            assert_eq!(t.problems.is_empty(), complete);
            assert_eq!(t.suites[0].name.as_ref(), "a");
        }
    }

    #[test]
    fn old_counts_have_one_number_of_skipped_cases() {
        let Data::Tests(t) = read(&bytes(&[1, 2, 3, 0])).unwrap().data else { panic!() };
        assert_eq!(t.counts().skipped, 3);
    }

    #[test]
    fn other_terms_and_cut_ones_are_refused() {
        let whole = bytes(&[5, 1, 2, 3, 0]);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(read(&bytes(&[1, 2])).is_err());
        assert!(read(&[131, 106]).is_err());
    }
}
