//! Valid things in one line; a test says only what matters to it.

use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::LocationId;
use vitaran_kernel::{AddressId, CategoryId, ContactId, DealerId, Gstin, ProductId};

use super::TestTenant;
use crate::db::{Statement, TenantTx};

/// A product to be; see [`product`].
pub struct ProductFactory {
    sku: String,
    price: String,
    stock: String,
    tax_class: String,
    uqc: String,
}

/// A product with this SKU: ₹100.00 before tax at the standard rate, counted in NOS, none in stock.
pub fn product(sku: &str) -> ProductFactory {
    ProductFactory {
        sku: sku.to_owned(),
        price: "100.00".to_owned(),
        stock: "0".to_owned(),
        tax_class: "STANDARD".to_owned(),
        uqc: "NOS".to_owned(),
    }
}

impl ProductFactory {
    pub fn price(mut self, price: &str) -> Self {
        self.price = price.to_owned();
        self
    }

    /// On hand at the default location.
    pub fn stock(mut self, quantity: &str) -> Self {
        self.stock = quantity.to_owned();
        self
    }

    pub fn tax_class(mut self, code: &str) -> Self {
        self.tax_class = code.to_owned();
        self
    }

    pub fn uqc(mut self, code: &str) -> Self {
        self.uqc = code.to_owned();
        self
    }

    pub async fn insert(self, tx: &mut TenantTx, tenant: &TestTenant) -> ProductId {
        let (id, category) = (ProductId::generate(), CategoryId::generate());
        let now = tx.now();
        let name = format!("Product {}", self.sku);
        let sku = self.sku.to_lowercase();
        let words: std::collections::BTreeSet<&str> = sku
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .chain(["product", sku.as_str()])
            .collect();
        let words: Vec<serde_json::Value> = words
            .iter()
            .map(|word| json!({ "tenant_id": tenant.tenant.id, "word": word, "product_id": id, "sort_name": name.to_lowercase(), "is_active": true }))
            .collect();
        let rows = json!({
            "category": { "tenant_id": tenant.tenant.id, "id": category, "name": self.sku, "path": self.sku, "depth": 1, "is_active": true, "version": 1 },
            "product": { "tenant_id": tenant.tenant.id, "id": id, "sku": self.sku, "name": name, "category_id": category,
                "hsn": "853620", "uqc": self.uqc, "tax_class": self.tax_class, "base_price": self.price, "is_active": true, "version": 1,
                "created_at": now, "updated_at": now },
            "words": words,
            "balance": { "tenant_id": tenant.tenant.id, "location_id": tenant.location, "product_id": id, "on_hand": self.stock, "reserved": "0" },
        });
        Statement::new(
            "WITH c AS (INSERT INTO categories SELECT * FROM jsonb_populate_record(NULL::categories, $1->'category')), \
             p AS (INSERT INTO products (tenant_id, id, sku, name, category_id, hsn, uqc, tax_class, base_price, created_at, updated_at) \
                   SELECT p.tenant_id, p.id, p.sku, p.name, p.category_id, p.hsn, p.uqc, p.tax_class, p.base_price, p.created_at, p.updated_at \
                   FROM jsonb_populate_record(NULL::products, $1->'product') p), \
             w AS (INSERT INTO product_words SELECT * FROM jsonb_populate_recordset(NULL::product_words, $1->'words')) \
             INSERT INTO stock_balances SELECT * FROM jsonb_populate_record(NULL::stock_balances, $1->'balance')",
        )
        .bind(rows)
        .execute(tx.conn().expect("an open transaction"))
        .await
        .expect("a product");
        id
    }
}

/// A dealer to be; see [`dealer`].
pub struct DealerFactory {
    gstin: Option<String>,
    treatment: String,
    credit_limit: String,
    state: String,
    pincode: String,
    phone: Option<String>,
    opted_in: bool,
    location: Option<LocationId>,
}

