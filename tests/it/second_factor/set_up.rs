//! Switching it on and off, at the page and by a program.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::{PASSWORD, test_app};

use super::phone::{
    PAGE, Phone, begin, codes_of, first_step, mails, protect, prove, second_step, told,
};

#[tokio::test]
async fn it_is_on_once_password_and_first_code_are_right_and_all_other_devices_are_out() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (here, elsewhere) = (app.sign_in(&person).await, app.sign_in(&person).await);
    let program = app.api(&person).await;
    assert!(here.get(PAGE).await.body.contains("It is off"));
    let phone = begin(&here).await;
    for (password, code, says) in [
        ("", "", "Enter your password"),
        (PASSWORD, "12345", "A code has 6 digits"),
        (
            "not it",
            phone.code(&app).as_str(),
            "This is not your password",
        ),
        (
            PASSWORD,
            phone.wrong_code(&app).as_str(),
            "This code does not work",
        ),
    ] {
        let refused = prove(&here, "confirmation", password, code).await;
        assert_eq!(refused.status, 422, "{says}");
        assert!(refused.body.contains(says), "{says}");
        assert!(
            refused.body.contains("class=\"qr\""),
            "the app can still be told"
        );
        assert!(!refused.body.contains(&format!("value=\"{PASSWORD}\"")));
    }
    let before = here.cookie("sid").unwrap();
    let on = prove(&here, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!((on.status, codes_of(&on).len()), (200, 10), "{}", on.body);
    assert_ne!(here.cookie("sid").unwrap(), before, "a new id");
    assert_eq!(here.get("/admin/orders").await.status, 200);
    assert_eq!(elsewhere.get("/admin/orders").await.status, 303);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    let page = here.get(PAGE).await.body;
    assert!(
        page.contains("10 of 10") && !page.contains("secret="),
        "{page}"
    );
    assert!(
        codes_of(&on)
            .iter()
            .all(|code| !page.contains(code.as_str()))
    );
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_ON").await, 1);
    assert_eq!(told(&app, "identity.second_factor.on").await, 1);
    let again = prove(&here, "confirmation", PASSWORD, &phone.next_code(&app)).await;
    assert_eq!(again.status, 303, "it is on already");
}

#[tokio::test]
async fn neither_the_key_nor_a_recovery_code_is_stored_in_clear() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.sign_in(&person).await;
    let begun = app.api(&person).await;
    let begun = begun
        .post_json("/api/v1/me/second-factor", &Value::Null)
        .await;
    let key = begun.json()["secret"].as_str().unwrap().replace(' ', "");
    let phone = Phone::told(&key);
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    let sealed = "SELECT sealed_secret AS text FROM second_factors";
    let sealed = app.database.text(sealed).await;
    assert!(sealed.starts_with("k1.") && !sealed.contains(&key));
    let hashes = "SELECT string_agg(encode(code_hash, 'hex') || encode(code_hash, 'escape'), ' ') AS text FROM recovery_codes";
    let hashes = app.database.text(hashes).await;
    for code in codes_of(&on) {
        assert!(!hashes.contains(&code) && !hashes.contains(&code.replace('-', "")));
    }
}

#[tokio::test]
async fn who_begins_again_gets_another_key_and_the_first_one_switches_nothing_on() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    let (first, second) = (begin(&client).await, begin(&client).await);
    assert_ne!(first.0, second.0);
    let refused = prove(&client, "confirmation", PASSWORD, &first.code(&app)).await;
    assert_eq!(refused.status, 422);
    let on = prove(&client, "confirmation", PASSWORD, &second.code(&app)).await;
    assert_eq!(on.status, 200);
}

#[tokio::test]
async fn a_key_that_is_not_confirmed_in_ten_minutes_is_shown_no_more_and_switches_nothing_on() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (client, program) = (app.sign_in(&person).await, app.api(&person).await);
    let late = begin(&client).await;
    let age = "UPDATE second_factors SET created_at = created_at - interval '10 minutes'";
    app.database.execute(age).await;
    let page = client.get(PAGE).await.body;
    assert!(page.contains("It is off") && !page.contains("secret="));
    let standing = program.get("/api/v1/me/second-factor").await.json();
    assert_eq!(standing["status"], "OFF");
    let refused = prove(&client, "confirmation", PASSWORD, &late.code(&app)).await;
    assert_eq!((refused.status, refused.location()), (303, PAGE));
    let on = "SELECT count(*) FROM second_factors WHERE confirmed_at IS NOT NULL";
    assert_eq!(app.database.count(on).await, 0);
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200, "{}", on.body);
}

