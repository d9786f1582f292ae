//! tram-bundle
