//! `/domains/ask`: whether a name leads here, for a proxy that gets a certificate when somebody first opens a name. It says what
//! anybody finds out by opening it.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Query};
use serde::Deserialize;
use vitaran_core::domains::{self, DomainName, host_of};

use crate::http::problem::Refusal;
use crate::state::AppState;

/// As proxies send it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct WantedName {
    domain: String,
}

/// `GET /domains/ask?domain=orders.sharma.in`: 200 for the installation's own name and for a verified one, 404 for all others.
#[handler]
pub async fn ask(
    state: Data<&AppState>,
    Query(wanted): Query<WantedName>,
) -> Result<StatusCode, Refusal> {
    let house = host_of(&state.config.public_url);
    if wanted.domain.eq_ignore_ascii_case(house) {
        return Ok(StatusCode::OK);
    }
    let Ok(name) = DomainName::parse(&wanted.domain) else {
        return Ok(StatusCode::NOT_FOUND);
    };
    let found = domains::find_tenant_of(&state.db, name.as_str()).await?;
    Ok(match found {
        Some(_) => StatusCode::OK,
        None => StatusCode::NOT_FOUND,
    })
}
