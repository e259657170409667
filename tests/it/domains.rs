//! A distributor's own domains: how one comes to count, what it bars, and how it ceases to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::db::{Db, DbSettings};
use vitaran_core::domains::{CheckDomain, check_domain_now, due_domains};
use vitaran_core::live::Hints;
use vitaran_core::ports::{Names, NamesError};
use vitaran_kernel::{DomainId, TenantId};
use vitaran_tests::flow::Flow;
use vitaran_tests::names::{NameServer, Record};
use vitaran_tests::process::Program;
use vitaran_tests::{Answer, Client, PASSWORD, Person, TestApp, bare_app, test_app};
use vitaran_worker::adapters::Dns;

use crate::second_factor::{protect, second_step};

const NAME: &str = "orders.volt.test";
const OTHER_GSTIN: &str = "29AMPCE5678B1ZI";

/// What stands in DNS, as the worker is told.
#[derive(Default)]
struct Zone(Mutex<HashMap<String, Result<Vec<String>, NamesError>>>);

impl Zone {
    fn set(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), Ok(texts));
    }

    fn break_down(&self, name: &str) {
        let silent = Err(NamesError("SERVFAIL".to_owned()));
        self.0.lock().unwrap().insert(name.to_owned(), silent);
    }
}

#[async_trait]
impl Names for Zone {
    async fn texts(&self, name: &str) -> Result<Vec<String>, NamesError> {
        let found = self.0.lock().unwrap().get(name).cloned();
        found.unwrap_or(Ok(Vec::new()))
    }
}

/// An application, its worker, and what stands in DNS.
struct Street {
    app: TestApp,
    worker: Db,
    zone: Zone,
}

impl Street {
    async fn new() -> Self {
        let app = test_app().await;
        let settings = DbSettings::new(app.database.url_of("app_worker"));
        let clock = Arc::new(app.clock.clone());
        let worker = Db::connect(&settings, clock, Hints::none()).unwrap();
        Street {
            app,
            worker,
            zone: Zone::default(),
        }
    }

    /// Looks at whatever is due.
    async fn look(&self) -> usize {
        let due = due_domains(&self.worker, std::time::Duration::ZERO).await;
        let due: Vec<CheckDomain> = due.unwrap();
        for job in &due {
            let looked = check_domain_now(&self.worker, &self.zone, job).await;
            looked.unwrap();
        }
        due.len()
    }

    /// Has a domain looked at, whenever it is due.
    async fn look_at(&self, tenant: TenantId, domain: &Value) {
        let id = domain["id"].as_str().unwrap();
        self.app
            .database
            .execute(&format!(
                "UPDATE tenant_domains SET check_due_at = '-infinity' WHERE id = '{id}'"
            ))
            .await;
        let domain = DomainId::parse(id).unwrap();
        let job = CheckDomain { tenant, domain };
        check_domain_now(&self.worker, &self.zone, &job)
            .await
            .unwrap();
    }

    async fn status(&self, domain: &Value) -> String {
        let id = domain["id"].as_str().unwrap();
        let sql = format!(
            "SELECT status || coalesce(' ' || finding, '') AS text FROM tenant_domains WHERE id = '{id}'"
        );
        self.app.database.text(&sql).await
    }

    /// A minute goes by for a domain.
    async fn rest(&self, domain: &Value) {
        let id = domain["id"].as_str().unwrap();
        let sql = format!(
            "UPDATE tenant_domains SET checked_at = checked_at - interval '1 minute', check_due_at = now() + interval '1 hour' WHERE id = '{id}'"
        );
        self.app.database.execute(&sql).await;
    }

    fn tenant(&self) -> TenantId {
        self.app.tenant.tenant.id
    }

    /// A domain of Volt's that leads to it.
    async fn verified(&self, admin: &Client, name: &str) -> Value {
        let domain = add(admin, name).await;
        self.prove(&domain);
        self.look_at(self.tenant(), &domain).await;
        assert_eq!(self.status(&domain).await, "VERIFIED FOUND");
        domain
    }

    fn prove(&self, domain: &Value) {
        let text = |key: &str| domain[key].as_str().unwrap();
        self.zone
            .set(text("record_name"), &["v=spf1 -all", text("record_value")]);
    }
}