/// A registered dealer of Maharashtra with one address, a contact who opted in to WhatsApp, and a limit of ₹10,00,000.
pub fn dealer() -> DealerFactory {
    DealerFactory {
        gstin: None,
        treatment: "UNREGISTERED".to_owned(),
        credit_limit: "1000000".to_owned(),
        state: "27".to_owned(),
        pincode: "400001".to_owned(),
        phone: Some("+919876500001".to_owned()),
        opted_in: true,
        location: None,
    }
}

impl DealerFactory {
    /// Registered under this GSTIN, with its address in that state.
    pub fn gstin(mut self, gstin: &str) -> Self {
        self.state = Gstin::parse(gstin).expect("a GSTIN").state().to_string();
        self.treatment = "REGISTERED".to_owned();
        self.gstin = Some(gstin.to_owned());
        self
    }

    pub fn sez(mut self, gstin: &str) -> Self {
        self = self.gstin(gstin);
        self.treatment = "SEZ".to_owned();
        self
    }

    pub fn credit_limit(mut self, rupees: &str) -> Self {
        self.credit_limit = rupees.to_owned();
        self
    }

    pub fn state(mut self, code: &str) -> Self {
        self.state = code.to_owned();
        self
    }

    pub fn without_phone(mut self) -> Self {
        self.phone = None;
        self.opted_in = false;
        self
    }

    pub fn without_opt_in(mut self) -> Self {
        self.opted_in = false;
        self
    }

    /// Served from here; otherwise from the default location.
    pub fn served_from(mut self, location: Option<LocationId>) -> Self {
        self.location = location;
        self
    }

    /// Gives the dealer and its only address.
    pub async fn insert(self, tx: &mut TenantTx, tenant: &TestTenant) -> (DealerId, AddressId) {
        let (id, address) = (DealerId::generate(), AddressId::generate());
        let now = tx.now();
        let code = id.as_uuid().simple().to_string();
        let rows = json!({
            "dealer": { "tenant_id": tenant.tenant.id, "id": id, "code": code, "legal_name": "Test Traders", "gst_treatment": self.treatment,
                "gstin": self.gstin, "location_id": self.location, "email": "traders@dealer.test", "is_active": true, "version": 1, "created_at": now, "updated_at": now },
            "address": { "tenant_id": tenant.tenant.id, "id": address, "dealer_id": id, "label": "Shop", "party": "DEALER", "line1": "2 Bazaar Road",
                "city": "Bazaarpur", "state_code": self.state, "pincode": self.pincode, "is_billing": true, "is_active": true },
            "contact": { "tenant_id": tenant.tenant.id, "id": ContactId::generate(), "dealer_id": id, "name": "Ramesh", "phone": self.phone, "language": "en",
                "is_primary": true, "is_active": true, "whatsapp_opt_in_at": self.opted_in.then_some(now), "whatsapp_opt_in_source": self.opted_in.then_some("order form") },
            "credit": { "tenant_id": tenant.tenant.id, "dealer_id": id, "credit_limit": self.credit_limit, "holds": "0", "unpaid": "0", "unallocated": "0", "version": 1 },
        });
        Statement::new(
            "WITH d AS (INSERT INTO dealers (tenant_id, id, code, legal_name, gst_treatment, gstin, location_id, email, created_at, updated_at) \
                   SELECT d.tenant_id, d.id, d.code, d.legal_name, d.gst_treatment, d.gstin, d.location_id, d.email, d.created_at, d.updated_at \
                   FROM jsonb_populate_record(NULL::dealers, $1->'dealer') d), \
             a AS (INSERT INTO dealer_addresses SELECT * FROM jsonb_populate_record(NULL::dealer_addresses, $1->'address')), \
             c AS (INSERT INTO dealer_contacts SELECT * FROM jsonb_populate_record(NULL::dealer_contacts, $1->'contact')) \
             INSERT INTO dealer_credit SELECT * FROM jsonb_populate_record(NULL::dealer_credit, $1->'credit')",
        )
        .bind(rows)
        .execute(tx.conn().expect("an open transaction"))
        .await
        .expect("a dealer");
        (id, address)
    }
}
