//! What several formats of this family need.

use std::borrow::Cow;

/// Most of a message that is kept, bytes.
pub(super) const MESSAGE: usize = 2048;

/// The text, cut between two characters where it is longer.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// A module's name as its language writes it: Elixir's `Jason.Decoder` is the atom `Elixir.Jason.Decoder`.
pub(super) fn module(atom: &str) -> &str {
    atom.strip_prefix("Elixir.").filter(|rest| !rest.is_empty()).unwrap_or(atom)
}

/// The rest of HTML behind the first occurrence of a mark.
pub(super) fn behind<'a>(html: &'a str, mark: &str) -> Option<&'a str> {
    html.split_once(mark).map(|(_, rest)| rest)
}

/// Text of an HTML fragment: tags taken out, the references that Erlang's tools write resolved, blanks trimmed.
pub(super) fn plain(html: &str) -> Cow<'_, str> {
    let html = html.trim();
    if !html.contains(['<', '&']) {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = behind(rest.get(at..).unwrap_or_default(), ">").unwrap_or_default();
    }
    out.push_str(rest);
    for (reference, text) in [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        if out.contains(reference) {
            out = out.replace(reference, text);
        }
    }
    Cow::Owned(out.trim().to_owned())
}
