//! The words of the outbox: what is told, by which channel, and how far it got.

macro_rules! text_codes {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: [$name; { [$($code),+].len() }] = [$($name::$variant),+];

            /// As stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// As people read it.
            pub const fn label(self) -> &'static str {
                match self { $($name::$variant => $label),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.as_str() == text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = std::str::from_utf8(bytes.as_bytes())?;
                $name::parse(text).ok_or_else(|| format!("unknown {} {text}", stringify!($name)).into())
            }
        }
    };
}

text_codes! {
    /// What is told.
    Event {
        OrderPlaced = "ORDER_PLACED", "Order received";
        OrderApproved = "ORDER_APPROVED", "Order approved";
        OrderRejected = "ORDER_REJECTED", "Order rejected";
        OrderCancelled = "ORDER_CANCELLED", "Order cancelled";
        OrderDispatched = "ORDER_DISPATCHED", "Order dispatched";
        OrderDelivered = "ORDER_DELIVERED", "Order delivered";
    }
}

text_codes! {
    Channel {
        Whatsapp = "WHATSAPP", "WhatsApp";
        Email = "EMAIL", "E-mail";
    }
}

text_codes! {
    /// How far a message got. DELIVERED and READ come from the provider afterwards; FAILED and SKIPPED are ends.
    NotificationStatus {
        Pending = "PENDING", "Waiting";
        Sending = "SENDING", "Sending";
        Sent = "SENT", "Sent";
        Delivered = "DELIVERED", "Delivered";
        Read = "READ", "Read";
        Failed = "FAILED", "Failed";
        Skipped = "SKIPPED", "Skipped";
    }
}

text_codes! {
    /// Why a message was not tried: recorded, never retried.
    SkipReason {
        NoPhone = "NO_PHONE", "The dealer has no phone number";
        NoOptIn = "NO_OPT_IN", "The dealer has not agreed to WhatsApp messages";
        NoEmail = "NO_EMAIL", "The dealer has no e-mail address";
        NoRecipient = "NO_RECIPIENT", "Nobody in the sales team has an e-mail address";
        NoAccount = "NO_ACCOUNT", "WhatsApp is not set up";
    }
}

text_codes! {
    /// A line in the history of a message.
    AttemptEvent {
        Started = "STARTED", "Handed to the provider";
        Accepted = "ACCEPTED", "Accepted";
        Failed = "FAILED", "Failed";
        Unknown = "UNKNOWN", "No answer: it may have been sent";
        Crashed = "CRASHED", "Interrupted: it may have been sent";
        Requeued = "REQUEUED", "Queued again";
        Delivered = "DELIVERED", "Delivered";
        Read = "READ", "Read";
        Refused = "REFUSED", "Reported as undeliverable";
    }
}
