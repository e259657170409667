//! Everything that names a record of a location, asked by people who work at another one of the same distributor: to them
//! there is no such record.

use std::collections::BTreeMap;

use vitaran_core::access::{PermissionCode, Role};
use vitaran_tests::flow::Flow;
use vitaran_tests::{TestApp, test_app};

use super::ask::{Checked, ask, assert_none, check, check_same, seen};
use super::table::{Row, Who};
use super::{OWN, THEIRS, World, rows};
use crate::house::{House, Things, missing, new_text};

/// Roles that may be bound; the first stands for a role of the distributor's own that may do everything.
const BOUND: [Role; 4] = [Role::Admin, Role::Sales, Role::Warehouse, Role::Accounts];

/// What an address names that is of a location.
fn is_of_a_location(names: &str) -> bool {
    names.starts_with("order ") || names == "invoice" || names == "message"
}

/// Parameters that speak of such a thing, or of a location itself.
const PARAMETERS: [&str; 2] = ["location_id", "order_id"];

/// A dealer may be served from any location, so the form offers all of them by name.
const OFFERS_ALL: &str = "/admin/dealers/new";

impl<'a> World<'a> {
    /// People of one location, and the records of another.
    async fn of_two_locations(app: &'a TestApp) -> World<'a> {
        let theirs = House::new(app, Flow::new(app)).await;
        let own = theirs.at_another_location().await;
        let (mut browsers, mut programs) = (BTreeMap::new(), BTreeMap::new());
        for role in BOUND {
            let person = own.person(role).await;
            if role == Role::Admin {
                let codes: Vec<_> = PermissionCode::ALL.map(PermissionCode::as_str).to_vec();
                let sql = format!(
                    "INSERT INTO roles (tenant_id, id, name, base, permissions) SELECT m.tenant_id, m.id, '{}', 'ADMIN', '{{{}}}' \
                     FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{email}'; \
                     UPDATE memberships m SET role_id = m.id FROM users u WHERE u.id = m.user_id AND u.email = '{email}'",
                    new_text(),
                    codes.join(","),
                    email = person.email
                );
                app.database.execute(&sql).await;
            }
            app.bind_to(&person, own.flow.tenant.location).await;
            browsers.insert(role, app.sign_in(&person).await);
            programs.insert(role, app.api(&person).await);
        }
        World {
            rival: own.with_another_dealer().await,
            own,
            theirs,
            browsers,
            programs,
            keys: BTreeMap::new(),
            platform: app.client(),
            platform_program: app.client(),
            nobody: app.client(),
            made: BTreeMap::new(),
        }
    }

    fn bound_holders(row: &Row) -> Vec<Role> {
        let holders = row.holders();
        holders
            .into_iter()
            .filter(|role| BOUND.contains(role))
            .collect()
    }

    async fn a_record_of_another_location_is_no_record(&mut self, row: &Row) -> Checked {
        let own = self.things(OWN, row.names).await;
        let theirs = self.things(THEIRS, row.names).await;
        let nothing = missing(&theirs);
        for role in Self::bound_holders(row) {
            let client = self.client(row, role);
            let hidden = ask(client, row, &theirs).await;
            let none = ask(client, row, &nothing).await;
            let what = format!("{role:?} of elsewhere {} {}", row.method, row.address);
            check_same(&seen(&hidden, &theirs), &seen(&none, &nothing), &what)?;
            let status = match row.who {
                Who::Everybody(status) => status,
                _ => 404,
            };
            check(hidden.status == status, || {
                format!("{what}: {}", hidden.status)
            })?;
            if !row.is_write() {
                let found = ask(client, row, &own).await;
                check(found.status < 400, || {
                    format!("{role:?} of here {}: {}", row.address, found.status)
                })?;
            }
        }
        Ok(())
    }

    async fn a_sample_names_nothing_of_another_location(&mut self, row: &Row) -> Checked {
        let is_named = row.named_in_sample().contains("order");
        let Some(role) = Self::bound_holders(row)
            .first()
            .copied()
            .filter(|_| is_named)
        else {
            return Ok(());
        };
        let mut own = self.things(OWN, row.names).await;
        own.insert("new", new_text());
        let mut theirs = own.clone();
        theirs.insert(
            "order",
            self.things(THEIRS, row.names).await["order"].clone(),
        );
        let mut nothing = own.clone();
        nothing.insert("order", uuid::Uuid::now_v7().to_string());
        let client = self.client(row, role);
        let (a, b) = (
            ask(client, row, &theirs).await,
            ask(client, row, &nothing).await,
        );
        let what = format!("order of elsewhere in {} {}", row.method, row.address);
        check_same(&seen(&a, &theirs), &seen(&b, &nothing), &what)
    }

    async fn a_query_finds_nothing_of_another_location(&mut self, row: &Row) -> Checked {
        let is_about_now = row.address == "/live" || row.address.ends_with("/health");
        if row.method != "GET" || !row.names.is_empty() || is_about_now || row.address == OFFERS_ALL
        {
            return Ok(());
        }
        let things = self.things(THEIRS, "").await;
        let location = self.theirs.flow.tenant.location.to_string();
        for role in Self::bound_holders(row) {
            for parameter in PARAMETERS {
                if !row.is_page()
                    && !super::queries::documented(row)
                        .iter()
                        .any(|one| one == parameter)
                {
                    continue;
                }
                let (word, id) = match parameter {
                    "location_id" => ("location", location.clone()),
                    _ => ("order", things["order"].clone()),
                };
                let theirs = BTreeMap::from([(word, id)]);
                let none = Things::new();
                self.ask_both(row, role, parameter, (&none, &theirs))
                    .await?;
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_of_another_location_is_as_missing_as_nothing() {
    let app = test_app().await;
    let mut world = World::of_two_locations(&app).await;
    let named: Vec<Row> = rows()
        .into_iter()
        .filter(|row| is_of_a_location(row.names))
        .collect();
    assert!(
        named.len() > 40,
        "only {} rows name such a thing",
        named.len()
    );
    for row in &rows() {
        for house in [OWN, THEIRS] {
            if is_of_a_location(row.names) || row.names.is_empty() {
                world.things(house, row.names).await;
            }
        }
    }
    let before = app.database.picture().await;
    let mut findings = Vec::new();
    for row in &named {
        findings.extend(
            world
                .a_record_of_another_location_is_no_record(row)
                .await
                .err(),
        );
    }
    for row in &rows() {
        if !row.names.is_empty() {
            continue;
        }
        findings.extend(
            world
                .a_query_finds_nothing_of_another_location(row)
                .await
                .err(),
        );
        findings.extend(
            world
                .a_sample_names_nothing_of_another_location(row)
                .await
                .err(),
        );
    }
    assert_none(&findings);
    let changed = app.database.picture().await.changed_since(&before);
    assert!(changed.is_empty(), "refused requests changed {changed:?}");
}
