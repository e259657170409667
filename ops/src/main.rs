//! `vitaran`: migrate, seed, create tenants.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use vitaran_core::config;
use vitaran_ops::{OpsError, migrate};

#[derive(Parser)]
#[command(name = "vitaran", version, about = "Operates a Vitaran installation")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings the database to this release (as its owner, from OWNER_DATABASE_URL)
    Migrate,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::debug!(?error);
            eprintln!("vitaran: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn run(command: Command) -> Result<(), OpsError> {
    match command {
        Command::Migrate => {
            let applied = migrate::migrate(config::owner_database_url()?.reveal()).await?;
            println!(
                "{} migration(s) applied; policies, functions, triggers and grants are up to date",
                applied.len()
            );
            Ok(())
        }
    }
}
