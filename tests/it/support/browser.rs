//! A browser without JavaScript: keeps cookies, follows redirects on the provider's own origin, stops where a foreign
//! site begins, and sends the forms that stand on the rendered page with every field they have.

use std::collections::BTreeMap;
use std::net::IpAddr;

use reqwest::header::{HeaderMap, HeaderName, LOCATION, SET_COOKIE};
use scraper::{ElementRef, Html, Selector};
use sha2::{Digest, Sha256};
use url::{Origin, Url};

use super::account::Person;
use super::app::{TestApp, http_client};

/// A browser.
#[derive(Clone)]
pub struct Browser {
    app: TestApp,
    http: reqwest::Client,
    /// The cookies, by name. A test may look at them, copy them, and take one away.
    pub cookies: BTreeMap<String, String>,
    /// What it prefers to read.
    pub language: String,
    /// The address that the proxy in front would name.
    pub address: Option<String>,
    /// Other headers than it would send with every request; an empty one is left out.
    pub headers: Vec<(String, String)>,
}

/// What a browser shows, or where it was sent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address.
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub html: String,
    /// The foreign address that the browser is sent to, and the fields that it posts there.
    pub away: Option<Away>,
}

/// A way to a foreign site.
#[derive(Clone, Debug)]
pub struct Away {
    pub url: Url,
    /// What is posted; empty for a redirect.
    pub form: Vec<(String, String)>,
}

