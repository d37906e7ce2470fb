//! Stories of session management: a client's page notices that the sign-in here has changed.

use fuxin::base::encoding::hexadecimal;
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{Browser, RelyingParty, on_each_database, on_each_database_with};

const ON: &str = "[policy]\nsession_management = \"on\"\n";

/// What the frame's script would answer to a page of that client.
fn answer(browser: &Browser, client: &RelyingParty, session_state: &str) -> &'static str {
    let state = browser.cookies.get("fuxin-state").map_or("", String::as_str);
    let origin = Url::parse(client.redirect_uri()).unwrap().origin().ascii_serialization();
    let (hash, salt) = session_state.split_once('.').unwrap();
    let own = Sha256::digest(format!("{} {origin} {state} {salt}", client.client_id));
    if hexadecimal(&own) == hash { "unchanged" } else { "changed" }
}

#[test]
fn a_client_notices_that_somebody_signed_out_or_in() {
    on_each_database_with(ON, async |app| {
        let alice = app.account("alice.noticed").open().await;
        let (ecpa, gcis) =
            (app.client("ecpa").register().await, app.client("gcis").register().await);
        let mut browser = app.browser();
        let state_of = async |party: &RelyingParty, browser: &mut Browser| {
            let page = party.answer(browser, &alice, &party.request()).await;
            page.away().parameter("session_state").expect("a session state")
        };
        let one = state_of(&ecpa, &mut browser).await;
        let other = state_of(&gcis, &mut browser).await;
        assert_eq!(answer(&browser, &ecpa, &one), "unchanged");
        assert_eq!(answer(&browser, &gcis, &other), "unchanged");
        assert_eq!(answer(&browser, &gcis, &one), "changed", "it is another client's");
        let again = state_of(&ecpa, &mut browser).await;
        assert_ne!(again, one, "another salt");
        assert_eq!(answer(&browser, &ecpa, &again), "unchanged");
        // A browser without the cookie, as after the switch was turned on, is given one.
        browser.cookies.remove("fuxin-state");
        assert_eq!(answer(&browser, &ecpa, &one), "changed");
        let anew = state_of(&ecpa, &mut browser).await;
        assert_eq!(answer(&browser, &ecpa, &anew), "unchanged");

        let home = browser.open("/").await;
        browser.press(&home, "sign-out").await;
        assert_eq!(browser.cookies.get("fuxin-state"), None);
        assert_eq!(answer(&browser, &ecpa, &anew), "changed");
        let request = ecpa.request().prompt("none");
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "login_required");
        assert_eq!(page.away().parameter("session_state"), None);
        let signed_in = state_of(&ecpa, &mut browser).await;
        assert_eq!(answer(&browser, &ecpa, &signed_in), "unchanged");
        assert_eq!(answer(&browser, &ecpa, &anew), "changed");
    });
}

#[test]
fn the_frame_may_be_framed_and_nothing_else_may() {
    on_each_database_with(ON, async |app| {
        let discovery = app.get("/.well-known/openid-configuration").await;
        let address = discovery.text("check_session_iframe").to_owned();
        assert_eq!(address, format!("{}/check-session", app.issuer));
        let mut browser = app.browser();
        let frame = browser.open("/check-session").await;
        assert_eq!(frame.status, 200);
        assert_eq!(frame.header("x-frame-options"), "");
        let policy = frame.header("content-security-policy");
        assert!(!policy.contains("frame-ancestors") && policy.contains("script-src 'self'"));
        assert_eq!(frame.attribute("body", "data-cookie").as_deref(), Some("fuxin-state"));
        let script = frame.attribute("script", "src").unwrap();
        let script = app.get(&script).await;
        assert_eq!(script.status, 200);
        let text = script.body.as_str().unwrap();
        for word in ["async ", "class ", "...", "=>", "crypto.", "`"] {
            assert!(!text.contains(word), "{word} is not known to every frame");
        }
        let home = browser.open("/").await;
        assert!(home.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(home.header("x-frame-options"), "DENY");
    });
}

/// The twin of both: where it is off there is none of it.
#[test]
fn where_it_is_off_there_is_no_frame_no_cookie_and_no_state() {
    on_each_database(async |app| {
        let alice = app.account("alice.unnoticed").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let page = ecpa.answer(&mut browser, &alice, &ecpa.request()).await;
        assert_eq!(page.away().parameter("session_state"), None);
        assert_eq!(browser.cookies.get("fuxin-state"), None);
        assert_eq!(app.get("/check-session").await.status, 404);
        let discovery = app.get("/.well-known/openid-configuration").await;
        assert!(discovery.body.get("check_session_iframe").is_none());
    });
}
