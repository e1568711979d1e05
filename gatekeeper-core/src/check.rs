//! The whole flow on one page: policy and candidates → evidence → gates → verdict.

use crate::collect::{self, Candidate, entries};
use crate::config::{PolicyError, PolicyProblem, ProblemCode};
use crate::context::Context;
use crate::judge::{self, Baseline, Ground, ReadAll, UNREADABLE, Waivers, entry_of};
use crate::policy::{self, Files, Gate, GivenPolicy, Known, Policy};
use crate::project::ProjectFiles;
use crate::relate::paths::Tree;
use crate::relate::suppress::Applied;
use crate::relate::{named, reconcile, suppress, twins};
use crate::verdict::{
    EvidenceRef, GateStatus, GateVerdict, InputProblem, PolicyRef, SCHEMA_VERSION, SetAside, Used, Verdict,
};
use gatekeeper_evidence::error::{ErrorCode, ParseError, chain};
use gatekeeper_evidence::{Data, Evidence};
use gatekeeper_formats::Formats;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::inspect::{ErrorDocument, summary};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What `check` is asked for.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// The folder that patterns are relative to; otherwise the policy's folder, or the working directory.
    pub root: Option<PathBuf>,
    /// The policy file; otherwise one is searched for in the root or the working directory and their parents.
    pub config: Option<PathBuf>,
    /// The profile to apply.
    pub profile: Option<String>,
    /// The policy, where it is read from elsewhere than the working tree; then `config` is not looked at.
    pub policy: Option<GivenPolicy>,
    /// Files and folders to read instead of the policy's patterns.
    pub paths: Vec<PathBuf>,
    /// The working directory: everything relative is relative to it.
    pub working_directory: PathBuf,
    /// What the run knows beside reports: clock, limits.
    pub context: Context,
}

impl CheckRequest {
    /// The project in a folder, by the policy that is found there.
    pub fn new(working_directory: impl Into<PathBuf>, context: Context) -> Self {
        CheckRequest {
            root: None,
            config: None,
            profile: None,
            policy: None,
            paths: Vec::new(),
            working_directory: working_directory.into(),
            context,
        }
    }
}

/// Finds policy and evidence, and judges.
pub(crate) fn check(known: Known<'_>, request: &CheckRequest) -> Result<Verdict, PolicyError> {
    Ok(run(known, request)?.verdict)
}

/// What a run came to, with what it was judged by and upon.
pub(crate) struct Done {
    pub(crate) verdict: Verdict,
    pub(crate) policy: Policy,
    pub(crate) evidence: Vec<Evidence>,
}

/// Finds policy and evidence, judges, and keeps both.
pub(crate) fn run(known: Known<'_>, request: &CheckRequest) -> Result<Done, PolicyError> {
    let Project { root, policy } = project(known, request)?;
    done(known, root, policy, request, &mut |_, _, _| {})
}

/// Sees what the gates are judged upon, when all of it has been read.
pub(crate) type Look<'l> = dyn FnMut(&Policy, Ground<'_>, &Waivers<'_>) + 'l;

/// The policy of a project.
pub(crate) fn policy_of(known: Known<'_>, request: &CheckRequest) -> Result<Option<Policy>, PolicyError> {
    Ok(project(known, request)?.policy)
}

/// Finds policy and evidence, and judges; `look` sees what.
pub(crate) fn look(known: Known<'_>, request: &CheckRequest, look: &mut Look<'_>) -> Result<Verdict, PolicyError> {
    let Project { root, policy } = project(known, request)?;
    Ok(done(known, root, policy, request, look)?.verdict)
}

/// Judges what lies below a root by a policy, or by the built-in default.
pub(crate) fn of_project(
    known: Known<'_>,
    root: PathBuf,
    policy: Option<Policy>,
    request: &CheckRequest,
) -> Result<Verdict, PolicyError> {
    Ok(done(known, root, policy, request, &mut |_, _, _| {})?.verdict)
}

