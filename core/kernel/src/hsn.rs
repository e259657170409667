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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_four_six_or_eight_digits() {
        for text in ["8536", "853650", "85365090", "0901", "998314"] {
            crate::check::text_value(&Hsn::parse(text).unwrap());
        }
        for text in [
            "",
            "85",
            "853",
            "85365",
            "8536509",
            "853650901",
            "85A6",
            "85 36",
            "८५३६",
        ] {
            assert_eq!(Hsn::parse(text), Err(HsnError), "{text:?}");
        }
        assert_eq!(Hsn::parse(" 8536 ").unwrap().as_str(), "8536");
    }

    #[test]
    fn services_begin_with_99() {
        assert!(Hsn::parse("998314").unwrap().is_service());
        assert!(!Hsn::parse("8536").unwrap().is_service());
        assert!(!Hsn::parse("0999").unwrap().is_service());
    }
}
