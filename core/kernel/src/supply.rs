//! Where a supply of goods takes place, and so which taxes it bears: sections 7, 10 and 11 of the
//! IGST Act as one table of six rows, of which the first that fits decides.
//!
//! | row | case | place of supply | tax |
//! |---|---|---|---|
//! | 1 | goods go abroad | 96 Other Countries | IGST, or none under a LUT |
//! | 2 | buyer is an SEZ unit or developer | the zone's State | IGST, or none under a LUT |
//! | 3 | registered buyer, goods go to another party | the buyer's State | by comparison |
//! | 4 | registered buyer, goods go to its own place | where they are delivered | by comparison |
//! | 5 | unregistered buyer, goods are delivered | where they are delivered | by comparison |
//! | 6 | handed over the counter | the seller's State | within the State |
//!
//! "By comparison": the seller's State is that of the registration the goods leave from; the same
//! State means CGST with SGST (or UTGST), another means IGST.

use crate::india::StateCode;
use crate::tax::SupplyKind;

/// What the law asks about a supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SupplyFacts {
    /// Of the registration of the dispatching location, not of the tenant.
    pub seller_state: StateCode,
    /// A letter of undertaking (or bond) is in force on the day: zero-rated supplies bear no tax.
    pub seller_has_lut: bool,
    pub buyer: BuyerTreatment,
    pub delivery: Delivery,
}

/// What the buyer is to GST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuyerTreatment {
    /// `state` is that of the buyer's GSTIN.
    Registered {
        state: StateCode,
    },
    Unregistered,
    /// A unit in, or the developer of, a special economic zone in `state`.
    Sez {
        state: StateCode,
    },
    /// A buyer outside India.
    Overseas,
}

/// Where the seller hands over the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// To a place of the buyer.
    OwnPlace {
        state: StateCode,
    },
    /// To somebody else, on the buyer's direction (bill-to, ship-to).
    ThirdParty {
        state: StateCode,
    },
    Abroad,
    /// The buyer takes them away from the seller's place.
    Counter,
}

/// The place of supply with its ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SupplyDecision {
    pub place: StateCode,
    pub kind: SupplyKind,
    pub clause: SupplyClause,
    /// For the person who issues the document; it does not stop it.
    pub warning: Option<SupplyWarning>,
}

/// The row of the table and the clause of the law that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SupplyClause {
    /// Row 1. IGST Act 7(5)(a): the place of supply is outside India (11(b) places it there).
    Export,
    /// Row 2. IGST Act 7(5)(b): supply to a special economic zone, even in the same State.
    Sez,
    /// Row 3. IGST Act 10(1)(b): delivered to another on the direction of a third person, which
    /// is taken to have received the goods at its principal place of business.
    BillToShipTo,
    /// Row 4. IGST Act 10(1)(a): where the movement ends for delivery to the recipient.
    Delivered,
    /// Row 5. IGST Act 10(1)(ca): the address of an unregistered person recorded in the invoice;
    /// the delivery address where it differs (circular 209/3/2024).
    DeliveredUnregistered,
    /// Row 6. IGST Act 10(1)(c): no movement, so where the goods are.
    Counter,
    /// Row 6. IGST Act 10(1)(ca): no address recorded, so the location of the supplier.
    CounterUnregistered,
}

/// Lawful, but likely a mistake or a cost to the buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SupplyWarning {
    /// The goods go to a State other than that of the buyer's GSTIN: the buyer should give the
    /// GSTIN of that State, or may lose the credit.
    DeliveryOutsideBuyersState,
    /// Goods for a special economic zone do not go to the zone's State.
    DeliveryOutsideZone,
    /// A buyer abroad takes the goods in India, which is not an export.
    OverseasBuyerServedInIndia,
}

impl SupplyClause {
    pub const ALL: [Self; 7] = [
        Self::Export,
        Self::Sez,
        Self::BillToShipTo,
        Self::Delivered,
        Self::DeliveredUnregistered,
        Self::Counter,
        Self::CounterUnregistered,
    ];

    /// The row of this module's table, 1 to 6.
    #[must_use]
    pub const fn row(self) -> i16 {
        match self {
            Self::Export => 1,
            Self::Sez => 2,
            Self::BillToShipTo => 3,
            Self::Delivered => 4,
            Self::DeliveredUnregistered => 5,
            Self::Counter | Self::CounterUnregistered => 6,
        }
    }

