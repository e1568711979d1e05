#!/usr/bin/env bash
# Keeps the comment on the pull request up to date. The verdict stands whatever comes of it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sha=${GATEKEEPER_HEAD_SHA:-}
of=()
# Without a number the pull request is the one that GitHub knows for this commit; with one, nothing is written where it has moved on.
[[ ! $sha =~ ^[0-9a-f]{40,64}$ ]] || of+=("--sha=$sha")
if [[ ${GATEKEEPER_COMMENT:-} == true ]]; then
    [[ ! ${GATEKEEPER_NUMBER:-} =~ ^[0-9]+$ ]] || of+=("--number=$GATEKEEPER_NUMBER")
else
    of+=(--no-comment)
fi
[[ -z ${GATEKEEPER_COMMIT_STATUS:-} ]] || of+=("--status=$GATEKEEPER_COMMIT_STATUS")
if [[ ${of[*]} != *--sha=* && ${of[*]} != *--number=* ]]; then
    annotate notice "There is no pull request to comment on: this run is for ${GITHUB_EVENT_NAME:-another event}."
    exit 0
fi
if ! is_version "${GATEKEEPER_VERSION:-}"; then
    annotate warning "No comment: version is no version such as 0.1.0."
    exit 0
fi
if ! command -v npx >/dev/null; then
    annotate warning "No comment: npx is not there. Add actions/setup-node before this step."
    exit 0
fi

# From an empty folder: what lies in the working tree may be a stranger's, and npx would run it with this token.
cd "$(temporary_folder)"
code=0
without_commands npx --yes --package "gatekeeper-rs@$GATEKEEPER_VERSION" -- gatekeeper comment \
    "--verdict=${GATEKEEPER_JSON:?}" "--repo=${GITHUB_REPOSITORY:?}" "${of[@]}" "--key=${GATEKEEPER_COMMENT_KEY:-gatekeeper}" || code=$?
if ((code != 0)); then
    if [[ ${GITHUB_EVENT_NAME:-} == pull_request && -n ${GATEKEEPER_HEAD_REPO:-} && $GATEKEEPER_HEAD_REPO != "$GITHUB_REPOSITORY" ]]; then
        annotate notice "No comment: the pull request is from a fork, whose token may only read. The verdict stands; to comment on forks too, see docs/two-stage.md."
    else
        annotate warning "No comment: gatekeeper comment ended with $code. The verdict stands. Does the job have \`permissions: pull-requests: write\` (and \`statuses: write\` for commit-status)?"
    fi
fi
