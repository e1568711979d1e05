//! What a policy says of evidence: which of it a gate takes, and how its file names become the tree's.

use gatekeeper_evidence::Findings;
use gatekeeper_evidence::findings::{Category, Finding};
use gatekeeper_evidence::glob::Pattern;
use std::collections::BTreeMap;

/// Which evidence a gate takes of its rule's kind. An empty list narrows nothing.
#[derive(Debug, Default)]
pub struct Selector {
    /// Tools.
    pub tools: Vec<String>,
    /// Tools whose evidence is not taken.
    pub except_tools: Vec<String>,
    /// Format ids.
    pub formats: Vec<String>,
    /// Categories of findings: narrows the findings within the evidence.
    pub categories: Vec<Category>,
    /// Label values.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Patterns of the sources that the evidence speaks of.
    pub paths: Vec<Pattern>,
    /// Names of evidence entries.
    pub evidence: Vec<String>,
}

impl Selector {
    /// Whether it leaves a tool's evidence to others.
    pub fn excepts_tool(&self, tool: &str) -> bool {
        self.except_tools.iter().any(|wanted| same_tool(wanted, tool))
    }

    /// Whether it names a tool.
    pub fn names_tool(&self, tool: &str) -> bool {
        self.tools.iter().any(|wanted| same_tool(wanted, tool))
    }

    /// Whether a finding is of a category that is named. What a tool gives a security severity is a vulnerability, whatever else it looks for.
    pub fn names_category(&self, finding: &Finding) -> bool {
        let security = finding.category == Category::Code && finding.severity_from.contains("security-severity");
        self.categories.contains(&finding.category) || security && self.categories.contains(&Category::Vulnerability)
    }

    /// Whether findings that a tool wrote speak of a category that is named. They do where one of them is of it, or where they tell that this was
    /// looked for or their tool is known to: a clean dialyzer log is no evidence that there are no vulnerabilities.
    pub fn names_category_of(&self, findings: &Findings, tool: Option<&str>) -> bool {
        if self.categories.is_empty() {
            return true;
        }
        let looked = findings.looked_for(tool);
        findings.items.iter().any(|i| self.names_category(i))
            || looked.iter().any(|c| self.categories.contains(c))
            // Of a tool that is not known, whoever names it knows what it looks for; of a linter nobody can say that it looked for secrets.
            || (looked.is_empty() && !(self.tools.is_empty() && self.formats.is_empty() && self.evidence.is_empty()))
    }
}

/// Tools by the names that people give them.
fn same_tool(a: &str, b: &str) -> bool {
    let plain = |t: &str| {
        let t: String = t.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match t.as_str() {
            "commontest" => "ct".to_owned(),
            "rebar3compile" | "erlc" => "compile".to_owned(),
            _ => t,
        }
    };
    plain(a) == plain(b)
}

/// What the policy says of a report's file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathRules {
    /// Prefixes that are taken off where a name begins with one, the longest first. They end at a `/`.
    pub strip: Vec<String>,
    /// What is put before every name that is not absolute (after stripping).
    pub prefix: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_by_the_names_that_people_give_them() {
        let selector =
            |tools: &[&str]| Selector { tools: tools.iter().map(|t| (*t).to_owned()).collect(), ..Selector::default() };
        for (wanted, tool, want) in [
            ("ct", "ct", true),
            ("Common Test", "ct", true),
            ("common_test", "ct", true),
            ("erlc", "compile", true),
            ("rebar3 compile", "compile", true),
            ("OSV-Scanner", "osv-scanner", true),
            ("eunit", "ct", false),
            ("ct", "common", false),
        ] {
            assert_eq!(selector(&[wanted]).names_tool(tool), want, "{wanted} {tool}");
            assert_eq!(selector(&["other", wanted]).names_tool(tool), want);
        }
        assert!(!selector(&[]).names_tool("ct"));
        let except = Selector { except_tools: vec!["Common Test".to_owned()], ..Selector::default() };
        assert!(except.excepts_tool("ct") && !except.excepts_tool("eunit") && !except.names_tool("ct"));
        assert!(!selector(&["ct"]).excepts_tool("ct"));
    }

    #[test]
    fn what_a_tool_gives_a_security_severity_is_a_vulnerability_too() {
        let code = |from| Finding { category: Category::Code, severity_from: from, ..Finding::default() };
        let security = code("security-severity 8.1");
        let secret = Finding { category: Category::Secret, ..security.clone() };
        let select = |categories: &[Category]| Selector { categories: categories.to_vec(), ..Selector::default() };
        for (categories, finding, named) in [
            (&[Category::Code][..], &code("level"), true),
            (&[Category::Vulnerability], &code("level"), false),
            (&[Category::Code], &security, true),
            (&[Category::Vulnerability], &security, true),
            (&[Category::Secret], &security, false),
            // What is neither code nor a vulnerability stays what it is, whatever its score comes from.
            (&[Category::Vulnerability], &secret, false),
            (&[Category::Secret, Category::Vulnerability], &secret, true),
            (&[], &security, false),
        ] {
            assert_eq!(select(categories).names_category(finding), named, "{categories:?} {finding:?}");
        }
    }
}
