"""The text around the figures of docs/reproduction.md, which ``reproduction.py`` writes."""

BEGIN = """# The paper, reproduced

Every claim of ML-Leaks (Salem et al., NDSS 2019) beside what we measure with `mlleaks reproduce`.

Precision and recall have two readings. **Members**: of the flagged records, how many are members, and of
the members, how many are flagged. **Both classes**: the averages over members and non-members, as the
authors' code prints them. We do not know which of the two the paper states. We found the second after we
had seen the published figures, so it stands beside the first and does not replace it.
"""

CAUSES = {
    2: "A model that overfits at all has nearly all of its members flagged, so recall orders nothing; false "
    "alarms do ([overfitting](#overfitting)).",
    5: "The ranking survives (AUC), the threshold does not: combined, the attack flags more records, more "
    "of them wrongly ([combining](#combining)).",
    8: "A third of a small part is too little to train on ([stacking-price](#stacking-price)), and dropped "
    "features are features that the model cannot use ([dropout-ratios](#dropout-ratios)).",
}
"""Why a finding differs from the paper's, by its number."""

AFTER_TABLE = """
Outcomes follow from 95 % intervals; [how claims are checked](#how-claims-are-checked) has the rules.
[What differs from the paper, and why](account.md) has the longer explanations.
All figures are in the CSV files of [results/reproduction](results/reproduction), everything that was
measured on a claim in [evidence.csv](results/reproduction/evidence.csv).

Adversary 1 trains one shadow model on data like the target's. Adversary 2 learns from a shadow model on
another data set. Adversary 3 trains nothing and compares the largest posterior with a threshold.
"""

END = """## How claims are checked

- A claim counts as reproduced if the 95 % intervals of its figures lie on the right side of the criterion
  in its study's file, and as not reproduced if they lie on the other side. Where an interval contains the
  limit, the claim is **inconclusive**: these runs cannot decide it. A claim with several figures is
  reproduced in part if it holds for some of them.
- A claim about every data set is reproduced if it holds on each. It is not reproduced if one data set
  refutes it at a level that holds for all of them together (Bonferroni).
- Each claim is decided at 95 % by itself. Of twenty decided claims, about one may be wrong by chance.
- Nothing is tuned on a target's membership. One threshold in `attack-model`, called a bound, uses it. No
  attacker can choose that threshold.
- Each claim that speaks of precision or recall is checked under both readings. Audits know the first alone.
- The limits are older than these figures. After a review, they were applied to more figures:
  - Each figure that a claim names is checked by itself, with the limit of its neighbours. This added recall
    in `overfitting` and `transfer`, the AUC in `first-adversary`, and precision and recall in `epochs`,
    `three-adversaries`, `structure` and `combining`. It also added precision and recall in `shadow-count`
    and `posteriors`, with the limit of `first-adversary`.
  - `overfitting` computes its correlation without Words-k. With Words-k, recall would have held.
  - `three-adversaries` compares only data sets on which all three attackers have a figure.
  - `transfer` and `pretrained` count CIFAR-10 and CIFAR-100 as one domain, as they did News and Words.
  - `dropout` and `stacking` must lower the AUC of every attacker on every data set that leaks, not only on
    average. Their adversary 2 knows of the defense.

## How to read the figures

- A figure is the mean over seeds, its interval the 95 % interval in parentheses. From three seeds on it
  contains the variation between seeds (Student's *t*) and the sampling of the records that all seeds share.
  With fewer seeds it spans the intervals of the runs, and the variation between trainings is not in it.
  [Statistics](statistics.md#means-over-seeds) has the formula and how often it covers.
- A cell with two figures shows precision and recall.
- Changes are computed within seeds.
- Figures that are named because they are the largest, the smallest or the best are more extreme than they
  would be in another run.
- Adversary 2 uses the same shadow model for all seeds of a target. Intervals over seeds therefore do not
  include the chance in its training. The column `source` of the CSV files names its data set.
- Networks are trained with a learning rate that decays at the end (see [performance](performance.md)).
- The CNNs of these tables started with plain Glorot weights (`CNNTrainer(gain=1.0)`). The gain of the
  authors' code has become the default since: a study that is run today starts with that.
- Purchase was not at hand, so nothing here is measured on it. Words-k stands in for it (see the
  [guide](guide.md)).

Machine: {machine}.
"""
