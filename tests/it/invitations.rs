//! Inviting people: links that work once, what they give, and whom they let in.

use futures_util::future::join_all;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::account_mails::sealed_place;
use vitaran_core::secrets::SecretKey;
use vitaran_tests::{Answer, Client, PASSWORD, Person, SECRET_KEY, TestApp, test_app};

const NEW: &str = "tractor velvet ninety";
const ASHA: &str = "asha@outside.test";

/// Invites as a program does.
async fn invite(admin: &Client, body: Value) -> Answer {
    let key = uuid::Uuid::now_v7().to_string();
    let keyed = admin.with("idempotency-key", &key);
    keyed.post_json("/api/v1/invitations", &body).await
}

/// The secret of a link that the answer holds.
fn secret(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    let link = answer.json()["link"].as_str().expect("a link").to_owned();
    let (_, secret) = link.split_once("/invitation?token=").expect("our page");
    secret.to_owned()
}

async fn link(admin: &Client, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "role": role, "delivery": "LINK" });
    secret(&invite(admin, body).await)
}

/// Accepts on the page.
async fn accept(app: &TestApp, token: &str, name: &str, password: &str) -> Answer {
    let form = [("token", token), ("name", name), ("password", password)];
    app.client().post_form("/invitation", &form).await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> (u16, Client) {
    let client = app.client();
    let form = [("email", email), ("password", password)];
    (client.post_form("/login", &form).await.status, client)
}

async fn membership(app: &TestApp, email: &str) -> String {
    let sql = format!(
        "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{email}' AND m.tenant_id = '{}'",
        app.tenant.tenant.id
    );
    app.database.id(&sql).await.to_string()
}

fn fault(answer: &Answer) -> (u16, String, String) {
    let first = &answer.json()["errors"][0];
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("pointer"), text("code"))
}

fn refused(pointer: &str, code: &str) -> (u16, String, String) {
    (422, pointer.to_owned(), code.to_owned())
}

const OVER: &str = "This invitation does not work: it is used";

#[tokio::test]
async fn somebody_new_is_invited_by_mail_makes_an_account_and_works_here() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let form = [
        ("email", ASHA),
        ("role", "WAREHOUSE"),
        ("dealer", ""),
        ("delivery", "MAIL"),
        ("idempotency_key", "one"),
    ];
    for _ in 0..2 {
        let sent = admin.post_form("/admin/invitations/new", &form).await;
        assert_eq!((sent.status, sent.location()), (303, "/admin/invitations"));
    }
    let page = admin.get("/admin/invitations").await;
    assert!(page.body.contains(ASHA) && page.body.contains("Warehouse"));
    let mails = "FROM account_mails WHERE kind = 'INVITATION' AND recipient = 'asha@outside.test' AND about = 'Volt Distributors'";
    let count = format!("SELECT count(*) {mails}");
    assert_eq!(
        app.database.count(&count).await,
        1,
        "sent twice, mailed once"
    );
    let token = mailed(&app).await;
    assert_eq!(token.len(), 43, "256 bits");
    for table in [
        "invitations",
        "account_mails",
        "audit_log",
        "audit_trail",
        "idempotency_keys",
    ] {
        let clear = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%{token}%'");
        assert_eq!(app.database.count(&clear).await, 0, "{table}");
    }
    let hashed = format!("SELECT count(*) FROM invitations WHERE token_hash = sha256('{token}')");
    assert_eq!(app.database.count(&hashed).await, 1);

    let address = format!("/invitation?token={token}");
    for _ in 0..2 {
        let page = app.client().get(&address).await;
        assert_eq!(page.status, 200, "looking uses nothing up");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        for part in ["Volt Distributors", "Test Administrator", ASHA, "Warehouse"] {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
    }
    for (name, password, says) in [
        ("Asha", "Password@123", "easy to guess"),
        ("Asha", "asha volt distributors", "People who know you"),
        ("", NEW, "Enter your name"),
    ] {
        let again = accept(&app, &token, name, password).await;
        assert_eq!(again.status, 422, "{says}");
        assert!(again.body.contains(says), "{says} in {}", again.body);
        assert!(!again.body.contains(password), "no password comes back");
    }
    let joined = accept(&app, &token, "Asha Rao", NEW).await;
    assert_eq!((joined.status, joined.location()), (303, "/login"));
    let (status, asha) = sign_in(&app, ASHA, NEW).await;
    assert_eq!(status, 303);
    assert_eq!(asha.get("/admin/warehouse").await.status, 200);
    assert_eq!(asha.get("/admin/dealers").await.status, 403);
    let people = admin.get("/admin/members").await;
    assert!(people.body.contains("Asha Rao"));
    let gone = admin.get("/admin/invitations").await;
    assert!(gone.body.contains("Nobody is on the way"));
    let told = "SELECT string_agg(action || ' by ' || by_name, ', ' ORDER BY id) AS text FROM audit_log WHERE action LIKE 'invitations.%'";
    assert_eq!(
        app.database.text(told).await,
        "invitations.create by Test Administrator, invitations.accept by Asha Rao"
    );
    let trail = format!(
        "SELECT count(*) FROM audit_trail WHERE table_name = 'memberships' AND op = 'INSERT' AND actor_id = (SELECT id FROM users WHERE email = '{ASHA}')"
    );
    assert_eq!(app.database.count(&trail).await, 1);
    let used = trail
        .replace("'memberships'", "'invitations'")
        .replace("'INSERT'", "'DELETE'");
    assert_eq!(app.database.count(&used).await, 1, "who used it up");
    assert!(is_confirmed(&app, ASHA).await, "the mail was theirs");
}

