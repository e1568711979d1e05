//! Tables of the HTML pages that Erlang's tools write by hand: unclosed `<br>` and `<tr>`, unquoted attributes, tags in either case. No
//! XML, so none of its readers; and nothing but headings, rows and their cells is wanted.

use super::common::plain;

/// What stands in a page, in its order.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// A heading's text.
    Heading(String),
    /// A row with its cells' texts.
    Row(Row),
    /// The end of a table.
    TableEnd,
    /// `</html>`.
    End,
}

/// A row of a table.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Row {
    /// Offset of its `<tr>`.
    pub at: usize,
    /// Its first cell is a `<th>`.
    pub head: bool,
    /// Texts of its cells.
    pub cells: Vec<String>,
    /// Whether it links to a crash dump.
    pub crash: bool,
}

/// Most cells of a row that are kept.
const MOST_CELLS: usize = 64;

/// Reads a page.
pub(super) struct Page<'a> {
    bytes: &'a [u8],
    at: usize,
    row: Option<Row>,
    /// Where the text of the open cell or heading begins.
    text: Option<usize>,
    /// What was found together with something else.
    waiting: Option<Event>,
}

impl<'a> Page<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Page { bytes, at: 0, row: None, text: None, waiting: None }
    }

    /// Text from where the open cell or heading began.
    fn take_text(&mut self, end: usize) -> Option<String> {
        let start = self.text.take()?;
        let text = String::from_utf8_lossy(self.bytes.get(start..end).unwrap_or_default());
        Some(plain(&text).into_owned())
    }

    fn close_cell(&mut self, end: usize) {
        let text = self.take_text(end);
        if let (Some(row), Some(text)) = (&mut self.row, text)
            && row.cells.len() < MOST_CELLS
        {
            row.crash |= text.contains("(CrashDump)");
            row.cells.push(text);
        }
    }

    fn close_row(&mut self, end: usize) -> Option<Event> {
        self.close_cell(end);
        self.row.take().map(Event::Row)
    }
}

impl Iterator for Page<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.take() {
            return Some(event);
        }
        loop {
            let start = self.at + memchr::memchr(b'<', self.bytes.get(self.at..)?)?;
            let rest = self.bytes.get(start + 1..)?;
            if rest.starts_with(b"!--") {
                // An unclosed comment hides the rest.
                self.at = start + memchr::memmem::find(rest, b"-->")? + 4;
                continue;
            }
            let length = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'/'))?;
            let name = rest.get(..length).unwrap_or_default().to_ascii_lowercase();
            self.at = start + 1 + length;
            match name.as_slice() {
                b"script" | b"style" => {
                    let end = [&b"</"[..], &name, b">"].concat();
                    self.at += memchr::memmem::find(rest.get(length..)?, &end)?;
                }
                b"tr" => {
                    let before = self.close_row(start);
                    self.row = Some(Row { at: start, ..Row::default() });
                    if before.is_some() {
                        return before;
                    }
                }
                b"td" | b"th" => {
                    self.close_cell(start);
                    let end = memchr::memchr(b'>', self.bytes.get(self.at..)?)?;
                    self.at += end + 1;
                    self.text = Some(self.at);
                    let row = self.row.get_or_insert_with(|| Row { at: start, ..Row::default() });
                    if row.cells.is_empty() {
                        row.head = name == b"th";
                    }
                }
                b"/td" | b"/th" => self.close_cell(start),
                b"/tr" => {
                    if let Some(row) = self.close_row(start) {
                        return Some(row);
                    }
                }
                b"table" => self.row = None,
                b"/table" => {
                    return match self.close_row(start) {
                        Some(row) => {
                            self.waiting = Some(Event::TableEnd);
                            Some(row)
                        }
                        None => Some(Event::TableEnd),
                    };
                }
                b"h1" => {
                    let end = memchr::memchr(b'>', self.bytes.get(self.at..)?)?;
                    self.at += end + 1;
                    self.text = Some(self.at);
                }
                b"/h1" => {
                    if let Some(text) = self.take_text(start) {
                        return Some(Event::Heading(text));
                    }
                }
                b"/html" => return Some(Event::End),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_close_with_the_next_one() {
        let html = b"<script>if (a<b) '<tr>'</script><h1>x &amp; y</h1><TABLE><tr><th><b>N</b></th>\n<th>S<br />(U/A)</th>\n<tr><td align=right><a href='q'>m</a></td><td>71%</td>\n<!-- <tr> --><tr><td>a\n</table></html>";
        let events: Vec<_> = Page::new(html).collect();
        let row = |head, cells: &[&str]| (head, cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
        let rows: Vec<_> = events
            .iter()
            .filter_map(|e| if let Event::Row(r) = e { Some((r.head, r.cells.clone())) } else { None })
            .collect();
        assert_eq!(rows, [row(true, &["N", "S(U/A)"]), row(false, &["m", "71%"]), row(false, &["a"])]);
        assert_eq!(events[0], Event::Heading("x & y".to_owned()));
        assert_eq!(events[4..], [Event::TableEnd, Event::End]);
    }
}
