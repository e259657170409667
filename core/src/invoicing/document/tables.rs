//! The two tables that grow: the lines, and the summary by HSN.

use maud::{Markup, html};
use vitaran_kernel::{Money, Rate, SupplyKind, TaxSplit, UnitPrice};

use super::columns::{Column, ColumnKind, lay_out};
use super::invoice::InvoiceDocument;

/// A summary of up to so many rows is kept on one page.
const SHORT_SUMMARY: usize = 20;

/// One of the taxes that GST consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tax {
    Cgst,
    Sgst,
    Utgst,
    Igst,
}

impl Tax {
    /// The taxes that a supply bears, in the order of printing.
    pub(super) const fn of(kind: SupplyKind) -> &'static [Self] {
        match kind {
            SupplyKind::IntraState => &[Self::Cgst, Self::Sgst],
            SupplyKind::IntraUnionTerritory => &[Self::Cgst, Self::Utgst],
            SupplyKind::InterState => &[Self::Igst],
            SupplyKind::ZeroRated => &[],
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cgst => "CGST",
            Self::Sgst => "SGST",
            Self::Utgst => "UTGST",
            Self::Igst => "IGST",
        }
    }

    pub(super) const fn amount(self, split: &TaxSplit) -> Money {
        match self {
            Self::Cgst => split.cgst,
            Self::Sgst => split.sgst,
            Self::Utgst => split.utgst,
            Self::Igst => split.igst,
        }
    }

    /// This tax's share of the whole GST rate: "9%" of 18, "0.125%" of 0.25.
    fn rate(self, whole: Rate) -> String {
        let share = match self {
            Self::Igst => whole.as_decimal(),
            Self::Cgst | Self::Sgst | Self::Utgst => {
                whole.as_decimal() / rust_decimal::Decimal::TWO
            }
        };
        format!("{}%", share.normalize())
    }
}

/// What is supplied, at what price, with what tax.
pub(super) fn lines(invoice: &InvoiceDocument) -> Markup {
    let lines = &invoice.lines;
    let mut columns = vec![
        figures("#", lines, |line| line.line_no.to_string()),
        Column {
            kind: ColumnKind::Text,
            ..figures("Description of goods", lines, |line| {
                format!("{}\n{}", line.name, line.sku)
            })
        },
        code("HSN", lines, |line| line.hsn.to_string()),
        figures("Quantity", lines, |line| {
            format!("{} {}", line.quantity, line.uqc)
        }),
        figures("Unit price", lines, |line| price(line.unit_price)),
        money(
            "Taxable value",
            lines,
            |line| line.taxable,
            invoice.totals.taxable,
        ),
    ];
    let taxes = Tax::of(invoice.supply_kind);
    if !taxes.is_empty() {
        columns.push(figures("GST rate", lines, |line| {
            format!("{}%", line.tax_rate.as_decimal().normalize())
        }));
    }
    for tax in taxes {
        columns.push(money(
            tax.name(),
            lines,
            |line| tax.amount(&line.tax),
            tax.amount(&invoice.totals.tax),
        ));
    }
    if !taxes.is_empty() {
        columns.push(money(
            "Amount",
            lines,
            |line| line.total,
            invoice.totals.taxable + invoice.totals.tax.total(),
        ));
    }
    table("lines", lines.len(), &columns)
}

/// The lines by HSN and rate, with each tax's own rate (CGST Rule 46(l)).
pub(super) fn summary(invoice: &InvoiceDocument) -> Markup {
    let rows = &invoice.tax_summary;
    let taxes = Tax::of(invoice.supply_kind);
    let mut columns = vec![
        code("HSN", rows, |row| row.hsn.to_string()),
        figures("Quantity", rows, |row| {
            format!("{} {}", row.quantity, row.uqc)
        }),
        money(
            "Taxable value",
            rows,
            |row| row.taxable,
            invoice.totals.taxable,
        ),
    ];
    if !taxes.is_empty() {
        let names: Vec<&str> = taxes.iter().map(|tax| tax.name()).collect();
        columns.push(figures(
            &format!("{} rate", names.join(" + ")),
            rows,
            |row| {
                let rates: Vec<String> = taxes.iter().map(|tax| tax.rate(row.tax_rate)).collect();
                rates.join(" + ")
            },
        ));
    }
    for tax in taxes {
        columns.push(money(
            tax.name(),
            rows,
            |row| tax.amount(&row.tax),
            tax.amount(&invoice.totals.tax),
        ));
    }
    if taxes.len() > 1 {
        columns.push(money(
            "Total tax",
            rows,
            |row| row.tax.total(),
            invoice.totals.tax.total(),
        ));
    }
    let class = if rows.len() <= SHORT_SUMMARY {
        "summary whole"
    } else {
        "summary"
    };
    table(class, rows.len(), &columns)
}