async fn is_confirmed(app: &TestApp, email: &str) -> bool {
    let sql = format!(
        "SELECT count(*) FROM users WHERE email = '{email}' AND email_confirmed_at IS NOT NULL"
    );
    app.database.count(&sql).await == 1
}

/// The secret of the newest mail.
async fn mailed(app: &TestApp) -> String {
    let newest =
        "FROM account_mails WHERE sealed_secret IS NOT NULL ORDER BY created_at DESC LIMIT 1";
    let id = app.database.id(&format!("SELECT id {newest}")).await;
    let sealed = format!("SELECT sealed_secret AS text {newest}");
    let sealed = app.database.text(&sealed).await;
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    key.open(&sealed_place(id), &sealed).unwrap()
}

#[tokio::test]
async fn a_link_that_was_passed_on_confirms_no_address_and_a_mail_gives_it_to_its_owner() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let squatter = "correct horse battery staple";
    let token = link(&admin, ASHA, "SALES").await;
    assert_eq!(accept(&app, &token, "Asha", squatter).await.status, 303);
    assert!(!is_confirmed(&app, ASHA).await);
    app.database
        .execute(&format!(
            "INSERT INTO second_factors (user_id, sealed_secret, confirmed_at, last_step, created_at) \
             SELECT id, 'x', now(), 0, now() FROM users WHERE email = '{ASHA}'"
        ))
        .await;
    let form = [("email", ASHA)];
    app.client().post_form("/forgotten-password", &form).await;
    let token = mailed(&app).await;
    let form = [("token", token.as_str()), ("password", NEW)];
    let chosen = app.client().post_form("/new-password", &form).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    assert!(is_confirmed(&app, ASHA).await);
    let mails = format!(
        "SELECT count(*) FROM account_mails WHERE kind = 'SECOND_FACTOR_OFF' AND recipient = '{ASHA}'"
    );
    assert_eq!(app.database.count(&mails).await, 1);
    let told = "SELECT count(*) FROM audit_log WHERE action = 'identity.second_factor.off'";
    assert_eq!(app.database.count(told).await, 1);
    assert_eq!(sign_in(&app, ASHA, squatter).await.0, 422);
    let (status, asha) = sign_in(&app, ASHA, NEW).await;
    assert_eq!(status, 303);
    assert_eq!(
        asha.get("/admin/dealers").await.status,
        200,
        "what somebody else had set up does not keep her out"
    );
}

