//! What a key is to be, as typed.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use vitaran_kernel::Text;

use crate::access::{PermissionCode, PermissionSet};
use crate::problem::{Faults, Invalid};

/// A key lives at most this long: one that is never renewed is one that nobody looks after.
pub const MAX_DAYS: i64 = 365;

/// What is taken when nobody says otherwise.
const USUAL_DAYS: &str = "90";

/// Networks of one key; whoever has more has them in larger ones.
const MAX_NETWORKS: usize = 20;

/// What no key may: with these a leaked one could outlive its end, or switch off what its people must have to come in.
pub(super) const NOT_FOR_KEYS: PermissionSet = PermissionSet::of(&[
    PermissionCode::PlatformApikeysManage,
    PermissionCode::PlatformUsersWrite,
    PermissionCode::PlatformRolesWrite,
    PermissionCode::PlatformSessionsRevoke,
    PermissionCode::PlatformSettingsWrite,
    PermissionCode::PlatformWebhooksManage,
]);

/// What somebody with these permissions can give to a key.
pub fn grantable(own: PermissionSet) -> impl Iterator<Item = PermissionCode> {
    own.codes().filter(|code| !NOT_FOR_KEYS.contains(*code))
}

/// The form as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiKeyForm {
    pub name: String,
    /// Codes of permissions.
    pub scopes: Vec<String>,
    /// Blank for 90.
    pub expires_in_days: String,
    /// In CIDR or single addresses, parted by blanks, commas or lines.
    pub networks: String,
}

#[derive(Debug)]
pub struct NewApiKey {
    pub(super) name: Text<80>,
    pub(super) scopes: Vec<PermissionCode>,
    pub(super) days: i64,
    pub(super) networks: Vec<IpNet>,
}

impl ApiKeyForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<NewApiKey, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "a name", Text::parse);
        let scopes = parse_scopes(&self.scopes);
        let scopes = faults.take("/scopes", scopes);
        let days = match self.expires_in_days.trim() {
            "" => USUAL_DAYS,
            days => days,
        };
        let days = faults.take("/expires_in_days", parse_days(days));
        let networks = faults.take("/networks", parse_networks(&self.networks));
        match (name, scopes, days, networks) {
            (Some(name), Some(scopes), Some(days), Some(networks)) => Ok(NewApiKey {
                name,
                scopes,
                days,
                networks,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

/// In the catalogue's order, each once.
fn parse_scopes(texts: &[String]) -> Result<Vec<PermissionCode>, String> {
    let mut codes = Vec::new();
    for text in texts {
        let code = PermissionCode::parse(text.trim())
            .ok_or_else(|| "Choose permissions from the list".to_owned())?;
        if NOT_FOR_KEYS.contains(code) {
            return Err(format!("No key may {}: that takes a person", code.may()));
        }
        codes.push(code);
    }
    if codes.is_empty() {
        return Err("Choose at least one thing that the key may do".to_owned());
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(codes)
}

fn parse_days(text: &str) -> Result<i64, String> {
    let days = text.parse().ok();
    days.filter(|days| (1..=MAX_DAYS).contains(days))
        .ok_or_else(|| format!("A key works for 1 to {MAX_DAYS} days"))
}

fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split([' ', ',', ';', '\n', '\r', '\t']);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.len() > MAX_NETWORKS {
        return Err(format!("Enter at most {MAX_NETWORKS} networks"));
    }
    let network = |part: &&str| {
        let single = || part.parse::<IpAddr>().map(IpNet::from);
        let network = part.parse::<IpNet>().or_else(|_| single());
        network
            .map(|network| network.trunc())
            .map_err(|_| "Enter addresses such as 203.0.113.7 or 203.0.113.0/24".to_owned())
    };
    parts.iter().map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> ApiKeyForm {
        ApiKeyForm {
            name: "Tally".to_owned(),
            scopes: vec![
                "sales.orders.read".to_owned(),
                "inventory.products.read".to_owned(),
            ],
            ..ApiKeyForm::default()
        }
    }

    #[test]
    fn a_key_lives_ninety_days_unless_told_and_at_most_a_year() {
        assert_eq!(form().parse().unwrap().days, 90);
        for (typed, is_right) in [
            ("1", true),
            ("365", true),
            ("0", false),
            ("366", false),
            ("-1", false),
            ("soon", false),
        ] {
            let form = ApiKeyForm {
                expires_in_days: typed.to_owned(),
                ..form()
            };
            assert_eq!(form.parse().is_ok(), is_right, "{typed}");
        }
    }

    #[test]
    fn scopes_are_codes_of_the_catalogue_each_once_and_none_that_takes_a_person() {
        let scopes = |texts: &[&str]| {
            parse_scopes(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            scopes(&[
                "sales.orders.read",
                "inventory.products.read",
                "sales.orders.read"
            ])
            .unwrap(),
            [
                PermissionCode::InventoryProductsRead,
                PermissionCode::SalesOrdersRead
            ]
        );
        for refused in [
            &[][..],
            &["orders:read"],
            &["platform.apikeys.manage"],
            &["platform.users.write"],
        ] {
            assert!(scopes(refused).is_err(), "{refused:?}");
        }
        let all = PermissionSet::of(&PermissionCode::ALL);
        assert!(grantable(all).all(|code| !NOT_FOR_KEYS.contains(code)));
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        let read = |text: &str| {
            parse_networks(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(
            read("203.0.113.7, 10.1.2.3/8\n2001:db8::1/32").unwrap(),
            ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]
        );
        assert_eq!(read(" \n").unwrap(), Vec::<String>::new());
        for wrong in ["300.1.1.1", "10.0.0.0/33", "example.com", "10.0.0.0/8/8"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let form = ApiKeyForm {
            networks: "x".to_owned(),
            expires_in_days: "x".to_owned(),
            ..ApiKeyForm::default()
        };
        let faults = form.parse().unwrap_err().faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["/name", "/scopes", "/expires_in_days", "/networks"]
        );
    }
}
