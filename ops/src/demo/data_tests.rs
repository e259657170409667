//! What the demonstration data promises, claimed about the files as they are
//! compiled in. The check digits and PIN ranges are worked out here on their
//! own and not by the product's code, so that one cannot excuse the other.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// First three digits of the PIN codes of a state or union territory.
/// Telangana and Ladakh were cut out of their neighbours' ranges.
const PIN_RANGES: &[(&str, &[(u16, u16)])] = &[
    ("01", &[(180, 193)]),
    ("03", &[(140, 160)]),
    ("04", &[(160, 160)]),
    ("05", &[(244, 263)]),
    ("06", &[(121, 136)]),
    ("07", &[(110, 110)]),
    ("08", &[(301, 345)]),
    ("09", &[(201, 285)]),
    ("10", &[(800, 855)]),
    ("18", &[(781, 788)]),
    ("19", &[(700, 743)]),
    ("22", &[(490, 497)]),
    ("23", &[(450, 488)]),
    ("24", &[(360, 396)]),
    ("26", &[(362, 362), (396, 396)]),
    ("27", &[(400, 445)]),
    ("29", &[(560, 591)]),
    ("30", &[(403, 403)]),
    ("32", &[(670, 695)]),
    ("33", &[(600, 643)]),
    (
        "34",
        &[(533, 533), (605, 605), (607, 607), (609, 609), (673, 673)],
    ),
    ("35", &[(744, 744)]),
    ("36", &[(500, 509)]),
    ("37", &[(510, 535)]),
    ("38", &[(194, 194)]),
];

/// Headings the catalogue may use, with the class each is taxed in.
const HEADINGS: &[(TaxClass, &[&str])] = &[
    (TaxClass::Zero, &["4901"]),
    (TaxClass::Merit, &["8541"]),
    (
        TaxClass::Standard,
        &[
            "3917", "3925", "7326", "8203", "8302", "8414", "8415", "8418", "8481", "8501", "8504",
            "8506", "8507", "8513", "8516", "8535", "8536", "8537", "8538", "8539", "8544", "8547",
            "9028", "9032", "9405",
        ],
    ),
];

fn tenants() -> [DemoTenant; 2] {
    [volt().unwrap(), ampere().unwrap()]
}

fn assert_unique<'a>(what: &str, values: impl IntoIterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for value in values {
        assert!(seen.insert(value), "{what} {value} stands twice");
    }
    assert!(!seen.is_empty(), "no {what} at all");
}

fn codes<'a>(values: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    values.into_iter().map(String::as_str).collect()
}

/// Luhn in base 36 over the first fourteen characters, from the right.
fn gstin_fault(gstin: &str, state: &str) -> Option<&'static str> {
    let digits: Option<Vec<u32>> = gstin
        .chars()
        .map(|c| c.to_digit(36).filter(|_| !c.is_ascii_lowercase()))
        .collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 15) else {
        return Some("not 15 capital letters and digits");
    };
    let shape: String = gstin
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { 'A' })
        .collect();
    if shape[..12] != *"99AAAAA9999A" || &gstin[12..13] == "0" || &gstin[13..14] != "Z" {
        return Some("not the shape of a GSTIN");
    }
    if !"CPHFAT".contains(&gstin[5..6]) {
        return Some("no such kind of PAN holder");
    }
    let total: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = if place % 2 == 1 { digit * 2 } else { *digit };
            doubled / 36 + doubled % 36
        })
        .sum();
    if !total.is_multiple_of(36) {
        return Some("wrong check digit");
    }
    (&gstin[..2] != state).then_some("of another state")
}

fn assert_gstin(gstin: &str, state: &str) {
    assert_eq!(gstin_fault(gstin, state), None, "{gstin} in state {state}");
}

fn pin_is_in_state(pincode: &str, state: &str) -> bool {
    let first_three: u16 = pincode[..3].parse().unwrap();
    pincode.len() == 6
        && pincode.bytes().all(|b| b.is_ascii_digit())
        && PIN_RANGES
            .iter()
            .find(|(code, _)| *code == state)
            .is_some_and(|(_, ranges)| {
                ranges
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&first_three))
            })
}

