//! People who are invited.

use serde_json::{Value, json};
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::key;
use super::switches::{Known, press};

const INVALID: (u16, &str) = (422, "input.invalid");

fn invite(email: &str) -> Ask {
    let fields = [
        ("email", email),
        ("role", "SALES"),
        ("dealer", ""),
        ("delivery", "MAIL"),
        ("idempotency_key", &key()),
    ];
    Ask::by(Role::Admin)
        .page("/admin/invitations/new", &fields)
        .post(
            "/api/v1/invitations",
            json!({"email": email, "role": "SALES"}),
        )
}

fn send_again(id: &str, version: i32) -> Ask {
    let fields = [("delivery", "MAIL"), ("idempotency_key", &key())];
    Ask::by(Role::Admin)
        .page(format!("/admin/invitations/{id}/sending"), &fields)
        .post(format!("/api/v1/invitations/{id}/sending"), Value::Null)
        .on_version(version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_invited_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let asha = |_: &House| invite("asha@outside.test");
    faces.assert_same_outcome("inviting somebody", asha).await;
    faces
        .assert_same_refusal("inviting somebody twice", INVALID, asha)
        .await;
    let invitation = Known::found(&faces, |house| {
        let tenant = house.flow.tenant.tenant.id;
        format!("invitations WHERE tenant_id = '{tenant}'")
    })
    .await;
    let sending = |house: &House| send_again(invitation.of(house), 1);
    faces.assert_same_outcome("sending it again", sending).await;
    faces
        .assert_same_refusal(
            "sending on a stale version",
            (412, "invitations.stale"),
            sending,
        )
        .await;
    let revoking = |house: &House| {
        let id = invitation.of(house);
        let (page, api) = (
            format!("/admin/invitations/{id}"),
            format!("/api/v1/invitations/{id}"),
        );
        press(Role::Admin, &page, &api, "revocation", 2)
    };
    faces
        .assert_same_outcome("revoking an invitation", revoking)
        .await;
}
