//! The GST identification number: its forms, check digit, State and PAN.

use crate::india::StateCode;

/// Characters in a GSTIN of any kind.
const LENGTH: usize = 15;

/// A GSTIN whose form, State and check digit are right. Whether it is registered and active only
/// the portal knows.
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
pub struct Gstin {
    text: String,
    kind: GstinKind,
    state: StateCode,
}

/// Whose GSTIN it is, as its form tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GstinKind {
    /// A regular or composition taxpayer, or an SEZ unit.
    Normal,
    /// A government department that is not a taxpayer.
    GovernmentDepartment,
    /// A United Nations body or embassy (a unique identity number, UIN).
    UnBody,
    /// A deductor of tax at source.
    TaxDeductor,
    /// An e-commerce operator collecting tax at source.
    EcommerceOperator,
    /// A non-resident taxable person.
    NonResident,
    /// A supplier abroad of online services.
    Oidar,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GstinError {
    #[error("Enter a GSTIN of 15 characters")]
    Length,
    #[error("Enter only letters and digits in the GSTIN")]
    Characters,
    #[error("The GSTIN begins with {code}, which is not a State code")]
    UnknownState { code: String },
    #[error(
        "The GSTIN has a letter or digit in the wrong place, compare it with the registration certificate"
    )]
    Form,
    #[error(
        "The last character of the GSTIN does not fit the others, check it for a typing mistake"
    )]
    CheckDigit,
}

/// Why a text is no GSTIN under which goods are supplied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxpayerGstinError {
    #[error(transparent)]
    Gstin(#[from] GstinError),
    #[error("This GSTIN is for deducting tax at source, enter the one for supplies")]
    TaxDeductor,
    #[error("This GSTIN is for collecting tax at source, enter the one for supplies")]
    EcommerceOperator,
    #[error("This GSTIN is not that of a regular taxpayer")]
    OtherKind,
}

type Class = fn(u8) -> bool;

const DIGIT: Class = |byte| byte.is_ascii_digit();
const LETTER: Class = |byte| byte.is_ascii_uppercase();
const EITHER: Class = |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase();
const NOT_ZERO: Class = |byte| byte != b'0' && (byte.is_ascii_digit() || byte.is_ascii_uppercase());
/// The 14th character of a taxpayer's GSTIN: Z by default, the others held in reserve.
const RESERVE: Class = |byte| matches!(byte, b'Z' | b'1'..=b'9' | b'A' | b'B' | b'D'..=b'J');
const NINE: Class = |byte| byte == b'9';
const C: Class = |byte| byte == b'C';
const D: Class = |byte| byte == b'D';
const N: Class = |byte| byte == b'N';
const O: Class = |byte| byte == b'O';
const R: Class = |byte| byte == b'R';
const S: Class = |byte| byte == b'S';
const Z: Class = |byte| byte == b'Z';
const U_OR_O: Class = |byte| matches!(byte, b'U' | b'O');

/// The published forms, most particular first: a deductor's 14th character D is also one of the
/// taxpayer's reserve.
#[rustfmt::skip]
const FORMS: [(GstinKind, [Class; LENGTH]); 7] = [
    (GstinKind::Oidar,
        [NINE, NINE, DIGIT, DIGIT, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, O, S, EITHER]),
    (GstinKind::NonResident,
        [DIGIT, DIGIT, DIGIT, DIGIT, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, N, R, EITHER]),
    (GstinKind::UnBody,
        [DIGIT, DIGIT, DIGIT, DIGIT, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, U_OR_O, N, EITHER]),
    (GstinKind::GovernmentDepartment,
        [DIGIT, DIGIT, LETTER, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, LETTER, DIGIT, Z, DIGIT]),
    (GstinKind::TaxDeductor,
        [DIGIT, DIGIT, LETTER, LETTER, LETTER, LETTER, EITHER, DIGIT, DIGIT, DIGIT, DIGIT, LETTER, NOT_ZERO, D, EITHER]),
    (GstinKind::EcommerceOperator,
        [DIGIT, DIGIT, LETTER, LETTER, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, LETTER, NOT_ZERO, C, EITHER]),
    (GstinKind::Normal,
        [DIGIT, DIGIT, LETTER, LETTER, LETTER, LETTER, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, LETTER, NOT_ZERO, RESERVE, EITHER]),
];

