//! Prices as the API gives and takes them.

use poem_openapi::Object;
use vitaran_core::pricing::{self, PriceForm, PriceItem, PriceListForm, PricesForm};

use crate::http::types::{Money, UnitPrice};

/// A price list without its prices.
#[derive(Debug, Clone, Object)]
pub struct PriceList {
    pub(super) id: uuid::Uuid,
    name: String,
    /// Its prices count for every dealer without another list.
    is_default: bool,
    is_active: bool,
    pub(super) version: i32,
}

impl From<pricing::PriceList> for PriceList {
    fn from(list: pricing::PriceList) -> Self {
        let pricing::PriceList {
            id,
            name,
            is_default,
            is_active,
            version,
        } = list;
        PriceList {
            id: id.as_uuid(),
            name: name.to_string(),
            is_default,
            is_active,
            version,
        }
    }
}

/// A price list's name. Its prices, and whether it is the default or in use, have operations of their own.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct PriceListName {
    /// Another than every other list's; up to 60 characters.
    name: String,
}

impl From<PriceListName> for PriceListForm {
    fn from(input: PriceListName) -> Self {
        PriceListForm { name: input.name }
    }
}

/// A product's price on a list, or agreed with a dealer.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Price {
    product_id: uuid::Uuid,
    sku: String,
    name: String,
    /// For one unit, without GST.
    unit_price: UnitPrice,
    base_price: UnitPrice,
    /// With GST.
    mrp: Option<Money>,
}

impl From<PriceItem> for Price {
    fn from(item: PriceItem) -> Self {
        let PriceItem {
            product_id,
            sku,
            name,
            unit_price,
            base_price,
            mrp,
        } = item;
        Price {
            product_id: product_id.as_uuid(),
            sku: sku.to_string(),
            name: name.to_string(),
            unit_price: unit_price.into(),
            base_price: base_price.into(),
            mrp: mrp.map(Into::into),
        }
    }
}

/// A price to set or take away: the product by id or by SKU.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewPrice {
    product_id: Option<String>,
    sku: Option<String>,
    /// Rupees for one unit, without GST; not above the MRP. Empty takes the price away.
    unit_price: String,
}

/// Prices to set and take away, all or none; those not named stay as they are.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewPrices {
    /// 1 to 1,000, each of another product.
    items: Vec<NewPrice>,
}

impl From<NewPrices> for PricesForm {
    fn from(prices: NewPrices) -> Self {
        let item = |item: NewPrice| PriceForm {
            product_id: item.product_id.unwrap_or_default(),
            sku: item.sku.unwrap_or_default(),
            unit_price: item.unit_price,
        };
        PricesForm {
            items: prices.items.into_iter().map(item).collect(),
        }
    }
}
