"""Copies, pickles, saved state, many modules and many threads."""

import copy
import gc
import io
import linecache
import pickle
import sys
import threading

import pytest
import torch

import lossdsl
from tests.adversarial.common import PLAIN, STATEFUL, data, spec

D = data()
STATIC = {
    **spec("tau * mean(power(x)) + 0*ce(x, y)"),
    "params": {"tau": 0.5, "n": 2},
    "define": {"power(z)": {"repeat": "n", "start": {"a": 1}, "step": {"a": "a * z"}, "give": "a"}},
}
ONE_LINE = "ce + 0.1*entropy(attn)"


def through_pickle(loss):
    return pickle.loads(pickle.dumps(loss))


def through_torch(loss):
    file = io.BytesIO()
    torch.save(loss, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


COPIES = {"deepcopy": copy.deepcopy, "pickle": through_pickle, "torch.save": through_torch}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_copy_is_independent(make):
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(**D, step=3)
    wanted, prior = copy.deepcopy(loss)(**D).loss, loss.state["prior"].clone()
    new = make(loss)
    assert int(new.step_count) == 3 and torch.equal(new(**D).loss, wanted)
    new.params["tau"] = 3.0
    new(**D, step=9)
    assert loss.params["tau"].item() == 0.5 and int(loss.step_count) == 3 and torch.equal(loss.state["prior"], prior)
    assert torch.equal(loss(**D).loss, wanted)


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_copy_has_its_own_shape_of_the_computation(make):
    loss = lossdsl.load(STATIC, compile=False)
    loss.params["n"] = 3
    new = make(loss)
    x = D["x"]
    torch.testing.assert_close(new(**D).loss, 0.5 * (x**3).mean())
    new.params["n"] = 1
    torch.testing.assert_close(new(**D).loss, 0.5 * x.mean())
    torch.testing.assert_close(loss(**D).loss, 0.5 * (x**3).mean())


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_one_line_loss(make):
    loss = make(lossdsl.compile(ONE_LINE, compile=False))
    attn = torch.rand(7, 2, 3, 4).softmax(-1)  # its batch is its own
    assert torch.isfinite(loss(logits=D["x"], labels=D["y"], attn=attn).loss)


@pytest.mark.slow
@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_compiled_loss(make):
    loss = lossdsl.load(PLAIN)
    wanted = loss(**D).loss
    torch.testing.assert_close(make(loss)(**D).loss, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_deep_expression_can_be_copied(make):
    loss = lossdsl.load(spec("mean(" + "+".join(["sin(x)"] + ["x"] * 1500) + ")"), compile=False)
    assert torch.equal(make(loss)(**D).loss, loss(**D).loss)


def test_learned_params_of_a_copy_are_its_own():
    loss = lossdsl.load({**PLAIN, "params": {"tau": {"learn": 0.5}}}, compile=False)
    new = copy.deepcopy(loss)
    new(**D).loss.backward()
    assert loss.params["tau"].grad is None and new.params["tau"].grad is not None


# --- saved state ------------------------------------------------------------------------------


def test_state_goes_into_a_fresh_module_and_back():
    used, fresh = (lossdsl.load(STATEFUL, compile=False) for _ in range(2))
    empty = {n: t.clone() for n, t in fresh.state_dict().items()}
    used(**D, step=7)
    first = lossdsl.load(STATEFUL, compile=False)(**D).loss
    fresh.load_state_dict(used.state_dict())
    assert torch.equal(fresh(**D).loss, copy.deepcopy(used)(**D).loss)
    used.load_state_dict(empty)
    assert torch.equal(used(**D).loss, first) and int(used.step_count) == 0


def test_saved_tensors_are_not_shared():
    used, fresh = (lossdsl.load(STATEFUL, compile=False) for _ in range(2))
    used(**D)
    saved = {n: t.clone() for n, t in used.state_dict().items()}
    fresh.load_state_dict(saved)
    fresh(**D, step=3)
    fresh.params["tau"] = 9
    assert all(torch.equal(saved[n], t) for n, t in used.state_dict().items())


def test_a_changed_spec_is_told_apart():
    saved = lossdsl.load(PLAIN, compile=False).state_dict()
    changed = {**PLAIN, "params": {"tau": 0.5, "new": 1.0}, "loss": "new * ce(x / tau, y)"}
    with pytest.raises(RuntimeError, match="Missing.*params.new"):
        lossdsl.load(changed, compile=False).load_state_dict(saved)
    missing = lossdsl.load(changed, compile=False).load_state_dict(saved, strict=False)
    assert missing.missing_keys == ["params.new"]
    with pytest.raises(RuntimeError, match="Unexpected.*state.prior"):
        lossdsl.load(PLAIN, compile=False).load_state_dict(lossdsl.load(STATEFUL, compile=False).state_dict())


def test_loading_a_param_that_shapes_the_computation():
    loss, other = lossdsl.load(STATIC, params={"n": 3}, compile=False), lossdsl.load(STATIC, compile=False)
    other.load_state_dict(loss.state_dict())
    torch.testing.assert_close(other(**D).loss, 0.5 * (D["x"] ** 3).mean())


# --- types ------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [torch.nn.Module.half, torch.nn.Module.double, torch.nn.Module.bfloat16])
def test_conversions_leave_values_alone(convert):
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(**D, step=100_001)
    wanted = copy.deepcopy(loss)(**D).loss
    convert(loss)
    assert torch.equal(loss(**D).loss, wanted) and int(loss.step_count) == 100_001


# --- many -------------------------------------------------------------------------------------


def lines_kept():
    gc.collect()
    return len([name for name in linecache.cache if name.startswith("<lossdsl")])


def test_sources_go_with_their_modules():
    before = lines_kept()
    keep = [lossdsl.compile(f"{i + 2}*ce", compile=False) for i in range(20)]
    assert lines_kept() >= before + 20
    again = [lossdsl.compile(f"{i + 2}*ce", compile=False) for i in range(20)]
    del keep
    assert lines_kept() >= before + 20  # equal sources share their lines
    del again
    assert lines_kept() <= before


def test_threads_compile_at_once():
    deep = "mean(" + "+".join(["sin(x)"] + ["x"] * 800) + ")"
    limit, problems, values = sys.getrecursionlimit(), [], {}

    def work(number):
        try:
            for turn in range(3):
                loss = lossdsl.load(spec(f"{number + 1}*ce(x, y) + {turn} * {deep}"), compile=False)
                values[number, turn] = loss(**D).terms["ce"].item() / (number + 1)
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and len(values) == 18 and max(values.values()) - min(values.values()) < 1e-12
    assert sys.getrecursionlimit() == limit
