//! For every key of a policy, which of two values demands less. A test of `policy/keys` holds this against the keys that the reader takes, so that a
//! new key cannot come without a decision here.

/// What a value stands in: keys of one name mean different things in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A gate, also as a component changes it.
    Gate,
    /// An entry of `[[evidence]]`.
    Evidence,
    /// A component.
    Component,
    /// The top of a policy.
    Top,
}

/// How a key's value is stricter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stricter {
    /// The higher, the stricter; the number holds where none is written.
    Higher(Option<&'static str>),
    /// The lower, the stricter; the number holds where none is written.
    Lower(Option<&'static str>),
    /// It demands each of its entries, or is itself a demand: what is added is stricter, what goes or changes is not.
    Demand,
    /// It narrows what is looked at to its entries, and without it all is: an entry that goes is looser, and so is a list where there was none.
    Narrow,
    /// It accepts its entries alone, and without it everything: an entry that is added is looser, and so is no list any more.
    Accept,
    /// It leaves its entries out, or lets them be: what is added is looser, or what holds longer.
    Except,
    /// It is looser to have it, whatever it says.
    Absent,
    /// The stricter of these words is the earlier one; the number says which holds where none is written.
    Words(&'static [&'static str], usize),
    /// Which is stricter nobody can tell: any other value is told.
    Same,
    /// Most findings by severity.
    Severities,
    /// How many cells must hold.
    Cells,
    /// It demands nothing.
    Nothing,
}

const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const METRICS: [&str; 4] = ["lines", "branches", "functions", "statements"];
const ON: &[&str] = &["true", "false"];
const OFF: &[&str] = &["false", "true"];
const FAIL_WARN_ALLOW: &[&str] = &["fail", "warn", "allow"];
const DENY_ALLOW: &[&str] = &["deny", "allow"];
const ERROR_WARN_OFF: &[&str] = &["error", "warn", "off"];

/// Whether a key is a limit on a share of coverage, which may be written as a bare number.
pub(crate) fn is_metric(key: &str) -> bool {
    METRICS.contains(&key)
}

/// Keys whose lists leave something out.
const LEAVES_OUT: [&str; 10] = [
    "exclude",
    "ignore",
    "except-tools",
    "exceptions",
    "ignore-scopes",
    "exclude-cells",
    "quarantine",
    "allow-fail",
    "root",
    "suppressions",
];

/// Whether anything on this path leaves something out.
pub(crate) fn leaves_out(path: &[&str]) -> bool {
    path.iter().any(|key| LEAVES_OUT.contains(key))
}

/// How a key is stricter, by its path below the place that it stands in; `None` for a key that nobody decided on.
pub(crate) fn stricter(place: Place, path: &[&str]) -> Option<Stricter> {
    match place {
        Place::Gate => gate(path),
        Place::Evidence => evidence(path),
        Place::Component => component(path),
        Place::Top => top(path),
    }
}

fn evidence(path: &[&str]) -> Option<Stricter> {
    use Stricter::{Demand, Except, Higher, Lower, Nothing, Same, Words};
    Some(match path {
        ["name"] => Nothing,
        ["paths" | "packages"] => Demand,
        ["exclude" | "ignore"] => Except,
        ["required"] => Words(ON, 0),
        ["same-commit"] => Words(ON, 1),
        ["format"] => Demand,
        // A status that is told for a command whose end is not known is as good as any claim.
        ["exit-status" | "strip" | "prefix" | "metric"] | ["labels", ..] => Same,
        ["max-age"] => Lower(None),
        ["min-matched"] => Higher(Some("90")),
        ["min-files" | "min-cases" | "min-lines" | "min-sources"] => Higher(None),
        ["min-packages" | "min-samples" | "min-series"] => Higher(None),
        // Each of its metrics is compared by its name.
        ["extract", ..] => Same,
        _ => return None,
    })
}

fn component(path: &[&str]) -> Option<Stricter> {
    match path {
        ["paths" | "depends"] => Some(Stricter::Demand),
        ["labels", ..] => Some(Stricter::Same),
        // Held as the gate that they come to.
        ["gates", ..] => Some(Stricter::Nothing),
        _ => None,
    }
}

fn top(path: &[&str]) -> Option<Stricter> {
    use Stricter::{Except, Higher, Lower, Nothing, Same, Words};
    Some(match path {
        // How a policy is put together, and what is compared piece by piece.
        ["version" | "extends" | "profiles" | "profile" | "defaults"] => Nothing,
        ["evidence" | "gates" | "waivers"] => Nothing,
        // Which files concern all components: one that is left out touches only its own.
        ["components", "root"] => Same,
        ["components", ..] => Nothing,
        ["baseline" | "waivers-policy" | "rollout"] => Nothing,
        ["baseline", "required" | "ancestor"] => Words(ON, 0),
        ["baseline", "max-age"] => Lower(None),
        ["baseline", "max-shrink"] => Lower(None),
        ["baseline", "loosening"] => Words(FAIL_WARN_ALLOW, 1),
        ["weakening"] | ["weakening", _] => Words(FAIL_WARN_ALLOW, 2),
        ["suspicion"] => Nothing,
        ["suspicion", "totals-far-share"] => Higher(Some("50")),
        ["suspicion", _] => Words(ERROR_WARN_OFF, 1),
        ["rollout", "steps"] => Same,
        ["waivers-policy", "max-days"] => Lower(None),
        ["policies", ..] => Same,
        ["root" | "suppressions"] => Except,
        _ => return None,
    })
}

