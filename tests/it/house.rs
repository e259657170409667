//! A distributor with one of everything that an address can name.

use std::collections::BTreeMap;

use vitaran_core::access::Role;
use vitaran_core::ports::{FilePath, InvoiceCopy};
use vitaran_kernel::{InvoiceId, OrderId, ProductId};
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::{PASSWORD, Person, TestApp};

/// What an address names and a sample speaks of, by the words that the tables use.
pub type Things = BTreeMap<&'static str, String>;

pub struct House<'a> {
    app: &'a TestApp,
    pub flow: Flow,
    pub buyer: Buyer,
    products: [(String, ProductId); 2],
    category: String,
    order: OrderId,
}

/// A text nobody has used yet, fit for a name, a code and a SKU.
pub fn new_text() -> String {
    let text = uuid::Uuid::now_v7().simple().to_string();
    format!("n{}", &text[12..])
}

impl<'a> House<'a> {
    pub async fn new(app: &'a TestApp, flow: Flow) -> House<'a> {
        let buyer = flow.buyer(10_000_000).await;
        let skus = [new_text().to_uppercase(), new_text().to_uppercase()];
        let ids = [
            flow.product(&skus[0], 1_000_000).await,
            flow.product(&skus[1], 1_000_000).await,
        ];
        let [one, two] = skus;
        let order = flow.place(buyer, &[(ids[0], 1)]).await;
        let mut house = House {
            app,
            flow,
            buyer,
            products: [(one, ids[0]), (two, ids[1])],
            category: String::new(),
            order,
        };
        house.category = house.category().await;
        house
    }

    /// The same distributor, seen by another of its dealers.
    pub async fn with_another_dealer(&self) -> House<'a> {
        House {
            app: self.app,
            flow: self.flow.clone(),
            buyer: self.flow.buyer(10_000_000).await,
            products: self.products.clone(),
            category: self.category.clone(),
            order: self.order,
        }
    }

