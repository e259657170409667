//! E-mail addresses, kept in lower case so that one person is one address.

/// An address that can stand in a header as it is: ASCII, no blanks, no control characters.
/// Whether anybody reads it only a message can tell.
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
pub struct EmailAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("Enter an e-mail address such as name@example.com")]
    NotAnAddress,
    #[error("Enter an e-mail address of at most 254 characters")]
    TooLong,
}

/// RFC 5321: a path is at most 256 octets, two of which are its brackets.
const MAX_BYTES: usize = 254;
/// RFC 5321, 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035.
const MAX_LABEL_BYTES: usize = 63;

impl EmailAddress {
    /// Trims and lower-cases first.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text.trim().to_ascii_lowercase();
        if address.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = address.split_once('@').ok_or(EmailError::NotAnAddress)?;
        if !is_local_part(local) || !is_domain(domain) {
            return Err(EmailError::NotAnAddress);
        }
        Ok(Self(address))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the @.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

text_value!(EmailAddress, EmailError);

/// RFC 5322's dot-atom: what mailboxes are called outside of test suites.
fn is_local_part(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
                })
        })
}

/// At least two labels, the last of which is not a number.
fn is_domain(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.split('.').all(is_label) && !top.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_trimmed_and_lower_cased() {
        let address = EmailAddress::parse(" Asha.Rao+Orders@Example.CO.in ").unwrap();
        assert_eq!(address.as_str(), "asha.rao+orders@example.co.in");
        assert_eq!(address.domain(), "example.co.in");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@",
            "asha",
            "asha@",
            "@example.com",
            "asha@example",
            "asha@@example.com",
            "asha@example..com",
            "asha@.example.com",
            "asha@example.com.",
            ".asha@example.com",
            "asha.@example.com",
            "as..ha@example.com",
            "asha rao@example.com",
            "asha@exa mple.com",
            "asha@-example.com",
            "asha@example-.com",
            "asha@127.0.0.1",
            "asha@[127.0.0.1]",
            "<asha@example.com>",
            "asha@example.com,b@example.com",
            "\"a b\"@example.com",
            "आशा@example.com",
            "asha@example.com\r\nBcc: b@example.com",
            "asha\0@example.com",
            "asha@exam\u{ad}ple.com",
            "asha@example.com b",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(EmailError::NotAnAddress),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_address_has_an_end() {
        let label = "a".repeat(MAX_LABEL_BYTES);
        let longest = format!(
            "{}@{label}.{label}.{}.com",
            "l".repeat(MAX_LOCAL_BYTES),
            "b".repeat(57)
        );
        assert_eq!(longest.len(), MAX_BYTES);
        assert!(EmailAddress::parse(&longest).is_ok());
        assert_eq!(
            EmailAddress::parse(&format!("{longest}m")),
            Err(EmailError::TooLong)
        );
        assert!(EmailAddress::parse(&format!("{}@a.com", "l".repeat(65))).is_err());
        assert!(EmailAddress::parse(&format!("l@a{label}.com")).is_err());
    }

    proptest! {
        #[test]
        fn every_address_comes_back(text in "[a-z0-9_+-]{1,20}(\\.[a-z0-9]{1,9}){0,2}@[a-z0-9]{1,12}(\\.[a-z]{2,6}){1,3}") {
            let address = EmailAddress::parse(&text).unwrap();
            prop_assert_eq!(address.as_str(), &text);
            crate::check::text_value(&address);
        }

        #[test]
        fn nothing_that_breaks_a_header_is_an_address(text in "\\PC{0,9}[\r\n\t \0]\\PC{0,9}@example\\.com") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
