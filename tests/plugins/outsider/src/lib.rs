//! Imports WASI beside the contract: the host has to refuse it and to say why.

mod wasi {
    wit_bindgen::generate!({
        inline: r#"
            package outsider:outside;
            world wants {
                import wasi:cli/environment@0.2.0;
                import wasi:sockets/instance-network@0.2.0;
            }
            package wasi:cli@0.2.0 {
                interface environment { get-environment: func() -> list<tuple<string, string>>; }
            }
            package wasi:sockets@0.2.0 {
                interface instance-network { instance-network: func() -> u32; }
            }
        "#,
        generate_all,
    });
}

use tram_sdk::prelude::*;

struct Outsider;

impl Pages for Outsider {
    fn page(_request: Request) -> Result<Response> {
        let environment = wasi::wasi::cli::environment::get_environment();
        let network = wasi::wasi::sockets::instance_network::instance_network();
        let text = format!("{environment:?} {network}");
        Ok(Response::page(&Page::new("outside", vec![Widget::Code { text }])))
    }
}

tram_sdk::export!(Outsider: pages);
