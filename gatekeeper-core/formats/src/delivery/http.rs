//! Answers that were saved with their headers (`gh api -i`, `curl -i`): the headers say whether there is another page, and whether it is an answer
//! at all. Several of them may stand one behind the other.
//!
//! Specification: RFC 9112 (status line, fields), RFC 8288 (`Link`).

use gatekeeper_evidence::approvals::Page;
use gatekeeper_evidence::error::{ErrorCode, ParseError};

/// An answer's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answered {
    /// The status code.
    pub status: u16,
    /// The page that `Link` says is before it.
    pub previous: Option<u64>,
    /// The page that `Link` says is next; one whose number cannot be read is 0.
    pub next: Option<u64>,
    /// A mark of the address that `Link` names, without its query: pages of one list have the same.
    pub list: Option<u64>,
}

impl Answered {
    /// Which page of several this is, where it is one of several.
    pub(super) fn page(&self) -> Option<Page> {
        let number = self.previous.map_or(1, |p| p.saturating_add(1));
        (self.next.is_some() || self.previous.is_some()).then_some(Page {
            number,
            last: number,
            next: self.next,
            list: self.list,
        })
    }
}

/// Whether a content begins with an answer's head.
pub(super) fn is_answer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/")
}

/// Whether an answer's content has all of these members, as far as its beginning shows.
pub(super) fn is_answer_with(bytes: &[u8], members: &[&str]) -> bool {
    let has = |m: &&str| memchr::memmem::find(bytes, format!("\"{m}\"").as_bytes()).is_some();
    is_answer(bytes) && members.iter().all(has)
}

/// The first answer's head, and where its content begins; `None` where there is no head.
pub(super) fn head(bytes: &[u8]) -> Result<Option<(Answered, usize)>, ParseError> {
    if !is_answer(bytes) {
        return Ok(None);
    }
    let mut at = 0;
    let mut out = Answered::default();
    let mut first = true;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return Err(ParseError::malformed("an empty line after the headers")
                .at(at)
                .found_words("the end of the file"));
        };
        let line = rest.get(..end).unwrap_or_default().trim_ascii_end();
        let text = String::from_utf8_lossy(line);
        if first {
            let code = text.split_ascii_whitespace().nth(1).and_then(|c| c.parse().ok());
            out.status =
                code.ok_or_else(|| ParseError::malformed("a status line such as HTTP/2.0 200 OK").at(at).found(line))?;
            first = false;
        } else if line.is_empty() {
            return Ok(Some((out, at + end + 1)));
        } else if let Some((name, value)) = text.split_once(':')
            && name.trim().eq_ignore_ascii_case("link")
        {
            for link in value.split(',') {
                let page = || page(link).unwrap_or(0);
                out.list = out.list.or_else(|| mark(link));
                if relation(link, "next") {
                    out.next = Some(page());
                } else if relation(link, "prev") || relation(link, "previous") {
                    out.previous = Some(page());
                }
            }
        }
        at += end + 1;
    }
}

/// Refuses an answer that is none.
pub(super) fn refuse(status: u16) -> Result<(), ParseError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(ParseError::new(ErrorCode::ToolFailed, "an answer of the service")
        .at(0)
        .found_words(format!("HTTP status {status}")))
}

fn relation(link: &str, wanted: &str) -> bool {
    link.split(';').skip(1).filter_map(|p| p.trim().split_once('=')).any(|(key, value)| {
        key.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split(' ').any(|r| r.eq_ignore_ascii_case(wanted))
    })
}

/// A mark of an address up to its query: 64-bit FNV-1a.
fn mark(link: &str) -> Option<u64> {
    let address = link.trim().strip_prefix('<')?.split_once('>')?.0.split(['?', '#']).next()?;
    let step = |mark: u64, byte: u8| (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    Some(address.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// The number of the page that an address leads to.
fn page(link: &str) -> Option<u64> {
    let address = link.trim().strip_prefix('<')?.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    query.split(['&', '#']).find_map(|p| p.strip_prefix("page="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_its_status_and_the_pages_beside_it() {
        let text = "HTTP/2.0 200 OK\r\nContent-Type: application/json\r\nlink: <https://x/?per_page=1&page=3>; rel=\"next\", <https://x/?page=1>; rel=\"prev\"\r\n\r\n[]";
        let (answered, at) = head(text.as_bytes()).unwrap().unwrap();
        assert_eq!((answered.status, answered.previous, answered.next), (200, Some(1), Some(3)));
        assert_eq!(answered.list, mark("<https://x/?page=7>"), "whatever the page");
        assert_ne!(answered.list, mark("<https://x/y?page=3>"));
        assert_eq!(text.get(at..), Some("[]"));
        assert_eq!(head(b"[]").unwrap(), None);
        let cursor = head(b"HTTP/1.1 200\nLink: <https://x/?cursor=ab>; rel=next\n\n").unwrap().unwrap().0;
        assert_eq!(cursor.next, Some(0), "there is a next one, whatever its number");
        let last = head(b"HTTP/1.1 200\nLink: <https://x/?page=1>; rel=\"first\"\n\n").unwrap().unwrap().0;
        assert_eq!((last.next, last.previous), (None, None));
        assert!(head(b"HTTP/1.1 200\nLink: x").is_err() && head(b"HTTP/1.1\n\n").is_err());
        assert!(refuse(204).is_ok() && refuse(404).is_err() && refuse(304).is_err());
    }
}
