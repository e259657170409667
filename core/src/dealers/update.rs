//! Changing a dealer, switching it off and on.
//!
//! Locks: the dealer.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::DealerId;

use crate::access::{Allowed, SalesDealersWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Activity, MasterError};
use crate::problem::{Faults, Invalid};

use super::create::{check, refused};
use super::model::{fetch_page, list_addresses, lock, touch};
use super::{Address, Dealer, DealerHeader, DealerPage, GstStanding};

type Refused = MasterError<Dealer>;

/// Changes a dealer that nobody has changed since version `expected`. Its addresses must suit the
/// new GSTIN. Orders and invoices keep what they were written with.
pub async fn update(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    id: DealerId,
    expected: i32,
    input: DealerHeader,
) -> Result<DealerPage, Refused> {
    let before: Dealer = lock(tx, id, expected).await?;
    check(tx, id, &input, Some(&before)).await?;
    check_addresses(&input.standing, &list_addresses(tx, id).await?)?;
    let DealerHeader {
        code,
        legal_name,
        trade_name,
        standing,
        price_list,
        location,
        email,
    } = input;
    Statement::new(
        "UPDATE dealers SET code = $3, legal_name = $4, trade_name = $5, gst_treatment = $6, gstin = $7, price_list_id = $8, \
         location_id = $9, email = $10, version = version + 1, updated_at = $11 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(code.as_str())
    .bind(legal_name.as_str())
    .bind(trade_name.map(|name| name.to_string()))
    .bind(standing.treatment().as_str())
    .bind(standing.gstin().map(ToString::to_string))
    .bind(price_list.map(|id| id.as_uuid()))
    .bind(location.map(|id| id.as_uuid()))
    .bind(email.map(|email| email.to_string()))
    .bind(tx.now())
    .execute(tx.conn()?)
    .await
    .map_err(|error| refused(DbError::from(error)))?;
    let page: DealerPage = fetch_page::<Dealer>(tx, id).await?;
    audit::record(
        tx,
        "dealers.update",
        "dealer",
        Some(id.as_uuid()),
        Change::updated(&before, &page.dealer),
    )
    .await?;
    Ok(page)
}

/// Switches a dealer off (it can place no orders) or on again. Doing it twice changes nothing.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    id: DealerId,
    expected: Option<i32>,
    to: Activity,
) -> Result<DealerPage, Refused> {
    let before: Dealer = lock(tx, id, expected).await?;
    if before.is_active == to.is_active() {
        return fetch_page(tx, id).await;
    }
    Statement::new("UPDATE dealers SET is_active = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(to.is_active())
        .execute(tx.conn()?)
        .await?;
    touch(tx, id).await?;
    let page: DealerPage = fetch_page::<Dealer>(tx, id).await?;
    audit::record(
        tx,
        "dealers.set_active",
        "dealer",
        Some(id.as_uuid()),
        Change::updated(&before, &page.dealer),
    )
    .await?;
    Ok(page)
}

/// The addresses there are must suit the standing; the faults stand beside the GSTIN, which is what
/// is being changed.
fn check_addresses(standing: &GstStanding, addresses: &[Address]) -> Result<(), Invalid> {
    let mut faults = Faults::new();
    for address in addresses.iter().filter(|address| address.is_active) {
        if address.is_billing {
            standing.check_billing_state(&mut faults, "/gstin", address.state);
        }
        if let Some(gstin) = &address.party_gstin {
            standing.check_party(&mut faults, "/gstin", gstin);
        }
    }
    faults.check()
}
