//! A registration on the wire: JSON in, settings out; and settings as they are told to the client again.
//!
//! RFC 7591 §2 and §3.1, OpenID Connect Registration §2, RFC 7592 §2.2. The members are those of the specifications: what
//! is the provider's own (`sector`, `skip_consent`, `weak_features` …) cannot be asked for here, and is told to nobody. An
//! unknown member is ignored, as the specifications demand; a known one that cannot be kept is never.

use serde_json::{Map, Value};
use url::Url;

use crate::oauth::client_metadata::{ApplicationType, ClientMetadata, SubjectType};
use crate::oauth::client_registration;
use crate::oauth::error::ErrorCode;
use crate::oauth::redirect_uri::{self, RedirectUri};
use crate::oauth::registration_policy::Outside;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::ScopeSet;

/// The members that mean the same here and in [`ClientMetadata`].
const MEMBERS: [&str; 43] = [
    "application_type",
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "initiate_login_uri",
    "software_id",
    "software_version",
    REDIRECT_URIS,
    POST_LOGOUT_REDIRECT_URIS,
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "jwks",
    "jwks_uri",
    "grant_types",
    RESPONSE_TYPES,
    "scope",
    "subject_type",
    "sector_identifier_uri",
    "id_token_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_signing_alg",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "request_uris",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "default_max_age",
    "default_acr_values",
    "require_auth_time",
];
const REDIRECT_URIS: &str = "redirect_uris";
const POST_LOGOUT_REDIRECT_URIS: &str = "post_logout_redirect_uris";
const RESPONSE_TYPES: &str = "response_types";
/// The name for people who read Chinese, as Registration §2.1 writes it.
const NAME_IN_CHINESE: &str = "client_name#zh-Hant";
/// The name for everybody else.
const NAME_IN_ENGLISH: &str = "client_name#en";

