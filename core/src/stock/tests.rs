use vitaran_kernel::{LocationId, ProductId};

use super::*;
use crate::db::{Page, Statement};
use crate::master::Shown;
use crate::problem::Problem;
use crate::testkit::{TestTx, product, test_tx};
use diesel_async::RunQueryDsl as _;

fn line(sku: &str, quantity: &str) -> StockLineForm {
    StockLineForm {
        sku: sku.to_owned(),
        quantity: quantity.to_owned(),
        ..StockLineForm::default()
    }
}

fn receipt(lines: Vec<StockLineForm>) -> ReceiveStock {
    ReceiveStockForm {
        reference: "B/12".to_owned(),
        lines,
        ..ReceiveStockForm::default()
    }
    .parse()
    .unwrap()
}

fn adjustment(lines: Vec<StockLineForm>) -> AdjustStock {
    AdjustStockForm {
        reason: "Damaged".to_owned(),
        lines,
        ..AdjustStockForm::default()
    }
    .parse()
    .unwrap()
}

async fn made(t: &mut TestTx, sku: &str, stock: &str) -> ProductId {
    let tenant = t.tenant.clone();
    product(sku).stock(stock).insert(t, &tenant).await
}

async fn on_hand(t: &mut TestTx) -> Vec<(String, String, StockState)> {
    let by = t.by();
    let page = list_levels(t, &by, &LevelFilter::default(), &Page::default())
        .await
        .unwrap();
    page.rows
        .into_iter()
        .map(|row| (row.sku.to_string(), row.on_hand.to_string(), row.state))
        .collect()
}

fn faults(error: &MoveStockError) -> Vec<(String, &'static str)> {
    error
        .faults()
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect()
}

#[tokio::test]
async fn a_receipt_adds_to_each_balance_and_the_ledger_says_the_balance_after_it() {
    let mut t = test_tx().await;
    let a = made(&mut t, "A-1", "5").await;
    made(&mut t, "B-1", "0").await;
    let by = t.by();
    let movements = receive(
        &mut t,
        &by,
        receipt(vec![line("B-1", "20"), line("A-1", "7")]),
    )
    .await
    .unwrap();
    assert_eq!(movements.len(), 2);
    assert!(movements.is_sorted_by_key(|movement| movement.product));
    assert_eq!(
        on_hand(&mut t).await,
        [
            ("A-1".to_owned(), "12".to_owned(), StockState::InStock),
            ("B-1".to_owned(), "20".to_owned(), StockState::InStock)
        ]
    );
    receive(&mut t, &by, receipt(vec![line("A-1", "1")]))
        .await
        .unwrap();
    let filter = LedgerFilter {
        product: Some(a),
        ..LedgerFilter::default()
    };
    let by = t.by();
    let ledger = list_ledger(&t, &by, &filter, &Page::default())
        .await
        .unwrap()
        .rows;
    let told: Vec<_> = ledger
        .iter()
        .map(|e| {
            (
                e.quantity.to_string(),
                e.balance_after.to_string(),
                e.reference.clone(),
            )
        })
        .collect();
    let bill = Some("B/12".to_owned());
    assert_eq!(
        told,
        [
            ("1".to_owned(), "13".to_owned(), bill.clone()),
            ("7".to_owned(), "12".to_owned(), bill)
        ]
    );
}

#[tokio::test]
async fn a_receipt_with_one_wrong_line_receives_nothing_and_tells_every_fault() {
    let mut t = test_tx().await;
    made(&mut t, "A-1", "5").await;
    let by = t.by();
    let mut input = receipt(vec![
        line("A-1", "1.5"),
        line("NONE", "1"),
        line("A-1", "2"),
    ]);
    input.location = Some(LocationId::generate());
    let refused = receive(&mut t, &by, input).await.unwrap_err();
    assert_eq!(
        faults(&refused),
        [
            ("/location_id".to_owned(), "unknown"),
            ("/lines/1/sku".to_owned(), "unknown"),
            ("/lines/2/sku".to_owned(), "twice"),
            ("/lines/0/quantity".to_owned(), "unit"),
        ]
    );
    assert_eq!(
        on_hand(&mut t).await,
        [("A-1".to_owned(), "5".to_owned(), StockState::Low)]
    );
}

