//! `vitaran prove-isolation`: shows, table by table, that one tenant's session can neither read nor write, refer to nor
//! guess another's rows. It asks the database itself, as `app_user`, the role that the web server has, and changes nothing.
//!
//! The report ends with a line that signs it: HMAC-SHA256 with a key made from the installation's own, which is not in the
//! database. Whoever keeps the report may hand it back at any time; `vitaran prove-isolation --check FILE` says whether it
//! is what this installation wrote.

mod catalogue;
mod probe;

use std::path::PathBuf;

use clap::Args;
use vitaran_core::config;
use vitaran_core::secrets::SecretKey;
use vitaran_kernel::{Clock as _, SystemClock};

use crate::OpsError;
use crate::database::{Session, TenantRow};
use probe::Table;

/// What the signature is for, so that none made for something else fits.
const PURPOSE: &str = "vitaran isolation report v1";
const SIGNED: &str = "signed ";

/// Two tenants to compare, or a report to check.
#[derive(Debug, Args)]
pub struct ProveIsolation {
    /// The tenant's short name; the first of the register otherwise
    #[arg(long)]
    tenant: Option<String>,
    /// The one whose rows it must not reach; the next of the register otherwise
    #[arg(long)]
    other: Option<String>,
    /// A report that was made before: checks its signature and nothing else
    #[arg(long, conflicts_with_all = ["tenant", "other"])]
    check: Option<PathBuf>,
}

/// One claim and what was found against it.
#[derive(Debug)]
struct Claim {
    holds: bool,
    line: String,
}

/// Makes the report; fails when one claim does not hold.
pub async fn prove(input: ProveIsolation) -> Result<Vec<String>, OpsError> {
    let key = SecretKey::parse(config::secret_key()?.reveal())
        .map_err(|error| OpsError::Refused(error.to_string()))?;
    if let Some(path) = input.check {
        let report = std::fs::read_to_string(path)
            .map_err(|error| OpsError::Refused(format!("the report cannot be read: {error}")))?;
        return check(&key, &report);
    }
    let mut owner = Session::owner().await?;
    let (own, other) = pair(&mut owner, input.tenant.as_deref(), input.other.as_deref()).await?;
    let mut user = Session::user().await?;
    let mut claims = catalogue::claims(&mut user).await?;
    let tables = catalogue::tenant_tables(&mut owner).await?;
    let mut rows = Vec::new();
    for table in &tables {
        rows.push(probe::table(&mut user, &mut owner, table, &own, &other).await?);
    }
    claims.extend(rows.iter().map(Table::claim));
    let faults = claims.iter().filter(|claim| !claim.holds).count();
    let mut said = head(&own, &other, &tables, faults);
    said.extend(claims.into_iter().map(|claim| claim.line));
    said.push(signature(&key, &said));
    crate::verify::answer(said, faults)
}

/// The two tenants of the report.
async fn pair(
    owner: &mut Session,
    own: Option<&str>,
    other: Option<&str>,
) -> Result<(TenantRow, TenantRow), OpsError> {
    let tenants = owner.tenants().await?;
    let find = |slug: Option<&str>, but: Option<&TenantRow>| {
        let mut all = tenants
            .iter()
            .filter(|tenant| but.is_none_or(|but| but.id != tenant.id));
        let found = match slug {
            Some(slug) => all.find(|tenant| tenant.slug == slug),
            None => all.next(),
        };
        let refusal = || {
            OpsError::Refused("two different tenants are needed, and one is not there".to_owned())
        };
        found.cloned().ok_or_else(refusal)
    };
    let own = find(own, None)?;
    let other = find(other, Some(&own))?;
    Ok((own, other))
}

fn head(own: &TenantRow, other: &TenantRow, tables: &[String], faults: usize) -> Vec<String> {
    vec![
        "Vitaran: proof of isolation".to_owned(),
        format!(
            "made {} by release {}",
            SystemClock.now().to_rfc3339(),
            env!("CARGO_PKG_VERSION")
        ),
        format!(
            "as {} ({}), against the rows of {} ({})",
            own.slug, own.id, other.slug, other.id
        ),
        format!(
            "{} tables of tenants, {faults} claim(s) do not hold",
            tables.len()
        ),
        String::new(),
    ]
}

/// The last line: over everything before it.
fn signature(key: &SecretKey, lines: &[String]) -> String {
    format!("{SIGNED}{}", key.sign(PURPOSE, &lines.join("\n")))
}

fn check(key: &SecretKey, report: &str) -> Result<Vec<String>, OpsError> {
    let report = report.replace("\r\n", "\n");
    let (text, signed) = report
        .trim_end()
        .rsplit_once('\n')
        .ok_or_else(|| OpsError::Refused("this is no report".to_owned()))?;
    let mark = signed.strip_prefix(SIGNED).unwrap_or_default();
    if key.has_signed(PURPOSE, text, mark) {
        return Ok(vec![
            "this installation has signed the report as it stands".to_owned(),
        ]);
    }
    Err(OpsError::Refused(
        "the report is not as this installation signed it".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_accepted_as_it_was_signed_and_in_no_other_form() {
        let key = SecretKey::parse("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let mut lines = vec!["proof".to_owned(), "ok orders".to_owned()];
        lines.push(signature(&key, &lines));
        assert!(check(&key, &format!("{}\n", lines.join("\n"))).is_ok());
        assert!(check(&key, &lines.join("\r\n")).is_ok());
        for changed in [
            lines.join("\n").replace("ok", "no"),
            lines[..2].join("\n"),
            format!("{}0", lines.join("\n")),
        ] {
            assert!(check(&key, &changed).is_err(), "{changed}");
        }
    }
}
