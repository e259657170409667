//! How many of what: "1 product", "25 products".

use std::fmt;

/// The word for a thing, for one and for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    one: &'static str,
    many: &'static str,
}

impl Noun {
    pub const DEALERS: Self = Self::new("dealer", "dealers");
    pub const DELIVERIES: Self = Self::new("delivery", "deliveries");
    pub const DISTRIBUTORS: Self = Self::new("distributor", "distributors");
    pub const ENTRIES: Self = Self::new("entry", "entries");
    pub const FIELDS: Self = Self::new("field", "fields");
    pub const INVITATIONS: Self = Self::new("invitation", "invitations");
    pub const INVOICES: Self = Self::new("invoice", "invoices");
    pub const KEYS: Self = Self::new("key", "keys");
    pub const LINES: Self = Self::new("line", "lines");
    pub const MESSAGES: Self = Self::new("message", "messages");
    pub const MOVEMENTS: Self = Self::new("movement", "movements");
    pub const ORDERS: Self = Self::new("order", "orders");
    pub const PEOPLE: Self = Self::new("person", "people");
    pub const PERMISSIONS: Self = Self::new("permission", "permissions");
    pub const PRODUCTS: Self = Self::new("product", "products");
    pub const SESSIONS: Self = Self::new("session", "sessions");

    #[must_use]
    const fn new(one: &'static str, many: &'static str) -> Self {
        Self { one, many }
    }

    /// The word for more than one.
    #[must_use]
    pub const fn many(self) -> &'static str {
        self.many
    }

    /// The number with the word that fits it.
    #[must_use]
    pub fn count<N: fmt::Display + PartialEq + From<u8>>(self, number: N) -> String {
        let word = if number == N::from(1) {
            self.one
        } else {
            self.many
        };
        format!("{number} {word}")
    }
}

#[cfg(test)]
mod tests {
    use super::Noun;

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [0, 1, 2].map(|number| Noun::PRODUCTS.count(number)),
            ["0 products", "1 product", "2 products"]
        );
    }
}
