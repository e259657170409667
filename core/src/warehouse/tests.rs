//! Picking to invoice on a real database.

use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{AddressId, DealerId, Money, OrderId, ProductId, Quantity};

use super::*;
use crate::access::Role;
use crate::db::{Statement, TenantTx};
use crate::invoicing::document::InvoiceDocument;
use crate::invoicing::{self, InvoiceFilter};
use crate::orders::{
    self, ApproveOrder, Channel, HistoryEntry, OrderDetail, PlaceLine, PlaceOrder, ProductKey,
    ShortCloseLine, Status, Timeline,
};
use crate::payments::{ReceiptForm, record_receipt};
use crate::problem::Problem as _;
use crate::testkit::{dealer, product, test_db, test_tenant, test_tx, test_tx_in_state};
use chrono::{TimeZone as _, Utc};

pub(super) fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

pub(super) fn qty(units: i64) -> Quantity {
    Quantity::from_units(units)
}

pub(super) async fn picking(
    t: &mut TenantTx,
    dealer: DealerId,
    ship_to: AddressId,
    lines: &[(ProductId, i64)],
) -> OrderDetail {
    let input = PlaceOrder {
        dealer: Some(dealer),
        ship_to,
        lines: lines
            .iter()
            .map(|(id, units)| PlaceLine {
                product: ProductKey::Id(*id),
                quantity: qty(*units),
            })
            .collect(),
        client_reference: None,
        note: None,
    };
    let actor = t.actor().clone();
    let id = orders::place(t, &actor.allow().unwrap(), Channel::Staff, input)
        .await
        .unwrap()
        .header
        .id;
    orders::approve(t, &actor.allow().unwrap(), id, ApproveOrder::default())
        .await
        .unwrap();
    start_picking(t, &actor.allow().unwrap(), id, StartPicking::default())
        .await
        .unwrap()
}

pub(super) async fn packed(
    t: &mut TenantTx,
    dealer: DealerId,
    ship_to: AddressId,
    lines: &[(ProductId, i64)],
) -> OrderDetail {
    let order = picking(t, dealer, ship_to, lines).await;
    let picks = SetPicks {
        lines: order
            .lines
            .iter()
            .map(|line| (line.id, line.open_quantity()))
            .collect(),
        expected_version: None,
    };
    let actor = t.actor().clone();
    set_picks(t, &actor.allow().unwrap(), order.header.id, picks)
        .await
        .unwrap();
    pack(
        t,
        &actor.allow().unwrap(),
        order.header.id,
        PackOrder::default(),
    )
    .await
    .unwrap()
}

pub(super) fn lorry() -> DispatchOrder {
    let form = DispatchForm {
        transporter: "VRL Logistics".to_owned(),
        lr_number: "LR-9".to_owned(),
        lr_date: "2026-11-21".to_owned(),
        vehicle_number: "mh 04 ab 1234".to_owned(),
        distance_km: "120".to_owned(),
        eway_bill_number: "123456789012".to_owned(),
    };
    form.parse().unwrap()
}

pub(super) async fn dispatched(
    t: &mut TenantTx,
    id: OrderId,
) -> Result<OrderDetail, DispatchOrderError> {
    let by = t.actor().allow().unwrap();
    let mut input = lorry();
    input.lr_date = Some(t.today());
    dispatch(t, &by, id, input).await
}

#[derive(diesel::QueryableByName)]
struct Json {
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    value: Value,
}

async fn ask(tx: &mut TenantTx, sql: &'static str) -> Value {
    Statement::new(sql)
        .get_result::<Json>(tx.conn().unwrap())
        .await
        .unwrap()
        .value
}

pub(super) async fn run(tx: &mut TenantTx, sql: &'static str) {
    Statement::new(sql)
        .execute(tx.conn().unwrap())
        .await
        .unwrap();
}

/// What the invoice of a dispatched order states.
pub(super) async fn invoice_of(t: &mut TenantTx, order: &OrderDetail) -> InvoiceDocument {
    let by = t.actor().allow().unwrap();
    let id = order.header.invoice_id.unwrap();
    invoicing::load(t, &by, id).await.unwrap().document
}

