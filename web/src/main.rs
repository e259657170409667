//! `web`: serves pages and API.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use poem::Server;
use poem::listener::{Listener as _, TcpListener};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use vitaran_core::config::{self, LogFormat, WebConfig};
use vitaran_core::db::{Db, DbSettings, refuse_to_start};
use vitaran_core::files::LocalFileStore;
use vitaran_core::live::{self, Hints, LiveFeed};
use vitaran_kernel::SystemClock;
use vitaran_web::http::prompt_headers::PromptHeaders;
use vitaran_web::{AppState, Shutdown, app, openapi, router};

/// Requests under way when the process is asked to stop have this long.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// A connection without a byte in or out; above the heartbeat of live streams.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const BAD_CONFIGURATION: u8 = 78;

#[derive(Parser)]
#[command(name = "web", version, about = "Serves Vitaran's pages and API")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or SIGINT
    Serve,
    /// Reads the configuration, names every fault, serves nothing
    CheckConfig,
    /// Prints the API's document (OpenAPI 3.1)
    Openapi {
        /// The form for older generators (OpenAPI 3.0)
        #[arg(long)]
        older: bool,
    },
    /// Prints every route: method and path
    Routes,
    /// Asks the server on this machine for /health; fails when it is not well
    Healthcheck,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let command = Cli::parse().command;
    log_to_stderr();
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web: {error}");
            let is_configuration = error.is::<config::ConfigFaults>();
            ExitCode::from(if is_configuration {
                BAD_CONFIGURATION
            } else {
                1
            })
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve => serve(WebConfig::from_env()?).await?,
        Command::CheckConfig => {
            WebConfig::from_env()?;
            println!("the configuration is complete");
        }
        Command::Openapi { older } => {
            let documents = openapi::documents();
            let wanted = if older {
                documents.v3_0
            } else {
                documents.v3_1
            };
            print!("{}", openapi::printed(&wanted));
        }
        Command::Routes => {
            for (method, path) in router::routes() {
                println!("{method:6} {path}");
            }
        }
        Command::Healthcheck => healthcheck(&WebConfig::from_env()?.bind).await?,
    }
    Ok(())
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,poem=warn".into());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config::log_format() {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Pretty => lines.init(),
    }
}

async fn serve(config: WebConfig) -> Result<(), Failure> {
    let settings = DbSettings {
        max_connections: config.db_connections,
        ..DbSettings::new(config.database_url.reveal())
    };
    let (hints, queue) = Hints::queue();
    let db = Db::connect(&settings, Arc::new(SystemClock), hints)?;
    refuse_to_start(&db).await?;
    let files = Arc::new(LocalFileStore::open(&config.files_dir)?);
    let feed = LiveFeed::new();
    tokio::spawn(live::run_sender(db.clone(), queue));
    tokio::spawn(live::listen(
        config.listen_database_url.reveal().to_owned(),
        feed.clone(),
    ));
    let bind = config.bind.clone();
    let shutdown = Shutdown::new();
    let state = AppState::new(db, config, feed, files, shutdown.clone());
    tracing::info!("serving on {bind}");
    let acceptor = TcpListener::bind(bind).into_acceptor().await?;
    Server::new_with_acceptor(PromptHeaders::new(acceptor))
        .idle_timeout(IDLE_LIMIT)
        .run_with_graceful_shutdown(app(state), stop(shutdown), Some(SHUTDOWN_LIMIT))
        .await?;
    tracing::info!("stopped");
    Ok(())
}

/// Waits for SIGTERM or SIGINT, then lets the live streams end, which would hold the exit up.
async fn stop(shutdown: Shutdown) {
    let (Ok(mut term), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be heard: only a kill will stop this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    shutdown.begin();
}

/// One request by hand: the image it runs in has no curl.
async fn healthcheck(bind: &str) -> Result<(), Failure> {
    let address = bind
        .replace("0.0.0.0", "127.0.0.1")
        .replace("[::]", "[::1]");
    let asked = async {
        let mut stream = TcpStream::connect(&address).await?;
        stream
            .write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.take(16 * 1024).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(3), asked).await??;
    let status = answer.split(' ').nth(1).unwrap_or("none");
    if status == "200" {
        Ok(())
    } else {
        Err(format!("/health answered {status}").into())
    }
}
