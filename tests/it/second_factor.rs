//! The second factor: set up, asked for at every sign-in, asked of whole roles, lost and reset.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use vitaran_core::access::Role;
use vitaran_core::identity::{
    self, ClientInfo, SignIn, SignInError, SignInRules, SignedIn, WantedTenant,
};
use vitaran_core::problem::Problem as _;
use vitaran_core::secrets::SecretKey;
use vitaran_core::throttle::Network;
use vitaran_kernel::Clock as _;
use vitaran_tests::process::Program;
use vitaran_tests::{
    Answer, Client, PASSWORD, Person, SECRET_KEY, TestApp, test_app, test_app_with,
};

const PAGE: &str = "/account/second-factor";
const NEW: &str = "tractor velvet ninety";

/// The app on somebody's phone, written after RFC 6238 without a look at ours.
pub(crate) struct Phone(Vec<u8>);

impl Phone {
    /// Told the key as a person types it.
    fn told(key: &str) -> Self {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits: String = key
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| format!("{:05b}", alphabet.find(c).expect("base32")))
            .collect();
        let bytes = bits.as_bytes().chunks(8).map(|byte| {
            let byte = std::str::from_utf8(byte).unwrap();
            u8::from_str_radix(byte, 2).unwrap()
        });
        Phone(bytes.collect())
    }

    pub(crate) fn code(&self, app: &TestApp) -> String {
        let step = app.clock.now().timestamp() / 30;
        let mut mac = <Hmac<Sha1> as hmac::Mac>::new_from_slice(&self.0).unwrap();
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] % 16);
        let word = digest[offset..offset + 4].try_into().unwrap();
        format!(
            "{:06}",
            (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
        )
    }

    /// The next code: the one before was used.
    pub(crate) fn next_code(&self, app: &TestApp) -> String {
        app.clock.advance(chrono::TimeDelta::seconds(30));
        self.code(app)
    }

    /// Six digits that are no code of now.
    fn wrong_code(&self, app: &TestApp) -> String {
        let right: u32 = self.code(app).parse().unwrap();
        format!("{:06}", (right + 500_000) % 1_000_000)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

/// Begins at the page and gives the phone its key.
pub(crate) async fn begin(client: &Client) -> Phone {
    let begun = client.post_form(PAGE, &[]).await;
    assert_eq!((begun.status, begun.location()), (303, PAGE));
    let page = client.get(PAGE).await.body;
    assert!(page.contains("class=\"qr\"") && page.contains("autocomplete=\"one-time-code\""));
    let key = between(&page, "secret=", "&amp;").to_owned();
    let groups: Vec<_> = key
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    assert!(
        page.contains(&groups.join(" ")),
        "the key is there to be typed"
    );
    Phone::told(&key)
}

pub(crate) async fn prove(client: &Client, deed: &str, password: &str, code: &str) -> Answer {
    let form = [("password", password), ("code", code)];
    client.post_form(&format!("{PAGE}/{deed}"), &form).await
}

/// Somebody in this role with a second factor: phone, recovery codes, and the browser it was done in.
pub(crate) async fn protect(app: &TestApp, person: &Person) -> (Phone, Vec<String>, Client) {
    let client = app.sign_in(person).await;
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(app)).await;
    assert_eq!(on.status, 200, "{}", on.body);
    (phone, codes_of(&on), client)
}

/// The recovery codes on a page.
fn codes_of(answer: &Answer) -> Vec<String> {
    let list = between(&answer.body, "<ol class=\"codes\">", "</ol>");
    let parts = list.split(['<', '>']);
    parts
        .filter(|part| part.len() == 29)
        .map(str::to_owned)
        .collect()
}

/// The password alone, in a new browser.
pub(crate) async fn first_step(app: &TestApp, person: &Person) -> (Client, Answer) {
    let client = app.client();
    let form = [
        ("email", person.email.as_str()),
        ("password", person.password.as_str()),
        ("next", "/account/sessions"),
    ];
    let answer = client.post_form("/login", &form).await;
    (client, answer)
}

pub(crate) async fn second_step(client: &Client, code: &str) -> Answer {
    let form = [("code", code), ("next", "/account/sessions")];
    client.post_form("/login/code", &form).await
}

async fn log_in(app: &TestApp, person: &Person, code: Option<&str>) -> Answer {
    let mut body = json!({ "email": person.email, "password": person.password });
    if let Some(code) = code {
        body["code"] = Value::from(code);
    }
    app.client().post_json("/api/v1/auth/login", &body).await
}

