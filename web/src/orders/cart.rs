//! `/portal/cart`: what a dealer is about to order, with prices, tax and credit as they would be.
//!
//! The whole cart is one form. Its main button places the order with the quantities one sees; the buttons beside it
//! send the same fields to the cart, so that nothing typed is lost whichever is pressed, with scripts or without.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use poem::{Response, Result as PoemResult};
use serde::Deserialize;
use vitaran_core::access::{Actor, Allowed, SalesOrdersPlace, SalesPricesRead};
use vitaran_core::db::TenantTx;
use vitaran_core::dealers::{self, Address};
use vitaran_core::idempotency::IdempotencyKey;
use vitaran_core::orders::{self, AddToCart, Cart, CartLineForm, SetCart};
use vitaran_core::pricing::{self, CatalogueItem};
use vitaran_core::problem::Fault;
use vitaran_kernel::{AddressId, ProductId, Quantity};

use super::cart_views as views;
use crate::auth::PageActor;
use crate::catalog::portal::CatalogueParams;
use crate::catalog::portal_views as product_views;
use crate::http::form::Form;
use crate::http::params::address;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::hx::{self, Swap};
use crate::portal::{Frame, own_dealer};
use crate::shell::{CART_COUNT, Shell};
use crate::state::AppState;
use crate::ui::flash::{Flash, toasts};
use crate::ui::form::FieldError;
use crate::ui::nav::live_count;

/// "Add": a product, how many, and the list it was pressed in; without one it was the product's own page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AddForm {
    pub product_id: String,
    pub quantity: String,
    pub from: Option<CatalogueParams>,
}

impl AddForm {
    /// One of the product.
    #[must_use]
    pub fn new(product: ProductId, from: Option<CatalogueParams>) -> Self {
        AddForm {
            product_id: product.to_string(),
            quantity: "1".to_owned(),
            from,
        }
    }

    /// What makes its fields' ids unique among many products.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.product_id
    }

    /// The page it was pressed on. Made here from what the list shows, so that it leads nowhere else.
    fn back(&self, product: ProductId) -> String {
        match &self.from {
            Some(list) => list.from(&list.cursor),
            None => format!("/portal/products/{product}"),
        }
    }
}

/// `POST /portal/cart/lines`
#[handler]
pub async fn add(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Form(form): Form<AddForm>,
) -> PageResult {
    match add_now(&state, &actor, &form).await {
        Ok((item, frame)) => Ok(answer_added(&shell, &form, &item, frame)),
        Err(refusal) if refusal.faults.is_empty() => Err(refusal),
        Err(refusal) => show_not_added(&shell, &state, &actor, &form, &refusal).await,
    }
}

async fn add_now(
    state: &AppState,
    actor: &Actor,
    form: &AddForm,
) -> Result<(CatalogueItem, Frame), Refusal> {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let input = AddToCart::parse(&form.product_id, &form.quantity)?;
    let mut tx = state.db.begin(&by).await?;
    let item = load_item(&mut tx, actor, input.product()).await?;
    orders::add_to_cart(&mut tx, &by, input).await?;
    let frame = Frame::read(&tx, actor).await?;
    tx.commit().await?;
    Ok((item, frame))
}

async fn load_item(
    tx: &mut TenantTx,
    actor: &Actor,
    id: ProductId,
) -> Result<CatalogueItem, Refusal> {
    let by = actor.allow::<SalesPricesRead>()?;
    let dealer = own_dealer(actor)?;
    Ok(pricing::browse_product(tx, &by, dealer, id).await?)
}

fn answer_added(shell: &Shell, form: &AddForm, item: &CatalogueItem, frame: Frame) -> Response {
    let product = &item.product;
    let (quantity, unit) = (form.quantity.trim(), product.uqc);
    let message = Flash::good(format!("{}: {quantity} {unit} added", product.name))
        .link("View cart", "/portal/cart");
    if !shell.wants_fragment() {
        return shell.go_to(&form.back(product.product_id), Some(&message));
    }
    let next = AddForm::new(product.product_id, form.from.clone());
    let body = maud::html! {
        (views::add_form(&next, product.name.as_str(), &[]))
        (hx::partial(CART_COUNT, Swap::Fill, live_count(frame.cart())))
        (toasts(&[message]))
    };
    shell.fragment(StatusCode::OK, body)
}

