//! Dates and times as people in Taiwan read them: the Republic's calendar and the common one, on Taipei's clock.
//!
//! Taipei has been eight hours ahead of UTC without summer time since 1980; dates shown here are later than that, or
//! birthdays, which have no time. Years before 1912 are written 民國前.

use crate::base::time::Timestamp;
use crate::i18n::Locale;

const TAIPEI_OFFSET_SECONDS: i64 = 8 * 3600;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// The year before the Republic's first.
const ROC_EPOCH: i64 = 1911;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a day is a year, a month and a day")]
pub struct Day {
    year: i64,
    month: u8,
    day: u8,
}

impl Day {
    /// The day it is in Taipei.
    pub fn in_taipei(at: Timestamp) -> Self {
        Self::from_days_since_1970(taipei(at).div_euclid(SECONDS_OF_A_DAY))
    }

    /// Reads `YYYY-MM-DD`, as the claim `birthdate` has it; `None` for anything else, days that no month has included.
    pub fn from_iso(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |width: usize| {
            let part = parts.next()?;
            let digits = part.len() == width && part.bytes().all(|digit| digit.is_ascii_digit());
            if digits { part.parse::<u16>().ok() } else { None }
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        let read = Self { year: year.into(), month, day };
        let exists = (1..=12).contains(&month)
            && day >= 1
            && Self::from_days_since_1970(read.days_since_1970()) == read;
        (exists && parts.next().is_none()).then_some(read)
    }

    /// The day in one calendar: 「民國 115 年 11 月 20 日」, “20 November 2026”.
    pub fn long(self, locale: Locale) -> String {
        match locale {
            Locale::ZhHant => {
                format!("{} {} 月 {} 日", self.roc_year(), self.month, self.day)
            }
            Locale::En => {
                format!("{} {} {}", self.day, self.month_in_english(), self.year)
            }
        }
    }

    /// The day in both calendars: 「民國 115 年 11 月 20 日（2026-11-20）」, “20 November 2026 (ROC year 115)”. No line
    /// breaks at the hyphens: each has a word joiner behind it.
    pub fn in_both_calendars(self, locale: Locale) -> String {
        match locale {
            Locale::ZhHant => {
                format!("{}（{}）", self.long(locale), self.iso().replace('-', "-\u{2060}"))
            }
            Locale::En => format!("{} ({})", self.long(locale), self.roc_year_in_english()),
        }
    }

    /// `YYYY-MM-DD`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn roc_year(self) -> String {
        let year = self.year - ROC_EPOCH;
        if year > 0 { format!("民國 {year} 年") } else { format!("民國前 {} 年", 1 - year) }
    }

    fn roc_year_in_english(self) -> String {
        let year = self.year - ROC_EPOCH;
        if year > 0 { format!("ROC year {year}") } else { format!("{} before the ROC", 1 - year) }
    }

    fn month_in_english(self) -> &'static str {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        MONTHS.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// Counts in years that begin in March, so that a leap day is the last day of its year; 400 years are one era.
    fn from_days_since_1970(days: i64) -> Self {
        let days = days + 719_468; // from 0000-03-01
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self {
            year,
            month: u8::try_from(month).unwrap_or_default(),
            day: u8::try_from(day).unwrap_or_default(),
        }
    }

    fn days_since_1970(self) -> i64 {
        let month = i64::from(self.month);
        let year = self.year - i64::from(month <= 2);
        let year_of_era = year.rem_euclid(400);
        let march_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * march_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * 146_097 + day_of_era - 719_468
    }
}

/// Hours and minutes in Taipei: `14:05`.
pub fn time(at: Timestamp) -> String {
    let second_of_day = taipei(at).rem_euclid(SECONDS_OF_A_DAY);
    format!("{:02}:{:02}", second_of_day / 3600, second_of_day % 3600 / 60)
}

/// 「民國 115 年 11 月 20 日 14:05」, “20 November 2026, 14:05”.
pub fn date_time(locale: Locale, at: Timestamp) -> String {
    with_time(locale, Day::in_taipei(at).long(locale), at)
}

