//! What the command line asks of git. The core asks nothing: it gets plain values.
//!
//! The repository may be a stranger's. Nothing of its configuration, attributes or hooks is run: file system monitors, hooks, external diffs, text
//! conversions, filters of the repository's own, transports and lazy fetches are off, `GIT_*` of the environment is taken out, and every setting
//! that changes what a diff looks like is fixed.

use gatekeeper_core::{Base, Lineage, Revision};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// Why git could not tell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// It could not be run.
    #[error("git cannot be run")]
    Run(#[source] io::Error),
    /// It refuses the folder, as somebody else owns it.
    #[error("git refuses this folder, as it belongs to another user: git config --global --add safe.directory {0}")]
    NotOurs(String),
    /// There is no repository, or none with a commit.
    #[error("there is no commit of git here")]
    NoCommit,
    /// It does not know a name.
    #[error("git does not know `{0}`: fetch it first{1}")]
    Unknown(String, &'static str),
    /// A name that git would take for an option, or that is none.
    #[error("`{0}` is no name of a commit")]
    NoName(String),
    /// A name of several commits: git would take the tag, whoever pushed it.
    #[error("`{name}` stands for different commits ({}): name one of them in full", refs.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// What it may stand for.
        refs: Vec<String>,
    },
    /// The history is cut off.
    #[error(
        "this clone is shallow, so nobody can tell where the change branched off from `{0}`: fetch the whole history (git fetch --unshallow; `fetch-depth: 0` of actions/checkout)"
    )]
    Shallow(String),
    /// The history is cut off, and tags and commits are missing from it.
    #[error(
        "this clone is shallow, so tags and commits are missing from it: fetch the whole history (git fetch --unshallow --tags; `fetch-depth: 0` of actions/checkout)"
    )]
    Cut,
    /// Two histories have nothing in common.
    #[error("`{0}` and HEAD have no commit in common")]
    Unrelated(String),
    /// The answer is above the limit.
    #[error("git's answer is larger than {0} bytes: raise --max-bytes")]
    TooLarge(u64),
    /// A file that lies outside of the repository.
    #[error("{0} is not named from within the repository")]
    Outside(String),
    /// Something that bears a policy's name and is none.
    #[error("{0} bears a policy's name there and is no file")]
    NoFile(String),
    /// Several policies in one place.
    #[error("there are several policies in one place there ({0}): keep one, or name one with --config")]
    Several(String),
    /// A commit without a policy.
    #[error("there is no policy in {0}")]
    NoPolicy(String),
    /// It failed for another reason.
    #[error("git {0} failed: {1}")]
    Failed(&'static str, String),
}

/// Settings that every call gets.
const SETTINGS: [&str; 17] = [
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.quotePath=true",
    "core.pager=cat",
    "core.untrackedCache=false",
    "core.alternateRefsCommand=",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "submodule.recurse=false",
    "log.showSignature=false",
    "gc.auto=0",
    "diff.external=",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.suppressBlankEmpty=false",
    "color.ui=false",
];

/// What a diff is asked with: each setting that would change it stands here.
const DIFF: [&str; 18] = [
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--text",
    "--no-color",
    "--no-color-moved",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--find-renames=50%",
    "-l1000",
    "--unified=0",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "--full-index",
    "-O/dev/null",
];

/// Git in a folder.
#[derive(Debug, Clone)]
pub struct Git<'f> {
    folder: &'f Path,
    /// Settings that switch off what the repository's own configuration would run.
    own: Vec<String>,
}

/// What lies under a name in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, from the top of the repository.
    pub name: String,
    /// Whether it is a file: no folder, link or submodule.
    pub is_file: bool,
}

/// What git says of the folder.
#[derive(Debug)]
struct Head {
    commit: String,
    tree: String,
    shallow: bool,
    /// The folder within the working tree: empty, or with `/` at its end.
    prefix: String,
}

