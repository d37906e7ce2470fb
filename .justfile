# The everyday interface. Nothing needs it: each recipe is a command or two that can be typed.

# Lists the recipes.
default:
    @just --list

# Exactly what CI runs.
check:
    .ci/run

# All tests, or `just test rust`, `just test browser`, `just test rust -- name`.
test *ARGUMENTS:
    tests/run {{ARGUMENTS}}

# The provider and its two demo sites, with people to sign in as.
demo *ARGUMENTS:
    cargo run --release -- demo {{ARGUMENTS}}

# Formats the source.
fmt:
    cargo fmt --all

# Licences, sources, bans and known advisories of every dependency; needs `cargo install cargo-deny` and the network.
deny:
    cargo deny --config .config/deny.toml check

# A picture of every page, in both languages, narrow and wide, light and dark.
pictures FOLDER:
    FUXIN_SCREENSHOTS="{{FOLDER}}" tests/run browser -- pages
