use diesel_async::SimpleAsyncConnection as _;
use vitaran_kernel::{DealerId, Money};

use super::*;
use crate::access::{Role, SalesCreditWrite, SalesDealersRead};
use crate::db::Page;
use crate::master::{Activity, Master, MasterError};
use crate::problem::{Kind, Problem};
use crate::testkit::{TestTx, dealer, test_tx};

fn shop() -> AddressForm {
    AddressForm {
        label: "Shop".to_owned(),
        line1: "2 Bazaar Road".to_owned(),
        city: "Pune".to_owned(),
        state_code: "27".to_owned(),
        pincode: "411001".to_owned(),
        ..AddressForm::default()
    }
}

fn ramesh() -> ContactForm {
    ContactForm {
        name: "Ramesh".to_owned(),
        phone: "98765 43210".to_owned(),
        whatsapp_opt_in: true,
        whatsapp_opt_in_source: "Order form".to_owned(),
        ..ContactForm::default()
    }
}

fn form(code: &str, name: &str) -> DealerForm {
    DealerForm {
        code: code.to_owned(),
        legal_name: name.to_owned(),
        gst_treatment: "UNREGISTERED".to_owned(),
        addresses: vec![shop()],
        contacts: vec![ramesh()],
        ..DealerForm::default()
    }
}

fn registered(code: &str, gstin: &str) -> DealerForm {
    DealerForm {
        gst_treatment: "REGISTERED".to_owned(),
        gstin: gstin.to_owned(),
        ..form(code, "Shree Traders")
    }
}

async fn made(t: &mut TestTx, form: DealerForm) -> DealerPage {
    let by = t.by();
    create(t, &by, form.parse().unwrap()).await.unwrap()
}

fn faults<M: Master>(error: &MasterError<M>) -> Vec<(String, &'static str)> {
    error
        .faults()
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect()
}

const MAHARASHTRA: &str = "27AAPFU0939F1ZV";

#[tokio::test]
async fn a_dealer_is_added_whole_with_no_credit() {
    let mut t = test_tx().await;
    let page = made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    assert!(page.addresses[0].is_billing && page.contacts[0].is_primary);
    assert_eq!(page.contacts[0].whatsapp_opt_in_at, Some(t.now()));
    assert_eq!(page.credit.credit.available(), Money::ZERO);
    let by = t.by();
    assert_eq!(load(&mut t, &by, page.dealer.id).await.unwrap(), page);
}

#[tokio::test]
async fn a_code_and_a_gstin_belong_to_one_dealer() {
    let mut t = test_tx().await;
    made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    let by = t.by();
    let second = DealerForm {
        price_list_id: vitaran_kernel::PriceListId::generate().to_string(),
        location_id: vitaran_kernel::LocationId::generate().to_string(),
        ..registered("shr-01", MAHARASHTRA)
    };
    let refused = create(&mut t, &by, second.parse().unwrap())
        .await
        .unwrap_err();
    let told = faults(&refused);
    let pointers: Vec<_> = told.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/code", "/gstin", "/price_list_id", "/location_id"]
    );
}

#[tokio::test]
async fn a_gstin_of_another_state_than_the_billing_address_is_refused_beside_the_gstin() {
    let mut t = test_tx().await;
    let page = made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    let by = t.by();
    let moved = DealerHeaderForm {
        gstin: "29AABCR1718E1ZL".to_owned(),
        ..DealerHeaderForm::of(&page.dealer)
    };
    let refused = update(&mut t, &by, page.dealer.id, 1, moved.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [("/gstin".to_owned(), "state_mismatch")]);
    let renamed = DealerHeaderForm {
        legal_name: "Shree & Sons".to_owned(),
        ..DealerHeaderForm::of(&page.dealer)
    };
    let after = update(&mut t, &by, page.dealer.id, 1, renamed.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (after.dealer.legal_name.as_str(), after.dealer.version),
        ("Shree & Sons", 2)
    );
    let refused = update(&mut t, &by, page.dealer.id, 1, renamed.parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(refused, MasterError::VersionConflict { found: 2 }));
}

