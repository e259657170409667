//! Invoices for the tests: of every kind of supply, with figures that agree.

use std::collections::BTreeMap;

use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::words::amount_in_words;
use vitaran_kernel::*;

use super::*;

fn gstin(text: &str) -> Gstin {
    Gstin::parse(text).unwrap()
}

pub(in crate::invoicing) fn address(
    street: &str,
    city: &str,
    state: &str,
    pincode: &str,
) -> PostalAddress {
    PostalAddress {
        lines: vec![street.to_owned()],
        city: city.to_owned(),
        state: StateCode::parse(state).unwrap(),
        pincode: Pincode::parse(pincode).unwrap(),
    }
}

pub(in crate::invoicing) fn line(
    line_no: u16,
    goods: (&str, &str, &str, &str),
    quantity: &str,
    price: &str,
    kind: SupplyKind,
) -> DocumentLine {
    let (name, sku, hsn, rate) = goods;
    let quantity = Quantity::parse(quantity).unwrap();
    let unit_price = UnitPrice::parse(price).unwrap();
    let tax_rate = Rate::parse(rate).unwrap();
    let taxable = rounding::line(unit_price * quantity);
    let tax = tax::split(taxable, tax_rate, kind);
    DocumentLine {
        line_no,
        name: name.to_owned(),
        sku: Sku::parse(sku).unwrap(),
        hsn: Hsn::parse(hsn).unwrap(),
        uqc: Uqc::Nos,
        quantity,
        unit_price,
        tax_rate,
        taxable,
        tax,
        total: taxable + tax.total(),
    }
}

pub(in crate::invoicing) const GOODS: [(&str, &str, &str, &str); 5] = [
    (
        "LED lamp 9 W, B22, cool daylight",
        "LED-9W-B22-CD",
        "853952",
        "18",
    ),
    (
        "Copper cable 2.5 sq mm FR, red, coil of 90 m",
        "CAB-25-RED-90",
        "854449",
        "18",
    ),
    (
        "Solar panel 335 Wp, polycrystalline",
        "SOL-335P",
        "854143",
        "5",
    ),
    (
        "Miniature circuit breaker 32 A, single pole, C curve",
        "MCB-32-SP-C",
        "853620",
        "18",
    ),
    (
        "Wiring regulations, printed handbook",
        "BOOK-WIRE-01",
        "490199",
        "0",
    ),
];

/// An invoice of Volt Distributors over so many lines, with figures that agree.
pub(in crate::invoicing) fn invoice(kind: SupplyKind, lines: u16) -> InvoiceDocument {
    let prices = ["120.5000", "2499.0000", "8450.0000", "186.1250", "350.0000"];
    let lines: Vec<DocumentLine> = (1..=lines)
        .map(|line_no| {
            let which = usize::from(line_no - 1) % GOODS.len();
            let quantity = (u32::from(line_no) * 7 % 240 + 1).to_string();
            line(line_no, GOODS[which], &quantity, prices[which], kind)
        })
        .collect();
    let mut invoice = InvoiceDocument {
        number: DocumentNumber::parse("VLT/26-27/000123").unwrap(),
        issued_on: IstDate::parse("2026-11-21").unwrap(),
        issued_at: "2026-11-21T09:05:00Z".parse().unwrap(),
        order_number: OrderNumber::parse("SO/26-27/000042").unwrap(),
        ordered_on: IstDate::parse("2026-11-18").unwrap(),
        seller: Seller {
            legal_name: "Volt Distributors Private Limited".to_owned(),
            trade_name: Some("Volt Distributors".to_owned()),
            gstin: gstin("27VOLTC1234A1ZU"),
            address: address("Unit 14, Lamington Industrial Estate, Grant Road East", "Mumbai", "27", "400007"),
            phone: Some(Phone::parse("+919820012345").unwrap()),
            email: Some(EmailAddress::parse("accounts@volt.example").unwrap()),
            lut_number: Some("AD270426001234X".to_owned()),
        },
        buyer: Buyer {
            legal_name: "Shree Ganesh Electricals".to_owned(),
            trade_name: None,
            gstin: Some(gstin("27AAPFU0939F1ZV")),
            address: address("Shop 5, Laxmi Road", "Pune", "27", "411030"),
            phone: Some(Phone::parse("+919876543210").unwrap()),
        },
        ship_to: ShipTo {
            name: "Shree Ganesh Electricals".to_owned(),
            gstin: Some(gstin("27AAPFU0939F1ZV")),
            address: address("Shop 5, Laxmi Road", "Pune", "27", "411030"),
        },
        place_of_supply: StateCode::parse("27").unwrap(),
        supply_clause: SupplyClause::Delivered,
        supply_kind: kind,
        reverse_charge: false,
        transport: Transport {
            transporter: Some("Sahyadri Roadways".to_owned()),
            lr_number: Some("SR/88213".to_owned()),
            lr_date: Some(IstDate::parse("2026-11-21").unwrap()),
            vehicle_number: Some(VehicleNumber::parse("MH12AB1234").unwrap()),
            distance_km: Some(150),
            eway_bill_number: Some(EwayBillNumber::parse("271000123456").unwrap()),
        },
        tax_summary: Vec::new(),
        totals: DocumentTotals::default(),
        amount_in_words: String::new(),
        lines,
        endorsement: None,
        declaration: "We declare that this invoice shows the actual price of the goods described and that all particulars are true and correct.".to_owned(),
        terms: Some("Payment within 30 days of the invoice date.\nGoods once sold are taken back only if defective.\nSubject to Mumbai jurisdiction.".to_owned()),
        upi: Some(Upi { vpa: "voltdist@okbank".to_owned(), payee: "Volt Distributors".to_owned() }),
        hash: "0123456789abcdef".repeat(3) + "00000000fedcba98",
    };
    settle(&mut invoice);
    invoice
}

