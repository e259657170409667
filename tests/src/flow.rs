//! An order's way through the house in single steps, each committed in a transaction of its own as the administrator.

use std::sync::Arc;

use vitaran_core::access::{
    Actor, Allowed, Permission, Role, SalesOrdersRead, WarehousePicksWrite,
};
use vitaran_core::db::{Db, DbSettings, TenantTx};
use vitaran_core::live::Hints;
use vitaran_core::orders::{
    self, ApproveOrder, ApproveOrderError, CancelOrder, Channel, DeliverOrder, OrderDetail,
    PlaceLine, PlaceOrder, ProductKey, RejectOrder,
};
use vitaran_core::testkit::{TestTenant, dealer, product};
use vitaran_core::warehouse::{
    self, DispatchForm, DispatchOrderError, PackOrder, SetPicks, StartPicking,
};
use vitaran_kernel::{
    AddressId, DealerId, LocationId, Note, OrderId, ProductId, Quantity, SettableClock,
};

use crate::TestApp;

/// Connections of the flow's own pool: enough for a crowd to be truly at once.
const CONNECTIONS: usize = 24;

/// A dealer and the address it orders to.
#[derive(Debug, Clone, Copy)]
pub struct Buyer {
    pub dealer: DealerId,
    pub ship_to: AddressId,
}

/// Cheap to clone, so that many tasks can walk at once.
#[derive(Clone)]
pub struct Flow {
    pub db: Db,
    pub tenant: TestTenant,
    pub actor: Actor,
    pub clock: SettableClock,
    /// The location that serves the dealers made here, unless it is the default one.
    branch: Option<LocationId>,
}

impl Flow {
    pub fn new(app: &TestApp) -> Self {
        Self::in_tenant(app, app.tenant.clone())
    }

    pub fn in_tenant(app: &TestApp, tenant: TestTenant) -> Self {
        let settings = DbSettings {
            max_connections: CONNECTIONS,
            // A crowd on a busy machine waits; what is tested is the outcome.
            wait_timeout: std::time::Duration::from_secs(60),
            ..DbSettings::new(app.database.url_of("app_user"))
        };
        let clock = app.clock.clone();
        let db = Db::connect(&settings, Arc::new(clock.clone()), Hints::none()).expect("a pool");
        let actor = tenant.actor(Role::Admin);
        Flow {
            db,
            tenant,
            actor,
            clock,
            branch: None,
        }
    }

    /// The same distributor, whose stock comes in and whose new dealers are served at this location of it.
    #[must_use]
    pub fn at(&self, location: LocationId) -> Self {
        let mut flow = self.clone();
        flow.tenant.location = location;
        flow.branch = Some(location);
        flow
    }

    pub fn by<P: Permission>(&self) -> Allowed<P> {
        self.actor
            .allow()
            .expect("administrators hold every permission")
    }

    async fn begin<P: Permission>(&self) -> (TenantTx, Allowed<P>) {
        let by = self.by();
        (self.db.begin(&by).await.expect("BEGIN"), by)
    }

    /// A product at ₹100.00 with so much on hand.
    pub async fn product(&self, sku: &str, stock: i64) -> ProductId {
        let (mut tx, _) = self
            .begin::<vitaran_core::access::InventoryProductsWrite>()
            .await;
        let id = product(sku)
            .stock(&stock.to_string())
            .insert(&mut tx, &self.tenant)
            .await;
        tx.commit().await.expect("COMMIT");
        id
    }

    /// A dealer of Maharashtra with this credit limit in rupees.
    pub async fn buyer(&self, credit_limit: i64) -> Buyer {
        let (mut tx, _) = self
            .begin::<vitaran_core::access::SalesDealersWrite>()
            .await;
        let (dealer, ship_to) = dealer()
            .credit_limit(&credit_limit.to_string())
            .served_from(self.branch)
            .insert(&mut tx, &self.tenant)
            .await;
        tx.commit().await.expect("COMMIT");
        Buyer { dealer, ship_to }
    }

    pub async fn place(&self, buyer: Buyer, lines: &[(ProductId, i64)]) -> OrderId {
        let input = PlaceOrder {
            dealer: Some(buyer.dealer),
            ship_to: buyer.ship_to,
            lines: lines
                .iter()
                .map(|(id, units)| PlaceLine {
                    product: ProductKey::Id(*id),
                    quantity: Quantity::from_units(*units),
                })
                .collect(),
            client_reference: None,
            note: None,
        };
        let (mut tx, by) = self.begin().await;
        let order = orders::place(&mut tx, &by, Channel::Staff, input)
            .await
            .expect("a placed order");
        tx.commit().await.expect("COMMIT");
        order.header.id
    }

