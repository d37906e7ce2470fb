//! Every bound of Fuxin, in one place: parsers, headers, bodies, lists, queues, caches and metric labels.
//!
//! A value here is a promise about memory and work, not a preference;
//! preferences are configuration.

/// Bytes of a request's line and headers together; more is answered 431.
pub const REQUEST_HEAD: usize = 32 * 1024;
/// Bytes of a request's body; more is answered 413 to people and `invalid_request` to clients.
pub const REQUEST_BODY: usize = 64 * 1024;
/// Seconds in which a client must have sent its headers.
pub const REQUEST_HEAD_SECONDS: u32 = 10;
/// Seconds in which a client must have sent its body.
pub const REQUEST_BODY_SECONDS: u32 = 30;
/// Seconds in which a TLS handshake must have ended.
pub const TLS_HANDSHAKE_SECONDS: u32 = 10;
/// Connections served at once at each listener, handshakes included; a further one waits in the listener's queue.
pub const CONNECTIONS: usize = 10_000;
/// Parameters of a query or form.
pub const PARAMETERS: usize = 64;
/// Bytes of one parameter's value, decoded.
pub const PARAMETER: usize = 16 * 1024;
/// Bytes of `state`.
pub const STATE: usize = 2048;
/// Bytes of `nonce`.
pub const NONCE: usize = 512;
/// Bytes of a redirect URI.
pub const REDIRECT_URI: usize = 2048;
/// Values in a `scope`.
pub const SCOPES: usize = 32;
/// Bytes of one scope value.
pub const SCOPE: usize = 64;
/// Bytes of the `claims` parameter.
pub const CLAIMS: usize = 4096;
/// Claims requested in the `claims` parameter, for each destination.
pub const CLAIMS_MEMBERS: usize = 64;
/// Values in `acr_values` and `ui_locales`.
pub const LIST_VALUES: usize = 16;
/// Bytes of a sealed interaction, as text.
pub const SEALED_INTERACTION: usize = 6 * 1024;
/// Bytes of any JWT that comes in.
pub const JWT: usize = 16 * 1024;
/// Bytes of an account name, folded or not.
pub const ACCOUNT_NAME: usize = 128;
/// Bytes of a password. Longer ones are refused, never truncated.
pub const PASSWORD: usize = 256;
/// Bytes of a person's name.
pub const PERSON_NAME: usize = 400;
/// Redirect URIs of one client.
pub const REDIRECT_URIS: usize = 64;
/// Keys in a client's JWK set.
pub const CLIENT_KEYS: usize = 16;
/// Certificates that a TLS client sends besides its own, and that count.
pub const CLIENT_CERTIFICATES: usize = 8;
/// Requests for a password hash that wait; a further one is answered 503.
pub const HASH_QUEUE: usize = 256;
/// Sign-ins and changes of a password under way, also of people who hung up: as many as may wait for a hash, and three
/// times as many that are at the database. A further one is answered 503.
pub const WORK: u32 = 1024;
/// Writes that wait for the store's writer; a further one is answered 503.
pub const WRITE_QUEUE: usize = 4096;
/// Writes that share one transaction.
pub const WRITE_GROUP: usize = 64;
/// Clients kept in memory.
pub const CLIENT_CACHE: u64 = 10_000;
/// Authentication events that a session keeps.
pub const SESSION_EVENTS: usize = 8;
/// Bytes of the configuration file.
pub const CONFIGURATION_FILE: usize = 256 * 1024;
/// Bytes of a file that holds one secret.
pub const SECRET_FILE: usize = 4096;
/// Bytes of a URL that is fetched from.
pub const OUTBOUND_URL: usize = 2048;
/// Seconds that an outbound fetch may take once it has its place, and that it may wait for one.
pub const OUTBOUND_SECONDS: u32 = 5;
/// Seconds of these in which the name must be resolved and a connection with TLS be there.
pub const OUTBOUND_CONNECT_SECONDS: u32 = 3;
/// Addresses of a host that are tried; all of them are judged.
pub const OUTBOUND_ADDRESSES: usize = 3;
/// Bytes of an outbound answer's status line and headers together.
pub const OUTBOUND_HEAD: usize = 16 * 1024;
/// Outbound fetches under way for one purpose, all hosts together: whoever makes us fetch for one takes nothing from another.
pub const OUTBOUND_FETCHES: usize = 16;
/// Outbound fetches under way to one host.
pub const OUTBOUND_FETCHES_OF_HOST: usize = 4;
/// Outbound fetches of one host that are under way or wait for it; a further one is refused at once.
pub const OUTBOUND_QUEUE_OF_HOST: usize = 32;
/// Hosts, and addresses at hosts, whose failures are remembered.
pub const OUTBOUND_HOSTS: u64 = 1024;
/// Failures in a row after which a host, or one address at a host, is left alone.
pub const OUTBOUND_FAILURES: u32 = 5;
/// Seconds that it is left alone.
pub const OUTBOUND_REST_SECONDS: u32 = 30;
/// Bytes of the document behind a `jwks_uri`.
pub const CLIENT_KEYS_DOCUMENT: usize = 64 * 1024;
/// Bytes of the document behind a `sector_identifier_uri`: as many redirect URIs as a client may have, and more.
pub const SECTOR_DOCUMENT: usize = 256 * 1024;
/// Bytes of a `request_uri` (Core §6.2).
pub const REQUEST_URI: usize = 512;
/// Addresses that one client's request objects may be fetched from.
pub const REQUEST_URIS: usize = 64;
/// Mail addresses of those who answer for one client, and its `default_acr_values`.
pub const CLIENT_WORDS: usize = 16;
/// Bytes of one text of a client's metadata that is no address: a name, a mail address, a name in a certificate.
pub const CLIENT_TEXT: usize = 512;
/// Pixels of a side of a logo that is decoded.
pub const LOGO_SIDE: u32 = 2048;
/// Pixels of a side of a logo as it is kept and shown.
pub const LOGO_SIDE_SHOWN: u32 = 256;
/// Bytes of memory that the decoding of one logo may take.
pub const LOGO_MEMORY: u64 = 48 * 1024 * 1024;
/// Clients that one initial access token may register.
pub const CLIENTS_OF_TOKEN: u32 = 100_000;
/// Days after which an initial access token ends.
pub const INITIAL_ACCESS_DAYS: u32 = 366;
/// Days after which a client that registered itself and was never used is deleted.
pub const UNUSED_CLIENT_DAYS: u32 = 90;
/// Sets of keys behind clients' `jwks_uri`s that are kept in memory.
pub const CLIENT_KEYS_CACHE: u64 = 1_000;
/// Seconds for which a fetched set of keys is used.
pub const CLIENT_KEYS_SECONDS: u32 = 600;
/// Seconds between two fetches of a set of keys, whether a token names a key that is not in it or the fetch failed.
pub const CLIENT_KEYS_AGAIN_SECONDS: u32 = 5;
/// Bytes of the request object behind a `request_uri`: a JWT, perhaps encrypted.
pub const REQUEST_OBJECT_DOCUMENT: usize = JWT;
/// Bytes of the image behind a `logo_uri`.
pub const LOGO_DOCUMENT: usize = 512 * 1024;
/// Bytes of any document that is fetched.
pub const DOCUMENT: usize = 1024 * 1024;
/// Deliveries of sign-outs to clients under way on one node: more than a few clients that hang can hold, since of one host
/// no more than `OUTBOUND_QUEUE_OF_HOST` are.
pub const LOGOUT_DELIVERIES: usize = 256;
/// Deliveries of sign-outs that are looked for at once.
pub const LOGOUT_DELIVERIES_FOUND: u32 = 64;