/// The same, with what it was judged by and upon.
fn done(
    known: Known<'_>,
    root: PathBuf,
    policy: Option<Policy>,
    request: &CheckRequest,
    look: &mut Look<'_>,
) -> Result<Done, PolicyError> {
    let formats = known.formats;
    let mut candidates: Vec<Candidate> = if !request.paths.is_empty() {
        let limit = request.context.limits.files;
        let mut given: Vec<Candidate> =
            request.paths.iter().flat_map(|p| collect::given(formats, &request.working_directory, p, limit)).collect();
        if let Some(policy) = &policy {
            entries::say(policy, &root, &mut given);
        }
        given
    } else if let Some(policy) = policy.as_ref().filter(|p| !p.evidence.is_empty()) {
        entries::of_entries(policy, &root, &request.context.limits)
    } else {
        collect::usual_places(&root, formats, &request.context.limits)
    };
    entries::newest_runs(policy.as_ref(), formats, &mut candidates);
    let policy = policy.unwrap_or_else(|| policy::default_policy(collect::project_of(&root, &candidates)));
    asked_for(&policy, &request.context.only)?;
    let mut context = request.context.clone();
    context.in_usual_places = request.paths.is_empty() && policy.evidence.is_empty() && policy.file.is_some();
    take_ignores(&policy, &root, request, &mut context)?;
    let files = collect::Root::new(&root, &context.limits);
    candidates.extend(collect::repository(&policy, formats, &context.release));
    let on_disk = OnDisk { tree: &|| collect::tree(&root), files: Some(&files) };
    let (mut verdict, evidence) = judged(formats, &policy, candidates, &context, on_disk, look);
    verdict.root = shown(&request.working_directory, &root);
    verdict.asked.paths = request.paths.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    verdict.policy.from = request.policy.as_ref().map(|given| given.from.clone());
    Ok(Done { verdict, policy, evidence })
}

/// Puts the fingerprints of the lines that a kept verdict's violations stand at beside it, by the sources as they lie below a root.
pub(crate) fn hash_lines(verdict: &mut Verdict, root: &Path, limits: &Limits) {
    let Some(tree) = collect::tree(root) else { return };
    let files = collect::Root::new(root, limits);
    let found = judge::line_hashes_of(&verdict.gates, verdict.policy.file.as_deref(), &tree, &files);
    verdict.details.get_or_insert_default().line_hashes = found;
}

/// Judges what is in memory by the policy that a project has, or by the built-in default. Of the project's files only those are read that have a
/// say in what passes.
pub(crate) fn in_memory(
    known: Known<'_>,
    mut candidates: Vec<Candidate>,
    request: &CheckRequest,
) -> Result<Verdict, PolicyError> {
    let Project { root, policy } = project(known, request)?;
    let policy = policy.unwrap_or_else(|| policy::default_policy(collect::project_of(&root, &candidates)));
    asked_for(&policy, &request.context.only)?;
    entries::place(&policy, &mut candidates);
    entries::newest_runs(Some(&policy), known.formats, &mut candidates);
    let mut context = request.context.clone();
    take_ignores(&policy, &root, request, &mut context)?;
    let mut verdict = evaluate(known.formats, &policy, candidates, &context, OnDisk { tree: &|| None, files: None });
    verdict.root = shown(&request.working_directory, &root);
    verdict.policy.from = request.policy.as_ref().map(|given| given.from.clone());
    Ok(verdict)
}

/// The ignore files of a tree: those that the policy names count, all of them where there is no policy. With a policy from elsewhere they are read
/// there: what may pass is for the base to say.
fn take_ignores(
    policy: &Policy,
    root: &Path,
    request: &CheckRequest,
    context: &mut Context,
) -> Result<(), PolicyError> {
    let files = match &request.policy {
        Some(given) => collect::ignore_files_by(|name| given.files.read(&format!("{}{name}", given.folder)))?,
        None => collect::ignore_files(root, &context.limits)?,
    };
    for file in files {
        match policy.file.is_none() || policy.suppressions.iter().any(|p| p.is_match(&file.path)) {
            true => context.ignores.push(file),
            false => context.unnamed.push(file),
        }
    }
    Ok(())
}

/// The working tree, as far as judging asks for it; nothing where evidence was given from memory.
pub(crate) struct OnDisk<'d> {
    /// Looks up the names of its files; asked only where coverage is to be told of them.
    pub(crate) tree: &'d dyn Fn() -> Option<Tree>,
    /// Its files, for rules that hold them to something.
    pub(crate) files: Option<&'d dyn ProjectFiles>,
}

