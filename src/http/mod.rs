//! What requests and answers have in common: facts about a request, and the shape of answers.
//!
//! Owns cookies, the client's address, the language, forms' tokens, security headers, the layers that every request
//! passes and the view that every page is given. Does not own any page or endpoint, or any rule of a protocol.

pub mod asset;
pub mod body;
pub mod client_address;
pub mod cookie;
pub mod csrf;
pub mod layers;
pub mod machine;
pub mod view;
pub mod visit;
