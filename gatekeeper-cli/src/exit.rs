//! Exit codes. They are API.

/// The verdict is pass or warn (or the command did what it was asked).
pub const PASS: u8 = 0;
/// The verdict is fail; for `inspect`: a file could not be read.
pub const FAIL: u8 = 1;
/// Bad usage or a bad policy: nothing was judged.
pub const USAGE: u8 = 2;
/// Nothing failed, but a blocking gate could not be judged.
pub const UNKNOWN: u8 = 3;
