//! Endpoints and deliveries for programs of people. No API key manages webhooks: an endpoint that a leaked key has made would
//! outlive it.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{Allowed, PlatformWebhooksManage};
use vitaran_core::webhooks::{self, Endpoint, EndpointForm, EndpointSecret, EventType, ReplayForm};
use vitaran_kernel::{WebhookDeliveryId, WebhookEndpointId};

use super::dto::{
    MadeWebhookSecret, WebhookDelivery, WebhookDeliveryDetail, WebhookEndpoint,
    WebhookEndpointInput, WebhookEvent, WebhookReplay, WebhookReplayed,
};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::optional_json::OptionalJson;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// Makes a secret once. What is kept for a second request is the answer without it.
async fn make(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<(Endpoint, EndpointSecret), Refusal>,
) -> Result<Created<MadeWebhookSecret>, Failure> {
    let (answer, secret) = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => (answer, None),
        Started::Fresh(mut once) => {
            let (endpoint, secret) = work(&mut once).await?;
            let kept = MadeWebhookSecret {
                endpoint: endpoint.into(),
                secret: None,
            };
            let answer = once.finish(201, kept.to_json_string()).await?;
            (answer, Some(secret.reveal().to_owned()))
        }
    };
    let mut created = Created::of(&answer, |made: &MadeWebhookSecret| {
        Some(Made {
            location: format!("/api/v1/webhook_endpoints/{}", made.endpoint.id),
            version: Some(made.endpoint.version),
        })
    })?;
    let Created::Record(Json(made), ..) = &mut created;
    made.secret = secret;
    Ok(created)
}

fn stored(endpoint: Endpoint) -> Stored<WebhookEndpoint> {
    let version = endpoint.version;
    Stored::of(endpoint, version)
}

pub struct WebhooksApi;

