//! Whether whoever wrote the policy, or called the program, named a document that takes findings out. Who writes the reports of a pull request could
//! put one beside them: that a pattern for reports takes it as well is no word of the policy's author.

use gatekeeper_evidence::glob::Pattern;

/// What a pattern says that is meant for such documents, or for SBOMs, which may carry statements.
const WORDS: [&str; 6] = ["vex", "csaf", "suppress", "bom", "cdx", "cyclonedx"];

/// Whether a pattern that takes a document names it: its file name, or what kind of document it is (`*.vex.json`, `vex/**`).
pub(crate) fn names_statements(pattern: &Pattern) -> bool {
    let text = pattern.as_str().to_ascii_lowercase();
    let last = text.rsplit('/').next().unwrap_or(&text);
    let is_name = !last.is_empty() && !last.contains(['*', '?', '[', ']', '{', '}']);
    is_name || WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_pattern_names_nothing() {
        let named = |text: &str| names_statements(&Pattern::new(text).unwrap());
        for wide in
            ["**", "*", "reports/**", "reports/", "reports/*.json", "**/*", "out/{os}/*.xml", "scan-*.json", "a/{x}"]
        {
            assert!(!named(wide), "{wide}");
        }
        for naming in [
            "a/exceptions.json",
            "**/statement.json",
            "*.vex.json",
            "x/*.openvex.json",
            "vex/**",
            "**/*.cdx.json",
            "sbom/*.json",
            "CSAF/*",
        ] {
            assert!(named(naming), "{naming}");
        }
    }
}