impl<'f> Git<'f> {
    /// Git in a folder.
    pub fn at(folder: &'f Path) -> Git<'f> {
        Git { folder, own: Vec::new() }
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_ascii_uppercase().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        for (name, value) in [
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("LC_ALL", "C"),
        ] {
            command.env(name, value);
        }
        command.env_remove("LANGUAGE").stdin(Stdio::null()).arg("--no-pager").arg("-C").arg(self.folder);
        for setting in SETTINGS.into_iter().chain(self.own.iter().map(String::as_str)) {
            command.arg("-c").arg(setting);
        }
        command.args(arguments);
        command
    }

    /// What it prints, where it succeeds.
    fn ask<S: AsRef<OsStr>>(
        &self,
        what: &'static str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, GitError> {
        let done = self.command(arguments).output().map_err(GitError::Run)?;
        if done.status.success() { Ok(done.stdout) } else { Err(self.failure(what, &done.stderr)) }
    }

    fn failure(&self, what: &'static str, said: &[u8]) -> GitError {
        let said = String::from_utf8_lossy(said);
        if said.contains("dubious ownership") || said.contains("unsafe repository") {
            let folder = std::path::absolute(self.folder).unwrap_or_else(|_| self.folder.to_path_buf());
            return GitError::NotOurs(folder.display().to_string());
        }
        let first = said.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("it says nothing");
        GitError::Failed(what, first.chars().take(200).collect())
    }

    fn head(&self) -> Result<Head, GitError> {
        let asked = ["rev-parse", "--is-shallow-repository", "--show-prefix", "HEAD^{commit}", "HEAD^{tree}"];
        let said = match self.ask("rev-parse", asked) {
            Err(GitError::Failed(..)) => return Err(GitError::NoCommit),
            said => said?,
        };
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        let [shallow, prefix, commit, tree] = lines.as_slice() else { return Err(GitError::NoCommit) };
        let name = |text: &str| Revision::name(text).ok_or(GitError::NoCommit);
        Ok(Head {
            commit: name(commit)?,
            tree: name(tree)?,
            shallow: *shallow != "false",
            prefix: (*prefix).to_owned(),
        })
    }

    /// Switches off the filters that the repository's own configuration brings: they are commands.
    fn without_filters(&mut self) -> Result<(), GitError> {
        let listed = self.ask("config", ["config", "--list", "--show-scope", "-z", "--name-only"])?;
        let mut parts = listed.split(|b| *b == 0);
        while let (Some(scope), Some(name)) = (parts.next(), parts.next()) {
            let is_own = matches!(scope, b"local" | b"worktree");
            let Ok(name) = std::str::from_utf8(name) else {
                return Err(GitError::Failed("config", "it has a setting whose name is not UTF-8".to_owned()));
            };
            if !is_own || !name.starts_with("filter.") {
                continue;
            }
            if name.contains(['=', '\n']) {
                return Err(GitError::Failed("config", "it has a filter of an impossible name".to_owned()));
            }
            let off = if name.ends_with(".required") { "false" } else { "" };
            self.own.push(format!("{name}={off}"));
        }
        Ok(())
    }

    /// When a commit was made (seconds since 1970-01-01 UTC).
    fn committed(&self, commit: &str) -> Option<i64> {
        let said = self.ask("show", ["show", "--no-patch", "--format=%ct", commit]).ok()?;
        String::from_utf8_lossy(&said).trim().parse().ok()
    }

    /// Whether files that git knows were changed and not committed.
    fn is_dirty(&mut self) -> Result<bool, GitError> {
        self.without_filters()?;
        let asked = ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty"];
        Ok(!self.ask("status", asked)?.is_empty())
    }

    /// The commit that a name stands for, in full.
    fn commit(&self, name: &str, shallow: bool) -> Result<String, GitError> {
        if name.is_empty() || name.starts_with('-') || name.contains(|c: char| c.is_control()) {
            return Err(GitError::NoName(name.to_owned()));
        }
        let asked = ["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")];
        let unknown = || {
            let deep = if shallow {
                "; this clone is shallow, so it may lie further back (git fetch --unshallow)"
            } else {
                ""
            };
            GitError::Unknown(name.to_owned(), deep)
        };
        let said = match self.ask("rev-parse", asked) {
            Err(GitError::Failed(..)) => return Err(unknown()),
            said => said?,
        };
        let commit = Revision::name(String::from_utf8_lossy(&said).trim()).ok_or_else(unknown)?;
        self.one_meaning(name)?;
        Ok(commit)
    }

