#!/usr/bin/env bash
# Packs npm's packages: npm.sh ADDONS OUT. ADDONS has a folder `addon-TARGET` for each target; OUT gets `platform-*.tgz`, one for each, and
# `main-*.tgz`, which takes the one of its machine as an optional dependency.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

addons=$(realpath "${1:?usage: npm.sh ADDONS OUT}") out=${2:?usage: npm.sh ADDONS OUT}
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C gatekeeper-node --exclude=./node_modules --exclude='*.node' -cf - . | tar -C "$work" -xf -
installed=$PWD/gatekeeper-node/node_modules
targets=()
for folder in "$addons"/addon-*; do targets+=("${folder##*/addon-}"); done
((${#targets[@]})) || { echo "$addons holds no addon-TARGET" >&2; exit 1; }
# They differ in the addon alone.
cp "$addons/addon-${targets[0]}"/{native.js,index.d.ts} "$work/"

cd "$work"
list=$(printf '"%s",' "${targets[@]}")
npm pkg set --json "napi.targets=[${list%,}]"
npm pkg delete private
# What npm holds the provenance against.
npm pkg set repository.type=git "repository.url=git+https://github.com/${GITHUB_REPOSITORY:-gatekeeper-rs/gatekeeper}.git"
if [[ -x $installed/.bin/napi ]]; then
    ln -s "$installed" node_modules
else
    npm install --no-save --no-audit --no-fund --omit=optional
fi
npx --no-install napi create-npm-dirs
for target in "${targets[@]}"; do cp "$addons/addon-$target"/*.node .; done
npx --no-install napi artifacts --output-dir . --npm-dir npm
npx --no-install napi pre-publish --tag-style npm --no-gh-release --skip-optional-publish

packed() {
    local name
    name=$(npm pack --silent --pack-destination "$out" "$1")
    mv "$out/$name" "$out/$2-$name"
}
for folder in npm/*/; do packed "./$folder" platform; done
rm -f ./*.node
packed . main
ls -l "$out"
