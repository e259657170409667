//! Naming a product in a list somebody sends: by id, as pages do, or by SKU, as people do.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Money, ProductId, Sku, Uqc};

use crate::db::{DbError, Statement, TenantTx};
use crate::problem::Faults;

/// How a product is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProductRef {
    Id(ProductId),
    Sku(Sku),
}

impl ProductRef {
    /// Reads the two fields of a row at `pointer`, one of which must be filled in.
    pub fn parse(faults: &mut Faults, pointer: &str, id: &str, sku: &str) -> Option<Self> {
        if id.trim().is_empty() {
            let pointer = format!("{pointer}/sku");
            return faults
                .required(&pointer, sku, "a product's SKU", Sku::parse)
                .map(ProductRef::Sku);
        }
        let pointer = format!("{pointer}/product_id");
        if sku.trim().is_empty() {
            return faults
                .take(&pointer, ProductId::parse(id))
                .map(ProductRef::Id);
        }
        faults.add(
            pointer,
            "ambiguous",
            "Name the product by its id or its SKU, not by both",
        );
        None
    }

    /// The field of a row that named it, for a fault.
    pub fn field(&self) -> &'static str {
        match self {
            ProductRef::Id(_) => "product_id",
            ProductRef::Sku(_) => "sku",
        }
    }
}

/// What the writers of stock and prices must know of a product.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct FoundProduct {
    #[diesel(sql_type = SqlUuid)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: Sku,
    #[diesel(sql_type = Text)]
    pub uqc: Uqc,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub mrp: Option<Money>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

/// The products in the order they were named; one that does not exist, or is named twice, is a
/// fault of its row under `pointer`.
pub(crate) async fn find_refs(
    tx: &mut TenantTx,
    faults: &mut Faults,
    pointer: &str,
    refs: &[ProductRef],
) -> Result<Vec<Option<FoundProduct>>, DbError> {
    let ids = refs.iter().filter_map(|r| match r {
        ProductRef::Id(id) => Some(id.as_uuid()),
        ProductRef::Sku(_) => None,
    });
    let skus = refs.iter().filter_map(|r| match r {
        ProductRef::Sku(sku) => Some(sku.as_str().to_owned()),
        ProductRef::Id(_) => None,
    });
    let found: Vec<FoundProduct> = Statement::new(
        "SELECT p.id, p.sku, p.uqc, p.mrp, p.is_active FROM products p \
         WHERE p.tenant_id = $1 AND (p.id = ANY ($2) OR p.sku = ANY ($3))",
    )
    .bind(tx.tenant().as_uuid())
    .bind(ids.collect::<Vec<_>>())
    .bind(skus.collect::<Vec<_>>())
    .load(tx.conn()?)
    .await?;
    Ok(in_order(faults, pointer, refs, found))
}

fn in_order(
    faults: &mut Faults,
    pointer: &str,
    refs: &[ProductRef],
    found: Vec<FoundProduct>,
) -> Vec<Option<FoundProduct>> {
    let by_sku: HashMap<&str, &FoundProduct> = found.iter().map(|p| (p.sku.as_str(), p)).collect();
    let by_id: HashMap<ProductId, &FoundProduct> = found.iter().map(|p| (p.id, p)).collect();
    let mut first_row: HashMap<ProductId, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(refs.len());
    for (index, named) in refs.iter().enumerate() {
        let product = match named {
            ProductRef::Id(id) => by_id.get(id),
            ProductRef::Sku(sku) => by_sku.get(sku.as_str()),
        };
        let place = format!("{pointer}/{index}/{}", named.field());
        let Some(product) = product else {
            faults.add(place, "unknown", "There is no such product");
            rows.push(None);
            continue;
        };
        if let Some(first) = first_row.insert(product.id, index) {
            let detail = format!("{} is on row {} already", product.sku, first + 1);
            faults.add(place, "twice", detail);
        }
        rows.push(Some((*product).clone()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(sku: &str) -> FoundProduct {
        FoundProduct {
            id: ProductId::generate(),
            sku: Sku::parse(sku).unwrap(),
            uqc: Uqc::Nos,
            mrp: None,
            is_active: true,
        }
    }

    #[test]
    fn products_come_in_the_order_they_were_named_and_faults_name_the_row() {
        let (a, b) = (product("A"), product("B"));
        let refs = [
            ProductRef::Sku(b.sku.clone()),
            ProductRef::Id(ProductId::generate()),
            ProductRef::Id(a.id),
            ProductRef::Id(b.id),
        ];
        let mut faults = Faults::new();
        let rows = in_order(&mut faults, "/lines", &refs, vec![a.clone(), b.clone()]);
        assert_eq!(rows, [Some(b.clone()), None, Some(a), Some(b)]);
        let faults = faults.into_invalid().faults;
        let places: Vec<_> = faults
            .iter()
            .map(|f| (f.pointer.as_str(), f.code))
            .collect();
        assert_eq!(
            places,
            [
                ("/lines/1/product_id", "unknown"),
                ("/lines/3/product_id", "twice")
            ]
        );
        assert_eq!(faults[1].detail, "B is on row 1 already");
    }

    #[test]
    fn a_row_names_its_product_in_one_way() {
        let id = ProductId::generate();
        let mut faults = Faults::new();
        assert_eq!(
            ProductRef::parse(&mut faults, "/lines/0", &id.to_string(), ""),
            Some(ProductRef::Id(id))
        );
        assert_eq!(
            ProductRef::parse(&mut faults, "/lines/0", "", "a-1"),
            Some(ProductRef::Sku(Sku::parse("A-1").unwrap()))
        );
        assert!(faults.is_empty());
        assert_eq!(
            ProductRef::parse(&mut faults, "/lines/0", &id.to_string(), "A-1"),
            None
        );
        assert_eq!(ProductRef::parse(&mut faults, "/lines/1", "", " "), None);
        let places: Vec<_> = faults
            .into_invalid()
            .faults
            .into_iter()
            .map(|f| (f.pointer, f.code))
            .collect();
        assert_eq!(
            places,
            [
                ("/lines/0/product_id".to_owned(), "ambiguous"),
                ("/lines/1/sku".to_owned(), "required")
            ]
        );
    }
}
