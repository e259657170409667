//! The staff's pages: overview, order list, order, picking, a refused form.

use maud::{Markup, html};
use vitaran_kernel::{money::Money, quantity::Quantity, rate::Rate};
use vitaran_web::{
    hx::{self, Form, HxRequest},
    ui::{
        Tone,
        actions::{ActionButton, buttons},
        badge,
        credit_meter::{Credit, credit_meter},
        flash::Flash,
        form::{self, Choice, Field, FieldError, Style, Width},
        icon::{Icon, icon},
        layout::{Impersonation, Theme},
        money::{compact, percent, quantity},
        pagination::{Pagination, pagination},
        panel::{Heading, code, columns, facts, filter_chip, panel, panel_with, sheet, toolbar},
        pick::{PickLine, PickState, pick_line, pick_list, scan_field, scan_result},
        product::quantity_stepper,
        stats::{Tile, tiles},
        table::{Column, Order, Row, Sort, Table, bulk_bar},
        tabs::{View, views},
        time::{ago, time},
        timeline::{Event, timeline},
    },
};

use crate::{
    admin, admin_nav,
    dealer::{at, rupees},
};

pub(crate) fn order_lines() -> Table<'static> {
    let line =
        |sku: &'static str, name: &'static str, hsn: &'static str, units: i64, price: i64| {
            Row::new([
                html! { (name) br; span.code.muted { (sku) } },
                code(hsn),
                quantity(Quantity::from_units(units), "pcs"),
                rupees(price),
                Rate::try_from_percent(18).map(percent).unwrap_or_default(),
                rupees(units * price),
            ])
        };
    Table::new(
        "lines",
        "Lines of this order",
        [
            Column::text("Product"),
            Column::text("HSN"),
            Column::number("Quantity"),
            Column::number("Price"),
            Column::number("GST"),
            Column::number("Amount").card_corner(),
        ],
    )
    .rows([
        line(
            "WIR-FR-1.5-R",
            "FR house wire 1.5 sq mm, red, 90 m",
            "8544",
            12,
            1_845,
        ),
        line(
            "MCB-16C-SP",
            "Miniature circuit breaker 16 A",
            "8536",
            60,
            184,
        ),
        line(
            "FAN-CLG-1200",
            "Ceiling fan 1200 mm, pearl white",
            "8414",
            8,
            2_690,
        ),
    ])
    .foot([
        Row::new([html! { "Taxable" }, rupees(54_700)]),
        Row::new([html! { "CGST + SGST" }, rupees(9_846)]),
        Row::new([html! { "Total" }, rupees(64_546)]),
    ])
}

pub(crate) fn dashboard(_: &HxRequest, theme: Theme) -> Markup {
    let nav = admin_nav("/admin");
    let tile = |label, value, note, tone| Tile {
        label,
        value,
        note: Some(note),
        href: Some("/admin/orders"),
        tone,
    };
    let waiting = Table::new(
        "waiting",
        "Waiting longest",
        [
            Column::text("Order"),
            Column::text("Dealer").card_line(),
            Column::text("Waits since").card_end(),
            Column::number("Total").card_corner(),
        ],
    )
    .rows([
        Row::new([
            html! { a href="/admin/orders/42" { "SO/26-27/000042" } },
            html! { "Kumar Electricals" },
            ago(at("2026-11-21T04:10:00Z"), at("2026-11-21T06:30:00Z")),
            rupees(64_546),
        ]),
        Row::new([
            html! { a href="/admin/orders/42" { "SO/26-27/000040" } },
            html! { "Shree Sai Traders" },
            ago(at("2026-11-20T10:00:00Z"), at("2026-11-21T06:30:00Z")),
            rupees(192_000),
        ]),
    ]);
    let main = html! {
        (Heading::new("Good morning, Ananya").meta(html! { "Saturday, 21 November 2026" }))
        (tiles(&[
            tile("To approve", html! { "7" }, "oldest 20 hours", Tone::Warn),
            tile("To pick", html! { "4" }, "2 started", Tone::Info),
            tile("Dispatched today", html! { "11" }, "all invoiced", Tone::Good),
            tile("Sold this month", compact(Money::from_rupees(4_862_300)), "12% above October", Tone::Neutral),
            tile("Overdue", compact(Money::from_rupees(740_000)), "9 dealers", Tone::Bad),
        ]))
        (columns(
            html! { (panel_with("Waiting for approval", html! { a href="/admin/orders" { "All 7" } }, waiting)) },
            html! { (panel("Latest", timeline(&[
                Event { title: html! { a href="/admin/orders/42" { "SO/26-27/000042" } " placed" }, at: at("2026-11-21T04:10:00Z"), by: Some("Kumar Electricals"), note: None, tone: Tone::Warn },
                Event { title: html! { "Invoice VD/26-27/00318 issued" }, at: at("2026-11-20T12:40:00Z"), by: Some("Suresh Patil"), note: None, tone: Tone::Good },
                Event { title: html! { "Message to Modern Lights failed" }, at: at("2026-11-20T11:05:00Z"), by: None, note: Some("The number is not on WhatsApp."), tone: Tone::Bad },
            ]))) },
        ))
    };
    admin("Overview", "/admin", &nav, theme, main).render()
}

