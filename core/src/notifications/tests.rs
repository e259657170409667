//! Messages on a real database, sent as the worker's role.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{
    AddressId, DealerId, InvoiceId, MembershipId, NotificationId, OrderId, ProductId, Quantity,
    SettableClock, UserId,
};

use super::claim::{self, Ending};
use super::outcome::Consequence;
use super::*;
use crate::access::{Actor, Role};
use crate::db::{Db, Page, Statement, TenantTx};
use crate::invoicing::{self, RenderInvoice};
use crate::jobs::Outcome;
use crate::orders::{self, ApproveOrder, PlaceLine, PlaceOrder, ProductKey, RejectOrder};
use crate::ports::{
    self, Accepted, AcceptedStatus, ErrorClassTable, FilePath, FileStore, FileStoreError, Mail,
    MailError, Mailer, MediaFile, MediaId, PdfRenderer, RenderError, SendError, TemplateMessage,
    WhatsappAccount, WhatsappProvider,
};
use crate::problem::{Kind, Problem as _};
use crate::secrets::SecretKey;
use crate::testkit::{
    DealerFactory, TestTenant, dealer, product, test_db, test_tenant, test_worker_db,
};
use crate::warehouse;

/// What the provider does with the next message; without a script it accepts.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Refuse(i64),
    Lose,
    Hang,
}

#[derive(Default)]
struct Provider {
    script: Mutex<VecDeque<Answer>>,
    sent: Mutex<Vec<TemplateMessage>>,
    uploads: Mutex<Vec<MediaFile>>,
    needs_account: bool,
}

impl Provider {
    fn answers(&self, answers: &[Answer]) {
        self.script.lock().unwrap().extend(answers);
    }

