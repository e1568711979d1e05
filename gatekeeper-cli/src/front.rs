//! What every way into gatekeeper shares: the command line, Python and Node give plain values, and get the same document or the
//! same refusal for them.

use crate::git::Git;
pub use crate::refusal::{Problem, Refusal, RefusalDocument};
use crate::release::{self, Release};
use gatekeeper_core::collect;
use gatekeeper_core::evidence::Kind;
use gatekeeper_core::input::Limits;
use gatekeeper_core::inspect::inspection;
use gatekeeper_core::output::{Output, Style};
use gatekeeper_core::policy::GivenPolicy;
use gatekeeper_core::scripted::{self, Ask, KINDS};
use gatekeeper_core::{
    Base, Change, CheckRequest, Context, Engine, History, Progress, ReadOptions, Revision, Taken, Verdict, changed,
    policy,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to judge, and by what.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files and folders to read instead of what the policy names.
    pub paths: Vec<PathBuf>,
    /// The policy; otherwise it is searched for in the root and its parent folders.
    pub config: Option<PathBuf>,
    /// The folder that patterns are relative to.
    pub root: Option<PathBuf>,
    /// The policy's profile to judge by.
    pub profile: Option<String>,
    /// The clock to judge by (RFC 3339); otherwise this machine's.
    pub now: Option<String>,
    /// Largest file that is read, bytes.
    pub max_bytes: Option<u64>,
    /// Warnings make the verdict fail.
    pub fail_on_warn: bool,
    /// Names of the gates to judge, the others are skipped; all of them where none is named.
    pub only: Vec<String>,
    /// The policy, where it is read from elsewhere than the working tree.
    pub policy: Option<GivenPolicy>,
    /// The commit and tree that are judged.
    pub revision: Revision,
    /// The diff of the change that is judged.
    pub diff: Option<GivenDiff>,
    /// The files that changed: components that none of them touches are not judged.
    pub changed: Option<GivenList>,
    /// A diff or a list of no bytes means that nothing changed; otherwise it is refused.
    pub allow_empty: bool,
    /// The verdict carries what the evidence holds beyond what the gates fell short by.
    pub details: bool,
    /// What is released, and whose change is reviewed.
    pub release: Release,
    /// The snapshot of an earlier run to compare with.
    pub baseline: Option<PathBuf>,
    /// Earlier verdicts: a file each, or several in one.
    pub history: Vec<PathBuf>,
    /// Whether git may be asked how the baseline's commit stands to ours.
    pub ask_git: bool,
    /// Counts the reports that were read.
    pub progress: Option<Arc<Progress>>,
}

impl Request {
    /// Says what is judged and what changed, as programs give it: the diff's text, the names of commit and tree, and whether an empty diff is proof
    /// that nothing changed.
    pub fn of_change(
        &mut self,
        diff: Option<Vec<u8>>,
        commit: Option<String>,
        tree: Option<String>,
        allow_empty: bool,
    ) {
        let known = commit.is_some() || tree.is_some();
        (self.revision.commit, self.revision.tree) = (commit, tree);
        self.revision.from = known.then(|| "the caller".to_owned());
        self.diff = diff.map(|text| GivenDiff { from: "diff".to_owned(), text, ..GivenDiff::default() });
        self.allow_empty = allow_empty;
    }

    /// The files that changed, as the languages give them: a name a line, or names that end in a NUL.
    pub fn of_changed(&mut self, names: Option<Vec<u8>>) {
        self.changed = names.map(|text| GivenList { from: "changed".to_owned(), text });
    }
}

/// A diff as it was given.
#[derive(Debug, Clone, Default)]
pub struct GivenDiff {
    /// Where it is from: the file's name.
    pub from: String,
    /// Its text.
    pub text: Vec<u8>,
    /// What was compared, where git was asked: then an empty diff is proven to be one.
    pub base: Option<Base>,
    /// The root's folder in the repository, with `/` at its end, where the diff may name files from the repository's top.
    pub prefix: String,
}

/// A list of changed files as it was given.
#[derive(Debug, Clone, Default)]
pub struct GivenList {
    /// Where it is from: the file's name.
    pub from: String,
    /// Its text: a name a line, or names that end in a NUL.
    pub text: Vec<u8>,
}

