//! An invitation as typed, and checked.

use serde::{Deserialize, Serialize};
use vitaran_kernel::EmailAddress;

use crate::master::{finish, text_codes};
use crate::members::{Place, PlaceForm};
use crate::problem::{Faults, Invalid};

text_codes! {
    /// How the link reaches the person.
    Delivery, "Choose how the invitation is sent" {
        Mail = "MAIL", "We mail it";
        /// Shown once to whoever invites.
        Link = "LINK", "Show me a link to pass on";
    }
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InvitationForm {
    pub email: String,
    /// A built-in role's code, or the id of one of the tenant's own.
    pub role: String,
    /// A dealer's code or id; for roles of dealers' people alone.
    pub dealer: String,
    /// Ids of the locations where the role counts; none, or a blank one alone, for every location.
    pub locations: Vec<String>,
    /// Blank for a mail.
    pub delivery: String,
}

/// A checked [`InvitationForm`].
#[derive(Debug, Clone)]
pub struct NewInvitation {
    pub(super) email: EmailAddress,
    pub(super) place: Place,
    pub delivery: Delivery,
}

impl InvitationForm {
    #[must_use]
    pub fn place(&self) -> PlaceForm {
        PlaceForm {
            role: self.role.clone(),
            dealer: self.dealer.clone(),
            locations: self.locations.clone(),
        }
    }

    pub fn parse(&self) -> Result<NewInvitation, Invalid> {
        let mut faults = Faults::new();
        let email = faults.required("/email", &self.email, "the e-mail", EmailAddress::parse);
        let place = self.place().parse_into(&mut faults);
        let delivery = delivery_of(&mut faults, &self.delivery);
        finish(faults, || {
            Some(NewInvitation {
                email: email?,
                place: place?,
                delivery: delivery?,
            })
        })
    }
}

/// How an invitation is sent again, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendingForm {
    /// Blank for a mail.
    pub delivery: String,
}

impl SendingForm {
    pub fn parse(&self) -> Result<Delivery, Invalid> {
        let mut faults = Faults::new();
        let delivery = delivery_of(&mut faults, &self.delivery);
        finish(faults, || delivery)
    }
}

fn delivery_of(faults: &mut Faults, text: &str) -> Option<Delivery> {
    match text.trim() {
        "" => Some(Delivery::Mail),
        text => faults.take("/delivery", Delivery::parse(text)),
    }
}
