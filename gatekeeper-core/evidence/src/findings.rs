//! Findings: what tools complain of. A set with no findings is evidence that a tool ran and found none.

mod gap;
mod graph;

pub use gap::Gap;
pub use graph::{Graph, GraphNode};

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What the tools of one input found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Distinct tool names as the input states them (each SARIF run's driver); empty where it states none.
    pub tools: Vec<String>,
    /// The findings, suppressed ones among them, in the input's order.
    pub items: Vec<Finding>,
    /// How many runs of tools the input describes, where it counts them (SARIF's `runs`): of none, nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
    /// What was scanned, where the report tells it: all references of one container image (`registry/path/name:tag`, `name@sha256:…`). VEX
    /// statements on another image take nothing out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<String>,
    /// What was looked for, where the report tells it (its kind of scan, alert or check): then it speaks of nothing else, whatever its tool
    /// can do. Each once, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_for: Option<Vec<Category>>,
    /// What was not looked at, as the report tells it, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Findings that the report counts and does not list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<Box<Counted>>,
    /// Which package brought which, where the report tells it: a statement on a package speaks of what lies below it alone.
    #[serde(skip)]
    pub graph: Option<Box<Graph>>,
    /// Where the tools stand, once they are many.
    #[serde(skip)]
    pub tool_index: ToolIndex,
}

/// Findings that a report counts in its totals and does not list: the second reading of a report that disagrees with itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// How many of each severity; those of which only the sum is stated are `unknown`.
    pub beyond: BySeverity,
    /// What sort of findings they are.
    pub category: Category,
    /// Both numbers, in words.
    pub words: String,
}

/// Where the names of tools stand. It follows from the names, so that it makes no difference.
#[derive(Debug, Clone, Default)]
pub struct ToolIndex(HashMap<String, u16>);

impl PartialEq for ToolIndex {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's, check's or advisory's id: `CVE-2025-0001`, `warn_return_no_exit`, `undefined-function`.
    pub rule: Box<str>,
    /// What it says.
    pub message: Box<str>,
    /// How bad.
    pub severity: Severity,
    /// Which field of the input the severity was taken from (`properties.security-severity`, `level`, `default`); empty where the tool has none.
    pub severity_from: &'static str,
    /// What sort of thing.
    pub category: Category,
    /// Where in the code or in which file.
    pub place: Option<Place>,
    /// The last line of the range that begins at the place, where the tool gives a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_line: Option<u32>,
    /// Which package.
    pub package: Option<Box<Package>>,
    /// Other names of the same thing (CVE, GHSA, OSV ids).
    pub aliases: Vec<Box<str>>,
    /// Present where the finding is suppressed: by whom and why.
    pub suppressed: Option<Box<Suppression>>,
    /// Where to read on.
    pub url: Option<Box<str>>,
    /// The tool's own fingerprint of the finding, where it gives one.
    pub fingerprint: Option<Box<str>>,
    /// Which of `Findings::tools` found it.
    pub tool: u16,
    /// Whether a baseline comparison in the input calls it new (SARIF `baselineState`).
    pub is_new: Option<bool>,
}

/// Severity, worst last, so that comparing works as expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The tool states none.
    #[default]
    Unknown,
    /// Information, style.
    Info,
    /// Low, minor, note.
    Low,
    /// Medium, moderate, warning.
    Medium,
    /// High, important, error.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Severity; 6] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info, Severity::Unknown];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
            Severity::Unknown => "unknown",
        }
    }

    /// The severity of a tool's own word, in any letter case; `None` where the word is none that any tool uses for one.
    pub fn from_word(word: &str) -> Option<Severity> {
        const WORDS: &[(&str, Severity)] = &[
            ("critical", Severity::Critical),
            ("blocker", Severity::Critical),
            ("high", Severity::High),
            ("important", Severity::High),
            ("error", Severity::High),
            ("major", Severity::High),
            ("medium", Severity::Medium),
            ("moderate", Severity::Medium),
            ("warning", Severity::Medium),
            ("low", Severity::Low),
            ("minor", Severity::Low),
            ("note", Severity::Low),
            ("info", Severity::Info),
            ("information", Severity::Info),
            ("informational", Severity::Info),
            ("negligible", Severity::Info),
            ("style", Severity::Info),
            ("none", Severity::Info),
            ("unknown", Severity::Unknown),
        ];
        let word = word.trim();
        WORDS.iter().find(|(w, _)| w.eq_ignore_ascii_case(word)).map(|(_, s)| *s)
    }

    /// The band of a CVSS-like score (GitHub's reading of SARIF `security-severity`): ≥ 9 critical, ≥ 7 high, ≥ 4 medium, > 0 low, 0 info.
    pub fn from_score(score: f64) -> Severity {
        match score {
            s if s >= 9.0 => Severity::Critical,
            s if s >= 7.0 => Severity::High,
            s if s >= 4.0 => Severity::Medium,
            s if s > 0.0 => Severity::Low,
            0.0 => Severity::Info,
            _ => Severity::Unknown,
        }
    }
}

