//! The order's states, and the one table that says who may move an order where.
//!
//! The buttons, the API's `allowed_actions`, the diagram in ARCHITECTURE.md and the permission matrix are printed from
//! [`TABLE`], and only a [`Step`] taken from it can change a status.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;

use crate::access::{Actor, DealerScope, PermissionCode};
use crate::problem::{Kind, Problem};

/// Where an order stands. Stored and sent as UPPER_SNAKE text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub enum Status {
    Placed,
    Approved,
    Rejected,
    Cancelled,
    Picking,
    Packed,
    Dispatched,
    Delivered,
}

impl Status {
    pub const ALL: [Status; 8] = [
        Status::Placed,
        Status::Approved,
        Status::Picking,
        Status::Packed,
        Status::Dispatched,
        Status::Delivered,
        Status::Rejected,
        Status::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Placed => "PLACED",
            Status::Approved => "APPROVED",
            Status::Rejected => "REJECTED",
            Status::Cancelled => "CANCELLED",
            Status::Picking => "PICKING",
            Status::Packed => "PACKED",
            Status::Dispatched => "DISPATCHED",
            Status::Delivered => "DELIVERED",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Status::Placed => "Placed",
            Status::Approved => "Approved",
            Status::Rejected => "Rejected",
            Status::Cancelled => "Cancelled",
            Status::Picking => "Picking",
            Status::Packed => "Packed",
            Status::Dispatched => "Dispatched",
            Status::Delivered => "Delivered",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// No verb leads out of it.
    pub fn is_terminal(self) -> bool {
        !TABLE.iter().any(|row| row.from == self)
    }
}

impl FromSql<Text, Pg> for Status {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let text = std::str::from_utf8(bytes.as_bytes())?;
        Status::parse(text).ok_or_else(|| format!("unknown order status {text}").into())
    }
}

impl serde::Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What can be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    Approve,
    Reject,
    Cancel,
    StartPicking,
    Pack,
    Dispatch,
    Deliver,
}

impl Verb {
    pub const ALL: [Verb; 7] = [
        Verb::Approve,
        Verb::Reject,
        Verb::Cancel,
        Verb::StartPicking,
        Verb::Pack,
        Verb::Dispatch,
        Verb::Deliver,
    ];

    /// The word in `allowed_actions`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Approve => "approve",
            Verb::Reject => "reject",
            Verb::Cancel => "cancel",
            Verb::StartPicking => "start_picking",
            Verb::Pack => "pack",
            Verb::Dispatch => "dispatch",
            Verb::Deliver => "deliver",
        }
    }

    /// The resource a POST goes to: `/orders/{id}/approval`.
    pub const fn noun(self) -> &'static str {
        match self {
            Verb::Approve => "approval",
            Verb::Reject => "rejection",
            Verb::Cancel => "cancellation",
            Verb::StartPicking => "picking",
            Verb::Pack => "packing",
            Verb::Dispatch => "dispatch",
            Verb::Deliver => "delivery",
        }
    }

    /// What the button says.
    pub const fn label(self) -> &'static str {
        match self {
            Verb::Approve => "Approve",
            Verb::Reject => "Reject",
            Verb::Cancel => "Cancel order",
            Verb::StartPicking => "Start picking",
            Verb::Pack => "Pack",
            Verb::Dispatch => "Dispatch",
            Verb::Deliver => "Mark delivered",
        }
    }
}

/// Whose people may take a step, besides holding the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Staff,
    StaffOrOwnDealer,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    pub from: Status,
    pub verb: Verb,
    pub to: Status,
    pub permission: PermissionCode,
    pub who: Who,
}

const fn row(
    from: Status,
    verb: Verb,
    to: Status,
    permission: PermissionCode,
    who: Who,
) -> Transition {
    Transition {
        from,
        verb,
        to,
        permission,
        who,
    }
}