async fn primary(admin: &Client, domain: &Value) {
    let path = format!("/api/v1/domains/{}/primary", domain["id"].as_str().unwrap());
    let made = admin.post_json(&path, &Value::Null).await;
    assert_eq!(made.status, 200, "{}", made.body);
}

async fn add(admin: &Client, name: &str) -> Value {
    let key = uuid::Uuid::now_v7().to_string();
    let answer = admin
        .with("idempotency-key", &key)
        .post_json("/api/v1/domains", &json!({ "name": name }))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

async fn admin_of(app: &TestApp, slug: &str) -> Client {
    let person = Person {
        email: format!("admin@{slug}.test"),
        password: PASSWORD.to_owned(),
        dealer: None,
    };
    app.api(&person).await
}

/// A browser that opened the installation by this name.
fn at(app: &TestApp, name: &str) -> Client {
    app.client().with("host", name)
}

async fn sign_in(client: &Client, person: &Person) -> Answer {
    let form = [("email", &*person.email), ("password", &*person.password)];
    client.post_form("/login", &form).await
}

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
async fn under_a_distributors_name_there_are_its_own_people_and_programs_alone() {
    let street = Street::new().await;
    let app = &street.app;
    let volt_admin = app.api_as(Role::Admin).await;
    street.verified(&volt_admin, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let (own, both) = (app.person(Role::Sales).await, app.person(Role::Sales).await);
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;

    // Whoever works with Ampere alone, or runs the platform, does not exist here.
    let stranger = Person {
        email: "admin@ampere.test".to_owned(),
        ..own.clone()
    };
    for outsider in [&stranger, &app.platform_admin().await] {
        let refused = sign_in(&at(app, NAME), outsider).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("Sign in to Volt Distributors"));
    }
    // Whoever works with both comes in at Volt, and finds no way to Ampere.
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/admin/orders");
    let orders = browser.get("/admin/orders").await;
    assert_eq!(orders.status, 200);
    assert!(!orders.body.contains("/switch-tenant"));
    let switched = browser
        .post_form("/switch-tenant", &[("tenant", "ampere")])
        .await;
    assert_eq!(switched.status, 404);
    assert_eq!(browser.get("/super").await.status, 404);

    // A session, a token and a key of Ampere's are nothing here, and go on elsewhere.
    let at_home = app.client();
    assert_eq!(sign_in(&at_home, &both).await.status, 303);
    assert!(
        at_home
            .get("/admin")
            .await
            .body
            .contains("Ampere Distributors")
    );
    let carried = at(app, NAME);
    carried.set_cookie("sid", &at_home.cookie("sid").unwrap());
    assert_eq!(carried.get("/admin/orders").await.status, 303);
    assert_eq!(at_home.get("/admin").await.status, 200);
    let token = admin_of(app, "ampere").await;
    assert_eq!(token.get("/api/v1/me").await.status, 200);
    assert_eq!(token.with("host", NAME).get("/api/v1/me").await.status, 401);
    let made = token
        .with("idempotency-key", "k")
        .post_json(
            "/api/v1/api_keys",
            &json!({"name": "Tally", "scopes": ["sales.orders.read"]}),
        )
        .await;
    let key = app.client().bearer(made.json()["secret"].as_str().unwrap());
    assert_eq!(key.get("/api/v1/orders").await.status, 200);
    assert_eq!(
        key.with("host", NAME).get("/api/v1/orders").await.status,
        401
    );
    // Volt's own token works under both.
    assert_eq!(
        volt_admin.with("host", NAME).get("/api/v1/me").await.status,
        200
    );
    let platform = app.api_as_platform_admin().await.with("host", NAME);
    assert_eq!(platform.get("/api/v1/platform/tenants").await.status, 401);
}

#[tokio::test]
async fn a_second_factor_leads_into_the_distributor_of_the_name_and_nobody_elses_is_asked_for() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let both = app.person(Role::Sales).await;
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;
    let (phone, ..) = protect(app, &both).await;
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/login/code");
    let inside = second_step(&browser, &phone.next_code(app)).await;
    assert_eq!(inside.location(), "/account/sessions", "{}", inside.body);
    let orders = browser.get("/admin/orders").await;
    assert!(orders.status == 200 && orders.body.contains("Volt Distributors"));

    let strangers = [
        Person {
            email: "admin@ampere.test".to_owned(),
            ..both.clone()
        },
        app.platform_admin().await,
    ];
    for stranger in strangers {
        protect(app, &stranger).await;
        let refused = sign_in(&at(app, NAME), &stranger).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("Sign in to Volt Distributors"));
    }
    // Whose place is gone while they look for the phone begins anew, and is told so.
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/login/code");
    let gone = format!(
        "UPDATE memberships SET is_active = false WHERE tenant_id = '{}' AND user_id = (SELECT id FROM users WHERE email = '{}')",
        street.tenant(),
        both.email
    );
    app.database.execute(&gone).await;
    let begun = second_step(&browser, &phone.next_code(app)).await;
    assert_eq!((begun.status, begun.location()), (303, "/login"));
    assert!(browser.get("/login").await.body.contains("Sign in again"));
}

