//! Telephone numbers in E.164, as WhatsApp and diallers want them.

/// A number with its country code: "+919876543210". Without one it is taken for an Indian mobile.
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
pub struct Phone(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("Enter a phone number in digits, such as 98765 43210")]
    Characters,
    #[error("Enter an Indian mobile number of 10 digits that begins with 6, 7, 8 or 9")]
    IndianMobile,
    #[error("Enter a foreign number with plus and country code, such as +971 50 123 4567")]
    Foreign,
}

const INDIA: &str = "91";

impl Phone {
    /// Accepts spaces and dashes between digits, and for India the leading 0, 91 or +91.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let (rest, has_plus) = match text.strip_prefix('+') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError::Characters);
        }
        let national = match (has_plus, digits.len()) {
            (true, _) => match digits.strip_prefix(INDIA) {
                Some(national) => national,
                None => return Self::foreign(&digits),
            },
            (false, 12) => digits.strip_prefix(INDIA).unwrap_or_default(),
            (false, 11) => digits.strip_prefix('0').unwrap_or_default(),
            (false, _) => digits.as_str(),
        };
        if national.len() == 10 && national.starts_with(['6', '7', '8', '9']) {
            Ok(Self(format!("+{INDIA}{national}")))
        } else {
            Err(PhoneError::IndianMobile)
        }
    }

    /// E.164: at most 15 digits, and no country code begins with 0.
    fn foreign(digits: &str) -> Result<Self, PhoneError> {
        if digits.starts_with('0') || !(8..=15).contains(&digits.len()) {
            return Err(PhoneError::Foreign);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// "+919876543210"
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// "919876543210", as WhatsApp's API wants it.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// "+91••••••3210": enough to recognise one's own number, too little to call another's.
    #[must_use]
    pub fn masked(&self) -> String {
        const SHOWN_AT_END: usize = 4;
        // The length of a foreign country code is not known, so none of it is shown.
        let code = if self.digits().starts_with(INDIA) {
            INDIA
        } else {
            ""
        };
        let digits = self.digits();
        let hidden = digits.len() - code.len() - SHOWN_AT_END;
        let end: String = digits.chars().skip(digits.len() - SHOWN_AT_END).collect();
        format!("+{code}{}{end}", "•".repeat(hidden))
    }
}

text_value!(Phone, PhoneError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_indian_mobile_is_taken_as_people_write_it() {
        for text in [
            "9876543210",
            "09876543210",
            "919876543210",
            "+919876543210",
            "+91 98765 43210",
            "+91-98765-43210",
            " 98765 43210 ",
            "0 98765-43210",
            "91 9876543210",
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(phone.as_str(), "+919876543210", "{text:?}");
            assert_eq!(phone.digits(), "919876543210");
            assert_eq!(phone.masked(), "+91••••••3210");
            crate::check::text_value(&phone);
        }
    }

    #[test]
    fn what_is_no_indian_mobile_is_refused() {
        for text in [
            "5876543210",
            "987654321",
            "98765432100",
            "1234",
            "+915876543210",
            "+9198765432",
            "+91987654321000",
            "929876543210",
            "00919876543210",
            "022 2345 6789",
        ] {
            assert_eq!(
                Phone::parse(text),
                Err(PhoneError::IndianMobile),
                "{text:?}"
            );
        }
        for text in [
            "",
            "+",
            "-",
            "abc",
            "98765x3210",
            "++919876543210",
            "98765+43210",
            "९८७६५४३२१०",
            "98765\n43210",
        ] {
            assert_eq!(Phone::parse(text), Err(PhoneError::Characters), "{text:?}");
        }
    }

    #[test]
    fn a_foreign_number_needs_its_plus() {
        let dubai = Phone::parse("+971 50 123 4567").unwrap();
        assert_eq!(
            (dubai.as_str(), dubai.digits()),
            ("+971501234567", "971501234567")
        );
        assert_eq!(dubai.masked(), "+••••••••4567");
        assert_eq!(
            Phone::parse("+1 415 555 0123").unwrap().as_str(),
            "+14155550123"
        );
        assert_eq!(Phone::parse("971501234567"), Err(PhoneError::IndianMobile));
        for text in ["+0123456789", "+1234567", "+1234567890123456"] {
            assert_eq!(Phone::parse(text), Err(PhoneError::Foreign), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back_and_masks_all_but_its_end(
            text in "(\\+91[6-9][0-9]{9})|(\\+[1-8][0-9]{7,14})",
        ) {
            let phone = Phone::parse(&text).unwrap();
            prop_assert_eq!(phone.as_str(), &text);
            crate::check::text_value(&phone);
            let masked = phone.masked();
            prop_assert_eq!(masked.chars().count(), text.chars().count());
            prop_assert!(masked.ends_with(&text[text.len() - 4..]));
            prop_assert!(masked.matches('•').count() >= 4);
        }
    }
}
