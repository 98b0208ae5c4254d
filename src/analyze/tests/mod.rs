//! Tests of the whole path: other programs' expected values, and cohorts whose truth is known.

mod edges;
mod aspects;
mod honesty;
mod planted;
mod reference;
