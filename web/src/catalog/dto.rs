//! Products and categories as the API gives and takes them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::catalog::{self, CategoryForm, ProductForm, ProductSummary};
use vitaran_core::master::Shown;
use vitaran_core::pricing::CatalogueItem;

use crate::http::types::{Money, Quantity, Rate, UnitPrice};
use crate::stock::dto::StockState;

/// Which records a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum RecordStatus {
    Active,
    Inactive,
    All,
}

impl From<RecordStatus> for Shown {
    fn from(status: RecordStatus) -> Self {
        match status {
            RecordStatus::Active => Shown::Active,
            RecordStatus::Inactive => Shown::Inactive,
            RecordStatus::All => Shown::All,
        }
    }
}

impl RecordStatus {
    /// As an address says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            RecordStatus::Active => "active",
            RecordStatus::Inactive => "inactive",
            RecordStatus::All => "all",
        }
    }
}

/// What one dealer pays for one unit today.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DealerPrice {
    /// Without GST.
    unit_price: UnitPrice,
    /// `OVERRIDE` (agreed with the dealer), `DEALER_LIST`, `DEFAULT_LIST` or `BASE`.
    source: String,
    /// The list's name, of a price on a list.
    price_list: Option<String>,
}

/// A product. Staff see the record; where a dealer is known, its price, today's tax rate and the stock stand in it.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Product {
    pub(super) id: uuid::Uuid,
    sku: String,
    name: String,
    description: Option<String>,
    /// Absent in lists.
    category_id: Option<uuid::Uuid>,
    /// The names from the root, joined by " > ".
    category: String,
    /// 4, 6 or 8 digits.
    hsn: String,
    /// The unit quantity code of GST, such as `NOS` or `MTR`.
    unit: String,
    tax_class: String,
    /// What is sold at where no list and no agreement says otherwise, without GST; for staff.
    base_price: Option<UnitPrice>,
    /// With GST.
    mrp: Option<Money>,
    barcode: Option<String>,
    is_active: bool,
    /// For staff.
    pub(super) version: Option<i32>,
    /// Of the record, for staff. Prices of lists and dealers are no part of it, and nor is stock.
    updated_at: Option<DateTime<Utc>>,
    /// Of the dealer.
    price: Option<DealerPrice>,
    /// In force today; where a dealer is known.
    tax_rate: Option<Rate>,
    /// Where a dealer is known: at the location that serves it.
    stock: Option<StockState>,
    /// What can still be promised there.
    free: Option<Quantity>,
}

impl From<catalog::Product> for Product {
    fn from(product: catalog::Product) -> Self {
        let catalog::Product {
            id,
            sku,
            name,
            description,
            category_id,
            category_path,
            hsn,
            uqc,
            tax_class,
            base_price,
            mrp,
            barcode,
            is_active,
            version,
            created_at: _,
            updated_at,
        } = product;
        Product {
            id: id.as_uuid(),
            sku: sku.to_string(),
            name: name.to_string(),
            description: description.map(|text| text.to_string()),
            category_id: Some(category_id.as_uuid()),
            category: category_path,
            hsn: hsn.to_string(),
            unit: uqc.to_string(),
            tax_class: tax_class.to_string(),
            base_price: Some(base_price.into()),
            mrp: mrp.map(Into::into),
            barcode: barcode.map(|code| code.to_string()),
            is_active,
            version: Some(version),
            updated_at: Some(updated_at),
            price: None,
            tax_rate: None,
            stock: None,
            free: None,
        }
    }
}

impl From<ProductSummary> for Product {
    fn from(product: ProductSummary) -> Self {
        Product {
            id: product.id.as_uuid(),
            sku: product.sku.to_string(),
            name: product.name.to_string(),
            description: None,
            category_id: None,
            category: product.category_path,
            hsn: product.hsn.to_string(),
            unit: product.uqc.to_string(),
            tax_class: product.tax_class.to_string(),
            base_price: Some(product.base_price.into()),
            mrp: product.mrp.map(Into::into),
            barcode: product.barcode.map(|code| code.to_string()),
            is_active: product.is_active,
            version: Some(product.version),
            updated_at: Some(product.updated_at),
            price: None,
            tax_rate: None,
            stock: None,
            free: None,
        }
    }
}

