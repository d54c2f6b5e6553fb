"""Values of random, einsum, cumsum, conv, pool, causalConv, gatedDelta and moe for test/graph.

Made with Python 3, numpy 2.4.6, torch 2.13.0 (CPU), transformers 5.18.0, safetensors.
    python reference/ops_b.py        (from the repository; writes test/fixtures/ops-b/*.safetensors)
Each file holds arrays and, under the metadata key "cases", the calls that made them.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from transformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeSparseMoeBlock
from transformers.models.qwen3_next.modeling_qwen3_next import (
    torch_chunk_gated_delta_rule,
    torch_recurrent_gated_delta_rule,
)

OUT = Path(__file__).parent.parent / "test" / "fixtures" / "ops-b"
rng = np.random.default_rng(0)


class File:
    def __init__(self, name):
        self.name, self.arrays, self.cases = name, {}, []

    def case(self, name, op, inputs, outputs, **options):
        for key, values in (("inputs", inputs), ("outputs", outputs)):
            for i, v in enumerate(values):
                a = v.detach().numpy() if isinstance(v, torch.Tensor) else np.asarray(v)
                self.arrays[f"{name}.{key}.{i}"] = np.array(a, order="C")
        self.cases.append({
            "name": name, "op": op, "options": options,
            "inputs": [f"{name}.inputs.{i}" for i in range(len(inputs))],
            "outputs": [f"{name}.outputs.{i}" for i in range(len(outputs))],
        })

    def save(self):
        OUT.mkdir(parents=True, exist_ok=True)
        save_file(self.arrays, OUT / f"{self.name}.safetensors", {"cases": json.dumps(self.cases)})


def floats(*shape, scale=1.0, dtype=np.float32):
    return (rng.standard_normal(shape) * scale).astype(dtype)


def philox4x32(counter, key, rounds=10):
    """Random123's Philox4x32; counter [..., 4] and key [2] of 32-bit words."""
    mask = np.uint64(0xFFFFFFFF)
    c = [counter[..., i].astype(np.uint64) for i in range(4)]
    k = [np.uint64(x) for x in key]
    for _ in range(rounds):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        shift = np.uint64(32)
        c = [(p1 >> shift) ^ c[1] ^ k[0], p1 & mask, (p0 >> shift) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + np.uint64(0x9E3779B9)) & mask, (k[1] + np.uint64(0xBB67AE85)) & mask]
    return np.stack(c, -1).astype(np.uint32)


def known_answers():
    """tests/kat_vectors of Random123, philox4x32 10."""
    for counter, key, expected in [
        ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
         "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ]:
        got = philox4x32(np.array(counter, np.uint32), key)
        assert " ".join(f"{w:08x}" for w in got) == expected


def random():
    known_answers()
    f = File("random")

    def words(key, size, stream=0, data=0):
        blocks = (size + 3) // 4
        counter = np.zeros((blocks, 4), np.uint32)
        counter[:, 0], counter[:, 2], counter[:, 3] = np.arange(blocks), stream, data
        return philox4x32(counter, key).reshape(-1)[:size]

    for i, key in enumerate([[0, 0], [0xFFFFFFFF, 0xFFFFFFFF], [0xA4093822, 0x299F31D0]]):
        key = np.array(key, np.uint32)
        for shape in [(3, 5)] if i else [(1,), (4, 4, 2)]:
            bits = words(key, int(np.prod(shape))).reshape(shape)
            f.case(f"bits{i}-{len(shape)}", "randomBits", [key], [bits], shape=shape)
        for data in [7, 4294967295][i - 1:i]:
            f.case(f"fold{i}-{data}", "foldKey", [key], [words(key, 2, 1, data)], data=data)
    key = np.array([3, 4], np.uint32)
    bits = words(key, 12)
    f.case("uniform32", "uniform", [key], [(bits >> 8).astype(np.float32) * np.float32(2**-24)],
           shape=[12], dtype="f32")
    f.case("uniform64", "uniform", [key], [bits * 2.0**-32], shape=[12], dtype="f64")
    u, v = bits[:6] * 2.0**-32, bits[6:] * 2.0**-32
    f.case("normal64", "normal", [key], [np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)],
           shape=[6], dtype="f64")
    f.save()


