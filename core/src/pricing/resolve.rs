//! The order in which prices count. Pure.

use vitaran_kernel::UnitPrice;

use crate::master::text_codes;

text_codes! {
    /// Which of the candidates a price is.
    PriceSource, "Choose where the price comes from" {
        Override = "OVERRIDE", "Agreed with the dealer";
        DealerList = "DEALER_LIST", "The dealer's price list";
        DefaultList = "DEFAULT_LIST", "Default price list";
        Base = "BASE", "Base price";
    }
}

/// A price on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPrice {
    /// The list's name.
    pub list: String,
    pub unit_price: UnitPrice,
}

/// Everything that could be the price of one product for one dealer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    pub agreed: Option<UnitPrice>,
    pub dealer_list: Option<ListPrice>,
    pub default_list: Option<ListPrice>,
    pub base: UnitPrice,
}

/// The price, and why it is that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPrice {
    /// Rupees for one unit without tax.
    pub unit_price: UnitPrice,
    pub source: PriceSource,
    /// Of a price that stands on a list.
    pub list_name: Option<String>,
}

/// The first candidate there is, in the order of 000-47.
pub fn resolve(candidates: Candidates) -> ResolvedPrice {
    let Candidates {
        agreed,
        dealer_list,
        default_list,
        base,
    } = candidates;
    if let Some(unit_price) = agreed {
        return ResolvedPrice {
            unit_price,
            source: PriceSource::Override,
            list_name: None,
        };
    }
    let listed = |price: ListPrice, source| ResolvedPrice {
        unit_price: price.unit_price,
        source,
        list_name: Some(price.list),
    };
    if let Some(price) = dealer_list {
        return listed(price, PriceSource::DealerList);
    }
    if let Some(price) = default_list {
        return listed(price, PriceSource::DefaultList);
    }
    ResolvedPrice {
        unit_price: base,
        source: PriceSource::Base,
        list_name: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of what may be missing, in one table: the first that is there wins.
    #[test]
    fn an_agreement_beats_the_dealers_list_beats_the_default_list_beats_the_base_price() {
        use PriceSource::{Base, DealerList, DefaultList, Override};
        let cases = [
            ((true, true, true), Override, 1, None),
            ((true, true, false), Override, 1, None),
            ((true, false, true), Override, 1, None),
            ((true, false, false), Override, 1, None),
            ((false, true, true), DealerList, 2, Some("Gold")),
            ((false, true, false), DealerList, 2, Some("Gold")),
            ((false, false, true), DefaultList, 3, Some("Standard")),
            ((false, false, false), Base, 4, None),
        ];
        for ((agreed, on_dealer_list, on_default_list), source, rupees, list) in cases {
            let price = |list: &str, rupees| ListPrice {
                list: list.to_owned(),
                unit_price: UnitPrice::from_rupees(rupees),
            };
            let resolved = resolve(Candidates {
                agreed: agreed.then(|| UnitPrice::from_rupees(1)),
                dealer_list: on_dealer_list.then(|| price("Gold", 2)),
                default_list: on_default_list.then(|| price("Standard", 3)),
                base: UnitPrice::from_rupees(4),
            });
            assert_eq!(
                (resolved.source, resolved.unit_price),
                (source, UnitPrice::from_rupees(rupees))
            );
            assert_eq!(resolved.list_name.as_deref(), list);
        }
    }

    #[test]
    fn the_order_is_not_a_matter_of_which_is_cheapest() {
        let resolved = resolve(Candidates {
            agreed: Some(UnitPrice::from_rupees(500)),
            dealer_list: None,
            default_list: Some(ListPrice {
                list: "Standard".to_owned(),
                unit_price: UnitPrice::from_rupees(1),
            }),
            base: UnitPrice::from_rupees(2),
        });
        assert_eq!(resolved.unit_price, UnitPrice::from_rupees(500));
    }

    #[test]
    fn the_codes_are_those_that_orders_keep() {
        let codes: Vec<_> = PriceSource::ALL
            .iter()
            .map(|source| source.as_str())
            .collect();
        assert_eq!(codes, ["OVERRIDE", "DEALER_LIST", "DEFAULT_LIST", "BASE"]);
    }
}
