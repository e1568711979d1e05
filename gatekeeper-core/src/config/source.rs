//! The texts that a policy is made of: its own file and those that it extends, in one space of offsets, so that every place in any of them is
//! one number.

use gatekeeper_evidence::location::Location;

/// A file with its text and where in the common space it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) start: usize,
}

impl Source {
    fn holds(&self, offset: usize) -> bool {
        offset >= self.start && offset - self.start <= self.text.len()
    }
}

/// The files of a policy, the one that was named first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    all: Vec<Source>,
    /// Offsets at which lines begin, in the common space.
    lines: Vec<usize>,
}

impl Sources {
    /// Adds a file; answers where it begins.
    pub(crate) fn add(&mut self, file: &str, text: &str) -> usize {
        // One more than its length, so that the end of a file is no place of the next.
        let start = self.all.last().map_or(0, |s| s.start + s.text.len() + 1);
        self.lines.push(start);
        self.lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(n, _)| start + n + 1));
        self.all.push(Source { file: file.to_owned(), text: text.to_owned(), start });
        start
    }

    /// The file in which an offset lies: its number, from 0.
    pub(crate) fn number_of(&self, offset: usize) -> usize {
        self.all.iter().rposition(|s| s.start <= offset).unwrap_or(0)
    }

    /// Line of its own file, from 1.
    pub(crate) fn line(&self, offset: usize) -> u64 {
        let start = self.all.get(self.number_of(offset)).map_or(0, |s| s.start);
        let before = |at: usize| self.lines.partition_point(|l| *l <= at);
        u64::try_from(before(offset).saturating_sub(before(start))).unwrap_or(0).saturating_add(1)
    }

    /// The files behind the first.
    pub(crate) fn bases(&self) -> Vec<Source> {
        self.all.iter().skip(1).cloned().collect()
    }

    /// A file's name.
    pub(crate) fn file(&self, number: usize) -> &str {
        self.all.get(number).map_or("", |s| s.file.as_str())
    }
}

/// Line and column (from 1, characters) of an offset in a text.
pub(crate) fn line_column(text: &str, offset: usize) -> (u64, u64) {
    let mut place = Location::at(offset);
    place.resolve(text.as_bytes());
    (place.line.unwrap_or(1), place.column.unwrap_or(1))
}

/// The text in which an offset lies, among those behind the first.
pub(crate) fn find(bases: &[Source], offset: usize) -> Option<&Source> {
    bases.iter().find(|s| s.holds(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_its_own_file_at_its_own_line() {
        let mut sources = Sources::default();
        assert_eq!(sources.add("a.toml", "a = 1\nb = 2\n"), 0);
        let start = sources.add("b.toml", "c = 1\nd = 2\ne = 3");
        assert_eq!(start, 13);
        let at = |offset| (sources.file(sources.number_of(offset)).to_owned(), sources.line(offset));
        assert_eq!(at(0), ("a.toml".to_owned(), 1));
        // What ends a line is still on it.
        assert_eq!(at(5), ("a.toml".to_owned(), 1));
        assert_eq!(at(6), ("a.toml".to_owned(), 2));
        // The end of a file is its own.
        assert_eq!(at(12), ("a.toml".to_owned(), 3));
        assert_eq!(at(13), ("b.toml".to_owned(), 1));
        assert_eq!(at(start + 6), ("b.toml".to_owned(), 2));
        assert_eq!(at(start + 16), ("b.toml".to_owned(), 3));
    }

    #[test]
    fn a_place_is_found_in_the_text_that_holds_it() {
        let mut sources = Sources::default();
        for (file, text) in [("a.toml", "a = 1"), ("b.toml", "b"), ("c.toml", "cc")] {
            sources.add(file, text);
        }
        let bases = sources.bases();
        let at = |offset| find(&bases, offset).map(|s| s.file.as_str());
        // The end of a text is a place in it: what is missing stands there.
        let files =
            [None, None, None, None, None, None, Some("b.toml"), Some("b.toml"), Some("c.toml"), Some("c.toml")];
        for (offset, file) in files.into_iter().enumerate() {
            assert_eq!(at(offset), file, "{offset}");
        }
        assert_eq!((at(10), at(11)), (Some("c.toml"), None));
    }
}
