//! The client of `bin/bench`, which says how to use it.

use std::process::ExitCode;

use clap::Parser;
use vitaran_ops::bench;

#[derive(Parser)]
#[command(name = "bench", about = "Measures a running web server")]
struct Cli {
    #[command(subcommand)]
    command: bench::Command,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match Box::pin(bench::run(Cli::parse().command)).await {
        Ok(said) => {
            for line in said {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