/// The password was looked at; nothing is open yet.
async fn proven(app: &TestApp, person: &Person) -> Result<SignedIn, SignInError> {
    let input = SignIn {
        email: person.email.clone(),
        password: person.password.clone(),
        tenant: WantedTenant::First,
    };
    identity::sign_in(&app.db, SignInRules::DEFAULT, input, Network::local()).await
}

async fn mails(app: &TestApp, person: &Person, kind: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM account_mails WHERE kind = '{kind}' AND recipient = '{}'",
        person.email
    );
    app.database.count(&sql).await
}

async fn told(app: &TestApp, action: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM audit_log WHERE action = '{action}'");
    app.database.count(&sql).await
}

async fn user_id(app: &TestApp, person: &Person) -> String {
    let sql = format!("SELECT id FROM users WHERE email = '{}'", person.email);
    app.database.id(&sql).await.to_string()
}

// At the account ----------------------------------------------------------------------------------------------------

#[tokio::test]
async fn it_is_on_once_password_and_first_code_are_right_and_all_other_devices_are_out() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (here, elsewhere) = (app.sign_in(&person).await, app.sign_in(&person).await);
    let program = app.api(&person).await;
    assert!(here.get(PAGE).await.body.contains("It is off"));
    let phone = begin(&here).await;
    for (password, code, says) in [
        ("", "", "Enter your password"),
        (PASSWORD, "12345", "A code has 6 digits"),
        (
            "not it",
            phone.code(&app).as_str(),
            "This is not your password",
        ),
        (
            PASSWORD,
            phone.wrong_code(&app).as_str(),
            "This code does not work",
        ),
    ] {
        let refused = prove(&here, "confirmation", password, code).await;
        assert_eq!(refused.status, 422, "{says}");
        assert!(refused.body.contains(says), "{says}");
        assert!(
            refused.body.contains("class=\"qr\""),
            "the app can still be told"
        );
        assert!(!refused.body.contains(&format!("value=\"{PASSWORD}\"")));
    }
    let before = here.cookie("sid").unwrap();
    let on = prove(&here, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!((on.status, codes_of(&on).len()), (200, 10), "{}", on.body);
    assert_ne!(here.cookie("sid").unwrap(), before, "a new id");
    assert_eq!(here.get("/admin/orders").await.status, 200);
    assert_eq!(elsewhere.get("/admin/orders").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    let page = here.get(PAGE).await.body;
    assert!(
        page.contains("10 of 10") && !page.contains("secret="),
        "{page}"
    );
    assert!(
        codes_of(&on)
            .iter()
            .all(|code| !page.contains(code.as_str()))
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_ON").await, 1);
    assert_eq!(told(&app, "identity.second_factor.on").await, 1);
    let again = prove(&here, "confirmation", PASSWORD, &phone.next_code(&app)).await;
    assert_eq!(again.status, 303, "it is on already");
}

#[tokio::test]
async fn neither_the_key_nor_a_recovery_code_is_stored_in_clear() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    let begun = app.api(&person).await;
    let begun = begun
        .post_json("/api/v1/me/second-factor", &Value::Null)
        .await;
    let key = begun.json()["secret"].as_str().unwrap().replace(' ', "");
    let phone = Phone::told(&key);
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    let sealed = "SELECT sealed_secret AS text FROM second_factors";
    let sealed = app.database.text(sealed).await;
    assert!(sealed.starts_with("k1.") && !sealed.contains(&key));
    let hashes = "SELECT string_agg(encode(code_hash, 'hex') || encode(code_hash, 'escape'), ' ') AS text FROM recovery_codes";
    let hashes = app.database.text(hashes).await;
    for code in codes_of(&on) {
        assert!(!hashes.contains(&code) && !hashes.contains(&code.replace('-', "")));
    }
}

#[tokio::test]
async fn who_begins_again_gets_another_key_and_the_first_one_switches_nothing_on() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    let (first, second) = (begin(&client).await, begin(&client).await);
    assert_ne!(first.0, second.0);
    let refused = prove(&client, "confirmation", PASSWORD, &first.code(&app)).await;
    assert_eq!(refused.status, 422);
    let on = prove(&client, "confirmation", PASSWORD, &second.code(&app)).await;
    assert_eq!(on.status, 200);
}