    /// The clause of the IGST Act, as documents and the API state it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Export => "7(5)(a)",
            Self::Sez => "7(5)(b)",
            Self::BillToShipTo => "10(1)(b)",
            Self::Delivered => "10(1)(a)",
            Self::DeliveredUnregistered | Self::CounterUnregistered => "10(1)(ca)",
            Self::Counter => "10(1)(c)",
        }
    }

    /// The clause that was stored as row and text: the text alone does not tell rows 5 and 6 apart.
    #[must_use]
    pub fn from_stored(row: i16, clause: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stored| stored.row() == row && stored.as_str() == clause)
    }

    /// One sentence for the person who wonders about the tax.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Export => "The goods leave India, so the place of supply is outside India.",
            Self::Sez => {
                "A supply to a special economic zone is inter-State, even within the same State."
            }
            Self::BillToShipTo => {
                "The goods go to another party on the buyer's direction, so the buyer's State of registration counts."
            }
            Self::Delivered => {
                "The goods are delivered to the buyer, so the State of delivery counts."
            }
            Self::DeliveredUnregistered => {
                "The buyer is not registered, so the delivery address on the invoice counts."
            }
            Self::Counter => {
                "The seller does not move the goods, so the place where they are handed over counts."
            }
            Self::CounterUnregistered => {
                "The buyer is not registered and takes the goods away, so the seller's State counts."
            }
        }
    }
}

impl std::fmt::Display for SupplyClause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl SupplyWarning {
    /// One sentence for the person who issues the document.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::DeliveryOutsideBuyersState => {
                "The delivery is outside the State of the buyer's GSTIN, ask for a GSTIN of the State of delivery."
            }
            Self::DeliveryOutsideZone => {
                "The goods do not go to the State of the special economic zone, check the delivery address."
            }
            Self::OverseasBuyerServedInIndia => {
                "The buyer is abroad but the goods stay in India, so this is not an export."
            }
        }
    }
}

/// Decides the place of supply and the kind of tax of a supply of goods.
#[must_use]
pub fn decide(facts: &SupplyFacts) -> SupplyDecision {
    use BuyerTreatment::{Overseas, Registered, Sez, Unregistered};

    match (facts.buyer, destination(facts.delivery)) {
        (_, Destination::Abroad) => SupplyDecision {
            place: StateCode::OTHER_COUNTRIES,
            kind: zero_rated(facts),
            clause: SupplyClause::Export,
            warning: None,
        },
        (Sez { state: zone }, destination) => SupplyDecision {
            place: zone,
            kind: zero_rated(facts),
            clause: SupplyClause::Sez,
            warning: (destination != Destination::BuyersPlace(zone))
                .then_some(SupplyWarning::DeliveryOutsideZone),
        },
        (Registered { state: buyer_state }, Destination::AnotherParty(_)) => SupplyDecision {
            place: buyer_state,
            kind: compared(facts.seller_state, buyer_state),
            clause: SupplyClause::BillToShipTo,
            warning: None,
        },
        (Registered { state: buyer_state }, Destination::BuyersPlace(delivery_state)) => {
            SupplyDecision {
                place: delivery_state,
                kind: compared(facts.seller_state, delivery_state),
                clause: SupplyClause::Delivered,
                warning: (delivery_state != buyer_state)
                    .then_some(SupplyWarning::DeliveryOutsideBuyersState),
            }
        }
        (
            buyer @ (Unregistered | Overseas),
            Destination::BuyersPlace(delivery_state) | Destination::AnotherParty(delivery_state),
        ) => SupplyDecision {
            place: delivery_state,
            kind: compared(facts.seller_state, delivery_state),
            clause: SupplyClause::DeliveredUnregistered,
            warning: served_in_india(buyer),
        },
        (buyer, Destination::Counter) => SupplyDecision {
            place: facts.seller_state,
            kind: compared(facts.seller_state, facts.seller_state),
            clause: match buyer {
                Registered { .. } | Sez { .. } => SupplyClause::Counter,
                Unregistered | Overseas => SupplyClause::CounterUnregistered,
            },
            warning: served_in_india(buyer),
        },
    }
}

/// [`Delivery`] with an address abroad taken for what it is, however it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Abroad,
    BuyersPlace(StateCode),
    AnotherParty(StateCode),
    Counter,
}

fn destination(delivery: Delivery) -> Destination {
    match delivery {
        Delivery::Abroad => Destination::Abroad,
        Delivery::OwnPlace { state } | Delivery::ThirdParty { state }
            if state == StateCode::OTHER_COUNTRIES =>
        {
            Destination::Abroad
        }
        Delivery::OwnPlace { state } => Destination::BuyersPlace(state),
        Delivery::ThirdParty { state } => Destination::AnotherParty(state),
        Delivery::Counter => Destination::Counter,
    }
}