/// Makes summary, totals and words agree with the lines.
pub(in crate::invoicing) fn settle(invoice: &mut InvoiceDocument) {
    let mut rows: BTreeMap<(String, Rate), SummaryRow> = BTreeMap::new();
    for line in &invoice.lines {
        let row = rows
            .entry((line.hsn.to_string(), line.tax_rate))
            .or_insert_with(|| SummaryRow {
                hsn: line.hsn.clone(),
                uqc: line.uqc,
                tax_rate: line.tax_rate,
                quantity: Quantity::ZERO,
                taxable: Money::ZERO,
                tax: TaxSplit::ZERO,
            });
        row.quantity += line.quantity;
        row.taxable += line.taxable;
        row.tax += line.tax;
    }
    invoice.tax_summary = rows.into_values().collect();
    invoice.totals = tax::totals(invoice.lines.iter().map(|line| (line.taxable, line.tax)));
    invoice.amount_in_words = amount_in_words(invoice.totals.total);
}

pub(in crate::invoicing) fn inter_state(lines: u16) -> InvoiceDocument {
    let mut invoice = invoice(SupplyKind::InterState, lines);
    invoice.buyer = Buyer {
        legal_name: "श्री बालाजी ट्रेडर्स (Shri Balaji Traders)".to_owned(),
        trade_name: Some("மீனாட்சி எலக்ட்ரிக்கல்ஸ்".to_owned()),
        gstin: Some(gstin("33TNDPH1357Q1ZB")),
        address: address("12 North Masi Street", "Madurai", "33", "625001"),
        phone: None,
    };
    invoice.ship_to = ShipTo {
        name: "ராஜா மின்சாதனங்கள்".to_owned(),
        gstin: None,
        address: address(
            "7 Anna Salai, near the bus stand",
            "Dindigul",
            "33",
            "624001",
        ),
    };
    invoice.place_of_supply = StateCode::parse("33").unwrap();
    invoice.supply_clause = SupplyClause::BillToShipTo;
    for line in invoice.lines.iter_mut().step_by(4) {
        line.name = "एलईडी बल्ब ९ वाट, कूल डेलाइट".to_owned();
    }
    for line in invoice.lines.iter_mut().skip(2).step_by(4) {
        line.name = "எல்இடி விளக்கு 9 வாட்".to_owned();
    }
    invoice
}

pub(in crate::invoicing) fn union_territory() -> InvoiceDocument {
    let mut invoice = invoice(SupplyKind::IntraUnionTerritory, 3);
    invoice.seller.gstin = gstin("04CHDPA9753Z1ZF");
    invoice.seller.address = address(
        "Plot 88, Industrial Area Phase I",
        "Chandigarh",
        "04",
        "160002",
    );
    invoice.buyer = Buyer {
        legal_name: "Sukhna Lights".to_owned(),
        trade_name: None,
        gstin: None,
        address: address("SCO 21, Sector 17-C", "Chandigarh", "04", "160017"),
        phone: None,
    };
    invoice.ship_to = ShipTo {
        name: "Sukhna Lights".to_owned(),
        gstin: None,
        address: invoice.buyer.address.clone(),
    };
    invoice.place_of_supply = StateCode::parse("04").unwrap();
    invoice.supply_clause = SupplyClause::DeliveredUnregistered;
    invoice
}

pub(in crate::invoicing) fn zone_under_lut() -> InvoiceDocument {
    let mut invoice = invoice(SupplyKind::ZeroRated, 4);
    invoice.supply_clause = SupplyClause::Sez;
    invoice.endorsement = Some("SUPPLY MEANT FOR SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX".to_owned());
    invoice
}
