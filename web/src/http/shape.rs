//! What the API's document says of an input, ready to be held against one: every place that differs is named.
//!
//! [`Reader`] knows the words of JSON Schema that our requests use and no others; what it does not understand it notes,
//! and a test fails on any note. An object takes the fields it names and no more. An optional field may be `null`, which
//! is to leave it out.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;
use vitaran_core::problem::Fault;

/// Nobody mends more at once, and an answer must not be longer than the request it refuses.
const MAX_FAULTS: usize = 100;

/// A longer name of an unknown field is not repeated.
const MAX_NAME_CHARS: usize = 60;

/// Our deepest input is a line of an order: body, list, line, field.
const MAX_DEPTH: usize = 8;

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    String(Text),
    Integer(RangeInclusive<i64>),
    Boolean,
    Array(Box<Shape>),
    Object(BTreeMap<String, Field>),
    /// Said in words the reader does not know: nothing is demanded.
    Unknown,
}

/// What a string must be.
#[derive(Debug)]
pub struct Text {
    format: Option<Format>,
    max_chars: Option<usize>,
    /// Empty where any will do.
    one_of: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Uuid,
    Date,
    DateTime,
}

/// A field of an object, or a parameter.
#[derive(Debug)]
pub struct Field {
    pub shape: Shape,
    pub is_required: bool,
}

// Reading the document ------------------------------------------------------------------------------------------------

/// Reads schemas of one document.
pub struct Reader<'d> {
    document: &'d Value,
    /// What was not understood, with its place.
    pub notes: Vec<String>,
}

impl<'d> Reader<'d> {
    #[must_use]
    pub fn of(document: &'d Value) -> Self {
        Reader {
            document,
            notes: Vec::new(),
        }
    }

    /// `place` names the schema in a note.
    pub fn shape(&mut self, schema: &Value, place: &str) -> Shape {
        self.read(schema, place, 0)
    }

    fn read(&mut self, schema: &Value, place: &str, depth: usize) -> Shape {
        if depth > MAX_DEPTH {
            return self.unknown(place, "so deep a schema");
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer));
            return match target {
                Some(target) => self.read(target, reference, depth + 1),
                None => self.unknown(place, reference),
            };
        }
        let nothing = Map::new();
        let words = schema.as_object().unwrap_or(&nothing);
        match words.get("type").and_then(Value::as_str) {
            Some("string") => {
                self.only(words, place, &["format", "maxLength", "enum"]);
                self.text(words, place)
            }
            Some("integer") => {
                self.only(words, place, &["format"]);
                self.integer(words, place)
            }
            Some("boolean") => {
                self.only(words, place, &[]);
                Shape::Boolean
            }
            Some("array") => {
                self.only(words, place, &["items"]);
                let items = words.get("items").unwrap_or(&Value::Null);
                Shape::Array(Box::new(self.read(items, place, depth + 1)))
            }
            Some("object") => {
                self.only(words, place, &["properties", "required"]);
                self.object(words, place, depth)
            }
            other => self.unknown(place, other.unwrap_or("a schema without a type")),
        }
    }

    fn text(&mut self, words: &Map<String, Value>, place: &str) -> Shape {
        let format = match words.get("format").and_then(Value::as_str) {
            None => None,
            Some("uuid") => Some(Format::Uuid),
            Some("naive-date") => Some(Format::Date),
            Some("date-time") => Some(Format::DateTime),
            Some(other) => return self.unknown(place, other),
        };
        Shape::String(Text {
            format,
            max_chars: words
                .get("maxLength")
                .and_then(Value::as_u64)
                .and_then(|max| usize::try_from(max).ok()),
            one_of: strings(words.get("enum")).map(str::to_owned).collect(),
        })
    }

    fn integer(&mut self, words: &Map<String, Value>, place: &str) -> Shape {
        Shape::Integer(match words.get("format").and_then(Value::as_str) {
            Some("int16") => i16::MIN.into()..=i16::MAX.into(),
            Some("uint16") => 0..=u16::MAX.into(),
            Some("int32") => i32::MIN.into()..=i32::MAX.into(),
            Some("uint32") => 0..=u32::MAX.into(),
            Some("int64") => i64::MIN..=i64::MAX,
            other => return self.unknown(place, other.unwrap_or("an integer without a format")),
        })
    }

    fn object(&mut self, words: &Map<String, Value>, place: &str, depth: usize) -> Shape {
        let properties = words.get("properties").and_then(Value::as_object);
        let fields = properties.into_iter().flatten().map(|(name, schema)| {
            let field = Field {
                shape: self.read(schema, &format!("{place}/{name}"), depth + 1),
                is_required: strings(words.get("required")).any(|required| required == name),
            };
            (name.clone(), field)
        });
        Shape::Object(fields.collect())
    }

    /// Notes every word that is none of these and no mere description.
    fn only(&mut self, words: &Map<String, Value>, place: &str, known: &[&str]) {
        let described = ["type", "title", "description", "example", "default"];
        for word in words.keys().map(String::as_str) {
            if !known.contains(&word) && !described.contains(&word) {
                self.notes.push(format!("{place}: {word}"));
            }
        }
    }

    fn unknown(&mut self, place: &str, what: &str) -> Shape {
        self.notes.push(format!("{place}: {what}"));
        Shape::Unknown
    }
}

fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = list.and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str)
}

// Holding a value against it ------------------------------------------------------------------------------------------

/// The faults found so far, and where the search stands.
#[derive(Debug, Default)]
pub struct Findings {
    pointer: String,
    faults: Vec<Fault>,
}

impl Findings {
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Notes a fault of the place the search stands at.
    pub fn add(&mut self, code: &'static str, what: &str) {
        if self.is_full() {
            return;
        }
        let place = self.pointer.strip_prefix('/').unwrap_or("The body");
        let detail = format!("{place} {what}");
        self.faults.push(Fault::new(&*self.pointer, code, detail));
    }

    fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    /// Looks one step deeper, and comes back.
    fn inside(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&step.replace('~', "~0").replace('/', "~1"));
        look(self);
        self.pointer.truncate(before);
    }
}

impl Shape {
    /// Notes every place in which the value is not of this shape.
    pub fn check(&self, value: &Value, findings: &mut Findings) {
        match (self, value) {
            (Shape::Unknown, _) | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::String(text), Value::String(value)) => text.check(value, findings),
            (Shape::Integer(range), Value::Number(number)) => {
                if !number.as_i64().is_some_and(|whole| range.contains(&whole)) {
                    findings.add("type", &format!("must be {}", self.name()));
                }
            }
            (Shape::Array(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if findings.is_full() {
                        return;
                    }
                    findings.inside(&index.to_string(), |findings| shape.check(item, findings));
                }
            }
            (Shape::Object(fields), Value::Object(values)) => {
                check_object(fields, values, findings);
            }
            (_, other) => {
                let what = format!("must be {}, not {}", self.name(), name_of(other));
                findings.add("type", &what);
            }
        }
    }

    /// The value that a parameter's texts stand for; what cannot be read stays text, which is then of another type.
    #[must_use]
    pub fn of_texts(&self, texts: &[String]) -> Value {
        match (self, texts) {
            (Shape::Array(shape), texts) => {
                let items = texts.iter().map(|text| shape.of_text(text));
                Value::Array(items.collect())
            }
            (_, [text]) => self.of_text(text),
            (_, texts) => Value::from(texts),
        }
    }

    fn of_text(&self, text: &str) -> Value {
        let read = match self {
            Shape::Integer(_) => text.parse::<i64>().ok().map(Value::from),
            Shape::Boolean => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        read.unwrap_or_else(|| Value::from(text))
    }

    fn name(&self) -> String {
        match self {
            Shape::String(_) => "a string".to_owned(),
            Shape::Integer(range) => {
                format!("an integer from {} to {}", range.start(), range.end())
            }
            Shape::Boolean => "true or false".to_owned(),
            Shape::Array(_) => "an array".to_owned(),
            Shape::Object(_) => "an object".to_owned(),
            Shape::Unknown => "anything".to_owned(),
        }
    }
}

const fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn check_object(
    fields: &BTreeMap<String, Field>,
    values: &Map<String, Value>,
    findings: &mut Findings,
) {
    for (name, field) in fields {
        match values.get(name) {
            None if field.is_required => {
                findings.inside(name, |findings| findings.add("missing", "is missing"));
            }
            None => {}
            Some(Value::Null) if !field.is_required => {}
            Some(value) => {
                findings.inside(name, |findings| field.shape.check(value, findings));
            }
        }
    }
    for name in values.keys().filter(|name| !fields.contains_key(*name)) {
        if name.chars().nth(MAX_NAME_CHARS).is_none() {
            findings.inside(name, |findings| {
                findings.add("unknown_field", "is not known here");
            });
        } else {
            findings.add("unknown_field", "has a field that is not known here");
        }
    }
}

impl Text {
    fn check(&self, value: &str, findings: &mut Findings) {
        if let Some(max) = self.max_chars
            && value.chars().nth(max).is_some()
        {
            findings.add("too_long", &format!("must have at most {max} characters"));
        } else if !self.one_of.is_empty() && !self.one_of.iter().any(|one| one == value) {
            let what = format!("must be one of {}", self.one_of.join(", "));
            findings.add("enum", &what);
        } else if let Some(format) = self.format
            && !format.fits(value)
        {
            findings.add("type", &format!("must be {}", format.name()));
        }
    }
}

