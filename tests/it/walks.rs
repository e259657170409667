//! Random walks: whatever anybody does in whatever order, every invariant of the data holds afterwards.
//!
//! A walk is a seed; a failing one is repeated by its number. Refusals are part of a walk: they must leave nothing behind.

use vitaran_core::orders::{self, CancelOrder, DeliverOrder, RejectOrder, ShortCloseLine, Status};
use vitaran_core::payments::{ReceiptForm, record_receipt};
use vitaran_core::problem::{Kind, Problem};
use vitaran_core::stock::{self, ReceiveStockForm, StockLineForm};
use vitaran_core::warehouse::{self, PackOrder, SetPicks, StartPicking};
use vitaran_kernel::{Note, OrderId, ProductId, Text};
use vitaran_ops::database::Session;
use vitaran_ops::seed::invariants;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::test_app;

/// Small, fast and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides
    }
}

struct Walk {
    flow: Flow,
    dice: Dice,
    products: Vec<ProductId>,
    buyers: Vec<Buyer>,
    orders: Vec<OrderId>,
    receipts: usize,
}

/// A refusal is a rule at work; anything else is a failure of ours.
fn accept<T, E: Problem>(what: &str, result: Result<T, E>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => {
            let ours = matches!(
                error.kind(),
                Kind::Internal | Kind::Unavailable | Kind::Unauthenticated | Kind::Forbidden
            );
            assert!(!ours, "{what}: {error}");
            false
        }
    }
}

