//! An invoice states its day, all of it: who buys, where the goods go, and which taxes that makes.

use vitaran_kernel::{IstDate, OrderId, Quantity, StateCode};

use super::tests::{dispatched, invoice_of, lorry, money, notes, packed, picking, run};
use super::{Consignment, SetPicks, consignment, dispatch, set_picks};
use crate::db::TenantTx;
use crate::invoicing::document::{InvoiceCopy, InvoiceDocument, invoice_html};
use crate::orders::OrderDetail;
use crate::problem::Problem as _;
use crate::testkit::{DealerFactory, TestTx, dealer, product, test_tx, test_tx_in_state};

const MAHARASHTRA: &str = "27AAPFU0939F1ZV";

/// A packed order over ₹100.00 before tax, of a dealer to be.
async fn packed_for(t: &mut TestTx, buyer: DealerFactory) -> OrderId {
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("9").insert(t, &tenant).await;
    let (buyer, shop) = buyer.insert(t, &tenant).await;
    packed(t, buyer, shop, &[(cable, 1)]).await.header.id
}

async fn leave(t: &mut TenantTx, order: OrderId) -> (OrderDetail, InvoiceDocument) {
    let order = dispatched(t, order).await.unwrap();
    let invoice = invoice_of(t, &order).await;
    (order, invoice)
}

fn state(code: &str) -> StateCode {
    StateCode::parse(code).unwrap()
}

#[tokio::test]
async fn a_lorry_receipt_is_dated_from_the_order_to_the_day_the_goods_leave() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer()).await;
    let by = t.actor().allow().unwrap();
    for day in ["2026-11-20", "2026-11-22"] {
        let mut input = lorry();
        input.lr_date = Some(IstDate::parse(day).unwrap());
        let refused = dispatch(&mut t, &by, order, input).await.unwrap_err();
        let fault = &refused.faults()[0];
        assert_eq!(
            (fault.pointer.as_str(), fault.detail.as_str()),
            (
                "/lr_date",
                "Enter a day from 21 Nov 2026, when this was ordered, to today, 21 Nov 2026"
            )
        );
    }
    dispatched(&mut t, order).await.unwrap();
}

#[tokio::test]
async fn an_order_of_an_unchanged_dealer_leaves_without_a_note() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer().gstin(MAHARASHTRA)).await;
    let (order, invoice) = leave(&mut t, order).await;
    assert_eq!(notes(&order), [""; 0]);
    assert_eq!(
        invoice
            .buyer
            .gstin
            .map(|gstin| gstin.to_string())
            .as_deref(),
        Some(MAHARASHTRA)
    );
}

#[tokio::test]
async fn a_dealer_who_registered_after_ordering_is_invoiced_with_the_gstin() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer()).await;
    run(
        &mut t,
        "UPDATE dealers SET legal_name = 'Test Traders LLP', trade_name = 'Traders', gst_treatment = 'REGISTERED', gstin = '27AAPFU0939F1ZV'",
    )
    .await;
    let (order, invoice) = leave(&mut t, order).await;
    let gstin = invoice.buyer.gstin.as_ref().map(ToString::to_string);
    assert_eq!(gstin.as_deref(), Some(MAHARASHTRA));
    assert_eq!(
        (invoice.buyer.legal_name.as_str(), invoice.ship_to.gstin),
        ("Test Traders LLP", invoice.buyer.gstin)
    );
    assert_eq!(
        notes(&order),
        [
            "The buyer is Test Traders LLP (Traders) now; it was Test Traders when the order was placed",
            "The buyer's GSTIN is 27AAPFU0939F1ZV now; it was none when the order was placed",
        ]
    );
}

#[tokio::test]
async fn a_dealer_who_moved_to_another_state_is_invoiced_there_with_igst() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer().gstin(MAHARASHTRA)).await;
    run(&mut t, "UPDATE dealers SET gstin = '29AABCR1718E1ZL'").await;
    run(
        &mut t,
        "UPDATE dealer_addresses SET line1 = '9 MG Road', city = 'Bengaluru', state_code = '29', pincode = '560001'",
    )
    .await;
    let (order, invoice) = leave(&mut t, order).await;
    let buyer = &invoice.buyer;
    assert_eq!(
        (
            invoice.place_of_supply,
            buyer.gstin.as_ref().map(vitaran_kernel::Gstin::state),
            buyer.address.state,
            invoice.ship_to.address.state
        ),
        (state("29"), Some(state("29")), state("29"), state("29"))
    );
    assert_eq!(
        (invoice.totals.tax.igst, invoice.totals.tax.cgst),
        (money("18.00"), money("0.00"))
    );
    assert_eq!(
        notes(&order),
        [
            "The buyer's GSTIN is 29AABCR1718E1ZL now; it was 27AAPFU0939F1ZV when the order was placed",
            "The billing address is 9 MG Road, Bengaluru, Karnataka 560001 now; it was 2 Bazaar Road, Bazaarpur, Maharashtra 400001 when the order was placed",
            "The delivery address is 9 MG Road, Bengaluru, Karnataka 560001 now; it was 2 Bazaar Road, Bazaarpur, Maharashtra 400001 when the order was placed",
            "The place of supply is Karnataka now; it was Maharashtra when the order was placed",
            "The tax charged is IGST now; it was CGST and SGST when the order was placed",
        ]
    );
}

