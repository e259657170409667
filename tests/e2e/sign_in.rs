//! Coming in.

use fantoccini::Locator;
use vitaran_tests::Database;
use vitaran_tests::browser::{Browser, Screen, Scripts};
use vitaran_tests::installation::Installation;

async fn somebody_unknown_is_told_so_and_keeps_the_address(scripts: Scripts) {
    let installation = Installation::start_web(Database::create().await).await;
    let browser = Browser::open(scripts).await;
    browser.resize(Screen::Phone).await;
    browser.goto(&format!("{}/portal", installation.base)).await;
    browser.fill("[name=email]", "nobody@volt.test").await;
    browser.fill("[name=password]", "not the password").await;
    browser.click("main form button[type=submit]").await;
    browser
        .see_text("That e-mail and password do not match an account")
        .await;
    let email = browser
        .client
        .find(Locator::Css("[name=email]"))
        .await
        .unwrap();
    let kept = email.prop("value").await.unwrap();
    browser.close().await;
    assert_eq!(kept.as_deref(), Some("nobody@volt.test"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_scripts_somebody_unknown_is_told_so_and_keeps_the_address() {
    somebody_unknown_is_told_so_and_keeps_the_address(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_somebody_unknown_is_told_so_and_keeps_the_address() {
    somebody_unknown_is_told_so_and_keeps_the_address(Scripts::Off).await;
}
