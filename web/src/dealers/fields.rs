//! The fields of addresses and people: alone on a page, and as parts of a new dealer's form.

use maud::{Markup, html};
use vitaran_core::dealers::{Address, AddressForm, Contact, ContactForm, Dealer, Language, Party};
use vitaran_kernel::{Pincode, StateCode};

use super::admin::path_of;
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::form::{
    Checkbox, Choice, Field, FieldError, RadioGroup, Width, buttons, row, submit, version,
};
use crate::ui::panel::Heading;

/// A page below a dealer's.
pub fn page(title: &str, dealer: &Dealer, form: &Markup) -> Markup {
    html! {
        (Heading::new(title).back(dealer.legal_name.as_str(), &path_of(dealer.id)))
        (form)
    }
}

/// The States to choose from; `first` is the choice of none.
fn states(first: &str) -> Vec<Choice<'_>> {
    let all = StateCode::all_current().map(|state| {
        Choice::new(
            state.as_str(),
            format!("{} ({})", state.name(), state.as_str()),
        )
    });
    std::iter::once(Choice::new("", first)).chain(all).collect()
}

/// The PIN code seems to be of another State: the form then asks whether it is right all the same.
fn needs_confirmation(form: &AddressForm) -> bool {
    let state = StateCode::parse(form.state_code.trim());
    let pincode = Pincode::parse(&form.pincode);
    matches!((state, pincode), (Ok(state), Ok(pincode)) if !state.matches_pincode(&pincode))
}

/// The place itself. `at` is what stands before the fields' names, such as `addresses.0.`.
pub fn place(at: &str, form: &AddressForm, errors: &[FieldError], no_state: &str) -> Markup {
    let name = |field: &str| format!("{at}{field}");
    let states = states(no_state);
    html! {
        (Field::text(&name("label"), "Name of the address").value(form.label.as_str()).errors(errors).required().max_length(60).width(Width::Medium).placeholder("Shop"))
        (Field::text(&name("line1"), "Building and street").value(form.line1.as_str()).errors(errors).required().max_length(100).autocomplete("off"))
        (Field::text(&name("line2"), "Area").value(form.line2.as_str()).errors(errors).max_length(100).autocomplete("off"))
        (row(html! {
            (Field::text(&name("city"), "City").value(form.city.as_str()).errors(errors).required().max_length(60).autocomplete("off"))
            (Field::digits(&name("pincode"), "PIN code").value(form.pincode.as_str()).errors(errors).required().max_length(7))
            (Field::select(&name("state_code"), "State", &states).value(form.state_code.as_str()).errors(errors).required())
        }))
        @if needs_confirmation(form) {
            (Checkbox {
                name: &name("pincode_confirmed"),
                value: "true",
                label: "The PIN code is right",
                hint: Some("A few PIN codes cross the border of a State"),
                is_checked: form.pincode_confirmed,
                id: &name("pincode_confirmed"),
            })
        }
    }
}

pub fn address_form(
    action: &str,
    dealer: &Dealer,
    form: &AddressForm,
    attempt: &Attempt,
) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    let parties: Vec<Choice<'_>> = Party::ALL
        .iter()
        .map(|party| {
            let choice = Choice::new(party.as_str(), party.label());
            match party {
                Party::Dealer => choice,
                Party::ThirdParty => choice
                    .note("The dealer has goods sent there: GST follows the dealer's own State"),
            }
        })
        .collect();
    let party = if form.party.is_empty() {
        Party::Dealer.as_str()
    } else {
        form.party.as_str()
    };
    hx::Form::post(action).id("address-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (version(i64::from(dealer.version)))
        (place("", form, errors, "Choose a State"))
        (RadioGroup { name: "party", legend: "Whose place is it?", choices: &parties, value: party, errors })
        (row(html! {
            (Field::text("party_name", "Who receives the goods there").value(form.party_name.as_str()).errors(errors).max_length(120).hint("Only for somebody else's place"))
            (Field::text("party_gstin", "Their GSTIN").value(form.party_gstin.as_str()).errors(errors).max_length(15).width(Width::Medium))
        }))
        (Checkbox {
            name: "is_billing",
            value: "true",
            label: "This is the billing address",
            hint: Some("It takes the place of the present one"),
            is_checked: form.is_billing,
            id: "is_billing",
        })
        (buttons(html! { (submit("Save address")) a.button href=(path_of(dealer.id)) { "Cancel" } }))
    })
}

