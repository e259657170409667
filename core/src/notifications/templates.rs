//! The WhatsApp templates: name, wording and the values of their places.
//!
//! WhatsApp sends only what was approved before, so the wording below is handed in with Meta once for each number, in
//! the category "utility" and both languages ([`catalogue`] prints it), and a change of wording is a new name (`_v2`).
//! Other languages of a contact fall back to English.
//!
//! | template | header | {{1}} | {{2}} | {{3}} | {{4}} | {{5}} | {{6}} | {{7}} |
//! |---|---|---|---|---|---|---|---|---|
//! | `order_received_v1` | | dealer | order | total | | | | |
//! | `order_approved_v1` | | dealer | order | total | | | | |
//! | `order_rejected_v1` | | dealer | order | reason | | | | |
//! | `order_cancelled_v1` | | dealer | order | reason | | | | |
//! | `order_dispatched_v1` | document: the invoice | dealer | order | invoice | total | transporter | LR | vehicle |
//! | `order_dispatched_text_v1` | | as above, for an invoice whose PDF could not be made | | | | | | |
//! | `order_delivered_v1` | | dealer | order | day | | | | |

use serde_json::Value;
use vitaran_kernel::{IstDate, Money};

use super::Event;
use super::facts::OrderFacts;
use crate::ports::{BodyText, Language, TemplateName};

/// What stands in a place of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Dealer,
    OrderNumber,
    OrderTotal,
    Reason,
    InvoiceNumber,
    InvoiceTotal,
    Transporter,
    LrNumber,
    Vehicle,
    DeliveredOn,
}

impl Place {
    /// As Meta wants to see an example of it.
    const fn sample(self) -> &'static str {
        match self {
            Place::Dealer => "Ramesh Traders",
            Place::OrderNumber => "SO/26-27/000042",
            Place::OrderTotal | Place::InvoiceTotal => "₹1,18,000.00",
            Place::Reason => "Ordered twice",
            Place::InvoiceNumber => "VLT/26-27/000123",
            Place::Transporter => "VRL Logistics",
            Place::LrNumber => "LR 778812",
            Place::Vehicle => "MH12AB1234",
            Place::DeliveredOn => "21 Nov 2026",
        }
    }

    /// Empty where the fact is missing; the provider is then shown a dash.
    fn value(self, facts: &OrderFacts, params: &Value) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match self {
            Place::Dealer => facts.dealer_name.clone(),
            Place::OrderNumber => facts.order_number.clone(),
            Place::OrderTotal => rupees(facts.order_total),
            Place::Reason => reason(params).unwrap_or_default(),
            Place::InvoiceNumber => text(&facts.invoice_number),
            Place::InvoiceTotal => facts.invoice_total.map(rupees).unwrap_or_default(),
            Place::Transporter => text(&facts.transporter),
            Place::LrNumber => text(&facts.lr_number),
            Place::Vehicle => text(&facts.vehicle_number),
            Place::DeliveredOn => facts
                .delivered_at
                .map(|at| IstDate::of(at).long())
                .unwrap_or_default(),
        }
    }
}

struct Wording {
    event: Event,
    name: &'static str,
    has_document: bool,
    places: &'static [Place],
    en: &'static str,
    hi: &'static str,
}

const DISPATCHED: &[Place] = &[
    Place::Dealer,
    Place::OrderNumber,
    Place::InvoiceNumber,
    Place::InvoiceTotal,
    Place::Transporter,
    Place::LrNumber,
    Place::Vehicle,
];

