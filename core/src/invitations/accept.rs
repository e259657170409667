//! Accepting an invitation: somebody new makes an account with it, somebody known shows their password and gets one more
//! membership. Either uses the link up, in the transaction that makes the member.

use diesel::sql_types::{Array, Bool, Nullable, Text as SqlText, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vitaran_kernel::{
    DealerId, EmailAddress, InvitationId, LocationId, MembershipId, RoleId, TenantId, Text, UserId,
};

use crate::access::{Grant, LocationScope, PermissionCode, Role};
use crate::audit::{self, Author, Change};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::{
    CredentialHash, GrantColumns, LONGEST_LINK, NewPassword, ProvePasswordError, Proven,
    SignInRules, confirm_address, hash_password, prove_password, words_of,
};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::roles::Beyond;
use crate::tenancy::{AddMemberError, Membership, NewAccount, insert_membership, insert_user};
use crate::throttle::{Network, TooMany};

/// The form as typed. Not `Debug`: it holds a password.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AcceptForm {
    pub token: String,
    /// Of somebody new; whoever has an account keeps theirs.
    pub name: String,
    /// The account's, or of somebody new the one they choose.
    pub password: String,
}

/// What the holder of a link is shown.
#[derive(Debug, Clone, QueryableByName)]
pub struct OpenInvitation {
    #[diesel(sql_type = Uuid)]
    pub tenant_id: TenantId,
    #[diesel(sql_type = SqlText)]
    pub tenant_name: String,
    #[diesel(sql_type = SqlText)]
    pub email: String,
    #[diesel(sql_type = SqlText)]
    role: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    role_name: Option<String>,
    #[diesel(sql_type = SqlText)]
    pub invited_by: String,
}

impl OpenInvitation {
    /// The role as people call it.
    #[must_use]
    pub fn role_label(&self) -> &str {
        let built_in = || Role::parse(&self.role).map_or("Member", Role::label);
        self.role_name.as_deref().unwrap_or_else(built_in)
    }
}

/// Somebody works here now.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub email: String,
    pub tenant_name: String,
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Used, revoked, replaced by a newer one, too old, of a suspended tenant, or never there: nobody learns which.
    #[error(
        "This invitation does not work: it is used, taken back or older than seven days, or nobody can join this distributor at present"
    )]
    LinkOver,
    #[error(
        "Whoever invited you may not give this place any more: ask them for another invitation"
    )]
    NotBacked,
    #[error(
        "This address signs in already, and this is not its password. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongPassword,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    TooMany(TooMany),
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    #[error(transparent)]
    Member(#[from] AddMemberError),
}

impl From<DbError> for AcceptError {
    fn from(error: DbError) -> Self {
        AcceptError::Member(error.into())
    }
}

impl From<ProvePasswordError> for AcceptError {
    fn from(error: ProvePasswordError) -> Self {
        match error {
            ProvePasswordError::TooMany(limit) => AcceptError::TooMany(limit),
            ProvePasswordError::Hashing(error) => AcceptError::Hashing(error.to_string()),
            ProvePasswordError::Db(error) => error.into(),
        }
    }
}

