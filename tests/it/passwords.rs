//! Changing one's password, and choosing a new one when it is forgotten.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_core::account_mails::sealed_place;
use vitaran_core::identity::{
    self, ClientInfo, CredentialHash, Lifetimes, NewSession, SessionStart, SignIn, SignInRules,
    SignedIn, WantedTenant,
};
use vitaran_core::problem::Problem as _;
use vitaran_core::secrets::SecretKey;
use vitaran_core::throttle::Network;
use vitaran_tests::process::Program;
use vitaran_tests::{
    Answer, Client, PASSWORD, Person, SECRET_KEY, TestApp, test_app, test_app_with,
};

const NEW: &str = "tractor velvet ninety";

async fn sign_in(app: &TestApp, person: &Person, password: &str) -> u16 {
    let form = [("email", person.email.as_str()), ("password", password)];
    app.client().post_form("/login", &form).await.status
}

async fn change(client: &Client, old: &str, new: &str) -> Answer {
    let form = [("old_password", old), ("new_password", new)];
    client.post_form("/account/password", &form).await
}

async fn ask(app: &TestApp, email: &str) -> Answer {
    let form = [("email", email)];
    app.client().post_form("/forgotten-password", &form).await
}

/// The secret of the newest link in the outbox, opened as the worker would.
async fn newest_secret(app: &TestApp) -> String {
    let newest =
        "FROM account_mails WHERE sealed_secret IS NOT NULL ORDER BY created_at DESC LIMIT 1";
    let id = app.database.id(&format!("SELECT id {newest}")).await;
    let sealed = app
        .database
        .text(&format!("SELECT sealed_secret AS text {newest}"))
        .await;
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    key.open(&sealed_place(id), &sealed).unwrap()
}

async fn choose(app: &TestApp, token: &str, password: &str) -> Answer {
    let form = [("token", token), ("password", password)];
    app.client().post_form("/new-password", &form).await
}

