//! Every page and every operation, asked by everybody: whoever may gets in, whoever may not gets nowhere, and nothing
//! tells a record of somebody else's from one that does not exist.
//!
//! What there is comes from the router and from the API's document, who may from the two tables beside this file. A route
//! without a row fails, so does a row without a route, and an exception carries its reason.

pub mod ask;
mod locations;
mod queries;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use vitaran_core::access::{PermissionCode, Role};
use vitaran_core::api_keys::grantable;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Client, TestApp, test_app};

use crate::house::{House, Things, missing, new_text};
use ask::{Checked, ask, assert_none, check, check_same, gist, request, seen};
use table::{Row, Who};

/// Taking a product out of the cart asks for nothing to be there: out is out. So does the end of one's own session.
const ASK_FOR_NOTHING: [&str; 2] = ["cart line", "own session"];

/// Password and code are asked for; no sample knows the code of somebody's app.
const ASK_FOR_A_CODE: [&str; 3] = [
    "second-factor/confirmation",
    "second-factor/recovery-codes",
    "second-factor/removal",
];

/// When and from where a key was last used is written even if it may not do what it asks for.
const KEYS: &str = "public.api_keys";
const KEYS_BUT_FOR_THEIR_USE: &str = "SELECT string_agg((to_jsonb(k) - 'last_used_at' - 'last_used_ip')::text, ',' ORDER BY id) AS text FROM api_keys k";

/// A dealer's people read prices and no lists: to them there are none.
const NOT_FOR_DEALERS: &str = "price list";

/// A distributor whose people all ask, and strangers whose records they ask for.
struct World<'a> {
    own: House<'a>,
    /// Another distributor.
    theirs: House<'a>,
    /// Another dealer of the same distributor.
    rival: House<'a>,
    browsers: BTreeMap<Role, Client>,
    programs: BTreeMap<Role, Client>,
    /// A key for each role of the staff, with all of the role's permissions that a key may have.
    keys: BTreeMap<Role, Client>,
    platform: Client,
    platform_program: Client,
    nobody: Client,
    made: BTreeMap<(usize, &'static str), Things>,
}

impl<'a> World<'a> {
    async fn new(app: &'a TestApp) -> World<'a> {
        let own = House::new(app, Flow::new(app)).await;
        let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
        let theirs = House::new(app, Flow::in_tenant(app, other)).await;
        let (mut browsers, mut programs) = (BTreeMap::new(), BTreeMap::new());
        for role in Role::ALL {
            let person = own.person(role).await;
            browsers.insert(role, app.sign_in(&person).await);
            programs.insert(role, app.api(&person).await);
        }
        let keys = keys_of(app, &programs[&Role::Admin]).await;
        World {
            keys,
            rival: own.with_another_dealer().await,
            own,
            theirs,
            browsers,
            programs,
            platform: app.sign_in_platform_admin().await,
            platform_program: app.api_as_platform_admin().await,
            nobody: app.client(),
            made: BTreeMap::new(),
        }
    }

    fn client(&self, row: &Row, role: Role) -> &Client {
        match row.is_page() {
            true => &self.browsers[&role],
            false => &self.programs[&role],
        }
    }

    async fn somebody_new(&self, app: &TestApp, row: &Row, role: Role) -> Client {
        let person = self.own.person(role).await;
        match row.is_page() {
            true => app.sign_in(&person).await,
            false => app.api(&person).await,
        }
    }

    /// A kind of thing in one of the three houses; made once, since refusals leave it as it is.
    async fn things(&mut self, house: usize, kind: &'static str) -> Things {
        if let Some(things) = self.made.get(&(house, kind)) {
            return things.clone();
        }
        let of = [&self.own, &self.theirs, &self.rival][house];
        let things = of.make(kind).await;
        self.made.insert((house, kind), things.clone());
        things
    }
}

async fn keys_of(app: &TestApp, admin: &Client) -> BTreeMap<Role, Client> {
    let mut keys = BTreeMap::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Dealer) {
        let scopes: Vec<_> = grantable(role.permissions())
            .map(PermissionCode::as_str)
            .collect();
        let once = admin.with("idempotency-key", role.as_str());
        let wanted = json!({ "name": role.as_str(), "scopes": scopes });
        let made = once.post_json("/api/v1/api_keys", &wanted).await;
        assert_eq!(made.status, 201, "{role:?}: {}", made.body);
        let secret = made.json()["secret"].as_str().map(str::to_owned);
        keys.insert(role, app.client().bearer(secret.expect("a secret")));
    }
    keys
}

const OWN: usize = 0;
const THEIRS: usize = 1;
const RIVALS: usize = 2;

