//! How many messages stand where somebody should look.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl as _;

use super::NotificationStatus;
use crate::access::{Allowed, PlatformNotificationsRead};
use crate::db::{DbError, Statement, TenantTx};

/// Messages by status, each counted to [`NotificationCounts::MOST`].
#[derive(Debug, Clone, Default)]
pub struct NotificationCounts(Vec<(NotificationStatus, i64)>);

impl NotificationCounts {
    /// Beyond this the number says no more, and counting on would cost the page.
    pub const MOST: i64 = 999;

    /// What is under way, and what did not arrive. Those that did are many, and nobody waits for them.
    pub const COUNTED: [NotificationStatus; 3] = [
        NotificationStatus::Pending,
        NotificationStatus::Failed,
        NotificationStatus::Skipped,
    ];

    /// `None` for a status that is not counted.
    pub fn of(&self, status: NotificationStatus) -> Option<i64> {
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
    let statuses: Vec<String> = NotificationCounts::COUNTED
        .iter()
        .map(|status| status.as_str().to_owned())
        .collect();
    let rows: Vec<CountRow> = Statement::new(
        "SELECT s.status, (SELECT count(*) FROM (SELECT FROM notification_logs n WHERE n.tenant_id = $1 AND n.status = s.status LIMIT $3) x) AS count \
         FROM unnest($2::text[]) AS s (status)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(statuses)
    .bind(NotificationCounts::MOST)
    .load(&mut tx.reader())
    .await?;
    let counts = rows.into_iter().map(|row| (row.status, row.count));
    Ok(NotificationCounts(counts.collect()))
}
