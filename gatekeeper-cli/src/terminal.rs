//! What is known of where the answer goes, and what is printed there in words.

use gatekeeper_core::output::{Style, inert};
use std::io::{self, IsTerminal, Write};

/// Whether standard output takes colours, and how wide it is.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Colours are wanted: a terminal, `NO_COLOR` not set; or `CLICOLOR_FORCE` is set.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// They are those of a terminal, or somebody named them: text is broken to fit into them.
    pub fits: bool,
}

impl Terminal {
    /// Plain text, 120 columns.
    pub const PLAIN: Terminal = Terminal { color: false, width: 120, fits: false };

    /// Looks at this process's standard output and environment.
    pub fn of_stdout() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let color = !set("NO_COLOR") && (set("CLICOLOR_FORCE") || io::stdout().is_terminal());
        let columns = std::env::var("COLUMNS").ok();
        let measured = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        let fits = columns.is_some() || measured.is_some();
        Terminal { color, width: width(columns.as_deref(), measured), fits }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Terminal {
    /// With colours as they are wished.
    #[must_use]
    pub fn colored(self, wish: Color) -> Self {
        let color = match wish {
            Color::Auto => self.color,
            Color::Always => true,
            Color::Never => false,
        };
        Terminal { color, ..self }
    }

    /// As outputs take it.
    pub(crate) fn style(self) -> Style {
        Style { color: self.color, width: self.width, wrap: self.fits, ..Style::default() }
    }
}

/// What is said beside documents: names in it come from strangers, and in the log of a CI service none of them may be a command. Whole lines
/// are passed on.
pub struct Talk<'a> {
    to: &'a mut dyn Write,
    line: Vec<u8>,
}

impl<'a> Talk<'a> {
    /// Talk that goes there.
    pub fn new(to: &'a mut dyn Write) -> Self {
        Talk { to, line: Vec::new() }
    }

    fn pass(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.to.write_all(inert(&String::from_utf8_lossy(&line)).as_bytes())
    }
}

impl Write for Talk<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.pass()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass()?;
        self.to.flush()
    }
}

impl Drop for Talk<'_> {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.flush();
    }
}

/// The columns to write for: `COLUMNS` where it is a width that a terminal can have, else the terminal's own, else 120. Anybody may set
/// `COLUMNS`, also to 1e18: what lays out text by it must not be made to allocate by it.
fn width(columns: Option<&str>, measured: Option<usize>) -> usize {
    const SANE: std::ops::RangeInclusive<usize> = 20..=1_000;
    let stated = columns.and_then(|c| c.trim().parse().ok());
    [stated, measured].into_iter().flatten().find(|w| SANE.contains(w)).unwrap_or(Terminal::PLAIN.width)
}

#[cfg(test)]
mod tests {
    use super::{Talk, width};
    use std::io::Write;

    #[test]
    fn talk_gives_no_commands_however_it_comes() {
        let mut got = Vec::new();
        {
            let mut talk = Talk::new(&mut got);
            for piece in ["a #", "#[add-mask]b\n:", ":error::c\nend"] {
                talk.write_all(piece.as_bytes()).unwrap();
            }
        }
        assert_eq!(String::from_utf8(got).unwrap(), "a #\\u{23}[add-mask]b\n\\u{3a}:error::c\nend");
    }

    #[test]
    fn columns_are_followed_where_a_terminal_can_have_them() {
        for (columns, measured, wanted) in [
            (Some("80"), Some(200), 80),
            (None, Some(200), 200),
            (None, None, 120),
            (Some("1000000000000000000"), Some(90), 90),
            (Some("1e18"), None, 120),
            (Some("99999999999999999999999"), None, 120),
            (Some("0"), Some(0), 120),
            (Some("-1"), None, 120),
            (Some(""), None, 120),
        ] {
            assert_eq!(width(columns, measured), wanted, "{columns:?} {measured:?}");
        }
    }
}
