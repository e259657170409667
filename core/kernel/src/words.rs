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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_rupees_agree_with_words_made_elsewhere() {
        for (rupees, words) in [
            (0, "Zero"),
            (9, "Nine"),
            (11, "Eleven"),
            (20, "Twenty"),
            (99, "Ninety Nine"),
            (101, "One Hundred One"),
            (999, "Nine Hundred Ninety Nine"),
            (1_001, "One Thousand One"),
            (9_999, "Nine Thousand Nine Hundred Ninety Nine"),
            (99_999, "Ninety Nine Thousand Nine Hundred Ninety Nine"),
            (100_001, "One Lakh One"),
            (118_000, "One Lakh Eighteen Thousand"),
            (
                123_456,
                "One Lakh Twenty Three Thousand Four Hundred Fifty Six",
            ),
            (1_000_000, "Ten Lakh"),
            (
                9_999_999,
                "Ninety Nine Lakh Ninety Nine Thousand Nine Hundred Ninety Nine",
            ),
            (10_000_001, "One Crore One"),
            (
                99_999_999,
                "Nine Crore Ninety Nine Lakh Ninety Nine Thousand Nine Hundred Ninety Nine",
            ),
            (
                123_456_789,
                "Twelve Crore Thirty Four Lakh Fifty Six Thousand Seven Hundred Eighty Nine",
            ),
            (1_000_000_000, "One Hundred Crore"),
            (
                12_345_678_901,
                "One Thousand Two Hundred Thirty Four Crore Fifty Six Lakh Seventy Eight Thousand Nine Hundred One",
            ),
            (1_000_000_000_000, "One Lakh Crore"),
            (100_000_000_000_000, "One Crore Crore"),
        ] {
            let amount = Money::from_rupees(rupees);
            assert_eq!(amount_in_words(amount), format!("Rupees {words} Only"));
        }
    }

    #[test]
    fn paise_and_signs_are_said() {
        for (paise, words) in [
            (50, "Rupees Zero and Fifty Paise Only"),
            (101, "Rupees One and One Paisa Only"),
            (
                11_800_050,
                "Rupees One Lakh Eighteen Thousand and Fifty Paise Only",
            ),
            (-11_800_000, "Minus Rupees One Lakh Eighteen Thousand Only"),
            (-1, "Minus Rupees Zero and One Paisa Only"),
        ] {
            assert_eq!(amount_in_words(Money::from_paise(paise)), words);
        }
    }

    /// Reads words back, by splitting at the greatest scale instead of building from it.
    fn number(words: &str) -> i128 {
        for (scale, value) in [
            ("Crore", 10_000_000),
            ("Lakh", 100_000),
            ("Thousand", 1_000),
            ("Hundred", 100),
        ] {
            if let Some((before, after)) = words.rsplit_once(scale) {
                return number(before.trim()) * value + number(after.trim());
            }
        }
        words
            .split_whitespace()
            .map(|word| match word {
                "Zero" => 0,
                "One" => 1,
                "Two" => 2,
                "Three" => 3,
                "Four" => 4,
                "Five" => 5,
                "Six" => 6,
                "Seven" => 7,
                "Eight" => 8,
                "Nine" => 9,
                "Ten" => 10,
                "Eleven" => 11,
                "Twelve" => 12,
                "Thirteen" => 13,
                "Fourteen" => 14,
                "Fifteen" => 15,
                "Sixteen" => 16,
                "Seventeen" => 17,
                "Eighteen" => 18,
                "Nineteen" => 19,
                "Twenty" => 20,
                "Thirty" => 30,
                "Forty" => 40,
                "Fifty" => 50,
                "Sixty" => 60,
                "Seventy" => 70,
                "Eighty" => 80,
                "Ninety" => 90,
                other => panic!("{other} is no number"),
            })
            .sum()
    }

    fn paise(words: &str) -> i128 {
        let (sign, words) = match words.strip_prefix("Minus ") {
            Some(words) => (-1, words),
            None => (1, words),
        };
        let words = words
            .strip_prefix("Rupees ")
            .unwrap()
            .strip_suffix(" Only")
            .unwrap();
        let (rupees, fraction) = words.split_once(" and ").unwrap_or((words, "Zero Paise"));
        let fraction = fraction
            .strip_suffix(" Paise")
            .or(fraction.strip_suffix(" Paisa"))
            .unwrap();
        sign * (number(rupees) * 100 + number(fraction))
    }

    proptest! {
        #[test]
        fn words_read_back_are_the_amount(
            amount in prop_oneof![-100_000_i64..100_000, -99_999_999_999..99_999_999_999_i64, any::<i64>()],
        ) {
            let words = amount_in_words(Money::from_paise(amount));
            prop_assert_eq!(paise(&words), i128::from(amount), "{}", words);
            prop_assert!(!words.contains("  "));
        }
    }
}
