//! What reports say of the commit that they were made of.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::{Engine, ReadOptions};

fn commits(name: &str, text: &str) -> Vec<String> {
    let options = ReadOptions { skip_validation: true, ..ReadOptions::default() };
    Engine::default().read(name, text.as_bytes(), &options).unwrap_or_else(|e| panic!("{e}")).source.commits
}

fn sarif(provenance: &str) -> Vec<String> {
    let run =
        |p: &str| format!(r#"{{"tool":{{"driver":{{"name":"t"}}}},"results":[],"versionControlProvenance":{p}}}"#);
    let runs: Vec<String> = provenance.split(" ; ").map(run).collect();
    commits("x.sarif", &format!(r#"{{"version":"2.1.0","runs":[{}]}}"#, runs.join(",")))
}

#[test]
fn sarif_names_the_revision_of_each_run() {
    assert_eq!(sarif(r#"[{"repositoryUri":"https://example.org/a","revisionId":"a1b2c3d4"}]"#), ["a1b2c3d4"]);
    assert_eq!(sarif(r#"[{"revisionId":"a1b2c3d4"}] ; [{"revisionId":"b1b2c3d4"}]"#), ["a1b2c3d4", "b1b2c3d4"]);
    // Of several repositories the one at the root is judged.
    let two = r#"[{"revisionId":"a1b2c3d4","mappedTo":{"uriBaseId":"REPO_ROOT"}},{"revisionId":"b1b2c3d4","mappedTo":{"uri":"third/"}}]"#;
    assert_eq!(sarif(two), ["a1b2c3d4"]);
    // Git names a commit by 4 digits at least.
    assert_eq!(sarif(r#"[{"revisionId":"a1b2"}]"#), ["a1b2"]);
    // Names of branches and numbers of other systems are no commits.
    for other in [r#"[{"revisionId":"main"}]"#, r#"[{"revisionId":"1234"}]"#, "[]", "null"] {
        assert_eq!(sarif(other), [""; 0], "{other}");
    }
}

#[test]
fn other_formats_have_their_own_places() {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let ctrf = format!(
        r#"{{"reportFormat":"CTRF","results":{{"tool":{{"name":"jest"}},"summary":{{"tests":1,"passed":1,"failed":0,"skipped":0,"pending":0,"other":0}},
           "tests":[{{"name":"a","status":"passed","duration":1}}],"environment":{{"commit":"{sha}"}}}}}}"#
    );
    assert_eq!(commits("ctrf.json", &ctrf), [sha]);
    let coveralls = format!(
        r#"{{"repo_token":"t","git":{{"head":{{"id":"{sha}"}}}},"source_files":[{{"name":"a","coverage":[1]}}]}}"#
    );
    assert_eq!(commits("coveralls.json", &coveralls), [sha]);
    for property in ["git.commit", "GIT_COMMIT", "CI_COMMIT_SHA", "commit", "build:vcs.revision"] {
        let junit = format!(
            r#"<testsuite name="s" tests="1"><properties><property name="{property}" value="{sha}"/><property name="x" value="{sha}"/></properties><testcase name="a" classname="c"/></testsuite>"#
        );
        assert_eq!(commits("junit.xml", &junit), [sha], "{property}");
        let bom = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{{"properties":[{{"name":"{property}","value":"{sha}"}}]}},"components":[{{"type":"library","name":"a","version":"1","properties":[{{"name":"commit","value":"deadbeef"}}]}}]}}"#
        );
        assert_eq!(commits("bom.cdx.json", &bom), [sha], "{property}");
    }
    for property in ["commits", "commit.message", "author"] {
        let junit = format!(
            r#"<testsuite name="s" tests="1"><properties><property name="{property}" value="{sha}"/></properties><testcase name="a" classname="c"/></testsuite>"#
        );
        assert_eq!(commits("junit.xml", &junit), [""; 0], "{property}");
    }
}