#[tokio::test]
async fn a_dealer_who_became_a_special_economic_zone_unit_is_invoiced_as_one() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer().gstin(MAHARASHTRA)).await;
    run(&mut t, "UPDATE dealers SET gst_treatment = 'SEZ'").await;
    let (order, invoice) = leave(&mut t, order).await;
    assert_eq!(invoice.totals.tax.igst, money("18.00"));
    assert!(invoice.endorsement.is_some());
    assert_eq!(
        notes(&order),
        ["The tax charged is IGST now; it was CGST and SGST when the order was placed"],
        "the place is the same State, so the note names the tax"
    );
}

#[tokio::test]
async fn goods_sent_to_somebody_else_since_are_supplied_where_the_buyer_is_registered() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer().gstin("29AABCR1718E1ZL")).await;
    run(
        &mut t,
        "UPDATE dealer_addresses SET is_billing = false, party = 'THIRD_PARTY', party_name = 'Mehta Electricals', state_code = '27'",
    )
    .await;
    let (order, invoice) = leave(&mut t, order).await;
    assert_eq!(
        (invoice.place_of_supply, invoice.totals.tax.igst),
        (state("29"), money("18.00"))
    );
    assert_eq!(
        (invoice.ship_to.name.as_str(), invoice.ship_to.gstin),
        ("Mehta Electricals", None)
    );
    assert_eq!(
        invoice.buyer.address.state,
        state("29"),
        "without a billing address the buyer is billed where the order says"
    );
    assert_eq!(
        notes(&order),
        [
            "The delivery address is Mehta Electricals, 2 Bazaar Road, Bazaarpur, Maharashtra 400001 now; it was 2 Bazaar Road, Bazaarpur, Karnataka 400001 when the order was placed"
        ]
    );
}

#[tokio::test]
async fn a_page_drawn_again_says_what_the_first_one_said_whatever_the_masters_say_since() {
    let mut t = test_tx().await;
    let order = packed_for(&mut t, dealer().gstin(MAHARASHTRA)).await;
    run(
        &mut t,
        "UPDATE tenant_settings SET invoice_terms = 'Payment within 30 days'",
    )
    .await;
    let (order, issued) = leave(&mut t, order).await;
    assert_eq!(
        (issued.declaration.as_str(), issued.terms.as_deref()),
        ("We declare.", Some("Payment within 30 days"))
    );
    assert_eq!(issued.upi.as_ref().unwrap().vpa, "test@okbank");
    for change in [
        "UPDATE tenant_settings SET invoice_declaration = 'Other words', invoice_terms = NULL, upi_vpa = 'thief@okbank', upi_payee = 'Somebody', support_phone = '+919800000000'",
        "UPDATE gst_registrations SET legal_name = 'Renamed', line1 = 'Elsewhere'",
        "UPDATE dealers SET legal_name = 'Renamed'",
        "UPDATE products SET name = 'Renamed', hsn = '854449'",
    ] {
        run(&mut t, change).await;
    }
    let again = invoice_of(&mut t, &order).await;
    let drawn = |invoice| invoice_html(invoice, InvoiceCopy::Original);
    assert_eq!(drawn(&again), drawn(&issued));
}

/// So many untaxed rupees, picked for a dealer in a State.
async fn worth(t: &mut TestTx, rupees: &str, dealers_state: &str) -> Consignment {
    let tenant = t.tenant.clone();
    let sku = format!("BOOK-{rupees}-{dealers_state}");
    let book = product(&sku).price(rupees).tax_class("ZERO").stock("1");
    let book = book.insert(t, &tenant).await;
    let (buyer, shop) = dealer().state(dealers_state).insert(t, &tenant).await;
    let order = packed(t, buyer, shop, &[(book, 1)]).await.header.id;
    let by = t.by();
    consignment(t, &by, order).await.unwrap()
}

#[tokio::test]
async fn an_e_way_bill_is_asked_for_above_the_value_that_the_way_of_the_goods_has() {
    let (maharashtra, karnataka) = ("27VOLTC1234A1ZU", "29AMPCE5678B1ZI");
    for (from, rupees, to, is_needed) in [
        (maharashtra, "100000", "27", false),
        (maharashtra, "100001", "27", true),
        (maharashtra, "50000", "29", false),
        (maharashtra, "50001", "29", true),
        (karnataka, "50000", "29", false),
        (karnataka, "50001", "29", true),
    ] {
        let mut t = test_tx_in_state(from).await;
        let consignment = worth(&mut t, rupees, to).await;
        assert_eq!(
            (consignment.value, consignment.needs_eway_bill()),
            (money(rupees), is_needed),
            "{rupees} from {from} to {to}"
        );
    }
}

#[tokio::test]
async fn the_worth_of_a_consignment_is_that_of_what_was_picked_with_todays_tax() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").price("10000").stock("10");
    let cable = cable.insert(&mut t, &tenant).await;
    let (buyer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = picking(&mut t, buyer, shop, &[(cable, 10)]).await;
    assert_eq!(order.header.total, money("118000"));
    let picks = SetPicks {
        lines: vec![(order.lines[0].id, Quantity::from_units(5))],
        expected_version: None,
    };
    let by = t.by();
    set_picks(&mut t, &by, order.header.id, picks)
        .await
        .unwrap();
    let by = t.by();
    let half = consignment(&mut t, &by, order.header.id).await.unwrap();
    assert_eq!(
        (half.value, half.eway_bill_above, half.needs_eway_bill()),
        (money("59000"), money("100000"), false)
    );
    run(&mut t, "UPDATE products SET tax_class = 'MERIT'").await;
    let taxed = consignment(&mut t, &by, order.header.id).await.unwrap();
    assert_eq!(taxed.value, money("52500"));
}
