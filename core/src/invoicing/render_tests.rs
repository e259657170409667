//! Renders on a real database, made as the worker's role.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{InvoiceId, Quantity, RenderId};

use super::*;
use crate::access::{Actor, Role};
use crate::db::{Db, Statement};
use crate::jobs::Outcome;
use crate::orders::{self, ApproveOrder, PlaceLine, PlaceOrder, ProductKey};
use crate::ports::{FilePath, FileStore, FileStoreError, InvoiceCopy, PdfRenderer, RenderError};
use crate::testkit::{TestTenant, dealer, product, test_db, test_tenant, test_worker_db};
use crate::warehouse;

#[derive(Default)]
struct Shelf {
    files: Mutex<HashMap<String, Bytes>>,
    is_full: Mutex<bool>,
}

#[async_trait]
impl FileStore for Shelf {
    async fn put(&self, path: &FilePath, bytes: Bytes) -> Result<(), FileStoreError> {
        if *self.is_full.lock().unwrap() {
            return Err(FileStoreError::Unavailable("no space left".to_owned()));
        }
        let mut files = self.files.lock().unwrap();
        files.insert(path.as_str().to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, path: &FilePath) -> Result<Bytes, FileStoreError> {
        let files = self.files.lock().unwrap();
        files
            .get(path.as_str())
            .cloned()
            .ok_or(FileStoreError::NotFound)
    }

    async fn exists(&self, path: &FilePath) -> Result<bool, FileStoreError> {
        Ok(self.files.lock().unwrap().contains_key(path.as_str()))
    }

    async fn delete(&self, path: &FilePath) -> Result<(), FileStoreError> {
        self.files.lock().unwrap().remove(path.as_str());
        Ok(())
    }
}

/// Prints the page as it is, or answers as it is told.
struct Printer {
    answer: Result<Option<&'static [u8]>, RenderError>,
    printed: Mutex<u32>,
}

impl Printer {
    fn new() -> Self {
        Self::answering(Ok(None))
    }

    fn answering(answer: Result<Option<&'static [u8]>, RenderError>) -> Self {
        Printer {
            answer,
            printed: Mutex::new(0),
        }
    }
}

#[async_trait]
impl PdfRenderer for Printer {
    async fn render(&self, html: &str) -> Result<Bytes, RenderError> {
        *self.printed.lock().unwrap() += 1;
        Ok(match self.answer.clone()? {
            Some(bytes) => Bytes::from_static(bytes),
            None => Bytes::from(format!("%PDF-1.7\n{html}")),
        })
    }
}

struct World {
    tenant: TestTenant,
    db: Db,
    worker: Db,
    shelf: Shelf,
    invoice: InvoiceId,
}

#[derive(diesel::QueryableByName)]
struct Json {
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    value: Value,
}

impl World {
    /// A committed tenant with one dispatched order.
    async fn new() -> Self {
        let tenant = test_tenant("27VOLTC1234A1ZU").await;
        let ((db, _), (worker, _)) = (test_db(), test_worker_db());
        let actor = tenant.actor(Role::Admin);
        let mut tx = db.begin_as(&actor).await.unwrap();
        let cable = product("CABLE").stock("9").insert(&mut tx, &tenant).await;
        let (dealer, ship_to) = dealer().insert(&mut tx, &tenant).await;
        let input = PlaceOrder {
            dealer: Some(dealer),
            ship_to,
            lines: vec![PlaceLine {
                product: ProductKey::Id(cable),
                quantity: Quantity::from_units(2),
            }],
            client_reference: None,
            note: None,
        };
        let by = actor.allow().unwrap();
        let order = orders::place(&mut tx, &by, orders::Channel::Staff, input)
            .await
            .unwrap();
        let id = order.header.id;
        let by = actor.allow().unwrap();
        orders::approve(&mut tx, &by, id, ApproveOrder::default())
            .await
            .unwrap();
        let by = actor.allow().unwrap();
        let picking =
            warehouse::start_picking(&mut tx, &by, id, warehouse::StartPicking::default())
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
        let by = actor.allow().unwrap();
        warehouse::set_picks(&mut tx, &by, id, picks).await.unwrap();
        let by = actor.allow().unwrap();
        warehouse::pack(&mut tx, &by, id, warehouse::PackOrder::default())
            .await
            .unwrap();
        let form = warehouse::DispatchForm {
            transporter: "Own vehicle".to_owned(),
            vehicle_number: "MH12AB1234".to_owned(),
            ..warehouse::DispatchForm::default()
        };
        let by = actor.allow().unwrap();
        warehouse::dispatch(&mut tx, &by, id, form.parse().unwrap())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut world = World {
            tenant,
            db,
            worker,
            shelf: Shelf::default(),
            invoice: InvoiceId::generate(),
        };
        let invoice = world
            .ask("SELECT to_jsonb(id) AS value FROM invoices WHERE tenant_id = $1")
            .await;
        world.invoice = InvoiceId::parse(invoice.as_str().unwrap()).unwrap();
        world
    }

