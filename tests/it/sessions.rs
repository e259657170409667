//! Sessions: their cookie, their ids, their end.

use vitaran_core::access::Role;
use vitaran_tests::test_app;

#[tokio::test]
async fn the_cookie_is_out_of_scripts_reach_and_only_its_hash_is_stored() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.client();
    let form = [
        ("email", person.email.as_str()),
        ("password", person.password.as_str()),
    ];
    let answer = client.post_form("/login", &form).await;
    let set = answer.set_cookies()[0];
    assert!(set.starts_with("sid="), "{set}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=604800"] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    let id = client.cookie("sid").unwrap();
    let hash = sha256(&id);
    let stored = format!("SELECT count(*) FROM sessions WHERE encode(id_hash, 'hex') = '{hash}'");
    assert_eq!(app.database.count(&stored).await, 1);
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[tokio::test]
async fn a_dealer_stays_signed_in_longer_than_staff() {
    let app = test_app().await;
    app.sign_in_as(Role::Dealer).await;
    let idle = "SELECT idle_timeout_s::bigint AS count FROM sessions";
    assert_eq!(app.database.count(idle).await, 7 * 86_400);
}

#[tokio::test]
async fn signing_in_again_gives_a_new_id_and_ends_the_old_one() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    let before = client.cookie("sid").unwrap();
    let form = [
        ("email", person.email.as_str()),
        ("password", person.password.as_str()),
    ];
    client.post_form("/login", &form).await;
    assert_ne!(client.cookie("sid").unwrap(), before);
    let thief = app.client();
    thief.set_cookie("sid", &before);
    assert_eq!(thief.get("/admin").await.status, 303);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_and_clears_the_browser() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    let copy = app.client();
    copy.set_cookie("sid", &client.cookie("sid").unwrap());
    let answer = client.post_form("/logout", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/login"));
    assert_eq!(
        answer.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    assert_eq!(client.cookie("sid"), None);
    assert_eq!(copy.get("/admin").await.status, 303);
    assert_eq!(app.database.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn what_ends_a_session_elsewhere_ends_it_with_the_next_request() {
    let app = test_app().await;
    for ending in [
        "UPDATE memberships SET is_active = false WHERE role <> 'ADMIN'",
        "UPDATE users SET is_active = false",
        "UPDATE sessions SET expires_at = now() - interval '1 second'",
        "UPDATE sessions SET absolute_expires_at = now() - interval '1 second'",
    ] {
        let client = app.sign_in_as(Role::Sales).await;
        assert_eq!(client.get("/admin").await.status, 200, "before {ending}");
        app.database.execute(ending).await;
        let answer = client.get("/admin").await;
        assert_eq!(answer.status, 303, "{ending}");
        assert_eq!(client.cookie("sid"), None, "{ending}");
        let back = "UPDATE memberships SET is_active = true; UPDATE users SET is_active = true";
        app.database.execute(back).await;
    }
}

#[tokio::test]
async fn a_changed_role_counts_from_the_next_request() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Admin).await;
    let as_whom = |role| format!("<span>{role}</span>");
    let page = client.get("/admin").await;
    assert!(page.body.contains(&as_whom("Administrator")));
    app.database
        .execute("UPDATE memberships m SET role = 'WAREHOUSE' FROM users u WHERE u.id = m.user_id AND u.name LIKE 'Test %'")
        .await;
    let page = client.get("/admin").await;
    assert!(page.body.contains(&as_whom("Warehouse")));
}

#[tokio::test]
async fn a_cookie_that_is_no_session_is_taken_away() {
    let app = test_app().await;
    for forged in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "' OR 1=1", "%00"] {
        let client = app.client();
        client.set_cookie("sid", forged);
        assert_eq!(client.get("/admin").await.status, 303, "{forged}");
        assert_eq!(client.cookie("sid"), None, "{forged}");
    }
}

