//! The built-in roles as sets of permissions (000-13, and the table of who may do what in the product's decisions).

use vitaran_kernel::Money;

use super::LocationScope;
use super::permission::PermissionCode::{self, *};

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermissionSet(u128);

impl PermissionSet {
    pub const EMPTY: PermissionSet = PermissionSet(0);

    pub(super) const fn from_mask(mask: u128) -> Self {
        PermissionSet(mask)
    }

    pub const fn of(codes: &[PermissionCode]) -> Self {
        let mut mask = 0;
        let mut rest = codes;
        while let [first, tail @ ..] = rest {
            mask |= first.set().0;
            rest = tail;
        }
        PermissionSet(mask)
    }

    /// The set that these codes name. A code this release does not know gives nothing.
    pub fn named(codes: &[impl AsRef<str>]) -> Self {
        let known = codes
            .iter()
            .filter_map(|code| PermissionCode::parse(code.as_ref()));
        PermissionSet::of(&known.collect::<Vec<_>>())
    }

    pub const fn contains(self, code: PermissionCode) -> bool {
        self.0 & code.set().0 != 0
    }

    /// What is in both.
    pub const fn intersection(self, other: PermissionSet) -> Self {
        PermissionSet(self.0 & other.0)
    }

    /// What stays of the set for somebody who may only look.
    pub fn reading_only(self) -> Self {
        PermissionSet(
            PermissionCode::ALL
                .iter()
                .filter(|code| code.as_str().ends_with(".read"))
                .map(|code| code.set().0)
                .fold(0, |a, b| a | b)
                & self.0,
        )
    }

    /// What either set has.
    pub const fn or(self, other: PermissionSet) -> Self {
        PermissionSet(self.0 | other.0)
    }

    /// What the other set lacks.
    pub const fn without(self, other: PermissionSet) -> Self {
        PermissionSet(self.0 & !other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn codes(self) -> impl Iterator<Item = PermissionCode> {
        PermissionCode::ALL
            .into_iter()
            .filter(move |code| self.contains(*code))
    }
}

/// A member's role in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Admin,
    Sales,
    Warehouse,
    Accounts,
    /// Works for a dealer and sees that dealer's records alone.
    Dealer,
}

const SALES: PermissionSet = PermissionSet::of(&[
    InventoryProductsRead,
    InventoryStockRead,
    SalesDealersRead,
    SalesDealersWrite,
    SalesPricesRead,
    SalesOrdersRead,
    SalesOrdersPlace,
    SalesOrdersApprove,
    SalesOrdersReject,
    SalesOrdersCancel,
    SalesOrdersShortClose,
    WarehouseDeliverWrite,
    BillingInvoicesRead,
    BillingPaymentsRead,
    PlatformNotificationsRead,
    ReportsRead,
]);
const WAREHOUSE: PermissionSet = PermissionSet::of(&[
    InventoryProductsRead,
    InventoryStockRead,
    InventoryMovementsRead,
    InventoryCountsCreate,
    SalesOrdersRead,
    WarehousePicksRead,
    WarehousePicksWrite,
    WarehousePacksWrite,
    WarehouseDispatchWrite,
    WarehouseDeliverWrite,
    BillingInvoicesRead,
]);
const ACCOUNTS: PermissionSet = PermissionSet::of(&[
    InventoryProductsRead,
    SalesDealersRead,
    SalesCreditWrite,
    SalesOrdersRead,
    BillingInvoicesRead,
    BillingNotesCreate,
    BillingPaymentsRead,
    BillingPaymentsWrite,
    BillingGstExport,
    BillingPeriodsClose,
    PlatformNotificationsRead,
    PlatformNotificationsRequeue,
    PlatformAuditRead,
    ReportsRead,
]);
const DEALER: PermissionSet = PermissionSet::of(&[
    InventoryProductsRead,
    SalesPricesRead,
    SalesOrdersRead,
    SalesOrdersPlace,
    SalesOrdersCancel,
    BillingInvoicesRead,
    BillingPaymentsRead,
]);

impl Role {
    pub const ALL: [Role; 5] = [
        Role::Admin,
        Role::Sales,
        Role::Warehouse,
        Role::Accounts,
        Role::Dealer,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "ADMIN",
            Role::Sales => "SALES",
            Role::Warehouse => "WAREHOUSE",
            Role::Accounts => "ACCOUNTS",
            Role::Dealer => "DEALER",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Role::Admin => "Administrator",
            Role::Sales => "Sales",
            Role::Warehouse => "Warehouse",
            Role::Accounts => "Accounts",
            Role::Dealer => "Dealer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn permissions(self) -> PermissionSet {
        match self {
            Role::Admin => PermissionSet::of(&PermissionCode::ALL),
            Role::Sales => SALES,
            Role::Warehouse => WAREHOUSE,
            Role::Accounts => ACCOUNTS,
            Role::Dealer => DEALER,
        }
    }
}

impl Role {
    /// What a role that grew from this one can be given at most: a dealer's people never get what only staff have.
    pub fn ceiling(self) -> PermissionSet {
        match self {
            Role::Dealer => DEALER,
            _ => Role::Admin.permissions(),
        }
    }
}

/// What nobody has who works at some locations alone, because it is about the whole house: its books, what was told elsewhere
/// or written down of everybody, its settings and its roles, which hold for people everywhere.
const WHOLE_HOUSE: PermissionSet = PermissionSet::of(&[
    BillingGstExport,
    BillingPeriodsClose,
    PlatformAuditRead,
    PlatformRolesWrite,
    PlatformSettingsWrite,
    PlatformWebhooksManage,
    PlatformJobsRead,
    PlatformJobsRetry,
]);

/// What a membership gives: a built-in role, or one that the tenant made from it, at every location or at some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    role: Role,
    name: Option<String>,
    permissions: PermissionSet,
    approval_limit: Option<Money>,
    locations: LocationScope,
    /// What the role gives and the place leaves out.
    withheld: PermissionSet,
}