    fn admin(&self) -> Actor {
        self.tenant.actor(Role::Admin)
    }

    async fn ask(&self, sql: &'static str) -> Value {
        let mut tx = self.db.begin_as(&self.admin()).await.unwrap();
        Statement::new(sql)
            .bind(self.tenant.tenant.id.as_uuid())
            .get_result::<Json>(tx.conn().unwrap())
            .await
            .unwrap()
            .value
    }

    async fn run(&self, sql: &'static str) {
        let mut tx = self.db.begin_as(&self.admin()).await.unwrap();
        Statement::new(sql)
            .bind(self.tenant.tenant.id.as_uuid())
            .execute(tx.conn().unwrap())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn job(&self) -> RenderInvoice {
        let id = self
            .ask("SELECT to_jsonb(id) AS value FROM document_renders WHERE tenant_id = $1 AND copy = 'ORIGINAL'")
            .await;
        RenderInvoice {
            tenant: self.tenant.tenant.id,
            render: RenderId::parse(id.as_str().unwrap()).unwrap(),
        }
    }

    async fn render(&self, printer: &Printer) -> Outcome {
        render_now(&self.worker, printer, &self.shelf, &self.job().await)
            .await
            .unwrap()
    }

    /// Status, attempts, and seconds until the next one.
    async fn state(&self) -> Value {
        self.ask("SELECT jsonb_build_array(status, attempts, CASE WHEN status = 'PENDING' THEN round(extract(epoch FROM next_attempt_at - now())) END) AS value \
                  FROM document_renders WHERE tenant_id = $1 AND copy = 'ORIGINAL'")
            .await
    }

    async fn fetch(&self, copy: InvoiceCopy) -> Result<Pdf, FetchPdfError> {
        let by = self.admin().allow().unwrap();
        fetch_pdf(&self.db, &self.shelf, &by, self.invoice, copy).await
    }

    fn files(&self) -> usize {
        self.shelf.files.lock().unwrap().len()
    }
}

#[tokio::test]
async fn an_invoice_is_rendered_once_and_its_row_tells_place_size_and_hash() {
    let world = World::new().await;
    let printer = Printer::new();
    assert_eq!(world.render(&printer).await, Outcome::Done);
    assert!(matches!(world.render(&printer).await, Outcome::Cancel(_)));
    assert_eq!((*printer.printed.lock().unwrap(), world.files()), (1, 1));
    let pdf = world.fetch(InvoiceCopy::Original).await.unwrap();
    assert_eq!(pdf.file_name.as_str(), "TST_26-27_000001.pdf");
    let row = world
        .ask("SELECT jsonb_build_array(size_bytes, sha256) AS value FROM document_renders WHERE tenant_id = $1")
        .await;
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&pdf.bytes));
    assert_eq!(row, json!([pdf.bytes.len(), hash]));
}

#[tokio::test]
async fn a_file_that_has_gone_is_made_again_byte_by_byte() {
    let world = World::new().await;
    world.render(&Printer::new()).await;
    let first = world.fetch(InvoiceCopy::Original).await.unwrap().bytes;
    world.shelf.files.lock().unwrap().clear();
    let worker = async {
        while world.state().await[0] != "PENDING" {
            tokio::task::yield_now().await;
        }
        world.render(&Printer::new()).await
    };
    let (again, made) = tokio::join!(world.fetch(InvoiceCopy::Original), worker);
    assert_eq!(made, Outcome::Done);
    assert_eq!(again.unwrap().bytes, first);
    assert_eq!(world.files(), 1);
    let urgent = world
        .ask("SELECT to_jsonb(max(priority)) AS value FROM apalis.jobs WHERE job_type = 'render' AND convert_from(job, 'UTF8')::jsonb->>'tenant' = $1::text")
        .await;
    assert_eq!(urgent, json!(10));
}

#[tokio::test]
async fn a_renderer_that_fails_is_tried_after_10_40_90_and_160_seconds_and_never_touches_the_invoice()
 {
    let world = World::new().await;
    let invoice = "SELECT to_jsonb(i) || jsonb_build_object('order', (SELECT status FROM orders o WHERE o.tenant_id = i.tenant_id)) AS value FROM invoices i WHERE tenant_id = $1";
    let before = world.ask(invoice).await;
    let broken = [
        Printer::answering(Err(RenderError::Crashed)),
        Printer::answering(Err(RenderError::TimedOut)),
        Printer::answering(Ok(Some(b"not a pdf"))),
        Printer::answering(Err(RenderError::Unavailable("missing".to_owned()))),
        Printer::answering(Err(RenderError::Crashed)),
    ];
    let mut states = Vec::new();
    for printer in &broken {
        world.render(printer).await;
        states.push(world.state().await);
        world
            .run("UPDATE document_renders SET next_attempt_at = now() WHERE tenant_id = $1 AND status = 'PENDING'")
            .await;
    }
    assert_eq!(
        Value::Array(states),
        json!([
            ["PENDING", 1, 10],
            ["PENDING", 2, 40],
            ["PENDING", 3, 90],
            ["PENDING", 4, 160],
            ["FAILED", 5, null]
        ])
    );
    assert_eq!(world.ask(invoice).await, before);
    assert_eq!(world.files(), 0);

    // Somebody who wants it begins anew.
    let mut tx = world.db.begin_as(&world.admin()).await.unwrap();
    let by = world.admin().allow().unwrap();
    ensure_render(
        &mut tx,
        &by,
        world.invoice,
        InvoiceCopy::Original,
        Ask::Wanted,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.render(&Printer::new()).await, Outcome::Done);
}

