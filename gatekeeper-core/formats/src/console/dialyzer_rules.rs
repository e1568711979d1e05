//! The tag of a dialyzer warning by the words of its text, as `dialyzer:message_to_string/3` and the places that raise each message pair
//! them (OTP 25-27). Words that several tags share give none.

use memchr::memmem;

/// The rule of a text whose tag is not certain.
pub(super) const NONE: &str = "dialyzer-warning";

/// (begins with, or anything where empty; holds; tag), the first that fits.
const RULES: &[(&str, &str, &str)] = &[
    ("Unknown ", "", "warn_unknown"),
    ("Call to missing or unexported function", "", "warn_callgraph"),
    ("Callback info about ", "", "warn_undefined_callbacks"),
    ("Undefined callback function", "", "warn_behaviour"),
    ("The inferred return type of", "", "warn_behaviour"),
    ("The inferred type for the", "", "warn_behaviour"),
    ("The return type ", "behaviour", "warn_behaviour"),
    ("The specified type for the", "", "warn_behaviour"),
    ("Invalid type specification", "", "warn_contract_types"),
    ("Contract for function that does not exist", "", "warn_contract_syntax"),
    ("Type specification ", "is a subtype of the success typing", "warn_contract_subtype"),
    ("Type specification ", "is a supertype of the success typing", "warn_contract_supertype"),
    ("Type specification ", "is not equal to the success typing", "warn_contract_not_equal"),
    ("The specification for ", "states that the function might also return", "warn_contract_extra_return"),
    ("The success typing for ", "implies that the function might also return", "warn_contract_missing_return"),
    ("Overloaded contract", "", "warn_contract_syntax"),
    ("Expression produces a value of type", "but this value is unmatched", "warn_umatched_return"),
    ("", "only terminates with explicit exception", "warn_return_only_exit"),
    ("Function ", "has no local return", "warn_return_no_exit"),
    ("The created fun", "has no local return", "warn_return_no_exit"),
    ("Function ", "will never be called", "warn_not_called"),
    ("Cons will produce an improper list", "", "warn_non_proper_list"),
    ("Binary construction will fail", "", "warn_bin_construction"),
    ("Fun application", "", "warn_fun_app"),
    ("The attempt to match a term", "breaks the opa", "warn_opaque"),
    ("Attempt to test for ", "opaque", "warn_opaque"),
    ("Guard test ", "breaks the opa", "warn_opaque"),
    ("The type test ", "breaks the opa", "warn_opaque"),
    ("The size ", "breaks the opa", "warn_opaque"),
    ("The call ", "breaks the opa", "warn_opaque"),
    ("The call ", "opaque term", "warn_opaque"),
    ("The call ", "will never return since", "warn_failing_call"),
    ("The call ", "breaks the contract", "warn_failing_call"),
    ("The pattern ", "can never match", "warn_matching"),
    ("The variable ", "can never match", "warn_matching"),
    ("Guard test ", "can never succeed", "warn_matching"),
    ("Clause guard cannot succeed", "", "warn_matching"),
    ("The test ", "can never evaluate to 'true'", "warn_matching"),
];

/// The tag, or [`NONE`].
pub(super) fn rule_of(message: &[u8]) -> &'static str {
    RULES
        .iter()
        .find(|(start, holds, _)| {
            message.starts_with(start.as_bytes())
                && (holds.is_empty() || memmem::find(message, holds.as_bytes()).is_some())
        })
        .map_or(NONE, |(_, _, rule)| rule)
}
