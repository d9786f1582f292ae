//! tram-journal