    fn sent(&self) -> Vec<TemplateMessage> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl WhatsappProvider for Provider {
    fn needs_account(&self) -> bool {
        self.needs_account
    }

    async fn upload_media(
        &self,
        _: &WhatsappAccount,
        file: MediaFile,
    ) -> Result<MediaId, SendError> {
        self.uploads.lock().unwrap().push(file);
        Ok(MediaId::parse("MEDIA1").unwrap())
    }

    async fn send_template(
        &self,
        _: &WhatsappAccount,
        message: &TemplateMessage,
    ) -> Result<Accepted, SendError> {
        let answer = self.script.lock().unwrap().pop_front();
        let error = |code: Option<i64>, outcome| SendError {
            class: ErrorClassTable::default().classify_answer(Some(400), code),
            code,
            http_status: Some(400),
            detail: "said the provider".to_owned(),
            retry_after: None,
            outcome,
        };
        match answer {
            None => {
                let mut sent = self.sent.lock().unwrap();
                sent.push(message.clone());
                Ok(Accepted {
                    message_id: format!("wamid.{}.{}", message.notification_id, sent.len()),
                    status: AcceptedStatus::Accepted,
                })
            }
            Some(Answer::Refuse(code)) => Err(error(Some(code), ports::Outcome::NotSent)),
            Some(Answer::Lose) => Err(error(None, ports::Outcome::Unknown)),
            Some(Answer::Hang) => std::future::pending().await,
        }
    }
}

#[derive(Default)]
struct Postman {
    script: Mutex<VecDeque<Option<MailError>>>,
    sent: Mutex<Vec<Mail>>,
}

#[async_trait]
impl Mailer for Postman {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if let Some(Some(error)) = self.script.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// Files in memory.
#[derive(Default)]
struct Shelf(Mutex<HashMap<String, Bytes>>);

#[async_trait]
impl FileStore for Shelf {
    async fn put(&self, path: &FilePath, bytes: Bytes) -> Result<(), FileStoreError> {
        let mut files = self.0.lock().unwrap();
        files.insert(path.as_str().to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, path: &FilePath) -> Result<Bytes, FileStoreError> {
        let files = self.0.lock().unwrap();
        files
            .get(path.as_str())
            .cloned()
            .ok_or(FileStoreError::NotFound)
    }

    async fn exists(&self, path: &FilePath) -> Result<bool, FileStoreError> {
        Ok(self.0.lock().unwrap().contains_key(path.as_str()))
    }

    async fn delete(&self, path: &FilePath) -> Result<(), FileStoreError> {
        self.0.lock().unwrap().remove(path.as_str());
        Ok(())
    }
}

/// A printer that prints the page itself, or does not.
struct Printer(Result<(), RenderError>);

#[async_trait]
impl PdfRenderer for Printer {
    async fn render(&self, html: &str) -> Result<Bytes, RenderError> {
        self.0.clone()?;
        Ok(Bytes::from(format!("%PDF-1.7\n{html}")))
    }
}

fn key() -> SecretKey {
    SecretKey::parse("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap()
}

/// A committed tenant with one dealer and one product, and the outside world.
struct World {
    tenant: TestTenant,
    db: Db,
    worker: Db,
    clock: SettableClock,
    provider: Arc<Provider>,
    postman: Postman,
    shelf: Shelf,
    dealer: DealerId,
    shop: AddressId,
    product: ProductId,
}

#[derive(diesel::QueryableByName)]
struct Json {
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    value: Value,
}

impl World {
    async fn new() -> Self {
        Self::with(dealer(), Provider::default()).await
    }

    async fn with(dealer: DealerFactory, provider: Provider) -> Self {
        let tenant = test_tenant("27VOLTC1234A1ZU").await;
        let ((db, clock), (worker, _)) = (test_db(), test_worker_db());
        let mut tx = db.begin_as(&tenant.actor(Role::Admin)).await.unwrap();
        let product = product("CABLE")
            .stock("1000")
            .insert(&mut tx, &tenant)
            .await;
        let (dealer, shop) = dealer.insert(&mut tx, &tenant).await;
        tx.commit().await.unwrap();
        World {
            tenant,
            db,
            worker,
            clock,
            provider: Arc::new(provider),
            postman: Postman::default(),
            shelf: Shelf::default(),
            dealer,
            shop,
            product,
        }
    }

    fn admin(&self) -> Actor {
        self.tenant.actor(Role::Admin)
    }

    async fn tx(&self) -> TenantTx {
        self.db.begin_as(&self.admin()).await.unwrap()
    }

    async fn place_in(&self, tx: &mut TenantTx) -> OrderId {
        let input = PlaceOrder {
            dealer: Some(self.dealer),
            ship_to: self.shop,
            lines: vec![PlaceLine {
                product: ProductKey::Id(self.product),
                quantity: Quantity::from_units(2),
            }],
            client_reference: None,
            note: None,
        };
        let by = self.admin().allow().unwrap();
        let order = orders::place(tx, &by, orders::Channel::Staff, input).await;
        order.unwrap().header.id
    }

    async fn placed(&self) -> OrderId {
        let mut tx = self.tx().await;
        let order = self.place_in(&mut tx).await;
        tx.commit().await.unwrap();
        order
    }

    async fn dispatched(&self) -> (OrderId, InvoiceId) {
        let order = self.placed().await;
        let actor = self.admin();
        let mut tx = self.tx().await;
        orders::approve(
            &mut tx,
            &actor.allow().unwrap(),
            order,
            ApproveOrder::default(),
        )
        .await
        .unwrap();
        let picking = warehouse::start_picking(
            &mut tx,
            &actor.allow().unwrap(),
            order,
            warehouse::StartPicking::default(),
        )
        .await
        .unwrap();
        let picks = warehouse::SetPicks {
            lines: picking
                .lines
                .iter()
                .map(|line| (line.id, line.open_quantity()))
                .collect(),
            expected_version: None,
        };
        warehouse::set_picks(&mut tx, &actor.allow().unwrap(), order, picks)
            .await
            .unwrap();
        warehouse::pack(
            &mut tx,
            &actor.allow().unwrap(),
            order,
            warehouse::PackOrder::default(),
        )
        .await
        .unwrap();
        let form = warehouse::DispatchForm {
            transporter: "VRL Logistics".to_owned(),
            vehicle_number: "MH12AB1234".to_owned(),
            ..warehouse::DispatchForm::default()
        };
        warehouse::dispatch(
            &mut tx,
            &actor.allow().unwrap(),
            order,
            form.parse().unwrap(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let invoice = self
            .ask("SELECT to_jsonb(id) AS value FROM invoices WHERE tenant_id = $1")
            .await;
        (order, InvoiceId::parse(invoice.as_str().unwrap()).unwrap())
    }

    async fn ask(&self, sql: &str) -> Value {
        let mut tx = self.tx().await;
        Statement::new(sql.to_owned())
            .bind(self.tenant.tenant.id.as_uuid())
            .get_result::<Json>(tx.conn().unwrap())
            .await
            .unwrap()
            .value
    }

    async fn run(&self, sql: &str) -> usize {
        let mut tx = self.tx().await;
        let changed = Statement::new(sql.to_owned())
            .bind(self.tenant.tenant.id.as_uuid())
            .execute(tx.conn().unwrap())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// The only message of the event on the channel.
    async fn message(&self, event: Event, channel: Channel) -> NotificationId {
        let id = self
            .ask(&format!(
                "SELECT to_jsonb(id) AS value FROM notification_logs WHERE tenant_id = $1 AND event = '{}' AND channel = '{}'",
                event.as_str(),
                channel.as_str()
            ))
            .await;
        NotificationId::parse(id.as_str().unwrap()).unwrap()
    }

    /// Status, attempts, and minutes until the next attempt, rounded.
    async fn state(&self, id: NotificationId) -> (String, i64, Option<i64>) {
        let row = self
            .ask(&format!(
                "SELECT jsonb_build_array(status, attempts, CASE WHEN status = 'PENDING' AND next_attempt_at < 'infinity' \
                 THEN round(extract(epoch FROM next_attempt_at - now()) / 60) END) AS value \
                 FROM notification_logs WHERE tenant_id = $1 AND id = '{id}'"
            ))
            .await;
        (
            row[0].as_str().unwrap().to_owned(),
            row[1].as_i64().unwrap(),
            row[2]
                .as_f64()
                .map(|minutes| format!("{minutes:.0}").parse().unwrap()),
        )
    }

    async fn status(&self, id: NotificationId) -> String {
        self.state(id).await.0
    }

    async fn history(&self, id: NotificationId) -> String {
        let words = self
            .ask(&format!(
                "SELECT to_jsonb(coalesce(string_agg(event, ' ' ORDER BY id), '')) AS value FROM notification_attempts \
                 WHERE tenant_id = $1 AND notification_id = '{id}'"
            ))
            .await;
        words.as_str().unwrap().to_owned()
    }

    /// Time passes for a waiting message.
    async fn make_due(&self, id: NotificationId) {
        self.run(&format!(
            "UPDATE notification_logs SET next_attempt_at = now() WHERE tenant_id = $1 AND id = '{id}' AND status = 'PENDING'"
        ))
        .await;
    }

    /// The process that held the message is gone, and its lease has run out.
    async fn crash(&self, id: NotificationId) {
        self.run(&format!(
            "UPDATE notification_logs SET lease_until = now() - interval '1 second' WHERE tenant_id = $1 AND id = '{id}'"
        ))
        .await;
    }

    async fn whatsapp(&self, id: NotificationId) -> Result<Outcome, DeliverError> {
        let job = DeliverWhatsapp {
            tenant: self.tenant.tenant.id,
            notification: id,
        };
        deliver_whatsapp_now(&self.worker, &*self.provider, &self.shelf, &key(), &job).await
    }

    async fn mail(&self, id: NotificationId) -> Result<Outcome, DeliverError> {
        let job = DeliverMail {
            tenant: self.tenant.tenant.id,
            notification: id,
        };
        let url = "https://orders.example.in";
        deliver_mail_now(&self.worker, &self.postman, &self.shelf, url, &job).await
    }

    async fn render(&self, printer: &Printer) -> Outcome {
        let id = self
            .ask("SELECT to_jsonb(id) AS value FROM document_renders WHERE tenant_id = $1")
            .await;
        let job = RenderInvoice {
            tenant: self.tenant.tenant.id,
            render: vitaran_kernel::RenderId::parse(id.as_str().unwrap()).unwrap(),
        };
        invoicing::render_now(&self.worker, printer, &self.shelf, &job)
            .await
            .unwrap()
    }

    async fn add_sales(&self, email: &str) {
        let (user, membership) = (UserId::generate(), MembershipId::generate());
        let mut tx = self.tx().await;
        let tenant = self.tenant.tenant.id;
        for sql in [
            format!(
                "INSERT INTO users (id, email, name, password_hash) VALUES ('{user}', '{email}', 'Sales', '!')"
            ),
            format!(
                "INSERT INTO memberships (tenant_id, id, user_id, role) VALUES ('{tenant}', '{membership}', '{user}', 'SALES')"
            ),
        ] {
            Statement::new(sql)
                .execute(tx.conn().unwrap())
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn set_account(&self) {
        let account = NewWhatsappAccount::parse(
            PHONE_NUMBER_ID,
            "102290129340398",
            "EAAGtoken",
            "test_app_secret!",
            "a-verify-token-of-ours",
        )
        .unwrap();
        let mut tx = self.tx().await;
        let by = self.admin().allow().unwrap();
        set_account(&mut tx, &by, &key(), account).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn report(&self, status: &str, extra: Value) -> usize {
        let mut body = json!({ "status": status, "timestamp": "1794566402" });
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let body = envelope(PHONE_NUMBER_ID, &body);
        let account = webhook_account(&self.db, &key(), &self.tenant.tenant.slug)
            .await
            .unwrap()
            .unwrap();
        let signature = sign("test_app_secret!", body.as_bytes());
        let signed = account.verify(body.as_bytes(), Some(&signature)).unwrap();
        apply_statuses(&self.db, &ErrorClassTable::default(), &signed)
            .await
            .unwrap()
    }
}

const PHONE_NUMBER_ID: &str = "106540352242922";

fn envelope(phone_number_id: &str, status: &Value) -> String {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550783881", "phone_number_id": phone_number_id },
        "statuses": [status],
    }}]}]})
    .to_string()
}

fn sign(secret: &str, body: &[u8]) -> String {
    use hmac::{Hmac, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_message_is_sent_once_however_often_it_is_woken() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    assert!(matches!(
        world.whatsapp(id).await.unwrap(),
        Outcome::Cancel(_)
    ));
    let sent = world.provider.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].template.as_str(), "order_received_v1");
    assert_eq!(sent[0].to.as_str(), "+919876500001");
    let texts: Vec<_> = sent[0].body.iter().map(|text| text.as_str()).collect();
    assert_eq!(texts, ["Test Traders", "SO/26-27/000001", "₹236.00"]);
    assert_eq!(world.state(id).await, ("SENT".to_owned(), 1, None));
    assert_eq!(world.history(id).await, "STARTED ACCEPTED");
}

#[tokio::test]
async fn every_class_of_error_ends_a_message_in_its_own_way() {
    let cases = [
        (131_000, "PENDING", 1, Some(1)),
        (2, "PENDING", 1, Some(1)),
        (130_429, "PENDING", 1, Some(1)),
        (999_999, "PENDING", 1, Some(1)),
        (131_056, "PENDING", 1, Some(1)),
        (131_049, "PENDING", 1, Some(1_440)),
        (190, "PENDING", 0, Some(15)),
        (132_001, "FAILED", 1, None),
        (131_026, "FAILED", 1, None),
        (131_008, "FAILED", 1, None),
    ];
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    for (code, status, attempts, minutes) in cases {
        world
            .run(&format!("UPDATE notification_logs SET status = 'PENDING', attempts = 0, next_attempt_at = now() WHERE tenant_id = $1 AND id = '{id}'"))
            .await;
        world.provider.answers(&[Answer::Refuse(code)]);
        world.whatsapp(id).await.unwrap();
        assert_eq!(
            world.state(id).await,
            (status.to_owned(), attempts, minutes),
            "{code}"
        );
        let told = world
            .ask(&format!("SELECT jsonb_build_array(last_error_code, last_error) AS value FROM notification_logs WHERE tenant_id = $1 AND id = '{id}'"))
            .await;
        assert_eq!(told, json!([code, "said the provider"]));
    }
    assert!(world.provider.sent().is_empty());
}

#[tokio::test]
async fn a_busy_provider_is_tried_again_after_1_4_9_and_16_minutes_and_the_fifth_failure_is_the_end()
 {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    let mut waits = Vec::new();
    for _ in 0..5 {
        world.provider.answers(&[Answer::Refuse(131_000)]);
        world.whatsapp(id).await.unwrap();
        waits.push(world.state(id).await.2);
        world.make_due(id).await;
    }
    assert_eq!(waits, [Some(1), Some(4), Some(9), Some(16), None]);
    assert_eq!(world.state(id).await, ("FAILED".to_owned(), 5, None));
    assert!(matches!(
        world.whatsapp(id).await.unwrap(),
        Outcome::Cancel(_)
    ));
    assert_eq!(world.history(id).await.matches("STARTED").count(), 5);
}

#[tokio::test]
async fn a_refusal_for_the_ecosystem_allows_one_more_try_however_it_came_and_whatever_came_before()
{
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Refuse(131_000)]);
    world.whatsapp(id).await.unwrap();
    world.make_due(id).await;
    world.provider.answers(&[Answer::Refuse(131_049)]);
    world.whatsapp(id).await.unwrap();
    let a_day_later = |attempts| ("PENDING".to_owned(), attempts, Some(24 * 60));
    assert_eq!(world.state(id).await, a_day_later(2));

