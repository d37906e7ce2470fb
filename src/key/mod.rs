//! Our keys: publish, activate, retire; and the ring that a running server signs, verifies and decrypts with.
//!
//! Owns the rotation: for each algorithm one key signs, a successor is always published beside it, and retired ones
//! stay published as long as a token of theirs may live. A key that clients encrypt for has no successor: whoever reads
//! the set encrypts for the key that is there. Does not own the cryptography (`jose`) or the rows (`store`).

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::audit::{Event, Record};
use crate::base::id::SigningKeyId;
use crate::base::internal::Internal;
use crate::base::master_key::SealKey;
use crate::base::secret::Secret;
use crate::base::time::{Lifetime, Timestamp};
use crate::jose::decryption::DecryptionKey;
use crate::jose::key_set;
use crate::jose::private_key::{KeyAlgorithm, PrivateKey};
use crate::jose::signing_key::SigningKey;
use crate::oauth::client_metadata::{EncryptionAlgorithm, SigningAlgorithm};
use crate::store::{SigningKeyRecord, Store};

/// The purpose of the key that wraps private signing keys.
pub const SEAL: &str = "signing key v1";

/// The algorithms that every deployment signs with: each has a key that signs and one that waits.
pub const ALGORITHMS: [SigningAlgorithm; 4] = [
    SigningAlgorithm::Es256,
    SigningAlgorithm::Rs256,
    SigningAlgorithm::Ps256,
    SigningAlgorithm::EdDsa,
];
/// The algorithms that clients can encrypt for us with: each has one key.
pub const ENCRYPTION: [EncryptionAlgorithm; 2] =
    [EncryptionAlgorithm::RsaOaep256, EncryptionAlgorithm::EcdhEs];

/// The keys in force, replaced as a whole when a rotation is noticed.
#[derive(Debug)]
pub struct KeyRing {
    seal: SealKey,
    keys: RwLock<Arc<Keys>>,
    reloading: Mutex<()>,
}

/// One state of the ring.
#[derive(Debug)]
pub struct Keys {
    published: Vec<PublishedKey>,
    decryption: Vec<DecryptionKey>,
    document: String,
}

/// A key in the published set.
#[derive(Debug)]
pub struct PublishedKey {
    /// Its row.
    pub id: SigningKeyId,
    /// The key.
    pub key: SigningKey,
    /// Since when it signs; `None` for a successor.
    pub activated_at: Option<Timestamp>,
    /// Since when it verifies only.
    pub retired_at: Option<Timestamp>,
    /// When it leaves the set.
    pub expires_at: Option<Timestamp>,
}

impl PublishedKey {
    /// Whether it is to leave the set.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl Keys {
    /// The key that signs with `algorithm` now.
    pub fn active(&self, algorithm: SigningAlgorithm) -> Result<&PublishedKey, Internal> {
        self.published
            .iter()
            .find(|key| {
                key.key.algorithm() == algorithm
                    && key.activated_at.is_some()
                    && key.retired_at.is_none()
            })
            .ok_or_else(|| {
                Internal::fault("no active signing key: restore table signing_keys from the backup")
            })
    }

    /// Every published key for signatures: what tokens of ours may be signed with.
    pub fn published(&self) -> impl Iterator<Item = &PublishedKey> {
        self.published.iter()
    }

    /// Every key that clients encrypt for.
    pub fn decryption(&self) -> impl Iterator<Item = &DecryptionKey> {
        self.decryption.iter()
    }

    /// The JWK set document.
    pub fn document(&self) -> &str {
        &self.document
    }
}

impl KeyRing {
    /// Reads the ring from the store.
    pub async fn load(store: &Store, seal: SealKey, now: Timestamp) -> Result<Self, Internal> {
        let keys = read(store, &seal, now).await?;
        Ok(Self { seal, keys: RwLock::new(Arc::new(keys)), reloading: Mutex::default() })
    }

    /// The keys now.
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts the next key in the place of this one (see [`rotate`]).
    pub async fn rotate(
        &self,
        store: &Store,
        active: &PublishedKey,
        kept: Lifetime,
        now: Timestamp,
    ) -> Result<Option<String>, Internal> {
        rotate(store, &self.seal, active, kept, now).await
    }

