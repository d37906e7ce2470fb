//! Claims, made readable: one row for each, what it is called, where it came from, what it says.
//!
//! Values are shown as they came, code point for code point: names of people are never normalised.

use serde_json::{Map, Value};

use super::text::Locale;

/// About the person, in the order of the page; then whatever else came; then about the sign-in itself.
const PERSON: [&str; 23] = [
    "sub",
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "gender",
    "birthdate",
    "address",
    "zoneinfo",
    "locale",
    "profile",
    "picture",
    "website",
    "updated_at",
    "account_kind",
    "agency_oid",
    "agency_name",
];
const SIGN_IN: [&str; 12] = [
    "acr",
    "amr",
    "auth_time",
    "iss",
    "aud",
    "azp",
    "iat",
    "exp",
    "nonce",
    "at_hash",
    "sid",
    "jti",
];
/// Claims that are points in time.
const TIMES: [&str; 4] = ["auth_time", "iat", "exp", "updated_at"];

/// One claim.
pub(super) struct Row {
    /// Its name on the wire.
    pub(super) name: String,
    /// What it is called on the page; empty if the site has no word for it.
    pub(super) label: &'static str,
    /// Which answer said so.
    pub(super) source: &'static str,
    /// What it says.
    pub(super) value: String,
    /// The same for people, where the value is for machines.
    pub(super) readable: Option<String>,
}

/// The claims of both answers. A claim that both give alike is one row.
pub(super) fn rows(
    id_token: &Map<String, Value>,
    user_info: &Map<String, Value>,
    locale: Locale,
) -> Vec<Row> {
    let text = locale.text();
    let mut rows: Vec<Row> = Vec::new();
    for (name, value) in id_token {
        let alike = user_info.get(name) == Some(value);
        let source = if alike { text.from_both } else { text.from_id_token };
        rows.push(row(name, value, source, locale));
    }
    for (name, value) in user_info {
        if id_token.get(name) != Some(value) {
            rows.push(row(name, value, text.from_user_info, locale));
        }
    }
    rows.sort_by(|one, other| rank(&one.name).cmp(&rank(&other.name)));
    rows
}

fn rank(name: &str) -> (usize, usize, &str) {
    let place = |names: &[&str]| names.iter().position(|one| *one == name);
    match (place(&PERSON), place(&SIGN_IN)) {
        (Some(place), _) => (0, place, name),
        (None, None) => (1, 0, name),
        (None, Some(place)) => (2, place, name),
    }
}

fn row(name: &str, value: &Value, source: &'static str, locale: Locale) -> Row {
    let text = locale.text();
    let readable = match value {
        Value::Bool(true) => Some(text.yes.to_owned()),
        Value::Bool(false) => Some(text.no.to_owned()),
        Value::Number(_) if TIMES.contains(&name) => value.as_i64().map(taipei),
        _ => None,
    };
    Row { name: name.to_owned(), label: label(name, locale), source, value: plain(value), readable }
}

/// A value as text: a string as it is, a list or an object one member to a line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(members) => members.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}: {}", plain(value)))
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// What people call a claim.
fn label(name: &str, locale: Locale) -> &'static str {
    let (chinese, english) = match name {
        "sub" => ("識別碼", "Identifier"),
        "name" => ("姓名", "Name"),
        "family_name" => ("姓", "Family name"),
        "given_name" => ("名", "Given name"),
        "middle_name" => ("中間名", "Middle name"),
        "nickname" => ("暱稱", "Nickname"),
        "preferred_username" => ("帳號", "Account"),
        "email" => ("電子郵件", "E-mail"),
        "email_verified" => ("電子郵件已驗證", "E-mail verified"),
        "phone_number" => ("電話", "Telephone"),
        "phone_number_verified" => ("電話已驗證", "Telephone verified"),
        "gender" => ("性別", "Gender"),
        "birthdate" => ("生日", "Birthday"),
        "address" => ("地址", "Address"),
        "zoneinfo" => ("時區", "Time zone"),
        "locale" => ("語言", "Language"),
        "profile" => ("個人網頁", "Profile page"),
        "picture" => ("相片", "Picture"),
        "website" => ("網站", "Web site"),
        "updated_at" => ("資料更新時間", "Last changed"),
        "account_kind" => ("帳號種類", "Kind of account"),
        "agency_oid" => ("機關 OID", "Agency's OID"),
        "agency_name" => ("機關名稱", "Agency"),
        "acr" => ("保證等級", "Assurance level"),
        "amr" => ("登入方式", "Ways of signing in"),
        "auth_time" => ("登入時間", "Signed in at"),
        "iss" => ("簽發者", "Issuer"),
        "aud" => ("給誰", "Audience"),
        "azp" => ("授權對象", "Authorized party"),
        "iat" => ("簽發時間", "Issued at"),
        "exp" => ("有效期限", "Expires at"),
        "nonce" => ("一次性值", "Nonce"),
        "at_hash" => ("存取權杖雜湊", "Access token's hash"),
        "sid" => ("符信的工作階段", "Session at Fuxin"),
        "jti" => ("權杖編號", "Token's number"),
        _ => ("", ""),
    };
    match locale {
        Locale::ZhHant => chinese,
        Locale::En => english,
    }
}

/// A point in time as a clock in Taipei shows it: UTC+8, without summer time.
pub(super) fn taipei(seconds: i64) -> String {
    let local = seconds.saturating_add(8 * 3600);
    let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    // Days are counted from 1 March of year 0, so that the leap day is the last day of a year.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC+8")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_claim_that_both_answers_give_alike_is_one_row() {
        let id_token = map(json!({"sub": "s", "acr": "1", "email": "old@example.gov.tw"}));
        let user_info = map(json!({"sub": "s", "email": "new@example.gov.tw", "zz": [1, "二"]}));
        let rows = rows(&id_token, &user_info, Locale::En);
        let shown: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.source, row.value.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("sub", "ID token and userinfo", "s"),
                ("email", "ID token", "old@example.gov.tw"),
                ("email", "userinfo", "new@example.gov.tw"),
                ("zz", "userinfo", "1\n二"),
                ("acr", "ID token", "1"),
            ]
        );
    }

    #[test]
    fn rare_characters_are_shown_as_they_came() {
        for name in ["吳𣲚翔", "堦", "凃", "𪚥", "𫝀", "e\u{301}"] {
            assert_eq!(plain(&json!(name)), name);
        }
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(taipei(0), "1970-01-01 08:00:00 UTC+8");
        assert_eq!(taipei(951_811_199), "2000-02-29 15:59:59 UTC+8");
        assert_eq!(taipei(1_795_190_400), "2026-11-21 00:00:00 UTC+8");
        assert_eq!(taipei(-28_801), "1969-12-31 23:59:59 UTC+8");
    }
}