    /// Whether a name stands for one commit: a tag of a branch's name would otherwise take its place.
    fn one_meaning(&self, name: &str) -> Result<(), GitError> {
        // What stands behind the name leads further from there. A name may have an `@`, but not before a brace.
        let of = name.split(['~', '^', ':']).next().unwrap_or_default();
        let of = of.split("@{").next().unwrap_or_default();
        if of.is_empty() || of.starts_with("refs/") {
            return Ok(());
        }
        let refs =
            [("refs", ""), ("refs/tags", ""), ("refs/heads", ""), ("refs/remotes", ""), ("refs/remotes", "/HEAD")]
                .map(|(place, behind)| format!("{place}/{of}{behind}"));
        let mut asked = vec!["for-each-ref", "--format=%(refname) %(objectname) %(*objectname)"];
        asked.extend(refs.iter().map(String::as_str));
        let said = self.ask("for-each-ref", asked)?;
        let said = String::from_utf8_lossy(&said);
        let mut meant: Vec<(&str, &str)> = Vec::new();
        for line in said.lines() {
            let mut parts = line.split(' ').filter(|part| !part.is_empty());
            // Of a tag with a message what it is of, which is told last.
            if let Some(known) = parts.next().filter(|known| refs.iter().any(|r| r == known)) {
                meant.extend(parts.next_back().map(|commit| (known, commit)));
            }
        }
        match meant.first() {
            Some((_, first)) if meant.iter().any(|(_, commit)| commit != first) => Err(GitError::Ambiguous {
                name: of.to_owned(),
                refs: meant.iter().map(|(known, _)| (*known).to_owned()).collect(),
            }),
            _ => Ok(()),
        }
    }

    /// What the change adds: the diff from where HEAD branched off from a base. Where the working tree holds more, that is part of it.
    ///
    /// # Errors
    /// No git, no repository, a base that it does not know, a shallow clone that cannot tell.
    pub fn change(mut self, base: &str, limit: u64) -> Result<(Vec<u8>, Base), GitError> {
        let head = self.head()?;
        let commit = self.commit(base, head.shallow)?;
        let said = match self.ask("merge-base", ["merge-base", &commit, &head.commit]) {
            Err(GitError::Failed(..)) if head.shallow => return Err(GitError::Shallow(base.to_owned())),
            Err(GitError::Failed(..)) => return Err(GitError::Unrelated(base.to_owned())),
            said => said?,
        };
        let merge_base = Revision::name(String::from_utf8_lossy(&said).trim())
            .ok_or_else(|| GitError::Unrelated(base.to_owned()))?;
        // Of a history that is cut off only this is certain: what HEAD descends from.
        if head.shallow && merge_base != commit {
            return Err(GitError::Shallow(base.to_owned()));
        }
        let with_working_tree = self.is_dirty()?;
        let relative = if head.prefix.is_empty() { "--no-relative" } else { "--relative" };
        let mut arguments: Vec<&str> = DIFF.to_vec();
        arguments.extend([relative, &merge_base]);
        if !with_working_tree {
            arguments.push(&head.commit);
        }
        arguments.push("--");
        let text = self.read("diff", &arguments, limit)?;
        let name = base.to_owned();
        Ok((text, Base { name, commit, merge_base, head: head.commit, with_working_tree }))
    }

