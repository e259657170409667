//! Price lists, and records that are switched off and on.

use serde_json::{Value, json};
use vitaran_core::access::Role;

use super::fixture::{Ask, Face, Faces, House};
use super::key;

/// A record of each house, under each house's own id.
pub(super) struct Known(Vec<(Face, String)>);

impl Known {
    pub(super) fn of(&self, house: &House) -> &str {
        let own = self.0.iter().find(|(face, _)| *face == house.face);
        &own.expect("a record in every house").1
    }

    /// Those that stand in the database already; `which` says what follows `SELECT id FROM`.
    pub(super) async fn found(faces: &Faces, which: impl Fn(&House) -> String) -> Known {
        let mut all = Vec::new();
        for house in &faces.houses {
            let sql = format!("SELECT id FROM {}", which(house));
            all.push((house.face, faces.app.database.id(&sql).await.to_string()));
        }
        Known(all)
    }

    /// One more row of a table in every house.
    pub(super) async fn inserted(
        faces: &mut Faces,
        (table, columns): (&str, &str),
        values: impl Fn(&House) -> String,
    ) -> Known {
        let mut all = Vec::new();
        for house in &faces.houses {
            let (id, tenant) = (uuid::Uuid::now_v7(), house.flow.tenant.tenant.id);
            let values = values(house);
            let sql = format!(
                "INSERT INTO {table} (tenant_id, id, {columns}) VALUES ('{tenant}', '{id}', {values})"
            );
            faces.app.database.execute(&sql).await;
            all.push((house.face, id.to_string()));
        }
        faces.settle(&format!("after a row of {table}")).await;
        Known(all)
    }
}

/// A verb without words, asked for by a button that has no room for a refusal.
pub(super) fn press(role: Role, page: &str, api: &str, verb: &str, version: i32) -> Ask {
    Ask::by(role)
        .page(format!("{page}/{verb}"), &[])
        .boosted()
        .leads_back()
        .post(format!("{api}/{verb}"), Value::Null)
        .on_version(version)
}

fn list_verb(id: &str, verb: &str, version: i32) -> Ask {
    let (page, api) = (
        format!("/admin/price-lists/{id}"),
        format!("/api/v1/price_lists/{id}"),
    );
    press(Role::Admin, &page, &api, verb, version)
}

fn add_list(_: &House) -> Ask {
    Ask::by(Role::Admin)
        .page(
            "/admin/price-lists/new",
            &[("name", "Gold"), ("idempotency_key", &key())],
        )
        .post("/api/v1/price_lists", json!({"name": "Gold"}))
}

fn rename_list(id: &str, name: &str, version: i32) -> Ask {
    Ask::by(Role::Admin)
        .page(format!("/admin/price-lists/{id}/edit"), &[("name", name)])
        .put(format!("/api/v1/price_lists/{id}"), json!({"name": name}))
        .on_version(version)
}

