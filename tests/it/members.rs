//! Who works at a distributor, and as what: lists, roles given, people switched off and let go.

use futures_util::future::join_all;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::{Answer, Client, Person, TestApp, test_app};

use crate::live::read_until;

/// The membership of a person, as the API knows it.
async fn member(app: &TestApp, person: &Person) -> String {
    let sql = format!(
        "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{}' AND m.tenant_id = '{}'",
        person.email, app.tenant.tenant.id
    );
    app.database.id(&sql).await.to_string()
}

async fn give(client: &Client, id: &str, version: i32, place: &Value) -> Answer {
    let versioned = client.with("if-match", &format!("\"v{version}\""));
    versioned
        .put_json(&format!("/api/v1/members/{id}"), place)
        .await
}

async fn verb(client: &Client, id: &str, verb: &str) -> Answer {
    let path = format!("/api/v1/members/{id}/{verb}");
    client.post_json(&path, &Value::Null).await
}

/// What is wrong with an answer that was refused.
fn fault(answer: &Answer) -> (u16, String, String) {
    let first = &answer.json()["errors"][0];
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("pointer"), text("code"))
}

/// A program of somebody whose role is the distributor's own.
async fn lead(app: &TestApp, admin: &Client, codes: &[&str]) -> Client {
    let body = json!({ "name": "Team lead", "base": "SALES", "permissions": codes });
    let keyed = admin.with("idempotency-key", "lead");
    let role = keyed.post_json("/api/v1/roles", &body).await.json()["id"].clone();
    let person = app.person(Role::Sales).await;
    let id = member(app, &person).await;
    let given = give(admin, &id, 1, &json!({ "role": role })).await;
    assert_eq!(given.status, 200, "{}", given.body);
    app.api(&person).await
}

#[tokio::test]
async fn the_list_is_searched_and_filtered_and_says_role_dealer_and_sign_in() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let (sales, dealer) = (
        app.person(Role::Sales).await,
        app.person(Role::Dealer).await,
    );
    app.sign_in(&dealer).await;
    let page = admin.get("/admin/members").await;
    assert_eq!(page.status, 200);
    for part in [
        &sales.email,
        &dealer.email,
        "Asha Admin",
        "Not signed in",
        "Last seen",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let names = async |query: &str| {
        let page = admin.get(&format!("/admin/members?{query}")).await;
        let known = [&sales.email, &dealer.email, "admin@volt.test"];
        known.map(|email| page.body.contains(email))
    };
    assert_eq!(names("role=SALES").await, [true, false, false]);
    assert_eq!(names("q=ash%20adm").await, [false, false, true]);
    assert_eq!(names("q=sha").await, [false; 3], "words begin with it");
    assert_eq!(names("status=inactive").await, [false; 3]);
    let program = app.api_as(Role::Admin).await;
    let found = program.get("/api/v1/members?role=DEALER").await.json();
    assert_eq!(
        found["data"][0]["dealer"]["id"],
        json!(dealer.dealer),
        "{found}"
    );
    assert_eq!(found["data"][0]["sessions"], 1);
    let unknown = program.get("/api/v1/members?role=KING").await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn pages_of_the_list_follow_each_other_without_a_gap() {
    let app = test_app().await;
    for _ in 0..4 {
        app.person(Role::Sales).await;
    }
    let admin = app.api_as(Role::Admin).await;
    let whole = admin.get("/api/v1/members").await.json();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/members?limit=2".to_owned());
    loop {
        let page = admin.get(&path).await.json();
        seen.extend(page["data"].as_array().expect("rows").clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/members?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(json!(seen), whole["data"]);
}

#[tokio::test]
async fn another_role_counts_from_the_next_request_and_is_written_down() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    let (browser, id) = (app.sign_in(&person).await, member(&app, &person).await);
    assert_eq!(browser.get("/admin/dealers").await.status, 200);
    let given = give(&admin, &id, 1, &json!({ "role": "WAREHOUSE" })).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(given.version(), Some(2));
    assert_eq!(browser.get("/admin/dealers").await.status, 403);
    assert_eq!(browser.get("/admin/warehouse").await.status, 200);
    let stale = give(&admin, &id, 1, &json!({ "role": "SALES" })).await;
    assert_eq!(
        (stale.status, stale.code().as_str()),
        (412, "members.stale")
    );
    let told = "SELECT concat_ws(' ', action, detail->'before'->>'role', detail->'after'->>'role') AS text FROM audit_log WHERE object_kind = 'member'";
    assert_eq!(
        app.database.text(told).await,
        "members.change_role Sales Warehouse"
    );
    let trail = "SELECT concat_ws(' ', op, before->>'role', after->>'role') AS text FROM audit_trail WHERE table_name = 'memberships' AND op = 'UPDATE'";
    assert_eq!(app.database.text(trail).await, "UPDATE SALES WAREHOUSE");
}

#[tokio::test]
async fn a_dealers_person_has_a_dealer_and_nobody_else_and_changing_sides_signs_out() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let dealer = app.dealer().await;
    let person = app.person(Role::Sales).await;
    let (browser, id) = (app.sign_in(&person).await, member(&app, &person).await);
    for (place, wanted) in [
        (json!({"role": "DEALER"}), ("/dealer", "required")),
        (
            json!({"role": "DEALER", "dealer": "NOBODY"}),
            ("/dealer", "unknown"),
        ),
        (
            json!({"role": "SALES", "dealer": dealer}),
            ("/dealer", "members.dealer_mismatch"),
        ),
        (json!({"role": "KING"}), ("/role", "invalid")),
        (json!({"role": dealer}), ("/role", "unknown")),
    ] {
        let refused = give(&admin, &id, 1, &place).await;
        let (pointer, code) = wanted;
        assert_eq!(fault(&refused), (422, pointer.to_owned(), code.to_owned()));
    }
    assert_eq!(browser.get("/admin/orders").await.status, 200);
    let place = json!({"role": "DEALER", "dealer": dealer});
    let given = give(&admin, &id, 1, &place).await;
    assert_eq!(
        given.json()["dealer"]["id"],
        json!(dealer),
        "{}",
        given.body
    );
    assert_eq!(browser.get("/portal").await.status, 303, "signed out");
    assert_eq!(app.sign_in(&person).await.get("/portal").await.status, 200);
}

#[tokio::test]
async fn nobody_gives_more_than_they_hold_or_changes_somebody_who_holds_more() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let codes = [
        "platform.users.read",
        "platform.users.write",
        "sales.orders.read",
    ];
    let lead = lead(&app, &admin, &codes).await;
    let (clerk, boss) = (app.person(Role::Sales).await, app.person(Role::Admin).await);
    let (clerk, boss) = (member(&app, &clerk).await, member(&app, &boss).await);
    let above = (422, String::new(), "members.above_you".to_owned());
    assert_eq!(fault(&verb(&lead, &boss, "deactivation").await), above);
    let path = format!("/api/v1/members/{boss}");
    let removal = lead.request(reqwest::Method::DELETE, &path);
    assert_eq!(fault(&lead.send(removal).await), above);

    // Somebody who may do no more than the lead.
    let readers =
        json!({ "name": "Readers", "base": "SALES", "permissions": ["sales.orders.read"] });
    let keyed = admin.with("idempotency-key", "readers");
    let readers = keyed.post_json("/api/v1/roles", &readers).await.json()["id"].clone();
    assert_eq!(
        give(&admin, &clerk, 1, &json!({"role": readers}))
            .await
            .status,
        200
    );
    let beyond = (422, "/role".to_owned(), "roles.beyond_yours".to_owned());
    for role in ["ADMIN", "SALES"] {
        let refused = give(&lead, &clerk, 2, &json!({ "role": role })).await;
        assert_eq!(fault(&refused), beyond, "{role}");
    }
    assert_eq!(verb(&lead, &clerk, "deactivation").await.status, 200);
}

