//! Which paths a bundle may name.

/// Longest path, bytes.
const LONGEST: usize = 1024;

/// Why a path is none that lies below a folder on every system, in words that follow "it"; `None` where it is one.
pub fn refusal(path: &str) -> Option<&'static str> {
    let drive =
        |p: &str| p.as_bytes().get(1) == Some(&b':') && p.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    match path {
        "" => Some("is empty"),
        p if p.len() > LONGEST => Some("is longer than 1024 bytes"),
        p if p.chars().any(char::is_control) => Some("holds a control character"),
        p if p.contains('\\') => Some("holds a backslash"),
        p if p.starts_with('/') || drive(p) => Some("is absolute"),
        p if p.split('/').any(|part| part == "..") => Some("leaves its folder"),
        p if p.split('/').any(|part| part.is_empty() || part == ".") => Some("has an empty part or one that is `.`"),
        _ => None,
    }
}

/// Whether a path can be written on every system: no name that Windows keeps for devices, no character that it gives a meaning.
pub fn is_portable(path: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let device = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let numbered = |n: &str| stem.strip_prefix(n).is_some_and(|rest| rest.chars().count() == 1 && rest != "0");
        DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
    };
    refusal(path).is_none()
        && path.split('/').all(|part| {
            !part.contains(['<', '>', ':', '"', '|', '?', '*']) && !part.ends_with(['.', ' ']) && !device(part)
        })
}

/// A path as file systems see it that do not tell the case of letters.
pub(super) fn folded(path: &str) -> String {
    path.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}
