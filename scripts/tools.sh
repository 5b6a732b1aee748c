#!/usr/bin/env bash
# Installs the cross compilers and emulators from the distribution's packages, saying first what it will install.
# Exit code 1, with what is left out, where that is not possible.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/root.sh

missing=()
need() { command -v "$1" >/dev/null || missing+=("${@:2}"); }
need cc gcc libc6-dev
need cmake cmake
need arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
need qemu-system-arm qemu-system-arm
need riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf
need clang-19 clang-19
need ld.lld-19 lld-19
need qemu-system-riscv32 qemu-system-misc
if command -v riscv64-unknown-elf-gcc >/dev/null || [[ " ${missing[*]-} " == *riscv64* ]]; then
    [ -e /usr/lib/picolibc/riscv64-unknown-elf ] || missing+=(picolibc-riscv64-unknown-elf)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

echo "tools: will install ${missing[*]} from the distribution's packages"
if ! command -v apt-get >/dev/null; then
    echo "tools: no apt-get here; install them by hand. Without them only the host target runs." >&2
    exit 1
fi
if ! as_root true; then
    echo "tools: not root. Run: sudo apt-get install ${missing[*]}" >&2
    echo "tools: without them only what is installed runs (the host target needs a C compiler)." >&2
    exit 1
fi
as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "tools: apt-get failed; going on with what is installed" >&2
    exit 1
}