/// A person. `at` is what stands before the fields' names, such as `contacts.0.`.
pub fn person(at: &str, form: &ContactForm, errors: &[FieldError], is_required: bool) -> Markup {
    let name = |field: &str| format!("{at}{field}");
    let languages: Vec<Choice<'_>> = Language::ALL
        .iter()
        .map(|language| Choice::new(language.as_str(), language.label()))
        .collect();
    let name_field = name("name");
    let who = Field::text(&name_field, "Name")
        .value(form.name.as_str())
        .errors(errors)
        .max_length(120)
        .autocomplete("off");
    html! {
        (if is_required { who.required() } else { who })
        (row(html! {
            (Field::phone(&name("phone"), "Phone").value(form.phone.as_str()).errors(errors).max_length(20).autocomplete("off"))
            (Field::email(&name("email"), "E-mail").value(form.email.as_str()).errors(errors).max_length(254).autocomplete("off"))
        }))
        (Field::select(&name("language"), "Language", &languages).value(form.language.as_str()).errors(errors).width(Width::Medium).hint("Messages are written in it"))
        (Checkbox {
            name: &name("whatsapp_opt_in"),
            value: "true",
            label: "Agrees to order messages on WhatsApp",
            hint: Some("Without consent no message is sent"),
            is_checked: form.whatsapp_opt_in,
            id: &name("whatsapp_opt_in"),
        })
        (Field::text(&name("whatsapp_opt_in_source"), "Where the consent was given").value(form.whatsapp_opt_in_source.as_str()).errors(errors).max_length(200).hint("Kept as evidence, such as: order form of 3 Nov"))
    }
}

pub fn contact_form(
    action: &str,
    dealer: &Dealer,
    form: &ContactForm,
    attempt: &Attempt,
) -> Markup {
    hx::Form::post(action).id("contact-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (version(i64::from(dealer.version)))
        (person("", form, &attempt.errors, true))
        (Checkbox {
            name: "is_primary",
            value: "true",
            label: "This is the primary contact",
            hint: Some("Messages about orders go there first"),
            is_checked: form.is_primary,
            id: "is_primary",
        })
        (buttons(html! { (submit("Save contact")) a.button href=(path_of(dealer.id)) { "Cancel" } }))
    })
}

pub fn name_of_address(address: &Address) -> &str {
    address.label.as_str()
}

pub fn name_of_contact(contact: &Contact) -> &str {
    contact.name.as_str()
}

fn say(label: &str, value: &str) -> String {
    if value.is_empty() {
        format!("{label} is empty now")
    } else {
        format!("{label} is {value} now")
    }
}

/// An address's present value in a sentence, after somebody else has changed it.
pub fn say_address(field: &str, value: &str) -> Option<String> {
    let label = match field {
        "label" => "The name of the address",
        "party_name" => "The receiver",
        "party_gstin" => "The receiver's GSTIN",
        "line1" => "The street",
        "line2" => "The area",
        "city" => "The city",
        "state_code" => "The State code",
        "pincode" => "The PIN code",
        _ => return None,
    };
    Some(say(label, value))
}

/// As [`say_address`] for a person.
pub fn say_contact(field: &str, value: &str) -> Option<String> {
    let label = match field {
        "name" => "The name",
        "phone" => "The phone number",
        "email" => "The e-mail address",
        "whatsapp_opt_in_source" => "The evidence of consent",
        _ => return None,
    };
    Some(say(label, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pin_code_of_another_state_asks_to_be_confirmed() {
        let asks = |state: &str, pincode: &str| {
            needs_confirmation(&AddressForm {
                state_code: state.to_owned(),
                pincode: pincode.to_owned(),
                ..AddressForm::default()
            })
        };
        assert!(asks("27", "560001"));
        assert!(!asks("27", "400001") && !asks("", "400001") && !asks("27", "4"));
    }
}
