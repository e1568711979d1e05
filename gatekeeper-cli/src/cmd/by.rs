//! The arguments that several commands share: by what is judged, and how large a file may be.

use clap::Args;
use gatekeeper_core::input::Limits;
use std::path::PathBuf;

/// By what policy is judged, where and when.
#[derive(Debug, Clone, Args)]
pub struct By {
    /// The policy; otherwise gatekeeper.toml is searched for here and in the parent folders
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder that the policy's patterns are relative to
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// The policy's profile to judge by
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The clock to judge by (RFC 3339), instead of this machine's
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}

/// How much of a file is read.
#[derive(Debug, Clone, Copy, Args)]
pub struct Largest {
    /// Largest file that is read: bytes, or a size such as 10MB
    #[arg(long, value_name = "SIZE", value_parser = crate::size::bytes, default_value_t = Limits::default().file_bytes)]
    pub(crate) max_bytes: u64,
}
