//! The kinds of request that are measured, and what each needs before it can be sent.

use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::client::Client;
use super::load::Bounds;
use crate::OpsError;
use crate::database::Session;
use crate::seed::demo::PASSWORD;

const TENANT: &str = "scale";
const LINES: usize = 5;
/// Orders that are made ready for a kind which uses each only once: so many for each client and second.
const READY_PER_CLIENT_SECOND: u64 = 10;
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
    /// A search in 10,000 products
    Search,
}

impl Scenario {
    pub const ALL: [Scenario; 6] = [
        Scenario::Place,
        Scenario::Approve,
        Scenario::Dispatch,
        Scenario::Lifecycle,
        Scenario::List,
        Scenario::Search,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::Place => "place",
            Scenario::Approve => "approve",
            Scenario::Dispatch => "dispatch",
            Scenario::Lifecycle => "lifecycle",
            Scenario::List => "list",
            Scenario::Search => "search",
        }
    }

    /// Whether its statements can be repeated as they are. An approval cannot: it is of one order, once.
    #[must_use]
    pub const fn has_ceiling(self) -> bool {
        matches!(self, Scenario::Place | Scenario::List | Scenario::Search)
    }
}

/// The big tenant, signed in to, with orders that wait for a kind's turn. Clones share everything.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    client: Client,
    /// Dealer and address.
    dealers: Arc<Vec<(String, String)>>,
    skus: Arc<Vec<String>>,
    ready: Arc<Mutex<Vec<String>>>,
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
        Ok(Stage {
            client,
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

    fn ready(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
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
                    let id = stage.place(turn).await?;
                    if scenario == Scenario::Dispatch {
                        stage.approve(&id).await?;
                        stage.pick_and_pack(&id).await?;
                    }
                    stage.ready().push(id);
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
        match scenario {
            Scenario::Place => {
                self.place(turn).await?;
            }
            Scenario::List => {
                self.client.get("/api/v1/orders?limit=25").await?;
            }
            Scenario::Search => {
                let words = WORDS.get(turn % WORDS.len()).copied().unwrap_or_default();
                let path = format!("/api/v1/products?limit=25&q={}", words.replace(' ', "%20"));
                self.client.get(&path).await?;
            }
            Scenario::Approve | Scenario::Dispatch => {
                let Some(id) = self.ready().pop() else {
                    return Ok(false);
                };
                if scenario == Scenario::Approve {
                    self.approve(&id).await?;
                } else {
                    self.dispatch(&id).await?;
                }
            }
            Scenario::Lifecycle => {
                let id = self.place(turn).await?;
                self.approve(&id).await?;
                self.pick_and_pack(&id).await?;
                self.dispatch(&id).await?;
                self.client
                    .post(&format!("/api/v1/orders/{id}/delivery"), json!({}))
                    .await?;
            }
        }
        Ok(true)
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

    async fn approve(&self, id: &str) -> Result<(), OpsError> {
        self.client
            .post(&format!("/api/v1/orders/{id}/approval"), json!({}))
            .await?;
        Ok(())
    }

    async fn pick_and_pack(&self, id: &str) -> Result<(), OpsError> {
        let order = self
            .client
            .post(&format!("/api/v1/orders/{id}/picking"), json!({}))
            .await?;
        let lines: Vec<Value> = order
            .pointer("/lines")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|line| json!({ "line_id": line.get("id"), "quantity": line.get("quantity") }))
            .collect();
        self.client
            .put(
                &format!("/api/v1/orders/{id}/picks"),
                json!({ "lines": lines }),
            )
            .await?;
        self.client
            .post(&format!("/api/v1/orders/{id}/packing"), json!({}))
            .await?;
        Ok(())
    }

    async fn dispatch(&self, id: &str) -> Result<(), OpsError> {
        self.client
            .post(
                &format!("/api/v1/orders/{id}/dispatch"),
                json!({ "transporter": "Own vehicle" }),
            )
            .await?;
        Ok(())
    }
}
