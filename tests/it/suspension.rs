//! A suspended distributor: its people are told so and whom to ask, its programs get one problem, and what would be sent
//! waits.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::receiver::Receiver;
use vitaran_tests::{Answer, Client, Person, TestApp, test_app, test_app_with};

const OTHER_GSTIN: &str = "29AMPCE5678B1ZI";

async fn suspend(app: &TestApp) -> Client {
    let platform = app.api_as_platform_admin().await;
    turn(app, &platform, "suspension").await;
    platform
}

async fn turn(app: &TestApp, platform: &Client, noun: &str) {
    let path = format!("/api/v1/platform/tenants/{}/{noun}", app.tenant.tenant.id);
    let body = match noun {
        "suspension" => json!({ "reason": "Unpaid since May" }),
        _ => Value::Null,
    };
    let answer = platform.post_json(&path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn post_login(client: &Client, person: &Person, password: &str) -> Answer {
    let form = [("email", person.email.as_str()), ("password", password)];
    client.post_form("/login", &form).await
}

fn says_so(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    let words = "The account of <strong>Volt Distributors</strong> is suspended";
    assert!(answer.body.contains(words), "{}", answer.body);
}

#[tokio::test]
async fn whoever_has_the_right_password_is_told_and_a_stranger_learns_nothing() {
    let app = test_app().await;
    let (staff, dealer) = (
        app.person(Role::Sales).await,
        app.person(Role::Dealer).await,
    );
    app.database
        .execute("UPDATE tenant_settings SET support_phone = '+919876500001'")
        .await;
    let wrong = "tractor velvet ninety";
    let before = post_login(&app.client(), &staff, wrong).await;
    let platform = suspend(&app).await;
    let client = app.client();
    let told = post_login(&client, &staff, &staff.password).await;
    says_so(&told);
    assert!(told.body.contains("080 4567 8900"), "{}", told.body);
    assert_eq!(client.cookie("sid"), None, "nobody is signed in");
    let told = post_login(&app.client(), &dealer, &dealer.password).await;
    says_so(&told);
    assert!(
        told.body.contains("+919876500001") && !told.body.contains("080 4567 8900"),
        "a dealer asks the distributor: {}",
        told.body
    );

    let after = post_login(&app.client(), &staff, wrong).await;
    assert_eq!(
        (after.status, after.without_ids()),
        (before.status, before.without_ids())
    );
    let unknown = Person {
        email: "nobody@volt.test".to_owned(),
        ..staff.clone()
    };
    let unknown = post_login(&app.client(), &unknown, wrong).await;
    assert!(!unknown.body.contains("suspended"), "{}", unknown.body);

    turn(&app, &platform, "restoration").await;
    let back = post_login(&app.client(), &staff, &staff.password).await;
    assert_eq!(back.status, 303, "{}", back.body);
}

#[tokio::test]
async fn an_open_session_leads_to_the_page_that_says_so_and_out_and_ends_with_the_suspension() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    let platform = suspend(&app).await;
    for path in ["/", "/admin/orders", "/account/password", "/super"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.location()),
            (303, "/suspended"),
            "{path}"
        );
    }
    let form = [("lines.0.sku", "LAMP")];
    let answer = client.post_form("/admin/orders/new", &form).await;
    assert_eq!((answer.status, answer.location()), (303, "/suspended"));
    let part = client.htmx().get("/admin/orders").await;
    assert_eq!(part.header("hx-redirect"), Some("/suspended"));
    assert_eq!(client.open("/live").await.status().as_u16(), 401);
    let page = client.get("/suspended").await;
    says_so(&page);
    assert!(page.body.contains("080 4567 8900"), "{}", page.body);
    assert!(
        !page.body.contains("/switch-tenant"),
        "there is no other: {}",
        page.body
    );
    let out = client.without_cookies();
    assert_eq!(out.get("/suspended").await.location(), "/");

    turn(&app, &platform, "restoration").await;
    let answer = client.get("/admin/orders").await;
    assert!(
        answer.location().starts_with("/login"),
        "{}",
        answer.location()
    );

    let client = app.sign_in_as(Role::Sales).await;
    turn(&app, &platform, "suspension").await;
    let answer = client.post_form("/logout", &[]).await;
    assert_eq!((answer.status, client.cookie("sid")), (303, None));
    let left = "SELECT count(*) FROM sessions WHERE kind = 'BROWSER'";
    assert_eq!(app.database.count(left).await, 0, "signing out ends it");
}