/// Judges candidates by a policy.
pub(crate) fn evaluate(
    formats: &Formats,
    policy: &Policy,
    candidates: Vec<Candidate>,
    context: &Context,
    on_disk: OnDisk<'_>,
) -> Verdict {
    judged(formats, policy, candidates, context, on_disk, &mut |_, _, _| {}).0
}

/// Judges what is in memory; the verdict with the evidence that was judged.
pub(crate) fn seen(
    formats: &Formats,
    policy: &Policy,
    candidates: Vec<Candidate>,
    context: &Context,
) -> (Verdict, Vec<Evidence>) {
    judged(formats, policy, candidates, context, OnDisk { tree: &|| None, files: None }, &mut |_, _, _| {})
}

/// The same, with the evidence that was judged.
fn judged(
    formats: &Formats,
    policy: &Policy,
    candidates: Vec<Candidate>,
    context: &Context,
    on_disk: OnDisk<'_>,
    look: &mut Look<'_>,
) -> (Verdict, Vec<Evidence>) {
    let OnDisk { tree, files } = on_disk;
    // What a folder of anything holds, nobody named.
    let paths = |of: fn(&Candidate) -> bool| -> BTreeSet<String> {
        candidates.iter().filter(|c| of(c)).map(|c| c.path.clone()).collect()
    };
    let (met, by_name) = (paths(Candidate::is_met), paths(Candidate::is_named));
    let ReadAll { mut evidence, mut unread, ignored, entries } = judge::read_all(policy, candidates, formats, context);
    judge::stale(policy, &entries, &mut evidence, &mut unread, context.now);
    let unchecked = judge::of_others(policy, &entries, &mut evidence, &mut unread, &context.revision);
    let built = evidence.iter().any(judge::is_kept_between_runs);
    let sources = built.then(tree).flatten();
    if let (Some(tree), Some(files)) = (&sources, files) {
        judge::outdated(&mut evidence, &mut unread, tree, files);
    }
    judge::before_the_commit(policy, &entries, &mut evidence, &mut unread, context, files);
    let absent = judge::absent(policy, &evidence, &unread, &ignored);
    let mut sorted = twins::sort(evidence);
    judge::hold(policy, &entries, &sorted.kept, &mut unread);
    let named = sorted.kept.iter().any(judge::suspicion::names_files);
    let sources = if named { sources.or_else(tree) } else { None };
    let strangers = sources.as_ref().map_or_else(BTreeMap::new, |tree| {
        let said = |e: &_| match entry_of(policy, &entries, e) {
            Some(entry) => (entry.path_rules.clone(), entry.min_matched),
            None => Default::default(),
        };
        reconcile::apply(said, &mut sorted.kept, tree)
    });
    judge::mark(policy, &mut sorted.kept);
    let now = context.now.and_then(|now| jiff::Timestamp::from_second(now).ok()).map(|t| t.to_string());
    let mut suspected = judge::suspicion::of_reports(&sorted.kept);
    if let Some(tree) = &sources {
        suspected.extend(judge::doubts(&sorted.kept, tree, files));
        suspected.extend(judge::suspicion::unmatched(&sorted.kept, tree));
        suspected.extend(files.map(|files| judge::older(&sorted.kept, tree, files)).unwrap_or_default());
    }
    suspected.extend(judge::far(context, now.as_deref(), policy, &sorted.kept));
    let suspected = judge::suspicion::heeded(policy, suspected);
    let today = context.today();
    let named = |path: &str| policy.suppressions.iter().any(|p| p.is_match(path));
    let may = |e: &Evidence| !context.in_usual_places || named(&e.source.path);
    let Applied { mut warnings, used: statements_used, any: taken_out } =
        suppress::apply(&mut sorted.kept, &context.ignores, &may, context.now, today);
    if sorted.kept.iter().any(|e| matches!(&e.data, Data::Findings(f) if !f.items.is_empty())) {
        let unnamed = context.unnamed.iter().filter(|f| !f.entries.is_empty());
        warnings.extend(unnamed.map(|f| suppress::unnamed(&f.path, f.entries.len(), ("entry", "entries"))));
    }
    // A pattern for reports that takes such a document too is no word of the policy's author.
    let by_entry = |path: &String| Some(names_statements(policy.evidence.get(*entries.get(path)?)?, path));
    let is_word = |path: &String| {
        policy.file.is_none()
            || named(path)
            || by_name.contains(path)
            || by_entry(path).unwrap_or_else(|| !met.contains(path))
    };
    let ones_own: Vec<&String> = statements_used.iter().filter(|path| !is_word(path)).collect();
    warnings.extend(ones_own.iter().map(|path| suppress::merely_taken(path)));
    let baseline = Baseline::of(policy, context);
    let touched = judge::Touched::of(policy, context);
    warnings.extend(judge::told(policy, &absent));
    let recordings: Vec<&Evidence> =
        sorted.aside.iter().map(|a| &a.evidence).filter(|e| e.source.record.is_some()).collect();
    let ground = Ground {
        formats,
        evidence: &sorted.kept,
        recordings: &recordings,
        unread: &unread,
        contradictions: &sorted.contradictions,
        strangers: &strangers,
        suspected: &suspected,
        context,
        files,
        baseline: &baseline,
        absent: &absent,
        policy,
        touched: touched.as_ref(),
    };
    let waivers = Waivers::new(policy, today);
    look(policy, ground, &Waivers::new(policy, today));
    let asked = |gate: &Gate| context.only.is_empty() || context.only.contains(&gate.name);
    let judged = |gate: &Gate| match asked(gate) {
        true => judge::judge(gate, ground, &waivers),
        false => judge::skipped(gate, "not one of the gates asked for"),
    };
    let mut gates: Vec<GateVerdict> = policy.gates.iter().map(judged).collect();
    // The built-in gate for what the others leave over says nothing where they leave nothing.
    let of_leftovers = |p: &Gate| !p.select.except_tools.is_empty() || p.judge.by_exit_status();
    let leftover = |g: &GateVerdict| policy.gates.iter().any(|p| p.name == g.name && of_leftovers(p));
    gates.retain(|g| policy.file.is_some() || g.status != GateStatus::Missing || !leftover(g));
    warnings.extend(waivers.warnings(&gates));
    warnings.extend(judge::matching_nothing(policy, &gates, today));
    warnings.extend(judge::suspicion::lines(&suspected, &gates));
    warnings.extend(judge::ending(policy, today));
    warnings.extend(unchecked);
    let beside = judge::Around { tree: sources.as_ref(), touched: touched.as_ref(), context };
    let whole = judge::against(policy, &baseline, &sorted.kept, &beside);
    if context.only.is_empty() {
        gates.extend(whole.gates);
    }

    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut concerned: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for gate in &gates {
        for used in &gate.evidence {
            users.entry(&used.path).or_default().insert(&gate.name);
        }
        for v in gate.violations.iter().filter(|v| v.code == UNREADABLE) {
            concerned.entry(v.source.as_deref().unwrap_or_default()).or_default().push(gate.name.clone());
        }
    }
    // What only a gate that nobody asked for would read is no fault of this run.
    for gate in policy.gates.iter().filter(|g| !asked(g)) {
        for u in unread.iter().filter(|u| judge::concerns(u, gate)) {
            concerned.entry(&u.file).or_default().push(gate.name.clone());
        }
    }
    // What lies in a component that did not change need not be there.
    for u in &unread {
        let excused = |gate: &&Gate| {
            judge::concerns(u, gate) && judge::excused(gate, policy, touched.as_ref(), &u.file, &u.labels)
        };
        let gates = policy.gates.iter().filter(excused).map(|g| g.name.clone());
        concerned.entry(&u.file).or_default().extend(gates);
    }
    // A statement is used by whatever judged the findings that it took out.
    for path in &statements_used {
        users
            .entry(path)
            .or_insert_with(|| gates.iter().filter(|g| g.rule == "findings").map(|g| g.name.as_str()).collect());
    }
    judge::used_through(&sorted.kept, &mut users);
    let mut evidence: Vec<EvidenceRef> = sorted
        .kept
        .iter()
        .map(|e| EvidenceRef {
            path: e.source.path.clone(),
            format: e.source.format.to_owned(),
            kind: e.kind(),
            tool: e.source.tool.clone(),
            sha256: e.source.sha256.clone(),
            size: e.source.size,
            labels: e.source.labels.clone(),
            complete: e.complete,
            summary: summary(e),
            used_by: users.get(e.source.path.as_str()).into_iter().flatten().map(|g| (*g).to_owned()).collect(),
            notes: e.notes.clone(),
        })
        .collect();
    evidence.sort_by(|a, b| a.path.cmp(&b.path));
    let mut set_aside: Vec<SetAside> = sorted.aside.into_iter().map(SetAside::from).collect();
    set_aside.sort_by(|a, b| a.path.cmp(&b.path));
    let problems: Vec<InputProblem> = unread
        .iter()
        .map(|u| InputProblem {
            error: ErrorDocument::from(&u.error),
            concerns: concerned.get(u.file.as_str()).cloned().unwrap_or_default(),
            file: u.file.clone(),
        })
        .collect();
    let built_in = policy.file.is_none();
    // Where only some gates were asked for, the others' evidence is not forgotten.
    let forgotten = |e: &&Evidence| context.only.is_empty() && !users.contains_key(e.source.path.as_str());
    let unused = judge::unused(sorted.kept.iter().filter(forgotten));
    // A lock file is there before anything ran.
    let is_lock = |e: &Evidence| matches!(&e.data, Data::Inventory(i) if i.lock);
    let by_itself = policy.gates.iter().any(|g| asked(g) && !g.judge.needs_evidence());
    let nothing = problems.is_empty() && !by_itself && sorted.kept.iter().all(|e| built_in && is_lock(e));
    let unread_by_nobody = problems.iter().filter(|p| p.concerns.is_empty()).count();
    let status = judge::overall(&gates, unread_by_nobody > 0, nothing, context.fail_on_warn);
    let doubtful = built_in && (!unused.is_empty() || taken_out) || !ones_own.is_empty();
    let status = judge::heeding(status, doubtful, context.fail_on_warn);
    warnings.extend(unused);
    let commit = context.revision.commit.as_deref();
    let (said, changes) = judge::of_history(&context.history, now.as_deref(), commit, &gates);
    warnings.extend(said);
    let shown = context.details.then(|| {
        let tree = tree();
        judge::details(
            &sorted.kept,
            &judge::Beside {
                tree: tree.as_ref(),
                files,
                policy: policy.file.as_deref(),
                gates: &gates,
                baseline: &baseline,
                history: &context.history,
                now: now.as_deref(),
            },
        )
    });
    let verdict = Verdict {
        schema_version: SCHEMA_VERSION,
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        status,
        exit_code: status.exit_code(),
        summary: match nothing && !sorted.kept.is_empty() {
            true => "only lock files were found: nothing ran, so nothing was judged by it".to_owned(),
            false => judge::sentence(&gates, nothing, unread_by_nobody) + &judge::cannot_block(&gates),
        },
        policy: policy_ref(policy),
        root: ".".to_owned(),
        now,
        context: context.carried(),
        components: judge::components(policy, touched.as_ref()),
        triggers: judge::triggers(policy, &gates),
        gates,
        evidence,
        set_aside,
        problems,
        ignored,
        warnings,
        loosened: policy.loosened.iter().cloned().chain(whole.loosened).collect(),
        baseline: whole.baseline,
        changes,
        due: judge::due(policy, &waivers, today),
        asked: context.asked(),
        details: shown.map(Box::new),
    };
    (verdict, sorted.kept)
}