fn assert_pin(pincode: &str, state: &str) {
    assert!(
        pin_is_in_state(pincode, state),
        "{pincode} is not in {state}"
    );
}

fn price_of<'a>(demo: &'a DemoTenant, list: &str) -> BTreeMap<&'a str, Decimal> {
    let mut prices = BTreeMap::new();
    for item in demo
        .price_list_items
        .iter()
        .filter(|i| i.price_list == list)
    {
        let before = prices.insert(item.sku.as_str(), item.price);
        assert_eq!(before, None, "{} stands twice on {list}", item.sku);
    }
    prices
}

#[test]
fn the_checks_below_can_fail() {
    assert_eq!(gstin_fault("27AAPFU0939F1ZV", "27"), None);
    assert_eq!(gstin_fault("24AAQCA8719H1ZC", "24"), None);
    assert_eq!(
        gstin_fault("27AAPFU0939F1ZW", "27"),
        Some("wrong check digit")
    );
    assert_eq!(
        gstin_fault("27AAPFU0939F1ZV", "29"),
        Some("of another state")
    );
    assert!(gstin_fault("27AAPFU0939F1Z", "27").is_some());
    assert!(gstin_fault("27aapfu0939f1zv", "27").is_some());
    assert!(pin_is_in_state("400002", "27"));
    assert!(!pin_is_in_state("560002", "27"));
    assert!(!pin_is_in_state("40000", "27"));
}

#[test]
fn a_row_with_an_unknown_column_or_a_wrong_word_names_its_file() {
    let error = parse::<Category>("x/categories.csv", "path,colour\nSolar,red\n").unwrap_err();
    assert!(error.to_string().starts_with("x/categories.csv: "));
    let error =
        parse::<PriceListItem>("x/items.csv", "price_list,sku,price\nGOLD,A,cheap\n").unwrap_err();
    assert!(error.to_string().contains("line: 2"), "{error}");
    let error = the_only("x/tenant.csv", Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "x/tenant.csv: one row wanted, 0 found");
}

#[test]
fn each_tenant_has_a_full_catalogue_and_twenty_five_dealers() {
    for demo in tenants() {
        let slug = &demo.tenant.slug;
        assert!(demo.products.len() >= 260, "{slug}");
        assert_eq!(demo.dealers.len(), 25, "{slug}");
        assert!(demo.dealer_prices.len() >= 40, "{slug}");
        let lists: Vec<_> = demo
            .price_lists
            .iter()
            .map(|l| (l.code.as_str(), l.is_default))
            .collect();
        assert_eq!(
            lists,
            [("TRADE", true), ("GOLD", false), ("PROJECT", false)],
            "{slug}"
        );
    }
}

#[test]
fn identifiers_are_unique() {
    let demos = tenants();
    for demo in &demos {
        assert_unique("sku", demo.products.iter().map(|p| p.sku.as_str()));
        assert_unique(
            "product name",
            demo.products.iter().map(|p| p.name.as_str()),
        );
        assert_unique("category", demo.categories.iter().map(|c| c.path.as_str()));
        assert_unique("dealer", demo.dealers.iter().map(|d| d.code.as_str()));
        assert_unique("location", demo.locations.iter().map(|l| l.code.as_str()));
        assert_unique("user", demo.users.iter().map(|u| u.email.as_str()));
    }
    let all = || demos.iter();
    assert_unique(
        "barcode",
        all()
            .flat_map(|d| &d.products)
            .filter_map(|p| p.barcode.as_deref()),
    );
    assert_unique(
        "invoice prefix",
        all()
            .flat_map(|d| &d.registrations)
            .map(|r| r.invoice_prefix.as_str()),
    );
    assert_unique(
        "gstin",
        all().flat_map(|d| {
            let own = d.registrations.iter().map(|r| r.gstin.as_str());
            own.chain(
                d.dealers
                    .iter()
                    .filter_map(|dealer| dealer.gstin.as_deref()),
            )
        }),
    );
    assert_unique(
        "phone",
        all().flat_map(|d| {
            let dealers = d.contacts.iter().filter_map(|c| c.phone.as_deref());
            dealers.chain([d.tenant.phone.as_str()])
        }),
    );
}

