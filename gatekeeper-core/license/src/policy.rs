//! Licence policy: allow, deny and review lists, and how an expression fares under them.
//!
//! An entry is an SPDX id (`Apache-2.0`), an id with its exception (`GPL-2.0-only WITH Classpath-exception-2.0`), a
//! `LicenseRef-…`, or a family (`GPL`; see [`super::family`]). How a licence meets an entry:
//!
//! - **It is what the entry says**, spelling and deprecated names aside (`GPL-2.0` is `GPL-2.0-only`).
//! - **It falls under the entry.** An allow list takes an "or later" licence when it allows that version or a later one,
//!   since the licensee may choose; it does not take `GPL-2.0-only` for `GPL-2.0-or-later`, nor a licence WITH an
//!   exception for the bare one. `Apache-2.0+` in a list is Apache-2.0 and what comes after. A deny or review list is
//!   read widely: the bare id also means it WITH any exception, and a version also means that version "or later".
//! - **It is of the entry's family.**
//!
//! The closer match decides; among equals deny comes before review before allow. So `allow = ["GPL-2.0-only WITH
//! Classpath-exception-2.0"]` stands beside `deny = ["GPL"]`. An OR is as good as its best branch, an AND as its worst part.
//! What is on no list is unlisted where there is an allow list, and allowed where there is none; but a `LicenseRef-`
//! is then unknown, and so is everything under a policy without lists.

use crate::family::Family;
use std::fmt;

use super::entry::{Entry, Reading};
use super::expression::{Addition, Expression, License, Term, parse};
use super::name;

/// Terms named in one answer; the rest are counted.
const MOST_NAMED: usize = 20;

/// What a package says of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseStatement {
    /// An SPDX expression.
    Expression(String),
    /// An SPDX licence id.
    Id(String),
    /// A name in free text.
    Name(String),
}

/// A licence and the entry of a list that it met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The licence.
    pub license: String,
    /// The entry; none where no list speaks of the licence.
    pub entry: Option<String>,
}

/// How a package's licence fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// A branch of it is allowed: the licences chosen.
    Allowed {
        /// The licences of the branch, each with the entry that allows it.
        chosen: Vec<Match>,
    },
    /// The best branch needs somebody to look at it.
    Review {
        /// What asks for review.
        matched: Vec<Match>,
    },
    /// It cannot be told which licence it is, or no list can speak of it.
    Unknown {
        /// Why.
        why: String,
    },
    /// No branch is on the allow list, and the best is not denied.
    Unlisted {
        /// The licences that are on no list.
        licenses: Vec<String>,
    },
    /// Every branch hits a denied licence.
    Denied {
        /// The first of them.
        license: String,
        /// The entry that denies it.
        entry: String,
    },
}

impl Ruling {
    fn standing(&self) -> Standing {
        match self {
            Self::Allowed { .. } => Standing::Allowed,
            Self::Review { .. } => Standing::Review,
            Self::Unknown { .. } => Standing::Unknown,
            Self::Unlisted { .. } => Standing::Unlisted,
            Self::Denied { .. } => Standing::Denied,
        }
    }
}

/// From worst to best: an AND takes the least, an OR the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Denied,
    Unlisted,
    Unknown,
    Review,
    Allowed,
}

/// The lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenseLists {
    /// What is accepted. Empty: whatever is not denied.
    pub allow: Vec<Entry>,
    /// What is refused.
    pub deny: Vec<Entry>,
    /// What somebody must look at.
    pub review: Vec<Entry>,
}

