//! Payment by UPI: the link, and its QR code as SVG.
//!
//! A link proves nothing about payment; it only saves the payer the typing. The link follows
//! NPCI's linking specification: `pa` payee address, `pn` payee name, `am` amount, `tn` note,
//! `tr` reference.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};
use maud::{Markup, html};
use vitaran_kernel::{DocumentNumber, Money};

use super::invoice::Upi;

/// A quiet zone of four modules is part of a QR code (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

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

/// The QR code of a text, drawn as one path so that no reader shows seams between its modules, and
/// as strokes since the renderer reads them twice as fast as rectangles.
/// `None` for a text longer than a QR code can hold.
pub(super) fn qr_svg(text: &str) -> Option<Markup> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for (row, modules) in code.data.chunks(code.size).take(code.size).enumerate() {
        // A line along the middle of the row; strokes are one module thick.
        let _ = write!(path, "M{QUIET_ZONE} {}.5", row + QUIET_ZONE);
        for run in modules.chunk_by(|left, right| left.value() == right.value()) {
            let is_dark = run.first().is_some_and(|module| module.value());
            let _ = match is_dark {
                true => write!(path, "h{}", run.len()),
                false => write!(path, "m{} 0", run.len()),
            };
        }
    }
    let side = code.size + 2 * QUIET_ZONE;
    Some(html! {
        svg class="qr" viewBox={ "0 0 " (side) " " (side) } role="img" aria-label="QR code for payment by UPI" {
            path stroke="#000" d=(path) {}
        }
    })
}

/// RFC 3986: everything but the unreserved characters and `kept`, byte by byte of UTF-8.
fn percent_encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || "-._~".contains(c)
            || (byte.is_ascii() && kept.contains(c))
        {
            encoded.push(c);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
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

    #[test]
    fn the_drawing_has_every_dark_module_once_inside_a_quiet_zone() {
        let svg = qr_svg("upi://pay?pa=a@b").unwrap().into_string();
        let code = QRBuilder::new("upi://pay?pa=a@b")
            .ecl(ECL::M)
            .build()
            .unwrap();
        let dark = code.data[..code.size * code.size]
            .iter()
            .filter(|module| module.value())
            .count();
        let drawn: usize = svg
            .split('h')
            .skip(1)
            .filter_map(|rest| rest.split(['m', 'M', '"']).next()?.parse::<usize>().ok())
            .sum();
        assert_eq!(drawn, dark);
        // The finder pattern's upper edge begins the drawing, four modules in.
        assert!(svg.contains("d=\"M4 4.5h7m"), "{svg}");
        let side = code.size + 8;
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    }

    #[test]
    fn a_text_too_long_for_a_qr_code_has_none() {
        assert!(qr_svg(&"x".repeat(3_000)).is_none());
    }
}
