//! Breaks lines between words so that they fit into a terminal's columns. Words stay whole: a path or an address can still be copied.

/// Columns that what follows a break is moved in, behind its line's own.
const STEP: usize = 2;

/// A text with its long lines broken.
pub(super) fn broken(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.split_inclusive('\n') {
        if columns(line.trim_end_matches('\n')) <= width {
            out.push_str(line);
        } else {
            break_line(line, width, &mut out);
        }
    }
    out
}

fn break_line(line: &str, width: usize, out: &mut String) {
    let own = line.len() - line.trim_start_matches(' ').len();
    let indent = (own + STEP).min(width / 3);
    let mut at = 0;
    // Blanks stand before the word that they part from the one before.
    let mut blanks = 0;
    for (n, word) in line.trim_end_matches('\n').split(' ').enumerate() {
        blanks += usize::from(n > 0);
        if word.is_empty() {
            continue;
        }
        let wide = columns(word);
        if at > own && at + blanks + wide > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        } else {
            out.extend(std::iter::repeat_n(' ', blanks));
            at += blanks;
        }
        out.push_str(word);
        at += wide;
        blanks = 0;
    }
    if line.ends_with('\n') {
        out.push('\n');
    }
}

/// Columns that a text takes: characters, without the colours between them.
fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut within = false;
    for c in text.chars() {
        match (within, c) {
            (false, '\u{1b}') => within = true,
            (true, c) => within = !c.is_ascii_alphabetic(),
            (false, _) => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_moved_in() {
        assert_eq!(broken("one two three four\nfive\n", 9), "one two\n  three\n  four\nfive\n");
        assert_eq!(broken("    one two three", 12), "    one two\n    three");
        assert_eq!(broken("  x  fail  some words here\n", 16), "  x  fail  some\n    words here\n");
        assert_eq!(broken("a/very/long/path/that/stays whole", 10), "a/very/long/path/that/stays\n  whole");
        assert_eq!(broken("short", 80), "short");
        assert_eq!(broken("", 80), "");
        assert_eq!(broken("\n\n", 80), "\n\n");
    }

    #[test]
    fn colours_take_no_room_and_nothing_but_blanks_is_lost() {
        let painted = "\u{1b}[1;31mone\u{1b}[0m two \u{1b}[2mthree\u{1b}[0m";
        assert_eq!(broken(painted, 13), painted);
        let text = "a  b   c dddd  e\n\n   f  gggggggggggg h\n";
        for width in 1..40 {
            let words = |t: &str| t.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let got = broken(text, width);
            assert_eq!(words(&got), words(text), "{width}");
            let longest = got.lines().filter(|l| l.trim().contains(' ')).map(|l| l.chars().count()).max().unwrap_or(0);
            assert!(longest <= width.max(10), "{width}: {got}");
        }
    }
}