#[tokio::test]
async fn an_address_gets_ten_invitations_a_day_whoever_sends_them() {
    let app = test_app().await;
    app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let theirs = Person {
        email: "admin@ampere.test".to_owned(),
        password: PASSWORD.to_owned(),
        dealer: None,
    };
    let admins = [app.api_as(Role::Admin).await, app.api(&theirs).await];
    let body = json!({ "email": ASHA, "role": "SALES" });
    for nth in 0..10 {
        let admin = &admins[nth % 2];
        let sent = invite(admin, body.clone()).await;
        assert_eq!(sent.status, 201, "{nth}: {}", sent.body);
        let id = sent.json()["invitation"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/invitations/{id}/revocation");
        let revoked = admin.post_json(&path, &Value::Null).await;
        assert_eq!(revoked.status, 200, "{}", revoked.body);
    }
    let sent = invite(&admins[0], body).await;
    assert_eq!(
        fault(&sent),
        refused("/delivery", "invitations.mailed_often")
    );
    let mails = "SELECT count(*) FROM account_mails WHERE kind = 'INVITATION'";
    assert_eq!(app.database.count(mails).await, 10);
    link(&admins[1], ASHA, "SALES").await;
}

#[tokio::test]
async fn a_link_that_is_used_revoked_replaced_or_too_old_answers_one_clear_page() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let used = link(&admin, "one@outside.test", "SALES").await;
    assert_eq!(accept(&app, &used, "One", NEW).await.status, 303);

    let replaced = link(&admin, "two@outside.test", "SALES").await;
    let newest = admin.get("/api/v1/invitations").await.json()["data"][0].clone();
    let path = format!("/api/v1/invitations/{}", newest["id"].as_str().unwrap());
    let keyed = admin.with("idempotency-key", "again");
    let body = json!({ "delivery": "LINK" });
    let sent = keyed.post_json(&format!("{path}/sending"), &body).await;
    let revoked = secret(&sent);
    assert_ne!(revoked, replaced);
    let again = keyed.post_json(&format!("{path}/sending"), &body).await;
    assert_eq!(again.status, 201);
    assert!(again.json().get("link").is_none(), "shown once");
    assert_eq!(
        app.client()
            .get(&format!("/invitation?token={revoked}"))
            .await
            .status,
        200
    );
    let gone = admin
        .post_json(&format!("{path}/revocation"), &Value::Null)
        .await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(admin.get(&path).await.status, 404);

    let old = link(&admin, "three@outside.test", "SALES").await;
    app.database
        .execute("UPDATE invitations SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(
        admin.get("/api/v1/invitations").await.json()["data"][0]["status"],
        "EXPIRED"
    );
    let mut bodies = std::collections::BTreeSet::new();
    for token in [
        &used,
        &replaced,
        &revoked,
        &old,
        &"nobodys".to_owned(),
        &"x".repeat(5_000),
    ] {
        let page = app
            .client()
            .get(&format!("/invitation?token={token}"))
            .await;
        let posted = accept(&app, token, "Somebody", NEW).await;
        for answer in [page, posted] {
            assert_eq!(answer.status, 404, "{token}");
            assert!(answer.body.contains(OVER), "{}", answer.body);
            bodies.insert(answer.without_ids());
        }
        let body =
            json!({ "token": &token[..token.len().min(100)], "name": "Somebody", "password": NEW });
        let told = app
            .client()
            .post_json("/api/v1/auth/invitation", &body)
            .await;
        assert_eq!(fault(&told), refused("/token", "invitations.link_over"));
    }
    assert_eq!(bodies.len(), 1, "one page for all");
    let made = "SELECT count(*) FROM users WHERE name = 'Somebody'";
    assert_eq!(app.database.count(made).await, 0);
}