/// What the timeline says beside the steps.
pub(super) fn notes(order: &OrderDetail) -> Vec<&str> {
    let noted = |entry: &&HistoryEntry| entry.kind() == Timeline::Noted;
    let entries = order.history.iter().filter(noted);
    entries
        .filter_map(|entry| entry.reason.as_deref())
        .collect()
}

const BALANCES: &str = "SELECT jsonb_agg(jsonb_build_array(on_hand, reserved) ORDER BY on_hand) AS value FROM stock_balances";
const COUNTER: &str =
    "SELECT coalesce(to_jsonb(max(last_number)), '0') AS value FROM document_counters";

#[tokio::test]
async fn a_dispatch_issues_the_invoice_and_moves_stock_and_money_at_once() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let (cable, book) = (
        product("CABLE")
            .price("100")
            .stock("10")
            .insert(&mut t, &tenant)
            .await,
        product("BOOK")
            .price("15.20")
            .tax_class("ZERO")
            .stock("3")
            .insert(&mut t, &tenant)
            .await,
    );
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = packed(&mut t, dealer, shop, &[(cable, 4), (book, 1)]).await;
    let order = dispatched(&mut t, order.header.id).await.unwrap();
    assert_eq!(order.header.status, Status::Dispatched);
    assert_eq!(
        order.header.invoice_number.as_deref(),
        Some("TST/26-27/000001")
    );
    assert_eq!(order.header.vehicle_number.as_deref(), Some("MH04AB1234"));
    assert_eq!(
        ask(&mut t, BALANCES).await,
        json!([[2.000, 0.000], [6.000, 0.000]])
    );
    let credit = order.header.credit();
    assert_eq!(
        (credit.holds, credit.unpaid),
        (Money::ZERO, money("487.00"))
    );
    let by = t.by();
    let invoice = invoicing::load(&t, &by, order.header.invoice_id.unwrap())
        .await
        .unwrap();
    let totals = &invoice.document.totals;
    assert_eq!(
        (
            totals.taxable,
            totals.tax.cgst,
            totals.tax.sgst,
            totals.round_off,
            totals.total
        ),
        (
            money("415.20"),
            money("36.00"),
            money("36.00"),
            money("-0.20"),
            money("487.00")
        )
    );
    assert_eq!(
        invoice.document.amount_in_words,
        "Rupees Four Hundred Eighty Seven Only"
    );
    assert_eq!(invoice.document.tax_summary.len(), 2);
    let ledger = ask(&mut t, "SELECT jsonb_agg(jsonb_build_array(kind, quantity, balance_after, reference) ORDER BY quantity) AS value FROM stock_ledger").await;
    assert_eq!(
        ledger,
        json!([
            ["DISPATCH", -4.000, 6.000, "SO/26-27/000001"],
            ["DISPATCH", -1.000, 2.000, "SO/26-27/000001"]
        ])
    );
    let outbox = ask(&mut t, "SELECT jsonb_agg(DISTINCT next_attempt_at = 'infinity') AS value FROM notification_logs WHERE event = 'ORDER_DISPATCHED'").await;
    assert_eq!(outbox, json!([true]), "the message waits for its PDF");
    assert_eq!(
        ask(
            &mut t,
            "SELECT jsonb_agg(jsonb_build_array(copy, status)) AS value FROM document_renders"
        )
        .await,
        json!([["ORIGINAL", "PENDING"]])
    );
}

#[tokio::test]
async fn a_shortfall_names_the_lines_and_burns_no_number() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("5").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let first = packed(&mut t, dealer, shop, &[(cable, 3)]).await.header.id;
    let second = packed(&mut t, dealer, shop, &[(cable, 2)]).await.header.id;
    // Two went astray after they were picked; the other three are the first order's.
    for sql in [
        "UPDATE order_lines SET reserved_quantity = 0 WHERE tenant_id = $1 AND order_id = $2",
        "UPDATE stock_balances SET on_hand = 3, reserved = 3 WHERE tenant_id = $1 AND $2 IS NOT NULL",
    ] {
        Statement::new(sql)
            .bind(tenant.tenant.id.as_uuid())
            .bind(second.as_uuid())
            .execute(t.conn().unwrap())
            .await
            .unwrap();
    }
    let before = ask(&mut t, BALANCES).await;
    let refused = dispatched(&mut t, second).await.unwrap_err();
    assert_eq!(refused.code(), "warehouse.stock_shortfall");
    assert_eq!(
        refused.facts()["lines"],
        json!([{"line_no": 1, "sku": "CABLE", "wanted": "2", "available": "0"}])
    );
    assert_eq!(
        (ask(&mut t, BALANCES).await, ask(&mut t, COUNTER).await),
        (before, json!(0))
    );
    let invoice = dispatched(&mut t, first)
        .await
        .unwrap()
        .header
        .invoice_number;
    assert_eq!(invoice.as_deref(), Some("TST/26-27/000001"));
}