/// Requirements 000-38 to 000-45, and one row from real life: an order that is being picked can be cancelled by staff.
/// An order comes to be as PLACED (000-37).
pub const TABLE: [Transition; 9] = [
    row(
        Status::Placed,
        Verb::Approve,
        Status::Approved,
        PermissionCode::SalesOrdersApprove,
        Who::Staff,
    ),
    row(
        Status::Placed,
        Verb::Reject,
        Status::Rejected,
        PermissionCode::SalesOrdersReject,
        Who::Staff,
    ),
    row(
        Status::Placed,
        Verb::Cancel,
        Status::Cancelled,
        PermissionCode::SalesOrdersCancel,
        Who::StaffOrOwnDealer,
    ),
    row(
        Status::Approved,
        Verb::StartPicking,
        Status::Picking,
        PermissionCode::WarehousePicksWrite,
        Who::Staff,
    ),
    row(
        Status::Approved,
        Verb::Cancel,
        Status::Cancelled,
        PermissionCode::SalesOrdersCancel,
        Who::Staff,
    ),
    row(
        Status::Picking,
        Verb::Pack,
        Status::Packed,
        PermissionCode::WarehousePacksWrite,
        Who::Staff,
    ),
    row(
        Status::Picking,
        Verb::Cancel,
        Status::Cancelled,
        PermissionCode::SalesOrdersCancel,
        Who::Staff,
    ),
    row(
        Status::Packed,
        Verb::Dispatch,
        Status::Dispatched,
        PermissionCode::WarehouseDispatchWrite,
        Who::Staff,
    ),
    row(
        Status::Dispatched,
        Verb::Deliver,
        Status::Delivered,
        PermissionCode::WarehouseDeliverWrite,
        Who::Staff,
    ),
];

impl Transition {
    fn is_open_to(&self, scope: DealerScope) -> bool {
        self.who == Who::StaffOrOwnDealer || scope == DealerScope::All
    }
}

/// A step the table allows. Nothing else changes a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    from: Status,
    to: Status,
}

impl Step {
    pub fn from(self) -> Status {
        self.from
    }

    pub fn to(self) -> Status {
        self.to
    }
}

/// The order is not in a state for this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("This order is {}, so it cannot be {}", now(*.status), past(*.verb))]
pub struct IllegalStep {
    pub status: Status,
    pub verb: Verb,
    /// What this actor could do instead.
    pub allowed: Vec<Verb>,
}

pub(super) fn now(status: Status) -> &'static str {
    match status {
        Status::Placed => "waiting for approval",
        Status::Approved => "approved",
        Status::Rejected => "rejected",
        Status::Cancelled => "cancelled",
        Status::Picking => "being picked",
        Status::Packed => "packed",
        Status::Dispatched => "dispatched",
        Status::Delivered => "delivered",
    }
}

fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Cancel => "cancelled",
        Verb::StartPicking => "picked",
        Verb::Pack => "packed",
        Verb::Dispatch => "dispatched",
        Verb::Deliver => "marked delivered",
    }
}

impl Problem for IllegalStep {
    fn kind(&self) -> Kind {
        Kind::Conflict
    }

    fn code(&self) -> &'static str {
        "orders.wrong_state"
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        state_facts(self.status, &self.allowed)
    }
}

/// What every refusal for an order's status tells programs.
pub(super) fn state_facts(
    status: Status,
    allowed: &[Verb],
) -> serde_json::Map<String, serde_json::Value> {
    let allowed: Vec<&str> = allowed.iter().map(|verb| verb.as_str()).collect();
    serde_json::Map::from_iter([
        ("order_status".to_owned(), status.as_str().into()),
        ("allowed_actions".to_owned(), allowed.into()),
    ])
}

/// A change to an order that is no step of the machine, in a status that does not take it.
#[derive(Debug, thiserror::Error)]
#[error("{rule}; this one is {}", now(*status))]
pub struct WrongState {
    status: Status,
    /// When it is taken, as the beginning of a sentence.
    rule: &'static str,
    allowed: Vec<Verb>,
}

impl WrongState {
    pub(crate) fn new(rule: &'static str, status: Status, actor: &Actor) -> Self {
        WrongState {
            status,
            rule,
            allowed: verbs_for(status, actor),
        }
    }
}

impl Problem for WrongState {
    fn kind(&self) -> Kind {
        Kind::Conflict
    }

    fn code(&self) -> &'static str {
        "orders.wrong_state"
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        state_facts(self.status, &self.allowed)
    }
}

/// The step of a verb from a status, for this actor.
pub fn step(from: Status, verb: Verb, actor: &Actor) -> Result<Step, IllegalStep> {
    TABLE
        .iter()
        .find(|row| row.from == from && row.verb == verb && row.is_open_to(actor.scope()))
        .map(|row| Step {
            from: row.from,
            to: row.to,
        })
        .ok_or_else(|| IllegalStep {
            status: from,
            verb,
            allowed: verbs_for(from, actor),
        })
}

