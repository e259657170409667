//! Exact numbers in the API: JSON strings in both directions, never JSON numbers, which may have been floats on their
//! way here.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{
    ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type,
};
use serde_json::Value;

macro_rules! exact_numbers {
    ($($(#[$doc:meta])* $name:ident of $inner:ty, $pattern:literal, $example:literal, $description:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name(pub $inner);

            impl From<$inner> for $name {
                fn from(value: $inner) -> Self {
                    $name(value)
                }
            }

            impl Type for $name {
                const IS_REQUIRED: bool = true;
                type RawValueType = Self;
                type RawElementValueType = Self;

                fn name() -> Cow<'static, str> {
                    concat!("string_", stringify!($name)).into()
                }

                fn schema_ref() -> MetaSchemaRef {
                    let mut schema = MetaSchema::new("string");
                    schema.pattern = Some($pattern.to_owned());
                    schema.example = Some(Value::String($example.to_owned()));
                    schema.description = Some($description);
                    MetaSchemaRef::Inline(Box::new(schema))
                }

                fn as_raw_value(&self) -> Option<&Self> {
                    Some(self)
                }

                fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                    Box::new(std::iter::once(self))
                }
            }

            impl ParseFromJSON for $name {
                fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                    match value.unwrap_or_default() {
                        Value::String(text) => Self::parse_from_parameter(&text),
                        other => Err(ParseError::expected_type(other)),
                    }
                }
            }

            impl ParseFromParameter for $name {
                fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                    <$inner>::parse(text).map($name).map_err(ParseError::custom)
                }
            }

            impl ToJSON for $name {
                fn to_json(&self) -> Option<Value> {
                    Some(Value::String(self.0.to_string()))
                }
            }
        )+
    };
}

exact_numbers! {
    /// Rupees and paise.
    Money of vitaran_kernel::Money, r"^-?\d{1,12}(\.\d{1,2})?$", "1180.00", "Rupees; answers have exactly two decimals.";
    /// Rupees for one unit.
    UnitPrice of vitaran_kernel::UnitPrice, r"^-?\d{1,10}(\.\d{1,4})?$", "120.0000", "Rupees for one unit; answers have exactly four decimals.";
    /// A count or measure in the product's unit.
    Quantity of vitaran_kernel::Quantity, r"^-?\d{1,11}(\.\d{1,3})?$", "5", "In the product's unit, at most three decimals.";
    /// Percent.
    Rate of vitaran_kernel::Rate, r"^\d{1,3}(\.\d{1,2})?$", "18.00", "Percent; answers have exactly two decimals.";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn money_is_a_string_with_its_paise_both_ways() {
        let money = Money::parse_from_json(Some(json!("1180"))).unwrap();
        assert_eq!(money.to_json(), Some(json!("1180.00")));
        for refused in [
            json!(1180.5),
            json!(1180),
            json!("1.005"),
            json!("1e3"),
            json!(null),
        ] {
            assert!(
                Money::parse_from_json(Some(refused.clone())).is_err(),
                "{refused}"
            );
        }
    }

    #[test]
    fn prices_rates_and_quantities_keep_their_own_decimals() {
        let price = UnitPrice::parse_from_json(Some(json!("120"))).unwrap();
        assert_eq!(price.to_json(), Some(json!("120.0000")));
        let rate = Rate::parse_from_json(Some(json!("18"))).unwrap();
        assert_eq!(rate.to_json(), Some(json!("18.00")));
        let quantity = Quantity::parse_from_json(Some(json!("2.500"))).unwrap();
        assert_eq!(quantity.to_json(), Some(json!("2.5")));
    }
}
