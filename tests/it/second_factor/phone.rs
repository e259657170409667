//! The app on somebody's phone, and the steps that tests take with it.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use vitaran_core::identity::{self, SignIn, SignInError, SignInRules, SignedIn, WantedTenant};
use vitaran_core::throttle::Network;
use vitaran_kernel::Clock as _;
use vitaran_tests::{Answer, Client, PASSWORD, Person, TestApp};

pub(super) const PAGE: &str = "/account/second-factor";

pub(super) const NEW: &str = "tractor velvet ninety";

/// The app on somebody's phone, written after RFC 6238 without a look at ours.
pub(crate) struct Phone(pub(super) Vec<u8>);

impl Phone {
    /// Told the key as a person types it.
    pub(super) fn told(key: &str) -> Self {
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
    pub(super) fn wrong_code(&self, app: &TestApp) -> String {
        let right: u32 = self.code(app).parse().unwrap();
        format!("{:06}", (right + 500_000) % 1_000_000)
    }
}

pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
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
pub(super) fn codes_of(answer: &Answer) -> Vec<String> {
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

pub(super) async fn log_in(app: &TestApp, person: &Person, code: Option<&str>) -> Answer {
    let mut body = json!({ "email": person.email, "password": person.password });
    if let Some(code) = code {
        body["code"] = Value::from(code);
    }
    app.client().post_json("/api/v1/auth/login", &body).await
}

/// The password was looked at; nothing is open yet.
pub(super) async fn proven(app: &TestApp, person: &Person) -> Result<SignedIn, SignInError> {
    let input = SignIn {
        email: person.email.clone(),
        password: person.password.clone(),
        tenant: WantedTenant::First,
    };
    identity::sign_in(&app.db, SignInRules::DEFAULT, input, Network::local()).await
}

pub(super) async fn mails(app: &TestApp, person: &Person, kind: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM account_mails WHERE kind = '{kind}' AND recipient = '{}'",
        person.email
    );
    app.database.count(&sql).await
}

pub(super) async fn told(app: &TestApp, action: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM audit_log WHERE action = '{action}'");
    app.database.count(&sql).await
}

pub(super) async fn user_id(app: &TestApp, person: &Person) -> String {
    let sql = format!("SELECT id FROM users WHERE email = '{}'", person.email);
    app.database.id(&sql).await.to_string()
}
