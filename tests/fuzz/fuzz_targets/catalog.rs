#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cloudhost_fuzz::catalog::check(input));
