#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cloudhost_fuzz::redaction::check(input));