    // The second time it is taken first and refused by a report, when the row's last error is gone.
    world.make_due(id).await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    let error = json!({ "id": format!("wamid.{id}.1"), "errors": [{ "code": 131_049 }] });
    assert_eq!(world.report("failed", error).await, 1);
    assert_eq!(world.state(id).await, ("FAILED".to_owned(), 3, None));

    let mut tx = world.tx().await;
    let by = world.admin().allow().unwrap();
    requeue(&mut tx, &by, id).await.unwrap();
    tx.commit().await.unwrap();
    world.provider.answers(&[Answer::Refuse(131_049)]);
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.state(id).await, a_day_later(1), "the past is over");
}

#[tokio::test]
async fn too_many_messages_to_one_person_hold_back_the_others_to_them_and_nobody_elses() {
    let world = World::new().await;
    world.set_account().await;
    for _ in 0..4 {
        world.placed().await;
    }
    let ids = "SELECT jsonb_agg(id ORDER BY created_at, id) AS value FROM notification_logs WHERE tenant_id = $1 AND channel = 'WHATSAPP'";
    let ids: Vec<NotificationId> = serde_json::from_value(world.ask(ids).await).unwrap();
    let [refused, same, reported, stranger] = ids[..] else {
        panic!("{ids:?}")
    };
    world
        .run(&format!("UPDATE notification_logs SET recipient = '+919876500077' WHERE tenant_id = $1 AND id = '{stranger}'"))
        .await;
    world.provider.answers(&[Answer::Refuse(131_056)]);
    world.whatsapp(refused).await.unwrap();
    let waits = |minutes| ("PENDING".to_owned(), 0, Some(minutes));
    assert_eq!(world.state(same).await, waits(1));
    assert!(matches!(
        world.whatsapp(same).await.unwrap(),
        Outcome::Cancel(_)
    ));
    assert_eq!(world.state(stranger).await, waits(0));

    // By a report as well.
    world.make_due(same).await;
    world.make_due(reported).await;
    world.whatsapp(reported).await.unwrap();
    let error = json!({ "id": format!("wamid.{reported}.1"), "errors": [{ "code": 131_056 }] });
    assert_eq!(world.report("failed", error).await, 1);
    assert_eq!(world.state(same).await, waits(1));
    assert_eq!(world.whatsapp(stranger).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_message_that_waits_is_not_sent_early() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Refuse(131_000)]);
    world.whatsapp(id).await.unwrap();
    assert!(matches!(
        world.whatsapp(id).await.unwrap(),
        Outcome::Cancel(_)
    ));
    assert!(world.provider.sent().is_empty());
}

