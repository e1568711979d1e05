//! Common Test's `suite.summary`: the counts of one `suite.log`, written beside it when the test has ended.
//!
//! Specification: the code is the specification: `lib/common_test/src/ct_logs.erl` (`write_summary/2`, `count_cases/1`) of Erlang/OTP,
//! <https://github.com/erlang/otp/blob/maint/lib/common_test/src/ct_logs.erl>.
//!
//! One Erlang term, `{summary,{Ok,Failed,UserSkipped,AutoSkipped}}.`; OTP 27 adds the elapsed microseconds, before R14 skipped cases were
//! one number. Suites that could not be loaded, and config functions that failed, are not in it.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::consult;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Counts, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind};

pub(super) static FORMAT: Format = Format {
    id: "ct-suite-summary",
    title: "Common Test suite.summary",
    kind: Kind::Tests,
    extensions: &["summary"],
    places: &["_build/test/logs/ct_run.*/**/suite.summary", "**/ct_run.*/**/suite.summary"],
    spec: "Erlang/OTP, ct_logs.erl, https://www.erlang.org/doc/apps/common_test/run_test_chapter.html#log-files",
    producers: &["ct"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let rest = head.trimmed().strip_prefix(b"{summary,").map(<[u8]>::trim_ascii_start);
    Confidence::when(rest.is_some_and(|r| r.starts_with(b"{")), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let terms = consult::read(input.bytes, input.limits)?;
    let expected = "{summary,{Ok,Failed,UserSkipped,AutoSkipped}}";
    let mut summary = None;
    for (at, term) in &terms {
        if let Some([key, counts]) = term.tuple()
            && key.atom() == Some("summary")
        {
            summary = Some((*at, counts));
        }
    }
    let (at, counts) = summary.ok_or_else(|| match terms.first() {
        Some((at, term)) => ParseError::malformed(expected).at(*at).found_words(term.sort()),
        None => ParseError::malformed(expected).at(input.bytes.len()).found_words("the end of the file"),
    })?;
    let wrong = || ParseError::malformed(expected).at(at).found_words("other counts");
    let counts: Option<Vec<u64>> =
        counts.tuple().unwrap_or_default().iter().map(|n| n.int().and_then(|n| u64::try_from(n).ok())).collect();
    let [passed, failed, skipped] = match counts.ok_or_else(wrong)?.as_slice() {
        [ok, failed, skipped] => [*ok, *failed, *skipped],
        [ok, failed, user, auto] | [ok, failed, user, auto, _] => [*ok, *failed, user.saturating_add(*auto)],
        _ => return Err(wrong()),
    };
    // The file stands in DIR.logs/run.DATE.
    let name = input.name.rsplit('/').find_map(|part| part.strip_suffix(".logs")).unwrap_or("suite");
    let suite = Suite { unlisted: Counts { passed, failed, skipped, ..Counts::default() }, ..Suite::named(name) };
    let run = TestRun { suites: vec![suite], problems: Vec::new(), ..TestRun::default() };
    Ok(Parsed { tool: Some("ct".to_owned()), ..Parsed::new(Data::Tests(run), Some(true)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Counts, ParseError> {
        let limits = Limits::default();
        let input = Input {
            name: "x/lib.a.logs/run.1/suite.summary",
            bytes: text.as_bytes(),
            limits: &limits,
            exit_status: None,
            validate: true,
        };
        parse(&input).map(|p| match p.data {
            Data::Tests(t) => {
                assert_eq!(t.suites[0].name.as_ref(), "lib.a");
                t.counts()
            }
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn all_releases_forms() {
        for text in ["{summary,{4,1,2,3}}.\n", "{summary,{4,1,2,3,363076}}.", "{summary,{4,1,5}}."] {
            let n = read(text).unwrap();
            assert_eq!((n.passed, n.failed, n.skipped), (4, 1, 5), "{text}");
        }
    }

    #[test]
    fn cut_negative_or_other_terms_are_refused() {
        for text in
            ["{summary,{4,1,2,3}}", "{summary,{4,-1,2,3}}.", "{summary,{4,1}}.", "{summary,4}.", "{a,b}.", "% x"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