const WORDINGS: [Wording; 7] = [
    Wording {
        event: Event::OrderPlaced,
        name: "order_received_v1",
        has_document: false,
        places: &[Place::Dealer, Place::OrderNumber, Place::OrderTotal],
        en: "Dear {{1}}, we have received your order {{2}} of {{3}}. We will write again as soon as it is approved.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}} हमें मिल गया है, कुल राशि {{3}}। स्वीकृत होते ही हम आपको सूचित करेंगे।",
    },
    Wording {
        event: Event::OrderApproved,
        name: "order_approved_v1",
        has_document: false,
        places: &[Place::Dealer, Place::OrderNumber, Place::OrderTotal],
        en: "Dear {{1}}, your order {{2}} of {{3}} is approved and will be packed soon.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}}, कुल राशि {{3}}, स्वीकृत हो गया है और जल्द ही पैक किया जाएगा।",
    },
    Wording {
        event: Event::OrderRejected,
        name: "order_rejected_v1",
        has_document: false,
        places: &[Place::Dealer, Place::OrderNumber, Place::Reason],
        en: "Dear {{1}}, we could not accept your order {{2}}. Reason: {{3}}. Please call us if you have a question.",
        hi: "प्रिय {{1}}, हम आपका ऑर्डर {{2}} स्वीकार नहीं कर सके। कारण: {{3}}। कोई प्रश्न हो तो कृपया हमें फ़ोन करें।",
    },
    Wording {
        event: Event::OrderCancelled,
        name: "order_cancelled_v1",
        has_document: false,
        places: &[Place::Dealer, Place::OrderNumber, Place::Reason],
        en: "Dear {{1}}, your order {{2}} has been cancelled. Reason: {{3}}. Please call us if you have a question.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}} रद्द कर दिया गया है। कारण: {{3}}। कोई प्रश्न हो तो कृपया हमें फ़ोन करें।",
    },
    Wording {
        event: Event::OrderDispatched,
        name: "order_dispatched_v1",
        has_document: true,
        places: DISPATCHED,
        en: "Dear {{1}}, your order {{2}} is on its way. The invoice {{3}} of {{4}} is attached. Transporter: {{5}}, LR: {{6}}, vehicle: {{7}}. Please check the goods on arrival.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}} रवाना हो गया है। बिल {{3}}, राशि {{4}}, साथ में संलग्न है। ट्रांसपोर्टर: {{5}}, एल.आर.: {{6}}, वाहन: {{7}}। माल मिलने पर कृपया जाँच लें।",
    },
    Wording {
        event: Event::OrderDispatched,
        name: "order_dispatched_text_v1",
        has_document: false,
        places: DISPATCHED,
        en: "Dear {{1}}, your order {{2}} is on its way with the invoice {{3}} of {{4}}. Transporter: {{5}}, LR: {{6}}, vehicle: {{7}}. Please check the goods on arrival.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}} बिल {{3}}, राशि {{4}}, के साथ रवाना हो गया है। ट्रांसपोर्टर: {{5}}, एल.आर.: {{6}}, वाहन: {{7}}। माल मिलने पर कृपया जाँच लें।",
    },
    Wording {
        event: Event::OrderDelivered,
        name: "order_delivered_v1",
        has_document: false,
        places: &[Place::Dealer, Place::OrderNumber, Place::DeliveredOn],
        en: "Dear {{1}}, your order {{2}} was delivered on {{3}}. Thank you for your business.",
        hi: "प्रिय {{1}}, आपका ऑर्डर {{2}} दिनांक {{3}} को पहुँचा दिया गया। आपके व्यवसाय के लिए धन्यवाद।",
    },
];

/// One template in one language, as it is handed in for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    pub name: &'static str,
    pub language: &'static str,
    /// Always Meta's "UTILITY": nothing here promotes anything.
    pub category: &'static str,
    /// Whether a PDF stands above the text.
    pub has_document: bool,
    pub text: &'static str,
    /// An example for each place, in order.
    pub samples: Vec<&'static str>,
}

/// Every template in both languages.
#[must_use]
pub fn catalogue() -> Vec<CatalogueEntry> {
    let entry = |wording: &Wording, language, text| CatalogueEntry {
        name: wording.name,
        language,
        category: "UTILITY",
        has_document: wording.has_document,
        text,
        samples: wording.places.iter().map(|place| place.sample()).collect(),
    };
    WORDINGS
        .iter()
        .flat_map(|wording| {
            [
                entry(wording, "en", wording.en),
                entry(wording, "hi", wording.hi),
            ]
        })
        .collect()
}

/// A message without its receiver.
#[derive(Debug)]
pub(super) struct Filled {
    pub template: TemplateName,
    pub language: Language,
    pub body: Vec<BodyText>,
}

/// Fills the template of an event. `None` only if a constant above were no valid name, which a test excludes.
pub(super) fn fill(
    event: Event,
    language: &str,
    has_document: bool,
    facts: &OrderFacts,
    params: &Value,
) -> Option<Filled> {
    let wording = WORDINGS
        .iter()
        .find(|wording| wording.event == event && wording.has_document == has_document)?;
    Some(Filled {
        template: TemplateName::parse(wording.name).ok()?,
        language: Language::parse(if language == "hi" { "hi" } else { "en" }).ok()?,
        body: wording
            .places
            .iter()
            .map(|place| BodyText::new(&place.value(facts, params)))
            .collect(),
    })
}

