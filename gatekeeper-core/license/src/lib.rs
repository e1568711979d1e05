//! The licence engine: SPDX expressions, policy lists, licence names and licence texts.
//!
//! - [`parse`] reads an SPDX licence expression; [`Expression::normalized`] spells it in one way.
//! - [`LicenseLists`] holds allow, deny and review lists, and judges [`LicenseStatement`]s; [`satisfies`] asks about one expression.
//! - [`name()`] reads a free-text name, [`detect()`] a licence text. Neither guesses.
//!
//! It knows nothing of the rest of gatekeeper, and is of use by itself.
//!
//! The licence list is the crate `spdx`'s; its parser and its judging are not used: they know no families of
//! licences, and stop at a name or a deprecated id where a policy still has to be judged.
//!
//! ```
//! use gatekeeper_license::{LicenseStatement, Ruling, LicenseLists};
//!
//! let policy = LicenseLists { deny: vec!["GPL".parse()?, "AGPL".parse()?], ..LicenseLists::default() };
//! let judge = |text: &str| policy.judge(&LicenseStatement::Expression(text.into()));
//! assert!(matches!(judge("LGPL-2.1-only"), Ruling::Allowed { .. }));
//! assert!(matches!(judge("GPL-2.0+ AND MIT"), Ruling::Denied { .. }));
//! # Ok::<(), gatekeeper_license::EntryError>(())
//! ```

#![forbid(unsafe_code)]

mod alike;
pub mod answer;
mod beside;
mod compare;
mod detect;
mod entry;
mod expression;
mod family;
mod list;
mod name;
mod name_data;
mod name_url;
mod name_words;
mod normalize;
mod policy;
mod texts;

pub use detect::{Detected, Undetected, detect};
pub use entry::{Entry, EntryError};
pub use expression::{Addition, Expression, ExpressionError, License, Ranked, Term, parse};
pub use family::{Family, families, family};
pub use list::{LIST_VERSION, exception_id, is_deprecated, license_id};
pub use name::{family_named, name, no_license};
pub use policy::{LicenseLists, LicenseStatement, Match, Ruling, Satisfaction, satisfies};
