#!/usr/bin/env bash
# Packs the program of a target into dist/: pack.sh TARGET TAG
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=${1:?usage: pack.sh TARGET TAG} tag=${2:?usage: pack.sh TARGET TAG}
name=gatekeeper-$tag-$target
built=target/$target/release/gatekeeper
rm -rf "dist/$name"
mkdir -p "dist/$name"
if [[ -f $built.exe ]]; then built=$built.exe; fi
cp "$built" README.md LICENSE-APACHE LICENSE-MIT "dist/$name/"
if [[ $target == *-windows-* ]]; then
    (cd dist && 7z a -bso0 "$name.zip" "$name")
else
    tar -C dist -czf "dist/$name.tar.gz" "$name"
fi
rm -rf "dist/$name"
