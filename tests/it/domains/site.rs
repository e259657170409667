//! What a name opens and bars, and where links lead.

use reqwest::Method;
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{Client, Person, bare_app};

use super::street::{NAME, OTHER_GSTIN, Street, add, admin_of, at, primary, sign_in};
use crate::second_factor::{protect, second_step};

#[tokio::test]
async fn under_a_distributors_name_there_are_its_own_people_and_programs_alone() {
    let street = Street::new().await;
    let app = &street.app;
    let volt_admin = app.api_as(Role::Admin).await;
    street.verified(&volt_admin, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let (own, both) = (app.person(Role::Sales).await, app.person(Role::Sales).await);
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;

    // Whoever works with Ampere alone, or runs the platform, does not exist here.
    let stranger = Person {
        email: "admin@ampere.test".to_owned(),
        ..own.clone()
    };
    for outsider in [&stranger, &app.platform_admin().await] {
        let refused = sign_in(&at(app, NAME), outsider).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("Sign in to Volt Distributors"));
    }
    // Whoever works with both comes in at Volt, and finds no way to Ampere.
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/admin/orders");
    let orders = browser.get("/admin/orders").await;
    assert_eq!(orders.status, 200);
    assert!(!orders.body.contains("/switch-tenant"));
    let switched = browser
        .post_form("/switch-tenant", &[("tenant", "ampere")])
        .await;
    assert_eq!(switched.status, 404);
    assert_eq!(browser.get("/super").await.status, 404);

    // A session, a token and a key of Ampere's are nothing here, and go on elsewhere.
    let at_home = app.client();
    assert_eq!(sign_in(&at_home, &both).await.status, 303);
    assert!(
        at_home
            .get("/admin")
            .await
            .body
            .contains("Ampere Distributors")
    );
    let carried = at(app, NAME);
    carried.set_cookie("sid", &at_home.cookie("sid").unwrap());
    assert_eq!(carried.get("/admin/orders").await.status, 303);
    assert_eq!(at_home.get("/admin").await.status, 200);
    let token = admin_of(app, "ampere").await;
    assert_eq!(token.get("/api/v1/me").await.status, 200);
    assert_eq!(token.with("host", NAME).get("/api/v1/me").await.status, 401);
    let made = token
        .with("idempotency-key", "k")
        .post_json(
            "/api/v1/api_keys",
            &json!({"name": "Tally", "scopes": ["sales.orders.read"]}),
        )
        .await;
    let key = app.client().bearer(made.json()["secret"].as_str().unwrap());
    assert_eq!(key.get("/api/v1/orders").await.status, 200);
    assert_eq!(
        key.with("host", NAME).get("/api/v1/orders").await.status,
        401
    );
    // Volt's own token works under both.
    assert_eq!(
        volt_admin.with("host", NAME).get("/api/v1/me").await.status,
        200
    );
    let platform = app.api_as_platform_admin().await.with("host", NAME);
    assert_eq!(platform.get("/api/v1/platform/tenants").await.status, 401);
}

#[tokio::test]
async fn a_program_that_signs_in_under_a_distributors_name_means_it() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let both = app.person(Role::Sales).await;
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;
    let login = json!({"email": both.email, "password": both.password});
    let unnamed = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(unnamed.code(), "auth.tenant_required");
    let answer = at(app, NAME).post_json("/api/v1/auth/login", &login).await;
    assert_eq!(answer.json()["tenant"]["slug"], "volt", "{}", answer.body);
    let named =
        |slug: &str| json!({"email": both.email, "password": both.password, "tenant": slug});
    let path = "/api/v1/auth/login";
    let own = at(app, NAME).post_json(path, &named("volt")).await;
    assert_eq!(own.status, 200, "{}", own.body);
    let other = at(app, NAME).post_json(path, &named("ampere")).await;
    assert_eq!(other.code(), "auth.wrong_credentials");
    // A refresh token of Ampere's is unknown here, and works on where it is known.
    let ampere = app.client().post_json(path, &named("ampere")).await.json();
    let token = json!({ "refresh_token": ampere["refresh_token"] });
    let path = "/api/v1/auth/refresh";
    let here = at(app, NAME).post_json(path, &token).await;
    assert_eq!(here.code(), "auth.refresh_unknown", "{}", here.body);
    let at_home = app.client().post_json(path, &token).await;
    assert_eq!(at_home.status, 200, "{}", at_home.body);
}

