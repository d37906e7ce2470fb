//! The parts that several pages are made of: the asking agency, a button, a form's hidden fields.
//!
//! The templates beside this file show them.

/// Who asks for the sign-in. Shown on every step, errors included, with the way back.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The agency's name in the language of the page.
    pub name: &'a str,
    /// One character that stands where a logo would.
    pub initial: &'a str,
    /// The address of its logo, which is ours.
    pub logo: Option<&'a str>,
    /// What it says that it does with people's data.
    pub policy: Option<&'a str>,
    /// Its terms of service.
    pub terms: Option<&'a str>,
    /// The way back; `None` where none can be offered, as after the request has expired.
    pub cancel: Option<Form<'a>>,
}

/// A form that consists of its button: where it is sent, and what it carries.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The path that it is sent to.
    pub action: &'a str,
    /// Hidden fields: name and value.
    pub hidden: &'a [(&'a str, &'a str)],
}

/// What the one button of a page does.
#[derive(Clone, Copy, Debug)]
pub enum Button<'a> {
    /// Opens an address.
    Link(&'a str),
    /// Sends a form.
    Send(Form<'a>),
}

/// What stands for an agency without a logo: the first character of its name, with its variation selector.
pub fn initial(name: &str) -> &str {
    let selects = |c: char| matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    let end = name.char_indices().skip(1).find(|(_, c)| !selects(*c)).map(|(end, _)| end);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::initial;

    #[test]
    fn an_initial_is_one_character_of_any_plane() {
        assert_eq!(initial("人事服務網"), "人");
        assert_eq!(initial("𪚥署"), "𪚥");
        assert_eq!(initial("葛\u{E0100}城"), "葛\u{E0100}");
        assert_eq!(initial("署"), "署");
        assert_eq!(initial(""), "");
    }
}
