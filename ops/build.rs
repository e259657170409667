fn main() {
    // The migrations are embedded; a new folder must rebuild them.
    println!("cargo:rerun-if-changed=../migrations");
}
