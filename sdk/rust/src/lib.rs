//! tram-sdk
