//! `vitaran seed --scale`: one big tenant, to measure with. 10,000 products, 1,000 dealers, 50,000 orders.
//!
//! Living half a year through the actions would take an hour, so the rows are made by sets, in one transaction, as the
//! owner. They are made by the product's rules all the same: numbers without a gap, invoices chained, shelf, credit and
//! outbox as the actions would leave them. Nobody need believe that: the seed ends with every check there is, the chain
//! included, and lets the catalogue's own action write the words of some products anew to see that they stay.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use vitaran_core::access::{Actor, InventoryProductsWrite, Role, TenantRef};
use vitaran_core::catalog::{self, ProductFilter, ProductForm};
use vitaran_core::db::{Db, Page};
use vitaran_core::identity::{NewPassword, PasswordCost};
use vitaran_core::invoicing::document::{PostalAddress, Seller};
use vitaran_core::tenancy::{self, NewMember, PlatformOperator, TenantForm};
use vitaran_kernel::supply::{BuyerTreatment, Delivery, SupplyFacts, decide};
use vitaran_kernel::words::amount_in_words;
use vitaran_kernel::{
    Clock as _, DealerId, EmailAddress, Gstin, Money, Pincode, StateCode, SystemClock, Text,
};

use super::demo::PASSWORD;
use crate::database::Session;
use crate::{OpsError, database};

const SLUG: &str = "scale";
const NAME: &str = "Scale Distributors";
const LEGAL_NAME: &str = "Scale Distributors Pvt Ltd";
const PREFIX: &str = "SCL";
const PRODUCTS: u32 = 10_000;
const DEALERS: u32 = 1_000;
const ORDERS: u32 = 50_000;
/// The orders are spread over so many days, which end today.
const DAYS: i64 = 180;
/// One dealer in so many is in another State than the seller.
const ONE_OUTSIDE_IN: u32 = 5;
const OWN_STATE: &str = "27";
const OTHER_STATE: &str = "29";

const MASTERS: &str = include_str!("masters.sql");
const ORDER_ROWS: &str = include_str!("orders.sql");
const INVOICE_ROWS: &str = include_str!("invoices.sql");
const MONEY_ROWS: &str = include_str!("money.sql");

/// Seeds the big tenant, unless it is there. Says who may sign in.
pub async fn seed(force_beside: bool) -> Result<Vec<String>, OpsError> {
    let mut owner = Session::owner().await?;
    if owner
        .tenants()
        .await?
        .iter()
        .any(|tenant| tenant.slug == SLUG)
    {
        return Ok(vec!["already seeded".to_owned()]);
    }
    super::refuse_foreign_tenants(&mut owner, &["volt", "ampere", SLUG], force_beside).await?;
    let founding = database::founding(Arc::new(SystemClock))?;
    let seller_gstin = gstin(OWN_STATE, 0)?;
    let tenant = found(&founding, &seller_gstin).await?;

    owner.begin_in(tenant.id).await?;
    // The owner has no limits on a statement's time; a commit that is lost with the power is seeded again.
    owner
        .run("SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '128MB'")
        .await?;
    write_facts(&mut owner, &tenant, &seller_gstin).await?;
    owner.run(MASTERS).await?;
    owner.run(ORDER_ROWS).await?;
    write_words(&mut owner).await?;
    owner.run(INVOICE_ROWS).await?;
    owner.run(MONEY_ROWS).await?;
    owner.commit().await?;
    owner.run("ANALYZE").await?;

    let dealer = first_dealer(&mut owner, &tenant).await?;
    add(&founding, &tenant, "dealer", Role::Dealer, Some(dealer)).await?;
    let db = database::actions(Arc::new(SystemClock))?;
    prove_words(&mut owner, &db, &tenant).await?;
    let chosen = owner.chosen(Some(SLUG)).await?;
    let proof = super::prove(&mut owner, &chosen).await?;
    let mut said = vec![
        format!("{SLUG}: {PRODUCTS} products, {DEALERS} dealers, {ORDERS} orders"),
        proof,
        format!("the password of each user is {PASSWORD}"),
    ];
    said.extend(
        ["admin", "sales", "warehouse", "dealer"].map(|name| format!("  {name}@{SLUG}.test")),
    );
    Ok(said)
}

