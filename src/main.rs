//! The `fuxin` program: parses arguments and calls `cli`.

fn main() {}
