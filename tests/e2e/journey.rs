//! The main job from its first click to the paper: a dealer orders, sales approves, the warehouse picks, packs and
//! dispatches, and the dealer opens the invoice.

use std::path::Path;
use std::time::Instant;

use fantoccini::key::Key;
use tokio::process::Command;
use vitaran_tests::browser::{Browser, PATIENCE, Screen, Scripts};
use vitaran_tests::installation::Installation;

use crate::stage::{PASSWORD, demo};

/// What the dealer orders.
const SKUS: [&str; 2] = ["MCB1P-C16", "MCB2P-C25"];

/// The order on its way.
struct Order {
    id: String,
    number: String,
}

/// Somebody's walk through the house, in one browser.
struct Journey {
    installation: Installation,
    browser: Browser,
    /// What the pictures' names begin with.
    name: &'static str,
}

impl Journey {
    async fn begin(scripts: Scripts) -> Self {
        let name = match scripts {
            Scripts::On => "scripts",
            Scripts::Off => "no-scripts",
        };
        Journey {
            installation: demo().await,
            browser: Browser::open(scripts).await,
            name,
        }
    }

    async fn sign_in(&self, who: &str) {
        let email = format!("{who}@volt.test");
        self.browser
            .sign_in(&self.installation.base, &email, PASSWORD)
            .await;
    }

    async fn goto(&self, path: &str) {
        self.browser
            .goto(&format!("{}{path}", self.installation.base))
            .await;
    }

