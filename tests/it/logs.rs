//! What the logs of the real web and worker do not say.

use aho_corasick::AhoCorasick;
use regex::RegexSet;
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::meta::{Meta, Reply, TOKEN};
use vitaran_tests::overheard::{self, LOUD};
use vitaran_tests::process::Program;
use vitaran_tests::{Client, Database, PASSWORD, SECRET_KEY, test_app};

use crate::meta::has_phone;

const WRONG_PASSWORD: &str = "a-wrong-password-of-mine";
const PHONE: &str = "9876512345";

#[tokio::test]
async fn the_logs_of_a_day_name_no_password_no_session_no_token_and_no_phone_number() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let cable = flow.product("CABLE", 9).await;
    let buyer = flow.buyer(100_000).await;
    has_phone(&app, buyer, &format!("+91{PHONE}")).await;
    let (sales, packers) = (
        app.person(Role::Sales).await,
        app.person(Role::Warehouse).await,
    );
    let mut secrets = vec![
        ("a password", PASSWORD.to_owned()),
        ("a wrong password", WRONG_PASSWORD.to_owned()),
        ("the provider's token", TOKEN.to_owned()),
        ("the key of the secrets", SECRET_KEY[3..].to_owned()),
        ("a phone number", PHONE.to_owned()),
        ("a database's address", app.database.url_of("app_user")),
        ("a database's address", app.database.url_of("app_worker")),
    ];
    secrets.extend(Database::password_of_roles().map(|password| ("a database password", password)));

    let program = Program::web(&app).with("RUST_LOG", LOUD);
    let web = program.serve().await;
    let worker = meta.worker(&app).with("RUST_LOG", LOUD).start();
    let browser = Client::new(program.base());
    let sign_in = async |password: &str| {
        let fields = [("email", &*sales.email), ("password", password)];
        browser.post_form("/login", &fields).await.status
    };
    assert_eq!(sign_in(WRONG_PASSWORD).await, 422);
    assert_eq!(sign_in(PASSWORD).await, 303);
    assert_eq!(browser.get("/admin/orders").await.status, 200);
    secrets.push(("a session", browser.cookie("sid").unwrap()));

    let mut programs = Vec::new();
    for person in [&sales, &packers] {
        let program = Client::new(program.base());
        let login = async |password: &str| {
            let pair = json!({ "email": person.email, "password": password });
            program.post_json("/api/v1/auth/login", &pair).await
        };
        assert_eq!(login(WRONG_PASSWORD).await.status, 401);
        let tokens = login(PASSWORD).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let used = json!({ "refresh_token": text("refresh_token") });
        let next = program.post_json("/api/v1/auth/refresh", &used).await;
        assert_eq!(next.status, 200, "{}", next.body);
        programs.push(program.bearer(text("access_token")));
        secrets.push(("an access token", text("access_token")));
        secrets.push(("a refresh token", text("refresh_token")));
    }
    let admin = app.api_as(Role::Admin).await.with("idempotency-key", "key");
    let wanted = json!({ "name": "Tally", "scopes": ["sales.orders.read"] });
    let made = admin.post_json("/api/v1/api_keys", &wanted).await.json();
    let key = made["secret"].as_str().unwrap().to_owned();
    let keyed = Client::new(program.base()).bearer(&key);
    assert_eq!(keyed.get("/api/v1/orders").await.status, 200);
    secrets.push(("an API key", key));
    let stranger = Client::new(program.base()).bearer("a-token-of-nobody");
    assert_eq!(stranger.get("/api/v1/me").await.status, 401);
    secrets.push(("an unknown token", "a-token-of-nobody".to_owned()));

    let order = json!({
        "dealer_id": buyer.dealer.as_uuid(), "ship_to_address_id": buyer.ship_to.as_uuid(),
        "lines": [{ "product_id": cable.as_uuid(), "quantity": "2" }],
    });
    let ordering = programs[0].with("idempotency-key", "order-1");
    let placed = ordering.post_json("/api/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    meta.reply(Reply::Refuse(400, 131_026));
    meta.until(1).await;
    let id = vitaran_kernel::OrderId::parse(placed.json()["id"].as_str().unwrap()).unwrap();
    flow.pack(id).await;
    let dispatch = json!({ "transporter": "VRL Logistics" });
    let path = format!("/api/v1/orders/{}/dispatch", id.as_uuid());
    meta.reply(Reply::Accept);
    let dispatching = programs[1].with("idempotency-key", "dispatch-1");
    let dispatched = dispatching.post_json(&path, &dispatch).await;
    assert!(
        dispatched.status < 300,
        "{} {}",
        dispatched.status,
        dispatched.body
    );
    let told = "SELECT status AS text FROM notification_logs WHERE event = 'ORDER_DISPATCHED' AND channel = 'WHATSAPP'";
    app.database.until(told, "SENT").await;
    // What is wrong with the account is said to the operators, in the provider's careless words.
    meta.reply(Reply::Refuse(401, 190));
    let ordering = programs[0].with("idempotency-key", "order-2");
    let placed = ordering.post_json("/api/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    worker.until_it_says("of a tenant is paused").await;

    let (of_web, of_worker) = (web.said(), worker.said());
    assert!(of_web.contains("/api/v1/auth/login"), "web logs: {of_web}");
    // One sign-in of a browser and two of programs, and as many that were wrong.
    for (told, times) in [("a session began", 3), ("auth.wrong_credentials", 3)] {
        assert_eq!(of_web.matches(told).count(), times, "{told}: {of_web}");
    }
    assert!(
        of_worker.contains("a job is over"),
        "worker logs: {of_worker}"
    );
    for (name, log) in [("web", of_web), ("worker", of_worker)] {
        for (what, secret) in &secrets {
            assert!(!log.contains(secret), "{what} in the log of {name}:\n{log}");
        }
        let log = log.to_lowercase();
        for header in ["authorization", "bearer ", "set-cookie", "sid="] {
            assert!(
                !log.contains(header),
                "{header} in the log of {name}:\n{log}"
            );
        }
    }
}

/// The form in which the suite writes telephone numbers, with the country's code or without; other digits beside it make
/// it part of something else.
const PHONE_NUMBER: &str = r"(?:^|[^0-9A-Za-z.-])(?:\+?91)?[6-9][0-9]{9}(?:$|[^0-9A-Za-z.-])";

#[test]
#[ignore = "reads what all the other tests logged: bin/test runs it last"]
fn no_line_that_the_whole_suite_logged_names_a_secret_or_a_phone_number() {
    let folder = overheard::folder().expect("VITARAN_LOGS names the folder of the run");
    let secrets = overheard::secrets(&folder);
    let finder = AhoCorasick::new(&secrets).expect("a search for all of them");
    let forbidden = RegexSet::new([
        PHONE_NUMBER,
        r"(?i)\bauthorization\b",
        r"(?i)\bbearer\b",
        r"(?i)\bset-cookie\b",
        r"\bsid=",
    ])
    .expect("patterns");
    let (mut lines, mut faults) = (0, Vec::new());
    for path in overheard::logs(&folder) {
        let log = std::fs::read(&path).expect("a log");
        for line in String::from_utf8_lossy(&log).lines() {
            lines += 1;
            if finder.is_match(line) || forbidden.is_match(line) {
                faults.push(format!("{}: {line}", path.display()));
            }
        }
    }
    println!("{lines} lines, {} secrets", secrets.len());
    assert!(
        lines > 1_000 && secrets.len() > 100,
        "the suite was not heard"
    );
    faults.truncate(20);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
