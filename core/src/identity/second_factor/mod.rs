//! The second factor: a code of an app after the password, and recovery codes for the day the phone is gone.
//!
//! What phone and server share is sealed at rest. Each step's code works once: of two requests with one code, one moves the row
//! on and the other finds it there. A wrong code counts as a failed try at the account, exactly as a wrong password does, so
//! that it cannot be guessed; setting up and switching off ask for the password too, or an open session would be enough.

mod code;
mod own;
mod proof;
mod reset;
mod rules;
mod totp;

pub use code::{RECOVERY_CODES, RecoveryCodes};
pub use own::{
    Enrolment, SecondFactor, begin_set_up, confirm, find_second_factor, renew_recovery_codes,
    switch_off,
};
pub use proof::{Proof, ProofForm, SecondFactorError};
pub use reset::{
    ResetSecondFactorError, find_member_second_factor, reset_at_console, reset_second_factor,
};
pub use rules::{RulesForm, SecondFactorRules, SetRules, load_rules, set_rules};

pub(super) use code::TypedCode;
pub(super) use own::forget_second_factor;
pub(super) use proof::{UsedCode, record_own, use_code};

use uuid::Uuid;

/// What a sealed secret is bound to.
fn sealed_place(user: Uuid) -> String {
    format!("second_factors/sealed_secret/{user}")
}