/// "₹1,18,000.00"
pub(super) fn rupees(amount: Money) -> String {
    format!("₹{}", amount.grouped())
}

/// Why an order was rejected or cancelled, if somebody said.
pub(super) fn reason(params: &Value) -> Option<String> {
    let reason = params.get("reason")?.as_str()?.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::{TimeZone as _, Utc};
    use serde_json::json;

    use super::*;

    pub fn facts() -> OrderFacts {
        let at = Utc.with_ymd_and_hms(2026, 11, 21, 4, 30, 0).unwrap();
        OrderFacts {
            brand: "Volt Distributors".to_owned(),
            domain: None,
            support_phone: Some("+912240001234".to_owned()),
            support_email: None,
            order_number: "SO/26-27/000042".to_owned(),
            placed_at: at,
            placed_by: "Ramesh".to_owned(),
            order_total: Money::parse("118000").unwrap(),
            dealer_name: "Ramesh <Traders>".to_owned(),
            transporter: Some("VRL Logistics".to_owned()),
            lr_number: None,
            lr_date: None,
            vehicle_number: Some("MH12AB1234".to_owned()),
            eway_bill_number: None,
            dispatched_at: Some(at),
            delivered_at: Some(at),
            invoice_number: Some("VLT/26-27/000123".to_owned()),
            invoice_total: Some(Money::parse("118000").unwrap()),
        }
    }

    fn values(event: Event, has_document: bool, params: &Value) -> Vec<String> {
        let filled = fill(event, "en", has_document, &facts(), params).unwrap();
        filled
            .body
            .iter()
            .map(|text| text.as_str().to_owned())
            .collect()
    }

    #[test]
    fn every_wording_names_its_places_in_order_and_begins_and_ends_with_words() {
        for entry in catalogue() {
            let mut rest = entry.text;
            for n in 1..=entry.samples.len() {
                let place = format!("{{{{{n}}}}}");
                let (_, after) = rest
                    .split_once(&place)
                    .unwrap_or_else(|| panic!("{place} in {} {}", entry.name, entry.language));
                rest = after;
            }
            assert!(
                !rest.is_empty() && !rest.contains("{{"),
                "{} {}",
                entry.name,
                entry.language
            );
            assert!(!entry.text.starts_with("{{") && entry.text.chars().count() <= 550);
            TemplateName::parse(entry.name).unwrap();
        }
    }

    #[test]
    fn every_event_has_a_template_and_a_dispatch_has_one_with_and_one_without_the_document() {
        for event in Event::ALL {
            assert!(
                fill(event, "hi", false, &facts(), &json!({})).is_some(),
                "{event:?}"
            );
        }
        assert_eq!(WORDINGS.iter().filter(|w| w.has_document).count(), 1);
    }

    #[test]
    fn a_dispatch_tells_transporter_vehicle_invoice_and_a_dash_for_what_is_missing() {
        assert_eq!(
            values(Event::OrderDispatched, true, &json!({})),
            [
                "Ramesh <Traders>",
                "SO/26-27/000042",
                "VLT/26-27/000123",
                "₹1,18,000.00",
                "VRL Logistics",
                "-",
                "MH12AB1234"
            ]
        );
    }

    #[test]
    fn a_reason_is_told_and_its_absence_is_a_dash() {
        assert_eq!(
            values(
                Event::OrderRejected,
                false,
                &json!({"reason": "Over the limit"})
            )[2],
            "Over the limit"
        );
        assert_eq!(
            values(Event::OrderCancelled, false, &json!({"reason": null}))[2],
            "-"
        );
    }

    #[test]
    fn a_language_without_a_template_falls_back_to_english() {
        for (language, wanted) in [("hi", "hi"), ("en", "en"), ("ta", "en"), ("mr", "en")] {
            let filled = fill(
                Event::OrderApproved,
                language,
                false,
                &facts(),
                &Value::Null,
            )
            .unwrap();
            assert_eq!(filled.language.as_str(), wanted);
        }
    }
}
