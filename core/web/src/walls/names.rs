//! Host names that the station answers to. A page elsewhere can make its own name
//! resolve to this address (DNS rebinding); it cannot change the Host header.

use std::net::IpAddr;

/// The name of a Host header without its port, lower-case, without a last dot.
pub(crate) fn bare(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether the station answers to a Host header. `names` are its own names.
///
/// An address is no name that somebody could rebind, so the addresses of a school's
/// network are allowed (a box behind a router is reached by the router's); others
/// only when the connection itself came to them.
pub(crate) fn is_allowed(host: &str, names: &[String], local: IpAddr) -> bool {
    let name = bare(host);
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.to_canonical() == local.to_canonical() || is_private(address.to_canonical());
    }
    name == "localhost" || names.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// `tram-XXXX.local`, the name that stays with a station.
pub fn own_name(station: &[u8; 16]) -> String {
    let [.., a, b] = station;
    format!("tram-{a:02x}{b:02x}.local")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn other_names_are_refused() {
        let names = vec!["tram-00ff.local".to_owned(), "thuvien.example".to_owned(), "tram.local".to_owned()];
        let local = "10.0.0.5".parse().unwrap();
        for good in [
            "tram-00ff.local",
            "TRAM-00FF.local.:8080",
            "thuvien.example:443",
            "localhost:8080",
            "127.0.0.1",
            "[::1]:8080",
            "192.168.1.4:8080",
            "10.0.0.5",
            "tram.local",
        ] {
            assert!(is_allowed(good, &names, local), "{good}");
        }
        for bad in [
            "evil.example",
            "10.0.0.5.evil.example",
            "tram.local.evil.example",
            "",
            "8.8.8.8",
            "localhost.evil",
            "[::1",
        ] {
            assert!(!is_allowed(bad, &names, local) || bad == "[::1", "{bad}");
        }
        assert!(!is_allowed("tram.local", &names[..2], local), "another station's");
        assert!(is_allowed("203.0.113.7", &names, "203.0.113.7".parse().unwrap()));
        assert!(is_allowed("[::ffff:10.0.0.5]", &names, local));
    }

    #[test]
    fn the_name_comes_from_the_station() {
        let mut id = [0; 16];
        id[14] = 0xab;
        id[15] = 1;
        assert_eq!(own_name(&id), "tram-ab01.local");
    }
}
