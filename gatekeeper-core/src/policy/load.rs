//! Reads a policy file.

use super::baseline::{self, Against};
use super::components::components;
use super::entry::{entry, patterns_of};
use super::extends::{Files, Laid, VERSION_IS_MISSING, lay};
use super::extracts;
use super::gate::gate;
use super::known::Known;
use super::waiver::{self, waiver};
use super::{EvidenceEntry, Gate, Policy, Waiver, defaults, normal, profile, rego, rollout, suspicion};
use crate::config::loosened;
use crate::config::{Node, PolicyError, PolicyProblem, ProblemCode, Problems, Sources, Span, Table, Value};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::hash::sha256_hex;
use std::collections::HashSet;

/// Reads a policy that stands alone. The name's extension says what it is written in: `.yaml`, `.yml`, `.json`, else TOML.
///
/// # Errors
/// Every mistake in it, each with its place and, where there is one, the nearest right word.
pub(crate) fn parse(file: &str, bytes: &[u8], profile: Option<&str>, known: Known<'_>) -> Result<Policy, PolicyError> {
    let alone =
        |_: &str| Err(ParseError::new(ErrorCode::Io, "only the policy itself was given, and no way to other files"));
    load(file, bytes, profile, known, &alone)
}

/// The same of a policy that may extend others, which are read by their names.
///
/// # Errors
/// Every mistake in any of its files.
pub(crate) fn load(
    file: &str,
    bytes: &[u8],
    profile: Option<&str>,
    known: Known<'_>,
    files: &dyn Files,
) -> Result<Policy, PolicyError> {
    let Laid { mut tree, mut sources, text, mut bases, mut loosened, problems: own } =
        lay(file, bytes, profile, files)?;
    let fail = |sources: &Sources, mut problems: Vec<PolicyProblem>| {
        problems.sort_by_key(|p| p.span.start);
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            problems = vec![
                PolicyProblem::new(0..0, "this policy is empty, so nothing would be judged")
                    .code(ProblemCode::MissingKey)
                    .help("write `version = 1` and a gate, or let `gatekeeper init` write them"),
            ];
        }
        // A version below a table's heading is one mistake.
        if problems.iter().any(|p| p.message == VERSION_IS_MISSING) {
            problems.retain(|p| !p.message.ends_with("`version`"));
        }
        // What is wrong with a default is wrong in every gate that has it.
        let mut told = HashSet::new();
        problems.retain(|p| told.insert((p.span.start, p.message.clone())));
        Err(PolicyError::of_sources(sources, &text, cut(problems)))
    };
    defaults::fill(&mut tree);
    let problems = Problems::default();
    own.into_iter().for_each(|p| problems.add(p));
    profile::check(&tree, &problems);
    let raw = tree.clone();
    if let Some(name) = profile {
        if let Err(p) = profile::apply(&mut tree, name) {
            return fail(&sources, vec![p]);
        }
        loosened.extend(self::loosened(&raw, &tree));
    } else {
        profile::stand_by(&mut tree);
    }
    defaults::fill(&mut tree);
    let mut reader = rego::Reader::new(files, &mut sources);
    if let Err(p) = reader.fill(&mut tree) {
        return fail(&sources, vec![p]);
    }
    bases.append(&mut reader.used);
    let policy = read(&tree, reader.sources, known, profile, &problems);
    let mut problems = problems.into_inner();
    // A mistake in a profile that is not applied must not wait for the day it is needed.
    if problems.is_empty() && profile.is_none() {
        for name in profile::names(&raw) {
            let (mut other, found) = (raw.clone(), Problems::default());
            let applied = profile::apply(&mut other, &name);
            defaults::fill(&mut other);
            match applied {
                Ok(()) => match reader.fill(&mut other) {
                    Ok(()) => drop(read(&other, reader.sources, known, Some(&name), &found)),
                    Err(p) => found.add(p),
                },
                Err(p) => found.add(p),
            }
            for p in found.into_inner() {
                if !problems.contains(&p) {
                    problems.push(p);
                }
            }
        }
    }
    rego::digested(&mut tree);
    match policy {
        Some(policy) if problems.is_empty() => Ok(Policy {
            file: Some(file.to_owned()),
            sha256: Some(sha256_hex(bytes)),
            extends: bases,
            profile: profile.map(str::to_owned),
            loosened,
            normal: normal::of(&tree),
            against: Against { tree: Some(tree), ..policy.against },
            ..policy
        }),
        _ => fail(&sources, problems),
    }
}

