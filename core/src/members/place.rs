//! The place somebody gets: a role, built in or the tenant's own, the locations where it counts, and for a dealer's person the
//! dealer.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{DealerId, LocationId, RoleId};

use crate::access::{Actor, Grant, LocationScope, Role};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Master, MasterError, finish};
use crate::problem::{Faults, Invalid};
use crate::roles::{self, Beyond};

/// A role as lists of choices name it: `SALES`, or the id of one of the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleRef {
    BuiltIn(Role),
    Own(RoleId),
}

impl RoleRef {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let built_in = Role::parse(text).map(RoleRef::BuiltIn);
        built_in.or_else(|| RoleId::parse(text).ok().map(RoleRef::Own))
    }
}

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceForm {
    /// A built-in role's code, or the id of one of the tenant's own.
    pub role: String,
    /// A dealer's code or id; for roles of dealers' people alone.
    pub dealer: String,
    /// Ids of the locations where the role counts. Nothing in it leaves them as they are, and lets somebody new work everywhere;
    /// a blank one says that the list is whole, so that a list with nothing else in it is every location.
    pub locations: Vec<String>,
}

/// Locations of one person at most, because they are ticked on one form.
pub const MAX_LOCATIONS: usize = 100;

/// A checked [`PlaceForm`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    role: RoleRef,
    dealer: Option<DealerRef>,
    /// `None` leaves them as they are.
    locations: Option<LocationScope>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DealerRef {
    Id(DealerId),
    Code(String),
}

/// Whether somebody has this to give: for what is offered, never instead of the actions' own look.
#[must_use]
pub fn can_give(giver: &Actor, given: &Grant) -> bool {
    Beyond::grant(giver.grant(), given).is_none()
}

/// Whether somebody has this role to give, at their own locations if not everywhere.
#[must_use]
pub fn can_give_role(giver: &Actor, role: Grant) -> bool {
    let is_bound = giver.locations() != &LocationScope::All;
    let works_everywhere = role.role() == Role::Dealer || role == Grant::built_in(Role::Admin);
    !(is_bound && works_everywhere) && can_give(giver, &role.at(giver.locations().clone()))
}

/// More than any code, so that an absurd one is not looked for.
const LONGEST_CODE: usize = 40;

impl Place {
    /// One that was given before.
    pub(crate) fn of(
        role: Role,
        role_id: Option<RoleId>,
        dealer: Option<DealerId>,
        locations: LocationScope,
    ) -> Self {
        Place {
            role: role_id.map_or(RoleRef::BuiltIn(role), RoleRef::Own),
            dealer: dealer.map(DealerRef::Id),
            locations: Some(locations),
        }
    }
}

impl PlaceForm {
    pub fn parse(&self) -> Result<Place, Invalid> {
        let mut faults = Faults::new();
        let place = self.parse_into(&mut faults);
        finish(faults, || place)
    }

    /// As a part of a larger form.
    pub(crate) fn parse_into(&self, faults: &mut Faults) -> Option<Place> {
        let role = faults.required("/role", &self.role, "the role", |text| {
            RoleRef::parse(text).ok_or("Choose one of the roles")
        });
        let dealer = faults.optional("/dealer", &self.dealer, dealer_of);
        if role == Some(RoleRef::BuiltIn(Role::Dealer)) && self.dealer.trim().is_empty() {
            faults.add("/dealer", "required", NEEDS_DEALER);
        }
        let locations = locations_of(faults, &self.locations);
        Some(Place {
            role: role?,
            dealer,
            locations: locations?,
        })
    }
}

/// `Some(None)` for a list that says nothing.
fn locations_of(faults: &mut Faults, typed: &[String]) -> Option<Option<LocationScope>> {
    if typed.is_empty() {
        return Some(None);
    }
    let ids = typed.iter().map(|text| text.trim());
    let ids = ids
        .filter(|text| !text.is_empty())
        .map(LocationId::parse)
        .collect();
    let known: Result<Vec<LocationId>, _> = ids;
    match known {
        Ok(ids) if ids.len() <= MAX_LOCATIONS => Some(Some(LocationScope::of(ids))),
        Ok(_) => {
            let detail = format!("Choose at most {MAX_LOCATIONS}, or none for all of them");
            faults.add("/locations", "too_many", detail);
            None
        }
        Err(_) => {
            faults.add("/locations", "unknown", NO_LOCATION);
            None
        }
    }
}

