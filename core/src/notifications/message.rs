//! The e-mails, as HTML and as text: what happened, the facts as a table, the way to the order. No outside references of
//! any kind, so that opening a mail tells nobody anything.

use maud::{DOCTYPE, Markup, html};
use vitaran_kernel::{IstDate, OrderId, fin_year::ist_datetime_label};

use super::Event;
use super::facts::OrderFacts;
use super::templates::{reason, rupees};
use crate::account_mails::letter::{BODY, BRAND, BUTTON, CARD, TITLE};
use crate::domains::origin_of;

/// For whom a mail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Dealer,
    Staff,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What a mail is about.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub event: Event,
    pub reader: Reader,
    pub order: OrderId,
    pub facts: &'a OrderFacts,
    pub params: &'a serde_json::Value,
    /// Scheme, host and port of the installation; a distributor's own name takes the place of the host.
    pub public_url: &'a str,
    pub has_document: bool,
}

const NAME: &str = "padding:6px 16px 6px 0;color:#52606d;text-align:left;vertical-align:top;font-weight:normal;white-space:nowrap";
const VALUE: &str = "padding:6px 0;text-align:left;vertical-align:top";
const FOOT: &str = "max-width:560px;margin:16px auto 0;font-size:13px;color:#52606d";

pub(super) fn write(letter: &Letter<'_>) -> Written {
    let (title, lead) = (title(letter), lead(letter));
    let rows = rows(letter);
    let link = link(letter);
    Written {
        subject: subject(letter),
        html: page(letter, &title, &lead, &rows, &link).into_string(),
        text: text(letter, &lead, &rows, &link),
    }
}

fn subject(letter: &Letter<'_>) -> String {
    let facts = letter.facts;
    match (letter.event, letter.reader) {
        (Event::OrderPlaced, Reader::Staff) => format!(
            "New order {} from {}, {}",
            facts.order_number,
            facts.dealer_name,
            rupees(facts.order_total)
        ),
        (Event::OrderDispatched, _) => match &facts.invoice_number {
            Some(invoice) => format!(
                "Order {} is on its way, invoice {invoice}",
                facts.order_number
            ),
            None => format!("Order {} is on its way", facts.order_number),
        },
        _ => format!("Order {} {}", facts.order_number, happened(letter.event)),
    }
}

fn happened(event: Event) -> &'static str {
    match event {
        Event::OrderPlaced => "received",
        Event::OrderApproved => "approved",
        Event::OrderRejected => "not accepted",
        Event::OrderCancelled => "cancelled",
        Event::OrderDispatched => "on its way",
        Event::OrderDelivered => "delivered",
    }
}

fn title(letter: &Letter<'_>) -> String {
    format!(
        "Order {} {}",
        letter.facts.order_number,
        happened(letter.event)
    )
}

fn lead(letter: &Letter<'_>) -> String {
    let facts = letter.facts;
    match (letter.event, letter.reader) {
        (Event::OrderPlaced, Reader::Staff) => format!(
            "{} has placed an order that waits for approval.",
            facts.dealer_name
        ),
        (Event::OrderPlaced, Reader::Dealer) => {
            "We have received your order and will write again as soon as it is approved.".to_owned()
        }
        (Event::OrderApproved, _) => {
            "Your order is approved and will be packed soon.".to_owned()
        }
        (Event::OrderRejected, _) => "We could not accept your order.".to_owned(),
        (Event::OrderCancelled, _) => "Your order has been cancelled.".to_owned(),
        (Event::OrderDispatched, _) if letter.has_document => {
            "Your order is on its way. The invoice is attached; please check the goods on arrival."
                .to_owned()
        }
        (Event::OrderDispatched, _) => {
            "Your order is on its way. You will find the invoice with the order; please check the goods on arrival.".to_owned()
        }
        (Event::OrderDelivered, _) => {
            "Your order was delivered. Thank you for your business.".to_owned()
        }
    }
}

fn rows(letter: &Letter<'_>) -> Vec<(&'static str, String)> {
    let facts = letter.facts;
    let mut rows = vec![
        ("Order", facts.order_number.clone()),
        ("Dealer", facts.dealer_name.clone()),
        ("Placed", ist_datetime_label(facts.placed_at)),
    ];
    let mut add = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    if letter.reader == Reader::Staff {
        add("Placed by", Some(facts.placed_by.clone()));
    }
    add("Order total", Some(rupees(facts.order_total)));
    match letter.event {
        Event::OrderRejected | Event::OrderCancelled => add("Reason", reason(letter.params)),
        Event::OrderDispatched => {
            add("Invoice", facts.invoice_number.clone());
            add("Invoice total", facts.invoice_total.map(rupees));
            add("Dispatched", facts.dispatched_at.map(ist_datetime_label));
            add("Transporter", facts.transporter.clone());
            add("LR number", facts.lr_number.clone());
            let lr_date = facts.lr_date.and_then(|day| IstDate::try_new(day).ok());
            add("LR date", lr_date.map(IstDate::long));
            add("Vehicle", facts.vehicle_number.clone());
            add("E-way bill", facts.eway_bill_number.clone());
        }
        Event::OrderDelivered => add("Delivered", facts.delivered_at.map(ist_datetime_label)),
        Event::OrderPlaced | Event::OrderApproved => {}
    }
    rows
}