#[tokio::test]
async fn an_adjustment_takes_away_what_is_free_and_never_what_is_promised() {
    let mut t = test_tx().await;
    let a = made(&mut t, "A-1", "10").await;
    let tenant = t.tenant.tenant.id;
    Statement::new(
        "UPDATE stock_balances SET reserved = 4 WHERE tenant_id = $1 AND product_id = $2",
    )
    .bind(tenant.as_uuid())
    .bind(a.as_uuid())
    .execute(t.conn().unwrap())
    .await
    .unwrap();
    let by = t.by();
    let refused = adjust(&mut t, &by, adjustment(vec![line("A-1", "-7")]))
        .await
        .unwrap_err();
    assert_eq!(
        faults(&refused),
        [("/lines/0/quantity".to_owned(), "not_free")]
    );
    assert!(
        refused.faults()[0].detail.starts_with("Only 6 "),
        "{}",
        refused.faults()[0].detail
    );
    let movements = adjust(&mut t, &by, adjustment(vec![line("A-1", "-6")]))
        .await
        .unwrap();
    assert_eq!(movements[0].balance_after.to_string(), "4");
    assert_eq!(
        on_hand(&mut t).await,
        [("A-1".to_owned(), "4".to_owned(), StockState::Out)],
        "all of it is promised"
    );
}

#[tokio::test]
async fn stock_that_is_found_makes_a_balance_where_there_was_none() {
    let mut t = test_tx().await;
    let a = made(&mut t, "A-1", "0").await;
    let tenant = t.tenant.tenant.id;
    let location = LocationId::generate();
    Statement::new("INSERT INTO locations (tenant_id, id, registration_id, name) SELECT tenant_id, $2, registration_id, 'Second' FROM locations WHERE tenant_id = $1")
        .bind(tenant.as_uuid())
        .bind(location.as_uuid())
        .execute(t.conn().unwrap())
        .await
        .unwrap();
    let by = t.by();
    let mut input = adjustment(vec![StockLineForm {
        product_id: a.to_string(),
        quantity: "3".to_owned(),
        ..StockLineForm::default()
    }]);
    input.location = Some(location);
    assert_eq!(
        adjust(&mut t, &by, input).await.unwrap()[0]
            .balance_after
            .to_string(),
        "3"
    );
    assert_eq!(
        on_hand(&mut t).await,
        [("A-1".to_owned(), "0".to_owned(), StockState::Out)],
        "at the default location"
    );
    let active = locations::list(&t, Shown::Active).await.unwrap();
    assert_eq!(active.len(), 2);
    assert_eq!(locations::list(&t, Shown::Inactive).await.unwrap(), []);
    assert_eq!(locations::default(&t).await.unwrap().name, "Main");
}

#[tokio::test]
async fn the_stock_list_tells_low_from_out() {
    let mut t = test_tx().await;
    for (sku, stock) in [("IN-1", "11"), ("LOW-1", "10"), ("OUT-1", "0")] {
        made(&mut t, sku, stock).await;
    }
    for (state, sku) in [
        (StockState::InStock, "IN-1"),
        (StockState::Low, "LOW-1"),
        (StockState::Out, "OUT-1"),
    ] {
        let filter = LevelFilter {
            state: Some(state),
            ..LevelFilter::default()
        };
        let by = t.by();
        let rows = list_levels(&t, &by, &filter, &Page::default())
            .await
            .unwrap()
            .rows;
        assert_eq!(
            rows.iter().map(|row| row.sku.as_str()).collect::<Vec<_>>(),
            [sku]
        );
    }
}

#[tokio::test]
async fn another_tenants_product_cannot_be_received() {
    let mut theirs = test_tx().await;
    let product = made(&mut theirs, "A-1", "5").await;
    let mut ours = test_tx().await;
    let by = ours.by();
    let lines = vec![StockLineForm {
        product_id: product.to_string(),
        quantity: "1".to_owned(),
        ..StockLineForm::default()
    }];
    let refused = receive(&mut ours, &by, receipt(lines)).await.unwrap_err();
    assert_eq!(
        faults(&refused),
        [("/lines/0/product_id".to_owned(), "unknown")]
    );
}
