//! The demonstration data as typed rows, read from the CSV files in `ops/data`.
//!
//! The files are compiled into the binary, so seeding needs nothing beside it.
//! Reading checks the shape alone: every column known, every number, date and
//! word parsed. That the rows also hold together (references, GSTINs, PIN
//! codes, prices) is what the tests below claim about the files as committed.
//! `ops/data/README.md` says what each column means.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a file of the demonstration data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A row has a missing or unknown column, or a value of the wrong type.
    #[error("{file}: {source}")]
    Row {
        file: &'static str,
        #[source]
        source: csv::Error,
    },
    /// `tenant.csv` describes one tenant.
    #[error("{file}: one row wanted, {found} found")]
    NotOneTenant { file: &'static str, found: usize },
}

/// One demonstration tenant with all that is seeded for it.
#[derive(Debug, Clone)]
pub struct DemoTenant {
    pub tenant: Tenant,
    pub registrations: Vec<Registration>,
    pub locations: Vec<Location>,
    /// Parents stand before their children.
    pub categories: Vec<Category>,
    pub products: Vec<Product>,
    /// A product without a row at a location has none there.
    pub opening_stock: Vec<OpeningStock>,
    pub price_lists: Vec<PriceList>,
    pub price_list_items: Vec<PriceListItem>,
    pub dealer_prices: Vec<DealerPrice>,
    pub dealers: Vec<Dealer>,
    pub addresses: Vec<Address>,
    pub contacts: Vec<Contact>,
    pub users: Vec<User>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    pub slug: String,
    pub legal_name: String,
    pub trade_name: String,
    pub email: String,
    /// E.164.
    pub phone: String,
}

/// A GST registration; the letter of undertaking (LUT) lets it supply to a
/// SEZ without tax between the two dates, both included.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub gstin: String,
    pub state_code: String,
    pub legal_name: String,
    pub trade_name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub pincode: String,
    pub lut_arn: Option<String>,
    pub lut_valid_from: Option<NaiveDate>,
    pub lut_valid_to: Option<NaiveDate>,
    /// First part of the invoice number: `VLT` in `VLT/26-27/000123`.
    pub invoice_prefix: String,
    pub is_default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    pub code: String,
    pub name: String,
    /// The registration that goods leaving this location are invoiced from.
    pub gstin: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub state_code: String,
    pub pincode: String,
    pub is_default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Names from the root down, joined by [`PATH_SEPARATOR`].
    pub path: String,
}

/// Stands between the names of a category's path.
pub const PATH_SEPARATOR: &str = " > ";

impl Category {
    /// The last name of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once(PATH_SEPARATOR)
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The path of the category this one lies in; `None` for a root.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.path
            .rsplit_once(PATH_SEPARATOR)
            .map(|(parent, _)| parent)
    }
}

/// Which rate applies; the rates themselves are dated rows of the tax table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaxClass {
    Zero,
    Merit,
    Standard,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub sku: String,
    pub name: String,
    /// A [`Category::path`].
    pub category: String,
    pub brand: Option<String>,
    /// Six or eight digits.
    pub hsn: String,
    pub tax_class: TaxClass,
    /// Unit quantity code as the GST portal spells it (`NOS`, `MTR`, …).
    pub uqc: String,
    /// Rupees per unit without tax; asked where no price list has the product.
    pub base_price: Decimal,
    /// Rupees per unit, all taxes included.
    pub mrp: Decimal,
    /// EAN-13.
    pub barcode: Option<String>,
    /// At or below this quantity the product counts as low.
    pub reorder_level: Decimal,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningStock {
    /// A [`Location::code`].
    pub location: String,
    pub sku: String,
    pub quantity: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    pub code: String,
    pub name: String,
    pub description: String,
    pub is_default: bool,
}

/// Rupees per unit without tax on one price list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceListItem {
    /// A [`PriceList::code`].
    pub price_list: String,
    pub sku: String,
    pub price: Decimal,
}

