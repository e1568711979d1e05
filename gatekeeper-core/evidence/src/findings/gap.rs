//! What was not looked at.

use super::Category;
use serde::Serialize;

/// Something that a tool did not look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What, and why as far as the report tells it: `3 of its files were parsed in part: a.ts, b.ts, c.ts`.
    pub words: String,
    /// Whether nothing at all was looked at: then the absence of findings says nothing.
    pub whole: bool,
    /// What would have been looked for there; empty where it is everything.
    pub of: Vec<Category>,
    /// Where it is told as findings of a category as well: whoever counts these need not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_as: Option<Category>,
}

impl Gap {
    /// Nothing was looked at.
    pub fn whole(words: impl Into<String>) -> Gap {
        Gap { words: words.into(), whole: true, ..Gap::default() }
    }

    /// Not all of it was looked at.
    pub fn part(words: impl Into<String>) -> Gap {
        Gap { words: words.into(), ..Gap::default() }
    }

    /// Of one category only.
    #[must_use]
    pub fn of(mut self, category: Category) -> Gap {
        self.of.push(category);
        self
    }

    /// Items that were left out, by name: so many of them are told, and the number of all.
    /// `one` and `many` say what became of one and of several.
    pub fn of_items<T: AsRef<str>>(one: &str, many: &str, items: &[T]) -> Option<Gap> {
        const TOLD: usize = 5;
        /// Characters of each.
        const LONG: usize = 200;
        if items.is_empty() {
            return None;
        }
        let names: Vec<String> = items.iter().take(TOLD).map(|i| i.as_ref().chars().take(LONG).collect()).collect();
        let more = if items.len() > TOLD { ", …" } else { "" };
        let what = if items.len() == 1 { one } else { many };
        Some(Gap::part(format!("{} {what}: {}{more}", items.len(), names.join(", "))))
    }
}
