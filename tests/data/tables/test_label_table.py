"""Tables of truth and predictions as people have them, and how they meet."""

import numpy as np
import polars as pl
import pytest

from tagonaut.data.tables import LabelTable, align, read_label_table, read_unnamed
from tagonaut.errors import DataError, TagonautError

X = float("nan")
PLAIN = [[1, 0], [0.25, 1]]


@pytest.mark.parametrize(
    ("name", "text", "names", "labels", "values"),
    [
        ("a.csv", "filename,red,blue\na.jpg,1,0\nb.jpg,.25,1\n", "ab", "rb", PLAIN),
        # TERC's: a space before each header, spaces in cells, a comma after each row, blank lines.
        ("a.txt", "id, red, blue\r\na.jpg, 1 ,0,\r\n\r\nb.jpg,.25,1.0,\r\n", "ab", "rb", PLAIN),
        ("a.tsv", "picture\tred\tblue\na.jpg\t1\t0\nb.jpg\t0.25\t1\n", "ab", "rb", PLAIN),
        ("a.csv", "filename;red;blue\na.jpg;1;0\nb.jpg;0,25;1,0\n", "ab", "rb", PLAIN),
        ("a.csv", '\ufefffilename,red,blue\n"a.jpg","1","0"\nb.jpg,.25,1\n', "ab", "rb", PLAIN),
        # What data frames write: file names below no name, or row numbers.
        ("a.csv", ",red,blue\na.jpg,1,0\nb.jpg,.25,1\n", "ab", "rb", PLAIN),
        ("a.csv", ",filename,red,blue\n0,a.jpg,1,0\n1,b.jpg,.25,1\n", "ab", "rb", PLAIN),
        ("a.csv", ",red,blue\n0,1,0\n1,.25,1\n", None, "rb", PLAIN),
        ("a.csv", "red,blue\n1,0\n.25,1\n", None, "rb", PLAIN),
        ("a.csv", "red,blue,photo\n1,0,a.jpg\n.25,1,b.jpg\n", "ab", "rb", PLAIN),
        ("a.csv", "filename,0,1\na.jpg,1,0\nb.jpg,.25,1\n", "ab", "01", PLAIN),
        # No header: names and numbers, or numbers alone.
        ("a.csv", "a.jpg,1,0\nb.jpg,.25,1\n", "ab", None, PLAIN),
        ("a.csv", "1,0\n.25,1\n", None, None, PLAIN),
        ("a.txt", "1.0e+00 0.0e+00\n\n2.5e-01 1.0e+00\n", None, None, PLAIN),
        ("a.txt", "a.jpg 1 0\nb.jpg .25 1", "ab", None, PLAIN),
        ("a.txt", " 1, 0,\n .25, 1,\n", None, None, PLAIN),
        ("a.txt", "1;0\n0,25;1,0\n", None, None, PLAIN),
        ("a.txt", "1\n0\n-1\n", None, None, [[1], [0], [X]]),
        # Unknown cells.
        ("a.csv", "id,red,blue\na,-1,0\nb,,nan\nc,1,1\n", "abc", "rb", [[X, 0], [X, X], [1, 1]]),
        ("a.txt", "1,0\n-1.0e+00,\n", None, None, [[1, 0], [X, X]]),
        ("a.csv", "id,red,blue\na,true,no\nb,False,YES\n", "ab", "rb", [[1, 0], [0, 1]]),
        # Averages of float32 leave [0, 1] by a rounding error.
        ("a.csv", "id,red,blue\na,1.0000001,-1e-8\nb,0,1\n", "ab", "rb", [[1, 0], [0, 1]]),
        # Labels that are called like columns of pictures or of tags.
        ("a.csv", "name,id,path\na,.5,1\nb,.25,0\n", "ab", ["id", "path"], [[0.5, 1], [0.25, 0]]),
        ("a.csv", "filename,image,image_name\na.jpg,.5,0\nb.jpg,.25,1\n", "ab",
         ["image", "image_name"], [[0.5, 0], [0.25, 1]]),
        ("a.csv", "filename,tag,class\na,.5,0.000000\nb,.25,0.5\n", "ab", ["tag", "class"],
         [[0.5, 0], [0.25, 0.5]]),
        ("a.csv", "id,image_name,red\n17,a,1\n18,b,0\n", "ab", ["red"], [[1], [0]]),
        ("a.csv", "name,id,red\na,s17,1\nb,s18,0\n", "ab", ["red"], [[1], [0]]),
        ("a.csv", "id,file_name,red\nx17,a.jpg,1\nx18,b.jpg,0\n", "ab", ["red"], [[1], [0]]),
        # Tags.
        ("a.csv", "image_name,tags\na,blue red\nb,red\n", "ab", "br", [[1, 1], [0, 1]]),
        ("a.csv", "name,tags\na,blue;red\nb,\n", "ab", "br", [[1, 1], [0, 0]]),
        ("a.jsonl", '{"id": "a", "tags": ["red", "blue"]}\n{"id": "b"}',
         "ab", "br", [[1, 1], [0, 0]]),
        ("a.json", '[{"id": "a", "red": 0.5, "blue": null}, {"id": "b", "red": 1, "blue": 0}]',
         "ab", "rb", [[0.5, X], [1, 0]]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_of_all_kinds(tmp_path, name, text, names, labels, values, encoding):
    file = tmp_path / name
    file.write_text(text, encoding=encoding, newline="")
    table = read_label_table(file)
    colours = {"r": "red", "b": "blue"}
    assert table.labels == (None if labels is None else tuple(colours.get(x, x) for x in labels))
    if names is None:
        assert table.names is None
    else:
        assert [found.removesuffix(".jpg") for found in table.names] == list(names)
    np.testing.assert_allclose(table.values, values, atol=1e-9)
    assert table.has_scores == bool(np.isin(table.values, [0.25, 0.5]).any())
    assert (read_unnamed(file) is None) == (names is not None and labels is not None)


def test_terc_labels_keep_their_spaces(tmp_path):
    file = tmp_path / "terc.csv"
    file.write_text("id, Volcano, Sunrise Sunset, note\niss1.jpg, 0,1 , fine,\niss2.jpg,1,0,x,\n")
    table = read_label_table(file)
    assert table.labels == ("Volcano", "Sunrise Sunset")
    assert table.columns == {"note": ["fine", "x"]}
    assert table.notes == ("terc.csv: not label columns: note",)
    assert table.cell(1, 1) == "terc.csv:3, column Sunrise Sunset"


def test_arrays_and_parquet(tmp_path):
    values = np.array([[1, 0.25], [X, 0]])
    np.save(tmp_path / "a.npy", values.astype(np.float32))
    np.savetxt(tmp_path / "a.txt", values)
    pl.DataFrame({"file": ["a", "b"], "r": values[:, 0], "b": values[:, 1]}).write_parquet(
        tmp_path / "a.parquet"
    )
    for name in ("a.npy", "a.txt", "a.parquet"):
        np.testing.assert_array_equal(read_label_table(tmp_path / name).values, values)
    np.save(tmp_path / "b.npy", np.array([[True, False]]))
    assert read_label_table(tmp_path / "b.npy").values.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "id,red\na,1\nb,1.5\nc,0\n", "a.csv:3, column red: '1.5' is not a number from 0"),
        ("a.csv", "id,red\na,1\nb,zero\nc,0\n", "a.csv:3, column red: 'zero' is not a number"),
        ("a.csv", "1,0\n0.5,oops\n", "a.csv:2, column 2: 'oops' is not a number from 0 to 1"),
        ("a.csv", "a.jpg,1,0\nb.jpg,7,0", "a.csv:2, column 2: '7' is not a number"),
        ("a.txt", "1 0\n1 0 1\n", "a.txt:2: 3 cells, but 2 in the first row"),
        ("a.csv", "id,red,blue\na,1\n", "a.csv:2: 2 cells for 3 columns"),
        ("a.csv", "id,red\na,-3.1\nb,4.2\n", "no column of tags, and none of numbers from 0 to 1"),
        ("a.csv", "", "the table is empty"),
        ("a.npy", "1 0", "not an array of numbers that can be read"),
        ("a.npy", np.zeros(3), r"an array of shape \[3\]"),
        ("a.npy", np.array([["a"]]), "and type <U1"),
        ("a.npy", np.array([[0, 2.0]]), "a.npy: row 1, column 2: 2.0 is not a number from 0 to 1"),
        ("a.npy", np.array([[{}]], dtype=object), "allow_pickle"),
    ],
)
def test_faults_say_where(tmp_path, name, text, message):
    file = tmp_path / name
    if isinstance(text, str):
        file.write_text(text)
    else:
        np.save(file, text, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        read_label_table(file)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(TagonautError, match="file not found"):
        read_label_table(tmp_path / "none.csv")


@pytest.fixture
def table(tmp_path):
    """Reads a text as a table."""
    count = 0

    def read(text, **how):
        nonlocal count
        count += 1
        file = tmp_path / f"t{count}.csv"
        file.write_text(text)
        return read_label_table(file, **how)

    return read


TRUTH = "image,red,blue,kind\nx/a.jpg,1,0,hard\nx/b.jpg,0,,easy\nx/c.jpg,0,1,easy\n"


def test_pictures_and_labels_meet_by_name(table):
    truth = table(TRUTH)
    aligned = align(truth, table("file,blue,red\nc,.9,.1\nz,.5,.5\na,.2,.8\nb,.3,.4\n"))
    assert aligned.names == ("x/a.jpg", "x/b.jpg", "x/c.jpg")
    assert aligned.labels == ("red", "blue")
    assert aligned.targets.tolist() == [[1, 0], [0, 0], [0, 1]]
    assert aligned.known.tolist() == [[True, True], [True, False], [True, True]]
    assert aligned.values.tolist() == [[0.8, 0.2], [0.4, 0.3], [0.1, 0.9]]
    assert aligned.columns == {"kind": ["hard", "easy", "easy"]}
    assert aligned.notes[-1].endswith(
        "1 predictions left out, because the truth does not have their pictures: z"
    )


def test_labels_that_nobody_got_are_the_truths(table):
    aligned = align(table(TRUTH), table("image_name,tags\na,red\nb,\nc,red\n"))
    assert aligned.labels == ("red", "blue")
    assert aligned.values.tolist() == [[1, 0], [0, 0], [1, 0]]


def test_labels_that_hold_spaces_are_not_split(table):
    truth = table("id,Day,Sunrise Sunset\na,1,0\nb,0,1\n")
    predictions = table("image_name,tags\na,Day\nb,Sunrise Sunset\n", labels=truth.labels)
    assert align(truth, predictions).values.tolist() == [[1, 0], [0, 1]]
    # Planet's tags, with spaces between.
    planet = table("id,clear,primary\na,1,1\nb,0,1\n")
    predictions = table("image_name,tags\na,clear primary\nb,primary\n", labels=planet.labels)
    assert align(planet, predictions).values.tolist() == [[1, 1], [0, 1]]


def test_without_names_order_pairs_and_is_told(table):
    truth, plain = table(TRUTH), table(".8,.2\n.4,.3\n.1,.9\n")
    for one, other in (
        (truth, plain),
        (table("1,0\n0,\n0,1\n"), table("a,.8,.2\nb,.4,.3\nc,.1,.9")),
    ):
        aligned = align(one, other)
        assert aligned.values.tolist() == [[0.8, 0.2], [0.4, 0.3], [0.1, 0.9]]
        assert aligned.targets.tolist() == [[1, 0], [0, 0], [0, 1]]
        told = " ".join(aligned.notes)
        assert "one table does not name its labels: 2 labels matched by position" in told
        assert "one table does not name its pictures: 3 rows matched by position" in told
    assert aligned.names == ("a", "b", "c")
    assert aligned.labels == ("label 1", "label 2")


def test_case_and_space_of_labels_matter_only_where_names_are_exact(table):
    truth = table("id,Sunrise Sunset,Day,day\na,1,0,1\nb,0,1,1\n")
    aligned = align(truth, table("id,sunrisesunset,day,Day\na,.1,.2,.3\nb,.4,.5,.6\n"))
    assert aligned.values.tolist() == [[0.1, 0.3, 0.2], [0.4, 0.6, 0.5]]
    assert aligned.notes[-1].endswith("'sunrisesunset' as 'Sunrise Sunset'")
    with pytest.raises(DataError, match="'DAY'"):
        align(truth, table("id,Sunrise Sunset,DAY,day\na,1,0,1\nb,0,1,1\n"))
    with pytest.raises(DataError, match="'RED'"):
        align(table(TRUTH), table("id,red,RED,blue\na,1,1,0\nb,0,0,0\nc,1,1,1\n"))


def test_pictures_without_prediction(table):
    truth, some = table(TRUTH), table("file,red,blue\na,1,0\nc,0,1\n")
    with pytest.raises(DataError, match="no predictions for 1 of 3 pictures") as told:
        align(truth, some)
    assert "t1.csv:3: no prediction" in str(told.value)
    aligned = align(truth, some, missing="skip")
    assert (aligned.names, aligned.rows.tolist()) == (("x/a.jpg", "x/c.jpg"), [0, 2])
    assert aligned.columns == {"kind": ["hard", "easy"]}
    assert aligned.skipped == 1
    assert "1 pictures without prediction left out" in aligned.notes[-1]


def test_rows_that_say_the_same_twice_count_once(table):
    aligned = align(table(TRUTH), table("id,red,blue\na,1,0\nb,0,0\nc,0,1\na.jpg,1,0\n"))
    assert aligned.values.tolist() == [[1, 0], [0, 0], [0, 1]]
    assert "1 rows are repeated, and count once" in aligned.notes[-1]


@pytest.mark.parametrize(
    ("truth", "predictions", "message"),
    [
        (
            TRUTH,
            "id,red,blue\na,1,0\nb,0,0\nc,0,1\na.jpg,0,0\n",
            "2 different predictions for 'x/a",
        ),
        (TRUTH, "id,red,bleu\na,1,0\nb,0,0\nc,0,1\n", "'bleu' .did you mean 'blue'.. is not"),
        (TRUTH, "id,tags\na,red\nb,grue\nc,blue\n", "--labels"),
        (TRUTH, "id,red\na,1\nb,0\nc,0\n", "no predictions for 1 labels\n  blue"),
        (TRUTH, "id,red,blue\na,1,x\nb,0,y\nc,0,1\n", "its column has values other than numbers"),
        (TRUTH, "id,red,blue\na,1,0\nb,0,\nc,0,-1\n", "t2.csv:3, column blue: no prediction"),
        (TRUTH, "id,red,blue\nq,1,0\nr,0,0\n", "predicts none of the 3 pictures"),
        (TRUTH, "1,0\n0,1\n", "has 2 rows and .* has 3"),
        (TRUTH, "1,0,1\n0,1,1\n1,1,1\n", "has 3 labels and .* has 2"),
        ("1,0\n0,1\n", "id,tags\na,red\nb,blue\n", "unless both name their labels"),
        ("id,red\na,1\nb,.5\n", "id,red\na,1\nb,.5\n", "t1.csv:3, column red: 0.5 is neither 0"),
        ("id,red\na.jpg,1\na.png,0\n", "id,red\na,1\nb,.5\n", "match the same prediction"),
    ],
)
def test_what_does_not_fit_is_an_error(table, truth, predictions, message):
    truth, predictions = table(truth), table(predictions)
    with pytest.raises(DataError, match=message):
        align(truth, predictions)


def test_a_table_says_of_itself_what_it_lacks(tmp_path):
    table = LabelTable(tmp_path / "a.npy", None, None, np.array([[1.0, X]]), ("a.npy: row 1",))
    assert not table.has_scores
    assert table.cell(0, 1) == "a.npy: row 1, column 2"
