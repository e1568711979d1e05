//! What a policy file is written in: its name's extension says so.

use crate::config::{Node, PolicyProblem, ProblemCode, from_json, from_toml, from_yaml};

/// A file's text and its tree; `.yaml`, `.yml` and `.json` are what they say, anything else is TOML.
///
/// # Errors
/// Bytes that are no text. A text that is not what its name says is the inner error.
pub(super) fn read<'b>(file: &str, bytes: &'b [u8]) -> Result<(&'b str, Result<Node, PolicyProblem>), PolicyProblem> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let problem = PolicyProblem::new(0..0, format!("not UTF-8 text from byte {}", e.valid_up_to()));
        problem.code(ProblemCode::Unreadable).because(e)
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let is = |ends: &[&str]| ends.iter().any(|e| file.to_ascii_lowercase().ends_with(e));
    let tree = if is(&[".json"]) {
        from_json(text)
    } else if is(&[".yaml", ".yml"]) {
        from_yaml(text)
    } else {
        from_toml(text)
    };
    Ok((text, tree))
}