#[tokio::test]
async fn somebody_with_an_account_shows_its_password_and_gets_one_more_membership() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    app.make_member(&other, ASHA, Role::Accounts, None).await;
    let admin = app.api_as(Role::Admin).await;
    let (known, unknown) = (
        link(&admin, ASHA, "SALES").await,
        link(&admin, "nobody@outside.test", "SALES").await,
    );
    let page = async |token: &str, email: &str| {
        let page = app
            .client()
            .get(&format!("/invitation?token={token}"))
            .await;
        page.without_ids().replace(token, "T").replace(email, "E")
    };
    assert_eq!(
        page(&known, ASHA).await,
        page(&unknown, "nobody@outside.test").await,
        "the link does not tell whether there is an account"
    );
    let wrong = accept(&app, &known, "Impostor", NEW).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("this is not its password"),
        "{}",
        wrong.body
    );
    let joined = accept(&app, &known, "Impostor", PASSWORD).await;
    assert_eq!(joined.status, 303, "{}", joined.body);
    let named = format!("SELECT name AS text FROM users WHERE email = '{ASHA}'");
    assert_eq!(
        app.database.text(&named).await,
        "Test Accounts",
        "the name stays"
    );
    let (_, asha) = sign_in(&app, ASHA, PASSWORD).await;
    for (slug, path) in [("volt", "/admin/dealers"), ("ampere", "/admin/invoices")] {
        asha.post_form("/switch-tenant", &[("tenant", slug)]).await;
        assert_eq!(asha.get(path).await.status, 200, "{slug}");
    }
    // Guessing is counted with the account's sign-ins.
    let again = link(&admin, "nobody2@outside.test", "SALES").await;
    app.make_member(&other, "nobody2@outside.test", Role::Sales, None)
        .await;
    for _ in 0..5 {
        assert_eq!(
            accept(&app, &again, "", "wrong password!").await.status,
            422
        );
    }
    assert_eq!(
        accept(&app, &again, "", PASSWORD).await.status,
        422,
        "it must wait"
    );
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_comes_in() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    for round in 0..3 {
        let email = format!("asha{round}@outside.test");
        let token = link(&admin, &email, "SALES").await;
        let tries = ["Anna", "Bela", "Chandra"].map(|name| accept(&app, &token, name, NEW));
        let answers = join_all(tries).await;
        let joined = answers.iter().filter(|answer| answer.status == 303).count();
        assert_eq!(
            joined,
            1,
            "{:?}",
            answers.iter().map(|a| a.status).collect::<Vec<_>>()
        );
        let members = format!(
            "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{email}'"
        );
        assert_eq!(app.database.count(&members).await, 1);
    }
}

#[tokio::test]
async fn an_invitation_is_as_good_as_whoever_gave_it_still_is() {
    let app = test_app().await;
    let chief = app.api_as(Role::Admin).await;
    let inviter = app.person(Role::Admin).await;
    let admin = app.api(&inviter).await;
    let id = membership(&app, &inviter.email).await;
    let role = json!({ "name": "Readers", "base": "SALES", "permissions": ["sales.orders.read"] });
    let keyed = chief.with("idempotency-key", "role");
    let role = keyed.post_json("/api/v1/roles", &role).await.json()["id"].clone();
    let role = role.as_str().unwrap();
    let tokens = [
        link(&admin, "one@outside.test", role).await,
        link(&admin, "two@outside.test", "SALES").await,
        link(&admin, "three@outside.test", "ADMIN").await,
    ];
    let not_backed = async |token: &str| {
        let body = json!({ "token": token, "name": "Somebody", "password": NEW });
        let told = app
            .client()
            .post_json("/api/v1/auth/invitation", &body)
            .await;
        assert_eq!(fault(&told), refused("/token", "invitations.not_backed"));
        let page = accept(&app, token, "Somebody", NEW).await;
        assert_eq!(page.status, 404);
        assert!(page.body.contains("may not give this place any more"));
    };
    // The role goes; nobody has it yet.
    let path = format!("/api/v1/roles/{role}");
    let removal = chief.request(reqwest::Method::DELETE, &path);
    assert_eq!(chief.send(removal).await.status, 200);
    not_backed(&tokens[0]).await;
    let listed = chief.get("/api/v1/invitations").await.json();
    assert_eq!(listed["data"][2]["status"], "UNBACKED", "{listed}");

    // Whoever invited may not invite any more.
    let versioned = chief.with("if-match", "\"v1\"");
    let path = format!("/api/v1/members/{id}");
    let demoted = versioned.put_json(&path, &json!({"role": "SALES"})).await;
    assert_eq!(demoted.status, 200, "{}", demoted.body);
    not_backed(&tokens[1]).await;
    not_backed(&tokens[2]).await;
    let made = "SELECT count(*) FROM users WHERE name = 'Somebody'";
    assert_eq!(app.database.count(made).await, 0);

    // Sent again by somebody who may, it is good.
    let invitation = listed["data"][1]["id"].as_str().unwrap();
    let keyed = chief.with("idempotency-key", "again");
    let path = format!("/api/v1/invitations/{invitation}/sending");
    let sent = keyed.post_json(&path, &json!({"delivery": "LINK"})).await;
    assert_eq!(accept(&app, &secret(&sent), "Two", NEW).await.status, 303);
}

