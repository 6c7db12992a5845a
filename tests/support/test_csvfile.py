"""Tables as spreadsheets write them are read rightly, or refused in one line that says why."""

import numpy as np
import pytest

from micrograd_bp.support.csvfile import is_number, read_cells

NUMBERS = [[4.5, -30.0], [0.125, 6e2], [7.0, 1.0]]
KINDS = ["01", "02", "01"]


def table(delimiter, comma=False):
    rows = [[*(repr(x).replace(".", "," if comma else ".") for x in row)] for row in NUMBERS]
    lines = [["kg", "cm", "kind"], *([*row, kind] for row, kind in zip(rows, KINDS, strict=True))]
    return "\n".join(delimiter.join(line) for line in lines) + "\n"


WRITTEN = {
    "commas": table(",").encode(),
    "semicolons": table(";").encode(),
    "tabs": table("\t").encode(),
    "decimal commas": table(";", comma=True).encode(),
    "tabs and decimal commas": table("\t", comma=True).encode(),
    "byte order mark": table(",").encode("utf-8-sig"),
    "UTF-16": table("\t").encode("utf-16"),
    "UTF-16 big end first": b"\xfe\xff" + table(";").encode("utf-16-be"),
    "UTF-32": table(",").encode("utf-32"),
    "Windows": table(";", comma=True).replace("\n", "\r\n").encode("utf-8-sig"),
    "old Macintosh": table(",").replace("\n", "\r").encode(),
    "Excel's first line": b"sep=;\r\n" + table(";").encode(),
    "quotes": table(",").replace("01", '"01"').replace("kind", '"kind"').encode(),
    "spaces": table(",").replace(",", " , ").encode(),
    "no last newline": table(",").rstrip().encode(),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_every_way_of_writing_a_table_gives_the_same_numbers(tmp_path, way):
    file = tmp_path / "d.csv"
    file.write_bytes(WRITTEN[way])
    cells = read_cells(file)
    assert cells.names == ("kg", "cm", "kind")
    assert cells.numbers(["kg", "cm"]).tolist() == NUMBERS
    assert cells.column("kind") == KINDS


REFUSED = {
    "a,b\n1,x\n\n2\n": "row 4 has 1 cells, expected 2",  # lines of the file are counted
    'a,b\n"1\n",x\nq,y\n': "row 4, column 'a': got 'q'",
    "a,a\n1,x\n": "row 1 names 2 columns 'a'",
    ",a\n1,x\n": "column 1 has no name in row 1",
    "5.1,3.5,setosa\n4.9,3.0,setosa\n": "without a header pass --no-header",
    "5.1,3.5,0\n4.9,3.0,1\n": "without a header pass --no-header",
    "NA,3.5,0\n4.9,3.0,1\n": "without a header pass --no-header",
    "a;b\n1,5;x\n2.5;y\n": "decimal commas or decimal points, not both",
    "a;b\n1,234;x\n2,345;y\n": "a decimal comma or a thousands separator",
    "a,b;c\nx,y;z\n": "both commas and semicolons part every row alike",
    'a,b\n"1,x\n': "unexpected end of data",
    "a,b\n1,x\0\n": "a NUL character in row 2",
    "a,b\n1_000,x\n": "got '1_000', expected a number",
    "a,b\n1e999,x\n": "got '1e999', expected a number",
    "a,b\n٣,x\n": "expected a number",
    "a,b\n?,x\n": r"got '\?', expected a number",
    "a,b\nNA,x\n": "got 'NA', expected a number",
    "a,b\n,x\n": "got '', expected a number",
    "a\n1\n": "a header of two columns or more",
    "\n\n": "a header of two columns or more",
}


def all_but_the_last(file):
    cells = read_cells(file)
    return cells.numbers(cells.names[:-1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_row_of_a_nul_is_that_of_the_file_in_every_encoding(tmp_path, encoding):
    file = tmp_path / "d.csv"
    file.write_bytes("a,b\n1,x\n2,\0\n".encode(encoding))
    with pytest.raises(ValueError, match=r"not a CSV text file \(a NUL character in row 3\)$"):
        read_cells(file)


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(tmp_path, text):
    file = tmp_path / "d.csv"
    file.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(ValueError, match=REFUSED[text]) as caught:
        all_but_the_last(file)
    assert "\n" not in str(caught.value)


def test_text_of_an_old_code_page_is_refused_with_its_line(tmp_path):
    file = tmp_path / "d.csv"
    file.write_bytes("kg,Größe\n1,x\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"byte 0xf6 in row 1\); save it as CSV UTF-8"):
        read_cells(file)


def test_names_of_columns_may_be_numbers_if_one_says_so(tmp_path):
    file = tmp_path / "d.csv"
    file.write_text("0,1,2\n5,6,7\n")
    assert read_cells(file, header=True).names == ("0", "1", "2")
    without = read_cells(file, header=False)
    assert without.names == ("x1", "x2", "x3")
    assert without.numbers(["x3", "x1"]).tolist() == [[2, 0], [7, 5]]


@pytest.mark.parametrize("text", ["-1", "+.5", "5.", "1E-3", "0,5"])
def test_numbers_are_written_as_people_write_them(text):
    assert is_number(text)
    assert np.isfinite(float(text.replace(",", ".")))


@pytest.mark.parametrize("text", ["0x10", "1.2.3", "1e", "e5", ".", ",", "1 000", "∞", "1,2,3"])
def test_other_text_is_no_number(text):
    assert not is_number(text)
