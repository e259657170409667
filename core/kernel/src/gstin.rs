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