/// Why a registration is refused. No text here holds a piece of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is no JSON object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// A member of another type than the specification says, or with a value that is not supported.
    #[error("the member {0} is malformed or has a value that is not supported")]
    Member(&'static str),
    /// An address that this type of application may not register.
    #[error("a redirect URI cannot be used: {0}")]
    RedirectUri(redirect_uri::Error),
    /// The members do not fit together.
    #[error(transparent)]
    Unfit(#[from] client_registration::Error),
    /// More than whoever asks may have.
    #[error(transparent)]
    Outside(#[from] Outside),
}

impl Error {
    /// The word for it (RFC 7591 §3.2.2).
    pub fn code(&self) -> ErrorCode {
        use client_registration::Error as Unfit;
        match self {
            Self::RedirectUri(_)
            | Self::Member(REDIRECT_URIS)
            | Self::Unfit(
                Unfit::RedirectUri(_)
                | Unfit::RedirectUriMissing
                | Unfit::ImplicitRedirectUri
                | Unfit::TooManyRedirectUris,
            ) => ErrorCode::InvalidRedirectUri,
            Self::NotAnObject | Self::Member(_) | Self::Unfit(_) | Self::Outside(_) => {
                ErrorCode::InvalidClientMetadata
            }
        }
    }
}

/// A registration as it came: members by name, none of them looked at.
#[derive(Debug)]
pub struct RegistrationRequest(Map<String, Value>);

impl RegistrationRequest {
    /// Reads a body. A member that is `null` is absent (RFC 7592 §2.2).
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Error::NotAnObject)?;
        members.retain(|_, value| !value.is_null());
        Ok(Self(members))
    }

    /// A member that is a text.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::Member(name)),
        }
    }

    /// The settings that are asked for, with the specifications' defaults; a client that names no scope asks for these.
    /// What fits together is looked at later, and so is what may be had.
    pub fn settings(&self, scope: &ScopeSet) -> Result<ClientMetadata, Error> {
        self.redirect_uris()?;
        let mut known = Map::new();
        for name in MEMBERS {
            if let Some(value) = self.0.get(name) {
                known.insert(name.to_owned(), self.read(name, value)?);
            }
        }
        let mut settings: ClientMetadata =
            serde_json::from_value(Value::Object(known)).map_err(|_| Error::NotAnObject)?;
        // Without one there is nothing that it could do, and nothing to call it by.
        if settings.redirect_uris.is_empty() {
            return Err(client_registration::Error::RedirectUriMissing.into());
        }
        if !self.0.contains_key("scope") {
            settings.scope = scope.clone();
        }
        // Registration §2 leaves to us what is meant. Pairwise subjects need to know one sector (Core §8.1).
        let is_one_sector = settings.sector_identifier_uri.is_some() || settings.has_one_host();
        if !self.0.contains_key("subject_type") && !is_one_sector {
            settings.subject_type = SubjectType::Public;
        }
        self.name(&mut settings)?;
        Ok(settings)
    }

    /// A member as [`ClientMetadata`] writes it, if it can be read there.
    fn read(&self, name: &'static str, value: &Value) -> Result<Value, Error> {
        let value = match name {
            RESPONSE_TYPES => self.texts(name)?.into_iter().map(response_type).collect(),
            _ => Ok(value.clone()),
        }?;
        let alone = Map::from_iter([(name.to_owned(), value.clone())]);
        match serde_json::from_value::<ClientMetadata>(Value::Object(alone)) {
            Ok(_) => Ok(value),
            Err(_) => Err(Error::Member(name)),
        }
    }

    fn texts(&self, name: &'static str) -> Result<Vec<&str>, Error> {
        let list = self.0.get(name).and_then(Value::as_array).ok_or(Error::Member(name))?;
        list.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Error::Member(name))
    }

    /// Whether the application's type may register its addresses.
    fn redirect_uris(&self) -> Result<(), Error> {
        let application_type = match self.text("application_type")? {
            None => ApplicationType::Web,
            Some(word) => {
                ApplicationType::from_word(word).ok_or(Error::Member("application_type"))?
            }
        };
        if self.0.contains_key(REDIRECT_URIS) {
            for uri in self.texts(REDIRECT_URIS)? {
                RedirectUri::register(uri, application_type).map_err(Error::RedirectUri)?;
            }
        }
        if self.0.contains_key(POST_LOGOUT_REDIRECT_URIS) {
            for uri in self.texts(POST_LOGOUT_REDIRECT_URIS)? {
                RedirectUri::register(uri, application_type)
                    .map_err(|_| Error::Member(POST_LOGOUT_REDIRECT_URIS))?;
            }
        }
        Ok(())
    }

    /// The names that people are shown. Whoever gives none is called by the host that answers go to.
    fn name(&self, settings: &mut ClientMetadata) -> Result<(), Error> {
        let plain = self.text("client_name")?;
        let (chinese, english) = (self.text(NAME_IN_CHINESE)?, self.text(NAME_IN_ENGLISH)?);
        let host = || {
            let uri = Url::parse(settings.redirect_uris.first()?.as_str()).ok()?;
            uri.host_str().map(str::to_owned)
        };
        let name = chinese.or(plain).map(str::to_owned);
        settings.client_name = name.or_else(host).unwrap_or_default();
        let in_english = english.or(plain.filter(|_| chinese.is_some()));
        settings.client_name_en = in_english.map(str::to_owned);
        Ok(())
    }
}

/// The word for a response type, whose words may stand in any order.
fn response_type(words: &str) -> Result<Value, Error> {
    let of = ResponseType::from_words(words).ok_or(Error::Member(RESPONSE_TYPES))?;
    Ok(Value::from(of.as_str()))
}

/// Settings as they are told to their client: every member as it is in force.
pub fn told(settings: &ClientMetadata) -> Map<String, Value> {
    let mut members = match serde_json::to_value(settings) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => Map::new(),
    };
    members.retain(|name, _| MEMBERS.contains(&name.as_str()));
    if let Some(name) = &settings.client_name_en {
        members.insert(NAME_IN_ENGLISH.to_owned(), Value::from(name.as_str()));
    }
    members
}

#[cfg(test)]
mod tests;
