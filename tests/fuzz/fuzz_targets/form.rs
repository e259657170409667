#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vitaran_fuzz::hold("form", bytes));