#[tokio::test]
async fn whoever_works_elsewhere_too_goes_on_there() {
    let app = test_app().await;
    let other = app.tenant("wattage", OTHER_GSTIN).await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    // The first by name, which is the one to be suspended.
    let client = app.sign_in(&person).await;
    assert_eq!(client.get("/admin/orders").await.status, 200);
    suspend(&app).await;
    let page = client.get("/suspended").await;
    says_so(&page);
    assert!(page.body.contains("Wattage Distributors"), "{}", page.body);
    let back = client
        .post_form("/switch-tenant", &[("tenant", "volt")])
        .await;
    assert_eq!(back.status, 404, "there is nowhere to go");
    let on = client
        .post_form("/switch-tenant", &[("tenant", "wattage")])
        .await;
    assert_eq!(on.status, 303, "{}", on.body);
    assert_eq!(client.get("/admin/orders").await.status, 200);
    let anew = app.sign_in(&person).await;
    let page = anew.get("/admin/orders").await;
    assert!(page.body.contains("Wattage Distributors"), "{}", page.body);

    let login = |tenant: Option<&str>| json!({ "email": person.email, "password": person.password, "tenant": tenant });
    let program = app.client();
    let named = program
        .post_json("/api/v1/auth/login", &login(Some("volt")))
        .await;
    assert_eq!(
        (named.status, named.code().as_str()),
        (403, "auth.tenant_suspended")
    );
    let mut only = login(None);
    only.as_object_mut().unwrap().remove("tenant");
    let only = program.post_json("/api/v1/auth/login", &only).await;
    assert_eq!(
        (only.status, only.json()["tenant"]["slug"].as_str()),
        (200, Some("wattage"))
    );
}

#[tokio::test]
async fn programs_get_one_problem_whatever_they_come_with() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let login = json!({ "email": person.email, "password": person.password });
    let program = app.client();
    let tokens = program.post_json("/api/v1/auth/login", &login).await.json();
    let bearer = app
        .client()
        .bearer(tokens["access_token"].as_str().unwrap());
    let key = json!({ "name": "Tally", "scopes": ["sales.orders.read"], "expires_in_days": 30 });
    let keyed = bearer.with("idempotency-key", "key");
    let key = keyed.post_json("/api/v1/api_keys", &key).await.json();
    let key = app.client().bearer(key["secret"].as_str().unwrap());
    let platform = suspend(&app).await;
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let answers = [
        bearer.get("/api/v1/orders").await,
        bearer.get("/api/v1/orders?surplus=1").await,
        key.get("/api/v1/orders").await,
        program.post_json("/api/v1/auth/login", &login).await,
        program.post_json("/api/v1/auth/refresh", &refresh).await,
    ];
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "auth.tenant_suspended"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("Volt Distributors"), "{}", answer.body);
    }
    let wrong = json!({ "email": person.email, "password": "tractor velvet ninety" });
    let wrong = program.post_json("/api/v1/auth/login", &wrong).await;
    assert_eq!(
        (wrong.status, wrong.code().as_str()),
        (401, "auth.wrong_credentials")
    );
    turn(&app, &platform, "restoration").await;
    let again = program.post_json("/api/v1/auth/refresh", &refresh).await;
    assert_eq!(
        again.status, 401,
        "what there was has ended: {}",
        again.body
    );
    assert_eq!(key.get("/api/v1/orders").await.status, 200, "a key goes on");
}

#[tokio::test]
async fn where_nobody_is_named_to_ask_the_page_says_who_it_would_be() {
    let app = test_app_with(|config| config.support_contact = None).await;
    let person = app.person(Role::Sales).await;
    suspend(&app).await;
    let told = post_login(&app.client(), &person, &person.password).await;
    says_so(&told);
    assert!(
        told.body
            .contains("Ask the people who run this installation"),
        "{}",
        told.body
    );
}

const MESSAGES: &str = "SELECT coalesce(string_agg(line, '; ' ORDER BY line), '') AS text FROM \
    (SELECT t.slug || ': ' || count(*) || ' ' || n.status || ' after ' || n.attempts AS line FROM notification_logs n \
     JOIN tenants t ON t.id = n.tenant_id GROUP BY t.slug, n.status, n.attempts) lines";
