#!/usr/bin/env bash
# Static analysis of the firmware that ships.
set -euo pipefail
cd "$(dirname "$0")/.."
cppcheck --quiet --std=c99 --enable=warning,portability,performance --error-exitcode=1 --inline-suppr \
    --suppress=missingIncludeSystem -I firmware/kernels -I firmware/runtime -I firmware/mlperf firmware
