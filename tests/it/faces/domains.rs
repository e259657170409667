//! Domains of a distributor's own.

use serde_json::{Value, json};
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::key;
use super::switches::{Known, press};

const INVALID: (u16, &str) = (422, "input.invalid");

fn add(name: &str) -> Ask {
    let fields = [("name", name), ("idempotency_key", &key())];
    Ask::by(Role::Admin)
        .page("/admin/domains/new", &fields)
        .post("/api/v1/domains", json!({ "name": name }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn domains_are_kept_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let orders = |_: &House| add("orders.example.in");
    faces.assert_same_outcome("adding a domain", orders).await;
    faces
        .assert_same_refusal("adding it twice", INVALID, orders)
        .await;
    faces
        .assert_same_refusal("a name that is none", INVALID, |_: &House| add("example"))
        .await;
    let domain = Known::found(&faces, |house| {
        let tenant = house.flow.tenant.tenant.id;
        format!("tenant_domains WHERE tenant_id = '{tenant}'")
    })
    .await;
    let verb = |verb: &'static str, version| {
        let domain = &domain;
        move |house: &House| {
            let id = domain.of(house);
            let (page, api) = (
                format!("/admin/domains/{id}"),
                format!("/api/v1/domains/{id}"),
            );
            press(Role::Admin, &page, &api, verb, version)
        }
    };
    faces
        .assert_same_refusal(
            "a primary that is not verified",
            INVALID,
            verb("primary", 1),
        )
        .await;
    let remove = |house: &House| {
        let id = domain.of(house);
        Ask::by(Role::Admin)
            .page(format!("/admin/domains/{id}/removal"), &[])
            .leads_back()
            .delete(format!("/api/v1/domains/{id}"), Value::Null)
            .on_version(1)
    };
    faces.assert_same_outcome("removing a domain", remove).await;
    let shop = Known::inserted(
        &mut faces,
        (
            "tenant_domains",
            "name, proof, status, verified_at, check_due_at, asked_at, created_at, created_by",
        ),
        |house| {
            // A verified name is one tenant's.
            let name = format!("{}.example.in", house.flow.tenant.tenant.id);
            format!("'{name}', md5('x'), 'VERIFIED', now(), now(), now(), now(), 'Asha'")
        },
    )
    .await;
    let primary = |house: &House| {
        let id = shop.of(house);
        let (page, api) = (
            format!("/admin/domains/{id}"),
            format!("/api/v1/domains/{id}"),
        );
        press(Role::Admin, &page, &api, "primary", 1)
    };
    faces
        .assert_same_outcome("making a domain primary", primary)
        .await;
}
