//! `tram plugin new|build|keygen|pack|check`: the vendor's first step.

use std::path::Path;

use anyhow::{Context, Result};

use crate::arguments::PluginCommand;

/// The command.
///
/// # Errors
/// Says what is missing or wrong, with the place in the manifest.
pub(crate) fn run(command: &PluginCommand) -> Result<()> {
    match command {
        PluginCommand::New { name, sdk } => {
            let dir = Path::new(name);
            tram_plugin_build::new_plugin(dir, name, sdk.as_deref()).context("the plugin was not made")?;
            println!("{name} is made. Next:  cd {name} && tram plugin build");
        }
        PluginCommand::Build { dir } => {
            let built = tram_plugin_build::build(dir).context("the plugin does not build")?;
            println!("{}", built.display());
        }
        PluginCommand::Keygen { file } => {
            let public = tram_plugin_build::keygen(file).context("no key was made")?;
            println!(
                "{} holds your key: keep it secret and keep a copy; who has it can publish in your name.\nStations show it as {public}",
                file.display()
            );
        }
        PluginCommand::Pack { dir, key } => {
            let packed = tram_plugin_build::pack_dir(dir, key.as_deref()).context("the plugin was not packed")?;
            println!("{}", packed.display());
        }
        PluginCommand::Check { file } => {
            let bytes = std::fs::read(file).with_context(|| format!("{} does not open", file.display()))?;
            println!("{}", tram_plugin_build::check(&bytes).context("the package does not check")?);
        }
    }
    Ok(())
}
