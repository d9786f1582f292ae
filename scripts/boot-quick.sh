#!/usr/bin/env bash
# The quick form of the image's boot tests: first boot to first search, one pulled plug.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "The image's boot tests are skipped: $1."; exit 0; }
[ "$(id -u)" = 0 ] || skip "building and looking into disks needs root"
scripts/install.sh image
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
truncate -s 8M "$probe/disk"
mkfs.ext4 -q "$probe/disk"
mkdir "$probe/mnt"
mount -o loop "$probe/disk" "$probe/mnt" 2>/dev/null || skip "this machine mounts no disk files"
umount "$probe/mnt"
# The time-outs are for a quiet machine; this one has just run everything else.
TRAM_IMAGE_PATIENCE=${TRAM_IMAGE_PATIENCE:-2} python3 -B image/test/run.py --quick --binary "$CARGO_TARGET_DIR/release/tram"
