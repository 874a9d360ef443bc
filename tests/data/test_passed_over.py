from tagonaut.data.passed_over import OTHERS, PassedOver


def test_files_are_counted_by_kind_and_suffix():
    passed = PassedOver()
    for name in ("a.MOV", "b.mov", "c.mp4", "d.svg", "e.txt", "README", "a.jpg.xmp"):
        passed.add_other(name)
    assert passed.lines() == [
        "passed over: 3 videos (.mov 2, .mp4 1)",
        "passed over: 1 pictures of formats that are not read (.svg 1)",
        "passed over: 2 other files (.txt 1, no suffix 1)",
    ]


def test_odd_names_take_no_memory():
    passed = PassedOver()
    for number in range(5000):
        passed.add_other(f"a.{number}")
        passed.add_other("b." + "x" * 100 + "\n")
    assert len(passed.counts[OTHERS]) <= 201
    assert passed.counts[OTHERS].total() == 10_000
    assert passed.lines()[0].startswith("passed over: 10,000 other files (… 9,")


def test_counts_of_other_walks_are_added():
    one, other = PassedOver(), PassedOver()
    one.add_other("a.mov")
    other.add_other("b.mov")
    one.update({reason: dict(kinds) for reason, kinds in other.counts.items()})
    assert one.counts == {"videos": {".mov": 2}}
