//! The `fuxin` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fuxin::cli::run()
}
