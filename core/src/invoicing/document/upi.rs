//! Payment by UPI: the link.
//!
//! A link proves nothing about payment; it only saves the payer the typing. The link follows
//! NPCI's linking specification: `pa` payee address, `pn` payee name, `am` amount, `tn` note,
//! `tr` reference.

use vitaran_kernel::{DocumentNumber, Money};

use super::invoice::Upi;
use crate::qr::percent_encoded;

/// The link that pays `amount` for the invoice `number`; `None` where there is nothing to pay,
/// since UPI knows no amount of zero. The reference has letters and digits alone, as banks demand.
pub(super) fn pay_link(upi: &Upi, amount: Money, number: &DocumentNumber) -> Option<String> {
    if !amount.is_positive() {
        return None;
    }
    Some(format!(
        "upi://pay?pa={vpa}&pn={payee}&am={amount}&cu=INR&tn={note}&tr={reference}",
        vpa = percent_encoded(&upi.vpa, "@"),
        payee = percent_encoded(&upi.payee, ""),
        note = percent_encoded(number.as_str(), ""),
        reference = number
            .as_str()
            .replace(|c: char| !c.is_ascii_alphanumeric(), ""),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upi(vpa: &str, payee: &str) -> Upi {
        Upi {
            vpa: vpa.to_owned(),
            payee: payee.to_owned(),
        }
    }

    fn number() -> DocumentNumber {
        DocumentNumber::parse("VLT/26-27/000123").unwrap()
    }

    #[test]
    fn the_link_is_the_one_that_payment_apps_read() {
        assert_eq!(
            pay_link(
                &upi("voltdist@okbank", "Volt Distributors"),
                Money::from_rupees(118_000),
                &number()
            )
            .as_deref(),
            Some(
                "upi://pay?pa=voltdist@okbank&pn=Volt%20Distributors&am=118000.00&cu=INR&tn=VLT%2F26-27%2F000123&tr=VLT2627000123"
            )
        );
    }

    #[test]
    fn nothing_in_a_name_or_address_can_add_a_parameter_to_the_link() {
        let link = pay_link(
            &upi("a@b&am=1", "A & B = #1? वोल्ट"),
            Money::from_rupees(5),
            &number(),
        )
        .unwrap();
        assert_eq!(link.matches("am=").count(), 1, "{link}");
        assert!(
            link.starts_with(
                "upi://pay?pa=a@b%26am%3D1&pn=A%20%26%20B%20%3D%20%231%3F%20%E0%A4%B5"
            )
        );
        assert!(link.is_ascii());
    }

    #[test]
    fn there_is_no_link_where_nothing_is_to_be_paid() {
        let upi = upi("voltdist@okbank", "Volt");
        assert_eq!(pay_link(&upi, Money::ZERO, &number()), None);
        assert_eq!(pay_link(&upi, Money::from_rupees(-1), &number()), None);
    }
}
