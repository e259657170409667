//! An account that is opened and changed at once: the owner comes after the thief or before, and nothing slips between the two.

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::{Answer, PASSWORD, Person, TestApp, test_app};

use crate::second_factor::{begin, first_step, protect, prove, second_step};

const NEW: &str = "tractor velvet ninety";

/// A change of somebody's account that is not committed yet.
struct UnderWay(AsyncPgConnection);

impl UnderWay {
    async fn on(app: &TestApp, person: &Person, change: &str) -> Self {
        let held = format!(
            "SELECT FROM users WHERE email = '{}' FOR UPDATE; {change}",
            person.email
        );
        Self::with(app, &held).await
    }

    async fn with(app: &TestApp, change: &str) -> Self {
        let url = app.database.url_of_superuser();
        let mut connection = AsyncPgConnection::establish(&url)
            .await
            .expect("the superuser's connection");
        let sql = format!("BEGIN; {change}");
        connection.batch_execute(&sql).await.expect(&sql);
        UnderWay(connection)
    }

    async fn commit(mut self) {
        self.0.batch_execute("COMMIT").await.expect("COMMIT");
    }
}

/// Until a statement of the application waits for the account.
async fn until_one_waits(app: &TestApp) {
    let waiting = "SELECT count(*)::text AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    app.database.until(waiting, "1").await;
}

/// What a request is answered whose account is changed while it waits.
async fn overtaken(
    app: &TestApp,
    person: &Person,
    change: &str,
    request: impl Future<Output = Answer>,
) -> Answer {
    waiting_for(app, UnderWay::on(app, person, change).await, request).await
}

async fn waiting_for(
    app: &TestApp,
    change: UnderWay,
    request: impl Future<Output = Answer>,
) -> Answer {
    let commit = async {
        until_one_waits(app).await;
        change.commit().await;
    };
    tokio::join!(request, commit).0
}

/// As if the owner had chosen another one.
fn other_password(person: &Person) -> String {
    format!(
        "UPDATE users SET password_changed_at = clock_timestamp() WHERE email = '{}'",
        person.email
    )
}

async fn sign_in(app: &TestApp, person: &Person, password: &str) -> u16 {
    let form = [("email", person.email.as_str()), ("password", password)];
    app.client().post_form("/login", &form).await.status
}

#[tokio::test]
async fn what_opens_an_account_or_changes_it_waits_for_it_with_nothing_else_in_its_hands() {
    let app = test_app().await;
    for deed in [
        "a code",
        "another password",
        "another address",
        "a mailed link",
    ] {
        let person = app.person(Role::Sales).await;
        let (phone, _, inside) = protect(&app, &person).await;
        let code = phone.next_code(&app);
        let (browser, _) = first_step(&app, &person).await;
        let forgotten = [("email", person.email.as_str())];
        app.client()
            .post_form("/forgotten-password", &forgotten)
            .await;
        let address = format!("new-{}", person.email);
        let form = [("email", address.as_str()), ("password", PASSWORD)];
        assert_eq!(inside.post_form("/account/email", &form).await.status, 303);
        for table in ["account_links", "email_changes"] {
            let known = format!(
                "UPDATE {table} t SET token_hash = sha256('{deed}') FROM users u WHERE u.id = t.user_id AND u.email = '{}'",
                person.email
            );
            app.database.execute(&known).await;
        }
        let account = UnderWay::on(&app, &person, "").await;
        let doing = async {
            match deed {
                "a code" => second_step(&browser, &code).await,
                "another password" => {
                    let form = [("old_password", PASSWORD), ("new_password", NEW)];
                    inside.post_form("/account/password", &form).await
                }
                "another address" => inside.post_form("/new-email", &[("token", deed)]).await,
                _ => {
                    let form = [("token", deed), ("password", NEW)];
                    app.client().post_form("/new-password", &form).await
                }
            }
        };
        let looking = async {
            until_one_waits(&app).await;
            let tables = [
                "email_changes",
                "account_links",
                "pending_sign_ins",
                "second_factors",
                "sessions",
                "sign_in_tries",
            ];
            let lock = tables.map(|table| format!("SELECT FROM {table} FOR UPDATE NOWAIT"));
            let free = format!("BEGIN; {}; ROLLBACK", lock.join("; "));
            let free = app.database.try_execute(&free).await;
            account.commit().await;
            free
        };
        let (done, free) = tokio::join!(doing, looking);
        assert_eq!(free, Ok(()), "{deed}");
        assert_eq!(done.status, 303, "{deed}: {}", done.body);
    }
}

