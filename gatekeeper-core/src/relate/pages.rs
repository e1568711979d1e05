//! Answers of a service that were saved a page a file: together they are one list where their own headers show that none is missing.
//!
//! Each says which page it is, which one follows, and of which list (`Link`, RFC 8288). Only the pages from the first to one that nothing follows, each once, of one list, brought by one entry of the
//! policy, make a whole; anything else stays what each file is by itself: not complete.

use gatekeeper_evidence::approvals::Page;
use gatekeeper_evidence::{Data, Evidence};
use std::collections::BTreeMap;

fn page(e: &Evidence) -> Option<Page> {
    match &e.data {
        Data::Approvals(a) => a.page.filter(|p| p.list.is_some() && e.complete == Some(false)),
        _ => None,
    }
}

/// Whether pages, sorted by number, are a whole list.
fn are_whole(pages: &[Page]) -> bool {
    let follows = |pair: &[Page]| match pair {
        [one, next] => {
            one.next == Some(next.number) && one.last.checked_add(1) == Some(next.number) && one.list == next.list
        }
        _ => false,
    };
    pages.len() > 1
        && pages.first().is_some_and(|p| p.number == 1)
        && pages.last().is_some_and(|p| p.next.is_none())
        && pages.windows(2).all(follows)
}

/// Says of the pages of whole lists that they are complete.
pub(crate) fn unite(mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut lists: BTreeMap<_, Vec<(usize, Page)>> = BTreeMap::new();
    for (at, e) in evidence.iter().enumerate() {
        if let Some(page) = page(e) {
            let s = &e.source;
            lists.entry((page.list, s.format, s.name.clone(), s.labels.clone())).or_default().push((at, page));
        }
    }
    for mut pages in lists.into_values() {
        pages.sort_by_key(|(_, page)| page.number);
        if !are_whole(&pages.iter().map(|(_, page)| *page).collect::<Vec<_>>()) {
            continue;
        }
        for (at, _) in pages {
            if let Some(e) = evidence.get_mut(at) {
                e.complete = Some(true);
                // What it said of the others is answered.
                e.notes.retain(|n| !n.message.starts_with("it says that page ") && !n.message.starts_with("page 1 "));
            }
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::approvals::Approvals;

    fn of(name: &str, pages: &[(u64, u64, Option<u64>, Option<u64>)]) -> Vec<Evidence> {
        let one = |(number, last, next, list): &(u64, u64, Option<u64>, Option<u64>)| Evidence {
            source: Source { format: "github-reviews", name: Some(name.to_owned()), ..Source::default() },
            complete: Some(false),
            notes: Vec::new(),
            data: Data::Approvals(Approvals {
                page: Some(Page { number: *number, last: *last, next: *next, list: *list }),
                ..Approvals::default()
            }),
        };
        pages.iter().map(one).collect()
    }

    fn whole(pages: &[(u64, u64, Option<u64>, Option<u64>)]) -> bool {
        let united = unite(of("a", pages));
        let complete = united.iter().filter(|e| e.complete == Some(true)).count();
        assert!(complete == 0 || complete == pages.len());
        complete > 0
    }

    #[test]
    fn pages_are_a_whole_from_the_first_to_the_last_of_one_list() {
        let l = Some(7);
        assert!(whole(&[(1, 1, Some(2), l), (2, 2, None, l)]));
        assert!(whole(&[(3, 3, None, l), (1, 1, Some(2), l), (2, 2, Some(3), l)]), "in any order");
        assert!(whole(&[(1, 2, Some(3), l), (3, 3, None, l)]), "a file may hold several");
        for (pages, why) in [
            (vec![(1, 1, Some(2), l), (3, 3, None, l)], "the second is not there"),
            (vec![(1, 1, Some(2), l), (2, 2, Some(3), l)], "the third is not there"),
            (vec![(2, 2, Some(3), l), (3, 3, None, l)], "the first is not there"),
            (vec![(1, 1, Some(2), l), (1, 1, Some(2), l), (2, 2, None, l)], "one twice"),
            (vec![(1, 1, Some(2), l), (2, 2, None, Some(8))], "of another list"),
            (vec![(1, 1, Some(2), None), (2, 2, None, None)], "of no list that is named"),
            (vec![(1, 1, Some(3), l), (2, 2, None, l)], "another follows"),
            (vec![(1, 1, Some(2), l)], "alone"),
            (vec![(1, 1, None, l)], "alone, and not complete for another reason"),
        ] {
            assert!(!whole(&pages), "{why}");
        }
        let mut two = of("a", &[(1, 1, Some(2), l)]);
        two.extend(of("b", &[(2, 2, None, l)]));
        assert!(unite(two).iter().all(|e| e.complete == Some(false)), "of two entries of the policy");
    }

    #[test]
    fn what_a_page_says_of_the_others_is_answered_where_they_are_there() {
        let notes = |pages: &[(u64, u64, Option<u64>, Option<u64>)]| {
            let mut all = of("a", pages);
            for e in &mut all {
                for message in ["it says that page 2 follows", "page 1 is not here", "another"] {
                    e.notes.push(gatekeeper_evidence::Note::new(message));
                }
            }
            unite(all).into_iter().map(|e| e.notes.len()).collect::<Vec<_>>()
        };
        assert_eq!(notes(&[(1, 1, Some(2), Some(7)), (2, 2, None, Some(7))]), [1, 1]);
        assert_eq!(notes(&[(1, 1, Some(2), Some(7)), (3, 3, None, Some(7))]), [3, 3]);
    }
}
