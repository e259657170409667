//! Amounts in words, in the Indian system, as invoices state them.

use crate::money::Money;

const ONES: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];

const TENS: [&str; 10] = [
    "", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety",
];

/// Greatest first. Above 99 crore the crores are themselves said in words: One Lakh Crore.
const SCALES: [(u128, &str); 4] = [
    (10_000_000, "Crore"),
    (100_000, "Lakh"),
    (1_000, "Thousand"),
    (100, "Hundred"),
];

/// "Rupees One Lakh Eighteen Thousand and Fifty Paise Only"; "Minus Rupees …" below zero.
#[must_use]
pub fn amount_in_words(amount: Money) -> String {
    let paise = amount.as_paise().unsigned_abs();
    let mut words = Vec::new();
    if amount.is_negative() {
        words.push("Minus");
    }
    words.push("Rupees");
    push_number(&mut words, paise / 100);
    match paise % 100 {
        0 => {}
        1 => words.extend(["and", "One", "Paisa"]),
        fraction => {
            words.push("and");
            push_number(&mut words, fraction);
            words.push("Paise");
        }
    }
    words.push("Only");
    words.join(" ")
}

fn push_number(words: &mut Vec<&'static str>, number: u128) {
    if number == 0 {
        words.extend(ONES.first());
        return;
    }
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            push_number(words, rest / scale);
            words.push(name);
            rest %= scale;
        }
    }
    if rest >= 20 {
        words.extend(
            usize::try_from(rest / 10)
                .ok()
                .and_then(|tens| TENS.get(tens)),
        );
        rest %= 10;
    }
    if rest > 0 {
        words.extend(usize::try_from(rest).ok().and_then(|ones| ONES.get(ones)));
    }
}
