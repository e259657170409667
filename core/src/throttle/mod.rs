//! How much one network may ask for. Where a request comes from is decided here too, for whoever may say so themselves
//! has no limit.

mod count;
mod network;
mod proxies;
mod requests;

pub(crate) use count::{count_invitation, count_sign_in};
pub use network::Network;
pub use proxies::TrustedProxies;
pub use requests::{Admission, RequestLimit, Room, Share};

/// Too much from one network: come back after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Too many requests came from your network, try again in {seconds} s")]
pub struct TooMany {
    pub seconds: u32,
}

impl crate::problem::Problem for TooMany {
    fn kind(&self) -> crate::problem::Kind {
        crate::problem::Kind::TooMany
    }

    fn code(&self) -> &'static str {
        "request.too_many"
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::from_iter([("retry_after_s".to_owned(), self.seconds.into())])
    }
}
