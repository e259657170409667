//! Lines pasted from a message or a sheet: "SKU quantity" on each. Reading them decides nothing; what is missing or odd is
//! for the order's own check to name.

use vitaran_core::orders::{MAX_LINES, PlaceOrderLineForm};

/// The rows of a pasted text. The last word of a line is the quantity; commas, semicolons, tabs and an "x" before the
/// quantity are only separators. Blank lines are left out.
#[must_use]
pub fn rows(text: &str) -> Vec<PlaceOrderLineForm> {
    text.lines().filter_map(row).take(MAX_LINES).collect()
}

fn row(line: &str) -> Option<PlaceOrderLineForm> {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    let words: Vec<&str> = line
        .split(is_separator)
        .filter(|word| !word.is_empty() && !matches!(*word, "x" | "X" | "×" | "-" | "="))
        .collect();
    let (sku, quantity) = match words.as_slice() {
        [] => return None,
        [sku] => (*sku, ""),
        [sku, .., quantity] => (*sku, *quantity),
    };
    Some(PlaceOrderLineForm {
        sku: sku.to_owned(),
        quantity: quantity.trim_start_matches(['x', 'X', '×']).to_owned(),
        ..PlaceOrderLineForm::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        rows(text)
            .into_iter()
            .map(|row| (row.sku, row.quantity))
            .collect()
    }

    fn pair(sku: &str, quantity: &str) -> (String, String) {
        (sku.to_owned(), quantity.to_owned())
    }

    #[test]
    fn a_message_and_a_sheet_read_the_same() {
        let wanted = [pair("MCB-16C-SP", "60"), pair("WIR-FR-1.5-R", "2.5")];
        for text in [
            "MCB-16C-SP 60\nWIR-FR-1.5-R 2.5",
            "MCB-16C-SP\t60\r\nWIR-FR-1.5-R\t2.5\r\n",
            "MCB-16C-SP, 60\n\n  WIR-FR-1.5-R;2.5  ",
            "MCB-16C-SP x 60\nWIR-FR-1.5-R x2.5",
            "MCB-16C-SP breaker 16A 60\nWIR-FR-1.5-R = 2.5",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_line_without_a_quantity_keeps_its_product() {
        assert_eq!(read("MCB-16C-SP"), [pair("MCB-16C-SP", "")]);
        assert!(read(" \n\t\n").is_empty());
    }

    #[test]
    fn no_paste_makes_more_rows_than_an_order_has_lines() {
        assert_eq!(rows(&"A 1\n".repeat(10_000)).len(), MAX_LINES);
    }
}
