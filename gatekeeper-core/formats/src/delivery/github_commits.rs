//! The commits of a pull request on GitHub (`GET /repos/{owner}/{repo}/pulls/{number}/commits`): who wrote and committed them, for gates in which
//! their approvals must not count.
//!
//! Specification: GitHub REST API 2022-11-28, <https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request>. At most 250 commits are listed.
//! `web-flow` is GitHub itself, which commits what is edited in the browser. An author who has no account here is null: who that is cannot be told, so
//! the answer is not complete.

use super::github::{Account, failed};
use super::http;
use super::requests::{not_all, page};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::approvals::Approvals;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format {
    id: "github-pull-commits",
    title: "commits of a GitHub pull request",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitHub REST API 2022-11-28, https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request",
    producers: &["github"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if http::is_answer(head.bytes()) {
        let own = http::is_answer_with(head.bytes(), &["sha", "commit", "parents", "committer"]);
        return Confidence::when(own, Confidence::Likely);
    }
    let Some(shape) = head.json() else { return Confidence::No };
    let all = ["[].sha", "[].commit.author", "[].parents", "[].author", "[].committer"];
    Confidence::when(shape.has_all(&all), Confidence::Certain)
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    sha: Cow<'a, str>,
    #[serde(borrow, default)]
    author: Option<Account<'a>>,
    #[serde(borrow, default)]
    committer: Option<Account<'a>>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// GitHub's own account, which commits for others.
const GITHUB: &str = "web-flow";

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (bytes, mut page) = page(input)?;
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Err(failed(&json::from_bytes::<Failure<'_>>(bytes)?.message));
    }
    let entries: Vec<Entry<'_>> = json::from_bytes(bytes)?;
    if entries.is_empty() {
        return Err(ParseError::malformed("commits").at(0).found_words("none"));
    }
    let (mut names, mut notes) = (BTreeSet::new(), Vec::new());
    let mut complete = page.map(|_| false);
    notes.extend(page.map(not_all));
    // A list is 30 commits a page, 100 at most, and never more than 250 in all; its body cannot say that there are more.
    if page.is_none() && !http::is_answer(input.bytes) && matches!(entries.len(), 30 | 100 | 250) {
        complete = Some(false);
        let n = entries.len();
        notes.push(Note::new(format!(
            "{n} commits are as many as fit on a page: save the answer with its headers (gh api -i)"
        )));
    }
    for entry in &entries {
        let author = entry.author.as_ref().and_then(Account::name);
        if author.is_none() {
            complete = Some(false);
            // Other pages cannot mend that.
            page.iter_mut().for_each(|p| p.list = None);
            let short: String = entry.sha.chars().take(8).collect();
            notes.push(Note::new(format!("the author of {short} has no account that is known")));
        }
        let committer = entry.committer.as_ref().and_then(Account::name).filter(|c| **c != *GITHUB);
        names.extend(author.into_iter().chain(committer));
    }
    notes.truncate(20);
    let out = Approvals { committers: Some(names.into_iter().collect()), page, ..Approvals::default() };
    Ok(Parsed { tool: Some("github".to_owned()), notes, ..Parsed::new(Data::Approvals(out), complete) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<(Vec<Box<str>>, Option<bool>), ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "c.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Approvals(a) => (a.committers.unwrap(), p.complete),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn authors_and_committers_are_named_once() {
        let entry = |author: &str, committer: &str| {
            format!(r#"{{"sha":"a1a1a1a1a1","author":{author},"committer":{committer}}}"#)
        };
        let (m, b, web) = (r#"{"login":"m"}"#, r#"{"login":"b"}"#, r#"{"login":"web-flow"}"#);
        let text = format!("[{},{}]", entry(m, web), entry(m, b));
        assert_eq!(read(&text).unwrap(), (vec!["b".into(), "m".into()], None));
        assert_eq!(read(&format!("[{}]", entry("null", b))).unwrap().1, Some(false));
        let answer = |links: &str, n: usize| {
            let all: Vec<String> = (0..n).map(|_| entry(m, b)).collect();
            read(&format!("HTTP/2 200\n{links}\n[{}]", all.join(","))).unwrap().1
        };
        assert_eq!(answer("", 30), None);
        assert_eq!(
            answer("link: <https://x/?page=2>; rel=\"next\"\n", 2),
            Some(false),
            "a committer may be on the next page"
        );
        assert_eq!(answer("link: <https://x/?page=1>; rel=\"prev\"\n", 2), Some(false));
        let bare = |n: usize| read(&format!("[{}]", vec![entry(m, b); n].join(","))).unwrap().1;
        assert_eq!((bare(29), bare(30), bare(100), bare(101)), (None, Some(false), Some(false), None));
        assert!(read("[]").is_err() && read(r#"{"message":"Not Found"}"#).is_err());
    }
}
