//! What the tests ask of every value: that it comes back as it went, through text, JSON and a
//! column.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::num::NonZeroU32;
use std::str::FromStr;

use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata, PgValue};
use diesel::query_builder::bind_collector::{BindCollector, RawBytesBindCollector};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Nullable, SingleValue, SqlType, is_nullable};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Parsing what it prints gives the value again.
pub(crate) fn text<T>(value: &T)
where
    T: FromStr<Err: Debug> + Display + PartialEq + Debug,
{
    let text = value.to_string();
    assert_eq!(&text.parse::<T>().unwrap(), value, "printed as {text:?}");
}

/// Is `expected` in JSON, a string, and comes back from it.
pub(crate) fn json_string<T>(value: &T, expected: &str)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(json, serde_json::Value::String(expected.to_owned()));
    assert_eq!(&serde_json::from_value::<T>(json).unwrap(), value);
}

/// The bytes written to a column of `ST` are read back as the same value, and `T` may stand in a
/// column of `Nullable<ST>` (which is checked by compiling).
pub(crate) fn column<T, ST>(value: &T)
where
    ST: SqlType<IsNull = is_nullable::NotNull> + SingleValue,
    T: FromSqlRow<ST, Pg>
        + FromSql<ST, Pg>
        + ToSql<ST, Pg>
        + AsExpression<ST>
        + AsExpression<Nullable<ST>>
        + PartialEq
        + Debug,
    for<'a> &'a T: AsExpression<ST> + AsExpression<Nullable<ST>>,
    Option<T>: FromSqlRow<Nullable<ST>, Pg> + AsExpression<Nullable<ST>>,
    Pg: HasSqlType<ST>,
{
    let bytes = written::<T, ST>(value).unwrap();
    assert_eq!(&read::<T, ST>(&bytes).unwrap(), value);
}

/// Text, JSON and a `Text` column at once, for the values that are texts.
pub(crate) fn text_value<T>(value: &T)
where
    T: FromStr<Err: Debug>
        + Display
        + Serialize
        + DeserializeOwned
        + PartialEq
        + Debug
        + FromSqlRow<diesel::sql_types::Text, Pg>
        + FromSql<diesel::sql_types::Text, Pg>
        + ToSql<diesel::sql_types::Text, Pg>
        + AsExpression<diesel::sql_types::Text>
        + AsExpression<Nullable<diesel::sql_types::Text>>,
    for<'a> &'a T:
        AsExpression<diesel::sql_types::Text> + AsExpression<Nullable<diesel::sql_types::Text>>,
    Option<T>: FromSqlRow<Nullable<diesel::sql_types::Text>, Pg>
        + AsExpression<Nullable<diesel::sql_types::Text>>,
{
    text(value);
    json_string(value, &value.to_string());
    column::<T, diesel::sql_types::Text>(value);
}

/// The bytes sent for a value, or why it is not sent.
pub(crate) fn written<T, ST>(value: &T) -> Result<Vec<u8>, diesel::result::Error>
where
    T: ToSql<ST, Pg>,
    Pg: HasSqlType<ST>,
{
    let mut collector = RawBytesBindCollector::<Pg>::new();
    let mut lookup = NoLookup;
    let lookup: &mut dyn PgMetadataLookup = &mut lookup;
    collector.push_bound_value::<ST, T>(value, lookup)?;
    Ok(collector.binds.remove(0).unwrap())
}

/// The value a column's bytes stand for.
pub(crate) fn read<T, ST>(bytes: &[u8]) -> Result<T, Box<dyn Error + Send + Sync>>
where
    T: FromSql<ST, Pg>,
{
    T::from_sql(PgValue::new(bytes, &NonZeroU32::MIN))
}

/// Built-in types need no looking up.
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, type_name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        panic!("{type_name} is not built in")
    }

    fn as_any<'a>(&mut self) -> &mut (dyn std::any::Any + 'a)
    where
        Self: 'a,
    {
        self
    }
}
