//! Webhook endpoints: changing, switching, trying out and replaying. Making one shows a secret, which is no face's like.

use serde_json::json;
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::switches::{Known, press};

const COLUMNS: (&str, &str) = (
    "webhook_endpoints",
    "url, description, events, created_at, created_by",
);

fn change(id: &str, url: &str, version: i32) -> Ask {
    let fields = [
        ("url", url),
        ("description", "Tally"),
        ("events", "order.placed"),
        ("events", "invoice.issued"),
    ];
    Ask::by(Role::Admin)
        .page(format!("/admin/webhooks/{id}/edit"), &fields)
        .put(
            format!("/api/v1/webhook_endpoints/{id}"),
            json!({"url": url, "description": "Tally", "events": ["order.placed", "invoice.issued"]}),
        )
        .on_version(version)
}

fn verb(id: &str, verb: &str, version: i32) -> Ask {
    let (page, api) = (
        format!("/admin/webhooks/{id}"),
        format!("/api/v1/webhook_endpoints/{id}"),
    );
    press(Role::Admin, &page, &api, verb, version)
}

fn replay(id: &str, hours: u16) -> Ask {
    Ask::by(Role::Admin)
        .page(
            format!("/admin/webhooks/{id}/replay"),
            &[("hours", &hours.to_string())],
        )
        .post(
            format!("/api/v1/webhook_endpoints/{id}/replay"),
            json!({ "hours": hours }),
        )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_endpoints_are_kept_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let endpoint = Known::inserted(&mut faces, COLUMNS, |_| {
        "'https://erp.example.in/old', '', ARRAY['order.placed'], now(), 'Asha'".to_owned()
    })
    .await;
    let changed = |house: &House| change(endpoint.of(house), "https://erp.example.in/new", 1);
    faces
        .assert_same_refusal("an inner address", (422, "input.invalid"), |house| {
            change(endpoint.of(house), "https://10.0.0.1/", 1)
        })
        .await;
    faces.assert_same_outcome("changing it", changed).await;
    faces
        .assert_same_refusal(
            "changing it on a stale version",
            (412, "webhooks.endpoint_stale"),
            changed,
        )
        .await;
    let with = |word: &'static str, version| {
        let endpoint = &endpoint;
        move |house: &House| verb(endpoint.of(house), word, version)
    };
    faces.assert_same_outcome("a test", with("ping", 2)).await;
    faces
        .assert_same_outcome("replaying a day", |house| replay(endpoint.of(house), 24))
        .await;
    faces
        .assert_same_refusal("replaying too far back", (422, "input.invalid"), |house| {
            replay(endpoint.of(house), 721)
        })
        .await;
    faces
        .assert_same_outcome("switching it off", with("deactivation", 2))
        .await;
    faces
        .assert_same_refusal(
            "a test while it is off",
            (409, "webhooks.endpoint_disabled"),
            with("ping", 3),
        )
        .await;
    faces
        .assert_same_outcome("switching it on", with("activation", 3))
        .await;
}
