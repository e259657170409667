//! Refusals as people read them: a page, or a message in the page that is open.

use std::sync::{Arc, OnceLock};

use maud::{Markup, html};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response, Result};
use vitaran_core::problem::Fault;

use super::problem::Refusal;
use crate::auth::session::CurrentSession;
use crate::hx;
use crate::shell::Shell;
use crate::ui::flash::{self, Flash};
use crate::ui::form::FieldError;
use crate::ui::panel::Heading;

/// What a page handler gives: an answer, or a refusal that this module shows.
pub type PageResult = std::result::Result<Response, Refusal>;

/// The faults of a refusal, beside the fields of the form: the pointer `/lines/0/quantity` is the field `lines.0.quantity`.
#[must_use]
pub fn field_errors(faults: &[Fault]) -> Vec<FieldError> {
    faults
        .iter()
        .map(|fault| {
            let field = fault.pointer.trim_start_matches('/').replace('/', ".");
            FieldError::new(field, fault.detail.clone())
        })
        .collect()
}

/// Where the session is noted once it is known, so that an error page still shows who is signed in.
#[derive(Debug, Clone, Default)]
pub struct KnownSession(pub Arc<OnceLock<CurrentSession>>);

/// Around all pages: shows what they refuse.
pub struct ShowRefusals;

impl<E: Endpoint> Middleware<E> for ShowRefusals {
    type Output = Showing<E>;

    fn transform(&self, inner: E) -> Showing<E> {
        Showing(inner)
    }
}

pub struct Showing<E>(E);

impl<E: Endpoint> Endpoint for Showing<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let known = KnownSession::default();
        request.set_data(known.clone());
        let mut shell = Shell::of(&request);
        match self.0.call(request).await {
            Ok(output) => Ok(output.into_response()),
            // It came as an answer already: a redirect to the sign-in page.
            Err(error) if error.is_from_response() => Ok(error.into_response()),
            Err(error) => {
                shell.know(known.0.get().cloned());
                let mut response = show(&shell, &Refusal::of_error(&error));
                if let Some(route) = error.data::<poem::PathPattern>() {
                    response.set_data(route.clone());
                }
                Ok(response)
            }
        }
    }
}

fn show(shell: &Shell, refusal: &Refusal) -> Response {
    let mut response = if refusal.status == StatusCode::UNAUTHORIZED {
        hx::sign_in_first(shell.request(), "/login")
    } else if shell.request().wants_fragment() {
        let message = flash::message(&Flash::bad(refusal.detail.clone()));
        hx::fail_into_flash(refusal.status, message)
    } else {
        let title = title_of(refusal.status);
        shell
            .page(title)
            .status(refusal.status)
            .render(body(title, refusal))
    };
    if let Some(seconds) = refusal.retry_after_s {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if let Some(Ok(methods)) = refusal.allow.as_deref().map(HeaderValue::from_str) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

fn title_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "Not allowed",
        404 => "Page not found",
        409 | 412 => "Changed meanwhile",
        421 => "This domain leads nowhere",
        422 => "Not possible",
        429 | 503 => "Try again in a moment",
        500..=599 => "Something went wrong",
        _ => "The request could not be read",
    }
}

fn body(title: &str, refusal: &Refusal) -> Markup {
    html! {
        (Heading::new(title))
        div.panel.stack {
            p { (refusal.detail) "." }
            @if !refusal.faults.is_empty() { ul { @for fault in &refusal.faults { li { (fault.detail) } } } }
            // Under a name that is nobody's every page is this one.
            @if refusal.status != StatusCode::MISDIRECTED_REQUEST { p { a.button href="/" { "Go to the start page" } } }
        }
    }
}