/// Whether an entry names a document that takes findings out, and does not merely take it.
fn names_statements(entry: &policy::EvidenceEntry, path: &str) -> bool {
    let mut taking = entry.patterns.iter().filter(|p| p.matches(path).is_some());
    entry.format.is_some() || taking.any(named::names_statements)
}

/// The policy as the verdict names it.
fn policy_ref(policy: &Policy) -> PolicyRef {
    let used = |f: &policy::PolicyFile| Used { path: f.file.clone(), sha256: f.sha256.clone() };
    PolicyRef {
        file: policy.file.clone(),
        sha256: policy.sha256.clone(),
        profile: policy.profile.clone(),
        extends: policy.extends.iter().map(used).collect(),
        from: None,
        digest: policy.digest(),
        normalised: policy.normal.clone(),
    }
}

/// Whether the gates that were asked for are there.
fn asked_for(policy: &Policy, only: &[String]) -> Result<(), PolicyError> {
    let names: Vec<&str> = policy.gates.iter().map(|g| g.name.as_str()).collect();
    let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) else { return Ok(()) };
    let problem = PolicyProblem::new(0..0, String::new()).nearest(unknown, names);
    let help = problem.help.map(|help| format!(": {help}")).unwrap_or_default();
    let problem =
        PolicyProblem::new(0..0, format!("there is no gate `{unknown}`{help}")).code(ProblemCode::UnknownGate);
    let file = policy.file.as_deref().unwrap_or("the built-in default");
    Err(PolicyError::about(file, problem))
}

