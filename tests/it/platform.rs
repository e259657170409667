//! The platform's own pages: the register, new distributors, support visits.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::{Client, test_app, test_app_with};

const FORM: [(&str, &str); 13] = [
    ("slug", "ampere"),
    ("name", "Ampere Traders"),
    ("gstin", "27AAPFU0939F1ZV"),
    ("legal_name", "Ampere Traders LLP"),
    ("line1", "5 Lamington Road"),
    ("line2", ""),
    ("city", "Mumbai"),
    ("pincode", "400007"),
    ("invoice_prefix", "AMP"),
    ("location_name", "Main"),
    ("admin_name", "Anil Admin"),
    ("admin_email", "anil@ampere.test"),
    ("admin_password", "correct horse battery"),
];

fn form_with<'a>(changes: &[(&str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let change = |(name, value): (&'static str, &'static str)| {
        let changed = changes.iter().find(|(field, _)| *field == name);
        (name, changed.map_or(value, |(_, value)| *value))
    };
    FORM.into_iter().map(change).collect()
}

#[tokio::test]
async fn the_first_password_of_a_new_distributor_is_made_of_neither_people_nor_companies() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    for (field, word, password) in [
        ("name", "Voltagewala Distributors", "Voltagewala2026"),
        ("legal_name", "Voltagewala Distributors", "Voltagewala2026"),
        ("admin_name", "Ramesh Venkataraman", "rameshvenkataraman"),
        ("admin_email", "kutmzvqhwxpl@volt.test", "kutmzvqhwxpl"),
    ] {
        let form = form_with(&[(field, word), ("admin_password", password)]);
        let refused = client.post_form("/super/tenants/new", &form).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.body.contains("People who know you"), "{field}");
    }
}

#[tokio::test]
async fn the_hash_of_a_first_password_costs_what_is_configured() {
    let app = test_app_with(|config| config.sign_in.password_cost.passes = 3).await;
    let client = app.sign_in_platform_admin().await;
    let made = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let hash = "SELECT password_hash AS text FROM users WHERE email = 'anil@ampere.test'";
    let hash = app.database.text(hash).await;
    assert!(hash.contains(",t=3,"), "{hash}");
}

#[tokio::test]
async fn a_new_distributor_is_in_the_register_and_its_administrator_can_sign_in() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let answer = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/super/tenants/ampere"),
        "{}",
        answer.body
    );
    let page = client.get("/super/tenants/ampere").await;
    assert!(page.body.contains("Ampere Traders is ready to sell"));
    let again = client.get("/super/tenants/ampere").await;
    assert!(
        !again.body.contains("is ready to sell"),
        "a message is shown once"
    );
    assert!(client.get("/super").await.body.contains("Ampere Traders"));
    let admin = vitaran_tests::Person {
        email: "anil@ampere.test".to_owned(),
        password: "correct horse battery".to_owned(),
        dealer: None,
    };
    assert_eq!(app.sign_in(&admin).await.get("/admin").await.status, 200);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_names_every_fault_and_forgets_the_password() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let mut form = FORM.to_vec();
    for field in &mut form {
        match field.0 {
            "gstin" => field.1 = "27AAPFU0939F1ZX",
            "pincode" => field.1 = "4",
            _ => {}
        }
    }
    let answer = client.post_form("/super/tenants/new", &form).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Please correct 2 things"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains(r#"value="Ampere Traders LLP""#));
    assert!(!answer.body.contains("correct horse battery"));
    assert_eq!(app.database.count("SELECT count(*) FROM tenants").await, 1);

    let taken: Vec<_> = FORM
        .iter()
        .map(|(key, value)| (*key, if *key == "slug" { "volt" } else { *value }))
        .collect();
    let answer = client.post_form("/super/tenants/new", &taken).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("f-slug-error"), "{}", answer.body);
}