const NO_LOCATION: &str = "One of the locations does not exist";
const WORKS_EVERYWHERE: &str =
    "Administrators and dealers' people are not bound to locations: choose none, or another role";

const NEEDS_DEALER: &str = "Enter the dealer whose orders this person places";

fn dealer_of(text: &str) -> Result<DealerRef, &'static str> {
    let text = text.trim();
    match DealerId::parse(text) {
        Ok(id) => Ok(DealerRef::Id(id)),
        Err(_) if text.len() <= LONGEST_CODE => Ok(DealerRef::Code(text.to_uppercase())),
        Err(_) => Err(NO_DEALER),
    }
}

const NO_DEALER: &str = "No active dealer has this code";

/// A place that is there to be given.
pub(crate) struct Given {
    pub(crate) grant: Grant,
    pub(crate) role_id: Option<RoleId>,
    pub(crate) dealer: Option<DealerId>,
}

impl Given {
    pub(crate) fn role(&self) -> Role {
        self.grant.role()
    }

    /// Looks up what the place names, and that the giver has it to give. `present` is where somebody works until now.
    pub(crate) async fn of<M: Master>(
        tx: &mut TenantTx,
        giver: &Actor,
        place: &Place,
        present: &LocationScope,
    ) -> Result<Self, MasterError<M>> {
        let no_role = || MasterError::fault("/role", "unknown", "There is no such role any more");
        let (grant, role_id) = match place.role {
            RoleRef::BuiltIn(role) => (Grant::built_in(role), None),
            RoleRef::Own(id) => {
                let role = roles::find(tx, id).await?.ok_or_else(no_role)?;
                (role.grant(), Some(id))
            }
        };
        let locations = place.locations.as_ref().unwrap_or(present).clone();
        let is_bound = locations != LocationScope::All;
        if is_bound && (grant.role() == Role::Dealer || grant == Grant::built_in(Role::Admin)) {
            let code = "members.works_everywhere";
            return Err(MasterError::fault("/locations", code, WORKS_EVERYWHERE));
        }
        let grant = grant.at(locations);
        if let Some(beyond) = Beyond::grant(giver.grant(), &grant) {
            return Err(beyond.refusal("/role"));
        }
        let dealer = match (grant.role(), &place.dealer) {
            (Role::Dealer, None) => {
                return Err(MasterError::fault("/dealer", "required", NEEDS_DEALER));
            }
            (Role::Dealer, Some(wanted)) => {
                let found = find_dealer(tx, wanted).await?;
                let none = || MasterError::fault("/dealer", "unknown", NO_DEALER);
                Some(found.ok_or_else(none)?)
            }
            (_, None) => None,
            (_, Some(_)) => {
                let detail = "Only a role for dealers' people has a dealer: leave it empty";
                return Err(MasterError::fault(
                    "/dealer",
                    "members.dealer_mismatch",
                    detail,
                ));
            }
        };
        if place.locations.is_some() && !are_there(tx, grant.locations()).await? {
            return Err(MasterError::fault("/locations", "unknown", NO_LOCATION));
        }
        Ok(Given {
            grant,
            role_id,
            dealer,
        })
    }

    /// As its row keeps them.
    pub(crate) fn location_ids(&self) -> Option<Vec<uuid::Uuid>> {
        self.grant.locations().uuids()
    }
}

/// Whether the tenant has all of these locations.
async fn are_there(tx: &mut TenantTx, locations: &LocationScope) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let Some(ids) = locations.uuids() else {
        return Ok(true);
    };
    let wanted = ids.len();
    let known: Known = Statement::new(
        "SELECT count(*) AS count FROM locations WHERE tenant_id = $1 AND id = ANY ($2)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(ids)
    .get_result(tx.conn()?)
    .await?;
    Ok(usize::try_from(known.count) == Ok(wanted))
}

async fn find_dealer(tx: &mut TenantTx, wanted: &DealerRef) -> Result<Option<DealerId>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = SqlUuid)]
        id: DealerId,
    }
    let mut statement =
        Statement::new("SELECT id FROM dealers WHERE tenant_id = $1 AND is_active AND ")
            .bind(tx.tenant().as_uuid());
    let (column, value) = match wanted {
        DealerRef::Id(id) => ("id", statement.push_bind(id.as_uuid())),
        DealerRef::Code(code) => ("code", statement.push_bind(code.as_str())),
    };
    statement.push_sql(&format!("{column} = {value}"));
    let found: Option<Found> = statement.get_result(tx.conn()?).await.optional()?;
    Ok(found.map(|found| found.id))
}
