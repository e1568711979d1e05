//! What is known of where the answer goes.

use std::io::IsTerminal;

/// Whether standard output takes colours, and how wide it is.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Colours are wanted: a terminal, `NO_COLOR` not set; or `CLICOLOR_FORCE` is set.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Terminal {
    /// Plain text, 120 columns.
    pub const PLAIN: Terminal = Terminal { color: false, width: 120 };

    /// Looks at this process's standard output and environment.
    pub fn of_stdout() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let color = !set("NO_COLOR") && (set("CLICOLOR_FORCE") || std::io::stdout().is_terminal());
        let columns = std::env::var("COLUMNS").ok();
        let measured = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        Terminal { color, width: width(columns.as_deref(), measured) }
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
    use super::width;

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
