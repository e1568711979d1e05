//! What a gate's selectors demand: each tool and each label's value that it names must have left evidence, in each of its cells; and whose a file is
//! of which nobody can say what it was to be.

use super::cells;
use super::select::{selected, tools};
use super::unread::Unread;
use crate::config::Selector;
use crate::policy::{Gate, Labels, Policy};
use crate::verdict::{Action, GateStatus, Violation};
use gatekeeper_evidence::{Data, Evidence};
use std::collections::{BTreeMap, BTreeSet};

fn missing(message: String) -> Violation {
    Violation::new("evidence-missing", GateStatus::Missing, message)
}

fn of_tool(name: &str) -> Selector {
    Selector { tools: vec![name.to_owned()], ..Selector::default() }
}

/// What of the tools and label values that a gate names left evidence in some of its cells and not in others, by cell.
pub(super) fn unheard_in_cells(
    gate: &Gate,
    taken: &[&Evidence],
    unreadable: &[&Unread],
) -> BTreeMap<Labels, Vec<Violation>> {
    let (s, each) = (&gate.select, &gate.cells.each);
    let values: Vec<(&String, &String)> =
        s.labels.iter().filter(|(l, _)| !each.contains(l)).flat_map(|(l, v)| v.iter().map(move |v| (l, v))).collect();
    let mut out: BTreeMap<Labels, Vec<Violation>> = BTreeMap::new();
    if each.is_empty() || (s.tools.len() < 2 && values.len() < 2) {
        return out;
    }
    let mut of_cells: BTreeMap<Labels, Vec<&Evidence>> = BTreeMap::new();
    for e in taken {
        if let Some(cell) = cells::place(&gate.cells, &e.source.labels) {
            of_cells.entry(cell).or_default().push(e);
        }
    }
    let here = |u: &&&Unread, cell: &Labels| cells::place(&gate.cells, &u.labels).as_ref() == Some(cell);
    for (cell, evidence) in of_cells {
        let name = cells::named(&cell);
        let mut lacks = Vec::new();
        for wanted in &s.tools {
            let one = of_tool(wanted);
            let of = |e: &&Evidence| tools(e).any(|t| one.names_tool(t));
            let broken = unreadable.iter().filter(|u| here(u, &cell));
            let broken = broken.filter_map(|u| u.tool.as_deref()).any(|t| one.names_tool(t));
            // What left nothing anywhere has been told.
            if !broken && !evidence.iter().any(of) && taken.iter().any(of) {
                lacks.push(missing(format!("no evidence of {wanted} for {name}, which the gate names")));
            }
        }
        for (label, value) in &values {
            let of = |labels: &Labels| labels.get(*label) == Some(*value);
            let broken = unreadable.iter().filter(|u| here(u, &cell)).any(|u| of(&u.labels));
            if !broken && !evidence.iter().any(|e| of(&e.source.labels)) && taken.iter().any(|e| of(&e.source.labels)) {
                lacks.push(missing(format!("no evidence for {label} = {value} in {name}, which the gate names")));
            }
        }
        if !lacks.is_empty() {
            out.insert(cell, lacks);
        }
    }
    out
}

/// Files of which nobody can say what they were to be, in cells of a gate that have nothing else: such a file is what the cell lacks. Not where another
/// gate that blocks may lack it as well: that one judges no cell, or has evidence in it.
pub(super) fn nameless<'u>(
    gate: &Gate,
    taken: &[&Evidence],
    policy: &Policy,
    all: &[Evidence],
    unread: &'u [Unread],
) -> Vec<&'u Unread> {
    let of_nobody = || unread.iter().filter(|u| u.kind.is_none() && !u.of_run);
    if gate.cells.each.is_empty() || !gate.missing_blocks || of_nobody().next().is_none() {
        return Vec::new();
    }
    let places = |gate: &Gate, taken: &mut dyn Iterator<Item = &Evidence>| -> BTreeSet<Labels> {
        taken.filter_map(|e| cells::place(&gate.cells, &e.source.labels)).collect()
    };
    let could_take = |gate: &Gate, u: &Unread| {
        let s = &gate.select;
        (s.evidence.is_empty() || u.name.as_ref().is_some_and(|n| s.evidence.contains(n)))
            && s.labels.iter().all(|(k, v)| u.labels.get(k).is_none_or(|l| v.contains(l)))
            && !gate.judge.by_exit_status()
    };
    // What an entry's name gives to the gate is its own already.
    if !gate.select.evidence.is_empty() {
        return Vec::new();
    }
    let own = places(gate, &mut taken.iter().copied());
    let lacking = |u: &&Unread| {
        could_take(gate, u) && cells::place(&gate.cells, &u.labels).is_some_and(|cell| !own.contains(&cell))
    };
    let mut some = of_nobody().filter(lacking).peekable();
    if some.peek().is_none() {
        return Vec::new();
    }
    let blocks = |g: &&Gate| g.enabled && g.action == Action::Block && g.name != gate.name;
    let others: Vec<(&Gate, BTreeSet<Labels>)> = (policy.gates.iter().filter(blocks))
        .map(|g| (g, places(g, &mut all.iter().filter(|e| selected(e, g)))))
        .collect();
    some.filter(|u| {
        others.iter().filter(|(g, _)| could_take(g, u)).all(|(g, there)| {
            !g.cells.each.is_empty() && cells::place(&g.cells, &u.labels).is_some_and(|cell| !there.contains(&cell))
        })
    })
    .collect()
}

