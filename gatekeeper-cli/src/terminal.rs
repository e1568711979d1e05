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
        let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(120);
        Terminal { color, width }
    }
}
