//! What can go wrong, each with a calm page: what happened, what it means for the person, and the way on.
//!
//! The pages stand by themselves (`/problem/<name>`): they can be reloaded, read in the other language and found in
//! a log, and show no text that came from elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::{Frame, page};
use super::provider::Error;
use super::text::Locale;
use super::visit::Visit;
use super::{HOME, SIGN_IN, Site};

/// Every problem that has a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// `access_denied`: the person went back, or did not consent.
    Cancelled,
    /// The sign-in that comes back is unknown here: over, too old, begun in another browser, or forged.
    StateUnknown,
    /// `login_required`, `interaction_required`, … in answer to `prompt=none`.
    NotSignedIn,
    /// The level that was asked for cannot be reached.
    AssuranceNotMet,
    /// `temporarily_unavailable` and `server_error`, or no answer at all.
    ProviderUnreachable,
    /// A page with personal data cannot be shown now.
    NotConfirmed,
    /// What the provider answered cannot be trusted.
    AnswerNotTrusted,
    /// The provider does not know this site any more, or not like this.
    SiteNotAccepted,
    /// Signed out here, but the provider could not be told.
    SignedOutHereOnly,
    /// The request makes no sense to the site.
    RequestUnclear,
    /// There is no such page.
    NotFound,
}

impl Problem {
    pub(super) const ALL: [Self; 11] = [
        Self::Cancelled,
        Self::StateUnknown,
        Self::NotSignedIn,
        Self::AssuranceNotMet,
        Self::ProviderUnreachable,
        Self::NotConfirmed,
        Self::AnswerNotTrusted,
        Self::SiteNotAccepted,
        Self::SignedOutHereOnly,
        Self::RequestUnclear,
        Self::NotFound,
    ];

    /// What an error code in the authorization response means here.
    pub(super) fn answered(error: &str) -> Self {
        match error {
            "access_denied" => Self::Cancelled,
            "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required" => Self::NotSignedIn,
            "unmet_authentication_requirements" => Self::AssuranceNotMet,
            "temporarily_unavailable" | "server_error" => Self::ProviderUnreachable,
            _ => Self::SiteNotAccepted,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::StateUnknown => "sign-in-unknown",
            Self::NotSignedIn => "not-signed-in",
            Self::AssuranceNotMet => "assurance-not-met",
            Self::ProviderUnreachable => "provider-unreachable",
            Self::NotConfirmed => "not-confirmed",
            Self::AnswerNotTrusted => "answer-not-trusted",
            Self::SiteNotAccepted => "site-not-accepted",
            Self::SignedOutHereOnly => "signed-out-here-only",
            Self::RequestUnclear => "request-unclear",
            Self::NotFound => "not-found",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::SignedOutHereOnly => StatusCode::OK,
            Self::Cancelled | Self::NotSignedIn | Self::AssuranceNotMet => StatusCode::FORBIDDEN,
            Self::StateUnknown | Self::RequestUnclear => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::AnswerNotTrusted | Self::SiteNotAccepted => StatusCode::BAD_GATEWAY,
            Self::ProviderUnreachable | Self::NotConfirmed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Where its button leads.
    const fn way_on(self) -> &'static str {
        match self {
            Self::NotConfirmed | Self::NotFound | Self::SignedOutHereOnly => HOME,
            _ => SIGN_IN,
        }
    }

    /// Sends the browser to its page.
    pub(super) fn redirect(self) -> Response {
        Redirect::to(&format!("/problem/{}", self.name())).into_response()
    }

    /// Its page, at the address that was asked for.
    pub(super) fn page(self, site: &Site, visit: &Visit) -> Response {
        let (title, what, advice) = self.text(visit.locale);
        let text = visit.locale.text();
        let button = match self {
            Self::NotConfirmed | Self::ProviderUnreachable => text.try_again,
            Self::NotFound | Self::SignedOutHereOnly => text.to_home,
            _ => text.sign_in_again,
        };
        let template = Page {
            frame: Frame::new(site, visit),
            title,
            what,
            advice,
            button,
            way_on: self.way_on(),
            name: self.name(),
        };
        page(site, visit, self.status(), &template)
    }

    /// Heading, what happened, what to do.
    pub(super) const fn text(self, locale: Locale) -> (&'static str, &'static str, &'static str) {
        match locale {
            Locale::ZhHant => self.chinese(),
            Locale::En => self.english(),
        }
    }

    const fn chinese(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Cancelled => (
                "您取消了登入",
                "您在符信選擇返回，或沒有同意提供資料，所以沒有登入本網站。",
                "沒有任何資料送到本網站。需要時可以再登入一次。",
            ),
            Self::StateUnknown => (
                "這次登入無法接續",
                "這次登入可能已經完成、等待太久，或是從另一個瀏覽器開始的。",
                "請重新登入；如果您已經登入，回到首頁就可以繼續。",
            ),
            Self::NotSignedIn => (
                "您目前沒有在符信登入",
                "本網站請符信不要顯示任何畫面，而符信需要您親自操作才能繼續。",
                "請按下按鈕，前往符信登入。",
            ),
            Self::AssuranceNotMet => (
                "達不到要求的保證等級",
                "您目前可用的登入方式，達不到這次要求的保證等級。",
                "您可以用一般的等級登入。",
            ),
            Self::ProviderUnreachable => (
                "目前無法連線到符信",
                "符信沒有回應，所以現在無法登入。問題不在您這邊。",
                "請稍候一下再試。",
            ),
            Self::NotConfirmed => (
                "目前無法確認您的登入狀態",
                "符信沒有回應。在確認您仍在登入中之前，本網站不會顯示您的資料。",
                "您並沒有被登出，請稍候一下再試。",
            ),
            Self::AnswerNotTrusted => (
                "無法驗證符信的回覆",
                "本網站收到的回覆沒有通過檢查，為了保護您，這次登入已經停止。",
                "請重新登入；如果一再發生，請聯絡本網站。",
            ),
            Self::SiteNotAccepted => (
                "符信沒有接受本網站的請求",
                "本網站在符信的登記資料可能不正確。問題不在您這邊。",
                "請重新登入；如果一再發生，請聯絡本網站。",
            ),
            Self::SignedOutHereOnly => (
                "您已從本網站登出",
                "不過本網站無法通知符信，您在符信可能仍是登入狀態。",
                "如果這是共用的電腦，請關閉瀏覽器。",
            ),
            Self::RequestUnclear => (
                "這個請求不完整",
                "網址或表單的內容不正確，本網站沒有做任何變更。",
                "請回到首頁，或重新登入。",
            ),
            Self::NotFound => {
                ("找不到這個網頁", "網址可能不正確，或這個網頁已經不在了。", "請從首頁重新開始。")
            }
        }
    }

