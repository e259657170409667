//! A dealer's own record: data in, markup out.

use maud::{Markup, html};
use vitaran_core::dealers::{Address as DealerAddress, Contact, DealerPage, Party};

use crate::ui::address::{Address, address};
use crate::ui::badge::badge;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::panel::{Heading, code, columns, facts, panel};
use crate::ui::time::date_of;
use crate::ui::{Icon, Tone, icon};

pub fn profile(own: &DealerPage, distributor: &str) -> Markup {
    let DealerPage {
        dealer,
        credit,
        addresses,
        contacts,
    } = own;
    let mut known = vec![
        ("Legal name", html! { (dealer.legal_name) }),
        ("Dealer code", code(dealer.code.as_ref())),
        ("GST", html! { (dealer.gst_treatment.label()) }),
    ];
    if let Some(name) = &dealer.trade_name {
        known.insert(1, ("Trade name", html! { (name) }));
    }
    if let Some(gstin) = &dealer.gstin {
        known.push(("GSTIN", code(gstin.as_ref())));
    }
    if let Some(email) = &dealer.email {
        known.push(("E-mail", html! { (email) }));
    }
    let name = dealer.trade_name.as_ref().unwrap_or(&dealer.legal_name);
    let meter = Credit {
        limit: credit.credit.limit,
        used: credit.credit.exposure(),
        this_order: None,
    };
    html! {
        (Heading::new(name.as_str()).back("Home", "/portal").meta(html! { "As " (distributor) " knows you. Call them if something is wrong." }))
        (columns(
            html! {
                (panel("Business", facts(&known)))
                (panel("Addresses", html! {
                    ul.profile-list { @for place in addresses.iter().filter(|place| place.is_active) { li { (place_of(place)) } } }
                }))
                (panel("People", html! {
                    @if contacts.is_empty() { p.muted { "Nobody is entered yet." } }
                    ul.profile-list { @for contact in contacts.iter().filter(|contact| contact.is_active) { li { (person(contact)) } } }
                }))
            },
            panel("Your credit", credit_meter(&meter)),
        ))
    }
}

fn place_of(place: &DealerAddress) -> Markup {
    let lines: Vec<&str> = [
        Some(place.line1.as_str()),
        place.line2.as_ref().map(|line| line.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let third_party = (place.party == Party::ThirdParty)
        .then_some(place.party_name.as_ref())
        .flatten();
    html! {
        p.profile-title { strong { (place.label) } @if place.is_billing { (badge(Tone::Info, "Billing address")) } }
        (address(&Address {
            name: third_party.map(|name| name.as_str()),
            lines: &lines,
            city: place.city.as_str(),
            pin: place.pincode.as_str(),
            state: place.state.name(),
            state_code: Some(place.state.as_str()),
            phone: None,
            gstin: place.party_gstin.as_ref().map(ToString::to_string).as_deref(),
        }))
    }
}

fn person(contact: &Contact) -> Markup {
    html! {
        p.profile-title { strong { (contact.name) } @if contact.is_primary { (badge(Tone::Info, "First contact")) } }
        @if let Some(phone) = &contact.phone { p { (icon(Icon::Phone)) " " (phone) } }
        @if let Some(email) = &contact.email { p { (icon(Icon::Mail)) " " (email) } }
        p.muted {
            (icon(Icon::MessageCircle)) " "
            @match contact.whatsapp_opt_in_at {
                Some(at) => { "WhatsApp messages: yes, since " (date_of(at)) },
                None => "WhatsApp messages: no",
            }
        }
    }
}
