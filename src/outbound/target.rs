//! A URL that may be fetched from, as far as its text tells: https, the port, no user, no odd spelling.
//!
//! RFC 3986 §3.2; the URL Standard's parser, which is more tolerant than what is accepted here. Where its host leads is
//! judged by `resolver`.

use url::{Host, Position, Url};

use super::error::Error;
use crate::base::limits;
use crate::config::PrivateHost;

const HTTPS: u16 = 443;

/// Where to fetch from.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The host, in its one spelling.
    pub(super) host: Host<String>,
    pub(super) port: u16,
    /// What the request's line names. The fragment is nobody's business but the client's.
    pub(super) path_and_query: String,
    /// Whether this host and port stand in `outbound.private_hosts`.
    pub(super) is_listed: bool,
}

impl Target {
    /// Reads a URL.
    pub(super) fn parse(text: &str, private_hosts: &[PrivateHost]) -> Result<Self, Error> {
        if text.len() > limits::OUTBOUND_URL {
            return Err(Error::UrlTooLong);
        }
        // What the parser would mend in silence: white space, backslashes, other alphabets.
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(Error::UrlMalformed);
        }
        let url = Url::parse(text).map_err(|_| Error::UrlMalformed)?;
        if url.scheme() != "https" {
            return Err(Error::NotHttps);
        }
        let authority = authority(text).ok_or(Error::UrlMalformed)?;
        if authority.contains('@') {
            return Err(Error::Userinfo);
        }
        let host = url.host().ok_or(Error::UrlMalformed)?.to_owned();
        let port = url.port().unwrap_or(HTTPS);
        match &host {
            Host::Ipv4(address) => {
                let written = authority.split(':').next().unwrap_or_default();
                if written != address.to_string() {
                    return Err(Error::OddAddress);
                }
            }
            // A second spelling of the same name.
            Host::Domain(name) if name.ends_with('.') => return Err(Error::UrlMalformed),
            Host::Domain(_) | Host::Ipv6(_) => {}
        }
        let is_listed =
            private_hosts.iter().any(|listed| listed.host == host && listed.port == port);
        if port != HTTPS && !is_listed {
            return Err(Error::PortNotAllowed(port));
        }
        let path_and_query = url[Position::BeforePath..Position::AfterQuery].to_owned();
        Ok(Self { host, port, path_and_query, is_listed })
    }

    /// Host and port, as the `Host` header names them.
    pub(super) fn authority(&self) -> String {
        match self.port {
            HTTPS => self.host.to_string(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// What is fetched, host and all: what failures of an address are remembered by.
    pub(super) fn address(&self) -> String {
        format!("{}{}", self.authority(), self.path_and_query)
    }

    /// The name that the certificate must bear.
    pub(super) fn server_name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }
}

/// What stands between `https://` and the path.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://").filter(|(scheme, _)| scheme.len() == "https".len())?;
    rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())
}