fn gate(path: &[&str]) -> Option<Stricter> {
    use Stricter::{Absent, Accept, Cells, Demand, Except, Higher, Lower, Narrow, Nothing, Same, Severities, Words};
    Some(match path {
        // What every gate has.
        ["rule" | "each" | "evidence" | "per-component" | "paths"] => Same,
        ["cells"] => Cells,
        ["action"] => Words(&["block", "warn", "inform"], 0),
        ["enabled"] => Words(ON, 0),
        ["then"] => Demand,
        ["tools" | "formats" | "categories"] | ["labels", ..] => Narrow,
        ["except-tools" | "exclude-cells" | "allow-fail"] => Except,
        ["require"] | ["require", ..] => Demand,
        // tests; where nothing is said a flaky case fails
        ["min-cases"] => Higher(Some("1")),
        ["max-flaky"] => Lower(Some("0")),
        ["slower"] => Lower(None),
        ["flaky"] => Words(&["fail", "warn", "pass"], 0),
        ["attempts"] => Words(&["full", "failed-only"], 0),
        ["quarantine"] => Except,
        // coverage: too few new lines are never failed for, so a higher floor lets more go
        ["patch", "min-lines"] => Lower(Some("1")),
        ["patch", "unmeasured"] => Words(&["error", "uncovered"], 0),
        ["patch" | "modules" | "files", metric] | ["patch" | "modules" | "files", metric, "min" | "warn"]
            if is_metric(metric) =>
        {
            Higher(None)
        }
        [metric] | [metric, "min" | "warn"] if is_metric(metric) => Higher(None),
        ["modules" | "files", "only"] => Narrow,
        ["ratchet"] => Words(ON, 1),
        ["patch"] | ["modules"] => Demand,
        // A list of files that must be on one, or limits for each.
        ["files"] => Demand,
        // findings
        ["max" | "warn", ..] => Severities,
        ["fail-on"] => Words(SEVERITIES, SEVERITIES.len()),
        ["rules"] => Narrow,
        ["on-diff" | "fixable-only" | "new-only" | "unread" | "allow-empty"] => Words(OFF, 0),
        // licenses
        ["allow"] => Accept,
        ["deny" | "review"] => Demand,
        ["exceptions", _] => Absent,
        ["exceptions" | "ignore-scopes" | "except"] => Except,
        ["unknown"] => Words(FAIL_WARN_ALLOW, 0),
        // sbom
        ["valid"] => Words(ON, 0),
        ["ntia"] => Words(ON, 1),
        ["min-components" | "min-commands" | "min-items" | "min-checks" | "min-files"] => Higher(Some("1")),
        ["specs"] => Accept,
        ["subject", ..] => Demand,
        // measurements, regression, canary
        ["limits"] => Demand,
        // A warning is on the side of the limit; which one that is stands beside it.
        ["limits", _] | ["limits", _, "of" | "warn"] => Same,
        ["better" | "test" | "base"] => Same,
        ["confidence"] => Higher(Some("95")),
        ["metrics"] => Narrow,
        ["metrics", _, "max-increase" | "max-decrease"] => Lower(None),
        ["metrics", _, "critical"] => Words(ON, 0),
        ["metrics", ..] | ["baseline", ..] | ["canary", ..] => Same,
        ["min-samples"] => Higher(Some("50")),
        ["regression", "max"] => Lower(None),
        ["regression", ..] => Same,
        // release
        ["tag"] => Words(ON, 0),
        ["prefix"] => Same,
        ["prerelease" | "branch" | "types"] => Accept,
        ["manifests" | "changelog" | "commits"] => Demand,
        // approvals
        ["from" | "environments"] => Accept,
        ["groups", _, "of"] => Accept,
        ["groups", _, "min"] => Higher(Some("1")),
        ["groups", ..] => Demand,
        ["stale" | "bots"] => Words(DENY_ALLOW, 0),
        ["committers"] => Words(DENY_ALLOW, 1),
        ["deadline"] => Lower(None),
        ["on-timeout"] => Words(&["reject", "hold"], 0),
        // checklist, health
        ["max-open"] => Lower(Some("0")),
        ["degraded"] => Words(FAIL_WARN_ALLOW, 0),
        // expression, command
        ["expr" | "exit-status"] => Same,
        ["message"] => Nothing,
        // rego: which of two texts demands more nobody can tell; where they lie says nothing
        ["all-namespaces"] => Words(ON, 1),
        ["namespaces"] => Demand,
        ["rego" | "data" | "modules" | "documents", ..] => Same,
        // All other limits are named after what they are, and those of rules from outside too.
        [.., key] if *key == "min" || key.starts_with("min-") => Higher(None),
        [.., key] if *key == "max" || key.starts_with("max-") => Lower(None),
        _ => return None,
    })
}