    /// Reads the store again; called when the version of the keys changed.
    pub async fn reload(&self, store: &Store, now: Timestamp) -> Result<(), Internal> {
        // One at a time: what was read first must not be put down last.
        let _alone = self.reloading.lock().await;
        let keys = Arc::new(read(store, &self.seal, now).await?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }
}

/// Makes the first keys of each algorithm that has none: to sign with one that signs and its successor, to decrypt with
/// one. All of them on the first start, and those of a new algorithm on the first start that knows it. Of several nodes
/// that start at once, one makes them and the others read its.
pub async fn ensure(store: &Store, seal: &SealKey, now: Timestamp) -> Result<(), Internal> {
    // Read before the keys are: whatever appears after this look shows in it.
    let seen = store.versions().await?.signing_keys;
    let kept = store.list_signing_keys(now).await?;
    let lacking =
        |algorithm: &KeyAlgorithm| kept.iter().all(|record| record.algorithm != algorithm.as_str());
    let mut records = Vec::new();
    for algorithm in ALGORITHMS.map(KeyAlgorithm::from).into_iter().filter(lacking) {
        for activated_at in [Some(now.seconds()), None] {
            records
                .push(SigningKeyRecord { activated_at, ..new_record(algorithm, seal, now).await? });
        }
    }
    for algorithm in ENCRYPTION.map(KeyAlgorithm::from).into_iter().filter(lacking) {
        let activated_at = Some(now.seconds());
        records.push(SigningKeyRecord { activated_at, ..new_record(algorithm, seal, now).await? });
    }
    if records.is_empty() {
        return Ok(());
    }
    let audit = Record::new(Event::SigningKeysMade, now).row();
    store.insert_signing_keys(records, seen, audit).await?.committed();
    Ok(())
}

/// Retires `active`, keeps it for `kept`, lets its algorithm's waiting key sign and publishes the next one. The kid that
/// signs now; `None` if `active` signs no longer, because another rotation came first.
pub async fn rotate(
    store: &Store,
    seal: &SealKey,
    active: &PublishedKey,
    kept: Lifetime,
    now: Timestamp,
) -> Result<Option<String>, Internal> {
    let algorithm = active.key.algorithm();
    let records = store.list_signing_keys(now).await?;
    let waiting = records
        .into_iter()
        .find(|record| record.algorithm == algorithm.as_str() && record.activated_at.is_none())
        .ok_or_else(|| Internal::fault("no successor is published"))?;
    let audit = Record::new(Event::SigningKeyRotated { kid: waiting.kid.clone() }, now).row();
    let next = new_record(algorithm.into(), seal, now).await?;
    let pair = (active.id, SigningKeyId::from_uuid(waiting.id));
    let rotated = store.rotate_signing_key(pair, next, now, now.plus(kept), audit).await?;
    Ok(rotated.when().map(|_| waiting.kid))
}

/// The keys that have signed for `period`.
pub fn due(keys: &Keys, period: Lifetime, now: Timestamp) -> impl Iterator<Item = &PublishedKey> {
    keys.published().filter(move |key| {
        key.retired_at.is_none() && key.activated_at.is_some_and(|at| at.plus(period) <= now)
    })
}

async fn new_record(
    algorithm: KeyAlgorithm,
    seal: &SealKey,
    now: Timestamp,
) -> Result<SigningKeyRecord, Internal> {
    // An RSA key takes a tenth of a second: not on a thread that serves requests.
    let private = tokio::task::spawn_blocking(move || PrivateKey::generate(algorithm))
        .await
        .map_err(|error| Internal::fault("making a key").because(error))??;
    let id = SigningKeyId::new(now);
    Ok(SigningKeyRecord {
        id: id.uuid(),
        kid: private.key_id().to_owned(),
        algorithm: algorithm.as_str().to_owned(),
        private_key: seal.seal(id.uuid().as_bytes(), private.to_bytes().expose()),
        published_at: now.seconds(),
        activated_at: None,
        retired_at: None,
        expires_at: None,
    })
}

async fn read(store: &Store, seal: &SealKey, now: Timestamp) -> Result<Keys, Internal> {
    let (mut published, mut decryption) = (Vec::new(), Vec::new());
    for record in store.list_signing_keys(now).await? {
        let plain = seal.open(record.id.as_bytes(), &record.private_key).ok_or_else(|| {
            Internal::fault("signing_keys.private_key: sealed under another master key")
        })?;
        let private = PrivateKey::from_bytes(Secret::new(plain))?;
        if let KeyAlgorithm::Encryption(_) = private.algorithm() {
            decryption.push(DecryptionKey::prepare(&private)?);
            continue;
        }
        published.push(PublishedKey {
            id: SigningKeyId::from_uuid(record.id),
            key: SigningKey::prepare(&private)?,
            activated_at: record.activated_at.map(Timestamp::from_seconds),
            retired_at: record.retired_at.map(Timestamp::from_seconds),
            expires_at: record.expires_at.map(Timestamp::from_seconds),
        });
    }
    let signing = published.iter().map(|key| &key.key);
    let document = key_set::published(signing, &decryption).to_string();
    Ok(Keys { published, decryption, document })
}
