//! `/admin/categories`: the tree, adding below a parent, renaming, switching off and on.

use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, InventoryCategoriesWrite, InventoryProductsRead, PermissionCode,
};
use vitaran_core::catalog::{self, Category, CategoryForm};
use vitaran_core::master::{Activity, Shown};
use vitaran_kernel::CategoryId;

use super::views;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::params::shown;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The tree's page.
pub const PATH: &str = "/admin/categories";

/// What the tree's address says, and that of a new category.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TreeParams {
    pub status: String,
    pub parent_id: String,
}

/// `GET /admin/categories`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<TreeParams>,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let tree = catalog::tree(&tx, &by, shown(&params.status)).await?;
    tx.commit().await?;
    let may_write = actor.has(PermissionCode::InventoryCategoriesWrite);
    Ok(shell
        .page("Categories")
        .render(views::categories(&tree, &params.status, may_write)))
}

/// `GET /admin/categories/new`
#[handler]
pub async fn new(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<TreeParams>,
) -> PageResult {
    let _may = actor.allow::<InventoryCategoriesWrite>()?;
    let form = CategoryForm {
        parent_id: params.parent_id,
        ..CategoryForm::default()
    };
    show_new(&shell, &state, &actor, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    form: &CategoryForm,
    attempt: &Attempt,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let tx = state.db.begin_read(&by).await?;
    let tree = catalog::tree(&tx, &by, Shown::Active).await?;
    tx.commit().await?;
    let form = views::category_form(form, &tree, attempt);
    Ok(attempt.answer(shell, "New category", form, views::new_category))
}

/// `POST /admin/categories/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<CategoryForm>,
) -> PageResult {
    let by = actor.allow::<InventoryCategoriesWrite>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok(name) => {
            let message = Flash::good(format!("{name} is added"));
            Ok(shell.go_to(PATH, Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_new(&shell, &state, &actor, &sent.form, &attempt).await
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<InventoryCategoriesWrite>,
    hash: BodyHash,
    sent: &Submitted<CategoryForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("catalog.category.create", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let category = catalog::create_category(once.tx(), by, input).await?;
            once.finish(303, category.name.to_string()).await?
        }
    };
    Ok(answer.body)
}

async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<Category, Refusal> {
    let by = actor.allow::<InventoryProductsRead>()?;
    let id = id_of(id, CategoryId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let category = catalog::load_category(&mut tx, &by, id).await?;
    tx.commit().await?;
    Ok(category)
}

/// `GET /admin/categories/:id/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<InventoryCategoriesWrite>()?;
    show_edit(&shell, &state, &actor, &id, None, Attempt::fresh()).await
}

async fn show_edit(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    typed: Option<&CategoryForm>,
    mut attempt: Attempt,
) -> PageResult {
    let category = load(state, actor, id).await?;
    let stored = CategoryForm {
        name: category.name.to_string(),
        parent_id: String::new(),
    };
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |name, value| {
        (name == "name").then(|| format!("It is called {value} now"))
    });
    let form = views::rename_form(&category, &form.name, &attempt);
    let title = format!("Rename {}", category.name);
    Ok(attempt.answer(shell, &title, form, |form| views::rename(&category, &form)))
}

/// `POST /admin/categories/:id/edit`
#[handler]
pub async fn rename(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<CategoryForm>,
) -> PageResult {
    let by = actor.allow::<InventoryCategoriesWrite>()?;
    match rename_from(&state, &by, &id, &sent).await {
        Ok(category) => {
            let message = Flash::good(format!("The category is called {} now", category.name));
            Ok(shell.go_to(PATH, Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_edit(&shell, &state, &actor, &id, Some(&sent.form), attempt).await
        }
    }
}

async fn rename_from(
    state: &AppState,
    by: &Allowed<InventoryCategoriesWrite>,
    id: &str,
    sent: &Submitted<CategoryForm>,
) -> Result<Category, Refusal> {
    let id = id_of(id, CategoryId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse_rename()?);
    let mut tx = state.db.begin(by).await?;
    let category = catalog::rename_category(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(category)
}

/// `GET /admin/categories/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<InventoryCategoriesWrite>()?;
    let category = load(&state, &actor, &id).await?;
    let title = format!("Switch off {}?", category.name);
    let asked = Question {
        title: &title,
        text: "It can no longer be chosen for products. Move or switch off what is in it first.",
        verb: "Switch off",
        action: &format!("{PATH}/{}/deactivation", category.id),
        version: category.version,
        back: ("Categories", PATH),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/categories/:id/deactivation`
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

/// `POST /admin/categories/:id/activation`
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
    let by = actor.allow::<InventoryCategoriesWrite>()?;
    let id = id_of(id, CategoryId::parse)?;
    let result = set_active(state, &by, id, sent.version()?, to).await;
    after(shell, result, PATH, |category| match to {
        Activity::Active => format!("{} is in use again", category.name),
        Activity::Inactive => format!("{} is switched off", category.name),
    })
}

async fn set_active(
    state: &AppState,
    by: &Allowed<InventoryCategoriesWrite>,
    id: CategoryId,
    version: i32,
    to: Activity,
) -> Result<Category, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let category = catalog::set_category_active(&mut tx, by, id, Some(version), to).await?;
    tx.commit().await?;
    Ok(category)
}
