#!/bin/sh
# Installs the converters that benchmarks compare Bitwright with into .cache/benchmarks/venv-peers (some 4 GB).
# They are no part of the product: nothing in Bitwright imports them.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/benchmarks/venv-peers
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet \
    torch==2.13.0 torchao==0.18.0 executorch==1.5.1 \
    onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 \
    litert-torch==0.10.0 ai-edge-quantizer==0.10.0 ai-edge-litert==2.3.0
"$venv/bin/pip" freeze >"$venv/versions.txt"
