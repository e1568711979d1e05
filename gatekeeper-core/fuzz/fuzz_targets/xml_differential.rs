//! What our XML reader accepts, quick-xml accepts too, and both read the same in it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(differs) = gatekeeper_formats::xml_differential(text) {
        panic!("{differs}");
    }
});
