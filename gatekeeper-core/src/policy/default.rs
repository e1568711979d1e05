//! The built-in default: ten gates, each judged where its evidence exists and reported as missing, without blocking, where not.

use super::{Known, Policy, load};
use crate::rule::Rules;
use gatekeeper_formats::Formats;

/// What every project on the BEAM has. The default policy is a policy like any other.
const BEAM: &str = r#"
version = 1
[gates.compile]
rule = "findings"
tools = ["compile"]
rules = ["compile-error"]
max = { total = 0 }
[gates.dialyzer]
rule = "findings"
tools = ["dialyzer"]
max = { total = 0 }
"#;

const ERLANG: &str = r#"
[gates.xref]
rule = "findings"
tools = ["xref"]
rules = ["undefined-function*"]
max = { total = 0 }
[gates.eunit]
rule = "tests"
tools = ["eunit"]
min-pass-rate = 100
[gates.ct]
rule = "tests"
tools = ["ct"]
min-pass-rate = 100
[gates.proper]
rule = "tests"
tools = ["proper"]
max-failed = 0
min-runs-each = 100
action = "warn"
"#;

/// In an Erlang project: what other tools tested counts too.
const OTHER_TESTS: &str = r#"
[gates.tests]
rule = "tests"
except-tools = ["eunit", "ct", "proper"]
min-pass-rate = 100
"#;

const ALL_TESTS: &str = r#"
[gates.tests]
rule = "tests"
min-pass-rate = 100
"#;

const CREDO: &str = r#"
[gates.credo]
rule = "findings"
tools = ["credo"]
max = { total = 0 }
action = "warn"
"#;

const ANY_TESTS: &str = r#"
version = 1
[gates.tests]
rule = "tests"
min-pass-rate = 100
"#;

const COMMON: &str = r#"
[gates.coverage]
rule = "coverage"
lines = { min = 80 }
[gates.security]
rule = "findings"
categories = ["vulnerability", "secret", "misconfiguration"]
max = { critical = 0 }
[gates.sbom]
rule = "sbom"
action = "warn"
[gates.licenses]
rule = "licenses"
deny = ["GPL", "AGPL"]
unknown = "warn"
"#;

/// Recorded commands whose output nobody reads.
const COMMANDS: &str = r#"
[gates.commands]
rule = "command"
unread = true
"#;

/// What a project is, as far as the default gates go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Project {
    /// rebar3 or erlang.mk.
    Erlang,
    /// Mix.
    Elixir,
    /// Gleam.
    Gleam,
    /// Any other: one `tests` gate stands for all that builds and tests.
    Any,
}

/// The default policy for a project.
pub(crate) fn default_policy(project: Project) -> Policy {
    let known = Known { formats: &Formats::default(), rules: &Rules::default() };
    let text = match project {
        Project::Erlang => [BEAM, ERLANG, COMMON, OTHER_TESTS, COMMANDS].concat(),
        Project::Elixir => [BEAM, ALL_TESTS, CREDO, COMMON, COMMANDS].concat(),
        Project::Gleam => [BEAM, ALL_TESTS, COMMON, COMMANDS].concat(),
        Project::Any => [ANY_TESTS, COMMON, COMMANDS].concat(),
    };
    // The text is ours and a test reads it; should it ever not parse, nothing is judged, and nothing passes.
    let mut policy = load::parse("built-in.toml", text.as_bytes(), None, known).unwrap_or_default();
    policy.file = None;
    policy.sha256 = None;
    for gate in &mut policy.gates {
        gate.missing_blocks = false;
        gate.line = None;
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_policy() {
        let names = |project| default_policy(project).gates.into_iter().map(|g| g.name).collect::<Vec<_>>();
        let common = ["coverage", "security", "sbom", "licenses"];
        let beam = ["compile", "dialyzer", "xref", "eunit", "ct", "proper"];
        assert_eq!(names(Project::Erlang), [&beam[..], &common, &["tests", "commands"]].concat());
        assert_eq!(
            names(Project::Elixir),
            [&["compile", "dialyzer", "tests", "credo"][..], &common, &["commands"]].concat()
        );
        assert_eq!(names(Project::Gleam), [&["compile", "dialyzer", "tests"][..], &common, &["commands"]].concat());
        assert_eq!(names(Project::Any), [&["tests"][..], &common, &["commands"]].concat());
    }
}
