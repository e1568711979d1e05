//! Measurements: named series of numbers, with labels and a unit.

use serde::Serialize;
use std::collections::BTreeMap;

/// The series of one input.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Measurements {
    /// The series.
    pub series: Vec<Series>,
}

/// A named series.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Unit, as stated.
    pub unit: Option<String>,
    /// The samples.
    pub samples: Vec<f64>,
}
