//! The address one signs in with, for programs.

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use vitaran_core::identity::{self, EmailForm, OwnAccount};

use crate::auth::ApiActor;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::throttle::ClientAddress;
use crate::openapi::Tag;
use crate::state::AppState;

/// Another address, with the password as proof.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewEmail {
    #[oai(validator(max_length = 254))]
    email: String,
    #[oai(validator(max_length = 128))]
    password: String,
}

/// What a mailed link leads to.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct EmailConfirmation {
    /// The `token` of the mailed link.
    #[oai(validator(max_length = 100))]
    token: String,
}

#[derive(ApiResponse)]
enum Asked {
    /// A mail is on its way to the new address.
    #[oai(status = 202)]
    Done,
}

#[derive(ApiResponse)]
enum Changed {
    /// The person signs in with the new address from now on.
    #[oai(status = 204)]
    Done,
}

pub struct EmailApi;

#[OpenApi(tag = "Tag::Auth")]
impl EmailApi {
    /// Ask for another address to sign in with
    ///
    /// Mails a link to the new address that works once, for 24 hours; until it is used nothing changes. The answer is the
    /// same whether or not the address has an account.
    #[oai(
        path = "/v1/me/email",
        method = "post",
        operation_id = "me_change_email"
    )]
    async fn ask(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        by: ApiActor,
        body: Json<NewEmail>,
    ) -> Result<Asked, Failure> {
        let (_, session) = by.person()?;
        let own = OwnAccount::of_token(by.actor(), session);
        let own = own.ok_or_else(Refusal::not_found)?;
        let NewEmail { email, password } = body.0;
        let input = EmailForm { email, password }.parse(&own)?;
        let from = ClientAddress::of(request).network();
        let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
        identity::ask_for_email(db, rules, &key, &own, input, from).await?;
        Ok(Asked::Done)
    }

    /// Confirm an address with a mailed link
    ///
    /// Uses the link up and ends every session and token of the person. The old address is told by mail.
    #[oai(
        path = "/v1/auth/new-email",
        method = "post",
        operation_id = "auth_new_email"
    )]
    async fn confirm(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        body: Json<EmailConfirmation>,
    ) -> Result<Changed, Failure> {
        let from = ClientAddress::of(request).network();
        identity::change_email(&state.db, &body.token, None, from).await?;
        Ok(Changed::Done)
    }
}