#[tokio::test]
async fn a_change_of_the_password_under_way_does_not_take_the_place_of_the_owners() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let thief = app.sign_in(&person).await;
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changing = thief.post_form("/account/password", &form);
    let refused = overtaken(&app, &person, &other_password(&person), changing).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("This is not your present password"));
    assert_eq!(sign_in(&app, &person, PASSWORD).await, 303);
    assert_eq!(sign_in(&app, &person, NEW).await, 422);
}

#[tokio::test]
async fn an_address_that_is_being_asked_for_is_not_once_the_password_is_another() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let thief = app.sign_in(&person).await;
    let form = [("email", "thief@example.com"), ("password", PASSWORD)];
    let asking = thief.post_form("/account/email", &form);
    let refused = overtaken(&app, &person, &other_password(&person), asking).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let asked = "SELECT count(*) FROM email_changes";
    assert_eq!(app.database.count(asked).await, 0);
}

#[tokio::test]
async fn a_sign_in_under_way_begins_anew_once_the_password_is_another() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let browser = app.client();
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    let entering = browser.post_form("/login", &form);
    let begun_anew = overtaken(&app, &person, &other_password(&person), entering).await;
    let found = (begun_anew.status, begun_anew.location());
    assert_eq!(found, (303, "/login"));
    assert!(browser.cookie("sid").is_none());
    let page = browser.get("/login").await;
    assert!(page.body.contains("took too long or was ended"));

    let program = app.client();
    let login = json!({ "email": person.email, "password": PASSWORD });
    let entering = program.post_json("/api/v1/auth/login", &login);
    let refused = overtaken(&app, &person, &other_password(&person), entering).await;
    assert_eq!(
        (refused.status, refused.code()),
        (401, "auth.pending_over".to_owned())
    );
    assert_eq!(app.database.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_code_opens_nothing_once_its_sign_in_was_ended() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let code = phone.next_code(&app);
    let (browser, _) = first_step(&app, &person).await;
    let ended = "DELETE FROM pending_sign_ins";
    let begun_anew = overtaken(&app, &person, ended, second_step(&browser, &code)).await;
    let found = (begun_anew.status, begun_anew.location());
    assert_eq!(found, (303, "/login"));
    assert!(browser.cookie("sid").is_none());
}

#[tokio::test]
async fn a_session_on_its_way_to_another_company_ends_with_all_others() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, &person.email, Role::Accounts, None)
        .await;
    let thief = app.sign_in(&person).await;
    let form = [("tenant", "volt")];
    let switching = thief.post_form("/switch-tenant", &form);
    let ended = "DELETE FROM sessions";
    let refused = overtaken(&app, &person, ended, switching).await;
    assert_eq!(refused.status, 303);
    assert!(refused.location().starts_with("/login"));
    assert_eq!(app.database.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn another_key_that_comes_meanwhile_is_not_switched_on_by_a_code_of_the_first() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let owner = app.sign_in(&person).await;
    let sealed = "SELECT sealed_secret AS text FROM second_factors";
    begin(&owner).await;
    let thiefs = app.database.text(sealed).await;
    let phone = begin(&owner).await;
    let swapped = format!("UPDATE second_factors SET sealed_secret = '{thiefs}'");
    let swapped = UnderWay::with(&app, &swapped).await;
    let code = phone.code(&app);
    let confirming = prove(&owner, "confirmation", PASSWORD, &code);
    let refused = waiting_for(&app, swapped, confirming).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let on = "SELECT count(*) FROM second_factors WHERE confirmed_at IS NOT NULL";
    assert_eq!(app.database.count(on).await, 0);
}
