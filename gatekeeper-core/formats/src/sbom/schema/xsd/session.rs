//! Follows a document as it is read and holds it against an XML schema: only the open elements and the numbers of their children are kept.

use super::super::formats;
use super::{AnyAttribute, Builtin, Complex, Content, FOREIGN, Id, Particle, Term, Type, Xsd};
use gatekeeper_evidence::error::quote;

/// An open element of the document.
struct Open {
    kind: Type,
    /// Its children so far, by number.
    children: Vec<u32>,
    /// A child was wrong already: its content is not judged again.
    spoilt: bool,
    text: String,
    line: Option<u64>,
    name: Box<str>,
}

/// Follows a document. Elements of other namespaces are to be left out by the caller, but for their [`Session::foreign`].
pub(in crate::sbom) struct Session {
    xsd: &'static Xsd,
    open: Vec<Open>,
}

/// Longest text that is kept to be judged, bytes: more than any restricted type allows.
const TEXT: usize = 4_096;

impl Session {
    pub(in crate::sbom) fn new(xsd: &'static Xsd) -> Self {
        Session { xsd, open: Vec::new() }
    }

    /// An element of the schema's namespace opens.
    pub(in crate::sbom) fn start(&mut self, name: &str, line: Option<u64>, say: &mut dyn FnMut(String)) {
        let number = self.xsd.names.get(name).copied();
        let kind = match self.open.last_mut() {
            None if name == "bom" => self.xsd.root.unwrap_or(Type::Any),
            None => {
                say(format!("the root element {}", quote(name.as_bytes())));
                Type::Any
            }
            Some(parent) => match parent.kind {
                Type::Any => Type::Any,
                Type::Complex(id) => {
                    let complex = self.xsd.complex.get(id);
                    match number.and_then(|n| complex.and_then(|c| c.children.get(&n)).map(|k| (n, *k))) {
                        Some((n, kind)) => {
                            parent.children.push(n);
                            kind
                        }
                        None => {
                            parent.spoilt = true;
                            say(format!(
                                "the element {} in {}, which does not know it",
                                quote(name.as_bytes()),
                                parent.name
                            ));
                            Type::Any
                        }
                    }
                }
                Type::Simple(_) => {
                    parent.spoilt = true;
                    say(format!("the element {} in {}, which holds text", quote(name.as_bytes()), parent.name));
                    Type::Any
                }
            },
        };
        self.open.push(Open {
            kind,
            children: Vec::new(),
            spoilt: false,
            text: String::new(),
            line,
            name: name.get(..name.len().min(60)).unwrap_or("…").into(),
        });
    }

    /// An attribute of the element that just opened; `namespace` says whether it has one of its own.
    pub(in crate::sbom) fn attribute(
        &mut self,
        name: &str,
        namespaced: bool,
        value: &str,
        say: &mut dyn FnMut(String),
    ) {
        let Some(open) = self.open.last() else { return };
        let complex = match open.kind {
            Type::Any => return,
            Type::Complex(id) => self.xsd.complex.get(id),
            Type::Simple(_) => None,
        };
        let (attributes, any) = complex.map_or((None, AnyAttribute::None), |c| (Some(&c.attributes), c.any_attribute));
        if !namespaced && let Some((kind, _)) = attributes.and_then(|a| a.get(name)) {
            if let Err(why) = self.xsd.holds(*kind, value) {
                say(format!("the attribute {name} of {}: {why}", open.name));
            }
            return;
        }
        let allowed = match any {
            AnyAttribute::None => false,
            AnyAttribute::Any => true,
            AnyAttribute::Other => namespaced,
        };
        if !allowed {
            say(format!("the attribute {} of {}, which does not know it", quote(name.as_bytes()), open.name));
        }
    }

    /// The attributes of the element that just opened are over; `has` tells which there were.
    pub(in crate::sbom) fn attributes_end(&self, has: &dyn Fn(&str) -> bool, say: &mut dyn FnMut(String)) {
        let Some(open) = self.open.last() else { return };
        let Type::Complex(id) = open.kind else { return };
        let Some(complex) = self.xsd.complex.get(id) else { return };
        let mut missing: Vec<&str> =
            complex.attributes.iter().filter(|(n, (_, required))| *required && !has(n)).map(|(n, _)| &**n).collect();
        missing.sort_unstable();
        for name in missing {
            say(format!("{} without the attribute {name}", open.name));
        }
    }

