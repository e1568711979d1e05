//! A folder of installed packages: `node_modules`, `_build/default/lib`, `site-packages`.
//!
//! It has no bytes to be recognised by: it is evidence where the policy names it under `packages`, and for `gatekeeper inspect
//! --as package-folder DIR`. What its packages say is read in `package_tree`; the entry here gives it its place among the formats.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};

/// The format of folders of installed packages.
pub static FORMAT: Format = Format {
    id: "package-folder",
    title: "folder of installed packages",
    kind: Kind::Inventory,
    extensions: &[],
    places: &[],
    spec: "package.json of npm, .app and hex_metadata.config of Erlang and Hex, METADATA of Python's core metadata 2.4, else licence texts",
    producers: &["npm", "pnpm", "yarn", "rebar3", "mix", "pip", "uv"],
    recorded_as: None,
    content: Content::Folder,
    sniff,
    parse,
};

fn sniff(_: &Head<'_>) -> Confidence {
    Confidence::No
}

fn parse(_: &Input<'_>) -> Result<Parsed, ParseError> {
    Err(ParseError::new(
        ErrorCode::Unrecognised,
        "a folder of packages is no file: name the folder under `packages` in the policy, or inspect it with --as package-folder DIR",
    ))
}
