"""Finding, reading and writing spec files."""

from pathlib import Path

import pytest

from lossdsl.lint import files
from lossdsl.source.diagnostic import LossDSLError


def test_a_folder_is_walked_for_specs(tmp_path):
    contents = {
        "b.yaml": "lossdsl: 1\n",
        "a.yml": "# head\n'lossdsl' : 1\n",
        "sub/c.yaml": "{name: t, lossdsl: 1}",
        "bom.yaml": "\ufefflossdsl: 1\n",
        "other.yaml": "a:\n  lossdsl: 1\n",
        "text.txt": "lossdsl: 1\n",
        ".hidden/d.yaml": "lossdsl: 1\n",
    }
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in files.find(tmp_path)]
    assert found == ["a.yml", "b.yaml", "bom.yaml", "sub/c.yaml"]


def test_a_named_file_is_taken_as_it_is(tmp_path):
    assert list(files.find(tmp_path / "any.txt")) == [tmp_path / "any.txt"]


def test_line_breaks_and_byte_order_mark_survive(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\n")
    source = files.read(path)
    assert source.text == "a: 1\r\nb: 2\n"
    files.write(path, source.text.replace("2", "3"))
    assert path.read_bytes() == b"\xef\xbb\xbfa: 1\r\nb: 3\n"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "cannot read"),
        (lambda path: path.mkdir(), "cannot read"),
        (lambda path: path.write_bytes(b"a: 1\nb: \xff\n"), "not UTF-8: byte 0xff on line 2"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, make, message):
    path = tmp_path / "x.yaml"
    make(path)
    with pytest.raises(LossDSLError, match=message) as caught:
        files.read(path)
    assert caught.value.code == "LD024" and str(path) in caught.value.message


def test_odd_names_and_empty_folders(tmp_path):
    with pytest.raises(LossDSLError, match="cannot read"):
        files.read(Path("a\0b"))
    with pytest.raises(LossDSLError, match="no spec in the folder"):
        list(files.find(tmp_path))
