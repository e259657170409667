//! Whose a name is: written down, found in DNS, and lost again.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::domains::{CheckDomain, check_domain_now};
use vitaran_core::ports::{Names, NamesError};
use vitaran_kernel::DomainId;
use vitaran_tests::names::{NameServer, Record};
use vitaran_tests::process::Program;
use vitaran_tests::test_app;
use vitaran_worker::adapters::Dns;

use super::street::{NAME, OTHER_GSTIN, Street, add, admin_of, at, primary};

#[tokio::test]
async fn a_name_leads_to_its_distributor_once_its_record_is_found_and_not_before() {
    let street = Street::new().await;
    let admin = street.app.api_as(Role::Admin).await;
    let domain = add(&admin, "https://Orders.Volt.test/").await;
    assert_eq!(domain["name"], NAME);
    assert_eq!(domain["record_name"], "_vitaran.orders.volt.test");
    assert_eq!(street.look().await, 1);
    assert_eq!(street.status(&domain).await, "PENDING MISSING");
    let early = at(&street.app, NAME).get("/login").await;
    assert_eq!(early.status, 421, "{}", early.body);

    street
        .zone
        .set("_vitaran.orders.volt.test", &["vitaran-verification=0"]);
    street.look_at(street.tenant(), &domain).await;
    assert_eq!(street.status(&domain).await, "PENDING OTHER");
    street.prove(&domain);
    let path = format!("/api/v1/domains/{}", domain["id"].as_str().unwrap());
    let ask = async || {
        let check = format!("{path}/check");
        let asked = admin.post_json(&check, &Value::Null).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
    };
    ask().await;
    assert_eq!(street.look().await, 0, "it was looked at a moment ago");
    street.rest(&domain).await;
    ask().await;
    ask().await;
    let waiting = "SELECT count(*) FROM apalis.jobs WHERE job_type = 'domain'";
    let waiting = street.app.database.count(waiting).await;
    assert_eq!(waiting, 2, "one when it was added, one now");
    assert_eq!(street.look().await, 1);

    let now = admin.get(&path).await.json();
    assert_eq!(
        (&now["status"], &now["is_primary"]),
        (&json!("VERIFIED"), &json!(false)),
        "nobody has said yet that it answers"
    );
    let page = at(&street.app, "ORDERS.volt.test.:8443")
        .get("/login")
        .await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Sign in to Volt Distributors"),
        "{}",
        page.body
    );
    // Written by the worker, and told.
    let told = "SELECT string_agg(action, ' ' ORDER BY at, id) AS text FROM audit_log WHERE object_kind = 'domain'";
    assert_eq!(
        street.app.database.text(told).await,
        "domains.create domains.verify"
    );
}

#[tokio::test]
async fn two_may_write_a_name_down_and_whoever_shows_it_first_has_it_until_it_is_let_go() {
    let street = Street::new().await;
    let app = &street.app;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await.tenant.id;
    let (volts, amperes) = (app.api_as(Role::Admin).await, admin_of(app, "ampere").await);
    let (first, second) = (add(&volts, NAME).await, add(&amperes, NAME).await);
    assert_ne!(first["record_value"], second["record_value"]);
    let text = |domain: &Value| domain["record_value"].as_str().unwrap().to_owned();
    let (volt, amp) = (text(&first), text(&second));
    street
        .zone
        .set("_vitaran.orders.volt.test", &[volt.as_str(), amp.as_str()]);
    street.look_at(street.tenant(), &first).await;
    street.look_at(ampere, &second).await;
    assert_eq!(street.status(&first).await, "VERIFIED FOUND");
    assert_eq!(street.status(&second).await, "PENDING TAKEN");

    let path = format!("/api/v1/domains/{}", first["id"].as_str().unwrap());
    let removed = volts.send(volts.request(Method::DELETE, &path)).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(at(app, NAME).get("/login").await.status, 421);
    street.look_at(ampere, &second).await;
    assert_eq!(street.status(&second).await, "VERIFIED FOUND");
    let page = at(app, NAME).get("/login").await;
    assert!(page.body.contains("Sign in to Ampere Distributors"));
}

#[tokio::test]
async fn web_cannot_say_that_a_name_is_verified_and_a_dealer_cannot_read_the_names() {
    let street = Street::new().await;
    let app = &street.app;
    add(&app.api_as(Role::Admin).await, NAME).await;
    for forbidden in [
        "UPDATE tenant_domains SET status = 'VERIFIED'",
        "UPDATE tenant_domains SET name = 'rival.test'",
        "UPDATE tenant_domains SET verified_at = now()",
        "INSERT INTO tenant_domains (tenant_id, id, name, proof, status, asked_at, created_at, created_by) \
         VALUES (gen_random_uuid(), gen_random_uuid(), 'a.test', 'p', 'VERIFIED', now(), now(), 'x')",
    ] {
        let said = app
            .database
            .try_execute(&format!("SET ROLE app_user; {forbidden}"))
            .await;
        assert!(
            said.unwrap_err().contains("permission denied"),
            "{forbidden}"
        );
    }
    let dealer = app.api_as(Role::Dealer).await;
    assert_eq!(dealer.get("/api/v1/domains").await.status, 403);
}

