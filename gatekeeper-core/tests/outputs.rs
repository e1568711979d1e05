//! Each output over standard verdicts, held against checked-in files (`tests/outputs/`). `UPDATE=1 cargo test --test outputs` writes them anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod standard;

use base64::Engine as _;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::output::{self, Style};
use gatekeeper_core::{Candidate, Context, Engine, Verdict};
use standard::{NOW, POLICY, many, standard};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outputs")
}

/// A page without what is built and what is packed: its own words and elements.
fn without_bundle(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    for (start, end) in [("script-src ", "; img-src"), ("<style>", "</style>"), ("<script", "</body>")] {
        let (before, behind) = rest.split_once(start).unwrap();
        let at = behind.find(end).unwrap();
        out.push_str(before);
        out.push_str(start);
        out.push('…');
        rest = &behind[at..];
    }
    out + rest
}

/// The rows of a block of a page's data; nothing where there is no such block.
fn rows_of(page: &str, name: &str) -> Vec<serde_json::Value> {
    let Some((_, behind)) = page.split_once(&format!("id=\"data-{name}\"")) else { return Vec::new() };
    let packed = behind.split_once('>').unwrap().1.split_once('<').unwrap().0;
    let packed = base64::prelude::BASE64_STANDARD.decode(packed).unwrap();
    let json: serde_json::Value =
        serde_json::from_reader(flate2::read::DeflateDecoder::new(packed.as_slice())).unwrap();
    json["rows"].as_array().unwrap().clone()
}