/// IGST Act section 16: tax is charged and refunded, or not charged under a LUT.
fn zero_rated(facts: &SupplyFacts) -> SupplyKind {
    if facts.seller_has_lut {
        SupplyKind::ZeroRated
    } else {
        SupplyKind::InterState
    }
}

fn compared(seller: StateCode, place: StateCode) -> SupplyKind {
    if seller != place {
        SupplyKind::InterState
    } else if place.is_union_territory_with_utgst() {
        SupplyKind::IntraUnionTerritory
    } else {
        SupplyKind::IntraState
    }
}

fn served_in_india(buyer: BuyerTreatment) -> Option<SupplyWarning> {
    (buyer == BuyerTreatment::Overseas).then_some(SupplyWarning::OverseasBuyerServedInIndia)
}

#[cfg(test)]
mod tests {
    use super::*;
    use BuyerTreatment::{Overseas, Registered, Sez, Unregistered};
    use Delivery::{Abroad, Counter, OwnPlace, ThirdParty};
    use SupplyKind::{InterState, IntraState, IntraUnionTerritory, ZeroRated};
    use SupplyWarning::{
        DeliveryOutsideBuyersState, DeliveryOutsideZone, OverseasBuyerServedInIndia,
    };

    fn state(code: &str) -> StateCode {
        StateCode::parse(code).unwrap()
    }

    fn facts(seller: &str, buyer: BuyerTreatment, delivery: Delivery) -> SupplyFacts {
        SupplyFacts {
            seller_state: state(seller),
            seller_has_lut: false,
            buyer,
            delivery,
        }
    }

