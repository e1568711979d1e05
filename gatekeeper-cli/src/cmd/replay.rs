//! `check --replay VERDICT`: judges again as a kept verdict was judged; the same evidence, policy and clock give the same bytes.

use super::judge::JudgeArgs;
use crate::exit;
use crate::front::read_whole;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::output::{document, line};
use gatekeeper_core::proof::{compare, comparison};
use gatekeeper_core::verdict::Verdict;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What was asked for then, where it is not asked for otherwise now: files are taken again where they still are what they were.
///
/// # Errors
/// Each thing that was given then and has to be given again, in words.
pub(super) fn arguments(args: &JudgeArgs, kept: &Verdict) -> Result<JudgeArgs, Vec<String>> {
    let mut out = args.clone();
    let mut lacking = Vec::new();
    if let Some(diff) = kept.context.diff.as_ref().filter(|_| !args.change.gives_a_diff()) {
        match (&diff.base, again(&diff.from, &diff.sha256)) {
            (Some(base), _) => {
                let of = |name: &str, commit: &Option<String>| {
                    commit.as_ref().map(|c| format!(", {name} {c}")).unwrap_or_default()
                };
                let at = format!("{}{}", of("from", &diff.merge_base), of("to", &diff.head));
                lacking.push(format!(
                    "it was judged with git's diff against {base} (SHA-256 {}{at}): check out what was judged and give --base {base}, or that diff as --diff FILE",
                    diff.sha256
                ));
            }
            (None, Ok(file)) => {
                // It was said then that an empty one is meant.
                out.change.allow_empty |= diff.files == 0;
                out.change.diff = Some(file);
            }
            (None, Err(why)) => {
                lacking.push(format!("it was judged with the diff {why}: give it again as --diff FILE"))
            }
        }
    }
    if let Some(baseline) = kept.asked.baseline.as_ref().filter(|_| args.earlier.baseline.is_none()) {
        match again(&baseline.path, &baseline.sha256) {
            Ok(file) => out.earlier.baseline = Some(file),
            Err(why) => {
                lacking.push(format!("it was compared with the baseline {why}: give it again as --baseline FILE"));
            }
        }
    }
    if args.earlier.history.is_empty() {
        for file in &kept.asked.history {
            match again(&file.path, &file.sha256) {
                Ok(file) => out.earlier.history.push(file),
                Err(why) => lacking.push(format!("its history had {why}: give it again as --history FILE...")),
            }
        }
    }
    if let Some(sha256) = kept.asked.changed.as_ref().filter(|_| !args.change.gives_names()) {
        lacking.push(format!(
            "it was judged with a list of changed files (SHA-256 of its names {sha256}): give it again as --changed FILE"
        ));
    }
    if let Some(from) = kept.policy.from.as_ref().filter(|_| !args.change.reads_the_policy()) {
        lacking.push(format!("its policy was read from {from}: give it again as --policy-ref REF"));
    }
    if !lacking.is_empty() {
        return Err(lacking);
    }
    out.as_in(kept);
    Ok(out)
}

fn again(file: &str, sha256: &str) -> Result<PathBuf, String> {
    found_again(Path::new(file), sha256)
}

/// A file that is still what it was; otherwise what it was, and what of it is not so.
pub(super) fn found_again(path: &Path, sha256: &str) -> Result<PathBuf, String> {
    let file = path.display();
    match read_whole(path, None) {
        Ok(bytes) => match sha256_hex(&bytes) {
            now if now == sha256 => Ok(path.to_owned()),
            now => Err(format!("{file}, which is another file now (SHA-256 {sha256} then, {now} now)")),
        },
        Err(_) => Err(format!("{file} (SHA-256 {sha256}), which is not there any more")),
    }
}

/// What was put in and is another thing now, each in a line.
fn inputs(kept: &Verdict, now: &Verdict) -> Vec<String> {
    let mut out = Vec::new();
    let mut differs = |what: &str, then: Option<String>, now: Option<String>| {
        if then != now {
            let shown = |side: Option<String>| side.unwrap_or_else(|| "none".to_owned());
            out.push(format!("{what}: {} then, {} now", shown(then), shown(now)));
        }
    };
    let digest = |v: &Verdict| v.context.diff.as_ref().map(|d| format!("SHA-256 {}", d.sha256));
    differs("the engine", Some(kept.engine.clone()), Some(now.engine.clone()));
    differs("the clock", kept.now.clone(), now.now.clone());
    differs("the commit", kept.context.commit.clone(), now.context.commit.clone());
    differs("the tree", kept.context.tree.clone(), now.context.tree.clone());
    differs("the policy", Some(kept.policy.digest.clone()), Some(now.policy.digest.clone()));
    differs("the profile", kept.policy.profile.clone(), now.policy.profile.clone());
    differs("the diff", digest(kept), digest(now));
    let head = |v: &Verdict| v.context.diff.as_ref().and_then(|d| d.head.clone());
    differs("the commit that the diff leads to", head(kept), head(now));
    let begins = |v: &Verdict| v.context.diff.as_ref().and_then(|d| d.merge_base.clone());
    differs("the commit that the diff begins at", begins(kept), begins(now));
    let baseline = |v: &Verdict| v.asked.baseline.as_ref().map(|b| format!("SHA-256 {}", b.sha256));
    differs("the baseline", baseline(kept), baseline(now));
    let history = |v: &Verdict| {
        let all: Vec<String> = v.asked.history.iter().map(|h| format!("SHA-256 {}", h.sha256)).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    differs("the history", history(kept), history(now));
    differs("the list of changed files", kept.asked.changed.clone(), now.asked.changed.clone());
    differs("the tag", kept.asked.tag.clone(), now.asked.tag.clone());
    differs("the branch", kept.asked.branch.clone(), now.asked.branch.clone());
    differs("the author", kept.asked.author.clone(), now.asked.author.clone());
    differs("the time of handing in", kept.asked.since.clone(), now.asked.since.clone());
    out
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
    let put_in = inputs(kept, now);
    for what in &put_in {
        writeln!(err, "gatekeeper: {}", line(what))?;
    }
    let c = compare(kept, now);
    if !c.same {
        comparison(&c, err)?;
    } else if put_in.is_empty() {
        let what = other(kept, now);
        writeln!(err, "gatekeeper: what differs is none of its gates, evidence or policy: {}", line(&what))?;
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
