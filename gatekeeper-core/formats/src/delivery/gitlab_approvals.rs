//! Approvals of a merge request on GitLab: `GET /projects/{id}/merge_requests/{iid}/approvals`, and `/approval_state` with its rules.
//!
//! Specification: GitLab REST API v4, <https://docs.gitlab.com/api/merge_request_approvals/>. `approved` is also true where no approval is asked for, so it says
//! nothing; one person may stand in several rules, and is one; what GitLab itself still asks for (`approvals_left`, a rule that is not met) is kept.
//! Approvals are of no commit: whether a push resets them is a setting of the project.

use super::github::{failed, seconds};
use super::requests::body;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::approvals::{Approvals, Review, State};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format {
    id: "gitlab-approvals",
    title: "approvals of a GitLab merge request",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitLab REST API v4, https://docs.gitlab.com/api/merge_request_approvals/",
    producers: &["gitlab"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    let plain = shape.has("approved_by")
        && (shape.has("approvals_left") || shape.has("approvals_required") || shape.has("approved"));
    let state =
        shape.has("rules[].approvals_required") || (shape.has("rules") && shape.has("approval_rules_overwritten"));
    Confidence::when(plain || state, Confidence::Certain)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer<'a> {
    approvals_left: Option<u64>,
    #[serde(borrow)]
    approved_by: Option<Vec<Approver<'a>>>,
    #[serde(borrow)]
    rules: Option<Vec<Rule<'a>>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Approver<'a> {
    #[serde(borrow)]
    user: Option<Member<'a>>,
    #[serde(borrow)]
    approved_at: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Member<'a> {
    #[serde(borrow)]
    username: Option<Cow<'a, str>>,
    bot: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule<'a> {
    approvals_required: u64,
    #[serde(borrow)]
    approved_by: Vec<Member<'a>>,
    approved: Option<bool>,
}

fn review(member: &Member<'_>, at: Option<i64>) -> Review {
    let name = member.username.as_deref().filter(|n| !n.is_empty());
    // Tokens of projects and groups have accounts of such names.
    let token = name.is_some_and(|n| ["project_", "group_"].iter().any(|p| n.starts_with(p)) && n.contains("_bot"));
    Review {
        user: name.map(Into::into),
        bot: member.bot == Some(true) || token,
        state: State::Approved,
        at,
        commit: None,
        environments: Vec::new(),
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let answer: Answer<'_> = json::from_bytes(body(input)?)?;
    let mut out = Approvals::default();
    match (&answer.approved_by, &answer.rules) {
        (None, None) => {
            return Err(match answer.message.or(answer.error) {
                Some(message) => failed(&message),
                None => ParseError::malformed("`approved_by` or `rules`").at(0).found_words("neither"),
            });
        }
        (Some(approvers), _) => {
            for a in approvers {
                let nobody = Member::default();
                out.reviews.push(review(a.user.as_ref().unwrap_or(&nobody), seconds(a.approved_at.as_deref())?));
            }
        }
        (None, Some(rules)) => {
            let mut seen = BTreeSet::new();
            for member in rules.iter().flat_map(|r| &r.approved_by) {
                if member.username.as_deref().is_none_or(|n| seen.insert(n.to_lowercase())) {
                    out.reviews.push(review(member, None));
                }
            }
        }
    }
    let of_rule = |r: &Rule<'_>| {
        let have = u64::try_from(r.approved_by.len()).unwrap_or(u64::MAX);
        let left = r.approvals_required.saturating_sub(have);
        if left == 0 && r.approved == Some(false) && r.approvals_required > 0 { 1 } else { left }
    };
    let by_rules = answer.rules.as_ref().map(|rules| rules.iter().map(of_rule).max().unwrap_or(0));
    out.left = answer.approvals_left.max(by_rules);
    Ok(Parsed { tool: Some("gitlab".to_owned()), ..Parsed::new(Data::Approvals(out), Some(true)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Approvals, ParseError> {
        testing::approvals(parse, text)
    }

    #[test]
    fn approvers_are_listed_and_what_is_left_is_kept() {
        let a = read(r#"{"approved":true,"approvals_required":2,"approvals_left":1,"approved_by":[{"user":{"username":"a"},"approved_at":"2026-05-30T10:00:00Z"}]}"#).unwrap();
        assert_eq!((a.reviews.len(), a.left, a.reviews[0].at), (1, Some(1), Some(1_780_135_200)));
        let a = read(r#"{"approved":true,"approved_by":[]}"#).unwrap();
        assert_eq!((a.reviews.len(), a.left), (0, None));
    }

    #[test]
    fn rules_name_one_person_several_times() {
        let rule = |required: u64, by: &str, approved: bool| {
            format!(r#"{{"approvals_required":{required},"approved_by":[{by}],"approved":{approved}}}"#)
        };
        let (a, b) = (r#"{"username":"a"}"#, r#"{"username":"A"}"#);
        let of = |rules: &[String]| {
            read(&format!(r#"{{"rules":[{}]}}"#, rules.join(","))).map(|a| (a.reviews.len(), a.left)).unwrap()
        };
        assert_eq!(of(&[rule(1, a, true), rule(1, b, true)]), (1, Some(0)));
        assert_eq!(of(&[rule(1, a, true), rule(3, a, false)]), (1, Some(2)));
        assert_eq!(of(&[rule(1, a, false)]), (1, Some(1)), "GitLab itself says that it is not met");
        assert_eq!(of(&[rule(0, "", false)]), (0, Some(0)));
        assert_eq!(of(&[]), (0, Some(0)));
        assert!(read(r#"{"rules":[{"approved_by":[{"username":"project_1_bot_ab"}]}]}"#).unwrap().reviews[0].bot);
    }

    #[test]
    fn errors_are_refused() {
        assert_eq!(read(r#"{"message":"404 Project Not Found"}"#).unwrap_err().code().as_str(), "tool-failed");
        assert_eq!(read(r#"{"error":"invalid_token"}"#).unwrap_err().code().as_str(), "tool-failed");
        assert_eq!(read(r#"{"id":1}"#).unwrap_err().code().as_str(), "malformed");
    }
}
