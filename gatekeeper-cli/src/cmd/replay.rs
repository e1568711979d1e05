//! `check --replay VERDICT`: judges again as a kept verdict was judged; the same evidence, policy and clock give the same bytes.

use super::judge::JudgeArgs;
use crate::exit;
use gatekeeper_core::output::{document, line};
use gatekeeper_core::proof::{compare, comparison};
use gatekeeper_core::verdict::Verdict;
use std::io::{self, Write};

/// What was asked for then, where it is not asked for otherwise now.
///
/// # Errors
/// What the verdict does not hold and has to be given again, in words.
pub(super) fn arguments(args: &JudgeArgs, kept: &Verdict) -> Result<JudgeArgs, String> {
    let mut out = args.clone();
    if let Some(diff) = kept.context.diff.as_ref().filter(|_| !args.change.gives_a_diff()) {
        return Err(format!("it was judged with a diff (of {}): give it again with --diff or --base", diff.from));
    }
    out.as_in(kept);
    Ok(out)
}

/// Says what differs; answers the exit code.
pub(super) fn held_against(kept: &Verdict, now: &Verdict, err: &mut dyn Write) -> io::Result<u8> {
    let bytes = |v: &Verdict| {
        let mut out = Vec::new();
        document(v, &mut out).map(|()| out)
    };
    if bytes(kept)? == bytes(now)? {
        return Ok(now.status.exit_code());
    }
    writeln!(err, "gatekeeper: judged again, the verdict is another one:")?;
    let c = compare(kept, now);
    if c.same {
        writeln!(
            err,
            "gatekeeper: what differs is none of its gates, evidence or policy: {}",
            line(&other(kept, now))
        )?;
    } else {
        comparison(&c, err)?;
    }
    Ok(now.status.exit_code().max(exit::UNKNOWN))
}

/// The parts of the document that differ beside those that a comparison tells.
fn other(kept: &Verdict, now: &Verdict) -> String {
    let fields = |v: &Verdict| serde_json::to_value(v).ok().and_then(|v| v.as_object().cloned()).unwrap_or_default();
    let (kept, now) = (fields(kept), fields(now));
    let keys = kept.keys().chain(now.keys().filter(|k| !kept.contains_key(*k)));
    keys.filter(|k| kept.get(*k) != now.get(*k)).cloned().collect::<Vec<_>>().join(", ")
}
