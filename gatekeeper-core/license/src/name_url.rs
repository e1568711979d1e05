//! Licences named by an address: `https://opensource.org/licenses/MIT`, `http://www.apache.org/licenses/LICENSE-2.0.txt`.
//!
//! Maven POMs, NuGet's `licenseUrl` and CycloneDX's `license.url` hold them. Only pages that are one licence in one version
//! are read: a project's own LICENSE file, `gnu.org/licenses/gpl.html` (whichever is newest) and
//! `opensource.org/licenses/bsd-license.php` (2 or 3 clauses, by year) say nothing.

use super::expression::parse;
use super::list;

/// Pages that are one licence, without scheme, `www.`, ending and a slash at the end.
const PAGES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-1.0", "Apache-1.0"),
    ("apache.org/licenses/license-1.1", "Apache-1.1"),
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache2.0", "Apache-2.0"),
    ("opensource.org/licenses/mit-license", "MIT"),
    ("opensource.org/license/mit-license", "MIT"),
    ("opensource.org/licenses/isc-license", "ISC"),
    ("opensource.org/license/isc-license-txt", "ISC"),
    ("opensource.org/licenses/zlib-license", "Zlib"),
    ("opensource.org/license/apache-2-0", "Apache-2.0"),
    ("opensource.org/license/mpl-2-0", "MPL-2.0"),
    ("opensource.org/license/gpl-2-0", "GPL-2.0-only"),
    ("opensource.org/license/gpl-3-0", "GPL-3.0-only"),
    ("opensource.org/license/lgpl-2-1", "LGPL-2.1-only"),
    ("opensource.org/license/lgpl-3-0", "LGPL-3.0-only"),
    ("opensource.org/license/agpl-v3", "AGPL-3.0-only"),
    ("opensource.org/license/epl-2-0", "EPL-2.0"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/mpl/mpl-1.1", "MPL-1.1"),
    ("mozilla.org/mpl/1.1", "MPL-1.1"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-1.0", "EPL-1.0"),
    ("eclipse.org/org/documents/epl-v10", "EPL-1.0"),
    ("eclipse.org/org/documents/epl-1.0/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/org/documents/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/epl-2.0/epl-2.0", "EPL-2.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("unlicense.org", "Unlicense"),
    ("wtfpl.net", "WTFPL"),
    ("wtfpl.net/about", "WTFPL"),
    ("wtfpl.net/txt/copying", "WTFPL"),
    ("sam.zoy.org/wtfpl", "WTFPL"),
    ("boost.org/license_1_0", "BSL-1.0"),
    ("json.org/license", "JSON"),
    ("zlib.net/zlib_license", "Zlib"),
    ("isc.org/licenses", "ISC"),
    ("postgresql.org/about/licence", "PostgreSQL"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("creativecommons.org/publicdomain/mark/1.0", "CC-PDM-1.0"),
    ("blueoakcouncil.org/license/1.0.0", "BlueOak-1.0.0"),
    ("mariadb.com/bsl11", "BUSL-1.1"),
    ("elastic.co/licensing/elastic-license", "Elastic-2.0"),
    ("mongodb.com/licensing/server-side-public-license", "SSPL-1.0"),
];

/// None: not an address. Some(None): an address that is not one licence's.
pub fn url(text: &str) -> Option<Option<String>> {
    let lower = text.trim().to_ascii_lowercase();
    let (scheme, rest) = match lower.split_once("://") {
        Some(parts) => parts,
        None if lower.starts_with("www.") => ("http", lower.as_str()),
        None => return None,
    };
    if !matches!(scheme, "http" | "https") || rest.contains(char::is_whitespace) {
        return None;
    }
    // NuGet writes this address for every expression.
    if rest.starts_with("licenses.nuget.org/") {
        let expression = text.trim().rsplit('/').next().unwrap_or_default();
        let expression = expression.replace("%20", " ").replace('+', " ").replace("%28", "(").replace("%29", ")");
        return Some(parse(expression.trim()).ok().map(|expression| expression.normalized()));
    }
    let page = rest.strip_prefix("www.").unwrap_or(rest);
    let page = page.split(['?', '#']).next().unwrap_or(page).trim_end_matches('/');
    let page = [".html", ".txt", ".php", ".htm", ".md"].iter().find_map(|end| page.strip_suffix(end)).unwrap_or(page);
    let id = PAGES
        .iter()
        .find(|(known, _)| *known == page)
        .and_then(|(_, id)| list::license_id(id))
        .or_else(|| by_path(page));
    Some(id.and_then(|id| parse(id).ok()).map(|expression| expression.normalized()))
}

fn by_path(page: &str) -> Option<&'static str> {
    let (host, path) = page.split_once('/')?;
    match host {
        "opensource.org" | "spdx.org" | "choosealicense.com" => {
            let id = path.strip_prefix("licenses/").or_else(|| path.strip_prefix("license/"))?;
            list::license_id(id)
        }
        "gnu.org" => {
            let page = path.strip_prefix("licenses/")?;
            let page = page.strip_prefix("old-licenses/").unwrap_or(page);
            let page = page.strip_suffix(".en").unwrap_or(page);
            let page = page.strip_suffix("-standalone").unwrap_or(page);
            let id = page.strip_prefix("fdl-").map(|version| format!("gfdl-{version}"));
            let id = id.as_deref().unwrap_or(page);
            list::license_id(id)
                .filter(|id| ["GPL-", "LGPL-", "AGPL-", "GFDL-"].iter().any(|start| id.starts_with(start)))
        }
        "creativecommons.org" => {
            if let Some(page) = path.strip_prefix("publicdomain/zero/1.0/") {
                return (page.starts_with("legalcode") || page.starts_with("deed")).then_some("CC0-1.0");
            }
            let mut parts = path.strip_prefix("licenses/")?.split('/');
            let (terms, version) = (parts.next()?, parts.next()?);
            match parts.next() {
                None => list::license_id(&format!("cc-{terms}-{version}")),
                Some(page) if page.starts_with("legalcode") || page.starts_with("deed") => {
                    list::license_id(&format!("cc-{terms}-{version}"))
                }
                Some(country) => list::license_id(&format!("cc-{terms}-{version}-{country}")),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_licence_are_read() {
        for (text, spdx) in [
            ("https://opensource.org/licenses/MIT", "MIT"),
            ("http://www.opensource.org/licenses/mit-license.php", "MIT"),
            ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
            ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
            ("https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
            ("https://www.gnu.org/licenses/gpl-3.0.en.html", "GPL-3.0-only"),
            ("http://www.gnu.org/licenses/old-licenses/lgpl-2.1.html", "LGPL-2.1-only"),
            ("https://creativecommons.org/licenses/by-sa/4.0/legalcode", "CC-BY-SA-4.0"),
            ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
            ("https://spdx.org/licenses/Zlib.html", "Zlib"),
            ("https://www.mozilla.org/en-US/MPL/2.0/", "MPL-2.0"),
            ("https://www.eclipse.org/legal/epl-v20.html", "EPL-2.0"),
        ] {
            assert_eq!(url(text), Some(Some(spdx.into())), "{text}");
        }
    }

    #[test]
    fn other_addresses_say_nothing() {
        for text in [
            "https://github.com/x/y/blob/main/LICENSE",
            "https://opensource.org/licenses/bsd-license.php",
            "https://www.gnu.org/licenses/gpl.html",
            "https://opensource.org/licenses/",
            "https://evil.example/opensource.org/licenses/MIT",
            "https://creativecommons.org/licenses/by/9.0/",
        ] {
            assert_eq!(url(text), Some(None), "{text}");
        }
        assert_eq!(url("MIT"), None);
        assert_eq!(url("see https://opensource.org/licenses/MIT"), None);
    }
}
