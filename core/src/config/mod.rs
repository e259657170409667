//! Configuration from the environment, read once and typed. A bad one is refused with every fault listed (000-73).

mod origins;
mod reader;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use origins::Origins;
use reader::Reader;

use crate::identity::{Lifetimes, PasswordCost, SignInRules};
use crate::throttle::TrustedProxies;
use crate::webhooks::Targets;

/// A key and what is wrong with it. Values are never repeated: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    pub key: &'static str,
    pub detail: String,
}

/// Everything wrong with the environment at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        for fault in &self.0 {
            write!(f, "\n  {}: {}", fault.key, fault.detail)?;
        }
        Ok(())
    }
}

/// A text that no log and no debug print shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Which provider carries WhatsApp messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhatsappChoice {
    /// Records messages and accepts them; for development and demos.
    Fake,
    Meta {
        base_url: String,
        api_version: String,
    },
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

/// What the web process needs.
#[derive(Debug, Clone)]
pub struct WebConfig {
    pub database_url: Secret,
    /// A direct connection for LISTEN where `database_url` goes through a pooler.
    pub listen_database_url: Secret,
    pub db_connections: usize,
    pub bind: String,
    /// Scheme, host and port people use, without a trailing slash.
    pub public_url: String,
    pub files_dir: PathBuf,
    pub staff_lifetimes: Lifetimes,
    pub dealer_lifetimes: Lifetimes,
    pub sign_in: SignInRules,
    /// Requests of one network in ten seconds.
    pub requests_per_10s: u32,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether the platform's own people must have a second factor.
    pub platform_second_factor: bool,
    /// Whose pages' scripts may call the API.
    pub cors_origins: Origins,
    /// Whom a distributor asks about its account: a telephone number, an address, or both.
    pub support_contact: Option<String>,
    pub secret_key: Secret,
    /// Whom endpoints may be.
    pub webhook_targets: Targets,
}

impl WebConfig {
    /// Cookies are `__Host-` and Secure, except over plain HTTP on this machine.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// What the worker process needs.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    pub database_url: Secret,
    pub db_connections: usize,
    pub public_url: String,
    pub files_dir: PathBuf,
    pub whatsapp: WhatsappChoice,
    /// Unset means that mails are written to `mail_dir`.
    pub smtp_url: Option<Secret>,
    pub mail_from: String,
    pub mail_dir: PathBuf,
    pub weasyprint_python: PathBuf,
    pub renderers: usize,
    pub secret_key: Secret,
    /// Whom deliveries may reach.
    pub webhook_targets: Targets,
    /// Who is asked what stands in DNS; the system's servers when there is none.
    pub dns_servers: Vec<SocketAddr>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok()
}

impl WebConfig {
    pub fn from_env() -> Result<Self, ConfigFaults> {
        Self::read(&environment)
    }

    fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new(get);
        let database_url = reader.database_url("DATABASE_URL", "the database as app_user");
        let config = WebConfig {
            listen_database_url: reader
                .optional("LISTEN_DATABASE_URL")
                .map_or_else(|| database_url.clone(), Secret),
            database_url,
            db_connections: reader.count("DB_POOL", 8, 1..=64),
            bind: reader
                .optional("BIND")
                .unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            public_url: reader.public_url(),
            files_dir: reader.files_dir(),
            staff_lifetimes: reader
                .lifetimes(("STAFF_IDLE_HOURS", 12, 3_600), ("STAFF_ABSOLUTE_DAYS", 7)),
            dealer_lifetimes: reader.lifetimes(
                ("DEALER_IDLE_DAYS", 7, 86_400),
                ("DEALER_ABSOLUTE_DAYS", 30),
            ),
            sign_in: SignInRules {
                password_cost: reader.password_cost(),
                most_a_minute: reader.number("SIGN_INS_PER_MINUTE", 10, 1..=1_000_000),
            },
            requests_per_10s: reader.number("REQUESTS_PER_10S", 100, 10..=1_000_000),
            trusted_proxies: reader.trusted_proxies(),
            platform_second_factor: reader.platform_second_factor(),
            cors_origins: reader.cors_origins(),
            support_contact: reader.support_contact(),
            secret_key: reader.secret_key(),
            webhook_targets: reader.webhook_targets(),
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigFaults(reader.faults))
        }
    }
}

