//! Evidence and policy → verdict: what is read, how each gate is judged, what the whole comes to.

mod gate;
mod gather;
mod readings;
mod waive;
mod words;

pub(crate) use gate::{Ground, UNREADABLE, judge};
pub(crate) use gather::{ReadAll, entry_of, read_all, stale};
pub(crate) use waive::Waivers;
pub(crate) use words::sentence;

use crate::verdict::{Action, GateVerdict, Overall, Status};

/// What the gates come to together. Blocking gates decide; an input that no gate could be blamed for, or nothing at all, is no pass.
pub(crate) fn overall(gates: &[GateVerdict], unread_by_nobody: bool, nothing: bool, fail_on_warn: bool) -> Overall {
    let any = |f: &dyn Fn(&GateVerdict) -> bool| gates.iter().any(f);
    if any(&|g| g.blocking && g.status == Status::Fail) {
        return Overall::Fail;
    }
    // Nothing judged is nothing passed.
    let judged = any(&|g| matches!(g.status, Status::Pass | Status::Warn | Status::Fail));
    if any(&|g| g.blocking) || unread_by_nobody || nothing || !judged {
        return Overall::Unknown;
    }
    let short = any(&|g| match g.status {
        Status::Pass | Status::Skip => false,
        // A default gate whose evidence is not there is reported, and does not spoil what is there.
        Status::Missing => g.policy_line.is_some() && g.action != Action::Inform,
        _ => g.action != Action::Inform,
    });
    match (short, fail_on_warn) {
        (true, true) => Overall::Fail,
        (true, false) => Overall::Warn,
        (false, _) => Overall::Pass,
    }
}
