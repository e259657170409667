//! The warehouse's operations on an order; each answers with the order as it is afterwards.

use poem::web::Data;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use vitaran_core::access::{
    Allowed, WarehouseDispatchWrite, WarehousePacksWrite, WarehousePicksWrite,
};
use vitaran_core::orders::OrderDetail;
use vitaran_core::warehouse::{
    self, DispatchForm, PackOrder, PickForm, PickLineForm, StartPicking,
};
use vitaran_kernel::OrderId;

use crate::auth::ApiActor;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version;
use crate::openapi::Tag;
use crate::orders::dto::Order;
use crate::state::AppState;

/// What stands picked of a line.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct PickedLine {
    line_id: String,
    /// In the line's unit, such as `12`; the whole, not what is added.
    quantity: String,
}

/// What stands picked; lines left out stay as they are.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Picks {
    lines: Vec<PickedLine>,
}

impl From<Picks> for PickForm {
    fn from(picks: Picks) -> Self {
        let line = |PickedLine { line_id, quantity }| PickLineForm { line_id, quantity };
        PickForm {
            lines: picks.lines.into_iter().map(line).collect(),
        }
    }
}

/// How the goods leave.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewDispatch {
    /// The carrier, or `own vehicle`.
    transporter: String,
    /// Of the lorry receipt or another transport document.
    lr_number: Option<String>,
    /// Such as `2026-11-21`.
    lr_date: Option<String>,
    vehicle_number: Option<String>,
    /// Whole kilometres.
    distance_km: Option<i32>,
    /// Twelve digits; goods above the value that the law sets for their way may not move without one.
    eway_bill_number: Option<String>,
}

impl From<NewDispatch> for DispatchForm {
    fn from(dispatch: NewDispatch) -> Self {
        let NewDispatch {
            transporter,
            lr_number,
            lr_date,
            vehicle_number,
            distance_km,
            eway_bill_number,
        } = dispatch;
        DispatchForm {
            transporter,
            lr_number: lr_number.unwrap_or_default(),
            lr_date: lr_date.unwrap_or_default(),
            vehicle_number: vehicle_number.unwrap_or_default(),
            distance_km: distance_km.map(|km| km.to_string()).unwrap_or_default(),
            eway_bill_number: eway_bill_number.unwrap_or_default(),
        }
    }
}

fn stored(order: &OrderDetail, by: &ApiActor) -> Stored<Order> {
    Stored::of(Order::of(order, by.actor()), order.header.version)
}

pub struct WarehouseApi;

#[OpenApi]
impl WarehouseApi {
    /// Start picking
    ///
    /// An approved order goes to PICKING, with a pick list; stock that came since the approval is reserved.
    #[oai(
        path = "/v1/orders/:id/picking",
        method = "post",
        operation_id = "orders_start_picking",
        tag = "Tag::Warehouse"
    )]
    async fn start_picking(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The ETag the order was read with; left out, any version will do.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Order>, Failure> {
        let allowed: Allowed<WarehousePicksWrite> = by.actor().allow()?;
        let input = StartPicking {
            expected_version: version::optional(if_match.as_deref())?,
        };
        let mut tx = state.db.begin(&allowed).await?;
        let order =
            warehouse::start_picking(&mut tx, &allowed, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Set picked quantities
    ///
    /// Says what stands picked of each line named. The same again changes nothing.
    #[oai(
        path = "/v1/orders/:id/picks",
        method = "put",
        operation_id = "orders_set_picks",
        tag = "Tag::Warehouse"
    )]
    async fn set_picks(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The ETag the order was read with.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<Picks>,
    ) -> Result<Stored<Order>, Failure> {
        let allowed: Allowed<WarehousePicksWrite> = by.actor().allow()?;
        let seen = version::required(if_match.as_deref())?;
        let mut input = PickForm::from(body.0).parse()?;
        input.expected_version = Some(seen);
        let mut tx = state.db.begin(&allowed).await?;
        let order =
            warehouse::set_picks(&mut tx, &allowed, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Pack
    ///
    /// A picked order goes to PACKED. While a line is neither picked in full nor closed short: 422 with all such lines.
    #[oai(
        path = "/v1/orders/:id/packing",
        method = "post",
        operation_id = "orders_pack",
        tag = "Tag::Warehouse"
    )]
    async fn pack(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The ETag the order was read with; left out, any version will do.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Order>, Failure> {
        let allowed: Allowed<WarehousePacksWrite> = by.actor().allow()?;
        let input = PackOrder {
            expected_version: version::optional(if_match.as_deref())?,
        };
        let mut tx = state.db.begin(&allowed).await?;
        let order = warehouse::pack(&mut tx, &allowed, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }

    /// Dispatch
    ///
    /// The goods leave: stock is deducted, the tax invoice issued, the dealer told, all or nothing. Where the shelf does
    /// not cover a line: 422 with all such lines.
    #[oai(
        path = "/v1/orders/:id/dispatch",
        method = "post",
        operation_id = "orders_dispatch",
        tag = "Tag::Warehouse"
    )]
    async fn dispatch(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The ETag the order was read with; left out, any version will do.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<NewDispatch>,
    ) -> Result<Stored<Order>, Failure> {
        let allowed: Allowed<WarehouseDispatchWrite> = by.actor().allow()?;
        let seen = version::optional(if_match.as_deref())?;
        let mut input = DispatchForm::from(body.0).parse()?;
        input.expected_version = seen;
        let mut tx = state.db.begin(&allowed).await?;
        let order = warehouse::dispatch(&mut tx, &allowed, OrderId::from_uuid(id.0), input).await?;
        tx.commit().await?;
        Ok(stored(&order, &by))
    }
}
