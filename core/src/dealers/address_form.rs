//! The form of one address.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{Gstin, Pincode, StateCode, Text};

use crate::master::{finish, text_codes};
use crate::problem::{Faults, Invalid};

use super::{Address, GstStanding};

text_codes! {
    /// Whose place an address is.
    Party, "Choose whose address this is" {
        Dealer = "DEALER", "The dealer's own";
        /// Goods go there on the dealer's direction (IGST Act section 10(1)(b)).
        ThirdParty = "THIRD_PARTY", "Somebody else's";
    }
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AddressForm {
    pub label: String,
    /// Blank means the dealer's own.
    pub party: String,
    pub party_name: String,
    pub party_gstin: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub state_code: String,
    pub pincode: String,
    /// The PIN code is right although it seems to be another State's. The ranges of PIN codes follow
    /// postal circles, which cross State borders here and there, so they may ask but not forbid.
    pub pincode_confirmed: bool,
    pub is_billing: bool,
}

/// An address whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddress {
    pub label: Text<60>,
    pub owner: AddressOwner,
    pub line1: Text<100>,
    pub line2: Option<Text<100>>,
    pub city: Text<60>,
    /// A place in India today.
    pub state: StateCode,
    pub pincode: Pincode,
    pub is_billing: bool,
}

/// Whose place it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressOwner {
    Dealer,
    /// The GSTIN, where there is one, is of the address's State.
    ThirdParty {
        name: Text<120>,
        gstin: Option<Gstin>,
    },
}

impl NewAddress {
    pub fn party(&self) -> Party {
        match self.owner {
            AddressOwner::Dealer => Party::Dealer,
            AddressOwner::ThirdParty { .. } => Party::ThirdParty,
        }
    }

    pub fn party_name(&self) -> Option<&Text<120>> {
        match &self.owner {
            AddressOwner::Dealer => None,
            AddressOwner::ThirdParty { name, .. } => Some(name),
        }
    }

    pub fn party_gstin(&self) -> Option<&Gstin> {
        match &self.owner {
            AddressOwner::Dealer => None,
            AddressOwner::ThirdParty { gstin, .. } => gstin.as_ref(),
        }
    }

    /// What the dealer's standing asks of its addresses; faults stand below `place`.
    pub(super) fn check_standing(&self, faults: &mut Faults, place: &str, standing: &GstStanding) {
        if self.is_billing {
            standing.check_billing_state(faults, &format!("{place}/state_code"), self.state);
        }
        if let Some(gstin) = self.party_gstin() {
            standing.check_party(faults, &format!("{place}/party_gstin"), gstin);
        }
    }
}

impl AddressForm {
    /// The form as it opens for changing an address. What is stored was confirmed when it came in.
    pub fn of(address: &Address) -> Self {
        let text = |value: Option<String>| value.unwrap_or_default();
        AddressForm {
            label: address.label.to_string(),
            party: address.party.to_string(),
            party_name: text(address.party_name.as_ref().map(ToString::to_string)),
            party_gstin: text(address.party_gstin.as_ref().map(ToString::to_string)),
            line1: address.line1.to_string(),
            line2: text(address.line2.as_ref().map(ToString::to_string)),
            city: address.city.to_string(),
            state_code: address.state.to_string(),
            pincode: address.pincode.to_string(),
            pincode_confirmed: !address.state.matches_pincode(&address.pincode),
            is_billing: address.is_billing,
        }
    }

    pub fn parse(&self) -> Result<NewAddress, Invalid> {
        let mut faults = Faults::new();
        let address = self.parse_at(&mut faults, "");
        finish(faults, || address)
    }

    /// As [`AddressForm::parse`] for a form inside another: faults stand below `place`.
    pub(super) fn parse_at(&self, faults: &mut Faults, place: &str) -> Option<NewAddress> {
        let AddressForm {
            label,
            party,
            party_name,
            party_gstin,
            line1,
            line2,
            city,
            state_code,
            pincode,
            pincode_confirmed,
            is_billing,
        } = self;
        let at = |field: &str| format!("{place}/{field}");
        let label = faults.required(
            &at("label"),
            label,
            "a name for the address, such as Shop or Godown",
            Text::parse,
        );
        let line1 = faults.required(&at("line1"), line1, "building and street", Text::parse);
        let line2 = faults.optional(&at("line2"), line2, Text::parse);
        let city = faults.required(&at("city"), city, "the city", Text::parse);
        let state = faults.required(&at("state_code"), state_code, "the State", present_state);
        let pincode = faults.required(&at("pincode"), pincode, "the PIN code", Pincode::parse);
        if let (Some(state), Some(pincode), false) = (state, &pincode, *pincode_confirmed)
            && !state.matches_pincode(pincode)
        {
            let detail = format!(
                "{pincode} does not look like a PIN code of {}, correct it or confirm that it is right",
                state.name()
            );
            faults.add(at("pincode"), "state_mismatch", detail);
        }
        let owner = owner(faults, place, party, party_name, party_gstin, state);
        if *is_billing && matches!(owner, Some(AddressOwner::ThirdParty { .. })) {
            faults.add(
                at("is_billing"),
                "third_party",
                "The billing address is the dealer's own",
            );
        }
        Some(NewAddress {
            label: label?,
            owner: owner?,
            line1: line1?,
            line2,
            city: city?,
            state: state?,
            pincode: pincode?,
            is_billing: *is_billing,
        })
    }
}

