//! Reports for the benches, made in memory: of the shapes that real producers write, as large as asked, the same every time.

use std::fmt::Write;

/// A small generator of numbers that look random (an LCG, Knuth's constants), so that inputs are the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Adds pieces until the text is as long as asked.
fn grow(mut text: String, bytes: usize, mut piece: impl FnMut(&mut String, u64, &mut Numbers)) -> String {
    let mut numbers = Numbers(1);
    let mut n = 0;
    while text.len() < bytes {
        piece(&mut text, n, &mut numbers);
        n += 1;
    }
    text
}

/// LCOV tracefile: 200 lines a file, functions and branches.
pub fn lcov(bytes: usize) -> Vec<u8> {
    let text = grow(String::new(), bytes, |out, n, rng| {
        let _ = write!(out, "TN:\nSF:/build/src/part_{}/file_{n}.c\n", n % 20);
        for f in 0..20 {
            let _ = write!(out, "FN:{},function_{f}\nFNDA:{},function_{f}\n", f * 10 + 1, rng.below(9));
        }
        for b in 0..40 {
            let _ = writeln!(out, "BRDA:{},0,{},{}", b * 5 + 1, b % 2, rng.below(4));
        }
        for line in 1..=200 {
            let _ = writeln!(out, "DA:{line},{}", rng.below(1000) * rng.below(2));
        }
        out.push_str("end_of_record\n");
    });
    text.into_bytes()
}

/// Cobertura XML: 200 lines a class, some with conditions.
pub fn cobertura(bytes: usize) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" ?>\n<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n\
                <coverage line-rate=\"0.5\" branch-rate=\"0.5\" version=\"1.9\" timestamp=\"1700000000\">\n<sources><source>/build</source></sources>\n\
                <packages><package name=\"p\" line-rate=\"0.5\" branch-rate=\"0.5\" complexity=\"0\"><classes>\n";
    let mut text = grow(head.to_owned(), bytes, |out, n, rng| {
        let _ = writeln!(
            out,
            "<class name=\"file_{n}\" filename=\"src/file_{n}.py\" line-rate=\"0.5\" branch-rate=\"0.5\" complexity=\"0\"><methods/><lines>"
        );
        for line in 1..=200 {
            let hits = rng.below(1000) * rng.below(2);
            if line % 8 == 0 {
                let _ = writeln!(
                    out,
                    "<line number=\"{line}\" hits=\"{hits}\" branch=\"true\" condition-coverage=\"50% (1/2)\"/>"
                );
            } else {
                let _ = writeln!(out, "<line number=\"{line}\" hits=\"{hits}\"/>");
            }
        }
        out.push_str("</lines></class>\n");
    });
    text.push_str("</classes></package></packages></coverage>\n");
    text.into_bytes()
}

/// JUnit XML: 100 cases a suite, two in a hundred failed.
pub fn junit(bytes: usize) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    let mut text = grow(head.to_owned(), bytes, |out, n, rng| {
        let first = rng.below(50);
        let _ = writeln!(
            out,
            "<testsuite name=\"suite_{n}\" tests=\"100\" failures=\"2\" errors=\"0\" skipped=\"0\" time=\"1.5\">"
        );
        for case in 0..100 {
            let _ = write!(
                out,
                "<testcase classname=\"org.example.Suite{n}\" name=\"case {case} &amp; more\" time=\"0.01{}\"",
                rng.below(10)
            );
            if case % 50 == first {
                out.push_str(
                    "><failure message=\"expected &lt;1&gt;, was 2\">at file.c:12\nat other.c:3</failure></testcase>\n",
                );
            } else {
                out.push_str("/>\n");
            }
        }
        out.push_str("</testsuite>\n");
    });
    text.push_str("</testsuites>\n");
    text.into_bytes()
}

/// SARIF 2.1.0 as vulnerability scanners write it.
pub fn sarif(bytes: usize) -> Vec<u8> {
    let head = "{\"version\":\"2.1.0\",\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"Trivy\",\"rules\":[\
                {\"id\":\"CVE-2025-0001\",\"properties\":{\"security-severity\":\"9.8\",\"tags\":[\"vulnerability\",\"security\",\"CRITICAL\"]}},\
                {\"id\":\"CVE-2025-0002\",\"properties\":{\"security-severity\":\"5.5\",\"tags\":[\"vulnerability\",\"security\",\"MEDIUM\"]}}]}},\"results\":[";
    let mut text = grow(head.to_owned(), bytes, |out, n, rng| {
        let rule = n % 2;
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            out,
            "{comma}{{\"ruleId\":\"CVE-2025-000{}\",\"ruleIndex\":{rule},\"level\":\"{}\",\"message\":{{\"text\":\"Package: lib-{n}\\nInstalled Version: 1.0.{}\\nFixed Version: 2.0.0\"}},\
             \"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"app/package-{n}.lock\",\"uriBaseId\":\"ROOTPATH\"}},\"region\":{{\"startLine\":{},\"startColumn\":1}}}}}}]}}",
            rule + 1,
            if rule == 0 { "error" } else { "warning" },
            rng.below(50),
            rng.below(5000) + 1,
        );
    });
    text.push_str("],\"columnKind\":\"utf16CodeUnits\"}]}");
    text.into_bytes()
}

