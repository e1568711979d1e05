//! A case that was read goes into its suite: what it came to, whether it is one at all, what is kept of it.

use super::case::{Found, Given, short};
use super::{Reader, dialect};
use crate::scan::xml::{self, Attribute, Element};
use crate::tests::common;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Outcome};
use std::sync::Arc;

impl<'a> Reader<'a> {
    pub(super) fn add(&mut self, element: &Element<'a>, given: Given<'a>, found: Found) -> Result<(), ParseError> {
        let raw_name = given.name.map_or("", |a| common::raw_name(a.raw));
        if given.name.is_none() {
            if self.tool == Some("pytest") && given.class.is_none() && found.status == Outcome::Passed {
                self.incomplete = true;
                self.note("pytest was interrupted in a test, which it lists without a name", element.offset);
                if let Some(open) = self.stack.last_mut() {
                    open.tally.other();
                }
                return Ok(());
            }
            self.note("a case without a name", element.offset);
        }
        if given.name.is_some_and(|a| raw_name.len() < a.raw.len()) {
            self.note("a name too long to be kept whole", element.offset);
        }
        if given.class.is_none() {
            if self.tool.is_none() {
                if dialect::is_eunit_case(raw_name) {
                    self.tool = Some("eunit");
                } else if dialect::is_ct_config(raw_name) {
                    self.tool = Some("ct");
                }
            }
            if self.tool == Some("ct") && dialect::is_ct_config(raw_name) {
                if let Some(open) = self.stack.last_mut() {
                    open.tally.other();
                }
                let bad = found.status > Outcome::Skipped;
                if raw_name == "error_in_suite" {
                    self.incomplete = true;
                }
                if bad {
                    self.problem(element.offset, Some(raw_name), found.message);
                }
                return Ok(());
            }
        }
        let status = match (found.status, given.stated) {
            (Outcome::Passed, s) if s > Outcome::Skipped && found.flaky == 0 => {
                self.note("a case that states a failure without a failure's element", element.offset);
                s
            }
            (Outcome::Passed, Outcome::Skipped) => Outcome::Skipped,
            (Outcome::Failed | Outcome::Errored, _) if found.todo => Outcome::Skipped,
            (Outcome::Passed, _) if raw_name.is_empty() && self.never_torn_down(&given, &found) => {
                self.note("a class's tear-down that failed in every attempt", element.offset);
                Outcome::Errored
            }
            (s, _) => s,
        };
        if status == Outcome::Skipped && !found.skipped_on_purpose {
            self.bare_skip.get_or_insert(element.offset);
        }
        self.bad |= status > Outcome::Skipped;
        if self.tool == Some("eunit") {
            if status == Outcome::Skipped {
                self.incomplete = true;
                self.note("EUnit's <skipped> is a cancelled test", element.offset);
            }
            if raw_name.starts_with("fixture setup ") {
                self.incomplete = true;
                self.note("the tests of a fixture that was not set up are not listed", element.offset);
            }
        }
        let time = given.time.and_then(|a| {
            let time = common::seconds(a.raw);
            if time.is_none() && !a.raw.trim().is_empty() {
                self.note("time is not a number", a.offset);
            }
            time
        });
        let attempts = found.flaky.saturating_add(found.reruns);
        let flaky = status == Outcome::Passed && attempts > 0;
        let class = match given.class {
            Some(a) => self.class(&a)?,
            None => None,
        };
        let name: Box<str> = match given.name {
            Some(a) if memchr::memchr(b'&', raw_name.as_bytes()).is_some() => {
                xml::unescape_into(raw_name, a.offset, &mut self.scratch)?;
                self.scratch.as_str().into()
            }
            _ => raw_name.into(),
        };
        let mut detail = None;
        if status != Outcome::Passed || flaky {
            let file = given.file.as_ref().map(|a| short(a).text()).transpose()?;
            let line = given.line.and_then(|a| match self.tool {
                Some("pytest") => a.raw.trim().parse::<u32>().ok().map(|n| n.saturating_add(1)),
                _ => common::line_number(a.raw),
            });
            let (file, line) = match (&file, line, &found.place) {
                // The failure's own line, where it is in the case's file.
                (Some(f), _, Some((place, n))) if f.as_ref() == place.as_ref() => (file.as_deref(), Some(*n)),
                (None, _, Some((place, n))) => (Some(place.as_ref()), Some(*n)),
                _ => (file.as_deref(), line),
            };
            detail = common::detail(&found.message, &found.kind, file, line);
            if attempts > 0 {
                detail.get_or_insert_default().attempts = Some(attempts.saturating_add(1));
            }
        }
        self.cases += 1;
        if let Some(open) = self.stack.last_mut() {
            let case = Case { name, class, status, flaky, time, detail };
            let doctest = given.run && given.time.is_none();
            open.tally.case(Counts::of(&case), found.elements, u64::from(attempts), doctest);
            open.suite.cases.push(case);
        }
        Ok(())
    }

    /// Whether a case without a name is Surefire's word of an `@AfterAll` that failed in each attempt: it stands behind its class's cases, and has as many
    /// flaky ones as the case before it was run. (A `@BeforeAll` that failed stands before them.)
    fn never_torn_down(&self, given: &Given<'_>, found: &Found) -> bool {
        const LOOKED_AT: usize = 1_000;
        let Some(cases) = self.stack.last().map(|o| &o.suite.cases) else { return false };
        let Some(last) = cases.last().filter(|_| self.tool == Some("surefire") && found.flaky > 0) else {
            return false;
        };
        let class = last.class.as_deref().or_else(|| self.stack.last().map(|o| &*o.suite.name));
        let same_class = given.class.is_none_or(|a| Some(a.raw) == class);
        let attempts = cases.iter().rev().take(LOOKED_AT).take_while(|c| c.name == last.name).count();
        same_class && usize::try_from(found.flaky).is_ok_and(|n| n >= attempts)
    }

    /// The class of a case: that of the case before, mostly; none where it is the suite's name.
    fn class(&mut self, a: &Attribute<'a>) -> Result<Option<Arc<str>>, ParseError> {
        let Some(open) = self.stack.last_mut() else { return Ok(None) };
        if let Some((raw, class)) = &open.class
            && *raw == a.raw
        {
            return Ok(class.clone());
        }
        let name = short(a).text()?;
        let class: Option<Arc<str>> = (!name.is_empty() && *name != *open.suite.name).then(|| name.as_ref().into());
        open.class = Some((a.raw, class.clone()));
        Ok(class)
    }
}
