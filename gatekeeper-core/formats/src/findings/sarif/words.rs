//! Trivy's messages, which are tables of fields.

use super::document::Rule;
use super::help::field;
use gatekeeper_evidence::findings::{Category, Finding};
use std::borrow::Cow;

/// Words in place of Trivy's table of fields: what is wrong, in its rule's own words. A secret's match is not kept.
pub(super) fn of_trivy(finding: &mut Finding, rule: Option<&Rule<'_>>) {
    let text = &finding.message;
    if !(text.starts_with("Package: ") || text.starts_with("Artifact: ")) {
        return;
    }
    let title = || rule.and_then(|r| r.short_description.text.get()).map(unescape);
    let words = match finding.category {
        Category::Misconfiguration => field(text, "Message: ").map(Cow::Borrowed).or_else(title),
        Category::Secret => title().or_else(|| field(text, "Secret ").map(Cow::Borrowed)),
        Category::License => field(text, "License ").map(|l| Cow::Owned(format!("license {l}"))).or_else(title),
        _ => title(),
    };
    if let Some(words) = words {
        finding.message = super::common::message(&words);
    } else if finding.category == Category::Secret {
        finding.message = "".into();
    }
}

/// Trivy escapes titles for HTML.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned();
    for (escaped, plain) in
        [("&#39;", "'"), ("&#34;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
    {
        if out.contains(escaped) {
            out = out.replace(escaped, plain);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_as_text() {
        assert_eq!(unescape("a &lt;b&gt; &#39;c&#39; &amp;lt;"), "a <b> 'c' &lt;");
    }
}