#[tokio::test]
async fn a_key_that_is_not_confirmed_in_ten_minutes_is_shown_no_more_and_switches_nothing_on() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (client, program) = (app.sign_in(&person).await, app.api(&person).await);
    let late = begin(&client).await;
    let age = "UPDATE second_factors SET created_at = created_at - interval '10 minutes'";
    app.database.execute(age).await;
    let page = client.get(PAGE).await.body;
    assert!(page.contains("It is off") && !page.contains("secret="));
    let standing = program.get("/api/v1/me/second-factor").await.json();
    assert_eq!(standing["status"], "OFF");
    let refused = prove(&client, "confirmation", PASSWORD, &late.code(&app)).await;
    assert_eq!((refused.status, refused.location()), (303, PAGE));
    let on = "SELECT count(*) FROM second_factors WHERE confirmed_at IS NOT NULL";
    assert_eq!(app.database.count(on).await, 0);
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200, "{}", on.body);
}

#[tokio::test]
async fn switching_off_needs_password_and_code_and_is_told_by_mail() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, client) = protect(&app, &person).await;
    assert_eq!(client.get(&format!("{PAGE}/removal")).await.status, 200);
    let code = phone.next_code(&app);
    for (password, code) in [
        ("not it", code.as_str()),
        (PASSWORD, &phone.wrong_code(&app)),
    ] {
        assert_eq!(prove(&client, "removal", password, code).await.status, 422);
    }
    let off = prove(&client, "removal", PASSWORD, &code).await;
    assert_eq!((off.status, off.location()), (303, PAGE));
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_OFF").await, 1);
    assert_eq!(told(&app, "identity.second_factor.off").await, 1);
    let left = "SELECT count(*) FROM recovery_codes";
    assert_eq!(app.database.count(left).await, 0);
    app.sign_in(&person).await;
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, old, client) = protect(&app, &person).await;
    let renewed = prove(&client, "recovery-codes", PASSWORD, &phone.next_code(&app)).await;
    let new = codes_of(&renewed);
    assert_eq!((renewed.status, new.len()), (200, 10), "{}", renewed.body);
    let (browser, _) = first_step(&app, &person).await;
    assert_eq!(second_step(&browser, &old[0]).await.status, 422);
    assert_eq!(second_step(&browser, &new[0]).await.status, 303);
}

#[tokio::test]
async fn a_support_visit_touches_nobodys_second_factor() {
    let app = test_app().await;
    let visitor = app.sign_in_platform_admin().await;
    let form = [("reason", "Asked for help with invoices")];
    visitor.post_form("/super/tenants/volt/visits", &form).await;
    for path in [PAGE, &format!("{PAGE}/removal")] {
        assert_eq!(visitor.get(path).await.status, 403, "{path}");
    }
    assert_eq!(visitor.post_form(PAGE, &[]).await.status, 403);
}

// At sign-in --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn between_password_and_code_nobody_is_signed_in() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let (phone, ..) = protect(&app, &person).await;
    let (client, first) = first_step(&app, &person).await;
    let to = "/login/code?next=%2Faccount%2Fsessions";
    assert_eq!((first.status, first.location()), (303, to));
    assert!(client.cookie("sid").is_none(), "no session");
    let cookies = first.set_cookies().concat();
    assert!(
        cookies.contains("HttpOnly") && cookies.contains("Max-Age=300"),
        "{cookies}"
    );
    for path in ["/", "/admin", "/account/sessions", PAGE, "/switch-tenant"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location().starts_with("/login"), "{path}");
    }
    let secret = client.cookie("pending").unwrap();
    let as_session = app.client();
    as_session.set_cookie("sid", &secret);
    assert_eq!(as_session.get("/admin").await.status, 303);
    assert_eq!(
        app.client().bearer(&secret).get("/api/v1/me").await.status,
        401
    );

    let page = client.get(to).await;
    let wanted = [
        "autocomplete=\"one-time-code\"",
        "inputmode=\"numeric\"",
        "autofocus",
    ];
    assert!(
        wanted.iter().all(|part| page.body.contains(part)),
        "{}",
        page.body
    );
    let wrong = second_step(&client, &phone.wrong_code(&app)).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("This code does not work"));
    let right = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((right.status, right.location()), (303, "/account/sessions"));
    assert_eq!(client.get("/admin").await.status, 200);
    assert_eq!(
        client.get("/login/code").await.location(),
        "/login",
        "its secret is gone"
    );
}