#[tokio::test]
async fn packing_is_refused_until_every_line_is_picked_or_closed_short() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let (cable, lamp) = (
        product("CABLE").stock("9").insert(&mut t, &tenant).await,
        product("LAMP").stock("1").insert(&mut t, &tenant).await,
    );
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = picking(&mut t, dealer, shop, &[(cable, 2), (lamp, 5)]).await;
    let by = t.by();
    set_picks(
        &mut t,
        &by,
        order.header.id,
        SetPicks {
            lines: vec![(order.lines[0].id, qty(2)), (order.lines[1].id, qty(1))],
            expected_version: None,
        },
    )
    .await
    .unwrap();
    let by = t.by();
    let refused = pack(&mut t, &by, order.header.id, PackOrder::default())
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.faults()[0].detail.as_str()),
        ("warehouse.not_fully_picked", "Line 2 (LAMP): 1 of 5 picked")
    );
    let by = t.by();
    let close = ShortCloseLine {
        line: order.lines[1].id,
        reason: vitaran_kernel::Text::parse("no more made").unwrap(),
    };
    orders::short_close(&mut t, &by, order.header.id, close)
        .await
        .unwrap();
    let by = t.by();
    pack(&mut t, &by, order.header.id, PackOrder::default())
        .await
        .unwrap();
    let order = dispatched(&mut t, order.header.id).await.unwrap();
    let by = t.by();
    let invoice = invoicing::load(&t, &by, order.header.invoice_id.unwrap())
        .await
        .unwrap();
    assert_eq!(
        invoice
            .document
            .lines
            .iter()
            .map(|line| line.quantity)
            .collect::<Vec<_>>(),
        [qty(2), qty(1)]
    );
    assert_eq!(
        (invoice.document.totals.total, order.header.credit().holds),
        (money("354.00"), Money::ZERO)
    );
}

#[tokio::test]
async fn a_scanner_picks_by_sku_or_barcode_and_is_told_what_is_wrong() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(&mut t, &tenant).await;
    Statement::new("UPDATE products SET barcode = '8901234567894'")
        .execute(t.conn().unwrap())
        .await
        .unwrap();
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = picking(&mut t, dealer, shop, &[(cable, 2)]).await.header.id;
    let by = t.by();
    let scanned = |code: &str| {
        ScanForm {
            code: code.to_owned(),
            quantity: String::new(),
        }
        .parse()
        .unwrap()
    };
    scan(&mut t, &by, order, scanned("cable")).await.unwrap();
    let after = scan(&mut t, &by, order, scanned("8901234567894"))
        .await
        .unwrap();
    assert!(after.order.lines[0].is_picked());
    let codes: Vec<&str> = {
        let full = scan(&mut t, &by, order, scanned("CABLE"))
            .await
            .unwrap_err();
        let other = scan(&mut t, &by, order, scanned("LAMP")).await.unwrap_err();
        [full, other]
            .iter()
            .map(|error| error.faults()[0].code)
            .collect()
    };
    assert_eq!(codes, ["already_picked", "not_on_order"]);
}

#[tokio::test]
async fn more_than_ordered_or_a_part_of_a_piece_cannot_be_picked() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = picking(&mut t, dealer, shop, &[(cable, 2)]).await;
    let by = t.by();
    for (quantity, code) in [
        ("3", "out_of_range"),
        ("-1", "out_of_range"),
        ("1.5", "not_whole"),
    ] {
        let picks = SetPicks {
            lines: vec![(order.lines[0].id, Quantity::parse(quantity).unwrap())],
            expected_version: None,
        };
        let refused = set_picks(&mut t, &by, order.header.id, picks)
            .await
            .unwrap_err();
        assert_eq!(refused.faults()[0].code, code, "{quantity}");
    }
}

