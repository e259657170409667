//! One sentence carried from a POST to the page after it, in a cookie that lives a minute. It is only ever shown, escaped,
//! to the browser that holds it, so it needs no signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::Response;
use poem::http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{cookies, next_path};
use crate::ui::Tone;
use crate::ui::flash::Flash;

const COOKIE: &str = "flash";
const MAX_AGE_S: i32 = 60;
/// Longer sentences are cut: a cookie is not a page.
const MAX_CHARACTERS: usize = 300;

#[derive(Serialize, Deserialize)]
struct Carried {
    tone: u8,
    text: String,
    link: Option<(String, String)>,
}

const TONES: [Tone; 5] = [Tone::Neutral, Tone::Info, Tone::Good, Tone::Warn, Tone::Bad];

/// Leaves a message for the next page.
pub fn leave(response: &mut Response, flash: &Flash, is_https: bool) {
    let tone = TONES.iter().position(|tone| *tone == flash.tone);
    let carried = Carried {
        tone: tone
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or_default(),
        text: flash.text.chars().take(MAX_CHARACTERS).collect(),
        link: flash.link.clone(),
    };
    if let Ok(json) = serde_json::to_vec(&carried) {
        cookies::set(
            response,
            COOKIE,
            &URL_SAFE_NO_PAD.encode(json),
            MAX_AGE_S,
            is_https,
        );
    }
}

/// The message left for this page, if its cookie reads as one of ours.
#[must_use]
pub fn find(headers: &HeaderMap, is_https: bool) -> Option<Flash> {
    let json = URL_SAFE_NO_PAD
        .decode(cookies::read(headers, COOKIE, is_https)?)
        .ok()?;
    let carried: Carried = serde_json::from_slice(&json).ok()?;
    let tone = TONES.get(usize::from(carried.tone)).copied()?;
    let text: String = carried.text.chars().take(MAX_CHARACTERS).collect();
    let link = carried
        .link
        .filter(|(_, href)| next_path::safe(href).is_some());
    Some(Flash { tone, text, link })
}

/// Once shown, it is gone.
pub fn forget(response: &mut Response, is_https: bool) {
    cookies::remove(response, COOKIE, is_https);
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderValue, header};

    use super::*;

    fn carried_over(flash: &Flash) -> Option<Flash> {
        let mut response = Response::default();
        leave(&mut response, flash, false);
        let set = response.header("set-cookie").unwrap();
        let pair = set.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(pair).unwrap());
        find(&headers, false)
    }

    #[test]
    fn a_message_arrives_as_it_was_left() {
        let flash =
            Flash::good("Order SO/26-27/000042 placed, ₹708.00").link("View", "/portal/orders/1");
        assert_eq!(carried_over(&flash), Some(flash));
    }

    #[test]
    fn a_long_message_is_cut_and_a_link_to_elsewhere_is_dropped() {
        let shown = carried_over(&Flash::bad("x".repeat(400)).link("Go", "//evil.test")).unwrap();
        assert_eq!((shown.text.len(), shown.link), (300, None));
    }
}
