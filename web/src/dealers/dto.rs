//! Dealers as the API gives and takes them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::dealers::{
    self, AddressForm, ContactForm, CreditLimit, CreditLimitForm, DealerForm, DealerHeaderForm,
    DealerPage,
};
use vitaran_kernel::Gstin;

use crate::http::types::Money;

/// A form as it is meant: a blank State of the billing address is that of the GSTIN, and a person of whom nothing is said
/// is none.
#[must_use]
pub fn completed(mut form: DealerForm) -> DealerForm {
    if let (Some(address), Ok(gstin)) = (form.addresses.first_mut(), Gstin::parse(&form.gstin))
        && address.state_code.trim().is_empty()
    {
        address.state_code = gstin.state().to_string();
    }
    let is_somebody = |contact: &ContactForm| {
        let ContactForm {
            name,
            phone,
            email,
            language: _,
            is_primary: _,
            whatsapp_opt_in,
            whatsapp_opt_in_source,
        } = contact;
        let texts = [name, phone, email, whatsapp_opt_in_source];
        *whatsapp_opt_in || texts.into_iter().any(|text| !text.trim().is_empty())
    };
    form.contacts.retain(is_somebody);
    form
}

/// How GST treats supplies to a dealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GstTreatment {
    Registered,
    Unregistered,
    /// A unit in, or the developer of, a special economic zone.
    Sez,
}

impl From<dealers::GstTreatment> for GstTreatment {
    fn from(treatment: dealers::GstTreatment) -> Self {
        match treatment {
            dealers::GstTreatment::Registered => GstTreatment::Registered,
            dealers::GstTreatment::Unregistered => GstTreatment::Unregistered,
            dealers::GstTreatment::Sez => GstTreatment::Sez,
        }
    }
}

/// A dealer in a list.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DealerSummary {
    id: uuid::Uuid,
    code: String,
    legal_name: String,
    trade_name: Option<String>,
    gst_treatment: GstTreatment,
    gstin: Option<String>,
    /// Of the billing address.
    city: Option<String>,
    /// Two digits, as GST numbers the States.
    state_code: Option<String>,
    credit_limit: Money,
    /// Open holds and unpaid invoices, less receipts not yet set off.
    exposure: Money,
    is_active: bool,
    /// Of its records: name, registration, addresses, people. What it owes is no change of them.
    updated_at: DateTime<Utc>,
}

impl From<dealers::DealerSummary> for DealerSummary {
    fn from(dealer: dealers::DealerSummary) -> Self {
        DealerSummary {
            id: dealer.id.as_uuid(),
            code: dealer.code.to_string(),
            legal_name: dealer.legal_name.to_string(),
            trade_name: dealer.trade_name.map(|name| name.to_string()),
            gst_treatment: dealer.gst_treatment.into(),
            gstin: dealer.gstin.map(|gstin| gstin.to_string()),
            city: dealer.city,
            state_code: dealer.state_code.map(|code| code.to_string()),
            credit_limit: dealer.credit_limit.into(),
            exposure: dealer.exposure.into(),
            is_active: dealer.is_active,
            updated_at: dealer.updated_at,
        }
    }
}

/// How much a dealer may owe, and what of it is in use.
#[derive(Debug, Clone, Object)]
pub struct Credit {
    limit: Money,
    /// Approved orders that are not dispatched yet.
    holds: Money,
    /// What is still owed on invoices.
    unpaid: Money,
    /// Receipts not yet set off against an invoice.
    unallocated: Money,
    /// `holds` and `unpaid`, less `unallocated`.
    exposure: Money,
    /// `limit` less `exposure`; negative when the limit is passed.
    available: Money,
    /// Of the limit; `If-Match` of a new one names it.
    version: i32,
}

impl From<CreditLimit> for Credit {
    fn from(limit: CreditLimit) -> Self {
        let CreditLimit { credit, version } = limit;
        Credit {
            limit: credit.limit.into(),
            holds: credit.holds.into(),
            unpaid: credit.unpaid.into(),
            unallocated: credit.unallocated.into(),
            exposure: credit.exposure().into(),
            available: credit.available().into(),
            version,
        }
    }
}

/// A place of a dealer, or of somebody it has goods sent to.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DealerAddress {
    id: uuid::Uuid,
    label: String,
    /// `DEALER` or `THIRD_PARTY`.
    party: String,
    party_name: Option<String>,
    party_gstin: Option<String>,
    line1: String,
    line2: Option<String>,
    city: String,
    state_code: String,
    pincode: String,
    is_billing: bool,
    is_active: bool,
}

impl From<dealers::Address> for DealerAddress {
    fn from(address: dealers::Address) -> Self {
        let dealers::Address {
            id,
            label,
            party,
            party_name,
            party_gstin,
            line1,
            line2,
            city,
            state,
            pincode,
            is_billing,
            is_active,
        } = address;
        DealerAddress {
            id: id.as_uuid(),
            label: label.to_string(),
            party: party.to_string(),
            party_name: party_name.map(|name| name.to_string()),
            party_gstin: party_gstin.map(|gstin| gstin.to_string()),
            line1: line1.to_string(),
            line2: line2.map(|line| line.to_string()),
            city: city.to_string(),
            state_code: state.to_string(),
            pincode: pincode.to_string(),
            is_billing,
            is_active,
        }
    }
}

