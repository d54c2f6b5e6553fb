"""Values of the graph's primitive and fused ops, computed by NumPy and PyTorch.

Writes test/fixtures/ops/<family>.safetensors; the cases are listed in each file's metadata.
Versions: torch 2.13.0, numpy 2.4.6, safetensors 0.8.0. Run: python3 reference/ops.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "ops"
rng = np.random.default_rng(20250601)


class Family:
    """Collects calls: inputs, outputs and options of one op each."""

    def __init__(self, name):
        self.name, self.arrays, self.cases, self.count = name, {}, [], 0

    def store(self, value):
        if isinstance(value, torch.Tensor):
            value = value.detach().numpy()
        value = np.asarray(value)
        self.count += 1
        name = f"a{self.count}"
        self.arrays[name] = np.array(value, order="C")  # a copy
        return name

    def case(self, op, inputs, outputs, name="", **options):
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        self.cases.append({
            "name": name or f"{op} {len(self.cases)}",
            "op": op,
            "inputs": [self.store(x) for x in inputs],
            "outputs": [self.store(y) for y in outputs],
            "options": options,
        })

    def save(self):
        OUT.mkdir(parents=True, exist_ok=True)
        save_file(self.arrays, OUT / f"{self.name}.safetensors", {"cases": json.dumps(self.cases)})
        size = (OUT / f"{self.name}.safetensors").stat().st_size
        print(f"{self.name}: {len(self.cases)} cases, {size} bytes")


def f(*shape, dtype=np.float32, low=-2.0, high=2.0):
    return rng.uniform(low, high, shape).astype(dtype)


def ints(*shape, low=-5, high=6, dtype=np.int64):
    return rng.integers(low, high, shape).astype(dtype)


INTS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32]
FLOATS = [np.float16, np.float32, np.float64]
SHAPES = [((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1, 3), (4, 1)), ((1,), (2, 2)), ((0, 3), (3,))]


def elementwise():
    fam = Family("elementwise")
    two = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
           "maximum": np.maximum, "minimum": np.minimum, "mod": np.mod}
    for op, fn in two.items():
        for a, b in SHAPES:
            y = f(*b)
            fam.case(op, [x := f(*a), y], fn(x, y))
        for t in FLOATS:
            x, y = f(3, dtype=t), f(3, dtype=t)
            fam.case(op, [x, y], fn(x, y))
        for t in INTS:
            unsigned = np.issubdtype(t, np.unsignedinteger)
            x = ints(6, low=0 if unsigned else -9, high=10, dtype=t)
            y = ints(6, low=1, high=5, dtype=t)
            value = (np.sign(x) * (np.abs(x) // y)).astype(t) if op == "div" else fn(x, y)
            fam.case(op, [x, y], value)
    nan = np.array([1, np.nan, 2, np.nan], np.float32)
    for op in ["maximum", "minimum"]:
        fam.case(op, [nan, nan[::-1]], two[op](nan, nan[::-1]), name=f"{op} of NaN")
    x, y = f(2, 3, low=0.1), f(3)
    fam.case("pow", [x, y], np.power(x, y))
    x, y = f(4, dtype=np.float64, low=0.5), f(4, dtype=np.float64)
    fam.case("pow", [x, y], np.power(x, y))
    for t in [np.int8, np.int32, np.int64, np.uint8]:
        x, y = ints(4, low=0, high=4, dtype=t), ints(4, low=0, high=4, dtype=t)
        fam.case("pow", [x, y], np.power(x, y))
    compare = {"equal": np.equal, "notEqual": np.not_equal, "less": np.less,
               "lessEqual": np.less_equal, "greater": np.greater, "greaterEqual": np.greater_equal}
    for op, fn in compare.items():
        for t in INTS + FLOATS:
            x, y = ints(2, 3, low=0, high=3, dtype=t), ints(3, low=0, high=3, dtype=t)
            fam.case(op, [x, y], fn(x, y))
        x, y = np.array([False, False, True, True]), np.array([False, True, False, True])
        fam.case(op, [x, y], fn(x, y))
        fam.case(op, [nan, nan[::-1]], fn(nan, nan[::-1]), name=f"{op} of NaN")
    for op, fn in {"logicalAnd": np.logical_and, "logicalOr": np.logical_or,
                   "logicalXor": np.logical_xor}.items():
        fam.case(op, [x, y], fn(x, y))
    fam.case("logicalNot", [x], np.logical_not(x))
    condition = np.array([[True], [False]])
    for t in INTS + FLOATS + [np.uint64, np.bool_]:
        a, b = ints(2, 3, low=0, high=9).astype(t), ints(3, low=0, high=9).astype(t)
        fam.case("where", [condition, a, b], np.where(condition, a, b))
    for source in INTS + FLOATS + [np.bool_]:
        for target, dtype in {"f32": np.float32, "i64": np.int64, "i32": np.int32, "f16": np.float16,
                              "f64": np.float64, "bool": np.bool_, "u8": np.uint8}.items():
            x = np.array([0, 1, 2.5, 100], np.float64).astype(source)
            fam.case("cast", [x], x.astype(dtype), to=target)
    fam.save()


def unary():
    fam = Family("unary")
    torch_ops = {
        "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "exp": torch.exp, "sin": torch.sin,
        "cos": torch.cos, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "floor": torch.floor,
        "ceil": torch.ceil, "round": torch.round, "relu": F.relu, "erf": torch.erf,
        "expm1": torch.expm1, "softplus": F.softplus, "silu": F.silu, "gelu": F.gelu,
        "square": torch.square, "leakyRelu": F.leaky_relu,
    }
    for op, fn in torch_ops.items():
        for dtype in [torch.float16, torch.float32, torch.float64]:
            for shape in [(), (2, 3), (0, 2)]:
                x = torch.from_numpy(np.asarray(f(*shape, dtype=np.float64, low=-3, high=3))).to(dtype)
                fam.case(op, [x], fn(x.double()).to(dtype))
        x = torch.tensor([-0.5, 0.5, 1.5, 2.5, -1.5, 0.0, 30.0, -30.0, 1e-6])
        fam.case(op, [x], fn(x.double()).float(), name=f"{op} at special values")
    for op, fn in {"log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
                   "reciprocal": torch.reciprocal, "log1p": torch.log1p}.items():
        for dtype in [torch.float16, torch.float32, torch.float64]:
            x = torch.from_numpy(f(2, 3, dtype=np.float64, low=0.1, high=4)).to(dtype)
            fam.case(op, [x], fn(x.double()).to(dtype))
    tiny = torch.tensor([1e-8, -1e-8, 1e-5, 1e-20, 0.0, 1e8, float("inf")])
    fam.case("log1p", [tiny], torch.log1p(tiny), name="log1p near 0 and far")
    tiny = torch.tensor([1e-8, -1e-8, 1e-5, 1e-20, 0.0, 50.0, -100.0, float("inf"), float("-inf")])
    fam.case("expm1", [tiny], torch.expm1(tiny), name="expm1 near 0 and far")
    far = torch.tensor([-4.0, -2.0, 0.3, 3.0, 5.0, 7.0, -30.0, 1e-9], dtype=torch.float64)
    fam.case("erf", [far], torch.erf(far), name="erf in f64")
    x = torch.from_numpy(f(3, 4, low=-4, high=4))
    fam.case("gelu", [x], F.gelu(x, approximate="tanh"), approximate="tanh")
    fam.case("gelu", [x.double()], F.gelu(x.double(), approximate="tanh"), approximate="tanh")
    for low, high in [(-1.0, 1.5), (0.0, None), (None, 2.0)]:
        fam.case("clip", [x], torch.clamp(x, low, high), low=low, high=high)
    for t in INTS:
        i = ints(5, low=0, high=9, dtype=t)
        fam.case("clip", [i], np.clip(i, 2, 5), low=2, high=5)
        fam.case("abs", [i], np.abs(i))
        fam.case("sign", [i], np.sign(i))
        fam.case("neg", [i], np.negative(i))
    odd = torch.tensor([1.0, float("nan"), float("inf"), float("-inf"), 0.0])
    for dtype in [torch.float16, torch.float32, torch.float64]:
        x = odd.to(dtype)
        fam.case("isNan", [x], torch.isnan(x))
        fam.case("isInf", [x], torch.isinf(x))
        fam.case("isFiniteNumber", [x], torch.isfinite(x))
    fam.save()


def reduce():
    fam = Family("reduce")
    ops = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min,
           "variance": np.var, "standardDeviation": np.std,
           "logSumExp": lambda x, axis, keepdims: torch.logsumexp(
               torch.from_numpy(x), axis if axis is not None else tuple(range(x.ndim)), keepdims)}
    settings = [((2, 3, 4), None, False), ((2, 3, 4), [-1], True), ((2, 3, 4), [0, 2], False),
                ((3,), [0], False), ((1, 3), [0], True), ((5, 1), [1], False)]
    for op, fn in ops.items():
        for shape, axes, keep in settings:
            for t in [np.float32, np.float64]:
                x = f(*shape, dtype=t)
                fam.case(op, [x], fn(x, axis=None if axes is None else tuple(axes), keepdims=keep),
                         **({} if axes is None else {"axes": axes}), keepDims=keep)
    for op in ["sum", "prod", "max", "min"]:
        for t in [np.int8, np.int32, np.int64, np.uint8]:
            x = ints(2, 4, low=0, high=3, dtype=t)
            fam.case(op, [x], ops[op](x, axis=1).astype(t), axes=[1])
    empty = np.zeros((2, 0), np.float32)
    fam.case("sum", [empty], np.sum(empty, axis=1), axes=[1], name="sum of nothing")
    fam.case("prod", [empty], np.prod(empty, axis=1), axes=[1], name="product of nothing")
    fam.case("max", [empty], np.full(2, -np.inf, np.float32), axes=[1], name="max of nothing")
    fam.case("min", [empty], np.full(2, np.inf, np.float32), axes=[1], name="min of nothing")
    fam.case("logSumExp", [empty], np.full(2, -np.inf, np.float32), axes=[1])
    far = np.array([[1e4, 1e4 - 1], [-1e4, -1e4], [-np.inf, -np.inf], [-np.inf, 1]], np.float32)
    fam.case("logSumExp", [far], torch.logsumexp(torch.from_numpy(far), 1), axes=[1],
             name="logSumExp far from 0")
    b = np.array([[True, False], [False, False], [True, True]])
    fam.case("any", [b], b.any(axis=1), axes=[1])
    fam.case("all", [b], b.all(axis=1), axes=[1])
    fam.case("variance", [x := f(3, 5)], np.var(x, axis=1, ddof=1), axes=[1], correction=1)
    for op, fn in {"argMax": np.argmax, "argMin": np.argmin}.items():
        for t in [np.float32, np.float64, np.float16, np.int8, np.int32, np.int64, np.uint8, np.uint16]:
            x = ints(3, 4, low=0, high=3, dtype=t)  # with ties: the first wins
            fam.case(op, [x], fn(x, axis=1), axis=1)
            fam.case(op, [x], fn(x, axis=0, keepdims=True), axis=-2, keepDims=True)
    for t in [np.float32, np.float64, np.int32, np.int64, np.uint8, np.uint16]:
        x = np.stack([rng.permutation(6) for _ in range(2)]).astype(t)
        order = np.argsort(-x.astype(np.float64), axis=1, kind="stable")[:, :3]
        fam.case("topK", [x], [np.take_along_axis(x, order, 1), order], k=3)
        order = np.argsort(x, axis=0, kind="stable")
        fam.case("sort", [x], [np.take_along_axis(x, order, 0), order], axis=0)
    ties = np.array([1, 0, 1, 0, 1], np.float32)
    order = np.argsort(-ties, kind="stable")
    fam.case("sort", [ties], [ties[order], order], descending=True, name="sort keeps the order of ties")
    fam.save()


def move():
    fam = Family("move")
    for t in [np.float32, np.float64, np.float16, np.int8, np.int32, np.int64, np.uint8, np.uint16, np.bool_]:
        x = ints(2, 3, 4, low=0, high=7).astype(t)
        fam.case("reshape", [x], x.reshape(4, 6), shape=[4, -1])
        fam.case("transpose", [x], x.transpose(2, 0, 1), order=[2, 0, 1])
        fam.case("broadcastTo", [x[:, :1]], np.broadcast_to(x[:, :1], (3, 2, 5, 4)), shape=[3, 2, 5, 4])
        fam.case("concat", [x, x[:, :1]], np.concatenate([x, x[:, :1]], 1), axis=-2)
        fam.case("stack", [x, x], np.stack([x, x], -1), axis=-1)
        fam.case("split", [x], np.split(x, [1], 2), sizes=[1, 3], axis=2)
        fam.case("split", [x], np.split(x, 2, -1), sizes=2, axis=-1)
        fam.case("flip", [x], np.flip(x, (0, 2)), axes=[0, -1])
        fam.case("tile", [x], np.tile(x, (2, 1, 3)), counts=[2, 1, 3])
        fam.case("repeat", [x], np.repeat(x, 2, 1), count=2, axis=1)
        if t not in [np.bool_]:
            fam.case("pad", [x], np.pad(x, ((0, 0), (1, 2), (0, 0)), constant_values=5),
                     axis=1, before=1, after=2, value=5)
        for mode in ["reflect", "edge", "wrap"]:
            fam.case("padWith", [x], np.pad(x, ((0, 0), (0, 0), (3, 2)), mode=mode),
                     axis=-1, before=3, after=2, mode=mode)
    x = f(6, 2)
    for start, end, step in [(1, 4, 1), (-3, None, 1), (0, -1, 1), (None, None, 2), (1, 6, 2), (0, 6, 4),
                             (None, None, -1), (4, 1, -1), (None, None, -2), (-2, 0, -3), (5, None, -4)]:
        fam.case("slice", [x], x[start:end:step], axis=0, start=start, end=end, step=step)
    fam.case("slice", [x], x[2:2], axis=0, start=2, end=2, step=1, name="empty slice")
    empty = np.zeros((0, 3), np.float32)
    fam.case("reshape", [empty], empty.reshape(3, 0), shape=[3, 0], name="reshape of nothing")
    fam.case("reshape", [empty], empty.reshape(0, 5), shape=[0, 5], name="nothing to another nothing")
    fam.case("concat", [empty, f(2, 3) * 0], np.zeros((2, 3), np.float32), axis=0)
    fam.case("expandDims", [x], x[:, None], axis=1)
    fam.case("expandDims", [np.float32(3)], np.float32(3)[None], axis=-1)
    fam.case("squeeze", [x[:1]], x[0], axes=[0])
    fam.save()


def index():
    fam = Family("index")
    for t in [np.float32, np.float64, np.float16, np.int32, np.int64, np.uint8]:
        x = ints(3, 4, 2, low=0, high=9).astype(t)
        for axis in [0, 1, -1]:
            for shape in [(), (3,), (2, 2)]:
                size = x.shape[axis]
                at = ints(*shape, low=-size, high=size)
                fam.case("gather", [x, at], np.take(x, at, axis, mode="wrap"), axis=axis)
        for axis in [0, 1, 2]:
            shape = list(x.shape)
            shape[axis] = 5
            at = ints(*shape, low=0, high=x.shape[axis])
            fam.case("gatherElements", [x, at], np.take_along_axis(x, at, axis), axis=axis)
            updates = ints(*shape, low=0, high=3).astype(t)
            added = torch.from_numpy(x.astype(np.float64)).scatter_add(
                axis, torch.from_numpy(at), torch.from_numpy(updates.astype(np.float64)))
            fam.case("scatterAdd", [x, at, updates], added.numpy().astype(t), axis=axis)
        at = ints(2, 5, low=-3, high=3)
        updates = ints(2, 5, 4, 2, low=0, high=3).astype(t)
        y = x.copy()
        np.add.at(y, at, updates)
        fam.case("scatterAddRows", [x, at, updates], y)
        y, v, u = x[:, 0, 0].copy(), ints(7, low=0, high=3), ints(7, low=0, high=3).astype(t)
        np.add.at(y, v, u)
        fam.case("scatterAddRows", [x[:, 0, 0], v, u], y, name="scatterAddRows of numbers")
    x, at = f(4, 3), ints(3, dtype=np.int32, low=0, high=4)
    fam.case("gather", [x, at], x[at], axis=0)
    fam.case("gather", [x, at[:0]], x[at[:0]], axis=0)
    many = ints(300, low=0, high=7)
    updates, y = f(300, 5), np.zeros((9, 5), np.float64)
    np.add.at(y, many, updates.astype(np.float64))
    fam.case("scatterAddRows", [np.zeros((9, 5), np.float32), many, updates], y.astype(np.float32),
             name="scatterAddRows with many repeats")
    fam.case("scatterAddRows", [x, at[:0], x[:0]], x, name="scatterAddRows of nothing")
    labels = np.array([[0, 2], [3, 1]])
    for name, t in {"f32": np.float32, "f64": np.float64, "i32": np.int32, "bool": np.bool_}.items():
        fam.case("oneHot", [labels], np.eye(4)[labels].astype(t), depth=4, dtype=name)
    fam.case("oneHot", [np.array([-1, 4, 1])], np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]], np.float32),
             depth=4, dtype="f32", name="oneHot out of range is 0")
    fam.save()


def fused():
    fam = Family("fused")
    x = torch.from_numpy(f(2, 3, 4, low=-4, high=4))
    for t in [torch.float32, torch.float64]:
        for axis in [-1, 0, 1]:
            fam.case("softmax", [x.to(t)], torch.softmax(x.to(t), axis), axis=axis)
            fam.case("logSoftmax", [x.to(t)], torch.log_softmax(x.to(t), axis), axis=axis)
        w, b = torch.from_numpy(f(4)).to(t), torch.from_numpy(f(4)).to(t)
        fam.case("layerNorm", [x.to(t), w, b], F.layer_norm(x.to(t), (4,), w, b, 1e-5), epsilon=1e-5)
        fam.case("rmsNorm", [x.to(t), w], F.rms_norm(x.to(t), (4,), w, 1e-6), epsilon=1e-6)
    far = torch.tensor([[1e4, 0, -1e4], [float("-inf"), 0, 1]])
    fam.case("softmax", [far], torch.softmax(far, -1), axis=-1)
    logits, labels = torch.from_numpy(f(5, 7, low=-4, high=4)), torch.tensor([0, 6, -100, 3, -100])
    for t in [torch.float32, torch.float64]:
        for smoothing in [0.0, 0.1]:
            y = F.cross_entropy(logits.to(t), labels, reduction="none", label_smoothing=smoothing)
            fam.case("crossEntropy", [logits.to(t), labels], y, labelSmoothing=smoothing)
    labels[2] = 1
    y = F.cross_entropy(logits[:4], labels[:4], reduction="none", ignore_index=6)
    fam.case("crossEntropy", [logits[:4], labels[:4]], y, ignoreIndex=6)
    gate, up = torch.from_numpy(f(2, 5)), torch.from_numpy(f(2, 5))
    fam.case("swiglu", [gate, up], F.silu(gate) * up)
    rotaries(fam)
    attentions(fam)
    fam.save()


def rotaries(fam):
    for batch, width, half in [(2, 8, 4), (2, 8, 2), (1, 16, 8)]:
        q = torch.from_numpy(f(2, 3, 2, width))
        angle = torch.from_numpy(f(batch, 3, half, low=-3, high=3))
        cos, sin = angle.cos()[:, :, None], angle.sin()[:, :, None]
        a, b, rest = q[..., :half], q[..., half : 2 * half], q[..., 2 * half :]
        y = torch.cat([a * cos - b * sin, b * cos + a * sin, rest], -1)
        fam.case("rotary", [q, cos[:, :, 0], sin[:, :, 0]], y)


def attentions(fam):
    """q [batch, seq, heads, width]; the mask and the soft cap are written out."""

    def case(heads, kv_heads, seq=5, keys=5, width=8, causal=True, window=0, cap=0.0, bias=False, sinks=False):
        q = torch.from_numpy(f(2, seq, heads, width))
        k, v = torch.from_numpy(f(2, keys, kv_heads, width)), torch.from_numpy(f(2, keys, kv_heads, width))
        place, key = torch.arange(seq)[:, None] + keys - seq, torch.arange(keys)[None]
        seen = torch.ones(seq, keys, dtype=torch.bool)
        if causal:
            seen &= key <= place
        if window:
            seen &= key > place - window
        inputs, options = [q, k, v], {"causal": causal, "window": window, "softCap": cap}
        mask = torch.zeros(seq, keys).masked_fill(~seen, float("-inf"))
        if bias:
            added = torch.from_numpy(f(2, heads, seq, keys))
            inputs.append(added)
            mask = mask + added
        qh, kh, vh = (x.transpose(1, 2).double() for x in (q, k, v))
        if cap or sinks:
            kh, vh = (x.repeat_interleave(heads // kv_heads, 1) for x in (kh, vh))
            scores = qh @ kh.transpose(-1, -2) / width**0.5
            if cap:
                scores = cap * torch.tanh(scores / cap)
            scores = scores + mask.double()
            if sinks:
                sink = torch.from_numpy(f(heads))
                inputs.append(sink)
                column = sink.double()[None, :, None, None].expand(2, heads, seq, 1)
                y = torch.softmax(torch.cat([scores, column], -1), -1)[..., :-1] @ vh
            else:
                y = torch.softmax(scores, -1) @ vh
        else:
            y = F.scaled_dot_product_attention(qh, kh, vh, mask.double(), enable_gqa=True)
        fam.case("attention", inputs, y.transpose(1, 2).float(), bias=bias, sinks=sinks, **options)

    case(4, 4)
    case(4, 2)
    case(4, 1, causal=False)
    case(4, 2, seq=2, keys=5)
    case(4, 2, width=6)
    case(4, 2, window=2)
    case(4, 2, cap=1.5)
    case(4, 2, bias=True)
    case(4, 2, bias=True, causal=False)
    case(4, 2, sinks=True)
    case(4, 1, window=3, cap=2.0, bias=True, sinks=True)


for family in [elementwise, unary, reduce, move, index, fused]:
    family()
