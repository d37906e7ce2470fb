//! The sign-in page as a browser without scripts sees it: the form with a password field, filled in.

use scraper::{Html, Selector};

use crate::Outcome;
use crate::ledger::Account;

/// Where the form goes, and its fields: the hidden ones as they stand, the person's own filled in.
pub fn filled_form(
    page: &str,
    issuer: &str,
    account: &Account,
) -> Outcome<(String, Vec<(String, String)>)> {
    let selector = |text| Selector::parse(text).map_err(|error| error.to_string());
    let (forms, inputs, password) =
        (selector("form")?, selector("input[name]")?, selector("input[type=password]")?);
    let page = Html::parse_document(page);
    let form = page
        .select(&forms)
        .find(|form| form.select(&password).next().is_some())
        .ok_or("the page has no form with a password")?;
    let action = form.value().attr("action").ok_or("the form has no action")?;
    let path = action.strip_prefix(issuer).unwrap_or(action).to_owned();
    let mut fields = Vec::new();
    for input in form.select(&inputs) {
        let attribute = |name| input.value().attr(name);
        let value = match attribute("type") {
            Some("password") => account.password.as_str(),
            Some("hidden") => attribute("value").unwrap_or_default(),
            Some("checkbox" | "radio" | "submit" | "button") => continue,
            _ => account.name.as_str(),
        };
        fields.push((attribute("name").unwrap_or_default().to_owned(), value.to_owned()));
    }
    Ok((path, fields))
}
