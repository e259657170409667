//! The kinds of request that are measured, and what each needs before it can be sent.

use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::client::{Browser, Client};
use super::load::Bounds;
use crate::OpsError;
use crate::database::Session;
use crate::seed::demo::PASSWORD;

pub(super) const TENANT: &str = "scale";
const LINES: usize = 5;
/// Orders that are made ready for a kind which uses each only once: so many for each client and second. A kind that is
/// faster ends before its time, which its rate does not mind.
const READY_PER_CLIENT_SECOND: u64 = 20;
/// What people type.
const WORDS: [&str; 6] = [
    "vajra",
    "breaker 16a",
    "urja cable",
    "sc-0421",
    "lamp",
    "kiran meter",
];

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Place an order of five lines
    Place,
    /// Approve a placed order
    Approve,
    /// Dispatch a packed order, with its invoice
    Dispatch,
    /// From placing to delivery, seven requests; the time is that of all
    Lifecycle,
    /// The newest 25 orders of 50,000
    List,
    /// The same as a page, with its counts
    Page,
    /// A search in 10,000 products
    Search,
    /// The same as a dealer's page, with prices and stock
    Catalogue,
}

impl Scenario {
    pub const ALL: [Scenario; 8] = [
        Scenario::Place,
        Scenario::Approve,
        Scenario::Dispatch,
        Scenario::Lifecycle,
        Scenario::List,
        Scenario::Page,
        Scenario::Search,
        Scenario::Catalogue,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::Place => "place",
            Scenario::Approve => "approve",
            Scenario::Dispatch => "dispatch",
            Scenario::Lifecycle => "lifecycle",
            Scenario::List => "list",
            Scenario::Page => "page",
            Scenario::Search => "search",
            Scenario::Catalogue => "catalogue",
        }
    }

    /// What a script of it consists of. An approval and a dispatch are of one order, once: they are repeated as steps of a
    /// lifecycle, whose every run makes an order of its own.
    pub(super) const fn steps(self) -> &'static [Step] {
        match self {
            Scenario::Place => &[Step::Place],
            Scenario::List => &[Step::List],
            Scenario::Page => &[Step::Page],
            Scenario::Search => &[Step::Search],
            Scenario::Catalogue => &[Step::Catalogue],
            Scenario::Approve | Scenario::Dispatch | Scenario::Lifecycle => &Step::LIFECYCLE,
        }
    }

    /// Requests over HTTP in one of it.
    pub(super) const fn http_requests(self) -> u64 {
        match self {
            Scenario::Lifecycle => 7,
            _ => 1,
        }
    }

    /// The kind whose script has its statements.
    pub(super) const fn script(self) -> Scenario {
        match self {
            Scenario::Approve | Scenario::Dispatch => Scenario::Lifecycle,
            own => own,
        }
    }
}

/// A part of a scenario that has a figure of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Place,
    Approve,
    /// Three requests: started, picked, packed.
    Pack,
    Dispatch,
    Deliver,
    List,
    Page,
    Search,
    Catalogue,
}

impl Step {
    const LIFECYCLE: [Step; 5] = [
        Step::Place,
        Step::Approve,
        Step::Pack,
        Step::Dispatch,
        Step::Deliver,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Step::Place => "place",
            Step::Approve => "approve",
            Step::Pack => "pack",
            Step::Dispatch => "dispatch",
            Step::Deliver => "deliver",
            Step::List => "list",
            Step::Page => "page",
            Step::Search => "search",
            Step::Catalogue => "catalogue",
        }
    }
}

/// One client's way through the steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Walk {
    /// Chooses dealer, products and words.
    turn: usize,
    order: String,
    /// The number of the invoice, once there is one.
    pub(super) invoice: Option<String>,
}

impl Walk {
    pub(super) fn new(turn: usize) -> Self {
        Walk {
            turn,
            ..Walk::default()
        }
    }

    /// What is searched for, as it stands in an address.
    fn words(&self) -> String {
        let words = WORDS.get(self.turn % WORDS.len());
        words.copied().unwrap_or_default().replace(' ', "%20")
    }
}

/// The big tenant, signed in to, with orders that wait for a kind's turn. Clones share everything.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    client: Client,
    sales: Browser,
    dealer: Browser,
    /// Dealer and address.
    dealers: Arc<Vec<(String, String)>>,
    skus: Arc<Vec<String>>,
    ready: Arc<Mutex<Vec<Walk>>>,
}

fn text(value: &Value, pointer: &str) -> Result<String, OpsError> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
        .ok_or_else(|| OpsError::Refused(format!("the answer has no {pointer}: {value}")))
}

