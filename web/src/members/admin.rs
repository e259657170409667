//! `/admin/members`: who works here, as what, and the end of it.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, PermissionCode, PlatformUsersRead, PlatformUsersWrite, SalesDealersRead,
};
use vitaran_core::db::{Limit, Page};
use vitaran_core::dealers::{self, DealerFilter, DealerSummary};
use vitaran_core::master::{Activity, Shown};
use vitaran_core::members::{self, Member, MemberFilter, PlaceForm, RoleRef};
use vitaran_core::roles::{self, RoleRecord};
use vitaran_core::stock::locations::{self, Location};
use vitaran_kernel::MembershipId;

use super::views;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of, in_transaction};
use crate::http::params;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The page of all people.
pub const PATH: &str = "/admin/members";

pub(super) fn path_of(id: MembershipId) -> String {
    format!("{PATH}/{id}")
}

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    pub q: String,
    /// A built-in role's code, or the id of one of the distributor's own.
    pub role: String,
    pub status: String,
    pub cursor: Option<String>,
}

/// `GET /admin/members`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersRead>()?;
    let filter = MemberFilter {
        shown: params::shown(&params.status),
        q: params.q.clone(),
        role: RoleRef::parse(&params.role),
    };
    let page = params::page(None, params.cursor.as_deref())?;
    let tx = state.db.begin_read(&by).await?;
    let (members, own) = tokio::join!(
        members::list(&tx, &by, &filter, &page),
        roles::list(&tx, &by)
    );
    let (members, own) = (members?, own?);
    tx.commit().await?;
    let list = views::MemberList {
        params: &params,
        members: &members,
        own: &own,
        now: state.db.clock().now(),
        may_write: actor.has(PermissionCode::PlatformUsersWrite),
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::rows(&list)));
    }
    Ok(shell.page("People").render(views::index(&list)))
}

/// What somebody can be given: the distributor's own roles, the locations the actor works at, and dealers to choose from where the actor may see them.
pub struct Choices {
    pub own: Vec<RoleRecord>,
    pub dealers: Vec<DealerSummary>,
    pub locations: Vec<Location>,
}

/// Dealers offered while one types; the code of any other may be typed all the same.
const DEALERS_OFFERED: Limit = Limit::DEFAULT;

/// A member with what they could be given.
async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<(Member, Choices), Refusal> {
    let by = actor.allow::<PlatformUsersRead>()?;
    let id = id_of(id, MembershipId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let (member, choices) = tokio::join!(members::load(&tx, &by, id), choices(&tx, actor, &by));
    let loaded = (member?, choices?);
    tx.commit().await?;
    Ok(loaded)
}

pub(crate) async fn choices(
    tx: &vitaran_core::db::TenantTx,
    actor: &Actor,
    by: &Allowed<PlatformUsersRead>,
) -> Result<Choices, Refusal> {
    let dealers = async {
        let Ok(may) = actor.allow::<SalesDealersRead>() else {
            return Ok(Vec::new());
        };
        let page = Page {
            limit: DEALERS_OFFERED,
            after: None,
        };
        let found = dealers::list(tx, &may, &DealerFilter::default(), &page).await;
        found.map(|found| found.rows)
    };
    let (own, dealers, locations) = tokio::join!(
        roles::list(tx, by),
        dealers,
        locations::list_own(tx, Shown::Active)
    );
    Ok(Choices {
        own: own?,
        dealers: dealers?,
        locations: locations?,
    })
}

/// `GET /admin/members/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let attempt = Attempt::fresh();
    show_member(&shell, &state, &actor, &id, None, attempt).await
}

