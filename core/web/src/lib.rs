//! HTTP and TLS of Trạm: listeners, walls, rendering of page documents, and the
//! shell's own pages.
//!
//! * `server` accepts connections within limits; `router` leads a request through the
//!   walls and gives it a turn on a blocking thread.
//! * `walls` keeps pages of different authors apart, and other sites out.
//! * `render` turns page documents into HTML, in pure functions.
//! * `untrusted` is the other listener, for content of strangers.
//! * `uploads` takes files in pieces that a lost connection does not lose.
//! * `plugin_route` calls plugins through the seam `plugins`; `pages` is the shell.

mod assets;
mod compress;
mod drafts;
mod forms;
mod kept;
mod language;
mod messages;
mod pages;
mod plugin_route;
mod plugins;
mod query;
mod render;
mod reply;
mod router;
#[cfg(test)]
mod served;
mod server;
mod site;
mod timing;
mod tls;
mod untrusted;
mod uploads;
mod visit;
mod walls;

pub use language::Language;
pub use server::limits::CONNECTIONS;
pub use server::{Error, Server, WebOptions};
pub use site::DemoAccount;
pub use tls::Error as TlsError;
pub use uploads::{PIECE, RECEIVING};
pub use walls::names::own_name;
