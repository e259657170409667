//! The pages that ask for a word before something is decided. Data in, markup out.

use maud::{Markup, html};
use serde::Deserialize;
use vitaran_core::orders::{OrderHeader, OrderLine, Verb};

use super::actions_view::{order_path, verb_path};
use crate::http::form_page::Attempt;
use crate::hx::Form;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::flash::Flash;
use crate::ui::form::{Field, FieldError, Style, buttons, hidden, submit_as, version};
use crate::ui::money::{money, quantity};
use crate::ui::panel::{Heading, columns, facts, panel};

/// The words that go with a verb, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VerbForm {
    pub note: String,
    pub reason: String,
    pub line_id: String,
}

/// What is about to be decided.
pub struct Decision<'a> {
    pub verb: Verb,
    pub order: &'a OrderHeader,
    pub form: &'a VerbForm,
    pub attempt: &'a Attempt,
    pub sees_credit: bool,
}

impl Decision<'_> {
    #[must_use]
    pub fn title(&self) -> String {
        let verb = match self.verb {
            Verb::Cancel => "Cancel",
            Verb::Deliver => "Deliver",
            other => other.label(),
        };
        format!("{verb} {}", self.order.number)
    }

    /// What follows from it.
    const fn consequence(&self) -> &'static str {
        match self.verb {
            Verb::Approve => {
                "The total is put on hold against the dealer's credit, and what stock there is gets reserved."
            }
            Verb::Reject => "The order ends here. The dealer is told, with your reason.",
            Verb::Cancel => {
                "The order ends here. Its credit hold is lifted and its stock goes to whoever waits for it. The dealer is told."
            }
            Verb::Deliver => "The order is complete. The dealer is told.",
            Verb::StartPicking | Verb::Pack | Verb::Dispatch => "",
        }
    }

    fn field(&self) -> Field<'_> {
        let errors = &self.attempt.errors;
        let note = |label| {
            Field::text_area("note", label, 3)
                .value(self.form.note.as_str())
                .errors(errors)
        };
        let reason = || {
            Field::text_area("reason", "Reason", 3)
                .value(self.form.reason.as_str())
                .errors(errors)
        };
        let field = match self.verb {
            Verb::Deliver => note("Note").hint("Who took the goods, or what was noted at the door"),
            Verb::Reject => reason().required().hint("The dealer reads it"),
            Verb::Cancel => reason().hint("Needed once picking has begun. The dealer reads it"),
            _ => note("Note").hint("For the order's history"),
        };
        field.max_length(500)
    }
}

/// What the next page says.
#[must_use]
pub fn done(verb: Verb, number: &str) -> Flash {
    let what = match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Cancel => "cancelled",
        Verb::Deliver => "marked delivered",
        Verb::StartPicking => "ready to pick",
        Verb::Pack => "packed",
        Verb::Dispatch => "dispatched",
    };
    Flash::good(format!("{number} is {what}"))
}

pub fn page(decision: &Decision<'_>, form: Markup) -> Markup {
    let order = decision.order;
    let back = order_path(order.id);
    let title = decision.title();
    html! {
        (Heading::new(&title).back(&order.number, &back))
        (columns(form, html! {
            (panel("The order", facts(&[("Dealer", html! { (order.dealer_name) }), ("Total", money(order.total))])))
            @if decision.verb == Verb::Approve && decision.sees_credit {
                (panel("Credit", credit_meter(&Credit {
                    limit: order.credit().limit,
                    used: order.credit().exposure(),
                    this_order: Some(order.total),
                })))
            }
        }))
    }
}

pub fn form(decision: &Decision<'_>) -> Markup {
    let action = verb_path(decision.order.id, decision.verb);
    let style = match decision.verb {
        Verb::Reject | Verb::Cancel => Style::Danger,
        _ => Style::Primary,
    };
    Form::post(&action)
        .class("panel")
        .replaces_itself()
        .render(html! {
            (decision.attempt.summary())
            p { (decision.consequence()) }
            (version(i64::from(decision.order.version)))
            (decision.field())
            (buttons(html! {
                (submit_as(style, decision.verb.label()))
                a.button href=(order_path(decision.order.id)) { "Back to the order" }
            }))
        })
}

/// Which line is about to be closed short.
pub struct ShortClose<'a> {
    pub order: &'a OrderHeader,
    pub line: &'a OrderLine,
    pub form: &'a VerbForm,
    pub attempt: &'a Attempt,
}

impl ShortClose<'_> {
    #[must_use]
    pub fn title(&self) -> String {
        format!("Close line {} short", self.line.line_no)
    }
}

pub fn short_close_page(question: &ShortClose<'_>, form: Markup) -> Markup {
    let (order, line) = (question.order, question.line);
    let unit = line.uqc.as_str();
    let title = question.title();
    html! {
        (Heading::new(&title).back(&order.number, &order_path(order.id)))
        (columns(form, panel("The line", facts(&[
            ("Product", html! { (line.name) " " span.code { (line.sku) } }),
            ("Ordered", quantity(line.quantity, unit)),
            ("Reserved", quantity(line.reserved_quantity, unit)),
            ("Picked", quantity(line.picked_quantity, unit)),
            ("Given up", quantity(line.unpicked_quantity(), unit)),
        ]))))
    }
}

pub fn short_close_form(question: &ShortClose<'_>) -> Markup {
    let action = format!("{}/short-closes", order_path(question.order.id));
    let errors: &[FieldError] = &question.attempt.errors;
    Form::post(&action).class("panel").replaces_itself().render(html! {
        (question.attempt.summary())
        p { "What is not picked of this line is given up for good, so that the rest can leave. The dealer sees it in the order's history." }
        (hidden("line_id", &question.form.line_id))
        (Field::text("reason", "Why the rest cannot be supplied").value(question.form.reason.as_str()).errors(errors).required().max_length(200))
        (buttons(html! {
            (submit_as(Style::Danger, "Close short"))
            a.button href=(order_path(question.order.id)) { "Back to the order" }
        }))
    })
}
