//! What was handed in for review: a pull request of GitHub (`GET /repos/{owner}/{repo}/pulls/{number}`, an event's payload, `gh pr view --json`), a
//! merge request of GitLab (`GET /projects/{id}/merge_requests/{iid}`). They say who wrote it, which commit is its head, when it was opened, and
//! hold its text, whose boxes are a checklist.
//!
//! Specification: GitHub REST API 2022-11-28, <https://docs.github.com/en/rest/pulls/pulls>; GitLab REST API v4,
//! <https://docs.gitlab.com/api/merge_requests/>.

use super::github::{Account, failed, seconds};
use super::http;
use super::markdown;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::approvals::{Approvals, Page, Request};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::borrow::Cow;

pub(super) static PULL: Format = Format {
    id: "github-pull",
    title: "a GitHub pull request",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitHub REST API 2022-11-28, https://docs.github.com/en/rest/pulls/pulls",
    producers: &["github"],
    recorded_as: None,
    content: Content::Text,
    sniff: sniff_pull,
    parse: parse_pull,
};

pub(super) static MERGE: Format = Format {
    id: "gitlab-merge-request",
    title: "a GitLab merge request",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitLab REST API v4, https://docs.gitlab.com/api/merge_requests/",
    producers: &["gitlab"],
    recorded_as: None,
    content: Content::Text,
    sniff: sniff_merge,
    parse: parse_merge,
};

fn sniff_pull(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    let rest = |at: &str| ["head.sha", "user.login", "created_at"].iter().all(|key| shape.has(&format!("{at}{key}")));
    let gh = shape.has("headRefOid") && shape.has("author.login") && !shape.has("reviews");
    Confidence::when(rest("") || rest("pull_request.") || gh, Confidence::Certain)
}

fn sniff_merge(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    Confidence::when(shape.has_all(&["iid", "author.username", "sha", "source_branch"]), Confidence::Certain)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pull<'a> {
    /// An event's payload holds it.
    #[serde(borrow)]
    pull_request: Option<Box<Pull<'a>>>,
    #[serde(borrow)]
    user: Option<Account<'a>>,
    #[serde(borrow)]
    author: Option<Account<'a>>,
    #[serde(borrow)]
    head: Option<Commit<'a>>,
    #[serde(borrow, rename = "headRefOid")]
    head_oid: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "createdAt")]
    created_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    #[serde(alias = "isDraft")]
    draft: Option<bool>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Commit<'a> {
    #[serde(borrow)]
    sha: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Merge<'a> {
    #[serde(borrow)]
    author: Option<Member<'a>>,
    #[serde(borrow)]
    sha: Option<Cow<'a, str>>,
    #[serde(borrow)]
    created_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
    draft: Option<bool>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Member<'a> {
    #[serde(borrow)]
    username: Option<Cow<'a, str>>,
}

/// The content behind an answer's head.
pub(super) fn body<'a>(input: &Input<'a>) -> Result<&'a [u8], ParseError> {
    Ok(page(input)?.0)
}

/// The content behind an answer's head, and which page of several it is, where the head says so.
pub(super) fn page<'a>(input: &Input<'a>) -> Result<(&'a [u8], Option<Page>), ParseError> {
    match http::head(input.bytes)? {
        Some((answered, start)) => {
            http::refuse(answered.status)?;
            Ok((input.bytes.get(start..).unwrap_or_default(), answered.page()))
        }
        None => Ok((input.bytes, None)),
    }
}

/// What an answer says that is one of several: the others are not in it.
pub(super) fn not_all(page: Page) -> Note {
    Note::new(match page.next {
        Some(next) => format!("it says that page {next} follows, and that is not in it"),
        None => "page 1 is not in it".to_owned(),
    })
}

fn parse_pull(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Pull<'_> = json::from_bytes(body(input)?)?;
    let pull = document.pull_request.map_or_else(|| Pull { pull_request: None, ..document }, |inner| *inner);
    if let Some(message) = pull.message.filter(|_| pull.user.is_none()) {
        return Err(failed(&message));
    }
    let author = pull.user.or(pull.author);
    let head = pull.head.and_then(|h| h.sha).or(pull.head_oid);
    let about =
        about(author.as_ref().and_then(Account::name), head.as_deref(), pull.created_at.as_deref(), pull.draft)?;
    Ok(parsed("github", about, pull.body.as_deref()))
}

