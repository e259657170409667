//! States as a dot, a word and a hue: readable in black and white, by eye and by ear.

use maud::{Markup, html};
use vitaran_core::db::Count;

use super::Tone;

/// Any word with a tone.
#[must_use]
pub fn badge(tone: Tone, word: &str) -> Markup {
    html! { span.badge data-tone=(tone.as_str()) { (word) } }
}

/// A number beside a name, as in tabs and navigation.
#[must_use]
pub fn count(number: Count) -> Markup {
    html! { span.count { (number) } }
}

/// An order's state by its code, such as `PLACED`.
#[must_use]
pub fn order_status(code: &str) -> Markup {
    let (tone, word) = order_status_word(code);
    badge(tone, &word)
}

/// The tone and word of an order's state. An unknown code is shown as it is, so that nothing is ever hidden.
#[must_use]
pub fn order_status_word(code: &str) -> (Tone, String) {
    let tone = match code {
        "PLACED" => Tone::Warn,
        "APPROVED" | "PICKING" | "PACKED" | "DISPATCHED" => Tone::Info,
        "DELIVERED" => Tone::Good,
        "REJECTED" => Tone::Bad,
        _ => Tone::Neutral,
    };
    (tone, word_of(code))
}

/// A message's state by its code, such as `SENT`.
#[must_use]
pub fn notification_status(code: &str) -> Markup {
    let tone = match code {
        "SENDING" | "SENT" => Tone::Info,
        "DELIVERED" | "READ" => Tone::Good,
        "FAILED" => Tone::Bad,
        "PENDING" => Tone::Warn,
        _ => Tone::Neutral,
    };
    badge(tone, &word_of(code))
}

/// How much of a product there is, in the words a buyer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockState {
    InStock,
    Low,
    Out,
}

#[must_use]
pub fn stock(state: StockState) -> Markup {
    match state {
        StockState::InStock => badge(Tone::Good, "In stock"),
        StockState::Low => badge(Tone::Warn, "Low stock"),
        StockState::Out => badge(Tone::Bad, "Out of stock"),
    }
}

/// Whether a product, dealer or user may still be used.
#[must_use]
pub fn activity(is_active: bool) -> Markup {
    if is_active {
        badge(Tone::Good, "Active")
    } else {
        badge(Tone::Neutral, "Inactive")
    }
}

/// "IN_TRANSIT" as "In transit".
fn word_of(code: &str) -> String {
    let lower = code.replace('_', " ").to_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_its_word_and_not_only_a_colour() {
        let shown = order_status("DISPATCHED").into_string();
        assert_eq!(
            shown,
            r#"<span class="badge" data-tone="info">Dispatched</span>"#
        );
    }

    #[test]
    fn an_unknown_status_is_shown_in_plain_words() {
        assert_eq!(
            order_status_word("ON_HOLD"),
            (Tone::Neutral, "On hold".to_owned())
        );
        assert_eq!(order_status_word(""), (Tone::Neutral, String::new()));
    }

    #[test]
    fn a_failed_message_is_bad_and_a_skipped_one_is_not() {
        assert!(
            notification_status("FAILED")
                .into_string()
                .contains(r#"data-tone="bad""#)
        );
        assert!(
            notification_status("SKIPPED")
                .into_string()
                .contains(r#"data-tone="neutral""#)
        );
    }
}
