//! tram-vietnamese
