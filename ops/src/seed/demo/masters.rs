//! A demo tenant's standing data: what it sells, at which prices, to whom, and what lies on its shelves.

use std::collections::HashMap;

use serde_json::json;
use vitaran_core::access::{
    Actor, InventoryCategoriesWrite, InventoryProductsWrite, InventoryStockAdjust, Role,
    SalesCreditWrite, SalesDealersWrite, SalesPricesRead, SalesPricesWrite, TenantRef,
};
use vitaran_core::catalog::{self, CategoryForm, ProductForm};
use vitaran_core::db::{Db, TenantTx};
use vitaran_core::dealers::{self, AddressForm, ContactForm, CreditLimitForm, DealerForm};
use vitaran_core::master::Shown;
use vitaran_core::pricing::{self, PriceForm, PriceListForm, PricesForm};
use vitaran_core::stock::{self, ReceiveStockForm, StockLineForm};
use vitaran_kernel::{
    AddressId, CategoryId, DealerId, LocationId, PriceListId, RegistrationId, SeriesId, Slug,
};

use super::people::Cast;
use crate::OpsError;
use crate::database::Session;
use crate::demo::data::{self, DemoTenant};

/// Products written in one transaction.
const BATCH: usize = 100;
/// The version a master has when it comes to be.
const FIRST_VERSION: i32 = 1;

/// Something that can be ordered.
#[derive(Debug, Clone)]
pub(super) struct Good {
    pub sku: String,
    /// Rupees for one unit, roughly: what it costs without any list.
    pub rupees: u64,
    pub counted_in_units: bool,
}

/// Somebody who orders.
#[derive(Debug, Clone)]
pub(super) struct Buyer {
    pub code: String,
    pub dealer: DealerId,
    pub location: LocationId,
    pub limit_rupees: u64,
    /// Where goods may be sent, the dealer's own place first.
    pub addresses: Vec<AddressId>,
}

/// What the history needs to know of the masters.
#[derive(Debug, Clone, Default)]
pub(super) struct Shop {
    pub goods: Vec<Good>,
    pub buyers: Vec<Buyer>,
    /// Units on the shelves to begin with.
    pub opening: HashMap<(LocationId, String), u64>,
    locations: HashMap<String, LocationId>,
}

impl Shop {
    pub(super) fn buyer(&self, code: &str) -> Result<&Buyer, OpsError> {
        self.buyers
            .iter()
            .find(|buyer| buyer.code == code)
            .ok_or_else(|| missing("dealer", code))
    }

    fn location(&self, code: &str) -> Result<LocationId, OpsError> {
        self.locations
            .get(code)
            .copied()
            .ok_or_else(|| missing("location", code))
    }

    /// In an order that is the same in every run.
    pub(super) fn location_ids(&self) -> Vec<LocationId> {
        let mut ids: Vec<_> = self.locations.values().copied().collect();
        ids.sort();
        ids
    }
}

/// The whole part; what is negative counts as nothing.
fn whole(number: rust_decimal::Decimal) -> u64 {
    number.trunc().to_string().parse().unwrap_or(0)
}

fn missing(what: &str, code: &str) -> OpsError {
    OpsError::Refused(format!("the demonstration data name no {what} {code}"))
}

/// Writes everything but people and credit limits.
pub(super) async fn set_up(
    db: &Db,
    admin: &Actor,
    demo: &DemoTenant,
    tenant: &TenantRef,
) -> Result<Shop, OpsError> {
    let mut shop = Shop {
        locations: write_tenancy(demo, tenant).await?,
        ..Shop::default()
    };
    write_products(db, admin, demo).await?;
    let lists = write_price_lists(db, admin, demo).await?;
    write_dealers(db, admin, demo, &lists, &mut shop).await?;
    write_dealer_prices(db, admin, demo, &shop).await?;
    receive_opening_stock(db, admin, demo, &mut shop).await?;
    shop.goods = demo
        .products
        .iter()
        .map(|product| Good {
            sku: product.sku.clone(),
            rupees: whole(product.base_price).max(1),
            counted_in_units: product.uqc != "MTR",
        })
        .collect();
    Ok(shop)
}

