//! Amounts, quantities and rates as text, with Indian grouping. No page formats a figure by itself.

use maud::{Markup, html};
use vitaran_kernel::money::{Money, UnitPrice};
use vitaran_kernel::quantity::Quantity;
use vitaran_kernel::rate::Rate;

/// "₹1,23,456.00"; a negative amount has its minus before the sign of the rupee.
#[must_use]
pub fn money(amount: Money) -> Markup {
    html! { span.money { (money_text(amount)) } }
}

/// The text of [`money`], for titles, labels and questions.
#[must_use]
pub fn money_text(amount: Money) -> String {
    with_rupee(&amount.grouped())
}

/// The price of one unit: two decimals, or as many of the four as it has.
#[must_use]
pub fn unit_price(price: UnitPrice) -> Markup {
    html! { span.money { (unit_price_text(price)) } }
}

#[must_use]
pub fn unit_price_text(price: UnitPrice) -> String {
    with_rupee(&price.grouped_plain())
}

/// "₹12.3 L" and "₹1.2 Cr" with the exact amount as title: for tiles, never where one settles an account. Cut off, not
/// rounded, so that it never promises more than there is.
#[must_use]
pub fn compact(amount: Money) -> Markup {
    html! { span.money title=(money_text(amount)) { (compact_text(amount)) } }
}

fn compact_text(amount: Money) -> String {
    // In paise: 1,00,000 and 1,00,00,000 rupees.
    const LAKH: i128 = 10_000_000;
    const CRORE: i128 = 1_000_000_000;
    let paise = amount.as_paise();
    let (unit, name) = match paise.unsigned_abs() {
        size if size >= CRORE.unsigned_abs() => (CRORE, " Cr"),
        size if size >= LAKH.unsigned_abs() => (LAKH, " L"),
        _ => {
            let text = money_text(amount);
            return text
                .split_once('.')
                .map_or_else(|| text.clone(), |(rupees, _)| rupees.to_owned());
        }
    };
    let tenths = paise.unsigned_abs() * 10 / unit.unsigned_abs();
    let sign = if paise < 0 { "\u{2212}" } else { "" };
    format!("{sign}₹{}.{}{name}", tenths / 10, tenths % 10)
}

/// "5 pcs", "2.5 m"
#[must_use]
pub fn quantity(amount: Quantity, unit: &str) -> Markup {
    html! { span.quantity { (amount) " " span.unit-name { (unit) } } }
}

/// "18%", "2.5%"
#[must_use]
pub fn percent(rate: Rate) -> Markup {
    html! { (percent_text(rate)) }
}

#[must_use]
pub fn percent_text(rate: Rate) -> String {
    let text = rate.to_string();
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}%")
}

fn with_rupee(grouped: &str) -> String {
    match grouped.strip_prefix('\u{2212}') {
        Some(size) => format!("\u{2212}₹{size}"),
        None => format!("₹{grouped}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rupees(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn money_has_indian_groups_two_decimals_and_its_minus_in_front() {
        assert_eq!(
            money(rupees("1234567.00")).into_string(),
            r#"<span class="money">₹12,34,567.00</span>"#
        );
        assert_eq!(money_text(rupees("-1200.00")), "\u{2212}₹1,200.00");
        assert_eq!(money_text(Money::ZERO), "₹0.00");
    }

    #[test]
    fn a_unit_price_shows_two_decimals_and_more_only_if_it_has_them() {
        let text = |price: &str| unit_price_text(UnitPrice::parse(price).unwrap());
        assert_eq!(text("120.0000"), "₹120.00");
        assert_eq!(text("1120.5000"), "₹1,120.50");
        assert_eq!(text("0.1250"), "₹0.125");
        assert_eq!(text("0.0625"), "₹0.0625");
    }

    #[test]
    fn a_compact_amount_is_cut_off_and_keeps_the_exact_one_in_its_title() {
        assert_eq!(compact_text(rupees("1239999.99")), "₹12.3 L");
        assert_eq!(compact_text(rupees("12000000.00")), "₹1.2 Cr");
        assert_eq!(compact_text(rupees("99999.99")), "₹99,999");
        assert_eq!(compact_text(rupees("-250000.00")), "\u{2212}₹2.5 L");
        assert!(
            compact(rupees("1239999.99"))
                .into_string()
                .contains(r#"title="₹12,39,999.99""#)
        );
    }

    #[test]
    fn a_rate_has_no_empty_decimals() {
        let text = |rate: &str| percent_text(Rate::parse(rate).unwrap());
        assert_eq!(
            (
                text("18.00"),
                text("2.50"),
                text("0.25"),
                text("0.00"),
                text("10.00")
            ),
            (
                "18%".into(),
                "2.5%".into(),
                "0.25%".into(),
                "0%".into(),
                "10%".into()
            )
        );
    }
}