    /// An element of another namespace stands in the innermost open one.
    pub(in crate::sbom) fn foreign(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.children.push(FOREIGN);
        }
    }

    pub(in crate::sbom) fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            let mut end = text.len().min(TEXT.saturating_sub(open.text.len()));
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            open.text.push_str(text.get(..end).unwrap_or_default());
        }
    }

    /// The innermost open element closes. Answers the line that it opened on.
    pub(in crate::sbom) fn end(&mut self, say: &mut dyn FnMut(String)) -> Option<u64> {
        let open = self.open.pop()?;
        match open.kind {
            Type::Any => {}
            Type::Simple(id) => self.simple(id, &open, say),
            Type::Complex(id) => {
                if let Some(complex) = self.xsd.complex.get(id) {
                    self.content(complex, &open, say);
                }
            }
        }
        open.line
    }

    /// An element that holds text alone.
    fn simple(&self, id: Id, open: &Open, say: &mut dyn FnMut(String)) {
        if open.children.contains(&FOREIGN) {
            say(format!("a foreign element in {}, where none may stand", open.name));
        } else if let Err(why) = self.xsd.holds(id, &open.text) {
            say(format!("{}: {why}", open.name));
        }
    }

    fn content(&self, complex: &Complex, open: &Open, say: &mut dyn FnMut(String)) {
        if let Content::Simple(id) = complex.content {
            return self.simple(id, open, say);
        }
        if !complex.mixed && !open.text.trim_ascii().is_empty() {
            say(format!("the text {} in {}, which holds none", quote(open.text.trim().as_bytes()), open.name));
        }
        if open.spoilt {
            return;
        }
        let matched = match &complex.content {
            Content::Children(particle) => particle.run(&open.children, 0),
            _ => Ok(0),
        };
        let at = match matched {
            Ok(at) if at == open.children.len() => return,
            Ok(at) | Err(at) => at,
        };
        say(match open.children.get(at) {
            Some(&FOREIGN) => format!("a foreign element in {}, where none may stand", open.name),
            Some(number) => {
                let name = self.xsd.names.iter().find(|(_, n)| *n == number).map_or("", |(name, _)| name);
                format!("the element {name} in {}, out of place or once too often", open.name)
            }
            None => format!("{} without an element that it must have", open.name),
        });
    }
}

impl Particle {
    /// Matches children from a position on. The position behind what was matched, or the one where it failed.
    fn run(&self, children: &[u32], from: usize) -> Result<usize, usize> {
        let mut at = from;
        let mut count = 0;
        while count < self.most {
            match self.once(children, at) {
                // Nothing taken: it may stand as often as it likes.
                Ok(next) if next == at => return Ok(at),
                Ok(next) => {
                    at = next;
                    count += 1;
                }
                Err(failed) if failed == at && count >= self.least => break,
                Err(failed) => return Err(failed),
            }
        }
        Ok(at)
    }

    fn once(&self, children: &[u32], at: usize) -> Result<usize, usize> {
        match &self.term {
            Term::Element(number) => {
                if children.get(at) == Some(number) {
                    Ok(at + 1)
                } else {
                    Err(at)
                }
            }
            Term::Foreign => {
                if children.get(at) == Some(&FOREIGN) {
                    Ok(at + 1)
                } else {
                    Err(at)
                }
            }
            Term::Sequence(parts) => parts.iter().try_fold(at, |at, part| part.run(children, at)),
            Term::Choice(parts) => {
                let mut empty = false;
                for part in parts {
                    match part.run(children, at) {
                        Ok(next) if next > at => return Ok(next),
                        Ok(_) => empty = true,
                        Err(failed) if failed > at => return Err(failed),
                        Err(_) => {}
                    }
                }
                if empty || parts.is_empty() { Ok(at) } else { Err(at) }
            }
        }
    }
}

impl Xsd {
    /// Whether a text is of a simple type; why not.
    fn holds(&self, id: Id, raw: &str) -> Result<(), String> {
        let Some(simple) = self.simple.get(id) else { return Ok(()) };
        if !simple.union.is_empty() {
            return if simple.union.iter().any(|u| self.holds(*u, raw).is_ok()) {
                Ok(())
            } else {
                Err(format!("{} is of none of the types allowed", quote(raw.as_bytes())))
            };
        }
        let text = simple.kind.blanks(raw);
        let text = text.as_ref();
        if !simple.kind.holds(text) {
            return Err(format!("{} is no {}", quote(text.as_bytes()), simple.kind.name()));
        }
        if simple.values.as_ref().is_some_and(|v| !v.contains(text)) {
            return Err(format!("{} is none of the values allowed", quote(text.as_bytes())));
        }
        if let Some(pattern) = simple.patterns.iter().find(|p| !p.is_match(text)) {
            let mut words = pattern.as_str().to_owned();
            if words.len() > 120 {
                words = "the pattern of its type".into();
            }
            return Err(format!("{} does not fit {words}", quote(text.as_bytes())));
        }
        let (least, most) = simple.length;
        if least > 0 || most.is_some() {
            let length = text.chars().count();
            if length < least || most.is_some_and(|m| length > m) {
                return Err(format!("a text of {length} characters"));
            }
        }
        if let (least, most) = simple.bounds
            && (least.is_some() || most.is_some())
            && let Ok(n) = text.parse::<f64>()
            && (least.is_some_and(|l| n < l) || most.is_some_and(|m| n > m))
        {
            return Err(format!("{n} is out of bounds"));
        }
        Ok(())
    }
}

