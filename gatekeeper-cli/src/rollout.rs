//! The next step of a rollout: what the command, Python and Node share.

use crate::proof;
use crate::refusal::Refusal;
use gatekeeper_core::evidence::decimal::Decimal;
use gatekeeper_core::policy::Next;
use gatekeeper_core::{CheckRequest, Context, Engine, Verdict};
use std::path::Path;

/// What a verdict that was reached at a share of traffic (percent) says of the next one. The policy that says the steps is named, or searched for in
/// the working directory and its parents.
///
/// # Errors
/// A share that is none or no step, no policy or one without steps, a verdict of another policy, without a canary, or whose parts disagree.
pub fn next(engine: &Engine, current: &str, config: Option<&Path>, verdict: Verdict) -> Result<Next, Refusal> {
    // Traffic is moved by what this says.
    let verdict = proof::sound(verdict)?;
    let usage = |words: &str| Err(Refusal::Usage(words.to_owned()));
    let Some(share) = Decimal::parse(current.trim().trim_end_matches('%')) else {
        return Err(Refusal::Usage(format!("the current step is a share of traffic in percent, not \"{current}\"")));
    };
    let folder = std::env::current_dir().map_err(Refusal::WorkingDirectory)?;
    let mut request = CheckRequest::new(folder, Context::without_clock());
    request.config = config.map(Path::to_owned);
    let Some(policy) = engine.find_policy(&request).map_err(Refusal::Policy)? else {
        return usage("there is no policy here: name it with --config");
    };
    if policy.sha256 != verdict.policy.sha256 {
        return usage("this verdict is of another policy than the one that says the steps: judge again");
    }
    let Some(rollout) = &policy.rollout else {
        return usage("the policy has no [rollout] with its steps: steps = [5, 15, 50, 100]");
    };
    rollout.next(share, &verdict).map_err(Refusal::Usage)
}

/// The same of a verdict as text, answered as JSON: the next share as a text, `"done"`, `"hold"` or `"rollback"`.
///
/// # Errors
/// As [`next`]; a text that is no verdict.
pub fn next_json(engine: &Engine, current: &str, config: Option<&Path>, verdict: &str) -> Result<String, Refusal> {
    let verdict = proof::verdict(verdict.as_bytes())?;
    Ok(serde_json::to_string(&next(engine, current, config, verdict)?.to_string())?)
}
