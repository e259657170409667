//! What must hold when many do the same at once.

use futures_util::future::join_all;
use vitaran_core::access::{InventoryCategoriesWrite, InventoryProductsDelete};
use vitaran_core::catalog::{self, ProductRef, RenameCategory};
use vitaran_core::master::Activity;
use vitaran_core::orders::ApproveOrderError;
use vitaran_core::stock::{self, ReceiveStock, ReceivedLine};
use vitaran_core::warehouse::DispatchOrderError;
use vitaran_kernel::{CategoryId, Quantity, Text};
use vitaran_tests::flow::Flow;
use vitaran_tests::test_app;

/// Who waits for a lock.
const WAITING: &str = "SELECT count(*)::text AS text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Crowds are larger in a deep run.
fn crowd(usual: usize, deep: usize) -> usize {
    if std::env::var_os("VITARAN_DEEP").is_some() {
        deep
    } else {
        usual
    }
}

async fn dispatch_at_once(count: usize) {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow
        .product("CABLE", i64::try_from(count).unwrap() * 2)
        .await;
    let buyer = flow.buyer(10_000_000).await;
    let mut packed = Vec::new();
    for _ in 0..count {
        packed.push(flow.packed(buyer, &[(product, 2)]).await);
    }
    let results = join_all(packed.into_iter().map(|id| {
        let flow = flow.clone();
        tokio::spawn(async move { flow.dispatch(id).await })
    }))
    .await;
    let mut numbers: Vec<String> = results
        .into_iter()
        .map(|result| {
            result
                .expect("no panic")
                .expect("a dispatch")
                .header
                .invoice_number
                .expect("an invoice")
        })
        .collect();
    numbers.sort();
    let expected: Vec<String> = (1..=count)
        .map(|n| format!("{}{n:06}", &numbers[0][..numbers[0].len() - 6]))
        .collect();
    assert_eq!(numbers, expected);
    let left = app
        .database
        .count("SELECT (on_hand + reserved)::bigint AS count FROM stock_balances")
        .await;
    assert_eq!(left, 0);
    let broken = app
        .database
        .count(
            "SELECT count(*) FROM (SELECT previous_hash, lag(hash, 1, repeat('0', 64)) OVER (ORDER BY sequence) AS before FROM invoices) x \
             WHERE previous_hash <> before",
        )
        .await;
    assert_eq!(broken, 0, "every invoice is chained to the one before it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_dispatches_at_once_draw_twenty_consecutive_numbers() {
    dispatch_at_once(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_dispatches_at_once_draw_a_hundred_consecutive_numbers() {
    dispatch_at_once(crowd(100, 400)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_cancelled_while_goods_come_in_for_it_keeps_none_of_them() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let scarce = flow.product("SCARCE", 0).await;
    let buyer = flow.buyer(10_000_000).await;
    let order = flow.place(buyer, &[(scarce, 5)]).await;
    flow.approve(order).await.unwrap();
    let by = flow.by();
    let mut receiving = flow.db.begin(&by).await.unwrap();
    stock::receive(&mut receiving, &by, goods(scarce, 5))
        .await
        .unwrap();
    // The line had nothing when the cancellation looked, and has five before it is written.
    let cancelling = tokio::spawn({
        let flow = flow.clone();
        async move { flow.cancel(order).await }
    });
    app.database.until(WAITING, "1").await;
    receiving.commit().await.unwrap();
    cancelling.await.unwrap();
    let kept = app
        .database
        .count("SELECT (SELECT sum(reserved_quantity) FROM order_lines)::bigint + (SELECT sum(reserved) FROM stock_balances)::bigint AS count")
        .await;
    assert_eq!(kept, 0);
}

fn goods(product: vitaran_kernel::ProductId, units: i64) -> ReceiveStock {
    ReceiveStock {
        location: None,
        reference: Text::parse("GRN 1").unwrap(),
        lines: vec![ReceivedLine {
            product: ProductRef::Id(product),
            quantity: Quantity::from_units(units),
        }],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_approved_while_its_goods_come_in_reserves_them() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let scarce = flow.product("SCARCE", 0).await;
    let order = flow
        .place(flow.buyer(10_000_000).await, &[(scarce, 5)])
        .await;
    let by = flow.by();
    let mut receiving = flow.db.begin(&by).await.unwrap();
    stock::receive(&mut receiving, &by, goods(scarce, 3))
        .await
        .unwrap();
    let approving = tokio::spawn({
        let flow = flow.clone();
        async move { flow.approve(order).await }
    });
    app.database.until(WAITING, "1").await;
    receiving.commit().await.unwrap();
    let approved = approving.await.unwrap().expect("an approval");
    assert_eq!(approved.lines[0].reserved_quantity, Quantity::from_units(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_receipts_at_once_for_one_order_both_reserve_and_the_later_one_is_its_last_change() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (first, second) = (flow.product("LAMP", 0).await, flow.product("FAN", 0).await);
    let buyer = flow.buyer(10_000_000).await;
    let order = flow.place(buyer, &[(first, 5), (second, 5)]).await;
    flow.approve(order).await.unwrap();
    let by = flow.by();
    let mut receiving = flow.db.begin(&by).await.unwrap();
    stock::receive(&mut receiving, &by, goods(first, 5))
        .await
        .unwrap();
    flow.clock.advance(chrono::TimeDelta::minutes(1));
    let other = tokio::spawn({
        let (flow, by) = (flow.clone(), flow.by());
        async move {
            let mut tx = flow.db.begin(&by).await.unwrap();
            stock::receive(&mut tx, &by, goods(second, 5))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    });
    app.database.until(WAITING, "1").await;
    receiving.commit().await.unwrap();
    other.await.unwrap();
    let reserved = "SELECT sum(reserved_quantity)::bigint AS count FROM order_lines";
    assert_eq!(app.database.count(reserved).await, 10);
    let since = "SELECT count(*) FROM orders WHERE updated_at = placed_at + interval '1 minute' AND version = 2";
    assert_eq!(app.database.count(since).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn goods_come_in_while_orders_that_wait_for_them_are_approved_and_cancelled_and_nobody_deadlocks()
 {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let mut products = Vec::new();
    for n in 0..6 {
        products.push(flow.product(&format!("SKU-{n}"), 0).await);
    }
    let buyer = flow.buyer(100_000_000).await;
    let (mut waiting, mut placed) = (Vec::new(), Vec::new());
    for n in 0..crowd(12, 60) {
        // In both orders, so that a wrong lock order would deadlock.
        let mut lines: Vec<_> = products.iter().map(|id| (*id, 2)).collect();
        if n % 2 == 0 {
            lines.reverse();
        }
        placed.push(flow.place(buyer, &lines).await);
        waiting.push(flow.place(buyer, &lines).await);
    }
    for order in &waiting {
        flow.approve(*order).await.unwrap();
    }
    let receipts = (0..crowd(18, 90)).map(|n| {
        let (flow, product) = (flow.clone(), products[n % products.len()]);
        tokio::spawn(async move {
            let by = flow.by();
            let mut tx = flow.db.begin(&by).await.unwrap();
            stock::receive(&mut tx, &by, goods(product, 9))
                .await
                .expect("a receipt");
            tx.commit().await.unwrap();
        })
    });
    let cancellations = waiting.iter().step_by(3).map(|order| {
        let (flow, order) = (flow.clone(), *order);
        tokio::spawn(async move { flow.cancel(order).await })
    });
    let approvals = placed.into_iter().map(|order| {
        let flow = flow.clone();
        tokio::spawn(async move { drop(flow.approve(order).await.expect("an approval")) })
    });
    let mut tasks = Vec::new();
    tasks.extend(receipts);
    tasks.extend(cancellations);
    tasks.extend(approvals);
    for done in join_all(tasks).await {
        done.expect("no refusal and no deadlock");
    }
    let wrong = "SELECT count(*) FROM stock_balances b WHERE b.reserved > b.on_hand OR b.reserved <> \
        (SELECT coalesce(sum(l.reserved_quantity), 0) FROM order_lines l WHERE l.product_id = b.product_id)";
    assert_eq!(app.database.count(wrong).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failed_dispatches_among_others_leave_no_gap() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let plenty = flow.product("PLENTY", 1_000).await;
    let scarce = flow.product("SCARCE", 10).await;
    let buyer = flow.buyer(10_000_000).await;
    let mut orders = Vec::new();
    for n in 0..20 {
        let product = if n % 2 == 0 { plenty } else { scarce };
        orders.push(flow.packed(buyer, &[(product, 1)]).await);
    }
    // Somebody took the scarce goods off the shelf without telling.
    app.database.execute("UPDATE stock_balances b SET on_hand = 0, reserved = 0 FROM products p WHERE p.id = b.product_id AND p.sku = 'SCARCE'").await;
    let results = join_all(orders.into_iter().map(|id| {
        let flow = flow.clone();
        tokio::spawn(async move { flow.dispatch(id).await })
    }))
    .await;
    let (mut done, mut short) = (0, 0);
    for result in results {
        match result.expect("no panic") {
            Ok(_) => done += 1,
            Err(DispatchOrderError::Shortfall { .. }) => short += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((done, short), (10, 10));
    assert_eq!(
        app.database.count("SELECT count(*) FROM invoices").await,
        10
    );
    assert_eq!(
        app.database
            .count("SELECT max(sequence)::bigint AS count FROM invoices")
            .await,
        10
    );
    assert_eq!(
        app.database
            .count("SELECT max(last_number)::bigint AS count FROM document_counters")
            .await,
        10
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_approvals_at_once_never_go_above_the_limit() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("CABLE", 1_000).await;
    // Seven orders of ₹118.00 fit.
    let buyer = flow.buyer(7 * 118 + 117).await;
    let mut placed = Vec::new();
    for _ in 0..50 {
        placed.push(flow.place(buyer, &[(product, 1)]).await);
    }
    let results = join_all(placed.into_iter().map(|id| {
        let flow = flow.clone();
        tokio::spawn(async move { flow.approve(id).await })
    }))
    .await;
    let (mut approved, mut refused) = (0, 0);
    for result in results {
        match result.expect("no panic") {
            Ok(_) => approved += 1,
            Err(ApproveOrderError::CreditExceeded(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((approved, refused), (7, 43));
    assert_eq!(
        app.database
            .count("SELECT sum(amount)::bigint AS count FROM credit_holds")
            .await,
        7 * 118
    );
    assert_eq!(
        app.database
            .count("SELECT holds::bigint AS count FROM dealer_credit")
            .await,
        7 * 118
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_approvals_of_the_last_stock_never_promise_more_than_there_is() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (first, second) = (
        flow.product("CABLE", 10).await,
        flow.product("LAMP", 15).await,
    );
    let buyer = flow.buyer(10_000_000).await;
    let mut placed = Vec::new();
    for n in 0..50 {
        // Both orders of lines, so that a wrong lock order would deadlock.
        let lines = if n % 2 == 0 {
            [(first, 1), (second, 1)]
        } else {
            [(second, 1), (first, 1)]
        };
        placed.push(flow.place(buyer, &lines).await);
    }
    let results = join_all(placed.into_iter().map(|id| {
        let flow = flow.clone();
        tokio::spawn(async move { flow.approve(id).await.map(|_| ()) })
    }))
    .await;
    for result in results {
        result
            .expect("no panic")
            .expect("stock never stops an approval");
    }
    let promised = "SELECT sum(reserved_quantity)::bigint AS count FROM order_lines WHERE sku = ";
    assert_eq!(app.database.count(&format!("{promised}'CABLE'")).await, 10);
    assert_eq!(app.database.count(&format!("{promised}'LAMP'")).await, 15);
    assert_eq!(
        app.database
            .count("SELECT sum(reserved)::bigint AS count FROM stock_balances")
            .await,
        25
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_approvals_of_one_order_exactly_one_holds_credit() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.place(buyer, &[(product, 1)]).await;
    let results = join_all((0..20).map(|_| {
        let flow = flow.clone();
        tokio::spawn(async move { flow.approve(order).await })
    }))
    .await;
    let approved = results
        .iter()
        .filter(|result| matches!(result, Ok(Ok(_))))
        .count();
    let told = results
        .iter()
        .filter(|result| matches!(result, Ok(Err(ApproveOrderError::AlreadyApproved { .. }))))
        .count();
    assert_eq!((approved, told), (1, 19));
    assert_eq!(
        app.database
            .count("SELECT holds::bigint AS count FROM dealer_credit")
            .await,
        118
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_category_renamed_while_its_products_change_leaves_every_word_true() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let mut products = Vec::new();
    for n in 0..6 {
        products.push(flow.product(&format!("LAMP-{n}"), 1).await);
    }
    let one = app
        .database
        .id("SELECT id FROM categories ORDER BY id LIMIT 1")
        .await;
    app.database
        .execute(&format!("UPDATE products SET category_id = '{one}'"))
        .await;
    let category = CategoryId::from_uuid(one);
    let names = (1..=crowd(10, 60)).map(|n| format!("Lamps {n}"));
    let renamer = {
        let (db, by) = (flow.db.clone(), flow.by::<InventoryCategoriesWrite>());
        tokio::spawn(async move {
            for (version, name) in (1..).zip(names) {
                let input = RenameCategory {
                    name: Text::parse(&name).unwrap(),
                };
                let mut tx = db.begin(&by).await.unwrap();
                catalog::rename_category(&mut tx, &by, category, version, input)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    let switchers = products.into_iter().map(|product| {
        let (db, by) = (flow.db.clone(), flow.by::<InventoryProductsDelete>());
        tokio::spawn(async move {
            for round in 0..crowd(11, 61) {
                let to = match round % 2 {
                    0 => Activity::Inactive,
                    _ => Activity::Active,
                };
                let mut tx = db.begin(&by).await.unwrap();
                catalog::set_active(&mut tx, &by, product, None, to)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        })
    });
    for done in join_all(switchers.chain([renamer])).await {
        done.expect("no refusal and no deadlock");
    }
    let untrue = app
        .database
        .count(
            "SELECT count(*) FROM product_words w JOIN products p USING (tenant_id) \
             WHERE w.product_id = p.id AND (w.is_active <> p.is_active OR w.sort_name <> p.sort_name)",
        )
        .await;
    assert_eq!(untrue, 0);
    let last = app
        .database
        .count(&format!(
            "SELECT count(DISTINCT product_id) FROM product_words WHERE word = '{}'",
            crowd(10, 60)
        ))
        .await;
    assert_eq!(last, 6, "each is found by the last name of its category");
}
