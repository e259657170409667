//! GST on a line and the totals of a document.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::rate::Rate;
use crate::rounding;

/// Which taxes a supply bears.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum SupplyKind {
    /// Within a State, or a union territory with a legislature: CGST and SGST.
    IntraState,
    /// Within a union territory without a legislature: CGST and UTGST.
    IntraUnionTerritory,
    /// Between States: IGST.
    InterState,
    /// Export or SEZ under a bond or letter of undertaking: no tax is charged.
    ZeroRated,
}

/// A stored text that names no kind of supply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Choose INTRA_STATE, INTRA_UNION_TERRITORY, INTER_STATE or ZERO_RATED as the kind of supply"
)]
pub struct SupplyKindError;

impl SupplyKind {
    pub const ALL: [Self; 4] = [
        Self::IntraState,
        Self::IntraUnionTerritory,
        Self::InterState,
        Self::ZeroRated,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IntraState => "INTRA_STATE",
            Self::IntraUnionTerritory => "INTRA_UNION_TERRITORY",
            Self::InterState => "INTER_STATE",
            Self::ZeroRated => "ZERO_RATED",
        }
    }

    pub fn parse(text: &str) -> Result<Self, SupplyKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(SupplyKindError)
    }
}

text_value!(SupplyKind, SupplyKindError);

/// The tax on a line or a document by component. CGST stands with either SGST or UTGST; IGST
/// stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TaxSplit {
    pub cgst: Money,
    pub sgst: Money,
    pub utgst: Money,
    pub igst: Money,
}

impl TaxSplit {
    pub const ZERO: Self = Self {
        cgst: Money::ZERO,
        sgst: Money::ZERO,
        utgst: Money::ZERO,
        igst: Money::ZERO,
    };

    #[must_use]
    pub fn total(self) -> Money {
        self.cgst + self.sgst + self.utgst + self.igst
    }
}

impl Add for TaxSplit {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cgst: self.cgst + other.cgst,
            sgst: self.sgst + other.sgst,
            utgst: self.utgst + other.utgst,
            igst: self.igst + other.igst,
        }
    }
}

