#!/usr/bin/env bash
# Ends as the verdict says. What is not known is never green.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

code=${GATEKEEPER_EXIT_CODE:-}
[[ $code =~ ^[0-9]+$ ]] || code=3
case $code in
0) [[ ${GATEKEEPER_STATUS:-} == pass || ${GATEKEEPER_STATUS:-} == warn ]] || code=3 ;;
1 | 3)
    # Only a verdict is let through: `error` is none.
    if [[ ${GATEKEEPER_WARN_ONLY:-} == true && (${GATEKEEPER_STATUS:-} == fail || ${GATEKEEPER_STATUS:-} == unknown) ]]; then
        annotate warning "The verdict is $GATEKEEPER_STATUS; warn-only lets this step end well."
        exit 0
    fi
    ;;
esac
exit "$code"
