//! Checklists in Markdown: task list items as GitHub and GitLab show them.
//!
//! Specification: GitHub Flavored Markdown 0.29, "Task list items (extension)", <https://github.github.com/gfm/#task-list-items-extension->. What stands in
//! a code block or a comment is no box. An item that was meant to be a box and is none to the letter (`- []`, `- [ x]`) counts as one that is open: nobody
//! can tick it, and it was written to be ticked.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::checklist::{Checklist, Item};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

pub(super) static FORMAT: Format = Format {
    id: "markdown-checklist",
    title: "boxes of a Markdown text",
    kind: Kind::Checklist,
    extensions: &["md", "markdown"],
    places: &[],
    spec: "GitHub Flavored Markdown 0.29, https://github.github.com/gfm/#task-list-items-extension-",
    producers: &["markdown"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// Longest text of a box that is kept, in characters.
const LONGEST: usize = 200;

fn sniff(head: &Head<'_>) -> Confidence {
    let named = head.has_extension("md") || head.has_extension("markdown");
    let boxed = |line: &[u8]| {
        let plain = line.trim_ascii_start();
        let digits = plain.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        let numbered = plain.get(digits..).filter(|_| digits > 0);
        let after = numbered.and_then(|rest| rest.strip_prefix(b". ").or_else(|| rest.strip_prefix(b") ")));
        let after = after.or_else(|| {
            plain.strip_prefix(b"- ").or_else(|| plain.strip_prefix(b"* ")).or_else(|| plain.strip_prefix(b"+ "))
        });
        after.is_some_and(|rest| rest.trim_ascii_start().first() == Some(&b'['))
    };
    Confidence::when(named && head.lines().any(boxed), Confidence::Weak)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    // Any text is Markdown; what steers a terminal, or is no text at all, is not.
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    if let Some(at) = text.find(control) {
        let found = text.as_bytes().get(at..).unwrap_or_default();
        return Err(ParseError::malformed("text without control characters").at(at).found(found));
    }
    let list = boxes(text);
    if list.items.is_empty() {
        return Err(ParseError::malformed("a text with boxes (- [x] …)").at(0).found_words("none"));
    }
    Ok(Parsed::new(Data::Checklist(list), None))
}

/// An item of a list that is open.
struct Open {
    start: usize,
    ticked: Option<bool>,
    text: String,
    /// Whether what follows belongs to an item within it.
    done: bool,
}

/// The boxes of a text.
pub(super) fn boxes(text: &str) -> Checklist {
    let mut out = Checklist::default();
    let mut open: Vec<Open> = Vec::new();
    let mut section: Option<Box<str>> = None;
    let mut heading: Option<String> = None;
    let (mut counted, mut line) = (0, 1_u64);
    let parser = Parser::new_ext(text, Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES).into_offset_iter();
    for (event, range) in parser {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => section = heading.take().map(|h| h.trim().into()),
            Event::Start(Tag::Item) => {
                if let Some(outer) = open.last_mut() {
                    outer.done = true;
                }
                let source = text.get(range.clone()).unwrap_or_default();
                open.push(Open { start: range.start, ticked: meant(source), text: String::new(), done: false });
            }
            Event::TaskListMarker(ticked) => {
                if let Some(item) = open.last_mut() {
                    item.ticked = Some(ticked);
                }
            }
            Event::Text(t) | Event::Code(t) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&t);
                } else if let Some(item) = open.last_mut().filter(|i| !i.done && i.text.len() < LONGEST) {
                    item.text.push_str(&t);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(item) = open.last_mut() {
                    item.done = true;
                }
            }
            Event::End(TagEnd::Item) => {
                let Some(item) = open.pop() else { continue };
                if let Some(ticked) = item.ticked {
                    out.items.push(Item {
                        text: item.text.trim().chars().take(LONGEST).collect::<String>().into(),
                        section: section.clone(),
                        ticked,
                        line: u64::try_from(item.start).unwrap_or(u64::MAX),
                    });
                }
            }
            _ => {}
        }
    }
    // Items end after those within them: they are told in the order in which they begin. Until here, `line` is where that is.
    out.items.sort_by_key(|i| i.line);
    for item in &mut out.items {
        let start = usize::try_from(item.line).unwrap_or(usize::MAX);
        let between = text.as_bytes().get(counted..start).unwrap_or_default();
        line = line.saturating_add(u64::try_from(memchr::memchr_iter(b'\n', between).count()).unwrap_or(0));
        counted = start.max(counted);
        item.line = line;
    }
    out
}

/// Whether an item begins with what was meant to be a box: then it is an open one until the reader says otherwise.
fn meant(source: &str) -> Option<bool> {
    let rest = source.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(['-', '*', '+', '.', ')'])?.trim_start();
    let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
    let mark = inner.trim();
    let short = inner.len() <= 4
        && (mark.is_empty() || ["x", "X", "y", "Y", "v", "V", "o", "✓", "✔", "-", "~", "?", "*", "/"].contains(&mark));
    (short && !after.starts_with(['(', '[', ':'])).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, bool, u64)> {
        boxes(text).items.into_iter().map(|i| (i.text.to_string(), i.ticked, i.line)).collect()
    }

    fn counts(text: &str) -> (usize, usize) {
        let list = boxes(text);
        (list.ticked(), list.items.len())
    }

    #[test]
    fn boxes_have_either_letter_and_any_bullet() {
        let told =
            of("## Before merge\n\n- [x] tests `now`\n- [X] docs\n  more\n* [ ] changelog\n1. [x] one\n+ plain\n");
        let wanted = [("tests now", true, 3), ("docs", true, 4), ("changelog", false, 6), ("one", true, 7)];
        assert_eq!(told, wanted.map(|(t, b, l)| (t.to_owned(), b, l)));
        assert_eq!(boxes("# A *b*\n- [ ] x\n").items[0].section.as_deref(), Some("A b"));
    }

    #[test]
    fn boxes_within_boxes_and_quotes_count() {
        let told = of("- [ ] outer\n  - [x] inner\n- [x] last\n\n> - [ ] quoted\n");
        let wanted = [("outer", false, 1), ("inner", true, 2), ("last", true, 3), ("quoted", false, 5)];
        assert_eq!(told, wanted.map(|(t, b, l)| (t.to_owned(), b, l)));
    }

    #[test]
    fn code_comments_and_links_are_no_boxes() {
        let text =
            "- [x] a\n\n```\n- [ ] b\n```\n\n~~~~\n- [ ] c\n~~~\n- [ ] d\n~~~~\n\n    - [ ] e\n\n<!--\n- [ ] f\n-->\n";
        assert_eq!(counts(text), (1, 1));
        assert_eq!(counts("`- [ ] a`\n\n- [link](x)\n- [1] note\n- [ref][x]\n- [x](y)\n\n[ ] no bullet\n"), (0, 0));
    }

    #[test]
    fn what_was_meant_to_be_a_box_is_an_open_one() {
        assert_eq!(counts("- [] a\n- [ x] b\n- [x ] c\n- [-] d\n- [ ]\n- [x] e\n- [✓] f\n"), (1, 7));
        assert_eq!(counts("- [x]no blank\n"), (0, 1));
    }
}
