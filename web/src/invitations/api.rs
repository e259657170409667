//! Invitations for programs.

use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use poem_openapi::{ApiResponse, OpenApi};
use vitaran_core::access::{Allowed, PlatformUsersRead, PlatformUsersWrite};
use vitaran_core::invitations::{self, AcceptError, AcceptForm, InvitationForm, SendingForm, Sent};
use vitaran_kernel::InvitationId;

use super::dto::{
    Invitation, InvitationAcceptance, InvitationSending, NewInvitation, SentInvitation,
};
use super::open;
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::optional_json::OptionalJson;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::site::Site;
use crate::http::stored::{Created, Made, Stored};
use crate::http::throttle::ClientAddress;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// Sends once. What is kept for a second request is the answer without the link.
async fn send(
    state: &AppState,
    by: &Allowed<PlatformUsersWrite>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<Sent, Refusal>,
) -> Result<Created<SentInvitation>, Failure> {
    let (answer, link) = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => (answer, None),
        Started::Fresh(mut once) => {
            let sent = work(&mut once).await?;
            let link = sent.secret.map(|secret| super::link(state, &secret));
            let kept = SentInvitation {
                invitation: sent.invitation.into(),
                link: None,
            };
            (once.finish(201, kept.to_json_string()).await?, link)
        }
    };
    let mut created = Created::of(&answer, |sent: &SentInvitation| {
        Some(Made {
            location: format!("/api/v1/invitations/{}", sent.invitation.id),
            version: Some(sent.invitation.version),
        })
    })?;
    let Created::Record(Json(sent), ..) = &mut created;
    sent.link = link;
    Ok(created)
}

pub struct InvitationsApi;

#[OpenApi(tag = "Tag::Members")]
impl InvitationsApi {
    /// List invitations
    ///
    /// Those that nobody has accepted yet, the newest first.
    #[oai(
        path = "/v1/invitations",
        method = "get",
        operation_id = "invitations_list"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Invitation>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let tx = state.db.begin_read(&by).await?;
        let invitations = invitations::list(&tx, &by, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(invitations))
    }

    /// Get an invitation
    ///
    /// Who is invited as what, until when, and what became of it. Its link is not told again.
    #[oai(
        path = "/v1/invitations/:id",
        method = "get",
        operation_id = "invitations_get"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Invitation>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let tx = state.db.begin_read(&by).await?;
        let id = InvitationId::from_uuid(id.0);
        let invitation = invitations::load(&tx, &by, id).await?;
        tx.commit().await?;
        let version = invitation.version;
        Ok(Stored::of(invitation, version))
    }

    /// Invite somebody
    ///
    /// Mails a link, or gives it in the answer, that works once for seven days. Nobody gives a role that is more than their
    /// own, neither now nor when the link is used. One address has one invitation.
    #[oai(
        path = "/v1/invitations",
        method = "post",
        operation_id = "invitations_create"
    )]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewInvitation>,
    ) -> Result<Created<SentInvitation>, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "invitations.create", hash)?;
        let input = InvitationForm::from(body.0).parse()?;
        let seal = state.secret_key()?;
        let work =
            async |once: &mut Once| Ok(invitations::invite(once.tx(), &by, &seal, input).await?);
        send(&state, &by, claim, work).await
    }

    /// Send an invitation again
    ///
    /// Makes a new link; the old one works no more. Whoever sends it again is the one who invites.
    #[oai(
        path = "/v1/invitations/:id/sending",
        method = "post",
        operation_id = "invitations_send"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn send_again(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        id: Path<uuid::Uuid>,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        /// The `ETag` of the invitation the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: OptionalJson<InvitationSending>,
    ) -> Result<Created<SentInvitation>, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "invitations.send", hash)?;
        let expected = version::optional(if_match.0.as_deref())?;
        let delivery = SendingForm::from(body.0).parse()?;
        let (id, seal) = (InvitationId::from_uuid(id.0), state.secret_key()?);
        let work = async |once: &mut Once| {
            let tx = once.tx();
            Ok(invitations::send_again(tx, &by, &seal, id, expected, delivery).await?)
        };
        send(&state, &by, claim, work).await
    }

    /// Revoke an invitation
    ///
    /// Its link works no more. Gives the invitation as it was.
    #[oai(
        path = "/v1/invitations/:id/revocation",
        method = "post",
        operation_id = "invitations_revoke"
    )]
    async fn revoke(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the invitation the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Invitation>, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let id = InvitationId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let invitation = invitations::revoke(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(Stored::read_only(invitation))
    }
}

#[derive(ApiResponse)]
enum Joined {
    /// The person works with the distributor and can sign in.
    #[oai(status = 204)]
    Done,
}

pub struct AcceptInvitationApi;

#[OpenApi]
impl AcceptInvitationApi {
    /// Accept an invitation
    ///
    /// Uses the link up. Somebody new chooses name and password; whoever has an account shows its password and gets one more
    /// membership.
    #[oai(
        path = "/v1/auth/invitation",
        method = "post",
        operation_id = "auth_accept_invitation",
        tag = "Tag::Auth"
    )]
    async fn accept(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        body: Json<InvitationAcceptance>,
    ) -> Result<Joined, Failure> {
        let from = ClientAddress::of(request).network();
        let (db, rules) = (&state.db, state.config.sign_in);
        let (site, form) = (Site::of(request), AcceptForm::from(body.0));
        if site.tenant().is_some() && open::find(&state, &site, &form.token).await?.is_none() {
            return Err(AcceptError::LinkOver.into());
        }
        invitations::accept(db, rules, &form, from).await?;
        Ok(Joined::Done)
    }
}
