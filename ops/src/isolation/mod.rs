//! `vitaran prove-isolation`: shows, table by table, that one tenant's session can neither read nor write, refer to nor
//! guess another's rows. It asks the database itself, as `app_user` and `app_worker`, the roles that the web server and the worker
//! have, and changes nothing. Every table of the installation is in it, those without a tenant with the reason.
//!
//! The report ends with a line that signs it: HMAC-SHA256 with a key made from the installation's own, which is not in the
//! database. Whoever keeps the report may hand it back at any time; `vitaran prove-isolation --check FILE` says whether it
//! is what this installation wrote.

mod catalogue;
mod probe;
mod shared;

use std::path::PathBuf;

use clap::Args;
use vitaran_core::config;
use vitaran_core::secrets::SecretKey;
use vitaran_kernel::{Clock as _, SystemClock, TenantId};

use crate::OpsError;
use crate::database::{Session, TenantRow};

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

/// As whom the database is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Worker,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Role::User => "the web server",
            Role::Worker => "the worker",
        }
    }
}

/// Who works for the two tenants.
#[derive(Debug)]
struct People {
    /// The tenant that everything is tried in.
    tenant: TenantId,
    /// One of its own, as whom.
    own: Option<String>,
    /// Those of the other who do not work for both.
    theirs: Vec<String>,
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
    let mut sessions = [
        (Role::User, Session::user().await?),
        (Role::Worker, Session::worker().await?),
    ];
    let mut claims = Vec::new();
    for session in &mut sessions {
        claims.extend(catalogue::claims(session).await?);
    }
    let tables = catalogue::tenant_tables(&mut owner).await?;
    for table in &tables {
        let hidden = probe::hidden(&mut owner, table, &other).await?;
        for session in &mut sessions {
            claims.push(probe::table(session, table, (&own, &other), hidden).await?);
        }
    }
    let people = people(&mut owner, &own, &other).await?;
    let shared = shared::claims(&mut sessions, &mut owner, &people).await?;
    let covered = format!(
        "{} tables of tenants, {} without one, {} functions",
        tables.len(),
        shared.len(),
        catalogue::functions(&mut owner).await?
    );
    claims.extend(shared);
    let faults = claims.iter().filter(|claim| !claim.holds).count();
    let mut said = head(&own, &other, &covered, faults);
    said.extend(claims.into_iter().map(|claim| claim.line));
    said.push(signature(&key, &said));
    crate::verify::answer(said, faults)
}

/// A platform admin among a tenant's people would not do: the register is open to them.
async fn people(
    owner: &mut Session,
    own: &TenantRow,
    other: &TenantRow,
) -> Result<People, OpsError> {
    let mut of = Vec::new();
    for tenant in [own.id, other.id] {
        let sql = format!(
            "SELECT m.user_id::text AS line FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.tenant_id = '{tenant}' AND NOT u.is_platform_admin ORDER BY 1"
        );
        owner.begin_in(tenant).await?;
        of.push(owner.lines(&sql).await?);
        owner.rollback().await?;
    }
    let mut theirs = of.pop().unwrap_or_default();
    let ours = of.pop().unwrap_or_default();
    theirs.retain(|user| !ours.contains(user));
    Ok(People {
        tenant: own.id,
        own: ours.into_iter().next(),
        theirs,
    })
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

fn head(own: &TenantRow, other: &TenantRow, covered: &str, faults: usize) -> Vec<String> {
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
        format!("{covered}; {faults} claim(s) do not hold"),
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