fn parse_merge(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let merge: Merge<'_> = json::from_bytes(body(input)?)?;
    if let Some(message) = merge.message.filter(|_| merge.author.is_none()) {
        return Err(failed(&message));
    }
    let author = merge.author.and_then(|a| a.username).as_deref().map(Into::into);
    let about = about(author, merge.sha.as_deref(), merge.created_at.as_deref(), merge.draft)?;
    Ok(parsed("gitlab", about, merge.description.as_deref()))
}

fn about(
    author: Option<Box<str>>,
    head: Option<&str>,
    created: Option<&str>,
    draft: Option<bool>,
) -> Result<Request, ParseError> {
    let head =
        head.ok_or_else(|| ParseError::malformed("a request with the commit at its head").at(0).found_words("none"))?;
    let is_commit = (7..=64).contains(&head.len()) && head.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_commit {
        return Err(ParseError::malformed("the id of a commit").at(0).found(head.as_bytes()));
    }
    Ok(Request {
        author,
        head: Some(head.to_ascii_lowercase().into()),
        created: seconds(created)?,
        draft: draft == Some(true),
    })
}

fn parsed(tool: &str, about: Request, text: Option<&str>) -> Parsed {
    let checklist = markdown::boxes(text.unwrap_or_default());
    let out =
        Approvals { request: Some(Box::new(about)), checklist: Some(Box::new(checklist)), ..Approvals::default() };
    Parsed { tool: Some(tool.to_owned()), ..Parsed::new(Data::Approvals(out), Some(true)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(parse: fn(&Input<'_>) -> Result<Parsed, ParseError>, text: &str) -> Result<Approvals, ParseError> {
        testing::approvals(parse, text)
    }

    const SHA: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

    #[test]
    fn each_shape_says_who_what_and_when() {
        let rest = format!(
            r#"{{"number":7,"draft":true,"created_at":"2026-05-30T10:00:00Z","user":{{"login":"m"}},"head":{{"sha":"{SHA}"}},"body":"- [x] a\n- [ ] b"}}"#
        );
        let gh = format!(
            r#"{{"author":{{"login":"m"}},"headRefOid":"{SHA}","createdAt":"2026-05-30T10:00:00Z","isDraft":true,"body":"- [x] a\n- [ ] b"}}"#
        );
        for text in [
            rest.clone(),
            format!(r#"{{"action":"opened","pull_request":{rest}}}"#),
            gh,
            format!("HTTP/2 200\n\n{rest}"),
        ] {
            let a = read(parse_pull, &text).unwrap();
            let wanted =
                Request { author: Some("m".into()), head: Some(SHA.into()), created: Some(1_780_135_200), draft: true };
            assert_eq!(a.request.as_deref(), Some(&wanted), "{text}");
            assert_eq!(a.checklist.map(|c| (c.items.len(), c.ticked())), Some((2, 1)));
        }
        let merge = format!(
            r#"{{"iid":7,"author":{{"username":"m"}},"sha":"{SHA}","created_at":"2026-05-30T10:00:00Z","description":null}}"#
        );
        let a = read(parse_merge, &merge).unwrap();
        assert_eq!(a.request.unwrap().author.as_deref(), Some("m"));
        assert_eq!(a.checklist.unwrap().items.len(), 0);
    }

    #[test]
    fn errors_and_requests_without_a_head_are_refused() {
        assert_eq!(read(parse_pull, r#"{"message":"Not Found"}"#).unwrap_err().code().as_str(), "tool-failed");
        assert_eq!(read(parse_merge, r#"{"message":"404 Not found"}"#).unwrap_err().code().as_str(), "tool-failed");
        assert_eq!(read(parse_pull, r#"{"user":{"login":"m"}}"#).unwrap_err().code().as_str(), "malformed");
        assert_eq!(
            read(parse_pull, r#"{"user":{"login":"m"},"head":{"sha":"main"}}"#).unwrap_err().code().as_str(),
            "malformed"
        );
    }
}
