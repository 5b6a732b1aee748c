#!/usr/bin/env bash
# Makes .venv with Bitwright; does nothing, and needs no network, when that is up to date.
# setup.sh test: with what the tests need too (PyTorch and ONNX among it, some hundreds of megabytes).
set -euo pipefail
cd "$(dirname "$0")/.."

extras=examples,plot,onnx,images
packages=()
stamp=.venv/.setup
if [ "${1:-}" = test ]; then
    extras=$extras,dev
    # One release for everybody, so that exported programs look the same.
    packages=("torch==2.13.0")
    stamp=.venv/.setup-test
fi
wanted=$(cat pyproject.toml scripts/setup.sh | sha256sum)
for done in "$stamp" .venv/.setup-test; do
    if [ -x .venv/bin/bitwright ] && [ "$(cat "$done" 2>/dev/null)" = "$wanted" ]; then
        exit 0
    fi
done

python=
for candidate in python3.11 python3.12 python3.13 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv" >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "setup: installing python3-venv from the distribution"
    . scripts/root.sh
    as_root apt-get update -qq && as_root apt-get install -y -qq python3-venv || {
        echo "setup: Python's venv module is missing: sudo apt-get install python3-venv" >&2
        exit 1
    }
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
# tflite-runtime, the peer that the reference is tested against, exists for Python 3.11 and older.
if [ "${1:-}" = test ] && .venv/bin/python -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    extras=$extras,oracle
fi
echo "setup: .venv with Bitwright [$extras] ${packages[*]-} ($("$python" --version))"
.venv/bin/python -m pip install --quiet --disable-pip-version-check "${packages[@]}" --editable ".[$extras]"
echo "$wanted" >"$stamp"
