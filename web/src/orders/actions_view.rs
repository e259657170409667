//! The buttons of an order on the staff's pages. Which they are comes from the order's table of steps; here each gets its
//! address and its looks.

use maud::Markup;
use vitaran_core::orders::{OrderHeader, Verb};
use vitaran_kernel::{OrderId, OrderLineId};

use super::ORDER;
use crate::ui::Icon;
use crate::ui::actions::{ActionButton, buttons};
use crate::ui::form::Style;
use crate::ui::money::money_text;

/// The staff's page of an order.
#[must_use]
pub fn order_path(id: OrderId) -> String {
    format!("/admin/orders/{id}")
}

/// Where a verb is asked about (GET) and done (POST).
#[must_use]
pub fn verb_path(id: OrderId, verb: Verb) -> String {
    format!("/admin/orders/{id}/{}", verb.noun())
}

/// Where closing a line short is asked about.
#[must_use]
pub fn short_close_path(id: OrderId, line: OrderLineId) -> String {
    format!("/admin/orders/{id}/short-closes?line_id={line}")
}

/// The buttons of what may be done now, the one that moves the order on first.
#[must_use]
pub fn verb_buttons(order: &OrderHeader, verbs: &[Verb]) -> Markup {
    let all: Vec<_> = verbs
        .iter()
        .flat_map(|verb| of_verb(order, *verb))
        .collect();
    buttons(&all)
}

fn of_verb(order: &OrderHeader, verb: Verb) -> Vec<ActionButton<'static>> {
    let version = order.version.to_string();
    let warehouse = |part: &str| format!("/admin/warehouse/orders/{}/{part}", order.id);
    match verb {
        Verb::Approve => {
            let question = format!("Approve {} for {}?", order.number, money_text(order.total));
            vec![
                ActionButton::post("Approve", verb_path(order.id, verb))
                    .style(Style::Primary)
                    .icon(Icon::Check)
                    .key("a")
                    .confirm(question)
                    .hidden("version", version)
                    .replaces(ORDER),
                ActionButton::open("Approve with a note", verb_path(order.id, verb)),
            ]
        }
        Verb::Reject | Verb::Cancel => {
            vec![ActionButton::open(verb.label(), verb_path(order.id, verb)).style(Style::Danger)]
        }
        Verb::StartPicking => vec![
            ActionButton::post("Start picking", warehouse("picking"))
                .style(Style::Primary)
                .icon(Icon::Hand)
                .hidden("version", version),
        ],
        Verb::Pack => vec![
            ActionButton::open("Pick and pack", warehouse("pick"))
                .style(Style::Primary)
                .icon(Icon::PackageCheck),
        ],
        Verb::Dispatch => vec![
            ActionButton::open("Dispatch", warehouse("dispatch"))
                .style(Style::Primary)
                .icon(Icon::Truck),
        ],
        Verb::Deliver => {
            let question = format!("Has {} arrived?", order.number);
            vec![
                ActionButton::post("Mark delivered", verb_path(order.id, verb))
                    .style(Style::Primary)
                    .icon(Icon::Check)
                    .confirm(question)
                    .hidden("version", version)
                    .replaces(ORDER),
                ActionButton::open("Deliver with a note", verb_path(order.id, verb)),
            ]
        }
    }
}
