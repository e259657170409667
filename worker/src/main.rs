//! `worker`: runs the jobs.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use vitaran_core::config::{ConfigFaults, LogFormat, WorkerConfig, log_format};
use vitaran_worker::registry::kinds_of;
use vitaran_worker::run;

/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const BAD_CONFIGURATION: u8 = 78;

#[derive(Parser)]
#[command(
    name = "worker",
    version,
    about = "Renders invoices, sends WhatsApp messages and mail"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the queues until it is told to stop (what it does without a command)
    Run {
        /// Only these queues: whatsapp, mail, account-mail, webhook, render, audit, housekeeping
        #[arg(long, value_delimiter = ',')]
        queues: Vec<String>,
    },
    /// Does what is due now and ends
    Once {
        /// Only these queues
        #[arg(long, value_delimiter = ',')]
        queues: Vec<String>,
    },
    /// Whether a worker on this machine is alive; for a container's health check
    Healthcheck,
    /// Checks the configuration, the database role and the adapters, and starts nothing
    CheckConfig,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,apalis_core=warn,sqlx=warn".into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log_format() {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Pretty => log.init(),
    }
    match obey(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            if error.is::<ConfigFaults>() {
                ExitCode::from(BAD_CONFIGURATION)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn obey(command: Option<Command>) -> Result<(), Failure> {
    let config = WorkerConfig::from_env()?;
    let kinds =
        |queues: &[String]| kinds_of(queues).map_err(|queue| format!("there is no queue {queue}"));
    match command.unwrap_or(Command::Run { queues: Vec::new() }) {
        Command::Run { queues } => run::run(&config, kinds(&queues)?).await?,
        Command::Once { queues } => {
            let pieces = run::run_once(&config, &kinds(&queues)?).await?;
            tracing::info!(pieces, "did what was due");
        }
        Command::Healthcheck => run::check_health(&config).await?,
        Command::CheckConfig => run::check(&config).await?,
    }
    Ok(())
}
