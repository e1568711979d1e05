//! Properties of the licence engine that hold for every input.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use gatekeeper_core::license::{self, Entry, LicenseLists, LicenseStatement, Ruling};
use proptest::prelude::*;

const IDS: &[&str] = &[
    "MIT",
    "mit",
    "Apache-2.0",
    "Apache-1.0+",
    "GPL-2.0",
    "GPL-2.0+",
    "GPL-3.0-only",
    "LGPL-2.1-or-later",
    "BSD-3-Clause",
    "LicenseRef-x",
    "DocumentRef-a:LicenseRef-b",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "GPL-2.0-with-classpath-exception",
];
const ENTRIES: &[&str] = &[
    "MIT",
    "Apache",
    "Apache-2.0",
    "GPL",
    "GPL-3.0-only",
    "GPL-2.0-or-later",
    "LGPL",
    "BSD",
    "LicenseRef-x",
    "GPL-2.0-only WITH Classpath-exception-2.0",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(IDS).prop_map(ToOwned::to_owned);
    leaf.prop_recursive(6, 64, 3, |inner| {
        (inner.clone(), prop::sample::select(&["AND", "OR", "and", "or"][..]), inner, any::<bool>()).prop_map(
            |(left, operator, right, group)| {
                if group { format!("({left} {operator} {right})") } else { format!("{left}  {operator} {right}") }
            },
        )
    })
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(prop::sample::select(ENTRIES).prop_map(|entry| entry.parse().unwrap()), 0..5)
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(text in expression()) {
        let once = license::parse(&text).unwrap();
        let twice = license::parse(&once.normalized()).unwrap();
        prop_assert_eq!(once.normalized(), twice.normalized());
        prop_assert_eq!(once.terms(), twice.terms());
    }

    #[test]
    fn normalising_keeps_the_meaning(text in expression(), allow in entries(), deny in entries()) {
        let normalized = license::parse(&text).unwrap().normalized();
        let policy = LicenseLists { allow, deny, review: Vec::new() };
        prop_assert_eq!(policy.satisfies(&text), policy.satisfies(&normalized));
    }

    #[test]
    fn no_text_brings_the_engine_down(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        if let Err(error) = license::parse(&text) {
            prop_assert!(error.offset <= text.len());
        }
        let _ = license::name(&text);
        let _ = license::family_named(&text);
        let _ = license::detect(&bytes);
        let _ = text.parse::<Entry>();
    }

    #[test]
    fn words_of_expressions_bring_nothing_down(words in prop::collection::vec(
        prop::sample::select(&["(", ")", "AND", "or", "WITH", "MIT", "GPL-2.0+", "+", "/", "LLVM-exception", "License", "2", "(c)", "::"][..]), 0..12)
    ) {
        let text = words.join(" ");
        let named = license::name(&text);
        if let Ok(expression) = license::parse(&text) {
            prop_assert_eq!(named, Some(expression.normalized()));
        } else if let Some(spdx) = named {
            prop_assert!(license::parse(&spdx).is_ok(), "{text}: {spdx}");
        }
    }

    #[test]
    fn allowing_more_never_takes_away(text in expression(), allow in entries(), more in entries(), deny in entries()) {
        let before = license::satisfies(&text, &allow, &deny).satisfied;
        let both: Vec<Entry> = allow.iter().chain(&more).cloned().collect();
        // From no allow list (all that is not denied) to one is a narrowing, not a widening.
        if before && !allow.is_empty() {
            prop_assert!(license::satisfies(&text, &both, &deny).satisfied);
        }
    }

    #[test]
    fn denying_more_never_gives(text in expression(), allow in entries(), deny in entries(), more in entries()) {
        prop_assume!(!allow.is_empty());
        let both: Vec<Entry> = deny.iter().chain(&more).cloned().collect();
        if license::satisfies(&text, &allow, &both).satisfied {
            prop_assert!(license::satisfies(&text, &allow, &deny).satisfied);
        }
    }

    #[test]
    fn more_statements_never_help(first in expression(), second in expression(), allow in entries(), deny in entries()) {
        let policy = LicenseLists { allow, deny, review: Vec::new() };
        let statements = [LicenseStatement::Expression(first), LicenseStatement::Expression(second)];
        let both = policy.judge_all(&statements);
        let each = statements.iter().all(|one| matches!(policy.judge(one), Ruling::Allowed { .. }));
        prop_assert_eq!(matches!(both, Ruling::Allowed { .. }), each);
    }
}
