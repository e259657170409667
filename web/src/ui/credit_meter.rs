//! How much of a dealer's credit is in use, and what this order would take of it.

use maud::{Markup, html};
use vitaran_kernel::money::Money;

use super::money::{money, money_text};

/// The lengths of the bar are attributes of a drawing, because the pages allow no inline style.
const BAR: u128 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    pub limit: Money,
    /// Holds and unpaid invoices, less what has been received and not yet allocated.
    pub used: Money,
    /// The order being looked at, if it is not among the used yet.
    pub this_order: Option<Money>,
}

impl Credit {
    fn needed(&self) -> Money {
        self.used + self.this_order.unwrap_or(Money::ZERO)
    }

    /// What is left for other orders; negative when the limit is passed.
    #[must_use]
    pub fn left(&self) -> Money {
        self.limit - self.needed()
    }
}

#[must_use]
pub fn credit_meter(credit: &Credit) -> Markup {
    let left = credit.left();
    let is_over = left.is_negative();
    // Past the limit the whole bar stands for what is needed, and the limit is a mark on it.
    let scale = credit.limit.max(credit.needed());
    let used = length(credit.used, scale);
    let order = length(credit.needed(), scale).saturating_sub(used);
    html! {
        div.credit data-over=[is_over.then_some("")] {
            svg.credit-bar viewBox={ "0 0 " (BAR) " 12" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                rect.credit-limit width=(BAR) height="12" {}
                rect.credit-used width=(used) height="12" {}
                rect.credit-order x=(used) width=(order) height="12" {}
                @if is_over { rect.credit-mark x=(length(credit.limit, scale).saturating_sub(2)) width="4" height="12" {} }
            }
            dl.credit-legend {
                div data-part="used" { dt { "Used" } dd { (money(credit.used)) } }
                @if let Some(amount) = credit.this_order { div data-part="order" { dt { "This order" } dd { (money(amount)) } } }
                @if is_over { div data-part="over" { dt { "Over the limit by" } dd { (money(-left)) } } }
                @else { div data-part="left" { dt { "Available" } dd { (money(left)) } } }
            }
            p.credit-note { "Limit " (money_text(credit.limit)) }
        }
    }
}

/// A share of the bar; nothing for amounts below zero.
fn length(part: Money, whole: Money) -> u128 {
    let (Ok(part), Ok(whole)) = (
        u128::try_from(part.as_paise()),
        u128::try_from(whole.as_paise()),
    ) else {
        return 0;
    };
    part.saturating_mul(BAR)
        .checked_div(whole)
        .unwrap_or(0)
        .min(BAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(limit: i64, used: i64, order: i64) -> Credit {
        Credit {
            limit: Money::from_rupees(limit),
            used: Money::from_rupees(used),
            this_order: Some(Money::from_rupees(order)),
        }
    }

    #[test]
    fn the_bar_shows_used_and_order_as_shares_of_the_limit() {
        let shown = credit_meter(&credit(200_000, 50_000, 30_000)).into_string();
        assert!(
            shown.contains(r#"class="credit-used" width="250""#),
            "{shown}"
        );
        assert!(
            shown.contains(r#"class="credit-order" x="250" width="150""#),
            "{shown}"
        );
        assert!(shown.contains("₹1,20,000.00"), "{shown}");
        assert!(!shown.contains("data-over"));
    }

    #[test]
    fn an_order_that_takes_exactly_the_rest_is_not_over_the_limit() {
        assert!(
            !credit_meter(&credit(100_000, 60_000, 40_000))
                .into_string()
                .contains("data-over")
        );
    }

    #[test]
    fn past_the_limit_it_says_by_how_much() {
        let shown = credit_meter(&credit(100_000, 90_000, 35_000)).into_string();
        assert!(shown.contains("data-over"));
        assert!(
            shown.contains("Over the limit by") && shown.contains("₹25,000.00"),
            "{shown}"
        );
        assert!(shown.contains(r#"class="credit-mark" x="798""#), "{shown}");
    }

    #[test]
    fn a_dealer_without_a_limit_or_with_a_balance_in_favour_breaks_nothing() {
        assert!(
            credit_meter(&credit(0, 0, 0))
                .into_string()
                .contains(r#"class="credit-used" width="0""#)
        );
        assert!(
            credit_meter(&credit(100, -50, 0))
                .into_string()
                .contains(r#"class="credit-used" width="0""#)
        );
    }
}
