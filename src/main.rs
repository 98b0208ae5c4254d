//! The program `delta`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    delta_radiomics::cli::main()
}
