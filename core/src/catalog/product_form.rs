//! The product form: raw texts in, a checked product or every fault out.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{Barcode, CategoryId, Hsn, Money, Note, Sku, Text, UnitPrice, Uqc};

use crate::master::finish;
use crate::problem::{Faults, Invalid};

use super::{Product, TaxClassCode};

pub type ProductName = Text<200>;

/// What a person or program sends: texts as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductForm {
    pub sku: String,
    pub name: String,
    pub description: String,
    pub category_id: String,
    pub hsn: String,
    pub uqc: String,
    pub tax_class: String,
    /// Rupees for one unit without tax.
    pub base_price: String,
    /// Rupees for one unit with all taxes; may be blank.
    pub mrp: String,
    pub barcode: String,
}

/// A product whose fields are right by themselves; the action asks the database for the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    pub sku: Sku,
    pub name: ProductName,
    pub description: Option<Note<2000>>,
    pub category_id: CategoryId,
    /// Of goods: 4, 6 or 8 digits, not beginning with 99.
    pub hsn: Hsn,
    pub uqc: Uqc,
    pub tax_class: TaxClassCode,
    /// Above zero.
    pub base_price: UnitPrice,
    /// Above zero and not below the base price.
    pub mrp: Option<Money>,
    pub barcode: Option<Barcode>,
}

impl ProductForm {
    /// The form as it opens for changing a product.
    pub fn of(product: &Product) -> Self {
        let text = |value: Option<String>| value.unwrap_or_default();
        ProductForm {
            sku: product.sku.to_string(),
            name: product.name.to_string(),
            description: text(product.description.as_ref().map(ToString::to_string)),
            category_id: product.category_id.to_string(),
            hsn: product.hsn.to_string(),
            uqc: product.uqc.to_string(),
            tax_class: product.tax_class.to_string(),
            base_price: product.base_price.plain(),
            mrp: text(product.mrp.map(|mrp| mrp.to_string())),
            barcode: text(product.barcode.as_ref().map(ToString::to_string)),
        }
    }

    /// All faults at once, each under the field's pointer.
    pub fn parse(&self) -> Result<NewProduct, Invalid> {
        let ProductForm {
            sku,
            name,
            description,
            category_id,
            hsn,
            uqc,
            tax_class,
            base_price,
            mrp,
            barcode,
        } = self;
        let mut faults = Faults::new();
        let sku = faults.required("/sku", sku, "an SKU", Sku::parse);
        let name = faults.required("/name", name, "the product's name", ProductName::parse);
        let description = faults.optional("/description", description, Note::parse);
        let category_id = faults.required("/category_id", category_id, "a category", |text| {
            CategoryId::parse(text.trim())
        });
        let hsn = faults.required("/hsn", hsn, "the HSN code", goods_code);
        let uqc = faults.required("/uqc", uqc, "the unit", Uqc::parse);
        let tax_class =
            faults.required("/tax_class", tax_class, "a tax class", TaxClassCode::parse);
        let base_price =
            faults.required("/base_price", base_price, "the base price", positive_price);
        let mrp = faults.optional("/mrp", mrp, positive_amount);
        let barcode = faults.optional("/barcode", barcode, Barcode::parse);
        if let (Some(price), Some(mrp)) = (base_price, mrp)
            && price.as_decimal() > mrp.as_decimal()
        {
            faults.add(
                "/mrp",
                "below_price",
                format!(
                    "The MRP includes tax, so it cannot be below the base price of ₹{}",
                    price.grouped()
                ),
            );
        }
        finish(faults, || {
            Some(NewProduct {
                sku: sku?,
                name: name?,
                description,
                category_id: category_id?,
                hsn: hsn?,
                uqc: uqc?,
                tax_class: tax_class?,
                base_price: base_price?,
                mrp,
                barcode,
            })
        })
    }
}

fn goods_code(text: &str) -> Result<Hsn, String> {
    let hsn = Hsn::parse(text).map_err(|error| error.to_string())?;
    if hsn.is_service() {
        return Err(
            "Enter the HSN code of goods, codes that begin with 99 are for services".to_owned(),
        );
    }
    Ok(hsn)
}

/// A price somebody asks for: above zero.
pub(crate) fn positive_price(text: &str) -> Result<UnitPrice, String> {
    let price = UnitPrice::parse(text.trim()).map_err(|error| error.to_string())?;
    if price.is_positive() {
        Ok(price)
    } else {
        Err("Enter a price above zero".to_owned())
    }
}

fn positive_amount(text: &str) -> Result<Money, String> {
    let amount = Money::parse(text.trim()).map_err(|error| error.to_string())?;
    if amount.is_positive() {
        Ok(amount)
    } else {
        Err("Enter an amount above zero".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled_in() -> ProductForm {
        ProductForm {
            sku: "mcb-16a".to_owned(),
            name: " Circuit breaker 16 A ".to_owned(),
            description: String::new(),
            category_id: CategoryId::generate().to_string(),
            hsn: "853620".to_owned(),
            uqc: "nos".to_owned(),
            tax_class: "STANDARD".to_owned(),
            base_price: "120.5".to_owned(),
            mrp: "199".to_owned(),
            barcode: String::new(),
        }
    }

    fn faults(change: impl FnOnce(&mut ProductForm)) -> Vec<(String, &'static str)> {
        let mut form = filled_in();
        change(&mut form);
        let faults = form
            .parse()
            .err()
            .map(|invalid| invalid.faults)
            .unwrap_or_default();
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn a_form_that_is_filled_in_is_a_product() {
        let product = filled_in().parse().unwrap();
        assert_eq!(
            (product.sku.as_str(), product.name.as_str()),
            ("MCB-16A", "Circuit breaker 16 A")
        );
        assert_eq!(product.uqc, Uqc::Nos);
        assert_eq!((product.description, product.barcode), (None, None));
    }

    #[test]
    fn an_empty_form_asks_for_every_field_that_is_needed_at_once() {
        let invalid = ProductForm::default().parse().unwrap_err();
        let pointers: Vec<_> = invalid.faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/sku",
                "/name",
                "/category_id",
                "/hsn",
                "/uqc",
                "/tax_class",
                "/base_price"
            ]
        );
    }

    #[test]
    fn each_field_is_held_to_its_rule() {
        type Spoil = fn(&mut ProductForm);
        let cases: [(&str, Spoil); 9] = [
            ("/sku", |f| f.sku = "has blanks".to_owned()),
            ("/name", |f| f.name = "x".repeat(201)),
            ("/hsn", |f| f.hsn = "85362".to_owned()),
            ("/hsn", |f| f.hsn = "998314".to_owned()),
            ("/uqc", |f| f.uqc = "PIECE".to_owned()),
            ("/base_price", |f| f.base_price = "0".to_owned()),
            ("/base_price", |f| f.base_price = "1.23456".to_owned()),
            ("/mrp", |f| f.mrp = "-1".to_owned()),
            ("/barcode", |f| f.barcode = "12".to_owned()),
        ];
        for (pointer, spoil) in cases {
            assert_eq!(faults(spoil), [(pointer.to_owned(), "invalid")]);
        }
    }

    #[test]
    fn an_mrp_below_the_price_without_tax_is_refused() {
        assert_eq!(
            faults(|f| f.mrp = "120.49".to_owned()),
            [("/mrp".to_owned(), "below_price")]
        );
        assert_eq!(faults(|f| f.mrp = "120.50".to_owned()), []);
    }
}