#[test]
fn every_category_has_its_parent_before_it_and_the_tree_is_four_deep() {
    for demo in tenants() {
        let mut known = BTreeSet::new();
        for category in &demo.categories {
            if let Some(parent) = category.parent() {
                assert!(known.contains(parent), "{} has no parent", category.path);
            }
            assert_eq!(category.name(), category.name().trim());
            assert!(!category.name().is_empty());
            known.insert(category.path.as_str());
        }
        let deepest = known
            .iter()
            .map(|path| path.split(PATH_SEPARATOR).count())
            .max();
        assert_eq!(deepest, Some(4));
        for product in &demo.products {
            assert!(known.contains(product.category.as_str()), "{}", product.sku);
        }
    }
}

#[test]
fn every_product_has_a_listed_hsn_heading_and_the_class_it_is_taxed_in() {
    for demo in tenants() {
        for (class, headings) in HEADINGS {
            let of_class: Vec<_> = demo
                .products
                .iter()
                .filter(|p| p.tax_class == *class)
                .collect();
            assert!(!of_class.is_empty(), "no product is {class:?}");
            for product in of_class {
                let Product { sku, hsn, .. } = product;
                assert!(hsn.bytes().all(|b| b.is_ascii_digit()), "{sku}");
                assert!(matches!(hsn.len(), 6 | 8), "{sku}");
                assert!(
                    headings.contains(&&hsn[..4]),
                    "{sku}: {hsn} is not {class:?}"
                );
            }
        }
        let used: BTreeSet<_> = demo.products.iter().map(|p| p.uqc.as_str()).collect();
        assert_eq!(
            used,
            ["BOX", "KGS", "MTR", "NOS", "PCS", "ROL", "SET"].into()
        );
    }
}

#[test]
fn most_barcodes_are_given_and_all_are_indian_ean_13() {
    for demo in tenants() {
        let barcodes: Vec<_> = demo
            .products
            .iter()
            .filter_map(|p| p.barcode.as_deref())
            .collect();
        assert!(barcodes.len() * 4 >= demo.products.len() * 3);
        assert!(barcodes.len() < demo.products.len());
        for barcode in barcodes {
            assert!(
                barcode.len() == 13 && barcode.starts_with("890"),
                "{barcode}"
            );
            let digits = barcode.chars().map(|c| c.to_digit(10).unwrap());
            let sum: u32 = digits
                .zip([1, 3].into_iter().cycle())
                .map(|(d, weight)| d * weight)
                .sum();
            assert_eq!(sum % 10, 0, "{barcode}");
        }
    }
}

#[test]
fn prices_are_positive_and_fall_from_mrp_to_trade_to_gold() {
    for demo in tenants() {
        let by_sku: BTreeMap<_, _> = demo.products.iter().map(|p| (p.sku.as_str(), p)).collect();
        for product in &demo.products {
            let percent = match product.tax_class {
                TaxClass::Zero => 0,
                TaxClass::Merit => 5,
                TaxClass::Standard => 18,
            };
            let with_tax = product.base_price * Decimal::new(100 + percent, 2);
            assert!(product.base_price > Decimal::ZERO, "{}", product.sku);
            assert!(product.base_price.scale() <= 2 && product.mrp.scale() <= 2);
            assert!(
                with_tax <= product.mrp,
                "{} sells above its MRP",
                product.sku
            );
            assert!(product.reorder_level > Decimal::ZERO, "{}", product.sku);
        }
        let trade = price_of(&demo, "TRADE");
        for (sku, price) in &trade {
            assert!(*price > Decimal::ZERO && *price <= by_sku[sku].mrp, "{sku}");
            assert!(*price <= by_sku[sku].base_price, "{sku}");
        }
        let gold = price_of(&demo, "GOLD");
        let project = price_of(&demo, "PROJECT");
        for (sku, price) in gold.iter().chain(&project) {
            assert!(*price > Decimal::ZERO && *price < trade[sku], "{sku}");
        }
        // Each step of the price look-up has products that end there.
        assert!(trade.len() < demo.products.len());
        assert!(gold.len() < trade.len() && gold.len() >= 100);
        assert!(project.len() < trade.len() && project.len() >= 100);
    }
}