/// Registrations, locations and series beyond the founding's, letters of undertaking and the payment address: no action
/// writes these yet, so app_user does, in the tenant. Gives the locations by their code.
async fn write_tenancy(
    demo: &DemoTenant,
    tenant: &TenantRef,
) -> Result<HashMap<String, LocationId>, OpsError> {
    let slug =
        Slug::parse(&demo.tenant.slug).map_err(|error| OpsError::Refused(error.to_string()))?;
    let mut user = Session::user().await?;
    user.begin_in(tenant.id).await?;
    user.run_with(
        "UPDATE tenant_settings SET upi_vpa = $1->>'vpa', upi_payee = $1->>'payee', support_phone = $1->>'phone', support_email = $1->>'email' \
         WHERE tenant_id = ($1->>'tenant')::uuid",
        &json!({ "tenant": tenant.id, "vpa": format!("{slug}@upi.test"), "payee": demo.tenant.legal_name, "phone": demo.tenant.phone, "email": demo.tenant.email }),
    )
    .await?;
    let registrations: Vec<_> = demo
        .registrations
        .iter()
        .map(|registration| {
            json!({
                "tenant_id": tenant.id, "id": RegistrationId::generate(), "gstin": registration.gstin, "legal_name": registration.legal_name,
                "trade_name": registration.trade_name, "state_code": registration.state_code, "line1": registration.line1, "line2": registration.line2,
                "city": registration.city, "pincode": registration.pincode, "lut_number": registration.lut_arn, "lut_valid_from": registration.lut_valid_from,
                "lut_valid_to": registration.lut_valid_to, "is_active": true, "series": SeriesId::generate(), "prefix": registration.invoice_prefix,
            })
        })
        .collect();
    let registrations = json!(registrations);
    user.run_with(
        "INSERT INTO gst_registrations SELECT * FROM jsonb_populate_recordset(NULL::gst_registrations, $1) \
         ON CONFLICT (tenant_id, gstin) DO UPDATE SET trade_name = excluded.trade_name, lut_number = excluded.lut_number, \
             lut_valid_from = excluded.lut_valid_from, lut_valid_to = excluded.lut_valid_to",
        &registrations,
    )
    .await?;
    user.run_with(
        "INSERT INTO document_series (tenant_id, id, registration_id, kind, prefix) \
         SELECT g.tenant_id, (r->>'series')::uuid, g.id, 'INVOICE', r->>'prefix' \
         FROM jsonb_array_elements($1) AS r JOIN gst_registrations g ON g.tenant_id = (r->>'tenant_id')::uuid AND g.gstin = r->>'gstin' \
         ON CONFLICT DO NOTHING",
        &registrations,
    )
    .await?;
    let locations: Vec<_> = demo
        .locations
        .iter()
        .map(|location| {
            json!({ "tenant": tenant.id, "id": LocationId::generate(), "gstin": location.gstin, "name": location.name })
        })
        .collect();
    user.run_with(
        "INSERT INTO locations (tenant_id, id, registration_id, name) \
         SELECT g.tenant_id, (l->>'id')::uuid, g.id, l->>'name' \
         FROM jsonb_array_elements($1) AS l JOIN gst_registrations g ON g.tenant_id = (l->>'tenant')::uuid AND g.gstin = l->>'gstin' \
         ON CONFLICT (tenant_id, name) DO NOTHING",
        &json!(locations),
    )
    .await?;
    let rows = user
        .lines("SELECT id || ' ' || name AS line FROM locations ORDER BY name")
        .await?;
    user.commit().await?;
    let mut by_code = HashMap::new();
    for location in &demo.locations {
        let id = rows
            .iter()
            .filter_map(|row| row.split_once(' '))
            .find(|(_, name)| *name == location.name)
            .and_then(|(id, _)| LocationId::parse(id).ok())
            .ok_or_else(|| missing("location", &location.code))?;
        by_code.insert(location.code.clone(), id);
    }
    Ok(by_code)
}