impl From<CatalogueItem> for Product {
    fn from(item: CatalogueItem) -> Self {
        let CatalogueItem {
            product,
            description,
            barcode,
            category_id,
            category_path,
            stock,
        } = item;
        Product {
            id: product.product_id.as_uuid(),
            sku: product.sku.to_string(),
            name: product.name.to_string(),
            description: description.map(|text| text.to_string()),
            category_id: Some(category_id.as_uuid()),
            category: category_path,
            hsn: product.hsn.to_string(),
            unit: product.uqc.to_string(),
            tax_class: product.tax_class.to_string(),
            base_price: None,
            mrp: product.mrp.map(Into::into),
            barcode: barcode.map(|code| code.to_string()),
            is_active: product.is_active,
            version: None,
            updated_at: None,
            price: Some(DealerPrice {
                unit_price: product.price.unit_price.into(),
                source: product.price.source.to_string(),
                price_list: product.price.list_name,
            }),
            tax_rate: Some(product.tax_rate.into()),
            stock: Some(stock.into()),
            free: Some(product.free.into()),
        }
    }
}

/// A product to add, or what a product is to become.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct ProductInput {
    /// Letters, digits and `- _ . /`; kept in capitals.
    sku: String,
    /// As it stands on the invoice.
    name: String,
    description: Option<String>,
    /// The id of a category in use.
    category_id: String,
    /// Of goods: 4, 6 or 8 digits.
    hsn: String,
    /// The unit quantity code of GST, such as `NOS` or `MTR`.
    unit: String,
    /// The code of a class that has a rate today, such as `STANDARD`.
    tax_class: String,
    /// Rupees for one unit, without GST; at most four decimals.
    base_price: String,
    /// Rupees for one unit, with GST; not below the base price.
    mrp: Option<String>,
    barcode: Option<String>,
}

impl From<ProductInput> for ProductForm {
    fn from(input: ProductInput) -> Self {
        let ProductInput {
            sku,
            name,
            description,
            category_id,
            hsn,
            unit,
            tax_class,
            base_price,
            mrp,
            barcode,
        } = input;
        ProductForm {
            sku,
            name,
            description: description.unwrap_or_default(),
            category_id,
            hsn,
            uqc: unit,
            tax_class,
            base_price,
            mrp: mrp.unwrap_or_default(),
            barcode: barcode.unwrap_or_default(),
        }
    }
}

/// A category in its place.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Category {
    pub(super) id: uuid::Uuid,
    /// Absent at the top.
    parent_id: Option<uuid::Uuid>,
    name: String,
    /// The names from the root, joined by " > ".
    path: String,
    /// 1 at the top.
    depth: i16,
    is_active: bool,
    pub(super) version: i32,
}

impl From<catalog::Category> for Category {
    fn from(category: catalog::Category) -> Self {
        let catalog::Category {
            id,
            parent_id,
            name,
            path,
            depth,
            is_active,
            version,
        } = category;
        Category {
            id: id.as_uuid(),
            parent_id: parent_id.map(|id| id.as_uuid()),
            name: name.to_string(),
            path,
            depth,
            is_active,
            version,
        }
    }
}

/// A category to add.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewCategory {
    name: String,
    /// The category above it; without one it stands at the top.
    parent_id: Option<String>,
}

impl From<NewCategory> for CategoryForm {
    fn from(input: NewCategory) -> Self {
        CategoryForm {
            name: input.name,
            parent_id: input.parent_id.unwrap_or_default(),
        }
    }
}

/// Another name for a category.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct CategoryName {
    name: String,
}

impl From<CategoryName> for CategoryForm {
    fn from(input: CategoryName) -> Self {
        CategoryForm {
            name: input.name,
            parent_id: String::new(),
        }
    }
}
