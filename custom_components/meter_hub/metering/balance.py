"""Import and export of the same time, netted against each other."""

from collections.abc import Hashable, Mapping

from .energy import exact


def balanced[K: Hashable](
    imports: Mapping[K, float], exports: Mapping[K, float]
) -> tuple[dict[K, float], dict[K, float]]:
    """Return what is left of import and of export, in kWh, where both are known.

    A key is whatever is netted as one, such as an hour, or an hour and its tariff
    zone: prosumers in Poland are billed by what is left of each hour in each zone.
    """
    both = imports.keys() & exports.keys()
    return (
        {key: exact(max(imports[key] - exports[key], 0.0)) for key in both},
        {key: exact(max(exports[key] - imports[key], 0.0)) for key in both},
    )
