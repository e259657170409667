//! The form of a dealer: alone for changing it, with addresses and people for adding it.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{EmailAddress, LocationId, PriceListId, Sku, Text};

use crate::master::{finish, parse_rows};
use crate::problem::{Faults, Invalid};

use super::{AddressForm, AddressOwner, ContactForm, Dealer, GstStanding, NewAddress, NewContact};

/// How a distributor calls a dealer: capital letters, digits and `- _ . /`.
pub type DealerCode = Text<40>;
pub type LegalName = Text<200>;

/// Addresses of one dealer at most.
pub(super) const MAX_ADDRESSES: usize = 50;
/// People of one dealer at most.
pub(super) const MAX_CONTACTS: usize = 20;

/// What a person or program sends to change a dealer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DealerHeaderForm {
    pub code: String,
    pub legal_name: String,
    pub trade_name: String,
    pub gst_treatment: String,
    pub gstin: String,
    /// Blank means the default list.
    pub price_list_id: String,
    /// Blank means the default location.
    pub location_id: String,
    pub email: String,
}

/// What a person or program sends to add a dealer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DealerForm {
    pub code: String,
    pub legal_name: String,
    pub trade_name: String,
    pub gst_treatment: String,
    pub gstin: String,
    pub price_list_id: String,
    pub location_id: String,
    pub email: String,
    /// At least the billing address.
    pub addresses: Vec<AddressForm>,
    pub contacts: Vec<ContactForm>,
}

/// A dealer without its addresses and people, whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealerHeader {
    pub code: DealerCode,
    pub legal_name: LegalName,
    pub trade_name: Option<LegalName>,
    pub standing: GstStanding,
    pub price_list: Option<PriceListId>,
    pub location: Option<LocationId>,
    pub email: Option<EmailAddress>,
}

/// A whole new dealer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDealer {
    pub header: DealerHeader,
    /// One of them is the billing address.
    pub addresses: Vec<NewAddress>,
    /// One of them is the primary contact, if there are any.
    pub contacts: Vec<NewContact>,
}

impl DealerHeaderForm {
    /// The form as it opens for changing a dealer.
    pub fn of(dealer: &Dealer) -> Self {
        let text = |value: Option<String>| value.unwrap_or_default();
        DealerHeaderForm {
            code: dealer.code.to_string(),
            legal_name: dealer.legal_name.to_string(),
            trade_name: text(dealer.trade_name.as_ref().map(ToString::to_string)),
            gst_treatment: dealer.gst_treatment.to_string(),
            gstin: text(dealer.gstin.as_ref().map(ToString::to_string)),
            price_list_id: text(dealer.price_list_id.map(|id| id.to_string())),
            location_id: text(dealer.location_id.map(|id| id.to_string())),
            email: text(dealer.email.as_ref().map(ToString::to_string)),
        }
    }

    pub fn parse(&self) -> Result<DealerHeader, Invalid> {
        let mut faults = Faults::new();
        let header = self.parse_with(&mut faults);
        finish(faults, || header)
    }

    fn parse_with(&self, faults: &mut Faults) -> Option<DealerHeader> {
        let DealerHeaderForm {
            code,
            legal_name,
            trade_name,
            gst_treatment,
            gstin,
            price_list_id,
            location_id,
            email,
        } = self;
        let code = faults.required("/code", code, "a code for the dealer", dealer_code);
        let legal_name = faults.required("/legal_name", legal_name, "the legal name", Text::parse);
        let trade_name = faults.optional("/trade_name", trade_name, Text::parse);
        let standing = GstStanding::parse(faults, gst_treatment, gstin);
        let price_list = faults.optional("/price_list_id", price_list_id, |text| {
            PriceListId::parse(text.trim())
        });
        let location = faults.optional("/location_id", location_id, |text| {
            LocationId::parse(text.trim())
        });
        let email = faults.optional("/email", email, EmailAddress::parse);
        Some(DealerHeader {
            code: code?,
            legal_name: legal_name?,
            trade_name,
            standing: standing?,
            price_list,
            location,
            email,
        })
    }
}

