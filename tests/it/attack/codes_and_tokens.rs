//! codes_and_tokens
