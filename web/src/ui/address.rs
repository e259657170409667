//! A postal address in the order the Indian post wants it.

use maud::{Markup, html};

#[derive(Clone, Copy, Debug, Default)]
pub struct Address<'a> {
    /// The shop or person it goes to.
    pub name: Option<&'a str>,
    pub lines: &'a [&'a str],
    pub city: &'a str,
    pub pin: &'a str,
    pub state: &'a str,
    /// Two digits, as on a GST invoice.
    pub state_code: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub gstin: Option<&'a str>,
}

#[must_use]
pub fn address(place: &Address<'_>) -> Markup {
    html! {
        address.address {
            @if let Some(name) = place.name { strong { (name) } br; }
            @for line in place.lines { (line) br; }
            (place.city) " " (place.pin) br;
            (place.state) @if let Some(code) = place.state_code { " (" (code) ")" }
            @if let Some(phone) = place.phone { br; a href={ "tel:" (phone.split_whitespace().collect::<String>()) } { (phone) } }
            @if let Some(gstin) = place.gstin { br; "GSTIN " span.code { (gstin) } }
        }
    }
}