    /// The whole history of what is checked out, newest first, with its tags (`git log --format=raw --decorate=full`), and the branches that hold it.
    ///
    /// # Errors
    /// Where there is no commit, git fails, or its answer is above the limit; [`GitError::Cut`] for a shallow clone.
    pub fn history(&self, limit: u64) -> Result<(Vec<u8>, Vec<String>), GitError> {
        // Settings hide tags from what is decorated unless they are named.
        const LOG: [&str; 15] = [
            "log",
            "--format=raw",
            "--decorate=full",
            "--decorate-refs=HEAD",
            "--decorate-refs=refs/tags/",
            "--decorate-refs=refs/heads/",
            "--decorate-refs=refs/remotes/",
            "--no-color",
            "--no-mailmap",
            "--no-notes",
            "--no-patch",
            "--encoding=UTF-8",
            "--no-abbrev-commit",
            "HEAD",
            "--",
        ];
        const HELD: [&str; 5] =
            ["for-each-ref", "--contains=HEAD", "--format=%(refname)", "refs/heads", "refs/remotes"];
        if self.head()?.shallow {
            return Err(GitError::Cut);
        }
        let log = self.read("log", &LOG, limit)?;
        let held = self.read("for-each-ref", &HELD, limit)?;
        let branch = |name: &str| {
            let remote = || name.strip_prefix("refs/remotes/")?.split_once('/').map(|(_, branch)| branch.to_owned());
            name.strip_prefix("refs/heads/").map(str::to_owned).or_else(remote)
        };
        let mut branches: Vec<String> =
            String::from_utf8_lossy(&held).lines().filter_map(branch).filter(|b| b != "HEAD").collect();
        branches.sort();
        branches.dedup();
        Ok((log, branches))
    }

    /// The folder within the working tree: empty at its top and where there is no git, else with `/` at its end.
    pub fn prefix(&self) -> String {
        self.head().map(|head| head.prefix).unwrap_or_default()
    }

    /// The commit that a name stands for, and the folder within the working tree.
    ///
    /// # Errors
    /// No git, no repository, a name that it does not know.
    pub fn known(&self, name: &str) -> Result<(String, String), GitError> {
        let head = self.head()?;
        Ok((self.commit(name, head.shallow)?, head.prefix))
    }

    /// What of these names, from the top of the repository, a commit has.
    ///
    /// # Errors
    /// Where git fails.
    pub fn entries(&self, commit: &str, names: &[String]) -> Result<Vec<Entry>, GitError> {
        let mut asked = vec!["ls-tree", "-z", "--full-tree", commit, "--"];
        asked.extend(names.iter().map(String::as_str));
        let said = self.ask("ls-tree", asked)?;
        let entry = |line: &[u8]| {
            let line = String::from_utf8_lossy(line);
            let (what, name) = line.split_once('\t')?;
            let is_file = matches!(what.split(' ').next(), Some("100644" | "100755"));
            Some(Entry { name: name.to_owned(), is_file })
        };
        Ok(said.split(|b| *b == 0).filter_map(entry).collect())
    }

