//! What a `<testcase>` says of its test: attributes, and the elements that tell how it ended.

use super::dialect;
use crate::scan::xml::{Attribute, Xml};
use crate::tests::common::{self, MESSAGE};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::Outcome;

/// How much of a failure's text is looked at for a place, bytes.
const TEXT: usize = 64 * 1024;

/// What a case's attributes give.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub(super) name: Option<Attribute<'a>>,
    pub(super) class: Option<Attribute<'a>>,
    pub(super) time: Option<Attribute<'a>>,
    pub(super) file: Option<Attribute<'a>>,
    pub(super) line: Option<Attribute<'a>>,
    pub(super) stated: Outcome,
    /// Whether it says that it was run.
    pub(super) run: bool,
}

/// What a case's elements give.
#[derive(Default)]
pub(super) struct Found {
    pub(super) status: Outcome,
    pub(super) message: String,
    pub(super) kind: String,
    pub(super) place: Option<(Box<str>, u32)>,
    pub(super) flaky: u32,
    pub(super) reruns: u32,
    /// Elements of failures and errors.
    pub(super) elements: u64,
    /// node's `todo`: a failure of it is none.
    pub(super) todo: bool,
    /// Something says that it was to be skipped.
    pub(super) skipped_on_purpose: bool,
}

impl Found {
    /// An element that says how the case ended; the worst one's message is kept, the first of several.
    pub(super) fn outcome(&mut self, xml: &mut Xml<'_>, status: Outcome) -> Result<(), ParseError> {
        self.elements = self.elements.saturating_add(u64::from(status > Outcome::Skipped));
        if status > self.status {
            self.status = status;
            self.message.clear();
            self.kind.clear();
            self.place = None;
            self.read(xml)
        } else {
            xml.skip()
        }
    }

    /// An earlier or a later attempt: its message is kept where there is no other.
    pub(super) fn attempt(&mut self, xml: &mut Xml<'_>) -> Result<(), ParseError> {
        if self.message.is_empty() && self.status == Outcome::Passed { self.read(xml) } else { xml.skip() }
    }

    fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), ParseError> {
        let message = attribute(xml, "message")?.unwrap_or_default();
        self.kind = attribute(xml, "type")?.unwrap_or_default();
        let text = xml.text_of(TEXT)?;
        self.place = common::place_in(&text).or_else(|| common::place_in(&message));
        self.message = if message.trim().is_empty() { text } else { message };
        if let Some((said, place)) = dialect::eunit_failure(&self.message) {
            self.message = said;
            self.place = place;
        }
        let end = common::clip(&self.message);
        if end.len() < self.message.len() {
            self.message = end.to_owned();
        }
        debug_assert!(self.message.len() <= MESSAGE);
        Ok(())
    }
}

/// An attribute of which no more is kept than a reader wants of it.
pub(super) fn short<'a>(a: &Attribute<'a>) -> Attribute<'a> {
    Attribute { raw: common::raw_name(a.raw), ..*a }
}

/// An attribute of the element that was just opened, references resolved.
pub(super) fn attribute(xml: &Xml<'_>, key: &str) -> Result<Option<String>, ParseError> {
    match xml.attributes().iter().find(|a| a.key == key) {
        Some(a) => Ok(Some(short(a).text()?.into_owned())),
        None => Ok(None),
    }
}

/// What `status` and `result` say, in the words of GoogleTest, CTest, behave, Codeception and others. Other words say nothing.
pub(super) fn stated(raw: &str) -> Outcome {
    const WORDS: &[(&str, Outcome)] = &[
        ("notrun", Outcome::Skipped),
        ("suppressed", Outcome::Skipped),
        ("skipped", Outcome::Skipped),
        ("disabled", Outcome::Skipped),
        ("ignored", Outcome::Skipped),
        ("untested", Outcome::Skipped),
        ("fail", Outcome::Failed),
        ("failed", Outcome::Failed),
        ("failure", Outcome::Failed),
        ("error", Outcome::Errored),
        ("errored", Outcome::Errored),
    ];
    WORDS.iter().find(|(w, _)| w.eq_ignore_ascii_case(raw)).map_or(Outcome::Passed, |(_, s)| *s)
}
