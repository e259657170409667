//! Another address to sign in with.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_core::account_mails::sealed_place;
use vitaran_core::secrets::SecretKey;
use vitaran_tests::{Answer, Client, PASSWORD, Person, SECRET_KEY, TestApp, test_app};

const NEW: &str = "asha@elsewhere.test";

async fn sign_in(app: &TestApp, email: &str) -> u16 {
    let form = [("email", email), ("password", PASSWORD)];
    app.client().post_form("/login", &form).await.status
}

async fn ask(client: &Client, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    client.post_form("/account/email", &form).await
}

async fn confirm(client: &Client, token: &str) -> Answer {
    client.post_form("/new-email", &[("token", token)]).await
}

/// The secret of the newest link in the outbox, opened as the worker would.
async fn newest_secret(app: &TestApp) -> String {
    let newest = "FROM account_mails WHERE kind = 'NEW_EMAIL' ORDER BY created_at DESC LIMIT 1";
    let id = app.database.id(&format!("SELECT id {newest}")).await;
    let sealed = format!("SELECT sealed_secret AS text {newest}");
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    let sealed = app.database.text(&sealed).await;
    key.open(&sealed_place(id), &sealed).unwrap()
}

async fn asked(app: &TestApp, client: &Client) -> String {
    let answer = ask(client, NEW, PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (303, "/account/email"));
    newest_secret(app).await
}

async fn is_confirmed(app: &TestApp) -> bool {
    let sql = format!(
        "SELECT count(*) FROM users WHERE email = '{NEW}' AND email_confirmed_at IS NOT NULL"
    );
    app.database.count(&sql).await == 1
}

async fn somebody(app: &TestApp) -> (Person, Client) {
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    (person, client)
}

