//! What the invoice of a dispatch states besides its lines, all as it stands at one moment: the day the goods leave.
//!
//! The time of supply is the invoice (CGST Act section 12(2)), so seller, buyer, addresses and the place of supply are read
//! and decided again; the order's snapshot promised prices, not these. Where they differ from it, the timeline says so.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use vitaran_kernel::supply::{SupplyDecision, decide};
use vitaran_kernel::{
    EmailAddress, Gstin, IstDate, OrderId, Phone, Pincode, RegistrationId, SeriesId, StateCode,
    SupplyKind,
};

use super::{DispatchOrder, DispatchOrderError};
use crate::db::{Statement, TenantTx};
use crate::dealers::GstTreatment;
use crate::invoicing::DraftFacts;
use crate::invoicing::document::{Buyer, PostalAddress, Seller, ShipTo, Transport, Upi};
use crate::orders::{
    DEALER_COLUMNS, DealerColumns, LockError, LockedOrder, Parties, PartySnapshot,
};

/// Seller, series and both parties as they stand now, and what the order says of the parties.
#[derive(QueryableByName)]
pub(super) struct FactsRow {
    #[diesel(embed)]
    dealer: DealerColumns,
    #[diesel(embed)]
    ordered: OrderedColumns,
    #[diesel(embed)]
    seller: SellerColumns,
    #[diesel(embed)]
    wording: WordingColumns,
    #[diesel(sql_type = Uuid)]
    registration_id: RegistrationId,
    #[diesel(sql_type = Nullable<Uuid>)]
    pub(super) series_id: Option<SeriesId>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub(super) prefix: Option<String>,
}

#[derive(QueryableByName)]
struct OrderedColumns {
    #[diesel(sql_type = Timestamptz)]
    placed_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    ordered_bill_to: Value,
    #[diesel(sql_type = Jsonb)]
    ordered_ship_to: Value,
    #[diesel(sql_type = SqlText)]
    pos_state: StateCode,
    #[diesel(sql_type = SqlText)]
    supply_kind: SupplyKind,
}

#[derive(QueryableByName)]
pub(super) struct SellerColumns {
    #[diesel(sql_type = SqlText)]
    seller_legal_name: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    seller_trade_name: Option<String>,
    #[diesel(sql_type = SqlText)]
    seller_gstin: Gstin,
    #[diesel(sql_type = SqlText)]
    line1: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    line2: Option<String>,
    #[diesel(sql_type = SqlText)]
    city: String,
    #[diesel(sql_type = SqlText)]
    pincode: Pincode,
    #[diesel(sql_type = Nullable<SqlText>)]
    lut_number: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    support_phone: Option<Phone>,
    #[diesel(sql_type = Nullable<SqlText>)]
    support_email: Option<EmailAddress>,
}

/// What the tenant has printed on every invoice, frozen on each.
#[derive(QueryableByName)]
struct WordingColumns {
    #[diesel(sql_type = SqlText)]
    invoice_declaration: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    invoice_terms: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    upi_vpa: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    upi_payee: Option<String>,
}