const DELIVERIES: &str = "SELECT coalesce(string_agg(status || ' after ' || attempts, '; '), '') AS text FROM webhook_deliveries";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_deliveries_wait_untried_and_go_out_when_it_is_restored() {
    let app = test_app().await;
    let other = app.tenant("wattage", OTHER_GSTIN).await;
    let flows = [Flow::new(&app), Flow::in_tenant(&app, other)];
    let (admin, receiver) = (app.api_as(Role::Admin).await, Receiver::start().await);
    app.person(Role::Sales).await;
    let body = json!({ "url": receiver.url("/hooks"), "events": ["order.placed"] });
    let made = admin
        .with("idempotency-key", "hook")
        .post_json("/api/v1/webhook_endpoints", &body)
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    for flow in &flows {
        let (lamp, buyer) = (flow.product("LAMP", 9).await, flow.buyer(100_000).await);
        flow.place(buyer, &[(lamp, 1)]).await;
    }
    let platform = suspend(&app).await;
    let before = app.database.text(MESSAGES).await;
    assert!(
        before.contains("volt: ") && before.contains(" PENDING after 0"),
        "{before}"
    );
    let of_volt = |text: &str| -> Vec<String> {
        let lines = text.split("; ").filter(|line| line.starts_with("volt: "));
        lines.map(str::to_owned).collect()
    };

    let worker = Program::worker(&app).queues("whatsapp,mail,webhook");
    worker.once().await;
    let during = app.database.text(MESSAGES).await;
    assert_eq!(
        of_volt(&during),
        of_volt(&before),
        "not tried, and not failed"
    );
    assert!(
        !during.contains("wattage: 1 PENDING after 0"),
        "others go on: {during}"
    );
    assert_eq!(app.database.text(DELIVERIES).await, "PENDING after 0");
    assert!(receiver.calls("/hooks").is_empty());

    turn(&app, &platform, "restoration").await;
    worker.once().await;
    let after = app.database.text(MESSAGES).await;
    assert!(
        !of_volt(&after).iter().any(|line| line.contains("PENDING")),
        "{after}"
    );
    assert!(
        after.contains("volt: ") && after.contains(" SENT after 1"),
        "{after}"
    );
    assert_eq!(app.database.text(DELIVERIES).await, "DELIVERED after 1");
    assert_eq!(receiver.calls("/hooks").len(), 1);
}

#[tokio::test]
async fn sessions_are_refused_by_the_suspension_and_end_with_the_restoration_and_it_is_called_so() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (_browser, _program) = (app.sign_in(&person).await, app.api(&person).await);
    let sessions = "SELECT count(*) FROM sessions WHERE membership_id IS NOT NULL";
    let told = async |action: &str| {
        let after = format!(
            "SELECT detail->>'after' AS text FROM audit_log WHERE action = 'tenancy.tenant.{action}'"
        );
        serde_json::from_str::<Value>(&app.database.text(&after).await).unwrap()
    };
    let platform = app.sign_in_platform_admin().await;
    let page = platform.get("/super/tenants/volt/suspension").await;
    assert!(
        page.body.contains("refused at once, until you restore it"),
        "{}",
        page.body
    );
    let program = suspend(&app).await;
    assert_eq!(
        told("suspend").await,
        json!({ "reason": "Unpaid since May", "sessions_refused": 2 })
    );
    assert_eq!(app.database.count(sessions).await, 2);
    turn(&app, &program, "restoration").await;
    assert_eq!(told("restore").await, json!({ "sessions_closed": 2 }));
    assert_eq!(app.database.count(sessions).await, 0);
}

#[tokio::test]
async fn an_invitation_of_a_suspended_distributor_says_what_is_true_of_it() {
    let app = test_app().await;
    let platform = app.api_as_platform_admin().await;
    let invited = format!(
        "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
         SELECT tenant_id, gen_random_uuid(), 'new@outside.test', 'SALES', sha256('known'), id, now(), now() + interval '7 days' \
         FROM memberships WHERE tenant_id = '{}' AND role = 'ADMIN'",
        app.tenant.tenant.id
    );
    app.database.execute(&invited).await;
    turn(&app, &platform, "suspension").await;
    let page = app.client().get("/invitation?token=known").await;
    assert_eq!(page.status, 404);
    assert!(
        page.body
            .contains("or nobody can join this distributor at present"),
        "{}",
        page.body
    );
}
