//! `[[waivers]]`: accepted exceptions.

use super::cells::Labels;
use super::components::Components;
use super::entry::{EvidenceEntry, known_label};
use super::gate::Gate;
use crate::config::{PolicyProblem, ProblemCode, Span, Table};
use gatekeeper_evidence::glob::Pattern;

/// An accepted exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The gate.
    pub gate: String,
    /// The rule id, advisory, licence, file or case that is waived.
    pub id: Option<String>,
    /// The case that is waived: its own name, or that behind its class (`class: name`).
    pub test: Option<String>,
    /// The package: purl (a purl without version covers all versions) or name.
    pub package: Option<String>,
    /// Pattern of the path.
    pub(crate) path: Option<Pattern>,
    /// What lies in this component.
    pub component: Option<String>,
    /// What evidence with these labels says.
    pub labels: Labels,
    /// What of a whole cell or component is excused beside what falls short in it.
    pub covers: Vec<Cover>,
    /// Why.
    pub reason: String,
    /// First day on which it holds; from ever where none is given.
    pub starts: Option<jiff::civil::Date>,
    /// Last day on which it holds.
    pub expires: jiff::civil::Date,
    /// Who sees to it that it is no longer needed.
    pub owner: Option<String>,
    /// Where that is tracked.
    pub ticket: Option<String>,
    /// Most days that may lie between today and its end (`[waivers-policy] max-days`).
    pub max_days: Option<u64>,
    /// Line in the policy, from 1.
    pub line: u64,
    /// The file that it stands in, where it is one that the policy extends.
    pub file: Option<String>,
}

/// What a waiver may excuse though it could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// That there is no evidence.
    Missing,
    /// That the evidence could not be judged.
    Error,
}

/// `[waivers-policy] max-days`.
pub(super) fn most_days(top: &mut Table<'_>) -> Option<u64> {
    let mut t = top.table("waivers-policy")?;
    let days = t.count("max-days");
    if let (Some(0), Some(node)) = (days, t.get("max-days")) {
        t.problem(node.span.clone(), "`max-days = 0` lets no waiver hold: take the waivers out instead");
    }
    t.finish("[waivers-policy]");
    days
}

/// Reads one of them.
pub(super) fn waiver(
    mut t: Table<'_>,
    gates: &[Gate],
    evidence: &[EvidenceEntry],
    components: &Components,
    max_days: Option<u64>,
    line: &impl Fn(&Span) -> u64,
) -> Option<Waiver> {
    let span = t.span();
    if t.get("gate").is_none() {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "this waiver has no `gate`: name the one that it is for");
    }
    let gate = t.text("gate").map(|(name, span)| {
        if !gates.iter().any(|g| g.name == name) {
            t.problems().add(
                PolicyProblem::new(span, format!("there is no gate `{name}`"))
                    .code(ProblemCode::UnknownGate)
                    .nearest(&name, gates.iter().map(|g| g.name.as_str())),
            );
        }
        name
    });
    let id = t.text("id").map(|(s, _)| s);
    let test = t.text("test").map(|(s, _)| s);
    let package = t.text("package").map(|(s, _)| s);
    let path = t.text("path").and_then(|(text, span)| Pattern::new(&text).map_err(|e| t.problem(span, e)).ok());
    for (key, text) in [("id", &id), ("test", &test), ("package", &package)] {
        if text.as_ref().is_some_and(|t| t.trim().is_empty()) {
            t.problem(span.clone(), format!("the waiver's `{key}` is empty"));
        }
    }
    let component = t.text("component").map(|(name, span)| {
        let names = || components.list.iter().map(|c| c.name.as_str());
        if !names().any(|n| n == name) {
            let problem = PolicyProblem::new(span, format!("there is no component `{name}`"));
            t.problems().add(problem.code(ProblemCode::UnknownWord).nearest(&name, names()));
        }
        name
    });
    let labels = labels(&mut t, evidence);
    let of_gate = gate.as_ref().and_then(|name| gates.iter().find(|g| g.name == *name));
    let single = [id.is_some(), test.is_some(), package.is_some(), path.is_some()].contains(&true);
    let covers = covers(&mut t, single, component.as_deref(), &labels, of_gate);
    let told = t.get("covers").is_some();
    let named = single || told || t.get("component").is_some() || t.get("labels").is_some();
    if !named {
        t.problem_of(
            ProblemCode::MissingKey,
            span.clone(),
            "this waiver does not say what it waives: give it `id`, `test`, `package`, `path`, `component` or `labels`",
        );
    }
    let reason = t.text("reason").map(|(s, _)| s).unwrap_or_default();
    if reason.trim().is_empty() {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "this waiver has no `reason`");
    }
    if t.get("expires").is_none() {
        let words = "this waiver has no `expires`: give it the last day on which it holds";
        t.problem_of(ProblemCode::MissingKey, span.clone(), words);
    }
    let (starts, expires) = (t.date("starts"), t.date("expires"));
    if let (Some(from), Some(to), Some(node)) = (starts, expires, t.get("expires")) {
        let days = from.until(to).map_or(0, |s| s.get_days());
        if days < 0 {
            t.problem(node.span.clone(), format!("this waiver ends on {to}, before it starts on {from}"));
        } else if max_days.is_some_and(|most| u64::try_from(days).unwrap_or(0) > most) {
            let most = max_days.unwrap_or(0);
            let words = format!("this waiver is to hold for {days} days, and [waivers-policy] allows {most}");
            t.problem_of(ProblemCode::OutOfRange, node.span.clone(), words);
        }
    }
    let said = |text: Option<(String, Span)>| text.map(|(s, _)| s);
    let (owner, ticket) = (said(t.text("owner")), said(t.text("ticket")));
    t.finish("a [[waivers]] entry");
    Some(Waiver {
        gate: gate?,
        id,
        test,
        package,
        path,
        component,
        labels,
        covers,
        reason,
        starts,
        expires: expires?,
        owner,
        ticket,
        max_days,
        line: line(&span),
        file: None,
    })
}