#[OpenApi(tag = "Tag::Webhooks")]
impl WebhooksApi {
    /// List the catalogue of events
    ///
    /// Every event that an endpoint can listen to, and when it comes.
    #[oai(
        path = "/v1/webhook_events",
        method = "get",
        operation_id = "webhook_events_list"
    )]
    async fn events(&self, by: ApiActor) -> Result<Listed<WebhookEvent>, Failure> {
        let _may = by.actor().allow::<PlatformWebhooksManage>()?;
        Ok(Listed::whole(EventType::ALL.to_vec()))
    }

    /// List webhook endpoints
    ///
    /// All there are, at most ten.
    #[oai(
        path = "/v1/webhook_endpoints",
        method = "get",
        operation_id = "webhook_endpoints_list"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
    ) -> Result<Listed<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let tx = state.db.begin_read(&by).await?;
        let endpoints = webhooks::list(&tx, &by).await?;
        tx.commit().await?;
        Ok(Listed::whole(endpoints))
    }

    /// Get a webhook endpoint
    ///
    /// With what it listens to, how its deliveries fare, and why it is off if it is.
    #[oai(
        path = "/v1/webhook_endpoints/:id",
        method = "get",
        operation_id = "webhook_endpoints_get"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let tx = state.db.begin_read(&by).await?;
        let endpoint = webhooks::load(&tx, &by, WebhookEndpointId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(stored(endpoint))
    }

    /// Add a webhook endpoint
    ///
    /// The answer holds the secret that its requests are signed with, this once.
    #[oai(
        path = "/v1/webhook_endpoints",
        method = "post",
        operation_id = "webhook_endpoints_create"
    )]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<WebhookEndpointInput>,
    ) -> Result<Created<MadeWebhookSecret>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let claim = Claim::of_header(key.0.as_deref(), "webhooks.create", hash)?;
        let input = EndpointForm::from(body.0).parse(state.config.webhook_targets)?;
        let secret_key = state.secret_key()?;
        let work = async |once: &mut Once| {
            let made = webhooks::create(once.tx(), &by, &secret_key, input).await?;
            Ok((made.endpoint, made.secret))
        };
        make(&state, &by, claim, work).await
    }

    /// Change a webhook endpoint
    ///
    /// Address, description and events, all of them. What waits to be delivered goes to the new address.
    #[oai(
        path = "/v1/webhook_endpoints/:id",
        method = "put",
        operation_id = "webhook_endpoints_update"
    )]
    async fn update(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the endpoint.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<WebhookEndpointInput>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = EndpointForm::from(body.0).parse(state.config.webhook_targets)?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let endpoint = webhooks::update(&mut tx, &by, id, expected, input).await?;
        tx.commit().await?;
        Ok(stored(endpoint))
    }

    /// Remove a webhook endpoint
    ///
    /// With its secrets and its log. Gives the endpoint as it was.
    #[oai(
        path = "/v1/webhook_endpoints/:id",
        method = "delete",
        operation_id = "webhook_endpoints_remove"
    )]
    async fn remove(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the endpoint the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let endpoint = webhooks::remove(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(Stored::read_only(endpoint))
    }

    /// Switch a webhook endpoint on
    ///
    /// What happened while it was off it does not hear of; what had failed can be replayed.
    #[oai(
        path = "/v1/webhook_endpoints/:id/activation",
        method = "post",
        operation_id = "webhook_endpoints_activate"
    )]
    async fn activate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the endpoint the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let endpoint = webhooks::activate(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(stored(endpoint))
    }

    /// Switch a webhook endpoint off
    ///
    /// What waits for it has failed.
    #[oai(
        path = "/v1/webhook_endpoints/:id/deactivation",
        method = "post",
        operation_id = "webhook_endpoints_deactivate"
    )]
    async fn deactivate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the endpoint the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let endpoint = webhooks::deactivate(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(stored(endpoint))
    }

    /// Make a new secret
    ///
    /// The answer holds it, this once. The one before it signs for another day.
    #[oai(
        path = "/v1/webhook_endpoints/:id/secret",
        method = "post",
        operation_id = "webhook_endpoints_rotate"
    )]
    async fn rotate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        id: Path<uuid::Uuid>,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
    ) -> Result<Created<MadeWebhookSecret>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let claim = Claim::of_header(key.0.as_deref(), "webhooks.secret.rotate", hash)?;
        let (id, secret_key) = (WebhookEndpointId::from_uuid(id.0), state.secret_key()?);
        let work = async |once: &mut Once| {
            let made = webhooks::rotate(once.tx(), &by, &secret_key, id).await?;
            Ok((made.endpoint, made.secret))
        };
        make(&state, &by, claim, work).await
    }

    /// End the older secret before its time
    ///
    /// From now on deliveries are signed with the newer secret alone.
    #[oai(
        path = "/v1/webhook_endpoints/:id/secret/revocation",
        method = "post",
        operation_id = "webhook_endpoints_end_older_secret"
    )]
    async fn end_older(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<WebhookEndpoint>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let endpoint = webhooks::end_older(&mut tx, &by, id).await?;
        tx.commit().await?;
        Ok(stored(endpoint))
    }

    /// Send a test
    ///
    /// An event `ping`, ahead of everything else. Gives its delivery.
    #[oai(
        path = "/v1/webhook_endpoints/:id/ping",
        method = "post",
        operation_id = "webhook_endpoints_ping"
    )]
    async fn ping(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<WebhookDelivery>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let mut tx = state.db.begin(&by).await?;
        let delivery = webhooks::ping(&mut tx, &by, WebhookEndpointId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Json(delivery.into()))
    }

    /// Send again all that failed
    ///
    /// Those that failed, of so many hours back, the oldest first. What is delivered already is not sent again.
    #[oai(
        path = "/v1/webhook_endpoints/:id/replay",
        method = "post",
        operation_id = "webhook_endpoints_replay"
    )]
    async fn replay_failed(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        body: OptionalJson<WebhookReplay>,
    ) -> Result<Json<WebhookReplayed>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let since = ReplayForm::from(body.0).parse()?;
        let id = WebhookEndpointId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let again = webhooks::replay_failed(&mut tx, &by, id, since).await?;
        tx.commit().await?;
        Ok(Json(WebhookReplayed {
            deliveries: u32::try_from(again.deliveries).unwrap_or(u32::MAX),
            has_more: again.has_more,
        }))
    }

    /// List deliveries
    ///
    /// Of the last 30 days, the newest first.
    #[oai(
        path = "/v1/webhook_deliveries",
        method = "get",
        operation_id = "webhook_deliveries_list"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the address"
    )]
    async fn deliveries(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Of this endpoint alone.
        endpoint_id: Query<Option<uuid::Uuid>>,
        /// Such as `FAILED`.
        status: Query<Option<String>>,
        /// Such as `order.approved`.
        event: Query<Option<String>>,
        /// Rows, 1 to 100; 25 unless told.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<WebhookDelivery>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let (status, event) = (status.as_deref(), event.as_deref());
        let filter = super::filter(
            endpoint_id.0.map(WebhookEndpointId::from_uuid),
            status.unwrap_or_default(),
            event.unwrap_or_default(),
        )?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.as_deref())?;
        let tx = state.db.begin_read(&by).await?;
        let deliveries = webhooks::list_deliveries(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(deliveries))
    }

    /// Get a delivery
    ///
    /// With its body and everything that was tried.
    #[oai(
        path = "/v1/webhook_deliveries/:id",
        method = "get",
        operation_id = "webhook_deliveries_get"
    )]
    async fn delivery(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<WebhookDeliveryDetail>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let id = WebhookDeliveryId::from_uuid(id.0);
        let tx = state.db.begin_read(&by).await?;
        let detail = webhooks::load_delivery(&tx, &by, id).await?;
        tx.commit().await?;
        Ok(Json(detail.into()))
    }

    /// Send a delivery again
    ///
    /// With all its attempts, whether it had arrived or not; one that is under way is 409.
    #[oai(
        path = "/v1/webhook_deliveries/:id/replay",
        method = "post",
        operation_id = "webhook_deliveries_replay"
    )]
    async fn replay(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<WebhookDelivery>, Failure> {
        let by = by.actor().allow::<PlatformWebhooksManage>()?;
        let id = WebhookDeliveryId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let delivery = webhooks::replay(&mut tx, &by, id).await?;
        tx.commit().await?;
        Ok(Json(delivery.into()))
    }
}
