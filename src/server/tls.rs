//! The listener that speaks TLS: handshakes, the certificate of each client, and our own, which is replaced while it serves.
//!
//! RFC 8446, RFC 9325, RFC 8705. Every client is asked for a certificate and none is refused for what it shows: the
//! handshake proves that it holds the key, and what the certificate is worth is judged when a client authenticates. No
//! session is resumed, since a resumed one shows no chain and would outlive a change of mind.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::ssl::{
    self, Ssl, SslAcceptor, SslContext, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode,
    SslVersion,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::base::internal::Internal;
use crate::base::{limits, metric};
use crate::config::{Identity, Tls};
use crate::pki::client_certificate::ClientCertificate;

/// With TLS 1.2: ephemeral keys and authenticated encryption alone (RFC 9325 §4.2).
const CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

/// How often the files are looked at. A change counts once it has lasted from one look to the next: whoever renews a
/// certificate writes two files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What accepts TLS. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor(Arc<Shared>);

struct Shared {
    files: Tls,
    context: RwLock<SslContext>,
    /// How the files were just before they were read.
    read: Files,
}

/// When the certificate's file and the key's were written, where and how long each is.
type Files = [Option<(i64, i64, u64, u64)>; 2];

impl Acceptor {
    /// Reads certificate and key.
    pub fn new(config: &Tls) -> Result<Self, Internal> {
        let read = files(config);
        let context = RwLock::new(context(config)?);
        Ok(Self(Arc::new(Shared { files: config.clone(), context, read })))
    }

    /// The connection after its handshake, and the certificate that the client showed; `None` if there was none in time.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> Option<(SslStream<TcpStream>, Option<ClientCertificate>)> {
        let time = Duration::from_secs(limits::TLS_HANDSHAKE_SECONDS.into());
        let (outcome, accepted) = match timeout(time, self.handshake(stream)).await {
            Ok(Ok(stream)) => ("ok", Some(stream)),
            // A peer that speaks another language is its own affair; how many there are is ours.
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                ("failed", None)
            }
            Err(_) => ("too_slow", None),
        };
        metrics::counter!(metric::TLS_HANDSHAKES, "outcome" => outcome).increment(1);
        // What a certificate made OpenSSL complain of is no failure of the next connection on this thread.
        drop(ErrorStack::get());
        let stream = accepted?;
        let certificate = client_certificate(&stream);
        Some((stream, certificate))
    }

    async fn handshake(&self, stream: TcpStream) -> Result<SslStream<TcpStream>, ssl::Error> {
        let ssl = {
            let context = self.0.context.read().unwrap_or_else(PoisonError::into_inner);
            Ssl::new(&context)?
        };
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).accept().await?;
        Ok(stream)
    }

    /// Looks at the files, for ever, and reads them again when they have changed. What is broken is not served: the old
    /// certificate stays, and the log says what to mend.
    pub async fn renew(self) {
        let (mut served, mut seen) = (self.0.read, self.0.read);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = files(&self.0.files);
            if now == seen && now != served {
                served = now;
                match context(&self.0.files) {
                    Ok(fresh) => {
                        *self.0.context.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                        tracing::info!("the TLS certificate was read again");
                    }
                    Err(internal) => {
                        tracing::error!(error = %internal, "the new TLS certificate cannot be used; the old one is still served");
                    }
                }
            }
            seen = now;
        }
    }
}

/// What connections are made with.
fn context(config: &Tls) -> Result<SslContext, Internal> {
    let identity = config
        .identity()
        .map_err(|(key, fault)| Internal::fault(key).because(io::Error::other(fault)))?;
    let end = Asn1Time::from_unix(0)
        .and_then(|epoch| epoch.diff(identity.certificate.not_after()))
        .map_err(|error| Internal::fault("tls.certificate_file").because(error))?;
    let context = with_identity(&identity)
        .map_err(|error| Internal::fault("tls.certificate_file and tls.key_file").because(error))?;
    let seconds = f64::from(end.days) * 86_400.0 + f64::from(end.secs);
    metrics::gauge!(metric::TLS_CERTIFICATE_END).set(seconds);
    Ok(context)
}

fn with_identity(identity: &Identity) -> Result<SslContext, ErrorStack> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_cipher_list(CIPHERS)?;
    builder.set_options(
        SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION | SslOptions::NO_TICKET,
    );
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_num_tickets(0)?;
    builder.set_certificate(&identity.certificate)?;
    for between in &identity.between {
        builder.add_extra_chain_cert(between.clone())?;
    }
    builder.set_private_key(&identity.key)?;
    builder.check_private_key()?;
    // No names of authorities are sent: a client with a certificate of its own would then show none.
    builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    Ok(builder.build().into_context())
}

fn client_certificate(stream: &SslStream<TcpStream>) -> Option<ClientCertificate> {
    let own = stream.ssl().peer_certificate()?;
    let sent = stream.ssl().peer_cert_chain();
    let sent = sent.into_iter().flatten().map(ToOwned::to_owned);
    Some(ClientCertificate::proved(own, sent))
}

fn files(config: &Tls) -> Files {
    let look = |file: &Path| {
        let metadata = file.metadata().ok()?;
        Some((metadata.mtime(), metadata.mtime_nsec(), metadata.ino(), metadata.len()))
    };
    [look(&config.certificate_file), look(&config.key_file)]
}
