//! The rules of the house, checked against the source text.