#[tokio::test]
async fn a_code_works_once_and_of_two_at_once_one_gets_in() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let (one, _) = first_step(&app, &person).await;
    let (other, _) = first_step(&app, &person).await;
    let refused = second_step(&one, &phone.code(&app)).await;
    assert_eq!(refused.status, 422, "it switched the second factor on");
    let code = phone.next_code(&app);
    let both = tokio::join!(second_step(&one, &code), second_step(&other, &code));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    // The second also finds its own sign-in over, which the first has ended.
    assert!(matches!(statuses, [303, 422] | [303, 303]), "{statuses:?}");
    let inside = [&one, &other].map(|client| client.cookie("sid").is_some());
    assert!(inside[0] != inside[1], "one got in: {inside:?}");
    assert_eq!(
        log_in(&app, &person, Some(&code)).await.code(),
        "auth.wrong_code"
    );
}

#[tokio::test]
async fn wrong_codes_are_tries_at_the_account_and_cannot_be_gone_on_with() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    app.clock.advance(chrono::TimeDelta::seconds(30));
    // The password was the first try, and is a failure until a code is right.
    let (client, _) = first_step(&app, &person).await;
    for _ in 0..4 {
        let wrong = second_step(&client, &phone.wrong_code(&app)).await;
        assert_eq!(wrong.status, 422);
    }
    let right = second_step(&client, &phone.code(&app)).await;
    assert_eq!(right.status, 422, "nothing is looked at any more");
    let (_, again) = first_step(&app, &person).await;
    assert_eq!(again.status, 422, "nor the password");
    app.database
        .execute("UPDATE sign_in_tries SET delayed_until = now()")
        .await;
    assert_eq!(second_step(&client, &phone.code(&app)).await.status, 303);
}

#[tokio::test]
async fn the_right_password_again_and_again_buys_no_more_codes() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let mut refused = Vec::new();
    for _ in 0..8 {
        refused.push(
            log_in(&app, &person, Some(&phone.wrong_code(&app)))
                .await
                .code(),
        );
    }
    let looked_at = refused
        .iter()
        .filter(|code| *code == "auth.wrong_code")
        .count();
    assert_eq!(looked_at, 5, "{refused:?}");
    assert_eq!(refused[7], "auth.wrong_credentials");
}

#[tokio::test]
async fn the_right_password_at_an_invitation_clears_no_failures_either() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let invited = format!(
        "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
         SELECT tenant_id, gen_random_uuid(), '{}', 'SALES', sha256('known'), id, now(), now() + interval '7 days' \
         FROM memberships WHERE tenant_id = '{}' AND role = 'ADMIN'",
        person.email, other.tenant.id
    );
    app.database.execute(&invited).await;
    for _ in 0..4 {
        let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
        assert_eq!(wrong.code(), "auth.wrong_code");
    }
    let form = [("token", "known"), ("password", PASSWORD)];
    let accepted = app.client().post_form("/invitation", &form).await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(wrong.code(), "auth.wrong_credentials", "the account waits");
}

#[tokio::test]
async fn the_right_password_at_its_change_clears_no_failures_either() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    for _ in 0..4 {
        let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
        assert_eq!(wrong.code(), "auth.wrong_code");
    }
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let person = Person {
        password: NEW.to_owned(),
        ..person
    };
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(wrong.code(), "auth.wrong_credentials", "the account waits");
}

#[tokio::test]
async fn codes_and_passwords_at_the_account_count_with_the_sign_ins_of_a_network() {
    let app = test_app_with(|config| config.sign_in.most_a_minute = 4).await;
    let person = app.person(Role::Sales).await;
    // Signing in and switching it on are two.
    let (phone, _, inside) = protect(&app, &person).await;
    let (client, _) = first_step(&app, &person).await;
    let wrong = second_step(&client, &phone.wrong_code(&app)).await;
    assert_eq!(wrong.status, 422);
    // Nothing is looked at, so it need not be a fresh one.
    let code = phone.code(&app);
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    for refused in [
        second_step(&client, &code).await,
        prove(&inside, "removal", PASSWORD, &code).await,
        inside.post_form("/account/password", &form).await,
    ] {
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert!(refused.header("retry-after").is_some());
        assert!(refused.body.contains("came from your network"));
    }
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
}

