//! Inviting somebody, sending an invitation again, and taking it back.

use diesel::sql_types::{BigInt, Bool, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{EmailAddress, InvitationId, MembershipId};

use super::form::{Delivery, NewInvitation};
use super::model::{Invitation, Refused};
use super::query::fetch;
use super::{LINK_TTL_DAYS, MAX_OPEN, MAX_SENDINGS};
use crate::access::{Actor, Allowed, LocationScope, PlatformUsersWrite};
use crate::account_mails::{self, AccountMail, QueueMailError};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::identity::{CredentialHash, new_link_secret};
use crate::master::{MasterError, check_version};
use crate::members::{Given, Place};
use crate::problem::{Kind, Problem};
use crate::secrets::SecretKey;
use crate::throttle::count_invitation;

/// An invitation that is on its way.
#[derive(Debug)]
pub struct Sent {
    pub invitation: Invitation,
    /// The secret of its link, for whoever passes it on themselves.
    pub secret: Option<String>,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the link could not be made: {0}")]
    Link(String),
}

impl From<diesel::result::Error> for SendError {
    fn from(error: diesel::result::Error) -> Self {
        SendError::Refused(error.into())
    }
}

impl From<DbError> for SendError {
    fn from(error: DbError) -> Self {
        SendError::Refused(error.into())
    }
}

impl From<QueueMailError> for SendError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => error.into(),
            QueueMailError::Secret(error) => SendError::Link(error.to_string()),
        }
    }
}

impl Problem for SendError {
    fn kind(&self) -> Kind {
        match self {
            SendError::Refused(refused) => refused.kind(),
            SendError::Link(_) => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SendError::Refused(refused) => refused.code(),
            SendError::Link(_) => "service.internal",
        }
    }

    fn faults(&self) -> Vec<crate::problem::Fault> {
        match self {
            SendError::Refused(refused) => refused.faults(),
            SendError::Link(_) => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            SendError::Refused(refused) => refused.facts(),
            SendError::Link(_) => serde_json::Map::new(),
        }
    }
}