/// Where a project is, and by what it is judged.
struct Project {
    root: PathBuf,
    policy: Option<Policy>,
}

fn project(known: Known<'_>, request: &CheckRequest) -> Result<Project, PolicyError> {
    let cwd = &request.working_directory;
    if let Some(given) = &request.policy {
        return given_project(known, request, given);
    }
    let from = request.root.as_ref().map_or_else(|| cwd.clone(), |r| cwd.join(r));
    let (file, policy_root) = match &request.config {
        Some(config) => (Some(cwd.join(config)), cwd.clone()),
        None => match policy::find(&from)? {
            Some((file, folder)) => (Some(file), folder),
            None => (None, from.clone()),
        },
    };
    let root = if request.root.is_some() { from } else { policy_root };
    if !root.is_dir() {
        return Err(PolicyError::whole(root.display().to_string(), "the root is not a folder that can be read"));
    }
    let Some(file) = file else {
        return match &request.profile {
            Some(profile) => {
                let words = format!("there is no policy here, so no profile `{profile}` either");
                let problem = PolicyProblem::new(0..0, words).code(ProblemCode::UnknownProfile);
                Err(PolicyError::about(shown(cwd, &root), problem))
            }
            None => Ok(Project { root, policy: None }),
        };
    };
    let name = request.config.as_ref().map_or_else(|| shown(cwd, &file), |c| c.display().to_string());
    let bytes = collect::read_rules(&file, &request.context.limits).map_err(|e| {
        let problem = PolicyProblem::new(0..0, chain(&e)).code(ProblemCode::Unreadable);
        PolicyError::about(name.as_str(), problem)
    })?;
    let beside = collect::PolicyFolder { folder: cwd, limits: &request.context.limits };
    let mut policy = policy::load(&name, &bytes, request.profile.as_deref(), known, &beside)?;
    let bases = policy.extends.iter().map(|base| cwd.join(&base.file));
    policy.own_files = std::iter::once(file).chain(bases).flat_map(|file| below(&root, &file)).collect();
    Ok(Project { root, policy: Some(policy) })
}