#[tokio::test]
async fn tax_is_that_of_the_day_of_the_invoice_and_the_timeline_says_so() {
    let tenant = test_tenant("27VOLTC1234A1ZU").await;
    let (db, clock) = test_db();
    let by = tenant.actor(Role::Admin);
    clock.set(Utc.with_ymd_and_hms(2025, 9, 20, 6, 0, 0).unwrap());
    let mut tx = db.begin_as(&by).await.unwrap();
    let lamp = product("LAMP")
        .price("100")
        .tax_class("FORMER_12")
        .stock("9")
        .insert(&mut tx, &tenant)
        .await;
    let (dealer, shop) = dealer().insert(&mut tx, &tenant).await;
    let order = packed(&mut tx, dealer, shop, &[(lamp, 1)]).await;
    assert_eq!(order.header.total, money("112.00"));
    tx.commit().await.unwrap();
    // The 12 % slab went on 22 September 2025.
    clock.set(Utc.with_ymd_and_hms(2025, 9, 23, 6, 0, 0).unwrap());
    let mut tx = db.begin_as(&by).await.unwrap();
    let order = dispatched(&mut tx, order.header.id).await.unwrap();
    assert_eq!(
        (order.header.credit().holds, order.header.credit().unpaid),
        (Money::ZERO, money("105.00"))
    );
    let note = order.history.last().unwrap().reason.as_deref().unwrap();
    assert_eq!(
        note,
        "GST on line 1 (LAMP) is 5.00 % now; it was 12.00 % when the order was placed"
    );
}

#[tokio::test]
async fn a_product_that_was_put_into_another_tax_class_is_invoiced_at_its_present_rate_and_ordered_price()
 {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let lamp = product("LAMP")
        .price("100")
        .stock("9")
        .insert(&mut t, &tenant)
        .await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = packed(&mut t, dealer, shop, &[(lamp, 1)]).await;
    assert_eq!(order.header.total, money("118.00"));
    run(
        &mut t,
        "UPDATE products SET tax_class = 'MERIT', base_price = 900",
    )
    .await;
    let order = dispatched(&mut t, order.header.id).await.unwrap();
    let invoice = invoice_of(&mut t, &order).await;
    assert_eq!(invoice.lines[0].tax_rate.to_string(), "5.00");
    assert_eq!(
        (
            invoice.totals.taxable,
            invoice.totals.total,
            order.header.credit().unpaid
        ),
        (money("100.00"), money("105.00"), money("105.00"))
    );
    assert_eq!(
        notes(&order),
        ["GST on line 1 (LAMP) is 5.00 % now; it was 18.00 % when the order was placed"]
    );
}

#[tokio::test]
async fn a_supply_to_a_special_economic_zone_without_a_letter_of_undertaking_bears_igst() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE")
        .price("100")
        .stock("9")
        .insert(&mut t, &tenant)
        .await;
    let (dealer, shop) = dealer()
        .sez("27AAPFU0939F1ZV")
        .insert(&mut t, &tenant)
        .await;
    let order = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
    let order = dispatched(&mut t, order).await.unwrap();
    let by = t.by();
    let invoice = invoicing::load(&t, &by, order.header.invoice_id.unwrap())
        .await
        .unwrap();
    assert_eq!(invoice.document.totals.tax.igst, money("18.00"));
    assert_eq!(
        invoice.document.endorsement.as_deref(),
        Some(
            "SUPPLY TO SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS ON PAYMENT OF INTEGRATED TAX"
        )
    );
}

#[tokio::test]
async fn no_invoice_is_dated_before_the_last_of_its_series_and_the_refusal_names_the_day() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let first = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
    dispatched(&mut t, first).await.unwrap();
    run(
        &mut t,
        "UPDATE document_counters SET last_issued_on = '2026-11-23'",
    )
    .await;
    let second = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
    let refused = dispatched(&mut t, second).await.unwrap_err();
    assert_eq!(refused.code(), "invoices.date_went_back");
    assert!(
        refused.to_string().contains("is dated 23 Nov 2026, and"),
        "{refused}"
    );
}