/// A form as it stands on a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub method: String,
    pub action: Url,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self {
            app: app.clone(),
            http: app.http.clone(),
            cookies: BTreeMap::new(),
            language: "zh-Hant-TW,zh;q=0.8".to_owned(),
            address: None,
            headers: Vec::new(),
        }
    }

    pub fn speaking(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    pub fn at(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// The same browser, led to another node.
    pub fn at_node(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), ..self.clone() }
    }

    /// The same browser with another header; an empty one is left out.
    pub fn saying(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// One that does not come through the proxy in front, but from a machine that nobody trusts.
    pub fn past_the_proxy(mut self) -> Self {
        self.http = http_client(Some(IpAddr::from([127, 0, 0, 2])));
        self
    }

    /// Goes to an address: a full one, or a path of the provider.
    pub async fn open(&mut self, address: &str) -> Page {
        let url = self.url(address);
        self.travel("GET", url, None).await
    }

    /// Asks for an address, and follows nothing.
    pub async fn get(&mut self, address: &str) -> Page {
        let url = self.url(address);
        self.request("GET", url, None).await
    }

    /// Sends a form, and follows nothing.
    pub async fn post(&mut self, form: &Form) -> Page {
        self.request("POST", form.action.clone(), Some(&form.fields)).await
    }

    /// Follows a page's redirects on the provider's own origin.
    pub async fn go_on(&mut self, page: Page) -> Page {
        let own = page.url.origin();
        self.follow(page, &own).await
    }

    fn url(&self, address: &str) -> Url {
        Url::parse(&self.app.address).unwrap().join(address).unwrap()
    }

    /// Sends a form.
    pub async fn submit(&mut self, form: &Form) -> Page {
        let own = Url::parse(&self.app.address).unwrap().origin();
        if form.action.origin() != own {
            let away = Away { url: form.action.clone(), form: form.fields.clone() };
            return Page {
                url: form.action.clone(),
                status: 0,
                headers: HeaderMap::new(),
                html: String::new(),
                away: Some(away),
            };
        }
        if form.method == "GET" {
            let mut url = form.action.clone();
            url.query_pairs_mut().clear().extend_pairs(&form.fields);
            return self.travel("GET", url, None).await;
        }
        self.travel("POST", form.action.clone(), Some(&form.fields)).await
    }

    /// Presses the button with this id.
    pub async fn press(&mut self, page: &Page, button: &str) -> Page {
        self.submit(&page.form(button)).await
    }

    /// Goes on by itself, if the page is one that scripts submit (`response_mode=form_post`).
    async fn travel(&mut self, method: &str, url: Url, body: Option<&[(String, String)]>) -> Page {
        let own = url.origin();
        let page = self.request(method, url, body).await;
        self.follow(page, &own).await
    }

    async fn follow(&mut self, mut page: Page, own: &Origin) -> Page {
        for _ in 0..10 {
            let Some(location) = page.headers.get(LOCATION) else { return page };
            let next = page.url.join(location.to_str().unwrap()).unwrap();
            if next.origin() != *own {
                page.away = Some(Away { url: next, form: Vec::new() });
                return page;
            }
            page = self.request("GET", next, None).await;
        }
        panic!("redirected without end: {}", page.url);
    }

    /// One request with the cookies of this browser, and nothing followed.
    pub async fn request(
        &mut self,
        method: &str,
        url: Url,
        body: Option<&[(String, String)]>,
    ) -> Page {
        let mut headers = HeaderMap::new();
        let mut say = |name: &str, value: &str| {
            let name: HeaderName = name.parse().unwrap();
            if value.is_empty() {
                headers.remove(name);
            } else {
                headers.insert(name, value.parse().unwrap());
            }
        };
        say("accept-language", &self.language);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        say("cookie", &cookies.join("; "));
        say("x-forwarded-for", self.address.as_deref().unwrap_or_default());
        if body.is_some() {
            say("content-type", "application/x-www-form-urlencoded");
            say("origin", &self.app.issuer);
            say("sec-fetch-site", "same-origin");
        }
        self.headers.iter().for_each(|(name, value)| say(name, value));
        let mut request = self.http.request(method.parse().unwrap(), url.clone()).headers(headers);
        if let Some(fields) = body {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            request = request.body(text.extend_pairs(fields).finish());
        }
        let response = request.send().await.unwrap();
        self.keep_cookies(response.headers());
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let html = response.text().await.unwrap();
        Page { url, status, headers, html, away: None }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let text = header.to_str().unwrap();
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                if value.len() > 10 {
                    self.app.plant("a cookie", value);
                }
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Fills the sign-in form that stands on the page and sends it.
    pub async fn sign_in(&mut self, page: &Page, person: &Person) -> Page {
        let form = page.form("login-submit");
        let form = form.set("username", &person.account).set("password", &person.password);
        self.submit(&form).await
    }

    /// The same, after doing the work of a human check that the page asks for.
    pub async fn sign_in_with_work(&mut self, page: &Page, person: &Person) -> Page {
        self.submit(&page.filled_in(person)).await
    }

    /// Signs in at the provider itself.
    pub async fn sign_in_at_home(&mut self, person: &Person) -> Page {
        let page = self.open("/").await;
        self.sign_in(&page, person).await
    }
}

impl Page {
    fn document(&self) -> Html {
        Html::parse_document(&self.html)
    }

    /// The text of the first element that the selector finds.
    pub fn text(&self, selector: &str) -> String {
        self.find(selector).unwrap_or_else(|| panic!("no {selector} on {}", self.describe()))
    }

    /// The same, or nothing.
    pub fn find(&self, selector: &str) -> Option<String> {
        let selector = Selector::parse(selector).unwrap();
        let document = self.document();
        let text: String = document.select(&selector).next()?.text().collect();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The texts of all that the selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let document = self.document();
        document.select(&selector).map(|found| found.text().collect::<String>()).collect()
    }

    /// An attribute of the first element that the selector finds.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let selector = Selector::parse(selector).unwrap();
        let document = self.document();
        document.select(&selector).next()?.value().attr(name).map(str::to_owned)
    }

    /// The page's heading.
    pub fn heading(&self) -> String {
        self.text("h1")
    }

    /// The code that is read out; empty if nothing is wrong.
    pub fn code(&self) -> String {
        self.find("a.code").unwrap_or_default()
    }

    /// The address of the link that only a browser without JavaScript shows.
    pub fn link_without_script(&self) -> String {
        // The parser takes what stands in `noscript` for text.
        self.texts("noscript")
            .iter()
            .find_map(|text| {
                let inner = Html::parse_fragment(text);
                let link = inner.select(&Selector::parse("a[href]").unwrap()).next()?;
                link.value().attr("href").map(str::to_owned)
            })
            .unwrap_or_else(|| panic!("no link in noscript on {}", self.describe()))
    }

    /// The path of its address.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The ids of its primary buttons: there should be one.
    pub fn buttons(&self) -> Vec<String> {
        let selector = Selector::parse(".button:not(.second)").unwrap();
        let document = self.document();
        document
            .select(&selector)
            .map(|button| button.value().attr("id").unwrap_or_default().to_owned())
            .collect()
    }

    /// The form that the button with this id sends.
    pub fn form(&self, button: &str) -> Form {
        let document = self.document();
        let selector = Selector::parse(&format!("#{button}")).unwrap();
        let button = document
            .select(&selector)
            .next()
            .unwrap_or_else(|| panic!("no button {button} on {}", self.describe()));
        let form = button
            .ancestors()
            .filter_map(ElementRef::wrap)
            .find(|element| element.value().name() == "form")
            .expect("the button stands in a form");
        let fields = Selector::parse("input[name]").unwrap();
        let fields = form
            .select(&fields)
            .map(|input| {
                let attribute = |name| input.value().attr(name).unwrap_or_default().to_owned();
                (attribute("name"), attribute("value"))
            })
            .collect();
        let attribute = |name| form.value().attr(name);
        Form {
            method: attribute("method").unwrap_or("get").to_ascii_uppercase(),
            action: self.url.join(attribute("action").unwrap_or_default()).unwrap(),
            fields,
        }
    }

    /// The sign-in form, filled in; with the human check done, if the page asks for one.
    pub fn filled_in(&self, person: &Person) -> Form {
        let form = self.form("login-submit");
        let form = form.set("username", &person.account).set("password", &person.password);
        if self.asks_for_work() { form.set("answer", &self.work()) } else { form }
    }

    /// Whether the page asks for a human check.
    pub fn asks_for_work(&self) -> bool {
        self.attribute("#sign-in-form", "data-challenge-salt").is_some()
    }

    /// What the script answers to the human check of this page.
    fn work(&self) -> String {
        let attribute = |name| self.attribute("#sign-in-form", name).unwrap();
        let salt = attribute("data-challenge-salt");
        let difficulty: u32 = attribute("data-challenge-difficulty").parse().unwrap();
        let meets = |answer: &String| {
            let hash = Sha256::new().chain_update(&salt).chain_update(answer).finalize();
            let mut first = [0; 4];
            first.copy_from_slice(&hash[..4]);
            u32::from_be_bytes(first).leading_zeros() >= difficulty
        };
        (0_u32..).map(|counter| counter.to_string()).find(meets).unwrap()
    }

    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads; empty if nowhere.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// A parameter of where it leads.
    pub fn told(&self, name: &str) -> Option<String> {
        let query = self.location().split_once('?')?.1;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }

    /// Whether it has an element with this id.
    pub fn has(&self, id: &str) -> bool {
        self.html.contains(&format!("id=\"{id}\""))
    }

    /// Where the browser is sent, away from the provider.
    pub fn away(&self) -> &Away {
        self.away.as_ref().unwrap_or_else(|| panic!("the browser stays at {}", self.describe()))
    }

    /// In words, for failures.
    pub fn describe(&self) -> String {
        let heading = self.find("h1").unwrap_or_default();
        format!("{} {} {heading:?} {}", self.status, self.url.path(), self.code())
    }
}

impl Away {
    /// A parameter of the answer.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let in_form = self.form.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        let fragment = url::form_urlencoded::parse(self.url.fragment().unwrap_or("").as_bytes());
        let mut in_url = self.url.query_pairs().chain(fragment);
        in_form.or_else(|| in_url.find(|(own, _)| own == name).map(|(_, value)| value.into_owned()))
    }
}

impl Form {
    /// The form with a field filled in; the page must have it.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(own, _)| own == name);
        let (_, own) = field.unwrap_or_else(|| panic!("the form has no field {name}"));
        value.clone_into(own);
        self
    }

    /// The form with a field that nobody gave it, or another value for one that it has.
    pub fn put(self, name: &str, value: &str) -> Self {
        let mut form = self.without(name);
        form.fields.push((name.to_owned(), value.to_owned()));
        form
    }

    /// The form without a field.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(own, _)| own == name);
        field.map_or_else(|| panic!("the form has no field {name}"), |(_, value)| value)
    }
}