/// A person at a dealer.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DealerContact {
    id: uuid::Uuid,
    name: String,
    /// With the country's code.
    phone: Option<String>,
    email: Option<String>,
    /// Such as `en` or `hi`.
    language: String,
    is_primary: bool,
    /// When consent to WhatsApp messages was given; absent without consent.
    whatsapp_opt_in_at: Option<DateTime<Utc>>,
    whatsapp_opt_in_source: Option<String>,
    is_active: bool,
}

impl From<dealers::Contact> for DealerContact {
    fn from(contact: dealers::Contact) -> Self {
        let dealers::Contact {
            id,
            name,
            phone,
            email,
            language,
            is_primary,
            whatsapp_opt_in_at,
            whatsapp_opt_in_source,
            is_active,
        } = contact;
        DealerContact {
            id: id.as_uuid(),
            name: name.to_string(),
            phone: phone.map(|phone| phone.to_string()),
            email: email.map(|email| email.to_string()),
            language: language.to_string(),
            is_primary,
            whatsapp_opt_in_at,
            whatsapp_opt_in_source: whatsapp_opt_in_source.map(|source| source.to_string()),
            is_active,
        }
    }
}

/// A dealer with its credit, addresses and people.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Dealer {
    pub(super) id: uuid::Uuid,
    code: String,
    legal_name: String,
    trade_name: Option<String>,
    gst_treatment: GstTreatment,
    gstin: Option<String>,
    /// Absent: the default list.
    price_list_id: Option<uuid::Uuid>,
    /// The location that serves the dealer; absent: the default one.
    location_id: Option<uuid::Uuid>,
    email: Option<String>,
    is_active: bool,
    /// Also counts changes of addresses and people.
    pub(super) version: i32,
    credit: Credit,
    /// The billing address first.
    addresses: Vec<DealerAddress>,
    /// The primary contact first.
    contacts: Vec<DealerContact>,
}

impl From<DealerPage> for Dealer {
    fn from(page: DealerPage) -> Self {
        let DealerPage {
            dealer,
            credit,
            addresses,
            contacts,
        } = page;
        Dealer {
            id: dealer.id.as_uuid(),
            code: dealer.code.to_string(),
            legal_name: dealer.legal_name.to_string(),
            trade_name: dealer.trade_name.map(|name| name.to_string()),
            gst_treatment: dealer.gst_treatment.into(),
            gstin: dealer.gstin.map(|gstin| gstin.to_string()),
            price_list_id: dealer.price_list_id.map(|id| id.as_uuid()),
            location_id: dealer.location_id.map(|id| id.as_uuid()),
            email: dealer.email.map(|email| email.to_string()),
            is_active: dealer.is_active,
            version: dealer.version,
            credit: credit.into(),
            addresses: addresses.into_iter().map(Into::into).collect(),
            contacts: contacts.into_iter().map(Into::into).collect(),
        }
    }
}

/// An address to add, or what an address is to become.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct AddressInput {
    /// Such as Shop or Godown.
    label: String,
    /// `DEALER`, unless it says `THIRD_PARTY`.
    party: Option<String>,
    /// Who receives the goods, of a third party's place.
    party_name: Option<String>,
    /// Of a third party that has one.
    party_gstin: Option<String>,
    line1: String,
    line2: Option<String>,
    city: String,
    /// Two digits, as GST numbers the States; a new dealer's billing address may leave it out, it is then the GSTIN's.
    state_code: Option<String>,
    pincode: String,
    /// The PIN code is right although it seems to be another State's.
    pincode_confirmed: Option<bool>,
    /// It takes the place of the present billing address, and is in use with that.
    is_billing: Option<bool>,
}

impl From<AddressInput> for AddressForm {
    fn from(input: AddressInput) -> Self {
        let AddressInput {
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
        } = input;
        AddressForm {
            label,
            party: party.unwrap_or_default(),
            party_name: party_name.unwrap_or_default(),
            party_gstin: party_gstin.unwrap_or_default(),
            line1,
            line2: line2.unwrap_or_default(),
            city,
            state_code: state_code.unwrap_or_default(),
            pincode,
            pincode_confirmed: pincode_confirmed.unwrap_or_default(),
            is_billing: is_billing.unwrap_or_default(),
        }
    }
}

/// A person to add, or what a person is to become.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct ContactInput {
    name: String,
    phone: Option<String>,
    email: Option<String>,
    /// `en`, unless it says another.
    language: Option<String>,
    /// It takes the place of the present primary contact, and is in use with that.
    is_primary: Option<bool>,
    /// Consents to order messages on WhatsApp; needs `phone` and `whatsapp_opt_in_source`.
    whatsapp_opt_in: Option<bool>,
    /// Where the consent was given, as evidence.
    whatsapp_opt_in_source: Option<String>,
}

