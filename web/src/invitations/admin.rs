//! `/admin/invitations`: who was invited and has not come yet. A link that somebody passes on themselves stands in the answer
//! to the form that made it, and on no other page.

use poem::handler;
use poem::web::{Data, Path, Query};
use vitaran_core::access::{Actor, Allowed, PermissionCode, PlatformUsersRead, PlatformUsersWrite};
use vitaran_core::invitations::{self, Invitation, InvitationForm, SendingForm, Sent};
use vitaran_kernel::InvitationId;

use super::views;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of, in_transaction};
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::members::admin::{Choices, choices};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The page of all invitations.
pub const PATH: &str = "/admin/invitations";

/// `GET /admin/invitations`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<PageParams>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersRead>()?;
    let page = params.page()?;
    let tx = state.db.begin_read(&by).await?;
    let invitations = invitations::list(&tx, &by, &page).await?;
    tx.commit().await?;
    let list = views::InvitationList {
        invitations: &invitations,
        is_first: params.cursor.is_none(),
        may_write: actor.has(PermissionCode::PlatformUsersWrite),
        now: state.db.clock().now(),
    };
    Ok(shell.page("Invitations").render(views::index(&list)))
}

async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<Invitation, Refusal> {
    let by = actor.allow::<PlatformUsersRead>()?;
    let id = id_of(id, InvitationId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let invitation = invitations::load(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(invitation)
}

/// Sends once; a form that is sent again is told that it was, and shows no link.
async fn send(
    state: &AppState,
    by: &Allowed<PlatformUsersWrite>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<Sent, Refusal>,
) -> Result<(Invitation, Option<String>), Refusal> {
    match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => {
            let invitation = load(state, by.actor(), &answer.body).await?;
            Ok((invitation, None))
        }
        Started::Fresh(mut once) => {
            let sent = work(&mut once).await?;
            once.finish(200, sent.invitation.id.to_string()).await?;
            let link = sent.secret.map(|secret| super::link(state, &secret));
            Ok((sent.invitation, link))
        }
    }
}

/// On its way by mail, or a link that is shown this once.
fn sent(shell: &Shell, invitation: &Invitation, link: Option<&str>) -> poem::Response {
    match link {
        Some(link) => shell
            .page("Pass the link on")
            .render(views::link(invitation, link)),
        None => {
            let message = Flash::good(format!("{} is invited", invitation.email));
            shell.go_to(PATH, Some(&message))
        }
    }
}

async fn load_choices(state: &AppState, actor: &Actor) -> Result<Choices, Refusal> {
    let by = actor.allow::<PlatformUsersRead>()?;
    let tx = state.db.begin_read(&by).await?;
    let found = choices(&tx, actor, &by).await?;
    tx.commit().await?;
    Ok(found)
}

/// `GET /admin/invitations/new`
#[handler]
pub async fn new(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<PlatformUsersWrite>()?;
    let form = InvitationForm {
        role: "SALES".to_owned(),
        ..InvitationForm::default()
    };
    show_new(&shell, &state, &actor, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    form: &InvitationForm,
    attempt: &Attempt,
) -> PageResult {
    let choices = load_choices(state, actor).await?;
    let form = views::new_form(form, actor, &choices, attempt);
    Ok(attempt.answer(shell, "Invite somebody", form, views::new))
}

/// `POST /admin/invitations/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    form: Submitted<InvitationForm>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    match create_from(&state, &by, hash, &form).await {
        Ok((invitation, link)) => Ok(sent(&shell, &invitation, link.as_deref())),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &form)?;
            show_new(&shell, &state, &actor, &form.form, &attempt).await
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<PlatformUsersWrite>,
    hash: BodyHash,
    form: &Submitted<InvitationForm>,
) -> Result<(Invitation, Option<String>), Refusal> {
    let claim = form.claim("invitations.create", hash)?;
    let input = form.form.parse()?;
    let key = state.secret_key()?;
    let work = async |once: &mut Once| Ok(invitations::invite(once.tx(), by, &key, input).await?);
    send(state, by, claim, work).await
}

/// `GET /admin/invitations/:id/sending`
#[handler]
pub async fn ask_sending(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<PlatformUsersWrite>()?;
    let form = SendingForm::default();
    show_sending(&shell, &state, &actor, &id, &form, &Attempt::fresh()).await
}

async fn show_sending(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    form: &SendingForm,
    attempt: &Attempt,
) -> PageResult {
    let invitation = load(state, actor, id).await?;
    let form = views::sending_form(&invitation, form, attempt);
    Ok(
        attempt.answer(shell, "Send an invitation again", form, |form| {
            views::sending(&invitation, &form)
        }),
    )
}

/// `POST /admin/invitations/:id/sending`
#[handler]
pub async fn send_again(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Path(id): Path<String>,
    form: Submitted<SendingForm>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    match send_again_from(&state, &by, hash, &id, &form).await {
        Ok((invitation, link)) => Ok(sent(&shell, &invitation, link.as_deref())),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &form)?;
            show_sending(&shell, &state, &actor, &id, &form.form, &attempt).await
        }
    }
}

async fn send_again_from(
    state: &AppState,
    by: &Allowed<PlatformUsersWrite>,
    hash: BodyHash,
    id: &str,
    form: &Submitted<SendingForm>,
) -> Result<(Invitation, Option<String>), Refusal> {
    let id = id_of(id, InvitationId::parse)?;
    let claim = form.claim("invitations.send", hash)?;
    let (version, delivery) = (form.version()?, form.form.parse()?);
    let key = state.secret_key()?;
    let work = async |once: &mut Once| {
        let tx = once.tx();
        Ok(invitations::send_again(tx, by, &key, id, Some(version), delivery).await?)
    };
    send(state, by, claim, work).await
}

/// `GET /admin/invitations/:id/revocation`
#[handler]
pub async fn ask_revocation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<PlatformUsersWrite>()?;
    let invitation = load(&state, &actor, &id).await?;
    let title = format!("Revoke the invitation of {}?", invitation.email);
    let asked = Question {
        title: &title,
        text: "Its link works no more. You can invite the same address anew.",
        verb: "Revoke",
        action: &format!("{PATH}/{}/revocation", invitation.id),
        version: invitation.version,
        back: ("Invitations", PATH),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/invitations/:id/revocation`
#[handler]
pub async fn revoke(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let id = id_of(&id, InvitationId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(&state, &by, async |tx| {
        invitations::revoke(tx, &by, id, version).await
    });
    after(&shell, result.await, PATH, |invitation| {
        format!("The invitation of {} is revoked", invitation.email)
    })
}
