"""A Zephyr module with its Kconfig option and a sample."""

from __future__ import annotations

from .package import Package, main_program, render, within

_MODULES = (
    "acpica canopennode chre cmsis cmsis_6 cmsis_dsp cmsis_nn fatfs hostap kernel liblc3 libmetal libsbc littlefs "
    "loramac_node lvgl lz4 mbedtls mcuboot mipi_sys_t nanopb net_tools nrf_hw_models open_amp openthread percepio "
    "picolibc psa_arch_tests segger tflite_micro thrift tinycrypt trusted_firmware_a trusted_firmware_m "
    "uoscore_uedhoc zcbor zscilib"
)
#: Modules that come with Zephyr.
MODULES = frozenset(_MODULES.split())

_SAMPLE = "samples/selfcheck"


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context
    return {
        "zephyr/module.yml": render("zephyr/module.yml.j2", context),
        "zephyr/Kconfig": render("zephyr/Kconfig.j2", context),
        "CMakeLists.txt": render("zephyr/CMakeLists.txt.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        f"{_SAMPLE}/CMakeLists.txt": render("zephyr/sample_CMakeLists.txt.j2", context),
        f"{_SAMPLE}/prj.conf": render("zephyr/prj.conf.j2", context),
        f"{_SAMPLE}/sample.yaml": render("zephyr/sample.yaml.j2", context),
        f"{_SAMPLE}/src/main.c": main_program(package),
        **within(f"{_SAMPLE}/src", package.example),
    }
