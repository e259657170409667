//! `/admin/second-factor`: which roles must have a second factor.

use poem::handler;
use poem::web::Data;
use vitaran_core::access::{Actor, Allowed, PlatformSettingsWrite, PlatformUsersRead};
use vitaran_core::identity::second_factor::{self, RulesForm, SecondFactorRules};
use vitaran_core::roles::{self, RoleRecord};

use super::views;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::Attempt;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/admin/second-factor";
pub const TITLE: &str = "Second factor";

/// The rules, and the tenant's own roles to choose from.
async fn load(
    state: &AppState,
    actor: &Actor,
) -> Result<(SecondFactorRules, Vec<RoleRecord>), Refusal> {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let reads = actor.allow::<PlatformUsersRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let rules = second_factor::load_rules(&mut tx, &by).await?;
    let own = roles::list(&tx, &reads).await?;
    tx.commit().await?;
    Ok((rules, own))
}

fn form_of(rules: &SecondFactorRules) -> RulesForm {
    let ids = rules.role_ids.iter();
    RulesForm {
        roles: rules
            .roles
            .iter()
            .map(|role| role.as_str().to_owned())
            .collect(),
        role_ids: ids.map(ToString::to_string).collect(),
    }
}

/// `GET /admin/second-factor`
#[handler]
pub async fn show(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let (rules, own) = load(&state, &actor).await?;
    let attempt = Attempt::fresh();
    let form = views::rules_form(&form_of(&rules), &own, rules.version, &attempt);
    Ok(attempt.answer(&shell, TITLE, form, |form| views::rules(&form)))
}

/// `POST /admin/second-factor`
#[handler]
pub async fn submit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    sent: Submitted<RulesForm>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let _reads = actor.allow::<PlatformUsersRead>()?;
    let refusal = match set(&state, &by, &sent).await {
        Ok(_) => {
            let message = Flash::good("Saved. It counts from now on");
            return Ok(shell.go_to(PATH, Some(&message)));
        }
        Err(refusal) => refusal,
    };
    let mut attempt = Attempt::refused(refusal, &sent)?;
    let (rules, own) = load(&state, &actor).await?;
    attempt.compare(&form_of(&rules), &sent.form, |name, _| match name {
        "roles" | "role_ids" => Some("Other roles must have one now".to_owned()),
        _ => None,
    });
    let form = views::rules_form(&sent.form, &own, rules.version, &attempt);
    Ok(attempt.answer(&shell, TITLE, form, |form| views::rules(&form)))
}

async fn set(
    state: &AppState,
    by: &Allowed<PlatformSettingsWrite>,
    sent: &Submitted<RulesForm>,
) -> Result<SecondFactorRules, Refusal> {
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let rules = second_factor::set_rules(&mut tx, by, version, input).await?;
    tx.commit().await?;
    Ok(rules)
}