#[tokio::test]
async fn a_changed_password_works_at_once_and_everything_else_is_signed_out() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (here, elsewhere) = (app.sign_in(&person).await, app.sign_in(&person).await);
    let (program, stranger) = (app.api(&person).await, app.sign_in_as(Role::Sales).await);
    let page = here.get("/account/password").await;
    assert!(page.body.contains(r#"autocomplete="new-password""#));
    let before = here.cookie("sid").unwrap();

    let changed = change(&here, PASSWORD, NEW).await;
    assert_eq!((changed.status, changed.location()), (303, "/admin/orders"));
    assert_ne!(here.cookie("sid").unwrap(), before, "a new id");
    let next = here.get("/admin/orders").await;
    assert!(next.body.contains("Your password is changed"));
    assert_eq!(elsewhere.get("/admin/orders").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(stranger.get("/admin/orders").await.status, 200);
    assert_eq!(sign_in(&app, &person, PASSWORD).await, 422);
    assert_eq!(sign_in(&app, &person, NEW).await, 303);
    let told = format!(
        "SELECT count(*) FROM account_mails WHERE kind = 'PASSWORD_CHANGED' AND recipient = '{}'",
        person.email
    );
    assert_eq!(app.database.count(&told).await, 1);
}

#[tokio::test]
async fn the_api_changes_it_too_and_the_token_that_did_so_goes_on() {
    let app = test_app().await;
    let person = app.person(Role::Dealer).await;
    let (program, other) = (app.api(&person).await, app.api(&person).await);
    let browser = app.sign_in(&person).await;
    let body = json!({ "old_password": PASSWORD, "new_password": NEW });
    let changed = program.post_json("/api/v1/me/password", &body).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    assert_eq!(program.get("/api/v1/me").await.status, 200);
    assert_eq!(other.get("/api/v1/me").await.status, 401);
    assert_eq!(browser.get("/portal").await.status, 303);
    let again = program.post_json("/api/v1/me/password", &body).await;
    assert_eq!(
        (again.status, again.code()),
        (422, "account.wrong_password".to_owned())
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_said_beside_its_field_and_no_password_comes_back() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    for (old, new, says) in [
        ("", "short", "Enter your present password"),
        ("", "short", "Use at least 12 characters"),
        (PASSWORD, "Password@123", "easy to guess"),
        (PASSWORD, person.email.as_str(), "People who know you"),
        ("not the old one", NEW, "This is not your present password"),
    ] {
        let refused = change(&client, old, new).await;
        assert_eq!(refused.status, 422, "{new}");
        assert!(refused.body.contains(says), "{says}");
        assert!(!refused.body.contains(&format!("value=\"{new}\"")), "{new}");
    }
}

#[tokio::test]
async fn guessing_at_an_open_session_is_counted_with_the_sign_ins() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    for _ in 0..5 {
        assert_eq!(change(&client, "not the old one", NEW).await.status, 422);
    }
    assert_eq!(change(&client, PASSWORD, NEW).await.status, 422);
    assert_eq!(sign_in(&app, &person, PASSWORD).await, 422);
}

#[tokio::test]
async fn a_sign_in_under_way_opens_nothing_once_the_password_is_another() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let owner = app.sign_in(&person).await;
    let proven = async |password: &str| {
        let input = SignIn {
            email: person.email.clone(),
            password: password.to_owned(),
            tenant: WantedTenant::First,
        };
        let rules = SignInRules::DEFAULT;
        let signed_in = identity::sign_in(&app.db, rules, input, Network::local()).await;
        signed_in.expect("the right password")
    };
    let open = async |signed_in: &SignedIn| {
        let page = NewSession {
            start: SessionStart::SignIn {
                account: signed_in.account.clone(),
                before: None,
            },
            hash: CredentialHash::of("a session"),
            user: signed_in.user.id,
            target: signed_in.target,
            lifetimes: Lifetimes {
                idle_s: 60,
                absolute_s: 60,
            },
            client: ClientInfo::default(),
        };
        let page = identity::open_session(&app.db, &page).await;
        let program = identity::open_api_session(&app.db, signed_in, &ClientInfo::default()).await;
        (
            page.err().map(|error| error.code()),
            program.err().map(|error| error.code()),
        )
    };
    let stolen = proven(PASSWORD).await;
    assert_eq!(change(&owner, PASSWORD, NEW).await.status, 303);
    let over = Some("auth.pending_over");
    assert_eq!(open(&stolen).await, (over, over));
    let sessions = "SELECT count(*) FROM sessions";
    assert_eq!(app.database.count(sessions).await, 1, "the owner's");
    assert_eq!(open(&proven(NEW).await).await, (None, None));
}

#[tokio::test]
async fn a_support_visit_changes_nobodys_password() {
    let app = test_app().await;
    let visitor = app.sign_in_platform_admin().await;
    let form = [("reason", "Asked for help with invoices")];
    visitor.post_form("/super/tenants/volt/visits", &form).await;
    assert_eq!(visitor.get("/account/password").await.status, 403);
    assert_eq!(change(&visitor, PASSWORD, NEW).await.status, 403);
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_with_a_link_that_works_once() {
    let app = test_app().await;
    let person = app.person(Role::Warehouse).await;
    let (browser, program) = (app.sign_in(&person).await, app.api(&person).await);
    let asked = ask(&app, &person.email.to_uppercase()).await;
    assert_eq!((asked.status, asked.location()), (303, "/login"));
    let secret = newest_secret(&app).await;
    assert_eq!(secret.len(), 43, "256 bits");
    let in_clear = format!("SELECT count(*) FROM account_mails m WHERE m::text LIKE '%{secret}%'");
    assert_eq!(app.database.count(&in_clear).await, 0);

    let link = format!("/new-password?token={secret}");
    for _ in 0..2 {
        assert_eq!(
            app.client().get(&link).await.status,
            200,
            "looking uses nothing up"
        );
    }
    let weak = choose(&app, &secret, "Password@123").await;
    assert_eq!(weak.status, 422);
    assert!(weak.body.contains("easy to guess"));
    let chosen = choose(&app, &secret, NEW).await;
    assert_eq!((chosen.status, chosen.location()), (303, "/login"));
    assert_eq!(browser.get("/admin").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    assert_eq!(sign_in(&app, &person, NEW).await, 303);

    let again = choose(&app, &secret, "another long password").await;
    assert_eq!(again.status, 404);
    assert!(again.body.contains("This link no longer works"));
    assert_eq!(app.client().get(&link).await.status, 404);
    assert_eq!(sign_in(&app, &person, NEW).await, 303);
}

#[tokio::test]
async fn a_password_that_is_chosen_with_a_link_is_made_of_none_of_the_persons_companies() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    for (slug, gstin, status) in [
        ("voltagewala", "29AMPCE5678B1ZI", "ACTIVE"),
        ("capacitorwala", "27AAPFU0939F1ZV", "SUSPENDED"),
    ] {
        let tenant = app.tenant(slug, gstin).await;
        app.make_member(&tenant, &person.email, Role::Sales, None)
            .await;
        let status = format!("UPDATE tenants SET status = '{status}' WHERE slug = '{slug}'");
        app.database.execute(&status).await;
    }
    ask(&app, &person.email).await;
    let secret = newest_secret(&app).await;
    for company in ["Voltagewala2026", "Capacitorwala2026"] {
        let refused = choose(&app, &secret, company).await;
        assert_eq!(refused.status, 422, "{company}");
        assert!(refused.body.contains("People who know you"), "{company}");
    }
    assert_eq!(choose(&app, &secret, NEW).await.status, 303);
}

#[tokio::test]
async fn two_who_use_a_link_at_once_do_not_both_set_a_password() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    ask(&app, &person.email).await;
    let secret = newest_secret(&app).await;
    let passwords = [NEW, "another long password"];
    let both = passwords.map(|password| choose(&app, &secret, password));
    let mut statuses: Vec<u16> = futures_util::future::join_all(both)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
}

#[tokio::test]
async fn an_older_link_ends_with_the_change_and_one_that_is_too_old_by_itself() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    ask(&app, &person.email).await;
    let first = newest_secret(&app).await;
    ask(&app, &person.email).await;
    let second = newest_secret(&app).await;
    assert_ne!(first, second);
    assert_eq!(choose(&app, &second, NEW).await.status, 303);
    assert_eq!(choose(&app, &first, PASSWORD).await.status, 404);

    ask(&app, &person.email).await;
    let third = newest_secret(&app).await;
    app.database
        .execute("UPDATE account_links SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(choose(&app, &third, PASSWORD).await.status, 404);
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account_and_a_mailbox_is_not_flooded() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let mails = "SELECT count(*) FROM account_mails";
    let (known, unknown) = (
        ask(&app, &person.email).await,
        ask(&app, "nobody@volt.test").await,
    );
    assert_eq!(known.set_cookies(), unknown.set_cookies());
    let gist = |answer: &Answer| {
        (
            answer.status,
            answer.location().to_owned(),
            answer.body.clone(),
        )
    };
    assert_eq!(gist(&known), gist(&unknown));
    assert_eq!(app.database.count(mails).await, 1);
    for _ in 0..5 {
        assert_eq!(gist(&ask(&app, &person.email).await), gist(&known));
    }
    assert_eq!(app.database.count(mails).await, 3);
}

#[tokio::test]
async fn a_person_who_must_wait_gets_in_with_a_link() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    for _ in 0..6 {
        sign_in(&app, &person, "wrong password!").await;
    }
    assert_eq!(sign_in(&app, &person, PASSWORD).await, 422);
    ask(&app, &person.email).await;
    let secret = newest_secret(&app).await;
    assert_eq!(choose(&app, &secret, NEW).await.status, 303);
    assert_eq!(sign_in(&app, &person, NEW).await, 303);
}