#[tokio::test]
async fn a_program_that_signs_in_under_a_distributors_name_means_it() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let both = app.person(Role::Sales).await;
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;
    let login = json!({"email": both.email, "password": both.password});
    let unnamed = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(unnamed.code(), "auth.tenant_required");
    let answer = at(app, NAME).post_json("/api/v1/auth/login", &login).await;
    assert_eq!(answer.json()["tenant"]["slug"], "volt", "{}", answer.body);
    let named =
        |slug: &str| json!({"email": both.email, "password": both.password, "tenant": slug});
    let path = "/api/v1/auth/login";
    let own = at(app, NAME).post_json(path, &named("volt")).await;
    assert_eq!(own.status, 200, "{}", own.body);
    let other = at(app, NAME).post_json(path, &named("ampere")).await;
    assert_eq!(other.code(), "auth.wrong_credentials");
    // A refresh token of Ampere's is unknown here, and works on where it is known.
    let ampere = app.client().post_json(path, &named("ampere")).await.json();
    let token = json!({ "refresh_token": ampere["refresh_token"] });
    let path = "/api/v1/auth/refresh";
    let here = at(app, NAME).post_json(path, &token).await;
    assert_eq!(here.code(), "auth.refresh_unknown", "{}", here.body);
    let at_home = app.client().post_json(path, &token).await;
    assert_eq!(at_home.status, 200, "{}", at_home.body);
}