#[tokio::test]
async fn the_wrong_distributor_with_the_right_password_and_code_is_no_failed_try() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let code = phone.next_code(&app);
    let log_in = async |tenant: &str| {
        let body =
            json!({ "email": person.email, "password": PASSWORD, "code": code, "tenant": tenant });
        app.client().post_json("/api/v1/auth/login", &body).await
    };
    for _ in 0..6 {
        let refused = log_in("vlot").await;
        assert_eq!(refused.code(), "auth.wrong_credentials");
    }
    let inside = log_in("volt").await;
    assert_eq!(inside.status, 200, "{}", inside.body);
    assert_eq!(log_in("volt").await.code(), "auth.wrong_code", "once");
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_its_use_is_told() {
    let app = test_app().await;
    let person = app.person(Role::Accounts).await;
    let (_, codes, client) = protect(&app, &person).await;
    let (browser, _) = first_step(&app, &person).await;
    let typed = codes[3].to_lowercase().replace('-', " ");
    assert_eq!(second_step(&browser, &typed).await.status, 303);
    assert!(client.get(PAGE).await.body.contains("9 of 10"));
    assert_eq!(mails(&app, &person, "RECOVERY_CODE_USED").await, 1);
    let action = "identity.second_factor.recovery_code_used";
    assert_eq!(told(&app, action).await, 1);
    let (browser, _) = first_step(&app, &person).await;
    assert_eq!(second_step(&browser, &typed).await.status, 422);
}

#[tokio::test]
async fn a_sign_in_waits_five_minutes_and_not_beyond_a_change_of_the_password() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    let (client, _) = first_step(&app, &person).await;
    app.database
        .execute("UPDATE pending_sign_ins SET expires_at = now() - interval '1 second'")
        .await;
    let over = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((over.status, over.location()), (303, "/login"));

    let (client, _) = first_step(&app, &person).await;
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let over = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((over.status, over.location()), (303, "/login"));
}

#[tokio::test]
async fn a_sign_in_under_way_without_it_opens_nothing_once_it_is_on() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let signed_in = proven(&app, &person).await.expect("the password alone");
    protect(&app, &person).await;
    let refused = identity::open_api_session(&app.db, &signed_in, &ClientInfo::default()).await;
    assert_eq!(refused.err().unwrap().code(), "auth.pending_over");
    let sessions = "SELECT count(*) FROM sessions";
    assert_eq!(app.database.count(sessions).await, 1, "where it was set up");
}

#[tokio::test]
async fn a_first_step_under_way_leads_to_no_code_once_the_password_is_another() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    let Err(SignInError::SecondFactorRequired(half)) = proven(&app, &person).await else {
        panic!("half a sign-in");
    };
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let waiting = identity::wait_for_code(&app.db, &half).await;
    assert_eq!(waiting.err().unwrap().code(), "auth.pending_over");
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    let code = phone.next_code(&app);
    let finished = identity::finish_at_once(&app.db, &key, *half, &code).await;
    assert_eq!(finished.err().unwrap().code(), "auth.pending_over");
}

#[tokio::test]
async fn a_program_sends_password_and_code_together_and_refreshes_without() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let without = log_in(&app, &person, None).await;
    let required = (401, "auth.second_factor_required".to_owned());
    assert_eq!((without.status, without.code()), required);
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (401, "auth.wrong_code".to_owned())
    );
    let stranger = Person {
        password: "not it".to_owned(),
        ..person.clone()
    };
    let refused = log_in(&app, &stranger, Some(&phone.next_code(&app))).await;
    assert_eq!(
        refused.code(),
        "auth.wrong_credentials",
        "no word of the second factor"
    );

    let tokens = log_in(&app, &person, Some(&phone.code(&app))).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let refresh = json!({ "refresh_token": tokens.json()["refresh_token"] });
    let next = app
        .client()
        .post_json("/api/v1/auth/refresh", &refresh)
        .await;
    assert_eq!(next.status, 200, "{}", next.body);
}

#[tokio::test]
async fn a_forgotten_password_opens_no_way_around_it() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    protect(&app, &person).await;
    let hash = "UPDATE account_links SET token_hash = sha256('known')";
    app.client()
        .post_form("/forgotten-password", &[("email", &person.email)])
        .await;
    app.database.execute(hash).await;
    let form = [("token", "known"), ("password", NEW)];
    let chosen = app.client().post_form("/new-password", &form).await;
    assert_eq!((chosen.status, chosen.location()), (303, "/login"));
    let person = Person {
        password: NEW.to_owned(),
        ..person
    };
    let (client, first) = first_step(&app, &person).await;
    assert!(first.location().starts_with("/login/code"));
    assert_eq!(client.get("/admin").await.status, 303);
    assert_eq!(
        log_in(&app, &person, None).await.code(),
        "auth.second_factor_required"
    );
}

