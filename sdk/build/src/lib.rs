//! tram-plugin-build
