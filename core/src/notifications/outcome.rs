//! What a refusal of WhatsApp's means for the message and for others. Pure but for [`Consequence::apply`].
//!
//! | class | the message | others |
//! |---|---|---|
//! | `RETRY` | again after 1, 4, 9, 16 minutes, the fifth failure is the end | throttled accounts: the tenant's other messages wait as long |
//! | `RETRY_RECIPIENT_LATER` | again when the provider says, or as above; 131049 once, after a day | but for 131049: the tenant's other messages to this person wait as long |
//! | `PAUSE_CHANNEL` | again after 15 minutes, not counted | the tenant's account is paused until somebody looks |
//! | `PAUSE_TEMPLATE`, `REQUEST_PERMANENT` | failed; a document the provider cannot read is uploaded once more | |
//! | `RECIPIENT_PERMANENT` | failed | 131050: the consent is withdrawn |
//! | outcome unknown | again, but not within 5 minutes | |
//!
//! "Once" counts refusals with that code since the message was queued, not attempts: what went wrong before for another
//! reason takes nothing from it.

use std::time::Duration;

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::DealerId;

use super::claim::{Ending, MAX_ATTEMPTS};
use crate::db::{DbError, Statement, TenantTx};
use crate::ports::{ErrorClass, Outcome, SendError};

/// The unit of the back-off: after the n-th failure n² of it pass.
pub const BACK_OFF_UNIT: Duration = Duration::from_secs(60);
/// How long a status report may take to tell that a message without an answer went out after all.
pub const UNKNOWN_WAIT: Duration = Duration::from_secs(5 * 60);
/// How long a message of a paused channel waits before it looks again.
pub const PAUSED_WAIT: Duration = Duration::from_secs(15 * 60);
/// "Not delivered to maintain healthy ecosystem engagement": wait a day, try once more.
const ECOSYSTEM_CODE: i64 = 131_049;
const ECOSYSTEM_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// The person has stopped messages from businesses.
const STOPPED_CODE: i64 = 131_050;

/// The pause after the n-th failed attempt.
#[must_use]
pub fn back_off(attempt: i32) -> Duration {
    let n = u32::try_from(attempt).unwrap_or(1).max(1);
    BACK_OFF_UNIT.saturating_mul(n.saturating_mul(n))
}

/// What an ending means beyond its own message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Consequence {
    None,
    /// Nothing of the tenant's goes out until somebody acts.
    PauseChannel(String),
    /// The account is throttled: its other messages wait as well.
    HoldBack(Duration),
    /// The person gets too many at a time: the account's other messages to them wait as well.
    HoldBackRecipient(Duration),
    /// The person does not want messages any more.
    WithdrawConsent,
}

/// What becomes of a message that was refused at this attempt. `earlier` are the codes it was refused with before.
pub(super) fn refused(error: &SendError, attempt: i32, earlier: &[i32]) -> (Ending, Consequence) {
    let code = error.code.and_then(|code| i32::try_from(code).ok());
    let is_repeated = code.is_some_and(|code| earlier.contains(&code));
    let detail = error.detail.clone();
    let again = |after: Duration| {
        if attempt >= MAX_ATTEMPTS {
            Ending::Failed {
                code,
                detail: detail.clone(),
            }
        } else {
            Ending::Again {
                after,
                code,
                detail: detail.clone(),
                is_unknown: false,
            }
        }
    };
    let failed = || Ending::Failed {
        code,
        detail: detail.clone(),
    };
    if error.outcome == Outcome::Unknown {
        return (unknown(attempt, code, &detail), Consequence::None);
    }
    match error.class {
        ErrorClass::Retry => {
            let after = error.retry_after.unwrap_or_default().max(back_off(attempt));
            let others = if error.throttles_account() {
                Consequence::HoldBack(after)
            } else {
                Consequence::None
            };
            (again(after), others)
        }
        ErrorClass::RetryRecipientLater if error.code == Some(ECOSYSTEM_CODE) => {
            let ending = if is_repeated {
                failed()
            } else {
                again(ECOSYSTEM_WAIT)
            };
            (ending, Consequence::None)
        }
        ErrorClass::RetryRecipientLater => {
            let after = error.retry_after.unwrap_or_else(|| back_off(attempt));
            (again(after), Consequence::HoldBackRecipient(after))
        }
        ErrorClass::PauseChannel => (
            Ending::Uncounted {
                after: PAUSED_WAIT,
                code,
                detail: detail.clone(),
            },
            Consequence::PauseChannel(detail),
        ),
        ErrorClass::RequestPermanent if error.wants_new_upload() && !is_repeated => {
            (again(back_off(attempt)), Consequence::None)
        }
        ErrorClass::RecipientPermanent if error.code == Some(STOPPED_CODE) => {
            (failed(), Consequence::WithdrawConsent)
        }
        ErrorClass::PauseTemplate
        | ErrorClass::RecipientPermanent
        | ErrorClass::RequestPermanent => (failed(), Consequence::None),
    }
}

