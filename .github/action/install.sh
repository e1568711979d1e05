#!/usr/bin/env bash
# Installs gatekeeper, or takes the program that was given. Sets the output `program`.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ -n ${GATEKEEPER_BINARY:-} ]]; then
    program=$GATEKEEPER_BINARY
    [[ $program == */* || $program == *\\* ]] || program=./$program
    if [[ ! -f $program || ! -x $program ]]; then
        annotate error "binary: $GATEKEEPER_BINARY is no program that can be run"
        exit 2
    fi
    output program "$program"
    exit 0
fi

version=${GATEKEEPER_VERSION:-}
if ! is_version "$version"; then
    annotate error "version: a version such as 0.1.0 is needed, not $version"
    exit 2
fi

# The working tree may be a stranger's: nothing of it is imported (-I), and nothing is installed into it.
folder=$(temporary_folder)
cd "$folder"
python=$(command -v python3 || command -v python || true)
if [[ -z $python ]]; then
    annotate error "Python 3.10 or later is needed to install gatekeeper: add actions/setup-python, or give a program with binary"
    exit 2
fi
"$python" -I -m venv venv
bin=$folder/venv/bin
[[ -d $bin ]] || bin=$folder/venv/Scripts
without_commands "$bin/python" -I -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: "gatekeeper-rs==$version"
program=$bin/gatekeeper
[[ -f $program ]] || program=$bin/gatekeeper.exe
output program "$program"
