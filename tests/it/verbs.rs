//! What each role may do to an order in each status: offered by the API, shown as buttons and truly accepted are one and
//! the same, and equal to the table that the product agreed on.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use vitaran_core::access::{Actor, PermissionCode, Role};
use vitaran_core::orders::status::{TABLE, verbs_for};
use vitaran_core::orders::{OrderDetail, Status, Verb};
use vitaran_kernel::OrderId;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, test_app};

use crate::house::House;

type Words = BTreeSet<&'static str>;

/// An order in this status, in which every verb that the status allows can succeed.
async fn order_in(house: &House<'_>, status: Status) -> OrderDetail {
    let stage = match status {
        Status::Picking => "PICKED",
        other => other.as_str(),
    };
    let id = house.order(stage).await;
    house.flow.load(id).await
}

/// Somebody on both faces.
struct Both {
    role: Role,
    browser: Client,
    program: Client,
    actor: Actor,
}

impl Both {
    /// What the API says may be done: with the order, and with its row in the list.
    async fn offered(&self, order: &OrderDetail) -> Words {
        let path = format!("/api/v1/orders/{}", order.header.id);
        let one = self.program.get(&path).await.json();
        let list = format!("/api/v1/orders?q={}", order.header.number);
        let list = self.program.get(&list).await.json();
        let rows = list["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == one["id"]);
        let in_list = &row.expect("the order in the list")["allowed_actions"];
        assert_eq!(in_list, &one["allowed_actions"], "{path}");
        let words = one["allowed_actions"].as_array().unwrap().iter();
        let verb =
            |word: &serde_json::Value| Verb::ALL.into_iter().find(|verb| word == verb.as_str());
        words
            .map(|word| verb(word).expect("a verb").as_str())
            .collect()
    }

    /// The verbs that the order's page has a button for.
    async fn buttons(&self, id: OrderId) -> Words {
        let area = if self.role == Role::Dealer {
            "portal"
        } else {
            "admin"
        };
        let page = self.browser.get(&format!("/{area}/orders/{id}")).await;
        assert_eq!(page.status, 200, "{:?}", self.role);
        let targets = ["href=\"", "action=\""].map(|lead| page.body.split(lead).skip(1));
        let targets = targets.into_iter().flatten();
        targets
            .filter_map(|rest| rest.split('"').next())
            .filter_map(|target| verb_of(target, id))
            .map(Verb::as_str)
            .collect()
    }

    async fn try_by_api(&self, order: &OrderDetail, verb: Verb) -> Answer {
        let path = format!("/api/v1/orders/{}/{}", order.header.id, verb.noun());
        let request = self.program.request(Method::POST, &path);
        let body = match verb {
            Verb::Reject | Verb::Cancel => Some(r#"{"reason":"Unpaid"}"#),
            Verb::Dispatch => Some(r#"{"transporter":"Gati"}"#),
            _ => None,
        };
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body),
            None => request,
        };
        self.program.send(request).await
    }

    async fn try_by_page(&self, order: &OrderDetail, verb: Verb) -> Answer {
        let (id, version) = (order.header.id, order.header.version.to_string());
        let in_warehouse = matches!(verb, Verb::StartPicking | Verb::Pack | Verb::Dispatch);
        let place = match (self.role, in_warehouse) {
            (Role::Dealer, _) => "portal/orders",
            (_, true) => "admin/warehouse/orders",
            (_, false) => "admin/orders",
        };
        let fields = [
            ("version", version.as_str()),
            ("reason", "Unpaid"),
            ("transporter", "Gati"),
        ];
        let path = format!("/{place}/{id}/{}", verb.noun());
        self.browser.post_form(&path, &fields).await
    }
}

/// The verb a link or form of the page leads to; a target below the order that is not known here fails.
fn verb_of(target: &str, id: OrderId) -> Option<Verb> {
    let (area, below) = target.split_once(&format!("/{id}/"))?;
    let noun = below.split('?').next().unwrap_or_default();
    match (area, noun) {
        // Not verbs of the order's table: one line given up, the same ordered again.
        (_, "short-closes" | "repeat") => None,
        ("/admin/warehouse/orders", "pick") => Some(Verb::Pack),
        _ => {
            let verb = Verb::ALL.into_iter().find(|verb| verb.noun() == noun);
            Some(verb.unwrap_or_else(|| panic!("what does {target} do?")))
        }
    }
}

fn permission_of(verb: Verb) -> PermissionCode {
    let mut rows = TABLE.iter().filter(|row| row.verb == verb);
    rows.next().expect("a row").permission
}

async fn everybody(house: &House<'_>, app: &vitaran_tests::TestApp) -> Vec<Both> {
    let mut all = Vec::new();
    for role in Role::ALL {
        let person = house.person(role).await;
        let tenant = &house.flow.tenant;
        all.push(Both {
            role,
            browser: app.sign_in(&person).await,
            program: app.api(&person).await,
            actor: match person.dealer {
                Some(dealer) => tenant.dealer_actor(dealer),
                None => tenant.actor(role),
            },
        });
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_offered_what_has_a_button_and_what_is_accepted_are_the_same() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let everybody = everybody(&house, &app).await;
    let mut tried = BTreeMap::new();
    for status in Status::ALL {
        let order = order_in(&house, status).await;
        for who in &everybody {
            let what = format!("{} on {}", who.role.as_str(), status.as_str());
            let agreed: Words = verbs_for(status, &who.actor)
                .into_iter()
                .map(Verb::as_str)
                .collect();
            assert_eq!(who.offered(&order).await, agreed, "offered to {what}");
            assert_eq!(
                who.buttons(order.header.id).await,
                agreed,
                "shown to {what}"
            );
            for verb in Verb::ALL {
                let what = format!("{what}: {}", verb.as_str());
                let may = agreed.contains(verb.as_str());
                // What succeeds uses an order up; the refused ones all meet the same.
                let (by_api, by_page) = match may {
                    true => (
                        order_in(&house, status).await,
                        order_in(&house, status).await,
                    ),
                    false => (order.clone(), order.clone()),
                };
                let api = who.try_by_api(&by_api, verb).await;
                let page = who.try_by_page(&by_page, verb).await;
                let held = who.role.permissions().contains(permission_of(verb));
                let wanted = match (may, held) {
                    (true, _) => 200,
                    (false, true) => 409,
                    (false, false) => 403,
                };
                assert_eq!(api.status, wanted, "{what}: {}", api.body);
                // A dealer's pages know no other verb than cancelling.
                let wanted = match wanted {
                    200 => 303,
                    _ if who.role == Role::Dealer && verb != Verb::Cancel => 404,
                    refused => refused,
                };
                assert_eq!(page.status, wanted, "by page, {what}: {}", page.body);
                *tried.entry(api.status).or_insert(0) += 1;
            }
        }
        let after = house.flow.load(order.header.id).await;
        assert_eq!(
            (after.header.status, after.header.version),
            (status, order.header.version),
            "refused verbs leave the order as it was"
        );
    }
    assert_eq!(
        tried.values().sum::<i32>(),
        280,
        "8 statuses, 5 roles, 7 verbs"
    );
    assert_eq!(tried[&200], 20, "{tried:?}");
}