#[tokio::test]
async fn a_program_sets_it_up_too() {
    let app = test_app().await;
    let person = app.person(Role::Dealer).await;
    let (program, other) = (app.api(&person).await, app.api(&person).await);
    let path = "/api/v1/me/second-factor";
    assert_eq!(program.get(path).await.json()["status"], "OFF");
    let begun = program.post_json(path, &Value::Null).await.json();
    assert_eq!(program.get(path).await.json()["status"], "BEING_SET_UP");
    let phone = Phone::told(begun["secret"].as_str().unwrap());
    let proof = |code: String| json!({ "password": PASSWORD, "code": code });
    let confirmation = format!("{path}/confirmation");
    let wrong = program
        .post_json(&confirmation, &proof(phone.wrong_code(&app)))
        .await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (422, "account.wrong_code".to_owned())
    );
    let on = program
        .post_json(&confirmation, &proof(phone.code(&app)))
        .await;
    assert_eq!(on.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(other.get("/api/v1/me").await.status, 401);
    let standing = program.get(path).await.json();
    assert_eq!(
        (&standing["status"], &standing["recovery_codes_left"]),
        (&json!("ON"), &json!(10))
    );
    let renewed = format!("{path}/recovery-codes");
    let renewed = program
        .post_json(&renewed, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(
        renewed.json()["recovery_codes"].as_array().unwrap().len(),
        10
    );
    let removal = format!("{path}/removal");
    let off = program
        .post_json(&removal, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(off.status, 204, "{}", off.body);
    let off = program
        .post_json(&removal, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(
        (off.status, off.code()),
        (409, "account.second_factor_off".to_owned())
    );
}

// Asked of roles ----------------------------------------------------------------------------------------------------

/// Asks it of a built-in role, at the page.
async fn ask_of(admin: &Client, role: &str, version: &str) -> Answer {
    let form = [("roles", role), ("version", version)];
    admin.post_form("/admin/second-factor", &form).await
}

#[tokio::test]
async fn who_must_have_one_is_led_to_it_from_everywhere_and_reaches_nothing_else_before() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    let (client, program) = (app.sign_in(&person).await, app.api(&person).await);
    assert_eq!(ask_of(&admin, "SALES", "1").await.status, 303);
    assert_eq!(
        admin.get("/admin").await.status,
        200,
        "it is asked of others"
    );
    let open = [
        "/login",
        "/logout",
        "/preferences",
        "/switch-tenant",
        "/forgotten-password",
        "/new-password",
        PAGE,
    ];
    let (mut pages, mut operations) = (0, 0);
    for (method, address) in vitaran_web::router::routes() {
        let id = uuid::Uuid::now_v7().to_string();
        let path = address.replace(":id", &id).replace("{id}", &id);
        if path.contains([':', '{', '*']) || !path.starts_with('/') {
            continue;
        }
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        if path.starts_with("/api/v1/") {
            let is_open = path.starts_with("/api/v1/auth/")
                || path.starts_with("/api/v1/me/second-factor")
                || path == "/api/v1/health";
            if !is_open {
                let request = program.request(method, &path).json(&json!({}));
                let answer = program.send(request).await;
                let found = (answer.status, answer.code());
                // What the document forbids is refused before anybody is asked for.
                let is_refused = found == (403, "access.second_factor_missing".to_owned())
                    || answer.status == 400;
                assert!(is_refused, "{path}: {found:?}");
                operations += usize::from(answer.status == 403);
            }
        } else if !open
            .iter()
            .any(|way| path == *way || path.starts_with(&format!("{way}/")))
            && !["/assets", "/webhooks", "/health", "/api", "/developers/try"]
                .iter()
                .any(|other| path.starts_with(other))
        {
            let request = client
                .request(method, &path)
                .header("sec-fetch-site", "same-origin")
                .form(&[("a", "b")]);
            let answer = client.send(request).await;
            assert_eq!((answer.status, answer.location()), (303, PAGE), "{path}");
            pages += 1;
        }
    }
    assert!(
        pages > 100 && operations > 20,
        "{pages} pages, {operations} operations"
    );
    let part = client.htmx().get("/admin/orders").await;
    assert_eq!(part.header("hx-redirect"), Some(PAGE));

    let page = client.get(PAGE).await;
    assert!(
        page.body.contains("Your role needs a second factor"),
        "{}",
        page.body
    );
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200);
    assert_eq!(client.get("/admin/orders").await.status, 200);
    let tokens = log_in(&app, &person, Some(&phone.next_code(&app))).await;
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let program = app.client().bearer(token);
    assert_eq!(program.get("/api/v1/orders").await.status, 200);
}

#[tokio::test]
async fn a_built_in_role_stands_for_those_that_grew_from_it_and_an_own_one_for_itself() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let (tenant, role) = (app.tenant.tenant.id, uuid::Uuid::now_v7());
    let sql = format!(
        "INSERT INTO roles (tenant_id, id, name, base, permissions) VALUES ('{tenant}', '{role}', 'Clerks', 'SALES', ARRAY['sales.orders.read'])"
    );
    app.database.execute(&sql).await;
    let (clerk, seller) = (app.person(Role::Sales).await, app.person(Role::Sales).await);
    let user = user_id(&app, &clerk).await;
    let sql = format!("UPDATE memberships SET role_id = '{role}' WHERE user_id = '{user}'");
    app.database.execute(&sql).await;
    let (clerk, seller) = (app.sign_in(&clerk).await, app.sign_in(&seller).await);
    let is_led = async |client: &Client| client.get("/admin/orders").await.location() == PAGE;

    let path = "/api/v1/second-factor-rules";
    let set = async |version: u32, body: Value| {
        let request = admin.request(reqwest::Method::PUT, path);
        let request = request
            .header("if-match", format!("\"v{version}\""))
            .json(&body);
        admin.send(request).await
    };
    let own = set(1, json!({ "roles": [], "role_ids": [role] })).await;
    assert_eq!((own.status, own.version()), (200, Some(2)), "{}", own.body);
    assert_eq!((is_led(&clerk).await, is_led(&seller).await), (true, false));
    let base = set(2, json!({ "roles": ["SALES"], "role_ids": [] })).await;
    assert_eq!(base.status, 200, "{}", base.body);
    assert_eq!((is_led(&clerk).await, is_led(&seller).await), (true, true));
    assert_eq!(admin.get(path).await.json()["roles"], json!(["SALES"]));
    let stale = set(2, json!({ "roles": [], "role_ids": [] })).await;
    assert_eq!(
        (stale.status, stale.code()),
        (412, "second_factor_rules.stale".to_owned())
    );
    let unknown = set(
        3,
        json!({ "roles": [], "role_ids": [uuid::Uuid::now_v7()] }),
    )
    .await;
    assert_eq!(unknown.status, 422);
    let none = set(3, json!({ "roles": [], "role_ids": [] })).await;
    assert_eq!(none.status, 200);
    assert_eq!(
        (is_led(&clerk).await, is_led(&seller).await),
        (false, false)
    );
    assert_eq!(told(&app, "identity.second_factor.rules").await, 3);
}

