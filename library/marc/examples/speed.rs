//! Times reading and writing: `speed FILE...` of ISO 2709, in microseconds a record.

#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::time::Instant;

use tram_marc::{Charset, Record, Spec, iso2709, marcxml};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut file = Vec::new();
    for path in std::env::args().skip(1) {
        file.extend(std::fs::read(path)?);
    }
    let spec = Spec::parse("245abnp:880")?;
    for _ in 0..3 {
        let (records, read): (Vec<Record>, _) =
            timed(|| iso2709::Records::new(&file, Charset::Detect).flatten().map(|read| read.record).collect());
        let one_by_one = timed(|| iso2709::Records::new(&file, Charset::Detect).flatten().count()).1;
        let written = timed(|| {
            let mut out = Vec::new();
            records.iter().filter(|record| iso2709::write(record, &mut out).is_ok()).count()
        })
        .1;
        let (xml, written_xml) = timed(|| {
            let mut out = String::from(marcxml::HEADER);
            for record in &records {
                let _ = marcxml::write_record(record, &mut out);
            }
            out.push_str(marcxml::FOOTER);
            out
        });
        let read_xml = timed(|| marcxml::Records::new(xml.as_bytes(), Charset::Detect).flatten().count()).1;
        let titles = timed(|| records.iter().flat_map(|record| record.texts(&spec)).map(|t| t.len()).sum::<usize>()).1;
        let each = |seconds: f64| seconds * 1e6 / records.len() as f64;
        println!(
            "{} records: read and keep {:.2}, read {:.2}, write {:.2}, write XML {:.2}, read XML {:.2}, titles {:.2}",
            records.len(),
            each(read),
            each(one_by_one),
            each(written),
            each(written_xml),
            each(read_xml),
            each(titles),
        );
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}