def einsum():
    f = File("einsum")
    sizes = dict(b=2, i=3, j=4, k=5, h=2, d=3, s=4, t=3)
    for n, equation in enumerate([
        "ij,jk->ik", "ij,kj->ki", "bij,bjk->bik", "bshd,bthd->bhst", "bhst,bthd->bshd", "i,j->ij",
        "ij->ji", "ij->j", "ij->", "ij,ij->", "ij,j", "bij,jk", "ik,kj,ji->k", "ij,k->k",
        "ij,ik,ih->jkh", "bi,bij,bj->b", "hd,bsh->bsd",
    ]):
        terms = equation.split("->")[0].split(",")
        arrays = [floats(*[sizes[c] for c in term]) for term in terms]
        f.case(f"plain{n}", "einsum", arrays, [np.einsum(equation, *arrays)], equation=equation)
    square = floats(3, 3)
    f.case("trace", "einsum", [square], [np.einsum("ii", square)], equation="ii")
    f.case("diagonal", "einsum", [square], [np.einsum("ii->i", square)], equation="ii->i")
    cube = floats(2, 3, 3)
    f.case("batchDiagonal", "einsum", [cube, square], [np.einsum("bii,ij->bj", cube, square)],
           equation="bii,ij->bj")
    a, b = floats(2, 1, 3, 4), floats(5, 4, 2)
    f.case("ellipsis", "einsum", [a, b], [np.einsum("...ij,...jk->...ik", a, b)],
           equation="...ij,...jk->...ik")
    f.case("ellipsisSum", "einsum", [a], [np.einsum("...j->...", a)], equation="...j->...")
    f.save()


def cumsum():
    f = File("cumsum")
    x = floats(3, 4)
    for axis in (0, 1):
        for reverse in (False, True):
            for exclusive in (False, True):
                y = np.flip(x, axis) if reverse else x
                y = np.cumsum(y, axis) - (y if exclusive else 0)
                y = np.flip(y, axis) if reverse else y
                f.case(f"{axis}-{reverse}-{exclusive}", "cumsum", [x], [y], axis=axis,
                       reverse=reverse, exclusive=exclusive)
    f.save()


