//! The program `delta`; everything is in the library.

fn main() {}