#[tokio::test]
async fn a_lost_answer_and_a_hanging_provider_are_doubts_that_wait_five_minutes() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    for answer in [Answer::Lose, Answer::Hang] {
        world
            .run(&format!("UPDATE notification_logs SET status = 'PENDING', attempts = 0, next_attempt_at = now() WHERE tenant_id = $1 AND id = '{id}'"))
            .await;
        world.provider.answers(&[answer]);
        world.whatsapp(id).await.unwrap();
        assert_eq!(
            world.state(id).await,
            ("PENDING".to_owned(), 1, Some(5)),
            "{answer:?}"
        );
        assert!(world.history(id).await.ends_with("UNKNOWN"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_report_ends_a_doubt_so_that_nothing_is_sent_twice() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Lose]);
    world.whatsapp(id).await.unwrap();
    let callback = json!({ "id": "wamid.A", "biz_opaque_callback_data": id.to_string() });
    assert_eq!(world.report("sent", callback).await, 1);
    assert_eq!(world.status(id).await, "SENT");
    world.make_due(id).await;
    world.whatsapp(id).await.unwrap();
    assert!(world.provider.sent().is_empty());
}

#[tokio::test]
async fn two_workers_at_one_message_send_it_once() {
    for _ in 0..5 {
        let world = World::new().await;
        world.placed().await;
        let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
        let (a, b) = tokio::join!(world.whatsapp(id), world.whatsapp(id));
        let outcomes = [a.unwrap(), b.unwrap()];
        assert_eq!(
            outcomes.iter().filter(|o| **o == Outcome::Done).count(),
            1,
            "{outcomes:?}"
        );
        assert_eq!(world.provider.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_worker_that_slept_through_its_lease_changes_nothing() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    let mut tx = world
        .worker
        .begin_as(&Actor::system(world.tenant.tenant.id, "whatsapp"))
        .await
        .unwrap();
    let due = claim::lock_due(&mut tx, Channel::Whatsapp, id)
        .await
        .unwrap()
        .unwrap();
    let zombie = claim::start(&mut tx, due).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    world.crash(id).await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);

    let ending = Ending::Failed {
        code: Some(1),
        detail: "too late".to_owned(),
    };
    let is_ours = zombie
        .finish(&world.worker, &ending, &Consequence::None)
        .await
        .unwrap();
    assert!(!is_ours);
    assert_eq!(world.state(id).await, ("SENT".to_owned(), 2, None));
    assert_eq!(world.history(id).await, "STARTED CRASHED STARTED ACCEPTED");
}

#[tokio::test]
async fn a_message_that_crashes_every_worker_fails_after_five_attempts() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    for attempt in 1..=6 {
        let mut tx = world
            .worker
            .begin_as(&Actor::system(world.tenant.tenant.id, "whatsapp"))
            .await
            .unwrap();
        let due = claim::lock_due(&mut tx, Channel::Whatsapp, id)
            .await
            .unwrap()
            .unwrap();
        let claimed = claim::start(&mut tx, due).await.unwrap();
        assert_eq!(claimed.is_some(), attempt <= 5, "{attempt}");
        tx.commit().await.unwrap();
        world.crash(id).await;
    }
    assert_eq!(world.state(id).await, ("FAILED".to_owned(), 5, None));
    assert_eq!(world.history(id).await.matches("CRASHED").count(), 5);
}