/// Nobody reads more mistakes than these, and showing each costs the whole text.
fn cut(mut problems: Vec<PolicyProblem>) -> Vec<PolicyProblem> {
    const MOST: usize = 200;
    let more = problems.len().saturating_sub(MOST);
    problems.truncate(MOST);
    if let (Some(last), true) = (problems.last_mut(), more > 0) {
        last.message = format!("{} (and {more} more mistakes behind this one)", last.message);
    }
    problems
}

fn read(
    tree: &Node,
    sources: &Sources,
    known: Known<'_>,
    applied: Option<&str>,
    problems: &Problems,
) -> Option<Policy> {
    let mut top = Table::of(tree, "a policy", problems)?;
    let line = |span: &Span| sources.line(span.start);
    let base = |span: &Span| match sources.number_of(span.start) {
        0 => None,
        n => Some(sources.file(n).to_owned()),
    };
    // Both were read where the files were laid over each other.
    top.get("version");
    top.get("extends");
    // A gate was made of it.
    top.get("policies");
    let evidence: Vec<EvidenceEntry> =
        top.tables("evidence").into_iter().filter_map(|t| entry(t, known.formats, &line)).collect();
    let mut gates: Vec<Gate> = top
        .named("gates")
        .iter()
        .filter_map(|e| Some(Gate { file: base(&e.key_span), ..gate(e, &evidence, known, problems, &line)? }))
        .collect();
    extracts::agree(top.named("gates"), &evidence, problems);
    let components = components(&mut top, tree, &mut gates, &evidence, &line);
    if top.get("gates").is_none_or(|n| n.value == Value::Table(Vec::new())) {
        problems.add(
            PolicyProblem::new(0..0, "this policy has no gates, so nothing would be judged")
                .code(ProblemCode::MissingKey)
                .help("write [gates.NAME] with rule = \"…\""),
        );
    }
    let most_days = waiver::most_days(&mut top);
    let read_waiver = |t: Table<'_>| {
        let file = base(&t.span());
        Some(Waiver { file, ..waiver(t, &gates, &evidence, &components, most_days, &line)? })
    };
    let waivers = top.tables("waivers").into_iter().filter_map(read_waiver).collect();
    defaults::read(&mut top, problems);
    profile::read(&mut top, problems);
    if top.choice("profile", &[("required", true), ("optional", false)]) == Some(true) && applied.is_none() {
        let names = profile::names(tree);
        let span = top.get("profile").map_or(0..0, |n| n.span.clone());
        problems.add(match names.is_empty() {
            true => PolicyProblem::new(span, "this policy demands a profile, and has none")
                .help("write [profiles.NAME], or take this line out"),
            false => PolicyProblem::new(span, "this policy is judged with a profile, and none was named")
                .help(format!("run it with --profile NAME: {}", names.join(", "))),
        });
    }
    let names: Vec<&str> = gates.iter().map(|g| g.name.as_str()).collect();
    let against = baseline::read(&mut top, &names, problems, &line);
    let rollout = rollout::rollout(&mut top);
    let suppressions = patterns_of(&mut top, "suppressions");
    let suspicion = suspicion::read(&mut top);
    top.finish("a policy");
    Some(Policy {
        evidence,
        gates,
        components,
        waivers,
        against,
        rollout,
        suppressions,
        suspicion,
        ..Policy::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use crate::verdict::suspicion::{Check, Level};
    use gatekeeper_formats::Formats;

    const GATES: &str = "version = 1\n[gates.t]\nrule = \"tests\"\nmax-failed = 0\n";

    fn read(text: &str, profile: Option<&str>) -> Result<Policy, Vec<String>> {
        let known = (Formats::default(), Rules::default());
        parse("p.toml", text.as_bytes(), profile, Known { formats: &known.0, rules: &known.1 })
            .map_err(|e| e.problems.iter().map(|p| p.message.clone()).collect())
    }

    #[test]
    fn a_policy_says_what_its_profile_loosened() {
        let text = format!("{GATES}[profiles.p.gates.t]\nmax-failed = 3\n");
        assert_eq!(read(&text, Some("p")).unwrap().loosened, ["t: max-failed 0 → 3"]);
        assert_eq!(read(&text, None).unwrap().loosened, Vec::<String>::new());
    }

    #[test]
    fn a_version_of_a_gate_is_none_of_the_policy() {
        let of = |top: &str| {
            read(&format!("{top}[gates.t]\nrule = \"tests\"\nversion = 1\n"), None).map(|_| ()).unwrap_err()
        };
        assert_eq!(of(""), ["`version = 1` is missing"], "one mistake");
        let own = of("version = 1\n");
        assert!(own.len() == 1 && own[0].ends_with("`version`"), "{own:?}");
        // Beside another mistake it is still one.
        assert_eq!(of("version = 1\nqqqqqq = 1\n").len(), 2);
    }

    #[test]
    fn a_profile_that_is_not_chosen_is_read_where_the_rest_is_right() {
        let profiles = "[profiles.good.gates.t]\nmax-failed = 1\n[profiles.bad.gates.t]\nmax-failed = \"x\"\n";
        let of = |gates: &str, profile| read(&format!("{gates}{profiles}"), profile).map(|_| ());
        assert_eq!(of(GATES, None).unwrap_err().len(), 1);
        assert!(of(GATES, Some("good")).is_ok() && of(GATES, Some("bad")).is_err());
        // What is wrong with all of them is told first.
        let all = of(&GATES.replace("max-failed = 0", "max-faled = 0"), None).unwrap_err();
        assert!(all.len() == 1 && all[0].contains("max-faled"), "{all:?}");
    }

    #[test]
    fn patterns_lie_below_the_root() {
        let of = |pattern: &str| read(&format!("{GATES}[[evidence]]\npaths = ['{pattern}']\n"), None).map(|_| ()).err();
        for rooted in ["/a/*.xml", "~/a/*.xml", "C:/a/*.xml", "C:\\a\\*.xml"] {
            let said = of(rooted).unwrap_or_else(|| panic!("{rooted}"));
            assert!(said.len() == 1 && said[0].contains("a pattern is relative to the root"), "{rooted}: {said:?}");
        }
        for (variable, why) in [("a/${X}.xml", "knows no variables"), ("../a.xml", "`..` is not followed")] {
            assert!(of(variable).is_some_and(|said| said.len() == 1 && said[0].contains(why)), "{variable}");
        }
        for fine in ["a/*.xml", "~a/*.xml", "C/a/*.xml", "a~/x..y.xml", "a/$X.xml"] {
            assert_eq!(of(fine), None, "{fine}");
        }
    }

    #[test]
    fn a_version_is_there_and_is_known() {
        let of = |version: &str| read(&GATES.replace("version = 1", version), None).map(|_| ()).unwrap_err();
        assert_eq!(of(""), ["`version = 1` is missing"]);
        assert_eq!(of("version = 2"), ["version 2 is not known: this program reads version 1"]);
        let word = of("version = \"x\"");
        assert!(word.len() == 1 && word[0].contains("`version`") && !word[0].contains("missing"), "{word:?}");
    }

    #[test]
    fn a_mistake_in_a_profile_is_told_once() {
        let twice = format!("{GATES}nope = 1\n[profiles.p]\n[profiles.q]\n");
        assert_eq!(read(&twice, None).unwrap_err().len(), 1);
        // Also one in a profile that is not applied, and each of two.
        let two =
            format!("{GATES}[profiles.p.gates.t]\nmax-failed = \"x\"\n[profiles.q.gates.t]\nmax-failed = \"y\"\n");
        assert_eq!(read(&two, None).unwrap_err().len(), 2);
        let stranger = format!("{GATES}[profiles.p.gates.u]\nmax-failed = 1\n");
        assert!(read(&stranger, None).unwrap_err()[0].contains("no gate `u`"));
    }

    #[test]
    fn an_empty_policy_is_one_mistake() {
        for text in ["", "\n \n", "# nothing yet\n", "  # nothing\n\n# yet"] {
            assert_eq!(read(text, None).unwrap_err(), ["this policy is empty, so nothing would be judged"], "{text:?}");
        }
        assert_eq!(
            read("version = 1\n# c\n", None).unwrap_err(),
            ["this policy has no gates, so nothing would be judged"]
        );
    }

    #[test]
    fn so_many_mistakes_are_told_and_the_others_counted() {
        let of = |n: usize| {
            let keys: String = (0..n).map(|n| format!("nope-{n} = 1\n")).collect();
            let told = read(&format!("{GATES}{keys}"), None).unwrap_err();
            (told.len(), told.last().unwrap().contains("more mistakes behind this one"))
        };
        assert_eq!((of(2), of(200), of(201)), ((2, false), (200, false), (200, true)));
    }

    #[test]
    fn a_policy_may_demand_a_profile() {
        let text = |word: &str| format!("version = 1\nprofile = \"{word}\"\n[gates.tests]\nmax-failed = 0\n");
        let with = |word: &str| format!("{}[profiles.p.gates.tests]\nmax-failed = 0\n", text(word));
        let told = |text: &str, profile| read(text, profile).map(|_| ());
        assert_eq!(told(&with("optional"), None), Ok(()));
        assert_eq!(told(&with("required"), Some("p")), Ok(()));
        let none = "this policy is judged with a profile, and none was named";
        assert_eq!(told(&with("required"), None), Err(vec![none.to_owned()]));
        let has_none = "this policy demands a profile, and has none";
        assert_eq!(told(&text("required"), None), Err(vec![has_none.to_owned()]));
        assert_eq!(told(&text("optional"), None), Ok(()));
    }

    #[test]
    fn all_that_a_policy_says_is_in_it() {
        let text = format!(
            "version = 1\nsuppressions = [\".vex/*\"]\n[[evidence]]\npaths = [\"a/*\"]\n[baseline]\nmax-shrink = 20\n[rollout]\nsteps = [5, 100]\n\
             [suspicion]\nall-skipped = \"error\"\n[components.web]\npaths = [\"web/**\"]\n[[waivers]]\ngate = \"t\"\ntest = \"x\"\nreason = \"r\"\n\
             expires = \"2027-01-31\"\n{}[profiles.p.gates.t]\nmax-failed = 1\n",
            GATES.trim_start_matches("version = 1\n")
        );
        let p = read(&text, Some("p")).unwrap();
        assert_eq!((p.file.as_deref(), p.profile.as_deref()), (Some("p.toml"), Some("p")));
        assert_eq!(p.sha256, Some(sha256_hex(text.as_bytes())));
        assert_eq!((p.evidence.len(), p.gates.len(), p.components.list.len(), p.waivers.len()), (1, 1, 1, 1));
        assert_eq!((p.suppressions.len(), p.rollout.as_ref().map(|r| r.steps.len())), (1, Some(2)));
        assert!(p.against.max_shrink.is_some() && p.against.tree.is_some());
        assert_eq!(p.suspicion.of(Check::AllSkipped), Level::Error);
        assert_eq!((p.normal["gates"]["t"]["max-failed"].as_u64(), p.loosened.len()), (Some(1), 1));
        assert_eq!(p.digest().len(), 64);
        assert_ne!(p.digest(), read(&text, None).unwrap().digest());
    }

    #[test]
    fn labels_that_no_entry_gives_are_told() {
        let evidence = "[[evidence]]\npaths = [\"otp-{otp}/*.xml\"]\nlabels = { os = \"linux\" }\n";
        let of = |keys: &str| read(&format!("{GATES}{keys}\n{evidence}"), None).map(|_| ());
        assert_eq!(of("each = \"otp\""), Ok(()));
        assert_eq!(of("each = \"os\""), Ok(()));
        assert_eq!(of("each = \"arch\""), Err(vec!["no [[evidence]] entry gives a label `arch`".to_owned()]));
    }
}
