//! What a run knows beside reports and policy: plain values. The core asks no clock, no version control and no network.

use crate::relate::suppress::IgnoreFile;
use gatekeeper_formats::input::Limits;

/// What judging depends on beside evidence and policy. There is no default: whoever judges says what time it is, or that there is no clock.
///
/// ```
/// use gatekeeper_core::Context;
///
/// let context = Context::at(1_780_272_000);
/// assert_eq!(context.now, Some(1_780_272_000));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The clock, seconds since 1970-01-01 UTC. Without one nothing passes that needs one: evidence with a `max-age` is stale, and waivers that
    /// end do not count.
    pub now: Option<i64>,
    /// The limits on inputs.
    pub limits: Limits,
    /// Warnings make the verdict fail.
    pub fail_on_warn: bool,
    /// Names of the gates to judge: the others are skipped. All of them where it is empty.
    pub only: Vec<String>,
    /// Ignore files whose entries take findings out.
    pub ignores: Vec<IgnoreFile>,
}

impl Context {
    /// A run at a time (seconds since 1970-01-01 UTC), with the usual limits.
    pub fn at(now: i64) -> Self {
        Context { now: Some(now), ..Context::without_clock() }
    }

    /// A run that does not know what time it is.
    pub fn without_clock() -> Self {
        Context { now: None, limits: Limits::default(), fail_on_warn: false, only: Vec::new(), ignores: Vec::new() }
    }

    /// The day by which ends are judged (UTC). Without a clock, or with one out of range, every end has passed.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.now
            .and_then(|now| jiff::Timestamp::from_second(now).ok())
            .map_or(jiff::civil::Date::MAX, |t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}