fn link(letter: &Letter<'_>) -> String {
    let side = match letter.reader {
        Reader::Dealer => "portal",
        Reader::Staff => "admin",
    };
    let origin = match &letter.facts.domain {
        Some(name) => origin_of(letter.public_url, name),
        None => letter.public_url.to_owned(),
    };
    format!("{origin}/{side}/orders/{}", letter.order)
}

fn contact(facts: &OrderFacts) -> Option<String> {
    match (&facts.support_phone, &facts.support_email) {
        (Some(phone), Some(email)) => Some(format!("Questions? Call {phone} or write to {email}.")),
        (Some(phone), None) => Some(format!("Questions? Call {phone}.")),
        (None, Some(email)) => Some(format!("Questions? Write to {email}.")),
        (None, None) => None,
    }
}

fn page(
    letter: &Letter<'_>,
    title: &str,
    lead: &str,
    rows: &[(&str, String)],
    link: &str,
) -> Markup {
    let contact = contact(letter.facts).filter(|_| letter.reader == Reader::Dealer);
    html! {
        (DOCTYPE)
        html lang="en-IN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
            }
            body style=(BODY) {
                div style=(CARD) {
                    p style=(BRAND) { (letter.facts.brand) }
                    h1 style=(TITLE) { (title) }
                    p { (lead) }
                    table role="presentation" style="border-collapse:collapse;margin:16px 0" {
                        @for (name, value) in rows {
                            tr { th style=(NAME) scope="row" { (name) } td style=(VALUE) { (value) } }
                        }
                    }
                    p { a href=(link) style=(BUTTON) { "Open the order" } }
                    @if let Some(contact) = &contact { p { (contact) } }
                }
                p style=(FOOT) { "Sent by " (letter.facts.brand) " about order " (letter.facts.order_number) "." }
            }
        }
    }
}

fn text(letter: &Letter<'_>, lead: &str, rows: &[(&str, String)], link: &str) -> String {
    let mut text = format!("{}\n\n{lead}\n\n", letter.facts.brand);
    for (name, value) in rows {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&format!("\nOpen the order: {link}\n"));
    if let Some(contact) = contact(letter.facts).filter(|_| letter.reader == Reader::Dealer) {
        text.push_str(&format!("\n{contact}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::templates::tests::facts;
    use super::*;

    fn written(event: Event, reader: Reader, params: &serde_json::Value) -> Written {
        write(&Letter {
            event,
            reader,
            order: OrderId::parse("01234567-89ab-7cde-8f01-23456789abcd").unwrap(),
            facts: &facts(),
            params,
            public_url: "https://orders.example.in",
            has_document: true,
        })
    }

    #[test]
    fn sales_hear_of_a_new_order_with_dealer_total_and_the_way_to_it() {
        let mail = written(Event::OrderPlaced, Reader::Staff, &json!({}));
        assert_eq!(
            mail.subject,
            "New order SO/26-27/000042 from Ramesh <Traders>, ₹1,18,000.00"
        );
        assert_eq!(
            mail.text,
            "Volt Distributors\n\nRamesh <Traders> has placed an order that waits for approval.\n\n\
             Order: SO/26-27/000042\nDealer: Ramesh <Traders>\nPlaced: 21 Nov 2026, 10:00 am\nPlaced by: Ramesh\n\
             Order total: ₹1,18,000.00\n\n\
             Open the order: https://orders.example.in/admin/orders/01234567-89ab-7cde-8f01-23456789abcd\n"
        );
    }

    #[test]
    fn a_dispatch_tells_invoice_and_transport_and_leaves_out_what_there_is_not() {
        let mail = written(Event::OrderDispatched, Reader::Dealer, &json!({}));
        for part in [
            "Invoice: VLT/26-27/000123\n",
            "Transporter: VRL Logistics\n",
            "Vehicle: MH12AB1234\n",
            "/portal/orders/",
            "Questions? Call +912240001234.",
        ] {
            assert!(mail.text.contains(part), "{part} in {}", mail.text);
        }
        assert!(!mail.text.contains("LR number"));
    }

    #[test]
    fn a_reason_is_told_word_by_word_and_escaped() {
        let mail = written(
            Event::OrderRejected,
            Reader::Dealer,
            &json!({"reason": "<script>x</script>"}),
        );
        assert!(mail.text.contains("Reason: <script>x</script>"));
        assert!(
            mail.html.contains("&lt;script&gt;") && !mail.html.contains("<script"),
            "{}",
            mail.html
        );
    }

    #[test]
    fn no_mail_fetches_anything_when_it_is_opened() {
        for event in Event::ALL {
            for reader in [Reader::Dealer, Reader::Staff] {
                let html = written(event, reader, &json!({})).html;
                for word in ["src=", "url(", "<link", "<img", "@import"] {
                    assert!(!html.contains(word), "{word} in {html}");
                }
                assert_eq!(html.matches("http").count(), 1, "the link and nothing else");
            }
        }
    }
}
