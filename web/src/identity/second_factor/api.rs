//! The second factor, for programs.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use vitaran_core::access::{PlatformSettingsWrite, PlatformUsersWrite};
use vitaran_core::identity::OwnAccount;
use vitaran_core::identity::second_factor::{self, ProofForm, RulesForm};
use vitaran_kernel::UserId;

use super::dto::{Codes, Proof, Rules, RulesInput, Secret, Standing};
use crate::auth::ApiActor;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::throttle::ClientAddress;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

#[derive(ApiResponse)]
enum Removed {
    /// It is off: its codes no longer work.
    #[oai(status = 204)]
    Done,
}

fn own(by: &ApiActor) -> Result<OwnAccount, Refusal> {
    let (_, session) = by.person()?;
    OwnAccount::of_token(by.actor(), session).ok_or_else(Refusal::not_found)
}

pub struct SecondFactorApi;

#[OpenApi(tag = "Tag::SecondFactor")]
impl SecondFactorApi {
    /// How your second factor stands
    ///
    /// Whether it is on, since when, and how many recovery codes are left.
    #[oai(
        path = "/v1/me/second-factor",
        method = "get",
        operation_id = "me_get_second_factor"
    )]
    async fn get(&self, state: Data<&AppState>, by: ApiActor) -> Result<Json<Standing>, Failure> {
        let key = state.secret_key()?;
        let found = second_factor::find_second_factor(&state.db, &key, &own(&by)?).await?;
        Ok(Json(found.into()))
    }

    /// Begin to set up a second factor
    ///
    /// Gives what an app must be told. Nothing asks for a code before the first is confirmed; whoever begins again gets another
    /// secret.
    #[oai(
        path = "/v1/me/second-factor",
        method = "post",
        operation_id = "me_begin_second_factor"
    )]
    async fn begin(&self, state: Data<&AppState>, by: ApiActor) -> Result<Json<Secret>, Failure> {
        let key = state.secret_key()?;
        let enrolment = second_factor::begin_set_up(&state.db, &key, &own(&by)?).await?;
        Ok(Json(enrolment.into()))
    }

    /// Switch the second factor on
    ///
    /// With the first code of the app. Gives ten recovery codes, ends every other session and token of the person, and tells them
    /// by mail.
    #[oai(
        path = "/v1/me/second-factor/confirmation",
        method = "post",
        operation_id = "me_confirm_second_factor"
    )]
    async fn confirm(
        &self,
        state: Data<&AppState>,
        request: &Request,
        by: ApiActor,
        body: Json<Proof>,
    ) -> Result<Json<Codes>, Failure> {
        let own = own(&by)?;
        let proof = ProofForm::from(body.0).parse()?;
        let from = ClientAddress::of(request).network();
        let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
        let codes = second_factor::confirm(db, rules, &key, &own, proof, from).await?;
        Ok(Json(codes.into()))
    }

    /// Make new recovery codes
    ///
    /// Those there were no longer work.
    #[oai(
        path = "/v1/me/second-factor/recovery-codes",
        method = "post",
        operation_id = "me_renew_recovery_codes"
    )]
    async fn renew_codes(
        &self,
        state: Data<&AppState>,
        request: &Request,
        by: ApiActor,
        body: Json<Proof>,
    ) -> Result<Json<Codes>, Failure> {
        let own = own(&by)?;
        let proof = ProofForm::from(body.0).parse()?;
        let from = ClientAddress::of(request).network();
        let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
        let codes = second_factor::renew_recovery_codes(db, rules, &key, &own, proof, from).await?;
        Ok(Json(codes.into()))
    }

    /// Switch the second factor off
    ///
    /// Where your role needs one, everything else is refused until another is set up.
    #[oai(
        path = "/v1/me/second-factor/removal",
        method = "post",
        operation_id = "me_remove_second_factor"
    )]
    async fn remove(
        &self,
        state: Data<&AppState>,
        request: &Request,
        by: ApiActor,
        body: Json<Proof>,
    ) -> Result<Removed, Failure> {
        let own = own(&by)?;
        let proof = ProofForm::from(body.0).parse()?;
        let from = ClientAddress::of(request).network();
        let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
        second_factor::switch_off(db, rules, &key, &own, proof, from).await?;
        Ok(Removed::Done)
    }

    /// Reset a person's second factor
    ///
    /// For somebody who lost phone and recovery codes; they are told by mail, and it is written into the audit log. Not your own,
    /// not of somebody who may do more than you, and not of somebody who also works elsewhere.
    #[oai(
        path = "/v1/users/:id/second-factor/removal",
        method = "post",
        operation_id = "users_reset_second_factor"
    )]
    async fn reset(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Removed, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let mut tx = state.db.begin(&by).await?;
        second_factor::reset_second_factor(&mut tx, &by, UserId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Removed::Done)
    }

    /// Which roles must have a second factor
    ///
    /// Built-in roles and roles of your own. Their people set one up at their next request.
    #[oai(
        path = "/v1/second-factor-rules",
        method = "get",
        operation_id = "second_factor_rules_get"
    )]
    async fn rules(&self, state: Data<&AppState>, by: ApiActor) -> Result<Stored<Rules>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let rules = second_factor::load_rules(&mut tx, &by).await?;
        tx.commit().await?;
        let version = rules.version;
        Ok(Stored::of(rules, version))
    }

    /// Set which roles must have a second factor
    ///
    /// Whoever has such a role and none reaches nothing but the set-up: all else answers 403 with code
    /// `access.second_factor_missing`. API keys go on.
    #[oai(
        path = "/v1/second-factor-rules",
        method = "put",
        operation_id = "second_factor_rules_set"
    )]
    async fn set_rules(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        /// The `ETag` of the rules.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<RulesInput>,
    ) -> Result<Stored<Rules>, Failure> {
        let by = by.actor().allow::<PlatformSettingsWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = RulesForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&by).await?;
        let rules = second_factor::set_rules(&mut tx, &by, expected, input).await?;
        tx.commit().await?;
        let version = rules.version;
        Ok(Stored::of(rules, version))
    }
}
