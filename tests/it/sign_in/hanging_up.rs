//! A browser that hangs up in the middle: what was counted is judged all the same, and what was begun is ended.

use std::time::Duration;

use fuxin::base::secret::Digest;
use fuxin::base::time::Lifetime;
use fuxin::credential::password::change::PendingToken;
use fuxin::model::password::Password;
use fuxin::store::NameThrottle;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::browser::Form;
use crate::support::{Browser, Person, TestApp, on_each_database};

/// Keeps forty hashes before whoever comes next, for as long as it lives.
struct BusyHasher(Vec<JoinHandle<()>>);

impl BusyHasher {
    fn of(app: &TestApp) -> Self {
        let one_after_another = || {
            let ctx = app.context();
            tokio::spawn(async move {
                loop {
                    let password = Password::parse("whoever it is").unwrap();
                    ctx.hasher.verify(password, None).await.unwrap();
                }
            })
        };
        Self((0..40).map(|_| one_after_another()).collect())
    }
}

impl Drop for BusyHasher {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

async fn throttle(app: &TestApp, name: &Digest) -> NameThrottle {
    let ctx = app.context();
    ctx.store.name_throttle(name, name, ctx.now).await.unwrap()
}

async fn audited(app: &TestApp, event: &str) -> usize {
    let events = app.context().store.latest_audit_events(100).await.unwrap();
    events.iter().filter(|row| row.event == event).count()
}

/// Sends a form, hangs up once its try is counted under this name, and waits as a stop would.
async fn send_and_hang_up(app: &TestApp, browser: &Browser, form: &Form, name: &Digest) {
    let before = throttle(app, name).await.consecutive;
    let busy = BusyHasher::of(app);
    tokio::task::yield_now().await;
    let body =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let host = app.issuer.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST {}?{} HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        form.action.path(),
        form.action.query().unwrap(),
        app.issuer,
        cookies.join("; "),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let counted = async {
        while throttle(app, name).await.consecutive <= before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_mins(1), counted).await.expect("the try is counted");
    drop(stream);
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(busy);
    app.app.at_rest(Lifetime::seconds(60)).await;
}

fn name_of(app: &TestApp, person: &Person) -> Digest {
    app.context().secrets.name.code(&[person.folded().as_str().as_bytes()])
}

#[test]
fn a_wrong_password_is_a_failure_even_if_the_browser_hangs_up() {
    on_each_database(async |app| {
        let alice = app.account("alice.hangs.up").open().await;
        let name = name_of(app, &alice);
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let form = page.form("login-submit").set("username", &alice.account);
        send_and_hang_up(app, &browser, &form.set("password", "wrong password"), &name).await;
        assert_eq!(audited(app, "sign_in_failed").await, 1);
        let counted = throttle(app, &name).await;
        assert_eq!((counted.other.failures, counted.consecutive), (1, 1));
    });
}

#[test]
fn a_right_password_is_recorded_even_if_the_browser_hangs_up() {
    on_each_database(async |app| {
        let alice = app.account("alice.hangs.up").open().await;
        let name = name_of(app, &alice);
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let page = browser.sign_in(&page, &alice.with_password("wrong password")).await;
        let form = page.form("login-submit").set("username", &alice.account);
        send_and_hang_up(app, &browser, &form.set("password", &alice.password), &name).await;
        assert_eq!((audited(app, "signed_in").await, audited(app, "sign_in_failed").await), (1, 1));
        let counted = throttle(app, &name).await;
        assert_eq!((counted.other.failures, counted.consecutive), (0, 0));
    });
}

/// The session that runs keeps the secret that the browser knows: signing out still ends everything.
#[test]
fn a_session_is_not_lost_to_a_browser_that_hangs_up() {
    on_each_database(async |app| {
        let alice = app.account("alice.hangs.up").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let name = name_of(app, &alice);
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let again = browser.open(&ecpa.request().prompt("login").address()).await;
        let form = again.form("login-submit").set("password", &alice.password);
        send_and_hang_up(app, &browser, &form, &name).await;
        let home = browser.open("/").await;
        assert_eq!(browser.press(&home, "sign-out").await.heading(), "您已登出");
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
    });
}

/// EXP-1
#[test]
fn a_password_is_changed_even_if_the_browser_hangs_up() {
    on_each_database(async |app| {
        let old = app.account("old.hangs.up").password_set_before(Lifetime::days(731));
        let old = old.open().await;
        let new = old.with_password("a quite different password");
        app.plant("a password", &new.password);
        let mut browser = app.browser();
        let change = browser.sign_in_at_home(&old).await;
        let form = change.form("change-password-submit").set("password", &new.password);
        let ctx = app.context();
        let secret = PendingToken::parse(&browser.cookies["fuxin-pending"]).unwrap();
        let pending = ctx.store.find_pending(&secret.digest(), ctx.now).await.unwrap().unwrap();
        let step = ctx.secrets.name.code(&[b"pending change", pending.id.uuid().as_bytes()]);
        send_and_hang_up(app, &browser, &form, &step).await;
        assert_eq!(audited(app, "password_changed").await, 1);
        assert_eq!(app.browser().sign_in_at_home(&new).await.path(), "/");
    });
}