impl DealerForm {
    /// All faults at once, those of an address or a person below `/addresses/0` or `/contacts/0`.
    pub fn parse(&self) -> Result<NewDealer, Invalid> {
        let DealerForm {
            code,
            legal_name,
            trade_name,
            gst_treatment,
            gstin,
            price_list_id,
            location_id,
            email,
            addresses,
            contacts,
        } = self.clone();
        let header = DealerHeaderForm {
            code,
            legal_name,
            trade_name,
            gst_treatment,
            gstin,
            price_list_id,
            location_id,
            email,
        };
        let mut faults = Faults::new();
        let header = header.parse_with(&mut faults);
        let marked_addresses = addresses
            .iter()
            .filter(|address| address.is_billing)
            .count();
        let marked_contacts = contacts.iter().filter(|contact| contact.is_primary).count();
        let mut addresses = parse_rows(
            &mut faults,
            "/addresses",
            &addresses,
            MAX_ADDRESSES,
            |faults, place, form| {
                let address = form.parse_at(faults, place)?;
                if let Some(header) = &header {
                    address.check_standing(faults, place, &header.standing);
                }
                Some((place.to_owned(), address))
            },
        );
        let mut contacts = parse_rows(
            &mut faults,
            "/contacts",
            &contacts,
            MAX_CONTACTS,
            |faults, place, form| form.parse_at(faults, place),
        );
        // A form with one address means that one, and with one person that one.
        let is_lone_address = self.addresses.len() == 1 && marked_addresses == 0;
        match addresses.as_mut_slice() {
            [(place, address)] if is_lone_address && address.owner == AddressOwner::Dealer => {
                address.is_billing = true;
                if let Some(header) = &header {
                    address.check_standing(&mut faults, place, &header.standing);
                }
            }
            // It has faults of its own, which come first.
            [] if is_lone_address => {}
            _ if marked_addresses == 1 => {}
            _ => faults.add(
                "/addresses",
                "billing",
                "Mark one address of the dealer's own as the billing address",
            ),
        }
        match contacts.as_mut_slice() {
            [contact] if self.contacts.len() == 1 => contact.is_primary = true,
            _ if self.contacts.len() < 2 || marked_contacts == 1 => {}
            _ => faults.add(
                "/contacts",
                "primary",
                "Mark one person as the primary contact",
            ),
        }
        let addresses = addresses.into_iter().map(|(_, address)| address).collect();
        finish(faults, || {
            Some(NewDealer {
                header: header?,
                addresses,
                contacts,
            })
        })
    }
}

