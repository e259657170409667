//! Forms as browsers send them, into a struct: repeated keys make a list, and `lines.0.quantity` makes a list of parts.
//! Every value arrives as text; the core's own parsers say what it means.

use std::collections::BTreeMap;

use poem::{FromRequest, Request, RequestBody, Result};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::idempotency::{BodyHash, Claim};
use super::problem::Refusal;

/// An order of 500 lines with a few fields each fits; nothing honest has more.
pub const MAX_FIELDS: usize = 2_000;
/// `lines.0.quantity` has three.
const MAX_DEPTH: usize = 4;

/// The body of a form. A missing field is for the struct's `#[serde(default)]`; unknown fields are ignored, since buttons
/// and browsers add some.
pub struct Form<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Form<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        Ok(Form(parse(&bytes_of(request, body).await?)?))
    }
}

async fn bytes_of(request: &Request, body: &mut RequestBody) -> Result<bytes::Bytes> {
    let kind = request.content_type().unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::unsupported_type("application/x-www-form-urlencoded").into());
    }
    Ok(body.take()?.into_bytes().await?)
}

/// A form of the core, which knows no field but its own, with what a page sends beside it: the version that was changed,
/// the key against a second submit, and the button that was pressed.
#[derive(Debug, Clone, Default)]
pub struct Submitted<T> {
    pub form: T,
    pub idempotency_key: String,
    /// The value of the button's field `choice`; empty for the main button.
    pub choice: String,
    version: String,
}

impl<T> Submitted<T> {
    /// The version that the person has seen.
    pub fn version(&self) -> std::result::Result<i32, Refusal> {
        self.version
            .parse()
            .map_err(|_| Refusal::malformed("This form is incomplete, open its page again"))
    }

    /// The right to do this once.
    pub fn claim(
        &self,
        operation: &'static str,
        hash: BodyHash,
    ) -> std::result::Result<Claim, Refusal> {
        Claim::of_field(&self.idempotency_key, operation, hash)
    }
}

impl<'a, T: DeserializeOwned> FromRequest<'a> for Submitted<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        Ok(parse_submitted(&bytes_of(request, body).await?)?)
    }
}

fn parse_submitted<T: DeserializeOwned>(
    bytes: &[u8],
) -> std::result::Result<Submitted<T>, Refusal> {
    let (mut idempotency_key, mut choice, mut version) = Default::default();
    let mut own = Vec::new();
    for (key, value) in pairs(bytes)? {
        match key.as_str() {
            "idempotency_key" => idempotency_key = value,
            "choice" => choice = value,
            "version" => version = value,
            _ => own.push((key, value)),
        }
    }
    Ok(Submitted {
        form: build(own)?,
        idempotency_key,
        choice,
        version,
    })
}

/// Reads a form's bytes.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, Refusal> {
    build(pairs(bytes)?)
}

fn pairs(bytes: &[u8]) -> std::result::Result<Vec<(String, String)>, Refusal> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes)
        .map_err(|_| Refusal::malformed("The form could not be read"))?;
    if pairs.len() > MAX_FIELDS {
        return Err(Refusal::malformed("The form has too many fields"));
    }
    Ok(pairs)
}

fn build<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> std::result::Result<T, Refusal> {
    let mut root = Node::default();
    for (key, value) in pairs {
        let path: Vec<&str> = key.split('.').collect();
        if path.len() > MAX_DEPTH {
            return Err(Refusal::malformed(
                "The form's fields are nested too deeply",
            ));
        }
        root.put(&path, value);
    }
    T::deserialize(root).map_err(|_| Refusal::malformed("The form could not be read"))
}

/// A field: its values, in the order sent, and the fields below it.
#[derive(Debug, Default)]
struct Node {
    values: Vec<String>,
    parts: BTreeMap<String, Node>,
}

impl Node {
    fn put(&mut self, path: &[&str], value: String) {
        match path {
            [] => self.values.push(value),
            [first, rest @ ..] => self
                .parts
                .entry((*first).to_owned())
                .or_default()
                .put(rest, value),
        }
    }

    /// The last value wins, as for a checkbox behind a hidden field.
    fn text(mut self) -> String {
        self.values.pop().unwrap_or_default()
    }