/// The dealer's present billing address and the order's delivery address as it is now. A dealer without a billing address
/// is billed where the order says.
pub(super) fn statement(tx: &TenantTx, order: OrderId) -> Statement {
    Statement::new(format!(
        "SELECT {DEALER_COLUMNS}, coalesce(to_jsonb(bill), o.bill_to->'address') AS bill_to, to_jsonb(ship) AS ship_to, \
                o.placed_at, o.bill_to AS ordered_bill_to, o.ship_to AS ordered_ship_to, o.pos_state, o.supply_kind, \
                r.id AS registration_id, r.legal_name AS seller_legal_name, r.trade_name AS seller_trade_name, r.gstin AS seller_gstin, r.line1, r.line2, \
                r.city, r.pincode, CASE WHEN r.lut_valid_from <= $3 AND r.lut_valid_to >= $3 THEN r.lut_number END AS lut_number, \
                s.support_phone, s.support_email, s.invoice_declaration, s.invoice_terms, s.upi_vpa, s.upi_payee, ser.id AS series_id, ser.prefix \
         FROM orders o \
         JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         JOIN dealer_addresses ship ON ship.tenant_id = o.tenant_id AND ship.id = o.ship_to_address_id \
         LEFT JOIN dealer_addresses bill ON bill.tenant_id = o.tenant_id AND bill.dealer_id = o.dealer_id AND bill.is_billing \
         JOIN locations l ON l.tenant_id = o.tenant_id AND l.id = o.location_id \
         JOIN gst_registrations r ON r.tenant_id = l.tenant_id AND r.id = l.registration_id \
         JOIN tenant_settings s ON s.tenant_id = o.tenant_id \
         LEFT JOIN document_series ser ON ser.tenant_id = r.tenant_id AND ser.registration_id = r.id AND ser.kind = 'INVOICE' AND ser.is_active \
         WHERE o.tenant_id = $1 AND o.id = $2"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(order.as_uuid())
    .bind(tx.today().as_naive())
}

/// The row of [`statement`], read alone.
pub(super) async fn load(tx: &TenantTx, order: OrderId) -> Result<FactsRow, DispatchOrderError> {
    let rows: Vec<FactsRow> = statement(tx, order).load(&mut tx.reader()).await?;
    Ok(rows.into_iter().next().ok_or(LockError::NotFound)?)
}

/// The facts of the day with the place of supply decided on them.
pub(super) struct Today {
    pub(super) parties: Parties,
    pub(super) supply: SupplyDecision,
    pub(super) seller: SellerColumns,
    wording: WordingColumns,
    registration: RegistrationId,
    ordered_at: DateTime<Utc>,
    ordered: Ordered,
}

/// What the order promised of the same things.
struct Ordered {
    bill_to: PartySnapshot,
    ship_to: PartySnapshot,
    place: StateCode,
    kind: SupplyKind,
}

impl FactsRow {
    /// The day the order was placed.
    pub(super) fn ordered_on(&self) -> IstDate {
        IstDate::of(self.ordered.placed_at)
    }

    pub(super) fn today(self) -> Result<Today, DispatchOrderError> {
        let ordered = Ordered {
            bill_to: serde_json::from_value(self.ordered.ordered_bill_to)
                .map_err(|_| bad("buyer"))?,
            ship_to: serde_json::from_value(self.ordered.ordered_ship_to)
                .map_err(|_| bad("delivery address"))?,
            place: self.ordered.pos_state,
            kind: self.ordered.supply_kind,
        };
        let parties = self.dealer.parties().map_err(|_| bad("address"))?;
        let has_lut = self.seller.lut_number.is_some();
        Ok(Today {
            supply: decide(&parties.supply_facts(self.seller.state(), has_lut)),
            parties,
            seller: self.seller,
            wording: self.wording,
            registration: self.registration_id,
            ordered_at: self.ordered.placed_at,
            ordered,
        })
    }
}

fn bad(what: &str) -> DispatchOrderError {
    DispatchOrderError::BadSnapshot(format!("its {what} cannot be read"))
}

impl Today {
    /// Pure: what the timeline must say where the day differs from the order.
    pub(super) fn differences(&self) -> Vec<String> {
        let (now, then) = (&self.parties, &self.ordered);
        let gstin =
            |party: &PartySnapshot| party.gstin.clone().unwrap_or_else(|| "none".to_owned());
        let facts = [
            ("The buyer", name(&now.bill_to), name(&then.bill_to)),
            (
                "The buyer's GSTIN",
                gstin(&now.bill_to),
                gstin(&then.bill_to),
            ),
            (
                "The billing address",
                address(&now.bill_to),
                address(&then.bill_to),
            ),
            (
                "The delivery address",
                delivery(&now.ship_to, &now.bill_to),
                delivery(&then.ship_to, &then.bill_to),
            ),
            (
                "The place of supply",
                self.supply.place.name().to_owned(),
                then.place.name().to_owned(),
            ),
            (
                "The tax charged",
                taxes(self.supply.kind).to_owned(),
                taxes(then.kind).to_owned(),
            ),
        ];
        let differing = facts.into_iter().filter(|(_, now, then)| now != then);
        differing
            .map(|(what, now, then)| {
                format!("{what} is {now} now; it was {then} when the order was placed")
            })
            .collect()
    }

    pub(super) fn draft(
        self,
        order: &LockedOrder,
        series: SeriesId,
        prefix: String,
        input: &DispatchOrder,
    ) -> Result<DraftFacts, DispatchOrderError> {
        let phone = order.addressee.phone.as_deref();
        let bill_to = self.parties.bill_to;
        let ship_to = self.parties.ship_to;
        let is_zero_rated = self.supply.kind == SupplyKind::ZeroRated;
        Ok(DraftFacts {
            order: order.id,
            order_number: order.number.clone(),
            ordered_at: self.ordered_at,
            dealer: order.dealer,
            registration: self.registration,
            series,
            prefix,
            seller: self.seller.stated(is_zero_rated),
            buyer: Buyer {
                gstin: parsed_gstin(&bill_to)?,
                address: postal(&bill_to)?,
                legal_name: bill_to.name,
                trade_name: bill_to.trade_name,
                phone: phone.and_then(|phone| Phone::parse(phone).ok()),
            },
            ship_to: ShipTo {
                gstin: parsed_gstin(&ship_to)?,
                address: postal(&ship_to)?,
                name: ship_to.name,
            },
            transport: Transport {
                transporter: Some(input.transporter.to_string()),
                lr_number: input.lr_number.as_ref().map(ToString::to_string),
                lr_date: input.lr_date,
                vehicle_number: input.vehicle_number.clone(),
                distance_km: input.distance_km,
                eway_bill_number: input.eway_bill_number.clone(),
            },
            supply: self.supply,
            buyer_is_sez: self.parties.treatment == GstTreatment::Sez,
            declaration: self.wording.invoice_declaration,
            terms: self.wording.invoice_terms,
            upi: (self.wording.upi_vpa.zip(self.wording.upi_payee))
                .map(|(vpa, payee)| Upi { vpa, payee }),
        })
    }
}

impl SellerColumns {
    /// Of the registration the goods leave from.
    pub(super) fn state(&self) -> StateCode {
        self.seller_gstin.state()
    }

    fn stated(self, is_zero_rated: bool) -> Seller {
        Seller {
            legal_name: self.seller_legal_name,
            trade_name: self.seller_trade_name,
            address: PostalAddress {
                lines: [Some(self.line1), self.line2]
                    .into_iter()
                    .flatten()
                    .collect(),
                city: self.city,
                state: self.seller_gstin.state(),
                pincode: self.pincode,
            },
            gstin: self.seller_gstin,
            phone: self.support_phone,
            email: self.support_email,
            lut_number: self.lut_number.filter(|_| is_zero_rated),
        }
    }
}

fn parsed_gstin(party: &PartySnapshot) -> Result<Option<Gstin>, DispatchOrderError> {
    let gstin = party.gstin.as_deref().map(Gstin::parse);
    gstin.transpose().map_err(|_| bad("GSTIN"))
}

fn postal(party: &PartySnapshot) -> Result<PostalAddress, DispatchOrderError> {
    let address = party.address.clone();
    Ok(PostalAddress {
        pincode: Pincode::parse(&address.pincode).map_err(|_| bad("PIN code"))?,
        lines: [Some(address.line1), address.line2]
            .into_iter()
            .flatten()
            .collect(),
        city: address.city,
        state: address.state_code,
    })
}

fn name(party: &PartySnapshot) -> String {
    match &party.trade_name {
        Some(trade_name) => format!("{} ({trade_name})", party.name),
        None => party.name.clone(),
    }
}

fn address(party: &PartySnapshot) -> String {
    let at = &party.address;
    let lines = [Some(at.line1.as_str()), at.line2.as_deref()];
    let lines: Vec<&str> = lines.into_iter().flatten().collect();
    let state = at.state_code.name();
    format!("{}, {}, {state} {}", lines.join(", "), at.city, at.pincode)
}

/// The address, with the party whose place it is where that is not the buyer.
fn delivery(ship_to: &PartySnapshot, bill_to: &PartySnapshot) -> String {
    let place = address(ship_to);
    if ship_to.name == bill_to.name {
        return place;
    }
    match &ship_to.gstin {
        Some(gstin) => format!("{} ({gstin}), {place}", ship_to.name),
        None => format!("{}, {place}", ship_to.name),
    }
}

fn taxes(kind: SupplyKind) -> &'static str {
    match kind {
        SupplyKind::IntraState => "CGST and SGST",
        SupplyKind::IntraUnionTerritory => "CGST and UTGST",
        SupplyKind::InterState => "IGST",
        SupplyKind::ZeroRated => "none",
    }
}
