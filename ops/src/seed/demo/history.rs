//! Six weeks of trade: orders come in, are decided, picked, packed, dispatched, delivered and paid, and some go wrong.
//!
//! An agenda holds what is to be done and when; the earliest is done first, on a clock set to its time, and puts what
//! follows from it on the agenda. So everything happens in the order of time, as document numbers demand. What would lie
//! after the present is not done: that is where the open orders come from. A rule that refuses a step (credit, stock) is
//! taken as life takes it: the order waits, is closed short or is cancelled.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use vitaran_core::access::{Allowed, Permission, Role};
use vitaran_core::db::{Db, TenantTx};
use vitaran_core::orders::{
    self, ApproveOrder, ApproveOrderError, CancelOrder, CartLineForm, Channel, DeliverOrder,
    OrderDetail, PlaceOrderForm, PlaceOrderLineForm, RejectOrder, SetCart, ShortCloseLine, Status,
};
use vitaran_core::payments::{self, ReceiptForm, ReceiptMode};
use vitaran_core::stock::{self, AdjustStockForm, ReceiveStockForm, StockLineForm};
use vitaran_core::warehouse::{
    self, DispatchForm, PackOrder, PickForm, PickLineForm, StartPicking,
};
use vitaran_kernel::{
    DealerId, IstDate, LocationId, Money, Note, OrderId, Quantity, SettableClock,
};

use super::calendar::{Luck, after, at_work, opening_of};
use super::masters::{Buyer, Good, Shop};
use super::people::Cast;
use crate::OpsError;

/// Orders of a working day, from and up to without.
const ORDERS_A_DAY: (u64, u64) = (2, 6);
/// Six weeks of such orders do not use up a limit from here on.
const SOLVENT_FROM_RUPEES: u64 = 800_000;
/// Looks at the catalogue for one order: enough to find something in the smallest depot.
const MOST_LOOKS: u64 = 400;
const MINUTES_A_DAY: u64 = 540;
const TRANSPORTERS: [&str; 4] = [
    "Own vehicle",
    "Nilgai Roadways",
    "Peepal Tree Transport",
    "Kite & Anchor Cargo",
];
const REJECTIONS: [&str; 3] = [
    "Ordered twice by mistake, the first one stands",
    "This rating is discontinued, please order its successor",
    "The delivery address is closed this month",
];
const CANCELLATIONS: [&str; 3] = [
    "The site has put its work off",
    "The dealer bought locally",
    "The customer changed the drawing",
];

/// How far an order is meant to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// As far as time allows.
    Through,
    /// It stops here for the visitor of the demonstration to go on with.
    Until(Status),
    Rejected,
    /// Cancelled where it has come to this status.
    CancelledIn(Status),
}

/// Something to be done.
#[derive(Debug, Clone)]
enum Task {
    OpenDay,
    Place(Course),
    Approve(OrderId, Course, u8),
    Reject(OrderId),
    Cancel(OrderId),
    StartPicking(OrderId, Course),
    Pick(OrderId, Course),
    Pack(OrderId, Course),
    Dispatch(OrderId, Course),
    Deliver(OrderId),
    Pay(DealerId, Money),
    Restock,
    Adjust,
}

/// What came of the six weeks.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    orders: u32,
    invoices: u32,
    receipts: u32,
    over_limit: u32,
    closed_short: u32,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} orders, {} invoices, {} receipts, {} approvals refused for credit, {} lines closed short",
            self.orders, self.invoices, self.receipts, self.over_limit, self.closed_short
        )
    }
}

pub(super) struct History {
    db: Db,
    clock: SettableClock,
    cast: Cast,
    shop: Shop,
    luck: Luck,
    ends: DateTime<Utc>,
    /// In the order of time; the number tells apart what falls on the same instant.
    agenda: BTreeMap<(DateTime<Utc>, u64), Task>,
    next: u64,
    sold: HashMap<(LocationId, String), u64>,
    tally: Tally,
}