/// What becomes of a message that may have gone out: nobody sends it again before a report had time to come.
pub(super) fn unknown(attempt: i32, code: Option<i32>, detail: &str) -> Ending {
    if attempt >= MAX_ATTEMPTS {
        return Ending::Failed {
            code,
            detail: format!("{detail}; it may have been sent"),
        };
    }
    Ending::Again {
        after: back_off(attempt).max(UNKNOWN_WAIT),
        code,
        detail: detail.to_owned(),
        is_unknown: true,
    }
}

impl Consequence {
    /// `dealer` and `recipient` are those of the message that was refused.
    pub(super) async fn apply(
        &self,
        tx: &mut TenantTx,
        dealer: DealerId,
        recipient: Option<&str>,
    ) -> Result<(), DbError> {
        match (self, recipient) {
            (Consequence::PauseChannel(reason), _) => {
                super::account::pause(tx, reason).await?;
                hold_back(tx, PAUSED_WAIT, None).await
            }
            (Consequence::HoldBack(after), _) => hold_back(tx, *after, None).await,
            (Consequence::HoldBackRecipient(after), Some(phone)) => {
                hold_back(tx, *after, Some(phone)).await
            }
            (Consequence::WithdrawConsent, Some(phone)) => {
                withdraw_consent(tx, dealer, phone).await
            }
            (
                Consequence::None
                | Consequence::HoldBackRecipient(_)
                | Consequence::WithdrawConsent,
                _,
            ) => Ok(()),
        }
    }
}