#[tokio::test]
async fn what_is_asked_by_one_distributor_is_not_asked_by_another() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    let admin = app.sign_in_as(Role::Admin).await;
    ask_of(&admin, "SALES", "1").await;
    let client = app.sign_in(&person).await;
    assert_eq!(
        client.get("/admin/orders").await.status,
        200,
        "in at Ampere"
    );
    client
        .post_form("/switch-tenant", &[("tenant", "volt")])
        .await;
    assert_eq!(client.get("/admin/orders").await.location(), PAGE);
    client
        .post_form("/switch-tenant", &[("tenant", "ampere")])
        .await;
    assert_eq!(client.get("/admin/orders").await.status, 200);
}

#[tokio::test]
async fn the_platforms_own_people_must_have_one_where_the_configuration_says_so() {
    let app = test_app_with(|config| config.platform_second_factor = true).await;
    let client = app.sign_in_platform_admin().await;
    assert_eq!(client.get("/super").await.location(), PAGE);
    let form = [("reason", "Asked for help with invoices")];
    let visit = client.post_form("/super/tenants/volt/visits", &form).await;
    assert_eq!(visit.location(), PAGE);
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200, "{}", on.body);
    assert_eq!(client.get("/super").await.status, 200);
    assert_eq!(
        app.sign_in_as(Role::Admin).await.get("/admin").await.status,
        200
    );
}

