//! The output `json`: the verdict itself. Every violation is in it.

use super::document::document;
use super::{Output, Style, Writer};
use crate::verdict::Verdict;
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("json"),
    title: Cow::Borrowed("the whole verdict, for programs"),
    write: Writer::Fixed(write),
};

fn write(verdict: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    document(verdict, out)
}
