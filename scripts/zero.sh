#!/usr/bin/env bash
# Installs the wheel with the extra `zero` into a fresh environment and verifies a network on both cores there, with
# nothing on the PATH: what a user gets who has Python and nothing else. Downloads some 150 MB, says how long each part
# takes. scripts/zero.sh [wheel]
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wheel=${1:-}
if [ -z "$wheel" ]; then
    git archive HEAD | tar -x -C "$scratch" --one-top-level=source
    .venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir "$scratch" "$scratch/source"
    wheel=$(echo "$scratch"/*.whl)
fi
cp examples/digits/digits_int8.tflite "$scratch"
mkdir "$scratch/empty"
seconds() { echo "$(($(date +%s) - started)) s: $*"; }
started=$(date +%s)
.venv/bin/python -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel[zero]"
seconds "environment of $(du -sh "$scratch/venv" | cut -f1)"
cd "$scratch"
for target in mps2-an386 qemu-rv32 host; do
    started=$(date +%s)
    env -i HOME="$scratch" PATH="$scratch/empty" "$scratch/venv/bin/bitwright" verify digits_int8.tflite --target "$target" >"$scratch/said"
    seconds "$(tail -n 2 "$scratch/said" | tr '\n' ';')"
done
