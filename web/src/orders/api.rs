//! Orders for programs: placing, reading, and the verbs of sales and of the door. The warehouse's verbs are its own.

use chrono::{DateTime, NaiveDate, Utc};
use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use poem_openapi::{Enum, Object, OpenApi};
use uuid::Uuid;
use vitaran_core::db::Since;
use vitaran_core::orders::{
    self, ApproveOrder, CancelOrder, Channel, DeliverOrder, OrderDetail, OrderFilter,
    PlaceOrderForm, PlaceOrderLineForm, RejectOrder, ShortCloseLine,
};
use vitaran_kernel::OrderId;

use super::dto::{Order, OrderSummary};
use super::filter::{ListParams, NEWEST_FIRST, OLDEST_FIRST};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::optional_json::OptionalJson;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// A line of an order to be: the product by its id or by its SKU, not both.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct PlaceOrderLine {
    product_id: Option<Uuid>,
    sku: Option<String>,
    /// In the product's unit, at most three decimals; whole for products that are counted.
    quantity: String,
}

/// An order to be. Prices, tax and the place of supply are worked out by the server.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct PlaceOrder {
    /// Whom staff order for; a dealer's people leave it out.
    dealer_id: Option<Uuid>,
    /// One of the dealer's addresses.
    ship_to_address_id: Uuid,
    /// 1 to 500 lines, each product once.
    lines: Vec<PlaceOrderLine>,
    /// Your own number for the order, up to 64 characters. The same one twice is refused.
    client_reference: Option<String>,
    /// A remark for the distributor, up to 500 characters.
    note: Option<String>,
}

impl From<PlaceOrder> for PlaceOrderForm {
    fn from(order: PlaceOrder) -> Self {
        let PlaceOrder {
            dealer_id,
            ship_to_address_id,
            lines,
            client_reference,
            note,
        } = order;
        PlaceOrderForm {
            dealer_id: text_of(dealer_id),
            ship_to_address_id: ship_to_address_id.to_string(),
            lines: lines.into_iter().map(PlaceOrderLineForm::from).collect(),
            client_reference: client_reference.unwrap_or_default(),
            note: note.unwrap_or_default(),
        }
    }
}

impl From<PlaceOrderLine> for PlaceOrderLineForm {
    fn from(line: PlaceOrderLine) -> Self {
        let PlaceOrderLine {
            product_id,
            sku,
            quantity,
        } = line;
        PlaceOrderLineForm {
            product_id: text_of(product_id),
            sku: sku.unwrap_or_default(),
            quantity,
        }
    }
}

/// A missing parameter is an empty text to the core's forms.
fn text_of(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Words that go with an approval.
#[derive(Debug, Clone, Default, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct Approval {
    /// For the order's history, up to 500 characters.
    note: Option<String>,
}

/// Why an order is turned down.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct Rejection {
    /// The dealer reads it; up to 500 characters.
    reason: String,
}

/// Why an order is cancelled.
#[derive(Debug, Clone, Default, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct Cancellation {
    /// Required once the order is being picked; up to 500 characters.
    reason: Option<String>,
}

/// How the goods arrived.
#[derive(Debug, Clone, Default, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct Delivery {
    /// Who took the goods, or what was noted at the door; up to 500 characters.
    note: Option<String>,
    /// When; now, if left out.
    delivered_at: Option<DateTime<Utc>>,
}

/// A line of which the rest is given up.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct ShortClose {
    line_id: Uuid,
    /// Why the rest cannot be supplied; up to 200 characters.
    reason: String,
}

/// What a list of orders can hold beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum OrderExpansion {
    Lines,
}

/// The moment since when changes are wanted: in their own order, so not in another one too.
fn since_unsorted(since: Option<DateTime<Utc>>, is_sorted: bool) -> Result<Option<Since>, Refusal> {
    if since.is_some() && is_sorted {
        let detail = "With updated_since the oldest change comes first: leave this parameter away";
        return Err(Refusal::malformed_at("/sort", "not_together", detail));
    }
    Ok(since.map(Since::new))
}

/// The order of a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderSortKey {
    /// Newest first.
    #[oai(rename = "-placed_at")]
    NewestFirst,
    /// Oldest first.
    #[oai(rename = "placed_at")]
    OldestFirst,
}

