from verdigris.schema.running.burying import GONE, LONGEST, tombstone_name


def test_a_name_that_fits_is_only_marked():
    assert "_verdigris_gone_old" == tombstone_name("old", lambda name: False)


def test_a_long_name_is_cut_between_characters_and_stays_apart_from_others():
    names = {tombstone_name("ö" * 31 + end, lambda name: False) for end in ("a", "b")}
    assert 2 == len(names)
    assert all(len(name.encode()) <= LONGEST and name.startswith(GONE) for name in names)


def test_a_name_that_is_taken_gets_another_mark():
    taken = {"_verdigris_gone_old"}
    first = tombstone_name("old", taken.__contains__)
    taken.add(first)
    assert tombstone_name("old", taken.__contains__) not in taken