/// The form with its fault; without scripts on the product's own page, which has the same form.
async fn show_not_added(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    form: &AddForm,
    refusal: &Refusal,
) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let product = ProductId::parse(&form.product_id).map_err(|_| Refusal::not_found())?;
    let mut tx = state.db.begin_read(&by).await?;
    let item = load_item(&mut tx, actor, product).await?;
    let frame = Frame::read(&tx, actor).await?;
    tx.commit().await?;
    let errors = field_errors(&refusal.faults);
    let name = item.product.name.as_str();
    if shell.wants_fragment() {
        let body = views::add_form(form, name, &errors);
        return Ok(shell.fragment(refusal.status, body));
    }
    let body = product_views::product(&item, form, &errors);
    Ok(frame.page(shell, name).refused().render(body))
}

/// The cart's form as sent: the lines as typed, and what the order will say besides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CartForm {
    pub lines: Vec<CartLineForm>,
    pub ship_to_address_id: String,
    pub client_reference: String,
    pub note: String,
    pub idempotency_key: String,
}

impl CartForm {
    /// The quantity typed for a product.
    #[must_use]
    pub fn typed(&self, product: ProductId) -> Option<&str> {
        let product = product.to_string();
        let line = self.lines.iter().find(|line| line.product_id == product);
        line.map(|line| line.quantity.as_str())
    }

    fn take_out(&mut self, product: ProductId) {
        let product_id = product.to_string();
        self.lines.retain(|line| line.product_id != product_id);
        self.lines.push(CartLineForm {
            product_id,
            quantity: "0".to_owned(),
            shown: String::new(),
        });
    }

    /// With the lines that are to be taken out behind the others: the order's own lines are then the first of the form's, and
    /// a fault of one points to the same line of both.
    #[must_use]
    pub(super) fn with_taken_out_last(mut self) -> Self {
        self.lines.sort_by_key(is_taken_out);
        self
    }

    /// The lines that are to be ordered.
    pub(super) fn kept_lines(&self) -> impl Iterator<Item = &CartLineForm> {
        self.lines.iter().filter(|line| !is_taken_out(line))
    }

    /// Puts the changed quantities into the cart; the faults point into this form.
    async fn save(&self, tx: &mut TenantTx, by: &Allowed<SalesOrdersPlace>) -> Result<(), Refusal> {
        let input = SetCart::parse(&self.lines)?;
        Ok(orders::set_cart(tx, by, &input).await?)
    }

    /// The cart's address with what no line holds.
    fn address(&self) -> String {
        let parameters = [
            ("ship_to", self.ship_to_address_id.as_str()),
            ("client_reference", &self.client_reference),
            ("note", &self.note),
        ];
        address("/portal/cart", &parameters)
    }
}

/// Zero takes a product out of the cart.
fn is_taken_out(line: &CartLineForm) -> bool {
    Quantity::parse(line.quantity.trim()).is_ok_and(Quantity::is_zero)
}

/// The cart as the page shows it.
pub struct CartPage {
    pub cart: Cart,
    /// Where goods may go: those in use, the billing address first.
    pub addresses: Vec<Address>,
    /// For the next submit of the form.
    pub key: IdempotencyKey,
}

impl CartPage {
    /// An address that is not the dealer's own counts as none chosen.
    async fn read(
        tx: &mut TenantTx,
        by: &Allowed<SalesOrdersPlace>,
        ship_to: &str,
    ) -> Result<Self, Refusal> {
        let own = dealers::load_own(tx).await?;
        let addresses: Vec<Address> = own
            .addresses
            .into_iter()
            .filter(|address| address.is_active)
            .collect();
        let chosen = AddressId::parse(ship_to).ok();
        let chosen = chosen.filter(|id| addresses.iter().any(|address| address.id == *id));
        let cart = orders::cart(tx, by, chosen).await?;
        Ok(CartPage {
            cart,
            addresses,
            key: IdempotencyKey::generate(),
        })
    }

    fn frame(&self) -> Frame {
        Frame::of_cart(self.cart.wanted.len())
    }
}

/// What the cart's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CartParams {
    pub ship_to: String,
    pub client_reference: String,
    pub note: String,
}

/// `GET /portal/cart`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<CartParams>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let page = CartPage::read(&mut tx, &by, &params.ship_to).await?;
    tx.commit().await?;
    let form = CartForm {
        client_reference: params.client_reference,
        note: params.note,
        ..CartForm::default()
    };
    let body = views::cart(&page, &form, &[]);
    Ok(page.frame().page(&shell, "Cart").render(body))
}

