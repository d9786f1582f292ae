//! Reads MARC files of any kind and writes all their records in both forms,
//! with a listing to compare other readers with.
//!
//!     convert FOLDER FILE...
//!
//! makes `all.mrc`, `all.xml`, and `all.jsonl` with one record a line: where it
//! came from, what was wrong, its leader and fields, whether `all.mrc` has it.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program for the command line")]

use std::io::{Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tram_marc::{Charset, Field, Format, Read, Record, iso2709, marcxml};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: convert FOLDER FILE...")?;
    let folder = Path::new(&folder);
    let mut listing = std::io::BufWriter::new(std::fs::File::create(folder.join("all.jsonl"))?);
    let mut file = Vec::new();
    let mut xml = String::from(marcxml::HEADER);
    let (mut good, mut warned, mut bad, mut unwritten) = (0, 0, 0, 0);

    for path in arguments {
        let bytes = unpacked(std::fs::read(&path)?)?;
        let items: Vec<_> = match Format::sniff(&bytes) {
            Format::MarcXml => marcxml::Records::new(&bytes, Charset::Detect).collect(),
            _ => iso2709::Records::new(&bytes, Charset::Detect).collect(),
        };
        for item in items {
            match item {
                Ok(read) => {
                    good += 1;
                    warned += usize::from(!read.warnings.is_empty());
                    let written = iso2709::write(&read.record, &mut file);
                    unwritten += usize::from(written.is_err());
                    if marcxml::write_record(&read.record, &mut xml).characters > 0 {
                        return Err(format!("{path}: record {} does not fit into XML", read.index).into());
                    }
                    writeln!(listing, "{}", line(&path, &read, written.is_ok()))?;
                }
                Err(refused) => {
                    bad += 1;
                    println!("{path}: {refused}");
                }
            }
        }
    }
    xml.push_str(marcxml::FOOTER);
    std::fs::write(folder.join("all.mrc"), file)?;
    std::fs::write(folder.join("all.xml"), xml)?;
    listing.flush()?;
    println!("{good} records ({warned} with warnings), {bad} refused, {unwritten} in MARCXML only");
    Ok(())
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if Format::sniff(&bytes) != Format::Gzip {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out)?;
    Ok(out)
}

fn line(path: &str, read: &Read, written: bool) -> Value {
    json!({
        "file": path,
        "offset": read.offset,
        "length": read.length,
        "encoding": read.encoding.to_string(),
        "warnings": read.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "iso2709": written,
        "leader": read.record.leader.as_str(),
        "fields": fields(&read.record),
    })
}

fn fields(record: &Record) -> Vec<Value> {
    record
        .fields
        .iter()
        .map(|field| match field {
            Field::Control { tag, value } => json!([tag.as_str(), value]),
            Field::Data { tag, ind1, ind2, subfields } => {
                let subfields: Vec<_> = subfields.iter().map(|s| json!([s.code, s.value])).collect();
                json!([tag.as_str(), ind1, ind2, subfields])
            }
        })
        .collect()
}
