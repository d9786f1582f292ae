//! tram-host
