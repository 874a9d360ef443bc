"""The decision rule of an export, whose scores differ from its run's."""

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import DecisionRule
from tagonaut.learning.recipes import Recipe
from tagonaut.learning.tuned_rule import tuned_rule
from tagonaut.runs.export.scores import GraphScores


def rule_of_export(
    rule: DecisionRule,
    recipe: Recipe,
    table: SplitTable,
    stored: NDArray[np.float32],
    found: GraphScores | None,
) -> tuple[DecisionRule, str]:
    """A run's rule tuned again, calibration included, and a note on it.

    ``found``: the graph's scores of the pictures that tuned the run's rule, none of them a test
    picture; ``stored[n, k]``: the run's own scores of the table's pictures. The run's rule stays
    where pictures are missing, and where the recipe does not tune it on the run's own scores.
    """
    rows = table.out_of_sample()
    there = 0 if found is None else len(found.rows)
    if found is None or there < len(rows):
        return rule, (
            f"the decision rule is the run's, tuned on the run's own scores: of the {len(rows):,} "
            f"pictures that tuned it, {len(rows) - there:,} were moved or changed"
        )
    own = stored[rows]
    before = tuned_rule(recipe, table, rows, own)
    if not np.array_equal(_tags(before, own), _tags(rule, own)):
        return rule, (
            "the decision rule is the run's: it was not tuned again on the export's scores, "
            "because it is not the rule that the run's recipe tunes"
        )
    tuned = tuned_rule(recipe, table, rows, found.scores)
    return tuned, (
        f"the decision rule was tuned again, on the export's scores of the {len(rows):,} pictures "
        "that tuned the run's"
    )


def _tags(rule: DecisionRule, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    return rule.decide(rule.calibrate(scores))
