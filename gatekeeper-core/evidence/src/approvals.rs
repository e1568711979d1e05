//! Approvals: who reviewed what, and how it ended.

use crate::checklist::Checklist;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one answer of a forge says of approvals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// The reviews, in the answer's order.
    pub reviews: Vec<Review>,
    /// What was reviewed, where the answer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<Request>>,
    /// The boxes in the text of what was reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<Box<Checklist>>,
    /// Who wrote or committed the reviewed commits, where the answer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committers: Option<Vec<Box<str>>>,
    /// How many approvals the forge itself still asks for; `None` where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// Whether these are approvals of a run's environments: they have no time and no commit of their own, and a rejection is never taken back.
    pub environments: bool,
    /// Where the answer is a page of several: its number from 1, and that of the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// Which page of an answer this is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its number, from 1.
    pub number: u64,
    /// The last page that stands in this file.
    pub last: u64,
    /// The page that follows, where the answer says that there is one.
    pub next: Option<u64>,
    /// A mark of the list that it is a page of, where the answer names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<u64>,
}

/// A pull or merge request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Who opened it.
    pub author: Option<Box<str>>,
    /// The commit at its head.
    pub head: Option<Box<str>>,
    /// When it was opened, seconds since 1970-01-01 UTC.
    pub created: Option<i64>,
    /// Whether it is a draft.
    pub draft: bool,
}

/// One review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Who; `None` where the account is gone.
    pub user: Option<Box<str>>,
    /// Whether the account is a program's.
    pub bot: bool,
    /// How it ended.
    pub state: State,
    /// When it was given, seconds since 1970-01-01 UTC.
    pub at: Option<i64>,
    /// The commit that was looked at.
    pub commit: Option<Box<str>>,
    /// The environments that it is for.
    pub environments: Vec<Box<str>>,
}

/// How a review ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Approved.
    Approved,
    /// Changes were requested, or the run was rejected.
    ChangesRequested,
    /// An earlier review that was taken back.
    Dismissed,
    /// A remark that decides nothing.
    #[default]
    Commented,
    /// Not handed in yet.
    Pending,
}

impl State {
    /// Whether it takes the place of what the same person said before.
    pub fn decides(self) -> bool {
        matches!(self, State::Approved | State::ChangesRequested | State::Dismissed)
    }
}

/// The reviews that stand: of each person the latest that decides. Names are compared without regard to case; what comes from nobody known
/// stands by itself.
pub fn standing<'r>(reviews: impl Iterator<Item = &'r Review>) -> Vec<&'r Review> {
    let mut deciding: Vec<&Review> = reviews.filter(|r| r.state.decides()).collect();
    // Lists may be in any order. What has no time keeps its place among its like, and comes first: it is never later than what has one.
    deciding.sort_by_key(|r| r.at);
    let mut latest: BTreeMap<String, &Review> = BTreeMap::new();
    let mut nobodys = Vec::new();
    for review in deciding {
        match &review.user {
            Some(user) => drop(latest.insert(user.to_lowercase(), review)),
            None => nobodys.push(review),
        }
    }
    latest.into_values().chain(nobodys).collect()
}

impl Approvals {
    /// How many people there are among its reviews.
    pub fn users(&self) -> usize {
        self.reviews.iter().filter_map(|r| r.user.as_deref()).map(str::to_lowercase).collect::<BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(user: &str, state: State, at: i64) -> Review {
        Review { user: Some(user.into()), state, at: Some(at), ..Review::default() }
    }

    #[test]
    fn the_latest_that_decides_stands() {
        use State::{Approved, ChangesRequested, Commented, Dismissed, Pending};
        let of = |states: &[(State, i64)]| {
            let reviews: Vec<Review> = states.iter().map(|(s, at)| review("a", *s, *at)).collect();
            standing(reviews.iter()).iter().map(|r| r.state).collect::<Vec<_>>()
        };
        assert_eq!(of(&[(Approved, 1), (Commented, 2), (Pending, 3)]), [Approved]);
        assert_eq!(of(&[(Approved, 1), (ChangesRequested, 2)]), [ChangesRequested]);
        assert_eq!(of(&[(Approved, 1), (ChangesRequested, 2), (Dismissed, 3)]), [Dismissed]);
        assert_eq!(of(&[(Approved, 2), (ChangesRequested, 1)]), [Approved], "by time, not by place");
        assert_eq!(of(&[(Commented, 1)]), []);
    }

    #[test]
    fn one_person_is_one_whatever_the_case_and_nobody_is_nobody_else() {
        let nobody = Review { state: State::Approved, ..Review::default() };
        let reviews =
            [review("Alice", State::Approved, 1), review("alice", State::Approved, 2), nobody.clone(), nobody];
        assert_eq!(standing(reviews.iter()).len(), 3);
        assert_eq!(Approvals { reviews: reviews.to_vec(), ..Approvals::default() }.users(), 1);
    }

    #[test]
    fn a_person_is_counted_once_in_any_spelling() {
        let of = |users: &[&str]| {
            let nobodys = Review { user: None, ..Review::default() };
            let reviews = users.iter().map(|u| review(u, State::Approved, 1)).chain([nobodys]).collect();
            Approvals { reviews, ..Approvals::default() }.users()
        };
        assert_eq!((of(&[]), of(&["Ann"]), of(&["Ann", "ann", "Bob"])), (0, 1, 2));
    }
}