#[tokio::test]
async fn an_order_that_is_rolled_back_leaves_no_message_and_no_job() {
    let world = World::new().await;
    let count = "SELECT jsonb_build_array((SELECT count(*) FROM notification_logs WHERE tenant_id = $1), \
                 (SELECT count(*) FROM apalis.jobs WHERE convert_from(job, 'UTF8')::jsonb->>'tenant' = $1::text)) AS value";
    let mut tx = world.tx().await;
    world.place_in(&mut tx).await;
    drop(tx);
    assert_eq!(world.ask(count).await, json!([0, 0]));
    world.placed().await;
    assert_eq!(world.ask(count).await, json!([2, 2]));
}

#[tokio::test]
async fn without_phone_consent_or_account_a_message_is_skipped_with_the_reason() {
    let skipped = "SELECT to_jsonb(skip_reason) AS value FROM notification_logs WHERE tenant_id = $1 AND channel = 'WHATSAPP'";
    let cases = [
        (dealer().without_phone(), "NO_PHONE"),
        (dealer().without_opt_in(), "NO_OPT_IN"),
    ];
    for (dealer, reason) in cases {
        let world = World::with(dealer, Provider::default()).await;
        world.placed().await;
        assert_eq!(world.ask(skipped).await, json!(reason));
    }
    let strict = Provider {
        needs_account: true,
        ..Provider::default()
    };
    let world = World::with(dealer(), strict).await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.ask(skipped).await, json!("NO_ACCOUNT"));
    assert_eq!(world.state(id).await, ("SKIPPED".to_owned(), 0, None));

    let mut tx = world.tx().await;
    let by = world.admin().allow().unwrap();
    requeue(&mut tx, &by, id).await.unwrap();
    tx.commit().await.unwrap();
    world.set_account().await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_failed_message_is_sent_again_to_where_the_dealer_is_now_and_a_sent_one_is_not() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Refuse(131_026)]);
    world.whatsapp(id).await.unwrap();
    world
        .run("UPDATE dealer_contacts SET phone = '+919876500099' WHERE tenant_id = $1")
        .await;
    let by = world.admin().allow().unwrap();
    let mut tx = world.tx().await;
    let queued = requeue(&mut tx, &by, id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (queued.status, queued.attempts),
        (NotificationStatus::Pending, 0)
    );
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    assert_eq!(world.provider.sent()[0].to.as_str(), "+919876500099");
    assert_eq!(
        world.history(id).await,
        "STARTED FAILED REQUEUED STARTED ACCEPTED"
    );

    let mut tx = world.tx().await;
    let refused = requeue(&mut tx, &by, id).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Conflict, "notifications.wrong_state")
    );
}

#[tokio::test]
async fn a_skipped_message_stays_so_until_the_dealer_can_be_reached() {
    let world = World::with(dealer().without_phone(), Provider::default()).await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    let by = world.admin().allow().unwrap();
    let mut tx = world.tx().await;
    let refused = requeue(&mut tx, &by, id).await.unwrap_err();
    assert_eq!(refused.to_string(), "The dealer has no phone number yet");
    drop(tx);
    world
        .run("UPDATE dealer_contacts SET phone = '+919876500001', whatsapp_opt_in_at = now(), whatsapp_opt_in_source = 'call' WHERE tenant_id = $1")
        .await;
    let mut tx = world.tx().await;
    requeue(&mut tx, &by, id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_refused_token_pauses_the_tenants_channel_until_somebody_looks() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Refuse(190)]);
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 0, Some(15)));

    // The next message waits as well, although the provider would take it.
    let mut tx = world.tx().await;
    let order = world.place_in(&mut tx).await;
    let reject = RejectOrder::parse("Ordered twice", None).unwrap();
    let by = world.admin().allow().unwrap();
    orders::reject(&mut tx, &by, order, reject).await.unwrap();
    tx.commit().await.unwrap();
    let other = world.message(Event::OrderRejected, Channel::Whatsapp).await;
    world.whatsapp(other).await.unwrap();
    assert_eq!(
        world.state(other).await,
        ("PENDING".to_owned(), 0, Some(15))
    );
    assert!(world.provider.sent().is_empty());

    let mut tx = world.tx().await;
    let read = world.admin().allow().unwrap();
    let state = account_state(&mut tx, &read).await.unwrap().unwrap();
    assert_eq!(state.paused_reason.as_deref(), Some("said the provider"));
    let settings = world.admin().allow().unwrap();
    unpause(&mut tx, &settings).await.unwrap();
    tx.commit().await.unwrap();
    for id in [id, other] {
        assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    }
    let reason = &world.provider.sent()[1].body[2];
    assert_eq!(reason.as_str(), "Ordered twice");
}

#[tokio::test]
async fn secrets_are_stored_sealed_and_a_copied_token_pauses_the_channel_that_it_was_copied_to() {
    let world = World::new().await;
    world.set_account().await;
    let stored = "SELECT jsonb_build_array(access_token, app_secret, verify_token_sha256) AS value FROM whatsapp_accounts WHERE tenant_id = $1";
    let row = world.ask(stored).await.to_string();
    for secret in ["EAAGtoken", "test_app_secret", "a-verify-token"] {
        assert!(!row.contains(secret), "{row}");
    }
    world
        .run("UPDATE whatsapp_accounts SET access_token = app_secret WHERE tenant_id = $1")
        .await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 0, Some(15)));
    assert!(world.provider.sent().is_empty());
}