/// Invites the owner of an address. Whether the address has an account anywhere is nobody's to learn here; whether it
/// works here is.
pub async fn invite(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    key: &SecretKey,
    input: NewInvitation,
) -> Result<Sent, SendError> {
    let inviter = inviter(tx, by.actor()).await?;
    let given = Given::of(tx, by.actor(), &input.place, &LocationScope::All).await?;
    refuse_member(tx, &input.email).await?;
    refuse_too_many(tx).await?;
    let (id, secret) = (InvitationId::generate(), secret()?);
    Statement::new(
        "INSERT INTO invitations (tenant_id, id, email, role, role_id, dealer_id, location_ids, token_hash, invited_by, created_at, expires_at, is_mailed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 day', $12)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(input.email.as_str())
    .bind(given.role().as_str())
    .bind(given.role_id.map(|id| id.as_uuid()))
    .bind(given.dealer.map(|id| id.as_uuid()))
    .bind(given.location_ids())
    .bind(CredentialHash::of(&secret).0.to_vec())
    .bind(inviter.as_uuid())
    .bind(tx.now())
    .bind(LINK_TTL_DAYS)
    .bind(input.delivery == Delivery::Mail)
    .execute(tx.conn()?)
    .await
    .map_err(|error| already_invited(error.into(), &input.email))?;
    let invitation = fetch(tx, id, "").await?;
    let change = Change::created(&invitation);
    let object = Some(id.as_uuid());
    audit::record(tx, "invitations.create", "invitation", object, change).await?;
    send(tx, key, invitation, secret, input.delivery).await
}

/// Makes a new link, which takes the place of the old one, and sends it. Whoever sends it again is the one who gives.
pub async fn send_again(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    key: &SecretKey,
    id: InvitationId,
    expected: Option<i32>,
    delivery: Delivery,
) -> Result<Sent, SendError> {
    let inviter = inviter(tx, by.actor()).await?;
    let before = fetch(tx, id, " FOR UPDATE OF i").await?;
    check_version(before.version, expected)?;
    if before.sendings >= MAX_SENDINGS {
        let detail = format!(
            "It was sent {MAX_SENDINGS} times: ask for the right address, or revoke it and invite anew"
        );
        return Err(Refused::fault("", "invitations.sent_often", detail).into());
    }
    let place = Place::of(
        before.role,
        before.role_id,
        before.dealer.as_ref().map(|dealer| dealer.id),
        before.scope.clone(),
    );
    Given::of::<Invitation>(tx, by.actor(), &place, &before.scope).await?;
    let secret = secret()?;
    Statement::new(
        "UPDATE invitations SET token_hash = $3, invited_by = $4, expires_at = now() + $5 * interval '1 day', sendings = sendings + 1, \
         is_mailed = $6, version = version + 1 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(CredentialHash::of(&secret).0.to_vec())
    .bind(inviter.as_uuid())
    .bind(LINK_TTL_DAYS)
    .bind(delivery == Delivery::Mail)
    .execute(tx.conn()?)
    .await?;
    let after = fetch(tx, id, "").await?;
    let change = Change::updated(&before, &after);
    let object = Some(id.as_uuid());
    audit::record(tx, "invitations.send", "invitation", object, change).await?;
    send(tx, key, after, secret, delivery).await
}

/// Takes an invitation back: its link works no more.
pub async fn revoke(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformUsersWrite>,
    id: InvitationId,
    expected: Option<i32>,
) -> Result<Invitation, Refused> {
    let invitation = fetch(tx, id, " FOR UPDATE OF i").await?;
    check_version(invitation.version, expected)?;
    Statement::new("DELETE FROM invitations WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .execute(tx.conn()?)
        .await?;
    let change = Change::removed(&invitation);
    let object = Some(id.as_uuid());
    audit::record(tx, "invitations.revoke", "invitation", object, change).await?;
    Ok(invitation)
}

fn secret() -> Result<String, SendError> {
    new_link_secret().map_err(|error| SendError::Link(error.to_string()))
}

async fn send(
    tx: &mut TenantTx,
    key: &SecretKey,
    invitation: Invitation,
    secret: String,
    delivery: Delivery,
) -> Result<Sent, SendError> {
    if delivery == Delivery::Link {
        let secret = Some(secret);
        return Ok(Sent { invitation, secret });
    }
    if !count_invitation(tx, &invitation.email).await? {
        let detail = format!(
            "Enough invitations were mailed to {} today: pass a link on yourself, or try again tomorrow",
            invitation.email
        );
        return Err(Refused::fault("/delivery", "invitations.mailed_often", detail).into());
    }
    let tenant = tx.actor().tenant().name.clone();
    let mail = AccountMail::Invitation {
        secret: &secret,
        key,
        tenant: &tenant,
    };
    // The person's name is theirs to tell.
    let receiver = (invitation.email.as_str(), invitation.email.as_str());
    account_mails::queue_to(tx.conn()?, receiver, mail).await?;
    Ok(Sent {
        invitation,
        secret: None,
    })
}

/// The membership of whoever invites. On a support visit there is none, and nobody who would answer for the gift later.
async fn inviter(tx: &mut TenantTx, by: &Actor) -> Result<MembershipId, Refused> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Uuid)]
        id: MembershipId,
    }
    let found: Option<Found> = Statement::new(
        "SELECT id FROM memberships WHERE tenant_id = $1 AND user_id = $2 AND is_active",
    )
    .bind(tx.tenant().as_uuid())
    .bind(by.user_id().map(|id| id.as_uuid()))
    .get_result(tx.conn()?)
    .await
    .optional()?;
    let on_visit = || {
        let detail = "On a support visit nobody is invited: the distributor's own people do that";
        MasterError::fault("", "invitations.on_visit", detail)
    };
    let found = found.filter(|_| by.impersonation().is_none());
    Ok(found.ok_or_else(on_visit)?.id)
}

async fn refuse_member(tx: &mut TenantTx, email: &EmailAddress) -> Result<(), Refused> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        is_active: bool,
    }
    let found: Option<Found> = Statement::new(
        "SELECT m.is_active FROM memberships m JOIN users u ON u.id = m.user_id \
         WHERE m.tenant_id = $1 AND u.email = $2 AND m.removed_at IS NULL",
    )
    .bind(tx.tenant().as_uuid())
    .bind(email.as_str())
    .get_result(tx.conn()?)
    .await
    .optional()?;
    let detail = match found {
        None => return Ok(()),
        Some(Found { is_active: true }) => format!("{email} works here already"),
        Some(Found { is_active: false }) => {
            format!("{email} is switched off here: switch them on again instead")
        }
    };
    Err(MasterError::fault("/email", "members.exists", detail))
}

async fn refuse_too_many(tx: &mut TenantTx) -> Result<(), Refused> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    tx.one_at_a_time("invitations").await?;
    let open: Count =
        Statement::new("SELECT count(*) AS count FROM invitations WHERE tenant_id = $1")
            .bind(tx.tenant().as_uuid())
            .get_result(tx.conn()?)
            .await?;
    if open.count < MAX_OPEN {
        return Ok(());
    }
    let detail = format!("{MAX_OPEN} invitations wait already: revoke those nobody will accept");
    Err(MasterError::fault("", "too_many", detail))
}

fn already_invited(error: DbError, email: &EmailAddress) -> SendError {
    if error.is_unique("uq_invitations_tenant_id_email") {
        let detail =
            format!("{email} is invited already: send that invitation again, or revoke it first");
        return Refused::fault("/email", "invitations.exists", detail).into();
    }
    error.into()
}