/// `POST /portal/cart`: the quantities as typed.
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Form(form): Form<CartForm>,
) -> PageResult {
    save(&shell, &state, &actor, form).await
}

/// `POST /portal/cart/lines/:id/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(mut form): Form<CartForm>,
) -> PageResult {
    form.take_out(ProductId::parse(&id).map_err(|_| Refusal::not_found())?);
    save(&shell, &state, &actor, form).await
}

async fn save(shell: &Shell, state: &AppState, actor: &Actor, form: CartForm) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let mut tx = state.db.begin(&by).await?;
    match form.save(&mut tx, &by).await {
        Ok(()) => {}
        Err(refusal) if refusal.faults.is_empty() => return Err(refusal),
        Err(refusal) => {
            drop(tx);
            return refuse(shell, state, &by, &form, &refusal).await;
        }
    }
    let page = CartPage::read(&mut tx, &by, &form.ship_to_address_id).await?;
    tx.commit().await?;
    if !shell.wants_fragment() {
        return Ok(shell.go_to(&form.address(), None));
    }
    let form = CartForm {
        lines: Vec::new(),
        ..form
    };
    let body = with_count(&page, views::cart_form(&page, &form, &[]));
    Ok(shell.fragment(StatusCode::OK, body))
}

/// The cart with the faults of its form: what was typed stays, whether it could be stored or not.
pub(super) async fn refuse(
    shell: &Shell,
    state: &AppState,
    by: &Allowed<SalesOrdersPlace>,
    form: &CartForm,
    refusal: &Refusal,
) -> PageResult {
    let mut tx = state.db.begin_read(by).await?;
    let page = CartPage::read(&mut tx, by, &form.ship_to_address_id).await?;
    tx.commit().await?;
    let errors = on_page(&page, form, &refusal.faults);
    if shell.wants_fragment() {
        let body = with_count(&page, views::cart_form(&page, form, &errors));
        return Ok(shell.fragment(refusal.status, body));
    }
    let body = views::cart(&page, form, &errors);
    let draft = page.frame().page(shell, "Cart").refused();
    Ok(draft.status(refusal.status).render(body))
}

/// Keeps what can be kept of a form that could not be placed, so that the amounts shown are those of the quantities.
pub(super) async fn keep(
    state: &AppState,
    by: &Allowed<SalesOrdersPlace>,
    form: &CartForm,
) -> Result<(), Refusal> {
    let mut tx = state.db.begin(by).await?;
    if form.save(&mut tx, by).await.is_ok() {
        tx.commit().await?;
    }
    Ok(())
}

fn with_count(page: &CartPage, form: maud::Markup) -> maud::Markup {
    maud::html! { (form) (hx::partial(CART_COUNT, Swap::Fill, live_count(page.frame().cart()))) }
}

/// Faults point to the lines of the form, which may be others than those of the page by now.
fn on_page(page: &CartPage, form: &CartForm, faults: &[Fault]) -> Vec<FieldError> {
    let mut errors = field_errors(faults);
    for error in &mut errors {
        let Some((line, field)) = line_of(&error.field) else {
            continue;
        };
        let product = form.lines.get(line).map(|line| line.product_id.as_str());
        let place = page.cart.wanted.iter().position(|wanted| {
            matches!(&wanted.product, orders::ProductKey::Id(id) if Some(id.to_string().as_str()) == product)
        });
        error.field = place.map_or_else(String::new, |place| format!("lines.{place}.{field}"));
    }
    errors
}

/// `lines.3.quantity` as line 3 and its field.
fn line_of(field: &str) -> Option<(usize, &str)> {
    let (line, field) = field.strip_prefix("lines.")?.split_once('.')?;
    Some((line.parse().ok()?, field))
}

/// `GET /portal/cart/removal`: asks before everything is taken out.
#[handler]
pub async fn ask_to_clear(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let frame = Frame::read(&tx, &actor).await?;
    tx.commit().await?;
    let body = views::ask_to_clear(frame.cart().unwrap_or_default());
    Ok(frame.page(&shell, "Empty the cart?").render(body))
}

/// `POST /portal/cart/removal`
#[handler]
pub async fn clear(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
) -> PoemResult<Response, Refusal> {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let mut tx = state.db.begin(&by).await?;
    orders::clear_cart(&mut tx, &by).await?;
    tx.commit().await?;
    Ok(shell.go_to("/portal/cart", Some(&Flash::good("The cart is empty"))))
}