const LICENSES: [&str; 5] = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "MPL-2.0"];

fn license(n: u64) -> &'static str {
    usize::try_from(n % 5).ok().and_then(|n| LICENSES.get(n)).copied().unwrap_or("MIT")
}

/// CycloneDX 1.5 JSON with hashes, licences and dependencies.
pub fn cyclonedx(bytes: usize) -> Vec<u8> {
    let head = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"serialNumber\":\"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79\",\"version\":1,\
                \"metadata\":{\"timestamp\":\"2026-01-01T00:00:00Z\",\"component\":{\"type\":\"application\",\"name\":\"app\",\"bom-ref\":\"root\"}},\"components\":[";
    let mut count = 0;
    // About a fifth of the document is its dependencies.
    let mut text = grow(head.to_owned(), bytes / 5 * 4, |out, n, rng| {
        count = n + 1;
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            out,
            "{comma}{{\"bom-ref\":\"pkg:npm/lib-{n}@1.0.0\",\"type\":\"library\",\"name\":\"lib-{n}\",\"version\":\"1.0.0\",\"purl\":\"pkg:npm/lib-{n}@1.0.0\",\
             \"hashes\":[{{\"alg\":\"SHA-256\",\"content\":\"{:016x}{:016x}{:016x}{:016x}\"}}],\"licenses\":[{{\"license\":{{\"id\":\"{}\"}}}}]}}",
            rng.below(u64::MAX),
            rng.below(u64::MAX),
            rng.below(u64::MAX),
            rng.below(u64::MAX),
            license(n),
        );
    });
    text.push_str("],\"dependencies\":[");
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{{\"ref\":\"pkg:npm/lib-{n}@1.0.0\",\"dependsOn\":[]}}");
    }
    text.push_str("]}");
    text.into_bytes()
}

/// SPDX 2.3 JSON with packages and relationships.
pub fn spdx(bytes: usize) -> Vec<u8> {
    let head = "{\"spdxVersion\":\"SPDX-2.3\",\"dataLicense\":\"CC0-1.0\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"name\":\"app\",\"documentNamespace\":\"https://example.com/app\",\
                \"creationInfo\":{\"creators\":[\"Tool: syft-1.0\"],\"created\":\"2026-01-01T00:00:00Z\"},\"packages\":[";
    let mut count = 0;
    let mut text = grow(head.to_owned(), bytes / 4 * 3, |out, n, rng| {
        count = n + 1;
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            out,
            "{comma}{{\"name\":\"lib-{n}\",\"SPDXID\":\"SPDXRef-Package-{n}\",\"versionInfo\":\"1.0.{}\",\"supplier\":\"NOASSERTION\",\"downloadLocation\":\"NOASSERTION\",\
             \"filesAnalyzed\":false,\"licenseConcluded\":\"NOASSERTION\",\"licenseDeclared\":\"{}\",\"copyrightText\":\"NOASSERTION\",\
             \"externalRefs\":[{{\"referenceCategory\":\"PACKAGE-MANAGER\",\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:npm/lib-{n}@1.0.0\"}}]}}",
            rng.below(50),
            license(n),
        );
    });
    text.push_str("],\"relationships\":[");
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"spdxElementId\":\"SPDXRef-DOCUMENT\",\"relatedSpdxElement\":\"SPDXRef-Package-{n}\",\"relationshipType\":\"DESCRIBES\"}}"
        );
    }
    text.push_str("]}");
    text.into_bytes()
}

