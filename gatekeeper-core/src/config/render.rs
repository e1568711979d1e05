//! Shows a policy's mistakes as a compiler does: the line, a caret, the nearest right word. The command line, Python and Node show the same.

use super::problem::PolicyError;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt::Write;

impl PolicyError {
    /// The mistakes with their lines, each followed by an empty line; in colours for a terminal that takes them. A mistake without a place
    /// in the text is one line.
    pub fn rendered(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for p in &self.problems {
            // Writing to a text cannot fail.
            let _ = if self.text.is_empty() {
                writeln!(out, "{}: {}", self.file, gatekeeper_evidence::error::chain(p))
            } else {
                let (file, text, start) = self.place_of(p.span.start);
                let begin = p.span.start.saturating_sub(start).min(text.len());
                let end = p.span.end.saturating_sub(start).clamp(begin, text.len());
                let snippet = Snippet::source(text).path(file).annotation(AnnotationKind::Primary.span(begin..end));
                let mut group = Level::ERROR.primary_title(p.message.as_str()).element(snippet);
                if let Some(help) = &p.help {
                    group = group.element(Level::HELP.message(help.as_str()));
                }
                writeln!(out, "{}\n", renderer.render(&[group]))
            };
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::{PolicyError, PolicyProblem};

    #[test]
    fn the_line_is_shown_with_a_caret_and_help() {
        let problem = PolicyProblem::new(4..9, "no key `tolos`").help("did you mean `tools`?");
        let shown = PolicyError::new("p.toml", "a=1\ntolos = 2\n", vec![problem]).rendered(false);
        for part in ["error: no key `tolos`", "p.toml:2:1", "2 | tolos = 2", "^^^^^", "help: did you mean `tools`?"] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_one_line_with_its_cause() {
        let problem = PolicyProblem::new(0..0, "cannot be read").because(std::io::Error::other("disk"));
        assert_eq!(PolicyError::about("p.toml", problem).rendered(true), "p.toml: cannot be read: disk\n");
    }
}
