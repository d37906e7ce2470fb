//! Stories of a sign-out that happens while a client asks: nothing is given in a session that is over.

use std::time::Duration;

use fuxin::base::time::Clock;

use super::front_channel::{frames, with_page};
use crate::attack::together;
use crate::support::{Browser, Ending, Page, Request, TestApp, on_each_database};

/// What the browser is shown whose request comes after its session began to end, and before it has ended.
async fn meet(app: &TestApp, browser: &mut Browser, request: &Request, it_ends: bool) -> Page {
    let ending = Ending::begin(&app.config.database.location, app.clock.now()).await;
    let end = async {
        // The request has read the session by then, and waits to write.
        tokio::time::sleep(Duration::from_millis(700)).await;
        if it_ends {
            ending.commit().await;
        } else {
            ending.undo().await;
        }
    };
    let address = request.address();
    let (page, ()) = tokio::join!(browser.open(&address), end);
    page
}

#[test]
fn a_request_that_meets_the_end_of_its_session_leads_to_a_new_sign_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.meets.the.end").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &alice).await;
        let request = ecpa.request();
        let page = meet(app, &mut browser, &request, false).await;
        ecpa.finish(&request, &page).await;

        let request = ecpa.request();
        let page = meet(app, &mut browser, &request, true).await;
        assert_eq!((page.path(), page.status), ("/sign-in", 200));
        let page = browser.sign_in(&page, &alice).await;
        ecpa.finish(&request, &page).await;

        let silent = ecpa.request().prompt("none");
        let page = meet(app, &mut browser, &silent, true).await;
        assert_eq!(ecpa.error(&silent, &page), "login_required");
    });
}

/// Front-Channel Logout §3: whoever was given something before the end is shown in a frame after it.
#[test]
fn who_is_given_something_while_the_session_ends_is_shown_in_a_frame() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.the.midst").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut others = Vec::new();
        for number in 0..6 {
            let page = format!("https://site{number}.example.gov.tw/out");
            let client = with_page(app.client(&format!("site{number}")), &page).skip_consent();
            others.push((page, client.register().await));
        }
        for _ in 0..4 {
            let mut browser = app.browser();
            let tokens = ecpa.sign_in(&mut browser, &alice).await;
            let asked = others.iter().zip(0..).map(|((page, client), number)| {
                let (mut window, page) = (browser.clone(), page.clone());
                let address = client.request().address();
                async move {
                    tokio::time::sleep(Duration::from_millis(2 * number)).await;
                    let given = window.open(&address).await.away.is_some();
                    given.then_some(page)
                }
            });
            let mut window = browser.clone();
            let address = ecpa.sign_out_address(Some(&tokens.id_token), None);
            let out = async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                window.open(&address).await
            };
            let (given, out) = tokio::join!(together(asked), out);
            let shown = frames(&out);
            for page in given.into_iter().flatten() {
                assert!(shown.iter().any(|frame| frame.starts_with(&page)), "{page}: {shown:?}");
            }
        }
    });
}