impl WorkerConfig {
    pub fn from_env() -> Result<Self, ConfigFaults> {
        Self::read(&environment)
    }

    fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new(get);
        let whatsapp = match reader.optional("WHATSAPP_PROVIDER").as_deref() {
            Some("fake") => WhatsappChoice::Fake,
            None | Some("meta") => WhatsappChoice::Meta {
                base_url: reader.provider_url("WHATSAPP_BASE_URL", "https://graph.facebook.com"),
                api_version: reader.api_version("WHATSAPP_API_VERSION", "v23.0"),
            },
            Some(_) => {
                reader.fault("WHATSAPP_PROVIDER", "must be fake or meta");
                WhatsappChoice::Fake
            }
        };
        let smtp_url = reader.smtp_url();
        let mail_dir = match &smtp_url {
            Some(_) => reader.optional("MAIL_DIR").unwrap_or_default(),
            None => reader.required(
                "MAIL_DIR",
                "mails are written there while SMTP_URL is unset",
            ),
        };
        let config = WorkerConfig {
            database_url: reader.database_url("WORKER_DATABASE_URL", "the database as app_worker"),
            db_connections: reader.count("WORKER_DB_POOL", 4, 1..=32),
            public_url: reader.public_url(),
            files_dir: reader.files_dir(),
            whatsapp,
            smtp_url,
            mail_from: reader.mail_from(),
            mail_dir: PathBuf::from(mail_dir),
            weasyprint_python: PathBuf::from(
                reader.required("WEASYPRINT_PYTHON", "the python that has WeasyPrint"),
            ),
            renderers: reader.count("RENDERERS", 1, 1..=2),
            secret_key: reader.secret_key(),
            webhook_targets: reader.webhook_targets(),
            dns_servers: reader.dns_servers(),
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigFaults(reader.faults))
        }
    }
}

