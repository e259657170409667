//! The API as one service, and its document as others want to read it.
//!
//! poem-openapi writes OpenAPI 3.0.0 with habits of its own: header names in capitals, a charset in media types, empty
//! descriptions, unsigned formats. [`documents`] tidies it once and gives two: 3.1.0, which we publish, and 3.0.3 for
//! generators that read no newer.

mod completion;
mod examples;
mod parameters;
mod tidying;

use poem_openapi::{OpenApiService, Tags};
use serde_json::{Value, json};

use completion::{close_inputs, complete_operations};
use parameters::complete_parameters;
use tidying::{modernise, tidy, unwrap_references};

use crate::api_keys::ApiKeysApi;
use crate::audit::AuditApi;
use crate::catalog::{CatalogActivityApi, ProductsApi};
use crate::dealers::{DealerActivityApi, DealersApi};
use crate::domains::DomainsApi;
use crate::health::HealthApi;
use crate::http::retirement::RETIRING;
use crate::identity::{AuthApi, EmailApi, MeApi, PasswordApi, SecondFactorApi, SessionsApi};
use crate::invitations::{AcceptInvitationApi, InvitationsApi};
use crate::invoicing::InvoicesApi;
use crate::members::MembersApi;
use crate::notifications::NotificationsApi;
use crate::orders::OrdersApi;
use crate::payments::ReceiptsApi;
use crate::pricing::PricesApi;
use crate::roles::RolesApi;
use crate::stock::StockApi;
use crate::tenancy::TenantsApi;
use crate::warehouse::WarehouseApi;
use crate::webhooks::{self, WebhooksApi};

/// The chapters of the reference, in reading order.
#[derive(Tags)]
pub enum Tag {
    /// Tokens, and whom they act as.
    Auth,
    /// Where people are signed in.
    Sessions,
    /// What a sign-in asks for after the password.
    #[oai(rename = "Second factor")]
    SecondFactor,
    /// What programs work with that have no person.
    #[oai(rename = "API keys")]
    ApiKeys,
    /// What is sold, in a tree of categories.
    Products,
    /// What is on hand, and what moved it.
    Stock,
    /// Price lists, and prices agreed with dealers.
    Prices,
    /// Who buys.
    Dealers,
    /// What dealers order, from the first word to the door.
    Orders,
    /// Picking, packing and dispatching orders.
    Warehouse,
    /// Tax invoices, and their PDFs.
    Invoices,
    /// What dealers pay.
    Receipts,
    /// Messages to dealers and staff, and what became of them.
    Notifications,
    /// What programs elsewhere are told of, and what became of telling them.
    Webhooks,
    /// What people may do: the catalogue of permissions, and the roles made of it.
    Roles,
    /// Who works here, as what, and who is invited.
    Members,
    /// Names of the internet under which a distributor's people come in.
    Domains,
    /// Who changed what.
    Audit,
    /// The register of distributors, for the platform's own people. Their access tokens, which they get by signing in without a
    /// `tenant`, also call every other operation, in the distributor whose id the header `X-Tenant-ID` names: they read there
    /// what its administrators read, and change things on a support visit that may. A suspended distributor is refused with
    /// `auth.tenant_suspended`. With anybody else's token, and with an API key, the header is not looked at.
    Platform,
    /// How the service stands.
    Health,
}

/// Who may come in, and what they may do.
type PeopleApis = (
    AuthApi,
    MeApi,
    PasswordApi,
    EmailApi,
    SessionsApi,
    SecondFactorApi,
    ApiKeysApi,
    RolesApi,
    MembersApi,
    InvitationsApi,
    AcceptInvitationApi,
);

/// Every part of the API; a feature adds its own here. A tuple holds sixteen.
type Apis = (
    PeopleApis,
    ProductsApi,
    CatalogActivityApi,
    StockApi,
    PricesApi,
    DealersApi,
    DealerActivityApi,
    OrdersApi,
    WarehouseApi,
    InvoicesApi,
    ReceiptsApi,
    (NotificationsApi, WebhooksApi),
    (AuditApi, DomainsApi, TenantsApi),
    HealthApi,
);

/// The address the API's paths begin with.
pub const PREFIX: &str = "/api";