/// Lets the tenant's other WhatsApp messages wait at least this long: all, or those to one person. Those in somebody's
/// hands, and those that wait for their PDF, are left alone.
async fn hold_back(
    tx: &mut TenantTx,
    after: Duration,
    recipient: Option<&str>,
) -> Result<(), DbError> {
    Statement::new(
        "UPDATE notification_logs n SET next_attempt_at = now() + $2 * interval '1 second' \
         FROM (SELECT id FROM notification_logs WHERE tenant_id = $1 AND channel = 'WHATSAPP' AND status = 'PENDING' \
               AND next_attempt_at < now() + $2 * interval '1 second' AND ($3 IS NULL OR recipient = $3) \
               ORDER BY id FOR UPDATE SKIP LOCKED) others \
         WHERE n.tenant_id = $1 AND n.id = others.id",
    )
    .bind(tx.tenant().as_uuid())
    .bind(i64::try_from(after.as_secs()).unwrap_or(i64::MAX))
    .bind(recipient.map(str::to_owned))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The person behind the number wants no more messages.
async fn withdraw_consent(tx: &mut TenantTx, dealer: DealerId, phone: &str) -> Result<(), DbError> {
    Statement::new(
        "UPDATE dealer_contacts SET whatsapp_opt_in_at = NULL, whatsapp_opt_in_source = NULL \
         WHERE tenant_id = $1 AND dealer_id = $2 AND phone = $3",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(phone)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ErrorClassTable;

    fn error(code: i64) -> SendError {
        SendError {
            class: ErrorClassTable::default().classify(code),
            code: Some(code),
            http_status: Some(400),
            detail: "said the provider".to_owned(),
            retry_after: None,
            outcome: Outcome::NotSent,
        }
    }

    fn minutes(ending: &Ending) -> Option<u64> {
        match ending {
            Ending::Again { after, .. } | Ending::Uncounted { after, .. } => {
                Some(after.as_secs() / 60)
            }
            _ => None,
        }
    }

    #[test]
    fn a_busy_provider_is_asked_again_after_1_4_9_and_16_minutes_and_then_no_more() {
        let waits: Vec<_> = (1..=5)
            .map(|n| minutes(&refused(&error(131_000), n, &[]).0))
            .collect();
        assert_eq!(waits, [Some(1), Some(4), Some(9), Some(16), None]);
        assert!(matches!(
            refused(&error(131_000), 5, &[]).0,
            Ending::Failed { .. }
        ));
    }

    #[test]
    fn every_class_has_its_end() {
        let cases = [
            (2, "again 1"),
            (130_429, "again 1 holding back"),
            (80_007, "again 1 holding back"),
            (999_999, "again 1"),
            (131_056, "again 1 holding back the recipient"),
            (131_049, "again 1440"),
            (190, "uncounted 15 pausing"),
            (131_042, "uncounted 15 pausing"),
            (132_001, "failed"),
            (132_015, "failed"),
            (131_026, "failed"),
            (131_050, "failed withdrawing"),
            (100, "failed"),
            (131_008, "failed"),
            (131_053, "again 1"),
        ];
        for (code, wanted) in cases {
            let (ending, others) = refused(&error(code), 1, &[]);
            let mut said = match (&ending, minutes(&ending)) {
                (Ending::Uncounted { .. }, Some(n)) => format!("uncounted {n}"),
                (_, Some(n)) => format!("again {n}"),
                _ => "failed".to_owned(),
            };
            said += match others {
                Consequence::None => "",
                Consequence::PauseChannel(_) => " pausing",
                Consequence::HoldBack(_) => " holding back",
                Consequence::HoldBackRecipient(_) => " holding back the recipient",
                Consequence::WithdrawConsent => " withdrawing",
            };
            assert_eq!(said, wanted, "{code}");
        }
    }

    #[test]
    fn what_the_provider_asks_for_is_waited() {
        let slow = SendError {
            retry_after: Some(Duration::from_secs(3_600)),
            ..error(131_056)
        };
        assert_eq!(minutes(&refused(&slow, 1, &[]).0), Some(60));
        let busy = SendError {
            retry_after: Some(Duration::from_secs(5)),
            ..error(131_000)
        };
        assert_eq!(minutes(&refused(&busy, 2, &[]).0), Some(4));
    }

    #[test]
    fn a_message_that_may_have_gone_out_is_left_alone_for_five_minutes() {
        let lost = SendError {
            outcome: Outcome::Unknown,
            ..error(131_000)
        };
        assert_eq!(minutes(&refused(&lost, 1, &[]).0), Some(5));
        assert_eq!(minutes(&refused(&lost, 4, &[]).0), Some(16));
        assert!(
            matches!(refused(&lost, 5, &[]).0, Ending::Failed { detail, .. } if detail.contains("may have been sent"))
        );
    }

    #[test]
    fn the_health_of_the_ecosystem_allows_one_more_try_and_a_document_one_new_upload() {
        for (code, wait) in [(131_049, 24 * 60), (131_053, 4)] {
            let after_another = refused(&error(i64::from(code)), 2, &[131_000]).0;
            assert_eq!(minutes(&after_another), Some(wait), "{code}");
            let again = refused(&error(i64::from(code)), 3, &[code, 131_000]).0;
            assert!(matches!(again, Ending::Failed { .. }), "{code}");
        }
    }
}
