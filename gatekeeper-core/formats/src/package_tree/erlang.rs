//! An Erlang application: `hex_metadata.config` of packages from Hex, else the resource file `ebin/NAME.app` or `src/NAME.app.src`.
//!
//! Specification: app(4), <https://www.erlang.org/doc/apps/kernel/app.html>; rebar3 and Hex put `licenses` into the same list. `vsn` of a source file
//! may be something to work out (`git`, `{cmd, …}`): then the version is not known. Only what came from Hex has a package URL.

use super::{Described, Package};
use crate::erlang::hex_metadata;
use crate::input::Input;
use crate::licenses::common;
use crate::scan::consult::{self, Value};
use gatekeeper_evidence::Data;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, License};

pub(super) fn describe(package: &Package<'_>, hex: bool, app: Option<&str>) -> Result<Described, ParseError> {
    let mut out = Described::default();
    if hex {
        const FILE: &str = "hex_metadata.config";
        let bytes = package.description(FILE)?;
        let input = Input { name: FILE, bytes: &bytes, limits: package.limits, exit_status: None, validate: false };
        let parsed = hex_metadata::parse(&input).map_err(|e| e.finish(FILE, "", Some(&bytes)))?;
        out.notes.extend(parsed.notes.into_iter().map(|n| n.message));
        if let Data::Inventory(mut inventory) = parsed.data
            && let Some(component) = inventory.components.pop()
        {
            out.component = Component { line: None, ..component };
            return Ok(out);
        }
    }
    out.component.name = package.name.into();
    if let Some(file) = app {
        let bytes = package.description(file)?;
        resource(&bytes, package, &mut out.component).map_err(|e| e.finish(file, "", Some(&bytes)))?;
    }
    Ok(out)
}

fn resource(bytes: &[u8], package: &Package<'_>, out: &mut Component) -> Result<(), ParseError> {
    let expected = || ParseError::malformed("{application, Name, [{Key, Value}, …]}");
    let terms = consult::read(bytes, package.limits)?;
    let Some((at, term)) = terms.first() else { return Err(expected().at(0).found_words("no term")) };
    let Some([Value::Atom(kind), Value::Atom(name), properties]) = term.tuple() else {
        return Err(expected().at(*at).found_words(term.sort()));
    };
    let properties = properties.list().filter(|_| kind == "application").ok_or_else(|| expected().at(*at))?;
    out.name = name.as_str().into();
    for property in properties {
        match property.tuple() {
            Some([Value::Atom(key), Value::Text(version)]) if key == "vsn" && !version.is_empty() => {
                out.version = Some(version.as_str().into());
            }
            Some([Value::Atom(key), value]) if key == "licenses" => {
                for license in value.list().unwrap_or_default() {
                    let text = license.text().unwrap_or_default();
                    if !text.trim().is_empty() {
                        let license: License = common::license(&text);
                        out.licenses.push(license);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
