#!/usr/bin/env bash
# Installs what a fresh Debian 12 machine with rustup lacks. Says so when it may
# not: without root it names the command instead of guessing at sudo.
set -euo pipefail
cd "$(dirname "$0")/.."
tier=${1:-build}

missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need gcc build-essential
need curl curl
if [ "$tier" = test ]; then
    need node nodejs
    need npm npm
    need chromium chromium
    need certutil libnss3-tools
    need yaz-client yaz
    need python3 python3
    need xmllint libxml2-utils
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
fi
if [ "$tier" = image ]; then
    need python3 python3
    need mmdebstrap mmdebstrap
    need mksquashfs squashfs-tools
    need mcopy mtools
    need mkfs.vfat dosfstools
    need sfdisk fdisk
    need objcopy binutils
    need qemu-system-x86_64 qemu-system-x86
    [ -f /usr/share/OVMF/OVMF_CODE_4M.fd ] || missing+=(ovmf)
    [ -f /usr/lib/systemd/boot/efi/linuxx64.efi.stub ] || missing+=(systemd-boot-efi)
fi
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ]; then
        printf 'These Debian packages are missing: %s\nInstall them with:  sudo apt-get install -y %s\nthen run make again.\n' "${missing[*]}" "${missing[*]}" >&2
        exit 1
    fi
    printf '==> Debian packages: %s\n' "${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

if ! command -v cargo >/dev/null 2>&1; then
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
fi
command -v cargo >/dev/null 2>&1 || { echo 'Rust is missing: install rustup (https://rustup.rs), then run make again.' >&2; exit 1; }
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown

if [ ! -x "$CARGO_TARGET_DIR/release/tram" ] && [ -z "${TRAM_TOLD:-}" ]; then
    echo '==> First build: about 25 minutes on two cores (wasmtime, tantivy and Typst are large); later ones take seconds.'
fi

if [ "$tier" = test ]; then
    mkdir -p "$TRAM_TOOLS"
    if [ ! -x "$TRAM_TOOLS/venv/bin/python" ]; then
        python3 -m venv "$TRAM_TOOLS/venv"
    fi
    stamp="$TRAM_TOOLS/venv/requirements.txt"
    if ! cmp -s tests/requirements.txt "$stamp" 2>/dev/null; then
        "$TRAM_TOOLS/venv/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt
        cp tests/requirements.txt "$stamp"
    fi
    if ! cmp -s tests/e2e/package.json "$TRAM_TOOLS/package.json" 2>/dev/null || [ ! -d "$TRAM_TOOLS/node_modules" ]; then
        cp tests/e2e/package.json "$TRAM_TOOLS/package.json"
        (cd "$TRAM_TOOLS" && npm install --silent --no-audit --no-fund)
    fi
fi
