//! Several writes in one statement, one round trip.
//!
//! Each part becomes a data-modifying WITH query; all see the same snapshot, none may touch a row another part touches,
//! and foreign keys are checked when the whole statement ends, so that an order and its lines go in together.

use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use serde_json::Value;

use super::statement::Bind;
use super::{DbError, Statement, TenantTx};
use crate::jobs::{Job, insert_jobs_sql, job_row};

pub(crate) struct Batch {
    parts: Vec<String>,
    statement: Statement,
    jobs: Vec<Value>,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Batch {
            parts: Vec::new(),
            statement: Statement::new(""),
            jobs: Vec::new(),
        }
    }

    /// Adds a value and gives its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Bind>) -> String {
        self.statement.push_bind(value)
    }

    /// Adds a write; its result is `name` for the parts after it.
    pub(crate) fn part(&mut self, name: &str, sql: impl AsRef<str>) {
        self.parts.push(format!("{name} AS ({})", sql.as_ref()));
    }

    /// Inserts rows whose fields are named like the table's columns, the same in every row. A column that is left out gets its
    /// default.
    pub(crate) fn insert<T: Serialize>(
        &mut self,
        table: &'static str,
        rows: &[T],
    ) -> Result<(), DbError> {
        let not_rows =
            |error: String| DbError::Other(diesel::result::Error::SerializationError(error.into()));
        let rows = rows.iter().map(serde_json::to_value);
        let rows: Vec<Value> = rows
            .collect::<Result<_, _>>()
            .map_err(|error| not_rows(error.to_string()))?;
        let columns_of = |row: &Value| {
            Some(
                row.as_object()?
                    .keys()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
            )
        };
        let Some(first) = rows.as_slice().first() else {
            return Ok(());
        };
        let columns = columns_of(first).unwrap_or_default();
        if !rows
            .iter()
            .all(|row| columns_of(row).as_ref() == Some(&columns))
        {
            return Err(not_rows(format!("rows of {table} differ in their columns")));
        }
        let placeholder = self.bind(Value::Array(rows));
        let name = format!("w{}", self.parts.len());
        self.part(&name, format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, {placeholder})"));
        Ok(())
    }

    /// Enqueues a job with the rest.
    pub(crate) fn enqueue<J: Job>(&mut self, job: &J) {
        self.jobs.push(job_row(job));
    }

    /// The statement that writes all of it.
    pub(crate) fn into_statement(mut self) -> Statement {
        if !self.jobs.is_empty() {
            let jobs = std::mem::take(&mut self.jobs);
            let placeholder = self.bind(Value::Array(jobs));
            self.part("jobs", insert_jobs_sql(&placeholder));
        }
        self.statement
            .push_sql(&format!("WITH {} SELECT 1", self.parts.join(", ")));
        self.statement
    }

    /// Runs the batch.
    pub(crate) async fn execute(self, tx: &mut TenantTx) -> Result<(), DbError> {
        self.into_statement().execute(tx.conn()?).await?;
        Ok(())
    }
}