/// What this actor may do to an order in this status, in the table's order.
pub fn verbs_for(status: Status, actor: &Actor) -> Vec<Verb> {
    TABLE
        .iter()
        .filter(|row| {
            row.from == status && row.is_open_to(actor.scope()) && actor.has(row.permission)
        })
        .map(|row| row.verb)
        .collect()
}

/// The table as a Mermaid diagram, for ARCHITECTURE.md.
pub fn mermaid() -> String {
    let mut lines = vec![
        "stateDiagram-v2".to_owned(),
        "    [*] --> PLACED: place".to_owned(),
    ];
    lines.extend(TABLE.iter().map(|row| {
        format!(
            "    {} --> {}: {}",
            row.from.as_str(),
            row.to.as_str(),
            row.verb.as_str()
        )
    }));
    lines.extend(
        Status::ALL
            .iter()
            .filter(|status| status.is_terminal())
            .map(|status| format!("    {} --> [*]", status.as_str())),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::{DealerId, TenantId, UserId};

    use super::*;
    use crate::access::{Grant, Role, TenantRef};

    fn actor(role: Role) -> Actor {
        let tenant = TenantRef {
            id: TenantId::generate(),
            slug: "volt".to_owned(),
            name: "Volt".to_owned(),
        };
        let dealer = (role == Role::Dealer).then(DealerId::generate);
        Actor::member(
            UserId::generate(),
            "A".to_owned(),
            String::new(),
            tenant,
            Grant::built_in(role),
            dealer,
        )
    }

    /// Requirements 000-37…45 as they are written down, to hold the table against.
    #[test]
    fn each_role_may_do_exactly_what_the_requirements_say() {
        use Status::*;
        use Verb::*;
        type Rows = &'static [(Status, &'static [Verb])];
        let table: [(Role, Rows); 5] = [
            (
                Role::Admin,
                &[
                    (Placed, &[Approve, Reject, Cancel]),
                    (Approved, &[StartPicking, Cancel]),
                    (Picking, &[Pack, Cancel]),
                    (Packed, &[Dispatch]),
                    (Dispatched, &[Deliver]),
                ],
            ),
            (
                Role::Sales,
                &[
                    (Placed, &[Approve, Reject, Cancel]),
                    (Approved, &[Cancel]),
                    (Picking, &[Cancel]),
                    (Dispatched, &[Deliver]),
                ],
            ),
            (
                Role::Warehouse,
                &[
                    (Approved, &[StartPicking]),
                    (Picking, &[Pack]),
                    (Packed, &[Dispatch]),
                    (Dispatched, &[Deliver]),
                ],
            ),
            (Role::Accounts, &[]),
            (Role::Dealer, &[(Placed, &[Cancel])]),
        ];
        for (role, rows) in table {
            let actor = actor(role);
            for status in Status::ALL {
                let expected = rows
                    .iter()
                    .find(|(s, _)| *s == status)
                    .map_or(&[][..], |(_, verbs)| verbs);
                assert_eq!(verbs_for(status, &actor), expected, "{role:?} {status:?}");
            }
        }
    }

    #[test]
    fn a_step_and_a_button_never_disagree() {
        for role in Role::ALL {
            let actor = actor(role);
            for status in Status::ALL {
                for verb in Verb::ALL {
                    let offered = verbs_for(status, &actor).contains(&verb);
                    let taken = step(status, verb, &actor).is_ok();
                    assert!(
                        !offered || taken,
                        "{role:?} is offered {verb:?} on {status:?} and refused"
                    );
                }
            }
        }
    }

    #[test]
    fn a_refused_step_names_the_state_and_what_is_possible() {
        let refused = step(Status::Picking, Verb::Approve, &actor(Role::Warehouse)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "This order is being picked, so it cannot be approved"
        );
        assert_eq!(
            serde_json::Value::Object(refused.facts()),
            serde_json::json!({"order_status": "PICKING", "allowed_actions": ["pack"]})
        );
    }

    #[test]
    fn rejected_cancelled_and_delivered_are_the_ends() {
        let ends: Vec<_> = Status::ALL
            .into_iter()
            .filter(|status| status.is_terminal())
            .collect();
        assert_eq!(
            ends,
            [Status::Delivered, Status::Rejected, Status::Cancelled]
        );
    }
}
