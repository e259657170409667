//! States, union territories and PIN codes, as GST numbers them.

/// A row of the table of State codes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    code: &'static str,
    name: &'static str,
    standing: Standing,
    local_tax: LocalTax,
    /// First three digits of its PIN codes, inclusive ranges; none where they are not settled.
    pin_prefixes: &'static [(u16, u16)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Standing {
    Current,
    /// Merged or divided since: only old GSTINs bear it.
    Old,
    PlaceOfSupplyOnly,
    /// The Centre's own registrations, such as OIDAR suppliers abroad.
    CentreJurisdiction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum LocalTax {
    Sgst,
    /// A union territory without a legislature.
    Utgst,
}

const fn state(
    code: &'static str,
    name: &'static str,
    pin_prefixes: &'static [(u16, u16)],
) -> State {
    State {
        code,
        name,
        standing: Standing::Current,
        local_tax: LocalTax::Sgst,
        pin_prefixes,
    }
}

const fn territory(
    code: &'static str,
    name: &'static str,
    pin_prefixes: &'static [(u16, u16)],
) -> State {
    State {
        local_tax: LocalTax::Utgst,
        ..state(code, name, pin_prefixes)
    }
}

const fn special(code: &'static str, name: &'static str, standing: Standing) -> State {
    State {
        standing,
        ..state(code, name, &[])
    }
}

static OTHER_COUNTRIES: State = special("96", "Other Countries", Standing::PlaceOfSupplyOnly);

static STATES: [&State; 41] = [
    &state("01", "Jammu and Kashmir", &[(180, 194)]),
    &state("02", "Himachal Pradesh", &[(171, 177)]),
    &state("03", "Punjab", &[(140, 160)]),
    &territory("04", "Chandigarh", &[(160, 160)]),
    &state("05", "Uttarakhand", &[(244, 263)]),
    &state("06", "Haryana", &[(121, 136)]),
    &state("07", "Delhi", &[(110, 110)]),
    &state("08", "Rajasthan", &[(301, 345)]),
    &state("09", "Uttar Pradesh", &[(201, 285)]),
    &state("10", "Bihar", &[(800, 855)]),
    &state("11", "Sikkim", &[(737, 737)]),
    &state("12", "Arunachal Pradesh", &[(790, 792)]),
    &state("13", "Nagaland", &[(797, 798)]),
    &state("14", "Manipur", &[(795, 795)]),
    &state("15", "Mizoram", &[(796, 796)]),
    &state("16", "Tripura", &[(799, 799)]),
    &state("17", "Meghalaya", &[(793, 794)]),
    &state("18", "Assam", &[(781, 788)]),
    &state("19", "West Bengal", &[(700, 743)]),
    &state("20", "Jharkhand", &[(813, 835)]),
    &state("21", "Odisha", &[(751, 770)]),
    &state("22", "Chhattisgarh", &[(490, 497)]),
    &state("23", "Madhya Pradesh", &[(450, 488)]),
    &state("24", "Gujarat", &[(360, 396)]),
    &special("25", "Daman and Diu", Standing::Old),
    &territory(
        "26",
        "Dadra and Nagar Haveli and Daman and Diu",
        &[(362, 362), (396, 396)],
    ),
    &state("27", "Maharashtra", &[(400, 445)]),
    &special("28", "Andhra Pradesh (before division)", Standing::Old),
    &state("29", "Karnataka", &[(560, 591)]),
    &state("30", "Goa", &[(403, 403)]),
    &territory("31", "Lakshadweep", &[(682, 682)]),
    &state("32", "Kerala", &[(670, 695)]),
    &state("33", "Tamil Nadu", &[(600, 643)]),
    &state(
        "34",
        "Puducherry",
        &[(533, 533), (605, 605), (607, 607), (609, 609), (673, 673)],
    ),
    &territory("35", "Andaman and Nicobar Islands", &[(744, 744)]),
    &state("36", "Telangana", &[]),
    &state("37", "Andhra Pradesh", &[(500, 535)]),
    &territory("38", "Ladakh", &[]),
    &OTHER_COUNTRIES,
    &territory("97", "Other Territory", &[]),
    &special("99", "Centre Jurisdiction", Standing::CentreJurisdiction),
];

/// The two digits GST gives a State or union territory: the start of a GSTIN, or a place of
/// supply. Ordered by code.
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
pub struct StateCode(&'static State);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateCodeError {
    #[error("Enter a State code of two digits, such as 27")]
    NotTwoDigits,
    #[error("{0} is not a State code")]
    Unknown(String),
}

impl StateCode {
    /// 96: a place of supply outside India.
    pub const OTHER_COUNTRIES: Self = Self(&OTHER_COUNTRIES);

