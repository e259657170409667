//! Password first, code after it: what each opens, and what a wrong one costs.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_core::identity::{self, ClientInfo, SignInError};
use vitaran_core::problem::Problem as _;
use vitaran_core::secrets::SecretKey;
use vitaran_tests::{PASSWORD, Person, SECRET_KEY, test_app, test_app_with};

use super::phone::{
    NEW, PAGE, first_step, log_in, mails, protect, prove, proven, second_step, told,
};

#[tokio::test]
async fn between_password_and_code_nobody_is_signed_in() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let (phone, ..) = protect(&app, &person).await;
    let (client, first) = first_step(&app, &person).await;
    let to = "/login/code?next=%2Faccount%2Fsessions";
    assert_eq!((first.status, first.location()), (303, to));
    assert!(client.cookie("sid").is_none(), "no session");
    let cookies = first.set_cookies().concat();
    assert!(
        cookies.contains("HttpOnly") && cookies.contains("Max-Age=300"),
        "{cookies}"
    );
    for path in ["/", "/admin", "/account/sessions", PAGE, "/switch-tenant"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location().starts_with("/login"), "{path}");
    }
    let secret = client.cookie("pending").unwrap();
    let as_session = app.client();
    as_session.set_cookie("sid", &secret);
    assert_eq!(as_session.get("/admin").await.status, 303);
    assert_eq!(
        app.client().bearer(&secret).get("/api/v1/me").await.status,
        401
    );

    let page = client.get(to).await;
    let wanted = [
        "autocomplete=\"one-time-code\"",
        "inputmode=\"numeric\"",
        "autofocus",
    ];
    assert!(
        wanted.iter().all(|part| page.body.contains(part)),
        "{}",
        page.body
    );
    let wrong = second_step(&client, &phone.wrong_code(&app)).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("This code does not work"));
    let right = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((right.status, right.location()), (303, "/account/sessions"));
    assert_eq!(client.get("/admin").await.status, 200);
    assert_eq!(
        client.get("/login/code").await.location(),
        "/login",
        "its secret is gone"
    );
}

#[tokio::test]
async fn a_code_works_once_and_of_two_at_once_one_gets_in() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let (one, _) = first_step(&app, &person).await;
    let (other, _) = first_step(&app, &person).await;
    let refused = second_step(&one, &phone.code(&app)).await;
    assert_eq!(refused.status, 422, "it switched the second factor on");
    let code = phone.next_code(&app);
    let both = tokio::join!(second_step(&one, &code), second_step(&other, &code));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    // The second also finds its own sign-in over, which the first has ended.
    assert!(matches!(statuses, [303, 422] | [303, 303]), "{statuses:?}");
    let inside = [&one, &other].map(|client| client.cookie("sid").is_some());
    assert!(inside[0] != inside[1], "one got in: {inside:?}");
    assert_eq!(
        log_in(&app, &person, Some(&code)).await.code(),
        "auth.wrong_code"
    );
}

#[tokio::test]
async fn wrong_codes_are_tries_at_the_account_and_cannot_be_gone_on_with() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    app.clock.advance(chrono::TimeDelta::seconds(30));
    // The password was the first try, and is a failure until a code is right.
    let (client, _) = first_step(&app, &person).await;
    for _ in 0..4 {
        let wrong = second_step(&client, &phone.wrong_code(&app)).await;
        assert_eq!(wrong.status, 422);
    }
    let right = second_step(&client, &phone.code(&app)).await;
    assert_eq!(right.status, 422, "nothing is looked at any more");
    let (_, again) = first_step(&app, &person).await;
    assert_eq!(again.status, 422, "nor the password");
    app.database
        .execute("UPDATE sign_in_tries SET delayed_until = now()")
        .await;
    assert_eq!(second_step(&client, &phone.code(&app)).await.status, 303);
}

#[tokio::test]
async fn the_right_password_again_and_again_buys_no_more_codes() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let mut refused = Vec::new();
    for _ in 0..8 {
        refused.push(
            log_in(&app, &person, Some(&phone.wrong_code(&app)))
                .await
                .code(),
        );
    }
    let looked_at = refused
        .iter()
        .filter(|code| *code == "auth.wrong_code")
        .count();
    assert_eq!(looked_at, 5, "{refused:?}");
    assert_eq!(refused[7], "auth.wrong_credentials");
}

#[tokio::test]
async fn the_right_password_at_an_invitation_clears_no_failures_either() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let invited = format!(
        "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
         SELECT tenant_id, gen_random_uuid(), '{}', 'SALES', sha256('known'), id, now(), now() + interval '7 days' \
         FROM memberships WHERE tenant_id = '{}' AND role = 'ADMIN'",
        person.email, other.tenant.id
    );
    app.database.execute(&invited).await;
    for _ in 0..4 {
        let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
        assert_eq!(wrong.code(), "auth.wrong_code");
    }
    let form = [("token", "known"), ("password", PASSWORD)];
    let accepted = app.client().post_form("/invitation", &form).await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(wrong.code(), "auth.wrong_credentials", "the account waits");
}

#[tokio::test]
async fn the_right_password_at_its_change_clears_no_failures_either() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    for _ in 0..4 {
        let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
        assert_eq!(wrong.code(), "auth.wrong_code");
    }
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let person = Person {
        password: NEW.to_owned(),
        ..person
    };
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(wrong.code(), "auth.wrong_credentials", "the account waits");
}

