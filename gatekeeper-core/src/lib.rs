//! stub
pub mod license;