/// `labels = { os = "macos" }`: a value each.
fn labels(t: &mut Table<'_>, evidence: &[EvidenceEntry]) -> Labels {
    let mut out = Labels::new();
    let Some(span) = t.get("labels").map(|n| n.span.clone()) else { return out };
    let given = t.named_texts("labels");
    if given.is_empty() && t.is_sound() {
        t.problem(span.clone(), "the waiver's `labels` name no label");
    }
    for (label, values) in given {
        if !known_label(&label, &span, evidence, t.problems()) {
            continue;
        }
        match <[String; 1]>::try_from(values) {
            Ok([value]) => drop(out.insert(label, value)),
            Err(values) => {
                t.problem(
                    span.clone(),
                    format!("a waiver has one value of a label, but `{label}` has {}", values.len()),
                );
            }
        }
    }
    out
}

/// `covers`: a whole cell or component of a gate that is judged by such.
fn covers(
    t: &mut Table<'_>,
    single: bool,
    component: Option<&str>,
    labels: &Labels,
    gate: Option<&Gate>,
) -> Vec<Cover> {
    let Some(span) = t.get("covers").map(|n| n.span.clone()) else { return Vec::new() };
    let mut out = Vec::new();
    let Some(words) = t.texts("covers") else { return out };
    for (word, span) in &words {
        match word.as_str() {
            "missing" => out.push(Cover::Missing),
            "error" => out.push(Cover::Error),
            _ => t.problems().add(
                PolicyProblem::new(span.clone(), format!("`covers` takes missing, error, not \"{word}\""))
                    .code(ProblemCode::UnknownWord)
                    .nearest(word, ["missing", "error"]),
            ),
        }
    }
    if out.len() < words.len() {
        return out;
    }
    let whole = || component.is_some() || !labels.is_empty();
    let foreign = gate.and_then(|g| labels.keys().find(|l| !g.cells.each.contains(l)).map(|l| (g, l)));
    if single {
        let words = "`covers` excuses a whole cell or component, so this waiver can name nothing in it";
        t.problems()
            .add(PolicyProblem::new(span, words).help("leave out `id`, `test`, `package` and `path`, or `covers`"));
    } else if !whole() && t.is_sound() {
        let words = "`covers` excuses a cell or a component: say which by `labels` or `component`";
        t.problem_of(ProblemCode::MissingKey, span, words);
    } else if let Some((gate, label)) = foreign {
        let words =
            format!("the gate `{}` is not judged by `{label}` (`each`), so there is no such cell to excuse", gate.name);
        t.problem(span, words);
    } else if let (Some(gate), Some(name)) = (gate.filter(|g| !g.per_component), component) {
        let words = format!("the gate `{}` is not judged by components, so {name} is none of its parts", gate.name);
        t.problem(span, words);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Known, Policy, parse};
    use super::*;
    use crate::rule::Rules;
    use gatekeeper_formats::Formats;

    fn read(waiver: &str) -> Result<Policy, Vec<String>> {
        let text = format!(
            "version = 1\n[[evidence]]\npaths = [\"{{os}}/{{arch}}/*.xml\"]\n[components.web]\npaths = [\"web/**\"]\n\
             [gates.ct]\nrule = \"tests\"\neach = \"os\"\n[gates.lint]\nrule = \"findings\"\nmax = {{ total = 0 }}\n\
             per-component = true\n[[waivers]]\nreason = \"r\"\nexpires = \"2027-01-31\"\n{waiver}\n"
        );
        let (formats, rules) = (Formats::default(), Rules::default());
        parse("p.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules })
            .map_err(|e| e.problems.iter().map(|p| p.message.clone()).collect())
    }

    #[test]
    fn a_waiver_names_a_component_labels_and_what_it_covers() {
        let w = read("gate = \"ct\"\nlabels = { os = \"macos\" }\ncovers = [\"missing\", \"error\"]")
            .unwrap()
            .waivers
            .remove(0);
        assert_eq!((w.labels.len(), w.covers.as_slice()), (1, &[Cover::Missing, Cover::Error][..]));
        let w = read("gate = \"lint\"\ncomponent = \"web\"\ncovers = \"missing\"").unwrap().waivers.remove(0);
        assert_eq!((w.component.as_deref(), w.covers.len()), (Some("web"), 1));
        assert!(read("gate = \"ct\"\nlabels = { arch = \"arm\" }\ntest = \"t\"").is_ok());
    }

    #[test]
    fn whatever_it_names_says_what_is_waived() {
        for named in [
            "id = \"x\"",
            "test = \"t\"",
            "package = \"p\"",
            "path = \"a/**\"",
            "component = \"web\"",
            "labels = { os = \"a\" }",
        ] {
            let w = read(&format!("gate = \"ct\"\n{named}")).unwrap().waivers.remove(0);
            assert_eq!((w.reason.as_str(), w.expires.to_string().as_str()), ("r", "2027-01-31"), "{named}");
        }
    }

    #[test]
    fn a_waiver_is_no_longer_than_the_policy_lets_one_be() {
        let of = |most: u64, starts: &str| {
            let starts =
                format!("gate = \"ct\"\ntest = \"t\"\nstarts = \"{starts}\"\n[waivers-policy]\nmax-days = {most}");
            read(&starts).map(|p| p.waivers[0].max_days)
        };
        assert_eq!(of(30, "2027-01-01"), Ok(Some(30)));
        assert_eq!(of(30, "2027-01-31"), Ok(Some(30)), "a day is enough");
        let long = "this waiver is to hold for 30 days, and [waivers-policy] allows 29";
        assert_eq!(of(29, "2027-01-01"), Err(vec![long.to_owned()]));
        let none = of(0, "2027-01-31").unwrap_err();
        assert!(none.len() == 1 && none[0].contains("lets no waiver hold"), "{none:?}");
    }

    #[test]
    fn each_mistake_in_them_is_told_once() {
        for (waiver, said) in [
            ("gate = \"ct\"", "does not say what it waives"),
            ("gate = \"ct\"\nlabels = {}", "name no label"),
            ("gate = \"ct\"\nlabels = { so = \"macos\" }", "gives a label `so`"),
            ("gate = \"ct\"\nlabels = { os = [\"a\", \"b\"] }", "one value of a label"),
            ("gate = \"ct\"\ncomponent = \"wbe\"", "no component `wbe`"),
            ("gate = \"ct\"\nlabels = { os = \"a\" }\ncovers = [\"msising\"]", "`covers` takes missing, error"),
            ("gate = \"ct\"\nlabels = { os = \"a\" }\ntest = \"t\"\ncovers = \"missing\"", "can name nothing in it"),
            ("gate = \"ct\"\ncovers = \"missing\"\nid = \"x\"", "can name nothing in it"),
            ("gate = \"ct\"\nlabels = { arch = \"arm\" }\ncovers = \"missing\"", "not judged by `arch`"),
            ("gate = \"ct\"\ncomponent = \"web\"\ncovers = \"missing\"", "not judged by components"),
            ("gate = \"ct\"\ncovers = \"missing\"", "say which by `labels` or `component`"),
            ("gate = \"ct\"\nlabels = { os = 5 }\ncovers = \"missing\"", "`labels.os`"),
            ("gate = \"ct\"\nlabels = { os = 5 }", "`labels.os`"),
            ("test = \"t\"", "has no `gate`"),
            ("gate = \"tc\"\ntest = \"t\"", "there is no gate `tc`"),
            ("gate = \"ct\"\ntest = \" \"", "the waiver's `test` is empty"),
            ("gate = \"ct\"\nid = \"\"", "the waiver's `id` is empty"),
            ("gate = \"ct\"\npackage = \"\"", "the waiver's `package` is empty"),
            (
                "gate = \"ct\"\ntest = \"t\"\nstarts = \"2027-02-01\"",
                "ends on 2027-01-31, before it starts on 2027-02-01",
            ),
        ] {
            let told = read(waiver).map(|_| ()).unwrap_err();
            assert!(told.len() == 1 && told[0].contains(said), "{waiver}: {told:?}");
        }
    }
}
