//! A dealer as it is read.

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Bool, Integer, Nullable, Numeric, Text as SqlText, Timestamptz, Uuid as SqlUuid,
};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use vitaran_kernel::{
    AddressId, ContactId, DealerId, EmailAddress, Gstin, LocationId, Money, Phone, Pincode,
    PriceListId, StateCode, Text,
};

use crate::access::{Allowed, SalesDealersRead};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Master, MasterError, check_version};

use super::credit::Credit;
use super::{CreditLimit, DealerCode, GstStanding, GstTreatment, Language, LegalName, Party};

/// A dealer without its addresses and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Dealer {
    #[diesel(sql_type = SqlUuid)]
    pub id: DealerId,
    #[diesel(sql_type = SqlText)]
    pub code: DealerCode,
    #[diesel(sql_type = SqlText)]
    pub legal_name: LegalName,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub trade_name: Option<LegalName>,
    #[diesel(sql_type = SqlText)]
    pub gst_treatment: GstTreatment,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub gstin: Option<Gstin>,
    /// `None`: the default list.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub price_list_id: Option<PriceListId>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub price_list_name: Option<String>,
    /// The location that serves the dealer; `None`: the default one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub location_id: Option<LocationId>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub location_name: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub email: Option<EmailAddress>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// Also counts changes of addresses and people.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl Dealer {
    /// `None` only for a row that breaks the table's constraint.
    pub fn standing(&self) -> Option<GstStanding> {
        match (self.gst_treatment, &self.gstin) {
            (GstTreatment::Registered, Some(gstin)) => Some(GstStanding::Registered(gstin.clone())),
            (GstTreatment::Sez, Some(gstin)) => Some(GstStanding::Sez(gstin.clone())),
            (GstTreatment::Unregistered, None) => Some(GstStanding::Unregistered),
            _ => None,
        }
    }
}

impl Master for Dealer {
    const NOUN: &'static str = "dealer";
    const NOT_FOUND: &'static str = "dealers.not_found";
    const STALE: &'static str = "dealers.stale";
}

/// A place of the dealer, or of somebody it has goods sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Address {
    #[diesel(sql_type = SqlUuid)]
    pub id: AddressId,
    #[diesel(sql_type = SqlText)]
    pub label: Text<60>,
    #[diesel(sql_type = SqlText)]
    pub party: Party,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub party_name: Option<Text<120>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub party_gstin: Option<Gstin>,
    #[diesel(sql_type = SqlText)]
    pub line1: Text<100>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub line2: Option<Text<100>>,
    #[diesel(sql_type = SqlText)]
    pub city: Text<60>,
    #[diesel(sql_type = SqlText, column_name = state_code)]
    #[serde(rename = "state_code")]
    pub state: StateCode,
    #[diesel(sql_type = SqlText)]
    pub pincode: Pincode,
    #[diesel(sql_type = Bool)]
    pub is_billing: bool,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

impl Master for Address {
    const NOUN: &'static str = "address";
    const NOT_FOUND: &'static str = "dealers.address_not_found";
    const STALE: &'static str = "dealers.stale";
}

/// A person at the dealer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Contact {
    #[diesel(sql_type = SqlUuid)]
    pub id: ContactId,
    #[diesel(sql_type = SqlText)]
    pub name: Text<120>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub phone: Option<Phone>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub email: Option<EmailAddress>,
    #[diesel(sql_type = SqlText)]
    pub language: Language,
    #[diesel(sql_type = Bool)]
    pub is_primary: bool,
    /// When consent to WhatsApp messages was given; `None`: not given, or withdrawn.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub whatsapp_opt_in_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub whatsapp_opt_in_source: Option<Text<200>>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

impl Master for Contact {
    const NOUN: &'static str = "contact";
    const NOT_FOUND: &'static str = "dealers.contact_not_found";
    const STALE: &'static str = "dealers.stale";
}

/// Everything a dealer's page shows of its master data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealerPage {
    pub dealer: Dealer,
    pub credit: CreditLimit,
    /// The billing address first, then by label; those switched off last.
    pub addresses: Vec<Address>,
    /// The primary contact first, then by name; those switched off last.
    pub contacts: Vec<Contact>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    dealer: Dealer,
    #[diesel(sql_type = Numeric)]
    credit_limit: Money,
    #[diesel(sql_type = Numeric)]
    holds: Money,
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
    #[diesel(sql_type = Integer)]
    credit_version: i32,
}

