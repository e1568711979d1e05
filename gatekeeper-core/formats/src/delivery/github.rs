//! What the formats of GitHub's answers share: accounts, times, errors that stand in place of an answer.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use serde::Deserialize;
use std::borrow::Cow;

/// An account: of the REST API (`login`, `type`), of GraphQL (`login`, `__typename`) or of `gh pr view` (`login`, `is_bot`).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Account<'a> {
    #[serde(borrow, default)]
    login: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__typename")]
    type_name: Option<Cow<'a, str>>,
    #[serde(default)]
    is_bot: Option<bool>,
}

impl Account<'_> {
    /// Its name; `None` where it is empty.
    pub(super) fn name(&self) -> Option<Box<str>> {
        self.login.as_deref().filter(|l| !l.is_empty()).map(Into::into)
    }

    /// Whether it is a program's.
    pub(super) fn is_bot(&self) -> bool {
        let login = self.login.as_deref().unwrap_or_default();
        let said = [self.kind.as_deref(), self.type_name.as_deref()]
            .into_iter()
            .flatten()
            .any(|k| k.eq_ignore_ascii_case("bot"));
        said || self.is_bot == Some(true) || login.ends_with("[bot]") || login.starts_with("app/")
    }
}

/// Seconds since 1970-01-01 UTC of a time such as `2026-05-30T10:00:00Z`.
pub(super) fn seconds(text: Option<&str>) -> Result<Option<i64>, ParseError> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(Some(time.as_second())),
        Err(e) => Err(ParseError::malformed("a time such as 2026-05-30T10:00:00Z").at(0).found(text).because(e)),
    }
}

/// The error that stands in place of an answer.
pub(super) fn failed(message: &str) -> ParseError {
    ParseError::new(ErrorCode::ToolFailed, "an answer of the service")
        .at(0)
        .found_words(format!("its error {}", gatekeeper_evidence::error::quote(message.as_bytes())))
}