/// What to do about tools of which only a recorded command is there, with output that is no report.
fn unparsed(of: &Selector, gate: &Gate, evidence: &[Evidence]) -> Option<String> {
    let alone = |e: &&Evidence| matches!(e.data, Data::Command(_)) && !gate.rule.takes_kind(e.kind());
    let e = evidence.iter().filter(alone).find(|e| tools(e).any(|t| of.names_tool(t)))?;
    let tool = e.source.tool.as_deref()?;
    Some(format!(
        "what {} printed is no report that is known: judge how it ended (rule = \"command\", tools = [\"{tool}\"]), or record the report that it \
         writes (gatekeeper record --report FILE --tool {tool} -- …)",
        e.source.path
    ))
}

/// Each tool and each label's value that a gate names demands evidence: what of them left none, by name. Where nothing was taken at all, that is said
/// once, with what could have been meant.
pub(super) fn unheard(gate: &Gate, taken: &[&Evidence], all: &[Evidence], unreadable: &[&Unread]) -> Vec<Violation> {
    let s = &gate.select;
    let mut out = Vec::new();
    let kindred = || all.iter().filter(|e| gate.rule.takes_kind(e.kind()));
    if taken.is_empty() {
        let seen: BTreeSet<&str> = kindred().flat_map(tools).collect();
        if !s.tools.is_empty() && !seen.is_empty() && unreadable.is_empty() && gate.missing_blocks {
            let seen: Vec<&str> = seen.into_iter().take(8).collect();
            out.push(missing(format!(
                "no evidence of {}; there is evidence of {}",
                s.tools.join(", "),
                seen.join(", ")
            )));
        } else if let Some(first) =
            kindred().next().filter(|_| !s.tools.is_empty() && unreadable.is_empty() && gate.missing_blocks)
        {
            let n = kindred().count() - 1;
            let more = match n {
                0 => String::new(),
                1 => ", as does one more report".to_owned(),
                n => format!(", as do {n} more reports"),
            };
            let path = &first.source.path;
            out.push(
                missing(format!("no evidence of {}; {path} names no tool{more}", s.tools.join(", ")))
                    .with_help("leave `tools` out, or name the reports by `evidence` or `formats` instead"),
            );
        } else if let Some(why) = unparsed(s, gate, all).filter(|_| unreadable.is_empty()) {
            out.push(missing(format!("no evidence of {}: {why}", s.tools.join(", "))));
        }
        return out;
    }
    for wanted in &s.tools {
        let one = of_tool(wanted);
        let heard = |e: &&Evidence| tools(e).any(|t| one.names_tool(t));
        let broken = unreadable.iter().any(|u| u.tool.as_deref().is_some_and(|t| one.names_tool(t)));
        if !taken.iter().any(heard) && !broken {
            let seen: Vec<&str> = kindred().flat_map(tools).collect();
            let near = unparsed(&one, gate, all).map(|why| format!(": {why}"));
            let near = near
                .or_else(|| crate::config::nearest(wanted, &seen).map(|n| format!("; did you mean {n}?")))
                .unwrap_or_default();
            out.push(missing(format!("no evidence of {wanted}, which the gate names{near}")));
        }
    }
    for (label, values) in &s.labels {
        for value in values.iter().filter(|v| !taken.iter().any(|e| e.source.labels.get(label) == Some(v))) {
            out.push(missing(format!("no evidence for {label} = {value}, which the gate names")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};
    use gatekeeper_evidence::findings::Findings;
    use gatekeeper_evidence::test_run::TestRun;
    use gatekeeper_evidence::{Recording, Source};

    /// What the gate says of parts that it demands and that are not there: of files, each with its tool; none is one that cannot be read.
    fn lacking(keys: &str, files: &[(&str, Option<&str>)]) -> Vec<String> {
        let text = format!(
            "version = 1\n[[evidence]]\npaths = [\"{{os}}/{{arch}}.sarif\"]\n[gates.scan]\nrule = \"findings\"\nmax = {{ total = 9 }}\n{keys}"
        );
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let report = |tool: Option<&str>| {
            let run = serde_json::json!({ "tool": { "driver": { "name": tool? } }, "results": [] });
            Some(serde_json::json!({ "version": "2.1.0", "runs": [run] }).to_string().into_bytes())
        };
        let all = files.iter().map(|(path, tool)| {
            let bytes = report(*tool).unwrap_or_else(|| b"{".to_vec());
            Candidate::in_memory(format!("{path}.sarif"), bytes)
        });
        let gate = engine.evaluate(&policy, all.collect(), &Context::at(1_780_272_000)).gates.remove(0);
        let said = gate.violations.into_iter().filter(|v| v.message.starts_with("no evidence"));
        said.map(|v| v.message).collect()
    }

    #[test]
    fn what_a_gate_names_is_demanded_of_each_of_its_cells() {
        const TOOLS: &str = "each = [\"os\"]\ntools = [\"codeql\", \"trivy\"]\n";
        let whole = [
            ("linux/x", Some("codeql")),
            ("linux/y", Some("trivy")),
            ("mac/x", Some("codeql")),
            ("mac/y", Some("trivy")),
        ];
        assert_eq!(lacking(TOOLS, &whole), Vec::<String>::new());
        assert_eq!(lacking(TOOLS, &whole[..3]), ["no evidence of trivy for os = mac, which the gate names"]);
        // What left nothing anywhere is said once; one tool, or no cell, is told of elsewhere.
        assert_eq!(lacking(TOOLS, &[whole[0], whole[2]]), ["no evidence of trivy, which the gate names"]);
        assert_eq!(lacking("each = [\"os\"]\ntools = [\"codeql\"]\n", &[whole[0], whole[3]]), Vec::<String>::new());
        assert_eq!(lacking("tools = [\"codeql\", \"trivy\"]\n", &whole[..3]), Vec::<String>::new());
    }

    #[test]
    fn so_are_values_of_labels_that_make_no_cells() {
        const VALUES: &str = "each = [\"os\"]\nlabels = { arch = [\"x\", \"y\"] }\n";
        let whole = [
            ("linux/x", Some("codeql")),
            ("linux/y", Some("codeql")),
            ("mac/x", Some("codeql")),
            ("mac/y", Some("codeql")),
        ];
        assert_eq!(lacking(VALUES, &whole), Vec::<String>::new());
        assert_eq!(lacking(VALUES, &whole[..3]), ["no evidence for arch = y in os = mac, which the gate names"]);
        let of_cells = "each = [\"os\", \"arch\"]\nlabels = { arch = [\"x\", \"y\"] }\n";
        assert_eq!(lacking(of_cells, &whole[..3]), Vec::<String>::new());
    }

    /// Whether the gate `unit` lacks what nobody can name, and whether the whole is unknown.
    fn unnamed(more: &str, files: &[&str]) -> (GateStatus, bool) {
        let text = format!(
            "version = 1\n[[evidence]]\nname = \"all\"\npaths = [\"{{os}}/*\"]\n[gates.unit]\nrule = \"tests\"\nmax-failed = 0\neach = [\"os\"]\n{more}"
        );
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let bytes = |name: &str| match name.rsplit_once('.') {
            Some((_, "xml")) => b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>".to_vec(),
            Some((_, "info")) => b"TN:\nSF:a.c\nDA:1,1\nend_of_record\n".to_vec(),
            _ => b"\x01\x02".to_vec(),
        };
        let all = files.iter().map(|name| Candidate::in_memory((*name).to_owned(), bytes(name))).collect();
        let v = engine.evaluate(&policy, all, &Context::at(1_780_272_000));
        (v.gates[0].status, v.status == crate::verdict::Overall::Unknown)
    }

    #[test]
    fn what_nobody_can_name_is_lacking_where_a_cell_has_nothing_else() {
        use GateStatus::{Error, Pass};
        let of = |more: &str| unnamed(more, &["linux/a.xml", "mac/b.bin"]);
        let cover = |keys: &str| format!("[gates.cover]\nrule = \"coverage\"\nlines = 80\n{keys}");
        assert_eq!(of(""), (Error, true));
        // A cell that has results lacks none; that the file is unread the whole tells.
        assert_eq!(unnamed("", &["linux/a.xml", "mac/a.xml", "mac/b.bin"]), (Pass, true));
        // Another gate could lack it as well, and then nobody knows which: unless it blocks nothing, is off, or lacks it in the same cell too.
        assert_eq!(of(&cover("")), (Pass, true));
        assert_eq!(of(&cover("action = \"warn\"\n")), (Error, true));
        assert_eq!(of(&cover("enabled = false\n")), (Error, true));
        assert_eq!(of(&cover("each = [\"os\"]\n")), (Error, true));
        let there = unnamed(&cover("each = [\"os\"]\n"), &["linux/a.xml", "mac/b.bin", "mac/c.info"]);
        assert_eq!(there, (Pass, true), "that one has what it judges there");
        // Without cells nothing says that this gate is the one.
        assert_eq!(unnamed("", &["linux/a.xml", "linux/b.bin"]), (Pass, true));
    }

    fn evidence(path: &str, tool: Option<&str>, data: Data) -> Evidence {
        let source = Source { path: path.to_owned(), tool: tool.map(str::to_owned), ..Source::default() };
        Evidence { source, complete: Some(true), notes: Vec::new(), data }
    }

    /// What is said of a gate's tools, where it took the first `taken` of all that is there.
    fn heard(tools: &str, all: &[Evidence], taken: usize) -> Vec<String> {
        let text = format!("version = 1\n[gates.scan]\nrule = \"findings\"\nmax = {{ total = 9 }}\n{tools}");
        let policy = Engine::default().parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let taken: Vec<&Evidence> = all.iter().take(taken).collect();
        unheard(&policy.gates[0], &taken, all, &[]).into_iter().map(|v| v.message).collect()
    }

    #[test]
    fn where_nothing_was_taken_it_is_said_what_is_there() {
        let found = |path: &str, tool: Option<&str>| evidence(path, tool, Data::Findings(Findings::default()));
        let printed = |tool: &str| evidence("x.record", Some(tool), Data::Command(Recording::default()));
        let tests = evidence("t.xml", Some("junit"), Data::Tests(TestRun::default()));
        let none: Vec<String> = Vec::new();
        let tools = "tools = [\"trivy\"]\n";
        assert_eq!(
            heard(tools, &[found("a", Some("codeql")), tests.clone()], 0),
            ["no evidence of trivy; there is evidence of codeql"]
        );
        assert_eq!(
            heard(tools, &[found("a", None), found("b", None), tests.clone()], 0),
            ["no evidence of trivy; a names no tool, as does one more report"]
        );
        let three = [found("a", None), found("b", None), found("c", None)];
        assert_eq!(heard(tools, &three, 0), ["no evidence of trivy; a names no tool, as do 2 more reports"]);
        assert_eq!(heard(tools, &[found("a", None)], 0), ["no evidence of trivy; a names no tool"]);
        // Who names no tool means all there are, and other kinds of evidence have no findings.
        assert_eq!(heard("", &[found("a", Some("codeql"))], 0), none);
        assert_eq!(heard("", &[found("a", None)], 0), none);
        assert_eq!(heard(tools, std::slice::from_ref(&tests), 0), none);
        // A command of that tool was recorded, and what it printed is no report.
        let said = heard(tools, &[tests.clone(), printed("trivy")], 0);
        assert!(
            said[0].starts_with("no evidence of trivy: what x.record printed is no report that is known"),
            "{said:?}"
        );
        assert_eq!(heard(tools, &[tests, printed("grype")], 0), none);
    }

    #[test]
    fn a_tool_that_left_nothing_is_told_with_what_there_is_of_it() {
        let found = evidence("a", Some("trivy"), Data::Findings(Findings::default()));
        let printed = evidence("x.record", Some("grype"), Data::Command(Recording::default()));
        let tools = "tools = [\"trivy\", \"grype\"]\n";
        assert_eq!(heard(tools, std::slice::from_ref(&found), 1), ["no evidence of grype, which the gate names"]);
        let said = heard(tools, &[found, printed], 1);
        assert!(said[0].starts_with("no evidence of grype, which the gate names: what x.record printed"), "{said:?}");
    }
}