impl From<ContactInput> for ContactForm {
    fn from(input: ContactInput) -> Self {
        let ContactInput {
            name,
            phone,
            email,
            language,
            is_primary,
            whatsapp_opt_in,
            whatsapp_opt_in_source,
        } = input;
        ContactForm {
            name,
            phone: phone.unwrap_or_default(),
            email: email.unwrap_or_default(),
            language: language.unwrap_or_default(),
            is_primary: is_primary.unwrap_or_default(),
            whatsapp_opt_in: whatsapp_opt_in.unwrap_or_default(),
            whatsapp_opt_in_source: whatsapp_opt_in_source.unwrap_or_default(),
        }
    }
}

/// What a dealer is to become. Its addresses, people and credit limit have operations of their own.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct DealerInput {
    /// Your own: capital letters, digits and `- _ . /`.
    code: String,
    /// As on the GST certificate.
    legal_name: String,
    trade_name: Option<String>,
    /// `REGISTERED`, `UNREGISTERED` or `SEZ`.
    gst_treatment: String,
    /// Of a registered or SEZ dealer.
    gstin: Option<String>,
    /// Without one, the default list.
    price_list_id: Option<String>,
    /// Without one, the default location serves the dealer.
    location_id: Option<String>,
    email: Option<String>,
}

impl From<DealerInput> for DealerHeaderForm {
    fn from(input: DealerInput) -> Self {
        let DealerInput {
            code,
            legal_name,
            trade_name,
            gst_treatment,
            gstin,
            price_list_id,
            location_id,
            email,
        } = input;
        DealerHeaderForm {
            code,
            legal_name,
            trade_name: trade_name.unwrap_or_default(),
            gst_treatment,
            gstin: gstin.unwrap_or_default(),
            price_list_id: price_list_id.unwrap_or_default(),
            location_id: location_id.unwrap_or_default(),
            email: email.unwrap_or_default(),
        }
    }
}

/// A dealer to add. Its credit limit is zero until it is set.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewDealer {
    /// Your own: capital letters, digits and `- _ . /`.
    code: String,
    /// As on the GST certificate.
    legal_name: String,
    trade_name: Option<String>,
    /// `REGISTERED`, `UNREGISTERED` or `SEZ`.
    gst_treatment: String,
    /// Of a registered or SEZ dealer.
    gstin: Option<String>,
    /// Without one, the default list.
    price_list_id: Option<String>,
    /// Without one, the default location serves the dealer.
    location_id: Option<String>,
    email: Option<String>,
    /// At least the billing address, in the State of the GSTIN.
    addresses: Vec<AddressInput>,
    contacts: Option<Vec<ContactInput>>,
}

impl From<NewDealer> for DealerForm {
    fn from(input: NewDealer) -> Self {
        let NewDealer {
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
        } = input;
        let contacts = contacts.unwrap_or_default();
        completed(DealerForm {
            code,
            legal_name,
            trade_name: trade_name.unwrap_or_default(),
            gst_treatment,
            gstin: gstin.unwrap_or_default(),
            price_list_id: price_list_id.unwrap_or_default(),
            location_id: location_id.unwrap_or_default(),
            email: email.unwrap_or_default(),
            addresses: addresses.into_iter().map(Into::into).collect(),
            contacts: contacts.into_iter().map(Into::into).collect(),
        })
    }
}

/// A credit limit to set.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewCreditLimit {
    /// Rupees, zero or more, at most two decimals.
    credit_limit: String,
}

impl From<NewCreditLimit> for CreditLimitForm {
    fn from(input: NewCreditLimit) -> Self {
        CreditLimitForm {
            credit_limit: input.credit_limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_state_is_the_gstins_and_a_person_of_whom_nothing_is_said_is_none() {
        let form = DealerForm {
            gstin: "27AAPFU0939F1ZV".to_owned(),
            addresses: vec![AddressForm::default()],
            contacts: vec![
                ContactForm {
                    language: "en".to_owned(),
                    ..ContactForm::default()
                },
                ContactForm {
                    phone: "98765 43210".to_owned(),
                    ..ContactForm::default()
                },
            ],
            ..DealerForm::default()
        };
        let meant = completed(form);
        assert_eq!(meant.addresses[0].state_code, "27");
        assert_eq!(meant.contacts.len(), 1);
    }

    #[test]
    fn a_state_that_was_chosen_stays() {
        let address = AddressForm {
            state_code: "29".to_owned(),
            ..AddressForm::default()
        };
        let form = DealerForm {
            gstin: "27AAPFU0939F1ZV".to_owned(),
            addresses: vec![address],
            ..DealerForm::default()
        };
        assert_eq!(completed(form).addresses[0].state_code, "29");
    }
}
