"""The formats for other programs."""

import json
import xml.etree.ElementTree as ElementTree

import pytest

from lossdsl.lint.render import FORMATS, render
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix
from lossdsl.source.span import Span
from lossdsl.source.text import Source

SOURCE = Source("dir/a b.yaml", "lossdsl: 1\nloss: entrpy(x)\n")
SPAN = Span(SOURCE, 17, 23)
FINDING = Diagnostic(
    "LD002",
    "unknown-name",
    "error",
    "100% unknown:\nno <name>",
    SPAN,
    "did you mean `entropy`?",
    labels=((Span(SOURCE, 24, 25), "its argument"),),
    fix=Fix("rename", (Edit(SPAN, "entropy"),), safe=False),
)
BARE = Diagnostic("LD401", "log-of-softmax", "info", "slow", Span(SOURCE, 0, 17))


def rendered(fmt, *findings, files=("dir/a b.yaml",)):
    return render(Report(findings, files), fmt)


def test_concise():
    assert rendered("concise", FINDING, BARE) == (
        "dir/a b.yaml:2:7: LD002 [unknown-name] 100% unknown: no <name>\n"
        "dir/a b.yaml:1:1: LD401 [log-of-softmax] slow\n"
        "1 error, 1 info in 1 file (1 fixable with --unsafe-fixes)\n"
    )


def test_json():
    assert json.loads(rendered("json", FINDING, BARE)) == [
        {
            "code": "LD002",
            "name": "unknown-name",
            "severity": "error",
            "message": "100% unknown:\nno <name>",
            "help": "did you mean `entropy`?",
            "file": "dir/a b.yaml",
            "line": 2,
            "column": 7,
            "end_line": 2,
            "end_column": 13,
            "fix": {
                "title": "rename",
                "safe": False,
                "edits": [{"line": 2, "column": 7, "end_line": 2, "end_column": 13, "text": "entropy"}],
            },
        },
        {
            "code": "LD401",
            "name": "log-of-softmax",
            "severity": "info",
            "message": "slow",
            "help": None,
            "file": "dir/a b.yaml",
            "line": 1,
            "column": 1,
            "end_line": 2,
            "end_column": 7,
            "fix": None,
        },
    ]


def test_github_escapes_and_leaves_out_columns_over_several_lines():
    assert rendered("github", FINDING, BARE) == (
        "::error title=LD002 unknown-name,file=dir/a b.yaml,line=2,endLine=2,col=7,endColumn=13"
        "::100%25 unknown:%0Ano <name>%0Ahelp: did you mean `entropy`?\n"
        "::notice title=LD401 log-of-softmax,file=dir/a b.yaml,line=1,endLine=2::slow\n"
    )


def test_github_escapes_properties():
    odd = Span(Source("a,b:c.yaml", "x"), 0, 1)
    assert "file=a%2Cb%3Ac.yaml," in rendered("github", Diagnostic("LD1", "n", "warning", "m", odd))


def test_sarif_has_what_the_standard_requires():
    log = json.loads(rendered("sarif", FINDING, BARE))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "lossdsl" and driver["version"]
    assert [rule["id"] for rule in driver["rules"]] == ["LD002", "LD401"]
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert run["columnKind"] == "unicodeCodePoints"
    error, note = run["results"]
    assert (error["level"], note["level"]) == ("error", "note")
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": "dir/a%20b.yaml"}
    region = {"startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 13}
    assert error["locations"][0]["physicalLocation"]["region"] == region
    assert error["relatedLocations"][0]["message"] == {"text": "its argument"}
    (change,) = error["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "entropy"}}]
    assert "fixes" not in note


def test_sarif_describes_known_rules_and_absolute_files():
    finding = Diagnostic("LD103", "yaml-bool-key", "warning", "m", Span(Source("/a b.yaml", "x"), 0, 1))
    (run,) = json.loads(rendered("sarif", finding))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"].startswith("# LD103") and rule["defaultConfiguration"] == {
        "level": "warning"
    }
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "file:///a%20b.yaml"


def test_junit():
    odd = Diagnostic("LD101", "cut", "warning", "a \x1b < b", Span(SOURCE, 0, 1))
    root = ElementTree.fromstring(rendered("junit", FINDING, BARE, odd, files=("dir/a b.yaml", "clean.yaml")))
    assert (root.tag, root.attrib) == ("testsuites", {"name": "lossdsl", "tests": "4", "failures": "2"})
    first, clean = root
    assert first.attrib == {"name": "dir/a b.yaml", "tests": "3", "failures": "2"}
    failed, noted, escaped = first
    assert failed.attrib["name"] == "LD002 unknown-name" and failed.attrib["line"] == "2"
    assert failed[0].attrib == {"type": "error", "message": "100% unknown:\nno <name>"}
    assert failed[0].text == "line 2, column 7: 100% unknown:\nno <name>\nhelp: did you mean `entropy`?"
    assert noted[0].tag == "system-out"
    assert escaped[0].attrib["message"] == "a \ufffd < b"
    assert [case.attrib["name"] for case in clean] == ["lossdsl"] and not len(clean[0])


@pytest.mark.parametrize(
    ("fmt", "expected"), [("json", []), ("github", ""), ("concise", "no findings in 1 file\n")]
)
def test_a_clean_report(fmt, expected):
    text = rendered(fmt)
    assert (json.loads(text) if fmt == "json" else text) == expected


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_takes_a_finding_without_a_place(fmt):
    assert "LD024" in rendered(fmt, Diagnostic("LD024", "unreadable-file", "error", "gone", None))
