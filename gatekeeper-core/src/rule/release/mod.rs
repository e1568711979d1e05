//! The rule `release`: a tag that is a version, greater than the last one, agreed on by the manifests, with the commits that it is made of.

mod changelog;
mod conventional;
mod history;
mod manifest;
/// Whether two names of commits are one: by 7 digits at least.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    a.len().min(b.len()) >= 7 && (a.starts_with(&b) || b.starts_with(&a))
}

#[cfg(test)]
mod tests;

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, counted};
use super::remedy::Remedy;
use crate::config::{PolicyProblem, Span, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::commits::{Commit, Commits};
use gatekeeper_evidence::error::quote;
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind};
use history::{History, Tagged, greatest};
use manifest::Stated;
use semver::Version;
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("release"),
    title: Cow::Borrowed("the tag is a version, greater than the last one, and agrees with manifests, changelog, branch and commits"),
    kind: Kind::Commits,
    docs: Cow::Borrowed(
        "## What it requires
That the tag being released (`--tag`; in CI the tag that the run is for) is a version by Semantic Versioning 2.0.0, with or without a `v` before it; that it is greater than every version tag that is merged into what is checked out (its own tag aside); and that every manifest at the root that states a version states this one: `*.app.src` (also below `src/`), `mix.exs`, `Cargo.toml`, `package.json`, `pyproject.toml`, `gleam.toml`, `VERSION`. A version that is worked out when it is built is not stated, and that is said.
With `commits = \"conventional\"` every commit since the last tag keeps Conventional Commits 1.0.0 to the letter (merges and git's own `Revert \"…\"` are allowed and counted), and the step from the last release is at least the one that the commits demand: a breaking change a major one (below 1.0.0 a minor one), `feat` a minor one, anything else a patch.
Commits and tags come from the repository, which the command line asks when a tag is given, or from evidence of the format `git-log`: `git log --format=raw --decorate=full`. Where there are both, each is held to it.
A waiver names a commit by its `id`, a manifest by its `path`.

## Why
A tag `01.2.3`, a `package.json` that was forgotten, a breaking change in a patch release: each is found by the users otherwise.

## Configuration
| key | meaning | default |
|---|---|---|
| `tag` | `false`: no release is made yet (a pull request, say), so only the commits since the last tag are held; where a tag is given, all of it. The repository is asked only for a tag: keep the log as evidence | true |
| `prefix` | what stands before the version in the tags of this package, such as `app-v` | none, or `v` |
| `prerelease` | names that a pre-release may begin with: `[\"alpha\", \"beta\", \"rc\"]`; an empty list allows no pre-release | any |
| `manifests` | more manifests: patterns below the root | those at the root |
| `branch` | the branch that it must be released from, or several; `{major}`, `{minor}`, `{patch}` stand for the version's numbers | any |
| `changelog` | a file with a heading for this version | none |
| `commits` | `\"conventional\"`: the commits since the last tag keep Conventional Commits, and the step is as great as they demand | not looked at |
| `types` | the types that commits may have | any |

## Example
```toml
[gates.release]
rule = \"release\"
prerelease = [\"alpha\", \"beta\", \"rc\"]
branch = \"release/{major}.{minor}\"
changelog = \"CHANGELOG.md\"
commits = \"conventional\"
```

## When evidence is missing
No tag, or no commits to tell the last tag by: `missing`. A shallow clone, a log that does not reach the last tag, a manifest that cannot be read: `error`. A repository without a version tag has nothing to be greater than: that passes, and is said.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Release {
    /// Whether there must be a tag.
    tag: bool,
    prefix: Option<String>,
    prerelease: Option<Vec<String>>,
    manifests: Vec<Pattern>,
    branches: Vec<String>,
    changelog: Option<String>,
    conventional: bool,
    types: Vec<String>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let texts = |t: &mut Table<'_>, key| t.texts(key).map(|all| all.into_iter().map(|(s, _)| s).collect::<Vec<_>>());
    let branches = t.texts("branch").unwrap_or_default();
    for (template, span) in &branches {
        known_placeholders(t, template, span);
    }
    let changelog = t.text("changelog").map(|(path, span)| {
        if !crate::project::stays_below(&path) {
            t.problem(span, "`changelog` names a file below the root");
        }
        path
    });
    let conventional = t.choice("commits", &[("conventional", true)]).unwrap_or(false);
    let types = texts(t, "types").unwrap_or_default();
    if let (Some(node), false) = (t.get("types").map(|n| n.span.clone()), conventional) {
        t.problem(node, "`types` are those of conventional commits: write commits = \"conventional\" too");
    }
    let tag = t.flag("tag").unwrap_or(true);
    if let (Some(span), false, false) = (t.get("tag").map(|n| n.span.clone()), tag, conventional) {
        let message = "without a tag and without `commits` this gate can never fail";
        t.problems().add(PolicyProblem::new(span, message).help("write commits = \"conventional\" too"));
    }
    let manifests = t.patterns("manifests", |text| match text.split('/').any(|p| p == "..") {
        true => Err("a pattern stays below the root: `..` is not followed (use --root)".to_owned()),
        false => Pattern::new(text),
    });
    Some(Box::new(Release {
        tag,
        prefix: t.text("prefix").map(|(p, _)| p),
        prerelease: texts(t, "prerelease"),
        manifests,
        branches: branches.into_iter().map(|(b, _)| b).collect(),
        changelog,
        conventional,
        types,
    }))
}

fn known_placeholders(t: &Table<'_>, template: &str, span: &Span) {
    for rest in template.split('{').skip(1) {
        let name = rest.split_once('}').map_or("", |(name, _)| name);
        if !["major", "minor", "patch"].contains(&name) {
            t.problem(
                span.clone(),
                format!("`branch` has the placeholders {{major}}, {{minor}} and {{patch}}, not {{{name}}}"),
            );
        }
    }
}

/// A statement that holds, for the verdict's list of conditions.
fn holds(metric: &'static str, words: impl Into<Cow<'static, str>>) -> Condition {
    let words = words.into();
    let limit = Quantity::Word(words.clone());
    Condition { noun: "", ..Condition::new(metric, Quantity::Word(words), Bound::Is, limit, GateStatus::Fail) }
}

fn fail(code: &'static str, words: String) -> Violation {
    Violation::new(code, GateStatus::Fail, words)
}

fn missing(code: &'static str, words: &str) -> Violation {
    Violation::new(code, GateStatus::Missing, words)
}

fn error(code: &'static str, words: String) -> Violation {
    Violation::new(code, GateStatus::Error, words)
}

fn partial() -> Violation {
    let words = "the log does not go back to the beginning, so tags and commits may be missing from it";
    error("history-partial", words.to_owned()).with_help("fetch the whole history (git fetch --unshallow --tags)")
}

fn no_commits() -> Violation {
    let help = "run in the whole repository, or keep the output of git log --format=raw --decorate=full as evidence";
    missing("commits-missing", "no commits and tags are known, so nobody can tell the last tag").with_help(help)
}

impl Judge for Release {
    fn needs_evidence(&self) -> bool {
        false
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let facts = &scope.context.release;
        let logs: Vec<(&str, &Commits)> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Commits(log) => Some((e.source.path.as_str(), log)),
                _ => None,
            })
            .collect();
        let Some(tag) = facts.tag.as_deref() else {
            if !self.tag {
                return Ok(self.untagged(&logs, scope));
            }
            let violation = missing("tag-missing", "nobody says which tag is being released");
            return Ok(Judgement::of(violation.with_help("give it with --tag, or run in CI for a tag")));
        };
        let tag = tag.strip_prefix("refs/tags/").unwrap_or(tag);
        let version = match self.version(tag) {
            Ok(version) => version,
            Err(words) => {
                let violation = fail("tag-invalid", words).with_help(self.better_tag(tag));
                return Ok(Judgement::of(violation));
            }
        };
        let mut out = Judgement::default();
        out.conditions.push(holds("tag", format!("{version} is a version")));
        self.prerelease(&version, &mut out);
        self.manifests(&version, scope, &mut out);
        self.changelog(&version, scope, &mut out);
        self.branch(&version, scope, &logs, &mut out);
        if logs.is_empty() {
            out.violations.push(no_commits());
        }
        for (path, log) in logs {
            self.history(tag, &version, path, log, scope, &mut out);
        }
        Ok(out)
    }
}