impl Problem for AcceptError {
    fn kind(&self) -> Kind {
        match self {
            AcceptError::LinkOver | AcceptError::NotBacked | AcceptError::WrongPassword => {
                Kind::Invalid
            }
            AcceptError::Invalid(invalid) => invalid.kind(),
            AcceptError::TooMany(limit) => limit.kind(),
            AcceptError::Hashing(_) => Kind::Internal,
            AcceptError::Member(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            AcceptError::LinkOver => "invitations.link_over",
            AcceptError::NotBacked => "invitations.not_backed",
            AcceptError::WrongPassword => "account.wrong_password",
            AcceptError::Invalid(invalid) => invalid.code(),
            AcceptError::TooMany(limit) => limit.code(),
            AcceptError::Hashing(_) => "service.internal",
            AcceptError::Member(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let at = |pointer: &str| vec![Fault::new(pointer, self.code(), self.to_string())];
        match self {
            AcceptError::LinkOver | AcceptError::NotBacked => at("/token"),
            AcceptError::WrongPassword => at("/password"),
            AcceptError::Invalid(invalid) => invalid.faults(),
            AcceptError::Member(error) if error.kind() == Kind::Invalid => at(""),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            AcceptError::TooMany(limit) => limit.facts(),
            _ => Map::new(),
        }
    }
}

/// The invitation behind a link, if it works; looking uses nothing up.
pub async fn find_open(db: &Db, token: &str) -> Result<Option<OpenInvitation>, DbError> {
    if token.len() > LONGEST_LINK {
        return Ok(None);
    }
    let mut tx = db.begin_platform().await?;
    let found: Option<OpenInvitation> = Statement::new("SELECT * FROM lookup.invitation($1)")
        .bind(CredentialHash::of(token).0.to_vec())
        .get_result(tx.conn()?)
        .await
        .optional()
        .map_err(DbError::from)?;
    tx.commit().await?;
    Ok(found)
}

/// Who accepts.
enum Person {
    Known {
        user: UserId,
        name: String,
    },
    New {
        user: UserId,
        name: Text<120>,
        hash: String,
    },
}

impl Person {
    const fn user(&self) -> UserId {
        match self {
            Person::Known { user, .. } | Person::New { user, .. } => *user,
        }
    }
}

/// Uses the link up and makes its holder a member. They then sign in as everybody does.
pub async fn accept(
    db: &Db,
    rules: SignInRules,
    form: &AcceptForm,
    from: Network,
) -> Result<Accepted, AcceptError> {
    let found = find_open(db, &form.token).await?;
    let found = found.ok_or(AcceptError::LinkOver)?;
    let person = match prove_password(db, rules, &found.email, &form.password, from).await? {
        Proven::Right(user, _) => Person::Known {
            user: user.id,
            name: user.name,
        },
        Proven::Wrong => return Err(AcceptError::WrongPassword),
        Proven::Nobody => newcomer(rules, &found, form).await?,
    };
    let mut tx = db.begin_platform().await?;
    tx.enter(found.tenant_id).await?;
    tx.act_as(person.user()).await?;
    let used = use_up(&mut tx, found.tenant_id, &form.token).await?;
    let used = used.ok_or(AcceptError::LinkOver)?;
    check_gift(&mut tx, found.tenant_id, &used).await?;
    join(&mut tx, found.tenant_id, &used, person).await?;
    tx.commit().await?;
    Ok(Accepted {
        email: found.email,
        tenant_name: found.tenant_name,
    })
}

async fn newcomer(
    rules: SignInRules,
    found: &OpenInvitation,
    form: &AcceptForm,
) -> Result<Person, AcceptError> {
    let mut faults = Faults::new();
    let name = faults.required("/name", &form.name, "your name", Text::<120>::parse);
    let words = words_of(&form.name, &found.email, Some(found.tenant_name.as_str()));
    let password = faults.required("/password", &form.password, "a password", |text| {
        NewPassword::parse_for(text, &words)
    });
    let (Some(name), Some(password)) = (name, password) else {
        return Err(faults.into_invalid().into());
    };
    let hash = hash_password(password, rules.password_cost)
        .await
        .map_err(|error| AcceptError::Hashing(error.to_string()))?;
    Ok(Person::New {
        user: UserId::generate(),
        name,
        hash,
    })
}

#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = Uuid)]
    id: InvitationId,
    #[diesel(sql_type = SqlText)]
    email: EmailAddress,
    #[diesel(sql_type = SqlText)]
    role: String,
    #[diesel(sql_type = Nullable<Uuid>)]
    role_id: Option<RoleId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = Nullable<Array<Uuid>>)]
    location_ids: Option<Vec<LocationId>>,
    #[diesel(sql_type = Uuid)]
    invited_by: MembershipId,
    /// Whether whoever holds the link found it in the mailbox of the address.
    #[diesel(sql_type = Bool)]
    is_mailed: bool,
}

impl Used {
    fn locations(&self) -> LocationScope {
        LocationScope::stored(self.location_ids.clone())
    }
}

/// Of two who use a link at once, one finds it there.
async fn use_up(
    tx: &mut PlatformTx,
    tenant: TenantId,
    token: &str,
) -> Result<Option<Used>, DbError> {
    let used = Statement::new(
        "DELETE FROM invitations WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > now() \
         RETURNING id, email, role, role_id, dealer_id, location_ids, invited_by, is_mailed",
    )
    .bind(tenant.as_uuid())
    .bind(CredentialHash::of(token).0.to_vec())
    .get_result(tx.conn()?)
    .await
    .optional()?;
    Ok(used)
}

