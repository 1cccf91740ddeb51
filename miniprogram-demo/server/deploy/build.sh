#!/bin/sh
# Builds the backend that serves people, without the simulator. usage: build.sh DIRECTORY
# PROFILE=dev builds a quick one, as the tests do.
set -eu
mkdir -p "$1"
to=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../.."
profile=${PROFILE:-release}
cargo build --locked --profile "$profile" --package miniprogram-server --no-default-features --bin backend
case $profile in dev) made=debug ;; *) made=$profile ;; esac
install -m 755 "${CARGO_TARGET_DIR:-target}/$made/backend" "$to/backend"
