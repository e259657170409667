//! Keys for programs that administer: no key does, for a leaked one could then outlive its end.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{Allowed, PlatformApikeysManage};
use vitaran_core::api_keys::{self, ApiKeyForm, MadeKey, RollForm};
use vitaran_kernel::ApiKeyId;

use super::dto::{ApiKey, ApiKeyInput, ApiKeyRoll, MadeApiKey};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::optional_json::OptionalJson;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::openapi::Tag;
use crate::state::AppState;

/// Makes a key once. What is kept for a second request is the answer without the secret.
async fn make(
    state: &AppState,
    by: &Allowed<PlatformApikeysManage>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<MadeKey, Refusal>,
) -> Result<Created<MadeApiKey>, Failure> {
    let (answer, secret) = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => (answer, None),
        Started::Fresh(mut once) => {
            let made = work(&mut once).await?;
            let secret = made.secret.reveal().to_owned();
            let kept = MadeApiKey {
                api_key: made.key.into(),
                secret: None,
            };
            let answer = once.finish(201, kept.to_json_string()).await?;
            (answer, Some(secret))
        }
    };
    let mut created = Created::of(&answer, |made: &MadeApiKey| {
        Some(Made {
            location: format!("/api/v1/api_keys/{}", made.api_key.id),
            version: None,
        })
    })?;
    let Created::Record(Json(made), ..) = &mut created;
    made.secret = secret;
    Ok(created)
}

pub struct ApiKeysApi;

#[OpenApi(tag = "Tag::ApiKeys")]
impl ApiKeysApi {
    /// List API keys
    ///
    /// All there ever were, the newest first, without their secrets.
    #[oai(path = "/v1/api_keys", method = "get", operation_id = "api_keys_list")]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<ApiKey>, Failure> {
        let by = by.actor().allow::<PlatformApikeysManage>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let tx = state.db.begin_read(&by).await?;
        let keys = api_keys::list(&tx, &by, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(keys))
    }

    /// Get an API key
    ///
    /// What it may do, where from and until when, without its secret.
    #[oai(
        path = "/v1/api_keys/:id",
        method = "get",
        operation_id = "api_keys_get"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<ApiKey>, Failure> {
        let by = by.actor().allow::<PlatformApikeysManage>()?;
        let tx = state.db.begin_read(&by).await?;
        let key = api_keys::load(&tx, &by, ApiKeyId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Stored::read_only(key))
    }

    /// Make an API key
    ///
    /// The answer holds its secret, this once. The key is its maker's delegate: it may do what it names and its maker may do
    /// at the time, and stops when the maker no longer works here. No key manages keys, users, roles, sessions or webhooks.
    #[oai(
        path = "/v1/api_keys",
        method = "post",
        operation_id = "api_keys_create"
    )]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<ApiKeyInput>,
    ) -> Result<Created<MadeApiKey>, Failure> {
        let by = by.actor().allow::<PlatformApikeysManage>()?;
        let claim = Claim::of_header(key.0.as_deref(), "api_keys.create", hash)?;
        let input = ApiKeyForm::from(body.0).parse()?;
        let work = async |once: &mut Once| Ok(api_keys::create(once.tx(), &by, input).await?);
        make(&state, &by, claim, work).await
    }

    /// Replace an API key
    ///
    /// Makes a key of the same name, scopes, networks and length of life. The old one works on for the overlap, so that programs
    /// can be changed one after the other. It stays the key of whoever made the old one: where they have left it is refused, and so
    /// is a key that goes further than you do.
    #[oai(
        path = "/v1/api_keys/:id/roll",
        method = "post",
        operation_id = "api_keys_roll"
    )]
    async fn roll(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        id: Path<uuid::Uuid>,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: OptionalJson<ApiKeyRoll>,
    ) -> Result<Created<MadeApiKey>, Failure> {
        let by = by.actor().allow::<PlatformApikeysManage>()?;
        let claim = Claim::of_header(key.0.as_deref(), "api_keys.roll", hash)?;
        let input = RollForm::from(body.0).parse()?;
        let id = ApiKeyId::from_uuid(id.0);
        let work = async |once: &mut Once| Ok(api_keys::roll(once.tx(), &by, id, input).await?);
        make(&state, &by, claim, work).await
    }

    /// Revoke an API key
    ///
    /// It stops with the next request. Doing it twice changes nothing.
    #[oai(
        path = "/v1/api_keys/:id/revocation",
        method = "post",
        operation_id = "api_keys_revoke"
    )]
    async fn revoke(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<ApiKey>, Failure> {
        let by = by.actor().allow::<PlatformApikeysManage>()?;
        let mut tx = state.db.begin(&by).await?;
        let key = api_keys::revoke(&mut tx, &by, ApiKeyId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Stored::read_only(key))
    }
}