impl LicenseLists {
    /// Judges what a package says; several statements all hold at once.
    pub fn judge_all<'s>(&self, statements: impl IntoIterator<Item = &'s LicenseStatement>) -> Ruling {
        let mut worst: Option<Ruling> = None;
        for statement in statements {
            let next = self.judge(statement);
            worst = Some(match (worst, next) {
                (None, next) => next,
                (Some(Ruling::Allowed { mut chosen }), Ruling::Allowed { chosen: more }) => {
                    chosen.extend(more.into_iter().take(MOST_NAMED.saturating_sub(chosen.len())));
                    Ruling::Allowed { chosen }
                }
                (Some(before), next) if next.standing() < before.standing() => next,
                (Some(before), _) => before,
            });
        }
        worst.unwrap_or_else(|| Ruling::Unknown { why: "no licence is stated".into() })
    }

    /// Judges one statement.
    pub fn judge(&self, statement: &LicenseStatement) -> Ruling {
        let (LicenseStatement::Expression(text) | LicenseStatement::Id(text) | LicenseStatement::Name(text)) =
            statement;
        if let Some(why) = name::no_license(text) {
            return Ruling::Unknown { why: why.into() };
        }
        match statement {
            LicenseStatement::Expression(text) => match parse(text) {
                Ok(expression) => self.judge_expression(&expression),
                Err(error) => Ruling::Unknown { why: format!("not an SPDX expression: {error}") },
            },
            LicenseStatement::Id(text) => match parse(text) {
                Ok(expression) if expression.terms().len() == 1 => self.judge_expression(&expression),
                _ => Ruling::Unknown { why: format!("not an SPDX licence id: {}", quoted(text)) },
            },
            LicenseStatement::Name(text) => {
                if let Some(expression) = name(text).and_then(|spdx| parse(&spdx).ok()) {
                    return self.judge_expression(&expression);
                }
                // "GPL" does not say which version; a policy that speaks of the family need not know.
                match name::family_named(text) {
                    Some(family) => self.judge_family(text.trim(), family),
                    None => Ruling::Unknown { why: format!("{} does not say which licence", quoted(text)) },
                }
            }
        }
    }

    /// Judges a name that settles the family and not the version: by entries for the family. Where a version of it is denied it stays
    /// open; where one is allowed somebody has to look.
    fn judge_family(&self, text: &str, family: &'static Family) -> Ruling {
        let whole = |entry: &&Entry| matches!(entry, Entry::Family(listed) if *listed == family);
        let part = |entry: &Entry| match entry {
            Entry::License(Term { license: License::Listed { id, .. }, .. }) => family.contains(id),
            _ => false,
        };
        let of = |entry: &Entry| Match { license: text.into(), entry: Some(entry.to_string()) };
        if let Some(entry) = self.deny.iter().find(whole) {
            return Ruling::Denied { license: text.into(), entry: entry.to_string() };
        }
        if let Some(entry) = self.review.iter().find(whole) {
            return Ruling::Review { matched: vec![of(entry)] };
        }
        let open = || Ruling::Unknown { why: format!("{} does not say which version", quoted(text)) };
        if self.deny.iter().chain(&self.review).any(part) {
            return open();
        }
        if let Some(entry) = self.allow.iter().find(whole) {
            return Ruling::Allowed { chosen: vec![of(entry)] };
        }
        match self.allow.is_empty() {
            // A version of it is allowed, and which one this is takes a person to say.
            false if self.allow.iter().any(part) => {
                Ruling::Review { matched: self.allow.iter().filter(|entry| part(entry)).take(1).map(of).collect() }
            }
            false => Ruling::Unlisted { licenses: vec![text.into()] },
            // Nothing that is denied is of its family.
            true if !self.deny.is_empty() || !self.review.is_empty() => {
                Ruling::Allowed { chosen: vec![Match { license: text.into(), entry: None }] }
            }
            true => open(),
        }
    }

    /// What of a statement is not simply allowed: the one licence where there is one, else the whole of it; nothing where it is allowed.
    pub fn culprit(&self, statement: &LicenseStatement) -> Option<String> {
        if self.judge(statement).standing() == Standing::Allowed {
            return None;
        }
        let (LicenseStatement::Expression(text) | LicenseStatement::Id(text) | LicenseStatement::Name(text)) =
            statement;
        let spdx = match statement {
            LicenseStatement::Name(text) => name(text),
            LicenseStatement::Expression(text) | LicenseStatement::Id(text) => Some(text.clone()),
        };
        let expression = spdx.and_then(|text| parse(&text).ok());
        let terms = expression.iter().flat_map(Expression::terms);
        let mut faulty = terms.filter(|term| self.judge_term(term).0 != Standing::Allowed);
        match (faulty.next(), faulty.next()) {
            (Some(one), None) => Some(one.to_string()),
            _ => Some(text.trim().to_owned()),
        }
    }

    /// Judges an expression: the best branch counts.
    pub fn judge_expression(&self, expression: &Expression) -> Ruling {
        let ranked = expression.rank(|term| self.judge_term(term).0);
        let matched = |terms: Vec<&Term>, standing| {
            terms
                .into_iter()
                .map(|term| (term, self.judge_term(term)))
                .filter(|(_, (found, _))| *found == standing)
                .take(MOST_NAMED)
                .map(|(term, (_, entry))| Match { license: term.to_string(), entry: entry.map(ToString::to_string) })
                .collect::<Vec<_>>()
        };
        let standing = ranked.whole().unwrap_or(Standing::Unknown);
        match standing {
            Standing::Allowed => Ruling::Allowed { chosen: matched(ranked.chosen(), standing) },
            Standing::Review => Ruling::Review { matched: matched(ranked.chosen(), standing) },
            Standing::Unknown => {
                let names: Vec<_> = matched(ranked.blamed(), standing).into_iter().map(|found| found.license).collect();
                let why = if self.allow.is_empty() && self.deny.is_empty() && self.review.is_empty() {
                    "the policy lists no licence".into()
                } else {
                    format!("no list speaks of {}", names.join(", "))
                };
                Ruling::Unknown { why }
            }
            Standing::Unlisted => {
                let unlisted = matched(ranked.blamed(), standing);
                Ruling::Unlisted { licenses: unlisted.into_iter().map(|found| found.license).collect() }
            }
            Standing::Denied => match matched(ranked.blamed(), standing).into_iter().next() {
                Some(Match { license, entry }) => Ruling::Denied { license, entry: entry.unwrap_or_default() },
                None => Ruling::Unknown { why: "the expression is empty".into() },
            },
        }
    }

    fn judge_term(&self, term: &Term) -> (Standing, Option<&Entry>) {
        let closest = |entries: &'_ [Entry], reading| {
            let met = entries.iter().enumerate().filter_map(|(at, entry)| Some((entry.meets(term, reading)?, at)));
            met.min()
        };
        let denied =
            closest(&self.deny, Reading::Wide).map(|(close, at)| (close, 0, Standing::Denied, self.deny.get(at)));
        let review =
            closest(&self.review, Reading::Wide).map(|(close, at)| (close, 1, Standing::Review, self.review.get(at)));
        let allowed =
            closest(&self.allow, Reading::Narrow).map(|(close, at)| (close, 2, Standing::Allowed, self.allow.get(at)));
        let decided = [denied, review, allowed].into_iter().flatten().min_by_key(|(close, order, ..)| (*close, *order));
        if let Some((_, _, standing, entry)) = decided {
            return (standing, entry);
        }
        let lists = !self.deny.is_empty() || !self.review.is_empty();
        let standing = match &term.license {
            _ if !self.allow.is_empty() => Standing::Unlisted,
            License::Listed { .. } if lists && !matches!(term.addition, Some(Addition::Ref { .. })) => {
                Standing::Allowed
            }
            _ => Standing::Unknown,
        };
        (standing, None)
    }
}