def conv():
    f = File("conv")
    t = torch.from_numpy
    cases = [
        (1, dict()), (1, dict(stride=2, padding=2)), (1, dict(dilation=2, padding=1)),
        (1, dict(groups=2)), (2, dict()), (2, dict(stride=[2, 1], padding=[1, 0])),
        (2, dict(groups=4)), (2, dict(stride=2, padding=1, dilation=[1, 2])), (3, dict()),
        (3, dict(stride=2, padding=1)),
    ]
    for n, (rank, options) in enumerate(cases):
        groups = options.get("groups", 1)
        size = [7, 6, 5][:rank]
        x, w, b = floats(2, 4, *size), floats(8, 4 // groups, *([3, 2, 2] if rank < 3 else [2, 1, 2])[:rank]), floats(8)
        y = [F.conv1d, F.conv2d, F.conv3d][rank - 1](t(x), t(w), t(b), **options)
        f.case(f"conv{n}", "conv", [x, w, b], [y], **options)
    for n, (rank, options) in enumerate([
        (1, dict()), (1, dict(stride=2, padding=1, output_padding=1)), (1, dict(groups=2)),
        (2, dict(stride=2)), (2, dict(stride=[2, 3], padding=[1, 0], output_padding=[1, 2])),
        (2, dict(dilation=2, groups=2)), (3, dict(stride=2, padding=1)),
    ]):
        groups = options.get("groups", 1)
        x, w = floats(2, 4, *[4, 3, 3][:rank]), floats(4, 6 // groups, *([3, 2, 2] if rank < 3 else [2, 1, 2])[:rank])
        b = floats(6)
        fn = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d][rank - 1]
        y = fn(t(x), t(w), t(b), **options)
        options = {("outputPadding" if k == "output_padding" else k): v for k, v in options.items()}
        f.case(f"transpose{n}", "convTranspose", [x, w, b], [y], **options)
    f.save()


def pool():
    f = File("pool")
    t = torch.from_numpy
    for n, (rank, kernel, options) in enumerate([
        (1, 2, dict()), (1, 3, dict(stride=1, padding=1)), (2, 2, dict()),
        (2, [3, 2], dict(stride=[2, 1], padding=[1, 0])), (3, 2, dict(stride=1)),
    ]):
        x = floats(2, 3, *[7, 6, 5][:rank])
        top = [F.max_pool1d, F.max_pool2d, F.max_pool3d][rank - 1]
        y, indices = top(t(x), kernel, return_indices=True, **options)
        f.case(f"max{n}", "maxPool", [x], [y, indices], kernel=kernel, **options)
        average = [F.avg_pool1d, F.avg_pool2d, F.avg_pool3d][rank - 1]
        for count in (True, False):
            y = average(t(x), kernel, count_include_pad=count, **options)
            f.case(f"average{n}-{count}", "avgPool", [x], [y], kernel=kernel, countPadding=count,
                   **options)
    x = floats(2, 3, 4, 5)
    f.case("global", "globalAvgPool", [x], [x.mean((2, 3))])
    f.save()


def causal_conv():
    f = File("causal-conv")
    for n, (batch, seq, channels, kernel, bias, state, silu) in enumerate([
        (2, 5, 3, 4, False, False, True), (1, 2, 4, 4, True, True, False),
        (2, 1, 2, 3, True, True, True), (1, 6, 2, 1, False, False, False),
    ]):
        x, w = floats(batch, seq, channels), floats(channels, kernel)
        b = floats(channels) if bias else None
        past = floats(batch, kernel - 1, channels) if state else np.zeros(
            (batch, kernel - 1, channels), np.float32)
        whole = torch.from_numpy(np.concatenate([past, x], 1)).transpose(1, 2)
        y = F.conv1d(whole, torch.from_numpy(w)[:, None], None if b is None else
                     torch.from_numpy(b), groups=channels)
        y = (F.silu(y) if silu else y).transpose(1, 2)
        after = whole.transpose(1, 2)[:, seq:]
        inputs = [x, w] + ([b] if bias else []) + ([past] if state else [])
        f.case(f"case{n}", "causalConv", inputs, [y, after], bias=bias, state=state,
               activation="silu" if silu else None)
    f.save()


def gated_delta():
    f = File("gated-delta")
    for n, (batch, seq, hk, hv, dk, dv, state) in enumerate([
        (2, 5, 2, 2, 4, 3, False), (1, 9, 1, 2, 4, 4, True), (1, 70, 2, 4, 8, 8, True),
        (1, 1, 1, 1, 4, 4, True),
    ]):
        q, k = floats(batch, seq, hk, dk), floats(batch, seq, hk, dk)
        q, k = (x / np.sqrt((x * x).sum(-1, keepdims=True) + 1e-6) for x in (q, k))
        v = floats(batch, seq, hv, dv)
        g = -np.abs(floats(batch, seq, hv)) * 0.5
        beta = 1 / (1 + np.exp(-floats(batch, seq, hv)))
        s0 = floats(batch, hv, dk, dv) if state else None
        t = lambda x: None if x is None else torch.from_numpy(np.asarray(x, np.float32))
        repeat = lambda x: np.repeat(x, hv // hk, 2)
        args = [t(repeat(q)), t(repeat(k)), t(v), t(g), t(beta)]
        options = dict(initial_state=t(s0), output_final_state=True)
        y, s = torch_recurrent_gated_delta_rule(*args, **options)
        y2, s2 = torch_chunk_gated_delta_rule(*args, chunk_size=64, **options)
        assert torch.allclose(y, y2, atol=1e-5) and torch.allclose(s, s2, atol=1e-5)
        inputs = [t(q), t(k), t(v), t(g), t(beta)] + ([t(s0)] if state else [])
        f.case(f"case{n}", "gatedDelta", inputs, [y, s], state=state)
    f.save()


def moe():
    f = File("moe")
    for n, (experts, top_k, normalise) in enumerate([(4, 2, True), (5, 2, False), (3, 3, True)]):
        torch.manual_seed(n)
        config = Qwen3MoeConfig(hidden_size=8, moe_intermediate_size=6, num_experts=experts,
                                num_experts_per_tok=top_k, norm_topk_prob=normalise)
        config._experts_implementation = "eager"
        block = Qwen3MoeSparseMoeBlock(config)
        with torch.no_grad():
            for p in block.parameters():
                p.normal_(0, 0.5)
        x = torch.randn(2, 5, 8)
        logits = F.linear(x, block.gate.weight)
        gate, up = block.experts.gate_up_proj.chunk(2, dim=1)
        y = block(x)
        f.case(f"case{n}", "moe", [x, logits, gate, up, block.experts.down_proj], [y],
               topK=top_k, normalise=normalise)
    f.save()


for make in (random, einsum, cumsum, conv, pool, causal_conv, gated_delta, moe):
    make()
