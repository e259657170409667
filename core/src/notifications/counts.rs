//! How many messages stand where somebody should look.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl as _;

use super::NotificationStatus;
use crate::access::{Allowed, PlatformNotificationsRead};
use crate::db::{Count, DbError, TenantTx, count_each};

/// Messages by status, each counted to [`Count::BESIDE_A_NAME`].
#[derive(Debug, Clone, Default)]
pub struct NotificationCounts(Vec<(NotificationStatus, Count)>);

impl NotificationCounts {
    /// What is under way, and what did not arrive. Those that did are many, and nobody waits for them.
    pub const COUNTED: [NotificationStatus; 3] = [
        NotificationStatus::Pending,
        NotificationStatus::Failed,
        NotificationStatus::Skipped,
    ];

    /// `None` for a status that is not counted.
    pub fn of(&self, status: NotificationStatus) -> Option<Count> {
        let found = self.0.iter().find(|(counted, _)| *counted == status);
        found.map(|(_, count)| *count)
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    status: NotificationStatus,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Counts the messages that are under way or did not arrive.
pub async fn count_by_status(
    tx: &TenantTx,
    _by: &Allowed<PlatformNotificationsRead>,
) -> Result<NotificationCounts, DbError> {
    let statuses = NotificationCounts::COUNTED.map(NotificationStatus::as_str);
    let rows: Vec<CountRow> = count_each("notification_logs", statuses)
        .bind(tx.tenant().as_uuid())
        .bind(Count::BESIDE_A_NAME + 1)
        .load(&mut tx.reader())
        .await?;
    let counts = rows.into_iter().map(|row| {
        let count = Count::up_to(Count::BESIDE_A_NAME, row.count);
        (row.status, count)
    });
    Ok(NotificationCounts(counts.collect()))
}