impl Release {
    /// Where no release is made: the commits since the last tag.
    fn untagged(&self, logs: &[(&str, &Commits)], scope: &Scope<'_>) -> Judgement {
        let mut out = Judgement::default();
        if logs.is_empty() {
            out.violations.push(no_commits());
        }
        for (path, log) in logs {
            let mut say = |v: Violation| out.violations.push(v.from_source(path));
            if !log.decorated {
                let v = missing("tags-unknown", "the log does not say which tags there are");
                say(v.with_help("keep it with git log --format=raw --decorate=full"));
                continue;
            }
            let history = History::of(log);
            if history.partial {
                say(partial());
                continue;
            }
            let tags = history.tags(self.prefix.as_deref());
            self.each_commit(path, &history, greatest(tags.iter()), scope, &mut out);
        }
        out
    }

    fn version(&self, tag: &str) -> Result<Version, String> {
        let name = quote(tag.as_bytes());
        let text = history::version_of(tag, self.prefix.as_deref()).ok_or_else(|| {
            format!("the tag {name} does not begin with {}", self.prefix.as_deref().unwrap_or_default())
        })?;
        Version::parse(text).map_err(|e| format!("the tag {name} is no version by Semantic Versioning 2.0.0: {e}"))
    }

    /// What to name a tag that is no version: the version that was meant, where that can be told.
    fn better_tag(&self, tag: &str) -> String {
        let prefix = self.prefix.as_deref().unwrap_or(if tag.starts_with('v') { "v" } else { "" });
        let text = tag.strip_prefix(prefix).unwrap_or(tag);
        let (core, rest) = text.split_at_checked(text.find(['-', '+']).unwrap_or(text.len())).unwrap_or((text, ""));
        let mut numbers: Vec<&str> = core.split('.').collect();
        numbers.resize(numbers.len().clamp(3, 4), "0");
        let plain = |n: &&str| -> Option<u64> { n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse().ok())? };
        let numbers: Option<Vec<String>> = numbers.iter().map(|n| plain(n).map(|n| n.to_string())).collect();
        let meant = numbers.map(|n| format!("{}{rest}", n.join("."))).filter(|v| Version::parse(v).is_ok());
        match meant {
            Some(meant) => format!("name the tag {prefix}{meant}: git tag {prefix}{meant}"),
            None => format!("name the tag by a version of three numbers, such as {prefix}1.2.3 or {prefix}1.2.3-rc.1"),
        }
    }

    fn prerelease(&self, version: &Version, out: &mut Judgement) {
        let Some(allowed) = self.prerelease.as_ref().filter(|_| !version.pre.is_empty()) else { return };
        let first = version.pre.split('.').next().unwrap_or_default();
        let name = first.trim_end_matches(|c: char| c.is_ascii_digit());
        if allowed.iter().any(|a| a == first || (a == name && !name.is_empty())) {
            return;
        }
        let words = match allowed.is_empty() {
            true => format!("{version} is a pre-release, and none is allowed"),
            false => format!("{first} is no pre-release that is allowed: {}", allowed.join(", ")),
        };
        out.violations.push(fail("prerelease-unknown", words));
    }

    fn manifests(&self, version: &Version, scope: &Scope<'_>, out: &mut Judgement) {
        let Some(files) = scope.files else {
            if !self.manifests.is_empty() {
                out.violations
                    .push(missing("manifest-missing", "there is no working tree whose manifests could be read"));
            }
            return;
        };
        let usual: Vec<Pattern> = manifest::USUAL.iter().filter_map(|p| Pattern::new(p).ok()).collect();
        let found = |pattern: &Pattern, out: &mut Judgement| match files.matching(&[pattern]) {
            Ok(paths) => paths,
            Err(e) => {
                out.violations.push(error("manifest-unreadable", e));
                Vec::new()
            }
        };
        let mut paths: Vec<String> = usual.iter().flat_map(|p| found(p, out)).collect();
        for pattern in &self.manifests {
            let more = found(pattern, out);
            if more.is_empty() {
                let words = format!("no file matches {}, which `manifests` names", pattern.as_str());
                out.violations.push(missing("manifest-missing", &words));
            }
            paths.extend(more);
        }
        paths.sort();
        paths.dedup();
        let (mut agree, mut silent) = (Vec::new(), Vec::new());
        for path in &paths {
            let read = files.read(path).and_then(|bytes| bytes.ok_or_else(|| "it is gone".to_owned()));
            let at = |mut v: Violation| {
                v.place = Some(Place { path: path.as_str().into(), ..Place::default() });
                v
            };
            match read.and_then(|bytes| manifest::read(path, &bytes)) {
                Ok(Stated::Version(stated)) if manifest::agrees(&stated, version) => agree.push(path.as_str()),
                Ok(Stated::Version(stated)) => {
                    if !scope.waived(&Item { path: Some(path), ..Item::default() }) {
                        let words = format!("{path} says {}, the tag {version}", quote(stated.as_bytes()));
                        out.violations.push(at(fail("manifest-disagrees", words)));
                    }
                }
                Ok(Stated::No(why)) => silent.push(format!("the version of {path} {why}")),
                Err(why) => {
                    let words = format!("{path}: the version cannot be read: {why}");
                    out.violations.push(at(error("manifest-unreadable", words)));
                }
            }
        }
        if !agree.is_empty() {
            out.conditions.push(holds(
                "manifests",
                format!("{} say{} so too", agree.join(", "), if agree.len() == 1 { "s" } else { "" }),
            ));
        }
        out.notes.extend(silent);
    }

    fn changelog(&self, version: &Version, scope: &Scope<'_>, out: &mut Judgement) {
        let Some(path) = &self.changelog else { return };
        // Build metadata makes no other release.
        let wanted = Version { build: semver::BuildMetadata::EMPTY, ..version.clone() }.to_string();
        let read = match scope.files {
            Some(files) => files.read(path),
            None => Err("there is no working tree".to_owned()),
        };
        match read {
            Ok(Some(bytes)) => match changelog::has(&String::from_utf8_lossy(&bytes), &wanted) {
                true => out.conditions.push(holds("changelog", format!("{path} has it"))),
                false => {
                    let words = format!("{path} has no heading for {wanted}");
                    out.violations.push(fail("changelog-lacks", words));
                    out.to_pass.push(Remedy::Other(format!("write an entry for {wanted} into {path}")));
                }
            },
            Ok(None) => {
                out.violations.push(fail("changelog-lacks", format!("there is no {path}, which must have {wanted}")))
            }
            Err(why) => out.violations.push(error("changelog-unreadable", format!("{path}: {why}"))),
        }
    }

    fn branch(&self, version: &Version, scope: &Scope<'_>, logs: &[(&str, &Commits)], out: &mut Judgement) {
        if self.branches.is_empty() {
            return;
        }
        let number = |template: &String| {
            [("{major}", version.major), ("{minor}", version.minor), ("{patch}", version.patch)]
                .iter()
                .fold(template.clone(), |text, (name, n)| text.replace(name, &n.to_string()))
        };
        let wanted: Vec<String> = self.branches.iter().map(number).collect();
        let facts = &scope.context.release;
        let heads = || logs.iter().filter_map(|(_, log)| log.head());
        // A branch that is checked out is the one; where none is, each that holds the commit.
        let one = facts.branch.clone().or_else(|| heads().find_map(|c| c.checked_out.as_deref().map(str::to_owned)));
        let known: Vec<String> = match one {
            Some(one) => vec![one],
            None => {
                let held = facts.repository.iter().flat_map(|r| r.branches.iter().cloned());
                heads().flat_map(|c| c.branches.iter().map(ToString::to_string)).chain(held).collect()
            }
        };
        if known.is_empty() {
            let v = missing("branch-unknown", "nobody says which branch this is released from");
            out.violations.push(v.with_help("give it with --branch"));
        } else if let Some(right) = known.iter().find(|k| wanted.contains(k)) {
            out.conditions.push(holds("branch", format!("released from {right}")));
        } else {
            let words = format!("released from {}, not from {}", known.join(" or "), wanted.join(" or "));
            out.violations.push(fail("branch-wrong", words));
        }
    }

    /// What the commits and tags of one log say.
    fn history(&self, tag: &str, version: &Version, path: &str, log: &Commits, scope: &Scope<'_>, out: &mut Judgement) {
        let mut say = |v: Violation| out.violations.push(v.from_source(path));
        if !log.decorated {
            let v = missing("tags-unknown", "the log does not say which tags there are");
            return say(v.with_help("keep it with git log --format=raw --decorate=full"));
        }
        let history = History::of(log);
        let head = history.head().map_or("", |c| &c.id);
        if let Some(ours) = scope.context.revision.commit.as_deref().filter(|ours| !same(ours, head)) {
            let words = format!(
                "the log ends at {}, and the commit that is judged is {}",
                head.get(..12).unwrap_or(head),
                ours.get(..12).unwrap_or(ours)
            );
            let v = Violation::new("log-of-another-commit", GateStatus::Error, words);
            return say(v.with_help("keep the log of that commit: git log --format=raw --decorate=full"));
        }
        let elsewhere = log.commits.iter().find(|c| *c.id != *head && c.tags.iter().any(|t| &**t == tag));
        if let Some(other) = elsewhere {
            say(fail(
                "tag-elsewhere",
                format!("the tag {tag} stands on {} already, which is not what is checked out", other.short()),
            ));
        }
        let tags = history.tags(self.prefix.as_deref());
        // The tag itself, also under another name for the same version, is not one that it must be greater than.
        let own = |t: &Tagged<'_>| t.commit == head && t.version.cmp_precedence(version).is_eq() || t.name == tag;
        let others: Vec<&Tagged<'_>> = tags.iter().filter(|t| !own(t)).collect();
        let last = greatest(others.iter().copied());
        let greater = last.is_none_or(|last| version.cmp_precedence(&last.version).is_gt());
        if let Some(last) = last.filter(|_| !greater) {
            say(fail("not-greater", format!("{version} is not greater than {}, which is released already", last.name)));
        } else if history.partial {
            return say(partial());
        }
        let first = "there is no version tag before it".to_owned();
        if greater {
            out.conditions.push(holds("order", last.map_or(first, |last| format!("greater than {}", last.name))));
        }
        if self.conventional {
            self.commits(
                version,
                path,
                &history,
                (last, greatest(others.into_iter().filter(|t| t.version.pre.is_empty()))),
                scope,
                out,
            );
        }
    }

    /// The commits since a tag, each by itself.
    fn each_commit<'l>(
        &self,
        path: &str,
        history: &History<'l>,
        last: Option<&Tagged<'l>>,
        scope: &Scope<'_>,
        out: &mut Judgement,
    ) {
        let since = history.since(last);
        let (mut held, mut merges, mut reverts) = (0_u64, 0_u64, 0_u64);
        for commit in &since {
            let lawful = match commit {
                c if c.is_merge() => &mut merges,
                c if c.is_revert() => &mut reverts,
                _ => {
                    held = held.saturating_add(1);
                    self.commit(commit, path, scope, out);
                    continue;
                }
            };
            *lawful = lawful.saturating_add(1);
        }
        let after = last.map_or(String::new(), |l| format!(" since {}", l.name));
        let words = format!(
            "{}{after}, {} and {}",
            counted(held, "commit"),
            counted(merges, "merge"),
            counted(reverts, "revert")
        );
        out.conditions.push(holds("commits", words));
    }

    fn commits<'l>(
        &self,
        version: &Version,
        path: &str,
        history: &History<'l>,
        (last, release): (Option<&Tagged<'l>>, Option<&Tagged<'l>>),
        scope: &Scope<'_>,
        out: &mut Judgement,
    ) {
        self.each_commit(path, history, last, scope, out);
        // The step is from the last release: candidates between are steps to the same.
        let Some(base) = release else { return };
        let demand = history
            .since(Some(base))
            .into_iter()
            .filter_map(|c| Some((demanded(c, &base.version)?, c)))
            .max_by_key(|d| d.0);
        let made = step(&base.version, version);
        if let Some((demand, commit)) = demand.filter(|(demand, _)| *demand > made) {
            let words = format!(
                "{} ({}) demands a {} step, and {} → {version} is a {} one",
                quote(commit.subject().as_bytes()),
                commit.short(),
                demand.word(),
                base.version,
                made.word()
            );
            out.violations.push(fail("step-too-small", words).from_source(path));
            out.to_pass.push(Remedy::Other(format!("release it as a {} step from {}", demand.word(), base.version)));
        }
    }

    fn commit(&self, commit: &Commit, path: &str, scope: &Scope<'_>, out: &mut Judgement) {
        let subject = quote(commit.subject().as_bytes());
        let (code, words) = match conventional::read(&commit.message) {
            Err(why) => {
                ("commit-unconventional", format!("{} {subject} is no conventional commit: {why}", commit.short()))
            }
            Ok(c) if !self.types.is_empty() && !self.types.iter().any(|t| t.eq_ignore_ascii_case(c.kind)) => {
                let known = self.types.join(", ");
                ("commit-type", format!("{} {subject}: {} is not among the types {known}", commit.short(), c.kind))
            }
            Ok(_) => return,
        };
        if scope.waived(&Item { id: Some(&commit.id), ..Item::default() }) {
            return;
        }
        let mut v = fail(code, words).from_source(path);
        v.id = Some(commit.id.to_string());
        v.location = Some(Location::line(commit.line));
        out.violations.push(v);
    }
}

/// A step from one version to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Patch,
    Minor,
    Major,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Step::Patch => "patch",
            Step::Minor => "minor",
            Step::Major => "major",
        }
    }
}

fn step(from: &Version, to: &Version) -> Step {
    if to.major > from.major {
        Step::Major
    } else if to.minor > from.minor {
        Step::Minor
    } else {
        Step::Patch
    }
}

/// The step that a commit demands. Before 1.0.0 anything may change at any time (SemVer 2.0.0, item 4): a minor step is enough.
fn demanded(commit: &Commit, base: &Version) -> Option<Step> {
    let (kind, breaking) = match conventional::read(&commit.message) {
        Ok(c) => (c.kind.to_ascii_lowercase(), c.breaking),
        Err(_) => (String::new(), conventional::has_breaking_footer(&commit.message)),
    };
    match kind.as_str() {
        _ if breaking && base.major == 0 => Some(Step::Minor),
        _ if breaking => Some(Step::Major),
        "feat" => Some(Step::Minor),
        "fix" => Some(Step::Patch),
        _ => None,
    }
}
