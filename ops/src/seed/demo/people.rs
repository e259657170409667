//! Founding a demo tenant and signing its people in.
//!
//! The past is lived by real members: each is signed in with the demo password, so a login that would not work fails the
//! seed, and histories show the names that the pages know.

use std::collections::HashMap;

use vitaran_core::access::{Actor, Role, TenantRef};
use vitaran_core::db::Db;
use vitaran_core::identity::{
    self, ClientInfo, NewPassword, PasswordCost, SignIn, SignInRules, WantedTenant,
};
use vitaran_core::tenancy::{self, NewMember, PlatformOperator, TenantForm};
use vitaran_core::throttle::Network;
use vitaran_kernel::{DealerId, EmailAddress, Text};

use super::PASSWORD;
use super::masters::Shop;
use crate::OpsError;
use crate::demo::data::{self, DemoTenant};

pub(super) fn role(role: data::Role) -> Role {
    match role {
        data::Role::Admin => Role::Admin,
        data::Role::Sales => Role::Sales,
        data::Role::Warehouse => Role::Warehouse,
        data::Role::Accounts => Role::Accounts,
        data::Role::Dealer => Role::Dealer,
    }
}

fn broken(what: &str) -> OpsError {
    OpsError::Refused(format!("the demonstration data have no {what}"))
}

/// The tenant with its default registration, location and series, and its administrator.
pub(super) async fn found(db: &Db, demo: &DemoTenant) -> Result<TenantRef, OpsError> {
    let registration = demo
        .registrations
        .iter()
        .find(|registration| registration.is_default)
        .ok_or_else(|| broken("default registration"))?;
    let location = demo
        .locations
        .iter()
        .find(|location| location.is_default)
        .ok_or_else(|| broken("default location"))?;
    let admin = of_role(demo, data::Role::Admin)?;
    let form = TenantForm {
        slug: demo.tenant.slug.clone(),
        name: demo.tenant.trade_name.clone(),
        gstin: registration.gstin.clone(),
        legal_name: registration.legal_name.clone(),
        line1: registration.line1.clone(),
        line2: registration.line2.clone().unwrap_or_default(),
        city: registration.city.clone(),
        pincode: registration.pincode.clone(),
        invoice_prefix: registration.invoice_prefix.clone(),
        location_name: location.name.clone(),
        admin_name: admin.name.clone(),
        admin_email: admin.email.clone(),
        admin_password: PASSWORD.to_owned(),
    };
    let new = form.parse().map_err(OpsError::refused)?;
    tenancy::create_tenant(db, &PlatformOperator::console(), PasswordCost::LEAST, new)
        .await
        .map_err(OpsError::refused)
}

/// Everybody but the administrator, who is a member since the founding.
pub(super) async fn add_members(
    db: &Db,
    demo: &DemoTenant,
    tenant: &TenantRef,
    shop: &Shop,
) -> Result<(), OpsError> {
    for user in &demo.users {
        if user.role == data::Role::Admin {
            continue;
        }
        let dealer: Option<DealerId> = match &user.dealer {
            Some(code) => Some(shop.buyer(code)?.dealer),
            None => None,
        };
        let refuse = |error: String| OpsError::Refused(format!("{}: {error}", user.email));
        let member = NewMember {
            email: EmailAddress::parse(&user.email).map_err(|error| refuse(error.to_string()))?,
            name: Text::parse(&user.name).map_err(|error| refuse(error.to_string()))?,
            password: NewPassword::parse(PASSWORD).map_err(|error| refuse(error.to_string()))?,
            role: role(user.role),
            dealer,
        };
        tenancy::add_member(
            db,
            &PlatformOperator::console(),
            PasswordCost::LEAST,
            (tenant.id, member),
        )
        .await
        .map_err(OpsError::refused)?;
    }
    Ok(())
}

fn of_role(demo: &DemoTenant, role: data::Role) -> Result<&data::User, OpsError> {
    demo.users
        .iter()
        .find(|user| user.role == role)
        .ok_or_else(|| broken("user for each role"))
}

/// The first member of a role, signed in.
pub(super) async fn sign_in(
    db: &Db,
    demo: &DemoTenant,
    role: data::Role,
) -> Result<Actor, OpsError> {
    let user = of_role(demo, role)?;
    let signed_in = identity::sign_in(
        db,
        SignInRules {
            // All roles of all demo tenants come in within moments.
            most_a_minute: u32::MAX,
            ..SignInRules::DEFAULT
        },
        SignIn {
            email: user.email.clone(),
            password: PASSWORD.to_owned(),
            tenant: WantedTenant::Named(demo.tenant.slug.clone()),
        },
        Network::local(),
    )
    .await
    .map_err(OpsError::refused)?;
    let tokens = identity::open_api_session(db, &signed_in, &ClientInfo::default())
        .await
        .map_err(OpsError::refused)?;
    let view = identity::authenticate_token(db, &tokens.access.0)
        .await?
        .ok_or_else(|| broken("login that works"))?;
    identity::end_own_session(db, view.user.id, view.session).await?;
    view.actor
        .ok_or_else(|| broken("member that acts in the tenant"))
}

/// One actor for each role.
pub(super) struct Cast {
    actors: HashMap<Role, Actor>,
}

impl Cast {
    pub(super) async fn assemble(db: &Db, demo: &DemoTenant) -> Result<Self, OpsError> {
        let mut actors = HashMap::new();
        for each in [
            data::Role::Admin,
            data::Role::Sales,
            data::Role::Warehouse,
            data::Role::Accounts,
            data::Role::Dealer,
        ] {
            actors.insert(role(each), sign_in(db, demo, each).await?);
        }
        Ok(Cast { actors })
    }

    pub(super) fn actor(&self, role: Role) -> Result<&Actor, OpsError> {
        self.actors
            .get(&role)
            .ok_or_else(|| broken("actor for each role"))
    }
}
