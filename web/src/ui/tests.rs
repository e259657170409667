//! Rules that hold for all components together: what a user writes stays text, fields are wired to their hints and
//! errors, nothing needs a loosened content security policy.

use maud::{Markup, html};

use super::*;
use crate::hx;

const HOSTILE: &str = r#""><script>alert('x')</script>"#;

/// One of everything, each text hostile.
fn everything() -> String {
    let errors = [
        form::FieldError::new("name", HOSTILE),
        form::FieldError::new("", HOSTILE),
    ];
    let choices = [form::Choice::new(HOSTILE, HOSTILE).note(HOSTILE)];
    let flashes = [flash::Flash::bad(HOSTILE).link(HOSTILE, "/x")];
    let nav = [
        layout::NavItem::new("Orders", "/admin/orders", Icon::ClipboardList)
            .key("g o")
            .current(true),
    ];
    let action = actions::ActionButton::post(HOSTILE, "/x")
        .confirm(HOSTILE)
        .hidden("version", HOSTILE)
        .key("a");
    let now = chrono::DateTime::UNIX_EPOCH;
    let main = html! {
        (panel::Heading::new(HOSTILE).back(HOSTILE, "/x").badge(badge::order_status(HOSTILE)).meta(html! { (HOSTILE) }))
        (panel::panel(HOSTILE, panel::facts(&[(HOSTILE, html! { (HOSTILE) })])))
        (hx::Form::post("/x").id("new").replaces("list").confirm(Some(HOSTILE)).render(html! {
            (form::error_summary(&errors))
            (form::Field::text("name", HOSTILE).value(HOSTILE).hint(HOSTILE).placeholder(HOSTILE).errors(&errors).required())
            (form::Field::text_area("note", HOSTILE, 3).value(HOSTILE))
            (form::Field::select("state", HOSTILE, &choices).value(HOSTILE))
            (form::RadioGroup { name: "terms", legend: HOSTILE, choices: &choices, value: "", errors: &errors })
            (form::Checkbox { name: "agree", value: HOSTILE, label: HOSTILE, hint: Some(HOSTILE), is_checked: true, id: "agree" })
            (form::submit(HOSTILE))
        }))
        (table::Table::new("list", HOSTILE, [table::Column::text(HOSTILE), table::Column::number("Total")]).selection("order")
            .rows([table::Row::new([html! { (HOSTILE) }, html! { (HOSTILE) }]).selectable(HOSTILE, HOSTILE)]))
        (actions::buttons(&[action]))
        (timeline::timeline(&[timeline::Event { title: html! { (HOSTILE) }, at: now, by: Some(HOSTILE), note: Some(HOSTILE), tone: Tone::Info }]))
        (address::address(&address::Address { name: Some(HOSTILE), lines: &[HOSTILE], city: HOSTILE, phone: Some(HOSTILE), ..Default::default() }))
        (pick::scan_result(false, HOSTILE))
        (empty::empty(empty::Empty { icon: Icon::Inbox, title: HOSTILE, text: HOSTILE, action: Some((HOSTILE, "/x")) }))
        (tabs::views(HOSTILE, &[tabs::View { label: HOSTILE, href: "/x", count: Some(2.into()), is_current: true }]))
        (hx::Search { action: "/x", label: HOSTILE, query: HOSTILE, target_id: Some("list"), field_id: "q", key: Some("/") }.render(""))
    };
    Page {
        title: HOSTILE,
        error_title: true,
        area: Area::Admin,
        nav: &nav,
        user: Some(layout::UserMenu {
            name: HOSTILE,
            email: HOSTILE,
            role: HOSTILE,
            theme_url: "/theme",
            sign_out_url: "/sign-out",
            links: vec![(HOSTILE, "/x")],
            tenants: Some(layout::TenantSwitch {
                url: "/tenant",
                others: vec![(HOSTILE.to_owned(), HOSTILE)],
            }),
            here: HOSTILE,
        }),
        tenant_name: Some(HOSTILE),
        impersonation: Some(layout::Impersonation {
            by: HOSTILE,
            tenant: HOSTILE,
            end_url: "/end",
        }),
        flash: &flashes,
        shortcuts: dialog::STAFF_SHORTCUTS,
        live_url: Some("/live".to_owned()),
        main,
        ..Page::default()
    }
    .render()
    .into_string()
}

