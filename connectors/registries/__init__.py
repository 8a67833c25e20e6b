"""The registries, one file each; adding one is a file and a name in this tuple."""

from connectors.registries import civil_status, health_insurance, land, residence
from connectors.registries.contract import Registry

REGISTRIES: dict[str, Registry] = {
    module.REGISTRY.code: module.REGISTRY for module in (civil_status, residence, health_insurance, land)
}
