//! UPI addresses, to which a dealer pays an invoice.

/// `name@handle` in small letters, as banks give them out. Whether it exists only a payment can tell.
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
pub struct UpiAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a UPI address such as volt.traders@okbank")]
pub struct UpiAddressError;

/// NPCI's linking specification.
const MAX_BYTES: usize = 255;

impl UpiAddress {
    /// Trims and lower-cases first: an address is the same in capitals.
    pub fn parse(text: &str) -> Result<Self, UpiAddressError> {
        let address = text.trim().to_ascii_lowercase();
        let (name, handle) = address.split_once('@').ok_or(UpiAddressError)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let fits = address.len() <= MAX_BYTES
            && name.len() >= 2
            && handle.len() >= 2
            && name.bytes().all(is_name)
            && handle.starts_with(|first: char| first.is_ascii_alphabetic())
            && handle.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits {
            Ok(Self(address))
        } else {
            Err(UpiAddressError)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(UpiAddress, UpiAddressError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name_and_a_banks_handle() {
        for text in ["volt.traders@okbank", "9876500001@ybl", "a-b_c@upi2"] {
            let address = UpiAddress::parse(text).unwrap();
            assert_eq!(address.as_str(), text);
            crate::check::text_value(&address);
        }
        assert_eq!(
            UpiAddress::parse(" Volt@OkBank ").unwrap().as_str(),
            "volt@okbank"
        );
        for wrong in [
            "",
            "volt",
            "@okbank",
            "v@okbank",
            "volt@",
            "volt@o",
            "volt@7bank",
            "volt@ok.bank",
            "volt@ok@bank",
            "vo lt@okbank",
            "volt&am=1@okbank",
        ] {
            assert_eq!(UpiAddress::parse(wrong), Err(UpiAddressError), "{wrong}");
        }
        let long = format!("{}@okbank", "v".repeat(249));
        assert_eq!(UpiAddress::parse(&long), Err(UpiAddressError));
    }
}