    pub fn parse(text: &str) -> Result<Self, StateCodeError> {
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(StateCodeError::NotTwoDigits);
        }
        STATES
            .iter()
            .find(|state| state.code == text)
            .map(|state| Self(state))
            .ok_or_else(|| StateCodeError::Unknown(text.to_owned()))
    }

    /// The codes that a place in India can have today, in order of code: for choosing from.
    pub fn all_current() -> impl Iterator<Item = Self> {
        STATES
            .iter()
            .map(|state| Self(state))
            .filter(|state| state.is_current())
    }

    /// Two digits.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.code
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// A place in India today: not 25 and 28 (merged, divided), 96 (abroad) or 99 (no State).
    #[must_use]
    pub const fn is_current(self) -> bool {
        matches!(self.0.standing, Standing::Current)
    }

    /// May begin a GSTIN, old ones included: every code but 96.
    #[must_use]
    pub const fn is_registrable(self) -> bool {
        !matches!(self.0.standing, Standing::PlaceOfSupplyOnly)
    }

    /// Charges UTGST beside CGST (UTGST Act): the union territories without a legislature. Delhi,
    /// Puducherry and Jammu and Kashmir have one, and charge SGST.
    #[must_use]
    pub const fn is_union_territory_with_utgst(self) -> bool {
        matches!(self.0.local_tax, LocalTax::Utgst)
    }

    /// Whether the PIN code can lie in this State. True where the State's PIN codes are not
    /// settled: the answer is for a warning, never a refusal.
    #[must_use]
    pub fn matches_pincode(self, pincode: &Pincode) -> bool {
        let prefix = pincode.prefix();
        self.0.pin_prefixes.is_empty()
            || self
                .0
                .pin_prefixes
                .iter()
                .any(|&(first, last)| (first..=last).contains(&prefix))
    }
}

text_value!(StateCode, StateCodeError);

/// A postal index number: six digits, of which the first is not 0.
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
pub struct Pincode([u8; 6]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a PIN code of 6 digits, such as 400001")]
pub struct PincodeError;

impl Pincode {
    /// Accepts the space people write after the third digit.
    pub fn parse(text: &str) -> Result<Self, PincodeError> {
        let trimmed = text.trim();
        let digits = match trimmed.split_once(' ') {
            Some((first, rest)) if first.len() == 3 => format!("{first}{rest}"),
            _ => trimmed.to_owned(),
        };
        let bytes: [u8; 6] = digits.as_bytes().try_into().map_err(|_| PincodeError)?;
        let all_digits = bytes.iter().all(u8::is_ascii_digit);
        if !all_digits || bytes.starts_with(b"0") {
            return Err(PincodeError);
        }
        Ok(Self(bytes))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes are digits, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first three digits as a number: the sorting district.
    fn prefix(self) -> u16 {
        self.0
            .iter()
            .take(3)
            .fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
    }
}

text_value!(Pincode, PincodeError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(code: &str) -> StateCode {
        StateCode::parse(code).unwrap()
    }

    fn codes(states: impl Iterator<Item = StateCode>) -> String {
        states.map(StateCode::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_code_in_use_is_current_and_in_order() {
        assert_eq!(
            codes(StateCode::all_current()),
            "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 \
             26 27 29 30 31 32 33 34 35 36 37 38 97"
        );
        for code in ["25", "28", "96", "99"] {
            assert!(!state(code).is_current(), "{code}");
        }
    }

    #[test]
    fn utgst_is_charged_in_the_territories_without_a_legislature_alone() {
        let all = STATES.iter().map(|state| StateCode(state));
        let territories = all.filter(|state| state.is_union_territory_with_utgst());
        assert_eq!(codes(territories), "04 26 31 35 38 97");
    }

    #[test]
    fn only_a_place_in_india_can_be_registered_in() {
        assert!(!StateCode::OTHER_COUNTRIES.is_registrable());
        assert!(state("25").is_registrable() && state("99").is_registrable());
        assert_eq!(StateCode::OTHER_COUNTRIES, state("96"));
    }

    #[test]
    fn codes_come_back_and_compare_by_number() {
        for row in STATES {
            crate::check::text_value(&StateCode(row));
        }
        assert!(STATES.is_sorted());
        assert_eq!(
            (state("27").name(), state("29").name()),
            ("Maharashtra", "Karnataka")
        );
        assert!(state("07") < state("27"));
    }

    #[test]
    fn what_is_no_code_says_which() {
        for text in ["", "7", "027", "2A", " 27", "२७"] {
            assert_eq!(
                StateCode::parse(text),
                Err(StateCodeError::NotTwoDigits),
                "{text:?}"
            );
        }
        for text in ["00", "39", "95", "98"] {
            assert_eq!(
                StateCode::parse(text),
                Err(StateCodeError::Unknown(text.to_owned()))
            );
        }
        assert_eq!(
            StateCode::parse("39").unwrap_err().to_string(),
            "39 is not a State code"
        );
    }

    #[test]
    fn a_pin_code_is_matched_with_its_state() {
        for (pincode, inside, outside) in [
            ("400001", "27", "29"),
            ("560001", "29", "27"),
            ("160017", "04", "06"),
            ("160055", "03", "02"),
            ("396230", "26", "27"),
            ("396001", "24", "27"),
            ("110001", "07", "09"),
            ("744101", "35", "19"),
            ("605001", "34", "32"),
            ("500001", "37", "29"),
            ("500001", "36", "29"),
            ("194101", "38", "02"),
        ] {
            let pincode = Pincode::parse(pincode).unwrap();
            assert!(
                state(inside).matches_pincode(&pincode),
                "{pincode} in {inside}"
            );
            assert!(
                !state(outside).matches_pincode(&pincode),
                "{pincode} in {outside}"
            );
        }
    }

    #[test]
    fn a_pin_code_has_six_digits_and_no_leading_zero() {
        assert_eq!(Pincode::parse(" 400 001 ").unwrap().as_str(), "400001");
        for text in [
            "",
            "40001",
            "4000011",
            "000001",
            "40000A",
            "4000 01",
            "400  01",
            "४००००१",
            "400-001",
        ] {
            assert_eq!(Pincode::parse(text), Err(PincodeError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_pin_code_comes_back(pincode in "[1-9][0-9]{5}") {
            let parsed = Pincode::parse(&pincode).unwrap();
            prop_assert_eq!(parsed.as_str(), pincode);
            crate::check::text_value(&parsed);
        }
    }
}