// Lost --------------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_administrator_takes_it_off_a_colleague_who_is_told() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    protect(&app, &person).await;
    let user = user_id(&app, &person).await;
    let list = admin.get(&format!("/admin/sessions?user={user}")).await;
    let path = format!("/admin/users/{user}/second-factor/removal");
    assert!(list.body.contains(&path), "the way there");
    assert!(
        admin
            .get(&path)
            .await
            .body
            .contains("Reset the second factor of")
    );
    assert_eq!(admin.post_form(&path, &[]).await.status, 303);
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    assert_eq!(told(&app, "identity.second_factor.reset").await, 1);
    app.sign_in(&person).await;
    let admin = app.api_as(Role::Admin).await;
    let again = format!("/api/v1/users/{user}/second-factor/removal");
    let again = admin.post_json(&again, &Value::Null).await;
    assert_eq!(
        (again.status, again.code()),
        (409, "identity.second_factor_off".to_owned())
    );
}

#[tokio::test]
async fn the_command_takes_it_off_anybody_who_is_told_by_mail_and_their_distributors_by_the_log() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    protect(&app, &person).await;
    let reset = |email: String| {
        let arguments = ["user", "reset-second-factor", "--email", &email];
        let program = Program::vitaran(&app.database, &arguments);
        async move { program.answer().await }
    };
    let said = reset(person.email.clone()).await.unwrap();
    assert_eq!(
        said.trim(),
        format!("{} has no second factor now", person.email)
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    let told =
        "SELECT by_name AS text FROM audit_log WHERE action = 'identity.second_factor.reset'";
    assert_eq!(app.database.text(told).await, "vitaran command");
    app.sign_in(&person).await;

    let again = reset(person.email.clone()).await.unwrap();
    assert_eq!(
        again.trim(),
        format!("{} had no second factor", person.email)
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    let unknown = reset("nobody@volt.test".to_owned()).await;
    assert!(unknown.is_err(), "{unknown:?}");
}

#[tokio::test]
async fn nobody_takes_off_their_own_that_of_somebody_greater_or_of_somebody_who_works_elsewhere_too()
 {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let (boss, both) = (app.person(Role::Admin).await, app.person(Role::Sales).await);
    app.make_member(&other, &both.email, Role::Sales, None)
        .await;
    let (phone, ..) = protect(&app, &boss).await;
    protect(&app, &both).await;
    let tokens = log_in(&app, &boss, Some(&phone.next_code(&app))).await;
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let boss_api = app.client().bearer(token);
    let clerk = app.person(Role::Sales).await;
    let (tenant, role) = (app.tenant.tenant.id, uuid::Uuid::now_v7());
    let clerk_id = user_id(&app, &clerk).await;
    let sql = format!(
        "INSERT INTO roles (tenant_id, id, name, base, permissions) VALUES ('{tenant}', '{role}', 'Desk', 'SALES', ARRAY['platform.users.write']); \
         UPDATE memberships SET role_id = '{role}' WHERE user_id = '{clerk_id}'"
    );
    app.database.execute(&sql).await;
    let clerk = app.api(&clerk).await;
    let (boss_id, both_id) = (user_id(&app, &boss).await, user_id(&app, &both).await);
    for (by, user, code) in [
        (&boss_api, &boss_id, "identity.second_factor_own"),
        (&boss_api, &both_id, "identity.works_elsewhere"),
        (&clerk, &boss_id, "identity.beyond_yours"),
    ] {
        let path = format!("/api/v1/users/{user}/second-factor/removal");
        let refused = by.post_json(&path, &Value::Null).await;
        assert_eq!((refused.status, refused.code()), (422, code.to_owned()));
    }
    let left = "SELECT count(*) FROM second_factors";
    assert_eq!(app.database.count(left).await, 2);
}

#[tokio::test]
async fn who_was_switched_off_here_and_works_elsewhere_keeps_it() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    protect(&app, &person).await;
    let (user, here) = (user_id(&app, &person).await, app.tenant.tenant.id);
    let off = format!(
        "UPDATE memberships SET is_active = false WHERE user_id = '{user}' AND tenant_id = '{here}'"
    );
    app.database.execute(&off).await;
    let (page, program) = (
        app.sign_in_as(Role::Admin).await,
        app.api_as(Role::Admin).await,
    );
    let path = format!("/users/{user}/second-factor/removal");
    let refused = program
        .post_json(&format!("/api/v1{path}"), &Value::Null)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (404, "identity.member_not_found".to_owned())
    );
    let path = format!("/admin{path}");
    assert_eq!(page.get(&path).await.status, 404);
    assert_eq!(page.post_form(&path, &[]).await.status, 404);
    let left = "SELECT count(*) FROM second_factors";
    assert_eq!(app.database.count(left).await, 1);
}
