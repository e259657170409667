//! Three equal distributors, each worked with by one face alone, and one act done to all of them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use vitaran_core::access::Role;
use vitaran_core::orders::OrderDetail;
use vitaran_kernel::{OrderId, ProductId};
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::{Answer, Client, PASSWORD, Person, TestApp, test_app};

/// The same for all three, so that their invoices differ in nothing.
const GSTIN: &str = "27AAPFU0939F1ZV";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Pages in a browser whose scripts run.
    Script,
    /// Pages in a browser without scripts.
    Plain,
    Api,
}

/// Who does an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// Somebody of the distributor.
    Member(Role),
    /// The platform's own, who is the same for all three.
    Platform,
}

/// An act, as each face asks for it.
#[derive(Debug, Clone)]
pub struct Ask {
    who: Asker,
    page: String,
    fields: Vec<(String, String)>,
    is_boosted: bool,
    leads_back: bool,
    target: &'static str,
    method: Method,
    path: String,
    body: Value,
    version: Option<i32>,
}

impl Ask {
    pub fn by(role: Role) -> Self {
        Self::of(Asker::Member(role))
    }

    pub fn by_platform() -> Self {
        Self::of(Asker::Platform)
    }

    fn of(who: Asker) -> Self {
        Ask {
            who,
            page: String::new(),
            fields: Vec::new(),
            is_boosted: false,
            leads_back: false,
            target: "form#form",
            method: Method::POST,
            path: String::new(),
            body: Value::Null,
            version: None,
        }
    }

    pub fn page(mut self, path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        self.page = path.into();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.fields.extend(fields.iter().map(own));
        self
    }

    /// The form has no region of its own: the script asks for the next page whole.
    pub fn boosted(mut self) -> Self {
        self.is_boosted = true;
        self
    }

    /// A button of a page that has no room for a refusal: a browser comes back to the page, with the refusal as its message.
    pub fn leads_back(mut self) -> Self {
        self.leads_back = true;
        self
    }

    /// The element that the page's script puts the answer into.
    pub fn into(mut self, target: &'static str) -> Self {
        self.target = target;
        self
    }

    pub fn post(mut self, path: impl Into<String>, body: Value) -> Self {
        (self.path, self.body) = (path.into(), body);
        self
    }

    pub fn put(self, path: impl Into<String>, body: Value) -> Self {
        Ask {
            method: Method::PUT,
            ..self.post(path, body)
        }
    }

    pub fn delete(self, path: impl Into<String>, body: Value) -> Self {
        Ask {
            method: Method::DELETE,
            ..self.post(path, body)
        }
    }

    /// The version it was decided on: a hidden field of the form, an If-Match of the program.
    pub fn on_version(mut self, version: i32) -> Self {
        self.fields
            .push(("version".to_owned(), version.to_string()));
        self.version = Some(version);
        self
    }
}

impl Ask {
    /// A boosted form is answered as a browser without scripts is.
    fn shown_as(&self, face: Face) -> Face {
        match (face, self.is_boosted) {
            (Face::Script, true) => Face::Plain,
            (face, _) => face,
        }
    }
}

/// A distributor and its people.
pub struct House {
    pub face: Face,
    pub flow: Flow,
    pub lamp: ProductId,
    pub category: String,
    /// A message that could not be sent.
    pub message: String,
    pub buyer: Buyer,
    /// The order placed last, as it is now.
    order: Option<OrderDetail>,
    clients: BTreeMap<Role, Client>,
    platform: Person,
    platform_client: Option<Client>,
}

impl House {
    async fn new(app: &TestApp, face: Face, slug: &str, platform: &Person) -> House {
        let tenant = app.tenant(slug, GSTIN).await;
        let flow = Flow::in_tenant(app, tenant);
        let lamp = flow.product("LAMP", 100).await;
        flow.product("FAN", 1).await;
        let category = format!("SELECT category_id AS id FROM products WHERE id = '{lamp}'");
        House {
            face,
            lamp,
            category: app.database.id(&category).await.to_string(),
            message: String::new(),
            buyer: flow.buyer(50_000).await,
            flow,
            order: None,
            clients: BTreeMap::new(),
            platform: platform.clone(),
            platform_client: None,
        }
    }

    async fn client(&mut self, app: &TestApp, who: Asker) -> Client {
        match who {
            Asker::Member(role) => self.members_client(app, role).await,
            Asker::Platform => self.platforms_client(app).await,
        }
    }

    async fn platforms_client(&mut self, app: &TestApp) -> Client {
        if let Some(client) = &self.platform_client {
            return client.clone();
        }
        let client = match self.face {
            Face::Api => app.api(&self.platform).await,
            Face::Plain | Face::Script => app.sign_in(&self.platform).await,
        };
        self.platform_client = Some(client.clone());
        client
    }