fn attribute_values<'a>(markup: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    markup
        .match_indices(&opening)
        .filter_map(|(at, _)| markup[at + opening.len()..].split('"').next())
        .collect()
}

#[test]
fn what_a_user_writes_is_never_markup() {
    let shown = everything();
    assert!(!shown.contains("<script>"), "a text became an element");
    let escaped = "&quot;&gt;&lt;script&gt;alert('x')";
    assert!(
        !shown.replace(escaped, "").contains("alert('x')"),
        "a text left its attribute"
    );
    assert!(shown.contains("&lt;script&gt;"));
}

#[test]
fn no_markup_needs_a_looser_content_security_policy() {
    let shown = everything();
    for forbidden in [
        " style=",
        " onclick=",
        " onload=",
        " onsubmit=",
        "hx-on",
        "javascript:",
        "<style",
    ] {
        assert!(!shown.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn every_id_of_a_page_is_its_own() {
    let shown = everything();
    let mut ids = attribute_values(&shown, "id");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands twice among {ids:?}");
}

#[test]
fn every_reference_of_a_label_or_description_finds_its_element() {
    let shown = everything();
    let ids = attribute_values(&shown, "id");
    for name in ["for", "aria-describedby", "aria-labelledby"] {
        for value in attribute_values(&shown, name) {
            for id in value.split(' ') {
                assert!(ids.contains(&id), "{name}={value:?} names no element");
            }
        }
    }
}

#[test]
fn a_refused_field_keeps_its_value_and_names_its_error_and_hint() {
    let errors = [form::FieldError::new("gstin", "Check the GSTIN")];
    let shown = html! { (form::Field::text("gstin", "GSTIN").value("27X").hint("15 characters").errors(&errors)) }.into_string();
    assert!(shown.contains(r#"value="27X""#), "{shown}");
    assert!(shown.contains(r#"aria-invalid="true""#), "{shown}");
    assert!(
        shown.contains(r#"aria-describedby="f-gstin-error f-gstin-hint""#),
        "{shown}"
    );
    assert!(
        shown.contains(r#"id="f-gstin-error""#) && shown.contains(r#"id="f-gstin-hint""#),
        "{shown}"
    );
}

#[test]
fn a_field_without_an_error_is_not_invalid() {
    let errors = [form::FieldError::new("name", "Enter a name")];
    let shown = html! { (form::Field::text("gstin", "GSTIN").errors(&errors)) }.into_string();
    assert!(
        !shown.contains("aria-invalid") && !shown.contains("aria-describedby"),
        "{shown}"
    );
}

#[test]
fn every_page_of_somebody_signed_in_has_the_way_out() {
    let page = everything();
    assert!(page.contains(r#"action="/sign-out""#) && page.contains("Sign out"));
    let of_nobody = Page {
        title: "x",
        ..Page::default()
    };
    assert!(!of_nobody.render().into_string().contains("Sign out"));
}

#[test]
fn a_password_is_never_sent_back() {
    let shown =
        html! { (form::Field::password("password", "Password").value("secret")) }.into_string();
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains(r#"type="password""#), "{shown}");
}

#[test]
fn the_error_summary_links_to_its_fields_and_takes_the_focus() {
    let errors = [
        form::FieldError::new("lines[0].quantity", "Enter a quantity"),
        form::FieldError::new("", "The cart is empty"),
    ];
    let shown = form::error_summary(&errors).into_string();
    assert!(
        shown.contains(r#"role="alert" tabindex="-1" autofocus"#),
        "{shown}"
    );
    let field = html! { (form::Field::decimal("lines[0].quantity", "Quantity")) }.into_string();
    let target = attribute_values(&field, "id")[0];
    assert!(shown.contains(&format!("href=\"#{target}\"")), "{shown}");
    assert!(shown.contains("<li>The cart is empty</li>"), "{shown}");
    assert_eq!(form::error_summary(&[]).into_string(), "");
}

#[test]
fn a_page_says_error_first_and_marks_where_one_is() {
    let shown = everything();
    assert!(shown.contains("<title>Error: "));
    assert!(shown.contains(r##"<a class="skip" href="#main">"##));
    assert!(shown.contains(r#"<main class="main" id="main" tabindex="-1">"#));
    assert!(shown.contains(r#"aria-current="page" data-key="g o""#));
}

#[test]
fn only_a_chosen_theme_is_written_into_the_document() {
    let page = |theme| {
        Page {
            title: "x",
            theme,
            ..Page::default()
        }
        .render()
        .into_string()
    };
    assert!(page(layout::Theme::Dark).contains(r#"<html lang="en-IN" data-theme="dark">"#));
    assert!(page(layout::Theme::System).contains(r#"<html lang="en-IN">"#));
}

#[test]
fn table_cells_name_their_columns_and_sorted_ones_say_so() {
    let sort = table::Sort {
        href: "/orders?sort=total".to_owned(),
        current: Some(table::Order::Descending),
        then: "smallest first",
    };
    let shown = html! {
        (table::Table::new("t", "Orders", [table::Column::text("Order"), table::Column::number("Total").sorted(sort)])
            .rows([table::Row::new([html! { "1" }, html! { "₹5.00" }])])
            .foot([table::Row::new([html! { "Sum" }, html! { "₹5.00" }])]))
    }
    .into_string();
    assert!(shown.contains(r#"aria-sort="descending""#), "{shown}");
    assert!(shown.contains(r#"data-label="Total""#), "{shown}");
    assert!(
        shown.contains(r#"<th scope="row" role="rowheader">1</th>"#),
        "{shown}"
    );
    assert!(
        shown.contains(r#"<th scope="row" role="rowheader" colspan="1">Sum</th>"#),
        "{shown}"
    );
}

#[test]
fn a_foot_spans_the_columns_before_its_figures_and_the_boxes() {
    let columns = ["A", "B", "C", "D"].map(table::Column::text);
    let shown = html! {
        (table::Table::new("t", "T", columns).selection("x").foot([table::Row::new([html! { "Sum" }, html! { "1" }])]))
    }
    .into_string();
    assert!(shown.contains(r#"colspan="4""#), "{shown}");
    assert!(shown.contains(r#"data-label="D""#), "{shown}");
}

#[test]
fn a_row_the_action_does_not_apply_to_cannot_be_selected() {
    let shown = html! {
        (table::Table::new("t", "T", [table::Column::text("A")]).selection("order").rows([table::Row::new([html! { "1" }]).not_selectable("order 1")]))
    }
    .into_string();
    assert!(
        shown.contains("disabled") && !shown.contains(r#"name="order""#),
        "{shown}"
    );
}

#[test]
fn toasts_travel_as_a_region_of_their_own() {
    let shown = flash::toasts(&[flash::Flash::good("Saved")]).into_string();
    assert!(
        shown.starts_with(r##"<hx-partial hx-target="#toasts" hx-swap="beforeend">"##),
        "{shown}"
    );
    assert_eq!(flash::toasts(&[]).into_string(), "");
}

#[test]
fn bad_news_interrupts_and_good_news_waits() {
    assert!(
        flash::message(&flash::Flash::bad("x"))
            .into_string()
            .contains(r#"role="alert""#)
    );
    assert!(
        flash::message(&flash::Flash::good("x"))
            .into_string()
            .contains(r#"role="status""#)
    );
}

#[test]
fn an_action_is_a_form_with_its_address_or_a_link_to_a_page() {
    let post: Markup =
        actions::buttons(&[
            actions::ActionButton::post("Approve", "/admin/orders/1/approval")
                .hidden("version", "3"),
        ]);
    let post = post.into_string();
    assert!(
        post.contains(r#"<form method="post" action="/admin/orders/1/approval""#),
        "{post}"
    );
    assert!(
        post.contains(r#"<input type="hidden" name="version" value="3">"#),
        "{post}"
    );
    let open = actions::buttons(&[actions::ActionButton::open(
        "Reject",
        "/admin/orders/1/rejection",
    )])
    .into_string();
    assert!(
        open.contains(r#"href="/admin/orders/1/rejection""#) && !open.contains("<form"),
        "{open}"
    );
}