#[tokio::test]
async fn a_name_that_is_nobodys_gets_no_page_and_no_operation_and_the_house_has_many() {
    let street = Street::new().await;
    let client = street.app.sign_in_as(Role::Sales).await;
    for name in [
        "evil.test",
        "orders.volt.test",
        "a..b",
        "_x.test",
        "127.0.0.1.evil.test",
    ] {
        let page = client.with("host", name).get("/admin/orders").await;
        assert_eq!(page.status, 421, "{name}");
        assert!(page.body.contains("This domain leads nowhere"), "{name}");
        assert!(!page.body.contains("Sign out"), "{name}");
        let operation = street
            .app
            .client()
            .with("host", name)
            .get("/api/v1/me")
            .await;
        assert_eq!(
            (operation.status, &*operation.code()),
            (421, "request.nobodys_name"),
            "{name}"
        );
    }
    // Load balancers and people on this network ask by address, or by a name without a dot.
    for name in ["web", "localhost:8080", "10.1.2.3", "[::1]:80"] {
        assert_eq!(
            client.with("host", name).get("/admin/orders").await.status,
            200,
            "{name}"
        );
    }
    assert_eq!(
        client.with("host", "evil.test").get("/health").await.status,
        200
    );
}

#[tokio::test]
async fn a_form_under_a_distributors_name_comes_from_there() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let person = app.person(Role::Sales).await;
    let port = app.base.rsplit_once(':').unwrap().1;
    let theirs = format!("http://{NAME}:{port}");
    for (origin, status) in [
        (theirs.as_str(), 303),
        (app.base.as_str(), 403),
        ("http://evil.test", 403),
    ] {
        let browser = at(app, NAME);
        let request = browser
            .request(Method::POST, "/login")
            .header("origin", origin)
            .form(&[("email", &person.email), ("password", &person.password)]);
        assert_eq!(browser.send(request).await.status, status, "{origin}");
    }
    let home = app.client();
    let request = home
        .request(Method::POST, "/login")
        .header("origin", &theirs)
        .form(&[("email", &person.email), ("password", &person.password)]);
    assert_eq!(home.send(request).await.status, 403);
}

#[tokio::test]
async fn the_rest_of_a_distributors_domain_is_not_bound_to_https() {
    let app = bare_app(|config| config.public_url = "https://orders.example.in".to_owned()).await;
    let client = Client::new(&app.base);
    let hsts = async |host: &str| {
        let answer = client.with("host", host).get("/assets/none").await;
        answer
            .header("strict-transport-security")
            .unwrap()
            .to_owned()
    };
    assert!(
        hsts("orders.example.in")
            .await
            .contains("includeSubDomains")
    );
    assert_eq!(hsts("sharma.in").await, "max-age=31536000");
}