#[tokio::test]
async fn a_new_address_counts_once_its_link_is_followed_and_everything_else_is_signed_out() {
    let app = test_app().await;
    let (person, here) = somebody(&app).await;
    let (elsewhere, program) = (app.sign_in(&person).await, app.api(&person).await);
    let token = asked(&app, &here).await;
    for table in ["email_changes", "account_mails"] {
        let clear = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%{token}%'");
        assert_eq!(app.database.count(&clear).await, 0, "{table}");
    }
    let sent = "SELECT recipient AS text FROM account_mails WHERE kind = 'NEW_EMAIL'";
    assert_eq!(app.database.text(sent).await, NEW);
    let page = app.client().get(&format!("/new-email?token={token}")).await;
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(page.body.contains(NEW), "{}", page.body);
    assert_eq!(
        sign_in(&app, &person.email).await,
        303,
        "nothing changed yet"
    );
    assert_eq!(sign_in(&app, NEW).await, 422);

    assert_eq!(confirm(&here, &token).await.status, 303);
    assert_eq!(
        here.get("/admin/orders").await.status,
        200,
        "this one stays"
    );
    assert_eq!(elsewhere.get("/admin/orders").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(sign_in(&app, &person.email).await, 422);
    assert_eq!(sign_in(&app, NEW).await, 303);
    let told = format!(
        "SELECT count(*) FROM account_mails WHERE kind = 'EMAIL_CHANGED' AND recipient = '{}'",
        person.email
    );
    assert_eq!(app.database.count(&told).await, 1);
    assert_eq!(confirm(&here, &token).await.status, 404, "once");
    assert!(is_confirmed(&app).await);
}

#[tokio::test]
async fn a_link_that_is_opened_where_nobody_asked_for_it_confirms_nothing_of_whose_account_it_is() {
    let app = test_app().await;
    let (_, here) = somebody(&app).await;
    let token = asked(&app, &here).await;
    let elsewhere = app.sign_in_as(Role::Sales).await;
    assert_eq!(confirm(&elsewhere, &token).await.status, 303);
    assert_eq!(sign_in(&app, NEW).await, 303);
    assert!(!is_confirmed(&app).await);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_guessing_is_counted() {
    let app = test_app().await;
    let (person, client) = somebody(&app).await;
    for (email, password, says) in [
        ("nobody", PASSWORD, "Enter an e-mail address such as"),
        (
            person.email.as_str(),
            PASSWORD,
            "This is the address you sign in with now",
        ),
        (NEW, "", "Enter your password"),
        (NEW, "wrong password!", "This is not your password"),
    ] {
        let refused = ask(&client, email, password).await;
        assert_eq!(refused.status, 422, "{says}");
        assert!(refused.body.contains(says), "{says}");
        assert!(!refused.body.contains("wrong password!"));
    }
    for _ in 0..4 {
        ask(&client, NEW, "wrong password!").await;
    }
    assert_eq!(
        ask(&client, NEW, PASSWORD).await.status,
        422,
        "it must wait"
    );
    assert_eq!(
        app.database
            .count("SELECT count(*) FROM email_changes")
            .await,
        0
    );
}

#[tokio::test]
async fn whether_an_address_is_taken_is_told_to_whoever_reads_its_mails_alone() {
    let app = test_app().await;
    let (_, client) = somebody(&app).await;
    let other = app.person(Role::Sales).await;
    let (free, taken) = (
        ask(&client, NEW, PASSWORD).await,
        ask(&client, &other.email, PASSWORD).await,
    );
    let gist = |answer: &Answer| {
        (
            answer.status,
            answer.location().to_owned(),
            answer.without_ids(),
        )
    };
    assert_eq!(gist(&free), gist(&taken));
    let told = confirm(&client, &newest_secret(&app).await).await;
    assert_eq!(told.status, 404);
    assert!(
        told.body
            .contains("Somebody signs in with this address already")
    );
    assert_eq!(sign_in(&app, &other.email).await, 303);
}

#[tokio::test]
async fn a_link_ends_with_a_newer_one_a_changed_password_and_by_itself() {
    let app = test_app().await;
    let (_, client) = somebody(&app).await;
    let first = asked(&app, &client).await;
    let second = asked(&app, &client).await;
    assert_eq!(confirm(&client, &first).await.status, 404);
    let form = [
        ("old_password", PASSWORD),
        ("new_password", "tractor velvet ninety"),
    ];
    assert_eq!(
        client.post_form("/account/password", &form).await.status,
        303
    );
    assert_eq!(confirm(&client, &second).await.status, 404);

    let (_, client) = somebody(&app).await;
    let old = asked(&app, &client).await;
    app.database
        .execute("UPDATE email_changes SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(confirm(&client, &old).await.status, 404);
}

#[tokio::test]
async fn a_program_asks_and_confirms_too_and_no_other_link_will_do() {
    let app = test_app().await;
    let person = app.person(Role::Dealer).await;
    let program = app.api(&person).await;
    let body = json!({ "email": NEW, "password": PASSWORD });
    let answer = program.post_json("/api/v1/me/email", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let token = newest_secret(&app).await;
    let chosen = [
        ("token", token.as_str()),
        ("password", "tractor velvet ninety"),
    ];
    let chosen = app.client().post_form("/new-password", &chosen).await;
    assert_eq!(chosen.status, 404, "it changes no password");
    let body = json!({ "token": token });
    let done = app
        .client()
        .post_json("/api/v1/auth/new-email", &body)
        .await;
    assert_eq!(done.status, 204, "{}", done.body);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(sign_in(&app, NEW).await, 303);
    let again = app
        .client()
        .post_json("/api/v1/auth/new-email", &body)
        .await;
    assert_eq!(
        (again.status, again.json()["errors"][0]["code"].clone()),
        (422, json!("account.link_over"))
    );
}

#[tokio::test]
async fn a_support_visit_changes_nobodys_address() {
    let app = test_app().await;
    let visitor = app.sign_in_platform_admin().await;
    let form = [("reason", "Asked for help with invoices")];
    visitor.post_form("/super/tenants/volt/visits", &form).await;
    assert_eq!(visitor.get("/account/email").await.status, 403);
    assert_eq!(ask(&visitor, NEW, PASSWORD).await.status, 403);
}