/// Whoever invited must still have it to give: they work here, may invite, and hold what the role gives now.
async fn check_gift(tx: &mut PlatformTx, tenant: TenantId, used: &Used) -> Result<(), AcceptError> {
    let giver = "SELECT m.role, r.name AS role_name, r.permissions AS role_permissions, r.approval_limit, m.location_ids \
         FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active \
         LEFT JOIN roles r ON r.tenant_id = $1 AND r.id = m.role_id \
         WHERE m.tenant_id = $1 AND m.id = $2 AND m.is_active FOR SHARE OF m";
    let giver = grant(tx, giver, tenant, used.invited_by.as_uuid()).await?;
    let given = match used.role_id {
        None => Role::parse(&used.role).map(Grant::built_in),
        Some(id) => {
            let role = "SELECT r.base AS role, r.name AS role_name, r.permissions AS role_permissions, r.approval_limit, NULL::uuid[] AS location_ids \
                 FROM roles r WHERE r.tenant_id = $1 AND r.id = $2";
            grant(tx, role, tenant, id.as_uuid()).await?
        }
    };
    let given = given.map(|given| given.at(used.locations()));
    match (giver, given) {
        (Some(giver), Some(given))
            if giver
                .permissions()
                .contains(PermissionCode::PlatformUsersWrite)
                && Beyond::grant(&giver, &given).is_none() =>
        {
            Ok(())
        }
        _ => Err(AcceptError::NotBacked),
    }
}

async fn grant(
    tx: &mut PlatformTx,
    sql: &'static str,
    tenant: TenantId,
    id: uuid::Uuid,
) -> Result<Option<Grant>, DbError> {
    let found: Option<GrantColumns> = Statement::new(sql)
        .bind(tenant.as_uuid())
        .bind(id)
        .get_result(tx.conn()?)
        .await
        .optional()?;
    Ok(found.and_then(GrantColumns::grant))
}

/// The rows of the account, if it is new, and of the membership.
async fn join(
    tx: &mut PlatformTx,
    tenant: TenantId,
    used: &Used,
    person: Person,
) -> Result<(), AcceptError> {
    let role = Role::parse(&used.role).ok_or(AcceptError::NotBacked)?;
    let (user, name) = match person {
        Person::Known { user, name } => {
            if used.is_mailed {
                confirm_address(tx, user).await?;
            }
            (user, name)
        }
        Person::New { user, name, hash } => {
            let account = NewAccount {
                id: user,
                email: &used.email,
                name: &name,
                password_hash: &hash,
                is_confirmed: used.is_mailed,
            };
            if !insert_user(tx, account).await? {
                // Somebody made the account a moment ago, and has not shown that they are the one who asks.
                return Err(AcceptError::WrongPassword);
            }
            (user, name.to_string())
        }
    };
    let place = Membership {
        role,
        role_id: used.role_id,
        dealer: used.dealer_id,
    };
    let made = insert_membership(tx, tenant, &used.email, place).await;
    let id = made.map_err(|error| match error {
        // The role was removed a moment ago.
        AddMemberError::Db(DbError::ForeignKey { .. }) => AcceptError::NotBacked,
        error => error.into(),
    })?;
    if let Some(locations) = used.locations().uuids() {
        Statement::new("UPDATE memberships SET location_ids = $3 WHERE tenant_id = $1 AND id = $2")
            .bind(tenant.as_uuid())
            .bind(id.as_uuid())
            .bind(locations)
            .execute(tx.conn()?)
            .await
            .map_err(DbError::from)?;
    }
    let told = json!({ "email": used.email, "name": name, "role": role.as_str(), "role_id": used.role_id, "dealer_id": used.dealer_id,
        "location_ids": used.location_ids, "invitation_id": used.id });
    let author = Author {
        user: Some(user),
        name: &name,
        on_behalf_of: None,
    };
    let object = ("member", id.as_uuid());
    let change = Change::created(&told);
    audit::record_in(tx, tenant, &author, "invitations.accept", object, change).await?;
    Ok(())
}
