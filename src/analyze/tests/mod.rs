//! Tests of the whole path: other programs' expected values, and cohorts whose truth is known.

mod aspects;
mod edges;
mod honesty;
mod planted;
mod real;
mod reference;
