//! Forms of unsafe requests: read, bounded, their token checked, files streamed into
//! the blob store.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header;
use tram_contract::Text;
use tram_host::Upload;

use crate::messages;
use crate::plugins;
use crate::query;
use crate::server::intake::{Intake, Refusal, linger};
use crate::visit::Visit;
use crate::walls::token;

/// Field that carries the host's token.
pub(crate) const TOKEN: &str = "_token";
/// Fields of a form, files included.
const FIELDS: usize = 2_000;
/// Bytes of one field that is no file.
const FIELD_BYTES: u64 = 1 << 20;
/// Bytes of the head of a part and of what surrounds it.
const OVERHEAD: u64 = 64 * 1024;
/// Bytes of a file that are written at once.
const PIECE: usize = 256 * 1024;

/// A form that was read.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Fields in order, without the token.
    pub(crate) fields: Vec<(String, String)>,
    /// Files in order.
    pub(crate) uploads: Vec<Upload>,
}

impl Filled {
    /// The first value of a field, trimmed; empty when it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The value as typed (passwords).
    pub(crate) fn exact(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Why a form was not taken: status and words for people.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) Text);

impl Refused {
    fn token() -> Self {
        Self(StatusCode::FORBIDDEN, messages::text("form.stale-token"))
    }

    fn malformed() -> Self {
        Self(StatusCode::BAD_REQUEST, messages::text("form.malformed"))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooBig => Self(StatusCode::PAYLOAD_TOO_LARGE, messages::text("form.too-big")),
            Refusal::TooSlow => Self(StatusCode::REQUEST_TIMEOUT, messages::text("form.too-slow")),
            Refusal::Broken => Self::malformed(),
        }
    }
}

/// Whom a form's token must be for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience<'a> {
    pub(crate) secret: &'a [u8; 32],
    pub(crate) name: &'a str,
}

impl Audience<'_> {
    fn accepts(&self, token: &str) -> bool {
        token::is_valid(self.secret, self.name, token)
    }
}

/// Where files of a form go: opens the place for one (field, name, media type).
pub(crate) type Open = Box<dyn Fn(&str, &str) -> Result<Box<dyn plugins::Intake>, Text> + Send + Sync>;

/// Reads a form of either kind and checks its token.
///
/// # Errors
/// Too big, too slow, malformed, or the token is not this audience's.
pub(crate) async fn read(
    visit: &Visit,
    body: Intake,
    audience: Audience<'_>,
    open: Option<Open>,
) -> Result<Filled, Refused> {
    let media_type = visit.header(&header::CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        let boundary = multer::parse_boundary(media_type).map_err(|_| Refused::malformed())?;
        return multipart(body, boundary, audience, open).await;
    }
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, messages::text("form.malformed")));
    }
    let whole = body.whole().await?;
    let text = std::str::from_utf8(&whole).map_err(|_| Refused::malformed())?;
    let mut fields = query::pairs(text);
    if fields.len() > FIELDS {
        return Err(Refused::malformed());
    }
    let token = fields.iter().find(|(name, _)| name == TOKEN).is_some_and(|(_, value)| audience.accepts(value));
    if !token {
        return Err(Refused::token());
    }
    fields.retain(|(name, _)| name != TOKEN);
    Ok(Filled { fields, uploads: Vec::new() })
}

