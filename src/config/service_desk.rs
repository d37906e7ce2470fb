//! `[service_desk]`: whom help and error pages tell people to call.

use super::source::{Reported, Source};

/// The service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDesk {
    /// Its telephone number, as people read it.
    pub phone: String,
    /// Its hours in Chinese; none are shown if `None`.
    pub hours_zh_hant: Option<String>,
    /// Its hours in English; none are shown if `None`.
    pub hours_en: Option<String>,
}

impl ServiceDesk {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        let phone = source.parse("service_desk.phone", |text| Ok(text.to_owned()));
        let hours_zh_hant = source.find("service_desk.hours_zh_hant", |text| Ok(text.to_owned()));
        let hours_en = source.find("service_desk.hours_en", |text| Ok(text.to_owned()));
        Ok(Self { phone: phone?, hours_zh_hant: hours_zh_hant?, hours_en: hours_en? })
    }
}