/// Goods come in by a receipt, for every piece must stand in the ledger.
async fn receive(flow: &Flow, product: ProductId, quantity: usize) {
    let form = ReceiveStockForm {
        reference: "GRN".to_owned(),
        lines: vec![StockLineForm {
            product_id: product.to_string(),
            quantity: quantity.to_string(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let by = flow.by();
    let mut tx = flow.db.begin(&by).await.unwrap();
    stock::receive(&mut tx, &by, form.parse().unwrap())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

impl Walk {
    /// One of the last three, so that a walk gets somewhere.
    fn order(&mut self) -> Option<OrderId> {
        let back = self.dice.roll(self.orders.len().clamp(1, 3));
        self.orders.iter().rev().nth(back).copied()
    }

    async fn step(&mut self) {
        match self.dice.roll(14) {
            0 | 1 => self.place().await,
            2 | 3 => {
                if let Some(id) = self.order() {
                    accept("approve", self.flow.approve(id).await);
                }
            }
            4 | 5 => self.pick_some().await,
            6 | 7 => self.pack().await,
            8 | 9 => {
                if let Some(id) = self.order() {
                    accept("dispatch", self.flow.dispatch(id).await);
                }
            }
            10 => self.leave().await,
            11 => self.close_short().await,
            12 => self.receive_stock().await,
            _ => self.pay().await,
        }
    }

    async fn place(&mut self) {
        let buyer = self.buyers[self.dice.roll(self.buyers.len())];
        let first = self.dice.roll(self.products.len());
        let mut lines = vec![(
            self.products[first],
            i64::try_from(self.dice.roll(6)).unwrap() + 1,
        )];
        if self.dice.roll(2) == 0 {
            lines.push((
                self.products[(first + 1) % self.products.len()],
                i64::try_from(self.dice.roll(4)).unwrap() + 1,
            ));
        }
        let id = self.flow.place(buyer, &lines).await;
        self.orders.push(id);
    }

    async fn pick_some(&mut self) {
        let Some(id) = self.order() else { return };
        let by = self.flow.by();
        let mut tx = self.flow.db.begin(&by).await.unwrap();
        if !accept(
            "start picking",
            warehouse::start_picking(&mut tx, &by, id, StartPicking::default()).await,
        ) {
            return;
        }
        let order = orders::load(&tx, &self.flow.by(), id).await.unwrap();
        let lines = order
            .lines
            .iter()
            .map(|line| {
                // What is reserved is on the shelf; sometimes a picker finds more.
                let found = if self.dice.roll(4) == 0 {
                    line.open_quantity()
                } else {
                    line.reserved_quantity
                };
                (line.id, found)
            })
            .collect();
        if accept(
            "pick",
            warehouse::set_picks(
                &mut tx,
                &by,
                id,
                SetPicks {
                    lines,
                    expected_version: None,
                },
            )
            .await,
        ) {
            tx.commit().await.unwrap();
        }
    }

    async fn pack(&mut self) {
        let Some(id) = self.order() else { return };
        let by = self.flow.by();
        let mut tx = self.flow.db.begin(&by).await.unwrap();
        if accept(
            "pack",
            warehouse::pack(&mut tx, &by, id, PackOrder::default()).await,
        ) {
            tx.commit().await.unwrap();
        }
    }

    /// Rejected, cancelled or delivered.
    async fn leave(&mut self) {
        let Some(id) = self.order() else { return };
        let reason = Note::parse("the dice said so").unwrap();
        let way = self.dice.roll(5);
        let by = self.flow.by();
        let mut tx = self.flow.db.begin(&by).await.unwrap();
        let done = match way {
            0 => accept(
                "reject",
                orders::reject(
                    &mut tx,
                    &self.flow.by(),
                    id,
                    RejectOrder {
                        reason,
                        expected_version: None,
                    },
                )
                .await,
            ),
            1 => accept(
                "cancel",
                orders::cancel(
                    &mut tx,
                    &by,
                    id,
                    CancelOrder {
                        reason: Some(reason),
                        expected_version: None,
                    },
                )
                .await,
            ),
            _ => accept(
                "deliver",
                orders::deliver(&mut tx, &self.flow.by(), id, DeliverOrder::default()).await,
            ),
        };
        if done {
            tx.commit().await.unwrap();
        }
    }

    async fn close_short(&mut self) {
        let Some(id) = self.order() else { return };
        let by = self.flow.by();
        let mut tx = self.flow.db.begin(&by).await.unwrap();
        let order = orders::load(&tx, &self.flow.by(), id).await.unwrap();
        let line = order.lines[self.dice.roll(order.lines.len())].id;
        let input = ShortCloseLine {
            line,
            reason: Text::parse("not to be had").unwrap(),
        };
        if accept(
            "close short",
            orders::short_close(&mut tx, &by, id, input).await,
        ) {
            tx.commit().await.unwrap();
        }
    }

    async fn receive_stock(&mut self) {
        let product = self.products[self.dice.roll(self.products.len())];
        let quantity = self.dice.roll(8) + 1;
        receive(&self.flow, product, quantity).await;
    }

    async fn pay(&mut self) {
        self.receipts += 1;
        let buyer = self.buyers[self.dice.roll(self.buyers.len())];
        let form = ReceiptForm {
            dealer_id: buyer.dealer.to_string(),
            amount: format!("{}.00", self.dice.roll(900) + 1),
            mode: "UPI".to_owned(),
            reference: format!("UTR{}", self.receipts),
            received_on: "2026-01-01".to_owned(),
            allocations: None,
        };
        let by = self.flow.by();
        let mut tx = self.flow.db.begin(&by).await.unwrap();
        if accept(
            "pay",
            record_receipt(&mut tx, &by, form.parse().unwrap()).await,
        ) {
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_in_whatever_order_every_invariant_holds() {
    let app = test_app().await;
    let deep = std::env::var_os("VITARAN_DEEP").is_some();
    let (walks, steps) = if deep { (2_000, 40) } else { (100, 40) };
    let flow = Flow::new(&app);
    let mut reached = std::collections::BTreeSet::new();
    for seed in 1..=walks {
        let sku = |n: usize| format!("W{seed}-{n}");
        let products = vec![
            flow.product(&sku(1), 0).await,
            flow.product(&sku(2), 0).await,
            flow.product(&sku(3), 0).await,
        ];
        receive(&flow, products[0], 6).await;
        receive(&flow, products[1], 3).await;
        let buyers = vec![flow.buyer(2_000).await, flow.buyer(700).await];
        let dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut walk = Walk {
            flow: flow.clone(),
            dice,
            products,
            buyers,
            orders: Vec::new(),
            receipts: 0,
        };
        for _ in 0..steps {
            walk.step().await;
        }
        let tx = flow
            .db
            .begin_read(&flow.by::<vitaran_core::access::SalesOrdersRead>())
            .await
            .unwrap();
        for id in &walk.orders {
            reached.insert(
                orders::load(&tx, &flow.by(), *id)
                    .await
                    .unwrap()
                    .header
                    .status
                    .as_str(),
            );
        }
    }
    let mut owner = Session::connect(&app.database.url_of("app_owner"))
        .await
        .unwrap();
    let tenants = owner.tenants().await.unwrap();
    let verdict = invariants::verify(&mut owner, &flow.db, &tenants)
        .await
        .unwrap();
    let told: Vec<String> = verdict.violations.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let every: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(
        reached.len(),
        every.len(),
        "the walks reached only {reached:?}"
    );
}