async fn multipart(
    body: Intake,
    boundary: String,
    audience: Audience<'_>,
    open: Option<Open>,
) -> Result<Filled, Refused> {
    // The token stands first in every form of the host, so nothing is kept for a
    // form that has none.
    let mut trusted = false;
    let mut filled = Filled::default();
    let open = open.map(std::sync::Arc::new);
    let limits = multer::SizeLimit::new().per_field(u64::MAX).whole_stream(u64::MAX);
    let constraints = multer::Constraints::new().size_limit(limits);
    let mut parts = multer::Multipart::with_constraints(pieces(body), boundary, constraints);
    while let Some(mut part) = parts.next_field().await.map_err(refused)? {
        if filled.fields.len() + filled.uploads.len() >= FIELDS {
            return Err(Refused::malformed());
        }
        let name = part.name().unwrap_or_default().to_owned();
        let Some(file) = part.file_name().map(file_name) else {
            let mut value = Vec::new();
            while let Some(piece) = part.chunk().await.map_err(refused)? {
                value.extend_from_slice(&piece);
                if value.len() as u64 > FIELD_BYTES {
                    return Err(Refusal::TooBig.into());
                }
            }
            let value = String::from_utf8(value).map_err(|_| Refused::malformed())?;
            if name == TOKEN {
                trusted = audience.accepts(&value);
            } else {
                filled.fields.push((name, value));
            }
            continue;
        };
        if !trusted {
            return Err(Refused::token());
        }
        let media_type = part.content_type().map_or("application/octet-stream", |kind| kind.essence_str()).to_owned();
        let mut first = part.chunk().await.map_err(refused)?;
        // A file field that was left empty arrives as a nameless file of no bytes.
        if file.is_empty() && first.as_ref().is_none_or(|piece| piece.is_empty()) {
            continue;
        }
        let Some(open) = open.clone() else { return Err(Refused::malformed()) };
        let mut place = match on_disk(move || open(&file, &media_type)).await {
            Ok(place) => place,
            Err(refused) => return Err(rest_of(part, refused).await),
        };
        let mut piece = Vec::new();
        while let Some(bytes) = first.take() {
            piece.extend_from_slice(&bytes);
            if piece.len() >= PIECE {
                place = match write(place, std::mem::take(&mut piece)).await {
                    Ok(place) => place,
                    Err(refused) => return Err(rest_of(part, refused).await),
                };
            }
            first = part.chunk().await.map_err(refused)?;
        }
        place = write(place, piece).await?;
        let upload = on_disk(move || place.seal().map_err(|error| error.text())).await?;
        filled.uploads.push(Upload { field: name, ..upload });
    }
    if trusted { Ok(filled) } else { Err(Refused::token()) }
}

/// Lets the sender of a file that has no place send the rest, so that it reads why.
async fn rest_of(mut part: multer::Field<'_>, refused: Refused) -> Refused {
    linger(true, async { while let Ok(Some(_)) = part.chunk().await {} }).await;
    refused
}

/// Writes a piece and gives the place back. Between pieces no thread waits for the
/// network.
async fn write(mut place: Box<dyn plugins::Intake>, piece: Vec<u8>) -> Result<Box<dyn plugins::Intake>, Refused> {
    on_disk(move || match place.write_all(&piece) {
        Ok(()) => Ok(place),
        Err(error) => {
            log::error!("a file was not kept: {error}");
            Err(messages::text("upload.failed"))
        }
    })
    .await
}

/// Runs what touches the disk on a blocking thread.
async fn on_disk<T: Send + 'static>(run: impl FnOnce() -> Result<T, Text> + Send + 'static) -> Result<T, Refused> {
    let done = tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| Err(messages::text("upload.failed")));
    done.map_err(|text| Refused(StatusCode::INSUFFICIENT_STORAGE, text))
}

/// A file's name without the folders that some browsers send, and without control
/// characters.
fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The body as the stream that the parser wants; a refusal travels inside its error.
fn pieces(body: Intake) -> impl futures_core::Stream<Item = Result<Bytes, Refusal>> + Send {
    type Next = (Intake, Result<Option<Bytes>, Refusal>);
    struct Pieces(std::pin::Pin<Box<dyn Future<Output = Next> + Send>>);
    fn next(mut body: Intake) -> Pieces {
        Pieces(Box::pin(async move {
            let piece = body.next().await;
            (body, piece)
        }))
    }
    impl futures_core::Stream for Pieces {
        type Item = Result<Bytes, Refusal>;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            self.0.as_mut().poll(context).map(|(body, piece)| {
                *self = next(body);
                piece.transpose()
            })
        }
    }
    next(body)
}

fn refused(error: multer::Error) -> Refused {
    match error {
        multer::Error::StreamReadFailed(inner) => match inner.downcast_ref::<Refusal>() {
            Some(refusal) => (*refusal).into(),
            None => Refused::malformed(),
        },
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => Refusal::TooBig.into(),
        _ => Refused::malformed(),
    }
}

/// Bytes that a form may have: the files a route takes, and what surrounds them.
pub(crate) const fn most(route: u64) -> u64 {
    route.saturating_add(OVERHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_line_breaks_leave_a_files_name() {
        assert_eq!(file_name("C:\\Users\\Lan\\sách.xlsx"), "sách.xlsx");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("a\r\nb.csv"), "ab.csv");
    }
}
