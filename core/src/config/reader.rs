//! Reading single keys: what is missing or wrong is noted, and reading goes on. The adapters that use a value have the
//! last word on it; here is found what can be seen from its form.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use vitaran_kernel::EmailAddress;

use super::{ConfigFault, Origins, Secret};
use crate::identity::{Lifetimes, PasswordCost};
use crate::throttle::TrustedProxies;
use crate::webhooks::Targets;

/// Reads keys through a function, so that a test needs no environment.
pub(super) struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    pub(super) faults: Vec<ConfigFault>,
}

/// What comes after the scheme, when the address may carry a secret: https, or plain http that stays on this machine.
fn rest_of_safe_url(url: &str) -> Option<&str> {
    if let Some(rest) = url.strip_prefix("https://") {
        return Some(rest);
    }
    let rest = url.strip_prefix("http://")?;
    let host = rest.split(['/', ':']).next()?;
    matches!(host, "127.0.0.1" | "localhost").then_some(rest)
}

/// TLS from the start, or demanded before anything is said. In the clear mails go no further than this machine or the private
/// network of its containers, whose names have no dot.
fn is_safe_mail_server(url: &str) -> bool {
    if let Some(rest) = url.strip_prefix("smtps://") {
        return !rest.is_empty();
    }
    let Some(rest) = url.strip_prefix("smtp://") else {
        return false;
    };
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split([':', '/']).next().unwrap_or_default();
    let is_near = name == "127.0.0.1" || host.starts_with("[::1]") || !name.contains('.');
    let is_sealed = query.split('&').any(|part| part == "tls=required");
    !host.is_empty() && (is_sealed || is_near)
}

fn is_api_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// `Name <address>` or a bare address.
fn is_sender(text: &str) -> bool {
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.trim_end().strip_suffix('>'),
        None => Some(text),
    };
    address.is_some_and(|address| EmailAddress::parse(address).is_ok())
}

