//! The words a product is found by.
//!
//! A word is a run of letters, digits and the marks that belong to them, of any script, in small
//! letters and in Unicode's composed form. A point between two digits stays (2.5 sq mm); joiners
//! that are not seen are left out. Codes are also taken whole without their dashes and dots, so that
//! `MCB-16A` is found by `mcb`, by `16a` and by `mcb16a`.
//!
//! What a person types is split by the same function, so that both sides always agree.

use diesel_async::RunQueryDsl as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use vitaran_kernel::ProductId;

use crate::db::{DbError, Statement, TenantTx};

/// Longer words are cut: nobody types more of one to find a thing.
pub(super) const MAX_WORD_CHARS: usize = 40;

/// Words of one product at most. Codes and the name come first, so it is a long category path that
/// loses its end.
pub(super) const MAX_WORDS: usize = 48;

/// What of a product is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Searched<'a> {
    pub name: &'a str,
    pub sku: &'a str,
    pub hsn: &'a str,
    pub barcode: Option<&'a str>,
    pub category_path: &'a str,
}

/// Each word once.
pub(super) fn of_product(product: Searched<'_>) -> Vec<String> {
    let Searched {
        name,
        sku,
        hsn,
        barcode,
        category_path,
    } = product;
    let codes = [Some(sku), Some(hsn), barcode].into_iter().flatten();
    let mut words: Vec<String> = codes.flat_map(of_code).collect();
    words.extend(split(name));
    words.extend(split(category_path));
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words.truncate(MAX_WORDS);
    words
}

/// The whole code in letters and digits alone, and its parts.
fn of_code(code: &str) -> Vec<String> {
    let bare: String = code.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut words = split(&bare);
    words.extend(split(code));
    words
}

/// The words of a text, in its order, doubles included.
pub(super) fn split(text: &str) -> Vec<String> {
    // Letter by letter: the context rule for a final sigma would make a prefix differ from its word.
    let text: Vec<char> = text
        .nfc()
        .flat_map(char::to_lowercase)
        .nfc()
        .filter(|c| !is_joiner(*c))
        .collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, &c) in text.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| text.get(i));
        if belongs(before, c, text.get(index + 1)) {
            word.push(c);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.iter().map(|word| cut(word)).collect()
}