    /// Numbered parts by their numbers, else the values of a repeated key. Gaps close, so a high number costs nothing.
    fn items(self) -> Vec<Node> {
        if self.parts.is_empty() {
            let single = |value| Node {
                values: vec![value],
                parts: BTreeMap::new(),
            };
            return self.values.into_iter().map(single).collect();
        }
        let numbered: BTreeMap<u32, Node> = self
            .parts
            .into_iter()
            .filter_map(|(key, node)| Some((key.parse().ok()?, node)))
            .collect();
        numbered.into_values().collect()
    }
}

type FormError = serde::de::value::Error;

impl<'de> IntoDeserializer<'de, FormError> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, FormError> {
            visitor.$visit(self.text().parse().map_err(FormError::custom)?)
        })+
    };
}

impl<'de> Deserializer<'de> for Node {
    type Error = FormError;

    fn deserialize_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        if self.parts.is_empty() {
            visitor.visit_string(self.text())
        } else {
            visitor.visit_map(MapDeserializer::new(self.parts.into_iter()))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        visitor.visit_seq(SeqDeserializer::new(self.items().into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        visitor.visit_map(MapDeserializer::new(self.parts.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, FormError> {
        visitor.visit_enum(self.text().into_deserializer())
    }

    parsed! {
        deserialize_bool => visit_bool,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Order {
        note: String,
        ids: Vec<String>,
        version: Option<i64>,
        lines: Vec<Line>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Line {
        sku: String,
        quantity: String,
    }

    fn line(sku: &str, quantity: &str) -> Line {
        Line {
            sku: sku.to_owned(),
            quantity: quantity.to_owned(),
        }
    }

    #[test]
    fn repeated_keys_are_a_list_and_a_single_one_is_a_list_of_one() {
        assert_eq!(parse::<Order>(b"ids=a&ids=b").unwrap().ids, ["a", "b"]);
        assert_eq!(parse::<Order>(b"ids=a").unwrap().ids, ["a"]);
        assert_eq!(parse::<Order>(b"").unwrap(), Order::default());
    }

    #[test]
    fn dotted_keys_are_parts_in_the_order_of_their_numbers() {
        let form = "lines.10.sku=C&lines.2.quantity=5&lines.2.sku=B%20x&lines.0.sku=A&note=a+b";
        let order: Order = parse(form.as_bytes()).unwrap();
        assert_eq!(
            order.lines,
            [line("A", ""), line("B x", "5"), line("C", "")]
        );
        assert_eq!(order.note, "a b");
    }

    #[test]
    fn a_number_is_read_and_noise_in_its_place_is_refused() {
        assert_eq!(parse::<Order>(b"version=7").unwrap().version, Some(7));
        assert!(parse::<Order>(b"version=7x").is_err());
    }

    #[test]
    fn unknown_fields_are_ignored_and_the_last_value_wins() {
        let order: Order = parse(b"note=a&note=b&utm=1").unwrap();
        assert_eq!(order.note, "b");
    }

    #[test]
    fn what_the_page_adds_is_taken_off_before_a_strict_form_is_read() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Strict {
            name: String,
            lines: Vec<Line>,
        }
        let sent: Submitted<Strict> =
            parse_submitted(b"version=3&name=A&lines.0.sku=B&idempotency_key=k&choice=more")
                .unwrap();
        assert_eq!((sent.version().unwrap(), sent.form.name.as_str()), (3, "A"));
        assert_eq!(
            (sent.idempotency_key.as_str(), sent.choice.as_str()),
            ("k", "more")
        );
        assert_eq!(sent.form.lines, [line("B", "")]);
        assert!(parse_submitted::<Strict>(b"nme=A").is_err());
        assert!(parse_submitted::<Strict>(b"").unwrap().version().is_err());
    }

    #[test]
    fn too_many_or_too_deep_is_refused_before_it_costs_anything() {
        let many = "a=1&".repeat(MAX_FIELDS + 1);
        assert!(parse::<Order>(many.as_bytes()).is_err());
        assert!(parse::<Order>(b"a.b.c.d.e=1").is_err());
        assert_eq!(
            parse::<Order>(b"lines.4294967295.sku=A")
                .unwrap()
                .lines
                .len(),
            1
        );
    }
}
