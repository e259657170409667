//! The catalogue of events: the only place that lists them. Codes never change once released.

use serde_json::{Value, json};

/// What an event's `data` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    Order,
    Invoice,
    Receipt,
    Notification,
    Ping,
}

macro_rules! events {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $payload:ident, $when:literal;)+) => {
        /// What can be listened to, and the test that can be asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType { $($(#[$meta])* $name),+ }

        impl EventType {
            pub const ALL: [EventType; { [$($code),+].len() }] = [$(EventType::$name),+];

            /// As sent and stored.
            pub const fn as_str(self) -> &'static str {
                match self { $(EventType::$name => $code),+ }
            }

            /// When it happens, as a sentence.
            pub const fn when(self) -> &'static str {
                match self { $(EventType::$name => $when),+ }
            }

            pub const fn payload(self) -> Payload {
                match self { $(EventType::$name => Payload::$payload),+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|known| known.as_str() == code)
            }
        }
    };
}

events! {
    OrderPlaced = "order.placed", Order, "An order is placed, by a dealer or for one";
    OrderApproved = "order.approved", Order, "Sales approve an order: credit is held and stock promised";
    OrderRejected = "order.rejected", Order, "Sales reject an order";
    OrderCancelled = "order.cancelled", Order, "An order is cancelled";
    OrderPicking = "order.picking", Order, "The warehouse begins to pick an order";
    OrderPacked = "order.packed", Order, "An order is packed";
    OrderDispatched = "order.dispatched", Order, "The goods of an order leave";
    OrderDelivered = "order.delivered", Order, "The goods of an order have arrived";
    OrderUpdated = "order.updated", Order, "An order changes and keeps its status: quantities are picked, a line is closed short, or stock that came in is reserved for it, which leaves its version as it is";
    InvoiceIssued = "invoice.issued", Invoice, "A tax invoice is issued, at the dispatch";
    ReceiptRecorded = "receipt.recorded", Receipt, "Money received from a dealer is recorded";
    NotificationFailed = "notification.failed", Notification, "A message to a dealer or the sales team could not be delivered";
    /// Nobody subscribes to it: it goes to the endpoint that is tried out.
    Ping = "ping", Ping, "Somebody tries the endpoint out";
}

impl EventType {
    /// What an endpoint can listen to.
    pub fn offered() -> impl Iterator<Item = EventType> {
        Self::ALL
            .into_iter()
            .filter(|event| event.payload() != Payload::Ping)
    }

    /// A body as it would be sent, for the catalogue.
    #[must_use]
    pub fn sample(self) -> Value {
        json!({ "type": self.as_str(), "timestamp": "2026-11-21T09:30:00Z", "data": self.sample_data() })
    }

    fn sample_data(self) -> Value {
        let order = "0193f2a1-7c00-7e51-9b1c-6f1d0a7c2b10";
        let dealer = "0193f29c-11d0-7a40-8a55-2f0f4d1b9c01";
        match self.payload() {
            Payload::Order => {
                let (status, version) = match self {
                    EventType::OrderPlaced => ("PLACED", 1),
                    EventType::OrderRejected => ("REJECTED", 2),
                    EventType::OrderCancelled => ("CANCELLED", 2),
                    EventType::OrderPicking => ("PICKING", 3),
                    EventType::OrderUpdated => ("PICKING", 4),
                    EventType::OrderPacked => ("PACKED", 5),
                    EventType::OrderDispatched => ("DISPATCHED", 6),
                    EventType::OrderDelivered => ("DELIVERED", 7),
                    _ => ("APPROVED", 2),
                };
                let mut data = json!({ "order": {
                    "id": order, "number": "SO/26-27/000042", "status": status, "version": version,
                    "dealer": { "id": dealer, "name": "Kumar Electricals" },
                    "placed_at": "2026-11-21T09:12:44.120000Z", "total": "11800.00",
                }});
                let more = match self {
                    EventType::OrderRejected | EventType::OrderCancelled => {
                        Some(("reason", json!("Ordered twice")))
                    }
                    EventType::OrderDispatched => Some((
                        "shipment",
                        json!({ "transporter": "VRL Logistics", "lr_number": "LR-88213" }),
                    )),
                    _ => None,
                };
                if let (Some((name, value)), Some(data)) = (more, data.as_object_mut()) {
                    data.insert(name.to_owned(), value);
                }
                data
            }
            Payload::Invoice => json!({ "invoice": {
                "id": "0193f2b8-5a00-7c33-8d10-90b1e2c3d4f5", "number": "VLT/26-27/000123", "issued_at": "2026-11-21T09:30:00Z",
                "order_id": order, "order_number": "SO/26-27/000042", "dealer_id": dealer, "dealer_name": "Kumar Electricals",
                "total": "11800.00",
            }}),
            Payload::Receipt => json!({ "receipt": {
                "id": "0193f2c9-0a00-7d21-9e11-1a2b3c4d5e6f", "dealer_id": dealer, "amount": "5000.00", "unallocated": "0.00",
                "mode": "UPI", "reference": "432198765012", "received_on": "2026-11-21", "recorded_at": "2026-11-21T09:30:00Z",
            }}),
            Payload::Notification => json!({ "notification": {
                "id": "0193f2d1-2b00-7e42-8f12-2b3c4d5e6f70", "event": "ORDER_APPROVED", "channel": "WHATSAPP",
                "order_id": order, "dealer_id": dealer, "attempts": 5, "last_error": "Not on WhatsApp",
            }}),
            Payload::Ping => json!({ "endpoint_id": "0193f290-0000-7a00-8000-000000000001" }),
        }
    }
}

impl serde::Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for EventType {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let text = std::str::from_utf8(bytes.as_bytes())?;
        EventType::parse(text).ok_or_else(|| format!("unknown event {text}").into())
    }
}
