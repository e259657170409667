//! What a dealer is to GST, and what that asks of its GSTIN and addresses. Pure.

use vitaran_kernel::{Gstin, StateCode};

use crate::master::text_codes;
use crate::problem::Faults;

text_codes! {
    /// How GST treats supplies to a dealer.
    GstTreatment, "Choose whether the dealer is registered for GST" {
        Registered = "REGISTERED", "Registered";
        Unregistered = "UNREGISTERED", "Not registered";
        /// A unit in, or the developer of, a special economic zone: supplies to it are inter-State
        /// (IGST Act section 7(5)(b)).
        Sez = "SEZ", "SEZ unit or developer";
    }
}

/// A treatment with the GSTIN it asks for: no other combination is a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GstStanding {
    Registered(Gstin),
    Unregistered,
    Sez(Gstin),
}

impl GstStanding {
    pub fn treatment(&self) -> GstTreatment {
        match self {
            GstStanding::Registered(_) => GstTreatment::Registered,
            GstStanding::Unregistered => GstTreatment::Unregistered,
            GstStanding::Sez(_) => GstTreatment::Sez,
        }
    }

    pub fn gstin(&self) -> Option<&Gstin> {
        match self {
            GstStanding::Registered(gstin) | GstStanding::Sez(gstin) => Some(gstin),
            GstStanding::Unregistered => None,
        }
    }

    /// Reads the two fields of a form together.
    pub(super) fn parse(faults: &mut Faults, treatment: &str, gstin: &str) -> Option<Self> {
        let treatment = faults.required(
            "/gst_treatment",
            treatment,
            "whether the dealer is registered for GST",
            GstTreatment::parse,
        );
        let Some(treatment) = treatment else {
            // Still tell what is wrong with the other field.
            faults.optional("/gstin", gstin, Gstin::parse_taxpayers);
            return None;
        };
        match treatment {
            GstTreatment::Unregistered if gstin.trim().is_empty() => {
                Some(GstStanding::Unregistered)
            }
            GstTreatment::Unregistered => {
                faults.add(
                    "/gstin",
                    "not_wanted",
                    "A dealer that is not registered has no GSTIN, leave this empty",
                );
                None
            }
            GstTreatment::Registered => faults
                .required("/gstin", gstin, "the GSTIN", Gstin::parse_taxpayers)
                .map(GstStanding::Registered),
            GstTreatment::Sez => faults
                .required("/gstin", gstin, "the GSTIN", Gstin::parse_taxpayers)
                .map(GstStanding::Sez),
        }
    }

    /// Whether a billing address may lie in `state`; the fault stands beside `pointer`.
    pub(super) fn check_billing_state(&self, faults: &mut Faults, pointer: &str, state: StateCode) {
        if let Some(gstin) = self.gstin()
            && gstin.state() != state
        {
            let detail = format!(
                "The GSTIN is of {}, so the billing address must be there and not in {}",
                gstin.state().name(),
                state.name()
            );
            faults.add(pointer, "state_mismatch", detail);
        }
    }

    /// Whether a third party may have this GSTIN; the fault stands beside `pointer`.
    pub(super) fn check_party(&self, faults: &mut Faults, pointer: &str, party: &Gstin) {
        if self.gstin() == Some(party) {
            faults.add(
                pointer,
                "own_gstin",
                "This is the dealer's own GSTIN, so the address is one of its own places",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAHARASHTRA: &str = "27AAPFU0939F1ZV";

    fn parsed(treatment: &str, gstin: &str) -> (Option<GstStanding>, Vec<(String, &'static str)>) {
        let mut faults = Faults::new();
        let standing = GstStanding::parse(&mut faults, treatment, gstin);
        let faults = faults
            .into_invalid()
            .faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code));
        (standing, faults.collect())
    }

    /// A GSTIN of another kind, with the check digit it needs.
    fn other_kind(first_14: &str) -> String {
        format!("{first_14}{}", Gstin::check_digit(first_14).unwrap())
    }

    #[test]
    fn a_treatment_asks_for_its_gstin_and_no_other() {
        let gstin = Gstin::parse(MAHARASHTRA).unwrap();
        let deductor = other_kind("27AAAA01234A1D");
        let fault = |code| (None, vec![("/gstin".to_owned(), code)]);
        let cases = [
            (
                "REGISTERED",
                MAHARASHTRA,
                (Some(GstStanding::Registered(gstin.clone())), vec![]),
            ),
            ("SEZ", MAHARASHTRA, (Some(GstStanding::Sez(gstin)), vec![])),
            (
                "UNREGISTERED",
                "",
                (Some(GstStanding::Unregistered), vec![]),
            ),
            ("UNREGISTERED", MAHARASHTRA, fault("not_wanted")),
            ("REGISTERED", " ", fault("required")),
            ("SEZ", "", fault("required")),
            ("REGISTERED", "27AAPFU0939F1ZA", fault("invalid")),
            ("REGISTERED", &deductor, fault("invalid")),
            (
                "COMPOSITION",
                MAHARASHTRA,
                (None, vec![("/gst_treatment".to_owned(), "invalid")]),
            ),
        ];
        for (treatment, gstin, expected) in cases {
            assert_eq!(parsed(treatment, gstin), expected, "{treatment} {gstin}");
        }
    }

    #[test]
    fn both_fields_are_faulted_when_both_are_wrong() {
        let (_, faults) = parsed("", "nonsense");
        assert_eq!(
            faults.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(),
            ["/gst_treatment", "/gstin"]
        );
    }

    #[test]
    fn a_billing_address_lies_in_the_state_of_the_registration() {
        let state = |code| StateCode::parse(code).unwrap();
        let faults = |standing: &GstStanding, code| {
            let mut faults = Faults::new();
            standing.check_billing_state(&mut faults, "/addresses/0/state_code", state(code));
            faults.into_invalid().faults.len()
        };
        let gstin = Gstin::parse(MAHARASHTRA).unwrap();
        assert_eq!(faults(&GstStanding::Registered(gstin.clone()), "27"), 0);
        assert_eq!(faults(&GstStanding::Registered(gstin.clone()), "29"), 1);
        assert_eq!(faults(&GstStanding::Sez(gstin), "29"), 1);
        assert_eq!(faults(&GstStanding::Unregistered, "29"), 0);
    }

    #[test]
    fn the_dealer_is_no_third_party_to_itself() {
        let own = Gstin::parse(MAHARASHTRA).unwrap();
        let other = Gstin::parse("29AABCR1718E1ZL").unwrap();
        let standing = GstStanding::Registered(own.clone());
        let mut faults = Faults::new();
        standing.check_party(&mut faults, "/party_gstin", &other);
        assert!(faults.is_empty());
        standing.check_party(&mut faults, "/party_gstin", &own);
        assert_eq!(faults.into_invalid().faults[0].code, "own_gstin");
    }
}