impl Format {
    /// By the parsers that the operations read with.
    fn fits(self, value: &str) -> bool {
        match self {
            Format::Uuid => value.parse::<Uuid>().is_ok(),
            Format::Date => value.parse::<NaiveDate>().is_ok(),
            Format::DateTime => value.parse::<DateTime<Utc>>().is_ok(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Format::Uuid => "a UUID",
            Format::Date => "a date, such as 2026-11-21",
            Format::DateTime => "a date and time, such as 2026-11-21T10:30:00Z",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order() -> Shape {
        let document = json!({ "components": { "schemas": {
            "Order": { "type": "object", "required": ["dealer", "lines"], "properties": {
                "dealer": { "type": "string", "format": "uuid" },
                "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } },
                "note": { "type": "string", "maxLength": 5 },
                "day": { "type": "string", "format": "naive-date" },
                "at": { "type": "string", "format": "date-time" },
                "rows": { "type": "integer", "format": "uint16" },
                "short": { "type": "boolean" },
                "sort": { "type": "string", "enum": ["up", "down"] },
            } },
            "Line": { "type": "object", "required": ["quantity"], "properties": { "quantity": { "type": "string" } } },
        } } });
        let mut reader = Reader::of(&document);
        let shape = reader.shape(&json!({ "$ref": "#/components/schemas/Order" }), "order");
        assert_eq!(reader.notes, Vec::<String>::new());
        shape
    }

    fn faults(value: &Value) -> Vec<(String, &'static str)> {
        let mut findings = Findings::default();
        order().check(value, &mut findings);
        let faults = findings.into_faults();
        faults.into_iter().map(|f| (f.pointer, f.code)).collect()
    }

    const DEALER: &str = "00000000-0000-4000-8000-000000000000";

    #[test]
    fn a_right_input_has_no_fault_and_null_is_an_optional_field_left_out() {
        let whole = json!({
            "dealer": DEALER, "lines": [{ "quantity": "5" }], "note": "₹₹₹₹₹", "day": "2026-02-28",
            "at": "2026-02-28T10:00:00+05:30", "rows": 65535, "short": false, "sort": "up",
        });
        assert!(faults(&whole).is_empty());
        let sparse = json!({ "dealer": DEALER, "lines": [], "note": null, "rows": null });
        assert!(faults(&sparse).is_empty());
    }

    #[test]
    fn every_fault_is_told_at_once_each_with_its_place() {
        let wrong = json!({
            "lines": [{ "quantity": 5 }, { "quantity": "5", "price": "1" }, 7, {}],
            "note": "longer", "day": "2026-02-30", "at": "yesterday", "rows": 65536, "short": "no", "sort": "left",
        });
        let told = faults(&wrong);
        let wanted = [
            ("/at", "type"),
            ("/day", "type"),
            ("/dealer", "missing"),
            ("/lines/0/quantity", "type"),
            ("/lines/1/price", "unknown_field"),
            ("/lines/2", "type"),
            ("/lines/3/quantity", "missing"),
            ("/note", "too_long"),
            ("/rows", "type"),
            ("/short", "type"),
            ("/sort", "enum"),
        ];
        assert_eq!(
            told,
            wanted.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }

    #[test]
    fn a_string_is_a_string_and_no_number_or_boolean_that_reads_like_one() {
        for value in [json!(5), json!(5.5), json!(true), json!({}), json!(null)] {
            let told = faults(&json!({ "dealer": DEALER, "lines": [{ "quantity": value }] }));
            assert_eq!(told, [("/lines/0/quantity".to_owned(), "type")], "{value}");
        }
        for value in [json!("5"), json!(5.0), json!(-1)] {
            let told = faults(&json!({ "dealer": DEALER, "lines": [], "rows": value }));
            assert_eq!(told, [("/rows".to_owned(), "type")], "{value}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_a_fault_of_the_whole() {
        assert_eq!(faults(&json!([])), [(String::new(), "type")]);
    }

    #[test]
    fn an_unknown_name_is_escaped_in_the_pointer_and_a_very_long_one_not_repeated() {
        let told = faults(&json!({ "dealer": DEALER, "lines": [], "a/b~c": 1, "x".repeat(61): 1 }));
        let unknown = "unknown_field";
        assert_eq!(
            told,
            [("/a~1b~0c".to_owned(), unknown), (String::new(), unknown)]
        );
    }

    #[test]
    fn an_answer_tells_a_hundred_faults_and_no_more() {
        let lines = vec![json!({}); 10_000];
        let told = faults(&json!({ "dealer": DEALER, "lines": lines, "x": 1 }));
        assert_eq!(told.len(), MAX_FAULTS);
    }

    #[test]
    fn a_parameter_is_read_as_its_schema_says_and_may_stand_once_unless_it_is_a_list() {
        let rows = Shape::Integer(0..=9);
        let list = Shape::Array(Box::new(Shape::Boolean));
        let texts = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
        assert_eq!(rows.of_texts(&texts(&["7"])), json!(7));
        assert_eq!(rows.of_texts(&texts(&["x"])), json!("x"));
        assert_eq!(rows.of_texts(&texts(&["1", "2"])), json!(["1", "2"]));
        assert_eq!(list.of_texts(&texts(&["true"])), json!([true]));
    }

    #[test]
    fn a_word_of_a_schema_that_is_not_known_is_noted_with_its_place() {
        let schema = json!({ "type": "object", "properties": {
            "a": { "type": "string", "pattern": "^x$" },
            "b": { "oneOf": [] },
            "c": { "type": "string", "format": "ipv4" },
        } });
        let document = json!({});
        let mut reader = Reader::of(&document);
        reader.shape(&schema, "it");
        assert_eq!(
            reader.notes,
            [
                "it/a: pattern",
                "it/b: a schema without a type",
                "it/c: ipv4"
            ]
        );
    }
}