#[tokio::test]
async fn a_new_billing_address_takes_the_place_of_the_old_one() {
    let mut t = test_tx().await;
    let page = made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    let (id, old) = (page.dealer.id, page.addresses[0].id);
    let by = t.by();
    let office = AddressForm {
        label: "Office".to_owned(),
        is_billing: true,
        ..shop()
    };
    let page = add_address(&mut t, &by, id, 1, office.parse().unwrap())
        .await
        .unwrap();
    let billing: Vec<_> = page
        .addresses
        .iter()
        .filter(|a| a.is_billing)
        .map(|a| a.label.as_str())
        .collect();
    assert_eq!((billing, page.dealer.version), (vec!["Office"], 2));
    let office = page.addresses[0].id;
    let refused = set_address_active(&mut t, &by, id, Some(2), office, Activity::Inactive)
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [(String::new(), "billing")]);
    let page = set_address_active(&mut t, &by, id, Some(2), old, Activity::Inactive)
        .await
        .unwrap();
    assert!(!page.addresses[1].is_active);
    let unmarked = AddressForm {
        is_billing: false,
        ..AddressForm::of(&page.addresses[0])
    };
    let refused = update_address(&mut t, &by, id, 3, office, unmarked.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [("/is_billing".to_owned(), "billing")]);
    let elsewhere = AddressForm {
        state_code: "29".to_owned(),
        pincode: "560001".to_owned(),
        is_billing: true,
        ..shop()
    };
    let refused = update_address(&mut t, &by, id, 3, office, elsewhere.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        faults(&refused),
        [("/state_code".to_owned(), "state_mismatch")]
    );
}

#[tokio::test]
async fn a_third_party_is_somebody_else() {
    let mut t = test_tx().await;
    let page = made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    let by = t.by();
    let own = AddressForm {
        party: "THIRD_PARTY".to_owned(),
        party_name: "Mehta".to_owned(),
        party_gstin: MAHARASHTRA.to_owned(),
        ..shop()
    };
    let refused = add_address(&mut t, &by, page.dealer.id, 1, own.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [("/party_gstin".to_owned(), "own_gstin")]);
    let theirs = AddressForm {
        party_gstin: String::new(),
        ..own
    };
    let page = add_address(&mut t, &by, page.dealer.id, 1, theirs.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(page.addresses[1].party, Party::ThirdParty);
}

#[tokio::test]
async fn there_is_one_primary_contact_once_there_are_any() {
    let mut t = test_tx().await;
    let page = made(
        &mut t,
        DealerForm {
            contacts: Vec::new(),
            ..form("A", "Asha Electricals")
        },
    )
    .await;
    let id = page.dealer.id;
    let by = t.by();
    let page = add_contact(&mut t, &by, id, 1, ramesh().parse().unwrap())
        .await
        .unwrap();
    assert!(page.contacts[0].is_primary, "the first one is");
    let asha = ContactForm {
        name: "Asha".to_owned(),
        is_primary: true,
        ..ContactForm::default()
    };
    let page = add_contact(&mut t, &by, id, 2, asha.parse().unwrap())
        .await
        .unwrap();
    let primary: Vec<_> = page
        .contacts
        .iter()
        .filter(|c| c.is_primary)
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(primary, ["Asha"]);
    let (asha, ramesh) = (page.contacts[0].id, page.contacts[1].id);
    let refused = set_contact_active(&mut t, &by, id, Some(3), asha, Activity::Inactive)
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [(String::new(), "primary")]);
    set_contact_active(&mut t, &by, id, Some(3), ramesh, Activity::Inactive)
        .await
        .unwrap();
    let page = set_contact_active(&mut t, &by, id, Some(4), asha, Activity::Inactive)
        .await
        .unwrap();
    assert!(
        !page.contacts.iter().any(|c| c.is_primary || c.is_active),
        "the last one may go"
    );
    let page = set_contact_active(&mut t, &by, id, Some(5), ramesh, Activity::Active)
        .await
        .unwrap();
    assert_eq!(
        (page.contacts[0].name.as_str(), page.contacts[0].is_primary),
        ("Ramesh", true)
    );
}