/// A dealer with its credit, addresses and people. Another dealer's people get "not found", by the
/// database's own rule.
pub async fn load(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersRead>,
    id: DealerId,
) -> Result<DealerPage, MasterError<Dealer>> {
    fetch_page(tx, id).await
}

/// The dealer that the actor works for. One's own record needs no permission; staff have none.
pub async fn load_own(tx: &TenantTx) -> Result<DealerPage, MasterError<Dealer>> {
    match tx.actor().scope().own() {
        Some(id) => fetch_page(tx, id).await,
        None => Err(MasterError::not_found()),
    }
}

pub(super) async fn fetch_page<M: Master>(
    tx: &TenantTx,
    id: DealerId,
) -> Result<DealerPage, MasterError<M>> {
    let (found, addresses, contacts) = futures_util::try_join!(
        find(tx, id, ""),
        list_addresses(tx, id),
        list_contacts(tx, id)
    )?;
    let (dealer, credit) = found.ok_or_else(MasterError::not_found)?;
    Ok(DealerPage {
        dealer,
        credit,
        addresses,
        contacts,
    })
}

/// The dealer, locked, if nobody has changed it since version `expected`.
pub(super) async fn lock<M: Master>(
    tx: &mut TenantTx,
    id: DealerId,
    expected: impl Into<Option<i32>>,
) -> Result<Dealer, MasterError<M>> {
    let (dealer, _) = find(tx, id, " FOR UPDATE OF d")
        .await?
        .ok_or_else(MasterError::not_found)?;
    check_version(dealer.version, expected)?;
    Ok(dealer)
}

async fn find(
    tx: &TenantTx,
    id: DealerId,
    lock: &str,
) -> Result<Option<(Dealer, CreditLimit)>, DbError> {
    let mut statement = Statement::new(
        "SELECT d.id, d.code, d.legal_name, d.trade_name, d.gst_treatment, d.gstin, d.price_list_id, l.name AS price_list_name, \
         d.location_id, o.name AS location_name, d.email, d.is_active, d.version, d.created_at, d.updated_at, \
         c.credit_limit, c.holds, c.unpaid, c.unallocated, c.version AS credit_version \
         FROM dealers d JOIN dealer_credit c ON c.tenant_id = $1 AND c.dealer_id = d.id \
         LEFT JOIN price_lists l ON l.tenant_id = $1 AND l.id = d.price_list_id \
         LEFT JOIN locations o ON o.tenant_id = $1 AND o.id = d.location_id \
         WHERE d.tenant_id = $1 AND d.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid());
    statement.push_sql(lock);
    let row: Option<Row> = statement.get_result(&mut tx.reader()).await.optional()?;
    Ok(row.map(|row| {
        let Row {
            dealer,
            credit_limit,
            holds,
            unpaid,
            unallocated,
            credit_version,
        } = row;
        let credit = Credit {
            limit: credit_limit,
            holds,
            unpaid,
            unallocated,
        };
        (
            dealer,
            CreditLimit {
                credit,
                version: credit_version,
            },
        )
    }))
}

pub(super) async fn list_addresses(
    tx: &TenantTx,
    dealer: DealerId,
) -> Result<Vec<Address>, DbError> {
    Ok(Statement::new(
        "SELECT a.id, a.label, a.party, a.party_name, a.party_gstin, a.line1, a.line2, a.city, a.state_code, a.pincode, \
         a.is_billing, a.is_active FROM dealer_addresses a WHERE a.tenant_id = $1 AND a.dealer_id = $2 \
         ORDER BY a.is_active DESC, a.is_billing DESC, a.label, a.id",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .load(&mut tx.reader())
    .await?)
}

pub(super) async fn list_contacts(
    tx: &TenantTx,
    dealer: DealerId,
) -> Result<Vec<Contact>, DbError> {
    Ok(Statement::new(
        "SELECT c.id, c.name, c.phone, c.email, c.language, c.is_primary, c.whatsapp_opt_in_at, c.whatsapp_opt_in_source, \
         c.is_active FROM dealer_contacts c WHERE c.tenant_id = $1 AND c.dealer_id = $2 \
         ORDER BY c.is_active DESC, c.is_primary DESC, c.name, c.id",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .load(&mut tx.reader())
    .await?)
}

/// Counts a change of an address or a person as a change of the dealer.
pub(super) async fn touch(tx: &mut TenantTx, dealer: DealerId) -> Result<(), DbError> {
    Statement::new("UPDATE dealers SET version = version + 1, updated_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .bind(tx.now())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