#[tokio::test]
async fn switching_off_needs_password_and_code_and_is_told_by_mail() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, client) = protect(&app, &person).await;
    assert_eq!(client.get(&format!("{PAGE}/removal")).await.status, 200);
    let code = phone.next_code(&app);
    for (password, code) in [
        ("not it", code.as_str()),
        (PASSWORD, &phone.wrong_code(&app)),
    ] {
        assert_eq!(prove(&client, "removal", password, code).await.status, 422);
    }
    let off = prove(&client, "removal", PASSWORD, &code).await;
    assert_eq!((off.status, off.location()), (303, PAGE));
    assert_eq!(mails(&app, &person, "SECOND_FACTOR_OFF").await, 1);
    assert_eq!(told(&app, "identity.second_factor.off").await, 1);
    let left = "SELECT count(*) FROM recovery_codes";
    assert_eq!(app.database.count(left).await, 0);
    app.sign_in(&person).await;
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, old, client) = protect(&app, &person).await;
    let renewed = prove(&client, "recovery-codes", PASSWORD, &phone.next_code(&app)).await;
    let new = codes_of(&renewed);
    assert_eq!((renewed.status, new.len()), (200, 10), "{}", renewed.body);
    let (browser, _) = first_step(&app, &person).await;
    assert_eq!(second_step(&browser, &old[0]).await.status, 422);
    assert_eq!(second_step(&browser, &new[0]).await.status, 303);
}

#[tokio::test]
async fn a_support_visit_touches_nobodys_second_factor() {
    let app = test_app().await;
    let visitor = app.sign_in_platform_admin().await;
    let form = [("reason", "Asked for help with invoices")];
    visitor.post_form("/super/tenants/volt/visits", &form).await;
    for path in [PAGE, &format!("{PAGE}/removal")] {
        assert_eq!(visitor.get(path).await.status, 403, "{path}");
    }
    assert_eq!(visitor.post_form(PAGE, &[]).await.status, 403);
}

#[tokio::test]
async fn a_program_sets_it_up_too() {
    let app = test_app().await;
    let person = app.person(Role::Dealer).await;
    let (program, other) = (app.api(&person).await, app.api(&person).await);
    let path = "/api/v1/me/second-factor";
    assert_eq!(program.get(path).await.json()["status"], "OFF");
    let begun = program.post_json(path, &Value::Null).await.json();
    assert_eq!(program.get(path).await.json()["status"], "BEING_SET_UP");
    let phone = Phone::told(begun["secret"].as_str().unwrap());
    let proof = |code: String| json!({ "password": PASSWORD, "code": code });
    let confirmation = format!("{path}/confirmation");
    let wrong = program
        .post_json(&confirmation, &proof(phone.wrong_code(&app)))
        .await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (422, "account.wrong_code".to_owned())
    );
    let on = program
        .post_json(&confirmation, &proof(phone.code(&app)))
        .await;
    assert_eq!(on.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(other.get("/api/v1/me").await.status, 401);
    let standing = program.get(path).await.json();
    assert_eq!(
        (&standing["status"], &standing["recovery_codes_left"]),
        (&json!("ON"), &json!(10))
    );
    let renewed = format!("{path}/recovery-codes");
    let renewed = program
        .post_json(&renewed, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(
        renewed.json()["recovery_codes"].as_array().unwrap().len(),
        10
    );
    let removal = format!("{path}/removal");
    let off = program
        .post_json(&removal, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(off.status, 204, "{}", off.body);
    let off = program
        .post_json(&removal, &proof(phone.next_code(&app)))
        .await;
    assert_eq!(
        (off.status, off.code()),
        (409, "account.second_factor_off".to_owned())
    );
}