const DESCRIPTION: &str = "Orders, stock, invoices and payments of a distributor. Every operation acts as the person behind \
     the token, in one distributor, with that person's role, or as an API key with what it was given. Amounts and quantities are strings, never JSON numbers. \
     Refusals are application/problem+json.";

#[must_use]
pub fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(
        (
            (
                AuthApi,
                MeApi,
                PasswordApi,
                EmailApi,
                SessionsApi,
                SecondFactorApi,
                ApiKeysApi,
                RolesApi,
                MembersApi,
                InvitationsApi,
                AcceptInvitationApi,
            ),
            ProductsApi,
            CatalogActivityApi,
            StockApi,
            PricesApi,
            DealersApi,
            DealerActivityApi,
            OrdersApi,
            WarehouseApi,
            InvoicesApi,
            ReceiptsApi,
            (NotificationsApi, WebhooksApi),
            (AuditApi, DomainsApi, TenantsApi),
            HealthApi,
        ),
        "Vitaran",
        env!("CARGO_PKG_VERSION"),
    )
    .description(DESCRIPTION)
    .url_prefix(PREFIX)
}

/// The two published forms of the document.
#[derive(Debug, Clone)]
pub struct Documents {
    /// OpenAPI 3.1.0, at `/api/openapi.json`.
    pub v3_1: Value,
    /// OpenAPI 3.0.3, at `/api/openapi-3.0.json`.
    pub v3_0: Value,
}

/// The document as poem-openapi registers it, with the exact width of each integer.
#[must_use]
pub fn raw() -> Value {
    serde_json::from_str(&service().spec()).unwrap_or_default()
}

#[must_use]
pub fn documents() -> Documents {
    let mut v3_0 = raw();
    tidy(&mut v3_0);
    complete_operations(&mut v3_0);
    complete_parameters(&mut v3_0);
    close_inputs(&mut v3_0);
    for operation in RETIRING {
        operation.mark(&mut v3_0);
    }
    introduce(&mut v3_0);
    stamp(&mut v3_0, "3.0.3");
    let mut v3_1 = v3_0.clone();
    unwrap_references(&mut v3_0, false);
    unwrap_references(&mut v3_1, true);
    modernise(&mut v3_1);
    webhooks::document::add(&mut v3_1);
    stamp(&mut v3_1, "3.1.0");
    Documents { v3_1, v3_0 }
}

/// Where the service is, for whoever has the document from it; who runs it; and the licence of its source.
fn introduce(document: &mut Value) {
    if let Some(document) = document.as_object_mut() {
        document.insert("servers".to_owned(), json!([{ "url": "/" }]));
        if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
            let contact = json!({ "name": "The people who run this installation" });
            info.insert("contact".to_owned(), contact);
            let licence = json!({ "name": "MIT", "url": "https://opensource.org/license/mit" });
            info.insert("license".to_owned(), licence);
        }
    }
}

fn stamp(document: &mut Value, version: &str) {
    if let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!(version));
    }
}

/// As it is printed, served and kept as a snapshot.
#[must_use]
pub fn printed(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Every operation: its path as documented, its method, and the operation itself.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object();
        methods
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// As [`operations`], to change them: each with its method.
fn operations_mut(
    document: &mut Value,
) -> impl Iterator<Item = (&str, &mut serde_json::Map<String, Value>)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(serde_json::Map::values_mut);
    let methods = items.filter_map(Value::as_object_mut).flatten();
    methods.filter_map(|(method, operation)| Some((method.as_str(), operation.as_object_mut()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_an_id_a_summary_a_tag_and_described_answers() {
        let document = documents().v3_1;
        let mut seen = 0;
        for (path, method, operation) in operations(&document) {
            seen += 1;
            for key in ["operationId", "summary", "tags", "security"] {
                assert!(operation.get(key).is_some(), "{method} {path} lacks {key}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert_ne!(response["description"], "", "{method} {path} {status}");
            }
        }
        assert!(seen >= 4, "{seen}");
    }

    #[test]
    fn no_answer_shows_null_where_the_schema_has_none() {
        let text = printed(&documents().v3_0);
        assert!(!text.contains("charset"), "{text}");
        assert!(!text.contains("\"uint"), "{text}");
    }
}
