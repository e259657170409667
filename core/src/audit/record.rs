//! Writing a row of the audit log, in the transaction of the change it tells of.

use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vitaran_kernel::{AuditId, TenantId, UserId};

use crate::db::{DbError, PlatformTx, Statement, TenantTx};

/// What a row says; its transaction and request are filled in by the database.
pub(crate) const RECORD_COLUMNS: &str =
    "tenant_id, id, at, by_user, by_name, on_behalf_of, action, object_kind, object_id, detail";

/// What a change did to its object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    before: Value,
    after: Value,
}

impl Change {
    pub(crate) fn created<T: Serialize>(after: &T) -> Self {
        Change {
            before: Value::Null,
            after: value(after),
        }
    }

    pub(crate) fn removed<T: Serialize>(before: &T) -> Self {
        Change {
            before: value(before),
            after: Value::Null,
        }
    }

    /// Keeps of two objects only the members that differ: what somebody looking for a change wants.
    pub(crate) fn updated<T: Serialize>(before: &T, after: &T) -> Self {
        match (value(before), value(after)) {
            (Value::Object(before), Value::Object(after)) => {
                let changed = |one: &Map<String, Value>, other: &Map<String, Value>| {
                    let differs =
                        |(name, value): &(&String, &Value)| other.get(*name) != Some(*value);
                    Value::Object(
                        one.iter()
                            .filter(differs)
                            .map(|(n, v)| (n.clone(), v.clone()))
                            .collect(),
                    )
                };
                Change {
                    before: changed(&before, &after),
                    after: changed(&after, &before),
                }
            }
            (before, after) => Change { before, after },
        }
    }
}

/// Our records are structs of strings, numbers and lists, which always serialise.
fn value<T: Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or(Value::Null)
}

/// Writes the row. `action` is the action's name (`catalog.product.update`), `object_kind` the
/// noun of the thing. The actor is the transaction's; on a support visit the platform admin stands
/// in `by_name` and, by e-mail address, in `on_behalf_of`; a key stands there by its name, with its
/// maker in `on_behalf_of`, which is empty for everybody else.
pub(crate) async fn record(
    tx: &mut TenantTx,
    action: &str,
    object_kind: &str,
    object_id: Option<Uuid>,
    change: Change,
) -> Result<(), DbError> {
    let actor = tx.actor().clone();
    let Change { before, after } = change;
    Statement::new(format!(
        "INSERT INTO audit_log ({RECORD_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(AuditId::generate().as_uuid())
    .bind(tx.now())
    .bind(actor.user_id().map(|id| id.as_uuid()))
    .bind(actor.name())
    .bind(actor.behind())
    .bind(action)
    .bind(object_kind)
    .bind(object_id)
    .bind(json!({ "before": before, "after": after }))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Who makes a change outside a tenant's own transactions.
pub(crate) struct Author<'a> {
    pub(crate) user: Option<UserId>,
    pub(crate) name: &'a str,
    /// As in [`record`].
    pub(crate) on_behalf_of: Option<&'a str>,
}

/// As [`record`] in a transaction that has entered the tenant; the object is its noun and its id.
pub(crate) async fn record_in(
    tx: &mut PlatformTx,
    tenant: TenantId,
    by: &Author<'_>,
    action: &str,
    (object_kind, object_id): (&str, Uuid),
    change: Change,
) -> Result<(), DbError> {
    let Change { before, after } = change;
    let row = json!({
        "tenant_id": tenant, "id": AuditId::generate(), "at": tx.now(), "by_user": by.user, "by_name": by.name,
        "on_behalf_of": by.on_behalf_of, "action": action, "object_kind": object_kind, "object_id": object_id,
        "detail": { "before": before, "after": after },
    });
    Statement::new(format!(
        "INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_record(NULL::audit_log, $1)",
    ))
    .bind(row)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_tells_the_members_that_differ_and_no_others() {
        let change = Change::updated(
            &json!({"name": "a", "rate": 1, "gone": 2}),
            &json!({"name": "b", "rate": 1}),
        );
        assert_eq!(change.before, json!({"name": "a", "gone": 2}));
        assert_eq!(change.after, json!({"name": "b"}));
    }

    #[test]
    fn a_creation_has_nothing_before() {
        assert_eq!(Change::created(&json!({"x": 1})).before, Value::Null);
    }
}
