//! tram-catalogue