/// How files are to be read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// As this format, whatever they look like.
    pub read_as: Option<String>,
    /// Without holding SBOMs against their schema.
    pub no_validate: bool,
    /// Largest file that is read, bytes.
    pub max_bytes: Option<u64>,
}

/// A rule that a program in another language brings; what it is asked and what its answers mean: [`gatekeeper_core::scripted`].
#[derive(Clone)]
pub struct CustomRule {
    /// The name by which policies name it.
    pub name: String,
    /// The kind of evidence that it takes: one of [`KINDS`], by its name; every kind where none is given.
    pub kind: Option<String>,
    /// What it judges, in the words of whoever wrote it.
    pub docs: Option<String>,
    /// Asks it.
    pub ask: Arc<Ask>,
}

/// The built-in engine with rules of the program's own.
///
/// # Errors
/// A name that is empty, has blanks in it or belongs to a built-in rule; a kind of evidence that there is not.
pub fn engine(rules: Vec<CustomRule>) -> Result<Engine, Refusal> {
    let built_in = Engine::default();
    let mut engine = Engine::builder();
    for CustomRule { name, kind, docs, ask } in rules {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Refusal::Usage(format!("the name of a rule is a word without blanks, not {name:?}")));
        }
        if built_in.rules().by_id(&name).is_some() {
            return Err(Refusal::Usage(format!("`{name}` is a built-in rule: give yours another name")));
        }
        let kind = match &kind {
            None => None,
            Some(kind) => Some(KINDS.into_iter().find(|k| k.as_str() == kind).ok_or_else(|| {
                let known = KINDS.map(Kind::as_str).join(", ");
                Refusal::Usage(format!("the rule `{name}` takes evidence of one of the kinds {known}, not {kind:?}"))
            })?),
        };
        let docs = docs.unwrap_or_default();
        let title = docs.trim().lines().next().unwrap_or_default().to_owned();
        let rule = scripted::rule(name, kind, move |evidence, config| ask(evidence, config));
        engine = engine.rule(rule.with_title(title).with_docs(docs));
    }
    Ok(engine.build())
}

impl Reading {
    /// As the engine takes it.
    ///
    /// # Errors
    /// A format that there is not.
    pub fn options(&self, engine: &Engine) -> Result<ReadOptions, Refusal> {
        let format = match &self.read_as {
            None => None,
            Some(id) => Some(engine.formats().by_id(id).ok_or_else(|| {
                Refusal::Usage(format!("there is no format `{id}`; `gatekeeper formats` lists them"))
            })?),
        };
        let limits = Limits::of_files(self.max_bytes);
        Ok(ReadOptions { limits, format, skip_validation: self.no_validate, ..ReadOptions::default() })
    }
}

/// The clock: a time as it was given, or this machine's. Seconds since 1970-01-01 UTC.
///
/// # Errors
/// No time.
pub(crate) fn clock(given: Option<&str>) -> Result<i64, Refusal> {
    match given.map(str::parse::<jiff::Timestamp>) {
        None => Ok(jiff::Timestamp::now().as_second()),
        Some(Ok(now)) => Ok(now.as_second()),
        Some(Err(e)) => Err(Refusal::Clock(e)),
    }
}

/// Judges.
///
/// # Errors
/// A clock or a policy that cannot be used.
pub fn check(engine: &Engine, request: &Request) -> Result<Verdict, Refusal> {
    engine.check(&ready(engine, request)?).map_err(Refusal::Policy)
}

/// Judges and takes a snapshot.
///
/// # Errors
/// As [`check`].
pub fn snapshot(engine: &Engine, request: &Request) -> Result<Taken, Refusal> {
    engine.snapshot(&ready(engine, request)?).map_err(Refusal::Policy)
}

/// Reads a file up to the limit.
///
/// # Errors
/// Whatever the file system refuses, and what is above the limit.
pub fn read_whole(file: &Path, max_bytes: Option<u64>) -> Result<Vec<u8>, Refusal> {
    let name = file.display().to_string();
    collect::read_whole(file, &Limits::of_files(max_bytes)).map_err(|e| Refusal::Unreadable(e.finish(&name, "", None)))
}

