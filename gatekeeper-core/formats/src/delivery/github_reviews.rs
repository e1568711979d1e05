//! Reviews of a pull request on GitHub, as the REST API lists them (`GET /repos/{owner}/{repo}/pulls/{number}/reviews`), as GraphQL does
//! (`pullRequest.reviews`), and as `gh pr view --json reviews` does.
//!
//! Specification: GitHub REST API 2022-11-28, <https://docs.github.com/en/rest/pulls/reviews>; GraphQL `PullRequestReviewConnection`.
//!
//! - A list is 30 reviews a page, 100 at most, oldest first, and its body cannot say whether there is a next page. Its headers can (`gh api -i`): a
//!   next page that is not there makes it not complete. `gh api --paginate --slurp` gives a list of pages, without `--slurp` one page behind the other.
//! - GraphQL says `pageInfo.hasNextPage` and `totalCount`.
//! - `user` is null where the account is gone. `PENDING` reviews have no time. Dismissal takes the place of the dismissed review's own state.
//! - An error of the API is an object with a `message` (or `errors`): refused, it is no list of reviews.

use super::github::{Account, failed, seconds};
use super::http;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::approvals::{Approvals, Page, Request, Review, State};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "github-reviews",
    title: "reviews of a GitHub pull request",
    kind: Kind::Approvals,
    extensions: &["json"],
    places: &[],
    spec: "GitHub REST API 2022-11-28, https://docs.github.com/en/rest/pulls/reviews; GraphQL pullRequest.reviews; gh pr view --json reviews",
    producers: &["github"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let bytes = head.bytes();
    if http::is_answer(bytes) {
        let has = |mark: &[u8]| memchr::memmem::find(bytes, mark).is_some();
        return Confidence::when(
            has(b"\"state\"") && (has(b"\"submitted_at\"") || has(b"\"commit_id\"")),
            Confidence::Likely,
        );
    }
    let Some(shape) = head.json() else { return Confidence::No };
    let rest = |at: &str| {
        let has = |key: &str| shape.has(&format!("{at}{key}"));
        has("state") && has("user") && (has("submitted_at") || has("commit_id"))
    };
    let graph = ["", "[]."].iter().any(|at| {
        ["data.repository.pullRequest.reviews.nodes", "data.node.reviews.nodes", "data.resource.reviews.nodes"]
            .iter()
            .any(|path| shape.has(&format!("{at}{path}")))
    });
    if rest("[].") || rest("[][].") || graph {
        return Confidence::Certain;
    }
    Confidence::when(shape.has("reviews[].state") && shape.has("reviews[].author"), Confidence::Certain)
}

/// A review, a page of them, or a document that holds some.
enum Element<'a> {
    One(Box<Object<'a>>),
    Page(Vec<Object<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Element<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Element<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a review or a list of reviews")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Object::deserialize(MapAccessDeserializer::new(map)).map(|o| Element::One(Box::new(o)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(object) = seq.next_element()? {
                    out.push(object);
                }
                Ok(Element::Page(out))
            }
        }
        d.deserialize_any(V)
    }
}

/// A document of the file: a list whose elements are reviews, pages or documents, or one document.
enum Document<'a> {
    List(Vec<Element<'a>>),
    Object(Box<Object<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of reviews, or GraphQL's answer")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Object::deserialize(MapAccessDeserializer::new(map)).map(|o| Document::Object(Box::new(o)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(element) = seq.next_element()? {
                    out.push(element);
                }
                Ok(Document::List(out))
            }
        }
        d.deserialize_any(V)
    }
}

