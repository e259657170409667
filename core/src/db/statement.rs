//! A statement written as SQL and kept prepared.
//!
//! Diesel's own `sql_query` is prepared anew each time, which doubles its round trips. Ours is cached by its text on each
//! connection, so the text must be one of few: build it from constants, put every value in a bind. It is meant for what
//! the query builder cannot say: several inserts in one statement, sets of rows from one JSON parameter, optional filters.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Integer, Jsonb, Nullable, Numeric, SmallInt, Text,
    Timestamptz, Untyped, Uuid as SqlUuid,
};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// A value for one placeholder.
#[derive(Debug, Clone)]
pub(crate) enum Bind {
    Uuid(Option<Uuid>),
    Uuids(Option<Vec<Uuid>>),
    Text(Option<String>),
    Texts(Vec<String>),
    Json(Value),
    Decimal(Option<Decimal>),
    Decimals(Vec<Decimal>),
    Date(Option<NaiveDate>),
    At(Option<DateTime<Utc>>),
    Int(Option<i32>),
    Small(i16),
    Big(i64),
    Bool(bool),
    Bytes(Vec<u8>),
}

macro_rules! bind_from {
    ($($from:ty => |$v:ident| $make:expr;)+) => {
        $(impl From<$from> for Bind { fn from($v: $from) -> Self { $make } })+
    };
}

bind_from! {
    Uuid => |v| Bind::Uuid(Some(v));
    Option<Uuid> => |v| Bind::Uuid(v);
    Vec<Uuid> => |v| Bind::Uuids(Some(v));
    Option<Vec<Uuid>> => |v| Bind::Uuids(v);
    &str => |v| Bind::Text(Some(v.to_owned()));
    String => |v| Bind::Text(Some(v));
    Option<String> => |v| Bind::Text(v);
    Vec<String> => |v| Bind::Texts(v);
    Value => |v| Bind::Json(v);
    Decimal => |v| Bind::Decimal(Some(v));
    Option<Decimal> => |v| Bind::Decimal(v);
    Vec<Decimal> => |v| Bind::Decimals(v);
    NaiveDate => |v| Bind::Date(Some(v));
    Option<NaiveDate> => |v| Bind::Date(v);
    DateTime<Utc> => |v| Bind::At(Some(v));
    Option<DateTime<Utc>> => |v| Bind::At(v);
    i32 => |v| Bind::Int(Some(v));
    Option<i32> => |v| Bind::Int(v);
    i16 => |v| Bind::Small(v);
    i64 => |v| Bind::Big(v);
    bool => |v| Bind::Bool(v);
    Vec<u8> => |v| Bind::Bytes(v);
}

/// SQL with `$1`, `$2`, … in order of the binds. A placeholder may repeat; its value is sent once.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    binds: Vec<Bind>,
}

impl Statement {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Statement {
            sql: sql.into(),
            binds: Vec::new(),
        }
    }

    /// Adds the value of the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self
    }

    /// Adds SQL behind what is there, for an optional condition.
    pub(crate) fn push_sql(&mut self, sql: &str) {
        self.sql.to_mut().push_str(sql);
    }

    /// Adds a value and gives its placeholder, for an optional condition.
    pub(crate) fn push_bind(&mut self, value: impl Into<Bind>) -> String {
        self.binds.push(value.into());
        format!("${}", self.binds.len())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    // No static id: the statement cache then keys on the SQL text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Statement {}

fn push_bind<'b>(out: &mut AstPass<'_, 'b, Pg>, bind: &'b Bind) -> QueryResult<()> {
    match bind {
        Bind::Uuid(v) => out.push_bind_param::<Nullable<SqlUuid>, _>(v),
        Bind::Uuids(v) => out.push_bind_param::<Nullable<Array<SqlUuid>>, _>(v),
        Bind::Text(v) => out.push_bind_param::<Nullable<Text>, _>(v),
        Bind::Texts(v) => out.push_bind_param::<Array<Text>, _>(v),
        Bind::Json(v) => out.push_bind_param::<Jsonb, _>(v),
        Bind::Decimal(v) => out.push_bind_param::<Nullable<Numeric>, _>(v),
        Bind::Decimals(v) => out.push_bind_param::<Array<Numeric>, _>(v),
        Bind::Date(v) => out.push_bind_param::<Nullable<Date>, _>(v),
        Bind::At(v) => out.push_bind_param::<Nullable<Timestamptz>, _>(v),
        Bind::Int(v) => out.push_bind_param::<Nullable<Integer>, _>(v),
        Bind::Small(v) => out.push_bind_param::<SmallInt, _>(v),
        Bind::Big(v) => out.push_bind_param::<BigInt, _>(v),
        Bind::Bool(v) => out.push_bind_param::<Bool, _>(v),
        Bind::Bytes(v) => out.push_bind_param::<Binary, _>(v),
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut rest: &str = &self.sql;
        // Diesel numbers what it is given one after the other: these are ours in that order.
        let mut sent: Vec<usize> = Vec::with_capacity(self.binds.len());
        while let Some((before, after)) = rest.split_once('$') {
            out.push_sql(before);
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = after.split_at(digits);
            let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let Some((index, bind)) = index.and_then(|n| Some((n, self.binds.get(n)?))) else {
                return Err(diesel::result::Error::QueryBuilderError(
                    format!("placeholder ${number} has no value").into(),
                ));
            };
            match sent.iter().position(|&n| n == index) {
                Some(place) => out.push_sql(&format!("${}", place + 1)),
                None => {
                    push_bind(&mut out, bind)?;
                    sent.push(index);
                }
            }
            rest = tail;
        }
        out.push_sql(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(statement: &Statement) -> String {
        diesel::debug_query::<Pg, _>(statement).to_string()
    }

    #[test]
    fn each_value_is_sent_once_however_often_its_placeholder_stands() {
        let statement = Statement::new("SELECT $2, $1, $2").bind("a").bind(7);
        let shown = sql(&statement);
        assert!(shown.starts_with("SELECT $1, $2, $1"), "{shown}");
        assert!(shown.contains(r#"[Some(7), Some("a")]"#), "{shown}");
    }

    #[test]
    fn a_placeholder_without_a_value_is_an_error_and_not_a_query() {
        let mut statement = Statement::new("SELECT 1");
        statement.push_sql(" WHERE x = $3");
        let shown = std::fmt::Write::write_fmt(
            &mut String::new(),
            format_args!("{}", diesel::debug_query::<Pg, _>(&statement)),
        );
        assert!(shown.is_err());
    }
}
