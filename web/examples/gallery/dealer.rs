//! The dealer's pages: catalogue, cart, orders.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_kernel::money::{Money, UnitPrice};
use vitaran_web::{
    hx::{self, Form, HxRequest},
    ui::{
        Tone,
        address::{Address, address},
        badge::{self, StockState},
        credit_meter::{Credit, credit_meter},
        flash::Flash,
        form::{self, Choice, Field},
        icon::{Icon, icon},
        layout::Theme,
        money::{money, unit_price},
        pagination::{Pagination, pagination},
        panel::{Heading, columns, facts, panel, sheet, sticky_bar, toolbar, totals},
        product::{ProductCard, product_card, product_grid, quantity_stepper},
        steps::{Progress, Step, steps},
        table::{Column, Row, Table},
        time::{date_of, time},
        timeline::{Event, timeline},
    },
};

use crate::{portal, portal_nav};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

pub(crate) fn rupees(amount: i64) -> Markup {
    money(Money::from_rupees(amount))
}

const PRODUCTS: [(&str, &str, u32, &str, StockState); 6] = [
    (
        "MCB-16C-SP",
        "Miniature circuit breaker 16 A, C curve, single pole",
        184,
        "18",
        StockState::InStock,
    ),
    (
        "LED-BLB-9W-CW",
        "LED bulb 9 W, B22, cool white, pack of 10",
        612,
        "18",
        StockState::InStock,
    ),
    (
        "WIR-FR-1.5-R",
        "FR house wire 1.5 sq mm, red, 90 m coil",
        1_845,
        "18",
        StockState::Low,
    ),
    (
        "FAN-CLG-1200",
        "Ceiling fan 1200 mm, five-star, pearl white",
        2_690,
        "18",
        StockState::InStock,
    ),
    (
        "PVC-CND-25",
        "PVC conduit 25 mm, medium, 3 m length",
        96,
        "18",
        StockState::Out,
    ),
    (
        "SOL-PNL-540",
        "Solar panel 540 W, mono PERC, half cut",
        11_450,
        "5",
        StockState::Low,
    ),
];

fn list(query: &str) -> Markup {
    let found = PRODUCTS.iter().filter(|(sku, name, ..)| {
        query.is_empty()
            || name.to_lowercase().contains(query)
            || sku.to_lowercase().contains(query)
    });
    html! {
        div #list {
            (product_grid("Products", html! {
                @for (sku, name, price, rate, stock) in found {
                    @let control = Form::post("/portal/cart/lines").replaces("list").render(html! {
                        (quantity_stepper(Field::decimal("quantity", "Quantity").within(sku).value("1").required(), "1"))
                        button.button.primary type="submit" disabled[*stock == StockState::Out] { "Add" span.visually-hidden { " " (name) } }
                    });
                    (product_card(&ProductCard {
                        id: &format!("product-{}", sku.to_lowercase().replace('.', "-")), name, href: "/portal/products/1", sku, picture: None,
                        price: unit_price(UnitPrice::from_rupees(*price)),
                        price_note: &format!("+ {rate}% GST"), stock: badge::stock(*stock), control,
                    }))
                }
            }))
        }
    }
}

pub(crate) fn catalogue(request: &HxRequest, theme: Theme) -> Markup {
    if request.wants_fragment() {
        return list("");
    }
    let nav = portal_nav("/portal");
    let flash =
        [Flash::good("Order SO/26-27/000041 was placed.").link("View it", "/portal/orders/42")];
    let search = hx::Search {
        action: "/portal",
        label: "Search products, SKU or HSN",
        query: "",
        target_id: Some("list"),
        field_id: "q",
        key: None,
    };
    let categories = [
        Choice::new("", "All categories"),
        Choice::new("mcb", "Switchgear"),
        Choice::new("led", "Lighting"),
    ];
    let main = html! {
        (Heading::new("Products").meta(html! { "Your prices, before GST" }))
        (toolbar(html! { (search.render("")) (Field::select("category", "Category", &categories).label_hidden()) }))
        (list(""))
        (pagination(&Pagination { of: vitaran_web::ui::counted::Noun::PRODUCTS, shown: 6, first: None, next: Some("/portal?after=x") }))
    };
    let mut page = portal("Products", "/portal", &nav, theme, main);
    page.flash = &flash;
    page.render()
}

