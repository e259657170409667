//! Stock for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{InventoryMovementsRead, InventoryStockAdjust, InventoryStockRead};
use vitaran_core::master::Shown;
use vitaran_core::stock::{self, AdjustStockForm, LedgerFilter, LevelFilter, ReceiveStockForm};
use vitaran_kernel::{LocationId, ProductId};

use super::dto::{
    LedgerEntry, Location, MovementKind, NewStockAdjustment, NewStockReceipt, StockLevel,
    StockMovements, StockState,
};
use crate::auth::ApiActor;
use crate::catalog::dto::RecordStatus;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::http::stored::Created;
use crate::openapi::Tag;
use crate::state::AppState;

pub struct StockApi;

#[OpenApi(tag = "Tag::Stock")]
impl StockApi {
    /// List stock
    ///
    /// Every product that is sold, by name, with what is on hand, promised and free at one location.
    #[oai(path = "/v1/stock", method = "get", operation_id = "stock_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn list(
        &self,
        actor: ApiActor,
        asked: Asked,
        app: Data<&AppState>,
        /// Beginnings of words of name, SKU, HSN or category, or a whole code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// How much there is.
        state: Query<Option<StockState>>,
        /// Without one, the default location.
        location_id: Query<Option<uuid::Uuid>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<StockLevel>, Failure> {
        let by = actor.actor().allow::<InventoryStockRead>()?;
        let asked = asked.by(&app, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let core_state = state.0.map(stock::StockState::from);
        let filter = LevelFilter {
            q: q.0.clone().unwrap_or_default(),
            state: core_state,
            location: location_id.0.map(LocationId::from_uuid),
        };
        let tx = app.db.begin_read(&by).await?;
        let levels = stock::list_levels(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(levels))
    }

    /// List locations
    ///
    /// Where stock is kept, the default location first.
    #[oai(
        path = "/v1/locations",
        method = "get",
        operation_id = "locations_list"
    )]
    async fn list_locations(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        /// Those in use, unless it says otherwise.
        status: Query<Option<RecordStatus>>,
    ) -> Result<Listed<Location>, Failure> {
        let by = actor.actor().allow::<InventoryStockRead>()?;
        let tx = state.db.begin_read(&by).await?;
        let shown = status.0.map_or(Shown::Active, Into::into);
        let locations = stock::locations::list_own(&tx, shown).await?;
        tx.commit().await?;
        Ok(Listed::whole(locations))
    }

    /// List stock movements
    ///
    /// Newest first, each with what was on hand after it. Entries are never changed and never removed.
    #[oai(
        path = "/v1/stock/ledger",
        method = "get",
        operation_id = "stock_ledger"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn ledger(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        asked: Asked,
        product_id: Query<Option<uuid::Uuid>>,
        location_id: Query<Option<uuid::Uuid>>,
        kind: Query<Option<MovementKind>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<LedgerEntry>, Failure> {
        let by = actor.actor().allow::<InventoryMovementsRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let filter = LedgerFilter {
            product: product_id.0.map(ProductId::from_uuid),
            location: location_id.0.map(LocationId::from_uuid),
            kind: kind.0.map(Into::into),
        };
        let tx = state.db.begin_read(&by).await?;
        let entries = stock::list_ledger(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(entries))
    }

    /// Receive goods
    ///
    /// All lines or none. Orders that wait for the goods have them reserved, oldest first.
    #[oai(
        path = "/v1/stock/receipts",
        method = "post",
        operation_id = "stock_receive"
    )]
    async fn receive(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewStockReceipt>,
    ) -> Result<Created<StockMovements>, Failure> {
        let by = actor.actor().allow::<InventoryStockAdjust>()?;
        let claim = Claim::of_header(key.0.as_deref(), "stock.receive", hash)?;
        let input = ReceiveStockForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let moved = stock::receive(once.tx(), &by, input).await?;
                once.finish(201, StockMovements::from(moved).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |_| None)?)
    }

    /// Adjust stock
    ///
    /// All lines or none, with the reason. What is reserved for orders cannot be taken away.
    #[oai(
        path = "/v1/stock/adjustments",
        method = "post",
        operation_id = "stock_adjust"
    )]
    async fn adjust(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewStockAdjustment>,
    ) -> Result<Created<StockMovements>, Failure> {
        let by = actor.actor().allow::<InventoryStockAdjust>()?;
        let claim = Claim::of_header(key.0.as_deref(), "stock.adjust", hash)?;
        let input = AdjustStockForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let moved = stock::adjust(once.tx(), &by, input).await?;
                once.finish(201, StockMovements::from(moved).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |_| None)?)
    }
}
