//! What an earlier run had and that is gone, where no gate says that it must be there: cells (`each` without `require`), and tools that looked for
//! findings (no `tools`). Of other evidence that is gone its cases, files, packages or samples tell.

use super::baseline::Baseline;
use super::cells::{named, place};
use super::components::{self, Unit};
use super::select::selected;
use crate::policy::{Cells, Components, Gate, Labels};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation};
use gatekeeper_evidence::{Data, Evidence};
use std::collections::{BTreeMap, BTreeSet};

/// Most cells that are told of.
const TOLD: usize = 20;

fn open(cells: &Cells) -> bool {
    !cells.each.is_empty() && cells.required.is_empty()
}

/// The baseline's cells of a gate, or of each component that it judges, that no evidence of today is of: a warning each. Where there is no evidence at
/// all, the gate or the component is missing as a whole; of a component that is not judged nothing need be there.
pub(super) fn vanished(
    gate: &Gate,
    baseline: &Baseline<'_>,
    components: &Components,
    units: &[Unit<'_>],
    taken: &[&Evidence],
) -> Vec<Violation> {
    let Baseline::Usable(snapshot, _) = baseline else { return Vec::new() };
    let before: Vec<&Evidence> = snapshot.evidence().iter().filter(|e| selected(e, gate)).collect();
    let mut out = tools_gone(gate, &before, components, units, taken);
    if !open(&gate.cells) {
        return out;
    }
    for unit in units.iter().filter(|u| u.skip.is_none() && !u.evidence.is_empty()) {
        let here = places(gate, unit.evidence.iter().map(AsRef::as_ref));
        let (there, of) = match unit.name {
            None => (places(gate, before.iter().copied()), String::new()),
            Some(name) => {
                let own = components::own(name, components, &before);
                (places(gate, own.iter().map(AsRef::as_ref)), format!(" of the component {name}"))
            }
        };
        out.extend(there.difference(&here).take(TOLD).map(|labels| {
            let message = format!("no evidence for {}{of}, which the baseline has", named(labels));
            Violation::new("label-vanished", GateStatus::Warn, message).with_help(
                "name the values that must be there under `require`, or take a new baseline where it may be gone",
            )
        }));
    }
    out
}

/// The tools of the baseline's findings of which there is no report today: what they found would be gone as well. Of a component those count that
/// scan it, by itself or with all others, wherever they found something.
fn tools_gone(
    gate: &Gate,
    before: &[&Evidence],
    components: &Components,
    units: &[Unit<'_>],
    taken: &[&Evidence],
) -> Vec<Violation> {
    if !gate.select.tools.is_empty() {
        return Vec::new();
    }
    let judged: Vec<&Unit<'_>> = units.iter().filter(|u| u.skip.is_none() && !u.evidence.is_empty()).collect();
    let mut gone: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    for unit in &judged {
        let here = tools(components::scans_of(unit.name, components, taken));
        if here.is_empty() {
            continue;
        }
        for (id, written) in tools(components::scans_of(unit.name, components, before)) {
            if !here.contains_key(&id) {
                gone.entry(id).or_insert((written, Vec::new())).1.extend(unit.name);
            }
        }
    }
    let said = gone.into_values().take(TOLD).map(|(written, of)| {
        let part = if of.is_empty() || of.len() == judged.len() {
            String::new()
        } else {
            format!(" for {}", components::some(of.into_iter()))
        };
        let message = format!("no report of {written}{part}, which the baseline has");
        Violation::new("tool-vanished", GateStatus::Warn, message)
            .with_help("name the tools that must report under `tools`, or take a new baseline where it may be gone")
    });
    said.collect()
}

/// The tools that evidence of findings is of, as they write themselves, by their name in small letters.
fn tools<'e>(evidence: impl IntoIterator<Item = &'e Evidence>) -> BTreeMap<String, &'e str> {
    let findings = evidence.into_iter().filter_map(|e| match &e.data {
        Data::Findings(f) => Some(&f.tools),
        _ => None,
    });
    findings.flatten().map(|name| (name.to_lowercase(), name.as_str())).collect()
}

