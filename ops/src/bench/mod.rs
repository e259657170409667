//! The measurement behind `bin/bench`: how fast the product is over HTTP, and how near that is to what PostgreSQL could do.
//!
//! `capture` sends a few requests of each kind to a server whose database logs its statements and writes them as pgbench
//! scripts, and refuses to if a script does not say what was sent; `measure` drives each kind for a while with a bounded
//! number of clients, in closed loop, and counts what web and PostgreSQL spend on it; `drain` watches the worker. The client is
//! a process of its own, so its cost is in none.

mod client;
mod drain;
mod load;
mod processes;
pub mod replay;
mod scenarios;
mod sign_in;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::OpsError;

pub use load::Measured;
pub use processes::{Cost, cost};
pub use scenarios::Scenario;

/// Requests of each kind that become a script: enough to spread over dealers and products.
const SAMPLES: usize = 8;

/// The collector writes a moment after the answer.
const LOG_DELAY: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
pub struct Server {
    /// Where web listens, such as http://127.0.0.1:8181
    #[arg(long)]
    base_url: String,
    /// Only these kinds; all otherwise
    #[arg(long, value_enum)]
    only: Vec<Scenario>,
}

#[derive(Debug, Args)]
pub struct Load {
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
}

impl Load {
    fn bounds(&self) -> load::Bounds {
        load::Bounds {
            clients: self.clients,
            time: Duration::from_secs(self.seconds),
            web_pid: self.web_pid,
            postgres_pid: self.postgres_pid,
        }
    }
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
        #[command(flatten)]
        load: Load,
    },
    /// Times refused sign-ins, and pages beside a storm of sign-ins
    SignIn {
        #[command(flatten)]
        load: Load,
        #[arg(long)]
        base_url: String,
    },
    /// Watches the worker do the jobs that the load has left
    Drain {
        #[arg(long)]
        worker_pid: u32,
        #[arg(long, default_value_t = 15)]
        seconds: u64,
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
        Command::Measure { server, load } => measure(&server, &load.bounds()).await,
        Command::SignIn { load, base_url } => sign_in::watch(&base_url, &load.bounds()).await,
        Command::Drain {
            worker_pid,
            seconds,
        } => drain::watch(worker_pid, Duration::from_secs(seconds)).await,
    }
}

async fn measure(server: &Server, bounds: &load::Bounds) -> Result<Vec<String>, OpsError> {
    let stage = scenarios::Stage::open(&server.base_url).await?;
    let mut said = vec![Measured::heading()];
    let mut over = Vec::new();
    for scenario in server.chosen() {
        stage.prepare(scenario, bounds).await?;
        let measured = load::drive(&stage, scenario, bounds).await?;
        over.extend(measured.over_its_floor());
        said.push(measured.to_string());
    }
    said.extend(over);
    Ok(said)
}

/// Writes the scripts; says of each kind how many statements each of its steps sends.
async fn capture(server: &Server, log_dir: &Path, scripts: &Path) -> Result<Vec<String>, OpsError> {
    std::fs::create_dir_all(scripts)?;
    let stage = scenarios::Stage::open(&server.base_url).await?;
    let mut kinds: Vec<Scenario> = Vec::new();
    for scenario in server.chosen() {
        if !kinds.contains(&scenario.script()) {
            kinds.push(scenario.script());
        }
    }
    let mut said = Vec::new();
    for scenario in kinds {
        // Unseen, so that every connection in use knows its statements; the end of its last transaction is told late.
        stage.once(scenario, 0).await?;
        tokio::time::sleep(LOG_DELAY).await;
        let mut counts: Vec<usize> = Vec::new();
        for sample in 1..=SAMPLES {
            let (steps, script) = sample_of(&stage, scenario, sample, log_dir).await?;
            let sent: Vec<usize> = steps.iter().map(|(_, step)| step.sent.len()).collect();
            if let Some((name, _)) = steps.iter().find(|(_, step)| !step.is_faithful()) {
                return Err(differs(scenario, &format!("{name} of sample {sample}")));
            }
            if sample > 1 && sent != counts {
                return Err(differs(
                    scenario,
                    &format!("sample {sample} ({sent:?} statements, not {counts:?})"),
                ));
            }
            counts = sent;
            std::fs::write(
                scripts.join(format!("{}.{sample}.sql", scenario.name())),
                script,
            )?;
        }
        let counts: Vec<String> = scenario
            .steps()
            .iter()
            .zip(&counts)
            .map(|(step, count)| format!("{} {count}", step.name()))
            .collect();
        said.push(format!("{}: {}", scenario.name(), counts.join(", ")));
    }
    Ok(said)
}

fn differs(scenario: Scenario, what: &str) -> OpsError {
    OpsError::Refused(format!(
        "no ceiling for {}: the script of {what} does not say what web sends",
        scenario.name()
    ))
}

/// Does a scenario once, and gives what each of its steps said with the script of all.
async fn sample_of(
    stage: &scenarios::Stage,
    scenario: Scenario,
    turn: usize,
    log_dir: &Path,
) -> Result<(Vec<(&'static str, replay::Step)>, String), OpsError> {
    let mut walk = scenarios::Walk::new(turn);
    let mut new = replay::New {
        after: replay::id_of(vitaran_kernel::Clock::now(&vitaran_kernel::SystemClock)),
        invoice: None,
    };
    let mut pieces = Vec::new();
    for step in scenario.steps() {
        let before = read_logs(log_dir)?.len();
        stage.step(*step, &mut walk).await?;
        tokio::time::sleep(LOG_DELAY).await;
        let log = read_logs(log_dir)?;
        pieces.push((
            step.name(),
            log.get(before..).unwrap_or_default().to_owned(),
        ));
    }
    new.invoice = walk.invoice;
    let steps: Vec<_> = pieces
        .iter()
        .map(|(name, log)| (*name, replay::step(log, &new)))
        .collect();
    let script = replay::script(&steps, &new);
    Ok((steps, script))
}

/// All JSON logs of the server, the oldest first.
fn read_logs(folder: &Path) -> Result<String, OpsError> {
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
