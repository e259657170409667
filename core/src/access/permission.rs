//! The catalogue of permissions: the only place that lists them. The type is the code in CamelCase
//! (`sales.orders.approve` is [`SalesOrdersApprove`]); the sentence completes "may …" on a role's page.

use super::roles::PermissionSet;

/// A permission, as a type that an action can ask for.
pub trait Permission: Send + Sync + 'static {
    const CODE: PermissionCode;
}

macro_rules! permissions {
    ($($name:ident = $code:literal, $may:literal;)+) => {
        /// Every permission as a value, for roles, the matrix and the API's scopes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PermissionCode { $($name),+ }

        impl PermissionCode {
            pub const ALL: [PermissionCode; { [$($code),+].len() }] = [$(PermissionCode::$name),+];

            /// `group.thing.verb`; never changed once released.
            pub const fn as_str(self) -> &'static str {
                match self { $(PermissionCode::$name => $code),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|code| code.as_str() == text)
            }

            /// Completes the sentence "may …".
            pub const fn may(self) -> &'static str {
                match self { $(PermissionCode::$name => $may),+ }
            }

            /// The set of this one permission: a bit each, for there are fewer than 128.
            pub(super) const fn set(self) -> PermissionSet {
                #[expect(clippy::as_conversions, reason = "the discriminant of a fieldless enum; From is not const")]
                PermissionSet::from_mask(1_u128 << (self as u32))
            }
        }

        $(
            #[doc = concat!("`", $code, "`: may ", $may, ".")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Permission for $name { const CODE: PermissionCode = PermissionCode::$name; }
        )+
    };
}

permissions! {
    InventoryProductsRead = "inventory.products.read", "see products and categories";
    InventoryProductsWrite = "inventory.products.write", "add and change products";
    InventoryProductsDelete = "inventory.products.delete", "switch products off and on";
    InventoryCategoriesWrite = "inventory.categories.write", "add and change categories";
    InventoryBatchesWrite = "inventory.batches.write", "change batches";
    InventoryStockRead = "inventory.stock.read", "see stock";
    InventoryStockAdjust = "inventory.stock.adjust", "receive and adjust stock";
    InventoryCountsCreate = "inventory.counts.create", "record stock counts";
    InventoryCountsApprove = "inventory.counts.approve", "approve stock counts";
    InventoryTransfersCreate = "inventory.transfers.create", "ask for stock transfers";
    InventoryTransfersApprove = "inventory.transfers.approve", "approve stock transfers";
    InventoryTransfersReceive = "inventory.transfers.receive", "receive stock transfers";
    InventoryLocationsManage = "inventory.locations.manage", "manage locations";
    InventoryReorderManage = "inventory.reorder.manage", "manage reorder rules";
    InventoryMovementsRead = "inventory.movements.read", "see the stock ledger";
    PurchasingSuppliersRead = "purchasing.suppliers.read", "see suppliers";
    PurchasingSuppliersWrite = "purchasing.suppliers.write", "add and change suppliers";
    PurchasingOrdersRead = "purchasing.orders.read", "see purchase orders";
    PurchasingOrdersCreate = "purchasing.orders.create", "draft purchase orders";
    PurchasingOrdersApprove = "purchasing.orders.approve", "approve purchase orders";
    PurchasingOrdersReceive = "purchasing.orders.receive", "receive purchase orders";
    PurchasingOrdersCancel = "purchasing.orders.cancel", "cancel purchase orders";
    PurchasingCostsRead = "purchasing.costs.read", "see costs";
    SalesDealersRead = "sales.dealers.read", "see dealers";
    SalesDealersWrite = "sales.dealers.write", "add and change dealers";
    SalesCreditWrite = "sales.credit.write", "set credit limits";
    SalesPricesRead = "sales.prices.read", "see prices";
    SalesPricesWrite = "sales.prices.write", "change price lists and dealer prices";
    SalesSchemesWrite = "sales.schemes.write", "change schemes";
    SalesOrdersRead = "sales.orders.read", "see orders";
    SalesOrdersPlace = "sales.orders.place", "place orders";
    SalesOrdersApprove = "sales.orders.approve", "approve orders";
    SalesOrdersReject = "sales.orders.reject", "reject orders";
    SalesOrdersCancel = "sales.orders.cancel", "cancel orders";
    SalesOrdersShortClose = "sales.orders.short_close", "close a line short";
    SalesCreditOverride = "sales.credit.override", "approve above the credit limit";
    WarehousePicksRead = "warehouse.picks.read", "see pick lists";
    WarehousePicksWrite = "warehouse.picks.write", "pick orders";
    WarehousePacksWrite = "warehouse.packs.write", "pack orders";
    WarehouseDispatchWrite = "warehouse.dispatch.write", "dispatch orders";
    WarehouseDeliverWrite = "warehouse.deliver.write", "mark orders delivered";
    BillingInvoicesRead = "billing.invoices.read", "see invoices";
    BillingBillsCreate = "billing.bills.create", "draft retail bills";
    BillingBillsFinalise = "billing.bills.finalise", "finalise retail bills";
    BillingNotesCreate = "billing.notes.create", "issue credit and debit notes";
    BillingPaymentsRead = "billing.payments.read", "see receipts and ledgers";
    BillingPaymentsWrite = "billing.payments.write", "record receipts";
    BillingGstExport = "billing.gst.export", "export GST returns";
    BillingPeriodsClose = "billing.periods.close", "close periods";
    PlatformUsersRead = "platform.users.read", "see users";
    PlatformUsersWrite = "platform.users.write", "invite and change users";
    PlatformRolesWrite = "platform.roles.write", "change roles";
    PlatformSessionsRevoke = "platform.sessions.revoke", "end others' sessions";
    PlatformAuditRead = "platform.audit.read", "see the audit log";
    PlatformSettingsWrite = "platform.settings.write", "change settings";
    PlatformApikeysManage = "platform.apikeys.manage", "manage API keys";
    PlatformWebhooksManage = "platform.webhooks.manage", "manage webhooks";
    PlatformNotificationsRead = "platform.notifications.read", "see the notification log";
    PlatformNotificationsRequeue = "platform.notifications.requeue", "send a notification again";
    PlatformFilesWrite = "platform.files.write", "upload files";
    PlatformJobsRead = "platform.jobs.read", "see jobs";
    PlatformJobsRetry = "platform.jobs.retry", "retry jobs";
    CrmLeadsRead = "crm.leads.read", "see leads";
    CrmLeadsWrite = "crm.leads.write", "change leads";
    CrmConversationsReply = "crm.conversations.reply", "answer conversations";
    CrmSegmentsWrite = "crm.segments.write", "change segments";
    StoreStoreManage = "store.store.manage", "manage the storefront";
    StoreThemesWrite = "store.themes.write", "change storefront themes";
    AutomationAutomationsManage = "automation.automations.manage", "manage automations";
    ReportsRead = "reports.read", "see reports";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_has_the_69_codes_and_short_close_each_once() {
        let codes: BTreeSet<_> = PermissionCode::ALL
            .iter()
            .map(|code| code.as_str())
            .collect();
        assert_eq!((codes.len(), PermissionCode::ALL.len()), (70, 70));
    }

    #[test]
    fn a_type_is_its_code_in_camel_case() {
        for code in PermissionCode::ALL {
            let camel: String = code
                .as_str()
                .split(['.', '_'])
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect();
            assert_eq!(format!("{code:?}"), camel);
        }
    }
}