/// Tells null from what is not there.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A review of either API, or a document around reviews: told apart by what is there.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    user: Option<Account<'a>>,
    #[serde(borrow)]
    author: Option<Account<'a>>,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "submittedAt")]
    submitted_at: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "said")]
    commit_id: Option<Option<String>>,
    #[serde(borrow, deserialize_with = "said")]
    commit: Option<Option<Oid<'a>>>,
    // A document around them.
    #[serde(borrow)]
    data: Option<Inner<'a>>,
    #[serde(borrow)]
    reviews: Option<Reviews<'a>>,
    #[serde(borrow, rename = "headRefOid")]
    head: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "createdAt")]
    created: Option<Cow<'a, str>>,
    #[serde(rename = "isDraft")]
    draft: bool,
    // An error in its place.
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    errors: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Oid<'a> {
    #[serde(borrow)]
    oid: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inner<'a> {
    #[serde(borrow)]
    repository: Option<Repository<'a>>,
    #[serde(borrow, alias = "resource")]
    node: Option<Box<Object<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Repository<'a> {
    #[serde(borrow, rename = "pullRequest")]
    pull: Option<Box<Object<'a>>>,
}

/// A plain list (gh), or a page of GraphQL.
enum Reviews<'a> {
    List(Vec<Object<'a>>),
    Page(Connection<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Reviews<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Reviews<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("reviews, or nodes with pageInfo")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Connection::deserialize(MapAccessDeserializer::new(map)).map(Reviews::Page)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(object) = seq.next_element()? {
                    out.push(object);
                }
                Ok(Reviews::List(out))
            }
        }
        d.deserialize_any(V)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Connection<'a> {
    #[serde(rename = "totalCount")]
    total: Option<u64>,
    #[serde(rename = "pageInfo")]
    page: PageInfo,
    #[serde(borrow)]
    nodes: Option<Vec<Option<Object<'a>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PageInfo {
    #[serde(rename = "hasNextPage")]
    next: Option<bool>,
    #[serde(rename = "hasPreviousPage")]
    previous: Option<bool>,
}

/// What the file's pages come to.
#[derive(Default)]
struct Reader {
    out: Approvals,
    notes: Vec<Note>,
    /// Pages that were read one behind the other.
    pages: u64,
    /// What is known of the end: whether the last of them says that there is none after it.
    complete: Option<bool>,
    total: Option<u64>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut r = Reader::default();
    let mut at = 0;
    let mut expected: Option<u64> = None;
    let mut hole = false;
    while let Some(rest) = input.bytes.get(at..).filter(|rest| !rest.trim_ascii().is_empty()) {
        let blanks = rest.len() - rest.trim_ascii_start().len();
        at += blanks;
        let rest = rest.get(blanks..).unwrap_or_default();
        let head = http::head(rest)?;
        let start = head.as_ref().map_or(0, |h| h.1);
        let body = rest.get(start..).unwrap_or_default();
        let (document, used) = next(body, at + start)?;
        if let Some((answered, _)) = &head {
            // GitHub says in its answer what is wrong; the status says that something is.
            if let Document::Object(o) = &document {
                o.refuse()?;
            }
            http::refuse(answered.status)?;
        }
        r.document(document)?;
        if let Some((answered, _)) = head {
            let number = answered.previous.map_or(1, |p| p.saturating_add(1));
            let fits = expected.map_or(number == 1, |e| e == number || e == 0);
            let first = r.out.page.map_or(number, |p| p.number);
            let list = r.out.page.map_or(answered.list, |p| p.list);
            r.out.page = Some(Page { number: first, last: number, next: answered.next, list });
            hole |= expected.is_some() && (!fits || answered.list.is_some_and(|l| list.is_some_and(|o| o != l)));
            r.complete = Some(fits && answered.next.is_none() && r.complete != Some(false));
            if !fits {
                r.notes.insert(0, Note::new(format!("page {} is not in it", expected.unwrap_or(1))));
            }
            expected = answered.next;
            // Another page in the file answers what this one left open.
            if fits && answered.next.is_some() {
                r.complete = None;
            }
        }
        at += start + used;
    }
    // What has a hole of its own is no part of a whole.
    if hole {
        r.complete = Some(false);
        r.out.page.iter_mut().for_each(|p| p.list = None);
    }
    if let Some(next) = r.out.page.and_then(|p| p.next) {
        r.complete = Some(false);
        r.notes.insert(0, Note::new(format!("it says that page {next} follows, and that is not in it")));
    }
    r.parsed()
}

