//! A service with the reports of several scanners and its installed packages: each gate right, each violation with its way out.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::CheckRequest;
use gatekeeper_core::{Context, Engine, Verdict};
use serde_json::Value;

fn verdict(variant: &str) -> Verdict {
    let root = common::fixtures().join("node-service").join(variant);
    let request = CheckRequest::new(root, Context::at(1_800_000_000));
    Engine::default().check(&request).unwrap()
}

#[test]
fn each_variant_gets_its_verdict() {
    let base = common::fixtures().join("node-service");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(base.join("expected.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let variant = case["variant"].as_str().unwrap();
        let verdict = verdict(variant);
        if Some(verdict.status.as_str()) != case["status"].as_str() {
            wrong.push(format!("{variant}: {}, expected {}", verdict.status.as_str(), case["status"]));
        }
        if Some(u64::from(verdict.exit_code)) != case["exit"].as_u64() {
            wrong.push(format!("{variant}: exit {}, expected {}", verdict.exit_code, case["exit"]));
        }
        for (gate, want) in case["gates"].as_object().unwrap() {
            let got = verdict.gates.iter().find(|g| g.name == *gate).unwrap();
            if Some(got.status.as_str()) != want.as_str() {
                wrong.push(format!("{variant}/{gate}: {:?}, expected {want}: {}", got.status, got.reason));
            }
            if Some(got.violations.len() as u64) != case["counts"][gate].as_u64() {
                wrong.push(format!("{variant}/{gate}: {:#?}, expected {}", got.violations, case["counts"][gate]));
            }
        }
    }
    assert_eq!(cases.len(), 2);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_vulnerability_has_package_fix_link_and_way_out() {
    let verdict = verdict("broken");
    let gate = verdict.gates.iter().find(|g| g.name == "vulnerabilities").unwrap();
    let told: Vec<_> = gate
        .violations
        .iter()
        .map(|v| (v.id.as_deref(), v.package.as_deref(), v.fixed.as_deref(), v.url.as_deref(), v.help.as_deref()))
        .collect();
    let expected = [
        ("GHSA-xv22-4gh5-9m8p", "pkg:npm/argline", "1.2.6", "https://github.com/advisories/GHSA-xv22-4gh5-9m8p"),
        ("CVE-2026-11001", "argline 1.2.5", "1.2.6", "https://avd.aquasec.com/nvd/cve-2026-11001"),
        ("CVE-2026-11003", "globdir 5.1.1", "5.1.2", "https://avd.aquasec.com/nvd/cve-2026-11003"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (id, package, fixed, url) in expected {
        let name = package.trim_start_matches("pkg:npm/").split(' ').next().unwrap();
        let help = format!("update {name} to {fixed}");
        let want = (Some(id), Some(package), Some(fixed), Some(url), Some(help.as_str()));
        assert!(told.contains(&want), "{want:?} is not in {told:#?}");
    }
}

#[test]
fn what_was_taken_out_is_said() {
    let verdict = verdict("broken");
    let trivy = verdict.evidence.iter().find(|e| e.path == "reports/trivy.sarif").unwrap();
    let cleared = trivy.notes.iter().any(|n| n.message.contains("CVE-2026-11002") && n.message.contains("openvex"));
    assert!(cleared, "{:?}", trivy.notes);
    assert!(verdict.warnings.iter().any(|w| w.contains("CVE-2026-11003") && w.contains("ended")));
    let deps = verdict.evidence.iter().find(|e| e.path == "node_modules").unwrap();
    assert_eq!((deps.format.as_str(), &deps.used_by[..]), ("package-folder", &["licenses".to_owned()][..]));
    assert!(deps.notes.iter().any(|n| n.message.contains("quietlog") && n.message.contains("Apache-2.0")));
}

#[test]
fn packages_that_cannot_be_seen_are_no_pass() {
    let folder = std::env::temp_dir().join(format!("gatekeeper-packages-{}", std::process::id()));
    let policy =
        "version = 1\n[[evidence]]\npackages = [\"deps/\"]\n[gates.licenses]\nrule = \"licenses\"\ndeny = [\"GPL\"]\n";
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let judged = || {
        let request = CheckRequest::new(folder.clone(), Context::without_clock());
        let verdict = Engine::default().check(&request).unwrap();
        (verdict.gates[0].status.as_str(), verdict.exit_code, verdict.gates[0].reason.clone())
    };
    write("gatekeeper.toml", policy);
    let (status, exit, why) = judged();
    assert!(
        (status, exit) == ("error", 3) && (why.contains("matches no package") || why.contains("no package was found")),
        "{status} {exit} {why}"
    );
    write("deps/readme.txt", "nothing here\n");
    let (status, exit, why) = judged();
    assert!(
        (status, exit) == ("error", 3) && (why.contains("matches no package") || why.contains("no package was found")),
        "{status} {exit} {why}"
    );
    write("deps/good/package.json", "{\"name\": \"good\", \"version\": \"1.0.0\", \"license\": \"MIT\"}");
    assert_eq!(judged().0, "pass");
    write("deps/mute/index.js", "module.exports = 1\n");
    assert_eq!(judged().0, "fail", "a package that says nothing is of unknown licence");
    write("deps/broken/package.json", "{\"name\": \"bro");
    let (status, exit, why) = judged();
    assert!((status, exit) == ("error", 3) && why.contains("deps/broken/package.json:1:"), "{status} {exit} {why}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_root_only() {
    use gatekeeper_core::{ReadOptions, collect::read_packages, evidence::Data};
    use std::os::unix::fs::symlink;
    let base = std::env::temp_dir().join(format!("gatekeeper-links-{}", std::process::id()));
    let package = |path: &str, name: &str| {
        std::fs::create_dir_all(base.join(path)).unwrap();
        let text = format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"license\": \"MIT\"}}");
        std::fs::write(base.join(path).join("package.json"), text).unwrap();
    };
    package("outside", "outside");
    package("root/packages/own", "own");
    package("root/node_modules/.pnpm/a@1.0.0/node_modules/a", "a");
    package("root/node_modules/.pnpm/b@1.0.0/node_modules/b", "b");
    let modules = base.join("root/node_modules");
    symlink(".pnpm/a@1.0.0/node_modules/a", modules.join("a")).unwrap();
    symlink("../../b@1.0.0/node_modules/b", modules.join(".pnpm/a@1.0.0/node_modules/b")).unwrap();
    symlink("../packages/own", modules.join("own")).unwrap();
    symlink("../../outside", modules.join("outside")).unwrap();
    symlink("..", base.join("root/packages/own/node_modules")).unwrap();
    let read = || read_packages(std::path::Path::new("node_modules"), &base.join("root"), &ReadOptions::default());
    let evidence = read().unwrap();
    let Data::Inventory(inventory) = &evidence.data else { panic!() };
    let mut names: Vec<_> = inventory.components.iter().map(|c| (&*c.name, c.is_licensed())).collect();
    names.sort_unstable();
    // The last link leads to the root's own folders: they are walked, and nothing is counted twice.
    for want in [("a", true), ("b", true), ("outside", false), ("own", true)] {
        assert_eq!(names.iter().filter(|n| **n == want).count(), 1, "{want:?} in {names:?}");
    }
    assert!(evidence.notes.iter().any(|n| n.message.contains("link out of the root")), "{:?}", evidence.notes);
    symlink("nowhere", modules.join("dangling")).unwrap();
    assert!(read().unwrap_err().to_string().contains("node_modules/dangling"));
    std::fs::remove_dir_all(&base).unwrap();
}
