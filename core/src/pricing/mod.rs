//! What a dealer pays for a product: an agreement with the dealer, else the dealer's price list, else
//! the default list, else the product's base price (000-47).
//!
//! [`resolve`] is that rule, pure; SQL only fetches the four candidates. Whoever needs a price (cart,
//! order, catalogue, price page) gets it from [`priced_products`] or [`browse`], so that there is
//! one answer.
//!
//! Invariants: a tenant has at most one default list; a list that is switched off does not count.

mod browse;
mod price_lists;
mod priced;
mod prices;
mod resolve;
mod sheet;
#[cfg(test)]
mod tests;

pub use browse::{BrowseFilter, CatalogueItem, browse, browse_product};
pub use price_lists::{
    MAX_LISTS, PriceList, PriceListForm, PriceListName, create as create_list, list as list_lists,
    load as load_list, rename as rename_list, set_active as set_list_active,
    set_default as set_default_list,
};
pub use priced::{PricedProduct, priced_products, priced_products_by_sku};
pub(crate) use priced::{fetch as fetch_priced, for_dealer as priced_for_dealer};
pub use prices::{
    MAX_PRICES, NewPrice, PriceForm, PriceItem, PricesForm, SetPrices, list_dealer_prices,
    list_prices, set_dealer_prices, set_list_prices,
};
pub use resolve::{Candidates, ListPrice, PriceSource, ResolvedPrice, resolve};
pub use sheet::{SheetRow, dealer_sheet, list_sheet};
