//! Making somebody a member of a tenant.

use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{DealerId, EmailAddress, MembershipId, TenantId, Text, UserId};

use super::PlatformOperator;
use crate::access::Role;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::{NewPassword, PasswordCost, hash_password};
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
    /// Every fault at once, beside its field.
    pub fn parse(&self, dealer: Option<DealerId>) -> Result<NewMember, Invalid> {
        let mut faults = Faults::new();
        let email = faults.required("/email", &self.email, "the e-mail", EmailAddress::parse);
        let name = faults.required("/name", &self.name, "the name", Text::parse);
        let password = faults.required(
            "/password",
            &self.password,
            "a first password",
            NewPassword::parse,
        );
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
            | AddMemberError::DealerMismatch => Kind::Invalid,
            AddMemberError::Hashing(_) => Kind::Internal,
            AddMemberError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            AddMemberError::AlreadyMember { .. } => "members.exists",
            AddMemberError::SwitchedOff { .. } => "members.switched_off",
            AddMemberError::DealerMismatch => "members.dealer_mismatch",
            AddMemberError::Hashing(_) => "service.internal",
            AddMemberError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            AddMemberError::AlreadyMember { .. } | AddMemberError::SwitchedOff { .. } => {
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
    tenant: TenantId,
    member: NewMember,
) -> Result<MembershipId, AddMemberError> {
    let hash = hash_password(member.password, PasswordCost::LEAST)
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

/// The rows of [`add_member`], in a transaction that has entered the tenant.
pub(super) async fn insert_member(
    tx: &mut PlatformTx,
    tenant: TenantId,
    email: &EmailAddress,
    name: &Text<120>,
    password_hash: &str,
    role: Role,
    dealer: Option<DealerId>,
) -> Result<MembershipId, AddMemberError> {
    if (role == Role::Dealer) != dealer.is_some() {
        return Err(AddMemberError::DealerMismatch);
    }
    let id = MembershipId::generate();
    // The conflict is silent whether or not the address exists, and the look-up function answers after the insert. It
    // names no column: to name one PostgreSQL asks that the new row may be read, and a stranger's may not.
    Statement::new("INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(UserId::generate().as_uuid())
        .bind(email.as_str())
        .bind(name.as_str())
        .bind(password_hash)
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    let inserted = Statement::new(
        "INSERT INTO memberships (tenant_id, id, user_id, role, dealer_id) \
         SELECT $1, $2, u.user_id, $3, $4 FROM (SELECT DISTINCT user_id FROM lookup.login($5)) u",
    )
    .bind(tenant.as_uuid())
    .bind(id.as_uuid())
    .bind(role.as_str())
    .bind(dealer.map(|dealer| dealer.as_uuid()))
    .bind(email.as_str())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from);
    match inserted {
        Err(error) if error.is_unique("uq_memberships_tenant_id_user_id") => {
            Err(AddMemberError::AlreadyMember {
                email: email.to_string(),
            })
        }
        Err(error) => Err(error.into()),
        // The look-up knows active users alone.
        Ok(0) => Err(AddMemberError::SwitchedOff {
            email: email.to_string(),
        }),
        Ok(_) => Ok(id),
    }
}