/// What sort of thing a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A weakness or complaint in the code itself.
    #[default]
    Code,
    /// A known vulnerability of a package.
    Vulnerability,
    /// A secret lying open.
    Secret,
    /// A wrong setting.
    Misconfiguration,
    /// A licence.
    License,
}

impl Category {
    /// All categories.
    pub const ALL: [Category; 5] =
        [Category::Code, Category::Vulnerability, Category::Secret, Category::Misconfiguration, Category::License];

    /// The category of a stable name.
    pub fn named(word: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|c| c.as_str() == word)
    }

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Code => "code",
            Category::Vulnerability => "vulnerability",
            Category::Secret => "secret",
            Category::Misconfiguration => "misconfiguration",
            Category::License => "license",
        }
    }
}

/// A place in the code that a finding points at.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the input names it.
    pub path: Box<str>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// The package that a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Its name.
    pub name: Box<str>,
    /// Package URL, where given or certain.
    pub purl: Option<Box<str>>,
    /// The version that is there.
    pub installed: Option<Box<str>>,
    /// The version or versions that mend it.
    pub fixed: Option<Box<str>>,
}

/// Why a finding does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// What suppressed it: `inSource`, `external`, `vex`, `.trivyignore`, …
    pub by: Box<str>,
    /// The stated reason.
    pub reason: Box<str>,
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BySeverity {
    /// Critical.
    pub critical: u64,
    /// High.
    pub high: u64,
    /// Medium.
    pub medium: u64,
    /// Low.
    pub low: u64,
    /// Info.
    pub info: u64,
    /// Without a severity.
    pub unknown: u64,
}

impl BySeverity {
    /// The count of one severity.
    pub fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
            Severity::Unknown => self.unknown,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        self.add_many(severity, 1);
    }

    /// Counts so many more.
    pub fn add_many(&mut self, severity: Severity, many: u64) {
        let slot = match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
            Severity::Unknown => &mut self.unknown,
        };
        *slot = slot.saturating_add(many);
    }
}

/// Most findings of one severity that are only counted and still told one by one.
const MOST_COUNTED: u64 = 10_000;

