from tagonaut.data.text import formula_notes, one_line


def test_nothing_that_a_terminal_obeys_is_left():
    assert one_line("a\x1b[31m\n\u202eb\udcff\u2028") == "a\\x1b[31m\\n\\u202eb\\udcff\\u2028"
    # Spaces and the joiners of Persian and of emoji stay.
    same = "Übung\u00a01 می\u200cخواهم 👩\u200d🚀"
    assert one_line(same) == same


def test_cells_that_are_formulas_to_a_spreadsheet_are_told():
    assert not formula_notes(["a=b", "3-1.jpg", ""])
    (note,) = formula_notes(["a", "=cmd|' /C calc'!A0", "@x", "\tb"])
    assert note.startswith("3 names begin as formulas do, such as \"=cmd|'")
