//! Checklists: boxes that people tick.

use serde::{Deserialize, Serialize};

/// The boxes of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// In the text's order.
    pub items: Vec<Item>,
}

/// A box.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What stands beside it: its first line.
    pub text: Box<str>,
    /// The heading that it stands under.
    pub section: Option<Box<str>>,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Line of the text, from 1.
    pub line: u64,
}

impl Checklist {
    /// How many are ticked.
    pub fn ticked(&self) -> usize {
        self.items.iter().filter(|i| i.ticked).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ticked_is_counted() {
        let of = |ticks: &[bool]| {
            let items = ticks.iter().map(|t| Item { ticked: *t, ..Item::default() }).collect();
            Checklist { items }.ticked()
        };
        assert_eq!((of(&[]), of(&[false]), of(&[true, false, true])), (0, 0, 2));
    }
}
