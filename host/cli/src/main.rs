//! The command `cloudhost`.

fn main() -> std::process::ExitCode {
    cloudhost::cli::main()
}
