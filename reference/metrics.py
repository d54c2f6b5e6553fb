"""Scores of text, captions, speech, answers and labels by the published implementations.

Writes test/fixtures/metrics/*.json: the cases and what each implementation says of them.

    pip install sacrebleu==2.6.0 scikit-learn==1.9.1 scipy==1.17.1 nltk==3.10.3 rapidfuzz==3.14.6 \
        transformers==5.18.0 torch==2.13.0 six absl-py
    python reference/metrics.py SOURCES

SOURCES is a folder of checkouts, read as they are:
    google-research   google-research/google-research, folder rouge (rouge_score on PyPI)
    OFASys            OFA-Sys/OFASys, folders ofasys/metric (pyciderevalcap in Python 3) and ofasys/task
    jiwer             jitsi/jiwer v4.0.0
    VQA               GT-Vision-Lab/VQA, the official evaluation (Python 2: its prints are made calls)

Captions are compared as they stand, split at blanks: the PTB tokenizer before CIDEr needs Java.
"""

import importlib
import json
import random
import re
import sys
import types
from pathlib import Path

import numpy as np
import sacrebleu
from scipy import stats
from sklearn import metrics as sk

OUT = Path(__file__).parent.parent / "test/fixtures/metrics"
SOURCES = Path(sys.argv[1])

# prediction, references
TEXTS = [
    ("the cat is on the mat", ["there is a cat on the mat", "the cat sits on the mat"]),
    ("", ["something"]),
    ("something", [""]),
    ("", [""]),
    ("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"]),
    ("A man, riding a horse!", ["a man rides a brown horse.", "Man riding a horse", "a horse"]),
    ("Prices rose 3.5% to $1,234.56 (U.S.).", ["Prices rose by 3.5 % to $1,234.56 in the U.S."]),
    ("naïve café — déjà vu", ["naive cafe - deja vu", "naïve café — déjà vu"]),
    ("今天天气很好", ["今天 天气 很 好", "今天天气真好"]),
    ("Привет, мир! Как дела?", ["Привет мир, как дела"]),
    ("one", ["one"]),
    ("one two", ["one two"]),
    ("one two three", ["one two three four", "one two"]),
    ("don't stop-me now; it's 5-4", ["do not stop me now, it's 5 - 4"]),
    ("&quot;AT&amp;T&quot; &lt;b&gt; ok", ['"AT&T" <b> ok']),
    ("first line here\nsecond line there", ["first line\nsecond line there now", "second line there"]),
    ("police killed the gunman\nthe gunman was police", ["the gunman killed police\npolice were there"]),
    ("a b c d e f g h i j", ["j i h g f e d c b a", "a b c d e x g h i j"]),
    ("the dogs were running happily", ["the dog runs happily", "dogs are running"]),
    ("relational conditional generously", ["relate condition generous"]),
    ("\U0001f600 smiles \U0001f601", ["\U0001f600 smile \U0001f601"]),
    ("tab\tand  two   blanks ", [" tab and two blanks"]),
    ("5,000 people , 12:30 pm .", ["5,000 people, 12:30 pm."]),
    ("long " * 40 + "end", ["long " * 30 + "end", "short end"]),
]

WORDS = "a the cat dog man woman on in with red blue ball sits runs table park and two three".split()


def random_texts(count):
    rng = random.Random(5)
    sentence = lambda: " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 14)))
    return [(sentence(), [sentence() for _ in range(rng.randint(1, 5))]) for _ in range(count)]


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(OUT / name)


def bleu():
    cases = TEXTS + random_texts(12)
    modes = [("exp", None), ("floor", None), ("floor", 0.01), ("add-k", None), ("add-k", 2), ("none", None)]
    most = max(len(references) for _, references in cases)
    # sacrebleu takes one stream a reference; None: a sentence has no further one
    streams = [[r[i] if i < len(r) else None for _, r in cases] for i in range(most)]
    tokenizer = sacrebleu.metrics.bleu._get_tokenizer("13a")()
    rows = []
    for method, value in modes:
        for lowercase in (False, True):
            one = sacrebleu.BLEU(smooth_method=method, smooth_value=value, lowercase=lowercase, effective_order=True)
            whole = sacrebleu.BLEU(smooth_method=method, smooth_value=value, lowercase=lowercase)
            corpus = whole.corpus_score([p for p, _ in cases], streams)
            rows.append(
                {
                    "smoothing": method,
                    "value": value,
                    "lowercase": lowercase,
                    "sentences": [one.sentence_score(p, r).score for p, r in cases],
                    "corpus": corpus.score,
                    "precisions": corpus.precisions,
                    "brevity": corpus.bp,
                    "trigrams": sacrebleu.BLEU(
                        smooth_method=method, smooth_value=value, lowercase=lowercase, max_ngram_order=3
                    ).corpus_score([p for p, _ in cases[:3]], [[r[0] for _, r in cases[:3]]]).score,
                }
            )
    tokens = [[text, tokenizer(text)] for p, r in cases for text in [p, *r]]
    write("bleu.json", {"cases": cases, "rows": rows, "tokens": tokens})