/// 「民國 115 年 11 月 20 日（2026-11-20）14:05」, “20 November 2026 (ROC year 115), 14:05”.
pub fn date_time_in_both_calendars(locale: Locale, at: Timestamp) -> String {
    with_time(locale, Day::in_taipei(at).in_both_calendars(locale), at)
}

/// The point in time for machines, as `<time datetime>` wants it: `2026-11-20T14:05+08:00`.
pub fn machine(at: Timestamp) -> String {
    format!("{}T{}+08:00", Day::in_taipei(at).iso(), time(at))
}

fn with_time(locale: Locale, day: String, at: Timestamp) -> String {
    let between = match locale {
        Locale::ZhHant if day.ends_with('）') => "",
        Locale::ZhHant => " ",
        Locale::En => ", ",
    };
    day + between + &time(at)
}

/// Seconds since 1970-01-01 00:00 on Taipei's clock, kept within what a calendar can say.
fn taipei(at: Timestamp) -> i64 {
    const YEAR_9999: i64 = 253_402_300_799 - TAIPEI_OFFSET_SECONDS;
    at.seconds().clamp(-YEAR_9999, YEAR_9999) + TAIPEI_OFFSET_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T06:05:59Z.
    const AT: Timestamp = Timestamp::from_seconds(1_795_154_759);

    #[test]
    fn both_languages_write_the_same_moment() {
        assert_eq!(date_time(Locale::ZhHant, AT), "民國 115 年 11 月 20 日 14:05");
        assert_eq!(date_time(Locale::En, AT), "20 November 2026, 14:05");
        assert_eq!(
            date_time_in_both_calendars(Locale::ZhHant, AT),
            "民國 115 年 11 月 20 日（2026-\u{2060}11-\u{2060}20）14:05"
        );
        assert_eq!(
            date_time_in_both_calendars(Locale::En, AT),
            "20 November 2026 (ROC year 115), 14:05"
        );
        assert_eq!(machine(AT), "2026-11-20T14:05+08:00");
    }

    #[test]
    fn taipei_is_a_day_ahead_from_four_in_the_afternoon() {
        let at = Timestamp::from_seconds(1_795_154_400 + 10 * 3600); // 16:00 UTC
        assert_eq!(date_time(Locale::ZhHant, at), "民國 115 年 11 月 21 日 00:00");
    }

    #[test]
    fn every_day_from_1600_to_2400_follows_the_one_before() {
        let first = Day { year: 1600, month: 1, day: 1 }.days_since_1970();
        let last = Day { year: 2400, month: 12, day: 31 }.days_since_1970();
        assert_eq!(last - first + 1, 801 * 365 + 195);
        let mut before = Day::from_days_since_1970(first - 1);
        for days in first..=last {
            let day = Day::from_days_since_1970(days);
            assert_eq!(day.days_since_1970(), days);
            let follows = (day.year, day.month, day.day)
                == (before.year, before.month, before.day + 1)
                || (day.day == 1
                    && (day.month == before.month + 1
                        || (day.month == 1 && day.year == before.year + 1)));
            assert!(follows, "{day:?} after {before:?}");
            before = day;
        }
    }

    #[test]
    fn a_birthday_is_read_only_if_it_exists() {
        assert_eq!(
            Day::from_iso("1912-01-01").unwrap().in_both_calendars(Locale::ZhHant),
            "民國 1 年 1 月 1 日（1912-\u{2060}01-\u{2060}01）"
        );
        assert_eq!(
            Day::from_iso("1911-12-31").unwrap().long(Locale::ZhHant),
            "民國前 1 年 12 月 31 日"
        );
        assert!(Day::from_iso("2024-02-29").is_some());
        for wrong in
            ["2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "0115-11-20-1", "", "+024-01-01"]
        {
            assert_eq!(Day::from_iso(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_ends_of_time_have_a_text() {
        for seconds in [i64::MIN, 0, i64::MAX] {
            assert!(
                !date_time_in_both_calendars(Locale::ZhHant, Timestamp::from_seconds(seconds))
                    .is_empty()
            );
        }
    }
}