    const fn english(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Cancelled => (
                "You cancelled signing in",
                "You went back at Fuxin, or did not agree to share your data, so you are not \
                 signed in here.",
                "Nothing was sent to this site. You can sign in whenever you like.",
            ),
            Self::StateUnknown => (
                "This sign-in cannot go on",
                "It may be finished, have waited too long, or have begun in another browser.",
                "Please sign in again. If you are signed in already, simply go to the home page.",
            ),
            Self::NotSignedIn => (
                "You are not signed in at Fuxin",
                "This site asked Fuxin to show nothing, and Fuxin needs you in order to go on.",
                "Use the button to sign in at Fuxin.",
            ),
            Self::AssuranceNotMet => (
                "That assurance level cannot be reached",
                "The ways in which you can sign in do not reach the level that was asked for.",
                "You can sign in at the ordinary level.",
            ),
            Self::ProviderUnreachable => (
                "Fuxin cannot be reached",
                "Fuxin does not answer, so nobody can sign in just now. It is not your fault.",
                "Please try again in a moment.",
            ),
            Self::NotConfirmed => (
                "Your sign-in cannot be confirmed just now",
                "Fuxin does not answer. Until it confirms that you are still signed in, this site \
                 shows nothing about you.",
                "You have not been signed out. Please try again in a moment.",
            ),
            Self::AnswerNotTrusted => (
                "Fuxin's answer could not be verified",
                "It did not pass this site's tests. To protect you, this sign-in was stopped.",
                "Please sign in again. If this keeps happening, tell this site.",
            ),
            Self::SiteNotAccepted => (
                "Fuxin did not accept this site's request",
                "This site may not be registered correctly at Fuxin. It is not your fault.",
                "Please sign in again. If this keeps happening, tell this site.",
            ),
            Self::SignedOutHereOnly => (
                "You are signed out of this site",
                "This site could not tell Fuxin, so you may still be signed in there.",
                "If others use this computer, please close the browser.",
            ),
            Self::RequestUnclear => (
                "This request is not complete",
                "The address or the form is not right. Nothing was changed.",
                "Please go to the home page, or sign in again.",
            ),
            Self::NotFound => (
                "There is no such page",
                "The address may be wrong, or the page is gone.",
                "Please start again at the home page.",
            ),
        }
    }
}

/// Every variant is named: a new error has to be given a page.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        tracing::warn!(%error, "a sign-in at a demo site failed");
        match error {
            Error::Unreachable(_) => Self::ProviderUnreachable,
            Error::Settings(_) | Error::ClientRefused(_) => Self::SiteNotAccepted,
            Error::CodeRefused(_) | Error::SignedOut => Self::StateUnknown,
            Error::IssuerWrong
            | Error::IdTokenMissing
            | Error::IdTokenInvalid(_)
            | Error::AccessTokenWrong
            | Error::UserInfoInvalid(_) => Self::AnswerNotTrusted,
        }
    }
}

#[derive(Template)]
#[template(path = "demo/relying_party/problem.html", config = ".config/askama.toml")]
struct Page<'a> {
    frame: Frame<'a>,
    title: &'static str,
    what: &'static str,
    advice: &'static str,
    button: &'static str,
    way_on: &'static str,
    name: &'static str,
}

/// The page of the problem that the address names.
pub(super) async fn get(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    let named = |problem: &Problem| visit.path.rsplit('/').next() == Some(problem.name());
    Problem::ALL.into_iter().find(named).unwrap_or(Problem::NotFound).page(&site, &visit)
}

/// Any other address, or an address asked in a way that it does not know.
pub(super) async fn not_found(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    Problem::NotFound.page(&site, &visit)
}
