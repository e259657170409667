//! The page states what the law asks, says each thing where it belongs, and lets nothing in.

use vitaran_kernel::words::amount_in_words;
use vitaran_kernel::{Money, SupplyKind};

use super::samples::{
    GOODS, address, inter_state, invoice, line, settle, union_territory, zone_under_lut,
};
use super::*;

fn html(invoice: &InvoiceDocument) -> String {
    invoice_html(invoice, InvoiceCopy::Original)
}

/// The texts between tags, each trimmed, none empty.
fn texts(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").unwrap().1;
    body.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(_, text)| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// The cells of the table of that class, by row; the heading first, the totals last.
fn rows(html: &str, class: &str) -> Vec<Vec<String>> {
    let start = html.find(&format!("<table class=\"grid {class}")).unwrap();
    let table = html[start..].split("</table>").next().unwrap();
    table
        .split("<tr")
        .skip(1)
        .filter_map(|row| row.split_once("</tr>"))
        .map(|(row, _)| {
            row.split("<t")
                .skip(1)
                .map(|cell| cell.split_once('>').unwrap().1)
                .map(|cell| cell.split('<').next().unwrap().to_owned())
                .collect()
        })
        .collect()
}

fn amount(grouped: &str) -> Money {
    let plain = grouped.replace(',', "").replace('\u{2212}', "-");
    Money::parse(plain.trim_start_matches("₹ ")).unwrap()
}

/// The amount that stands beside a label in the block of totals.
fn stated(html: &str, label: &str) -> Money {
    let sums = html.split_once("class=\"sums\"").unwrap().1;
    let cell = sums.split_once(&format!("<td>{label}</td><td>")).unwrap().1;
    amount(cell.split('<').next().unwrap())
}

#[test]
fn the_page_of_an_invoice_is_the_reviewed_one() {
    let page = html(&invoice(SupplyKind::IntraState, 2));
    let (before, style_and_rest) = page.split_once("<style>").unwrap();
    let (_, rest) = style_and_rest.split_once("</style>").unwrap();
    // One tag a line, so that a change of the page reads as a change.
    insta::assert_snapshot!(format!("{before}{rest}").replace("><", ">\n<"));
}

#[test]
fn every_particular_of_rule_46_is_on_the_page() {
    let mut invoice = invoice(SupplyKind::IntraState, 5);
    invoice.ship_to.name = "Ganesh Godown".to_owned();
    invoice.ship_to.address = address("Gala 9, Bhosari MIDC", "Pune", "27", "411026");
    let page = html(&invoice);
    for (particular, stated) in [
        (
            "(a) supplier's name",
            "<p>Volt Distributors Private Limited</p>",
        ),
        (
            "(a) supplier's address",
            "<p>Unit 14, Lamington Industrial Estate, Grant Road East, Mumbai 400007\nState Maharashtra (27)</p>",
        ),
        ("(a) supplier's GSTIN", "GSTIN 27VOLTC1234A1ZU"),
        (
            "(b) serial number",
            "<p class=\"number\">VLT/26-27/000123</p>",
        ),
        (
            "(c) date of issue",
            "<small>Invoice date</small>21 Nov 2026",
        ),
        (
            "(d) recipient's name",
            "<small>Bill to</small><p class=\"strong\">Shree Ganesh Electricals</p>",
        ),
        (
            "(d) recipient's address",
            "<p>Shop 5, Laxmi Road, Pune 411030\nState Maharashtra (27)</p>",
        ),
        ("(d) recipient's GSTIN", "GSTIN 27AAPFU0939F1ZV"),
        ("(g) HSN", "<td class=\"c\">853952</td>"),
        (
            "(h) description of goods",
            "<td class=\"t\">LED lamp 9 W, B22, cool daylight\nLED-9W-B22-CD</td>",
        ),
        ("(i) quantity and unit", "<td>8 NOS</td>"),
        ("(j) total value", "<td>Total</td><td>₹ 2,59,534.00</td>"),
        ("(k) taxable value of a line", "<td>964.00</td>"),
        (
            "(k) taxable value",
            "<td>Taxable value</td><td>2,42,346.63</td>",
        ),
        ("(l) rate of tax of a line", "<td>18%</td>"),
        ("(l) rate of each tax", "<td>9% + 9%</td>"),
        (
            "(m) amount of central tax",
            "<td>CGST</td><td>8,593.70</td>",
        ),
        ("(m) amount of State tax", "<td>SGST</td><td>8,593.70</td>"),
        (
            "(n) place of supply with the State's name",
            "<small>Place of supply</small>Maharashtra (27)",
        ),
        (
            "(o) address of delivery",
            "<small>Ship to</small><p class=\"strong\">Ganesh Godown</p><p>Gala 9, Bhosari MIDC, Pune 411026\nState Maharashtra (27)</p>",
        ),
        (
            "(p) reverse charge",
            "<small>Tax payable on reverse charge</small>No",
        ),
        (
            "(q) signature",
            "<p class=\"strong\">For Volt Distributors Private Limited</p><p class=\"line\">Authorised signatory</p>",
        ),
    ] {
        assert!(
            page.contains(stated),
            "Rule 46{particular} is missing: {stated}\n{page}"
        );
    }
    assert!(page.contains("<h1>TAX INVOICE</h1>"));
}

#[test]
fn an_unregistered_buyer_is_named_with_address_and_state() {
    // CGST Rule 46(e) and (f).
    let page = html(&union_territory());
    let buyer = "<small>Bill to</small><p class=\"strong\">Sukhna Lights</p><p>SCO 21, Sector 17-C, Chandigarh 160017\nState Chandigarh (04)</p><p class=\"strong\">Unregistered</p>";
    assert!(page.contains(buyer), "{page}");
}

#[test]
fn reverse_charge_says_who_pays() {
    let mut invoice = invoice(SupplyKind::IntraState, 1);
    invoice.reverse_charge = true;
    assert!(
        html(&invoice)
            .contains("<small>Tax payable on reverse charge</small>Yes, by the recipient")
    );
}

#[test]
fn the_columns_are_those_of_the_taxes_that_the_supply_bears() {
    let always = [
        "#",
        "Description of goods",
        "HSN",
        "Quantity",
        "Unit price",
        "Taxable value",
    ];
    for (kind, taxes, rate) in [
        (
            SupplyKind::IntraState,
            &["CGST", "SGST"][..],
            "CGST + SGST rate",
        ),
        (
            SupplyKind::IntraUnionTerritory,
            &["CGST", "UTGST"],
            "CGST + UTGST rate",
        ),
        (SupplyKind::InterState, &["IGST"], "IGST rate"),
    ] {
        let page = html(&invoice(kind, 2));
        let wanted = [&always, &["GST rate"][..], taxes, &["Amount"]].concat();
        assert_eq!(rows(&page, "lines")[0], wanted);
        let mut wanted = [&["HSN", "Quantity", "Taxable value", rate], taxes].concat();
        wanted.extend((taxes.len() > 1).then_some("Total tax"));
        assert_eq!(rows(&page, "summary")[0], wanted);
    }
    let page = html(&zone_under_lut());
    assert_eq!(rows(&page, "lines")[0], always);
    assert_eq!(
        rows(&page, "summary")[0],
        ["HSN", "Quantity", "Taxable value"]
    );
    for tax in ["CGST", "SGST", "UTGST"] {
        assert!(!texts(&page).iter().any(|text| text.contains(tax)), "{tax}");
    }
}

#[test]
fn a_zero_rated_supply_shows_its_endorsement_its_undertaking_and_no_tax() {
    let invoice = zone_under_lut();
    let page = html(&invoice);
    let endorsement = invoice.endorsement.unwrap();
    assert!(page.contains(&format!("<p class=\"endorsement\">{endorsement}</p>")));
    assert!(page.contains("<p>Letter of undertaking AD270426001234X</p>"));
    assert_eq!(stated(&page, "IGST (zero-rated)"), Money::ZERO);
    assert!(!page.contains("Tax in words"));
    // The same seller's taxed invoice rests on no undertaking.
    let taxed = html(&self::invoice(SupplyKind::InterState, 1));
    assert!(!taxed.contains("AD270426001234X") && !taxed.contains("class=\"endorsement\""));
}

#[test]
fn the_printed_lines_add_up_to_the_printed_totals() {
    for kind in [
        SupplyKind::IntraState,
        SupplyKind::IntraUnionTerritory,
        SupplyKind::InterState,
    ] {
        let invoice = invoice(kind, 60);
        let page = html(&invoice);
        let mut in_words = Money::ZERO;
        for (table, labels) in [("lines", [2, 3]), ("summary", [1, 2])] {
            let rows = rows(&page, table);
            let (head, rest) = rows.split_first().unwrap();
            let (foot, lines) = rest.split_last().unwrap();
            // "Total" spans the columns without a sum.
            let spanned = head.len() - foot.len();
            let mut summed = 0;
            for (column, name) in head.iter().enumerate() {
                let printed = column.checked_sub(spanned).map(|at| foot[at].as_str());
                let Some(printed) = printed.filter(|text| !text.is_empty() && *text != "Total")
                else {
                    continue;
                };
                let sum: Money = lines.iter().map(|line| amount(&line[column])).sum();
                assert_eq!(sum, amount(printed), "{table} {name}");
                if !["Amount", "Total tax"].contains(&name.as_str()) {
                    assert_eq!(sum, stated(&page, name), "{table} {name}");
                    in_words += sum;
                }
                summed += 1;
            }
            assert!(summed > labels[0], "{table}: {summed} columns of sums");
        }
        // Both tables state taxable value and taxes, so together they count twice.
        let total = stated(&page, "Total");
        let round_off = stated(&page, "Round-off");
        assert_eq!(in_words, (total - round_off) + (total - round_off));
        assert_eq!(total, invoice.totals.total);
        assert!(page.contains(&amount_in_words(total)));
        for line in &rows(&page, "lines")[1..=60] {
            let figures: Vec<Money> = line[5..]
                .iter()
                .filter(|cell| !cell.ends_with('%'))
                .map(|cell| amount(cell))
                .collect();
            let (total, parts) = figures.split_last().unwrap();
            assert_eq!(parts.iter().sum::<Money>(), *total, "{line:?}");
        }
    }
}

#[test]
fn the_delivery_address_is_printed_only_where_it_differs() {
    let mut invoice = invoice(SupplyKind::IntraState, 1);
    assert!(!html(&invoice).contains("Ship to"));
    // Under its trade name it is still the buyer.
    invoice.buyer.trade_name = Some("Ganesh Lights".to_owned());
    invoice.ship_to.name = "Ganesh Lights".to_owned();
    assert!(!html(&invoice).contains("Ship to"));
    let same = invoice.clone();
    invoice.ship_to.address.lines = vec!["Gala 9".to_owned()];
    assert!(html(&invoice).contains("Ship to"));
    invoice = same.clone();
    invoice.ship_to.name = "Another".to_owned();
    assert!(html(&invoice).contains("Ship to"));
    invoice = same;
    invoice.ship_to.gstin = None;
    assert!(html(&invoice).contains("GSTIN URP (unregistered)"));
}

#[test]
fn what_is_not_known_of_the_transport_is_left_off() {
    let mut invoice = invoice(SupplyKind::IntraState, 1);
    let page = html(&invoice);
    for stated in [
        "<p class=\"strong\">Sahyadri Roadways</p>",
        "<p>LR no. SR/88213 of 21 Nov 2026</p>",
        "<p>Vehicle MH12AB1234</p>",
        "<p>Distance 150 km</p>",
        "<p class=\"strong\">E-way bill 271000123456</p>",
    ] {
        assert!(page.contains(stated), "{stated}");
    }
    invoice.transport = Transport {
        transporter: Some("Own vehicle".to_owned()),
        ..Transport::default()
    };
    let page = html(&invoice);
    assert!(page.contains("Own vehicle"));
    for label in ["LR no.", "Vehicle ", "Distance", "E-way bill"] {
        assert!(!page.contains(label), "{label}");
    }
}

#[test]
fn the_copies_differ_in_their_mark_alone() {
    let invoice = invoice(SupplyKind::IntraState, 2);
    let original = html(&invoice);
    for (copy, mark, query) in [
        (InvoiceCopy::Original, "ORIGINAL FOR RECIPIENT", "original"),
        (
            InvoiceCopy::Duplicate,
            "DUPLICATE FOR TRANSPORTER",
            "duplicate",
        ),
        (
            InvoiceCopy::Triplicate,
            "TRIPLICATE FOR SUPPLIER",
            "triplicate",
        ),
    ] {
        let page = invoice_html(&invoice, copy);
        assert_eq!(page.matches(mark).count(), 1);
        assert_eq!(page.replace(mark, "ORIGINAL FOR RECIPIENT"), original);
        assert_eq!(InvoiceCopy::from_query(query), Some(copy));
    }
    assert_eq!(InvoiceCopy::from_query("ORIGINAL"), None);
}

#[test]
fn the_payment_code_carries_total_and_number_and_needs_both_account_and_amount() {
    let mut invoice = invoice(SupplyKind::IntraState, 5);
    let link = "upi://pay?pa=voltdist@okbank&amp;pn=Volt%20Distributors&amp;am=259534.00&amp;cu=INR&amp;tn=VLT%2F26-27%2F000123&amp;tr=VLT2627000123";
    let page = html(&invoice);
    assert!(
        page.contains(&format!("<a href=\"{link}\"><svg class=\"qr\"")),
        "{page}"
    );
    let upi = invoice.upi.take();
    assert!(!html(&invoice).contains("<svg"));
    invoice.upi = upi;
    invoice.lines.clear();
    settle(&mut invoice);
    assert!(!html(&invoice).contains("<svg"));
}

#[test]
fn the_hash_is_shown_by_its_ends() {
    let page = html(&invoice(SupplyKind::IntraState, 1));
    assert!(page.contains("Chain 0123456789abcdef…fedcba98"), "{page}");
}

#[test]
fn rendering_again_gives_the_same_bytes_and_the_date_of_issue() {
    let invoice = invoice(SupplyKind::InterState, 30);
    let page = html(&invoice);
    assert_eq!(page, html(&invoice.clone()));
    for meta in [
        "<title>Tax invoice VLT/26-27/000123</title>",
        "<meta name=\"author\" content=\"Volt Distributors Private Limited\">",
        "<meta name=\"dcterms.created\" content=\"2026-11-21T09:05:00Z\">",
    ] {
        assert!(page.contains(meta), "{meta}");
    }
}

#[test]
fn the_page_refers_to_nothing_outside_and_runs_nothing() {
    let page = html(&inter_state(3)).to_lowercase();
    for outside in [
        "http",
        "url(",
        "@import",
        "src=",
        "<link",
        "<script",
        "<iframe",
        "file:",
        "javascript:",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(
        page.matches("href=").count(),
        page.matches("href=\"upi://").count()
    );
}

/// What of a page is not text: tags with the names of their attributes, without the values.
fn skeleton(html: &str) -> Vec<String> {
    html.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(tag, _)| tag.split('"').step_by(2).collect())
        .collect()
}

#[test]
fn no_text_can_become_markup() {
    let filled_with = |text: &str| {
        let mut invoice = zone_under_lut();
        let text = || text.to_owned();
        let place = PostalAddress {
            lines: vec![text(), text()],
            city: text(),
            ..invoice.buyer.address.clone()
        };
        invoice.seller.legal_name = text();
        invoice.seller.trade_name = Some(text() + "2");
        invoice.seller.address = place.clone();
        invoice.seller.lut_number = Some(text());
        invoice.buyer.legal_name = text();
        invoice.buyer.trade_name = Some(text() + "2");
        invoice.buyer.address = place.clone();
        invoice.ship_to.name = text() + "3";
        invoice.ship_to.address = place;
        invoice.transport.transporter = Some(text());
        invoice.transport.lr_number = Some(text());
        invoice.lines[0].name = text();
        invoice.amount_in_words = text();
        invoice.endorsement = Some(text());
        invoice.declaration = text();
        invoice.terms = Some(text());
        invoice.upi = Some(Upi {
            vpa: text(),
            payee: text(),
        });
        invoice.hash = text();
        html(&invoice)
    };
    let harmless = filled_with("Plain");
    for canary in [
        "\"><script>alert(1)</script>",
        "<link rel=attachment href=file:///etc/passwd>",
        "'\" onload=x </style></title><!--",
        "&lt;b&gt;",
    ] {
        let page = filled_with(canary);
        assert_eq!(skeleton(&page), skeleton(&harmless), "{canary}");
        assert!(!page.contains(canary), "{canary}");
        // Still there, as the text that it is. The link encodes name and address its own way, and
        // of a long hash only the ends are shown.
        let escaped = canary
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        let elsewhere = if canary.len() < 24 { 2 } else { 3 };
        assert_eq!(
            page.matches(&escaped).count(),
            harmless.matches("Plain").count() - elsewhere,
            "{canary}"
        );
    }
}

#[test]
fn the_greatest_amounts_fit_the_page() {
    let mut invoice = invoice(SupplyKind::IntraState, 1);
    let kind = SupplyKind::IntraState;
    invoice.lines = vec![line(500, GOODS[0], "80", "9999999999.9999", kind)];
    settle(&mut invoice);
    let page = html(&invoice);
    assert!(page.contains("9,43,99,99,99,999.99"));
    let table = page.split_once("class=\"grid lines\"").unwrap().1;
    let (columns, _) = table.split_once("<thead>").unwrap();
    // In micrometres, since they are printed in millimetres with three decimals.
    let widths: Vec<u32> = columns
        .split("width:")
        .skip(1)
        .map(|width| width.split("mm").next().unwrap().replace('.', ""))
        .map(|width| width.parse().unwrap())
        .collect();
    assert_eq!(widths.len(), 10);
    assert_eq!(widths.iter().sum::<u32>(), 190_000, "{widths:?}");
    assert!(widths[1] > 30_000, "room for the description: {widths:?}");
}
