//! What an endpoint is to be, as typed.

use serde::{Deserialize, Serialize};
use url::Url;
use vitaran_kernel::Text;

use super::EventType;
use super::address::Targets;
use super::event::Payload;
use crate::problem::{Faults, Invalid};

const MAX_URL: usize = 500;

/// The form as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointForm {
    pub url: String,
    pub description: String,
    /// Codes of events.
    pub events: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct NewEndpoint {
    pub(super) url: Url,
    pub(super) description: Option<Text<200>>,
    pub(super) events: Vec<EventType>,
}

impl EndpointForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self, targets: Targets) -> Result<NewEndpoint, Invalid> {
        let mut faults = Faults::new();
        let url = faults.take("/url", parse_url(&self.url, targets));
        let description = faults.optional("/description", &self.description, Text::parse);
        let events = faults.take("/events", parse_events(&self.events));
        match (url, events) {
            (Some(url), Some(events)) if faults.is_empty() => Ok(NewEndpoint {
                url,
                description,
                events,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

fn parse_url(text: &str, targets: Targets) -> Result<Url, String> {
    let url = targets.parse_url(text)?;
    if url.as_str().len() > MAX_URL {
        return Err(format!("Shorten this to {MAX_URL} characters"));
    }
    Ok(url)
}

/// In the catalogue's order, each once.
fn parse_events(texts: &[String]) -> Result<Vec<EventType>, String> {
    let known = |text: &String| {
        EventType::parse(text.trim()).filter(|event| event.payload() != Payload::Ping)
    };
    if !texts.iter().all(|text| known(text).is_some()) {
        return Err("Choose events from the list".to_owned());
    }
    let wanted: Vec<EventType> = texts.iter().filter_map(known).collect();
    let events: Vec<EventType> = EventType::offered()
        .filter(|event| wanted.contains(event))
        .collect();
    if events.is_empty() {
        return Err("Choose at least one event".to_owned());
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once_and_a_ping_is_no_event_to_listen_to() {
        let form = EndpointForm {
            url: "http://erp.example.in".to_owned(),
            description: "x".repeat(201),
            events: vec!["ping".to_owned()],
        };
        let faults = form.parse(Targets::Public).unwrap_err().faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/url", "/description", "/events"]);
        assert!(EndpointForm::default().parse(Targets::Public).is_err());
    }

    #[test]
    fn events_are_kept_in_the_catalogues_order_each_once() {
        let form = EndpointForm {
            url: "https://erp.example.in/hooks".to_owned(),
            events: ["invoice.issued", "order.placed", "invoice.issued"]
                .map(str::to_owned)
                .to_vec(),
            ..EndpointForm::default()
        };
        let parsed = form.parse(Targets::Public).unwrap();
        assert_eq!(
            parsed.events,
            [EventType::OrderPlaced, EventType::InvoiceIssued]
        );
    }
}
