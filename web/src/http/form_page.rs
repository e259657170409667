//! Pages with one form: fresh, or refused with everything typed kept. A partial request gets the form alone.

use maud::{Markup, html};
use poem::Response;
use poem::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use vitaran_core::access::{Allowed, Permission};
use vitaran_core::db::TenantTx;
use vitaran_core::idempotency::IdempotencyKey;

use super::form::Submitted;
use super::problem::Refusal;
use super::problem_page::field_errors;
use crate::hx;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::Tone;
use crate::ui::flash::{self, Flash};
use crate::ui::form::{self, FieldError, IDEMPOTENCY_KEY, error_summary, hidden};

/// How a form stands: never sent, or refused.
#[derive(Debug, Clone)]
pub struct Attempt {
    status: StatusCode,
    /// Of fields, and with an empty name of the form as a whole.
    pub errors: Vec<FieldError>,
    /// What somebody else has changed meanwhile, in a sentence each.
    changes: Vec<String>,
    key: String,
}

impl Attempt {
    #[must_use]
    pub fn fresh() -> Self {
        Attempt {
            status: StatusCode::OK,
            errors: Vec::new(),
            changes: Vec::new(),
            key: IdempotencyKey::generate().as_str().to_owned(),
        }
    }

    /// Sent by a button that does not finish it: shown again as it stands, under the same key.
    #[must_use]
    pub fn again<T>(sent: &Submitted<T>) -> Self {
        Attempt {
            key: sent.idempotency_key.clone(),
            ..Self::fresh()
        }
    }

    /// A refusal that the form can show: faults of the input, a state or version that has changed. Every other refusal
    /// comes back as it is.
    pub fn refused<T>(refusal: Refusal, sent: &Submitted<T>) -> Result<Self, Refusal> {
        let errors = match refusal.status.as_u16() {
            409 | 412 | 422 if refusal.faults.is_empty() => {
                vec![FieldError::new("", refusal.detail)]
            }
            409 | 412 | 422 => field_errors(&refusal.faults),
            _ => return Err(refusal),
        };
        Ok(Attempt {
            status: refusal.status,
            errors,
            changes: Vec::new(),
            key: sent.idempotency_key.clone(),
        })
    }

    /// Somebody else was faster: the form says what is different now, and its next version is the new one.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.status == StatusCode::PRECONDITION_FAILED
    }

    /// Notes where the record is not what was typed. `say` names a field and its present value for people, or leaves it out.
    pub fn compare<F: Serialize>(
        &mut self,
        present: &F,
        typed: &F,
        say: impl Fn(&str, &str) -> Option<String>,
    ) {
        if !self.is_stale() {
            return;
        }
        let (present, typed) = (fields(present), fields(typed));
        let differing = present
            .iter()
            .filter(|(name, value)| typed.get(*name) != Some(*value));
        self.changes = differing
            .filter_map(|(name, value)| say(name, value.as_str().unwrap_or_default()))
            .collect();
    }

    /// The summary of what is wrong, at the top of the form.
    #[must_use]
    pub fn summary(&self) -> Markup {
        self.summary_within("")
    }

    /// As [`Attempt::summary`] for fields whose ids have a prefix.
    #[must_use]
    pub fn summary_within(&self, prefix: &str) -> Markup {
        if !self.is_stale() {
            return if prefix.is_empty() {
                error_summary(&self.errors)
            } else {
                form::error_summary_within(prefix, &self.errors)
            };
        }
        html! {
            div.error-summary role="alert" tabindex="-1" autofocus {
                h2 { "Changed meanwhile" }
                @for error in &self.errors { p { (error.message) "." } }
                @if !self.changes.is_empty() { ul { @for change in &self.changes { li { (change) } } } }
                p { "What you typed is below. Save again to keep it." }
            }
        }
    }

    /// The hidden key of a form that makes something.
    #[must_use]
    pub fn key(&self) -> Markup {
        hidden(IDEMPOTENCY_KEY, &self.key)
    }

    /// The page around the form, or the form alone.
    #[must_use]
    pub fn answer(
        &self,
        shell: &Shell,
        title: &str,
        form: Markup,
        page: impl FnOnce(Markup) -> Markup,
    ) -> Response {
        if shell.wants_fragment() {
            return shell.fragment(self.status, form);
        }
        let draft = shell.page(title);
        let draft = match self.status {
            StatusCode::OK => draft,
            status => draft.refused().status(status),
        };
        draft.render(page(form))
    }
}

fn fields<F: Serialize>(form: &F) -> serde_json::Map<String, Value> {
    match serde_json::to_value(form) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

/// One action in a transaction of its own: all of it becomes true, or nothing.
pub async fn in_transaction<P: Permission, T, E>(
    state: &AppState,
    by: &Allowed<P>,
    action: impl AsyncFnOnce(&mut TenantTx) -> Result<T, E>,
) -> Result<T, Refusal>
where
    Refusal: From<E>,
{
    let mut tx = state.db.begin(by).await?;
    let done = action(&mut tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// After a verb of a list or a page: back to it with a message; a refusal that people can act on is the message.
pub fn after<T>(
    shell: &Shell,
    result: Result<T, Refusal>,
    path: &str,
    done: impl FnOnce(&T) -> String,
) -> Result<Response, Refusal> {
    let message = match result {
        Ok(value) => Flash::good(done(&value)),
        Err(refusal) if matches!(refusal.status.as_u16(), 409 | 412 | 422) => {
            if shell.wants_fragment() {
                let message = flash::message(&Flash::bad(refusal.detail));
                return Ok(hx::fail_into_flash(refusal.status, message));
            }
            Flash::new(Tone::Bad, refusal.detail)
        }
        Err(refusal) => return Err(refusal),
    };
    Ok(shell.go_to(path, Some(&message)))
}

/// An id in an address; one that is none is as unknown as any other.
pub fn id_of<I, E>(text: &str, parse: impl FnOnce(&str) -> Result<I, E>) -> Result<I, Refusal> {
    parse(text).map_err(|_| Refusal::not_found())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stale() -> Attempt {
        Attempt {
            status: StatusCode::PRECONDITION_FAILED,
            errors: vec![FieldError::new("", "Somebody was faster")],
            changes: Vec::new(),
            key: String::new(),
        }
    }

    #[test]
    fn a_stale_form_says_what_is_different_now_and_nothing_else() {
        let mut attempt = stale();
        let (present, typed) = (
            json!({"name": "A", "sku": "X"}),
            json!({"name": "B", "sku": "X"}),
        );
        attempt.compare(&present, &typed, |name, value| {
            Some(format!("{name} is {value}"))
        });
        assert_eq!(attempt.changes, ["name is A"]);
        assert!(attempt.summary().into_string().contains("name is A"));
    }
}
