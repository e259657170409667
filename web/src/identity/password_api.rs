//! One's own password, for programs.

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use vitaran_core::identity::{self, OwnAccount, PasswordForm, ResetPasswordError};

use crate::auth::ApiActor;
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::throttle::ClientAddress;
use crate::openapi::Tag;
use crate::state::AppState;

/// The present password and a new one.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PasswordChange {
    #[oai(validator(max_length = 128))]
    old_password: String,
    /// 12 to 128 characters of any kind, and hard to guess.
    #[oai(validator(max_length = 128))]
    new_password: String,
}

/// Who has forgotten a password.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ForgottenPassword {
    /// The person's e-mail address.
    #[oai(validator(max_length = 254))]
    email: String,
}

/// What a mailed link leads to.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PasswordReset {
    /// The `token` of the mailed link.
    #[oai(validator(max_length = 100))]
    token: String,
    /// 12 to 128 characters of any kind, and hard to guess.
    #[oai(validator(max_length = 128))]
    password: String,
}

#[derive(ApiResponse)]
enum Changed {
    /// The password is the new one.
    #[oai(status = 204)]
    Done,
}

#[derive(ApiResponse)]
enum Asked {
    /// If the address has an account, a mail is on its way to it.
    #[oai(status = 202)]
    Done,
}

pub struct PasswordApi;

#[OpenApi]
impl PasswordApi {
    /// Change one's password
    ///
    /// Ends every session and token of the person but the one the request came with, and tells them by mail.
    #[oai(
        path = "/v1/me/password",
        method = "post",
        operation_id = "me_change_password",
        tag = "Tag::Auth"
    )]
    async fn change(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        by: ApiActor,
        body: Json<PasswordChange>,
    ) -> Result<Changed, Failure> {
        let (_, session) = by.person()?;
        let own = OwnAccount::of_token(by.actor(), session);
        let own = own.ok_or_else(Refusal::not_found)?;
        let PasswordChange {
            old_password,
            new_password,
        } = body.0;
        let form = PasswordForm {
            old_password,
            new_password,
        };
        let input = form.parse(&own)?;
        let from = ClientAddress::of(request).network();
        let (db, rules) = (&state.db, state.config.sign_in);
        identity::change_password(db, rules, &own, input, from).await?;
        Ok(Changed::Done)
    }

    /// Ask for a link to a new password
    ///
    /// The answer is the same whether or not the address has an account. The link works once, for 30 minutes.
    #[oai(
        path = "/v1/auth/forgotten-password",
        method = "post",
        operation_id = "auth_forgotten_password",
        tag = "Tag::Auth"
    )]
    async fn forgotten(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        body: Json<ForgottenPassword>,
    ) -> Result<Asked, Failure> {
        let from = ClientAddress::of(request).network();
        let (db, rules) = (&state.db, state.config.sign_in);
        identity::ask_for_link(db, rules, &state.secret_key()?, &body.email, from).await?;
        Ok(Asked::Done)
    }

    /// Set a new password with a mailed link
    ///
    /// Uses the link up and ends every session and token of the person.
    #[oai(
        path = "/v1/auth/new-password",
        method = "post",
        operation_id = "auth_new_password",
        tag = "Tag::Auth"
    )]
    async fn reset(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        body: Json<PasswordReset>,
    ) -> Result<Changed, Failure> {
        let holder = identity::find_link_holder(&state.db, &body.token).await?;
        let holder = holder.ok_or(ResetPasswordError::LinkOver)?;
        let password = holder.parse(&body.password)?;
        let from = ClientAddress::of(request).network();
        let (db, rules) = (&state.db, state.config.sign_in);
        identity::set_new_password(db, rules, &body.token, &holder, password, from).await?;
        Ok(Changed::Done)
    }
}