impl Stage {
    pub(super) async fn open(base_url: &str) -> Result<Self, OpsError> {
        let mut user = Session::user().await?;
        let tenants = user.chosen(Some(TENANT)).await?;
        let tenant = tenants
            .first()
            .ok_or_else(|| OpsError::Refused("seed --scale first".to_owned()))?;
        user.begin_in(tenant.id).await?;
        let dealers = user
            .lines("SELECT d.id || ' ' || a.id AS line FROM dealers d JOIN dealer_addresses a ON a.tenant_id = d.tenant_id AND a.dealer_id = d.id ORDER BY d.code")
            .await?;
        let skus = user
            .lines("SELECT sku AS line FROM products ORDER BY sku")
            .await?;
        user.rollback().await?;
        let client = Client::sign_in(base_url, &format!("admin@{TENANT}.test"), PASSWORD).await?;
        let browser = async |name: &str| {
            Browser::sign_in(base_url, &format!("{name}@{TENANT}.test"), PASSWORD).await
        };
        Ok(Stage {
            client,
            sales: browser("sales").await?,
            dealer: browser("dealer").await?,
            dealers: Arc::new(
                dealers
                    .iter()
                    .filter_map(|line| line.split_once(' '))
                    .map(|(dealer, address)| (dealer.to_owned(), address.to_owned()))
                    .collect(),
            ),
            skus: Arc::new(skus),
            ready: Arc::new(Mutex::new(Vec::new())),
        })
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, Vec<Walk>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the orders that a kind uses up, without counting the time.
    pub(super) async fn prepare(
        &self,
        scenario: Scenario,
        bounds: &Bounds,
    ) -> Result<(), OpsError> {
        self.ready().clear();
        if !matches!(scenario, Scenario::Approve | Scenario::Dispatch) {
            return Ok(());
        }
        let clients = u64::try_from(bounds.clients).unwrap_or(1);
        let wanted = clients * bounds.time.as_secs() * READY_PER_CLIENT_SECOND;
        let mut makers = tokio::task::JoinSet::new();
        for client in 0..clients {
            let (stage, share) = (self.clone(), wanted / clients);
            makers.spawn(async move {
                for number in 0..share {
                    let turn = usize::try_from(client * share + number).unwrap_or(0);
                    let mut walk = Walk::new(turn);
                    stage.step(Step::Place, &mut walk).await?;
                    if scenario == Scenario::Dispatch {
                        stage.step(Step::Approve, &mut walk).await?;
                        stage.step(Step::Pack, &mut walk).await?;
                    }
                    stage.ready().push(walk);
                }
                Ok::<_, OpsError>(())
            });
        }
        while let Some(made) = makers.join_next().await {
            made.map_err(|error| OpsError::Refused(error.to_string()))??;
        }
        Ok(())
    }

    /// One request, or one lifecycle. `false` when no order is left to do it to.
    pub(super) async fn once(&self, scenario: Scenario, turn: usize) -> Result<bool, OpsError> {
        let mut walk = Walk::new(turn);
        let used_up = match scenario {
            Scenario::Approve => Some(Step::Approve),
            Scenario::Dispatch => Some(Step::Dispatch),
            _ => None,
        };
        if let Some(step) = used_up {
            let Some(mut ready) = self.ready().pop() else {
                return Ok(false);
            };
            self.step(step, &mut ready).await?;
            return Ok(true);
        }
        for step in scenario.steps() {
            self.step(*step, &mut walk).await?;
        }
        Ok(true)
    }

    /// One step of a walk.
    pub(super) async fn step(&self, step: Step, walk: &mut Walk) -> Result<(), OpsError> {
        let order = format!("/api/v1/orders/{}", walk.order);
        match step {
            Step::Place => walk.order = self.place(walk.turn).await?,
            Step::Approve => {
                self.client
                    .post(&format!("{order}/approval"), json!({}))
                    .await?;
            }
            Step::Pack => self.pack(&order).await?,
            Step::Dispatch => {
                let sent = json!({ "transporter": "Own vehicle" });
                let done = self.client.post(&format!("{order}/dispatch"), sent).await?;
                walk.invoice = Some(text(&done, "/invoice/number")?);
            }
            Step::Deliver => {
                self.client
                    .post(&format!("{order}/delivery"), json!({}))
                    .await?;
            }
            Step::List => {
                self.client.get("/api/v1/orders?limit=25").await?;
            }
            Step::Page => self.sales.open("/admin/orders").await?,
            Step::Search => {
                let path = format!("/api/v1/products?limit=25&q={}", walk.words());
                self.client.get(&path).await?;
            }
            Step::Catalogue => {
                let path = format!("/portal/catalogue?q={}", walk.words());
                self.dealer.open(&path).await?;
            }
        }
        Ok(())
    }

    /// Places an order of five products that no order near it in time has.
    async fn place(&self, turn: usize) -> Result<String, OpsError> {
        let (dealers, skus) = (self.dealers.len().max(1), self.skus.len().max(1));
        let Some((dealer, address)) = self.dealers.get(turn * 7 % dealers) else {
            return Err(OpsError::Refused("the tenant has no dealers".to_owned()));
        };
        let lines: Vec<Value> = (0..LINES)
            .filter_map(|line| self.skus.get((turn * LINES + line) * 13 % skus))
            .map(|sku| json!({ "sku": sku, "quantity": "1" }))
            .collect();
        let body = json!({ "dealer_id": dealer, "ship_to_address_id": address, "lines": lines });
        let order = self.client.post("/api/v1/orders", body).await?;
        text(&order, "/id")
    }

    /// Starts the picking, picks everything, packs.
    async fn pack(&self, order: &str) -> Result<(), OpsError> {
        let started = self
            .client
            .post(&format!("{order}/picking"), json!({}))
            .await?;
        let version = started
            .get("version")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let lines: Vec<Value> = started
            .pointer("/lines")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|line| json!({ "line_id": line.get("id"), "quantity": line.get("quantity") }))
            .collect();
        let picks = json!({ "lines": lines });
        self.client
            .put(&format!("{order}/picks"), picks, version)
            .await?;
        self.client
            .post(&format!("{order}/packing"), json!({}))
            .await?;
        Ok(())
    }
}