impl Findings {
    /// The findings that count.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().filter(|f| f.suppressed.is_none())
    }

    /// The counting ones by severity.
    pub fn by_severity(&self) -> BySeverity {
        let mut by = BySeverity::default();
        for f in self.active() {
            by.add(f.severity);
        }
        by
    }

    /// Keeps what the report's totals count beyond its list, severity by severity; answers both numbers in words, for a note. `Unknown` stands
    /// for the sum of all.
    pub fn hold_against(&mut self, stated: &[(Severity, u64)], category: Category) -> Option<String> {
        let listed = self.by_severity();
        let all = Severity::ALL.into_iter().fold(0_u64, |sum, s| sum.saturating_add(listed.get(s)));
        let mut out = Counted { category, ..Counted::default() };
        let mut told = 0_u64;
        let mut words = Vec::new();
        // The sum last: what severities explain is not counted twice.
        let sums_last = |(s, _): &&(Severity, u64)| *s == Severity::Unknown;
        let (sums, each): (Vec<_>, Vec<_>) = stated.iter().partition(sums_last);
        for (severity, n) in each.into_iter().chain(sums) {
            let (name, there) = match severity {
                Severity::Unknown => ("in all", all.saturating_add(told)),
                s => (s.as_str(), listed.get(s)),
            };
            let more = n.saturating_sub(there);
            if more > 0 {
                told = told.saturating_add(more);
                if more > MOST_COUNTED {
                    // A limit may be above that: nobody can say that it holds.
                    let words = format!("it states {n} {name} and lists {there}: too many that nobody can look at");
                    self.gaps.push(Gap::whole(words).of(category));
                }
                out.beyond.add_many(severity, more);
                words.push(format!("states {n} {name}, lists {there}"));
            }
        }
        if told == 0 {
            return None;
        }
        out.words = words.join("; ");
        let words = out.words.clone();
        self.counted = Some(Box::new(out));
        Some(words)
    }

    /// The findings as the totals count them. `None` where they count no more than is listed.
    pub fn by_totals(&self) -> Option<Findings> {
        let counted = self.counted.as_ref()?;
        let mut out = self.clone();
        // How bad those are of which only the sum is stated, nobody knows: they may be the worst, unless the tool knows no severities at all.
        let silent = !self.items.is_empty() && self.items.iter().all(|i| i.severity == Severity::Unknown);
        for stated in Severity::ALL {
            let severity = if stated == Severity::Unknown && !silent { Severity::Critical } else { stated };
            for n in 0..counted.beyond.get(stated).min(MOST_COUNTED) {
                out.items.push(Finding {
                    // Each is one of its own.
                    rule: format!("counted-{}-{n}", stated.as_str()).into(),
                    message: counted.words.as_str().into(),
                    severity,
                    category: counted.category,
                    ..Finding::default()
                });
            }
        }
        Some(out)
    }

    /// The index of a tool's name, added where it is new. Of more tools than there are numbers, the last ones have none of their own: they
    /// share one that leads to no name.
    pub fn tool(&mut self, name: &str) -> u16 {
        /// So many are found fast enough one by one.
        const FEW: usize = 16;
        let known = if self.tools.len() <= FEW {
            self.tools.iter().position(|t| t == name).and_then(|at| u16::try_from(at).ok())
        } else {
            let index = &mut self.tool_index.0;
            if index.len() != self.tools.len() {
                *index = (0..u16::MAX).zip(&self.tools).map(|(at, t)| (t.clone(), at)).collect();
            }
            index.get(name).copied()
        };
        if let Some(at) = known {
            return at;
        }
        match u16::try_from(self.tools.len()) {
            Ok(at) if at < u16::MAX => {
                self.tools.push(name.to_owned());
                if self.tools.len() > FEW + 1 {
                    self.tool_index.0.insert(name.to_owned(), at);
                }
                at
            }
            _ => u16::MAX,
        }
    }

    /// What was looked for: as the report tells it, else what its tools are known to look for; nothing where neither is known.
    pub fn looked_for<'t>(&'t self, tool: Option<&'t str>) -> Vec<Category> {
        match &self.looked_for {
            Some(told) => told.clone(),
            None => self.tools.iter().map(String::as_str).chain(tool).flat_map(looks_for).copied().collect(),
        }
    }
}

/// What a tool is known to look for. Evidence without a finding speaks only of what its tool looks for; of a tool that is not
/// listed nothing is known.
pub fn looks_for(tool: &str) -> &'static [Category] {
    use Category::{Code, License, Misconfiguration, Secret, Vulnerability};
    const TOOLS: &[(&[&str], &[Category])] = &[
        (&["trivy"], &[Vulnerability, Secret, Misconfiguration, License]),
        (&["snyk"], &[Vulnerability, License]),
        (
            &[
                "grype",
                "osv-scanner",
                "npm-audit",
                "npm",
                "pnpm-audit",
                "pnpm",
                "yarn-audit",
                "yarn",
                "pip-audit",
                "cargo-audit",
                "govulncheck",
                "dependency-check",
                "github",
                "dependabot",
            ],
            &[Vulnerability],
        ),
        (&["gitleaks", "detect-secrets", "secretlint", "trufflehog"], &[Secret]),
        (&["checkov", "kube-bench", "tfsec", "kics", "terrascan"], &[Misconfiguration]),
        (
            &[
                "dialyzer",
                "xref",
                "compile",
                "semgrep",
                "semgrep oss",
                "codeql",
                "bandit",
                "gosec",
                "eslint",
                "ruff",
                "mypy",
                "tsc",
                "black",
                "isort",
                "prettier",
                "checkstyle",
                "hadolint",
                "cargo",
                "clippy",
            ],
            &[Code],
        ),
    ];
    TOOLS
        .iter()
        .find(|(names, _)| names.iter().any(|n| n.eq_ignore_ascii_case(tool)))
        .map_or(&[], |(_, categories)| categories)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod readings;
