//! Request objects at the authorization endpoint: from the parameters of the address to those that are asked with.
//!
//! OpenID Connect Core §6, RFC 9101 §5 and §6. An object comes by value (`request`) or by reference (`request_uri`), which
//! is fetched here, before anybody sees a page. Parameters beside a signed object are not looked at, except `client_id`;
//! beside an unsigned one they fill in what it leaves open. Does not own what an object is (`jose`), the guarded fetch
//! (`outbound`), nor what a parameter means (`request`). `docs/adr/0015-request-objects.md`.

mod error;

pub use error::Error;

use crate::context::{Context, client_keys};
use crate::jose::request_object::{self as object, Expected, Opened, RequestObject};
use crate::model::client::Client;
use crate::oauth::client_metadata::ContentEncryption;
use crate::oauth::https_uri::RequestUri;
use crate::oauth::parameter::Parameters;
use crate::oauth::response_type::ResponseType;
use crate::oauth::unsigned_allowed::UnsignedAllowed;
use crate::oauth::weak_feature::WeakFeature;
use crate::outbound::Purpose;

/// What a client asks with an object.
#[derive(Debug)]
pub struct Asked {
    /// The parameters that count.
    pub parameters: Parameters,
    /// Whether the client has signed them.
    pub is_signed: bool,
}

/// What is asked with an object; `None` of a request that has none.
pub async fn read(
    ctx: &Context,
    client: &Client,
    outside: &Parameters,
) -> Result<Option<Asked>, Error> {
    let text = match (outside.one("request")?, outside.one("request_uri")?) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Error::Both),
        (Some(text), None) => text.to_owned(),
        (None, Some(uri)) => fetched(ctx, client, uri).await?,
    };
    let object = verified(ctx, client, &text).await?;
    let beside = if object.is_signed { client_id(outside) } else { filling(outside, &object)? };
    let is_signed = object.is_signed;
    let pairs = beside.into_iter().filter(|(name, _)| !object.parameters.contains_key(name));
    let pairs: Vec<_> = pairs.chain(object.parameters.clone()).collect();
    let parameters = Parameters::from_pairs(pairs).map_err(Error::Bounds)?;
    Ok(Some(Asked { parameters, is_signed }))
}

/// The document behind a `request_uri`. The whole address is compared with what the client registered, its fragment, too,
/// which is of no further consequence: it may be, but need not be, a hash of the document (Core §6.2).
async fn fetched(ctx: &Context, client: &Client, uri: &str) -> Result<String, Error> {
    let uri = RequestUri::parse(uri)?;
    if !client.settings().request_uris.contains(&uri) {
        return Err(Error::UriNotRegistered);
    }
    let document = ctx.outbound.get(Purpose::RequestObject, uri.document()).await?;
    let text = String::from_utf8(document.body).map_err(|_| Error::NotText)?;
    // Files mostly end with a line break.
    Ok(text.trim_ascii_end().to_owned())
}

/// The object, if it is what the client registered. Its keys are looked for only once nothing else is wrong.
async fn verified(ctx: &Context, client: &Client, text: &str) -> Result<RequestObject, Error> {
    let settings = client.settings();
    let encryption = settings.request_object_encryption_alg.map(|algorithm| {
        let content = settings.request_object_encryption_enc;
        (algorithm, content.unwrap_or(ContentEncryption::A128CbcHs256))
    });
    let opened = Opened::open(text, encryption, ctx.keys.keys().decryption())?;
    let id = client.id.to_string();
    let expected = Expected {
        client_id: &id,
        issuer: ctx.issuer.as_str(),
        keys: None,
        algorithm: settings.request_object_signing_alg,
        unsigned: ctx
            .permits(client, WeakFeature::UnsignedRequestObject)
            .then(UnsignedAllowed::both_locks_are_open),
        now: ctx.now,
    };
    match opened.read(&expected) {
        Err(object::Error::NoKeys) => {}
        read => return Ok(read?),
    }
    let verify = |keys: &client_keys::ClientKeys| {
        let keys = Some(keys.verifying()?);
        Ok::<_, Error>(opened.read(&Expected { keys, ..expected })?)
    };
    ctx.verified_with_keys_of(client, verify, may_be_an_old_set).await?
}

fn may_be_an_old_set(error: &Error) -> bool {
    match error {
        Error::Object(object::Error::Jws(error)) => error.may_be_an_old_set(),
        Error::Keys(error) => error.may_be_an_old_set(),
        _ => false,
    }
}

/// RFC 9101 §6.3: beside a signed object nothing counts but who asks, which has been compared with what is inside.
fn client_id(outside: &Parameters) -> Vec<(String, String)> {
    owned(outside).filter(|(name, _)| name == "client_id").collect()
}

/// Core §6.1: what the address says fills in what an unsigned object leaves open. It may say `response_type` a second
/// time, but not another one.
fn filling(outside: &Parameters, object: &RequestObject) -> Result<Vec<(String, String)>, Error> {
    let inside = object.parameters.get("response_type");
    if let (Some(outside), Some(inside)) = (outside.one("response_type")?, inside)
        && outside != inside
        && ResponseType::from_words(outside) != ResponseType::from_words(inside)
    {
        return Err(Error::ResponseTypeDiffers);
    }
    Ok(owned(outside).filter(|(name, _)| name != "request" && name != "request_uri").collect())
}

fn owned(parameters: &Parameters) -> impl Iterator<Item = (String, String)> {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned()))
}