/// The first JSON document of some bytes, and its length; `base` is where they begin in the file.
fn next<'a>(bytes: &'a [u8], base: usize) -> Result<(Document<'a>, usize), ParseError> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Document<'a>>();
    match stream.next() {
        Some(Ok(document)) => Ok((document, stream.byte_offset())),
        Some(Err(e)) => Err(json::located(e, bytes, base, None)),
        None => Err(ParseError::malformed("a list of reviews").at(base).found_words("the end of the file")),
    }
}

impl Object<'_> {
    fn refuse(&self) -> Result<(), ParseError> {
        match (&self.message, &self.errors) {
            (Some(message), _) if self.state.is_none() => Err(failed(message)),
            (_, Some(_)) => Err(failed("errors of GraphQL")),
            _ => Ok(()),
        }
    }
}

impl Reader {
    fn document(&mut self, document: Document<'_>) -> Result<(), ParseError> {
        match document {
            Document::Object(object) => self.around(*object),
            Document::List(elements) => {
                let mut bare = false;
                for element in elements {
                    match element {
                        Element::Page(reviews) => {
                            self.pages = self.pages.saturating_add(1);
                            reviews.into_iter().try_for_each(|r| self.review(r))?;
                        }
                        Element::One(o) if o.data.is_some() || o.reviews.is_some() || o.errors.is_some() => {
                            self.around(*o)?
                        }
                        Element::One(o) => {
                            bare = true;
                            self.review(*o)?;
                        }
                    }
                }
                // One list behind another is what `gh api --paginate` writes.
                if bare {
                    self.pages = self.pages.saturating_add(1);
                }
                Ok(())
            }
        }
    }

    /// A document around reviews.
    fn around(&mut self, object: Object<'_>) -> Result<(), ParseError> {
        object.refuse()?;
        if let Some(data) = object.data {
            let inner = data.repository.and_then(|r| r.pull).or(data.node);
            let inner = inner
                .ok_or_else(|| ParseError::malformed("a pull request with `reviews`").at(0).found_words("none"))?;
            return self.around(*inner);
        }
        let missing = || {
            ParseError::malformed("a list of reviews, or a document with `reviews`")
                .at(0)
                .found_words("another document")
        };
        let about = Request {
            author: object.author.as_ref().and_then(Account::name),
            head: object.head.as_deref().map(Into::into),
            created: seconds(object.created.as_deref())?,
            draft: object.draft,
        };
        if about != Request::default() {
            self.out.request = Some(Box::new(about));
        }
        match object.reviews.ok_or_else(missing)? {
            Reviews::List(reviews) => {
                // gh asks for all of them.
                self.pages = self.pages.max(2);
                reviews.into_iter().try_for_each(|r| self.review(r))
            }
            Reviews::Page(connection) => {
                let nodes = connection.nodes.ok_or_else(missing)?;
                let first = self.pages == 0;
                self.pages = self.pages.saturating_add(1);
                nodes.into_iter().flatten().try_for_each(|r| self.review(r))?;
                self.total = connection.total.or(self.total);
                let cut = first && connection.page.previous == Some(true);
                self.complete = match (connection.page.next, self.complete) {
                    _ if cut => Some(false),
                    (Some(next), _) => Some(!next),
                    (None, known) => known,
                };
                Ok(())
            }
        }
    }

