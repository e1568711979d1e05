//! The engine: the formats, rules and outputs that a program knows, and what it does with them.

use crate::check::{self, CheckRequest};
use crate::collect::{self, Candidate, entries};
use crate::config::PolicyError;
use crate::context::Context;
use crate::first::{self, FirstPolicy};
use crate::output::{Output, Outputs};
use crate::policy::{self, Known, Policy};
use crate::proof::{self, Claims, Proof, Verification};
use crate::rule::{Rule, Rules};
use crate::snapshot::{By, Snapshot, Taken};
use crate::verdict::Verdict;
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::inspect::Inspection;
use gatekeeper_formats::{Format, Formats, ReadOptions};
use std::path::{Path, PathBuf};

/// Reads, judges and renders with a set of formats, rules and outputs: by default the built-in ones. Cheap to clone.
///
/// ```
/// use gatekeeper_core::{Candidate, Context, Engine};
///
/// let engine = Engine::default();
/// let policy = engine.parse_policy("gatekeeper.toml", br#"
/// version = 1
/// [gates.unit]
/// rule = "tests"
/// min-pass-rate = 100
/// "#, None)?;
/// let report = br#"<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>"#;
/// let evidence = vec![Candidate::in_memory("junit.xml", report.to_vec())];
/// let verdict = engine.evaluate(&policy, evidence, &Context::without_clock());
/// assert_eq!(verdict.status.as_str(), "pass");
/// # Ok::<(), gatekeeper_core::PolicyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Engine {
    formats: Formats,
    rules: Rules,
    outputs: Outputs,
}

/// What a verdict that was kept is to hold for. What is not given is not asked.
#[derive(Debug, Clone, Default)]
pub struct VerifyRequest {
    /// The commit, 7 digits at least.
    pub commit: Option<String>,
    /// The tree, 7 digits at least.
    pub tree: Option<String>,
    /// The policy that it has to be judged by.
    pub config: Option<PathBuf>,
    /// The folder below which its evidence has to lie unchanged, at the same relative paths.
    pub evidence: Option<PathBuf>,
}

/// Adds to the built-in formats, rules and outputs.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct EngineBuilder(Engine);

impl EngineBuilder {
    /// Adds a format. It is recognised among the others; one with the id of a built-in format replaces it.
    pub fn format(mut self, format: &'static Format) -> Self {
        self.0.formats = self.0.formats.with(format);
        self
    }

    /// Adds a rule, which policies name by its id. One with the id of a built-in rule replaces it.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.0.rules = self.0.rules.with(rule);
        self
    }

    /// Adds an output. One with the id of a built-in output replaces it.
    pub fn output(mut self, output: Output) -> Self {
        self.0.outputs = self.0.outputs.with(output);
        self
    }

    /// The engine.
    pub fn build(self) -> Engine {
        self.0
    }
}