#[test]
fn dealer_prices_are_for_known_dealers_and_products_and_below_the_base_price() {
    for demo in tenants() {
        let base: BTreeMap<_, _> = demo
            .products
            .iter()
            .map(|p| (p.sku.as_str(), p.base_price))
            .collect();
        let dealers = codes(demo.dealers.iter().map(|d| &d.code));
        let mut seen = BTreeSet::new();
        for DealerPrice { dealer, sku, price } in &demo.dealer_prices {
            assert!(dealers.contains(dealer.as_str()), "{dealer}");
            assert!(
                *price > Decimal::ZERO && *price < base[sku.as_str()],
                "{dealer} {sku}"
            );
            assert!(seen.insert((dealer, sku)), "{dealer} {sku} stands twice");
        }
    }
}

#[test]
fn some_products_are_out_of_stock_and_some_are_low() {
    for demo in tenants() {
        let skus = codes(demo.products.iter().map(|p| &p.sku));
        let locations = codes(demo.locations.iter().map(|l| &l.code));
        let mut seen = BTreeSet::new();
        let mut on_hand: BTreeMap<&str, Decimal> = BTreeMap::new();
        for OpeningStock {
            location,
            sku,
            quantity,
        } in &demo.opening_stock
        {
            assert!(
                skus.contains(sku.as_str()) && locations.contains(location.as_str()),
                "{sku}"
            );
            assert!(*quantity > Decimal::ZERO && quantity.scale() <= 3, "{sku}");
            assert!(
                seen.insert((location, sku)),
                "{location} {sku} stands twice"
            );
            *on_hand.entry(sku).or_default() += *quantity;
        }
        let out = demo.products.len() - on_hand.len();
        let low = demo
            .products
            .iter()
            .filter(|p| {
                on_hand
                    .get(p.sku.as_str())
                    .is_some_and(|held| *held <= p.reorder_level)
            })
            .count();
        assert!((5..=40).contains(&out), "{out} out of stock");
        assert!((10..=60).contains(&low), "{low} low");
        for location in locations {
            assert!(
                demo.opening_stock.iter().any(|s| s.location == location),
                "{location} is empty"
            );
        }
    }
}

#[test]
fn registrations_and_locations_agree_on_state_gstin_and_pin() {
    for demo in tenants() {
        let registrations: BTreeMap<_, _> = demo
            .registrations
            .iter()
            .map(|r| (r.gstin.as_str(), r))
            .collect();
        for registration in registrations.values() {
            assert_gstin(&registration.gstin, &registration.state_code);
            assert_pin(&registration.pincode, &registration.state_code);
            // `<prefix>/26-27/000123` fills the sixteen characters of rule 46(b).
            assert!(registration.invoice_prefix.len() <= 3);
            let lut = (
                registration.lut_arn.is_some(),
                registration.lut_valid_from,
                registration.lut_valid_to,
            );
            assert!(
                matches!(lut, (true, Some(from), Some(to)) if from < to)
                    || lut == (false, None, None)
            );
        }
        for location in &demo.locations {
            assert_eq!(
                registrations[location.gstin.as_str()].state_code,
                location.state_code
            );
            assert_pin(&location.pincode, &location.state_code);
        }
        assert_eq!(
            demo.registrations.iter().filter(|r| r.is_default).count(),
            1
        );
        assert_eq!(demo.locations.iter().filter(|l| l.is_default).count(), 1);
    }
    let [volt, ampere] = tenants();
    let states = |demo: &DemoTenant| -> Vec<String> {
        demo.registrations
            .iter()
            .map(|r| r.gstin[..2].to_owned())
            .collect()
    };
    assert_eq!(
        (states(&volt), states(&ampere)),
        (vec!["27".into(), "04".into()], vec!["29".into()])
    );
}

