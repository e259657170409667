//! What the platform does to a distributor.

use serde_json::{Value, json};

use super::fixture::{Ask, Faces, House};

fn page(house: &House, noun: &str) -> String {
    format!("/super/tenants/{}/{noun}", house.flow.tenant.tenant.slug)
}

fn api(house: &House) -> String {
    format!("/api/v1/platform/tenants/{}", house.flow.tenant.tenant.id)
}

fn rename(house: &House, name: &str, version: i32) -> Ask {
    Ask::by_platform()
        .page(page(house, "name"), &[("name", name)])
        .boosted()
        .put(api(house), json!({ "name": name }))
        .on_version(version)
}

fn switch(house: &House, on: &[&str], version: i32) -> Ask {
    let fields: Vec<_> = on.iter().map(|module| ("on", *module)).collect();
    Ask::by_platform()
        .page(page(house, "modules"), &fields)
        .boosted()
        .put(format!("{}/modules", api(house)), json!({ "on": on }))
        .on_version(version)
}

fn suspend(house: &House, reason: &str) -> Ask {
    Ask::by_platform()
        .page(page(house, "suspension"), &[("reason", reason)])
        .boosted()
        .leads_back()
        .post(
            format!("{}/suspension", api(house)),
            json!({ "reason": reason }),
        )
}

fn restore(house: &House) -> Ask {
    Ask::by_platform()
        .page(page(house, "restoration"), &[])
        .boosted()
        .leads_back()
        .post(format!("{}/restoration", api(house)), Value::Null)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_register_is_changed_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces
        .assert_same_outcome("renaming", |house| rename(house, "Sons & Co", 1))
        .await;
    let stale = |house: &House| rename(house, "Daughters & Co", 1);
    faces
        .assert_same_refusal("renaming a stale version", (412, "tenants.stale"), stale)
        .await;
    let nameless = |house: &House| rename(house, " ", 2);
    faces
        .assert_same_refusal("renaming to nothing", (422, "input.invalid"), nameless)
        .await;
    faces
        .assert_same_outcome("switching a module off", |house| {
            switch(house, &["INVENTORY"], 2)
        })
        .await;
    let alone = |house: &House| switch(house, &["DISTRIBUTION"], 3);
    let refusal = (422, "tenants.module_needs_another");
    faces
        .assert_same_refusal("a module without what it needs", refusal, alone)
        .await;
    faces
        .assert_same_outcome("suspending", |house| suspend(house, "Unpaid since May"))
        .await;
    let again = |house: &House| suspend(house, "Again");
    faces
        .assert_same_refusal("a second suspension", (409, "tenants.suspended"), again)
        .await;
    faces.assert_same_outcome("restoring", restore).await;
    faces
        .assert_same_refusal("a second restoration", (409, "tenants.open"), restore)
        .await;
}
