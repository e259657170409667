//! Who buys: the dealer with its GST standing, its addresses and people, and its credit.
//!
//! Invariants:
//! - a registered or SEZ dealer has a taxpayer's GSTIN, an unregistered one has none, and no two
//!   dealers have the same;
//! - a dealer has exactly one billing address, active and its own; where there is a GSTIN it lies in
//!   the GSTIN's State, for a registration is for one State (CGST Act section 25);
//! - a third party's address names the party, whose GSTIN, where given, is of the address's State and
//!   not the dealer's own (goods to the dealer's own other registration are an own place);
//! - of the people exactly one is the primary contact, once there are any;
//! - consent to WhatsApp messages is kept with when and where it was given.
//!
//! Addresses and contacts belong to the dealer's version: changing one makes the dealer another
//! version, so that two people cannot change the same dealer past each other.

mod address_form;
mod addresses;
mod contact_form;
mod contacts;
mod create;
pub mod credit;
mod credit_limit;
mod dealer_form;
mod find;
mod gst;
mod list;
mod model;
mod update;
#[cfg(test)]
mod tests;

pub use address_form::{AddressForm, AddressOwner, NewAddress, Party};
pub use addresses::{
    add as add_address, set_active as set_address_active, update as update_address,
};
pub use contact_form::{ContactForm, Language, NewContact};
pub use contacts::{
    add as add_contact, set_active as set_contact_active, update as update_contact,
};
pub use create::create;
pub use credit_limit::{CreditLimit, CreditLimitForm, set_credit_limit};
pub use dealer_form::{
    DealerCode, DealerForm, DealerHeader, DealerHeaderForm, LegalName, NewDealer,
};
pub use find::find_by_code;
pub use gst::{GstStanding, GstTreatment};
pub use list::{DealerFilter, DealerSummary, list};
pub use model::{Address, Contact, Dealer, DealerPage, load, load_own};
pub use update::{set_active, update};
