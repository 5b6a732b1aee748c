#!/usr/bin/env bash
# Builds the source archive, from it the wheel, and tries the wheel where nothing else of the project is: a fresh
# environment, another folder, one example.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf dist
.venv/bin/python -m build --outdir dist . >build/dist.log 2>&1 || {
    tail -n 20 build/dist.log >&2
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp examples/digits/digits_int8.tflite "$scratch"
.venv/bin/python -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check dist/*.whl
cd "$scratch"
for target in host mps2-an386; do
    venv/bin/bitwright verify digits_int8.tflite --target "$target" --vectors 2 | tail -n 1
done
ls -l "$OLDPWD/dist" | awk 'NR > 1 { print $NF, $5, "bytes" }'
