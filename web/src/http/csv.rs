//! Values as the cells of a CSV file (RFC 4180), which people open in spreadsheets.

/// What spreadsheets begin a formula with, also written wide, and what they skip before one.
const FORMULA: [char; 12] = [
    '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0',
];

/// A quoted cell that no spreadsheet takes for a formula: an apostrophe goes before what would begin one.
#[must_use]
pub fn cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_ends_early() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(cell("＝1+1"), "\"'＝1+1\"");
        assert_eq!(cell("\t=1"), "\"'\t=1\"");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("VOLT-1"), "\"VOLT-1\"");
    }
}
