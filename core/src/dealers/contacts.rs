//! Adding, changing and switching off one person at a dealer.
//!
//! Locks: the dealer, so that of two changes one sees the other: that there is one primary contact
//! is then always true.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{ContactId, DealerId};

use crate::access::{Allowed, SalesDealersWrite};
use crate::audit::{self, Change};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::master::{Activity, MasterError};

use super::contact_form::consent_since;
use super::create::contact_row;
use super::dealer_form::MAX_CONTACTS;
use super::model::{fetch_page, list_contacts, lock, touch};
use super::{Contact, DealerPage, NewContact};

type Refused = MasterError<Contact>;

/// Adds a person. The first one is the primary contact; a later one that is marked takes its place.
/// `expected` is the dealer's version.
pub async fn add(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: i32,
    mut input: NewContact,
) -> Result<DealerPage, Refused> {
    lock::<Contact>(tx, dealer, expected).await?;
    let contacts = list_contacts(tx, dealer).await?;
    if contacts.len() >= MAX_CONTACTS {
        return Err(MasterError::fault(
            "",
            "too_many",
            format!("A dealer has at most {MAX_CONTACTS} contacts"),
        ));
    }
    input.is_primary |= !contacts.iter().any(|contact| contact.is_primary);
    if input.is_primary {
        no_primary_contact(tx, dealer).await?;
    }
    let id = ContactId::generate();
    let mut batch = Batch::new();
    batch.insert(
        "dealer_contacts",
        &[contact_row(tx, dealer, id, &input, tx.now())],
    )?;
    batch.execute(tx).await?;
    finish(tx, dealer, id, "dealers.contact.add", None).await
}

/// Changes a person. Who is the primary contact changes by marking another. Consent keeps its moment
/// while number and evidence stay the same.
pub async fn update(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: i32,
    id: ContactId,
    input: NewContact,
) -> Result<DealerPage, Refused> {
    lock::<Contact>(tx, dealer, expected).await?;
    let before = find(tx, dealer, id).await?;
    if before.is_primary && !input.is_primary {
        return Err(MasterError::fault(
            "/is_primary",
            "primary",
            "Mark another person as the primary contact instead",
        ));
    }
    if input.is_primary && !before.is_primary {
        no_primary_contact(tx, dealer).await?;
    }
    let consent = consent_since(Some(&before), &input, tx.now());
    let NewContact {
        name,
        phone,
        email,
        language,
        is_primary,
        opt_in_source,
    } = input;
    Statement::new(
        "UPDATE dealer_contacts SET name = $4, phone = $5, email = $6, language = $7, is_primary = $8, whatsapp_opt_in_at = $9, \
         whatsapp_opt_in_source = $10, is_active = is_active OR $8 WHERE tenant_id = $1 AND dealer_id = $2 AND id = $3",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(id.as_uuid())
    .bind(name.as_str())
    .bind(phone.map(|phone| phone.to_string()))
    .bind(email.map(|email| email.to_string()))
    .bind(language.as_str())
    .bind(is_primary)
    .bind(consent)
    .bind(opt_in_source.map(|source| source.to_string()))
    .execute(tx.conn()?)
    .await?;
    finish(tx, dealer, id, "dealers.contact.update", Some(before)).await
}

/// Switches a person off (nothing is sent to them) or on again. The primary contact can only go as
/// the last one, and who comes back when there is none is primary. Doing it twice changes nothing.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersWrite>,
    dealer: DealerId,
    expected: Option<i32>,
    id: ContactId,
    to: Activity,
) -> Result<DealerPage, Refused> {
    lock::<Contact>(tx, dealer, expected).await?;
    let before = find(tx, dealer, id).await?;
    if before.is_active == to.is_active() {
        return fetch_page(tx, dealer).await;
    }
    let others = list_contacts(tx, dealer).await?;
    let mut others = others.iter().filter(|contact| contact.id != id);
    let is_primary = match to {
        Activity::Inactive if before.is_primary && others.any(|contact| contact.is_active) => {
            return Err(MasterError::fault(
                "",
                "primary",
                "Mark another person as the primary contact first",
            ));
        }
        Activity::Inactive => false,
        Activity::Active => !others.any(|contact| contact.is_primary),
    };
    Statement::new(
        "UPDATE dealer_contacts SET is_active = $4, is_primary = $5 WHERE tenant_id = $1 AND dealer_id = $2 AND id = $3",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(id.as_uuid())
    .bind(to.is_active())
    .bind(is_primary)
    .execute(tx.conn()?)
    .await?;
    finish(tx, dealer, id, "dealers.contact.set_active", Some(before)).await
}

async fn find(tx: &mut TenantTx, dealer: DealerId, id: ContactId) -> Result<Contact, Refused> {
    let contacts = list_contacts(tx, dealer).await?;
    contacts
        .into_iter()
        .find(|contact| contact.id == id)
        .ok_or_else(MasterError::not_found)
}

/// Before another becomes it: there are never two, not even inside a statement.
async fn no_primary_contact(tx: &mut TenantTx, dealer: DealerId) -> Result<(), DbError> {
    Statement::new("UPDATE dealer_contacts SET is_primary = false WHERE tenant_id = $1 AND dealer_id = $2 AND is_primary")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

async fn finish(
    tx: &mut TenantTx,
    dealer: DealerId,
    id: ContactId,
    action: &str,
    before: Option<Contact>,
) -> Result<DealerPage, Refused> {
    touch(tx, dealer).await?;
    let page = fetch_page::<Contact>(tx, dealer).await?;
    let after = page
        .contacts
        .iter()
        .find(|contact| contact.id == id)
        .ok_or_else(Refused::not_found)?;
    let change = match &before {
        Some(before) => Change::updated(before, after),
        None => Change::created(after),
    };
    audit::record(tx, action, "dealer", Some(dealer.as_uuid()), change).await?;
    Ok(page)
}
