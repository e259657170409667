//! Limits on what one network may do, and on guessing one account's password.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_core::throttle::TrustedProxies;
use vitaran_tests::{Answer, Client, PASSWORD, TestApp, test_app_with};

/// An installation behind a proxy on this machine, which says of each client where it comes from.
async fn behind_a_proxy(sign_ins: u32, requests: u32) -> TestApp {
    test_app_with(|config| {
        config.sign_in.most_a_minute = sign_ins;
        config.requests_per_10s = requests;
        config.trusted_proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    })
    .await
}

fn from(app: &TestApp, address: &str) -> Client {
    app.client().with("x-forwarded-for", address)
}

async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    client.without_cookies().post_form("/login", &form).await
}

fn retry_after(answer: &Answer) -> i64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_eleventh_sign_in_of_a_minute_waits_for_the_next_whoever_it_is_for() {
    let app = behind_a_proxy(10, 1_000).await;
    let office = from(&app, "203.0.113.7");
    for turn in 0..10 {
        let email = format!("{turn}@volt.test");
        assert_eq!(
            sign_in(&office, &email, "wrong password!").await.status,
            422
        );
    }
    let person = app.person(Role::Sales).await;
    let page = sign_in(&office, &person.email, PASSWORD).await;
    assert_eq!(page.status, 429);
    assert!((1..=60).contains(&retry_after(&page)));
    assert!(page.body.contains(&format!(r#"value="{}""#, person.email)));
    assert!(
        page.body
            .contains("Too many sign-ins came from your network")
    );

    let login = json!({ "email": person.email, "password": PASSWORD });
    let program = office.post_json("/api/v1/auth/login", &login).await;
    let found = (program.status, program.code());
    assert_eq!(found, (429, "auth.too_many_sign_ins".to_owned()));
    assert!((1..=60).contains(&retry_after(&program)));

    let elsewhere = from(&app, "203.0.113.8");
    assert_eq!(
        sign_in(&elsewhere, &person.email, PASSWORD).await.status,
        303
    );
    app.clock
        .advance(chrono::TimeDelta::seconds(retry_after(&page)));
    assert_eq!(sign_in(&office, &person.email, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn the_hundred_and_first_request_in_ten_seconds_is_refused_as_a_page_and_as_a_problem() {
    let app = behind_a_proxy(10, 100).await;
    let office = from(&app, "2001:db8:1:2::7");
    for turn in 0..100 {
        let path = if turn % 2 == 0 {
            "/login"
        } else {
            "/api/openapi.json"
        };
        assert_eq!(office.get(path).await.status, 200, "{turn}");
    }
    let neighbour = from(&app, "2001:db8:1:2:ffff::9");
    let page = neighbour.get("/login").await;
    assert_eq!((page.status, retry_after(&page) > 0), (429, true));
    assert!(page.body.contains("<title>Try again in a moment"));
    let problem = office.get("/api/v1/me").await;
    assert_eq!(
        problem.header("content-type"),
        Some("application/problem+json")
    );
    let found = (problem.status, problem.code());
    assert_eq!(found, (429, "request.too_many".to_owned()));
    assert_eq!(office.get("/webhooks/whatsapp/volt").await.status, 429);

    assert_eq!(office.get("/health").await.status, 200);
    assert_eq!(
        from(&app, "2001:db8:1:3::7").get("/login").await.status,
        200
    );
    app.clock
        .advance(chrono::TimeDelta::seconds(retry_after(&page)));
    assert_eq!(office.get("/login").await.status, 200);
}

#[tokio::test]
async fn who_is_no_trusted_proxy_cannot_say_to_be_somebody_else() {
    let app = test_app_with(|config| config.requests_per_10s = 10).await;
    for turn in 0..10 {
        let client = from(&app, &format!("203.0.113.{turn}"));
        assert_eq!(client.get("/login").await.status, 200);
    }
    assert_eq!(from(&app, "203.0.113.99").get("/login").await.status, 429);
}

#[tokio::test]
async fn while_an_account_waits_the_right_password_is_answered_as_a_wrong_one_and_the_owner_elsewhere_comes_in()
 {
    let app = behind_a_proxy(1_000, 1_000).await;
    let owner = app.person(Role::Sales).await;
    let (thief, home) = (from(&app, "198.51.100.1"), from(&app, "203.0.113.7"));
    let mut wrong = Vec::new();
    for _ in 0..5 {
        wrong.push(sign_in(&thief, &owner.email, "wrong password!").await);
    }
    let right = sign_in(&thief, &owner.email, PASSWORD).await;
    assert_eq!(right.status, 422);
    assert!(right.set_cookies().is_empty());
    assert_eq!(right.without_ids(), wrong[0].without_ids());
    let login = json!({ "email": owner.email.to_uppercase(), "password": PASSWORD });
    let program = thief.post_json("/api/v1/auth/login", &login).await;
    assert_eq!(
        (program.status, program.code()),
        (401, "auth.wrong_credentials".to_owned())
    );

    assert_eq!(sign_in(&home, &owner.email, PASSWORD).await.status, 303);
    app.database
        .execute("UPDATE sign_in_tries SET delayed_until = now() - interval '1 second' WHERE delayed_until IS NOT NULL")
        .await;
    assert_eq!(sign_in(&thief, &owner.email, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn an_address_that_nobody_has_waits_like_one_that_somebody_has() {
    let app = behind_a_proxy(1_000, 1_000).await;
    let somebody = app.person(Role::Sales).await.email;
    let client = from(&app, "198.51.100.1");
    for email in [somebody.as_str(), "nobody@volt.test"] {
        for _ in 0..7 {
            let answer = sign_in(&client, email, "wrong password!").await;
            assert_eq!(answer.status, 422);
        }
    }
    let same =
        "SELECT count(DISTINCT (network, failures, delayed_until IS NULL)) FROM sign_in_tries";
    let keys = "SELECT count(DISTINCT key) FROM sign_in_tries";
    assert_eq!(app.database.count(keys).await, 2);
    assert_eq!(
        app.database.count(same).await,
        2,
        "a row of the network and one of all"
    );
}

#[tokio::test]
async fn a_password_is_hashed_anew_at_the_first_sign_in_after_the_cost_rose() {
    let app = test_app_with(|config| config.sign_in.password_cost.passes = 3).await;
    let person = app.person(Role::Sales).await;
    let with = |passes: u32| {
        format!(
            "SELECT count(*) FROM users WHERE email = '{}' AND password_hash LIKE '$argon2id$v=19$m=19456,t={passes},p=1$%'",
            person.email
        )
    };
    assert_eq!(app.database.count(&with(2)).await, 1);
    assert_eq!(
        sign_in(&app.client(), &person.email, "wrong password!")
            .await
            .status,
        422
    );
    assert_eq!(app.database.count(&with(2)).await, 1);
    for _ in 0..2 {
        assert_eq!(
            sign_in(&app.client(), &person.email, PASSWORD).await.status,
            303
        );
        assert_eq!(app.database.count(&with(3)).await, 1);
    }
}

#[tokio::test]
async fn a_session_remembers_the_client_and_not_the_proxy() {
    let app = behind_a_proxy(10, 100).await;
    let person = app.person(Role::Sales).await;
    let client = from(&app, "6.6.6.6, 203.0.113.7");
    assert_eq!(sign_in(&client, &person.email, PASSWORD).await.status, 303);
    let sessions = "SELECT count(*) FROM sessions WHERE ip = '203.0.113.7'";
    assert_eq!(app.database.count(sessions).await, 1);
}
