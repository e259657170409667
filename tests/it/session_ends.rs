//! Where people are signed in, shown to them and to their administrators, and the end of it.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::{Client, Person, TestApp, test_app};

use crate::live::read_until;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// A browser that says so, signed in as this person.
async fn chrome(app: &TestApp, person: &Person) -> Client {
    let client = app.client().with("user-agent", CHROME);
    let form = [
        ("email", person.email.as_str()),
        ("password", person.password.as_str()),
    ];
    let answer = client.post_form("/login", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    client
}

/// The id of the one session of this person that acts by this kind.
async fn id_of(app: &TestApp, person: &Person, kind: &str) -> String {
    let sql = format!(
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = '{}' AND s.kind = '{kind}'",
        person.email
    );
    app.database.id(&sql).await.to_string()
}

#[tokio::test]
async fn everybody_sees_where_they_are_signed_in_with_this_place_marked_and_nobody_elses() {
    let app = test_app().await;
    for role in [Role::Sales, Role::Dealer] {
        let person = app.person(role).await;
        let browser = chrome(&app, &person).await;
        let program = app.api(&person).await;
        app.sign_in_as(role).await;
        let page = browser.get("/account/sessions").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.body.matches("data-row").count(), 2, "{}", page.body);
        assert_eq!(page.body.matches("This one").count(), 1);
        assert!(page.body.contains("Chrome on Windows"), "{}", page.body);
        assert!(page.body.contains("127.0.0.1"), "{}", page.body);
        let rows = program.get("/api/v1/me/sessions").await.json()["data"].clone();
        let rows = rows.as_array().expect("rows");
        let current: Vec<_> = rows
            .iter()
            .map(|row| (row["kind"].as_str().unwrap(), row["is_current"].as_bool()))
            .collect();
        assert_eq!(rows.len(), 2);
        assert!(current.contains(&("API", Some(true))), "{current:?}");
        assert!(current.contains(&("BROWSER", Some(false))), "{current:?}");
    }
}

