//! The measurement behind `bin/bench`: how fast the product is over HTTP, and how near that is to what PostgreSQL could do.
//!
//! `capture` sends a few requests of each kind to a server whose database logs its statements and writes them as pgbench
//! scripts; `measure` drives each kind for a while with a bounded number of clients, in closed loop, and counts what web
//! and PostgreSQL spend on it. The client is a process of its own, so its cost is in neither.

mod client;
mod load;
mod processes;
pub mod replay;
mod scenarios;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::OpsError;

pub use load::Measured;
pub use scenarios::Scenario;

/// Requests of each kind that become a script: enough to spread over dealers and products.
const SAMPLES: usize = 8;

#[derive(Debug, Args)]
pub struct Server {
    /// Where web listens, such as http://127.0.0.1:8181
    #[arg(long)]
    base_url: String,
    /// Only these kinds; all otherwise
    #[arg(long, value_enum)]
    only: Vec<Scenario>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Writes pgbench scripts of what a request does in the database
    Capture {
        #[command(flatten)]
        server: Server,
        /// The folder of the server's JSON logs
        #[arg(long)]
        log_dir: PathBuf,
        /// Where the scripts go: KIND.N.sql
        #[arg(long)]
        scripts: PathBuf,
    },
    /// Drives load and writes one line for each kind
    Measure {
        #[command(flatten)]
        server: Server,
        #[arg(long, default_value_t = 8)]
        clients: usize,
        #[arg(long, default_value_t = 15)]
        seconds: u64,
        /// Process id of web
        #[arg(long)]
        web_pid: u32,
        /// Process id of PostgreSQL's first process
        #[arg(long)]
        postgres_pid: u32,
    },
}

impl Server {
    fn chosen(&self) -> Vec<Scenario> {
        if self.only.is_empty() {
            Scenario::ALL.to_vec()
        } else {
            self.only.clone()
        }
    }
}

/// Runs a command and gives what it has to say.
pub async fn run(command: Command) -> Result<Vec<String>, OpsError> {
    match command {
        Command::Capture {
            server,
            log_dir,
            scripts,
        } => capture(&server, &log_dir, &scripts).await,
        Command::Measure {
            server,
            clients,
            seconds,
            web_pid,
            postgres_pid,
        } => {
            let bounds = load::Bounds {
                clients,
                time: Duration::from_secs(seconds),
                web_pid,
                postgres_pid,
            };
            measure(&server, &bounds).await
        }
    }
}

async fn measure(server: &Server, bounds: &load::Bounds) -> Result<Vec<String>, OpsError> {
    let stage = scenarios::Stage::open(&server.base_url).await?;
    let mut said = vec![Measured::heading()];
    for scenario in server.chosen() {
        stage.prepare(scenario, bounds).await?;
        let measured = load::drive(&stage, scenario, bounds).await?;
        said.push(measured.to_string());
    }
    Ok(said)
}

async fn capture(
    server: &Server,
    log_dir: &std::path::Path,
    scripts: &std::path::Path,
) -> Result<Vec<String>, OpsError> {
    std::fs::create_dir_all(scripts)?;
    let stage = scenarios::Stage::open(&server.base_url).await?;
    let mut said = Vec::new();
    for scenario in server.chosen() {
        if !scenario.has_ceiling() {
            continue;
        }
        // Once unseen, so that the connection knows its statements.
        stage.once(scenario, 0).await?;
        for sample in 1..=SAMPLES {
            let newest = replay::id_of(vitaran_kernel::Clock::now(&vitaran_kernel::SystemClock));
            let before = read_logs(log_dir)?.len();
            stage.once(scenario, sample).await?;
            // The collector writes a moment after the answer.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let log = read_logs(log_dir)?;
            let script = replay::script(log.get(before..).unwrap_or_default(), &newest);
            let name = format!("{}.{sample}.sql", scenario.name());
            std::fs::write(scripts.join(&name), script)?;
            said.push(name);
        }
    }
    Ok(said)
}

/// All JSON logs of the server, the oldest first.
fn read_logs(folder: &std::path::Path) -> Result<String, OpsError> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let mut text = String::new();
    for file in files {
        text.push_str(&std::fs::read_to_string(file)?);
    }
    Ok(text)
}