async fn show_member(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    typed: Option<&PlaceForm>,
    mut attempt: Attempt,
) -> PageResult {
    let (member, choices) = load(state, actor, id).await?;
    let stored = form_of(&member);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |name, value| match name {
        "role" => Some(format!("The role is {} now", member.grant.label())),
        "dealer" if value.is_empty() => Some("There is no dealer now".to_owned()),
        "dealer" => Some(format!("The dealer is {value} now")),
        "locations" if member.locations.is_empty() => {
            Some("Every location is theirs now".to_owned())
        }
        "locations" => Some(format!(
            "They work at {} now",
            views::named(&member.locations)
        )),
        _ => None,
    });
    let page = views::MemberPage {
        member: &member,
        choices: &choices,
        actor,
        now: state.db.clock().now(),
    };
    let markup = page.form(form, &attempt);
    Ok(attempt.answer(shell, &member.name, markup, |form| page.render(&form)))
}

fn form_of(member: &Member) -> PlaceForm {
    PlaceForm {
        role: match member.role_id {
            Some(id) => id.to_string(),
            None => member.grant.role().as_str().to_owned(),
        },
        dealer: member
            .dealer
            .as_ref()
            .map(|dealer| dealer.code.clone())
            .unwrap_or_default(),
        // As the page sends them.
        locations: [String::new()]
            .into_iter()
            .chain(member.locations.iter().map(|one| one.id.to_string()))
            .collect(),
    }
}

/// `POST /admin/members/:id`
#[handler]
pub async fn change_role(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<PlaceForm>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    match change_from(&state, &by, &id, &sent).await {
        Ok(member) => {
            let label = member.grant.label();
            let message = Flash::good(format!("{} is {label} from now on", member.name));
            Ok(shell.go_to(&path_of(member.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_member(&shell, &state, &actor, &id, Some(&sent.form), attempt).await
        }
    }
}

async fn change_from(
    state: &AppState,
    by: &Allowed<PlatformUsersWrite>,
    id: &str,
    sent: &Submitted<PlaceForm>,
) -> Result<Member, Refusal> {
    let id = id_of(id, MembershipId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let member = members::change_role(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(member)
}

/// The page before a member is switched off or let go.
async fn ask(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    (verb, noun, text): (&str, &str, &str),
) -> PageResult {
    let _may = actor.allow::<PlatformUsersWrite>()?;
    let by = actor.allow::<PlatformUsersRead>()?;
    let id = id_of(id, MembershipId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let member = members::load(&tx, &by, id).await?;
    tx.commit().await?;
    let path = path_of(id);
    let title = format!("{verb} {}?", member.name);
    let asked = Question {
        title: &title,
        text,
        verb,
        action: &format!("{path}/{noun}"),
        version: member.version,
        back: (&member.name, &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `GET /admin/members/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let text = "All their devices, programs and API keys are signed out here at once. Their work stays, and you can switch them on again.";
    let asked = ("Switch off", "deactivation", text);
    ask(&shell, &state, &actor, &id, asked).await
}

/// `POST /admin/members/:id/deactivation`
#[handler]
pub async fn deactivate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &id, &sent, Activity::Inactive).await
}

/// `POST /admin/members/:id/activation`
#[handler]
pub async fn activate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &id, &sent, Activity::Active).await
}

async fn switch(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    sent: &Submitted<NoFields>,
    to: Activity,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let id = id_of(id, MembershipId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(state, &by, async |tx| {
        members::set_active(tx, &by, id, version, to).await
    });
    after(shell, result.await, &path_of(id), |member| match to {
        Activity::Active => format!("{} can sign in here again", member.name),
        Activity::Inactive => format!("{} is switched off and signed out", member.name),
    })
}

/// `GET /admin/members/:id/removal`
#[handler]
pub async fn ask_removal(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let text = "They are signed out here at once and their API keys are revoked. What they did stays in the histories under their name. To come back they need a new invitation.";
    let asked = ("Remove", "removal", text);
    ask(&shell, &state, &actor, &id, asked).await
}

/// `POST /admin/members/:id/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let id = id_of(&id, MembershipId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(&state, &by, async |tx| {
        members::remove(tx, &by, id, version).await
    });
    let result = result.await;
    let back = match &result {
        Ok(_) => PATH.to_owned(),
        Err(_) => path_of(id),
    };
    after(&shell, result, &back, |member| {
        format!("{} does not work here any more", member.name)
    })
}
