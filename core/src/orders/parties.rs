//! The two parties of a supply as the masters have them at one moment: who is billed, and where the goods go.
//!
//! The quote reads them when an order is worked out and the dispatch reads them again on the day of the invoice, so that
//! treatment, GSTIN, names and addresses on a document are never of two moments.

use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text};
use serde::Deserialize;
use serde_json::Value;
use vitaran_kernel::supply::{BuyerTreatment, Delivery, SupplyFacts};
use vitaran_kernel::{AddressId, Gstin, StateCode};

use super::{AddressSnapshot, PartySnapshot};
use crate::dealers::{GstTreatment, Party};

/// The columns of [`DealerColumns`] from `dealers d`; the query adds the two addresses as rows in JSON.
pub(crate) const DEALER_COLUMNS: &str = "d.legal_name, d.trade_name, d.gst_treatment, d.gstin";

/// A dealer with its billing address and the address the goods go to.
#[derive(QueryableByName)]
pub(crate) struct DealerColumns {
    #[diesel(sql_type = Text)]
    legal_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    trade_name: Option<String>,
    #[diesel(sql_type = Text)]
    gst_treatment: GstTreatment,
    #[diesel(sql_type = Nullable<Text>)]
    gstin: Option<Gstin>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    bill_to: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    ship_to: Option<Value>,
}

/// A row of `dealer_addresses`.
#[derive(Debug, Clone, Deserialize)]
struct AddressRow {
    id: AddressId,
    party: String,
    party_name: Option<String>,
    party_gstin: Option<String>,
    #[serde(flatten)]
    address: AddressSnapshot,
}

/// Which address there is none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingAddress {
    Billing,
    Delivery,
}

/// Both parties at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Parties {
    pub treatment: GstTreatment,
    pub bill_to: PartySnapshot,
    pub ship_to: PartySnapshot,
    pub ship_to_address: AddressId,
    /// Whose place the goods go to.
    pub receiver: Party,
}

impl DealerColumns {
    pub(crate) fn parties(self) -> Result<Parties, MissingAddress> {
        let bill_to: AddressSnapshot = read(self.bill_to).ok_or(MissingAddress::Billing)?;
        let row: AddressRow = read(self.ship_to).ok_or(MissingAddress::Delivery)?;
        let receiver = Party::parse(&row.party).map_err(|_| MissingAddress::Delivery)?;
        let dealer_at = |address| PartySnapshot {
            name: self.legal_name.clone(),
            trade_name: self.trade_name.clone(),
            gstin: self.gstin.as_ref().map(ToString::to_string),
            address,
        };
        let ship_to = match receiver {
            Party::Dealer => dealer_at(row.address),
            Party::ThirdParty => PartySnapshot {
                name: row.party_name.unwrap_or_default(),
                trade_name: None,
                gstin: row.party_gstin,
                address: row.address,
            },
        };
        Ok(Parties {
            treatment: self.gst_treatment,
            bill_to: dealer_at(bill_to),
            ship_to,
            ship_to_address: row.id,
            receiver,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(row: Option<Value>) -> Option<T> {
    serde_json::from_value(row?).ok()
}

impl Parties {
    /// What the place of supply is decided on (IGST Act section 10 and 7(5)).
    pub(crate) fn supply_facts(
        &self,
        seller_state: StateCode,
        seller_has_lut: bool,
    ) -> SupplyFacts {
        let gstin = self.bill_to.gstin.as_deref();
        let registered_in = gstin
            .and_then(|text| Gstin::parse(text).ok())
            .map_or(self.bill_to.address.state_code, |gstin| gstin.state());
        let delivered_in = self.ship_to.address.state_code;
        SupplyFacts {
            seller_state,
            seller_has_lut,
            buyer: match self.treatment {
                GstTreatment::Sez => BuyerTreatment::Sez {
                    state: registered_in,
                },
                GstTreatment::Registered => BuyerTreatment::Registered {
                    state: registered_in,
                },
                GstTreatment::Unregistered => BuyerTreatment::Unregistered,
            },
            delivery: match self.receiver {
                Party::ThirdParty => Delivery::ThirdParty {
                    state: delivered_in,
                },
                Party::Dealer => Delivery::OwnPlace {
                    state: delivered_in,
                },
            },
        }
    }
}
