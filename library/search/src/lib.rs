//! tram-search
