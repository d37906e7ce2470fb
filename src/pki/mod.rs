//! Certificates of X.509, judged: bytes in, a verdict out.
//!
//! Today those of clients that authenticate with TLS (RFC 8705 §2). Reads and verifies with OpenSSL; does no I/O and asks
//! nobody whether a certificate was revoked. Who is let in is the flow's (`token::client_authentication`), and the
//! handshake that proves the key is `server`'s.

pub mod client_authorities;
pub mod client_certificate;
mod name;
