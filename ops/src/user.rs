//! `vitaran user add`: somebody who works in a tenant, or orders for one of its dealers.
//!
//! `vitaran user create-admin`: a platform admin, member of no tenant. No role of web or worker may make one: `is_platform_admin` is the owner's alone to set, so that a hole in the web
//! cannot be widened into the whole platform.
//!
//! `vitaran user reset-second-factor`: for whoever lost phone and recovery codes, and no administrator may help.

use std::sync::Arc;

use clap::Args;
use serde_json::json;
use vitaran_core::access::{Actor, SalesDealersRead};
use vitaran_core::config;
use vitaran_core::dealers;
use vitaran_core::identity::{hash_password, second_factor, words_of};
use vitaran_core::tenancy::{self, AddMemberError, MemberForm, PlatformOperator};
use vitaran_kernel::{EmailAddress, SystemClock, Text, UserId};

use crate::OpsError;
use crate::database::{self, Session};
use crate::passwords::ChosenPassword;

/// Who gets which role where. Wrong values are all named at once.
#[derive(Debug, Args)]
pub struct AddUser {
    /// The tenant's short name
    #[arg(long)]
    tenant: String,
    /// admin, sales, warehouse, accounts or dealer
    #[arg(long)]
    role: String,
    /// The code of the dealer somebody orders for, with the role dealer alone
    #[arg(long)]
    dealer: Option<String>,
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: String,
    /// Read the password from standard input; one is made and printed otherwise
    #[arg(long)]
    password_stdin: bool,
}

/// Makes somebody, known or new, a member of the tenant and says how to sign in.
pub async fn add(input: AddUser) -> Result<Vec<String>, OpsError> {
    let password = ChosenPassword::choose(input.password_stdin)?;
    let db = database::founding(Arc::new(SystemClock))?;
    let tenant = tenancy::find_tenant(&db, &input.tenant)
        .await?
        .ok_or_else(|| OpsError::Refused(format!("there is no tenant {}", input.tenant)))?;
    let dealer = match &input.dealer {
        Some(code) => {
            let by = Actor::system(tenant.id, "vitaran user add")
                .allow::<SalesDealersRead>()
                .map_err(OpsError::refused)?;
            let mut tx = db.begin(&by).await?;
            let found = dealers::find_by_code(&mut tx, &by, code).await?;
            tx.commit().await?;
            Some(found.ok_or_else(|| {
                OpsError::Refused(format!("{} has no dealer {code}", tenant.slug))
            })?)
        }
        None => None,
    };
    let form = MemberForm {
        email: input.email.clone(),
        name: input.name,
        password: password.text.clone(),
        role: input.role,
    };
    let member = form
        .parse(&tenant.name, dealer)
        .map_err(OpsError::refused)?;
    let role = member.role;
    tenancy::add_member(
        &db,
        &PlatformOperator::console(),
        config::password_cost()?,
        (tenant.id, member),
    )
    .await
    .map_err(OpsError::refused)?;
    let mut said = vec![format!(
        "{} is a member of {} as {}",
        input.email,
        tenant.slug,
        role.label().to_lowercase()
    )];
    if password.is_generated {
        said.push(format!("password: {}", password.text));
        said.push("(an address that had an account already keeps the password it had)".to_owned());
    }
    Ok(said)
}

#[derive(Debug, Args)]
pub struct CreateAdmin {
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: String,
    /// Read the password from standard input; one is made and printed otherwise
    #[arg(long)]
    password_stdin: bool,
}

/// What became of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Created,
    /// The account was there; name and password stay.
    Promoted,
}

/// Makes the platform admin and says how to sign in.
pub async fn create_admin(input: CreateAdmin) -> Result<Vec<String>, OpsError> {
    let password = ChosenPassword::choose(input.password_stdin)?;
    let mut owner = Session::owner().await?;
    let made = make_admin(&mut owner, &input.email, &input.name, &password).await?;
    let mut said = match made {
        Made::Created => vec![format!("{} is a platform admin", input.email)],
        Made::Promoted => vec![format!(
            "{} had an account and is a platform admin now; name and password stay",
            input.email
        )],
    };
    if made == Made::Created && password.is_generated {
        said.push(format!("password: {}", password.text));
    }
    Ok(said)
}

/// Whose second factor is taken away.
#[derive(Debug, Args)]
pub struct ResetSecondFactor {
    #[arg(long)]
    email: String,
}

/// Takes somebody's second factor away; they are told by mail.
pub async fn reset_second_factor(input: ResetSecondFactor) -> Result<Vec<String>, OpsError> {
    let db = database::actions(Arc::new(SystemClock))?;
    let was_on =
        second_factor::reset_at_console(&db, PlatformOperator::console().name(), &input.email)
            .await
            .map_err(OpsError::refused)?;
    Ok(vec![if was_on {
        format!("{} has no second factor now", input.email)
    } else {
        format!("{} had no second factor", input.email)
    }])
}

/// Adds the user, or raises the one who has the address and has shown that it is theirs. Doing it twice changes nothing.
pub async fn make_admin(
    owner: &mut Session,
    email: &str,
    name: &str,
    password: &ChosenPassword,
) -> Result<Made, OpsError> {
    let refuse = |field: &str, error: String| OpsError::Refused(format!("{field}: {error}"));
    let email = EmailAddress::parse(email).map_err(|error| refuse("--email", error.to_string()))?;
    let name = Text::<120>::parse(name).map_err(|error| refuse("--name", error.to_string()))?;
    let words = words_of(name.as_str(), email.as_str(), []);
    let hash = hash_password(password.parse_for(&words)?, config::password_cost()?)
        .await
        .map_err(|error| OpsError::Refused(error.to_string()))?;
    let user = json!({ "id": UserId::generate(), "email": email, "name": name, "hash": hash });
    owner.run("BEGIN").await?;
    // The owner may read every account (through app_lookup) and change the one it acts as.
    let created = owner
        .run_with(
            "INSERT INTO users (id, email, name, password_hash, is_platform_admin, email_confirmed_at) \
             VALUES (($1->>'id')::uuid, $1->>'email', $1->>'name', $1->>'hash', true, now()) ON CONFLICT (email) DO NOTHING",
            &user,
        )
        .await?;
    if created == 0 {
        owner
            .run_with(
                "SELECT set_config('app.actor_id', u.id::text, true) FROM users u WHERE u.email = $1->>'email'",
                &user,
            )
            .await?;
        let raised = owner
            .run_with(
                "UPDATE users SET is_platform_admin = true WHERE email = $1->>'email' AND email_confirmed_at IS NOT NULL",
                &user,
            )
            .await?;
        if raised == 0 {
            let email = email.to_string();
            return Err(OpsError::refused(AddMemberError::Unconfirmed { email }));
        }
    }
    owner.commit().await?;
    Ok(if created == 1 {
        Made::Created
    } else {
        Made::Promoted
    })
}