/// A table whose head is repeated on every page and whose totals stand once, at its end.
fn table(class: &str, rows: usize, columns: &[Column]) -> Markup {
    let layout = lay_out(columns);
    let label_span = columns
        .iter()
        .take_while(|column| column.foot.is_none())
        .count();
    let points = format!("{}.{}", layout.font_size / 10, layout.font_size % 10);
    html! {
        table class={ "grid " (class) } style={ "font-size:" (points) "pt" } {
            @for width in &layout.widths {
                col style={ "width:" (width / 1000) "." (format!("{:03}", width % 1000)) "mm" };
            }
            thead {
                tr { @for column in columns { th class=[class_of(column)] scope="col" { (column.head) } } }
            }
            tbody {
                @for row in 0..rows {
                    tr {
                        @for column in columns {
                            td class=[class_of(column)] { @if let Some(cell) = column.cells.get(row) { (cell) } }
                        }
                    }
                }
                tr class="sum" {
                    td class="c" colspan=(label_span) { "Total" }
                    @for column in columns.iter().skip(label_span) {
                        td { @if let Some(foot) = &column.foot { (foot) } }
                    }
                }
            }
        }
    }
}

/// Figures are the rule, so they carry no class.
const fn class_of(column: &Column) -> Option<&'static str> {
    match column.kind {
        ColumnKind::Figures => None,
        ColumnKind::Code => Some("c"),
        ColumnKind::Text => Some("t"),
    }
}

fn figures<T>(head: &str, rows: &[T], cell: impl Fn(&T) -> String) -> Column {
    Column {
        head: head.to_owned(),
        kind: ColumnKind::Figures,
        cells: rows.iter().map(cell).collect(),
        foot: None,
    }
}

fn code<T>(head: &str, rows: &[T], cell: impl Fn(&T) -> String) -> Column {
    Column {
        kind: ColumnKind::Code,
        ..figures(head, rows, cell)
    }
}

fn money<T>(head: &str, rows: &[T], cell: impl Fn(&T) -> Money, total: Money) -> Column {
    Column {
        foot: Some(total.grouped()),
        ..figures(head, rows, |row| cell(row).grouped())
    }
}

/// Two decimals where they say it all, otherwise all four: "120.00", "0.1250".
fn price(price: UnitPrice) -> String {
    let full = price.grouped();
    match full.strip_suffix("00") {
        Some(short) => short.to_owned(),
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_has_its_share_of_the_rate() {
        for (whole, half, full) in [
            ("18", "9%", "18%"),
            ("5", "2.5%", "5%"),
            ("0.25", "0.125%", "0.25%"),
            ("0", "0%", "0%"),
            ("40.00", "20%", "40%"),
        ] {
            let rate = Rate::parse(whole).unwrap();
            for tax in [Tax::Cgst, Tax::Sgst, Tax::Utgst] {
                assert_eq!(tax.rate(rate), half);
            }
            assert_eq!(Tax::Igst.rate(rate), full);
        }
    }

    #[test]
    fn a_price_keeps_the_decimals_that_say_something() {
        for (written, printed) in [
            ("120", "120.00"),
            ("120.5", "120.50"),
            ("0.125", "0.1250"),
            ("100000.0001", "1,00,000.0001"),
            ("0", "0.00"),
        ] {
            assert_eq!(price(UnitPrice::parse(written).unwrap()), printed);
        }
    }
}