/// The owner's database, which only the `vitaran` command reads.
pub fn owner_database_url() -> Result<Secret, ConfigFaults> {
    let mut reader = Reader::new(&environment);
    let url = reader.database_url(
        "OWNER_DATABASE_URL",
        "the database as app_owner, who alone migrates",
    );
    if reader.faults.is_empty() {
        Ok(url)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// The database as app_user, for the commands that work through actions.
pub fn user_database_url() -> Result<Secret, ConfigFaults> {
    let mut reader = Reader::new(&environment);
    let url = reader.database_url("DATABASE_URL", "the database as app_user");
    if reader.faults.is_empty() {
        Ok(url)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// The database as app_worker, for the command that shows what the worker sees.
pub fn worker_database_url() -> Result<Secret, ConfigFaults> {
    let mut reader = Reader::new(&environment);
    let url = reader.database_url("WORKER_DATABASE_URL", "the database as app_worker");
    if reader.faults.is_empty() {
        Ok(url)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// What a hash costs, for the commands that store a first password.
pub fn password_cost() -> Result<PasswordCost, ConfigFaults> {
    let mut reader = Reader::new(&environment);
    let cost = reader.password_cost();
    if reader.faults.is_empty() {
        Ok(cost)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// The key that seals secrets, for the commands that store one.
pub fn secret_key() -> Result<Secret, ConfigFaults> {
    let mut reader = Reader::new(&environment);
    let key = reader.secret_key();
    if reader.faults.is_empty() {
        Ok(key)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// `LOG_FORMAT`: json for machines, pretty otherwise.
pub fn log_format() -> LogFormat {
    if environment("LOG_FORMAT").as_deref() == Some("json") {
        LogFormat::Json
    } else {
        LogFormat::Pretty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn web(pairs: &[(&str, &str)]) -> Result<WebConfig, ConfigFaults> {
        WebConfig::read(&|key| {
            pairs
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn every_fault_is_listed_at_once() {
        let faults = web(&[("PUBLIC_URL", "http://orders.example.in"), ("DB_POOL", "0")])
            .unwrap_err()
            .0;
        let keys: Vec<_> = faults.iter().map(|fault| fault.key).collect();
        assert_eq!(
            keys,
            [
                "DATABASE_URL",
                "DB_POOL",
                "PUBLIC_URL",
                "FILES_DIR",
                "SECRET_KEY"
            ]
        );
    }

    #[test]
    fn a_password_costs_what_is_configured_and_never_less_than_the_least() {
        let with = |key, value| {
            web(&[
                ("DATABASE_URL", "postgres://x"),
                ("FILES_DIR", "f"),
                ("SECRET_KEY", KEY),
                ("PUBLIC_URL", "https://x.in"),
                (key, value),
            ])
        };
        let dear = with("ARGON2_MEMORY_KIB", "47104").unwrap();
        assert_eq!(dear.sign_in.password_cost.memory_kib, 47_104);
        for (key, value) in [
            ("ARGON2_MEMORY_KIB", "19455"),
            ("ARGON2_PASSES", "1"),
            ("TRUSTED_PROXIES", "proxy.example.in"),
            ("CORS_ORIGINS", "*"),
            ("SIGN_INS_PER_MINUTE", "0"),
            ("REQUESTS_PER_10S", "many"),
            ("PLATFORM_SECOND_FACTOR", "yes"),
            ("SUPPORT_CONTACT", "080 1234 5678\nor so"),
            ("SUPPORT_CONTACT", &"0".repeat(121)),
        ] {
            let faults = with(key, value).unwrap_err().0;
            assert_eq!(faults[0].key, key, "{value}");
        }
    }

    fn worker(pairs: &[(&str, &str)]) -> Vec<&'static str> {
        let faults = WorkerConfig::read(&|key| {
            let pair = pairs.iter().find(|(k, _)| *k == key);
            pair.map(|(_, value)| (*value).to_owned())
        })
        .unwrap_err();
        faults.0.into_iter().map(|fault| fault.key).collect()
    }

    #[test]
    fn the_form_of_what_the_adapters_use_is_looked_at_with_everything_else() {
        let keys = [
            "WHATSAPP_BASE_URL",
            "WHATSAPP_API_VERSION",
            "SMTP_URL",
            "MAIL_FROM",
        ];
        let found = |values: [&str; 4]| {
            let pairs: Vec<_> = keys.into_iter().zip(values).collect();
            let mut found = worker(&pairs);
            found.retain(|key| keys.contains(key));
            found
        };
        for wrong in [
            ["http://graph.example.in", "23", "mail.example.in", "orders"],
            [
                "https://",
                "v23",
                "imaps://mail.example.in",
                "Vitaran <orders",
            ],
            ["ftp://127.0.0.1", "v.0", "smtp://", "Vitaran <orders@>"],
            [
                "http://graph.example.in",
                "v23",
                "smtp://u:p@mail.example.in:25",
                "orders",
            ],
            [
                "http://graph.example.in",
                "v23",
                "smtp://mail.example.in?tls=opportunistic",
                "orders",
            ],
        ] {
            assert_eq!(found(wrong), keys, "{wrong:?}");
        }
        for right in [
            [
                "https://graph.example.in",
                "v23.0",
                "smtps://u:p@mail.in",
                "orders@example.in",
            ],
            [
                "http://127.0.0.1:9",
                "v9.12",
                "smtp://127.0.0.1",
                "Vitaran <orders@example.in>",
            ],
            [
                "https://graph.example.in",
                "v23.0",
                "smtp://u:p@mail.example.in?tls=required",
                "orders@example.in",
            ],
            [
                "https://graph.example.in",
                "v23.0",
                "smtp://mailpit:1025",
                "orders@example.in",
            ],
        ] {
            assert_eq!(found(right), [""; 0], "{right:?}");
        }
    }

    #[test]
    fn plain_http_is_accepted_on_this_machine_alone() {
        let with = |url| {
            web(&[
                ("DATABASE_URL", "postgres://x"),
                ("FILES_DIR", "f"),
                ("SECRET_KEY", KEY),
                ("PUBLIC_URL", url),
            ])
        };
        assert!(with("http://127.0.0.1:8080").is_ok_and(|config| !config.is_https()));
        assert!(with("https://orders.example.in/").is_ok_and(
            |config| config.is_https() && config.public_url == "https://orders.example.in"
        ));
        assert!(with("http://127.0.0.1.example.in").is_err());
    }

    #[test]
    fn the_platforms_own_people_need_a_second_factor_unless_only_this_machine_is_served() {
        let with = |url, word: &'static str| {
            let pairs = [
                ("DATABASE_URL", "postgres://x"),
                ("FILES_DIR", "f"),
                ("SECRET_KEY", KEY),
                ("PUBLIC_URL", url),
                ("PLATFORM_SECOND_FACTOR", word),
            ];
            web(&pairs).unwrap().platform_second_factor
        };
        assert!(with("https://x.in", "") && !with("http://127.0.0.1:8080", ""));
        assert!(!with("https://x.in", "optional") && with("http://127.0.0.1:8080", "required"));
    }

    #[test]
    fn webhooks_reach_this_machine_only_where_it_is_asked_for_and_people_use_it_from_here() {
        let targets = |public_url, targets| {
            let pairs = [
                ("DATABASE_URL", "postgres://x"),
                ("FILES_DIR", "f"),
                ("SECRET_KEY", KEY),
                ("PUBLIC_URL", public_url),
                ("WEBHOOK_TARGETS", targets),
            ];
            web(&pairs).map(|config| config.webhook_targets)
        };
        let here = "http://127.0.0.1:8080";
        assert_eq!(targets(here, "loopback"), Ok(Targets::Loopback));
        assert_eq!(targets(here, "public"), Ok(Targets::Public));
        assert_eq!(targets("https://x.in", "public"), Ok(Targets::Public));
        for (public_url, wrong) in [("https://x.in", "loopback"), (here, "all")] {
            let faults = targets(public_url, wrong).unwrap_err().0;
            assert_eq!(faults[0].key, "WEBHOOK_TARGETS", "{wrong}");
        }
    }

    #[test]
    fn name_servers_are_addresses_with_or_without_a_port() {
        let servers = |text: &str| {
            let pairs = [("DNS_SERVERS", text.to_owned())];
            let get = |key: &str| {
                let found = pairs.iter().find(|(name, _)| *name == key);
                found.map(|(_, value)| value.clone())
            };
            let mut reader = Reader::new(&get);
            let servers = reader.dns_servers();
            reader.faults.is_empty().then_some(servers)
        };
        let read = servers("127.0.0.1:5353, 2001:db8::1,[::1]:53").unwrap();
        let texts: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["127.0.0.1:5353", "[2001:db8::1]:53", "[::1]:53"]);
        assert_eq!(servers(""), Some(Vec::new()));
        for wrong in [
            "dns.example.in",
            "127.0.0.1:",
            "1.2.3",
            "127.0.0.1;127.0.0.2",
        ] {
            assert_eq!(servers(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_printed_configuration_shows_no_secret() {
        let config = web(&[
            ("DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("FILES_DIR", "f"),
            ("SECRET_KEY", KEY),
            ("PUBLIC_URL", "https://x.in"),
        ])
        .unwrap();
        let shown = format!("{config:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("AAAA"),
            "{shown}"
        );
    }
}