impl History {
    pub(super) fn new(
        db: Db,
        clock: SettableClock,
        cast: Cast,
        shop: Shop,
        luck: u64,
        ends: DateTime<Utc>,
    ) -> Self {
        History {
            db,
            clock,
            cast,
            shop,
            luck: Luck::new(luck),
            ends,
            agenda: BTreeMap::new(),
            next: 0,
            sold: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Lives from the given morning to the present.
    pub(super) async fn live(mut self, begins: DateTime<Utc>) -> Result<Tally, OpsError> {
        self.plan(begins, Task::OpenDay);
        for week in 1..=i64::from(u8::MAX) {
            let day = begins + TimeDelta::weeks(week);
            if day >= self.ends {
                break;
            }
            self.plan(opening_of(day) + TimeDelta::minutes(40), Task::Restock);
        }
        self.plan(opening_of(begins + TimeDelta::days(16)), Task::Adjust);
        self.leave_something_open();
        while let Some(((at, _), task)) = self.agenda.pop_first() {
            if at > self.ends {
                break;
            }
            self.clock.set(at);
            Box::pin(self.carry_out(at, task)).await?;
        }
        self.clock.set(self.ends);
        self.fill_the_cart().await?;
        Ok(self.tally)
    }

    fn plan(&mut self, at: DateTime<Utc>, task: Task) {
        self.next += 1;
        self.agenda.insert((at, self.next), task);
    }

    /// After so many minutes of work.
    fn plan_after(&mut self, minutes: (u64, u64), task: Task) {
        let minutes = self.luck.between(minutes.0, minutes.1);
        let at = after(self.now(), minutes);
        self.plan(at, task);
    }

    fn now(&self) -> DateTime<Utc> {
        vitaran_kernel::Clock::now(&self.clock)
    }

    /// Whatever the time of day the seed runs: at least two orders stand in each state that has a button.
    fn leave_something_open(&mut self) {
        for (days_ago, status) in [
            (8, Status::Dispatched),
            (7, Status::Packed),
            (6, Status::Dispatched),
            (6, Status::Picking),
            (5, Status::Packed),
            (4, Status::Approved),
            (4, Status::Picking),
            (3, Status::Approved),
            (3, Status::Placed),
            (2, Status::Placed),
        ] {
            let at = opening_of(self.ends - TimeDelta::days(days_ago)) + TimeDelta::minutes(25);
            self.plan(at, Task::Place(Course::Until(status)));
        }
        for (weeks_ago, course) in [
            (4, Course::Rejected),
            (3, Course::CancelledIn(Status::Placed)),
            (2, Course::CancelledIn(Status::Approved)),
            (2, Course::CancelledIn(Status::Picking)),
        ] {
            let at = opening_of(self.ends - TimeDelta::weeks(weeks_ago)) + TimeDelta::minutes(95);
            self.plan(at, Task::Place(course));
        }
    }

    async fn carry_out(&mut self, at: DateTime<Utc>, task: Task) -> Result<(), OpsError> {
        match task {
            Task::OpenDay => self.open_day(at),
            Task::Place(course) => self.place(course).await?,
            Task::Approve(id, course, tries) => self.approve(id, course, tries).await?,
            Task::Reject(id) => self.reject(id).await?,
            Task::Cancel(id) => self.cancel(id).await?,
            Task::StartPicking(id, course) => self.start_picking(id, course).await?,
            Task::Pick(id, course) => self.pick(id, course).await?,
            Task::Pack(id, course) => self.pack(id, course).await?,
            Task::Dispatch(id, course) => self.dispatch(id, course).await?,
            Task::Deliver(id) => self.deliver(id).await?,
            Task::Pay(dealer, amount) => self.pay(dealer, amount).await?,
            Task::Restock => self.restock().await?,
            Task::Adjust => self.adjust().await?,
        }
        Ok(())
    }

    /// The proof for a role's work.
    fn by<P: Permission>(&self, role: Role) -> Result<Allowed<P>, OpsError> {
        self.cast.actor(role)?.allow().map_err(OpsError::refused)
    }

    async fn begin<P: Permission>(&self, by: &Allowed<P>) -> Result<TenantTx, OpsError> {
        Ok(self.db.begin(by).await?)
    }

    fn open_day(&mut self, morning: DateTime<Utc>) {
        let orders = self.luck.between(ORDERS_A_DAY.0, ORDERS_A_DAY.1);
        for _ in 0..orders {
            let course = match self.luck.between(0, 100) {
                0..4 => Course::Rejected,
                4..7 => Course::CancelledIn(Status::Placed),
                7..9 => Course::CancelledIn(Status::Approved),
                9..10 => Course::CancelledIn(Status::Picking),
                _ => Course::Through,
            };
            let at = after(morning, self.luck.between(5, MINUTES_A_DAY - 30));
            self.plan(at, Task::Place(course));
        }
        let tomorrow = at_work(opening_of(morning + TimeDelta::days(1)));
        self.plan(tomorrow, Task::OpenDay);
    }

    // ---- Orders -----------------------------------------------------------------------

    async fn place(&mut self, course: Course) -> Result<(), OpsError> {
        let Some(buyer) = self.choose_buyer(course) else {
            return Ok(());
        };
        let lines = self.choose_lines(&buyer);
        let ship_to = if self.luck.happens(70) {
            buyer.addresses.first()
        } else {
            self.luck.pick(&buyer.addresses)
        };
        let has_login = self
            .shop
            .buyers
            .first()
            .is_some_and(|first| first.code == buyer.code);
        let (role, channel) = match (has_login, self.luck.between(0, 10)) {
            (true, _) => (Role::Dealer, Channel::Portal),
            (false, 0..3) => (Role::Sales, Channel::Api),
            (false, _) => (Role::Sales, Channel::Staff),
        };
        let reference = if channel == Channel::Api {
            format!("PO-{}-{}", buyer.code, self.next)
        } else {
            String::new()
        };
        let note = if self.luck.happens(12) {
            "Please send with the next lorry of the week"
        } else {
            ""
        };
        let form = PlaceOrderForm {
            dealer_id: if role == Role::Dealer {
                String::new()
            } else {
                buyer.dealer.to_string()
            },
            ship_to_address_id: ship_to.map(ToString::to_string).unwrap_or_default(),
            lines,
            client_reference: reference,
            note: note.to_owned(),
        };
        let by = self.by(role)?;
        let mut tx = self.begin(&by).await?;
        let input = form.parse().map_err(OpsError::refused)?;
        let order = Box::pin(orders::place(&mut tx, &by, channel, input))
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        self.tally.orders += 1;
        let id = order.header.id;
        match course {
            Course::Until(Status::Placed) => {}
            Course::Rejected => self.plan_after((60, 200), Task::Reject(id)),
            Course::CancelledIn(Status::Placed) => self.plan_after((20, 90), Task::Cancel(id)),
            _ => self.plan_after((20, 240), Task::Approve(id, course, 0)),
        }
        Ok(())
    }

    /// The dealer who can sign in shall see more than one order in twenty-five; and an order that is meant to come to a
    /// certain state is of a dealer whom the credit limit does not stop.
    fn choose_buyer(&mut self, course: Course) -> Option<Buyer> {
        if !matches!(course, Course::Through | Course::Until(Status::Placed)) {
            let solvent: Vec<Buyer> = self
                .shop
                .buyers
                .iter()
                .filter(|buyer| buyer.limit_rupees >= SOLVENT_FROM_RUPEES)
                .cloned()
                .collect();
            return self.luck.pick(&solvent).cloned();
        }
        if self.luck.happens(12) {
            self.shop.buyers.first().cloned()
        } else {
            self.luck.pick(&self.shop.buyers).cloned()
        }
    }

    /// Two to six products that stand near each other in the catalogue, as an order for one site does.
    fn choose_lines(&mut self, buyer: &Buyer) -> Vec<PlaceOrderLineForm> {
        let count = self.luck.between(2, 7);
        let all = u64::try_from(self.shop.goods.len()).unwrap_or(1);
        let mut at = self.luck.between(0, all);
        let mut lines = Vec::new();
        for step in 1..=MOST_LOOKS {
            if u64::try_from(lines.len()).unwrap_or(0) >= count {
                break;
            }
            // A small depot does not have every family of products: look elsewhere.
            let stride = if step % 16 == 0 { all / 5 } else { 5 };
            at = (at + self.luck.between(1, stride)) % all;
            let Some(good) = usize::try_from(at)
                .ok()
                .and_then(|at| self.shop.goods.get(at))
                .cloned()
            else {
                continue;
            };
            let on_shelf = self
                .shop
                .opening
                .get(&(buyer.location, good.sku.clone()))
                .copied()
                .unwrap_or(0);
            // What is not there is ordered now and then, and then the order waits for it.
            if on_shelf == 0 && !self.luck.happens(7) {
                continue;
            }
            if lines
                .iter()
                .any(|line: &PlaceOrderLineForm| line.sku == good.sku)
            {
                continue;
            }
            let quantity = self.choose_quantity(&good, on_shelf);
            lines.push(PlaceOrderLineForm {
                sku: good.sku,
                quantity: quantity.to_string(),
                ..PlaceOrderLineForm::default()
            });
        }
        lines
    }

    /// So many that the line comes to some thousand rupees, in packs, and seldom a great part of the shelf.
    fn choose_quantity(&mut self, good: &Good, on_shelf: u64) -> u64 {
        let wanted = self.luck.between(1_200, 14_000) / good.rupees.max(1);
        let pack = match wanted {
            0..10 => 1,
            10..50 => 5,
            50..250 => 10,
            _ => 50,
        };
        let most = if on_shelf == 0 {
            20
        } else {
            (on_shelf / 4).max(1)
        };
        let pack = if good.counted_in_units {
            pack
        } else {
            pack.max(10)
        };
        (wanted / pack * pack).clamp(1, most)
    }

    async fn approve(&mut self, id: OrderId, course: Course, tries: u8) -> Result<(), OpsError> {
        let by = self.by(Role::Sales)?;
        let mut tx = self.begin(&by).await?;
        match orders::approve(&mut tx, &by, id, ApproveOrder::default()).await {
            Ok(_) => tx.commit().await?,
            Err(ApproveOrderError::CreditExceeded(_)) => {
                self.tally.over_limit += 1;
                // It waits for a payment, and for somebody who looks again.
                if tries < 2 {
                    self.plan_after(
                        (3 * MINUTES_A_DAY, 6 * MINUTES_A_DAY),
                        Task::Approve(id, course, tries + 1),
                    );
                }
                return Ok(());
            }
            Err(other) => return Err(OpsError::refused(other)),
        }
        match course {
            Course::Until(Status::Approved) => {}
            Course::CancelledIn(Status::Approved) => self.plan_after((60, 300), Task::Cancel(id)),
            _ => self.plan_after((30, 400), Task::StartPicking(id, course)),
        }
        Ok(())
    }

    async fn reject(&mut self, id: OrderId) -> Result<(), OpsError> {
        let reason = self.luck.pick(&REJECTIONS).copied().unwrap_or_default();
        let by = self.by(Role::Sales)?;
        let mut tx = self.begin(&by).await?;
        let input = RejectOrder::parse(reason, None).map_err(OpsError::refused)?;
        orders::reject(&mut tx, &by, id, input)
            .await
            .map_err(OpsError::refused)?;
        Ok(tx.commit().await?)
    }

    async fn cancel(&mut self, id: OrderId) -> Result<(), OpsError> {
        let reason = self.luck.pick(&CANCELLATIONS).copied().unwrap_or_default();
        self.cancel_because(id, reason).await
    }

    async fn cancel_because(&mut self, id: OrderId, reason: &str) -> Result<(), OpsError> {
        let by = self.by(Role::Sales)?;
        let mut tx = self.begin(&by).await?;
        let reason = Note::parse(reason).map_err(|error| OpsError::Refused(error.to_string()))?;
        let input = CancelOrder {
            reason: Some(reason),
            expected_version: None,
        };
        orders::cancel(&mut tx, &by, id, input)
            .await
            .map_err(OpsError::refused)?;
        Ok(tx.commit().await?)
    }

    // ---- Warehouse --------------------------------------------------------------------

    async fn start_picking(&mut self, id: OrderId, course: Course) -> Result<(), OpsError> {
        let by = self.by(Role::Warehouse)?;
        let mut tx = self.begin(&by).await?;
        warehouse::start_picking(&mut tx, &by, id, StartPicking::default())
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        if course == Course::CancelledIn(Status::Picking) {
            self.plan_after((15, 60), Task::Cancel(id));
        } else {
            self.plan_after((15, 90), Task::Pick(id, course));
        }
        Ok(())
    }

    /// Picks what is reserved. What is missing is closed short by sales; an order of which nothing is there is cancelled.
    async fn pick(&mut self, id: OrderId, course: Course) -> Result<(), OpsError> {
        let order = self.load(id).await?;
        let stops_here = course == Course::Until(Status::Picking);
        let mut lines: Vec<PickLineForm> = order
            .lines
            .iter()
            .filter(|line| line.reserved_quantity.is_positive())
            .map(|line| PickLineForm {
                line_id: line.id.to_string(),
                quantity: line.reserved_quantity.to_string(),
            })
            .collect();
        if lines.is_empty() {
            return self
                .cancel_because(id, "None of it is on the shelf, and no date is known")
                .await;
        }
        if stops_here {
            lines.truncate(lines.len().div_ceil(2));
        }
        let by = self.by(Role::Warehouse)?;
        let mut tx = self.begin(&by).await?;
        let picks = PickForm { lines }.parse().map_err(OpsError::refused)?;
        warehouse::set_picks(&mut tx, &by, id, picks)
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        if stops_here {
            return Ok(());
        }
        for line in order.short_lines() {
            self.close_short(id, &line.id.to_string()).await?;
        }
        self.plan_after((10, 60), Task::Pack(id, course));
        Ok(())
    }

    async fn close_short(&mut self, id: OrderId, line: &str) -> Result<(), OpsError> {
        let by = self.by(Role::Sales)?;
        let mut tx = self.begin(&by).await?;
        let input = ShortCloseLine::parse(line, "Out of stock at the manufacturer")
            .map_err(OpsError::refused)?;
        orders::short_close(&mut tx, &by, id, input)
            .await
            .map_err(OpsError::refused)?;
        self.tally.closed_short += 1;
        Ok(tx.commit().await?)
    }

    async fn pack(&mut self, id: OrderId, course: Course) -> Result<(), OpsError> {
        let by = self.by(Role::Warehouse)?;
        let mut tx = self.begin(&by).await?;
        warehouse::pack(&mut tx, &by, id, PackOrder::default())
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        if course != Course::Until(Status::Packed) {
            self.plan_after((30, 300), Task::Dispatch(id, course));
        }
        Ok(())
    }

    async fn dispatch(&mut self, id: OrderId, course: Course) -> Result<(), OpsError> {
        let order = self.load(id).await?;
        let by = self.by(Role::Warehouse)?;
        let mut tx = self.begin(&by).await?;
        let consignment = warehouse::consignment(&mut tx, &by, id)
            .await
            .map_err(OpsError::refused)?;
        let form = self.transport(&order, consignment.needs_eway_bill());
        let input = form.parse().map_err(OpsError::refused)?;
        Box::pin(warehouse::dispatch(&mut tx, &by, id, input))
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        self.tally.invoices += 1;
        for line in &order.lines {
            let taken = units(line.picked_quantity);
            *self
                .sold
                .entry((order.header.location_id, line.sku.clone()))
                .or_default() += taken;
        }
        if course != Course::Until(Status::Dispatched) {
            self.plan_after((MINUTES_A_DAY / 2, 4 * MINUTES_A_DAY), Task::Deliver(id));
        }
        self.expect_payment(order.header.dealer_id, order.header.total);
        Ok(())
    }

    fn transport(&mut self, order: &OrderDetail, needs_eway_bill: bool) -> DispatchForm {
        let transporter = self.luck.pick(&TRANSPORTERS).copied().unwrap_or_default();
        let is_carried = transporter != "Own vehicle";
        let vehicle = format!(
            "{}{:02}AB{:04}",
            if order.header.location_name.contains("Chandigarh") {
                "CH"
            } else if self.shop.location_ids().len() > 1 {
                "MH"
            } else {
                "KA"
            },
            self.luck.between(1, 49),
            self.luck.between(1, 9_999)
        );
        DispatchForm {
            transporter: transporter.to_owned(),
            lr_number: if is_carried {
                format!("LR{}", self.luck.between(10_000, 99_999))
            } else {
                String::new()
            },
            lr_date: if is_carried {
                IstDate::of(self.now()).to_string()
            } else {
                String::new()
            },
            vehicle_number: vehicle,
            distance_km: self.luck.between(8, 900).to_string(),
            eway_bill_number: if needs_eway_bill {
                format!("{}", self.luck.between(101_000_000_000, 991_000_000_000))
            } else {
                String::new()
            },
        }
    }

    async fn deliver(&mut self, id: OrderId) -> Result<(), OpsError> {
        let by = self.by(Role::Sales)?;
        let mut tx = self.begin(&by).await?;
        orders::deliver(&mut tx, &by, id, DeliverOrder::default())
            .await
            .map_err(OpsError::refused)?;
        Ok(tx.commit().await?)
    }

    async fn load(&self, id: OrderId) -> Result<OrderDetail, OpsError> {
        let by = self.by(Role::Admin)?;
        let tx = self.db.begin_read(&by).await?;
        let order = orders::load(&tx, &by, id)
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        Ok(order)
    }

    // ---- Money ------------------------------------------------------------------------

    /// Most pay in two to four weeks, some a part, some more than they owe, some late.
    fn expect_payment(&mut self, dealer: DealerId, total: Money) {
        let thousands = |rupees: i64| Money::from_rupees(rupees.max(1) * 1_000);
        let rupees = i64::try_from(total.as_paise() / 100_000).unwrap_or(0);
        let amount = match self.luck.between(0, 10) {
            0..6 => total,
            6 => thousands(rupees / 2),
            7 => thousands(rupees + 10),
            _ => return,
        };
        if amount.is_positive() {
            self.plan_after(
                (5 * MINUTES_A_DAY, 20 * MINUTES_A_DAY),
                Task::Pay(dealer, amount),
            );
        }
    }

    async fn pay(&mut self, dealer: DealerId, amount: Money) -> Result<(), OpsError> {
        let modes = [
            ReceiptMode::Neft,
            ReceiptMode::Upi,
            ReceiptMode::Rtgs,
            ReceiptMode::Cheque,
        ];
        let mode = self.luck.pick(&modes).copied().unwrap_or(ReceiptMode::Neft);
        let form = ReceiptForm {
            dealer_id: dealer.to_string(),
            amount: amount.to_string(),
            mode: mode.as_str().to_owned(),
            reference: format!("{}{:09}", mode.as_str(), 410_000_000 + self.next),
            received_on: IstDate::of(self.now()).to_string(),
            allocations: None,
        };
        let by = self.by(Role::Accounts)?;
        let mut tx = self.begin(&by).await?;
        let input = form.parse().map_err(OpsError::refused)?;
        payments::record_receipt(&mut tx, &by, input)
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        self.tally.receipts += 1;
        // The next receipt needs a number of its own.
        self.next += 1;
        Ok(())
    }

    // ---- Stock ------------------------------------------------------------------------

    /// A week's sales come in again, most of them.
    async fn restock(&mut self) -> Result<(), OpsError> {
        let by = self.by(Role::Admin)?;
        let mut sold: Vec<_> = std::mem::take(&mut self.sold).into_iter().collect();
        sold.sort();
        for location in self.shop.location_ids() {
            let mut lines = Vec::new();
            for ((at, sku), quantity) in &sold {
                if *at == location && *quantity > 0 && self.luck.happens(80) {
                    lines.push(stock_line(sku, &quantity.to_string()));
                }
            }
            if lines.is_empty() {
                continue;
            }
            lines.truncate(stock::MAX_LINES);
            let form = ReceiveStockForm {
                location_id: location.to_string(),
                reference: format!("GRN {}", self.luck.between(1_000, 9_999)),
                lines,
            };
            let mut tx = self.begin(&by).await?;
            stock::receive(&mut tx, &by, form.parse().map_err(OpsError::refused)?)
                .await
                .map_err(OpsError::refused)?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The shelf is counted once, and is not quite what the book says.
    async fn adjust(&mut self) -> Result<(), OpsError> {
        let mut shelves: Vec<_> = self
            .shop
            .opening
            .iter()
            .filter(|(_, units)| **units > 200)
            .map(|((location, sku), _)| (*location, sku.clone()))
            .collect();
        shelves.sort();
        let Some((location, _)) = shelves.first().cloned() else {
            return Ok(());
        };
        let lines: Vec<_> = shelves
            .iter()
            .filter(|(at, _)| *at == location)
            .step_by(17)
            .take(4)
            .enumerate()
            .map(|(index, (_, sku))| stock_line(sku, if index == 0 { "2" } else { "-3" }))
            .collect();
        let form = AdjustStockForm {
            location_id: location.to_string(),
            reason: "Stock count: damaged in the rains, and one box found again".to_owned(),
            lines,
        };
        let by = self.by(Role::Admin)?;
        let mut tx = self.begin(&by).await?;
        stock::adjust(&mut tx, &by, form.parse().map_err(OpsError::refused)?)
            .await
            .map_err(OpsError::refused)?;
        Ok(tx.commit().await?)
    }

    /// The dealer who signs in finds something in the cart.
    async fn fill_the_cart(&mut self) -> Result<(), OpsError> {
        let Some(buyer) = self.shop.buyers.first().cloned() else {
            return Ok(());
        };
        let mut lines = self.choose_lines(&buyer);
        lines.truncate(3);
        let skus: Vec<_> = lines.iter().map(|line| line.sku.clone()).collect();
        let ids = self.product_ids(&skus).await?;
        let by = self.by(Role::Dealer)?;
        let wanted = ids.into_iter().zip(&lines);
        let wanted: Vec<CartLineForm> = wanted
            .map(|(product_id, line)| CartLineForm {
                product_id,
                quantity: line.quantity.clone(),
                shown: String::new(),
            })
            .collect();
        let input = SetCart::parse(&wanted).map_err(OpsError::refused)?;
        let mut tx = self.begin(&by).await?;
        orders::set_cart(&mut tx, &by, &input)
            .await
            .map_err(OpsError::refused)?;
        tx.commit().await?;
        Ok(())
    }

    async fn product_ids(&self, skus: &[String]) -> Result<Vec<String>, OpsError> {
        let by = self.by(Role::Admin)?;
        let mut ids = Vec::new();
        let tx = self.db.begin_read(&by).await?;
        for sku in skus {
            let filter = vitaran_core::catalog::ProductFilter {
                q: sku.clone(),
                ..Default::default()
            };
            let page =
                vitaran_core::catalog::list(&tx, &by, &filter, &vitaran_core::db::Page::default())
                    .await
                    .map_err(OpsError::refused)?;
            if let Some(found) = page
                .rows
                .iter()
                .find(|row| row.sku.as_str() == sku.as_str())
            {
                ids.push(found.id.to_string());
            }
        }
        tx.commit().await?;
        Ok(ids)
    }
}

fn stock_line(sku: &str, quantity: &str) -> StockLineForm {
    StockLineForm {
        sku: sku.to_owned(),
        quantity: quantity.to_owned(),
        ..StockLineForm::default()
    }
}

fn units(quantity: Quantity) -> u64 {
    quantity
        .as_decimal()
        .trunc()
        .to_string()
        .parse()
        .unwrap_or(0)
}
