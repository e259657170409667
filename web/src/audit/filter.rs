//! What narrows the log and the trail: ids and days in their addresses.

use maud::{Markup, html};
use uuid::Uuid;
use vitaran_kernel::IstDate;

use crate::http::problem::Refusal;
use crate::hx::Form;
use crate::ui::form::{Choice, Field, hidden};

/// An id, or none where nothing stands; what is none is named with its place.
pub(super) fn id(pointer: &str, text: &str) -> Result<Option<Uuid>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => Uuid::try_parse(text)
            .map(Some)
            .map_err(|_| Refusal::malformed_at(pointer, "invalid", "Give an id")),
    }
}

/// A day in Indian time, or none where nothing stands.
pub(super) fn day(pointer: &str, text: &str) -> Result<Option<IstDate>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => IstDate::parse(text)
            .map(Some)
            .map_err(|error| Refusal::malformed_at(pointer, "invalid", &error.to_string())),
    }
}

/// The form above a list: from day to day, and what of the address stays; of the log one kind of record too.
pub(super) fn form(
    path: &str,
    (from, to): (&str, &str),
    kept: &[(&str, &str)],
    kinds: Option<(&str, &[Choice<'_>])>,
) -> Markup {
    Form::get(path)
        .class("inline-filter")
        .label("Days")
        .render(html! {
            @for (name, value) in kept { @if !value.is_empty() { (hidden(name, value)) } }
            @if let Some((kind, choices)) = kinds { (Field::select("kind", "Kind of record", choices).value(kind).label_hidden()) }
            (Field::date("from", "Changed from").value(from).label_hidden())
            span aria-hidden="true" { "–" }
            (Field::date("to", "Changed to").value(to).label_hidden())
            button.button type="submit" { "Show" }
        })
}