async fn write_products(db: &Db, admin: &Actor, demo: &DemoTenant) -> Result<(), OpsError> {
    let by = admin
        .allow::<InventoryCategoriesWrite>()
        .map_err(OpsError::refused)?;
    let mut paths: HashMap<&str, CategoryId> = HashMap::new();
    let mut tx = db.begin(&by).await?;
    for category in &demo.categories {
        let parent = match category.parent() {
            Some(path) => Some(*paths.get(path).ok_or_else(|| missing("category", path))?),
            None => None,
        };
        let form = CategoryForm {
            name: category.name().to_owned(),
            parent_id: parent.map(|id| id.to_string()).unwrap_or_default(),
        };
        let created =
            catalog::create_category(&mut tx, &by, form.parse().map_err(OpsError::refused)?)
                .await
                .map_err(OpsError::refused)?;
        paths.insert(&category.path, created.id);
    }
    tx.commit().await?;

    let by = admin
        .allow::<InventoryProductsWrite>()
        .map_err(OpsError::refused)?;
    for batch in demo.products.chunks(BATCH) {
        let mut tx = db.begin(&by).await?;
        for product in batch {
            let category = paths
                .get(product.category.as_str())
                .ok_or_else(|| missing("category", &product.category))?;
            let form = product_form(product, *category);
            catalog::create(&mut tx, &by, form.parse().map_err(OpsError::refused)?)
                .await
                .map_err(OpsError::refused)?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A product's brand stands in its name, where people look for it.
fn product_form(product: &data::Product, category: CategoryId) -> ProductForm {
    let name = match &product.brand {
        Some(brand) => format!("{brand} {}", product.name),
        None => product.name.clone(),
    };
    let tax_class = match product.tax_class {
        data::TaxClass::Zero => "ZERO",
        data::TaxClass::Merit => "MERIT",
        data::TaxClass::Standard => "STANDARD",
    };
    ProductForm {
        sku: product.sku.clone(),
        name,
        description: product.description.clone(),
        category_id: category.to_string(),
        hsn: product.hsn.clone(),
        uqc: product.uqc.clone(),
        tax_class: tax_class.to_owned(),
        base_price: product.base_price.to_string(),
        mrp: product.mrp.to_string(),
        barcode: product.barcode.clone().unwrap_or_default(),
    }
}

/// The founding made a default list; it becomes the demo's.
async fn write_price_lists(
    db: &Db,
    admin: &Actor,
    demo: &DemoTenant,
) -> Result<HashMap<String, PriceListId>, OpsError> {
    let by = admin
        .allow::<SalesPricesWrite>()
        .map_err(OpsError::refused)?;
    let reading = admin
        .allow::<SalesPricesRead>()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    let founded = pricing::list_lists(&mut tx, &reading, Shown::All)
        .await?
        .into_iter()
        .find(|list| list.is_default)
        .ok_or_else(|| missing("price list", "by default"))?;
    let mut ids = HashMap::new();
    for list in &demo.price_lists {
        let name = PriceListForm {
            name: list.name.clone(),
        }
        .parse()
        .map_err(OpsError::refused)?;
        let written = if list.is_default {
            pricing::rename_list(&mut tx, &by, founded.id, founded.version, name).await
        } else {
            pricing::create_list(&mut tx, &by, name).await
        }
        .map_err(OpsError::refused)?;
        let items = demo
            .price_list_items
            .iter()
            .filter(|item| item.price_list == list.code)
            .map(|item| price_form(&item.sku, &item.price.to_string()))
            .collect();
        let prices = PricesForm { items }.parse().map_err(OpsError::refused)?;
        pricing::set_list_prices(&mut tx, &by, written.id, prices)
            .await
            .map_err(OpsError::refused)?;
        ids.insert(list.code.clone(), written.id);
    }
    tx.commit().await?;
    Ok(ids)
}

fn price_form(sku: &str, price: &str) -> PriceForm {
    PriceForm {
        sku: sku.to_owned(),
        unit_price: price.to_owned(),
        ..PriceForm::default()
    }
}

async fn write_dealers(
    db: &Db,
    admin: &Actor,
    demo: &DemoTenant,
    lists: &HashMap<String, PriceListId>,
    shop: &mut Shop,
) -> Result<(), OpsError> {
    let by = admin
        .allow::<SalesDealersWrite>()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    for dealer in &demo.dealers {
        let location = shop.location(&dealer.location)?;
        let form = dealer_form(demo, dealer, lists, location)?;
        let page = dealers::create(
            &mut tx,
            &by,
            form.parse().map_err(|fault| named(&dealer.code, fault))?,
        )
        .await
        .map_err(|fault| named(&dealer.code, fault))?;
        let mut addresses = page.addresses;
        // The dealer's own places first, the one that is billed before the others.
        addresses
            .sort_by_key(|address| (address.party != dealers::Party::Dealer, !address.is_billing));
        shop.buyers.push(Buyer {
            code: dealer.code.clone(),
            dealer: page.dealer.id,
            location,
            limit_rupees: whole(dealer.credit_limit),
            addresses: addresses.iter().map(|address| address.id).collect(),
        });
    }
    tx.commit().await?;
    Ok(())
}

fn named(code: &str, problem: impl vitaran_core::problem::Problem) -> OpsError {
    OpsError::Refused(format!("{code}: {}", OpsError::refused(problem)))
}

fn dealer_form(
    demo: &DemoTenant,
    dealer: &data::Dealer,
    lists: &HashMap<String, PriceListId>,
    location: LocationId,
) -> Result<DealerForm, OpsError> {
    let price_list_id = match &dealer.price_list {
        Some(code) => lists
            .get(code)
            .ok_or_else(|| missing("price list", code))?
            .to_string(),
        None => String::new(),
    };
    let gst_treatment = match dealer.treatment {
        data::Treatment::Registered => "REGISTERED",
        data::Treatment::Unregistered => "UNREGISTERED",
        data::Treatment::Sez => "SEZ",
    };
    let people = || {
        demo.contacts
            .iter()
            .filter(|contact| contact.dealer == dealer.code)
    };
    Ok(DealerForm {
        code: dealer.code.clone(),
        legal_name: dealer.legal_name.clone(),
        trade_name: dealer.trade_name.clone(),
        gst_treatment: gst_treatment.to_owned(),
        gstin: dealer.gstin.clone().unwrap_or_default(),
        price_list_id,
        location_id: location.to_string(),
        email: people()
            .find(|contact| contact.is_primary)
            .and_then(|contact| contact.email.clone())
            .unwrap_or_default(),
        addresses: demo
            .addresses
            .iter()
            .filter(|address| address.dealer == dealer.code)
            .map(address_form)
            .collect(),
        contacts: people().map(contact_form).collect(),
    })
}

/// A place under the dealer's own other GSTIN is the dealer's own place; one with a recipient is somebody else's, with a
/// GSTIN unless the recipient is unregistered.
fn address_form(address: &data::Address) -> AddressForm {
    let gstin = address
        .recipient_gstin
        .as_deref()
        .filter(|gstin| *gstin != "URP" && address.recipient_name.is_some());
    AddressForm {
        label: address.label.clone(),
        party: if address.recipient_name.is_some() {
            "THIRD_PARTY"
        } else {
            "DEALER"
        }
        .to_owned(),
        party_name: address.recipient_name.clone().unwrap_or_default(),
        party_gstin: gstin.unwrap_or_default().to_owned(),
        line1: address.line1.clone(),
        line2: address.line2.clone().unwrap_or_default(),
        city: address.city.clone(),
        state_code: address.state_code.clone(),
        pincode: address.pincode.clone(),
        pincode_confirmed: false,
        is_billing: address.kind == data::AddressKind::Billing && address.is_default,
    }
}

fn contact_form(contact: &data::Contact) -> ContactForm {
    let language = match contact.language {
        data::Language::En => "en",
        data::Language::Hi => "hi",
        data::Language::Ta => "ta",
        data::Language::Mr => "mr",
        data::Language::Kn => "kn",
    };
    let source = if contact.whatsapp_opt_in {
        "Dealer application form"
    } else {
        ""
    };
    ContactForm {
        name: contact.name.clone(),
        phone: contact.phone.clone().unwrap_or_default(),
        email: contact.email.clone().unwrap_or_default(),
        language: language.to_owned(),
        is_primary: contact.is_primary,
        whatsapp_opt_in: contact.whatsapp_opt_in,
        whatsapp_opt_in_source: source.to_owned(),
    }
}

async fn write_dealer_prices(
    db: &Db,
    admin: &Actor,
    demo: &DemoTenant,
    shop: &Shop,
) -> Result<(), OpsError> {
    let by = admin
        .allow::<SalesPricesWrite>()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    for buyer in &shop.buyers {
        let items: Vec<_> = demo
            .dealer_prices
            .iter()
            .filter(|price| price.dealer == buyer.code)
            .map(|price| price_form(&price.sku, &price.price.to_string()))
            .collect();
        if items.is_empty() {
            continue;
        }
        let prices = PricesForm { items }.parse().map_err(OpsError::refused)?;
        pricing::set_dealer_prices(&mut tx, &by, buyer.dealer, prices)
            .await
            .map_err(OpsError::refused)?;
    }
    tx.commit().await?;
    Ok(())
}

async fn receive_opening_stock(
    db: &Db,
    admin: &Actor,
    demo: &DemoTenant,
    shop: &mut Shop,
) -> Result<(), OpsError> {
    for location in &demo.locations {
        let id = shop.location(&location.code)?;
        let rows: Vec<_> = demo
            .opening_stock
            .iter()
            .filter(|row| row.location == location.code)
            .collect();
        for batch in rows.chunks(stock::MAX_LINES) {
            let lines = batch
                .iter()
                .map(|row| StockLineForm {
                    sku: row.sku.clone(),
                    quantity: row.quantity.to_string(),
                    ..StockLineForm::default()
                })
                .collect();
            let form = ReceiveStockForm {
                location_id: id.to_string(),
                reference: format!("Opening stock {}", location.code),
                lines,
            };
            let by = admin
                .allow::<InventoryStockAdjust>()
                .map_err(OpsError::refused)?;
            let mut tx: TenantTx = db.begin(&by).await?;
            stock::receive(&mut tx, &by, form.parse().map_err(OpsError::refused)?)
                .await
                .map_err(OpsError::refused)?;
            tx.commit().await?;
        }
        for row in rows {
            let units = whole(row.quantity);
            shop.opening.insert((id, row.sku.clone()), units);
        }
    }
    Ok(())
}

/// Limits are for accounts to set, so they come after the people.
pub(super) async fn set_credit_limits(
    db: &Db,
    cast: &Cast,
    demo: &DemoTenant,
    shop: &Shop,
) -> Result<(), OpsError> {
    let by = cast
        .actor(Role::Accounts)?
        .allow::<SalesCreditWrite>()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    for dealer in &demo.dealers {
        let limit = CreditLimitForm {
            credit_limit: dealer.credit_limit.to_string(),
        }
        .parse()
        .map_err(OpsError::refused)?;
        let id = shop.buyer(&dealer.code)?.dealer;
        dealers::set_credit_limit(&mut tx, &by, id, FIRST_VERSION, limit)
            .await
            .map_err(OpsError::refused)?;
    }
    tx.commit().await?;
    Ok(())
}