fn order_list() -> Markup {
    let sort = |current| Sort {
        href: "/admin/orders?sort=placed_at".to_owned(),
        current,
        then: "oldest first",
    };
    let rows = [
        ("000042", "Kumar Electricals", "Pune", "PLACED", 64_546),
        ("000041", "Modern Lights", "Nashik", "PLACED", 18_930),
        ("000040", "Shree Sai Traders", "Nagpur", "PLACED", 192_000),
        ("000039", "Kumar Electricals", "Pune", "DISPATCHED", 128_400),
        (
            "000038",
            "Om Electric Stores",
            "Chandigarh",
            "PICKING",
            76_220,
        ),
        ("000037", "Bharat Hardware", "Thane", "PACKED", 9_440),
        ("000036", "Deccan Power", "Hyderabad", "APPROVED", 341_700),
        ("000035", "Surya Solar", "Indore", "CANCELLED", 27_600),
    ];
    let table = Table::new(
        "orders",
        "Orders",
        [
            Column::text("Order"),
            Column::text("Dealer").card_line(),
            Column::text("City").card_hidden(),
            Column::text("Placed")
                .sorted(sort(Some(Order::Descending)))
                .card_line(),
            Column::text("Status").card_end(),
            Column::number("Total").sorted(sort(None)).card_corner(),
        ],
    )
    .selection("order")
    .rows(rows.into_iter().enumerate().map(
        |(position, (number, dealer, city, status, total))| {
            let row = Row::new([
                html! { a href="/admin/orders/42" { "SO/26-27/" (number) } },
                html! { (dealer) },
                html! { (city) },
                time(at("2026-11-21T04:10:00Z")),
                badge::order_status(status),
                rupees(total),
            ]);
            let row = if position == 0 {
                row.new_arrival()
            } else {
                row
            };
            let name = format!("order SO/26-27/{number}");
            if status == "PLACED" {
                row.selectable(number, name)
            } else {
                row.not_selectable(name)
            }
        },
    ));
    let bulk = Form::post("/admin/orders/approvals").render(html! {
        (table)
        (bulk_bar(html! { (form::submit("Approve")) (form::submit_choice(Style::Plain, "Export", "do", "export")) }))
    });
    html! { div #list { (sheet(bulk)) } }
}

pub(crate) fn orders(request: &HxRequest, theme: Theme) -> Markup {
    if request.wants_fragment() {
        return order_list();
    }
    let nav = admin_nav("/admin/orders");
    let view = |label, count, is_current| View {
        label,
        href: "/admin/orders",
        count,
        is_current,
    };
    let search = hx::Search {
        action: "/admin/orders",
        label: "Search orders",
        query: "",
        target_id: Some("list"),
        field_id: "q",
        key: Some("/"),
    };
    let main = html! {
        (Heading::new("Orders").actions(buttons(&[ActionButton::open("New order", "/admin/orders/new").style(Style::Primary).icon(Icon::Plus).key("n")])))
        (views("Views of orders", &[view("To approve", Some(7.into()), true), view("To pick", Some(4.into()), false), view("To dispatch", Some(2.into()), false), view("On the way", None, false), view("All", None, false)]))
        (toolbar(html! { (search.render("")) (filter_chip("Dealer: Kumar Electricals", "/admin/orders")) a.button href="/admin/orders.csv" download="orders.csv" { (icon(Icon::Download)) "Export" } }))
        (order_list())
        (pagination(&Pagination { of: vitaran_web::ui::counted::Noun::ORDERS, shown: 8, first: Some("/admin/orders"), next: Some("/admin/orders?after=x") }))
    };
    admin("Orders", "/admin/orders", &nav, theme, main).render()
}

pub(crate) fn order(_: &HxRequest, theme: Theme) -> Markup {
    let nav = admin_nav("/admin/orders");
    let main = html! {
        (Heading::new("SO/26-27/000042").back("Orders", "/admin/orders").badge(badge::order_status("PLACED"))
            .meta(html! { a href="/admin/dealers/1" { "Kumar Electricals" } " · placed " (time(at("2026-11-21T04:10:00Z"))) })
            .actions(buttons(&[
                ActionButton::post("Approve", "/admin/orders/42/approval").style(Style::Primary).icon(Icon::Check).key("a").confirm("Approve SO/26-27/000042 for ₹64,546.00?").hidden("version", "3"),
                ActionButton::open("Reject", "/admin/orders/42/rejection").style(Style::Danger),
            ])))
        (columns(
            html! { (sheet(order_lines())) },
            html! {
                (panel("Credit", credit_meter(&Credit { limit: Money::from_rupees(150_000), used: Money::from_rupees(118_400), this_order: Some(Money::from_rupees(64_546)) })))
                (panel("Dealer", facts(&[("GSTIN", code("27AAPFU0939F1ZV")), ("Place of supply", html! { "27 Maharashtra" }), ("Price list", html! { "Gold, from 1 Apr 2026" }), ("Phone", html! { "+91 98220 11223" })])))
                (panel("History", timeline(&[Event { title: html! { "Placed" }, at: at("2026-11-21T04:10:00Z"), by: Some("Ravi Kumar"), note: Some("Please send with the Pimpri van."), tone: Tone::Warn }])))
            },
        ))
    };
    let mut page = admin("Order SO/26-27/000042", "/admin/orders", &nav, theme, main);
    page.impersonation = Some(Impersonation {
        by: "super@platform.test",
        tenant: "Volt Distribution",
        end_url: "/super/impersonation/end",
    });
    page.render()
}

pub(crate) fn picking(_: &HxRequest, theme: Theme) -> Markup {
    let nav = admin_nav("/admin/picking");
    let control = |id: &str, wanted: &str| {
        Form::post("/admin/picking/1").replaces("list").render(html! {
        (quantity_stepper(Field::decimal("quantity", "Quantity picked").within(id).value("0").required(), "1"))
        (form::submit_as(Style::Primary, &format!("Pick all {wanted}")))
        button.button type="submit" { "Short" span.visually-hidden { " on " (id) } }
    })
    };
    let line = |id, sku, name, bin, wanted: &str, picked: &str, state, control| {
        pick_line(&PickLine {
            id,
            sku,
            name,
            bin: Some(bin),
            wanted: wanted.to_owned(),
            picked: picked.to_owned(),
            unit: "pcs",
            state,
            control,
        })
    };
    let main = html! {
        (Heading::new("Pick SO/26-27/000038").back("Picking", "/admin/picking").badge(badge::order_status("PICKING")).meta(html! { "Om Electric Stores, Chandigarh · 1 of 4 lines picked" }))
        (Form::post("/scan").fills("scanned").scan().label("Scan").render(scan_field("barcode", "Scan a barcode", "")))
        div #scanned { (scan_result(true, "MCB-16C-SP: 60 of 60")) }
        div #list {
            (pick_list("Lines to pick", html! {
                (line("line-1", "WIR-FR-1.5-R", "FR house wire 1.5 sq mm, red, 90 m coil", "A-04-2", "12", "5", PickState::Partly, control("line-1", "12")))
                (line("line-2", "FAN-CLG-1200", "Ceiling fan 1200 mm, five-star, pearl white", "C-01-1", "8", "0", PickState::Open, control("line-2", "8")))
                (line("line-3", "MCB-16C-SP", "Miniature circuit breaker 16 A, C curve", "B-11-3", "60", "60", PickState::Full, html! {}))
                (line("line-4", "PVC-CND-25", "PVC conduit 25 mm, medium, 3 m length", "D-02-1", "40", "22", PickState::Short, html! {}))
            }))
        }
    };
    admin("Picking", "/admin/picking", &nav, theme, main).render()
}

