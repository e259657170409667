//! Setting and removing prices, many at once: those on a list, and those agreed with one dealer.
//!
//! Both are the same act on two tables, so they are one piece of code that knows the table, the
//! column of its owner and the owner's name for the audit.

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use vitaran_kernel::{DealerId, Money, PriceListId, ProductId, Sku, UnitPrice};

use crate::access::{Allowed, SalesPricesRead, SalesPricesWrite};
use crate::audit::{self, Change};
use crate::catalog::{ProductName, ProductRef, find_refs, positive_price};
use crate::db::{DbError, Page, Paged, Statement, TenantTx};
use crate::dealers::Dealer;
use crate::master::{ListError, Master, MasterError, finish, parse_rows};
use crate::problem::{Faults, Invalid};

use super::PriceList;
use super::price_lists;

/// Prices set at once at most.
pub const MAX_PRICES: usize = 1_000;

/// A row as sent: the product by id or by SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceForm {
    pub product_id: String,
    pub sku: String,
    /// Rupees for one unit without tax; blank removes the price.
    pub unit_price: String,
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PricesForm {
    pub items: Vec<PriceForm>,
}

/// A price to set, or to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrice {
    pub product: ProductRef,
    /// Above zero; `None` removes the price.
    pub unit_price: Option<UnitPrice>,
}

/// 1 to [`MAX_PRICES`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPrices {
    pub items: Vec<NewPrice>,
}

impl PricesForm {
    pub fn parse(&self) -> Result<SetPrices, Invalid> {
        let mut faults = Faults::new();
        if self.items.is_empty() {
            faults.add("/items", "required", "Add at least one product");
        }
        let items = parse_rows(
            &mut faults,
            "/items",
            &self.items,
            MAX_PRICES,
            |faults, place, row| {
                let PriceForm {
                    product_id,
                    sku,
                    unit_price,
                } = row;
                let product = ProductRef::parse(faults, place, product_id, sku);
                let unit_price =
                    faults.optional(&format!("{place}/unit_price"), unit_price, positive_price);
                Some(NewPrice {
                    product: product?,
                    unit_price,
                })
            },
        );
        finish(faults, || Some(SetPrices { items }))
    }
}

/// A price as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PriceItem {
    #[diesel(sql_type = SqlUuid)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: Sku,
    #[diesel(sql_type = Text)]
    pub name: ProductName,
    #[diesel(sql_type = Numeric)]
    pub unit_price: UnitPrice,
    #[diesel(sql_type = Numeric)]
    pub base_price: UnitPrice,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub mrp: Option<Money>,
}

/// Whose prices.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    List(PriceListId),
    Dealer(DealerId),
}

impl Owner {
    pub(super) const fn table(self) -> (&'static str, &'static str) {
        match self {
            Owner::List(_) => ("price_list_items", "price_list_id"),
            Owner::Dealer(_) => ("dealer_prices", "dealer_id"),
        }
    }

    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Owner::List(_) => ("pricing.list.set_prices", "price_list"),
            Owner::Dealer(_) => ("pricing.dealer.set_prices", "dealer"),
        }
    }

    pub(super) fn id(self) -> Uuid {
        match self {
            Owner::List(id) => id.as_uuid(),
            Owner::Dealer(id) => id.as_uuid(),
        }
    }
}

/// Sets and removes prices on a list, all or none.
pub async fn set_list_prices(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    list: PriceListId,
    input: SetPrices,
) -> Result<(), MasterError<PriceList>> {
    price_lists::fetch(tx, list, " FOR UPDATE").await?;
    write(tx, Owner::List(list), input).await
}

/// Sets and removes the prices agreed with a dealer, all or none.
pub async fn set_dealer_prices(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    dealer: DealerId,
    input: SetPrices,
) -> Result<(), MasterError<Dealer>> {
    let locked = Statement::new(
        "SELECT d.id FROM dealers d WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .execute(tx.conn()?)
    .await?;
    if locked == 0 {
        return Err(MasterError::not_found());
    }
    write(tx, Owner::Dealer(dealer), input).await
}

/// The prices on a list, by SKU. A dealer's people see none.
pub async fn list_prices(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    list: PriceListId,
    page: &Page,
) -> Result<Paged<PriceItem>, ListError> {
    if by.actor().scope().own().is_some() {
        return Ok(Paged {
            rows: Vec::new(),
            next: None,
            next_since: None,
        });
    }
    read(tx, Owner::List(list), page).await
}

/// The prices agreed with a dealer, by SKU. A dealer's people see their own dealer's alone.
pub async fn list_dealer_prices(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesRead>,
    dealer: DealerId,
    page: &Page,
) -> Result<Paged<PriceItem>, ListError> {
    read(tx, Owner::Dealer(dealer), page).await
}

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = Text)]
    sku: Sku,
    #[diesel(sql_type = Nullable<Numeric>)]
    before: Option<UnitPrice>,
    #[diesel(sql_type = Nullable<Numeric>)]
    after: Option<UnitPrice>,
}

