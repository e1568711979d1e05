//! Who approved or rejected the environments of a workflow run on GitHub (`GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`).
//!
//! Specification: GitHub REST API 2022-11-28, <https://docs.github.com/en/rest/actions/workflow-runs>. An entry has no time and no commit of its own
//! (those of its environments are when these were made), so of several by one person nobody can tell the latest.

use super::github::{Account, failed};
use super::http;
use super::requests::{not_all, page};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::approvals::{Approvals, Review, State};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "github-run-approvals",
    title: "approvals of a GitHub workflow run's environments",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitHub REST API 2022-11-28, https://docs.github.com/en/rest/actions/workflow-runs",
    producers: &["github"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if http::is_answer(head.bytes()) {
        let own = http::is_answer_with(head.bytes(), &["environments", "state", "user", "comment"]);
        return Confidence::when(own, Confidence::Likely);
    }
    let Some(shape) = head.json() else { return Confidence::No };
    Confidence::when(shape.has_all(&["[].environments", "[].state", "[].user"]), Confidence::Certain)
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(default)]
    environments: Vec<Environment<'a>>,
    #[serde(borrow, default)]
    user: Option<Account<'a>>,
}

#[derive(Deserialize)]
struct Environment<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (bytes, page) = page(input)?;
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Err(failed(&json::from_bytes::<Failure<'_>>(bytes)?.message));
    }
    let entries: Vec<Entry<'_>> = json::from_bytes(bytes)?;
    let mut out = Approvals { environments: true, page, ..Approvals::default() };
    for (n, entry) in entries.into_iter().enumerate() {
        let state = match entry.state.to_ascii_lowercase().as_str() {
            "approved" => State::Approved,
            "rejected" => State::ChangesRequested,
            "pending" => State::Pending,
            _ => {
                let wrong =
                    ParseError::malformed("one of approved, rejected, pending").at(0).in_path(format!("$[{n}].state"));
                return Err(wrong.found(entry.state.as_bytes()));
            }
        };
        let account = entry.user.unwrap_or_default();
        out.reviews.push(Review {
            user: account.name(),
            bot: account.is_bot(),
            state,
            at: None,
            commit: None,
            environments: entry.environments.iter().map(|e| e.name.as_ref().into()).collect(),
        });
    }
    let notes = page.map(not_all).into_iter().collect();
    Ok(Parsed { tool: Some("github".to_owned()), notes, ..Parsed::new(Data::Approvals(out), Some(page.is_none())) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Approvals, ParseError> {
        testing::approvals(parse, text)
    }

    #[test]
    fn entries_are_for_environments() {
        let entry = |state: &str| {
            format!(r#"{{"state":"{state}","environments":[{{"id":1,"name":"production"}}],"user":{{"login":"a"}}}}"#)
        };
        let a = read(&format!("[{},{},{}]", entry("approved"), entry("rejected"), entry("pending"))).unwrap();
        let states: Vec<State> = a.reviews.iter().map(|r| r.state).collect();
        assert_eq!(states, [State::Approved, State::ChangesRequested, State::Pending]);
        assert_eq!((a.environments, &*a.reviews[0].environments[0]), (true, "production"));
        assert_eq!(read(&format!("HTTP/2 200\n\n[{}]", entry("approved"))).unwrap().reviews.len(), 1);
        assert_eq!(read(&format!("[{}]", entry("waiting"))).unwrap_err().code().as_str(), "malformed");
        assert_eq!(read(r#"{"message":"Not Found"}"#).unwrap_err().code().as_str(), "tool-failed");
        assert!(read("HTTP/2 404\n\n[]").is_err());
    }
}