    pub async fn approve(&self, id: OrderId) -> Result<OrderDetail, ApproveOrderError> {
        let (mut tx, by) = self.begin().await;
        let order = orders::approve(&mut tx, &by, id, ApproveOrder::default()).await?;
        tx.commit().await?;
        Ok(order)
    }

    pub async fn load(&self, id: OrderId) -> OrderDetail {
        let by: Allowed<SalesOrdersRead> = self.by();
        let tx = self.db.begin_read(&by).await.expect("BEGIN");
        let order = orders::load(&tx, &by, id).await.expect("an order");
        tx.commit().await.expect("COMMIT");
        order
    }

    /// A placed order on its way as far as this status; `PICKED` is being picked with nothing left to pick.
    pub async fn bring_to(&self, id: OrderId, stage: &str) {
        match stage {
            "PLACED" => {}
            "APPROVED" => drop(self.approve(id).await.expect("an approved order")),
            "REJECTED" => {
                let reason = Note::parse("Unpaid").expect("a reason");
                let input = RejectOrder {
                    reason,
                    expected_version: None,
                };
                let (mut tx, by) = self.begin().await;
                let done = orders::reject(&mut tx, &by, id, input).await;
                done.expect("a rejected order");
                tx.commit().await.expect("COMMIT");
            }
            "CANCELLED" => {
                let (mut tx, by) = self.begin().await;
                let done = orders::cancel(&mut tx, &by, id, CancelOrder::default()).await;
                done.expect("a cancelled order");
                tx.commit().await.expect("COMMIT");
            }
            "PICKING" => {
                self.approve(id).await.expect("an approved order");
                let (mut tx, by) = self.begin().await;
                let done =
                    warehouse::start_picking(&mut tx, &by, id, StartPicking::default()).await;
                done.expect("a pick list");
                tx.commit().await.expect("COMMIT");
            }
            "PICKED" => {
                self.approve(id).await.expect("an approved order");
                let (mut tx, by) = self.begin().await;
                self.pick(&mut tx, &by, id).await;
                tx.commit().await.expect("COMMIT");
            }
            "PACKED" => drop(self.pack(id).await),
            "DISPATCHED" => {
                self.pack(id).await;
                self.dispatch(id).await.expect("a dispatched order");
            }
            "DELIVERED" => {
                self.pack(id).await;
                self.dispatch(id).await.expect("a dispatched order");
                let (mut tx, by) = self.begin().await;
                let done = orders::deliver(&mut tx, &by, id, DeliverOrder::default()).await;
                done.expect("a delivered order");
                tx.commit().await.expect("COMMIT");
            }
            other => panic!("no order gets to {other}"),
        }
    }

    /// Picks every line in full.
    async fn pick(&self, tx: &mut TenantTx, by: &Allowed<WarehousePicksWrite>, id: OrderId) {
        let order = warehouse::start_picking(tx, by, id, StartPicking::default())
            .await
            .expect("a pick list");
        let lines = order.lines.iter();
        let lines = lines.map(|line| (line.id, line.open_quantity())).collect();
        let input = SetPicks {
            lines,
            expected_version: None,
        };
        warehouse::set_picks(tx, by, id, input)
            .await
            .expect("picks");
    }

    /// Approved, picked in full and packed.
    pub async fn pack(&self, id: OrderId) -> OrderDetail {
        self.approve(id).await.expect("an approved order");
        let (mut tx, by) = self.begin().await;
        self.pick(&mut tx, &by, id).await;
        let packed = warehouse::pack(&mut tx, &self.by(), id, PackOrder::default())
            .await
            .expect("a packed order");
        tx.commit().await.expect("COMMIT");
        packed
    }

    /// Placed, approved, picked and packed.
    pub async fn packed(&self, buyer: Buyer, lines: &[(ProductId, i64)]) -> OrderId {
        let id = self.place(buyer, lines).await;
        self.pack(id).await;
        id
    }

    pub async fn dispatch(&self, id: OrderId) -> Result<OrderDetail, DispatchOrderError> {
        let form = DispatchForm {
            transporter: "Own vehicle".to_owned(),
            ..DispatchForm::default()
        };
        let (mut tx, by) = self.begin().await;
        let input = form.parse().expect("a valid form");
        let order = warehouse::dispatch(&mut tx, &by, id, input).await?;
        tx.commit().await?;
        Ok(order)
    }

    pub async fn cancel(&self, id: OrderId) {
        let (mut tx, by) = self.begin().await;
        let input = CancelOrder::parse("Not wanted", None).expect("a reason");
        orders::cancel(&mut tx, &by, id, input)
            .await
            .expect("a cancelled order");
        tx.commit().await.expect("COMMIT");
    }
}
