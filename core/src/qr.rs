//! Links that a phone's camera reads: percent-encoded, and drawn as QR codes in SVG.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};
use maud::{Markup, html};

/// A quiet zone of four modules is part of a QR code (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// The QR code of a text, drawn as one path so that no reader shows seams between its modules, and
/// as strokes since the renderer reads them twice as fast as rectangles.
/// `None` for a text longer than a QR code can hold.
pub fn qr_svg(text: &str, label: &str) -> Option<Markup> {
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
        svg class="qr" viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(label) {
            path stroke="#000" d=(path) {}
        }
    })
}

/// RFC 3986: everything but the unreserved characters and `kept`, byte by byte of UTF-8.
pub(crate) fn percent_encoded(text: &str, kept: &str) -> String {
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

    #[test]
    fn the_drawing_has_every_dark_module_once_inside_a_quiet_zone() {
        let svg = qr_svg("upi://pay?pa=a@b", "Pay").unwrap().into_string();
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
        assert!(qr_svg(&"x".repeat(3_000), "Too long").is_none());
    }
}