impl OrderSortKey {
    const fn as_str(self) -> &'static str {
        match self {
            OrderSortKey::NewestFirst => NEWEST_FIRST,
            OrderSortKey::OldestFirst => OLDEST_FIRST,
        }
    }
}

const PATH: &str = "/api/v1/orders";

pub struct OrdersApi;

#[OpenApi(prefix_path = "/v1/orders", tag = "Tag::Orders")]
impl OrdersApi {
    /// Place an order
    ///
    /// A dealer's token orders for its own dealer; staff name the dealer. Every fault of every line is reported at once.
    /// A repeated request with the same `Idempotency-Key` gets the first one's answer.
    #[oai(path = "/", method = "post", operation_id = "orders_place")]
    async fn place(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        /// Names this request, so that a retry places nothing twice. Required.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        hash: BodyHash,
        body: Json<PlaceOrder>,
    ) -> Result<Created<Order>, Failure> {
        let by_sales = by.actor().allow()?;
        let claim = Claim::of_header(key.0.as_deref(), "orders.place", hash)?;
        let input = PlaceOrderForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by_sales, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let placed = orders::place(once.tx(), &by_sales, Channel::Api, input).await?;
                let order = Order::of(&placed, by.actor());
                once.finish(201, order.to_json_string()).await?
            }
        };
        Ok(Created::of(&answer, |order: &Order| {
            Some(Made {
                location: format!("{PATH}/{}", order.id),
                version: Some(order.version),
            })
        })?)
    }

    /// List orders
    ///
    /// A dealer's token sees its own dealer's orders, whatever the filter says.
    #[oai(path = "/", method = "get", operation_id = "orders_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the operation"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Only these statuses; repeat the parameter, or separate them by commas.
        status: Query<Option<Vec<String>>>,
        dealer_id: Query<Option<Uuid>>,
        /// Placed on this day in India, or later.
        placed_from: Query<Option<NaiveDate>>,
        /// Placed on this day in India, or earlier.
        placed_to: Query<Option<NaiveDate>>,
        /// The beginning of an order number, its running number alone, or the beginning of a dealer's name or code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// Only orders with a line that waits for stock.
        short: Query<Option<bool>>,
        /// Only what changed at this moment or later, the oldest change first: to keep a copy. Goes with every filter, and not with
        /// `sort`. Stock that comes in and is reserved for a waiting order is a change of it, which `updated_at` tells and `version`
        /// does not. For the next sync take `next_updated_since` of the answer.
        updated_since: Query<Option<DateTime<Utc>>>,
        sort: Query<Option<OrderSortKey>>,
        /// `lines` for each order with its lines. Such a page ends after 2,000 lines, however many orders were asked for.
        expand: Query<Option<OrderExpansion>>,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<OrderSummary>, Failure> {
        let params = ListParams {
            status: status.0.unwrap_or_default(),
            dealer_id: text_of(dealer_id.0),
            placed_from: text_of(placed_from.0),
            placed_to: text_of(placed_to.0),
            q: q.0.unwrap_or_default(),
            short: text_of(short.0),
            sort: text_of(sort.0.map(OrderSortKey::as_str)),
            ..ListParams::default()
        };
        let reader = by.actor().allow()?;
        let asked = asked.by(&state, by.actor())?;
        let filter = OrderFilter {
            since: since_unsorted(updated_since.0, !params.sort.is_empty())?,
            ..params.filter()?
        };
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let tx = state.db.begin_read(&reader).await?;
        match expand.0 {
            None => {
                let found = orders::list(&tx, &reader, &filter, &page).await?;
                Ok(asked.answer(found.map(|order| OrderSummary::of(&order, by.actor()))))
            }
            Some(OrderExpansion::Lines) => {
                let found = orders::list_with_lines(&tx, &reader, &filter, &page).await?;
                let whole = |(order, lines): (orders::OrderSummary, Vec<orders::OrderLine>)| {
                    OrderSummary::with_lines(&order, &lines, by.actor())
                };
                Ok(asked.answer(found.map(whole)))
            }
        }
    }

    /// Get an order
    ///
    /// With its lines, its history and what may be done to it now.
    #[oai(path = "/:id", method = "get", operation_id = "orders_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
    ) -> Result<Stored<Order>, Failure> {
        let reader = by.actor().allow()?;
        let tx = state.db.begin_read(&reader).await?;
        let order = orders::load(&tx, &reader, OrderId::from_uuid(id.0)).await?;
        Ok(stored(&order, &by))
    }

    /// Approve an order
    ///
    /// Puts its total on hold against the dealer's credit and reserves what stock there is; missing stock stops nothing.
    /// Above the credit limit the answer is 422 with the figures in `facts.credit`.
    #[oai(
        path = "/:id/approval",
        method = "post",
        operation_id = "orders_approve"
    )]
    async fn approve(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
        /// The `ETag` the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: OptionalJson<Approval>,
    ) -> Result<Stored<Order>, Failure> {
        let sales = by.actor().allow()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let input = ApproveOrder::parse(&body.0.note.unwrap_or_default(), expected)?;
        let mut tx = state.db.begin(&sales).await?;
        let order = orders::approve(&mut tx, &sales, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Reject an order
    ///
    /// Turns a placed order down for good.
    #[oai(
        path = "/:id/rejection",
        method = "post",
        operation_id = "orders_reject"
    )]
    async fn reject(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
        /// The `ETag` the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<Rejection>,
    ) -> Result<Stored<Order>, Failure> {
        let sales = by.actor().allow()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let input = RejectOrder::parse(&body.0.reason, expected)?;
        let mut tx = state.db.begin(&sales).await?;
        let order = orders::reject(&mut tx, &sales, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Cancel an order
    ///
    /// A dealer's token cancels its own placed orders; staff cancel until the order is packed. Credit hold and reserved
    /// stock are given back.
    #[oai(
        path = "/:id/cancellation",
        method = "post",
        operation_id = "orders_cancel"
    )]
    async fn cancel(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
        /// The `ETag` the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: OptionalJson<Cancellation>,
    ) -> Result<Stored<Order>, Failure> {
        let canceller = by.actor().allow()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let input = CancelOrder::parse(&body.0.reason.unwrap_or_default(), expected)?;
        let mut tx = state.db.begin(&canceller).await?;
        let order = orders::cancel(&mut tx, &canceller, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Mark an order delivered
    ///
    /// The last step of a dispatched order.
    #[oai(
        path = "/:id/delivery",
        method = "post",
        operation_id = "orders_deliver"
    )]
    async fn deliver(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
        /// The `ETag` the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: OptionalJson<Delivery>,
    ) -> Result<Stored<Order>, Failure> {
        let deliverer = by.actor().allow()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let Delivery { note, delivered_at } = body.0;
        let input = DeliverOrder::parse(&note.unwrap_or_default(), delivered_at, expected)?;
        let mut tx = state.db.begin(&deliverer).await?;
        let order = orders::deliver(&mut tx, &deliverer, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Close a line short
    ///
    /// Gives up what is not picked of a line, while the order is approved or being picked, so that the rest can leave. The
    /// last line with anything to supply cannot be closed: cancel the order instead.
    #[oai(
        path = "/:id/short_closes",
        method = "post",
        operation_id = "orders_short_close"
    )]
    async fn short_close(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<Uuid>,
        body: Json<ShortClose>,
    ) -> Result<Stored<Order>, Failure> {
        let sales = by.actor().allow()?;
        let ShortClose { line_id, reason } = body.0;
        let input = ShortCloseLine::parse(&line_id.to_string(), &reason)?;
        let mut tx = state.db.begin(&sales).await?;
        let order = orders::short_close(&mut tx, &sales, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }
}

fn stored(order: &OrderDetail, by: &ApiActor) -> Stored<Order> {
    Stored::of(Order::of(order, by.actor()), order.header.version)
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::ToJSON as _;
    use vitaran_core::orders::Status;

    use crate::orders::dto::OrderStatus;

    #[test]
    fn a_status_filter_takes_the_words_that_answers_use() {
        for status in Status::ALL {
            let said = OrderStatus::from(status).to_json();
            assert_eq!(said, Some(status.as_str().into()));
        }
    }
}
