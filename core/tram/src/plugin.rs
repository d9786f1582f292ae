//! `tram plugin new|build|pack|check`: the vendor's first step.

use std::path::Path;

use anyhow::{Context, Result};

use crate::arguments::PluginCommand;

/// The command.
///
/// # Errors
/// Says what is missing or wrong, with the place in the manifest.
pub(crate) fn run(command: &PluginCommand) -> Result<()> {
    match command {
        PluginCommand::New { name } => {
            let dir = Path::new(name);
            tram_plugin_build::new_plugin(dir, name).context("the plugin was not made")?;
            println!("{name} is made. Next:  cd {name} && tram plugin build");
        }
        PluginCommand::Build { dir } => {
            let built = tram_plugin_build::build(dir).context("the plugin does not build")?;
            println!("{}", built.display());
        }
        PluginCommand::Pack { dir } => {
            let packed = tram_plugin_build::pack_dir(dir).context("the plugin was not packed")?;
            println!("{}", packed.display());
        }
        PluginCommand::Check { file } => {
            let bytes = std::fs::read(file).with_context(|| format!("{} does not open", file.display()))?;
            println!("{}", tram_plugin_build::check(&bytes).context("the package does not check")?);
        }
    }
    Ok(())
}
