//! `amr`: by which methods the person was authenticated. OpenID Connect Core §2, values of RFC 8176 §2.

use crate::oauth::words::words;

words! {
    /// An authentication method. Each arrives with its credential.
    pub enum Amr {
        /// A password.
        Pwd = "pwd",
    }
}