#[tokio::test]
async fn an_administrator_whose_account_is_switched_off_is_refused_and_nothing_is_made() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    app.database
        .execute("INSERT INTO users (id, email, name, password_hash, is_active) VALUES (gen_random_uuid(), 'anil@ampere.test', 'Anil', '!', false)")
        .await;
    let answer = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(
        answer.body.contains("f-admin_email-error") && answer.body.contains("is switched off"),
        "{}",
        answer.body
    );
    assert_eq!(app.database.count("SELECT count(*) FROM tenants").await, 1);
}

#[tokio::test]
async fn an_account_that_somebody_may_have_made_under_anothers_address_gets_no_distributor() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    app.database
        .execute("INSERT INTO users (id, email, name, password_hash) VALUES (gen_random_uuid(), 'anil@ampere.test', 'Anil', '!')")
        .await;
    let answer = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(
        answer.body.contains("f-admin_email-error")
            && answer.body.contains("nobody has shown that the address"),
        "{}",
        answer.body
    );
    assert_eq!(app.database.count("SELECT count(*) FROM tenants").await, 1);
    app.database
        .execute("UPDATE users SET email_confirmed_at = now() WHERE email = 'anil@ampere.test'")
        .await;
    let answer = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn a_distributor_sells_under_the_gstin_of_a_regular_taxpayer_alone() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let mut form = FORM.to_vec();
    for field in &mut form {
        if field.0 == "gstin" {
            // Right in form, State and check digit, and for deducting tax alone.
            field.1 = "27AAPFU0939F1D4";
        }
    }
    let answer = client.post_form("/super/tenants/new", &form).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(
        answer.body.contains("f-gstin-error") && answer.body.contains("deducting tax at source"),
        "{}",
        answer.body
    );
    assert_eq!(app.database.count("SELECT count(*) FROM tenants").await, 1);
}

#[tokio::test]
async fn the_register_is_read_a_page_at_a_time() {
    let app = test_app().await;
    app.tenant("ampere", "27AAPFU0939F1ZV").await;
    let client = app.sign_in_platform_admin().await;
    let first = client.get("/super?limit=1").await;
    assert!(first.body.contains("Ampere") && !first.body.contains("Volt Distributors"));
    let (_, rest) = first
        .body
        .split_once("/super?cursor=")
        .expect("a next page");
    let cursor = rest.split('"').next().unwrap();
    let second = client.get(&format!("/super?cursor={cursor}")).await;
    assert!(second.body.contains("Volt Distributors"));
    assert_eq!(client.get("/super?limit=101").await.status, 400);
}

#[tokio::test]
async fn a_support_visit_has_a_reason_a_banner_an_end_and_stands_in_the_audit_log() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let without = client
        .post_form("/super/tenants/volt/visits", &[("reason", " ")])
        .await;
    assert_eq!(without.status, 422);

    let before = client.cookie("sid").unwrap();
    let answer = client
        .post_form(
            "/super/tenants/volt/visits",
            &[("reason", "Invoice 42 does not print")],
        )
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/"),
        "{}",
        answer.body
    );
    assert_ne!(client.cookie("sid").unwrap(), before);
    assert_eq!(client.get("/").await.location(), "/admin");
    let page = client.get("/admin").await;
    assert!(page.body.contains("is acting inside"));
    assert!(page.body.contains("Volt Distributors"));

    let end = client.post_form("/super/visit/end", &[]).await;
    assert_eq!((end.status, end.location()), (303, "/super"));
    assert_eq!(client.get("/admin").await.location(), "/super");
    let audited = "SELECT count(*) FROM audit_log WHERE action IN ('platform.visit_started', 'platform.visit_ended')";
    assert_eq!(app.database.count(audited).await, 2);
    let visitors = "SELECT bool_and(a.on_behalf_of IS NOT DISTINCT FROM u.email)::text AS text FROM audit_log a JOIN users u ON u.id = a.by_user";
    assert_eq!(app.database.text(visitors).await, "true");
    let log = app.sign_in_as(Role::Admin).await.get("/admin/audit").await;
    assert!(
        log.body.contains("Invoice 42 does not print"),
        "{}",
        log.body
    );
}

