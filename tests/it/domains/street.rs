//! An application, its worker, and what stands in DNS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use vitaran_core::db::{Db, DbSettings};
use vitaran_core::domains::{CheckDomain, check_domain_now, due_domains};
use vitaran_core::live::Hints;
use vitaran_core::ports::{Names, NamesError};
use vitaran_kernel::{DomainId, TenantId};
use vitaran_tests::{Answer, Client, PASSWORD, Person, TestApp, test_app};

pub(super) const NAME: &str = "orders.volt.test";

pub(super) const OTHER_GSTIN: &str = "29AMPCE5678B1ZI";

/// What stands in DNS, as the worker is told.
#[derive(Default)]
pub(super) struct Zone(Mutex<HashMap<String, Result<Vec<String>, NamesError>>>);

impl Zone {
    pub(super) fn set(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), Ok(texts));
    }

    pub(super) fn break_down(&self, name: &str) {
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
pub(super) struct Street {
    pub(super) app: TestApp,
    pub(super) worker: Db,
    pub(super) zone: Zone,
}

impl Street {
    pub(super) async fn new() -> Self {
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
    pub(super) async fn look(&self) -> usize {
        let due = due_domains(&self.worker, std::time::Duration::ZERO).await;
        let due: Vec<CheckDomain> = due.unwrap();
        for job in &due {
            let looked = check_domain_now(&self.worker, &self.zone, job).await;
            looked.unwrap();
        }
        due.len()
    }

    /// Has a domain looked at, whenever it is due.
    pub(super) async fn look_at(&self, tenant: TenantId, domain: &Value) {
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

    pub(super) async fn status(&self, domain: &Value) -> String {
        let id = domain["id"].as_str().unwrap();
        let sql = format!(
            "SELECT status || coalesce(' ' || finding, '') AS text FROM tenant_domains WHERE id = '{id}'"
        );
        self.app.database.text(&sql).await
    }

    /// A minute goes by for a domain.
    pub(super) async fn rest(&self, domain: &Value) {
        let id = domain["id"].as_str().unwrap();
        let sql = format!(
            "UPDATE tenant_domains SET checked_at = checked_at - interval '1 minute', check_due_at = now() + interval '1 hour' WHERE id = '{id}'"
        );
        self.app.database.execute(&sql).await;
    }

    pub(super) fn tenant(&self) -> TenantId {
        self.app.tenant.tenant.id
    }

    /// A domain of Volt's that leads to it.
    pub(super) async fn verified(&self, admin: &Client, name: &str) -> Value {
        let domain = add(admin, name).await;
        self.prove(&domain);
        self.look_at(self.tenant(), &domain).await;
        assert_eq!(self.status(&domain).await, "VERIFIED FOUND");
        domain
    }

    pub(super) fn prove(&self, domain: &Value) {
        let text = |key: &str| domain[key].as_str().unwrap();
        self.zone
            .set(text("record_name"), &["v=spf1 -all", text("record_value")]);
    }
}

pub(super) async fn primary(admin: &Client, domain: &Value) {
    let path = format!("/api/v1/domains/{}/primary", domain["id"].as_str().unwrap());
    let made = admin.post_json(&path, &Value::Null).await;
    assert_eq!(made.status, 200, "{}", made.body);
}

pub(super) async fn add(admin: &Client, name: &str) -> Value {
    let key = uuid::Uuid::now_v7().to_string();
    let answer = admin
        .with("idempotency-key", &key)
        .post_json("/api/v1/domains", &json!({ "name": name }))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

pub(super) async fn admin_of(app: &TestApp, slug: &str) -> Client {
    let person = Person {
        email: format!("admin@{slug}.test"),
        password: PASSWORD.to_owned(),
        dealer: None,
    };
    app.api(&person).await
}

/// A browser that opened the installation by this name.
pub(super) fn at(app: &TestApp, name: &str) -> Client {
    app.client().with("host", name)
}

pub(super) async fn sign_in(client: &Client, person: &Person) -> Answer {
    let form = [("email", &*person.email), ("password", &*person.password)];
    client.post_form("/login", &form).await
}