/// Rupees per unit without tax agreed with one dealer; wins over every list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DealerPrice {
    /// A [`Dealer::code`].
    pub dealer: String,
    pub sku: String,
    pub price: Decimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Treatment {
    Registered,
    Unregistered,
    Sez,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dealer {
    pub code: String,
    pub legal_name: String,
    pub trade_name: String,
    pub treatment: Treatment,
    /// `None` for an unregistered dealer, and only then.
    pub gstin: Option<String>,
    pub state_code: String,
    /// A [`PriceList::code`]; `None` means the tenant's default list.
    pub price_list: Option<String>,
    /// Rupees.
    pub credit_limit: Decimal,
    /// The [`Location::code`] this dealer is normally served from.
    pub location: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AddressKind {
    Billing,
    Shipping,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// A [`Dealer::code`].
    pub dealer: String,
    pub kind: AddressKind,
    pub label: String,
    /// Who receives there, where that is not the dealer.
    pub recipient_name: Option<String>,
    /// The place's GSTIN where it differs from the dealer's, or `URP` for an
    /// unregistered recipient; always given with a recipient's name.
    pub recipient_gstin: Option<String>,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub state_code: String,
    pub pincode: String,
    /// The one offered first among the dealer's addresses of this kind.
    pub is_default: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Hi,
    Ta,
    Mr,
    Kn,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A [`Dealer::code`].
    pub dealer: String,
    pub name: String,
    /// What the person does there, in words.
    pub role: String,
    /// E.164, an Indian mobile number.
    pub phone: Option<String>,
    pub email: Option<String>,
    pub language: Language,
    /// Never true without a phone number.
    pub whatsapp_opt_in: bool,
    pub is_primary: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    Admin,
    Sales,
    Warehouse,
    Accounts,
    Dealer,
}

/// One membership: the same e-mail in both tenants is one user with two.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub email: String,
    pub name: String,
    pub role: Role,
    /// A [`Dealer::code`], for the role of dealer and only then.
    pub dealer: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlatformRole {
    SuperAdmin,
}

/// A user of the platform itself, member of no tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformUser {
    pub email: String,
    pub name: String,
    pub role: PlatformRole,
}

/// Reads one compiled-in file; a macro, since `include_str!` wants a literal.
macro_rules! rows {
    ($folder:literal, $name:literal) => {
        parse(
            concat!($folder, "/", $name),
            include_str!(concat!("../../data/", $folder, "/", $name)),
        )
    };
}

macro_rules! tenant {
    ($slug:literal) => {
        Ok(DemoTenant {
            tenant: the_only(concat!($slug, "/tenant.csv"), rows!($slug, "tenant.csv")?)?,
            registrations: rows!($slug, "registrations.csv")?,
            locations: rows!($slug, "locations.csv")?,
            categories: rows!($slug, "categories.csv")?,
            products: rows!($slug, "products.csv")?,
            opening_stock: rows!($slug, "opening_stock.csv")?,
            price_lists: rows!($slug, "price_lists.csv")?,
            price_list_items: rows!($slug, "price_list_items.csv")?,
            dealer_prices: rows!($slug, "dealer_prices.csv")?,
            dealers: rows!($slug, "dealers.csv")?,
            addresses: rows!($slug, "addresses.csv")?,
            contacts: rows!($slug, "contacts.csv")?,
            users: rows!($slug, "users.csv")?,
        })
    };
}

/// Volt Distributors: Maharashtra, with a depot and a registration in
/// Chandigarh.
///
/// # Errors
/// A file that was compiled in does not have the documented shape.
pub fn volt() -> Result<DemoTenant, DataError> {
    tenant!("volt")
}

/// Ampere Electricals: Karnataka.
///
/// # Errors
/// A file that was compiled in does not have the documented shape.
pub fn ampere() -> Result<DemoTenant, DataError> {
    tenant!("ampere")
}

/// The users that belong to the platform and not to a tenant.
///
/// # Errors
/// A file that was compiled in does not have the documented shape.
pub fn platform_users() -> Result<Vec<PlatformUser>, DataError> {
    rows!("platform", "users.csv")
}

fn parse<Row: DeserializeOwned>(
    file: &'static str,
    text: &'static str,
) -> Result<Vec<Row>, DataError> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| DataError::Row { file, source })
}

fn the_only(file: &'static str, tenants: Vec<Tenant>) -> Result<Tenant, DataError> {
    let found = tenants.len();
    match <[Tenant; 1]>::try_from(tenants) {
        Ok([tenant]) => Ok(tenant),
        Err(_) => Err(DataError::NotOneTenant { file, found }),
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
