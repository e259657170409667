//! Sign-in, and the pieces no other page of the gallery shows.

use maud::{Markup, html};
use poem::{Request, Response, http::StatusCode};
use vitaran_web::{
    hx::{self, Form, HxRequest},
    ui::{
        Tone,
        actions::download,
        badge::{activity, badge, notification_status, order_status},
        dialog,
        empty::{Empty, empty},
        flash::{self, Flash},
        form::{self, Field, FieldError, Style},
        icon::Icon,
        layout::{Area, Page, Theme},
        panel::{Heading, panel, sheet},
        pick::scan_result,
        steps::{Progress, Step, steps},
        table::{Column, Row, Table},
    },
};

use crate::{admin, admin_nav};

pub(crate) fn sign_in(_: &HxRequest, theme: Theme) -> Markup {
    let main = html! {
        section.panel {
            h1 { "Sign in" }
            (Form::post("/sign-in").class("stack").unboosted().render(html! {
                (Field::email("email", "E-mail").required().focused())
                (Field::password("password", "Password").required())
                (form::buttons(html! { (form::submit("Sign in")) }))
            }))
            p { a href="/forgotten" { "Forgotten your password?" } }
        }
    };
    Page {
        title: "Sign in",
        theme,
        area: Area::SignedOut,
        main,
        ..Page::default()
    }
    .render()
}

pub(crate) fn parts(_: &HxRequest, theme: Theme) -> Markup {
    let nav = admin_nav("/parts");
    let stopped = [
        ("Placed", Progress::Done),
        ("Rejected", Progress::Stopped),
        ("Delivered", Progress::Ahead),
    ]
    .map(|(label, progress)| Step {
        label,
        progress,
        note: None,
    });
    let main = html! {
        (Heading::new("Parts"))
        @for tone in [Tone::Neutral, Tone::Info, Tone::Good, Tone::Warn, Tone::Bad] {
            (flash::message(&Flash::new(tone, "A message of this tone, in one sentence.").link("Open", "/parts")))
        }
        (panel("Badges", html! {
            p { @for code in ["PLACED", "APPROVED", "PICKING", "PACKED", "DISPATCHED", "DELIVERED", "REJECTED", "CANCELLED"] { (order_status(code)) " " } }
            p { @for code in ["PENDING", "SENDING", "SENT", "DELIVERED", "READ", "FAILED", "SKIPPED"] { (notification_status(code)) " " } }
            p { (activity(true)) " " (activity(false)) " " (badge(Tone::Info, "Zero rated")) }
        }))
        (panel("Buttons", html! {
            div.buttons {
                (form::submit_as(Style::Primary, "Primary")) (form::submit_as(Style::Plain, "Plain")) (form::submit_as(Style::Quiet, "Quiet"))
                (form::submit_as(Style::Danger, "Danger")) button.button type="button" disabled { "Not now" } (download("Invoice PDF", "/invoice.pdf", "invoice.pdf"))
                (dialog::opener("keys", "/help/keys", Style::Plain, "Keys"))
                (Form::post("/toast").fills("toasted").render(html! { button.button type="submit" { "Toast" } }))
            }
            div #toasted {}
        }))
        (panel("A form that is refused in place", html! { div #kept { "This stays." } (refusing_form(&[])) }))
        (panel("Stopped order", steps("Progress", &stopped)))
        (sheet(empty(Empty { icon: Icon::Inbox, title: "No invoices yet", text: "An invoice is made when an order is dispatched. You can then see, print and share it here.", action: Some(("See orders", "/admin/orders")) })))
        (sheet(Table::new("plain", "Narrow table", [Column::text("State"), Column::number("Orders")]).caption_shown().never_cards().rows([Row::new([html! { "Maharashtra" }, html! { "118" }]), Row::new([html! { "Gujarat" }, html! { "42" }])])))
    };
    admin("Parts", "/parts", &nav, theme, main).render()
}

fn refusing_form(errors: &[FieldError]) -> Markup {
    Form::post("/refused")
        .replaces("kept")
        .class("stack")
        .render(html! {
            (form::error_summary(errors))
            (Field::text("reason", "Reason").errors(errors).required())
            (form::buttons(html! { (form::submit_as(Style::Plain, "Send")) }))
        })
}

pub(crate) fn refused(_: Request) -> Response {
    let errors = [FieldError::new("reason", "Say why, in a few words")];
    hx::respond(StatusCode::UNPROCESSABLE_ENTITY, refusing_form(&errors))
}

pub(crate) fn scan(_: Request) -> Response {
    hx::respond(
        StatusCode::OK,
        scan_result(
            false,
            "This barcode is FAN-CLG-0900, which is not on this list",
        ),
    )
}

pub(crate) fn toast(_: Request) -> Response {
    hx::respond(
        StatusCode::OK,
        html! { p { "Done." } (flash::toasts(&[Flash::good("Saved as draft."), Flash::bad("The message could not be sent.")])) },
    )
}
