//! What is counted is whole: half a box is no quantity of boxes, half a metre of cable is one.

use vitaran_kernel::{Quantity, Uqc};

/// Why a quantity does not fit its product's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("Enter a whole number, {} are counted", .unit.name().to_lowercase())]
    Fraction { unit: Uqc },
    #[error("Enter a quantity above zero")]
    NotPositive,
}

/// The quantity, if the unit can have it: whole where the unit is counted.
pub fn in_unit(quantity: Quantity, unit: Uqc) -> Result<Quantity, UnitError> {
    if unit.is_whole() && !quantity.is_whole() {
        return Err(UnitError::Fraction { unit });
    }
    Ok(quantity)
}

/// As [`in_unit`] for what is ordered or received: more than nothing.
pub fn positive_in_unit(quantity: Quantity, unit: Uqc) -> Result<Quantity, UnitError> {
    if !quantity.is_positive() {
        return Err(UnitError::NotPositive);
    }
    in_unit(quantity, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qty(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn counted_units_take_no_fraction_and_measured_ones_do() {
        assert_eq!(
            in_unit(qty("2.5"), Uqc::Nos),
            Err(UnitError::Fraction { unit: Uqc::Nos })
        );
        assert_eq!(in_unit(qty("2.000"), Uqc::Nos), Ok(qty("2")));
        assert_eq!(in_unit(qty("2.5"), Uqc::Mtr), Ok(qty("2.5")));
        assert_eq!(in_unit(qty("-2.5"), Uqc::Mtr), Ok(qty("-2.5")));
    }

    #[test]
    fn nothing_and_less_than_nothing_are_not_ordered() {
        for text in ["0", "-1"] {
            assert_eq!(
                positive_in_unit(qty(text), Uqc::Nos),
                Err(UnitError::NotPositive)
            );
        }
    }

    #[test]
    fn the_sentence_names_the_unit() {
        assert_eq!(
            UnitError::Fraction { unit: Uqc::Box }.to_string(),
            "Enter a whole number, boxes are counted"
        );
    }
}