/// Whether an expression satisfies the lists, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Satisfaction {
    /// Whether a branch of it is allowed.
    pub satisfied: bool,
    /// Which licence met which entry.
    pub because: String,
    /// The licences of the branch chosen; empty where none is.
    pub chosen: Vec<String>,
}

/// Whether an expression satisfies an allow and a deny list. What is no expression satisfies nothing.
pub fn satisfies(expression: &str, allow: &[Entry], deny: &[Entry]) -> Satisfaction {
    let policy = LicenseLists { allow: allow.to_vec(), deny: deny.to_vec(), review: Vec::new() };
    policy.satisfies(expression)
}

impl LicenseLists {
    /// Whether an expression is allowed by the lists, and why.
    pub fn satisfies(&self, expression: &str) -> Satisfaction {
        let judgement = self.judge(&LicenseStatement::Expression(expression.into()));
        let chosen = match &judgement {
            Ruling::Allowed { chosen } => chosen.iter().map(|found| found.license.clone()).collect(),
            _ => Vec::new(),
        };
        let satisfied = matches!(judgement, Ruling::Allowed { .. });
        Satisfaction { satisfied, because: judgement.to_string(), chosen }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, found: &[Match], word: &str| {
            for (at, Match { license, entry }) in found.iter().enumerate() {
                let comma = if at > 0 { ", " } else { "" };
                match entry {
                    Some(entry) => write!(f, "{comma}{license} is {word} by {entry}")?,
                    None => write!(f, "{comma}{license} is not denied")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Allowed { chosen } => list(f, chosen, "allowed"),
            Self::Review { matched } => list(f, matched, "put up for review"),
            Self::Unknown { why } => f.write_str(why),
            Self::Unlisted { licenses } => write!(f, "not on the allow list: {}", licenses.join(", ")),
            Self::Denied { license, entry } => write!(f, "{license} is denied by {entry}"),
        }
    }
}

fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    format!("\"{cut}{}\"", if text.chars().nth(40).is_some() { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(list: &[&str]) -> Vec<Entry> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn policy(allow: &[&str], deny: &[&str], review: &[&str]) -> LicenseLists {
        LicenseLists { allow: entries(allow), deny: entries(deny), review: entries(review) }
    }

    fn allowed(expression: &str, allow: &[&str]) -> bool {
        satisfies(expression, &entries(allow), &[]).satisfied
    }

    #[test]
    fn or_needs_one_branch_and_says_which() {
        let found = satisfies("GPL-3.0-only OR (MIT AND ISC)", &entries(&["MIT", "ISC"]), &entries(&["GPL"]));
        assert!(found.satisfied);
        assert_eq!(found.chosen, ["MIT", "ISC"]);
        assert_eq!(found.because, "MIT is allowed by MIT, ISC is allowed by ISC");
        assert!(!allowed("MIT AND Zlib", &["MIT"]));
        assert_eq!(satisfies("MIT AND Zlib", &entries(&["MIT"]), &[]).because, "not on the allow list: Zlib");
    }

    #[test]
    fn deny_needs_every_branch() {
        let policy = policy(&[], &["GPL", "AGPL"], &[]);
        let judge = |text: &str| policy.judge(&LicenseStatement::Expression(text.into()));
        assert_eq!(
            judge("GPL-2.0+ OR AGPL-3.0"),
            Ruling::Denied { license: "GPL-2.0-or-later".into(), entry: "GPL".into() }
        );
        assert!(matches!(judge("GPL-2.0-only OR LGPL-2.1-only"), Ruling::Allowed { .. }));
        assert!(matches!(judge("MIT AND GPL-2.0-only WITH Classpath-exception-2.0"), Ruling::Denied { .. }));
        assert!(matches!(judge("LicenseRef-x"), Ruling::Unknown { .. }));
        assert!(matches!(judge("GPL-2.0-only OR LicenseRef-x"), Ruling::Unknown { .. }));
        assert!(matches!(judge("MIT OR"), Ruling::Unknown { .. }));
    }

    #[test]
    fn allow_lists_take_what_they_name() {
        assert!(allowed("GPL-2.0+", &["GPL-2.0-or-later"]));
        assert!(!allowed("GPL-2.0-only", &["GPL-2.0-or-later"]), "a project on GPL 3 cannot take it");
        assert!(allowed("GPL-2.0-or-later", &["GPL-3.0-only"]), "the licensee may choose version 3");
        assert!(!allowed("GPL-3.0-or-later", &["GPL-2.0-only"]));
        assert!(allowed("Apache-1.0+", &["Apache-2.0"]) && allowed("Apache-2.0", &["Apache-1.1+"]));
        assert!(!allowed("Apache-2.0", &["Apache-1.1"]));
        assert!(!allowed("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
        assert!(allowed("Apache-2.0 WITH LLVM-exception", &["Apache"]));
        assert!(!allowed("Apache-2.0 WITH AdditionRef-x", &["Apache"]));
        assert!(!allowed("GPL-2.0-only", &["GPL-2.0-only WITH Classpath-exception-2.0"]));
        assert!(!allowed("MIT-0", &["MIT"]) && !allowed("LGPL-3.0-only", &["GPL"]));
        assert!(allowed("LicenseRef-x", &["LicenseRef-x"]) && !allowed("LicenseRef-x", &["LicenseRef-X"]));
        assert!(!allowed("MIT", &[]), "no list, no licence");
    }

    #[test]
    fn deny_lists_are_read_widely() {
        let denied = |text: &str, entry: &str| {
            let policy = policy(&[], &[entry], &[]);
            matches!(policy.judge(&LicenseStatement::Expression(text.into())), Ruling::Denied { .. })
        };
        assert!(denied("GPL-2.0-or-later", "GPL-2.0-only"));
        assert!(denied("GPL-3.0-only", "GPL-2.0-or-later"));
        assert!(!denied("GPL-2.0-or-later", "GPL-3.0-only"), "version 2 may be chosen");
        assert!(denied("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"));
        assert!(!denied("GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0"));
        assert!(denied("BSD-4-Clause", "BSD") && !denied("LGPL-2.1-only", "GPL"));
    }

    #[test]
    fn the_closer_entry_decides() {
        let judge = |policy: LicenseLists, text: &str| policy.judge(&LicenseStatement::Expression(text.into()));
        let java = "GPL-2.0-only WITH Classpath-exception-2.0";
        assert!(matches!(judge(policy(&[java], &["GPL"], &[]), java), Ruling::Allowed { .. }));
        assert!(matches!(judge(policy(&[java], &["GPL"], &[]), "GPL-2.0-only"), Ruling::Denied { .. }));
        assert!(matches!(judge(policy(&["MIT"], &["MIT"], &["MIT"]), "MIT"), Ruling::Denied { .. }));
        assert!(matches!(judge(policy(&["MPL"], &[], &["MPL-2.0"]), "MPL-2.0"), Ruling::Review { .. }));
        assert!(matches!(judge(policy(&["MPL-2.0"], &[], &["MPL"]), "MPL-2.0"), Ruling::Allowed { .. }));
        assert!(matches!(judge(policy(&["MIT"], &[], &["MPL"]), "MPL-2.0 OR MIT"), Ruling::Allowed { .. }));
    }

    #[test]
    fn a_family_without_a_version_is_judged_by_the_family() {
        let judged = |allow: &[&str], deny: &[&str], text: &str| {
            policy(allow, deny, &[]).judge(&LicenseStatement::Name(text.into()))
        };
        let bsd = "BSD License";
        assert!(matches!(judged(&["BSD"], &[], bsd), Ruling::Allowed { .. }));
        assert!(matches!(judged(&["MIT"], &[], bsd), Ruling::Unlisted { .. }));
        assert!(matches!(judged(&["BSD-3-Clause"], &[], bsd), Ruling::Review { .. }));
        assert!(matches!(judged(&[], &["GPL"], bsd), Ruling::Allowed { .. }));
        assert!(matches!(judged(&[], &["BSD"], bsd), Ruling::Denied { .. }));
        assert!(matches!(judged(&[], &["BSD-3-Clause"], bsd), Ruling::Unknown { .. }));
        // What is denied in part is not allowed by the family.
        assert!(matches!(judged(&["BSD"], &["BSD-4-Clause"], bsd), Ruling::Unknown { .. }));
        assert!(matches!(judged(&[], &["GPL"], "LGPL"), Ruling::Allowed { .. }));
        assert!(matches!(judged(&["LGPL"], &["GPL"], "GPL"), Ruling::Denied { .. }));
    }

    #[test]
    fn statements_hold_at_once() {
        let policy = policy(&["MIT", "Apache-2.0"], &["GPL"], &[]);
        let id = |text: &str| LicenseStatement::Id(text.into());
        let name = |text: &str| LicenseStatement::Name(text.into());
        assert!(
            matches!(policy.judge_all(&[id("MIT"), name("Apache 2.0")]), Ruling::Allowed { chosen } if chosen.len() == 2)
        );
        assert!(matches!(policy.judge_all(&[id("MIT"), name("GPLv3")]), Ruling::Denied { .. }));
        assert!(matches!(policy.judge_all(&[id("MIT"), name("Apache")]), Ruling::Review { .. }));
        assert!(matches!(policy.judge_all(&[]), Ruling::Unknown { .. }));
        assert!(matches!(policy.judge(&id("MIT OR ISC")), Ruling::Unknown { .. }));
        assert!(matches!(policy.judge(&name("GNU GPL")), Ruling::Denied { entry, .. } if entry == "GPL"));
        assert!(matches!(policy.judge(&name("LGPL")), Ruling::Unlisted { .. }));
        for nothing in ["NOASSERTION", "none", "UNLICENSED", "", "SEE LICENSE IN LICENSE.txt"] {
            assert!(matches!(policy.judge(&LicenseStatement::Expression(nothing.into())), Ruling::Unknown { .. }));
        }
    }

    #[test]
    fn a_wrong_entry_names_the_right_one() {
        let error = |text: &str| text.parse::<Entry>().unwrap_err().to_string();
        assert!(error("GPL-2.1-only").contains("did you mean"), "{}", error("GPL-2.1-only"));
        assert!(error("Apache 2.0").ends_with("did you mean Apache-2.0?"));
        assert!(error("MTI").contains("did you mean"));
        assert!("MIT OR ISC".parse::<Entry>().is_err());
        assert_eq!("gpl".parse::<Entry>().unwrap().to_string(), "GPL");
        assert_eq!("mit".parse::<Entry>().unwrap().to_string(), "MIT");
    }

    #[test]
    fn a_long_expression_is_judged_quickly() {
        let text = vec!["MIT AND (ISC OR GPL-3.0-only)"; 30_000].join(" AND ");
        let found = satisfies(&text, &entries(&["MIT", "ISC"]), &entries(&["GPL"]));
        assert!(found.satisfied && found.chosen.len() == 2);
    }
}
