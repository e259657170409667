//! Who may do what, as a text that needs no programmer to read. A change of it is a change of the product.

use std::fmt::Write as _;

use vitaran_core::access::{Actor, PermissionCode, Role, TenantRef};
use vitaran_core::orders::Status;
use vitaran_core::orders::status::verbs_for;
use vitaran_core::testkit::TestTenant;
use vitaran_kernel::{DealerId, LocationId, PriceListId, RegistrationId, TenantId};

fn actor(role: Role) -> Actor {
    let tenant = TestTenant {
        tenant: TenantRef {
            id: TenantId::generate(),
            slug: "volt".to_owned(),
            name: "Volt".to_owned(),
        },
        registration: RegistrationId::generate(),
        location: LocationId::generate(),
        price_list: PriceListId::generate(),
    };
    match role {
        Role::Dealer => tenant.dealer_actor(DealerId::generate()),
        role => tenant.actor(role),
    }
}

fn matrix() -> String {
    let mut text = String::from("What each role may do\n\n");
    let heads: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    writeln!(text, "{:36} {}", "permission", heads.join("  ")).expect("memory");
    for code in PermissionCode::ALL {
        let marks: Vec<String> = Role::ALL
            .iter()
            .map(|role| {
                format!(
                    "{:^width$}",
                    if role.permissions().contains(code) {
                        "x"
                    } else {
                        "."
                    },
                    width = role.as_str().len()
                )
            })
            .collect();
        writeln!(text, "{:36} {}", code.as_str(), marks.join("  ").trim_end()).expect("memory");
    }
    text.push_str("\nWhat each role may do to an order (a dealer: to its own)\n\n");
    for role in Role::ALL {
        let actor = actor(role);
        for status in Status::ALL {
            let verbs: Vec<&str> = verbs_for(status, &actor)
                .into_iter()
                .map(|verb| verb.as_str())
                .collect();
            if !verbs.is_empty() {
                writeln!(
                    text,
                    "{:10} {:11} {}",
                    role.as_str(),
                    status.as_str(),
                    verbs.join(", ")
                )
                .expect("memory");
            }
        }
    }
    text
}

#[test]
fn the_matrix_of_roles_is_the_one_agreed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("it/snapshots/matrix.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, matrix()).expect("a writable file");
    }
    let agreed = std::fs::read_to_string(&path).expect("the snapshot");
    assert_eq!(
        matrix(),
        agreed,
        "run again with UPDATE_SNAPSHOTS=1 and review the change"
    );
}