/// As a SKU: what can be read out and typed.
fn dealer_code(text: &str) -> Result<DealerCode, String> {
    let refused = || {
        "Enter a code of 1 to 40 letters, digits, dashes, underscores, dots or slashes".to_owned()
    };
    let code = Sku::parse(text).map_err(|_| refused())?;
    DealerCode::parse(code.as_str()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> AddressForm {
        AddressForm {
            label: "Shop".to_owned(),
            line1: "2 Bazaar Road".to_owned(),
            city: "Pune".to_owned(),
            state_code: "27".to_owned(),
            pincode: "411001".to_owned(),
            ..AddressForm::default()
        }
    }

    fn traders() -> DealerForm {
        DealerForm {
            code: "shr-01".to_owned(),
            legal_name: "Shree Traders".to_owned(),
            gst_treatment: "REGISTERED".to_owned(),
            gstin: "27AAPFU0939F1ZV".to_owned(),
            addresses: vec![shop()],
            contacts: vec![ContactForm {
                name: "Ramesh".to_owned(),
                ..ContactForm::default()
            }],
            ..DealerForm::default()
        }
    }

    fn faults(change: impl FnOnce(&mut DealerForm)) -> Vec<(String, &'static str)> {
        let mut form = traders();
        change(&mut form);
        let faults = form
            .parse()
            .err()
            .map(|invalid| invalid.faults)
            .unwrap_or_default();
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn the_only_address_is_the_billing_address_and_the_only_person_the_primary_contact() {
        let dealer = traders().parse().unwrap();
        assert!(dealer.addresses[0].is_billing && dealer.contacts[0].is_primary);
        assert_eq!(dealer.header.code.as_str(), "SHR-01");
    }

    #[test]
    fn an_empty_form_asks_for_everything_that_is_needed_at_once() {
        let faults = faults(|form| *form = DealerForm::default());
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["/code", "/legal_name", "/gst_treatment", "/addresses"]
        );
    }

    #[test]
    fn of_several_addresses_one_is_marked() {
        assert_eq!(
            faults(|form| form.addresses.push(shop())),
            [("/addresses".to_owned(), "billing")]
        );
        let billing = || AddressForm {
            is_billing: true,
            ..shop()
        };
        assert_eq!(
            faults(|form| form.addresses = vec![billing(), billing()]),
            [("/addresses".to_owned(), "billing")]
        );
        assert_eq!(faults(|form| form.addresses = vec![billing(), shop()]), []);
    }

    #[test]
    fn an_only_address_with_a_fault_is_told_that_fault_alone() {
        let without_city = || AddressForm {
            city: String::new(),
            ..shop()
        };
        let fault = [("/addresses/0/city".to_owned(), "required")];
        assert_eq!(faults(|form| form.addresses = vec![without_city()]), fault);
    }

    #[test]
    fn a_dealer_cannot_be_billed_at_somebody_elses_place() {
        let theirs = || AddressForm {
            party: "THIRD_PARTY".to_owned(),
            party_name: "Mehta".to_owned(),
            ..shop()
        };
        assert_eq!(
            faults(|form| form.addresses = vec![theirs()]),
            [("/addresses".to_owned(), "billing")]
        );
    }

    #[test]
    fn faults_of_an_address_name_the_address() {
        let elsewhere = AddressForm {
            state_code: "29".to_owned(),
            pincode: "560001".to_owned(),
            ..shop()
        };
        let fault = ("/addresses/0/state_code".to_owned(), "state_mismatch");
        assert_eq!(
            faults(|form| form.addresses = vec![elsewhere.clone()]),
            std::slice::from_ref(&fault)
        );
        let billing = AddressForm {
            is_billing: true,
            ..elsewhere
        };
        assert_eq!(
            faults(|form| form.addresses = vec![billing]),
            [fault],
            "told once, marked or not"
        );
        let own_gstin = AddressForm {
            party: "THIRD_PARTY".to_owned(),
            party_name: "Mehta".to_owned(),
            party_gstin: "27AAPFU0939F1ZV".to_owned(),
            ..shop()
        };
        let addresses = vec![
            AddressForm {
                is_billing: true,
                ..shop()
            },
            own_gstin,
        ];
        assert_eq!(
            faults(|form| form.addresses = addresses),
            [("/addresses/1/party_gstin".to_owned(), "own_gstin")]
        );
    }

    #[test]
    fn of_several_people_one_is_primary() {
        let person = |is_primary| ContactForm {
            name: "Asha".to_owned(),
            is_primary,
            ..ContactForm::default()
        };
        assert_eq!(
            faults(|form| form.contacts = vec![person(false), person(false)]),
            [("/contacts".to_owned(), "primary")]
        );
        assert_eq!(
            faults(|form| form.contacts = vec![person(true), person(true)]),
            [("/contacts".to_owned(), "primary")]
        );
        assert_eq!(
            faults(|form| form.contacts = vec![person(false), person(true)]),
            []
        );
        assert_eq!(faults(|form| form.contacts.clear()), []);
    }
}
