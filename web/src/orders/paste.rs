//! Lines pasted from a message or a sheet: "SKU quantity" on each. Reading them decides nothing; what is missing or odd is
//! for the order's own check to name.

use vitaran_core::orders::PlaceOrderLineForm;

/// The rows of a pasted text, and what stood behind the last that there was room for, as it was typed.
#[derive(Debug, Default)]
pub struct Pasted {
    pub rows: Vec<PlaceOrderLineForm>,
    pub rest: String,
}

/// Reads up to `room` rows. Blank lines are left out; the last word of a line is the quantity. Blanks, tabs, semicolons and
/// bars separate words, and so does an "x" before the quantity.
///
/// A comma separates too, but between two digits only where nothing else could: the first of a line with no other separator,
/// as in "MCB-2,3". Any other comma between digits belongs to the number. Beside another separator a number may so be written
/// in groups, "1,500" or "1,00,000"; one that is grouped otherwise, or stands behind commas alone ("MCB-2,1,500"), is handed
/// on as it is, for the quantity's own check to refuse beside its row.
#[must_use]
pub fn read(text: &str, room: usize) -> Pasted {
    let mut pasted = Pasted::default();
    let mut rest: Vec<&str> = Vec::new();
    for line in text.lines() {
        match row(line) {
            None => {}
            Some(row) if pasted.rows.len() < room => pasted.rows.push(row),
            Some(_) => rest.push(line),
        }
    }
    pasted.rest = rest.join("\n");
    pasted
}

fn row(line: &str) -> Option<PlaceOrderLineForm> {
    let line = line.trim_matches(|c| c == ',' || is_separator(c));
    let has_separator = line.contains(is_separator);
    let words: Vec<&str> = if has_separator {
        line.split(is_separator).flat_map(split_at_commas).collect()
    } else {
        let (first, rest) = line.split_once(',').unwrap_or((line, ""));
        std::iter::once(first)
            .chain(split_at_commas(rest))
            .collect()
    };
    let words: Vec<&str> = words
        .into_iter()
        .filter(|word| !word.is_empty() && !matches!(*word, "x" | "X" | "×" | "-" | "="))
        .collect();
    let (sku, quantity) = match words.as_slice() {
        [] => return None,
        [sku] => (*sku, ""),
        [sku, .., quantity] => (*sku, *quantity),
    };
    let quantity = quantity.trim_start_matches(['x', 'X', '×']);
    let quantity = if has_separator && is_grouped(quantity) {
        quantity.replace(',', "")
    } else {
        quantity.to_owned()
    };
    Some(PlaceOrderLineForm {
        sku: sku.to_owned(),
        quantity,
        ..PlaceOrderLineForm::default()
    })
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ';' | '|')
}

/// The parts between commas; a comma between two digits stays.
fn split_at_commas(word: &str) -> Vec<&str> {
    let is_digit = |at: Option<usize>| {
        let byte = at.and_then(|at| word.as_bytes().get(at));
        byte.is_some_and(u8::is_ascii_digit)
    };
    let commas = word.match_indices(',').map(|(at, _)| at);
    let cuts = commas.filter(|at| !(is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))));
    let mut parts = Vec::new();
    let mut from = 0;
    for at in cuts.chain([word.len()]) {
        parts.extend(word.get(from..at));
        from = at + 1;
    }
    parts
}

/// Whether the commas of a number stand where they do in India ("1,00,000") or in the West ("100,000").
fn is_grouped(number: &str) -> bool {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let groups: Vec<&str> = whole.split(',').collect();
    let are_digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let [first, middle @ .., last] = groups.as_slice() else {
        return false;
    };
    let is_in = |size: usize| first.len() <= size && middle.iter().all(|g| g.len() == size);
    groups.iter().all(are_digits)
        && are_digits(&fraction)
        && !first.starts_with('0')
        && last.len() == 3
        && (is_in(2) || is_in(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(String, String)> {
        read(text, usize::MAX)
            .rows
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
            assert_eq!(rows(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_line_without_a_quantity_keeps_its_product() {
        assert_eq!(rows("MCB-16C-SP"), [pair("MCB-16C-SP", "")]);
        assert!(rows(" \n\t\n").is_empty());
    }

    #[test]
    fn a_number_in_groups_is_read_whole_or_left_to_be_refused_and_never_in_part() {
        for (text, sku, quantity) in [
            ("MCB-16C-SP 1,500", "MCB-16C-SP", "1500"),
            ("MCB-16C-SP\t1,00,000", "MCB-16C-SP", "100000"),
            ("MCB-16C-SP; 100,000", "MCB-16C-SP", "100000"),
            ("MCB-16C-SP, 1,500.5", "MCB-16C-SP", "1500.5"),
            ("MCB-16, 1,500", "MCB-16", "1500"),
            ("MCB-16C-SP x1,500", "MCB-16C-SP", "1500"),
            ("MCB-16C-SP 1,50", "MCB-16C-SP", "1,50"),
            ("MCB-16C-SP 1,0,000", "MCB-16C-SP", "1,0,000"),
            ("MCB-16C-SP 1000,000", "MCB-16C-SP", "1000,000"),
            ("MCB-16C-SP 0,500", "MCB-16C-SP", "0,500"),
            ("MCB-16C-SP,1,500", "MCB-16C-SP", "1,500"),
            ("MCB-2,3", "MCB-2", "3"),
            ("MCB-2,breaker,3", "MCB-2", "3"),
            (" MCB-2,3 ,", "MCB-2", "3"),
            ("MCB-16C-SP,,60", "MCB-16C-SP", "60"),
        ] {
            assert_eq!(rows(text), [pair(sku, quantity)], "{text}");
        }
    }

    #[test]
    fn lines_without_room_are_given_back_as_they_were_typed() {
        let pasted = read("A 1\n\nB 2\n C, 1,500\n\nD 4\n", 2);
        assert_eq!(pasted.rows.len(), 2);
        assert_eq!(pasted.rest, " C, 1,500\nD 4");
        assert_eq!(read("A 1", 1).rest, "");
    }
}
