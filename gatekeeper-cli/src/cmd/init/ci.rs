//! What a project's CI service needs so that the policy is judged there: a file of its own for each service that the project uses. Files that are
//! there already are never touched.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A CI service.
pub(super) struct Service {
    /// Its name.
    pub(super) name: &'static str,
    /// What tells that the project uses it.
    mark: &'static str,
    /// Where the mark is a folder: where its files lie.
    within: &'static str,
    /// The file that is offered.
    pub(super) file: &'static str,
    /// What is still to be done by hand.
    pub(super) then: Option<&'static str>,
    text: fn(&str, &str) -> String,
}

static SERVICES: &[Service] = &[
    Service {
        name: "GitHub",
        mark: ".github",
        within: ".github/workflows",
        file: ".github/workflows/gatekeeper.yml",
        then: None,
        text: github,
    },
    Service {
        name: "GitLab",
        mark: ".gitlab-ci.yml",
        within: "",
        file: "gatekeeper.gitlab-ci.yml",
        then: Some("add to .gitlab-ci.yml:  include: [{ local: gatekeeper.gitlab-ci.yml }]"),
        text: gitlab,
    },
    Service {
        name: "Jenkins",
        mark: "Jenkinsfile",
        within: "",
        file: "gatekeeper.groovy",
        then: Some("add to the Jenkinsfile:  stage('Quality gates') { steps { script { load 'gatekeeper.groovy' } } }"),
        text: jenkins,
    },
];

/// Most bytes of a file in which a mention of gatekeeper is looked for, and most files.
const LOOKED_AT: (u64, usize) = (1 << 20, 100);

/// Reports that a comment names.
const NAMED: usize = 12;

/// The services that a project uses and that do not judge by gatekeeper yet.
pub(super) fn offers(root: &Path) -> impl Iterator<Item = &'static Service> {
    let root = root.to_owned();
    SERVICES.iter().filter(move |s| root.join(s.mark).exists() && !s.judges(&root))
}

impl Service {
    /// The file's text, for a policy that reads these reports.
    pub(super) fn text(&self, policy: &str, reports: &[String]) -> String {
        let mut names: Vec<String> = reports.iter().take(NAMED).map(|r| plain(r)).collect();
        if reports.len() > NAMED {
            names.push(format!("{} more", reports.len() - NAMED));
        }
        (self.text)(&plain(policy), &names.join(", "))
    }

    /// Whether the project's files for this service speak of gatekeeper.
    fn judges(&self, root: &Path) -> bool {
        if self.within.is_empty() {
            return mentions(&root.join(self.mark));
        }
        let files = root.join(self.within).read_dir().into_iter().flatten().flatten();
        files.take(LOOKED_AT.1).any(|f| mentions(&f.path()))
    }
}

fn mentions(file: &Path) -> bool {
    let mut text = Vec::new();
    let plain = file.metadata().is_ok_and(|m| m.is_file());
    let read = plain.then(|| File::open(file).and_then(|f| f.take(LOOKED_AT.0).read_to_end(&mut text)));
    read.is_some_and(|r| r.is_ok()) && String::from_utf8_lossy(&text).to_lowercase().contains("gatekeeper")
}

/// A name in a comment: strangers' files have names that end a line or a comment.
fn plain(name: &str) -> String {
    name.chars().take(120).map(|c| if c.is_alphanumeric() || "._-/+ @".contains(c) { c } else { '?' }).collect()
}

fn github(policy: &str, reports: &str) -> String {
    format!(
        r#"# Judges the reports by {policy}: on every pull request and on the default branch.
name: Quality gates

on:
  pull_request:
  push:
    branches: [main, master]

permissions:
  contents: read

jobs:
  gates:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v7
        with:
          fetch-depth: 0
          persist-credentials: false
      # What writes the reports goes here, or actions/download-artifact where other jobs do. The policy reads:
      # {reports}
      - uses: gatekeeper-rs/gatekeeper@v0
        if: ${{{{ !cancelled() }}}}
        with:
          config: {policy}
"#
    )
}

fn gitlab(policy: &str, reports: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"# Judges the reports by {policy}, after all other stages.
# The jobs that write the reports keep them as artifacts (paths). The policy reads:
# {reports}
gatekeeper:
  stage: .post
  image: python:3-slim
  when: always
  script:
    - pip install --quiet "gatekeeper-rs=={version}"
    - gatekeeper check --config {policy} --report junit=gatekeeper.xml --report gitlab=gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      junit: gatekeeper.xml
      codequality: gl-code-quality-report.json
"#
    )
}

fn jenkins(policy: &str, reports: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"// Judges the reports by {policy}. Load it behind the stages that write them:
//   stage('Quality gates') {{ steps {{ script {{ load 'gatekeeper.groovy' }} }} }}
// The policy reads: {reports}
sh '''
  python3 -m venv "$WORKSPACE_TMP/gatekeeper"
  "$WORKSPACE_TMP/gatekeeper/bin/pip" install --quiet 'gatekeeper-rs=={version}'
'''
try {{
  sh '"$WORKSPACE_TMP/gatekeeper/bin/gatekeeper" check --config {policy} --report junit=gatekeeper.xml'
}} finally {{
  junit testResults: 'gatekeeper.xml', allowEmptyResults: true
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_reports_cannot_leave_the_comment() {
        for service in SERVICES {
            let text = service
                .text("p.toml", &["a.xml".to_owned(), "b\n- run: x\r\u{85}\u{2028}*/ '''${{ x }}.xml".to_owned()]);
            let told = text.lines().find(|l| l.contains("a.xml")).unwrap();
            assert!(told.trim_start().starts_with(['#', '/']) && told.contains("b?- run? x"), "{told}");
            assert!(!text.contains("run: x") && !told.contains("${{") && !told.contains("'''"), "{text}");
            let many: Vec<String> = (0..50).map(|n| format!("r{n}.xml")).collect();
            assert!(service.text("p.toml", &many).contains("r11.xml, 38 more"));
        }
    }
}
