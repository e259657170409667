//! Domains for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::PlatformSettingsWrite;
use vitaran_core::domains::{self, DomainForm};
use vitaran_kernel::DomainId;

use super::dto::{Domain, NewDomain};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::Listed;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

fn stored(domain: domains::Domain) -> Stored<Domain> {
    let version = domain.version;
    Stored::of(domain, version)
}

pub struct DomainsApi;

#[OpenApi(tag = "Tag::Domains", prefix_path = "/v1/domains")]
impl DomainsApi {
    /// List domains
    ///
    /// All there are, at most ten, by name.
    #[oai(path = "/", method = "get", operation_id = "domains_list")]
    async fn list(&self, state: Data<&AppState>, by: ApiActor) -> Result<Listed<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let tx = state.db.begin_read(&by).await?;
        let domains = domains::list(&tx, &by).await?;
        tx.commit().await?;
        Ok(Listed::whole(domains))
    }

    /// Get a domain
    ///
    /// With the TXT record that shows whose it is, and what the last look at it found.
    #[oai(path = "/:id", method = "get", operation_id = "domains_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let tx = state.db.begin_read(&by).await?;
        let domain = domains::load(&tx, &by, DomainId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(stored(domain))
    }

    /// Add a domain
    ///
    /// It leads to the distributor once its TXT record is found. A domain that another distributor has shown to be theirs can be
    /// added too, and is not verified while it is theirs.
    #[oai(path = "/", method = "post", operation_id = "domains_create")]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewDomain>,
    ) -> Result<Created<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "domains.create", hash)?;
        let name = DomainForm::from(body.0).parse(&state.config.public_url)?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let domain = domains::add(once.tx(), &by, name).await?;
                once.finish(201, Domain::from(domain).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |domain: &Domain| {
            Some(Made {
                location: format!("/api/v1/domains/{}", domain.id),
                version: Some(domain.version),
            })
        })?)
    }

    /// Have a domain's record looked at
    ///
    /// Within seconds, and again and again for a while; where it was looked at a moment ago, within a minute. The domain says what was
    /// found.
    #[oai(path = "/:id/check", method = "post", operation_id = "domains_check")]
    async fn check(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the domain the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let mut tx = state.db.begin(&by).await?;
        let id = DomainId::from_uuid(id.0);
        let domain = domains::ask_check(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(stored(domain))
    }

    /// Make a domain the primary one
    ///
    /// Links in mails about orders lead there from then on. It must be verified, and should answer: that its record is there says
    /// nothing of that.
    #[oai(
        path = "/:id/primary",
        method = "post",
        operation_id = "domains_make_primary"
    )]
    async fn make_primary(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the domain the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let mut tx = state.db.begin(&by).await?;
        let id = DomainId::from_uuid(id.0);
        let domain = domains::make_primary(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(stored(domain))
    }

    /// Make a domain the primary one no more
    ///
    /// Links in mails about orders lead to the installation's own address from then on.
    #[oai(
        path = "/:id/primary",
        method = "delete",
        operation_id = "domains_stop_primary"
    )]
    async fn stop_primary(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the domain the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let mut tx = state.db.begin(&by).await?;
        let id = DomainId::from_uuid(id.0);
        let domain = domains::stop_primary(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(stored(domain))
    }

    /// Remove a domain
    ///
    /// It leads nowhere from the next request on. Gives the domain as it was.
    #[oai(path = "/:id", method = "delete", operation_id = "domains_remove")]
    async fn remove(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the domain the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Domain>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let mut tx = state.db.begin(&by).await?;
        let id = DomainId::from_uuid(id.0);
        let domain = domains::remove(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(Stored::read_only(domain))
    }
}
