//! How much a dealer may owe. Lowering the limit below what is used stops new approvals and takes
//! nothing back.
//!
//! Locks: the dealer's credit row, as an approval does.

use diesel::sql_types::{Integer, Numeric};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vitaran_kernel::{DealerId, Money};

use crate::access::{Allowed, SalesCreditWrite};
use crate::audit::{self, Change};
use crate::db::{Statement, TenantTx};
use crate::master::{Master, MasterError, check_version, finish};
use crate::problem::{Faults, Invalid};

use super::credit::Credit;

/// A dealer's credit with the version that a new limit must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditLimit {
    pub credit: Credit,
    /// Counts changes of the limit, not of what is used.
    pub version: i32,
}

impl Master for CreditLimit {
    const NOUN: &'static str = "credit limit";
    const NOT_FOUND: &'static str = "dealers.not_found";
    const STALE: &'static str = "dealers.credit_stale";
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CreditLimitForm {
    /// Rupees; zero means that nothing is sold on credit.
    pub credit_limit: String,
}

impl CreditLimitForm {
    pub fn parse(&self) -> Result<Money, Invalid> {
        let mut faults = Faults::new();
        let limit = faults.required(
            "/credit_limit",
            &self.credit_limit,
            "the credit limit",
            |text| {
                let limit = Money::parse(text.trim()).map_err(|error| error.to_string())?;
                if limit.is_negative() {
                    Err("Enter a limit of zero or more".to_owned())
                } else {
                    Ok(limit)
                }
            },
        );
        finish(faults, || limit)
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Numeric)]
    credit_limit: Money,
    #[diesel(sql_type = Numeric)]
    holds: Money,
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
    #[diesel(sql_type = Integer)]
    version: i32,
}

/// Sets the limit, which is zero or more, if nobody has set it since version `expected`.
pub async fn set_credit_limit(
    tx: &mut TenantTx,
    _by: &Allowed<SalesCreditWrite>,
    dealer: DealerId,
    expected: i32,
    limit: Money,
) -> Result<CreditLimit, MasterError<CreditLimit>> {
    let row: Option<Row> = Statement::new(
        "SELECT c.credit_limit, c.holds, c.unpaid, c.unallocated, c.version FROM dealer_credit c \
         WHERE c.tenant_id = $1 AND c.dealer_id = $2 FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .get_result(tx.conn()?)
    .await
    .optional()?;
    let Row {
        credit_limit: before,
        holds,
        unpaid,
        unallocated,
        version,
    } = row.ok_or_else(MasterError::not_found)?;
    check_version(version, expected)?;
    // Lists show the limit, so it is a change of the dealer for whoever keeps a copy.
    Statement::new(
        "WITH told AS (UPDATE dealers SET updated_at = $4 WHERE tenant_id = $1 AND id = $2) \
         UPDATE dealer_credit SET credit_limit = $3, version = version + 1 WHERE tenant_id = $1 AND dealer_id = $2",
    )
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .bind(limit.as_decimal())
        .bind(tx.now())
        .execute(tx.conn()?)
        .await?;
    let change = Change::updated(
        &json!({ "credit_limit": before }),
        &json!({ "credit_limit": limit }),
    );
    audit::record(
        tx,
        "dealers.credit_limit.set",
        "dealer",
        Some(dealer.as_uuid()),
        change,
    )
    .await?;
    Ok(CreditLimit {
        credit: Credit {
            limit,
            holds,
            unpaid,
            unallocated,
        },
        version: version + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_zero_or_more_rupees() {
        let parse = |text: &str| {
            CreditLimitForm {
                credit_limit: text.to_owned(),
            }
            .parse()
        };
        assert_eq!(parse("0"), Ok(Money::ZERO));
        assert_eq!(parse(" 250000.50 "), Ok(Money::from_paise(25_000_050)));
        for text in ["", "-1", "1.005", "a lakh"] {
            assert_eq!(
                parse(text).unwrap_err().faults[0].pointer,
                "/credit_limit",
                "{text}"
            );
        }
    }
}