#[tokio::test]
async fn a_visit_ends_with_its_session_and_with_the_next_visit_and_no_token_acts_under_it_any_more()
{
    let app = test_app().await;
    let person = app.platform_admin().await;
    let program = app.api(&person).await;
    let inside = program.with("x-tenant-id", &app.tenant.tenant.id.to_string());
    let write = async || {
        let name = uuid::Uuid::now_v7().to_string();
        let keyed = inside.with("idempotency-key", &name);
        let body = json!({ "name": name });
        keyed.post_json("/api/v1/categories", &body).await.status
    };
    let writing = [
        ("reason", "They cannot make a category"),
        ("may_write", "yes"),
    ];
    let visit = async |browser: &Client, form: &[(&str, &str)]| {
        let begun = browser.post_form("/super/tenants/volt/visits", form).await;
        assert_eq!(begun.status, 303, "{}", begun.body);
    };
    let open = "SELECT count(*) FROM impersonations WHERE may_write AND ended_at IS NULL";

    let browser = app.sign_in(&person).await;
    visit(&browser, &writing).await;
    assert_eq!(write().await, 201);
    assert_eq!(browser.post_form("/logout", &[]).await.status, 303);
    assert_eq!(app.database.count(open).await, 0, "signed out");
    assert_eq!(write().await, 403);

    visit(&app.sign_in(&person).await, &writing).await;
    assert_eq!(write().await, 201);
    let session = "SELECT id FROM sessions WHERE impersonation_id IS NOT NULL";
    let end = format!(
        "/account/sessions/{}/revocation",
        app.database.id(session).await
    );
    let elsewhere = app.sign_in(&person).await;
    assert_eq!(elsewhere.post_form(&end, &[]).await.status, 303);
    assert_eq!(app.database.count(open).await, 0, "ended from elsewhere");
    assert_eq!(write().await, 403);

    let (first, second) = (app.sign_in(&person).await, app.sign_in(&person).await);
    visit(&first, &writing).await;
    assert_eq!(write().await, 201);
    visit(&second, &[("reason", "To look at an invoice")]).await;
    assert_eq!(app.database.count(open).await, 0, "another took its place");
    assert_eq!(write().await, 403);
    assert_eq!(first.get("/admin").await.status, 303);
    assert_eq!(second.get("/admin").await.status, 200);
    // Elsewhere its browser takes the visit along to its end.
    app.tenant("ampere", "29AMPCE5678B1ZI").await;
    visit(&second, &writing).await;
    let elsewhere = second
        .post_form("/super/tenants/ampere/visits", &writing)
        .await;
    assert_eq!(elsewhere.status, 303);
    assert_eq!(write().await, 403);
    let told = "SELECT (count(*) FILTER (WHERE action = 'platform.visit_started') - count(*) FILTER (WHERE action = 'platform.visit_ended'))::text AS text FROM audit_log";
    let in_force = "SELECT count(*)::text AS text FROM impersonations WHERE ended_at IS NULL";
    assert_eq!(
        app.database.text(told).await,
        app.database.text(in_force).await,
        "each end stands in the audit log"
    );
}

