//! Identifiers: one type per kind of record, so that an order's id cannot stand where a dealer's
//! is wanted. All are UUIDv7, which sort by the time they were made.

/// Why a text is not an identifier. Every id type shares it: the person asking sees only that the
/// address or field is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an id in the form 01234567-89ab-7cde-8f01-23456789abcd")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
                diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
            )]
            #[diesel(sql_type = diesel::sql_types::Uuid)]
            pub struct $name(uuid::Uuid);

            impl $name {
                /// A new id, later in order than all this process made before.
                #[must_use]
                pub fn generate() -> Self {
                    Self(uuid::Uuid::now_v7())
                }

                #[must_use]
                pub const fn from_uuid(uuid: uuid::Uuid) -> Self {
                    Self(uuid)
                }

                #[must_use]
                pub const fn as_uuid(self) -> uuid::Uuid {
                    self.0
                }

                /// Accepts the hyphenated form alone, so that a record has one address.
                pub fn parse(text: &str) -> Result<Self, IdError> {
                    /// Braced, URN and bare forms have other lengths.
                    const HYPHENATED_LENGTH: usize = 36;
                    if text.len() != HYPHENATED_LENGTH {
                        return Err(IdError);
                    }
                    uuid::Uuid::try_parse(text).map(Self).map_err(|_| IdError)
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    write!(f, concat!(stringify!($name), "({})"), self.0)
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Display::fmt(&self.0, f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = IdError;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    Self::parse(text)
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(&self.0)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                    Self::parse(&text).map_err(serde::de::Error::custom)
                }
            }

            impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
                fn to_sql<'b>(
                    &'b self,
                    out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
                ) -> diesel::serialize::Result {
                    diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(&self.0, out)
                }
            }

            impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
                fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                    <uuid::Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(bytes)
                        .map(Self)
                }
            }
        )+

        #[cfg(test)]
        mod every_id {
            use super::*;

            #[test]
            fn prints_what_it_parses_and_serialises_as_a_string() {
                $(
                    let id = $name::generate();
                    assert_eq!(id.as_uuid().get_version_num(), 7);
                    assert_eq!(id.to_string().parse(), Ok(id));
                    assert_eq!($name::from_uuid(id.as_uuid()), id);
                    assert_eq!(format!("{id:?}"), format!(concat!(stringify!($name), "({})"), id));
                    crate::check::json_string(&id, &id.to_string());
                )+
            }

            #[test]
            fn is_a_uuid_column_that_may_be_null() {
                $(
                    crate::check::column::<_, diesel::sql_types::Uuid>(&$name::generate());
                )+
            }
        }
    };
}

ids! {
    /// A distributor: the owner of every record below it.
    TenantId,
    /// A person who signs in; belongs to no tenant by itself.
    UserId,
    /// A person's role in one tenant.
    MembershipId,
    /// Somebody invited to work in one tenant.
    InvitationId,
    /// A role that a tenant made for itself.
    RoleId,
    /// A GST registration (GSTIN) of the tenant.
    RegistrationId,
    /// A place goods leave from or are kept at.
    LocationId,
    /// A numbering series of one kind of document.
    SeriesId,
    CategoryId,
    ProductId,
    PriceListId,
    DealerId,
    AddressId,
    ContactId,
    OrderId,
    OrderLineId,
    PickListId,
    ShipmentId,
    InvoiceId,
    InvoiceLineId,
    /// One rendering of a document to a file.
    RenderId,
    /// Money received from a dealer.
    ReceiptId,
    /// The part of a receipt set against one invoice.
    AllocationId,
    LedgerEntryId,
    StockEntryId,
    /// Credit held for an approved order.
    HoldId,
    NotificationId,
    /// One attempt at delivering a notification.
    AttemptId,
    CartId,
    AuditId,
    HistoryId,
    WhatsappAccountId,
    ImpersonationId,
    /// One sign-in, of a browser or of a program.
    SessionId,
    ApiKeyId,
    /// A name of the internet that a tenant's people come in by.
    DomainId,
    /// An address elsewhere that is told of events.
    WebhookEndpointId,
    WebhookEventId,
    /// One event for one endpoint.
    WebhookDeliveryId,
    /// One request from outside, as logged and shown in an error page.
    RequestId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let ids: Vec<OrderId> = (0..1_000).map(|_| OrderId::generate()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = OrderId::generate();
        for wrong in [
            id.as_uuid().simple().to_string(),
            id.as_uuid().braced().to_string(),
            id.as_uuid().urn().to_string(),
            format!(" {id}"),
            "not-an-id".to_owned(),
            "0".repeat(36),
            String::new(),
        ] {
            assert_eq!(OrderId::parse(&wrong), Err(IdError), "{wrong:?}");
        }
    }

    #[test]
    fn an_id_is_not_read_from_a_json_number() {
        assert!(serde_json::from_str::<OrderId>("7").is_err());
    }
}