#[tokio::test]
async fn a_person_who_stops_messages_is_not_written_to_again() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.provider.answers(&[Answer::Refuse(131_050)]);
    world.whatsapp(id).await.unwrap();
    let mut tx = world.tx().await;
    let by = world.admin().allow().unwrap();
    let refused = requeue(&mut tx, &by, id).await.unwrap_err();
    assert!(
        matches!(
            refused,
            RequeueError::StillUnreachable {
                reason: SkipReason::NoOptIn
            }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn each_member_of_the_sales_team_gets_a_mail_of_their_own_and_gets_it_once() {
    let world = World::new().await;
    let addresses: Vec<String> = (1..=3)
        .map(|n| format!("s{n}.{}@vitaran.test", world.tenant.tenant.slug))
        .collect();
    for address in &addresses {
        world.add_sales(address).await;
    }
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Email).await;
    let busy = MailError::Transient("busy".to_owned());
    world
        .postman
        .script
        .lock()
        .unwrap()
        .extend([None, Some(busy)]);
    assert!(matches!(world.mail(id).await.unwrap(), Outcome::Snooze(_)));
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 1, Some(1)));
    world.make_due(id).await;
    assert_eq!(world.mail(id).await.unwrap(), Outcome::Done);

    let sent = world.postman.sent.lock().unwrap().clone();
    let mut to: Vec<_> = sent
        .iter()
        .map(|mail| mail.to.as_str().to_owned())
        .collect();
    to.sort();
    assert_eq!(to, addresses);
    let ids: std::collections::HashSet<_> = sent.iter().map(|mail| mail.id).collect();
    assert_eq!(ids.len(), 3);
    assert!(
        sent[0]
            .subject
            .as_str()
            .starts_with("New order SO/26-27/000001 from Test Traders")
    );
}

/// Refuses everybody, and takes nearly the whole lease for each.
struct SlowRefusal<'a> {
    world: &'a World,
    leases: Mutex<Vec<f64>>,
}

#[async_trait]
impl Mailer for SlowRefusal<'_> {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        let left = "SELECT to_jsonb(extract(epoch FROM lease_until - now())::float8) AS value FROM notification_logs \
             WHERE tenant_id = $1 AND status = 'SENDING'";
        let left = self.world.ask(left).await.as_f64().unwrap();
        self.leases.lock().unwrap().push(left);
        let passes = "UPDATE notification_logs SET lease_until = now() + interval '1 second' WHERE tenant_id = $1 AND status = 'SENDING'";
        self.world.run(passes).await;
        Err(MailError::Permanent("no such mailbox".to_owned()))
    }
}

#[tokio::test]
async fn a_mail_to_the_team_holds_its_lease_anew_for_each_member_also_after_a_refusal() {
    let world = World::new().await;
    for n in 1..=3 {
        let address = format!("s{n}.{}@vitaran.test", world.tenant.tenant.slug);
        world.add_sales(&address).await;
    }
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Email).await;
    let mailer = SlowRefusal {
        world: &world,
        leases: Mutex::default(),
    };
    let job = DeliverMail {
        tenant: world.tenant.tenant.id,
        notification: id,
    };
    let url = "https://orders.example.in";
    deliver_mail_now(&world.worker, &mailer, &world.shelf, url, &job)
        .await
        .unwrap();
    let leases = mailer.leases.lock().unwrap().clone();
    assert_eq!(leases.len(), 3);
    assert!(leases.iter().all(|left| *left > 50.0), "{leases:?}");
    assert_eq!(world.status(id).await, "FAILED");
}

#[tokio::test]
async fn a_mail_that_may_have_gone_out_goes_out_again_under_the_same_id() {
    let world = World::new().await;
    let (_, _) = world.dispatched().await;
    let id = world.message(Event::OrderApproved, Channel::Email).await;
    assert_eq!(world.mail(id).await.unwrap(), Outcome::Done);
    // As if the worker had died before it could write the end down.
    world
        .run(&format!("UPDATE notification_logs SET status = 'SENDING', lease_until = now() - interval '1 second' WHERE tenant_id = $1 AND id = '{id}'"))
        .await;
    assert_eq!(world.mail(id).await.unwrap(), Outcome::Done);
    let sent = world.postman.sent.lock().unwrap();
    assert_eq!((sent.len(), sent[0].id), (2, sent[1].id));
}

#[tokio::test]
async fn a_new_order_that_nobody_can_be_told_of_is_skipped() {
    let world = World::new().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Email).await;
    world.mail(id).await.unwrap();
    assert_eq!(world.status(id).await, "SKIPPED");
}

#[tokio::test]
async fn a_refused_mail_fails_at_once_and_a_busy_server_is_tried_five_times() {
    let world = World::new().await;
    let (order, _) = world.dispatched().await;
    assert_eq!(
        world.render(&Printer(Ok(()))).await,
        Outcome::Done,
        "{order}"
    );
    let id = world.message(Event::OrderApproved, Channel::Email).await;
    let refusal = MailError::Permanent("no such user".to_owned());
    world
        .postman
        .script
        .lock()
        .unwrap()
        .push_back(Some(refusal));
    world.mail(id).await.unwrap();
    assert_eq!(world.state(id).await, ("FAILED".to_owned(), 1, None));

    let id = world.message(Event::OrderDispatched, Channel::Email).await;
    for _ in 0..5 {
        let busy = MailError::Transient("busy".to_owned());
        world.postman.script.lock().unwrap().push_back(Some(busy));
        world.mail(id).await.unwrap();
        world.make_due(id).await;
    }
    assert_eq!(world.state(id).await, ("FAILED".to_owned(), 5, None));
}

#[tokio::test]
async fn a_dispatch_waits_for_its_pdf_and_carries_it() {
    let world = World::new().await;
    world.dispatched().await;
    let id = world
        .message(Event::OrderDispatched, Channel::Whatsapp)
        .await;
    let mail = world.message(Event::OrderDispatched, Channel::Email).await;
    // A sweep that comes too early changes nothing.
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 0, None));

    assert_eq!(world.render(&Printer(Ok(()))).await, Outcome::Done);
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    assert_eq!(world.mail(mail).await.unwrap(), Outcome::Done);
    let sent = world.provider.sent();
    assert_eq!(sent[0].template.as_str(), "order_dispatched_v1");
    let document = sent[0].document.as_ref().unwrap();
    assert_eq!(document.file_name.as_str(), "TST_26-27_000001.pdf");
    let texts: Vec<_> = sent[0].body.iter().map(|text| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Test Traders",
            "SO/26-27/000001",
            "TST/26-27/000001",
            "₹236.00",
            "VRL Logistics",
            "-",
            "MH12AB1234"
        ]
    );
    let uploaded = world.provider.uploads.lock().unwrap()[0].bytes.clone();
    assert_eq!(
        Some(&uploaded),
        world.shelf.0.lock().unwrap().values().next()
    );
    let mails = world.postman.sent.lock().unwrap().clone();
    assert_eq!(mails[0].attachments[0].bytes, uploaded);
    assert_eq!(mails[0].to.as_str(), "traders@dealer.test");
}