    /// Every combination of buyer and delivery with Maharashtra (27) and Karnataka (29), for a
    /// seller in Maharashtra without a LUT.
    #[test]
    #[rustfmt::skip]
    fn every_case_has_its_row() {
        let [home, away] = ["27", "29"].map(state);
        let abroad = StateCode::OTHER_COUNTRIES;
        let outside = Some(DeliveryOutsideBuyersState);
        let off_zone = Some(DeliveryOutsideZone);
        let not_export = Some(OverseasBuyerServedInIndia);
        let table = [
            (Registered { state: home }, OwnPlace { state: home }, home, IntraState, 4, "10(1)(a)", None),
            (Registered { state: home }, OwnPlace { state: away }, away, InterState, 4, "10(1)(a)", outside),
            (Registered { state: home }, ThirdParty { state: home }, home, IntraState, 3, "10(1)(b)", None),
            (Registered { state: home }, ThirdParty { state: away }, home, IntraState, 3, "10(1)(b)", None),
            (Registered { state: home }, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Registered { state: home }, Counter, home, IntraState, 6, "10(1)(c)", None),

            (Registered { state: away }, OwnPlace { state: home }, home, IntraState, 4, "10(1)(a)", outside),
            (Registered { state: away }, OwnPlace { state: away }, away, InterState, 4, "10(1)(a)", None),
            (Registered { state: away }, ThirdParty { state: home }, away, InterState, 3, "10(1)(b)", None),
            (Registered { state: away }, ThirdParty { state: away }, away, InterState, 3, "10(1)(b)", None),
            (Registered { state: away }, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Registered { state: away }, Counter, home, IntraState, 6, "10(1)(c)", None),

            (Unregistered, OwnPlace { state: home }, home, IntraState, 5, "10(1)(ca)", None),
            (Unregistered, OwnPlace { state: away }, away, InterState, 5, "10(1)(ca)", None),
            (Unregistered, ThirdParty { state: home }, home, IntraState, 5, "10(1)(ca)", None),
            (Unregistered, ThirdParty { state: away }, away, InterState, 5, "10(1)(ca)", None),
            (Unregistered, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Unregistered, Counter, home, IntraState, 6, "10(1)(ca)", None),

            (Sez { state: home }, OwnPlace { state: home }, home, InterState, 2, "7(5)(b)", None),
            (Sez { state: home }, OwnPlace { state: away }, home, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: home }, ThirdParty { state: home }, home, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: home }, ThirdParty { state: away }, home, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: home }, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Sez { state: home }, Counter, home, InterState, 2, "7(5)(b)", off_zone),

            (Sez { state: away }, OwnPlace { state: home }, away, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: away }, OwnPlace { state: away }, away, InterState, 2, "7(5)(b)", None),
            (Sez { state: away }, ThirdParty { state: home }, away, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: away }, ThirdParty { state: away }, away, InterState, 2, "7(5)(b)", off_zone),
            (Sez { state: away }, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Sez { state: away }, Counter, away, InterState, 2, "7(5)(b)", off_zone),

            (Overseas, OwnPlace { state: home }, home, IntraState, 5, "10(1)(ca)", not_export),
            (Overseas, OwnPlace { state: away }, away, InterState, 5, "10(1)(ca)", not_export),
            (Overseas, ThirdParty { state: home }, home, IntraState, 5, "10(1)(ca)", not_export),
            (Overseas, ThirdParty { state: away }, away, InterState, 5, "10(1)(ca)", not_export),
            (Overseas, Abroad, abroad, InterState, 1, "7(5)(a)", None),
            (Overseas, Counter, home, IntraState, 6, "10(1)(ca)", not_export),
        ];
        for (buyer, delivery, place, kind, row, clause, warning) in table {
            let decision = decide(&facts("27", buyer, delivery));
            let decided = (decision.place, decision.kind, decision.clause.row(), decision.clause.as_str());
            assert_eq!(decided, (place, kind, row, clause), "{buyer:?} {delivery:?}");
            assert_eq!(decision.warning, warning, "{buyer:?} {delivery:?}");
        }
    }

    fn every_case() -> impl Iterator<Item = (BuyerTreatment, Delivery)> {
        let states = ["27", "29", "04", "97"].map(state);
        let buyers = states
            .into_iter()
            .flat_map(|state| [Registered { state }, Sez { state }])
            .chain([Unregistered, Overseas]);
        let deliveries: Vec<Delivery> = states
            .into_iter()
            .flat_map(|state| [OwnPlace { state }, ThirdParty { state }])
            .chain([Abroad, Counter])
            .collect();
        buyers.flat_map(move |buyer| {
            deliveries
                .clone()
                .into_iter()
                .map(move |delivery| (buyer, delivery))
        })
    }

    #[test]
    fn a_letter_of_undertaking_takes_the_tax_off_exports_and_zones_and_changes_nothing_else() {
        for (buyer, delivery) in every_case() {
            let without = decide(&facts("27", buyer, delivery));
            let with = decide(&SupplyFacts {
                seller_has_lut: true,
                ..facts("27", buyer, delivery)
            });
            let kind = if without.clause.row() <= 2 {
                ZeroRated
            } else {
                without.kind
            };
            assert_eq!(
                with,
                SupplyDecision { kind, ..without },
                "{buyer:?} {delivery:?}"
            );
        }
    }

    #[test]
    fn within_one_state_the_tax_is_sgst_or_utgst_as_the_state_has_it() {
        for place in StateCode::all_current() {
            let kind = if ["04", "26", "31", "35", "38", "97"].contains(&place.as_str()) {
                IntraUnionTerritory
            } else {
                IntraState
            };
            let here = Registered { state: place };
            for delivery in [
                OwnPlace { state: place },
                ThirdParty { state: state("29") },
                Counter,
            ] {
                let decision = decide(&facts(place.as_str(), here, delivery));
                assert_eq!(
                    (decision.place, decision.kind),
                    (place, kind),
                    "{delivery:?}"
                );
            }
        }
    }

    #[test]
    fn tax_is_within_the_state_only_where_place_and_seller_agree() {
        for seller in ["27", "04"] {
            for (buyer, delivery) in every_case() {
                let decision = decide(&facts(seller, buyer, delivery));
                let is_within = matches!(decision.kind, IntraState | IntraUnionTerritory);
                let is_special = decision.clause.row() <= 2;
                let same = decision.place == state(seller);
                assert_eq!(
                    is_within,
                    same && !is_special,
                    "{seller} {buyer:?} {delivery:?}"
                );
            }
        }
    }

    #[test]
    fn an_address_in_other_countries_is_abroad_however_it_is_recorded() {
        let other = StateCode::OTHER_COUNTRIES;
        for (buyer, _) in every_case() {
            let abroad = decide(&facts("27", buyer, Abroad));
            assert_eq!(
                decide(&facts("27", buyer, OwnPlace { state: other })),
                abroad
            );
            assert_eq!(
                decide(&facts("27", buyer, ThirdParty { state: other })),
                abroad
            );
        }
    }

    #[test]
    fn every_clause_is_found_again_and_gives_a_reason() {
        for clause in SupplyClause::ALL {
            assert_eq!(
                SupplyClause::from_stored(clause.row(), clause.as_str()),
                Some(clause)
            );
            assert!(clause.reason().ends_with('.'));
            assert_eq!(clause.to_string(), clause.as_str());
        }
        assert_eq!(SupplyClause::from_stored(4, "10(1)(b)"), None);
        for warning in [
            DeliveryOutsideBuyersState,
            DeliveryOutsideZone,
            OverseasBuyerServedInIndia,
        ] {
            assert!(warning.message().ends_with('.'));
        }
    }
}