/// An invented GSTIN, one for each number below 10,000: no PAN begins with XX.
fn gstin(state: &str, number: u32) -> Result<Gstin, OpsError> {
    let first_14 = format!("{state}XXSCL{number:04}A1Z");
    let digit = Gstin::check_digit(&first_14)
        .ok_or_else(|| OpsError::Refused(format!("{first_14} has no check digit")))?;
    Gstin::parse(&format!("{first_14}{digit}"))
        .map_err(|error| OpsError::Refused(error.to_string()))
}

async fn found(founding: &Db, seller: &Gstin) -> Result<TenantRef, OpsError> {
    let form = TenantForm {
        slug: SLUG.to_owned(),
        name: NAME.to_owned(),
        gstin: seller.to_string(),
        legal_name: LEGAL_NAME.to_owned(),
        line1: "1 Scale Road".to_owned(),
        line2: String::new(),
        city: "Mumbai".to_owned(),
        pincode: "400001".to_owned(),
        invoice_prefix: PREFIX.to_owned(),
        location_name: "Scale warehouse".to_owned(),
        admin_name: "Scale Admin".to_owned(),
        admin_email: format!("admin@{SLUG}.test"),
        admin_password: PASSWORD.to_owned(),
    };
    let new = form.parse().map_err(OpsError::refused)?;
    let tenant = tenancy::create_tenant(
        founding,
        &PlatformOperator::console(),
        PasswordCost::LEAST,
        new,
    )
    .await
    .map_err(OpsError::refused)?;
    for (name, role) in [("sales", Role::Sales), ("warehouse", Role::Warehouse)] {
        add(founding, &tenant, name, role, None).await?;
    }
    Ok(tenant)
}

async fn add(
    founding: &Db,
    tenant: &TenantRef,
    name: &str,
    role: Role,
    dealer: Option<DealerId>,
) -> Result<(), OpsError> {
    let refuse = |error: String| OpsError::Refused(format!("{name}: {error}"));
    let member = NewMember {
        email: EmailAddress::parse(&format!("{name}@{SLUG}.test"))
            .map_err(|error| refuse(error.to_string()))?,
        name: Text::parse(&format!("Scale {}", role.label()))
            .map_err(|error| refuse(error.to_string()))?,
        password: NewPassword::parse(PASSWORD).map_err(|error| refuse(error.to_string()))?,
        role,
        dealer,
    };
    tenancy::add_member(
        founding,
        &PlatformOperator::console(),
        PasswordCost::LEAST,
        (tenant.id, member),
    )
    .await
    .map_err(OpsError::refused)?;
    Ok(())
}

/// Whose login the dealer's pages are measured with.
async fn first_dealer(owner: &mut Session, tenant: &TenantRef) -> Result<DealerId, OpsError> {
    owner.begin_in(tenant.id).await?;
    let ids = owner
        .lines("SELECT id::text AS line FROM dealers ORDER BY code LIMIT 1")
        .await?;
    owner.rollback().await?;
    ids.first()
        .and_then(|id| DealerId::parse(id).ok())
        .ok_or_else(|| OpsError::Refused("the seed made no dealers".to_owned()))
}