impl Grant {
    pub fn built_in(role: Role) -> Self {
        Grant {
            role,
            name: None,
            permissions: role.permissions(),
            approval_limit: None,
            locations: LocationScope::All,
            withheld: PermissionSet::EMPTY,
        }
    }

    /// A role of the tenant's own. It gives no more than its base can, whatever its row says.
    pub fn own(
        base: Role,
        name: String,
        permissions: PermissionSet,
        approval_limit: Option<Money>,
    ) -> Self {
        Grant {
            role: base,
            name: Some(name),
            permissions: permissions.intersection(base.ceiling()),
            approval_limit,
            locations: LocationScope::All,
            withheld: PermissionSet::EMPTY,
        }
    }

    /// The same role at these locations. What is about the whole house does not go with some of them.
    #[must_use]
    pub fn at(mut self, locations: LocationScope) -> Self {
        if locations != LocationScope::All {
            self.withheld = self.permissions.intersection(WHOLE_HOUSE);
            self.permissions = self.permissions.without(WHOLE_HOUSE);
        }
        self.locations = locations;
        self
    }

    /// Whether the place, and not the role, leaves a permission out.
    pub(super) fn is_kept_from(&self, code: PermissionCode) -> bool {
        self.withheld.contains(code)
    }

    /// What somebody may do who may only look.
    pub(super) fn reading_only(mut self) -> Self {
        self.permissions = self.permissions.reading_only();
        self
    }

    /// What stays of it for a program that is given no more than these.
    pub(crate) fn within(mut self, scopes: PermissionSet) -> Self {
        self.permissions = self.permissions.intersection(scopes);
        self
    }

    /// The built-in role, or the one that the tenant's own grew from.
    pub fn role(&self) -> Role {
        self.role
    }

    /// As people call it.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(self.role.label())
    }

    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }

    /// Where it counts.
    pub fn locations(&self) -> &LocationScope {
        &self.locations
    }

    /// Orders up to this total may be approved; `None` for any.
    pub fn approval_limit(&self) -> Option<Money> {
        self.approval_limit
    }

    /// Whether nothing of the other goes further: neither what may be done, nor how much may be approved, nor where.
    pub fn covers(&self, other: &Grant) -> bool {
        other.permissions.without(self.permissions).is_empty()
            && self.covers_limit(other.permissions, other.approval_limit)
            && self.locations.covers(&other.locations)
    }

    /// Whether a limit is no higher. It counts where orders may be approved at all.
    pub(crate) fn covers_limit(&self, permissions: PermissionSet, limit: Option<Money>) -> bool {
        let Some(own) = self.approval_limit else {
            return true;
        };
        !permissions.contains(SalesOrdersApprove) || limit.is_some_and(|limit| limit <= own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_held_by_some_role() {
        for code in PermissionCode::ALL {
            assert!(
                Role::ALL
                    .iter()
                    .any(|role| role.permissions().contains(code)),
                "{}",
                code.as_str()
            );
        }
    }

    #[test]
    fn accounts_cannot_move_an_order_and_dealers_cannot_approve() {
        for code in [
            SalesOrdersApprove,
            SalesOrdersReject,
            SalesOrdersCancel,
            WarehousePicksWrite,
            WarehouseDispatchWrite,
        ] {
            assert!(
                !Role::Accounts.permissions().contains(code),
                "{}",
                code.as_str()
            );
        }
        assert!(!Role::Dealer.permissions().contains(SalesOrdersApprove));
    }

    #[test]
    fn a_role_at_some_locations_loses_what_is_about_the_whole_house_and_nothing_else() {
        let some = LocationScope::of(vec![vitaran_kernel::LocationId::generate()]);
        let (everywhere, there) = (
            Grant::built_in(Role::Accounts),
            Grant::built_in(Role::Accounts).at(some),
        );
        let lost = everywhere.permissions().without(there.permissions());
        let lost: Vec<&str> = lost.codes().map(PermissionCode::as_str).collect();
        assert_eq!(
            lost,
            [
                "billing.gst.export",
                "billing.periods.close",
                "platform.audit.read"
            ]
        );
    }

    #[test]
    fn a_grant_covers_what_goes_no_further_in_rights_limit_and_place() {
        let here = LocationScope::of(vec![vitaran_kernel::LocationId::generate()]);
        let sales = Grant::built_in(Role::Sales);
        let limited = |rupees: i64| {
            let limit = Some(Money::from_rupees(rupees));
            Grant::own(Role::Sales, "Juniors".to_owned(), SALES, limit)
        };
        for (wide, narrow, covers) in [
            (&Grant::built_in(Role::Admin), &sales, true),
            (&sales, &Grant::built_in(Role::Admin), false),
            (&sales, &limited(500), true),
            (&limited(500), &limited(500), true),
            (&limited(500), &limited(501), false),
            (&limited(500), &sales, false),
            (&limited(500), &Grant::built_in(Role::Dealer), true),
            (&sales, &sales.clone().at(here.clone()), true),
            (&sales.clone().at(here), &sales, false),
        ] {
            assert_eq!(wide.covers(narrow), covers, "{wide:?} {narrow:?}");
        }
    }

    #[test]
    fn looking_only_keeps_reads_and_nothing_else() {
        let looking = Role::Admin.permissions().reading_only();
        assert!(looking.contains(SalesOrdersRead) && looking.contains(ReportsRead));
        assert!(looking.codes().all(|code| code.as_str().ends_with(".read")));
    }
}
