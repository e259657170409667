use vitaran_kernel::{Money, UserId};

use super::*;
use crate::access::{Actor, Grant, PermissionCode, PermissionSet, Role};
use crate::testkit::test_tx;

fn form(role: &str, dealer: &str) -> PlaceForm {
    PlaceForm {
        role: role.to_owned(),
        dealer: dealer.to_owned(),
    }
}

#[test]
fn a_place_has_a_role_and_a_dealers_place_a_dealer() {
    for (role, dealer, pointers) in [
        ("", "", vec!["/role"]),
        ("KING", "", vec!["/role"]),
        ("DEALER", " ", vec!["/dealer"]),
        ("KING", &"x".repeat(41), vec!["/role", "/dealer"]),
        ("SALES", "", vec![]),
        ("DEALER", "d-001", vec![]),
    ] {
        let faults = form(role, dealer)
            .parse()
            .err()
            .map(|invalid| invalid.faults);
        let faults = faults.unwrap_or_default();
        let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{role} {dealer}");
    }
}

#[tokio::test]
async fn one_gives_what_one_holds_and_not_a_higher_limit() {
    let t = test_tx().await;
    let approving = |limit: Option<i64>| {
        let set = PermissionSet::of(&[PermissionCode::SalesOrdersApprove]);
        let limit = limit.map(Money::from_rupees);
        Grant::own(Role::Sales, "Approver".to_owned(), set, limit)
    };
    let giver = Actor::member(
        UserId::generate(),
        "Meera".to_owned(),
        "meera@volt.test".to_owned(),
        t.actor().tenant().clone(),
        approving(Some(25_000)),
        None,
    );
    for (limit, may) in [(Some(25_000), true), (Some(25_001), false), (None, false)] {
        assert_eq!(can_give(&giver, &approving(limit)), may, "{limit:?}");
    }
    assert!(!can_give(&giver, &Grant::built_in(Role::Warehouse)));
    assert!(can_give(t.actor(), &Grant::built_in(Role::Admin)));
}
