//! What the pages of price lists look like.

use maud::{Markup, html};
use vitaran_core::dealers::Dealer;
use vitaran_core::pricing::PriceList;

use super::admin::{PATH, path_of};
use crate::audit::history_link;
use crate::catalog::status_tabs;
use crate::http::form_page::Attempt;
use crate::http::params::address;
use crate::hx;
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::{activity, badge};
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Field, buttons, submit, version};
use crate::ui::panel::{Heading, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, icon};

pub fn lists(lists: &[PriceList], status: &str, may_write: bool) -> Markup {
    html! {
        (Heading::new("Price lists").actions(html! {
            @if may_write { a.button.primary href={ (PATH) "/new" } data-key="n" { (icon(Icon::Plus)) "New price list" } }
        }))
        (status_tabs(status, "Price lists by state", |status| address(PATH, &[("status", status)])))
        @if lists.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Tag,
                title: "No price list here",
                text: "A price list sets prices for the dealers who have it; what is not on it is sold at the default list's or the base price.",
                action: may_write.then_some(("Add a price list", "/admin/price-lists/new")),
            })))
        } @else {
            (sheet(Table::new("price-lists", "Price lists", [
                Column::text("Name"),
                Column::text("For"),
                Column::text("State").card_corner(),
            ]).rows(lists.iter().map(list_row))))
        }
    }
}

fn list_row(list: &PriceList) -> Row {
    Row::new([
        html! { a href=(path_of(list.id)) { (list.name) } },
        html! { @if list.is_default { (badge(Tone::Info, "Default")) " Every dealer without another" } @else { "Dealers who have it" } },
        activity(list.is_active),
    ])
}

pub fn new_form(name: &str, attempt: &Attempt) -> Markup {
    hx::Form::post("/admin/price-lists/new").id("list-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (Field::text("name", "Name").value(name).errors(&attempt.errors).required().max_length(60).placeholder("Gold dealers"))
        (buttons(html! { (submit("Add price list")) a.button href=(PATH) { "Cancel" } }))
    })
}

pub fn new(form: Markup) -> Markup {
    html! { (Heading::new("New price list").back("Price lists", PATH)) (form) }
}

pub fn rename_form(list: &PriceList, name: &str, attempt: &Attempt) -> Markup {
    let path = path_of(list.id);
    hx::Form::post(&format!("{path}/edit")).id("list-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (version(i64::from(list.version)))
        (Field::text("name", "Name").value(name).errors(&attempt.errors).required().max_length(60))
        (buttons(html! { (submit("Rename")) a.button href=(path) { "Cancel" } }))
    })
}

pub fn rename(list: &PriceList, form: &Markup) -> Markup {
    html! { (Heading::new("Rename price list").back(list.name.as_str(), &path_of(list.id))) (form) }
}

pub fn list(list: &PriceList, may_write: bool, sees_history: bool, sheet: &Markup) -> Markup {
    let state = html! {
        @if list.is_default { (badge(Tone::Info, "Default")) " " }
        (activity(list.is_active))
    };
    let actions = if may_write {
        list_actions(list)
    } else {
        Vec::new()
    };
    html! {
        (Heading::new(list.name.as_str()).back("Price lists", PATH).badge(state)
            .meta(html! { "Rupees for one unit, without GST" (history_link(sees_history, list.id)) }).actions(action_buttons(&actions)))
        (sheet)
    }
}

fn list_actions(list: &PriceList) -> Vec<ActionButton<'static>> {
    let path = path_of(list.id);
    let mut actions = vec![ActionButton::open("Rename", format!("{path}/edit"))];
    if !list.is_active {
        let on = ActionButton::post("Switch on", format!("{path}/activation"));
        actions.push(on.hidden("version", list.version.to_string()));
    } else if !list.is_default {
        actions.push(ActionButton::open(
            "Make default",
            format!("{path}/default"),
        ));
        actions.push(ActionButton::open(
            "Switch off",
            format!("{path}/deactivation"),
        ));
    }
    actions
}

pub fn dealer_prices(dealer: &Dealer, sheet: &Markup) -> Markup {
    let back = format!("/admin/dealers/{}", dealer.id);
    html! {
        (Heading::new("Agreed prices").back(dealer.legal_name.as_str(), &back)
            .meta(html! { "They come before every price list. Rupees for one unit, without GST" }))
        (sheet)
    }
}
