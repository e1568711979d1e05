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

# Small changes of the judging side that no test notices (needs cargo-mutants); a sample of 25 takes minutes, all of them hours.
mutants *ARGS="--sample 25":
    cargo xtask mutants {{ARGS}}

# Throughput per format family, start-up, the main job.
bench *ARGS:
    cargo build --release --package gatekeeper-cli
    cargo bench --package gatekeeper-benches {{ARGS}}

# The pages of docs/ and the READMEs: what they show runs, their links lead somewhere. `just docs --fill` writes in what commands print now.
docs *ARGS:
    cargo build --release --package gatekeeper-cli
    python3 .ci/docs.py target/release/gatekeeper {{ARGS}}

# Licences and advisories of the dependencies (needs cargo-deny).
deny:
    cargo deny check
