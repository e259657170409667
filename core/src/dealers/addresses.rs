//! Adding, changing and switching off one address of a dealer.
//!
//! Locks: the dealer, so that of two changes one sees the other: that there is one billing address
//! is then always true.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{AddressId, DealerId};

use crate::access::{Allowed, SalesDealersWrite};
use crate::audit::{self, Change};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::master::{Activity, MasterError};
use crate::problem::Faults;

use super::create::address_row;
use super::dealer_form::MAX_ADDRESSES;
use super::model::{fetch_page, list_addresses, lock, touch};
use super::{Address, Dealer, DealerPage, NewAddress};

type Refused = MasterError<Address>;

/// Adds an address. A new billing address takes the place of the old one, which stays as a place to
/// send goods to. `expected` is the dealer's version.
pub async fn add(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: i32,
    input: NewAddress,
) -> Result<DealerPage, Refused> {
    let before = lock::<Address>(tx, dealer, expected).await?;
    check(&before, &input)?;
    if list_addresses(tx, dealer).await?.len() >= MAX_ADDRESSES {
        return Err(MasterError::fault(
            "",
            "too_many",
            format!("A dealer has at most {MAX_ADDRESSES} addresses"),
        ));
    }
    if input.is_billing {
        no_billing_address(tx, dealer).await?;
    }
    let id = AddressId::generate();
    let mut batch = Batch::new();
    batch.insert("dealer_addresses", &[address_row(tx, dealer, id, &input)])?;
    batch.execute(tx).await?;
    finish(tx, dealer, id, "dealers.address.add", None).await
}

/// Changes an address. Which one is the billing address changes by marking another.
pub async fn update(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: i32,
    id: AddressId,
    input: NewAddress,
) -> Result<DealerPage, Refused> {
    let owner = lock::<Address>(tx, dealer, expected).await?;
    let before = find(tx, dealer, id).await?;
    check(&owner, &input)?;
    if before.is_billing && !input.is_billing {
        return Err(MasterError::fault(
            "/is_billing",
            "billing",
            "Mark another address as the billing address instead",
        ));
    }
    if input.is_billing && !before.is_billing {
        no_billing_address(tx, dealer).await?;
    }
    let (party, party_name, party_gstin) = (
        input.party(),
        input.party_name().cloned(),
        input.party_gstin().cloned(),
    );
    let NewAddress {
        label,
        owner: _,
        line1,
        line2,
        city,
        state,
        pincode,
        is_billing,
    } = input;
    Statement::new(
        "UPDATE dealer_addresses SET label = $4, party = $5, party_name = $6, party_gstin = $7, line1 = $8, line2 = $9, city = $10, \
         state_code = $11, pincode = $12, is_billing = $13, is_active = is_active OR $13 \
         WHERE tenant_id = $1 AND dealer_id = $2 AND id = $3",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(id.as_uuid())
    .bind(label.as_str())
    .bind(party.as_str())
    .bind(party_name.map(|name| name.to_string()))
    .bind(party_gstin.map(|gstin| gstin.to_string()))
    .bind(line1.as_str())
    .bind(line2.map(|line| line.to_string()))
    .bind(city.as_str())
    .bind(state.as_str())
    .bind(pincode.as_str())
    .bind(is_billing)
    .execute(tx.conn()?)
    .await?;
    finish(tx, dealer, id, "dealers.address.update", Some(before)).await
}

/// Switches an address off (no order can be sent there) or on again. The billing address stays
/// on. Doing it twice changes nothing.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: Option<i32>,
    id: AddressId,
    to: Activity,
) -> Result<DealerPage, Refused> {
    let owner = lock::<Address>(tx, dealer, expected).await?;
    let before = find(tx, dealer, id).await?;
    if before.is_active == to.is_active() {
        return fetch_page(tx, dealer).await;
    }
    match to {
        Activity::Inactive if before.is_billing => {
            return Err(MasterError::fault(
                "",
                "billing",
                "Mark another address as the billing address first",
            ));
        }
        Activity::Active if before.party_gstin.is_some() && before.party_gstin == owner.gstin => {
            return Err(MasterError::fault(
                "",
                "own_gstin",
                "The receiver's GSTIN is the dealer's own now, add the place as its own",
            ));
        }
        Activity::Active | Activity::Inactive => {}
    }
    Statement::new("UPDATE dealer_addresses SET is_active = $4 WHERE tenant_id = $1 AND dealer_id = $2 AND id = $3")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .bind(id.as_uuid())
        .bind(to.is_active())
        .execute(tx.conn()?)
        .await?;
    finish(tx, dealer, id, "dealers.address.set_active", Some(before)).await
}

fn check(dealer: &Dealer, address: &NewAddress) -> Result<(), Refused> {
    let mut faults = Faults::new();
    if let Some(standing) = dealer.standing() {
        address.check_standing(&mut faults, "", &standing);
    }
    Ok(faults.check()?)
}

async fn find(tx: &mut TenantTx, dealer: DealerId, id: AddressId) -> Result<Address, Refused> {
    let addresses = list_addresses(tx, dealer).await?;
    addresses
        .into_iter()
        .find(|address| address.id == id)
        .ok_or_else(MasterError::not_found)
}

/// Before another becomes it: there are never two, not even inside a statement.
async fn no_billing_address(tx: &mut TenantTx, dealer: DealerId) -> Result<(), DbError> {
    Statement::new("UPDATE dealer_addresses SET is_billing = false WHERE tenant_id = $1 AND dealer_id = $2 AND is_billing")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

async fn finish(
    tx: &mut TenantTx,
    dealer: DealerId,
    id: AddressId,
    action: &str,
    before: Option<Address>,
) -> Result<DealerPage, Refused> {
    touch(tx, dealer).await?;
    let page = fetch_page::<Address>(tx, dealer).await?;
    let after = page
        .addresses
        .iter()
        .find(|address| address.id == id)
        .ok_or_else(Refused::not_found)?;
    let change = match &before {
        Some(before) => Change::updated(before, after),
        None => Change::created(after),
    };
    audit::record(tx, action, "dealer", Some(dealer.as_uuid()), change).await?;
    Ok(page)
}
