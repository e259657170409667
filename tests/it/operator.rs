//! What the operator does at the console: `vitaran`, on a database of its own.

use vitaran_core::access::Role;
use vitaran_tests::process::Program;
use vitaran_tests::{Person, TestApp, test_app};

async fn vitaran(app: &TestApp, arguments: &[&str]) -> Result<String, String> {
    Program::vitaran(&app.database, arguments).answer().await
}

fn user_add<'a>(role: &'a str, email: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["user", "add", "--tenant", "volt", "--role", role];
    arguments.extend(["--email", email, "--name", "Asha Rao"]);
    arguments
}

/// Somebody of whom the command has said how to sign in.
fn person(email: &str, said: &str) -> Person {
    let (_, rest) = said.split_once("password: ").expect("a password");
    Person {
        email: email.to_owned(),
        password: rest.lines().next().expect("a line").to_owned(),
        dealer: None,
    }
}

#[tokio::test]
async fn a_user_who_is_added_signs_in_with_the_password_shown_and_works_in_their_role() {
    let app = test_app().await;
    let email = "asha@volt.test";
    let said = vitaran(&app, &user_add("sales", email)).await.unwrap();
    assert!(said.starts_with("asha@volt.test is a member of volt as sales"));
    let asha = person(email, &said);
    let me = app.api(&asha).await.get("/api/v1/me").await;
    assert_eq!(me.json()["role"], Role::Sales.as_str(), "{}", me.body);
    assert_eq!(
        app.sign_in(&asha).await.get("/admin/orders").await.status,
        200
    );
    let audited = "SELECT by_name || ' ' || action || ' ' || (detail->'after'->>'email') AS text FROM audit_log \
        WHERE action = 'platform.members.add' AND detail->'after'->>'email' = 'asha@volt.test'";
    assert_eq!(
        app.database.text(audited).await,
        "vitaran command platform.members.add asha@volt.test"
    );

    let again = vitaran(&app, &user_add("accounts", email)).await;
    assert!(again.unwrap_err().contains("works here already"));
}

#[tokio::test]
async fn a_dealers_user_orders_for_the_dealer_whose_code_was_given() {
    let app = test_app().await;
    let dealer = app.dealer().await;
    app.database
        .execute(&format!(
            "UPDATE dealers SET code = 'D-7' WHERE id = '{dealer}'"
        ))
        .await;
    let mut arguments = user_add("dealer", "ramesh@dealer.test");
    let without = vitaran(&app, &arguments).await.unwrap_err();
    assert!(
        without.contains("A dealer's login needs a dealer"),
        "{without}"
    );
    arguments.extend(["--dealer", "d-8"]);
    let unknown = vitaran(&app, &arguments).await.unwrap_err();
    assert!(unknown.contains("volt has no dealer d-8"), "{unknown}");
    *arguments.last_mut().unwrap() = "d-7";
    let said = vitaran(&app, &arguments).await.unwrap();
    let ramesh = person("ramesh@dealer.test", &said);
    assert_eq!(app.sign_in(&ramesh).await.get("/portal").await.status, 200);
    let of = format!("SELECT count(*) FROM memberships WHERE dealer_id = '{dealer}'");
    assert_eq!(app.database.count(&of).await, 1);
}

#[tokio::test]
async fn a_user_with_faults_is_refused_with_all_of_them_and_no_tenant_is_guessed() {
    let app = test_app().await;
    let refused = vitaran(&app, &user_add("boss", "nobody")).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.contains("/role: Choose one of admin, sales, warehouse, accounts, dealer")
            && refused.contains("/email: Enter an e-mail address"),
        "{refused}"
    );
    let mut elsewhere = user_add("sales", "asha@volt.test");
    elsewhere[3] = "vol";
    let refused = vitaran(&app, &elsewhere).await.unwrap_err();
    assert!(refused.contains("there is no tenant vol"), "{refused}");
}
