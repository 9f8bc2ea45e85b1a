"""Import and export netted against each other."""

from custom_components.meter_hub.metering.balance import balanced


def test_each_time_is_netted_by_itself() -> None:
    imports, exports = balanced({8: 0.292, 9: 0.112}, {8: 0.595, 9: 0.091})

    assert imports == {8: 0.0, 9: 0.021}
    assert exports == {8: 0.303, 9: 0.0}


def test_zones_of_an_hour_do_not_net_each_other() -> None:
    imports, exports = balanced(
        {(8, "zone1"): 1.0, (8, "zone2"): 0.0}, {(8, "zone1"): 0.0, (8, "zone2"): 0.75}
    )

    assert imports == {(8, "zone1"): 1.0, (8, "zone2"): 0.0}
    assert exports == {(8, "zone1"): 0.0, (8, "zone2"): 0.75}


def test_what_is_known_of_one_direction_only_stays_unknown() -> None:
    assert balanced({10: 0.1, 11: 0.479}, {10: 0.0, 12: 0.2}) == ({10: 0.1}, {10: 0.0})
