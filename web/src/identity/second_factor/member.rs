//! `/admin/users/:id/second-factor/removal`: taking it off somebody who lost the phone.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::PlatformUsersWrite;
use vitaran_core::identity::second_factor;
use vitaran_kernel::UserId;

use crate::auth::PageActor;
use crate::http::form_page::{after, id_of};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::identity::staff_sessions;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};

/// Where an administrator is asked.
pub fn path_of(user: UserId) -> String {
    format!("/admin/users/{user}/second-factor/removal")
}

/// `GET /admin/users/:id/second-factor/removal`
#[handler]
pub async fn ask_removal(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let id = id_of(&id, UserId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let member = second_factor::find_member_second_factor(&mut tx, &by, id).await?;
    tx.commit().await?;
    let title = format!("Reset the second factor of {}?", member.name);
    let text = match member.since {
        Some(_) => {
            "The codes of their app and their recovery codes stop working, and they are told by mail. Make sure that it is they who ask."
        }
        None => "They have no second factor.",
    };
    let asked = Question {
        title: &title,
        text,
        verb: "Reset",
        action: &path_of(id),
        version: 0,
        back: ("Sessions", staff_sessions::PATH),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/users/:id/second-factor/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let id = id_of(&id, UserId::parse)?;
    let result = async {
        let mut tx = state.db.begin(&by).await?;
        let member = second_factor::reset_second_factor(&mut tx, &by, id).await?;
        tx.commit().await?;
        Ok::<_, Refusal>(member)
    };
    after(&shell, result.await, &path_of(id), |member| {
        format!("The second factor of {} is reset", member.name)
    })
}