#[test]
fn dealers_cover_treatments_states_and_territories_with_valid_gstins() {
    for demo in tenants() {
        let home = demo.registrations[0].state_code.as_str();
        let lists = codes(demo.price_lists.iter().map(|l| &l.code));
        let locations = codes(demo.locations.iter().map(|l| &l.code));
        for dealer in &demo.dealers {
            match &dealer.gstin {
                Some(gstin) => assert_gstin(gstin, &dealer.state_code),
                None => {
                    assert_eq!(dealer.treatment, Treatment::Unregistered, "{}", dealer.code)
                }
            }
            assert_eq!(
                dealer.gstin.is_none(),
                dealer.treatment == Treatment::Unregistered
            );
            let limit = dealer.credit_limit;
            assert!(
                (Decimal::from(50_000)..=Decimal::from(1_500_000)).contains(&limit),
                "{}",
                dealer.code
            );
            assert!(
                dealer
                    .price_list
                    .as_deref()
                    .is_none_or(|list| lists.contains(list))
            );
            assert!(locations.contains(dealer.location.as_str()));
        }
        let states = codes(demo.dealers.iter().map(|d| &d.state_code));
        for state in [
            home, "01", "04", "07", "09", "19", "24", "26", "33", "34", "35", "36", "38",
        ] {
            assert!(
                states.contains(state),
                "{} has no dealer in {state}",
                demo.tenant.slug
            );
        }
        let sez_at_home: BTreeSet<_> = demo
            .dealers
            .iter()
            .filter(|d| d.treatment == Treatment::Sez)
            .map(|d| d.state_code == home)
            .collect();
        assert_eq!(sez_at_home, [false, true].into());
        assert!(
            demo.dealers
                .iter()
                .filter(|d| d.treatment == Treatment::Unregistered)
                .count()
                >= 4
        );
    }
}

#[test]
fn each_dealer_has_one_billing_address_and_one_to_three_to_ship_to() {
    for demo in tenants() {
        for dealer in &demo.dealers {
            let of_kind = |kind| {
                demo.addresses
                    .iter()
                    .filter(move |a| a.dealer == dealer.code && a.kind == kind)
                    .collect::<Vec<_>>()
            };
            let billing = of_kind(AddressKind::Billing);
            assert_eq!(billing.len(), 1, "{}", dealer.code);
            assert_eq!(billing[0].state_code, dealer.state_code, "{}", dealer.code);
            assert_eq!(
                (&billing[0].recipient_name, &billing[0].recipient_gstin),
                (&None, &None)
            );
            let shipping = of_kind(AddressKind::Shipping);
            assert!((1..=3).contains(&shipping.len()), "{}", dealer.code);
            assert_eq!(
                shipping.iter().filter(|a| a.is_default).count(),
                1,
                "{}",
                dealer.code
            );
            assert_unique("label", shipping.iter().map(|a| a.label.as_str()));
        }
    }
}

#[test]
fn addresses_lie_in_their_state_and_recipients_are_not_the_dealer() {
    for demo in tenants() {
        let dealers: BTreeMap<_, _> = demo.dealers.iter().map(|d| (d.code.as_str(), d)).collect();
        let (mut third_party_gstin, mut third_party_urp, mut own_elsewhere) = (0, 0, 0);
        for address in &demo.addresses {
            let dealer = dealers[address.dealer.as_str()];
            assert_pin(&address.pincode, &address.state_code);
            match (&address.recipient_name, address.recipient_gstin.as_deref()) {
                (None, None) => {
                    own_elsewhere += usize::from(address.state_code != dealer.state_code)
                }
                (Some(_), Some("URP")) => third_party_urp += 1,
                (Some(name), Some(gstin)) => {
                    third_party_gstin += 1;
                    assert_gstin(gstin, &address.state_code);
                    assert_ne!(
                        Some(&gstin[2..12]),
                        dealer.gstin.as_deref().map(|own| &own[2..12]),
                        "{name}"
                    );
                }
                (None, Some(gstin)) => {
                    assert_gstin(gstin, &address.state_code);
                    assert_ne!(Some(gstin), dealer.gstin.as_deref());
                    assert_eq!(
                        Some(&gstin[2..12]),
                        dealer.gstin.as_deref().map(|own| &own[2..12])
                    );
                }
                (Some(name), None) => panic!("{name} needs a GSTIN or URP"),
            }
        }
        assert!(third_party_gstin >= 1 && third_party_urp >= 1 && own_elsewhere >= 2);
    }
}

