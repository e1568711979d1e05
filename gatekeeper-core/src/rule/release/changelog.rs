//! Whether a changelog has a version: in a heading of its own, as the first version that the heading names.

/// Whether the text has an entry for a version.
pub(super) fn has(text: &str, version: &str) -> bool {
    let mut fence: Option<&str> = None;
    let lines = without_comments(text);
    for (n, line) in lines.iter().enumerate() {
        let plain = line.trim();
        let marks = ["```", "~~~"].into_iter().find(|m| plain.starts_with(m));
        match (fence, marks) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            _ => {}
        }
        if fence.is_some() || marks.is_some() {
            continue;
        }
        let below = lines.get(n + 1).map_or("", |l| l.trim());
        let underlined = below.len() >= 3 && ["=", "-", "~", "^"].iter().any(|c| below.trim_end_matches(c).is_empty());
        let heading = plain.trim_start_matches('#');
        let heading = if heading.len() == plain.len() { heading.trim_start_matches('=') } else { heading };
        if (heading.len() < plain.len() || underlined) && first_version(heading) == Some(version) {
            return true;
        }
    }
    false
}

/// The lines without what stands in comments: nobody sees that. In a block of code `<!--` is text.
fn without_comments(text: &str) -> Vec<String> {
    let (mut out, mut hidden, mut fenced) = (Vec::new(), false, false);
    for line in text.lines() {
        fenced ^= !hidden && ["```", "~~~"].iter().any(|m| line.trim_start().starts_with(m));
        let (mut seen, mut rest) = (String::new(), line);
        while let Some((before, behind)) = rest.split_once(if hidden { "-->" } else { "<!--" }).filter(|_| !fenced) {
            if !hidden {
                seen.push_str(before);
            }
            (hidden, rest) = (!hidden, behind);
        }
        if !hidden {
            seen.push_str(rest);
        }
        out.push(seen);
    }
    out
}

/// The first version that a heading names: `[1.2.0] - 2026-01-01`, `v1.2.0 (…)`, `app 1.2.0`.
fn first_version(heading: &str) -> Option<&str> {
    let inner = |c: char| c.is_ascii_alphanumeric() || ".-+_".contains(c);
    heading
        .split(|c: char| !inner(c))
        .map(|word| word.trim_matches(['.', '-', '_']))
        .map(|word| word.strip_prefix(['v', 'V']).unwrap_or(word))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn headings_of_many_sorts_name_a_version() {
        for text in [
            "# Changelog\n\n## [1.2.0] - 2026-05-31\n- x\n",
            "## v1.2.0 (2026-05-31)\n",
            "### 1.2.0\n",
            "1.2.0 / 2026-05-31\n==================\n",
            "Release 1.2.0\n-------------\n",
            "== 1.2.0\n",
            "## [1.2.0](https://example.org/compare/v1.1.0...v1.2.0) (2026-05-31)\n",
            "## app 1.2.0\n",
            "## 1.2.0, 31.5.2026\n",
            "## 2026 release 1.2.0\n",
            "<!-- next -->\n## 1.2.0 <!-- x -->\n",
            "```\n<!--\n```\n## 1.2.0\n",
            "1.2.0\n---\n",
            "```\nx\n```\n## 1.2.0\n",
            "~~~\n```\n~~~\n## 1.2.0\n",
        ] {
            assert!(has(text, "1.2.0"), "{text}");
        }
        assert!(has("## 1.2.0-rc.1\n", "1.2.0-rc.1"));
    }

    #[test]
    fn other_versions_and_other_places_are_none() {
        for text in [
            "## 11.2.0\n## 1.2.0-rc.1\n## 1.2.01\n## 1.2.0.1\n",
            "## [Unreleased]\n- since 1.2.0\n",
            "## Upgrading from 1.1.0 to 1.2.0\n",
            "```\n## 1.2.0\n```\n",
            "```\n~~~\n## 1.2.0\n~~~\n```\n",
            "<!--\n## 1.2.0\n-->\n## 1.1.0\n",
            "<!-- old --><!--\n## 1.2.0\n",
            "1.2.0\n",
            "1.2.0\nis out\n",
            "1.2.0\n--\n",
            "",
        ] {
            assert!(!has(text, "1.2.0"), "{text}");
        }
    }
}
