//! The modules of the product: parts that a tenant can do without. What is in none of them is always there: people, roles,
//! keys, the catalogue, prices, messages, webhooks, the audit log.
//!
//! A module that is off takes its permissions from everybody in the tenant, the platform's visitors included. Its data stays.

use super::permission::PermissionCode::*;
use super::roles::PermissionSet;

/// A part that can be switched. Only what exists can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Module {
    /// From a dealer's order to the tax invoice and the receipt.
    Distribution,
    /// What is on hand and what moved it.
    Inventory,
}

const DISTRIBUTION: PermissionSet = PermissionSet::of(&[
    SalesDealersRead,
    SalesDealersWrite,
    SalesCreditWrite,
    SalesCreditOverride,
    SalesOrdersRead,
    SalesOrdersPlace,
    SalesOrdersApprove,
    SalesOrdersReject,
    SalesOrdersCancel,
    SalesOrdersShortClose,
    WarehousePicksRead,
    WarehousePicksWrite,
    WarehousePacksWrite,
    WarehouseDispatchWrite,
    WarehouseDeliverWrite,
    BillingInvoicesRead,
    BillingPaymentsRead,
    BillingPaymentsWrite,
]);
const INVENTORY: PermissionSet = PermissionSet::of(&[
    InventoryStockRead,
    InventoryStockAdjust,
    InventoryMovementsRead,
]);

impl Module {
    pub const ALL: [Module; 2] = [Module::Distribution, Module::Inventory];

    pub const fn as_str(self) -> &'static str {
        match self {
            Module::Distribution => "DISTRIBUTION",
            Module::Inventory => "INVENTORY",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Module::Distribution => "Distribution",
            Module::Inventory => "Inventory",
        }
    }

    /// What goes and comes with it, for people.
    pub const fn covers(self) -> &'static str {
        match self {
            Module::Distribution => {
                "Dealers and their portal, orders, warehouse, invoices, receipts, and the messages about them"
            }
            Module::Inventory => "Stock on hand, receiving and adjusting it, and its ledger",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.as_str() == code)
    }

    /// What it does not work without: an order reserves stock, and a dispatch takes it.
    pub const fn needs(self) -> Option<Module> {
        match self {
            Module::Distribution => Some(Module::Inventory),
            Module::Inventory => None,
        }
    }

    /// What nobody may do while it is off.
    pub const fn permissions(self) -> PermissionSet {
        match self {
            Module::Distribution => DISTRIBUTION,
            Module::Inventory => INVENTORY,
        }
    }
}

/// The modules that are on in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleSet {
    distribution: bool,
    inventory: bool,
}

impl ModuleSet {
    pub const ALL: ModuleSet = ModuleSet {
        distribution: true,
        inventory: true,
    };

    /// Those that are in the list and no others.
    pub fn only(modules: &[Module]) -> Self {
        ModuleSet {
            distribution: modules.contains(&Module::Distribution),
            inventory: modules.contains(&Module::Inventory),
        }
    }

    /// All but those that a column names. A name that this release does not know switches nothing.
    pub fn without_named(off: &[String]) -> Self {
        let is_on = |module: Module| off.iter().all(|code| code != module.as_str());
        ModuleSet {
            distribution: is_on(Module::Distribution),
            inventory: is_on(Module::Inventory),
        }
    }

    pub const fn contains(self, module: Module) -> bool {
        match module {
            Module::Distribution => self.distribution,
            Module::Inventory => self.inventory,
        }
    }

    pub fn on(self) -> impl Iterator<Item = Module> {
        let all = Module::ALL.into_iter();
        all.filter(move |module| self.contains(*module))
    }

    pub fn off(self) -> impl Iterator<Item = Module> {
        let all = Module::ALL.into_iter();
        all.filter(move |module| !self.contains(*module))
    }

    /// What of a set of permissions is left.
    pub(super) fn leave(self, permissions: PermissionSet) -> PermissionSet {
        self.off().fold(permissions, |left, module| {
            left.without(module.permissions())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::PermissionCode;

    #[test]
    fn a_module_that_is_off_leaves_nothing_of_its_own_and_everything_else() {
        let all = PermissionSet::of(&PermissionCode::ALL);
        for module in Module::ALL {
            let others: Vec<Module> = Module::ALL.into_iter().filter(|m| *m != module).collect();
            let left = ModuleSet::only(&others).leave(all);
            assert_eq!(
                left.intersection(module.permissions()),
                PermissionSet::EMPTY
            );
            assert_eq!(left.or(module.permissions()), all);
        }
        assert_eq!(ModuleSet::ALL.leave(all), all);
        assert_eq!(
            DISTRIBUTION.intersection(INVENTORY),
            PermissionSet::EMPTY,
            "a permission belongs to one module at most"
        );
    }

    #[test]
    fn what_the_register_names_is_off_and_an_unknown_name_switches_nothing() {
        let off = |codes: &[&str]| {
            let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
            ModuleSet::without_named(&codes)
        };
        assert_eq!(off(&[]), ModuleSet::ALL);
        assert_eq!(off(&["RETAIL"]), ModuleSet::ALL);
        assert_eq!(
            off(&["DISTRIBUTION"]),
            ModuleSet::only(&[Module::Inventory])
        );
        for module in Module::ALL {
            assert_eq!(Module::parse(module.as_str()), Some(module));
        }
    }
}
