//! The dispatch page: the transport on one side, what leaves on the other. Printed, it is the packing slip.

use maud::{Markup, html};
use vitaran_core::orders::{OrderDetail, OrderLine, Status};
use vitaran_core::warehouse::{Consignment, DispatchForm};

use super::pick_views::place_of;
use super::{QUEUE, order_path};
use crate::hx::Form;
use crate::ui::badge::order_status;
use crate::ui::flash::{self, Flash};
use crate::ui::form::{Field, FieldError, Style, Width, buttons, error_summary, row, version};
use crate::ui::money::{money_text, quantity};
use crate::ui::panel::{Heading, columns, panel};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, icon, time};

const TRANSPORTERS: &str = "transporters";

pub struct Sheet<'a> {
    order: &'a OrderDetail,
    load: &'a Load,
    form: &'a DispatchForm,
    pub errors: &'a [FieldError],
}

/// What the page shows beside the order itself.
pub struct Load {
    pub consignment: Consignment,
    /// To choose from.
    pub transporters: Vec<String>,
}

impl<'a> Sheet<'a> {
    pub fn new(order: &'a OrderDetail, load: &'a Load, form: &'a DispatchForm) -> Self {
        Sheet {
            order,
            load,
            form,
            errors: &[],
        }
    }

    fn path(&self) -> String {
        super::path(self.order.header.id, "dispatch")
    }
}

pub fn page(sheet: &Sheet<'_>) -> Markup {
    let header = &sheet.order.header;
    let title = format!("Dispatch {}", header.number);
    html! {
        (Heading::new(&title).back("Warehouse", QUEUE).badge(order_status(header.status.as_str()))
            .meta(html! { a href=(order_path(header.id)) { (header.dealer_name) } " · ordered " (time::date_of(header.placed_at)) }))
        (error_summary(sheet.errors))
        (columns(
            html! {
                @if header.status == Status::Packed { div.no-print { (transport_form(sheet)) } } @else { (closed(sheet)) }
            },
            html! {
                (panel("What leaves", leaving(sheet.order)))
                (panel("Deliver to", place_of(&sheet.load.consignment.ship_to)))
            },
        ))
    }
}

fn closed(sheet: &Sheet<'_>) -> Markup {
    let header = &sheet.order.header;
    let status = header.status.label().to_lowercase();
    let text = format!("This order is {status}, so there is nothing to dispatch.");
    flash::message(&Flash::new(Tone::Neutral, text).link("See the order", order_path(header.id)))
}

fn transport_form(sheet: &Sheet<'_>) -> Markup {
    let DispatchForm {
        transporter,
        lr_number,
        lr_date,
        vehicle_number,
        distance_km,
        eway_bill_number,
    } = sheet.form;
    let errors = sheet.errors;
    let action = sheet.path();
    let eway_hint = eway_hint(&sheet.load.consignment);
    let text = |name, label, value| {
        Field::text(name, label)
            .value(value)
            .errors(errors)
            .width(Width::Medium)
    };
    Form::post(&action).class("panel").render(html! {
        h2 { "Transport" }
        (version(i64::from(sheet.order.header.version)))
        (Field::text("transporter", "Transporter").value(transporter).errors(errors).required().max_length(120).hint("Or “own vehicle”").list(TRANSPORTERS).autocomplete("off"))
        datalist id=(TRANSPORTERS) { @for name in &sheet.load.transporters { option value=(name) {} } }
        (row(html! {
            (text("lr_number", "LR number", lr_number).max_length(40).autocomplete("off"))
            (Field::date("lr_date", "LR date").value(lr_date).errors(errors))
        }))
        (row(html! {
            (text("vehicle_number", "Vehicle number", vehicle_number).placeholder("MH12AB1234").max_length(15).autocomplete("off"))
            (Field::digits("distance_km", "Distance, km").value(distance_km).errors(errors).max_length(4))
        }))
        (Field::digits("eway_bill_number", "E-way bill number").value(eway_bill_number).errors(errors).hint(&eway_hint).width(Width::Medium).max_length(15))
        (buttons(html! {
            button class=(Style::Primary.class()) type="submit" { (icon(Icon::Truck)) "Dispatch and invoice" }
            a.button.quiet href=(QUEUE) { "Not yet" }
        }))
    })
}

fn eway_hint(consignment: &Consignment) -> String {
    let limit = money_text(consignment.eway_bill_above);
    if consignment.needs_eway_bill() {
        let value = money_text(consignment.value);
        format!("These goods are worth {value}: above {limit} they may not move without one")
    } else {
        format!("Needed above {limit} on this way")
    }
}

fn leaving(order: &OrderDetail) -> Markup {
    let lines = order
        .lines
        .iter()
        .filter(|line| line.picked_quantity.is_positive());
    let columns = [
        Column::text("Product"),
        Column::number("Quantity").card_corner(),
    ];
    html! { (Table::new("leaving", "What leaves", columns).rows(lines.map(leaving_row)).never_cards()) }
}

fn leaving_row(line: &OrderLine) -> Row {
    Row::new([
        html! { (line.name) br; span.code.muted { (line.sku) } },
        quantity(line.picked_quantity, line.uqc.as_str()),
    ])
}