impl Gstin {
    /// Trims and upper-cases first.
    pub fn parse(text: &str) -> Result<Self, GstinError> {
        let text = text.trim().to_uppercase();
        if text.chars().count() != LENGTH {
            return Err(GstinError::Length);
        }
        if !text.bytes().all(EITHER) {
            return Err(GstinError::Characters);
        }
        let state = registered_state(&text)?;
        let kind = kind_of(&text).ok_or(GstinError::Form)?;
        let (first_14, last) = text.split_at(LENGTH - 1);
        if Self::check_digit(first_14) != last.chars().next() {
            return Err(GstinError::CheckDigit);
        }
        Ok(Self { text, kind, state })
    }

    /// The GSTIN of somebody who buys or sells goods: of the other kinds one has a second, for supplies, or makes none.
    pub fn parse_taxpayers(text: &str) -> Result<Self, TaxpayerGstinError> {
        let gstin = Self::parse(text)?;
        match gstin.kind {
            GstinKind::Normal => Ok(gstin),
            GstinKind::TaxDeductor => Err(TaxpayerGstinError::TaxDeductor),
            GstinKind::EcommerceOperator => Err(TaxpayerGstinError::EcommerceOperator),
            GstinKind::GovernmentDepartment
            | GstinKind::UnBody
            | GstinKind::NonResident
            | GstinKind::Oidar => Err(TaxpayerGstinError::OtherKind),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub const fn kind(&self) -> GstinKind {
        self.kind
    }

    /// The State of the registration. 99 for OIDAR suppliers.
    #[must_use]
    pub const fn state(&self) -> StateCode {
        self.state
    }

    /// The holder's PAN. None for the kinds that are built on a TAN or a serial number instead.
    #[must_use]
    pub fn pan(&self) -> Option<&str> {
        let within = self.text.get(2..12)?;
        let is_pan = match self.kind {
            GstinKind::Normal | GstinKind::EcommerceOperator => true,
            // A TAN has a digit where a PAN has its fifth letter.
            GstinKind::TaxDeductor => within.as_bytes().get(4).copied().is_some_and(LETTER),
            GstinKind::GovernmentDepartment
            | GstinKind::UnBody
            | GstinKind::NonResident
            | GstinKind::Oidar => false,
        };
        is_pan.then_some(within)
    }

    /// The 15th character for the first 14: modulo 36 with the factors 1, 2, 1, 2, … None unless
    /// given 14 digits and capital letters.
    #[must_use]
    pub fn check_digit(first_14: &str) -> Option<char> {
        if first_14.len() != LENGTH - 1 || !first_14.bytes().all(EITHER) {
            return None;
        }
        let mut sum = 0;
        for (position, character) in first_14.chars().enumerate() {
            let factor = if position % 2 == 0 { 1 } else { 2 };
            let product = character.to_digit(36)? * factor;
            sum += product / 36 + product % 36;
        }
        char::from_digit((36 - sum % 36) % 36, 36).map(|digit| digit.to_ascii_uppercase())
    }
}

text_value!(Gstin, GstinError);

fn registered_state(text: &str) -> Result<StateCode, GstinError> {
    let code = text.get(..2).unwrap_or_default();
    if !code.bytes().all(DIGIT) {
        return Err(GstinError::Form);
    }
    StateCode::parse(code)
        .ok()
        .filter(|state| state.is_registrable())
        .ok_or_else(|| GstinError::UnknownState {
            code: code.to_owned(),
        })
}

fn kind_of(text: &str) -> Option<GstinKind> {
    FORMS
        .iter()
        .find(|(_, form)| form.iter().zip(text.bytes()).all(|(fits, byte)| fits(byte)))
        .map(|&(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    fn gstin(text: &str) -> Gstin {
        Gstin::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// `first_14` with the check digit it needs.
    fn complete(first_14: &str) -> String {
        format!("{first_14}{}", Gstin::check_digit(first_14).unwrap())
    }

    #[test]
    fn known_numbers_are_valid() {
        for text in [
            "27AAPFU0939F1ZV",
            "24AAQCA8719H1ZC",
            "29AABCR1718E1ZL",
            "24AANFA2641L1ZF",
            "05AAACG2115R1ZN",
            "12GEOPS0823BBZH",
            "29AAGCB7383J1Z4",
            "29AAFCC9980M1ZR",
            "27VOLTC1234A1ZU",
            "29AMPCE5678B1ZI",
            "07DLRPF4321K1ZW",
            "24GUJCD2468M1Z0",
            "33TNDPH1357Q1ZB",
            "04CHDPA9753Z1ZF",
            "26DNHFB8642L1Z9",
            "38LADPC1122D1Z9",
            "35ANDPD3344E1ZK",
            "09UPDCG5566H2ZW",
            "19WBDFH7788JAZQ",
        ] {
            let parsed = gstin(text);
            assert_eq!(parsed.kind(), GstinKind::Normal);
            assert_eq!(parsed.state().as_str(), &text[..2]);
            assert_eq!(parsed.pan(), Some(&text[2..12]));
            crate::check::text_value(&parsed);
        }
    }

    #[test]
    fn the_worked_examples_have_their_check_digits() {
        assert_eq!(Gstin::check_digit("27AAPFU0939F1Z"), Some('V'));
        assert_eq!(Gstin::check_digit("24AAQCA8719H1Z"), Some('C'));
        for not_14 in [
            "",
            "27AAPFU0939F1",
            "27AAPFU0939F1ZV",
            "27aapfu0939f1z",
            "27AAPFU0939F1é",
        ] {
            assert_eq!(Gstin::check_digit(not_14), None);
        }
    }

    #[test]
    fn blanks_around_and_small_letters_are_put_right() {
        assert_eq!(gstin(" 27aapfu0939f1zv\n").as_str(), "27AAPFU0939F1ZV");
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let unknown = |code: &str| GstinError::UnknownState {
            code: code.to_owned(),
        };
        for (text, error) in [
            ("", GstinError::Length),
            ("27AAPFU0939F1Z", GstinError::Length),
            ("27AAPFU0939F1ZVV", GstinError::Length),
            ("27AAPFU0939F1Z-", GstinError::Characters),
            ("27 AAPFU0939F1Z", GstinError::Characters),
            ("२७AAPFU0939F1ZV", GstinError::Characters),
            ("27AAPFU0939F1Zé", GstinError::Characters),
            ("00AAPFU0939F1ZV", unknown("00")),
            ("39AAPFU0939F1ZV", unknown("39")),
            ("96AAPFU0939F1ZV", unknown("96")),
            ("A7AAPFU0939F1ZV", GstinError::Form),
            ("27AAPF90939F1ZV", GstinError::Form),
            ("27AAPFU0939F0ZV", GstinError::Form),
            ("27AAPFU0939F1KV", GstinError::Form),
            ("27AAPFU0939F1ZW", GstinError::CheckDigit),
            // The e-invoice sandbox's own numbers do not have a right check digit.
            ("36AMBPG7773M002", GstinError::Form),
        ] {
            assert_eq!(Gstin::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            GstinError::Length.to_string(),
            "Enter a GSTIN of 15 characters"
        );
        assert_eq!(
            unknown("00").to_string(),
            "The GSTIN begins with 00, which is not a State code"
        );
    }

    #[test]
    fn the_form_tells_whose_number_it_is() {
        for (first_14, kind, pan) in [
            ("27AAPFU0939F1Z", GstinKind::Normal, Some("AAPFU0939F")),
            ("27AAPFU0939F11", GstinKind::Normal, Some("AAPFU0939F")),
            (
                "27AAPFU0939F1C",
                GstinKind::EcommerceOperator,
                Some("AAPFU0939F"),
            ),
            ("27AAPFU0939F1D", GstinKind::TaxDeductor, Some("AAPFU0939F")),
            ("27MUMA11234F1D", GstinKind::TaxDeductor, None),
            ("0717UNO00157UN", GstinKind::UnBody, None),
            ("0717AFG00001ON", GstinKind::UnBody, None),
            ("2718USA12345NR", GstinKind::NonResident, None),
            ("9918USA12345OS", GstinKind::Oidar, None),
        ] {
            let parsed = gstin(&complete(first_14));
            assert_eq!((parsed.kind(), parsed.pan()), (kind, pan), "{first_14}");
            crate::check::text_value(&parsed);
        }
    }

    #[test]
    fn goods_are_supplied_under_the_gstin_of_a_taxpayer_and_of_no_other_kind() {
        let own = Gstin::parse_taxpayers("27AAPFU0939F1ZV").unwrap();
        assert_eq!(own.kind(), GstinKind::Normal);
        for (first_14, error) in [
            ("27AAPFU0939F1D", TaxpayerGstinError::TaxDeductor),
            ("27AAPFU0939F1C", TaxpayerGstinError::EcommerceOperator),
            ("0717UNO00157UN", TaxpayerGstinError::OtherKind),
            ("2718USA12345NR", TaxpayerGstinError::OtherKind),
            ("9918USA12345OS", TaxpayerGstinError::OtherKind),
        ] {
            let refused = Gstin::parse_taxpayers(&complete(first_14));
            assert_eq!(refused, Err(error), "{first_14}");
        }
        assert_eq!(
            Gstin::parse_taxpayers("27AAPFU0939F1ZW"),
            Err(TaxpayerGstinError::Gstin(GstinError::CheckDigit))
        );
    }

    #[test]
    fn a_government_department_has_a_digit_at_the_end() {
        let numbers: Vec<String> = (0..=99_999)
            .map(|serial| complete(&format!("27MUMA{serial:05}F0Z")))
            .filter(|text| text.ends_with(|c: char| c.is_ascii_digit()))
            .take(50)
            .collect();
        assert_eq!(numbers.len(), 50);
        for text in numbers {
            assert_eq!(gstin(&text).kind(), GstinKind::GovernmentDepartment);
            assert_eq!(gstin(&text).pan(), None);
        }
    }

    fn any_gstin() -> impl Strategy<Value = String> {
        let states: Vec<StateCode> = StateCode::all_current().collect();
        (
            proptest::sample::select(states),
            "[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][Z1-9ABE-J]",
        )
            .prop_map(|(state, rest)| complete(&format!("{state}{rest}")))
    }

    proptest! {
        #[test]
        fn every_well_formed_number_is_taken(text in any_gstin()) {
            let parsed = gstin(&text);
            prop_assert_eq!(parsed.kind(), GstinKind::Normal);
            prop_assert_eq!(parsed.as_str(), &text);
            crate::check::text_value(&parsed);
        }

        #[test]
        fn no_single_mistyped_character_goes_unnoticed(text in any_gstin()) {
            for position in 0..LENGTH {
                for wrong in ALPHABET.chars().filter(|&c| !text[position..].starts_with(c)) {
                    let mut typed: Vec<char> = text.chars().collect();
                    typed[position] = wrong;
                    let typed: String = typed.into_iter().collect();
                    let check = Gstin::check_digit(&typed[..14]).unwrap();
                    prop_assert!(!typed.ends_with(check), "{} for {}", typed, text);
                    prop_assert!(Gstin::parse(&typed).is_err(), "{} for {}", typed, text);
                }
            }
        }

        #[test]
        fn no_text_makes_the_parser_fail_in_another_way(text in "\\PC{0,20}") {
            if let Ok(parsed) = Gstin::parse(&text) {
                crate::check::text(&parsed);
            }
        }
    }
}