const INVALID: (u16, &str) = (422, "input.invalid");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn price_lists_are_kept_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces.assert_same_outcome("adding a list", add_list).await;
    faces
        .assert_same_refusal("second list of a name", INVALID, add_list)
        .await;
    let gold = Known::found(&faces, |house| {
        let tenant = house.flow.tenant.tenant.id;
        format!("price_lists WHERE tenant_id = '{tenant}' AND name = 'Gold'")
    })
    .await;
    let rename = |house: &House| rename_list(gold.of(house), "Silver", 1);
    faces.assert_same_outcome("renaming a list", rename).await;
    faces
        .assert_same_refusal(
            "renaming on a stale version",
            (412, "pricing.list_stale"),
            rename,
        )
        .await;

    let verb = |verb, version| {
        let gold = &gold;
        move |house: &House| list_verb(gold.of(house), verb, version)
    };
    faces
        .assert_same_outcome("switching a list off", verb("deactivation", 2))
        .await;
    faces
        .assert_same_refusal(
            "list that is off as the default",
            INVALID,
            verb("default", 3),
        )
        .await;
    faces
        .assert_same_outcome("switching a list on", verb("activation", 3))
        .await;
    faces
        .assert_same_outcome("making a list the default", verb("default", 4))
        .await;
    faces
        .assert_same_refusal(
            "switching the default list off",
            INVALID,
            verb("deactivation", 5),
        )
        .await;
    faces
        .assert_same_refusal(
            "switching a list on a stale version",
            (412, "pricing.list_stale"),
            verb("deactivation", 4),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_and_categories_are_switched_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let switch = |kind: &str, id: &str, verb: &str, version: i32| {
        let (page, api) = (
            format!("/admin/{kind}/{id}"),
            format!("/api/v1/{kind}/{id}"),
        );
        press(Role::Admin, &page, &api, verb, version)
    };
    let product = |verb, version| {
        move |house: &House| switch("products", &house.lamp.to_string(), verb, version)
    };
    faces
        .assert_same_outcome("switching a product off", product("deactivation", 1))
        .await;
    faces
        .assert_same_refusal(
            "switching a product on a stale version",
            (412, "catalog.product_stale"),
            product("activation", 1),
        )
        .await;
    faces
        .assert_same_outcome("switching a product on", product("activation", 2))
        .await;

    let holding = |house: &House| switch("categories", &house.category, "deactivation", 1);
    faces
        .assert_same_refusal("switching a category of products off", INVALID, holding)
        .await;
    let columns = ("categories", "name, path, depth");
    let empty = Known::inserted(&mut faces, columns, |_| "'Old', 'Old', 1".to_owned()).await;
    let category = |verb, version| {
        let empty = &empty;
        move |house: &House| switch("categories", empty.of(house), verb, version)
    };
    faces
        .assert_same_outcome("switching a category off", category("deactivation", 1))
        .await;
    faces
        .assert_same_outcome("switching a category on", category("activation", 2))
        .await;
}

/// A dealer's, by what follows the dealer in the address.
fn switch_of_dealer(house: &House, part: &str, verb: &str, version: i32) -> Ask {
    let dealer = house.buyer.dealer;
    let (page, api) = (
        format!("/admin/dealers/{dealer}{part}"),
        format!("/api/v1/dealers/{dealer}{part}"),
    );
    press(Role::Sales, &page, &api, verb, version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dealers_addresses_and_people_are_switched_alike_on_every_face() {
    let mut faces = Faces::new().await;
    let dealer = |verb, version| move |house: &House| switch_of_dealer(house, "", verb, version);
    faces
        .assert_same_outcome("switching a dealer off", dealer("deactivation", 1))
        .await;
    faces
        .assert_same_refusal(
            "switching a dealer on a stale version",
            (412, "dealers.stale"),
            dealer("activation", 1),
        )
        .await;
    faces
        .assert_same_outcome("switching a dealer on", dealer("activation", 2))
        .await;

    let columns = "dealer_id, label, line1, city, state_code, pincode";
    let godown = Known::inserted(&mut faces, ("dealer_addresses", columns), |house| {
        let dealer = house.buyer.dealer;
        format!("'{dealer}', 'Godown', '1 Road', 'Mumbai', '27', '400001'")
    })
    .await;
    let address = |verb, version| {
        let godown = &godown;
        move |house: &House| {
            let part = format!("/addresses/{}", godown.of(house));
            switch_of_dealer(house, &part, verb, version)
        }
    };
    faces
        .assert_same_outcome("switching an address off", address("deactivation", 3))
        .await;
    faces
        .assert_same_outcome("switching an address on", address("activation", 4))
        .await;
    let billing = |house: &House| {
        let part = format!("/addresses/{}", house.buyer.ship_to);
        switch_of_dealer(house, &part, "deactivation", 5)
    };
    faces
        .assert_same_refusal("switching the billing address off", INVALID, billing)
        .await;

    let columns = ("dealer_contacts", "dealer_id, name, language");
    let sunita = Known::inserted(&mut faces, columns, |house| {
        format!("'{}', 'Sunita', 'en'", house.buyer.dealer)
    })
    .await;
    let contact = |verb, version| {
        let sunita = &sunita;
        move |house: &House| {
            let part = format!("/contacts/{}", sunita.of(house));
            switch_of_dealer(house, &part, verb, version)
        }
    };
    faces
        .assert_same_outcome("switching a person off", contact("deactivation", 5))
        .await;
    faces
        .assert_same_outcome("switching a person on", contact("activation", 6))
        .await;
}