#[tokio::test]
async fn codes_and_passwords_at_the_account_count_with_the_sign_ins_of_a_network() {
    let app = test_app_with(|config| config.sign_in.most_a_minute = 4).await;
    let person = app.person(Role::Sales).await;
    // Signing in and switching it on are two.
    let (phone, _, inside) = protect(&app, &person).await;
    let (client, _) = first_step(&app, &person).await;
    let wrong = second_step(&client, &phone.wrong_code(&app)).await;
    assert_eq!(wrong.status, 422);
    // Nothing is looked at, so it need not be a fresh one.
    let code = phone.code(&app);
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    for refused in [
        second_step(&client, &code).await,
        prove(&inside, "removal", PASSWORD, &code).await,
        inside.post_form("/account/password", &form).await,
    ] {
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert!(refused.header("retry-after").is_some());
        assert!(refused.body.contains("came from your network"));
    }
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
}

#[tokio::test]
async fn the_wrong_distributor_with_the_right_password_and_code_is_no_failed_try() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let code = phone.next_code(&app);
    let log_in = async |tenant: &str| {
        let body =
            json!({ "email": person.email, "password": PASSWORD, "code": code, "tenant": tenant });
        app.client().post_json("/api/v1/auth/login", &body).await
    };
    for _ in 0..6 {
        let refused = log_in("vlot").await;
        assert_eq!(refused.code(), "auth.wrong_credentials");
    }
    let inside = log_in("volt").await;
    assert_eq!(inside.status, 200, "{}", inside.body);
    assert_eq!(log_in("volt").await.code(), "auth.wrong_code", "once");
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_its_use_is_told() {
    let app = test_app().await;
    let person = app.person(Role::Accounts).await;
    let (_, codes, client) = protect(&app, &person).await;
    let (browser, _) = first_step(&app, &person).await;
    let typed = codes[3].to_lowercase().replace('-', " ");
    assert_eq!(second_step(&browser, &typed).await.status, 303);
    assert!(client.get(PAGE).await.body.contains("9 of 10"));
    assert_eq!(mails(&app, &person, "RECOVERY_CODE_USED").await, 1);
    let action = "identity.second_factor.recovery_code_used";
    assert_eq!(told(&app, action).await, 1);
    let (browser, _) = first_step(&app, &person).await;
    assert_eq!(second_step(&browser, &typed).await.status, 422);
}

#[tokio::test]
async fn a_sign_in_waits_five_minutes_and_not_beyond_a_change_of_the_password() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    let (client, _) = first_step(&app, &person).await;
    app.database
        .execute("UPDATE pending_sign_ins SET expires_at = now() - interval '1 second'")
        .await;
    let over = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((over.status, over.location()), (303, "/login"));

    let (client, _) = first_step(&app, &person).await;
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let over = second_step(&client, &phone.next_code(&app)).await;
    assert_eq!((over.status, over.location()), (303, "/login"));
}

#[tokio::test]
async fn a_sign_in_under_way_without_it_opens_nothing_once_it_is_on() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let signed_in = proven(&app, &person).await.expect("the password alone");
    protect(&app, &person).await;
    let refused = identity::open_api_session(&app.db, &signed_in, &ClientInfo::default()).await;
    assert_eq!(refused.err().unwrap().code(), "auth.pending_over");
    let sessions = "SELECT count(*) FROM sessions";
    assert_eq!(app.database.count(sessions).await, 1, "where it was set up");
}

#[tokio::test]
async fn a_first_step_under_way_leads_to_no_code_once_the_password_is_another() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, _, inside) = protect(&app, &person).await;
    let Err(SignInError::SecondFactorRequired(half)) = proven(&app, &person).await else {
        panic!("half a sign-in");
    };
    let form = [("old_password", PASSWORD), ("new_password", NEW)];
    let changed = inside.post_form("/account/password", &form).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let waiting = identity::wait_for_code(&app.db, &half).await;
    assert_eq!(waiting.err().unwrap().code(), "auth.pending_over");
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    let code = phone.next_code(&app);
    let finished = identity::finish_at_once(&app.db, &key, *half, &code).await;
    assert_eq!(finished.err().unwrap().code(), "auth.pending_over");
}

#[tokio::test]
async fn a_program_sends_password_and_code_together_and_refreshes_without() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let (phone, ..) = protect(&app, &person).await;
    let without = log_in(&app, &person, None).await;
    let required = (401, "auth.second_factor_required".to_owned());
    assert_eq!((without.status, without.code()), required);
    let wrong = log_in(&app, &person, Some(&phone.wrong_code(&app))).await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (401, "auth.wrong_code".to_owned())
    );
    let stranger = Person {
        password: "not it".to_owned(),
        ..person.clone()
    };
    let refused = log_in(&app, &stranger, Some(&phone.next_code(&app))).await;
    assert_eq!(
        refused.code(),
        "auth.wrong_credentials",
        "no word of the second factor"
    );

    let tokens = log_in(&app, &person, Some(&phone.code(&app))).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let refresh = json!({ "refresh_token": tokens.json()["refresh_token"] });
    let next = app
        .client()
        .post_json("/api/v1/auth/refresh", &refresh)
        .await;
    assert_eq!(next.status, 200, "{}", next.body);
}

#[tokio::test]
async fn a_forgotten_password_opens_no_way_around_it() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    protect(&app, &person).await;
    let hash = "UPDATE account_links SET token_hash = sha256('known')";
    app.client()
        .post_form("/forgotten-password", &[("email", &person.email)])
        .await;
    app.database.execute(hash).await;
    let form = [("token", "known"), ("password", NEW)];
    let chosen = app.client().post_form("/new-password", &form).await;
    assert_eq!((chosen.status, chosen.location()), (303, "/login"));
    let person = Person {
        password: NEW.to_owned(),
        ..person
    };
    let (client, first) = first_step(&app, &person).await;
    assert!(first.location().starts_with("/login/code"));
    assert_eq!(client.get("/admin").await.status, 303);
    assert_eq!(
        log_in(&app, &person, None).await.code(),
        "auth.second_factor_required"
    );
}