#[tokio::test]
async fn mails_about_orders_lead_to_the_primary_name_and_links_with_a_secret_to_the_house() {
    let street = Street::new().await;
    let app = &street.app;
    let admin = app.api_as(Role::Admin).await;
    primary(&admin, &street.verified(&admin, NAME).await).await;
    let sales = app.person(Role::Sales).await;
    let flow = Flow::new(app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.place(buyer, &[(product, 1)]).await;
    let asked = at(app, NAME)
        .post_form("/forgotten-password", &[("email", &sales.email)])
        .await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    Program::worker(app)
        .queues("mail,account-mail")
        .once()
        .await;
    let mails: Vec<String> = std::fs::read_dir(app.files.join("mail"))
        .unwrap()
        .map(|file| {
            let raw = std::fs::read_to_string(file.unwrap().path()).unwrap();
            raw.replace("=\r\n", "").replace("=3D", "=")
        })
        .collect();
    let port = app.base.rsplit_once(':').unwrap().1;
    let about_order = format!("http://{NAME}:{port}/admin/orders/{order}");
    assert!(
        mails.iter().any(|mail| mail.contains(&about_order)),
        "{mails:?}"
    );
    let with_secret = format!("{}/new-password?token=", app.base);
    assert!(
        mails.iter().any(|mail| mail.contains(&with_secret)),
        "{mails:?}"
    );
}

#[tokio::test]
async fn an_invitation_is_opened_at_the_house_or_under_its_own_distributors_name() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    app.tenant("ampere", OTHER_GSTIN).await;
    let link = async |admin: Client| {
        let body = json!({"email": "asha@outside.test", "role": "SALES", "delivery": "LINK"});
        let sent = admin
            .with("idempotency-key", "k")
            .post_json("/api/v1/invitations", &body)
            .await;
        let link = sent.json()["link"].as_str().unwrap().to_owned();
        link.strip_prefix(&app.base).unwrap().to_owned()
    };
    let (own, other) = (
        link(app.api_as(Role::Admin).await).await,
        link(admin_of(app, "ampere").await).await,
    );
    for (path, here, there) in [(&own, 200, 200), (&other, 200, 404)] {
        assert_eq!(app.client().get(path).await.status, here);
        assert_eq!(at(app, NAME).get(path).await.status, there);
    }
    let token = other.split_once("token=").unwrap().1;
    let body = json!({"token": token, "name": "Asha", "password": "tractor velvet ninety"});
    let by_api = at(app, NAME)
        .post_json("/api/v1/auth/invitation", &body)
        .await;
    assert_eq!(by_api.code(), "invitations.link_over", "{}", by_api.body);
    let form = [
        ("token", token),
        ("name", "Asha"),
        ("password", "tractor velvet ninety"),
    ];
    assert_eq!(
        at(app, NAME).post_form("/invitation", &form).await.status,
        404
    );
    assert_eq!(
        app.client().post_form("/invitation", &form).await.status,
        303
    );
}

#[tokio::test]
async fn a_second_factor_leads_into_the_distributor_of_the_name_and_nobody_elses_is_asked_for() {
    let street = Street::new().await;
    let app = &street.app;
    street.verified(&app.api_as(Role::Admin).await, NAME).await;
    let ampere = app.tenant("ampere", OTHER_GSTIN).await;
    let both = app.person(Role::Sales).await;
    app.make_member(&ampere, &both.email, Role::Admin, None)
        .await;
    let (phone, ..) = protect(app, &both).await;
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/login/code");
    let inside = second_step(&browser, &phone.next_code(app)).await;
    assert_eq!(inside.location(), "/account/sessions", "{}", inside.body);
    let orders = browser.get("/admin/orders").await;
    assert!(orders.status == 200 && orders.body.contains("Volt Distributors"));

    let strangers = [
        Person {
            email: "admin@ampere.test".to_owned(),
            ..both.clone()
        },
        app.platform_admin().await,
    ];
    for stranger in strangers {
        protect(app, &stranger).await;
        let refused = sign_in(&at(app, NAME), &stranger).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("Sign in to Volt Distributors"));
    }
    // Whose place is gone while they look for the phone begins anew, and is told so.
    let browser = at(app, NAME);
    assert_eq!(sign_in(&browser, &both).await.location(), "/login/code");
    let gone = format!(
        "UPDATE memberships SET is_active = false WHERE tenant_id = '{}' AND user_id = (SELECT id FROM users WHERE email = '{}')",
        street.tenant(),
        both.email
    );
    app.database.execute(&gone).await;
    let begun = second_step(&browser, &phone.next_code(app)).await;
    assert_eq!((begun.status, begun.location()), (303, "/login"));
    assert!(browser.get("/login").await.body.contains("Sign in again"));
}

#[tokio::test]
async fn a_proxy_that_wants_certificates_is_told_which_names_lead_here() {
    let street = Street::new().await;
    let app = &street.app;
    let admin = app.api_as(Role::Admin).await;
    add(&admin, "waits.volt.test").await;
    street.verified(&admin, NAME).await;
    for (name, status) in [
        (NAME, 200),
        ("ORDERS.volt.test", 200),
        ("127.0.0.1", 200),
        ("waits.volt.test", 404),
        ("evil.test", 404),
        ("", 404),
        ("%00", 400),
    ] {
        let path = format!("/domains/ask?domain={name}");
        assert_eq!(app.client().get(&path).await.status, status, "{name}");
    }
    assert_eq!(app.client().get("/domains/ask").await.status, 404);
}