/// Istanbul's `coverage-final.json`: 100 statements, 10 functions and 10 branches a file.
pub fn istanbul(bytes: usize) -> Vec<u8> {
    let place =
        |line: u64| format!("{{\"start\":{{\"line\":{line},\"column\":2}},\"end\":{{\"line\":{line},\"column\":40}}}}");
    let entries = |count: u64, entry: &mut dyn FnMut(u64) -> String| {
        (0..count).map(|k| format!("\"{k}\":{}", entry(k))).collect::<Vec<_>>().join(",")
    };
    let mut text = grow("{".to_owned(), bytes, |out, n, rng| {
        let comma = if n == 0 { "" } else { "," };
        let name = format!("/app/src/part_{}/file_{n}.ts", n % 20);
        let statements = entries(100, &mut |k| place(k + 1));
        let hits = entries(100, &mut |_| rng.below(3).to_string());
        let functions = entries(10, &mut |k| {
            format!("{{\"name\":\"fn{k}\",\"decl\":{0},\"loc\":{0},\"line\":{1}}}", place(k * 10 + 1), k * 10 + 1)
        });
        let calls = entries(10, &mut |_| rng.below(2).to_string());
        let branches = entries(10, &mut |k| {
            format!(
                "{{\"loc\":{0},\"type\":\"if\",\"locations\":[{0},{1}],\"line\":{2}}}",
                place(k * 9 + 1),
                place(k * 9 + 2),
                k * 9 + 1
            )
        });
        let taken = entries(10, &mut |_| format!("[{},{}]", rng.below(2), rng.below(2)));
        let _ = write!(
            out,
            "{comma}\"{name}\":{{\"path\":\"{name}\",\"statementMap\":{{{statements}}},\"fnMap\":{{{functions}}},\"branchMap\":{{{branches}}},\"s\":{{{hits}}},\"f\":{{{calls}}},\"b\":{{{taken}}}}}"
        );
    });
    text.push('}');
    text.into_bytes()
}

/// The console log of `rebar3 compile`: applications with warnings.
pub fn console(bytes: usize) -> Vec<u8> {
    let head = "===> Verifying dependencies...\n===> Analyzing applications...\n";
    let text = grow(head.to_owned(), bytes, |out, n, rng| {
        let _ = writeln!(out, "===> Compiling app_{n}");
        for w in 0..20 {
            let _ = writeln!(
                out,
                "apps/app_{n}/src/app_{n}_part_{w}.erl:{}:{}: Warning: variable 'Unused{w}' is unused",
                rng.below(2000) + 1,
                rng.below(80) + 1
            );
        }
        out.push('\n');
    });
    text.into_bytes()
}

/// Erlang cover data, the shape of OTP 27: a frame per module and per line's counter.
pub fn coverdata(bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 8192);
    let mut rng = Numbers(1);
    let mut n = 0;
    while out.len() < bytes {
        let module = format!("module_{n}");
        let path = format!("/build/apps/app/src/{module}.erl");
        let mut term = vec![104, 3];
        term.extend(atom("file"));
        term.extend(atom(&module));
        term.push(107);
        term.extend(u16::try_from(path.len()).unwrap_or(u16::MAX).to_be_bytes());
        term.extend(path.as_bytes());
        frame(&mut out, &term);
        for line in 1..=200 {
            let mut term = vec![104, 2, 104, 6];
            term.extend(atom("bump"));
            term.extend(atom(&module));
            term.extend(atom(&format!("function_{}", line / 10)));
            for number in [2, 1, line, i32::try_from(rng.below(500) * rng.below(2)).unwrap_or(0)] {
                term.extend(integer(number));
            }
            frame(&mut out, &term);
        }
        n += 1;
    }
    out
}

fn atom(name: &str) -> Vec<u8> {
    let mut out = vec![119, u8::try_from(name.len()).unwrap_or(u8::MAX)];
    out.extend(name.as_bytes());
    out
}

fn integer(n: i32) -> Vec<u8> {
    match u8::try_from(n) {
        Ok(small) => vec![97, small],
        Err(_) => [&[98], n.to_be_bytes().as_slice()].concat(),
    }
}

/// A length and a term; these are all short of 255 bytes.
fn frame(out: &mut Vec<u8>, term: &[u8]) {
    out.push(u8::try_from(term.len() + 1).unwrap_or(u8::MAX));
    out.push(131);
    out.extend(term);
}

/// A series of samples in our own JSON, as hyperfine, k6 and others list theirs.
pub fn samples(bytes: usize) -> Vec<u8> {
    let head = "{\"gatekeeper_measurements\": 1, \"series\": [{\"metric\": \"latency\", \"unit\": \"ms\", \"better\": \"lower\", \"samples\": [95.25";
    let mut text = grow(head.to_owned(), bytes, |out, _, rng| {
        let _ = write!(out, ",{}.{:02}", 90 + rng.below(20), rng.below(100));
    });
    text.push_str("]}]}\n");
    text.into_bytes()
}

/// The same as an answer of Prometheus, a time with each sample.
pub fn prometheus(bytes: usize) -> Vec<u8> {
    let head = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"latency\"},\"values\":[[1700000000,\"95.25\"]";
    let mut text = grow(head.to_owned(), bytes, |out, n, rng| {
        let _ = write!(out, ",[{},\"{}.{:02}\"]", 1_700_000_015 + n * 15, 90 + rng.below(20), rng.below(100));
    });
    text.push_str("]}]}}\n");
    text.into_bytes()
}