pub(crate) fn cart(_: &HxRequest, theme: Theme) -> Markup {
    let nav = portal_nav("/portal/cart");
    let lines = [
        ("WIR-FR-1.5-R", "FR house wire 1.5 sq mm, red", "12", 22_140),
        ("MCB-16C-SP", "Miniature circuit breaker 16 A", "60", 11_040),
        ("FAN-CLG-1200", "Ceiling fan 1200 mm", "8", 21_520),
    ];
    let table = Table::new("cart-lines", "Cart", [Column::text("Product"), Column::number("Quantity"), Column::number("Price").card_hidden(), Column::number("Amount"), Column::actions("Remove").card_corner()])
        .rows(lines.iter().map(|(sku, name, quantity, amount)| {
            Row::new([
                html! { (name) br; span.code.muted { (sku) } },
                Form::post("/portal/cart/lines/1").render(quantity_stepper(Field::decimal("quantity", "Quantity").within(sku).value(*quantity).required(), "1")),
                rupees(amount / 10),
                rupees(*amount),
                Form::post("/portal/cart/lines/1/removal").render(html! { button.button.quiet.only-icon type="submit" aria-label={ "Remove " (name) } { (icon(Icon::Trash2)) } }),
            ])
        }));
    let place = Form::post("/portal/orders").id("place").class("stack").confirm(Some("Place this order for ₹64,546.00?")).render(html! {
        (form::idempotency_key("0193-demo"))
        (Field::select("ship_to", "Deliver to", &[Choice::new("1", "Kumar Electricals, Pune 411002"), Choice::new("2", "Godown, Pimpri 411018")]).value("1").required())
        (Field::text("client_reference", "Your reference").hint("Printed on the invoice").max_length(40))
        (Field::text_area("note", "Note for the warehouse", 2).max_length(500))
    });
    let main = html! {
        (Heading::new("Cart").meta(html! { "3 products" }))
        (columns(
            html! { (sheet(table)) (panel("Delivery", place)) },
            html! {
                (panel("Summary", totals(&[("Goods", rupees(54_700)), ("CGST 9%", rupees(4_923)), ("SGST 9%", rupees(4_923)), ("Total", rupees(64_546))])))
                (panel("Your credit", credit_meter(&Credit { limit: Money::from_rupees(250_000), used: Money::from_rupees(118_400), this_order: Some(Money::from_rupees(64_546)) })))
            },
        ))
        (sticky_bar(html! { "3 products" strong { (rupees(64_546)) } }, html! { button.button.primary type="submit" form="place" { "Place order" } }))
    };
    portal("Cart", "/portal/cart", &nav, theme, main).render()
}

pub(crate) fn orders(_: &HxRequest, theme: Theme) -> Markup {
    let nav = portal_nav("/portal/orders");
    let table = Table::new(
        "orders",
        "Your orders",
        [
            Column::text("Order"),
            Column::text("Placed").card_line(),
            Column::text("Status").card_end(),
            Column::number("Total").card_corner(),
        ],
    )
    .rows(
        [
            ("000042", "2026-11-21T04:10:00Z", "PLACED", 64_546),
            ("000039", "2026-11-18T08:30:00Z", "DISPATCHED", 128_400),
            ("000031", "2026-11-09T11:00:00Z", "DELIVERED", 42_960),
            ("000028", "2026-11-02T11:00:00Z", "REJECTED", 920_000),
        ]
        .map(|(number, placed, status, total)| {
            Row::new([
                html! { a href="/portal/orders/42" { "SO/26-27/" (number) } },
                date_of(at(placed)),
                badge::order_status(status),
                rupees(total),
            ])
        }),
    );
    let main = html! {
        (Heading::new("Orders"))
        (sheet(table))
        (pagination(&Pagination { of: vitaran_web::ui::counted::Noun::ORDERS, shown: 4, first: None, next: None }))
    };
    portal("Orders", "/portal/orders", &nav, theme, main).render()
}

pub(crate) fn order(_: &HxRequest, theme: Theme) -> Markup {
    let nav = portal_nav("/portal/orders");
    let done = |label, when: &str| Step {
        label,
        progress: Progress::Done,
        note: Some(time(at(when))),
    };
    let ahead = |label| Step {
        label,
        progress: Progress::Ahead,
        note: None,
    };
    let track = steps(
        "Progress of this order",
        &[
            done("Placed", "2026-11-21T04:10:00Z"),
            done("Approved", "2026-11-21T05:02:00Z"),
            Step {
                label: "Picking",
                progress: Progress::Current,
                note: None,
            },
            ahead("Packed"),
            ahead("Dispatched"),
            ahead("Delivered"),
        ],
    );
    let main = html! {
        (Heading::new("SO/26-27/000042").back("Orders", "/portal/orders").badge(badge::order_status("PICKING"))
            .meta(html! { "Placed " (time(at("2026-11-21T04:10:00Z"))) " by Ravi Kumar" })
            .actions(html! { div.buttons { a.button href="/portal/orders/42/again" { (icon(Icon::Repeat)) "Order again" } } }))
        section.panel aria-label="Progress" { (track) }
        (columns(
            html! {
                (sheet(crate::staff::order_lines()))
                (panel("What happened", timeline(&[
                    Event { title: html! { "Placed" }, at: at("2026-11-21T04:10:00Z"), by: Some("Ravi Kumar"), note: Some("Please send with the Pimpri van."), tone: Tone::Warn },
                    Event { title: html! { "Approved" }, at: at("2026-11-21T05:02:00Z"), by: Some("Ananya Iyer"), note: None, tone: Tone::Info },
                    Event { title: html! { "Picking started" }, at: at("2026-11-21T06:20:00Z"), by: Some("Suresh Patil"), note: None, tone: Tone::Info },
                ])))
            },
            html! {
                (panel("Delivery", address(&Address {
                    name: Some("Kumar Electricals"), lines: &["14, Laxmi Road", "Budhwar Peth"], city: "Pune", pin: "411002", state: "Maharashtra",
                    state_code: Some("27"), phone: Some("+91 98220 11223"), gstin: Some("27AAPFU0939F1ZV"),
                })))
                (panel("Details", facts(&[("Your reference", html! { "KE-PO-118" }), ("Place of supply", html! { "27 Maharashtra" }), ("Lines", html! { "3" })])))
            },
        ))
    };
    portal("Order SO/26-27/000042", "/portal/orders", &nav, theme, main).render()
}
