//! What strangers' bytes may do to each reader: nothing but what it promises.
//!
//! One claim a reader, over any bytes. `tests/fuzz` gives them to libFuzzer for hours; the suite gives them what
//! proptest makes of their seeds for a moment.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use vitaran_core::catalog::ProductForm;
use vitaran_core::db::Cursor;
use vitaran_core::dealers::DealerForm;
use vitaran_core::notifications::verify_signature;
use vitaran_core::payments::ReceiptForm;
use vitaran_core::roles::RoleForm;
use vitaran_core::warehouse::DispatchForm;
use vitaran_kernel::{
    Barcode, EmailAddress, Gstin, Hsn, Money, Phone, Pincode, Quantity, Sku, Slug, Text, UnitPrice,
    UpiAddress, Uqc, VehicleNumber,
};
use vitaran_web::http::{csv, form, next_path};

/// A reader's name, its claim, and inputs to start from.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub claim: fn(&[u8]),
    pub seeds: &'static [&'static str],
}

pub const TARGETS: &[Target] = &[
    Target {
        name: "gstin",
        claim: gstin,
        seeds: &[
            "27AAPFU0939F1ZV",
            "29AAGCB7383J1Z4",
            "07aaacb2894g1zp",
            "99",
        ],
    },
    Target {
        name: "hsn",
        claim: hsn,
        seeds: &["8536", "853690", "85369090", "998713", " 8536 "],
    },
    Target {
        name: "words",
        claim: words,
        seeds: &[
            "9876543210",
            "+91 98765-43210",
            "411001",
            "a@b.in",
            "CABLE-1.5",
            "volt",
            "shop@okaxis",
            "MH12AB1234",
            "NOS",
        ],
    },
    Target {
        name: "amounts",
        claim: amounts,
        seeds: &[
            "1,00,000.50",
            "0.005",
            "-1",
            "9999999999999999",
            "1e5",
            "०१",
        ],
    },
    Target {
        name: "cursor",
        claim: cursor,
        seeds: &["WyIyMDI2LTExLTIxIiwiMDE5MzVmM2EiXQ", "a", "-_"],
    },
    Target {
        name: "signature",
        claim: signature,
        seeds: &["sha256=00\n{}", "sha256=\n", "sha1=aa\n{\"entry\":[]}"],
    },
    Target {
        name: "form",
        claim: form,
        seeds: &[
            "name=Cable&hsn=8544&base_price=10.50",
            "billing.city=Pune&billing.city=Goa&contacts.0.name=A",
            "a.b.c.d.e.f=1&=&%00=%ff",
        ],
    },
    Target {
        name: "next_path",
        claim: next,
        seeds: &[
            "/admin/orders?status=PLACED",
            "//evil",
            "/\\evil",
            "/%2f/evil",
            "/\t/evil",
        ],
    },
    Target {
        name: "csv",
        claim: cell,
        seeds: &[
            "=1+1",
            "Cable, 1.5 \"sq mm\"",
            "\t@SUM(A1)",
            "\r\n-2",
            "plain",
        ],
    },
];

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// What a reader takes, it takes again from its own writing, and reads as the same.
fn reads_its_own_writing<T, E>(text: &str, parse: fn(&str) -> Result<T, E>)
where
    T: Display + PartialEq + Debug,
    E: Display,
{
    match parse(text) {
        Ok(value) => match parse(&value.to_string()) {
            Ok(again) => assert_eq!(again, value),
            Err(error) => panic!("{text:?} became {value}, which is refused: {error}"),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A GSTIN that is taken has the check digit that another reckoning of it gives.
pub fn gstin(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    reads_its_own_writing(text, Gstin::parse);
    if let Ok(gstin) = Gstin::parse(text) {
        let code = gstin.to_string();
        assert_eq!(reckoned_check_digit(&code), code.chars().last());
    }
}

/// From the right: each value times 2, 1, 2 …, its two digits in base 36 added, up to the next multiple of 36.
fn reckoned_check_digit(gstin: &str) -> Option<char> {
    let mut sum = 0;
    for (place, letter) in gstin.get(..14)?.chars().rev().enumerate() {
        let product = letter.to_digit(36)? * if place % 2 == 0 { 2 } else { 1 };
        sum += product / 36 + product % 36;
    }
    let digit = char::from_digit((36 - sum % 36) % 36, 36)?;
    Some(digit.to_ascii_uppercase())
}

/// An HSN that is taken is 4, 6 or 8 digits.
pub fn hsn(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    reads_its_own_writing(text, Hsn::parse);
    if let Ok(hsn) = Hsn::parse(text) {
        let code = hsn.to_string();
        assert!(
            matches!(code.len(), 4 | 6 | 8) && code.bytes().all(|b| b.is_ascii_digit()),
            "{code}"
        );
    }
}

/// Every other word of the field with a grammar.
pub fn words(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    reads_its_own_writing(text, Phone::parse);
    reads_its_own_writing(text, Pincode::parse);
    reads_its_own_writing(text, EmailAddress::parse);
    reads_its_own_writing(text, Sku::parse);
    reads_its_own_writing(text, Barcode::parse);
    reads_its_own_writing(text, Slug::parse);
    reads_its_own_writing(text, UpiAddress::parse);
    reads_its_own_writing(text, VehicleNumber::parse);
    reads_its_own_writing(text, Uqc::parse);
    reads_its_own_writing(text, Text::<200>::parse);
}

/// Money, prices and quantities.
pub fn amounts(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    reads_its_own_writing(text, Quantity::parse);
    reads_its_own_writing(text, Money::parse);
    reads_its_own_writing(text, UnitPrice::parse);
}

/// A page link is one of ours or it is refused.
pub fn cursor(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(cursor) = Cursor::parse(text) {
        assert_eq!(cursor.as_str(), text);
    }
}

/// Before the first line break the signature, after it the body: it holds only if it is the one that we reckon.
pub fn signature(bytes: &[u8]) {
    const SECRET: &[u8] = b"a secret of the provider";
    let (claimed, body) = match bytes.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("a key");
    mac.update(body);
    let right = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let secret = std::str::from_utf8(SECRET).expect("text");
    assert!(verify_signature(secret, body, &right));
    if let Some(claimed) = text(claimed) {
        let holds = verify_signature(secret, body, claimed);
        assert_eq!(
            holds,
            claimed.eq_ignore_ascii_case(&right) && claimed.starts_with("sha256=")
        );
    }
}

/// A form's bytes are refused or read, and a rule then takes or refuses what was read; no more fields come out than went
/// in.
pub fn form(bytes: &[u8]) {
    if let Ok(fields) = form::parse::<BTreeMap<String, String>>(bytes) {
        assert!(fields.len() <= bytes.iter().filter(|&&byte| byte == b'&').count() + 1);
    }
    if let Ok(dealer) = form::parse::<DealerForm>(bytes) {
        let _ = dealer.parse();
    }
    if let Ok(product) = form::parse::<ProductForm>(bytes) {
        let _ = product.parse();
    }
    if let Ok(dispatch) = form::parse::<DispatchForm>(bytes) {
        let _ = dispatch.parse();
    }
    if let Ok(receipt) = form::parse::<ReceiptForm>(bytes) {
        let _ = receipt.parse();
    }
    if let Ok(role) = form::parse::<RoleForm>(bytes) {
        let _ = role.parse();
    }
}

/// Where a sign-in leads on to is a path of this host, however it is written.
pub fn next(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Some(path) = next_path::safe(text) {
        let base = reqwest::Url::parse("https://vitaran.test/login").expect("an address");
        let url = base.join(path).expect("a path");
        assert_eq!(url.host_str(), Some("vitaran.test"), "{path:?}");
        assert_eq!(url.scheme(), "https", "{path:?}");
    }
}

/// A cell is one cell: what was put in comes out of another reader of CSV, and no spreadsheet reckons with it.
pub fn cell(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let line = format!("{},\"end\"\r\n", csv::cell(text));
    let mut rest = line.strip_prefix('"').expect("a quoted cell");
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('"').expect("a closing quote");
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => {
                assert_eq!(after, ",\"end\"\r\n");
                break;
            }
        }
    }
    assert!(
        !value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']),
        "{value:?}"
    );
    let kept = value.strip_prefix('\'').unwrap_or(&value);
    assert!(value == text || kept == text, "{text:?} became {value:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes of a stranger: nothing known, or a seed that was cut, doubled, and had something put into it.
    fn bytes_like(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        let noise = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..6),
            "[\\PC\\t\\r\\n =+@&.%/-]{0,4}".prop_map(String::into_bytes),
        ];
        let altered = (
            proptest::sample::select(seeds),
            any::<proptest::sample::Index>(),
            any::<proptest::sample::Index>(),
            noise,
            1..3_usize,
        )
            .prop_map(|(seed, from, to, noise, times)| {
                let seed = seed.as_bytes();
                let (from, to) = (from.index(seed.len() + 1), to.index(seed.len() + 1));
                let (head, tail) = (&seed[..from], &seed[from.max(to)..]);
                [head, &noise, tail].concat().repeat(times)
            });
        prop_oneof![
            1 => proptest::collection::vec(any::<u8>(), 0..64),
            1 => "\\PC{0,40}".prop_map(String::into_bytes),
            6 => altered,
        ]
    }

    #[test]
    fn no_bytes_make_a_reader_break_its_claim() {
        for target in TARGETS {
            for seed in target.seeds {
                (target.claim)(seed.as_bytes());
            }
            let cases = 8 * ProptestConfig::default().cases;
            proptest!(ProptestConfig::with_cases(cases), |(bytes in bytes_like(target.seeds))| {
                (target.claim)(&bytes);
            });
        }
    }

    #[test]
    fn every_claim_has_a_target_of_its_own_for_the_long_run() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/fuzz_targets");
        for target in TARGETS {
            let path = format!("{folder}/{}.rs", target.name);
            let source =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(source.contains(&format!("\"{}\"", target.name)), "{path}");
        }
    }
}