    /// Pictures of this page as on both screens.
    async fn pictures(&self, page: &str) {
        for (screen, width) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
            self.browser.resize(screen).await;
            let name = format!("{}-{page}-{width}", self.name);
            self.browser.pictures(&name).await;
        }
    }

    /// The dealer, on a phone: finds two products, changes a quantity and orders.
    async fn the_dealer_orders(&self, scripts: Scripts) -> Order {
        let browser = &self.browser;
        browser.resize(Screen::Phone).await;
        self.sign_in("dealer").await;
        browser.arrive("/portal").await;
        self.goto("/portal/cart/removal").await;
        browser.press("Empty the cart").await;
        browser.see_text("Your cart is empty").await;
        for sku in SKUS {
            self.goto("/portal/catalogue").await;
            browser.fill("[name=q]", sku).await;
            browser.send("[name=q]", Key::Enter).await;
            browser.arrive(sku).await;
            browser.fill("main [name=quantity]", "20").await;
            browser.press("Add").await;
            browser.see_text("added").await;
        }
        self.pictures("catalogue").await;
        browser.resize(Screen::Phone).await;
        self.goto("/portal/cart").await;
        browser.fill("[name='lines.0.quantity']", "24").await;
        match scripts {
            Scripts::On => browser.send("[name='lines.0.quantity']", Key::Tab).await,
            Scripts::Off => browser.press("Update prices").await,
        }
        browser.see("[name='lines.0.shown'][value='24']").await;
        self.pictures("cart").await;
        browser.resize(Screen::Phone).await;
        browser.press("Place order").await;
        let address = browser.arrive("/portal/orders/").await;
        let number = browser.see("h1").await;
        assert!(number.starts_with("SO/"), "{number}");
        self.pictures("dealer-order").await;
        let id = address.rsplit('/').next().unwrap();
        Order {
            id: id.split('?').next().unwrap().to_owned(),
            number,
        }
    }

    /// Sales, at a desk: finds it in the queue and approves it.
    async fn sales_approves(&self, order: &Order, scripts: Scripts) {
        let browser = &self.browser;
        browser.resize(Screen::Desktop).await;
        self.sign_in("sales").await;
        self.goto("/admin/orders?status=PLACED").await;
        self.pictures("queue").await;
        browser.resize(Screen::Desktop).await;
        browser.press(&order.number).await;
        browser.arrive(&order.id).await;
        browser.see_text("Place of supply").await;
        self.pictures("order").await;
        browser.resize(Screen::Desktop).await;
        browser.press("Approve").await;
        if scripts == Scripts::On {
            browser.click("dialog[open] button[value=yes]").await;
        }
        browser.see_text("Approved").await;
        self.pictures("approved").await;
    }

    /// The warehouse, on a phone: scans one line, takes the other whole, packs and dispatches.
    async fn the_warehouse_dispatches(&self, order: &Order) {
        let browser = &self.browser;
        browser.resize(Screen::Phone).await;
        self.sign_in("warehouse").await;
        browser.press("Warehouse").await;
        browser.arrive("/admin/warehouse").await;
        browser.click(&format!("#order-{} button", order.id)).await;
        browser.see("[name=code]").await;
        browser.fill("[name=code]", SKUS[0]).await;
        browser.fill("[name=quantity]", "24").await;
        browser.send("[name=quantity]", Key::Enter).await;
        browser.see_text("all 24 picked").await;
        self.pictures("pick").await;
        browser.resize(Screen::Phone).await;
        browser.press("All 20").await;
        browser.see_text("2 of 2").await;
        browser.press("Pack").await;
        browser.see_text("is packed").await;
        browser.arrive("/dispatch").await;
        browser.fill("[name=transporter]", "Shree Roadlines").await;
        browser.fill("[name=lr_number]", "LR-2207").await;
        browser.fill("[name=vehicle_number]", "MH12AB1234").await;
        self.pictures("dispatch").await;
        browser.resize(Screen::Phone).await;
        browser.press("Dispatch and invoice").await;
        browser.see_text("Mark delivered").await;
        self.pictures("dispatched").await;
    }

    /// The dealer again: follows the order to its invoice and saves the PDF, whose text this gives.
    async fn the_dealer_opens_the_invoice(&self, order: &Order) -> String {
        let browser = &self.browser;
        browser.resize(Screen::Phone).await;
        self.sign_in("dealer").await;
        self.goto(&format!("/portal/orders/{}", order.id)).await;
        browser.see_text("Dispatched").await;
        browser.click("main a[href^='/portal/invoices/']").await;
        browser.arrive("/portal/invoices/").await;
        browser.see_text("CGST").await;
        self.pictures("invoice").await;
        browser.resize(Screen::Phone).await;
        browser.click("main a[href$='/pdf']").await;
        let pdf = browser.downloaded(".pdf").await;
        text_of(&pdf).await
    }

    /// Accounts: the dealer was told, with the invoice.
    async fn accounts_see_the_message(&self, order: &Order) {
        let browser = &self.browser;
        browser.resize(Screen::Desktop).await;
        self.sign_in("accounts").await;
        let log = format!("/admin/notifications?status=SENT&q={}", order.number);
        let started = Instant::now();
        loop {
            self.goto(&log).await;
            let told = browser.see("main").await;
            if told.contains("Order dispatched WhatsApp") {
                break;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the dealer was not told\n{told}"
            );
        }
        self.pictures("messages").await;
    }
}

/// What is on the paper.
async fn text_of(pdf: &Path) -> String {
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(pdf)
        .arg("-")
        .output()
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

async fn an_order_becomes_an_invoice(scripts: Scripts) {
    let journey = Journey::begin(scripts).await;
    let order = journey.the_dealer_orders(scripts).await;
    journey.sales_approves(&order, scripts).await;
    journey.the_warehouse_dispatches(&order).await;
    let invoice = journey.the_dealer_opens_the_invoice(&order).await;
    journey.accounts_see_the_message(&order).await;
    journey.browser.close().await;
    for expected in [
        "TAX INVOICE",
        &order.number,
        SKUS[0],
        SKUS[1],
        "Shree Roadlines",
    ] {
        assert!(invoice.contains(expected), "no {expected} in\n{invoice}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_scripts_an_order_becomes_an_invoice() {
    an_order_becomes_an_invoice(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_an_order_becomes_an_invoice() {
    an_order_becomes_an_invoice(Scripts::Off).await;
}
