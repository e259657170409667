//! Who may work on the platform as a whole: a signed-in platform admin, or somebody at the operator's console.

use crate::identity::{SessionView, UserRef};

/// Proof for work outside every tenant. A session gives one only to a platform admin.
#[derive(Debug, Clone)]
pub struct PlatformOperator {
    user: Option<UserRef>,
}

impl PlatformOperator {
    /// The platform admin behind a session; `None` for everybody else.
    pub fn of_session(session: &SessionView) -> Option<Self> {
        session.user.is_platform_admin.then(|| PlatformOperator {
            user: Some(session.user.clone()),
        })
    }

    /// The operator at the command line, who holds the owner's database URL. Used by the `vitaran` command alone.
    pub fn console() -> Self {
        PlatformOperator { user: None }
    }

    pub fn user(&self) -> Option<&UserRef> {
        self.user.as_ref()
    }

    /// The name histories show.
    pub fn name(&self) -> &str {
        self.user
            .as_ref()
            .map_or("vitaran command", |user| &user.name)
    }
}
