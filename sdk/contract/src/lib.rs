//! tram-contract
