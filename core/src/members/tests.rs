use vitaran_kernel::{LocationId, Money, UserId};

use super::*;
use crate::access::{Actor, Grant, LocationScope, PermissionCode, PermissionSet, Role};
use crate::testkit::test_tx;

fn form(role: &str, dealer: &str) -> PlaceForm {
    PlaceForm {
        role: role.to_owned(),
        dealer: dealer.to_owned(),
        locations: Vec::new(),
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

#[test]
fn a_list_of_locations_that_says_nothing_leaves_them_and_a_blank_one_is_every_location() {
    let id = LocationId::generate();
    let place = |locations: &[&str]| PlaceForm {
        locations: locations.iter().map(ToString::to_string).collect(),
        ..form("SALES", "")
    };
    let wanted = |locations: &[&str]| place(locations).parse().unwrap();
    let everywhere = Place::of(Role::Sales, None, None, LocationScope::All);
    let there = Place::of(Role::Sales, None, None, LocationScope::of(vec![id]));
    assert_ne!(wanted(&[]), everywhere);
    assert_eq!(wanted(&[""]), everywhere);
    assert_eq!(wanted(&["", &id.to_string(), &id.to_string()]), there);
    let faults = place(&["here"]).parse().unwrap_err().faults;
    assert_eq!(faults[0].pointer, "/locations");
}

#[tokio::test]
async fn whoever_is_bound_gives_roles_at_their_own_locations_and_none_that_counts_everywhere() {
    let t = test_tx().await;
    let (here, there) = (LocationId::generate(), LocationId::generate());
    let at = |ids: &[LocationId]| LocationScope::of(ids.to_vec());
    let manager = Grant::own(
        Role::Admin,
        "Branch".to_owned(),
        Role::Admin.permissions(),
        None,
    );
    let giver = Actor::member(
        UserId::generate(),
        "Meera".to_owned(),
        "meera@volt.test".to_owned(),
        t.actor().tenant().clone(),
        manager.at(at(&[here])),
        None,
    );
    let sales = || Grant::built_in(Role::Sales);
    assert!(can_give(&giver, &sales().at(at(&[here]))));
    assert!(!can_give(&giver, &sales().at(at(&[here, there]))));
    assert!(!can_give(&giver, &sales()));
    assert!(can_give_role(&giver, sales()));
    assert!(!can_give_role(&giver, Grant::built_in(Role::Admin)));
    assert!(!can_give_role(&giver, Grant::built_in(Role::Dealer)));
}
