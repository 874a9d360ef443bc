import csv

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, PredefinedSplit

from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Examples
from tagonaut.learning.fitting import fit_forest as module
from tagonaut.learning.fitting.fit_forest import ForestSettings, fit_forest

SMALL = ForestSettings(max_depth=(1, 3, 6), n_estimators=(3, 10, 25), folds=4)


def problem(n=240, labels=3, seed=0):
    rng = np.random.default_rng(seed)
    colours = rng.uniform(0, 255, (n, 3))
    chance = 1 / (1 + np.exp(-(colours - 128) @ rng.normal(0, 0.04, (3, labels))))
    targets = (rng.random((n, labels)) < chance).astype(np.uint8)
    rows = np.arange(n)
    return colours, Examples(targets, np.ones((n, labels), dtype=bool), rows[:200], rows[200:])


@pytest.mark.parametrize("labels", [1, 3])
def test_the_search_is_scikit_learns(labels):
    colours, examples = problem(labels=labels)
    forest, grid = fit_forest(colours, examples, SMALL, seed=7, stop=Stop())
    inputs, targets = colours[:200].astype(np.float32), examples.targets[:200]

    def samples_f1(wanted, tags):
        wanted, tags = np.reshape(wanted, (len(wanted), -1)), np.reshape(tags, (len(tags), -1))
        hit, all_of = (wanted & tags).sum(1), wanted.sum(1) + tags.sum(1)
        ours = np.mean(np.where(all_of > 0, 2 * hit / np.maximum(all_of, 1), 0))
        if labels > 1:
            assert ours == pytest.approx(f1_score(wanted, tags, average="samples", zero_division=0))
        return ours

    oracle = GridSearchCV(
        RandomForestClassifier(random_state=7),
        {"max_depth": [1, 3, 6], "n_estimators": [3, 10, 25]},
        scoring=make_scorer(samples_f1),
        cv=PredefinedSplit(module._folds(targets, 4, seed=7)),
    ).fit(inputs, targets if labels > 1 else targets[:, 0])
    found = oracle.cv_results_
    assert [point.samples_f1 for point in grid.points] == pytest.approx(found["mean_test_score"])
    assert [point.deviation for point in grid.points] == pytest.approx(found["std_test_score"])
    best = grid.best()
    assert {"max_depth": best.max_depth, "n_estimators": best.n_estimators} == oracle.best_params_
    wanted = oracle.best_estimator_.predict_proba(colours.astype(np.float32))
    wanted = np.stack([p[:, 1] for p in (wanted if labels > 1 else [wanted])], axis=1)
    np.testing.assert_allclose(forest.scores(torch.from_numpy(colours)), wanted, atol=1e-6)


def test_folds_hold_each_label_alike():
    targets = problem(2000)[1].targets[:203]
    fold = module._folds(targets, 5, seed=0)
    assert sorted(np.bincount(fold)) == [40, 40, 41, 41, 41]
    counts = np.stack([targets[fold == part].sum(0) for part in range(5)])
    assert (np.ptp(counts, axis=0) <= 2).all()


def test_only_training_rows_of_which_all_is_known_teach(capsys):
    colours, examples = problem()
    known, wrong = examples.known.copy(), examples.targets.copy()
    known[:40, 1] = False
    wrong[:40] ^= 1
    wrong[examples.validation] ^= 1
    found = [
        fit_forest(
            colours,
            Examples(targets, known, examples.train, examples.validation),
            SMALL,
            seed=0,
            stop=Stop(),
        )
        for targets in (examples.targets, wrong)
    ]
    assert found[0][1] == found[1][1]
    inputs = torch.from_numpy(colours)
    assert torch.equal(found[0][0].scores(inputs), found[1][0].scores(inputs))
    assert "learns from 160 of 200 training pictures" in capsys.readouterr().err
    known[3:, 0] = False
    with pytest.raises(TagonautError, match="0 of the 200 training pictures, too few for 4 folds"):
        fit_forest(
            colours,
            Examples(wrong, known, examples.train, examples.validation),
            SMALL,
            seed=0,
            stop=Stop(),
        )


def test_labels_with_one_class_are_scored_so():
    colours, examples = problem()
    examples.targets[:200, 0], examples.targets[:200, 2] = 0, 1
    forest, _ = fit_forest(colours, examples, SMALL, seed=0, stop=Stop())
    scores = forest.scores(torch.from_numpy(colours))
    assert (scores[:, 0] == 0).all()
    assert (scores[:, 2] == 1).all()
    assert scores[:, 1].std() > 0.1


def test_asked_to_stop_it_ends_with_the_best_so_far(monkeypatch, tmp_path):
    colours, examples = problem()
    stop, fits, fit = Stop(), [], module._fit

    def counted(inputs, targets, depth, trees, seed):
        fits.append((depth, trees))
        stop.asked = len(fits) == 6
        return fit(inputs, targets, depth, trees, seed)

    monkeypatch.setattr(module, "_fit", counted)
    forest, grid = fit_forest(colours, examples, SMALL, seed=0, stop=stop)
    # Four folds of depth 1, two of depth 3, and the forest itself.
    assert [depth for depth, _ in fits] == [1, 1, 1, 1, 3, 3, 1]
    assert [point.folds for point in grid.points] == [4, 4, 4, 2, 2, 2]
    assert grid.best().max_depth == 1
    assert len(forest.root) == grid.best().n_estimators
    grid.write(tmp_path / "grid.csv")
    rows = list(csv.DictReader((tmp_path / "grid.csv").open()))
    assert [int(row["n_estimators"]) for row in rows] == [3, 10, 25, 3, 10, 25]
    assert float(rows[0]["samples_f1"]) == grid.points[0].samples_f1
