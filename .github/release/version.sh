#!/usr/bin/env bash
# Fails unless a tag is the version that everything here has: the workspace, the packages of Python and Node, the action.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tag=${1:?usage: version.sh TAG}
version=${tag#v}
code=0
held() {
    if [[ $2 != "$version" ]]; then
        printf '%s says %s, and the tag is %s\n' "$1" "${2:-nothing}" "$tag" >&2
        code=1
    fi
}
held Cargo.toml "$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
held gatekeeper-node/package.json "$(sed -n 's/^  "version": "\(.*\)",$/\1/p' gatekeeper-node/package.json)"
held action.yml "$(sed -n '/^  version:$/,/default:/s/^    default: \(.*\)$/\1/p' action.yml)"
held CHANGELOG.md "$(sed -n 's/^## \[\{0,1\}\([0-9][^] ]*\).*/\1/p' CHANGELOG.md | head -n 1)"
exit "$code"