#[tokio::test]
async fn what_cannot_be_invited_is_said_beside_its_field() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let member = app.person(Role::Sales).await;
    let invited = json!({ "email": ASHA, "role": "SALES" });
    assert_eq!(invite(&admin, invited.clone()).await.status, 201);
    for (body, pointer, code) in [
        (invited.clone(), "/email", "invitations.exists"),
        (
            json!({"email": member.email.to_uppercase(), "role": "SALES"}),
            "/email",
            "members.exists",
        ),
        (
            json!({"email": "nobody", "role": "SALES"}),
            "/email",
            "invalid",
        ),
        (
            json!({"email": "b@outside.test", "role": "DEALER"}),
            "/dealer",
            "required",
        ),
        (
            json!({"email": "b@outside.test", "role": "KING"}),
            "/role",
            "invalid",
        ),
    ] {
        assert_eq!(fault(&invite(&admin, body).await), refused(pointer, code));
    }
    let id = membership(&app, &member.email).await;
    let path = format!("/api/v1/members/{id}/deactivation");
    assert_eq!(admin.post_json(&path, &Value::Null).await.status, 200);
    let body = json!({"email": member.email, "role": "SALES"});
    let told = invite(&admin, body).await;
    assert!(
        told.body.contains("switch them on again instead"),
        "{}",
        told.body
    );

    // Somebody whose own role is small gives no large one.
    let codes = ["platform.users.read", "platform.users.write"];
    let role = json!({ "name": "Inviters", "base": "SALES", "permissions": codes });
    let keyed = admin.with("idempotency-key", "role");
    let role = keyed.post_json("/api/v1/roles", &role).await.json()["id"].clone();
    let small = app.person(Role::Warehouse).await;
    let id = membership(&app, &small.email).await;
    let versioned = admin.with("if-match", "\"v1\"");
    let given = versioned
        .put_json(&format!("/api/v1/members/{id}"), &json!({"role": role}))
        .await;
    assert_eq!(given.status, 200, "{}", given.body);
    let small = app.api(&small).await;
    let large = json!({"email": "c@outside.test", "role": "ADMIN"});
    assert_eq!(
        fault(&invite(&small, large).await),
        refused("/role", "roles.beyond_yours")
    );
    let listed = admin.get("/api/v1/invitations").await.json();
    let own = listed["data"][0]["id"].as_str().unwrap().to_owned();
    let keyed = small.with("idempotency-key", "again");
    let path = format!("/api/v1/invitations/{own}/sending");
    let again = keyed.post_json(&path, &json!({})).await;
    assert_eq!(fault(&again), refused("/role", "roles.beyond_yours"));
}

