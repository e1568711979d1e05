#!/usr/bin/env bash
# Judges, and sets the outputs. Ends well whatever the verdict: the last step ends as it says.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Nothing was judged: whoever reads the outputs must not take that for a pass.
refuse() {
    annotate error "$1"
    output status error
    output exit-code 2
    exit 0
}

# flag NAME VALUE
flag() {
    [[ $2 == true || $2 == false || -z $2 ]] || refuse "$1 is true or false, not $2"
}
flag comment "${GATEKEEPER_COMMENT:-}"
flag fail-on-warn "${GATEKEEPER_FAIL_ON_WARN:-}"
flag warn-only "${GATEKEEPER_WARN_ONLY:-}"

program=${GATEKEEPER_PROGRAM:?}
folder=$(temporary_folder)
json=$folder/verdict.json
summary=$folder/summary.md
html=${GATEKEEPER_HTML:-$folder/report.html}
printf '' >"$folder/outputs"

arguments=()
# option NAME VALUE: with its value in one word, so that no value is taken for an option.
option() {
    [[ -z $2 ]] || arguments+=("--$1=$2")
}
option config "${GATEKEEPER_CONFIG:-}"
option policy-ref "${GATEKEEPER_POLICY_REF:-}"
option profile "${GATEKEEPER_PROFILE:-}"
option baseline "${GATEKEEPER_BASELINE:-}"
option diff "${GATEKEEPER_DIFF:-}"
[[ ${GATEKEEPER_FAIL_ON_WARN:-} != true ]] || arguments+=(--fail-on-warn)
arguments+=("--report=json=$json" "--report=markdown=$summary" "--report=html=$html")
[[ -z ${GATEKEEPER_SARIF:-} ]] || arguments+=("--report=sarif=$GATEKEEPER_SARIF")

if [[ -n ${GATEKEEPER_FROM_BUNDLE:-} ]]; then
    if [[ -n ${GATEKEEPER_PATHS:-}${GATEKEEPER_BASE_REF:-}${GATEKEEPER_BUNDLE:-} ]]; then
        refuse "from-bundle goes with none of paths, base-ref and bundle: the evidence is in the bundle"
    fi
    if [[ -z ${GATEKEEPER_HEAD_SHA:-} ]]; then
        refuse "from-bundle: this run is not of \`workflow_run\`, so nothing but the bundle says which commit it is for: run \`gatekeeper bundle verify\` with --commit"
    fi
    option commit "$GATEKEEPER_HEAD_SHA"
    # Always judged again, by a policy of this side.
    [[ -n ${GATEKEEPER_CONFIG:-}${GATEKEEPER_POLICY_REF:-} ]] || arguments+=(--root=.)
    command=(bundle verify "${arguments[@]}" -- "$GATEKEEPER_FROM_BUNDLE")
else
    option base "${GATEKEEPER_BASE_REF:-}"
    option format "${GATEKEEPER_FORMAT:-}"
    paths=()
    while IFS= read -r line || [[ -n $line ]]; do
        line=${line%$'\r'}
        line=${line#"${line%%[![:space:]]*}"}
        line=${line%"${line##*[![:space:]]}"}
        [[ -z $line ]] || paths+=("$line")
    done <<<"${GATEKEEPER_PATHS:-}"
    command=(check "${arguments[@]}")
    ((${#paths[@]} == 0)) || command+=(-- "${paths[@]}")
fi

code=0
GATEKEEPER_STEP_COUNTS=true GITHUB_OUTPUT=$folder/outputs "$program" "${command[@]}" || code=$?

status=error
while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ $line =~ ^(status|passed|failed|unknown|triggers)=([A-Za-z0-9_.,-]*)$ ]] || continue
    if [[ ${BASH_REMATCH[1]} == status ]]; then
        status=${BASH_REMATCH[2]}
    else
        output "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    fi
done <"$folder/outputs"

# What the program says and how it ended have to agree; anything else is no verdict.
case $code:$status in
0:pass | 0:warn | 1:fail | 2:error | 3:unknown) ;;
*)
    [[ $code == 2 ]] || annotate error "gatekeeper ended with $code and left the status $status: that is no verdict"
    [[ $code != 0 && $code != 1 ]] || code=3
    status=error
    ;;
esac

if [[ -n ${GATEKEEPER_BUNDLE:-} && -z ${GATEKEEPER_FROM_BUNDLE:-} && -f $json ]]; then
    if ! without_commands "$program" bundle create "--output=$GATEKEEPER_BUNDLE" -- "$json"; then
        annotate error "the bundle could not be written: see the log"
        [[ $code != 0 ]] || { code=2 status=error; }
    fi
fi

output status "$status"
output exit-code "$code"
[[ ! -f $json ]] || output json "$json"
[[ ! -f $html ]] || output html "$html"
[[ ! -f $summary ]] || output summary-file "$summary"
