//! People who get another role, are switched off and on, and let go.

use serde_json::{Value, json};
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::switches::{Known, press};

const INVALID: (u16, &str) = (422, "input.invalid");

fn give(id: &str, role: &str, version: i32) -> Ask {
    Ask::by(Role::Admin)
        .page(
            format!("/admin/members/{id}"),
            &[("role", role), ("dealer", "")],
        )
        .put(format!("/api/v1/members/{id}"), json!({"role": role}))
        .on_version(version)
}

fn switch(id: &str, verb: &str, version: i32) -> Ask {
    let (page, api) = (
        format!("/admin/members/{id}"),
        format!("/api/v1/members/{id}"),
    );
    press(Role::Admin, &page, &api, verb, version)
}

fn remove(id: &str, version: i32) -> Ask {
    Ask::by(Role::Admin)
        .page(format!("/admin/members/{id}/removal"), &[])
        .boosted()
        .leads_back()
        .delete(format!("/api/v1/members/{id}"), Value::Null)
        .on_version(version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_changed_alike_on_every_face() {
    let mut faces = Faces::new().await;
    for house in &faces.houses {
        let tenant = &house.flow.tenant;
        let email = format!("meera@{}.test", tenant.tenant.slug);
        faces
            .app
            .make_member(tenant, &email, Role::Sales, None)
            .await;
    }
    faces.settle("after Meera came").await;
    let meera = Known::found(&faces, |house| {
        let tenant = house.flow.tenant.tenant.id;
        format!("memberships WHERE tenant_id = '{tenant}' AND role = 'SALES'")
    })
    .await;
    let to_warehouse = |house: &House| give(meera.of(house), "WAREHOUSE", 1);
    faces
        .assert_same_outcome("giving another role", to_warehouse)
        .await;
    faces
        .assert_same_refusal(
            "a role given on a stale version",
            (412, "members.stale"),
            to_warehouse,
        )
        .await;
    let without_dealer = |house: &House| give(meera.of(house), "DEALER", 2);
    faces
        .assert_same_refusal("a dealer's role without a dealer", INVALID, without_dealer)
        .await;
    let switching = |verb, version| {
        let meera = &meera;
        move |house: &House| switch(meera.of(house), verb, version)
    };
    faces
        .assert_same_outcome("switching somebody off", switching("deactivation", 2))
        .await;
    faces
        .assert_same_refusal(
            "switching on of a stale version",
            (412, "members.stale"),
            switching("activation", 2),
        )
        .await;
    faces
        .assert_same_outcome("switching somebody on", switching("activation", 3))
        .await;
    faces
        .assert_same_outcome("letting somebody go", |house| remove(meera.of(house), 4))
        .await;
}
