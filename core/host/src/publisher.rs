//! Who made a package: the Ed25519 key that signed it, and the key to which a
//! plugin's id is bound. The first signed package of an id binds it; another key for
//! the same id is another publisher, who gets at the first one's data only when an
//! administrator says so.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use tram_contract::package::{Package, SIGNED_CONTEXT};
use tram_journal::{Reader, Txn};

use crate::Error;
use crate::package::refused;
use crate::tables::{self, PUBLISHERS};

/// The row of a bound id.
#[derive(Debug, Serialize, Deserialize)]
struct Pin {
    /// Hexadecimal public key.
    key: String,
    /// Who bound it, and when.
    by: String,
    unix_ms: i64,
}

/// The public key that signed the package, in hexadecimal; none when it is unsigned.
///
/// # Errors
/// The signature is not one of this key over these bytes.
pub(crate) fn of(package: &Package<'_>) -> Result<Option<String>, Error> {
    let Some(signature) = package.signature else { return Ok(None) };
    let message = [SIGNED_CONTEXT, blake3::hash(package.signed_bytes()).as_bytes()].concat();
    UnparsedPublicKey::new(&ED25519, signature.key).verify(&message, &signature.signature).map_err(|_| {
        refused(
            "Chữ ký trong tệp không khớp với nội dung: tệp đã bị sửa hoặc hỏng sau khi nhà cung cấp ký. Hãy xin lại tệp từ nhà cung cấp.",
            "The signature in the file does not fit its content: the file was changed or damaged after the publisher signed it. Ask the publisher for it again.",
        )
    })?;
    Ok(Some(signature.key.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// The key to which an id is bound.
pub(crate) fn pinned(reader: &dyn Reader, id: &str) -> Result<Option<String>, Error> {
    let Some(row) = reader.get(tables::OWNER, PUBLISHERS, id.as_bytes())? else { return Ok(None) };
    Ok(Some(tables::decode::<Pin>("a publisher's key", &row.value)?.key))
}

/// Binds an id to a key, or frees it.
pub(crate) fn pin(txn: &mut Txn, id: &str, key: Option<&str>, by: &str) -> Result<(), Error> {
    match key {
        Some(key) => {
            let pin = Pin { key: key.to_owned(), by: by.to_owned(), unix_ms: tram_journal::clock::now().unix_ms };
            txn.put(tables::OWNER, PUBLISHERS, id.as_bytes(), &tables::encode(&pin), 1, &[], None)?;
        }
        None => txn.delete(tables::OWNER, PUBLISHERS, id.as_bytes(), None)?,
    }
    Ok(())
}

/// The refusal of a package whose publisher is not the one that the id is bound to.
pub(crate) fn other(id: &str, signed: bool) -> Error {
    if signed {
        return refused(
            format!(
                "Tệp này mang tên “{id}” nhưng do một nhà cung cấp khác ký, không phải nhà cung cấp của bản đã cài. Trạm không cài để dữ liệu của phần cũ không rơi vào tay người khác. Nếu nhà cung cấp thật sự đã đổi khoá, hãy hỏi họ rồi đánh dấu đồng ý thay nhà cung cấp."
            ),
            format!(
                "This file calls itself “{id}” but another publisher signed it, not the one of the installed plugin. It is not installed, so that the plugin's data do not come into other hands. If the publisher really changed keys, ask them, then agree to the change of publisher."
            ),
        );
    }
    refused(
        format!(
            "Tệp này mang tên “{id}” nhưng không có chữ ký, trong khi bản đã cài có chữ ký của nhà cung cấp. Trạm không cài. Hãy xin nhà cung cấp tệp đã ký, hoặc đánh dấu đồng ý thay nhà cung cấp nếu bạn chắc chắn."
        ),
        format!(
            "This file calls itself “{id}” but is not signed, while the installed plugin is signed by its publisher. It is not installed. Ask the publisher for a signed file, or agree to the change of publisher if you are sure."
        ),
    )
}