    /// The names of all files below a folder, from the top of the repository, as a commit has them. Links and submodules are named too.
    ///
    /// # Errors
    /// Where git fails.
    pub fn below(&self, commit: &str, folder: &str) -> Result<Vec<String>, GitError> {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        let said = self.ask("ls-tree", ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", &folder])?;
        let names = said.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    /// A file as a commit has it.
    ///
    /// # Errors
    /// Where git fails, or the file is above the limit.
    pub fn blob(&self, commit: &str, name: &str, limit: u64) -> Result<Vec<u8>, GitError> {
        self.read("cat-file", &["cat-file", "blob", &format!("{commit}:{name}")], limit)
    }

    /// How commits stand to ours (HEAD where it is not given): whether all of them are ours or ancestors of it.
    pub fn lineage(&self, commits: &[String], ours: Option<&str>) -> Lineage {
        let Ok(head) = self.head() else { return Lineage::NotAsked };
        let ours = ours.unwrap_or(&head.commit);
        let cut = |what: String| {
            let shallow = "this clone is shallow: fetch the whole history (git fetch --unshallow; `fetch-depth: 0` of actions/checkout)";
            Lineage::CannotTell(format!("{what}, and {shallow}"))
        };
        for name in commits.iter().map(String::as_str).chain([ours]) {
            match self.commit(name, head.shallow) {
                Ok(_) => {}
                Err(_) if head.shallow => return cut(format!("git does not know {name}")),
                Err(_) if name == ours => {
                    return Lineage::CannotTell(format!("git does not know our commit {ours}: fetch it first"));
                }
                // The whole history is here, and it is not in it.
                Err(_) => return Lineage::Stranger,
            }
        }
        for name in commits {
            match self.command(["merge-base", "--is-ancestor", name, ours]).output().map(|done| done.status.code()) {
                Ok(Some(0)) => {}
                Ok(Some(1)) if head.shallow => return cut(format!("{name} is not in what is here of our history")),
                Ok(Some(1)) => return Lineage::Stranger,
                _ => return Lineage::CannotTell("git merge-base failed".to_owned()),
            }
        }
        Lineage::Ancestor
    }

    /// What a call prints, up to a limit.
    fn read(&self, what: &'static str, arguments: &[&str], limit: u64) -> Result<Vec<u8>, GitError> {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(GitError::Run)?;
        let errors = child.stderr.take().map(|stderr| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                let _ = stderr.take(1 << 16).read_to_end(&mut said);
                said
            })
        });
        let mut text = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(limit.saturating_add(1)).read_to_end(&mut text).map_err(GitError::Run)?;
        }
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(GitError::TooLarge(limit));
        }
        let status = child.wait().map_err(GitError::Run)?;
        let said = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
        if status.success() { Ok(text) } else { Err(self.failure(what, &said)) }
    }
}

/// The commit and tree that are judged: what was given, else what git says, else what CI says where git is not there.
pub fn revision(folder: &Path, commit: Option<String>, tree: Option<String>) -> Revision {
    let mut out = Revision::default();
    let given = commit.is_some() || tree.is_some();
    (out.commit, out.tree) = (commit, tree);
    if out.commit.is_some() && out.tree.is_some() {
        out.from = Some("--commit and --tree".to_owned());
        return out;
    }
    let mut git = Git::at(folder);
    match git.head() {
        Ok(head) => {
            let ours = out.commit.as_ref().is_none_or(|c| Revision::same(c, &head.commit))
                && out.tree.as_ref().is_none_or(|t| Revision::same(t, &head.tree));
            out.from = Some(
                match (given, ours) {
                    (false, _) => "git",
                    (true, true) => "the command line and git",
                    (true, false) => "the command line",
                }
                .to_owned(),
            );
            if !ours {
                out.notes.push(format!("git's HEAD is {}, which is not what was given", short(&head.commit)));
                return out;
            }
            if out.tree.is_none() {
                match git.is_dirty() {
                    Ok(false) => out.tree = Some(head.tree),
                    Ok(true) => {
                        out.dirty = true;
                        out.notes.push(
                            "the working tree holds changes that are not committed, so no tree is recorded".to_owned(),
                        );
                    }
                    Err(e) => out.notes.push(format!("the tree is not known: {e}")),
                }
            }
            out.committed = git.committed(&head.commit);
            out.commit.get_or_insert(head.commit);
        }
        Err(e) => {
            if matches!(e, GitError::NotOurs(_)) {
                out.notes.push(e.to_string());
            }
            if given {
                out.from = Some("the command line".to_owned());
                return out;
            }
            for name in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
                if let Some(commit) = std::env::var(name).ok().as_deref().and_then(Revision::name) {
                    (out.commit, out.from) = (Some(commit), Some(name.to_owned()));
                    break;
                }
            }
        }
    }
    out
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
