# shellcheck shell=bash
# What the steps of the action share. Nothing here ever runs what a value says: values are words in quotes, and go into the runner's files
# between delimiters that nobody can guess.

set -euo pipefail

# A word that nobody can guess.
unguessable() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# A text as a workflow command takes it: it stays on its line.
escaped() {
    local text=$1
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '%s' "$text"
}

# annotate error|warning|notice TEXT
annotate() {
    printf '::%s title=gatekeeper::%s\n' "$1" "$(escaped "$2")"
}

# output NAME VALUE: an output of this step, whatever stands in the value.
output() {
    local delimiter
    delimiter="gatekeeper_$(unguessable)"
    printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

# without_commands COMMAND...: runs it; what it prints is text to the runner and no command.
without_commands() {
    local token code=0
    token=$(unguessable)
    printf '::stop-commands::%s\n' "$token"
    "$@" || code=$?
    printf '\n::%s::\n' "$token"
    return "$code"
}

# A word that is a version: digits with dots, then whatever pre-releases have.
is_version() {
    [[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.a-zA-Z0-9]*)$ ]]
}

# An empty folder of our own outside of the working tree.
temporary_folder() {
    mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/gatekeeper.XXXXXX"
}
