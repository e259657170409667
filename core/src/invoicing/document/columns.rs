//! Widths of table columns, computed from what stands in them.
//!
//! The renderer lays out tables with fixed columns a third faster, and a fixed width chosen by
//! eye would one day cut a crore in half. So the widths are estimated from the characters: columns
//! of figures get what they need, one column of text gets the rest, and where the rest is too
//! little the letters get smaller. Lengths are in micrometres, as integers.

/// The printable width of the page: A4 less the margins of the style sheet.
const PAGE_WIDTH: usize = 190_000;
/// Left and right padding of a cell together, as in the style sheet.
const PADDING: usize = 2_200;
/// Below this a description breaks into too many lines.
const LEAST_REST: usize = 48_000;
/// One typographic point.
const POINT: usize = 353;
/// In tenths of a point, from the one that reads best down to the smallest that can be read. At
/// the last, the greatest amounts that the columns of the database hold still fit.
const FONT_SIZES: [usize; 5] = [76, 72, 67, 62, 56];

/// A column of a table with all its cells.
pub(super) struct Column {
    pub head: String,
    pub kind: ColumnKind,
    pub cells: Vec<String>,
    /// The cell in the row of totals.
    pub foot: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// Right-aligned, never broken, at least as wide as its widest cell.
    Figures,
    /// Left-aligned, never broken, at least as wide as its widest cell.
    Code,
    /// Left-aligned, broken where needed, as wide as what is left.
    Text,
}

/// How the columns stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// In tenths of a point.
    pub font_size: usize,
    /// In micrometres, in the order of the columns.
    pub widths: Vec<usize>,
}

/// The widths of columns that fill the page, in the largest letters that leave the text room.
pub(super) fn lay_out(columns: &[Column]) -> Layout {
    let ems: Vec<usize> = columns.iter().map(needed).collect();
    let fits = |font_size: &usize| {
        let taken: usize = fixed(columns, &ems, *font_size).sum();
        taken + LEAST_REST <= PAGE_WIDTH
    };
    let [.., smallest] = FONT_SIZES;
    let font_size = FONT_SIZES.into_iter().find(fits).unwrap_or(smallest);
    let taken: usize = fixed(columns, &ems, font_size).sum();
    let spare = PAGE_WIDTH.saturating_sub(taken);
    let texts = columns
        .iter()
        .filter(|column| column.kind == ColumnKind::Text)
        .count();
    // Without a column of text all of them share what is left.
    let (to_text, to_others) = match texts {
        0 => (0, spare / columns.len().max(1)),
        texts => (spare / texts, 0),
    };
    let widths = columns
        .iter()
        .zip(&ems)
        .map(|(column, &em)| match column.kind {
            ColumnKind::Text => to_text,
            ColumnKind::Figures | ColumnKind::Code => width(em, font_size) + to_others,
        })
        .collect();
    Layout { font_size, widths }
}

fn fixed<'a>(
    columns: &'a [Column],
    ems: &'a [usize],
    font_size: usize,
) -> impl Iterator<Item = usize> + 'a {
    columns
        .iter()
        .zip(ems)
        .filter(|(column, _)| column.kind != ColumnKind::Text)
        .map(move |(_, &em)| width(em, font_size))
}

fn width(thousandths_of_em: usize, font_size: usize) -> usize {
    thousandths_of_em * font_size * POINT / 10_000 + PADDING
}

/// What a column's widest cell takes; of a heading, which may be broken, its longest word.
fn needed(column: &Column) -> usize {
    let cells = column
        .cells
        .iter()
        .chain(&column.foot)
        .map(|cell| extent(cell));
    let words = column.head.split(' ').map(extent);
    cells.chain(words).max().unwrap_or_default()
}

/// The width of a text in thousandths of its letters' size: a little more than Noto Sans takes in
/// bold.
fn extent(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '0'..='9' | '+' | '\u{2212}' | '₹' => 580,
            ',' | '.' | ' ' => 290,
            '/' | '-' => 420,
            '%' | 'M' | 'W' => 930,
            'a'..='z' => 620,
            _ => 720,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnKind, cells: &[&str]) -> Column {
        Column {
            head: String::new(),
            kind,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            foot: None,
        }
    }

    fn amounts(amount: &str, times: usize) -> Vec<Column> {
        let mut columns = vec![column(ColumnKind::Text, &["LED lamp"])];
        columns.extend((0..times).map(|_| column(ColumnKind::Figures, &[amount])));
        columns
    }

    #[test]
    fn the_columns_fill_the_page() {
        for columns in [
            amounts("540.00", 4),
            amounts("99,99,999.00", 6),
            amounts("9,99,99,99,99,999.99", 5),
        ] {
            let layout = lay_out(&columns);
            assert_eq!(layout.widths.iter().sum::<usize>(), PAGE_WIDTH);
            assert!(layout.widths[0] >= LEAST_REST, "{layout:?}");
        }
    }

    #[test]
    fn without_text_all_columns_share_what_is_left() {
        let columns = [
            column(ColumnKind::Code, &["853952"]),
            column(ColumnKind::Figures, &["5.00"]),
        ];
        let Layout { widths, .. } = lay_out(&columns);
        assert!(PAGE_WIDTH - widths.iter().sum::<usize>() < widths.len());
        assert!(widths[0] > widths[1]);
    }

    #[test]
    fn letters_get_smaller_only_when_the_text_lacks_room() {
        assert_eq!(lay_out(&amounts("540.00", 6)).font_size, FONT_SIZES[0]);
        assert!(lay_out(&amounts("9,99,99,99,99,999.99", 5)).font_size < FONT_SIZES[0]);
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell_or_word_of_its_heading() {
        let mut narrow = column(ColumnKind::Figures, &["1", "1,00,000.00", "5"]);
        let by_cell = needed(&narrow);
        assert_eq!(by_cell, extent("1,00,000.00"));
        narrow.head = "Unbelievably long".to_owned();
        assert_eq!(needed(&narrow), extent("Unbelievably"));
        narrow.foot = Some("9,99,99,99,99,999.99".to_owned());
        assert_eq!(needed(&narrow), extent("9,99,99,99,99,999.99"));
    }
}