/// The URL for a log line: without user, query and fragment, which may hold secrets, and on one line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let plain = text.split(['?', '#']).next().unwrap_or_default();
    let plain = match plain.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => plain.rsplit('@').next().unwrap_or_default().to_owned(),
    };
    plain.chars().take(MOST).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, Error> {
        let listed = |host: &str, port| PrivateHost { host: Host::parse(host).unwrap(), port };
        Target::parse(
            text,
            &[listed("localhost", 8443), listed("127.0.0.1", 9443), listed("[::1]", 443)],
        )
    }

    #[test]
    fn a_plain_https_url_is_a_target() {
        for (text, authority, path) in [
            ("https://rp.example/jwks", "rp.example", "/jwks"),
            ("HTTPS://RP.Example:443", "rp.example", "/"),
            ("https://rp.example/a?b=c&d=%20#part", "rp.example", "/a?b=c&d=%20"),
            ("https://rp.example?q", "rp.example", "/?q"),
            ("https://8.8.8.8/x", "8.8.8.8", "/x"),
            ("https://8.8.8.8:443/x", "8.8.8.8", "/x"),
            ("https://[2606:4700::1]/x", "[2606:4700::1]", "/x"),
            ("https://rp.example/u@home", "rp.example", "/u@home"),
        ] {
            let target = parse(text).unwrap();
            assert_eq!((target.authority(), &*target.path_and_query), (authority.into(), path));
            assert!(!target.is_listed);
        }
    }

    /// A-NET-01
    #[test]
    fn each_rule_of_a_url_refuses_what_breaks_it() {
        for (text, named) in [
            ("http://rp.example/", "NotHttps"),
            ("ftp://rp.example/", "NotHttps"),
            ("file:///etc/passwd", "NotHttps"),
            ("rp.example/jwks", "UrlMalformed"),
            ("https:rp.example", "UrlMalformed"),
            ("https:/rp.example", "UrlMalformed"),
            ("https:///rp.example", "UrlMalformed"),
            ("https://", "UrlMalformed"),
            ("https://rp.example\\@127.0.0.1/", "UrlMalformed"),
            ("https://rp.exam\tple/", "UrlMalformed"),
            (" https://rp.example/", "UrlMalformed"),
            ("https://機關.example/", "UrlMalformed"),
            ("https://rp.example./", "UrlMalformed"),
            ("https://[::1%25lo]/", "UrlMalformed"),
            ("https://rp.example:99999/", "UrlMalformed"),
            ("https://somebody@rp.example/", "Userinfo"),
            ("https://rp.example:x@127.0.0.1/", "Userinfo"),
            ("https://@rp.example/", "Userinfo"),
            ("https://0x7f.1/", "OddAddress"),
            ("https://2130706433/", "OddAddress"),
            ("https://0177.0.0.1/", "OddAddress"),
            ("https://127.1/", "OddAddress"),
            ("https://%31%32%37.0.0.1/", "OddAddress"),
            ("https://8.8.2056/", "OddAddress"),
            ("https://127.0.0.1./", "OddAddress"),
            ("https://rp.example:8443/", "PortNotAllowed"),
            ("https://rp.example:80/", "PortNotAllowed"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(format!("{error:?}").starts_with(named), "{text}: {error:?}");
        }
    }

    #[test]
    fn only_the_listed_host_on_the_listed_port_is_listed() {
        for text in ["https://localhost:8443/", "https://127.0.0.1:9443/", "https://[::1]/"] {
            assert!(parse(text).unwrap().is_listed, "{text}");
        }
        assert!(!parse("https://localhost/").unwrap().is_listed);
        assert!(!parse("https://127.0.0.1/").unwrap().is_listed);
        for text in [
            "https://localhost:9443/",
            "https://127.0.0.1:8443/",
            "https://[::1]:8443/",
            "https://sub.localhost:8443/",
        ] {
            assert!(matches!(parse(text), Err(Error::PortNotAllowed(_))), "{text}");
        }
    }

    #[test]
    fn a_url_at_the_limit_is_read_and_a_longer_one_is_not() {
        let long = |length| format!("{:a<length$}", "https://rp.example/");
        parse(&long(limits::OUTBOUND_URL)).unwrap();
        assert!(matches!(parse(&long(limits::OUTBOUND_URL + 1)), Err(Error::UrlTooLong)));
    }

    #[test]
    fn a_log_line_shows_where_but_no_secret() {
        for (text, line) in [
            ("https://rp.example:8443/a/b?token=x#y", "https://rp.example:8443/a/b"),
            ("https://me:pass@rp.example/u@home", "https://rp.example/u@home"),
            ("https://me:pass@rp.example", "https://rp.example"),
            ("me:pass@rp.example", "rp.example"),
            ("https://rp.example/\nerror: forged", "https://rp.example/\\nerror: forged"),
        ] {
            assert_eq!(shown(text), line);
        }
        assert_eq!(shown(&"a".repeat(5000)).len(), 200);
    }
}