    async fn members_client(&mut self, app: &TestApp, role: Role) -> Client {
        if let Some(client) = self.clients.get(&role) {
            return client.clone();
        }
        let tenant = &self.flow.tenant;
        let dealer = (role == Role::Dealer).then_some(self.buyer.dealer);
        let email = format!("the-{}@{}.test", role.as_str(), tenant.tenant.slug).to_lowercase();
        app.make_member(tenant, &email, role, dealer).await;
        let person = Person {
            email,
            password: PASSWORD.to_owned(),
            dealer,
        };
        let client = match self.face {
            Face::Api => app.api(&person).await,
            Face::Plain | Face::Script => app.sign_in(&person).await,
        };
        self.clients.insert(role, client.clone());
        client
    }

    async fn send(&mut self, app: &TestApp, ask: &Ask) -> Answer {
        let client = self.client(app, ask.who).await;
        let fields: Vec<(&str, &str)> = ask
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        match self.face {
            Face::Plain => client.post_form(&ask.page, &fields).await,
            Face::Script => {
                let here = format!("{}{}", app.base, ask.page);
                let client = client
                    .with("hx-request", "true")
                    .with("hx-source", "form")
                    .with("hx-current-url", &here);
                let script = match ask.is_boosted {
                    true => client
                        .with("hx-boosted", "true")
                        .with("hx-request-type", "full"),
                    false => client
                        .with("hx-request-type", "partial")
                        .with("hx-target", ask.target),
                };
                script.post_form(&ask.page, &fields).await
            }
            Face::Api => {
                let key = uuid::Uuid::now_v7().to_string();
                let client = client.with("idempotency-key", &key);
                let client = match ask.version {
                    Some(version) => client.with("if-match", &format!("\"v{version}\"")),
                    None => client,
                };
                let request = client.request(ask.method.clone(), &ask.path);
                let request = match &ask.body {
                    Value::Null => request,
                    body => request.json(body),
                };
                client.send(request).await
            }
        }
    }