#[tokio::test]
async fn a_suspended_distributors_people_programs_and_keys_are_refused_at_once_and_come_back_when_it_is_restored()
 {
    let app = test_app().await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    let platform = app.sign_in_platform_admin().await;
    let person = app.person(Role::Sales).await;
    let (browser, program) = (app.sign_in(&person).await, app.api(&person).await);
    let admin = app
        .api_as(Role::Admin)
        .await
        .with("idempotency-key", "key-1");
    let key = json!({ "name": "Tally", "scopes": ["sales.orders.read"], "expires_in_days": 30 });
    let key = admin.post_json("/api/v1/api_keys", &key).await;
    assert_eq!(key.status, 201, "{}", key.body);
    let key = app.client().bearer(key.json()["secret"].as_str().unwrap());
    let stranger = format!("{}@ampere.test", uuid::Uuid::now_v7().simple());
    app.make_member(&other, &stranger, Role::Sales, None).await;
    let stranger = vitaran_tests::Person {
        email: stranger,
        ..person.clone()
    };
    let stranger = app.sign_in(&stranger).await;
    let asked = async || {
        [
            browser.get("/admin/orders").await.status,
            program.get("/api/v1/orders").await.status,
            key.get("/api/v1/orders").await.status,
            stranger.get("/admin/orders").await.status,
        ]
    };
    assert_eq!(asked().await, [200; 4]);

    let path = "/super/tenants/volt/suspension";
    let without = platform.post_form(path, &[("reason", " ")]).await;
    assert_eq!(without.status, 422);
    let suspended = platform
        .post_form(path, &[("reason", "Unpaid since May")])
        .await;
    assert_eq!(
        (suspended.status, suspended.location()),
        (303, "/super/tenants/volt")
    );
    assert_eq!(asked().await, [303, 403, 403, 200]);
    assert_eq!(browser.get("/admin/orders").await.location(), "/suspended");
    let form = [
        ("email", person.email.as_str()),
        ("password", person.password.as_str()),
    ];
    assert_eq!(app.client().post_form("/login", &form).await.status, 403);
    let page = platform.get("/super/tenants/volt").await;
    assert!(
        page.body.contains("Suspended") && page.body.contains("Restore"),
        "{}",
        page.body
    );
    platform.post_form(path, &[("reason", "Again")]).await;
    let again = "SELECT count(*) FROM audit_log WHERE action = 'tenancy.tenant.suspend'";
    assert_eq!(
        app.database.count(again).await,
        1,
        "it was suspended already"
    );
    let visit = [("reason", "What is unpaid?")];
    platform
        .post_form("/super/tenants/volt/visits", &visit)
        .await;
    assert_eq!(
        platform.get("/admin/orders").await.status,
        200,
        "the platform may look"
    );
    platform.post_form("/super/visit/end", &[]).await;

    platform
        .post_form("/super/tenants/volt/restoration", &[])
        .await;
    assert_eq!(
        asked().await,
        [303, 401, 200, 200],
        "a session that ended stays so"
    );
    let admin = app.sign_in_as(Role::Admin).await;
    let log = admin.get("/admin/audit").await;
    assert!(log.body.contains("Unpaid since May"), "{}", log.body);
}

#[tokio::test]
async fn a_distributor_is_renamed_and_its_log_tells_by_whom() {
    let app = test_app().await;
    let platform = app.sign_in_platform_admin().await;
    let path = "/super/tenants/volt/name";
    let nameless = [("version", "1"), ("name", "")];
    assert_eq!(platform.post_form(path, &nameless).await.status, 422);
    let form = [("version", "1"), ("name", "Volt & Sons")];
    let renamed = platform.post_form(path, &form).await;
    assert_eq!(
        (renamed.status, renamed.location()),
        (303, "/super/tenants/volt")
    );
    let late = [("version", "1"), ("name", "Volt Brothers")];
    let late = platform.post_form(path, &late).await;
    assert_eq!(late.status, 412);
    assert!(
        late.body.contains("It is called Volt &amp; Sons now"),
        "{}",
        late.body
    );
    let admin = app.sign_in_as(Role::Admin).await;
    assert!(admin.get("/admin").await.body.contains("Volt &amp; Sons"));
    let told = "SELECT a.detail->'after'->>'name_before' || ' by ' || (a.on_behalf_of = u.email)::text AS text \
                FROM audit_log a JOIN users u ON u.id = a.by_user WHERE a.action = 'tenancy.tenant.rename'";
    assert_eq!(app.database.text(told).await, "Volt Distributors by true");
}

#[tokio::test]
async fn a_tenants_administrator_knows_nothing_of_the_platform() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Admin).await;
    let answer = client.post_form("/super/tenants/new", &FORM).await;
    assert_eq!(answer.status, 404);
    let missing = client.get("/nothing").await;
    let hidden = client.get("/super").await;
    assert_eq!(missing.status, hidden.status);
}
