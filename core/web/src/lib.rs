//! tram-web