impl AddAssign for TaxSplit {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for TaxSplit {
    fn sum<I: Iterator<Item = Self>>(splits: I) -> Self {
        splits.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a TaxSplit> for TaxSplit {
    fn sum<I: Iterator<Item = &'a TaxSplit>>(splits: I) -> Self {
        splits.copied().sum()
    }
}

/// The tax on one line's taxable value at `rate` (the whole GST rate).
///
/// Each component is rounded by itself, so CGST always equals its twin, and the two together may
/// differ from the IGST on the same value by one paisa.
#[must_use]
pub fn split(taxable: Money, rate: Rate, kind: SupplyKind) -> TaxSplit {
    match kind {
        SupplyKind::IntraState => {
            let half = rounding::half_percent(taxable, rate);
            TaxSplit {
                cgst: half,
                sgst: half,
                ..TaxSplit::ZERO
            }
        }
        SupplyKind::IntraUnionTerritory => {
            let half = rounding::half_percent(taxable, rate);
            TaxSplit {
                cgst: half,
                utgst: half,
                ..TaxSplit::ZERO
            }
        }
        SupplyKind::InterState => TaxSplit {
            igst: rounding::percent(taxable, rate),
            ..TaxSplit::ZERO
        },
        SupplyKind::ZeroRated => TaxSplit::ZERO,
    }
}

/// The foot of an order or invoice: taxable + tax + round_off = total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DocumentTotals {
    pub taxable: Money,
    pub tax: TaxSplit,
    pub round_off: Money,
    /// Whole rupees.
    pub total: Money,
}

/// Adds up lines of (taxable value, tax), each rounded already, and rounds the sum to the rupee.
#[must_use]
pub fn totals(lines: impl IntoIterator<Item = (Money, TaxSplit)>) -> DocumentTotals {
    let mut taxable = Money::ZERO;
    let mut tax = TaxSplit::ZERO;
    for (line_taxable, line_tax) in lines {
        taxable += line_taxable;
        tax += line_tax;
    }
    let rounded = rounding::to_rupee(taxable + tax.total());
    DocumentTotals {
        taxable,
        tax,
        round_off: rounded.round_off,
        total: rounded.total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::constant;
    use proptest::prelude::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    /// Taxable, rate, half within the State, round-off and total within it; IGST, round-off and
    /// total between States. Computed apart from this code.
    const LINES: [(&str, &str, [&str; 3], [&str; 3]); 9] = [
        (
            "100000",
            "18",
            ["9000.00", "0.00", "118000"],
            ["18000.00", "0.00", "118000"],
        ),
        (
            "15.20",
            "12",
            ["0.91", "-0.02", "17"],
            ["1.82", "-0.02", "17"],
        ),
        ("0.10", "5", ["0.00", "-0.10", "0"], ["0.01", "-0.11", "0"]),
        (
            "999.99",
            "18",
            ["90.00", "0.01", "1180"],
            ["180.00", "0.01", "1180"],
        ),
        (
            "1250.00",
            "0.25",
            ["1.56", "-0.12", "1253"],
            ["3.13", "-0.13", "1253"],
        ),
        (
            "7777.77",
            "40",
            ["1555.55", "0.13", "10889"],
            ["3111.11", "0.12", "10889"],
        ),
        ("1.00", "0", ["0.00", "0.00", "1"], ["0.00", "0.00", "1"]),
        ("2.50", "5", ["0.06", "0.38", "3"], ["0.13", "0.37", "3"]),
        ("0.01", "18", ["0.00", "-0.01", "0"], ["0.00", "-0.01", "0"]),
    ];

    #[test]
    fn tax_and_totals_agree_with_figures_computed_elsewhere() {
        for (taxable, rate, [half, round_off, total], [igst, igst_round_off, igst_total]) in LINES {
            let (taxable, rate) = (money(taxable), Rate::parse(rate).unwrap());
            let half = money(half);

            let intra = split(taxable, rate, SupplyKind::IntraState);
            assert_eq!(
                intra,
                TaxSplit {
                    cgst: half,
                    sgst: half,
                    ..TaxSplit::ZERO
                }
            );
            let foot = totals([(taxable, intra)]);
            assert_eq!(
                (foot.round_off, foot.total),
                (money(round_off), money(total))
            );

            let territory = split(taxable, rate, SupplyKind::IntraUnionTerritory);
            assert_eq!(
                territory,
                TaxSplit {
                    cgst: half,
                    utgst: half,
                    ..TaxSplit::ZERO
                }
            );

            let inter = split(taxable, rate, SupplyKind::InterState);
            assert_eq!(
                inter,
                TaxSplit {
                    igst: money(igst),
                    ..TaxSplit::ZERO
                }
            );
            let foot = totals([(taxable, inter)]);
            assert_eq!(
                (foot.round_off, foot.total),
                (money(igst_round_off), money(igst_total))
            );

            assert_eq!(split(taxable, rate, SupplyKind::ZeroRated), TaxSplit::ZERO);
        }
    }

    #[test]
    fn one_lakh_at_eighteen_percent_is_one_lakh_eighteen_thousand() {
        let tax = split(
            money("100000"),
            Rate::parse("18").unwrap(),
            SupplyKind::IntraState,
        );
        assert_eq!(
            totals([(money("100000"), tax)]),
            DocumentTotals {
                taxable: money("100000"),
                tax,
                round_off: Money::ZERO,
                total: money("118000"),
            }
        );
    }

    #[test]
    fn a_document_without_lines_totals_nothing() {
        assert_eq!(totals([]), DocumentTotals::default());
    }

    #[test]
    fn the_total_is_rounded_once_and_not_by_line() {
        let line = (money("0.40"), TaxSplit::ZERO);
        assert_eq!(totals([line, line, line]).total, money("1"));
        assert_eq!(totals([line, line, line]).round_off, money("-0.20"));
    }

    #[test]
    fn kinds_of_supply_are_stored_by_their_names() {
        for kind in SupplyKind::ALL {
            crate::check::text_value(&kind);
        }
        assert_eq!(
            SupplyKind::IntraUnionTerritory.to_string(),
            "INTRA_UNION_TERRITORY"
        );
        assert!(SupplyKind::parse("intra_state").is_err());
    }

    #[test]
    fn a_split_is_four_strings_in_json() {
        let tax = split(
            money("600"),
            Rate::parse("18").unwrap(),
            SupplyKind::IntraState,
        );
        let json = serde_json::to_string(&tax).unwrap();
        assert_eq!(
            json,
            r#"{"cgst":"54.00","sgst":"54.00","utgst":"0.00","igst":"0.00"}"#
        );
        assert_eq!(serde_json::from_str::<TaxSplit>(&json).unwrap(), tax);
    }

    fn any_line() -> impl Strategy<Value = (Money, Rate)> {
        (0_i64..=99_999_999_999, 0_i64..=10_000).prop_map(|(paise, basis_points)| {
            let rate = Rate::try_new(constant(basis_points, 2)).unwrap();
            (Money::from_paise(paise), rate)
        })
    }

    proptest! {
        #[test]
        fn the_halves_are_equal_and_together_within_a_paisa_of_the_whole((taxable, rate) in any_line()) {
            let intra = split(taxable, rate, SupplyKind::IntraState);
            let territory = split(taxable, rate, SupplyKind::IntraUnionTerritory);
            let inter = split(taxable, rate, SupplyKind::InterState);
            prop_assert_eq!(intra.cgst, intra.sgst);
            prop_assert_eq!((intra.cgst, intra.sgst), (territory.cgst, territory.utgst));
            prop_assert!((intra.total() - inter.total()).abs() <= Money::from_paise(1));
            prop_assert!(inter.total() <= taxable);
        }

        #[test]
        fn the_foot_adds_up(lines in proptest::collection::vec(any_line(), 0..40), kind in 0_usize..4) {
            let kind = SupplyKind::ALL[kind];
            let lines: Vec<(Money, TaxSplit)> = lines
                .into_iter()
                .map(|(taxable, rate)| (taxable, split(taxable, rate, kind)))
                .collect();
            let foot = totals(lines.iter().copied());
            prop_assert_eq!(foot.taxable, lines.iter().map(|line| line.0).sum::<Money>());
            prop_assert_eq!(foot.tax, lines.iter().map(|line| line.1).sum::<TaxSplit>());
            prop_assert_eq!(foot.tax.total(), lines.iter().map(|line| line.1.total()).sum::<Money>());
            prop_assert_eq!(foot.taxable + foot.tax.total() + foot.round_off, foot.total);
            prop_assert_eq!(foot.total.as_paise() % 100, 0);
            prop_assert!(foot.round_off.abs() <= Money::from_paise(50));
        }
    }
}