    /// Everything of the distributor's, told without what may differ: ids, instants, its name, and the two things that
    /// are to tell the faces apart.
    pub async fn story(&self, app: &TestApp) -> Vec<String> {
        let tenant = &self.flow.tenant.tenant;
        let lines = app.database.story_of(tenant.id.as_uuid()).await;
        lines
            .into_iter()
            // What was answered to a retry is HTML's or JSON's business, and people come in when they are needed.
            .filter(|line| !line.starts_with("public.idempotency_keys "))
            .filter(|line| !line.starts_with("public.memberships "))
            .filter(|line| !line.contains(r#""action": "platform.members.add""#))
            .filter(|line| !line.contains(r#""table_name": "memberships""#))
            .map(|line| {
                let line = line
                    .replace(&tenant.name, "HOUSE")
                    .replace(&tenant.slug, "house");
                match line.starts_with("public.orders ") {
                    // An order remembers how it came in.
                    true => ["PORTAL", "STAFF", "API"].iter().fold(line, |line, face| {
                        line.replace(&format!(r#""channel": "{face}""#), r#""channel": "FACE""#)
                    }),
                    false => line,
                }
            })
            .collect()
    }

    /// The message about the last order comes to have failed.
    pub async fn fail_the_message(&mut self, app: &TestApp) {
        let id = self.order().header.id;
        let which = format!("order_id = '{id}' AND channel = 'WHATSAPP'");
        let sql = format!(
            "UPDATE notification_logs SET status = 'FAILED', attempts = 5, last_error = 'Not on WhatsApp' WHERE {which}"
        );
        app.database.execute(&sql).await;
        let sql = format!("SELECT id FROM notification_logs WHERE {which}");
        self.message = app.database.id(&sql).await.to_string();
    }

    pub fn order(&self) -> &OrderDetail {
        self.order.as_ref().expect("an order was placed")
    }

    async fn look_at_the_last_order(&mut self, app: &TestApp) {
        let tenant = self.flow.tenant.tenant.id;
        let which = format!("FROM orders WHERE tenant_id = '{tenant}'");
        if app
            .database
            .count(&format!("SELECT count(*) {which}"))
            .await
            > 0
        {
            let last = format!("SELECT id {which} ORDER BY number DESC LIMIT 1");
            let id = OrderId::from_uuid(app.database.id(&last).await);
            self.order = Some(self.flow.load(id).await);
        }
    }
}

/// The three of them.
pub struct Faces {
    pub app: TestApp,
    pub houses: Vec<House>,
    stories: Vec<Vec<String>>,
}

impl Faces {
    pub async fn new() -> Self {
        let app = test_app().await;
        let platform = app.platform_admin().await;
        let mut houses = Vec::new();
        for (face, slug) in [
            (Face::Script, "scripted"),
            (Face::Plain, "plainly"),
            (Face::Api, "programmed"),
        ] {
            houses.push(House::new(&app, face, slug, &platform).await);
        }
        let mut faces = Faces {
            app,
            houses,
            stories: Vec::new(),
        };
        faces.settle("at the beginning").await;
        faces
    }

    /// The stories as they are now, which must be one.
    pub async fn settle(&mut self, when: &str) {
        let mut stories = Vec::new();
        for house in &mut self.houses {
            house.look_at_the_last_order(&self.app).await;
            stories.push(house.story(&self.app).await);
        }
        for (house, story) in self.houses.iter().zip(&stories).skip(1) {
            let unlike = differences(&stories[0], story);
            assert!(
                unlike.is_empty(),
                "{when}, {:?} (-) and {:?} (+) differ:\n{unlike}",
                self.houses[0].face,
                house.face
            );
        }
        self.stories = stories;
    }

    /// Does an act by each face, and holds the outcomes against each other: what is answered is success in the face's own
    /// way, something changed, and the same did in all three.
    pub async fn assert_same_outcome(&mut self, act: &str, ask: impl Fn(&House) -> Ask) {
        for house in &mut self.houses {
            let ask = ask(house);
            let answer = house.send(&self.app, &ask).await;
            let what = format!(
                "{act} by {:?}: {} {}",
                house.face, answer.status, answer.body
            );
            match ask.shown_as(house.face) {
                Face::Api => {
                    assert!(matches!(answer.status, 200 | 201), "{what}");
                    let kind = answer.header("content-type").unwrap_or_default();
                    assert!(kind.starts_with("application/json"), "{act}: {kind}");
                }
                Face::Script => {
                    assert_eq!(answer.status, 200, "{what}");
                    let leads_on = answer.header("hx-redirect").is_some();
                    assert!(leads_on != answer.body.starts_with('<'), "{what}");
                    assert!(!answer.body.contains("<html"), "{what}");
                }
                Face::Plain => {
                    assert_eq!(answer.status, 303, "{what}");
                    let client = house.client(&self.app, ask.who).await;
                    assert!(client.cookie("flash").is_some(), "{act} leaves no message");
                    let next = client.get(answer.location()).await;
                    assert_eq!(next.status, 200, "after {act}: {}", next.body);
                    assert_eq!(
                        client.cookie("flash"),
                        None,
                        "{act}: its message is not shown"
                    );
                }
            }
        }
        let before = self.stories[0].clone();
        self.settle(&format!("after {act}")).await;
        assert_ne!(self.stories[0], before, "{act} changed nothing");
    }

    /// Asks by each face for what must be refused: one status, the code on the API and its sentences on the pages, and
    /// nothing changed.
    pub async fn assert_same_refusal(
        &mut self,
        act: &str,
        (status, code): (u16, &str),
        ask: impl Fn(&House) -> Ask,
    ) {
        let mut answers = Vec::new();
        for house in &mut self.houses {
            let ask = ask(house);
            let shown = ask.shown_as(house.face);
            let mut answer = house.send(&self.app, &ask).await;
            if ask.leads_back && shown == Face::Plain {
                assert_eq!(answer.status, 303, "{act}: {}", answer.body);
                let client = house.client(&self.app, ask.who).await;
                answer = client.get(answer.location()).await;
                assert_eq!(answer.status, 200, "after {act}: {}", answer.body);
                answer.status = status;
            }
            answers.push((shown, answer));
        }
        let (_, api) = answers
            .iter()
            .find(|(face, _)| *face == Face::Api)
            .expect("an answer of the API");
        assert_eq!(
            (api.status, api.code().as_str()),
            (status, code),
            "{act}: {}",
            api.body
        );
        let sentences = sentences(&api.json());
        for (face, answer) in &answers {
            assert_eq!(answer.status, status, "{act} by {face:?}: {}", answer.body);
            if *face == Face::Api {
                continue;
            }
            assert_eq!(
                answer.body.contains("<html"),
                *face == Face::Plain,
                "{act} by {face:?}"
            );
            for sentence in &sentences {
                let said = escaped(sentence);
                assert!(
                    answer.body.contains(&said),
                    "{act} by {face:?} does not say {said}: {}",
                    answer.body
                );
            }
        }
        let before = self.stories.clone();
        self.settle(&format!("after the refused {act}")).await;
        let unlike = differences(&before[0], &self.stories[0]);
        assert!(unlike.is_empty(), "the refused {act} changed:\n{unlike}");
    }
}

/// What is wrong, in sentences: each fault, or the refusal as a whole.
fn sentences(problem: &Value) -> Vec<String> {
    let detail = |value: &Value| value["detail"].as_str().unwrap_or_default().to_owned();
    match problem["errors"].as_array() {
        Some(faults) if !faults.is_empty() => faults.iter().map(detail).collect(),
        _ => vec![detail(problem)],
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The lines that only one of the two has.
fn differences(one: &[String], other: &[String]) -> String {
    let without = |a: &[String], b: &[String], sign: char| {
        let mut rest = b.to_vec();
        let mut lines = String::new();
        for line in a {
            match rest.iter().position(|known| known == line) {
                Some(at) => drop(rest.swap_remove(at)),
                None => lines += &format!("{sign} {line}\n"),
            }
        }
        lines
    };
    without(one, other, '-') + &without(other, one, '+')
}