#[tokio::test]
async fn a_name_that_is_nobodys_gets_no_page_and_no_operation_and_the_house_has_many() {
    let street = Street::new().await;
    let client = street.app.sign_in_as(Role::Sales).await;
    for name in [
        "evil.test",
        "orders.volt.test",
        "a..b",
        "_x.test",
        "127.0.0.1.evil.test",
    ] {
        let page = client.with("host", name).get("/admin/orders").await;
        assert_eq!(page.status, 421, "{name}");
        assert!(page.body.contains("This domain leads nowhere"), "{name}");
        assert!(!page.body.contains("Sign out"), "{name}");
        let operation = street
            .app
            .client()
            .with("host", name)
            .get("/api/v1/me")
            .await;
        assert_eq!(
            (operation.status, &*operation.code()),
            (421, "request.nobodys_name"),
            "{name}"
        );
    }
    // Load balancers and people on this network ask by address, or by a name without a dot.
    for name in ["web", "localhost:8080", "10.1.2.3", "[::1]:80"] {
        assert_eq!(
            client.with("host", name).get("/admin/orders").await.status,
            200,
            "{name}"
        );
    }
    assert_eq!(
        client.with("host", "evil.test").get("/health").await.status,
        200
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
async fn a_form_under_a_distributors_name_comes_from_there() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let person = app.person(Role::Sales).await;
    let port = app.base.rsplit_once(':').unwrap().1;
    let theirs = format!("http://{NAME}:{port}");
    for (origin, status) in [
        (theirs.as_str(), 303),
        (app.base.as_str(), 403),
        ("http://evil.test", 403),
    ] {
        let browser = at(app, NAME);
        let request = browser
            .request(Method::POST, "/login")
            .header("origin", origin)
            .form(&[("email", &person.email), ("password", &person.password)]);
        assert_eq!(browser.send(request).await.status, status, "{origin}");
    }
    let home = app.client();
    let request = home
        .request(Method::POST, "/login")
        .header("origin", &theirs)
        .form(&[("email", &person.email), ("password", &person.password)]);
    assert_eq!(home.send(request).await.status, 403);
}

#[tokio::test]
async fn the_rest_of_a_distributors_domain_is_not_bound_to_https() {
    let app = bare_app(|config| config.public_url = "https://orders.example.in".to_owned()).await;
    let client = Client::new(&app.base);
    let hsts = async |host: &str| {
        let answer = client.with("host", host).get("/assets/none").await;
        answer
            .header("strict-transport-security")
            .unwrap()
            .to_owned()
    };
    assert!(
        hsts("orders.example.in")
            .await
            .contains("includeSubDomains")
    );
    assert_eq!(hsts("sharma.in").await, "max-age=31536000");
}

#[tokio::test]
async fn mails_about_orders_lead_to_the_primary_name_and_links_with_a_secret_to_the_house() {
    let street = Street::new().await;
    let app = &street.app;
    let admin = app.api_as(Role::Admin).await;
    primary(&admin, &street.verified(&admin, NAME).await).await;
    let sales = app.person(Role::Sales).await;
    let flow = Flow::new(app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.place(buyer, &[(product, 1)]).await;
    let asked = at(app, NAME)
        .post_form("/forgotten-password", &[("email", &sales.email)])
        .await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    Program::worker(app)
        .queues("mail,account-mail")
        .once()
        .await;
    let mails: Vec<String> = std::fs::read_dir(app.files.join("mail"))
        .unwrap()
        .map(|file| {
            let raw = std::fs::read_to_string(file.unwrap().path()).unwrap();
            raw.replace("=\r\n", "").replace("=3D", "=")
        })
        .collect();
    let port = app.base.rsplit_once(':').unwrap().1;
    let about_order = format!("http://{NAME}:{port}/admin/orders/{order}");
    assert!(
        mails.iter().any(|mail| mail.contains(&about_order)),
        "{mails:?}"
    );
    let with_secret = format!("{}/new-password?token=", app.base);
    assert!(
        mails.iter().any(|mail| mail.contains(&with_secret)),
        "{mails:?}"
    );
}

#[tokio::test]
async fn an_invitation_is_opened_at_the_house_or_under_its_own_distributors_name() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    app.tenant("ampere", OTHER_GSTIN).await;
    let link = async |admin: Client| {
        let body = json!({"email": "asha@outside.test", "role": "SALES", "delivery": "LINK"});
        let sent = admin
            .with("idempotency-key", "k")
            .post_json("/api/v1/invitations", &body)
            .await;
        let link = sent.json()["link"].as_str().unwrap().to_owned();
        link.strip_prefix(&app.base).unwrap().to_owned()
    };
    let (own, other) = (
        link(app.api_as(Role::Admin).await).await,
        link(admin_of(app, "ampere").await).await,
    );
    for (path, here, there) in [(&own, 200, 200), (&other, 200, 404)] {
        assert_eq!(app.client().get(path).await.status, here);
        assert_eq!(at(app, NAME).get(path).await.status, there);
    }
    let token = other.split_once("token=").unwrap().1;
    let body = json!({"token": token, "name": "Asha", "password": "tractor velvet ninety"});
    let by_api = at(app, NAME)
        .post_json("/api/v1/auth/invitation", &body)
        .await;
    assert_eq!(by_api.code(), "invitations.link_over", "{}", by_api.body);
    let form = [
        ("token", token),
        ("name", "Asha"),
        ("password", "tractor velvet ninety"),
    ];
    assert_eq!(
        at(app, NAME).post_form("/invitation", &form).await.status,
        404
    );
    assert_eq!(
        app.client().post_form("/invitation", &form).await.status,
        303
    );
}

#[tokio::test]
async fn a_proxy_that_wants_certificates_is_told_which_names_lead_here() {
    let street = Street::new().await;
    let app = &street.app;
    let admin = app.api_as(Role::Admin).await;
    add(&admin, "waits.volt.test").await;
    street.verified(&admin, NAME).await;
    for (name, status) in [
        (NAME, 200),
        ("ORDERS.volt.test", 200),
        ("127.0.0.1", 200),
        ("waits.volt.test", 404),
        ("evil.test", 404),
        ("", 404),
        ("%00", 400),
    ] {
        let path = format!("/domains/ask?domain={name}");
        assert_eq!(app.client().get(&path).await.status, status, "{name}");
    }
    assert_eq!(app.client().get("/domains/ask").await.status, 404);
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
