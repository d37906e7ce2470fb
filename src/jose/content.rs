//! The content of an encrypted token: AES-GCM, and AES-CBC with HMAC; and the key that two P-256 keys agree on.
//!
//! RFC 7518 §4.6.2, §5.2 and §5.3, over OpenSSL's primitives. `josekit` is not used for these: it decrypts CBC before it
//! has looked at the tag, compares the tag in variable time and takes a shortened tag for GCM. Here the tag has its full
//! length and is judged first, and every failure is the same `None`.

use hmac::{Hmac, KeyInit, Mac};
use openssl::derive::Deriver;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private, Public};
use openssl::symm::{self, Cipher};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::base::internal::Internal;
use crate::base::random;
use crate::base::secret::Secret;
use crate::oauth::client_metadata::ContentEncryption;

/// Bytes of the key of both: GCM's is 256 bits, CBC's and its HMAC's are 128 each.
pub(super) const KEY: usize = 32;
/// Bytes of the tag of both.
pub(super) const TAG: usize = 16;
const HALF: usize = KEY / 2;

/// A content encryption key.
pub(super) type ContentKey = Secret<[u8; KEY]>;

/// A fresh content encryption key.
pub(super) fn fresh_key() -> ContentKey {
    Secret::new(random::bytes())
}

/// What encrypting gives.
pub(super) struct Encrypted {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// Bytes of the initialisation vector.
pub(super) const fn iv_length(content: ContentEncryption) -> usize {
    match content {
        ContentEncryption::A256Gcm => 12,
        ContentEncryption::A128CbcHs256 => 16,
    }
}

/// Encrypts `plain` and authenticates `about` with it, under a fresh initialisation vector.
pub(super) fn encrypt(
    content: ContentEncryption,
    key: &ContentKey,
    about: &[u8],
    plain: &[u8],
) -> Result<Encrypted, Internal> {
    let iv: [u8; 16] = random::bytes();
    let iv = iv.into_iter().take(iv_length(content)).collect();
    encrypt_with(content, key, iv, about, plain)
        .map_err(|error| Internal::fault("a token was not encrypted").because(error))
}

fn encrypt_with(
    content: ContentEncryption,
    key: &ContentKey,
    iv: Vec<u8>,
    about: &[u8],
    plain: &[u8],
) -> Result<Encrypted, ErrorStack> {
    match content {
        ContentEncryption::A256Gcm => {
            let (cipher, mut tag) = (Cipher::aes_256_gcm(), vec![0; TAG]);
            let ciphertext =
                symm::encrypt_aead(cipher, key.expose(), Some(&iv), about, plain, &mut tag)?;
            Ok(Encrypted { iv, ciphertext, tag })
        }
        ContentEncryption::A128CbcHs256 => {
            let (mac_key, cipher_key) = key.expose().split_at(HALF);
            let ciphertext = symm::encrypt(Cipher::aes_128_cbc(), cipher_key, Some(&iv), plain)?;
            let tag = cbc_tag(mac_key, about, &iv, &ciphertext);
            Ok(Encrypted { iv, ciphertext, tag })
        }
    }
}

/// The plain bytes, if they were encrypted under this key about the same thing; the tag is judged before anything is
/// decrypted.
pub(super) fn decrypt(
    content: ContentEncryption,
    key: &ContentKey,
    about: &[u8],
    encrypted: &Encrypted,
) -> Option<Vec<u8>> {
    let Encrypted { iv, ciphertext, tag } = encrypted;
    if iv.len() != iv_length(content) || tag.len() != TAG {
        return None;
    }
    match content {
        ContentEncryption::A256Gcm => {
            let cipher = Cipher::aes_256_gcm();
            symm::decrypt_aead(cipher, key.expose(), Some(iv), about, ciphertext, tag).ok()
        }
        ContentEncryption::A128CbcHs256 => {
            let (mac_key, cipher_key) = key.expose().split_at(HALF);
            let expected = cbc_tag(mac_key, about, iv, ciphertext);
            if !bool::from(expected.as_slice().ct_eq(tag)) {
                return None;
            }
            symm::decrypt(Cipher::aes_128_cbc(), cipher_key, Some(iv), ciphertext).ok()
        }
    }
}

/// RFC 7518 §5.2.2.1: the first half of the HMAC over all that counts, and the length of what is authenticated only.
fn cbc_tag(key: &[u8], about: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    // HMAC pads a short key with zeros to the block (RFC 2104 §2); doing it here leaves nothing that can fail.
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let code = Hmac::<Sha256>::new(&block.into())
        .chain_update(about)
        .chain_update(iv)
        .chain_update(ciphertext)
        .chain_update((about.len() as u64 * 8).to_be_bytes())
        .finalize();
    code.into_bytes().iter().take(TAG).copied().collect()
}

/// The key that `own` and `other` agree on for `content` (RFC 7518 §4.6.2). OpenSSL refuses a point off the curve.
pub(super) fn agreed_key(
    own: &PKey<Private>,
    other: &PKey<Public>,
    content: ContentEncryption,
    parties: [&[u8]; 2],
) -> Result<ContentKey, ErrorStack> {
    let mut deriver = Deriver::new(own)?;
    deriver.set_peer(other)?;
    let shared = Secret::new(deriver.derive_to_vec()?);
    Ok(Secret::new(concatenated(&shared, content.as_str(), parties, 256)))
}

/// One round of NIST SP 800-56A's Concat KDF: as many bits as SHA-256 has, of which the caller asked for `bits`.
fn concatenated(shared: &Secret<Vec<u8>>, name: &str, parties: [&[u8]; 2], bits: u32) -> [u8; KEY] {
    let mut hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(shared.expose());
    for part in [name.as_bytes()].into_iter().chain(parties) {
        // A part is of a token, which is bounded by `limits::JWT`.
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        hash = hash.chain_update(length.to_be_bytes()).chain_update(part);
    }
    hash.chain_update(bits.to_be_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::{base64url, from_base64url, hexadecimal};

    const BOTH: &[ContentEncryption] = ContentEncryption::ALL;

    /// RFC 7518 §B.1
    #[test]
    fn cbc_with_hmac_gives_the_rfcs_example() {
        let key: [u8; KEY] = std::array::from_fn(|byte| u8::try_from(byte).unwrap());
        let iv = b"\x1a\xf3\x8c\x2d\xc2\xb9\x6f\xfd\xd8\x66\x94\x09\x23\x41\xbc\x04".to_vec();
        let about = b"The second principle of Auguste Kerckhoffs";
        let plain =
            b"A cipher system must not be required to be secret, and it must be able to fall into \
            the hands of the enemy without inconvenience";
        let key = Secret::new(key);
        let made = encrypt_with(ContentEncryption::A128CbcHs256, &key, iv, about, plain).unwrap();
        assert_eq!(hexadecimal(&made.tag), "652c3fa36b0a7c5b3219fab3a30bc1c4");
        assert_eq!(
            hexadecimal(&made.ciphertext),
            "c80edfa32ddf39d5ef00c0b4688342\
             79a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427\
             e2fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096\
             c86e133314c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5d79de5\
             9fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db"
        );
        assert_eq!(
            decrypt(ContentEncryption::A128CbcHs256, &key, about, &made).unwrap(),
            plain.as_slice()
        );
    }

    /// RFC 7516 §A.1
    #[test]
    fn gcm_gives_the_rfcs_example() {
        let key = Secret::new([
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7,
            110, 91, 112, 46, 34, 105, 47, 130, 203, 46, 122, 234, 64, 252,
        ]);
        let about = b"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
        let plain = b"The true sign of intelligence is not knowledge but imagination.";
        let iv = from_base64url("48V1_ALb6US04U3b").unwrap();
        let made = encrypt_with(ContentEncryption::A256Gcm, &key, iv, about, plain).unwrap();
        let ciphertext =
            "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A";
        assert_eq!(base64url(&made.ciphertext), ciphertext);
        assert_eq!(base64url(&made.tag), "XFBoMYUZodetZdvTiFvSkQ");
    }

    /// RFC 7518 §C, whose key is of 128 bits: the first half of the round.
    #[test]
    fn the_agreed_key_is_that_of_the_rfcs_example() {
        let shared = Secret::new(vec![
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49,
            110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ]);
        let key = concatenated(&shared, "A128GCM", [b"Alice", b"Bob"], 128);
        assert_eq!(base64url(&key[..16]), "VqqN6vgjbSBcIijNcacQGg");
    }

    /// A-JOS-12: one answer, whatever was changed; a tag is not accepted in part.
    #[test]
    fn what_was_changed_is_not_decrypted() {
        for &content in BOTH {
            let key = fresh_key();
            let made = || encrypt(content, &key, b"about", b"plain").unwrap();
            let opened = |encrypted: &Encrypted| decrypt(content, &key, b"about", encrypted);
            assert_eq!(opened(&made()).as_deref(), Some(&b"plain"[..]));
            for bit in [0, 1, 7] {
                let flipped = |mut bytes: Vec<u8>| {
                    bytes[0] ^= 1 << bit;
                    bytes
                };
                let it = made();
                assert_eq!(opened(&Encrypted { iv: flipped(it.iv.clone()), ..it }), None);
                let it = made();
                assert_eq!(opened(&Encrypted { tag: flipped(it.tag.clone()), ..it }), None);
                let it = made();
                let ciphertext = flipped(it.ciphertext.clone());
                assert_eq!(opened(&Encrypted { ciphertext, ..it }), None);
            }
            for length in [0, 1, 4, 12, 15] {
                let it = made();
                assert_eq!(opened(&Encrypted { tag: it.tag[..length].to_vec(), ..it }), None);
                let it = made();
                assert_eq!(opened(&Encrypted { iv: it.iv[..length.min(11)].to_vec(), ..it }), None);
            }
            let it = made();
            assert_eq!(opened(&Encrypted { ciphertext: Vec::new(), ..it }), None);
            assert_eq!(decrypt(content, &key, b"another", &made()), None);
            assert_eq!(decrypt(content, &fresh_key(), b"about", &made()), None);
        }
    }

    #[test]
    fn nothing_is_encrypted_twice_the_same_way() {
        for &content in BOTH {
            let key = fresh_key();
            let [one, two] = [(); 2].map(|()| encrypt(content, &key, b"", b"plain").unwrap());
            assert_ne!(one.iv, two.iv);
            assert_ne!(one.ciphertext, two.ciphertext);
        }
    }
}
