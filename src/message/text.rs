//! The words of a message: plain text, a subject and paragraphs for mail, one short line for an SMS.
//!
//! What happened, when on Taipei's clock, and whom to call if it was somebody else. No link and no question: a real notice
//! then never looks like one that is out for a password.

use crate::config::ServiceDesk;
use crate::i18n::text::{Args, text, text_with};
use crate::i18n::{Locale, date};
use crate::model::message::{Message, Notice, Recipient};
use crate::national::person_name::PersonName;

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The subject; an SMS has none.
    pub subject: Option<String>,
    /// The body; paragraphs are separated by an empty line.
    pub body: String,
}

impl Text {
    /// The words of this message.
    pub fn of(message: &Message, desk: &ServiceDesk) -> Self {
        let (locale, key) = (message.locale, key(message.notice));
        let args = values(message, desk);
        let part = |name: &str| text_with(locale, &format!("{key}{name}"), &args).into_owned();
        match message.recipient {
            Recipient::Sms(_) => Self { subject: None, body: part(".sms") },
            Recipient::Email(_) => {
                let paragraphs = [
                    greeting(locale, message.name.as_ref()),
                    part(".told"),
                    text(locale, "message-if-own").into_owned(),
                    part(".if-not"),
                    text(locale, "message-end").into_owned(),
                ];
                Self { subject: Some(part("")), body: paragraphs.join("\n\n") }
            }
        }
    }
}

const fn key(notice: Notice) -> &'static str {
    match notice {
        Notice::PasswordChanged => "message-password-changed",
        Notice::RightAfterFailures { .. } => "message-right-after-failures",
    }
}

fn values(message: &Message, desk: &ServiceDesk) -> Args {
    let args = Args::default()
        .with("account", &message.account_name)
        .with("when", date::date_time(message.locale, message.created_at))
        .with("phone", &desk.phone);
    match message.notice {
        Notice::PasswordChanged => args,
        Notice::RightAfterFailures { failures } => args.with("failures", failures),
    }
}

fn greeting(locale: Locale, name: Option<&PersonName>) -> String {
    match name {
        Some(name) => {
            let args = Args::default().with("name", name.as_str());
            text_with(locale, "message-greeting", &args).into_owned()
        }
        None => text(locale, "message-greeting-no-name").into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{AccountId, MessageId};
    use crate::base::time::Timestamp;

    /// 2026-11-20T06:05:59Z: as long a date as there is.
    const AT: Timestamp = Timestamp::from_seconds(1_795_154_759);
    const NOTICES: [Notice; 2] =
        [Notice::PasswordChanged, Notice::RightAfterFailures { failures: 99 }];

    fn desk() -> ServiceDesk {
        ServiceDesk { phone: "(02)2192-7111".into(), hours_zh_hant: None, hours_en: None }
    }

    fn written(notice: Notice, locale: Locale, recipient: Recipient) -> Text {
        let message = Message {
            id: MessageId::new(AT),
            account: AccountId::new(AT),
            account_name: "wu.shengxiang".into(),
            name: PersonName::try_from("吳𣲚翔".to_owned()).ok(),
            recipient,
            notice,
            locale,
            created_at: AT,
        };
        Text::of(&message, &desk())
    }

    fn mail(notice: Notice, locale: Locale) -> Text {
        written(notice, locale, Recipient::Email("wu@agency.test".into()))
    }

    fn sms(notice: Notice, locale: Locale) -> String {
        let text = written(notice, locale, Recipient::Sms("+886912345678".into()));
        assert_eq!(text.subject, None);
        text.body
    }

    #[test]
    fn a_mail_says_what_happened_when_and_whom_to_call() {
        let text = mail(Notice::PasswordChanged, Locale::ZhHant);
        assert_eq!(text.subject.unwrap(), "【符信】您的密碼已變更");
        for part in [
            "吳𣲚翔 先生/小姐 您好",
            "wu.shengxiang",
            "民國 115 年 11 月 20 日 14:05（臺北時間）",
            "如果不是您",
            "(02)2192-7111",
        ] {
            assert!(text.body.contains(part), "{part}: {}", text.body);
        }
        let text = mail(Notice::RightAfterFailures { failures: 4 }, Locale::En);
        assert_eq!(
            text.subject.unwrap(),
            "Fuxin: your password was entered correctly after 4 wrong tries"
        );
        for part in ["Dear 吳𣲚翔", "20 November 2026, 14:05", "If it was not you", "(02)2192-7111"]
        {
            assert!(text.body.contains(part), "{part}: {}", text.body);
        }
    }

    #[test]
    fn no_notice_has_a_link_or_a_value_that_was_not_filled_in() {
        for notice in NOTICES {
            for locale in Locale::ALL {
                let mail = mail(notice, locale);
                let all = [mail.subject.unwrap(), mail.body, sms(notice, locale)].concat();
                for sign in ["http", "www", "{", "message-", "<"] {
                    assert!(!all.contains(sign), "{sign}: {all}");
                }
            }
        }
    }

    /// One SMS holds 70 characters, or 160 where all are of the GSM alphabet; what is longer is billed as several and
    /// may arrive in pieces.
    #[test]
    fn an_sms_is_one_sms() {
        for notice in NOTICES {
            let (zh, en) = (sms(notice, Locale::ZhHant), sms(notice, Locale::En));
            assert!(zh.encode_utf16().count() <= 70, "{}: {zh}", zh.encode_utf16().count());
            assert!(zh.contains("(02)2192-7111") && zh.starts_with("符信"), "{zh}");
            assert!(en.is_ascii() && en.len() <= 160, "{}: {en}", en.len());
        }
    }

    #[test]
    fn who_has_no_name_is_greeted_all_the_same() {
        assert_eq!(greeting(Locale::ZhHant, None), "您好：");
    }
}
