//! The program `delta`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a defect of the program: its message stands above, and no half result has a final name.
    std::panic::catch_unwind(delta_radiomics::cli::main).unwrap_or_else(|_| {
        eprintln!(
            "delta: this is a defect of the program. Please report it with the command, the message above and \
             `delta --version`."
        );
        ExitCode::from(1)
    })
}
