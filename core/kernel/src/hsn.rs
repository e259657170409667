//! The code of what is sold, in the harmonised system of nomenclature.

/// An HSN code of 4, 6 or 8 digits, or the SAC of a service (which begins with 99). How many
/// digits an invoice must show depends on the seller's turnover, and is not decided here.
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
pub struct Hsn(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an HSN code of 4, 6 or 8 digits")]
pub struct HsnError;

impl Hsn {
    pub fn parse(text: &str) -> Result<Self, HsnError> {
        let digits = text.trim();
        if !matches!(digits.len(), 4 | 6 | 8) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HsnError);
        }
        Ok(Self(digits.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_service(&self) -> bool {
        self.0.starts_with("99")
    }
}

text_value!(Hsn, HsnError);
