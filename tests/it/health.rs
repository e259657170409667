//! How the service says that it is well.

use vitaran_tests::test_app;

#[tokio::test]
async fn health_needs_nobody_and_tells_of_database_and_queue() {
    let app = test_app().await;
    for path in ["/health", "/api/health"] {
        let answer = app.client().get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let body = answer.json();
        assert_eq!(body["status"], "ok", "{path}");
        assert_eq!(body["database"], "ok", "{path}");
        assert_eq!(body["queue"]["pending"], 0, "{path}");
    }
}

#[tokio::test]
async fn a_due_job_nobody_takes_makes_the_queue_behind_and_is_no_outage() {
    let app = test_app().await;
    let job = "INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority, run_at) \
               VALUES (convert_to('{}', 'UTF8'), '01JD000000000000000000000A', 'test', 'Pending', 0, 1, 0, now() - interval '10 minutes')";
    app.database.execute(job).await;
    let answer = app.client().get("/health").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(
        (body["status"].as_str(), body["queue"]["pending"].as_i64()),
        (Some("behind"), Some(1))
    );
    assert!(body["queue"]["oldest_s"].as_i64().unwrap() >= 600);
}

#[tokio::test]
async fn without_the_database_health_is_503_within_its_second_and_pages_say_try_again() {
    let app = test_app().await;
    let client = app.client();
    client.set_cookie("sid", "AAAAAAAAAAAAAAAAAAAAAA");
    app.database
        .execute("REVOKE SELECT ON apalis.jobs FROM app_user")
        .await;
    let answer = client.get("/health").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["database"], "down");
}
