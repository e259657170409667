//! Which roles must have a second factor.

use serde_json::json;
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};

fn ask_of_sales(version: i32) -> Ask {
    Ask::by(Role::Admin)
        .page("/admin/second-factor", &[("roles", "SALES")])
        .boosted()
        .put(
            "/api/v1/second-factor-rules",
            json!({"roles": ["SALES"], "role_ids": []}),
        )
        .on_version(version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_asked_of_roles_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let asked = |_: &House| ask_of_sales(1);
    faces
        .assert_same_outcome("asking it of a role", asked)
        .await;
    let stale = (412, "second_factor_rules.stale");
    faces
        .assert_same_refusal("asking on a stale version", stale, asked)
        .await;
}