def rouge():
    sys.path.insert(0, str(SOURCES / "google-research"))
    scorer_module = importlib.import_module("rouge.rouge_scorer")
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    cases = [(p, r) for p, references in TEXTS + random_texts(12) for r in references]
    rows = []
    for stem in (False, True):
        scorer = scorer_module.RougeScorer(kinds, use_stemmer=stem)
        scores = [scorer.score(reference, prediction) for prediction, reference in cases]
        rows.append({"stem": stem, "scores": [{k: list(s[k]) for k in kinds} for s in scores]})
    from nltk.stem.porter import PorterStemmer

    vocabulary = """caresses ponies ties caress cats feed agreed disabled matting mating meeting milling messing meetings
    plastered motoring sing conflated troubled sized hopping tanned falling hissing fizzed failing filing happy sky enjoy
    relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli
    vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti
    triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic
    adjustable defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti
    homologous effective bowdlerize probate rate cease controll roll dying lying tying news innings inning outings
    cannings exceed proceed succeed howe skies spied died flies cries tries generously fluently happily geologist
    analogies sses yes y aed owed being bed red king bring oscillate hoping singly apply spy boy shoes 123abc
    conspicuously abilities xylophones ideologically usefully""".split()
    stemmer = PorterStemmer()
    write("rouge.json", {"cases": cases, "rows": rows, "stems": [[w, stemmer.stem(w)] for w in vocabulary]})


def cider():
    sys.path.insert(0, str(SOURCES / "OFASys/ofasys/metric"))
    corpora = [random_texts(20), random_texts(1), TEXTS[:1] + TEXTS[5:8] + TEXTS[17:20]]
    rows = []
    for corpus in corpora:
        row = {"cases": corpus}
        for name, folder in (("cider", "cider.cider_scorer"), ("ciderD", "ciderD.ciderD_scorer")):
            scorer = importlib.import_module(f"pyciderevalcap.{folder}").CiderScorer(df_mode="corpus")
            for prediction, references in corpus:
                scorer += (prediction, references)
            mean, each = scorer.compute_score("corpus")
            row[name] = {"mean": float(mean), "each": [float(x) for x in each]}
        rows.append(row)
    write("cider.json", rows)


def errors():
    sys.path.insert(0, str(SOURCES / "jiwer/src"))
    jiwer = importlib.import_module("jiwer")
    plain = lambda text: " ".join(text.split())  # jiwer parts words at blanks alone
    cases = [(plain(p), plain(r[0])) for p, r in TEXTS + random_texts(20)]
    cases += [("b a", "a b"), ("a b c", "c a b"), ("x", "a b c"), ("a b c", "x")]
    rows = []
    for prediction, reference in cases:
        words = jiwer.process_words(reference, prediction)
        chars = jiwer.process_characters(reference, prediction)
        rows.append(
            {
                "words": [words.substitutions, words.deletions, words.insertions, words.hits],
                "characters": [chars.substitutions, chars.deletions, chars.insertions, chars.hits],
            }
        )
    predictions, references = zip(*cases)
    write(
        "errors.json",
        {
            "cases": cases,
            "rows": rows,
            "wer": jiwer.wer(list(references), list(predictions)),
            "cer": jiwer.cer(list(references), list(predictions)),
        },
    )