#[tokio::test]
async fn a_record_that_stays_away_for_a_week_takes_the_name_with_it_and_administrators_are_told() {
    let street = Street::new().await;
    let (app, tenant) = (&street.app, street.tenant());
    let admin = app.api_as(Role::Admin).await;
    let first = street.verified(&admin, NAME).await;
    let second = street.verified(&admin, "shop.volt.test").await;
    primary(&admin, &first).await;
    let primaries = "SELECT coalesce(string_agg(name, ' '), 'the house') AS text FROM tenant_domains WHERE is_primary";
    assert_eq!(app.database.text(primaries).await, NAME);
    let mails = "SELECT coalesce(string_agg(DISTINCT kind || ' ' || about, ', '), '') AS text FROM account_mails WHERE kind LIKE 'DOMAIN%'";

    street.zone.set("_vitaran.orders.volt.test", &[]);
    street.look_at(tenant, &first).await;
    assert_eq!(street.status(&first).await, "VERIFIED MISSING");
    assert_eq!(
        app.database.text(mails).await,
        "DOMAIN_MISSING orders.volt.test"
    );
    let page = app
        .sign_in_as(Role::Admin)
        .await
        .get("/admin/domains")
        .await;
    assert!(page.body.contains("Its record is missing"), "{}", page.body);
    let later = |days: i64| {
        format!(
            "UPDATE tenant_domains SET missing_since = missing_since - interval '{days} days' WHERE name = '{NAME}'"
        )
    };
    app.database.execute(&later(6)).await;
    // A server that is broken says nothing of whose the name is.
    street.zone.break_down("_vitaran.orders.volt.test");
    street.look_at(tenant, &first).await;
    assert_eq!(street.status(&first).await, "VERIFIED NO_ANSWER");
    app.database.execute(&later(1)).await;
    street.look_at(tenant, &first).await;
    assert_eq!(at(app, NAME).get("/login").await.status, 200);
    street.zone.set("_vitaran.orders.volt.test", &[]);
    street.look_at(tenant, &first).await;
    assert_eq!(street.status(&first).await, "LAPSED MISSING");
    assert_eq!(at(app, NAME).get("/login").await.status, 421);
    assert_eq!(app.database.text(primaries).await, "the house");
    assert_eq!(
        app.database.text(mails).await,
        "DOMAIN_LAPSED orders.volt.test, DOMAIN_MISSING orders.volt.test"
    );
    let told = "SELECT count(*) FROM account_mails WHERE kind = 'DOMAIN_LAPSED'";
    let administrators = "SELECT count(*) FROM memberships WHERE role = 'ADMIN' AND is_active";
    assert_eq!(
        app.database.count(told).await,
        app.database.count(administrators).await,
        "each of them, once"
    );
    assert_eq!(street.status(&second).await, "VERIFIED FOUND");
    // It comes back with its record.
    street.prove(&first);
    street.look_at(tenant, &first).await;
    assert_eq!(at(app, NAME).get("/login").await.status, 200);
    assert_eq!(app.database.text(primaries).await, "the house");
}

#[tokio::test]
async fn a_verified_name_is_made_primary_by_hand_and_links_find_their_way_back_to_the_house() {
    let street = Street::new().await;
    let admin = street.app.api_as(Role::Admin).await;
    let first = street.verified(&admin, NAME).await;
    let (waits, shop) = (
        add(&admin, "new.volt.test").await,
        street.verified(&admin, "shop.volt.test").await,
    );
    let make = async |domain: &Value| {
        let id = domain["id"].as_str().unwrap();
        let path = format!("/api/v1/domains/{id}/primary");
        admin.post_json(&path, &Value::Null).await
    };
    assert_eq!(make(&waits).await.status, 422);
    primary(&admin, &first).await;
    let made = make(&shop).await;
    assert_eq!(
        (made.status, &made.json()["is_primary"]),
        (200, &json!(true))
    );
    let path = format!("/api/v1/domains/{}", first["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.json()["is_primary"], false);
    let path = format!("/api/v1/domains/{}/primary", shop["id"].as_str().unwrap());
    for _ in 0..2 {
        let stopped = admin.send(admin.request(Method::DELETE, &path)).await;
        assert_eq!(
            (stopped.status, &stopped.json()["is_primary"]),
            (200, &json!(false))
        );
    }
}

#[tokio::test]
async fn there_is_no_eleventh_name_however_many_ask_at_once() {
    let street = Street::new().await;
    let admin = street.app.api_as(Role::Admin).await;
    for n in 0..8 {
        add(&admin, &format!("d{n}.volt.test")).await;
    }
    let asked = (8..14).map(|n| {
        let admin = admin.with("idempotency-key", &format!("k{n}"));
        let body = json!({ "name": format!("d{n}.volt.test") });
        async move { admin.post_json("/api/v1/domains", &body).await.status }
    });
    let mut statuses = futures_util::future::join_all(asked).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 422, 422, 422, 422]);
    let twice = admin
        .with("idempotency-key", "again")
        .post_json("/api/v1/domains", &json!({"name": "d0.volt.test"}))
        .await;
    assert_eq!(twice.status, 422);
}