#[tokio::test]
async fn the_idle_limit_moves_on_at_most_once_a_minute() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    let moved = "SELECT count(*) FROM sessions WHERE last_seen_at > created_at";
    client.get("/admin").await;
    assert_eq!(app.database.count(moved).await, 0);
    let age = "UPDATE sessions SET last_seen_at = last_seen_at - interval '2 minutes', created_at = created_at - interval '2 minutes'";
    app.database.execute(age).await;
    client.get("/admin").await;
    for _ in 0..100 {
        if app.database.count(moved).await == 1 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the limit was not moved on");
}

#[tokio::test]
async fn changing_company_gives_a_new_id_and_the_other_companys_pages() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, &person.email, Role::Accounts, None)
        .await;
    let client = app.sign_in(&person).await;
    let before = client.cookie("sid").unwrap();
    let choices = client.get("/switch-tenant").await;
    assert!(choices.body.contains(r#"value="volt""#), "{}", choices.body);

    let answer = client
        .post_form("/switch-tenant", &[("tenant", "volt")])
        .await;
    assert_eq!((answer.status, answer.location()), (303, "/admin/orders"));
    assert_ne!(client.cookie("sid").unwrap(), before);
    assert!(
        client
            .get("/admin")
            .await
            .body
            .contains("Volt Distributors")
    );

    let stranger = client
        .post_form("/switch-tenant", &[("tenant", "nobody")])
        .await;
    assert_eq!(stranger.status, 404);
}

#[tokio::test]
async fn a_session_that_goes_on_as_something_else_ends_when_it_would_have_ended() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, &person.email, Role::Accounts, None)
        .await;
    let staff = app.sign_in(&person).await;
    let admin = app.sign_in_platform_admin().await;
    let nearly_over = "UPDATE sessions SET absolute_expires_at = now() + interval '1 hour', expires_at = now() + interval '1 hour'";
    app.database.execute(nearly_over).await;
    let longer = "SELECT count(*) FROM sessions WHERE absolute_expires_at > now() + interval '1 hour' OR expires_at > absolute_expires_at";
    for (client, path, field, value) in [
        (&staff, "/switch-tenant", "tenant", "volt"),
        (
            &admin,
            "/super/tenants/volt/visits",
            "reason",
            "They called about an invoice",
        ),
        (&admin, "/super/visit/end", "", ""),
    ] {
        let before = client.cookie("sid").unwrap();
        let answer = client.post_form(path, &[(field, value)]).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        assert_ne!(client.cookie("sid").unwrap(), before, "{path}");
        assert_eq!(app.database.count(longer).await, 0, "{path}");
    }
    assert_eq!(staff.get("/admin").await.status, 200);

    let form = [
        ("old_password", person.password.as_str()),
        ("new_password", "tractor velvet ninety"),
    ];
    let proven_again = staff.post_form("/account/password", &form).await;
    assert_eq!(proven_again.status, 303);
    assert_eq!(app.database.count(longer).await, 1, "it lasts anew");
}

#[tokio::test]
async fn dealers_and_staff_do_not_open_each_others_pages() {
    let app = test_app().await;
    let dealer = app.sign_in_as(Role::Dealer).await;
    let staff = app.sign_in_as(Role::Sales).await;
    for (client, path) in [
        (&dealer, "/admin"),
        (&staff, "/portal"),
        (&dealer, "/admin/nothing"),
    ] {
        let page = client.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.body.contains("Not allowed"), "{path}");
    }
    for client in [&dealer, &staff] {
        assert_eq!(client.get("/super").await.status, 404);
        assert_eq!(client.get("/super/tenants/volt").await.status, 404);
    }
}

#[tokio::test]
async fn colours_and_density_are_kept_and_noise_is_not() {
    let app = test_app().await;
    let client = app.client();
    let form = [("theme", "dark"), ("density", "<b>"), ("next", "/login")];
    let answer = client.post_form("/preferences", &form).await;
    assert_eq!(answer.location(), "/login");
    assert_eq!(client.cookie("theme").as_deref(), Some("dark"));
    assert_eq!(client.cookie("density"), None);
    assert!(
        client
            .get("/login")
            .await
            .body
            .contains(r#"data-theme="dark""#)
    );
}
