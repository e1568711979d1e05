//! The built-in default: ten gates, each judged where its evidence exists and reported as missing, without blocking, where not.

use super::{Known, Policy, load};
use crate::rule::Rules;
use gatekeeper_formats::Formats;

/// The default policy's text. It is a policy like any other.
const ERLANG: &str = r#"
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
min-runs = 100
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

/// The default policy, for an Erlang project or any other: then one `tests` gate stands for the compile to proper ones.
pub(crate) fn default_policy(erlang: bool) -> Policy {
    let known = Known { formats: &Formats::default(), rules: &Rules::default() };
    let text = format!("{}{COMMON}", if erlang { ERLANG } else { ANY_TESTS });
    // The text is ours and a test reads it; should it ever not parse, nothing is judged, and nothing passes.
    let empty = Policy {
        file: None,
        sha256: None,
        evidence: Vec::new(),
        gates: Vec::new(),
        waivers: Vec::new(),
        profile: None,
        loosened: Vec::new(),
    };
    let mut policy = load::parse("built-in.toml", text.as_bytes(), None, known).unwrap_or(empty);
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
        let names = |erlang| default_policy(erlang).gates.into_iter().map(|g| g.name).collect::<Vec<_>>();
        assert_eq!(
            names(true),
            ["compile", "dialyzer", "xref", "eunit", "ct", "proper", "coverage", "security", "sbom", "licenses"]
        );
        assert_eq!(names(false), ["tests", "coverage", "security", "sbom", "licenses"]);
    }
}