/// The names that a file has below a folder: as it is written, and without links.
fn below(root: &Path, file: &Path) -> Vec<String> {
    let real = std::fs::canonicalize(root).ok().zip(std::fs::canonicalize(file).ok());
    let inner = |root: &Path, file: &Path| Some(file.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"));
    let both = [inner(root, file), real.and_then(|(root, file)| inner(&root, &file))];
    let mut out: Vec<String> = both.into_iter().flatten().collect();
    out.dedup();
    out
}

/// The same by a policy from elsewhere.
fn given_project(known: Known<'_>, request: &CheckRequest, given: &GivenPolicy) -> Result<Project, PolicyError> {
    let root = request.working_directory.join(request.root.as_ref().unwrap_or(&given.root));
    if !root.is_dir() {
        return Err(PolicyError::whole(root.display().to_string(), "the root is not a folder that can be read"));
    }
    let bytes = given.read(&given.name).map_err(|e| {
        let problem = PolicyProblem::new(0..0, chain(&e)).code(ProblemCode::Unreadable);
        PolicyError::about(given.name.as_str(), problem)
    })?;
    let policy = policy::load(&given.name, &bytes, request.profile.as_deref(), known, given)?;
    Ok(Project { root, policy: Some(policy) })
}

impl Files for GivenPolicy {
    fn read(&self, name: &str) -> Result<Vec<u8>, ParseError> {
        let none = || ParseError::new(ErrorCode::Io, format!("there is no such file in {}", self.from));
        self.files.read(name)?.ok_or_else(none)
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        self.files.list(folder)
    }
}

/// A path as it is named to people: from the working directory where it lies below it.
fn shown(cwd: &Path, path: &Path) -> String {
    let near = path.strip_prefix(cwd).unwrap_or(path).to_string_lossy().replace('\\', "/");
    if near.is_empty() { ".".to_owned() } else { near }
}

#[cfg(test)]
mod tests;
