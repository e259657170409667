//! Where a change comes from: the request behind it, and the session or token by which that came.
//!
//! It travels beside the work, in the task, so that no action has to hand it on. A transaction that may write tells it to
//! the trail, and a job that is enqueued carries the request's id to the worker.

use std::sync::OnceLock;

use uuid::Uuid;

use crate::access::Actor;

tokio::task_local! {
    static CURRENT: Origin;
}

struct Origin {
    request: Uuid,
    via: OnceLock<String>,
}

/// Hexadecimal digits of a credential's hash that tell it from others and open nothing.
const DIGITS: usize = 12;
/// Characters kept of the name of a job or command.
const NAME: usize = 60;

/// Runs work as part of a request.
pub async fn within<F: Future>(request: Uuid, work: F) -> F::Output {
    let origin = Origin {
        request,
        via: OnceLock::new(),
    };
    CURRENT.scope(origin, work).await
}

/// The request this task works on.
#[must_use]
pub fn request() -> Option<Uuid> {
    CURRENT.try_with(|origin| origin.request).ok()
}

/// Notes the credential the request came with; the first one stands. `kind` is a word such as `session`.
pub(crate) fn came_by(kind: &str, hash: &[u8]) {
    let digits = hex::encode(hash).chars().take(DIGITS).collect::<String>();
    // Outside a request there is nobody to tell.
    let _ = CURRENT.try_with(|origin| origin.via.set(format!("{kind} {digits}")));
}

/// The setting the trail's triggers read: request, support visit and credential between bars. It holds ids and names of
/// ours alone, and of those only letters, digits and what stands between them.
pub(super) fn setting(actor: Option<&Actor>) -> String {
    let request = request().map(|id| id.to_string()).unwrap_or_default();
    let visit = actor.and_then(Actor::impersonation);
    let visit = visit.map(|visit| visit.id.to_string()).unwrap_or_default();
    let via = match actor {
        // A job or a command goes by its name.
        Some(actor) if actor.user_id().is_none() => actor.name().to_owned(),
        _ => CURRENT
            .try_with(|origin| origin.via.get().cloned())
            .ok()
            .flatten()
            .unwrap_or_default(),
    };
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || " -_.:".contains(*letter);
    let via: String = via.chars().filter(is_plain).take(NAME).collect();
    format!("{request}|{visit}|{via}")
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::TenantId;

    use super::*;

    #[tokio::test]
    async fn a_request_names_itself_and_the_first_credential_it_came_with() {
        let request = Uuid::now_v7();
        within(request, async {
            came_by("session", &[0xab; 32]);
            came_by("token", &[0xcd; 32]);
            assert_eq!(setting(None), format!("{request}||session abababababab"));
        })
        .await;
        assert_eq!(setting(None), "||");
    }

    #[test]
    fn a_name_cannot_end_the_setting_it_stands_in() {
        let actor = Actor::system(TenantId::generate(), "it's'; DROP TABLE x|y");
        assert_eq!(setting(Some(&actor)), "||its DROP TABLE xy");
    }
}
