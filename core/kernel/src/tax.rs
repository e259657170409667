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
