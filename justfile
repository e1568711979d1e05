# What CI runs.
ready:
    .ci/run

# The quick part of it.
quick:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# Regenerates what is generated and checked in.
codegen:
    cargo xtask codegen
    cd gatekeeper-node && npm run build

# Throughput per format family, start-up, the main job.
bench *ARGS:
    cargo build --release --package gatekeeper-cli
    cargo bench --package gatekeeper-benches {{ARGS}}

# Licences and advisories of the dependencies (needs cargo-deny).
deny:
    cargo deny check
