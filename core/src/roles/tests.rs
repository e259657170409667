use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{MembershipId, Money, UserId};

use super::*;
use crate::access::{
    Actor, Allowed, Grant, PermissionCode, PermissionSet, PlatformRolesWrite, PlatformUsersRead,
    Role,
};
use crate::db::Statement;
use crate::problem::{Kind, Problem as _};
use crate::testkit::{TestTx, test_tx};

fn form(name: &str, base: Role, codes: &[PermissionCode]) -> RoleForm {
    RoleForm {
        name: name.to_owned(),
        base: base.as_str().to_owned(),
        permissions: codes.iter().map(|code| code.as_str().to_owned()).collect(),
        approval_limit: String::new(),
    }
}

fn pickers() -> NewRole {
    let codes = [
        PermissionCode::SalesOrdersRead,
        PermissionCode::WarehousePicksRead,
        PermissionCode::WarehousePicksWrite,
    ];
    form("Pickers", Role::Warehouse, &codes).parse().unwrap()
}

/// Somebody of the tenant with a role of their own.
fn holder(t: &TestTx, permissions: &[PermissionCode], limit: Option<i64>) -> Actor {
    let limit = limit.map(Money::from_rupees);
    let set = PermissionSet::of(permissions);
    Actor::member(
        UserId::generate(),
        "Meera".to_owned(),
        "meera@volt.test".to_owned(),
        t.actor().tenant().clone(),
        Grant::own(Role::Sales, "Team lead".to_owned(), set, limit),
        None,
    )
}

fn pointer_and_code(error: &impl crate::problem::Problem) -> (String, &'static str) {
    let fault = error.faults().into_iter().next().expect("a fault");
    (fault.pointer, fault.code)
}

#[derive(diesel::QueryableByName)]
struct Told {
    #[diesel(sql_type = diesel::sql_types::Text)]
    action: String,
}

/// Makes somebody a member with the role.
async fn give(t: &mut TestTx, role: &RoleRecord) {
    let user = UserId::generate();
    let tenant = t.tenant.tenant.id;
    Statement::new(
        "INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Ravi', 'x')",
    )
    .bind(user.as_uuid())
    .bind(format!("{user}@volt.test"))
    .execute(t.conn().unwrap())
    .await
    .unwrap();
    Statement::new("INSERT INTO memberships (tenant_id, id, user_id, role, role_id) VALUES ($1, $2, $3, $4, $5)")
        .bind(tenant.as_uuid())
        .bind(MembershipId::generate().as_uuid())
        .bind(user.as_uuid())
        .bind(role.base.as_str())
        .bind(role.id.as_uuid())
        .execute(t.conn().unwrap())
        .await
        .unwrap();
}

#[test]
fn a_form_tells_every_fault_beside_its_field() {
    let bad = RoleForm {
        name: "sales".to_owned(),
        base: "KING".to_owned(),
        permissions: Vec::new(),
        approval_limit: "-5".to_owned(),
    };
    let faults = bad.parse().unwrap_err().faults;
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/base", "/approval_limit"]);
    for (codes, code) in [
        (vec![], "required"),
        (vec!["sales.orders.imagine".to_owned()], "unknown"),
    ] {
        let bad = RoleForm {
            permissions: codes,
            ..form("Pickers", Role::Warehouse, &[])
        };
        assert_eq!(
            pointer_and_code(&bad.parse().unwrap_err()),
            ("/permissions".to_owned(), code)
        );
    }
}

#[test]
fn a_role_for_dealers_never_gets_what_only_staff_have() {
    let greedy = form(
        "Dealer's head",
        Role::Dealer,
        &[PermissionCode::SalesOrdersApprove],
    );
    let refused = greedy.parse().unwrap_err();
    assert_eq!(pointer_and_code(&refused).1, "roles.not_for_dealers");
    // Even if its row said so.
    let all = Role::Admin.permissions();
    let grant = Grant::own(Role::Dealer, "x".to_owned(), all, None);
    assert_eq!(grant.permissions(), Role::Dealer.permissions());
}

#[tokio::test]
async fn a_role_is_made_changed_and_removed_and_the_log_tells_it() {
    let mut t = test_tx().await;
    let by: Allowed<PlatformRolesWrite> = t.by();
    let reads: Allowed<PlatformUsersRead> = t.by();
    let made = create(&mut t, &by, pickers()).await.unwrap();
    assert_eq!((made.version, made.members), (1, 0));
    let mut changed = pickers();
    changed.approval_limit = Some(Money::from_rupees(50_000));
    let after = update(&mut t, &by, made.id, 1, changed).await.unwrap();
    assert_eq!(after.approval_limit, Some(Money::from_rupees(50_000)));
    let stale = update(&mut t, &by, made.id, 1, pickers())
        .await
        .unwrap_err();
    assert_eq!(stale.kind(), Kind::Stale);
    let listed = list(&t, &reads).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&after));
    remove(&mut t, &by, made.id, Some(after.version))
        .await
        .unwrap();
    let gone = load(&mut t, &reads, made.id).await.unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
    let told: Vec<Told> =
        Statement::new("SELECT action FROM audit_log WHERE object_kind = 'role' ORDER BY id")
            .load(t.conn().unwrap())
            .await
            .unwrap();
    let told: Vec<_> = told.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(told, ["roles.create", "roles.update", "roles.remove"]);
}

