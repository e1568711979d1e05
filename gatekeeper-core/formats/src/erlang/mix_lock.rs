//! `mix.lock`: the dependencies that mix resolved, with their versions or commits.
//!
//! Specification: the code is the specification: `Mix.Dep.Lock` (Elixir 1.19) and `Hex.SCM`, <https://github.com/elixir-lang/elixir>,
//! <https://github.com/hexpm/hex>. A map of Elixir, an entry a line: `"name": {:hex, :package, "1.2.3", "checksum", managers, deps, "repo", "outer"},` or
//! `"name": {:git, "url", "commit", opts},`; up to Elixir 1.5 keys may be written `"name" => …`.
//!
//! - The package's name may differ from the application's. Packages of another repository than `hexpm` have no package URL of their own.
//! - `%{}` is full knowledge of no dependencies. Licences are not in it.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, Inventory};
use gatekeeper_evidence::{Data, Kind};

pub(super) static FORMAT: Format = Format {
    id: "mix-lock",
    title: "mix.lock",
    kind: Kind::Inventory,
    extensions: &["lock"],
    places: &["mix.lock"],
    spec: "Elixir 1.19, Mix.Dep.Lock: https://github.com/elixir-lang/elixir/blob/main/lib/mix/lib/mix/dep/lock.ex",
    producers: &["mix"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let text = head.trimmed();
    let Some(inner) = text.strip_prefix(b"%{") else { return Confidence::No };
    let has = |mark: &[u8]| memchr::memmem::find(inner, mark).is_some();
    if inner.trim_ascii_start().starts_with(b"\"") && [&b"{:hex, :"[..], b"{:git, \"", b"{:hex,"].into_iter().any(has) {
        return Confidence::Certain;
    }
    Confidence::when(head.has_extension("lock") && inner.trim_ascii_start().starts_with(b"}"), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut reader = Reader { bytes: input.bytes, at: 0, depth: 0, limit: input.limits.depth };
    let mut components = Vec::new();
    reader.expect(b"%{", "`%{`, with which mix.lock begins")?;
    let (mut line, mut counted) = (1_u64, 0_usize);
    loop {
        if reader.take(b"}") {
            break;
        }
        let start = {
            reader.blanks();
            reader.at
        };
        let Some(name) = reader.string()? else {
            return Err(reader.wrong("the name of a dependency in quotes, or `}`"));
        };
        if !reader.take(b":") && !reader.take(b"=>") {
            return Err(reader.wrong("`:` behind the name of a dependency"));
        }
        let mut component = reader.lock(&name)?;
        // Lines are counted once, from entry to entry.
        let between = input.bytes.get(counted..start).unwrap_or_default();
        line = line.saturating_add(u64::try_from(memchr::memchr_iter(b'\n', between).count()).unwrap_or(0));
        counted = start;
        component.line = Some(line);
        components.push(component);
        if !reader.take(b",") {
            reader.expect(b"}", "`,` or `}` behind a dependency")?;
            break;
        }
    }
    reader.blanks();
    if reader.at < input.bytes.len() {
        return Err(reader.wrong("nothing behind the map"));
    }
    let inventory = Inventory { components, lock: true, ..Inventory::default() };
    Ok(Parsed { tool: Some("mix".to_owned()), ..Parsed::new(Data::Inventory(inventory), Some(true)) })
}

/// Reads literals of Elixir, as far as lock files have them.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    limit: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_ascii_start().len();
    }

    /// Takes a mark behind blanks.
    fn take(&mut self, mark: &[u8]) -> bool {
        self.blanks();
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(mark));
        if found {
            self.at += mark.len();
        }
        found
    }

    fn expect(&mut self, mark: &[u8], words: &str) -> Result<(), ParseError> {
        if self.take(mark) { Ok(()) } else { Err(self.wrong(words)) }
    }

    #[cold]
    fn wrong(&self, expected: &str) -> ParseError {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let error = ParseError::malformed(expected).at(self.at);
        if rest.is_empty() {
            error.found_words("the end of the file")
        } else {
            error.found(rest.get(..rest.len().min(32)).unwrap_or_default())
        }
    }

    /// A string in quotes; `None` where something else stands.
    fn string(&mut self) -> Result<Option<String>, ParseError> {
        if !self.take(b"\"") {
            return Ok(None);
        }
        let mut out = Vec::new();
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.wrong("the closing quote of a string")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Some(String::from_utf8_lossy(&out).into_owned()));
                }
                Some(b'\\') => {
                    out.extend(self.bytes.get(self.at + 1));
                    self.at += 2;
                }
                Some(byte) => {
                    out.push(*byte);
                    self.at += 1;
                }
            }
        }
    }

    /// `:name` or `:"na-me"`; `None` where something else stands.
    fn atom(&mut self) -> Result<Option<String>, ParseError> {
        if !self.take(b":") {
            return Ok(None);
        }
        if self.bytes.get(self.at) == Some(&b'"') {
            return self.string();
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'?' | b'!')))
            .unwrap_or(rest.len());
        self.at += end;
        Ok(Some(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()))
    }

    /// Reads over any literal.
    fn skip(&mut self) -> Result<(), ParseError> {
        self.blanks();
        match self.bytes.get(self.at) {
            Some(b'"') => self.string().map(drop),
            Some(b':') => self.atom().map(drop),
            Some(open @ (b'{' | b'[')) => {
                let close: &[u8] = if *open == b'{' { b"}" } else { b"]" };
                self.at += 1;
                self.list(close)
            }
            Some(b) if b.is_ascii_alphanumeric() => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += rest
                    .iter()
                    .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')))
                    .unwrap_or(rest.len());
                Ok(())
            }
            _ => Err(self.wrong("a literal of Elixir")),
        }
    }

    /// Reads over what is left of a list or tuple, keys of keyword lists among it.
    fn list(&mut self, close: &[u8]) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > self.limit {
            return Err(ParseError::limit(format!("more than {} levels of nesting", self.limit)).at(self.at));
        }
        loop {
            if self.take(close) {
                break;
            }
            self.skip()?;
            // `key: value`, `"key": value`
            if self.bytes.get(self.at) == Some(&b':') {
                self.at += 1;
                self.skip()?;
            }
            if !self.take(b",") {
                self.expect(close, "`,` or the end of a list")?;
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// `{:hex, :package, "version", …, "repo", …}`, `{:git, "url", "commit", …}`, `{:path, …}`.
    fn lock(&mut self, name: &str) -> Result<Component, ParseError> {
        self.expect(b"{", "the lock of a dependency, a tuple")?;
        let Some(kind) = self.atom()? else {
            return Err(self.wrong("the source of a dependency: `:hex`, `:git`, …"));
        };
        let mut component = Component { name: name.into(), ..Component::default() };
        match kind.as_str() {
            "hex" => {
                self.expect(b",", "a package behind `:hex`")?;
                let package = match self.atom()? {
                    Some(package) => package,
                    None => self.string()?.ok_or_else(|| self.wrong("the name of a package"))?,
                };
                self.expect(b",", "a version behind the package")?;
                let Some(version) = self.string()? else { return Err(self.wrong("a version in quotes")) };
                let repo = self.repository()?;
                if repo.is_none_or(|r| r == "hexpm") {
                    component.purl = Some(format!("pkg:hex/{}@{version}", package.to_lowercase()).into());
                }
                component.version = Some(version.into());
                component.has_id = component.purl.is_some();
                Ok(component)
            }
            "git" => {
                self.expect(b",", "an address behind `:git`")?;
                if self.string()?.is_none() {
                    return Err(self.wrong("the address of a repository in quotes"));
                }
                self.expect(b",", "a commit behind the address")?;
                component.version = Some(self.string()?.ok_or_else(|| self.wrong("a commit in quotes"))?.into());
                self.rest()?;
                Ok(component)
            }
            _ => {
                self.rest()?;
                Ok(component)
            }
        }
    }

    /// The rest of a tuple.
    fn rest(&mut self) -> Result<(), ParseError> {
        if self.take(b",") { self.list(b"}") } else { self.expect(b"}", "the end of a dependency's lock") }
    }

    /// The rest of a Hex lock: checksum, managers, dependencies, repository, outer checksum. The repository, where it is there.
    fn repository(&mut self) -> Result<Option<String>, ParseError> {
        let mut repository = None;
        let mut place = 0;
        while self.take(b",") {
            self.blanks();
            if place == 3 && self.bytes.get(self.at) == Some(&b'"') {
                repository = self.string()?;
            } else {
                self.skip()?;
            }
            place += 1;
        }
        self.expect(b"}", "the end of a dependency's lock")?;
        Ok(repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Vec<Component>, ParseError> {
        let limits = Limits::default();
        let p = parse(&Input {
            name: "mix.lock",
            bytes: text.as_bytes(),
            limits: &limits,
            exit_status: None,
            validate: false,
        })?;
        let Data::Inventory(i) = p.data else { panic!() };
        Ok(i.components)
    }

    #[test]
    fn packages_and_commits_are_read() {
        let c = read(
            "%{\n  \"jason\": {:hex, :jason, \"1.4.1\", \"af15\", [:mix], [{:decimal, \"~> 1.0 or ~> 2.0\", [hex: :decimal, repo: \"hexpm\", optional: true]}], \"hexpm\", \"fbb0\"},\n  \"own\": {:hex, :own, \"0.1.0\", \"a\", [:mix], [], \"hexpm:acme\", \"b\"},\n  \"shop\": {:git, \"https://github.com/x/shop.git\", \"abc123\", [tag: \"v1\"]},\n}\n",
        )
        .unwrap();
        assert_eq!(c.len(), 3);
        assert_eq!(
            (c[0].version.as_deref(), c[0].purl.as_deref(), c[0].line),
            (Some("1.4.1"), Some("pkg:hex/jason@1.4.1"), Some(2))
        );
        assert_eq!((c[1].purl.as_deref(), c[2].version.as_deref()), (None, Some("abc123")));
        assert!(read("%{}\n").unwrap().is_empty());
        let old = "%{\"poison\" => {:hex, :poison, \"1.5.0\"},\n  \"x\": {:package, \"0.1\"}}\n";
        assert_eq!(read(old).unwrap().len(), 2);
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let text = "%{\n  \"jason\": {:hex, :jason, \"1.4.1\", \"af15\", [:mix], [], \"hexpm\", \"fbb0\"},\n}\n";
        for cut in 0..text.trim_end().len() {
            assert!(read(text.split_at(cut).0).is_err(), "{cut}");
        }
        assert!(read("%{\"a\": {:hex, :a, 1}}").is_err());
        assert!(read(&format!("%{{\"a\": {{:path, {}", "[".repeat(100_000))).is_err());
    }
}