    /// The same distributor with a house of its own at another location.
    pub async fn at_another_location(&self) -> House<'a> {
        let tenant = &self.flow.tenant;
        let location = self.app.location(tenant, &new_text()).await;
        House::new(self.app, self.flow.at(location)).await
    }

    /// Somebody new in this role; a dealer's person works for the house's buyer.
    pub async fn person(&self, role: Role) -> Person {
        let email = format!("{}@{}.test", new_text(), self.flow.tenant.tenant.slug);
        let dealer = (role == Role::Dealer).then_some(self.buyer.dealer);
        self.app
            .make_member(&self.flow.tenant, &email, role, dealer)
            .await;
        Person {
            email,
            password: PASSWORD.to_owned(),
            dealer,
        }
    }

    async fn id(&self, sql: &str) -> String {
        self.app.database.id(sql).await.to_string()
    }

    async fn insert(&self, table: &str, columns: &str, values: &str) -> String {
        let (id, tenant) = (uuid::Uuid::now_v7(), self.flow.tenant.tenant.id);
        let sql = format!(
            "INSERT INTO {table} (tenant_id, id, {columns}) VALUES ('{tenant}', '{id}', {values})"
        );
        self.app.database.execute(&sql).await;
        id.to_string()
    }

    /// One more of this kind, with everything it belongs to.
    pub async fn make(&self, kind: &str) -> Things {
        let mut things = self.base();
        match kind {
            "" | "cart line" => {}
            "distributor" => {
                things.insert("id", self.flow.tenant.tenant.id.to_string());
            }
            "product" => {
                let id = self.flow.product(&new_text(), 10).await;
                things.insert("id", id.to_string());
            }
            "category" => {
                let id = self.category().await;
                things.insert("id", id);
            }
            "price list" => {
                let name = format!("'{}'", new_text());
                let id = self.insert("price_lists", "name", &name).await;
                things.insert("id", id);
            }
            "role" => {
                let values = format!("'{}', 'SALES', ARRAY['sales.orders.read']", new_text());
                let id = self.insert("roles", "name, base, permissions", &values);
                things.insert("id", id.await);
            }
            "dealer" | "dealer's address" | "dealer's contact" => self.dealer(&mut things).await,
            "invoice" => {
                let order = self.order("DISPATCHED").await;
                things.insert("id", self.invoice(order).await);
            }
            // Nobody's yet: one that has ended is no fault.
            "own session" => {
                things.insert("id", uuid::Uuid::now_v7().to_string());
            }
            "user" => {
                let person = self.person(Role::Sales).await;
                things.insert("id", self.user(&person).await);
            }
            "user with a second factor" => {
                let person = self.person(Role::Sales).await;
                let id = self.user(&person).await;
                let sql = format!(
                    "INSERT INTO second_factors (user_id, sealed_secret, confirmed_at) VALUES ('{id}', 'k1.', now())"
                );
                self.app.database.execute(&sql).await;
                things.insert("id", id);
            }
            "member" => {
                let person = self.person(Role::Sales).await;
                let id = format!(
                    "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{}'",
                    person.email
                );
                things.insert("id", self.id(&id).await);
            }
            "invitation" => {
                let (tenant, new) = (self.flow.tenant.tenant.id, new_text());
                let columns = "email, role, token_hash, invited_by, created_at, expires_at";
                let values = format!(
                    "'{new}@outside.test', 'SALES', sha256('{new}'), \
                     (SELECT id FROM memberships WHERE tenant_id = '{tenant}' AND role = 'ADMIN' LIMIT 1), now(), now() + interval '7 days'"
                );
                things.insert("id", self.insert("invitations", columns, &values).await);
            }
            "request" => {
                things.insert("id", self.request().await);
            }
            "session" => {
                let person = self.person(Role::Sales).await;
                things.insert("id", self.session(&person).await);
            }
            "api key" => {
                things.insert("id", self.api_key().await);
            }
            "domain" => {
                things.insert("id", self.domain().await);
            }
            "webhook endpoint" => {
                things.insert("id", self.webhook_endpoint("Kept").await);
            }
            "webhook delivery" => {
                things.insert("id", self.webhook_delivery().await);
            }
            "message" => {
                let order = self.order("PLACED").await;
                things.insert("id", self.failed_message(order).await);
            }
            kind => {
                let stage = kind.strip_prefix("order ").expect(kind);
                let id = self.order(stage).await;
                self.name_order(&mut things, id).await;
            }
        }
        if kind == "cart line" {
            let product = things["product"].clone();
            things.insert("id", product);
        }
        things
    }

    /// What samples speak of, whatever the address names.
    fn base(&self) -> Things {
        let (sku, product) = &self.products[0];
        let tenant = &self.flow.tenant;
        Things::from([
            ("version", "1".to_owned()),
            ("slug", tenant.tenant.slug.clone()),
            ("sku", sku.clone()),
            ("product", product.to_string()),
            ("category", self.category.clone()),
            ("price_list", tenant.price_list.to_string()),
            ("dealer", self.buyer.dealer.to_string()),
            ("address", self.buyer.ship_to.to_string()),
            ("order", self.order.to_string()),
        ])
    }

    async fn user(&self, person: &Person) -> String {
        let sql = format!("SELECT id FROM users WHERE email = '{}'", person.email);
        self.id(&sql).await
    }

    /// One that changed something, as the trail names it.
    async fn request(&self) -> String {
        let program = self.app.api(&self.person(Role::Admin).await).await;
        let keyed = program.with("idempotency-key", &new_text());
        let body = serde_json::json!({ "name": new_text() });
        let made = keyed.post_json("/api/v1/categories", &body).await;
        let id = made.header("x-request-id").expect("an id").to_owned();
        let told = format!("SELECT count(*) FROM audit_trail WHERE request_id = '{id}'");
        assert!(self.app.database.count(&told).await > 0, "{}", made.body);
        id
    }

    /// Where this person is signed in.
    async fn session(&self, person: &Person) -> String {
        self.app.sign_in(person).await;
        let user = self.user(person).await;
        self.id(&format!("SELECT id FROM sessions WHERE user_id = '{user}'"))
            .await
    }

    async fn api_key(&self) -> String {
        let tenant = self.flow.tenant.tenant.id;
        let maker = format!(
            "SELECT id FROM memberships WHERE tenant_id = '{tenant}' AND role = 'ADMIN' LIMIT 1"
        );
        let maker = self.id(&maker).await;
        let columns = "membership_id, name, secret_hash, last4, scopes, networks, created_at, created_by, expires_at";
        let values = format!(
            "'{maker}', 'Tally', sha256('{}'), 'abcd', 'sales.orders.read', '', now(), 'Asha', now() + interval '9 days'",
            new_text()
        );
        self.insert("api_keys", columns, &values).await
    }

    /// Verified, so that everything may be done with it. There are ten at most: those between the first two, one of which is asked for again, and the newest make room.
    async fn domain(&self) -> String {
        let all = format!(
            "FROM tenant_domains WHERE tenant_id = '{}'",
            self.flow.tenant.tenant.id
        );
        let room = format!(
            "DELETE {all} AND id NOT IN (SELECT id {all} ORDER BY id DESC LIMIT 3) AND id NOT IN (SELECT id {all} ORDER BY id LIMIT 2)"
        );
        self.app.database.execute(&room).await;
        let columns =
            "name, proof, status, verified_at, check_due_at, asked_at, created_at, created_by";
        let values = format!(
            "'{}.example.in', md5('x'), 'VERIFIED', now(), now() + interval '1 day', now(), now(), 'Asha'",
            new_text().to_lowercase()
        );
        self.insert("tenant_domains", columns, &values).await
    }

    /// There are ten at most: those between the first of a kind, which is asked for again, and the newest make room.
    async fn webhook_endpoint(&self, kind: &str) -> String {
        let tenant = self.flow.tenant.tenant.id;
        let all = format!("FROM webhook_endpoints WHERE tenant_id = '{tenant}'");
        let room = format!(
            "DELETE {all} AND id NOT IN (SELECT id {all} ORDER BY id DESC LIMIT 3) \
             AND id NOT IN (SELECT DISTINCT ON (description) id {all} ORDER BY description, id)"
        );
        self.app.database.execute(&room).await;
        let columns = "url, description, events, created_at, created_by";
        let values = format!(
            "'https://erp.example.in/hooks', '{kind}', ARRAY['order.placed'], now(), 'Asha'"
        );
        let id = self.insert("webhook_endpoints", columns, &values).await;
        let columns = "endpoint_id, sealed_secret, created_at, created_by";
        let values = format!("'{id}', 'k1.x', now(), 'Asha'");
        self.insert("webhook_secrets", columns, &values).await;
        id
    }

    /// One that has failed.
    async fn webhook_delivery(&self) -> String {
        let endpoint = self.webhook_endpoint("With a log").await;
        let columns = "event, occurred_at, data";
        let event = self.insert("webhook_events", columns, "'ping', now(), '{}'");
        let values = format!("'{}', '{endpoint}', 'FAILED', 8, now(), now()", event.await);
        let columns = "event_id, endpoint_id, status, attempts, created_at, ended_at";
        self.insert("webhook_deliveries", columns, &values).await
    }

    async fn category(&self) -> String {
        let name = new_text();
        let values = format!("'{name}', '{name}', 1");
        self.insert("categories", "name, path, depth", &values)
            .await
    }

    async fn dealer(&self, things: &mut Things) {
        let dealer = self.flow.buyer(1_000).await.dealer;
        let columns = "dealer_id, label, line1, city, state_code, pincode";
        let values = format!("'{dealer}', 'Godown', '1 Road', 'Mumbai', '27', '400001'");
        let address = self.insert("dealer_addresses", columns, &values).await;
        let columns = "dealer_id, name, language";
        let values = format!("'{dealer}', 'Sunita', 'en'");
        let contact = self.insert("dealer_contacts", columns, &values).await;
        things.insert("id", dealer.to_string());
        things.insert("address", address);
        things.insert("contact", contact);
    }

    /// An order of two lines, on its way as far as this; `PICKED` is ready to be packed.
    pub async fn order(&self, stage: &str) -> OrderId {
        let lines = [(self.products[0].1, 2), (self.products[1].1, 1)];
        let id = self.flow.place(self.buyer, &lines).await;
        self.flow.bring_to(id, stage).await;
        id
    }

    async fn name_order(&self, things: &mut Things, id: OrderId) {
        let order = self.flow.load(id).await;
        things.insert("id", id.to_string());
        things.insert("version", order.header.version.to_string());
        things.insert("line", order.lines[0].id.to_string());
    }

    /// The order's invoice, with a file where the worker would have put it.
    async fn invoice(&self, order: OrderId) -> String {
        let sql = format!("SELECT id FROM invoices WHERE order_id = '{order}'");
        let id = self.id(&sql).await;
        let tenant = self.flow.tenant.tenant.id;
        let invoice = InvoiceId::parse(&id).expect("an id");
        let path = FilePath::invoice(tenant, invoice, InvoiceCopy::Original);
        let file = self.app.files.join(path.as_str());
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, b"%PDF-1.7 test").expect("a file");
        let sql = format!(
            "UPDATE document_renders SET status = 'DONE', path = '{}', sha256 = 'x', size_bytes = 13, rendered_at = now() WHERE invoice_id = '{id}'",
            path.as_str()
        );
        self.app.database.execute(&sql).await;
        id
    }

    async fn failed_message(&self, order: OrderId) -> String {
        let which = format!("order_id = '{order}' AND channel = 'WHATSAPP'");
        let fail = format!(
            "UPDATE notification_logs SET status = 'FAILED', attempts = 5, last_error = 'Not on WhatsApp' WHERE {which}"
        );
        self.app.database.execute(&fail).await;
        self.id(&format!("SELECT id FROM notification_logs WHERE {which}"))
            .await
    }
}

/// The same words with ids that nothing has.
pub fn missing(things: &Things) -> Things {
    let mut missing = things.clone();
    for (word, value) in &mut missing {
        match *word {
            "version" => {}
            "sku" => *value = new_text().to_uppercase(),
            "slug" => *value = new_text(),
            _ => *value = uuid::Uuid::now_v7().to_string(),
        }
    }
    missing
}

/// A text of the tables with its words filled in.
pub fn fill(text: &str, things: &Things) -> String {
    let mut filled = text.to_owned();
    for (word, value) in things {
        filled = filled.replace(&format!("<{word}>"), value);
    }
    for made_up in ["<key>", "<new>"] {
        filled = filled.replace(made_up, &new_text());
    }
    assert!(!filled.contains('<'), "a word is not known: {filled}");
    filled
}
