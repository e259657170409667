//! `vitaran seed --demo`: two tenants and six weeks of their trade.
//!
//! The past is lived, not written: every master, order, pick, dispatch and receipt goes through the action that a page
//! would call, as the demo user whose work it is, on a clock that the seed moves. So histories, ledgers, invoices and the
//! audit are what the product itself makes. Only what no action writes yet (a second registration, letters of
//! undertaking, the address of payments) is inserted here. Afterwards the past is settled: see [`super::settle`].
//!
//! The same data come out of every run but for ids and the dates, which end today.

mod calendar;
mod history;
mod masters;
mod people;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use vitaran_core::db::Db;
use vitaran_kernel::{Clock as _, SettableClock, SystemClock};

use crate::database::{Session, TenantRow};
use crate::demo::data::{self, DemoTenant};
use crate::{OpsError, database, user};

use super::settle::settle;

/// Of every demo user. It is printed and written in the README: such a database must never be reachable from outside.
pub const PASSWORD: &str = "vitaran-demo-2026";

/// How far back the first order lies.
const WEEKS: i64 = 6;
/// The tenants are set up in the days before the first order.
const SET_UP_DAYS: i64 = 4;

/// Seeds the demonstration, unless it is there. Says who may sign in.
pub async fn seed(force_beside: bool) -> Result<Vec<String>, OpsError> {
    let tenants = [data::volt()?, data::ampere()?];
    let admins = data::platform_users()?;
    let slugs: Vec<&str> = tenants
        .iter()
        .map(|demo| demo.tenant.slug.as_str())
        .collect();
    let mut owner = Session::owner().await?;
    let present: Vec<TenantRow> = in_register(&mut owner, &slugs).await?;
    if present.len() == tenants.len() && has_all(&mut owner, &admins).await? {
        return Ok(vec![
            "already seeded".to_owned(),
            format!("the password of every demo user is {PASSWORD}"),
        ]);
    }
    if !present.is_empty() {
        return Err(OpsError::Refused(
            "an earlier seed was broken off: start from an empty database (bin/dev --reset)"
                .to_owned(),
        ));
    }
    super::refuse_foreign_tenants(&mut owner, &["volt", "ampere", "scale"], force_beside).await?;
    super::refuse_while_a_worker_runs(&mut owner).await?;

    let ends = SystemClock.now();
    let [volt, ampere] = &tenants;
    // Side by side: each has its own clock and its own connections.
    let (volt_lived, ampere_lived) = tokio::try_join!(
        Box::pin(live(volt, 0x564F_4C54, ends)),
        Box::pin(live(ampere, 0x414D_5045_5245, ends))
    )?;
    let lived = [volt_lived, ampere_lived];
    let seeded = in_register(&mut owner, &slugs).await?;
    for tenant in &seeded {
        settle(&mut owner, tenant.id).await?;
    }
    let proof = super::prove(&mut owner, &seeded).await?;
    // Last, as the sign that the seed came to its end.
    for admin in &admins {
        let password = crate::passwords::ChosenPassword {
            text: PASSWORD.to_owned(),
            is_generated: false,
        };
        user::make_admin(&mut owner, &admin.email, &admin.name, &password).await?;
    }
    let mut said: Vec<String> = lived.to_vec();
    said.push(proof);
    said.extend(logins(&tenants, &admins));
    Ok(said)
}

async fn in_register(owner: &mut Session, slugs: &[&str]) -> Result<Vec<TenantRow>, OpsError> {
    let mut present = owner.tenants().await?;
    present.retain(|tenant| slugs.contains(&tenant.slug.as_str()));
    Ok(present)
}

async fn has_all(owner: &mut Session, admins: &[data::PlatformUser]) -> Result<bool, OpsError> {
    for admin in admins {
        let is_there = owner
            .asks(
                "SELECT EXISTS (SELECT FROM users WHERE email = $1 AND is_platform_admin) AS flag",
                &admin.email,
            )
            .await?;
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sets a tenant up and lives its six weeks.
async fn live(demo: &DemoTenant, luck: u64, ends: DateTime<Utc>) -> Result<String, OpsError> {
    let begins = calendar::opening_of(ends - TimeDelta::weeks(WEEKS));
    let clock = SettableClock::new(calendar::opening_of(begins - TimeDelta::days(SET_UP_DAYS)));
    let db: Db = database::actions(Arc::new(clock.clone()))?;
    let founding = database::founding(Arc::new(clock.clone()))?;
    let tenant = people::found(&founding, demo).await?;
    let admin = people::sign_in(&db, demo, data::Role::Admin).await?;
    let shop = masters::set_up(&db, &admin, demo, &tenant).await?;
    people::add_members(&founding, demo, &tenant, &shop).await?;
    let cast = people::Cast::assemble(&db, demo).await?;
    masters::set_credit_limits(&db, &cast, demo, &shop).await?;
    let tally = history::History::new(db, clock, cast, shop, luck, ends)
        .live(begins)
        .await?;
    Ok(format!(
        "{}: {} products, {} dealers, {tally}",
        demo.tenant.slug,
        demo.products.len(),
        demo.dealers.len()
    ))
}

fn logins(tenants: &[DemoTenant], admins: &[data::PlatformUser]) -> Vec<String> {
    let mut said = vec![format!("the password of every demo user is {PASSWORD}")];
    for admin in admins {
        said.push(format!("  {:28} platform admin", admin.email));
    }
    for demo in tenants {
        for user in &demo.users {
            said.push(format!(
                "  {:28} {} of {}",
                user.email,
                people::role(user.role).label(),
                demo.tenant.slug
            ));
        }
    }
    said
}
