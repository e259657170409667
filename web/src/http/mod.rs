//! What stands between the socket and a handler, and the two faces of a refusal.
//!
//! From outside in: [`prompt_headers`] holds connections to saying what they want; [`request_id`] names and logs the request; [`security_headers`] goes on every answer;
//! [`compression`] packs HTML and JSON. Then, for pages and API alike, [`throttle`], [`body_limit`] and [`text_guard`]; for
//! pages alone [`csrf`], for the API alone [`cors`], [`retirement`], [`request_check`]
//! and [`not_modified`]. A handler refuses with a [`problem::Refusal`], which [`problem_page`] shows to people and
//! [`problem_json`] to programs.

pub mod body_limit;
pub mod compression;
pub mod cookies;
pub mod cors;
pub mod csrf;
pub mod csv;
pub mod flash;
pub mod form;
pub mod form_page;
pub mod idempotency;
pub mod listing;
pub mod next_path;
pub mod not_modified;
pub mod optional_json;
pub mod params;
pub mod problem;
pub mod problem_json;
pub mod problem_page;
pub mod prompt_headers;
pub mod request_check;
pub mod request_id;
pub mod retirement;
pub mod security_headers;
pub mod site;
pub mod shape;
pub mod stored;
pub mod text_guard;
pub mod throttle;
pub mod types;
pub mod version;
