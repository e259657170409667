//! Who somebody is: passwords, sign-in, sessions of browsers and of programs.
//!
//! A user is global and may be a member of several tenants; a session or token acts in one of them at a time. What a
//! credential may do is read from the database with every request, so that a suspended tenant, a changed role or an ended
//! membership takes effect at once.

mod change_email;
mod change_password;
mod credential;
mod device;
mod link;
mod memberships;
mod new_password;
mod own_account;
mod own_sessions;
mod password;
mod prove_password;
mod reset_password;
pub mod second_factor;
mod second_step;
mod sessions;
mod sign_in;
mod staff_sessions;
mod tokens;
mod tries;
mod visits;

pub use change_email::{
    ChangeEmail, ChangeEmailError, EmailChange, EmailForm, ask_for_email, change_email,
    find_email_change,
};
pub use change_password::{ChangePassword, ChangePasswordError, PasswordForm, change_password};
pub use credential::{CredentialHash, SecondFactorStanding, SuspendedTenant, UserRef};
pub(crate) use credential::{GrantColumns, ModulesColumn};
pub(crate) use link::{LONGEST_LINK, new_link_secret};
pub use memberships::{MembershipRef, list_memberships};
pub use new_password::{NewPassword, PasswordFault};
pub use own_account::OwnAccount;
pub(crate) use own_account::confirm_address;
pub use own_account::words_of;
pub use own_sessions::{OpenSession, end_other_sessions, end_own_session, list_own_sessions};
pub use password::{PasswordCost, hash_password};
pub use prove_password::ProvenAccount;
pub(crate) use prove_password::{ProvePasswordError, Proven, prove_password};
pub use reset_password::{
    LinkHolder, ResetPasswordError, ask_for_link, find_link_holder, set_new_password,
};
pub use second_step::{
    HalfSignedIn, PENDING_S, PendingSecret, finish_at_once, finish_pending, is_pending,
    wait_for_code,
};
pub use sessions::{
    ClientInfo, Lifetimes, NewSession, SessionActing, SessionKind, SessionStart, SessionTarget,
    SessionView, close_session, find_session, open_session, switch_target, touch_session,
};
pub use sign_in::{SignIn, SignInError, SignInRules, SignedIn, WantedTenant, sign_in};
pub(crate) use staff_sessions::end_sessions_here;
pub use staff_sessions::{
    EndSessionError, MemberSession, end_member_session, end_sessions_of_member,
    list_member_sessions,
};
pub use tokens::{
    ACCESS_TOKEN_TTL_S, AccessToken, REFRESH_TOKEN_TTL_S, RefreshError, RefreshToken, Refreshed,
    TokenView, Tokens, authenticate_token, open_api_session, refresh,
};
