//! What people, commands and lists say, made worse.

use super::Hints;
use gatekeeper_evidence::approvals::{Review, State};
use gatekeeper_evidence::checklist::{Checklist, Item};
use gatekeeper_evidence::command::Recording;
use gatekeeper_evidence::{Data, Evidence};

/// A year, milliseconds.
const YEAR: u64 = 31_536_000_000;

fn boxes(e: &mut Evidence) -> Option<&mut Checklist> {
    match &mut e.data {
        Data::Checklist(c) => Some(c),
        Data::Approvals(a) => a.checklist.as_deref_mut(),
        _ => None,
    }
}

pub(super) fn untick(e: &mut Evidence, _: &Hints) -> bool {
    let Some(c) = boxes(e) else { return false };
    c.items.iter_mut().for_each(|i| i.ticked = false);
    !c.items.is_empty()
}

pub(super) fn more_boxes(e: &mut Evidence, _: &Hints) -> bool {
    let more = (0..1_000).map(|n| Item { text: format!("prove-{n}").as_str().into(), ..Item::default() });
    boxes(e).map(|c| c.items.extend(more)).is_some()
}

pub(super) fn fewer_boxes(e: &mut Evidence, _: &Hints) -> bool {
    boxes(e).filter(|c| c.items.len() > 1).map(|c| c.items.truncate(1)).is_some()
}

pub(super) fn unapprove(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Approvals(a) = &mut e.data else { return false };
    let any = !a.reviews.is_empty();
    a.reviews.clear();
    any
}

pub(super) fn object(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Approvals(a) = &mut e.data else { return false };
    // What only describes the request has no reviews.
    let Some(last) = a.reviews.last() else { return false };
    let objection =
        Review { user: Some("made-by-policy-prove".into()), state: State::ChangesRequested, ..last.clone() };
    a.reviews.push(objection);
    true
}

/// Changes the recording that evidence is, or that wrote it.
fn recorded(e: &mut Evidence, change: impl Fn(&mut Recording)) -> bool {
    let mut any = false;
    if let Some(record) = &mut e.source.record {
        change(record);
        any = true;
    }
    if let Data::Command(r) = &mut e.data {
        change(r);
        any = true;
    }
    any
}

pub(super) fn break_command(e: &mut Evidence, _: &Hints) -> bool {
    recorded(e, |r| (r.exit_status, r.signal) = (None, Some(9)))
}

pub(super) fn slow_command(e: &mut Evidence, _: &Hints) -> bool {
    recorded(e, |r| r.millis = Some(YEAR))
}

pub(super) fn unconventional(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Commits(c) = &mut e.data else { return false };
    c.commits.iter_mut().for_each(|c| c.message = "made by policy prove".into());
    !c.commits.is_empty()
}

pub(super) fn other_sums(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Checksums(c) = &mut e.data else { return false };
    let mut any = false;
    for (_, digest) in c.files.iter_mut().flat_map(|f| &mut f.digests) {
        *digest = "0".repeat(digest.len()).as_str().into();
        any = true;
    }
    any
}
