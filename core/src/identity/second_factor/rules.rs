//! Which roles a distributor asks for a second factor. Whoever has such a role and no second factor is led to set one up, and
//! reaches nothing else until it is done.
//!
//! A built-in role stands for all that grew from it too, so that nobody slips out by a role of their own making.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vitaran_kernel::RoleId;

use crate::access::{Allowed, PlatformSettingsWrite, Role};
use crate::audit::{self, Change};
use crate::db::{Statement, TenantTx};
use crate::master::{Master, MasterError, check_version};
use crate::problem::{Faults, Invalid};

/// As many as a tenant has roles.
const MOST_ROLES: usize = 100;

/// The form as typed: codes of built-in roles, and ids of the tenant's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RulesForm {
    pub roles: Vec<String>,
    pub role_ids: Vec<String>,
}

/// A checked [`RulesForm`].
#[derive(Debug)]
pub struct SetRules {
    roles: BTreeSet<&'static str>,
    role_ids: BTreeSet<RoleId>,
}

impl RulesForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<SetRules, Invalid> {
        let mut faults = Faults::new();
        let (mut roles, mut role_ids) = (BTreeSet::new(), BTreeSet::new());
        for (place, code) in self.roles.iter().enumerate() {
            match Role::parse(code) {
                Some(role) => drop(roles.insert(role.as_str())),
                None => faults.add(
                    format!("/roles/{place}"),
                    "unknown",
                    "Choose a built-in role",
                ),
            }
        }
        if self.role_ids.len() > MOST_ROLES {
            faults.add(
                "/role_ids",
                "too_many",
                format!("There are at most {MOST_ROLES} roles"),
            );
        }
        for (place, id) in self.role_ids.iter().enumerate().take(MOST_ROLES) {
            match RoleId::parse(id) {
                Ok(id) => drop(role_ids.insert(id)),
                Err(_) => faults.add(
                    format!("/role_ids/{place}"),
                    "unknown",
                    "Choose a role of yours",
                ),
            }
        }
        if faults.is_empty() {
            Ok(SetRules { roles, role_ids })
        } else {
            Err(faults.into_invalid())
        }
    }
}

impl SetRules {
    fn is(&self, rules: &SecondFactorRules) -> bool {
        let roles: BTreeSet<_> = rules.roles.iter().map(|role| role.as_str()).collect();
        let role_ids: BTreeSet<_> = rules.role_ids.iter().copied().collect();
        (&self.roles, &self.role_ids) == (&roles, &role_ids)
    }
}

/// What a distributor asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorRules {
    pub roles: Vec<Role>,
    /// Ids of own roles; those that were removed since are left out.
    pub role_ids: Vec<RoleId>,
    /// 1 while nothing was ever asked.
    pub version: i32,
}

impl Master for SecondFactorRules {
    const NOUN: &'static str = "rule of sign-ins";
    const NOT_FOUND: &'static str = "second_factor_rules.not_found";
    const STALE: &'static str = "second_factor_rules.stale";
}

type Refused = MasterError<SecondFactorRules>;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    role_ids: Vec<Uuid>,
    #[diesel(sql_type = Integer)]
    version: i32,
}

async fn read(tx: &mut TenantTx, lock: &str) -> Result<SecondFactorRules, Refused> {
    let mut statement = Statement::new(
        "SELECT d.roles, ARRAY(SELECT r.id FROM roles r WHERE r.tenant_id = d.tenant_id AND r.id = ANY (d.role_ids) ORDER BY r.id) AS role_ids, \
             d.version FROM second_factor_rules d WHERE d.tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid());
    statement.push_sql(lock);
    let rows: Vec<Row> = statement.load(tx.conn()?).await?;
    let row = rows.into_iter().next().unwrap_or(Row {
        roles: Vec::new(),
        role_ids: Vec::new(),
        version: 1,
    });
    let roles = row.roles.iter().filter_map(|code| Role::parse(code));
    Ok(SecondFactorRules {
        roles: roles.collect(),
        role_ids: row.role_ids.into_iter().map(RoleId::from_uuid).collect(),
        version: row.version,
    })
}

/// What is asked now.
pub async fn load_rules(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
) -> Result<SecondFactorRules, Refused> {
    read(tx, "").await
}

/// As the audit log tells of it.
#[derive(Serialize)]
struct Told {
    roles: Vec<&'static str>,
    role_ids: Vec<RoleId>,
}

impl Told {
    fn of(rules: &SecondFactorRules) -> Self {
        Told {
            roles: rules.roles.iter().map(|role| role.as_str()).collect(),
            role_ids: rules.role_ids.clone(),
        }
    }
}

/// Asks it of these roles and of no others, from everybody's next request on. What is asked already is no change.
pub async fn set_rules(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    expected: i32,
    input: SetRules,
) -> Result<SecondFactorRules, Refused> {
    // The row is there to be locked, whoever comes first.
    Statement::new(
        "INSERT INTO second_factor_rules (tenant_id, roles, role_ids) VALUES ($1, '{}', '{}') ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().as_uuid())
    .execute(tx.conn()?)
    .await?;
    let before = read(tx, " FOR UPDATE OF d").await?;
    check_version(before.version, expected)?;
    if input.is(&before) {
        return Ok(before);
    }
    let role_ids: Vec<Uuid> = input.role_ids.iter().map(|id| id.as_uuid()).collect();
    let codes: Vec<String> = input.roles.iter().map(|code| (*code).to_owned()).collect();
    Statement::new(
        "UPDATE second_factor_rules SET roles = $2, role_ids = $3, version = version + 1 WHERE tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid())
    .bind(codes)
    .bind(role_ids)
    .execute(tx.conn()?)
    .await?;
    let after = read(tx, "").await?;
    if after.role_ids.len() != input.role_ids.len() {
        return Err(MasterError::fault(
            "/role_ids",
            "unknown",
            "Choose roles that there are",
        ));
    }
    let change = Change::updated(&Told::of(&before), &Told::of(&after));
    let tenant = tx.tenant().as_uuid();
    let (action, kind) = ("identity.second_factor.rules", "tenant_settings");
    audit::record(tx, action, kind, Some(tenant), change).await?;
    Ok(after)
}