impl<'a> Reader<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Reader {
            get,
            faults: Vec::new(),
        }
    }

    pub(super) fn fault(&mut self, key: &'static str, detail: impl Into<String>) {
        self.faults.push(ConfigFault {
            key,
            detail: detail.into(),
        });
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        (self.get)(key).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn required(&mut self, key: &'static str, what: &str) -> String {
        self.optional(key).unwrap_or_else(|| {
            self.fault(key, format!("is not set: {what}"));
            String::new()
        })
    }

    /// One sentence for both who read it, so that a check of everything tells it once.
    pub(super) fn files_dir(&mut self) -> PathBuf {
        PathBuf::from(self.required(
            "FILES_DIR",
            "the folder of rendered documents, which web and worker share",
        ))
    }

    pub(super) fn number(
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

    pub(super) fn count(
        &mut self,
        key: &'static str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> usize {
        usize::try_from(self.number(key, default, range)).unwrap_or(1)
    }

    pub(super) fn database_url(&mut self, key: &'static str, what: &str) -> Secret {
        let url = self.required(key, what);
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            self.fault(key, "must begin with postgres://");
        }
        Secret(url)
    }

    pub(super) fn public_url(&mut self) -> String {
        let url = self.required(
            "PUBLIC_URL",
            "the address people open, such as https://orders.example.in",
        );
        if !url.is_empty() && rest_of_safe_url(&url).is_none() {
            self.fault("PUBLIC_URL", "must be https:// (plain http:// works on 127.0.0.1 and localhost only, for cookies are not safe otherwise)");
        }
        url.trim_end_matches('/').to_owned()
    }

    pub(super) fn secret_key(&mut self) -> Secret {
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

    pub(super) fn lifetimes(
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

    /// Only ever dearer than the least.
    pub(super) fn password_cost(&mut self) -> PasswordCost {
        let least = PasswordCost::LEAST;
        PasswordCost {
            memory_kib: self.number(
                "ARGON2_MEMORY_KIB",
                least.memory_kib,
                least.memory_kib..=1_048_576,
            ),
            passes: self.number("ARGON2_PASSES", least.passes, least.passes..=20),
            lanes: self.number("ARGON2_LANES", least.lanes, least.lanes..=8),
        }
    }

    pub(super) fn trusted_proxies(&mut self) -> TrustedProxies {
        let text = self.optional("TRUSTED_PROXIES").unwrap_or_default();
        TrustedProxies::parse(&text).unwrap_or_else(|| {
            self.fault(
                "TRUSTED_PROXIES",
                "must be addresses or blocks with commas between, such as 10.0.0.0/8, 2001:db8::1",
            );
            TrustedProxies::default()
        })
    }

    /// Required wherever people come from elsewhere; an installation that only this machine reaches may be looked at without.
    pub(super) fn platform_second_factor(&mut self) -> bool {
        let is_public = self
            .optional("PUBLIC_URL")
            .is_some_and(|url| url.starts_with("https://"));
        match self.optional("PLATFORM_SECOND_FACTOR").as_deref() {
            None => is_public,
            Some("required") => true,
            Some("optional") => false,
            Some(_) => {
                self.fault("PLATFORM_SECOND_FACTOR", "must be required or optional");
                true
            }
        }
    }

    /// A line that people read.
    pub(super) fn support_contact(&mut self) -> Option<String> {
        const LONGEST: usize = 120;
        let text = self.optional("SUPPORT_CONTACT")?;
        if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
            self.fault(
                "SUPPORT_CONTACT",
                "must be one line of at most 120 characters, such as 080 4567 8900 or help@example.in",
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn cors_origins(&mut self) -> Origins {
        let text = self.optional("CORS_ORIGINS").unwrap_or_default();
        Origins::parse(&text).unwrap_or_else(|| {
            self.fault(
                "CORS_ORIGINS",
                "must be origins as browsers write them with commas between, such as https://shop.example.in \
                 (no path, no *; plain http:// works on 127.0.0.1 and localhost only)",
            );
            Origins::default()
        })
    }

    /// Whom webhooks may reach: this machine as well only where nobody uses the installation from elsewhere.
    pub(super) fn webhook_targets(&mut self) -> Targets {
        match self.optional("WEBHOOK_TARGETS").as_deref() {
            None | Some("public") => Targets::Public,
            Some("loopback") => {
                let public_url = self.optional("PUBLIC_URL").unwrap_or_default();
                if !public_url.starts_with("http://") {
                    self.fault(
                        "WEBHOOK_TARGETS",
                        "loopback is for development: it works with PUBLIC_URL on http:// of this machine only",
                    );
                }
                Targets::Loopback
            }
            Some(_) => {
                self.fault("WEBHOOK_TARGETS", "must be public or loopback");
                Targets::Public
            }
        }
    }

    /// Whom the worker asks what stands in DNS.
    pub(super) fn dns_servers(&mut self) -> Vec<SocketAddr> {
        const PORT: u16 = 53;
        let text = self.optional("DNS_SERVERS").unwrap_or_default();
        let read = |part: &str| -> Option<SocketAddr> {
            let alone = || part.parse().map(|address: IpAddr| (address, PORT).into());
            part.parse().or_else(|_| alone()).ok()
        };
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let servers: Option<Vec<SocketAddr>> = parts.map(read).collect();
        servers.unwrap_or_else(|| {
            self.fault(
                "DNS_SERVERS",
                "must be addresses with commas between, such as 127.0.0.53, [2001:db8::1]:53",
            );
            Vec::new()
        })
    }

    /// Where a provider's API is.
    pub(super) fn provider_url(&mut self, key: &'static str, default: &str) -> String {
        let url = self.optional(key).unwrap_or_else(|| default.to_owned());
        if rest_of_safe_url(&url).is_none_or(str::is_empty) {
            self.fault(
                key,
                "must be https:// (plain http:// works on 127.0.0.1 and localhost only, for it is asked with a secret)",
            );
        }
        url
    }

    pub(super) fn api_version(&mut self, key: &'static str, default: &str) -> String {
        let version = self.optional(key).unwrap_or_else(|| default.to_owned());
        if !is_api_version(&version) {
            self.fault(key, format!("must look like {default}"));
        }
        version
    }

    pub(super) fn smtp_url(&mut self) -> Option<Secret> {
        let url = self.optional("SMTP_URL")?;
        if !is_safe_mail_server(&url) {
            self.fault(
                "SMTP_URL",
                "must look like smtps://user:password@mail.example.in, or smtp://…?tls=required (without TLS only on this machine, or beside it under a name without a dot)",
            );
        }
        Some(Secret(url))
    }

    pub(super) fn mail_from(&mut self) -> String {
        let sender = self.required(
            "MAIL_FROM",
            "the sender of mails, such as orders@example.in",
        );
        if !sender.is_empty() && !is_sender(&sender) {
            self.fault(
                "MAIL_FROM",
                "must be an address, such as orders@example.in or Vitaran <orders@example.in>",
            );
        }
        sender
    }
}