pub(crate) fn refused_form(_: &HxRequest, theme: Theme) -> Markup {
    let nav = admin_nav("/admin/dealers/new");
    let errors = [
        FieldError::new(
            "gstin",
            "Check the GSTIN: its last character does not fit the rest",
        ),
        FieldError::new(
            "credit_limit",
            "Enter the credit limit in rupees, such as 150000.00",
        ),
    ];
    let states = [
        Choice::new("", "Choose a state"),
        Choice::new("27", "Maharashtra"),
        Choice::new("04", "Chandigarh"),
    ];
    let terms = [
        Choice::new("15", "15 days"),
        Choice::new("30", "30 days").note("From the date of the invoice"),
        Choice::new("0", "Before dispatch"),
    ];
    let flash = [Flash::bad("The dealer was not saved.")];
    let main = html! {
        (Heading::new("New dealer").back("Dealers", "/admin/dealers"))
        (Form::post("/admin/dealers/new").class("stack panel").render(html! {
            (form::error_summary(&errors))
            (form::idempotency_key("0193-demo"))
            (form::group("Business", html! {
                (Field::text("name", "Trade name").value("Om <Electric> Stores").required().autocomplete("organization").max_length(120))
                (Field::text("gstin", "GSTIN").value("27AAPFU0939F1ZX").hint("15 characters; state and PAN are read from it").errors(&errors).width(Width::Medium).max_length(15))
                (form::row(html! { (Field::select("state", "State", &states).value("27").required()) (Field::digits("pin", "PIN code").value("411002").required().autocomplete("postal-code")) (Field::phone("phone", "WhatsApp number").value("+91 98220 11223")) }))
            }))
            (form::group("Terms", html! {
                (Field::decimal("credit_limit", "Credit limit").unit("₹").value("1,50,00").errors(&errors).required().width(Width::Medium))
                (form::RadioGroup { name: "terms", legend: "Payment", choices: &terms, value: "30", errors: &[] })
                (form::Checkbox { name: "is_active", value: "yes", label: "May place orders", hint: Some("Can be changed at any time"), is_checked: true, id: "is_active" })
            }))
            (form::buttons(html! { (form::submit("Save dealer")) a.button.quiet href="/admin/dealers" { "Cancel" } }))
        }))
    };
    let mut page = admin("New dealer", "/admin/dealers/new", &nav, theme, main);
    page.error_title = true;
    page.flash = &flash;
    page.render()
}
