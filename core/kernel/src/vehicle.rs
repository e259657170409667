//! What a dispatch by road is known by: the vehicle and the e-way bill.

/// A registration number without blanks, in one of the forms on Indian plates: `KA01AB1234`
/// (State, office, series, number), `22BH1234AA` (Bharat series), or `MHA1234` (before 1989).
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct VehicleNumber(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a vehicle number such as KA01AB1234 or 22BH1234AA")]
pub struct VehicleNumberError;

impl VehicleNumber {
    /// Removes spaces and dashes, and upper-cases.
    pub fn parse(text: &str) -> Result<Self, VehicleNumberError> {
        let number: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if is_current_plate(&number) || is_bharat_plate(&number) || is_old_plate(&number) {
            Ok(Self(number))
        } else {
            Err(VehicleNumberError)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(VehicleNumber, VehicleNumberError);

/// Two letters, one or two digits, up to three letters, one to four digits. Without a series the
/// digits run together.
fn is_current_plate(number: &str) -> bool {
    let Some((state, rest)) = leading(number, |c| c.is_ascii_uppercase()) else {
        return false;
    };
    let Some((office, rest)) = leading(rest, |c| c.is_ascii_digit()) else {
        return false;
    };
    if state.len() != 2 {
        return false;
    }
    match leading(rest, |c| c.is_ascii_uppercase()) {
        Some((series, serial)) => office.len() <= 2 && series.len() <= 3 && is_serial(serial),
        None => rest.is_empty() && (5..=6).contains(&office.len()),
    }
}

/// Two digits of the year, BH, four digits, one or two letters.
fn is_bharat_plate(number: &str) -> bool {
    let Some((year, rest)) = number.split_once("BH") else {
        return false;
    };
    let Some((serial, series)) = leading(rest, |c| c.is_ascii_digit()) else {
        return false;
    };
    year.len() == 2
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && serial.len() == 4
        && (1..=2).contains(&series.len())
        && series.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Three letters and up to four digits.
fn is_old_plate(number: &str) -> bool {
    leading(number, |c| c.is_ascii_uppercase())
        .is_some_and(|(series, serial)| series.len() == 3 && is_serial(serial))
}

fn is_serial(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The longest start of `text` that is all of one class, and the rest; `None` if there is none.
fn leading(text: &str, class: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !class(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The number the e-way bill portal gave: 12 digits.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct EwayBillNumber(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an e-way bill number of 12 digits")]
pub struct EwayBillNumberError;

impl EwayBillNumber {
    /// Removes the spaces the portal prints between groups.
    pub fn parse(text: &str) -> Result<Self, EwayBillNumberError> {
        let digits: String = text.trim().chars().filter(|&c| c != ' ').collect();
        if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EwayBillNumberError);
        }
        Ok(Self(digits))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(EwayBillNumber, EwayBillNumberError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plates_are_taken_as_people_write_them() {
        for (written, plate) in [
            ("KA01AB1234", "KA01AB1234"),
            (" ka 01 ab 1234 ", "KA01AB1234"),
            ("MH-12-DE-1433", "MH12DE1433"),
            ("DL1CAA1111", "DL1CAA1111"),
            ("GJ05A12", "GJ05A12"),
            ("RJ141234", "RJ141234"),
            ("UP71234", "UP71234"),
            ("22BH1234AA", "22BH1234AA"),
            ("21 BH 0001 A", "21BH0001A"),
            ("MHA1234", "MHA1234"),
        ] {
            let vehicle = VehicleNumber::parse(written).unwrap();
            assert_eq!(vehicle.as_str(), plate);
            crate::check::text_value(&vehicle);
        }
    }

    #[test]
    fn what_is_no_plate_is_refused() {
        for text in [
            "",
            "KA",
            "KA01",
            "K01AB1234",
            "KA01AB",
            "KA01AB12345",
            "KA001AB1234",
            "KA01ABCD1234",
            "01KA1234",
            "22BH123A",
            "2BH1234AA",
            "22BH1234AAA",
            "22BH12345",
            "KA01AB1234X",
            "KA/01/1234",
            "KAAB1234",
            "ABCD1234",
            "क01AB1234",
            "KA01AB12\n34",
            "1234",
            "MHA",
        ] {
            assert_eq!(
                VehicleNumber::parse(text),
                Err(VehicleNumberError),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_e_way_bill_has_twelve_digits() {
        let bill = EwayBillNumber::parse(" 1810 0000 1234 ").unwrap();
        assert_eq!(bill.as_str(), "181000001234");
        crate::check::text_value(&bill);
        for text in [
            "",
            "18100000123",
            "1810000012345",
            "18100000123A",
            "१८१००००००१२३४",
        ] {
            assert_eq!(
                EwayBillNumber::parse(text),
                Err(EwayBillNumberError),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_plate_comes_back(
            text in "([A-Z]{2}[0-9]{1,2}[A-Z]{1,3}[0-9]{1,4})|([0-9]{2}BH[0-9]{4}[A-Z]{1,2})|([A-Z]{3}[0-9]{1,4})",
        ) {
            let vehicle = VehicleNumber::parse(&text).unwrap();
            prop_assert_eq!(vehicle.as_str(), &text);
            crate::check::text_value(&vehicle);
        }
    }
}