    fn review(&mut self, o: Object<'_>) -> Result<(), ParseError> {
        let word = o.state.as_deref().unwrap_or_default();
        let states = [
            ("APPROVED", State::Approved),
            ("CHANGES_REQUESTED", State::ChangesRequested),
            ("DISMISSED", State::Dismissed),
            ("COMMENTED", State::Commented),
            ("PENDING", State::Pending),
        ];
        let state = states.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, s)| *s);
        let n = self.out.reviews.len();
        let wrong = || {
            ParseError::malformed("one of APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING")
                .at(0)
                .in_path(format!("$[{n}].state"))
                .found(word)
        };
        let account = o.user.or(o.author).unwrap_or_default();
        self.out.reviews.push(Review {
            user: account.name(),
            bot: account.is_bot(),
            state: state.ok_or_else(wrong)?,
            at: seconds(o.submitted_at.as_deref()).map_err(|e| e.in_path(format!("$[{n}].submitted_at")))?,
            // A commit that is null is gone: whatever it was, it is not the head.
            commit: (o.commit_id.map(Option::unwrap_or_default))
                .or_else(|| o.commit.map(|c| c.and_then(|c| c.oid).unwrap_or_default().into_owned()))
                .map(|c| c.to_ascii_lowercase().into()),
            environments: Vec::new(),
        });
        Ok(())
    }

    fn parsed(mut self) -> Result<Parsed, ParseError> {
        let listed = u64::try_from(self.out.reviews.len()).unwrap_or(u64::MAX);
        if let Some(total) = self.total.filter(|t| *t > listed) {
            self.complete = Some(false);
            self.notes.insert(0, Note::new(format!("it counts {total} reviews and lists {listed}")));
        } else if self.complete == Some(false) && self.notes.is_empty() {
            self.notes.push(Note::new("it says that there is another page, and that is not in it"));
        }
        // One list that says nothing of pages may be the first of several.
        if self.out.page.is_none() && self.pages > 1 {
            self.out.page = Some(Page { number: 1, last: self.pages, ..Page::default() });
        }
        Ok(Parsed {
            tool: Some("github".to_owned()),
            notes: self.notes,
            ..Parsed::new(Data::Approvals(self.out), self.complete)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<(Approvals, Option<bool>), ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "r.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Approvals(a) => (a, p.complete),
            other => panic!("{other:?}"),
        })
    }

    fn review(user: &str, state: &str) -> String {
        format!(
            r#"{{"user":{{"login":"{user}","type":"User"}},"state":"{state}","submitted_at":"2026-05-30T10:00:00Z","commit_id":"A1"}}"#
        )
    }

    #[test]
    fn a_plain_list_says_nothing_of_its_end() {
        let (a, complete) = read(&format!("[{},{}]", review("a", "APPROVED"), review("b", "commented"))).unwrap();
        assert_eq!((a.reviews.len(), a.page, complete), (2, None, None));
        let first = &a.reviews[0];
        assert_eq!((first.user.as_deref(), first.state, first.at), (Some("a"), State::Approved, Some(1_780_135_200)));
        assert_eq!((first.commit.as_deref(), first.bot), (Some("a1"), false));
        assert_eq!(read("[]").unwrap().0.reviews.len(), 0);
        let commit = |text: &str| {
            let list = format!("[{}]", review("a", "APPROVED").replace(r#""commit_id":"A1""#, text));
            read(&list).unwrap().0.reviews[0].commit.as_deref().map(str::to_owned)
        };
        assert_eq!(commit(r#""commit_id":null"#).as_deref(), Some(""), "it is gone, so it is not the head");
        assert_eq!(commit(r#""commit":null"#).as_deref(), Some(""));
        assert_eq!(commit(r#""body":1"#), None);
        let ghost = read(
            r#"[{"user":null,"state":"APPROVED"},{"user":{"login":"x[bot]"},"state":"PENDING","submitted_at":null}]"#,
        )
        .unwrap()
        .0;
        assert!(ghost.reviews[0].user.is_none() && ghost.reviews[1].bot);
    }

    #[test]
    fn pages_are_read_one_behind_the_other_or_in_a_list() {
        let (one, two) = (review("a", "APPROVED"), review("b", "APPROVED"));
        for text in [format!("[[{one}],[{two}]]"), format!("[{one}][{two}]"), format!("[{one}]\n[{two}]\n")] {
            let (a, complete) = read(&text).unwrap();
            assert_eq!((a.reviews.len(), complete), (2, None), "{text}");
            assert_eq!(a.page, Some(Page { number: 1, last: 2, ..Page::default() }));
        }
    }

    #[test]
    fn headers_say_whether_a_page_follows() {
        let page = |n: u64, next: Option<u64>| {
            let mut links = Vec::new();
            if n > 1 {
                links.push(format!("<https://x?page={}>; rel=\"prev\"", n - 1));
            }
            links.extend(next.map(|n| format!("<https://x?page={n}>; rel=\"next\"")));
            format!("HTTP/2.0 200 OK\r\nLink: {}\r\n\r\n[{}]\n", links.join(", "), review("a", "APPROVED"))
        };
        let complete = |text: String| read(&text).unwrap().1;
        assert_eq!(complete(page(1, None)), Some(true));
        assert_eq!(complete(page(1, Some(2))), Some(false));
        assert_eq!(complete(page(1, Some(2)) + &page(2, None)), Some(true));
        assert_eq!(complete(page(1, Some(2)) + &page(3, None)), Some(false));
        assert_eq!(complete(page(2, None)), Some(false), "the first one is not there");
        assert_eq!(complete(page(1, Some(2)) + &page(2, Some(3)) + &page(3, None)), Some(true));
        assert_eq!(complete(page(1, Some(2)) + &page(3, Some(4)) + &page(4, None)), Some(false));
        let failed = "HTTP/2.0 500 Oops\r\n\r\n[]";
        assert_eq!(read(failed).unwrap_err().code().as_str(), "tool-failed");
    }

    #[test]
    fn graphql_says_whether_it_is_all() {
        let of = |next: &str, total: u64| {
            let node = r#"{"author":{"login":"a"},"state":"APPROVED","submittedAt":"2026-05-30T10:00:00Z","commit":{"oid":"a1"}}"#;
            format!(
                r#"{{"data":{{"repository":{{"pullRequest":{{"author":{{"login":"m"}},"headRefOid":"a1","reviews":{{"totalCount":{total},"pageInfo":{{"hasNextPage":{next}}},"nodes":[{node}]}}}}}}}}}}"#
            )
        };
        let (a, complete) = read(&of("false", 1)).unwrap();
        assert_eq!((complete, a.reviews[0].commit.as_deref()), (Some(true), Some("a1")));
        assert_eq!(a.request.unwrap().author.as_deref(), Some("m"));
        assert_eq!(read(&of("true", 1)).unwrap().1, Some(false));
        assert_eq!(read(&of("false", 2)).unwrap().1, Some(false));
        assert_eq!(read(&(of("true", 2) + &of("false", 2))).unwrap().1, Some(true));
        assert_eq!(read(&format!("[{},{}]", of("true", 2), of("false", 2))).unwrap().1, Some(true));
        let gh = r#"{"reviews":[{"author":{"login":"a"},"state":"APPROVED","submittedAt":"2026-05-30T10:00:00Z","commit":{"oid":"a1"}}]}"#;
        assert_eq!(read(gh).unwrap().0.reviews.len(), 1);
    }

    #[test]
    fn what_is_no_list_of_reviews_is_refused() {
        for (text, code) in [
            (r#"{"message":"Not Found","status":"404"}"#, "tool-failed"),
            (r#"{"data":{"repository":null},"errors":[{"message":"x"}]}"#, "tool-failed"),
            (r#"{"data":{"repository":{"pullRequest":null}}}"#, "malformed"),
            (r#"{"number":7}"#, "malformed"),
            (r#"[{"user":{"login":"a"},"state":"MERGED"}]"#, "malformed"),
            (r#"[{"user":{"login":"a"}}]"#, "malformed"),
            (r#"[{"user":{"login":"a"},"state":"APPROVED","submitted_at":"today"}]"#, "malformed"),
            ("[{\"state\":\"APPROVED\"}", "malformed"),
        ] {
            assert_eq!(read(text).unwrap_err().code().as_str(), code, "{text}");
        }
    }
}
