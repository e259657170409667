//! Taken off somebody who has lost it, by whom and of whom.

use serde_json::Value;
use vitaran_core::access::Role;
use vitaran_tests::process::Program;
use vitaran_tests::test_app;

use super::phone::{log_in, mails, protect, told, user_id};

#[tokio::test]
async fn an_administrator_takes_it_off_a_colleague_who_is_told() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    protect(&app, &person).await;
    let user = user_id(&app, &person).await;
    let list = admin.get(&format!("/admin/sessions?user={user}")).await;
    let path = format!("/admin/users/{user}/second-factor/removal");
    assert!(list.body.contains(&path), "the way there");
    assert!(
        admin
            .get(&path)
            .await
            .body
            .contains("Reset the second factor of")
    );
    assert_eq!(admin.post_form(&path, &[]).await.status, 303);
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    assert_eq!(told(&app, "identity.second_factor.reset").await, 1);
    app.sign_in(&person).await;
    let admin = app.api_as(Role::Admin).await;
    let again = format!("/api/v1/users/{user}/second-factor/removal");
    let again = admin.post_json(&again, &Value::Null).await;
    assert_eq!(
        (again.status, again.code()),
        (409, "identity.second_factor_off".to_owned())
    );
}

#[tokio::test]
async fn the_command_takes_it_off_anybody_who_is_told_by_mail_and_their_distributors_by_the_log() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    protect(&app, &person).await;
    let reset = |email: String| {
        let arguments = ["user", "reset-second-factor", "--email", &email];
        let program = Program::vitaran(&app.database, &arguments);
        async move { program.answer().await }
    };
    let said = reset(person.email.clone()).await.unwrap();
    assert_eq!(
        said.trim(),
        format!("{} has no second factor now", person.email)
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    let told =
        "SELECT by_name AS text FROM audit_log WHERE action = 'identity.second_factor.reset'";
    assert_eq!(app.database.text(told).await, "vitaran command");
    app.sign_in(&person).await;

    let again = reset(person.email.clone()).await.unwrap();
    assert_eq!(
        again.trim(),
        format!("{} had no second factor", person.email)
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_RESET").await, 1);
    let unknown = reset("nobody@volt.test".to_owned()).await;
    assert!(unknown.is_err(), "{unknown:?}");
}

#[tokio::test]
async fn nobody_takes_off_their_own_that_of_somebody_greater_or_of_somebody_who_works_elsewhere_too()
 {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let (boss, both) = (app.person(Role::Admin).await, app.person(Role::Sales).await);
    app.make_member(&other, &both.email, Role::Sales, None)
        .await;
    let (phone, ..) = protect(&app, &boss).await;
    protect(&app, &both).await;
    let tokens = log_in(&app, &boss, Some(&phone.next_code(&app))).await;
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let boss_api = app.client().bearer(token);
    let clerk = app.person(Role::Sales).await;
    let (tenant, role) = (app.tenant.tenant.id, uuid::Uuid::now_v7());
    let clerk_id = user_id(&app, &clerk).await;
    let sql = format!(
        "INSERT INTO roles (tenant_id, id, name, base, permissions) VALUES ('{tenant}', '{role}', 'Desk', 'SALES', ARRAY['platform.users.write']); \
         UPDATE memberships SET role_id = '{role}' WHERE user_id = '{clerk_id}'"
    );
    app.database.execute(&sql).await;
    let clerk = app.api(&clerk).await;
    let (boss_id, both_id) = (user_id(&app, &boss).await, user_id(&app, &both).await);
    for (by, user, code) in [
        (&boss_api, &boss_id, "identity.second_factor_own"),
        (&boss_api, &both_id, "identity.works_elsewhere"),
        (&clerk, &boss_id, "identity.beyond_yours"),
    ] {
        let path = format!("/api/v1/users/{user}/second-factor/removal");
        let refused = by.post_json(&path, &Value::Null).await;
        assert_eq!((refused.status, refused.code()), (422, code.to_owned()));
    }
    let left = "SELECT count(*) FROM second_factors";
    assert_eq!(app.database.count(left).await, 2);
}

#[tokio::test]
async fn who_was_switched_off_here_and_works_elsewhere_keeps_it() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    protect(&app, &person).await;
    let (user, here) = (user_id(&app, &person).await, app.tenant.tenant.id);
    let off = format!(
        "UPDATE memberships SET is_active = false WHERE user_id = '{user}' AND tenant_id = '{here}'"
    );
    app.database.execute(&off).await;
    let (page, program) = (
        app.sign_in_as(Role::Admin).await,
        app.api_as(Role::Admin).await,
    );
    let path = format!("/users/{user}/second-factor/removal");
    let refused = program
        .post_json(&format!("/api/v1{path}"), &Value::Null)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (404, "identity.member_not_found".to_owned())
    );
    let path = format!("/admin{path}");
    assert_eq!(page.get(&path).await.status, 404);
    assert_eq!(page.post_form(&path, &[]).await.status, 404);
    let left = "SELECT count(*) FROM second_factors";
    assert_eq!(app.database.count(left).await, 1);
}
