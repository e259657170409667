//! `/admin/products`: the list, a product, adding and changing one, switching one off and on.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, InventoryProductsDelete, InventoryProductsRead, InventoryProductsWrite,
    PermissionCode,
};
use vitaran_core::catalog::{self, Product, ProductFilter, ProductForm};
use vitaran_core::db::TenantTx;
use vitaran_core::master::{Activity, Shown};
use vitaran_kernel::{CategoryId, ProductId};

use super::views::{self, Choices, ProductList};
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::params;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    pub q: String,
    pub category_id: String,
    /// `active` unless it says `inactive` or `all`.
    pub status: String,
    pub cursor: Option<String>,
}

/// Which buttons the products' pages show.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    pub write: bool,
    pub switch: bool,
    pub movements: bool,
    pub history: bool,
}

impl Rights {
    fn of(actor: &Actor) -> Self {
        Rights {
            write: actor.has(PermissionCode::InventoryProductsWrite),
            switch: actor.has(PermissionCode::InventoryProductsDelete),
            movements: actor.has(PermissionCode::InventoryMovementsRead),
            history: actor.has(PermissionCode::PlatformAuditRead),
        }
    }
}

pub(super) fn path_of(id: ProductId) -> String {
    format!("/admin/products/{id}")
}

/// `GET /admin/products`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let filter = filter_of(&params)?;
    let page = params::page(None, params.cursor.as_deref())?;
    let tx = state.db.begin_read(&by).await?;
    let (products, categories, tax_classes) = try_join!(
        catalog::list(&tx, &by, &filter, &page).map_err(Refusal::from),
        catalog::tree(&tx, &by, Shown::Active).map_err(Refusal::from),
        catalog::list_tax_classes(&tx, &by).map_err(Refusal::from)
    )?;
    tx.commit().await?;
    let list = ProductList {
        params: &params,
        products: &products,
        categories: &categories,
        tax_classes: &tax_classes,
        rights: Rights::of(&actor),
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(poem::http::StatusCode::OK, views::product_rows(&list)));
    }
    Ok(shell.page("Products").render(views::products(&list)))
}

fn filter_of(params: &ListParams) -> Result<ProductFilter, Refusal> {
    let category = match params.category_id.as_str() {
        "" => None,
        id => Some(id_of(id, CategoryId::parse)?),
    };
    Ok(ProductFilter {
        shown: params::shown(&params.status),
        category,
        q: params.q.clone(),
        since: None,
    })
}

/// `GET /admin/products/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let product = load(&mut tx, &by, &id).await?;
    let tax_classes = catalog::list_tax_classes(&tx, &by).await?;
    tx.commit().await?;
    let body = views::product(&product, &tax_classes, Rights::of(&actor));
    Ok(shell.page(product.name.as_str()).render(body))
}

async fn load(
    tx: &mut TenantTx,
    by: &Allowed<InventoryProductsRead>,
    id: &str,
) -> Result<Product, Refusal> {
    let id = id_of(id, ProductId::parse)?;
    Ok(catalog::load(tx, by, id).await?)
}

async fn choices(
    tx: &mut TenantTx,
    by: &Allowed<InventoryProductsRead>,
) -> Result<Choices, Refusal> {
    Ok(Choices {
        categories: catalog::tree(tx, by, Shown::All).await?,
        tax_classes: catalog::list_tax_classes(tx, by).await?,
    })
}

/// `GET /admin/products/new`
#[handler]
pub async fn new(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let _may = actor.allow::<InventoryProductsWrite>()?;
    let form = ProductForm {
        category_id: params.category_id,
        uqc: "NOS".to_owned(),
        ..ProductForm::default()
    };
    show_new(&shell, &state, &actor, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    form: &ProductForm,
    attempt: &Attempt,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let choices = choices(&mut tx, &by).await?;
    tx.commit().await?;
    let form = views::product_form("/admin/products/new", form, None, &choices, attempt);
    Ok(attempt.answer(shell, "New product", form, views::new_product))
}

/// `POST /admin/products/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<ProductForm>,
) -> PageResult {
    let by = actor.allow::<InventoryProductsWrite>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok(path) => Ok(shell.go_to(&path, Some(&Flash::good("The product is added")))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_new(&shell, &state, &actor, &sent.form, &attempt).await
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<InventoryProductsWrite>,
    hash: BodyHash,
    sent: &Submitted<ProductForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("catalog.product.create", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let product = catalog::create(once.tx(), by, input).await?;
            once.finish(303, path_of(product.id)).await?
        }
    };
    Ok(answer.body)
}

/// `GET /admin/products/:id/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<InventoryProductsWrite>()?;
    show_edit(&shell, &state, &actor, &id, None, Attempt::fresh()).await
}

/// With what is stored, or with what was `typed`.
async fn show_edit(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    typed: Option<&ProductForm>,
    mut attempt: Attempt,
) -> PageResult {
    let by = actor.allow::<InventoryProductsRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let product = load(&mut tx, &by, id).await?;
    let choices = choices(&mut tx, &by).await?;
    tx.commit().await?;
    let stored = ProductForm::of(&product);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |name, value| choices.say(name, value));
    let action = format!("{}/edit", path_of(product.id));
    let form = views::product_form(&action, form, Some(product.version), &choices, &attempt);
    let title = format!("Edit {}", product.name);
    Ok(attempt.answer(shell, &title, form, |form| {
        views::edit_product(&product, &form)
    }))
}

/// `POST /admin/products/:id/edit`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<ProductForm>,
) -> PageResult {
    let by = actor.allow::<InventoryProductsWrite>()?;
    match update_from(&state, &by, &id, &sent).await {
        Ok(product) => {
            let message = Flash::good(format!("{} is saved", product.name));
            Ok(shell.go_to(&path_of(product.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_edit(&shell, &state, &actor, &id, Some(&sent.form), attempt).await
        }
    }
}

async fn update_from(
    state: &AppState,
    by: &Allowed<InventoryProductsWrite>,
    id: &str,
    sent: &Submitted<ProductForm>,
) -> Result<Product, Refusal> {
    let id = id_of(id, ProductId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let product = catalog::update(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(product)
}

/// `GET /admin/products/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<InventoryProductsDelete>()?;
    let by = actor.allow::<InventoryProductsRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let product = load(&mut tx, &by, &id).await?;
    tx.commit().await?;
    let path = path_of(product.id);
    let title = format!("Switch off {}?", product.name);
    let asked = Question {
        title: &title,
        text: "Dealers no longer find it and it cannot be ordered. Orders and invoices that have it keep it.",
        verb: "Switch off",
        action: &format!("{path}/deactivation"),
        version: product.version,
        back: (product.name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/products/:id/deactivation`
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

/// `POST /admin/products/:id/activation`
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
    let by = actor.allow::<InventoryProductsDelete>()?;
    let id = id_of(id, ProductId::parse)?;
    let result = set_active(state, &by, id, sent.version()?, to).await;
    after(shell, result, &path_of(id), |product| match to {
        Activity::Active => format!("{} is sold again", product.name),
        Activity::Inactive => format!("{} is switched off", product.name),
    })
}

async fn set_active(
    state: &AppState,
    by: &Allowed<InventoryProductsDelete>,
    id: ProductId,
    version: i32,
    to: Activity,
) -> Result<Product, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let product = catalog::set_active(&mut tx, by, id, Some(version), to).await?;
    tx.commit().await?;
    Ok(product)
}