/// Mends a snapshot after a merge; its new text.
///
/// # Errors
/// A line that is no entry of a snapshot, a conflict that does not end.
pub fn fix_snapshot(name: &str, bytes: &[u8]) -> Result<String, Refusal> {
    gatekeeper_core::fix_snapshot(name, bytes).map_err(Refusal::Unreadable)
}

/// As the engine takes it.
pub(crate) fn ready(engine: &Engine, request: &Request) -> Result<CheckRequest, Refusal> {
    let now = clock(request.now.as_deref())?;
    let working_directory = std::env::current_dir().map_err(Refusal::WorkingDirectory)?;
    let mut context = Context::at(now);
    context.limits = Limits::of_files(request.max_bytes);
    context.fail_on_warn = request.fail_on_warn;
    context.details = request.details;
    context.only.clone_from(&request.only);
    context.revision = request.revision.clone();
    for (what, name) in [("commit", &mut context.revision.commit), ("tree", &mut context.revision.tree)] {
        if let Some(text) = name {
            let whole = Revision::name(text)
                .ok_or_else(|| Refusal::Usage(format!("the {what} is 7 to 64 hexadecimal digits, not {text:?}")))?;
            *text = whole;
        }
    }
    context.diff = request.diff.as_ref().map(|d| change(d, request.allow_empty).map(Arc::new)).transpose()?;
    let folder = request.root.as_ref().map_or_else(|| working_directory.clone(), |r| working_directory.join(r));
    context.release = request.release.facts(&folder, context.limits.file_bytes)?;
    if let Some(list) = &request.changed {
        let root = root(request, &working_directory);
        let names = changed::names(&list.from, &list.text, &root.to_string_lossy(), request.allow_empty);
        context.changed = Some(names.map_err(Refusal::Unreadable)?);
    }
    if let Some(file) = &request.baseline {
        baseline(engine, request, file, &mut context)?;
    }
    context.progress.clone_from(&request.progress);
    context.history = history(&request.history, request.max_bytes);
    let mut ready = CheckRequest {
        root: request.root.clone(),
        config: request.config.clone(),
        profile: request.profile.clone(),
        policy: request.policy.clone(),
        paths: request.paths.clone(),
        working_directory,
        context,
    };
    // Commits are judged without a tag where the policy says so.
    if ready.context.release.tag.is_none() && without_tag(engine, &ready) {
        ready.context.release.repository = release::repository(&folder, ready.context.limits.file_bytes);
    }
    Ok(ready)
}

/// Whether a gate judges the history without a tag. A policy that cannot be used is told of where it is.
fn without_tag(engine: &Engine, request: &CheckRequest) -> bool {
    let Ok(Some(policy)) = engine.policy_of(request) else { return false };
    let said = |name: &str| policy.normalised().get("gates").and_then(|g| g.get(name)?.get("tag")?.as_bool());
    let of_history = |g: &policy::Gate| g.enabled && g.rule.kind() == Some(Kind::Commits);
    policy.gates.iter().any(|g| of_history(g) && said(&g.name) == Some(false))
}

/// Reads earlier verdicts. They decide nothing, so that one that cannot be read is said and no more.
fn history(files: &[PathBuf], max_bytes: Option<u64>) -> History {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for file in files {
        match read_whole(file, max_bytes) {
            Ok(bytes) => read.push((file.display().to_string(), bytes)),
            Err(e) => unread.push(format!("the history cannot be read: {}", e.line())),
        }
    }
    History::read(read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))).with_unread(unread)
}

/// Reads the baseline. One that is not there is none: what the policy says of that holds.
fn baseline(engine: &Engine, request: &Request, file: &Path, context: &mut Context) -> Result<(), Refusal> {
    let name = file.display().to_string();
    if matches!(file.try_exists(), Ok(false)) {
        context.no_baseline = Some(format!("the baseline {name} is not there"));
        return Ok(());
    }
    let bytes = read_whole(file, request.max_bytes)?;
    let snapshot = engine.read_snapshot(&name, &bytes).map_err(Refusal::Unreadable)?;
    if request.ask_git {
        let folder = crate::policy_ref::folder(request.root.as_deref());
        context.lineage = Git::at(&folder).lineage(snapshot.commits(), context.revision.commit.as_deref());
    }
    context.baseline = Some(snapshot);
    Ok(())
}