#[tokio::test]
async fn a_full_disk_is_a_fault_that_passes() {
    let world = World::new().await;
    *world.shelf.is_full.lock().unwrap() = true;
    assert!(matches!(
        world.render(&Printer::new()).await,
        Outcome::Snooze(_)
    ));
    assert_eq!(world.state().await, json!(["PENDING", 1, 10]));
}

#[tokio::test]
async fn a_worker_that_dies_between_the_steps_leaves_one_file_and_one_row() {
    let world = World::new().await;
    // It had stored the file, and died before it could say so.
    world.render(&Printer::new()).await;
    world
        .run("UPDATE document_renders SET status = 'RENDERING', lease_token = id, lease_until = now() - interval '1 second' WHERE tenant_id = $1")
        .await;
    assert_eq!(world.render(&Printer::new()).await, Outcome::Done);
    let rows = world
        .ask("SELECT to_jsonb(count(*)) AS value FROM document_renders WHERE tenant_id = $1")
        .await;
    assert_eq!((rows, world.files()), (json!(1), 1));
    assert_eq!(world.state().await, json!(["DONE", 2, null]));
}

#[tokio::test]
async fn a_render_that_kills_its_workers_fails_after_five_and_frees_the_message() {
    let world = World::new().await;
    world
        .run("UPDATE document_renders SET status = 'RENDERING', attempts = 5, lease_token = id, lease_until = now() - interval '1 second' WHERE tenant_id = $1")
        .await;
    assert!(matches!(
        world.render(&Printer::new()).await,
        Outcome::Cancel(_)
    ));
    assert_eq!(world.state().await, json!(["FAILED", 5, null]));
    let waiting = world
        .ask("SELECT to_jsonb(count(*)) AS value FROM notification_logs WHERE tenant_id = $1 AND next_attempt_at = 'infinity'")
        .await;
    assert_eq!(waiting, json!(0));
}

#[tokio::test]
async fn two_workers_at_one_render_make_it_once() {
    let world = World::new().await;
    let printer = Printer::new();
    let (a, b) = tokio::join!(world.render(&printer), world.render(&printer));
    assert_eq!(
        [a, b]
            .iter()
            .filter(|outcome| **outcome == Outcome::Done)
            .count(),
        1
    );
    assert_eq!(*printer.printed.lock().unwrap(), 1);
}

#[tokio::test]
async fn asking_again_and_again_makes_one_row_and_one_job_and_another_copy_is_another_file() {
    let world = World::new().await;
    let by = world.admin().allow().unwrap();
    for _ in 0..3 {
        let mut tx = world.db.begin_as(&world.admin()).await.unwrap();
        ensure_render(
            &mut tx,
            &by,
            world.invoice,
            InvoiceCopy::Triplicate,
            Ask::Wanted,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
    let rows = world
        .ask("SELECT jsonb_build_array((SELECT count(*) FROM document_renders WHERE tenant_id = $1), \
              (SELECT count(*) FROM apalis.jobs WHERE job_type = 'render' AND convert_from(job, 'UTF8')::jsonb->>'tenant' = $1::text)) AS value")
        .await;
    assert_eq!(rows, json!([2, 2]));
    let mut tx = world.db.begin_read(&by).await.unwrap();
    let state = pdf_state(&mut tx, &by, world.invoice, InvoiceCopy::Duplicate).await;
    assert_eq!(state.unwrap(), Some(PdfState::NotAsked));
    let none = pdf_state(&mut tx, &by, InvoiceId::generate(), InvoiceCopy::Original).await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn a_pdf_of_an_invoice_that_does_not_exist_or_is_anothers_is_not_found() {
    let world = World::new().await;
    let other = test_tenant("27VOLTC1234A1ZU").await;
    let by = other.actor(Role::Admin).allow().unwrap();
    let found = fetch_pdf(
        &world.db,
        &world.shelf,
        &by,
        world.invoice,
        InvoiceCopy::Original,
    )
    .await;
    assert!(matches!(found, Err(FetchPdfError::NotFound)));
}

#[tokio::test]
async fn the_worker_finds_due_renders_and_the_web_none() {
    let world = World::new().await;
    world
        .run("UPDATE document_renders SET next_attempt_at = '2000-01-01' WHERE tenant_id = $1")
        .await;
    let zero = std::time::Duration::ZERO;
    let found = due_renders(&world.worker, zero).await.unwrap();
    assert!(found.iter().any(|job| job.tenant == world.tenant.tenant.id));
    assert!(due_renders(&world.db, zero).await.unwrap().is_empty());
}
