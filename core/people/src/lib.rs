//! tram-people