#[test]
fn outputs_are_as_checked_in() {
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    for (name, verdict) in standard() {
        for output in output::Outputs::default().iter() {
            for color in [false, true] {
                if color && output.id() != "human" {
                    continue;
                }
                let mut got = Vec::new();
                output.write(&verdict, &Style { color, ..Style::default() }, &mut got).unwrap();
                if output.id() == "html" {
                    got = without_bundle(std::str::from_utf8(&got).unwrap()).into_bytes();
                }
                let file = format!("{name}.{}{}", output.id(), if color { "-color" } else { "" });
                let path = folder().join(&file);
                names.push(file.clone());
                if std::env::var_os("UPDATE").is_some() {
                    std::fs::create_dir_all(folder()).unwrap();
                    std::fs::write(&path, &got).unwrap();
                } else if std::fs::read(&path).ok().as_ref() != Some(&got) {
                    wrong.push(format!("{file} is now:\n{}", String::from_utf8_lossy(&got)));
                }
            }
        }
    }
    // Of very many findings the digests tell whether something changed.
    let verdict = many(20_000);
    let mut digests = String::new();
    for output in output::Outputs::default().iter() {
        let mut got = Vec::new();
        output.write(&verdict, &Style::default(), &mut got).unwrap();
        if output.id() == "html" {
            got = without_bundle(std::str::from_utf8(&got).unwrap()).into_bytes();
        }
        writeln!(digests, "{} {} {}", output.id(), got.len(), sha256_hex(&got)).unwrap();
    }
    names.push("many.digests".to_owned());
    let path = folder().join("many.digests");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &digests).unwrap();
    } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&digests) {
        wrong.push(format!("many.digests is now:\n{digests}"));
    }
    // A file that nothing writes any more is a lie.
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !names.contains(&name) {
            wrong.push(format!("{name} is written by no output"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 writes them anew)", wrong.join("\n"));
}

#[test]
fn an_explanation_has_no_heading_over_nothing() {
    for (name, verdict) in standard() {
        for gate in &verdict.gates {
            let mut got = Vec::new();
            assert!(output::explain(&verdict, &gate.name, &Style::default(), &mut got).unwrap());
            let text = String::from_utf8(got).unwrap();
            let lines: Vec<&str> = text.trim_end().lines().collect();
            for heading in ["falls short by", "waived", "to pass"] {
                let at = lines.iter().position(|l| *l == heading);
                assert!(at.is_none_or(|at| lines.get(at + 1).is_some_and(|l| l.starts_with(' '))), "{name}: {text}");
            }
        }
    }
}

/// What an output says of each violation, by its own structure: the messages, sorted. `None` where it lists none, or not all.
fn messages_in(id: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let json = || serde_json::from_str::<serde_json::Value>(text).unwrap();
    let word = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    // Behind the gate's name.
    let own = |said: String| said.split_once(": ").map(|(_, message)| message.to_owned()).unwrap_or(said);
    let mut out: Vec<String> = match id {
        "json" => {
            let of_gates = json()["gates"].as_array().unwrap().clone();
            let violations = of_gates.iter().flat_map(|g| g["violations"].as_array().unwrap().clone());
            let strays = json()["problems"].as_array().unwrap().clone();
            let strays = strays.into_iter().filter(|p| p["concerns"].as_array().unwrap().is_empty());
            violations.map(|v| word(&v["message"])).chain(strays.map(|p| word(&p["error"]["message"]))).collect()
        }
        "jsonl" => {
            let rows = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
            rows.map(|r| word(if r["message"].is_null() { &r["error"]["message"] } else { &r["message"] })).collect()
        }
        "csv" => {
            let mut reader = csv::Reader::from_reader(bytes);
            let at = reader.headers().unwrap().iter().position(|h| h == "message").unwrap();
            reader.records().map(|r| r.unwrap()[at].to_owned()).collect()
        }
        "gitlab" => json().as_array().unwrap().iter().map(|i| own(word(&i["description"]))).collect(),
        "sarif" => {
            let run = json()["runs"][0].clone();
            let results = run["results"].as_array().unwrap();
            let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
            let plain = |text: String| {
                let mut out = String::new();
                let mut rest = text.chars();
                while let Some(c) = rest.next() {
                    out.extend(if c == '\\' { rest.next() } else { Some(c) });
                }
                out.replace("{{", "{")
            };
            let found = results.iter().filter(|r| r.get("suppressions").is_none());
            // What to do about it stands on lines of its own.
            let first = |r: &serde_json::Value| word(&r["message"]["text"]);
            let strays = notes.iter().filter(|n| n["level"] == "error");
            found.map(|r| own(plain(first(r)))).chain(strays.map(|n| plain(first(n)))).collect()
        }
        "junit" => {
            let mut reader = quick_xml::Reader::from_str(text);
            let mut out = Vec::new();
            loop {
                use quick_xml::events::Event;
                match reader.read_event().unwrap() {
                    Event::Eof => break,
                    Event::Start(e) | Event::Empty(e) => {
                        let message = e.try_get_attribute("message").unwrap();
                        out.extend(
                            message
                                .map(|m| m.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned()),
                        );
                    }
                    _ => {}
                }
            }
            out
        }
        "html" => rows_of(text, "findings").iter().map(|r| word(&r[5])).collect(),
        _ => return None,
    };
    out.sort();
    Some(out)
}

/// What the verdict itself says.
fn messages(v: &Verdict) -> Vec<String> {
    let strays = v.problems.iter().filter(|p| p.concerns.is_empty()).map(|p| p.error.message.clone());
    let mut out: Vec<String> =
        v.gates.iter().flat_map(|g| &g.violations).map(|v| v.message.clone()).chain(strays).collect();
    out.sort();
    out
}

#[test]
fn every_document_says_the_same_of_every_violation() {
    for (name, verdict) in standard().into_iter().chain([("many", many(3_000))]) {
        // Control characters are shown as escapes, but for JSON, which has its own.
        let shown: Vec<String> = messages(&verdict).iter().map(|m| output::line(m)).collect();
        let mut held = 0;
        for output in output::Outputs::default().iter() {
            let mut got = Vec::new();
            output.write(&verdict, &Style::default(), &mut got).unwrap();
            let Some(found) = messages_in(output.id(), &got) else { continue };
            let mut left: Vec<String> = found.iter().map(|m| output::line(m)).collect();
            for message in &shown {
                // A document may say more behind the message (what to do), never less.
                let at = left
                    .iter()
                    .position(|l| l == message)
                    .or_else(|| left.iter().position(|l| l.starts_with(message.as_str())));
                assert!(at.is_some(), "{name}: {}: nothing says {message:?}: {left:?}", output.id());
                left.swap_remove(at.unwrap());
            }
            // In JUnit a gate that does not pass is a case of its own beside its violations.
            let own = if output.id() == "junit" { verdict.gates.len() } else { 0 };
            assert!(left.len() <= own, "{name}: {}: also says {left:?}", output.id());
            held += 1;
        }
        assert_eq!(held, 7);
    }
}

/// Outputs that list no violations tell how many there are, or which gates fall short: the same as the verdict.
#[test]
fn what_only_counts_counts_the_same() {
    use gatekeeper_core::verdict::{GateStatus, Overall};
    for (name, v) in standard().into_iter().chain([("many", many(3_000))]) {
        let text = |id: &str| {
            let mut got = Vec::new();
            output::Outputs::default().by_id(id).unwrap().write(&v, &Style::default(), &mut got).unwrap();
            String::from_utf8(got).unwrap()
        };
        let json = |id: &str| serde_json::from_str::<serde_json::Value>(&text(id)).unwrap();
        let names = |of: &dyn Fn(&gatekeeper_core::verdict::GateVerdict) -> bool| -> Vec<String> {
            v.gates.iter().filter(|g| of(g)).map(|g| g.name.clone()).collect()
        };
        let passed = names(&|g| g.status == GateStatus::Pass);
        let failed = names(&|g| g.blocking);
        let warned = names(&|g| !g.blocking && !matches!(g.status, GateStatus::Pass | GateStatus::Skip));

        let metrics = text("prometheus");
        for g in &v.gates {
            let line = format!("gatekeeper_gate_violations{{gate=\"{}\"}} {}", g.name, g.violations.len());
            assert!(metrics.lines().any(|l| l == line), "{name}: {line}");
            let line = format!("gatekeeper_gate_blocking{{gate=\"{}\"}} {}", g.name, u8::from(g.blocking));
            assert!(metrics.lines().any(|l| l == line), "{name}: {line}");
        }
        assert!(metrics.contains(&format!("gatekeeper_verdict{{status=\"{}\"}} 1\n", v.status.as_str())), "{name}");

        let whole = json("in-toto")["predicate"].clone();
        for (key, wanted) in [("passedTests", &passed), ("failedTests", &failed), ("warnedTests", &warned)] {
            let found: Vec<&str> = whole[key].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
            assert_eq!(&found, wanted, "{name}: {key}");
        }
        let each: Vec<serde_json::Value> =
            text("in-toto-gates").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        for (word, wanted) in [("PASSED", &passed), ("FAILED", &failed), ("WARNED", &warned)] {
            let of = each.iter().map(|s| &s["predicate"]).filter(|p| p["result"] == word);
            let found: Vec<&str> = of.map(|p| p["configuration"][0]["name"].as_str().unwrap()).collect();
            assert_eq!(&found, wanted, "{name}: {word}");
        }
        let held: Vec<String> = passed.iter().map(|g| format!("GATEKEEPER_GATE_{g}")).collect();
        for id in ["svr", "svr-v0.1"] {
            let properties = json(id)["predicate"]["properties"].clone();
            let found: Vec<&str> = properties.as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
            assert_eq!(found.contains(&"GATEKEEPER_PASSED"), v.exit_code == 0, "{name}: {id}");
            let gates: Vec<&str> = found.into_iter().filter(|p| *p != "GATEKEEPER_PASSED").collect();
            assert_eq!(gates, held, "{name}: {id}");
        }
        let result = if v.exit_code == 0 { "PASSED" } else { "FAILED" };
        assert_eq!(json("vsa")["predicate"]["verificationResult"], result, "{name}");

        let badge = json("badge-json")["message"].as_str().unwrap().to_owned();
        let bad = matches!(v.status, Overall::Fail | Overall::Unknown);
        assert!(
            badge.starts_with(v.status.as_str()) && text("badge").contains(&format!(": {badge}")),
            "{name}: {badge}"
        );
        assert_eq!(badge.contains(&format!("({} of ", failed.len())), bad && !failed.is_empty(), "{name}: {badge}");
        assert_eq!(json("badge-json")["isError"], bad, "{name}");

        // GitHub shows ten annotations of a level: each gate that falls short is named or counted.
        let annotations = text("github");
        for level in ["error", "warning", "notice"] {
            let of: Vec<&str> = annotations.lines().filter(|l| l.starts_with(&format!("::{level} "))).collect();
            let cut = of.iter().any(|l| l.contains("more: see the summary or the log"));
            let mut wanted = if level == "error" { failed.clone() } else { Vec::new() };
            wanted.retain(|gate| !of.iter().any(|l| l.contains(&format!("gate {gate}"))));
            assert!(wanted.is_empty() || cut, "{name}: {level}: {wanted:?}: {annotations}");
            assert!(of.len() <= 10, "{name}: {level}");
        }
    }
}

#[test]
fn what_is_for_people_names_every_violation_or_counts_it() {
    for (name, verdict) in standard() {
        for output in ["human", "markdown"].map(|id| output::Outputs::default().by_id(id).unwrap().clone()) {
            let mut got = Vec::new();
            output.write(&verdict, &Style::default().verbose(), &mut got).unwrap();
            let text = String::from_utf8(got).unwrap().replace("\\", "").replace("&lt;", "<").replace("&gt;", ">");
            // What begins with the path stands behind the place, which says it.
            let paths: Vec<String> = verdict
                .gates
                .iter()
                .flat_map(|g| &g.violations)
                .filter_map(|v| v.place.as_ref())
                .map(|p| format!("{}: ", p.path))
                .collect();
            for message in messages(&verdict) {
                let said = paths.iter().find_map(|p| message.strip_prefix(p.as_str())).unwrap_or(&message);
                let words = output::line(said).replace('\\', "");
                assert!(text.contains(&words), "{name}: {}: nothing says {words:?}: {text}", output.id());
            }
        }
    }
    let verdict = many(20_000);
    for (id, counts) in
        [("human", "… and 19995 more"), ("markdown", "… and 19980 more"), ("github", "20000 violations")]
    {
        let mut got = Vec::new();
        output::Outputs::default().by_id(id).unwrap().write(&verdict, &Style::default(), &mut got).unwrap();
        let text = String::from_utf8(got).unwrap();
        assert!(text.contains(counts), "{id}: {text}");
    }
}

#[test]
fn a_difference_is_the_same_in_every_form() {
    use gatekeeper_core::proof::{compare, comparison, comparison_markdown};
    let all = standard();
    let of = |name: &str| all.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    for (before, after) in [("pass", "fail"), ("fail", "pass"), ("pass", "unknown"), ("warn", "fail")] {
        let c = compare(&of(before), &of(after));
        let (mut human, mut markdown) = (Vec::new(), Vec::new());
        comparison(&c, &mut human).unwrap();
        comparison_markdown(&c, &mut markdown).unwrap();
        let human = String::from_utf8(human).unwrap();
        let markdown = String::from_utf8(markdown).unwrap().replace('\\', "").replace("&lt;", "<").replace("&gt;", ">");
        let (then, now) = (of(before), of(after));
        let has = |v: &Verdict, gate: &str, message: &str| {
            v.gates.iter().any(|g| g.name == gate && g.violations.iter().any(|x| x.message == message))
        };
        let mut held = 0;
        for g in now.gates.iter().chain(&then.gates) {
            for x in &g.violations {
                let (was, is) = (has(&then, &g.name, &x.message), has(&now, &g.name, &x.message));
                let change = c.gates.iter().find(|c| c.name == g.name);
                let told = |list: &[gatekeeper_core::verdict::Violation]| list.iter().any(|y| y.message == x.message);
                assert_eq!(change.is_some_and(|c| told(&c.new)), is && !was, "{before} {after}: {}", x.message);
                assert_eq!(change.is_some_and(|c| told(&c.gone)), was && !is, "{before} {after}: {}", x.message);
                if is != was {
                    let path = x.place.as_ref().map(|p| format!("{}: ", p.path)).unwrap_or_default();
                    let said = x.message.strip_prefix(path.as_str()).unwrap_or(&x.message);
                    let words: String = output::line(said).chars().take(200).collect();
                    assert!(human.contains(&words), "{words}: {human}");
                    assert!(markdown.contains(&words.replace('\\', "")), "{words}: {markdown}");
                    held += 1;
                }
            }
        }
        assert!(held > 0, "{before} {after}");
    }
}

#[test]
fn junit_is_read_back_as_the_verdict_was() {
    for (name, verdict) in standard() {
        let mut got = Vec::new();
        output::Outputs::default().by_id("junit").unwrap().write(&verdict, &Style::default(), &mut got).unwrap();
        let policy = "version = 1\n[gates.all]\nrule = \"tests\"\nmax-failed = 0\n";
        let policy = Engine::default().parse_policy("p.toml", policy.as_bytes(), None).unwrap();
        let candidates = vec![Candidate::in_memory("junit.xml", got.clone())];
        let again = Engine::default().evaluate(&policy, candidates, &Context::at(NOW));
        assert_eq!(again.exit_code == 0, verdict.exit_code == 0, "{name}: {}", String::from_utf8_lossy(&got));
        assert!(again.problems.is_empty(), "{name}: {:?}", again.problems);
    }
}

#[test]
fn a_verdict_reads_back_what_it_wrote() {
    let mut verdicts: Vec<Verdict> = standard().into_iter().map(|(_, v)| v).collect();
    let dated = POLICY.replace("lines = { min = 80 }", "lines = { min = 80 }\neach = \"os\"");
    let dated = format!("{dated}[[evidence]]\npaths = [\"{{os}}/*\"]\n");
    let policy = Engine::default().parse_policy("gatekeeper.toml", dated.as_bytes(), None).unwrap();
    let files = vec![Candidate::in_memory("linux/lcov.info", b"SF:a\nDA:1,1\nDA:2,0\nend_of_record\n".to_vec())];
    let mut clockless = Engine::default().evaluate(&policy, files, &Context::without_clock());
    clockless.context.commit = Some("0123456789abcdef".to_owned());
    verdicts.push(clockless);
    for verdict in verdicts {
        let json = serde_json::to_string(&verdict).unwrap();
        let again: Verdict = serde_json::from_str(&json).unwrap();
        assert_eq!(again, verdict);
        for output in output::Outputs::default().iter() {
            let render = |v: &Verdict| {
                let mut bytes = Vec::new();
                // What says when it was made needs a clock.
                let written = output.write(v, &Style::default(), &mut bytes).map_err(|e| e.to_string());
                (written, bytes)
            };
            assert_eq!(render(&again), render(&verdict), "{}", output.id());
        }
    }
}

/// A figure is the same to the last digit when it is read back: a verdict that is judged again is held against the kept one byte by byte.
#[test]
fn figures_read_back_to_the_last_digit() {
    for figure in [110.000_000_000_000_01, 0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, 99.999_999_999_999_99] {
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), figure.to_bits(), "{text}");
    }
}
