//! Evidence set in relation: twins of one run, reports and the working tree, findings of several scanners and what takes them out.

mod aside;
pub mod findings;
pub(crate) mod inside;
pub(crate) mod pages;
pub mod paths;
pub(crate) mod reconcile;
pub mod suppress;
mod twice;
pub(crate) mod twins;
