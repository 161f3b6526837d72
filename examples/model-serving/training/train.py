"""Trains both versions of the model with scikit-learn, and writes them as ONNX with a table of the scores they have to give.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    node ../training-data.ts training.csv && venv/bin/python train.py training.csv

The same seed and versions give the same models on the same kind of machine; another BLAS may differ in the last digits,
which is why models and scores are kept together.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

SEED = 7
FIRST_ROWS = 10_000
TABLE_ROWS = 200
HERE = Path(__file__).parent


def main(path):
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    names = Path(path).read_text().split("\n", 1)[0].split(",")[:-1]
    features, fraud = table[:, :-1], table[:, -1].astype(int)
    held_out = len(table) * 3 // 4
    scaler = StandardScaler().fit(features[:held_out])
    scaled = scaler.transform(features)

    # Version 1 was made when there was little data, version 2 of all of it.
    first = LogisticRegression(max_iter=1_000).fit(scaled[:FIRST_ROWS], fraud[:FIRST_ROWS])
    second = MLPClassifier((8,), random_state=SEED, max_iter=400).fit(scaled[:held_out], fraud[:held_out])
    write_model(1, scaler, [(first.coef_.T, first.intercept_)])
    write_model(2, scaler, list(zip(second.coefs_, second.intercepts_)))

    scores = np.stack([model.predict_proba(scaled[held_out:])[:, 1] for model in (first, second)], axis=1)
    for version in (1, 2):
        precision = average_precision_score(fraud[held_out:], scores[:, version - 1])
        print(f"version {version}: average precision {precision:.3f} on {len(scores)} held out")
    write_table(names, features[held_out:], fraud[held_out:], scores)


def write_model(version, scaler, layers):
    """features [n, 6] -> score [n, 1], the probability of fraud."""
    weights = [("mean", scaler.mean_), ("scale", scaler.scale_)]
    nodes = [helper.make_node("Sub", ["features", "mean"], ["centred"]), helper.make_node("Div", ["centred", "scale"], ["layer0"])]
    for number, (coefficients, intercepts) in enumerate(layers, start=1):
        weights += [(f"weights{number}", coefficients), (f"bias{number}", intercepts)]
        nodes.append(helper.make_node("Gemm", [f"layer{number - 1}", f"weights{number}", f"bias{number}"], [f"sum{number}"]))
        last = number == len(layers)
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"sum{number}"], ["score" if last else f"layer{number}"]))
    graph = helper.make_graph(
        nodes,
        f"fraud-{version}",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(scaler.mean_)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="train.py")
    model.ir_version = 8
    checker.check_model(model)
    save(model, HERE / f"fraud-{version}.onnx")


def write_table(names, features, fraud, scores):
    """Half of the rows are fraud."""
    chance = np.random.default_rng(SEED)
    rows = np.concatenate([chance.choice(np.flatnonzero(fraud == label), TABLE_ROWS // 2, replace=False) for label in (0, 1)])
    with open(HERE / "scores.csv", "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*names, "fraud", "score1", "score2"])
        for row in sorted(rows):
            writer.writerow([*map(repr, map(float, features[row])), fraud[row], *map(repr, map(float, scores[row]))])


main(sys.argv[1])
