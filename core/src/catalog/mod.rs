//! What a tenant sells: products in a tree of categories, each with the HSN code, unit and tax class
//! that an invoice will need.
//!
//! Invariants:
//! - a SKU and a barcode name one product of the tenant;
//! - nothing is deleted: a product or category is switched off, for documents refer to it;
//! - a category's `path` always spells the names from the root, so a subtree is one prefix;
//! - `product_words` always holds what [`words`] makes of a product and its category's path, written
//!   in the transaction that changes either.
//!
//! Deliberately absent: prices for a dealer and the catalogue a dealer sees. They are
//! [`pricing`](crate::pricing)'s, which stands below this feature.

mod categories;
mod product_form;
mod product_list;
mod products;
mod refs;
mod search;
mod tax_classes;
mod units;
mod words;
#[cfg(test)]
mod tests;

pub use categories::{
    Category, CategoryForm, CategoryName, MAX_CATEGORIES, MAX_DEPTH, NewCategory, RenameCategory,
    create as create_category, load as load_category, rename as rename_category,
    set_active as set_category_active, tree,
};
pub(crate) use product_form::positive_price;
pub use product_form::{NewProduct, ProductForm, ProductName};
pub(crate) use product_list::{AS_FOUND, BY_NAME, wanted as wanted_products};
pub use product_list::{ProductFilter, ProductSummary, list};
pub use products::{Product, create, load, set_active, update};
pub use refs::ProductRef;
pub(crate) use refs::{FoundProduct, find_refs};
pub(crate) use search::Search;
pub use tax_classes::{TaxClass, TaxClassCode, list as list_tax_classes};
pub use units::{UnitError, in_unit, positive_in_unit};
