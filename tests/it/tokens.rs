//! The tokens of the API: the next pair for the last, copies found out, and what ends all of them.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::{Answer, Client, PASSWORD, Person, TestApp, test_app};

/// A program that signed in, with the tokens it was given.
struct Program {
    client: Client,
    tokens: Value,
}

impl Program {
    async fn of(app: &TestApp, person: &Person) -> Program {
        let client = app.client().with("user-agent", "tally-bridge/2.1");
        let login = json!({ "email": person.email, "password": PASSWORD });
        let answer = client.post_json("/api/v1/auth/login", &login).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Program {
            client,
            tokens: answer.json(),
        }
    }

    fn text(&self, name: &str) -> String {
        self.tokens[name].as_str().expect(name).to_owned()
    }

    /// What the access token is good for.
    async fn me(&self) -> u16 {
        let client = self.client.bearer(self.text("access_token"));
        client.get("/api/v1/me").await.status
    }

    async fn refresh(&self) -> Answer {
        refresh(&self.client, &self.text("refresh_token")).await
    }
}

async fn refresh(client: &Client, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    client.post_json("/api/v1/auth/refresh", &body).await
}

/// The used tokens become as old as the grace for two requests at once has passed.
async fn let_the_grace_pass(app: &TestApp) {
    app.database
        .execute("UPDATE rotated_tokens SET rotated_at = rotated_at - interval '11 seconds'")
        .await;
}

#[tokio::test]
async fn a_refresh_token_gives_the_next_pair_once_and_only_hashes_are_stored() {
    let app = test_app().await;
    let mut program = Program::of(&app, &app.person(Role::Sales).await).await;
    let first = program.text("access_token");
    assert_eq!(program.tokens["refresh_expires_in"], 7 * 86_400);
    for _ in 0..3 {
        let answer = program.refresh().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let next = answer.json();
        for name in ["access_token", "refresh_token"] {
            assert_ne!(next[name], program.tokens[name], "{name}");
        }
        for name in ["tenant", "user", "role", "token_type", "expires_in"] {
            assert_eq!(next[name], program.tokens[name], "{name}");
        }
        program.tokens = next;
        assert_eq!(program.me().await, 200);
    }
    let old = app.client().bearer(first);
    assert_eq!(
        old.get("/api/v1/me").await.status,
        200,
        "for its 15 minutes"
    );
    let secret = program.text("refresh_token");
    let stored = format!(
        "SELECT count(*) FROM (SELECT s::text AS row FROM sessions s UNION ALL SELECT t::text FROM access_tokens t UNION ALL SELECT t::text FROM rotated_tokens t) x \
         WHERE row LIKE '%{}%'",
        &secret[4..]
    );
    assert_eq!(app.database.count(&stored).await, 0);
}

#[tokio::test]
async fn a_used_refresh_token_ends_the_whole_session_and_the_audit_log_says_who_showed_it() {
    let app = test_app().await;
    for role in [Role::Sales, Role::Dealer] {
        let person = app.person(role).await;
        let stolen = Program::of(&app, &person).await;
        let other = Program::of(&app, &person).await;
        let mut owner = Program {
            client: stolen.client.clone(),
            tokens: stolen.refresh().await.json(),
        };
        owner.tokens = owner.refresh().await.json();
        assert_eq!(owner.me().await, 200);
        let_the_grace_pass(&app).await;

        let thief = app.client().with("user-agent", "curl/8.17.0");
        let answer = refresh(&thief, &stolen.text("refresh_token")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "auth.refresh_reused"),
            "{}",
            answer.body
        );
        assert_eq!(owner.me().await, 401, "{role:?}");
        assert_eq!(stolen.me().await, 401, "{role:?}");
        let ended = owner.refresh().await;
        assert_eq!(
            (ended.status, ended.code().as_str()),
            (401, "auth.refresh_unknown")
        );
        assert_eq!(other.me().await, 200, "another sign-in is not concerned");

        let told = format!(
            "SELECT string_agg(concat_ws(' ', a.by_name, a.detail->'after'->>'signed_in_with', a.detail->'after'->>'used_again_with', a.detail->'after'->>'used_again_from'), ';') AS text \
             FROM audit_log a JOIN users u ON u.id = a.object_id WHERE a.action = 'identity.tokens.copied' AND u.email = '{}'",
            person.email
        );
        assert_eq!(
            app.database.text(&told).await,
            "Vitaran tally-bridge curl 127.0.0.1"
        );
        let mailed = format!(
            "SELECT count(*) AS count FROM account_mails WHERE kind = 'TOKENS_COPIED' AND recipient = '{}'",
            person.email
        );
        assert_eq!(app.database.count(&mailed).await, 1);
    }
}