#[tokio::test]
async fn invoices_are_chained_and_the_chain_shows_a_change() {
    let mut t = test_tx_in_state("29AMPCE5678B1ZI").await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    for _ in 0..3 {
        let order = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
        dispatched(&mut t, order).await.unwrap();
    }
    let by = t.by();
    let report = invoicing::verify_chain(&mut t, &by).await.unwrap();
    assert_eq!(
        (report.series, report.invoices, report.faults),
        (1, 3, vec![])
    );
    Statement::new("UPDATE document_counters SET last_hash = 'other'")
        .execute(t.conn().unwrap())
        .await
        .unwrap();
    assert_eq!(
        invoicing::verify_chain(&mut t, &by)
            .await
            .unwrap()
            .faults
            .len(),
        1
    );
    run(
        &mut t,
        "INSERT INTO invoice_tax_summary SELECT tenant_id, invoice_id, dealer_id, '853690', uqc, tax_rate, quantity, taxable, cgst, sgst, utgst, igst FROM invoice_tax_summary",
    )
    .await;
    let faults = invoicing::verify_chain(&mut t, &by).await.unwrap().faults;
    assert_eq!(faults.len(), 4, "each invoice's added summary row shows");
    let by = t.by();
    let page = invoicing::list(
        &t,
        &by,
        &InvoiceFilter {
            q: "2".to_owned(),
            ..Default::default()
        },
        &Default::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        page.rows
            .iter()
            .map(|row| row.number.as_str())
            .collect::<Vec<_>>(),
        ["TST/26-27/000002"]
    );
}

#[tokio::test]
async fn an_issued_invoice_cannot_be_changed_or_deleted() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
    dispatched(&mut t, order).await.unwrap();
    let refused = Statement::new("UPDATE invoices SET total = 1")
        .execute(t.conn().unwrap())
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("permission denied"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_receipt_pays_the_oldest_invoices_and_what_is_left_counts_for_the_dealer() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE")
        .price("100")
        .stock("9")
        .insert(&mut t, &tenant)
        .await;
    let (dealer, shop) = dealer().credit_limit("1000").insert(&mut t, &tenant).await;
    for _ in 0..2 {
        let order = packed(&mut t, dealer, shop, &[(cable, 1)]).await.header.id;
        dispatched(&mut t, order).await.unwrap();
    }
    let form = ReceiptForm {
        dealer_id: dealer.to_string(),
        amount: "300.00".to_owned(),
        mode: "NEFT".to_owned(),
        reference: "UTR1".to_owned(),
        received_on: "2026-11-21".to_owned(),
        allocations: None,
    };
    let by = t.by();
    let receipt = record_receipt(&mut t, &by, form.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (receipt.unallocated, receipt.allocations.len()),
        (money("64.00"), 2)
    );
    let credit = ask(
        &mut t,
        "SELECT jsonb_build_array(unpaid, unallocated) AS value FROM dealer_credit",
    )
    .await;
    assert_eq!(credit, json!([0.00, 64.00]));
    let ledger = ask(&mut t, "SELECT jsonb_agg(jsonb_build_array(amount, balance_after) ORDER BY id) AS value FROM dealer_ledger").await;
    assert_eq!(
        ledger,
        json!([[118.00, 118.00], [118.00, 236.00], [-300.00, -64.00]])
    );
}

#[tokio::test]
async fn a_receipt_beyond_what_can_be_kept_for_a_dealer_is_refused_beside_its_amount() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let (dealer, _) = dealer().insert(&mut t, &tenant).await;
    let form = |reference: &str| ReceiptForm {
        dealer_id: dealer.to_string(),
        amount: "999999999999.99".to_owned(),
        mode: "NEFT".to_owned(),
        reference: reference.to_owned(),
        received_on: "2026-11-21".to_owned(),
        allocations: None,
    };
    let by = t.by();
    record_receipt(&mut t, &by, form("UTR1").parse().unwrap())
        .await
        .unwrap();
    let refused = record_receipt(&mut t, &by, form("UTR2").parse().unwrap())
        .await
        .unwrap_err();
    let fault = &refused.faults()[0];
    assert_eq!(
        (fault.pointer.as_str(), fault.code),
        ("/amount", "too_large")
    );
}