#[tokio::test]
async fn two_roles_of_a_tenant_have_two_names() {
    let mut t = test_tx().await;
    let by: Allowed<PlatformRolesWrite> = t.by();
    create(&mut t, &by, pickers()).await.unwrap();
    let again = form(
        "PICKERS",
        Role::Warehouse,
        &[PermissionCode::SalesOrdersRead],
    );
    let refused = create(&mut t, &by, again.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(pointer_and_code(&refused), ("/name".to_owned(), "taken"));
}

#[tokio::test]
async fn nobody_gives_a_permission_or_a_limit_beyond_their_own() {
    let mut t = test_tx().await;
    let has = [
        PermissionCode::PlatformRolesWrite,
        PermissionCode::SalesOrdersRead,
        PermissionCode::SalesOrdersApprove,
    ];
    let lead = holder(&t, &has, Some(25_000));
    let by: Allowed<PlatformRolesWrite> = lead.allow().unwrap();
    let refused = create(&mut t, &by, pickers()).await.unwrap_err();
    assert_eq!(
        pointer_and_code(&refused),
        ("/permissions".to_owned(), "roles.beyond_yours")
    );
    let approving = |limit: &str| {
        let codes = [PermissionCode::SalesOrdersApprove];
        let form = RoleForm {
            approval_limit: limit.to_owned(),
            ..form("Approvers", Role::Sales, &codes)
        };
        form.parse().unwrap()
    };
    for beyond in ["", "25000.01"] {
        let refused = create(&mut t, &by, approving(beyond)).await.unwrap_err();
        assert_eq!(
            pointer_and_code(&refused),
            ("/approval_limit".to_owned(), "roles.beyond_yours"),
            "{beyond}"
        );
    }
    create(&mut t, &by, approving("25000")).await.unwrap();
}

#[tokio::test]
async fn what_a_role_gives_already_may_stay_in_it_when_somebody_with_less_changes_it() {
    let mut t = test_tx().await;
    let admin: Allowed<PlatformRolesWrite> = t.by();
    let role = create(&mut t, &admin, pickers()).await.unwrap();
    let lead = holder(&t, &[PermissionCode::PlatformRolesWrite], None);
    let by: Allowed<PlatformRolesWrite> = lead.allow().unwrap();
    let mut renamed = pickers();
    renamed.name = "Night pickers".parse().unwrap();
    let role = update(&mut t, &by, role.id, role.version, renamed.clone())
        .await
        .unwrap();
    let more = PermissionSet::of(&[PermissionCode::WarehousePacksWrite]);
    renamed.permissions = renamed.permissions.or(more);
    let refused = update(&mut t, &by, role.id, role.version, renamed)
        .await
        .unwrap_err();
    assert_eq!(pointer_and_code(&refused).1, "roles.beyond_yours");
}

#[tokio::test]
async fn approving_comes_to_a_role_within_the_givers_limit_alone_though_the_limit_stays_as_it_was()
{
    let mut t = test_tx().await;
    let admin: Allowed<PlatformRolesWrite> = t.by();
    let readers = |codes: &[PermissionCode], limit: &str| {
        let form = RoleForm {
            approval_limit: limit.to_owned(),
            ..form("Readers", Role::Sales, codes)
        };
        form.parse().unwrap()
    };
    let (reads, approves) = (
        [PermissionCode::SalesOrdersRead],
        [
            PermissionCode::SalesOrdersRead,
            PermissionCode::SalesOrdersApprove,
        ],
    );
    let role = create(&mut t, &admin, readers(&reads, "")).await.unwrap();
    let has = [&approves[..], &[PermissionCode::PlatformRolesWrite]].concat();
    let lead = holder(&t, &has, Some(25_000));
    let by: Allowed<PlatformRolesWrite> = lead.allow().unwrap();
    // The role has no limit, which said nothing while nobody approved by it.
    let refused = update(&mut t, &by, role.id, 1, readers(&approves, ""))
        .await
        .unwrap_err();
    assert_eq!(
        pointer_and_code(&refused),
        ("/approval_limit".to_owned(), "roles.beyond_yours")
    );
    let within = readers(&approves, "25000");
    let role = update(&mut t, &by, role.id, 1, within).await.unwrap();
    // Somebody with more raises it; whoever has less may still change the rest.
    let role = update(
        &mut t,
        &admin,
        role.id,
        role.version,
        readers(&approves, ""),
    )
    .await
    .unwrap();
    let mut renamed = readers(&approves, "");
    renamed.name = "Night readers".parse().unwrap();
    update(&mut t, &by, role.id, role.version, renamed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_role_that_somebody_has_stays_and_what_it_grew_from_too() {
    let mut t = test_tx().await;
    let by: Allowed<PlatformRolesWrite> = t.by();
    let role = create(&mut t, &by, pickers()).await.unwrap();
    let moved = form("Pickers", Role::Sales, &[PermissionCode::SalesOrdersRead]);
    let refused = update(&mut t, &by, role.id, 1, moved.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(pointer_and_code(&refused).1, "roles.base_is_fixed");
    give(&mut t, &role).await;
    let refused = remove(&mut t, &by, role.id, None).await.unwrap_err();
    assert_eq!(pointer_and_code(&refused).1, "roles.in_use");
}
