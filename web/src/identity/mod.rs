//! Signing in and out, one's own password, changing company, where one is signed in, and how pages look to the one who reads them.

pub mod api;
pub mod email;
mod email_api;
mod email_views;
pub mod own_sessions;
pub mod password;
mod password_api;
mod password_views;
mod preferences;
pub mod second_factor;
mod session_views;
mod sessions_api;
mod sign_in;
pub mod staff_sessions;
mod start;
pub mod suspended;
mod switch_tenant;
mod views;

pub use api::{AuthApi, MeApi};
pub use email_api::EmailApi;
pub use password_api::PasswordApi;
pub use preferences::set_preferences;
pub use second_factor::SecondFactorApi;
pub use sessions_api::SessionsApi;
pub use sign_in::{show_sign_in, sign_out, submit_sign_in};
pub use start::go_to_start;
pub use switch_tenant::{show_switch, submit_switch};
