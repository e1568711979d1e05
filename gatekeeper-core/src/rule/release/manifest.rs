//! What the files of a project say that its version is: `*.app.src`, `mix.exs`, `Cargo.toml`, `package.json`, `pyproject.toml`, `gleam.toml`, `VERSION`.
//!
//! A version that is worked out when it is built (`{vsn, git}`, `dynamic = ["version"]`, a call in `mix.exs`) is not stated: that is said, and neither
//! agrees nor disagrees. One that a workspace states for its members is read there.

use gatekeeper_evidence::error::quote;
use semver::Version;
use serde::Deserialize;

/// The manifests that are looked for at the root.
pub(super) const USUAL: [&str; 8] =
    ["src/*.app.src", "*.app.src", "mix.exs", "Cargo.toml", "package.json", "pyproject.toml", "gleam.toml", "VERSION"];

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stated {
    /// This version.
    Version(String),
    /// None: why, in words.
    No(&'static str),
}

/// Reads one; `Err` says why it cannot be read.
pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Stated, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8 text from byte {}", e.valid_up_to()))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match path.rsplit('/').next().unwrap_or(path) {
        name if name.ends_with(".app.src") || name.ends_with(".app") => app_src(text),
        "mix.exs" => mix_exs(text),
        "package.json" => package_json(text),
        name if name.ends_with(".toml") => toml_file(name, text),
        _ => match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [one] => Ok(Stated::Version((*one).to_owned())),
            [] => Err("it is empty".to_owned()),
            _ => Err("more than a version stands in it".to_owned()),
        },
    }
}

/// Whether a stated version is the released one. Build metadata that a manifest leaves out is none of its business; Python's spelling of a
/// pre-release (PEP 440: `1.2.0rc1`) is the same as `1.2.0-rc.1`.
pub(super) fn agrees(stated: &str, released: &Version) -> bool {
    let plain = stated.strip_prefix('v').unwrap_or(stated);
    let Some(version) = Version::parse(plain).ok().or_else(|| python(plain)) else { return false };
    version.cmp_precedence(released).is_eq() && (version.build.is_empty() || version.build == released.build)
}

/// A pre-release as Python spells it.
fn python(text: &str) -> Option<Version> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (base, rest) = text.split_at_checked(at)?;
    let digits = rest.find(|c: char| c.is_ascii_digit())?;
    let (word, number) = rest.split_at_checked(digits)?;
    let word = match word {
        "a" => "alpha",
        "b" => "beta",
        "rc" => "rc",
        _ => return None,
    };
    Version::parse(&format!("{base}-{word}.{number}")).ok()
}

/// `{vsn, "1.2.3"}` of an Erlang application's resource file; what stands in a comment or a text is none.
fn app_src(text: &str) -> Result<Stated, String> {
    let tokens = erlang_tokens(text);
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let at = words.windows(3).position(|w| w == ["{", "vsn", ","]);
    match at.and_then(|at| words.get(at + 3)) {
        Some(value) => match value.strip_prefix('"') {
            Some(version) if version == "%VSN%" || version.is_empty() => {
                Ok(Stated::No("is filled in when it is built"))
            }
            Some(version) => Ok(Stated::Version(version.to_owned())),
            None => Ok(Stated::No("is worked out when it is built")),
        },
        None => Err("it has no {vsn, …}".to_owned()),
    }
}

/// Texts with their first quote, other words, and punctuation one by one.
fn erlang_tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '%' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' | '\'' => {
                let mut token = String::from(if c == '"' { "\"" } else { "" });
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => token.extend(chars.next()),
                        _ if inner == c => break,
                        _ => token.push(inner),
                    }
                }
                out.push(token);
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut token = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "_@".contains(*c)) {
                    token.push(c);
                }
                out.push(token);
            }
            c if c.is_whitespace() => {}
            c => out.push(c.to_string()),
        }
    }
    out
}

/// `version: "1.2.3"` of a Mix project, or the module attribute that it names.
fn mix_exs(text: &str) -> Result<Stated, String> {
    // What stands behind `#` outside of a text is a comment.
    let code: Vec<String> = text.lines().map(without_comment).collect();
    let value = |key: &str| {
        code.iter().find_map(|line| {
            line.match_indices(key).find_map(|(at, _)| {
                let before = line.get(..at)?.chars().next_back();
                let word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '@');
                let rest = line.get(at + key.len()..)?.trim_start();
                (!word).then(|| rest.to_owned())
            })
        })
    };
    let text_of = |value: &str| value.strip_prefix('"').and_then(|v| v.split_once('"')).map(|(v, _)| v.to_owned());
    let Some(stated) = value("version:") else { return Err("it has no `version:`".to_owned()) };
    let named = stated.strip_prefix('@').map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        format!("@{} ", rest.get(..end).unwrap_or_default())
    });
    let through = named.and_then(|named| value(&named));
    match text_of(&stated).or_else(|| text_of(&through?)) {
        Some(version) if version.contains("#{") => Ok(Stated::No("is worked out when it is built")),
        Some(version) => Ok(Stated::Version(version)),
        None => Ok(Stated::No("is worked out when it is built")),
    }
}