fn rows() -> Vec<Row> {
    [table::pages(), table::operations()].concat()
}

#[test]
fn every_route_and_every_operation_has_a_row_and_every_row_is_one() {
    let listed: Vec<_> = rows().iter().map(Row::route).collect();
    let unique: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), unique.len(), "a row stands twice");
    let there: BTreeSet<_> = vitaran_web::router::routes().into_iter().collect();
    let without: Vec<_> = there.difference(&unique).collect();
    assert!(without.is_empty(), "without a row: {without:#?}");
    let gone: Vec<_> = unique.difference(&there).collect();
    assert!(gone.is_empty(), "rows of nothing: {gone:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_gets_nowhere_and_leaves_no_trace() {
    let app = test_app().await;
    let mut world = World::new(&app).await;
    for row in &rows() {
        for house in [OWN, THEIRS, RIVALS] {
            world.things(house, row.names).await;
        }
    }
    world.make_what_queries_name().await;
    let before = app.database.picture().await;
    let keys_before = app.database.text(KEYS_BUT_FOR_THEIR_USE).await;
    let mut findings = Vec::new();
    for row in &rows() {
        let checked = [
            world.nobody_is_sent_to_sign_in(row).await,
            world.a_cookie_is_no_token(row).await,
            world.other_sites_are_refused(row).await,
            world
                .roles_without_the_permission_are_refused_unseen(row)
                .await,
            world.what_is_not_ours_is_as_missing_as_nothing(row).await,
            world
                .a_key_reads_what_its_role_may_and_nothing_of_others(row)
                .await,
            world.a_query_finds_nothing_that_is_not_ours(row).await,
        ];
        findings.extend(checked.into_iter().filter_map(Result::err));
    }
    assert_none(&findings);
    let changed = app.database.picture().await.changed_since(&before);
    assert_eq!(changed, [KEYS], "but for the last use of keys");
    let keys = app.database.text(KEYS_BUT_FOR_THEIR_USE).await;
    assert_eq!(keys, keys_before);

    for row in &rows() {
        findings.extend(world.a_sample_cannot_name_what_is_not_ours(row).await.err());
    }
    assert_none(&findings);
    let changed = app.database.picture().await.changed_since(&before);
    // What a dealer typed into the cart is kept, though it could not be ordered.
    assert_eq!(changed, [KEYS, "public.cart_lines"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_gets_in() {
    let app = test_app().await;
    let mut world = World::new(&app).await;
    let mut findings = Vec::new();
    for row in &rows() {
        findings.extend(world.all_holders_get_in(&app, row).await.err());
    }
    assert_none(&findings);
}

impl Row {
    fn asks_for_a_code(&self) -> bool {
        let mut asked = ASK_FOR_A_CODE.iter();
        self.is_write() && asked.any(|end| self.address.ends_with(end))
    }
}

impl World<'_> {
    /// Everybody who may; a change to a thing is made by the first of them alone.
    async fn all_holders_get_in(&mut self, app: &TestApp, row: &Row) -> Checked {
        let changes_a_thing = row.is_write() && !row.names.is_empty();
        for (place, role) in row.holders().into_iter().enumerate() {
            let things = match (changes_a_thing, place) {
                (false, _) => self.things(OWN, row.names).await,
                (true, 0) => self.own.make(row.names).await,
                (true, _) => break,
            };
            let ways_out = ["/logout", "/password", "/sessions/revocation"];
            let leaves = ways_out.iter().any(|way| row.address.ends_with(way));
            let client = match leaves {
                true => self.somebody_new(app, row, role).await,
                false => self.client(row, role).clone(),
            };
            let answer = ask(&client, row, &things).await;
            let wanted = match row.who {
                Who::Everybody(_) => answer.status != 403,
                Who::SignedIn if row.asks_for_a_code() => answer.status == 422,
                _ if role == Role::Dealer && row.names == NOT_FOR_DEALERS => answer.status == 404,
                _ => answer.status < 400,
            };
            check(wanted, || {
                format!(
                    "{role:?} {} {}: {} {}",
                    row.method,
                    row.address,
                    answer.status,
                    gist(&answer)
                )
            })?;
        }
        if row.is_page() && !row.is_write() && row.who != Who::Platform {
            self.a_fragment_is_no_page(row).await?;
        }
        if row.who == Who::Platform && row.method == "GET" {
            let things = self.things(OWN, row.names).await;
            let client = match row.is_page() {
                true => &self.platform,
                false => &self.platform_program,
            };
            let answer = ask(client, row, &things).await;
            check(answer.status == 200, || {
                format!("{row:?}: {}", answer.status)
            })?;
        }
        Ok(())
    }

    /// A part for the script and a document for everybody else, at one address that says it has two forms.
    async fn a_fragment_is_no_page(&mut self, row: &Row) -> Checked {
        let Some(role) = row.holders().first().copied() else {
            return Ok(());
        };
        let things = self.things(OWN, row.names).await;
        let client = self.client(row, role);
        let page = ask(client, row, &things).await;
        if !page.body.contains("<html") {
            // A file, a stream, a redirect, an answer for a machine.
            return Ok(());
        }
        if row.address == "/developers/try" {
            // A document by itself, under a policy of its own: no page asks for a part of it.
            return Ok(());
        }
        let part = ask(&client.htmx(), row, &things).await;
        let restoring = client.htmx().with("hx-history-restore-request", "true");
        let restored = ask(&restoring, row, &things).await;
        let varies = |answer: &vitaran_tests::Answer| {
            let vary = answer.headers.get_all("vary").iter();
            vary.filter_map(|value| value.to_str().ok())
                .any(|value| value.contains("HX-Request-Type"))
        };
        let as_agreed = part.status == page.status
            && !part.body.contains("<html")
            && restored.body.contains("<html")
            && [&page, &part].into_iter().all(varies);
        check(as_agreed, || {
            format!(
                "as a fragment {}: {} {}",
                row.address,
                part.status,
                gist(&part)
            )
        })
    }

    async fn nobody_is_sent_to_sign_in(&mut self, row: &Row) -> Checked {
        let things = self.things(OWN, row.names).await;
        let stranger = self.nobody.without_cookies();
        let answer = ask(&stranger, row, &things).await;
        let told = (answer.status, answer.location().starts_with("/login"));
        let wanted = match row.who {
            Who::Everybody(status) => answer.status == status,
            _ if !row.is_page() => {
                answer.status == 401
                    && answer.code() == "auth.token_required"
                    && answer.header("www-authenticate") == Some("Bearer")
            }
            // A redirect would be read as a stream.
            _ if row.address == "/live" => told == (401, false),
            _ => told == (303, true),
        };
        check(wanted, || format!("nobody {row:?}: {told:?}"))?;
        if !row.is_page() || row.address == "/live" || matches!(row.who, Who::Everybody(_)) {
            return Ok(());
        }
        let part = ask(&stranger.htmx(), row, &things).await;
        let to = part.header("hx-redirect").unwrap_or_default();
        check(part.status == 401 && to.starts_with("/login"), || {
            format!("nobody's fragment {row:?}: {} to {to:?}", part.status)
        })
    }

    async fn a_cookie_is_no_token(&mut self, row: &Row) -> Checked {
        if row.is_page() || matches!(row.who, Who::Everybody(_)) {
            return Ok(());
        }
        let things = self.things(OWN, row.names).await;
        let answer = ask(&self.browsers[&Role::Admin], row, &things).await;
        check(answer.status == 401, || {
            format!("by a cookie {row:?}: {}", answer.status)
        })
    }

    async fn other_sites_are_refused(&mut self, row: &Row) -> Checked {
        let is_hook = row.address.starts_with("/webhooks/");
        if !row.is_page() || !row.is_write() || is_hook {
            return Ok(());
        }
        let things = self.things(OWN, row.names).await;
        let someone = row.holders().first().copied();
        let client = someone.map_or(&self.platform, |role| &self.browsers[&role]);
        let answer = client
            .send(request(client, row, &things, "cross-site"))
            .await;
        let said = answer.body.contains("did not come from our own pages");
        check(answer.status == 403 && said, || {
            format!("from another site {row:?}: {}", answer.status)
        })
    }

    /// 403, whether the thing is there or not.
    async fn roles_without_the_permission_are_refused_unseen(&mut self, row: &Row) -> Checked {
        let own = self.things(OWN, row.names).await;
        let nothing = missing(&own);
        let holders = row.holders();
        for role in Role::ALL.into_iter().filter(|role| !holders.contains(role)) {
            let client = self.client(row, role);
            let refused = ask(client, row, &own).await;
            let unseen = ask(client, row, &nothing).await;
            let what = format!(
                "{role:?} without the permission {} {}",
                row.method, row.address
            );
            let status = if row.who == Who::Platform { 404 } else { 403 };
            check(refused.status == status, || {
                format!("{what}: {}", refused.status)
            })?;
            check_same(&seen(&refused, &own), &seen(&unseen, &nothing), &what)?;
            let code = match row.who {
                Who::Platform => "request.not_found",
                _ => "access.forbidden",
            };
            let is_said = row.is_page() || refused.code() == code;
            check(is_said, || format!("{what}: {}", refused.body))?;
        }
        Ok(())
    }

    async fn what_is_not_ours_is_as_missing_as_nothing(&mut self, row: &Row) -> Checked {
        // The platform's pages are nothing to a distributor's people, whatever they name.
        let is_platforms = row.who == Who::Platform || row.address.starts_with("/super/");
        if row.names.is_empty() || is_platforms {
            return Ok(());
        }
        let own = self.things(OWN, row.names).await;
        for role in row.holders() {
            for theirs in self.strangers_things(row, role, &own).await {
                let mut nothing = missing(&theirs);
                if let Some(id) = own.get("id")
                    && theirs.get("id") == Some(id)
                {
                    nothing.insert("id", id.clone());
                }
                let client = self.client(row, role);
                let hidden = ask(client, row, &theirs).await;
                let none = ask(client, row, &nothing).await;
                let what = format!("{role:?} of others {} {}", row.method, row.address);
                check_same(&seen(&hidden, &theirs), &seen(&none, &nothing), &what)?;
                let status = match row.who {
                    Who::Everybody(status) => status,
                    _ if ASK_FOR_NOTHING.contains(&row.names) => match row.is_page() {
                        true => 303,
                        false => 204,
                    },
                    _ => 404,
                };
                check(hidden.status == status, || {
                    format!("{what}: {} {}", hidden.status, gist(&hidden))
                })?;
            }
        }
        Ok(())
    }

    /// Keys read what they were given and are refused the rest; what is not theirs is to them as missing as nothing.
    async fn a_key_reads_what_its_role_may_and_nothing_of_others(&mut self, row: &Row) -> Checked {
        let Who::Holding(codes) = &row.who else {
            return Ok(());
        };
        if row.is_page() {
            return Ok(());
        }
        let own = self.things(OWN, row.names).await;
        let theirs = self.things(THEIRS, row.names).await;
        let nothing = missing(&theirs);
        for (role, key) in &self.keys {
            let held: Vec<_> = grantable(role.permissions()).collect();
            let may = codes.iter().all(|code| held.contains(code));
            let what = format!("a key of {role:?} {} {}", row.method, row.address);
            if !may || !row.is_write() {
                let answer = ask(key, row, &own).await;
                let wanted = if may {
                    answer.status < 400
                } else {
                    answer.status == 403
                };
                check(wanted, || {
                    format!("{what}: {} {}", answer.status, answer.body)
                })?;
            }
            if row.names.is_empty() {
                continue;
            }
            let hidden = ask(key, row, &theirs).await;
            let none = ask(key, row, &nothing).await;
            check_same(&seen(&hidden, &theirs), &seen(&none, &nothing), &what)?;
            let none_of_it = ASK_FOR_NOTHING.contains(&row.names) && may;
            let status = match (may, none_of_it) {
                (false, _) => 403,
                (true, false) => 404,
                (true, true) => 204,
            };
            check(hidden.status == status, || {
                format!("{what} of others: {}", hidden.status)
            })?;
        }
        Ok(())
    }

    /// Of another distributor; for a dealer's people of another dealer; and below a record of one's own.
    async fn strangers_things(&mut self, row: &Row, role: Role, own: &Things) -> Vec<Things> {
        let mut all = vec![self.things(THEIRS, row.names).await];
        let of_dealers = row.names == "invoice" || row.names.starts_with("order ");
        if role == Role::Dealer && of_dealers {
            all.push(self.things(RIVALS, row.names).await);
        }
        if row.names.starts_with("dealer's ") {
            let mut below = all[0].clone();
            below.insert("id", own["id"].clone());
            all.push(below);
        }
        all
    }

    async fn a_sample_cannot_name_what_is_not_ours(&mut self, row: &Row) -> Checked {
        let Some(role) = row.holders().first().copied() else {
            return Ok(());
        };
        let mut own = self.things(OWN, row.names).await;
        own.insert("new", new_text());
        let theirs = self.things(THEIRS, row.names).await;
        let nothing = missing(&theirs);
        for word in row.named_in_sample() {
            let with = |things: &Things| {
                let mut mixed = own.clone();
                mixed.insert(word, things[word].clone());
                mixed
            };
            let (hidden, none) = (with(&theirs), with(&nothing));
            let client = self.client(row, role);
            let (a, b) = (
                ask(client, row, &hidden).await,
                ask(client, row, &none).await,
            );
            let what = format!("{word} of others in {} {}", row.method, row.address);
            check_same(&seen(&a, &hidden), &seen(&b, &none), &what)?;
            // A list of outcomes is an answer; that none of them did anything is seen in the picture.
            let refused = a.status >= 400 || row.address.ends_with("/approvals");
            check(refused, || format!("{what}: {}", a.status))?;
        }
        Ok(())
    }
}
