//! Tells the crate when it was built: no time before that can be now.
//!
//! `SOURCE_DATE_EPOCH` when the builder gives it, so that a build can be repeated; else
//! the date of the checked-out commit. Without either the floor is the first release.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rerun-if-changed=../../Cargo.lock");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let epoch = given.or_else(committed).filter(|text| text.parse::<i64>().is_ok());
    println!("cargo:rustc-env=TRAM_BUILD_EPOCH={}", epoch.as_deref().unwrap_or("1795500000"));
}

fn committed() -> Option<String> {
    let output = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}
