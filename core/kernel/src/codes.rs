//! Codes people read out and machines compare: SKUs, slugs, barcodes and document numbers.

use crate::fin_year::FinancialYear;

/// A product's own code, 1 to 40 characters: capital letters, digits and `- _ . /`.
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
pub struct Sku(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an SKU of 1 to 40 letters, digits, dashes, underscores, dots or slashes")]
pub struct SkuError;

impl Sku {
    /// Trims and upper-cases first.
    pub fn parse(text: &str) -> Result<Self, SkuError> {
        let sku = text.trim().to_ascii_uppercase();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if !(1..=40).contains(&sku.len()) || !sku.bytes().all(fits) {
            return Err(SkuError);
        }
        Ok(Self(sku))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(Sku, SkuError);

/// A name in an address, 2 to 40 characters: small letters, digits and dashes, which stand
/// neither first nor last.
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
pub struct Slug(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter 2 to 40 small letters, digits or dashes, with no dash at either end")]
pub struct SlugError;

impl Slug {
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let has_outer_dash = text.starts_with('-') || text.ends_with('-');
        if !(2..=40).contains(&text.len()) || !text.bytes().all(fits) || has_outer_dash {
            return Err(SlugError);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(Slug, SlugError);

/// What a scanner reads off a pack: 4 to 48 printable ASCII characters without blanks, in capitals
/// as a SKU is, since scanners and people type either. Check digits are not looked at, since shops
/// print codes of their own.
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
pub struct Barcode(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a barcode of 4 to 48 letters, digits or signs without spaces")]
pub struct BarcodeError;

impl Barcode {
    pub fn parse(text: &str) -> Result<Self, BarcodeError> {
        let code = text.trim();
        if !(4..=48).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BarcodeError);
        }
        Ok(Self(code.to_ascii_uppercase()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(Barcode, BarcodeError);

/// CGST Rule 46(b): a document's number has at most 16 characters.
pub const MAX_DOCUMENT_NUMBER_LENGTH: usize = 16;

/// Digits of the sequence. Fixed, so that numbers sort as they were given.
const SEQUENCE_DIGITS: usize = 6;

/// The last number of a series in a financial year: what the digits hold.
pub const MAX_SEQUENCE: i64 = 999_999;

/// The letters a series of documents begins with, 1 to 6 characters: capital letters and digits,
/// not beginning with 0, which the e-invoice portal refuses.
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
pub struct SeriesPrefix(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a prefix of 1 to 6 letters or digits that does not begin with 0")]
pub struct SeriesPrefixError;

impl SeriesPrefix {
    /// Trims and upper-cases first.
    pub fn parse(text: &str) -> Result<Self, SeriesPrefixError> {
        let prefix = text.trim().to_ascii_uppercase();
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !(1..=6).contains(&prefix.len()) || !prefix.bytes().all(fits) || prefix.starts_with('0')
        {
            return Err(SeriesPrefixError);
        }
        Ok(Self(prefix))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(SeriesPrefix, SeriesPrefixError);

/// Why a document or order cannot have a number, or a text is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("The prefix {prefix} is too long, a document number holds at most {max} letters of it")]
    PrefixTooLong { prefix: SeriesPrefix, max: usize },
    #[error("The series has reached 999999 in this financial year, begin another series")]
    SequenceExhausted,
    #[error("A number in a series is 1 or more")]
    SequenceNotPositive,
    #[error("Enter a number such as {example}")]
    Form { example: &'static str },
}

/// A document's number made of its series, financial year and place in it: `VLT/26-27/000123`.
/// At most 16 characters by construction.
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
pub struct DocumentNumber {
    text: String,
    prefix: SeriesPrefix,
    financial_year: FinancialYear,
    sequence: i64,
}

impl DocumentNumber {
    /// The longest prefix that leaves room for `/26-27/000123`.
    pub const MAX_PREFIX_LENGTH: usize =
        MAX_DOCUMENT_NUMBER_LENGTH - "/26-27/".len() - SEQUENCE_DIGITS;

    /// To be asked when a series is saved, so that no dispatch fails for it later.
    pub fn check_prefix(prefix: &SeriesPrefix) -> Result<(), NumberError> {
        if prefix.as_str().len() > Self::MAX_PREFIX_LENGTH {
            return Err(NumberError::PrefixTooLong {
                prefix: prefix.clone(),
                max: Self::MAX_PREFIX_LENGTH,
            });
        }
        Ok(())
    }

    /// The number of the `sequence`th document (from 1) of a series in a financial year.
    pub fn format(
        prefix: &SeriesPrefix,
        financial_year: FinancialYear,
        sequence: i64,
    ) -> Result<Self, NumberError> {
        Self::check_prefix(prefix)?;
        check_sequence(sequence)?;
        Ok(Self {
            text: numbered(prefix.as_str(), financial_year, sequence),
            prefix: prefix.clone(),
            financial_year,
            sequence,
        })
    }

    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let wrong = || NumberError::Form {
            example: "VLT/26-27/000123",
        };
        let (prefix, financial_year, sequence) = parts(text).ok_or_else(wrong)?;
        let prefix = SeriesPrefix::parse(prefix).map_err(|_| wrong())?;
        let number = Self::format(&prefix, financial_year, sequence)?;
        if number.text != text {
            return Err(wrong());
        }
        Ok(number)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub const fn prefix(&self) -> &SeriesPrefix {
        &self.prefix
    }

    #[must_use]
    pub const fn financial_year(&self) -> FinancialYear {
        self.financial_year
    }

    /// From 1.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }
}

text_value!(DocumentNumber, NumberError);

/// An order's number: `SO/26-27/000042`.
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
pub struct OrderNumber {
    text: String,
    financial_year: FinancialYear,
    sequence: i64,
}

impl OrderNumber {
    /// Sales order.
    const PREFIX: &'static str = "SO";

    /// What every number begins with.
    pub const START: &'static str = "SO/";

    /// The number of the `sequence`th order (from 1) of a financial year.
    pub fn format(financial_year: FinancialYear, sequence: i64) -> Result<Self, NumberError> {
        check_sequence(sequence)?;
        Ok(Self {
            text: numbered(Self::PREFIX, financial_year, sequence),
            financial_year,
            sequence,
        })
    }

    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let wrong = || NumberError::Form {
            example: "SO/26-27/000042",
        };
        let (_, financial_year, sequence) = parts(text).ok_or_else(wrong)?;
        let number = Self::format(financial_year, sequence)?;
        if number.text != text {
            return Err(wrong());
        }
        Ok(number)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub const fn financial_year(&self) -> FinancialYear {
        self.financial_year
    }

    /// From 1.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }
}

text_value!(OrderNumber, NumberError);

/// An invoice's number as it was issued, whatever made it: 1 to 16 capital letters, digits,
/// dashes and slashes, beginning with a letter or 1 to 9 (CGST Rule 46(b), and stricter the
/// e-invoice portal).
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
pub struct InvoiceNumber(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Enter an invoice number of up to 16 letters, digits, dashes and slashes that begins with a letter or 1 to 9"
)]
pub struct InvoiceNumberError;

impl InvoiceNumber {
    /// Trims and upper-cases first: numbers are compared without regard to case.
    pub fn parse(text: &str) -> Result<Self, InvoiceNumberError> {
        let number = text.trim().to_ascii_uppercase();
        let fits =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-/".contains(&byte);
        if !(1..=MAX_DOCUMENT_NUMBER_LENGTH).contains(&number.len())
            || !number.bytes().all(fits)
            || number.starts_with(['0', '-', '/'])
        {
            return Err(InvoiceNumberError);
        }
        Ok(Self(number))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(InvoiceNumber, InvoiceNumberError);

/// A document number satisfies all that is asked of an invoice number.
impl From<DocumentNumber> for InvoiceNumber {
    fn from(number: DocumentNumber) -> Self {
        Self(number.text)
    }
}

fn check_sequence(sequence: i64) -> Result<(), NumberError> {
    if sequence < 1 {
        return Err(NumberError::SequenceNotPositive);
    }
    if sequence > MAX_SEQUENCE {
        return Err(NumberError::SequenceExhausted);
    }
    Ok(())
}

fn numbered(prefix: &str, financial_year: FinancialYear, sequence: i64) -> String {
    let year = financial_year.short();
    format!(
        "{prefix}/{year}/{sequence:0width$}",
        width = SEQUENCE_DIGITS
    )
}

/// Splits `VLT/26-27/000123`. The caller prints what it understood and compares.
fn parts(text: &str) -> Option<(&str, FinancialYear, i64)> {
    let (prefix, rest) = text.split_once('/')?;
    let (year, sequence) = rest.split_once('/')?;
    let year = FinancialYear::parse_short(year).ok()?;
    Some((prefix, year, sequence.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefix(text: &str) -> SeriesPrefix {
        SeriesPrefix::parse(text).unwrap()
    }

    fn year(text: &str) -> FinancialYear {
        FinancialYear::parse(text).unwrap()
    }

    #[test]
    fn a_document_number_fills_the_sixteen_characters_the_law_gives() {
        let number = DocumentNumber::format(&prefix("VLT"), year("2026-27"), 123).unwrap();
        assert_eq!(number.as_str(), "VLT/26-27/000123");
        assert_eq!(number.as_str().len(), MAX_DOCUMENT_NUMBER_LENGTH);
        assert_eq!(number.prefix(), &prefix("VLT"));
        assert_eq!(
            (number.financial_year(), number.sequence()),
            (year("2026-27"), 123)
        );
        assert_eq!(InvoiceNumber::from(number).as_str(), "VLT/26-27/000123");
    }

    #[test]
    fn a_prefix_too_long_for_a_document_number_is_found_before_one_is_needed() {
        assert_eq!(DocumentNumber::MAX_PREFIX_LENGTH, 3);
        assert!(DocumentNumber::check_prefix(&prefix("VLT")).is_ok());
        let error = DocumentNumber::check_prefix(&prefix("VOLT")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "The prefix VOLT is too long, a document number holds at most 3 letters of it"
        );
        assert_eq!(
            DocumentNumber::format(&prefix("VOLT"), year("2026-27"), 1),
            Err(error)
        );
    }

    #[test]
    fn a_series_ends_where_its_digits_do() {
        let format = |sequence| DocumentNumber::format(&prefix("A"), year("2026-27"), sequence);
        assert_eq!(format(999_999).unwrap().as_str(), "A/26-27/999999");
        assert_eq!(format(1_000_000), Err(NumberError::SequenceExhausted));
        assert_eq!(format(0), Err(NumberError::SequenceNotPositive));
        assert_eq!(format(-1), Err(NumberError::SequenceNotPositive));
        assert!(OrderNumber::format(year("2026-27"), 1_000_000).is_err());
    }

    #[test]
    fn an_order_number_is_read_back() {
        let number = OrderNumber::format(year("2026-27"), 42).unwrap();
        assert_eq!(number.as_str(), "SO/26-27/000042");
        assert_eq!(
            (number.financial_year(), number.sequence()),
            (year("2026-27"), 42)
        );
        crate::check::text_value(&number);
    }

    #[test]
    fn what_would_not_print_the_same_is_no_number() {
        for text in [
            "",
            "SO",
            "SO/26-27",
            "SO/26-27/42",
            "SO/26-27/0000042",
            "SO/26-27/+00042",
            "so/26-27/000042",
            "SO/2026-27/000042",
            "SO/26-28/000042",
            "SO/26-27/000042 ",
            "SO/26-27/00004२",
            "SO/26-27/000042/1",
            "SO/26-27/000000",
        ] {
            assert!(OrderNumber::parse(text).is_err(), "{text:?}");
            assert!(DocumentNumber::parse(text).is_err(), "{text:?}");
        }
        assert!(OrderNumber::parse("PO/26-27/000042").is_err());
        assert!(DocumentNumber::parse("0LT/26-27/000042").is_err());
        assert!(DocumentNumber::parse("/26-27/000042").is_err());
    }

    #[test]
    fn a_series_prefix_pleases_the_portal() {
        for text in ["V", "VLT", "1A", "ABC123", "9"] {
            crate::check::text_value(&prefix(text));
        }
        assert_eq!(prefix(" vlt ").as_str(), "VLT");
        for text in ["", "0A", "A-B", "A/B", "ABCDEFG", "A B", "É"] {
            assert_eq!(
                SeriesPrefix::parse(text),
                Err(SeriesPrefixError),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_invoice_number_keeps_to_rule_46() {
        assert_eq!(
            InvoiceNumber::parse(" inv-1/26 ").unwrap().as_str(),
            "INV-1/26"
        );
        for text in [
            "",
            "0INV",
            "-1",
            "/1",
            "INV 1",
            "INV_1",
            "ABCDEFGHIJKLMNOPQ",
            "INV#1",
        ] {
            assert_eq!(
                InvoiceNumber::parse(text),
                Err(InvoiceNumberError),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_sku_is_upper_cased_and_has_no_blanks() {
        assert_eq!(
            Sku::parse(" mcb-c32_1p/v2.0 ").unwrap().as_str(),
            "MCB-C32_1P/V2.0"
        );
        assert!(Sku::parse(&"A".repeat(40)).is_ok());
        let too_long = "A".repeat(41);
        for text in ["", " ", "A B", "A#B", "É1", &too_long] {
            assert_eq!(Sku::parse(text), Err(SkuError), "{text:?}");
        }
    }

    #[test]
    fn a_slug_is_small_and_has_no_dash_at_its_ends() {
        assert_eq!(
            Slug::parse("volt-distributors").unwrap().as_str(),
            "volt-distributors"
        );
        let too_long = "a".repeat(41);
        for text in [
            "", "a", "Volt", "-volt", "volt-", "vo lt", "vo_lt", "vólt", &too_long,
        ] {
            assert_eq!(Slug::parse(text), Err(SlugError), "{text:?}");
        }
    }

    #[test]
    fn a_barcode_is_printable_and_in_capitals() {
        assert_eq!(
            Barcode::parse(" 8901234567894 ").unwrap().as_str(),
            "8901234567894"
        );
        assert_eq!(Barcode::parse("aB-1*").unwrap().as_str(), "AB-1*");
        let too_long = "1".repeat(49);
        for text in ["", "123", "12 34", "12\n34", "१२३४", &too_long] {
            assert_eq!(Barcode::parse(text), Err(BarcodeError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_document_number_comes_back_within_the_law(
            prefix in "[A-Z1-9][A-Z0-9]{0,2}",
            start in 2000_i16..=2099,
            sequence in 1_i64..=MAX_SEQUENCE,
        ) {
            let prefix = SeriesPrefix::parse(&prefix).unwrap();
            let year = FinancialYear::try_new(start).unwrap();
            let number = DocumentNumber::format(&prefix, year, sequence).unwrap();
            crate::check::text_value(&number);
            prop_assert!(number.as_str().len() <= MAX_DOCUMENT_NUMBER_LENGTH);
            prop_assert_eq!(
                InvoiceNumber::parse(number.as_str()).unwrap(),
                InvoiceNumber::from(number)
            );
            crate::check::text_value(&OrderNumber::format(year, sequence).unwrap());
        }

        #[test]
        fn every_code_comes_back(
            sku in "[A-Z0-9./_-]{1,40}",
            slug in "[a-z0-9]([a-z0-9-]{0,38})[a-z0-9]",
            barcode in "[!-~]{4,48}",
            invoice in "[A-Z1-9][A-Z0-9/-]{0,15}",
        ) {
            crate::check::text_value(&Sku::parse(&sku).unwrap());
            crate::check::text_value(&Slug::parse(&slug).unwrap());
            crate::check::text_value(&Barcode::parse(&barcode).unwrap());
            crate::check::text_value(&InvoiceNumber::parse(&invoice).unwrap());
        }

        #[test]
        fn later_numbers_of_a_series_sort_later(first in 1_i64..MAX_SEQUENCE) {
            let at = |sequence| OrderNumber::format(year("2026-27"), sequence).unwrap();
            prop_assert!(at(first).as_str() < at(first + 1).as_str());
        }
    }
}