/// Vowel signs and viramas are marks; without them words of Indian scripts would fall apart.
fn belongs(before: Option<&char>, c: char, after: Option<&char>) -> bool {
    let is_digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    c.is_alphanumeric() || is_combining_mark(c) || (c == '.' && is_digit(before) && is_digit(after))
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn cut(word: &str) -> String {
    let word: String = word.chars().take(MAX_WORD_CHARS).collect();
    word.trim_end_matches('.').to_owned()
}

/// The first text that is greater than every text with this prefix, in the order of code points,
/// which is also that of `COLLATE "C"` on UTF-8.
pub(super) fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Makes the words of these products exactly the ones given, each with the name that lists sort by and whether the product is sold.
pub(super) async fn write(
    tx: &mut TenantTx,
    products: Vec<(ProductId, Vec<String>)>,
) -> Result<(), DbError> {
    let all = products
        .iter()
        .map(|(id, _)| id.as_uuid())
        .collect::<Vec<_>>();
    let pairs = products
        .into_iter()
        .flat_map(|(id, words)| words.into_iter().map(move |word| (id.as_uuid(), word)));
    let (ids, words): (Vec<_>, Vec<_>) = pairs.unzip();
    Statement::new(
        "WITH wanted AS MATERIALIZED (SELECT w.product_id, w.word FROM unnest($2, $3) AS w (product_id, word)), \
         gone AS (DELETE FROM product_words o WHERE o.tenant_id = $1 AND o.product_id = ANY ($4) \
                  AND NOT EXISTS (SELECT FROM wanted w WHERE w.product_id = o.product_id AND w.word = o.word)) \
         INSERT INTO product_words AS o (tenant_id, word, product_id, sort_name, is_active) \
         SELECT $1, w.word, p.id, p.sort_name, p.is_active FROM wanted w JOIN products p ON p.tenant_id = $1 AND p.id = w.product_id \
         ON CONFLICT (tenant_id, word, product_id) DO UPDATE SET sort_name = excluded.sort_name, is_active = excluded.is_active \
         WHERE (o.sort_name, o.is_active) IS DISTINCT FROM (excluded.sort_name, excluded.is_active)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(ids)
    .bind(words)
    .bind(all)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text)
    }

    #[test]
    fn a_name_is_split_at_everything_that_is_no_letter_digit_or_mark() {
        assert_eq!(
            words("Havells MCB 16A (C-Curve), 2 Pole"),
            ["havells", "mcb", "16a", "c", "curve", "2", "pole"]
        );
        assert_eq!(
            words("FR wire 2.5 sq.mm 90m."),
            ["fr", "wire", "2.5", "sq", "mm", "90m"]
        );
        assert_eq!(words("  --  "), Vec::<String>::new());
    }

    #[test]
    fn words_of_indian_scripts_stay_whole() {
        assert_eq!(words("तांबे का तार"), ["तांबे", "का", "तार"]);
        assert_eq!(words("ಬೆಳಕು ಸ್ವಿಚ್"), ["ಬೆಳಕು", "ಸ್ವಿಚ್"]);
        assert_eq!(
            words("क्\u{200d}ष"),
            words("क्ष"),
            "a joiner that is not seen makes no difference"
        );
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_word() {
        assert_eq!(words("Caf\u{e9}"), words("Cafe\u{301}"));
    }

    #[test]
    fn a_code_is_found_whole_and_by_its_parts() {
        let found = of_product(Searched {
            name: "Breaker",
            sku: "MCB-16A/C",
            hsn: "853620",
            barcode: Some("8901234567894"),
            category_path: "Switchgear > Breaker",
        });
        assert_eq!(
            found,
            [
                "mcb16ac",
                "mcb",
                "16a",
                "c",
                "853620",
                "8901234567894",
                "breaker",
                "switchgear"
            ]
        );
    }

    #[test]
    fn a_product_has_a_limited_number_of_words_and_keeps_its_codes() {
        let name: String = (0..200).map(|n| format!("w{n} ")).collect();
        let found = of_product(Searched {
            name: &name,
            sku: "S-1",
            hsn: "8536",
            barcode: None,
            category_path: "",
        });
        assert_eq!(found.len(), MAX_WORDS);
        assert!(found.contains(&"s1".to_owned()) && found.contains(&"8536".to_owned()));
    }

    #[test]
    fn the_end_of_a_prefix_steps_over_what_is_no_character() {
        assert_eq!(end_of_prefix("mcb").as_deref(), Some("mcc"));
        assert_eq!(end_of_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(end_of_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of_prefix("\u{10ffff}"), None);
    }

    proptest! {
        #[test]
        fn a_word_is_its_own_only_word(text in "\\PC{0,80}") {
            for word in words(&text) {
                prop_assert!(!word.is_empty() && word.chars().count() <= MAX_WORD_CHARS);
                prop_assert_eq!(words(&word), [word.clone()]);
            }
        }

        #[test]
        fn a_text_in_capitals_has_the_same_words(text in "[a-z0-9 .\\-/]{0,60}") {
            prop_assert_eq!(words(&text.to_uppercase()), words(&text));
        }

        #[test]
        fn every_word_with_the_prefix_lies_between_the_prefix_and_its_end(
            prefix in "[a-zक-ह0-9]{1,5}", rest in "\\PC{0,5}", other in "[a-zक-ह0-9]{0,8}",
        ) {
            let end = end_of_prefix(&prefix).unwrap();
            let within = |word: &str| word >= prefix.as_str() && word < end.as_str();
            let word = format!("{prefix}{rest}");
            prop_assert!(within(&word));
            prop_assert_eq!(within(&other), other.starts_with(&prefix));
        }
    }
}
