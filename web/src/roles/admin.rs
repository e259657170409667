//! `/admin/roles`: what each role may do, and the tenant's own roles.

use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, PermissionCode, PlatformRolesWrite, PlatformUsersRead, Role,
};
use vitaran_core::roles::{self, RoleForm, RoleRecord};
use vitaran_kernel::{Money, RoleId};

use super::views;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The page of all roles.
pub const PATH: &str = "/admin/roles";

/// What the button beside "Save" sends: show what the role would be able to do, and save nothing.
pub(super) const PREVIEW: &str = "preview";

pub(super) fn path_of(id: RoleId) -> String {
    format!("{PATH}/{id}")
}

/// `GET /admin/roles`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
) -> PageResult {
    let by = actor.allow::<PlatformUsersRead>()?;
    let tx = state.db.begin_read(&by).await?;
    let own = roles::list(&tx, &by).await?;
    tx.commit().await?;
    let may_write = actor.has(PermissionCode::PlatformRolesWrite);
    Ok(shell.page("Roles").render(views::index(&own, may_write)))
}

/// `GET /admin/roles/built-in`
#[handler]
pub async fn built_in(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<PlatformUsersRead>()?;
    let may_write = actor.has(PermissionCode::PlatformRolesWrite);
    Ok(shell
        .page("Built-in roles")
        .render(views::built_in(may_write)))
}

/// What the address of a new role says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewParams {
    /// The built-in role to start from.
    pub from: String,
}

/// `GET /admin/roles/new`
#[handler]
pub async fn new(
    shell: Shell,
    PageActor(actor): PageActor,
    Query(params): Query<NewParams>,
) -> PageResult {
    let _may = actor.allow::<PlatformRolesWrite>()?;
    let base = Role::parse(&params.from.to_uppercase()).unwrap_or(Role::Sales);
    let offered = base.permissions().intersection(actor.permissions());
    let form = RoleForm {
        base: base.as_str().to_owned(),
        permissions: offered
            .codes()
            .map(|code| code.as_str().to_owned())
            .collect(),
        ..RoleForm::default()
    };
    Ok(show_new(&shell, &actor, &form, &Attempt::fresh()))
}

fn show_new(shell: &Shell, actor: &Actor, form: &RoleForm, attempt: &Attempt) -> poem::Response {
    let markup = views::Editor {
        action: PATH,
        form,
        saved: None,
        actor,
        attempt,
    };
    attempt.answer(shell, "New role", markup.render(), |form| views::new(&form))
}

/// `POST /admin/roles`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<RoleForm>,
) -> PageResult {
    let by = actor.allow::<PlatformRolesWrite>()?;
    if sent.choice == PREVIEW {
        return Ok(show_new(&shell, &actor, &sent.form, &Attempt::again(&sent)));
    }
    match create_from(&state, &by, hash, &sent).await {
        Ok(path) => {
            let message =
                Flash::good("The role is added. Give it to people on the page of your team");
            Ok(shell.go_to(&path, Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            Ok(show_new(&shell, &actor, &sent.form, &attempt))
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<PlatformRolesWrite>,
    hash: BodyHash,
    sent: &Submitted<RoleForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("roles.create", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let role = roles::create(once.tx(), by, input).await?;
            once.finish(303, path_of(role.id)).await?
        }
    };
    Ok(answer.body)
}

async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<RoleRecord, Refusal> {
    let by = actor.allow::<PlatformUsersRead>()?;
    let id = id_of(id, RoleId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let role = roles::load(&mut tx, &by, id).await?;
    tx.commit().await?;
    Ok(role)
}

/// `GET /admin/roles/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let role = load(&state, &actor, &id).await?;
    if !actor.has(PermissionCode::PlatformRolesWrite) {
        return Ok(shell.page(role.name.as_str()).render(views::own(&role)));
    }
    let stored = form_of(&role);
    Ok(show_edit(&shell, &actor, &role, &stored, &Attempt::fresh()))
}

fn form_of(role: &RoleRecord) -> RoleForm {
    RoleForm {
        name: role.name.to_string(),
        base: role.base.as_str().to_owned(),
        permissions: role
            .permissions
            .codes()
            .map(|code| code.as_str().to_owned())
            .collect(),
        approval_limit: role
            .approval_limit
            .map(|limit: Money| limit.to_string())
            .unwrap_or_default(),
    }
}

fn show_edit(
    shell: &Shell,
    actor: &Actor,
    role: &RoleRecord,
    form: &RoleForm,
    attempt: &Attempt,
) -> poem::Response {
    let path = path_of(role.id);
    let markup = views::Editor {
        action: &path,
        form,
        saved: Some(role),
        actor,
        attempt,
    };
    attempt.answer(shell, role.name.as_str(), markup.render(), |form| {
        views::edit(role, &form)
    })
}

/// `POST /admin/roles/:id`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<RoleForm>,
) -> PageResult {
    let by = actor.allow::<PlatformRolesWrite>()?;
    if sent.choice == PREVIEW {
        let role = load(&state, &actor, &id).await?;
        let attempt = Attempt::again(&sent);
        return Ok(show_edit(&shell, &actor, &role, &sent.form, &attempt));
    }
    match update_from(&state, &by, &id, &sent).await {
        Ok(role) => {
            let message = Flash::good(format!("{} is saved. It counts from now on", role.name));
            Ok(shell.go_to(&path_of(role.id), Some(&message)))
        }
        Err(refusal) => {
            let mut attempt = Attempt::refused(refusal, &sent)?;
            let role = load(&state, &actor, &id).await?;
            attempt.compare(&form_of(&role), &sent.form, |name, value| match name {
                "name" => Some(format!("It is called {value} now")),
                "approval_limit" if value.is_empty() => Some("It has no limit now".to_owned()),
                "approval_limit" => Some(format!("Its limit is {value} now")),
                "permissions" => Some("What it may do is different now".to_owned()),
                _ => None,
            });
            Ok(show_edit(&shell, &actor, &role, &sent.form, &attempt))
        }
    }
}

async fn update_from(
    state: &AppState,
    by: &Allowed<PlatformRolesWrite>,
    id: &str,
    sent: &Submitted<RoleForm>,
) -> Result<RoleRecord, Refusal> {
    let id = id_of(id, RoleId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let role = roles::update(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(role)
}

/// `GET /admin/roles/:id/removal`
#[handler]
pub async fn ask_removal(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<PlatformRolesWrite>()?;
    let role = load(&state, &actor, &id).await?;
    let path = path_of(role.id);
    let title = format!("Remove {}?", role.name);
    let asked = Question {
        title: &title,
        text: "Only a role that nobody has can be removed. What it was stays in the audit log.",
        verb: "Remove",
        action: &format!("{path}/removal"),
        version: role.version,
        back: (role.name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/roles/:id/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformRolesWrite>()?;
    let id = id_of(&id, RoleId::parse)?;
    let result = remove_one(&state, &by, id, sent.version()?).await;
    let back = if result.is_ok() {
        PATH.to_owned()
    } else {
        path_of(id)
    };
    after(&shell, result, &back, |role| {
        format!("{} is removed", role.name)
    })
}

async fn remove_one(
    state: &AppState,
    by: &Allowed<PlatformRolesWrite>,
    id: RoleId,
    version: i32,
) -> Result<RoleRecord, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let role = roles::remove(&mut tx, by, id, Some(version)).await?;
    tx.commit().await?;
    Ok(role)
}