fn without_comment(line: &str) -> String {
    let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '#' if !quoted => break,
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[derive(Deserialize)]
struct Package {
    #[serde(rename = "version")]
    _version: Option<serde::de::IgnoredAny>,
}

fn package_json(text: &str) -> Result<Stated, String> {
    let document: serde_json::Value = serde_json::from_str(text).map_err(|e| format!("not valid JSON: {e}"))?;
    // Of two versions readers take the one or the other.
    serde_json::from_str::<Package>(text).map_err(|e| format!("not one version: {e}"))?;
    match document.get("version") {
        None => Ok(Stated::No("is not in it")),
        Some(serde_json::Value::String(version)) => Ok(Stated::Version(version.clone())),
        Some(other) => Err(format!("its `version` is no text: {}", quote(other.to_string().as_bytes()))),
    }
}

fn toml_file(name: &str, text: &str) -> Result<Stated, String> {
    let document: toml::Table =
        text.parse().map_err(|e: toml::de::Error| format!("not valid TOML: {}", e.message()))?;
    let at = |path: &[&str]| -> Option<&toml::Value> {
        let mut value = document.get(*path.first()?)?;
        for key in path.get(1..)? {
            value = value.get(*key)?;
        }
        Some(value)
    };
    let places: &[&[&str]] = match name {
        "Cargo.toml" => &[&["package", "version"], &["workspace", "package", "version"]],
        "pyproject.toml" => &[&["project", "version"], &["tool", "poetry", "version"]],
        _ => &[&["version"]],
    };
    for place in places {
        match at(place) {
            None => {}
            Some(toml::Value::String(version)) => return Ok(Stated::Version(version.clone())),
            // A member of a workspace takes the version from there.
            Some(toml::Value::Table(t)) if t.get("workspace").and_then(toml::Value::as_bool) == Some(true) => {
                match at(&["workspace", "package", "version"]) {
                    Some(toml::Value::String(version)) => return Ok(Stated::Version(version.clone())),
                    _ => return Ok(Stated::No("is its workspace's")),
                }
            }
            Some(_) => return Err(format!("its `{}` is no text", place.join("."))),
        }
    }
    match at(&["project", "dynamic"]).and_then(toml::Value::as_array) {
        Some(dynamic) if dynamic.iter().any(|d| d.as_str() == Some("version")) => {
            Ok(Stated::No("is worked out when it is built"))
        }
        _ => Ok(Stated::No("is not in it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Option<String> {
        match read(path, text.as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}")) {
            Stated::Version(version) => Some(version),
            Stated::No(_) => None,
        }
    }

    #[test]
    fn each_sort_of_manifest_states_its_version() {
        let one = |path, text| of(path, text).unwrap_or_else(|| panic!("{path}: {text}"));
        let app =
            "%% {vsn, \"0.0.1\"}\n{application, 'x', [{description, \"{vsn, \\\"9\\\"}\"},\n {vsn,\n  \"1.2.3\"}]}.";
        assert_eq!(one("src/x.app.src", app), "1.2.3");
        assert_eq!(
            one("mix.exs", "def project do\n [app: :x, min_version: \"9\", version: \"1.2.3\", # version: \"2\"\n"),
            "1.2.3"
        );
        assert_eq!(one("mix.exs", "@version \"1.2.3\"\ndef project do\n [app: :x,\n version: @version,\n"), "1.2.3");
        let short = "@version \"1.2.3\"\n def project, do: [app: :x, version: @version]\n";
        assert_eq!(one("mix.exs", short), "1.2.3");
        assert!(read("package.json", br#"{"version": "1.2.4", "version": "1.2.3"}"#).is_err());
        assert_eq!(one("Cargo.toml", "[package]\nversion = \"1.2.3\"\n"), "1.2.3");
        let member = "[workspace.package]\nversion = \"1.2.3\"\n[package]\nversion.workspace = true\n";
        assert_eq!(one("Cargo.toml", member), "1.2.3");
        assert_eq!(one("Cargo.toml", "[workspace.package]\nversion = \"1.2.3\"\n"), "1.2.3");
        assert_eq!(one("package.json", "{\"version\": \"1.2.3\"}"), "1.2.3");
        assert_eq!(one("pyproject.toml", "[project]\nversion = \"1.2.3\"\n"), "1.2.3");
        assert_eq!(one("pyproject.toml", "[tool.poetry]\nversion = \"1.2.3\"\n"), "1.2.3");
        assert_eq!(one("gleam.toml", "version = \"1.2.3\"\n"), "1.2.3");
        assert_eq!(one("apps/x/VERSION", "\u{FEFF}1.2.3\r\n"), "1.2.3");
    }

    #[test]
    fn versions_that_are_worked_out_are_not_stated() {
        for (path, text) in [
            ("x.app.src", "{application, x, [{vsn, git}]}."),
            ("x.app.src", "{application, x, [{vsn, \"%VSN%\"}]}."),
            ("x.app", "{application, x, [{vsn, \"\"}]}."),
            ("mix.exs", "[version: version(),"),
            ("mix.exs", "[version: @v,\n"),
            ("mix.exs", "[version: \"1.#{x}\"]"),
            ("Cargo.toml", "[package]\nversion.workspace = true\n"),
            ("Cargo.toml", "[workspace]\nmembers = []\n"),
            ("package.json", "{}"),
            ("pyproject.toml", "[project]\ndynamic = [\"version\"]\n"),
        ] {
            assert_eq!(of(path, text), None, "{path}: {text}");
        }
    }

    #[test]
    fn why_no_version_is_stated_is_told() {
        let why = |path: &str, text: &str| match read(path, text.as_bytes()) {
            Ok(Stated::No(why)) => why,
            other => panic!("{path}: {other:?}"),
        };
        assert_eq!(
            why("pyproject.toml", "[project]\ndynamic = [\"readme\", \"version\"]\n"),
            "is worked out when it is built"
        );
        assert_eq!(why("pyproject.toml", "[project]\ndynamic = [\"readme\"]\n"), "is not in it");
        assert_eq!(why("pyproject.toml", "[project]\ndynamic = []\n"), "is not in it");
        assert_eq!(why("Cargo.toml", "[package]\nversion.workspace = true\n"), "is its workspace's");
        assert_eq!(why("package.json", "{}"), "is not in it");
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (path, text) in [
            ("x.app.src", "{application, x, []}."),
            ("mix.exs", "[app: :x]"),
            ("Cargo.toml", "[package"),
            ("Cargo.toml", "[package]\nversion = 1\n"),
            ("Cargo.toml", "[package]\nversion = { major = 1 }\n[workspace.package]\nversion = \"1.2.3\"\n"),
            ("Cargo.toml", "[package]\nversion.workspace = false\n"),
            ("package.json", "{"),
            ("package.json", "{\"version\": 1}"),
            ("VERSION", ""),
            ("VERSION", "1.2.3 (2026)"),
        ] {
            assert!(read(path, text.as_bytes()).is_err(), "{path}: {text}");
        }
    }

    #[test]
    fn what_is_stated_is_held_against_what_is_released() {
        let released = |text: &str| Version::parse(text).unwrap();
        assert!(agrees("1.2.3", &released("1.2.3")) && agrees("v1.2.3", &released("1.2.3")));
        assert!(agrees("1.2.3", &released("1.2.3+build.5")) && agrees("1.2.3+a", &released("1.2.3+a")));
        assert!(!agrees("1.2.3+a", &released("1.2.3+b")) && !agrees("1.2.3", &released("1.2.4")));
        assert!(agrees("1.2.0rc1", &released("1.2.0-rc.1")) && agrees("1.2.0a2", &released("1.2.0-alpha.2")));
        assert!(!agrees("1.2.0rc2", &released("1.2.0-rc.1")) && !agrees("1.2", &released("1.2.0")));
        assert!(!agrees("1.2.0-rc.1", &released("1.2.0")) && !agrees("", &released("1.2.0")));
    }

    #[test]
    fn pythons_pre_releases_are_those_of_the_release() {
        let released = |v: &str| Version::parse(v).unwrap();
        for (stated, version, agree) in [
            ("1.2.0a1", "1.2.0-alpha.1", true),
            ("1.2.0b2", "1.2.0-beta.2", true),
            ("1.2.0rc3", "1.2.0-rc.3", true),
            ("1.2.0b2", "1.2.0-alpha.2", false),
            ("1.2.0c1", "1.2.0-rc.1", false),
            ("1.2.0", "1.2.0-rc.1", false),
        ] {
            assert_eq!(agrees(stated, &released(version)), agree, "{stated} {version}");
        }
    }

    #[test]
    fn a_hash_in_a_text_begins_no_comment() {
        assert_eq!(without_comment("a: \"#1\", # b"), "a: \"#1\", ");
        assert_eq!(without_comment("\"a\\\"#\" # b"), "\"a\\\"#\" ");
        assert_eq!(without_comment("\"a\\\\\" # b"), "\"a\\\\\" ");
    }
}
