"""From a target to its verdicts: plan the attacks, collect the evidence, evaluate, decide."""