#[test]
fn contacts_have_indian_mobiles_and_no_consent_without_one() {
    for demo in tenants() {
        for contact in &demo.contacts {
            if let Some(phone) = &contact.phone {
                let number = phone.strip_prefix("+91").unwrap();
                assert!(
                    number.len() == 10 && number.starts_with(['6', '7', '8', '9']),
                    "{phone}"
                );
                assert!(number.bytes().all(|b| b.is_ascii_digit()), "{phone}");
            }
            assert!(
                contact.phone.is_some() || !contact.whatsapp_opt_in,
                "{}",
                contact.name
            );
            assert!(
                contact
                    .email
                    .as_deref()
                    .is_none_or(|email| email.ends_with(".test"))
            );
        }
        for dealer in &demo.dealers {
            let primary = demo
                .contacts
                .iter()
                .filter(|c| c.dealer == dealer.code && c.is_primary)
                .count();
            assert_eq!(primary, 1, "{}", dealer.code);
        }
        let dealers = codes(demo.dealers.iter().map(|d| &d.code));
        let with_phone = codes(
            demo.contacts
                .iter()
                .filter(|c| c.phone.is_some())
                .map(|c| &c.dealer),
        );
        assert_eq!(dealers.difference(&with_phone).count(), 1);
        let without_consent = demo
            .contacts
            .iter()
            .filter(|c| c.phone.is_some() && !c.whatsapp_opt_in)
            .count();
        assert!((1..=5).contains(&without_consent));
        assert!(
            demo.contacts
                .iter()
                .all(|c| dealers.contains(c.dealer.as_str()))
        );
    }
    let spoken: Vec<_> = tenants()
        .into_iter()
        .flat_map(|d| d.contacts)
        .map(|c| c.language)
        .collect();
    for language in [
        Language::En,
        Language::Hi,
        Language::Ta,
        Language::Mr,
        Language::Kn,
    ] {
        assert!(spoken.contains(&language), "nobody speaks {language:?}");
    }
}

#[test]
fn the_users_are_exactly_the_documented_logins() {
    for (demo, consultant) in tenants().into_iter().zip([Role::Accounts, Role::Sales]) {
        let at = |name: &str| format!("{name}@{}.test", demo.tenant.slug);
        let expected = [
            (at("admin"), Role::Admin),
            (at("sales"), Role::Sales),
            (at("warehouse"), Role::Warehouse),
            (at("accounts"), Role::Accounts),
            (at("dealer"), Role::Dealer),
            ("consultant@demo.test".to_owned(), consultant),
        ];
        let users: Vec<_> = demo
            .users
            .iter()
            .map(|u| (u.email.clone(), u.role))
            .collect();
        assert_eq!(users, expected);
        for user in &demo.users {
            assert_eq!(
                user.dealer.is_some(),
                user.role == Role::Dealer,
                "{}",
                user.email
            );
        }
        let login = demo.users.iter().find(|u| u.role == Role::Dealer).unwrap();
        let dealer = demo
            .dealers
            .iter()
            .find(|d| Some(&d.code) == login.dealer.as_ref())
            .unwrap();
        assert_eq!(dealer.treatment, Treatment::Registered);
        assert!(dealer.credit_limit >= Decimal::from(1_000_000));
        let person = demo
            .contacts
            .iter()
            .find(|c| c.dealer == dealer.code && c.is_primary)
            .unwrap();
        assert_eq!(person.name, login.name);
        assert!(person.whatsapp_opt_in);
    }
    let [one, other] = tenants().map(|d| d.users.last().unwrap().name.clone());
    assert_eq!(one, other);
    let platform: Vec<_> = platform_users()
        .unwrap()
        .into_iter()
        .map(|u| (u.email, u.role))
        .collect();
    assert_eq!(
        platform,
        [("super@platform.test".to_owned(), PlatformRole::SuperAdmin)]
    );
}

#[test]
fn names_and_descriptions_use_the_scripts_the_fonts_must_have() {
    let text: String = tenants()
        .into_iter()
        .flat_map(|d| d.products)
        .map(|p| p.name + &p.description)
        .collect();
    assert!(
        text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c)),
        "no Devanagari"
    );
    assert!(
        text.chars().any(|c| ('\u{b80}'..='\u{bff}').contains(&c)),
        "no Tamil"
    );
}
