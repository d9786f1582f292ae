//! Lists what is wrong with the records of MARC files.
#![allow(clippy::print_stdout, reason = "an example for the command line")]
use tram_marc::{Charset, Format, iso2709, marcxml};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let items: Vec<_> = match Format::sniff(&bytes) {
            Format::MarcXml => marcxml::Records::new(&bytes, Charset::Detect).collect(),
            _ => iso2709::Records::new(&bytes, Charset::Detect).collect(),
        };
        for item in items {
            match item {
                Ok(read) if read.warnings.is_empty() => {}
                Ok(read) => println!("{path}\t{}\t{}\t{:?}", read.index, read.offset, read.warnings),
                Err(bad) => println!("{path}\tBAD {bad} len {} cn {:?}", bad.length, bad.control_number),
            }
        }
    }
    Ok(())
}
