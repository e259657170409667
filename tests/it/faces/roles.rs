//! Roles that a distributor makes for itself.

use serde_json::json;
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::key;
use super::switches::Known;

const INVALID: (u16, &str) = (422, "input.invalid");

fn add(_: &House) -> Ask {
    let codes = ["sales.orders.read", "sales.orders.approve"];
    let mut fields = vec![
        ("name", "Approvers"),
        ("base", "SALES"),
        ("approval_limit", "50000"),
    ];
    fields.extend(codes.map(|code| ("permissions", code)));
    let key = key();
    fields.push(("idempotency_key", &key));
    Ask::by(Role::Admin)
        .page("/admin/roles", &fields)
        .into("form#role-form")
        .post(
            "/api/v1/roles",
            json!({"name": "Approvers", "base": "SALES", "approval_limit": "50000", "permissions": codes}),
        )
}

fn change(id: &str, version: i32) -> Ask {
    let fields = [
        ("name", "Day approvers"),
        ("base", "SALES"),
        ("permissions", "sales.orders.read"),
    ];
    Ask::by(Role::Admin)
        .page(format!("/admin/roles/{id}"), &fields)
        .into("form#role-form")
        .put(
            format!("/api/v1/roles/{id}"),
            json!({"name": "Day approvers", "base": "SALES", "permissions": ["sales.orders.read"]}),
        )
        .on_version(version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_made_and_changed_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces.assert_same_outcome("adding a role", add).await;
    faces
        .assert_same_refusal("a second role of a name", INVALID, add)
        .await;
    let role = Known::found(&faces, |house| {
        let tenant = house.flow.tenant.tenant.id;
        format!("roles WHERE tenant_id = '{tenant}'")
    })
    .await;
    let changed = |house: &House| change(role.of(house), 1);
    faces.assert_same_outcome("changing a role", changed).await;
    faces
        .assert_same_refusal("changing on a stale version", (412, "roles.stale"), changed)
        .await;
}