#[tokio::test]
async fn a_platform_admin_hears_of_a_copied_token_too() {
    let app = test_app().await;
    let admin = app.platform_admin().await;
    let stolen = Program::of(&app, &admin).await;
    let owner = Program {
        client: stolen.client.clone(),
        tokens: stolen.refresh().await.json(),
    };
    let_the_grace_pass(&app).await;
    let reused = stolen.refresh().await;
    assert_eq!(reused.code(), "auth.refresh_reused");
    assert_eq!(owner.refresh().await.code(), "auth.refresh_unknown");
    let mailed = format!(
        "SELECT count(*) FROM account_mails WHERE kind = 'TOKENS_COPIED' AND recipient = '{}'",
        admin.email
    );
    assert_eq!(app.database.count(&mailed).await, 1);
    assert_eq!(stolen.refresh().await.code(), "auth.refresh_unknown");
    assert_eq!(app.database.count(&mailed).await, 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_parallel_refreshes_one_wins_and_the_others_are_not_taken_for_thieves() {
    let app = test_app().await;
    let program = Program::of(&app, &app.person(Role::Sales).await).await;
    let answers = futures_util::future::join_all((0..6).map(|_| program.refresh())).await;
    let won: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
    assert_eq!(won.len(), 1);
    for late in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(
            (late.status, late.code().as_str()),
            (409, "auth.refresh_raced")
        );
    }
    let mut winner = Program {
        client: program.client.clone(),
        tokens: won[0].json(),
    };
    assert_eq!(winner.me().await, 200);
    let next = winner.refresh().await;
    assert_eq!(next.status, 200, "{}", next.body);
    winner.tokens = next.json();
    // The grace is over after ten seconds, and not before.
    assert_eq!(program.refresh().await.status, 409);
    let_the_grace_pass(&app).await;
    assert_eq!(program.refresh().await.code(), "auth.refresh_reused");
    assert_eq!(winner.me().await, 401);
}

#[tokio::test]
async fn signing_out_ends_both_tokens() {
    let app = test_app().await;
    let program = Program::of(&app, &app.person(Role::Dealer).await).await;
    let client = program.client.bearer(program.text("access_token"));
    let out = client.post_json("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(out.status, 204);
    assert_eq!(program.me().await, 401);
    let next = program.refresh().await;
    assert_eq!(
        (next.status, next.code().as_str()),
        (401, "auth.refresh_unknown")
    );
    let left =
        "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM access_tokens) AS count";
    assert_eq!(app.database.count(left).await, 0);
}

#[tokio::test]
async fn what_ends_a_membership_ends_both_tokens_at_once() {
    let app = test_app().await;
    for ending in [
        "UPDATE memberships SET is_active = false WHERE role <> 'ADMIN'",
        "UPDATE users SET is_active = false",
        "UPDATE sessions SET absolute_expires_at = now() - interval '1 second'",
    ] {
        let program = Program::of(&app, &app.person(Role::Sales).await).await;
        app.database.execute(ending).await;
        assert_eq!(program.me().await, 401, "{ending}");
        assert_eq!(
            program.refresh().await.code(),
            "auth.refresh_unknown",
            "{ending}"
        );
        let back = "UPDATE memberships SET is_active = true; UPDATE users SET is_active = true";
        app.database.execute(back).await;
    }
}

#[tokio::test]
async fn a_changed_role_counts_for_the_tokens_there_are_and_for_the_next() {
    let app = test_app().await;
    let mut program = Program::of(&app, &app.person(Role::Admin).await).await;
    app.database
        .execute("UPDATE memberships m SET role = 'WAREHOUSE' FROM users u WHERE u.id = m.user_id AND u.name LIKE 'Test %'")
        .await;
    let client = program.client.bearer(program.text("access_token"));
    assert_eq!(client.get("/api/v1/dealers").await.status, 403);
    program.tokens = program.refresh().await.json();
    assert_eq!(program.tokens["role"], "WAREHOUSE");
}

#[tokio::test]
async fn a_token_is_good_for_what_it_is_and_for_nothing_else() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let program = Program::of(&app, &person).await;
    let (access, next) = (program.text("access_token"), program.text("refresh_token"));
    for wrong in [next.as_str(), &access[4..], &access[..40]] {
        let client = app.client().bearer(wrong);
        assert_eq!(client.get("/api/v1/me").await.status, 401, "{wrong}");
    }
    for wrong in [access.as_str(), "vtr_", "", "vtr_nobodys"] {
        let answer = refresh(&program.client, wrong).await;
        assert_eq!(answer.status, 401, "{wrong}: {}", answer.body);
    }
    let browser = app.client();
    for secret in [&access, &next] {
        browser.set_cookie("sid", secret);
        assert_eq!(browser.get("/admin").await.status, 303);
    }
}