/// What the SQL cannot work out for itself: ids of what was founded, GSTINs with their check digit, the places of supply
/// by the product's own table.
async fn write_facts(
    owner: &mut Session,
    tenant: &TenantRef,
    seller_gstin: &Gstin,
) -> Result<(), OpsError> {
    let ends = SystemClock.now();
    let seller = seller(seller_gstin)?;
    owner
        .run(
            "CREATE TEMPORARY TABLE facts (tenant uuid, registration uuid, location uuid, series uuid, list uuid, list_name text, prefix text, seller jsonb, \
                    seller_text text, declaration text, products integer, dealers integer, orders integer, began timestamptz, ends timestamptz) ON COMMIT DROP; \
             CREATE TEMPORARY TABLE scale_gstins (n integer, gstin text, state text) ON COMMIT DROP; \
             CREATE TEMPORARY TABLE scale_states (state text, city text, pincode text, supply_kind text, pos_row smallint, pos_clause text) ON COMMIT DROP; \
             CREATE TEMPORARY TABLE scale_words (total numeric(14, 2), words text) ON COMMIT DROP",
        )
        .await?;
    owner
        .run_with(
            "INSERT INTO facts SELECT l.tenant_id, l.registration_id, l.id, s.id, p.id, p.name, s.prefix, $1->'seller', $1->>'seller_text', c.invoice_declaration, \
                    ($1->>'products')::integer, ($1->>'dealers')::integer, ($1->>'orders')::integer, ($1->>'began')::timestamptz, ($1->>'ends')::timestamptz \
             FROM locations l JOIN document_series s ON s.tenant_id = l.tenant_id JOIN price_lists p ON p.tenant_id = l.tenant_id \
                  JOIN tenant_settings c ON c.tenant_id = l.tenant_id \
             WHERE l.tenant_id = ($1->>'tenant')::uuid",
            &json!({
                "tenant": tenant.id, "seller": seller, "seller_text": seller_text(&seller), "products": PRODUCTS, "dealers": DEALERS,
                "orders": ORDERS, "began": ends - TimeDelta::days(DAYS), "ends": ends,
            }),
        )
        .await?;
    owner
        .run_with(
            "INSERT INTO scale_states SELECT * FROM jsonb_populate_recordset(NULL::scale_states, $1)",
            &json!([
                state_row(seller_gstin.state(), OWN_STATE, "Mumbai", "400001")?,
                state_row(seller_gstin.state(), OTHER_STATE, "Bengaluru", "560001")?,
            ]),
        )
        .await?;
    let gstins: Vec<Value> = (1..=DEALERS)
        .map(|number| {
            let state = if number % ONE_OUTSIDE_IN == 0 {
                OTHER_STATE
            } else {
                OWN_STATE
            };
            Ok(json!({ "n": number, "gstin": gstin(state, number)?, "state": state }))
        })
        .collect::<Result<_, OpsError>>()?;
    owner
        .run_with(
            "INSERT INTO scale_gstins SELECT * FROM jsonb_populate_recordset(NULL::scale_gstins, $1)",
            &json!(gstins),
        )
        .await?;
    Ok(())
}

fn seller(gstin: &Gstin) -> Result<Seller, OpsError> {
    Ok(Seller {
        legal_name: LEGAL_NAME.to_owned(),
        trade_name: Some(NAME.to_owned()),
        gstin: gstin.clone(),
        address: PostalAddress {
            lines: vec!["1 Scale Road".to_owned()],
            city: "Mumbai".to_owned(),
            state: gstin.state(),
            pincode: Pincode::parse("400001")
                .map_err(|error| OpsError::Refused(error.to_string()))?,
        },
        phone: None,
        email: None,
        lut_number: None,
    })
}

/// The seller's lines of the text that the chain's hashes cover.
fn seller_text(seller: &Seller) -> String {
    let address = &seller.address;
    let street: String = address
        .lines
        .iter()
        .map(|line| format!("\nstreet={line}"))
        .collect();
    format!(
        "seller={}\ntrade_name={}\ngstin={}\naddress={}{street}\ncity={}\nstate={}\npincode={}\nphone\nemail\nlut",
        seller.legal_name,
        seller.trade_name.as_deref().unwrap_or_default(),
        seller.gstin,
        address.lines.len(),
        address.city,
        address.state,
        address.pincode.as_str()
    )
}

/// How goods to a registered buyer's own place in a State are taxed.
fn state_row(
    seller_state: StateCode,
    code: &str,
    city: &str,
    pincode: &str,
) -> Result<Value, OpsError> {
    let state: StateCode = code
        .parse()
        .map_err(|_| OpsError::Refused(format!("{code} is no State")))?;
    let decision = decide(&SupplyFacts {
        seller_state,
        seller_has_lut: false,
        buyer: BuyerTreatment::Registered { state },
        delivery: Delivery::OwnPlace { state },
    });
    Ok(json!({
        "state": code, "city": city, "pincode": pincode, "supply_kind": decision.kind,
        "pos_row": decision.clause.row(), "pos_clause": decision.clause.as_str(),
    }))
}