#[tokio::test]
async fn the_platform_sees_whose_names_lead_here() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let page = app
        .sign_in_platform_admin()
        .await
        .get("/super/tenants/volt")
        .await;
    assert!(page.body.contains(NAME), "{}", page.body);
    let path = format!("/api/v1/platform/tenants/{}/domains", street.tenant());
    let listed = app.api_as_platform_admin().await.get(&path).await;
    assert_eq!(listed.json()["data"][0]["name"], NAME, "{}", listed.body);
}

#[tokio::test]
async fn the_name_servers_are_asked_by_udp_and_where_it_does_not_fit_by_tcp() {
    let server = NameServer::start().await;
    let dns = Dns::new(&[server.address()]);
    let long = "x".repeat(100);
    server.set(
        "a.test",
        Some(Record::Texts(vec!["v=spf1".to_owned(), long.clone()])),
    );
    server.set("b.test", Some(Record::Long(vec![long.clone()])));
    server.set("c.test", Some(Record::Broken));
    server.set("d.test", Some(Record::Texts(Vec::new())));
    assert_eq!(
        dns.texts("a.test").await.unwrap(),
        ["v=spf1".to_owned(), long.clone()]
    );
    assert_eq!(dns.texts("b.test").await.unwrap(), [long]);
    assert!(dns.texts("c.test").await.is_err());
    assert!(dns.texts("d.test").await.unwrap().is_empty());
    assert!(dns.texts("none.test").await.unwrap().is_empty());
    let nobody = Dns::new(&["127.0.0.1:1".parse().unwrap()]);
    assert!(nobody.texts("a.test").await.is_err());
}

#[tokio::test]
async fn a_worker_process_finds_the_record_and_the_open_page_says_so() {
    let app = test_app().await;
    let server = NameServer::start().await;
    let browser = app.sign_in_as(Role::Admin).await;
    let form = [
        ("name", NAME),
        ("idempotency_key", &*uuid::Uuid::now_v7().to_string()),
    ];
    let added = browser.post_form("/admin/domains/new", &form).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let path = added.location().to_owned();
    let page = browser.get(&path).await.body;
    let value = page.split("vitaran-verification=").nth(1).unwrap();
    let value = format!("vitaran-verification={}", &value[..32]);
    server.set("_vitaran.orders.volt.test", Some(Record::text(&value)));
    Program::worker(&app)
        .with("DNS_SERVERS", server.address().to_string())
        .queues("domain")
        .once()
        .await;
    let page = browser.htmx().get(&path).await;
    assert!(page.body.contains("Verified"), "{}", page.body);
    assert!(page.body.contains("Keep these records"), "{}", page.body);
}

#[tokio::test]
async fn an_older_look_does_not_write_over_what_a_newer_one_has_seen() {
    /// Answers with nothing, once somebody else has looked.
    struct Slow<'a>(&'a Street, Value);

    #[async_trait]
    impl Names for Slow<'_> {
        async fn texts(&self, _name: &str) -> Result<Vec<String>, NamesError> {
            let Slow(street, domain) = self;
            street.prove(domain);
            street.look_at(street.tenant(), domain).await;
            Ok(Vec::new())
        }
    }
    let street = Street::new().await;
    let admin = street.app.api_as(Role::Admin).await;
    let domain = add(&admin, NAME).await;
    let id = DomainId::parse(domain["id"].as_str().unwrap()).unwrap();
    let job = CheckDomain {
        tenant: street.tenant(),
        domain: id,
    };
    let slow = Slow(&street, domain.clone());
    check_domain_now(&street.worker, &slow, &job).await.unwrap();
    assert_eq!(street.status(&domain).await, "VERIFIED FOUND");
}