#[tokio::test]
async fn one_ends_one_place_or_all_others_and_keeps_this_one() {
    let app = test_app().await;
    let person = app.person(Role::Dealer).await;
    let (here, there) = (chrome(&app, &person).await, app.api(&person).await);
    let stranger = app.sign_in_as(Role::Dealer).await;
    let path = format!(
        "/account/sessions/{}/revocation",
        id_of(&app, &person, "API").await
    );
    // Somebody else's address does nothing to it.
    assert_eq!(stranger.post_form(&path, &[]).await.status, 303);
    assert_eq!(there.get("/api/v1/me").await.status, 200);
    let answer = here.post_form(&path, &[]).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/account/sessions")
    );
    assert_eq!(there.get("/api/v1/me").await.status, 401);

    let (lost, program) = (chrome(&app, &person).await, app.api(&person).await);
    let answer = here.post_form("/account/sessions/revocation", &[]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(here.get("/portal").await.status, 200);
    assert_eq!(lost.get("/portal").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(stranger.get("/portal").await.status, 200);

    let program = app.api(&person).await;
    let empty = json!({});
    let ended = program
        .post_json("/api/v1/me/sessions/revocation", &empty)
        .await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    assert_eq!(here.get("/portal").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn an_ended_session_is_told_to_its_open_page_at_once_and_to_no_other() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, desk) = (chrome(&app, &person).await, app.sign_in(&person).await);
    let mut on_phone = phone.open("/live").await;
    let mut on_desk = desk.open("/live").await;
    read_until(&mut on_phone, "retry").await;
    read_until(&mut on_desk, "retry").await;
    let answer = desk.post_form("/account/sessions/revocation", &[]).await;
    assert_eq!(answer.status, 303);
    read_until(&mut on_phone, "event: signed-out").await;
    assert!(
        on_phone.chunk().await.expect("a stream").is_none(),
        "the stream is over"
    );
    assert_eq!(phone.get("/admin/orders").await.status, 303);
    // What the page then asks for by itself leads to the sign-in page, and back to where it was.
    let here = format!("{}/admin/orders?status=PLACED", app.base);
    let asked = phone.htmx().with("hx-current-url", &here);
    let answer = asked.get("/account/sessions").await;
    assert_eq!(
        (answer.status, answer.header("hx-redirect")),
        (401, Some("/login?next=%2Fadmin%2Forders%3Fstatus%3DPLACED"))
    );
    // The other page goes on: it hears of orders, and has not heard of an end.
    let tenant = app.tenant.tenant.id;
    let order = "01935f3a-7a10-7c4e-8f01-23456789abcd";
    let hint = format!("SELECT pg_notify('vitaran_live', '{tenant} order {order}')");
    app.database.execute(&hint).await;
    let heard = read_until(&mut on_desk, "orders-changed").await;
    assert!(!heard.contains("signed-out"), "{heard}");
    assert!(
        desk.get("/admin/orders")
            .await
            .body
            .contains("signed-out from:body")
    );
}

#[tokio::test]
async fn an_administrator_ends_a_members_sessions_here_and_nowhere_else() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, &person.email, Role::Accounts, None)
        .await;
    // Signed in at both: the first by its name is the other one.
    let elsewhere = chrome(&app, &person).await;
    let here = chrome(&app, &person).await;
    here.post_form("/switch-tenant", &[("tenant", "volt")])
        .await;
    let list = admin.get("/admin/sessions").await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains(&person.email), "{}", list.body);
    let user = app
        .database
        .id(&format!(
            "SELECT id FROM users WHERE email = '{}'",
            person.email
        ))
        .await;
    let theirs = admin.get(&format!("/admin/sessions?user={user}")).await;
    assert_eq!(
        theirs.body.matches("data-row").count(),
        1,
        "{}",
        theirs.body
    );

    let mut stream = here.open("/live").await;
    read_until(&mut stream, "retry").await;
    let answer = admin
        .post_form(&format!("/admin/users/{user}/sessions/revocation"), &[])
        .await;
    assert_eq!((answer.status, answer.location()), (303, "/admin/sessions"));
    read_until(&mut stream, "event: signed-out").await;
    assert_eq!(here.get("/admin/orders").await.status, 303);
    assert_eq!(elsewhere.get("/admin/invoices").await.status, 200);
    let told = "SELECT concat_ws(' ', action, detail->'before'->>'name', detail->'before'->>'sessions') AS text FROM audit_log WHERE action LIKE 'identity.%'";
    assert_eq!(
        app.database.text(told).await,
        "identity.sessions.end_all Test Sales 1"
    );

    // Another distributor's session is as missing as none.
    let sql = format!(
        "SELECT id FROM sessions WHERE acting_tenant = '{}'",
        other.tenant.id
    );
    let id = app.database.id(&sql).await;
    let path = format!("/admin/sessions/{id}/revocation");
    assert_eq!(admin.post_form(&path, &[]).await.status, 404);
    assert_eq!(elsewhere.get("/admin/invoices").await.status, 200);
}

#[tokio::test]
async fn whatever_changes_what_a_session_may_do_gives_it_a_new_id() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let mut ids = vec![client.cookie("sid").unwrap()];
    let visit = [("reason", "They called about an invoice")];
    let begun = client.post_form("/super/tenants/volt/visits", &visit).await;
    assert_eq!(begun.location(), "/", "{}", begun.body);
    ids.push(client.cookie("sid").unwrap());
    let ended = client.post_form("/super/visit/end", &[]).await;
    assert_eq!(ended.location(), "/super");
    ids.push(client.cookie("sid").unwrap());
    let copies: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(copies.len(), 3, "a visit begun and a visit ended");
    for old in &ids[..2] {
        let thief = app.client();
        thief.set_cookie("sid", old);
        assert_eq!(thief.get("/super").await.status, 303);
    }
}
