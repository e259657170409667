//! An open page follows what others do, without being asked to.

use vitaran_tests::browser::{Browser, Screen, Scripts};

use crate::stage::{PASSWORD, demo};

/// The page of an order in the list of this address that its dealer's credit lets through.
async fn open_an_order_within_credit(browser: &Browser, base: &str, list: &str) -> String {
    browser.goto(list).await;
    browser.see("main tbody tr").await;
    let orders = "main tbody th a, main tbody td a[href*='/orders/']";
    let mut address = String::new();
    // From the oldest: the newest are those that other journeys have just placed.
    for link in browser.links(orders).await.into_iter().rev() {
        address = format!("{base}{link}");
        browser.goto(&address).await;
        browser.see_text("Credit").await;
        if !browser.text().await.contains("Over the limit") {
            break;
        }
    }
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_order_page_shows_what_another_person_does_to_the_order() {
    let installation = demo().await;
    let watching = Browser::open(Scripts::On).await;
    let acting = Browser::open(Scripts::Off).await;
    watching.resize(Screen::Desktop).await;
    acting.resize(Screen::Desktop).await;
    let queue = format!("{}/admin/orders?status=PLACED", installation.base);
    watching
        .sign_in(&installation.base, "admin@volt.test", PASSWORD)
        .await;
    acting
        .sign_in(&installation.base, "sales@volt.test", PASSWORD)
        .await;
    let address = open_an_order_within_credit(&watching, &installation.base, &queue).await;
    watching.see_text("Placed").await;
    acting.goto(&address).await;
    acting.press("Approve").await;
    acting.see_text("is approved").await;
    // Not asked again by anybody: the hint came over the stream.
    watching.see_text("Start picking").await;
    watching.close().await;
    acting.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_session_is_ended_elsewhere_goes_to_the_sign_in_page_by_itself() {
    let installation = demo().await;
    let lost = Browser::open(Scripts::On).await;
    let here = Browser::open(Scripts::Off).await;
    lost.resize(Screen::Phone).await;
    here.resize(Screen::Phone).await;
    for browser in [&lost, &here] {
        browser
            .sign_in(&installation.base, "sales@volt.test", PASSWORD)
            .await;
    }
    lost.goto(&format!("{}/admin/orders?status=PLACED", installation.base))
        .await;
    lost.see_text("Orders").await;
    here.goto(&format!("{}/account/sessions", installation.base))
        .await;
    here.press("Sign out everywhere else").await;
    here.see_text("You are signed out everywhere else").await;
    lost.arrive("/login?next=%2Fadmin%2Forders").await;
    lost.close().await;
    here.close().await;
}
