//! Making somebody a member of a tenant.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, EmailAddress, MembershipId, TenantId, Text, UserId};

use super::PlatformOperator;
use crate::access::Role;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::{NewPassword, hash_password};
use crate::problem::{Fault, Kind, Problem};

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
    _by: &PlatformOperator,
    tenant: TenantId,
    member: NewMember,
) -> Result<MembershipId, AddMemberError> {
    let hash = hash_password(member.password)
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
