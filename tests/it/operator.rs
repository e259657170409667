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

#[tokio::test]
async fn what_is_set_for_a_tenant_stands_and_is_in_its_audit_log() {
    let app = test_app().await;
    let set = ["tenant", "set", "--tenant", "volt"];
    let bare = vitaran(&app, &set).await.unwrap_err();
    assert!(bare.contains("--upi-vpa"), "{bare}");

    let mut upi = set.to_vec();
    upi.extend([
        "--upi-vpa",
        "Volt@OkBank",
        "--upi-payee",
        "Volt Distributors",
    ]);
    upi.extend(["--support-phone", "98765 00001"]);
    let said = vitaran(&app, &upi).await.unwrap();
    assert!(
        said.contains("UPI address: volt@okbank") && said.contains("terms: none"),
        "{said}"
    );
    let mut terms = set.to_vec();
    terms.extend(["--terms", "Payment within 30 days", "--support-phone", ""]);
    vitaran(&app, &terms).await.unwrap();
    let stands = "SELECT concat_ws('; ', upi_vpa, upi_payee, invoice_terms, coalesce(support_phone, 'no phone')) AS text FROM tenant_settings";
    assert_eq!(
        app.database.text(stands).await,
        "volt@okbank; Volt Distributors; Payment within 30 days; no phone"
    );
    let audited = "SELECT by_name || ': ' || (detail->'before')::text || ' to ' || (detail->'after')::text AS text FROM audit_log \
        WHERE action = 'platform.settings.set' ORDER BY at DESC, id DESC LIMIT 1";
    assert_eq!(
        app.database.text(audited).await,
        r#"vitaran tenant set: {"invoice_terms": null, "support_phone": "+919876500001"} to {"invoice_terms": "Payment within 30 days", "support_phone": null}"#
    );

    let mut half = set.to_vec();
    half.extend(["--upi-vpa", ""]);
    let refused = vitaran(&app, &half).await.unwrap_err();
    assert!(
        refused.contains("A UPI address needs the payee's name"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_second_registration_comes_with_its_warehouse_its_series_and_its_lut() {
    let app = test_app().await;
    let add = [
        "registration",
        "add",
        "--tenant",
        "volt",
        "--gstin",
        "29AABCR1718E1ZL",
        "--legal-name",
        "Volt Distributors Pvt Ltd",
        "--line1",
        "5 Peenya",
        "--city",
        "Bengaluru",
        "--pincode",
        "560058",
        "--invoice-prefix",
        "VLB",
        "--location-name",
        "Peenya",
    ];
    vitaran(&app, &add).await.unwrap();
    let lut = [
        "registration",
        "set-lut",
        "--tenant",
        "volt",
        "--gstin",
        "29AABCR1718E1ZL",
        "--number",
        "AD290426001234X",
        "--from",
        "2026-04-01",
        "--to",
        "2027-03-31",
    ];
    vitaran(&app, &lut).await.unwrap();
    let made = "SELECT concat_ws(' ', g.gstin, l.name, l.is_default, s.kind, s.prefix, g.lut_number, g.lut_valid_from, g.lut_valid_to) AS text \
        FROM gst_registrations g JOIN locations l ON l.registration_id = g.id JOIN document_series s ON s.registration_id = g.id \
        WHERE g.gstin = '29AABCR1718E1ZL'";
    assert_eq!(
        app.database.text(made).await,
        "29AABCR1718E1ZL Peenya f INVOICE VLB AD290426001234X 2026-04-01 2027-03-31"
    );
    let audited = "SELECT string_agg(action, ' ' ORDER BY at, id) AS text FROM audit_log WHERE object_kind = 'gst_registration'";
    assert_eq!(
        app.database.text(audited).await,
        "platform.registrations.add platform.registrations.set_lut"
    );

    let named_alike = vitaran(&app, &add).await.unwrap_err();
    assert!(
        named_alike.contains("Another warehouse is called Peenya"),
        "{named_alike}"
    );
    let mut again = add;
    *again.last_mut().unwrap() = "Peenya depot";
    let again = vitaran(&app, &again).await.unwrap_err();
    assert!(again.contains("is registered here already"), "{again}");
    let mut unknown = lut;
    unknown[5] = "27AAPFU0939F1ZV";
    let refused = vitaran(&app, &unknown).await.unwrap_err();
    assert!(refused.contains("There is no registration"), "{refused}");
}