def vqa():
    source = (SOURCES / "VQA/PythonEvaluationTools/vqaEvaluation/vqaEval.py").read_text()
    module = types.ModuleType("vqaEval")
    exec(re.sub(r'print "(.*)"', r'print("\1")', source), module.__dict__)
    rng = random.Random(7)
    phrases = [
        "yes", "no", "Two", "2", "the dog", "a dog", "dog", "dont know", "don't know", "1,000", "1000", "3.5", "3.",
        "red/blue", "red blue", "black & white", "t-shirt", "tshirt", "t shirt", "none", "0", "it's 5 o'clock",
        "its 5 oclock", "Hello!", "hello", "U.S.A.", "usa", "left, right", "left right", "a b, c", "\tx\n", "naïve",
        "The", "", "youre here", "you're here", "shed've", "somebody'd", "5,6-7", "10", "ten",
    ]
    cases = []
    for _ in range(80):
        pool = rng.sample(phrases, rng.randint(1, 4))
        answers = [rng.choice(pool) for _ in range(10)]
        cases.append([rng.choice(pool + [rng.choice(phrases)]), answers])
    truth = {
        i: {
            "question_type": "what",
            "answer_type": "other",
            "answers": [{"answer": a, "answer_id": k} for k, a in enumerate(answers)],
        }
        for i, (_, answers) in enumerate(cases)
    }
    made = types.SimpleNamespace(qa=truth, getQuesIds=lambda: list(truth))
    given = types.SimpleNamespace(qa={i: {"answer": answer} for i, (answer, _) in enumerate(cases)})
    judge = module.VQAEval(made, given, n=6)
    forms = [[p, judge.processDigitArticle(judge.processPunctuation(p))] for p in phrases]
    judge.evaluate()
    write(
        "vqa.json",
        {
            "cases": cases,
            "scores": [judge.evalQA[i] for i in range(len(cases))],
            "overall": judge.accuracy["overall"],
            "normalized": forms,
        },
    )


def labels():
    rng = random.Random(3)
    sets = []
    for names, count in ((["yes", "no"], 40), (["a", "b", "c"], 60), (["a", "b", "c", "d"], 5), (["x"], 4), (["yes", "no"], 3)):
        truth = [rng.choice(names) for _ in range(count)]
        guess = [t if rng.random() < 0.5 else rng.choice(names) for t in truth]
        sets.append((guess, truth))
    sets.append((["yes", "no"] * 3, ["no", "yes"] * 3))
    rows = [
        {
            "predictions": guess,
            "references": truth,
            "accuracy": sk.accuracy_score(truth, guess),
            "matthews": float(sk.matthews_corrcoef(truth, guess)),
            "macro": float(sk.f1_score(truth, guess, average="macro", zero_division=0)),
            "micro": float(sk.f1_score(truth, guess, average="micro", zero_division=0)),
            "each": [float(x) for x in sk.fbeta_score(truth, guess, beta=2, average=None, zero_division=0, labels=sorted(set(guess + truth)))],
        }
        for guess, truth in sets
    ]
    numbers = []
    for count in (2, 3, 10, 50):
        x = [round(rng.uniform(-2, 2), 1) for _ in range(count)]
        y = [round(0.5 * a + rng.uniform(-1, 1), 1) for a in x]
        numbers.append({"x": x, "y": y, "pearson": float(stats.pearsonr(x, y)[0]), "spearman": float(stats.spearmanr(x, y)[0])})
    write("labels.json", {"rows": rows, "numbers": numbers})


def squad():
    from transformers.data.metrics import squad_metrics  # the official script's functions

    more = [("The Eiffel-Tower.", ["eiffeltower"]), ("an apple a day", ["Apple day"]), ("the", ["a"]), ("theme a", ["theme"])]
    cases = TEXTS + more + random_texts(12)
    rows = [
        [
            squad_metrics.normalize_answer(p),
            max(squad_metrics.compute_exact(r, p) for r in references),
            max(float(squad_metrics.compute_f1(r, p)) for r in references),
        ]
        for p, references in cases
    ]
    write("squad.json", {"cases": cases, "rows": rows})


def cepstra():
    """Distances of OFASys' speech task; its features need torchaudio and are made up here."""
    import torch
    import torch.nn.functional as F

    source = (SOURCES / "OFASys/ofasys/task/text_to_speech.py").read_text()
    module = {"torch": torch, "np": np, "F": F}
    exec(source[source.index("def antidiag_indices") : source.index("def batch_mel_cepstral")], module)
    generator = torch.Generator().manual_seed(1)
    rows = []
    for m, n in ((1, 1), (3, 3), (5, 8), (12, 7), (1, 4), (20, 20)):
        a, b = (torch.randn(k, 13, generator=generator).round(decimals=3).double() for k in (m, n))
        value = module["batch_compute_distortion"](
            [torch.arange(1.0)], [torch.arange(2.0)], 0, lambda y: (a, b)[len(y) - 1], module["compute_rms_dist"], "path"
        )[0][0]
        rows.append({"a": a.tolist(), "b": b.tolist(), "rms": float(value)})
    write("cepstra.json", rows)


for part in (bleu, rouge, cider, errors, vqa, squad, labels, cepstra):
    part()