#[tokio::test]
async fn a_dispatch_is_told_without_its_pdf_once_the_render_has_failed_for_good() {
    let world = World::new().await;
    world.dispatched().await;
    let id = world
        .message(Event::OrderDispatched, Channel::Whatsapp)
        .await;
    world.render(&Printer(Err(RenderError::TooLarge))).await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    let sent = world.provider.sent();
    assert_eq!(sent[0].template.as_str(), "order_dispatched_text_v1");
    assert_eq!(sent[0].document, None);
}

#[tokio::test]
async fn a_pdf_that_has_gone_is_made_again_and_costs_the_message_no_attempt() {
    let world = World::new().await;
    world.dispatched().await;
    let id = world
        .message(Event::OrderDispatched, Channel::Whatsapp)
        .await;
    world.render(&Printer(Ok(()))).await;
    world.shelf.0.lock().unwrap().clear();
    let missing = world.whatsapp(id).await.unwrap_err();
    let DeliverError::PdfMissing(invoice) = missing else {
        panic!("{missing}");
    };
    assert_eq!(world.state(id).await.1, 0);
    let tenant = world.tenant.tenant.id;
    invoicing::remake_original(&world.worker, &world.shelf, tenant, invoice)
        .await
        .unwrap();
    world.make_due(id).await;
    world.whatsapp(id).await.unwrap();
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 0, None));
    assert_eq!(world.render(&Printer(Ok(()))).await, Outcome::Done);
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    assert!(world.provider.sent()[0].document.is_some());
}

#[tokio::test]
async fn the_search_for_due_messages_is_fair_and_the_webs_role_finds_nothing() {
    let world = World::new().await;
    let mut tx = world.tx().await;
    for _ in 0..12 {
        world.place_in(&mut tx).await;
    }
    tx.commit().await.unwrap();
    // Due for longer than whatever else is due here, what this test left at an earlier run included: the later it runs,
    // the longer.
    world
        .run(
            "UPDATE notification_logs SET next_attempt_at = '2000-01-01'::timestamptz - (now() - '2000-01-01') \
             WHERE tenant_id = $1 AND channel = 'WHATSAPP'",
        )
        .await;
    let found = due_messages(&world.worker, Channel::Whatsapp, std::time::Duration::ZERO)
        .await
        .unwrap();
    let tenant = world.tenant.tenant.id;
    let ours = found.iter().filter(|due| due.tenant == tenant).count();
    assert!((1..=10).contains(&ours), "{ours}");
    assert_eq!(found[0].tenant, tenant);
    let mut counts = HashMap::<_, i64>::new();
    let mut last = 0;
    for due in &found {
        let place = counts.entry(due.tenant).or_default();
        *place += 1;
        assert!(
            *place >= last,
            "a second of one before the first of another"
        );
        last = *place;
    }
    assert!(
        due_messages(&world.db, Channel::Whatsapp, std::time::Duration::ZERO)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_log_is_filtered_paged_and_shows_the_history() {
    let world = World::new().await;
    let mut tx = world.tx().await;
    for _ in 0..3 {
        world.place_in(&mut tx).await;
        world.clock.advance(chrono::TimeDelta::seconds(1));
    }
    tx.commit().await.unwrap();
    let mut tx = world.tx().await;
    let by = world.admin().allow().unwrap();
    let filter = NotificationFilter {
        channel: Some(Channel::Whatsapp),
        ..NotificationFilter::default()
    };
    let mut page = Page {
        limit: crate::db::Limit::new(2).unwrap(),
        after: None,
    };
    let first = list(&tx, &by, &filter, &page).await.unwrap();
    page.after = first.next.clone();
    let second = list(&tx, &by, &filter, &page).await.unwrap();
    let mut numbers: Vec<_> = first
        .rows
        .iter()
        .chain(&second.rows)
        .map(|row| row.order_number.clone())
        .collect();
    numbers.sort();
    assert_eq!(
        numbers,
        ["SO/26-27/000001", "SO/26-27/000002", "SO/26-27/000003"]
    );
    for (q, wanted) in [("2", 1), ("so/26-27/", 3), ("000003", 1), ("SO/25", 0)] {
        let filter = NotificationFilter {
            q: q.to_owned(),
            ..filter.clone()
        };
        let found = list(&tx, &by, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.rows.len(), wanted, "{q}");
    }
    let detail = load(&mut tx, &by, first.rows[0].id).await.unwrap();
    assert!(detail.attempts.is_empty() && !detail.notification.can_requeue());
    let none = load(&mut tx, &by, NotificationId::generate()).await;
    assert_eq!(none.unwrap_err().code(), "notifications.not_found");
}

#[tokio::test]
async fn reports_raise_the_rank_and_never_lower_it() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.whatsapp(id).await.unwrap();
    let wamid = json!({ "id": format!("wamid.{id}.1") });
    let error = json!({ "id": format!("wamid.{id}.1"), "errors": [{ "code": 131_026, "title": "Message undeliverable" }] });
    let steps = [
        ("sent", &wamid, 0, "SENT"),
        ("failed", &error, 1, "FAILED"),
        ("failed", &error, 0, "FAILED"),
        ("sent", &wamid, 0, "FAILED"),
        ("delivered", &wamid, 1, "DELIVERED"),
        ("delivered", &wamid, 0, "DELIVERED"),
        ("failed", &error, 0, "DELIVERED"),
        ("read", &wamid, 1, "READ"),
        ("delivered", &wamid, 0, "READ"),
        ("read", &wamid, 0, "READ"),
        ("deleted", &wamid, 0, "READ"),
    ];
    for (n, (status, body, changed, state)) in steps.into_iter().enumerate() {
        assert_eq!(world.report(status, body.clone()).await, changed, "{n}");
        assert_eq!(world.status(id).await, state, "{n}");
    }
    assert_eq!(
        world.history(id).await,
        "STARTED ACCEPTED REFUSED DELIVERED READ"
    );
    let times = world
        .ask("SELECT jsonb_build_array(delivered_at = read_at, read_at AT TIME ZONE 'UTC') AS value FROM notification_logs WHERE tenant_id = $1 AND channel = 'WHATSAPP'")
        .await;
    assert_eq!(times, json!([true, "2026-11-13T10:40:02"]));
}

#[tokio::test]
async fn a_reported_failure_that_may_pass_is_sent_again_and_a_repeated_report_is_nothing_new() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.whatsapp(id).await.unwrap();
    let error = json!({ "id": format!("wamid.{id}.1"), "biz_opaque_callback_data": id.to_string(), "errors": [{ "code": 131_000 }] });
    assert_eq!(world.report("failed", error.clone()).await, 1);
    assert_eq!(world.state(id).await, ("PENDING".to_owned(), 1, Some(1)));
    assert_eq!(world.report("failed", error.clone()).await, 0);
    world.make_due(id).await;
    assert_eq!(world.whatsapp(id).await.unwrap(), Outcome::Done);
    assert_eq!(world.report("failed", error).await, 0);
    assert_eq!(world.state(id).await, ("SENT".to_owned(), 2, None));
}