impl Builtin {
    fn name(self) -> &'static str {
        match self {
            Builtin::String | Builtin::NormalizedString | Builtin::Token => "text",
            Builtin::AnyUri => "URI",
            Builtin::DateTime => "time",
            Builtin::Date => "date",
            Builtin::Boolean => "truth value",
            Builtin::Integer => "integer",
            Builtin::NonNegative => "integer of at least 0",
            Builtin::Positive => "integer above 0",
            Builtin::Decimal => "decimal number",
        }
    }

    /// Treats blanks as the type says: kept, each a space, or runs of them one space and none at the ends.
    fn blanks(self, raw: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Builtin::String => raw.into(),
            Builtin::NormalizedString if raw.contains(['\t', '\n', '\r']) => {
                raw.replace(['\t', '\n', '\r'], " ").into()
            }
            Builtin::NormalizedString => raw.into(),
            _ if raw.bytes().any(|b| b.is_ascii_whitespace()) => {
                raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into()
            }
            _ => raw.into(),
        }
    }

    fn holds(self, text: &str) -> bool {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_integer = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
        let is_zero = unsigned.bytes().all(|b| b == b'0');
        match self {
            // XML Schema 1.1 lets any text be an anyURI, and validators of 1.0 escape before they look.
            Builtin::String | Builtin::NormalizedString | Builtin::Token | Builtin::AnyUri => true,
            Builtin::Boolean => matches!(text, "true" | "false" | "1" | "0"),
            Builtin::Integer => is_integer,
            Builtin::NonNegative => is_integer && (!text.starts_with('-') || is_zero),
            Builtin::Positive => is_integer && !text.starts_with('-') && !is_zero,
            Builtin::Decimal => {
                let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
                whole.len() + part.len() > 0 && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
            }
            Builtin::Date => {
                let bare = text.strip_suffix('Z').unwrap_or(text);
                formats::is_date(bare)
                    || bare.get(..10).is_some_and(|d| {
                        formats::is_date_time(&format!("{d}T00:00:00{}", bare.get(10..).unwrap_or_default()))
                    })
            }
            // The zone may be missing.
            Builtin::DateTime => {
                text.as_bytes().get(10) == Some(&b'T')
                    && (formats::is_date_time(text) || formats::is_date_time(&format!("{text}Z")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_models_match_without_going_back() {
        let element = |n| Particle { least: 1, most: 1, term: Term::Element(n) };
        let optional = |n| Particle { least: 0, most: 1, term: Term::Element(n) };
        let any = || Particle { least: 0, most: u32::MAX, term: Term::Foreign };
        // (0, 1?, (2 | 3)*, any*)
        let choice = Particle { least: 0, most: u32::MAX, term: Term::Choice(vec![element(2), element(3)]) };
        let model = Particle { least: 1, most: 1, term: Term::Sequence(vec![element(0), optional(1), choice, any()]) };
        for good in [&[0][..], &[0, 1, 2, 3, 2], &[0, 3, FOREIGN, FOREIGN]] {
            assert_eq!(model.run(good, 0), Ok(good.len()), "{good:?}");
        }
        for bad in [&[][..], &[1], &[0, 1, 1], &[0, FOREIGN, 2], &[0, 2, 1]] {
            assert_ne!(model.run(bad, 0), Ok(bad.len()), "{bad:?}");
        }
    }

    #[test]
    fn builtin_types() {
        for (kind, good, bad) in [
            (Builtin::DateTime, "2024-01-01T00:00:00", "2024-01-01"),
            (Builtin::Positive, "1", "0"),
            (Builtin::NonNegative, "0", "-1"),
            (Builtin::Decimal, "-1.5", "1e3"),
            (Builtin::Boolean, "1", "yes"),
            (Builtin::Integer, "+7", ""),
        ] {
            assert!(kind.holds(good), "{good}");
            assert!(!kind.holds(bad), "{bad}");
        }
    }
}
