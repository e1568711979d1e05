//! What is judged and what changed: `--commit`, `--tree`, `--diff`, `--base`, as `check` and its kin take them.

use crate::front::{GivenDiff, GivenList, Refusal};
use crate::git::{self, Git};
use crate::policy_ref::{folder, policy_of};
use clap::Args;
use gatekeeper_core::Revision;
use gatekeeper_core::error::chain;
use gatekeeper_core::policy::GivenPolicy;
use gatekeeper_core::verdict::RunContext;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The change that is judged.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeArgs {
    /// The commit that is judged; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    pub(super) commit: Option<String>,
    /// Its tree; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    pub(super) tree: Option<String>,
    /// A unified diff of the change, - for standard input: what `patch` and `on-diff` judge
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    pub(super) diff: Option<PathBuf>,
    /// Ask git for the diff instead: from where HEAD branched off from this commit
    #[arg(long, value_name = "REF")]
    pub(super) base: Option<String>,
    /// Read the policy, what it extends and the ignore files from this commit, such as origin/main: a change cannot lower its own bar
    #[arg(long, value_name = "REF")]
    pub(super) policy_ref: Option<String>,
    /// The files that changed, a name a line or each ending in NUL, - for standard input: the other components are not judged
    #[arg(long, value_name = "FILE")]
    pub(super) changed: Option<PathBuf>,
    /// Take an empty diff or an empty list of changed files for proof that nothing changed
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// What a kept verdict was judged for.
    #[arg(skip)]
    pub(super) kept: Option<Revision>,
}

impl ChangeArgs {
    /// Whether a diff is given.
    pub(super) fn gives_a_diff(&self) -> bool {
        self.diff.is_some() || self.base.is_some()
    }

    /// Whether a list of changed files is given.
    pub(super) fn gives_names(&self) -> bool {
        self.changed.is_some()
    }

    /// Whether the policy is read from another commit.
    pub(super) fn reads_the_policy(&self) -> bool {
        self.policy_ref.is_some()
    }

    /// Judges for the commit and tree of a kept verdict, where none is given.
    pub(super) fn as_in(&mut self, kept: &RunContext) {
        if self.commit.is_none() && self.tree.is_none() {
            let mut revision = Revision::default();
            revision.commit.clone_from(&kept.commit);
            revision.tree.clone_from(&kept.tree);
            revision.from.clone_from(&kept.from);
            revision.dirty = kept.dirty;
            revision.notes.clone_from(&kept.notes);
            self.kept = Some(revision);
        }
    }
}

/// What was given, and what git says where it was asked.
pub(crate) struct Given {
    /// The commit and tree.
    pub(crate) revision: Revision,
    /// The diff.
    pub(crate) diff: Option<GivenDiff>,
    /// The policy of another commit.
    pub(crate) policy: Option<GivenPolicy>,
    /// The list of changed files.
    pub(crate) changed: Option<GivenList>,
}

/// Reads what was given, and asks git for the rest.
pub(crate) fn given(
    args: &ChangeArgs,
    root: Option<&Path>,
    config: Option<&Path>,
    max_bytes: u64,
) -> Result<Given, Refusal> {
    let folder = folder(root);
    let revision = match &args.kept {
        Some(kept) => kept.clone(),
        None => git::revision(&folder, args.commit.clone(), args.tree.clone()),
    };
    let diff = match (&args.diff, &args.base) {
        (Some(file), _) => {
            let (from, text) = read(file, "the diff", max_bytes)?;
            Some(GivenDiff { from, text, prefix: Git::at(&folder).prefix(), ..GivenDiff::default() })
        }
        (None, Some(base)) => {
            let (text, base) = Git::at(&folder)
                .change(base, max_bytes)
                .map_err(|e| Refusal::Usage(format!("--base {base}: {}", chain(&e))))?;
            Some(GivenDiff { from: "git".to_owned(), text, base: Some(base), ..GivenDiff::default() })
        }
        (None, None) => None,
    };
    let policy = args.policy_ref.as_deref().map(|reference| {
        policy_of(reference, root, config)
            .map_err(|e| Refusal::Usage(format!("--policy-ref {reference}: {}", chain(&e))))
    });
    let streams = [&args.diff, &args.changed].into_iter().flatten().filter(|f| *f == Path::new("-")).count();
    if streams > 1 {
        return Err(Refusal::Usage("--diff - and --changed - cannot both read standard input".to_owned()));
    }
    let list = |file: &PathBuf| -> Result<GivenList, Refusal> {
        let (from, text) = read(file, "the list", max_bytes)?;
        Ok(GivenList { from, text })
    };
    let changed = args.changed.as_ref().map(list).transpose()?;
    Ok(Given { revision, diff, policy: policy.transpose()?, changed })
}

/// A file's name for people, and its bytes; `what` says what it is.
fn read(file: &Path, what: &str, max_bytes: u64) -> Result<(String, Vec<u8>), Refusal> {
    let is_stdin = file == Path::new("-");
    let from = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let mut text = Vec::new();
    let most = max_bytes.saturating_add(1);
    let done = match is_stdin {
        true => std::io::stdin().lock().take(most).read_to_end(&mut text),
        false => std::fs::File::open(file).and_then(|f| f.take(most).read_to_end(&mut text)),
    };
    done.map_err(|e| Refusal::Usage(format!("{what} {from} cannot be read: {e}")))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > max_bytes {
        return Err(Refusal::Usage(format!("{what} {from} is larger than {max_bytes} bytes: raise --max-bytes")));
    }
    Ok((from, text))
}
