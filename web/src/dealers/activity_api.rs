//! Dealers, their addresses and their people switched off and on by programs.
//!
//! Each answers with the whole dealer, whose version counts all of it.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use vitaran_core::access::{Actor, SalesDealersWrite};
use vitaran_core::dealers;
use vitaran_core::master::Activity;
use vitaran_kernel::{AddressId, ContactId, DealerId};

use super::dto::Dealer;
use crate::auth::ApiActor;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// What of a dealer is switched.
#[derive(Debug, Clone, Copy)]
enum Part {
    Whole,
    Address(uuid::Uuid),
    Contact(uuid::Uuid),
}

async fn switch(
    state: &AppState,
    actor: &Actor,
    (id, part): (uuid::Uuid, Part),
    if_match: Option<&str>,
    to: Activity,
) -> Result<Stored<Dealer>, Failure> {
    let by = actor.allow::<SalesDealersWrite>()?;
    let expected = version::optional(if_match)?;
    let id = DealerId::from_uuid(id);
    let mut tx = state.db.begin(&by).await?;
    let page = match part {
        Part::Whole => dealers::set_active(&mut tx, &by, id, expected, to).await?,
        Part::Address(address) => {
            let address = AddressId::from_uuid(address);
            dealers::set_address_active(&mut tx, &by, id, expected, address, to).await?
        }
        Part::Contact(contact) => {
            let contact = ContactId::from_uuid(contact);
            dealers::set_contact_active(&mut tx, &by, id, expected, contact, to).await?
        }
    };
    tx.commit().await?;
    let version = page.dealer.version;
    Ok(Stored::of(page, version))
}

pub struct DealerActivityApi;

#[OpenApi(tag = "Tag::Dealers")]
impl DealerActivityApi {
    /// Switch off a dealer
    ///
    /// It can place no orders; what it ordered goes on. Doing it twice changes nothing.
    #[oai(
        path = "/v1/dealers/:id/deactivation",
        method = "post",
        operation_id = "dealers_deactivate"
    )]
    async fn deactivate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Whole);
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Inactive,
        )
        .await
    }

    /// Switch on a dealer
    ///
    /// It can place orders again. Doing it twice changes nothing.
    #[oai(
        path = "/v1/dealers/:id/activation",
        method = "post",
        operation_id = "dealers_activate"
    )]
    async fn activate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Whole);
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Active,
        )
        .await
    }

    /// Switch off an address
    ///
    /// No order can be sent there. The billing address stays on. Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/addresses/:address_id/deactivation",
        method = "post",
        operation_id = "dealers_deactivate_address"
    )]
    async fn deactivate_address(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        address_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Address(address_id.0));
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Inactive,
        )
        .await
    }

    /// Switch on an address
    ///
    /// Orders can be sent there again. Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/addresses/:address_id/activation",
        method = "post",
        operation_id = "dealers_activate_address"
    )]
    async fn activate_address(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        address_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Address(address_id.0));
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Active,
        )
        .await
    }

    /// Switch off a person
    ///
    /// Nothing is sent to them. The primary contact can only go as the last one. Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/contacts/:contact_id/deactivation",
        method = "post",
        operation_id = "dealers_deactivate_contact"
    )]
    async fn deactivate_contact(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        contact_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Contact(contact_id.0));
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Inactive,
        )
        .await
    }

    /// Switch on a person
    ///
    /// Who comes back when there is no primary contact is primary. Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/contacts/:contact_id/activation",
        method = "post",
        operation_id = "dealers_activate_contact"
    )]
    async fn activate_contact(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        contact_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Dealer>, Failure> {
        let what = (id.0, Part::Contact(contact_id.0));
        switch(
            &state,
            by.actor(),
            what,
            if_match.0.as_deref(),
            Activity::Active,
        )
        .await
    }
}