/// The folder that a policy's patterns, and the names of changed files, are relative to.
fn root(request: &Request, working_directory: &Path) -> PathBuf {
    let found = || policy::find(working_directory).ok().flatten().map(|(_, folder)| folder);
    let root = match (&request.root, &request.config) {
        (Some(root), _) => Some(working_directory.join(root)),
        (None, Some(_)) => None,
        (None, None) => found(),
    };
    root.unwrap_or_else(|| working_directory.to_owned())
}

/// The diff, read.
fn change(given: &GivenDiff, allow_empty: bool) -> Result<Change, Refusal> {
    let GivenDiff { from, text, base, prefix } = given;
    if text.iter().all(u8::is_ascii_whitespace) {
        if base.is_some() || allow_empty {
            return Ok(Change::nothing(from, base.clone()));
        }
        let said = format!("the diff {from} is empty: if nothing changed, say so with --allow-empty");
        return Err(Refusal::Usage(said));
    }
    let mut change = Change::read(from, text.clone(), base.clone()).map_err(Refusal::Unreadable)?;
    change.diff.below(prefix);
    Ok(change)
}

/// A verdict for outputs that show its details, and the same without them for the others: what a document holds depends on what was asked for, not
/// on what is written beside it.
#[derive(Debug)]
pub struct Judged {
    whole: Verdict,
    plain: Option<Verdict>,
}

impl Judged {
    /// Of a verdict; `keep` leaves its details in for every output.
    pub fn new(mut whole: Verdict, keep: bool) -> Judged {
        // They are the most of it: only the rest is copied.
        let details = whole.details.take();
        let plain = (details.is_some() && !keep).then(|| whole.clone());
        whole.details = details;
        Judged { whole, plain }
    }

    /// The verdict as this output is to show it.
    pub fn verdict_for(&self, output: &Output) -> &Verdict {
        if output.wants_details() { &self.whole } else { self.plain() }
    }

    /// The verdict without what only some outputs show.
    pub fn plain(&self) -> &Verdict {
        self.plain.as_ref().unwrap_or(&self.whole)
    }

    /// What each of these outputs writes of it, in their order.
    pub(crate) fn all_written(&self, outputs: &[&Output]) -> Vec<std::io::Result<Vec<u8>>> {
        let wanted: Vec<(&Output, &Verdict)> = outputs.iter().map(|o| (*o, self.verdict_for(o))).collect();
        gatekeeper_core::output::together(&wanted, &Style::default())
    }

    /// What this output writes of it; nothing where there is no such output.
    pub(crate) fn written(&self, engine: &Engine, format: &str) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(output) = engine.outputs().by_id(format) {
            output.write(self.verdict_for(output), &Style::default(), &mut bytes)?;
        }
        Ok(bytes)
    }
}

/// Judges once and renders the verdict as each of these outputs, in their order.
///
/// # Errors
/// As [`check`], or an output that there is not.
pub fn check_rendered(engine: &Engine, request: &Request, outputs: &[String]) -> Result<Vec<String>, Refusal> {
    let outputs = self::outputs(engine, outputs)?;
    let details = request.details || outputs.iter().any(|o| o.wants_details());
    let judged = Judged::new(check(engine, &Request { details, ..request.clone() })?, request.details);
    let lossy = |e: std::string::FromUtf8Error| String::from_utf8_lossy(e.as_bytes()).into_owned();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(lossy);
    judged.all_written(&outputs).into_iter().map(|bytes| bytes.map(text).map_err(Refusal::Rendering)).collect()
}

/// Outputs by their names.
pub(crate) fn outputs<'e>(engine: &'e Engine, names: &[String]) -> Result<Vec<&'e Output>, Refusal> {
    let known = || engine.outputs().iter().map(Output::id).collect::<Vec<_>>().join(", ");
    let unknown = |id: &String| Refusal::Usage(format!("there is no output `{id}`; there are {}", known()));
    names.iter().map(|id| engine.outputs().by_id(id).ok_or_else(|| unknown(id))).collect()
}

