"""Random specs decode or are refused with findings that have places."""

import subprocess
import sys
import time

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lossdsl.source.diagnostic import LossDSLError
from lossdsl.source.text import Source
from lossdsl.spec.decode import decode, decode_mapping
from lossdsl.spec.fields import RECORDS
from tests.spec.test_decode import FULL

KEYS = st.sampled_from(
    sorted({key for fields in RECORDS.values() for key in fields} | {"a", "b c", "f(x)", "where"})
)
LEAVES = st.sampled_from([None, True, 0, 1.5, "a", "f(x, y)", "", "kl", "1e-3", "int", "a: b", "#"])
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(RECORDS["spec"])), DATA, max_size=6))
def test_any_mapping(data):
    try:
        decode_mapping({"lossdsl": 1, **data})
    except LossDSLError as failure:
        assert all(found.span is not None and found.message for found in failure.diagnostics)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, len(FULL)), st.integers(0, 12), st.sampled_from(["", ":", "\n", "[", "{", " #", "'", "\t"])
)
def test_any_damage_to_a_spec(at, length, text):
    try:
        decode(Source("t.yaml", FULL[:at] + text + FULL[at + length :]))
    except LossDSLError as failure:
        assert all(found.span is not None and found.message for found in failure.diagnostics)


def test_text_and_mapping_agree():
    """PyYAML reads `1e-3` as text, which must not matter."""
    one, other = decode(Source("t.yaml", FULL)), decode_mapping(yaml.safe_load(FULL))
    assert list(one.params) == list(other.params) and list(one.state) == list(other.state)
    assert [d.body.text for d in one.define] == [d.body.text for d in other.define]
    assert [t.expression.text for t in one.losses[None]] == [t.expression.text for t in other.losses[None]]
    assert one.dual == other.dual and one.plan == other.plan


def test_decoding_is_fast():
    source = Source("t.yaml", FULL)
    best = min(_seconds(source) for _ in range(5))
    assert best < 0.03


def _seconds(source: Source) -> float:
    start = time.perf_counter()
    decode(source)
    return time.perf_counter() - start


def test_decoding_imports_nothing_heavy():
    code = "import sys, lossdsl.spec.decode; print({'torch', 'sympy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
