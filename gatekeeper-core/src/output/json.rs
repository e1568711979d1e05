//! The output `json`: the verdict itself. Every violation is in it.

use super::{Output, Style};
use crate::verdict::Verdict;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output { id: "json", title: "the whole verdict, for programs", write };

fn write(verdict: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, verdict)?;
    writeln!(out)
}
