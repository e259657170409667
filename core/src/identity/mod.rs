//! Who somebody is: passwords, sign-in, browser sessions and API tokens.
//!
//! A user is global and may be a member of several tenants; a session or token acts in one of them at a time. What a
//! credential may do is read from the database with every request, so that a suspended tenant, a changed role or an ended
//! membership takes effect at once.

mod access_tokens;
mod change_password;
mod credential;
mod memberships;
mod new_password;
mod own_account;
mod password;
mod reset_password;
mod sessions;
mod sign_in;
mod tries;

pub use access_tokens::{
    ACCESS_TOKEN_TTL_S, AccessToken, authenticate_token, issue_token, revoke_token,
};
pub use change_password::{ChangePassword, ChangePasswordError, PasswordForm, change_password};
pub use credential::{CredentialHash, UserRef};
pub use memberships::{MembershipRef, list_memberships};
pub use new_password::{NewPassword, PasswordFault};
pub use own_account::OwnAccount;
pub use password::{PasswordCost, hash_password};
pub use reset_password::{
    LinkHolder, ResetPasswordError, ask_for_link, find_link_holder, set_new_password,
};
pub use sessions::{
    ClientInfo, Lifetimes, NewSession, SessionActing, SessionTarget, SessionView, close_session,
    find_session, open_session, save_session, switch_target, touch_session,
};
pub use sign_in::{SignIn, SignInError, SignInRules, SignedIn, WantedTenant, sign_in};
