//! Capabilities that a manifest asks for and an administrator refused. Nothing of the
//! real one is linked: each function answers the error `not-granted`, which a plugin
//! may handle by doing without; one that has no error to answer ends the call.

use tram_contract::Text;
use tram_contract::rights::capability_words;
use wasmtime::component::{Component, Linker, Type, Val, types::ComponentItem};
use wasmtime::{Engine, StoreContextMut};

use crate::plugin::capability;
use crate::state::{Failure, State};
use crate::{CallError, Error};

/// Links the refused imports of a component.
pub(crate) fn deny(
    linker: &mut Linker<State>,
    engine: &Engine,
    component: &Component,
    refused: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    for (import, item) in component.component_type().imports(engine) {
        let Some(name) = capability(import).filter(|name| refused(name)) else { continue };
        let ComponentItem::ComponentInstance(interface) = item.ty else { continue };
        let mut instance = linker.instance(import).map_err(Error::engine)?;
        for (function, item) in interface.exports(engine) {
            if !matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                continue;
            }
            instance
                .func_new(function, move |store, ty, _, results| {
                    let answers = ty.results().next();
                    answer(store, name, answers, results)
                })
                .map_err(Error::engine)?;
        }
    }
    Ok(())
}

fn message(name: &str) -> Text {
    let (vi, en) = capability_words(name);
    Text::vi_en(
        format!(
            "Quản trị viên chưa cho phần này quyền “{name}” ({vi}). Nếu cần, hãy nhờ quản trị viên cho phép ở trang của phần này."
        ),
        format!(
            "The administrator has not granted this plugin “{name}” ({en}). If it is needed, ask the administrator to allow it on the plugin's page."
        ),
    )
}

fn answer(
    mut store: StoreContextMut<'_, State>,
    name: &str,
    answers: Option<Type>,
    results: &mut [Val],
) -> wasmtime::Result<()> {
    if let Err(Failure::End(error)) = store.data_mut().count() {
        return Err(wasmtime::Error::new(error));
    }
    let Some(result) = results.first_mut() else {
        // Nothing is answered (a line of the log): it is dropped.
        return Ok(());
    };
    let message = message(name);
    match answers {
        Some(Type::Result(ty)) if matches!(ty.err(), Some(Type::Record(_))) => {
            let text = serde_json::to_string(&message).unwrap_or_default();
            let error = vec![
                ("code".to_owned(), Val::String("not-granted".to_owned())),
                ("message".to_owned(), Val::String(text)),
            ];
            *result = Val::Result(Err(Some(Box::new(Val::Record(error)))));
            Ok(())
        }
        _ => Err(wasmtime::Error::new(CallError::Plugin { code: "not-granted".into(), message })),
    }
}