fn owner(
    faults: &mut Faults,
    place: &str,
    party: &str,
    name: &str,
    gstin: &str,
    state: Option<StateCode>,
) -> Option<AddressOwner> {
    let at = |field: &str| format!("{place}/{field}");
    let party = match party.trim() {
        "" => Some(Party::Dealer),
        text => faults.take(&at("party"), Party::parse(text)),
    };
    match party? {
        Party::Dealer => {
            for (field, text) in [("party_name", name), ("party_gstin", gstin)] {
                if !text.trim().is_empty() {
                    faults.add(
                        at(field),
                        "not_wanted",
                        "Leave this empty for the dealer's own address",
                    );
                }
            }
            Some(AddressOwner::Dealer)
        }
        Party::ThirdParty => {
            let name = faults.required(
                &at("party_name"),
                name,
                "who receives the goods there",
                Text::parse,
            );
            let gstin = faults.optional(&at("party_gstin"), gstin, Gstin::parse_taxpayers);
            if let (Some(gstin), Some(state)) = (&gstin, state)
                && gstin.state() != state
            {
                let detail = format!(
                    "The receiver's GSTIN is of {}, the address is in {}",
                    gstin.state().name(),
                    state.name()
                );
                faults.add(at("party_gstin"), "state_mismatch", detail);
            }
            Some(AddressOwner::ThirdParty { name: name?, gstin })
        }
    }
}

/// Goods can be sent there: not one of the codes that only old GSTINs or exports have.
fn present_state(text: &str) -> Result<StateCode, String> {
    let state = StateCode::parse(text.trim()).map_err(|error| error.to_string())?;
    if state.is_current() {
        Ok(state)
    } else {
        Err(format!(
            "{} is no State today, choose another",
            state.name()
        ))
    }
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
            pincode: "411 001".to_owned(),
            ..AddressForm::default()
        }
    }

    fn third_party() -> AddressForm {
        AddressForm {
            party: "THIRD_PARTY".to_owned(),
            party_name: "Mehta Electricals".to_owned(),
            ..shop()
        }
    }

    fn faults(form: &AddressForm) -> Vec<(String, &'static str)> {
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
    fn an_address_is_the_dealers_own_unless_somebody_else_is_named() {
        assert_eq!(shop().parse().unwrap().owner, AddressOwner::Dealer);
        let form = AddressForm {
            party_gstin: "27AAPFU0939F1ZV".to_owned(),
            ..third_party()
        };
        let address = form.parse().unwrap();
        assert_eq!(
            (address.party(), address.party_name().unwrap().as_str()),
            (Party::ThirdParty, "Mehta Electricals")
        );
    }

    #[test]
    fn an_empty_form_asks_for_every_field_that_is_needed_at_once() {
        let pointers: Vec<_> = faults(&AddressForm::default())
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect();
        assert_eq!(
            pointers,
            ["/label", "/line1", "/city", "/state_code", "/pincode"]
        );
    }

    #[test]
    fn each_field_is_held_to_its_rule() {
        type Spoil = fn(&mut AddressForm);
        let cases: [(&str, &str, AddressForm, Spoil); 9] = [
            ("/state_code", "invalid", shop(), |f| {
                f.state_code = "28".to_owned()
            }),
            ("/state_code", "invalid", shop(), |f| {
                f.state_code = "96".to_owned()
            }),
            ("/pincode", "invalid", shop(), |f| {
                f.pincode = "011001".to_owned()
            }),
            ("/pincode", "state_mismatch", shop(), |f| {
                f.pincode = "560001".to_owned()
            }),
            ("/party_name", "not_wanted", shop(), |f| {
                f.party_name = "Mehta".to_owned()
            }),
            ("/party_name", "required", third_party(), |f| {
                f.party_name.clear()
            }),
            ("/party_gstin", "state_mismatch", third_party(), |f| {
                f.party_gstin = "29AABCR1718E1ZL".to_owned()
            }),
            ("/party_gstin", "invalid", third_party(), |f| {
                f.party_gstin = "27AAPFU0939F1ZA".to_owned()
            }),
            ("/is_billing", "third_party", third_party(), |f| {
                f.is_billing = true
            }),
        ];
        for (pointer, code, mut form, spoil) in cases {
            spoil(&mut form);
            assert_eq!(faults(&form), [(pointer.to_owned(), code)]);
        }
    }

    #[test]
    fn a_pin_code_of_another_circle_passes_once_it_is_confirmed() {
        let form = AddressForm {
            pincode: "560001".to_owned(),
            pincode_confirmed: true,
            ..shop()
        };
        assert_eq!(faults(&form), []);
    }
}