#[tokio::test]
async fn a_dealers_person_comes_to_their_dealer_and_somebody_who_left_comes_back_as_new() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let dealer = app.dealer().await;
    let body = json!({ "email": ASHA, "role": "DEALER", "dealer": dealer, "delivery": "LINK" });
    let token = secret(&invite(&admin, body).await);
    let body = json!({ "token": token, "name": "Asha", "password": NEW });
    let joined = app
        .client()
        .post_json("/api/v1/auth/invitation", &body)
        .await;
    assert_eq!(joined.status, 204, "{}", joined.body);
    let person = Person {
        email: ASHA.to_owned(),
        password: NEW.to_owned(),
        dealer: Some(dealer),
    };
    assert_eq!(app.sign_in(&person).await.get("/portal").await.status, 200);

    let id = membership(&app, ASHA).await;
    let removal = admin.request(reqwest::Method::DELETE, &format!("/api/v1/members/{id}"));
    assert_eq!(admin.send(removal).await.status, 200);
    let token = link(&admin, ASHA, "ACCOUNTS").await;
    assert_eq!(accept(&app, &token, "", NEW).await.status, 303);
    assert_eq!(membership(&app, ASHA).await, id, "the row lives again");
    let back = app.sign_in(&person).await;
    assert_eq!(back.get("/admin/invoices").await.status, 200);
}

#[tokio::test]
async fn there_is_an_end_to_invitations_and_to_sending_one() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    assert_eq!(
        invite(&admin, json!({ "email": ASHA, "role": "SALES" }))
            .await
            .status,
        201
    );
    let id = app.database.id("SELECT id FROM invitations").await;
    let path = format!("/api/v1/invitations/{id}/sending");
    for sending in 2..=5 {
        let keyed = admin.with("idempotency-key", &sending.to_string());
        let sent = keyed.post_json(&path, &json!({})).await;
        assert_eq!(
            sent.json()["invitation"]["sendings"],
            sending,
            "{}",
            sent.body
        );
    }
    let keyed = admin.with("idempotency-key", "6");
    let sent = keyed.post_json(&path, &json!({})).await;
    assert_eq!(fault(&sent), refused("", "invitations.sent_often"));
    app.database
        .execute(
            "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
             SELECT tenant_id, gen_random_uuid(), n || '@outside.test', role, sha256(n::text::bytea), invited_by, created_at, expires_at \
             FROM invitations, generate_series(1, 199) n",
        )
        .await;
    let more = invite(
        &admin,
        json!({ "email": "last@outside.test", "role": "SALES" }),
    )
    .await;
    assert_eq!(fault(&more), refused("", "too_many"));
}

#[tokio::test]
async fn on_a_support_visit_nobody_is_invited() {
    let app = test_app().await;
    let visitor = app.sign_in_platform_admin().await;
    let form = [
        ("reason", "Asked for help with people"),
        ("may_write", "true"),
    ];
    visitor.post_form("/super/tenants/volt/visits", &form).await;
    let form = [
        ("email", ASHA),
        ("role", "SALES"),
        ("idempotency_key", "one"),
    ];
    let told = visitor.post_form("/admin/invitations/new", &form).await;
    assert!(matches!(told.status, 403 | 422), "{}", told.status);
    assert_eq!(
        app.database.count("SELECT count(*) FROM invitations").await,
        0
    );
}

#[tokio::test]
async fn two_hundred_invitations_wait_and_no_more_however_many_ask_at_once() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let many = "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
        SELECT m.tenant_id, gen_random_uuid(), 'guest' || n || '@outside.test', 'SALES', sha256(n::text::bytea), m.id, now(), now() + interval '1 day' \
        FROM (SELECT * FROM memberships WHERE role = 'ADMIN' LIMIT 1) m, generate_series(1, 198) n";
    app.database.execute(many).await;
    let asks = (0..4).map(|number| {
        let admin = admin.with("idempotency-key", &format!("key-{number}"));
        async move {
            let body = json!({ "email": format!("new{number}@outside.test"), "role": "SALES" });
            admin.post_json("/api/v1/invitations", &body).await.status
        }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 422, 422]);
}