#[tokio::test]
async fn reports_about_strangers_and_other_numbers_change_nothing() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    let id = world.message(Event::OrderPlaced, Channel::Whatsapp).await;
    world.whatsapp(id).await.unwrap();
    let unknown =
        json!({ "id": "wamid.UNKNOWN", "biz_opaque_callback_data": "ntf_01JTESTNOTIFICATION" });
    assert_eq!(world.report("delivered", unknown).await, 0);

    let account = webhook_account(&world.db, &key(), &world.tenant.tenant.slug)
        .await
        .unwrap()
        .unwrap();
    let status = json!({ "id": format!("wamid.{id}.1"), "status": "delivered" });
    let body = envelope("999", &status);
    let signed = account
        .verify(
            body.as_bytes(),
            Some(&sign("test_app_secret!", body.as_bytes())),
        )
        .unwrap();
    let classes = ErrorClassTable::default();
    assert_eq!(
        apply_statuses(&world.db, &classes, &signed).await.unwrap(),
        0
    );
    assert_eq!(world.status(id).await, "SENT");
    assert!(account.knows_verify_token("a-verify-token-of-ours"));
    assert!(!account.knows_verify_token("a-verify-token-of-theirs"));
    assert!(
        webhook_account(&world.db, &key(), "nobody")
            .await
            .unwrap()
            .is_none()
    );
}

/// A body as it came over the wire, byte by byte, and its signature under `test_app_secret`.
const DELIVERED_WITHOUT_A_NUMBER: &str = r#"{
  "object": "whatsapp_business_account",
  "entry": [
    {
      "id": "102290129340398",
      "changes": [
        {
          "value": {
            "messaging_product": "whatsapp",
            "metadata": {
              "display_phone_number": "15550783881",
              "phone_number_id": "106540352242922"
            },
            "statuses": [
              {
                "id": "wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgSTESTVECTOR0001",
                "status": "delivered",
                "timestamp": "1794566402",
                "recipient_user_id": "IN.13491208655302741918"
              }
            ]
          },
          "field": "messages"
        }
      ]
    }
  ]
}"#;

#[test]
fn a_signature_holds_for_the_very_bytes_and_for_nothing_else() {
    let vectors = [
        (
            "secret",
            "test",
            "sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914",
        ),
        (
            "test_app_secret",
            DELIVERED_WITHOUT_A_NUMBER,
            "sha256=3e69b14dd92e4df6587516dfe77405a8cb03dc170a93a171797764afa8c0129c",
        ),
    ];
    for (secret, body, signature) in vectors {
        assert!(verify_signature(secret, body.as_bytes(), signature));
        let changed = format!("{body} ");
        assert!(!verify_signature(secret, changed.as_bytes(), signature));
        assert!(!verify_signature("other", body.as_bytes(), signature));
        for wrong in ["", "sha256=", "sha1=00", &signature[7..], &signature[..70]] {
            assert!(!verify_signature(secret, body.as_bytes(), wrong), "{wrong}");
        }
    }
}

#[tokio::test]
async fn a_report_without_a_phone_number_is_matched_by_the_message_and_a_forged_one_goes_nowhere() {
    let world = World::new().await;
    world.set_account().await;
    world.placed().await;
    world
        .run("UPDATE notification_logs SET status = 'SENT', provider_message_id = 'wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgSTESTVECTOR0001' WHERE tenant_id = $1 AND channel = 'WHATSAPP'")
        .await;
    let account = webhook_account(&world.db, &key(), &world.tenant.tenant.slug)
        .await
        .unwrap()
        .unwrap();
    let body = DELIVERED_WITHOUT_A_NUMBER.as_bytes();
    for forged in [None, Some("sha256=00"), Some(sign("other", body).as_str())] {
        assert!(matches!(
            account.verify(body, forged),
            Err(WebhookError::Forged)
        ));
    }
    let signature = sign("test_app_secret!", body);
    let signed = account.verify(body, Some(&signature)).unwrap();
    let classes = ErrorClassTable::default();
    assert_eq!(
        apply_statuses(&world.db, &classes, &signed).await.unwrap(),
        1
    );
    let broken = account
        .verify(b"{", Some(&sign("test_app_secret!", b"{")))
        .unwrap();
    assert!(matches!(
        apply_statuses(&world.db, &classes, &broken).await,
        Err(WebhookError::Malformed)
    ));
}

#[tokio::test]
async fn the_database_knows_the_classes_the_product_starts_with() {
    let (worker, _) = test_worker_db();
    let stored = error_classes(&worker).await.unwrap();
    assert_eq!(stored, ErrorClassTable::default());
}
