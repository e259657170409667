//! Configuration from the environment, read once and typed. A bad one is refused with every fault listed (000-73).

use std::fmt;
use std::path::PathBuf;

use crate::identity::Lifetimes;

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
    pub secret_key: Secret,
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
}

/// Reads keys through a function, so that a test needs no environment.
struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<ConfigFault>,
}

impl Reader<'_> {
    fn fault(&mut self, key: &'static str, detail: impl Into<String>) {
        self.faults.push(ConfigFault {
            key,
            detail: detail.into(),
        });
    }

    fn optional(&self, key: &str) -> Option<String> {
        (self.get)(key).filter(|value| !value.trim().is_empty())
    }

    fn required(&mut self, key: &'static str, what: &str) -> String {
        self.optional(key).unwrap_or_else(|| {
            self.fault(key, format!("is not set: {what}"));
            String::new()
        })
    }

    fn number(
        &mut self,
        key: &'static str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> u32 {
        let Some(text) = self.optional(key) else {
            return default;
        };
        match text.parse::<u32>() {
            Ok(n) if range.contains(&n) => n,
            _ => {
                self.fault(
                    key,
                    format!(
                        "must be a whole number from {} to {}",
                        range.start(),
                        range.end()
                    ),
                );
                default
            }
        }
    }

    fn count(
        &mut self,
        key: &'static str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> usize {
        usize::try_from(self.number(key, default, range)).unwrap_or(1)
    }

    fn database_url(&mut self, key: &'static str, what: &str) -> Secret {
        let url = self.required(key, what);
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            self.fault(key, "must begin with postgres://");
        }
        Secret(url)
    }

    fn public_url(&mut self) -> String {
        let url = self.required(
            "PUBLIC_URL",
            "the address people open, such as https://orders.example.in",
        );
        let host = url
            .strip_prefix("http://")
            .map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
        let is_loopback = matches!(host, Some("127.0.0.1" | "localhost"));
        if !url.is_empty() && !url.starts_with("https://") && !is_loopback {
            self.fault("PUBLIC_URL", "must be https:// (plain http:// works on 127.0.0.1 and localhost only, for cookies are not safe otherwise)");
        }
        url.trim_end_matches('/').to_owned()
    }

    fn secret_key(&mut self) -> Secret {
        let key = self.required(
            "SECRET_KEY",
            "k1:<32 random bytes in base64>; `openssl rand -base64 32` makes them",
        );
        if !key.is_empty() && crate::secrets::SecretKey::parse(&key).is_err() {
            self.fault(
                "SECRET_KEY",
                "must be a key id, a colon and 32 bytes in base64, such as k1:…",
            );
        }
        Secret(key)
    }

    fn lifetimes(
        &mut self,
        idle: (&'static str, u32, u32),
        absolute: (&'static str, u32),
    ) -> Lifetimes {
        let (idle_key, idle_default, idle_unit_s) = idle;
        let idle_s = self
            .number(idle_key, idle_default, 1..=720)
            .saturating_mul(idle_unit_s);
        let absolute_s = self
            .number(absolute.0, absolute.1, 1..=90)
            .saturating_mul(86_400);
        Lifetimes {
            idle_s: i32::try_from(idle_s).unwrap_or(i32::MAX),
            absolute_s: i32::try_from(absolute_s).unwrap_or(i32::MAX),
        }
    }
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
        let mut reader = Reader {
            get,
            faults: Vec::new(),
        };
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
            files_dir: PathBuf::from(reader.required(
                "FILES_DIR",
                "the folder of rendered documents, shared with the worker",
            )),
            staff_lifetimes: reader
                .lifetimes(("STAFF_IDLE_HOURS", 12, 3_600), ("STAFF_ABSOLUTE_DAYS", 7)),
            dealer_lifetimes: reader.lifetimes(
                ("DEALER_IDLE_DAYS", 7, 86_400),
                ("DEALER_ABSOLUTE_DAYS", 30),
            ),
            secret_key: reader.secret_key(),
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
        let mut reader = Reader {
            get,
            faults: Vec::new(),
        };
        let whatsapp = match reader.optional("WHATSAPP_PROVIDER").as_deref() {
            Some("fake") => WhatsappChoice::Fake,
            None | Some("meta") => WhatsappChoice::Meta {
                base_url: reader
                    .optional("WHATSAPP_BASE_URL")
                    .unwrap_or_else(|| "https://graph.facebook.com".to_owned()),
                api_version: reader
                    .optional("WHATSAPP_API_VERSION")
                    .unwrap_or_else(|| "v23.0".to_owned()),
            },
            Some(_) => {
                reader.fault("WHATSAPP_PROVIDER", "must be fake or meta");
                WhatsappChoice::Fake
            }
        };
        let smtp_url = reader.optional("SMTP_URL").map(Secret);
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
            files_dir: PathBuf::from(reader.required(
                "FILES_DIR",
                "the folder of rendered documents, shared with web",
            )),
            whatsapp,
            smtp_url,
            mail_from: reader.required(
                "MAIL_FROM",
                "the sender of mails, such as orders@example.in",
            ),
            mail_dir: PathBuf::from(mail_dir),
            weasyprint_python: PathBuf::from(
                reader.required("WEASYPRINT_PYTHON", "the python that has WeasyPrint"),
            ),
            renderers: reader.count("RENDERERS", 1, 1..=2),
            secret_key: reader.secret_key(),
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
    let mut reader = Reader {
        get: &environment,
        faults: Vec::new(),
    };
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
    let mut reader = Reader {
        get: &environment,
        faults: Vec::new(),
    };
    let url = reader.database_url("DATABASE_URL", "the database as app_user");
    if reader.faults.is_empty() {
        Ok(url)
    } else {
        Err(ConfigFaults(reader.faults))
    }
}

/// The key that seals secrets, for the commands that store one.
pub fn secret_key() -> Result<Secret, ConfigFaults> {
    let mut reader = Reader {
        get: &environment,
        faults: Vec::new(),
    };
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
