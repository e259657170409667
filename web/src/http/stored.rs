//! Answers that carry a record: read or changed with its version, or made once however often it was asked for.

use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};

use super::idempotency::Answer;
use super::problem::Refusal;
use super::version::etag;

/// A record as it is now.
#[derive(Debug, Clone, ApiResponse)]
pub enum Stored<T: Type + ParseFromJSON + ToJSON> {
    /// The record as it is now.
    #[oai(status = 200)]
    Record(
        Json<T>,
        /// The version, for `If-Match`; absent where the caller may not change it.
        #[oai(header = "ETag")]
        Option<String>,
    ),
}

impl<T: Type + ParseFromJSON + ToJSON> Stored<T> {
    pub fn of(record: impl Into<T>, version: i32) -> Self {
        Stored::Record(Json(record.into()), Some(etag(version)))
    }

    /// For those who only read.
    pub fn read_only(record: impl Into<T>) -> Self {
        Stored::Record(Json(record.into()), None)
    }
}

/// A record that was made.
#[derive(Debug, Clone, ApiResponse)]
pub enum Created<T: Type + ParseFromJSON + ToJSON> {
    /// It was made, now or by the first request with this key.
    #[oai(status = 201)]
    Record(
        Json<T>,
        /// Its address.
        #[oai(header = "Location")]
        Option<String>,
        /// The version it was made with, for `If-Match`.
        #[oai(header = "ETag")]
        Option<String>,
        /// `true` for the first request's answer, given again.
        #[oai(header = "Idempotency-Replayed")]
        Option<String>,
    ),
}

/// Where a record that was made can be read, and its version.
pub struct Made {
    pub location: String,
    pub version: Option<i32>,
}

impl<T: Type + ParseFromJSON + ToJSON> Created<T> {
    /// What was answered, now or the first time; `made` is `None` for what has no address of its own.
    pub fn of(answer: &Answer, made: impl FnOnce(&T) -> Option<Made>) -> Result<Self, Refusal> {
        let record = T::parse_from_json_string(&answer.body).map_err(|_| {
            Refusal::malformed("The answer to this Idempotency-Key is of another operation")
        })?;
        let (location, version) = made(&record)
            .map(|made| (made.location, made.version))
            .unzip();
        let replayed = answer.is_replay.then(|| "true".to_owned());
        let etag = version.flatten().map(etag);
        Ok(Created::Record(Json(record), location, etag, replayed))
    }
}
