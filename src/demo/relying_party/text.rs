//! The site's words, in Chinese as it is written in Taiwan and in English. The compiler keeps both complete.

/// A language of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locale {
    ZhHant,
    En,
}

impl Locale {
    pub(super) fn parse(tag: &str) -> Option<Self> {
        match tag {
            "zh-Hant" => Some(Self::ZhHant),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As `lang` in HTML and as the cookie's value.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::ZhHant => "zh-Hant",
            Self::En => "en",
        }
    }

    /// As the provider is asked to speak (`ui_locales`).
    pub(super) const fn ui_locale(self) -> &'static str {
        match self {
            Self::ZhHant => "zh-Hant-TW",
            Self::En => "en",
        }
    }

    /// The language that the page's switch leads to.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::ZhHant => Self::En,
            Self::En => Self::ZhHant,
        }
    }

    /// Its own name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ZhHant => "中文",
            Self::En => "English",
        }
    }

    pub(super) const fn text(self) -> &'static Text {
        match self {
            Self::ZhHant => &CHINESE,
            Self::En => &ENGLISH,
        }
    }
}

/// Every text of the pages but the problems', which stand beside their rules.
pub(super) struct Text {
    pub(super) skip: &'static str,
    pub(super) demonstration: &'static str,
    pub(super) footer: &'static str,
    pub(super) to_provider: &'static str,
    pub(super) welcome: &'static str,
    pub(super) lead: &'static str,
    pub(super) sign_in: &'static str,
    pub(super) ended: &'static str,
    pub(super) hello: &'static str,
    pub(super) signed_in: &'static str,
    pub(super) assurance: &'static str,
    pub(super) not_given: &'static str,
    pub(super) signed_in_at: &'static str,
    pub(super) subject: &'static str,
    pub(super) subject_note: &'static str,
    pub(super) sign_out: &'static str,
    pub(super) claims: &'static str,
    pub(super) claims_note: &'static str,
    pub(super) claim: &'static str,
    pub(super) value: &'static str,
    pub(super) from_id_token: &'static str,
    pub(super) from_user_info: &'static str,
    pub(super) from_both: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) again: &'static str,
    pub(super) again_note: &'static str,
    pub(super) try_login: &'static str,
    pub(super) try_max_age: &'static str,
    pub(super) try_acr: &'static str,
    pub(super) try_none: &'static str,
    pub(super) signed_out: &'static str,
    pub(super) signed_out_everywhere: &'static str,
    pub(super) signed_out_here: &'static str,
    pub(super) sign_in_again: &'static str,
    pub(super) try_again: &'static str,
    pub(super) to_home: &'static str,
    pub(super) problem_code: &'static str,
}

static CHINESE: Text = Text {
    skip: "跳到主要內容",
    demonstration: "示範網站",
    footer: "這是展示登入流程的示範網站，不是機關的正式網站。",
    to_provider: "前往符信",
    welcome: "請先登入",
    lead: "本網站不保管您的密碼，登入由符信負責。按下按鈕後，您會前往符信驗證身分，再回到這裡。",
    sign_in: "用符信登入",
    ended: "您已在符信登出，或這次登入已經到期，所以本網站也為您登出了。",
    hello: "您好",
    signed_in: "您已用符信登入本網站。",
    assurance: "保證等級",
    not_given: "符信沒有提供",
    signed_in_at: "登入時間",
    subject: "您在本網站的識別碼",
    subject_note: "其他網站看到的識別碼與此不同。",
    sign_out: "登出",
    claims: "本網站收到的資料",
    claims_note: "每次開啟本頁，本網站都會重新向符信詢問。",
    claim: "項目",
    value: "內容",
    from_id_token: "ID 權杖",
    from_user_info: "userinfo",
    from_both: "ID 權杖與 userinfo",
    yes: "是",
    no: "否",
    again: "換個方式再登入一次",
    again_note: "機關可以在請求中提出不同的要求。您可以在這裡試試看。",
    try_login: "即使已經登入，也重新驗證身分",
    try_max_age: "距離上次驗證超過 60 秒，就重新驗證身分",
    try_acr: "要求較高的保證等級",
    try_none: "不顯示任何畫面，只確認是否仍在登入中",
    signed_out: "您已登出",
    signed_out_everywhere: "您已從本網站與符信登出。",
    signed_out_here: "您目前沒有登入本網站。",
    sign_in_again: "重新登入",
    try_again: "再試一次",
    to_home: "回到首頁",
    problem_code: "代碼",
};

static ENGLISH: Text = Text {
    skip: "Skip to main content",
    demonstration: "Demonstration",
    footer: "This site demonstrates signing in. It is not an agency's real site.",
    to_provider: "Go to Fuxin",
    welcome: "Please sign in",
    lead: "This site keeps no passwords: Fuxin does the signing in. The button takes you to Fuxin, \
           where you prove who you are, and then back here.",
    sign_in: "Sign in with Fuxin",
    ended: "You signed out at Fuxin, or this sign-in has come to its end, so this site has signed \
            you out as well.",
    hello: "Hello",
    signed_in: "You are signed in to this site with Fuxin.",
    assurance: "Assurance level",
    not_given: "Fuxin did not say",
    signed_in_at: "Signed in at",
    subject: "Your identifier at this site",
    subject_note: "Other sites see a different one.",
    sign_out: "Sign out",
    claims: "What this site was told",
    claims_note: "Each time you open this page, the site asks Fuxin again.",
    claim: "Item",
    value: "Value",
    from_id_token: "ID token",
    from_user_info: "userinfo",
    from_both: "ID token and userinfo",
    yes: "yes",
    no: "no",
    again: "Sign in again in another way",
    again_note: "An agency's request may ask for more. Try it here.",
    try_login: "Prove who you are again, even though you are signed in",
    try_max_age: "Prove it again if the last time was more than 60 seconds ago",
    try_acr: "Ask for a higher assurance level",
    try_none: "Show nothing, only find out whether you are still signed in",
    signed_out: "You are signed out",
    signed_out_everywhere: "You are signed out of this site and of Fuxin.",
    signed_out_here: "You are not signed in to this site.",
    sign_in_again: "Sign in again",
    try_again: "Try again",
    to_home: "Go to the home page",
    problem_code: "Code",
};