#[tokio::test]
async fn nobody_changes_themselves() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let (admin, id) = (app.api(&person).await, member(&app, &person).await);
    let yourself = (422, String::new(), "members.yourself".to_owned());
    let refused = give(&admin, &id, 1, &json!({"role": "SALES"})).await;
    assert_eq!(fault(&refused), yourself);
    assert_eq!(fault(&verb(&admin, &id, "deactivation").await), yourself);
    let browser = app.sign_in(&person).await;
    let page = browser.get(&format!("/admin/members/{id}")).await;
    assert!(!page.body.contains("/removal"), "{}", page.body);
}

#[tokio::test]
async fn whoever_is_switched_off_is_signed_out_here_at_once_and_works_on_elsewhere() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Admin).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    let (here, elsewhere) = (app.client(), app.client());
    for (client, tenant) in [(&here, "volt"), (&elsewhere, "ampere")] {
        let form = [
            ("email", person.email.as_str()),
            ("password", &person.password),
        ];
        assert_eq!(client.post_form("/login", &form).await.status, 303);
        let to = [("tenant", tenant)];
        assert_eq!(client.post_form("/switch-tenant", &to).await.status, 303);
    }
    let login = json!({"email": person.email, "password": person.password, "tenant": "volt"});
    let signed_in = app
        .client()
        .post_json("/api/v1/auth/login", &login)
        .await
        .json();
    let program = app
        .client()
        .bearer(signed_in["access_token"].as_str().unwrap());
    let wanted = json!({ "name": "Tally", "scopes": ["sales.orders.read"] });
    let keyed = program.with("idempotency-key", "key");
    let made = keyed.post_json("/api/v1/api_keys", &wanted).await.json();
    let tally = app.client().bearer(made["secret"].as_str().unwrap());
    assert_eq!(tally.get("/api/v1/orders").await.status, 200);

    let (admin, id) = (
        app.sign_in_as(Role::Admin).await,
        member(&app, &person).await,
    );
    let mut stream = here.open("/live").await;
    read_until(&mut stream, "retry").await;
    let path = format!("/admin/members/{id}/deactivation");
    assert_eq!(admin.get(&path).await.status, 200, "it asks first");
    let done = admin.post_form(&path, &[("version", "1")]).await;
    assert_eq!(
        done.location(),
        format!("/admin/members/{id}"),
        "{}",
        done.body
    );
    read_until(&mut stream, "event: signed-out").await;
    assert_eq!(here.get("/admin").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
    assert_eq!(elsewhere.get("/admin/orders").await.status, 200);

    let path = format!("/admin/members/{id}/activation");
    let done = admin.post_form(&path, &[("version", "2")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(
        here.get("/admin").await.status,
        303,
        "what ended stays ended"
    );
    assert_eq!(
        tally.get("/api/v1/orders").await.status,
        200,
        "a key is no session"
    );
}

#[tokio::test]
async fn whoever_is_removed_is_found_no_more_and_their_keys_are_over_for_good() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let (program, id) = (app.api(&person).await, member(&app, &person).await);
    let wanted = json!({ "name": "Tally", "scopes": ["sales.orders.read"] });
    let keyed = program.with("idempotency-key", "key");
    let made = keyed.post_json("/api/v1/api_keys", &wanted).await.json();
    let tally = app.client().bearer(made["secret"].as_str().unwrap());
    let admin = app.api_as(Role::Admin).await;
    let path = format!("/api/v1/members/{id}");
    let removal = || admin.request(reqwest::Method::DELETE, &path);
    assert_eq!(admin.send(removal()).await.status, 200);
    for client in [&program, &tally] {
        assert_eq!(client.get("/api/v1/orders").await.status, 401);
    }
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(admin.send(removal()).await.status, 404);
    let listed = admin.get("/api/v1/members?status=all").await.body;
    assert!(!listed.contains(&person.email), "{listed}");
    let keys = admin.get("/api/v1/api_keys").await.json();
    assert_eq!(keys["data"][0]["status"], "REVOKED");

    // Made a member anew, they are as new, and the old key stays over.
    app.make_member(&app.tenant, &person.email, Role::Sales, None)
        .await;
    let back = app.api(&person).await.get("/api/v1/me").await.json();
    assert_eq!(back["role"], "SALES");
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_who_take_each_others_role_at_once_leave_one() {
    let app = test_app().await;
    let tenant = app.tenant.tenant.id;
    let administrators = format!(
        "SELECT count(*) FROM memberships WHERE tenant_id = '{tenant}' AND role = 'ADMIN' AND is_active"
    );
    for round in 0..8 {
        let people = [app.person(Role::Admin).await, app.person(Role::Admin).await];
        let ids = [
            member(&app, &people[0]).await,
            member(&app, &people[1]).await,
        ];
        let clients = [app.api(&people[0]).await, app.api(&people[1]).await];
        // They are the only two.
        let others = format!(
            "UPDATE memberships SET role = 'SALES' WHERE tenant_id = '{tenant}' AND role = 'ADMIN' AND id NOT IN ('{}', '{}')",
            ids[0], ids[1]
        );
        app.database.execute(&others).await;
        assert_eq!(app.database.count(&administrators).await, 2);
        let act = async |by: usize, on: usize| match round % 3 {
            0 => give(&clients[by], &ids[on], 1, &json!({"role": "SALES"})).await,
            1 => verb(&clients[by], &ids[on], "deactivation").await,
            _ => {
                let path = format!("/api/v1/members/{}", ids[on]);
                let removal = clients[by].request(reqwest::Method::DELETE, &path);
                clients[by].send(removal).await
            }
        };
        let answers = join_all([act(0, 1), act(1, 0)]).await;
        assert_eq!(
            app.database.count(&administrators).await,
            1,
            "round {round}"
        );
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "round {round}");
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            // Unless the other was through before it was even asked who asks.
            let was_late = matches!(refused.status, 401 | 403);
            let said = || fault(refused).2 == "members.last_administrator";
            assert!(was_late || said(), "{}", refused.body);
        }
    }
}

#[tokio::test]
async fn the_database_itself_keeps_the_last_administrator() {
    let app = test_app().await;
    let tenant = app.tenant.tenant.id;
    for sql in [
        "UPDATE memberships SET role = 'SALES'",
        "UPDATE memberships SET is_active = false",
        "DELETE FROM memberships",
    ] {
        let sql = format!("{sql} WHERE tenant_id = '{tenant}' AND role = 'ADMIN'");
        let refused = app.database.try_execute(&sql).await.unwrap_err();
        assert!(
            refused.contains("the last administrator stays"),
            "{refused}"
        );
    }
    app.person(Role::Admin).await;
    let first = format!(
        "UPDATE memberships SET role = 'SALES' WHERE id = (SELECT id FROM memberships WHERE tenant_id = '{tenant}' AND role = 'ADMIN' LIMIT 1)"
    );
    assert_eq!(app.database.try_execute(&first).await, Ok(()));
}
