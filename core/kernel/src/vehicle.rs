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
