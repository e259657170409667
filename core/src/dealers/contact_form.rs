//! The form of one person at a dealer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vitaran_kernel::{EmailAddress, Phone, Text};

use crate::master::{finish, text_codes};
use crate::problem::{Faults, Invalid};

use super::Contact;

text_codes! {
    /// The language a person is written to in.
    Language, "Choose a language" {
        English = "en", "English";
        Hindi = "hi", "हिन्दी";
        Tamil = "ta", "தமிழ்";
        Marathi = "mr", "मराठी";
        Kannada = "kn", "ಕನ್ನಡ";
        Telugu = "te", "తెలుగు";
        Gujarati = "gu", "ગુજરાતી";
        Bengali = "bn", "বাংলা";
        Malayalam = "ml", "മലയാളം";
        Punjabi = "pa", "ਪੰਜਾਬੀ";
    }
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactForm {
    pub name: String,
    pub phone: String,
    pub email: String,
    /// Blank means English.
    pub language: String,
    pub is_primary: bool,
    /// Consents to order messages on WhatsApp.
    pub whatsapp_opt_in: bool,
    /// Where the consent was given, as evidence: "Order form of 3 Nov".
    pub whatsapp_opt_in_source: String,
}

/// A person whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    pub name: Text<120>,
    pub phone: Option<Phone>,
    pub email: Option<EmailAddress>,
    pub language: Language,
    pub is_primary: bool,
    /// Where consent to WhatsApp messages was given; there is a phone number then.
    pub opt_in_source: Option<Text<200>>,
}

impl ContactForm {
    /// The form as it opens for changing a person.
    pub fn of(contact: &Contact) -> Self {
        let text = |value: Option<String>| value.unwrap_or_default();
        ContactForm {
            name: contact.name.to_string(),
            phone: text(contact.phone.as_ref().map(ToString::to_string)),
            email: text(contact.email.as_ref().map(ToString::to_string)),
            language: contact.language.to_string(),
            is_primary: contact.is_primary,
            whatsapp_opt_in: contact.whatsapp_opt_in_at.is_some(),
            whatsapp_opt_in_source: text(
                contact
                    .whatsapp_opt_in_source
                    .as_ref()
                    .map(ToString::to_string),
            ),
        }
    }

    pub fn parse(&self) -> Result<NewContact, Invalid> {
        let mut faults = Faults::new();
        let contact = self.parse_at(&mut faults, "");
        finish(faults, || contact)
    }

    /// As [`ContactForm::parse`] for a form inside another: faults stand below `place`.
    pub(super) fn parse_at(&self, faults: &mut Faults, place: &str) -> Option<NewContact> {
        let ContactForm {
            name,
            phone,
            email,
            language,
            is_primary,
            whatsapp_opt_in,
            whatsapp_opt_in_source,
        } = self;
        let at = |field: &str| format!("{place}/{field}");
        let name = faults.required(&at("name"), name, "the person's name", Text::parse);
        let has_phone = !phone.trim().is_empty();
        let phone = faults.optional(&at("phone"), phone, Phone::parse);
        let email = faults.optional(&at("email"), email, EmailAddress::parse);
        let language = match language.trim() {
            "" => Some(Language::English),
            text => faults.take(&at("language"), Language::parse(text)),
        };
        let source = &at("whatsapp_opt_in_source");
        let opt_in_source = if *whatsapp_opt_in {
            if !has_phone {
                faults.add(
                    at("phone"),
                    "required",
                    "Enter the phone number that WhatsApp messages go to",
                );
            }
            faults.required(
                source,
                whatsapp_opt_in_source,
                "where the consent was given, as evidence",
                Text::parse,
            )
        } else {
            if !whatsapp_opt_in_source.trim().is_empty() {
                faults.add(
                    source,
                    "not_wanted",
                    "Tick the consent as well, or leave this empty",
                );
            }
            None
        };
        Some(NewContact {
            name: name?,
            phone,
            email,
            language: language?,
            is_primary: *is_primary,
            opt_in_source,
        })
    }
}

/// When the consent was given that a change leaves in force: the old moment as long as number and
/// evidence are the same, since consent is given for a number; now for a new consent.
pub(super) fn consent_since(
    before: Option<&Contact>,
    after: &NewContact,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let source = after.opt_in_source.as_ref()?;
    let same = before.filter(|before| {
        before.phone == after.phone && before.whatsapp_opt_in_source.as_ref() == Some(source)
    });
    same.and_then(|before| before.whatsapp_opt_in_at)
        .or(Some(now))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use vitaran_kernel::ContactId;

    use super::*;

    fn ramesh() -> ContactForm {
        ContactForm {
            name: "Ramesh".to_owned(),
            phone: "98765 43210".to_owned(),
            whatsapp_opt_in: true,
            whatsapp_opt_in_source: "Order form".to_owned(),
            ..ContactForm::default()
        }
    }

    fn faults(change: impl FnOnce(&mut ContactForm)) -> Vec<(String, &'static str)> {
        let mut form = ramesh();
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
    fn a_number_is_kept_with_its_country_and_the_language_is_english_unless_chosen() {
        let contact = ramesh().parse().unwrap();
        assert_eq!(contact.phone.unwrap().as_str(), "+919876543210");
        assert_eq!(contact.language, Language::English);
    }

    #[test]
    fn consent_needs_a_number_and_evidence() {
        assert_eq!(
            faults(|f| f.phone.clear()),
            [("/phone".to_owned(), "required")]
        );
        assert_eq!(
            faults(|f| f.whatsapp_opt_in_source.clear()),
            [("/whatsapp_opt_in_source".to_owned(), "required")]
        );
        assert_eq!(
            faults(|f| f.whatsapp_opt_in = false),
            [("/whatsapp_opt_in_source".to_owned(), "not_wanted")]
        );
    }

    #[test]
    fn a_number_that_is_wrong_is_told_once() {
        assert_eq!(
            faults(|f| f.phone = "12".to_owned()),
            [("/phone".to_owned(), "invalid")]
        );
        assert_eq!(
            faults(|f| f.language = "xx".to_owned()),
            [("/language".to_owned(), "invalid")]
        );
    }

    #[test]
    fn consent_keeps_its_moment_until_the_number_or_the_evidence_changes() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let given = now - TimeDelta::days(30);
        let after = ramesh().parse().unwrap();
        let before = Contact {
            id: ContactId::generate(),
            name: after.name.clone(),
            phone: after.phone.clone(),
            email: None,
            language: Language::English,
            is_primary: true,
            whatsapp_opt_in_at: Some(given),
            whatsapp_opt_in_source: after.opt_in_source.clone(),
            is_active: true,
        };
        assert_eq!(consent_since(Some(&before), &after, now), Some(given));
        assert_eq!(consent_since(None, &after, now), Some(now));
        let other_number = NewContact {
            phone: Phone::parse("9876500000").ok(),
            ..after.clone()
        };
        assert_eq!(consent_since(Some(&before), &other_number, now), Some(now));
        let withdrawn = NewContact {
            opt_in_source: None,
            ..after
        };
        assert_eq!(consent_since(Some(&before), &withdrawn, now), None);
    }
}
