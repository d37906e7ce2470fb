//! The people of the demonstration: one for each case that somebody will want to see.

use crate::account::Opening;
use crate::base::time::{Lifetime, Timestamp};
use crate::model::account::{AccountKind, AccountName, AccountState, Address, Profile};
use crate::model::password::Password;
use crate::national::person_name::PersonName;

/// A person and the case they stand for.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The name, as the account has it.
    pub name: &'static str,
    /// The account name.
    pub account: &'static str,
    /// What to see.
    pub case: &'static str,
}

/// Everyone; the first is the ordinary member.
pub const PEOPLE: [Person; 11] = [
    Person {
        name: "林美惠",
        account: "lin.meihui",
        case: "ordinary member, every standard claim filled",
    },
    Person { name: "陳志明", account: "chen.zhiming", case: "official account of an agency" },
    Person {
        name: "吳𣲚翔",
        account: "wu.shengxiang",
        case: "rare character (U+23C9A, Extension B)",
    },
    Person {
        name: "李堦",
        account: BY_SMS,
        case: "rare character (U+5826); no verified e-mail address, told by SMS",
    },
    Person { name: "凃秀英", account: "tu.xiuying", case: "rare character (U+51C3)" },
    Person { name: "王𪚥", account: "wang.long", case: "rare character (U+2A6A5, Extension B)" },
    Person {
        name: "張𫝀", account: "zhang.xian", case: "rare character (U+2B740, Extension D)"
    },
    Person {
        name: "黃麗珠",
        account: EXPIRED,
        case: "expired password: must be changed before signing in",
    },
    Person { name: "蔡國華", account: "tsai.guohua", case: "locked by an operator" },
    Person {
        name: "劉家豪", account: "liu.jiahao", case: "disabled for an invalid national id"
    },
    Person { name: "周雅婷", account: "zhou.yating", case: "deleted account" },
];

/// The account whose password has expired.
pub const EXPIRED: &str = "huang.lizhu";
/// The account without a verified e-mail address: its owner is told by SMS.
const BY_SMS: &str = "li.jie";

/// Each person's password, made once for a demonstration.
pub type Passwords = std::collections::BTreeMap<String, String>;

impl Person {
    /// The account to be opened.
    pub fn opening(&self, password: Password, now: Timestamp) -> Option<Opening> {
        let official = self.account == "chen.zhiming";
        let long_ago = now.minus(Lifetime::days(800));
        let at = now.minus(Lifetime::days(2));
        Some(Opening {
            name: AccountName::parse(self.account)?,
            kind: if official { AccountKind::Official } else { AccountKind::Member },
            state: match self.account {
                "tsai.guohua" => AccountState::Locked { at },
                "liu.jiahao" => AccountState::DisabledForNationalId { at },
                "zhou.yating" => AccountState::Deleted { at },
                _ => AccountState::Active,
            },
            profile: self.profile(official, now),
            password,
            password_since: if self.account == EXPIRED { long_ago } else { now },
        })
    }

    fn profile(&self, official: bool, now: Timestamp) -> Profile {
        let name = |text: &str| PersonName::try_from(text.to_owned()).ok();
        let text = |text: &str| Some(text.to_owned());
        let mut profile = Profile {
            name: name(self.name),
            email: Some(format!("{}@example.gov.tw", self.account)),
            email_verified: true,
            updated_at: Some(now),
            zoneinfo: text("Asia/Taipei"),
            locale: text("zh-Hant-TW"),
            ..Profile::default()
        };
        if official {
            profile.agency_oid = text("2.16.886.101.20003.20001");
            profile.agency_name = text("行政院人事行政總處");
        }
        if self.account == BY_SMS {
            profile.email_verified = false;
            profile.phone_number = text("+886922333444");
            profile.phone_number_verified = true;
        }
        if self.account == "lin.meihui" {
            profile.family_name = name("林");
            profile.given_name = name("美惠");
            profile.middle_name = name("玉");
            profile.nickname = name("小惠");
            profile.preferred_username = text("meihui");
            profile.profile = text("https://people.example.gov.tw/meihui");
            profile.picture = text("https://people.example.gov.tw/meihui.png");
            profile.website = text("https://meihui.example.tw/");
            profile.gender = text("female");
            profile.birthdate = text("1968-03-12");
            profile.phone_number = text("+886912345678");
            profile.phone_number_verified = true;
            profile.address = Some(Address {
                formatted: text("100 臺北市中正區重慶南路一段 122 號"),
                street_address: text("重慶南路一段 122 號"),
                locality: text("中正區"),
                region: text("臺北市"),
                postal_code: text("100"),
                country: text("TW"),
            });
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_can_be_opened_and_the_first_has_every_claim() {
        let now = Timestamp::from_seconds(1_790_000_000);
        for person in &PEOPLE {
            let opening = person.opening(Password::parse("a password").unwrap(), now).unwrap();
            assert_eq!(opening.profile.name.unwrap().as_str(), person.name);
        }
        let first = PEOPLE[0].profile(false, now);
        let claims = serde_json::to_value(&first).unwrap();
        let empty: Vec<_> =
            claims.as_object().unwrap().iter().filter(|(_, value)| value.is_null()).collect();
        assert_eq!(
            empty.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["agency_oid", "agency_name"]
        );
    }
}