/// A verdict as text.
pub(crate) fn shown(output: &Output, verdict: &Verdict) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    output.write(verdict, &Style::default(), &mut bytes).map_err(Refusal::Rendering)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The verdict as JSON: the document of `gatekeeper check --format json`.
///
/// # Errors
/// As [`check`].
pub fn check_json(engine: &Engine, request: &Request) -> Result<String, Refusal> {
    Ok(serde_json::to_string(&check(engine, request)?)?)
}

/// What files are and say, as JSON: the document of `gatekeeper inspect --format json`.
///
/// # Errors
/// A format that there is not. A file that cannot be read is an `error` in the document.
pub fn inspect_json(engine: &Engine, files: &[PathBuf], reading: &Reading) -> Result<String, Refusal> {
    Ok(serde_json::to_string(&engine.inspect(files, &reading.options(engine)?))?)
}

/// What one report in memory is and says, as JSON: one entry of [`inspect_json`]'s document.
///
/// # Errors
/// A format that there is not, a report that cannot be read.
pub fn inspect_bytes_json(engine: &Engine, name: &str, bytes: &[u8], reading: &Reading) -> Result<String, Refusal> {
    let evidence = engine.read(name, bytes, &reading.options(engine)?).map_err(Refusal::Unreadable)?;
    Ok(serde_json::to_string(&inspection(name, &Ok(evidence)))?)
}

/// The formats, as JSON: the document of `gatekeeper formats --format json`.
///
/// # Errors
/// None that is known.
pub fn formats_json(engine: &Engine) -> Result<String, Refusal> {
    Ok(serde_json::to_string(&engine.formats().iter().collect::<Vec<_>>())?)
}

/// The rules, as JSON: the document of `gatekeeper rules --format json`.
///
/// # Errors
/// None that is known.
pub fn rules_json(engine: &Engine) -> Result<String, Refusal> {
    Ok(serde_json::to_string(&engine.rules().iter().collect::<Vec<_>>())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_cannot_be_read_is_refused_with_its_place() {
        let e = inspect_bytes_json(&Engine::default(), "x.xml", b"<testsuite>\n<testcase", &Reading::default())
            .unwrap_err()
            .document();
        assert_eq!((e.code, e.file.as_deref(), e.line), ("malformed", Some("x.xml"), Some(2)));
    }

    fn custom(name: &str, kind: Option<&str>) -> CustomRule {
        let (name, kind) = (name.to_owned(), kind.map(str::to_owned));
        CustomRule { name, kind, docs: Some("Says yes.\n\nAlways.".into()), ask: Arc::new(|_, _| Ok("true".into())) }
    }

    #[test]
    fn rules_of_the_program_have_names_of_their_own_and_a_kind() {
        let with = engine(vec![custom("yes", Some("coverage")), custom("yes-too", None)]).unwrap();
        let yes = with.rules().by_id("yes").unwrap();
        assert_eq!((yes.title(), yes.kind()), ("Says yes.", Some(Kind::Coverage)));
        for (rule, said) in [
            (custom("", None), "without blanks"),
            (custom("a b", None), "without blanks"),
            (custom("tests", None), "built-in rule"),
            (custom("mine", Some("covrage")), "one of the kinds coverage, tests"),
            (custom("mine", Some("vex")), "not \"vex\""),
        ] {
            let e = engine(vec![rule]).unwrap_err();
            assert!(e.document().code == "usage" && e.to_string().contains(said), "{e}");
        }
    }

    #[test]
    fn a_clock_a_format_and_an_output_that_there_are_not_are_usage_errors() {
        let request = Request { now: Some("yesterday".into()), ..Request::default() };
        assert_eq!(check(&Engine::default(), &request).unwrap_err().document().code, "usage");
        let reading = Reading { read_as: Some("junitt".into()), ..Reading::default() };
        assert_eq!(inspect_json(&Engine::default(), &[], &reading).unwrap_err().document().code, "usage");
        let e = check_rendered(&Engine::default(), &Request::default(), &["jsn".to_owned()]).unwrap_err();
        assert!(e.to_string().contains("there are badge, ") && e.to_string().contains(", json, "), "{e}");
    }
}
