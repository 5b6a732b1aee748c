"""An ESP-IDF component with an example project."""

from __future__ import annotations

from .package import Package, main_program, render, within

_EXAMPLE = "examples/selfcheck"

_COMPONENTS = (
    "app_trace app_update bootloader bootloader_support bt cmock console cxx driver efuse espcoredump esptool_py "
    "fatfs freertos hal heap http_parser idf_test ieee802154 json linux log lwip mbedtls mqtt newlib nvs_flash "
    "nvs_sec_provider openthread partition_table perfmon protobuf_c protocomm pthread rt sdmmc soc spi_flash spiffs "
    "tcp_transport tinyusb touch_element ulp unity usb vfs wear_levelling wifi_provisioning wpa_supplicant xtensa"
)
#: Components of ESP-IDF that one of the same name in a project would replace, beside those that begin with ``esp_``.
COMPONENTS = frozenset(_COMPONENTS.split())


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context
    return {
        "CMakeLists.txt": render("esp-idf/CMakeLists.txt.j2", context),
        "idf_component.yml": render("esp-idf/idf_component.yml.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        f"{_EXAMPLE}/CMakeLists.txt": render("esp-idf/example_CMakeLists.txt.j2", context),
        f"{_EXAMPLE}/main/CMakeLists.txt": render("esp-idf/main_CMakeLists.txt.j2", context),
        f"{_EXAMPLE}/main/idf_component.yml": render("esp-idf/main_idf_component.yml.j2", context),
        f"{_EXAMPLE}/main/main.c": main_program(package, "void app_main(void)", returns=False),
        **within(f"{_EXAMPLE}/main", package.example),
    }