/// The cells that evidence is of.
fn places<'e>(gate: &Gate, evidence: impl Iterator<Item = &'e Evidence>) -> BTreeSet<Labels> {
    evidence.filter_map(|e| place(&gate.cells, &e.source.labels)).collect()
}

/// The cells that the last earlier verdict judged and that are gone. History decides nothing: it is said.
pub(super) fn since(last: &Verdict, gates: &[GateVerdict]) -> Vec<String> {
    let mut out = Vec::new();
    for gate in gates.iter().filter(|g| !g.cells.is_empty()) {
        let Some(before) = last.gates.iter().find(|g| g.name == gate.name) else { continue };
        let here: BTreeSet<_> = gate.cells.iter().map(|c| (&c.component, &c.labels)).collect();
        // Of a component that is not judged nothing need be there.
        let judged: BTreeSet<_> =
            gate.cells.iter().filter(|c| c.status != GateStatus::Skip).map(|c| &c.component).collect();
        let before = before.cells.iter().map(|c| (&c.component, &c.labels));
        let gone: BTreeSet<_> =
            before.filter(|(c, l)| !l.is_empty() && judged.contains(c) && !here.contains(&(*c, *l))).collect();
        out.extend(gone.into_iter().take(TOLD).map(|(component, labels)| {
            let of = component.as_ref().map(|c| format!(" of the component {c}")).unwrap_or_default();
            format!("{}: no evidence for {}{of}, which the last verdict has", gate.name, named(labels))
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::history::History;
    use crate::verdict::GateStatus;
    use crate::{Candidate, Context, Engine, Verdict};
    use std::collections::BTreeSet;

    const REPORT: &[u8] = b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
    const COMPONENTS: &str = "version = 1\n[[evidence]]\npaths = [\"{app}/otp-{otp}.xml\"]\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n[baseline]\nancestor = false\nrequired = false\n[gates.unit]\nrule = \"tests\"\neach = [\"otp\"]\nper-component = true\n";

    fn of_components(reports: &[&str]) -> Vec<Candidate> {
        reports.iter().map(|name| Candidate::in_memory((*name).to_owned(), REPORT.to_vec())).collect()
    }

    #[test]
    fn a_cell_of_a_component_that_the_baseline_has_is_warned_of_where_that_component_is_judged() {
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", COMPONENTS.as_bytes(), None).unwrap();
        let all = ["web/otp-27.xml", "web/otp-28.xml", "api/otp-27.xml", "api/otp-28.xml"];
        let before = engine.evaluate(&policy, of_components(&all), &Context::at(1_780_272_000));
        let folder = std::env::temp_dir().join(format!("gatekeeper-vanished-{}", std::process::id()));
        for name in all {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, REPORT).unwrap();
        }
        std::fs::write(folder.join("gatekeeper.toml"), COMPONENTS).unwrap();
        let request = crate::CheckRequest::new(&folder, Context::at(1_780_272_000));
        let snapshot = engine.snapshot(&request).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let snapshot = engine.read_snapshot("base.snap", snapshot.text.as_bytes()).unwrap();
        let told = |reports: &[&str], changed: Option<&str>| {
            let mut context = Context::at(1_780_272_000);
            context.baseline = Some(snapshot.clone());
            context.changed = changed.map(|name| BTreeSet::from([name.to_owned()]));
            context.history = History::read([("h.json", serde_json::to_vec(&before).unwrap().as_slice())]);
            let v = engine.evaluate(&policy, of_components(reports), &context);
            let said = v.gates[0].violations.iter().filter(|v| v.code == "label-vanished");
            let said: Vec<String> = said.map(|v| v.message.clone()).collect();
            let history = v.warnings.iter().filter(|w| w.contains("which the last verdict has")).count();
            (v.gates[0].status, said, history)
        };
        let gone = "no evidence for otp = 27 of the component web, which the baseline has".to_owned();
        let short = ["web/otp-28.xml", "api/otp-27.xml", "api/otp-28.xml"];
        assert_eq!(told(&short, None), (GateStatus::Warn, vec![gone.clone()], 1));
        assert_eq!(told(&short, Some("web/a.erl")), (GateStatus::Warn, vec![gone], 1));
        // What did not change need not be there, and nothing is said of it.
        assert_eq!(told(&short, Some("api/a.erl")), (GateStatus::Pass, vec![], 0));
        assert_eq!(told(&short[1..], Some("api/a.erl")), (GateStatus::Pass, vec![], 0));
        assert_eq!(told(&all, None), (GateStatus::Pass, vec![], 0));
        // A component without any evidence is missing as a whole.
        assert_eq!(told(&short[1..], None).0, GateStatus::Missing);
        assert!(told(&short[1..], None).1.is_empty());
    }

    #[test]
    fn a_tool_that_the_baseline_has_a_report_of_is_warned_of_unless_the_gate_names_its_tools() {
        let report = |tool: &str| {
            let run = serde_json::json!({ "tool": { "driver": { "name": tool } }, "results": [] });
            let document = serde_json::json!({ "version": "2.1.0", "runs": [run] });
            Candidate::in_memory(format!("{}.sarif", tool.to_lowercase()), document.to_string().into_bytes())
        };
        let told = |keys: &str, before: &[&str], today: &[&str]| {
            let text = format!(
                "version = 1\n[[evidence]]\npaths = [\"*.sarif\"]\n[baseline]\nancestor = false\n[gates.scan]\nrule = \"findings\"\nmax = {{ total = 0 }}\n{keys}"
            );
            let engine = Engine::default();
            let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
            let mut context = Context::at(1_780_272_000);
            let taken = engine.snapshot_of(&policy, before.iter().map(|t| report(t)).collect(), &context).unwrap();
            context.baseline = Some(engine.read_snapshot("base.snap", taken.text.as_bytes()).unwrap());
            let gate = engine.evaluate(&policy, today.iter().map(|t| report(t)).collect(), &context).gates.remove(0);
            let said = gate.violations.into_iter().filter(|v| v.code == "tool-vanished").map(|v| v.message);
            (gate.status, said.collect::<Vec<_>>())
        };
        let gone = vec!["no report of CodeQL, which the baseline has".to_owned()];
        assert_eq!(told("", &["CodeQL", "Semgrep"], &["Semgrep"]), (GateStatus::Warn, gone));
        assert_eq!(told("", &["CodeQL", "Semgrep"], &["codeql", "Semgrep"]), (GateStatus::Pass, vec![]));
        assert_eq!(told("", &["Semgrep"], &["CodeQL", "Semgrep"]), (GateStatus::Pass, vec![]));
        // A pattern without a report is an error by itself; named tools are demanded one by one.
        assert_eq!(told("", &["CodeQL"], &[]), (GateStatus::Error, vec![]));
        assert_eq!(told("tools = [\"semgrep\"]\n", &["CodeQL", "Semgrep"], &["Semgrep"]), (GateStatus::Pass, vec![]));
    }

    #[test]
    fn a_tool_that_is_gone_is_told_of_each_component_that_is_judged() {
        let engine = Engine::default();
        let text = "version = 1\n[[evidence]]\npaths = [\"**/*.sarif\"]\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n[baseline]\nancestor = false\n[gates.scan]\nrule = \"findings\"\nmax = { total = 9 }\nper-component = true\n";
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        // Where a report lies, its tool, and the file in which it found something.
        let report = |(path, tool, found): &(&str, &str, &str)| {
            let place = serde_json::json!([{ "physicalLocation": { "artifactLocation": { "uri": found }, "region": { "startLine": 1 } } }]);
            let result = serde_json::json!({ "ruleId": "R", "message": { "text": "m" }, "locations": place });
            let results = if found.is_empty() { vec![] } else { vec![result] };
            let run = serde_json::json!({ "tool": { "driver": { "name": tool } }, "results": results });
            let document = serde_json::json!({ "version": "2.1.0", "runs": [run] });
            Candidate::in_memory((*path).to_owned(), document.to_string().into_bytes())
        };
        let told = |before: &[(&str, &str, &str)], today: &[(&str, &str, &str)], changed: Option<&str>| {
            let mut context = Context::at(1_780_272_000);
            let taken = engine.snapshot_of(&policy, before.iter().map(report).collect(), &context).unwrap();
            context.baseline = Some(engine.read_snapshot("base.snap", taken.text.as_bytes()).unwrap());
            context.changed = changed.map(|name| BTreeSet::from([name.to_owned()]));
            let gate = engine.evaluate(&policy, today.iter().map(report).collect(), &context).gates.remove(0);
            let said = gate.violations.into_iter().filter(|v| v.code == "tool-vanished").map(|v| v.message);
            said.collect::<Vec<_>>()
        };
        let (whole_a, whole_b) = (("all/a.sarif", "A", "web/x.py"), ("all/b.sarif", "B", "api/x.py"));
        let gone = ["no report of B, which the baseline has"];
        // Of the whole: whichever component changed, its scan by B is gone.
        assert_eq!(told(&[whole_a, whole_b], &[whole_a], None), gone);
        assert_eq!(told(&[whole_a, whole_b], &[whole_a], Some("web/a.py")), gone);
        assert!(
            told(&[whole_a, whole_b], &[whole_a, ("all/b.sarif", "B", "")], Some("web/a.py")).is_empty(),
            "it found nothing"
        );
        // Of each component by itself: where it did not change its scan need not be there.
        let own =
            [("web/a.sarif", "A", ""), ("web/b.sarif", "B", ""), ("api/a.sarif", "A", ""), ("api/b.sarif", "B", "")];
        let without_web = [own[0], own[2], own[3]];
        assert_eq!(told(&own, &without_web, None), ["no report of B for web, which the baseline has"]);
        assert_eq!(told(&own, &without_web, Some("web/a.py")), gone);
        assert!(told(&own, &without_web, Some("api/a.py")).is_empty());
        // What the scan of one component found in another was no scan of that.
        let stray = [("web/a.sarif", "A", ""), ("api/b.sarif", "B", "web/x.py")];
        assert!(told(&stray, &[stray[0], ("api/b.sarif", "B", "")], Some("web/a.py")).is_empty());
    }

    #[test]
    fn a_cell_that_the_last_verdict_had_is_told_of() {
        let policy = b"version = 1\n[[evidence]]\npaths = [\"otp-{otp}.xml\"]\n[gates.unit]\nrule = \"tests\"\neach = [\"otp\"]\n";
        let verdict = |otp: &[&str], before: Option<&Verdict>| {
            let policy = Engine::default().parse_policy("p.toml", policy, None).unwrap();
            let report = b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
            let reports = otp.iter().map(|v| Candidate::in_memory(format!("otp-{v}.xml"), report.to_vec())).collect();
            let mut context = Context::at(1_780_272_000);
            if let Some(before) = before {
                context.history = History::read([("h.json", serde_json::to_vec(before).unwrap().as_slice())]);
            }
            Engine::default().evaluate(&policy, reports, &context)
        };
        let before = verdict(&["27", "28"], None);
        let told = |otp: &[&str]| {
            let v = verdict(otp, Some(&before));
            assert_eq!(v.status.as_str(), "pass");
            v.warnings.iter().any(|w| w == "unit: no evidence for otp = 27, which the last verdict has")
        };
        assert!(told(&["28"]) && !told(&["27", "28", "29"]));
    }
}