/// One statement removes, adds and changes. The caller holds the owner's lock.
async fn write<M: Master>(
    tx: &mut TenantTx,
    owner: Owner,
    input: SetPrices,
) -> Result<(), MasterError<M>> {
    let SetPrices { items } = input;
    let (ids, prices) = find(tx, &items).await?;
    let (table, column) = owner.table();
    let changed: Vec<Changed> = Statement::new(format!(
        "WITH wanted AS MATERIALIZED (SELECT w.product_id, nullif(w.unit_price, '')::numeric AS unit_price \
             FROM unnest($3, $4) AS w (product_id, unit_price)), \
         present AS MATERIALIZED (SELECT o.product_id, o.unit_price FROM {table} o \
             WHERE o.tenant_id = $1 AND o.{column} = $2 AND o.product_id = ANY ($3)), \
         gone AS (DELETE FROM {table} o USING wanted w \
             WHERE o.tenant_id = $1 AND o.{column} = $2 AND o.product_id = w.product_id AND w.unit_price IS NULL), \
         kept AS (INSERT INTO {table} (tenant_id, {column}, product_id, unit_price) \
             SELECT $1, $2, w.product_id, w.unit_price FROM wanted w WHERE w.unit_price IS NOT NULL ORDER BY w.product_id \
             ON CONFLICT (tenant_id, {column}, product_id) DO UPDATE SET unit_price = excluded.unit_price) \
         SELECT p.sku, o.unit_price AS before, w.unit_price AS after FROM wanted w \
         JOIN products p ON p.tenant_id = $1 AND p.id = w.product_id LEFT JOIN present o ON o.product_id = w.product_id \
         WHERE o.unit_price IS DISTINCT FROM w.unit_price ORDER BY p.sku"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(owner.id())
    .bind(ids)
    .bind(prices)
    .load(tx.conn()?)
    .await?;
    if changed.is_empty() {
        return Ok(());
    }
    let column_of = |price: fn(&Changed) -> Option<UnitPrice>| {
        let prices = changed.iter().map(|row| {
            (
                row.sku.to_string(),
                Value::from(price(row).map(|p| p.to_string())),
            )
        });
        Value::Object(Map::from_iter(prices))
    };
    let (action, kind) = owner.told();
    let change = Change::updated(&column_of(|row| row.before), &column_of(|row| row.after));
    Ok(audit::record(tx, action, kind, Some(owner.id()), change).await?)
}

/// The products and prices as two columns, an empty text for "remove"; or all faults. More than the
/// MRP, which includes the tax, may not be asked for (Legal Metrology (Packaged Commodities) Rules,
/// rule 18(2)).
async fn find(
    tx: &mut TenantTx,
    items: &[NewPrice],
) -> Result<(Vec<Uuid>, Vec<String>), PriceFaults> {
    let mut faults = Faults::new();
    let refs: Vec<_> = items.iter().map(|item| item.product.clone()).collect();
    let products = find_refs(tx, &mut faults, "/items", &refs).await?;
    let (mut ids, mut prices) = (Vec::new(), Vec::new());
    for (index, (item, product)) in items.iter().zip(products).enumerate() {
        let Some(product) = product else { continue };
        if let (Some(price), Some(mrp)) = (item.unit_price, product.mrp)
            && price.as_decimal() > mrp.as_decimal()
        {
            let detail = format!(
                "The MRP of {} is ₹{} with tax, the price cannot be above it",
                product.sku,
                mrp.grouped()
            );
            faults.add(format!("/items/{index}/unit_price"), "above_mrp", detail);
        }
        ids.push(product.id.as_uuid());
        prices.push(
            item.unit_price
                .map(|price| price.to_string())
                .unwrap_or_default(),
        );
    }
    faults.check()?;
    Ok((ids, prices))
}

/// Why prices were not looked up, for any owner.
#[derive(Debug)]
enum PriceFaults {
    Invalid(Invalid),
    Internal(DbError),
}

impl From<Invalid> for PriceFaults {
    fn from(invalid: Invalid) -> Self {
        PriceFaults::Invalid(invalid)
    }
}

impl From<DbError> for PriceFaults {
    fn from(error: DbError) -> Self {
        PriceFaults::Internal(error)
    }
}

impl<M: Master> From<PriceFaults> for MasterError<M> {
    fn from(faults: PriceFaults) -> Self {
        match faults {
            PriceFaults::Invalid(invalid) => MasterError::Invalid(invalid),
            PriceFaults::Internal(error) => MasterError::Internal(error),
        }
    }
}

async fn read(tx: &mut TenantTx, owner: Owner, page: &Page) -> Result<Paged<PriceItem>, ListError> {
    let (table, column) = owner.table();
    let mut statement = Statement::new(format!(
        "SELECT o.product_id, p.sku, p.name, o.unit_price, p.base_price, p.mrp FROM {table} o \
         JOIN products p ON p.tenant_id = $1 AND p.id = o.product_id WHERE o.tenant_id = $1 AND o.{column} = $2"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(owner.id());
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<Sku>()?.to_string());
        statement.push_sql(&format!(" AND p.sku > {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY p.sku LIMIT {limit}"));
    let rows: Vec<PriceItem> = statement.load(tx.conn()?).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        row.sku.clone()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_price_removes_and_a_wrong_one_is_told_with_its_row() {
        let row = |sku: &str, price: &str| PriceForm {
            sku: sku.to_owned(),
            unit_price: price.to_owned(),
            ..PriceForm::default()
        };
        let parsed = PricesForm {
            items: vec![row("A", "12.5"), row("B", " ")],
        }
        .parse()
        .unwrap();
        assert_eq!(parsed.items[0].unit_price, UnitPrice::parse("12.5").ok());
        assert_eq!(parsed.items[1].unit_price, None);
        let faults = PricesForm {
            items: vec![row("A", "0"), row("", "1")],
        }
        .parse()
        .unwrap_err()
        .faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/items/0/unit_price", "/items/1/sku"]);
        assert_eq!(
            PricesForm::default().parse().unwrap_err().faults[0].code,
            "required"
        );
    }
}
