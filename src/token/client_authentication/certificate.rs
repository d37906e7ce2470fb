//! Authentication by a TLS certificate: `tls_client_auth` and `self_signed_tls_client_auth`.
//!
//! RFC 8705 §2. The handshake has proved that the client holds the certificate's key; here it is judged whether that is the
//! certificate that the client registered. Does not ask whether it was revoked: to lock one out, change the registration.

use super::Error;
use crate::context::Context;
use crate::context::client_keys::ClientKeys;
use crate::jose::certificate_key;
use crate::model::client::Client;
use crate::oauth::client_metadata::ClientMetadata;
use crate::pki::client_certificate::{self, ClientCertificate, Name};

/// §2.1: a certificate of a configured authority, with the registered name.
pub(super) fn of_authority(
    ctx: &Context,
    client: &Client,
    certificate: Option<&ClientCertificate>,
) -> Result<(), Error> {
    let certificate = certificate.ok_or(Error::CertificateMissing)?;
    let authorities = ctx.client_authorities.as_ref().ok_or(Error::AuthoritiesMissing)?;
    let name = registered(client.settings()).ok_or(client_certificate::Error::NameWrong)?;
    Ok(certificate.require(authorities, &name)?)
}

/// §2.2: a certificate with a registered key, whoever signed it.
pub(super) async fn of_own(
    ctx: &Context,
    client: &Client,
    certificate: Option<&ClientCertificate>,
) -> Result<(), Error> {
    let certificate = certificate.ok_or(Error::CertificateMissing)?;
    let key = certificate.key().ok_or(client_certificate::Error::KeyUnregistered)?;
    let verify = |keys: &ClientKeys| {
        let is_registered = certificate_key::is_among(&keys.set, &key);
        is_registered.then_some(()).ok_or(client_certificate::Error::KeyUnregistered)
    };
    // Every refusal here is that the key was not among those we know.
    Ok(ctx.verified_with_keys_of(client, verify, |_| true).await??)
}

/// The one name that the client registered.
fn registered(settings: &ClientMetadata) -> Option<Name<'_>> {
    let subject = settings.tls_client_auth_subject_dn.as_ref().map(Name::Subject);
    subject
        .or_else(|| settings.tls_client_auth_san_dns.as_deref().map(Name::Dns))
        .or_else(|| settings.tls_client_auth_san_uri.as_deref().map(Name::Uri))
        .or_else(|| settings.tls_client_auth_san_ip.map(Name::Ip))
        .or_else(|| settings.tls_client_auth_san_email.as_deref().map(Name::Email))
}
