//! `[policy]`: the rules for sign-in, sessions and tokens: a profile, which is data, and the deployment's own values.
//!
//! A profile passes through the same table of bounds as a deployment's file, so none can be weaker than the table
//! allows. NIST SP 800-63B-4 §3.1.1, §3.2.2; RFC 9700 §4.

use std::path::Path;

use super::problem::{Fault, Problem};
use super::source::{Reported, Source};
use crate::base::time::Lifetime;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};

/// The words for [`Profile`].
pub(super) const PROFILES: &[&str] = &["gsp", "modern", "high"];

/// The words for what is on or off.
pub(super) const SWITCH: &[&str] = &["off", "on"];

/// A named set of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The behaviour that members of the government portal know, hardened.
    Gsp,
    /// What today's guidance asks for where nobody is used to anything else.
    Modern,
    /// For sites whose every sign-in matters: short sessions, no weak feature.
    High,
}

/// The rules for sign-in, sessions and tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Where the values come from that the deployment did not set.
    pub profile: Profile,
    /// The deployment's lock on weak features: which of them it offers at all.
    pub weak_features: WeakFeatures,
    /// Whether agencies' pages may ask a frame of ours if the sign-in has changed.
    pub session_management: bool,
    /// After so long without use a session no longer signs in silently.
    pub session_idle: Lifetime,
    /// After so long since sign-in a session ends.
    pub session_absolute: Lifetime,
    /// How long a person has from an agency's request to its answer.
    pub interaction: Lifetime,
    /// How long an authorization code may be redeemed.
    pub authorization_code: Lifetime,
    /// How long an ID token is valid.
    pub id_token: Lifetime,
    /// How long an access token is valid, at most.
    pub access_token: Lifetime,
    /// How long after its authorization a refresh token with `offline_access` ends, and every one that follows from it.
    pub refresh_token: Lifetime,
    /// Characters of the shortest password that is accepted.
    pub password_minimum: u32,
    /// After so long a password must be changed before the next session begins.
    pub password_lifetime: Lifetime,
    /// Consecutive failures after which a sign-in also asks for a proof of work.
    pub challenge_after: u32,
    /// Consecutive failures after which password sign-in is locked.
    pub lock_after: u32,
    /// How long the lock lasts.
    pub lock: Lifetime,
    /// Consecutive failures that disable the password.
    pub disable_after: u32,
    /// How long a device that has signed in keeps a count of failures of its own.
    pub known_device: Lifetime,
    /// How long the owner of a deleted account is told so.
    pub deleted_account: Lifetime,
    /// After so long the next signing key takes over.
    pub key_rotation: Lifetime,
}

impl Policy {
    /// The rules of a profile as it stands.
    pub fn of(profile: Profile) -> Result<Self, Vec<Problem>> {
        let mut source = Source::default();
        source.add_profile(profile.source());
        match Self::read_values(&mut source, profile) {
            Ok(policy) if source.is_sound() => Ok(policy),
            _ => Err(source.into_problems()),
        }
    }

    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        let profile = source.parse("policy.profile", |name| Ok(Profile::named(name)));
        // Where the profile's name is wrong, the other values are still judged.
        source.add_profile(profile.unwrap_or(Profile::Gsp).source());
        let policy = Self::read_values(source, profile.unwrap_or(Profile::Gsp));
        profile.and(policy)
    }

    fn read_values(source: &mut Source, profile: Profile) -> Result<Self, Reported> {
        let weak_features = source.parse_each("policy.weak_features", weak_feature);
        let session_management = source.parse("policy.session_management", |word| Ok(word == "on"));
        let session_idle = source.number("policy.session_idle_minutes").map(Lifetime::minutes);
        let session_absolute = source.number("policy.session_absolute_hours").map(Lifetime::hours);
        let interaction = source.number("policy.interaction_minutes").map(Lifetime::minutes);
        let code = source.number("policy.authorization_code_seconds").map(Lifetime::seconds);
        let id_token = source.number("policy.id_token_seconds").map(Lifetime::seconds);
        let access_token = source.number("policy.access_token_seconds").map(Lifetime::seconds);
        let refresh_token = source.number("policy.refresh_token_days").map(Lifetime::days);
        let password_minimum = source.number("policy.password_minimum");
        let password_lifetime = source.number("policy.password_lifetime_days").map(Lifetime::days);
        let challenge_after = source.number("policy.challenge_after");
        let lock_after = source.number("policy.lock_after");
        let lock = source.number("policy.lock_minutes").map(Lifetime::minutes);
        let disable_after = source.number("policy.disable_after");
        let known_device = source.number("policy.known_device_days").map(Lifetime::days);
        let deleted_account = source.number("policy.deleted_account_days").map(Lifetime::days);
        let key_rotation = source.number("policy.key_rotation_days").map(Lifetime::days);
        let policy = Self {
            profile,
            weak_features: weak_features?.into_iter().collect(),
            session_management: session_management?,
            session_idle: session_idle?,
            session_absolute: session_absolute?,
            interaction: interaction?,
            authorization_code: code?,
            id_token: id_token?,
            access_token: access_token?,
            refresh_token: refresh_token?,
            password_minimum: password_minimum?,
            password_lifetime: password_lifetime?,
            challenge_after: challenge_after?,
            lock_after: lock_after?,
            lock: lock?,
            disable_after: disable_after?,
            known_device: known_device?,
            deleted_account: deleted_account?,
            key_rotation: key_rotation?,
        };
        policy.refuse_contradictions(source);
        Ok(policy)
    }

    fn refuse_contradictions(&self, source: &mut Source) {
        if self.session_idle > self.session_absolute {
            source.refuse("policy.session_idle_minutes", Fault::IdleBeyondAbsolute);
        }
        if self.profile == Profile::High && !self.weak_features.is_empty() {
            source.refuse("policy.weak_features", Fault::WeakUnderHigh);
        }
        if self.challenge_after > self.lock_after {
            source.refuse("policy.challenge_after", Fault::ChallengeBeyondLock);
        }
    }
}

fn weak_feature(name: &str) -> Result<WeakFeature, Fault> {
    let known = || WeakFeature::ALL.iter().map(|feature| feature.as_str()).collect::<Vec<_>>();
    WeakFeature::from_word(name).ok_or_else(|| Fault::NotAWeakFeature(known().join(", ")))
}

impl Profile {
    /// The profile of a name that the table of keys admitted.
    fn named(name: &str) -> Self {
        match name {
            "modern" => Self::Modern,
            "high" => Self::High,
            _ => Self::Gsp,
        }
    }

    /// The values of the profile.
    pub(super) fn source(self) -> Source {
        let (name, text) = match self {
            Self::Gsp => ("gsp.toml", include_str!("../../config/gsp.toml")),
            Self::Modern => ("modern.toml", include_str!("../../config/modern.toml")),
            Self::High => ("high.toml", include_str!("../../config/high.toml")),
        };
        let mut source = Source::default();
        source.add_file(Path::new(name), text);
        source
    }
}