impl Engine {
    /// Begins with the built-in formats, rules and outputs.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The formats that it reads.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The rules that gates may have.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The outputs that a verdict can be rendered in.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    fn known(&self) -> Known<'_> {
        Known { formats: &self.formats, rules: &self.rules }
    }

    /// Reads a policy. The name's extension says what it is written in: `.yaml`, `.yml`, `.json`, else TOML.
    ///
    /// # Errors
    /// Every mistake in it, each with its place and, where there is one, the nearest right word.
    pub fn parse_policy(&self, file: &str, bytes: &[u8], profile: Option<&str>) -> Result<Policy, PolicyError> {
        policy::parse(file, bytes, profile, self.known())
    }

    /// The same of a policy that may extend other files: `files` reads one by its name, which is relative to where `file` is.
    ///
    /// # Errors
    /// Every mistake in any of its files.
    pub fn load_policy(
        &self,
        file: &str,
        bytes: &[u8],
        profile: Option<&str>,
        files: &dyn Fn(&str) -> Result<Vec<u8>, ParseError>,
    ) -> Result<Policy, PolicyError> {
        policy::load(file, bytes, profile, self.known(), &files)
    }

    /// Finds the policy by which a request would be judged; `None` where there is none.
    ///
    /// # Errors
    /// A policy that cannot be used.
    pub fn find_policy(&self, request: &CheckRequest) -> Result<Option<Policy>, PolicyError> {
        check::policy_of(self.known(), request)
    }

    /// Finds policy and evidence on disk and judges: the main job, as the command line and the bindings call it.
    ///
    /// # Errors
    /// A policy that cannot be used; then nothing is judged.
    pub fn check(&self, request: &CheckRequest) -> Result<Verdict, PolicyError> {
        check::check(self.known(), request)
    }

    /// Puts the fingerprints by which code scanning tells lines again beside a verdict that was kept without its details: of the lines that its
    /// violations stand at, in the working tree of the commit that was judged. Outputs that [want details](crate::output::Output::wants_details)
    /// show them.
    pub fn hash_lines(&self, verdict: &mut Verdict, root: &Path) {
        check::hash_lines(verdict, root, &Limits::default());
    }

    /// Writes a first policy for a project: gates for what lies in the usual places below a root (any folder), each with the limit that holds now,
    /// and the verdict that this policy gives.
    ///
    /// # Errors
    /// A root that is no folder; ignore files of the project that cannot be read.
    pub fn first_policy(&self, root: &Path, context: &Context) -> Result<FirstPolicy, PolicyError> {
        first::first_policy(self.known(), root, context)
    }

    /// Judges as [`Engine::check`] does, and writes down what was seen, for later runs to be compared with. Nothing is compared with an earlier run
    /// meanwhile.
    ///
    /// # Errors
    /// A policy that cannot be used; then nothing is judged.
    pub fn snapshot(&self, request: &CheckRequest) -> Result<Taken, PolicyError> {
        let mut request = request.clone();
        request.context.taking_snapshot = true;
        let check::Done { verdict, policy, evidence } = check::run(self.known(), &request)?;
        let context = &request.context;
        let by = By { commit: context.our_commit(), tree: context.our_tree(), now: context.now };
        Taken::of(verdict, policy.against.tree.as_ref(), &evidence, &by)
            .map_err(|e| PolicyError::whole("the snapshot", e.to_string()))
    }

    /// Judges what is in memory, as [`Engine::evaluate`] does, and takes a snapshot of it.
    ///
    /// # Errors
    /// None that is known.
    pub fn snapshot_of(
        &self,
        policy: &Policy,
        candidates: Vec<Candidate>,
        context: &Context,
    ) -> Result<Taken, PolicyError> {
        let mut context = context.clone();
        context.taking_snapshot = true;
        let by = By { commit: context.our_commit(), tree: context.our_tree(), now: context.now };
        let (verdict, evidence) = check::seen(&self.formats, policy, candidates, &context);
        Taken::of(verdict, policy.against.tree.as_ref(), &evidence, &by)
            .map_err(|e| PolicyError::whole("the snapshot", e.to_string()))
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// A located [`ParseError`] where it breaks off, was changed by hand, or is none.
    pub fn read_snapshot(&self, name: &str, bytes: &[u8]) -> Result<Snapshot, ParseError> {
        Snapshot::read(&self.formats, name, bytes)
    }

    /// The policy of a project, as [`Engine::check`] would judge by it; `None` where there is none and the built-in default would be taken.
    ///
    /// # Errors
    /// A policy that cannot be used.
    pub fn policy_of(&self, request: &CheckRequest) -> Result<Option<Policy>, PolicyError> {
        check::policy_of(self.known(), request)
    }

    /// Whether each gate can fail at all: the evidence at hand is made worse in the model until the gate turns red.
    ///
    /// # Errors
    /// A policy that cannot be used.
    pub fn prove(&self, request: &CheckRequest) -> Result<Proof, PolicyError> {
        let mut proof = Proof::default();
        check::look(self.known(), request, &mut |policy, ground, waivers| {
            proof = proof::prove(policy, ground, waivers)
        })?;
        Ok(proof)
    }

    /// Whether a verdict that was kept holds: for what is asked, and by itself.
    ///
    /// # Errors
    /// A policy to hold it against that cannot be used.
    pub fn verify(
        &self,
        verdict: &Verdict,
        request: &VerifyRequest,
        working_directory: &Path,
        context: Context,
    ) -> Result<Verification, PolicyError> {
        let limits = context.limits.clone();
        let policy = match &request.config {
            None => None,
            Some(config) => {
                let mut of = CheckRequest::new(working_directory, context);
                of.config = Some(config.clone());
                of.profile.clone_from(&verdict.policy.profile);
                check::policy_of(self.known(), &of)?.map(|p| (config.display().to_string(), p.digest()))
            }
        };
        let evidence = request.evidence.as_ref().map(|folder| {
            let root = working_directory.join(folder);
            let all = verdict.evidence.iter().map(|e| (&e.path, e.format.as_str()));
            let all = all.chain(verdict.set_aside.iter().map(|a| (&a.path, a.format.as_str())));
            all.map(|(path, format)| (path.clone(), collect::digest(&root, path, format, &limits))).collect()
        });
        let claims = Claims { commit: request.commit.clone(), tree: request.tree.clone(), policy, evidence };
        Ok(proof::verify(verdict, &claims))
    }

    /// Judges evidence by a policy. What is in memory goes through the policy's `[[evidence]]` entries as files do: it gets their names and
    /// labels, and an entry that nothing fits stands for evidence that is missing.
    pub fn evaluate(&self, policy: &Policy, mut candidates: Vec<Candidate>, context: &Context) -> Verdict {
        entries::place(policy, &mut candidates);
        check::evaluate(&self.formats, policy, candidates, context, check::OnDisk { tree: &|| None, files: None })
    }

    /// Judges evidence that is in memory by the policy of a project, as [`Engine::check`] finds it: of the working tree nothing else is read.
    ///
    /// # Errors
    /// A policy that cannot be used; then nothing is judged.
    pub fn check_given(&self, request: &CheckRequest, evidence: Vec<Candidate>) -> Result<Verdict, PolicyError> {
        check::in_memory(self.known(), evidence, request)
    }

    /// Reads one report from memory.
    ///
    /// # Errors
    /// A located [`ParseError`] where the content is empty, of no known format, broken, cut off, or says that its tool failed.
    pub fn read(&self, name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Evidence, ParseError> {
        gatekeeper_formats::read(&self.formats, name, bytes, options)
    }

    /// Reads files, several at a time.
    ///
    /// # Errors
    /// For each file, in the order given, a located [`ParseError`] where it cannot be read, is above the limit, or is not what its format demands.
    pub fn read_files(&self, files: &[PathBuf], options: &ReadOptions) -> Vec<Result<Evidence, ParseError>> {
        collect::read_files(&self.formats, files, options)
    }

    /// What each of these files is and says, in the order given; a folder stands for its files in path order. Several are read at a time.
    pub fn inspect(&self, files: &[PathBuf], options: &ReadOptions) -> Vec<Inspection> {
        collect::inspect_files(&self.formats, files, options)
    }
}
