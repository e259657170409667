//! Adding a dealer: header, addresses, people and an empty credit row, in one statement.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{AddressId, ContactId, DealerId};

use crate::access::{Allowed, SalesDealersWrite};
use crate::audit::{self, Change};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::master::{MasterError, taken};
use crate::problem::Faults;

use super::model::fetch_page;
use super::{Dealer, DealerHeader, DealerPage, NewAddress, NewContact, NewDealer};

type Refused = MasterError<Dealer>;

/// Adds a dealer with a credit limit of nothing: that is for those who may set it.
pub async fn create(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    input: NewDealer,
) -> Result<DealerPage, Refused> {
    let id = DealerId::generate();
    check(tx, id, &input.header, None).await?;
    let NewDealer {
        header,
        addresses,
        contacts,
    } = input;
    let DealerHeader {
        code,
        legal_name,
        trade_name,
        standing,
        price_list,
        location,
        email,
    } = header;
    let (tenant, now) = (tx.tenant(), tx.now());
    let dealer = json!({
        "tenant_id": tenant, "id": id, "code": code, "legal_name": legal_name, "trade_name": trade_name,
        "gst_treatment": standing.treatment(), "gstin": standing.gstin(), "price_list_id": price_list, "location_id": location,
        "email": email, "is_active": true, "version": 1, "created_at": now, "updated_at": now,
    });
    let credit = json!({
        "tenant_id": tenant, "dealer_id": id, "credit_limit": "0", "holds": "0", "unpaid": "0", "unallocated": "0", "version": 1,
    });
    let addresses: Vec<Value> = addresses
        .iter()
        .map(|address| address_row(tx, id, AddressId::generate(), address))
        .collect();
    let contacts: Vec<Value> = contacts
        .iter()
        .map(|contact| contact_row(tx, id, ContactId::generate(), contact, now))
        .collect();
    let mut batch = Batch::new();
    batch.insert("dealers", &[dealer])?;
    batch.insert("dealer_credit", &[credit])?;
    batch.insert("dealer_addresses", &addresses)?;
    batch.insert("dealer_contacts", &contacts)?;
    batch.execute(tx).await.map_err(refused)?;
    let page = fetch_page(tx, id).await?;
    let told =
        json!({ "dealer": page.dealer, "addresses": page.addresses, "contacts": page.contacts });
    audit::record(
        tx,
        "dealers.create",
        "dealer",
        Some(id.as_uuid()),
        Change::created(&told),
    )
    .await?;
    Ok(page)
}

/// A row of `dealer_addresses`.
pub(super) fn address_row(
    tx: &TenantTx,
    dealer: DealerId,
    id: AddressId,
    address: &NewAddress,
) -> Value {
    let NewAddress {
        label,
        owner: _,
        line1,
        line2,
        city,
        state,
        pincode,
        is_billing,
    } = address;
    json!({
        "tenant_id": tx.tenant(), "id": id, "dealer_id": dealer, "label": label, "party": address.party(),
        "party_name": address.party_name(), "party_gstin": address.party_gstin(), "line1": line1, "line2": line2, "city": city,
        "state_code": state, "pincode": pincode, "is_billing": is_billing, "is_active": true,
    })
}

/// A row of `dealer_contacts` with consent, if there is any, given at `opt_in_at`.
pub(super) fn contact_row(
    tx: &TenantTx,
    dealer: DealerId,
    id: ContactId,
    contact: &NewContact,
    opt_in_at: DateTime<Utc>,
) -> Value {
    let NewContact {
        name,
        phone,
        email,
        language,
        is_primary,
        opt_in_source,
    } = contact;
    json!({
        "tenant_id": tx.tenant(), "id": id, "dealer_id": dealer, "name": name, "phone": phone, "email": email,
        "language": language, "is_primary": is_primary, "whatsapp_opt_in_at": opt_in_source.as_ref().map(|_| opt_in_at),
        "whatsapp_opt_in_source": opt_in_source, "is_active": true,
    })
}

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Bool)]
    is_code_taken: bool,
    #[diesel(sql_type = Bool)]
    is_gstin_taken: bool,
    #[diesel(sql_type = Bool)]
    has_price_list: bool,
    #[diesel(sql_type = Bool)]
    has_location: bool,
}

/// What only the database knows. What the dealer has at `present` it may keep after it was switched
/// off.
pub(super) async fn check(
    tx: &mut TenantTx,
    id: DealerId,
    header: &DealerHeader,
    present: Option<&Dealer>,
) -> Result<(), Refused> {
    let facts: Facts = Statement::new(
        "SELECT EXISTS (SELECT FROM dealers d WHERE d.tenant_id = $1 AND d.code = $3 AND d.id <> $2) AS is_code_taken, \
         EXISTS (SELECT FROM dealers d WHERE d.tenant_id = $1 AND d.gstin = $4 AND d.id <> $2) AS is_gstin_taken, \
         EXISTS (SELECT FROM price_lists l WHERE l.tenant_id = $1 AND l.id = $5 AND l.is_active) AS has_price_list, \
         EXISTS (SELECT FROM locations l WHERE l.tenant_id = $1 AND l.id = $6 AND l.is_active) AS has_location",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(header.code.as_str())
    .bind(header.standing.gstin().map(ToString::to_string))
    .bind(header.price_list.map(|id| id.as_uuid()))
    .bind(header.location.map(|id| id.as_uuid()))
    .get_result(tx.conn()?)
    .await?;
    let mut faults = Faults::new();
    if facts.is_code_taken {
        faults.add(
            "/code",
            "taken",
            format!("Another dealer has the code {}", header.code),
        );
    }
    if facts.is_gstin_taken {
        faults.add(
            "/gstin",
            "taken",
            "Another dealer has this GSTIN, its other shops are addresses of that dealer",
        );
    }
    let keeps_list = present.is_some_and(|dealer| dealer.price_list_id == header.price_list);
    if header.price_list.is_some() && !facts.has_price_list && !keeps_list {
        faults.add(
            "/price_list_id",
            "unknown",
            "Choose a price list that is in use",
        );
    }
    let keeps_location = present.is_some_and(|dealer| dealer.location_id == header.location);
    if header.location.is_some() && !facts.has_location && !keeps_location {
        faults.add(
            "/location_id",
            "unknown",
            "Choose a location that is in use",
        );
    }
    Ok(faults.check()?)
}

pub(super) fn refused(error: DbError) -> Refused {
    taken(
        error,
        &[
            (
                "uq_dealers_tenant_id_code",
                "/code",
                "Another dealer has this code",
            ),
            (
                "uq_dealers_tenant_id_gstin",
                "/gstin",
                "Another dealer has this GSTIN",
            ),
        ],
    )
}
