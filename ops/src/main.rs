//! `vitaran`: migrate, seed, create tenants and users, check what is there.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use vitaran_core::config;
use vitaran_ops::isolation::ProveIsolation;
use vitaran_ops::registration::{AddRegistration, SetLut};
use vitaran_ops::tenant::{CreateTenant, SetTenant};
use vitaran_ops::user::{AddUser, CreateAdmin, ResetSecondFactor};
use vitaran_ops::whatsapp::SetAccount;
use vitaran_ops::{
    OpsError, check_config, isolation, migrate, registration, seed, tenant, user, verify, whatsapp,
};

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
    /// Fills a database with invented data
    Seed(Seed),
    /// Tenants
    #[command(subcommand)]
    Tenant(Tenant),
    /// The GST registrations a tenant sells under
    #[command(subcommand)]
    Registration(Registration),
    /// Users of tenants, and of the platform itself
    #[command(subcommand)]
    User(User),
    /// A tenant's WhatsApp number
    #[command(subcommand)]
    Whatsapp(Whatsapp),
    /// Reads the configuration of web, worker and this command, and names every fault
    CheckConfig,
    /// Recomputes the hash of every invoice and every seal of the audit trail
    VerifyChain(OneTenant),
    /// Checks stock, invoices, credit and histories against their rules
    VerifyInvariants(OneTenant),
    /// Shows that one tenant's session reaches nothing of another's, as a signed report
    ProveIsolation(ProveIsolation),
}

#[derive(Args)]
struct Seed {
    #[command(flatten)]
    which: Which,
    /// Seed although the database has tenants of its own
    #[arg(long)]
    force_beside: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Two distributors with six weeks of trade, to look at
    #[arg(long)]
    demo: bool,
    /// One big tenant, to measure
    #[arg(long)]
    scale: bool,
}

#[derive(Subcommand)]
enum Tenant {
    /// A tenant that can sell, with its first administrator
    Create(Box<CreateTenant>),
    /// What invoices and messages say of it: UPI, declaration, terms, support
    Set(Box<SetTenant>),
}

#[derive(Subcommand)]
enum Registration {
    /// Another GSTIN, with its warehouse and its invoice series
    Add(Box<AddRegistration>),
    /// The letter of undertaking for supplies to an SEZ without tax
    SetLut(SetLut),
}

#[derive(Subcommand)]
enum User {
    /// Somebody who works in a tenant, or orders for one of its dealers
    Add(AddUser),
    /// A platform admin, member of no tenant
    CreateAdmin(CreateAdmin),
    /// Takes the second factor off somebody who lost it; the only way back in for platform admins
    ResetSecondFactor(ResetSecondFactor),
}

#[derive(Subcommand)]
enum Whatsapp {
    /// Stores number and secrets; the three secrets are read from standard input, a line each
    Set(SetAccount),
}

#[derive(Args)]
struct OneTenant {
    /// The tenant's short name; all tenants otherwise
    #[arg(long)]
    tenant: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse().command).await {
        Ok(said) => {
            say(&said);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::debug!(?error);
            eprintln!("vitaran: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
fn say(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

async fn run(command: Command) -> Result<Vec<String>, OpsError> {
    match command {
        Command::Migrate => {
            let applied = migrate::migrate(config::owner_database_url()?.reveal()).await?;
            Ok(vec![format!(
                "{} migration(s) applied; policies, functions, triggers and grants are up to date",
                applied.len()
            )])
        }
        Command::Seed(Seed {
            which,
            force_beside,
        }) => {
            if which.demo {
                Box::pin(seed::demo::seed(force_beside)).await
            } else {
                Box::pin(seed::scale::seed(force_beside)).await
            }
        }
        Command::Tenant(Tenant::Create(input)) => tenant::create(*input).await,
        Command::Tenant(Tenant::Set(input)) => tenant::set(*input).await,
        Command::Registration(Registration::Add(input)) => registration::add(*input).await,
        Command::Registration(Registration::SetLut(input)) => registration::set_lut(input).await,
        Command::User(User::Add(input)) => user::add(input).await,
        Command::User(User::CreateAdmin(input)) => user::create_admin(input).await,
        Command::User(User::ResetSecondFactor(input)) => user::reset_second_factor(input).await,
        Command::Whatsapp(Whatsapp::Set(input)) => whatsapp::set(input).await,
        Command::CheckConfig => check_config::check(),
        Command::VerifyChain(OneTenant { tenant }) => verify::chain(tenant.as_deref()).await,
        Command::ProveIsolation(input) => isolation::prove(input).await,
        Command::VerifyInvariants(OneTenant { tenant }) => {
            verify::invariants(tenant.as_deref()).await
        }
    }
}