#[tokio::test]
async fn links_count_with_the_sign_ins_of_a_network() {
    let app = test_app_with(|config| config.sign_in.most_a_minute = 2).await;
    for _ in 0..2 {
        assert_eq!(ask(&app, "nobody@volt.test").await.status, 303);
    }
    let refused = ask(&app, "nobody@volt.test").await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    assert!(refused.body.contains(r#"value="nobody@volt.test""#));
}

#[tokio::test]
async fn the_api_has_the_same_way_back_in() {
    let app = test_app().await;
    let person = app.person(Role::Accounts).await;
    let (client, email) = (app.client(), json!({ "email": person.email }));
    let asked = client
        .post_json("/api/v1/auth/forgotten-password", &email)
        .await;
    assert_eq!((asked.status, asked.body.as_str()), (202, ""));
    let reset = json!({ "token": newest_secret(&app).await, "password": NEW });
    let path = "/api/v1/auth/new-password";
    assert_eq!(client.post_json(path, &reset).await.status, 204);
    let again = client.post_json(path, &reset).await;
    assert_eq!(
        (again.status, again.code()),
        (422, "account.link_over".to_owned())
    );
    assert_eq!(sign_in(&app, &person, NEW).await, 303);
}

#[tokio::test]
async fn the_worker_mails_the_link_and_forgets_its_secret() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    ask(&app, &person.email).await;
    let secret = newest_secret(&app).await;
    let worker = Program::worker(&app).queues("account-mail");
    worker.once().await;
    let sent = "SELECT count(*) FROM account_mails WHERE status = 'SENT' AND sealed_secret IS NULL";
    assert_eq!(app.database.count(sent).await, 1);
    let mails: Vec<_> = std::fs::read_dir(app.files.join("mail")).unwrap().collect();
    assert_eq!(mails.len(), 1);
    let mail = std::fs::read_to_string(mails[0].as_ref().unwrap().path()).unwrap();
    // The lines of a mail are wrapped with "=".
    let mail = mail
        .replace("=\r\n", "")
        .replace("=\n", "")
        .replace("=3D", "=");
    assert!(mail.contains(&person.email), "{mail}");
    assert!(
        mail.contains(&format!("/new-password?token={secret}")),
        "{mail}"
    );
    worker.once().await;
    let count = std::fs::read_dir(app.files.join("mail")).unwrap().count();
    assert_eq!(count, 1);
}
