//! Making somebody a member of a tenant.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{DealerId, EmailAddress, MembershipId, RoleId, TenantId, Text, UserId};

use super::PlatformOperator;
use crate::access::Role;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::{NewPassword, PasswordCost, hash_password, words_of};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// The form as typed. Which dealer a dealer's person orders for is chosen beside it.
#[derive(Debug, Clone, Default)]
pub struct MemberForm {
    pub email: String,
    pub name: String,
    pub password: String,
    pub role: String,
}

/// A person and the role they get. The password is used when the person has no account yet.
#[derive(Debug)]
pub struct NewMember {
    pub email: EmailAddress,
    pub name: Text<120>,
    pub password: NewPassword,
    pub role: Role,
    /// Exactly for [`Role::Dealer`].
    pub dealer: Option<DealerId>,
}

impl MemberForm {
    /// Every fault at once, beside its field; for the tenant of this name.
    pub fn parse(&self, tenant: &str, dealer: Option<DealerId>) -> Result<NewMember, Invalid> {
        let mut faults = Faults::new();
        let email = faults.required("/email", &self.email, "the e-mail", EmailAddress::parse);
        let name = faults.required("/name", &self.name, "the name", Text::parse);
        let words = words_of(&self.name, &self.email, [tenant]);
        let password = faults.required("/password", &self.password, "a first password", |text| {
            NewPassword::parse_for(text, &words)
        });
        let role = faults.required("/role", &self.role, "the role", parse_role);
        if let Some(role) = role
            && (role == Role::Dealer) != dealer.is_some()
        {
            faults.add(
                "/dealer",
                "members.dealer_mismatch",
                AddMemberError::DealerMismatch.to_string(),
            );
        }
        match (email, name, password, role) {
            (Some(email), Some(name), Some(password), Some(role)) if faults.is_empty() => {
                Ok(NewMember {
                    email,
                    name,
                    password,
                    role,
                    dealer,
                })
            }
            _ => Err(faults.into_invalid()),
        }
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(&text.trim().to_uppercase()).ok_or_else(|| {
        let roles = Role::ALL.map(|role| role.as_str().to_lowercase());
        format!("Choose one of {}", roles.join(", "))
    })
}

#[derive(Debug, thiserror::Error)]
pub enum AddMemberError {
    #[error("{email} works here already")]
    AlreadyMember { email: String },
    /// A switched-off account is nobody's to revive by naming its address.
    #[error("The account of {email} is switched off, so it cannot work here")]
    SwitchedOff { email: String },
    /// Whoever made it chose its password, and need not be whose address it is.
    #[error(
        "The account of {email} was made with a link that was passed on, and nobody has shown that the address is theirs. Let them ask for a new password by mail under \"Forgotten password\", then try again"
    )]
    Unconfirmed { email: String },
    #[error("A dealer's login needs a dealer, and no other role has one")]
    DealerMismatch,
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for AddMemberError {
    fn kind(&self) -> Kind {
        match self {
            AddMemberError::AlreadyMember { .. }
            | AddMemberError::SwitchedOff { .. }
            | AddMemberError::Unconfirmed { .. }
            | AddMemberError::DealerMismatch => Kind::Invalid,
            AddMemberError::Hashing(_) => Kind::Internal,
            AddMemberError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            AddMemberError::AlreadyMember { .. } => "members.exists",
            AddMemberError::SwitchedOff { .. } => "members.switched_off",
            AddMemberError::Unconfirmed { .. } => "members.unconfirmed",
            AddMemberError::DealerMismatch => "members.dealer_mismatch",
            AddMemberError::Hashing(_) => "service.internal",
            AddMemberError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            AddMemberError::AlreadyMember { .. }
            | AddMemberError::SwitchedOff { .. }
            | AddMemberError::Unconfirmed { .. } => {
                vec![Fault::new("/admin_email", self.code(), self.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

/// Adds a member, and the user if the address is new; a known user keeps name and password.
pub async fn add_member(
    db: &Db,
    by: &PlatformOperator,
    cost: PasswordCost,
    (tenant, member): (TenantId, NewMember),
) -> Result<MembershipId, AddMemberError> {
    let hash = hash_password(member.password, cost)
        .await
        .map_err(|error| AddMemberError::Hashing(error.to_string()))?;
    let mut tx = db.begin_platform().await?;
    tx.enter(tenant).await?;
    let id = insert_member(
        &mut tx,
        tenant,
        &member.email,
        &member.name,
        &hash,
        member.role,
        member.dealer,
    )
    .await?;
    let after =
        json!({ "email": member.email, "role": member.role.as_str(), "dealer_id": member.dealer });
    by.record(
        &mut tx,
        tenant,
        "platform.members.add",
        ("membership", id.as_uuid()),
        after,
    )
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// The rows of [`add_member`], in a transaction that has entered the tenant. The operator answers for the address of an account
/// that they make; that of one which somebody else has made must have been confirmed.
pub(super) async fn insert_member(
    tx: &mut PlatformTx,
    tenant: TenantId,
    email: &EmailAddress,
    name: &Text<120>,
    password_hash: &str,
    role: Role,
    dealer: Option<DealerId>,
) -> Result<MembershipId, AddMemberError> {
    let account = NewAccount {
        id: UserId::generate(),
        email,
        name,
        password_hash,
        is_confirmed: true,
    };
    insert_user(tx, account).await?;
    let place = Membership {
        role,
        role_id: None,
        dealer,
    };
    let id = insert_membership(tx, tenant, email, place).await?;
    // A member's account can be looked at.
    let unconfirmed: Vec<Unconfirmed> = Statement::new(
        "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.id = $2 AND u.email_confirmed_at IS NULL",
    )
    .bind(tenant.as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if unconfirmed.iter().any(|row| row.id == id) {
        let email = email.to_string();
        return Err(AddMemberError::Unconfirmed { email });
    }
    Ok(id)
}

#[derive(QueryableByName)]
struct Unconfirmed {
    #[diesel(sql_type = SqlUuid)]
    id: MembershipId,
}

/// The account of somebody new.
pub(crate) struct NewAccount<'a> {
    pub(crate) id: UserId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) name: &'a Text<120>,
    pub(crate) password_hash: &'a str,
    /// Whether mails to the address are known to reach whoever chose the password.
    pub(crate) is_confirmed: bool,
}

/// Makes an account; `false` where the address has one.
pub(crate) async fn insert_user(
    tx: &mut PlatformTx,
    account: NewAccount<'_>,
) -> Result<bool, DbError> {
    // The conflict is silent whether or not the address exists. It names no column: to name one PostgreSQL asks that the new
    // row may be read, and a stranger's may not.
    let rows = Statement::new(
        "INSERT INTO users (id, email, name, password_hash, email_confirmed_at) VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END) \
         ON CONFLICT DO NOTHING",
    )
    .bind(account.id.as_uuid())
    .bind(account.email.as_str())
    .bind(account.name.as_str())
    .bind(account.password_hash)
    .bind(account.is_confirmed)
    .execute(tx.conn()?)
    .await?;
    Ok(rows == 1)
}

/// A place in a tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    pub(crate) role: Role,
    /// Of the tenant's own, grown from `role`.
    pub(crate) role_id: Option<RoleId>,
    /// Exactly for [`Role::Dealer`].
    pub(crate) dealer: Option<DealerId>,
}

/// Makes whoever has the address a member, in a transaction that has entered the tenant. Who was let go comes to life again,
/// as new.
pub(crate) async fn insert_membership(
    tx: &mut PlatformTx,
    tenant: TenantId,
    email: &EmailAddress,
    place: Membership,
) -> Result<MembershipId, AddMemberError> {
    let Membership {
        role,
        role_id,
        dealer,
    } = place;
    if (role == Role::Dealer) != dealer.is_some() {
        return Err(AddMemberError::DealerMismatch);
    }
    let made: Made = Statement::new(
        "WITH known AS (SELECT DISTINCT user_id FROM lookup.login($5)), \
         made AS (INSERT INTO memberships AS m (tenant_id, id, user_id, role, dealer_id, role_id) SELECT $1, $2, user_id, $3, $4, $6 FROM known \
                  ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role, role_id = excluded.role_id, dealer_id = excluded.dealer_id, is_active = true, \
                      removed_at = NULL, created_at = now(), version = m.version + 1 \
                  WHERE m.removed_at IS NOT NULL RETURNING id) \
         SELECT EXISTS (SELECT FROM known) AS is_known, (SELECT id FROM made) AS id",
    )
    .bind(tenant.as_uuid())
    .bind(MembershipId::generate().as_uuid())
    .bind(role.as_str())
    .bind(dealer.map(|dealer| dealer.as_uuid()))
    .bind(email.as_str())
    .bind(role_id.map(|id| id.as_uuid()))
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let email = email.to_string();
    match made {
        // The look-up knows active users alone.
        Made {
            is_known: false, ..
        } => Err(AddMemberError::SwitchedOff { email }),
        Made { id: None, .. } => Err(AddMemberError::AlreadyMember { email }),
        Made { id: Some(id), .. } => Ok(id),
    }
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Bool)]
    is_known: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<MembershipId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_password_is_made_of_neither_name_nor_address_nor_company() {
        let form = |password: &str| MemberForm {
            email: "kutmzvqhwxpl@volt.test".to_owned(),
            name: "Ramesh Venkataraman".to_owned(),
            password: password.to_owned(),
            role: "sales".to_owned(),
        };
        for known in ["rameshvenkataraman", "kutmzvqhwxpl", "Voltagewala2026"] {
            assert!(NewPassword::parse(known).is_ok(), "{known} by itself");
            let refused = form(known).parse("Voltagewala Distributors", None);
            let faults = refused.unwrap_err().faults;
            assert_eq!(faults.len(), 1, "{known}");
            assert_eq!(faults[0].pointer, "/password", "{known}");
        }
        let own = form("tractor velvet ninety");
        assert!(own.parse("Voltagewala Distributors", None).is_ok());
    }
}