/// Each total that occurs, in words.
async fn write_words(owner: &mut Session) -> Result<(), OpsError> {
    let totals = owner
        .lines("SELECT DISTINCT total::text AS line FROM scale_orders WHERE reached >= 5")
        .await?;
    let words: Vec<Value> = totals
        .iter()
        .map(|total| {
            let money =
                Money::parse(total).map_err(|error| OpsError::Refused(error.to_string()))?;
            Ok(json!({ "total": total, "words": amount_in_words(money) }))
        })
        .collect::<Result<_, OpsError>>()?;
    owner
        .run_with(
            "INSERT INTO scale_words SELECT * FROM jsonb_populate_recordset(NULL::scale_words, $1)",
            &json!(words),
        )
        .await?;
    owner.run("ANALYZE scale_words").await
}

/// SKUs of products whose words are written anew.
const WORD_SAMPLES: [&str; 3] = ["SC-00001", "SC-04999", "SC-10000"];

/// Saves some products as they are through the catalogue, which writes their words anew, and sees that none changed.
async fn prove_words(owner: &mut Session, db: &Db, tenant: &TenantRef) -> Result<(), OpsError> {
    let before = words(owner, tenant).await?;
    let by = Actor::system(tenant.id, "vitaran seed")
        .allow::<InventoryProductsWrite>()
        .map_err(OpsError::refused)?;
    let reading = Actor::system(tenant.id, "vitaran seed")
        .allow()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    for sku in WORD_SAMPLES {
        let filter = ProductFilter {
            q: sku.to_owned(),
            ..ProductFilter::default()
        };
        let page = catalog::list(&tx, &reading, &filter, &Page::default())
            .await
            .map_err(OpsError::refused)?;
        let found = page
            .rows
            .first()
            .ok_or_else(|| OpsError::Refused(format!("{sku} is not found by its SKU")))?;
        let product = catalog::load(&mut tx, &reading, found.id)
            .await
            .map_err(OpsError::refused)?;
        let same = ProductForm::of(&product)
            .parse()
            .map_err(OpsError::refused)?;
        catalog::update(&mut tx, &by, product.id, product.version, same)
            .await
            .map_err(OpsError::refused)?;
    }
    tx.commit().await?;
    if words(owner, tenant).await? == before {
        Ok(())
    } else {
        Err(OpsError::Refused(
            "the words that the catalogue writes are not those of the seed".to_owned(),
        ))
    }
}

async fn words(owner: &mut Session, tenant: &TenantRef) -> Result<Vec<String>, OpsError> {
    owner.begin_in(tenant.id).await?;
    let skus = WORD_SAMPLES.map(|sku| format!("'{sku}'")).join(", ");
    let words = owner
        .lines(&format!(
            "SELECT p.sku || ' ' || w.word AS line FROM product_words w JOIN products p ON p.tenant_id = w.tenant_id AND p.id = w.product_id \
             WHERE p.sku IN ({skus}) ORDER BY 1"
        ))
        .await?;
    owner.rollback().await?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dealer_has_a_gstin_of_its_own_in_its_state() {
        let made: std::collections::BTreeSet<_> = (1..=DEALERS)
            .map(|number| gstin(OWN_STATE, number).unwrap().to_string())
            .collect();
        assert_eq!(made.len(), usize::try_from(DEALERS).unwrap());
        assert_eq!(gstin(OTHER_STATE, 5).unwrap().state().to_string(), "29");
    }

    #[test]
    fn goods_to_another_state_bear_igst() {
        let own: StateCode = OWN_STATE.parse().unwrap();
        let row = |code| state_row(own, code, "x", "400001").unwrap();
        assert_eq!(row(OWN_STATE)["supply_kind"], "INTRA_STATE");
        assert_eq!(row(OTHER_STATE)["supply_kind"], "INTER_STATE");
    }
}
