//! What a session's events amount to: `acr`, `amr` and `auth_time`, by one total function.

use crate::base::id::GrantId;
use crate::model::authentication::{Assurance, Authentication, Method};
use crate::oauth::acr::Acr;
use crate::oauth::amr::Amr;

/// The assurance of these events; `None` if there are none.
pub fn of(events: &[Authentication]) -> Option<Assurance> {
    let newest = events.iter().max_by_key(|event| event.at)?;
    let (acr, amr) = match newest.method {
        Method::Password => (Acr::Password, vec![Amr::Pwd]),
    };
    Some(Assurance { acr, amr, at: newest.at })
}

/// Whether one of these events took place in this interaction: what `prompt=login` and `max_age=0` ask for.
pub fn is_of(events: &[Authentication], interaction: GrantId) -> bool {
    events.iter().any(|event| event.interaction == Some(interaction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;

    #[test]
    fn the_newest_event_counts() {
        let event = |at| Authentication {
            method: Method::Password,
            at: Timestamp::from_seconds(at),
            interaction: None,
        };
        assert_eq!(of(&[]), None);
        let assurance = of(&[event(10), event(30), event(20)]).unwrap();
        assert_eq!(assurance.at, Timestamp::from_seconds(30));
        assert_eq!(assurance.acr, Acr::Password);
    }
}
