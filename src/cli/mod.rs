//! The command line: what a person or a script says to the binary.

/// Runs what the arguments ask for and gives the exit code.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