#[tokio::test]
async fn withdrawn_consent_leaves_no_moment_and_no_source() {
    let mut t = test_tx().await;
    let page = made(&mut t, form("A", "Asha Electricals")).await;
    let contact = &page.contacts[0];
    let withdrawn = ContactForm {
        whatsapp_opt_in: false,
        whatsapp_opt_in_source: String::new(),
        ..ContactForm::of(contact)
    };
    let by = t.by();
    let page = update_contact(
        &mut t,
        &by,
        page.dealer.id,
        1,
        contact.id,
        withdrawn.parse().unwrap(),
    )
    .await
    .unwrap();
    assert_eq!(
        (
            page.contacts[0].whatsapp_opt_in_at,
            page.contacts[0].whatsapp_opt_in_source.as_ref()
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_limit_is_set_by_accounts_from_the_version_they_saw() {
    let mut t = test_tx().await;
    let page = made(&mut t, form("A", "Asha Electricals")).await;
    let by = t
        .tenant
        .actor(Role::Accounts)
        .allow::<SalesCreditWrite>()
        .unwrap();
    let limit = Money::from_rupees(50_000);
    let credit = set_credit_limit(&mut t, &by, page.dealer.id, page.credit.version, limit)
        .await
        .unwrap();
    assert_eq!((credit.credit.available(), credit.version), (limit, 2));
    let refused = set_credit_limit(&mut t, &by, page.dealer.id, 1, limit)
        .await
        .unwrap_err();
    assert!(matches!(refused, MasterError::VersionConflict { found: 2 }));
    assert!(
        t.tenant
            .actor(Role::Sales)
            .allow::<SalesCreditWrite>()
            .is_err()
    );
}

#[tokio::test]
async fn dealers_are_found_by_words_of_their_names_by_code_and_by_gstin() {
    let mut t = test_tx().await;
    made(&mut t, registered("SHR-01", MAHARASHTRA)).await;
    made(
        &mut t,
        DealerForm {
            trade_name: "Light House".to_owned(),
            ..form("ASH-7", "Asha Electricals")
        },
    )
    .await;
    for (q, codes) in [
        ("tra shree", vec!["SHR-01"]),
        ("HOUSE", vec!["ASH-7"]),
        ("ash-", vec!["ASH-7"]),
        ("27aapfu0939f1zv", vec!["SHR-01"]),
        ("raders", vec![]),
        ("", vec!["ASH-7", "SHR-01"]),
    ] {
        let filter = DealerFilter {
            q: q.to_owned(),
            ..DealerFilter::default()
        };
        let by = t.by();
        let rows = list(&t, &by, &filter, &Page::default()).await.unwrap().rows;
        assert_eq!(
            rows.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(),
            codes,
            "{q}"
        );
        assert!(rows.iter().all(|row| row.city.as_deref() == Some("Pune")));
    }
}

#[tokio::test]
async fn a_dealers_people_see_their_own_dealer_and_no_other() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let (own, _) = dealer().insert(&mut t, &tenant).await;
    let (other, _) = dealer().insert(&mut t, &tenant).await;
    let by = t.by::<SalesDealersRead>();
    t.conn()
        .unwrap()
        .batch_execute(&format!("SET LOCAL app.dealer_scope = '{own}'"))
        .await
        .unwrap();
    assert_eq!(load(&mut t, &by, own).await.unwrap().dealer.id, own);
    let mut answers = Vec::new();
    for id in [other, DealerId::generate()] {
        let refused = load(&mut t, &by, id).await.unwrap_err();
        answers.push((refused.kind(), refused.code(), refused.to_string()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, Kind::NotFound);
    assert!(
        matches!(load_own(&t).await.unwrap_err(), MasterError::NotFound(_)),
        "staff have no dealer of their own"
    );
}

#[tokio::test]
async fn another_tenants_dealer_cannot_be_changed() {
    let mut theirs = test_tx().await;
    let page = made(&mut theirs, form("A", "Asha Electricals")).await;
    let mut ours = test_tx().await;
    let by = ours.by();
    let input = DealerHeaderForm::of(&page.dealer).parse().unwrap();
    let refused = update(&mut ours, &by, page.dealer.id, 1, input)
        .await
        .unwrap_err();
    assert!(matches!(refused, MasterError::NotFound(_)));
    let refused = add_contact(&mut ours, &by, page.dealer.id, 1, ramesh().parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
}
