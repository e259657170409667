//! What a dealer pays for a product: an agreement with the dealer, else the dealer's price list, else
//! the default list, else the product's base price (000-47).
//!
//! [`resolve`] is that rule, pure; SQL only fetches the four candidates. Whoever needs a price (cart,
//! order, catalogue, price page) gets it from [`priced_products`] or [`browse`], so that there is
//! one answer.
//!
//! Invariants: a tenant has at most one default list; a list that is switched off does not count.

mod browse;
mod priced;
mod resolve;

pub use browse::{BrowseFilter, CatalogueItem, browse, browse_product};
pub use priced::{PricedProduct, priced_products, priced_products_by_sku};
pub use resolve::{Candidates, ListPrice, PriceSource, ResolvedPrice, resolve};
