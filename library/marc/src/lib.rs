//! tram-marc
