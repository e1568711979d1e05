//! What is judged and what changed: `--commit`, `--tree`, `--diff`, `--base`, as `check` and its kin take them.

use crate::front::{GivenDiff, Refusal};
use crate::git::{self, Git};
use crate::policy_ref::policy_of;
use clap::Args;
use gatekeeper_core::Revision;
use gatekeeper_core::error::chain;
use gatekeeper_core::policy::{self, GivenPolicy};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The change that is judged.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeArgs {
    /// The commit that is judged; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Its tree; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    tree: Option<String>,
    /// A unified diff of the change, - for standard input: what `patch` and `on-diff` judge
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    diff: Option<PathBuf>,
    /// Ask git for the diff instead: from where HEAD branched off from this commit
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Read the policy, what it extends and the ignore files from this commit, such as origin/main: a change cannot lower its own bar
    #[arg(long, value_name = "REF")]
    policy_ref: Option<String>,
    /// Take an empty diff for proof that nothing changed
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// What was given, and what git says where it was asked.
pub(crate) struct Given {
    /// The commit and tree.
    pub(crate) revision: Revision,
    /// The diff.
    pub(crate) diff: Option<GivenDiff>,
    /// The policy of another commit.
    pub(crate) policy: Option<GivenPolicy>,
}

/// Reads what was given, and asks git for the rest.
pub(crate) fn given(
    args: &ChangeArgs,
    root: Option<&Path>,
    config: Option<&Path>,
    max_bytes: u64,
) -> Result<Given, Refusal> {
    let folder = folder(root);
    let revision = git::revision(&folder, args.commit.clone(), args.tree.clone());
    let diff = match (&args.diff, &args.base) {
        (Some(file), _) => Some(GivenDiff { prefix: Git::at(&folder).prefix(), ..read(file, max_bytes)? }),
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
    Ok(Given { revision, diff, policy: policy.transpose()? })
}

/// The folder that is judged: git is asked there.
pub(crate) fn folder(root: Option<&Path>) -> PathBuf {
    let here = || PathBuf::from(".");
    match root {
        Some(root) => root.to_path_buf(),
        None => std::env::current_dir()
            .ok()
            .and_then(|cwd| policy::find(&cwd).ok().flatten())
            .map_or_else(here, |(_, folder)| folder),
    }
}

fn read(file: &Path, max_bytes: u64) -> Result<GivenDiff, Refusal> {
    let is_stdin = file == Path::new("-");
    let from = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let mut text = Vec::new();
    let most = max_bytes.saturating_add(1);
    let done = match is_stdin {
        true => std::io::stdin().lock().take(most).read_to_end(&mut text),
        false => std::fs::File::open(file).and_then(|f| f.take(most).read_to_end(&mut text)),
    };
    done.map_err(|e| Refusal::Usage(format!("the diff {from} cannot be read: {e}")))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > max_bytes {
        return Err(Refusal::Usage(format!("the diff {from} is larger than {max_bytes} bytes: raise --max-bytes")));
    }
    Ok(GivenDiff { from, text, ..GivenDiff::default() })
}
